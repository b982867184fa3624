//! Handles: addresses of slots in memory that is never given back (`slots.rs`), so that a stale or
//! garbage pointer is an error and never a dereference.
//!
//! A slot's state is one number: who uses the object, whether the handle is alive, of what kind it
//! is, and in which process (counted in forks) it was made. A handle that is destroyed while calls
//! are inside it goes dark at once; the object is dropped when the last call leaves.

use std::ops::Deref;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::error::{Error, Result, Status};
use crate::process::{PerProcess, generation, watch_forks};

use super::slots::{self, Slot, find_slot, take_slot};

const USERS: u64 = 0xffff_ffff;
const ALIVE: u64 = 1 << 32;
const KIND_SHIFT: u32 = 33;
const KIND_MASK: u64 = 0x7f << KIND_SHIFT;
const GENERATION_SHIFT: u32 = 40;

/// What a handle stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum HandleKind {
    /// A config.
    Config = 1,
    /// A predictor.
    Predictor = 2,
    /// A tensor of a predictor.
    Tensor = 3,
    /// A pool.
    Pool = 4,
}

impl HandleKind {
    fn name(self) -> &'static str {
        match self {
            HandleKind::Config => "config",
            HandleKind::Predictor => "predictor",
            HandleKind::Tensor => "tensor",
            HandleKind::Pool => "pool",
        }
    }

    fn of(state: u64) -> Option<Self> {
        use HandleKind::{Config, Pool, Predictor, Tensor};
        let number = (state & KIND_MASK) >> KIND_SHIFT;
        [Config, Predictor, Tensor, Pool].into_iter().find(|kind| u64::from(*kind as u8) == number)
    }
}

/// An object that handles stand for.
pub(super) trait Object: Send + Sync + 'static {
    const KIND: HandleKind;
    /// The opaque type of the header.
    type Opaque;

    /// Whether the caller has to destroy it.
    fn is_owned(&self) -> bool;
}

/// Handles that callers still have to destroy.
static OWNED: PerProcess<AtomicI64> = PerProcess::new(AtomicI64::default);

struct Boxed<T> {
    index: u32,
    value: T,
}

/// Makes a handle for `value`.
pub(super) fn insert<T: Object>(value: T) -> Result<*mut T::Opaque> {
    watch_forks();
    let (index, slot) = take_slot()?;
    let owned = value.is_owned();
    let object = Box::into_raw(Box::new(Boxed { index, value }));
    slot.object.store(object.cast(), Ordering::Relaxed);
    let kind = u64::from(T::KIND as u8) << KIND_SHIFT;
    let process = u64::from(generation()) << GENERATION_SHIFT;
    slot.state.store(ALIVE | kind | process, Ordering::Release);
    OWNED.get().fetch_add(i64::from(owned), Ordering::Relaxed);
    Ok(std::ptr::from_ref(slot).cast_mut().cast())
}

/// Frees the object of a slot that nobody uses any more, and the slot.
unsafe fn drop_object<T: Object>(slot: &'static Slot) {
    let object = slot.object.load(Ordering::Relaxed).cast::<Boxed<T>>();
    // SAFETY: `insert` leaked this box, and only the last user of a dead slot comes here.
    let boxed = unsafe { Box::from_raw(object) };
    let index = boxed.index;
    drop(boxed);
    slots::give_back(index);
}

/// An object that stays alive while this is, whoever destroys its handle meanwhile.
pub(super) struct InUse<T: Object> {
    slot: &'static Slot,
    object: *const Boxed<T>,
}

impl<T: Object> Deref for InUse<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the use counted in the slot keeps the box.
        unsafe { &(*self.object).value }
    }
}

impl<T: Object> Drop for InUse<T> {
    fn drop(&mut self) {
        let before = self.slot.state.fetch_sub(1, Ordering::AcqRel);
        if before & (USERS | ALIVE) == 1 {
            // SAFETY: dead, and this was the last use.
            unsafe { drop_object::<T>(self.slot) };
        }
    }
}

/// The object that `handle` stands for.
pub(super) fn get<T: Object>(handle: *const T::Opaque) -> Result<InUse<T>> {
    let Some(slot) = find_slot(handle.addr()) else { return Err(not_a_handle::<T>(handle.addr(), 0)) };
    let mut state = slot.state.load(Ordering::Relaxed);
    loop {
        check::<T>(handle.addr(), state)?;
        match slot.state.compare_exchange_weak(state, state + 1, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => break,
            Err(now) => state = now,
        }
    }
    Ok(InUse { slot, object: slot.object.load(Ordering::Relaxed).cast() })
}

/// Ends the handle; the object lives on for who uses it. One of several callers gets it.
pub(super) fn remove<T: Object>(handle: *const T::Opaque) -> Result<InUse<T>> {
    let Some(slot) = find_slot(handle.addr()) else { return Err(not_a_handle::<T>(handle.addr(), 0)) };
    let mut state = slot.state.load(Ordering::Relaxed);
    loop {
        check::<T>(handle.addr(), state)?;
        let dead = (state & !ALIVE) + 1;
        match slot.state.compare_exchange_weak(state, dead, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => break,
            Err(now) => state = now,
        }
    }
    let removed = InUse::<T> { slot, object: slot.object.load(Ordering::Relaxed).cast() };
    OWNED.get().fetch_sub(i64::from(removed.is_owned()), Ordering::Relaxed);
    Ok(removed)
}

fn check<T: Object>(address: usize, state: u64) -> Result<()> {
    let expected =
        ALIVE | u64::from(T::KIND as u8) << KIND_SHIFT | u64::from(generation()) << GENERATION_SHIFT;
    if state & !USERS == expected {
        return Ok(());
    }
    Err(not_a_handle::<T>(address, state))
}

#[cold]
fn not_a_handle<T: Object>(address: usize, state: u64) -> Error {
    let expected = T::KIND.name();
    if address == 0 {
        return Error::new(Status::InvalidHandle, format!("expected a {expected} handle, got NULL"));
    }
    let Some(kind) = HandleKind::of(state) else {
        let text = format!("expected a {expected} handle, got {address:#x}, which never was a handle");
        return Error::new(Status::InvalidHandle, text);
    };
    if state & ALIVE == 0 {
        let text = format!("expected a {expected} handle, got a {} that was destroyed", kind.name());
        return Error::new(Status::InvalidHandle, text);
    }
    if kind != T::KIND {
        let text = format!("expected a {expected} handle, got a {}", kind.name());
        return Error::new(Status::InvalidHandle, text);
    }
    Error::new(
        Status::Forked,
        format!("the {expected} was made before a fork; make a new one in this process"),
    )
}

/// Owned handles that are alive.
pub(super) fn live() -> i64 {
    OWNED.get().load(Ordering::Relaxed)
}

/// One lookup and its end, for the benchmark of handles.
#[doc(hidden)]
pub fn lookup_for_benchmark(predictor: *const super::Predictor) -> bool {
    get::<super::objects::PredictorObject>(predictor).is_ok()
}

#[cfg(test)]
#[path = "handle_tests.rs"]
mod tests;
