//! The seam between the core and what computes: a loaded model ([`Session`]) and one caller's
//! values bound to it ([`Binding`]).

#[cfg(any(test, feature = "fake-engine"))]
pub(crate) mod fake;
mod onnx;
pub(crate) use self::onnx::OnnxFacts;
pub(crate) mod ort;

use std::sync::Arc;

use crate::config::Config;
use crate::error::Result;
use crate::log::Severity;
use crate::source::ResolvedSource;
use crate::spec::TensorSpec;
use crate::threads::WorkerGrant;

/// What a session is loaded from.
pub(crate) struct LoadRequest<'a> {
    pub config: &'a Config,
    pub source: &'a ResolvedSource,
    /// Intra-op threads, the caller included.
    pub threads: usize,
    /// Workers may burn CPU time while they wait.
    pub spinning: bool,
}

/// A loaded model. It never changes; any number of threads use it at once.
pub(crate) trait Session: Send + Sync {
    /// Required inputs in the model's order, then those that have defaults.
    fn inputs(&self) -> &[TensorSpec];

    fn outputs(&self) -> &[TensorSpec];

    /// Files that the model was read from as well, as it names them: relative to its folder.
    fn files(&self) -> &[String];

    /// Values for one caller. They keep the session alive.
    fn bind(self: Arc<Self>) -> Result<Box<dyn Binding>>;

    /// Gives memory that no run needs right now back to the system.
    fn release_unused_memory(&self) -> Result<()>;
}

/// One caller's inputs and outputs on a [`Session`].
pub(crate) trait Binding: Send + Sync {
    /// Uses `data` as input `index` in every run from now on.
    ///
    /// # Safety
    /// Bytes must stay valid and in place until the input is set again or cleared, or the last
    /// run has returned. They are read only.
    unsafe fn set_input(&mut self, index: usize, dims: &[i64], data: InputData<'_>) -> Result<()>;

    /// Leaves input `index` to its default.
    fn clear_input(&mut self, index: usize);

    /// Has runs write output `index` to memory of the caller's, or (`None`) to the engine's own.
    ///
    /// # Safety
    /// The memory must be writable and stay in place until the output is set again, or the last
    /// run has returned.
    unsafe fn set_output(&mut self, index: usize, external: Option<External<'_>>) -> Result<()>;

    /// Computes the outputs. All inputs without defaults must be set.
    fn run(&mut self) -> Result<()>;

    /// Gives outputs of more than `most` bytes back, and strings; the others stay for the next run.
    fn trim(&mut self, most: usize);

    /// What the last successful run produced.
    fn output(&self, index: usize) -> Result<OutputValue<'_>>;

    /// Stops runs of this binding from other threads.
    fn terminator(&self) -> Arc<dyn Terminator>;
}

/// Makes a run in progress return early.
pub(crate) trait Terminator: Send + Sync {
    /// The run in progress, and every later one until [`Terminator::clear`], stops soon.
    fn set(&self);

    fn clear(&self);
}

/// An input's data.
#[derive(Clone, Copy)]
pub(crate) enum InputData<'a> {
    Bytes { start: *mut u8, length: usize },
    Strings(&'a [Vec<u8>]),
}

/// Memory for an output, with the shape that it has room for exactly.
pub(crate) struct External<'a> {
    pub start: *mut u8,
    pub length: usize,
    pub dims: &'a [i64],
}

/// A produced output.
pub(crate) struct OutputValue<'a> {
    pub dims: &'a [i64],
    pub data: OutputData<'a>,
}

pub(crate) enum OutputData<'a> {
    Bytes { start: *mut u8, length: usize },
    Strings(&'a [Vec<u8>]),
}

/// Loads the model that `request` names.
pub(crate) fn load(request: &LoadRequest<'_>) -> Result<Arc<dyn Session>> {
    #[cfg(any(test, feature = "fake-engine"))]
    if let Some(session) = fake::load(request)? {
        return Ok(session);
    }
    ort::load(request)
}

/// Threads for a session that nobody set a number for.
pub(crate) fn grant_workers(callers: usize) -> WorkerGrant {
    WorkerGrant::take(callers)
}

/// Has the engine drop log lines below `minimum` before it formats them.
pub(crate) fn set_log_severity(minimum: Severity) {
    ort::set_log_severity(minimum);
}
