//! Loads model bytes through the C ABI and runs what loads, once, on zeros.

use std::ffi::CString;
use std::ptr::{null, null_mut};

use predictor_pool::ffi;

use crate::abi::{Recorder, defect};
use crate::feedback::Feedback;
use crate::{call, value};

/// More elements than this are not worth the memory.
pub const MAX_ELEMENTS: i64 = 1 << 20;
/// A broken model may loop for ever.
const TIME_LIMIT_MS: i64 = 500;

pub fn run(model: &[u8]) -> Feedback {
    let mut recorder = Recorder::default();
    let (mut config, mut predictor) = (null_mut(), null_mut());
    call!(recorder, create_predictor_config(&mut config));
    call!(recorder, predictor_config_set_model_buffer(config, model.as_ptr().cast(), model.len(), null(), 0));
    if call!(recorder, create_predictor(config, &mut predictor)) {
        run_once(&mut recorder, predictor);
        value!(recorder, destroy_predictor(predictor));
    }
    value!(recorder, destroy_predictor_config(config));
    if value!(recorder, predictor_live_handles()) != 0 {
        defect("handles are alive after everything was destroyed");
    }
    recorder.feedback.inputs = 1;
    recorder.feedback
}

fn run_once(recorder: &mut Recorder, predictor: *mut ffi::Predictor) {
    let (mut inputs, mut outputs) = (0, 0);
    call!(recorder, predictor_input_count(predictor, &mut inputs));
    call!(recorder, predictor_output_count(predictor, &mut outputs));
    for index in 0..inputs {
        let (mut name, mut tensor) = (null(), null_mut());
        call!(recorder, predictor_input_name(predictor, index, &mut name));
        if call!(recorder, predictor_get_input_handle(predictor, name, &mut tensor)) {
            set_zeros(recorder, tensor);
        }
    }
    call!(recorder, predictor_run_with_timeout(predictor, TIME_LIMIT_MS));
    for index in 0..outputs {
        let (mut name, mut tensor) = (null(), null_mut());
        call!(recorder, predictor_output_name(predictor, index, &mut name));
        if call!(recorder, predictor_get_output_handle(predictor, name, &mut tensor)) {
            let (mut start, mut bytes, mut dims, mut rank) = (null_mut(), 0, [0i64; 16], 0);
            call!(recorder, predictor_tensor_shape(tensor, dims.as_mut_ptr(), dims.len(), &mut rank));
            call!(recorder, predictor_tensor_string_length(tensor, 0, &mut bytes));
            if call!(recorder, predictor_tensor_data(tensor, &mut start, &mut bytes)) && !start.is_null() {
                // SAFETY: valid until the next run, and no other thread is here.
                let data = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), bytes) };
                std::hint::black_box(data.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)));
            }
        }
    }
}

fn set_zeros(recorder: &mut Recorder, tensor: *mut ffi::PredictorTensor) {
    let (mut data_type, mut dims, mut rank) = (0, [0i64; 16], 0);
    if !call!(recorder, predictor_tensor_data_type(tensor, &mut data_type))
        || !call!(recorder, predictor_tensor_declared_shape(tensor, dims.as_mut_ptr(), dims.len(), &mut rank))
    {
        return;
    }
    let dims: Vec<i64> = dims[..rank].iter().map(|dim| if *dim < 0 { 1 } else { *dim }).collect();
    let Some(count) = count(&dims) else { return };
    call!(recorder, predictor_tensor_reshape(tensor, dims.as_ptr(), dims.len()));
    let (mut start, mut bytes) = (null_mut(), 0);
    if data_type == 8 {
        let empty = CString::default();
        let texts = vec![empty.as_ptr(); count];
        call!(recorder, predictor_tensor_copy_strings_from_host(tensor, texts.as_ptr(), null(), count));
    } else {
        call!(recorder, predictor_tensor_data(tensor, &mut start, &mut bytes));
    }
}

/// Elements of a shape, unless they are too many.
pub fn count(dims: &[i64]) -> Option<usize> {
    let product = dims.iter().try_fold(1i64, |all, dim| all.checked_mul(*dim))?;
    (0..=MAX_ELEMENTS).contains(&product).then_some(product as usize)
}
