//! Predictors: clones, models shared by equal configs, stopping runs, stateless runs, memory.

mod common;

use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use common::golden::{Bytes, case_named};
use common::{
    CancelAtEnd, Folder, LONG, alone, c, cancel, config, config_of, contains_all, fails, get_y, load, model,
    resident, run_probed, set_slow, set_x, threads_of, wait_until_busy, y_of,
};
use predictor_pool::{Config, DataType, Predictor, RunInput, RunOutput, Status};

// --- clones ---

#[test]
fn a_clone_starts_with_empty_tensors() {
    let source = load("add_batch.onnx");
    y_of(&source, &[1, 4], &[1.0; 4]);
    let clone = source.try_clone().unwrap();
    fails(clone.input("x").unwrap().shape(), Status::ShapeMismatch);
    contains_all(&fails(clone.run(), Status::InvalidArgument), &["\"x\""]);
    fails(clone.output("y").unwrap().shape(), Status::InvalidArgument);
}

#[test]
fn a_clone_and_its_source_do_not_touch_each_other() {
    let source = load("add_batch.onnx");
    let clone = source.try_clone().unwrap();
    assert_eq!(y_of(&source, &[1, 4], &[1.0; 4]), [2.0; 4]);
    assert_eq!(y_of(&clone, &[2, 4], &[5.0; 8]), [10.0; 8]);
    source.run().unwrap();
    assert_eq!(get_y(&source), [2.0; 4]);
    assert_eq!(get_y(&clone), [10.0; 8]);
}

#[test]
fn a_clone_outlives_its_source_and_its_config() {
    let clone = {
        let source = load("mlp.onnx");
        let clone = source.try_clone().unwrap();
        clone.try_clone().unwrap()
    };
    assert_eq!(y_of(&clone, &[1, 64], &[1.0; 64]), y_of(&load("mlp.onnx"), &[1, 64], &[1.0; 64]));

    let c = c::load("add.onnx");
    let clone = c::OwnedPredictor(c::made(|out| unsafe { c::clone_predictor(c.0, out) }));
    drop(c);
    c::set(c::input(clone.0, "x"), &[1, 4], &[1.0; 4]);
    c::ok(c::predictor_run(clone.0));
    assert_eq!(c::get(c::output(clone.0, "y")), [2.0; 4]);
}

#[test]
fn clones_add_no_threads_and_at_most_30_kilobytes_each() {
    alone(|| {
        let mut config = config("mlp.onnx");
        config.set_intra_op_threads(3).unwrap();
        let source = Predictor::new(&config).unwrap();
        y_of(&source, &[1, 64], &[1.0; 64]);
        let before = resident();
        let (threads, clones) =
            threads_of(|| (0..300).map(|_| source.try_clone().unwrap()).collect::<Vec<_>>());
        let each = (resident() - before) / 300;
        assert_eq!(threads, 0);
        assert!(each <= 30_000, "{each} bytes a clone");
        assert_eq!(clones.len(), 300);
    });
}

// --- equal configs share one model ---

/// A session with 3 intra-op threads starts 2 workers, so new threads tell how often a model was
/// loaded.
const WORKERS: i64 = 2;

fn with_workers(mut config: Config) -> Config {
    config.set_intra_op_threads(WORKERS as i32 + 1).unwrap();
    config
}

fn loads_of(configs: &[Config]) -> (i64, Vec<Predictor>) {
    load("add.onnx"); // ONNX Runtime's own threads, if it has any
    let new = |config: &Config| Predictor::new(&with_workers(config.clone())).unwrap();
    let (threads, predictors) = threads_of(|| configs.iter().map(new).collect());
    assert_eq!(threads % WORKERS, 0, "{threads} new threads");
    (threads / WORKERS, predictors)
}

#[test]
fn equal_configs_share_one_model() {
    alone(|| {
        let (loads, predictors) = loads_of(&[config("mlp.onnx"), config("mlp.onnx"), config("mlp.onnx")]);
        assert_eq!(loads, 1);
        assert_eq!(loads_of(&[config("mlp.onnx")]).0, 0, "found again");
        for predictor in &predictors {
            y_of(predictor, &[1, 64], &[1.0; 64]);
        }
    });
}

#[test]
fn a_model_goes_with_its_last_predictor() {
    alone(|| {
        let (loads, mut predictors) = loads_of(&[config("mlp.onnx"), config("mlp.onnx")]);
        assert_eq!(loads, 1);
        predictors.push(predictors[0].try_clone().unwrap());
        let before = common::threads();
        predictors.drain(..2);
        assert_eq!(common::threads(), before, "the clone still needs it");
        drop(predictors);
        assert_eq!(common::threads(), before - WORKERS);
        assert_eq!(loads_of(&[config("mlp.onnx")]).0, 1, "the cache alone keeps nothing");
    });
}

#[test]
fn configs_are_equal_by_what_they_mean() {
    alone(|| {
        let folder = Folder::new();
        let link = folder.join("link");
        std::os::unix::fs::symlink(model("mlp.onnx"), &link).unwrap();
        let mut explicit = config("mlp.onnx");
        explicit.set_optimization_level(3).unwrap();
        explicit.set_option("enable_cpu_arena", "1").unwrap();
        explicit.set_option("execution_mode", "sequential").unwrap();
        let mut other_use = config("mlp.onnx");
        other_use.set_option("warmup_runs", "1").unwrap();
        other_use.set_option("pool_max_waiting", "9").unwrap();
        let configs = [config("mlp.onnx"), config_of(&link), explicit, other_use];
        assert_eq!(loads_of(&configs).0, 1);
    });
}

