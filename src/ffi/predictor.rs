//! Predictors.

use std::ffi::c_char;

use crate::error::{Result, bail};
use crate::predictor::find;
use crate::spec::TensorSpec;
use crate::tensor::Port;

use super::args::Out;
use super::error::PredictorStatus;
use super::handle::{self, InUse};
use super::intern::intern;
use super::objects::{ConfigObject, PredictorObject, Target, end_predictor};
use super::{Predictor, PredictorConfig, PredictorTensor, args, guard};

fn get(predictor: *const Predictor) -> Result<InUse<PredictorObject>> {
    handle::get(predictor)
}

/// Loads the config's model, or finds it loaded by an equal config, and makes a predictor.
///
/// Ownership: `*out` is owned; give it to `destroy_predictor`. The config may be destroyed or changed
/// afterwards.
/// Threads: any thread at any time, also several on one config.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`, no model set), NOT_FOUND (a file),
/// INVALID_MODEL, UNSUPPORTED (an execution provider, an operator), RUNTIME_UNAVAILABLE, RUN_FAILED
/// (in a warm-up run), OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn create_predictor(
    config: *const PredictorConfig,
    out: *mut *mut Predictor,
) -> PredictorStatus {
    guard::status(|| {
        let config = handle::get::<ConfigObject>(config)?;
        let out = Out::new("out", out)?;
        let config = config.lock().clone();
        let predictor = crate::Predictor::new(&config)?;
        out.set(handle::insert(PredictorObject::new(Target::Owned(Box::new(predictor))))?);
        Ok(())
    })
}

/// Makes another predictor over the same loaded model; its inputs and outputs start empty. A clone
/// costs no second copy of the weights and lives independently of its source.
///
/// Ownership: `*out` is owned; give it to `destroy_predictor`.
/// Threads: any thread at any time, also while `predictor` runs.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`), OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clone_predictor(
    predictor: *const Predictor,
    out: *mut *mut Predictor,
) -> PredictorStatus {
    guard::status(|| {
        let predictor = get(predictor)?;
        let out = Out::new("out", out)?;
        let clone = predictor.target.try_clone()?;
        out.set(handle::insert(PredictorObject::new(Target::Owned(Box::new(clone))))?);
        Ok(())
    })
}

/// Destroys a predictor. Its tensor handles end with it; calls in progress finish first.
///
/// Ownership: takes `predictor`; NULL does nothing, and so does a handle that is borrowed from a pool,
/// but for the error text.
/// Threads: any thread, also while another is inside a call on the predictor.
/// Errors: a stale or borrowed handle, or one of another kind, only sets the error text.
#[unsafe(no_mangle)]
pub extern "C" fn destroy_predictor(predictor: *mut Predictor) {
    if predictor.is_null() {
        return;
    }
    guard::silent(|| {
        match *get(predictor)?.target {
            Target::Owned(_) => (),
            Target::Member(_) => {
                bail!(InvalidArgument, "expected an owned predictor, got one that belongs to its pool")
            }
            Target::Lease(_) => bail!(
                InvalidArgument,
                "expected an owned predictor, got a loan: give it to predictor_pool_release"
            ),
        }
        end_predictor(predictor)
    });
}

/// How many inputs every run needs. Inputs with defaults are not counted; they are found by name.
///
/// Ownership: nothing is handed over.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_input_count(
    predictor: *const Predictor,
    out: *mut usize,
) -> PredictorStatus {
    guard::status(|| {
        let predictor = get(predictor)?;
        Out::new("out", out)?.set(predictor.target.inputs().len());
        Ok(())
    })
}

/// How many outputs the model has.
///
/// Ownership: nothing is handed over.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_output_count(
    predictor: *const Predictor,
    out: *mut usize,
) -> PredictorStatus {
    guard::status(|| {
        let predictor = get(predictor)?;
        Out::new("out", out)?.set(predictor.target.outputs().len());
        Ok(())
    })
}

fn write_name(kind: &str, specs: &[TensorSpec], index: usize, out: *mut *const c_char) -> Result<()> {
    let out = Out::new("out", out)?;
    match specs.get(index) {
        Some(spec) => out.set(intern(spec.name())?),
        None => bail!(OutOfRange, "{kind}: expected an index below {}, got {index}", specs.len()),
    }
    Ok(())
}

/// The name of input number `index`, in the model's order.
///
/// Ownership: the text lives until the process ends.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`), OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_input_name(
    predictor: *const Predictor,
    index: usize,
    out: *mut *const c_char,
) -> PredictorStatus {
    guard::status(|| write_name("input", get(predictor)?.target.inputs(), index, out))
}

