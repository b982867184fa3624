//! One live handle of each kind, memory that shows whether a call wrote to it, and what calls said.

use std::ffi::{CStr, CString, c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use predictor_pool::ffi::PredictorStatus::{self, *};
use predictor_pool::ffi::*;

pub const FLOAT32: i32 = PredictorDataType::PREDICTOR_FLOAT32 as i32;
pub const INT64: i32 = PredictorDataType::PREDICTOR_INT64 as i32;
pub const STRING: i32 = PredictorDataType::PREDICTOR_STRING as i32;

pub const X: [f32; 4] = [1.0, -2.0, 0.5, 8.0];
pub const DIMS: [i64; 2] = [1, 4];
pub const BYTES: usize = 16;

/// Takes turns: tests of one process count the same live handles.
pub fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The calling thread's error text.
pub fn text() -> String {
    let length = unsafe { predictor_last_error_message(null_mut(), 0) };
    let mut buffer = vec![0x55u8; length + 1];
    let again = unsafe { predictor_last_error_message(buffer.as_mut_ptr().cast(), buffer.len()) };
    assert_eq!(again, length, "the length stays the same");
    let text = CStr::from_bytes_with_nul(&buffer).expect("one NUL, at the end");
    text.to_str().expect("UTF-8").to_owned()
}

pub fn ok(status: PredictorStatus) {
    assert_eq!(status, PREDICTOR_OK, "{}", text());
}

pub fn model(name: &str) -> CString {
    CString::new(format!("{}/tests/models/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Memory for one result, filled with a pattern.
pub struct Room<T>(MaybeUninit<T>);

const PATTERN: u8 = 0xa5;

impl<T: Copy> Room<T> {
    pub fn new() -> Self {
        let mut room = MaybeUninit::uninit();
        unsafe { std::ptr::write_bytes(room.as_mut_ptr(), PATTERN, 1) };
        Self(room)
    }

    pub fn at(&mut self) -> *mut T {
        self.0.as_mut_ptr()
    }

    /// NULL where a call is to get wrong arguments.
    pub fn unless(&mut self, rest: Rest) -> *mut T {
        if rest == Rest::Wrong { null_mut() } else { self.at() }
    }

    pub fn get(&self) -> T {
        unsafe { self.0.assume_init_read() }
    }

    pub fn is_untouched(&self) -> bool {
        let start = self.0.as_ptr().cast::<u8>();
        let bytes = unsafe { std::slice::from_raw_parts(start, size_of::<T>()) };
        bytes.iter().all(|byte| *byte == PATTERN)
    }

    pub fn seen(&self, status: PredictorStatus) -> Seen {
        seen(status, self.is_untouched())
    }
}

/// The arguments beside the subject.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rest {
    Good,
    /// As wrong as they can be: pointers are NULL, numbers out of range.
    Wrong,
}

/// What a call did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// `None` for a function that returns nothing.
    pub status: Option<PredictorStatus>,
    pub untouched: bool,
}

pub fn seen(status: PredictorStatus, untouched: bool) -> Seen {
    Seen { status: Some(status), untouched }
}

/// A call that has nothing to write to.
pub fn said(status: PredictorStatus) -> Seen {
    seen(status, true)
}

pub fn nothing() -> Seen {
    Seen { status: None, untouched: true }
}

/// What every failure leaves: one line of text, and no outputs.
pub fn check_failure(about: &str, got: Seen, expected: PredictorStatus) {
    let text = text();
    if let Some(status) = got.status {
        assert_eq!(status, expected, "{about}: {text:?}");
    }
    assert!(!text.trim().is_empty(), "{about}: no text");
    assert!(!text.contains(['\n', '\r']), "{about}: more than one line: {text:?}");
    assert!(got.untouched, "{about}: failed with {text:?} and wrote to an output");
}

/// What a function's first argument is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject {
    Config,
    Predictor,
    Input,
    Output,
    Strings,
    Pool,
}

impl Subject {
    pub const ALL: [Subject; 6] = [
        Subject::Config,
        Subject::Predictor,
        Subject::Input,
        Subject::Output,
        Subject::Strings,
        Subject::Pool,
    ];

    /// The type of the header.
    pub fn kind(self) -> &'static str {
        match self {
            Subject::Config => "PredictorConfig",
            Subject::Predictor => "Predictor",
            Subject::Input | Subject::Output | Subject::Strings => "PredictorTensor",
            Subject::Pool => "PredictorPool",
        }
    }
}

/// Handles that work: predictors of y = x + x on float32[-1,4] that ran once, one of strings, a pool.
pub struct World {
    pub config: *mut PredictorConfig,
    pub predictor: *mut Predictor,
    pub input: *mut PredictorTensor,
    pub output: *mut PredictorTensor,
    pub string_predictor: *mut Predictor,
    pub strings: *mut PredictorTensor,
    pub pool: *mut PredictorPool,
    pub lease: *mut Predictor,
}

