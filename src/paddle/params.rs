//! A file of parameters (`.pdiparams`, `__params__`): one record after the other, sorted by the bytes of
//! the names, which only the model has. Paddle writes it with `save_combine`.
//!
//! A record: u32 version, u64 number of level-of-detail tables, per table u64 length and its bytes, u32
//! version, i32 length and message `TensorDesc`, data. Numbers and data are little endian.

use prost::Message;

use crate::dtype::DataType;
use crate::error::{Error, Result, Status, bail};

use super::graph::{Graph, TensorType, ValueId};
use super::program::{TensorDesc, data_type};

/// The one version there is.
const VERSION: u32 = 0;

/// How Paddle ends the names of parameters that it saves without data or not at all, such as the state of a
/// dropout in a recurrent layer, which no inference reads.
const NOT_SAVED: &str = "__non_persistable";

/// Where a parameter's data is in the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parameter {
    pub data_type: DataType,
    pub dims: Vec<i64>,
    pub offset: usize,
    pub length: usize,
}

/// The records of `file` with the model's parameters that they are, in the order of the file. Nothing is
/// copied, and only the headers are read. `None` stands for no file, which is right for a model without
/// parameters.
pub(crate) fn assign(graph: &Graph, file: Option<&[u8]>) -> Result<Vec<(ValueId, Parameter)>> {
    let mut ids = graph.parameters.clone();
    ids.sort_by(|a, b| graph.value(*a).name.cmp(&graph.value(*b).name));
    let Some(file) = file else {
        if let Some(first) = ids.first() {
            bail!(
                InvalidModel,
                "expected a file of parameters for the model's {} parameters ({:?} is the first), none was given",
                ids.len(),
                graph.value(*first).name
            );
        }
        return Ok(Vec::new());
    };
    let mut reader = Reader { file, position: 0 };
    let mut assigned = Vec::with_capacity(ids.len());
    for id in &ids {
        let value = graph.value(*id);
        let about = |error: Error| error.about(format_args!("parameters: {:?}", value.name));
        if value.name.ends_with(NOT_SAVED) {
            reader.skip_empty_record();
            continue;
        }
        if reader.rest().is_empty() {
            let text = format!("expected {} records, the file ends after {}", ids.len(), assigned.len());
            return Err(about(Error::new(Status::InvalidModel, text)));
        }
        let parameter = reader.record().map_err(about)?;
        check(value.kind.as_ref(), &parameter).map_err(about)?;
        assigned.push((*id, parameter));
    }
    if !reader.rest().is_empty() {
        bail!(
            InvalidModel,
            "parameters: expected {} records, {} bytes are left after them",
            ids.len(),
            reader.rest().len()
        );
    }
    Ok(assigned)
}

/// The model and the record agree, so that neither is of another model.
fn check(declared: Option<&TensorType>, found: &Parameter) -> Result<()> {
    let is_same = |declared: &TensorType| {
        declared.data_type == found.data_type
            && declared.dims.len() == found.dims.len()
            && declared.dims.iter().zip(&found.dims).all(|(want, got)| *want < 0 || want == got)
    };
    match declared {
        None => bail!(InvalidModel, "expected a dense tensor of a known element type"),
        Some(declared) if !is_same(declared) => bail!(
            InvalidModel,
            "expected {}{:?} as in the model, the file has {}{:?}",
            declared.data_type.name(),
            declared.dims,
            found.data_type.name(),
            found.dims
        ),
        Some(_) => Ok(()),
    }
}

struct Reader<'a> {
    file: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.file[self.position..]
    }

    /// Stays where it is if the next record is none or has data.
    fn skip_empty_record(&mut self) {
        let before = self.position;
        if !self.record().is_ok_and(|record| record.length == 0) {
            self.position = before;
        }
    }

    fn record(&mut self) -> Result<Parameter> {
        self.version()?;
        let tables = u64::from_le_bytes(self.array("the number of level-of-detail tables")?);
        for _ in 0..tables {
            let length = u64::from_le_bytes(self.array("the length of a level-of-detail table")?);
            self.take(length, "a level-of-detail table")?;
        }
        self.version()?;
        let length = i32::from_le_bytes(self.array("the length of a description")?);
        let Ok(length) = u64::try_from(length) else {
            bail!(InvalidModel, "expected the length of a description, got {length}");
        };
        let description = TensorDesc::decode(self.take(length, "a description")?).map_err(|error| {
            Error::new(Status::InvalidModel, format!("expected a description (TensorDesc): {error}"))
        })?;
        let Some(data_type) = data_type(description.data_type) else {
            bail!(InvalidModel, "Paddle's element type {} is not supported", description.data_type);
        };
        let Some(length) = byte_length(&description.dims, data_type) else {
            bail!(InvalidModel, "{:?} is not a shape that fits into memory", description.dims);
        };
        let offset = self.position;
        self.take(length, "data")?;
        let length = self.position - offset;
        Ok(Parameter { data_type, dims: description.dims, offset, length })
    }

    fn version(&mut self) -> Result<()> {
        let version = u32::from_le_bytes(self.array("a version")?);
        if version != VERSION {
            bail!(InvalidModel, "expected a record of version {VERSION}, got version {version}");
        }
        Ok(())
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N as u64, what)?);
        Ok(array)
    }

    fn take(&mut self, length: u64, what: &str) -> Result<&'a [u8]> {
        let rest = self.rest();
        match usize::try_from(length).ok().filter(|length| *length <= rest.len()) {
            Some(length) => {
                self.position += length;
                Ok(&rest[..length])
            }
            None => {
                bail!(InvalidModel, "expected {length} bytes of {what}, the file has {} more", rest.len())
            }
        }
    }
}

fn byte_length(dims: &[i64], data_type: DataType) -> Option<u64> {
    let size = u64::try_from(data_type.size()).ok()?;
    dims.iter().try_fold(size, |bytes, dim| bytes.checked_mul(u64::try_from(*dim).ok()?))
}
