//! The rules of tensors: what can be set, read and shared, and what each mistake says.

mod common;

use std::ptr::{null, null_mut};
use std::time::Duration;

use common::{c, contains_all, fails, get_y, load, set_x, y_of};
use predictor_pool::{Bf16, DataType, Element, F16, Predictor, Status, Tensor};

fn x(predictor: &Predictor) -> Tensor<'_> {
    predictor.input("x").unwrap()
}

fn y(predictor: &Predictor) -> Tensor<'_> {
    predictor.output("y").unwrap()
}

// --- setting an input ---

#[test]
fn another_type_is_refused_before_the_length_is_looked_at() {
    let predictor = load("add.onnx");
    let text = fails(x(&predictor).copy_from_host(&[1i64; 3]), Status::TypeMismatch);
    contains_all(&text, &["\"x\"", "float32", "int64"]);
    let text = fails(x(&predictor).copy_from_host(&[1.0f64; 4]), Status::TypeMismatch);
    contains_all(&text, &["float64"]);
    // Types of the same size are not the same type.
    fails(load("identity_float16.onnx").input("x").unwrap().copy_from_host(&[0u16]), Status::TypeMismatch);
    fails(x(&predictor).copy_strings_from_host(&[b"1"]), Status::TypeMismatch);
}

#[test]
fn reading_with_another_type_is_refused_before_the_length_is_looked_at() {
    let predictor = load("add.onnx");
    y_of(&predictor, &[1, 4], &[1.0; 4]);
    fails(y(&predictor).copy_to_host(&mut [0i32; 4]), Status::TypeMismatch);
    fails(y(&predictor).copy_to_host(&mut [0i32; 3]), Status::TypeMismatch);
    fails(y(&predictor).strings(), Status::TypeMismatch);
}

#[test]
fn a_number_that_is_no_type_is_an_invalid_argument() {
    let predictor = c::load("add.onnx");
    let x = c::input(predictor.0, "x");
    for code in [0, 14, 15, 17, -1, 99] {
        let status = unsafe { c::predictor_tensor_copy_from_host(x, code, [0f32; 4].as_ptr().cast(), 16) };
        c::fails(status, c::PREDICTOR_ERROR_INVALID_ARGUMENT);
    }
}

#[test]
fn reshape_checks_rank_and_static_dimensions() {
    let predictor = load("add_batch.onnx");
    for dims in [&[4][..], &[2, 4, 1], &[], &[2, 5], &[-1, 4], &[2, -4], &[i64::MIN, 4]] {
        let text = fails(x(&predictor).reshape(dims), Status::ShapeMismatch);
        contains_all(&text, &["\"x\"", "float32[-1,4]"]);
        let given: Vec<String> = dims.iter().map(i64::to_string).collect();
        contains_all(&text, &[&format!("got [{}]", given.join(","))]);
    }
    assert_eq!(y_of(&predictor, &[1, 4], &[1.0, 2.0, 3.0, 4.0]), [2.0, 4.0, 6.0, 8.0]);
}

#[test]
fn a_refused_reshape_changes_nothing() {
    let predictor = load("add_batch.onnx");
    y_of(&predictor, &[1, 4], &[1.0; 4]);
    fails(x(&predictor).reshape(&[1, 5]), Status::ShapeMismatch);
    assert_eq!(x(&predictor).shape().unwrap(), [1, 4]);
    assert_eq!(get_y(&predictor), [2.0; 4], "the outputs still belong to the inputs");
}

#[test]
fn a_shape_with_more_bytes_than_can_be_addressed_is_out_of_range() {
    let predictor = load("add_two_free.onnx");
    for dims in [[i64::MAX, i64::MAX], [i64::MAX, 1], [1 << 31, 1 << 31], [1 << 61, 1]] {
        let text = fails(x(&predictor).reshape(&dims), Status::OutOfRange);
        contains_all(&text, &["\"x\"", &dims[0].to_string()]);
    }
}

#[test]
fn memory_that_cannot_be_had_is_an_error_and_not_an_abort() {
    let predictor = load("add_batch.onnx");
    x(&predictor).reshape(&[1 << 50, 4]).unwrap();
    fails(x(&predictor).data(), Status::OutOfMemory);
    assert_eq!(y_of(&predictor, &[1, 4], &[1.0; 4]), [2.0; 4]);
}

#[test]
fn a_static_shape_needs_no_reshape_and_a_free_one_does() {
    let predictor = load("add.onnx");
    assert_eq!(x(&predictor).shape().unwrap(), [1, 4]);
    assert_eq!(x(&predictor).byte_length().unwrap(), 16);
    x(&predictor).copy_from_host(&[1.0f32, 2.0, 3.0, 4.0]).unwrap();
    predictor.run().unwrap();
    assert_eq!(get_y(&predictor), [2.0, 4.0, 6.0, 8.0]);

    let predictor = load("add_batch.onnx");
    let text = fails(x(&predictor).copy_from_host(&[1.0f32; 4]), Status::ShapeMismatch);
    contains_all(&text, &["\"x\"", "float32[-1,4]"]);
    fails(x(&predictor).shape(), Status::ShapeMismatch);
    fails(x(&predictor).byte_length(), Status::ShapeMismatch);
    fails(x(&predictor).data(), Status::ShapeMismatch);
    let strings = load("identity_string.onnx");
    fails(x(&strings).copy_strings_from_host(&[b"a"]), Status::ShapeMismatch);
}

#[test]
fn a_length_must_be_exact_and_the_text_gives_both_in_bytes() {
    let predictor = load("add_batch.onnx");
    x(&predictor).reshape(&[2, 4]).unwrap();
    for count in [0, 7, 9] {
        let text = fails(x(&predictor).copy_from_host(&vec![1.0f32; count]), Status::InvalidArgument);
        contains_all(&text, &["\"x\"", "32 bytes", &format!("{} bytes", count * 4), "[2,4]"]);
    }
    x(&predictor).copy_from_host(&[1.0f32; 8]).unwrap();
    predictor.run().unwrap();
    let text = fails(y(&predictor).copy_to_host(&mut [0.0f32; 9]), Status::InvalidArgument);
    contains_all(&text, &["\"y\"", "32 bytes", "36 bytes"]);
    // Half an element too many.
    let c = c::load("add.onnx");
    let status = unsafe {
        let data = [0u8; 18];
        c::predictor_tensor_copy_from_host(c::input(c.0, "x"), c::FLOAT32, data.as_ptr().cast(), 18)
    };
    contains_all(&c::fails(status, c::PREDICTOR_ERROR_INVALID_ARGUMENT), &["16 bytes", "18 bytes"]);
}

#[test]
fn what_only_inputs_can_do_is_refused_on_outputs() {
    let predictor = load("add.onnx");
    contains_all(&fails(y(&predictor).reshape(&[1, 4]), Status::InvalidArgument), &["\"y\""]);
    contains_all(&fails(y(&predictor).copy_from_host(&[0f32; 4]), Status::InvalidArgument), &["\"y\""]);
    let predictor = load("identity_string.onnx");
    fails(y(&predictor).copy_strings_from_host(&[]), Status::InvalidArgument);
}

