//! Configs: where models come from, what each option does, and what is wrong with bad ones.

mod common;

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use common::{
    Folder, alone, c, config, config_of, contains_all, fails, load, model, record_log, set_x, y_of,
};
use predictor_pool::{Config, Predictor, Severity, Status};

/// Checks that a config loads a model that doubles 4 numbers.
#[track_caller]
fn doubles(config: &Config) {
    let predictor = Predictor::new(config).unwrap();
    assert_eq!(y_of(&predictor, &[1, 4], &[1.0, 2.0, 3.0, 4.0]), [2.0, 4.0, 6.0, 8.0]);
}

#[track_caller]
fn refused(config: &Config, status: Status) -> String {
    fails(Predictor::new(config), status)
}

fn with(name: &str, options: &[(&str, &str)]) -> Config {
    let mut config = config(name);
    for (key, value) in options {
        config.set_option(key, value).unwrap();
    }
    config
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

// --- where the model comes from ---

#[test]
fn a_config_without_a_model_is_an_invalid_argument() {
    contains_all(&refused(&Config::new(), Status::InvalidArgument), &["model"]);
    let mut cleared = config("add.onnx");
    cleared.clear_model();
    refused(&cleared, Status::InvalidArgument);

    let (config, mut out) = (c::config("add.onnx"), std::ptr::null_mut());
    for path in [std::ptr::null(), c"".as_ptr()] {
        unsafe {
            c::ok(c::predictor_config_set_model(config.0, path, path));
            c::fails(c::create_predictor(config.0, &mut out), c::PREDICTOR_ERROR_INVALID_ARGUMENT);
        }
        assert!(out.is_null());
    }
}

#[test]
fn a_missing_file_is_not_found_by_its_name() {
    for missing in [PathBuf::from("/nowhere/model.onnx"), model("missing.onnx"), model("nowhere/")] {
        contains_all(&refused(&config_of(&missing), Status::NotFound), &[text(&missing)]);
    }
    let mut params = Config::new();
    params.set_model(model("external_data.onnx"), Some(PathBuf::from("/nowhere/weights.bin")));
    contains_all(&refused(&params, Status::NotFound), &["/nowhere/weights.bin"]);
}

#[test]
fn setters_record_and_files_are_opened_when_a_predictor_is_created() {
    let folder = Folder::new();
    let config = config_of(&folder.join("later.onnx"));
    refused(&config, Status::NotFound);
    folder.copy_as("add.onnx", "later.onnx");
    doubles(&config);
}

#[test]
fn a_folder_stands_for_the_model_in_it() {
    let folder = Folder::new();
    contains_all(&refused(&config_of(folder.path()), Status::NotFound), &[text(folder.path()), "0"]);
    folder.copy("add.onnx");
    fs::write(folder.join("readme.txt"), "no model").unwrap();
    doubles(&config_of(folder.path()));
    folder.copy("mlp.onnx");
    contains_all(&refused(&config_of(folder.path()), Status::NotFound), &["2"]);
    folder.copy_as("add.onnx", "model.onnx");
    doubles(&config_of(folder.path()));
}

#[test]
fn a_file_that_is_no_model_is_an_invalid_model_whatever_its_name() {
    let folder = Folder::new();
    for name in ["not_a_model.bin", "empty.onnx", "truncated.onnx", "wrong_ir.onnx"] {
        contains_all(&refused(&config(name), Status::InvalidModel), &[name]);
        let copy = folder.copy_as(name, "model");
        contains_all(&refused(&config_of(&copy), Status::InvalidModel), &[text(&copy)]);
        let mut buffer = Config::new();
        buffer.set_model_buffer(&fs::read(model(name)).unwrap(), None);
        contains_all(&refused(&buffer, Status::InvalidModel), &["model buffer"]);
    }
    doubles(&config_of(&folder.copy_as("add.onnx", "weights.txt")));
}

#[test]
fn an_operator_that_no_runtime_has_is_named() {
    let error = Predictor::new(&config("unknown_op.onnx")).map(drop).unwrap_err();
    // The header documents both.
    assert!([Status::InvalidModel, Status::Unsupported].contains(&error.status()), "{error}");
    contains_all(error.message(), &["unknown_op.onnx", "Nonexistent"]);
}

#[test]
fn any_cut_of_a_model_is_an_error_and_not_a_crash() {
    let whole = fs::read(model("mixed.onnx")).unwrap();
    for length in 0..whole.len() {
        let mut buffer = Config::new();
        buffer.set_model_buffer(&whole[..length], None);
        // Where only the end is missing that says nothing new, it may even load.
        if let Err(error) = Predictor::new(&buffer) {
            let expected = [Status::InvalidModel, Status::Unsupported];
            assert!(expected.contains(&error.status()), "{length} bytes: {error}");
        }
    }
}

#[test]
fn a_model_buffer_is_copied() {
    let mut bytes = fs::read(model("add.onnx")).unwrap();
    let mut config = Config::new();
    config.set_model_buffer(&bytes, None);
    let other = c::OwnedConfig(c::made(|out| unsafe { c::create_predictor_config(out) }));
    let set = c::predictor_config_set_model_buffer;
    unsafe { c::ok(set(other.0, bytes.as_ptr().cast(), bytes.len(), std::ptr::null(), 0)) };
    bytes.fill(0);
    drop(bytes);
    doubles(&config);
    let predictor = c::OwnedPredictor(c::made(|out| unsafe { c::create_predictor(other.0, out) }));
    c::set(c::input(predictor.0, "x"), &[1, 4], &[1.0; 4]);
    c::ok(c::predictor_run(predictor.0));

    let bad = c::PREDICTOR_ERROR_INVALID_ARGUMENT;
    unsafe {
        c::fails(set(other.0, std::ptr::null(), 5, std::ptr::null(), 0), bad);
        c::fails(set(other.0, std::ptr::null(), 0, std::ptr::null(), 0), bad);
        c::fails(set(other.0, c"model".as_ptr().cast(), 5, std::ptr::null(), 5), bad);
    }
}

#[test]
fn the_last_model_that_was_set_counts() {
    let mut config = config("mlp.onnx");
    config.set_model_buffer(&fs::read(model("add.onnx")).unwrap(), None);
    doubles(&config);
    config.set_model(model("add_batch.onnx"), None);
    doubles(&config);
}

#[test]
fn a_config_can_be_changed_and_destroyed_after_use() {
    let mut config = config("add.onnx");
    let first = Predictor::new(&config).unwrap();
    config.set_model(model("scalar.onnx"), None);
    let second = Predictor::new(&config).unwrap();
    drop(config);
    assert_eq!(y_of(&first, &[1, 4], &[1.0; 4]), [2.0; 4]);
    assert_eq!(y_of(&second, &[], &[1.0]), [2.0]);
}

// --- external data ---

/// y of an external-data model.
fn external_y(config: &Config) -> Vec<f32> {
    y_of(&Predictor::new(config).unwrap(), &[1, 8], &[1.0; 8])
}

#[test]
fn external_data_is_found_beside_the_model() {
    for name in ["external_data", "external_data_two"] {
        let case = common::golden::case_named(&format!("{name}_1"));
        let common::golden::Data::Bytes(bytes) = &case.input("x").data else { panic!() };
        let x: Vec<f32> =
            bytes.as_slice().chunks(4).map(|four| f32::from_ne_bytes(four.try_into().unwrap())).collect();
        let y = y_of(&load(&format!("{name}.onnx")), &[1, 8], &x);
        let bytes: Vec<u8> = y.iter().flat_map(|value| value.to_ne_bytes()).collect();
        let got = common::golden::Value::from_packed("y", predictor_pool::DataType::Float32, &[1, 4], &bytes);
        case.check("with external data", &[got]);
    }
}

#[test]
fn parameters_stand_for_the_one_file_of_external_data() {
    let expected = external_y(&config("external_data.onnx"));
    let folder = Folder::new();
    let (onnx, weights) =
        (folder.copy("external_data.onnx"), folder.copy_as("external_data.bin", "other-name.params"));
    contains_all(&refused(&config_of(&onnx), Status::NotFound), &["external_data.bin"]);
    let mut config = Config::new();
    config.set_model(&onnx, Some(weights.clone()));
    assert_eq!(external_y(&config), expected);

    let (onnx, weights) = (fs::read(&onnx).unwrap(), fs::read(&weights).unwrap());
    config.set_model_buffer(&onnx, Some(&weights));
    let predictor = Predictor::new(&config).unwrap();
    drop((config, weights));
    assert_eq!(y_of(&predictor, &[1, 8], &[1.0; 8]), expected);

    let mut without = Config::new();
    without.set_model_buffer(&onnx, None);
    contains_all(&refused(&without, Status::NotFound), &["external_data.bin"]);
}

#[test]
fn parameters_that_do_not_fit_are_an_error() {
    let onnx = fs::read(model("external_data.onnx")).unwrap();
    let mut config = Config::new();
    config.set_model_buffer(&onnx, Some(&[0; 100]));
    refused(&config, Status::InvalidModel);
    config.set_model(model("external_data_two.onnx"), Some(model("external_data_two_a.bin")));
    let text = refused(&config, Status::InvalidArgument);
    contains_all(&text, &["external_data_two_a.bin", "external_data_two_b.bin"]);
}

#[test]
fn parameters_of_a_model_without_external_data_are_not_used() {
    let mut config = Config::new();
    config.set_model(model("add.onnx"), Some(model("external_data.bin")));
    doubles(&config);
}

// --- threads and optimisation ---

#[test]
fn numbers_out_of_range_are_refused_when_they_are_set() {
    let mut config = Config::new();
    contains_all(&fails(config.set_intra_op_threads(-1), Status::InvalidArgument), &["-1"]);
    contains_all(&fails(config.set_inter_op_threads(-1), Status::InvalidArgument), &["-1"]);
    for level in [-1, 4, i32::MAX] {
        contains_all(&fails(config.set_optimization_level(level), Status::InvalidArgument), &["0 to 3"]);
    }
    let c = c::config("add.onnx");
    let bad = c::PREDICTOR_ERROR_INVALID_ARGUMENT;
    c::fails(c::predictor_config_set_intra_op_threads(c.0, i32::MIN), bad);
    c::fails(c::predictor_config_set_inter_op_threads(c.0, -1), bad);
    c::fails(c::predictor_config_set_optimization_level(c.0, 4), bad);
}

#[test]
fn intra_op_threads_count_the_caller() {
    alone(|| {
        load("add.onnx");
        for (count, workers) in [(None, 0), (Some(1), 0), (Some(4), 3)] {
            let mut config = config("mlp.onnx");
            count.iter().for_each(|count| config.set_intra_op_threads(*count).unwrap());
            assert_eq!(common::threads_of(|| Predictor::new(&config).unwrap()).0, workers, "{count:?}");
        }
    });
}

/// What ONNX Runtime logs about the options that a session got. Only where no other test logs.
#[track_caller]
fn session_options(config: &Config) -> String {
    let log = record_log(Severity::Info);
    Predictor::new(config).unwrap();
    predictor_pool::set_log_callback(None, Severity::Fatal);
    let lines = log.lock().unwrap();
    let line = lines.iter().find(|line| line.2.starts_with("Session Options"));
    line.expect("ONNX Runtime logs the options").2.clone()
}

#[test]
fn settings_reach_onnx_runtime() {
    alone(|| {
        let plain = session_options(&config("mlp.onnx"));
        contains_all(
            &plain,
            &[
                "execution_mode:0",
                "enable_cpu_mem_arena:1",
                "enable_mem_pattern:1",
                "session.intra_op.allow_spinning: 0",
                "session.inter_op.allow_spinning: 0",
            ],
        );
        assert!(!plain.contains("graph_optimization_level:0"), "{plain}");
        let set = |key, value, expected: &str| {
            contains_all(&session_options(&with("mlp.onnx", &[(key, value)])), &[expected]);
        };
        set("execution_mode", "parallel", "execution_mode:1");
        set("enable_cpu_arena", "0", "enable_cpu_mem_arena:0");
        set("enable_memory_pattern", "0", "enable_mem_pattern:0");
        set("spinning", "1", "session.intra_op.allow_spinning: 1");
        set("session.set_denormal_as_zero", "1", "session.set_denormal_as_zero: 1");
        set("any.key with.a dot", "as it is", "any.key with.a dot: as it is");
        // What is given by ONNX Runtime's own name wins over what the library would set.
        set("session.intra_op.allow_spinning", "1", "session.intra_op.allow_spinning: 1");

        let mut level = config("mlp.onnx");
        level.set_optimization_level(0).unwrap();
        contains_all(&session_options(&level), &["graph_optimization_level:0"]);
        level.set_optimization_level(2).unwrap();
        contains_all(&session_options(&level), &["graph_optimization_level:2"]);

        let mut threads = with("mlp.onnx", &[("execution_mode", "parallel")]);
        threads.set_intra_op_threads(2).unwrap();
        threads.set_inter_op_threads(3).unwrap();
        let line = session_options(&threads);
        contains_all(&line, &["thread_pool_size: 2", "thread_pool_size: 3"]);
    });
}

#[test]
fn answers_do_not_depend_on_how_they_are_computed() {
    let x: Vec<f32> = (0..2 * 3 * 9 * 7).map(|number| (number % 13) as f32 / 8.0 - 0.75).collect();
    let y = |config: &Config| {
        let predictor = Predictor::new(config).unwrap();
        let first = y_of(&predictor, &[2, 3, 9, 7], &x);
        predictor.run().unwrap();
        assert_eq!(common::get_y(&predictor), first);
        first
    };
    let expected = y(&config("convolution.onnx"));
    let close = |config: &Config| {
        for (got, expected) in y(config).iter().zip(&expected) {
            assert!((got - expected).abs() <= 1e-5 * expected.abs().max(1.0), "{got} for {expected}");
        }
    };
    for (key, value) in [
        ("execution_mode", "parallel"),
        ("enable_cpu_arena", "0"),
        ("enable_memory_pattern", "0"),
        ("spinning", "1"),
        ("spinning", "0"),
        ("precision", "fp32"),
        ("warmup_runs", "2"),
    ] {
        close(&with("convolution.onnx", &[(key, value)]));
    }
    for level in 0..=3 {
        let mut config = config("convolution.onnx");
        config.set_optimization_level(level).unwrap();
        close(&config);
    }
    let mut threads = with("convolution.onnx", &[("execution_mode", "parallel")]);
    threads.set_intra_op_threads(2).unwrap();
    threads.set_inter_op_threads(2).unwrap();
    close(&threads);
}

// --- options ---

#[test]
fn an_unknown_option_lists_those_there_are() {
    let mut config = Config::new();
    let text = fails(config.set_option("warm_up_runs", "1"), Status::InvalidArgument);
    contains_all(&text, &["\"warm_up_runs\"", "warmup_runs", "share_model", "free_dimension:NAME"]);
    fails(config.set_option("", "1"), Status::InvalidArgument);
    for (key, value) in [
        ("precision", "int8"),
        ("share_model", "true"),
        ("execution_mode", "PARALLEL"),
        ("enable_cpu_arena", ""),
        ("spinning", "on"),
        ("free_dimension:batch", "0"),
        ("free_dimension:batch", "-1"),
        ("free_dimension:", "4"),
        ("warmup_runs", "-1"),
        ("warmup_runs", "1.5"),
        ("pool_max_waiting", "x"),
    ] {
        contains_all(&fails(config.set_option(key, value), Status::InvalidArgument), &[key, value]);
    }
    let c = c::config("add.onnx");
    let bad = c::PREDICTOR_ERROR_INVALID_ARGUMENT;
    unsafe {
        c::fails(c::predictor_config_set_option(c.0, std::ptr::null(), c"1".as_ptr()), bad);
        c::fails(c::predictor_config_set_option(c.0, c"share_model".as_ptr(), std::ptr::null()), bad);
        c::fails(c::predictor_config_set_option(c.0, c"\xff".as_ptr(), c"1".as_ptr()), bad);
    }
}

#[test]
fn free_dimension_fixes_the_declared_shape() {
    let predictor = Predictor::new(&with("add_batch.onnx", &[("free_dimension:batch", "3")])).unwrap();
    let x = predictor.input("x").unwrap();
    assert_eq!(x.spec().shape().unwrap(), [3, 4]);
    assert_eq!(predictor.outputs()[0].shape().unwrap(), [3, 4]);
    x.copy_from_host(&[1.0f32; 12]).unwrap();
    predictor.run().unwrap();
    assert_eq!(common::get_y(&predictor), [2.0; 12]);
    contains_all(&fails(x.reshape(&[2, 4]), Status::ShapeMismatch), &["[3,4]", "[2,4]"]);

    let both = [("free_dimension:batch", "2"), ("free_dimension:width", "5")];
    let predictor = Predictor::new(&with("add_two_free.onnx", &both)).unwrap();
    assert_eq!(predictor.inputs()[0].shape().unwrap(), [2, 5]);
    let predictor = Predictor::new(&with("add_two_free.onnx", &both[1..])).unwrap();
    assert_eq!(predictor.inputs()[0].shape().unwrap(), [-1, 5]);
}

/// The profile that a predictor wrote, once it is gone.
fn profile(folder: &Folder) -> Vec<serde_json::Value> {
    let names = folder.names();
    let [name] = names.as_slice() else { panic!("{names:?}") };
    assert!(name.starts_with("profile"), "{name}");
    serde_json::from_str(&fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

fn model_runs(folder: &Folder) -> usize {
    profile(folder).iter().filter(|event| event["name"] == "model_run").count()
}

#[test]
fn profile_path_writes_what_ran() {
    let folder = Folder::new();
    let config = with("add.onnx", &[("profile_path", text(&folder.join("profile")))]);
    let predictor = Predictor::new(&config).unwrap();
    for _ in 0..4 {
        y_of(&predictor, &[1, 4], &[1.0; 4]);
    }
    drop(predictor);
    assert_eq!(model_runs(&folder), 4);
}

/// How often ONNX Runtime ran the model for one run of each given input `x`.
fn runs_for(name: &str, inputs: &[(&[i64], &[f32])]) -> usize {
    let folder = Folder::new();
    let config = with(name, &[("profile_path", text(&folder.join("profile")))]);
    let predictor = Predictor::new(&config).unwrap();
    for (dims, data) in inputs {
        set_x(&predictor, dims, data);
        predictor.run().unwrap();
    }
    drop(predictor);
    model_runs(&folder)
}

#[test]
fn a_change_of_shape_costs_no_second_run() {
    let inputs: [(&[i64], &[f32]); 3] = [(&[2, 4], &[1.0; 8]), (&[1, 4], &[1.0; 4]), (&[3, 4], &[1.0; 12])];
    assert_eq!(runs_for("add_batch.onnx", &inputs), 3);
    let by_data: [(&[i64], &[f32]); 3] = [(&[2], &[0.0, 1.0]), (&[2], &[1.0, 1.0]), (&[2], &[0.0, 0.0])];
    assert_eq!(runs_for("nonzero.onnx", &by_data), 3);
}

#[test]
fn warmup_runs_run_and_leave_nothing_behind() {
    for name in ["add_two_free.onnx", "string_upper.onnx", "slow.onnx", "constant.onnx", "with_default.onnx"]
    {
        let folder = Folder::new();
        let prefix = folder.join("profile");
        let options = [("warmup_runs", "3"), ("profile_path", text(&prefix))];
        let predictor = Predictor::new(&with(name, &options)).unwrap();
        let y = predictor.output("y").unwrap();
        contains_all(&fails(y.shape(), Status::InvalidArgument), &["run first"]);
        if name != "constant.onnx" {
            fails(predictor.run(), Status::InvalidArgument);
        }
        drop(predictor);
        assert_eq!(model_runs(&folder), 3, "{name}");
    }
}

#[test]
fn a_warmup_that_fails_says_so() {
    let config = with("float8_input.onnx", &[("warmup_runs", "1")]);
    contains_all(&refused(&config, Status::Unsupported), &["float8e4m3fn"]);
}

#[test]
fn optimized_model_path_writes_a_model() {
    let folder = Folder::new();
    let path = folder.join("optimized.onnx");
    let original =
        Predictor::new(&with("convolution.onnx", &[("optimized_model_path", text(&path))])).unwrap();
    let optimized = Predictor::new(&config_of(&path)).unwrap();
    let x: Vec<f32> = (0..3 * 8 * 8).map(|number| number as f32 / 100.0).collect();
    assert_eq!(y_of(&optimized, &[1, 3, 8, 8], &x), y_of(&original, &[1, 3, 8, 8], &x));
    assert_ne!(fs::read(&path).unwrap(), fs::read(model("convolution.onnx")).unwrap());
}

#[test]
fn an_optimized_model_that_cannot_be_written_is_not_the_models_fault() {
    let config = with("add.onnx", &[("optimized_model_path", "/nowhere/optimized.onnx")]);
    let error = Predictor::new(&config).map(drop).unwrap_err();
    assert!([Status::NotFound, Status::InvalidArgument].contains(&error.status()), "{error:?}");
    contains_all(error.message(), &["optimized_model_path", "/nowhere"]);
}

#[test]
fn optimized_model_cache_keeps_a_model_that_gives_the_same_bits() {
    alone(|| {
        let folder = Folder::new();
        let cache = folder.join("cache");
        let config = with("convolution.onnx", &[("optimized_model_cache", text(&cache))]);
        let x = vec![0.5; 3 * 8 * 8];
        let expected = y_of(&load("convolution.onnx"), &[1, 3, 8, 8], &x);
        let y = |config: &Config| y_of(&Predictor::new(config).unwrap(), &[1, 3, 8, 8], &x);
        assert_eq!(y(&config), expected);
        let optimized_already = "graph_optimization_level:0";
        contains_all(&session_options(&config), &[optimized_already]);
        assert_eq!(y(&config), expected);
        fs::remove_dir_all(&cache).unwrap();
        assert!(!session_options(&config).contains(optimized_already), "it is built anew");

        // A folder that cannot be one means no cache, a warning and no failure.
        fs::write(folder.join("file"), "").unwrap();
        let path = folder.join("file");
        let config = with("convolution.onnx", &[("optimized_model_cache", text(&path))]);
        let log = record_log(Severity::Warning);
        assert_eq!(y(&config), expected);
        let lines = log.lock().unwrap();
        assert!(
            lines.iter().any(|line| line.1 == "predictor_pool" && line.2.contains(text(&path))),
            "{lines:?}"
        );
    });
}

#[test]
fn a_library_of_custom_operators_must_exist_and_be_one() {
    let missing = with("add.onnx", &[("custom_op_library", "/nowhere/ops.so")]);
    contains_all(&refused(&missing, Status::NotFound), &["custom_op_library", "/nowhere/ops.so"]);
    let wrong = with("add.onnx", &[("custom_op_library", text(&model("add.onnx")))]);
    contains_all(&refused(&wrong, Status::InvalidArgument), &["custom_op_library", "add.onnx"]);
}

#[test]
fn precisions_that_the_cpu_cannot_compute_with_are_unsupported() {
    let fp16 = with("mlp.onnx", &[("precision", "fp16")]);
    contains_all(&refused(&fp16, Status::Unsupported), &["precision", "fp16"]);
    let bf16 = with("mlp.onnx", &[("precision", "bf16")]);
    if cfg!(target_arch = "aarch64") {
        y_of(&Predictor::new(&bf16).unwrap(), &[1, 64], &[1.0; 64]);
    } else {
        contains_all(&refused(&bf16, Status::Unsupported), &["precision", "bf16"]);
    }
}

// --- tune files ---

fn tuned(folder: &Folder, content: &str, name: &str, options: &[(&str, &str)]) -> Config {
    let path = folder.join("tune.json");
    fs::write(&path, content).unwrap();
    let mut config = with(name, options);
    config.set_option("tune_file", text(&path)).unwrap();
    config
}

#[test]
fn a_tune_file_sets_what_was_not_set() {
    alone(|| {
        let folder = Folder::new();
        let content = r#"{"tune_file": 1, "intra_op_threads": 3, "inter_op_threads": 2, "optimization_level": 1,
            "options": {"execution_mode": "parallel", "session.set_denormal_as_zero": "1"}}"#;
        let line = session_options(&tuned(&folder, content, "mlp.onnx", &[]));
        contains_all(
            &line,
            &[
                "execution_mode:1",
                "graph_optimization_level:1",
                "thread_pool_size: 3",
                "thread_pool_size: 2",
                "session.set_denormal_as_zero: 1",
            ],
        );
    });
}

#[test]
fn a_tune_file_fills_in_key_by_key() {
    let folder = Folder::new();
    let content = r#"{"tune_file": 1, "options": {"free_dimension:batch": "3", "warmup_runs": "1"}}"#;
    let options = [("enable_memory_pattern", "0")];
    let predictor = Predictor::new(&tuned(&folder, content, "add_batch.onnx", &options)).unwrap();
    assert_eq!(predictor.inputs()[0].shape().unwrap(), [3, 4]);
    let options = [("free_dimension:batch", "5")];
    let predictor = Predictor::new(&tuned(&folder, content, "add_batch.onnx", &options)).unwrap();
    assert_eq!(predictor.inputs()[0].shape().unwrap(), [5, 4], "what was set wins");
}

#[test]
fn what_was_set_wins_over_a_tune_file_also_where_it_is_the_default() {
    alone(|| {
        let folder = Folder::new();
        let content = r#"{"tune_file": 1, "optimization_level": 0, "intra_op_threads": 3,
            "options": {"execution_mode": "parallel", "session.set_denormal_as_zero": "1"}}"#;
        let options = [("execution_mode", "sequential"), ("session.set_denormal_as_zero", "0")];
        let mut config = tuned(&folder, content, "mlp.onnx", &options);
        config.set_optimization_level(3).unwrap();
        config.set_intra_op_threads(2).unwrap();
        let line = session_options(&config);
        let expected = ["execution_mode:0", "thread_pool_size: 2", "session.set_denormal_as_zero: 0"];
        contains_all(&line, &expected);
        assert!(!line.contains("graph_optimization_level:0"), "{line}");
    });
}

#[test]
fn a_bad_tune_file_is_named() {
    let missing = with("add.onnx", &[("tune_file", "/nowhere/tune.json")]);
    contains_all(&refused(&missing, Status::NotFound), &["/nowhere/tune.json"]);
    let folder = Folder::new();
    for content in [
        "",
        "[]",
        "{}",
        r#"{"tune_file": 2}"#,
        r#"{"tune_file": 1, "intra_op_threads": -1}"#,
        r#"{"tune_file": 1, "optimization_level": "3"}"#,
        r#"{"tune_file": 1, "options": {"no_such_option": "1"}}"#,
        r#"{"tune_file": 1, "options": {"warmup_runs": 1}}"#,
    ] {
        let text = refused(&tuned(&folder, content, "add.onnx", &[]), Status::InvalidArgument);
        contains_all(&text, &["tune.json"]);
    }
}

// --- execution providers ---

#[test]
fn a_provider_that_the_runtime_lacks_is_unsupported_and_lists_those_it_has() {
    let mut config = config("add.onnx");
    config.append_execution_provider("warp", None).unwrap();
    let text = refused(&config, Status::Unsupported);
    contains_all(&text, &["\"warp\"", "cpu"]);
    for name in predictor_pool::provider_names().unwrap() {
        contains_all(&text, &[name]);
    }
    assert!(predictor_pool::provider_names().unwrap().contains(&"cpu".to_owned()));
}

#[test]
fn a_provider_that_gets_no_node_is_unsupported() {
    if predictor_pool::provider_names().unwrap().contains(&"azure".to_owned()) {
        let mut config = config("add.onnx");
        config.append_execution_provider("AzureExecutionProvider", None).unwrap();
        contains_all(&refused(&config, Status::Unsupported), &["\"azure\"", "no node"]);
    }
}

#[test]
fn the_cpu_provider_has_many_names_and_no_options() {
    for name in ["cpu", "CPU", "CPUExecutionProvider", " cpu "] {
        let mut config = config("add.onnx");
        config.append_execution_provider(name, None).unwrap();
        config.append_execution_provider(name, Some("{}")).unwrap();
        doubles(&config);
    }
    let mut config = config("add.onnx");
    config.append_execution_provider("cpu", Some(r#"{"device_id":"1"}"#)).unwrap();
    contains_all(&refused(&config, Status::InvalidArgument), &["\"cpu\""]);
}

#[test]
fn malformed_provider_options_are_refused_when_they_are_set() {
    let mut config = Config::new();
    for options in ["{", "[]", "1", r#"{"a": 1}"#, r#"{"a": {"b": "c"}}"#] {
        let text =
            fails(config.append_execution_provider("openvino", Some(options)), Status::InvalidArgument);
        contains_all(&text, &["\"openvino\"", "JSON object of strings"]);
    }
    fails(config.append_execution_provider("", None), Status::InvalidArgument);
    let c = c::config("add.onnx");
    let bad = c::PREDICTOR_ERROR_INVALID_ARGUMENT;
    let append = c::predictor_config_append_execution_provider;
    unsafe {
        c::fails(append(c.0, std::ptr::null(), std::ptr::null()), bad);
        c::fails(append(c.0, c"openvino".as_ptr(), c"{".as_ptr()), bad);
        c::ok(append(c.0, c"openvino".as_ptr(), c"".as_ptr()));
    }
}

// --- the log ---

#[test]
fn the_log_callback_receives_lines_of_its_severity_and_above() {
    alone(|| {
        for minimum in [Severity::Verbose, Severity::Info] {
            let log = record_log(minimum);
            doubles(&with("add.onnx", &[("share_model", "0")]));
            let lines = log.lock().unwrap();
            assert!(lines.iter().all(|line| line.0 >= minimum));
            assert!(lines.iter().any(|line| line.0 == minimum && line.1 != "predictor_pool"), "{minimum:?}");
            assert!(lines.iter().all(|line| !line.2.is_empty()));
        }
        let log = record_log(Severity::Warning);
        doubles(&with("add.onnx", &[("share_model", "0")]));
        assert_eq!(*log.lock().unwrap(), []);
        // The library itself listens to all that is logged about other providers' models.
        for name in predictor_pool::provider_names().unwrap() {
            let mut config = with("add.onnx", &[("share_model", "0")]);
            config.append_execution_provider(name, None).unwrap();
            let _ = Predictor::new(&config);
        }
        let lines = std::mem::take(&mut *log.lock().unwrap());
        assert!(lines.iter().all(|line| line.0 >= Severity::Warning), "{lines:?}");

        // lying_shape.onnx makes ONNX Runtime warn when it runs.
        let predictor = load("lying_shape.onnx");
        y_of(&predictor, &[6], &[1.0; 6]);
        let lines = std::mem::take(&mut *log.lock().unwrap());
        assert!(lines.iter().any(|line| line.0 == Severity::Warning && line.2.contains("{6}")), "{lines:?}");

        predictor_pool::set_log_callback(None, Severity::Verbose);
        y_of(&predictor, &[5], &[1.0; 5]);
        doubles(&with("add.onnx", &[("share_model", "0")]));
        assert_eq!(log.lock().unwrap().len(), 0, "no callback, no lines");
    });
}

#[test]
fn the_library_logs_under_its_own_name() {
    alone(|| {
        let log = record_log(Severity::Warning);
        let mut config = Config::new();
        config.set_model(model("add.onnx"), Some(model("external_data.bin")));
        doubles(&config);
        let lines = log.lock().unwrap();
        let [(severity, category, message)] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!((*severity, category.as_str()), (Severity::Warning, "predictor_pool"));
        contains_all(message, &["add.onnx", "no external data"]);
    });
}

#[test]
fn a_c_callback_gets_its_user_data_and_text() {
    type Lines = Mutex<Vec<(i32, String, String)>>;
    extern "C" fn callback(
        user_data: *mut std::ffi::c_void,
        severity: i32,
        category: *const std::ffi::c_char,
        message: *const std::ffi::c_char,
    ) {
        // SAFETY: the test hands over lines that outlive the callback.
        let lines = unsafe { &*user_data.cast::<Lines>() };
        lines.lock().unwrap().push((severity, c::string(category), c::string(message)));
    }
    alone(|| {
        let lines = Arc::new(Lines::default());
        let user_data = Arc::as_ptr(&lines).cast_mut().cast();
        c::ok(c::predictor_set_log_callback(Some(callback), user_data, 1));
        c::load("add.onnx");
        assert!(lines.lock().unwrap().iter().any(|line| line.0 == 1));
        assert!(lines.lock().unwrap().iter().all(|line| !line.1.is_empty()));

        for severity in [-1, 5] {
            let status = c::predictor_set_log_callback(None, user_data, severity);
            c::fails(status, c::PREDICTOR_ERROR_INVALID_ARGUMENT);
        }
        lines.lock().unwrap().clear();
        c::load("mlp.onnx");
        assert!(!lines.lock().unwrap().is_empty(), "a refused call changes nothing");

        c::ok(c::predictor_set_log_callback(None, std::ptr::null_mut(), 0));
        lines.lock().unwrap().clear();
        c::load("scalar.onnx");
        assert_eq!(*lines.lock().unwrap(), []);
    });
}

#[test]
fn failures_print_nothing() {
    // What `alone` looks at is stderr.
    alone(|| {
        for name in ["not_a_model.bin", "unknown_op.onnx", "wrong_ir.onnx", "map_input.onnx", "missing.onnx"]
        {
            assert!(Predictor::new(&config(name)).is_err());
        }
        let predictor = load("failing.onnx");
        let index = predictor.input("index").unwrap();
        index.reshape(&[1]).unwrap();
        index.copy_from_host(&[9i64]).unwrap();
        fails(predictor.run(), Status::RunFailed);
        let predictor = load("lying_shape.onnx");
        set_x(&predictor, &[6], &[1.0; 6]);
        predictor.run().unwrap();
        predictor.run().unwrap();
        let predictor = load("slow.onnx");
        common::set_slow(&predictor, common::LONG);
        fails(predictor.run_with_timeout(std::time::Duration::from_millis(20)), Status::Timeout);
    });
}
