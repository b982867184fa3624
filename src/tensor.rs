//! Tensors of a predictor: what the model declares about one, and the [`Tensor`] handle through
//! which callers reach its data.

use std::fmt::Write;

use crate::dtype::{DataType, Element, unsupported_name};
use crate::engine::{External, OutputData, OutputValue};
use crate::error::{Error, Result, Status, bail};
use crate::predictor::{Predictor, State};
use crate::stateless::check_alignment;

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

/// The bytes or strings of a tensor.
pub(crate) enum TensorData<'a> {
    Bytes(&'a [u8]),
    Strings(&'a [Vec<u8>]),
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

fn check_not_strings(spec: &TensorSpec) -> Result<()> {
    if spec.data_type()? == DataType::String {
        bail!(TypeMismatch, "{}: strings have no fixed size; use the string functions", spec.subject());
    }
    Ok(())
}

/// Which tensor of a predictor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Port {
    Input(usize),
    Output(usize),
}

/// One input or output of a [`Predictor`], borrowed from it.
///
/// Methods that change the predictor (`reshape`, `copy_from_host`, `share_external_data`, `data`)
/// are alone on it: beside another thread's call they return BUSY. The others only read; they run
/// beside each other and return BUSY beside one that changes.
#[derive(Clone, Copy)]
pub struct Tensor<'a> {
    predictor: &'a Predictor,
    port: Port,
}

impl<'a> Tensor<'a> {
    pub(crate) fn new(predictor: &'a Predictor, port: Port) -> Self {
        Self { predictor, port }
    }

