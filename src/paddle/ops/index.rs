//! Reading and writing at indices.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::{Field::Int, Field::Text, Tensor};

use super::common::{number, places_of};
use super::compare::choice;

/// The operand `name` with the 64-bit integers that ONNX's operators on indices take.
fn indices(c: &mut Context<'_>, name: &str) -> Result<Tensor> {
    let index = c.operand(name)?;
    Ok(c.cast(index, c.input(name)?.data_type, DataType::Int64))
}

/// `embedding`: `Gather` of rows; those at `padding_idx` are 0 whatever the table has there.
pub fn embedding(c: &mut Context<'_>) -> Result<()> {
    let (ids, table) = (c.operand("x")?, c.operand("weight")?);
    embed(c, ids, table)
}

/// `lookup_table` of old files: as [`embedding`], but the indices have a last axis of length 1 more.
pub fn embedding_of_columns(c: &mut Context<'_>) -> Result<()> {
    let rank = c.rank("x")? as i64;
    let (ids, table) = (c.operand("x")?, c.operand("weight")?);
    let ids = c.squeeze(ids, &[rank - 1]);
    embed(c, ids, table)
}

fn embed(c: &mut Context<'_>, ids: Tensor, table: Tensor) -> Result<()> {
    let padding = c.int_or("padding_idx", -1)?;
    if padding == -1 {
        return c.finish("Gather", &[table, ids], &[]);
    }
    let (id_type, data_type) = (c.input("x")?.data_type, c.output("out")?.data_type);
    let rows = c.node("Gather", &[table, ids], &[]);
    let padding = c.scalar(id_type, padding as f64)?;
    let is_padding = c.node("Equal", &[ids, padding], &[]);
    let is_padding = c.unsqueeze(is_padding, &[c.output("out")?.dims.len() as i64 - 1]);
    let zero = c.scalar(data_type, 0.0)?;
    let result = choice(c, is_padding, zero, rows, data_type);
    c.set("out", result);
    Ok(())
}

/// `gather`: `Gather`. Indices in a column count as a row.
pub fn gather(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let mut index = c.operand("index")?;
    let axis = c.axis_of(c.int_or("axis", 0)?, c.rank("x")?)?;
    if c.rank("index")? == 2 && c.shape("index")?[1] == 1 {
        index = c.reshape(index, &[-1]);
    }
    c.finish("Gather", &[x, index], &[("axis", Int(axis as i64))])
}

/// `index_select`: `Gather`.
pub fn index_select(c: &mut Context<'_>) -> Result<()> {
    let (x, index) = (c.operand("x")?, c.operand("index")?);
    let axis = c.axis_of(c.int_or("axis", 0)?, c.rank("x")?)?;
    c.finish("Gather", &[x, index], &[("axis", Int(axis as i64))])
}

/// `gather_nd`: `GatherND`.
pub fn gather_nd(c: &mut Context<'_>) -> Result<()> {
    check_index_depth(c)?;
    let (x, index) = (c.operand("x")?, indices(c, "index")?);
    c.finish("GatherND", &[x, index], &[])
}

/// ONNX has no indices of depth 0, which stand for the whole tensor.
fn check_index_depth(c: &Context<'_>) -> Result<()> {
    match c.shape("index")?.last() {
        Some(depth) if *depth != 0 => Ok(()),
        _ => Err(c.error("expected indices whose last axis is not empty")),
    }
}

/// `take_along_axis`: `GatherElements`.
pub fn take_along_axis(c: &mut Context<'_>) -> Result<()> {
    let (x, index) = (c.operand("arr")?, c.operand("indices")?);
    let axis = c.axis_of(c.int_or("axis", 0)?, c.rank("arr")?)?;
    c.finish("GatherElements", &[x, index], &[("axis", Int(axis as i64))])
}

/// `index_sample`: `GatherElements` of each row.
pub fn index_sample(c: &mut Context<'_>) -> Result<()> {
    let (x, index) = (c.operand("x")?, c.operand("index")?);
    c.finish("GatherElements", &[x, index], &[("axis", Int(1))])
}

/// `masked_select`: `Compress` of the row of all elements, in the shape that operand and mask have together.
pub fn masked_select(c: &mut Context<'_>) -> Result<()> {
    let (mut x, mut mask) = (c.operand("x")?, c.operand("mask")?);
    let (shape, mask_shape) = (c.shape("x")?, c.shape("mask")?);
    if shape != mask_shape || shape.contains(&-1) {
        let shapes = (c.shape_of(x), c.shape_of(mask));
        x = c.node("Expand", &[x, shapes.1], &[]);
        mask = c.node("Expand", &[mask, shapes.0], &[]);
    }
    let (x, mask) = (c.reshape(x, &[-1]), c.reshape(mask, &[-1]));
    c.finish("Compress", &[x, mask], &[("axis", Int(0))])
}

