//! Many threads at once, through the C ABI: results are those of a serial run, bit by bit, and
//! misuse is a status.

mod processes;

use std::ptr::null;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use processes::abi::*;
use processes::{Random, alone, assert_same_bits, child, memory, model};

const THREADS: usize = 8;

/// An input and what a serial run makes of it.
struct Case {
    model: usize,
    dims: Vec<i64>,
    x: Vec<f32>,
    y: Vec<f32>,
}

const MODELS: [&str; 2] = ["convolution.onnx", "mlp.onnx"];
/// Both models give 10 numbers for each of the batch.
const WIDTH: usize = 10;

fn dims_for(thread: usize, number: usize) -> (usize, Vec<i64>) {
    let (t, n) = (thread as i64, number as i64);
    match number % 3 {
        0 => (1, vec![1 + (t + n) % 5, 64]),
        _ => (0, vec![1 + n % 2, 3, 1 + t, 3 + n]),
    }
}

/// Six inputs of its own for each thread.
fn cases(threads: usize) -> Vec<Vec<Case>> {
    let predictors = MODELS.map(|name| {
        let config = config(&model(name));
        let predictor = predictor(config);
        destroy_predictor_config(config);
        predictor
    });
    let mut random = Random::new(1);
    let mut case = |thread, number| {
        let (model, dims) = dims_for(thread, number);
        let x = random.floats(dims.iter().product::<i64>() as usize);
        let y = run_x_to_y(predictors[model], &dims, &x, dims[0] as usize * WIDTH).unwrap();
        Case { model, dims, x, y }
    };
    let cases = (0..threads).map(|thread| (0..6).map(|number| case(thread, number)).collect()).collect();
    predictors.into_iter().for_each(|predictor| destroy_predictor(predictor));
    cases
}

/// A predictor, and which case its input holds.
struct Held {
    model: usize,
    predictor: Handle<Predictor>,
    set: Option<usize>,
}

#[test]
fn eight_threads_of_mixed_calls_give_the_bits_of_serial_runs() {
    alone(&[], || {
        let cases = cases(THREADS);
        let configs = MODELS.map(|name| Handle::new(config(&model(name))));
        // Predictors move from thread to thread through here.
        let mailbox = Mutex::new(Vec::new());
        let runs = AtomicUsize::new(0);
        thread::scope(|scope| {
            for (thread, own) in cases.iter().enumerate() {
                let (configs, mailbox, runs) = (&configs, &mailbox, &runs);
                scope.spawn(move || {
                    let count = mixed_calls(Random::new(thread as u64 + 2), own, configs, mailbox);
                    runs.fetch_add(count, Ordering::Relaxed);
                });
            }
        });
        assert!(runs.into_inner() > THREADS * 2000);
        for held in mailbox.into_inner().unwrap() {
            destroy_predictor(held.predictor.get());
        }
        configs.into_iter().for_each(|config| destroy_predictor_config(config.get()));
        assert_eq!(predictor_live_handles(), 0);
    });
}

/// 10,000 calls; returns how many of them were runs.
fn mixed_calls(
    mut random: Random,
    cases: &[Case],
    configs: &[Handle<PredictorConfig>],
    mailbox: &Mutex<Vec<Held>>,
) -> usize {
    let mut all = Vec::<Held>::new();
    let mut runs = 0;
    for _ in 0..10_000 {
        if all.is_empty() {
            let model = random.below(MODELS.len());
            let predictor = Handle::new(predictor(configs[model].get()));
            all.push(Held { model, predictor, set: None });
            continue;
        }
        let chosen = random.below(all.len());
        match random.below(20) {
            0 if all.len() < 6 => {
                let model = random.below(MODELS.len());
                let predictor = Handle::new(predictor(configs[model].get()));
                all.push(Held { model, predictor, set: None });
            }
            1 if all.len() < 6 => {
                let from = all[chosen].predictor.get();
                let clone = made(|out| unsafe { clone_predictor(from, out) });
                all.push(Held { model: all[chosen].model, predictor: Handle::new(clone), set: None });
            }
            2 => destroy_predictor(all.swap_remove(chosen).predictor.get()),
            3 => {
                let mut mailbox = mailbox.lock().unwrap();
                mailbox.push(Held { set: None, ..all.swap_remove(chosen) });
                if mailbox.len() > THREADS {
                    all.push(mailbox.remove(0));
                }
            }
            4..12 => {
                let held = &mut all[chosen];
                let number = random.below(cases.len());
                if cases[number].model == held.model {
                    let x = input(held.predictor.get(), c"x");
                    ok(reshape(x, &cases[number].dims));
                    ok(copy_in(x, &cases[number].x));
                    held.set = Some(number);
                }
            }
            _ => {
                let held = &all[chosen];
                let Some(number) = held.set else { continue };
                let mut y = vec![0.0; cases[number].y.len()];
                ok(predictor_run(held.predictor.get()));
                ok(copy_out(output(held.predictor.get(), c"y"), &mut y));
                assert_same_bits(&y, &cases[number].y);
                runs += 1;
            }
        }
    }
    all.into_iter().for_each(|held| destroy_predictor(held.predictor.get()));
    runs
}

