//! A forked child: handles of its parent are FORKED, everything else works, and nothing hangs.

mod processes;

use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use processes::abi::*;
use processes::{alone, c_text, child, forked, model};

/// Seconds that a forked child may take; it needs a fraction of one.
const SECONDS: u32 = 20;

/// One handle of each kind.
#[derive(Clone, Copy)]
struct Handles {
    config: *mut PredictorConfig,
    owned: *mut Predictor,
    clone: *mut Predictor,
    pool: *mut PredictorPool,
    member: *mut Predictor,
    lease: *mut Predictor,
}

impl Handles {
    /// Made and used, with a model of `intra_op` threads.
    fn new(intra_op: i32) -> Self {
        let config = config(&model("add_batch.onnx"));
        ok(predictor_config_set_intra_op_threads(config, intra_op));
        let owned = predictor(config);
        let pool = pool(config, 2);
        let handles = Self {
            config,
            owned,
            clone: made(|out| unsafe { clone_predictor(owned, out) }),
            pool,
            member: made(|out| unsafe { predictor_pool_retrieve(pool, 1, out) }),
            lease: made(|out| unsafe { predictor_pool_acquire(pool, 0, out) }),
        };
        handles.assert_usable();
        handles
    }

    fn predictors(&self) -> [*mut Predictor; 4] {
        [self.owned, self.clone, self.member, self.lease]
    }

    fn assert_usable(&self) {
        for predictor in self.predictors() {
            assert_eq!(run_x_to_y(predictor, &[2, 4], &[1.5; 8], 8).unwrap(), [3.0; 8]);
        }
    }

    fn destroy(self) {
        ok(predictor_pool_release(self.pool, self.lease));
        destroy_predictor_pool(self.pool);
        destroy_predictor(self.owned);
        destroy_predictor(self.clone);
        destroy_predictor_config(self.config);
    }
}

#[track_caller]
fn assert_forked(status: PredictorStatus) {
    assert_eq!(status, PREDICTOR_ERROR_FORKED);
    assert!(error_text().contains("fork"), "{:?}", error_text());
}

/// `destroy_*` has no status; its text is set.
#[track_caller]
fn assert_destroy_is_forked(destroy: impl FnOnce()) {
    assert_eq!(predictor_abi_version(), 1);
    ok(unsafe { predictor_provider_count(&mut 0) });
    assert_eq!(error_text(), "");
    destroy();
    assert!(error_text().contains("fork"), "{:?}", error_text());
}

fn assert_config_is_forked(config: *mut PredictorConfig) {
    let (path, text) = (c_text(model("add.onnx")), c"1".as_ptr());
    unsafe {
        assert_forked(predictor_config_set_model(config, path.as_ptr(), null()));
        assert_forked(predictor_config_set_model_buffer(config, text.cast(), 1, null(), 0));
        assert_forked(predictor_config_append_execution_provider(config, c"cpu".as_ptr(), null()));
        assert_forked(predictor_config_set_option(config, c"warmup_runs".as_ptr(), text));
        assert_forked(create_predictor(config, &mut null_mut()));
        assert_forked(create_predictor_pool(config, 1, &mut null_mut()));
    }
    assert_forked(predictor_config_set_intra_op_threads(config, 1));
    assert_forked(predictor_config_set_inter_op_threads(config, 1));
    assert_forked(predictor_config_set_optimization_level(config, 1));
    assert_destroy_is_forked(|| destroy_predictor_config(config));
}

