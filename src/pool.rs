//! A fixed set of predictors over one model, reached by index or on loan.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::config::Config;
use crate::error::{Result, bail};
use crate::model::{Callers, Model};
use crate::predictor::{Meter, Predictor};
use crate::tune;
use crate::turns::Turns;

/// `size` predictors that share one model.
///
/// ```
/// use std::time::Duration;
/// use predictor_pool::{Config, PredictorPool};
/// # fn main() -> predictor_pool::Result<()> {
/// let mut config = Config::new();
/// config.set_model("tests/models/add.onnx", None);
/// let pool = PredictorPool::new(&config, 4)?;
///
/// let predictor = pool.acquire(Some(Duration::from_millis(100)))?; // given back when dropped
/// predictor.input("x")?.copy_from_host(&[1.0f32, 2.0, 3.0, 4.0])?;
/// predictor.run()?;
/// drop(predictor);
/// assert_eq!(pool.stats().runs_total, 1);
/// # Ok(())
/// # }
/// ```
pub struct PredictorPool {
    shared: Arc<Shared>,
}

struct Shared {
    members: Vec<Arc<Predictor>>,
    meter: Arc<Meter>,
    turns: Turns,
}

/// What a pool has done so far. `acquired_total` is the loans given back plus `in_use`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct PredictorPoolStats {
    /// Predictors in the pool.
    pub size: u64,
    /// Predictors on loan now.
    pub in_use: u64,
    /// Callers waiting in acquire now.
    pub waiting: u64,
    /// Loans given.
    pub acquired_total: u64,
    /// Acquires that ended without a predictor because time ran out.
    pub timeouts_total: u64,
    /// Runs of the pool's predictors, failed ones included.
    pub runs_total: u64,
    /// Runs that failed, were cancelled or timed out.
    pub failures_total: u64,
    /// Nanoseconds that callers waited in acquire, all together.
    pub wait_ns_total: u64,
    /// Nanoseconds that runs took, all together.
    pub run_ns_total: u64,
}

impl PredictorPool {
    /// Loads the config's model once and makes `size` predictors over it; size 0 is
    /// INVALID_ARGUMENT.
    pub fn new(config: &Config, size: usize) -> Result<Self> {
        if size == 0 {
            bail!(InvalidArgument, "pool: expected a size of at least 1, got 0");
        }
        let config = tune::apply(config)?;
        let options = &config.settings.options;
        let model = Model::load(&config, Callers::Pool(size))?;
        let meter = Arc::new(Meter::default());
        let mut members = Vec::new();
        if members.try_reserve_exact(size).is_err() {
            bail!(OutOfMemory, "pool: {size} predictors");
        }
        for _ in 0..size {
            let predictor = Predictor::over(Arc::clone(&model), Some(Arc::clone(&meter)))?;
            predictor.warm_up(options.warmup_runs)?;
            members.push(Arc::new(predictor));
        }
        // Warm-up is not the callers' work.
        for counter in [&meter.runs, &meter.failures, &meter.nanoseconds] {
            counter.store(0, Ordering::Relaxed);
        }
        let turns = Turns::new(size, options.pool_max_waiting);
        Ok(Self { shared: Arc::new(Shared { members, meter, turns }) })
    }

    /// How many predictors the pool has.
    pub fn size(&self) -> usize {
        self.shared.members.len()
    }

    /// Predictor number `index`, without a loan: one thread per index is the caller's job, as with
    /// Paddle's pool.
    pub fn retrieve(&self, index: usize) -> Result<&Arc<Predictor>> {
        match self.shared.members.get(index) {
            Some(predictor) => Ok(predictor),
            None => bail!(OutOfRange, "pool: expected an index below {}, got {index}", self.size()),
        }
    }

    /// Lends an idle predictor, emptied. Waits its turn, at most `limit` (`None`: for ever).
    /// TIMEOUT if none came, BUSY at once if as many callers wait as `pool_max_waiting` allows.
    pub fn acquire(&self, limit: Option<Duration>) -> Result<PooledPredictor> {
        let index = self.shared.turns.acquire(limit)?;
        let lease = PooledPredictor { shared: Arc::clone(&self.shared), index };
        lease.reset();
        Ok(lease)
    }

    /// Has callers that wait, and all later ones, return INVALID_HANDLE.
    pub(crate) fn close(&self) {
        self.shared.turns.close();
    }

    /// The counters now.
    pub fn stats(&self) -> PredictorPoolStats {
        let meter = &self.shared.meter;
        let counts = self.shared.turns.counts();
        PredictorPoolStats {
            size: self.size() as u64,
            in_use: counts.in_use as u64,
            waiting: counts.waiting as u64,
            acquired_total: counts.acquired,
            timeouts_total: counts.timeouts,
            runs_total: meter.runs.load(Ordering::Relaxed),
            failures_total: meter.failures.load(Ordering::Relaxed),
            wait_ns_total: counts.wait_nanoseconds,
            run_ns_total: meter.nanoseconds.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn is_from_here(&self, lease: &PooledPredictor) -> bool {
        Arc::ptr_eq(&self.shared, &lease.shared)
    }
}

/// A predictor on loan; it goes back to its pool when this is dropped.
pub struct PooledPredictor {
    shared: Arc<Shared>,
    index: usize,
}

impl Deref for PooledPredictor {
    type Target = Predictor;

    fn deref(&self) -> &Predictor {
        &self.shared.members[self.index]
    }
}

impl Drop for PooledPredictor {
    fn drop(&mut self) {
        // Memory that the caller shared is theirs again from here on.
        self.reset();
        self.shared.turns.give_back(self.index);
    }
}
