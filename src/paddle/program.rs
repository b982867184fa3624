//! Reads `.pdmodel` and `__model__` files: the message `ProgramDesc` of Paddle's framework.proto, whose
//! field numbers these are. Unknown fields are skipped.

use std::borrow::Cow;
use std::collections::HashMap;

use prost::Message;

use crate::dtype::DataType;
use crate::error::{Error, Result, Status, bail};

use super::graph::{Attribute, Graph, Operator, TensorType, ValueId};
use super::ops::Rules;

#[derive(Clone, PartialEq, Message)]
struct ProgramDesc {
    #[prost(message, repeated, tag = "1")]
    blocks: Vec<BlockDesc>,
}

#[derive(Clone, PartialEq, Message)]
struct BlockDesc {
    #[prost(message, repeated, tag = "3")]
    vars: Vec<VarDesc>,
    #[prost(message, repeated, tag = "4")]
    ops: Vec<OpDesc>,
}

#[derive(Clone, PartialEq, Message)]
struct VarDesc {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    kind: Option<VarType>,
    #[prost(bool, tag = "3")]
    persistable: bool,
}

#[derive(Clone, PartialEq, Message)]
struct VarType {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(message, optional, tag = "3")]
    dense_tensor: Option<DenseTensorDesc>,
}

#[derive(Clone, PartialEq, Message)]
struct DenseTensorDesc {
    #[prost(message, optional, tag = "1")]
    tensor: Option<TensorDesc>,
}

/// Also what a record of a file of parameters begins with.
#[derive(Clone, PartialEq, Message)]
pub(super) struct TensorDesc {
    #[prost(int32, tag = "1")]
    pub data_type: i32,
    #[prost(int64, repeated, packed = "false", tag = "2")]
    pub dims: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct OpDesc {
    #[prost(message, repeated, tag = "1")]
    inputs: Vec<OpVar>,
    #[prost(message, repeated, tag = "2")]
    outputs: Vec<OpVar>,
    #[prost(string, tag = "3")]
    kind: String,
    #[prost(message, repeated, tag = "4")]
    attrs: Vec<OpAttr>,
}

#[derive(Clone, PartialEq, Message)]
struct OpVar {
    #[prost(string, tag = "1")]
    slot: String,
    #[prost(string, repeated, tag = "2")]
    names: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct OpAttr {
    #[prost(string, tag = "1")]
    name: String,
    /// Says which of the other fields is meant.
    #[prost(int32, tag = "2")]
    kind: i32,
    #[prost(int32, tag = "3")]
    i: i32,
    #[prost(float, tag = "4")]
    f: f32,
    #[prost(string, tag = "5")]
    s: String,
    #[prost(int32, repeated, packed = "false", tag = "6")]
    ints: Vec<i32>,
    #[prost(float, repeated, packed = "false", tag = "7")]
    floats: Vec<f32>,
    #[prost(string, repeated, tag = "8")]
    strings: Vec<String>,
    #[prost(bool, tag = "10")]
    b: bool,
    #[prost(bool, repeated, packed = "false", tag = "11")]
    bools: Vec<bool>,
    #[prost(int64, tag = "13")]
    l: i64,
    #[prost(int64, repeated, packed = "false", tag = "15")]
    longs: Vec<i64>,
    #[prost(double, repeated, packed = "false", tag = "16")]
    float64s: Vec<f64>,
    #[prost(string, tag = "17")]
    var_name: String,
    #[prost(string, repeated, tag = "18")]
    vars_name: Vec<String>,
    #[prost(double, tag = "19")]
    float64: f64,
    #[prost(message, optional, tag = "20")]
    scalar: Option<Scalar>,
    #[prost(message, repeated, tag = "21")]
    scalars: Vec<Scalar>,
}

#[derive(Clone, PartialEq, Message)]
struct Scalar {
    /// 1 bool, 2 integer, 3 float.
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(bool, tag = "2")]
    b: bool,
    #[prost(int64, tag = "3")]
    i: i64,
    #[prost(double, tag = "4")]
    r: f64,
}

/// `VarType.Type` of variables that hold no data.
const FEED_MINIBATCH: i32 = 9;
const FETCH_LIST: i32 = 10;
const RAW: i32 = 17;

/// The element type that `VarType.Type` numbers `code`.
pub(super) fn data_type(code: i32) -> Option<DataType> {
    Some(match code {
        0 => DataType::Bool,
        1 => DataType::Int16,
        2 => DataType::Int32,
        3 => DataType::Int64,
        4 => DataType::Float16,
        5 => DataType::Float32,
        6 => DataType::Float64,
        20 => DataType::UInt8,
        21 => DataType::Int8,
        22 => DataType::BFloat16,
        _ => return None,
    })
}

/// Reads the main block; operators with blocks of their own (control flow) have no rule and are refused
/// with the others that are not supported.
pub(super) fn parse(bytes: &[u8], rules: &Rules) -> Result<Graph> {
    let program = ProgramDesc::decode(bytes).map_err(|error| {
        Error::new(Status::InvalidModel, format!("expected a Paddle program (ProgramDesc): {error}"))
    })?;
    let Some(block) = program.blocks.into_iter().next() else {
        bail!(InvalidModel, "expected a Paddle program (ProgramDesc) with a block, it has none");
    };
    let mut builder = Builder::new(&block.vars);
    for (place, op) in block.ops.into_iter().enumerate() {
        builder.operator(place, op, rules).map_err(|error| error.about(format_args!("operator {place}")))?;
    }
    Ok(builder.finish())
}

struct Builder<'a> {
    variables: HashMap<&'a str, &'a VarDesc>,
    graph: Graph,
    /// The value that each variable has at this place of the program.
    current: HashMap<String, ValueId>,
    inputs: Vec<(i64, ValueId)>,
    outputs: Vec<(i64, String, ValueId)>,
}