#[test]
fn runs_on_one_predictor_are_right_or_busy() {
    alone(&[], || {
        let config = config(&model("convolution.onnx"));
        let shared = Handle::new(predictor(config));
        let reference = predictor(config);
        let (x, y) = (input(shared.get(), c"x"), Handle::new(output(shared.get(), c"y")));
        let dims = [4, 3, 24, 24];
        let (right, busy) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut random = Random::new(7);
        for _ in 0..4 {
            // The inputs stand still while the threads run, so there is one right result.
            let data = random.floats(4 * 3 * 24 * 24);
            let expected = &run_x_to_y(reference, &dims, &data, 4 * WIDTH).unwrap();
            ok(reshape(x, &dims));
            ok(copy_in(x, &data));
            ok(predictor_run(shared.get()));
            let count = |status| match status {
                PREDICTOR_OK => right.fetch_add(1, Ordering::Relaxed),
                PREDICTOR_ERROR_BUSY => busy.fetch_add(1, Ordering::Relaxed),
                other => panic!("{other:?}: {}", error_text()),
            };
            thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| {
                        for _ in 0..150 {
                            count(predictor_run(shared.get()));
                            let mut result = vec![0.0; 4 * WIDTH];
                            let status = copy_out(y.get(), &mut result);
                            count(status);
                            if status == PREDICTOR_OK {
                                assert_same_bits(&result, expected);
                            }
                        }
                    });
                }
            });
            // BUSY changed nothing.
            let mut result = vec![0.0; 4 * WIDTH];
            ok(copy_out(y.get(), &mut result));
            assert_same_bits(&result, expected);
        }
        assert!(right.into_inner() > 0);
        assert!(busy.into_inner() > 0, "the threads never met");
    });
}

