//! Resizing by interpolation.

use crate::dtype::DataType;
use crate::error::Result;
use crate::paddle::context::Context;
use crate::paddle::emit::Field::{self, Float, Text};
use crate::paddle::emit::Tensor;

use super::common::range;
use super::layout::Layout;

/// What the spatial axes are resized to; tensors have one number per axis.
enum Target {
    /// Factors, as 32-bit floats, and what is known of them.
    Factors(Tensor, Option<Vec<f32>>),
    /// Sizes, as 64-bit integers, and what is known of them.
    Sizes(Tensor, Option<Vec<i64>>),
}

/// How a place in the result becomes one in the input.
#[derive(Clone, Copy, PartialEq)]
enum Places {
    AlignCorners,
    HalfPixel,
    Asymmetric,
}

/// `*_interp` (`*_interp_v2` in ProgramDesc files): `Resize`. With a factor Paddle steps by its inverse, as ONNX does, and
/// not by the ratio of the sizes. Bilinear with `align_mode` 1 steps from the corner, with 0 from the pixel's middle.
pub fn interpolate(c: &mut Context<'_>) -> Result<()> {
    resize(c, target)
}

/// `nearest_interp`, `bilinear_interp` of older files: factors only tell the sizes.
pub fn interpolate_by_sizes(c: &mut Context<'_>) -> Result<()> {
    resize(c, |c, layout| {
        let target = target(c, layout)?;
        let Target::Factors(factors, known) = target else { return Ok(target) };
        let inner = layout.spatial(c.shape("x")?);
        let sizes = known.and_then(|factors| {
            inner.iter().zip(factors).map(|(size, by)| (*size >= 0).then(|| scaled(*size, by))).collect()
        });
        if let Some(sizes) = sizes {
            let sizes: Vec<i64> = sizes;
            return Ok(Target::Sizes(c.int_list(&sizes), Some(sizes)));
        }
        let x = c.operand("x")?;
        let x = layout.to_channels_first(c, x);
        let sizes = c.sizes_of(x, &[], 2, 2 + inner.len());
        let sizes = c.cast(sizes, DataType::Int64, DataType::Float32);
        let sizes = c.apply("Mul", &[sizes, factors]);
        let sizes = c.apply("Floor", &[sizes]);
        Ok(Target::Sizes(c.cast(sizes, DataType::Float32, DataType::Int64), None))
    })
}

fn scaled(size: i64, factor: f32) -> i64 {
    (size as f32 * factor) as i64
}

fn resize(c: &mut Context<'_>, target: impl Fn(&mut Context<'_>, Layout) -> Result<Target>) -> Result<()> {
    let layout = Layout::of(c, "x")?;
    let target = target(c, layout)?;
    let is_aligned = c.bool_or("align_corners", true)?;
    let method = c.text_or("interp_method", "bilinear")?;
    if method == "nearest" {
        let x = c.operand("x")?;
        let x = layout.to_channels_first(c, x);
        let result = nearest(c, layout, x, &target, is_aligned)?;
        let result = layout.back(c, result);
        c.set_first(result);
        return Ok(());
    }
    let places = match (is_aligned, method, c.int_or("align_mode", 1)?) {
        (true, ..) => Places::AlignCorners,
        (false, "bicubic", _) | (false, _, 0) => Places::HalfPixel,
        (false, ..) => Places::Asymmetric,
    };
    let mode = match method {
        "linear" | "bilinear" | "trilinear" => "linear",
        "bicubic" => "cubic",
        _ => return Err(c.error(format_args!("no interpolation {method:?}"))),
    };
    if c.type_in_float32("x")? != DataType::Float32 {
        return Err(c.error(format_args!("no {method} interpolation of {}", c.input("x")?.data_type.name())));
    }
    let x = c.operand_in_float32("x")?;
    let mut x = layout.to_channels_first(c, x);
    let mut target = target;
    if places == Places::HalfPixel {
        (x, target) = first_pixels(c, layout, x, target, mode)?;
    }
    let fields = [("mode", Text(mode)), ("cubic_coeff_a", Float(-0.75))];
    let fields = if mode == "cubic" { &fields[..] } else { &fields[..1] };
    let result = by_resize(c, layout, x, &target, places, fields)?;
    let result = layout.back(c, result);
    c.set_from_float32("out", result)
}

