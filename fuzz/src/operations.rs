//! What a record may ask for: each function of the header, and a few usual sequences of them, without
//! which random calls would seldom get as far as a run.

use super::*;

type Operation = for<'a, 'b> fn(&mut Caller<'a>, &'b mut Arguments);

/// The order is what committed inputs mean: add at the end.
pub(super) const OPERATIONS: &[Operation] = &[
    usual_predictor,
    usual_predictor,
    usual_pool,
    usual_run,
    usual_run,
    usual_run,
    library,
    log_callback,
    create_config,
    destroy_config,
    set_model,
    set_model_buffer,
    set_numbers,
    append_provider,
    set_option,
    set_option,
    create_predictor,
    create_predictor,
    clone_predictor,
    destroy_predictor,
    describe,
    get_tensor,
    get_tensor,
    run_predictor,
    run_predictor,
    run_with,
    run_with,
    cancel,
    shrink,
    describe_tensor,
    tensor_shape,
    reshape,
    reshape,
    copy_from_host,
    copy_from_host,
    copy_to_host,
    copy_to_host,
    share_external_data,
    share_external_data,
    tensor_data,
    copy_strings,
    read_strings,
    create_pool,
    destroy_pool,
    retrieve,
    acquire,
    acquire,
    release,
    pool_facts,
];

const MODEL_FILES: &[&str] = &[
    "add.onnx",
    "add_batch.onnx",
    "add_two_free.onnx",
    "add_unnamed.onnx",
    "constant.onnx",
    "convolution.onnx",
    "external_data.onnx",
    "external_data_two.onnx",
    "failing.onnx",
    "float8_input.onnx",
    "float8_output.onnx",
    "identity_bfloat16.onnx",
    "identity_bool.onnx",
    "identity_float16.onnx",
    "identity_float64.onnx",
    "identity_int64.onnx",
    "identity_string.onnx",
    "identity_uint8.onnx",
    "initializer_output.onnx",
    "lying_shape.onnx",
    "map_input.onnx",
    "mixed.onnx",
    "nms.onnx",
    "nonzero.onnx",
    "optional_input.onnx",
    "pass_through.onnx",
    "scalar.onnx",
    "sequence_input.onnx",
    "sequence_output.onnx",
    "slow.onnx",
    "string_upper.onnx",
    "sum_two.onnx",
    "unicode_names.onnx",
    "with_default.onnx",
    "slow.onnx",
    "mlp.onnx",
    // What must not load.
    "not_a_model.bin",
    "empty.onnx",
    "truncated.onnx",
    "unknown_op.onnx",
    "wrong_ir.onnx",
    "missing.onnx",
    ".",
];
const GOOD_MODELS: usize = 36;

fn model_path(arguments: &mut Arguments) -> String {
    let end = if arguments.rarely(12) { MODEL_FILES.len() } else { GOOD_MODELS };
    format!("{MODELS}/{}", MODEL_FILES[arguments.below(end)])
}

fn usual_config(caller: &mut Caller, arguments: &mut Arguments) -> Option<*mut ffi::PredictorConfig> {
    let mut config = null_mut();
    let path = text(model_path(arguments));
    if !call!(caller.recorder, create_predictor_config(&mut config)) {
        return None;
    }
    caller.keep(Kind::Config, config.addr(), true);
    call!(caller.recorder, predictor_config_set_model(config, pointer(&path), null()));
    for _ in 0..arguments.below(3) {
        let (key, value) = option(caller, arguments);
        call!(caller.recorder, predictor_config_set_option(config, pointer(&key), pointer(&value)));
    }
    Some(config)
}

fn usual_predictor(caller: &mut Caller, arguments: &mut Arguments) {
    let Some(config) = usual_config(caller, arguments) else { return };
    let mut predictor = null_mut();
    if call!(caller.recorder, create_predictor(config, &mut predictor)) {
        caller.keep(Kind::Predictor, predictor.addr(), true);
    }
    if arguments.rarely(2) {
        value!(caller.recorder, destroy_predictor_config(config));
    }
}

fn usual_pool(caller: &mut Caller, arguments: &mut Arguments) {
    let Some(config) = usual_config(caller, arguments) else { return };
    let mut pool = null_mut();
    if call!(caller.recorder, create_predictor_pool(config, 1 + arguments.below(3), &mut pool)) {
        caller.keep(Kind::Pool, pool.addr(), true);
    }
}

/// Sets every input, runs, and reads every output.
fn usual_run(caller: &mut Caller, arguments: &mut Arguments) {
    let predictor: *mut ffi::Predictor = caller.handle(Kind::Predictor, arguments);
    let (mut inputs, mut outputs) = (0, 0);
    call!(caller.recorder, predictor_input_count(predictor, &mut inputs));
    call!(caller.recorder, predictor_output_count(predictor, &mut outputs));
    for index in 0..inputs {
        let (mut name, mut tensor) = (null(), null_mut());
        if call!(caller.recorder, predictor_input_name(predictor, index, &mut name))
            && call!(caller.recorder, predictor_get_input_handle(predictor, name, &mut tensor))
        {
            caller.keep(Kind::Tensor, tensor.addr(), false);
            set_input(caller, tensor, arguments);
        }
    }
    run_once(caller, predictor, arguments);
    for index in 0..outputs {
        let (mut name, mut tensor) = (null(), null_mut());
        if call!(caller.recorder, predictor_output_name(predictor, index, &mut name))
            && call!(caller.recorder, predictor_get_output_handle(predictor, name, &mut tensor))
        {
            caller.keep(Kind::Tensor, tensor.addr(), false);
            read_tensor(caller, tensor, arguments);
        }
    }
}

