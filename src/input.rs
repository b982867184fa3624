//! One input of a predictor: its shape, its data, and what the engine has been told of both.

use crate::buffer::Buffer;
use crate::engine::{Binding, InputData};
use crate::error::{Result, bail};
use crate::spec::{TensorSpec, check_length, describe_dims, element_count};
use crate::tensor::TensorData;

/// What a shape takes: elements, and bytes (0 for strings).
#[derive(Clone, Copy)]
struct Size {
    count: usize,
    bytes: usize,
}

/// Where an input's data is.
#[derive(Clone, Copy, PartialEq)]
enum Content {
    /// Nowhere: it was never set, or its shape changed since.
    Unset,
    /// In the slot.
    Own,
    /// In memory that the caller keeps alive.
    Shared { start: *mut u8, length: usize },
}

/// One input of a predictor. Its memory is kept when it is emptied, for the next data.
pub(crate) struct InputSlot {
    shape: Vec<i64>,
    /// What the shape takes; `None` where free dimensions have no shape yet.
    size: Option<Size>,
    content: Content,
    buffer: Buffer,
    strings: Vec<Vec<u8>>,
    /// What the binding was told last.
    bound: Content,
    /// The shape, the place of own memory or the strings changed since.
    moved: bool,
}

// SAFETY: the pointer to shared memory is only used under the predictor's lock; that the memory may
// be used from any thread is what the caller of `share_external_data` promises.
unsafe impl Send for InputSlot {}
// SAFETY: as above.
unsafe impl Sync for InputSlot {}

impl InputSlot {
    pub fn new(spec: &TensorSpec) -> Self {
        let mut slot = Self {
            shape: Vec::new(),
            size: None,
            content: Content::Unset,
            buffer: Buffer::new(),
            strings: Vec::new(),
            bound: Content::Unset,
            moved: true,
        };
        slot.reset(spec);
        slot
    }

    /// Empties the input as if it had never been set.
    pub fn reset(&mut self, spec: &TensorSpec) {
        self.content = Content::Unset;
        // A shape of the model's own that takes too many bytes is as good as none.
        let size = |dims: &[i64]| size_of_shape(spec, dims).ok();
        match spec.static_shape().and_then(|dims| Some((dims, size(dims)?))) {
            Some((dims, size)) => self.set_shape(dims, size),
            None => self.size = None,
        }
    }

    fn set_shape(&mut self, dims: &[i64], size: Size) {
        if self.shape != dims {
            self.shape.clear();
            self.shape.extend_from_slice(dims);
            self.moved = true;
        }
        self.size = Some(size);
    }

    pub fn shape(&self, spec: &TensorSpec) -> Result<&[i64]> {
        self.size(spec)?;
        Ok(&self.shape)
    }

    fn size(&self, spec: &TensorSpec) -> Result<Size> {
        if let Some(size) = self.size {
            return Ok(size);
        }
        bail!(
            ShapeMismatch,
            "input {:?}: expected a reshape first, as {} has free dimensions",
            spec.name,
            spec.describe()
        );
    }

    /// Data of the old shape does not survive one with another number of elements.
    pub fn reshape(&mut self, spec: &TensorSpec, dims: &[i64]) -> Result<()> {
        if self.size.is_some() && self.shape == dims && !matches!(self.content, Content::Shared { .. }) {
            return Ok(());
        }
        spec.data_type()?;
        if !spec.accepts(dims) {
            bail!(
                ShapeMismatch,
                "input {:?}: expected {}, got {}",
                spec.name,
                spec.describe(),
                describe_dims(dims)
            );
        }
        let size = size_of_shape(spec, dims)?;
        let keeps = match self.content {
            Content::Own if spec.is_string() => self.strings.len() == size.count,
            Content::Own => self.buffer.as_slice().len() == size.bytes,
            _ => false,
        };
        self.set_shape(dims, size);
        if !keeps {
            self.content = Content::Unset;
        }
        Ok(())
    }

