//! Plain memory that two threads must not touch at once, one of them to change it.

use loom::cell::UnsafeCell;

pub(crate) struct Tracked(UnsafeCell<u32>);

// SAFETY: loom ends the model at an access that is not ordered after the others.
unsafe impl Sync for Tracked {}
// SAFETY: a number moves freely.
unsafe impl Send for Tracked {}

impl Tracked {
    pub fn new(value: u32) -> Self {
        Self(UnsafeCell::new(value))
    }

    pub fn get(&self) -> u32 {
        // SAFETY: as for `Sync`.
        self.0.with(|value| unsafe { *value })
    }

    pub fn set(&self, value: u32) {
        // SAFETY: as for `Sync`.
        self.0.with_mut(|place| unsafe { *place = value });
    }
}
