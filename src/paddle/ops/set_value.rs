//! Writing to a part of a tensor.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::{Field::Int, Tensor};
use crate::paddle::facts::element_count;

use super::common::range;
use super::repeat::ends_of_paddle2;

/// `set_value` with numbers that stand in the file: see [`set_part`].
pub fn set_value(c: &mut Context<'_>) -> Result<()> {
    let ends = c.int_list_operand("ends")?;
    let values = stated_values(c)?;
    set_part(c, ends, values)
}

/// `set_value_with_tensor`: see [`set_part`].
pub fn set_value_with_tensor(c: &mut Context<'_>) -> Result<()> {
    let ends = c.int_list_operand("ends")?;
    let values = computed_values(c)?;
    set_part(c, ends, values)
}

/// `set_value` of Paddle 2, with either kind of values; an end of -1 with a negative step is before the first element.
pub fn set_value_of_paddle2(c: &mut Context<'_>) -> Result<()> {
    let ends = ends_of_paddle2(c, "steps")?;
    let values = if c.has_input("values") { computed_values(c)? } else { stated_values(c)? };
    set_part(c, ends, values)
}

fn computed_values(c: &mut Context<'_>) -> Result<Tensor> {
    let values = c.operand("values")?;
    Ok(c.cast(values, c.input("values")?.data_type, c.input("x")?.data_type))
}

/// The attribute `values`; before Paddle 2.5 its name has the type.
fn stated_values(c: &mut Context<'_>) -> Result<Tensor> {
    let data_type = c.input("x")?.data_type;
    let shape = c.ints_or("shape", &[])?;
    for name in ["values", "fp32_values", "fp64_values", "int32_values", "int64_values", "bool_values"] {
        let values = c.floats_or(name, &[])?;
        if !values.is_empty() {
            let shape =
                if element_count(&shape) == Some(values.len()) { shape } else { vec![values.len() as i64] };
            return c.constant_tensor(data_type, &shape, values);
        }
    }
    Err(c.error("expected values to set"))
}

/// The same `Slice` is taken of the places of all elements; values, expanded to its shape, are written there with
/// `ScatterElements`. That holds for steps of either sign and for bounds that are computed.
fn set_part(c: &mut Context<'_>, ends: Tensor, values: Tensor) -> Result<()> {
    let x = c.operand("x")?;
    let (starts, steps) = (c.int_list_operand("starts")?, c.int_list_operand("steps")?);
    let axes = c.ints("axes")?;
    let shape = c.shape("x")?;
    let (whole, count) = match element_count(shape) {
        Some(count) => (c.int_list(shape), c.scalar(DataType::Int64, count as f64)?),
        None => (c.shape_of(x), c.node("Size", &[x], &[])),
    };
    let places = range(c, count)?;
    let places = c.node("Reshape", &[places, whole], &[]);
    let axes_list = c.int_list(&axes);
    let mut part = places;
    if !axes.is_empty() {
        part = c.node("Slice", &[places, starts, ends, axes_list, steps], &[]);
    }
    let part = as_indexed(c, part, shape.len())?;
    let part_shape = c.shape_of(part);
    let values = c.node("Expand", &[values, part_shape], &[]);
    let [row, part, values] = [x, part, values].map(|tensor| c.reshape(tensor, &[-1]));
    let written = c.node("ScatterElements", &[row, part, values], &[("axis", Int(0))]);
    c.finish("Reshape", &[written, whole], &[])
}

/// The part in the shape that the index expression has in Python, with which values are broadcast: without the axes
/// that an integer took away, and with those that `None` put before the axes it counts.
fn as_indexed(c: &mut Context<'_>, part: Tensor, rank: usize) -> Result<Tensor> {
    let (removed, added) = (c.ints_or("decrease_axes", &[])?, c.ints_or("none_axes", &[])?);
    let mut new_axes = Vec::with_capacity(added.len());
    let mut position = 0;
    for axis in 0..=rank as i64 {
        let is_end = axis == rank as i64;
        for _ in added.iter().filter(|before| **before == axis || (is_end && **before > axis)) {
            new_axes.push(position);
            position += 1;
        }
        if !removed.contains(&axis) {
            position += 1;
        }
    }
    let part = c.squeeze(part, &removed);
    Ok(c.unsqueeze(part, &new_axes))
}
