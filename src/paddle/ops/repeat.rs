//! Repeating, reversing, cutting out and taking apart.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::{Field::Int, Tensor};

use super::common::{places_of, range, size_of};

/// `expand`: `Expand`, in whose shape 1 stands for what Paddle calls -1: the dimension as it is.
pub fn expand(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let shape = if c.is_known("shape") {
        let dims: Vec<i64> = c.ints("shape")?.iter().map(|dim| if *dim == -1 { 1 } else { *dim }).collect();
        c.int_list(&dims)
    } else {
        let shape = c.int_list_operand("shape")?;
        let one = c.scalar(DataType::Int64, 1.0)?;
        let keeps = c.int_list(&[-1]);
        let keeps = c.node("Equal", &[shape, keeps], &[]);
        c.node("Where", &[keeps, one, shape], &[])
    };
    c.finish("Expand", &[x, shape], &[])
}

/// `expand_as`: `Expand` to the shape of y, or to the attribute `target_shape` of files that leave y out.
pub fn expand_as(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let shape = if !c.has_input("y") {
        let dims = c.ints("target_shape")?;
        c.int_list(&dims)
    } else if c.shape("y")?.contains(&-1) {
        let y = c.operand("y")?;
        c.shape_of(y)
    } else {
        c.int_list(c.shape("y")?)
    };
    c.finish("Expand", &[x, shape], &[])
}

/// `broadcast_tensors`: `Expand` of each to the shapes of all others.
pub fn broadcast_tensors(c: &mut Context<'_>) -> Result<()> {
    let tensors = c.operands("input")?;
    let mut results = Vec::with_capacity(tensors.len());
    let shapes: Vec<Tensor> = tensors.iter().map(|tensor| c.shape_of(*tensor)).collect();
    for tensor in &tensors {
        let mut result = *tensor;
        for (other, shape) in tensors.iter().zip(&shapes) {
            if other != tensor {
                result = c.node("Expand", &[result, *shape], &[]);
            }
        }
        results.push(result);
    }
    c.set_all("out", &results);
    Ok(())
}

/// `tile`: `Tile`. Where operand and `repeat_times` differ in length, the shorter one has ones put before it.
pub fn tile(c: &mut Context<'_>) -> Result<()> {
    let mut x = c.operand("x")?;
    let rank = c.rank("x")?;
    let is_known = c.is_known("repeat_times");
    let (mut repeats, count) = if is_known {
        let repeats = c.ints("repeat_times")?;
        (c.int_list(&repeats), repeats.len())
    } else {
        let repeats = c.int_list_operand("repeat_times")?;
        (repeats, c.output("out")?.dims.len())
    };
    if count > rank {
        let axes: Vec<i64> = (0..(count - rank) as i64).collect();
        x = c.unsqueeze(x, &axes);
    } else if count < rank && is_known {
        let ones = vec![1; rank - count];
        repeats = c.int_list(&[&ones[..], &c.ints("repeat_times")?].concat());
    }
    c.finish("Tile", &[x, repeats], &[])
}

/// `meshgrid`: each operand along its own axis, with `Expand` to the sizes of all.
pub fn meshgrid(c: &mut Context<'_>) -> Result<()> {
    let ids = c.operator.input("inputs").to_vec();
    let tensors = c.operands("inputs")?;
    let count = tensors.len();
    let (mut sizes, mut grids) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for (axis, (tensor, id)) in tensors.iter().zip(ids).enumerate() {
        let dims = &c.kind_of(id)?.dims;
        sizes.push(if dims.is_empty() { c.int_list(&[1]) } else { size_of(c, *tensor, dims, 0) });
        let mut shape = vec![1; count];
        shape[axis] = -1;
        grids.push(c.reshape(*tensor, &shape));
    }
    let shape = c.concat(&sizes, 0);
    let grids: Vec<Tensor> = grids.iter().map(|grid| c.node("Expand", &[*grid, shape], &[])).collect();
    c.set_all("out", &grids);
    Ok(())
}

