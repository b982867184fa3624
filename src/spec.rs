//! What a model declares about its inputs and outputs, and the rules that follow from it.

use std::fmt::Write;

use crate::dtype::{DataType, unsupported_name};
use crate::error::{Error, Result, Status, bail};

/// On which side of the model a tensor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Input,
    Output,
}

/// What a model declares about one of its inputs or outputs.
#[derive(Clone, Debug)]
pub struct TensorSpec {
    role: Role,
    pub(crate) name: String,
    /// ONNX's number, or `None` for a sequence, map or other value that is no tensor.
    type_code: Option<i32>,
    /// The same, if the table of types has it.
    data_type: Option<DataType>,
    /// -1 stands for a free dimension; `None` if the model leaves even the rank open.
    pub(crate) dims: Option<Vec<i64>>,
    pub(crate) dim_names: Vec<String>,
    pub(crate) has_default: bool,
}

impl TensorSpec {
    /// A tensor of ONNX's type `type_code` (`None`: no tensor) whose rank is open.
    pub(crate) fn new(role: Role, name: String, type_code: Option<i32>) -> Self {
        let data_type = type_code.and_then(DataType::from_code);
        Self { role, name, type_code, data_type, dims: None, dim_names: Vec::new(), has_default: false }
    }

    /// For messages: `input "x"`.
    pub(crate) fn subject(&self) -> String {
        match self.role {
            Role::Input => format!("input {:?}", self.name),
            Role::Output => format!("output {:?}", self.name),
        }
    }

    /// Whether it is a tensor at all, of whatever type.
    pub(crate) fn is_tensor(&self) -> bool {
        self.type_code.is_some()
    }

    pub(crate) fn is_string(&self) -> bool {
        self.data_type == Some(DataType::String)
    }

    /// The tensor's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The element type; UNSUPPORTED, by name, for what the table of types does not have.
    #[inline]
    pub fn data_type(&self) -> Result<DataType> {
        match self.data_type {
            Some(data_type) => Ok(data_type),
            None => Err(self.unsupported()),
        }
    }

    #[cold]
    fn unsupported(&self) -> Error {
        let what = match self.type_code {
            Some(code) => format!("elements of type {}", unsupported_name(code)),
            None => "a sequence, map or optional value, not a tensor".to_owned(),
        };
        Error::new(Status::Unsupported, format!("{}: {what}", self.subject()))
    }

    /// The declared shape, -1 for a free dimension; UNSUPPORTED where the model declares no rank.
    pub fn shape(&self) -> Result<&[i64]> {
        match &self.dims {
            Some(dims) => Ok(dims),
            None => bail!(Unsupported, "{}: the model declares no shape", self.subject()),
        }
    }

    /// The name of a free dimension, for example `batch`; "" where it has none.
    pub fn dimension_name(&self, axis: usize) -> Result<&str> {
        match self.dim_names.get(axis) {
            Some(name) => Ok(name),
            None => {
                bail!(OutOfRange, "{}: axis {axis} of {} dimensions", self.subject(), self.dim_names.len())
            }
        }
    }

    /// Whether a run may leave this input out.
    pub fn has_default(&self) -> bool {
        self.has_default
    }

    /// For messages: `float32[-1,3]`.
    pub(crate) fn describe(&self) -> String {
        let type_name = match (self.data_type, self.type_code) {
            (Some(data_type), _) => data_type.name().to_owned(),
            (None, Some(code)) => unsupported_name(code),
            (None, None) => "value".to_owned(),
        };
        match &self.dims {
            Some(dims) => type_name + &describe_dims(dims),
            None => type_name + "[...]",
        }
    }

    /// Whether `dims` has the declared rank and static dimensions.
    pub(crate) fn accepts(&self, dims: &[i64]) -> bool {
        let Some(declared) = &self.dims else { return dims.iter().all(|dim| *dim >= 0) };
        declared.len() == dims.len()
            && declared.iter().zip(dims).all(|(want, got)| *got >= 0 && (*want < 0 || want == got))
    }

    /// The declared shape if it has no free dimension.
    pub(crate) fn static_shape(&self) -> Option<&[i64]> {
        self.dims.as_deref().filter(|dims| dims.iter().all(|dim| *dim >= 0))
    }
}

/// `[1,3,224,224]`
pub(crate) fn describe_dims(dims: &[i64]) -> String {
    let mut text = String::from("[");
    for (axis, dim) in dims.iter().enumerate() {
        let comma = if axis == 0 { "" } else { "," };
        let _ = write!(text, "{comma}{dim}");
    }
    text + "]"
}

/// The number of elements of `dims`, and the bytes they take; OUT_OF_RANGE if that overflows. A 0
/// among them makes the tensor empty, but ONNX Runtime multiplies the others all the same.
pub(crate) fn element_count(name: &str, dims: &[i64], data_type: DataType) -> Result<(usize, usize)> {
    let size = data_type.size().max(1);
    let bytes = dims.iter().filter(|dim| **dim != 0).try_fold(size, |bytes, dim| {
        bytes.checked_mul(usize::try_from(*dim).ok()?).filter(|bytes| isize::try_from(*bytes).is_ok())
    });
    let Some(bytes) = bytes else {
        bail!(OutOfRange, "{name:?}: {} takes more bytes than can be addressed", describe_dims(dims));
    };
    let count = if dims.contains(&0) { 0 } else { bytes / size };
    Ok((count, count * data_type.size()))
}

#[inline]
pub(crate) fn check_length(spec: &TensorSpec, dims: &[i64], expected: usize, given: usize) -> Result<()> {
    if given == expected {
        return Ok(());
    }
    Err(wrong_length(spec, dims, expected, given))
}

#[cold]
fn wrong_length(spec: &TensorSpec, dims: &[i64], expected: usize, given: usize) -> Error {
    let type_name = spec.data_type.map_or("?", DataType::name);
    let text = format!(
        "{}: expected {expected} bytes for {type_name}{}, got {given} bytes",
        spec.subject(),
        describe_dims(dims)
    );
    Error::new(Status::InvalidArgument, text)
}

#[inline]
pub(crate) fn check_type(spec: &TensorSpec, given: DataType) -> Result<()> {
    if spec.data_type == Some(given) {
        return Ok(());
    }
    Err(wrong_type(spec, given))
}

#[cold]
fn wrong_type(spec: &TensorSpec, given: DataType) -> Error {
    match spec.data_type {
        None => spec.unsupported(),
        Some(expected) => {
            let text = format!("{}: expected {}, got {}", spec.subject(), expected.name(), given.name());
            Error::new(Status::TypeMismatch, text)
        }
    }
}

#[inline]
pub(crate) fn check_not_strings(spec: &TensorSpec) -> Result<()> {
    if spec.data_type()? == DataType::String {
        return Err(strings_have_no_size(spec));
    }
    Ok(())
}

#[cold]
fn strings_have_no_size(spec: &TensorSpec) -> Error {
    let text = format!("{}: strings have no fixed size; use the string functions", spec.subject());
    Error::new(Status::TypeMismatch, text)
}

/// Kernels read whole elements at once.
pub(crate) fn check_alignment(
    spec: &TensorSpec,
    start: *const u8,
    length: usize,
    data_type: DataType,
) -> Result<()> {
    if length > 0 && !start.addr().is_multiple_of(data_type.size().max(1)) {
        bail!(
            InvalidArgument,
            "{}: expected data aligned to {} bytes, got address {start:p}",
            spec.subject(),
            data_type.size()
        );
    }
    Ok(())
}
