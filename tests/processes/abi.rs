//! The C ABI as the tests call it.

use std::ffi::CStr;
use std::path::Path;

pub use predictor_pool::ffi::PredictorStatus::{self, *};
pub use predictor_pool::ffi::*;

use super::c_text;

/// ONNX's number of float32.
pub const FLOAT32: i32 = 1;

/// A handle that goes to another thread.
pub struct Handle<T>(*mut T);

// SAFETY: handles may be used on any thread; that is what is tested.
unsafe impl<T> Send for Handle<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Handle<T> {}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Handle<T> {}

impl<T> Handle<T> {
    pub fn new(handle: *mut T) -> Self {
        Self(handle)
    }

    pub fn get(self) -> *mut T {
        self.0
    }
}

/// The text of this thread's last failure.
pub fn error_text() -> String {
    let mut buffer = [0; 4096];
    unsafe {
        predictor_last_error_message(buffer.as_mut_ptr(), buffer.len());
        CStr::from_ptr(buffer.as_ptr()).to_str().unwrap().to_owned()
    }
}

#[track_caller]
pub fn ok(status: PredictorStatus) {
    assert_eq!(status, PREDICTOR_OK, "{}", error_text());
}

/// What a function writes to its `out`.
#[track_caller]
pub fn made<T>(call: impl FnOnce(*mut *mut T) -> PredictorStatus) -> *mut T {
    let mut out = std::ptr::null_mut();
    ok(call(&mut out));
    out
}

pub fn config(model: &Path) -> *mut PredictorConfig {
    let config = made(|out| unsafe { create_predictor_config(out) });
    ok(unsafe { predictor_config_set_model(config, c_text(model).as_ptr(), std::ptr::null()) });
    config
}

#[track_caller]
pub fn predictor(config: *mut PredictorConfig) -> *mut Predictor {
    made(|out| unsafe { create_predictor(config, out) })
}

#[track_caller]
pub fn pool(config: *mut PredictorConfig, size: usize) -> *mut PredictorPool {
    made(|out| unsafe { create_predictor_pool(config, size, out) })
}

#[track_caller]
pub fn input(predictor: *mut Predictor, name: &CStr) -> *mut PredictorTensor {
    made(|out| unsafe { predictor_get_input_handle(predictor, name.as_ptr(), out) })
}

#[track_caller]
pub fn output(predictor: *mut Predictor, name: &CStr) -> *mut PredictorTensor {
    made(|out| unsafe { predictor_get_output_handle(predictor, name.as_ptr(), out) })
}

pub fn reshape(tensor: *mut PredictorTensor, dims: &[i64]) -> PredictorStatus {
    unsafe { predictor_tensor_reshape(tensor, dims.as_ptr(), dims.len()) }
}

pub fn copy_in(tensor: *mut PredictorTensor, data: &[f32]) -> PredictorStatus {
    unsafe { predictor_tensor_copy_from_host(tensor, FLOAT32, data.as_ptr().cast(), size_of_val(data)) }
}

pub fn copy_out(tensor: *mut PredictorTensor, data: &mut [f32]) -> PredictorStatus {
    unsafe { predictor_tensor_copy_to_host(tensor, FLOAT32, data.as_mut_ptr().cast(), size_of_val(data)) }
}

/// Sets `x`, runs, and reads `y`, which has `length` elements. The first failure ends it.
pub fn run_x_to_y(
    predictor: *mut Predictor,
    dims: &[i64],
    x: &[f32],
    length: usize,
) -> Result<Vec<f32>, PredictorStatus> {
    let done = |status| if status == PREDICTOR_OK { Ok(()) } else { Err(status) };
    let (mut input, mut output) = (std::ptr::null_mut(), std::ptr::null_mut());
    let mut y = vec![0.0; length];
    unsafe {
        done(predictor_get_input_handle(predictor, c"x".as_ptr(), &mut input))?;
        done(predictor_get_output_handle(predictor, c"y".as_ptr(), &mut output))?;
    }
    done(reshape(input, dims))?;
    done(copy_in(input, x))?;
    done(predictor_run(predictor))?;
    done(copy_out(output, &mut y))?;
    Ok(y)
}
