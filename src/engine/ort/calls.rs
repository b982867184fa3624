//! Calls into ONNX Runtime's C API: status to error, and objects that release themselves.

use std::ffi::{CStr, CString, c_char};
use std::ptr::NonNull;

use ::ort::sys;

use crate::error::{Error, Result, Status};

pub(super) fn api() -> &'static sys::OrtApi {
    ::ort::api()
}

/// What ONNX Runtime said when a call failed.
pub(super) struct Failure {
    pub code: i32,
    pub text: String,
}

/// ONNX Runtime's `ORT_NO_SUCHFILE`.
const NO_SUCH_FILE: i32 = 3;
/// ONNX Runtime's `ORT_NOT_IMPLEMENTED`.
const NOT_IMPLEMENTED: i32 = 9;

impl Failure {
    /// The failure of a call that only fails where this library is wrong or memory is short.
    pub fn unexpected(self) -> Error {
        self.into_error(Status::Internal)
    }

    /// The failure of loading a model.
    pub fn of_load(self) -> Error {
        match self.code {
            NO_SUCH_FILE => self.into_error(Status::NotFound),
            NOT_IMPLEMENTED => self.into_error(Status::Unsupported),
            _ if is_about_an_unknown_operator(&self.text) => self.into_error(Status::Unsupported),
            _ => self.into_error(Status::InvalidModel),
        }
    }

    pub fn into_error(self, status: Status) -> Error {
        let short = ["bad_alloc", "Failed to allocate memory", "bad allocation"];
        let status = match short.iter().any(|sign| self.text.contains(sign)) {
            true => Status::OutOfMemory,
            false => status,
        };
        Error::new(status, self.text)
    }
}

/// ONNX Runtime has no code for it, only words.
fn is_about_an_unknown_operator(text: &str) -> bool {
    text.contains("is not a registered function/op") || text.contains("No Op registered for")
}

/// The outcome of a call; releases the status.
pub(super) fn outcome(status: sys::OrtStatusPtr) -> Result<(), Failure> {
    let Some(status) = NonNull::new(status.0) else { return Ok(()) };
    let api = api();
    // A release newer than `ort` may return codes that its enum does not have.
    type GetCode = unsafe extern "system" fn(*const sys::OrtStatus) -> i32;
    // SAFETY: the enum is repr(i32), so both signatures are the same call; the status is ONNX
    // Runtime's and is released once, after its text was copied.
    unsafe {
        let get_code = std::mem::transmute::<
            unsafe extern "system" fn(*const sys::OrtStatus) -> sys::OrtErrorCode,
            GetCode,
        >(api.GetErrorCode);
        let code = get_code(status.as_ptr());
        let text = CStr::from_ptr((api.GetErrorMessage)(status.as_ptr())).to_string_lossy().into_owned();
        (api.ReleaseStatus)(status.as_ptr());
        Err(Failure { code, text })
    }
}

/// The outcome of a call that is not expected to fail.
pub(super) fn expect(status: sys::OrtStatusPtr) -> Result<()> {
    outcome(status).map_err(Failure::unexpected)
}

/// An object of ONNX Runtime's that this value owns.
macro_rules! owned {
    ($(#[$doc:meta])* $name:ident, $raw:ident, $release:ident) => {
        $(#[$doc])*
        pub(super) struct $name(std::ptr::NonNull<::ort::sys::$raw>);

        // SAFETY: ONNX Runtime's objects are not tied to a thread.
        unsafe impl Send for $name {}
        // SAFETY: shared references only reach functions that ONNX Runtime allows concurrently.
        unsafe impl Sync for $name {}

        impl $name {
            /// Owns what `create` writes to its argument.
            pub fn create(
                create: impl FnOnce(*mut *mut ::ort::sys::$raw) -> ::ort::sys::OrtStatusPtr,
            ) -> std::result::Result<Self, $crate::engine::ort::calls::Failure> {
                let mut raw = std::ptr::null_mut();
                $crate::engine::ort::calls::outcome(create(&mut raw))?;
                match std::ptr::NonNull::new(raw) {
                    Some(raw) => Ok(Self(raw)),
                    None => Err($crate::engine::ort::calls::Failure {
                        code: 1,
                        text: concat!(stringify!($raw), ": ONNX Runtime returned nothing").to_owned(),
                    }),
                }
            }

            pub fn as_ptr(&self) -> *mut ::ort::sys::$raw {
                self.0.as_ptr()
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                if $crate::engine::ort::exit::is_exiting() {
                    return;
                }
                // SAFETY: owned, and released only here.
                unsafe { ($crate::engine::ort::calls::api().$release)(self.0.as_ptr()) }
            }
        }
    };
}
pub(super) use owned;

owned!(MemoryInfo, OrtMemoryInfo, ReleaseMemoryInfo);
owned!(TypeInfo, OrtTypeInfo, ReleaseTypeInfo);
owned!(ShapeInfo, OrtTensorTypeAndShapeInfo, ReleaseTensorTypeAndShapeInfo);

pub(super) fn cpu_memory(kind: sys::OrtAllocatorType) -> Result<MemoryInfo> {
    let create = |out| {
        // SAFETY: `out` is writable.
        unsafe { (api().CreateCpuMemoryInfo)(kind, sys::OrtMemType::OrtMemTypeDefault, out) }
    };
    MemoryInfo::create(create).map_err(Failure::unexpected)
}

/// The process-wide CPU allocator without an arena; ONNX Runtime owns it.
pub(super) fn default_allocator() -> Result<*mut sys::OrtAllocator> {
    let mut allocator = std::ptr::null_mut();
    // SAFETY: `allocator` is writable.
    expect(unsafe { (api().GetAllocatorWithDefaultOptions)(&mut allocator) })?;
    Ok(allocator)
}

/// Text for ONNX Runtime; INVALID_ARGUMENT if it contains a NUL.
pub(super) fn c_text(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::new(Status::InvalidArgument, format!("{text:?}: contains a NUL")))
}

/// Keys and values as ONNX Runtime takes them: two arrays of texts.
pub(super) struct TextPairs {
    _texts: Vec<CString>,
    keys: Vec<*const c_char>,
    values: Vec<*const c_char>,
}

impl TextPairs {
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> Result<Self> {
        let (mut texts, mut keys, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (key, value) in pairs {
            let (key, value) = (c_text(key)?, c_text(value)?);
            keys.push(key.as_ptr());
            values.push(value.as_ptr());
            texts.extend([key, value]);
        }
        Ok(Self { _texts: texts, keys, values })
    }

    pub fn keys(&self) -> *const *const c_char {
        self.keys.as_ptr()
    }

    pub fn values(&self) -> *const *const c_char {
        self.values.as_ptr()
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }
}
