//! Functions of one number, element by element.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Tensor;
use crate::paddle::facts::is_float;

use super::common::number;

/// The operand `x` in the element type of the result: Paddle computes functions of integers in floats.
fn argument(c: &mut Context<'_>) -> Result<(Tensor, DataType)> {
    let data_type = c.output("out")?.data_type;
    let x = c.operand("x")?;
    Ok((c.cast(x, c.input("x")?.data_type, data_type), data_type))
}

/// [`argument`], which must be a float. Of integers Paddle computes exponentials and logarithms in floats, too, but
/// declares the results as integers, and all that is computed from them likewise: no declared type is to be
/// trusted in such a file.
fn float_argument(c: &mut Context<'_>) -> Result<(Tensor, DataType)> {
    let (x, data_type) = argument(c)?;
    if !is_float(data_type) {
        return Err(c.error(format_args!("expected a tensor of floats, got one of {}", data_type.name())));
    }
    Ok((x, data_type))
}

/// The one node `op_type`.
fn unary(c: &mut Context<'_>, op_type: &'static str) -> Result<()> {
    let (x, _) = argument(c)?;
    c.finish(op_type, &[x], &[])
}

/// The one node `op_type`, or nothing for integers, which are whole already.
fn rounding(c: &mut Context<'_>, op_type: &'static str) -> Result<()> {
    let (x, data_type) = argument(c)?;
    if !is_float(data_type) {
        c.set("out", x);
        return Ok(());
    }
    c.finish(op_type, &[x], &[])
}

/// The one node `op_type`, in single precision.
fn in_float32(c: &mut Context<'_>, op_type: &'static str) -> Result<()> {
    let x = c.operand_in_float32("x")?;
    let result = c.node(op_type, &[x], &[]);
    c.set_from_float32("out", result)
}

/// `exp`: `Exp`.
pub fn exp(c: &mut Context<'_>) -> Result<()> {
    let (x, _) = float_argument(c)?;
    c.finish("Exp", &[x], &[])
}

/// `expm1`: `Exp` less 1, in 64 bits so that results near 0 keep their digits.
pub fn expm1(c: &mut Context<'_>) -> Result<()> {
    let (x, data_type) = float_argument(c)?;
    let x = c.cast(x, data_type, DataType::Float64);
    let one = c.scalar(DataType::Float64, 1.0)?;
    let power = c.node("Exp", &[x], &[]);
    let result = c.node("Sub", &[power, one], &[]);
    let result = c.cast(result, DataType::Float64, data_type);
    c.set("out", result);
    Ok(())
}

/// `log`: `Log`.
pub fn log(c: &mut Context<'_>) -> Result<()> {
    let (x, _) = float_argument(c)?;
    c.finish("Log", &[x], &[])
}

/// `log2`: `Log` divided by that of 2.
pub fn log2(c: &mut Context<'_>) -> Result<()> {
    log_to_base(c, std::f64::consts::LN_2)
}

/// `log10`: `Log` divided by that of 10.
pub fn log10(c: &mut Context<'_>) -> Result<()> {
    log_to_base(c, std::f64::consts::LN_10)
}

fn log_to_base(c: &mut Context<'_>, log_of_base: f64) -> Result<()> {
    let (x, data_type) = float_argument(c)?;
    let divisor = c.scalar(data_type, log_of_base)?;
    let log = c.node("Log", &[x], &[]);
    c.finish("Div", &[log, divisor], &[])
}

/// `log1p`: `Log` of 1 more, in 64 bits so that small x keep their digits.
pub fn log1p(c: &mut Context<'_>) -> Result<()> {
    let (x, data_type) = float_argument(c)?;
    let x = c.cast(x, data_type, DataType::Float64);
    let one = c.scalar(DataType::Float64, 1.0)?;
    let sum = c.node("Add", &[x, one], &[]);
    let result = c.node("Log", &[sum], &[]);
    let result = c.cast(result, DataType::Float64, data_type);
    c.set("out", result);
    Ok(())
}

/// `logit`: `Log` of x / (1 - x), x first kept `eps` away from 0 and 1; without `eps` what is outside is not a number,
/// which the logarithm gives by itself.
pub fn logit(c: &mut Context<'_>) -> Result<()> {
    let (mut x, data_type) = argument(c)?;
    let epsilon = c.float_or("eps", 1e-6)?;
    let one = c.scalar(data_type, 1.0)?;
    if epsilon > 0.0 {
        let (least, most) = (c.scalar(data_type, epsilon)?, c.scalar(data_type, 1.0 - epsilon)?);
        x = c.node("Clip", &[x, least, most], &[]);
    }
    let rest = c.node("Sub", &[one, x], &[]);
    let ratio = c.node("Div", &[x, rest], &[]);
    c.finish("Log", &[ratio], &[])
}

