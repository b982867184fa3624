//! Paddle's files as they come: broken, foreign and incomplete ones are errors, folders and buffers load, the ONNX model
//! can be kept, and the optimised-model cache holds them too.

#[path = "paddle/archive.rs"]
mod archive;
#[allow(dead_code, reason = "the expected results are not used here")]
#[path = "paddle/cases.rs"]
mod cases;
mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Folder, contains_all, fails};
use predictor_pool::{Config, OnnxWeights, Predictor, Result, Status, save_onnx};

const FORMATS: [(&str, &str); 2] = [("json", "inference.json"), ("pdmodel", "inference.pdmodel")];

fn cases_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/paddle/cases")
}

/// A model's file and its parameters, which it has.
struct Files {
    model: Vec<u8>,
    params: Vec<u8>,
}

/// A convolution with a bias: several operators, weights of several ranks.
fn convolution(format: &str, model: &str) -> Files {
    let archive = archive::all(&cases_folder()).into_iter().find(|archive| archive.family == "conv").unwrap();
    let folder = archive.model_folder(&format!("conv2d_bias/{format}"));
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    Files { model: read(model), params: read("inference.pdiparams") }
}

fn config(model: &[u8], params: Option<&[u8]>) -> Config {
    let mut config = Config::new();
    config.set_model_buffer(model, params);
    config
}

/// Turns the model into ONNX, which needs no ONNX Runtime.
fn convert(model: &[u8], params: Option<&[u8]>) -> Result<()> {
    let folder = Folder::new();
    save_onnx(&config(model, params), &folder.path().join("model.onnx"), OnnxWeights::Embedded)
}

/// Loads and runs the model; the bits of its one output.
fn run(config: &Config) -> Vec<f32> {
    let predictor = Predictor::new(config).unwrap();
    let x = predictor.input(predictor.inputs()[0].name()).unwrap();
    let dims: Vec<i64> =
        predictor.inputs()[0].shape().unwrap().iter().map(|dim| if *dim < 0 { 7 } else { *dim }).collect();
    x.reshape(&dims).unwrap();
    let count = dims.iter().product::<i64>();
    x.copy_from_host(&(0..count).map(|index| (index as f32).sin()).collect::<Vec<_>>()).unwrap();
    predictor.run().unwrap();
    let y = predictor.output(predictor.outputs()[0].name()).unwrap();
    let mut data = vec![0.0f32; y.byte_length().unwrap() / 4];
    y.copy_to_host(&mut data).unwrap();
    data
}

#[test]
fn a_truncated_file_is_an_error() {
    for (format, name) in FORMATS {
        let Files { model, params } = convolution(format, name);
        convert(&model, Some(&params)).unwrap();
        for length in 1..model.len() {
            match convert(&model[..length], Some(&params)) {
                Err(error) => assert_eq!(error.status(), Status::InvalidModel, "{format} {length}: {error}"),
                // What follows the program in a ProgramDesc, versions of operators, is not read.
                Ok(()) => {
                    assert!(format == "pdmodel" && length >= end_of_first_field(&model), "{format} {length}")
                }
            }
        }
        for length in 0..params.len() {
            fails(convert(&model, Some(&params[..length])), Status::InvalidModel);
        }
    }
}

/// Of a protobuf message.
fn end_of_first_field(message: &[u8]) -> usize {
    let digits = message[1..].iter().position(|byte| *byte < 0x80).unwrap() + 1;
    let length =
        message[1..=digits].iter().rev().fold(0, |length, byte| length << 7 | usize::from(byte & 0x7f));
    1 + digits + length
}

/// Of models of tests/paddle/cases, in both formats; PADDLE_MUTATIONS asks for more of each.
#[test]
fn mutated_files_load_or_are_errors_in_one_line() {
    let mut random = Random(7);
    let count = std::env::var("PADDLE_MUTATIONS").map_or(3, |count| count.parse().unwrap());
    for archive in &archive::all(&cases_folder()) {
        for program in cases::programs(archive).iter().step_by(3) {
            let folder = archive.model_folder(&format!("{}/{}", program.case, program.format));
            let (_, name) = *FORMATS.iter().find(|(format, _)| *format == program.format).unwrap();
            let model = fs::read(folder.path().join(name)).unwrap();
            let params = fs::read(folder.path().join("inference.pdiparams")).ok();
            for _ in 0..count {
                let (mut model, mut params) = (model.clone(), params.clone());
                match &mut params {
                    Some(params) if random.below(4) == 0 => random.mutate(params),
                    _ => random.mutate(&mut model),
                }
                if let Err(error) = convert(&model, params.as_deref()) {
                    assert!(!error.message().contains('\n'), "{}: {error}", program.full_name());
                }
            }
        }
    }
}

/// xorshift64
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    /// Changes, removes or repeats a few bytes; digits stay digits half of the time, so that JSON stays JSON.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            if bytes.is_empty() {
                return;
            }
            let place = self.below(bytes.len());
            match self.below(6) {
                0 => bytes[place] = self.below(256) as u8,
                1 => bytes[place] ^= 1 << self.below(8),
                2 => drop(bytes.drain(place..(place + 1 + self.below(8)).min(bytes.len()))),
                3 => bytes.extend_from_within(place..(place + 1 + self.below(8)).min(bytes.len())),
                _ => {
                    if let Some(digit) = bytes[place..].iter_mut().find(|byte| byte.is_ascii_digit()) {
                        *digit = b'0' + self.below(10) as u8;
                    }
                }
            }
        }
    }
}