/// The name of output number `index`, in the model's order.
///
/// Ownership: the text lives until the process ends.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL `out`), OUT_OF_RANGE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_output_name(
    predictor: *const Predictor,
    index: usize,
    out: *mut *const c_char,
) -> PredictorStatus {
    guard::status(|| write_name("output", get(predictor)?.target.outputs(), index, out))
}

/// The handle of the input called `name`, also of one with a default: the same handle for the same
/// name each time, without an allocation.
///
/// Ownership: `*out` is borrowed from `predictor` and dies with it.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL), NOT_FOUND (the text lists the names).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_get_input_handle(
    predictor: *mut Predictor,
    name: *const c_char,
    out: *mut *mut PredictorTensor,
) -> PredictorStatus {
    guard::status(|| {
        let predictor = get(predictor)?;
        // SAFETY: what the caller promised.
        let name = unsafe { args::text("name", name)? };
        let out = Out::new("out", out)?;
        let index = find("input", &predictor.target.model.inputs, name)?;
        out.set(predictor.tensor(Port::Input(index))?);
        Ok(())
    })
}

/// The handle of the output called `name`: the same handle for the same name each time, without an
/// allocation. It may be taken before the first run.
///
/// Ownership: `*out` is borrowed from `predictor` and dies with it.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL), NOT_FOUND (the text lists the names).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_get_output_handle(
    predictor: *mut Predictor,
    name: *const c_char,
    out: *mut *mut PredictorTensor,
) -> PredictorStatus {
    guard::status(|| {
        let predictor = get(predictor)?;
        // SAFETY: what the caller promised.
        let name = unsafe { args::text("name", name)? };
        let out = Out::new("out", out)?;
        let index = find("output", predictor.target.outputs(), name)?;
        out.set(predictor.tensor(Port::Output(index))?);
        Ok(())
    })
}

/// Computes the outputs from the inputs.
///
/// Ownership: nothing is handed over; outputs live in the predictor until its next run.
/// Threads: one thread at a time per predictor; beside another thread's call it returns BUSY and
/// changes nothing. Runs on different predictors go in parallel, whatever their shapes.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (an input was never set), BUSY, RUN_FAILED (the predictor
/// lives on), SHAPE_MISMATCH (an output does not fit shared memory), CANCELLED, OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub extern "C" fn predictor_run(predictor: *mut Predictor) -> PredictorStatus {
    guard::status(|| get(predictor)?.target.run())
}

/// `predictor_run` that is stopped after `timeout_ms` milliseconds; below 0 is no limit, 0 is TIMEOUT
/// at once. ONNX Runtime looks for the stop between operators, so one long operator delays it. The
/// predictor is usable again afterwards.
///
/// Ownership: nothing is handed over.
/// Threads: one thread at a time per predictor; beside another thread's call it returns BUSY.
/// Errors: those of `predictor_run`, and TIMEOUT.
#[unsafe(no_mangle)]
pub extern "C" fn predictor_run_with_timeout(predictor: *mut Predictor, timeout_ms: i64) -> PredictorStatus {
    guard::status(|| {
        let predictor = get(predictor)?;
        match args::limit(timeout_ms) {
            Some(limit) => predictor.target.run_with_timeout(limit),
            None => predictor.target.run(),
        }
    })
}

/// Stops the runs in progress on `predictor`, those of `predictor_run_with` included: they return
/// CANCELLED. It never touches a later run.
///
/// Ownership: nothing is handed over.
/// Threads: any thread at any time.
/// Errors: INVALID_HANDLE, NOT_FOUND (no run is in progress).
#[unsafe(no_mangle)]
pub extern "C" fn predictor_cancel(predictor: *const Predictor) -> PredictorStatus {
    guard::status(|| get(predictor)?.target.cancel())
}

/// Gives memory that runs left behind back to the system. `*out_bytes_released` is how many bytes
/// the process got smaller by, which other threads' runs change too.
///
/// Ownership: nothing is handed over; inputs and outputs stay.
/// Threads: one thread at a time per predictor; beside another thread's call it returns BUSY.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL), BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_shrink_memory(
    predictor: *mut Predictor,
    out_bytes_released: *mut u64,
) -> PredictorStatus {
    guard::status(|| {
        let predictor = get(predictor)?;
        let out = Out::new("out_bytes_released", out_bytes_released)?;
        out.set(predictor.target.shrink_memory()?);
        Ok(())
    })
}
