//! Arguments of the functions on pools.

use std::ptr::null_mut;

use predictor_pool::PredictorPoolStats;
use predictor_pool::ffi::*;

use super::arguments::{Case, outs, room, table};
use super::world::*;

const STATS: usize = size_of::<PredictorPoolStats>();

fn release(world: &World, predictor: *mut Predictor) -> Seen {
    said(predictor_pool_release(world.pool, predictor))
}

fn stats(world: &World, size: usize) -> Seen {
    unsafe { room!([u64; 16], |out| predictor_pool_stats(world.pool, out.cast(), size)) }
}

pub fn cases() -> Vec<Case> {
    let mut cases = table! {
        create_predictor_pool.size "0" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            room!(*mut PredictorPool, |out| create_predictor_pool(w.config, 0, out))
        };
        create_predictor_pool.size "SIZE_MAX" => PREDICTOR_ERROR_OUT_OF_MEMORY: |w| {
            room!(*mut PredictorPool, |out| create_predictor_pool(w.config, usize::MAX, out))
        };
        predictor_pool_retrieve.index "one too many" => PREDICTOR_ERROR_OUT_OF_RANGE: |w| {
            room!(*mut Predictor, |out| predictor_pool_retrieve(w.pool, 2, out))
        };
        predictor_pool_retrieve.index "SIZE_MAX" => PREDICTOR_ERROR_OUT_OF_RANGE: |w| {
            room!(*mut Predictor, |out| predictor_pool_retrieve(w.pool, usize::MAX, out))
        };
        predictor_pool_acquire.timeout_ms "0 with none idle" => PREDICTOR_ERROR_TIMEOUT: |w| {
            acquire(w.pool);
            room!(*mut Predictor, |out| predictor_pool_acquire(w.pool, 0, out))
        };
        predictor_pool_acquire.timeout_ms "1 with none idle" => PREDICTOR_ERROR_TIMEOUT: |w| {
            acquire(w.pool);
            room!(*mut Predictor, |out| predictor_pool_acquire(w.pool, 1, out))
        };
        predictor_pool_acquire.timeout_ms "INT64_MIN with one idle" => PREDICTOR_OK: |w| {
            room!(*mut Predictor, |out| predictor_pool_acquire(w.pool, i64::MIN, out))
        };
        predictor_pool_release.predictor "NULL" => PREDICTOR_ERROR_INVALID_HANDLE: |w| release(w, null_mut());
        predictor_pool_release.predictor "a pool" => PREDICTOR_ERROR_INVALID_HANDLE: |w| {
            release(w, w.pool.cast())
        };
        predictor_pool_release.predictor "a garbage pointer" => PREDICTOR_ERROR_INVALID_HANDLE: |w| {
            release(w, w.lease.wrapping_byte_add(8))
        };
        predictor_pool_release.predictor "an owned one" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            release(w, w.predictor)
        };
        predictor_pool_release.predictor "a retrieved one" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            let mut member = null_mut();
            ok(predictor_pool_retrieve(w.pool, 0, &mut member));
            release(w, member)
        };
        predictor_pool_release.predictor "another pool's" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            let mut pool = null_mut();
            ok(create_predictor_pool(w.config, 1, &mut pool));
            let seen = release(w, acquire(pool));
            destroy_predictor_pool(pool);
            seen
        };
        predictor_pool_release.predictor "one that was released" => PREDICTOR_ERROR_INVALID_HANDLE: |w| {
            ok(predictor_pool_release(w.pool, w.lease));
            release(w, w.lease)
        };
        predictor_pool_release.predictor "a clone of a lease" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            let mut clone = null_mut();
            ok(clone_predictor(w.lease, &mut clone));
            let seen = release(w, clone);
            destroy_predictor(clone);
            seen
        };
        predictor_pool_stats.out_size "0" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| stats(w, 0);
        predictor_pool_stats.out_size "no multiple of 8" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            stats(w, STATS - 1)
        };
        predictor_pool_stats.out_size "beyond memory" => PREDICTOR_ERROR_INVALID_ARGUMENT: |w| {
            stats(w, usize::MAX - 7)
        };
        predictor_pool_stats.out_size "an older, smaller struct" => PREDICTOR_OK: |w| {
            let mut fields = [7u64; 3];
            let status = predictor_pool_stats(w.pool, fields.as_mut_ptr().cast(), 16);
            assert_eq!(fields, [2, 1, 7], "size, in_use, and no more");
            said(status)
        };
        predictor_pool_stats.out_size "a newer, larger struct" => PREDICTOR_OK: |w| {
            let mut fields = [7u64; 12];
            let status = predictor_pool_stats(w.pool, fields.as_mut_ptr().cast(), STATS + 16);
            assert_eq!(fields[9..], [0, 0, 7], "unknown fields are 0");
            said(status)
        };
    };
    cases.extend(outs! {
        create_predictor_pool.out: *mut PredictorPool, |w, out| create_predictor_pool(w.config, 1, out);
        predictor_pool_size.out: usize, |w, out| predictor_pool_size(w.pool, out);
        predictor_pool_retrieve.out: *mut Predictor, |w, out| predictor_pool_retrieve(w.pool, 0, out);
        predictor_pool_acquire.out: *mut Predictor, |w, out| predictor_pool_acquire(w.pool, 0, out);
        predictor_pool_stats.out: PredictorPoolStats, |w, out| predictor_pool_stats(w.pool, out, STATS);
    });
    cases
}
