//! Handles: addresses of slots in memory that is never given back (`slots.rs`), so that a stale or
//! garbage pointer is an error and never a dereference.
//!
//! A slot is labelled with the kind of the handle and the process (counted in forks) it was made in.
//! `slot.rs` keeps the object while calls are inside a handle that is destroyed.

use std::ops::Deref;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::error::{Error, Result, Status};
use crate::process::{PerProcess, generation, watch_forks};

use super::slot::{LABEL_SHIFT, Slot, is_alive};
use super::slots::{self, find_slot, take_slot};

/// In a label, the process comes after the kind.
const KIND_BITS: u32 = 7;

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
        let number = (state >> LABEL_SHIFT) & ((1 << KIND_BITS) - 1);
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
    slot.begin(label::<T>(), object.cast());
    OWNED.get().fetch_add(i64::from(owned), Ordering::Relaxed);
    Ok(std::ptr::from_ref(slot).cast_mut().cast())
}

fn label<T: Object>() -> u64 {
    u64::from(T::KIND as u8) | u64::from(generation()) << KIND_BITS
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
        let Some(object) = self.slot.leave() else { return };
        // SAFETY: `insert` leaked this box, and this was the last use of an ended handle.
        let boxed = unsafe { Box::from_raw(object.cast::<Boxed<T>>()) };
        let index = boxed.index;
        drop(boxed);
        slots::give_back(index);
    }
}

/// The object that `handle` stands for.
pub(super) fn get<T: Object>(handle: *const T::Opaque) -> Result<InUse<T>> {
    let Some(slot) = find_slot(handle.addr()) else { return Err(not_a_handle::<T>(handle.addr(), 0)) };
    match slot.enter(label::<T>()) {
        Ok(object) => Ok(InUse { slot, object: object.cast() }),
        Err(state) => Err(not_a_handle::<T>(handle.addr(), state)),
    }
}

/// Ends the handle; the object lives on for who uses it. One of several callers gets it.
pub(super) fn remove<T: Object>(handle: *const T::Opaque) -> Result<InUse<T>> {
    let Some(slot) = find_slot(handle.addr()) else { return Err(not_a_handle::<T>(handle.addr(), 0)) };
    let removed = match slot.end(label::<T>()) {
        Ok(object) => InUse::<T> { slot, object: object.cast() },
        Err(state) => return Err(not_a_handle::<T>(handle.addr(), state)),
    };
    OWNED.get().fetch_sub(i64::from(removed.is_owned()), Ordering::Relaxed);
    Ok(removed)
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
    if !is_alive(state) {
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
