//! The library's own options: one table of keys, what each takes and what it sets.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::error::{Result, bail};

/// Number format of the computation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Precision {
    #[default]
    Fp32,
    Bf16,
    Fp16,
}

/// Where optimised models are kept between processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CacheFolder {
    /// `$XDG_CACHE_HOME/predictor_pool` or `~/.cache/predictor_pool`.
    Automatic,
    At(PathBuf),
}

/// The library's own options, as given to [`Config::set_option`](crate::Config::set_option).
///
/// | key | value |
/// |---|---|
/// | `precision` | `fp32` (default), `bf16` or `fp16`; UNSUPPORTED where the provider cannot |
/// | `share_model` | `1` (default): predictors of equal configs share one loaded model; `0`: not |
/// | `execution_mode` | `sequential` (default) or `parallel` |
/// | `enable_cpu_arena` | `1` (default): keep memory between runs; `0`: not |
/// | `enable_memory_pattern` | `1` (default): plan memory for shapes seen before; `0`: not |
/// | `spinning` | `auto` (default: only where one predictor has the machine to itself), `1` or `0` |
/// | `free_dimension:NAME` | a size: fixes the model's free dimension NAME |
/// | `profile_path` | a prefix: ONNX Runtime writes a profile there when the model is unloaded |
/// | `optimized_model_path` | a file: the optimised graph is written there |
/// | `optimized_model_cache` | a folder or `auto`: optimised models are kept there; `` (default): not |
/// | `custom_op_library` | a shared library with custom operators; may be given several times |
/// | `warmup_runs` | runs on zeros before a predictor or a pool is handed out; default 0 |
/// | `pool_max_waiting` | callers that may wait in a pool's `acquire`; more are BUSY; default no limit |
/// | `tune_file` | a file written by `predictor-bench auto`; what is set otherwise wins |
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    pub(crate) precision: Precision,
    pub(crate) share_model: bool,
    pub(crate) parallel_execution: bool,
    pub(crate) cpu_arena: bool,
    pub(crate) memory_pattern: bool,
    pub(crate) spinning: Option<bool>,
    pub(crate) free_dimensions: BTreeMap<String, i64>,
    pub(crate) profile_path: Option<PathBuf>,
    pub(crate) optimized_model_path: Option<PathBuf>,
    pub(crate) optimized_model_cache: Option<CacheFolder>,
    pub(crate) custom_op_libraries: Vec<PathBuf>,
    pub(crate) warmup_runs: u32,
    pub(crate) pool_max_waiting: Option<usize>,
    pub(crate) tune_file: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            precision: Precision::default(),
            share_model: true,
            parallel_execution: false,
            cpu_arena: true,
            memory_pattern: true,
            spinning: None,
            free_dimensions: BTreeMap::new(),
            profile_path: None,
            optimized_model_path: None,
            optimized_model_cache: None,
            custom_op_libraries: Vec::new(),
            warmup_runs: 0,
            pool_max_waiting: None,
            tune_file: None,
        }
    }
}

const KEYS: &str = "precision, share_model, execution_mode, enable_cpu_arena, \
    enable_memory_pattern, spinning, free_dimension:NAME, profile_path, optimized_model_path, \
    optimized_model_cache, custom_op_library, warmup_runs, pool_max_waiting, tune_file";

