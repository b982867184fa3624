//! Execution providers: what is asked for is what computes, or it is an error. OpenVINO is the one
//! that every x86-64 machine can run.
#![cfg(target_arch = "x86_64")]

mod processes;

use std::sync::{Arc, Mutex};
use std::thread;

use predictor_pool::{Config, Error, Predictor, PredictorPool, Severity, Status};
use processes::{Folder, Random, alone, assert_same_bits, model, onnxruntime};

const RUNTIME: &str = "PREDICTOR_POOL_ORT_LIB";
const ON_CPU: &str = r#"{"device_type":"CPU"}"#;
const SHAPES: [[i64; 4]; 4] = [[1, 3, 8, 8], [2, 3, 16, 16], [1, 3, 24, 8], [4, 3, 5, 7]];

/// Runs `body` with the build of ONNX Runtime that has OpenVINO.
#[track_caller]
fn with_openvino<F: FnOnce()>(body: F) {
    alone(&[(RUNTIME, onnxruntime("openvino").to_str().unwrap())], body);
}

fn config(name: &str) -> Config {
    let mut config = Config::new();
    config.set_model(model(name), None);
    config
}

fn openvino(options: &str) -> Config {
    let mut config = config("convolution.onnx");
    config.append_execution_provider("openvino", Some(options)).unwrap();
    config
}

/// OpenVINO needs libraries of the system; a text that names one is the thing to read.
#[track_caller]
fn load(config: &Config) -> Predictor {
    Predictor::new(config).unwrap_or_else(|error| panic!("OpenVINO does not work here: {error}"))
}

fn input(dims: &[i64; 4]) -> Vec<f32> {
    Random::new(dims.iter().sum::<i64>() as u64).floats(dims.iter().product::<i64>() as usize)
}

fn run(predictor: &Predictor, dims: &[i64; 4]) -> Vec<f32> {
    let x = predictor.input("x").unwrap();
    x.reshape(dims).unwrap();
    x.copy_from_host(&input(dims)).unwrap();
    predictor.run().unwrap();
    let mut y = vec![0.0f32; dims[0] as usize * 10];
    predictor.output("y").unwrap().copy_to_host(&mut y).unwrap();
    y
}

#[track_caller]
fn assert_close(got: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        let far = (got - expected).abs() > tolerance * expected.abs().max(1.0);
        assert!(!far && got.is_finite(), "{got} is not {expected}");
    }
}

fn unsupported(config: &Config) -> Error {
    let error = Predictor::new(config).err().expect("a silent run on something else");
    assert_eq!(error.status(), Status::Unsupported, "{error}");
    error
}

/// What the log says from now on.
fn listen() -> Arc<Mutex<Vec<String>>> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&lines);
    let hear = move |_, _: &str, message: &str| heard.lock().unwrap().push(message.to_owned());
    predictor_pool::set_log_callback(Some(Arc::new(hear)), Severity::Verbose);
    lines
}

/// The providers that nodes were placed on.
fn placed(lines: &Mutex<Vec<String>>) -> Vec<String> {
    let lines = lines.lock().unwrap();
    let provider = |line: &String| Some(line.split_once("placed on [")?.1.split_once(']')?.0.to_owned());
    lines.iter().filter_map(provider).collect()
}

#[test]
fn openvino_is_listed() {
    with_openvino(|| {
        let names = predictor_pool::provider_names().unwrap();
        assert!(names.iter().any(|name| name == "openvino"), "{names:?}");
        assert!(names.iter().any(|name| name == "cpu"), "{names:?}");
    });
}

#[test]
fn openvino_computes_what_the_cpu_provider_does() {
    with_openvino(|| {
        let cpu = load(&config("convolution.onnx"));
        let lines = listen();
        let openvino = load(&openvino(ON_CPU));
        let placed = placed(&lines);
        assert!(
            !placed.is_empty() && placed.iter().all(|name| name == "OpenVINOExecutionProvider"),
            "{placed:?}"
        );
        for dims in &SHAPES {
            assert_close(&run(&openvino, dims), &run(&cpu, dims), 1e-4);
        }
    });
}

