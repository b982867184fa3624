//! What the library adds to ONNX Runtime's own time on y = x + x, 1x4 float32, one thread.
//!
//! Each round times the raw C API (values made before, outputs in place; by `Run`, and by
//! `RunWithBinding`, which looks up nothing) and ours next to each other; the medians of the rounds
//! are compared, so that a machine whose speed drifts does not decide.

mod common;

use std::ffi::{CStr, c_char, c_void};
use std::hint::black_box;
use std::time::Instant;

use ort::sys;
use predictor_pool::ffi;

use common::call;

const CALLS: u32 = 20_000;
const ROUNDS: usize = 15;
const MODEL: &CStr = c"tests/models/add.onnx";

fn main() {
    let ours = Ours::new();
    let raw = Raw::new();
    let cases: [(&str, &dyn Fn()); 9] = [
        ("raw Run: copy in, run, copy out", &|| raw.cycle()),
        ("raw RunWithBinding: copy in, run, copy out", &|| raw.binding_cycle()),
        ("C ABI: copy in, run, copy out", &|| ours.cycle()),
        ("C ABI: copy in", &|| ours.copy_in()),
        ("C ABI: run", &|| ok(ffi::predictor_run(ours.predictor))),
        ("C ABI: copy out", &|| ours.copy_out()),
        ("C ABI: reshape, copy in, run, copy out", &|| ours.cycle_with_reshape()),
        ("C ABI: predictor_run_with", &|| ours.run_with()),
        ("handle lookup", &|| {
            black_box(ffi::lookup_for_benchmark(black_box(ours.predictor)));
        }),
    ];
    let mut times = vec![Vec::new(); cases.len()];
    for _ in 0..ROUNDS {
        for (case, times) in cases.iter().zip(&mut times) {
            times.push(nanoseconds(case.1));
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| common::median(times)).collect();
    println!("{:<42} {:>7} {:>9} {:>11}", "y = x + x, 1x4 float32, 1 thread", "ns", "to Run", "to binding");
    for (case, time) in cases.iter().zip(&medians) {
        println!("{:<42} {time:>7.1} {:>9.3} {:>11.3}", case.0, time / medians[0], time / medians[1]);
    }
}

fn nanoseconds(work: &dyn Fn()) -> f64 {
    let start = Instant::now();
    for _ in 0..CALLS {
        work();
    }
    start.elapsed().as_nanos() as f64 / f64::from(CALLS)
}

fn ok(status: ffi::PredictorStatus) {
    assert_eq!(status, ffi::PredictorStatus::PREDICTOR_OK);
}

const FLOAT: i32 = ffi::PredictorDataType::PREDICTOR_FLOAT32 as i32;
const DATA: [f32; 4] = [1.0, 2.0, 3.0, 4.0];

struct Ours {
    predictor: *mut ffi::Predictor,
    x: *mut ffi::PredictorTensor,
    y: *mut ffi::PredictorTensor,
}

impl Ours {
    fn new() -> Self {
        let mut config = std::ptr::null_mut();
        let mut predictor = std::ptr::null_mut();
        let (mut x, mut y) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: valid texts and writable outs throughout.
        unsafe {
            ok(ffi::create_predictor_config(&mut config));
            ok(ffi::predictor_config_set_model(config, MODEL.as_ptr(), std::ptr::null()));
            ok(ffi::create_predictor(config, &mut predictor));
            ok(ffi::predictor_get_input_handle(predictor, c"x".as_ptr(), &mut x));
            ok(ffi::predictor_get_output_handle(predictor, c"y".as_ptr(), &mut y));
        }
        ffi::destroy_predictor_config(config);
        Self { predictor, x, y }
    }

    fn copy_in(&self) {
        // SAFETY: a live handle and 16 bytes.
        ok(unsafe { ffi::predictor_tensor_copy_from_host(self.x, FLOAT, DATA.as_ptr().cast(), 16) });
    }

    fn copy_out(&self) {
        let mut y = [0.0f32; 4];
        // SAFETY: a live handle and 16 bytes.
        ok(unsafe { ffi::predictor_tensor_copy_to_host(self.y, FLOAT, y.as_mut_ptr().cast(), 16) });
        black_box(y);
    }

    fn cycle(&self) {
        self.copy_in();
        ok(ffi::predictor_run(self.predictor));
        self.copy_out();
    }

    fn cycle_with_reshape(&self) {
        // SAFETY: a live handle and two numbers.
        ok(unsafe { ffi::predictor_tensor_reshape(self.x, [1, 4].as_ptr(), 2) });
        self.cycle();
    }

    fn run_with(&self) {
        let mut y = [0.0f32; 4];
        let (mut x_dims, mut y_dims) = ([1i64, 4], [0i64; 2]);
        let view = |name: &CStr, data: *mut c_void, dims: &mut [i64; 2]| ffi::PredictorTensorView {
            name: name.as_ptr(),
            data,
            byte_length: 16,
            dims: dims.as_mut_ptr(),
            rank: 2,
            data_type: FLOAT,
        };
        let input = view(c"x", DATA.as_ptr().cast_mut().cast(), &mut x_dims);
        let mut output = view(c"y", y.as_mut_ptr().cast(), &mut y_dims);
        // SAFETY: live views of live memory.
        ok(unsafe { ffi::predictor_run_with(self.predictor, &input, 1, &mut output, 1) });
        black_box(y);
    }
}

/// ONNX Runtime's C API as one would use it by hand, with everything made before.
struct Raw {
    session: *mut sys::OrtSession,
    options: *mut sys::OrtRunOptions,
    x: Box<[f32; 4]>,
    y: Box<[f32; 4]>,
    input: *mut sys::OrtValue,
    output: *mut sys::OrtValue,
    binding: *mut sys::OrtIoBinding,
}

impl Raw {
    fn new() -> Self {
        let api = ort::api();
        let (mut x, mut y) = (Box::new([0.0f32; 4]), Box::new([0.0f32; 4]));
        let session = common::raw_session(MODEL);
        let (mut options, mut memory) = (std::ptr::null_mut(), std::ptr::null_mut());
        let (mut input, mut output) = (std::ptr::null_mut(), std::ptr::null_mut());
        let float = sys::ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
        // SAFETY: the C API used as documented; the boxes live as long as the values.
        unsafe {
            call((api.CreateRunOptions)(&mut options));
            call((api.CreateCpuMemoryInfo)(
                sys::OrtAllocatorType::OrtDeviceAllocator,
                sys::OrtMemType::OrtMemTypeDefault,
                &mut memory,
            ));
            let dims = [1i64, 4];
            let value = |data: *mut f32, out| {
                call((api.CreateTensorWithDataAsOrtValue)(
                    memory,
                    data.cast(),
                    16,
                    dims.as_ptr(),
                    2,
                    float,
                    out,
                ));
            };
            value(x.as_mut_ptr(), &mut input);
            value(y.as_mut_ptr(), &mut output);
        }
        let mut binding = std::ptr::null_mut();
        // SAFETY: as above.
        unsafe {
            call((api.CreateIoBinding)(session, &mut binding));
            call((api.BindInput)(binding, c"x".as_ptr(), input));
            call((api.BindOutput)(binding, c"y".as_ptr(), output));
        }
        Self { session, options, x, y, input, output, binding }
    }

    fn binding_cycle(&self) {
        let mut y = [0.0f32; 4];
        // SAFETY: as `new` made them; one caller at a time.
        unsafe {
            std::ptr::copy_nonoverlapping(DATA.as_ptr(), self.x.as_ptr().cast_mut(), 4);
            call((ort::api().RunWithBinding)(self.session, self.options, self.binding));
            std::ptr::copy_nonoverlapping(self.y.as_ptr(), y.as_mut_ptr(), 4);
        }
        black_box(y);
    }

    fn cycle(&self) {
        let mut y = [0.0f32; 4];
        let names: [*const c_char; 2] = [c"x".as_ptr(), c"y".as_ptr()];
        let mut output = self.output;
        // SAFETY: as `new` made them; one caller at a time.
        unsafe {
            std::ptr::copy_nonoverlapping(DATA.as_ptr(), self.x.as_ptr().cast_mut(), 4);
            call((ort::api().Run)(
                self.session,
                self.options,
                &names[0],
                [self.input.cast_const()].as_ptr(),
                1,
                &names[1],
                1,
                &mut output,
            ));
            std::ptr::copy_nonoverlapping(self.y.as_ptr(), y.as_mut_ptr(), 4);
        }
        black_box(y);
    }
}
