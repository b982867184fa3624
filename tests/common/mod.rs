//! What the integration tests share.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod c;
pub mod golden;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use predictor_pool::{Config, Predictor, Result, Status};

/// Steps of slow.onnx that no machine finishes before a test stops them, and that end all the same.
pub const LONG: i64 = 5_000_000;

/// A model of tests/models.
pub fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(name)
}

pub fn config(name: &str) -> Config {
    config_of(&model(name))
}

pub fn config_of(path: &Path) -> Config {
    let mut config = Config::new();
    config.set_model(path, None);
    config
}

pub fn load(name: &str) -> Predictor {
    Predictor::new(&config(name)).unwrap()
}

/// Checks the status of a failure and gives its text.
#[track_caller]
pub fn fails<T>(result: Result<T>, status: Status) -> String {
    match result {
        Ok(_) => panic!("expected {status:?}, got success"),
        Err(error) => {
            assert_eq!(error.status(), status, "{error}");
            assert!(!error.message().is_empty() && !error.message().contains('\n'), "{error:?}");
            error.message().to_owned()
        }
    }
}

#[track_caller]
pub fn contains_all(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "expected {part:?} in {text:?}");
    }
}

/// Sets the float input `x`.
#[track_caller]
pub fn set_x(predictor: &Predictor, dims: &[i64], data: &[f32]) {
    let x = predictor.input("x").unwrap();
    x.reshape(dims).unwrap();
    x.copy_from_host(data).unwrap();
}

/// The float output `y`.
#[track_caller]
pub fn get_y(predictor: &Predictor) -> Vec<f32> {
    let y = predictor.output("y").unwrap();
    let mut data = vec![0.0; y.byte_length().unwrap() / 4];
    y.copy_to_host(&mut data).unwrap();
    data
}

/// Runs a model that computes y from x.
#[track_caller]
pub fn y_of(predictor: &Predictor, dims: &[i64], x: &[f32]) -> Vec<f32> {
    set_x(predictor, dims, x);
    predictor.run().unwrap();
    get_y(predictor)
}

/// Readies slow.onnx for a run of `steps` steps.
#[track_caller]
pub fn set_slow(predictor: &Predictor, steps: i64) {
    predictor.input("steps").unwrap().copy_from_host(&[steps]).unwrap();
    predictor.input("x").unwrap().copy_from_host(&vec![0.25f32; 64 * 64]).unwrap();
}

/// Waits until another thread is inside a call on the predictor, which must come from [`run_probed`].
#[track_caller]
pub fn wait_until_busy(predictor: &Predictor) {
    let busy = || matches!(predictor.run_with_timeout(Duration::ZERO), Err(e) if e.status() == Status::Busy);
    wait_until("a run on another thread", busy);
}

/// A run beside [`wait_until_busy`], whose probing may be what makes it BUSY.
pub fn run_probed(predictor: &Predictor) -> Result<()> {
    loop {
        match predictor.run() {
            Err(error) if error.status() == Status::Busy => std::thread::yield_now(),
            result => return result,
        }
    }
}

#[track_caller]
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what} did not come");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Cancels the run in progress, which may not have begun yet.
#[track_caller]
pub fn cancel(predictor: &Predictor) {
    wait_until("a run to cancel", || predictor.cancel().is_ok());
}

/// Cancels until it is dropped, so that a failed assertion does not wait for a long run.
pub struct CancelAtEnd<'a>(pub &'a Predictor);

impl Drop for CancelAtEnd<'_> {
    fn drop(&mut self) {
        let _ = self.0.cancel();
    }
}

/// A folder of its own that goes when it is dropped.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let unique =
            format!("predictor_pool-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(unique);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A copy of a model of tests/models.
    pub fn copy(&self, name: &str) -> PathBuf {
        self.copy_as(name, name)
    }

    pub fn copy_as(&self, name: &str, new: &str) -> PathBuf {
        fs::copy(model(name), self.join(new)).unwrap();
        self.join(new)
    }

    pub fn names(&self) -> Vec<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        fs::read_dir(&self.0).unwrap().map(name).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs a test's body in a process of its own, where no other test starts threads, takes memory or
/// logs. Nothing may be printed there to stderr. `body` must be a closure in the test function: its
/// type is what names the test.
#[track_caller]
pub fn alone<F: FnOnce()>(body: F) {
    const ALONE: &str = "PREDICTOR_POOL_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return body();
    }
    let closure = std::any::type_name::<F>().trim_end_matches("::{{closure}}");
    let (_, test) = closure.split_once("::").unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let (text, complaints) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}{complaints}");
    assert!(text.contains("1 passed"), "no test is called {test:?}: {text}");
    assert_eq!(complaints, "", "the library must not print");
}

/// Threads of this process.
pub fn threads() -> i64 {
    fs::read_dir("/proc/self/task").unwrap().count() as i64
}

/// Threads that live on because of `work`.
pub fn threads_of<T>(work: impl FnOnce() -> T) -> (i64, T) {
    let before = threads();
    let kept = work();
    (threads() - before, kept)
}

/// Resident bytes of this process.
pub fn resident() -> i64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<i64>().unwrap() * 1024
}

/// Lines that ONNX Runtime and the library log from now on, in the whole process.
pub fn record_log(
    minimum: predictor_pool::Severity,
) -> Arc<std::sync::Mutex<Vec<(predictor_pool::Severity, String, String)>>> {
    let lines = Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    predictor_pool::set_log_callback(
        Some(Arc::new(move |severity, category, message| {
            sink.lock().unwrap().push((severity, category.to_owned(), message.to_owned()));
        })),
        minimum,
    );
    lines
}