fn run_once(caller: &mut Caller, predictor: *mut ffi::Predictor, arguments: &mut Arguments) {
    // Who watches cancels a run without a limit that takes too long.
    match arguments.below(4) {
        0 => call!(caller.recorder, predictor_run_with_timeout(predictor, 1)),
        1 => call!(
            caller.recorder,
            predictor_run_with_timeout(predictor, arguments.pick(&[0, 5, -1, i64::MIN, i64::MAX]))
        ),
        _ => call!(caller.recorder, predictor_run(predictor)),
    };
}

/// Type and shape as the model declares them, free dimensions filled in.
fn declared(
    caller: &mut Caller,
    tensor: *const ffi::PredictorTensor,
    arguments: &mut Arguments,
) -> Option<(i32, Vec<i64>)> {
    let (mut data_type, mut dims, mut rank) = (0, [0i64; 8], 0);
    if !call!(caller.recorder, predictor_tensor_data_type(tensor, &mut data_type))
        || !call!(caller.recorder, predictor_tensor_declared_shape(tensor, dims.as_mut_ptr(), 8, &mut rank))
    {
        return None;
    }
    let free = arguments.pick(&[1, 1, 2, 3, 4, 0, 9]);
    Some((data_type, dims[..rank].iter().map(|dim| if *dim < 0 { free } else { *dim }).collect()))
}

fn set_input(caller: &mut Caller, tensor: *mut ffi::PredictorTensor, arguments: &mut Arguments) {
    let Some((data_type, dims)) = declared(caller, tensor, arguments) else { return };
    call!(caller.recorder, predictor_tensor_reshape(tensor, dims.as_ptr(), dims.len()));
    let count = elements(&dims).min(1 << 20);
    if data_type == 8 {
        let (texts, lengths) = strings(count, arguments);
        call!(
            caller.recorder,
            predictor_tensor_copy_strings_from_host(tensor, texts.as_ptr(), lengths.as_ptr(), count)
        );
    } else {
        let bytes = count * element_size(data_type);
        let data = memory(data_type, bytes, arguments);
        call!(
            caller.recorder,
            predictor_tensor_copy_from_host(tensor, data_type, data.as_ptr().cast(), bytes)
        );
    }
}

fn read_tensor(caller: &mut Caller, tensor: *mut ffi::PredictorTensor, arguments: &mut Arguments) {
    let (mut data_type, mut dims, mut rank, mut bytes) = (0, [0i64; 8], 0, 0);
    call!(caller.recorder, predictor_tensor_data_type(tensor, &mut data_type));
    call!(caller.recorder, predictor_tensor_shape(tensor, dims.as_mut_ptr(), 8, &mut rank));
    if data_type == 8 {
        let mut room = [0 as c_char; 32];
        call!(caller.recorder, predictor_tensor_string_length(tensor, 0, &mut bytes));
        call!(
            caller.recorder,
            predictor_tensor_copy_string_to_host(tensor, 0, room.as_mut_ptr(), room.len())
        );
    } else if call!(caller.recorder, predictor_tensor_byte_length(tensor, &mut bytes)) && bytes <= 1 << 24 {
        let mut data = memory(data_type, bytes, arguments);
        call!(
            caller.recorder,
            predictor_tensor_copy_to_host(tensor, data_type, data.as_mut_ptr().cast(), bytes)
        );
    }
}

fn library(caller: &mut Caller, arguments: &mut Arguments) {
    let recorder = &mut caller.recorder;
    match arguments.below(9) {
        0 => _ = value!(recorder, predictor_abi_version()),
        1 => _ = value!(recorder, predictor_abi_revision()),
        2 => _ = value!(recorder, predictor_version()),
        3 => {
            let choice = arguments.pick(&[None, Some("/nowhere"), Some(""), Some("."), Some(MODELS)]);
            let path = choice.and_then(text);
            call!(recorder, predictor_initialize_runtime(pointer(&path)));
        }
        4 => {
            let out = Out::new(arguments, null());
            let success = call!(recorder, predictor_runtime_version(out.pointer));
            out.result("predictor_runtime_version", success);
        }
        5 => {
            let out = Out::new(arguments, null());
            let success = call!(recorder, predictor_runtime_path(out.pointer));
            out.result("predictor_runtime_path", success);
        }
        6 => {
            let out = Out::new(arguments, UNSET);
            let success = call!(recorder, predictor_provider_count(out.pointer));
            out.result("predictor_provider_count", success);
        }
        7 => {
            let out = Out::new(arguments, null());
            let success = call!(recorder, predictor_provider_name(arguments.below(4), out.pointer));
            out.result("predictor_provider_name", success);
        }
        _ => {
            _ = value!(recorder, predictor_status_name(i32::from(arguments.byte()) - 100));
            _ = value!(recorder, predictor_live_handles());
            let mut room = [0 as c_char; 40];
            let length = arguments.below(41);
            let buffer = if arguments.rarely(4) { null_mut() } else { room.as_mut_ptr() };
            value!(recorder, predictor_last_error_message(buffer, length));
        }
    }
}