// SAFETY: handles may be used on any thread.
unsafe impl Send for World {}
// SAFETY: as above.
unsafe impl Sync for World {}

impl World {
    pub fn new() -> Self {
        let config = config("add_batch.onnx");
        let predictor = predictor(config);
        let (input, output) = (input(predictor, c"x"), output(predictor, c"y"));
        set(input);
        ok(predictor_run(predictor));

        let string_config = self::config("identity_string.onnx");
        let string_predictor = self::predictor(string_config);
        destroy_predictor_config(string_config);
        let strings = self::input(string_predictor, c"x");
        let (words, count) = ([c"one".as_ptr(), c"zwei \u{e4}".as_ptr()], [2]);
        unsafe {
            ok(predictor_tensor_reshape(strings, count.as_ptr(), 1));
            ok(predictor_tensor_copy_strings_from_host(strings, words.as_ptr(), null(), 2));
        }

        let mut pool = null_mut();
        ok(unsafe { create_predictor_pool(config, 2, &mut pool) });
        let lease = acquire(pool);
        Self { config, predictor, input, output, string_predictor, strings, pool, lease }
    }

    /// The handle that functions on `subject` take.
    pub fn handle(&self, subject: Subject) -> *mut c_void {
        match subject {
            Subject::Config => self.config.cast(),
            Subject::Predictor => self.predictor.cast(),
            Subject::Input => self.input.cast(),
            Subject::Output => self.output.cast(),
            Subject::Strings => self.strings.cast(),
            Subject::Pool => self.pool.cast(),
        }
    }

    /// Ends `subject`'s handle, and those of its predictor's other tensors with it.
    pub fn end(&self, subject: Subject) {
        match subject {
            Subject::Config => destroy_predictor_config(self.config),
            Subject::Predictor | Subject::Input | Subject::Output => destroy_predictor(self.predictor),
            Subject::Strings => destroy_predictor(self.string_predictor),
            Subject::Pool => destroy_predictor_pool(self.pool),
        }
    }

    /// Computes something, and finds it right.
    pub fn check(&self) {
        set(self.input);
        ok(predictor_run(self.predictor));
        let mut y = [0f32; 4];
        ok(unsafe { predictor_tensor_copy_to_host(self.output, FLOAT32, y.as_mut_ptr().cast(), BYTES) });
        assert_eq!(y, X.map(|x| x + x));
    }
}

impl Drop for World {
    /// Handles that a test ended already only set the error text.
    fn drop(&mut self) {
        for subject in Subject::ALL {
            self.end(subject);
        }
    }
}

pub fn config(name: &str) -> *mut PredictorConfig {
    let mut config = null_mut();
    let path = model(name);
    unsafe {
        ok(create_predictor_config(&mut config));
        ok(predictor_config_set_model(config, path.as_ptr(), null()));
    }
    config
}

pub fn predictor(config: *const PredictorConfig) -> *mut Predictor {
    let mut predictor = null_mut();
    ok(unsafe { create_predictor(config, &mut predictor) });
    predictor
}

/// A predictor over a model of the test models, with no config left.
pub fn predictor_of(name: &str) -> *mut Predictor {
    let config = config(name);
    let predictor = predictor(config);
    destroy_predictor_config(config);
    predictor
}

pub fn input(predictor: *mut Predictor, name: &CStr) -> *mut PredictorTensor {
    let mut tensor = null_mut();
    ok(unsafe { predictor_get_input_handle(predictor, name.as_ptr(), &mut tensor) });
    tensor
}

pub fn output(predictor: *mut Predictor, name: &CStr) -> *mut PredictorTensor {
    let mut tensor = null_mut();
    ok(unsafe { predictor_get_output_handle(predictor, name.as_ptr(), &mut tensor) });
    tensor
}

pub fn acquire(pool: *const PredictorPool) -> *mut Predictor {
    let mut lease = null_mut();
    ok(unsafe { predictor_pool_acquire(pool, 0, &mut lease) });
    lease
}

/// Sets an input of float32[-1,4].
pub fn set(tensor: *mut PredictorTensor) {
    unsafe {
        ok(predictor_tensor_reshape(tensor, DIMS.as_ptr(), 2));
        ok(predictor_tensor_copy_from_host(tensor, FLOAT32, X.as_ptr().cast(), BYTES));
    }
}

pub fn same_text(text: *const c_char, expected: &str) -> bool {
    unsafe { CStr::from_ptr(text) }.to_str() == Ok(expected)
}

/// A tensor of `data_type` as large as its memory.
pub fn view<D, const RANK: usize>(
    name: &'static CStr,
    data: *mut D,
    dims: *mut [i64; RANK],
    data_type: i32,
) -> PredictorTensorView {
    PredictorTensorView {
        name: name.as_ptr(),
        data: data.cast(),
        byte_length: size_of::<D>(),
        dims: dims.cast(),
        rank: RANK,
        data_type,
    }
}