#[test]
fn an_unset_number_of_threads_is_1_and_cpu_is_always_there() {
    // Such sessions have no workers to count, so the log tells.
    alone(|| {
        let log = common::record_log(predictor_pool::Severity::Info);
        let [unset, mut one, mut cpu, mut inter] = [(); 4].map(|()| config("mlp.onnx"));
        one.set_intra_op_threads(1).unwrap();
        cpu.append_execution_provider("CPUExecutionProvider", None).unwrap();
        inter.set_inter_op_threads(1).unwrap();
        let _predictors = [unset, one, cpu, inter].map(|config| Predictor::new(&config).unwrap());
        let lines = log.lock().unwrap();
        let loads = lines.iter().filter(|line| line.2.contains("Session successfully initialized")).count();
        assert_eq!(loads, 1);
    });
}

#[test]
fn configs_that_differ_do_not_share() {
    alone(|| {
        let mut level = config("mlp.onnx");
        level.set_optimization_level(1).unwrap();
        let mut entry = config("mlp.onnx");
        entry.set_option("session.set_denormal_as_zero", "1").unwrap();
        let mut option = config("mlp.onnx");
        option.set_option("free_dimension:batch", "2").unwrap();
        let (loads, predictors) = loads_of(&[config("mlp.onnx"), level, entry, option]);
        assert_eq!(loads, 4);
        assert_eq!(predictors[3].inputs()[0].shape().unwrap(), [2, 64]);
        assert_eq!(predictors[0].inputs()[0].shape().unwrap(), [-1, 64]);
    });
}

#[test]
fn share_model_0_does_not_share() {
    alone(|| {
        let mut private = config("mlp.onnx");
        private.set_option("share_model", "0").unwrap();
        let shared = config("mlp.onnx");
        let (loads, predictors) =
            loads_of(&[private.clone(), private.clone(), shared.clone(), shared, private]);
        assert_eq!(loads, 4);
        let (threads, _clone) = threads_of(|| predictors[0].try_clone().unwrap());
        assert_eq!(threads, 0, "clones share all the same");
    });
}

#[test]
fn buffers_are_equal_by_content() {
    alone(|| {
        let bytes = fs::read(model("mlp.onnx")).unwrap();
        let of = |bytes: &[u8]| {
            let mut config = Config::new();
            config.set_model_buffer(bytes, None);
            config
        };
        let other = fs::read(model("convolution.onnx")).unwrap();
        assert_eq!(loads_of(&[of(&bytes), of(&bytes.clone()), of(&other)]).0, 2);
        // A file and a buffer are two sources.
        assert_eq!(loads_of(&[of(&bytes), config("mlp.onnx")]).0, 2);
    });
}

#[test]
fn threads_that_load_the_same_model_at_once_load_it_once() {
    alone(|| {
        load("add.onnx");
        let barrier = Barrier::new(8);
        let (threads, predictors) = threads_of(|| {
            std::thread::scope(|scope| {
                let load = || {
                    barrier.wait();
                    Predictor::new(&with_workers(config("convolution.onnx"))).unwrap()
                };
                let loads: Vec<_> = (0..8).map(|_| scope.spawn(load)).collect();
                loads.into_iter().map(|load| load.join().unwrap()).collect::<Vec<_>>()
            })
        });
        assert_eq!(threads, WORKERS);
        assert_eq!(predictors.len(), 8);
    });
}

/// As an editor or a deployment does it: the old file stays what it was for those who use it.
fn replace(path: &Path, with: &Path) {
    let fresh = path.with_extension("new");
    fs::copy(with, &fresh).unwrap();
    fs::rename(&fresh, path).unwrap();
}

#[test]
fn a_changed_file_is_another_model() {
    let folder = Folder::new();
    let path = folder.copy_as("scalar.onnx", "m.onnx");
    let old = Predictor::new(&config_of(&path)).unwrap();
    replace(&path, &model("add_batch.onnx"));
    let new = Predictor::new(&config_of(&path)).unwrap();
    assert_eq!(y_of(&new, &[1, 4], &[1.0; 4]), [2.0; 4]);
    assert_eq!(y_of(&old, &[], &[3.0]), [6.0], "the old one still is what it was");
    assert_eq!(y_of(&old.try_clone().unwrap(), &[], &[3.0]), [6.0]);

    // The same file, written to.
    std::thread::sleep(Duration::from_millis(50));
    fs::write(&path, fs::read(model("scalar.onnx")).unwrap()).unwrap();
    assert_eq!(y_of(&Predictor::new(&config_of(&path)).unwrap(), &[], &[3.0]), [6.0]);
}

/// y of external_data.onnx for x = 1.
fn external_y(config: &Config) -> Vec<f32> {
    y_of(&Predictor::new(config).unwrap(), &[1, 8], &[1.0; 8])
}

/// Another file of weights for external_data.onnx, and y with them.
fn other_weights(folder: &Folder) -> (std::path::PathBuf, Vec<f32>) {
    let path = folder.join("other.bin");
    fs::write(&path, vec![0; fs::read(model("external_data.bin")).unwrap().len()]).unwrap();
    let mut config = Config::new();
    config.set_model(model("external_data.onnx"), Some(path.clone()));
    let y = external_y(&config);
    assert_ne!(y, external_y(&common::config("external_data.onnx")));
    (path, y)
}