    /// What the model declares about it.
    pub fn spec(&self) -> &'a TensorSpec {
        self.predictor.spec(self.port)
    }

    /// The current shape. An input with free dimensions has none before its first `reshape`
    /// (SHAPE_MISMATCH); an output has none before a run.
    pub fn shape(&self) -> Result<Vec<i64>> {
        self.with_shape(|dims| Ok(dims.to_vec()))
    }

    pub(crate) fn with_shape<T>(&self, work: impl FnOnce(&[i64]) -> Result<T>) -> Result<T> {
        let state = self.predictor.read()?;
        match self.port {
            Port::Input(index) => work(state.inputs[index].shape(self.spec())?),
            Port::Output(index) => work(state.output(index, self.spec())?.dims),
        }
    }

    /// Bytes of the data at the current shape; TYPE_MISMATCH for strings.
    pub fn byte_length(&self) -> Result<usize> {
        check_not_strings(self.spec())?;
        let data_type = self.spec().data_type()?;
        self.with_shape(|dims| Ok(element_count(&self.spec().name, dims, data_type)?.1))
    }

    /// Sets the shape of an input: rank and static dimensions must be the model's. Outputs of
    /// earlier runs are gone; data stays if the number of elements does.
    pub fn reshape(&self, dims: &[i64]) -> Result<()> {
        let index = self.input_index("reshape")?;
        let mut state = self.predictor.write()?;
        state.inputs[index].reshape(self.spec(), dims)?;
        state.forget_outputs();
        Ok(())
    }

    /// Copies `data` in; as many elements as the current shape has.
    pub fn copy_from_host<T: Element>(&self, data: &[T]) -> Result<()> {
        // SAFETY: a slice is readable for its whole length.
        unsafe { self.copy_from_raw(T::DATA_TYPE, data.as_ptr().cast(), size_of_val(data)) }
    }

    /// [`Tensor::copy_from_host`] for data whose type is only known at run time.
    ///
    /// # Safety
    /// `data` is readable for `length` bytes, or `length` is 0.
    pub unsafe fn copy_from_raw(&self, data_type: DataType, data: *const u8, length: usize) -> Result<()> {
        let index = self.input_index("copy_from_host")?;
        check_type(self.spec(), data_type)?;
        check_not_strings(self.spec())?;
        let mut state = self.predictor.write()?;
        // SAFETY: what the caller promised.
        unsafe { state.inputs[index].copy_from(self.spec(), data, length) }
    }

    /// Copies the data out; `data` must have as many elements as the current shape.
    pub fn copy_to_host<T: Element>(&self, data: &mut [T]) -> Result<()> {
        // SAFETY: a slice is writable for its whole length, and every bit pattern that the tensor
        // can hold is a T.
        unsafe { self.copy_to_raw(T::DATA_TYPE, data.as_mut_ptr().cast(), size_of_val(data)) }
    }

    /// [`Tensor::copy_to_host`] for data whose type is only known at run time.
    ///
    /// # Safety
    /// `data` is writable for `length` bytes, or `length` is 0.
    pub unsafe fn copy_to_raw(&self, data_type: DataType, data: *mut u8, length: usize) -> Result<()> {
        check_type(self.spec(), data_type)?;
        check_not_strings(self.spec())?;
        self.with_data(|dims, source| {
            let TensorData::Bytes(bytes) = source else { return check_not_strings(self.spec()) };
            check_length(self.spec(), dims, bytes.len(), length)?;
            // SAFETY: both have `length` bytes; `copy` allows that they overlap.
            unsafe { std::ptr::copy(bytes.as_ptr(), data, length) };
            Ok(())
        })
    }

    fn with_data<T>(&self, work: impl FnOnce(&[i64], TensorData<'_>) -> Result<T>) -> Result<T> {
        let state = self.predictor.read()?;
        match self.port {
            Port::Input(index) => {
                let slot = &state.inputs[index];
                let data = slot.data(self.spec())?;
                work(slot.shape(self.spec())?, data)
            }
            Port::Output(index) => {
                let value = state.output(index, self.spec())?;
                let data = match value.data {
                    OutputData::Strings(strings) => TensorData::Strings(strings),
                    OutputData::Bytes { length: 0, .. } => TensorData::Bytes(&[]),
                    OutputData::Bytes { start, length } => {
                        // SAFETY: the binding keeps the value until the next run, which the read
                        // lock holds off.
                        TensorData::Bytes(unsafe { std::slice::from_raw_parts(start, length) })
                    }
                };
                work(value.dims, data)
            }
        }
    }

    /// Uses memory of the caller's without a copy: runs read an input from it and write an output
    /// of exactly this shape to it. It ends when the tensor shares other memory, an input is
    /// reshaped or copied to, or the predictor goes; `start` NULL with length 0 ends it for an output.
    ///
    /// # Safety
    /// `start` must stay valid (and, for an output, writable) for `length` bytes until then.
    pub unsafe fn share_external_data(
        &self,
        data_type: DataType,
        start: *mut u8,
        length: usize,
        dims: &[i64],
    ) -> Result<()> {
        let spec = self.spec();
        check_type(spec, data_type)?;
        check_not_strings(spec)?;
        if let (Port::Output(index), true, true) = (self.port, start.is_null(), length == 0) {
            // SAFETY: no memory is handed over.
            return unsafe { self.predictor.write()?.share_output(index, None) };
        }
        if !spec.accepts(dims) {
            bail!(
                ShapeMismatch,
                "{}: expected {}, got {}",
                spec.subject(),
                spec.describe(),
                describe_dims(dims)
            );
        }
        check_length(spec, dims, element_count(&spec.name, dims, data_type)?.1, length)?;
        check_alignment(spec, start, length, data_type)?;
        let mut state = self.predictor.write()?;
        match self.port {
            Port::Input(index) => {
                state.inputs[index].share(spec, start, length, dims)?;
                state.forget_outputs();
                Ok(())
            }
            // SAFETY: what the caller promised.
            Port::Output(index) => unsafe {
                state.share_output(index, Some(External { start, length, dims }))
            },
        }
    }

    /// The memory of the data and its length in bytes. An input that has a shape and no data gets
    /// zeros, to be written in place. It is valid until the tensor is reshaped or set, the next run
    /// (an output), or the end of the predictor; an output must not be written to.
    pub fn data(&self) -> Result<(*mut u8, usize)> {
        check_not_strings(self.spec())?;
        let mut state = self.predictor.write()?;
        match self.port {
            Port::Input(index) => state.inputs[index].view(self.spec()),
            Port::Output(index) => match state.output(index, self.spec())?.data {
                OutputData::Bytes { start, length } => Ok((start, length)),
                OutputData::Strings(_) => bail!(TypeMismatch, "{}: strings", self.spec().subject()),
            },
        }
    }

    /// Copies strings in, one per element of the current shape, in row-major order.
    pub fn copy_strings_from_host(&self, strings: &[&[u8]]) -> Result<()> {
        let index = self.input_index("copy_strings_from_host")?;
        check_type(self.spec(), DataType::String)?;
        self.predictor.write()?.inputs[index].copy_strings(self.spec(), strings)
    }

    /// The strings of the tensor, in row-major order.
    pub fn strings(&self) -> Result<Vec<Vec<u8>>> {
        self.with_strings(|strings| Ok(strings.to_vec()))
    }

    /// Element `index`, in row-major order.
    pub(crate) fn with_string<T>(&self, index: usize, work: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
        self.with_strings(|strings| match strings.get(index) {
            Some(string) => work(string),
            None => {
                bail!(OutOfRange, "{}: element {index} of {} strings", self.spec().subject(), strings.len())
            }
        })
    }

    fn with_strings<T>(&self, work: impl FnOnce(&[Vec<u8>]) -> Result<T>) -> Result<T> {
        check_type(self.spec(), DataType::String)?;
        self.with_data(|_, data| match data {
            TensorData::Strings(strings) => work(strings),
            TensorData::Bytes(_) => work(&[]),
        })
    }

    fn input_index(&self, action: &str) -> Result<usize> {
        match self.port {
            Port::Input(index) => Ok(index),
            Port::Output(_) => {
                bail!(InvalidArgument, "{}: {action} works on inputs only", self.spec().subject())
            }
        }
    }
}

impl State {
    /// What the last run produced.
    fn output<'a>(&'a self, index: usize, spec: &TensorSpec) -> Result<OutputValue<'a>> {
        spec.data_type()?;
        self.check_outputs().map_err(|error| error.about(spec.subject()))?;
        self.binding.output(index)
    }
}
