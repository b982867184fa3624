//! Tensors as ONNX Runtime sees them.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::OnceLock;

use ::ort::sys;
use sys::ONNXTensorElementDataType as Code;

use crate::dtype::DataType;
use crate::engine::InputData;
use crate::error::Result;

use super::calls::{Failure, MemoryInfo, api, cpu_memory, default_allocator, expect};
use super::session::value_shape;

/// A tensor of ONNX Runtime's. Its memory is ONNX Runtime's or, from [`Value::over`], somebody else's.
pub(super) struct Value(NonNull<sys::OrtValue>);

// SAFETY: ONNX Runtime's values are not tied to a thread.
unsafe impl Send for Value {}
// SAFETY: shared references only read.
unsafe impl Sync for Value {}

impl Drop for Value {
    fn drop(&mut self) {
        if super::exit::is_exiting() {
            return;
        }
        // SAFETY: owned, and released only here.
        unsafe { (api().ReleaseValue)(self.0.as_ptr()) }
    }
}

impl Value {
    /// Takes ownership of what a run produced.
    ///
    /// # Safety
    /// `raw` is NULL or a value that nobody else releases.
    pub unsafe fn from_raw(raw: *mut sys::OrtValue) -> Option<Self> {
        NonNull::new(raw).map(Self)
    }

    /// A tensor over memory of somebody else's; strings are copied.
    ///
    /// # Safety
    /// Bytes must be as many as `dims` takes, and stay valid while the value is in use.
    pub unsafe fn over(dims: &[i64], data_type: DataType, data: InputData<'_>) -> Result<Self> {
        let mut raw = std::ptr::null_mut();
        match data {
            InputData::Strings(strings) => return Self::from_strings(dims, strings),
            InputData::Bytes { start, length } => {
                // ONNX Runtime refuses NULL also where there is nothing to point to.
                let start = if length == 0 { NonNull::<u64>::dangling().as_ptr().cast() } else { start };
                // SAFETY: what the caller promised.
                expect(unsafe {
                    (api().CreateTensorWithDataAsOrtValue)(
                        cpu()?.as_ptr(),
                        start.cast::<c_void>(),
                        length,
                        dims.as_ptr(),
                        dims.len(),
                        code(data_type),
                        &mut raw,
                    )
                })?;
            }
        }
        Self::checked(raw)
    }

    fn from_strings(dims: &[i64], strings: &[Vec<u8>]) -> Result<Self> {
        let mut raw = std::ptr::null_mut();
        let allocator = default_allocator()?;
        // SAFETY: dims and `raw` are valid; the value owns its memory.
        expect(unsafe {
            (api().CreateTensorAsOrtValue)(
                allocator,
                dims.as_ptr(),
                dims.len(),
                code(DataType::String),
                &mut raw,
            )
        })?;
        let value = Self::checked(raw)?;
        for (index, string) in strings.iter().enumerate() {
            let mut room = std::ptr::null_mut();
            // SAFETY: `index` is below the element count, and `room` is as long as the string.
            unsafe {
                expect((api().GetResizedStringTensorElementBuffer)(
                    value.as_ptr(),
                    index,
                    string.len(),
                    &mut room,
                ))?;
                std::ptr::copy_nonoverlapping(string.as_ptr(), room.cast(), string.len());
            }
        }
        Ok(value)
    }

    fn checked(raw: *mut sys::OrtValue) -> Result<Self> {
        let nothing = || Failure { code: 1, text: "no value".to_owned() }.unexpected();
        NonNull::new(raw).map(Self).ok_or_else(nothing)
    }

    pub fn as_ptr(&self) -> *mut sys::OrtValue {
        self.0.as_ptr()
    }

    pub fn shape(&self) -> Result<Vec<i64>> {
        value_shape(self.as_ptr())
    }

    /// Where the elements are; not for strings.
    pub fn data(&self) -> Result<*mut u8> {
        let mut start = std::ptr::null_mut();
        // SAFETY: a live tensor.
        expect(unsafe { (api().GetTensorMutableData)(self.as_ptr(), &mut start) })?;
        Ok(start.cast())
    }

    pub fn strings(&self, count: usize) -> Result<Vec<Vec<u8>>> {
        let string = |index| {
            let mut length = 0;
            // SAFETY: `index` is below the element count, and the room as long as the string.
            unsafe {
                expect((api().GetStringTensorElementLength)(self.as_ptr(), index, &mut length))?;
                let mut string = vec![0; length];
                expect((api().GetStringTensorElement)(
                    self.as_ptr(),
                    length,
                    index,
                    string.as_mut_ptr().cast(),
                ))?;
                Ok(string)
            }
        };
        (0..count).map(string).collect()
    }
}

/// Describes the host's memory.
fn cpu() -> Result<&'static MemoryInfo> {
    static CPU: OnceLock<MemoryInfo> = OnceLock::new();
    if let Some(cpu) = CPU.get() {
        return Ok(cpu);
    }
    let cpu = cpu_memory(sys::OrtAllocatorType::OrtDeviceAllocator)?;
    Ok(CPU.get_or_init(|| cpu))
}

fn code(data_type: DataType) -> Code {
    match data_type {
        DataType::Float32 => Code::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
        DataType::UInt8 => Code::ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8,
        DataType::Int8 => Code::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8,
        DataType::UInt16 => Code::ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16,
        DataType::Int16 => Code::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16,
        DataType::Int32 => Code::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32,
        DataType::Int64 => Code::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64,
        DataType::String => Code::ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING,
        DataType::Bool => Code::ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL,
        DataType::Float16 => Code::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16,
        DataType::Float64 => Code::ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE,
        DataType::UInt32 => Code::ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32,
        DataType::UInt64 => Code::ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64,
        DataType::BFloat16 => Code::ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16,
    }
}
