//! Activations and softmax.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Field::{Float, Int};
use crate::paddle::emit::Tensor;

use super::shape::{Dim, dims_of, reshape_to};

/// `relu`: `Relu`.
pub fn relu(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    c.finish("Relu", &[x], &[])
}

/// `relu6`: `Clip` between 0 and the attribute `threshold` of older files, else 6.
pub fn relu6(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let data_type = c.input("x")?.data_type;
    let (least, most) = (c.scalar(data_type, 0.0)?, c.float_or("threshold", 6.0)?);
    let most = c.scalar(data_type, most)?;
    c.finish("Clip", &[x, least, most], &[])
}

/// `sigmoid`: `Sigmoid`.
pub fn sigmoid(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    c.finish("Sigmoid", &[x], &[])
}

/// `silu`: x times its sigmoid, which ONNX Runtime fuses.
pub fn silu(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let sigmoid = c.node("Sigmoid", &[x], &[]);
    c.finish("Mul", &[x, sigmoid], &[])
}

/// `swish`: x times the sigmoid of `beta` x; Paddle 3 has no `beta` any more.
pub fn swish(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let beta = c.float_or("beta", 1.0)?;
    let mut inner = x;
    if beta != 1.0 {
        let beta = c.scalar(c.input("x")?.data_type, beta)?;
        inner = c.node("Mul", &[x, beta], &[]);
    }
    let sigmoid = c.node("Sigmoid", &[inner], &[]);
    c.finish("Mul", &[x, sigmoid], &[])
}

/// `hardswish`: `HardSwish`, which has Paddle's default constants; others (older files) are computed as
/// x min(max(x + offset, 0), threshold) / scale.
pub fn hardswish(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let data_type = c.input("x")?.data_type;
    let (threshold, scale) = (c.float_or("threshold", 6.0)?, c.float_or("scale", 6.0)?);
    let offset = c.float_or("offset", 3.0)?;
    if (threshold, scale, offset) == (6.0, 6.0, 3.0) {
        return c.finish("HardSwish", &[x], &[]);
    }
    let (zero, threshold) = (c.scalar(data_type, 0.0)?, c.scalar(data_type, threshold)?);
    let (scale, offset) = (c.scalar(data_type, scale)?, c.scalar(data_type, offset)?);
    let shifted = c.node("Add", &[x, offset], &[]);
    let clipped = c.node("Clip", &[shifted, zero, threshold], &[]);
    let product = c.node("Mul", &[x, clipped], &[]);
    c.finish("Div", &[product, scale], &[])
}

/// `hardsigmoid`: `HardSigmoid`. The default slope of files that leave it out is Paddle's 0.2, as ONNX's.
pub fn hardsigmoid(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand_in_float32("x")?;
    let (slope, offset) = (c.float_or("slope", 0.2)?, c.float_or("offset", 0.5)?);
    let result = c.node("HardSigmoid", &[x], &[("alpha", Float(slope)), ("beta", Float(offset))]);
    c.set_from_float32("out", result)
}

/// `leaky_relu`: `LeakyRelu`; Paddle's default slope is 0.02, ONNX's 0.01.
pub fn leaky_relu(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand_in_float32("x")?;
    let slope = c.float_or("negative_slope", 0.02)?;
    let result = c.node("LeakyRelu", &[x], &[("alpha", Float(slope))]);
    c.set_from_float32("out", result)
}

/// `gelu`: x (1 + erf(x / sqrt 2)) / 2, or with `approximate` by tanh; ONNX Runtime fuses both.
pub fn gelu(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand_in_float32("x")?;
    let data_type = c.type_in_float32("x")?;
    let result = match c.bool_or("approximate", false)? {
        true => gelu_by_tanh(c, x, data_type)?,
        false => gelu_by_erf(c, x, data_type)?,
    };
    c.set_from_float32("out", result)
}

fn gelu_by_erf(c: &mut Context<'_>, x: Tensor, data_type: DataType) -> Result<Tensor> {
    let (half, one) = (c.scalar(data_type, 0.5)?, c.scalar(data_type, 1.0)?);
    let root = c.scalar(data_type, std::f64::consts::SQRT_2)?;
    let scaled = c.node("Div", &[x, root], &[]);
    let erf = c.node("Erf", &[scaled], &[]);
    let shifted = c.node("Add", &[erf, one], &[]);
    let product = c.node("Mul", &[x, shifted], &[]);
    Ok(c.node("Mul", &[product, half], &[]))
}