#[test]
fn a_changed_file_of_external_data_is_another_model() {
    let folder = Folder::new();
    let path = folder.copy("external_data.onnx");
    let weights = folder.copy("external_data.bin");
    let old = Predictor::new(&config_of(&path)).unwrap();
    let old_y = y_of(&old, &[1, 8], &[1.0; 8]);
    let (other, other_y) = other_weights(&folder);
    assert_ne!(old_y, other_y);
    replace(&weights, &other);
    assert_eq!(external_y(&config_of(&path)), other_y);
    assert_eq!(y_of(&old, &[1, 8], &[1.0; 8]), old_y);
}

#[test]
fn one_model_file_beside_different_external_data_is_different_models() {
    let (first, second) = (Folder::new(), Folder::new());
    first.copy("external_data.onnx");
    first.copy("external_data.bin");
    fs::hard_link(first.join("external_data.onnx"), second.join("external_data.onnx")).unwrap();
    let (other, other_y) = other_weights(&first);
    fs::copy(other, second.join("external_data.bin")).unwrap();
    let _kept = Predictor::new(&config_of(&first.join("external_data.onnx"))).unwrap();
    assert_eq!(external_y(&config_of(&second.join("external_data.onnx"))), other_y);
}

#[test]
fn a_failed_load_is_not_remembered() {
    let folder = Folder::new();
    let path = folder.join("m.onnx");
    fails(Predictor::new(&config_of(&path)), Status::NotFound);
    fs::copy(model("truncated.onnx"), &path).unwrap();
    fails(Predictor::new(&config_of(&path)), Status::InvalidModel);
    fails(Predictor::new(&config_of(&path)), Status::InvalidModel);
    replace(&path, &model("add.onnx"));
    assert_eq!(y_of(&Predictor::new(&config_of(&path)).unwrap(), &[1, 4], &[1.0; 4]), [2.0; 4]);

    // External data that comes later, with the model file unchanged.
    let path = folder.copy("external_data.onnx");
    contains_all(&fails(Predictor::new(&config_of(&path)), Status::NotFound), &["external_data.bin"]);
    folder.copy("external_data.bin");
    assert_eq!(external_y(&config_of(&path)), external_y(&config("external_data.onnx")));
}

// --- time limits ---

#[test]
fn a_run_within_its_limit_is_a_run() {
    let predictor = load("add.onnx");
    set_x(&predictor, &[1, 4], &[1.0; 4]);
    for limit in [Duration::from_secs(3600), Duration::from_millis(u64::MAX), Duration::MAX] {
        predictor.run_with_timeout(limit).unwrap();
        assert_eq!(get_y(&predictor), [2.0; 4]);
    }
    let c = c::load("add.onnx");
    c::set(c::input(c.0, "x"), &[1, 4], &[1.0; 4]);
    for limit in [-1, i64::MIN, i64::MAX, 60_000] {
        c::ok(c::predictor_run_with_timeout(c.0, limit));
    }
}

#[test]
fn a_limit_of_0_is_a_timeout_at_once() {
    let predictor = load("slow.onnx");
    set_slow(&predictor, LONG);
    let start = Instant::now();
    contains_all(&fails(predictor.run_with_timeout(Duration::ZERO), Status::Timeout), &["0 ms"]);
    assert!(start.elapsed() < Duration::from_secs(1));
    let c = c::load("add.onnx");
    c::set(c::input(c.0, "x"), &[1, 4], &[1.0; 4]);
    c::fails(c::predictor_run_with_timeout(c.0, 0), c::PREDICTOR_ERROR_TIMEOUT);
    c::ok(c::predictor_run(c.0));
}

#[track_caller]
fn check_slow(predictor: &Predictor) {
    let case = case_named("slow_3");
    for input in &case.inputs {
        let common::golden::Data::Bytes(bytes) = &input.data else { panic!() };
        let (start, length) = (bytes.as_slice().as_ptr(), bytes.as_slice().len());
        // SAFETY: a slice.
        unsafe { predictor.input(&input.name).unwrap().copy_from_raw(input.data_type, start, length) }
            .unwrap();
    }
    predictor.run().unwrap();
    let mut bytes = Bytes::zeroed(64 * 64 * 4);
    let start = bytes.as_mut_slice().as_mut_ptr();
    let y = predictor.output("y").unwrap();
    // SAFETY: a slice.
    unsafe { y.copy_to_raw(DataType::Float32, start, 64 * 64 * 4) }.unwrap();
    let got =
        common::golden::Value::from_packed("y", DataType::Float32, &y.shape().unwrap(), bytes.as_slice());
    case.check("after a stop", &[got]);
}

#[test]
fn a_run_is_stopped_at_its_limit_and_the_predictor_is_right_afterwards() {
    let predictor = load("slow.onnx");
    check_slow(&predictor);
    for _ in 0..3 {
        set_slow(&predictor, LONG);
        let start = Instant::now();
        let text = fails(predictor.run_with_timeout(Duration::from_millis(30)), Status::Timeout);
        contains_all(&text, &["30 ms"]);
        let elapsed = start.elapsed();
        assert!((Duration::from_millis(30)..Duration::from_secs(3)).contains(&elapsed), "{elapsed:?}");
        check_slow(&predictor);
    }
    // Limits that had not passed do not hit later runs.
    for _ in 0..5 {
        predictor.run_with_timeout(Duration::from_millis(300)).unwrap();
    }
    set_slow(&predictor, 150_000);
    predictor.run().unwrap();
}

#[test]
fn each_of_many_limits_stops_its_own_run() {
    let source = load("slow.onnx");
    std::thread::scope(|scope| {
        for limit in [150, 50, 100] {
            let predictor = source.try_clone().unwrap();
            scope.spawn(move || {
                set_slow(&predictor, LONG);
                let start = Instant::now();
                fails(predictor.run_with_timeout(Duration::from_millis(limit)), Status::Timeout);
                assert!(start.elapsed() >= Duration::from_millis(limit));
                check_slow(&predictor);
            });
        }
    });
}