extern "C" fn count_line(
    user_data: *mut c_void,
    _severity: i32,
    category: *const c_char,
    message: *const c_char,
) {
    if user_data.is_null() || category.is_null() || message.is_null() {
        defect("the log callback got NULL");
    }
    // SAFETY: the static below.
    unsafe { &*user_data.cast::<AtomicU64>() }.fetch_add(1, Ordering::Relaxed);
}

fn log_callback(caller: &mut Caller, arguments: &mut Arguments) {
    static LINES: AtomicU64 = AtomicU64::new(0);
    let severity = arguments.pick(&[2, 3, 4, 1, 0, 5, -1]);
    let user_data = std::ptr::from_ref(&LINES).cast_mut().cast();
    let callback: Option<extern "C" fn(*mut c_void, i32, *const c_char, *const c_char)> =
        if arguments.rarely(3) { None } else { Some(count_line) };
    call!(caller.recorder, predictor_set_log_callback(callback, user_data, severity));
    let message = if severity == 1 { null() } else { c"a line".as_ptr() };
    call!(caller.recorder, predictor_write_log(severity, c"fuzz".as_ptr(), message));
}

fn create_config(caller: &mut Caller, arguments: &mut Arguments) {
    let out = Out::new(arguments, null_mut());
    let success = call!(caller.recorder, create_predictor_config(out.pointer));
    if let Some(config) = out.result("create_predictor_config", success) {
        caller.keep(Kind::Config, config.addr(), true);
    }
}

fn destroy_config(caller: &mut Caller, arguments: &mut Arguments) {
    let config: *mut ffi::PredictorConfig = caller.handle(Kind::Config, arguments);
    value!(caller.recorder, destroy_predictor_config(config));
    caller.drop_mostly(Kind::Config, config.addr(), arguments);
}

fn set_model(caller: &mut Caller, arguments: &mut Arguments) {
    let config: *mut ffi::PredictorConfig = caller.handle(Kind::Config, arguments);
    let model = match arguments.below(16) {
        0 => None,
        1 => text(""),
        2 => text([0xff, 0xfe, b'x']),
        3 => text(vec![b'a'; 5000]),
        _ => text(model_path(arguments)),
    };
    let params = match arguments.below(8) {
        0 => text(format!("{MODELS}/external_data.bin")),
        1 => text("/nowhere/at/all"),
        2 => text(""),
        3 => text(MODELS),
        _ => None,
    };
    call!(caller.recorder, predictor_config_set_model(config, pointer(&model), pointer(&params)));
}

fn set_model_buffer(caller: &mut Caller, arguments: &mut Arguments) {
    let config: *mut ffi::PredictorConfig = caller.handle(Kind::Config, arguments);
    let mut model = std::fs::read(model_path(arguments)).unwrap_or_default();
    let params = std::fs::read(format!("{MODELS}/external_data.bin")).unwrap_or_default();
    if arguments.rarely(4) {
        model.truncate(arguments.below(256));
    }
    let (start, length) = match arguments.below(12) {
        0 => (null(), 0),
        1 => (null(), model.len()),
        2 => (null(), usize::MAX),
        3 => (model.as_ptr(), 0),
        _ => (model.as_ptr(), model.len()),
    };
    let (params, params_length) = match arguments.below(8) {
        0 => (params.as_ptr(), params.len()),
        1 => (params.as_ptr(), params.len() / 2),
        2 => (null(), 7),
        _ => (null(), 0),
    };
    call!(
        caller.recorder,
        predictor_config_set_model_buffer(config, start.cast(), length, params.cast(), params_length)
    );
}

fn set_numbers(caller: &mut Caller, arguments: &mut Arguments) {
    let config: *mut ffi::PredictorConfig = caller.handle(Kind::Config, arguments);
    let number = arguments.pick(&[0, 1, 2, 3, -1, 5, 1025, i32::MIN, i32::MAX]);
    match arguments.below(3) {
        0 => call!(caller.recorder, predictor_config_set_intra_op_threads(config, number)),
        1 => call!(caller.recorder, predictor_config_set_inter_op_threads(config, number)),
        _ => call!(caller.recorder, predictor_config_set_optimization_level(config, number)),
    };
}

fn append_provider(caller: &mut Caller, arguments: &mut Arguments) {
    let config: *mut ffi::PredictorConfig = caller.handle(Kind::Config, arguments);
    let names = [
        Some("cpu"),
        Some("CPUExecutionProvider"),
        Some("cuda"),
        Some("openvino"),
        Some(""),
        Some("é\""),
        None,
    ];
    let options =
        [None, None, Some("{}"), Some("{\"a\":\"b\"}"), Some("{"), Some("[1]"), Some("{\"a\":\"\\u0000\"}")];
    let name = arguments.pick(&names).and_then(text);
    let options = arguments.pick(&options).and_then(text);
    call!(
        caller.recorder,
        predictor_config_append_execution_provider(config, pointer(&name), pointer(&options))
    );
}

