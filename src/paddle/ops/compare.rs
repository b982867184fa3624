//! Comparisons, logic, bits, and choices by a condition.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Tensor;
use crate::paddle::graph::Attribute;

use super::common::{finish_ranked, number};
use super::elementwise::broadcast_operands;

/// `equal`: `Equal`.
pub fn equal(c: &mut Context<'_>) -> Result<()> {
    let [x, y] = comparable(c, false)?;
    c.finish("Equal", &[x, y], &[])
}

/// `not_equal`: `Not` of `Equal`.
pub fn not_equal(c: &mut Context<'_>) -> Result<()> {
    let [x, y] = comparable(c, false)?;
    let equal = c.node("Equal", &[x, y], &[]);
    c.finish("Not", &[equal], &[])
}

/// `less_than`: `Less`.
pub fn less_than(c: &mut Context<'_>) -> Result<()> {
    ordered(c, "Less")
}

/// `less_equal`: `LessOrEqual`.
pub fn less_equal(c: &mut Context<'_>) -> Result<()> {
    ordered(c, "LessOrEqual")
}

/// `greater_than`: `Greater`.
pub fn greater_than(c: &mut Context<'_>) -> Result<()> {
    ordered(c, "Greater")
}

/// `greater_equal`: `GreaterOrEqual`.
pub fn greater_equal(c: &mut Context<'_>) -> Result<()> {
    ordered(c, "GreaterOrEqual")
}

fn ordered(c: &mut Context<'_>, op_type: &'static str) -> Result<()> {
    let [x, y] = comparable(c, true)?;
    c.finish(op_type, &[x, y], &[])
}

/// The operands in one type; booleans, which ONNX does not order, as integers if `orders`.
fn comparable(c: &mut Context<'_>, orders: bool) -> Result<[Tensor; 2]> {
    let [x, y] = broadcast_operands(c)?;
    let (kind_x, kind_y) = (c.input("x")?.data_type, c.input("y")?.data_type);
    let common = if orders && kind_x == DataType::Bool { DataType::Int32 } else { kind_x };
    Ok([c.cast(x, kind_x, common), c.cast(y, kind_y, common)])
}

/// `isclose`: whether |x - y| is at most `atol` and `rtol` |y|, which every x is of an infinite y, or both are equal,
/// or (`equal_nan`) no numbers.
pub fn isclose(c: &mut Context<'_>) -> Result<()> {
    let is_close = close(c)?;
    c.set("out", is_close);
    Ok(())
}

/// `allclose`: whether all elements are close, see [`isclose`].
pub fn allclose(c: &mut Context<'_>) -> Result<()> {
    let is_close = close(c)?;
    let all = c.cast(is_close, DataType::Bool, DataType::Int32);
    let least = c.reduce("ReduceMin", all, &[], false);
    let result = c.cast(least, DataType::Int32, DataType::Bool);
    finish_ranked(c, result, 0)
}

/// Old files have it as a text.
fn tolerance(c: &Context<'_>, name: &str, default: f64) -> Result<f64> {
    if c.has_input(name) {
        return c.float_or(name, default);
    }
    match c.operator.attribute(name) {
        Some(Attribute::Text(text)) => {
            text.parse().map_err(|_| c.error(format_args!("{name:?}: expected a number, got {text:?}")))
        }
        _ => c.float_or(name, default),
    }
}

fn close(c: &mut Context<'_>) -> Result<Tensor> {
    let [x, y] = broadcast_operands(c)?;
    let relative = tolerance(c, "rtol", 1e-5)?;
    let absolute = tolerance(c, "atol", 1e-8)?;
    let data_type = c.input("x")?.data_type;
    let [x, y] = [x, y].map(|tensor| c.cast(tensor, data_type, DataType::Float64));
    let relative = c.scalar(DataType::Float64, relative)?;
    let absolute = c.scalar(DataType::Float64, absolute)?;
    let difference = c.node("Sub", &[x, y], &[]);
    let distance = c.node("Abs", &[difference], &[]);
    let magnitude = c.node("Abs", &[y], &[]);
    let part = c.node("Mul", &[magnitude, relative], &[]);
    let most = c.node("Add", &[part, absolute], &[]);
    let is_near = c.node("LessOrEqual", &[distance, most], &[]);
    let is_same = c.node("Equal", &[x, y], &[]);
    let is_close = c.node("Or", &[is_near, is_same], &[]);
    if !c.bool_or("equal_nan", false)? {
        return Ok(is_close);
    }
    let none = [c.node("IsNaN", &[x], &[]), c.node("IsNaN", &[y], &[])];
    let both = c.node("And", &none, &[]);
    Ok(c.node("Or", &[is_close, both], &[]))
}

/// `logical_and`: `And`; numbers other than 0 count as true.
pub fn logical_and(c: &mut Context<'_>) -> Result<()> {
    logical(c, "And")
}