#[test]
fn parameters_of_another_model_are_refused_by_name() {
    for (format, name) in FORMATS {
        let Files { model, params } = convolution(format, name);
        let text = fails(convert(&model, None), Status::InvalidModel);
        contains_all(&text, &["expected a file of parameters", "model buffer"]);
        let longer = [&params[..], &[0]].concat();
        contains_all(&fails(convert(&model, Some(&longer)), Status::InvalidModel), &["1 bytes are left"]);
        let mut other = params.clone();
        // The first byte of the first record's version.
        other[0] = 9;
        contains_all(&fails(convert(&model, Some(&other)), Status::InvalidModel), &["version 9"]);
    }
}

#[test]
fn foreign_files_are_refused_for_what_they_are() {
    let refused = |model: &[u8], part: &str| {
        contains_all(&fails(convert(model, None), Status::InvalidModel), &[part]);
    };
    refused(b"\x0a\x05hello", "ProgramDesc");
    refused(b"{\"a\": 1}", "magic");
    refused(b"{\"base_code\": {\"magic\": \"pir\", \"version\": 99}}", "99");
    refused(
        b"{\"base_code\": {\"magic\": \"pir\", \"version\": 4}, \"program\": {\"regions\": []}}",
        "region",
    );
    refused(b"\x89PNG", "expected a Paddle model");
    refused(&[b"{\"a\":".to_vec(), vec![b'['; 100_000]].concat(), "JSON");
}

#[test]
fn every_operator_that_is_not_supported_is_named_with_its_count() {
    let Files { model, params } = convolution("json", "inference.json");
    let text = String::from_utf8(model).unwrap();
    let model = text.replace("1.conv2d", "1.none_such").replace("1.add", "1.none_such_either");
    let error = fails(convert(model.as_bytes(), Some(&params)), Status::InvalidModel);
    contains_all(&error, &["none_such (1)", "none_such_either (1)", "the first is operator"]);
}

#[test]
fn a_folder_stands_for_the_model_and_the_parameters_in_it() {
    for (format, name) in FORMATS {
        let Files { model, params } = convolution(format, name);
        let expected = run(&config(&model, Some(&params)));
        let names = [
            (name.to_owned(), "inference.pdiparams"),
            (name.replace("inference", "model"), "model.pdiparams"),
            ("__model__".to_owned(), "__params__"),
        ];
        for (model_name, params_name) in names {
            let folder = Folder::new();
            fs::write(folder.path().join(model_name), &model).unwrap();
            fs::write(folder.path().join(params_name), &params).unwrap();
            let mut config = Config::new();
            config.set_model(folder.path(), None);
            assert_eq!(run(&config), expected);
        }
    }
}

#[test]
fn the_onnx_model_is_kept_with_its_weights_inside_or_beside_it() {
    for (format, name) in FORMATS {
        let Files { model, params } = convolution(format, name);
        let paddle = config(&model, Some(&params));
        let expected = run(&paddle);
        for weights in [OnnxWeights::Embedded, OnnxWeights::External] {
            let folder = Folder::new();
            let path = folder.path().join("kept.onnx");
            save_onnx(&paddle, &path, weights).unwrap();
            let mut config = Config::new();
            config.set_model(&path, None);
            assert_eq!(run(&config), expected, "{weights:?}");
        }
    }
    let folder = Folder::new();
    let onnx = common::config("add.onnx");
    let text =
        fails(save_onnx(&onnx, &folder.path().join("a.onnx"), OnnxWeights::Embedded), Status::InvalidModel);
    contains_all(&text, &["expected a Paddle model", "add.onnx"]);
}

#[test]
fn the_optimised_model_is_cached_and_follows_both_files() {
    for (format, name) in FORMATS {
        let (folder, cache) = (Folder::new(), Folder::new());
        let Files { model, params } = convolution(format, name);
        let paths: [PathBuf; 2] = [folder.path().join(name), folder.path().join("inference.pdiparams")];
        fs::write(&paths[0], &model).unwrap();
        fs::write(&paths[1], &params).unwrap();
        let mut config = Config::new();
        config.set_model(&paths[0], Some(paths[1].clone()));
        let expected = run(&config);
        config.set_option("optimized_model_cache", cache.path().to_str().unwrap()).unwrap();
        let entries = || {
            fs::read_dir(cache.path())
                .unwrap()
                .filter(|entry| entry.as_ref().unwrap().file_name().len() == 64)
        };
        assert_eq!(run(&config), expected);
        assert_eq!(entries().count(), 1);
        assert_eq!(run(&config), expected);
        assert_eq!(entries().count(), 1);
        // The last weight changes, in the sign.
        let mut changed = params.clone();
        *changed.last_mut().unwrap() ^= 0x80;
        fs::write(&paths[1], &changed).unwrap();
        assert_ne!(run(&config), expected);
        assert_eq!(entries().count(), 2);
    }
}
