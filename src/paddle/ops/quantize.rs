//! Quantisation, as it is simulated in floating point numbers.
//!
//! Paddle's scale is the greatest magnitude of the numbers, which becomes the greatest integer of so many bits: ONNX's scale
//! is Paddle's divided by that integer.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Field::Int;
use crate::paddle::emit::Tensor;
use crate::paddle::graph::Operator;
use crate::paddle::view::View;

/// The greatest integer of `bits` bits with a sign.
fn greatest(c: &Context<'_>, bits: i64) -> Result<f64> {
    match bits {
        2..=16 => Ok(((1i64 << (bits - 1)) - 1) as f64),
        _ => Err(c.error(format_args!("expected 2 to 16 bits, got {bits}"))),
    }
}

/// `scale` (one number or one per element of `axis`) under a shape that broadcasts over `rank` axes.
fn along_axis(c: &mut Context<'_>, scale: Tensor, count: i64, axis: i64, rank: usize) -> Result<Tensor> {
    if count == 1 || axis < 0 {
        return Ok(c.reshape(scale, &[]));
    }
    let axis = c.axis_of(axis, rank)?;
    let mut shape = vec![1; rank];
    shape[axis] = -1;
    Ok(c.reshape(scale, &shape))
}

/// How many scales the operand has; -1 if that is free.
fn scale_count(c: &Context<'_>, name: &str) -> Result<i64> {
    Ok(c.shape(name)?.iter().try_fold(1, |count, size| (*size >= 0).then(|| count * size)).unwrap_or(-1))
}

/// x in steps of `scale`, `most` of them, rounded: with `round_type` 0 to the nearest, ties to even, and cut to -most - 1
/// and most; with 1 cut to the scale first, then ties away from zero.
fn quantized(
    c: &mut Context<'_>,
    x: Tensor,
    scale: Tensor,
    most: f64,
    data_type: DataType,
    round_type: i64,
) -> Result<Tensor> {
    // A scale of 0, of nothing but zeros, must not divide; it counts as the least number.
    let tiny = c.scalar(data_type, 1e-6)?;
    let zero = c.scalar(data_type, 0.0)?;
    let one = c.scalar(data_type, 1.0)?;
    let half = c.scalar(data_type, 0.5)?;
    let is_tiny = c.apply("LessOrEqual", &[scale, tiny]);
    let shifted = c.apply("Add", &[scale, tiny]);
    let inverse = c.apply("Div", &[one, scale]);
    let inverse_shifted = c.apply("Div", &[one, shifted]);
    let inverse = c.apply("Where", &[is_tiny, inverse_shifted, inverse]);
    let steps = c.scalar(data_type, most)?;
    if round_type == 0 {
        let least = c.scalar(data_type, -most - 1.0)?;
        let scaled = c.apply("Mul", &[steps, inverse]);
        let scaled = c.apply("Mul", &[scaled, x]);
        let rounded = c.apply("Round", &[scaled]);
        return Ok(c.apply("Clip", &[rounded, least, steps]));
    }
    let negative = c.apply("Sub", &[zero, scale]);
    let cut = c.apply("Min", &[x, scale]);
    let cut = c.apply("Max", &[cut, negative]);
    let scaled = c.apply("Mul", &[steps, inverse]);
    let scaled = c.apply("Mul", &[scaled, cut]);
    let magnitude = c.apply("Abs", &[scaled]);
    let magnitude = c.apply("Add", &[magnitude, half]);
    let magnitude = c.apply("Floor", &[magnitude]);
    let sign = c.apply("Sign", &[scaled]);
    Ok(c.apply("Mul", &[magnitude, sign]))
}

/// Steps of `scale` back to numbers.
fn dequantized(
    c: &mut Context<'_>,
    steps: Tensor,
    scale: Tensor,
    most: f64,
    data_type: DataType,
) -> Result<Tensor> {
    let most = c.scalar(data_type, most)?;
    let scaled = c.apply("Mul", &[steps, scale]);
    Ok(c.apply("Div", &[scaled, most]))
}

/// What `quantize_linear` and `dequantize_linear` say alike.
#[derive(PartialEq)]
struct Linear {
    bits: i64,
    axis: i64,
    round_type: i64,
}

impl Linear {
    fn of(c: &Context<'_>) -> Result<Self> {
        Ok(Self {
            bits: c.int_or("bit_length", 8)?,
            axis: c.int_or("quant_axis", 0)?,
            round_type: c.int_or("round_type", 0)?,
        })
    }

