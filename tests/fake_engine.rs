//! The C ABI from many threads over the engine in plain Rust, for tools that see every memory access
//! (thread sanitizer, address sanitizer, Miri) and that ONNX Runtime does not survive. What ONNX
//! Runtime computes is checked elsewhere; here misuse at the worst moment is a status and never a
//! data race.

#[path = "common/c.rs"]
#[allow(dead_code, unused_imports)]
mod c;

use std::ffi::{c_char, c_void};
use std::path::PathBuf;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use c::*;

/// How often each thread does what it does; Miri is a thousand times slower than a machine.
const TIMES: usize = if cfg!(miri) { 3 } else { 200 };

/// `c.rs` looks for models here; these tests bring their own.
fn model(_: &str) -> PathBuf {
    unreachable!("the fake engine loads no files")
}

fn fake_config(words: &str) -> OwnedConfig {
    let text = format!("fake-model {words}");
    // SAFETY: valid arguments; the library copies the text.
    unsafe {
        let config = OwnedConfig(made(|out| create_predictor_config(out)));
        ok(predictor_config_set_model_buffer(config.0, text.as_ptr().cast(), text.len(), null(), 0));
        config
    }
}

fn fake(words: &str) -> OwnedPredictor {
    let config = fake_config(words);
    // SAFETY: `out` is valid, here and below.
    OwnedPredictor(made(|out| unsafe { create_predictor(config.0, out) }))
}

fn fake_pool(words: &str, size: usize) -> OwnedPool {
    let config = fake_config(words);
    OwnedPool(made(|out| unsafe { create_predictor_pool(config.0, size, out) }))
}

/// A closure that named the field would capture it without its owner, which is what may be shared.
fn at(predictor: &OwnedPredictor) -> *mut Predictor {
    predictor.0
}

fn at_pool(pool: &OwnedPool) -> *mut PredictorPool {
    pool.0
}

fn clone(predictor: &OwnedPredictor) -> OwnedPredictor {
    OwnedPredictor(made(|out| unsafe { clone_predictor(predictor.0, out) }))
}

/// Numbers that tell callers and rows apart.
fn numbers(seed: usize, rows: usize) -> Vec<f32> {
    (0..rows * 4).map(|i| (seed * 100 + i) as f32).collect()
}

fn doubled(x: &[f32]) -> Vec<f32> {
    x.iter().map(|x| x + x).collect()
}

#[track_caller]
fn compute(predictor: *mut Predictor, seed: usize, rows: usize) {
    let x = numbers(seed, rows);
    set(input(predictor, "x"), &[rows as i64, 4], &x);
    ok(predictor_run(predictor));
    let y = output(predictor, "y");
    assert_eq!(shape(y), [rows as i64, 4]);
    assert_eq!(get(y), doubled(&x));
}

fn set_some_input(predictor: &OwnedPredictor) {
    set(input(predictor.0, "x"), &[1, 4], &numbers(1, 1));
}

/// The status is one of those that the moment allows.
#[track_caller]
fn one_of(status: PredictorStatus, allowed: &[PredictorStatus]) -> PredictorStatus {
    assert!(allowed.contains(&status), "{status:?}: {}", last_error());
    status
}

#[track_caller]
fn wait_until(mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "it did not come");
        thread::sleep(Duration::from_micros(200));
    }
}

fn stats(pool: &OwnedPool) -> predictor_pool::PredictorPoolStats {
    let mut stats = predictor_pool::PredictorPoolStats::default();
    ok(unsafe { predictor_pool_stats(pool.0, &mut stats, size_of_val(&stats)) });
    stats
}

#[test]
fn clones_with_other_shapes_run_beside_each_other() {
    let first = fake("");
    thread::scope(|scope| {
        for number in 0..4 {
            let predictor = clone(&first);
            scope.spawn(move || {
                for turn in 0..TIMES {
                    compute(at(&predictor), number, 1 + (number + turn) % 5);
                }
                let mut released = 0;
                ok(unsafe { predictor_shrink_memory(at(&predictor), &mut released) });
                compute(at(&predictor), number, 2);
            });
        }
    });
}