fn assert_predictor_is_forked(predictor: *mut Predictor) {
    let (mut count, mut name, mut bytes) = (0, null(), 0);
    unsafe {
        assert_forked(clone_predictor(predictor, &mut null_mut()));
        assert_forked(predictor_input_count(predictor, &mut count));
        assert_forked(predictor_output_count(predictor, &mut count));
        assert_forked(predictor_input_name(predictor, 0, &mut name));
        assert_forked(predictor_output_name(predictor, 0, &mut name));
        assert_forked(predictor_get_input_handle(predictor, c"x".as_ptr(), &mut null_mut()));
        assert_forked(predictor_get_output_handle(predictor, c"y".as_ptr(), &mut null_mut()));
        assert_forked(predictor_run_with(predictor, null(), 0, null_mut(), 0));
        assert_forked(predictor_shrink_memory(predictor, &mut bytes));
    }
    assert_forked(predictor_run(predictor));
    assert_forked(predictor_run_with_timeout(predictor, 1000));
    assert_forked(predictor_cancel(predictor));
    assert_destroy_is_forked(|| destroy_predictor(predictor));
}

fn assert_tensor_is_forked(tensor: *mut PredictorTensor) {
    let (mut name, mut number, mut length, mut data) = (null(), 0, 0, null_mut());
    let (mut dims, mut floats) = ([2i64, 4], [0.0f32; 8]);
    unsafe {
        assert_forked(predictor_tensor_name(tensor, &mut name));
        assert_forked(predictor_tensor_data_type(tensor, &mut number));
        assert_forked(predictor_tensor_declared_shape(tensor, dims.as_mut_ptr(), 2, &mut length));
        assert_forked(predictor_tensor_dimension_name(tensor, 0, &mut name));
        assert_forked(predictor_tensor_shape(tensor, dims.as_mut_ptr(), 2, &mut length));
        assert_forked(predictor_tensor_byte_length(tensor, &mut length));
        let start = floats.as_mut_ptr().cast();
        assert_forked(predictor_tensor_share_external_data(tensor, FLOAT32, start, 32, dims.as_ptr(), 2));
        assert_forked(predictor_tensor_data(tensor, &mut data, &mut length));
        assert_forked(predictor_tensor_copy_strings_from_host(tensor, null(), null(), 0));
        assert_forked(predictor_tensor_string_length(tensor, 0, &mut length));
        assert_forked(predictor_tensor_copy_string_to_host(tensor, 0, null_mut(), 0));
    }
    assert_forked(reshape(tensor, &dims));
    assert_forked(copy_in(tensor, &floats));
    assert_forked(copy_out(tensor, &mut floats));
}

fn assert_pool_is_forked(handles: &Handles) {
    let pool = handles.pool;
    let mut stats = unsafe { std::mem::zeroed::<predictor_pool::PredictorPoolStats>() };
    unsafe {
        assert_forked(predictor_pool_size(pool, &mut 0));
        assert_forked(predictor_pool_retrieve(pool, 0, &mut null_mut()));
        assert_forked(predictor_pool_acquire(pool, -1, &mut null_mut()));
        assert_forked(predictor_pool_stats(pool, &mut stats, size_of_val(&stats)));
    }
    assert_forked(predictor_pool_release(pool, handles.lease));
    assert_destroy_is_forked(|| destroy_predictor_pool(pool));
}

/// A predictor and a pool of its own, with the parent's model.
fn assert_child_can_start_afresh(intra_op: i32) {
    assert_eq!(predictor_live_handles(), 0);
    Handles::new(intra_op).destroy();
    assert_eq!(predictor_live_handles(), 0);
}

/// Both ends of a time limit: a run within it, and one that is stopped.
fn assert_time_limits_work() {
    let config = config(&model("slow.onnx"));
    let slow = predictor(config);
    ok(copy_in(input(slow, c"x"), &[0.5; 64 * 64]));
    let run = |steps: i64, limit| {
        let tensor = input(slow, c"steps");
        ok(unsafe { predictor_tensor_copy_from_host(tensor, 7, (&raw const steps).cast(), 8) });
        predictor_run_with_timeout(slow, limit)
    };
    ok(run(3, 10_000));
    let start = Instant::now();
    assert_eq!(run(10_000_000, 10), PREDICTOR_ERROR_TIMEOUT);
    assert!(start.elapsed() < Duration::from_secs(5));
    destroy_predictor(slow);
    destroy_predictor_config(config);
}

