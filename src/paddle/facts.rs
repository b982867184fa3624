//! What is known of values before the model runs: the content of small tensors, mostly shapes, axes and
//! other arguments that Paddle 3 passes as operands.

use std::collections::HashMap;

use crate::dtype::DataType;

use super::graph::{TensorType, ValueId};
use super::params::Parameter;

/// Weights of more elements are not looked into.
const MOST_ELEMENTS: usize = 1024;

/// A tensor's content.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Constant {
    pub data_type: DataType,
    pub dims: Vec<i64>,
    pub numbers: Numbers,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Numbers {
    /// Integers and booleans. `None` is an element that depends on what is fed, for example the batch in
    /// a shape.
    Ints(Vec<Option<i64>>),
    Floats(Vec<f64>),
}

impl Constant {
    /// `numbers` as a tensor of the declared type; its shape gives way where it does not fit them.
    pub fn new(kind: &TensorType, numbers: Numbers) -> Self {
        let count = match &numbers {
            Numbers::Ints(ints) => ints.len(),
            Numbers::Floats(floats) => floats.len(),
        };
        let numbers = match (numbers, is_float(kind.data_type)) {
            (Numbers::Ints(ints), true) if ints.iter().all(Option::is_some) => {
                Numbers::Floats(ints.into_iter().flatten().map(|int| int as f64).collect())
            }
            (Numbers::Floats(floats), false) => {
                let is_bool = kind.data_type == DataType::Bool;
                let convert = |float: f64| if is_bool { i64::from(float != 0.0) } else { float as i64 };
                Numbers::Ints(floats.into_iter().map(|float| Some(convert(float))).collect())
            }
            (numbers, _) => numbers,
        };
        let dims = match element_count(&kind.dims) == Some(count) {
            true => kind.dims.clone(),
            false => vec![i64::try_from(count).unwrap_or(i64::MAX)],
        };
        Self { data_type: kind.data_type, dims, numbers }
    }

    /// All elements, if they are integers or booleans that do not depend on what is fed.
    pub fn ints(&self) -> Option<Vec<i64>> {
        match &self.numbers {
            Numbers::Ints(ints) => ints.iter().copied().collect(),
            Numbers::Floats(_) => None,
        }
    }

    /// All elements as floating point numbers.
    pub fn floats(&self) -> Option<Vec<f64>> {
        match &self.numbers {
            Numbers::Ints(ints) => ints.iter().map(|int| int.map(|int| int as f64)).collect(),
            Numbers::Floats(floats) => Some(floats.clone()),
        }
    }

    pub fn is_complete(&self) -> bool {
        match &self.numbers {
            Numbers::Ints(ints) => ints.iter().all(Option::is_some),
            Numbers::Floats(_) => true,
        }
    }

    /// The elements as a tensor holds them; `None` for what is not complete.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        Some(match self.data_type {
            DataType::Bool | DataType::UInt8 => self.ints()?.iter().map(|int| *int as u8).collect(),
            DataType::Int8 => self.ints()?.iter().map(|int| *int as u8).collect(),
            DataType::Int16 => self.ints()?.iter().flat_map(|int| (*int as i16).to_le_bytes()).collect(),
            DataType::Int32 => self.ints()?.iter().flat_map(|int| (*int as i32).to_le_bytes()).collect(),
            DataType::Int64 => self.ints()?.iter().flat_map(|int| int.to_le_bytes()).collect(),
            DataType::Float32 => self.floats()?.iter().flat_map(|x| (*x as f32).to_le_bytes()).collect(),
            DataType::Float64 => self.floats()?.iter().flat_map(|x| x.to_le_bytes()).collect(),
            DataType::Float16 => {
                self.floats()?.iter().flat_map(|x| f16_bits(*x as f32).to_le_bytes()).collect()
            }
            DataType::BFloat16 => {
                self.floats()?.iter().flat_map(|x| bf16_bits(*x as f32).to_le_bytes()).collect()
            }
            _ => return None,
        })
    }
}

pub(crate) fn is_float(data_type: DataType) -> bool {
    matches!(data_type, DataType::Float16 | DataType::BFloat16 | DataType::Float32 | DataType::Float64)
}

/// `None` where a dimension is free.
pub(crate) fn element_count(dims: &[i64]) -> Option<usize> {
    dims.iter().try_fold(1usize, |count, dim| count.checked_mul(usize::try_from(*dim).ok()?))
}

/// 16-bit IEEE 754, rounded to the nearest, ties to even.
fn f16_bits(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let magnitude = bits & 0x7fff_ffff;
    if magnitude > 0x7f80_0000 {
        return sign | 0x7e00;
    }
    // The smallest value that rounds to more than the largest finite one.
    if magnitude >= 0x477f_f000 {
        return sign | 0x7c00;
    }
    // Below the smallest normal number an addition has the hardware round at the right place.
    if magnitude < 0x3880_0000 {
        let shifted = f32::from_bits(magnitude) + 0.5;
        return sign | (shifted.to_bits() - 0x3f00_0000) as u16;
    }
    let odd = (magnitude >> 13) & 1;
    sign | ((magnitude - 0x3800_0000 + 0xfff + odd) >> 13) as u16
}

