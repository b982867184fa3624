//! Operators of Paddle: which are supported ([`table`]), and per family of operators a file with one
//! function each, which writes the ONNX nodes.

mod activation;
mod binary;
mod boxes;
mod common;
mod compare;
mod conv;
mod declared;
mod elementwise;
mod generate;
mod index;
mod layer_norm;
mod layout;
mod linear;
mod math;
mod matrix_nms;
mod nms;
mod norm;
mod order;
mod pad;
mod pool;
mod pool_index;
mod quantize;
mod reduce;
mod repeat;
mod resize;
mod rnn;
mod sample;
mod set_value;
mod shape;
mod source;
mod table;
mod window;

use std::collections::HashMap;

use crate::error::Result;

use super::context::Context;

pub(super) use self::declared::correct_types;

/// One supported operator. Texts are lists of words.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Names in Paddle 3; the first one is the operator's name here. One with `_` at the end, which works
    /// in place, counts as the one without.
    pub names: &'static str,
    /// Names in ProgramDesc files.
    pub legacy: &'static str,
    /// Operands in Paddle 3's order, each `name`, or `name=Slot` where a ProgramDesc has it in `Slot`, or
    /// `name=Slot|Slot` where it may have it in either.
    pub inputs: &'static str,
    /// Results, likewise.
    pub outputs: &'static str,
    /// Attributes that are called differently in ProgramDesc files: `name=legacy_name`.
    pub attributes: &'static str,
    pub map: fn(&mut Context<'_>) -> Result<()>,
}

impl Rule {
    pub fn name(&self) -> &'static str {
        self.names.split(' ').next().unwrap_or("")
    }

    pub fn input_count(&self) -> usize {
        words(self.inputs).count()
    }

    pub fn output_count(&self) -> usize {
        words(self.outputs).count()
    }

    /// The name of the operand at `index`, which must be below the count.
    pub fn input_at(&self, index: usize) -> &'static str {
        words(self.inputs).nth(index).map_or("", |(name, _)| name)
    }

    pub fn output_at(&self, index: usize) -> &'static str {
        words(self.outputs).nth(index).map_or("", |(name, _)| name)
    }

    /// Where among the results `name` is.
    pub fn output_index(&self, name: &str) -> Option<usize> {
        words(self.outputs).position(|(own, _)| own == name)
    }

    /// The operand called `name`, as a text that lives for ever.
    pub fn input_named(&self, name: &str) -> Option<&'static str> {
        words(self.inputs).map(|(own, _)| own).find(|own| *own == name)
    }

    /// The operand that a ProgramDesc has in `slot`.
    pub fn legacy_input(&self, slot: &str) -> Option<&'static str> {
        in_slot(self.inputs, slot)
    }

    pub fn legacy_output(&self, slot: &str) -> Option<&'static str> {
        in_slot(self.outputs, slot)
    }

    /// The attribute that a ProgramDesc calls `name`.
    pub fn legacy_attribute<'a>(&self, name: &'a str) -> &'a str {
        in_slot(self.attributes, name).unwrap_or(name)
    }
}

/// Pairs of a name and its alternatives on the right of `=`.
fn words(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.split(' ').filter(|word| !word.is_empty()).map(|word| word.split_once('=').unwrap_or((word, "")))
}

fn in_slot(text: &'static str, slot: &str) -> Option<&'static str> {
    words(text).find(|(_, slots)| slots.split('|').any(|other| other == slot)).map(|(name, _)| name)
}

/// The supported operators by name.
pub(crate) struct Rules {
    current: HashMap<&'static str, &'static Rule>,
    legacy: HashMap<&'static str, &'static Rule>,
}

impl Rules {
    pub fn new() -> Self {
        let by = |names: fn(&'static Rule) -> &'static str| {
            let pairs = |rule: &'static Rule| names(rule).split(' ').map(move |name| (name, rule));
            table::RULES.iter().flat_map(pairs).filter(|(name, _)| !name.is_empty()).collect()
        };
        Self { current: by(|rule| rule.names), legacy: by(|rule| rule.legacy) }
    }

    /// The rule of an operator of Paddle 3.
    pub fn current(&self, name: &str) -> Option<&'static Rule> {
        let plain = || self.current.get(name.strip_suffix('_')?);
        self.current.get(name).or_else(plain).copied()
    }

    /// The rule of an operator in a ProgramDesc.
    pub fn legacy(&self, name: &str) -> Option<&'static Rule> {
        self.legacy.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_stands_in_one_line_of_the_table() {
        let mut names = HashSet::new();
        for rule in table::RULES {
            assert!(!rule.names.is_empty() || !rule.legacy.is_empty(), "{:?} has no name", rule.inputs);
            for name in rule.names.split(' ').filter(|name| !name.is_empty()) {
                assert!(names.insert(("current", name)), "{name:?} {}", rule.names);
            }
            for name in rule.legacy.split(' ').filter(|name| !name.is_empty()) {
                assert!(names.insert(("legacy", name)), "{name:?} {}", rule.names);
            }
        }
    }

    #[test]
    fn operands_and_results_have_one_name_and_one_slot_each() {
        for rule in table::RULES {
            for list in [rule.inputs, rule.outputs, rule.attributes] {
                let mut seen = HashSet::new();
                for (name, slots) in words(list) {
                    assert!(seen.insert(name), "{name:?} of {}", rule.name());
                    for slot in slots.split('|').filter(|slot| !slot.is_empty() && *slot != name) {
                        assert!(seen.insert(slot), "{slot:?} of {}", rule.name());
                    }
                }
            }
        }
    }
}
