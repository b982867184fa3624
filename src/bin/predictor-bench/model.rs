//! The config that the command line describes, and the ONNX Runtime to run it.

use std::path::{Path, PathBuf};

use predictor_pool::Config;

use crate::args::ModelArguments;
use crate::failure::{Failure, Result, about_file, fail};

/// Loads ONNX Runtime: the library's own places, and the installed one's folder before the system's.
pub fn load_runtime() -> Result<()> {
    let is_named = ["PREDICTOR_POOL_ORT_LIB", "ORT_DYLIB_PATH"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    let beside = if is_named { None } else { installed_runtime() };
    Ok(predictor_pool::initialize_runtime(beside.as_deref())?)
}

/// As seen from the folder of an installed program; Debian's libraries have a folder for each architecture.
fn installed_runtime() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?.canonicalize().ok()?;
    let folder = program.parent()?;
    let debian = format!("../lib/{}-linux-gnu", std::env::consts::ARCH);
    let files =
        [".", "../lib", "../lib64", &debian].map(|name| folder.join(name).join("libonnxruntime.so.1"));
    files.into_iter().find_map(|file| file.canonicalize().ok())
}

/// The config that the arguments describe, without intra-op threads.
pub fn config(arguments: &ModelArguments) -> Result<Config> {
    describe(arguments).map_err(|error| Failure::usage(error.message()))
}

fn describe(arguments: &ModelArguments) -> predictor_pool::Result<Config> {
    let mut config = Config::new();
    config.set_model(arguments.path(), arguments.params.clone());
    for (name, options) in &arguments.provider {
        config.append_execution_provider(name, options.as_deref())?;
    }
    for (key, value) in &arguments.option {
        config.set_option(key, value)?;
    }
    if let Some(level) = arguments.optimization_level {
        config.set_optimization_level(level)?;
    }
    if let Some(count) = arguments.inter {
        config.set_inter_op_threads(count)?;
    }
    Ok(config)
}

/// The file that a path or folder stands for, as the library reads folders.
pub fn file(path: &Path) -> PathBuf {
    let names = ["model.onnx", "inference.onnx", "inference.json", "inference.pdmodel"];
    if let Some(found) = names.map(|name| path.join(name)).into_iter().find(|file| file.is_file()) {
        return found;
    }
    let only = std::fs::read_dir(path).ok().and_then(|entries| {
        let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
        files.into_iter().find(|file| file.extension().is_some_and(|extension| extension == "onnx"))
    });
    only.unwrap_or_else(|| path.to_owned())
}

/// Size and BLAKE3 digest of a file.
pub fn identity(path: &Path) -> Result<(u64, String)> {
    let mut hasher = blake3::Hasher::new();
    let mut file = std::fs::File::open(path).map_err(about_file(path))?;
    if !file.metadata().is_ok_and(|facts| facts.is_file()) {
        fail!("{}: expected a regular file", path.display());
    }
    let size = std::io::copy(&mut file, &mut hasher).map_err(about_file(path))?;
    Ok((size, hasher.finalize().to_hex().to_string()))
}
