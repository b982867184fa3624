//! The file that this code was loaded from.

use std::ffi::{CStr, OsStr};
use std::path::PathBuf;

/// The shared library (or program) that this code is in.
pub(crate) fn own_file() -> Option<PathBuf> {
    file_of(own_file as *const libc::c_void)
}

/// Whether this code is in `libpredictor_pool.so` and not in a Rust program that uses the crate.
pub(crate) fn is_shared_library() -> bool {
    let name = own_file().and_then(|file| file.file_name().map(OsStr::to_owned));
    name.is_some_and(|name| name.to_string_lossy().starts_with("libpredictor_pool.so"))
}

/// The shared library (or program) that `address` lies in.
pub(crate) fn file_of(address: *const libc::c_void) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    // SAFETY: dladdr takes any address and fills `info`, whose name lives as long as the library.
    unsafe {
        let mut info: libc::Dl_info = std::mem::zeroed();
        if libc::dladdr(address, &mut info) == 0 || info.dli_fname.is_null() {
            return None;
        }
        Some(PathBuf::from(OsStr::from_bytes(CStr::from_ptr(info.dli_fname).to_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no dladdr")]
    fn a_test_program_is_a_program_of_its_own() {
        assert_eq!(own_file().unwrap().canonicalize().unwrap(), std::env::current_exe().unwrap());
        assert!(!is_shared_library());
    }
}