fn gelu_by_tanh(c: &mut Context<'_>, x: Tensor, data_type: DataType) -> Result<Tensor> {
    let (half, one) = (c.scalar(data_type, 0.5)?, c.scalar(data_type, 1.0)?);
    let (three, cubic) = (c.scalar(data_type, 3.0)?, c.scalar(data_type, 0.044715)?);
    let factor = c.scalar(data_type, (2.0 / std::f64::consts::PI).sqrt())?;
    let cube = c.node("Pow", &[x, three], &[]);
    let scaled = c.node("Mul", &[cubic, cube], &[]);
    let sum = c.node("Add", &[x, scaled], &[]);
    let inner = c.node("Mul", &[factor, sum], &[]);
    let tanh = c.node("Tanh", &[inner], &[]);
    let shifted = c.node("Add", &[one, tanh], &[]);
    let halved = c.node("Mul", &[x, half], &[]);
    Ok(c.node("Mul", &[halved, shifted], &[]))
}

/// `softmax`: `Softmax`; of a scalar it is 1.
pub fn softmax(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let rank = c.rank("x")?;
    if rank == 0 {
        let row = c.reshape(x, &[1]);
        let softmax = c.node("Softmax", &[row], &[("axis", Int(0))]);
        let scalar = c.reshape(softmax, &[]);
        c.set("out", scalar);
        return Ok(());
    }
    let axis = c.axis_of(c.int_or("axis", -1)?, rank)?;
    c.finish("Softmax", &[x], &[("axis", Int(axis as i64))])
}

/// `log_softmax`: `LogSoftmax`; of a scalar it is 0.
pub fn log_softmax(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let rank = c.rank("x")?;
    if rank == 0 {
        let row = c.reshape(x, &[1]);
        let result = c.node("LogSoftmax", &[row], &[("axis", Int(0))]);
        let scalar = c.reshape(result, &[]);
        c.set("out", scalar);
        return Ok(());
    }
    let axis = c.axis_of(c.int_or("axis", -1)?, rank)?;
    c.finish("LogSoftmax", &[x], &[("axis", Int(axis as i64))])
}

/// `mish`: x tanh(softplus(x)). Paddle's threshold, from which on softplus is x, makes no difference that a
/// 32-bit float shows.
pub fn mish(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let softplus = c.apply("Softplus", &[x]);
    let tanh = c.apply("Tanh", &[softplus]);
    c.finish("Mul", &[x, tanh], &[])
}

/// `softplus`: `Softplus` of beta x, divided by beta; x itself where beta x exceeds the threshold.
pub fn softplus(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let data_type = c.input("x")?.data_type;
    let (beta, threshold) = (c.float_or("beta", 1.0)?, c.float_or("threshold", 20.0)?);
    let scaled = match beta {
        1.0 => x,
        _ => {
            let beta = c.scalar(data_type, beta)?;
            c.apply("Mul", &[x, beta])
        }
    };
    let mut result = c.apply("Softplus", &[scaled]);
    if beta != 1.0 {
        let beta = c.scalar(data_type, beta)?;
        result = c.apply("Div", &[result, beta]);
    }
    // From 20 on the two are the same 32-bit float.
    if threshold < 20.0 || data_type != DataType::Float32 {
        let threshold = c.scalar(data_type, threshold)?;
        let is_linear = c.apply("Greater", &[scaled, threshold]);
        result = c.apply("Where", &[is_linear, x, result]);
    }
    c.set("out", result);
    Ok(())
}

/// `softsign`: `Softsign`.
pub fn softsign(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    c.finish("Softsign", &[x], &[])
}

/// `softshrink`: `Shrink` towards zero by the threshold.
pub fn softshrink(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let threshold = Float(c.float_or("threshold", 0.5)?);
    c.finish("Shrink", &[x], &[("lambd", threshold), ("bias", threshold)])
}

/// `hardshrink`: `Shrink`, which leaves what is beyond the threshold as it is.
pub fn hardshrink(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let threshold = Float(c.float_or("threshold", 0.5)?);
    c.finish("Shrink", &[x], &[("lambd", threshold), ("bias", Float(0.0))])
}

/// `elu`: `Elu`.
pub fn elu(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let alpha = Float(c.float_or("alpha", 1.0)?);
    c.finish("Elu", &[x], &[("alpha", alpha)])
}

/// `selu`: `Selu`, whose gamma is Paddle's scale.
pub fn selu(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let alpha = Float(c.float_or("alpha", 1.673_263_242_354_377_2)?);
    let scale = Float(c.float_or("scale", 1.050_700_987_355_480_5)?);
    c.finish("Selu", &[x], &[("alpha", alpha), ("gamma", scale)])
}

