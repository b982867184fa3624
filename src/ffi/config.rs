//! Configs.

use std::ffi::c_char;
use std::path::PathBuf;

use crate::Config;
use crate::error::{Result, bail};
use crate::sync::Mutex;

use super::args::Out;
use super::error::PredictorStatus;
use super::handle;
use super::objects::ConfigObject;
use super::{PredictorConfig, args, guard};

fn change(config: *mut PredictorConfig, work: impl FnOnce(&mut Config) -> Result<()>) -> PredictorStatus {
    guard::status(|| work(&mut handle::get::<ConfigObject>(config)?.lock()))
}

/// Makes a config with no model and all defaults.
///
/// Ownership: `*out` is owned; give it to `destroy_predictor_config`.
/// Threads: any thread at any time.
/// Errors: INVALID_ARGUMENT for a NULL `out`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn create_predictor_config(out: *mut *mut PredictorConfig) -> PredictorStatus {
    guard::status(|| {
        let out = Out::new("out", out)?;
        out.set(handle::insert(ConfigObject(Mutex::new(Config::new())))?);
        Ok(())
    })
}

/// Destroys a config. What was created from it lives on.
///
/// Ownership: takes `config`; NULL does nothing.
/// Threads: any thread, also while another is inside a call on the config.
/// Errors: a stale handle, or one of another kind, only sets the error text.
#[unsafe(no_mangle)]
pub extern "C" fn destroy_predictor_config(config: *mut PredictorConfig) {
    if config.is_null() {
        return;
    }
    guard::silent(|| handle::remove::<ConfigObject>(config).map(drop));
}

/// Sets the model's file, or a folder that holds one, and a file of parameters beside it. A Paddle
/// model (`.pdmodel`, or `.json` of Paddle 3) has its weights in `params_path` (`.pdiparams`); in a
/// folder both are found by Paddle's names. For an ONNX model with external data in one file,
/// `params_path` stands for that file; an ONNX model without external data does not use it. NULL or
/// "" is none. Files are opened when something is created from the config; the format is told by
/// content.
///
/// Ownership: the paths are copied.
/// Threads: meant for one thread; calls on one config take turns.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (not UTF-8).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_config_set_model(
    config: *mut PredictorConfig,
    model_path: *const c_char,
    params_path: *const c_char,
) -> PredictorStatus {
    change(config, |config| {
        // SAFETY: what the caller promised.
        let (model, params) = unsafe {
            (args::optional_text("model_path", model_path)?, args::optional_text("params_path", params_path)?)
        };
        let path = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(PathBuf::from);
        match path(model) {
            Some(model) => config.set_model(model, path(params)),
            None => config.clear_model(),
        }
        Ok(())
    })
}

/// Sets the model from memory. `params_or_null` is as `params_path` in
/// `predictor_config_set_model`.
///
/// Ownership: both buffers are copied.
/// Threads: meant for one thread; calls on one config take turns.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL with a length; a model of 0 bytes).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_config_set_model_buffer(
    config: *mut PredictorConfig,
    model: *const std::ffi::c_void,
    model_length: usize,
    params_or_null: *const std::ffi::c_void,
    params_length: usize,
) -> PredictorStatus {
    change(config, |config| {
        // SAFETY: what the caller promised.
        let (model, params) = unsafe {
            (
                args::slice("model", model.cast::<u8>(), model_length)?,
                args::slice("params", params_or_null.cast::<u8>(), params_length)?,
            )
        };
        if model.is_empty() {
            bail!(InvalidArgument, "model: expected a buffer, got 0 bytes");
        }
        config.set_model_buffer(model, (!params.is_empty()).then_some(params));
        Ok(())
    })
}

/// Sets how many threads compute one operator together, the caller included. 0 asks for the
/// automatic number: of C usable cores (affinity mask, cgroup quota, PREDICTOR_POOL_NUM_THREADS), a
/// pool of N gets max(1, C - N + 1), less what other automatic models of the process use. Unset is 1
/// for `create_predictor`, as in Paddle, and automatic for `create_predictor_pool`.
///
/// Ownership: nothing is handed over.
/// Threads: meant for one thread; calls on one config take turns.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (below 0, above 1024).
#[unsafe(no_mangle)]
pub extern "C" fn predictor_config_set_intra_op_threads(
    config: *mut PredictorConfig,
    count: i32,
) -> PredictorStatus {
    change(config, |config| config.set_intra_op_threads(count))
}

