//! Whether a run's outputs are the expected ones.

use predictor_pool::DataType;

use crate::cases::Tolerance;
use crate::common::golden::{Data, Value};

/// Says how `got` differs from `expected` in name, element type, dims or values.
pub fn compare(got: &Value, expected: &Value, tolerance: Tolerance) -> Result<(), String> {
    let name = &expected.name;
    if got.name != expected.name {
        return Err(format!("expected output {name:?}, got {:?}", got.name));
    }
    if (got.data_type, &got.dims) != (expected.data_type, &expected.dims) {
        return Err(format!(
            "{name:?}: expected {}{:?}, got {}{:?}",
            expected.data_type.name(),
            expected.dims,
            got.data_type.name(),
            got.dims
        ));
    }
    let limit = limits(expected, tolerance);
    let (got, expected) = (numbers(got), numbers(expected));
    let wrong: Vec<usize> = (0..expected.len())
        .filter(|&index| !is_close(got[index], expected[index], limit(expected[index])))
        .collect();
    match wrong.first() {
        None => Ok(()),
        Some(&index) => Err(format!(
            "{name:?}: {} of {} elements are wrong, the first at {index}: expected {}, got {}",
            wrong.len(),
            expected.len(),
            expected[index],
            got[index]
        )),
    }
}

/// Says which change to a right output `compare` would not notice.
pub fn check_that_changes_are_noticed(right: &Value, tolerance: Tolerance) -> Result<(), String> {
    let mut dims = right.clone();
    dims.dims.push(1);
    let mut name = right.clone();
    name.name.push('x');
    let mut changed = vec![("dims", dims), ("name", name)];
    let numbers = numbers(right);
    // The largest, because a tolerance may be relative to it.
    let largest = (0..numbers.len()).max_by(|a, b| numbers[*a].abs().total_cmp(&numbers[*b].abs()));
    if let Some(index) = largest {
        changed.push(("an element", with_another_element(right, index)));
    }
    match changed.iter().find(|(_, value)| compare(value, right, tolerance).is_ok()) {
        Some((what, _)) => Err(format!("{:?}: a change of {what} is not noticed", right.name)),
        None => Ok(()),
    }
}

/// The value with one element's highest byte changed.
fn with_another_element(value: &Value, index: usize) -> Value {
    let (mut value, size) = (value.clone(), value.data_type.size());
    let Data::Bytes(bytes) = &mut value.data else { panic!("{} is a string", value.name) };
    bytes.as_mut_slice()[(index + 1) * size - 1] ^= if value.data_type == DataType::Bool { 1 } else { 0x41 };
    value
}

/// How far from an expected number the one got may be. What is no float is exact.
fn limits(expected: &Value, tolerance: Tolerance) -> impl Fn(f64) -> f64 + use<> {
    let is_float = matches!(
        expected.data_type,
        DataType::Float32 | DataType::Float64 | DataType::Float16 | DataType::BFloat16
    );
    let finite = numbers(expected).into_iter().map(f64::abs).filter(|number| number.is_finite());
    let constant = tolerance.absolute + tolerance.of_peak * finite.fold(0.0, f64::max);
    move |expected| if is_float { constant + tolerance.relative * expected.abs() } else { 0.0 }
}

fn is_close(got: f64, expected: f64, limit: f64) -> bool {
    let close = (got - expected).abs() <= limit && expected.is_finite();
    got == expected || (got.is_nan() && expected.is_nan()) || close
}

/// The elements as doubles; the cases have no integers that a double cannot hold.
fn numbers(value: &Value) -> Vec<f64> {
    let Data::Bytes(bytes) = &value.data else { panic!("{} is a string", value.name) };
    let number = read_as(value.data_type);
    bytes.as_slice().chunks_exact(value.data_type.size()).map(number).collect()
}

fn read_as(data_type: DataType) -> fn(&[u8]) -> f64 {
    match data_type {
        DataType::Float32 => |bytes| f64::from(f32::from_le_bytes(bytes.try_into().unwrap())),
        DataType::Float64 => |bytes| f64::from_le_bytes(bytes.try_into().unwrap()),
        DataType::Float16 => |bytes| half(u16::from_le_bytes(bytes.try_into().unwrap())),
        DataType::BFloat16 => |bytes| f64::from(f32::from_le_bytes([0, 0, bytes[0], bytes[1]])),
        DataType::Int8 => |bytes| f64::from(bytes[0] as i8),
        DataType::UInt8 | DataType::Bool => |bytes| f64::from(bytes[0]),
        DataType::Int16 => |bytes| f64::from(i16::from_le_bytes(bytes.try_into().unwrap())),
        DataType::UInt16 => |bytes| f64::from(u16::from_le_bytes(bytes.try_into().unwrap())),
        DataType::Int32 => |bytes| f64::from(i32::from_le_bytes(bytes.try_into().unwrap())),
        DataType::UInt32 => |bytes| f64::from(u32::from_le_bytes(bytes.try_into().unwrap())),
        DataType::Int64 => |bytes| i64::from_le_bytes(bytes.try_into().unwrap()) as f64,
        DataType::UInt64 => |bytes| u64::from_le_bytes(bytes.try_into().unwrap()) as f64,
        DataType::String => |_| panic!("a string is no number"),
    }
}

fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff) / 1024.0);
    sign * match exponent {
        0 => fraction * 2f64.powi(-14),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction) * 2f64.powi(exponent - 15),
    }
}
