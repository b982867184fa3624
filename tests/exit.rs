//! A process may end at any time: with live handles, with runs in progress, from any thread. It
//! ends with the code that was asked for.

mod processes;

use std::ffi::CStr;
use std::process::Command;
use std::thread;
use std::time::Duration;

use processes::abi::*;
use processes::{Folder, Running, c_text, cdylib, child, compile_c, model};

/// How often each way is tried.
const TIMES: usize = 50;
/// A code that no crash gives.
const CODE: i32 = 7;

/// Ends the process as a C program does.
fn exit() -> ! {
    unsafe { libc::exit(CODE) }
}

/// Runs `body` in so many children; in a child it returns when the body does.
fn repeat<F: Fn()>(code: i32, body: F) {
    for _ in 0..TIMES {
        let Some(outcome) = child(&[], &body) else { return };
        outcome.expect_code(code);
    }
}

/// Some of everything, used; none of it is ever destroyed.
fn make_live_handles() {
    let config = config(&model("convolution.onnx"));
    ok(predictor_config_set_intra_op_threads(config, 2));
    let owned = predictor(config);
    let clone = made(|out| unsafe { clone_predictor(owned, out) });
    let pool = pool(config, 2);
    let lease = made(|out| unsafe { predictor_pool_acquire(pool, 0, out) });
    for predictor in [owned, clone, lease] {
        run_x_to_y(predictor, &[1, 3, 16, 16], &[0.5; 3 * 16 * 16], 10).unwrap();
        ok(predictor_run_with_timeout(predictor, 1000));
    }
}

/// A predictor whose next run takes minutes.
fn make_slow() -> Handle<Predictor> {
    let config = config(&model("slow.onnx"));
    ok(predictor_config_set_intra_op_threads(config, 2));
    let slow = predictor(config);
    let steps = 100_000_000i64;
    let tensor = input(slow, c"steps");
    ok(unsafe { predictor_tensor_copy_from_host(tensor, 7, (&raw const steps).cast(), 8) });
    ok(copy_in(input(slow, c"x"), &[0.5; 64 * 64]));
    Handle::new(slow)
}

/// Runs, once nobody is just looking whether it runs.
fn run(predictor: Handle<Predictor>) {
    while predictor_run_with_timeout(predictor.get(), 600_000) == PREDICTOR_ERROR_BUSY {
        thread::sleep(Duration::from_micros(50));
    }
}

fn wait_until_it_runs(predictor: Handle<Predictor>) {
    while predictor_run_with_timeout(predictor.get(), 0) != PREDICTOR_ERROR_BUSY {
        thread::sleep(Duration::from_micros(200));
    }
}

#[test]
fn exit_with_live_handles() {
    repeat(CODE, || {
        make_live_handles();
        exit();
    });
}

#[test]
fn return_from_main_with_live_handles() {
    repeat(0, || {
        make_live_handles();
    });
}

#[test]
fn exit_beside_a_run_and_waiting_callers() {
    repeat(CODE, || {
        let slow = make_slow();
        thread::spawn(move || run(slow));
        let pool = Handle::new(pool(config(&model("add.onnx")), 1));
        for _ in 0..3 {
            thread::spawn(move || unsafe {
                predictor_pool_acquire(pool.get(), -1, &mut std::ptr::null_mut())
            });
        }
        wait_until_it_runs(slow);
        exit();
    });
}

#[test]
fn return_from_main_beside_a_run() {
    repeat(0, || {
        let slow = make_slow();
        thread::spawn(move || run(slow));
        wait_until_it_runs(slow);
    });
}

#[test]
fn exit_from_another_thread_than_the_one_that_runs() {
    repeat(CODE, || {
        let slow = make_slow();
        thread::spawn(move || {
            wait_until_it_runs(slow);
            exit();
        });
        run(slow);
        // The run was stopped by the exit; two threads must not both leave.
        loop {
            thread::park();
        }
    });
}

#[test]
fn exit_beside_short_runs() {
    repeat(CODE, || {
        let config = config(&model("convolution.onnx"));
        for _ in 0..3 {
            let predictor = Handle::new(predictor(config));
            thread::spawn(move || {
                while run_x_to_y(predictor.get(), &[1, 3, 16, 16], &[0.5; 3 * 16 * 16], 10).is_ok() {}
            });
        }
        thread::sleep(Duration::from_millis(5));
        exit();
    });
}

#[test]
fn exit_beside_loading_models() {
    repeat(CODE, || {
        let config = Handle::new(config(&model("convolution.onnx")));
        ok(unsafe { predictor_config_set_option(config.get(), c"share_model".as_ptr(), c"0".as_ptr()) });
        destroy_predictor(predictor(config.get()));
        for _ in 0..2 {
            thread::spawn(move || {
                loop {
                    destroy_predictor(predictor(config.get()));
                }
            });
        }
        thread::sleep(Duration::from_millis(5));
        exit();
    });
}

fn c_program_leaves_by(way: &str) {
    let folder = Folder::new();
    let program = compile_c("exit.c", folder.path());
    for _ in 0..TIMES {
        let outcome =
            Running::start(Command::new(&program).args([way.as_ref(), model("slow.onnx").as_os_str()]))
                .wait();
        outcome.expect_code(CODE);
        assert_eq!(outcome.text, "", "nothing is printed");
    }
}

#[test]
fn a_c_program_returns_from_main_with_live_handles() {
    c_program_leaves_by("return");
}

#[test]
fn a_c_program_exits_beside_a_run() {
    c_program_leaves_by("exit-beside-run");
}

#[test]
fn a_c_program_returns_from_main_beside_a_run() {
    c_program_leaves_by("return-beside-run");
}

#[test]
fn a_c_program_exits_from_another_thread_than_the_one_that_runs() {
    c_program_leaves_by("exit-from-thread");
}

/// The function `name` of a library that was opened.
unsafe fn function<T: Copy>(library: *mut libc::c_void, name: &CStr) -> T {
    let address = unsafe { libc::dlsym(library, name.as_ptr()) };
    assert!(!address.is_null(), "{name:?}");
    assert_eq!(size_of::<T>(), size_of_val(&address));
    unsafe { std::mem::transmute_copy(&address) }
}

/// What a plugin host does. The library's threads are still there then.
#[test]
fn a_library_that_was_closed_beside_a_run_does_not_crash_the_process() {
    repeat(CODE, || unsafe {
        let library = libc::dlopen(c_text(cdylib()).as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
        let create_config: unsafe extern "C" fn(*mut *mut PredictorConfig) -> PredictorStatus =
            function(library, c"create_predictor_config");
        let set_model: unsafe extern "C" fn(*mut PredictorConfig, *const i8, *const i8) -> PredictorStatus =
            function(library, c"predictor_config_set_model");
        let set_threads: unsafe extern "C" fn(*mut PredictorConfig, i32) -> PredictorStatus =
            function(library, c"predictor_config_set_intra_op_threads");
        let create: unsafe extern "C" fn(*mut PredictorConfig, *mut *mut Predictor) -> PredictorStatus =
            function(library, c"create_predictor");
        let run_with_timeout: unsafe extern "C" fn(*mut Predictor, i64) -> PredictorStatus =
            function(library, c"predictor_run_with_timeout");

        let config = made(|out| create_config(out));
        ok(set_model(config, c_text(model("constant.onnx")).as_ptr(), std::ptr::null()));
        ok(set_threads(config, 2));
        let predictor = made(|out| create(config, out));
        ok(run_with_timeout(predictor, 1000));
        assert_eq!(libc::dlclose(library), 0);
        thread::sleep(Duration::from_millis(2));
        exit();
    });
}
