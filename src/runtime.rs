//! The ONNX Runtime in use.

use std::path::Path;

use crate::engine::ort;
use crate::error::Result;

/// Loads ONNX Runtime now: from `path` (a file, or the folder it is in), else from where
/// `PREDICTOR_POOL_ORT_LIB` or `ORT_DYLIB_PATH` point, else from beside this library, else from
/// where the system finds `libonnxruntime.so.1`. Without this call the first model does it.
/// A second call with another file is INVALID_ARGUMENT; after a failure it may be tried again.
pub fn initialize_runtime(path: Option<&Path>) -> Result<()> {
    ort::initialize(path)
}

/// The version of the ONNX Runtime in use, for example `1.31.1`; loads it if need be.
pub fn runtime_version() -> Result<&'static str> {
    ort::version()
}

/// The file of the ONNX Runtime in use; loads it if need be.
pub fn runtime_path() -> Result<&'static Path> {
    ort::path()
}

/// The execution providers of the ONNX Runtime in use, by the names that
/// [`Config::append_execution_provider`](crate::Config::append_execution_provider) takes.
pub fn provider_names() -> Result<&'static [String]> {
    ort::provider_names()
}
