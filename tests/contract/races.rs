//! Calls beside the end of their handle, on other threads and in a forked child.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use predictor_pool::ffi::*;

use super::documented::Documented;
use super::subjects::{Row, rows};
use super::world::*;

/// Two threads call the row's function on `handle` until they are told that `end` has ended it.
fn race(documented: &Documented, row: &Row, world: &World, handle: *mut c_void, end: impl FnOnce()) {
    let start = Barrier::new(3);
    let address = handle.expose_provenance();
    let call = || {
        let deadline = Instant::now() + Duration::from_secs(20);
        start.wait();
        loop {
            let seen = (row.call)(world, std::ptr::with_exposed_provenance_mut(address), Rest::Good);
            let status = seen.status.expect("a function that returns a status");
            if status != PREDICTOR_OK {
                check_failure(row.function, seen, status);
                documented.check(row.function, status);
            }
            if status == PREDICTOR_ERROR_INVALID_HANDLE {
                return;
            }
            assert!(Instant::now() < deadline, "{}: the end does not arrive", row.function);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(call);
        scope.spawn(call);
        start.wait();
        end();
    });
}

/// The moments of the end, spread over the time that some calls take.
fn moments() -> impl Iterator<Item = Duration> {
    (0..10).map(|round| Duration::from_micros(round * round))
}

#[test]
fn calls_beside_a_destroy_succeed_or_fail_as_documented() {
    let _alone = alone();
    let documented = Documented::read();
    // Keeps the models loaded.
    let keeper = World::new();
    let before = predictor_live_handles();
    for row in rows().iter().filter(|row| !row.destroys()) {
        for moment in moments() {
            let world = World::new();
            race(&documented, row, &world, world.handle(row.subject), || {
                std::thread::sleep(moment);
                world.end(row.subject);
            });
        }
    }
    keeper.check();
    assert_eq!(predictor_live_handles(), before);
}

/// A loan that is given back and a pool that goes end predictors that nobody owns.
#[test]
fn calls_beside_the_end_of_a_borrowed_predictor_succeed_or_fail_as_documented() {
    let _alone = alone();
    let documented = Documented::read();
    let keeper = World::new();
    let before = predictor_live_handles();
    let subjects = [Subject::Predictor, Subject::Input, Subject::Output];
    for row in rows().iter().filter(|row| !row.destroys() && subjects.contains(&row.subject)) {
        for (round, moment) in moments().step_by(2).enumerate() {
            let world = World::new();
            let mut borrowed = world.lease;
            if round % 2 == 0 {
                ok(unsafe { predictor_pool_retrieve(world.pool, 1, &mut borrowed) });
            }
            let handle = match row.subject {
                Subject::Input => input(borrowed, c"x").cast(),
                Subject::Output => output(borrowed, c"y").cast(),
                _ => borrowed.cast(),
            };
            race(&documented, row, &world, handle, || {
                std::thread::sleep(moment);
                match borrowed == world.lease {
                    true => ok(predictor_pool_release(world.pool, borrowed)),
                    false => destroy_predictor_pool(world.pool),
                }
            });
        }
    }
    keeper.check();
    assert_eq!(predictor_live_handles(), before);
}

#[test]
fn of_many_threads_that_destroy_one_handle_one_does_and_the_others_are_told() {
    const THREADS: usize = 4;
    let _alone = alone();
    let keeper = World::new();
    for row in rows().iter().filter(|row| row.destroys()) {
        for _ in 0..20 {
            let world = World::new();
            let live = predictor_live_handles();
            let (start, told) = (Barrier::new(THREADS), AtomicUsize::new(0));
            std::thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| {
                        start.wait();
                        (row.call)(&world, world.handle(row.subject), Rest::Good);
                        told.fetch_add(usize::from(!text().is_empty()), Ordering::Relaxed);
                    });
                }
            });
            assert_eq!(told.into_inner(), THREADS - 1, "{}", row.function);
            assert_eq!(predictor_live_handles(), live - 1, "{}", row.function);
        }
    }
    keeper.check();
}

#[test]
fn a_run_that_is_inside_when_its_predictor_is_destroyed_finishes() {
    let _alone = alone();
    let predictor = predictor_of("slow.onnx");
    let (steps, x) = (input(predictor, c"steps"), input(predictor, c"x"));
    let (count, matrix) = (3_000i64, vec![1f32; 64 * 64]);
    unsafe {
        ok(predictor_tensor_copy_from_host(steps, INT64, (&raw const count).cast(), 8));
        ok(predictor_tensor_copy_from_host(x, FLOAT32, matrix.as_ptr().cast(), 64 * 64 * 4));
    }
    let address = predictor.expose_provenance();
    std::thread::scope(|scope| {
        let runs = scope.spawn(move || {
            let run = || predictor_run(std::ptr::with_exposed_provenance_mut(address));
            std::iter::repeat_with(run).find(|status| *status != PREDICTOR_OK)
        });
        while unsafe { predictor_tensor_shape(x, null_mut(), 0, &mut 0) } != PREDICTOR_ERROR_BUSY {
            std::thread::yield_now();
        }
        destroy_predictor(predictor);
        assert_eq!(predictor_run(predictor), PREDICTOR_ERROR_INVALID_HANDLE);
        // The one that was inside succeeded; the next one never began.
        assert_eq!(runs.join().unwrap(), Some(PREDICTOR_ERROR_INVALID_HANDLE));
    });
}

#[test]
fn who_waits_for_a_predictor_of_a_destroyed_pool_gets_invalid_handle() {
    let _alone = alone();
    let world = World::new();
    // The pool's pointer alone would not go to another thread.
    let shared = &world;
    acquire(world.pool);
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            let mut out = Room::<*mut Predictor>::new();
            let status = unsafe { predictor_pool_acquire(shared.pool, -1, out.at()) };
            check_failure("acquire", out.seen(status), PREDICTOR_ERROR_INVALID_HANDLE);
        });
        let mut fields = [0u64; 9];
        while fields[2] != 1 {
            ok(unsafe { predictor_pool_stats(world.pool, fields.as_mut_ptr().cast(), 72) });
            std::thread::yield_now();
        }
        destroy_predictor_pool(world.pool);
        waiter.join().unwrap();
    });
}

/// The child of a fork must not touch what the parent's threads may hold.
#[test]
fn every_handle_from_before_a_fork_is_forked_in_the_child() {
    let _alone = alone();
    let world = World::new();
    let rows = rows();
    let mut ends = [0; 2];
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        for row in &rows {
            for rest in [Rest::Good, Rest::Wrong] {
                let seen = (row.call)(&world, world.handle(row.subject), rest);
                let is_right = seen.untouched
                    && seen.status.is_none_or(|status| status == PREDICTOR_ERROR_FORKED)
                    && unsafe { predictor_last_error_message(null_mut(), 0) } > 0;
                if !is_right {
                    let line = format!("{}, the rest {rest:?}: {seen:?}\n", row.function);
                    unsafe { libc::write(ends[1], line.as_ptr().cast(), line.len()) };
                }
            }
        }
        unsafe { libc::_exit(0) };
    }
    let (mut report, mut status) = (String::new(), 0);
    unsafe { libc::close(ends[1]) };
    let mut reader = unsafe { <std::fs::File as std::os::fd::FromRawFd>::from_raw_fd(ends[0]) };
    std::io::Read::read_to_string(&mut reader, &mut report).unwrap();
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert_eq!((report.as_str(), status), ("", 0));
    world.check();
}
