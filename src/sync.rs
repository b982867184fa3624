//! The standard library's locks, without poisoning: a panic is an error of one call, not of all
//! later ones.
//!
//! Not `parking_lot`: its locks share one table of waiting threads, which a forked child inherits in
//! whatever state another thread left it, and then waits for ever (seen in 1 of 300 forks beside a
//! busy pool).
//!
//! What tests/loom checks names its locks, atomics and clock from here, so that they can be swapped.

use std::sync::PoisonError;

pub(crate) use std::sync::{MutexGuard, atomic};
pub(crate) use std::time::Instant;

#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Condvar(std::sync::Condvar);

impl Condvar {
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.0.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `when` at the latest.
    pub fn wait_until<'a, T>(&self, guard: MutexGuard<'a, T>, when: Instant) -> MutexGuard<'a, T> {
        let left = when.saturating_duration_since(Instant::now());
        self.0.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0
    }
}
