//! The pool: predictors by index, loans, waiting, and the counters.

mod common;

use std::ptr::null_mut;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use common::{c, config, contains_all, fails, get_y, set_x, wait_until, y_of};
use predictor_pool::{DataType, PredictorPool, PredictorPoolStats, RunInput, Status};

const NOW: Option<Duration> = Some(Duration::ZERO);

fn pool(model: &str, size: usize) -> PredictorPool {
    PredictorPool::new(&config(model), size).unwrap()
}

fn acquire(pool: &c::OwnedPool) -> *mut c::Predictor {
    c::made(|out| unsafe { c::predictor_pool_acquire(pool.0, -1, out) })
}

fn retrieve(pool: &c::OwnedPool, index: usize) -> *mut c::Predictor {
    c::made(|out| unsafe { c::predictor_pool_retrieve(pool.0, index, out) })
}

fn stats(pool: &c::OwnedPool) -> PredictorPoolStats {
    let mut stats = PredictorPoolStats::default();
    c::ok(unsafe { c::predictor_pool_stats(pool.0, &mut stats, size_of::<PredictorPoolStats>()) });
    stats
}

// --- making one, predictors by index ---

#[test]
fn a_pool_of_nothing_is_an_invalid_argument() {
    contains_all(&fails(PredictorPool::new(&config("add.onnx"), 0), Status::InvalidArgument), &["0"]);
    let (config, mut out) = (c::config("add.onnx"), null_mut());
    let status = unsafe { c::create_predictor_pool(config.0, 0, &mut out) };
    c::fails(status, c::PREDICTOR_ERROR_INVALID_ARGUMENT);
    assert!(out.is_null());
}

#[test]
fn a_pool_of_more_than_memory_holds_is_an_error() {
    fails(PredictorPool::new(&config("add.onnx"), usize::MAX), Status::OutOfMemory);
}

#[test]
fn a_pool_reports_what_is_wrong_with_its_config() {
    fails(PredictorPool::new(&config("missing.onnx"), 1), Status::NotFound);
    fails(PredictorPool::new(&config("not_a_model.bin"), 1), Status::InvalidModel);
    fails(PredictorPool::new(&predictor_pool::Config::new(), 1), Status::InvalidArgument);
}

#[test]
fn members_have_tensors_of_their_own() {
    let pool = pool("add_batch.onnx", 3);
    assert_eq!(pool.size(), 3);
    for index in 0..3 {
        let rows = index as i64 + 1;
        set_x(pool.retrieve(index).unwrap(), &[rows, 4], &vec![rows as f32; index * 4 + 4]);
    }
    for index in [2, 0, 1] {
        let predictor = pool.retrieve(index).unwrap();
        predictor.run().unwrap();
        assert_eq!(get_y(predictor), vec![2.0 * (index as f32 + 1.0); index * 4 + 4]);
    }
    contains_all(&fails(pool.retrieve(3), Status::OutOfRange), &["3"]);
}

#[test]
fn the_same_index_gives_the_same_handle() {
    let pool = c::pool("add.onnx", 2);
    let mut size = 0;
    c::ok(unsafe { c::predictor_pool_size(pool.0, &mut size) });
    assert_eq!(size, 2);
    let first = retrieve(&pool, 0);
    assert_eq!(first, retrieve(&pool, 0));
    assert_ne!(first, retrieve(&pool, 1));
    assert_eq!(c::input(first, "x"), c::input(first, "x"));
    for index in [2, usize::MAX] {
        let mut out = null_mut();
        let status = unsafe { c::predictor_pool_retrieve(pool.0, index, &mut out) };
        c::fails(status, c::PREDICTOR_ERROR_OUT_OF_RANGE);
        assert!(out.is_null());
    }
    assert_eq!(stats(&pool).in_use, 0, "nothing is checked out");
}