/// Sets how many operators are computed side by side, with the option "execution_mode" = "parallel"
/// only. 0 asks for as many as intra-op threads.
///
/// Ownership: nothing is handed over.
/// Threads: meant for one thread; calls on one config take turns.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (below 0, above 1024).
#[unsafe(no_mangle)]
pub extern "C" fn predictor_config_set_inter_op_threads(
    config: *mut PredictorConfig,
    count: i32,
) -> PredictorStatus {
    change(config, |config| config.set_inter_op_threads(count))
}

/// Adds an execution provider, in order of preference: "cpu", "cuda", "tensorrt", "openvino",
/// "xnnpack", ... "cpu" is always last, added or not. Options are a JSON object of strings, for
/// example {"device_id":"1"}.
///
/// Creating a predictor is UNSUPPORTED if the ONNX Runtime in use lacks the provider (the text lists
/// those it has) or if the provider got no node of the model: nothing falls back to the CPU silently.
///
/// Ownership: the texts are copied.
/// Threads: meant for one thread; calls on one config take turns.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL or empty name, malformed options).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_config_append_execution_provider(
    config: *mut PredictorConfig,
    name: *const c_char,
    options_json_or_null: *const c_char,
) -> PredictorStatus {
    change(config, |config| {
        // SAFETY: what the caller promised.
        let (name, options) = unsafe {
            (args::text("name", name)?, args::optional_text("options_json", options_json_or_null)?)
        };
        config.append_execution_provider(name, options)
    })
}

/// Sets the graph optimisation: 0 none, 1 basic, 2 extended, 3 all (the default).
///
/// Ownership: nothing is handed over.
/// Threads: meant for one thread; calls on one config take turns.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (another level).
#[unsafe(no_mangle)]
pub extern "C" fn predictor_config_set_optimization_level(
    config: *mut PredictorConfig,
    level: i32,
) -> PredictorStatus {
    change(config, |config| config.set_optimization_level(level))
}

/// Sets an option. A key with a dot goes to ONNX Runtime's session options as it is (ONNX Runtime
/// accepts any spelling). The others are this library's:
///
/// - "precision": "fp32" (default), "bf16" or "fp16"; UNSUPPORTED where the provider cannot
/// - "share_model": "1" (default): equal configs share one loaded model; "0": not
/// - "execution_mode": "sequential" (default) or "parallel"
/// - "enable_cpu_arena": "1" (default): keep memory between runs; "0": not
/// - "enable_memory_pattern": "1" (default): plan memory for shapes seen before; "0": not
/// - "spinning": "auto" (default: only where one predictor has the machine to itself), "1" or "0"
/// - "free_dimension:NAME": a size; fixes the model's free dimension NAME
/// - "profile_path": a prefix; ONNX Runtime writes a profile there when the model is unloaded
/// - "optimized_model_path": a file; the optimised graph is written there
/// - "optimized_model_cache": a folder, or "auto" for the user's cache; optimised models are kept
///   there, load faster and share their weights between processes; "" (default): not
/// - "custom_op_library": a shared library with custom operators; may be given several times
/// - "warmup_runs": runs on zeros before a predictor or a pool is handed out; default "0"
/// - "pool_max_waiting": callers that may wait in `predictor_pool_acquire`; more are BUSY
/// - "tune_file": a file of tuned settings; what is set otherwise wins
///
/// Ownership: the texts are copied.
/// Threads: meant for one thread; calls on one config take turns.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL, an unknown key: the text lists ours, a wrong value).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_config_set_option(
    config: *mut PredictorConfig,
    key: *const c_char,
    value: *const c_char,
) -> PredictorStatus {
    change(config, |config| {
        // SAFETY: what the caller promised.
        let (key, value) = unsafe { (args::text("key", key)?, args::text("value", value)?) };
        config.set_option(key, value)
    })
}
