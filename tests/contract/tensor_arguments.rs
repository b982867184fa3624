//! Arguments of the functions on tensors.

use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut};

use predictor_pool::ffi::*;

use super::arguments::{Case, Text, outs, room, table};
use super::world::*;

type Read = unsafe extern "C" fn(*const PredictorTensor, *mut i64, usize, *mut usize) -> PredictorStatus;

/// A shape read into too little room: only the rank is written.
fn short_shape(read: Read, tensor: *mut PredictorTensor) -> Seen {
    let (mut dims, mut rank) = (Room::<[i64; 2]>::new(), 0);
    let status = unsafe { read(tensor, dims.at().cast(), 1, &mut rank) };
    assert_eq!(rank, 2, "the rank that is needed");
    dims.seen(status)
}

fn only_rank(read: Read, tensor: *mut PredictorTensor, dims: *mut i64, capacity: usize) -> Seen {
    let mut rank = 0;
    let status = unsafe { read(tensor, dims, capacity, &mut rank) };
    assert_eq!(rank, 2);
    said(status)
}

fn misaligned_dims(read: Read, tensor: *mut PredictorTensor) -> Seen {
    let (mut dims, mut rank) = (Room::<[u64; 4]>::new(), Room::<usize>::new());
    let status = unsafe { read(tensor, dims.at().wrapping_byte_add(1).cast(), 2, rank.at()) };
    seen(status, dims.is_untouched() && rank.is_untouched())
}

fn reshape(tensor: *mut PredictorTensor, dims: &[i64]) -> Seen {
    said(unsafe { predictor_tensor_reshape(tensor, dims.as_ptr(), dims.len()) })
}

fn copy_from(tensor: *mut PredictorTensor, code: i32, data: *const c_void, length: usize) -> Seen {
    said(unsafe { predictor_tensor_copy_from_host(tensor, code, data, length) })
}

fn copy_to(tensor: *mut PredictorTensor, code: i32, length: usize) -> Seen {
    unsafe { room!([f32; 8], |data| predictor_tensor_copy_to_host(tensor, code, data.cast(), length)) }
}

fn share(tensor: *mut PredictorTensor, code: i32, data: *mut c_void, length: usize, dims: &[i64]) -> Seen {
    said(unsafe {
        predictor_tensor_share_external_data(tensor, code, data, length, dims.as_ptr(), dims.len())
    })
}

fn copy_strings(tensor: *mut PredictorTensor, strings: &[Text], lengths: *const usize) -> Seen {
    said(unsafe { predictor_tensor_copy_strings_from_host(tensor, strings.as_ptr(), lengths, strings.len()) })
}

fn x() -> *const c_void {
    X.as_ptr().cast()
}

/// An output that no run has produced.
fn fresh_output(world: &World) -> *mut PredictorTensor {
    output(world.lease, c"y")
}

/// An input with free dimensions that was not reshaped.
fn fresh_input(world: &World) -> *mut PredictorTensor {
    input(world.lease, c"x")
}

pub fn cases() -> Vec<Case> {
    let mut cases = of_shapes();
    cases.extend(of_data());
    cases.extend(of_shared_data());
    cases.extend(of_strings());
    cases.extend(outs! {
        predictor_tensor_name.out: Text, |w, out| predictor_tensor_name(w.input, out);
        predictor_tensor_data_type.out: i32, |w, out| predictor_tensor_data_type(w.input, out);
        predictor_tensor_declared_shape.out_rank: usize, |w, out| {
            predictor_tensor_declared_shape(w.input, null_mut(), 0, out)
        };
        predictor_tensor_dimension_name.out: Text, |w, out| predictor_tensor_dimension_name(w.input, 0, out);
        predictor_tensor_shape.out_rank: usize, |w, out| predictor_tensor_shape(w.input, null_mut(), 0, out);
        predictor_tensor_byte_length.out: usize, |w, out| predictor_tensor_byte_length(w.input, out);
        predictor_tensor_data.out: *mut c_void, |w, out| predictor_tensor_data(w.input, out, &mut 0);
        predictor_tensor_data.out_byte_length: usize, |w, out| {
            predictor_tensor_data(w.input, &mut null_mut(), out)
        };
        predictor_tensor_string_length.out: usize, |w, out| predictor_tensor_string_length(w.strings, 0, out);
    });
    cases
}