#[test]
fn a_member_is_not_destroyed_by_hand() {
    let pool = c::pool("add.onnx", 1);
    let member = retrieve(&pool, 0);
    c::destroy_predictor(member);
    contains_all(&c::last_error(), &["pool"]);
    c::set(c::input(member, "x"), &[1, 4], &[1.0; 4]);
    c::ok(c::predictor_run(member));

    let lease = acquire(&pool);
    c::destroy_predictor(lease);
    contains_all(&c::last_error(), &["predictor_pool_release"]);
    c::set(c::input(lease, "x"), &[1, 4], &[1.0; 4]);
    c::ok(c::predictor_pool_release(pool.0, lease));
}

// --- loans ---

#[test]
fn a_loan_is_of_an_idle_predictor_and_ends_when_it_is_dropped() {
    let pool = pool("add.onnx", 2);
    let first = pool.acquire(None).unwrap();
    let second = pool.acquire(NOW).unwrap();
    assert_eq!(y_of(&first, &[1, 4], &[1.0; 4]), [2.0; 4]);
    assert_eq!(y_of(&second, &[1, 4], &[3.0; 4]), [6.0; 4]);
    assert_eq!(get_y(&first), [2.0; 4], "each has its own predictor");
    fails(pool.acquire(NOW), Status::Timeout);
    drop(first);
    pool.acquire(NOW).unwrap();
}

#[test]
fn each_acquire_gives_another_handle_and_a_released_one_is_invalid_with_its_tensors() {
    let pool = c::pool("add.onnx", 1);
    let lease = acquire(&pool);
    let (x, y) = (c::input(lease, "x"), c::output(lease, "y"));
    c::set(x, &[1, 4], &[1.0; 4]);
    c::ok(c::predictor_run(lease));
    c::ok(c::predictor_pool_release(pool.0, lease));

    let next = acquire(&pool);
    assert_ne!(lease, next);
    assert_ne!(x, c::input(next, "x"));
    c::set(c::input(next, "x"), &[1, 4], &[5.0; 4]);
    let invalid = c::PREDICTOR_ERROR_INVALID_HANDLE;
    unsafe {
        c::fails(c::predictor_run(lease), invalid);
        c::fails(c::predictor_cancel(lease), invalid);
        c::fails(c::predictor_get_input_handle(lease, c"x".as_ptr(), &mut null_mut()), invalid);
        c::fails(c::clone_predictor(lease, &mut null_mut()), invalid);
        c::fails(c::predictor_tensor_copy_from_host(x, c::FLOAT32, [9f32; 4].as_ptr().cast(), 16), invalid);
        c::fails(c::predictor_tensor_copy_to_host(y, c::FLOAT32, [9f32; 4].as_mut_ptr().cast(), 16), invalid);
        c::fails(c::predictor_tensor_data(x, &mut null_mut(), &mut 0), invalid);
    }
    c::ok(c::predictor_run(next));
    assert_eq!(c::get(c::output(next, "y")), [10.0; 4], "the next loan's data was not touched");
}

#[test]
fn a_second_release_is_an_error_and_gives_nothing_back() {
    let pool = c::pool("add.onnx", 2);
    let lease = acquire(&pool);
    let other = acquire(&pool);
    c::ok(c::predictor_pool_release(pool.0, lease));
    c::fails(c::predictor_pool_release(pool.0, lease), c::PREDICTOR_ERROR_INVALID_HANDLE);
    acquire(&pool);
    let status = unsafe { c::predictor_pool_acquire(pool.0, 0, &mut null_mut()) };
    c::fails(status, c::PREDICTOR_ERROR_TIMEOUT);
    c::ok(c::predictor_pool_release(pool.0, other));
}

#[test]
fn only_what_was_acquired_from_this_pool_is_released_here() {
    let (pool, other) = (c::pool("add.onnx", 1), c::pool("add.onnx", 1));
    let lease = acquire(&pool);
    let bad = c::PREDICTOR_ERROR_INVALID_ARGUMENT;
    contains_all(&c::fails(c::predictor_pool_release(other.0, lease), bad), &["another pool"]);
    c::fails(c::predictor_pool_release(pool.0, retrieve(&pool, 0)), bad);
    let owned = c::load("add.onnx");
    c::fails(c::predictor_pool_release(pool.0, owned.0), bad);
    c::fails(c::predictor_pool_release(pool.0, null_mut()), c::PREDICTOR_ERROR_INVALID_HANDLE);
    assert_eq!((stats(&pool).in_use, stats(&other).in_use), (1, 0));
    c::set(c::input(lease, "x"), &[1, 4], &[1.0; 4]);
    c::ok(c::predictor_pool_release(pool.0, lease));
    assert_eq!(stats(&pool).in_use, 0);
}