// --- cancel ---

#[test]
fn cancel_stops_a_run_soon_and_the_next_run_is_right() {
    let predictor = load("slow.onnx");
    let mut latencies = Vec::new();
    for _ in 0..5 {
        set_slow(&predictor, LONG);
        std::thread::scope(|scope| {
            let _end = CancelAtEnd(&predictor);
            let run = scope.spawn(|| (run_probed(&predictor), Instant::now()));
            wait_until_busy(&predictor);
            cancel(&predictor);
            let start = Instant::now();
            let (result, end) = run.join().unwrap();
            fails(result, Status::Cancelled);
            latencies.push(end.saturating_duration_since(start));
        });
        check_slow(&predictor);
    }
    // The best one: other tests use the cores too.
    let best = latencies.iter().min().unwrap();
    assert!(*best < Duration::from_millis(100), "{latencies:?}");
}

#[test]
fn cancel_without_a_run_is_not_found_and_never_sticks() {
    let predictor = load("slow.onnx");
    fails(predictor.cancel(), Status::NotFound);
    check_slow(&predictor);
    fails(predictor.cancel(), Status::NotFound);
    check_slow(&predictor);
    let c = c::load("add.onnx");
    c::fails(c::predictor_cancel(c.0), c::PREDICTOR_ERROR_NOT_FOUND);
    c::set(c::input(c.0, "x"), &[1, 4], &[1.0; 4]);
    c::ok(c::predictor_run(c.0));
    c::ok(c::predictor_run_with_timeout(c.0, 60_000));
}

#[test]
fn a_cancel_that_comes_when_a_run_ends_does_not_hit_the_next_one() {
    let predictor = load("add.onnx");
    set_x(&predictor, &[1, 4], &[1.0; 4]);
    let end = Instant::now() + Duration::from_millis(500);
    let (mut cancelled, mut reached) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while Instant::now() < end {
                reached += u32::from(predictor.cancel().is_ok());
                std::thread::yield_now();
            }
        });
        while Instant::now() < end {
            match predictor.run() {
                Ok(()) => assert_eq!(get_y(&predictor), [2.0; 4]),
                Err(error) => {
                    assert_eq!(error.status(), Status::Cancelled, "{error}");
                    cancelled += 1;
                }
            }
        }
    });
    // A cancel that said OK reached a run, and a run was only cancelled by one that said so.
    assert!(cancelled <= reached, "{cancelled} runs were cancelled by {reached} calls");
    assert_eq!(cancelled == 0, reached == 0, "{cancelled} runs were cancelled by {reached} calls");
    predictor.run().unwrap();
}

fn run_slow_with(predictor: &Predictor, steps: i64) -> predictor_pool::Result<Vec<u8>> {
    let (steps, x) = (Bytes::from_slice(&steps.to_ne_bytes()), floats(&[0.25; 64 * 64]));
    let inputs = [
        RunInput { name: "x", data_type: DataType::Float32, dims: &[64, 64], data: x.as_slice() },
        RunInput { name: "steps", data_type: DataType::Int64, dims: &[], data: steps.as_slice() },
    ];
    let (mut y, mut dims) = (Bytes::zeroed(64 * 64 * 4), [0; 2]);
    let mut outputs = [RunOutput::new("y", y.as_mut_slice(), &mut dims)];
    predictor.run_with(&inputs, &mut outputs)?;
    Ok(y.as_slice().to_vec())
}

#[test]
fn cancel_reaches_stateless_runs_all_of_them() {
    let predictor = load("slow.onnx");
    std::thread::scope(|scope| {
        let _end = CancelAtEnd(&predictor);
        let runs = [(); 2].map(|()| scope.spawn(|| run_slow_with(&predictor, LONG)));
        // Whoever began later is reached by a later call.
        while !runs.iter().all(|run| run.is_finished()) {
            let _ = predictor.cancel();
            std::thread::sleep(Duration::from_millis(1));
        }
        for run in runs {
            fails(run.join().unwrap(), Status::Cancelled);
        }
    });
    fails(predictor.cancel(), Status::NotFound);
    run_slow_with(&predictor, 3).unwrap();
    check_slow(&predictor);
}

#[test]
fn cancel_leaves_clones_alone() {
    let predictor = load("slow.onnx");
    let clone = predictor.try_clone().unwrap();
    set_slow(&predictor, LONG);
    set_slow(&clone, 100_000);
    std::thread::scope(|scope| {
        let _end = CancelAtEnd(&predictor);
        let other = scope.spawn(|| clone.run());
        let run = scope.spawn(|| predictor.run());
        cancel(&predictor);
        fails(run.join().unwrap(), Status::Cancelled);
        other.join().unwrap().unwrap();
    });
}

// --- BUSY ---

