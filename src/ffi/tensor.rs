//! Tensor handles.

use std::ffi::{c_char, c_void};

use crate::dtype::DataType;
use crate::error::{Result, bail};
use crate::tensor::Tensor;

use super::args::Out;
use super::error::PredictorStatus;
use super::intern::intern;
use super::objects::TensorObject;
use super::{PredictorTensor, args, guard, handle};

/// The type of a tensor's elements; ONNX's own numbers.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum PredictorDataType {
    /// 32-bit IEEE 754, `float`.
    PREDICTOR_FLOAT32 = 1,
    /// `uint8_t`.
    PREDICTOR_UINT8 = 2,
    /// `int8_t`.
    PREDICTOR_INT8 = 3,
    /// `uint16_t`.
    PREDICTOR_UINT16 = 4,
    /// `int16_t`.
    PREDICTOR_INT16 = 5,
    /// `int32_t`.
    PREDICTOR_INT32 = 6,
    /// `int64_t`.
    PREDICTOR_INT64 = 7,
    /// UTF-8 text of any length; see `predictor_tensor_copy_strings_from_host`.
    PREDICTOR_STRING = 8,
    /// One byte, 0 or 1.
    PREDICTOR_BOOL = 9,
    /// 16-bit IEEE 754, as its bits in a `uint16_t`.
    PREDICTOR_FLOAT16 = 10,
    /// 64-bit IEEE 754, `double`.
    PREDICTOR_FLOAT64 = 11,
    /// `uint32_t`.
    PREDICTOR_UINT32 = 12,
    /// `uint64_t`.
    PREDICTOR_UINT64 = 13,
    /// The upper 16 bits of a float, in a `uint16_t`.
    PREDICTOR_BFLOAT16 = 16,
}

const _: () = assert!(PredictorDataType::PREDICTOR_BFLOAT16 as i32 == DataType::BFloat16 as i32);
const _: () = assert!(PredictorDataType::PREDICTOR_STRING as i32 == DataType::String as i32);

fn with_tensor(
    tensor: *const PredictorTensor,
    work: impl FnOnce(Tensor<'_>) -> Result<()>,
) -> PredictorStatus {
    guard::status(|| work(handle::get::<TensorObject>(tensor)?.tensor()))
}

/// The tensor's name.
///
/// Ownership: the text lives until the process ends.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_tensor_name(
    tensor: *const PredictorTensor,
    out: *mut *const c_char,
) -> PredictorStatus {
    with_tensor(tensor, |tensor| {
        Out::new("out", out)?.set(intern(tensor.spec().name())?);
        Ok(())
    })
}

/// The element type, a `PredictorDataType`.
///
/// Ownership: nothing is handed over.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`), UNSUPPORTED (a type without a number).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_tensor_data_type(
    tensor: *const PredictorTensor,
    out: *mut i32,
) -> PredictorStatus {
    with_tensor(tensor, |tensor| {
        let out = Out::new("out", out)?;
        out.set(tensor.spec().data_type()?.code());
        Ok(())
    })
}

/// The shape that the model declares; -1 is a free dimension. `dims` NULL or `capacity` 0 asks for
/// the rank only, which is written in any case.
///
/// Ownership: nothing is handed over.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out_rank`), OUT_OF_RANGE (too little room),
/// UNSUPPORTED (the model declares no rank).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_tensor_declared_shape(
    tensor: *const PredictorTensor,
    dims: *mut i64,
    capacity: usize,
    out_rank: *mut usize,
) -> PredictorStatus {
    with_tensor(tensor, |tensor| {
        let out_rank = Out::new("out_rank", out_rank)?;
        // SAFETY: what the caller promised.
        unsafe { args::write_dims(tensor.spec().shape()?, dims, capacity, out_rank) }
    })
}

/// The name that the model gives to dimension `axis`, for example "batch"; "" if it has none.
///
/// Ownership: the text lives until the process ends.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`), OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_tensor_dimension_name(
    tensor: *const PredictorTensor,
    axis: usize,
    out: *mut *const c_char,
) -> PredictorStatus {
    with_tensor(tensor, |tensor| {
        let out = Out::new("out", out)?;
        out.set(intern(tensor.spec().dimension_name(axis)?)?);
        Ok(())
    })
}