#[test]
fn an_input_that_was_never_set_is_named() {
    let predictor = load("sum_two.onnx");
    contains_all(&fails(predictor.run(), Status::InvalidArgument), &["\"a\"", "float32[-1,3]"]);
    let a = predictor.input("a").unwrap();
    a.reshape(&[1, 3]).unwrap();
    contains_all(&fails(predictor.run(), Status::InvalidArgument), &["\"a\""]);
    a.copy_from_host(&[0f32; 3]).unwrap();
    contains_all(&fails(predictor.run(), Status::InvalidArgument), &["\"b\""]);
    // A static shape is no data.
    contains_all(&fails(load("add.onnx").run(), Status::InvalidArgument), &["\"x\""]);
}

#[test]
fn an_unknown_name_lists_those_there_are() {
    let predictor = load("sum_two.onnx");
    contains_all(&fails(predictor.input("x"), Status::NotFound), &["\"x\"", "\"a\"", "\"b\""]);
    contains_all(&fails(predictor.output("a"), Status::NotFound), &["\"total\"", "\"difference\""]);
    contains_all(&fails(load("with_default.onnx").input("w"), Status::NotFound), &["\"x\"", "\"bias\""]);
    contains_all(&fails(load("unicode_names.onnx").input("d"), Status::NotFound), &["données"]);
    fails(load("constant.onnx").input("x"), Status::NotFound);
}

#[test]
fn names_outside_ascii_work() {
    let predictor = load("unicode_names.onnx");
    let n = predictor.input("données").unwrap();
    n.reshape(&[2]).unwrap();
    n.copy_from_host(&[1.0f32, 2.0]).unwrap();
    predictor.run().unwrap();
    let mut result = [0.0f32; 2];
    predictor.output("результат").unwrap().copy_to_host(&mut result).unwrap();
    assert_eq!(result, [2.0, 4.0]);
}

// --- how long shape and data last ---

#[test]
fn shape_and_data_of_an_input_last_over_runs() {
    let predictor = load("sum_two.onnx");
    for name in ["a", "b"] {
        let tensor = predictor.input(name).unwrap();
        tensor.reshape(&[1, 3]).unwrap();
        tensor.copy_from_host(&[1.0f32, 2.0, 3.0]).unwrap();
    }
    predictor.run().unwrap();
    predictor.run().unwrap();
    predictor.input("b").unwrap().copy_from_host(&[10.0f32; 3]).unwrap();
    predictor.run().unwrap();
    let mut total = [0.0f32; 3];
    predictor.output("total").unwrap().copy_to_host(&mut total).unwrap();
    assert_eq!(total, [11.0, 12.0, 13.0]);
}

