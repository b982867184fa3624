//! The library itself: versions, the ONNX Runtime in use, the log.

use std::ffi::{CString, c_char, c_void};
use std::path::Path;
use std::sync::Arc;

use crate::error::bail;
use crate::log::{LogCallback, Severity};

use super::args::Out;
use super::error::PredictorStatus;
use super::intern::intern;
use super::{args, guard, handle};

/// The version of this ABI. Bindings refer to the symbol, so that a library with another ABI is
/// refused when they are linked.
#[allow(non_upper_case_globals)]
#[unsafe(no_mangle)]
pub static predictor_abi_v1: u32 = 1;

/// The version of this ABI, 1. Functions of a version are never changed or removed.
///
/// Ownership: nothing is handed over.
/// Threads: any thread at any time.
/// Errors: none; the error text is not touched.
#[unsafe(no_mangle)]
pub extern "C" fn predictor_abi_version() -> u32 {
    predictor_abi_v1
}

/// Grows with each function that is added within the version. A program that needs a function added
/// later checks for at least the revision that its header was made with.
///
/// Ownership: nothing is handed over.
/// Threads: any thread at any time.
/// Errors: none; the error text is not touched.
#[unsafe(no_mangle)]
pub extern "C" fn predictor_abi_revision() -> u32 {
    2
}

/// The library's version, for example "1.0.0".
///
/// Ownership: the text lives until the process ends.
/// Threads: any thread at any time.
/// Errors: none; the error text is not touched.
#[unsafe(no_mangle)]
pub extern "C" fn predictor_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Loads ONNX Runtime now, which otherwise the first model does. It is looked for, in this order: at
/// `path_or_null`, a file or the folder it is in; where the environment's PREDICTOR_POOL_ORT_LIB,
/// then ORT_DYLIB_PATH, point; beside this library; where the system finds libonnxruntime.so.1. A
/// place that was named is the only one that is tried.
///
/// Ownership: the path is copied.
/// Threads: any thread at any time; concurrent calls wait for each other.
/// Errors: RUNTIME_UNAVAILABLE if none could be loaded (the text lists what was tried; it may be
/// tried again), INVALID_ARGUMENT if another file is loaded already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_initialize_runtime(path_or_null: *const c_char) -> PredictorStatus {
    guard::status(|| {
        // SAFETY: what the caller promised.
        let path = unsafe { args::optional_text("path", path_or_null)? };
        crate::initialize_runtime(path.filter(|path| !path.is_empty()).map(Path::new))
    })
}

/// The version of the ONNX Runtime in use, for example "1.31.1"; loads it if need be.
///
/// Ownership: the text lives until the process ends.
/// Threads: any thread at any time.
/// Errors: INVALID_ARGUMENT for a NULL `out`; RUNTIME_UNAVAILABLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_runtime_version(out: *mut *const c_char) -> PredictorStatus {
    guard::status(|| {
        let out = Out::new("out", out)?;
        out.set(intern(crate::runtime_version()?)?);
        Ok(())
    })
}

/// The file of the ONNX Runtime in use; loads it if need be.
///
/// Ownership: the text lives until the process ends.
/// Threads: any thread at any time.
/// Errors: INVALID_ARGUMENT for a NULL `out`; RUNTIME_UNAVAILABLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_runtime_path(out: *mut *const c_char) -> PredictorStatus {
    guard::status(|| {
        let out = Out::new("out", out)?;
        out.set(intern(&crate::runtime_path()?.to_string_lossy())?);
        Ok(())
    })
}

/// How many execution providers the ONNX Runtime in use has; loads it if need be.
///
/// Ownership: nothing is handed over.
/// Threads: any thread at any time.
/// Errors: INVALID_ARGUMENT for a NULL `out`; RUNTIME_UNAVAILABLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_provider_count(out: *mut usize) -> PredictorStatus {
    guard::status(|| {
        let out = Out::new("out", out)?;
        out.set(crate::provider_names()?.len());
        Ok(())
    })
}