/// The upper half of a 32-bit float, rounded to the nearest, ties to even.
fn bf16_bits(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        return (bits >> 16) as u16 | 0x40;
    }
    ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) as u16
}

/// The constants of a model; they are found operator by operator.
#[derive(Default)]
pub(crate) struct Facts {
    constants: HashMap<ValueId, Constant>,
}

impl Facts {
    pub fn get(&self, id: ValueId) -> Option<&Constant> {
        self.constants.get(&id)
    }

    pub fn insert(&mut self, id: ValueId, constant: Constant) {
        self.constants.insert(id, constant);
    }

    /// Takes a small weight's content from the file of parameters.
    pub fn insert_parameter(&mut self, id: ValueId, parameter: &Parameter, file: &[u8]) {
        let Some(count) = element_count(&parameter.dims).filter(|count| *count <= MOST_ELEMENTS) else {
            return;
        };
        let bytes = &file[parameter.offset..][..parameter.length];
        if bytes.len() != count * parameter.data_type.size() {
            return;
        }
        macro_rules! elements {
            ($rust:ty) => {
                bytes
                    .chunks_exact(size_of::<$rust>())
                    .filter_map(|chunk| chunk.try_into().ok())
                    .map(<$rust>::from_le_bytes)
            };
        }
        let numbers = match parameter.data_type {
            DataType::Bool | DataType::UInt8 => {
                Numbers::Ints(bytes.iter().map(|int| Some(i64::from(*int))).collect())
            }
            DataType::Int8 => Numbers::Ints(elements!(i8).map(|int| Some(i64::from(int))).collect()),
            DataType::Int32 => Numbers::Ints(elements!(i32).map(|int| Some(i64::from(int))).collect()),
            DataType::Int64 => Numbers::Ints(elements!(i64).map(Some).collect()),
            DataType::Float32 => Numbers::Floats(elements!(f32).map(f64::from).collect()),
            DataType::Float64 => Numbers::Floats(elements!(f64).collect()),
            _ => return,
        };
        let kind = TensorType { data_type: parameter.data_type, dims: parameter.dims.clone() };
        self.insert(id, Constant::new(&kind, numbers));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits by numpy's float16 and ml_dtypes' bfloat16.
    #[test]
    fn half_precision_is_rounded_to_the_nearest_even() {
        let f16 = [
            (1.0, 0x3c00),
            (-2.0, 0xc000),
            (0.1, 0x2e66),
            (65504.0, 0x7bff),
            (65519.0, 0x7bff),
            (65520.0, 0x7c00),
            (f32::INFINITY, 0x7c00),
            (2049.0, 0x6800),
            (2051.0, 0x6802),
            (5.960_464_5e-8, 1),
            (2.980_232_2e-8, 0),
            (6.103_515_6e-5, 0x0400),
            (6.1e-5, 0x03ff),
            (-0.0, 0x8000),
        ];
        for (value, bits) in f16 {
            assert_eq!(f16_bits(value), bits, "{value}");
        }
        assert!(f16_bits(f32::NAN) & 0x7fff > 0x7c00);
        let bf16 = [
            (1.0, 0x3f80),
            (std::f32::consts::PI, 0x4049),
            (f32::MAX, 0x7f80),
            (1.003_906_3, 0x3f80),
            (-0.1, 0xbdcd),
        ];
        for (value, bits) in bf16 {
            assert_eq!(bf16_bits(value), bits, "{value}");
        }
        assert!(bf16_bits(f32::NAN) & 0x7fff > 0x7f80);
    }

    #[test]
    fn numbers_take_the_declared_type() {
        let kind = |data_type, dims: &[i64]| TensorType { data_type, dims: dims.to_vec() };
        let constant = |data_type, numbers| Constant::new(&kind(data_type, &[2]), numbers).bytes();
        let floats = || Numbers::Floats(vec![1.9, -1.9]);
        assert_eq!(constant(DataType::Int8, floats()), Some(vec![1, 0xff]));
        assert_eq!(constant(DataType::Bool, floats()), Some(vec![1, 1]));
        assert_eq!(
            constant(DataType::Int16, Numbers::Ints(vec![Some(258), Some(-1)])),
            Some(vec![2, 1, 0xff, 0xff])
        );
        assert_eq!(constant(DataType::Int64, Numbers::Ints(vec![None, Some(1)])), None);
        let scalar = Constant::new(&kind(DataType::Float32, &[]), Numbers::Ints(vec![Some(1)]));
        assert_eq!((scalar.dims.len(), scalar.bytes()), (0, Some(1.0f32.to_le_bytes().to_vec())));
    }
}
