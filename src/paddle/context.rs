//! What the mapping of one operator works with: the operator as a [`View`], and the ONNX model to write to.

use std::ops::Deref;

use crate::dtype::DataType;
use crate::error::Result;

use super::emit::{Emitter, Field, Tensor};
use super::facts::{Constant, Numbers};
use super::graph::{TensorType, ValueId};
use super::view::View;

/// Reads like a [`View`]; the functions here write.
pub(crate) struct Context<'c> {
    view: View<'c>,
    emitter: &'c mut Emitter,
    /// Of the operator's nodes, for profiles and messages.
    name: String,
}

impl<'c> Deref for Context<'c> {
    type Target = View<'c>;

    fn deref(&self) -> &View<'c> {
        &self.view
    }
}

impl<'c> Context<'c> {
    pub fn new(view: View<'c>, emitter: &'c mut Emitter) -> Self {
        let name = format!("{}.{}", view.operator.name, view.operator.place);
        Self { view, emitter, name }
    }

    /// The operand `name`, which must be one tensor.
    pub fn operand(&mut self, name: &str) -> Result<Tensor> {
        let id = self.view.input_id(name)?;
        self.emitter.tensor(id, self.view.graph, self.view.facts)
    }

    /// Any value of the graph that is written before this operator.
    pub fn value(&mut self, id: ValueId) -> Result<Tensor> {
        self.emitter.tensor(id, self.view.graph, self.view.facts)
    }

    /// The operand `name` for operators that ONNX Runtime's CPU provider does not have in double precision: of 64 bits
    /// becomes of 32. The result goes with [`Context::set_from_float32`].
    pub fn operand_in_float32(&mut self, name: &str) -> Result<Tensor> {
        let tensor = self.operand(name)?;
        Ok(match self.view.input(name)?.data_type {
            DataType::Float64 => self.cast(tensor, DataType::Float64, DataType::Float32),
            _ => tensor,
        })
    }

    /// Has `tensor` be the result `name`, in double precision if that is declared so.
    pub fn set_from_float32(&mut self, name: &str, tensor: Tensor) -> Result<()> {
        let tensor = match self.view.output(name)?.data_type {
            DataType::Float64 => self.cast(tensor, DataType::Float32, DataType::Float64),
            _ => tensor,
        };
        self.set(name, tensor);
        Ok(())
    }

    /// [`Context::input`]'s element type as [`Context::operand_in_float32`] gives it.
    pub fn type_in_float32(&self, name: &str) -> Result<DataType> {
        Ok(match self.view.input(name)?.data_type {
            DataType::Float64 => DataType::Float32,
            data_type => data_type,
        })
    }

    /// The operand `name`, a list of tensors.
    pub fn operands(&mut self, name: &str) -> Result<Vec<Tensor>> {
        let ids = self.view.operator.input(name);
        ids.iter().map(|id| self.emitter.tensor(*id, self.view.graph, self.view.facts)).collect()
    }

    /// Has `tensor` be the result `name`; a result that nobody asks for is let go.
    pub fn set(&mut self, name: &str, tensor: Tensor) {
        if let [id] = self.view.operator.output(name) {
            self.emitter.bind(*id, tensor);
        }
    }

    /// Has `tensors` be the result `name`, a list of as many.
    pub fn set_all(&mut self, name: &str, tensors: &[Tensor]) {
        for (id, tensor) in self.view.operator.output(name).iter().zip(tensors) {
            self.emitter.bind(*id, *tensor);
        }
    }

