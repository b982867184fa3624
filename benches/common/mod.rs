//! What the benchmarks share.
#![allow(dead_code, reason = "each benchmark uses some of it")]

use std::path::PathBuf;
use std::time::Instant;

use ort::sys;
use predictor_pool::Config;

/// A model of `target/models`, which `scripts/bench.sh` makes.
pub fn large_model(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/models").join(name);
    assert!(path.exists(), "{} is missing: run scripts/bench.sh", path.display());
    path
}

pub fn config(model: impl Into<PathBuf>, options: &[(&str, &str)]) -> Config {
    let mut config = Config::new();
    config.set_model(model, None);
    for (key, value) in options {
        config.set_option(key, value).unwrap();
    }
    config
}

pub fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

pub fn milliseconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

pub fn call(status: sys::OrtStatusPtr) {
    assert!(status.0.is_null(), "a call of ONNX Runtime's failed");
}

/// A session as one makes it by hand: one thread, all optimisations, nothing else changed.
pub fn raw_session(model: &std::ffi::CStr) -> *mut sys::OrtSession {
    let api = ort::api();
    let (mut env, mut settings) = (std::ptr::null_mut(), std::ptr::null_mut());
    let mut session = std::ptr::null_mut();
    // SAFETY: the C API used as documented.
    unsafe {
        call((api.CreateEnv)(sys::OrtLoggingLevel::ORT_LOGGING_LEVEL_FATAL, c"raw".as_ptr(), &mut env));
        call((api.CreateSessionOptions)(&mut settings));
        call((api.SetIntraOpNumThreads)(settings, 1));
        call((api.CreateSession)(env, model.as_ptr(), settings, &mut session));
        (api.ReleaseSessionOptions)(settings);
    }
    session
}
