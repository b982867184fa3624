//! Writes the ONNX model: nodes, constants and weights are collected as [`Tensor`]s and get their names at
//! the end, so that an output of the model is written by the node that computes it.

use std::collections::{HashMap, HashSet};

use crate::dtype::DataType;
use crate::engine::OnnxFacts;
use crate::error::{Error, Result, Status, bail};

use super::facts::Facts;
use super::graph::{Graph, TensorType, ValueId};
use super::onnx;
use super::params::Parameter;

/// The name by which the model calls the file of parameters.
pub(crate) const PARAMETERS: &str = "parameters";
/// Smaller weights are written into the model: ONNX Runtime reads some of them while it infers shapes.
const SMALLEST_EXTERNAL: usize = 1024;

/// A value in the ONNX model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tensor(usize);

impl Tensor {
    /// Stands for an optional input that is left out.
    pub const NONE: Tensor = Tensor(usize::MAX);
}

/// The value of a node's attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field<'a> {
    Int(i64),
    Float(f64),
    Text(&'a str),
    Ints(&'a [i64]),
    Texts(&'a [&'a str]),
}

struct Node {
    op_type: &'static str,
    name: String,
    inputs: Vec<Tensor>,
    outputs: Vec<Tensor>,
    attributes: Vec<onnx::Attribute>,
}

#[derive(Clone)]
struct Initializer {
    tensor: Tensor,
    data_type: DataType,
    dims: Vec<i64>,
    data: Data,
}

#[derive(Clone)]
enum Data {
    Bytes(Vec<u8>),
    /// A part of the file of parameters.
    External {
        offset: usize,
        length: usize,
    },
}

/// A model in ONNX's form.
pub(crate) struct Emitted {
    pub model: onnx::Model,
    pub facts: OnnxFacts,
}

#[derive(Default)]
pub(crate) struct Emitter {
    parameters: HashMap<ValueId, (Parameter, Data)>,
    /// What each tensor is called unless it becomes an output.
    names: Vec<String>,
    /// The tensor of each value of the graph that has one already.
    tensors: HashMap<ValueId, Tensor>,
    nodes: Vec<Node>,
    initializers: Vec<Initializer>,
    /// Initializers by their tensors.
    constant: HashMap<Tensor, usize>,
    /// Lists of integers that are there already: shapes and axes repeat.
    lists: HashMap<Vec<i64>, Tensor>,
}

impl Emitter {
    /// `file` is what the parameters' offsets point into.
    pub fn new(graph: &Graph, parameters: Vec<(ValueId, Parameter)>, file: &[u8]) -> Self {
        let mut emitter = Self::default();
        for (id, parameter) in parameters {
            let Parameter { offset, length, .. } = parameter;
            let data = match length < SMALLEST_EXTERNAL {
                true => Data::Bytes(file[offset..][..length].to_vec()),
                false => Data::External { offset, length },
            };
            emitter.parameters.insert(id, (parameter, data));
        }
        for id in &graph.inputs {
            let tensor = emitter.new_tensor("");
            emitter.names[tensor.0].clone_from(&graph.value(*id).name);
            emitter.tensors.insert(*id, tensor);
        }
        emitter
    }

    /// Names that cannot be an input's or output's by chance: those of Paddle have no `#`.
    fn new_tensor(&mut self, name: &str) -> Tensor {
        let tensor = Tensor(self.names.len());
        self.names.push(format!("{name}#{}", tensor.0));
        tensor
    }

    /// The tensor of a value that was bound, is fed, or is constant.
    pub fn tensor(&mut self, id: ValueId, graph: &Graph, facts: &Facts) -> Result<Tensor> {
        if let Some(tensor) = self.tensors.get(&id) {
            return Ok(*tensor);
        }
        let name = &graph.value(id).name;
        let tensor = if let Some((parameter, data)) = self.parameters.remove(&id) {
            self.initializer(name, parameter.data_type, parameter.dims, data)
        } else if let Some(constant) = facts.get(id)
            && let Some(bytes) = constant.bytes()
        {
            self.initializer(name, constant.data_type, constant.dims.clone(), Data::Bytes(bytes))
        } else {
            return Err(Error::new(
                Status::InvalidModel,
                format!("{name:?} is read, but nothing computes it"),
            ));
        };
        self.tensors.insert(id, tensor);
        Ok(tensor)
    }

    /// Has `tensor` be the graph's value `id` from now on.
    pub fn bind(&mut self, id: ValueId, tensor: Tensor) {
        self.tensors.insert(id, tensor);
    }

    fn initializer(&mut self, name: &str, data_type: DataType, dims: Vec<i64>, data: Data) -> Tensor {
        let tensor = self.new_tensor(name);
        self.constant.insert(tensor, self.initializers.len());
        self.initializers.push(Initializer { tensor, data_type, dims, data });
        tensor
    }

