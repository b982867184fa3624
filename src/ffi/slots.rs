//! The memory that handles point to: chunks of slots that double in size, are only ever added, and
//! are never given back. An address is turned into an index by arithmetic and never followed.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use crossbeam_queue::SegQueue;

use crate::error::{Result, bail};
use crate::process::PerProcess;

use super::slot::Slot;

/// The first chunk's slots; each further chunk has twice as many.
const FIRST_CHUNK: usize = 1024;
const CHUNKS: usize = 20;
/// A slot is used again only after so many others were freed. The header states this number.
pub(super) const QUARANTINE: usize = 65_536;

static CHUNK_STARTS: [AtomicPtr<Slot>; CHUNKS] = [const { AtomicPtr::new(std::ptr::null_mut()) }; CHUNKS];

/// Slots handed out so far, in every process since the first fork's parent: a child must not take
/// slots that its parent's handles are in.
static USED: AtomicU32 = AtomicU32::new(0);

/// Freed slots, the oldest first.
static FREED: PerProcess<SegQueue<u32>> = PerProcess::new(SegQueue::new);

pub(super) fn chunk_length(chunk: usize) -> usize {
    FIRST_CHUNK << chunk
}

/// The chunk that slot number `index` is in, and its place there.
pub(super) fn place_of(index: usize) -> (usize, usize) {
    let chunk = (index / FIRST_CHUNK + 1).ilog2() as usize;
    (chunk, index - (chunk_length(chunk) - FIRST_CHUNK))
}

/// The slot at `address`, if there is one.
pub(super) fn find_slot(address: usize) -> Option<&'static Slot> {
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

pub(super) fn take_slot() -> Result<(u32, &'static Slot)> {
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

/// Puts slot number `index`, whose object is gone, to rest.
pub(super) fn give_back(index: u32) {
    FREED.get().push(index);
}
