//! Hours of service in minutes: everything that a server does, at once, with every result checked, while
//! the memory of the process is watched. It is flat, or the exit status is 1.
//!
//!     soak SECONDS MODELS

use std::ffi::{CString, c_char};
use std::process::ExitCode;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use predictor_pool::ffi;
use predictor_pool_fuzz::random::Random;

/// Held by workers for one piece of work each, and by whoever measures: what is in use in the middle
/// of the work differs by megabytes from moment to moment.
static WORK: RwLock<()> = RwLock::new(());

static IS_OVER: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU64 = AtomicU64::new(0);
static RUNS: AtomicU64 = AtomicU64::new(0);
static LOADS: AtomicU64 = AtomicU64::new(0);

/// Calls a function of the C ABI and returns its status.
macro_rules! status {
    ($function:ident($($argument:expr),* $(,)?)) => {{
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: buffers are as long as they are said to be, and live during the call.
        #[allow(unused_unsafe)]
        unsafe { ffi::$function($($argument),*) as i32 }
    }};
}

/// The same, for a call that must succeed.
macro_rules! ok {
    ($function:ident($($argument:expr),* $(,)?)) => {{
        let status = status!($function($($argument),*));
        assert!(status == 0, "{}: status {status}: {}", stringify!($function), last_error());
    }};
}

fn last_error() -> String {
    let mut room = vec![0u8; 1024];
    // SAFETY: the room is that long.
    unsafe { ffi::predictor_last_error_message(room.as_mut_ptr().cast::<c_char>(), room.len()) };
    String::from_utf8_lossy(&room).trim_end_matches('\0').to_owned()
}

const TIMEOUT: i32 = 8;
const CANCELLED: i32 = 9;

struct Config(*mut ffi::PredictorConfig);

impl Config {
    fn new(path: &str, options: &[(&str, &str)]) -> Self {
        let mut config = null_mut();
        ok!(create_predictor_config(&mut config));
        let path = text(path);
        ok!(predictor_config_set_model(config, path.as_ptr(), null()));
        for (key, value) in options {
            let (key, value) = (text(key), text(value));
            ok!(predictor_config_set_option(config, key.as_ptr(), value.as_ptr()));
        }
        Self(config)
    }

    fn predictor(&self) -> Predictor {
        let mut predictor = null_mut();
        ok!(create_predictor(self.0, &mut predictor));
        LOADS.fetch_add(1, Ordering::Relaxed);
        Predictor(predictor)
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        ffi::destroy_predictor_config(self.0);
    }
}

/// A predictor that is owned; a borrowed one is just the pointer.
struct Predictor(*mut ffi::Predictor);

impl Drop for Predictor {
    fn drop(&mut self) {
        ffi::destroy_predictor(self.0);
    }
}

fn text(text: &str) -> CString {
    CString::new(text).expect("no NUL")
}

fn tensor(predictor: *mut ffi::Predictor, name: &str, is_input: bool) -> *mut ffi::PredictorTensor {
    let (name, mut tensor) = (text(name), null_mut());
    if is_input {
        ok!(predictor_get_input_handle(predictor, name.as_ptr(), &mut tensor));
    } else {
        ok!(predictor_get_output_handle(predictor, name.as_ptr(), &mut tensor));
    }
    tensor
}

fn set(predictor: *mut ffi::Predictor, name: &str, dims: &[i64], data: &[f32]) {
    let input = tensor(predictor, name, true);
    ok!(predictor_tensor_reshape(input, dims.as_ptr(), dims.len()));
    ok!(predictor_tensor_copy_from_host(input, 1, data.as_ptr().cast(), size_of_val(data)));
}

fn get(predictor: *mut ffi::Predictor, name: &str) -> Vec<f32> {
    let (output, mut bytes) = (tensor(predictor, name, false), 0);
    ok!(predictor_tensor_byte_length(output, &mut bytes));
    let mut data = vec![0f32; bytes / 4];
    ok!(predictor_tensor_copy_to_host(output, 1, data.as_mut_ptr().cast(), bytes));
    data
}

