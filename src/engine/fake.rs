//! A deterministic engine in plain Rust for checks that ONNX Runtime does not survive (Miri, thread
//! sanitizer) and for exact timing. A model is the text
//!
//! ```text
//! fake-model [sleep_us=N] [fail] [wrong_run=N] [times=PATH]
//! ```
//!
//! in a buffer or a file, with one input `x` and one output `y`, float32[-1,4]; it computes y = x + x after sleeping.
//! Run number N of each predictor (the first is 1) gives a wrong y[0]. When the session ends, a line for each run is
//! appended to the file `times`: the nanoseconds that it took by the engine's own clock, in the order of their ends.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::dtype::DataType;
use crate::engine::{
    Binding, External, InputData, LoadRequest, OutputData, OutputValue, Session, Terminator,
};
use crate::error::{Error, Result, Status, bail};
use crate::source::ResolvedSource;
use crate::spec::{Role, TensorSpec};
use crate::sync::Mutex;

const MAGIC: &str = "fake-model";

/// How often a sleeping run looks whether it is to stop.
const SLICE: Duration = Duration::from_micros(200);

pub(crate) fn load(request: &LoadRequest<'_>) -> Result<Option<Arc<dyn Session>>> {
    let text = match request.source {
        ResolvedSource::Buffers { model, .. } => std::str::from_utf8(model).ok().map(str::to_owned),
        ResolvedSource::Files { model, .. } => read(&model.0),
    };
    let Some(text) = text else { return Ok(None) };
    let mut words = text.split_whitespace();
    if words.next() != Some(MAGIC) {
        return Ok(None);
    }
    let (mut sleep, mut fails, mut wrong_run, mut times) = (Duration::ZERO, false, None, None);
    for word in words {
        match word.split_once('=') {
            Some(("sleep_us", number)) => sleep = Duration::from_micros(number.parse().unwrap_or(0)),
            Some(("wrong_run", number)) => wrong_run = number.parse().ok(),
            Some(("times", path)) => times = Some(PathBuf::from(path)),
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
        wrong_run,
        times: times.map(|path| Times { path, taken: Mutex::default() }),
    })))
}

/// The text of a file that starts as fake models do; a real model may be too large to read for that.
fn read(path: &Path) -> Option<String> {
    let mut file = std::fs::File::open(path).ok()?;
    let mut start = [0; MAGIC.len()];
    file.read_exact(&mut start).ok().filter(|()| start == MAGIC.as_bytes())?;
    std::fs::read_to_string(path).ok()
}

/// How long the runs took, for whom wants to check a clock against the engine's.
struct Times {
    path: PathBuf,
    taken: Mutex<Vec<Duration>>,
}

impl Drop for Times {
    fn drop(&mut self) {
        let lines: String = self.taken.lock().iter().map(|time| format!("{}\n", time.as_nanos())).collect();
        let file = std::fs::OpenOptions::new().append(true).create(true).open(&self.path);
        // Whoever wants the times misses them.
        let _ = file.and_then(|mut file| file.write_all(lines.as_bytes()));
    }
}

struct FakeSession {
    inputs: [TensorSpec; 1],
    outputs: [TensorSpec; 1],
    sleep: Duration,
    fails: bool,
    wrong_run: Option<u64>,
    times: Option<Times>,
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
            runs: 0,
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
    runs: u64,
}

// SAFETY: the pointers are the callers' of `set_input` and `set_output`, who allow any thread.
unsafe impl Send for FakeBinding {}
// SAFETY: as above; shared references only read.
unsafe impl Sync for FakeBinding {}

impl FakeBinding {
    fn compute(&mut self) -> Result<()> {
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
        self.runs += 1;
        if self.session.wrong_run == Some(self.runs)
            && let Some(first) = self.output.first_mut()
        {
            *first += 1.0;
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
}

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
        let start = Instant::now();
        let result = self.compute();
        if let Some(times) = &self.session.times {
            times.taken.lock().push(start.elapsed());
        }
        result
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