/// Two threads of the child wait for each other's lease.
fn assert_threads_of_the_child_take_turns() {
    let config = config(&model("add_batch.onnx"));
    let pool = Handle::new(pool(config, 1));
    thread::scope(|scope| {
        for thread in 1..=2 {
            scope.spawn(move || {
                for _ in 0..50 {
                    let lease = made(|out| unsafe { predictor_pool_acquire(pool.get(), -1, out) });
                    let own = [thread as f32; 4];
                    let y = run_x_to_y(lease, &[1, 4], &own, 4).unwrap();
                    assert_eq!(y, [2.0 * thread as f32; 4]);
                    ok(predictor_pool_release(pool.get(), lease));
                }
            });
        }
    });
    destroy_predictor_pool(pool.get());
    destroy_predictor_config(config);
}

#[test]
fn every_call_on_a_handle_of_the_parent_is_forked() {
    alone(&[], || {
        let parent = Handles::new(2);
        let tensors = parent.predictors().map(|handle| [input(handle, c"x"), output(handle, c"y")]);
        assert_eq!(predictor_live_handles(), 4);
        forked(SECONDS, || {
            assert_eq!(predictor_live_handles(), 0);
            assert_config_is_forked(parent.config);
            parent.predictors().into_iter().for_each(assert_predictor_is_forked);
            tensors.as_flattened().iter().for_each(|tensor| assert_tensor_is_forked(*tensor));
            assert_pool_is_forked(&parent);
            // A refused destroy has destroyed nothing.
            assert_predictor_is_forked(parent.owned);
            assert_eq!(predictor_live_handles(), 0);
        });
        assert_eq!(predictor_live_handles(), 4);
        parent.assert_usable();
        parent.destroy();
        assert_eq!(predictor_live_handles(), 0);
    });
}

#[test]
fn a_child_does_not_take_its_parents_predictor_into_its_own_pool() {
    alone(&[], || {
        let parent = Handles::new(1);
        forked(SECONDS, || {
            let own = Handles::new(1);
            assert_forked(predictor_pool_release(own.pool, parent.lease));
            own.assert_usable();
        });
        parent.assert_usable();
    });
}

#[test]
fn a_child_loads_its_parents_model_with_one_thread_and_with_two() {
    alone(&[], || {
        for intra_op in [1, 2] {
            let parent = Handles::new(intra_op);
            forked(SECONDS, || {
                assert_child_can_start_afresh(intra_op);
                assert_time_limits_work();
                assert_threads_of_the_child_take_turns();
            });
            parent.assert_usable();
            // The parent goes on, with time limits too.
            assert_time_limits_work();
            parent.destroy();
        }
    });
}

#[test]
fn a_child_has_all_the_workers_to_grant() {
    alone(&[("PREDICTOR_POOL_NUM_THREADS", "4")], || {
        let config = config(&model("convolution.onnx"));
        let _parent = pool(config, 1);
        forked(SECONDS, || {
            assert_eq!(processes::thread_count(), 1);
            let config = self::config(&model("convolution.onnx"));
            let _own = pool(config, 1);
            assert_eq!(processes::thread_count(), 1 + 3);
        });
    });
}

#[test]
fn a_grandchild_works_like_a_child() {
    alone(&[], || {
        let parent = Handles::new(2);
        forked(SECONDS, || {
            let own = Handles::new(2);
            forked(SECONDS / 2, || {
                assert_predictor_is_forked(parent.owned);
                assert_predictor_is_forked(own.owned);
                assert_child_can_start_afresh(2);
            });
            own.assert_usable();
        });
        parent.assert_usable();
    });
}

/// The children serve before their parent loads anything, as in a pre-forking server.
#[test]
fn children_of_a_parent_that_never_loaded_a_model_work() {
    alone(&[], || {
        for _ in 0..2 {
            forked(SECONDS, || {
                assert_child_can_start_afresh(2);
                assert_time_limits_work();
            });
        }
        Handles::new(2).destroy();
    });
}