fn run(predictor: *mut ffi::Predictor) {
    ok!(predictor_run(predictor));
    RUNS.fetch_add(1, Ordering::Relaxed);
}

fn numbers(count: i64, seed: u64) -> Vec<f32> {
    let mut random = Random(seed);
    (0..count).map(|_| random.below(2000) as f32 / 1000.0 - 1.0).collect()
}

/// y = x + x, whoever computes it.
fn check_add(predictor: *mut ffi::Predictor, random: &mut Random) {
    let rows = 1 + random.below(64) as i64;
    let x = numbers(rows * 4, random.number());
    set(predictor, "x", &[rows, 4], &x);
    run(predictor);
    assert!(get(predictor, "y").iter().zip(&x).all(|(y, x)| *y == x + x), "add: a wrong result");
}

/// A network and shapes, with the results of a predictor of its own.
struct Expected {
    path: String,
    cases: Vec<(Vec<i64>, Vec<f32>, Vec<f32>)>,
}

impl Expected {
    fn new(path: String, shapes: &[&[i64]]) -> Self {
        let predictor = Config::new(&path, &[("share_model", "0")]).predictor();
        let case = |dims: &&[i64]| {
            let x = numbers(dims.iter().product(), dims.iter().sum::<i64>() as u64);
            set(predictor.0, "x", dims, &x);
            run(predictor.0);
            (dims.to_vec(), x, get(predictor.0, "y"))
        };
        let cases = shapes.iter().map(case).collect();
        Self { path, cases }
    }

    fn check(&self, predictor: *mut ffi::Predictor, random: &mut Random) {
        let (dims, x, y) = random.pick(&self.cases);
        set(predictor, "x", dims, x);
        run(predictor);
        assert!(get(predictor, "y") == *y, "{}: other bits for shape {dims:?}", self.path);
    }

    fn check_stateless(&self, predictor: *mut ffi::Predictor, random: &mut Random) {
        let (dims, x, y) = random.pick(&self.cases);
        let (input_name, output_name) = (text("x"), text("y"));
        let (mut dims, mut x, mut room, mut room_dims) =
            (dims.clone(), x.clone(), vec![0f32; 1024], [0i64; 4]);
        let input = ffi::PredictorTensorView {
            name: input_name.as_ptr(),
            data: x.as_mut_ptr().cast(),
            byte_length: x.len() * 4,
            dims: dims.as_mut_ptr(),
            rank: dims.len(),
            data_type: 1,
        };
        let mut output = ffi::PredictorTensorView {
            name: output_name.as_ptr(),
            data: room.as_mut_ptr().cast(),
            byte_length: room.len() * 4,
            dims: room_dims.as_mut_ptr(),
            rank: 4,
            data_type: 0,
        };
        ok!(predictor_run_with(predictor, &input, 1, &mut output, 1));
        RUNS.fetch_add(1, Ordering::Relaxed);
        assert!(room[..output.byte_length / 4] == *y, "{}: other bits in a stateless run", self.path);
    }
}

struct Service<'a> {
    models: &'a str,
    convolution: Expected,
    mlp: Expected,
    pool: *mut ffi::PredictorPool,
    shared: Predictor,
}

// SAFETY: handles may be used on any thread.
unsafe impl Sync for Service<'_> {}

