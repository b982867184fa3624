//! The operator graph that both file formats are normalised to: one name per operator, one name per
//! operand and attribute, whichever format the file has.
//!
//! Values are assigned once: where a file reuses a variable, each assignment is a value of its own.

use std::borrow::Cow;

use crate::dtype::DataType;

use super::ops::Rule;

/// Index into [`Graph::values`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ValueId(pub usize);

/// A model as its file states it.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub values: Vec<Value>,
    /// In the order of the file, which is an order of execution.
    pub operators: Vec<Operator>,
    /// What callers feed, in Paddle's order.
    pub inputs: Vec<ValueId>,
    /// What callers fetch, by the names that Paddle's predictor reports.
    pub outputs: Vec<(String, ValueId)>,
    /// Weights; their data is in the file of parameters.
    pub parameters: Vec<ValueId>,
}

#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub name: String,
    /// As declared in the file; `None` for what is no dense tensor or of an unknown element type.
    pub kind: Option<TensorType>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TensorType {
    pub data_type: DataType,
    /// -1 stands for a free dimension.
    pub dims: Vec<i64>,
}

impl TensorType {
    /// Longer axes are of no tensor; the limit keeps sums of sizes from overflowing.
    const LONGEST: i64 = 1 << 40;

    /// `None` for dimensions that no tensor has. All negative ones are free: some operators of Paddle declare
    /// the -1 times what they make of it.
    pub fn new(data_type: DataType, mut dims: Vec<i64>) -> Option<Self> {
        dims.iter_mut().for_each(|dim| *dim = (*dim).max(-1));
        dims.iter().all(|dim| *dim <= Self::LONGEST).then_some(Self { data_type, dims })
    }
}

#[derive(Debug)]
pub(crate) struct Operator {
    /// As the file spells it, without its dialect.
    pub name: String,
    /// Which of the file's operators it is, from 0.
    pub place: usize,
    /// How it is mapped; `None` if it is not supported.
    pub rule: Option<&'static Rule>,
    /// Operands by name; the names are the rule's, or "" where there is no rule. Absent ones are left out.
    pub inputs: Vec<(&'static str, Vec<ValueId>)>,
    /// Results, likewise.
    pub outputs: Vec<(&'static str, Vec<ValueId>)>,
    pub attributes: Vec<(Cow<'static, str>, Attribute)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Attribute {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bools(Vec<bool>),
    Ints(Vec<i64>),
    Floats(Vec<f64>),
    Texts(Vec<String>),
    /// An element type; `None` for one that the table of types does not have.
    Type(Option<DataType>),
}

impl Graph {
    pub fn add_value(&mut self, name: impl Into<String>, kind: Option<TensorType>) -> ValueId {
        self.values.push(Value { name: name.into(), kind });
        ValueId(self.values.len() - 1)
    }

    pub fn value(&self, id: ValueId) -> &Value {
        &self.values[id.0]
    }

    /// Leaves out the operators that no output depends on.
    pub fn prune(&mut self) {
        let mut is_needed = vec![false; self.values.len()];
        for (_, id) in &self.outputs {
            is_needed[id.0] = true;
        }
        let mut kept = Vec::with_capacity(self.operators.len());
        while let Some(operator) = self.operators.pop() {
            if !operator.results().any(|id| is_needed[id.0]) {
                continue;
            }
            for id in operator.operands() {
                is_needed[id.0] = true;
            }
            kept.push(operator);
        }
        kept.reverse();
        self.operators = kept;
    }
}

impl Operator {
    pub fn operands(&self) -> impl Iterator<Item = ValueId> {
        self.inputs.iter().flat_map(|(_, ids)| ids.iter().copied())
    }

    pub fn results(&self) -> impl Iterator<Item = ValueId> {
        self.outputs.iter().flat_map(|(_, ids)| ids.iter().copied())
    }

    /// All operands of the name, none if it is absent.
    pub fn input(&self, name: &str) -> &[ValueId] {
        slot(&self.inputs, name)
    }

    /// All results of the name, none if it is absent.
    pub fn output(&self, name: &str) -> &[ValueId] {
        slot(&self.outputs, name)
    }

    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|(other, _)| other == name).map(|(_, attribute)| attribute)
    }

    /// For messages: `operator 12 (conv2d)`.
    pub fn describe(&self) -> String {
        format!("operator {} ({})", self.place, self.name)
    }
}

fn slot<'a>(slots: &'a [(&'static str, Vec<ValueId>)], name: &str) -> &'a [ValueId] {
    slots.iter().find(|(other, _)| *other == name).map_or(&[], |(_, ids)| ids)
}
