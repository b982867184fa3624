//! Where ONNX Runtime's log and the library's own warnings go: to one callback, else nowhere.

use std::sync::Arc;

use crate::process::PerProcess;
use crate::sync::Mutex;

/// How grave a log line is; the numbers are ONNX Runtime's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Severity {
    /// Details of every step.
    Verbose = 0,
    /// What was done.
    Info = 1,
    /// Something works, but not as one might think.
    Warning = 2,
    /// Something failed.
    Error = 3,
    /// ONNX Runtime cannot go on.
    Fatal = 4,
}

impl Severity {
    /// The severity with ONNX Runtime's number `code`.
    pub fn from_code(code: i32) -> Option<Severity> {
        use Severity::{Error, Fatal, Info, Verbose, Warning};
        [Verbose, Info, Warning, Error, Fatal].into_iter().find(|s| *s as i32 == code)
    }
}

/// Receives log lines: severity, category, message. It may be called by any thread at any time,
/// also by several at once.
pub type LogCallback = Arc<dyn Fn(Severity, &str, &str) + Send + Sync>;

struct Sink {
    callback: LogCallback,
    minimum: Severity,
}

static SINK: PerProcess<Mutex<Option<Sink>>> = PerProcess::new(|| Mutex::new(None));

/// Sends log lines of at least `minimum` to `callback`; `None` drops them all. Models loaded
/// before keep the severity they were loaded with, if that was higher.
pub fn set_log_callback(callback: Option<LogCallback>, minimum: Severity) {
    *SINK.get().lock() = callback.map(|callback| Sink { callback, minimum });
    let anyone = SINK.get().lock().is_some();
    crate::engine::set_log_severity(if anyone { minimum } else { Severity::Fatal });
}

/// Hands one line to the callback. The lock is not held meanwhile, so a callback may replace itself.
pub(crate) fn write(severity: Severity, category: &str, message: &str) {
    let callback = match SINK.get().lock().as_ref() {
        Some(sink) if severity >= sink.minimum => sink.callback.clone(),
        _ => return,
    };
    callback(severity, category, message);
}

/// The library's own warning.
pub(crate) fn warn(message: &str) {
    write(Severity::Warning, "predictor_pool", message);
}
