//! How many threads a process has, and what they do while nothing runs.

mod processes;

use std::sync::OnceLock;
use std::time::Duration;

use predictor_pool::{Config, Predictor, PredictorPool};
use processes::{Folder, alone, child, model, thread_count};

const CORES: &str = "PREDICTOR_POOL_NUM_THREADS";
const MODELS: [&str; 5] = ["add.onnx", "add_batch.onnx", "convolution.onnx", "mlp.onnx", "sum_two.onnx"];

fn config(name: &str) -> Config {
    let mut config = Config::new();
    config.set_model(model(name), None);
    config
}

fn pool(name: &str, size: usize) -> PredictorPool {
    PredictorPool::new(&config(name), size).unwrap()
}

/// Threads that this process has in addition to those from before its first model.
fn workers() -> usize {
    static BEFORE: OnceLock<usize> = OnceLock::new();
    let before = *BEFORE.get_or_init(|| {
        predictor_pool::initialize_runtime(None).unwrap();
        thread_count()
    });
    thread_count() - before
}

/// The system may list a thread for a moment after it was joined.
#[track_caller]
fn assert_workers(expected: usize) {
    for _ in 0..200 {
        if workers() == expected {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(workers(), expected, "worker threads");
}

fn run_convolution(predictor: &Predictor) {
    let x = predictor.input("x").unwrap();
    x.reshape(&[4, 3, 64, 64]).unwrap();
    x.copy_from_host(&vec![0.5f32; 4 * 3 * 64 * 64]).unwrap();
    predictor.run().unwrap();
}

/// CPU time of all threads of this process.
fn cpu_time() -> Duration {
    let mut usage = unsafe { std::mem::zeroed::<libc::rusage>() };
    assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) }, 0);
    let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
}

#[test]
fn no_thread_is_started_before_the_first_model() {
    alone(&[(CORES, "8")], || {
        let before = thread_count();
        predictor_pool::initialize_runtime(None).unwrap();
        predictor_pool::provider_names().unwrap();
        let mut config = config("add.onnx");
        config.set_intra_op_threads(4).unwrap();
        assert_eq!(thread_count(), before);
    });
}

