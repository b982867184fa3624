//! What the kernel says about this process and the machine.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

extern "C" fn on_interrupt(_: libc::c_int) {
    // The second time nobody listens any more.
    if INTERRUPTED.swap(true, Ordering::Relaxed) {
        // SAFETY: allowed in a signal handler.
        unsafe { libc::_exit(i32::from(crate::failure::INTERRUPTED)) };
    }
}

/// Makes Ctrl-C set a flag instead of ending the process.
pub fn catch_interrupts() {
    let handler: extern "C" fn(libc::c_int) = on_interrupt;
    for signal in [libc::SIGINT, libc::SIGTERM] {
        // SAFETY: the handler only does what a signal handler may.
        unsafe { libc::signal(signal, handler as libc::sighandler_t) };
    }
}

pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Has the kernel end this process when its parent ends, whatever ended that.
pub fn end_with_parent() {
    // SAFETY: asks for a signal, no memory is involved.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

/// Lets this thread sleep to the microsecond: the kernel may be 50 us late otherwise.
pub fn sleep_precisely() {
    // SAFETY: sets a number of this thread.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1 as libc::c_ulong) };
}

pub fn interrupt(process: u32) {
    let Ok(process) = libc::pid_t::try_from(process) else { return };
    // SAFETY: sends a signal to a child that has not been waited for, so the number is still its.
    unsafe { libc::kill(process, libc::SIGINT) };
}

/// A field of /proc/self/status that is given in kB, in bytes.
fn status_bytes(field: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}

/// Bytes of this process in memory.
pub fn resident_bytes() -> Option<u64> {
    status_bytes("VmRSS")
}

/// The most that they were.
pub fn peak_resident_bytes() -> Option<u64> {
    status_bytes("VmHWM")
}

/// What this process has used so far.
#[derive(Clone, Copy)]
pub struct Usage {
    pub cpu: Duration,
    pub voluntary_switches: i64,
    pub involuntary_switches: i64,
}

pub fn usage() -> Usage {
    // SAFETY: zeros are a valid rusage, which the call fills.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    Usage {
        cpu: time(usage.ru_utime) + time(usage.ru_stime),
        voluntary_switches: usage.ru_nvcsw,
        involuntary_switches: usage.ru_nivcsw,
    }
}

/// Ticks of all cores since the system started: stolen by the hypervisor, and all.
#[derive(Clone, Copy)]
pub struct Ticks {
    stolen: u64,
    all: u64,
}

impl Ticks {
    pub fn now() -> Option<Self> {
        let text = fs::read_to_string("/proc/stat").ok()?;
        let fields: Vec<u64> =
            text.lines().next()?.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
        // user, nice, system, idle, iowait, irq, softirq, steal; guest time is counted in user already.
        Some(Self { stolen: *fields.get(7)?, all: fields.iter().take(8).sum() })
    }

    /// Percent of all cores' time that the hypervisor gave to others since `earlier`.
    pub fn stolen_percent_since(&self, earlier: &Self) -> Option<f64> {
        let all = self.all.checked_sub(earlier.all).filter(|all| *all > 0)?;
        Some(100.0 * self.stolen.saturating_sub(earlier.stolen) as f64 / all as f64)
    }
}
