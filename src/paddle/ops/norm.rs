//! Normalisation.

use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Field::Float;
use crate::paddle::emit::Tensor;

use super::layout::Layout;

/// `batch_norm`: `BatchNormalization` by the statistics that the model has; a model that was saved while it
/// was being trained would take those of the batch, and is refused.
pub fn batch_norm(c: &mut Context<'_>) -> Result<()> {
    if !c.bool_or("is_test", false)? && !c.bool_or("use_global_stats", false)? {
        return Err(c.error("expected a model saved for inference (is_test), this one is for training"));
    }
    let layout = Layout::of(c, "x")?;
    let kind = c.input("mean")?;
    let (mean, variance) = (c.operand("mean")?, c.operand("variance")?);
    let count = crate::paddle::facts::element_count(&kind.dims).unwrap_or(0);
    let mut one_each = |name: &str, value: f64| match c.has_input(name) {
        true => c.operand(name),
        false => c.constant_tensor(kind.data_type, &kind.dims, vec![value; count]),
    };
    let (scale, bias) = (one_each("scale", 1.0)?, one_each("bias", 0.0)?);
    let x = c.operand("x")?;
    let x = layout.to_channels_first(c, x);
    let epsilon = ("epsilon", Float(c.float_or("epsilon", 1e-5)?));
    let result = c.node("BatchNormalization", &[x, scale, bias, mean, variance], &[epsilon]);
    let result = layout.back(c, result);
    c.set("out", result);
    c.set("mean_out", mean);
    c.set("variance_out", variance);
    Ok(())
}

/// `instance_norm`: `InstanceNormalization`; scale and bias may be left out.
pub fn instance_norm(c: &mut Context<'_>) -> Result<()> {
    let channels = c.shape("x")?.get(1).copied().unwrap_or(-1);
    let x = c.operand_in_float32("x")?;
    let (scale, bias) = (float_or_each(c, "scale", channels, 1.0)?, float_or_each(c, "bias", channels, 0.0)?);
    let epsilon = ("epsilon", Float(c.float_or("epsilon", 1e-5)?));
    let result = c.node("InstanceNormalization", &[x, scale, bias], &[epsilon]);
    c.set_from_float32("y", result)
}

/// The operand `name`, or `value` for each channel.
fn float_or_each(c: &mut Context<'_>, name: &str, channels: i64, value: f64) -> Result<Tensor> {
    if c.has_input(name) {
        return c.operand_in_float32(name);
    }
    let count = usize::try_from(channels)
        .map_err(|_| c.error(format_args!("without {name}, expected a known number of channels")))?;
    c.constant_tensor(c.type_in_float32("x")?, &[channels], vec![value; count])
}

/// `group_norm`: `InstanceNormalization` of a shape whose channels are the groups; then scale and bias of each channel.
/// (`GroupNormalization` has them per group before operator set 21.)
pub fn group_norm(c: &mut Context<'_>) -> Result<()> {
    let layout = Layout::of(c, "x")?;
    let groups = c.int_or("groups", 1)?;
    if groups < 1 {
        return Err(c.error(format_args!("expected at least one group, got {groups}")));
    }
    let data_type = c.type_in_float32("x")?;
    let rank = c.rank("x")?;
    let x = c.operand_in_float32("x")?;
    let x = layout.to_channels_first(c, x);
    let grouped = c.reshape(x, &[0, groups, -1]);
    let ones = c.constant_tensor(data_type, &[groups], vec![1.0; groups as usize])?;
    let zeros = c.constant_tensor(data_type, &[groups], vec![0.0; groups as usize])?;
    let epsilon = ("epsilon", Float(c.float_or("epsilon", 1e-5)?));
    let normal = c.node("InstanceNormalization", &[grouped, ones, zeros], &[epsilon]);
    let shape = c.shape_of(x);
    let mut result = c.apply("Reshape", &[normal, shape]);
    for (op_type, name) in [("Mul", "scale"), ("Add", "bias")] {
        if c.has_input(name) {
            let each = c.operand_in_float32(name)?;
            let each = c.reshape(each, &[vec![-1], vec![1; rank.saturating_sub(2)]].concat());
            result = c.apply(op_type, &[result, each]);
        }
    }
    let result = layout.back(c, result);
    c.set_from_float32("y", result)
}

/// `affine_channel`: `Mul` and `Add` of a number per channel.
pub fn affine_channel(c: &mut Context<'_>) -> Result<()> {
    let rank = c.rank("x")?;
    let is_last = c.text_or("data_layout", "NCHW")? == "NHWC";
    let behind = if is_last { 0 } else { rank.saturating_sub(2) };
    let mut result = c.operand("x")?;
    for (op_type, name) in [("Mul", "scale"), ("Add", "bias")] {
        let each = c.operand(name)?;
        let each = c.reshape(each, &[vec![-1], vec![1; behind]].concat());
        result = c.apply(op_type, &[result, each]);
    }
    c.set("out", result);
    Ok(())
}

/// `norm`: x divided by the root of its sum of squares along an axis plus `epsilon`.
pub fn norm(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let axis = c.axis_of(c.int_or("axis", -1)?, c.rank("x")?)? as i64;
    let epsilon = c.scalar(c.input("x")?.data_type, c.float_or("epsilon", 1e-10)?)?;
    let squares = c.reduce("ReduceSumSquare", x, &[axis], true);
    let sum = c.apply("Add", &[squares, epsilon]);
    let norm = c.apply("Sqrt", &[sum]);
    let result = c.apply("Div", &[x, norm]);
    c.set("out", result);
    c.set("norm", norm);
    Ok(())
}