#[test]
fn copy_to_host_reads_an_input_back() {
    let predictor = load("add_batch.onnx");
    contains_all(&fails(x(&predictor).copy_to_host(&mut [0f32; 4]), Status::InvalidArgument), &["\"x\""]);
    set_x(&predictor, &[1, 4], &[1.0, 2.0, 3.0, 4.0]);
    let mut data = [0.0f32; 4];
    x(&predictor).copy_to_host(&mut data).unwrap();
    assert_eq!(data, [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn a_reshape_keeps_the_data_if_the_number_of_elements_stays() {
    let predictor = load("add_two_free.onnx");
    set_x(&predictor, &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    x(&predictor).reshape(&[3, 2]).unwrap();
    predictor.run().unwrap();
    assert_eq!(y(&predictor).shape().unwrap(), [3, 2]);
    assert_eq!(get_y(&predictor), [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);

    x(&predictor).reshape(&[3, 3]).unwrap();
    contains_all(&fails(predictor.run(), Status::InvalidArgument), &["\"x\""]);
    x(&predictor).reshape(&[3, 2]).unwrap();
    fails(predictor.run(), Status::InvalidArgument);
}

fn set_index(predictor: &Predictor, values: &[i64]) {
    let index = predictor.input("index").unwrap();
    index.reshape(&[values.len() as i64]).unwrap();
    index.copy_from_host(values).unwrap();
}

#[test]
fn a_failing_kernel_is_run_failed_with_the_text_of_onnx_runtime_and_the_predictor_lives_on() {
    let predictor = load("failing.onnx");
    // With and without memory of an earlier run of the same shape.
    for _ in 0..2 {
        set_index(&predictor, &[0, 7]);
        let text = fails(predictor.run(), Status::RunFailed);
        contains_all(&text, &["Gather", "idx=7", "[-5,4]"]);

        fails(y(&predictor).copy_to_host(&mut [0f32; 2]), Status::InvalidArgument);
        let index = predictor.input("index").unwrap();
        let mut kept = [0i64; 2];
        index.copy_to_host(&mut kept).unwrap();
        assert_eq!((index.shape().unwrap(), kept), (vec![2], [0, 7]));
        fails(predictor.run(), Status::RunFailed);

        set_index(&predictor, &[1, 4]);
        predictor.run().unwrap();
        assert_eq!(get_y(&predictor), [10.0, 40.0]);
    }
}

// --- reading an output ---

#[track_caller]
fn y_is_unreadable(predictor: &Predictor, word: &str) {
    let y = y(predictor);
    let texts = [
        fails(y.copy_to_host(&mut [0f32; 4]), Status::InvalidArgument),
        fails(y.shape(), Status::InvalidArgument),
        fails(y.byte_length(), Status::InvalidArgument),
        fails(y.data(), Status::InvalidArgument),
    ];
    for text in texts {
        contains_all(&text, &["\"y\"", word]);
    }
}

#[test]
fn an_output_cannot_be_read_before_the_first_run() {
    let predictor = load("add_batch.onnx");
    y_is_unreadable(&predictor, "run");
    set_x(&predictor, &[1, 4], &[1.0; 4]);
    y_is_unreadable(&predictor, "run");
    // The shape that the model declares is no shape of data.
    y_is_unreadable(&load("add.onnx"), "run");
    fails(load("identity_string.onnx").output("y").unwrap().strings(), Status::InvalidArgument);
}

#[test]
fn an_output_cannot_be_read_after_a_failed_run() {
    let predictor = load("failing.onnx");
    set_index(&predictor, &[0, 1]);
    predictor.run().unwrap();
    set_index(&predictor, &[0, 9]);
    fails(predictor.run(), Status::RunFailed);
    y_is_unreadable(&predictor, "failed");
    // The text still says so when a reshape came in between.
    set_index(&predictor, &[3]);
    y_is_unreadable(&predictor, "run");
}

#[test]
fn an_output_cannot_be_read_after_a_run_that_lacked_an_input() {
    let predictor = load("add_batch.onnx");
    y_of(&predictor, &[1, 4], &[1.0; 4]);
    x(&predictor).reshape(&[2, 4]).unwrap();
    fails(predictor.run(), Status::InvalidArgument);
    y_is_unreadable(&predictor, "run");
}

#[test]
fn an_output_cannot_be_read_after_a_cancelled_or_timed_out_run() {
    let predictor = load("slow.onnx");
    let run_and_stop = |stop: &(dyn Fn() + Sync)| {
        common::set_slow(&predictor, 1);
        predictor.run().unwrap();
        predictor.input("steps").unwrap().copy_from_host(&[common::LONG]).unwrap();
        stop();
        y_is_unreadable(&predictor, "failed");
    };
    run_and_stop(&|| {
        std::thread::scope(|scope| {
            let _end = common::CancelAtEnd(&predictor);
            let run = scope.spawn(|| predictor.run());
            common::cancel(&predictor);
            fails(run.join().unwrap(), Status::Cancelled);
        });
    });
    run_and_stop(&|| {
        fails(predictor.run_with_timeout(Duration::from_millis(20)), Status::Timeout);
    });
    // A limit of 0 is a run that failed like any other.
    run_and_stop(&|| {
        fails(predictor.run_with_timeout(Duration::ZERO), Status::Timeout);
    });
}

#[test]
fn an_output_cannot_be_read_after_a_reshape_and_before_the_next_run() {
    let predictor = load("add_batch.onnx");
    y_of(&predictor, &[1, 4], &[1.0; 4]);
    x(&predictor).reshape(&[1, 4]).unwrap();
    y_is_unreadable(&predictor, "reshape");
    predictor.run().unwrap();
    // New data without a reshape leaves what was computed.
    x(&predictor).copy_from_host(&[5.0f32; 4]).unwrap();
    assert_eq!(get_y(&predictor), [2.0; 4]);
}

#[test]
fn an_output_is_read_as_often_as_one_likes() {
    let predictor = load("add_batch.onnx");
    y_of(&predictor, &[1, 4], &[1.0; 4]);
    assert_eq!(get_y(&predictor), [2.0; 4]);
    assert_eq!(y(&predictor).byte_length().unwrap(), 16);
    assert_eq!(get_y(&predictor), [2.0; 4]);
}

#[test]
fn output_shapes_follow_the_data() {
    let predictor = load("nonzero.onnx");
    for (data, expected) in
        [(&[0.0, 1.0, 2.0][..], &[1i64, 2][..]), (&[0.0; 3], &[]), (&[3.0; 3], &[0, 1, 2])]
    {
        set_x(&predictor, &[3], data);
        predictor.run().unwrap();
        assert_eq!(y(&predictor).shape().unwrap(), [1, expected.len() as i64]);
        let mut found = vec![-1i64; expected.len()];
        y(&predictor).copy_to_host(&mut found).unwrap();
        assert_eq!(found, expected);
    }

    let predictor = load("nms.onnx");
    let (boxes, scores) = (predictor.input("boxes").unwrap(), predictor.input("scores").unwrap());
    boxes.reshape(&[1, 2, 4]).unwrap();
    boxes.copy_from_host(&[0.0f32, 0.0, 1.0, 1.0, 0.0, 5.0, 1.0, 6.0]).unwrap();
    scores.reshape(&[1, 1, 2]).unwrap();
    for (values, rows) in [([0.9f32, 0.8], 2), ([0.9, 0.05], 1), ([0.0, 0.0], 0)] {
        scores.copy_from_host(&values).unwrap();
        predictor.run().unwrap();
        assert_eq!(predictor.output("selected").unwrap().shape().unwrap(), [rows, 3]);
    }
}

// --- every element type, scalars, empty tensors ---

fn round_trip<T: Element + PartialEq + std::fmt::Debug>(data: &[T]) {
    let name = T::DATA_TYPE.name();
    let predictor = load(&format!("identity_{name}.onnx"));
    for tensor in [x(&predictor), y(&predictor)] {
        assert_eq!(tensor.spec().data_type().unwrap(), T::DATA_TYPE);
    }
    for data in [data, &data[..1], &[], data] {
        x(&predictor).reshape(&[data.len() as i64]).unwrap();
        x(&predictor).copy_from_host(data).unwrap();
        predictor.run().unwrap();
        let mut got = vec![T::default(); data.len()];
        y(&predictor).copy_to_host(&mut got).unwrap();
        assert_eq!(got, data, "{name}");
        assert_eq!(y(&predictor).byte_length().unwrap(), size_of_val(data));
    }
}

#[test]
fn every_element_type_goes_in_and_comes_out() {
    round_trip(&[0.0f32, -1.5, f32::MAX]);
    round_trip(&[0.1f64, f64::MIN, 5e-324]);
    round_trip(&[0u8, 1, u8::MAX]);
    round_trip(&[0i8, i8::MIN, i8::MAX]);
    round_trip(&[0u16, 1, u16::MAX]);
    round_trip(&[0i16, i16::MIN, i16::MAX]);
    round_trip(&[0u32, 1, u32::MAX]);
    round_trip(&[0i32, i32::MIN, i32::MAX]);
    round_trip(&[0u64, 1, u64::MAX]);
    round_trip(&[0i64, i64::MIN, i64::MAX]);
    // One, a NaN with a payload, negative infinity.
    round_trip(&[F16(0x3c00), F16(0x7e01), F16(0xfc00)]);
    round_trip(&[Bf16(0x3f80), Bf16(0x7fc1), Bf16(0xff80)]);
}

#[test]
fn booleans_are_bytes() {
    let predictor = load("identity_bool.onnx");
    let (given, mut got) = ([1u8, 0, 1], [7u8; 3]);
    x(&predictor).reshape(&[3]).unwrap();
    fails(x(&predictor).copy_from_host(&given), Status::TypeMismatch);
    // SAFETY: the pointers are to 3 bytes each.
    unsafe {
        x(&predictor).copy_from_raw(DataType::Bool, given.as_ptr(), 3).unwrap();
        predictor.run().unwrap();
        y(&predictor).copy_to_raw(DataType::Bool, got.as_mut_ptr(), 3).unwrap();
    }
    assert_eq!(got, given);
}

#[test]
fn a_scalar_has_rank_0_and_one_element() {
    let predictor = load("scalar.onnx");
    assert_eq!(x(&predictor).spec().shape().unwrap(), &[] as &[i64]);
    assert_eq!(y_of(&predictor, &[], &[21.0]), [42.0]);
    assert_eq!(y(&predictor).shape().unwrap(), &[] as &[i64]);
    fails(x(&predictor).reshape(&[1]), Status::ShapeMismatch);
    fails(x(&predictor).copy_from_host(&[] as &[f32]), Status::InvalidArgument);

    let c = c::load("scalar.onnx");
    // NULL dims with rank 0.
    c::ok(unsafe { c::predictor_tensor_reshape(c::input(c.0, "x"), null(), 0) });
}

#[test]
fn an_empty_tensor_runs_and_is_empty() {
    let predictor = load("add_batch.onnx");
    for rows in [0, 2, 0] {
        let y = y_of(&predictor, &[rows, 4], &vec![1.0; rows as usize * 4]);
        assert_eq!(y.len(), rows as usize * 4);
        assert_eq!(predictor.output("y").unwrap().shape().unwrap(), [rows, 4]);
    }
}

#[test]
fn null_data_with_length_0_is_an_empty_tensor() {
    let predictor = c::load("add_batch.onnx");
    let (x, y) = (c::input(predictor.0, "x"), c::output(predictor.0, "y"));
    c::reshape(x, &[0, 4]);
    unsafe {
        c::ok(c::predictor_tensor_copy_from_host(x, c::FLOAT32, null(), 0));
        c::ok(c::predictor_run(predictor.0));
        c::ok(c::predictor_tensor_copy_to_host(y, c::FLOAT32, null_mut(), 0));
        let status = c::predictor_tensor_copy_from_host(x, c::FLOAT32, null(), 16);
        c::fails(status, c::PREDICTOR_ERROR_INVALID_ARGUMENT);
        c::reshape(x, &[1, 4]);
        let status = c::predictor_tensor_copy_from_host(x, c::FLOAT32, null(), 0);
        contains_all(&c::fails(status, c::PREDICTOR_ERROR_INVALID_ARGUMENT), &["16 bytes", "0 bytes"]);
        let status = c::predictor_tensor_reshape(x, null(), 2);
        c::fails(status, c::PREDICTOR_ERROR_INVALID_ARGUMENT);
    }
}

#[test]
fn a_model_without_inputs_runs() {
    let predictor = load("constant.onnx");
    assert!(predictor.inputs().is_empty());
    for _ in 0..2 {
        predictor.run().unwrap();
        assert_eq!(get_y(&predictor), [1.5, -2.0, 3.25]);
    }
}

// --- strings ---

fn strings_of(predictor: &Predictor, given: &[&[u8]]) -> Vec<Vec<u8>> {
    x(predictor).reshape(&[given.len() as i64]).unwrap();
    x(predictor).copy_strings_from_host(given).unwrap();
    predictor.run().unwrap();
    y(predictor).strings().unwrap()
}

#[test]
fn strings_go_in_and_come_out_whatever_is_in_them() {
    let predictor = load("identity_string.onnx");
    let long = "ж".repeat(10_000);
    let given: [&[u8]; 5] = [b"", "wörld 🦀".as_bytes(), b"a\0b\0", long.as_bytes(), b"x"];
    assert_eq!(strings_of(&predictor, &given), given);
    // Shorter ones, in memory that held longer ones.
    assert_eq!(strings_of(&predictor, &[b"1", b"2"]), [b"1", b"2"]);
    assert_eq!(strings_of(&predictor, &[]), [] as [&[u8]; 0]);
    assert_eq!(x(&predictor).strings().unwrap(), [] as [&[u8]; 0]);
}

#[test]
fn strings_of_an_input_last_and_change_without_a_reshape() {
    let predictor = load("string_upper.onnx");
    strings_of(&predictor, &[b"a", b"drop", b"c"]);
    predictor.run().unwrap();
    assert_eq!(y(&predictor).strings().unwrap(), [b"A", b"C"]);
    x(&predictor).copy_strings_from_host(&[b"x", b"y", b"z"]).unwrap();
    predictor.run().unwrap();
    assert_eq!(y(&predictor).strings().unwrap(), [b"X", b"Y", b"Z"]);
    assert_eq!(x(&predictor).strings().unwrap(), [b"x", b"y", b"z"]);
}

#[test]
fn another_number_of_strings_than_elements_is_refused() {
    let predictor = load("identity_string.onnx");
    x(&predictor).reshape(&[3]).unwrap();
    for given in [&[][..], &[b"a" as &[u8], b"b"], &[b"a", b"b", b"c", b"d"]] {
        let text = fails(x(&predictor).copy_strings_from_host(given), Status::InvalidArgument);
        contains_all(&text, &["\"x\"", "3 strings", &given.len().to_string()]);
    }
    fails(predictor.run(), Status::InvalidArgument);
}

#[test]
fn strings_have_no_bytes() {
    let predictor = load("identity_string.onnx");
    strings_of(&predictor, &[b"abc"]);
    for tensor in [x(&predictor), y(&predictor)] {
        fails(tensor.byte_length(), Status::TypeMismatch);
        fails(tensor.data(), Status::TypeMismatch);
        let mut room = [0u8; 3];
        // SAFETY: 3 bytes; nothing is to be kept.
        unsafe {
            fails(tensor.copy_to_raw(DataType::String, room.as_mut_ptr(), 3), Status::TypeMismatch);
            let shared = tensor.share_external_data(DataType::String, room.as_mut_ptr(), 3, &[1]);
            fails(shared, Status::TypeMismatch);
        }
    }
    let raw = unsafe { x(&predictor).copy_from_raw(DataType::String, b"abc".as_ptr(), 3) };
    fails(raw, Status::TypeMismatch);
    assert_eq!(y(&predictor).strings().unwrap(), [b"abc"]);
}

#[test]
fn a_kernel_that_fails_on_strings_is_run_failed() {
    let predictor = load("string_upper.onnx");
    x(&predictor).reshape(&[0]).unwrap();
    x(&predictor).copy_strings_from_host(&[]).unwrap();
    fails(predictor.run(), Status::RunFailed);
    assert_eq!(strings_of(&predictor, &[b"a"]), [b"A"]);
}

#[test]
fn c_strings_end_at_their_nul_or_where_lengths_say() {
    let predictor = c::load("identity_string.onnx");
    let (x, y) = (c::input(predictor.0, "x"), c::output(predictor.0, "y"));
    c::reshape(x, &[2]);
    let starts = [c"ab".as_ptr(), c"wörld".as_ptr()];
    let read = |index| {
        let (mut length, mut buffer) = (0, [0xa5u8; 32]);
        unsafe {
            c::ok(c::predictor_tensor_string_length(y, index, &mut length));
            c::ok(c::predictor_tensor_copy_string_to_host(y, index, buffer.as_mut_ptr().cast(), 32));
        }
        assert_eq!((buffer[length], buffer[length + 1]), (0, 0xa5));
        buffer[..length].to_vec()
    };
    unsafe {
        c::ok(c::predictor_tensor_copy_strings_from_host(x, starts.as_ptr(), null(), 2));
        c::ok(c::predictor_run(predictor.0));
        assert_eq!((read(0), read(1)), (b"ab".to_vec(), "wörld".as_bytes().to_vec()));

        // The first with its NUL, the second cut to nothing.
        let lengths = [3, 0];
        c::ok(c::predictor_tensor_copy_strings_from_host(x, starts.as_ptr(), lengths.as_ptr(), 2));
        c::ok(c::predictor_run(predictor.0));
        assert_eq!((read(0), read(1)), (b"ab\0".to_vec(), vec![]));

        // NULL is a string of no bytes where its length says so.
        let starts = [null(), c"b".as_ptr()];
        c::ok(c::predictor_tensor_copy_strings_from_host(x, starts.as_ptr(), [0, 1].as_ptr(), 2));
        let bad = c::PREDICTOR_ERROR_INVALID_ARGUMENT;
        c::fails(c::predictor_tensor_copy_strings_from_host(x, starts.as_ptr(), [1, 1].as_ptr(), 2), bad);
        c::fails(c::predictor_tensor_copy_strings_from_host(x, starts.as_ptr(), null(), 2), bad);
        c::fails(c::predictor_tensor_copy_strings_from_host(x, null(), null(), 2), bad);
        c::fails(c::predictor_tensor_copy_strings_from_host(x, starts.as_ptr(), [0, 1].as_ptr(), 1), bad);
        c::reshape(x, &[0]);
        c::ok(c::predictor_tensor_copy_strings_from_host(x, null(), null(), 0));
    }
}

#[test]
fn a_c_string_that_does_not_fit_is_cut_at_a_character_and_out_of_range() {
    let predictor = c::load("identity_string.onnx");
    let x = c::input(predictor.0, "x");
    c::reshape(x, &[1]);
    unsafe {
        c::ok(c::predictor_tensor_copy_strings_from_host(x, [c"aж".as_ptr()].as_ptr(), null(), 1));
        for (capacity, kept) in [(1, ""), (2, "a"), (3, "a"), (4, "aж")] {
            let mut buffer = [0xa5u8; 8];
            let status = c::predictor_tensor_copy_string_to_host(x, 0, buffer.as_mut_ptr().cast(), capacity);
            match capacity {
                4 => c::ok(status),
                _ => contains_all(&c::fails(status, c::PREDICTOR_ERROR_OUT_OF_RANGE), &["3 bytes"]),
            }
            assert_eq!(&buffer[..kept.len()], kept.as_bytes());
            assert_eq!(buffer[kept.len()], 0, "text is always terminated");
            assert!(
                buffer[capacity..].iter().all(|byte| *byte == 0xa5),
                "nothing is written beyond the room"
            );
        }
        let (mut length, out_of_range) = (7, c::PREDICTOR_ERROR_OUT_OF_RANGE);
        c::fails(c::predictor_tensor_string_length(x, 1, &mut length), out_of_range);
        assert_eq!(length, 7, "outputs are written on success only");
        c::fails(c::predictor_tensor_copy_string_to_host(x, 0, null_mut(), 0), out_of_range);
        let status = c::predictor_tensor_copy_string_to_host(x, 0, null_mut(), 8);
        c::fails(status, c::PREDICTOR_ERROR_INVALID_ARGUMENT);
    }
    let other = c::load("add.onnx");
    c::set(c::input(other.0, "x"), &[1, 4], &[0.0; 4]);
    let status = unsafe { c::predictor_tensor_string_length(c::input(other.0, "x"), 0, &mut 0) };
    c::fails(status, c::PREDICTOR_ERROR_TYPE_MISMATCH);
}

// --- equal runs, which are bound beforehand ---

/// Runs until the library has every reason to expect more of the same.
#[track_caller]
fn settle(predictor: &Predictor) {
    for _ in 0..4 {
        predictor.run().unwrap();
    }
}

#[test]
fn what_changes_after_many_equal_runs_counts_in_the_next_one() {
    let predictor = load("add_batch.onnx");
    set_x(&predictor, &[1, 4], &[1.0; 4]);
    settle(&predictor);
    assert_eq!(y_of(&predictor, &[1, 4], &[3.0; 4]), [6.0; 4]);
    settle(&predictor);
    assert_eq!(y_of(&predictor, &[2, 4], &[4.0; 8]), [8.0; 8]);
    settle(&predictor);

    let mut from = Shared::new(8);
    let start = from.start();
    share(x(&predictor), start, &[2, 4]);
    for value in 1..5 {
        // SAFETY: eight numbers of `from`.
        unsafe { std::slice::from_raw_parts_mut(start, 8) }.fill(value as f32);
        predictor.run().unwrap();
        assert_eq!(get_y(&predictor), [2.0 * value as f32; 8]);
    }
    let mut to = Shared::new(8);
    share(y(&predictor), to.start(), &[2, 4]);
    settle(&predictor);
    assert_eq!(to.data(), [8.0; 8]);
    unsafe { y(&predictor).share_external_data(DataType::Float32, null_mut(), 0, &[]) }.unwrap();
    assert_eq!(y_of(&predictor, &[2, 4], &[5.0; 8]), [10.0; 8]);
    settle(&predictor);
    predictor.shrink_memory().unwrap();
    settle(&predictor);
    assert_eq!(get_y(&predictor), [10.0; 8]);
    assert_eq!(to.data(), [8.0; 8], "memory that is not shared any more was written to");
}

#[test]
fn a_default_that_is_replaced_after_many_equal_runs_counts_in_the_next_one() {
    let predictor = load("with_default.onnx");
    set_x(&predictor, &[2], &[1.0; 2]);
    settle(&predictor);
    predictor.input("bias").unwrap().copy_from_host(&[10.0f32]).unwrap();
    settle(&predictor);
    assert_eq!(get_y(&predictor), [11.0; 2]);
}

#[test]
fn a_shape_that_the_model_lied_about_is_found_in_every_run() {
    let predictor = load("lying_shape.onnx");
    set_x(&predictor, &[6], &[1.0, 1.0, 1.0, 1.0, -1.0, -1.0]);
    settle(&predictor);
    assert_eq!(get_y(&predictor), [1.0; 4]);
    for (positive, x) in [(6, [1.0f32; 6]), (2, [1.0, 1.0, -1.0, -1.0, -1.0, -1.0])] {
        self::x(&predictor).copy_from_host(&x).unwrap();
        settle(&predictor);
        assert_eq!(get_y(&predictor), vec![1.0; positive]);
    }
}

// --- memory of the caller's ---

/// Shares floats; the memory is used through the pointer only, as long as it is shared.
#[track_caller]
fn share(tensor: Tensor<'_>, data: *mut f32, dims: &[i64]) {
    let length = dims.iter().product::<i64>() as usize * 4;
    // SAFETY: the tests keep their memory until the predictor is gone.
    unsafe { tensor.share_external_data(DataType::Float32, data.cast(), length, dims) }.unwrap();
}

/// Memory of the caller's, between guards that nobody may write to.
struct Shared(Vec<f32>);

impl Shared {
    fn new(count: usize) -> Self {
        Self(vec![-99.0; count + 16])
    }

    fn start(&mut self) -> *mut f32 {
        self.0[8..].as_mut_ptr()
    }

    #[track_caller]
    fn data(&self) -> &[f32] {
        let (data, guard) = self.0[8..].split_at(self.0.len() - 16);
        assert!(guard.iter().chain(&self.0[..8]).all(|value| *value == -99.0), "written beyond its end");
        data
    }
}

#[test]
fn runs_read_an_input_from_memory_that_is_shared() {
    let mut memory = Shared::new(8);
    let start = memory.start();
    let predictor = load("add_batch.onnx");
    share(x(&predictor), start, &[2, 4]);
    assert_eq!(x(&predictor).shape().unwrap(), [2, 4]);
    assert_eq!(x(&predictor).data().unwrap(), (start.cast(), 32));
    for value in [1.0, 2.0] {
        // SAFETY: 8 floats, which no run reads now.
        unsafe { std::slice::from_raw_parts_mut(start, 8).fill(value) };
        predictor.run().unwrap();
        assert_eq!(get_y(&predictor), [2.0 * value; 8]);
    }

    // A smaller shape over the same memory, then data of the predictor's own.
    share(x(&predictor), start, &[1, 4]);
    predictor.run().unwrap();
    assert_eq!(get_y(&predictor), [4.0; 4]);
    x(&predictor).copy_from_host(&[7.0f32; 4]).unwrap();
    predictor.run().unwrap();
    assert_eq!(get_y(&predictor), [14.0; 4]);
    drop(predictor);
    assert_eq!(memory.data(), [2.0; 8], "copying in must not write to memory that was shared");
}

#[test]
fn a_reshape_ends_the_sharing_of_an_input() {
    let mut memory = Shared::new(4);
    let predictor = load("add_batch.onnx");
    share(x(&predictor), memory.start(), &[1, 4]);
    x(&predictor).reshape(&[1, 4]).unwrap();
    contains_all(&fails(predictor.run(), Status::InvalidArgument), &["\"x\""]);
}

#[test]
fn sharing_is_checked_like_copying() {
    let mut memory = Shared::new(8);
    let start = memory.start().cast::<u8>();
    let predictor = load("add_batch.onnx");
    // SAFETY: each is refused.
    let share = |tensor: Tensor<'_>, data_type, start, length, dims: &[i64]| unsafe {
        tensor.share_external_data(data_type, start, length, dims)
    };
    for tensor in [x(&predictor), y(&predictor)] {
        let name = format!("{:?}", tensor.spec().name());
        let text = fails(share(tensor, DataType::Int32, start, 5, &[1, 4]), Status::TypeMismatch);
        contains_all(&text, &[&name, "float32", "int32"]);
        let text = fails(share(tensor, DataType::Float32, start, 20, &[1, 5]), Status::ShapeMismatch);
        contains_all(&text, &[&name, "float32[-1,4]", "[1,5]"]);
        fails(share(tensor, DataType::Float32, start, 16, &[4]), Status::ShapeMismatch);
        fails(share(tensor, DataType::Float32, start, 16, &[-1, 4]), Status::ShapeMismatch);
        let text = fails(share(tensor, DataType::Float32, start, 20, &[1, 4]), Status::InvalidArgument);
        contains_all(&text, &[&name, "16 bytes", "20 bytes"]);
        let text = fails(
            share(tensor, DataType::Float32, start.wrapping_add(2), 16, &[1, 4]),
            Status::InvalidArgument,
        );
        contains_all(&text, &[&name, "aligned to 4 bytes"]);
        fails(share(tensor, DataType::Float32, start, 0, &[i64::MAX, 4]), Status::OutOfRange);
    }
    let c = c::load("add_batch.onnx");
    for tensor in [c::input(c.0, "x"), c::output(c.0, "y")] {
        let dims = [1i64, 4];
        let bad = c::PREDICTOR_ERROR_INVALID_ARGUMENT;
        unsafe {
            let share = c::predictor_tensor_share_external_data;
            c::fails(share(tensor, c::FLOAT32, null_mut(), 16, dims.as_ptr(), 2), bad);
            c::fails(share(tensor, c::FLOAT32, start.cast(), 16, null(), 2), bad);
            c::fails(share(tensor, 99, start.cast(), 16, dims.as_ptr(), 2), bad);
        }
    }
    y_of(&predictor, &[1, 4], &[1.0; 4]);
    assert_eq!(memory.data(), [-99.0; 8]);
}

#[test]
fn an_empty_input_is_shared_from_any_address() {
    let predictor = load("add_batch.onnx");
    for start in [null_mut(), std::ptr::without_provenance_mut(1)] {
        // SAFETY: nothing is read from 0 bytes.
        unsafe { x(&predictor).share_external_data(DataType::Float32, start, 0, &[0, 4]) }.unwrap();
        predictor.run().unwrap();
        assert_eq!(y(&predictor).shape().unwrap(), [0, 4]);
    }
}

#[test]
fn runs_write_an_output_to_memory_that_is_shared() {
    let mut memory = Shared::new(8);
    let start = memory.start();
    let predictor = load("add_batch.onnx");
    y_of(&predictor, &[2, 4], &[0.5; 8]);
    share(y(&predictor), start, &[2, 4]);
    y_is_unreadable(&predictor, "run");
    for value in [1.0, 3.0] {
        assert_eq!(y_of(&predictor, &[2, 4], &[value; 8]), [2.0 * value; 8]);
        assert_eq!(memory.data(), [2.0 * value; 8]);
        assert_eq!(y(&predictor).data().unwrap(), (start.cast(), 32));
        assert_eq!(y(&predictor).shape().unwrap(), [2, 4]);
    }

    // NULL with length 0 goes back to memory of the library's own.
    unsafe { y(&predictor).share_external_data(DataType::Float32, null_mut(), 0, &[]) }.unwrap();
    y_is_unreadable(&predictor, "run");
    assert_eq!(y_of(&predictor, &[2, 4], &[5.0; 8]), [10.0; 8]);
    assert_ne!(y(&predictor).data().unwrap().0, start.cast());
    assert_eq!(memory.data(), [6.0; 8]);
}

#[test]
fn c_callers_go_back_with_null_and_length_0() {
    let mut memory = Shared::new(4);
    let predictor = c::load("add_batch.onnx");
    let (x, y) = (c::input(predictor.0, "x"), c::output(predictor.0, "y"));
    let (start, dims) = (memory.start().cast(), [1i64, 4]);
    unsafe {
        c::ok(c::predictor_tensor_share_external_data(y, c::FLOAT32, start, 16, dims.as_ptr(), 2));
        c::set(x, &dims, &[1.0; 4]);
        c::ok(c::predictor_run(predictor.0));
        c::ok(c::predictor_tensor_share_external_data(y, c::FLOAT32, null_mut(), 0, null(), 0));
        c::set(x, &dims, &[2.0; 4]);
        c::ok(c::predictor_run(predictor.0));
    }
    assert_eq!(c::get(y), [4.0; 4]);
    assert_eq!(memory.data(), [2.0; 4]);
}

#[test]
fn an_output_of_another_shape_than_the_shared_memory_is_a_shape_mismatch() {
    let mut memory = Shared::new(8);
    let predictor = load("add_batch.onnx");
    share(y(&predictor), memory.start(), &[2, 4]);
    for rows in [3, 1, 0] {
        set_x(&predictor, &[rows, 4], &vec![1.0; rows as usize * 4]);
        let text = fails(predictor.run(), Status::ShapeMismatch);
        contains_all(&text, &["\"y\"", "[2,4]", &format!("[{rows},4]")]);
        y_is_unreadable(&predictor, "failed");
    }
    memory.data();
    assert_eq!(y_of(&predictor, &[2, 4], &[1.0; 8]), [2.0; 8]);
    assert_eq!(memory.data(), [2.0; 8]);
    // Memory for another shape, then none.
    share(y(&predictor), memory.start(), &[1, 4]);
    fails(predictor.run(), Status::ShapeMismatch);
    unsafe { y(&predictor).share_external_data(DataType::Float32, null_mut(), 0, &[]) }.unwrap();
    assert_eq!(y_of(&predictor, &[3, 4], &[4.0; 12]), [8.0; 12]);
    assert_eq!(&memory.data()[4..], [2.0; 4]);
}

#[test]
fn an_output_whose_shape_depends_on_data_is_written_to_shared_memory_if_it_fits() {
    let mut memory = [-1i64; 3];
    let start = memory.as_mut_ptr();
    let predictor = load("nonzero.onnx");
    unsafe { y(&predictor).share_external_data(DataType::Int64, start.cast(), 24, &[1, 3]) }.unwrap();
    for _ in 0..2 {
        set_x(&predictor, &[4], &[1.0, 0.0, 1.0, 1.0]);
        predictor.run().unwrap();
        set_x(&predictor, &[4], &[1.0, 0.0, 0.0, 1.0]);
        contains_all(&fails(predictor.run(), Status::ShapeMismatch), &["\"y\"", "[1,3]", "[1,2]"]);
    }
    set_x(&predictor, &[4], &[0.0, 1.0, 1.0, 1.0]);
    predictor.run().unwrap();
    drop(predictor);
    assert_eq!(memory, [1, 2, 3]);
}

#[test]
fn weights_and_inputs_that_are_outputs_are_written_to_shared_memory_too() {
    let mut memory = Shared::new(3);
    let predictor = load("initializer_output.onnx");
    share(predictor.output("w").unwrap(), memory.start(), &[3]);
    set_x(&predictor, &[1], &[1.0]);
    for _ in 0..2 {
        predictor.run().unwrap();
        assert_eq!(memory.data(), [10.0, 20.0, 30.0]);
    }

    let (mut from, mut to) = (Shared::new(2), Shared::new(2));
    let predictor = load("identity_float32.onnx");
    share(x(&predictor), from.start(), &[2]);
    share(y(&predictor), to.start(), &[2]);
    // SAFETY: 2 floats, which no run reads now.
    unsafe { std::slice::from_raw_parts_mut(from.start(), 2).copy_from_slice(&[1.0, 2.0]) };
    predictor.run().unwrap();
    assert_eq!(to.data(), [1.0, 2.0]);
}

#[test]
fn an_output_that_is_an_input_does_not_change_with_it() {
    let predictor = load("identity_float32.onnx");
    y_of(&predictor, &[2], &[1.0, 2.0]);
    x(&predictor).copy_from_host(&[8.0f32, 9.0]).unwrap();
    assert_eq!(get_y(&predictor), [1.0, 2.0]);
}

#[test]
fn sharing_memory_makes_old_outputs_unreadable() {
    let mut memory = Shared::new(4);
    let predictor = load("add_batch.onnx");
    y_of(&predictor, &[1, 4], &[1.0; 4]);
    share(x(&predictor), memory.start(), &[1, 4]);
    y_is_unreadable(&predictor, "run");
}

// --- the view ---

#[test]
fn the_view_of_a_fresh_input_is_zeros_and_runs_see_what_is_written_there() {
    let predictor = load("add_batch.onnx");
    x(&predictor).reshape(&[2, 4]).unwrap();
    let (start, length) = x(&predictor).data().unwrap();
    assert_eq!(length, 32);
    assert!(start.cast::<f32>().is_aligned());
    // SAFETY: the view, which is valid until the tensor is set again.
    let view = unsafe { std::slice::from_raw_parts_mut(start.cast::<f32>(), 8) };
    assert_eq!(view, [0.0; 8]);
    predictor.run().unwrap();
    assert_eq!(get_y(&predictor), [0.0; 8]);
    for value in [1.0, 2.0] {
        view.fill(value);
        predictor.run().unwrap();
        assert_eq!(get_y(&predictor), [2.0 * value; 8]);
        assert_eq!(x(&predictor).data().unwrap().0, start, "runs do not move it");
    }
}

#[test]
fn the_view_of_an_input_shows_its_data_and_zeros_once_that_is_gone() {
    let predictor = load("add_batch.onnx");
    let view = || {
        let (start, length) = x(&predictor).data().unwrap();
        // SAFETY: the view is copied at once.
        unsafe { std::slice::from_raw_parts(start.cast::<f32>(), length / 4) }.to_vec()
    };
    set_x(&predictor, &[2, 4], &[3.0; 8]);
    assert_eq!(view(), [3.0; 8]);
    x(&predictor).reshape(&[1, 4]).unwrap();
    assert_eq!(view(), [0.0; 4], "old data must not show through");
    x(&predictor).reshape(&[2, 4]).unwrap();
    assert_eq!(view(), [0.0; 8]);
}

#[test]
fn the_view_of_an_output_is_its_data() {
    let predictor = c::load("add_batch.onnx");
    let (x, y) = (c::input(predictor.0, "x"), c::output(predictor.0, "y"));
    let (mut start, mut length) = (null_mut(), 77);
    unsafe {
        let status = c::predictor_tensor_data(y, &mut start, &mut length);
        contains_all(&c::fails(status, c::PREDICTOR_ERROR_INVALID_ARGUMENT), &["\"y\""]);
        assert_eq!((start, length), (null_mut(), 77), "outputs are written on success only");
        c::set(x, &[1, 4], &[1.0, 2.0, 3.0, 4.0]);
        c::ok(c::predictor_run(predictor.0));
        c::ok(c::predictor_tensor_data(y, &mut start, &mut length));
        assert_eq!(std::slice::from_raw_parts(start.cast::<f32>(), length / 4), [2.0, 4.0, 6.0, 8.0]);
        let bad = c::PREDICTOR_ERROR_INVALID_ARGUMENT;
        c::fails(c::predictor_tensor_data(y, null_mut(), &mut length), bad);
        c::fails(c::predictor_tensor_data(y, &mut start, null_mut()), bad);
    }
}

#[test]
fn copying_an_inputs_own_view_into_it_is_harmless() {
    let predictor = load("add.onnx");
    x(&predictor).copy_from_host(&[1.0f32, 2.0, 3.0, 4.0]).unwrap();
    let (start, length) = x(&predictor).data().unwrap();
    // SAFETY: the view of 16 bytes.
    unsafe { x(&predictor).copy_from_raw(DataType::Float32, start, length) }.unwrap();
    predictor.run().unwrap();
    assert_eq!(get_y(&predictor), [2.0, 4.0, 6.0, 8.0]);
}

// --- inputs with defaults ---

#[test]
fn an_input_with_a_default_may_be_left_out() {
    let predictor = load("with_default.onnx");
    let names: Vec<&str> = predictor.inputs().iter().map(|spec| spec.name()).collect();
    assert_eq!(names, ["x"]);
    let bias = predictor.input("bias").unwrap();
    assert!(bias.spec().has_default() && !x(&predictor).spec().has_default());
    assert_eq!(bias.spec().shape().unwrap(), [1]);

    assert_eq!(y_of(&predictor, &[2], &[1.0, 2.0]), [1.5, 2.5]);
    bias.copy_from_host(&[10.0f32]).unwrap();
    assert_eq!(y_of(&predictor, &[2], &[1.0, 2.0]), [11.0, 12.0]);
    assert_eq!(y_of(&predictor, &[1], &[3.0]), [13.0], "it stays set");
    let clone = predictor.try_clone().unwrap();
    assert_eq!(y_of(&clone, &[1], &[3.0]), [3.5], "a clone starts with the default");
}

#[test]
fn a_required_input_is_still_missed_beside_one_with_a_default() {
    let predictor = load("with_default.onnx");
    predictor.input("bias").unwrap().copy_from_host(&[10.0f32]).unwrap();
    contains_all(&fails(predictor.run(), Status::InvalidArgument), &["\"x\""]);
}

#[test]
fn c_callers_count_required_inputs_and_find_the_others_by_name() {
    let predictor = c::load("with_default.onnx");
    let mut count = 0;
    let mut name = null();
    unsafe {
        c::ok(c::predictor_input_count(predictor.0, &mut count));
        assert_eq!(count, 1);
        c::ok(c::predictor_input_name(predictor.0, 0, &mut name));
        assert_eq!(c::string(name), "x");
        c::fails(c::predictor_input_name(predictor.0, 1, &mut name), c::PREDICTOR_ERROR_OUT_OF_RANGE);
    }
    let bias = c::input(predictor.0, "bias");
    assert_eq!(bias, c::input(predictor.0, "bias"), "the same handle for the same name");
    c::set(bias, &[1], &[10.0]);
    c::set(c::input(predictor.0, "x"), &[1], &[1.0]);
    c::ok(c::predictor_run(predictor.0));
    assert_eq!(c::get(c::output(predictor.0, "y")), [11.0]);
}

// --- types that cannot be carried ---

#[test]
fn an_output_of_float8_is_unsupported_when_it_is_touched_and_the_other_one_works() {
    let predictor = load("float8_output.onnx");
    let z = predictor.output("z").unwrap();
    for _ in 0..2 {
        assert_eq!(y_of(&predictor, &[2], &[1.0, 2.0]), [2.0, 4.0]);
        let texts = [
            fails(z.spec().data_type(), Status::Unsupported),
            fails(z.shape(), Status::Unsupported),
            fails(z.byte_length(), Status::Unsupported),
            fails(z.data(), Status::Unsupported),
            fails(z.strings(), Status::Unsupported),
            fails(z.copy_to_host(&mut [0u8; 2]), Status::Unsupported),
            fails(
                unsafe { z.share_external_data(DataType::UInt8, null_mut(), 0, &[0]) },
                Status::Unsupported,
            ),
        ];
        for text in texts {
            contains_all(&text, &["\"z\"", "float8e4m3fn"]);
        }
    }
    let mut room = ([0u8; 8], [0i64; 1]);
    let mut outputs = [predictor_pool::RunOutput::new("z", &mut room.0, &mut room.1)];
    let input = predictor_pool::RunInput {
        name: "x",
        data_type: DataType::Float32,
        dims: &[1],
        data: &1.0f32.to_ne_bytes(),
    };
    fails(predictor.run_with(&[input], &mut outputs), Status::Unsupported);
}

#[test]
fn an_input_of_float8_is_unsupported_when_it_is_touched() {
    let predictor = load("float8_input.onnx");
    let z = predictor.input("z").unwrap();
    let texts = [
        fails(z.spec().data_type(), Status::Unsupported),
        fails(z.reshape(&[1]), Status::Unsupported),
        fails(z.copy_from_host(&[0u8]), Status::Unsupported),
        fails(z.data(), Status::Unsupported),
    ];
    for text in texts {
        contains_all(&text, &["\"z\"", "float8e4m3fn"]);
    }
    contains_all(&fails(predictor.run(), Status::InvalidArgument), &["\"z\""]);

    let c = c::load("float8_input.onnx");
    let mut code = 5;
    let status = unsafe { c::predictor_tensor_data_type(c::input(c.0, "z"), &mut code) };
    contains_all(&c::fails(status, c::PREDICTOR_ERROR_UNSUPPORTED), &["float8e4m3fn"]);
    assert_eq!(code, 5);
}

#[test]
fn a_model_with_an_input_that_is_no_tensor_is_refused_by_that_inputs_name() {
    for (model, input) in
        [("sequence_input.onnx", "items"), ("optional_input.onnx", "maybe"), ("map_input.onnx", "words")]
    {
        let text = fails(Predictor::new(&common::config(model)), Status::InvalidModel);
        contains_all(&text, &[model, &format!("{input:?}")]);
    }
}

#[test]
fn an_output_that_is_a_sequence_is_unsupported_when_it_is_touched_and_the_other_one_works() {
    let predictor = load("sequence_output.onnx");
    assert_eq!(y_of(&predictor, &[2], &[1.0, 2.0]), [2.0, 4.0]);
    let items = predictor.output("items").unwrap();
    contains_all(&fails(items.shape(), Status::Unsupported), &["\"items\"", "sequence"]);
    fails(items.copy_to_host(&mut [0f32; 2]), Status::Unsupported);
    assert_eq!(y_of(&predictor, &[1], &[3.0]), [6.0]);
}

// --- what the model declares ---

#[test]
fn declared_shapes_and_names_of_dimensions() {
    let declared = |model: &str, name: &str| {
        let predictor = load(model);
        let spec = predictor.input(name).unwrap().spec().clone();
        let dims = spec.shape().unwrap().to_vec();
        let names: Vec<String> =
            (0..dims.len()).map(|axis| spec.dimension_name(axis).unwrap().to_owned()).collect();
        contains_all(&fails(spec.dimension_name(dims.len()), Status::OutOfRange), &[name]);
        (dims, names)
    };
    let named = |dims: &[i64], names: &[&str]| {
        (dims.to_vec(), names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(declared("add.onnx", "x"), named(&[1, 4], &["", ""]));
    assert_eq!(declared("add_batch.onnx", "x"), named(&[-1, 4], &["batch", ""]));
    assert_eq!(declared("add_unnamed.onnx", "x"), named(&[-1, 4], &["", ""]));
    assert_eq!(declared("add_two_free.onnx", "x"), named(&[-1, -1], &["batch", "width"]));
    assert_eq!(declared("scalar.onnx", "x"), named(&[], &[]));
    assert_eq!(declared("convolution.onnx", "x"), named(&[-1, 3, -1, -1], &["batch", "", "height", "width"]));
}

#[test]
fn the_declared_shape_stays_when_the_current_one_changes() {
    let predictor = load("add_batch.onnx");
    y_of(&predictor, &[3, 4], &[0.0; 12]);
    for tensor in [x(&predictor), y(&predictor)] {
        assert_eq!(tensor.spec().shape().unwrap(), [-1, 4]);
        assert_eq!(tensor.shape().unwrap(), [3, 4]);
    }
}

#[test]
fn a_declared_output_shape_that_is_wrong_does_no_harm() {
    let predictor = load("lying_shape.onnx");
    assert_eq!(y(&predictor).spec().shape().unwrap(), [4]);
    for (count, dims) in [(6, 6), (2, 2), (0, 0), (4, 4), (5, 5)] {
        let mut data = vec![-1.0; 6];
        data[..count].fill(1.0);
        set_x(&predictor, &[6], &data);
        predictor.run().unwrap();
        assert_eq!(y(&predictor).shape().unwrap(), [dims]);
        assert_eq!(get_y(&predictor), vec![1.0; count]);
    }
}

#[test]
fn c_shapes_are_asked_for_by_null_or_capacity_0_and_too_little_room_writes_the_rank() {
    let predictor = c::load("add_batch.onnx");
    let (x, y) = (c::input(predictor.0, "x"), c::output(predictor.0, "y"));
    c::set(x, &[3, 4], &[0.0; 12]);
    c::ok(c::predictor_run(predictor.0));
    type Shape =
        unsafe extern "C" fn(*const c::PredictorTensor, *mut i64, usize, *mut usize) -> c::PredictorStatus;
    let functions: [(Shape, i64); 2] =
        [(c::predictor_tensor_shape, 3), (c::predictor_tensor_declared_shape, -1)];
    for (function, first) in functions {
        for tensor in [x, y] {
            unsafe {
                let (mut dims, mut rank) = ([-7i64; 3], 77);
                c::ok(function(tensor, null_mut(), 9, &mut rank));
                assert_eq!(rank, 2);
                rank = 77;
                c::ok(function(tensor, dims.as_mut_ptr(), 0, &mut rank));
                assert_eq!((rank, dims), (2, [-7; 3]));
                rank = 77;
                let status = function(tensor, dims.as_mut_ptr(), 1, &mut rank);
                contains_all(&c::fails(status, c::PREDICTOR_ERROR_OUT_OF_RANGE), &["2", "1"]);
                assert_eq!((rank, dims), (2, [-7; 3]), "the rank is written, a part of the shape is not");
                c::ok(function(tensor, dims.as_mut_ptr(), 3, &mut rank));
                assert_eq!((rank, dims), (2, [first, 4, -7]));
                let status = function(tensor, dims.as_mut_ptr(), 3, null_mut());
                c::fails(status, c::PREDICTOR_ERROR_INVALID_ARGUMENT);
            }
        }
    }
    let scalar = c::load("scalar.onnx");
    assert_eq!(c::shape(c::input(scalar.0, "x")), &[] as &[i64]);
}

#[test]
fn c_names_of_tensors_and_dimensions() {
    let predictor = c::load("add_batch.onnx");
    let x = c::input(predictor.0, "x");
    let (mut name, mut again) = (null(), null());
    unsafe {
        c::ok(c::predictor_tensor_name(x, &mut name));
        assert_eq!(c::string(name), "x");
        c::ok(c::predictor_tensor_dimension_name(x, 0, &mut name));
        assert_eq!(c::string(name), "batch");
        c::ok(c::predictor_tensor_dimension_name(x, 0, &mut again));
        assert_eq!(name, again, "names are kept once");
        c::ok(c::predictor_tensor_dimension_name(x, 1, &mut again));
        assert_eq!(c::string(again), "");
        let status = c::predictor_tensor_dimension_name(x, 2, &mut again);
        c::fails(status, c::PREDICTOR_ERROR_OUT_OF_RANGE);
        drop(predictor);
        assert_eq!(c::string(name), "batch", "it outlives the predictor");
    }
}