/// `celu`: `Elu` of x / alpha, times alpha. ONNX has `Celu` for 32-bit floats only.
pub fn celu(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let alpha = c.float_or("alpha", 1.0)?;
    if c.input("x")?.data_type == DataType::Float32 {
        return c.finish("Celu", &[x], &[("alpha", Float(alpha))]);
    }
    let alpha = c.scalar(c.input("x")?.data_type, alpha)?;
    let scaled = c.apply("Div", &[x, alpha]);
    let result = c.apply("Elu", &[scaled]);
    c.finish("Mul", &[result, alpha], &[])
}

/// `thresholded_relu`: `ThresholdedRelu`; newer files name what stands below the threshold.
pub fn thresholded_relu(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let (threshold, below) = (c.float_or("threshold", 1.0)?, c.float_or("value", 0.0)?);
    if below == 0.0 && threshold >= 0.0 {
        return c.finish("ThresholdedRelu", &[x], &[("alpha", Float(threshold))]);
    }
    let data_type = c.input("x")?.data_type;
    let (threshold, below) = (c.scalar(data_type, threshold)?, c.scalar(data_type, below)?);
    let is_above = c.apply("Greater", &[x, threshold]);
    c.finish("Where", &[is_above, x, below], &[])
}

/// `hardtanh`, `brelu`: `Clip`.
pub fn hardtanh(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let data_type = c.input("x")?.data_type;
    let least = c.scalar(data_type, c.float_or("t_min", 0.0)?)?;
    let most = c.scalar(data_type, c.float_or("t_max", 24.0)?)?;
    c.finish("Clip", &[x, least, most], &[])
}

/// `soft_relu`: `Softplus` of x clipped to the threshold on both sides.
pub fn soft_relu(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let data_type = c.input("x")?.data_type;
    let threshold = c.float_or("threshold", 40.0)?;
    let (least, most) = (c.scalar(data_type, -threshold)?, c.scalar(data_type, threshold)?);
    let clipped = c.apply("Clip", &[x, least, most]);
    c.finish("Softplus", &[clipped], &[])
}

/// `prelu`: `PRelu`. One slope for all, one per channel, or one per element of a row of the batch, each under a
/// shape that broadcasts.
pub fn prelu(c: &mut Context<'_>) -> Result<()> {
    let rank = c.rank("x")?;
    let (x, alpha) = (c.operand("x")?, c.operand("alpha")?);
    let is_last = matches!(c.text_or("data_format", "NCHW")?, "NHWC" | "NDHWC" | "NLC");
    let shape = match c.text_or("mode", "all")? {
        "all" => vec![],
        "channel" if is_last || rank < 2 => vec![-1],
        "channel" => [vec![-1], vec![1; rank - 2]].concat(),
        "element" => {
            let alpha = c.shape("alpha")?;
            let kept = if alpha.len() == rank { &alpha[1..] } else { alpha };
            if kept.iter().any(|size| *size < 0) {
                return Err(c.error(format_args!("expected slopes of a known shape, got {alpha:?}")));
            }
            kept.to_vec()
        }
        mode => return Err(c.error(format_args!("expected mode all, channel or element, got {mode:?}"))),
    };
    let alpha = c.reshape(alpha, &shape);
    c.finish("PRelu", &[x, alpha], &[])
}

/// `maxout`: `ReduceMax` over groups of neighbouring channels.
pub fn maxout(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let shape = c.shape("x")?;
    let groups = c.int("groups")?;
    let axis = c.axis_of(c.int_or("axis", 1)?, shape.len())?;
    if groups < 1 || shape[axis] < 0 || shape[axis] % groups != 0 {
        return Err(c.error(format_args!("expected channels in groups of {groups}, got {}", shape[axis])));
    }
    let dims = dims_of(shape);
    let split = [Dim::Known(shape[axis] / groups), Dim::Known(groups)];
    let split = [&dims[..axis], &split, &dims[axis + 1..]].concat();
    let grouped = reshape_to(c, x, &split);
    let result = c.reduce("ReduceMax", grouped, &[axis as i64 + 1], false);
    c.set("out", result);
    Ok(())
}

/// `logsigmoid`: minus `Softplus` of minus x, which does not overflow.
pub fn log_sigmoid(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let negative = c.apply("Neg", &[x]);
    let softplus = c.apply("Softplus", &[negative]);
    c.finish("Neg", &[softplus], &[])
}

/// `tanh_shrink`: x - tanh(x).
pub fn tanh_shrink(c: &mut Context<'_>) -> Result<()> {
    let x = c.operand("x")?;
    let tanh = c.apply("Tanh", &[x]);
    c.finish("Sub", &[x, tanh], &[])
}
