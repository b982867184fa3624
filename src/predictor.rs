//! A predictor: one caller's inputs and outputs over a shared model.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::dtype::DataType;
use crate::engine::{Binding, External};
use crate::error::{Error, Result, Status, bail};
use crate::input::InputSlot;
use crate::model::{Callers, Model};
use crate::run_control::RunControl;
use crate::spec::TensorSpec;
use crate::sync::Mutex;
use crate::tensor::{Port, Tensor};
use crate::try_lock::{Change, Read, TryLock};
use crate::tune;

/// Runs a model for one caller at a time. Clones share the model, and with it the weights.
///
/// ```
/// use predictor_pool::{Config, Predictor};
/// # fn main() -> predictor_pool::Result<()> {
/// let mut config = Config::new();
/// config.set_model("tests/models/add_batch.onnx", None); // y = x + x
/// let predictor = Predictor::new(&config)?;
///
/// let x = predictor.input("x")?;
/// x.reshape(&[1, 4])?;
/// x.copy_from_host(&[1.0f32, 2.0, 3.0, 4.0])?;
/// predictor.run()?;
///
/// let mut y = [0.0f32; 4];
/// predictor.output("y")?.copy_to_host(&mut y)?;
/// assert_eq!(y, [2.0, 4.0, 6.0, 8.0]);
/// # Ok(())
/// # }
/// ```
#[repr(align(128))]
pub struct Predictor {
    pub(crate) model: Arc<Model>,
    state: TryLock<State>,
    /// The next call empties inputs and outputs first.
    is_dirty: AtomicBool,
    control: Arc<RunControl>,
    /// The switches of stateless runs in progress.
    pub(crate) stateless: Mutex<Vec<Arc<RunControl>>>,
    meter: Option<Arc<Meter>>,
}

/// What calls on one predictor change.
pub(crate) struct State {
    pub inputs: Vec<InputSlot>,
    pub binding: Box<dyn Binding>,
    /// Outputs that runs write to memory of the caller's.
    shared_outputs: Vec<usize>,
    outputs: Outputs,
}

#[derive(Clone, Copy, PartialEq)]
enum Outputs {
    NeverRun,
    Forgotten,
    Failed,
    Ready,
}

/// Counts the runs of a pool's predictors.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub runs: AtomicU64,
    pub failures: AtomicU64,
    pub nanoseconds: AtomicU64,
}

impl Meter {
    pub fn measure<T>(meter: Option<&Self>, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let Some(meter) = meter else { return work() };
        let start = Instant::now();
        let result = work();
        let spent = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        meter.runs.fetch_add(1, Ordering::Relaxed);
        meter.failures.fetch_add(u64::from(result.is_err()), Ordering::Relaxed);
        meter.nanoseconds.fetch_add(spent, Ordering::Relaxed);
        result
    }
}

impl State {
    /// What earlier runs produced no longer belongs to the inputs.
    pub fn forget_outputs(&mut self) {
        if self.outputs == Outputs::Ready {
            self.outputs = Outputs::Forgotten;
        }
    }

    /// Has runs write output `index` to memory of the caller's, or (`None`) to the engine's own.
    ///
    /// # Safety
    /// As for [`Binding::set_output`].
    pub unsafe fn share_output(&mut self, index: usize, external: Option<External<'_>>) -> Result<()> {
        self.shared_outputs.retain(|other| *other != index);
        if external.is_some() {
            self.shared_outputs.push(index);
        }
        // SAFETY: what the caller promised.
        unsafe { self.binding.set_output(index, external)? };
        self.forget_outputs();
        Ok(())
    }

    pub fn check_outputs(&self) -> Result<()> {
        match self.outputs {
            Outputs::Ready => Ok(()),
            Outputs::NeverRun => bail!(InvalidArgument, "expected a run first"),
            Outputs::Forgotten => bail!(InvalidArgument, "expected a run after the last reshape"),
            Outputs::Failed => bail!(InvalidArgument, "expected a successful run, the last one failed"),
        }
    }
}

impl Predictor {
    /// Loads the config's model, or finds it loaded by an equal config, and makes a predictor.
    pub fn new(config: &Config) -> Result<Self> {
        let config = tune::apply(config)?;
        let predictor = Self::over(Model::load(&config, Callers::OnePredictor)?, None)?;
        predictor.warm_up(config.settings.options.warmup_runs)?;
        Ok(predictor)
    }

    pub(crate) fn over(model: Arc<Model>, meter: Option<Arc<Meter>>) -> Result<Self> {
        let binding = Arc::clone(&model.session).bind()?;
        let control = RunControl::new(binding.terminator());
        let inputs = model.inputs.iter().map(InputSlot::new).collect();
        let state = State { inputs, binding, shared_outputs: Vec::new(), outputs: Outputs::NeverRun };
        Ok(Self {
            model,
            state: TryLock::new(state),
            is_dirty: AtomicBool::new(false),
            control,
            stateless: Mutex::default(),
            meter,
        })
    }

    /// Another predictor over the same model, with inputs and outputs of its own that start empty.
    /// Any thread may clone, also while this predictor runs.
    pub fn try_clone(&self) -> Result<Self> {
        Self::over(Arc::clone(&self.model), None)
    }

    /// The inputs that every run needs, in the model's order.
    pub fn inputs(&self) -> &[TensorSpec] {
        let inputs = &self.model.inputs;
        let required = inputs.iter().take_while(|spec| !spec.has_default).count();
        &inputs[..required]
    }

    /// The outputs, in the model's order.
    pub fn outputs(&self) -> &[TensorSpec] {
        &self.model.outputs
    }

