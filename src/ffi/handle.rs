//! Handles: addresses of slots in memory that is never given back, so that a stale or garbage
//! pointer is an error and never a dereference.
//!
//! Slots live in chunks that double in size and are only ever added. Looking a handle up finds its
//! chunk by comparing addresses, turns the rest into an index, and indexes; the pointer itself is
//! not followed. A slot's state is one number: who uses the object, whether the handle is alive, of
//! what kind it is, and in which process (counted in forks) it was made. A handle that is destroyed
//! while calls are inside it goes dark at once; the object is dropped when the last call leaves.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ops::Deref;
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicU32, AtomicU64, Ordering};

use crossbeam_queue::SegQueue;

use crate::error::{Error, Result, Status, bail};
use crate::process::{PerProcess, generation, watch_forks};

/// The first chunk's slots; each further chunk has twice as many.
const FIRST_CHUNK: usize = 1024;
const CHUNKS: usize = 20;
/// A slot is used again only after so many others were freed. The header states this number.
const QUARANTINE: usize = 65_536;

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

/// A whole cache line, so that threads on different handles do not disturb each other. All zeros is
/// a slot that was never used.
#[repr(align(64))]
struct Slot {
    state: AtomicU64,
    object: AtomicPtr<()>,
}

static CHUNK_STARTS: [AtomicPtr<Slot>; CHUNKS] = [const { AtomicPtr::new(std::ptr::null_mut()) }; CHUNKS];

/// Slots handed out so far, in every process since the first fork's parent: a child must not take
/// slots that its parent's handles are in.
static USED: AtomicU32 = AtomicU32::new(0);

/// Freed slots, the oldest first.
static FREED: PerProcess<SegQueue<u32>> = PerProcess::new(SegQueue::new);

/// Handles that callers still have to destroy.
static OWNED: PerProcess<AtomicI64> = PerProcess::new(AtomicI64::default);

fn chunk_length(chunk: usize) -> usize {
    FIRST_CHUNK << chunk
}

/// The chunk that slot number `index` is in, and its place there.
fn place_of(index: usize) -> (usize, usize) {
    let chunk = (index / FIRST_CHUNK + 1).ilog2() as usize;
    (chunk, index - (chunk_length(chunk) - FIRST_CHUNK))
}

/// The slot at `address`, if there is one.
fn find_slot(address: usize) -> Option<&'static Slot> {
    for (chunk, start) in CHUNK_STARTS.iter().enumerate() {
        let start = start.load(Ordering::Acquire);
        if start.is_null() {
            return None;
        }
        let offset = address.wrapping_sub(start.addr());
        if offset < chunk_length(chunk) * size_of::<Slot>() {
            let aligned = offset.is_multiple_of(size_of::<Slot>());
            // SAFETY: the chunk has that many slots, all valid from its allocation on (zeros), and
            // is never given back.
            return aligned.then(|| unsafe { &*start.add(offset / size_of::<Slot>()) });
        }
    }
    None
}

/// Slot number `index`; its chunk is made if need be.
fn slot_at(index: usize) -> Result<&'static Slot> {
    let (chunk, place) = place_of(index);
    let Some(start) = CHUNK_STARTS.get(chunk) else {
        bail!(OutOfMemory, "handles: {index} are in use, which is the limit");
    };
    let mut first = start.load(Ordering::Acquire);
    if first.is_null() {
        first = make_chunk(start, chunk)?;
    }
    // SAFETY: `place` is below the chunk's length.
    Ok(unsafe { &*first.add(place) })
}

#[cold]
fn make_chunk(start: &AtomicPtr<Slot>, chunk: usize) -> Result<*mut Slot> {
    let Ok(layout) = Layout::array::<Slot>(chunk_length(chunk)) else {
        bail!(OutOfMemory, "handles: too many");
    };
    // SAFETY: the layout is not empty; all zeros is a valid slot. Who loses the race frees its own.
    unsafe {
        let fresh = alloc_zeroed(layout).cast::<Slot>();
        if fresh.is_null() {
            bail!(OutOfMemory, "handles: {} bytes", layout.size());
        }
        match start.compare_exchange(std::ptr::null_mut(), fresh, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Ok(fresh),
            Err(winner) => {
                dealloc(fresh.cast(), layout);
                Ok(winner)
            }
        }
    }
}

