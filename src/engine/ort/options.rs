//! From a config to ONNX Runtime's session options.

use std::cell::OnceCell;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use ::ort::sys;

use crate::config::{Settings, Threads};
use crate::engine::LoadRequest;
use crate::engine::onnx::{OnnxFacts, scan_bytes, scan_file};
use crate::error::{Error, Result, Status, bail};
use crate::log;
use crate::mapping::Contents;
use crate::paddle::{self, Converted};
use crate::source::{ResolvedSource, cannot_read};

use super::calls::{Failure, api, c_text, expect, outcome};
use super::environment::Environment;
use super::providers;
use super::session::SessionOptions;

/// All that a session is loaded from; sessions of one plan are alike.
pub(super) struct LoadPlan {
    pub source: ResolvedSource,
    pub settings: Settings,
    pub cpu_only: bool,
    threads: usize,
    spinning: bool,
    /// Files of external data that the model names.
    pub external: Vec<PathBuf>,
    /// What stands for the one external file, and the name it has in the model.
    pub params: Option<(String, Contents)>,
    pub form: Form,
}

/// What kind of model the source is.
pub(super) enum Form {
    Onnx(OnnxFacts),
    Paddle(PaddleModel),
}

/// A model that becomes ONNX when a session is first loaded from it, not where the cache has one.
pub(super) struct PaddleModel {
    format: paddle::Format,
    model: Contents,
    converted: OnceCell<Converted>,
}

/// What ONNX Runtime reads.
pub(super) enum Model<'a> {
    File(&'a Path),
    Bytes(&'a [u8]),
}

impl LoadPlan {
    pub fn new(request: &LoadRequest<'_>) -> Result<Self> {
        let source = request.source;
        let model = Contents::of_model(source)?;
        let (form, params) = match paddle::Format::of(model.bytes()) {
            Some(format) => {
                let params =
                    Contents::of_params(source)?.map(|params| (paddle::PARAMETERS.to_owned(), params));
                (Form::Paddle(PaddleModel { format, model, converted: OnceCell::new() }), params)
            }
            None => {
                let facts = match source {
                    ResolvedSource::Files { model, .. } => scan_file(&model.0)?,
                    ResolvedSource::Buffers { model, .. } => scan_bytes(model),
                };
                let params = external_params(source, &facts)?;
                (Form::Onnx(facts), params)
            }
        };
        let external = match (&form, &params) {
            (Form::Onnx(facts), None) => facts.external.iter().map(|name| source.beside(name)).collect(),
            _ => Vec::new(),
        };
        Ok(Self {
            source: source.clone(),
            settings: request.config.settings.clone(),
            cpu_only: super::is_cpu_only(request.config),
            threads: request.threads,
            spinning: request.spinning,
            external,
            params,
            form,
        })
    }

    /// The model for ONNX Runtime, and what it does not say about it.
    pub fn model(&self) -> Result<(Model<'_>, &OnnxFacts)> {
        match (&self.form, &self.source) {
            (Form::Paddle(paddle), _) => {
                let converted = self.converted(paddle)?;
                Ok((Model::Bytes(&converted.model), &converted.facts))
            }
            (Form::Onnx(facts), ResolvedSource::Files { model, .. }) => Ok((Model::File(&model.0), facts)),
            (Form::Onnx(facts), ResolvedSource::Buffers { model, .. }) => Ok((Model::Bytes(model), facts)),
        }
    }

    fn converted<'a>(&'a self, paddle: &'a PaddleModel) -> Result<&'a Converted> {
        if let Some(converted) = paddle.converted.get() {
            return Ok(converted);
        }
        let params = self.params.as_ref().map(|(_, params)| params.bytes());
        let converted = paddle::convert(paddle.format, paddle.model.bytes(), params)
            .map_err(|error| error.about(self.source.describe()))?;
        Ok(paddle.converted.get_or_init(|| converted))
    }

    /// Files of external data, as the model names them, that are read from beside it.
    pub fn external_names(&self) -> &[String] {
        match (&self.form, &self.params) {
            (Form::Onnx(facts), None) => &facts.external,
            _ => &[],
        }
    }

    /// Session options for the whole plan.
    pub fn options(&self, environment: &Environment) -> Result<SessionOptions> {
        let options = SessionOptions::plain()?;
        let own = &self.settings.options;
        options.set_threads(self.threads, self.inter_op_threads(), own.parallel_execution)?;
        options.set_optimization_level(self.settings.optimization_level)?;
        options.set_memory(own.cpu_arena, own.memory_pattern)?;
        let shares_arena = own.cpu_arena && environment.lends_arena();
        options.set_entry("session.use_env_allocators", flag(shares_arena))?;
        // Weights stay out of the arena, which then can give back all that runs left behind.
        options.set_entry("session.use_device_allocator_for_initializers", "1")?;
        options.set_entry("session.intra_op.allow_spinning", flag(self.spinning))?;
        options.set_entry("session.inter_op.allow_spinning", flag(self.spinning))?;
        // Workers that spin do so during runs only.
        options.set_entry("session.force_spinning_stop", flag(self.spinning))?;
        for (name, size) in &own.free_dimensions {
            options.fix_dimension(name, *size)?;
        }
        for library in &own.custom_op_libraries {
            options.register_custom_ops(library)?;
        }
        if let Some(path) = &own.profile_path {
            options.enable_profiling(path)?;
        }
        if let Some(path) = &own.optimized_model_path {
            check_folder("optimized_model_path", path)?;
            options.save_optimized_model(path)?;
        }
        providers::append(&options, &self.settings, self.threads)?;
        for (key, value) in &self.settings.session_entries {
            options.set_entry(key, value)?;
        }
        Ok(options)
    }

    /// A load that failed for want of a file of external data says so.
    pub fn name_missing_file(&self, error: Error) -> Error {
        let missing = self.external.iter().find(|path| !path.exists());
        missing.map_or(error, |path| {
            let text = format!("{}: external data: no such file: {}", self.source.describe(), path.display());
            Error::new(Status::NotFound, text)
        })
    }

    fn inter_op_threads(&self) -> usize {
        match self.settings.inter_op {
            Threads::Exactly(count) => count,
            _ if self.settings.options.parallel_execution => self.threads,
            _ => 1,
        }
    }
}

fn flag(on: bool) -> &'static str {
    if on { "1" } else { "0" }
}