    /// The input called `name`, one with a default included.
    pub fn input(&self, name: &str) -> Result<Tensor<'_>> {
        let index = find("input", &self.model.inputs, name)?;
        Ok(Tensor::new(self, Port::Input(index)))
    }

    /// The output called `name`.
    pub fn output(&self, name: &str) -> Result<Tensor<'_>> {
        let index = find("output", self.outputs(), name)?;
        Ok(Tensor::new(self, Port::Output(index)))
    }

    pub(crate) fn spec(&self, port: Port) -> &TensorSpec {
        match port {
            Port::Input(index) => &self.model.inputs[index],
            Port::Output(index) => &self.model.outputs[index],
        }
    }

    /// Computes the outputs from the inputs.
    pub fn run(&self) -> Result<()> {
        self.run_for(None)
    }

    /// [`Predictor::run`] that is stopped at `limit` (TIMEOUT). The predictor is usable again after
    /// it. ONNX Runtime looks for the stop between operators, so one long operator delays it.
    pub fn run_with_timeout(&self, limit: Duration) -> Result<()> {
        self.run_for(Some(limit))
    }

    fn run_for(&self, limit: Option<Duration>) -> Result<()> {
        let mut state = self.write()?;
        let state = &mut *state;
        state.outputs = Outputs::Failed;
        if limit == Some(Duration::ZERO) {
            bail!(Timeout, "the run was not started, its limit is 0 ms");
        }
        for (index, slot) in state.inputs.iter_mut().enumerate() {
            slot.bind(index, &self.model.inputs[index], state.binding.as_mut())?;
        }
        Meter::measure(self.meter.as_deref(), || self.control.run(limit, || state.binding.run()))?;
        state.outputs = Outputs::Ready;
        Ok(())
    }

    /// Stops the runs in progress on this predictor, stateless ones included: they return
    /// CANCELLED. NOT_FOUND if there is none. Any thread may call it.
    pub fn cancel(&self) -> Result<()> {
        let mut reached = self.control.stop(Status::Cancelled);
        for control in self.stateless.lock().iter() {
            reached |= control.stop(Status::Cancelled);
        }
        if !reached {
            bail!(NotFound, "no run is in progress");
        }
        Ok(())
    }

    /// Gives memory that runs left behind back to the system; returns how many bytes the process
    /// got smaller by. Other threads' runs change that figure too.
    pub fn shrink_memory(&self) -> Result<u64> {
        let _alone = self.write()?;
        let before = crate::memory::resident_bytes();
        while self.model.spare.pop().is_some() {}
        self.model.session.release_unused_memory()?;
        crate::memory::trim();
        Ok(before.saturating_sub(crate::memory::resident_bytes()))
    }

    /// Runs on zeros, so that the first real run finds kernels, memory and threads ready.
    pub(crate) fn warm_up(&self, runs: u32) -> Result<()> {
        if runs == 0 {
            return Ok(());
        }
        for spec in self.inputs() {
            let tensor = self.input(&spec.name)?;
            let free_as_one = |dim: &i64| if *dim < 0 { 1 } else { *dim };
            let dims: Vec<i64> = spec.shape()?.iter().map(free_as_one).collect();
            tensor.reshape(&dims)?;
            if spec.data_type()? == DataType::String {
                let count = crate::spec::element_count(&spec.name, &dims, DataType::String)?.0;
                tensor.copy_strings_from_host(&vec![&[] as &[u8]; count])?;
            } else {
                tensor.data()?;
            }
        }
        for _ in 0..runs {
            self.run().map_err(|error| error.about("warm-up on zeros"))?;
        }
        self.reset();
        Ok(())
    }

    /// Empties inputs and outputs and lets go of all memory of the caller's: now, or when the call
    /// that somebody is in has ended and the next one comes.
    pub(crate) fn reset(&self) {
        self.is_dirty.store(true, Ordering::Relaxed);
        // Taking the predictor empties it.
        let _ = self.write();
    }

    #[cold]
    fn empty(&self, state: &mut State) {
        for (slot, spec) in state.inputs.iter_mut().zip(&self.model.inputs) {
            slot.reset(spec);
        }
        for index in state.shared_outputs.drain(..) {
            // SAFETY: no memory is handed over. Nothing can fail without it.
            let _ = unsafe { state.binding.set_output(index, None) };
        }
        state.outputs = Outputs::NeverRun;
        self.is_dirty.store(false, Ordering::Relaxed);
    }

    pub(crate) fn meter(&self) -> Option<&Meter> {
        self.meter.as_deref()
    }

    pub(crate) fn read(&self) -> Result<Read<'_, State>> {
        if self.is_dirty.load(Ordering::Relaxed) {
            self.write()?;
        }
        self.state.try_read().ok_or_else(busy)
    }

    pub(crate) fn write(&self) -> Result<Change<'_, State>> {
        let mut state = self.state.try_write().ok_or_else(busy)?;
        if self.is_dirty.load(Ordering::Relaxed) {
            self.empty(&mut state);
        }
        Ok(state)
    }
}

fn busy() -> Error {
    Error::new(Status::Busy, "the predictor is in use by another thread; expected one caller at a time")
}

pub(crate) fn find(kind: &str, specs: &[TensorSpec], name: &str) -> Result<usize> {
    if let Some(index) = specs.iter().position(|spec| spec.name == name) {
        return Ok(index);
    }
    let names: Vec<String> = specs.iter().map(|spec| format!("{:?}", spec.name)).collect();
    bail!(
        NotFound,
        "{kind} {name:?}: the model has {}",
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    )
}
