//! Status codes and the text of the last failure.

use std::ffi::c_char;

use crate::error::Status;

use super::{args, guard};

/// The outcome of a call. 0 is success; the numbers never change.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum PredictorStatus {
    /// Success.
    PREDICTOR_OK = 0,
    /// An argument is NULL, malformed or does not fit the call.
    PREDICTOR_ERROR_INVALID_ARGUMENT = 1,
    /// The handle is NULL, was destroyed, or is of another kind.
    PREDICTOR_ERROR_INVALID_HANDLE = 2,
    /// A file or a name does not exist.
    PREDICTOR_ERROR_NOT_FOUND = 3,
    /// An index or a buffer is too small or too large.
    PREDICTOR_ERROR_OUT_OF_RANGE = 4,
    /// A shape does not fit the model's.
    PREDICTOR_ERROR_SHAPE_MISMATCH = 5,
    /// An element type does not fit the model's.
    PREDICTOR_ERROR_TYPE_MISMATCH = 6,
    /// Another thread is inside a call on the same predictor, or the pool's queue is full.
    PREDICTOR_ERROR_BUSY = 7,
    /// The time limit passed.
    PREDICTOR_ERROR_TIMEOUT = 8,
    /// The run was cancelled.
    PREDICTOR_ERROR_CANCELLED = 9,
    /// The file is not a model that can be loaded.
    PREDICTOR_ERROR_INVALID_MODEL = 10,
    /// The request is well formed but cannot be served here.
    PREDICTOR_ERROR_UNSUPPORTED = 11,
    /// ONNX Runtime could not be found or loaded.
    PREDICTOR_ERROR_RUNTIME_UNAVAILABLE = 12,
    /// A kernel failed while the model ran.
    PREDICTOR_ERROR_RUN_FAILED = 13,
    /// Memory could not be had.
    PREDICTOR_ERROR_OUT_OF_MEMORY = 14,
    /// The handle was made before a fork, and this is the child.
    PREDICTOR_ERROR_FORKED = 15,
    /// A defect of this library; please report it.
    PREDICTOR_ERROR_INTERNAL = 16,
}

use PredictorStatus as C;

impl From<Status> for PredictorStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Ok => C::PREDICTOR_OK,
            Status::InvalidArgument => C::PREDICTOR_ERROR_INVALID_ARGUMENT,
            Status::InvalidHandle => C::PREDICTOR_ERROR_INVALID_HANDLE,
            Status::NotFound => C::PREDICTOR_ERROR_NOT_FOUND,
            Status::OutOfRange => C::PREDICTOR_ERROR_OUT_OF_RANGE,
            Status::ShapeMismatch => C::PREDICTOR_ERROR_SHAPE_MISMATCH,
            Status::TypeMismatch => C::PREDICTOR_ERROR_TYPE_MISMATCH,
            Status::Busy => C::PREDICTOR_ERROR_BUSY,
            Status::Timeout => C::PREDICTOR_ERROR_TIMEOUT,
            Status::Cancelled => C::PREDICTOR_ERROR_CANCELLED,
            Status::InvalidModel => C::PREDICTOR_ERROR_INVALID_MODEL,
            Status::Unsupported => C::PREDICTOR_ERROR_UNSUPPORTED,
            Status::RuntimeUnavailable => C::PREDICTOR_ERROR_RUNTIME_UNAVAILABLE,
            Status::RunFailed => C::PREDICTOR_ERROR_RUN_FAILED,
            Status::OutOfMemory => C::PREDICTOR_ERROR_OUT_OF_MEMORY,
            Status::Forked => C::PREDICTOR_ERROR_FORKED,
            Status::Internal => C::PREDICTOR_ERROR_INTERNAL,
        }
    }
}

const _: () = assert!(Status::Busy as i32 == C::PREDICTOR_ERROR_BUSY as i32, "codes never move");
const _: () = assert!(Status::Internal as i32 == C::PREDICTOR_ERROR_INTERNAL as i32, "codes never move");

/// The name of a status, for example "PREDICTOR_ERROR_BUSY"; "PREDICTOR_ERROR_UNKNOWN" for a number
/// that is none.
///
/// Ownership: the text lives until the process ends.
/// Threads: any thread at any time.
/// Errors: none; the error text is not touched.
#[unsafe(no_mangle)]
pub extern "C" fn predictor_status_name(status: i32) -> *const c_char {
    let name = match status {
        0 => c"PREDICTOR_OK",
        1 => c"PREDICTOR_ERROR_INVALID_ARGUMENT",
        2 => c"PREDICTOR_ERROR_INVALID_HANDLE",
        3 => c"PREDICTOR_ERROR_NOT_FOUND",
        4 => c"PREDICTOR_ERROR_OUT_OF_RANGE",
        5 => c"PREDICTOR_ERROR_SHAPE_MISMATCH",
        6 => c"PREDICTOR_ERROR_TYPE_MISMATCH",
        7 => c"PREDICTOR_ERROR_BUSY",
        8 => c"PREDICTOR_ERROR_TIMEOUT",
        9 => c"PREDICTOR_ERROR_CANCELLED",
        10 => c"PREDICTOR_ERROR_INVALID_MODEL",
        11 => c"PREDICTOR_ERROR_UNSUPPORTED",
        12 => c"PREDICTOR_ERROR_RUNTIME_UNAVAILABLE",
        13 => c"PREDICTOR_ERROR_RUN_FAILED",
        14 => c"PREDICTOR_ERROR_OUT_OF_MEMORY",
        15 => c"PREDICTOR_ERROR_FORKED",
        16 => c"PREDICTOR_ERROR_INTERNAL",
        _ => c"PREDICTOR_ERROR_UNKNOWN",
    };
    name.as_ptr()
}

/// Copies the text of the calling thread's last failure: one line, NUL-terminated, cut to
/// `capacity` bytes; "" if the last call that returns a status succeeded. Returns the length of the
/// whole text without the NUL; `buffer` NULL or `capacity` 0 just asks for it.
///
/// Every call that returns a status clears the text or sets it; a `destroy_*` sets it when there is
/// something to say; this function leaves it.
///
/// Ownership: the text is copied into the caller's buffer.
/// Threads: any thread; each has a text of its own, so ask on the thread whose call failed.
/// Errors: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_last_error_message(buffer: *mut c_char, capacity: usize) -> usize {
    let copy = |text: &str| {
        // SAFETY: what the caller promised.
        unsafe { args::write_text(text.as_bytes(), buffer, capacity) };
        text.len()
    };
    match guard::with_text(copy) {
        Some(length) => length,
        None => {
            // SAFETY: what the caller promised.
            unsafe { args::write_text(b"", buffer, capacity) };
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;

    #[test]
    fn names_are_those_of_the_enum() {
        for code in 0..=16 {
            // SAFETY: a static text.
            let name = unsafe { CStr::from_ptr(predictor_status_name(code)) }.to_str().unwrap();
            // SAFETY: 0 to 16 are all variants.
            let status: PredictorStatus = unsafe { std::mem::transmute(code) };
            assert_eq!(format!("{status:?}"), name);
        }
    }
}