/// `flip`, `reverse`: `Slice` from the last to the first.
pub fn flip(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let rank = c.rank("x")?;
    let axes: Vec<i64> = c
        .ints("axis")?
        .iter()
        .map(|axis| c.axis_of(*axis, rank).map(|axis| axis as i64))
        .collect::<Result<_>>()?;
    if rank == 0 || axes.is_empty() {
        c.set("out", x);
        return Ok(());
    }
    let ends = c.int_list(&vec![i64::MIN; axes.len()]);
    let minus_ones = c.int_list(&vec![-1; axes.len()]);
    let axes = c.int_list(&axes);
    c.finish("Slice", &[x, minus_ones, ends, axes, minus_ones], &[])
}

/// `roll`: `Gather` of the places moved on, one axis after the other; without axes along the row of all elements.
pub fn roll(c: &mut Context<'_>) -> Result<()> {
    let mut x = c.operand("x")?;
    let shape = c.shape("x")?;
    let axes = c.ints_or("axis", &[])?;
    if shape.is_empty() {
        c.set("out", x);
        return Ok(());
    }
    let shifts = c.int_list_operand("shifts")?;
    if axes.is_empty() {
        let whole = c.shape_of(x);
        let row = c.reshape(x, &[-1]);
        let rolled = rolled(c, row, &[-1], 0, shifts)?;
        return c.finish("Reshape", &[rolled, whole], &[]);
    }
    for (position, axis) in (0i64..).zip(&axes) {
        let axis = c.axis_of(*axis, shape.len())?;
        let shift = match axes.len() {
            1 => shifts,
            _ => c.slice(shifts, &[0], &[position], &[position + 1]),
        };
        x = rolled(c, x, shape, axis, shift)?;
    }
    c.set("out", x);
    Ok(())
}

fn rolled(c: &mut Context<'_>, x: Tensor, shape: &[i64], axis: usize, shift: Tensor) -> Result<Tensor> {
    let places = places_of(c, x, shape, axis)?;
    let size = size_of(c, x, shape, axis);
    let moved = c.node("Sub", &[places, shift], &[]);
    let places = c.node("Mod", &[moved, size], &[]);
    Ok(c.node("Gather", &[x, places], &[("axis", Int(axis as i64))]))
}

/// `strided_slice`: `Slice`.
pub fn strided_slice(c: &mut Context<'_>) -> Result<()> {
    let bounds = [c.int_list_operand("starts")?, c.int_list_operand("ends")?, c.int_list_operand("strides")?];
    stride(c, bounds)
}

/// `strided_slice` of Paddle 2, where with a negative stride an end of -1 is before the first element, not the last
/// one, and an end before the first element is the first one, which is left out.
pub fn strided_slice_of_paddle2(c: &mut Context<'_>) -> Result<()> {
    let ends = match c.is_known("ends") && c.is_known("strides") {
        true => known_ends_of_paddle2(c)?,
        false => ends_of_paddle2(c, "strides")?,
    };
    let bounds = [c.int_list_operand("starts")?, ends, c.int_list_operand("strides")?];
    stride(c, bounds)
}

fn known_ends_of_paddle2(c: &mut Context<'_>) -> Result<Tensor> {
    let x = c.operand("x")?;
    let (axes, strides, shape) = (c.ints("axes")?, c.ints("strides")?, c.shape("x")?);
    let mut ends = Vec::with_capacity(axes.len());
    for (end, (axis, stride)) in c.ints("ends")?.into_iter().zip(axes.iter().zip(strides)) {
        let axis = c.axis_of(*axis, shape.len())?;
        let end_list = c.int_list(&[end]);
        ends.push(match (end, shape.get(axis)) {
            _ if stride > 0 || end > -1 => end_list,
            (-1, _) => c.int_list(&[i64::MIN]),
            (_, Some(size @ 0..)) => c.int_list(&[(end + size).max(0)]),
            _ => {
                let size = size_of(c, x, shape, axis);
                let zero = c.int_list(&[0]);
                let from_front = c.node("Add", &[size, end_list], &[]);
                c.node("Max", &[from_front, zero], &[])
            }
        });
    }
    Ok(c.concat(&ends, 0))
}

