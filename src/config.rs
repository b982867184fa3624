//! What a predictor is made from: the model, threads, execution providers and options.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, Result, Status, bail};
use crate::options::Options;
use crate::threads::MAX_THREADS;

/// Where the model comes from.
#[derive(Clone, Debug, Default)]
pub(crate) enum ModelSource {
    #[default]
    None,
    Files {
        model: PathBuf,
        params: Option<PathBuf>,
    },
    Buffers {
        model: Arc<[u8]>,
        params: Option<Arc<[u8]>>,
    },
}

/// An execution provider and its own options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Provider {
    /// Lower case, without the suffix `ExecutionProvider`.
    pub name: String,
    pub options: BTreeMap<String, String>,
}

/// How many threads compute one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threads {
    /// 1 for a predictor, automatic for a pool.
    Unset,
    Automatic,
    Exactly(usize),
}

/// Everything about a model's session but where the model comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    pub inter_op: Threads,
    pub providers: Vec<Provider>,
    pub optimization_level: u8,
    pub options: Options,
    /// Keys with a dot, for ONNX Runtime as they are.
    pub session_entries: BTreeMap<String, String>,
}

/// A recipe for predictors. Setters only record; files are opened when a predictor is created. It
/// can be used any number of times, and changing it later does not touch what was created.
///
/// ```
/// use predictor_pool::{Config, Predictor};
/// # fn main() -> predictor_pool::Result<()> {
/// let mut config = Config::new();
/// config.set_model("tests/models/add.onnx", None);
/// config.set_intra_op_threads(2)?;
/// config.set_option("session.intra_op.allow_spinning", "0")?;
/// let predictor = Predictor::new(&config)?;
/// assert_eq!(predictor.inputs()[0].name(), "x");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) source: ModelSource,
    pub(crate) intra_op: Threads,
    pub(crate) settings: Settings,
    /// What was set, in order: a tune file only fills in the rest.
    pub(crate) set_options: Vec<(String, String)>,
    pub(crate) is_level_set: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl Config {
    /// A config with no model and all defaults.
    pub fn new() -> Self {
        Self {
            source: ModelSource::None,
            intra_op: Threads::Unset,
            settings: Settings {
                inter_op: Threads::Unset,
                providers: Vec::new(),
                optimization_level: 3,
                options: Options::default(),
                session_entries: BTreeMap::new(),
            },
            set_options: Vec::new(),
            is_level_set: false,
        }
    }

    /// The model's file, or a folder with one model in it. `params` is a separate file of weights:
    /// that of a Paddle model (`.pdmodel`, or `.json` of Paddle 3), which a folder holds beside it; for
    /// an ONNX model with external data in one file it stands for that file; an ONNX model without
    /// external data ignores it.
    pub fn set_model(&mut self, model: impl Into<PathBuf>, params: Option<PathBuf>) {
        self.source = ModelSource::Files { model: model.into(), params };
    }

    /// The model's bytes, which are copied. `params` as in [`Config::set_model`].
    pub fn set_model_buffer(&mut self, model: &[u8], params: Option<&[u8]>) {
        self.source = ModelSource::Buffers { model: model.into(), params: params.map(Arc::from) };
    }

    /// Forgets the model.
    pub fn clear_model(&mut self) {
        self.source = ModelSource::None;
    }

    /// Threads that compute one operator together, the caller included; 0 asks for the automatic
    /// number. Unset is 1 for [`Predictor::new`](crate::Predictor::new), as in Paddle, and
    /// automatic for a pool.
    pub fn set_intra_op_threads(&mut self, count: i32) -> Result<()> {
        self.intra_op = parse_threads("intra_op_threads", count)?;
        Ok(())
    }

    /// Operators computed side by side, with the option `execution_mode` = `parallel` only; 0 asks
    /// for the automatic number, the same as the intra-op threads.
    pub fn set_inter_op_threads(&mut self, count: i32) -> Result<()> {
        self.settings.inter_op = parse_threads("inter_op_threads", count)?;
        Ok(())
    }

    /// Adds an execution provider (`cpu`, `cuda`, `tensorrt`, `openvino`, `xnnpack`, ...), in order
    /// of preference; `cpu` is always last. `options_json` is a JSON object of strings. Whether
    /// ONNX Runtime has it shows when a predictor is created.
    pub fn append_execution_provider(&mut self, name: &str, options_json: Option<&str>) -> Result<()> {
        let name = provider_name(name);
        if name.is_empty() {
            bail!(InvalidArgument, "execution provider: expected a name, got \"\"");
        }
        let options = match options_json {
            Some(text) if !text.trim().is_empty() => parse_provider_options(&name, text)?,
            _ => BTreeMap::new(),
        };
        self.settings.providers.push(Provider { name, options });
        Ok(())
    }

    /// Graph optimisation: 0 none, 1 basic, 2 extended, 3 all (the default).
    pub fn set_optimization_level(&mut self, level: i32) -> Result<()> {
        match u8::try_from(level) {
            Ok(level @ 0..=3) => self.settings.optimization_level = level,
            _ => bail!(InvalidArgument, "optimization level: expected 0 to 3, got {level}"),
        }
        self.is_level_set = true;
        Ok(())
    }

    /// Sets an option. A key with a dot goes to ONNX Runtime's session options as it is (ONNX
    /// Runtime accepts any spelling); one without is this library's (see [`Options`]).
    pub fn set_option(&mut self, key: &str, value: &str) -> Result<()> {
        if key.contains('.') && !key.starts_with("free_dimension:") {
            if key.contains('\0') || value.contains('\0') {
                bail!(InvalidArgument, "option {key:?}: contains a NUL");
            }
            self.settings.session_entries.insert(key.to_owned(), value.to_owned());
            return Ok(());
        }
        self.settings.options.set(key, value)?;
        self.set_options.push((key.to_owned(), value.to_owned()));
        Ok(())
    }

    pub(crate) fn validate(&self) -> Result<()> {
        if matches!(self.source, ModelSource::None) {
            bail!(InvalidArgument, "config: expected a model, none was set");
        }
        Ok(())
    }
}

