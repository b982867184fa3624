//! Runs that keep nothing: any number of threads may make them on one predictor at once.

use std::sync::Arc;

use crate::dtype::DataType;
use crate::engine::{InputData, OutputData};
use crate::error::{Error, Result, Status, bail};
use crate::model::Spare;
use crate::predictor::{Meter, Predictor, find};
use crate::run_control::RunControl;
use crate::spec::{TensorSpec, check_alignment, check_length, check_type, describe_dims, element_count};

/// An output of at most so many bytes is kept for the next run to write to: where it is small, making
/// it anew is what costs.
const MOST_KEPT: usize = 16 * 1024;

/// An input of a stateless run. Strings travel packed: each followed by a NUL.
#[derive(Clone, Copy, Debug)]
pub struct RunInput<'a> {
    /// The input's name.
    pub name: &'a str,
    /// Must be the model's.
    pub data_type: DataType,
    /// The shape of the data.
    pub dims: &'a [i64],
    /// Exactly as long as the shape takes.
    pub data: &'a [u8],
}

/// An output of a stateless run: room for it, and what was produced.
#[derive(Debug)]
pub struct RunOutput<'a> {
    /// The output's name.
    pub name: &'a str,
    /// Receives the data. Strings come packed: each followed by a NUL.
    pub data: &'a mut [u8],
    /// Receives the shape.
    pub dims: &'a mut [i64],
    /// The room there is, until a run sets the bytes produced (also where the room is too little).
    pub byte_length: usize,
    /// The room there is, until a run sets the dimensions produced (also where the room is too little).
    pub rank: usize,
    /// Set by a run that succeeded.
    pub data_type: Option<DataType>,
}

impl<'a> RunOutput<'a> {
    /// Room for the output called `name`.
    pub fn new(name: &'a str, data: &'a mut [u8], dims: &'a mut [i64]) -> Self {
        let (byte_length, rank) = (data.len(), dims.len());
        Self { name, data, dims, byte_length, rank, data_type: None }
    }
}

impl Predictor {
    /// Runs the model on `inputs` and copies the named outputs out, without touching the
    /// predictor's own tensors. An output with too little room is OUT_OF_RANGE; what each output
    /// needs is then set in all of them.
    pub fn run_with(&self, inputs: &[RunInput<'_>], outputs: &mut [RunOutput<'_>]) -> Result<()> {
        let given = self.check_inputs(inputs)?;
        let wanted = self.check_outputs(outputs)?;
        let mut spare = self.model.take_spare()?;
        let strings = unpack_strings(inputs)?;
        for (position, input) in inputs.iter().enumerate() {
            let data = match &strings[position] {
                Some(strings) => InputData::Strings(strings),
                None => InputData::Bytes { start: input.data.as_ptr().cast_mut(), length: input.data.len() },
            };
            // SAFETY: the caller's slices outlive this call, and the binding sets or clears every
            // input anew before its next run.
            unsafe { spare.binding.set_input(given[position], input.dims, data)? };
        }
        for (index, spec) in self.model.inputs.iter().enumerate() {
            if spec.has_default && !given.contains(&index) {
                spare.binding.clear_input(index);
            }
        }
        let result =
            self.run_spare(&mut spare).and_then(|()| copy_outputs(self.outputs(), &spare, &wanted, outputs));
        spare.binding.trim(MOST_KEPT);
        // A full queue just means that enough are kept.
        let _ = self.model.spare.push(spare);
        result
    }

    fn run_spare(&self, spare: &mut Spare) -> Result<()> {
        let _listed = Listed::new(self, &spare.control);
        let binding = &mut spare.binding;
        Meter::measure(self.meter(), || spare.control.run(None, || binding.run()))
    }

    /// The index of each given input; every one the model needs must be there once.
    fn check_inputs(&self, inputs: &[RunInput<'_>]) -> Result<Vec<usize>> {
        let specs = &self.model.inputs;
        let mut given = Vec::with_capacity(inputs.len());
        for input in inputs {
            let index = find("input", specs, input.name)?;
            if given.contains(&index) {
                bail!(InvalidArgument, "input {:?}: expected once, got it twice", input.name);
            }
            check_input(&specs[index], input)?;
            given.push(index);
        }
        for (index, spec) in specs.iter().enumerate() {
            if !spec.has_default && !given.contains(&index) {
                bail!(
                    InvalidArgument,
                    "input {:?}: expected {}, it was not given",
                    spec.name,
                    spec.describe()
                );
            }
        }
        Ok(given)
    }

    /// The index of each wanted output.
    fn check_outputs(&self, outputs: &[RunOutput<'_>]) -> Result<Vec<usize>> {
        let mut wanted = Vec::with_capacity(outputs.len());
        for output in outputs {
            let index = find("output", self.outputs(), output.name)?;
            self.outputs()[index].data_type()?;
            if wanted.contains(&index) {
                bail!(InvalidArgument, "output {:?}: expected once, got it twice", output.name);
            }
            wanted.push(index);
        }
        Ok(wanted)
    }
}

/// Where `cancel` finds a stateless run, for as long as it runs.
struct Listed<'a> {
    predictor: &'a Predictor,
    control: Arc<RunControl>,
}

impl<'a> Listed<'a> {
    fn new(predictor: &'a Predictor, control: &Arc<RunControl>) -> Self {
        predictor.stateless.lock().push(Arc::clone(control));
        Self { predictor, control: Arc::clone(control) }
    }
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        let mut runs = self.predictor.stateless.lock();
        runs.retain(|control| !Arc::ptr_eq(control, &self.control));
    }
}