#[test]
fn a_loan_starts_emptied() {
    let pool = pool("with_default.onnx", 1);
    let lease = pool.acquire(None).unwrap();
    lease.input("bias").unwrap().copy_from_host(&[100.0f32]).unwrap();
    assert_eq!(y_of(&lease, &[2], &[1.0, 2.0]), [101.0, 102.0]);
    drop(lease);

    let lease = pool.acquire(None).unwrap();
    let x = lease.input("x").unwrap();
    contains_all(&fails(lease.run(), Status::InvalidArgument), &["\"x\""]);
    fails(x.shape(), Status::ShapeMismatch);
    fails(x.copy_to_host(&mut [0f32; 2]), Status::InvalidArgument);
    fails(lease.output("y").unwrap().shape(), Status::InvalidArgument);
    fails(lease.input("bias").unwrap().copy_to_host(&mut [0f32]), Status::InvalidArgument);
    x.reshape(&[2]).unwrap();
    let (start, length) = x.data().unwrap();
    // SAFETY: the view, at once.
    assert_eq!(unsafe { std::slice::from_raw_parts(start, length) }, [0; 8]);
    lease.run().unwrap();
    assert_eq!(get_y(&lease), [0.5; 2], "the default is back");
}

#[test]
fn a_loan_holds_no_strings_of_the_one_before() {
    let pool = pool("identity_string.onnx", 1);
    let lease = pool.acquire(None).unwrap();
    lease.input("x").unwrap().reshape(&[1]).unwrap();
    lease.input("x").unwrap().copy_strings_from_host(&[b"secret"]).unwrap();
    lease.run().unwrap();
    drop(lease);
    let lease = pool.acquire(None).unwrap();
    lease.input("x").unwrap().reshape(&[1]).unwrap();
    fails(lease.input("x").unwrap().strings(), Status::InvalidArgument);
    fails(lease.output("y").unwrap().strings(), Status::InvalidArgument);
    fails(lease.run(), Status::InvalidArgument);
}

#[test]
fn a_loan_does_not_use_memory_that_the_one_before_shared() {
    let pool = pool("add_batch.onnx", 1);
    let (mut from, mut to) = (vec![1.0f32; 4], vec![-1.0f32; 4]);
    let lease = pool.acquire(None).unwrap();
    // SAFETY: the memory outlives the pool's last run.
    unsafe {
        let (x, y) = (lease.input("x").unwrap(), lease.output("y").unwrap());
        x.share_external_data(DataType::Float32, from.as_mut_ptr().cast(), 16, &[1, 4]).unwrap();
        y.share_external_data(DataType::Float32, to.as_mut_ptr().cast(), 16, &[1, 4]).unwrap();
    }
    drop(lease);
    let lease = pool.acquire(None).unwrap();
    fails(lease.run(), Status::InvalidArgument);
    assert_eq!(y_of(&lease, &[1, 4], &[3.0; 4]), [6.0; 4]);
    assert_eq!(y_of(&lease, &[2, 4], &[3.0; 8]), [6.0; 8], "another shape is no mismatch");
    assert_eq!(to, [-1.0; 4], "the memory of the loan before was written to");
}

