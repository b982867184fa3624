//! Pools.

use crate::error::{Result, bail};
use crate::pool::PredictorPoolStats;

use super::args::Out;
use super::error::PredictorStatus;
use super::handle::{self, InUse};
use super::objects::{ConfigObject, PoolObject};
use super::{Predictor, PredictorConfig, PredictorPool, args, guard};

const _: () = assert!(size_of::<PredictorPoolStats>() == 72, "fields are only added at the end");

fn get(pool: *const PredictorPool) -> Result<InUse<PoolObject>> {
    handle::get(pool)
}

/// Loads the config's model once, or finds it loaded by an equal config, and makes `size` predictors
/// over it.
///
/// Ownership: `*out` is owned; give it to `destroy_predictor_pool`. The config may be destroyed or
/// changed afterwards.
/// Threads: any thread at any time, also several on one config.
/// Errors: those of `create_predictor`, and INVALID_ARGUMENT for size 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn create_predictor_pool(
    config: *const PredictorConfig,
    size: usize,
    out: *mut *mut PredictorPool,
) -> PredictorStatus {
    guard::status(|| {
        let config = handle::get::<ConfigObject>(config)?;
        let out = Out::new("out", out)?;
        let config = config.lock().clone();
        let pool = crate::PredictorPool::new(&config, size)?;
        out.set(handle::insert(PoolObject::new(pool))?);
        Ok(())
    })
}

/// Destroys a pool. Who waits in `predictor_pool_acquire` returns INVALID_HANDLE; the handles of all
/// its predictors end; calls in progress finish first.
///
/// Ownership: takes `pool`; NULL does nothing.
/// Threads: any thread, also while others are inside calls on the pool or its predictors.
/// Errors: a stale handle, or one of another kind, only sets the error text.
#[unsafe(no_mangle)]
pub extern "C" fn destroy_predictor_pool(pool: *mut PredictorPool) {
    if pool.is_null() {
        return;
    }
    guard::silent(|| {
        handle::remove::<PoolObject>(pool)?.end();
        Ok(())
    });
}

/// How many predictors the pool has.
///
/// Ownership: nothing is handed over.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_pool_size(pool: *const PredictorPool, out: *mut usize) -> PredictorStatus {
    guard::status(|| {
        let pool = get(pool)?;
        Out::new("out", out)?.set(pool.pool.size());
        Ok(())
    })
}

/// Predictor number `index`, the same handle each time, as in Paddle's pool: nothing is checked out,
/// and one thread per index is the caller's job. Who also acquires from the pool may get the same
/// predictor there and then sees BUSY, or a predictor that the loan has emptied.
///
/// Ownership: `*out` is borrowed from `pool` and dies with it.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`), OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_pool_retrieve(
    pool: *const PredictorPool,
    index: usize,
    out: *mut *mut Predictor,
) -> PredictorStatus {
    guard::status(|| {
        let pool = get(pool)?;
        let out = Out::new("out", out)?;
        out.set(pool.retrieve(index)?);
        Ok(())
    })
}

/// Lends an idle predictor, emptied, under a handle of its own. Callers are served in their order.
/// `timeout_ms` below 0 waits without a limit; 0 does not wait.
///
/// Ownership: `*out` is borrowed from `pool`; give it to `predictor_pool_release`. After that the
/// handle and its tensors are INVALID_HANDLE.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE (also if the pool is destroyed meanwhile), INVALID_ARGUMENT (NULL `out`),
/// TIMEOUT, BUSY (as many callers wait as "pool_max_waiting" allows).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_pool_acquire(
    pool: *const PredictorPool,
    timeout_ms: i64,
    out: *mut *mut Predictor,
) -> PredictorStatus {
    guard::status(|| {
        let pool = get(pool)?;
        let out = Out::new("out", out)?;
        out.set(pool.lend(pool.pool.acquire(args::limit(timeout_ms))?)?);
        Ok(())
    })
}

/// Gives an acquired predictor back. The next caller gets it when calls in progress on the old handle
/// have ended.
///
/// Ownership: takes `predictor`, whose handle and tensors end.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE (a second release too), INVALID_ARGUMENT (not acquired from this pool).
#[unsafe(no_mangle)]
pub extern "C" fn predictor_pool_release(
    pool: *const PredictorPool,
    predictor: *mut Predictor,
) -> PredictorStatus {
    guard::status(|| get(pool)?.release(predictor))
}

/// What the pool has done so far. `out_size` is sizeof(PredictorPoolStats) as the caller knows it: so
/// many bytes are written, and what the library does not know is set to 0.
///
/// Ownership: nothing is handed over.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`, size 0 or not a multiple of 8).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_pool_stats(
    pool: *const PredictorPool,
    out: *mut PredictorPoolStats,
    out_size: usize,
) -> PredictorStatus {
    guard::status(|| {
        let pool = get(pool)?;
        if out_size == 0 || !out_size.is_multiple_of(8) {
            bail!(InvalidArgument, "out_size: expected sizeof(PredictorPoolStats), got {out_size}");
        }
        // SAFETY: what the caller promised; the struct is made of numbers of 8 bytes.
        let out = unsafe { args::slice_mut("out", out.cast::<u64>(), out_size / 8)? };
        let stats = pool.pool.stats();
        let known: [u64; 9] = [
            stats.size,
            stats.in_use,
            stats.waiting,
            stats.acquired_total,
            stats.timeouts_total,
            stats.runs_total,
            stats.failures_total,
            stats.wait_ns_total,
            stats.run_ns_total,
        ];
        for (index, field) in out.iter_mut().enumerate() {
            *field = known.get(index).copied().unwrap_or(0);
        }
        Ok(())
    })
}
