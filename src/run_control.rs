//! Stopping runs: cancel from any thread, and time limits kept by one watchdog thread.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use crate::engine::Terminator;
use crate::error::{Error, Result, Status, bail};
use crate::process::PerProcess;
use crate::sync::{Condvar, Mutex};

/// The switch of one binding: whether a run is in progress, and whether and why it is to stop.
///
/// A run that nobody stops costs two atomic operations. A stop holds the lock from finding the run
/// until the engine's flag is set, and the end of a stopped run takes the lock before it clears the
/// flag, so a late request never hits the next run.
#[repr(align(128))]
pub(crate) struct RunControl {
    phase: AtomicU8,
    reason: Mutex<Status>,
    terminator: Arc<dyn Terminator>,
}

const IDLE: u8 = 0;
const RUNNING: u8 = 1;
const STOPPING: u8 = 2;

impl RunControl {
    pub fn new(terminator: Arc<dyn Terminator>) -> Arc<Self> {
        Arc::new(Self { phase: AtomicU8::new(IDLE), reason: Mutex::new(Status::Cancelled), terminator })
    }

    /// Runs `work` so that [`RunControl::stop`] reaches it. A run that was asked to stop reports
    /// that, also when it was done before it noticed. One run at a time.
    pub fn run(self: &Arc<Self>, limit: Option<Duration>, work: impl FnOnce() -> Result<()>) -> Result<()> {
        self.phase.store(RUNNING, Ordering::Release);
        let finish = FinishOnUnwind(self);
        let watch = limit.map(|limit| Watch::start(self, limit)).transpose()?;
        let result = work();
        drop(watch);
        std::mem::forget(finish);
        match (self.finish(), limit) {
            (None, _) => result,
            (Some(Status::Timeout), Some(limit)) => {
                bail!(Timeout, "the run was stopped at its limit of {} ms", limit.as_millis())
            }
            (Some(_), _) => bail!(Cancelled, "the run was cancelled"),
        }
    }

    /// Asks the run in progress to stop; false if there is none.
    pub fn stop(&self, reason: Status) -> bool {
        let mut stored = self.reason.lock();
        match self.phase.compare_exchange(RUNNING, STOPPING, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => {
                *stored = reason;
                self.terminator.set();
                true
            }
            // Stopped already, for one reason or the other.
            Err(phase) => phase == STOPPING && *stored == reason,
        }
    }

    /// Leaves the switch ready for the next run and says why this one was to stop.
    fn finish(&self) -> Option<Status> {
        let stopped =
            self.phase.compare_exchange(RUNNING, IDLE, Ordering::AcqRel, Ordering::Acquire).is_err();
        stopped.then(|| {
            let reason = self.reason.lock();
            self.terminator.clear();
            self.phase.store(IDLE, Ordering::Release);
            *reason
        })
    }
}

struct FinishOnUnwind<'a>(&'a RunControl);

impl Drop for FinishOnUnwind<'_> {
    fn drop(&mut self) {
        self.0.finish();
    }
}

/// The runs with a time limit, the next one due first. Two may be due at once, hence the number.
#[derive(Default)]
struct Deadlines {
    watchdog_started: bool,
    count: u64,
    runs: BTreeMap<(Instant, u64), Arc<RunControl>>,
}

#[derive(Default)]
struct Watchdog {
    deadlines: Mutex<Deadlines>,
    wake: Condvar,
}

static WATCHDOG: PerProcess<Watchdog> = PerProcess::new(Watchdog::default);

/// A time limit on the run in progress; it ends when this is dropped.
struct Watch {
    watchdog: &'static Watchdog,
    key: (Instant, u64),
}

impl Watch {
    fn start(control: &Arc<RunControl>, limit: Duration) -> Result<Self> {
        let watchdog = WATCHDOG.get();
        let mut deadlines = watchdog.deadlines.lock();
        if !deadlines.watchdog_started {
            start_thread(watchdog)?;
            deadlines.watchdog_started = true;
        }
        let now = Instant::now();
        // A limit beyond what the clock can express is as good as a century.
        let when = now.checked_add(limit).unwrap_or(now + Duration::from_secs(100 * 365 * 86_400));
        let key = (when, deadlines.count);
        deadlines.count += 1;
        deadlines.runs.insert(key, Arc::clone(control));
        if deadlines.runs.first_key_value().is_some_and(|(first, _)| *first == key) {
            watchdog.wake.notify_one();
        }
        Ok(Self { watchdog, key })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.watchdog.deadlines.lock().runs.remove(&self.key);
    }
}

fn start_thread(watchdog: &'static Watchdog) -> Result<()> {
    let started =
        std::thread::Builder::new().name("predictor-time".to_owned()).spawn(move || keep_limits(watchdog));
    match started {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::new(Status::OutOfMemory, format!("no thread to keep time limits: {error}"))),
    }
}

/// A deadline is taken from the list and acted on under one lock, so it cannot hit a later run.
fn keep_limits(watchdog: &Watchdog) {
    let mut deadlines = watchdog.deadlines.lock();
    loop {
        let Some((&key, control)) = deadlines.runs.first_key_value() else {
            deadlines = watchdog.wake.wait(deadlines);
            continue;
        };
        if Instant::now() < key.0 {
            deadlines = watchdog.wake.wait_until(deadlines, key.0);
            continue;
        }
        control.stop(Status::Timeout);
        deadlines.runs.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[derive(Default)]
    struct Flag(AtomicBool);

    impl Terminator for Flag {
        fn set(&self) {
            self.0.store(true, Ordering::SeqCst);
        }
        fn clear(&self) {
            self.0.store(false, Ordering::SeqCst);
        }
    }

    fn wait_for(flag: &Flag) -> Result<()> {
        while !flag.0.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        Ok(())
    }

    #[test]
    fn a_stop_without_a_run_reaches_nothing_and_does_not_stick() {
        let flag = Arc::new(Flag::default());
        let control = RunControl::new(flag.clone());
        assert!(!control.stop(Status::Cancelled));
        assert_eq!(control.run(None, || Ok(())), Ok(()));
    }

    #[test]
    fn a_cancelled_run_says_so_and_the_next_one_is_clean() {
        let flag = Arc::new(Flag::default());
        let control = RunControl::new(flag.clone());
        std::thread::scope(|scope| {
            let run = scope.spawn(|| control.run(None, || wait_for(&flag)));
            while !control.stop(Status::Cancelled) {
                std::thread::yield_now();
            }
            assert_eq!(run.join().unwrap().unwrap_err().status(), Status::Cancelled);
        });
        assert!(!flag.0.load(Ordering::SeqCst));
        assert_eq!(control.run(None, || Ok(())), Ok(()));
    }

    #[test]
    fn a_limit_stops_its_own_run_only() {
        let flag = Arc::new(Flag::default());
        let control = RunControl::new(flag.clone());
        let limit = Some(Duration::from_millis(20));
        assert_eq!(control.run(limit, || Ok(())), Ok(()));
        std::thread::sleep(Duration::from_millis(40));
        assert_eq!(control.run(None, || Ok(())), Ok(()));
        let error = control.run(limit, || wait_for(&flag)).unwrap_err();
        assert_eq!(error.status(), Status::Timeout);
        assert!(WATCHDOG.get().deadlines.lock().runs.is_empty());
    }

    #[test]
    fn a_panic_leaves_the_switch_ready() {
        let control = RunControl::new(Arc::new(Flag::default()));
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ = control.run(None, || panic!("kernel"));
        }));
        assert!(caught.is_err());
        assert!(!control.stop(Status::Cancelled));
    }
}
