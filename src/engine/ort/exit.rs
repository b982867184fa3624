//! The end of the process. ONNX Runtime's static objects are destroyed while other threads may still
//! be inside it, which crashes them. So an exit handler of ours, which runs before that, stops runs,
//! waits for who is inside, and lets nobody in any more: runs and loads fail, and what would be
//! released is left to the system.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::engine::Terminator;
use crate::error::{Result, bail};
use crate::process::{PerProcess, has_steps_elsewhere};
use crate::sync::Mutex;

use super::binding::RunOptions;

static IS_EXITING: AtomicBool = AtomicBool::new(false);

/// A run that does not notice in this time is left behind.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// ONNX Runtime makes some of its static objects only when a model needs them, and each is destroyed
/// before what was registered earlier; so the handler is registered again after each load.
const MOST_HANDLERS: u32 = 10_000;

/// The run options of all bindings.
static BINDINGS: PerProcess<Mutex<Vec<Weak<RunOptions>>>> = PerProcess::new(|| Mutex::new(Vec::new()));

pub(super) fn is_exiting() -> bool {
    IS_EXITING.load(Ordering::Relaxed)
}

pub(super) fn check() -> Result<()> {
    if is_exiting() {
        bail!(RunFailed, "the process is exiting");
    }
    Ok(())
}

/// Has an exit after this wait for who is inside ONNX Runtime.
pub(super) fn watch() {
    static HANDLERS: AtomicU32 = AtomicU32::new(0);
    extern "C" fn at_exit() {
        let _ = std::panic::catch_unwind(leave);
    }
    if HANDLERS.fetch_add(1, Ordering::Relaxed) < MOST_HANDLERS {
        // SAFETY: a function that lives as long as the library, which is never unloaded.
        unsafe { libc::atexit(at_exit) };
    }
}

/// Has an exit stop runs with these options.
pub(super) fn register(options: &Arc<RunOptions>) {
    let mut bindings = BINDINGS.get().lock();
    if bindings.len() == bindings.capacity() {
        bindings.retain(|options| options.strong_count() > 0);
    }
    bindings.push(Arc::downgrade(options));
}

fn leave() {
    if IS_EXITING.swap(true, Ordering::SeqCst) {
        return;
    }
    let end = Instant::now() + LONGEST_WAIT;
    loop {
        // A run says that it is inside before it looks whether it may be; waiting before looking
        // here lets that become visible, without a fence in every run.
        std::thread::sleep(LOOK_AGAIN);
        let runs: Vec<_> = BINDINGS.get().lock().iter().filter_map(Weak::upgrade).collect();
        let mut is_inside = has_steps_elsewhere();
        for run in runs.iter().filter(|run| run.is_running()) {
            run.set();
            is_inside = true;
        }
        if !is_inside || Instant::now() >= end {
            return;
        }
    }
}