    /// A constant of `dims` whose elements are in `bytes`.
    pub fn constant(&mut self, name: &str, data_type: DataType, dims: &[i64], bytes: Vec<u8>) -> Tensor {
        self.initializer(name, data_type, dims.to_vec(), Data::Bytes(bytes))
    }

    /// A constant list of 64-bit integers.
    pub fn int_list(&mut self, ints: &[i64]) -> Tensor {
        if let Some(tensor) = self.lists.get(ints) {
            return *tensor;
        }
        let bytes = ints.iter().flat_map(|int| int.to_le_bytes()).collect();
        let tensor = self.constant("ints", DataType::Int64, &[ints.len() as i64], bytes);
        self.lists.insert(ints.to_vec(), tensor);
        tensor
    }

    /// The same elements under another shape, without a node, if `tensor` is constant and `dims` fits.
    pub fn reshaped_constant(&mut self, tensor: Tensor, dims: &[i64]) -> Option<Tensor> {
        let initializer = self.initializers[*self.constant.get(&tensor)?].clone();
        let count = |dims: &[i64]| super::facts::element_count(dims);
        if count(dims)? != count(&initializer.dims)? {
            return None;
        }
        let name = self.names[tensor.0].clone();
        Some(self.initializer(&name, initializer.data_type, dims.to_vec(), initializer.data))
    }

    /// The shape of a tensor that is constant.
    pub fn constant_dims(&self, tensor: Tensor) -> Option<&[i64]> {
        Some(&self.initializers[*self.constant.get(&tensor)?].dims)
    }