#[test]
fn a_loan_of_a_predictor_that_somebody_runs_by_index_is_busy_at_worst() {
    let pool = pool("slow.onnx", 1);
    let member = pool.retrieve(0).unwrap();
    common::set_slow(member, common::LONG);
    std::thread::scope(|scope| {
        let _end = common::CancelAtEnd(member);
        let run = scope.spawn(|| common::run_probed(member));
        common::wait_until_busy(member);
        // Either it is not lent while it runs, or the loan sees BUSY until then and is empty after.
        let lease = match pool.acquire(NOW) {
            Ok(lease) => lease,
            Err(error) => {
                assert!([Status::Busy, Status::Timeout].contains(&error.status()), "{error}");
                return;
            }
        };
        fails(lease.run(), Status::Busy);
        common::cancel(member);
        fails(run.join().unwrap(), Status::Cancelled);
        contains_all(
            &fails(lease.run_with_timeout(Duration::from_secs(1)), Status::InvalidArgument),
            &["steps"],
        );
    });
}

#[test]
fn a_clone_of_a_loan_is_the_callers_own() {
    let pool = pool("add_batch.onnx", 1);
    let lease = pool.acquire(None).unwrap();
    set_x(&lease, &[1, 4], &[1.0; 4]);
    let clone = lease.try_clone().unwrap();
    drop(lease);
    let before = pool.stats().runs_total;
    fails(clone.run(), Status::InvalidArgument);
    drop(pool.acquire(NOW).unwrap());
    assert_eq!(pool.stats().runs_total, before);
    drop(pool);
    assert_eq!(y_of(&clone, &[1, 4], &[2.0; 4]), [4.0; 4]);
}

// --- waiting ---

#[test]
fn waiting_ends_at_the_limit() {
    let pool = pool("add.onnx", 1);
    let lease = pool.acquire(None).unwrap();
    let start = Instant::now();
    fails(pool.acquire(NOW), Status::Timeout);
    assert!(start.elapsed() < Duration::from_secs(1));
    let start = Instant::now();
    contains_all(&fails(pool.acquire(Some(Duration::from_millis(50))), Status::Timeout), &["50 ms"]);
    assert!((Duration::from_millis(50)..Duration::from_secs(5)).contains(&start.elapsed()));
    let stats = pool.stats();
    assert_eq!((stats.timeouts_total, stats.waiting, stats.acquired_total), (2, 0, 1));
    assert!(stats.wait_ns_total >= 50_000_000, "a wait that led to nothing is a wait");
    drop(lease);
    drop(pool.acquire(Some(Duration::from_secs(5))).unwrap());
    pool.acquire(Some(Duration::MAX)).unwrap();
}

#[test]
fn c_limits_are_milliseconds_and_below_0_is_none() {
    let pool = c::pool("add.onnx", 1);
    let lease = acquire(&pool);
    let mut out = null_mut();
    for timeout in [0, 20] {
        let status = unsafe { c::predictor_pool_acquire(pool.0, timeout, &mut out) };
        c::fails(status, c::PREDICTOR_ERROR_TIMEOUT);
        assert!(out.is_null());
    }
    std::thread::scope(|scope| {
        let waits: Vec<_> = [-1, i64::MIN, i64::MAX]
            .map(|timeout| {
                let pool = &pool;
                scope.spawn(move || {
                    let lease = c::made(|out| unsafe { c::predictor_pool_acquire(pool.0, timeout, out) });
                    c::ok(c::predictor_pool_release(pool.0, lease));
                })
            })
            .into();
        wait_until("three waiters", || stats(&pool).waiting == 3);
        c::ok(c::predictor_pool_release(pool.0, lease));
        waits.into_iter().for_each(|wait| wait.join().unwrap());
    });
    let status = unsafe { c::predictor_pool_acquire(pool.0, 0, null_mut()) };
    c::fails(status, c::PREDICTOR_ERROR_INVALID_ARGUMENT);
    assert_eq!(stats(&pool).in_use, 0, "a refused call took nothing");
}