/// The parameters that were given beside an ONNX model, as the one external file that it names.
fn external_params(source: &ResolvedSource, facts: &OnnxFacts) -> Result<Option<(String, Contents)>> {
    let Some(params) = Contents::of_params(source)? else { return Ok(None) };
    match facts.external.as_slice() {
        [only] => Ok(Some((only.clone(), params))),
        [] => {
            log::warn(&format!("{}: has no external data, the parameters are not used", source.describe()));
            Ok(None)
        }
        names => bail!(
            InvalidArgument,
            "{}: expected external data in one file to use the parameters for, it is in {}",
            source.describe(),
            names.join(", ")
        ),
    }
}

impl SessionOptions {
    /// One thread, no spinning, ONNX Runtime's other defaults.
    pub fn plain() -> Result<Self> {
        // SAFETY: `out` is writable.
        let create = |out| unsafe { (api().CreateSessionOptions)(out) };
        let options = Self::create(create).map_err(Failure::unexpected)?;
        options.set_threads(1, 1, false)?;
        Ok(options)
    }

    pub fn set_entry(&self, key: &str, value: &str) -> Result<()> {
        let (name, text) = (c_text(key)?, c_text(value)?);
        // SAFETY: both texts live during the call and are copied.
        outcome(unsafe { (api().AddSessionConfigEntry)(self.as_ptr(), name.as_ptr(), text.as_ptr()) })
            .map_err(|failure| {
                failure.into_error(Status::InvalidArgument).about(format_args!("option {key:?}"))
            })
    }

    /// Counts are always explicit: ONNX Runtime pins the threads of a count that it chose itself.
    fn set_threads(&self, intra_op: usize, inter_op: usize, parallel: bool) -> Result<()> {
        let mode = match parallel {
            true => sys::ExecutionMode::ORT_PARALLEL,
            false => sys::ExecutionMode::ORT_SEQUENTIAL,
        };
        let (intra_op, inter_op) = (thread_count(intra_op)?, thread_count(inter_op)?);
        // SAFETY: live options and plain numbers.
        unsafe {
            expect((api().SetIntraOpNumThreads)(self.as_ptr(), intra_op))?;
            expect((api().SetInterOpNumThreads)(self.as_ptr(), inter_op))?;
            expect((api().SetSessionExecutionMode)(self.as_ptr(), mode))
        }
    }

