//! tests/golden.json; tests/models/README.md describes it.

use std::collections::BTreeMap;

use predictor_pool::DataType;
use serde_json::Value as Json;

pub struct Case {
    pub name: String,
    pub model: String,
    pub tolerance: f64,
    pub inputs: Vec<Value>,
    pub outputs: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    pub name: String,
    pub data_type: DataType,
    pub dims: Vec<i64>,
    pub data: Data,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Bytes(Bytes),
    Strings(Vec<Vec<u8>>),
}

/// Bytes that are aligned for every element type.
#[derive(Clone, Debug)]
pub struct Bytes {
    words: Vec<u64>,
    length: usize,
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Bytes {
    pub fn zeroed(length: usize) -> Self {
        Self { words: vec![0; length.div_ceil(8)], length }
    }

    pub fn from_slice(bytes: &[u8]) -> Self {
        let mut own = Self::zeroed(bytes.len());
        own.as_mut_slice().copy_from_slice(bytes);
        own
    }

    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: the words take at least `length` bytes.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr().cast(), self.length) }
    }

    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.words.as_mut_ptr().cast(), self.length) }
    }
}

impl Value {
    /// As stateless runs take it: strings are each followed by a NUL.
    pub fn packed(&self) -> Bytes {
        match &self.data {
            Data::Bytes(bytes) => bytes.clone(),
            Data::Strings(strings) => Bytes::from_slice(
                &strings.iter().flat_map(|string| string.iter().copied().chain([0])).collect::<Vec<_>>(),
            ),
        }
    }

    pub fn from_packed(name: &str, data_type: DataType, dims: &[i64], packed: &[u8]) -> Self {
        let data = match data_type {
            DataType::String => {
                let mut strings: Vec<Vec<u8>> = packed.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
                assert_eq!(strings.pop(), Some(Vec::new()), "the last string must end with a NUL too");
                Data::Strings(strings)
            }
            _ => Data::Bytes(Bytes::from_slice(packed)),
        };
        Self { name: name.to_owned(), data_type, dims: dims.to_vec(), data }
    }

    fn floats(&self) -> Vec<f32> {
        let Data::Bytes(bytes) = &self.data else { panic!("{:?} is no number", self.data_type) };
        assert_eq!(self.data_type, DataType::Float32, "only these have a tolerance");
        bytes.as_slice().chunks(4).map(|four| f32::from_ne_bytes(four.try_into().unwrap())).collect()
    }
}

impl Case {
    /// Compares what a run produced with what ONNX Runtime gave for the case, in the model's order.
    #[track_caller]
    pub fn check(&self, how: &str, got: &[Value]) {
        let name = &self.name;
        assert_eq!(got.len(), self.outputs.len(), "{name} {how}");
        for (got, expected) in got.iter().zip(&self.outputs) {
            let what = format!("{name} {how}: {:?}", expected.name);
            assert_eq!(got.name, expected.name, "{what}");
            assert_eq!(got.data_type, expected.data_type, "{what}");
            assert_eq!(got.dims, expected.dims, "{what}");
            if self.tolerance == 0.0 {
                assert_eq!(got.data, expected.data, "{what}");
                continue;
            }
            let (got, expected) = (got.floats(), expected.floats());
            assert_eq!(got.len(), expected.len(), "{what}");
            for (got, expected) in got.into_iter().zip(expected) {
                let (got, expected) = (f64::from(got), f64::from(expected));
                let most = self.tolerance * expected.abs().max(1.0);
                assert!((got - expected).abs() <= most, "{what}: {got} for {expected}");
            }
        }
    }

    pub fn input(&self, name: &str) -> &Value {
        self.inputs.iter().find(|value| value.name == name).unwrap()
    }
}

pub fn cases() -> Vec<Case> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden.json");
    let json: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(json["schema"], 1);
    json["cases"].as_array().unwrap().iter().map(case).collect()
}

pub fn case_named(name: &str) -> Case {
    cases().into_iter().find(|case| case.name == name).unwrap()
}

/// The cases of each model. Cases that set other inputs stand apart: an input with a default stays
/// set once it was.
pub fn cases_by_model() -> Vec<Vec<Case>> {
    let mut groups: BTreeMap<(String, Vec<String>), Vec<Case>> = BTreeMap::new();
    for case in cases() {
        let mut names: Vec<String> = case.inputs.iter().map(|value| value.name.clone()).collect();
        names.sort();
        groups.entry((case.model.clone(), names)).or_default().push(case);
    }
    groups.into_values().collect()
}

fn case(json: &Json) -> Case {
    let text = |key: &str| json[key].as_str().unwrap().to_owned();
    let values = |key: &str| json[key].as_array().unwrap().iter().map(value).collect();
    Case {
        name: text("name"),
        model: text("model"),
        tolerance: json["tolerance"].as_f64().unwrap(),
        inputs: values("inputs"),
        outputs: values("outputs"),
    }
}

fn value(json: &Json) -> Value {
    let type_name = json["data_type"].as_str().unwrap();
    let data_type = DataType::all().find(|data_type| data_type.name() == type_name).unwrap();
    let elements = json["data"].as_array().unwrap();
    let data = match data_type {
        DataType::String => {
            Data::Strings(elements.iter().map(|text| text.as_str().unwrap().as_bytes().to_vec()).collect())
        }
        _ => Data::Bytes(Bytes::from_slice(
            &elements.iter().flat_map(|number| bytes(data_type, number)).collect::<Vec<_>>(),
        )),
    };
    Value {
        name: json["name"].as_str().unwrap().to_owned(),
        data_type,
        dims: json["shape"].as_array().unwrap().iter().map(|dim| dim.as_i64().unwrap()).collect(),
        data,
    }
}

fn bytes(data_type: DataType, number: &Json) -> Vec<u8> {
    match data_type {
        DataType::Float32 => (number.as_f64().unwrap() as f32).to_ne_bytes().to_vec(),
        DataType::Float64 => number.as_f64().unwrap().to_ne_bytes().to_vec(),
        DataType::UInt64 => number.as_u64().unwrap().to_ne_bytes().to_vec(),
        // The low bytes of a little-endian integer are the same integer in fewer bits.
        _ => number.as_i64().unwrap().to_le_bytes()[..data_type.size()].to_vec(),
    }
}
