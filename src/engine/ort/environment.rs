//! ONNX Runtime's environment: one per process, created with the log forwarder and one allocator
//! for all sessions, and never released: releasing it while a process exits is a known crash.

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_void};
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};

use crate::dtype::DataType;
use crate::error::Result;
use crate::log::{self, Severity};
use crate::process::{Indivisible, PerProcess, generation};
use crate::sync::Mutex;
use ::ort::sys;

use super::calls::{Failure, api, cpu_memory, expect};
use super::library;
use super::session::{RawSession, SessionOptions};
use super::telemetry;
use super::value::Value;

pub(super) struct Environment {
    raw: NonNull<sys::OrtEnv>,
    /// The sessions use the environment's arena. A forked child's do not: another thread may have
    /// held the arena's lock while the process was forked.
    generation: u32,
}

// SAFETY: ONNX Runtime documents its environment as usable from any thread.
unsafe impl Send for Environment {}
// SAFETY: as above.
unsafe impl Sync for Environment {}

static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
static CREATING: PerProcess<Mutex<()>> = PerProcess::new(|| Mutex::new(()));
/// What [`set_log_severity`] asked for, also before there is an environment.
static MINIMUM: AtomicI32 = AtomicI32::new(Severity::Fatal as i32);

/// y = x + x: the smallest model there is, run to have the arena shrink.
const ADD_MODEL: &[u8] = include_bytes!("add.onnx");

impl Environment {
    /// The environment; loads ONNX Runtime and creates it if need be.
    pub fn get() -> Result<&'static Self> {
        if let Some(environment) = ENVIRONMENT.get() {
            return Ok(environment);
        }
        library::load(None)?;
        let _one_at_a_time = CREATING.get().lock();
        if let Some(environment) = ENVIRONMENT.get() {
            return Ok(environment);
        }
        let environment = Self::create()?;
        Ok(ENVIRONMENT.get_or_init(|| environment))
    }

    fn create() -> Result<Self> {
        let _indivisible = Indivisible::start();
        telemetry::disable();
        let arena = cpu_memory(sys::OrtAllocatorType::OrtArenaAllocator)?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: the forwarder is a function for ever; `raw` is writable; the environment that
        // comes back is used as documented and never released.
        unsafe {
            expect((api().CreateEnvWithCustomLogger)(
                forward,
                std::ptr::null_mut(),
                ort_severity(MINIMUM.load(Ordering::Relaxed)),
                c"predictor_pool".as_ptr(),
                &mut raw,
            ))?;
            expect((api().DisableTelemetryEvents)(raw))?;
            expect((api().CreateAndRegisterAllocator)(raw, arena.as_ptr(), std::ptr::null()))?;
        }
        let Some(raw) = NonNull::new(raw) else {
            return Err(Failure { code: 1, text: "no environment".to_owned() }.unexpected());
        };
        Ok(Self { raw, generation: generation() })
    }

    pub fn as_ptr(&self) -> *mut sys::OrtEnv {
        self.raw.as_ptr()
    }

    /// Whether sessions loaded now may use the environment's arena.
    pub fn lends_arena(&self) -> bool {
        self.generation == generation()
    }

    /// Has the arena give back what no session uses. ONNX Runtime shrinks an arena only at the end
    /// of a run that asks for it; the run need not be of the user's model.
    pub fn shrink_arena(&self) -> Result<()> {
        if !self.lends_arena() {
            return Ok(());
        }
        let options = SessionOptions::plain()?;
        options.set_entry("session.use_env_allocators", "1")?;
        let session = RawSession::from_bytes(self, ADD_MODEL, &options)?;
        let run = super::binding::RunOptions::new()?;
        run.set_entry("memory.enable_memory_arena_shrinkage", "cpu:0")?;
        let mut data = [0.0f32; 4];
        // SAFETY: `data` outlives the value and the run.
        let input = unsafe {
            let bytes = crate::engine::InputData::Bytes { start: data.as_mut_ptr().cast(), length: 16 };
            Value::over(&[1, 4], DataType::Float32, bytes)?
        };
        let mut output = std::ptr::null_mut();
        // SAFETY: the arrays have one entry each and live until the call returns.
        unsafe {
            session
                .run(
                    &run,
                    &[c"x".as_ptr()],
                    &[input.as_ptr().cast_const()],
                    &[c"y".as_ptr()],
                    std::slice::from_mut(&mut output),
                )
                .map_err(Failure::unexpected)?;
            drop(Value::from_raw(output));
        }
        Ok(())
    }
}

/// ONNX Runtime then does not even format lines below `minimum`.
pub(super) fn set_log_severity(minimum: Severity) {
    MINIMUM.store(minimum as i32, Ordering::Relaxed);
    set_environment_severity(minimum);
}

fn set_environment_severity(minimum: Severity) {
    if let Some(environment) = ENVIRONMENT.get() {
        // SAFETY: a live environment and a severity.
        let status = unsafe {
            (api().UpdateEnvWithCustomLogLevel)(environment.as_ptr(), ort_severity(minimum as i32))
        };
        // It fails for no severity that exists, and there is nobody to tell.
        let _ = expect(status);
    }
}

thread_local! {
    /// The last warning or error that this thread was told, while somebody listens.
    static COMPLAINT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Does `work` and returns with it the last warning or error that ONNX Runtime logged meanwhile on
/// this thread: some calls only say there why they failed.
pub(super) fn hear_complaint<T>(work: impl FnOnce() -> T) -> (T, Option<String>) {
    let minimum = Severity::from_code(MINIMUM.load(Ordering::Relaxed)).unwrap_or(Severity::Fatal);
    COMPLAINT.set(Some(String::new()));
    set_environment_severity(minimum.min(Severity::Warning));
    let result = work();
    set_environment_severity(minimum);
    (result, COMPLAINT.take().filter(|complaint| !complaint.is_empty()))
}

fn ort_severity(severity: i32) -> sys::OrtLoggingLevel {
    match severity {
        0 => sys::OrtLoggingLevel::ORT_LOGGING_LEVEL_VERBOSE,
        1 => sys::OrtLoggingLevel::ORT_LOGGING_LEVEL_INFO,
        2 => sys::OrtLoggingLevel::ORT_LOGGING_LEVEL_WARNING,
        3 => sys::OrtLoggingLevel::ORT_LOGGING_LEVEL_ERROR,
        _ => sys::OrtLoggingLevel::ORT_LOGGING_LEVEL_FATAL,
    }
}

/// Hands ONNX Runtime's log to the callback. A panic there must not unwind into C++.
unsafe extern "system" fn forward(
    _: *mut c_void,
    severity: sys::OrtLoggingLevel,
    category: *const c_char,
    _: *const c_char,
    _: *const c_char,
    message: *const c_char,
) {
    // SAFETY: ONNX Runtime passes texts that live during the call.
    let (category, message) = unsafe { (text(category), text(message)) };
    let severity = Severity::from_code(severity as i32).unwrap_or(Severity::Error);
    if severity >= Severity::Warning {
        COMPLAINT.with_borrow_mut(|complaint| {
            if let Some(last) = complaint {
                *last = message.to_string();
            }
        });
    }
    let _ = std::panic::catch_unwind(|| log::write(severity, &category, &message));
}

/// # Safety
/// `text` is NULL or a text that lives as long as the result.
pub(super) unsafe fn text<'a>(text: *const c_char) -> std::borrow::Cow<'a, str> {
    if text.is_null() {
        return "".into();
    }
    // SAFETY: what the caller promised.
    unsafe { CStr::from_ptr(text) }.to_string_lossy()
}
