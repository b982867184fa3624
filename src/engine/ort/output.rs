//! One output of a binding: where runs write it, and what the last one produced.

use crate::buffer::Buffer;
use crate::dtype::DataType;
use crate::error::{Result, bail};
use crate::spec::{TensorSpec, describe_dims, element_count};

use super::session::RawSession;
use super::value::Value;

pub(super) struct BoundOutput {
    pub place: Place,
    /// Memory of the caller's to write to.
    pub external: Option<Value>,
    /// What the last run produced.
    pub produced: Option<Value>,
    /// What the last run produced, where ONNX Runtime's memory is not the output's own.
    pub copy: Buffer,
    pub dims: Vec<i64>,
    pub start: *mut u8,
    pub length: usize,
    pub strings: Vec<Vec<u8>>,
}

/// Where an output's memory comes from.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    /// The shape follows from the inputs' shapes, so a run writes to the memory of the one before.
    Kept,
    /// The shape depends on data: each run makes new memory.
    Fresh,
    /// No operator computes it: ONNX Runtime returns the memory of an input or of a weight.
    Copied,
}

impl BoundOutput {
    pub fn new(place: Place) -> Self {
        Self {
            place,
            external: None,
            produced: None,
            copy: Buffer::new(),
            dims: Vec::new(),
            start: std::ptr::null_mut(),
            length: 0,
            strings: Vec::new(),
        }
    }

    /// The value that the next run writes to.
    pub fn target(&self) -> Option<&Value> {
        match self.place {
            Place::Copied => None,
            Place::Fresh => self.external.as_ref(),
            Place::Kept => self.external.as_ref().or(self.produced.as_ref()),
        }
    }

    /// Keeps a fresh value, or copies it to the caller's memory if it fits there exactly.
    pub fn keep(&mut self, value: Value, spec: &TensorSpec) -> Result<()> {
        let Ok(data_type) = spec.data_type() else { return Ok(()) };
        let dims = value.shape()?;
        if self.external.is_some() && dims != self.dims {
            bail!(
                ShapeMismatch,
                "output {:?}: the shared memory is for {}, the run produced {}",
                spec.name,
                describe_dims(&self.dims),
                describe_dims(&dims)
            );
        }
        let (count, bytes) = element_count(&spec.name, &dims, data_type)?;
        self.dims = dims;
        if data_type == DataType::String {
            self.strings = value.strings(count)?;
        } else if self.external.is_some() {
            // SAFETY: equal shapes and types take equally many bytes; `copy` allows an overlap.
            unsafe { std::ptr::copy(value.data()?, self.start, bytes) };
            return Ok(());
        } else if self.place == Place::Copied {
            self.copy.resize(bytes)?;
            self.start = self.copy.as_mut_ptr();
            // SAFETY: `copy` has room for `bytes`, and is memory of its own.
            unsafe { std::ptr::copy_nonoverlapping(value.data()?, self.start, bytes) };
        } else {
            self.start = value.data()?;
        }
        self.length = bytes;
        if self.place != Place::Copied {
            self.produced = Some(value);
        }
        Ok(())
    }
}

/// Where the memory of output number `index` comes from. A shape is known beforehand if each of its
/// declared dimensions is a number or one that an input names too.
pub(super) fn place(session: &RawSession, index: usize) -> Place {
    let spec = &session.outputs[index];
    if session.passed_through[index] {
        return Place::Copied;
    }
    let Some(dims) = &spec.dims else { return Place::Fresh };
    let named =
        |name: &String| !name.is_empty() && session.inputs.iter().any(|input| input.dim_names.contains(name));
    let known = dims.iter().zip(&spec.dim_names).all(|(dim, name)| *dim >= 0 || named(name));
    if known && !spec.is_string() { Place::Kept } else { Place::Fresh }
}
