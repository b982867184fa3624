//! Arguments of the functions on predictors.

use std::ffi::CStr;
use std::ptr::{null, null_mut};

use predictor_pool::ffi::*;

use super::arguments::{Case, NOT_UTF8, Text, outs, room, table};
use super::world::*;

fn input_handle(world: &World, name: &CStr) -> Seen {
    unsafe {
        room!(*mut PredictorTensor, |out| predictor_get_input_handle(world.predictor, name.as_ptr(), out))
    }
}

fn output_handle(world: &World, name: &CStr) -> Seen {
    unsafe {
        room!(*mut PredictorTensor, |out| predictor_get_output_handle(world.predictor, name.as_ptr(), out))
    }
}

/// A stateless run of y = x + x, to be spoilt. On failure nothing of the output may change.
struct Call {
    input: PredictorTensorView,
    output: PredictorTensorView,
    input_count: usize,
    output_count: usize,
    null_inputs: bool,
    null_outputs: bool,
}

fn run_with(world: &World, spoil: impl FnOnce(&mut Call)) -> Seen {
    let (mut x, mut dims, mut y, mut room) = (X, DIMS, Room::<[f32; 4]>::new(), Room::<[i64; 2]>::new());
    let input = view(c"x", &mut x, &mut dims, FLOAT32);
    let output = view(c"y", y.at(), room.at(), 99);
    let mut call =
        Call { input, output, input_count: 1, output_count: 1, null_inputs: false, null_outputs: false };
    spoil(&mut call);
    let before = fields(&call.output);
    let inputs = if call.null_inputs { null() } else { &raw const call.input };
    let outputs = if call.null_outputs { null_mut() } else { &raw mut call.output };
    let status =
        unsafe { predictor_run_with(world.predictor, inputs, call.input_count, outputs, call.output_count) };
    seen(status, fields(&call.output) == before && y.is_untouched() && room.is_untouched())
}

fn fields(view: &PredictorTensorView) -> (usize, usize, i32) {
    (view.byte_length, view.rank, view.data_type)
}

pub fn cases() -> Vec<Case> {
    let mut cases = of_handles();
    cases.extend(of_stateless_runs());
    cases.extend(outs! {
        create_predictor.out: *mut Predictor, |w, out| create_predictor(w.config, out);
        clone_predictor.out: *mut Predictor, |w, out| clone_predictor(w.predictor, out);
        predictor_input_count.out: usize, |w, out| predictor_input_count(w.predictor, out);
        predictor_output_count.out: usize, |w, out| predictor_output_count(w.predictor, out);
        predictor_input_name.out: Text, |w, out| predictor_input_name(w.predictor, 0, out);
        predictor_output_name.out: Text, |w, out| predictor_output_name(w.predictor, 0, out);
        predictor_get_input_handle.out: *mut PredictorTensor, |w, out| {
            predictor_get_input_handle(w.predictor, c"x".as_ptr(), out)
        };
        predictor_get_output_handle.out: *mut PredictorTensor, |w, out| {
            predictor_get_output_handle(w.predictor, c"y".as_ptr(), out)
        };
        predictor_shrink_memory.out_bytes_released: u64, |w, out| predictor_shrink_memory(w.predictor, out);
    });
    cases
}

