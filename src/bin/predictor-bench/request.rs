//! One thread's request: inputs in, a run, outputs out.

use std::time::{Duration, Instant};

use predictor_pool::{DataType, Predictor, RunInput, RunOutput, Status, TensorSpec};

use crate::data::{Aligned, InputData};

/// An output as bytes; strings are packed, each followed by a NUL.
#[derive(Clone, Debug)]
pub struct Output {
    pub name: String,
    pub data_type: DataType,
    pub data: Aligned,
    rank: usize,
}

/// What one thread sends and receives, over and over.
#[derive(Clone)]
pub struct Request {
    inputs: Vec<InputData>,
    pub outputs: Vec<Output>,
}

impl Request {
    /// Outputs that are no tensors of a type that the library carries are computed and not read.
    pub fn new(inputs: Vec<InputData>, outputs: &[TensorSpec]) -> Self {
        let output = |spec: &TensorSpec| {
            let data_type = spec.data_type().ok()?;
            let rank = spec.shape().map_or(0, <[i64]>::len);
            Some(Output { name: spec.name().to_owned(), data_type, data: Aligned::default(), rank })
        };
        Self { inputs, outputs: outputs.iter().filter_map(output).collect() }
    }

    /// Sets the inputs, runs, and reads the outputs; returns what the run alone took.
    pub fn make(&mut self, predictor: &Predictor) -> predictor_pool::Result<Duration> {
        for input in &self.inputs {
            let tensor = predictor.input(&input.shape.name)?;
            tensor.reshape(&input.shape.dims)?;
            let bytes = input.data.bytes();
            if input.shape.data_type == DataType::String {
                tensor.copy_strings_from_host(&unpack(bytes))?;
            } else {
                // SAFETY: a slice is readable for its whole length.
                unsafe { tensor.copy_from_raw(input.shape.data_type, bytes.as_ptr(), bytes.len())? };
            }
        }
        let start = Instant::now();
        predictor.run()?;
        let run = start.elapsed();
        for output in &mut self.outputs {
            let tensor = predictor.output(&output.name)?;
            if output.data_type == DataType::String {
                output.data = Aligned::of(&pack(&tensor.strings()?));
                continue;
            }
            output.data.resize(tensor.byte_length()?);
            let bytes = output.data.bytes_mut();
            // SAFETY: a slice is writable for its whole length.
            unsafe { tensor.copy_to_raw(output.data_type, bytes.as_mut_ptr(), bytes.len())? };
        }
        Ok(run)
    }

    /// The same as a stateless run, which copies in and out itself, so that all of it is the run.
    pub fn make_stateless(&mut self, predictor: &Predictor) -> predictor_pool::Result<Duration> {
        let start = Instant::now();
        match self.run_with(predictor) {
            // The sizes needed are set now.
            Err(error) if error.status() == Status::OutOfRange => self.run_with(predictor)?,
            result => result?,
        }
        Ok(start.elapsed())
    }

    fn run_with(&mut self, predictor: &Predictor) -> predictor_pool::Result<()> {
        let inputs: Vec<RunInput<'_>> = self.inputs.iter().map(run_input).collect();
        let mut dims: Vec<Vec<i64>> = self.outputs.iter().map(|output| vec![0; output.rank]).collect();
        let mut outputs: Vec<RunOutput<'_>> = self
            .outputs
            .iter_mut()
            .zip(&mut dims)
            .map(|(output, dims)| RunOutput::new(&output.name, output.data.bytes_mut(), dims))
            .collect();
        let result = predictor.run_with(&inputs, &mut outputs);
        let sizes: Vec<(usize, usize)> =
            outputs.iter().map(|output| (output.byte_length, output.rank)).collect();
        if result.is_ok() || result.as_ref().is_err_and(|error| error.status() == Status::OutOfRange) {
            for (output, (length, rank)) in self.outputs.iter_mut().zip(sizes) {
                output.data.resize(length);
                output.rank = rank;
            }
        }
        result
    }
}

fn run_input(input: &InputData) -> RunInput<'_> {
    RunInput {
        name: &input.shape.name,
        data_type: input.shape.data_type,
        dims: &input.shape.dims,
        data: input.data.bytes(),
    }
}

fn unpack(packed: &[u8]) -> Vec<&[u8]> {
    match packed.split_last() {
        Some((_, strings)) => strings.split(|byte| *byte == 0).collect(),
        None => Vec::new(),
    }
}

fn pack(strings: &[Vec<u8>]) -> Vec<u8> {
    strings.iter().flat_map(|string| string.iter().copied().chain([0])).collect()
}
