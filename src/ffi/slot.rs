//! What is behind a handle: an object, who uses it, and whether the handle is alive, in one number.
//!
//! A handle that is ended while calls are inside it goes dark at once; who leaves last is told to
//! free the object.

use crate::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

const USERS: u64 = 0xffff_ffff;
const ALIVE: u64 = 1 << 32;
/// The bits from here on are a label of `handle.rs`'s choice.
pub(super) const LABEL_SHIFT: u32 = 33;

/// A whole cache line, so that threads on different handles do not disturb each other. All zeros is
/// a slot that was never used.
#[derive(Default)]
#[repr(align(64))]
pub(super) struct Slot {
    state: AtomicU64,
    object: AtomicPtr<()>,
}

impl Slot {
    /// Begins a handle in a slot that nobody uses.
    pub fn begin(&self, label: u64, object: *mut ()) {
        self.object.store(object, Ordering::Relaxed);
        self.state.store(ALIVE | label << LABEL_SHIFT, Ordering::Release);
    }

    /// Counts one more user if the handle is alive and has this label: the object, or the state that
    /// was found.
    #[inline]
    pub fn enter(&self, label: u64) -> Result<*mut (), u64> {
        self.enter_as(label, ALIVE, Ordering::Acquire)
    }

    /// Like [`Slot::enter`], and ends the handle. One of several callers succeeds.
    #[inline]
    pub fn end(&self, label: u64) -> Result<*mut (), u64> {
        self.enter_as(label, 0, Ordering::AcqRel)
    }

    #[inline]
    fn enter_as(&self, label: u64, alive: u64, order: Ordering) -> Result<*mut (), u64> {
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            if state & !USERS != ALIVE | label << LABEL_SHIFT {
                return Err(state);
            }
            let entered = (state & !ALIVE | alive) + 1;
            match self.state.compare_exchange_weak(state, entered, order, Ordering::Relaxed) {
                Ok(_) => return Ok(self.object.load(Ordering::Relaxed)),
                Err(now) => state = now,
            }
        }
    }

    /// Ends one use. The object, if the handle has ended and this was the last use: nobody reaches it
    /// any more.
    #[inline]
    pub fn leave(&self) -> Option<*mut ()> {
        let before = self.state.fetch_sub(1, Ordering::AcqRel);
        (before & (USERS | ALIVE) == 1).then(|| self.object.load(Ordering::Relaxed))
    }
}

pub(super) fn is_alive(state: u64) -> bool {
    state & ALIVE != 0
}