/// An option, mostly one that exists.
fn option(caller: &Caller, arguments: &mut Arguments) -> (Text, Text) {
    let folder = caller.world.folder.display();
    let keys = [
        "share_model",
        "enable_cpu_arena",
        "enable_memory_pattern",
        "spinning",
        "execution_mode",
        "precision",
        "free_dimension:batch",
        "free_dimension:n",
        "warmup_runs",
        "pool_max_waiting",
        "profile_path",
        "optimized_model_path",
        "optimized_model_cache",
        "custom_op_library",
        "tune_file",
        "session.disable_prepacking",
        "session.use_env_allocators",
        "optimization.nonsense",
        "nonsense",
        "",
    ];
    let key = arguments.pick(&keys);
    if arguments.rarely(24) {
        return (arguments.pick(&[None, Some(key)]).and_then(text), text([0xc3, 0x28]));
    }
    let value = match key {
        "spinning" => arguments.pick(&["0", "auto", "2", "1"]).to_owned(),
        "execution_mode" => arguments.pick(&["sequential", "parallel", "parallel", "no"]).to_owned(),
        "precision" => arguments.pick(&["fp32", "fp32", "bf16", "fp16", ""]).to_owned(),
        "profile_path" => format!("{folder}/profile"),
        "optimized_model_path" => format!("{folder}/optimized.onnx"),
        "optimized_model_cache" if arguments.rarely(8) => MODELS.to_owned() + "/add.onnx",
        "optimized_model_cache" => format!("{folder}/cache"),
        "custom_op_library" => arguments.pick(&["/nowhere.so", "", MODELS]).to_owned(),
        "tune_file" if arguments.rarely(2) => format!("{MODELS}/../golden.json"),
        "tune_file" => "/nowhere.json".to_owned(),
        "warmup_runs" | "pool_max_waiting" => arguments.pick(&["0", "1", "2", "-1", "x"]).to_owned(),
        _ if key.starts_with("free") => {
            arguments.pick(&["1", "2", "0", "-1", "9223372036854775808"]).to_owned()
        }
        _ => arguments.pick(&["0", "1", "0", "1", "yes"]).to_owned(),
    };
    (text(key), text(value))
}

fn set_option(caller: &mut Caller, arguments: &mut Arguments) {
    let config: *mut ffi::PredictorConfig = caller.handle(Kind::Config, arguments);
    let (key, value) = option(caller, arguments);
    call!(caller.recorder, predictor_config_set_option(config, pointer(&key), pointer(&value)));
}

fn create_predictor(caller: &mut Caller, arguments: &mut Arguments) {
    let config: *mut ffi::PredictorConfig = caller.handle(Kind::Config, arguments);
    let out = Out::new(arguments, null_mut());
    let success = call!(caller.recorder, create_predictor(config, out.pointer));
    if let Some(predictor) = out.result("create_predictor", success) {
        caller.keep(Kind::Predictor, predictor.addr(), true);
    }
}

fn clone_predictor(caller: &mut Caller, arguments: &mut Arguments) {
    let predictor: *mut ffi::Predictor = caller.handle(Kind::Predictor, arguments);
    let out = Out::new(arguments, null_mut());
    let success = call!(caller.recorder, clone_predictor(predictor, out.pointer));
    if let Some(predictor) = out.result("clone_predictor", success) {
        caller.keep(Kind::Predictor, predictor.addr(), true);
    }
}

fn destroy_predictor(caller: &mut Caller, arguments: &mut Arguments) {
    let predictor: *mut ffi::Predictor = caller.handle(Kind::Predictor, arguments);
    value!(caller.recorder, destroy_predictor(predictor));
    caller.drop_mostly(Kind::Predictor, predictor.addr(), arguments);
}

fn describe(caller: &mut Caller, arguments: &mut Arguments) {
    let predictor: *mut ffi::Predictor = caller.handle(Kind::Predictor, arguments);
    let index = arguments.pick(&[0, 0, 1, 2, usize::MAX]);
    let (name, count) = (Out::new(arguments, null()), Out::new(arguments, UNSET));
    let recorder = &mut caller.recorder;
    match arguments.below(4) {
        0 => {
            let success = call!(recorder, predictor_input_count(predictor, count.pointer));
            count.result("predictor_input_count", success);
        }
        1 => {
            let success = call!(recorder, predictor_output_count(predictor, count.pointer));
            count.result("predictor_output_count", success);
        }
        2 => {
            let success = call!(recorder, predictor_input_name(predictor, index, name.pointer));
            name.result("predictor_input_name", success);
        }
        _ => {
            let success = call!(recorder, predictor_output_name(predictor, index, name.pointer));
            name.result("predictor_output_name", success);
        }
    }
}