fn of_handles() -> Vec<Case> {
    table! {
        create_predictor.config "without a model" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            ok(predictor_config_set_model(w.config, null(), null()));
            room!(*mut Predictor, |out| create_predictor(w.config, out))
        };
        create_predictor.config "with a file that is missing" => PREDICTOR_ERROR_NOT_FOUND: |w| {
            ok(predictor_config_set_model(w.config, c"/nowhere/model.onnx".as_ptr(), null()));
            room!(*mut Predictor, |out| create_predictor(w.config, out))
        };
        create_predictor.config "with text for a model" => PREDICTOR_ERROR_INVALID_MODEL: |w| {
            ok(predictor_config_set_model(w.config, model("not_a_model.bin").as_ptr(), null()));
            room!(*mut Predictor, |out| create_predictor(w.config, out))
        };
        create_predictor.config "with a provider that is not there" => PREDICTOR_ERROR_UNSUPPORTED: |w| {
            ok(predictor_config_append_execution_provider(w.config, c"abacus".as_ptr(), null()));
            room!(*mut Predictor, |out| create_predictor(w.config, out))
        };
        predictor_input_name.index "one too many" => PREDICTOR_ERROR_OUT_OF_RANGE: |w| {
            room!(Text, |out| predictor_input_name(w.predictor, 1, out))
        };
        predictor_input_name.index "SIZE_MAX" => PREDICTOR_ERROR_OUT_OF_RANGE: |w| {
            room!(Text, |out| predictor_input_name(w.predictor, usize::MAX, out))
        };
        predictor_output_name.index "one too many" => PREDICTOR_ERROR_OUT_OF_RANGE: |w| {
            room!(Text, |out| predictor_output_name(w.predictor, 1, out))
        };
        predictor_get_input_handle.name "NULL" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            room!(*mut PredictorTensor, |out| predictor_get_input_handle(w.predictor, null(), out))
        };
        predictor_get_input_handle.name "unknown" => PREDICTOR_ERROR_NOT_FOUND: |w| input_handle(w, c"X");
        predictor_get_input_handle.name "empty" => PREDICTOR_ERROR_NOT_FOUND: |w| input_handle(w, c"");
        predictor_get_input_handle.name "an output's" => PREDICTOR_ERROR_NOT_FOUND: |w| input_handle(w, c"y");
        predictor_get_input_handle.name "not UTF-8" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            input_handle(w, NOT_UTF8)
        };
        predictor_get_output_handle.name "NULL" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            room!(*mut PredictorTensor, |out| predictor_get_output_handle(w.predictor, null(), out))
        };
        predictor_get_output_handle.name "an input's" => PREDICTOR_ERROR_NOT_FOUND: |w| output_handle(w, c"x");
        predictor_get_output_handle.name "not UTF-8" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            output_handle(w, NOT_UTF8)
        };
        predictor_run.predictor "with an input that was never set" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_run(w.lease))
        };
        predictor_run_with_timeout.timeout_ms "0" => PREDICTOR_ERROR_TIMEOUT: |w| {
            said(predictor_run_with_timeout(w.predictor, 0))
        };
        predictor_run_with_timeout.timeout_ms "-1" => PREDICTOR_OK: |w| {
            said(predictor_run_with_timeout(w.predictor, -1))
        };
        predictor_run_with_timeout.timeout_ms "INT64_MIN" => PREDICTOR_OK: |w| {
            said(predictor_run_with_timeout(w.predictor, i64::MIN))
        };
        predictor_run_with_timeout.timeout_ms "INT64_MAX" => PREDICTOR_OK: |w| {
            said(predictor_run_with_timeout(w.predictor, i64::MAX))
        };
        predictor_cancel.predictor "that does not run" => PREDICTOR_ERROR_NOT_FOUND: |w| {
            said(predictor_cancel(w.predictor))
        };
    }
}

