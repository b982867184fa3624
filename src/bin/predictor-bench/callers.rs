//! The ways in which threads come by a predictor.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use predictor_pool::{Config, Predictor, PredictorPool, TensorSpec};

use crate::args::Mode;
use crate::failure::Result;
use crate::request::Request;

/// The predictors of one point.
pub enum Callers {
    /// One for each thread.
    Own(Vec<Predictor>),
    Pool(PredictorPool),
    Mutex(Mutex<Predictor>),
    Stateless(Predictor),
}

/// When a request got its predictor, and how long the run alone took.
pub struct Served {
    pub started: Instant,
    pub run: Duration,
}

impl Callers {
    /// Loads the model, with the first predictor (all of them in mode pool, which loads nothing more for the others).
    pub fn first(config: &mut Config, mode: Mode, pool_size: usize) -> Result<Self> {
        if mode == Mode::Session {
            config.set_option("share_model", "0")?;
        }
        Ok(match mode {
            Mode::Pool => Self::Pool(PredictorPool::new(config, pool_size)?),
            Mode::Clone | Mode::Separate | Mode::Session => Self::Own(vec![Predictor::new(config)?]),
            Mode::Mutex => Self::Mutex(Mutex::new(Predictor::new(config)?)),
            Mode::Stateless => Self::Stateless(Predictor::new(config)?),
        })
    }

    /// Makes the predictors of the other threads.
    pub fn rest(&mut self, config: &Config, mode: Mode, threads: usize) -> Result<()> {
        let Self::Own(predictors) = self else { return Ok(()) };
        while predictors.len() < threads {
            let next = match mode {
                Mode::Clone => predictors[0].try_clone()?,
                _ => Predictor::new(config)?,
            };
            predictors.push(next);
        }
        Ok(())
    }

    /// How many predictors there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Own(predictors) => predictors.len(),
            Self::Pool(pool) => pool.size(),
            Self::Mutex(_) | Self::Stateless(_) => 1,
        }
    }

    /// The inputs and outputs of the model.
    pub fn specs(&self) -> Result<(Vec<TensorSpec>, Vec<TensorSpec>)> {
        let of = |predictor: &Predictor| (predictor.inputs().to_vec(), predictor.outputs().to_vec());
        Ok(match self {
            Self::Own(predictors) => of(&predictors[0]),
            Self::Pool(pool) => of(pool.retrieve(0)?.as_ref()),
            Self::Mutex(predictor) => of(&predictor.lock().unwrap_or_else(PoisonError::into_inner)),
            Self::Stateless(predictor) => of(predictor),
        })
    }

    /// Makes a request on the first predictor, while nobody else makes any.
    pub fn serve_first(&self, request: &mut Request) -> predictor_pool::Result<()> {
        match self {
            Self::Pool(pool) => request.make(pool.retrieve(0)?).map(drop),
            _ => self.serve(0, request).map(drop),
        }
    }

    /// Makes the request of thread number `thread`, after waiting for a predictor where that is the way.
    pub fn serve(&self, thread: usize, request: &mut Request) -> predictor_pool::Result<Served> {
        match self {
            Self::Own(predictors) => {
                let started = Instant::now();
                Ok(Served { started, run: request.make(&predictors[thread])? })
            }
            Self::Pool(pool) => {
                let predictor = pool.acquire(None)?;
                let started = Instant::now();
                Ok(Served { started, run: request.make(&predictor)? })
            }
            Self::Mutex(predictor) => {
                let predictor = predictor.lock().unwrap_or_else(PoisonError::into_inner);
                let started = Instant::now();
                Ok(Served { started, run: request.make(&predictor)? })
            }
            Self::Stateless(predictor) => {
                let started = Instant::now();
                Ok(Served { started, run: request.make_stateless(predictor)? })
            }
        }
    }
}
