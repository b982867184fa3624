//! Pooling over windows, to a given number of windows (adaptive), and over everything (global).

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Field::{Int, Ints, Text};
use crate::paddle::emit::Tensor;

use super::layout::{Layout, Padding, padding};

/// `pool2d`, `pool3d`: `MaxPool` and `AveragePool`, their global forms, and for adaptive windows that are not
/// alike a product of matrices or maxima of slices.
pub fn pool(c: &mut Context<'_>) -> Result<()> {
    let layout = Layout::of(c, "x")?;
    let kind = match c.text_or("pooling_type", "max")? {
        "max" => Kind::Max,
        _ => Kind::Average,
    };
    let sizes = layout.spatial(c.shape("x")?);
    let windows = c.ints("kernel_size")?;
    let is_adaptive = c.bool_or("adaptive", false)?;
    let is_average_of_all = is_adaptive && kind == Kind::Average && windows.iter().all(|size| *size == 1);
    let is_global = c.bool_or("global_pooling", false)? || is_average_of_all;
    let x = c.operand_in_float32("x")?;
    let x = layout.to_channels_first(c, x);
    let result = if is_global {
        c.node(kind.global(), &[x], &[])
    } else if windows.len() != sizes.len() {
        return Err(c.error(format_args!("expected {} kernel sizes, got {windows:?}", sizes.len())));
    } else if is_adaptive && kind == Kind::Max {
        // Paddle's own kernel takes windows at the wrong places; its API uses max_pool2d_with_index.
        return Err(c.error("adaptive maxima are supported in max_pool2d_with_index only"));
    } else if is_adaptive {
        adaptive(c, kind, x, &sizes, &windows)?
    } else {
        sliding(c, kind, x, &sizes, &windows)?
    };
    let result = layout.back(c, result);
    c.set_from_float32("out", result)?;
    Ok(())
}

/// Of adaptive pooling, per axis.
const MOST_WINDOWS: i64 = 1 << 12;
/// Elements of a matrix that is written into the model.
const LARGEST_MATRIX: i64 = 1 << 24;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Max,
    Average,
}

impl Kind {
    fn global(self) -> &'static str {
        match self {
            Self::Max => "GlobalMaxPool",
            Self::Average => "GlobalAveragePool",
        }
    }

    fn of_windows(self) -> &'static str {
        match self {
            Self::Max => "MaxPool",
            Self::Average => "AveragePool",
        }
    }
}

/// Windows of one size.
fn sliding(c: &mut Context<'_>, kind: Kind, x: Tensor, sizes: &[i64], windows: &[i64]) -> Result<Tensor> {
    let count = sizes.len();
    let strides = c.ints_or("strides", &vec![1; count])?;
    let is_size = |size: &i64| (1..=i64::from(i32::MAX)).contains(size);
    if strides.len() != count || !strides.iter().chain(windows).all(is_size) {
        return Err(
            c.error(format_args!("expected {count} strides and kernel sizes, got {strides:?}, {windows:?}"))
        );
    }
    let is_exclusive = c.bool_or("exclusive", true)?;
    let windowing = [("kernel_shape", Ints(windows)), ("strides", Ints(&strides))];
    let pads = match padding(c, count)? {
        Padding::Explicit(pads) => pads,
        Padding::Same if sizes.iter().all(|size| *size >= 0) => same_pads(sizes, windows, &strides),
        Padding::Same if kind == Kind::Average && !is_exclusive => {
            return Err(c.error("averages that include SAME padding expect known sizes"));
        }
        Padding::Same => {
            let fields = [windowing[0], windowing[1], ("auto_pad", Text("SAME_UPPER"))];
            return Ok(c.node(kind.of_windows(), &[x], &fields));
        }
    };
    let befores = pads[..count].to_vec();
    let (pads, rounds_up) = rounded_pads(c, sizes, windows, &strides, pads)?;
    // Paddle counts as much padding behind as there is in front.
    let counts_less = rounds_up || (0..count).any(|axis| pads[count + axis] > befores[axis]);
    let rounding = ("ceil_mode", Int(i64::from(rounds_up)));
    let fields = [windowing[0], windowing[1], rounding, ("pads", Ints(&pads))];
    if kind == Kind::Max {
        return Ok(c.node("MaxPool", &[x], &fields));
    }
    let including = [&fields[..], &[("count_include_pad", Int(i64::from(!is_exclusive)))]].concat();
    let averages = c.node("AveragePool", &[x], &including);
    if is_exclusive || !counts_less {
        return Ok(averages);
    }
    // The average of ones where Paddle counts and zeros elsewhere is by how much the other one is too small.
    let behind: Vec<i64> =
        befores.iter().zip(&pads[count..]).map(|(before, after)| *before.min(after)).collect();
    let counted: Vec<i64> = befores.iter().zip(&behind).map(|(before, behind)| before + behind).collect();
    let ones = ones(c, x, sizes, &counted)?;
    let zeros = pads[count..].iter().zip(&behind).map(|(after, behind)| after - behind);
    let zeros: Vec<i64> = std::iter::repeat_n(0, count).chain(zeros).collect();
    let shares =
        [windowing[0], windowing[1], rounding, ("pads", Ints(&zeros)), ("count_include_pad", Int(1))];
    let shares = c.node("AveragePool", &[ones], &shares);
    Ok(c.node("Div", &[averages, shares], &[]))
}