/// One of the predictor's names, or another.
fn name(
    caller: &mut Caller,
    predictor: *mut ffi::Predictor,
    of_input: bool,
    arguments: &mut Arguments,
) -> Text {
    let other = [None, Some("x"), Some("y"), Some("bias"), Some(""), Some("nonsense"), Some("\u{444}\n\"")];
    let index = arguments.below(2);
    let mut name = null();
    let success = match (arguments.byte(), of_input) {
        (232.., _) => return text([0xff, 0xfe]),
        (208.., _) => return arguments.pick(&other).and_then(text),
        (_, true) => call!(caller.recorder, predictor_input_name(predictor, index, &mut name)),
        (_, false) => call!(caller.recorder, predictor_output_name(predictor, index, &mut name)),
    };
    if !success {
        return arguments.pick(&other).and_then(text);
    }
    // SAFETY: names live until the process ends.
    Some(unsafe { std::ffi::CStr::from_ptr(name) }.to_owned())
}

fn get_tensor(caller: &mut Caller, arguments: &mut Arguments) {
    let predictor: *mut ffi::Predictor = caller.handle(Kind::Predictor, arguments);
    let of_input = arguments.rarely(2);
    let name = name(caller, predictor, of_input, arguments);
    let out = Out::new(arguments, null_mut());
    let (function, success) = if of_input {
        let success =
            call!(caller.recorder, predictor_get_input_handle(predictor, pointer(&name), out.pointer));
        ("predictor_get_input_handle", success)
    } else {
        let success =
            call!(caller.recorder, predictor_get_output_handle(predictor, pointer(&name), out.pointer));
        ("predictor_get_output_handle", success)
    };
    if let Some(tensor) = out.result(function, success) {
        caller.keep(Kind::Tensor, tensor.addr(), false);
    }
}

fn run_predictor(caller: &mut Caller, arguments: &mut Arguments) {
    let predictor: *mut ffi::Predictor = caller.handle(Kind::Predictor, arguments);
    run_once(caller, predictor, arguments);
}

/// A view and the memory that it points to.
struct View {
    name: Text,
    data: Vec<u64>,
    bytes: usize,
    dims: Vec<i64>,
    data_type: i32,
}

impl View {
    fn c_view(&mut self, arguments: &mut Arguments) -> PredictorTensorView {
        PredictorTensorView {
            name: pointer(&self.name),
            data: if arguments.rarely(64) { null_mut() } else { self.data.as_mut_ptr().cast() },
            byte_length: self.bytes,
            dims: if arguments.rarely(64) { null_mut() } else { self.dims.as_mut_ptr() },
            rank: self.dims.len(),
            data_type: self.data_type,
        }
    }
}

fn run_with(caller: &mut Caller, arguments: &mut Arguments) {
    let predictor: *mut ffi::Predictor = caller.handle(Kind::Predictor, arguments);
    let (mut inputs, mut outputs) = (0, 0);
    call!(caller.recorder, predictor_input_count(predictor, &mut inputs));
    call!(caller.recorder, predictor_output_count(predictor, &mut outputs));
    let mut given: Vec<View> =
        (0..inputs).filter_map(|index| input_view(caller, predictor, index, arguments)).collect();
    let mut wanted: Vec<View> =
        (0..outputs).map(|index| output_view(caller, predictor, index, arguments)).collect();
    if arguments.rarely(10) {
        given.pop();
    }
    let mut given: Vec<_> = given.iter_mut().map(|view| view.c_view(arguments)).collect();
    let mut wanted_c: Vec<_> = wanted.iter_mut().map(|view| view.c_view(arguments)).collect();
    if arguments.rarely(16)
        && let (Some(first), Some(last)) = (wanted_c.first(), given.last_mut())
        && last.byte_length <= first.byte_length
    {
        last.data = first.data; // the same memory twice
    }
    let (start, count) =
        if arguments.rarely(32) { (null(), arguments.below(3)) } else { (given.as_ptr(), given.len()) };
    call!(
        caller.recorder,
        predictor_run_with(predictor, start, count, wanted_c.as_mut_ptr(), wanted_c.len())
    );
}

fn input_view(
    caller: &mut Caller,
    predictor: *mut ffi::Predictor,
    index: usize,
    arguments: &mut Arguments,
) -> Option<View> {
    let (mut own_name, mut tensor) = (null(), null_mut());
    if !call!(caller.recorder, predictor_input_name(predictor, index, &mut own_name))
        || !call!(caller.recorder, predictor_get_input_handle(predictor, own_name, &mut tensor))
    {
        return None;
    }
    let (declared_type, mut dims) = declared(caller, tensor, arguments)?;
    let count = elements(&dims).min(1 << 20);
    let (data, bytes) = if declared_type == 8 {
        (vec![u64::from_ne_bytes(*b"a\0bc\0\0d\0"); count / 4 + 1], packed_length(count))
    } else {
        let bytes = count * element_size(declared_type);
        (memory(declared_type, bytes, arguments), bytes)
    };
    if arguments.rarely(16) {
        dims = odd_dims(arguments);
    }
    // SAFETY: names live until the process ends.
    let own_name = Some(unsafe { std::ffi::CStr::from_ptr(own_name) }.to_owned());
    let name = if arguments.rarely(16) { name(caller, predictor, true, arguments) } else { own_name };
    let data_type = if arguments.rarely(16) { data_type(arguments) } else { declared_type };
    let bytes = if arguments.rarely(16) { bytes.min(arguments.below(64)) } else { bytes };
    // Steps of a loop come from typed memory only.
    let data_type = if data_type != declared_type && [7, 13].contains(&data_type) { 1 } else { data_type };
    Some(View { name, data, bytes, dims, data_type })
}