/// The name of execution provider number `index`, as `predictor_config_append_execution_provider`
/// takes it, for example "cpu".
///
/// Ownership: the text lives until the process ends.
/// Threads: any thread at any time.
/// Errors: INVALID_ARGUMENT for a NULL `out`; OUT_OF_RANGE; RUNTIME_UNAVAILABLE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_provider_name(index: usize, out: *mut *const c_char) -> PredictorStatus {
    guard::status(|| {
        let out = Out::new("out", out)?;
        let names = crate::provider_names()?;
        let Some(name) = names.get(index) else {
            bail!(OutOfRange, "execution provider: expected an index below {}, got {index}", names.len());
        };
        out.set(intern(name)?);
        Ok(())
    })
}

/// Sends log lines of at least `minimum_severity` (0 verbose, 1 info, 2 warning, 3 error, 4 fatal)
/// to `callback`: ONNX Runtime's, and this library's own with the category "predictor_pool". NULL
/// drops them, as at the start. Models that were loaded before keep the severity of that time if it
/// was higher.
///
/// Ownership: `user_data` is the caller's and must live until another callback is set and the calls
/// in progress have returned; `category` and `message` live during the call only.
/// Threads: any thread at any time; the callback is called by any thread, also by several at once,
/// and must not unwind, jump out, or create or destroy predictors and pools.
/// Errors: INVALID_ARGUMENT for another severity.
#[unsafe(no_mangle)]
pub extern "C" fn predictor_set_log_callback(
    callback: Option<
        extern "C" fn(user_data: *mut c_void, severity: i32, category: *const c_char, message: *const c_char),
    >,
    user_data: *mut c_void,
    minimum_severity: i32,
) -> PredictorStatus {
    guard::status(|| {
        let Some(minimum) = Severity::from_code(minimum_severity) else {
            bail!(InvalidArgument, "minimum_severity: expected 0 to 4, got {minimum_severity}");
        };
        crate::set_log_callback(callback.map(|callback| for_c(callback, user_data)), minimum);
        Ok(())
    })
}

type CCallback = extern "C" fn(*mut c_void, i32, *const c_char, *const c_char);

fn for_c(callback: CCallback, user_data: *mut c_void) -> LogCallback {
    let user_data = user_data.expose_provenance();
    Arc::new(move |severity, category, message| {
        let user_data = std::ptr::with_exposed_provenance_mut(user_data);
        let (category, message) = (without_nul(category), without_nul(message));
        callback(user_data, severity as i32, category.as_ptr(), message.as_ptr());
    })
}

fn without_nul(text: &str) -> CString {
    CString::new(text.replace('\0', " ")).unwrap_or_default()
}

/// Hands a line to the callback of `predictor_set_log_callback`, as this library's own lines are, for
/// bindings that have something to say. `category` says whose line it is.
///
/// Ownership: the texts are used during the call only.
/// Threads: any thread at any time; the callback is called on the caller's.
/// Errors: INVALID_ARGUMENT (NULL, not UTF-8, another severity than 0 to 4).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_write_log(
    severity: i32,
    category: *const c_char,
    message: *const c_char,
) -> PredictorStatus {
    guard::status(|| {
        let Some(severity) = Severity::from_code(severity) else {
            bail!(InvalidArgument, "severity: expected 0 to 4, got {severity}");
        };
        // SAFETY: what the caller promised.
        let (category, message) =
            unsafe { (args::text("category", category)?, args::text("message", message)?) };
        crate::log::write(severity, category, message);
        Ok(())
    })
}

/// How many handles the callers of this process still have to destroy: configs, predictors and
/// pools. Borrowed handles do not count. For leak checks.
///
/// Ownership: nothing is handed over.
/// Threads: any thread at any time.
/// Errors: none; the error text is not touched.
#[unsafe(no_mangle)]
pub extern "C" fn predictor_live_handles() -> i64 {
    guard::value(0, handle::live)
}