fn stride(c: &mut Context<'_>, [starts, ends, strides]: [Tensor; 3]) -> Result<()> {
    let x = c.operand("x")?;
    let axes = c.ints("axes")?;
    let axes = c.int_list(&axes);
    let part = c.node("Slice", &[x, starts, ends, axes, strides], &[]);
    let removed = c.ints_or("decrease_axis", &[])?;
    let left = c.rank("x")?.saturating_sub(removed.len());
    let result = match left == 0 && c.output("out")?.dims.len() == 1 {
        true => c.reshape(part, &[1]),
        false => c.squeeze(part, &removed),
    };
    c.set("out", result);
    Ok(())
}

/// The operand or attribute `ends` with i64::MIN for each -1 that goes with a negative stride.
pub fn ends_of_paddle2(c: &mut Context<'_>, strides: &str) -> Result<Tensor> {
    if c.is_known("ends") && c.is_known(strides) {
        let (ends, strides) = (c.ints("ends")?, c.ints(strides)?);
        let ends = ends.iter().enumerate().map(|(index, end)| match strides.get(index) {
            Some(stride) if *stride < 0 && *end == -1 => i64::MIN,
            _ => *end,
        });
        let ends: Vec<i64> = ends.collect();
        return Ok(c.int_list(&ends));
    }
    let (ends, strides) = (c.int_list_operand("ends")?, c.int_list_operand(strides)?);
    let (zero, last) = (c.int_list(&[0]), c.int_list(&[-1]));
    let before_first = c.int_list(&[i64::MIN]);
    let is_backwards = c.node("Less", &[strides, zero], &[]);
    let is_last = c.node("Equal", &[ends, last], &[]);
    let both = c.node("And", &[is_backwards, is_last], &[]);
    Ok(c.node("Where", &[both, before_first, ends], &[]))
}

/// `crop`: `Slice` of the `shape` at the `offsets`; -1 in the shape stands for all that is behind the offset.
pub fn crop(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let offsets = c.int_list_operand("offsets")?;
    let ends = if c.is_known("shape") && c.is_known("offsets") {
        let (shape, offsets) = (c.ints("shape")?, c.ints("offsets")?);
        let end =
            |(size, offset): (&i64, &i64)| if *size < 0 { i64::MAX } else { offset.saturating_add(*size) };
        let ends: Vec<i64> = shape.iter().zip(&offsets).map(end).collect();
        c.int_list(&ends)
    } else {
        let shape = c.int_list_operand("shape")?;
        let (zero, last) = (c.int_list(&[0]), c.int_list(&[i64::MAX]));
        let is_rest = c.node("Less", &[shape, zero], &[]);
        let ends = c.node("Add", &[offsets, shape], &[]);
        c.node("Where", &[is_rest, last, ends], &[])
    };
    c.finish("Slice", &[x, offsets, ends], &[])
}

/// `repeat_interleave`: each element of the axis so many times in a row, by `Gather` of the places, which are
/// divided by that number.
pub fn repeat_interleave(c: &mut Context<'_>) -> Result<()> {
    if c.has_input("repeats") {
        return repeat_interleave_each(c);
    }
    let x = c.operand("x")?;
    let (shape, repeats) = (c.shape("x")?, c.int("repeats")?);
    let axis = c.axis_of(c.int_or("axis", 0)?, shape.len())?;
    if repeats < 1 {
        return Err(c.error(format_args!("expected to repeat at least once, got {repeats} times")));
    }
    let size = size_of(c, x, shape, axis);
    let size = c.reshape(size, &[]);
    let repeats = c.scalar(DataType::Int64, repeats as f64)?;
    let count = c.node("Mul", &[size, repeats], &[]);
    let places = range(c, count)?;
    let sources = c.node("Div", &[places, repeats], &[]);
    c.finish("Gather", &[x, sources], &[("axis", Int(axis as i64))])
}