/// Bytes of so many strings in "a\0bc\0\0d\0", repeated.
fn packed_length(count: usize) -> usize {
    count / 4 * 8 + [0, 2, 5, 6][count % 4]
}

fn output_view(
    caller: &mut Caller,
    predictor: *mut ffi::Predictor,
    index: usize,
    arguments: &mut Arguments,
) -> View {
    let mut own_name = null();
    let name = if arguments.rarely(16)
        || !call!(caller.recorder, predictor_output_name(predictor, index, &mut own_name))
    {
        name(caller, predictor, false, arguments)
    } else {
        // SAFETY: names live until the process ends.
        Some(unsafe { std::ffi::CStr::from_ptr(own_name) }.to_owned())
    };
    let bytes = arguments.pick(&[1 << 16, 1 << 16, 4096, 1 << 15, 16, 0, 7]);
    let rank = arguments.pick(&[8, 4, 8, 70, 1, 0]);
    View { name, data: vec![0; bytes / 8 + 1], bytes, dims: vec![-7; rank], data_type: 0 }
}

fn cancel(caller: &mut Caller, arguments: &mut Arguments) {
    let predictor: *mut ffi::Predictor = caller.handle(Kind::Predictor, arguments);
    call!(caller.recorder, predictor_cancel(predictor));
}

fn shrink(caller: &mut Caller, arguments: &mut Arguments) {
    let predictor: *mut ffi::Predictor = caller.handle(Kind::Predictor, arguments);
    let out = Out::new(arguments, UNSET as u64);
    let success = call!(caller.recorder, predictor_shrink_memory(predictor, out.pointer));
    out.result("predictor_shrink_memory", success);
}

fn describe_tensor(caller: &mut Caller, arguments: &mut Arguments) {
    let tensor: *mut ffi::PredictorTensor = caller.handle(Kind::Tensor, arguments);
    let recorder = &mut caller.recorder;
    match arguments.below(4) {
        0 => {
            let out = Out::new(arguments, null());
            let success = call!(recorder, predictor_tensor_name(tensor, out.pointer));
            out.result("predictor_tensor_name", success);
        }
        1 => {
            let out = Out::new(arguments, -7);
            let success = call!(recorder, predictor_tensor_data_type(tensor, out.pointer));
            out.result("predictor_tensor_data_type", success);
        }
        2 => {
            let out = Out::new(arguments, null());
            let axis = arguments.pick(&[0, 1, 2, 9, usize::MAX]);
            let success = call!(recorder, predictor_tensor_dimension_name(tensor, axis, out.pointer));
            out.result("predictor_tensor_dimension_name", success);
        }
        _ => {
            let out = Out::new(arguments, UNSET);
            let success = call!(recorder, predictor_tensor_byte_length(tensor, out.pointer));
            out.result("predictor_tensor_byte_length", success);
        }
    }
}

fn tensor_shape(caller: &mut Caller, arguments: &mut Arguments) {
    let tensor: *mut ffi::PredictorTensor = caller.handle(Kind::Tensor, arguments);
    let rank = Out::new(arguments, UNSET);
    let capacity = arguments.pick(&[8, 8, 4, 2, 1, 0]);
    let mut room = vec![-7; capacity];
    // NULL asks for the rank, whatever the capacity.
    let (dims, capacity) = match arguments.below(12) {
        0 => (null_mut(), capacity),
        1 => (null_mut(), usize::MAX),
        _ => (room.as_mut_ptr(), capacity),
    };
    if arguments.rarely(2) {
        call!(caller.recorder, predictor_tensor_declared_shape(tensor, dims, capacity, rank.pointer));
    } else {
        call!(caller.recorder, predictor_tensor_shape(tensor, dims, capacity, rank.pointer));
    }
}

/// Type and shape of a tensor, mostly as the model declares them.
fn plausible(
    caller: &mut Caller,
    tensor: *mut ffi::PredictorTensor,
    arguments: &mut Arguments,
) -> (i32, Vec<i64>) {
    let (mut chosen, mut dims) = declared(caller, tensor, arguments).unwrap_or((1, vec![1, 4]));
    if arguments.rarely(8) {
        dims = odd_dims(arguments);
    }
    if arguments.rarely(12) {
        chosen = data_type(arguments);
    }
    (chosen, dims)
}

fn reshape(caller: &mut Caller, arguments: &mut Arguments) {
    let tensor: *mut ffi::PredictorTensor = caller.handle(Kind::Tensor, arguments);
    let (_, dims) = plausible(caller, tensor, arguments);
    let (start, rank) = match arguments.below(24) {
        0 => (null(), dims.len()),
        1 => (null(), usize::MAX),
        2 => (dims.as_ptr(), 0),
        _ => (dims.as_ptr(), dims.len()),
    };
    call!(caller.recorder, predictor_tensor_reshape(tensor, start, rank));
}

