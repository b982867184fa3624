//! One operator as its mapping reads it: declared types of operands and results, attributes, and what is
//! known of operands.

use crate::error::{Error, Result, Status};

use super::facts::{Constant, Facts};
use super::graph::{Attribute, Graph, Operator, TensorType, ValueId};

#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub graph: &'a Graph,
    pub facts: &'a Facts,
    pub operator: &'a Operator,
}

impl<'a> View<'a> {
    /// An error about this operator: `operator 12 (conv2d): text`.
    pub fn error(&self, text: impl std::fmt::Display) -> Error {
        Error::new(Status::InvalidModel, format!("{}: {text}", self.operator.describe()))
    }

    /// Whether the operand `name` is there.
    pub fn has_input(&self, name: &str) -> bool {
        !self.operator.input(name).is_empty()
    }

    /// Whether the result `name` is asked for.
    pub fn has_output(&self, name: &str) -> bool {
        !self.operator.output(name).is_empty()
    }

    /// Whether an operator or an output of the model reads the result `name`.
    pub fn is_read(&self, name: &str) -> bool {
        let ids = self.operator.output(name);
        let fetched = self.graph.outputs.iter().map(|(_, id)| *id);
        let read = self.graph.operators.iter().flat_map(Operator::operands);
        fetched.chain(read).any(|id| ids.contains(&id))
    }

    /// The value of the operand `name`, which must be one tensor.
    pub fn input_id(&self, name: &str) -> Result<ValueId> {
        match self.operator.input(name) {
            [only] => Ok(*only),
            all => {
                Err(self.error(format_args!("expected one tensor as operand {name:?}, got {}", all.len())))
            }
        }
    }

    /// The value of the result `name`, which must be one tensor.
    pub fn output_id(&self, name: &str) -> Result<ValueId> {
        match self.operator.output(name) {
            [only] => Ok(*only),
            all => Err(self.error(format_args!("expected one tensor as result {name:?}, got {}", all.len()))),
        }
    }

