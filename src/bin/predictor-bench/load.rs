//! Puts the load of one point on its predictors.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Barrier, OnceLock};
use std::time::{Duration, Instant};

use crate::args::Scenario;
use crate::arrivals::{Arrivals, wait_until};
use crate::callers::{Callers, Served};
use crate::check;
use crate::failure::{FAILURE, Failure, Result};
use crate::figures::{Times, interval_percent};
use crate::request::{Output, Request};
use crate::system::{self, Ticks, Usage};
use crate::values::Warmup;

/// No point ends earlier because its interval is narrow.
const LEAST: Duration = Duration::from_secs(1);
/// How often the counters are read.
const TICK: Duration = Duration::from_millis(20);
/// A thread that has failed so often and never succeeded gives up.
const MOST_ERRORS: u64 = 100;
/// The slices of a point whose throughputs give its interval.
const SLICES: usize = 20;

pub struct Plan<'a> {
    pub callers: &'a Callers,
    pub scenario: Scenario,
    pub arrivals: Arrivals,
    pub has_count: bool,
    pub duration: Duration,
    pub interval: f64,
    pub warmup: Warmup,
    pub delay: Duration,
    pub tolerance: f64,
}

/// What one thread has, does and finds.
pub struct Worker {
    pub request: Request,
    /// The outputs of the serial reference, under --check.
    pub reference: Option<Vec<Output>>,
}

/// What was measured, all threads together.
pub struct Measured {
    pub tally: Tally,
    /// Requests that arrived and were never started.
    pub unserved: u64,
    /// From the start to the last answer.
    pub wall: Duration,
    /// Half the width of the 95 % interval of the throughput, in percent of it.
    pub interval: Option<f64>,
    pub usage: (Usage, Usage),
    pub stolen_percent: Option<f64>,
    /// When all threads were there with what they record to, and when they had warmed up.
    pub resident: (Option<u64>, Option<u64>),
    pub peak_resident: Option<u64>,
}

/// One thread's part, or all of them merged. On lines of the cache of its own.
#[repr(align(128))]
pub struct Tally {
    /// From a request's arrival to its answer.
    pub latency: Times,
    /// From a request's arrival until it had a predictor.
    pub queue_wait: Times,
    /// Of `run` alone, without the copies in and out.
    pub run: Times,
    /// Sum and number of the queue waits of the requests that arrived in each quarter of the duration.
    pub quarters: [(Duration, u64); 4],
    pub errors: u64,
    pub first_error: Option<String>,
    pub wrong: u64,
    pub first_wrong: Option<String>,
    last_end: Option<Instant>,
}

#[repr(align(128))]
#[derive(Default)]
struct Counter(AtomicU64);

struct Shared<'a> {
    plan: &'a Plan<'a>,
    /// Passed by all threads when they are there, when memory was looked at, when all have warmed up, and when the clock
    /// has started.
    barrier: Barrier,
    start: OnceLock<Instant>,
    stop: AtomicBool,
    /// Threads that have not ended.
    working: AtomicUsize,
    done: Vec<Counter>,
}