#[test]
fn clones_are_made_while_their_origin_runs_and_ends() {
    let first = fake("sleep_us=200");
    set_some_input(&first);
    let address = at(&first).expose_provenance();
    thread::scope(|scope| {
        for number in 0..3 {
            scope.spawn(move || {
                for turn in 0..TIMES {
                    let mut copy = null_mut();
                    let origin = std::ptr::with_exposed_provenance_mut(address);
                    let status = unsafe { clone_predictor(origin, &mut copy) };
                    if status == PREDICTOR_OK {
                        let copy = OwnedPredictor(copy);
                        compute(copy.0, number, 1 + turn % 3);
                    } else {
                        assert_eq!(status, PREDICTOR_ERROR_INVALID_HANDLE);
                    }
                }
            });
        }
        for _ in 0..TIMES / 2 {
            ok(predictor_run(first.0));
        }
        drop(first);
    });
}

#[test]
fn of_many_who_share_a_predictor_one_gets_in_and_the_others_are_told() {
    let predictor = fake("sleep_us=50");
    set_some_input(&predictor);
    ok(predictor_run(at(&predictor)));
    let (x, y) =
        (input(at(&predictor), "x").expose_provenance(), output(at(&predictor), "y").expose_provenance());
    let ran = AtomicUsize::new(0);
    thread::scope(|scope| {
        for number in 0..4usize {
            let (predictor, ran) = (&predictor, &ran);
            scope.spawn(move || {
                let (x, y) =
                    (std::ptr::with_exposed_provenance_mut(x), std::ptr::with_exposed_provenance_mut(y));
                let data = numbers(number, 1);
                let mut read = [0.0f32; 4];
                let busy = [PREDICTOR_OK, PREDICTOR_ERROR_BUSY];
                for _ in 0..TIMES {
                    let dims = [1i64, 4];
                    one_of(unsafe { predictor_tensor_reshape(x, dims.as_ptr(), 2) }, &busy);
                    one_of(
                        unsafe { predictor_tensor_copy_from_host(x, FLOAT32, data.as_ptr().cast(), 16) },
                        &busy,
                    );
                    // Another thread may just have given the input a shape and no data yet.
                    let status = one_of(
                        predictor_run(at(predictor)),
                        &[PREDICTOR_OK, PREDICTOR_ERROR_BUSY, PREDICTOR_ERROR_INVALID_ARGUMENT],
                    );
                    ran.fetch_add(usize::from(status == PREDICTOR_OK), Ordering::Relaxed);
                    let status =
                        unsafe { predictor_tensor_copy_to_host(y, FLOAT32, read.as_mut_ptr().cast(), 16) };
                    // Whosever result it is, it is one caller's and not a mixture.
                    if status == PREDICTOR_OK {
                        assert!((0..4).any(|other| doubled(&numbers(other, 1)) == read), "{read:?}");
                    } else {
                        one_of(status, &[PREDICTOR_ERROR_BUSY, PREDICTOR_ERROR_INVALID_ARGUMENT]);
                    }
                }
            });
        }
    });
    assert!(ran.into_inner() > 0 || cfg!(miri));
    compute(at(&predictor), 1, 2);
}

#[test]
fn stateless_runs_share_one_predictor() {
    let predictor = fake("");
    set_some_input(&predictor);
    thread::scope(|scope| {
        for number in 0..4 {
            let predictor = &predictor;
            scope.spawn(move || {
                let (x_name, y_name) = (text("x"), text("y"));
                for turn in 0..TIMES {
                    let rows = 1 + (number + turn) % 4;
                    let mut x = numbers(number, rows);
                    let mut y = vec![0.0f32; rows * 4];
                    let (mut x_dims, mut y_dims) = ([rows as i64, 4], [0i64; 2]);
                    let bytes = rows * 16;
                    let inputs = [PredictorTensorView {
                        name: x_name.as_ptr(),
                        data: x.as_mut_ptr().cast(),
                        byte_length: bytes,
                        dims: x_dims.as_mut_ptr(),
                        rank: 2,
                        data_type: FLOAT32,
                    }];
                    let mut outputs = [PredictorTensorView {
                        name: y_name.as_ptr(),
                        data: y.as_mut_ptr().cast(),
                        byte_length: bytes,
                        dims: y_dims.as_mut_ptr(),
                        rank: 2,
                        data_type: FLOAT32,
                    }];
                    // SAFETY: the buffers are as long as is said.
                    ok(unsafe {
                        predictor_run_with(at(predictor), inputs.as_ptr(), 1, outputs.as_mut_ptr(), 1)
                    });
                    assert_eq!(y_dims, [rows as i64, 4]);
                    assert_eq!(y, doubled(&x));
                }
            });
        }
        // Its own runs go on beside them.
        for _ in 0..TIMES {
            ok(predictor_run(at(&predictor)));
        }
    });
}

