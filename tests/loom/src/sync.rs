//! Stands for src/sync.rs: the same names over loom's types. All of it can be sabotaged, which every
//! model has to notice.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Whether atomics ignore the order they are asked for, and condition variables forget to wake.
static IS_SABOTAGED: AtomicBool = AtomicBool::new(false);

pub(crate) fn sabotage() {
    IS_SABOTAGED.store(true, Ordering::Relaxed);
}

fn is_sabotaged() -> bool {
    IS_SABOTAGED.load(Ordering::Relaxed)
}

#[allow(dead_code)]
pub(crate) mod atomic {
    pub(crate) use std::sync::atomic::Ordering;

    fn actual(order: Ordering) -> Ordering {
        if super::is_sabotaged() { Ordering::Relaxed } else { order }
    }

    macro_rules! atomic {
        ($name:ident $(<$parameter:ident>)?, $value:ty) => {
            pub(crate) struct $name $(<$parameter>)? (loom::sync::atomic::$name $(<$parameter>)?);

            impl $(<$parameter>)? $name $(<$parameter>)? {
                pub fn new(value: $value) -> Self {
                    Self(loom::sync::atomic::$name::new(value))
                }

                pub fn load(&self, order: Ordering) -> $value {
                    self.0.load(actual(order))
                }

                pub fn store(&self, value: $value, order: Ordering) {
                    self.0.store(value, actual(order));
                }

                pub fn compare_exchange(
                    &self,
                    expected: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    self.0.compare_exchange(expected, new, actual(success), actual(failure))
                }

                pub fn compare_exchange_weak(
                    &self,
                    expected: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    self.0.compare_exchange_weak(expected, new, actual(success), actual(failure))
                }
            }
        };
    }

    atomic!(AtomicU32, u32);
    atomic!(AtomicU64, u64);
    atomic!(AtomicPtr<T>, *mut T);

    impl AtomicU32 {
        pub fn fetch_sub(&self, value: u32, order: Ordering) -> u32 {
            self.0.fetch_sub(value, actual(order))
        }
    }

    impl AtomicU64 {
        pub fn fetch_sub(&self, value: u64, order: Ordering) -> u64 {
            self.0.fetch_sub(value, actual(order))
        }
    }

    impl Default for AtomicU64 {
        fn default() -> Self {
            Self::new(0)
        }
    }

    impl<T> Default for AtomicPtr<T> {
        fn default() -> Self {
            Self::new(std::ptr::null_mut())
        }
    }
}

pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

pub(crate) struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    guard: loom::sync::MutexGuard<'a, T>,
}

impl<T> Mutex<T> {
    pub fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard { mutex: self, guard: self.0.lock().unwrap() }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

pub(crate) struct Condvar(loom::sync::Condvar);

impl Default for Condvar {
    fn default() -> Self {
        Self(loom::sync::Condvar::new())
    }
}

impl Condvar {
    pub fn notify_one(&self) {
        if !is_sabotaged() {
            self.0.notify_one();
        }
    }

    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        MutexGuard { mutex: guard.mutex, guard: self.0.wait(guard.guard).unwrap() }
    }

    /// Time may be up at any moment, which is all that a clock can do.
    pub fn wait_until<'a, T>(&self, guard: MutexGuard<'a, T>, when: Instant) -> MutexGuard<'a, T> {
        let mutex = guard.mutex;
        drop(guard);
        NOW.with(|now| now.set(when.0));
        mutex.lock()
    }
}

loom::thread_local! {
    /// Each thread has its own clock, which stands still but for [`Condvar::wait_until`].
    static NOW: Cell<Duration> = Cell::new(Duration::ZERO);
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(Duration);

impl Instant {
    pub fn now() -> Self {
        Self(NOW.with(Cell::get))
    }

    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration).map(Self)
    }

    pub fn elapsed(self) -> Duration {
        Self::now().0 - self.0
    }
}