/// `sqrt`: `Sqrt`.
pub fn sqrt(c: &mut Context<'_>) -> Result<()> {
    unary(c, "Sqrt")
}

/// `rsqrt`: `Reciprocal` of `Sqrt`.
pub fn rsqrt(c: &mut Context<'_>) -> Result<()> {
    let (x, _) = argument(c)?;
    let root = c.node("Sqrt", &[x], &[]);
    c.finish("Reciprocal", &[root], &[])
}

/// `reciprocal`: `Reciprocal`.
pub fn reciprocal(c: &mut Context<'_>) -> Result<()> {
    unary(c, "Reciprocal")
}

/// `square`: `Mul` by itself.
pub fn square(c: &mut Context<'_>) -> Result<()> {
    let (x, _) = argument(c)?;
    c.finish("Mul", &[x, x], &[])
}

/// `pow`: `Pow`; of integers the exponent is converted to an integer.
pub fn pow(c: &mut Context<'_>) -> Result<()> {
    let (x, data_type) = argument(c)?;
    let exponent = number(c, "y", data_type)?;
    c.finish("Pow", &[x, exponent], &[])
}

/// `abs`: `Abs`.
pub fn abs(c: &mut Context<'_>) -> Result<()> {
    unary(c, "Abs")
}

/// `sign`: `Sign`.
pub fn sign(c: &mut Context<'_>) -> Result<()> {
    unary(c, "Sign")
}

/// `floor`: `Floor`.
pub fn floor(c: &mut Context<'_>) -> Result<()> {
    rounding(c, "Floor")
}

/// `ceil`: `Ceil`.
pub fn ceil(c: &mut Context<'_>) -> Result<()> {
    rounding(c, "Ceil")
}

/// `round` of Paddle 3: `Round`, halves to the even number, after as many `decimals`.
pub fn round(c: &mut Context<'_>) -> Result<()> {
    let decimals = c.int_or("decimals", 0)?;
    let (x, data_type) = argument(c)?;
    if decimals == 0 || !is_float(data_type) {
        return rounding(c, "Round");
    }
    let power = c.scalar(data_type, 10f64.powi(decimals.unsigned_abs() as i32))?;
    let (before, after) = if decimals > 0 { ("Mul", "Div") } else { ("Div", "Mul") };
    let scaled = c.node(before, &[x, power], &[]);
    let rounded = c.node("Round", &[scaled], &[]);
    c.finish(after, &[rounded, power], &[])
}

/// `round` of Paddle 2: halves away from 0, so the magnitude rounded down, and 1 more if a half or more was lost.
pub fn round_half_away(c: &mut Context<'_>) -> Result<()> {
    let (x, data_type) = argument(c)?;
    if !is_float(data_type) {
        c.set("out", x);
        return Ok(());
    }
    let half = c.scalar(data_type, 0.5)?;
    let magnitude = c.node("Abs", &[x], &[]);
    let whole = c.node("Floor", &[magnitude], &[]);
    let lost = c.node("Sub", &[magnitude, whole], &[]);
    let is_more = c.node("GreaterOrEqual", &[lost, half], &[]);
    let more = c.cast(is_more, DataType::Bool, data_type);
    let rounded = c.node("Add", &[whole, more], &[]);
    let sign = c.node("Sign", &[x], &[]);
    c.finish("Mul", &[rounded, sign], &[])
}

/// `trunc`: `Floor` of the magnitude, with the sign of x.
pub fn trunc(c: &mut Context<'_>) -> Result<()> {
    let (x, data_type) = argument(c)?;
    if !is_float(data_type) {
        c.set("out", x);
        return Ok(());
    }
    let magnitude = c.node("Abs", &[x], &[]);
    let whole = c.node("Floor", &[magnitude], &[]);
    let sign = c.node("Sign", &[x], &[]);
    c.finish("Mul", &[whole, sign], &[])
}

/// `erf`: `Erf`.
pub fn erf(c: &mut Context<'_>) -> Result<()> {
    in_float32(c, "Erf")
}

/// `sin`: `Sin`.
pub fn sin(c: &mut Context<'_>) -> Result<()> {
    unary(c, "Sin")
}