#[test]
fn waiters_are_served_in_their_order() {
    let pool = pool("add.onnx", 1);
    let lease = pool.acquire(None).unwrap();
    let order = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for number in 0..16 {
            let (pool, order) = (&pool, &order);
            scope.spawn(move || {
                let lease = pool.acquire(None).unwrap();
                order.lock().unwrap().push(number);
                // A newcomer does not get past those who wait.
                assert!(number == 15 || pool.acquire(NOW).is_err());
                drop(lease);
            });
            wait_until("the next waiter", || pool.stats().waiting == number + 1);
        }
        drop(lease);
    });
    assert_eq!(*order.lock().unwrap(), (0..16).collect::<Vec<_>>());
    let stats = pool.stats();
    assert_eq!((stats.in_use, stats.waiting, stats.acquired_total), (0, 0, 17));
}

#[test]
fn a_waiter_whose_time_ran_out_leaves_the_queue() {
    let pool = pool("add.onnx", 1);
    let lease = pool.acquire(None).unwrap();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| pool.acquire(Some(Duration::from_secs(1))).map(drop));
        wait_until("the first waiter", || pool.stats().waiting == 1);
        let second = scope.spawn(|| pool.acquire(Some(Duration::from_secs(20))).map(drop));
        wait_until("the second waiter", || pool.stats().waiting == 2);
        fails(first.join().unwrap(), Status::Timeout);
        assert_eq!(pool.stats().waiting, 1);
        drop(lease);
        second.join().unwrap().unwrap();
    });
    assert_eq!(pool.stats().in_use, 0);
}

#[test]
fn a_full_queue_is_busy_at_once() {
    let mut config = config("add.onnx");
    config.set_option("pool_max_waiting", "2").unwrap();
    let pool = PredictorPool::new(&config, 1).unwrap();
    let lease = pool.acquire(None).unwrap();
    std::thread::scope(|scope| {
        for waiting in 1..=2 {
            scope.spawn(|| drop(pool.acquire(None).unwrap()));
            wait_until("a waiter", || pool.stats().waiting == waiting);
        }
        contains_all(&fails(pool.acquire(Some(Duration::from_secs(5))), Status::Busy), &["2"]);
        fails(pool.acquire(None), Status::Busy);
        assert_eq!(pool.stats().timeouts_total, 0);
        drop(lease);
    });
    drop(pool.acquire(NOW).unwrap());
    assert_eq!(pool.stats().acquired_total, 4);
}

#[test]
fn many_threads_share_few_predictors() {
    let pool = pool("add_batch.onnx", 2);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let pool = &pool;
            scope.spawn(move || {
                for round in 0..50 {
                    let (rows, value) = (1 + round % 3, (thread * 100 + round) as f32);
                    let lease = pool.acquire(None).unwrap();
                    let y = y_of(&lease, &[rows, 4], &vec![value; rows as usize * 4]);
                    assert_eq!(y, vec![2.0 * value; rows as usize * 4]);
                }
            });
        }
    });
    let stats = pool.stats();
    assert_eq!((stats.acquired_total, stats.runs_total, stats.failures_total), (400, 400, 0));
    assert_eq!((stats.in_use, stats.waiting), (0, 0));
}

// --- the end of a pool ---

#[test]
fn destroying_a_pool_wakes_waiters_and_ends_all_its_handles() {
    let pool = c::pool("add.onnx", 1);
    let (member, lease) = (retrieve(&pool, 0), acquire(&pool));
    let x = c::input(lease, "x");
    let invalid = c::PREDICTOR_ERROR_INVALID_HANDLE;
    std::thread::scope(|scope| {
        let wait = |timeout| {
            let pool = &pool;
            move || {
                let mut out = null_mut();
                let status = unsafe { c::predictor_pool_acquire(pool.0, timeout, &mut out) };
                c::fails(status, c::PREDICTOR_ERROR_INVALID_HANDLE);
                assert!(out.is_null());
            }
        };
        let waits = [(); 3].map(|()| scope.spawn(wait(20_000)));
        wait_until("three waiters", || stats(&pool).waiting == 3);
        c::destroy_predictor_pool(pool.0);
        waits.into_iter().for_each(|wait| wait.join().unwrap());
    });
    unsafe {
        c::fails(c::predictor_run(member), invalid);
        c::fails(c::predictor_run(lease), invalid);
        c::fails(c::predictor_tensor_byte_length(x, &mut 0), invalid);
        c::fails(c::predictor_pool_release(pool.0, lease), invalid);
        c::fails(c::predictor_pool_size(pool.0, &mut 0), invalid);
        c::fails(c::predictor_pool_acquire(pool.0, 0, &mut null_mut()), invalid);
    }
}

