//! Maxima of windows together with their places.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Field::{Int, Ints};
use crate::paddle::emit::Tensor;

use super::pool::{Kind, adaptive, rounded_pads, window};

/// `max_pool2d_with_index`, `max_pool3d_with_index`: `MaxPool`. Paddle counts places within a channel, ONNX within the whole
/// tensor. Adaptive windows that are not alike are gathered, and their maxima found by `ArgMax`.
pub fn max_pool_with_index(c: &mut Context<'_>) -> Result<()> {
    let sizes = c.shape("x")?.get(2..).unwrap_or(&[]).to_vec();
    let count = sizes.len();
    let windows = c.ints("kernel_size")?;
    let is_adaptive = c.bool_or("adaptive", false)?;
    let is_global =
        c.bool_or("global_pooling", false)? || (is_adaptive && windows.iter().all(|size| *size == 1));
    if !is_global && windows.len() != count {
        return Err(c.error(format_args!("expected {count} kernel sizes, got {windows:?}")));
    }
    let is_divisible =
        || sizes.iter().zip(&windows).all(|(size, count)| *size > 0 && size % count.max(&1) == 0);
    let x = c.operand("x")?;
    if is_global {
        return greatest(c, x, count);
    }
    if is_adaptive && !is_divisible() {
        if !c.is_read("mask") {
            let x = c.operand_in_float32("x")?;
            let result = adaptive(c, Kind::Max, x, &sizes, &windows)?;
            return c.set_from_float32("out", result);
        }
        return adaptive_with_places(c, x, &sizes, &windows);
    }
    let (windows, strides, (pads, rounds_up)) = if is_adaptive {
        let windows: Vec<i64> = sizes.iter().zip(&windows).map(|(size, count)| size / count).collect();
        (windows.clone(), windows, (vec![0; 2 * count], false))
    } else {
        let strides = c.ints_or("strides", &vec![1; count])?;
        let pads = c.ints_or("paddings", &vec![0; count])?;
        if [&strides, &pads].iter().any(|numbers| numbers.len() != count) {
            return Err(c.error(format_args!("expected {count} strides and paddings")));
        }
        let pads = rounded_pads(c, &sizes, &windows, &strides, [&pads[..], &pads[..]].concat())?;
        (windows, strides, pads)
    };
    let rounding = ("ceil_mode", Int(i64::from(rounds_up)));
    let fields =
        [("kernel_shape", Ints(&windows)), ("strides", Ints(&strides)), ("pads", Ints(&pads)), rounding];
    if !c.is_read("mask") {
        let result = c.node("MaxPool", &[x], &fields);
        c.set("out", result);
        return Ok(());
    }
    let both = c.nodes("MaxPool", &[x], &fields, 2);
    let area = if sizes.contains(&-1) {
        let sizes = c.sizes_of(x, &[], 2, 2 + count);
        c.reduce("ReduceProd", sizes, &[], false)
    } else {
        c.scalar(DataType::Int64, sizes.iter().product::<i64>() as f64)?
    };
    let places = c.apply("Mod", &[both[1], area]);
    c.set("out", both[0]);
    set_places(c, places)
}

fn set_places(c: &mut Context<'_>, places: Tensor) -> Result<()> {
    let places = c.cast(places, DataType::Int64, c.output("mask")?.data_type);
    c.set("mask", places);
    Ok(())
}

/// One window that is everything.
fn greatest(c: &mut Context<'_>, x: Tensor, count: usize) -> Result<()> {
    let axes: Vec<i64> = (2..count as i64 + 2).collect();
    let result = c.reduce("ReduceMax", x, &axes, true);
    c.set("out", result);
    let flat = c.reshape(x, &[0, 0, -1]);
    let places = c.node("ArgMax", &[flat], &[("axis", Int(2))]);
    let places = c.unsqueeze(places, &axes[1..]);
    set_places(c, places)
}

/// Gathers the elements of each window, the first one again where a window is smaller than others.
fn adaptive_with_places(c: &mut Context<'_>, x: Tensor, sizes: &[i64], counts: &[i64]) -> Result<()> {
    if sizes.iter().any(|size| *size < 1) || counts.iter().any(|count| *count < 1) {
        return Err(c.error("places of adaptive maxima expect known sizes"));
    }
    let windows = windows(sizes, counts);
    let longest = windows.iter().map(Vec::len).max().unwrap_or(1);
    let padded = windows.iter().flat_map(|window| {
        let more = longest - window.len();
        window.iter().chain(std::iter::repeat_n(&window[0], more)).map(|place| *place as f64)
    });
    let dims = [windows.len() as i64, longest as i64];
    let table = c.constant_tensor(DataType::Int64, &dims, padded.collect())?;
    let flat = c.reshape(x, &[0, 0, -1]);
    let elements = c.gather(flat, table, 2);
    let chosen = c.node("ArgMax", &[elements], &[("axis", Int(3)), ("keepdims", Int(1))]);
    let values = c.reduce("ReduceMax", elements, &[3], false);
    let shape = [&[0, 0], counts].concat();
    let values = c.reshape(values, &shape);
    c.set("out", values);
    // GatherElements does not broadcast.
    let chosen_shape = c.shape_of(chosen);
    let outer = c.slice(chosen_shape, &[0], &[0], &[2]);
    let inner = c.int_list(&dims);
    let full = c.concat(&[outer, inner], 0);
    let tables = c.apply("Expand", &[table, full]);
    let places = c.node("GatherElements", &[tables, chosen], &[("axis", Int(3))]);
    let places = c.reshape(places, &shape);
    set_places(c, places)
}

/// The places in each window, row by row, of windows row by row.
fn windows(sizes: &[i64], counts: &[i64]) -> Vec<Vec<i64>> {
    let mut all = vec![vec![0]];
    for (size, count) in sizes.iter().zip(counts) {
        let longer = |places: &Vec<i64>| {
            let places = places.clone();
            (0..*count).map(move |index| {
                let (start, end) = window(index, *size, *count);
                places.iter().flat_map(|place| (start..end).map(move |inner| place * size + inner)).collect()
            })
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}