/// `cos`: `Cos`; of 64-bit floats, for which ONNX Runtime has none, `Sin` a quarter of a turn further.
pub fn cos(c: &mut Context<'_>) -> Result<()> {
    let (x, data_type) = argument(c)?;
    if data_type != DataType::Float64 {
        return c.finish("Cos", &[x], &[]);
    }
    let cos = cos_of_float64(c, x)?;
    c.set("out", cos);
    Ok(())
}

fn cos_of_float64(c: &mut Context<'_>, x: Tensor) -> Result<Tensor> {
    let quarter = c.scalar(DataType::Float64, std::f64::consts::FRAC_PI_2)?;
    let sum = c.node("Add", &[x, quarter], &[]);
    Ok(c.node("Sin", &[sum], &[]))
}

/// `tan`: `Tan`; of 64-bit floats, for which ONNX Runtime has none, `Sin` divided by the cosine.
pub fn tan(c: &mut Context<'_>) -> Result<()> {
    let (x, data_type) = argument(c)?;
    if data_type != DataType::Float64 {
        return c.finish("Tan", &[x], &[]);
    }
    let (sin, cos) = (c.node("Sin", &[x], &[]), cos_of_float64(c, x)?);
    c.finish("Div", &[sin, cos], &[])
}

/// `asin`: `Asin`.
pub fn asin(c: &mut Context<'_>) -> Result<()> {
    in_float32(c, "Asin")
}

/// `acos`: `Acos`.
pub fn acos(c: &mut Context<'_>) -> Result<()> {
    in_float32(c, "Acos")
}

/// `atan`: `Atan`.
pub fn atan(c: &mut Context<'_>) -> Result<()> {
    in_float32(c, "Atan")
}

/// `sinh`: `Sinh`; of 64-bit floats, which may be too large for 32 bits, half the difference of two `Exp`.
pub fn sinh(c: &mut Context<'_>) -> Result<()> {
    hyperbolic(c, "Sinh", "Sub")
}

/// `cosh`: `Cosh`; of 64-bit floats half the sum of two `Exp`.
pub fn cosh(c: &mut Context<'_>) -> Result<()> {
    hyperbolic(c, "Cosh", "Add")
}

fn hyperbolic(c: &mut Context<'_>, op_type: &'static str, of_powers: &'static str) -> Result<()> {
    let (x, data_type) = argument(c)?;
    if data_type != DataType::Float64 {
        return c.finish(op_type, &[x], &[]);
    }
    let half = c.scalar(data_type, 0.5)?;
    let negative = c.node("Neg", &[x], &[]);
    let powers = [c.node("Exp", &[x], &[]), c.node("Exp", &[negative], &[])];
    let whole = c.node(of_powers, &powers, &[]);
    c.finish("Mul", &[whole, half], &[])
}

/// `tanh`: `Tanh`.
pub fn tanh(c: &mut Context<'_>) -> Result<()> {
    unary(c, "Tanh")
}

/// `asinh`: `Asinh`.
pub fn asinh(c: &mut Context<'_>) -> Result<()> {
    in_float32(c, "Asinh")
}

/// `acosh`: `Acosh`.
pub fn acosh(c: &mut Context<'_>) -> Result<()> {
    in_float32(c, "Acosh")
}

/// `atanh`: `Atanh`.
pub fn atanh(c: &mut Context<'_>) -> Result<()> {
    in_float32(c, "Atanh")
}

/// `clip`: `Clip`. A bound that the element type cannot hold (Paddle writes the limits of a 32-bit float for "none",
/// also for integers) is left out.
pub fn clip(c: &mut Context<'_>) -> Result<()> {
    let (x, data_type) = argument(c)?;
    let least = bound(c, "min", data_type)?;
    let most = bound(c, "max", data_type)?;
    c.finish("Clip", &[x, least, most], &[])
}

fn bound(c: &mut Context<'_>, name: &str, data_type: DataType) -> Result<Tensor> {
    if c.is_known(name) && !is_float(data_type) {
        let limit = 2f64.powi(8 * data_type.size() as i32 - 1);
        let value = c.float_or(name, f64::INFINITY)?;
        if !(-limit..limit).contains(&value) {
            return Ok(Tensor::NONE);
        }
    }
    number(c, name, data_type)
}

/// `increment`: `Add` of a number.
pub fn increment(c: &mut Context<'_>) -> Result<()> {
    let (x, data_type) = argument(c)?;
    let step = c.scalar(data_type, c.float_or("value", 1.0)?)?;
    c.finish("Add", &[x, step], &[])
}