impl Service<'_> {
    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.models)
    }

    /// Requests of changing shapes on leased predictors.
    fn serve(&self, random: &mut Random) {
        let mut leased = null_mut();
        match status!(predictor_pool_acquire(
            self.pool,
            if random.below(8) == 0 { 0 } else { -1 },
            &mut leased
        )) {
            0 => {}
            TIMEOUT => return,
            other => panic!("predictor_pool_acquire: status {other}: {}", last_error()),
        }
        for _ in 0..1 + random.below(4) {
            self.convolution.check(leased, random);
        }
        if random.below(200) == 0 {
            ok!(predictor_shrink_memory(leased, &mut 0));
        }
        ok!(predictor_pool_release(self.pool, leased));
        for _ in 0..4 {
            self.mlp.check_stateless(self.shared.0, random);
        }
    }

    /// Predictors and clones that come and go; equal configs share their model.
    fn clone_and_drop(&self, random: &mut Random) {
        let name = random.pick(&["add_batch.onnx", "convolution.onnx", "mlp.onnx"]);
        let share = random.pick(&["0", "1", "1"]);
        let predictor = Config::new(&self.path(name), &[("share_model", share)]).predictor();
        let mut clone = null_mut();
        ok!(clone_predictor(predictor.0, &mut clone));
        let clone = Predictor(clone);
        for one in [&predictor, &clone] {
            match *name {
                "add_batch.onnx" => check_add(one.0, random),
                "mlp.onnx" => self.mlp.check(one.0, random),
                _ => self.convolution.check(one.0, random),
            }
        }
        if random.below(20) == 0 {
            ok!(predictor_shrink_memory(clone.0, &mut 0));
        }
    }

    /// A long run that is stopped: by time, or by another thread. The next one is right.
    fn interrupt(&self, slow: &Predictor, random: &mut Random) {
        let (steps, x) = (tensor(slow.0, "steps", true), numbers(64 * 64, 1));
        let many = i64::MAX;
        ok!(predictor_tensor_copy_from_host(steps, 7, (&raw const many).cast(), 8));
        set(slow.0, "x", &[64, 64], &x);
        if random.below(2) == 0 {
            assert_eq!(status!(predictor_run_with_timeout(slow.0, 5)), TIMEOUT);
        } else {
            let handle = slow.0.addr();
            std::thread::scope(|scope| {
                scope.spawn(move || {
                    // NOT_FOUND until the run has begun.
                    while status!(predictor_cancel(std::ptr::without_provenance(handle))) != 0 {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                });
                assert_eq!(status!(predictor_run(slow.0)), CANCELLED);
            });
        }
        let none = 0i64;
        ok!(predictor_tensor_copy_from_host(steps, 7, (&raw const none).cast(), 8));
        run(slow.0);
        assert!(get(slow.0, "y") == x, "slow: no steps change nothing");
    }

    /// Pools that come and go, and loads that fail.
    fn reload(&self, random: &mut Random) {
        let config = Config::new(&self.path("add_batch.onnx"), &[("share_model", *random.pick(&["0", "1"]))]);
        let mut pool = null_mut();
        ok!(create_predictor_pool(config.0, 1 + random.below(3), &mut pool));
        let mut predictor = null_mut();
        ok!(predictor_pool_retrieve(pool, 0, &mut predictor));
        check_add(predictor, random);
        ffi::destroy_predictor_pool(pool);
        let name = random.pick(&["truncated.onnx", "not_a_model.bin", "missing.onnx", "unknown_op.onnx"]);
        let broken = Config::new(&self.path(name), &[]);
        let mut predictor = null_mut();
        assert!(status!(create_predictor(broken.0, &mut predictor)) != 0, "{name} was loaded");
        assert!(!last_error().is_empty());
    }
}

fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("/proc");
    let pages: f64 = text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number");
    pages * 4096.0
}

fn working() -> RwLockReadGuard<'static, ()> {
    WORK.read().expect("no worker failed")
}

/// Resident memory with no worker inside, and what runs left behind given back.
fn resident_at_rest(service: &Service) -> f64 {
    let _nobody_works = WORK.write();
    // BUSY is impossible here, and a worker that failed has said so itself.
    let _ = status!(predictor_shrink_memory(service.shared.0, &mut 0));
    resident()
}

