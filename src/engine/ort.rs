//! The engine on ONNX Runtime. This file and its folder are the only ones that name `ort`.
//!
//! Calls go through ONNX Runtime's C API as `ort` loads it ([`::ort::api`]), not through `ort`'s
//! `Session`, whose `run` takes `&mut self`: one session is to be run by many threads at once.

mod binding;
mod bound_run;
mod cache;
mod calls;
mod environment;
mod exit;
mod library;
mod options;
mod output;
mod placement;
mod providers;
mod session;
mod telemetry;
mod value;

use std::path::Path;
use std::sync::Arc;

use crate::config::Config;
use crate::engine::{Binding, LoadRequest, Session};
use crate::error::Result;
use crate::log::Severity;
use crate::process::Indivisible;
use crate::spec::TensorSpec;
use crate::sync::Mutex;

use self::binding::OrtBinding;
use self::environment::Environment;
use self::options::LoadPlan;
use self::session::RawSession;

/// Whether one session may be run by many callers at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// ONNX Runtime documents concurrent `Run` calls on one session as safe, and the CPU provider's
    /// allocators are locked; OpenVINO's was tried with 8 threads.
    SharedSession,
    /// Providers with one stream or allocator per session: each predictor loads its own.
    SessionPerClone,
}

struct OrtModel {
    first: Arc<RawSession>,
    /// Files of external data, as the model names them.
    external: Vec<String>,
    /// What further sessions are loaded from, where callers do not share one; locked while one is
    /// given out.
    plan: Option<Mutex<LoadPlan>>,
}

impl Session for OrtModel {
    fn inputs(&self) -> &[TensorSpec] {
        &self.first.inputs
    }

    fn outputs(&self) -> &[TensorSpec] {
        &self.first.outputs
    }

    fn files(&self) -> &[String] {
        &self.external
    }

    fn bind(self: Arc<Self>) -> Result<Box<dyn Binding>> {
        let session = match &self.plan {
            None => Arc::clone(&self.first),
            Some(plan) => self.own_session(&plan.lock())?,
        };
        Ok(Box::new(OrtBinding::new(session)?))
    }

    fn release_unused_memory(&self) -> Result<()> {
        Environment::get()?.shrink_arena()
    }
}

impl OrtModel {
    /// A session that no other caller has: the first one if it is free.
    fn own_session(&self, plan: &LoadPlan) -> Result<Arc<RawSession>> {
        if Arc::strong_count(&self.first) == 1 {
            return Ok(Arc::clone(&self.first));
        }
        Ok(Arc::new(RawSession::load(plan)?))
    }
}

pub(crate) fn load(request: &LoadRequest<'_>) -> Result<Arc<dyn Session>> {
    let _indivisible = Indivisible::start();
    exit::check()?;
    let plan = LoadPlan::new(request)?;
    let session = match cache::folder(&plan) {
        Some(folder) => cache::load(&plan, &folder),
        None => RawSession::load(&plan),
    };
    let session = session.map_err(|error| plan.name_missing_file(error))?;
    exit::watch();
    crate::memory::trim();
    let external = plan.external_names().to_vec();
    let plan = match providers::sharing(&plan.settings) {
        Sharing::SharedSession => None,
        Sharing::SessionPerClone => Some(Mutex::new(plan)),
    };
    Ok(Arc::new(OrtModel { first: Arc::new(session), external, plan }))
}

/// Loads ONNX Runtime now, from `path` or where it is found; a file or the folder it is in.
pub(crate) fn initialize(path: Option<&Path>) -> Result<()> {
    library::load(path)?;
    Environment::get().map(|_| ())
}

/// The version of the ONNX Runtime in use, which is loaded if it was not.
pub(crate) fn version() -> Result<&'static str> {
    Ok(&library::load(None)?.version)
}

/// The file of the ONNX Runtime in use, which is loaded if it was not.
pub(crate) fn path() -> Result<&'static Path> {
    Ok(&library::load(None)?.path)
}

/// The execution providers of the ONNX Runtime in use.
pub(crate) fn provider_names() -> Result<&'static [String]> {
    Ok(&library::load(None)?.providers)
}

pub(crate) fn set_log_severity(minimum: Severity) {
    environment::set_log_severity(minimum);
}

/// Whether the config asks for the CPU provider only.
fn is_cpu_only(config: &Config) -> bool {
    config.settings.providers.iter().all(|provider| provider.name == "cpu")
}
