//! The one place that turns errors and panics into a status, and sets the thread's error text.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result, Status};

use super::error::PredictorStatus;

thread_local! {
    static LAST_ERROR: RefCell<String> = const { RefCell::new(String::new()) };
    static CALLS: Calls = const { Calls { depth: Cell::new(0), failed: Cell::new(false) } };
}

/// What each call looks at; it has nothing to drop, which makes it cheap to reach.
struct Calls {
    /// Guarded calls that this thread is inside.
    depth: Cell<u32>,
    /// There is a text to clear.
    failed: Cell<bool>,
}

/// Runs the body of an exported function that returns a status. Clears the thread's error text, or
/// sets it.
pub(super) fn status(body: impl FnOnce() -> Result<()>) -> PredictorStatus {
    CALLS.with(|calls| match run(calls, body) {
        Ok(()) => {
            if calls.failed.get() {
                set_text(calls, "");
            }
            PredictorStatus::PREDICTOR_OK
        }
        Err(error) => {
            set_text(calls, error.message());
            error.status().into()
        }
    })
}

/// Runs the body of an exported function that returns nothing. Only a failure touches the text.
pub(super) fn silent(body: impl FnOnce() -> Result<()>) {
    CALLS.with(|calls| {
        if let Err(error) = run(calls, body) {
            set_text(calls, error.message());
        }
    });
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

fn run(calls: &Calls, body: impl FnOnce() -> Result<()>) -> Result<()> {
    silence_panics();
    calls.depth.set(calls.depth.get() + 1);
    let outcome = catch_unwind(AssertUnwindSafe(body));
    calls.depth.set(calls.depth.get() - 1);
    outcome.unwrap_or_else(|panic| Err(Error::new(Status::Internal, panic_text(panic.as_ref()))))
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text");
    format!("a defect of this library, please report it: {text}")
}

/// Rust prints panics to stderr; one that a guard turns into a status is nobody's output.
#[inline]
fn silence_panics() {
    static IS_SILENT: AtomicBool = AtomicBool::new(false);
    if !IS_SILENT.load(Ordering::Relaxed) && !IS_SILENT.swap(true, Ordering::Relaxed) {
        set_hook();
    }
}

#[cold]
fn set_hook() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if CALLS.with(|calls| calls.depth.get()) == 0 {
            print(panic);
        }
    }));
}

/// A thread that is ending has no text any more.
fn set_text(calls: &Calls, text: &str) {
    calls.failed.set(!text.is_empty());
    let _ = LAST_ERROR.try_with(|last| {
        let mut last = last.borrow_mut();
        last.clear();
        last.push_str(text);
    });
}

/// The text of the thread's last failure, or "".
pub(super) fn with_text<T>(work: impl FnOnce(&str) -> T) -> Option<T> {
    let mut work = Some(work);
    let result = LAST_ERROR.try_with(|last| work.take().map(|work| work(&last.borrow())));
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