    /// Writes a node with one output.
    pub fn node(&mut self, op_type: &'static str, inputs: &[Tensor], fields: &[(&str, Field<'_>)]) -> Tensor {
        self.nodes(op_type, inputs, fields, 1)[0]
    }

    /// Writes a node with one output and no attributes.
    pub fn apply(&mut self, op_type: &'static str, inputs: &[Tensor]) -> Tensor {
        self.node(op_type, inputs, &[])
    }

    /// Writes a node with `count` outputs.
    pub fn nodes(
        &mut self,
        op_type: &'static str,
        inputs: &[Tensor],
        fields: &[(&str, Field<'_>)],
        count: usize,
    ) -> Vec<Tensor> {
        self.emitter.node(op_type, &self.name, inputs, fields, count)
    }

    /// Writes a node whose output is the operator's first result.
    pub fn finish(
        &mut self,
        op_type: &'static str,
        inputs: &[Tensor],
        fields: &[(&str, Field<'_>)],
    ) -> Result<()> {
        let tensor = self.node(op_type, inputs, fields);
        self.set_first(tensor);
        Ok(())
    }

    /// Has `tensor` be the operator's first result.
    pub fn set_first(&mut self, tensor: Tensor) {
        if let Some((_, ids)) = self.view.operator.outputs.first()
            && let [id] = ids[..]
        {
            self.emitter.bind(id, tensor);
        }
    }

    /// A constant list of 64-bit integers.
    pub fn int_list(&mut self, ints: &[i64]) -> Tensor {
        self.emitter.int_list(ints)
    }

    /// A constant scalar.
    pub fn scalar(&mut self, data_type: DataType, value: f64) -> Result<Tensor> {
        self.constant_tensor(data_type, &[], vec![value])
    }

    /// A constant of `dims` with these elements.
    pub fn constant_tensor(
        &mut self,
        data_type: DataType,
        dims: &[i64],
        elements: Vec<f64>,
    ) -> Result<Tensor> {
        let kind = TensorType { data_type, dims: dims.to_vec() };
        match Constant::new(&kind, Numbers::Floats(elements)).bytes() {
            Some(bytes) => Ok(self.emitter.constant(&self.name, data_type, dims, bytes)),
            None => Err(self.view.error(format_args!("no constants of type {}", data_type.name()))),
        }
    }

    /// The operand or else the attribute `name` as a list of 64-bit integers, which need not be known before
    /// the model runs: a tensor of any shape, or several, which are put in a row.
    pub fn int_list_operand(&mut self, name: &str) -> Result<Tensor> {
        if !self.view.has_input(name) || self.view.known_ints(name).is_some() {
            let ints = self.view.ints(name)?;
            return Ok(self.int_list(&ints));
        }
        let ids = self.view.operator.input(name);
        let mut parts = Vec::with_capacity(ids.len());
        for id in ids {
            let kind = self.view.kind_of(*id)?;
            let tensor = self.emitter.tensor(*id, self.view.graph, self.view.facts)?;
            let tensor = self.cast(tensor, kind.data_type, DataType::Int64);
            parts.push(if kind.dims.len() == 1 { tensor } else { self.reshape(tensor, &[-1]) });
        }
        Ok(self.concat(&parts, 0))
    }

    /// `Cast`, unless it has the type already.
    pub fn cast(&mut self, tensor: Tensor, from: DataType, to: DataType) -> Tensor {
        if from == to {
            return tensor;
        }
        self.node("Cast", &[tensor], &[("to", Field::Int(i64::from(to.code())))])
    }

    /// `Reshape` to `dims`, of which one may be -1, and 0 keeps the dimension.
    pub fn reshape(&mut self, tensor: Tensor, dims: &[i64]) -> Tensor {
        if let Some(tensor) = self.emitter.reshaped_constant(tensor, dims) {
            return tensor;
        }
        let shape = self.int_list(dims);
        self.node("Reshape", &[tensor, shape], &[])
    }

    /// `Unsqueeze` with axes of the result in rising order, unless there are none.
    pub fn unsqueeze(&mut self, tensor: Tensor, axes: &[i64]) -> Tensor {
        if axes.is_empty() {
            return tensor;
        }
        if let Some(mut dims) = self.emitter.constant_dims(tensor).map(<[i64]>::to_vec) {
            for axis in axes {
                dims.insert((*axis as usize).min(dims.len()), 1);
            }
            return self.reshape(tensor, &dims);
        }
        let axes = self.int_list(axes);
        self.node("Unsqueeze", &[tensor, axes], &[])
    }

    /// `Squeeze`, unless there are no axes.
    pub fn squeeze(&mut self, tensor: Tensor, axes: &[i64]) -> Tensor {
        if axes.is_empty() {
            return tensor;
        }
        let axes = self.int_list(axes);
        self.node("Squeeze", &[tensor, axes], &[])
    }

    /// `Transpose`, unless `permutation` leaves all axes where they are.
    pub fn transpose(&mut self, tensor: Tensor, permutation: &[i64]) -> Tensor {
        if permutation.iter().copied().eq(0..permutation.len() as i64) {
            return tensor;
        }
        self.node("Transpose", &[tensor], &[("perm", Field::Ints(permutation))])
    }

    /// `Concat`, unless there is one tensor only.
    pub fn concat(&mut self, tensors: &[Tensor], axis: i64) -> Tensor {
        match tensors {
            [only] => *only,
            _ => self.node("Concat", tensors, &[("axis", Field::Int(axis))]),
        }
    }

    /// `Slice` by constants, with steps of 1.
    pub fn slice(&mut self, tensor: Tensor, axes: &[i64], starts: &[i64], ends: &[i64]) -> Tensor {
        let (starts, ends, axes) = (self.int_list(starts), self.int_list(ends), self.int_list(axes));
        self.node("Slice", &[tensor, starts, ends, axes], &[])
    }

    /// A reduction over `axes`, over all of them where there are none.
    pub fn reduce(
        &mut self,
        op_type: &'static str,
        tensor: Tensor,
        axes: &[i64],
        keeps_axes: bool,
    ) -> Tensor {
        let keepdims = [("keepdims", Field::Int(i64::from(keeps_axes)))];
        if axes.is_empty() {
            return self.node(op_type, &[tensor], &keepdims);
        }
        let axes = self.int_list(axes);
        self.node(op_type, &[tensor, axes], &keepdims)
    }

    /// `Gather`: the parts of `tensor` along `axis` at `indices`.
    pub fn gather(&mut self, tensor: Tensor, indices: Tensor, axis: i64) -> Tensor {
        self.node("Gather", &[tensor, indices], &[("axis", Field::Int(axis))])
    }

    /// The sizes of the axes from `start` to (without) `end`, as a list of 64-bit integers: a constant if
    /// `known` has them all, else computed.
    pub fn sizes_of(&mut self, tensor: Tensor, known: &[i64], start: usize, end: usize) -> Tensor {
        if let Some(sizes) = known.get(start..end)
            && sizes.iter().all(|size| *size >= 0)
        {
            return self.int_list(sizes);
        }
        let shape = self.shape_of(tensor);
        self.slice(shape, &[0], &[start as i64], &[end as i64])
    }

    /// `Shape`: a list of 64-bit integers.
    pub fn shape_of(&mut self, tensor: Tensor) -> Tensor {
        self.node("Shape", &[tensor], &[])
    }
}