    /// # Safety
    /// `data` is readable for `length` bytes, or `length` is 0.
    pub unsafe fn copy_from(&mut self, spec: &TensorSpec, data: *const u8, length: usize) -> Result<()> {
        let bytes = self.size(spec)?.bytes;
        check_length(spec, &self.shape, bytes, length)?;
        self.own(bytes)?;
        // SAFETY: `own` made room for `bytes`, which equals `length`; the caller's data cannot lie
        // inside this buffer, except as a whole when it comes from the view, which `copy` allows.
        unsafe { std::ptr::copy(data, self.buffer.as_mut_ptr(), length.min(bytes)) };
        Ok(())
    }

    fn own(&mut self, bytes: usize) -> Result<()> {
        let before = self.buffer.as_mut_ptr();
        self.buffer.resize(bytes)?;
        self.moved |= before != self.buffer.as_mut_ptr();
        self.content = Content::Own;
        Ok(())
    }

    pub fn copy_strings(&mut self, spec: &TensorSpec, strings: &[&[u8]]) -> Result<()> {
        let count = self.size(spec)?.count;
        if strings.len() != count {
            bail!(
                InvalidArgument,
                "input {:?}: expected {count} strings for string{}, got {}",
                spec.name,
                describe_dims(&self.shape),
                strings.len()
            );
        }
        self.strings.resize_with(count, Vec::new);
        for (own, given) in self.strings.iter_mut().zip(strings) {
            own.clear();
            own.extend_from_slice(given);
        }
        self.content = Content::Own;
        self.moved = true;
        Ok(())
    }

    pub fn share(&mut self, spec: &TensorSpec, start: *mut u8, length: usize, dims: &[i64]) -> Result<()> {
        self.reshape(spec, dims)?;
        self.content = Content::Shared { start, length };
        Ok(())
    }

    /// The memory of the data; an input that has none gets zeros.
    pub fn view(&mut self, spec: &TensorSpec) -> Result<(*mut u8, usize)> {
        if let Content::Shared { start, length } = self.content {
            return Ok((start, length));
        }
        let bytes = self.size(spec)?.bytes;
        if self.content == Content::Unset {
            self.own(bytes)?;
            // SAFETY: the buffer has `bytes` bytes.
            unsafe { std::ptr::write_bytes(self.buffer.as_mut_ptr(), 0, bytes) };
        }
        Ok((self.buffer.as_mut_ptr(), bytes))
    }

    pub fn data(&self, spec: &TensorSpec) -> Result<TensorData<'_>> {
        match self.content {
            Content::Unset => bail!(InvalidArgument, "input {:?}: it was never set", spec.name),
            Content::Own if spec.is_string() => Ok(TensorData::Strings(&self.strings)),
            Content::Own => Ok(TensorData::Bytes(self.buffer.as_slice())),
            Content::Shared { length: 0, .. } => Ok(TensorData::Bytes(&[])),
            Content::Shared { start, length } => {
                // SAFETY: the caller of `share_external_data` keeps the memory readable.
                Ok(TensorData::Bytes(unsafe { std::slice::from_raw_parts(start, length) }))
            }
        }
    }

    /// Tells the binding what changed since the last run.
    pub fn bind(&mut self, index: usize, spec: &TensorSpec, binding: &mut dyn Binding) -> Result<()> {
        let data = match self.content {
            Content::Unset if spec.has_default => {
                binding.clear_input(index);
                self.bound = Content::Unset;
                return Ok(());
            }
            Content::Unset => bail!(
                InvalidArgument,
                "input {:?}: expected {} before run, it was never set",
                spec.name,
                spec.describe()
            ),
            same if same == self.bound && !self.moved => return Ok(()),
            Content::Own if spec.is_string() => InputData::Strings(&self.strings),
            Content::Own => {
                InputData::Bytes { start: self.buffer.as_mut_ptr(), length: self.buffer.as_slice().len() }
            }
            Content::Shared { start, length } => InputData::Bytes { start, length },
        };
        // SAFETY: own memory stays in place until the slot has moved again, and is then bound anew
        // before the next run; shared memory is kept alive by the caller of `share_external_data`.
        unsafe { binding.set_input(index, &self.shape, data)? };
        self.bound = self.content;
        self.moved = false;
        Ok(())
    }
}

fn size_of_shape(spec: &TensorSpec, dims: &[i64]) -> Result<Size> {
    let (count, bytes) = element_count(&spec.name, dims, spec.data_type()?)?;
    Ok(Size { count, bytes })
}