#[test]
fn a_predictor_is_destroyed_by_several_while_others_are_inside() {
    for _ in 0..TIMES.div_ceil(10) {
        let predictor = fake("sleep_us=300");
        set_some_input(&predictor);
        ok(predictor_run(at(&predictor)));
        let tensor = output(at(&predictor), "y").expose_provenance();
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    loop {
                        let status = predictor_run(at(&predictor));
                        let ways = [PREDICTOR_OK, PREDICTOR_ERROR_BUSY, PREDICTOR_ERROR_INVALID_HANDLE];
                        if one_of(status, &ways) == PREDICTOR_ERROR_INVALID_HANDLE {
                            break;
                        }
                    }
                });
            }
            scope.spawn(|| {
                let tensor = std::ptr::with_exposed_provenance::<PredictorTensor>(tensor);
                let mut length = 0;
                while unsafe { predictor_tensor_byte_length(tensor, &mut length) }
                    != PREDICTOR_ERROR_INVALID_HANDLE
                {
                    thread::yield_now();
                }
            });
            for _ in 0..2 {
                scope.spawn(|| {
                    thread::sleep(Duration::from_millis(2));
                    destroy_predictor(at(&predictor));
                });
            }
        });
        fails(predictor_run(at(&predictor)), PREDICTOR_ERROR_INVALID_HANDLE);
    }
}

#[test]
fn pool_members_are_lent_to_more_threads_than_there_are() {
    let pool = fake_pool("", 2);
    thread::scope(|scope| {
        for number in 0..4 {
            let pool = &pool;
            scope.spawn(move || {
                for turn in 0..TIMES {
                    let lease = made(|out| unsafe { predictor_pool_acquire(at_pool(pool), -1, out) });
                    compute(lease, number, 1 + turn % 3);
                    let stale = input(lease, "x");
                    ok(predictor_pool_release(at_pool(pool), lease));
                    fails(predictor_run(lease), PREDICTOR_ERROR_INVALID_HANDLE);
                    let mut rank = 0;
                    let status = unsafe { predictor_tensor_shape(stale, null_mut(), 0, &mut rank) };
                    fails(status, PREDICTOR_ERROR_INVALID_HANDLE);
                    assert!(stats(pool).in_use <= 2);
                }
            });
        }
    });
    let stats = stats(&pool);
    assert_eq!((stats.in_use, stats.waiting), (0, 0));
    assert_eq!(stats.acquired_total, 4 * TIMES as u64);
    assert_eq!(stats.runs_total, 4 * TIMES as u64);
}

