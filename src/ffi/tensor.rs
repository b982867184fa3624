//! Tensor handles: what a tensor is. Its data is in `tensor_data.rs`.

use std::ffi::c_char;

use crate::dtype::DataType;
use crate::error::Result;
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

pub(super) fn with_tensor(
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
