//! Normalisation over the last axes.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::{Field::Float, Field::Int, Tensor};

/// `layer_norm`: `LayerNormalization` from `begin_norm_axis` on. Paddle's scale and bias are rows whatever the number of
/// axes, may be left out, and may have more bits than x; then all is computed in theirs, as Paddle does.
pub fn layer_norm(c: &mut Context<'_>) -> Result<()> {
    let data_type = c.input("x")?.data_type;
    let shape = c.shape("x")?;
    let axis = c.axis_of(c.int_or("begin_norm_axis", 1)?, shape.len())?;
    let own = if data_type == DataType::Float64 { data_type } else { DataType::Float32 };
    let x = c.operand("x")?;
    let x = c.cast(x, data_type, own);
    let scale = factors(c, "scale", own, shape, axis)?;
    let scale = match scale == Tensor::NONE {
        true => ones(c, own, x, shape, axis)?,
        false => scale,
    };
    let bias = factors(c, "bias", own, shape, axis)?;
    let operands = [x, scale, bias];
    let operands = if bias == Tensor::NONE { &operands[..2] } else { &operands };
    let fields = [("axis", Int(axis as i64)), ("epsilon", Float(c.float_or("epsilon", 1e-5)?))];
    let result = c.node("LayerNormalization", operands, &fields);
    let result = c.cast(result, own, data_type);
    c.set("out", result);
    Ok(())
}

fn factors(c: &mut Context<'_>, name: &str, own: DataType, shape: &[i64], axis: usize) -> Result<Tensor> {
    if !c.has_input(name) {
        return Ok(Tensor::NONE);
    }
    let factors = c.operand(name)?;
    let factors = c.cast(factors, c.input(name)?.data_type, own);
    Ok(if axis + 1 == shape.len() { factors } else { c.reshape(factors, &shape[axis..]) })
}

fn ones(c: &mut Context<'_>, own: DataType, x: Tensor, shape: &[i64], axis: usize) -> Result<Tensor> {
    let dims = &shape[axis..];
    let one = c.scalar(own, 1.0)?;
    let shape = match dims.contains(&-1) {
        true => {
            let whole = c.shape_of(x);
            c.slice(whole, &[0], &[axis as i64], &[i64::MAX])
        }
        false => c.int_list(dims),
    };
    Ok(c.node("Expand", &[one, shape], &[]))
}
