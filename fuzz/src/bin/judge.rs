//! What ONNX Runtime does with a model file without this library: loads it and runs it once on zeros.
//! A crash here is ONNX Runtime's own. Exit status 0 for everything that is no crash.
//!
//!     judge MODEL

use std::ffi::{CStr, c_char, c_void};
use std::ptr::{null, null_mut};

use ort_sys::{
    ExecutionMode, GraphOptimizationLevel, OrtAllocator, OrtApi, OrtApiBase, OrtEnv, OrtLoggingLevel,
    OrtRunOptions, OrtSession, OrtSessionOptions, OrtStatusPtr, OrtTensorTypeAndShapeInfo, OrtTypeInfo,
    OrtValue,
};
use predictor_pool_fuzz::models;

/// The oldest API that has all that is used.
const API: u32 = 17;

fn main() {
    let model =
        std::env::args().nth(1).and_then(|path| std::fs::read(path).ok()).expect("usage: judge MODEL");
    let library = std::env::var("ORT_DYLIB_PATH").expect("ORT_DYLIB_PATH: libonnxruntime.so.1");
    let library = std::ffi::CString::new(library).expect("a path");
    // SAFETY: the functions are used as ONNX Runtime's C API describes them.
    let outcome = unsafe {
        let library = libc::dlopen(library.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
        let symbol = libc::dlsym(library, c"OrtGetApiBase".as_ptr());
        assert!(!symbol.is_null(), "ORT_DYLIB_PATH is no ONNX Runtime");
        let base: extern "system" fn() -> *const OrtApiBase = std::mem::transmute(symbol);
        let api = ((*base()).GetApi)(API);
        load_and_run(&*api, &model)
    };
    // Nothing is released, as a crash there would be another matter.
    println!("{}", outcome.err().unwrap_or_else(|| "it ran".to_owned()));
}

unsafe fn check(api: &OrtApi, status: OrtStatusPtr) -> Result<(), String> {
    if status.0.is_null() {
        return Ok(());
    }
    // SAFETY: a status that is not NULL has a text.
    Err(unsafe { CStr::from_ptr((api.GetErrorMessage)(status.0)) }.to_string_lossy().into_owned())
}

unsafe fn load_and_run(api: &OrtApi, model: &[u8]) -> Result<(), String> {
    // SAFETY: every pointer comes from the call before it.
    unsafe {
        let (mut env, mut options): (*mut OrtEnv, *mut OrtSessionOptions) = (null_mut(), null_mut());
        let mut session: *mut OrtSession = null_mut();
        let mut allocator: *mut OrtAllocator = null_mut();
        check(api, (api.CreateEnv)(OrtLoggingLevel::ORT_LOGGING_LEVEL_FATAL, c"judge".as_ptr(), &mut env))?;
        check(api, (api.CreateSessionOptions)(&mut options))?;
        check(api, (api.SetIntraOpNumThreads)(options, 1))?;
        check(api, (api.SetSessionExecutionMode)(options, ExecutionMode::ORT_SEQUENTIAL))?;
        check(api, (api.SetSessionGraphOptimizationLevel)(options, GraphOptimizationLevel::ORT_ENABLE_ALL))?;
        let start = model.as_ptr().cast::<c_void>();
        check(api, (api.CreateSessionFromArray)(env, start, model.len(), options, &mut session))?;
        check(api, (api.GetAllocatorWithDefaultOptions)(&mut allocator))?;
        let (mut inputs, mut outputs) = (0, 0);
        check(api, (api.SessionGetInputCount)(session, &mut inputs))?;
        check(api, (api.SessionGetOutputCount)(session, &mut outputs))?;
        let mut names: Vec<*const c_char> = Vec::new();
        let mut values: Vec<*const OrtValue> = Vec::new();
        for index in 0..inputs {
            let mut name = null_mut();
            check(api, (api.SessionGetInputName)(session, index, allocator, &mut name))?;
            names.push(name);
            values.push(zeros(api, session, index, allocator)?);
        }
        let mut output_names: Vec<*const c_char> = Vec::new();
        for index in 0..outputs {
            let mut name = null_mut();
            check(api, (api.SessionGetOutputName)(session, index, allocator, &mut name))?;
            output_names.push(name);
        }
        let mut run_options: *mut OrtRunOptions = null_mut();
        check(api, (api.CreateRunOptions)(&mut run_options))?;
        let address = run_options.expose_provenance();
        let terminate = api.RunOptionsSetTerminate;
        // As in the run through the library; a model that loops is no crash.
        std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(500));
            let _ = terminate(std::ptr::with_exposed_provenance_mut(address));
        });
        let mut results: Vec<*mut OrtValue> = vec![null_mut(); outputs];
        let run = (api.Run)(
            session,
            run_options,
            names.as_ptr(),
            values.as_ptr(),
            inputs,
            output_names.as_ptr(),
            outputs,
            results.as_mut_ptr(),
        );
        check(api, run)
    }
}

unsafe fn zeros(
    api: &OrtApi,
    session: *mut OrtSession,
    index: usize,
    allocator: *mut OrtAllocator,
) -> Result<*const OrtValue, String> {
    // SAFETY: as above.
    unsafe {
        let (mut type_info, mut shape_info): (*mut OrtTypeInfo, *const OrtTensorTypeAndShapeInfo) =
            (null_mut(), null());
        let (mut element, mut rank) =
            (ort_sys::ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED, 0);
        check(api, (api.SessionGetInputTypeInfo)(session, index, &mut type_info))?;
        check(api, (api.CastTypeInfoToTensorInfo)(type_info, &mut shape_info))?;
        if shape_info.is_null() {
            return Err("an input is no tensor".to_owned());
        }
        check(api, (api.GetTensorElementType)(shape_info, &mut element))?;
        check(api, (api.GetDimensionsCount)(shape_info, &mut rank))?;
        let mut dims = vec![0i64; rank];
        check(api, (api.GetDimensions)(shape_info, dims.as_mut_ptr(), rank))?;
        dims.iter_mut().filter(|dim| **dim < 0).for_each(|dim| *dim = 1);
        let count = models::count(&dims).ok_or("an input is too large")?;
        let mut value: *mut OrtValue = null_mut();
        check(api, (api.CreateTensorAsOrtValue)(allocator, dims.as_ptr(), rank, element, &mut value))?;
        if element != ort_sys::ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING {
            let mut data = null_mut();
            check(api, (api.GetTensorMutableData)(value, &mut data))?;
            // No type is larger than 16 bytes, but memory is only as large as the type makes it.
            let size = match element as i32 {
                2 | 3 | 9 => 1,
                4 | 5 | 10 | 16 => 2,
                1 | 6 | 12 => 4,
                7 | 11 | 13 => 8,
                _ => 0,
            };
            std::ptr::write_bytes(data.cast::<u8>(), 0, count * size);
        }
        Ok(value)
    }
}
