//! Memory for tensor data: aligned for vector instructions, kept when it shrinks, and an error
//! instead of an abort when it cannot be had.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use crate::error::{Result, bail};

/// ONNX Runtime's own alignment of tensor data.
const ALIGNMENT: usize = 64;

pub(crate) struct Buffer {
    start: NonNull<u8>,
    length: usize,
    capacity: usize,
}

// SAFETY: the memory is owned by this value alone, like a Vec's.
unsafe impl Send for Buffer {}
// SAFETY: as above; shared access only reads.
unsafe impl Sync for Buffer {}

impl Buffer {
    pub fn new() -> Self {
        Self { start: Self::dangling(), length: 0, capacity: 0 }
    }

    /// Sets the length. Bytes that were never written are zero. The memory moves only when the
    /// new length exceeds every length before it.
    pub fn resize(&mut self, length: usize) -> Result<()> {
        if length > self.capacity {
            let Ok(layout) = Layout::from_size_align(length, ALIGNMENT) else {
                bail!(OutOfMemory, "{length} bytes of tensor data are more than can be addressed");
            };
            // SAFETY: `length` is above the capacity, so not zero.
            let Some(start) = NonNull::new(unsafe { alloc_zeroed(layout) }) else {
                bail!(OutOfMemory, "{length} bytes of tensor data could not be allocated");
            };
            self.free();
            self.start = start;
            self.capacity = length;
        }
        self.length = length;
        Ok(())
    }

    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: `start` points to at least `length` initialised bytes (zeroed at allocation).
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.start.as_ptr()
    }

    fn dangling() -> NonNull<u8> {
        NonNull::without_provenance(const { std::num::NonZeroUsize::new(ALIGNMENT).unwrap() })
    }

    fn free(&mut self) {
        if self.capacity == 0 {
            return;
        }
        // SAFETY: allocated in `resize` with exactly this layout, which was valid there.
        unsafe {
            let layout = Layout::from_size_align_unchecked(self.capacity, ALIGNMENT);
            dealloc(self.start.as_ptr(), layout);
        }
        self.start = Self::dangling();
        self.capacity = 0;
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.free();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;

    #[test]
    fn memory_is_aligned_zeroed_and_stays_when_it_shrinks() {
        let mut buffer = Buffer::new();
        assert_eq!(buffer.as_slice(), &[] as &[u8]);
        buffer.resize(100).unwrap();
        assert_eq!(buffer.as_slice(), &[0; 100]);
        let start = buffer.as_mut_ptr();
        assert_eq!(start as usize % ALIGNMENT, 0);
        buffer.resize(0).unwrap();
        buffer.resize(100).unwrap();
        assert_eq!(buffer.as_mut_ptr(), start);
    }

    #[test]
    #[cfg_attr(miri, ignore = "asks for more memory than Miri has; resize is covered above")]
    fn too_much_memory_is_an_error() {
        let error = Buffer::new().resize(usize::MAX / 2).unwrap_err();
        assert_eq!(error.status(), Status::OutOfMemory);
    }
}