#[test]
fn calls_beside_a_run_are_busy_and_change_nothing() {
    let predictor = load("slow.onnx");
    set_slow(&predictor, LONG);
    let x = predictor.input("x").unwrap();
    std::thread::scope(|scope| {
        let _end = CancelAtEnd(&predictor);
        let run = scope.spawn(|| run_probed(&predictor));
        wait_until_busy(&predictor);
        let y = predictor.output("y").unwrap();
        fails(predictor.run(), Status::Busy);
        fails(predictor.run_with_timeout(Duration::from_millis(1)), Status::Busy);
        fails(predictor.shrink_memory(), Status::Busy);
        fails(x.reshape(&[64, 64]), Status::Busy);
        fails(x.copy_from_host(&vec![9.0f32; 64 * 64]), Status::Busy);
        fails(x.data(), Status::Busy);
        let mut memory = vec![0.0f32; 64 * 64];
        // SAFETY: it is refused.
        let shared = unsafe {
            x.share_external_data(DataType::Float32, memory.as_mut_ptr().cast(), 64 * 64 * 4, &[64, 64])
        };
        fails(shared, Status::Busy);
        fails(x.shape(), Status::Busy);
        fails(x.copy_to_host(&mut memory), Status::Busy);
        fails(y.byte_length(), Status::Busy);
        fails(y.copy_to_host(&mut memory), Status::Busy);

        // What needs no turn still works.
        assert_eq!(predictor.inputs().len(), 2);
        assert_eq!(x.spec().shape().unwrap(), [64, 64]);
        check_slow(&predictor.try_clone().unwrap());
        run_slow_with(&predictor, 3).unwrap();

        cancel(&predictor);
        fails(run.join().unwrap(), Status::Cancelled);
    });
    let mut kept = vec![0.0f32; 64 * 64];
    x.copy_to_host(&mut kept).unwrap();
    assert_eq!(kept, vec![0.25f32; 64 * 64]);
    check_slow(&predictor);
}

#[test]
fn readers_run_beside_each_other() {
    let predictor = load("add_batch.onnx");
    y_of(&predictor, &[1, 4], &[1.0; 4]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    assert_eq!(get_y(&predictor), [2.0; 4]);
                }
            });
        }
    });
}

// --- stateless runs ---

fn floats(values: &[f32]) -> Bytes {
    Bytes::from_slice(&values.iter().flat_map(|value| value.to_ne_bytes()).collect::<Vec<_>>())
}

fn input<'a>(name: &'a str, dims: &'a [i64], data: &'a Bytes) -> RunInput<'a> {
    RunInput { name, data_type: DataType::Float32, dims, data: data.as_slice() }
}

#[test]
fn stateless_runs_do_not_touch_the_predictors_own_tensors() {
    let predictor = load("add_batch.onnx");
    y_of(&predictor, &[1, 4], &[1.0; 4]);
    let (x, mut y, mut dims) = (floats(&[5.0; 8]), Bytes::zeroed(32), [0; 2]);
    let mut outputs = [RunOutput::new("y", y.as_mut_slice(), &mut dims)];
    predictor.run_with(&[input("x", &[2, 4], &x)], &mut outputs).unwrap();
    assert_eq!((outputs[0].byte_length, outputs[0].rank), (32, 2));
    assert_eq!(outputs[0].data_type, Some(DataType::Float32));
    assert_eq!((y, dims), (floats(&[10.0; 8]), [2, 4]));
    assert_eq!(get_y(&predictor), [2.0; 4]);
    assert_eq!(predictor.input("x").unwrap().shape().unwrap(), [1, 4]);
}

#[test]
fn stateless_runs_of_many_threads_go_beside_a_run() {
    let predictor = load("slow.onnx");
    let expected = run_slow_with(&predictor, 50).unwrap();
    set_slow(&predictor, LONG);
    std::thread::scope(|scope| {
        let _end = CancelAtEnd(&predictor);
        let run = scope.spawn(|| run_probed(&predictor));
        wait_until_busy(&predictor);
        let runs: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    (0..20).for_each(|_| assert_eq!(run_slow_with(&predictor, 50).unwrap(), expected));
                })
            })
            .collect();
        runs.into_iter().for_each(|run| run.join().unwrap());
        assert!(!run.is_finished());
        cancel(&predictor);
        fails(run.join().unwrap(), Status::Cancelled);
    });
}

#[test]
fn stateless_runs_may_leave_out_outputs_and_inputs_with_defaults() {
    let predictor = load("sum_two.onnx");
    let (a, b) = (floats(&[5.0, 6.0, 7.0]), floats(&[1.0, 2.0, 3.0]));
    let inputs = [input("b", &[1, 3], &b), input("a", &[1, 3], &a)];
    let (mut difference, mut dims) = (Bytes::zeroed(12), [0; 2]);
    let mut outputs = [RunOutput::new("difference", difference.as_mut_slice(), &mut dims)];
    predictor.run_with(&inputs, &mut outputs).unwrap();
    assert_eq!(difference, floats(&[4.0; 3]));
    predictor.run_with(&inputs, &mut []).unwrap();

    let predictor = load("with_default.onnx");
    let (x, bias) = (floats(&[1.0]), floats(&[10.0]));
    let run = |inputs: &[RunInput<'_>]| {
        let (mut y, mut dims) = (Bytes::zeroed(4), [0; 1]);
        predictor.run_with(inputs, &mut [RunOutput::new("y", y.as_mut_slice(), &mut dims)]).unwrap();
        f32::from_ne_bytes(y.as_slice().try_into().unwrap())
    };
    for _ in 0..2 {
        assert_eq!(run(&[input("x", &[1], &x), input("bias", &[1], &bias)]), 11.0);
        assert_eq!(run(&[input("x", &[1], &x)]), 1.5);
    }
}

