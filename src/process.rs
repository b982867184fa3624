//! State of this process that a forked child must not inherit.
//!
//! A fork copies one thread only: a lock that another thread held stays locked in the child for
//! ever. So nothing is locked and nothing is cleaned around a fork; the child's handler counts a
//! generation up (`getpid` costs a system call on some machines), and every [`PerProcess`] value
//! then starts afresh.

use std::sync::Once;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// How many forks lie between the process that loaded the library and this one.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Starts counting forks. Call it before anything is made that a child must not use.
pub(crate) fn watch_forks() {
    static WATCH: Once = Once::new();
    extern "C" fn in_child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
    }
    // SAFETY: the handler only touches an atomic, which is legal after a fork.
    #[cfg(not(miri))]
    WATCH.call_once(|| unsafe {
        libc::pthread_atfork(None, None, Some(in_child));
    });
    #[cfg(miri)]
    WATCH.call_once(|| in_child_is_not_run_by_miri(in_child));
}

#[cfg(miri)]
fn in_child_is_not_run_by_miri(_: extern "C" fn()) {}

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