/// `nonzero`: `NonZero`, which has the axes first, transposed.
pub fn nonzero(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("condition")?;
    if c.rank("condition")? == 0 {
        return Err(c.error("expected a tensor with axes"));
    }
    let is_set = c.cast(x, c.input("condition")?.data_type, DataType::Bool);
    let places = c.node("NonZero", &[is_set], &[]);
    let result = c.transpose(places, &[1, 0]);
    c.set("out", result);
    Ok(())
}

/// `one_hot`: `OneHot` as 32-bit floats.
pub fn one_hot(c: &mut Context<'_>) -> Result<()> {
    let x = indices(c, "x")?;
    one_hot_of(c, x)
}

/// `one_hot` of old files: the indices have a last axis of length 1 more.
pub fn one_hot_of_columns(c: &mut Context<'_>) -> Result<()> {
    let rank = c.rank("x")? as i64;
    let x = indices(c, "x")?;
    let x = c.squeeze(x, &[rank - 1]);
    one_hot_of(c, x)
}

fn one_hot_of(c: &mut Context<'_>, x: Tensor) -> Result<()> {
    let count = number(c, "num_classes", DataType::Int64)?;
    let values = c.constant_tensor(DataType::Float32, &[2], vec![0.0, 1.0])?;
    // ONNX has none of a scalar.
    let is_scalar = c.output("out")?.dims.len() == 1;
    let x = if is_scalar { c.reshape(x, &[1]) } else { x };
    let result = c.node("OneHot", &[x, count, values], &[("axis", Int(-1))]);
    let result = if is_scalar { c.squeeze(result, &[0]) } else { result };
    let result = c.cast(result, DataType::Float32, c.output("out")?.data_type);
    c.set("out", result);
    Ok(())
}

/// `scatter`: `ScatterND` of rows. Without `overwrite` the rows that are written are set to 0 first and then all
/// updates are added.
pub fn scatter(c: &mut Context<'_>) -> Result<()> {
    let (mut x, index) = (c.operand("x")?, indices(c, "index")?);
    let mut updates = c.operand("updates")?;
    let index = c.reshape(index, &[-1, 1]);
    if c.rank("index")? == 0 && c.rank("updates")? < c.rank("x")? {
        updates = c.unsqueeze(updates, &[0]);
    }
    if c.bool_or("overwrite", true)? {
        return c.finish("ScatterND", &[x, index, updates], &[]);
    }
    let zero = c.scalar(c.input("x")?.data_type, 0.0)?;
    let shape = c.shape_of(updates);
    let zeros = c.node("Expand", &[zero, shape], &[]);
    x = c.node("ScatterND", &[x, index, zeros], &[]);
    c.finish("ScatterND", &[x, index, updates], &[("reduction", Text("add"))])
}

/// `scatter_nd_add`: `ScatterND` that adds.
pub fn scatter_nd_add(c: &mut Context<'_>) -> Result<()> {
    check_index_depth(c)?;
    let (x, index, updates) = (c.operand("x")?, indices(c, "index")?, c.operand("updates")?);
    c.finish("ScatterND", &[x, index, updates], &[("reduction", Text("add"))])
}

/// `put_along_axis`: `ScatterElements`. What was there before takes part in a sum, product, mean or extreme unless
/// `include_self` says no: then the places are set to what does not change the result first.
pub fn put_along_axis(c: &mut Context<'_>) -> Result<()> {
    let data_type = c.input("arr")?.data_type;
    let (mut x, index) = (c.operand("arr")?, c.operand("indices")?);
    let values = c.operand("values")?;
    let values = c.cast(values, c.input("values")?.data_type, data_type);
    let shape = c.shape_of(index);
    let values = c.node("Expand", &[values, shape], &[]);
    let axis = c.axis_of(c.int_or("axis", 0)?, c.rank("arr")?)?;
    let axis = ("axis", Int(axis as i64));
    let includes_self = c.bool_or("include_self", true)?;
    let reduction = match c.text_or("reduce", "assign")? {
        "assign" => return c.finish("ScatterElements", &[x, index, values], &[axis]),
        "add" | "mean" => "add",
        "mul" | "multiply" => "mul",
        "amax" => "max",
        "amin" => "min",
        other => return Err(c.error(format_args!("no reduction {other:?}"))),
    };
    if !includes_self {
        // Of extremes the first value itself: the one that is left there counts among its kind anyway.
        let neutral = match reduction {
            "add" | "mul" => {
                let neutral = c.scalar(data_type, if reduction == "mul" { 1.0 } else { 0.0 })?;
                c.node("Expand", &[neutral, shape], &[])
            }
            _ => values,
        };
        x = c.node("ScatterElements", &[x, index, neutral], &[axis]);
    }
    let result = c.node("ScatterElements", &[x, index, values], &[axis, ("reduction", Text(reduction))]);
    if c.text_or("reduce", "assign")? != "mean" {
        c.set("out", result);
        return Ok(());
    }
    let count = counts(c, index, axis, includes_self, data_type)?;
    c.finish("Div", &[result, count], &[])
}

