//! Every case of tests/golden.json, through every way to run a model.

mod common;

use common::golden::{Bytes, Case, Data, Value, cases_by_model};
use common::{c, config};
use predictor_pool::{Predictor, RunInput, RunOutput};

/// Runs each case of a model twice on one predictor (the second run reuses memory), and then every
/// ordered pair of cases, so that each shape follows each other one.
fn check_all<P>(how: &str, load: impl Fn(&str) -> P, run: impl Fn(&P, &Case) -> Vec<Value>) {
    for cases in cases_by_model() {
        let predictor = load(&cases[0].model);
        for case in &cases {
            case.check(&format!("{how}, first"), &run(&predictor, case));
            case.check(&format!("{how}, again"), &run(&predictor, case));
        }
        for before in &cases {
            for case in &cases {
                run(&predictor, before);
                case.check(&format!("{how}, after {}", before.name), &run(&predictor, case));
            }
        }
    }
}

fn load_rust(model: &str) -> Predictor {
    Predictor::new(&config(model)).unwrap()
}

#[test]
fn cases_are_right_through_the_rust_api() {
    check_all("rust", load_rust, |predictor, case| {
        for value in &case.inputs {
            let tensor = predictor.input(&value.name).unwrap();
            tensor.reshape(&value.dims).unwrap();
            match &value.data {
                Data::Strings(strings) => {
                    let strings: Vec<&[u8]> = strings.iter().map(Vec::as_slice).collect();
                    tensor.copy_strings_from_host(&strings).unwrap();
                }
                Data::Bytes(bytes) => {
                    let (start, length) = (bytes.as_slice().as_ptr(), bytes.as_slice().len());
                    // SAFETY: a slice.
                    unsafe { tensor.copy_from_raw(value.data_type, start, length) }.unwrap();
                }
            }
        }
        predictor.run().unwrap_or_else(|error| panic!("{}: {error}", case.name));
        predictor.outputs().iter().map(|spec| read_rust(predictor, spec.name())).collect()
    });
}

fn read_rust(predictor: &Predictor, name: &str) -> Value {
    let tensor = predictor.output(name).unwrap();
    let data_type = tensor.spec().data_type().unwrap();
    let data = match tensor.byte_length() {
        Ok(length) => {
            let mut bytes = Bytes::zeroed(length);
            // SAFETY: a slice.
            unsafe { tensor.copy_to_raw(data_type, bytes.as_mut_slice().as_mut_ptr(), length) }.unwrap();
            Data::Bytes(bytes)
        }
        Err(_) => Data::Strings(tensor.strings().unwrap()),
    };
    Value { name: name.to_owned(), data_type, dims: tensor.shape().unwrap(), data }
}

fn input<'a>(value: &'a Value, data: &'a Bytes) -> RunInput<'a> {
    RunInput { name: &value.name, data_type: value.data_type, dims: &value.dims, data: data.as_slice() }
}

#[test]
fn cases_are_right_through_run_with() {
    check_all("run_with", load_rust, |predictor, case| {
        let packed: Vec<Bytes> = case.inputs.iter().map(Value::packed).collect();
        let inputs: Vec<RunInput<'_>> =
            case.inputs.iter().zip(&packed).map(|(value, data)| input(value, data)).collect();
        let mut rooms: Vec<(Bytes, Vec<i64>)> =
            case.outputs.iter().map(|value| (value.packed(), value.dims.clone())).collect();
        // What was there before must be overwritten.
        rooms.iter_mut().for_each(|(data, dims)| {
            data.as_mut_slice().fill(0xa5);
            dims.fill(-7);
        });
        let mut outputs: Vec<RunOutput<'_>> = case
            .outputs
            .iter()
            .zip(&mut rooms)
            .map(|(value, (data, dims))| RunOutput::new(&value.name, data.as_mut_slice(), dims))
            .collect();
        predictor.run_with(&inputs, &mut outputs).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        outputs
            .iter()
            .map(|output| {
                let (dims, data) = (&output.dims[..output.rank], &output.data[..output.byte_length]);
                Value::from_packed(output.name, output.data_type.unwrap(), dims, data)
            })
            .collect()
    });
}

#[test]
fn cases_are_right_through_the_c_abi() {
    check_all("c", c::load, |predictor, case| {
        for value in &case.inputs {
            set_c(c::input(predictor.0, &value.name), value);
        }
        let status = c::predictor_run(predictor.0);
        assert_eq!(status, c::PREDICTOR_OK, "{}: {}", case.name, c::last_error());
        output_names(predictor).iter().map(|name| read_c(predictor, name)).collect()
    });
}

fn set_c(tensor: *mut c::PredictorTensor, value: &Value) {
    c::reshape(tensor, &value.dims);
    // SAFETY: the arguments are slices.
    c::ok(match &value.data {
        Data::Bytes(bytes) => unsafe {
            let bytes = bytes.as_slice();
            let start = if bytes.is_empty() { std::ptr::null() } else { bytes.as_ptr().cast() };
            c::predictor_tensor_copy_from_host(tensor, value.data_type.code(), start, bytes.len())
        },
        Data::Strings(strings) => unsafe {
            let starts: Vec<_> = strings.iter().map(|string| string.as_ptr().cast()).collect();
            let lengths: Vec<usize> = strings.iter().map(Vec::len).collect();
            let (starts, lengths) = (starts.as_ptr(), lengths.as_ptr());
            c::predictor_tensor_copy_strings_from_host(tensor, starts, lengths, strings.len())
        },
    });
}

