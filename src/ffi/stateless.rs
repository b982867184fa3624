//! Stateless runs.

use std::ffi::{c_char, c_void};

use crate::error::{Result, Status, bail};
use crate::{RunInput, RunOutput};

use super::error::PredictorStatus;
use super::objects::PredictorObject;
use super::{Predictor, args, guard, handle};

/// A named tensor in the caller's memory, for `predictor_run_with`.
///
/// In an input, `data` and `dims` are what the tensor holds. In an output, they are the room there
/// is: `byte_length` and `rank` say how much, and are overwritten, together with `data_type`, with
/// what was produced. Strings travel packed, each followed by a NUL, and `byte_length` counts all.
#[repr(C)]
pub struct PredictorTensorView {
    /// The tensor's name.
    pub name: *const c_char,
    /// The elements, or room for them.
    pub data: *mut c_void,
    /// Bytes of the data, or of the room.
    pub byte_length: usize,
    /// The shape, or room for it.
    pub dims: *mut i64,
    /// Dimensions in `dims`, or room for so many.
    pub rank: usize,
    /// A `PredictorDataType`.
    pub data_type: i32,
}

const _: () = assert!(size_of::<PredictorTensorView>() == 48, "frozen in version 1");

/// Runs the model on `inputs` and writes the named `outputs`, without touching the predictor's own
/// tensors and without keeping anything. Inputs with defaults may be left out, and so may outputs.
///
/// Ownership: all memory is the caller's and is used during the call only.
/// Threads: any number at once on one predictor, also while it runs.
/// Errors: INVALID_HANDLE, INVALID_ARGUMENT (NULL, a missing input, a repeated name, a wrong length, not
/// aligned to an element, an output's memory used twice), NOT_FOUND (a name), TYPE_MISMATCH, SHAPE_MISMATCH, OUT_OF_RANGE (an output
/// has too little room; `byte_length` and `rank` of every output then say what it needs), RUN_FAILED,
/// CANCELLED, UNSUPPORTED, OUT_OF_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn predictor_run_with(
    predictor: *const Predictor,
    inputs: *const PredictorTensorView,
    input_count: usize,
    outputs: *mut PredictorTensorView,
    output_count: usize,
) -> PredictorStatus {
    guard::status(|| {
        let predictor = handle::get::<PredictorObject>(predictor)?;
        // SAFETY: what the caller promised.
        let (inputs, outputs) = unsafe {
            (args::slice("inputs", inputs, input_count)?, args::slice_mut("outputs", outputs, output_count)?)
        };
        check_apart(inputs, outputs)?;
        // SAFETY: as above.
        let given = inputs.iter().map(|view| unsafe { input(view) }).collect::<Result<Vec<_>>>()?;
        // SAFETY: as above.
        let mut wanted = outputs.iter().map(|view| unsafe { output(view) }).collect::<Result<Vec<_>>>()?;
        let result = predictor.target.run_with(&given, &mut wanted);
        // Sizes are also written where the room was too little; nothing else but on success.
        let has_sizes = result.as_ref().map_or_else(|error| error.status(), |()| Status::Ok);
        for (view, produced) in outputs.iter_mut().zip(wanted) {
            if matches!(has_sizes, Status::Ok | Status::OutOfRange) {
                view.byte_length = produced.byte_length;
                view.rank = produced.rank;
            }
            view.data_type = produced.data_type.map_or(view.data_type, |data_type| data_type.code());
        }
        result
    })
}

/// An output's room is written to, so nothing else may be in it.
fn check_apart(inputs: &[PredictorTensorView], outputs: &[PredictorTensorView]) -> Result<()> {
    let rooms = |view: &PredictorTensorView| {
        let dims = view.rank.saturating_mul(size_of::<i64>());
        [(view.data.addr(), view.byte_length), (view.dims.addr(), dims)]
    };
    let written: Vec<(usize, usize)> = outputs.iter().flat_map(rooms).collect();
    let read = inputs.iter().flat_map(rooms);
    let overlap = |a: (usize, usize), b: (usize, usize)| {
        a.1 > 0 && b.1 > 0 && a.0 < b.0.saturating_add(b.1) && b.0 < a.0.saturating_add(a.1)
    };
    let others = |index: usize| written[index + 1..].iter().copied();
    let shares = |(index, room): (usize, &(usize, usize))| {
        read.clone().chain(others(index)).any(|other| overlap(*room, other))
    };
    if written.iter().enumerate().any(shares) {
        bail!(InvalidArgument, "outputs: expected memory that no other view uses");
    }
    Ok(())
}

/// # Safety
/// The view is an input as its type describes.
unsafe fn input<'a>(view: &'a PredictorTensorView) -> Result<RunInput<'a>> {
    // SAFETY: what the caller promised.
    unsafe {
        Ok(RunInput {
            name: args::text("name", view.name)?,
            data_type: args::data_type(view.data_type)?,
            dims: args::slice("dims", view.dims, view.rank)?,
            data: args::slice("data", view.data.cast::<u8>(), view.byte_length)?,
        })
    }
}

/// # Safety
/// The view is an output as its type describes.
unsafe fn output<'a>(view: &PredictorTensorView) -> Result<RunOutput<'a>> {
    // SAFETY: what the caller promised.
    unsafe {
        let name = args::text("name", view.name)?;
        let data = args::slice_mut("data", view.data.cast::<u8>(), view.byte_length)?;
        Ok(RunOutput::new(name, data, args::slice_mut("dims", view.dims, view.rank)?))
    }
}