    /// What ONNX's own operators on 8-bit integers compute; their axis and scale.
    fn as_onnx(&self, c: &mut Context<'_>) -> Result<(Tensor, i64)> {
        let count = scale_count(c, "scale")?;
        let scale = c.operand_in_float32("scale")?;
        let most = c.scalar(DataType::Float32, greatest(c, self.bits)?)?;
        let scale = c.reshape(scale, if count == 1 { &[] } else { &[-1] });
        let axis = if count == 1 { 0 } else { c.axis_of(self.axis, c.rank("x")?)? as i64 };
        Ok((c.apply("Div", &[scale, most]), axis))
    }
}

/// `quantize_linear`: rounded steps of the scale, which Paddle keeps as floats.
pub fn quantize_linear(c: &mut Context<'_>) -> Result<()> {
    refuse_training(c)?;
    let linear = Linear::of(c)?;
    let data_type = c.input("x")?.data_type;
    let (x, scale) = (c.operand("x")?, c.operand("scale")?);
    let scale = c.cast(scale, c.input("scale")?.data_type, data_type);
    let scale = along_axis(c, scale, scale_count(c, "scale")?, linear.axis, c.rank("x")?)?;
    let steps = quantized(c, x, scale, greatest(c, linear.bits)?, data_type, linear.round_type)?;
    let steps = c.cast(steps, data_type, c.output("y")?.data_type);
    c.set("y", steps);
    Ok(())
}

/// `dequantize_linear`: `DequantizeLinear` of 8-bit weights, and of what `quantize_linear` made, which is then written as
/// `QuantizeLinear` again so that ONNX Runtime computes in integers; else multiplied.
pub fn dequantize_linear(c: &mut Context<'_>) -> Result<()> {
    refuse_training(c)?;
    let linear = Linear::of(c)?;
    let data_type = c.output("y")?.data_type;
    if linear.bits == 8
        && data_type == DataType::Float32
        && let Some(steps) = eight_bits(c, &linear)?
    {
        let (scale, axis) = linear.as_onnx(c)?;
        let result = c.node("DequantizeLinear", &[steps, scale], &[("axis", Int(axis))]);
        c.set("y", result);
        return Ok(());
    }
    let (x, scale) = (c.operand("x")?, c.operand("scale")?);
    let x = c.cast(x, c.input("x")?.data_type, data_type);
    let scale = c.cast(scale, c.input("scale")?.data_type, data_type);
    let scale = along_axis(c, scale, scale_count(c, "scale")?, linear.axis, c.rank("x")?)?;
    let result = dequantized(c, x, scale, greatest(c, linear.bits)?, data_type)?;
    c.set("y", result);
    Ok(())
}

fn refuse_training(c: &Context<'_>) -> Result<()> {
    match c.bool_or("is_test", true)? && !c.bool_or("only_observer", false)? {
        true => Ok(()),
        false => Err(c.error("expected a model saved for inference (is_test), this one is for training")),
    }
}

/// The operand `x` as 8-bit integers, where that is what it is.
fn eight_bits(c: &mut Context<'_>, linear: &Linear) -> Result<Option<Tensor>> {
    let id = c.input_id("x")?;
    if c.input("x")?.data_type == DataType::Int8 {
        return Ok(Some(c.operand("x")?));
    }
    let writes = |operator: &&Operator| operator.results().any(|result| result == id);
    let producer = c.graph.operators.iter().find(writes);
    let Some(producer) =
        producer.filter(|operator| operator.rule.is_some_and(|rule| rule.name() == "quantize_linear"))
    else {
        return Ok(None);
    };
    let (mine, theirs) = (c.operator.input("scale"), producer.input("scale"));
    let view = View { operator: producer, ..**c };
    let same = Linear {
        bits: view.int_or("bit_length", 8)?,
        axis: view.int_or("quant_axis", 0)?,
        round_type: view.int_or("round_type", 0)?,
    };
    // Rounding away from zero is not what QuantizeLinear does.
    if mine != theirs || same != *linear || linear.round_type != 0 {
        return Ok(None);
    }
    let (scale, axis) = linear.as_onnx(c)?;
    let [source] = producer.input("x") else { return Ok(None) };
    if c.kind_of(*source)?.data_type != DataType::Float32 {
        return Ok(None);
    }
    let source = c.value(*source)?;
    let count = scale_count(c, "scale")?;
    let dims = if count == 1 { vec![] } else { vec![count] };
    let zeros = c.constant_tensor(DataType::Int8, &dims, vec![0.0; usize::try_from(count).unwrap_or(1)])?;
    Ok(Some(c.node("QuantizeLinear", &[source, scale, zeros], &[("axis", Int(axis))])))
}

