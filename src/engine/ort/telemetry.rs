//! ONNX Runtime's official builds since 1.31 start a telemetry thread and write to the user's home
//! as soon as an environment is created. `DisableTelemetryEvents` comes too late to stop that; only
//! the environment variable `ORT_DISABLE_TELEMETRY` does.

use std::ffi::c_char;
use std::sync::atomic::{AtomicPtr, Ordering};

const NAME: &str = "ORT_DISABLE_TELEMETRY";

unsafe extern "C" {
    static mut environ: *mut *mut c_char;
}

/// Sets the variable, unless somebody did. `setenv` may free the array that another thread's
/// `getenv` is reading, so this makes a longer copy and leaves the old array alone.
pub(super) fn disable() {
    if std::env::var_os(NAME).is_some() {
        return;
    }
    // SAFETY: `environ` is NULL or an array of texts that ends with NULL; only its pointer is
    // replaced, by one that lives for ever.
    unsafe {
        let place = AtomicPtr::from_ptr(&raw mut environ);
        let current = place.load(Ordering::Acquire);
        let mut count = 0;
        while !current.is_null() && !(*current.add(count)).is_null() {
            count += 1;
        }
        let mut longer: Vec<*mut c_char> = (0..count).map(|index| *current.add(index)).collect();
        longer.push(c"ORT_DISABLE_TELEMETRY=1".as_ptr().cast_mut());
        longer.push(std::ptr::null_mut());
        place.store(longer.leak().as_mut_ptr(), Ordering::Release);
    }
}