/// Memory of the length that a copy takes, mostly.
fn plausible_memory(
    caller: &mut Caller,
    tensor: *mut ffi::PredictorTensor,
    arguments: &mut Arguments,
) -> (i32, Vec<u64>, usize) {
    let (data_type, dims) = plausible(caller, tensor, arguments);
    let mut bytes = 0;
    if arguments.rarely(2) || !call!(caller.recorder, predictor_tensor_byte_length(tensor, &mut bytes)) {
        bytes = elements(&dims).saturating_mul(element_size(data_type).max(1));
    }
    bytes = bytes.min(1 << 22);
    if arguments.rarely(8) {
        bytes = arguments.below(64);
    }
    (data_type, memory(data_type, bytes, arguments), bytes)
}

fn copy_from_host(caller: &mut Caller, arguments: &mut Arguments) {
    let tensor: *mut ffi::PredictorTensor = caller.handle(Kind::Tensor, arguments);
    let (data_type, data, bytes) = plausible_memory(caller, tensor, arguments);
    let start: *const c_void = match arguments.below(24) {
        0 => null(),
        1 if bytes > 0 => data.as_ptr().cast::<u8>().wrapping_add(1).cast(), // the memory has a word to spare
        _ => data.as_ptr().cast(),
    };
    call!(caller.recorder, predictor_tensor_copy_from_host(tensor, data_type, start, bytes));
}

fn copy_to_host(caller: &mut Caller, arguments: &mut Arguments) {
    let tensor: *mut ffi::PredictorTensor = caller.handle(Kind::Tensor, arguments);
    let (data_type, mut data, bytes) = plausible_memory(caller, tensor, arguments);
    let start: *mut c_void = match arguments.below(24) {
        0 => null_mut(),
        1 => data.as_mut_ptr().cast::<u8>().wrapping_add(1).cast(),
        _ => data.as_mut_ptr().cast(),
    };
    call!(caller.recorder, predictor_tensor_copy_to_host(tensor, data_type, start, bytes));
}

fn share_external_data(caller: &mut Caller, arguments: &mut Arguments) {
    let tensor: *mut ffi::PredictorTensor = caller.handle(Kind::Tensor, arguments);
    let (data_type, dims) = plausible(caller, tensor, arguments);
    let mut bytes = elements(&dims).saturating_mul(element_size(data_type)).min(1 << 22);
    if arguments.rarely(8) {
        bytes = arguments.below(64);
    }
    let mut data = memory(data_type, bytes, arguments);
    let start: *mut c_void = match arguments.below(16) {
        0 => null_mut(),
        1 => data.as_mut_ptr().cast::<u8>().wrapping_add(1).cast(),
        _ => data.as_mut_ptr().cast(),
    };
    // Moving a vector leaves its memory where it is.
    lock(&caller.world.shared_memory).push(data);
    let (start, bytes) = if arguments.rarely(10) { (null_mut(), 0) } else { (start, bytes) };
    call!(
        caller.recorder,
        predictor_tensor_share_external_data(tensor, data_type, start, bytes, dims.as_ptr(), dims.len())
    );
}

fn tensor_data(caller: &mut Caller, arguments: &mut Arguments) {
    let tensor: *mut ffi::PredictorTensor = caller.handle(Kind::Tensor, arguments);
    let (out, length) = (Out::new(arguments, null_mut()), Out::new(arguments, UNSET));
    let success = call!(caller.recorder, predictor_tensor_data(tensor, out.pointer, length.pointer));
    // The memory is not touched: other threads may end it at any time.
    out.result("predictor_tensor_data", success);
    length.result("predictor_tensor_data", success);
}

/// So many strings, some with a NUL inside, some not UTF-8.
fn strings(count: usize, arguments: &mut Arguments) -> (Vec<*const c_char>, Vec<usize>) {
    const TEXTS: [&[u8]; 5] = [
        b"drop\0",
        b"\0",
        b"a\0b\0",
        "é, and more than fits into a short string\0".as_bytes(),
        b"\xff\xfe\0",
    ];
    let chosen: Vec<&[u8]> = (0..count).map(|_| arguments.pick(&TEXTS)).collect();
    (
        chosen.iter().map(|text| text.as_ptr().cast()).collect(),
        chosen.iter().map(|text| text.len() - 1).collect(),
    )
}

fn copy_strings(caller: &mut Caller, arguments: &mut Arguments) {
    let tensor: *mut ffi::PredictorTensor = caller.handle(Kind::Tensor, arguments);
    let (_, dims) = plausible(caller, tensor, arguments);
    let count = if arguments.rarely(8) { arguments.below(5) } else { elements(&dims).min(1 << 10) };
    let (mut starts, lengths) = strings(count, arguments);
    if arguments.rarely(8) && count > 0 {
        starts[0] = null();
    }
    let lengths = if arguments.rarely(2) { null() } else { lengths.as_ptr() };
    let (starts, count) = if arguments.rarely(24) { (null(), count) } else { (starts.as_ptr(), count) };
    call!(caller.recorder, predictor_tensor_copy_strings_from_host(tensor, starts, lengths, count));
}