/// What a thread reads after its own successful calls may be another thread's result, but it is one
/// thread's data as a whole, never a mixture.
#[test]
fn threads_that_fight_over_one_predictor_never_see_mixed_data() {
    alone(&[], || {
        const ROWS: usize = 2000;
        let config = config(&model("add_batch.onnx"));
        let shared = Handle::new(predictor(config));
        let read = AtomicUsize::new(0);
        thread::scope(|scope| {
            for thread in 1..=THREADS {
                let read = &read;
                scope.spawn(move || {
                    let own = vec![thread as f32; ROWS * 4];
                    for _ in 0..400 {
                        let Ok(y) = run_x_to_y(shared.get(), &[ROWS as i64, 4], &own, ROWS * 4) else {
                            continue;
                        };
                        assert!(y.iter().all(|value| *value == y[0]), "mixed: {y:?}");
                        assert!(y[0] % 2.0 == 0.0 && (2.0..=16.0).contains(&y[0]), "{}", y[0]);
                        read.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert!(read.into_inner() > 0, "nobody ever read a result");
    });
}

#[test]
fn stateless_runs_on_one_predictor_are_all_right() {
    alone(&[], || {
        let cases = cases(4);
        let predictors = MODELS.map(|name| Handle::new(predictor(config(&model(name)))));
        thread::scope(|scope| {
            for own in &cases {
                scope.spawn(move || {
                    for round in 0..1000 {
                        let case = &own[round % own.len()];
                        let mut dims = case.dims.clone();
                        let (mut y, mut y_dims) = (vec![0.0f32; case.y.len()], [0i64; 2]);
                        let x = PredictorTensorView {
                            name: c"x".as_ptr(),
                            data: case.x.as_ptr().cast_mut().cast(),
                            byte_length: size_of_val(case.x.as_slice()),
                            dims: dims.as_mut_ptr(),
                            rank: dims.len(),
                            data_type: FLOAT32,
                        };
                        let mut out = PredictorTensorView {
                            name: c"y".as_ptr(),
                            data: y.as_mut_ptr().cast(),
                            byte_length: size_of_val(y.as_slice()),
                            dims: y_dims.as_mut_ptr(),
                            rank: y_dims.len(),
                            data_type: FLOAT32,
                        };
                        let predictor = predictors[case.model].get();
                        ok(unsafe { predictor_run_with(predictor, &x, 1, &mut out, 1) });
                        assert_same_bits(&y, &case.y);
                        assert_eq!(y_dims, [case.dims[0], WIDTH as i64]);
                    }
                });
            }
        });
    });
}

/// A run that takes a good part of a second, in progress on another thread.
fn with_run_in_progress(predictor: Handle<Predictor>, meanwhile: impl FnOnce()) -> PredictorStatus {
    let steps = input(predictor.get(), c"steps");
    let many = 150_000i64;
    ok(unsafe { predictor_tensor_copy_from_host(steps, 7, (&raw const many).cast(), 8) });
    ok(copy_in(input(predictor.get(), c"x"), &[0.5; 64 * 64]));
    thread::scope(|scope| {
        let run = scope.spawn(move || {
            loop {
                match predictor_run(predictor.get()) {
                    // The other thread is just looking whether this one runs.
                    PREDICTOR_ERROR_BUSY => thread::yield_now(),
                    status => return status,
                }
            }
        });
        while predictor_run_with_timeout(predictor.get(), 0) != PREDICTOR_ERROR_BUSY {
            assert!(!run.is_finished(), "the run was over too soon");
            thread::yield_now();
        }
        meanwhile();
        assert!(!run.is_finished(), "the run was over too soon");
        run.join().unwrap()
    })
}

#[test]
fn a_run_survives_the_end_of_its_predictor() {
    alone(&[], || {
        let config = config(&model("slow.onnx"));
        let doomed = Handle::new(predictor(config));
        destroy_predictor_config(config);
        let status = with_run_in_progress(doomed, || {
            destroy_predictor(doomed.get());
            assert_eq!(predictor_run(doomed.get()), PREDICTOR_ERROR_INVALID_HANDLE);
            assert_eq!(predictor_live_handles(), 0);
        });
        assert_eq!(status, PREDICTOR_OK);
        assert_eq!(predictor_cancel(doomed.get()), PREDICTOR_ERROR_INVALID_HANDLE);
    });
}

#[test]
fn a_run_survives_the_end_of_its_pool_and_of_its_lease() {
    alone(&[], || {
        let config = config(&model("slow.onnx"));
        for release_first in [true, false] {
            let pool = Handle::new(pool(config, 1));
            let lease = Handle::new(made(|out| unsafe { predictor_pool_acquire(pool.get(), -1, out) }));
            let status = with_run_in_progress(lease, || {
                if release_first {
                    ok(predictor_pool_release(pool.get(), lease.get()));
                    // The next caller gets it when the run has ended, not before.
                    let mut next = std::ptr::null_mut();
                    let status = unsafe { predictor_pool_acquire(pool.get(), 0, &mut next) };
                    assert_eq!(status, PREDICTOR_ERROR_TIMEOUT);
                }
                destroy_predictor_pool(pool.get());
                assert_eq!(predictor_run(lease.get()), PREDICTOR_ERROR_INVALID_HANDLE);
            });
            assert_eq!(status, PREDICTOR_OK);
        }
    });
}

/// Users run whatever handle stands in a slot while others replace and destroy it.
#[test]
fn predictors_and_pools_are_destroyed_at_random_while_they_run() {
    alone(&[], || {
        let slots: Vec<AtomicPtr<Predictor>> = (0..16).map(|_| AtomicPtr::default()).collect();
        let config = Handle::new(config(&model("add_batch.onnx")));
        let stop = AtomicBool::new(false);
        let right = AtomicUsize::new(0);
        thread::scope(|scope| {
            let (slots, stop, right) = (&slots, &stop, &right);
            for thread in 1..=6 {
                scope.spawn(move || use_slots(thread, slots, stop, right));
            }
            let owned = scope.spawn(move || replace_owned(config, &slots[..8]));
            let lent = scope.spawn(move || replace_lent(config, &slots[8..]));
            let ends = [owned.join(), lent.join()];
            stop.store(true, Ordering::Relaxed);
            ends.into_iter().for_each(|end| end.unwrap());
        });
        assert!(right.into_inner() > 100);
        destroy_predictor_config(config.get());
        assert_eq!(predictor_live_handles(), 0);
    });
}

fn use_slots(thread: usize, slots: &[AtomicPtr<Predictor>], stop: &AtomicBool, right: &AtomicUsize) {
    let mut random = Random::new(thread as u64);
    let own = [thread as f32; 16];
    while !stop.load(Ordering::Relaxed) {
        let predictor = slots[random.below(slots.len())].load(Ordering::Acquire);
        match run_x_to_y(predictor, &[4, 4], &own, 16) {
            Ok(y) => {
                // Another user of the same handle may have run in between.
                assert!(y.iter().all(|value| *value == y[0]) && y[0] % 2.0 == 0.0 && y[0] > 0.0, "{y:?}");
                right.fetch_add(1, Ordering::Relaxed);
            }
            Err(PREDICTOR_ERROR_INVALID_HANDLE | PREDICTOR_ERROR_BUSY) => (),
            // Another user has reshaped the input since the run, or the member was lent and emptied.
            Err(PREDICTOR_ERROR_INVALID_ARGUMENT | PREDICTOR_ERROR_SHAPE_MISMATCH) => (),
            Err(other) => panic!("{other:?}: {}", error_text()),
        }
        if random.below(10) == 0 {
            let mut clone = std::ptr::null_mut();
            match unsafe { clone_predictor(predictor, &mut clone) } {
                PREDICTOR_OK => destroy_predictor(clone),
                status => assert_eq!(status, PREDICTOR_ERROR_INVALID_HANDLE),
            }
        }
    }
}

fn replace_owned(config: Handle<PredictorConfig>, slots: &[AtomicPtr<Predictor>]) {
    let mut random = Random::new(100);
    let base = predictor(config.get());
    for _ in 0..5000 {
        let fresh = match random.below(2) {
            0 => predictor(config.get()),
            _ => made(|out| unsafe { clone_predictor(base, out) }),
        };
        let old = slots[random.below(slots.len())].swap(fresh, Ordering::AcqRel);
        destroy_predictor(old);
    }
    destroy_predictor(base);
    slots.iter().for_each(|slot| destroy_predictor(slot.load(Ordering::Acquire)));
}

fn replace_lent(config: Handle<PredictorConfig>, slots: &[AtomicPtr<Predictor>]) {
    let mut random = Random::new(101);
    for _ in 0..300 {
        let pool = pool(config.get(), 4);
        for _ in 0..random.below(60) {
            let slot = &slots[random.below(slots.len())];
            match random.below(3) {
                0 => {
                    let member = made(|out| unsafe { predictor_pool_retrieve(pool, random.below(4), out) });
                    slot.store(member, Ordering::Release);
                }
                1 => {
                    let mut lease = std::ptr::null_mut();
                    match unsafe { predictor_pool_acquire(pool, 0, &mut lease) } {
                        PREDICTOR_OK => slot.store(lease, Ordering::Release),
                        status => assert_eq!(status, PREDICTOR_ERROR_TIMEOUT),
                    }
                }
                _ => {
                    let old = slot.load(Ordering::Acquire);
                    let status = predictor_pool_release(pool, old);
                    // A retrieved one, or one of an earlier pool.
                    let not_lent = [PREDICTOR_ERROR_INVALID_ARGUMENT, PREDICTOR_ERROR_INVALID_HANDLE];
                    assert!(status == PREDICTOR_OK || not_lent.contains(&status), "{status:?}");
                }
            }
        }
        destroy_predictor_pool(pool);
    }
}

#[test]
fn sixteen_threads_take_turns_with_four_leases() {
    const WAITERS: usize = 16;
    const TURNS: usize = 400;
    alone(&[], || {
        let config = config(&model("add_batch.onnx"));
        let pool = Handle::new(pool(config, 4));
        let (lent, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for thread in 0..WAITERS {
                let (lent, most) = (&lent, &most);
                scope.spawn(move || {
                    for turn in 0..TURNS {
                        let lease = made(|out| unsafe { predictor_pool_acquire(pool.get(), -1, out) });
                        most.fetch_max(lent.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        let own = (thread * TURNS + turn + 1) as f32;
                        let y = run_x_to_y(lease, &[2, 4], &[own; 8], 8);
                        assert_eq!(y.as_deref(), Ok(&[2.0 * own; 8][..]), "{}", error_text());
                        // Long enough for the others to take the rest of the pool.
                        thread::sleep(Duration::from_micros(100));
                        lent.fetch_sub(1, Ordering::SeqCst);
                        ok(predictor_pool_release(pool.get(), lease));
                        assert_eq!(predictor_run(lease), PREDICTOR_ERROR_INVALID_HANDLE);
                    }
                });
            }
        });
        assert_eq!(most.into_inner(), 4);
        let mut stats = unsafe { std::mem::zeroed::<predictor_pool::PredictorPoolStats>() };
        ok(unsafe { predictor_pool_stats(pool.get(), &mut stats, size_of_val(&stats)) });
        assert_eq!((stats.size, stats.in_use, stats.waiting), (4, 0, 0));
        assert_eq!(stats.acquired_total, (WAITERS * TURNS) as u64);
        assert_eq!(stats.runs_total, (WAITERS * TURNS) as u64);
        assert_eq!((stats.timeouts_total, stats.failures_total), (0, 0));
        assert!(stats.wait_ns_total > 0);
    });
}

#[test]
fn destroying_a_pool_wakes_everyone_who_waits() {
    alone(&[], || {
        let config = config(&model("add.onnx"));
        let pool = Handle::new(pool(config, 1));
        let _lease = made(|out| unsafe { predictor_pool_acquire(pool.get(), -1, out) });
        thread::scope(|scope| {
            let wait = || {
                let mut out = std::ptr::null_mut();
                unsafe { predictor_pool_acquire(pool.get(), -1, &mut out) }
            };
            let waiters: Vec<_> = (0..THREADS).map(|_| scope.spawn(wait)).collect();
            let mut stats = unsafe { std::mem::zeroed::<predictor_pool::PredictorPoolStats>() };
            while stats.waiting < THREADS as u64 {
                ok(unsafe { predictor_pool_stats(pool.get(), &mut stats, size_of_val(&stats)) });
                thread::yield_now();
            }
            destroy_predictor_pool(pool.get());
            for waiter in waiters {
                assert_eq!(waiter.join().unwrap(), PREDICTOR_ERROR_INVALID_HANDLE);
            }
        });
    });
}

#[test]
fn acquire_with_a_limit_returns_in_time_however_many_wait() {
    alone(&[], || {
        let config = config(&model("add.onnx"));
        let pool = Handle::new(pool(config, 1));
        let lease = made(|out| unsafe { predictor_pool_acquire(pool.get(), -1, out) });
        thread::scope(|scope| {
            for thread in 0..THREADS as u64 {
                scope.spawn(move || {
                    let limit = Duration::from_millis(100 + 20 * thread);
                    let start = Instant::now();
                    let mut out = std::ptr::null_mut();
                    let status =
                        unsafe { predictor_pool_acquire(pool.get(), limit.as_millis() as i64, &mut out) };
                    assert_eq!(status, PREDICTOR_ERROR_TIMEOUT);
                    assert!(start.elapsed() >= limit && start.elapsed() < limit + Duration::from_secs(10));
                });
            }
        });
        ok(predictor_pool_release(pool.get(), lease));
        let mut out = std::ptr::null_mut();
        ok(unsafe { predictor_pool_acquire(pool.get(), 0, &mut out) });
    });
}

/// Everything is made, used and destroyed again; the model is loaded anew in each round.
#[test]
fn creating_and_destroying_leaves_no_memory_behind() {
    alone(&[], || {
        let mut after_100 = 0;
        for round in 1..=500 {
            let config = config(&model("convolution.onnx"));
            let first = predictor(config);
            let clone = made(|out| unsafe { clone_predictor(first, out) });
            let pool = pool(config, 2);
            let lease = made(|out| unsafe { predictor_pool_acquire(pool, 0, out) });
            let member = made(|out| unsafe { predictor_pool_retrieve(pool, 1, out) });
            for predictor in [first, clone, lease, member] {
                run_x_to_y(predictor, &[1, 3, 16, 16], &[0.25; 3 * 16 * 16], WIDTH).unwrap();
            }
            assert_eq!(
                unsafe { create_predictor(null(), &mut std::ptr::null_mut()) },
                PREDICTOR_ERROR_INVALID_HANDLE
            );
            ok(predictor_pool_release(pool, lease));
            destroy_predictor_pool(pool);
            destroy_predictor(first);
            destroy_predictor(clone);
            destroy_predictor_config(config);
            assert_eq!(predictor_live_handles(), 0);
            if round == 100 {
                after_100 = memory("VmRSS");
            }
        }
        let grown = memory("VmRSS").saturating_sub(after_100);
        assert!(grown < 1 << 20, "{grown} bytes more after 400 further rounds");
    });
}

#[test]
fn the_first_calls_of_a_process_may_come_from_eight_threads() {
    for _ in 0..10 {
        let outcome = child(&[], || {
            let start = Barrier::new(THREADS);
            thread::scope(|scope| {
                for thread in 1..=THREADS {
                    let start = &start;
                    scope.spawn(move || {
                        start.wait();
                        let config = config(&model("add_batch.onnx"));
                        let predictor = predictor(config);
                        let own = thread as f32;
                        let y = run_x_to_y(predictor, &[1, 4], &[own; 4], 4).unwrap();
                        assert_eq!(y, [2.0 * own; 4]);
                    });
                }
            });
            assert_eq!(predictor_live_handles(), 2 * THREADS as i64);
        });
        let Some(outcome) = outcome else { return };
        outcome.expect_code(0);
    }
}
