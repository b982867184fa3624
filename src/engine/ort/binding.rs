//! One caller's values on a session, kept between runs: binding anew costs more than a small run.

use std::ffi::c_char;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ::ort::sys;

use crate::buffer::Buffer;
use crate::engine::{Binding, External, InputData, OutputData, OutputValue, Terminator};
use crate::error::{Result, Status, bail};

use super::bound_run::BoundRun;
use super::calls::{Failure, api, c_text, expect, owned};
use super::exit;
use super::output::{BoundOutput, Place, place};
use super::session::RawSession;
use super::value::Value;

owned!(
    /// Options of one caller's runs, with the flag that stops them.
    RunOptionsHandle, OrtRunOptions, ReleaseRunOptions
);

/// On cache lines of its own, like all that each run writes to: clones are made one after the other
/// and would otherwise share lines.
#[repr(align(128))]
pub(super) struct RunOptions {
    handle: RunOptionsHandle,
    terminated: AtomicBool,
    is_running: AtomicBool,
}

impl RunOptions {
    pub fn new() -> Result<Self> {
        // SAFETY: `out` is writable.
        let create = |out| unsafe { (api().CreateRunOptions)(out) };
        let handle = RunOptionsHandle::create(create).map_err(Failure::unexpected)?;
        Ok(Self { handle, terminated: AtomicBool::new(false), is_running: AtomicBool::new(false) })
    }

    pub fn is_running(&self) -> bool {
        self.is_running.load(Ordering::Acquire)
    }

    pub fn set_entry(&self, key: &str, value: &str) -> Result<()> {
        let (key, value) = (c_text(key)?, c_text(value)?);
        // SAFETY: live options and texts.
        expect(unsafe { (api().AddRunConfigEntry)(self.as_ptr(), key.as_ptr(), value.as_ptr()) })
    }

    pub fn as_ptr(&self) -> *mut sys::OrtRunOptions {
        self.handle.as_ptr()
    }
}

impl Terminator for RunOptions {
    fn set(&self) {
        self.terminated.store(true, Ordering::Relaxed);
        // SAFETY: live options; ONNX Runtime documents the call for use during a run. It cannot fail.
        let _ = expect(unsafe { (api().RunOptionsSetTerminate)(self.as_ptr()) });
    }

    fn clear(&self) {
        self.terminated.store(false, Ordering::Relaxed);
        // SAFETY: as above.
        let _ = expect(unsafe { (api().RunOptionsUnsetTerminate)(self.as_ptr()) });
    }
}

#[repr(align(128))]
pub(super) struct OrtBinding {
    options: Arc<RunOptions>,
    inputs: Vec<BoundInput>,
    outputs: Vec<BoundOutput>,
    /// The outputs that runs compute: those whose type can be carried.
    computed: Vec<usize>,
    arguments: Arguments,
    /// The arguments no longer match the inputs.
    inputs_changed: bool,
    /// Outputs of the last run have the wrong shape for the next one.
    shapes_changed: bool,
    repeat: Repeat,
    /// Last, as the values above are released before it.
    session: Arc<RawSession>,
}

/// Whether the next run may be like the last one.
enum Repeat {
    /// Something changed since, or an output is made anew in each run.
    Changed,
    /// Nothing changed and all outputs are in place: the arguments serve again.
    Settled,
    /// The same, and ONNX Runtime has been told all of it.
    Bound(BoundRun),
}

#[derive(Default)]
struct BoundInput {
    value: Option<Value>,
    dims: Vec<i64>,
}

/// The arrays that ONNX Runtime's `Run` takes.
#[derive(Default)]
struct Arguments {
    input_names: Vec<*const c_char>,
    inputs: Vec<*const sys::OrtValue>,
    output_names: Vec<*const c_char>,
    outputs: Vec<*mut sys::OrtValue>,
    /// The outputs that ONNX Runtime makes in this run.
    fresh: Vec<bool>,
}

// SAFETY: the raw pointers point into values that the binding owns, into names of its session, or to
// memory that the caller of `set_output` keeps in place; none is tied to a thread.
unsafe impl Send for OrtBinding {}
// SAFETY: as above; shared references only read.
unsafe impl Sync for OrtBinding {}

