//! Convolution and transposed convolution.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Field::{Int, Ints, Text};
use crate::paddle::emit::Tensor;

use super::layout::{Layout, Padding, padding};
use super::pool::same_pads;

/// `conv2d`, `depthwise_conv2d`: `Conv`. The filter is laid out as ONNX's whatever the data format; with `SAME`
/// padding Paddle ignores the dilations.
pub fn conv(c: &mut Context<'_>) -> Result<()> {
    let layout = Layout::of(c, "input")?;
    let count = c.rank("input")?.saturating_sub(2);
    let (input, filter) = (c.operand_in_float32("input")?, c.operand_in_float32("filter")?);
    let ones = vec![1; count];
    let strides = c.ints_or("strides", &ones)?;
    let dilations = c.ints_or("dilations", &ones)?;
    let groups = c.int_or("groups", 1)?;
    let input = layout.to_channels_first(c, input);
    let common = [("strides", Ints(&strides)), ("group", Int(groups))];
    let result = match padding(c, count)? {
        Padding::Same => {
            c.node("Conv", &[input, filter], &[common[0], common[1], ("auto_pad", Text("SAME_UPPER"))])
        }
        Padding::Explicit(pads) => {
            let fields = [common[0], common[1], ("pads", Ints(&pads)), ("dilations", Ints(&dilations))];
            c.node("Conv", &[input, filter], &fields)
        }
    };
    let result = layout.back(c, result);
    c.set_from_float32("out", result)
}

/// `conv2d_transpose`, `depthwise_conv2d_transpose`, `conv3d_transpose`: `ConvTranspose`. A result of a given size is
/// longer behind; where that needs sizes that are free, it is made too long and cut. `SAME` paddings are those of a
/// convolution of the input.
pub fn conv_transpose(c: &mut Context<'_>) -> Result<()> {
    let layout = Layout::of(c, "x")?;
    let sizes = layout.spatial(c.shape("x")?);
    let count = sizes.len();
    let kernel = c.shape("filter")?.get(2..).unwrap_or(&[]).to_vec();
    if kernel.len() != count || kernel.iter().any(|size| *size < 1) {
        return Err(c.error(format_args!("expected a filter of {count} known sizes, got {kernel:?}")));
    }
    let ones = vec![1; count];
    let strides = c.ints_or("strides", &ones)?;
    let mut dilations = c.ints_or("dilations", &ones)?;
    let mut longer = c.ints_or("output_padding", &[])?;
    longer.resize(count, 0);
    let (pads, late) = match padding(c, count)? {
        Padding::Explicit(pads) => (pads, None),
        Padding::Same => {
            dilations = ones;
            // With strides of 1 the padding depends on the window only.
            let free = || sizes.iter().zip(&strides).any(|(size, stride)| *size < 0 && *stride > 1);
            match free() {
                true => (vec![0; 2 * count], Some(Cut::SamePads)),
                false => (same_pads(&sizes, &kernel, &strides), None),
            }
        }
    };
    let is_known = c.is_known("output_size");
    let wanted = if is_known { c.ints_or("output_size", &[])? } else { Vec::new() };
    let mut late = late;
    if !is_known || wanted.len() == count {
        let least = (0..count).map(|axis| {
            let reach = dilations[axis] * (kernel[axis] - 1) + 1;
            (sizes[axis] - 1) * strides[axis] - pads[axis] - pads[count + axis] + reach
        });
        if is_known && late.is_none() && !sizes.contains(&-1) {
            longer = least.zip(&wanted).map(|(least, wanted)| wanted - least).collect();
        } else if late.is_none() {
            longer = strides.iter().map(|stride| stride - 1).collect();
            late = Some(Cut::Sizes);
        } else {
            return Err(c.error("a given output size with SAME padding expects known sizes"));
        }
    }
    if longer.iter().any(|more| *more < 0) {
        return Err(c.error(format_args!("output size {wanted:?} is smaller than the result without it")));
    }
    let (x, filter) = (c.operand_in_float32("x")?, c.operand_in_float32("filter")?);
    let x = layout.to_channels_first(c, x);
    let fields = [
        ("strides", Ints(&strides)),
        ("group", Int(c.int_or("groups", 1)?)),
        ("pads", Ints(&pads)),
        ("dilations", Ints(&dilations)),
        ("output_padding", Ints(&longer)),
    ];
    let mut result = c.node("ConvTranspose", &[x, filter], &fields);
    if c.has_input("bias") {
        let bias = c.operand_in_float32("bias")?;
        let shape: Vec<i64> = std::iter::once(-1).chain(vec![1; count]).collect();
        let bias = c.reshape(bias, &shape);
        result = c.apply("Add", &[result, bias]);
    }
    let axes: Vec<i64> = (2..count as i64 + 2).collect();
    match late {
        None => {}
        Some(Cut::Sizes) => {
            let (axes, starts) = (c.int_list(&axes), c.int_list(&vec![0; count]));
            let ends = c.int_list_operand("output_size")?;
            result = c.apply("Slice", &[result, starts, ends, axes]);
        }
        Some(Cut::SamePads) => {
            let (starts, ends) = same_bounds(c, x, result, &kernel, &strides)?;
            let axes = c.int_list(&axes);
            result = c.apply("Slice", &[result, starts, ends, axes]);
        }
    }
    let result = layout.back(c, result);
    c.set_from_float32("out", result)
}

/// Why a result is cut after it is computed.
enum Cut {
    /// Its size is given, the input's is free.
    Sizes,
    /// Its padding depends on the input's free size.
    SamePads,
}

/// What `SAME` padding leaves of the transposed convolution `full` of `x`: from where and to where.
fn same_bounds(
    c: &mut Context<'_>,
    x: Tensor,
    full: Tensor,
    kernel: &[i64],
    strides: &[i64],
) -> Result<(Tensor, Tensor)> {
    let end = 2 + kernel.len();
    let (sizes, lengths) = (c.sizes_of(x, &[], 2, end), c.sizes_of(full, &[], 2, end));
    let less: Vec<i64> = strides.iter().map(|stride| stride - 1).collect();
    let (less, strides, kernel) = (c.int_list(&less), c.int_list(strides), c.int_list(kernel));
    let (zero, two) = (c.scalar(DataType::Int64, 0.0)?, c.scalar(DataType::Int64, 2.0)?);
    // (ceil(size / stride) - 1) stride + kernel - size, at least 0.
    let covered = c.apply("Add", &[sizes, less]);
    let covered = c.apply("Div", &[covered, strides]);
    let covered = c.apply("Mul", &[covered, strides]);
    let covered = c.apply("Sub", &[covered, strides]);
    let covered = c.apply("Add", &[covered, kernel]);
    let total = c.apply("Sub", &[covered, sizes]);
    let total = c.apply("Max", &[total, zero]);
    let before = c.apply("Div", &[total, two]);
    let after = c.apply("Sub", &[total, before]);
    let ends = c.apply("Sub", &[lengths, after]);
    Ok((before, ends))
}
