//! Element types: Rust type, ONNX number, size and name of each.

/// The element type of a tensor; the numbers are ONNX's own (`TensorProto.DataType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum DataType {
    /// 32-bit IEEE 754.
    Float32 = 1,
    /// Unsigned 8-bit integer.
    UInt8 = 2,
    /// Signed 8-bit integer.
    Int8 = 3,
    /// Unsigned 16-bit integer.
    UInt16 = 4,
    /// Signed 16-bit integer.
    Int16 = 5,
    /// Signed 32-bit integer.
    Int32 = 6,
    /// Signed 64-bit integer.
    Int64 = 7,
    /// A UTF-8 string of any length.
    String = 8,
    /// One byte, 0 or 1.
    Bool = 9,
    /// 16-bit IEEE 754.
    Float16 = 10,
    /// 64-bit IEEE 754.
    Float64 = 11,
    /// Unsigned 32-bit integer.
    UInt32 = 12,
    /// Unsigned 64-bit integer.
    UInt64 = 13,
    /// The upper 16 bits of a 32-bit float.
    BFloat16 = 16,
}

const NAMES: [(DataType, &str); 14] = [
    (DataType::Float32, "float32"),
    (DataType::UInt8, "uint8"),
    (DataType::Int8, "int8"),
    (DataType::UInt16, "uint16"),
    (DataType::Int16, "int16"),
    (DataType::Int32, "int32"),
    (DataType::Int64, "int64"),
    (DataType::String, "string"),
    (DataType::Bool, "bool"),
    (DataType::Float16, "float16"),
    (DataType::Float64, "float64"),
    (DataType::UInt32, "uint32"),
    (DataType::UInt64, "uint64"),
    (DataType::BFloat16, "bfloat16"),
];

impl DataType {
    /// Every element type of the table.
    pub fn all() -> impl Iterator<Item = DataType> {
        NAMES.iter().map(|row| row.0)
    }

    /// The type with ONNX's number `code`, if the table has it.
    pub fn from_code(code: i32) -> Option<DataType> {
        Some(match code {
            1 => DataType::Float32,
            2 => DataType::UInt8,
            3 => DataType::Int8,
            4 => DataType::UInt16,
            5 => DataType::Int16,
            6 => DataType::Int32,
            7 => DataType::Int64,
            8 => DataType::String,
            9 => DataType::Bool,
            10 => DataType::Float16,
            11 => DataType::Float64,
            12 => DataType::UInt32,
            13 => DataType::UInt64,
            16 => DataType::BFloat16,
            _ => return None,
        })
    }

    /// ONNX's number.
    pub fn code(self) -> i32 {
        self as i32
    }

    /// Bytes of one element; 0 for strings, which have no fixed size.
    pub fn size(self) -> usize {
        match self {
            DataType::String => 0,
            DataType::UInt8 | DataType::Int8 | DataType::Bool => 1,
            DataType::UInt16 | DataType::Int16 | DataType::Float16 | DataType::BFloat16 => 2,
            DataType::Float32 | DataType::Int32 | DataType::UInt32 => 4,
            DataType::Int64 | DataType::Float64 | DataType::UInt64 => 8,
        }
    }

    /// The name used in messages, for example `float32`.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|row| row.0 == self).map_or("?", |row| row.1)
    }
}

/// The name of a type that a model uses and this library cannot carry.
pub(crate) fn unsupported_name(code: i32) -> String {
    let name = match code {
        14 => "complex64",
        15 => "complex128",
        17 => "float8e4m3fn",
        18 => "float8e4m3fnuz",
        19 => "float8e5m2",
        20 => "float8e5m2fnuz",
        21 => "uint4",
        22 => "int4",
        23 => "float4e2m1",
        24 => "float8e8m0",
        _ => return format!("element type {code}"),
    };
    name.to_owned()
}

/// 16-bit IEEE 754 as its bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct F16(pub u16);

/// bfloat16 as its bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Bf16(pub u16);

/// A boolean as a tensor holds it: 0 or 1. Rust's `bool` must not be made of any other byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Bool(pub u8);

/// A Rust type that can be copied to and from a tensor.
///
/// # Safety
/// The type is plain old data with no padding, of exactly `DATA_TYPE.size()` bytes, and every bit
/// pattern that a tensor of `DATA_TYPE` may hold is a valid value of it.
pub unsafe trait Element: Copy + Default + 'static {
    /// The element type of the tensors it fits.
    const DATA_TYPE: DataType;
}

macro_rules! element {
    ($($rust:ty => $variant:ident),+ $(,)?) => {
        $(
            // SAFETY: a primitive (or a transparent wrapper of one) of the size asserted below.
            unsafe impl Element for $rust {
                const DATA_TYPE: DataType = DataType::$variant;
            }
        )+

        #[cfg(test)]
        const ELEMENTS: &[(DataType, usize)] =
            &[$((DataType::$variant, std::mem::size_of::<$rust>())),+];
    };
}

element! {
    f32 => Float32,
    u8 => UInt8,
    i8 => Int8,
    u16 => UInt16,
    i16 => Int16,
    i32 => Int32,
    i64 => Int64,
    F16 => Float16,
    f64 => Float64,
    u32 => UInt32,
    u64 => UInt64,
    Bf16 => BFloat16,
    Bool => Bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_rust_types() {
        for (data_type, size) in ELEMENTS {
            assert_eq!(data_type.size(), *size, "{}", data_type.name());
        }
    }

    #[test]
    fn codes_round_trip_and_gaps_are_unknown() {
        assert!(DataType::all().all(|t| DataType::from_code(t.code()) == Some(t)));
        for gap in [0, 14, 15, 17, 99, -1] {
            assert_eq!(DataType::from_code(gap), None);
        }
    }
}