/// Readies slow.onnx behind a C handle.
fn set_slow(predictor: *mut c::Predictor, steps: i64) {
    let set = |name, code, data: &[u8]| {
        let tensor = c::input(predictor, name);
        let (start, length) = (data.as_ptr().cast(), data.len());
        c::ok(unsafe { c::predictor_tensor_copy_from_host(tensor, code, start, length) });
    };
    set("steps", c::PREDICTOR_INT64 as i32, &steps.to_ne_bytes());
    set("x", c::FLOAT32, &0.25f32.to_ne_bytes().repeat(64 * 64));
}

fn wait_until_busy(predictor: *mut c::Predictor) {
    wait_until("a run", || c::predictor_run_with_timeout(predictor, 0) == c::PREDICTOR_ERROR_BUSY);
}

/// A run beside `wait_until_busy`, whose probing may be what makes it BUSY.
fn run_probed(predictor: usize, timeout_ms: i64) -> c::PredictorStatus {
    loop {
        match c::predictor_run_with_timeout(predictor as *mut c::Predictor, timeout_ms) {
            c::PREDICTOR_ERROR_BUSY => std::thread::yield_now(),
            status => return status,
        }
    }
}

#[test]
fn a_run_in_progress_outlives_its_pool() {
    let pool = c::pool("slow.onnx", 1);
    let lease = acquire(&pool);
    set_slow(lease, 100_000);
    std::thread::scope(|scope| {
        let address = lease as usize;
        let run = scope.spawn(move || run_probed(address, -1));
        wait_until_busy(lease);
        c::destroy_predictor_pool(pool.0);
        c::fails(c::predictor_run(lease), c::PREDICTOR_ERROR_INVALID_HANDLE);
        assert_eq!(run.join().unwrap(), c::PREDICTOR_OK);
    });
}

#[test]
fn waiters_of_a_destroyed_pool_do_not_wait_for_a_run_in_progress() {
    let pool = c::pool("slow.onnx", 1);
    let lease = acquire(&pool);
    set_slow(lease, common::LONG);
    std::thread::scope(|scope| {
        let address = lease as usize;
        let run = scope.spawn(move || run_probed(address, 4_000));
        let waits = [(); 2].map(|()| {
            let pool = &pool;
            scope.spawn(move || {
                let status = unsafe { c::predictor_pool_acquire(pool.0, 20_000, &mut null_mut()) };
                c::fails(status, c::PREDICTOR_ERROR_INVALID_HANDLE);
            })
        });
        wait_until("two waiters", || stats(&pool).waiting == 2);
        wait_until_busy(lease);
        let start = Instant::now();
        c::destroy_predictor_pool(pool.0);
        waits.into_iter().for_each(|wait| wait.join().unwrap());
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        assert_eq!(run.join().unwrap(), c::PREDICTOR_ERROR_TIMEOUT);
    });
}

// --- the counters ---

