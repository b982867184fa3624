//! What the handles stand for, and which handles end with which.

use std::ops::Deref;
use std::sync::Arc;

use crate::error::{Error, Result, Status, bail};
use crate::sync::{Mutex, MutexGuard};
use crate::tensor::{Port, Tensor};
use crate::{Config, PooledPredictor};

use super::handle::{self, HandleKind, Object};
use super::{Predictor, PredictorConfig, PredictorPool, PredictorTensor};

pub(super) struct ConfigObject(pub Mutex<Config>);

impl Object for ConfigObject {
    const KIND: HandleKind = HandleKind::Config;
    type Opaque = PredictorConfig;

    fn is_owned(&self) -> bool {
        true
    }
}

impl ConfigObject {
    pub fn lock(&self) -> MutexGuard<'_, Config> {
        self.0.lock()
    }
}

/// The predictor behind a handle.
pub(super) enum Target {
    Owned(Box<crate::Predictor>),
    /// Retrieved from a pool.
    Member(Arc<crate::Predictor>),
    /// On loan; it goes back when the last call on the handle or its tensors has ended.
    Lease(PooledPredictor),
}

impl Deref for Target {
    type Target = crate::Predictor;

    fn deref(&self) -> &crate::Predictor {
        match self {
            Target::Owned(predictor) => predictor,
            Target::Member(predictor) => predictor,
            Target::Lease(lease) => lease,
        }
    }
}

pub(super) struct PredictorObject {
    pub target: Arc<Target>,
    /// The tensor handles given out so far, as addresses; `None` once the predictor's handle ended.
    tensors: Mutex<Option<Vec<(Port, usize)>>>,
}

impl Object for PredictorObject {
    const KIND: HandleKind = HandleKind::Predictor;
    type Opaque = Predictor;

    fn is_owned(&self) -> bool {
        matches!(*self.target, Target::Owned(_))
    }
}

impl PredictorObject {
    pub fn new(target: Target) -> Self {
        Self { target: Arc::new(target), tensors: Mutex::new(Some(Vec::new())) }
    }

    /// The tensor's handle, the same each time.
    pub fn tensor(&self, port: Port) -> Result<*mut PredictorTensor> {
        let mut tensors = self.tensors.lock();
        let Some(tensors) = tensors.as_mut() else { return Err(ended("predictor")) };
        if let Some((_, address)) = tensors.iter().find(|(other, _)| *other == port) {
            return Ok(std::ptr::with_exposed_provenance_mut(*address));
        }
        let tensor = handle::insert(TensorObject { target: Arc::clone(&self.target), port })?;
        tensors.push((port, tensor.expose_provenance()));
        Ok(tensor)
    }

    fn end_tensors(&self) {
        for (_, address) in self.tensors.lock().take().into_iter().flatten() {
            let tensor = std::ptr::with_exposed_provenance(address);
            // Nobody else ends tensor handles, so there is no failure to report.
            let _ = handle::remove::<TensorObject>(tensor);
        }
    }
}

/// Ends a predictor's handle and those of its tensors.
pub(super) fn end_predictor(predictor: *const Predictor) -> Result<()> {
    handle::remove::<PredictorObject>(predictor)?.end_tensors();
    Ok(())
}

pub(super) struct TensorObject {
    target: Arc<Target>,
    port: Port,
}

impl Object for TensorObject {
    const KIND: HandleKind = HandleKind::Tensor;
    type Opaque = PredictorTensor;

    fn is_owned(&self) -> bool {
        false
    }
}

impl TensorObject {
    pub fn tensor(&self) -> Tensor<'_> {
        Tensor::new(&self.target, self.port)
    }
}

pub(super) struct PoolObject {
    pub pool: crate::PredictorPool,
    /// The predictor handles given out, as addresses; `None` once the pool's handle ended.
    lent: Mutex<Option<Lent>>,
}

#[derive(Default)]
struct Lent {
    retrieved: Vec<(usize, usize)>,
    leases: Vec<usize>,
}

impl Object for PoolObject {
    const KIND: HandleKind = HandleKind::Pool;
    type Opaque = PredictorPool;

    fn is_owned(&self) -> bool {
        true
    }
}

impl PoolObject {
    pub fn new(pool: crate::PredictorPool) -> Self {
        Self { pool, lent: Mutex::new(Some(Lent::default())) }
    }

    /// The handle of predictor number `index`, the same each time.
    pub fn retrieve(&self, index: usize) -> Result<*mut Predictor> {
        let member = self.pool.retrieve(index)?;
        let mut lent = self.lent.lock();
        let Some(lent) = lent.as_mut() else { return Err(ended("pool")) };
        if let Some((_, address)) = lent.retrieved.iter().find(|(other, _)| *other == index) {
            return Ok(std::ptr::with_exposed_provenance_mut(*address));
        }
        let predictor = handle::insert(PredictorObject::new(Target::Member(Arc::clone(member))))?;
        lent.retrieved.push((index, predictor.expose_provenance()));
        Ok(predictor)
    }

    /// A new handle for a lease.
    pub fn lend(&self, lease: PooledPredictor) -> Result<*mut Predictor> {
        let mut lent = self.lent.lock();
        let Some(lent) = lent.as_mut() else { return Err(ended("pool")) };
        let predictor = handle::insert(PredictorObject::new(Target::Lease(lease)))?;
        lent.leases.push(predictor.expose_provenance());
        Ok(predictor)
    }

    /// Ends a lease of this pool.
    pub fn release(&self, predictor: *const Predictor) -> Result<()> {
        match &*handle::get::<PredictorObject>(predictor)?.target {
            Target::Lease(lease) if self.pool.is_from_here(lease) => (),
            Target::Lease(_) => {
                bail!(InvalidArgument, "expected a predictor acquired from this pool, got another pool's")
            }
            _ => bail!(
                InvalidArgument,
                "expected a predictor acquired from this pool, got one that was not acquired"
            ),
        }
        end_predictor(predictor)?;
        if let Some(lent) = self.lent.lock().as_mut() {
            lent.leases.retain(|address| *address != predictor.addr());
        }
        Ok(())
    }

    /// Wakes who waits and ends the handles of all the pool's predictors.
    pub fn end(&self) {
        self.pool.close();
        let Some(lent) = self.lent.lock().take() else { return };
        let retrieved = lent.retrieved.into_iter().map(|(_, address)| address);
        for address in retrieved.chain(lent.leases) {
            // A release on another thread may have ended it just now.
            let _ = end_predictor(std::ptr::with_exposed_provenance(address));
        }
    }
}

fn ended(what: &str) -> Error {
    Error::new(Status::InvalidHandle, format!("the {what} was destroyed"))
}