/// Forks `count` times while `work` goes on in four other threads. The work never ends by itself.
fn fork_beside(count: usize, work: impl Fn(usize) + Sync, in_child: impl Fn()) {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for thread in 0..4 {
            let (work, stop) = (&work, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    work(thread);
                }
            });
        }
        // A child that fails must not leave the scope waiting for ever.
        let forks = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for round in 0..count {
                thread::sleep(Duration::from_micros(200 * (round as u64 % 7)));
                forked(SECONDS, &in_child);
            }
        }));
        stop.store(true, Ordering::Relaxed);
        forks.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });
}

fn whole_child() {
    assert_child_can_start_afresh(1);
    assert_child_can_start_afresh(2);
    assert_time_limits_work();
    assert_threads_of_the_child_take_turns();
}

#[test]
fn a_fork_beside_runs_leaves_both_processes_working() {
    alone(&[], || {
        let parent = Handles::new(2);
        let config = config(&model("convolution.onnx"));
        ok(predictor_config_set_intra_op_threads(config, 2));
        let predictors: Vec<_> = (0..4).map(|_| Handle::new(predictor(config))).collect();
        let x = vec![0.5; 2 * 3 * 32 * 32];
        let run = |thread: usize| {
            let predictor: Handle<Predictor> = predictors[thread];
            run_x_to_y(predictor.get(), &[2, 3, 32, 32], &x, 20).unwrap();
        };
        fork_beside(30, run, || {
            assert_predictor_is_forked(predictors[0].get());
            assert_predictor_is_forked(parent.owned);
            whole_child();
        });
        parent.assert_usable();
    });
}

#[test]
fn a_fork_beside_time_limits_and_waiting_for_leases_leaves_both_processes_working() {
    alone(&[], || {
        let config = config(&model("add_batch.onnx"));
        let pool = Handle::new(pool(config, 2));
        let take_turns = |_| {
            let lease = made(|out| unsafe { predictor_pool_acquire(pool.get(), -1, out) });
            ok(reshape(input(lease, c"x"), &[1, 4]));
            ok(copy_in(input(lease, c"x"), &[1.0; 4]));
            ok(predictor_run_with_timeout(lease, 10_000));
            ok(predictor_pool_release(pool.get(), lease));
        };
        fork_beside(80, take_turns, || {
            assert_time_limits_work();
            assert_threads_of_the_child_take_turns();
        });
    });
}

/// Loads a model of its own and unloads it again.
fn load(thread: usize) {
    let name = ["add_batch.onnx", "convolution.onnx", "mlp.onnx", "sum_two.onnx"][thread];
    let config = config(&model(name));
    ok(unsafe { predictor_config_set_option(config, c"share_model".as_ptr(), c"0".as_ptr()) });
    let predictor = predictor(config);
    destroy_predictor_config(config);
    destroy_predictor(predictor);
}

#[test]
fn a_fork_beside_loading_and_unloading_leaves_both_processes_working() {
    alone(&[], || {
        load(0);
        fork_beside(80, load, || Handles::new(2).destroy());
    });
}

/// While other threads find and load ONNX Runtime itself.
#[test]
fn a_fork_beside_the_first_load_leaves_both_processes_working() {
    for microseconds in ["0", "100", "1000", "5000", "10000", "20000", "30000", "50000"] {
        let outcome = child(&[("FORK_AFTER", microseconds)], || {
            let after = Duration::from_micros(std::env::var("FORK_AFTER").unwrap().parse().unwrap());
            thread::scope(|scope| {
                let loads: Vec<_> = (0..2).map(|thread| scope.spawn(move || load(thread))).collect();
                thread::sleep(after);
                forked(SECONDS, || Handles::new(2).destroy());
                loads.into_iter().for_each(|load| load.join().unwrap());
            });
            Handles::new(2).destroy();
        });
        let Some(outcome) = outcome else { return };
        outcome.expect_code(0);
    }
}
