//! Loading and running one program.

use std::fs;
use std::path::{Path, PathBuf};

use predictor_pool::{Config, DataType, Predictor, Status, TensorSpec};

use crate::archive::Archive;
use crate::cases::Program;
use crate::common::golden::{Bytes, Data, Value};
use crate::compare::{check_that_changes_are_noticed, compare};
use crate::npy;

type Result<T> = std::result::Result<T, String>;

/// The ways to name a model: each program is loaded from its files, and every fourth one in another way as well.
#[derive(Clone, Copy, Debug)]
enum Source {
    Files,
    Buffers,
    Folder,
}

pub fn check(archive: &Archive, program: &Program) -> Result<()> {
    let folder = archive.model_folder(&format!("{}/{}", program.case, program.format));
    for source in sources(program) {
        let config = config(folder.path(), program, source);
        let checked = match &program.refused {
            Some(text) => check_refusal(&config, text),
            None => check_runs(archive, program, &config),
        };
        let place = format!("{}/", folder.path().display());
        checked.map_err(|error| format!("{} ({source:?})", error.replace(&place, "")))?;
    }
    Ok(())
}

fn sources(program: &Program) -> Vec<Source> {
    match program.full_name().bytes().map(u32::from).sum::<u32>() % 8 {
        0 | 1 => vec![Source::Files, Source::Buffers],
        2 | 3 => vec![Source::Files, Source::Folder],
        _ => vec![Source::Files],
    }
}

fn config(folder: &Path, program: &Program, source: Source) -> Config {
    let model = folder.join(format!("inference.{}", program.format));
    let params = Some(folder.join("inference.pdiparams")).filter(|path| path.exists());
    let read = |path: &PathBuf| fs::read(path).unwrap();
    let mut config = Config::new();
    match source {
        Source::Files => config.set_model(model, params),
        Source::Buffers => config.set_model_buffer(&read(&model), params.as_ref().map(read).as_deref()),
        Source::Folder => config.set_model(folder, None),
    }
    config
}

fn check_refusal(config: &Config, part: &str) -> Result<()> {
    let Err(error) = Predictor::new(config) else { return Err("loaded, but must be refused".to_owned()) };
    if error.status() != Status::InvalidModel
        || error.message().contains('\n')
        || !error.message().contains(part)
    {
        return Err(format!("refused with {:?}: {error}; expected one line with {part:?}", error.status()));
    }
    Ok(())
}

/// The runs in order and the first one again, whose shapes and memory then follow another's.
fn check_runs(archive: &Archive, program: &Program, config: &Config) -> Result<()> {
    let predictor = Predictor::new(config).map_err(|error| format!("does not load: {error}"))?;
    check_names("inputs", predictor.inputs(), &program.inputs)?;
    check_names("outputs", predictor.outputs(), &program.outputs)?;
    for run in program.runs.iter().chain(program.runs.first()) {
        let read = |kind: &str, names: &[String]| -> Vec<Value> {
            let file = |index| archive.read(&format!("{}/{run}/{kind}_{index}.npy", program.case));
            names.iter().enumerate().map(|(index, name)| npy::value(name, &file(index))).collect()
        };
        let expected = read("out", &program.outputs);
        let got =
            run_once(&predictor, &read("in", &program.inputs)).map_err(|text| format!("{run}: {text}"))?;
        for (got, expected) in got.iter().zip(&expected) {
            compare(got, expected, program.tolerance).map_err(|text| format!("{run}: {text}"))?;
            check_that_changes_are_noticed(expected, program.tolerance)?;
        }
    }
    Ok(())
}

fn check_names(what: &str, specs: &[TensorSpec], expected: &[String]) -> Result<()> {
    let got: Vec<&str> = specs.iter().map(TensorSpec::name).collect();
    if got != expected {
        return Err(format!("expected {what} {expected:?}, got {got:?}"));
    }
    Ok(())
}

fn run_once(predictor: &Predictor, inputs: &[Value]) -> Result<Vec<Value>> {
    let text = |error: predictor_pool::Error| error.to_string();
    for value in inputs {
        let Data::Bytes(bytes) = &value.data else { return Err(format!("{} is a string", value.name)) };
        let (start, length) = (bytes.as_slice().as_ptr(), bytes.as_slice().len());
        let tensor = predictor.input(&value.name).map_err(text)?;
        tensor.reshape(&value.dims).map_err(text)?;
        // SAFETY: a slice.
        unsafe { tensor.copy_from_raw(value.data_type, start, length) }.map_err(text)?;
    }
    predictor.run().map_err(text)?;
    predictor.outputs().iter().map(|spec| read_output(predictor, spec.name()).map_err(text)).collect()
}

fn read_output(predictor: &Predictor, name: &str) -> predictor_pool::Result<Value> {
    let tensor = predictor.output(name)?;
    let (data_type, length): (DataType, usize) = (tensor.spec().data_type()?, tensor.byte_length()?);
    let mut bytes = Bytes::zeroed(length);
    // SAFETY: a slice.
    unsafe { tensor.copy_to_raw(data_type, bytes.as_mut_slice().as_mut_ptr(), length) }?;
    Ok(Value { name: name.to_owned(), data_type, dims: tensor.shape()?, data: Data::Bytes(bytes) })
}
