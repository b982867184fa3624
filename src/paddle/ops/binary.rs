//! Functions of two numbers, element by element, beyond the four basic ones of `elementwise.rs`.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::{Field::Int, Tensor};
use crate::paddle::facts::is_float;

use super::elementwise::broadcast_operands;

/// The operands `x` and `y`, both in the element type of the result.
fn arguments(c: &mut Context<'_>) -> Result<([Tensor; 2], DataType)> {
    let data_type = c.output("out")?.data_type;
    let [x, y] = broadcast_operands(c)?;
    let x = c.cast(x, c.input("x")?.data_type, data_type);
    let y = c.cast(y, c.input("y")?.data_type, data_type);
    Ok(([x, y], data_type))
}

/// `maximum`: `Max`.
pub fn maximum(c: &mut Context<'_>) -> Result<()> {
    extreme(c, "Max")
}

/// `minimum`: `Min`.
pub fn minimum(c: &mut Context<'_>) -> Result<()> {
    extreme(c, "Min")
}

fn extreme(c: &mut Context<'_>, op_type: &'static str) -> Result<()> {
    let (operands, _) = arguments(c)?;
    c.finish(op_type, &operands, &[])
}

/// `fmax`: `Max`, or the other operand where one is not a number.
pub fn fmax(c: &mut Context<'_>) -> Result<()> {
    extreme_number(c, "Max")
}

/// `fmin`: `Min`, or the other operand where one is not a number.
pub fn fmin(c: &mut Context<'_>) -> Result<()> {
    extreme_number(c, "Min")
}

fn extreme_number(c: &mut Context<'_>, op_type: &'static str) -> Result<()> {
    let ([x, y], data_type) = arguments(c)?;
    if !is_float(data_type) {
        return c.finish(op_type, &[x, y], &[]);
    }
    let extreme = c.node(op_type, &[x, y], &[]);
    let (x_is_none, y_is_none) = (c.node("IsNaN", &[x], &[]), c.node("IsNaN", &[y], &[]));
    let or_x = c.node("Where", &[y_is_none, x, extreme], &[]);
    c.finish("Where", &[x_is_none, y, or_x], &[])
}

/// `elementwise_pow`: `Pow`.
pub fn pow(c: &mut Context<'_>) -> Result<()> {
    let (operands, _) = arguments(c)?;
    c.finish("Pow", &operands, &[])
}

/// `remainder`: `Mod`, with the sign of the divisor. ONNX's has that for integers only: of floats it is that of
/// the dividend, and the divisor is added where the signs differ.
pub fn remainder(c: &mut Context<'_>) -> Result<()> {
    let (operands, data_type) = arguments(c)?;
    if !is_float(data_type) {
        return c.finish("Mod", &operands, &[]);
    }
    let remainder = remainder_of_floats(c, operands, data_type)?;
    c.set("out", remainder);
    Ok(())
}

fn remainder_of_floats(c: &mut Context<'_>, [x, y]: [Tensor; 2], data_type: DataType) -> Result<Tensor> {
    let zero = c.scalar(data_type, 0.0)?;
    let remainder = c.node("Mod", &[x, y], &[("fmod", Int(1))]);
    let signs = [c.node("Sign", &[remainder], &[]), c.node("Sign", &[y], &[])];
    let product = c.node("Mul", &signs, &[]);
    let is_other = c.node("Less", &[product, zero], &[]);
    let sum = c.node("Add", &[remainder, y], &[]);
    Ok(c.node("Where", &[is_other, sum, remainder], &[]))
}

/// `floor_divide`: rounded down. ONNX's `Div` of integers rounds towards 0, so the remainder is taken off first; of
/// floats it is the `Round`ed quotient of what the remainder leaves, as Paddle has it. Division by 0 gives what `Div` does.
pub fn floor_divide(c: &mut Context<'_>) -> Result<()> {
    let ([x, y], data_type) = arguments(c)?;
    if !is_float(data_type) {
        let remainder = c.node("Mod", &[x, y], &[]);
        let multiple = c.node("Sub", &[x, remainder], &[]);
        return c.finish("Div", &[multiple, y], &[]);
    }
    let remainder = remainder_of_floats(c, [x, y], data_type)?;
    let multiple = c.node("Sub", &[x, remainder], &[]);
    let quotient = c.node("Div", &[multiple, y], &[]);
    let whole = c.node("Round", &[quotient], &[]);
    let zero = c.scalar(data_type, 0.0)?;
    let by_zero = c.node("Equal", &[y, zero], &[]);
    let plain = c.node("Div", &[x, y], &[]);
    c.finish("Where", &[by_zero, plain, whole], &[])
}