/// The current shape: of an input what `predictor_tensor_reshape` set, or the model's if that is
/// static; of an output what the last run produced. `dims` NULL or `capacity` 0 asks for the rank
/// only, which is written in any case.
///
/// Ownership: nothing is handed over.
/// Threads: any number at once; BUSY beside a call that changes the predictor.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out_rank`; an output without a successful run since
/// the last reshape), SHAPE_MISMATCH (an input with free dimensions before its reshape), OUT_OF_RANGE
/// (too little room), BUSY, UNSUPPORTED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_tensor_shape(
    tensor: *const PredictorTensor,
    dims: *mut i64,
    capacity: usize,
    out_rank: *mut usize,
) -> PredictorStatus {
    with_tensor(tensor, |tensor| {
        let out_rank = Out::new("out_rank", out_rank)?;
        // SAFETY: what the caller promised.
        tensor.with_shape(|shape| unsafe { args::write_dims(shape, dims, capacity, out_rank) })
    })
}

/// Bytes of the data at the current shape.
///
/// Ownership: nothing is handed over.
/// Threads: any number at once; BUSY beside a call that changes the predictor.
/// Errors: those of `predictor_tensor_shape`, and TYPE_MISMATCH for strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_tensor_byte_length(
    tensor: *const PredictorTensor,
    out: *mut usize,
) -> PredictorStatus {
    with_tensor(tensor, |tensor| {
        let out = Out::new("out", out)?;
        out.set(tensor.byte_length()?);
        Ok(())
    })
}

/// Sets the shape of an input; rank and static dimensions must be the model's. Data stays if the
/// number of elements does. Outputs of earlier runs are gone.
///
/// Ownership: `dims` is copied; memory that the input shared is not used any more.
/// Threads: one thread at a time per predictor; BUSY beside another thread's call.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL with a rank, an output), SHAPE_MISMATCH,
/// OUT_OF_RANGE (more bytes than can be addressed), BUSY, UNSUPPORTED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_tensor_reshape(
    tensor: *mut PredictorTensor,
    dims: *const i64,
    rank: usize,
) -> PredictorStatus {
    // SAFETY: what the caller promised.
    with_tensor(tensor, |tensor| tensor.reshape(unsafe { args::slice("dims", dims, rank)? }))
}

/// Copies data into an input. The type must be the model's and the length exactly what the current
/// shape takes.
///
/// Ownership: the data is copied; memory that the input shared is not used any more.
/// Threads: one thread at a time per predictor; BUSY beside another thread's call.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL with a length, another length, no such type, an
/// output), TYPE_MISMATCH, SHAPE_MISMATCH (free dimensions and no reshape), BUSY, UNSUPPORTED,
/// OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_tensor_copy_from_host(
    tensor: *mut PredictorTensor,
    data_type: i32,
    data: *const c_void,
    byte_length: usize,
) -> PredictorStatus {
    with_tensor(tensor, |tensor| {
        let data_type = args::data_type(data_type)?;
        args::check_data("data", data.cast(), byte_length)?;
        // SAFETY: what the caller promised.
        unsafe { tensor.copy_from_raw(data_type, data.cast(), byte_length) }
    })
}

/// Copies data out of an output, or of an input. The type must be the model's and the length exactly
/// that of the data.
///
/// Ownership: the data is copied into the caller's buffer.
/// Threads: any number at once; BUSY beside a call that changes the predictor.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL with a length, another length, no such type, nothing
/// to read), TYPE_MISMATCH, BUSY, UNSUPPORTED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_tensor_copy_to_host(
    tensor: *const PredictorTensor,
    data_type: i32,
    data: *mut c_void,
    byte_length: usize,
) -> PredictorStatus {
    with_tensor(tensor, |tensor| {
        let data_type = args::data_type(data_type)?;
        args::check_data("data", data.cast(), byte_length)?;
        // SAFETY: what the caller promised.
        unsafe { tensor.copy_to_raw(data_type, data.cast(), byte_length) }
    })
}