fn of_shapes() -> Vec<Case> {
    table! {
        predictor_tensor_declared_shape.dims "NULL" => PREDICTOR_OK: |w| {
            only_rank(predictor_tensor_declared_shape, w.input, null_mut(), 5)
        };
        predictor_tensor_declared_shape.dims "a misaligned address" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            misaligned_dims(predictor_tensor_declared_shape, w.input)
        };
        predictor_tensor_declared_shape.capacity "0" => PREDICTOR_OK: |w| {
            only_rank(predictor_tensor_declared_shape, w.input, &mut 0, 0)
        };
        predictor_tensor_declared_shape.capacity "one too few" => PREDICTOR_ERROR_OUT_OF_RANGE: |w| {
            short_shape(predictor_tensor_declared_shape, w.output)
        };
        predictor_tensor_shape.dims "NULL" => PREDICTOR_OK: |w| {
            only_rank(predictor_tensor_shape, w.output, null_mut(), 5)
        };
        predictor_tensor_shape.dims "a misaligned address" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            misaligned_dims(predictor_tensor_shape, w.output)
        };
        predictor_tensor_shape.capacity "0" => PREDICTOR_OK: |w| {
            only_rank(predictor_tensor_shape, w.output, &mut 0, 0)
        };
        predictor_tensor_shape.capacity "one too few" => PREDICTOR_ERROR_OUT_OF_RANGE: |w| {
            short_shape(predictor_tensor_shape, w.output)
        };
        predictor_tensor_shape.tensor "an output without a run" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            room!(usize, |out| predictor_tensor_shape(fresh_output(w), null_mut(), 0, out))
        };
        predictor_tensor_shape.tensor "an input without a reshape" => PREDICTOR_ERROR_SHAPE_MISMATCH: |w| {
            room!(usize, |out| predictor_tensor_shape(fresh_input(w), null_mut(), 0, out))
        };
        predictor_tensor_byte_length.tensor "of strings" => PREDICTOR_ERROR_TYPE_MISMATCH: |w| {
            room!(usize, |out| predictor_tensor_byte_length(w.strings, out))
        };
        predictor_tensor_byte_length.tensor "an output without a run" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            room!(usize, |out| predictor_tensor_byte_length(fresh_output(w), out))
        };
        predictor_tensor_dimension_name.axis "one too many" => PREDICTOR_ERROR_OUT_OF_RANGE: |w| {
            room!(Text, |out| predictor_tensor_dimension_name(w.input, 2, out))
        };
        predictor_tensor_reshape.dims "NULL with a rank" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_tensor_reshape(w.input, null(), 2))
        };
        predictor_tensor_reshape.dims "NULL with rank 0" => PREDICTOR_ERROR_SHAPE_MISMATCH: |w| {
            said(predictor_tensor_reshape(w.input, null(), 0))
        };
        predictor_tensor_reshape.dims "a misaligned address" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_tensor_reshape(w.input, DIMS.as_ptr().wrapping_byte_add(1), 1))
        };
        predictor_tensor_reshape.dims "a negative one" => PREDICTOR_ERROR_SHAPE_MISMATCH: |w| {
            reshape(w.input, &[-1, 4])
        };
        predictor_tensor_reshape.dims "another static one" => PREDICTOR_ERROR_SHAPE_MISMATCH: |w| {
            reshape(w.input, &[1, 5])
        };
        predictor_tensor_reshape.dims "more elements than can be counted" => PREDICTOR_ERROR_OUT_OF_RANGE: |w| {
            reshape(w.input, &[i64::MAX, 4])
        };
        predictor_tensor_reshape.dims "more bytes than can be addressed" => PREDICTOR_ERROR_OUT_OF_RANGE: |w| {
            reshape(w.input, &[i64::MAX / 8, 4])
        };
        predictor_tensor_reshape.rank "another" => PREDICTOR_ERROR_SHAPE_MISMATCH: |w| reshape(w.input, &[4]);
        predictor_tensor_reshape.rank "SIZE_MAX" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_tensor_reshape(w.input, DIMS.as_ptr(), usize::MAX))
        };
        predictor_tensor_reshape.tensor "an output" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            reshape(w.output, &DIMS)
        };
    }
}

