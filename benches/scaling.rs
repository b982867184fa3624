//! Throughput and latency with one and with two threads: clones over one shared session, on
//! MobileNetV1 (224x224, batch 1), and on y = x + x against a session per thread, where nothing but
//! contention is left to measure.

mod common;

use std::sync::Barrier;
use std::time::{Duration, Instant};

use predictor_pool::{Config, Predictor};

const ROUNDS: usize = 7;

struct Figures {
    /// Runs per second, all threads together.
    throughput: f64,
    /// Median milliseconds of a run.
    p50: f64,
}

fn main() {
    let mobilenet = common::config(common::large_model("mobilenet_v1.onnx"), &[]);
    let image = [1, 3, 224, 224];
    let (mut speed_up, mut latency) = (Vec::new(), Vec::new());
    let (mut one_thread, mut two_threads) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let one = measure(&predictors(&mobilenet, 1, true), &image, Duration::from_secs(2));
        let two = measure(&predictors(&mobilenet, 2, true), &image, Duration::from_secs(2));
        speed_up.push(two.throughput / one.throughput);
        latency.push(two.p50 / one.p50);
        one_thread.push(one.throughput);
        two_threads.push(two.throughput);
    }
    println!("MobileNetV1, 224x224, batch 1: medians of {ROUNDS} rounds");
    println!("  1 thread   {:>8.1} runs/s", common::median(&mut one_thread));
    println!("  2 threads  {:>8.1} runs/s", common::median(&mut two_threads));
    println!("  throughput {:>8.2} times", common::median(&mut speed_up));
    println!("  p50        {:>8.2} times", common::median(&mut latency));

    let shared = common::config("tests/models/add.onnx", &[]);
    let separate = common::config("tests/models/add.onnx", &[("share_model", "0")]);
    let mut ratio = Vec::new();
    for _ in 0..ROUNDS {
        let clones = measure(&predictors(&shared, 2, true), &[1, 4], Duration::from_secs(1));
        let sessions = measure(&predictors(&separate, 2, false), &[1, 4], Duration::from_secs(1));
        ratio.push(clones.throughput / sessions.throughput);
    }
    println!("y = x + x, 2 threads: clones over a session per thread: {:.2}", common::median(&mut ratio));
}

fn predictors(config: &Config, count: usize, clones: bool) -> Vec<Predictor> {
    let first = Predictor::new(config).unwrap();
    let more = (1..count).map(|_| if clones { first.try_clone() } else { Predictor::new(config) });
    let mut all: Vec<Predictor> = more.map(Result::unwrap).collect();
    all.push(first);
    all
}

/// Runs each predictor on a thread of its own for `time`.
fn measure(predictors: &[Predictor], dims: &[i64], time: Duration) -> Figures {
    let elements = usize::try_from(dims.iter().product::<i64>()).unwrap();
    let data: Vec<f32> = (0..elements).map(|index| (index % 255) as f32 / 255.0).collect();
    let start = Barrier::new(predictors.len());
    let work = |predictor: &Predictor| {
        let x = predictor.input(predictor.inputs()[0].name()).unwrap();
        x.reshape(dims).unwrap();
        x.copy_from_host(&data).unwrap();
        predictor.run().unwrap();
        start.wait();
        let (begin, mut latencies) = (Instant::now(), Vec::new());
        while begin.elapsed() < time {
            let run = Instant::now();
            predictor.run().unwrap();
            latencies.push(run.elapsed().as_secs_f64() * 1e3);
        }
        (latencies.len() as f64 / begin.elapsed().as_secs_f64(), latencies)
    };
    let results: Vec<(f64, Vec<f64>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = predictors.iter().map(|predictor| scope.spawn(|| work(predictor))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut latencies: Vec<f64> = results.iter().flat_map(|result| result.1.iter().copied()).collect();
    Figures { throughput: results.iter().map(|result| result.0).sum(), p50: common::median(&mut latencies) }
}