#[test]
fn clones_on_several_threads_give_the_bits_of_serial_runs() {
    with_openvino(|| {
        let lines = listen();
        let first = load(&openvino(ON_CPU));
        let loaded = placed(&lines).len();
        let expected = SHAPES.map(|dims| run(&first, &dims));
        let predictors = [(); 4].map(|()| first.try_clone().unwrap());
        thread::scope(|scope| {
            for (number, predictor) in predictors.iter().enumerate() {
                let expected = &expected;
                scope.spawn(move || {
                    for round in 0..60 {
                        let chosen = (number + round) % SHAPES.len();
                        assert_same_bits(&run(predictor, &SHAPES[chosen]), &expected[chosen]);
                    }
                });
            }
        });
        assert_eq!(placed(&lines).len(), loaded, "a clone has loaded the model again");
    });
}

#[test]
fn a_pool_runs_on_openvino() {
    with_openvino(|| {
        let expected = run(&load(&config("convolution.onnx")), &SHAPES[0]);
        let pool = PredictorPool::new(&openvino(ON_CPU), 2).unwrap();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        assert_close(&run(&pool.acquire(None).unwrap(), &SHAPES[0]), &expected, 1e-4);
                    }
                });
            }
        });
    });
}

/// On OpenVINO with a lower precision; `None` if that is refused.
fn low_precision(precision: &str) -> Option<Predictor> {
    let lines = listen();
    let mut config = openvino(ON_CPU);
    config.set_option("precision", precision).unwrap();
    match Predictor::new(&config) {
        Ok(predictor) => {
            let placed = placed(&lines);
            assert!(placed.iter().all(|name| name == "OpenVINOExecutionProvider"), "{placed:?}");
            Some(predictor)
        }
        Err(error) => {
            assert_eq!(error.status(), Status::Unsupported, "{error}");
            assert!(error.message().contains(precision), "{error}");
            None
        }
    }
}

/// Not float32 without a word, and not another format.
#[test]
fn bfloat16_is_computed_or_refused() {
    with_openvino(|| {
        let Some(bfloat16) = low_precision("bf16") else { return };
        let float32 = load(&openvino(ON_CPU));
        for dims in &SHAPES {
            let (got, expected) = (run(&bfloat16, dims), run(&float32, dims));
            assert_close(&got, &expected, 2e-2);
            assert_ne!(got, expected, "bf16 was asked for and float32 computed");
        }
    });
}

#[test]
fn float16_is_computed_or_refused() {
    with_openvino(|| {
        let Some(float16) = low_precision("fp16") else { return };
        let (float32, bfloat16) = (load(&openvino(ON_CPU)), low_precision("bf16"));
        for dims in &SHAPES {
            let (got, expected) = (run(&float16, dims), run(&float32, dims));
            assert_close(&got, &expected, 2e-2);
            assert_ne!(got, expected, "fp16 was asked for and float32 computed");
            if let Some(bfloat16) = &bfloat16 {
                assert_ne!(got, run(bfloat16, dims), "fp16 was asked for and bfloat16 computed");
            }
        }
    });
}

#[test]
fn the_precision_joins_a_load_config_of_the_callers() {
    with_openvino(|| {
        let load_config = r#"{"device_type":"CPU","load_config":"{\"CPU\":{\"NUM_STREAMS\":\"1\"}}"}"#;
        let expected = run(&load(&openvino(load_config)), &SHAPES[1]);
        let mut low = openvino(load_config);
        low.set_option("precision", "bf16").unwrap();
        match Predictor::new(&low) {
            Ok(low) => assert_close(&run(&low, &SHAPES[1]), &expected, 2e-2),
            Err(error) => assert_eq!(error.status(), Status::Unsupported, "{error}"),
        }
    });
}