/// Runs the plan on a thread per worker; `progress` hears the share of the time that is over and the requests served.
pub fn put(plan: &Plan<'_>, workers: Vec<Worker>, mut progress: impl FnMut(f64, u64)) -> Result<Measured> {
    let threads = workers.len();
    let shared = Shared {
        plan,
        barrier: Barrier::new(threads + 1),
        start: OnceLock::new(),
        stop: AtomicBool::new(false),
        working: AtomicUsize::new(threads),
        done: (0..threads).map(|_| Counter::default()).collect(),
    };
    std::thread::scope(|scope| {
        let mut handles = Vec::with_capacity(threads);
        for (index, worker) in workers.into_iter().enumerate() {
            let shared = &shared;
            let started = std::thread::Builder::new().spawn_scoped(scope, move || {
                let tally = shared.work(index, worker);
                shared.working.fetch_sub(1, Ordering::Relaxed);
                tally
            });
            match started {
                Ok(handle) => handles.push(handle),
                Err(error) => {
                    // The threads before it wait at the barrier; only the end of this process, which is there for this
                    // point alone, lets them go.
                    eprintln!("predictor-bench: thread {index} cannot be started: {error}");
                    std::process::exit(i32::from(FAILURE));
                }
            }
        }
        shared.barrier.wait();
        let resident_before = system::resident_bytes();
        shared.barrier.wait();
        shared.barrier.wait();
        let resident = (resident_before, system::resident_bytes());
        let (before, ticks) = (system::usage(), Ticks::now());
        let start = *shared.start.get_or_init(Instant::now);
        shared.barrier.wait();
        let samples = shared.watch(start, &mut progress);
        let mut tallies = Vec::with_capacity(threads);
        for handle in handles {
            tallies.push(handle.join().map_err(|_| Failure::new("a measuring thread panicked"))??);
        }
        let usage = (before, system::usage());
        let stolen_percent =
            ticks.zip(Ticks::now()).and_then(|(before, now)| now.stolen_percent_since(&before));
        let peak_resident = system::peak_resident_bytes();
        let tally = Tally::merged(tallies)?;
        let stopped = samples.last().map_or(Duration::ZERO, |last| Duration::from_secs_f64(last.0));
        Ok(Measured {
            unserved: plan.arrivals.unserved(stopped),
            wall: tally.last_end.map_or(Duration::ZERO, |end| end.saturating_duration_since(start)),
            interval: interval_percent(&slices(&samples)),
            tally,
            usage,
            stolen_percent,
            resident,
            peak_resident,
        })
    })
}

impl Shared<'_> {
    fn work(&self, index: usize, mut worker: Worker) -> Result<Tally> {
        system::sleep_precisely();
        let tally = Tally::new();
        self.barrier.wait();
        self.barrier.wait();
        let warmed = self.warm_up(index, &mut worker);
        if warmed.is_err() || tally.is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
        self.barrier.wait();
        self.barrier.wait();
        warmed?;
        let mut tally = tally?;
        let start = self.start.get().copied().unwrap_or_else(Instant::now);
        let stop = || self.stop.load(Ordering::Relaxed);
        let delay = self.plan.delay * u32::try_from(index).unwrap_or(u32::MAX);
        if !delay.is_zero() && wait_until(start + delay, stop).is_none() {
            return Ok(tally);
        }
        let arrivals = self.plan.arrivals.taker(start);
        while let Some(arrival) = arrivals.next(stop) {
            let served = self.plan.callers.serve(index, &mut worker.request);
            let end = Instant::now();
            match served {
                Ok(served) => {
                    tally.record(arrival, &served, end, start, self.plan.duration);
                    self.done[index].0.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => {
                    tally.errors += 1;
                    tally.first_error.get_or_insert_with(|| format!("thread {index}: {error}"));
                    if tally.errors >= MOST_ERRORS && tally.latency.count() == 0 {
                        break;
                    }
                    continue;
                }
            }
            let Some(reference) = &worker.reference else { continue };
            if let Some(difference) =
                check::difference(&worker.request.outputs, reference, self.plan.tolerance)
            {
                tally.wrong += 1;
                let run = tally.latency.count();
                tally.first_wrong.get_or_insert_with(|| format!("thread {index}, run {run}: {difference}"));
            }
        }
        Ok(tally)
    }

    fn warm_up(&self, index: usize, worker: &mut Worker) -> Result<()> {
        let start = Instant::now();
        for done in 0.. {
            let enough = match self.plan.warmup {
                Warmup::Runs(runs) => done >= runs,
                Warmup::Time(time) => done >= 2 && start.elapsed() >= time,
            };
            if enough || system::is_interrupted() {
                break;
            }
            let served = self.plan.callers.serve(index, &mut worker.request);
            served.map_err(|error| Failure::new(format!("thread {index}, warm-up: {error}")))?;
        }
        Ok(())
    }

    /// Reads the counters until it is time to stop; returns what they were when.
    fn watch(&self, start: Instant, progress: &mut impl FnMut(f64, u64)) -> Vec<(f64, u64)> {
        let plan = self.plan;
        let is_server = plan.scenario == Scenario::Server;
        let mut samples = vec![(0.0, 0)];
        let mut judged = LEAST;
        loop {
            std::thread::sleep(TICK);
            let elapsed = start.elapsed();
            let done = self.done.iter().map(|counter| counter.0.load(Ordering::Relaxed)).sum();
            samples.push((elapsed.as_secs_f64(), done));
            progress((elapsed.as_secs_f64() / plan.duration.as_secs_f64()).min(1.0), done);
            // What has arrived in time is served, for as long again at most.
            let limit = if is_server { plan.duration * 2 } else { plan.duration };
            let mut enough = elapsed >= limit
                || system::is_interrupted()
                || self.stop.load(Ordering::Relaxed)
                || self.working.load(Ordering::Relaxed) == 0;
            if !enough && !is_server && !plan.has_count && plan.interval > 0.0 && elapsed >= judged {
                judged = elapsed + LEAST / 4;
                enough = interval_percent(&slices(&samples)).is_some_and(|percent| percent < plan.interval);
            }
            if enough {
                self.stop.store(true, Ordering::Relaxed);
                return samples;
            }
        }
    }
}