/// Paddings, and whether ONNX shall round the number of windows up, by the attribute `ceil_mode`: to round up is the same
/// as a longer padding behind, while ONNX's own `ceil_mode` leaves windows out that start in the padding.
pub(super) fn rounded_pads(
    c: &Context<'_>,
    sizes: &[i64],
    windows: &[i64],
    strides: &[i64],
    pads: Vec<i64>,
) -> Result<(Vec<i64>, bool)> {
    if !c.bool_or("ceil_mode", false)? {
        return Ok((pads, false));
    }
    let count = sizes.len();
    let mut longer = pads.clone();
    for axis in 0..count {
        let covered = sizes[axis] + pads[axis] + pads[count + axis] - windows[axis];
        longer[count + axis] += match sizes[axis] {
            ..0 => strides[axis] - 1,
            _ => (-covered).rem_euclid(strides[axis]),
        };
    }
    // ONNX Runtime takes no padding as long as a window, but such a window is outside of the input.
    let is_outside = |axis: usize| longer[count + axis] >= windows[axis];
    if (0..count).any(|axis| is_outside(axis) && sizes[axis] >= 0) {
        return Err(c.error("a window lies outside of the input, of which Paddle computes no number"));
    }
    Ok(match (0..count).any(is_outside) {
        true => (pads, true),
        false => (longer, false),
    })
}

/// As many windows as the size divided by the stride, rounded up; an odd padding is longer behind.
pub(super) fn same_pads(sizes: &[i64], windows: &[i64], strides: &[i64]) -> Vec<i64> {
    let totals: Vec<i64> = (0..sizes.len())
        .map(|axis| {
            let count = (sizes[axis] + strides[axis] - 1) / strides[axis];
            ((count - 1) * strides[axis] + windows[axis] - sizes[axis]).max(0)
        })
        .collect();
    totals.iter().map(|total| total / 2).chain(totals.iter().map(|total| total - total / 2)).collect()
}

/// Ones as large as `x` and `more` on each spatial axis; batch and channels are 1.
fn ones(c: &mut Context<'_>, x: Tensor, sizes: &[i64], more: &[i64]) -> Result<Tensor> {
    let shape = if sizes.iter().all(|size| *size >= 0) {
        let longer = sizes.iter().zip(more).map(|(size, more)| size + more);
        let all: Vec<i64> = [1, 1].into_iter().chain(longer).collect();
        c.int_list(&all)
    } else {
        let shape = c.shape_of(x);
        let sizes = c.slice(shape, &[0], &[2], &[2 + sizes.len() as i64]);
        let more = c.int_list(more);
        let sizes = c.node("Add", &[sizes, more], &[]);
        let single = c.int_list(&[1, 1]);
        c.concat(&[single, sizes], 0)
    };
    let one = c.scalar(c.type_in_float32("x")?, 1.0)?;
    Ok(c.node("Expand", &[one, shape], &[]))
}