fn take_slot() -> Result<(u32, &'static Slot)> {
    let freed = FREED.get();
    // Several threads may find the queue long enough at once.
    if freed.len() > QUARANTINE + 1024
        && let Some(index) = freed.pop()
    {
        return Ok((index, slot_at(index as usize)?));
    }
    let index = USED.fetch_add(1, Ordering::Relaxed);
    Ok((index, slot_at(index as usize)?))
}

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
    FREED.get().push(index);
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
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    struct Thing(Arc<AtomicUsize>);
    impl Object for Thing {
        const KIND: HandleKind = HandleKind::Tensor;
        type Opaque = super::super::PredictorTensor;
        fn is_owned(&self) -> bool {
            false
        }
    }
    impl Drop for Thing {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn thing() -> (*mut super::super::PredictorTensor, Arc<AtomicUsize>) {
        let drops = Arc::new(AtomicUsize::new(0));
        (insert(Thing(drops.clone())).unwrap(), drops)
    }

    fn status(handle: *const super::super::PredictorTensor) -> Status {
        get::<Thing>(handle).map_or_else(|error| error.status(), |_| Status::Ok)
    }

    #[test]
    fn places_fill_the_chunks_without_gaps() {
        let mut expected = (0, 0);
        for index in 0..20_000 {
            assert_eq!(place_of(index), expected);
            expected.1 += 1;
            if expected.1 == chunk_length(expected.0) {
                expected = (expected.0 + 1, 0);
            }
        }
    }

    #[test]
    fn garbage_is_an_error_and_never_followed() {
        let (handle, _) = thing();
        for garbage in [0, 1, 8, usize::MAX, handle.addr() + 1, handle.addr() + 8, 0xdead_beef] {
            assert_eq!(status(std::ptr::without_provenance(garbage)), Status::InvalidHandle);
        }
        assert_eq!(status(handle), Status::Ok);
        drop(remove::<Thing>(handle).unwrap());
    }

    #[test]
    fn a_destroyed_handle_is_dark_at_once_and_its_object_lives_for_who_uses_it() {
        let (handle, drops) = thing();
        let user = get::<Thing>(handle).unwrap();
        drop(remove::<Thing>(handle).unwrap());
        assert_eq!(status(handle), Status::InvalidHandle);
        assert_eq!(remove::<Thing>(handle).err().unwrap().status(), Status::InvalidHandle);
        assert_eq!(drops.load(Ordering::SeqCst), 0);
        drop(user);
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_freed_slot_rests_for_the_whole_quarantine() {
        let (stale, _) = thing();
        drop(remove::<Thing>(stale).unwrap());
        for _ in 0..if cfg!(miri) { 10 } else { QUARANTINE - 100 } {
            let (handle, _) = thing();
            assert_ne!(handle, stale);
            drop(remove::<Thing>(handle).unwrap());
        }
        assert_eq!(status(stale), Status::InvalidHandle);
    }

    #[test]
    fn of_many_threads_that_destroy_one_handle_one_wins() {
        let (handle, drops) = thing();
        let address = handle.expose_provenance();
        let winners = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let handle = std::ptr::with_exposed_provenance::<super::super::PredictorTensor>(address);
                    for _ in 0..100 {
                        let _ = get::<Thing>(handle).map(|thing| thing.0.load(Ordering::SeqCst));
                    }
                    winners.fetch_add(usize::from(remove::<Thing>(handle).is_ok()), Ordering::SeqCst);
                });
            }
        });
        assert_eq!(winners.load(Ordering::SeqCst), 1);
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }
}