/// The CPU provider has it on 64-bit ARM only.
#[test]
fn a_lower_precision_on_the_cpu_provider_is_refused() {
    for precision in ["bf16", "fp16"] {
        let mut config = config("convolution.onnx");
        config.set_option("precision", precision).unwrap();
        assert!(unsupported(&config).message().contains(precision));
        config.append_execution_provider("cpu", None).unwrap();
        unsupported(&config);
    }
}

#[test]
fn wrong_options_are_an_error_and_no_run_on_the_cpu() {
    with_openvino(|| {
        let wrong = [
            r#"{"device_type":"NONSENSE"}"#,
            r#"{"device_type":"GPU"}"#,
            r#"{"device_type":"CPU","no_such_option":"1"}"#,
            r#"{"device_type":"CPU","precision":"BF16"}"#,
            r#"{"device_type":"CPU","num_of_threads":"many"}"#,
            r#"{"device_type":"CPU","load_config":"no JSON"}"#,
        ];
        for options in wrong {
            // One of the machine's GPUs might just work.
            if options.contains("GPU") && std::path::Path::new("/dev/dri").exists() {
                continue;
            }
            let error = Predictor::new(&openvino(options)).err();
            let error = error.unwrap_or_else(|| panic!("{options}: a silent run on something else"));
            let expected = [Status::Unsupported, Status::InvalidArgument];
            assert!(expected.contains(&error.status()), "{options}: {:?} {error}", error.status());
            assert!(error.message().contains("openvino"), "{options}: {error}");
        }
        load(&openvino(ON_CPU));
    });
}

#[test]
fn the_text_for_a_wrong_option_says_what_is_wrong() {
    with_openvino(|| {
        for (options, names) in [
            (r#"{"device_type":"CPU","no_such_option":"1"}"#, "no_such_option"),
            (r#"{"device_type":"CPU","num_of_threads":"many"}"#, "num_of_threads"),
            (r#"{"device_type":"NONSENSE"}"#, "NONSENSE"),
        ] {
            let error = Predictor::new(&openvino(options)).err().unwrap();
            assert!(error.message().contains(names), "{options}: {error}");
        }
    });
}

#[test]
fn a_provider_that_gets_no_node_is_an_error() {
    with_openvino(|| {
        let mut strings = config("string_upper.onnx");
        strings.append_execution_provider("openvino", Some(ON_CPU)).unwrap();
        let error = unsupported(&strings);
        assert!(error.message().contains("openvino"), "{error}");
    });
}

#[test]
fn a_provider_that_the_build_lacks_is_unsupported_and_the_text_lists_those_it_has() {
    alone(&[(RUNTIME, onnxruntime("current").to_str().unwrap())], || {
        for name in ["openvino", "OpenVINOExecutionProvider", "cuda", "tensorrt", "nonsense"] {
            let mut config = config("convolution.onnx");
            config.append_execution_provider(name, None).unwrap();
            let error = unsupported(&config);
            for has in predictor_pool::provider_names().unwrap() {
                assert!(error.message().contains(has), "{error}");
            }
            // The CPU as a second choice is no excuse.
            config.append_execution_provider("cpu", None).unwrap();
            unsupported(&config);
        }
    });
}

#[test]
fn a_model_on_openvino_works_without_the_cache_of_optimised_models() {
    let folder = Folder::new();
    let variables = [(RUNTIME, onnxruntime("openvino")), ("CACHE", folder.path().to_path_buf())];
    let variables = variables.each_ref().map(|(key, value)| (*key, value.to_str().unwrap()));
    alone(&variables, || {
        let lines = listen();
        let mut cached = openvino(ON_CPU);
        cached.set_option("optimized_model_cache", &std::env::var("CACHE").unwrap()).unwrap();
        assert_same_bits(&run(&load(&cached), &SHAPES[0]), &run(&load(&openvino(ON_CPU)), &SHAPES[0]));
        let warned = lines.lock().unwrap().iter().any(|line| line.contains("optimized_model_cache"));
        assert!(warned, "nothing says that there is no cache");
    });
}
