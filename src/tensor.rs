//! The [`Tensor`] handle, through which callers reach the inputs and outputs of a predictor.

use crate::dtype::{DataType, Element};
use crate::engine::{External, OutputData, OutputValue};
use crate::error::{Result, bail};
use crate::predictor::{Predictor, State};
use crate::spec::{
    TensorSpec, check_alignment, check_length, check_not_strings, check_type, describe_dims, element_count,
};

/// The bytes or strings of a tensor.
pub(crate) enum TensorData<'a> {
    Bytes(&'a [u8]),
    Strings(&'a [Vec<u8>]),
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