fn median(values: &[(f64, f64)], from: f64, to: f64) -> f64 {
    let mut chosen: Vec<f64> =
        values.iter().filter(|value| (from..to).contains(&value.0)).map(|value| value.1).collect();
    chosen.sort_by(f64::total_cmp);
    chosen[chosen.len() / 2]
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let (Some(Ok(seconds)), Some(models)) =
        (arguments.get(1).map(|text| text.parse::<f64>()), arguments.get(2))
    else {
        eprintln!("usage: soak SECONDS MODELS");
        return ExitCode::FAILURE;
    };
    let shapes: &[&[i64]] = &[&[1, 3, 8, 8], &[2, 3, 16, 16], &[1, 3, 33, 20], &[5, 3, 32, 32]];
    let config = Config::new(&format!("{models}/convolution.onnx"), &[]);
    let mut pool = null_mut();
    ok!(create_predictor_pool(config.0, 2, &mut pool));
    let service = Service {
        models,
        convolution: Expected::new(format!("{models}/convolution.onnx"), shapes),
        mlp: Expected::new(format!("{models}/mlp.onnx"), &[&[1, 64], &[7, 64], &[33, 64]]),
        pool,
        shared: Config::new(&format!("{models}/mlp.onnx"), &[]).predictor(),
    };
    let start = Instant::now();
    let mut samples = Vec::new();
    let is_right = std::thread::scope(|scope| {
        let service = &service;
        let again = |seed: u64, work: fn(&Service, &mut Random)| {
            scope.spawn(move || {
                let mut random = Random(seed);
                while !IS_OVER.load(Ordering::Relaxed) {
                    let _working = working();
                    work(service, &mut random);
                }
            })
        };
        let mut threads: Vec<_> =
            (0..3).map(|seed| again(seed, |service, random| service.serve(random))).collect();
        threads.push(again(10, |service, random| service.clone_and_drop(random)));
        threads.push(again(11, |service, random| service.reload(random)));
        threads.push(scope.spawn(|| {
            let slow = Config::new(&service.path("slow.onnx"), &[]).predictor();
            let mut random = Random(12);
            while !IS_OVER.load(Ordering::Relaxed) {
                let _working = working();
                service.interrupt(&slow, &mut random);
            }
        }));
        let mut next_line = 10.0;
        while start.elapsed().as_secs_f64() < seconds
            && !threads.iter().any(std::thread::ScopedJoinHandle::is_finished)
        {
            std::thread::sleep(Duration::from_secs(2));
            let now = start.elapsed().as_secs_f64();
            let resident = resident_at_rest(service);
            samples.push((now, resident));
            if now >= next_line {
                let (calls, runs, loads) = (
                    CALLS.load(Ordering::Relaxed),
                    RUNS.load(Ordering::Relaxed),
                    LOADS.load(Ordering::Relaxed),
                );
                println!(
                    "{now:5.0} s  {:7.2} MB resident  {calls} calls  {runs} runs  {loads} predictors",
                    resident / 1e6
                );
                next_line += 10.0;
            }
        }
        IS_OVER.store(true, Ordering::Relaxed);
        // A thread that failed has printed why.
        threads.into_iter().filter_map(|thread| thread.join().err()).count() == 0
    });
    ffi::destroy_predictor_pool(pool);
    drop((service, config));
    let live = ffi::predictor_live_handles();
    if !is_right || live != 0 {
        println!("soak: a wrong result or status above, or handles left ({live})");
        return ExitCode::FAILURE;
    }
    if seconds < 180.0 {
        println!("soak: every result was right; memory is judged from 180 s on");
        return ExitCode::SUCCESS;
    }
    let (early, late) = (median(&samples, 60.0, 120.0), median(&samples, seconds - 60.0, f64::INFINITY));
    let is_flat = late - early <= early * 0.01;
    println!(
        "soak: {} calls, {} runs, every result was right; resident {:.2} MB in the second minute, {:.2} MB in the last: {}",
        CALLS.load(Ordering::Relaxed),
        RUNS.load(Ordering::Relaxed),
        early / 1e6,
        late / 1e6,
        if is_flat { "flat" } else { "IT GROWS" }
    );
    if is_flat { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