fn read_strings(caller: &mut Caller, arguments: &mut Arguments) {
    let tensor: *mut ffi::PredictorTensor = caller.handle(Kind::Tensor, arguments);
    let index = arguments.pick(&[0, 0, 1, 3, usize::MAX]);
    if arguments.rarely(2) {
        let out = Out::new(arguments, UNSET);
        let success = call!(caller.recorder, predictor_tensor_string_length(tensor, index, out.pointer));
        out.result("predictor_tensor_string_length", success);
        return;
    }
    let capacity = arguments.pick(&[0, 1, 2, 5, 64, 64]);
    let mut room = vec![1 as c_char; capacity];
    let buffer = if arguments.rarely(12) { null_mut() } else { room.as_mut_ptr() };
    if call!(caller.recorder, predictor_tensor_copy_string_to_host(tensor, index, buffer, capacity))
        && !room.contains(&0)
    {
        defect("predictor_tensor_copy_string_to_host: no NUL");
    }
}

fn create_pool(caller: &mut Caller, arguments: &mut Arguments) {
    let config: *mut ffi::PredictorConfig = caller.handle(Kind::Config, arguments);
    let size = arguments.pick(&[1, 2, 3, 1, 2, 0, usize::MAX, 1 << 60]);
    let out = Out::new(arguments, null_mut());
    let success = call!(caller.recorder, create_predictor_pool(config, size, out.pointer));
    if let Some(pool) = out.result("create_predictor_pool", success) {
        caller.keep(Kind::Pool, pool.addr(), true);
    }
}

fn destroy_pool(caller: &mut Caller, arguments: &mut Arguments) {
    let pool: *mut ffi::PredictorPool = caller.handle(Kind::Pool, arguments);
    value!(caller.recorder, destroy_predictor_pool(pool));
    caller.drop_mostly(Kind::Pool, pool.addr(), arguments);
}

fn retrieve(caller: &mut Caller, arguments: &mut Arguments) {
    let pool: *mut ffi::PredictorPool = caller.handle(Kind::Pool, arguments);
    let out = Out::new(arguments, null_mut());
    let index = arguments.pick(&[0, 0, 1, 2, 3, usize::MAX]);
    let success = call!(caller.recorder, predictor_pool_retrieve(pool, index, out.pointer));
    if let Some(predictor) = out.result("predictor_pool_retrieve", success) {
        caller.keep(Kind::Predictor, predictor.addr(), false);
        lock(&caller.world.leases).push((pool.addr(), predictor.addr())); // to release it is a mistake
    }
}

fn acquire(caller: &mut Caller, arguments: &mut Arguments) {
    let pool: *mut ffi::PredictorPool = caller.handle(Kind::Pool, arguments);
    let out = Out::new(arguments, null_mut());
    // Who watches destroys the pool if nobody gives a predictor back.
    let limit = arguments.pick(&[0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, -1]);
    let success = call!(caller.recorder, predictor_pool_acquire(pool, limit, out.pointer));
    if let Some(predictor) = out.result("predictor_pool_acquire", success) {
        caller.keep(Kind::Predictor, predictor.addr(), false);
        lock(&caller.world.leases).push((pool.addr(), predictor.addr()));
    }
}

fn release(caller: &mut Caller, arguments: &mut Arguments) {
    let lease = {
        let mut leases = lock(&caller.world.leases);
        let index = arguments.below(leases.len());
        let keep = arguments.rarely(4);
        match leases.get(index).copied() {
            Some(_) if !keep => Some(leases.swap_remove(index)),
            other => other,
        }
    };
    let (mut pool, mut predictor) = match lease {
        Some((pool, predictor)) => {
            (std::ptr::without_provenance_mut(pool), std::ptr::without_provenance_mut(predictor))
        }
        None => (null_mut(), null_mut()),
    };
    if arguments.rarely(6) {
        pool = caller.handle(Kind::Pool, arguments);
    }
    if arguments.rarely(6) {
        predictor = caller.handle(Kind::Predictor, arguments);
    }
    call!(caller.recorder, predictor_pool_release(pool, predictor));
    caller.drop_mostly(Kind::Predictor, predictor.addr(), arguments);
}

fn pool_facts(caller: &mut Caller, arguments: &mut Arguments) {
    let pool: *mut ffi::PredictorPool = caller.handle(Kind::Pool, arguments);
    if arguments.rarely(3) {
        let out = Out::new(arguments, UNSET);
        let success = call!(caller.recorder, predictor_pool_size(pool, out.pointer));
        out.result("predictor_pool_size", success);
        return;
    }
    let mut room = [0u64; 40];
    let size = arguments.pick(&[72, 72, 8, 64, 80, 320, 0, 7, 73]);
    let out = if arguments.rarely(12) { null_mut() } else { room.as_mut_ptr().cast() };
    call!(caller.recorder, predictor_pool_stats(pool, out, size));
}