    /// Element type and shape that the file declares for a value.
    pub fn kind_of(&self, id: ValueId) -> Result<&'a TensorType> {
        let value = self.graph.value(id);
        value.kind.as_ref().ok_or_else(|| {
            self.error(format_args!("expected {:?} to be a dense tensor of a known element type", value.name))
        })
    }

    /// Element type and shape of the operand `name`.
    pub fn input(&self, name: &str) -> Result<&'a TensorType> {
        self.kind_of(self.input_id(name)?)
    }

    /// Element type and shape of the result `name`.
    pub fn output(&self, name: &str) -> Result<&'a TensorType> {
        self.kind_of(self.output_id(name)?)
    }

    /// The shape of the operand `name`; -1 stands for a free dimension.
    pub fn shape(&self, name: &str) -> Result<&'a [i64]> {
        Ok(&self.input(name)?.dims)
    }

    pub fn rank(&self, name: &str) -> Result<usize> {
        Ok(self.shape(name)?.len())
    }

    /// The content of the operand `name`, as far as it is known.
    pub fn constant(&self, name: &str) -> Option<&'a Constant> {
        match self.operator.input(name) {
            [only] => self.facts.get(*only),
            _ => None,
        }
    }

    /// Whether the operand or else the attribute `name` is known before the model runs.
    pub fn is_known(&self, name: &str) -> bool {
        let is_complete = |id: &ValueId| self.facts.get(*id).is_some_and(Constant::is_complete);
        self.operator.input(name).iter().all(is_complete)
    }

    fn attribute<T>(
        &self,
        name: &str,
        expected: &str,
        convert: impl Fn(&Attribute) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(attribute) = self.operator.attribute(name) else { return Ok(None) };
        match convert(attribute) {
            Some(value) => Ok(Some(value)),
            None => {
                Err(self.error(format_args!("attribute {name:?}: expected {expected}, got {attribute:?}")))
            }
        }
    }

    /// The attribute `name`, or `default` where the file has none.
    pub fn bool_or(&self, name: &str, default: bool) -> Result<bool> {
        let convert = |attribute: &Attribute| match attribute {
            Attribute::Bool(value) => Some(*value),
            Attribute::Int(value) => Some(*value != 0),
            _ => None,
        };
        Ok(self.attribute(name, "a boolean", convert)?.unwrap_or(default))
    }

    /// The attribute `name`, or `default` where the file has none.
    pub fn text_or(&self, name: &str, default: &'static str) -> Result<&'a str> {
        match self.operator.attribute(name) {
            None => Ok(default),
            Some(Attribute::Text(text)) => Ok(text),
            Some(other) => {
                Err(self.error(format_args!("attribute {name:?}: expected a text, got {other:?}")))
            }
        }
    }

    /// The operand or else the attribute `name`, an integer that is known before the model runs.
    pub fn int(&self, name: &str) -> Result<i64> {
        self.int_maybe(name)?.ok_or_else(|| self.error(format_args!("expected an attribute {name:?}")))
    }

    /// [`View::int`], or `default` where the file has neither.
    pub fn int_or(&self, name: &str, default: i64) -> Result<i64> {
        Ok(self.int_maybe(name)?.unwrap_or(default))
    }

    fn int_maybe(&self, name: &str) -> Result<Option<i64>> {
        match self.ints_maybe(name)?.as_deref() {
            None => Ok(None),
            Some([only]) => Ok(Some(*only)),
            Some(many) => Err(self.error(format_args!("{name:?}: expected one integer, got {many:?}"))),
        }
    }

    /// The operand or else the attribute `name`, integers that are known before the model runs.
    pub fn ints(&self, name: &str) -> Result<Vec<i64>> {
        self.ints_maybe(name)?.ok_or_else(|| self.error(format_args!("expected an attribute {name:?}")))
    }

    /// [`View::ints`], or `default` where the file has neither.
    pub fn ints_or(&self, name: &str, default: &[i64]) -> Result<Vec<i64>> {
        Ok(self.ints_maybe(name)?.unwrap_or_else(|| default.to_vec()))
    }

    fn ints_maybe(&self, name: &str) -> Result<Option<Vec<i64>>> {
        if self.has_input(name) {
            return match self.known_ints(name) {
                Some(ints) => Ok(Some(ints)),
                None => Err(self.error(format_args!("expected {name:?} to be known before the model runs"))),
            };
        }
        let convert = |attribute: &Attribute| match attribute {
            Attribute::Int(value) => Some(vec![*value]),
            Attribute::Bool(value) => Some(vec![i64::from(*value)]),
            Attribute::Ints(values) => Some(values.clone()),
            Attribute::Bools(values) => Some(values.iter().map(|value| i64::from(*value)).collect()),
            Attribute::Float(value) if value.fract() == 0.0 => Some(vec![*value as i64]),
            _ => None,
        };
        self.attribute(name, "integers", convert)
    }

    /// The elements of the operand `name`, of all its tensors, if they are integers and known.
    pub fn known_ints(&self, name: &str) -> Option<Vec<i64>> {
        let mut all = Vec::new();
        for id in self.operator.input(name) {
            let constant = self.facts.get(*id)?;
            match constant.ints() {
                Some(ints) => all.extend(ints),
                None => {
                    let floats = constant.floats()?;
                    all.extend(floats.iter().map(|float| *float as i64));
                }
            }
        }
        Some(all)
    }

    /// The operand or else the attribute `name`, a number that is known before the model runs, or `default`
    /// where the file has neither.
    pub fn float_or(&self, name: &str, default: f64) -> Result<f64> {
        match self.floats_or(name, &[default])?[..] {
            [only] => Ok(only),
            ref many => Err(self.error(format_args!("{name:?}: expected one number, got {many:?}"))),
        }
    }

    /// Numbers, otherwise as [`View::float_or`].
    pub fn floats_or(&self, name: &str, default: &[f64]) -> Result<Vec<f64>> {
        if self.has_input(name) {
            return self.constant(name).and_then(Constant::floats).ok_or_else(|| {
                self.error(format_args!("expected {name:?} to be known before the model runs"))
            });
        }
        let convert = |attribute: &Attribute| match attribute {
            Attribute::Float(value) => Some(vec![*value]),
            Attribute::Int(value) => Some(vec![*value as f64]),
            Attribute::Bool(value) => Some(vec![f64::from(u8::from(*value))]),
            Attribute::Floats(values) => Some(values.clone()),
            Attribute::Ints(values) => Some(values.iter().map(|value| *value as f64).collect()),
            Attribute::Bools(values) => {
                Some(values.iter().map(|value| f64::from(u8::from(*value))).collect())
            }
            _ => None,
        };
        Ok(self.attribute(name, "numbers", convert)?.unwrap_or_else(|| default.to_vec()))
    }

    /// `axis` counted from the front of `rank` axes.
    pub fn axis_of(&self, axis: i64, rank: usize) -> Result<usize> {
        // A scalar counts as having one axis.
        let count = rank.max(1);
        let from_front = if axis < 0 { axis.saturating_add(count as i64) } else { axis };
        match usize::try_from(from_front) {
            Ok(axis) if axis < count => Ok(axis),
            _ => Err(self.error(format_args!("expected an axis of {rank}, got {axis}"))),
        }
    }
}