fn output_names(predictor: &c::OwnedPredictor) -> Vec<String> {
    let mut count = 0;
    // SAFETY: valid out arguments.
    unsafe {
        c::ok(c::predictor_output_count(predictor.0, &mut count));
        let name = |index| {
            let mut name = std::ptr::null();
            c::ok(c::predictor_output_name(predictor.0, index, &mut name));
            c::string(name)
        };
        (0..count).map(name).collect()
    }
}

fn read_c(predictor: &c::OwnedPredictor, name: &str) -> Value {
    let tensor = c::output(predictor.0, name);
    let mut code = 0;
    // SAFETY: a valid out argument.
    c::ok(unsafe { c::predictor_tensor_data_type(tensor, &mut code) });
    let data_type = predictor_pool::DataType::from_code(code).unwrap();
    let dims = c::shape(tensor);
    let data = match data_type {
        predictor_pool::DataType::String => {
            let count = dims.iter().product::<i64>() as usize;
            Data::Strings((0..count).map(|index| read_string_c(tensor, index)).collect())
        }
        _ => {
            let mut bytes = Bytes::zeroed(c::byte_length(tensor));
            let room = bytes.as_mut_slice();
            let start = if room.is_empty() { std::ptr::null_mut() } else { room.as_mut_ptr().cast() };
            // SAFETY: a slice.
            c::ok(unsafe { c::predictor_tensor_copy_to_host(tensor, code, start, room.len()) });
            Data::Bytes(bytes)
        }
    };
    Value { name: name.to_owned(), data_type, dims, data }
}

fn read_string_c(tensor: *const c::PredictorTensor, index: usize) -> Vec<u8> {
    let mut length = 0;
    // SAFETY: the buffer has room for the string and its NUL.
    unsafe {
        c::ok(c::predictor_tensor_string_length(tensor, index, &mut length));
        let mut buffer = vec![0xa5u8; length + 1];
        let start = buffer.as_mut_ptr().cast();
        c::ok(c::predictor_tensor_copy_string_to_host(tensor, index, start, buffer.len()));
        assert_eq!(buffer.pop(), Some(0));
        buffer
    }
}

#[test]
fn cases_are_right_through_predictor_run_with_after_a_question_for_the_sizes() {
    check_all("predictor_run_with", c::load, |predictor, case| {
        let name = |value: &Value| c::text(&value.name);
        let names: Vec<_> = case.inputs.iter().map(name).collect();
        let mut given: Vec<_> =
            case.inputs.iter().map(|value| (value.dims.clone(), value.packed())).collect();
        let inputs: Vec<_> = (case.inputs.iter().zip(&names).zip(&mut given))
            .map(|((value, name), (dims, data))| {
                c::view(name, value.data_type.code(), dims, data.as_mut_slice())
            })
            .collect();

        let names: Vec<_> = case.outputs.iter().map(name).collect();
        let mut sizes: Vec<_> = names.iter().map(|name| c::view(name, 0, &mut [], &mut [])).collect();
        run_with_c(predictor, case, &inputs, &mut sizes);

        let mut rooms: Vec<_> =
            sizes.iter().map(|size| (vec![-7; size.rank], Bytes::zeroed(size.byte_length))).collect();
        let mut outputs: Vec<_> = (names.iter().zip(&mut rooms))
            .map(|(name, (dims, data))| c::view(name, 0, dims, data.as_mut_slice()))
            .collect();
        assert_eq!(run_with_c(predictor, case, &inputs, &mut outputs), c::PREDICTOR_OK, "{}", case.name);
        (outputs.iter().zip(&case.outputs).zip(&rooms))
            .map(|((view, expected), (dims, data))| {
                assert_eq!((view.byte_length, view.rank), (data.as_slice().len(), dims.len()));
                let data_type = predictor_pool::DataType::from_code(view.data_type).unwrap();
                Value::from_packed(&expected.name, data_type, dims, data.as_slice())
            })
            .collect()
    });
}

/// OK, or OUT_OF_RANGE for too little room.
fn run_with_c(
    predictor: &c::OwnedPredictor,
    case: &Case,
    inputs: &[c::PredictorTensorView],
    outputs: &mut [c::PredictorTensorView],
) -> c::PredictorStatus {
    let (given, wanted) = (inputs.as_ptr(), outputs.as_mut_ptr());
    // SAFETY: the views are over memory that outlives the call.
    let status = unsafe { c::predictor_run_with(predictor.0, given, inputs.len(), wanted, outputs.len()) };
    let fits = [c::PREDICTOR_OK, c::PREDICTOR_ERROR_OUT_OF_RANGE].contains(&status);
    assert!(fits, "{}: {status:?}: {}", case.name, c::last_error());
    status
}