    /// Adds a node with `count` outputs; `name` is for profiles and messages.
    pub fn node(
        &mut self,
        op_type: &'static str,
        name: &str,
        inputs: &[Tensor],
        fields: &[(&str, Field<'_>)],
        count: usize,
    ) -> Vec<Tensor> {
        let outputs: Vec<Tensor> = (0..count).map(|_| self.new_tensor(name)).collect();
        self.nodes.push(Node {
            op_type,
            name: format!("{name}/{op_type}#{}", self.nodes.len()),
            inputs: inputs.to_vec(),
            outputs: outputs.clone(),
            attributes: fields.iter().map(|(name, field)| attribute(name, *field)).collect(),
        });
        outputs
    }

    /// The model, with the graph's inputs and outputs by Paddle's names.
    pub fn finish(mut self, graph: &Graph, facts: &Facts) -> Result<Emitted> {
        let outputs = self.name_outputs(graph, facts)?;
        self.drop_unused_initializers(&outputs);
        let facts = self.facts(graph, &outputs);
        let output_info = |(name, id): &(String, ValueId)| Ok(value_info(name, declared(graph, *id)?, None));
        let input_info = |id: &ValueId| {
            let name = &graph.value(*id).name;
            Ok(value_info(name, declared(graph, *id)?, Some(name)))
        };
        let input = graph.inputs.iter().map(input_info).collect::<Result<_>>()?;
        let output = graph.outputs.iter().map(output_info).collect::<Result<_>>()?;
        let names = &self.names;
        let named = |tensors: &[Tensor]| {
            tensors.iter().map(|tensor| names.get(tensor.0).cloned().unwrap_or_default()).collect()
        };
        let nodes = self.nodes.iter().map(|node| onnx::Node {
            input: named(&node.inputs),
            output: named(&node.outputs),
            name: node.name.clone(),
            op_type: node.op_type.to_owned(),
            attribute: node.attributes.clone(),
        });
        let graph = onnx::Graph {
            node: nodes.collect(),
            name: "paddle".to_owned(),
            initializer: self.initializers.iter().map(|initializer| initializer.message(names)).collect(),
            input,
            output,
        };
        let model = onnx::Model {
            ir_version: onnx::IR_VERSION,
            producer_name: env!("CARGO_PKG_NAME").to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            graph: Some(graph),
            opset_import: vec![onnx::OperatorSet { domain: String::new(), version: onnx::OPERATOR_SET }],
        };
        Ok(Emitted { model, facts })
    }

    /// Gives the tensors of the outputs their names; a tensor that has one already is copied.
    fn name_outputs(&mut self, graph: &Graph, facts: &Facts) -> Result<Vec<(String, Tensor)>> {
        let mut taken: Vec<Tensor> =
            graph.inputs.iter().filter_map(|id| self.tensors.get(id).copied()).collect();
        let mut outputs = Vec::with_capacity(graph.outputs.len());
        for (name, id) in &graph.outputs {
            let mut tensor = self.tensor(*id, graph, facts)?;
            if taken.contains(&tensor) && self.names[tensor.0] != *name {
                tensor = self.node("Identity", name, &[tensor], &[], 1)[0];
            }
            if taken.iter().any(|other| *other != tensor && self.names[other.0] == *name) {
                bail!(InvalidModel, "{name:?} names two values that are fed or fetched");
            }
            taken.push(tensor);
            self.names[tensor.0].clone_from(name);
            outputs.push((name.clone(), tensor));
        }
        Ok(outputs)
    }

    /// Weights that were only read as another shape, for example.
    fn drop_unused_initializers(&mut self, outputs: &[(String, Tensor)]) {
        let read = self.nodes.iter().flat_map(|node| node.inputs.iter().copied());
        let used: HashSet<Tensor> = read.chain(outputs.iter().map(|(_, tensor)| *tensor)).collect();
        self.initializers.retain(|initializer| used.contains(&initializer.tensor));
    }

    fn facts(&self, graph: &Graph, outputs: &[(String, Tensor)]) -> OnnxFacts {
        let is_external = |initializer: &Initializer| matches!(initializer.data, Data::External { .. });
        let external =
            if self.initializers.iter().any(is_external) { vec![PARAMETERS.to_owned()] } else { Vec::new() };
        // ONNX Runtime computes what does not depend on an input while it loads, as if it were a weight.
        let varying = self.varying(graph);
        let constant = outputs.iter().filter(|(_, tensor)| !varying[tensor.0]);
        let initializers = constant.map(|(name, _)| name.clone()).collect();
        OnnxFacts { external, unranked: Vec::new(), initializers }
    }

    /// For each tensor, whether it depends on an input.
    fn varying(&self, graph: &Graph) -> Vec<bool> {
        let mut varying = vec![false; self.names.len()];
        for tensor in graph.inputs.iter().filter_map(|id| self.tensors.get(id)) {
            varying[tensor.0] = true;
        }
        for node in &self.nodes {
            if node.inputs.iter().any(|tensor| varying.get(tensor.0) == Some(&true)) {
                for output in &node.outputs {
                    varying[output.0] = true;
                }
            }
        }
        varying
    }
}

fn declared(graph: &Graph, id: ValueId) -> Result<&TensorType> {
    let value = graph.value(id);
    match &value.kind {
        Some(kind) => Ok(kind),
        None => bail!(InvalidModel, "{:?}: expected a dense tensor of a known element type", value.name),
    }
}

impl Initializer {
    fn message(&self, names: &[String]) -> onnx::Tensor {
        let mut message = onnx::Tensor {
            dims: self.dims.clone(),
            data_type: self.data_type.code(),
            name: names[self.tensor.0].clone(),
            ..onnx::Tensor::default()
        };
        match &self.data {
            Data::Bytes(bytes) => message.raw_data.clone_from(bytes),
            Data::External { offset, length } => {
                let entry = |key: &str, value: String| onnx::Entry { key: key.to_owned(), value };
                message.data_location = onnx::EXTERNAL;
                message.external_data = vec![
                    entry("location", PARAMETERS.to_owned()),
                    entry("offset", offset.to_string()),
                    entry("length", length.to_string()),
                ];
            }
        }
        message
    }
}

fn attribute(name: &str, field: Field<'_>) -> onnx::Attribute {
    let mut message = onnx::Attribute { name: name.to_owned(), ..onnx::Attribute::default() };
    match field {
        Field::Int(value) => (message.i, message.kind) = (value, onnx::ATTRIBUTE_INT),
        Field::Float(value) => (message.f, message.kind) = (value as f32, onnx::ATTRIBUTE_FLOAT),
        Field::Text(value) => (message.s, message.kind) = (value.into(), onnx::ATTRIBUTE_STRING),
        Field::Ints(values) => (message.ints, message.kind) = (values.to_vec(), onnx::ATTRIBUTE_INTS),
        Field::Texts(values) => {
            message.strings = values.iter().map(|value| value.as_bytes().to_vec()).collect();
            message.kind = onnx::ATTRIBUTE_STRINGS;
        }
    }
    message
}

/// Free dimensions of an input are named after it and their axis, so that ONNX Runtime follows them to
/// the outputs.
fn value_info(name: &str, kind: &TensorType, symbols: Option<&str>) -> onnx::ValueInfo {
    let dims = kind.dims.iter().enumerate().map(|(axis, dim)| {
        let size = match (*dim, symbols) {
            (0.., _) => Some(onnx::dimension::Size::Fixed(*dim)),
            (_, Some(name)) => Some(onnx::dimension::Size::Named(format!("{name}.{axis}"))),
            (_, None) => None,
        };
        onnx::Dimension { size }
    });
    let shape = onnx::Shape { dim: dims.collect() };
    let tensor = onnx::TensorType { element_type: kind.data_type.code(), shape: Some(shape) };
    onnx::ValueInfo { name: name.to_owned(), kind: Some(onnx::Type { tensor: Some(tensor) }) }
}
