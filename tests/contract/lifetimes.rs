//! Who has to destroy what, and what a handle that ended or is borrowed does.

use std::ptr::{null, null_mut};

use predictor_pool::ffi::*;

use super::subjects::rows;
use super::world::*;

#[test]
fn live_handles_are_those_that_the_caller_has_to_destroy() {
    let _alone = alone();
    assert_eq!(predictor_live_handles(), 0);
    let config = config("add_batch.onnx");
    assert_eq!(predictor_live_handles(), 1);
    let predictor = predictor(config);
    let (mut clone, mut pool) = (null_mut(), null_mut());
    unsafe {
        ok(clone_predictor(predictor, &mut clone));
        ok(create_predictor_pool(config, 2, &mut pool));
    }
    assert_eq!(predictor_live_handles(), 4);

    // Borrowed: a tensor, a lease, a member and a tensor of it.
    input(predictor, c"x");
    let lease = acquire(pool);
    let mut member = null_mut();
    ok(unsafe { predictor_pool_retrieve(pool, 1, &mut member) });
    input(member, c"x");
    assert_eq!(predictor_live_handles(), 4);

    // What is cloned from borrowed ones is owned.
    let mut clones = [null_mut(); 2];
    unsafe {
        ok(clone_predictor(lease, &mut clones[0]));
        ok(clone_predictor(member, &mut clones[1]));
    }
    assert_eq!(predictor_live_handles(), 6);

    // Failures make none, and destroying again ends none.
    let mut none = null_mut();
    assert_eq!(unsafe { clone_predictor(null(), &mut none) }, PREDICTOR_ERROR_INVALID_HANDLE);
    for owned in clones.into_iter().chain([predictor, clone]) {
        for _ in 0..3 {
            destroy_predictor(owned);
        }
    }
    assert_eq!(predictor_live_handles(), 2);
    for _ in 0..3 {
        destroy_predictor_pool(pool);
        destroy_predictor_config(config);
    }
    assert_eq!(predictor_live_handles(), 0);
}

#[test]
fn a_second_destroy_is_harmless_and_says_so() {
    let _alone = alone();
    let world = World::new();
    for row in rows().iter().filter(|row| row.destroys()) {
        let handle = world.handle(row.subject);
        // Another of the kind, made afterwards, must not be hit.
        let other = World::new();
        (row.call)(&world, handle, Rest::Good);
        ok(unsafe { predictor_provider_count(&mut 0) });
        for _ in 0..3 {
            let seen = (row.call)(&world, handle, Rest::Good);
            check_failure(row.function, seen, PREDICTOR_ERROR_INVALID_HANDLE);
        }
        other.check();
    }
}

#[test]
fn destroying_a_borrowed_predictor_only_sets_the_text() {
    let _alone = alone();
    let world = World::new();
    let mut member = null_mut();
    ok(unsafe { predictor_pool_retrieve(world.pool, 1, &mut member) });
    let live = predictor_live_handles();
    for borrowed in [world.lease, member] {
        let tensor = input(borrowed, c"x");
        set(tensor);
        destroy_predictor(borrowed);
        assert!(!text().is_empty());
        ok(predictor_run(borrowed));
        assert_eq!(input(borrowed, c"x"), tensor);
    }
    assert_eq!(predictor_live_handles(), live);
    // The loan was not given back either.
    acquire(world.pool);
    let status = unsafe { predictor_pool_acquire(world.pool, 0, &mut null_mut()) };
    assert_eq!(status, PREDICTOR_ERROR_TIMEOUT);
}

#[test]
fn a_released_lease_is_invalid_and_the_next_one_finds_nothing_of_it() {
    let _alone = alone();
    let world = World::new();
    let mut pool = null_mut();
    ok(unsafe { create_predictor_pool(world.config, 1, &mut pool) });
    let old = acquire(pool);
    let (old_input, old_output) = (input(old, c"x"), output(old, c"y"));
    set(old_input);
    ok(predictor_run(old));
    ok(predictor_pool_release(pool, old));

    let new = acquire(pool);
    assert_ne!(new, old);
    assert_ne!(input(new, c"x"), old_input);
    set(input(new, c"x"));
    let mut y = Room::<[f32; 4]>::new();
    unsafe {
        assert_eq!(predictor_run(old), PREDICTOR_ERROR_INVALID_HANDLE);
        assert_eq!(predictor_tensor_reshape(old_input, [2, 4].as_ptr(), 2), PREDICTOR_ERROR_INVALID_HANDLE);
        let status = predictor_tensor_copy_to_host(old_output, FLOAT32, y.at().cast(), BYTES);
        check_failure("the old output", y.seen(status), PREDICTOR_ERROR_INVALID_HANDLE);
        assert_eq!(predictor_pool_release(pool, old), PREDICTOR_ERROR_INVALID_HANDLE);
        // An output of the old lease's run is not the new one's.
        let status = predictor_tensor_copy_to_host(output(new, c"y"), FLOAT32, y.at().cast(), BYTES);
        check_failure("the new output", y.seen(status), PREDICTOR_ERROR_INVALID_ARGUMENT);
        ok(predictor_run(new));
        ok(predictor_tensor_copy_to_host(output(new, c"y"), FLOAT32, y.at().cast(), BYTES));
    }
    assert_eq!(y.get(), X.map(|x| x + x));
    destroy_predictor_pool(pool);
}

#[test]
fn handles_are_made_used_and_destroyed_on_different_threads() {
    let _alone = alone();
    let world = std::thread::spawn(World::new).join().unwrap();
    let world = std::thread::spawn(move || {
        world.check();
        ok(predictor_pool_release(world.pool, world.lease));
        world
    });
    let world = world.join().unwrap();
    std::thread::spawn(move || drop(world)).join().unwrap();
    assert_eq!(predictor_live_handles(), 0);
}
