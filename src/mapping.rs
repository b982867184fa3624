//! Files mapped into memory, read only.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result, Status};
use crate::source::{ResolvedSource, cannot_read};

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

    /// Lets the pages go that were read; they are read again where they are needed.
    pub fn let_go(&self) {
        if self.length > 0 {
            // SAFETY: mapped from a file and never written, so what comes back is what was there.
            unsafe { libc::madvise(self.start, self.length, libc::MADV_DONTNEED) };
        }
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

/// The contents of a file or of a caller's buffer.
#[derive(Clone)]
pub(crate) enum Contents {
    Mapped(Arc<Mapping>),
    Bytes(Arc<[u8]>),
}

impl Contents {
    pub fn bytes(&self) -> &[u8] {
        match self {
            Contents::Mapped(mapping) => mapping.bytes(),
            Contents::Bytes(bytes) => bytes,
        }
    }

    /// Lets go what of a file is in memory.
    pub fn let_go(&self) {
        if let Contents::Mapped(mapping) = self {
            mapping.let_go();
        }
    }

    /// The model's file or buffer.
    pub fn of_model(source: &ResolvedSource) -> Result<Self> {
        Ok(match source {
            ResolvedSource::Files { model, .. } => Contents::Mapped(Arc::new(Mapping::open(&model.0)?)),
            ResolvedSource::Buffers { model, .. } => Contents::Bytes(Arc::clone(model)),
        })
    }

    /// The parameters that were given beside the model.
    pub fn of_params(source: &ResolvedSource) -> Result<Option<Self>> {
        Ok(match source {
            ResolvedSource::Files { params: Some((path, _)), .. } => {
                Some(Contents::Mapped(Arc::new(Mapping::open(path)?)))
            }
            ResolvedSource::Buffers { params: Some(bytes), .. } => Some(Contents::Bytes(Arc::clone(bytes))),
            _ => None,
        })
    }
}
