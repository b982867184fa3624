//! Time until predictors are ready, on ResNet50 (98 MB of weights): plain and from the
//! optimised-model cache, against ONNX Runtime's own load, and a pool of 16 against one predictor.

mod common;

use std::ffi::CString;

use predictor_pool::{Predictor, PredictorPool};

const ROUNDS: usize = 7;

fn main() {
    let model = common::large_model("resnet50.onnx");
    let path = CString::new(model.to_str().unwrap()).unwrap();
    let cache = std::env::temp_dir().join(format!("predictor_pool-load-{}", std::process::id()));
    let plain = common::config(&model, &[]);
    let cached = common::config(&model, &[("optimized_model_cache", cache.to_str().unwrap())]);
    predictor_pool::initialize_runtime(None).unwrap();
    let first = common::milliseconds(|| drop(Predictor::new(&cached).unwrap()));

    let raw = || {
        let session = common::raw_session(&path);
        // SAFETY: made above and not used any more.
        unsafe { (ort::api().ReleaseSession)(session) };
    };
    let cases: [(&str, &dyn Fn()); 4] = [
        ("ONNX Runtime's own CreateSession", &raw),
        ("create_predictor", &|| drop(Predictor::new(&plain).unwrap())),
        ("create_predictor from the cache", &|| drop(Predictor::new(&cached).unwrap())),
        ("create_predictor_pool of 16", &|| drop(PredictorPool::new(&plain, 16).unwrap())),
    ];
    let mut times = vec![Vec::new(); cases.len()];
    for _ in 0..ROUNDS {
        for (case, times) in cases.iter().zip(&mut times) {
            // Each case starts with the heap as small as it gets, whoever was before it.
            // SAFETY: documented as safe at any time.
            unsafe { libc::malloc_trim(0) };
            times.push(common::milliseconds(case.1));
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| common::median(times)).collect();
    println!("ResNet50, load and unload: medians of {ROUNDS} rounds; filling the cache took {first:.0} ms");
    for (case, time) in cases.iter().zip(&medians) {
        println!("{:<36} {time:>8.1} ms {:>6.2}", case.0, time / medians[0]);
    }
    println!("pool of 16 over one predictor: {:.2}", medians[3] / medians[1]);
    std::fs::remove_dir_all(cache).unwrap();
}