fn of_data() -> Vec<Case> {
    table! {
        predictor_tensor_copy_from_host.data_type "0" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_from(w.input, 0, x(), BYTES)
        };
        predictor_tensor_copy_from_host.data_type "-1" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_from(w.input, -1, x(), BYTES)
        };
        predictor_tensor_copy_from_host.data_type "a complex number" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_from(w.input, 14, x(), BYTES)
        };
        predictor_tensor_copy_from_host.data_type "INT32_MAX" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_from(w.input, i32::MAX, x(), BYTES)
        };
        predictor_tensor_copy_from_host.data_type "another" => PREDICTOR_ERROR_TYPE_MISMATCH: |w| {
            copy_from(w.input, INT64, x(), BYTES)
        };
        predictor_tensor_copy_from_host.data_type "another, with a wrong length" =>
            PREDICTOR_ERROR_TYPE_MISMATCH: |w| copy_from(w.input, INT64, x(), 3);
        predictor_tensor_copy_from_host.data_type "strings" => PREDICTOR_ERROR_TYPE_MISMATCH: |w| {
            copy_from(w.strings, STRING, x(), BYTES)
        };
        predictor_tensor_copy_from_host.data "NULL with a length" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_from(w.input, FLOAT32, null(), BYTES)
        };
        predictor_tensor_copy_from_host.data "NULL with length 0" => PREDICTOR_OK: |w| {
            ok(reshape(w.input, &[0, 4]).status.unwrap());
            copy_from(w.input, FLOAT32, null(), 0)
        };
        predictor_tensor_copy_from_host.byte_length "0" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_from(w.input, FLOAT32, x(), 0)
        };
        predictor_tensor_copy_from_host.byte_length "one too few" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_from(w.input, FLOAT32, x(), BYTES - 1)
        };
        predictor_tensor_copy_from_host.byte_length "one too many" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_from(w.input, FLOAT32, x(), BYTES + 1)
        };
        predictor_tensor_copy_from_host.byte_length "SIZE_MAX" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_from(w.input, FLOAT32, x(), usize::MAX)
        };
        predictor_tensor_copy_from_host.tensor "an output" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_from(w.output, FLOAT32, x(), BYTES)
        };
        predictor_tensor_copy_from_host.tensor "without a reshape" => PREDICTOR_ERROR_SHAPE_MISMATCH: |w| {
            copy_from(fresh_input(w), FLOAT32, x(), BYTES)
        };
        predictor_tensor_copy_to_host.data_type "0" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_to(w.output, 0, BYTES)
        };
        predictor_tensor_copy_to_host.data_type "17" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_to(w.output, 17, BYTES)
        };
        predictor_tensor_copy_to_host.data_type "another, with a wrong length" =>
            PREDICTOR_ERROR_TYPE_MISMATCH: |w| copy_to(w.output, INT64, 3);
        predictor_tensor_copy_to_host.data_type "strings" => PREDICTOR_ERROR_TYPE_MISMATCH: |w| {
            copy_to(w.strings, STRING, BYTES)
        };
        predictor_tensor_copy_to_host.data "NULL with a length" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_tensor_copy_to_host(w.output, FLOAT32, null_mut(), BYTES))
        };
        predictor_tensor_copy_to_host.byte_length "one too few" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_to(w.output, FLOAT32, BYTES - 1)
        };
        predictor_tensor_copy_to_host.byte_length "one too many" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_to(w.output, FLOAT32, BYTES + 1)
        };
        predictor_tensor_copy_to_host.byte_length "0" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_to(w.output, FLOAT32, 0)
        };
        predictor_tensor_copy_to_host.tensor "an output without a run" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_to(fresh_output(w), FLOAT32, BYTES)
        };
        predictor_tensor_copy_to_host.tensor "an output, after a reshape" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            ok(reshape(w.input, &DIMS).status.unwrap());
            copy_to(w.output, FLOAT32, BYTES)
        };
        predictor_tensor_copy_to_host.tensor "an input" => PREDICTOR_OK: |w| copy_to(w.input, FLOAT32, BYTES);
        predictor_tensor_copy_to_host.tensor "an input that was never set" =>
            PREDICTOR_ERROR_INVALID_ARGUMENT: |w| copy_to(fresh_input(w), FLOAT32, BYTES);
        predictor_tensor_data.tensor "of strings" => PREDICTOR_ERROR_TYPE_MISMATCH: |w| {
            let mut length = Room::<usize>::new();
            let seen = room!(*mut c_void, |out| predictor_tensor_data(w.strings, out, length.at()));
            Seen { untouched: seen.untouched && length.is_untouched(), ..seen }
        };
        predictor_tensor_data.tensor "an output without a run" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            let mut length = Room::<usize>::new();
            let seen = room!(*mut c_void, |out| predictor_tensor_data(fresh_output(w), out, length.at()));
            Seen { untouched: seen.untouched && length.is_untouched(), ..seen }
        };
        predictor_tensor_data.tensor "an input without a reshape" => PREDICTOR_ERROR_SHAPE_MISMATCH: |w| {
            room!(*mut c_void, |out| predictor_tensor_data(fresh_input(w), out, &mut 0))
        };
    }
}

