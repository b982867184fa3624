//! Forks: what a child must not inherit, and when a fork has to wait.
//!
//! A fork copies one thread only: a lock that another thread held stays locked in the child for
//! ever. For our own state nothing is locked or cleaned around a fork; the child's handler counts a
//! generation up (`getpid` costs a system call on some machines), and every [`PerProcess`] value
//! then starts afresh. ONNX Runtime has locks of its own that loading and unloading hold, so a fork
//! waits until nobody is [`Indivisible`].

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use std::time::{Duration, Instant};

static GENERATION: AtomicU32 = AtomicU32::new(0);
/// Steps in progress that a fork must not cut.
static STEPS: AtomicU32 = AtomicU32::new(0);
/// Forks in progress; new steps wait for their end.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// Waiting is rare and short, so it just looks again.
const LOOK_AGAIN: Duration = Duration::from_micros(50);
/// A step that takes longer than this hangs, and shall not hang the fork too.
const LONGEST_STEP: Duration = Duration::from_secs(60);

thread_local! {
    /// Of [`STEPS`], this thread's own.
    static OWN_STEPS: Cell<u32> = const { Cell::new(0) };
}

/// How many forks lie between the process that loaded the library and this one.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Starts counting forks. Call it before anything is made that a child must not use.
pub(crate) fn watch_forks() {
    static IS_WATCHED: AtomicBool = AtomicBool::new(false);
    if IS_WATCHED.load(Ordering::Relaxed) || IS_WATCHED.swap(true, Ordering::Relaxed) || cfg!(miri) {
        return;
    }
    // SAFETY: the handlers touch atomics and sleep, which is legal there.
    unsafe {
        libc::pthread_atfork(Some(before_fork), Some(after_fork), Some(in_child));
    }
}

extern "C" fn before_fork() {
    FORKS.fetch_add(1, Ordering::SeqCst);
    let end = Instant::now() + LONGEST_STEP;
    while has_steps_elsewhere() && Instant::now() < end {
        std::thread::sleep(LOOK_AGAIN);
    }
}

extern "C" fn after_fork() {
    FORKS.fetch_sub(1, Ordering::SeqCst);
}

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    STEPS.store(OWN_STEPS.get(), Ordering::SeqCst);
    FORKS.store(0, Ordering::SeqCst);
}

/// Whether other threads than this are inside steps.
pub(crate) fn has_steps_elsewhere() -> bool {
    STEPS.load(Ordering::SeqCst) > OWN_STEPS.get()
}

/// A step that a fork must not cut: while this lives, forks on other threads wait.
pub(crate) struct Indivisible;

impl Indivisible {
    pub fn start() -> Self {
        watch_forks();
        let is_outermost = OWN_STEPS.get() == 0;
        OWN_STEPS.set(OWN_STEPS.get() + 1);
        STEPS.fetch_add(1, Ordering::SeqCst);
        while is_outermost && FORKS.load(Ordering::SeqCst) > 0 {
            STEPS.fetch_sub(1, Ordering::SeqCst);
            std::thread::sleep(LOOK_AGAIN);
            STEPS.fetch_add(1, Ordering::SeqCst);
        }
        Self
    }
}

impl Drop for Indivisible {
    fn drop(&mut self) {
        OWN_STEPS.set(OWN_STEPS.get() - 1);
        STEPS.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A global that a forked child finds in its first state. What the parent had is leaked there.
pub(crate) struct PerProcess<T: 'static> {
    current: AtomicPtr<Entry<T>>,
    make: fn() -> T,
}

struct Entry<T> {
    generation: u32,
    value: T,
}

impl<T: Send + Sync> PerProcess<T> {
    pub const fn new(make: fn() -> T) -> Self {
        Self { current: AtomicPtr::new(std::ptr::null_mut()), make }
    }

    pub fn get(&'static self) -> &'static T {
        let current = self.current.load(Ordering::Acquire);
        // SAFETY: entries are leaked boxes, so a non-null one lives for ever.
        if let Some(entry) = unsafe { current.as_ref() }
            && entry.generation == generation()
        {
            return &entry.value;
        }
        self.renew(current)
    }

    #[cold]
    fn renew(&'static self, stale: *mut Entry<T>) -> &'static T {
        watch_forks();
        let fresh = Box::into_raw(Box::new(Entry { generation: generation(), value: (self.make)() }));
        let swapped = self.current.compare_exchange(stale, fresh, Ordering::AcqRel, Ordering::Acquire);
        match swapped {
            // SAFETY: `fresh` was just leaked.
            Ok(_) => unsafe { &(*fresh).value },
            Err(winner) => {
                // SAFETY: nobody else has seen `fresh`; `winner` is a leaked entry of this process.
                unsafe {
                    drop(Box::from_raw(fresh));
                    &(*winner).value
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once() {
        static VALUE: PerProcess<AtomicU32> = PerProcess::new(|| AtomicU32::new(7));
        VALUE.get().fetch_add(1, Ordering::Relaxed);
        assert_eq!(VALUE.get().load(Ordering::Relaxed), 8);
    }
}