impl<'a> Builder<'a> {
    fn new(variables: &'a [VarDesc]) -> Self {
        let mut builder = Self {
            variables: variables.iter().map(|variable| (variable.name.as_str(), variable)).collect(),
            graph: Graph::default(),
            current: HashMap::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
        };
        for variable in variables {
            let code = variable.kind.as_ref().map_or(RAW, |kind| kind.code);
            if variable.persistable && ![FEED_MINIBATCH, FETCH_LIST, RAW].contains(&code) {
                let id = builder.define(&variable.name);
                builder.graph.parameters.push(id);
            }
        }
        builder
    }

    /// A new value for the variable.
    fn define(&mut self, name: &str) -> ValueId {
        let kind = self.variables.get(name).and_then(|variable| declared(variable));
        let id = self.graph.add_value(name, kind);
        self.current.insert(name.to_owned(), id);
        id
    }

    fn read(&self, name: &str) -> Result<ValueId> {
        match self.current.get(name) {
            Some(id) => Ok(*id),
            None => bail!(InvalidModel, "reads {name:?}, which nothing before it writes"),
        }
    }

    fn operator(&mut self, place: usize, op: OpDesc, rules: &Rules) -> Result<()> {
        match op.kind.as_str() {
            "feed" => {
                let (_, name) = only_variable(&op.outputs)?;
                let id = self.define(name);
                self.inputs.push((column(&op.attrs), id));
                return Ok(());
            }
            "fetch" => {
                let (_, name) = only_variable(&op.inputs)?;
                let id = self.read(name)?;
                self.outputs.push((column(&op.attrs), name.to_owned(), id));
                return Ok(());
            }
            _ => {}
        }
        let rule = rules.legacy(&op.kind);
        let mut operator = Operator {
            name: op.kind,
            place,
            rule,
            inputs: Vec::new(),
            outputs: Vec::new(),
            attributes: Vec::new(),
        };
        for input in op.inputs.iter().filter(|input| !input.names.is_empty()) {
            let Some(rule) = rule else {
                let ids = input.names.iter().filter_map(|name| self.read(name).ok()).collect();
                operator.inputs.push(("", ids));
                continue;
            };
            let Some(name) = rule.legacy_input(&input.slot) else {
                bail!(InvalidModel, "{}: the operand {:?} is not supported", operator.name, input.slot);
            };
            let ids = input.names.iter().map(|name| self.read(name)).collect::<Result<_>>()?;
            if operator.input(name).is_empty() {
                operator.inputs.push((name, ids));
            }
        }
        for attribute in op.attrs {
            let name = rule.map_or(attribute.name.as_str(), |rule| rule.legacy_attribute(&attribute.name));
            if let Some(names) = variables_of(&attribute) {
                // An attribute that is computed is an operand.
                let ids = names.iter().map(|name| self.read(name)).collect::<Result<_>>()?;
                let name = rule.and_then(|rule| rule.input_named(name)).unwrap_or("");
                operator.inputs.push((name, ids));
            } else if let Some(value) = value_of(&attribute) {
                operator.attributes.push((Cow::Owned(name.to_owned()), value));
            }
        }
        for output in op.outputs.iter().filter(|output| !output.names.is_empty()) {
            let name = rule.map_or(Some(""), |rule| rule.legacy_output(&output.slot));
            let ids = output.names.iter().map(|name| self.define(name)).collect();
            if let Some(name) = name {
                operator.outputs.push((name, ids));
            }
        }
        // A ProgramDesc has its slots in the order of their names.
        if let Some(rule) = rule {
            operator.outputs.sort_by_key(|(name, _)| rule.output_index(name));
        }
        self.graph.operators.push(operator);
        Ok(())
    }