/// `repeat_interleave` with a number for each element: the source of a place is how many running sums of the numbers
/// are not beyond it.
fn repeat_interleave_each(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let axis = c.axis_of(c.int_or("axis", 0)?, c.rank("x")?)?;
    let repeats = c.int_list_operand("repeats")?;
    if c.shape("repeats")? == [1] {
        let size = size_of(c, x, c.shape("x")?, axis);
        let repeats = c.node("Expand", &[repeats, size], &[]);
        return repeat_each(c, x, axis, repeats);
    }
    repeat_each(c, x, axis, repeats)
}

fn repeat_each(c: &mut Context<'_>, x: Tensor, axis: usize, repeats: Tensor) -> Result<()> {
    let first = c.scalar(DataType::Int64, 0.0)?;
    let ends = c.node("CumSum", &[repeats, first], &[]);
    let count = c.reduce("ReduceSum", repeats, &[0], false);
    let places = range(c, count)?;
    let places = c.unsqueeze(places, &[1]);
    let is_passed = c.node("LessOrEqual", &[ends, places], &[]);
    let passed = c.cast(is_passed, DataType::Bool, DataType::Int64);
    let sources = c.reduce("ReduceSum", passed, &[1], false);
    c.finish("Gather", &[x, sources], &[("axis", Int(axis as i64))])
}

/// `unstack`: `Split` and `Squeeze`.
pub fn unstack(c: &mut Context<'_>) -> Result<()> {
    take_apart(c, "x")
}

/// `unbind`: `Split` and `Squeeze`.
pub fn unbind(c: &mut Context<'_>) -> Result<()> {
    take_apart(c, "input")
}

fn take_apart(c: &mut Context<'_>, operand: &str) -> Result<()> {
    let x = c.operand(operand)?;
    let axis = c.axis_of(c.int_or("axis", 0)?, c.rank(operand)?)? as i64;
    let count = c.operator.output("out").len();
    let parts = match count {
        1 => vec![x],
        _ => c.nodes("Split", &[x], &[("axis", Int(axis)), ("num_outputs", Int(count as i64))], count),
    };
    let parts: Vec<Tensor> = parts.into_iter().map(|part| c.squeeze(part, &[axis])).collect();
    c.set_all("out", &parts);
    Ok(())
}

/// `tril`: the lower `Trilu`.
pub fn tril(c: &mut Context<'_>) -> Result<()> {
    triangle(c, false)
}

/// `triu`: the upper `Trilu`.
pub fn triu(c: &mut Context<'_>) -> Result<()> {
    triangle(c, true)
}

/// `tril_triu` of old files: `Trilu`, the lower one if `lower`.
pub fn tril_triu(c: &mut Context<'_>) -> Result<()> {
    triangle(c, !c.bool_or("lower", true)?)
}

fn triangle(c: &mut Context<'_>, is_upper: bool) -> Result<()> {
    let x = c.operand("x")?;
    let data_type = c.input("x")?.data_type;
    // ONNX Runtime has it for no smaller integers.
    let own = match data_type {
        DataType::Int32 | DataType::Int16 | DataType::Int8 | DataType::UInt8 => DataType::Int64,
        other => other,
    };
    let x = c.cast(x, data_type, own);
    let diagonal = c.scalar(DataType::Int64, c.int_or("diagonal", 0)? as f64)?;
    let result = c.node("Trilu", &[x, diagonal], &[("upper", Int(i64::from(is_upper)))]);
    let result = c.cast(result, own, data_type);
    c.set("out", result);
    Ok(())
}
