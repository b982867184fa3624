//! Operators that change shapes, and those that join and cut tensors.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::{Field::Int, Tensor};

/// `shape`: `Shape`, in 32 bits but for `shape64`.
pub fn shape(c: &mut Context<'_>) -> Result<()> {
    let input = c.operand("input")?;
    let shape = c.shape_of(input);
    let shape = c.cast(shape, DataType::Int64, c.output("out")?.data_type);
    c.set("out", shape);
    Ok(())
}

/// `reshape`: `Reshape`, with the same meaning of -1 and 0.
pub fn reshape(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    if c.has_input("shape") && c.known_ints("shape").is_none() {
        let shape = c.int_list_operand("shape")?;
        return c.finish("Reshape", &[x, shape], &[]);
    }
    let result = c.reshape(x, &c.ints("shape")?);
    c.set("out", result);
    Ok(())
}

/// A dimension of a shape that is made of another tensor's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dim {
    Known(i64),
    /// That of the tensor's axis.
    Of(usize),
    /// What is left.
    Rest,
}

/// `Reshape` of `x` to dimensions that may be its own; at most one is the rest.
pub fn reshape_to(c: &mut Context<'_>, x: Tensor, dims: &[Dim]) -> Tensor {
    // A 0 in the shape stands for the dimension at the same place.
    let simple = dims.iter().enumerate().map(|(axis, dim)| match dim {
        Dim::Known(size) if *size > 0 => Some(*size),
        Dim::Of(own) if *own == axis => Some(0),
        Dim::Rest => Some(-1),
        _ => None,
    });
    if let Some(simple) = simple.collect::<Option<Vec<i64>>>() {
        return c.reshape(x, &simple);
    }
    let shape = c.shape_of(x);
    let mut parts = Vec::with_capacity(dims.len());
    for dim in dims {
        parts.push(match dim {
            Dim::Known(size) => c.int_list(&[*size]),
            Dim::Of(axis) => c.slice(shape, &[0], &[*axis as i64], &[*axis as i64 + 1]),
            Dim::Rest => c.int_list(&[-1]),
        });
    }
    let shape = c.concat(&parts, 0);
    c.node("Reshape", &[x, shape], &[("allowzero", Int(1))])
}

/// Declared dimensions as [`Dim`]s: free ones are those of the axis.
pub fn dims_of(shape: &[i64]) -> Vec<Dim> {
    let dim = |(axis, size): (usize, &i64)| if *size >= 0 { Dim::Known(*size) } else { Dim::Of(axis) };
    shape.iter().enumerate().map(dim).collect()
}

/// `flatten`: the axes from `start_axis` to `stop_axis` become one: `Flatten` where it is all but the first, else
/// `Reshape`.
pub fn flatten(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let shape = c.shape("x")?;
    let start = c.axis_of(c.int_or("start_axis", 1)?, shape.len())?;
    let stop = c.axis_of(c.int_or("stop_axis", 1)?, shape.len())?;
    if start > stop {
        return Err(c.error(format_args!("expected start_axis {start} up to stop_axis {stop}")));
    }
    if start == 1 && stop + 1 == shape.len() {
        return c.finish("Flatten", &[x], &[("axis", Int(1))]);
    }
    let dims = dims_of(shape);
    let result = if shape.is_empty() {
        c.reshape(x, &[1])
    } else {
        let whole = [&dims[..start], &[Dim::Rest], &dims[stop + 1..]].concat();
        reshape_to(c, x, &whole)
    };
    c.set("out", result);
    Ok(())
}

/// `flatten2` of older files: `Flatten` to a matrix.
pub fn flatten_to_matrix(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    c.finish("Flatten", &[x], &[("axis", Int(c.int_or("axis", 1)?))])
}

/// `transpose`: `Transpose`.
pub fn transpose(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let rank = c.rank("x")?;
    let axes = c.ints("perm")?;
    let permutation: Vec<i64> =
        axes.iter().map(|axis| c.axis_of(*axis, rank).map(|axis| axis as i64)).collect::<Result<_>>()?;
    let result = c.transpose(x, &permutation);
    c.set("out", result);
    Ok(())
}

/// `squeeze`: `Squeeze`. Axes that are longer than 1 are passed over, which ONNX does not do; no axes stand for
/// all of length 1. What happens to a free one is told by the declared result.
pub fn squeeze(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let shape = c.shape("x")?;
    let mut asked: Vec<usize> =
        c.ints_or("axis", &[])?.iter().map(|axis| c.axis_of(*axis, shape.len())).collect::<Result<_>>()?;
    if asked.is_empty() {
        asked = (0..shape.len()).collect();
    }
    let count = shape.len().saturating_sub(c.output("out")?.dims.len());
    let of_size = |size: i64| asked.iter().filter(move |axis| shape.get(**axis) == Some(&size));
    let mut axes: Vec<i64> = of_size(1).chain(of_size(-1)).take(count).map(|axis| *axis as i64).collect();
    axes.sort_unstable();
    axes.dedup();
    let result = c.squeeze(x, &axes);
    c.set("out", result);
    Ok(())
}

