//! Calls of the C ABI, each followed by the checks that hold for every function.

use std::ffi::c_char;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use predictor_pool::ffi;

use crate::feedback::Feedback;

/// `PREDICTOR_ERROR_INTERNAL`: the library caught a panic of its own.
const INTERNAL: i32 = 16;

/// Ends the process so that the supervisor keeps the input.
pub fn defect(text: &str) -> ! {
    eprintln!("DEFECT: {text}");
    std::process::abort()
}

/// Checks and counts the calls of one thread.
#[derive(Default)]
pub struct Recorder {
    pub feedback: Feedback,
    /// Calls that have returned, for who watches this thread.
    pub returned: Arc<AtomicU64>,
}

impl Recorder {
    /// What every status-returning function promises. True for success.
    pub fn check(&mut self, function: &str, status: i32) -> bool {
        let text = last_error(function);
        match status {
            0 if !text.is_empty() => defect(&format!("{function} succeeded and left a text: {text}")),
            0 => {}
            1..INTERNAL if text.is_empty() => defect(&format!("{function}: status {status} without a text")),
            1..INTERNAL if text.contains(['\n', '\r']) => {
                defect(&format!("{function}: not one line: {text:?}"))
            }
            1..INTERNAL => {}
            _ => defect(&format!("{function}: status {status}: {text}")),
        }
        self.note(function, status, &text);
        status == 0
    }

    /// A call that returns no status.
    pub fn note(&mut self, function: &str, status: i32, text: &str) {
        self.feedback.record(function, status, text);
        self.returned.fetch_add(1, Ordering::Relaxed);
    }
}

fn last_error(function: &str) -> String {
    let mut room = [1u8; 512];
    // SAFETY: the room is that long.
    let length = unsafe { ffi::predictor_last_error_message(room.as_mut_ptr().cast::<c_char>(), room.len()) };
    let Some(end) = room.iter().position(|byte| *byte == 0) else {
        defect(&format!("{function}: the text has no end"))
    };
    match std::str::from_utf8(&room[..end]) {
        Ok(text) if text.len() == length || length >= room.len() => text.to_owned(),
        _ => defect(&format!("{function}: the text is no UTF-8 of {length} bytes: {:?}", &room[..end])),
    }
}

/// Calls a function that returns a status, and checks what came of it; true for success.
#[macro_export]
macro_rules! call {
    ($recorder:expr, $function:ident($($argument:expr),* $(,)?)) => {{
        // SAFETY: memory that is passed with a length is that long; handles may be anything.
        #[allow(unused_unsafe, clippy::macro_metavars_in_unsafe)]
        let status = unsafe { predictor_pool::ffi::$function($($argument),*) };
        $recorder.check(stringify!($function), status as i32)
    }};
}

/// Calls a function that returns something else, and returns that.
#[macro_export]
macro_rules! value {
    ($recorder:expr, $function:ident($($argument:expr),* $(,)?)) => {{
        // SAFETY: as in `call`.
        #[allow(unused_unsafe, clippy::macro_metavars_in_unsafe)]
        let value = unsafe { predictor_pool::ffi::$function($($argument),*) };
        $recorder.note(stringify!($function), 0, "");
        value
    }};
}

/// The functions that the header declares.
pub fn functions() -> Vec<&'static str> {
    let header = include_str!("../../include/predictor_pool.h");
    let declared = header.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_alphabetic()));
    let names = declared.filter_map(|line| {
        let (before, _) = line.split_once('(')?;
        let name = before.rsplit([' ', '*']).next()?;
        (name.contains("predictor") && !line.starts_with("typedef")).then_some(name)
    });
    names.collect()
}
