//! Sorting.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::{Field::Int, Tensor};

use super::common::size_of;

/// `topk`: `TopK`. Of equal elements ONNX takes the first, Paddle any. Unsorted results are sorted here as well.
pub fn topk(c: &mut Context<'_>) -> Result<()> {
    let count = match c.is_known("k") {
        true => c.int_list(&[c.int_or("k", 1)?]),
        false => c.int_list_operand("k")?,
    };
    let is_largest = c.bool_or("largest", true)?;
    sort(c, count, is_largest)
}

/// `argsort`: `TopK` of all elements of the axis. Equal elements stay in their order, as `stable` asks for.
pub fn argsort(c: &mut Context<'_>) -> Result<()> {
    let shape = c.shape("x")?;
    let x = c.operand("x")?;
    let axis = c.axis_of(c.int_or("axis", -1)?, shape.len())?;
    let count = if shape.is_empty() { c.int_list(&[1]) } else { size_of(c, x, shape, axis) };
    let is_largest = c.bool_or("descending", false)?;
    sort(c, count, is_largest)
}

/// `kthvalue`: the last of the `k` least, which `TopK` has in order.
pub fn kthvalue(c: &mut Context<'_>) -> Result<()> {
    let (x, shape, k) = (c.operand("x")?, c.shape("x")?, c.int_or("k", 1)?);
    let axis = c.axis_of(c.int_or("axis", -1)?, shape.len())? as i64;
    let count = c.int_list(&[k]);
    let row = if shape.is_empty() { c.reshape(x, &[1]) } else { x };
    let fields = [("axis", Int(axis)), ("largest", Int(0))];
    let results = c.nodes("TopK", &[row, count], &fields, 2);
    for (name, result) in ["out", "indices"].into_iter().zip(results) {
        let last = c.slice(result, &[axis], &[k - 1], &[k]);
        let keeps_axis = c.bool_or("keepdim", false)? && !shape.is_empty();
        let value = if keeps_axis { last } else { c.squeeze(last, &[axis]) };
        c.set(name, value);
    }
    Ok(())
}

/// `searchsorted`: how many elements of the sequence are below a value (with `right` not above it), which is where the
/// value would have to be put in.
pub fn searchsorted(c: &mut Context<'_>) -> Result<()> {
    let (sequence, values) = (c.operand("sorted_sequence")?, c.operand("values")?);
    let (rank, value_rank) = (c.rank("sorted_sequence")? as i64, c.rank("values")? as i64);
    let sequence = if rank > 1 { c.unsqueeze(sequence, &[rank - 1]) } else { sequence };
    let values = c.unsqueeze(values, &[value_rank]);
    let op_type = if c.bool_or("right", false)? { "LessOrEqual" } else { "Less" };
    let is_before = c.node(op_type, &[sequence, values], &[]);
    let ones = c.cast(is_before, DataType::Bool, DataType::Int64);
    let count = c.reduce("ReduceSum", ones, &[value_rank], false);
    let count = c.cast(count, DataType::Int64, c.output("out")?.data_type);
    c.set("out", count);
    Ok(())
}

/// `unique`: `Unique`, of the row of all elements where no axis is given.
pub fn unique(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let data_type = c.input("x")?.data_type;
    // ONNX Runtime compares no 32-bit integers.
    let own = if data_type == DataType::Int32 { DataType::Int64 } else { data_type };
    let x = c.cast(x, data_type, own);
    let axis = c.ints_or("axis", &[])?;
    let rank = c.rank("x")?;
    let axis = axis.first().map(|axis| c.axis_of(*axis, rank)).transpose()?;
    let axis = axis.map(|axis| ("axis", Int(axis as i64)));
    let fields: Vec<_> = axis.into_iter().chain([("sorted", Int(1))]).collect();
    let results = c.nodes("Unique", &[x], &fields, 4);
    let distinct = c.cast(results[0], own, data_type);
    c.set("out", distinct);
    for (name, result) in ["indices", "inverse", "counts"].into_iter().zip(&results[1..]) {
        if c.has_output(name) {
            let result = c.cast(*result, DataType::Int64, c.output(name)?.data_type);
            c.set(name, result);
        }
    }
    Ok(())
}

/// Sets the results `out` and `indices` to the first `count` elements in order, and their places.
fn sort(c: &mut Context<'_>, count: Tensor, is_largest: bool) -> Result<()> {
    let mut x = c.operand("x")?;
    let (rank, data_type) = (c.rank("x")?, c.input("x")?.data_type);
    // ONNX Runtime sorts no smaller integers.
    let own = match data_type {
        DataType::UInt8 | DataType::Int8 | DataType::Int16 => DataType::Int32,
        other => other,
    };
    x = c.cast(x, data_type, own);
    if rank == 0 {
        x = c.reshape(x, &[1]);
    }
    let axis = c.axis_of(c.int_or("axis", -1)?, rank)?;
    let fields = [("axis", Int(axis as i64)), ("largest", Int(i64::from(is_largest)))];
    let results = c.nodes("TopK", &[x, count], &fields, 2);
    let (mut sorted, mut places) = (c.cast(results[0], own, data_type), results[1]);
    if rank == 0 {
        (sorted, places) = (c.reshape(sorted, &[]), c.reshape(places, &[]));
    }
    c.set("out", sorted);
    c.set("indices", places);
    Ok(())
}