/// `CUDAExecutionProvider`, `CUDA` and `cuda` are the same.
pub(crate) fn provider_name(name: &str) -> String {
    let name = name.trim();
    name.strip_suffix("ExecutionProvider").unwrap_or(name).to_ascii_lowercase()
}

fn parse_threads(what: &str, count: i32) -> Result<Threads> {
    match usize::try_from(count) {
        Ok(0) => Ok(Threads::Automatic),
        Ok(count) if count <= MAX_THREADS => Ok(Threads::Exactly(count)),
        _ => bail!(InvalidArgument, "{what}: expected 0 (automatic) to {MAX_THREADS}, got {count}"),
    }
}

fn parse_provider_options(provider: &str, text: &str) -> Result<BTreeMap<String, String>> {
    let malformed = |what: String| {
        let expected = "expected options as a JSON object of strings";
        Error::new(
            Status::InvalidArgument,
            format!("execution provider {provider:?}: {expected}, got {what}"),
        )
    };
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
    let serde_json::Value::Object(object) = value else { return Err(malformed(value.to_string())) };
    let pair = |(key, value): (String, serde_json::Value)| match value {
        serde_json::Value::String(text) if !text.contains('\0') && !key.contains('\0') => Ok((key, text)),
        other => Err(malformed(format!("{key:?}: {other}"))),
    };
    object.into_iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(result: Result<()>) -> Status {
        result.map_or_else(|error| error.status(), |()| Status::Ok)
    }

    #[test]
    fn provider_names_are_told_apart_by_what_they_mean() {
        assert_eq!(provider_name("CUDAExecutionProvider"), provider_name(" cuda"));
    }

    #[test]
    fn provider_options_are_a_json_object_of_strings() {
        let mut config = Config::new();
        config.append_execution_provider("openvino", Some(r#"{"device_type":"CPU"}"#)).unwrap();
        assert_eq!(config.settings.providers[0].options["device_type"], "CPU");
        for text in ["{", "[]", "{\"a\":1}", "\"a\"", "{\"a\":\"b\\u0000\"}"] {
            let result = config.append_execution_provider("openvino", Some(text));
            assert_eq!(status(result), Status::InvalidArgument, "{text}");
        }
        assert_eq!(status(config.append_execution_provider("", None)), Status::InvalidArgument);
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        let mut config = Config::new();
        assert_eq!(status(config.set_intra_op_threads(-1)), Status::InvalidArgument);
        assert_eq!(status(config.set_intra_op_threads(1025)), Status::InvalidArgument);
        assert_eq!(status(config.set_inter_op_threads(-1)), Status::InvalidArgument);
        assert_eq!(status(config.set_optimization_level(4)), Status::InvalidArgument);
        assert_eq!(status(config.set_optimization_level(-1)), Status::InvalidArgument);
        assert_eq!(config.validate().unwrap_err().status(), Status::InvalidArgument);
    }
}