    /// Level 3 is ONNX Runtime's ORT_ENABLE_ALL, which every release accepts.
    pub fn set_optimization_level(&self, level: u8) -> Result<()> {
        let level = match level {
            0 => sys::GraphOptimizationLevel::ORT_DISABLE_ALL,
            1 => sys::GraphOptimizationLevel::ORT_ENABLE_BASIC,
            2 => sys::GraphOptimizationLevel::ORT_ENABLE_EXTENDED,
            _ => sys::GraphOptimizationLevel::ORT_ENABLE_ALL,
        };
        // SAFETY: live options and a known level.
        expect(unsafe { (api().SetSessionGraphOptimizationLevel)(self.as_ptr(), level) })
    }

    fn set_memory(&self, arena: bool, pattern: bool) -> Result<()> {
        // SAFETY: live options.
        unsafe {
            if !arena {
                expect((api().DisableCpuMemArena)(self.as_ptr()))?;
            }
            if !pattern {
                expect((api().DisableMemPattern)(self.as_ptr()))?;
            }
        }
        Ok(())
    }

    fn fix_dimension(&self, name: &str, size: i64) -> Result<()> {
        let name = c_text(name)?;
        // SAFETY: the text lives during the call and is copied.
        expect(unsafe { (api().AddFreeDimensionOverrideByName)(self.as_ptr(), name.as_ptr(), size) })
    }

    fn register_custom_ops(&self, library: &Path) -> Result<()> {
        let path = c_path(library)?;
        if !library.is_file() {
            bail!(NotFound, "custom_op_library: {}: no such file", library.display());
        }
        // SAFETY: the text lives during the call. ONNX Runtime loads the library and keeps it.
        outcome(unsafe { (api().RegisterCustomOpsLibrary_V2)(self.as_ptr(), path.as_ptr()) })
            .map_err(|failure| failure.into_error(Status::InvalidArgument).about("custom_op_library"))
    }

    fn enable_profiling(&self, prefix: &Path) -> Result<()> {
        check_folder("profile_path", prefix)?;
        let prefix = c_path(prefix)?;
        // SAFETY: the text lives during the call and is copied.
        expect(unsafe { (api().EnableProfiling)(self.as_ptr(), prefix.as_ptr()) })
    }

    pub fn save_optimized_model(&self, path: &Path) -> Result<()> {
        let path = c_path(path)?;
        // SAFETY: the text lives during the call and is copied.
        expect(unsafe { (api().SetOptimizedModelFilePath)(self.as_ptr(), path.as_ptr()) })
    }

    /// `params` must outlive the session.
    pub fn add_external_file(&self, name: &str, params: &Contents) -> Result<()> {
        let name = c_text(name)?;
        let mut bytes = params.bytes().as_ptr().cast_mut().cast();
        let length = params.bytes().len();
        // SAFETY: one name, one buffer, one length; ONNX Runtime only reads the buffer.
        expect(unsafe {
            (api().AddExternalInitializersFromMemory)(
                self.as_ptr(),
                &name.as_ptr(),
                &raw mut bytes,
                &length,
                1,
            )
        })
    }
}

/// ONNX Runtime says of a file that it cannot write that the model is wrong, or nothing.
fn check_folder(option: &str, path: &Path) -> Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let c_folder = c_path(folder)?;
    // SAFETY: a text that lives during the call.
    if unsafe { libc::access(c_folder.as_ptr(), libc::W_OK) } == 0 {
        return Ok(());
    }
    Err(cannot_read(path, &std::io::Error::last_os_error()).about(option))
}

fn thread_count(count: usize) -> Result<i32> {
    i32::try_from(count)
        .map_err(|_| Error::new(Status::InvalidArgument, format!("threads: {count} are too many")))
}

pub(super) fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_bytes())
        .map_err(|_| Error::new(Status::InvalidArgument, format!("{}: contains a NUL", path.display())))
}
