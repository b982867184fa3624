//! The process's memory as the system counts it.

use crate::process::PerProcess;
use crate::sync::Mutex;

/// Bytes resident now; 0 where the system does not tell.
pub(crate) fn resident_bytes() -> u64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/statm") else { return 0 };
    let pages: Option<u64> = text.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    // SAFETY: asks for a number.
    let page_size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    pages.unwrap_or(0) * u64::try_from(page_size).unwrap_or(0)
}

/// One thread at a time: where another allocator has replaced glibc's, the first call sets glibc's
/// heap up, and does so without a lock.
static TRIMMING: PerProcess<Mutex<()>> = PerProcess::new(|| Mutex::new(()));

/// Has the allocator give freed heap back: half of what is resident after a load is that.
pub(crate) fn trim() {
    let _one_at_a_time = TRIMMING.get().lock();
    // SAFETY: documented as safe at any time, but for what the lock is for.
    #[cfg(all(target_env = "gnu", not(miri)))]
    unsafe {
        libc::malloc_trim(0);
    }
}