fn of_shared_data() -> Vec<Case> {
    table! {
        predictor_tensor_share_external_data.data_type "0" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            share(w.input, 0, x().cast_mut(), BYTES, &DIMS)
        };
        predictor_tensor_share_external_data.data_type "another" => PREDICTOR_ERROR_TYPE_MISMATCH: |w| {
            share(w.input, INT64, x().cast_mut(), BYTES, &DIMS)
        };
        predictor_tensor_share_external_data.data_type "strings" => PREDICTOR_ERROR_TYPE_MISMATCH: |w| {
            share(w.strings, STRING, x().cast_mut(), BYTES, &[2])
        };
        predictor_tensor_share_external_data.data "NULL with a length" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            share(w.input, FLOAT32, null_mut(), BYTES, &DIMS)
        };
        predictor_tensor_share_external_data.data "NULL with length 0" => PREDICTOR_OK: |w| {
            share(w.input, FLOAT32, null_mut(), 0, &[0, 4])
        };
        predictor_tensor_share_external_data.data "a misaligned address" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            let mut bytes = [0u64; 4];
            share(w.input, FLOAT32, bytes.as_mut_ptr().wrapping_byte_add(2).cast(), BYTES, &DIMS)
        };
        predictor_tensor_share_external_data.byte_length "one too few" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            share(w.input, FLOAT32, x().cast_mut(), BYTES - 1, &DIMS)
        };
        predictor_tensor_share_external_data.byte_length "that of another shape, for an output" =>
            PREDICTOR_ERROR_INVALID_ARGUMENT: |w| share(w.output, FLOAT32, x().cast_mut(), BYTES, &[2, 4]);
        predictor_tensor_share_external_data.byte_length "SIZE_MAX" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            share(w.input, FLOAT32, x().cast_mut(), usize::MAX, &DIMS)
        };
        predictor_tensor_share_external_data.dims "NULL with a rank" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            let data = x().cast_mut();
            said(predictor_tensor_share_external_data(w.input, FLOAT32, data, BYTES, null(), 2))
        };
        predictor_tensor_share_external_data.dims "a negative one" => PREDICTOR_ERROR_SHAPE_MISMATCH: |w| {
            share(w.input, FLOAT32, x().cast_mut(), BYTES, &[-1, 4])
        };
        predictor_tensor_share_external_data.dims "a static one of an output" => PREDICTOR_ERROR_SHAPE_MISMATCH: |w| {
            share(w.output, FLOAT32, x().cast_mut(), BYTES, &[2, 2])
        };
        predictor_tensor_share_external_data.dims "more bytes than can be addressed" =>
            PREDICTOR_ERROR_OUT_OF_RANGE: |w| share(w.input, FLOAT32, x().cast_mut(), BYTES, &[i64::MAX, 4]);
        predictor_tensor_share_external_data.rank "another" => PREDICTOR_ERROR_SHAPE_MISMATCH: |w| {
            share(w.input, FLOAT32, x().cast_mut(), BYTES, &[4])
        };
        predictor_tensor_share_external_data.rank "SIZE_MAX" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            let (data, dims) = (x().cast_mut(), DIMS.as_ptr());
            said(predictor_tensor_share_external_data(w.input, FLOAT32, data, BYTES, dims, usize::MAX))
        };
    }
}

