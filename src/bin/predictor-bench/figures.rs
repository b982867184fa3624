//! Times of many requests, and what may be said about them.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

/// Quantiles by the names that reports use.
pub const QUANTILES: [(&str, f64); 5] =
    [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99_9", 0.999)];

/// Anything longer counts as this.
const LONGEST: u64 = 24 * 3600 * 1_000_000_000;

/// Times in nanoseconds. Quantiles are exact to 3 digits, mean and maximum to the nanosecond.
pub struct Times {
    histogram: Histogram<u64>,
    sum: u128,
    longest: u64,
}

impl Times {
    pub fn new() -> Option<Self> {
        let histogram = Histogram::new_with_bounds(1, LONGEST, 3).ok()?;
        Some(Self { histogram, sum: 0, longest: 0 })
    }

    pub fn record(&mut self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.histogram.saturating_record(nanoseconds);
        self.sum += u128::from(nanoseconds);
        self.longest = self.longest.max(nanoseconds);
    }

    pub fn merge(&mut self, other: &Self) {
        // It fails for other bounds only.
        let _ = self.histogram.add(&other.histogram);
        self.sum += other.sum;
        self.longest = self.longest.max(other.longest);
    }

    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The smallest time that `quantile` of all times do not exceed; none where there are too few of them to say.
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        if self.count() < samples_needed(quantile) {
            return None;
        }
        let value = self.histogram.value_at_quantile(quantile).min(self.longest);
        Some(Duration::from_nanos(value))
    }

    pub fn mean_ms(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.sum as f64 / self.count() as f64 / 1e6)
    }

    /// Mean, quantiles and maximum in milliseconds; null where there are too few samples.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("mean".to_owned(), milliseconds(self.mean_ms()));
        for (name, quantile) in QUANTILES {
            let time = self.quantile(quantile).map(|time| time.as_secs_f64() * 1e3);
            object.insert(name.to_owned(), milliseconds(time));
        }
        let longest = (self.count() > 0).then_some(self.longest as f64 / 1e6);
        object.insert("max".to_owned(), milliseconds(longest));
        Value::Object(object)
    }
}

/// To the nanosecond: further digits mean nothing.
fn milliseconds(time: Option<f64>) -> Value {
    time.map_or(Value::Null, |time| json!((time * 1e6).round() / 1e6))
}

/// How many samples bound a quantile from above with 95 % confidence (Wilks 1941: the largest of n samples is beyond
/// the quantile q with probability 1 - q^n): 5 for the median, 299 for p99, 2995 for p99.9.
pub fn samples_needed(quantile: f64) -> u64 {
    (0.05f64.ln() / quantile.ln()).ceil() as u64
}

/// Half the width of the 95 % interval of the mean of `samples`, in percent of the mean; none for fewer than 5 samples
/// or a mean of 0.
pub fn interval_percent(samples: &[f64]) -> Option<f64> {
    let count = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / count;
    if samples.len() < 5 || mean <= 0.0 {
        return None;
    }
    let variance = samples.iter().map(|sample| (sample - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Some(100.0 * student(samples.len() - 1) * (variance / count).sqrt() / mean)
}

/// The 97.5 % quantile of Student's t distribution, by Cornish and Fisher's expansion (Abramowitz and Stegun 26.7.5),
/// which is good to 1 % from 4 degrees of freedom on.
fn student(freedom: usize) -> f64 {
    let (x, v) = (1.959_964_f64, freedom as f64);
    let g1 = (x.powi(3) + x) / 4.0;
    let g2 = (5.0 * x.powi(5) + 16.0 * x.powi(3) + 3.0 * x) / 96.0;
    let g3 = (3.0 * x.powi(7) + 19.0 * x.powi(5) + 17.0 * x.powi(3) - 15.0 * x) / 384.0;
    x + g1 / v + g2 / v.powi(2) + g3 / v.powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Nearest rank: the definition of a quantile of a sorted list.
    fn of_sorted(sorted: &[u64], quantile: f64) -> u64 {
        sorted[(quantile * sorted.len() as f64).ceil() as usize - 1]
    }

    #[test]
    fn quantiles_agree_with_a_sorted_list() {
        for (seed, spread) in [(1, 1e3), (2, 1e6), (3, 5e9)] {
            let mut random = Random::new(seed);
            let (mut times, mut other, mut list) = (Times::new().unwrap(), Times::new().unwrap(), Vec::new());
            for index in 0..20_000 {
                let time = 1 + (random.exponential() * spread) as u64;
                let part = if index % 3 == 0 { &mut other } else { &mut times };
                part.record(Duration::from_nanos(time));
                list.push(time);
            }
            times.merge(&other);
            list.sort_unstable();
            for (name, quantile) in QUANTILES {
                let (expected, got) = (of_sorted(&list, quantile), times.quantile(quantile).unwrap());
                let difference = (got.as_nanos() as f64 / expected as f64 - 1.0).abs();
                assert!(difference < 0.002, "{name}: {expected} {got:?}");
            }
            let mean = list.iter().sum::<u64>() as f64 / list.len() as f64;
            assert!((times.mean_ms().unwrap() * 1e6 / mean - 1.0).abs() < 1e-9);
            assert_eq!(times.to_json()["max"], json!(*list.last().unwrap() as f64 / 1e6));
        }
    }

    #[test]
    fn a_quantile_of_too_few_samples_is_no_number() {
        let mut times = Times::new().unwrap();
        assert_eq!(times.to_json()["mean"], Value::Null);
        for _ in 0..100 {
            times.record(Duration::from_millis(1));
        }
        let json = times.to_json();
        assert!(json["p95"].is_number() && json["p99"].is_null() && json["p99_9"].is_null(), "{json}");
        assert_eq!([0.5, 0.9, 0.95, 0.99, 0.999].map(samples_needed), [5, 29, 59, 299, 2995]);
    }

    #[test]
    fn the_interval_is_that_of_students_distribution() {
        // Values of the distribution's table.
        for (freedom, expected) in [(4, 2.776), (9, 2.262), (19, 2.093), (30, 2.042)] {
            assert!((student(freedom) / expected - 1.0).abs() < 0.01, "{freedom}: {}", student(freedom));
        }
        let half = interval_percent(&[9.0, 10.0, 11.0, 10.0, 10.0]).unwrap();
        assert!((half / (100.0 * 2.776 * 0.5f64.sqrt() / 5f64.sqrt() / 10.0) - 1.0).abs() < 0.01, "{half}");
        assert_eq!(interval_percent(&[1.0; 4]), None);
        assert_eq!(interval_percent(&[0.0; 9]), None);
        assert_eq!(interval_percent(&[2.0; 9]), Some(0.0));
    }
}
