//! The C ABI with as much comfort as its tests need: text in Rust's types, objects that destroy
//! themselves, statuses that are checked where they come up.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{null, null_mut};

pub use predictor_pool::ffi::PredictorDataType::*;
pub use predictor_pool::ffi::PredictorStatus::{self, *};
pub use predictor_pool::ffi::*;

pub const FLOAT32: i32 = PREDICTOR_FLOAT32 as i32;

/// The text of this thread's last failure.
pub fn last_error() -> String {
    let mut buffer = vec![0u8; 4096];
    // SAFETY: the buffer is as long as is said.
    let length = unsafe { predictor_last_error_message(buffer.as_mut_ptr().cast(), buffer.len()) };
    assert!(length < buffer.len(), "a text of {length} bytes");
    buffer.truncate(length);
    String::from_utf8(buffer).unwrap()
}

#[track_caller]
pub fn ok(status: PredictorStatus) {
    assert_eq!(status, PREDICTOR_OK, "{}", last_error());
    assert_eq!(last_error(), "", "a success clears the text");
}

/// Checks the status of a failure and gives its text.
#[track_caller]
pub fn fails(status: PredictorStatus, expected: PredictorStatus) -> String {
    assert_eq!(status, expected, "{}", last_error());
    assert!(!last_error().is_empty(), "a failure has a text");
    last_error()
}

pub fn text(text: &str) -> CString {
    CString::new(text).unwrap()
}

/// Calls `create` with an out argument.
#[track_caller]
pub fn made<T>(create: impl FnOnce(*mut *mut T) -> PredictorStatus) -> *mut T {
    let mut out = null_mut();
    ok(create(&mut out));
    assert!(!out.is_null());
    out
}

macro_rules! owned {
    ($name:ident, $raw:ident, $destroy:ident) => {
        /// Destroys its object when it is dropped.
        pub struct $name(pub *mut $raw);

        // SAFETY: any thread may use a handle at any time.
        unsafe impl Send for $name {}
        // SAFETY: as above.
        unsafe impl Sync for $name {}

        impl Drop for $name {
            fn drop(&mut self) {
                $destroy(self.0);
            }
        }
    };
}

owned!(OwnedConfig, PredictorConfig, destroy_predictor_config);
owned!(OwnedPredictor, Predictor, destroy_predictor);
owned!(OwnedPool, PredictorPool, destroy_predictor_pool);

/// A config for a model of tests/models.
#[track_caller]
pub fn config(name: &str) -> OwnedConfig {
    // SAFETY: valid arguments, here and below.
    unsafe {
        let config = OwnedConfig(made(|out| create_predictor_config(out)));
        let path = text(super::model(name).to_str().unwrap());
        ok(predictor_config_set_model(config.0, path.as_ptr(), null()));
        config
    }
}

#[track_caller]
pub fn set_option(config: &OwnedConfig, key: &str, value: &str) {
    let (key, value) = (text(key), text(value));
    ok(unsafe { predictor_config_set_option(config.0, key.as_ptr(), value.as_ptr()) });
}

#[track_caller]
pub fn load(name: &str) -> OwnedPredictor {
    let config = config(name);
    OwnedPredictor(made(|out| unsafe { create_predictor(config.0, out) }))
}

#[track_caller]
pub fn pool(name: &str, size: usize) -> OwnedPool {
    let config = config(name);
    OwnedPool(made(|out| unsafe { create_predictor_pool(config.0, size, out) }))
}

#[track_caller]
pub fn input(predictor: *mut Predictor, name: &str) -> *mut PredictorTensor {
    let name = text(name);
    made(|out| unsafe { predictor_get_input_handle(predictor, name.as_ptr(), out) })
}

#[track_caller]
pub fn output(predictor: *mut Predictor, name: &str) -> *mut PredictorTensor {
    let name = text(name);
    made(|out| unsafe { predictor_get_output_handle(predictor, name.as_ptr(), out) })
}

#[track_caller]
pub fn reshape(tensor: *mut PredictorTensor, dims: &[i64]) {
    ok(unsafe { predictor_tensor_reshape(tensor, dims.as_ptr(), dims.len()) });
}

/// Sets an input of floats.
#[track_caller]
pub fn set(tensor: *mut PredictorTensor, dims: &[i64], data: &[f32]) {
    reshape(tensor, dims);
    let length = size_of_val(data);
    ok(unsafe { predictor_tensor_copy_from_host(tensor, FLOAT32, data.as_ptr().cast(), length) });
}

#[track_caller]
pub fn shape(tensor: *const PredictorTensor) -> Vec<i64> {
    let mut rank = 0;
    ok(unsafe { predictor_tensor_shape(tensor, null_mut(), 0, &mut rank) });
    let mut dims = vec![-7; rank];
    ok(unsafe { predictor_tensor_shape(tensor, dims.as_mut_ptr(), rank, &mut rank) });
    dims
}

#[track_caller]
pub fn byte_length(tensor: *const PredictorTensor) -> usize {
    let mut length = 0;
    ok(unsafe { predictor_tensor_byte_length(tensor, &mut length) });
    length
}

/// The data of a tensor of floats.
#[track_caller]
pub fn get(tensor: *const PredictorTensor) -> Vec<f32> {
    let mut data = vec![0.0f32; byte_length(tensor) / 4];
    let length = data.len() * 4;
    ok(unsafe { predictor_tensor_copy_to_host(tensor, FLOAT32, data.as_mut_ptr().cast(), length) });
    data
}

/// A text that the library handed out.
pub fn string(text: *const c_char) -> String {
    // SAFETY: such texts live until the process ends.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap().to_owned()
}

/// A view over the caller's memory; the memory must outlive its use.
pub fn view(name: &CStr, data_type: i32, dims: &mut [i64], data: &mut [u8]) -> PredictorTensorView {
    // NULL is how C callers say that there is nothing.
    let pointer = if data.is_empty() { null_mut() } else { data.as_mut_ptr().cast::<c_void>() };
    let room = if dims.is_empty() { null_mut() } else { dims.as_mut_ptr() };
    PredictorTensorView {
        name: name.as_ptr(),
        data: pointer,
        byte_length: data.len(),
        dims: room,
        rank: dims.len(),
        data_type,
    }
}
