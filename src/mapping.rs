//! A file mapped into memory, read only.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;

use crate::error::{Error, Result, Status};
use crate::source::cannot_read;

/// A whole file. Who truncates it while it is mapped makes readers fail; nobody can prevent that.
pub(crate) struct Mapping {
    start: *mut libc::c_void,
    length: usize,
}

// SAFETY: the memory is read only and owned by this value.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
        let length = file.metadata().map_err(|error| cannot_read(path, &error))?.len();
        let Ok(length) = usize::try_from(length) else {
            return Err(Error::new(Status::OutOfMemory, format!("{}: too large to map", path.display())));
        };
        if length == 0 {
            return Ok(Self { start: std::ptr::null_mut(), length });
        }
        // SAFETY: a fresh private mapping of an open file; the descriptor may close afterwards.
        let start = unsafe {
            libc::mmap(std::ptr::null_mut(), length, libc::PROT_READ, libc::MAP_PRIVATE, file.as_raw_fd(), 0)
        };
        if start == libc::MAP_FAILED {
            return Err(cannot_read(path, &std::io::Error::last_os_error()));
        }
        Ok(Self { start, length })
    }

    pub fn bytes(&self) -> &[u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: mapped for as long as this value lives.
        unsafe { std::slice::from_raw_parts(self.start.cast(), self.length) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if self.length > 0 {
            // SAFETY: mapped in `open`, and unmapped only here.
            unsafe { libc::munmap(self.start, self.length) };
        }
    }
}
