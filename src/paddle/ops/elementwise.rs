//! Operators that work element by element, and those that leave the elements as they are.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Tensor;
use crate::paddle::facts::is_float;

/// `add`: `Add`; of booleans `Or`.
pub fn add(c: &mut Context<'_>) -> Result<()> {
    binary(c, "Add", Some("Or"))
}

/// `subtract`: `Sub`.
pub fn subtract(c: &mut Context<'_>) -> Result<()> {
    binary(c, "Sub", None)
}

/// `multiply`: `Mul`; of booleans `And`.
pub fn multiply(c: &mut Context<'_>) -> Result<()> {
    binary(c, "Mul", Some("And"))
}

/// `divide`: `Div`. Both round quotients of integers towards zero where the result is an integer; where it is
/// declared a float, integers are converted first.
pub fn divide(c: &mut Context<'_>) -> Result<()> {
    binary(c, "Div", None)
}

/// Writes `op_type` (for booleans `of_booleans`) of the operands `x` and `y`, both in the type of the result.
fn binary(c: &mut Context<'_>, op_type: &'static str, of_booleans: Option<&'static str>) -> Result<()> {
    let data_type = c.output("out")?.data_type;
    let [x, y] = broadcast_operands(c)?;
    let x = c.cast(x, c.input("x")?.data_type, data_type);
    let y = c.cast(y, c.input("y")?.data_type, data_type);
    match (of_booleans, data_type) {
        (Some(op_type), DataType::Bool) => c.finish(op_type, &[x, y], &[]),
        _ => c.finish(op_type, &[x, y], &[]),
    }
}

/// The operands `x` and `y` with shapes that ONNX broadcasts. Older files have an attribute `axis`: the axis of
/// x that y's first one goes with, so y lacks axes behind its own; -1 aligns the last axes as ONNX does.
pub fn broadcast_operands(c: &mut Context<'_>) -> Result<[Tensor; 2]> {
    let (x, y) = (c.operand("x")?, c.operand("y")?);
    let axis = c.int_or("axis", -1)?;
    let (rank_x, rank_y) = (c.rank("x")? as i64, c.rank("y")? as i64);
    if axis == -1 || rank_x == rank_y || rank_y == 0 || rank_x == 0 {
        return Ok([x, y]);
    }
    let (longer, shorter) = (rank_x.max(rank_y), rank_x.min(rank_y));
    if !(0..=longer - shorter).contains(&axis) {
        return Err(c.error(format_args!("axis {axis} does not fit operands of rank {rank_x} and {rank_y}")));
    }
    let axes: Vec<i64> = (shorter..longer - axis).collect();
    Ok(match rank_y < rank_x {
        true => [x, c.unsqueeze(y, &axes)],
        false => [c.unsqueeze(x, &axes), y],
    })
}

/// `scale`: `Mul` and `Add`, of which those by 1 and 0 are left out. The factor may be a tensor; for integers
/// both numbers are converted to the type of x first.
pub fn scale(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let data_type = c.input("x")?.data_type;
    let is_known = !c.has_input("scale") || c.constant("scale").is_some();
    let factor = if is_known {
        match c.float_or("scale", 1.0)? {
            1.0 => Tensor::NONE,
            factor => c.scalar(data_type, factor)?,
        }
    } else {
        let factor = c.operand("scale")?;
        let factor = c.reshape(factor, &[]);
        c.cast(factor, c.input("scale")?.data_type, data_type)
    };
    let bias = match c.float_or("bias", 0.0)? {
        0.0 => Tensor::NONE,
        bias => c.scalar(data_type, bias)?,
    };
    let steps = match c.bool_or("bias_after_scale", true)? {
        true => [("Mul", factor), ("Add", bias)],
        false => [("Add", bias), ("Mul", factor)],
    };
    let mut result = x;
    for (op_type, number) in steps {
        if number != Tensor::NONE {
            result = c.node(op_type, &[result, number], &[]);
        }
    }
    c.set("out", result);
    Ok(())
}

/// `cast`: `Cast`.
pub fn cast(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let result = c.cast(x, c.input("x")?.data_type, c.output("out")?.data_type);
    c.set("out", result);
    Ok(())
}

/// `assign`, `share_data`: no node.
pub fn assign(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    c.set("out", x);
    Ok(())
}

/// `dropout`: no node, or `Mul` by what is kept where the mode is to scale in inference (`downgrade_in_infer`).
pub fn dropout(c: &mut Context<'_>) -> Result<()> {
    let mut x = c.operand("x")?;
    if c.text_or("mode", "downgrade_in_infer")? == "downgrade_in_infer" {
        let kept = c.scalar(c.input("x")?.data_type, 1.0 - c.float_or("p", 0.5)?)?;
        x = c.node("Mul", &[x, kept], &[]);
    }
    c.set("out", x);
    Ok(())
}

/// `add_n` (`sum` in ProgramDesc files): `Sum`, which is for floats only; integers are added one by one.
pub fn add_n(c: &mut Context<'_>) -> Result<()> {
    let all = c.operands("inputs")?;
    let Some((first, others)) = all.split_first() else { return Err(c.error("expected operands")) };
    if is_float(c.output("out")?.data_type) && !others.is_empty() {
        return c.finish("Sum", &all, &[]);
    }
    let mut sum = *first;
    for other in others {
        sum = c.apply("Add", &[sum, *other]);
    }
    c.set("out", sum);
    Ok(())
}
