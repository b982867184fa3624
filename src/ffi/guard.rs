//! The one place that turns errors and panics into a status, and sets the thread's error text.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::error::{Error, Result, Status};
use crate::own_file::is_shared_library;

use super::error::PredictorStatus;

thread_local! {
    static LAST_ERROR: LastError = const { LastError(RefCell::new(String::new())) };
}

/// The threads that have a text. While there is none, a call that succeeds need not look for its
/// own: reaching a thread's memory costs more than the rest of this file.
static THREADS_WITH_TEXT: AtomicUsize = AtomicUsize::new(0);

/// The text of a thread's last failure.
struct LastError(RefCell<String>);

impl LastError {
    fn set(&self, text: &str) {
        let mut last = self.0.borrow_mut();
        match (last.is_empty(), text.is_empty()) {
            (true, false) => THREADS_WITH_TEXT.fetch_add(1, Ordering::Relaxed),
            (false, true) => THREADS_WITH_TEXT.fetch_sub(1, Ordering::Relaxed),
            _ => 0,
        };
        last.clear();
        last.push_str(text);
    }
}

impl Drop for LastError {
    fn drop(&mut self) {
        self.set("");
    }
}

/// Runs the body of an exported function that returns a status. Clears the thread's error text, or
/// sets it.
#[inline]
pub(super) fn status(body: impl FnOnce() -> Result<()>) -> PredictorStatus {
    match run(body) {
        Ok(()) => {
            if THREADS_WITH_TEXT.load(Ordering::Relaxed) > 0 {
                set_text("");
            }
            PredictorStatus::PREDICTOR_OK
        }
        Err(error) => failed(&error),
    }
}

#[cold]
fn failed(error: &Error) -> PredictorStatus {
    set_text(error.message());
    error.status().into()
}

/// Runs the body of an exported function that returns nothing. Only a failure touches the text.
pub(super) fn silent(body: impl FnOnce() -> Result<()>) {
    if let Err(error) = run(body) {
        set_text(error.message());
    }
}

/// Runs the body of an exported function that cannot fail; `default` is for a panic.
pub(super) fn value<T>(default: T, body: impl FnOnce() -> T) -> T {
    let mut result = default;
    silent(|| {
        result = body();
        Ok(())
    });
    result
}

#[inline]
fn run(body: impl FnOnce() -> Result<()>) -> Result<()> {
    silence_panics();
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => result,
        Err(panic) => Err(defect(panic.as_ref())),
    }
}

#[cold]
fn defect(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text");
    Error::new(Status::Internal, format!("a defect of this library, please report it: {text}"))
}

/// Rust prints panics to stderr; one that a guard turns into a status is nobody's output.
#[inline]
fn silence_panics() {
    static IS_SILENT: AtomicBool = AtomicBool::new(false);
    if !IS_SILENT.load(Ordering::Relaxed) && !IS_SILENT.swap(true, Ordering::Relaxed) {
        set_hook();
    }
}

/// The shared library has a hook of its own, which no other Rust code's panics pass. A Rust program
/// that this crate is a part of keeps its own.
#[cold]
fn set_hook() {
    if !cfg!(miri) && is_shared_library() {
        std::panic::set_hook(Box::new(|_| ()));
    }
}

/// A thread that is ending has no text any more.
#[cold]
fn set_text(text: &str) {
    let _ = LAST_ERROR.try_with(|last| last.set(text));
}

/// The text of the thread's last failure, or "".
pub(super) fn with_text<T>(work: impl FnOnce(&str) -> T) -> Option<T> {
    let mut work = Some(work);
    let result = LAST_ERROR.try_with(|last| work.take().map(|work| work(&last.0.borrow())));
    result.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_internal_with_its_text() {
        let status = status(|| panic!("number {}", 7));
        assert_eq!(status, PredictorStatus::PREDICTOR_ERROR_INTERNAL);
        assert!(with_text(|text| text.ends_with("number 7")).unwrap());
    }

    #[test]
    fn a_success_clears_the_text_and_a_silent_one_keeps_it() {
        status(|| Err(Error::new(Status::Busy, "busy")));
        silent(|| Ok(()));
        assert_eq!(with_text(str::to_owned).unwrap(), "busy");
        status(|| Ok(()));
        assert_eq!(with_text(str::to_owned).unwrap(), "");
    }
}