#[test]
fn stateless_runs_check_their_arguments() {
    let predictor = load("sum_two.onnx");
    let (a, b) = (floats(&[1.0; 3]), floats(&[1.0; 3]));
    let good = [input("a", &[1, 3], &a), input("b", &[1, 3], &b)];
    let fails = |inputs: &[RunInput<'_>], status, parts: &[&str]| {
        contains_all(&fails(predictor.run_with(inputs, &mut []), status), parts);
    };
    predictor.run_with(&good, &mut []).unwrap();
    fails(&good[..1], Status::InvalidArgument, &["\"b\"", "float32[-1,3]"]);
    fails(&[], Status::InvalidArgument, &["\"a\""]);
    fails(&[good[0], good[1], good[0]], Status::InvalidArgument, &["\"a\"", "twice"]);
    fails(&[good[0], RunInput { name: "c", ..good[1] }], Status::NotFound, &["\"c\"", "\"a\", \"b\""]);
    let of_type = |data_type| [good[0], RunInput { data_type, ..good[1] }];
    fails(&of_type(DataType::Int32), Status::TypeMismatch, &["\"b\"", "float32", "int32"]);
    let of_dims = |dims| [good[0], RunInput { dims, ..good[1] }];
    fails(&of_dims(&[1, 4]), Status::ShapeMismatch, &["\"b\"", "float32[-1,3]", "[1,4]"]);
    fails(&of_dims(&[3]), Status::ShapeMismatch, &["\"b\"", "[3]"]);
    fails(&of_dims(&[-1, 3]), Status::ShapeMismatch, &["\"b\""]);
    fails(&of_dims(&[i64::MAX, 3]), Status::OutOfRange, &["\"b\""]);
    fails(&of_dims(&[2, 3]), Status::InvalidArgument, &["\"b\"", "24 bytes", "12 bytes"]);
    let misaligned = Bytes::zeroed(16);
    let data = &misaligned.as_slice()[1..13];
    fails(&[good[0], RunInput { data, ..good[1] }], Status::InvalidArgument, &["\"b\"", "aligned"]);
    // Shapes that fit the declared ones and not each other are for the kernel to refuse.
    let two = floats(&[1.0; 6]);
    let three = floats(&[1.0; 9]);
    fails(&[input("a", &[2, 3], &two), input("b", &[3, 3], &three)], Status::RunFailed, &[]);
}

#[test]
fn stateless_runs_check_their_outputs() {
    let predictor = load("add_batch.onnx");
    let x = floats(&[1.0; 4]);
    let mut outputs = [RunOutput::new("z", &mut [], &mut [])];
    let result = predictor.run_with(&[input("x", &[1, 4], &x)], &mut outputs);
    contains_all(&fails(result, Status::NotFound), &["\"z\"", "\"y\""]);
    assert_eq!(outputs[0].data_type, None);
    let mut outputs = [RunOutput::new("y", &mut [], &mut []), RunOutput::new("y", &mut [], &mut [])];
    let result = predictor.run_with(&[input("x", &[1, 4], &x)], &mut outputs);
    contains_all(&fails(result, Status::InvalidArgument), &["\"y\"", "twice"]);
}

#[test]
fn too_little_room_is_out_of_range_with_the_sizes_of_every_output() {
    let predictor = load("sum_two.onnx");
    let (a, b) = (floats(&[5.0; 6]), floats(&[1.0; 6]));
    let inputs = [input("a", &[2, 3], &a), input("b", &[2, 3], &b)];
    for (bytes, rank) in [(0, 0), (23, 2), (24, 1)] {
        let mut room = (vec![0u8; bytes], vec![0i64; rank], [7u8; 64], [-7i64; 4]);
        let mut outputs = [
            RunOutput::new("total", &mut room.0, &mut room.1),
            RunOutput::new("difference", &mut room.2, &mut room.3),
        ];
        let text = fails(predictor.run_with(&inputs, &mut outputs), Status::OutOfRange);
        contains_all(&text, &["\"total\"", "24 bytes", "2 dimensions", &format!("got {bytes} and {rank}")]);
        for output in outputs {
            assert_eq!((output.byte_length, output.rank), (24, 2), "{:?}", output.name);
            assert_eq!(output.data_type, None, "set on success only");
        }
    }
}

#[test]
fn c_callers_ask_for_the_sizes_with_null_and_0() {
    let predictor = c::load("nonzero.onnx");
    let (x_name, y_name) = (c::text("x"), c::text("y"));
    let mut x = floats(&[0.0, 1.0, 1.0]);
    let inputs = [c::view(&x_name, c::FLOAT32, &mut [3], x.as_mut_slice())];
    let mut dims = [3i64];
    let inputs = inputs.map(|view| c::PredictorTensorView { dims: dims.as_mut_ptr(), ..view });
    let run = |output: &mut c::PredictorTensorView| unsafe {
        c::predictor_run_with(predictor.0, inputs.as_ptr(), 1, output, 1)
    };
    let mut output = c::view(&y_name, 0, &mut [], &mut []);
    c::fails(run(&mut output), c::PREDICTOR_ERROR_OUT_OF_RANGE);
    assert_eq!((output.byte_length, output.rank, output.data_type), (16, 2, 0), "sizes only");

    let (mut data, mut dims) = ([-1i64; 4], [-1i64; 3]);
    output.data = data.as_mut_ptr().cast();
    output.byte_length = 32;
    output.dims = dims.as_mut_ptr();
    output.rank = 3;
    c::ok(run(&mut output));
    assert_eq!((output.byte_length, output.rank), (16, 2), "what was produced, not the room");
    assert_eq!(output.data_type, c::PREDICTOR_INT64 as i32);
    assert_eq!((data, dims), ([1, 2, -1, -1], [1, 2, -1]));

    // Room for nothing is enough for nothing.
    let mut zeros = floats(&[0.0; 3]);
    let inputs =
        inputs.map(|view| c::PredictorTensorView { data: zeros.as_mut_slice().as_mut_ptr().cast(), ..view });
    output.data = std::ptr::null_mut();
    output.byte_length = 0;
    output.rank = 3;
    c::ok(unsafe { c::predictor_run_with(predictor.0, inputs.as_ptr(), 1, &mut output, 1) });
    assert_eq!((output.byte_length, output.rank, &dims[..2]), (0, 2, &[1, 0][..]));
}

