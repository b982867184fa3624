//! When requests arrive.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::args::Scenario;
use crate::random::Random;
use crate::system;

/// Closer than this to its time, a thread no longer sleeps: waking up takes longer.
const SPIN: Duration = Duration::from_micros(30);

/// The arrivals of one point. Whoever is idle takes the next one, so that requests start in the order in which they
/// arrive, as in one queue with several servers.
pub struct Arrivals {
    scenario: Scenario,
    /// Mean time between two arrivals; 0 where nobody waits for them.
    gap: Duration,
    /// No request arrives later.
    end: Duration,
    next: Mutex<Next>,
}

struct Next {
    random: Random,
    time: Duration,
    left: u64,
}

impl Arrivals {
    /// `count` requests, or as many as arrive before `end`.
    pub fn new(scenario: Scenario, rate: Option<f64>, count: Option<u64>, end: Duration, seed: u64) -> Self {
        let gap = rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate));
        let next = Next { random: Random::new(seed), time: Duration::ZERO, left: count.unwrap_or(u64::MAX) };
        Self { scenario, gap, end, next: Mutex::new(next) }
    }

    /// Whether threads need not share the list.
    fn is_endless(&self) -> bool {
        self.gap.is_zero() && self.next.lock().unwrap_or_else(PoisonError::into_inner).left == u64::MAX
    }

    /// One thread's access.
    pub fn taker(&self, start: Instant) -> Taker<'_> {
        Taker { arrivals: self, start, is_endless: self.is_endless() }
    }

    /// When the next request arrives, counted from the start.
    fn take(&self) -> Option<Duration> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if next.left == 0 {
            return None;
        }
        if !self.gap.is_zero() {
            let wait = self.gap.mul_f64(next.random.exponential());
            next.time += wait;
            if next.time >= self.end {
                next.left = 0;
                return None;
            }
        }
        next.left -= 1;
        Some(next.time)
    }

    /// How many requests nobody took that had arrived after `elapsed`.
    pub fn unserved(&self, elapsed: Duration) -> u64 {
        if self.gap.is_zero() {
            return 0;
        }
        std::iter::from_fn(|| self.take()).take_while(|time| *time <= elapsed).count() as u64
    }
}

/// What one thread takes arrivals through.
pub struct Taker<'a> {
    arrivals: &'a Arrivals,
    start: Instant,
    is_endless: bool,
}

impl Taker<'_> {
    /// Waits for the next request, and tells when it arrived; none when there are no more, or when `stop` says so.
    pub fn next(&self, stop: impl Fn() -> bool) -> Option<Instant> {
        if stop() {
            return None;
        }
        let since_start = if self.is_endless { Duration::ZERO } else { self.arrivals.take()? };
        match self.arrivals.scenario {
            Scenario::Closed | Scenario::SingleStream => Some(Instant::now()),
            Scenario::Offline => Some(self.start),
            Scenario::Server => wait_until(self.start + since_start, stop),
        }
    }
}

/// Sleeps until `time`, in naps short enough to see `stop`.
pub fn wait_until(time: Instant, stop: impl Fn() -> bool) -> Option<Instant> {
    const NAP: Duration = Duration::from_millis(20);
    loop {
        let left = time.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Some(time);
        }
        if stop() || system::is_interrupted() {
            return None;
        }
        if left > SPIN {
            std::thread::sleep((left - SPIN).min(NAP));
        } else {
            std::hint::spin_loop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(arrivals: &Arrivals) -> Vec<Duration> {
        std::iter::from_fn(|| arrivals.take()).collect()
    }

    #[test]
    fn a_poisson_process_has_its_rate_and_ends_in_time() {
        let arrivals = Arrivals::new(Scenario::Server, Some(1000.0), None, Duration::from_secs(20), 7);
        let times = times(&arrivals);
        assert!((19_000..21_000).contains(&times.len()), "{}", times.len());
        assert!(times.is_sorted() && *times.last().unwrap() < Duration::from_secs(20));
        // The number of arrivals in a second has a variance equal to its mean, 1000.
        let mut counts = [0f64; 20];
        times.iter().for_each(|time| counts[time.as_secs() as usize] += 1.0);
        let mean = counts.iter().sum::<f64>() / 20.0;
        let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 19.0;
        assert!((300.0..3000.0).contains(&variance), "{variance}");
    }

    #[test]
    fn a_count_is_kept_exactly() {
        for (scenario, rate) in [(Scenario::Closed, None), (Scenario::Server, Some(1e6))] {
            let arrivals = Arrivals::new(scenario, rate, Some(17), Duration::from_secs(1), 1);
            assert_eq!(times(&arrivals).len(), 17);
        }
    }

    #[test]
    fn requests_that_nobody_took_are_counted_up_to_the_end() {
        let arrivals = Arrivals::new(Scenario::Server, Some(100.0), None, Duration::from_secs(10), 1);
        let early = Arrivals::new(Scenario::Server, Some(100.0), None, Duration::from_secs(10), 1);
        let all = times(&early);
        let first_second = all.iter().filter(|time| time.as_secs() < 1).count() as u64;
        assert_eq!(arrivals.unserved(Duration::from_secs(1)), first_second);
        assert_eq!(Arrivals::new(Scenario::Closed, None, None, Duration::MAX, 1).unserved(Duration::MAX), 0);
    }
}