/// A list of sizes comes before a tensor of sizes, that before a tensor of factors, that before the attributes.
fn target(c: &mut Context<'_>, layout: Layout) -> Result<Target> {
    let count = layout.spatial(c.shape("x")?).len();
    for name in ["size_tensor", "out_size"] {
        if c.has_input(name) {
            return Ok(Target::Sizes(c.int_list_operand(name)?, c.known_ints(name)));
        }
    }
    let name = if c.has_input("scale_tensor") { "scale_tensor" } else { "scale" };
    if c.has_input(name) && c.constant(name).is_none() {
        let data_type = c.input(name)?.data_type;
        let factors = c.operand(name)?;
        let factors = c.cast(factors, data_type, DataType::Float32);
        let count = c.int_list(&[count as i64]);
        return Ok(Target::Factors(c.apply("Expand", &[factors, count]), None));
    }
    let mut factors: Vec<f32> = c.floats_or(name, &[])?.iter().map(|factor| *factor as f32).collect();
    if let [only] = factors[..] {
        factors = vec![only; count];
    }
    if factors.len() == count && factors.iter().all(|factor| *factor > 0.0) {
        let tensor = constant_factors(c, &factors)?;
        return Ok(Target::Factors(tensor, Some(factors)));
    }
    let sizes = [c.int_or("out_d", -1)?, c.int_or("out_h", -1)?, c.int_or("out_w", -1)?];
    let sizes = &sizes[3usize.saturating_sub(count)..];
    if sizes.len() != count || sizes.iter().any(|size| *size < 1) {
        return Err(c.error(format_args!("expected {count} sizes or factors, got {sizes:?} and {factors:?}")));
    }
    Ok(Target::Sizes(c.int_list(sizes), Some(sizes.to_vec())))
}

/// Paddle takes a single pixel from the start of its axis, ONNX from the middle: cuts those axes. (That an axis is resized to one
/// pixel is not seen where sizes are computed at run time.)
fn first_pixels(
    c: &mut Context<'_>,
    layout: Layout,
    mut x: Tensor,
    mut target: Target,
    mode: &str,
) -> Result<(Tensor, Target)> {
    for (axis, size) in layout.spatial(c.shape("x")?).into_iter().enumerate() {
        let wanted = match &target {
            Target::Sizes(_, Some(sizes)) => sizes[axis],
            Target::Factors(_, Some(factors)) if size >= 0 => scaled(size, factors[axis]),
            _ => continue,
        };
        if wanted != 1 || size == 1 {
            continue;
        }
        if mode == "cubic" {
            return Err(c.error("Paddle's bicubic interpolation to a single pixel is not ONNX's"));
        }
        let place = axis as i64 + 2;
        x = c.slice(x, &[place], &[0], &[1]);
        if let Target::Factors(tensor, Some(factors)) = &mut target {
            factors[axis] = 1.0;
            *tensor = constant_factors(c, factors)?;
        }
    }
    Ok((x, target))
}

fn constant_factors(c: &mut Context<'_>, factors: &[f32]) -> Result<Tensor> {
    let elements = factors.iter().map(|factor| f64::from(*factor)).collect();
    c.constant_tensor(DataType::Float32, &[factors.len() as i64], elements)
}