/// A given number of windows per axis: window i of n over a length L goes from floor(i L / n) to
/// ceil((i + 1) L / n).
pub(super) fn adaptive(
    c: &mut Context<'_>,
    kind: Kind,
    x: Tensor,
    sizes: &[i64],
    counts: &[i64],
) -> Result<Tensor> {
    let products = sizes.iter().zip(counts).map(|(size, count)| size.saturating_mul(*count));
    if !counts.iter().all(|count| (1..=MOST_WINDOWS).contains(count)) || products.max() > Some(LARGEST_MATRIX)
    {
        return Err(c.error(format_args!(
            "expected 1 to {MOST_WINDOWS} windows per axis, got {counts:?} of {sizes:?}"
        )));
    }
    let are_alike = sizes.iter().zip(counts).all(|(size, count)| *size > 0 && size % count == 0);
    if are_alike {
        let windows: Vec<i64> = sizes.iter().zip(counts).map(|(size, count)| size / count).collect();
        let fields = [("kernel_shape", Ints(&windows)), ("strides", Ints(&windows))];
        return Ok(c.node(kind.of_windows(), &[x], &fields));
    }
    let mut result = x;
    let rank = sizes.len() as i64 + 2;
    for (index, (size, count)) in sizes.iter().zip(counts).enumerate() {
        if size == count {
            continue;
        }
        // The axis goes last, is pooled and goes back.
        let (axis, last) = (index as i64 + 2, rank - 1);
        let mut permutation: Vec<i64> = (0..rank).collect();
        permutation.swap(axis as usize, last as usize);
        let turned = c.transpose(result, &permutation);
        let pooled = match (kind, *size) {
            (Kind::Max, 0..) => greatest_of_slices(c, turned, last, *size, *count),
            (Kind::Max, _) => greatest_under_mask(c, turned, last, *count)?,
            (Kind::Average, 0..) => {
                let matrix = averaging_matrix(c, *size, *count)?;
                c.node("MatMul", &[turned, matrix], &[])
            }
            (Kind::Average, _) => {
                let Mask { mask, lengths, .. } = window_mask(c, turned, last, *count)?;
                let data_type = c.type_in_float32("x")?;
                let ones = c.cast(mask, DataType::Bool, data_type);
                let lengths = c.cast(lengths, DataType::Int64, data_type);
                let matrix = c.node("Div", &[ones, lengths], &[]);
                let matrix = c.transpose(matrix, &[1, 0]);
                c.node("MatMul", &[turned, matrix], &[])
            }
        };
        result = c.transpose(pooled, &permutation);
    }
    Ok(result)
}

pub(super) fn window(index: i64, size: i64, count: i64) -> (i64, i64) {
    (index * size / count, ((index + 1) * size + count - 1) / count)
}

/// A matrix of `size` rows whose product averages the windows.
fn averaging_matrix(c: &mut Context<'_>, size: i64, count: i64) -> Result<Tensor> {
    let mut elements = Vec::with_capacity((size * count) as usize);
    for row in 0..size {
        for column in 0..count {
            let (start, end) = window(column, size, count);
            let is_inside = (start..end).contains(&row);
            elements.push(if is_inside { 1.0 / (end - start) as f64 } else { 0.0 });
        }
    }
    c.constant_tensor(c.type_in_float32("x")?, &[size, count], elements)
}

fn greatest_of_slices(c: &mut Context<'_>, x: Tensor, axis: i64, size: i64, count: i64) -> Tensor {
    let mut parts = Vec::with_capacity(count as usize);
    for index in 0..count {
        let (start, end) = window(index, size, count);
        let part = c.slice(x, &[axis], &[start], &[end]);
        parts.push(c.reduce("ReduceMax", part, &[axis], true));
    }
    c.concat(&parts, axis)
}

/// Windows over an axis whose length is known when the model runs.
struct Mask {
    /// Booleans, [windows, length]: which elements are in which window.
    mask: Tensor,
    /// [windows, 1]: how many.
    lengths: Tensor,
}

fn window_mask(c: &mut Context<'_>, x: Tensor, axis: i64, count: i64) -> Result<Mask> {
    let shape = c.shape_of(x);
    let length = c.slice(shape, &[0], &[axis], &[axis + 1]);
    let firsts: Vec<f64> = (0..count).map(|index| index as f64).collect();
    let nexts: Vec<f64> = (1..=count).map(|index| index as f64).collect();
    let firsts = c.constant_tensor(DataType::Int64, &[count, 1], firsts)?;
    let nexts = c.constant_tensor(DataType::Int64, &[count, 1], nexts)?;
    let (count, less) = (c.int_list(&[count]), c.int_list(&[count - 1]));
    let starts = c.node("Mul", &[firsts, length], &[]);
    let starts = c.node("Div", &[starts, count], &[]);
    let ends = c.node("Mul", &[nexts, length], &[]);
    let ends = c.node("Add", &[ends, less], &[]);
    let ends = c.node("Div", &[ends, count], &[]);
    let (zero, one) = (c.scalar(DataType::Int64, 0.0)?, c.scalar(DataType::Int64, 1.0)?);
    let limit = c.reshape(length, &[]);
    let places = c.node("Range", &[zero, limit, one], &[]);
    let from = c.node("GreaterOrEqual", &[places, starts], &[]);
    let to = c.node("Less", &[places, ends], &[]);
    let mask = c.node("And", &[from, to], &[]);
    let lengths = c.node("Sub", &[ends, starts], &[]);
    Ok(Mask { mask, lengths })
}

fn greatest_under_mask(c: &mut Context<'_>, x: Tensor, axis: i64, count: i64) -> Result<Tensor> {
    let Mask { mask, .. } = window_mask(c, x, axis, count)?;
    let nothing = c.scalar(c.type_in_float32("x")?, f64::from(f32::MIN))?;
    let rows = c.unsqueeze(x, &[axis]);
    let rows = c.node("Where", &[mask, rows, nothing], &[]);
    Ok(c.reduce("ReduceMax", rows, &[axis + 1], false))
}