/// Uses memory of the caller's without a copy: runs read an input from it, or write an output of
/// exactly this shape to it. Outputs of earlier runs are gone. For an output, `data` NULL with length
/// 0 goes back to the library's own memory.
///
/// Ownership: `data` stays the caller's and must stay valid until the tensor shares other memory, is
/// reshaped or copied to, or the predictor is destroyed and its calls have returned; `dims` is copied.
/// Threads: one thread at a time per predictor; BUSY beside another thread's call.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL with a length, another length than the shape takes,
/// not aligned to an element, no such type), TYPE_MISMATCH (strings too), SHAPE_MISMATCH, OUT_OF_RANGE
/// (more bytes than can be addressed), BUSY, UNSUPPORTED. A run whose output has another shape than the memory is SHAPE_MISMATCH.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_tensor_share_external_data(
    tensor: *mut PredictorTensor,
    data_type: i32,
    data: *mut c_void,
    byte_length: usize,
    dims: *const i64,
    rank: usize,
) -> PredictorStatus {
    with_tensor(tensor, |tensor| {
        let data_type = args::data_type(data_type)?;
        args::check_data("data", data.cast(), byte_length)?;
        // SAFETY: what the caller promised.
        unsafe {
            let dims = args::slice("dims", dims, rank)?;
            tensor.share_external_data(data_type, data.cast(), byte_length, dims)
        }
    })
}

/// The memory of the data, to read or (an input) to write in place. An input that has a shape and no
/// data gets zeros. An output's memory must not be written to.
///
/// Ownership: `*out` is borrowed; it is valid until the tensor is reshaped or set, the predictor runs
/// (an output), or the predictor is destroyed.
/// Threads: one thread at a time per predictor; BUSY beside another thread's call.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL; an output with nothing to read), TYPE_MISMATCH
/// (strings), SHAPE_MISMATCH (free dimensions and no reshape), BUSY, UNSUPPORTED, OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_tensor_data(
    tensor: *mut PredictorTensor,
    out: *mut *mut c_void,
    out_byte_length: *mut usize,
) -> PredictorStatus {
    with_tensor(tensor, |tensor| {
        let (out, out_byte_length) = (Out::new("out", out)?, Out::new("out_byte_length", out_byte_length)?);
        let (start, length) = tensor.data()?;
        out.set(start.cast());
        out_byte_length.set(length);
        Ok(())
    })
}

/// Copies strings into an input of strings, one per element of the current shape, in row-major order.
/// `lengths` gives their bytes without a NUL; NULL means that each ends at its NUL.
///
/// Ownership: the strings are copied.
/// Threads: one thread at a time per predictor; BUSY beside another thread's call.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL, another count than the shape has, an output),
/// TYPE_MISMATCH (not strings), SHAPE_MISMATCH (free dimensions and no reshape), BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_tensor_copy_strings_from_host(
    tensor: *mut PredictorTensor,
    strings: *const *const c_char,
    lengths: *const usize,
    count: usize,
) -> PredictorStatus {
    with_tensor(tensor, |tensor| {
        // SAFETY: what the caller promised.
        let strings = unsafe { args::strings(strings, lengths, count)? };
        tensor.copy_strings_from_host(&strings)
    })
}

/// The bytes of string number `index`, in row-major order, without a NUL.
///
/// Ownership: nothing is handed over.
/// Threads: any number at once; BUSY beside a call that changes the predictor.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`, nothing to read), TYPE_MISMATCH (not
/// strings), OUT_OF_RANGE, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_tensor_string_length(
    tensor: *const PredictorTensor,
    index: usize,
    out: *mut usize,
) -> PredictorStatus {
    with_tensor(tensor, |tensor| {
        let out = Out::new("out", out)?;
        tensor.with_string(index, |string| {
            out.set(string.len());
            Ok(())
        })
    })
}

/// Copies string number `index` with a NUL at its end into `buffer`, cut to `capacity` bytes.
///
/// Ownership: the string is copied into the caller's buffer.
/// Threads: any number at once; BUSY beside a call that changes the predictor.
/// Errors: those of `predictor_tensor_string_length`, and OUT_OF_RANGE if it was cut.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_tensor_copy_string_to_host(
    tensor: *const PredictorTensor,
    index: usize,
    buffer: *mut c_char,
    capacity: usize,
) -> PredictorStatus {
    with_tensor(tensor, |tensor| {
        args::check_data("buffer", buffer.cast(), capacity)?;
        tensor.with_string(index, |string| {
            // SAFETY: what the caller promised.
            unsafe { args::write_text(string, buffer, capacity) };
            if string.len() >= capacity {
                bail!(
                    OutOfRange,
                    "buffer: expected {} bytes and a NUL, got room for {capacity}",
                    string.len()
                );
            }
            Ok(())
        })
    })
}
