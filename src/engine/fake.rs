//! A deterministic engine in plain Rust for checks that ONNX Runtime does not survive (Miri, thread
//! sanitizer) and for exact timing. A model is the text
//!
//! ```text
//! fake-model [sleep_us=N] [fail]
//! ```
//!
//! with one input `x` and one output `y`, float32[-1,4]; it computes y = x + x after sleeping.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::config::ModelSource;
use crate::dtype::DataType;
use crate::engine::{
    Binding, External, InputData, LoadRequest, OutputData, OutputValue, Session, Terminator,
};
use crate::error::{Error, Result, Status, bail};
use crate::spec::{Role, TensorSpec};

/// How often a sleeping run looks whether it is to stop.
const SLICE: Duration = Duration::from_micros(200);

pub(crate) fn load(request: &LoadRequest<'_>) -> Result<Option<Arc<dyn Session>>> {
    let ModelSource::Buffers { model, .. } = &request.config.source else { return Ok(None) };
    let Ok(text) = std::str::from_utf8(model) else { return Ok(None) };
    let mut words = text.split_whitespace();
    if words.next() != Some("fake-model") {
        return Ok(None);
    }
    let (mut sleep, mut fails) = (Duration::ZERO, false);
    for word in words {
        match word.split_once('=') {
            Some(("sleep_us", number)) => sleep = Duration::from_micros(number.parse().unwrap_or(0)),
            None if word == "fail" => fails = true,
            _ => bail!(InvalidModel, "fake model: unknown word {word:?}"),
        }
    }
    let spec = |role, name: &str| {
        let mut spec = TensorSpec::new(role, name.to_owned(), Some(DataType::Float32.code()));
        spec.dims = Some(vec![-1, 4]);
        spec.dim_names = vec!["batch".to_owned(), String::new()];
        spec
    };
    Ok(Some(Arc::new(FakeSession {
        inputs: [spec(Role::Input, "x")],
        outputs: [spec(Role::Output, "y")],
        sleep,
        fails,
    })))
}

struct FakeSession {
    inputs: [TensorSpec; 1],
    outputs: [TensorSpec; 1],
    sleep: Duration,
    fails: bool,
}

impl Session for FakeSession {
    fn inputs(&self) -> &[TensorSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[TensorSpec] {
        &self.outputs
    }

    fn files(&self) -> &[String] {
        &[]
    }

    fn bind(self: Arc<Self>) -> Result<Box<dyn Binding>> {
        Ok(Box::new(FakeBinding {
            session: self,
            stop: Arc::new(Flag::default()),
            input: (std::ptr::null_mut(), 0),
            dims: Vec::new(),
            external: None,
            output: Vec::new(),
        }))
    }

    fn release_unused_memory(&self) -> Result<()> {
        Ok(())
    }
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Terminator for Flag {
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

struct FakeBinding {
    session: Arc<FakeSession>,
    stop: Arc<Flag>,
    input: (*mut u8, usize),
    dims: Vec<i64>,
    external: Option<(*mut u8, usize, Vec<i64>)>,
    output: Vec<f32>,
}

// SAFETY: the pointers are the callers' of `set_input` and `set_output`, who allow any thread.
unsafe impl Send for FakeBinding {}
// SAFETY: as above; shared references only read.
unsafe impl Sync for FakeBinding {}

impl Binding for FakeBinding {
    unsafe fn set_input(&mut self, _: usize, dims: &[i64], data: InputData<'_>) -> Result<()> {
        let InputData::Bytes { start, length } = data else { bail!(TypeMismatch, "strings") };
        self.input = (start, length);
        self.dims = dims.to_vec();
        Ok(())
    }

    fn clear_input(&mut self, _: usize) {
        self.input = (std::ptr::null_mut(), 0);
    }

    unsafe fn set_output(&mut self, _: usize, external: Option<External<'_>>) -> Result<()> {
        self.external = external.map(|memory| (memory.start, memory.length, memory.dims.to_vec()));
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        let end = Instant::now() + self.session.sleep;
        while Instant::now() < end {
            if self.stop.0.load(Ordering::Relaxed) {
                bail!(RunFailed, "the fake run was stopped");
            }
            std::thread::sleep(SLICE.min(end.saturating_duration_since(Instant::now())));
        }
        if self.session.fails {
            bail!(RunFailed, "the fake kernel failed");
        }
        let (start, length) = self.input;
        self.output.clear();
        if length > 0 {
            // SAFETY: the caller of `set_input` keeps the bytes valid and aligned.
            let x = unsafe { std::slice::from_raw_parts(start.cast::<f32>(), length / 4) };
            self.output.extend(x.iter().map(|x| x + x));
        }
        let Some((start, room, dims)) = &self.external else { return Ok(()) };
        if *room != length || *dims != self.dims {
            return Err(Error::new(
                Status::ShapeMismatch,
                "output \"y\": the shared memory has another shape",
            ));
        }
        // SAFETY: the caller of `set_output` keeps `room` bytes writable.
        unsafe { std::ptr::copy_nonoverlapping(self.output.as_ptr().cast(), *start, length) };
        Ok(())
    }

    fn trim(&mut self, most: usize) {
        if self.output.len() * 4 > most {
            self.output = Vec::new();
        }
    }

    fn output(&self, _: usize) -> Result<OutputValue<'_>> {
        let (start, length) = match &self.external {
            Some((start, length, _)) => (*start, *length),
            None => (self.output.as_ptr().cast_mut().cast(), self.output.len() * 4),
        };
        Ok(OutputValue { dims: &self.dims, data: OutputData::Bytes { start, length } })
    }

    fn terminator(&self) -> Arc<dyn Terminator> {
        Arc::clone(&self.stop) as Arc<dyn Terminator>
    }
}
