//! The C ABI: thin exported functions over the safe API, and the only place that touches raw
//! pointers from outside.
//!
//! Each function checks its subject's handle first, then its other arguments, and runs inside
//! `guard`, which turns errors and panics into a status and a text.

#![allow(clippy::missing_safety_doc, reason = "the header's text is the contract with C callers")]

mod args;
mod guard;
mod handle;
mod intern;
mod objects;
mod slot;
mod slots;

// In the order of the header.
mod library;

mod error;

mod config;

mod predictor;

mod stateless;

mod tensor;

mod tensor_data;

mod pool;

pub use config::*;
pub use error::*;
pub use handle::{HandleKind, lookup_for_benchmark};
pub use library::*;
pub use pool::*;
pub use predictor::*;
pub use stateless::*;
pub use tensor::*;
pub use tensor_data::*;

/// A recipe for predictors: model, threads, execution providers, options. Owned by the caller, used
/// by one thread at a time, reusable, and not needed any more once something was created from it.
pub struct PredictorConfig {
    _opaque: [u8; 0],
}

/// One caller's inputs and outputs over a loaded model.
pub struct Predictor {
    _opaque: [u8; 0],
}

/// A fixed number of predictors over one model.
pub struct PredictorPool {
    _opaque: [u8; 0],
}

/// One input or output of a predictor, borrowed from it.
pub struct PredictorTensor {
    _opaque: [u8; 0],
}