/// `Resize` of the spatial axes; batch and channels stay.
fn by_resize(
    c: &mut Context<'_>,
    layout: Layout,
    x: Tensor,
    target: &Target,
    places: Places,
    mode: &[(&str, Field<'_>)],
) -> Result<Tensor> {
    let places = Text(match places {
        Places::AlignCorners => "align_corners",
        Places::HalfPixel => "half_pixel",
        Places::Asymmetric => "asymmetric",
    });
    let fields = [mode, &[("coordinate_transformation_mode", places)]].concat();
    match target {
        Target::Factors(factors, _) => {
            let ones = c.constant_tensor(DataType::Float32, &[2], vec![1.0; 2])?;
            let factors = c.concat(&[ones, *factors], 0);
            Ok(c.node("Resize", &[x, Tensor::NONE, factors], &fields))
        }
        Target::Sizes(sizes, known) => {
            let dims = c.shape("x")?;
            let outer = [dims.first().copied().unwrap_or(-1), layout.channels(dims)];
            let sizes = match known {
                Some(sizes) if !outer.contains(&-1) => c.int_list(&[&outer[..], sizes].concat()),
                _ => {
                    let outer = c.sizes_of(x, &[], 0, 2);
                    c.concat(&[outer, *sizes], 0)
                }
            };
            Ok(c.node("Resize", &[x, Tensor::NONE, Tensor::NONE, sizes], &fields))
        }
    }
}

/// Nearest: `Resize` rounding down (up from a half if corners are aligned), where both divide to the same places in
/// 32-bit floats, as they do for factors that are powers of 2; else `Gather` at Paddle's places.
fn nearest(
    c: &mut Context<'_>,
    layout: Layout,
    x: Tensor,
    target: &Target,
    is_aligned: bool,
) -> Result<Tensor> {
    let sizes = layout.spatial(c.shape("x")?);
    let data_type = c.input("x")?.data_type;
    let has_kernel =
        matches!(data_type, DataType::Float32 | DataType::Int32 | DataType::Int8 | DataType::UInt8);
    let is_alike = (0..sizes.len()).all(|axis| match target {
        Target::Factors(_, Some(factors)) if !is_aligned => {
            let factor = factors[axis];
            // A power of 2 has no fraction bits.
            factor.to_bits().trailing_zeros() >= 23
                || (sizes[axis] >= 0
                    && is_alike(scaled(sizes[axis], factor), 1.0 / factor, |place| place as f32 / factor))
        }
        Target::Sizes(_, Some(wanted)) if !is_aligned && sizes[axis] > 0 => {
            let (size, wanted) = (sizes[axis] as f32, wanted[axis] as f32);
            is_alike(wanted as i64, size / wanted, |place| place as f32 / (wanted / size))
        }
        _ => false,
    });
    if is_alike && has_kernel {
        let mode = [("mode", Text("nearest")), ("nearest_mode", Text("floor"))];
        return by_resize(c, layout, x, target, Places::Asymmetric, &mode);
    }
    let mut result = x;
    for axis in 0..sizes.len() {
        let places = nearest_places(c, x, sizes.len(), target, axis, is_aligned)?;
        result = c.gather(result, places, axis as i64 + 2);
    }
    Ok(result)
}

/// Whether Paddle's `place * step` and ONNX Runtime's division hit the same elements.
fn is_alike(count: i64, step: f32, divided: impl Fn(i64) -> f32) -> bool {
    (0..count).all(|place| (place as f32 * step) as i64 == divided(place) as i64)
}

/// Which element of an axis stands at each place of the result.
fn nearest_places(
    c: &mut Context<'_>,
    x: Tensor,
    count: usize,
    target: &Target,
    axis: usize,
    is_aligned: bool,
) -> Result<Tensor> {
    let index = axis as i64;
    let dims = c.shape("x")?;
    let known = Layout::of(c, "x")?.spatial(dims);
    let size = c.sizes_of(x, &[&[-1, -1], &known[..]].concat(), 2 + axis, 3 + axis);
    let size_float = c.cast(size, DataType::Int64, DataType::Float32);
    let part = |c: &mut Context<'_>, tensor: Tensor| match count {
        1 => tensor,
        _ => c.slice(tensor, &[0], &[index], &[index + 1]),
    };
    let one = c.constant_tensor(DataType::Float32, &[1], vec![1.0])?;
    let (wanted, mut step) = match target {
        Target::Factors(factors, _) => {
            let factor = part(c, *factors);
            let wanted = c.apply("Mul", &[size_float, factor]);
            let wanted = c.cast(wanted, DataType::Float32, DataType::Int64);
            (wanted, c.apply("Div", &[one, factor]))
        }
        Target::Sizes(sizes, _) => {
            let wanted = part(c, *sizes);
            let wanted_float = c.cast(wanted, DataType::Int64, DataType::Float32);
            (wanted, c.apply("Div", &[size_float, wanted_float]))
        }
    };
    if is_aligned {
        // With one place the step does not matter, but must not divide by zero.
        let wanted_float = c.cast(wanted, DataType::Int64, DataType::Float32);
        let less = c.apply("Sub", &[wanted_float, one]);
        let less = c.apply("Max", &[less, one]);
        let size_less = c.apply("Sub", &[size_float, one]);
        step = c.apply("Div", &[size_less, less]);
    }
    let wanted = c.reshape(wanted, &[]);
    let places = range(c, wanted)?;
    let places = c.cast(places, DataType::Int64, DataType::Float32);
    let mut places = c.apply("Mul", &[places, step]);
    if is_aligned {
        let half = c.scalar(DataType::Float32, 0.5)?;
        places = c.apply("Add", &[places, half]);
    }
    let places = c.cast(places, DataType::Float32, DataType::Int64);
    let next = c.scalar(DataType::Int64, 1.0)?;
    let last = c.apply("Sub", &[size, next]);
    Ok(c.apply("Min", &[places, last]))
}