fn of_stateless_runs() -> Vec<Case> {
    table! {
        predictor_run_with.inputs "NULL with a count" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            run_with(w, |call| call.null_inputs = true)
        };
        predictor_run_with.inputs "a misaligned address" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            let views = [0u64; 16];
            let odd = views.as_ptr().wrapping_byte_add(1).cast();
            said(predictor_run_with(w.predictor, odd, 1, null_mut(), 0))
        };
        predictor_run_with.input_count "0" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            run_with(w, |call| (call.null_inputs, call.input_count) = (true, 0))
        };
        predictor_run_with.input_count "SIZE_MAX" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            run_with(w, |call| call.input_count = usize::MAX)
        };
        predictor_run_with.outputs "NULL with a count" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            run_with(w, |call| call.null_outputs = true)
        };
        predictor_run_with.outputs "NULL with count 0" => PREDICTOR_OK: |w| {
            run_with(w, |call| (call.null_outputs, call.output_count) = (true, 0))
        };
        predictor_run_with.output_count "SIZE_MAX" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            run_with(w, |call| call.output_count = usize::MAX)
        };
        predictor_run_with.inputs "the same one twice" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            let (mut x, mut dims) = (X, DIMS);
            let twice = [0, 1].map(|_| view(c"x", &mut x, &mut dims, FLOAT32));
            said(predictor_run_with(w.predictor, twice.as_ptr(), 2, null_mut(), 0))
        };
        predictor_run_with.inputs "a NULL name" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            run_with(w, |call| call.input.name = null())
        };
        predictor_run_with.inputs "an unknown name" => PREDICTOR_ERROR_NOT_FOUND: |w| {
            run_with(w, |call| call.input.name = c"z".as_ptr())
        };
        predictor_run_with.inputs "NULL data" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            run_with(w, |call| call.input.data = null_mut())
        };
        predictor_run_with.inputs "misaligned data" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            let mut bytes = [0u64; 4];
            run_with(w, |call| call.input.data = bytes.as_mut_ptr().wrapping_byte_add(1).cast())
        };
        predictor_run_with.inputs "a byte too few" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            run_with(w, |call| call.input.byte_length = BYTES - 1)
        };
        predictor_run_with.inputs "a length beyond memory" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            run_with(w, |call| call.input.byte_length = usize::MAX)
        };
        predictor_run_with.inputs "NULL dims" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            run_with(w, |call| call.input.dims = null_mut())
        };
        predictor_run_with.inputs "another rank" => PREDICTOR_ERROR_SHAPE_MISMATCH: |w| {
            run_with(w, |call| call.input.rank = 1)
        };
        predictor_run_with.inputs "another static dimension" => PREDICTOR_ERROR_SHAPE_MISMATCH: |w| {
            let mut dims = [2, 2];
            run_with(w, |call| call.input.dims = dims.as_mut_ptr())
        };
        predictor_run_with.inputs "a negative dimension" => PREDICTOR_ERROR_SHAPE_MISMATCH: |w| {
            let mut dims = [-1, 4];
            run_with(w, |call| call.input.dims = dims.as_mut_ptr())
        };
        predictor_run_with.inputs "a rank beyond memory" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            run_with(w, |call| call.input.rank = usize::MAX)
        };
        predictor_run_with.inputs "a type that is none" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            run_with(w, |call| call.input.data_type = 0)
        };
        predictor_run_with.inputs "another type" => PREDICTOR_ERROR_TYPE_MISMATCH: |w| {
            run_with(w, |call| call.input.data_type = INT64)
        };
        predictor_run_with.outputs "the same one twice" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            let (mut x, mut dims, mut y, mut room) = (X, DIMS, [[0f32; 4]; 2], [[0i64; 2]; 2]);
            let input = view(c"x", &mut x, &mut dims, FLOAT32);
            let mut twice = [0, 1].map(|i| view(c"y", &mut y[i], &mut room[i], FLOAT32));
            let status = predictor_run_with(w.predictor, &input, 1, twice.as_mut_ptr(), 2);
            seen(status, (y, room) == ([[0f32; 4]; 2], [[0; 2]; 2]))
        };
        predictor_run_with.outputs "a NULL name" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            run_with(w, |call| call.output.name = null())
        };
        predictor_run_with.outputs "an unknown name" => PREDICTOR_ERROR_NOT_FOUND: |w| {
            run_with(w, |call| call.output.name = c"x".as_ptr())
        };
        predictor_run_with.outputs "NULL data" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            run_with(w, |call| call.output.data = null_mut())
        };
        predictor_run_with.outputs "NULL dims" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            run_with(w, |call| call.output.dims = null_mut())
        };
    }
}