#[test]
fn c_stateless_runs_check_their_arguments() {
    let predictor = c::load("add.onnx");
    let (x_name, y_name) = (c::text("x"), c::text("y"));
    let (mut x, mut y) = (floats(&[1.0; 4]), Bytes::zeroed(16));
    let (mut x_dims, mut y_dims) = ([1i64, 4], [0i64; 2]);
    let mut good = || {
        (
            c::view(&x_name, c::FLOAT32, &mut x_dims, x.as_mut_slice()),
            c::view(&y_name, 0, &mut y_dims, y.as_mut_slice()),
        )
    };
    let run = |input: &c::PredictorTensorView, mut output: c::PredictorTensorView| unsafe {
        c::predictor_run_with(predictor.0, input, 1, &mut output, 1)
    };
    let (input, output) = good();
    c::ok(run(&input, output));
    let null = std::ptr::null_mut();
    let bad = c::PREDICTOR_ERROR_INVALID_ARGUMENT;
    let mut wrong = |change: &dyn Fn(&mut c::PredictorTensorView, &mut c::PredictorTensorView)| {
        let (mut input, mut output) = good();
        change(&mut input, &mut output);
        c::fails(run(&input, output), bad);
    };
    wrong(&|input, _| input.name = std::ptr::null());
    wrong(&|input, _| input.data = null);
    wrong(&|input, _| input.dims = null.cast());
    wrong(&|input, _| input.data_type = 77);
    wrong(&|input, _| input.byte_length = 15);
    wrong(&|_, output| output.name = std::ptr::null());
    wrong(&|_, output| output.data = null);
    wrong(&|_, output| output.dims = null.cast());
    unsafe {
        c::fails(c::predictor_run_with(predictor.0, std::ptr::null(), 1, std::ptr::null_mut(), 0), bad);
        c::fails(c::predictor_run_with(predictor.0, std::ptr::null(), 0, std::ptr::null_mut(), 0), bad);
        let (input, _) = good();
        c::fails(c::predictor_run_with(predictor.0, &input, 1, std::ptr::null_mut(), 1), bad);
        c::ok(c::predictor_run_with(predictor.0, &input, 1, std::ptr::null_mut(), 0));
    }
}

#[test]
fn c_stateless_runs_refuse_memory_that_is_used_twice() {
    let predictor = c::load("sum_two.onnx");
    let names = ["a", "b", "total", "difference"].map(c::text);
    let (mut one, mut other) = ([0f32; 3], [0f32; 3]);
    let (mut in_dims, mut dims, mut other_dims) = ([1i64, 3], [0i64; 2], [0i64; 2]);
    let view = |name: usize, data: &mut [f32; 3], dims: &mut [i64; 2]| c::PredictorTensorView {
        name: names[name].as_ptr(),
        data: data.as_mut_ptr().cast(),
        byte_length: 12,
        dims: dims.as_mut_ptr(),
        rank: 2,
        data_type: c::FLOAT32,
    };
    let mut memory = [1f32; 3];
    // Inputs are only read.
    let inputs = [view(0, &mut memory, &mut in_dims), view(1, &mut memory, &mut in_dims)];
    let run = |outputs: &mut [c::PredictorTensorView]| unsafe {
        c::predictor_run_with(predictor.0, inputs.as_ptr(), 2, outputs.as_mut_ptr(), outputs.len())
    };
    let total = view(2, &mut one, &mut dims);
    c::ok(run(&mut [total, view(3, &mut other, &mut other_dims)]));
    let bad = c::PREDICTOR_ERROR_INVALID_ARGUMENT;
    c::fails(run(&mut [view(2, &mut one, &mut dims), view(3, &mut one, &mut other_dims)]), bad);
    c::fails(run(&mut [view(2, &mut one, &mut dims), view(3, &mut other, &mut dims)]), bad);
    c::fails(run(&mut [view(2, &mut memory, &mut dims)]), bad);
}

#[test]
fn stateless_runs_take_empty_tensors() {
    let predictor = load("add_batch.onnx");
    let (mut y, mut dims) = ([0u8; 4], [7; 2]);
    let given = RunInput { name: "x", data_type: DataType::Float32, dims: &[0, 4], data: &[] };
    let mut outputs = [RunOutput::new("y", &mut y, &mut dims)];
    predictor.run_with(&[given], &mut outputs).unwrap();
    assert_eq!((outputs[0].byte_length, dims), (0, [0, 4]));
}

#[test]
fn stateless_strings_are_packed() {
    let predictor = load("string_upper.onnx");
    let run = |dims: &[i64], packed: &[u8], room: &mut [u8]| {
        let given = RunInput { name: "x", data_type: DataType::String, dims, data: packed };
        let mut dims = [0; 1];
        let mut outputs = [RunOutput::new("y", room, &mut dims)];
        predictor.run_with(&[given], &mut outputs)?;
        Ok((outputs[0].byte_length, dims[0]))
    };
    let mut room = [0xa5; 16];
    assert_eq!(run(&[4], "ab\0\0ж\0drop\0".as_bytes(), &mut room), Ok((7, 3)));
    assert_eq!(room[..7], *"AB\0\0ж\0".as_bytes());
    assert_eq!(room[7..], [0xa5; 9]);
    let mut short = [0xa5; 6];
    fails(run(&[4], "ab\0\0ж\0drop\0".as_bytes(), &mut short), Status::OutOfRange);
    for packed in ["ab", "ab\0c", "ab\0c\0d\0", "ab\0", ""] {
        let text = fails(run(&[2], packed.as_bytes(), &mut room), Status::InvalidArgument);
        contains_all(&text, &["\"x\"", "2 strings"]);
    }
}

