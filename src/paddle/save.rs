//! Keeps the ONNX model that a Paddle model is turned into.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use prost::Message;

use crate::config::Config;
use crate::error::{Error, Result, Status, bail};
use crate::mapping::Contents;
use crate::source::ResolvedSource;

use super::onnx::{Entry, Model, Tensor};
use super::{Format, to_onnx};

/// Each tensor in a file of weights begins at a multiple of this, so that it can be mapped.
const ALIGNMENT: usize = 4096;
/// No message of protobuf may be longer.
const LONGEST_MESSAGE: usize = i32::MAX as usize;

/// Where a saved ONNX model has its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnnxWeights {
    /// In the model's file, which may then have 2 GB at most.
    Embedded,
    /// In a file beside the model's, named after it with `.data` at the end.
    External,
}

/// Writes the ONNX model (operator set 18) that the config's Paddle model is turned into to `path`, over what is
/// there. ONNX Runtime is not needed.
///
/// Errors: those of loading the model; INVALID_MODEL for one that is not Paddle's; OUT_OF_RANGE for one that is too large
/// for [`OnnxWeights::Embedded`]; INVALID_ARGUMENT and NOT_FOUND for files that cannot be written. What was written up
/// to then stays.
pub fn save_onnx(config: &Config, path: &Path, weights: OnnxWeights) -> Result<()> {
    config.validate()?;
    let source = ResolvedSource::of(&config.source)?;
    let about = |error: Error| error.about(source.describe());
    let model = Contents::of_model(&source)?;
    let Some(format) = Format::of(model.bytes()) else {
        bail!(InvalidModel, "{}: expected a Paddle model", source.describe());
    };
    let params = Contents::of_params(&source)?;
    let params = params.as_ref().map(|params| params.bytes());
    let mut onnx = to_onnx(format, model.bytes(), params).map_err(about)?.model;
    let params = params.unwrap_or(&[]);
    match weights {
        OnnxWeights::Embedded => embed(&mut onnx, params).map_err(about)?,
        OnnxWeights::External => {
            let name = PathBuf::from(format!("{}.data", path.display()));
            write_weights(&mut onnx, params, &name)?;
        }
    }
    std::fs::write(path, onnx.encode_to_vec()).map_err(|error| crate::source::cannot_read(path, &error))
}

fn external(model: &mut Model) -> impl Iterator<Item = &mut Tensor> {
    let initializers = model.graph.iter_mut().flat_map(|graph| &mut graph.initializer);
    initializers.filter(|tensor| !tensor.external_data.is_empty())
}

/// The tensor's part of the file of parameters.
fn data_of<'a>(tensor: &Tensor, params: &'a [u8]) -> Result<&'a [u8]> {
    let number = |key: &str| {
        let entry = tensor.external_data.iter().find(|entry| entry.key == key)?;
        entry.value.parse::<usize>().ok()
    };
    let range = number("offset")
        .zip(number("length"))
        .and_then(|(offset, length)| params.get(offset..offset.checked_add(length)?));
    range.ok_or_else(|| {
        Error::new(Status::Internal, format!("{:?}: its data is not in the parameters", tensor.name))
    })
}

fn embed(model: &mut Model, params: &[u8]) -> Result<()> {
    let total =
        external(model).try_fold(0, |total: usize, tensor| Ok(total + data_of(tensor, params)?.len()))?;
    if total + model.encoded_len() > LONGEST_MESSAGE {
        bail!(OutOfRange, "{total} bytes of weights do not fit into one file; expected external weights");
    }
    for tensor in external(model) {
        tensor.raw_data = data_of(tensor, params)?.to_vec();
        tensor.external_data.clear();
        tensor.data_location = 0;
    }
    Ok(())
}

fn write_weights(model: &mut Model, params: &[u8], path: &Path) -> Result<()> {
    let failed = |error: std::io::Error| crate::source::cannot_read(path, &error);
    let location = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    let mut position = 0usize;
    for tensor in external(model) {
        let data = data_of(tensor, params)?;
        let gap = position.next_multiple_of(ALIGNMENT) - position;
        file.write_all(&vec![0; gap]).and_then(|()| file.write_all(data)).map_err(failed)?;
        position += gap;
        let entry = |key: &str, value: String| Entry { key: key.to_owned(), value };
        tensor.external_data = vec![
            entry("location", location.clone()),
            entry("offset", position.to_string()),
            entry("length", data.len().to_string()),
        ];
        position += data.len();
    }
    file.flush().map_err(failed)
}