/// `logical_or`: `Or`.
pub fn logical_or(c: &mut Context<'_>) -> Result<()> {
    logical(c, "Or")
}

/// `logical_xor`: `Xor`.
pub fn logical_xor(c: &mut Context<'_>) -> Result<()> {
    logical(c, "Xor")
}

fn logical(c: &mut Context<'_>, op_type: &'static str) -> Result<()> {
    let [x, y] = broadcast_operands(c)?;
    let x = c.cast(x, c.input("x")?.data_type, DataType::Bool);
    let y = c.cast(y, c.input("y")?.data_type, DataType::Bool);
    c.finish(op_type, &[x, y], &[])
}

/// `logical_not`: `Not`.
pub fn logical_not(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let x = c.cast(x, c.input("x")?.data_type, DataType::Bool);
    c.finish("Not", &[x], &[])
}

/// `bitwise_and`: `BitwiseAnd`; of booleans `And`.
pub fn bitwise_and(c: &mut Context<'_>) -> Result<()> {
    bitwise(c, "BitwiseAnd", "And")
}

/// `bitwise_or`: `BitwiseOr`; of booleans `Or`.
pub fn bitwise_or(c: &mut Context<'_>) -> Result<()> {
    bitwise(c, "BitwiseOr", "Or")
}

/// `bitwise_xor`: `BitwiseXor`; of booleans `Xor`.
pub fn bitwise_xor(c: &mut Context<'_>) -> Result<()> {
    bitwise(c, "BitwiseXor", "Xor")
}

fn bitwise(c: &mut Context<'_>, op_type: &'static str, of_booleans: &'static str) -> Result<()> {
    let operands = comparable(c, false)?;
    let is_bool = c.input("x")?.data_type == DataType::Bool;
    c.finish(if is_bool { of_booleans } else { op_type }, &operands, &[])
}

/// `bitwise_not`: `BitwiseNot`; of booleans `Not`.
pub fn bitwise_not(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let is_bool = c.input("x")?.data_type == DataType::Bool;
    c.finish(if is_bool { "Not" } else { "BitwiseNot" }, &[x], &[])
}

/// `isnan`: `IsNaN`.
pub fn isnan(c: &mut Context<'_>) -> Result<()> {
    let x = float_operand(c)?;
    c.finish("IsNaN", &[x], &[])
}

/// `isinf`: `IsInf`.
pub fn isinf(c: &mut Context<'_>) -> Result<()> {
    let x = float_operand(c)?;
    c.finish("IsInf", &[x], &[])
}

/// `isfinite`: neither `IsNaN` nor `IsInf`.
pub fn isfinite(c: &mut Context<'_>) -> Result<()> {
    let x = float_operand(c)?;
    let (is_none, is_infinite) = (c.node("IsNaN", &[x], &[]), c.node("IsInf", &[x], &[]));
    let either = c.node("Or", &[is_none, is_infinite], &[]);
    c.finish("Not", &[either], &[])
}

/// The operand `x` as a float that ONNX Runtime has `IsInf` for: integers, which are finite, stay so, and so do 16
/// bits.
fn float_operand(c: &mut Context<'_>) -> Result<Tensor> {
    let x = c.operand("x")?;
    let data_type = c.input("x")?.data_type;
    match data_type {
        DataType::Float32 | DataType::Float64 => Ok(x),
        _ => Ok(c.cast(x, data_type, DataType::Float32)),
    }
}

/// `where`: `Where`.
pub fn choose(c: &mut Context<'_>) -> Result<()> {
    let condition = c.operand("condition")?;
    let condition = c.cast(condition, c.input("condition")?.data_type, DataType::Bool);
    let data_type = c.output("out")?.data_type;
    let (x, y) = (c.operand("x")?, c.operand("y")?);
    let x = c.cast(x, c.input("x")?.data_type, data_type);
    let y = c.cast(y, c.input("y")?.data_type, data_type);
    let result = choice(c, condition, x, y, data_type);
    c.set("out", result);
    Ok(())
}

/// `masked_fill`: `Where` with the one number `value`.
pub fn masked_fill(c: &mut Context<'_>) -> Result<()> {
    let data_type = c.output("out")?.data_type;
    let (x, mask) = (c.operand("x")?, c.operand("mask")?);
    let value = number(c, "value", data_type)?;
    let result = choice(c, mask, value, x, data_type);
    c.set("out", result);
    Ok(())
}

/// `Where`, in a type that ONNX Runtime has it for.
pub fn choice(c: &mut Context<'_>, condition: Tensor, x: Tensor, y: Tensor, data_type: DataType) -> Tensor {
    let own = match data_type {
        DataType::Bool => DataType::UInt8,
        DataType::Int8 | DataType::Int16 => DataType::Int32,
        other => other,
    };
    let [x, y] = [x, y].map(|tensor| c.cast(tensor, data_type, own));
    let result = c.node("Where", &[condition, x, y], &[]);
    c.cast(result, own, data_type)
}
