//! Padding.

use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Field::Text;
use crate::paddle::emit::Tensor;

use super::common::number;

/// `pad3d`: `Pad` of the three spatial axes. Paddle lists before and after of the last axis first, ONNX all befores and then
/// all afters. What ONNX calls `wrap` comes with operator set 19 only: circular padding is a `Concat`.
pub fn pad3d(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let first = if c.text_or("data_format", "NCDHW")? == "NDHWC" { 1 } else { 2 };
    let mode = match c.text_or("mode", "constant")? {
        "constant" => "constant",
        "reflect" => "reflect",
        "replicate" => "edge",
        "circular" => {
            let result = circular(c, x, first)?;
            c.set("out", result);
            return Ok(());
        }
        other => return Err(c.error(format_args!("no padding {other:?}"))),
    };
    let pads = if c.is_known("paddings") {
        let [left, right, top, bottom, front, back] = six(c)?;
        let mut pads = vec![0; 10];
        pads[first..first + 3].copy_from_slice(&[front, top, left]);
        pads[first + 5..first + 8].copy_from_slice(&[back, bottom, right]);
        if pads.iter().all(|pad| *pad == 0) {
            c.set("out", x);
            return Ok(());
        }
        c.int_list(&pads)
    } else {
        let given = c.int_list_operand("paddings")?;
        let (befores, afters) = (c.int_list(&[4, 2, 0]), c.int_list(&[5, 3, 1]));
        let (befores, afters) = (c.gather(given, befores, 0), c.gather(given, afters, 0));
        let (outer, inner) = (c.int_list(&vec![0; first]), c.int_list(&vec![0; 2 - first]));
        match first {
            1 => c.concat(&[outer, befores, inner, outer, afters, inner], 0),
            _ => c.concat(&[outer, befores, outer, afters], 0),
        }
    };
    let mut inputs = vec![x, pads];
    if mode == "constant" {
        inputs.push(c.scalar(c.input("x")?.data_type, c.float_or("pad_value", 0.0)?)?);
    }
    c.finish("Pad", &inputs, &[("mode", Text(mode))])
}

fn six(c: &Context<'_>) -> Result<[i64; 6]> {
    let given = c.ints("paddings")?;
    given.try_into().map_err(|given| c.error(format_args!("expected 6 paddings, got {given:?}")))
}

/// The end of each axis before it, and its start behind it.
fn circular(c: &mut Context<'_>, x: Tensor, first: usize) -> Result<Tensor> {
    let [left, right, top, bottom, front, back] = six(c)?;
    let shape = c.shape("x")?;
    let mut result = x;
    for (index, (before, after)) in [(front, back), (top, bottom), (left, right)].into_iter().enumerate() {
        let (axis, size) = ((first + index) as i64, shape.get(first + index).copied().unwrap_or(-1));
        if before < 0 || after < 0 || (size >= 0 && before.max(after) > size) {
            return Err(c.error(format_args!("expected paddings from 0 to {size}, got {before} and {after}")));
        }
        let mut parts = vec![result];
        if before > 0 {
            parts.insert(0, c.slice(result, &[axis], &[-before], &[i64::MAX]));
        }
        if after > 0 {
            parts.push(c.slice(result, &[axis], &[0], &[after]));
        }
        result = c.concat(&parts, axis);
    }
    Ok(result)
}

/// `pad`: `Pad` of every axis with a number; Paddle lists before and after of the first axis first.
pub fn pad(c: &mut Context<'_>) -> Result<()> {
    let given = c.ints("paddings")?;
    let rank = c.rank("x")?;
    if given.len() != 2 * rank {
        return Err(c.error(format_args!("expected {} paddings, got {given:?}", 2 * rank)));
    }
    let befores = given.iter().step_by(2);
    let pads: Vec<i64> = befores.chain(given.iter().skip(1).step_by(2)).copied().collect();
    let x = c.operand("x")?;
    let value = number(c, "pad_value", c.input("x")?.data_type)?;
    let pads = c.int_list(&pads);
    c.finish("Pad", &[x, pads, value], &[])
}

/// `pad2d` of older files: `Pad` of height and width, which are listed in this order, each before and after.
pub fn pad2d(c: &mut Context<'_>) -> Result<()> {
    let given = c.ints("paddings")?;
    let [top, bottom, left, right] = given[..] else {
        return Err(c.error(format_args!("expected 4 paddings, got {given:?}")));
    };
    let pads = match c.text_or("data_format", "NCHW")? {
        "NHWC" => [0, top, left, 0, 0, bottom, right, 0],
        _ => [0, 0, top, left, 0, 0, bottom, right],
    };
    let mode = match c.text_or("mode", "constant")? {
        mode @ ("constant" | "reflect" | "edge") => mode,
        other => return Err(c.error(format_args!("no padding {other:?}"))),
    };
    let x = c.operand("x")?;
    let mut inputs = vec![x, c.int_list(&pads)];
    if mode == "constant" {
        inputs.push(c.scalar(c.input("x")?.data_type, c.float_or("pad_value", 0.0)?)?);
    }
    c.finish("Pad", &inputs, &[("mode", Text(mode))])
}