fn of_strings() -> Vec<Case> {
    const WORDS: [&[u8]; 2] = [b"a\0", b"b\0"];
    fn words() -> [Text; 2] {
        WORDS.map(|word| word.as_ptr().cast())
    }
    fn string(world: &World, index: usize, buffer: *mut c_char, capacity: usize) -> PredictorStatus {
        unsafe { predictor_tensor_copy_string_to_host(world.strings, index, buffer, capacity) }
    }
    table! {
        predictor_tensor_copy_strings_from_host.strings "NULL" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_tensor_copy_strings_from_host(w.strings, null(), null(), 2))
        };
        predictor_tensor_copy_strings_from_host.strings "NULL with count 0" => PREDICTOR_OK: |w| {
            ok(reshape(w.strings, &[0]).status.unwrap());
            said(predictor_tensor_copy_strings_from_host(w.strings, null(), null(), 0))
        };
        predictor_tensor_copy_strings_from_host.strings "one NULL among them" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_strings(w.strings, &[words()[0], null()], null())
        };
        predictor_tensor_copy_strings_from_host.strings "one NULL with a length" =>
            PREDICTOR_ERROR_INVALID_ARGUMENT: |w| copy_strings(w.strings, &[words()[0], null()], [1, 1].as_ptr());
        predictor_tensor_copy_strings_from_host.strings "one NULL with length 0" => PREDICTOR_OK: |w| {
            copy_strings(w.strings, &[words()[0], null()], [1, 0].as_ptr())
        };
        predictor_tensor_copy_strings_from_host.lengths "NULL" => PREDICTOR_OK: |w| {
            copy_strings(w.strings, &words(), null())
        };
        predictor_tensor_copy_strings_from_host.lengths "one beyond memory" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_strings(w.strings, &words(), [1, usize::MAX].as_ptr())
        };
        predictor_tensor_copy_strings_from_host.count "one too few" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_strings(w.strings, &words()[..1], null())
        };
        predictor_tensor_copy_strings_from_host.count "SIZE_MAX" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(predictor_tensor_copy_strings_from_host(w.strings, words().as_ptr(), null(), usize::MAX))
        };
        predictor_tensor_copy_strings_from_host.tensor "of numbers" => PREDICTOR_ERROR_TYPE_MISMATCH: |w| {
            copy_strings(w.input, &words(), null())
        };
        predictor_tensor_copy_strings_from_host.tensor "an output" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            copy_strings(output(w.string_predictor, c"y"), &words(), null())
        };
        predictor_tensor_string_length.index "one too many" => PREDICTOR_ERROR_OUT_OF_RANGE: |w| {
            room!(usize, |out| predictor_tensor_string_length(w.strings, 2, out))
        };
        predictor_tensor_string_length.index "SIZE_MAX" => PREDICTOR_ERROR_OUT_OF_RANGE: |w| {
            room!(usize, |out| predictor_tensor_string_length(w.strings, usize::MAX, out))
        };
        predictor_tensor_string_length.tensor "of numbers" => PREDICTOR_ERROR_TYPE_MISMATCH: |w| {
            room!(usize, |out| predictor_tensor_string_length(w.input, 0, out))
        };
        predictor_tensor_copy_string_to_host.index "one too many" => PREDICTOR_ERROR_OUT_OF_RANGE: |w| {
            room!([c_char; 8], |buffer| string(w, 2, buffer.cast(), 8))
        };
        predictor_tensor_copy_string_to_host.buffer "NULL with a capacity" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            said(string(w, 0, null_mut(), 8))
        };
        predictor_tensor_copy_string_to_host.capacity "0" => PREDICTOR_ERROR_OUT_OF_RANGE: |w| {
            room!([c_char; 8], |buffer| string(w, 0, buffer.cast(), 0))
        };
        predictor_tensor_copy_string_to_host.capacity "no room for the NUL" => PREDICTOR_ERROR_OUT_OF_RANGE: |w| {
            let mut buffer = [0x55; 4];
            let status = string(w, 0, buffer.as_mut_ptr(), 3);
            assert_eq!(buffer, [b'o' as c_char, b'n' as c_char, 0, 0x55], "cut, and terminated");
            said(status)
        };
        predictor_tensor_copy_string_to_host.tensor "of numbers" => PREDICTOR_ERROR_TYPE_MISMATCH: |w| {
            let (tensor, mut text) = (w.input, Room::<[c_char; 8]>::new());
            let status = predictor_tensor_copy_string_to_host(tensor, 0, text.at().cast(), 8);
            text.seen(status)
        };
    }
}