impl OrtBinding {
    pub fn new(session: Arc<RawSession>) -> Result<Self> {
        let specs = &session.outputs;
        let mut computed: Vec<usize> =
            (0..specs.len()).filter(|index| specs[*index].data_type().is_ok()).collect();
        if computed.is_empty() {
            computed = (0..specs.len()).collect();
        }
        let names = computed.iter().map(|index| session.output_names[*index].as_ptr());
        let options = Arc::new(RunOptions::new()?);
        exit::register(&options);
        let arguments = Arguments { output_names: names.collect(), ..Arguments::default() };
        Ok(Self {
            options,
            inputs: session.inputs.iter().map(|_| BoundInput::default()).collect(),
            outputs: (0..specs.len()).map(|index| BoundOutput::new(place(&session, index))).collect(),
            computed,
            arguments,
            inputs_changed: true,
            shapes_changed: false,
            repeat: Repeat::Changed,
            session,
        })
    }

    fn compute(&mut self) -> Result<()> {
        if let Repeat::Bound(run) = &self.repeat {
            // SAFETY: every change of a value or of its memory drops the bound run.
            let outcome = unsafe { self.session.run_bound(&self.options, run) };
            return outcome.or_else(|failure| self.recover(failure));
        }
        if matches!(self.repeat, Repeat::Settled) {
            if let Err(failure) = self.call() {
                return self.recover(failure);
            }
            self.bind_run();
            return Ok(());
        }
        if self.inputs_changed {
            self.collect_inputs();
        }
        self.place_outputs();
        match self.call() {
            Ok(()) => self.take_outputs(),
            Err(failure) => self.recover(failure),
        }
    }

    /// A second run with the same arguments promises more of them. Inputs and outputs of a provider
    /// with memory of its own would be copied when they are bound, so those are not.
    fn bind_run(&mut self) {
        if !self.session.is_cpu_only {
            return;
        }
        let Arguments { input_names, inputs, output_names, outputs, .. } = &self.arguments;
        // SAFETY: the arguments of the run before; what changes them drops the bound run.
        if let Ok(run) = unsafe { BoundRun::new(&self.session, input_names, inputs, output_names, outputs) } {
            self.repeat = Repeat::Bound(run);
        }
    }

    fn collect_inputs(&mut self) {
        self.arguments.input_names.clear();
        self.arguments.inputs.clear();
        for (input, name) in self.inputs.iter().zip(&self.session.input_names) {
            if let Some(value) = &input.value {
                self.arguments.input_names.push(name.as_ptr());
                self.arguments.inputs.push(value.as_ptr());
            }
        }
        self.inputs_changed = false;
    }

    /// Has the next run write to memory that is there already where there is some.
    fn place_outputs(&mut self) {
        let Arguments { outputs, fresh, .. } = &mut self.arguments;
        outputs.clear();
        fresh.clear();
        for index in &self.computed {
            let output = &mut self.outputs[*index];
            if self.shapes_changed || output.place != Place::Kept {
                output.produced = None;
            }
            let target = output.target().map_or(std::ptr::null_mut(), Value::as_ptr);
            outputs.push(target);
            fresh.push(target.is_null());
        }
    }

    /// Has the next run make all outputs anew.
    fn release_outputs(&mut self) {
        for index in &self.computed {
            self.outputs[*index].produced = None;
        }
        self.arguments.outputs.fill(std::ptr::null_mut());
        self.arguments.fresh.fill(true);
    }

    fn call(&mut self) -> Result<(), Failure> {
        let Arguments { input_names, inputs, output_names, outputs, .. } = &mut self.arguments;
        // SAFETY: the arrays were collected in pairs from values that this binding owns, and whose
        // memory the callers of `set_input` and `set_output` keep valid.
        unsafe { self.session.run(&self.options, input_names, inputs, output_names, outputs) }
    }

    /// Takes over the values that a run made. All of them are owned before anything can fail.
    fn take_outputs(&mut self) -> Result<()> {
        self.shapes_changed = false;
        self.repeat = Repeat::Changed;
        let Arguments { outputs, fresh, .. } = &self.arguments;
        let made = outputs.iter().zip(fresh).map(|(raw, fresh)| match fresh {
            // SAFETY: ONNX Runtime made it in this run and left it to us.
            true => unsafe { Value::from_raw(*raw) },
            false => None,
        });
        let made: Vec<Option<Value>> = made.collect();
        for ((index, value), fresh) in self.computed.iter().zip(made).zip(&self.arguments.fresh) {
            let spec = &self.session.outputs[*index];
            match value {
                Some(value) => self.outputs[*index].keep(value, spec)?,
                None if *fresh => bail!(RunFailed, "output {:?}: ONNX Runtime produced nothing", spec.name),
                None => (),
            }
        }
        if self.computed.iter().all(|index| self.outputs[*index].target().is_some()) {
            self.repeat = Repeat::Settled;
        }
        self.arguments.fresh.fill(false);
        Ok(())
    }

