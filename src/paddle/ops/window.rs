//! Operators that move pixels between space and channels.

use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Field::{Int, Ints, Text};
use crate::paddle::emit::Tensor;

use super::layout::Layout;
use super::shape::{Dim, dims_of, reshape_to};

/// Windows over height and width as `unfold` and `fold` have them.
struct Windows {
    kernel: [i64; 2],
    strides: [i64; 2],
    dilations: [i64; 2],
    /// Top, left, bottom, right.
    pads: [i64; 4],
}

impl Windows {
    fn of(c: &Context<'_>) -> Result<Self> {
        let pair = |name: &str| match c.ints_or(name, &[1, 1])?[..] {
            [both] => Ok([both, both]),
            [first, second] => Ok([first, second]),
            ref other => Err(c.error(format_args!("{name}: expected 2 numbers, got {other:?}"))),
        };
        let pads = match c.ints_or("paddings", &[0])?[..] {
            [all] => [all; 4],
            [vertical, horizontal] => [vertical, horizontal, vertical, horizontal],
            [top, left, bottom, right] => [top, left, bottom, right],
            ref other => return Err(c.error(format_args!("expected 4 paddings, got {other:?}"))),
        };
        let windows = Self {
            kernel: pair("kernel_sizes")?,
            strides: pair("strides")?,
            dilations: pair("dilations")?,
            pads,
        };
        if windows.kernel.iter().chain(&windows.strides).chain(&windows.dilations).any(|size| *size < 1) {
            return Err(c.error("expected kernel sizes, strides and dilations of at least 1"));
        }
        Ok(windows)
    }
}

/// `unfold`: one strided `Slice` per element of the window, put side by side.
pub fn unfold(c: &mut Context<'_>) -> Result<()> {
    let windows = Windows::of(c)?;
    let channels = c.shape("x")?.get(1).copied().unwrap_or(-1);
    if channels < 1 {
        return Err(c.error("expected a known number of channels"));
    }
    let mut x = c.operand("x")?;
    let [top, left, bottom, right] = windows.pads;
    if windows.pads != [0; 4] {
        let pads = c.int_list(&[0, 0, top, left, 0, 0, bottom, right]);
        x = c.apply("Pad", &[x, pads]);
    }
    let ([rows, columns], [down, across]) = (windows.kernel, windows.dilations);
    let (axes, steps) = (c.int_list(&[2, 3]), c.int_list(&windows.strides));
    let mut parts = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            // As far from the end as the window's last element is from this one.
            let end = |behind: i64| if behind == 0 { i64::MAX } else { -behind };
            let starts = c.int_list(&[row * down, column * across]);
            let ends = c.int_list(&[end((rows - 1 - row) * down), end((columns - 1 - column) * across)]);
            let part = c.apply("Slice", &[x, starts, ends, axes, steps]);
            parts.push(c.unsqueeze(part, &[2]));
        }
    }
    let all = c.concat(&parts, 2);
    let result = c.reshape(all, &[0, channels * rows * columns, -1]);
    c.set_first(result);
    Ok(())
}

/// `fold`: `Col2Im`.
pub fn fold(c: &mut Context<'_>) -> Result<()> {
    let windows = Windows::of(c)?;
    let x = c.operand_in_float32("x")?;
    let sizes = c.int_list_operand("output_sizes")?;
    let kernel = c.int_list(&windows.kernel);
    let fields = [
        ("strides", Ints(&windows.strides[..])),
        ("dilations", Ints(&windows.dilations)),
        ("pads", Ints(&windows.pads)),
    ];
    let result = c.node("Col2Im", &[x, sizes, kernel], &fields);
    c.set_from_float32("out", result)
}

/// `pixel_shuffle`: `DepthToSpace` with the channel outermost.
pub fn pixel_shuffle(c: &mut Context<'_>) -> Result<()> {
    let layout = Layout::of(c, "x")?;
    let x = c.operand("x")?;
    let x = layout.to_channels_first(c, x);
    let factor = c.int_or("upscale_factor", 1)?;
    let result = c.node("DepthToSpace", &[x], &[("blocksize", Int(factor)), ("mode", Text("CRD"))]);
    let result = layout.back(c, result);
    c.set("out", result);
    Ok(())
}