fn check_input(spec: &TensorSpec, input: &RunInput<'_>) -> Result<()> {
    check_type(spec, input.data_type)?;
    if !spec.accepts(input.dims) {
        bail!(
            ShapeMismatch,
            "input {:?}: expected {}, got {}",
            spec.name,
            spec.describe(),
            describe_dims(input.dims)
        );
    }
    let (count, bytes) = element_count(&spec.name, input.dims, input.data_type)?;
    if input.data_type != DataType::String {
        check_length(spec, input.dims, bytes, input.data.len())?;
        return check_alignment(spec, input.data.as_ptr(), input.data.len(), input.data_type);
    }
    let ends = input.data.iter().filter(|byte| **byte == 0).count();
    if ends != count || input.data.last().is_some_and(|byte| *byte != 0) {
        bail!(
            InvalidArgument,
            "input {:?}: expected {count} strings, each followed by a NUL, got {ends} NULs in {} bytes",
            spec.name,
            input.data.len()
        );
    }
    Ok(())
}

fn unpack_strings(inputs: &[RunInput<'_>]) -> Result<Vec<Option<Vec<Vec<u8>>>>> {
    let unpack = |input: &RunInput<'_>| match (input.data_type, input.data.split_last()) {
        (DataType::String, Some((_, packed))) => {
            Some(packed.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect())
        }
        (DataType::String, None) => Some(Vec::new()),
        _ => None,
    };
    Ok(inputs.iter().map(unpack).collect())
}

fn copy_outputs(
    specs: &[TensorSpec],
    spare: &Spare,
    wanted: &[usize],
    outputs: &mut [RunOutput<'_>],
) -> Result<()> {
    let mut short = None;
    for (index, output) in wanted.iter().zip(outputs.iter_mut()) {
        let value = spare.binding.output(*index)?;
        output.rank = value.dims.len();
        output.byte_length = match &value.data {
            OutputData::Bytes { length, .. } => *length,
            OutputData::Strings(strings) => packed_length(output.name, strings)?,
        };
        if output.byte_length > output.data.len() || output.rank > output.dims.len() {
            short.get_or_insert_with(|| too_little_room(output));
        }
    }
    if let Some(error) = short {
        return Err(error);
    }
    for (index, output) in wanted.iter().zip(outputs) {
        let value = spare.binding.output(*index)?;
        output.data_type = Some(specs[*index].data_type()?);
        output.dims[..output.rank].copy_from_slice(value.dims);
        copy_value(&value.data, output.data);
    }
    Ok(())
}

fn packed_length(name: &str, strings: &[Vec<u8>]) -> Result<usize> {
    if strings.iter().any(|string| string.contains(&0)) {
        bail!(Unsupported, "output {name:?}: a string contains a NUL and cannot be packed");
    }
    Ok(strings.iter().map(|string| string.len() + 1).sum())
}

fn too_little_room(output: &RunOutput<'_>) -> Error {
    let text = format!(
        "output {:?}: expected room for {} bytes and {} dimensions, got {} and {}",
        output.name,
        output.byte_length,
        output.rank,
        output.data.len(),
        output.dims.len()
    );
    Error::new(Status::OutOfRange, text)
}

/// `room` is long enough.
fn copy_value(data: &OutputData<'_>, room: &mut [u8]) {
    match data {
        OutputData::Bytes { length: 0, .. } => (),
        // SAFETY: the binding holds `length` bytes there until its next run.
        OutputData::Bytes { start, length } => unsafe {
            std::ptr::copy_nonoverlapping(*start, room.as_mut_ptr(), *length);
        },
        OutputData::Strings(strings) => {
            let packed = strings.iter().flat_map(|string| string.iter().chain(&[0]));
            room.iter_mut().zip(packed).for_each(|(to, from)| *to = *from);
        }
    }
}