#[test]
fn waiters_run_out_of_time_while_predictors_come_back() {
    let pool = fake_pool("sleep_us=100", 1);
    let (served, late) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for number in 0..4 {
            let (pool, served, late) = (&pool, &served, &late);
            scope.spawn(move || {
                for turn in 0..TIMES {
                    let mut lease = null_mut();
                    let limit = (turn % 3) as i64;
                    match unsafe { predictor_pool_acquire(at_pool(pool), limit, &mut lease) } {
                        PREDICTOR_OK => {
                            compute(lease, number, 1);
                            ok(predictor_pool_release(at_pool(pool), lease));
                            served.fetch_add(1, Ordering::Relaxed);
                        }
                        status => {
                            assert_eq!(status, PREDICTOR_ERROR_TIMEOUT);
                            late.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    let stats = stats(&pool);
    assert_eq!((stats.in_use, stats.waiting), (0, 0));
    assert_eq!(stats.acquired_total, served.into_inner() as u64);
    assert_eq!(stats.timeouts_total, late.into_inner() as u64);
}

#[test]
fn a_pool_ends_while_callers_wait_run_and_release() {
    for _ in 0..TIMES.div_ceil(10) {
        let pool = fake_pool("sleep_us=100", 1);
        let ended = [PREDICTOR_OK, PREDICTOR_ERROR_INVALID_HANDLE];
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    loop {
                        let mut lease = null_mut();
                        let status = unsafe { predictor_pool_acquire(at_pool(&pool), -1, &mut lease) };
                        if one_of(status, &ended) != PREDICTOR_OK {
                            break;
                        }
                        let _ = predictor_run(lease);
                        one_of(predictor_pool_release(at_pool(&pool), lease), &ended);
                    }
                });
            }
            scope.spawn(|| {
                let mut member = null_mut();
                while unsafe { predictor_pool_retrieve(at_pool(&pool), 0, &mut member) } == PREDICTOR_OK {
                    let _ = predictor_run(member);
                }
            });
            thread::sleep(Duration::from_millis(3));
            destroy_predictor_pool(at_pool(&pool));
        });
    }
}

#[test]
fn a_cancel_reaches_its_run_and_no_later_one() {
    let predictor = fake("sleep_us=100");
    let slow = fake("sleep_us=30000000");
    set_some_input(&predictor);
    set_some_input(&slow);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    one_of(predictor_cancel(at(&predictor)), &[PREDICTOR_OK, PREDICTOR_ERROR_NOT_FOUND]);
                    thread::yield_now();
                }
            });
        }
        let run = scope.spawn(|| predictor_run(at(&slow)));
        for _ in 0..TIMES {
            one_of(predictor_run(at(&predictor)), &[PREDICTOR_OK, PREDICTOR_ERROR_CANCELLED]);
        }
        done.store(true, Ordering::Relaxed);
        wait_until(|| predictor_cancel(at(&slow)) == PREDICTOR_OK);
        assert_eq!(run.join().unwrap(), PREDICTOR_ERROR_CANCELLED);
    });
    ok(predictor_run(at(&predictor)));
}

#[test]
fn time_limits_stop_runs_of_many_predictors_at_once() {
    let first = fake("sleep_us=3000");
    thread::scope(|scope| {
        for number in 0..3 {
            let predictor = clone(&first);
            scope.spawn(move || {
                set_some_input(&predictor);
                for turn in 0..TIMES.div_ceil(4) {
                    // Well before the end, about then, well after it.
                    let limit = [1, 3, 60_000][(number + turn) % 3];
                    one_of(
                        predictor_run_with_timeout(at(&predictor), limit),
                        &[PREDICTOR_OK, PREDICTOR_ERROR_TIMEOUT],
                    );
                }
                ok(predictor_run(at(&predictor)));
            });
        }
    });
}

static LINES: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count_line(_: *mut c_void, _: i32, _: *const c_char, _: *const c_char) {
    LINES.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn the_log_callback_changes_while_models_load_and_run() {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for turn in 0..TIMES {
                    compute(fake(&format!("sleep_us={}", turn % 3)).0, turn, 1);
                }
                done.store(true, Ordering::Relaxed);
            });
        }
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                ok(predictor_set_log_callback(Some(count_line), null_mut(), 0));
                ok(predictor_set_log_callback(None, null_mut(), 0));
            }
        });
    });
}

#[test]
fn a_kernel_that_fails_is_a_status_of_its_own_run() {
    let predictor = fake("fail");
    thread::scope(|scope| {
        for _ in 0..3 {
            let predictor = clone(&predictor);
            scope.spawn(move || {
                set_some_input(&predictor);
                for _ in 0..TIMES {
                    fails(predictor_run(at(&predictor)), PREDICTOR_ERROR_RUN_FAILED);
                }
            });
        }
    });
}
