//! Products of matrices.

use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Field::{Float, Int, Text};
use crate::paddle::emit::Tensor;

/// `matmul`: `MatMul`, which treats vectors and broadcasts stacks as Paddle does; a transposed vector is itself.
/// Older files may have a factor `alpha`.
pub fn matmul(c: &mut Context<'_>) -> Result<()> {
    let x = matrix(c, "x", "transpose_x")?;
    let y = matrix(c, "y", "transpose_y")?;
    let mut product = c.node("MatMul", &[x, y], &[]);
    let alpha = c.float_or("alpha", 1.0)?;
    if alpha != 1.0 {
        let alpha = c.scalar(c.output("out")?.data_type, alpha)?;
        product = c.node("Mul", &[product, alpha], &[]);
    }
    // Before there were tensors without axes, the product of vectors had one.
    if c.output("out")?.dims.len() == 1 && c.rank("x")? == 1 && c.rank("y")? == 1 {
        product = c.reshape(product, &[1]);
    }
    c.set("out", product);
    Ok(())
}

fn matrix(c: &mut Context<'_>, operand: &str, is_transposed: &str) -> Result<Tensor> {
    let tensor = c.operand(operand)?;
    let rank = c.rank(operand)? as i64;
    if rank < 2 || !c.bool_or(is_transposed, false)? {
        return Ok(tensor);
    }
    let permutation: Vec<i64> = (0..rank - 2).chain([rank - 1, rank - 2]).collect();
    Ok(c.transpose(tensor, &permutation))
}

/// `linear_v2`: `MatMul` and `Add`, which ONNX Runtime fuses for matrices.
pub fn linear(c: &mut Context<'_>) -> Result<()> {
    let (input, weight, bias) =
        (c.operand("input")?, matrix(c, "weight", "transpose_weight")?, c.operand("bias")?);
    let product = c.node("MatMul", &[input, weight], &[]);
    c.finish("Add", &[product, bias], &[])
}

/// `dot`: the sum of the products of the last axis; it stays in older files where it is the only one.
pub fn dot(c: &mut Context<'_>) -> Result<()> {
    let (x, y) = (c.operand("x")?, c.operand("y")?);
    let keeps_axis = c.output("out")?.dims.len() == c.rank("x")?;
    let products = c.node("Mul", &[x, y], &[]);
    let sum = c.reduce("ReduceSum", products, &[-1], keeps_axis);
    c.set("out", sum);
    Ok(())
}

/// `addmm`: `alpha` times the product of the matrices x and y plus `beta` times the operand `input`, as `Gemm`.
pub fn addmm(c: &mut Context<'_>) -> Result<()> {
    let (input, x, y) = (c.operand("input")?, c.operand("x")?, c.operand("y")?);
    let (alpha, beta) = (c.float_or("alpha", 1.0)?, c.float_or("beta", 1.0)?);
    c.finish("Gemm", &[x, y, input], &[("alpha", Float(alpha)), ("beta", Float(beta))])
}

/// `mul`: both operands flattened to matrices, `MatMul`, and the product in the remaining dimensions of both.
pub fn mul(c: &mut Context<'_>) -> Result<()> {
    let (x, y) = (c.operand("x")?, c.operand("y")?);
    let (rank_x, rank_y) = (c.rank("x")?, c.rank("y")?);
    let rows = c.axis_of(c.int_or("x_num_col_dims", 1)?, rank_x)?;
    let shared = c.axis_of(c.int_or("y_num_col_dims", 1)?, rank_y)?;
    // Where each operand shares one axis with the other, MatMul does it alone.
    if rank_y == 2 && shared == 1 && rows + 1 == rank_x {
        return c.finish("MatMul", &[x, y], &[]);
    }
    let left = c.node("Flatten", &[x], &[("axis", Int(rows as i64))]);
    let right = c.node("Flatten", &[y], &[("axis", Int(shared as i64))]);
    let product = c.node("MatMul", &[left, right], &[]);
    let (shape_x, shape_y) = (c.shape_of(x), c.shape_of(y));
    let outer = c.slice(shape_x, &[0], &[0], &[rows as i64]);
    let inner = c.slice(shape_y, &[0], &[shared as i64], &[rank_y as i64]);
    let shape = c.concat(&[outer, inner], 0);
    c.finish("Reshape", &[product, shape], &[])
}

/// `einsum`: `Einsum`.
pub fn einsum(c: &mut Context<'_>) -> Result<()> {
    let operands = c.operands("x")?;
    let equation = c.text_or("equation", "")?;
    c.finish("Einsum", &operands, &[("equation", Text(equation))])
}