/// `unsqueeze`: `Unsqueeze`. Paddle inserts one axis after the other, ONNX numbers those of the result.
pub fn unsqueeze(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let mut is_new = vec![false; c.rank("x")?];
    for axis in c.ints("axis")? {
        let axis = c.axis_of(axis, is_new.len() + 1)?;
        is_new.insert(axis, true);
    }
    let axes: Vec<i64> = (0i64..).zip(is_new).filter(|(_, is_new)| *is_new).map(|(axis, _)| axis).collect();
    let result = c.unsqueeze(x, &axes);
    c.set("out", result);
    Ok(())
}

/// `concat`: `Concat`.
pub fn concat(c: &mut Context<'_>) -> Result<()> {
    let tensors = c.operands("x")?;
    let rank = c.output("out")?.dims.len();
    let axis = c.axis_of(c.int_or("axis", 0)?, rank)?;
    let data_type = c.output("out")?.data_type;
    let mut same = Vec::with_capacity(tensors.len());
    for (tensor, id) in tensors.iter().zip(c.operator.input("x")) {
        same.push(c.cast(*tensor, c.kind_of(*id)?.data_type, data_type));
    }
    let result = c.concat(&same, axis as i64);
    c.set("out", result);
    Ok(())
}

/// `split`, `split_with_num`: `Split`. A section of -1 is what is left; where the axis is free as well, `Slice`s
/// count from both ends.
pub fn split(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let shape = c.shape("x")?;
    let axis = c.axis_of(c.int_or("axis", 0)?, shape.len())?;
    let count = c.operator.output("out").len();
    let field = ("axis", Int(axis as i64));
    let mut sections = c.ints_or("sections", &[])?;
    if sections.is_empty() {
        let parts = c.nodes("Split", &[x], &[field, ("num_outputs", Int(count as i64))], count);
        c.set_all("out", &parts);
        return Ok(());
    }
    if sections.len() != count {
        return Err(c.error(format_args!("expected {count} sections, got {sections:?}")));
    }
    let is_section = |section: &i64| (-1..=i64::from(u32::MAX)).contains(section);
    if !sections.iter().all(is_section) || sections.iter().filter(|section| **section == -1).count() > 1 {
        return Err(c.error(format_args!("expected lengths, one of which may be -1, got {sections:?}")));
    }
    let known: i64 = sections.iter().filter(|section| **section >= 0).sum();
    let size = shape.get(axis).copied().unwrap_or(-1);
    if sections.contains(&-1) && size < 0 {
        let parts = split_from_both_ends(c, x, axis as i64, &sections);
        c.set_all("out", &parts);
        return Ok(());
    }
    for section in sections.iter_mut().filter(|section| **section < 0) {
        *section = size - known;
    }
    let lengths = c.int_list(&sections);
    let parts = c.nodes("Split", &[x, lengths], &[field], count);
    c.set_all("out", &parts);
    Ok(())
}

/// Sections up to that of -1 are counted from the front, those after it from the back.
fn split_from_both_ends(c: &mut Context<'_>, x: Tensor, axis: i64, sections: &[i64]) -> Vec<Tensor> {
    let rest = sections.iter().position(|section| *section == -1).unwrap_or(0);
    let bounds = |index: usize| {
        let before: i64 = sections[..index.min(rest)].iter().sum();
        let from: i64 = sections[index.max(rest + 1)..].iter().sum();
        let behind: i64 = sections[(index + 1).max(rest + 1)..].iter().sum();
        let start = if index <= rest { before } else { -from };
        let end = match index < rest {
            true => before + sections[index],
            false if behind == 0 => i64::MAX,
            false => -behind,
        };
        (start, end)
    };
    let mut parts = Vec::with_capacity(sections.len());
    for index in 0..sections.len() {
        let (start, end) = bounds(index);
        parts.push(c.slice(x, &[axis], &[start], &[end]));
    }
    parts
}

/// `slice`: `Slice`, and `Squeeze` of the axes in `decrease_axis`. Bounds may be computed.
pub fn slice(c: &mut Context<'_>) -> Result<()> {
    let input = c.operand("input")?;
    let axes = c.ints("axes")?;
    let (starts, ends) = (c.int_list_operand("starts")?, c.int_list_operand("ends")?);
    let axes = c.int_list(&axes);
    let part = c.node("Slice", &[input, starts, ends, axes], &[]);
    let removed = c.ints_or("decrease_axis", &[])?;
    let left = c.rank("input")?.saturating_sub(removed.len());
    // Before there were tensors without axes, one element had one.
    let result = match left == 0 && c.output("out")?.dims.len() == 1 {
        true => c.reshape(part, &[1]),
        false => c.squeeze(part, &removed),
    };
    c.set("out", result);
    Ok(())
}

/// `stack`: `Unsqueeze` of each operand and `Concat`.
pub fn stack(c: &mut Context<'_>) -> Result<()> {
    let tensors = c.operands("x")?;
    let rank = c.output("out")?.dims.len();
    let axis = c.axis_of(c.int_or("axis", 0)?, rank)? as i64;
    let rows: Vec<Tensor> = tensors.iter().map(|tensor| c.unsqueeze(*tensor, &[axis])).collect();
    let result = c.concat(&rows, axis);
    c.set_first(result);
    Ok(())
}
