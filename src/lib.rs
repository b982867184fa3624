//! One model, many threads, one copy of the weights.
//!
//! A [`Config`] names a model and how to run it; a [`Predictor`] runs it for one caller; clones and
//! the members of a [`PredictorPool`] share the loaded model. Models run on ONNX Runtime, which is
//! found and loaded when the first model is. The same library behind a C ABI is
//! `libpredictor_pool.so`; its header `predictor_pool.h` is the reference for both.
//!
//! ```
//! use predictor_pool::{Config, PredictorPool};
//!
//! # fn main() -> predictor_pool::Result<()> {
//! let mut config = Config::new();
//! config.set_model("tests/models/add_batch.onnx", None); // y = x + x
//! let pool = PredictorPool::new(&config, 2)?;
//!
//! std::thread::scope(|scope| {
//!     for rows in 1..=2 {
//!         let pool = &pool;
//!         scope.spawn(move || -> predictor_pool::Result<()> {
//!             let predictor = pool.acquire(None)?;
//!             let x = predictor.input("x")?;
//!             x.reshape(&[rows, 4])?;
//!             x.copy_from_host(&vec![1.5f32; rows as usize * 4])?;
//!             predictor.run()?;
//!             let mut y = vec![0.0f32; rows as usize * 4];
//!             predictor.output("y")?.copy_to_host(&mut y)?;
//!             assert!(y.iter().all(|y| *y == 3.0));
//!             Ok(())
//!         });
//!     }
//! });
//! # Ok(())
//! # }
//! ```

#![deny(unsafe_op_in_unsafe_fn, missing_docs)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![warn(clippy::undocumented_unsafe_blocks)]

#[cfg(not(panic = "unwind"))]
compile_error!("predictor_pool turns panics into errors and needs panic = \"unwind\"");

mod buffer;
mod config;
mod dtype;
mod engine;
mod error;
#[doc(hidden)]
pub mod ffi;
mod input;
mod log;
mod mapping;
mod memory;
mod model;
mod options;
mod own_file;
mod paddle;
mod pool;
mod predictor;
mod process;
mod run_control;
mod runtime;
mod source;
mod spec;
mod stateless;
mod sync;
mod tensor;
#[cfg(test)]
mod testing;
mod threads;
mod try_lock;
mod tune;
mod turns;

pub use config::Config;
pub use dtype::{Bf16, Bool, DataType, Element, F16};
pub use error::{Error, Result, Status};
pub use log::{LogCallback, Severity, set_log_callback};
pub use options::Options;
pub use paddle::{OnnxWeights, save_onnx};
pub use pool::{PooledPredictor, PredictorPool, PredictorPoolStats};
pub use predictor::Predictor;
pub use runtime::{initialize_runtime, provider_names, runtime_path, runtime_version};
pub use spec::TensorSpec;
pub use stateless::{RunInput, RunOutput};
pub use tensor::Tensor;
pub use threads::usable_cores;