impl Options {
    /// Sets one option; INVALID_ARGUMENT for an unknown key (the text lists them) or a wrong value.
    pub(crate) fn set(&mut self, key: &str, value: &str) -> Result<()> {
        if value.contains('\0') {
            bail!(InvalidArgument, "option {key:?}: the value contains a NUL");
        }
        if let Some(name) = key.strip_prefix("free_dimension:") {
            let size = number(key, value, "a size of at least 1")?;
            if name.is_empty() || name.contains('\0') || size < 1 {
                bail!(
                    InvalidArgument,
                    "option {key:?}: expected a name and a size of at least 1, got {value:?}"
                );
            }
            self.free_dimensions.insert(name.to_owned(), size);
            return Ok(());
        }
        match key {
            "precision" => {
                let values =
                    [("fp32", Precision::Fp32), ("bf16", Precision::Bf16), ("fp16", Precision::Fp16)];
                self.precision = choice(key, value, &values)?;
            }
            "share_model" => self.share_model = switch(key, value)?,
            "execution_mode" => {
                self.parallel_execution = choice(key, value, &[("sequential", false), ("parallel", true)])?;
            }
            "enable_cpu_arena" => self.cpu_arena = switch(key, value)?,
            "enable_memory_pattern" => self.memory_pattern = switch(key, value)?,
            "spinning" => {
                let values = [("auto", None), ("1", Some(true)), ("0", Some(false))];
                self.spinning = choice(key, value, &values)?;
            }
            "profile_path" => self.profile_path = path(value),
            "optimized_model_path" => self.optimized_model_path = path(value),
            "optimized_model_cache" => {
                self.optimized_model_cache = match value {
                    "" => None,
                    "auto" => Some(CacheFolder::Automatic),
                    folder => Some(CacheFolder::At(folder.into())),
                };
            }
            "custom_op_library" => self.custom_op_libraries.extend(path(value)),
            "warmup_runs" => self.warmup_runs = number(key, value, "a number of runs")?,
            "pool_max_waiting" => self.pool_max_waiting = Some(number(key, value, "a number of callers")?),
            "tune_file" => self.tune_file = path(value),
            _ => bail!(
                InvalidArgument,
                "option {key:?}: expected a key with a dot, for ONNX Runtime, or one of {KEYS}"
            ),
        }
        Ok(())
    }
}

fn path(value: &str) -> Option<PathBuf> {
    (!value.is_empty()).then(|| PathBuf::from(value))
}

fn switch(key: &str, value: &str) -> Result<bool> {
    choice(key, value, &[("1", true), ("0", false)])
}

fn choice<T: Copy>(key: &str, value: &str, values: &[(&str, T)]) -> Result<T> {
    if let Some((_, meaning)) = values.iter().find(|(text, _)| *text == value) {
        return Ok(*meaning);
    }
    let expected: Vec<&str> = values.iter().map(|(text, _)| *text).collect();
    bail!(InvalidArgument, "option {key:?}: expected {}, got {value:?}", expected.join(" or "))
}

fn number<T: std::str::FromStr>(key: &str, value: &str, expected: &str) -> Result<T> {
    match value.parse() {
        Ok(number) => Ok(number),
        Err(_) => bail!(InvalidArgument, "option {key:?}: expected {expected}, got {value:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_list_is_known_and_an_unknown_one_lists_them() {
        let good = [
            ("precision", "bf16"),
            ("share_model", "0"),
            ("execution_mode", "parallel"),
            ("enable_cpu_arena", "0"),
            ("enable_memory_pattern", "0"),
            ("spinning", "auto"),
            ("free_dimension:batch", "4"),
            ("profile_path", "/tmp/profile"),
            ("optimized_model_path", "/tmp/model.onnx"),
            ("optimized_model_cache", "auto"),
            ("custom_op_library", "/tmp/ops.so"),
            ("warmup_runs", "3"),
            ("pool_max_waiting", "7"),
            ("tune_file", "/tmp/tune.json"),
        ];
        assert_eq!(good.len(), KEYS.split(", ").count());
        for ((key, value), listed) in good.iter().zip(KEYS.split(", ")) {
            assert_eq!(key.split(':').next(), listed.trim().split(':').next());
            Options::default().set(key, value).unwrap();
        }
        let error = Options::default().set("warm_up_runs", "3").unwrap_err();
        assert!(error.message().contains("warmup_runs"), "{error}");
    }

    #[test]
    fn wrong_values_are_refused_and_change_nothing() {
        let bad = [
            ("precision", "int8"),
            ("share_model", "yes"),
            ("execution_mode", ""),
            ("spinning", "2"),
            ("free_dimension:batch", "0"),
            ("free_dimension:", "1"),
            ("warmup_runs", "-1"),
            ("pool_max_waiting", "many"),
            ("profile_path", "a\0b"),
        ];
        for (key, value) in bad {
            let mut options = Options::default();
            assert!(options.set(key, value).is_err(), "{key}={value}");
            assert_eq!(options, Options::default());
        }
    }
}