#[test]
fn a_failing_stateless_run_leaves_the_predictor_usable() {
    let predictor = load("failing.onnx");
    let run = |index: i64| {
        let index = Bytes::from_slice(&index.to_ne_bytes());
        let given =
            RunInput { name: "index", data_type: DataType::Int64, dims: &[1], data: index.as_slice() };
        let (mut y, mut dims) = (Bytes::zeroed(4), [0; 1]);
        predictor.run_with(&[given], &mut [RunOutput::new("y", y.as_mut_slice(), &mut dims)])?;
        Ok(f32::from_ne_bytes(y.as_slice().try_into().unwrap()))
    };
    for _ in 0..3 {
        contains_all(&fails(run(9), Status::RunFailed), &["Gather"]);
        assert_eq!(run(2), Ok(20.0));
    }
}

// --- memory ---

#[test]
fn shrink_memory_gives_back_what_a_large_run_left_and_the_predictor_is_right_afterwards() {
    alone(|| {
        let predictor = load("convolution.onnx");
        let small = vec![0.5f32; 3 * 8 * 8];
        let expected = y_of(&predictor, &[1, 3, 8, 8], &small);
        let before = resident();
        y_of(&predictor, &[8, 3, 256, 256], &vec![0.5; 8 * 3 * 256 * 256]);
        set_x(&predictor, &[1, 3, 8, 8], &small);
        let large = resident();
        let released = predictor.shrink_memory().unwrap() as i64;
        let after = resident();
        // The large input itself is 6 MB and stays: it is the predictor's.
        assert!(large - before > 20_000_000, "{} bytes", large - before);
        assert!(released > (large - before) / 2, "{released} of {}", large - before);
        assert!((large - after - released).abs() < 4_000_000, "{released}, and in truth {}", large - after);
        predictor.run().unwrap();
        assert_eq!(get_y(&predictor), expected);
        predictor.shrink_memory().unwrap();
        assert_eq!(get_y(&predictor), expected, "outputs stay");

        let c = c::load("convolution.onnx");
        let mut released = u64::MAX;
        c::ok(unsafe { c::predictor_shrink_memory(c.0, &mut released) });
        assert!(released < 1 << 40);
        let status = unsafe { c::predictor_shrink_memory(c.0, std::ptr::null_mut()) };
        c::fails(status, c::PREDICTOR_ERROR_INVALID_ARGUMENT);
    });
}

#[test]
fn stateless_runs_keep_nothing_that_shrink_memory_does_not_give_back() {
    alone(|| {
        let predictor = load("add_batch.onnx");
        let run = |rows: usize| {
            let (x, mut y, mut dims) = (floats(&vec![1.0; rows * 4]), Bytes::zeroed(rows * 16), [0; 2]);
            let mut outputs = [RunOutput::new("y", y.as_mut_slice(), &mut dims)];
            predictor.run_with(&[input("x", &[rows as i64, 4], &x)], &mut outputs).unwrap();
        };
        run(1);
        predictor.shrink_memory().unwrap();
        let before = resident();
        run(4_000_000); // 64 MB each way
        predictor.shrink_memory().unwrap();
        let kept = resident() - before;
        assert!(kept < 16_000_000, "{kept} bytes");
    });
}

#[test]
fn many_loads_and_runs_leak_nothing() {
    alone(|| {
        let round = || {
            for name in ["add_batch.onnx", "string_upper.onnx", "nonzero.onnx", "lying_shape.onnx"] {
                let predictor = load(name);
                let x = predictor.input("x").unwrap();
                for count in [3, 1000] {
                    let dims: &[i64] = if name == "add_batch.onnx" { &[count, 4] } else { &[count] };
                    x.reshape(dims).unwrap();
                    match name {
                        "string_upper.onnx" => x.copy_strings_from_host(&vec![
                            b"a string that is long enough"
                                as &[u8];
                            count as usize
                        ]),
                        _ => x.copy_from_host(&vec![1.0f32; dims.iter().product::<i64>() as usize]),
                    }
                    .unwrap();
                    predictor.run().unwrap();
                }
            }
        };
        for _ in 0..20 {
            round();
        }
        let before = resident();
        for _ in 0..100 {
            round();
        }
        let grown = resident() - before;
        assert!(grown < 4_000_000, "{grown} bytes in 100 rounds");
    });
}

#[test]
fn a_shape_mismatch_on_shared_memory_leaks_no_outputs() {
    alone(|| {
        // Two outputs of 3 MB; the first does not fit, and the second was produced all the same.
        let predictor = load("sum_two.onnx");
        let rows = 250_000i64;
        for name in ["a", "b"] {
            predictor.input(name).unwrap().reshape(&[rows, 3]).unwrap();
            predictor.input(name).unwrap().data().unwrap();
        }
        let mut memory = [0.0f32; 3];
        let total = predictor.output("total").unwrap();
        // SAFETY: it is as long as is said and outlives the runs.
        unsafe {
            total.share_external_data(DataType::Float32, memory.as_mut_ptr().cast(), 12, &[1, 3]).unwrap();
        }
        let run = || fails(predictor.run(), Status::ShapeMismatch);
        run();
        let before = resident();
        (0..40).for_each(|_| drop(run()));
        let grown = resident() - before;
        assert!(grown < 20_000_000, "{grown} bytes in 40 runs");
    });
}