#[test]
fn the_counters_add_up() {
    let pool = pool("failing.onnx", 2);
    let index = |predictor: &predictor_pool::Predictor, value: i64| {
        let index = predictor.input("index").unwrap();
        index.reshape(&[1]).unwrap();
        index.copy_from_host(&[value]).unwrap();
        predictor.run()
    };
    let fresh = PredictorPoolStats { size: 2, ..PredictorPoolStats::default() };
    assert_eq!(pool.stats(), fresh);

    let (first, second) = (pool.acquire(None).unwrap(), pool.acquire(None).unwrap());
    let mut released = 0;
    for value in [1, 2, 9] {
        let _ = index(&first, value);
    }
    let stats = pool.stats();
    assert_eq!((stats.runs_total, stats.failures_total), (3, 1));
    assert_eq!((stats.in_use, stats.acquired_total), (2, 2));
    assert!(stats.run_ns_total > 0);
    assert_eq!((stats.wait_ns_total, stats.timeouts_total), (0, 0), "nobody waited yet");
    fails(pool.acquire(NOW), Status::Timeout);
    drop(second);
    released += 1;
    index(pool.retrieve(0).unwrap(), 3).unwrap();
    index(pool.retrieve(1).unwrap(), 3).unwrap();

    // Stateless runs are runs of the pool's predictors too.
    let data = 4i64.to_ne_bytes().to_vec();
    let data = common::golden::Bytes::from_slice(&data);
    let input = RunInput { name: "index", data_type: DataType::Int64, dims: &[1], data: data.as_slice() };
    first.run_with(&[input], &mut []).unwrap();

    let stats = pool.stats();
    assert_eq!((stats.runs_total, stats.failures_total, stats.timeouts_total), (6, 1, 1));
    assert_eq!(stats.acquired_total, released + stats.in_use);
    drop(first);
    let stats = pool.stats();
    assert_eq!((stats.in_use, stats.acquired_total), (0, 2));
}

#[test]
fn stopped_runs_are_failures_and_waits_are_measured() {
    let pool = pool("slow.onnx", 1);
    let lease = pool.acquire(None).unwrap();
    common::set_slow(&lease, common::LONG);
    let limit = Duration::from_millis(100);
    fails(lease.run_with_timeout(limit), Status::Timeout);
    std::thread::scope(|scope| {
        let wait = scope.spawn(|| pool.acquire(None).map(drop));
        wait_until("a waiter", || pool.stats().waiting == 1);
        fails(lease.run_with_timeout(limit), Status::Timeout);
        drop(lease);
        wait.join().unwrap().unwrap();
    });
    let stats = pool.stats();
    assert_eq!((stats.runs_total, stats.failures_total, stats.timeouts_total), (2, 2, 0));
    let range = 100_000_000..10_000_000_000;
    assert!(range.contains(&(stats.run_ns_total / 2)), "{stats:?}");
    assert!(range.contains(&stats.wait_ns_total), "{stats:?}");
}

#[test]
fn warm_up_runs_are_not_counted() {
    let mut config = config("add_batch.onnx");
    config.set_option("warmup_runs", "2").unwrap();
    let pool = PredictorPool::new(&config, 2).unwrap();
    assert_eq!(pool.stats(), PredictorPoolStats { size: 2, ..PredictorPoolStats::default() });
    fails(pool.retrieve(0).unwrap().input("x").unwrap().shape(), Status::ShapeMismatch);
    fails(pool.retrieve(0).unwrap().run(), Status::InvalidArgument);
}

#[test]
fn c_counters_fit_the_size_that_the_caller_knows() {
    let pool = c::pool("add.onnx", 3);
    let lease = acquire(&pool);
    let ask = |words: usize| {
        let mut room = [u64::MAX; 16];
        c::ok(unsafe { c::predictor_pool_stats(pool.0, room.as_mut_ptr().cast(), words * 8) });
        assert_eq!(room[words..], vec![u64::MAX; 16 - words], "nothing is written beyond the size");
        room[..words].to_vec()
    };
    assert_eq!(ask(1), [3]);
    assert_eq!(ask(4), [3, 1, 0, 1]);
    assert_eq!(ask(9), [3, 1, 0, 1, 0, 0, 0, 0, 0]);
    assert_eq!(ask(12), [3, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], "unknown fields are 0");
    let mut stats = PredictorPoolStats::default();
    let bad = c::PREDICTOR_ERROR_INVALID_ARGUMENT;
    unsafe {
        c::fails(c::predictor_pool_stats(pool.0, &mut stats, 0), bad);
        c::fails(c::predictor_pool_stats(pool.0, &mut stats, 71), bad);
        c::fails(c::predictor_pool_stats(pool.0, null_mut(), 72), bad);
    }
    c::ok(c::predictor_pool_release(pool.0, lease));
}