/// `fake_quantize_*`, `fake_quantize_dequantize_*`, of one scale or one per channel: [`quantized`] and, for the second kind, back.
/// The scale is the greatest magnitude of x, or an operand that was found in training.
fn fake(c: &mut Context<'_>, is_by_channel: bool, is_undone: bool) -> Result<()> {
    let rank = c.rank("x")?;
    let data_type = c.input("x")?.data_type;
    let x = c.operand("x")?;
    let most = greatest(c, c.int_or("bit_length", 8)?)?;
    let channel = if is_by_channel { c.axis_of(c.int_or("quant_axis", 0)?, rank)? as i64 } else { -1 };
    let result_scale = if c.has_input("in_scale") {
        if !c.bool_or("is_test", false)? {
            return Err(c.error("expected a model saved for inference (is_test), this one is for training"));
        }
        c.operand("in_scale")?
    } else {
        let axes: Vec<i64> = (0..rank as i64).filter(|axis| *axis != channel).collect();
        let magnitudes = c.apply("Abs", &[x]);
        let greatest = match axes.is_empty() {
            true => magnitudes,
            false => c.reduce("ReduceMax", magnitudes, &axes, false),
        };
        if is_by_channel { greatest } else { c.reshape(greatest, &[1]) }
    };
    let count = if is_by_channel { -1 } else { 1 };
    let scale = along_axis(c, result_scale, count, channel, rank)?;
    let mut result = quantized(c, x, scale, most, data_type, c.int_or("round_type", 1)?)?;
    if is_undone {
        result = dequantized(c, result, scale, most, data_type)?;
    }
    c.set("out", result);
    c.set("out_scale", result_scale);
    Ok(())
}

/// `fake_quantize_abs_max`, `fake_quantize_moving_average_abs_max`, `fake_quantize_range_abs_max`: [`fake`].
pub fn fake_quantize(c: &mut Context<'_>) -> Result<()> {
    fake(c, false, false)
}

/// `fake_quantize_dequantize_abs_max`, `fake_quantize_dequantize_moving_average_abs_max`: [`fake`].
pub fn fake_quantize_dequantize(c: &mut Context<'_>) -> Result<()> {
    fake(c, false, true)
}

/// `fake_channel_wise_quantize_abs_max`: [`fake`].
pub fn fake_channel_wise_quantize(c: &mut Context<'_>) -> Result<()> {
    fake(c, true, false)
}

/// `fake_channel_wise_quantize_dequantize_abs_max`: [`fake`].
pub fn fake_channel_wise_quantize_dequantize(c: &mut Context<'_>) -> Result<()> {
    fake(c, true, true)
}

/// `fake_dequantize_max_abs`: x times the scale, divided by the attribute `max_range`.
pub fn fake_dequantize(c: &mut Context<'_>) -> Result<()> {
    let data_type = c.output("out")?.data_type;
    let x = c.operand("x")?;
    let x = c.cast(x, c.input("x")?.data_type, data_type);
    let scale = c.operand("scale")?;
    let scale = c.reshape(scale, &[]);
    let result = dequantized(c, x, scale, c.float_or("max_range", 127.0)?, data_type)?;
    c.set("out", result);
    Ok(())
}

/// `fake_channel_wise_dequantize_max_abs`: x times the scale of its channel, and where there is a second scale (that of an
/// activation) times that one, divided by the greatest integers of both.
pub fn fake_channel_wise_dequantize(c: &mut Context<'_>) -> Result<()> {
    let rank = c.rank("x")?;
    let data_type = c.output("out")?.data_type;
    let bits = c.ints_or("quant_bits", &[8])?;
    let scales = c.operands("scales")?;
    if scales.is_empty() || scales.len() > 2 || bits.len() < scales.len() {
        return Err(c.error(format_args!("expected one or two scales with their bits, got {}", scales.len())));
    }
    let x = c.operand("x")?;
    let x = c.cast(x, c.input("x")?.data_type, data_type);
    // With two scales the channels are those of the product that is dequantised.
    let axis = match scales.len() {
        1 => c.int_or("quant_axis", 0)?,
        _ => c.int_or("x_num_col_dims", 1)?,
    };
    let scale = along_axis(c, scales[0], -1, axis, rank)?;
    let mut result = dequantized(c, x, scale, greatest(c, bits[0])?, data_type)?;
    if let Some(scale) = scales.get(1) {
        let scale = c.reshape(*scale, &[]);
        result = dequantized(c, result, scale, greatest(c, bits[1])?, data_type)?;
    }
    c.set("out", result);
    Ok(())
}