/// Its telemetry does, unless it is told not to.
#[test]
fn onnx_runtime_leaves_nothing_in_the_home_folder() {
    let home = Folder::new();
    let path = home.path().to_str().unwrap();
    let outcome = child(&[("HOME", path), ("XDG_CACHE_HOME", ""), ("XDG_DATA_HOME", "")], || {
        let predictor = Predictor::new(&config("convolution.onnx")).unwrap();
        run_convolution(&predictor);
    });
    let Some(outcome) = outcome else { return };
    outcome.expect_code(0);
    let left: Vec<_> = std::fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_predictor_has_no_workers_unless_it_is_told() {
    alone(&[(CORES, "8")], || {
        assert_workers(0);
        let predictor = Predictor::new(&config("convolution.onnx")).unwrap();
        let clone = predictor.try_clone().unwrap();
        run_convolution(&predictor);
        run_convolution(&clone);
        assert_workers(0);

        let mut config = config("mlp.onnx");
        config.set_intra_op_threads(3).unwrap();
        let _three = Predictor::new(&config).unwrap();
        assert_workers(2);
    });
}

#[test]
fn zero_intra_op_threads_are_as_many_as_cores() {
    alone(&[(CORES, "8")], || {
        assert_workers(0);
        let mut config = config("convolution.onnx");
        config.set_intra_op_threads(0).unwrap();
        let predictor = Predictor::new(&config).unwrap();
        assert_workers(7);
        run_convolution(&predictor);
        drop(predictor);
        assert_workers(0);
    });
}

#[test]
fn callers_and_workers_of_one_pool_fill_the_cores() {
    alone(&[(CORES, "8")], || {
        assert_workers(0);
        for size in [1, 2, 4, 7, 8, 9, 20] {
            let pool = pool("convolution.onnx", size);
            run_convolution(&pool.acquire(None).unwrap());
            assert_workers(8usize.saturating_sub(size));
        }
        assert_workers(0);
    });
}

#[test]
fn a_pool_may_be_told_its_threads() {
    alone(&[(CORES, "8")], || {
        assert_workers(0);
        let mut config = config("convolution.onnx");
        config.set_intra_op_threads(2).unwrap();
        let _pool = PredictorPool::new(&config, 4).unwrap();
        assert_workers(1);
    });
}

#[test]
fn workers_of_all_pools_are_fewer_than_cores() {
    for cores in ["2", "8"] {
        let outcome = child(&[(CORES, cores)], || {
            assert_workers(0);
            let cores: usize = std::env::var(CORES).unwrap().parse().unwrap();
            assert_eq!(predictor_pool::usable_cores(), cores);
            let pools: Vec<_> = MODELS
                .iter()
                .map(|name| {
                    let pool = pool(name, 4);
                    assert!(workers() < cores, "{name}: {} workers", workers());
                    pool
                })
                .collect();
            // Four callers leave 4 of 8 cores; the second pool gets 3 of the 7 workers, the others none.
            assert_workers(if cores == 8 { 7 } else { 0 });
            run_convolution(&pools[2].acquire(None).unwrap());
        });
        let Some(outcome) = outcome else { return };
        outcome.expect_code(0);
    }
}

#[test]
fn predictors_with_automatic_threads_share_the_workers_too() {
    for cores in ["2", "8"] {
        let outcome = child(&[(CORES, cores)], || {
            assert_workers(0);
            let cores: usize = std::env::var(CORES).unwrap().parse().unwrap();
            let automatic = |name: &str| {
                let mut config = config(name);
                config.set_intra_op_threads(0).unwrap();
                Predictor::new(&config).unwrap()
            };
            let predictors: Vec<_> = MODELS.iter().map(|name| automatic(name)).collect();
            assert_workers(cores - 1);
            run_convolution(&predictors[2]);
        });
        let Some(outcome) = outcome else { return };
        outcome.expect_code(0);
    }
}

#[test]
fn workers_are_given_back_when_a_model_unloads() {
    alone(&[(CORES, "8")], || {
        assert_workers(0);
        let first = pool("convolution.onnx", 4);
        let second = pool("mlp.onnx", 4);
        assert_workers(7);
        drop(first);
        assert_workers(3);
        let _third = pool("add.onnx", 4);
        assert_workers(7);
        drop(second);
        assert_workers(4);
    });
}

#[test]
fn a_model_that_does_not_load_keeps_no_workers() {
    alone(&[(CORES, "8")], || {
        assert_workers(0);
        for name in ["not_a_model.bin", "unknown_op.onnx", "missing.onnx"] {
            assert!(PredictorPool::new(&config(name), 1).is_err(), "{name}");
        }
        let _pool = pool("convolution.onnx", 1);
        assert_workers(7);
    });
}

#[test]
fn equal_pools_share_one_set_of_workers() {
    alone(&[(CORES, "8")], || {
        assert_workers(0);
        let _first = pool("convolution.onnx", 4);
        let _second = pool("convolution.onnx", 4);
        assert_workers(4);
    });
}

/// `taskset -c 0 program`.
#[test]
fn the_affinity_mask_limits_the_cores() {
    alone(&[(CORES, "")], || {
        assert_workers(0);
        let mut set = unsafe { std::mem::zeroed::<libc::cpu_set_t>() };
        unsafe {
            assert_eq!(libc::sched_getaffinity(0, size_of_val(&set), &mut set), 0);
            let first = (0..libc::CPU_SETSIZE as usize).find(|core| libc::CPU_ISSET(*core, &set)).unwrap();
            libc::CPU_ZERO(&mut set);
            libc::CPU_SET(first, &mut set);
            assert_eq!(libc::sched_setaffinity(0, size_of_val(&set), &set), 0);
        }
        assert_eq!(predictor_pool::usable_cores(), 1);
        let _pool = pool("convolution.onnx", 1);
        assert_workers(0);
    });
}

#[test]
fn workers_may_run_on_every_core_of_the_process() {
    alone(&[(CORES, "4")], || {
        assert_workers(0);
        let _pool = pool("convolution.onnx", 1);
        let allowed = |task: &str| {
            let status = std::fs::read_to_string(format!("/proc/self/task/{task}/status")).unwrap();
            status.lines().find(|line| line.starts_with("Cpus_allowed:")).unwrap().to_owned()
        };
        let main = allowed(&std::process::id().to_string());
        for task in std::fs::read_dir("/proc/self/task").unwrap() {
            assert_eq!(allowed(task.unwrap().file_name().to_str().unwrap()), main);
        }
    });
}

/// Runs for a moment, then looks at the CPU time of two seconds in which nothing is asked for.
fn assert_idle_after_runs(predictors: &[&Predictor]) {
    for _ in 0..20 {
        std::thread::scope(|scope| {
            for predictor in predictors {
                scope.spawn(|| run_convolution(predictor));
            }
        });
        // Time limits have a thread of their own.
        predictors[0].run_with_timeout(Duration::from_secs(1)).unwrap();
    }
    let before = cpu_time();
    std::thread::sleep(Duration::from_secs(2));
    let spent = cpu_time() - before;
    assert!(spent < Duration::from_millis(20), "{spent:?} of CPU time in 2 idle seconds");
}

#[test]
fn a_predictor_of_two_threads_is_quiet_when_idle() {
    alone(&[(CORES, "2")], || {
        assert_workers(0);
        let mut config = config("convolution.onnx");
        config.set_intra_op_threads(2).unwrap();
        let predictor = Predictor::new(&config).unwrap();
        assert_workers(1);
        assert_idle_after_runs(&[&predictor]);
    });
}

#[test]
fn a_pool_of_one_is_quiet_when_idle() {
    alone(&[(CORES, "2")], || {
        assert_workers(0);
        let pool = pool("convolution.onnx", 1);
        assert_workers(1);
        assert_idle_after_runs(&[pool.retrieve(0).unwrap()]);
    });
}

#[test]
fn a_pool_of_two_is_quiet_when_idle() {
    alone(&[(CORES, "3")], || {
        assert_workers(0);
        let pool = pool("convolution.onnx", 2);
        assert_workers(1);
        assert_idle_after_runs(&[pool.retrieve(0).unwrap(), pool.retrieve(1).unwrap()]);
    });
}