impl Tally {
    fn new() -> Result<Self> {
        let times = || Times::new().ok_or_else(|| Failure::new("histogram: out of memory"));
        Ok(Self {
            latency: times()?,
            queue_wait: times()?,
            run: times()?,
            quarters: [(Duration::ZERO, 0); 4],
            errors: 0,
            first_error: None,
            wrong: 0,
            first_wrong: None,
            last_end: None,
        })
    }

    fn record(
        &mut self,
        arrival: Instant,
        served: &Served,
        end: Instant,
        start: Instant,
        duration: Duration,
    ) {
        let wait = served.started.saturating_duration_since(arrival);
        self.latency.record(end.saturating_duration_since(arrival));
        self.queue_wait.record(wait);
        self.run.record(served.run);
        self.last_end = Some(end);
        let since_start = arrival.saturating_duration_since(start);
        let quarter = (4.0 * since_start.as_secs_f64() / duration.as_secs_f64()) as usize;
        let quarter = &mut self.quarters[quarter.min(3)];
        *quarter = (quarter.0 + wait, quarter.1 + 1);
    }

    fn merged(tallies: Vec<Self>) -> Result<Self> {
        let mut all = Self::new()?;
        for tally in tallies {
            all.latency.merge(&tally.latency);
            all.queue_wait.merge(&tally.queue_wait);
            all.run.merge(&tally.run);
            for (sum, part) in all.quarters.iter_mut().zip(tally.quarters) {
                *sum = (sum.0 + part.0, sum.1 + part.1);
            }
            all.errors += tally.errors;
            all.first_error = all.first_error.or(tally.first_error);
            all.wrong += tally.wrong;
            all.first_wrong = all.first_wrong.or(tally.first_wrong);
            all.last_end = all.last_end.max(tally.last_end);
        }
        Ok(all)
    }
}

/// Throughputs of slices of equal time, from counts at some moments; between two moments requests end evenly.
fn slices(samples: &[(f64, u64)]) -> Vec<f64> {
    let Some((end, _)) = samples.last().filter(|last| last.0 > 0.0) else { return Vec::new() };
    let number = SLICES.min(samples.len() - 1);
    let count_at = |time: f64| {
        let after = samples.partition_point(|sample| sample.0 < time).clamp(1, samples.len() - 1);
        let ((t0, c0), (t1, c1)) = (samples[after - 1], samples[after]);
        c0 as f64 + (c1 - c0) as f64 * ((time - t0) / (t1 - t0)).clamp(0.0, 1.0)
    };
    let width = end / number as f64;
    (0..number)
        .map(|slice| (count_at(width * (slice + 1) as f64) - count_at(width * slice as f64)) / width)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_have_the_throughput_of_their_time() {
        let samples: Vec<(f64, u64)> =
            (0..=100).map(|tick| (f64::from(tick) * 0.02, tick as u64 * 4)).collect();
        let steady = slices(&samples);
        assert_eq!(steady.len(), SLICES);
        assert!(steady.iter().all(|rate| (rate - 200.0).abs() < 1e-6), "{steady:?}");
        assert!(interval_percent(&steady).unwrap() < 1e-6);
        let stalled: Vec<(f64, u64)> = samples.iter().map(|(time, done)| (*time, (*done).min(200))).collect();
        assert!(interval_percent(&slices(&stalled)).unwrap() > 20.0);
        assert!(slices(&[(0.0, 0)]).is_empty());
    }
}
