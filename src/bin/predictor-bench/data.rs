//! What the inputs hold.

use std::path::Path;

use predictor_pool::DataType;

use crate::args::{Fill, InputArguments};
use crate::failure::{Result, fail, usage};
use crate::npy::{self, Array};
use crate::random::Random;
use crate::shapes::{InputShape, Range, describe, parse_range};

/// Bytes that may be read as elements of any type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aligned {
    words: Vec<u64>,
    length: usize,
}

impl Aligned {
    pub fn of(bytes: &[u8]) -> Self {
        let mut aligned = Self::default();
        aligned.resize(bytes.len());
        aligned.bytes_mut().copy_from_slice(bytes);
        aligned
    }

    /// New bytes are 0.
    pub fn resize(&mut self, length: usize) {
        self.words.resize(length.div_ceil(8), 0);
        self.length = length;
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the words are at least `length` bytes, and a byte may have any value.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr().cast(), self.length) }
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and a word may have any value as well.
        unsafe { std::slice::from_raw_parts_mut(self.words.as_mut_ptr().cast(), self.length) }
    }
}

/// An input of one thread. Strings are packed as stateless runs take them: each followed by a NUL.
#[derive(Clone, Debug)]
pub struct InputData {
    pub shape: InputShape,
    pub data: Aligned,
}

/// Where one input's data comes from.
#[derive(Clone, Debug)]
enum Source {
    Fill(Fill),
    Range(Range),
    Array(std::sync::Arc<Array>),
}

/// Where the data of every input comes from.
pub struct Sources {
    named: Vec<(String, Source)>,
    fill: Fill,
    seed: u64,
}

impl Sources {
    /// Reads the files that `--input` names.
    pub fn of(arguments: &InputArguments) -> Result<Self> {
        let mut named = Vec::new();
        for text in &arguments.input {
            if let Some((name, what)) = text.split_once('=') {
                named.push((name.to_owned(), source(what)?));
            } else if has_extension(text, "npz") {
                let arrays = npy::read_archive(Path::new(text))?;
                named.extend(arrays.into_iter().map(|(name, array)| (name, Source::Array(array.into()))));
            } else {
                usage!("--input {text:?}: expected NAME=random|zeros|ones|LOW..HIGH|FILE.npy or FILE.npz");
            }
        }
        Ok(Self { named, fill: arguments.fill, seed: arguments.seed })
    }

    /// Gives inputs that come from files the files' shapes; the others keep theirs.
    pub fn shape_of(&self, name: &str) -> Option<&[i64]> {
        self.named.iter().find(|(named, _)| named == name).and_then(|(_, source)| match source {
            Source::Array(array) => Some(array.dims.as_slice()),
            _ => None,
        })
    }

    /// The names that `--input` gives.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(|(name, _)| name.as_str())
    }

    /// The inputs of thread number `thread`: random values differ from thread to thread, so that mixed up answers
    /// show under --check.
    pub fn inputs(&self, shapes: &[InputShape], thread: usize) -> Result<Vec<InputData>> {
        let seeds = Random::new(self.seed.wrapping_add(thread as u64)).next();
        let input = |(index, shape): (usize, &InputShape)| {
            let named =
                self.named.iter().find(|(name, _)| *name == shape.name).map(|(_, source)| source.clone());
            let source = named.or(shape.range.map(Source::Range)).unwrap_or(Source::Fill(self.fill));
            let mut random = Random::new(seeds.wrapping_add(index as u64));
            Ok(InputData { shape: shape.clone(), data: make(shape, &source, &mut random)? })
        };
        shapes.iter().enumerate().map(input).collect()
    }
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

fn source(text: &str) -> Result<Source> {
    Ok(match text {
        "random" => Source::Fill(Fill::Random),
        "zeros" => Source::Fill(Fill::Zeros),
        "ones" => Source::Fill(Fill::Ones),
        path if has_extension(path, "npy") => Source::Array(npy::read(Path::new(path))?.into()),
        range => Source::Range(parse_range(range)?),
    })
}

fn make(shape: &InputShape, source: &Source, random: &mut Random) -> Result<Aligned> {
    let (name, data_type) = (&shape.name, shape.data_type);
    let count =
        shape.dims.iter().try_fold(1usize, |count, dim| count.checked_mul(usize::try_from(*dim).ok()?));
    let Some(count) = count.filter(|count| *count <= isize::MAX as usize / 8) else {
        usage!("input {name:?}: {} has too many elements", describe(&shape.dims));
    };
    if let Source::Array(array) = source {
        if array.data_type != data_type {
            fail!(
                "input {name:?}: the model takes {}, the file has {}",
                data_type.name(),
                array.data_type.name()
            );
        }
        if array.dims != shape.dims {
            let (dims, given) = (describe(&shape.dims), describe(&array.dims));
            fail!("input {name:?}: expected {dims}, the file has {given}");
        }
        return Ok(Aligned::of(&array.bytes));
    }
    let mut bytes = Vec::new();
    if bytes.try_reserve_exact(count * data_type.size()).is_err() {
        fail!("input {name:?}: {} does not fit into memory", describe(&shape.dims));
    }
    for _ in 0..count {
        let value = match (source, is_float(data_type)) {
            (Source::Fill(Fill::Zeros), _) => 0.0,
            (Source::Fill(Fill::Ones), _) => 1.0,
            (Source::Range((low, high)), true) => low + (high - low) * random.unit(),
            (Source::Range((low, high)), false) => (low + (high - low) * random.unit()).floor(),
            (_, true) => random.unit(),
            (_, false) => f64::from(random.next() & 1 == 1),
        };
        put(&mut bytes, data_type, value);
    }
    Ok(Aligned::of(&bytes))
}

