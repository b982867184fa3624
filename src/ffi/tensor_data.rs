//! Tensor handles: copies, shared memory, views and strings.

use std::ffi::{c_char, c_void};

use crate::error::bail;

use super::args::Out;
use super::error::PredictorStatus;
use super::tensor::with_tensor;
use super::{PredictorTensor, args};

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