/// How many numbers a mean is of at each place.
fn counts(
    c: &mut Context<'_>,
    index: Tensor,
    axis: (&'static str, crate::paddle::emit::Field<'static>),
    includes_self: bool,
    data_type: DataType,
) -> Result<Tensor> {
    let (x, zero, one) = (c.operand("arr")?, c.scalar(data_type, 0.0)?, c.scalar(data_type, 1.0)?);
    let (shape, index_shape) = (c.shape_of(x), c.shape_of(index));
    let mut counts = c.node("Expand", &[one, shape], &[]);
    if !includes_self {
        let zeros = c.node("Expand", &[zero, index_shape], &[]);
        counts = c.node("ScatterElements", &[counts, index, zeros], &[axis]);
    }
    let ones = c.node("Expand", &[one, index_shape], &[]);
    Ok(c.node("ScatterElements", &[counts, index, ones], &[axis, ("reduction", Text("add"))]))
}

/// `index_add`: `ScatterElements` that adds, with the index of each row at all its elements.
pub fn index_add(c: &mut Context<'_>) -> Result<()> {
    let (x, index, values) = (c.operand("x")?, c.operand("index")?, c.operand("add_value")?);
    let rank = c.rank("x")?;
    let axis = c.axis_of(c.int_or("axis", 0)?, rank)?;
    let mut along = vec![1; rank];
    along[axis] = -1;
    let index = c.reshape(index, &along);
    let shape = c.shape_of(values);
    let index = c.node("Expand", &[index, shape], &[]);
    c.finish(
        "ScatterElements",
        &[x, index, values],
        &[("axis", Int(axis as i64)), ("reduction", Text("add"))],
    )
}

/// `index_put`: `ScatterND` at tuples of the indices, which are broadcast to one shape, or at the places where the one
/// mask is set.
pub fn index_put(c: &mut Context<'_>) -> Result<()> {
    let (x, values) = (c.operand("x")?, c.operand("value")?);
    let index = match c.operator.input("indices") {
        [mask] if c.kind_of(*mask)?.data_type == DataType::Bool => {
            let mask = c.operand("indices")?;
            let places = c.node("NonZero", &[mask], &[]);
            c.transpose(places, &[1, 0])
        }
        _ => tuples(c)?,
    };
    // As many values as tuples, each with the axes that no index is for: that is GatherND's shape.
    let before = c.node("GatherND", &[x, index], &[]);
    let shape = c.shape_of(before);
    let values = c.node("Expand", &[values, shape], &[]);
    let fields = [("reduction", Text("add"))];
    let is_sum = c.bool_or("accumulate", false)?;
    c.finish("ScatterND", &[x, index, values], if is_sum { &fields } else { &[] })
}

/// The operands `indices` side by side along a last axis.
fn tuples(c: &mut Context<'_>) -> Result<Tensor> {
    let ids = c.operator.input("indices").to_vec();
    let (mut all, mut longest) = (Vec::with_capacity(ids.len()), 0);
    for (tensor, id) in c.operands("indices")?.into_iter().zip(ids) {
        let kind = c.kind_of(id)?;
        if kind.data_type == DataType::Bool {
            return Err(c.error("expected integers or one mask as indices, got a mask among others"));
        }
        longest = longest.max(kind.dims.len());
        all.push(c.cast(tensor, kind.data_type, DataType::Int64));
    }
    // 0 + i + j + ... has the shape that all are broadcast to.
    let mut sum = c.scalar(DataType::Int64, 0.0)?;
    for index in &all {
        sum = c.node("Add", &[sum, *index], &[]);
    }
    let shape = c.shape_of(sum);
    for index in &mut all {
        let whole = c.node("Expand", &[*index, shape], &[]);
        *index = c.unsqueeze(whole, &[longest as i64]);
    }
    Ok(c.concat(&all, longest as i64))
}

/// `multiplex`: of each row the one of the tensor that its index names: `GatherND` at pairs of tensor and row.
pub fn multiplex(c: &mut Context<'_>) -> Result<()> {
    let tensors = c.operands("inputs")?;
    let stacked: Vec<Tensor> = tensors.iter().map(|tensor| c.unsqueeze(*tensor, &[0])).collect();
    let stacked = c.concat(&stacked, 0);
    let index = indices(c, "index")?;
    let index = c.reshape(index, &[-1, 1]);
    let rows = places_of(c, index, &[-1, 1], 0)?;
    let rows = c.unsqueeze(rows, &[1]);
    let pairs = c.concat(&[index, rows], 1);
    c.finish("GatherND", &[stacked, pairs], &[])
}