fn is_float(data_type: DataType) -> bool {
    use DataType::{BFloat16, Float16, Float32, Float64};
    matches!(data_type, Float32 | Float64 | Float16 | BFloat16)
}

/// Appends `value` as an element, rounded and saturated to what the type can hold.
fn put(bytes: &mut Vec<u8>, data_type: DataType, value: f64) {
    match data_type {
        DataType::Float32 => bytes.extend((value as f32).to_le_bytes()),
        DataType::Float64 => bytes.extend(value.to_le_bytes()),
        DataType::Float16 => bytes.extend(half(value as f32).to_le_bytes()),
        DataType::BFloat16 => bytes.extend((((value as f32).to_bits() >> 16) as u16).to_le_bytes()),
        DataType::UInt8 => bytes.push(value as u8),
        DataType::Int8 => bytes.push(value as i8 as u8),
        DataType::UInt16 => bytes.extend((value as u16).to_le_bytes()),
        DataType::Int16 => bytes.extend((value as i16).to_le_bytes()),
        DataType::UInt32 => bytes.extend((value as u32).to_le_bytes()),
        DataType::Int32 => bytes.extend((value as i32).to_le_bytes()),
        DataType::UInt64 => bytes.extend((value as u64).to_le_bytes()),
        DataType::Int64 => bytes.extend((value as i64).to_le_bytes()),
        DataType::Bool => bytes.push(u8::from(value != 0.0)),
        DataType::String => {
            bytes.extend(value.to_string().into_bytes());
            bytes.push(0);
        }
    }
}

/// IEEE 754 binary16, rounded towards zero; what is too small for a normal number is 0, what is too large the
/// largest.
fn half(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = ((bits >> 16) & 0x8000) as u16;
    let exponent = ((bits >> 23) & 0xff) as i32 - 127;
    match exponent {
        ..-14 => sign,
        16.. => sign | 0x7bff,
        _ => sign | (((exponent + 15) as u16) << 10) | ((bits >> 13) & 0x3ff) as u16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(data_type: DataType, dims: &[i64]) -> InputShape {
        InputShape { name: "x".to_owned(), data_type, dims: dims.to_vec(), range: None }
    }

    fn sources(input: &[&str], fill: Fill) -> Result<Sources> {
        let input = input.iter().map(|text| (*text).to_owned()).collect();
        Sources::of(&InputArguments { shape: Vec::new(), input, fill, seed: 1 })
    }

    fn floats(data: &Aligned) -> Vec<f32> {
        data.bytes().chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
    }

    #[test]
    fn every_type_has_elements_of_its_size() {
        for data_type in DataType::all().filter(|data_type| *data_type != DataType::String) {
            let inputs = sources(&[], Fill::Ones).unwrap().inputs(&[shape(data_type, &[2, 3])], 0).unwrap();
            assert_eq!(inputs[0].data.bytes().len(), 6 * data_type.size(), "{}", data_type.name());
            assert!(inputs[0].data.bytes().iter().any(|byte| *byte != 0));
        }
        let inputs = sources(&[], Fill::Ones).unwrap().inputs(&[shape(DataType::String, &[2])], 0).unwrap();
        assert_eq!(inputs[0].data.bytes(), b"1\x001\x00");
    }

    #[test]
    fn random_data_is_repeatable_and_differs_between_threads() {
        let random = sources(&[], Fill::Random).unwrap();
        let data =
            |thread| random.inputs(&[shape(DataType::Float32, &[100])], thread).unwrap().remove(0).data;
        assert_eq!(data(3), data(3));
        assert_ne!(data(0), data(1));
        assert!(floats(&data(0)).iter().all(|value| (0.0..1.0).contains(value)));
    }

    #[test]
    fn ranges_leave_out_their_end() {
        let ranged = sources(&["x=-2..3"], Fill::Random).unwrap();
        let data = ranged.inputs(&[shape(DataType::Int64, &[1000])], 0).unwrap().remove(0).data;
        let mut seen: Vec<i64> =
            data.bytes().chunks_exact(8).map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap())).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [-2, -1, 0, 1, 2]);
    }

    #[test]
    fn half_precision_numbers_have_the_bits_of_the_standard() {
        let cases =
            [(0.0, 0), (1.0, 0x3c00), (-2.0, 0xc000), (0.5, 0x3800), (65504.0, 0x7bff), (1e6, 0x7bff)];
        for (value, bits) in cases {
            assert_eq!(half(value), bits, "{value}");
        }
    }

    #[test]
    fn inputs_that_mean_nothing_are_refused() {
        for text in ["x", "x=what", "x=1..1", "x=/nowhere.npy", "/nowhere.npz"] {
            assert!(sources(&[text], Fill::Zeros).is_err(), "{text}");
        }
    }
}
