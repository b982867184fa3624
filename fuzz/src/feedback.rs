//! What inputs have reached: which functions returned which statuses, and with which kinds of text.

use std::collections::{BTreeMap, BTreeSet};

use crate::random::digest;

#[derive(Clone, Default)]
pub struct Feedback {
    pub inputs: u64,
    pub calls: u64,
    /// How often each function returned each status.
    pub pairs: BTreeMap<(String, i32), u64>,
    /// Function, status and the text without what differs from call to call: nearly a line of code
    /// per error.
    pub features: BTreeSet<u64>,
}

impl Feedback {
    pub fn record(&mut self, function: &str, status: i32, text: &str) {
        self.calls += 1;
        match self.pairs.get_mut(&(function.to_owned(), status)) {
            Some(count) => *count += 1,
            None => {
                self.pairs.insert((function.to_owned(), status), 1);
            }
        }
        self.features.insert(digest(format!("{function} {status} {}", skeleton(text)).as_bytes()));
    }

    /// Adds what another one saw; tells whether it had features that this one had not.
    pub fn merge(&mut self, other: Feedback) -> bool {
        self.inputs += other.inputs;
        self.calls += other.calls;
        for (pair, count) in other.pairs {
            *self.pairs.entry(pair).or_default() += count;
        }
        let before = self.features.len();
        self.features.extend(other.features);
        self.features.len() > before
    }

    /// One fact per line, for another process.
    pub fn to_text(&self) -> String {
        let mut text = format!("inputs {}\ncalls {}\n", self.inputs, self.calls);
        for ((function, status), count) in &self.pairs {
            text.push_str(&format!("pair {function} {status} {count}\n"));
        }
        for feature in &self.features {
            text.push_str(&format!("feature {feature}\n"));
        }
        text
    }

    /// The reverse; what is not understood, because the writer died over it, is left out.
    pub fn of_text(text: &str) -> Self {
        let mut feedback = Self::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let number = words.last().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
            match words.as_slice() {
                ["inputs", _] => feedback.inputs = number,
                ["calls", _] => feedback.calls = number,
                ["pair", function, status, _] => {
                    let status = status.parse().unwrap_or(-1);
                    feedback.pairs.insert(((*function).to_owned(), status), number);
                }
                ["feature", _] => {
                    feedback.features.insert(number);
                }
                _ => {}
            }
        }
        feedback
    }
}

/// The first words without numbers, addresses, paths and quoted names.
fn skeleton(text: &str) -> String {
    let unquoted: String = text.split('"').step_by(2).collect();
    let is_plain =
        |word: &&str| !word.contains(|character: char| character.is_ascii_digit() || character == '/');
    unquoted.split(' ').filter(is_plain).take(8).collect::<Vec<_>>().join(" ")
}
