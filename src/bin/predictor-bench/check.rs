//! Whether outputs are those of the serial reference.

use predictor_pool::DataType;

use crate::request::Output;

/// What the first wrong element looks like; none if there is none. Bits must be equal, or float32 and float64 within
/// `tolerance` * max(1, |expected|).
pub fn difference(got: &[Output], expected: &[Output], tolerance: f64) -> Option<String> {
    got.iter().zip(expected).find_map(|(got, expected)| {
        let (bytes, reference) = (got.data.bytes(), expected.data.bytes());
        if bytes == reference {
            return None;
        }
        let (name, data_type) = (&got.name, got.data_type);
        if bytes.len() != reference.len() {
            return Some(format!(
                "output {name:?} has {} bytes, the reference {}",
                bytes.len(),
                reference.len()
            ));
        }
        let size = data_type.size().max(1);
        let mut elements = bytes.chunks_exact(size).zip(reference.chunks_exact(size)).enumerate();
        elements.find(|(_, (got, expected))| !is_same(data_type, got, expected, tolerance)).map(
            |(index, (got, expected))| {
                let (got, expected) = (text(data_type, got), text(data_type, expected));
                format!("output {name:?}: element {index} is {got}, the reference has {expected}")
            },
        )
    })
}

fn is_same(data_type: DataType, got: &[u8], expected: &[u8], tolerance: f64) -> bool {
    if got == expected {
        return true;
    }
    match (float(data_type, got), float(data_type, expected)) {
        (Some(got), Some(expected)) => (got - expected).abs() <= tolerance * expected.abs().max(1.0),
        _ => false,
    }
}

fn float(data_type: DataType, bytes: &[u8]) -> Option<f64> {
    match data_type {
        DataType::Float32 => Some(f64::from(f32::from_le_bytes(bytes.try_into().ok()?))),
        DataType::Float64 => Some(f64::from_le_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

fn text(data_type: DataType, bytes: &[u8]) -> String {
    match float(data_type, bytes) {
        Some(value) => value.to_string(),
        None => bytes.iter().rev().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(got: f32, expected: f32, tolerance: f64) -> bool {
        is_same(DataType::Float32, &got.to_le_bytes(), &expected.to_le_bytes(), tolerance)
    }

    #[test]
    fn outputs_are_the_same_bits_or_within_the_tolerance() {
        assert!(same(1.5, 1.5, 0.0) && same(f32::NAN, f32::NAN, 0.0));
        assert!(!same(1.0, 1.000_001, 0.0) && same(1.0, 1.000_001, 1e-5));
        assert!(same(1000.0, 1000.5, 1e-3) && !same(1000.0, 1002.0, 1e-3));
        assert!(!same(f32::NAN, 1.0, 1.0) && !same(f32::INFINITY, 1.0, 1.0));
        assert!(!is_same(DataType::Int32, &[1, 0, 0, 0], &[2, 0, 0, 0], 10.0));
        assert_eq!(text(DataType::Int32, &[1, 2, 0, 0]), "0x00000201");
    }
}
