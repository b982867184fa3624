//! Values of the command line that take more than a number.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;

/// An entry of `--threads`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// 1, 2, 4, ... and the usable cores.
    Ladder,
    AllCores,
    Exactly(usize),
}

/// The library's own limit.
const MOST_THREADS: i64 = 1024;

impl FromStr for Threads {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Ladder);
        }
        match text.parse::<i64>() {
            Ok(count @ 1..=MOST_THREADS) => Ok(Self::Exactly(count as usize)),
            Ok(..=0) => Ok(Self::AllCores),
            _ => Err(format!("expected a number up to {MOST_THREADS} or auto, got {text:?}")),
        }
    }
}

impl Threads {
    pub fn counts(self, cores: usize) -> Vec<usize> {
        match self {
            Self::Ladder => powers_of_two(cores),
            Self::AllCores => vec![cores],
            Self::Exactly(count) => vec![count],
        }
    }
}

/// 1, 2, 4, ... below `most`, and `most`.
pub fn powers_of_two(most: usize) -> Vec<usize> {
    let powers = std::iter::successors(Some(1), |power| Some(power * 2));
    powers.take_while(|power| *power < most).chain([most]).collect()
}

/// How long a thread warms up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warmup {
    Runs(u64),
    Time(Duration),
}

impl FromStr for Warmup {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(runs) => Ok(Self::Runs(runs)),
            Err(_) => duration(text).map(Self::Time),
        }
    }
}

impl fmt::Display for Warmup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runs(runs) => write!(f, "{runs}"),
            Self::Time(time) => write!(f, "{}s", time.as_secs_f64()),
        }
    }
}

/// What `auto` looks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    Throughput,
    /// Milliseconds.
    P99(f64),
    Memory,
}

impl FromStr for Goal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "throughput" => Ok(Self::Throughput),
            None if text == "memory" => Ok(Self::Memory),
            Some(("p99", limit)) => Ok(Self::P99(duration(limit)?.as_secs_f64() * 1e3)),
            _ => Err(format!("expected throughput, p99=TIME or memory, got {text:?}")),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Throughput => f.write_str("throughput"),
            Self::P99(limit) => write!(f, "p99={limit}ms"),
            Self::Memory => f.write_str("memory"),
        }
    }
}

/// A figure that `compare` looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Metric {
    Throughput,
    Mean,
    P50,
    P90,
    P99,
    Memory,
}

/// `10`, `10s`, `500ms`, `250us`, `2m`; a bare number is seconds, as djl-bench has it.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1.0,
        "ms" => 1e-3,
        "us" => 1e-6,
        "m" => 60.0,
        other => return Err(format!("expected a time in s, ms, us or m, got the unit {other:?}")),
    };
    let seconds = digits.parse::<f64>().ok().map(|number| number * unit);
    match seconds {
        Some(seconds) if seconds > 0.0 && seconds <= 1e6 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(format!("expected a time above 0 such as 10s or 500ms, got {text:?}")),
    }
}

/// Intra-op threads; 0 is the library's own spelling of automatic.
pub fn intra(text: &str) -> Result<i32, String> {
    match text.parse() {
        _ if text == "auto" => Ok(0),
        Ok(count @ 0..=1024) => Ok(count),
        _ => Err(format!("expected 1 to 1024 or auto, got {text:?}")),
    }
}

/// A number from 0.
pub fn percent(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('%').parse() {
        Ok(number) if (0.0..1e6).contains(&number) => Ok(number),
        _ => Err(format!("expected a percentage from 0, got {text:?}")),
    }
}

/// Requests per second.
pub fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (1e-3..=1e9).contains(&number) => Ok(number),
        _ => Err(format!("expected 0.001 to 1e9 requests per second, got {text:?}")),
    }
}

/// `NAME` or `NAME:JSON`.
pub fn provider(text: &str) -> Result<(String, Option<String>), String> {
    match text.split_once(':') {
        Some((name, json)) => Ok((name.to_owned(), Some(json.to_owned()))),
        None => Ok((text.to_owned(), None)),
    }
}

/// `KEY=VALUE`; a key may contain colons and dots.
pub fn option(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("expected KEY=VALUE, got {text:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_and_bare_numbers_are_seconds() {
        let millis = |text| duration(text).map(|time| time.as_millis());
        assert_eq!(
            [millis("10"), millis("1.5s"), millis("250ms"), millis("2m")],
            [Ok(10_000), Ok(1_500), Ok(250), Ok(120_000)]
        );
        for bad in ["", "0", "-1", "5h", "ms", "nan"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_ladder_of_threads_ends_at_the_cores() {
        assert_eq!(Threads::Ladder.counts(1), [1]);
        assert_eq!(Threads::Ladder.counts(6), [1, 2, 4, 6]);
        assert_eq!(Threads::Ladder.counts(8), [1, 2, 4, 8]);
        assert_eq!("-1".parse::<Threads>().unwrap().counts(6), [6]);
        assert!("1025".parse::<Threads>().is_err());
    }

    #[test]
    fn goals_are_read_and_written() {
        for text in ["throughput", "memory", "p99=20ms"] {
            assert_eq!(text.parse::<Goal>().unwrap().to_string(), text);
        }
        assert!("p99".parse::<Goal>().is_err());
        assert!("p50=1ms".parse::<Goal>().is_err());
    }
}