    fn finish(mut self) -> Graph {
        self.inputs.sort_by_key(|(column, _)| *column);
        self.outputs.sort_by_key(|(column, _, _)| *column);
        self.graph.inputs = self.inputs.into_iter().map(|(_, id)| id).collect();
        self.graph.outputs = self.outputs.into_iter().map(|(_, name, id)| (name, id)).collect();
        self.graph
    }
}

fn declared(variable: &VarDesc) -> Option<TensorType> {
    let tensor = variable.kind.as_ref()?.dense_tensor.as_ref()?.tensor.as_ref()?;
    TensorType::new(data_type(tensor.data_type)?, tensor.dims.clone())
}

/// Of `feed` and `fetch`: the one operand that is not the list of what is fed or fetched.
fn only_variable(slots: &[OpVar]) -> Result<(&str, &str)> {
    match slots {
        [OpVar { slot, names }] if names.len() == 1 => Ok((slot, &names[0])),
        _ => bail!(InvalidModel, "expected one variable to feed or fetch"),
    }
}

fn column(attributes: &[OpAttr]) -> i64 {
    attributes.iter().find(|attribute| attribute.name == "col").map_or(0, |attribute| i64::from(attribute.i))
}

fn variables_of(attribute: &OpAttr) -> Option<Vec<&str>> {
    match attribute.kind {
        13 => Some(vec![&attribute.var_name]),
        14 => Some(attribute.vars_name.iter().map(String::as_str).collect()),
        _ => None,
    }
}

/// `None` for kinds that no supported operator has: blocks, complex numbers.
fn value_of(attribute: &OpAttr) -> Option<Attribute> {
    Some(match attribute.kind {
        0 => Attribute::Int(i64::from(attribute.i)),
        1 => Attribute::Float(f64::from(attribute.f)),
        2 => Attribute::Text(attribute.s.clone()),
        3 => Attribute::Ints(attribute.ints.iter().map(|int| i64::from(*int)).collect()),
        4 => Attribute::Floats(attribute.floats.iter().map(|float| f64::from(*float)).collect()),
        5 => Attribute::Texts(attribute.strings.clone()),
        6 => Attribute::Bool(attribute.b),
        7 => Attribute::Bools(attribute.bools.clone()),
        9 => Attribute::Int(attribute.l),
        11 => Attribute::Ints(attribute.longs.clone()),
        12 => Attribute::Floats(attribute.float64s.clone()),
        15 => Attribute::Float(attribute.float64),
        16 => match attribute.scalar.as_ref()? {
            Scalar { kind: 1, b, .. } => Attribute::Bool(*b),
            Scalar { kind: 2, i, .. } => Attribute::Int(*i),
            Scalar { kind: 3, r, .. } => Attribute::Float(*r),
            _ => return None,
        },
        17 => scalars(&attribute.scalars)?,
        _ => return None,
    })
}

fn scalars(scalars: &[Scalar]) -> Option<Attribute> {
    let kind = scalars.first().map_or(2, |scalar| scalar.kind);
    if scalars.iter().any(|scalar| scalar.kind != kind) {
        return None;
    }
    Some(match kind {
        1 => Attribute::Bools(scalars.iter().map(|scalar| scalar.b).collect()),
        2 => Attribute::Ints(scalars.iter().map(|scalar| scalar.i).collect()),
        3 => Attribute::Floats(scalars.iter().map(|scalar| scalar.r).collect()),
        _ => return None,
    })
}