/// `pixel_unshuffle`: `SpaceToDepth`, which has the place in the block outermost, and `Gather` of the channels in
/// Paddle's order.
pub fn pixel_unshuffle(c: &mut Context<'_>) -> Result<()> {
    let layout = Layout::of(c, "x")?;
    let channels = layout.channels(c.shape("x")?);
    let factor = c.int_or("downscale_factor", 1)?;
    if channels < 1 || factor < 1 {
        return Err(c.error(format_args!("expected known channels and a factor, got {channels}, {factor}")));
    }
    let x = c.operand("x")?;
    let x = layout.to_channels_first(c, x);
    let blocks = c.node("SpaceToDepth", &[x], &[("blocksize", Int(factor))]);
    let area = factor * factor;
    let result = match channels {
        1 => blocks,
        _ => in_order(c, blocks, 1, (0..channels * area).map(|to| to % area * channels + to / area)),
    };
    let result = layout.back(c, result);
    c.set("out", result);
    Ok(())
}

/// `channel_shuffle`, `shuffle_channel`: `Gather` of the channels, first of each group, second of each group and so on.
pub fn channel_shuffle(c: &mut Context<'_>) -> Result<()> {
    let layout = Layout::of(c, "x")?;
    let channels = layout.channels(c.shape("x")?);
    let groups = c.int_or("groups", 1)?;
    if channels < 1 || groups < 1 || channels % groups != 0 {
        return Err(c.error(format_args!("expected channels in {groups} groups, got {channels}")));
    }
    let x = c.operand("x")?;
    let axis = if layout.is_last() { c.rank("x")? as i64 - 1 } else { 1 };
    let result =
        in_order(c, x, axis, (0..channels).map(|to| to % groups * (channels / groups) + to / groups));
    c.set("out", result);
    Ok(())
}

fn in_order(c: &mut Context<'_>, x: Tensor, axis: i64, from: impl Iterator<Item = i64>) -> Tensor {
    let from: Vec<i64> = from.collect();
    let from = c.int_list(&from);
    c.gather(x, from, axis)
}

/// `temporal_shift`: the first channels of each frame are those of the frame before, the next ones those of the
/// frame behind; frames beyond the ends are zero.
pub fn temporal_shift(c: &mut Context<'_>) -> Result<()> {
    let layout = Layout::of(c, "x")?;
    let shape = c.shape("x")?;
    let channels = layout.channels(shape);
    let frames = c.int("seg_num")?;
    if channels < 1 || frames < 1 || shape.len() != 4 {
        return Err(c.error(format_args!("expected 4 axes and known channels, got {shape:?}")));
    }
    let ratio = c.float_or("shift_ratio", 0.25)? as f32;
    let first = (channels as f32 * ratio) as i64;
    let second = (channels as f32 * 2.0 * ratio) as i64;
    let x = c.operand("x")?;
    let dims = dims_of(shape);
    let split = [&[Dim::Rest, Dim::Known(frames)], &dims[1..]].concat();
    let videos = reshape_to(c, x, &split);
    let axis = if layout.is_last() { 4 } else { 2 };
    let shifted = |c: &mut Context<'_>, channels: (i64, i64), from: (i64, i64), pads: (i64, i64)| {
        let part = c.slice(videos, &[axis, 1], &[channels.0, from.0], &[channels.1, from.1]);
        let pads = c.int_list(&[0, pads.0, 0, 0, 0, 0, pads.1, 0, 0, 0]);
        c.apply("Pad", &[part, pads])
    };
    let mut parts = Vec::new();
    if first > 0 {
        parts.push(shifted(c, (0, first), (0, frames - 1), (1, 0)));
    }
    if second > first {
        parts.push(shifted(c, (first, second), (1, frames), (0, 1)));
    }
    if channels > second {
        parts.push(c.slice(videos, &[axis], &[second], &[channels]));
    }
    let joined = c.concat(&parts, axis);
    let shape = c.shape_of(x);
    c.finish("Reshape", &[joined, shape], &[])
}