    /// A run in place failed. If it did because an output's shape was not the expected one, a fresh
    /// run succeeds and shows the right one; memory of the caller's cannot follow it.
    fn recover(&mut self, failure: Failure) -> Result<()> {
        self.repeat = Repeat::Changed;
        let in_place = self.arguments.fresh.contains(&false);
        let is_stopped = self.options.terminated.load(Ordering::Relaxed);
        if !in_place || is_stopped || !is_about_an_output_shape(&failure) {
            return Err(failure.into_error(Status::RunFailed));
        }
        let expected: Vec<_> = self.computed.iter().map(|index| self.outputs[*index].dims.clone()).collect();
        self.release_outputs();
        self.call().map_err(|failure| failure.into_error(Status::RunFailed))?;
        self.take_outputs()?;
        for (index, expected) in self.computed.iter().zip(expected) {
            let output = &mut self.outputs[*index];
            if output.place == Place::Kept && output.dims != expected {
                output.place = Place::Fresh;
                self.repeat = Repeat::Changed;
            }
        }
        Ok(())
    }
}

/// ONNX Runtime's words for it differ between releases. A wrong guess costs a second run.
fn is_about_an_output_shape(failure: &Failure) -> bool {
    let text = failure.text.to_lowercase();
    text.contains("shape verification failed")
        || text.contains("output") && ["shape", "dimension", "rank"].iter().any(|word| text.contains(word))
}

impl Binding for OrtBinding {
    unsafe fn set_input(&mut self, index: usize, dims: &[i64], data: InputData<'_>) -> Result<()> {
        let data_type = self.session.inputs[index].data_type()?;
        let input = &mut self.inputs[index];
        // SAFETY: what the caller promised.
        let value = unsafe { Value::over(dims, data_type, data)? };
        if input.value.is_none() || input.dims != dims {
            self.shapes_changed = true;
            input.dims.clear();
            input.dims.extend_from_slice(dims);
        }
        input.value = Some(value);
        self.inputs_changed = true;
        self.repeat = Repeat::Changed;
        Ok(())
    }

    fn clear_input(&mut self, index: usize) {
        if self.inputs[index].value.take().is_some() {
            self.inputs_changed = true;
            self.shapes_changed = true;
            self.repeat = Repeat::Changed;
        }
    }

    unsafe fn set_output(&mut self, index: usize, external: Option<External<'_>>) -> Result<()> {
        let data_type = self.session.outputs[index].data_type()?;
        let output = &mut self.outputs[index];
        output.produced = None;
        output.external = None;
        self.repeat = Repeat::Changed;
        let Some(External { start, length, dims }) = external else { return Ok(()) };
        // SAFETY: what the caller promised.
        let value = unsafe { Value::over(dims, data_type, InputData::Bytes { start, length })? };
        output.external = Some(value);
        output.dims = dims.to_vec();
        output.start = start;
        output.length = length;
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        self.options.is_running.store(true, Ordering::Release);
        let result = exit::check().and_then(|()| self.compute());
        self.options.is_running.store(false, Ordering::Release);
        result
    }

    fn trim(&mut self, most: usize) {
        self.repeat = Repeat::Changed;
        for output in &mut self.outputs {
            if output.length > most {
                output.produced = None;
                output.copy = Buffer::new();
            }
            output.strings = Vec::new();
        }
        for (input, spec) in self.inputs.iter_mut().zip(&self.session.inputs) {
            if spec.is_string() {
                input.value = None;
            }
        }
    }

    fn output(&self, index: usize) -> Result<OutputValue<'_>> {
        let output = &self.outputs[index];
        let is_string = self.session.outputs[index].is_string();
        let data = match is_string {
            true => OutputData::Strings(&output.strings),
            false => OutputData::Bytes { start: output.start, length: output.length },
        };
        Ok(OutputValue { dims: &output.dims, data })
    }

    fn terminator(&self) -> Arc<dyn Terminator> {
        Arc::clone(&self.options) as Arc<dyn Terminator>
    }
}
