//! Which ONNX Runtime is loaded, and that each release we promise to load works.

mod processes;

use std::ffi::{CStr, c_char};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use predictor_pool::{Config, Predictor, Status};
use processes::abi::{PREDICTOR_ERROR_RUNTIME_UNAVAILABLE, PREDICTOR_OK, PredictorStatus};
use processes::{Folder, alone, assert_same_bits, c_text, cdylib, child, model, onnxruntime, rust_text};

const OURS: &str = "PREDICTOR_POOL_ORT_LIB";
const ORTS: &str = "ORT_DYLIB_PATH";
const SYSTEM: &str = "LD_LIBRARY_PATH";
const FILE: &str = "libonnxruntime.so.1";

/// The version that the scripts fetch.
fn version(flavour: &str) -> String {
    let pin = processes::root().join(format!("scripts/onnxruntime-{flavour}.txt"));
    let pin = fs::read_to_string(pin).unwrap();
    pin.split_once("==").unwrap().1.split_whitespace().next().unwrap().to_owned()
}

fn file(flavour: &str) -> String {
    onnxruntime(flavour).join(FILE).to_str().unwrap().to_owned()
}

fn folder(flavour: &str) -> String {
    onnxruntime(flavour).to_str().unwrap().to_owned()
}

fn runtime_file() -> PathBuf {
    predictor_pool::runtime_path().unwrap().canonicalize().unwrap()
}

#[test]
fn a_path_given_by_the_program_comes_first() {
    alone(&[(OURS, &file("oldest")), (ORTS, &file("oldest"))], || {
        predictor_pool::initialize_runtime(Some(Path::new(&file("current")))).unwrap();
        assert_eq!(predictor_pool::runtime_version().unwrap(), version("cpu"));
        assert_eq!(runtime_file(), Path::new(&file("current")).canonicalize().unwrap());
    });
}

#[test]
fn a_path_may_be_the_folder() {
    alone(&[(OURS, ""), (ORTS, "")], || {
        predictor_pool::initialize_runtime(Some(&onnxruntime("oldest"))).unwrap();
        assert_eq!(predictor_pool::runtime_version().unwrap(), version("oldest"));
    });
}

#[test]
fn our_variable_comes_before_orts() {
    alone(&[(OURS, &file("oldest")), (ORTS, &file("current"))], || {
        assert_eq!(predictor_pool::runtime_version().unwrap(), version("oldest"));
        assert_eq!(runtime_file(), Path::new(&file("oldest")).canonicalize().unwrap());
    });
}

#[test]
fn our_variable_may_be_a_folder() {
    alone(&[(OURS, &folder("oldest")), (ORTS, &file("current"))], || {
        assert_eq!(predictor_pool::runtime_version().unwrap(), version("oldest"));
    });
}

#[test]
fn orts_variable_comes_before_the_system() {
    alone(&[(OURS, ""), (ORTS, &folder("oldest")), (SYSTEM, &folder("current"))], || {
        assert_eq!(predictor_pool::runtime_version().unwrap(), version("oldest"));
    });
}

#[test]
fn without_any_word_the_system_is_asked() {
    alone(&[(OURS, ""), (ORTS, ""), (SYSTEM, &folder("oldest"))], || {
        assert_eq!(predictor_pool::runtime_version().unwrap(), version("oldest"));
        assert_eq!(runtime_file(), Path::new(&file("oldest")).canonicalize().unwrap());
    });
}

/// The cdylib, opened as a program does that finds it at `path`.
struct Opened(*mut libc::c_void);

impl Opened {
    fn new(path: &Path) -> Self {
        let library = unsafe { libc::dlopen(c_text(path).as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        assert!(!library.is_null(), "{}", unsafe { rust_text(libc::dlerror()) });
        Self(library)
    }

    fn symbol(&self, name: &CStr) -> *mut libc::c_void {
        let symbol = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!symbol.is_null(), "{name:?}");
        symbol
    }

    fn initialize(&self) -> PredictorStatus {
        type Initialize = unsafe extern "C" fn(*const c_char) -> PredictorStatus;
        let symbol = self.symbol(c"predictor_initialize_runtime");
        unsafe { std::mem::transmute::<*mut libc::c_void, Initialize>(symbol)(std::ptr::null()) }
    }

    fn text(&self, name: &CStr) -> String {
        type Get = unsafe extern "C" fn(*mut *const c_char) -> PredictorStatus;
        let get = unsafe { std::mem::transmute::<*mut libc::c_void, Get>(self.symbol(name)) };
        let mut text = std::ptr::null();
        unsafe {
            assert_eq!(get(&mut text), PREDICTOR_OK);
            rust_text(text)
        }
    }

    fn error_text(&self) -> String {
        type Get = unsafe extern "C" fn(*mut c_char, usize) -> usize;
        let symbol = self.symbol(c"predictor_last_error_message");
        let mut buffer = [0; 4096];
        unsafe {
            std::mem::transmute::<*mut libc::c_void, Get>(symbol)(buffer.as_mut_ptr(), buffer.len());
            rust_text(buffer.as_ptr())
        }
    }
}

/// Where an installation would be.
const INSTALLED: &str = "INSTALLED";

fn install(folder: &Path) -> PathBuf {
    let library = folder.join("libpredictor_pool.so.1.0.0");
    fs::copy(cdylib(), &library).unwrap();
    library
}

#[test]
fn an_onnx_runtime_beside_the_library_comes_before_the_systems() {
    let lib = Folder::new();
    let library = install(lib.path());
    symlink(file("current"), lib.path().join(FILE)).unwrap();
    let variables =
        [(OURS, ""), (ORTS, ""), (SYSTEM, &*folder("oldest")), (INSTALLED, library.to_str().unwrap())];
    alone(&variables, || {
        let library = PathBuf::from(std::env::var(INSTALLED).unwrap());
        let opened = Opened::new(&library);
        assert_eq!(opened.initialize(), PREDICTOR_OK, "{}", opened.error_text());
        assert_eq!(opened.text(c"predictor_runtime_version"), version("cpu"));
        let path = PathBuf::from(opened.text(c"predictor_runtime_path"));
        assert_eq!(path.canonicalize().unwrap(), library.with_file_name(FILE).canonicalize().unwrap());
    });
}

/// Programs find the library through links: `libpredictor_pool.so` and `.so.1`, also in another folder.
#[test]
fn beside_the_library_means_beside_the_file_behind_its_links() {
    let (lib, elsewhere) = (Folder::new(), Folder::new());
    let library = install(lib.path());
    symlink(file("current"), lib.path().join(FILE)).unwrap();
    let link = elsewhere.path().join("libpredictor_pool.so");
    symlink(&library, &link).unwrap();
    let variables = [(OURS, ""), (ORTS, ""), (SYSTEM, ""), (INSTALLED, link.to_str().unwrap())];
    alone(&variables, || {
        let opened = Opened::new(Path::new(&std::env::var(INSTALLED).unwrap()));
        assert_eq!(opened.initialize(), PREDICTOR_OK, "{}", opened.error_text());
        assert_eq!(opened.text(c"predictor_runtime_version"), version("cpu"));
    });
}

#[test]
fn a_variable_comes_before_what_is_beside_the_library() {
    let lib = Folder::new();
    let library = install(lib.path());
    symlink(file("current"), lib.path().join(FILE)).unwrap();
    let variables =
        [(OURS, &*file("oldest")), (ORTS, ""), (SYSTEM, ""), (INSTALLED, library.to_str().unwrap())];
    alone(&variables, || {
        let opened = Opened::new(Path::new(&std::env::var(INSTALLED).unwrap()));
        assert_eq!(opened.initialize(), PREDICTOR_OK, "{}", opened.error_text());
        assert_eq!(opened.text(c"predictor_runtime_version"), version("oldest"));
    });
}

/// An error, and later all is well.
#[test]
fn where_none_is_found_the_text_lists_what_was_tried() {
    let lib = Folder::new();
    let library = install(lib.path());
    let variables = [(OURS, ""), (ORTS, ""), (SYSTEM, ""), (INSTALLED, library.to_str().unwrap())];
    alone(&variables, || {
        if !unsafe { libc::dlopen(c"libonnxruntime.so.1".as_ptr(), libc::RTLD_LAZY) }.is_null() {
            println!("skipped: the system has an ONNX Runtime, so one is always found");
            return;
        }
        let library = PathBuf::from(std::env::var(INSTALLED).unwrap());
        let opened = Opened::new(&library);
        for _ in 0..2 {
            assert_eq!(opened.initialize(), PREDICTOR_ERROR_RUNTIME_UNAVAILABLE);
            let text = opened.error_text();
            assert!(!text.contains('\n'), "{text}");
            for part in [OURS, library.with_file_name(FILE).to_str().unwrap(), FILE] {
                assert!(text.contains(part), "expected {part} in {text:?}");
            }
            // Beside the library, and where the system looks.
            assert!(text.matches(FILE).count() >= 2, "{text}");
        }
        symlink(file("current"), library.with_file_name(FILE)).unwrap();
        assert_eq!(opened.initialize(), PREDICTOR_OK, "{}", opened.error_text());
        assert_eq!(opened.text(c"predictor_runtime_version"), version("cpu"));
    });
}

#[test]
fn every_way_to_need_an_onnx_runtime_says_that_there_is_none() {
    alone(&[(OURS, "/nowhere"), (ORTS, ""), (SYSTEM, "")], || {
        let mut config = Config::new();
        config.set_model(model("add.onnx"), None);
        let unavailable = [
            predictor_pool::initialize_runtime(None).err(),
            predictor_pool::runtime_version().err(),
            predictor_pool::runtime_path().err(),
            predictor_pool::provider_names().err(),
            Predictor::new(&config).err(),
            predictor_pool::PredictorPool::new(&config, 1).err(),
        ];
        for error in unavailable {
            let error = error.unwrap();
            assert_eq!(error.status(), Status::RuntimeUnavailable, "{error}");
            assert!(error.message().contains("/nowhere"), "{error}");
        }
        predictor_pool::initialize_runtime(Some(&onnxruntime("current"))).unwrap();
        Predictor::new(&config).unwrap();
    });
}

/// Falling back to another version without a word would be a trap.
#[test]
fn a_named_place_is_the_only_one_that_is_tried() {
    let system = folder("current");
    for variables in [
        [(OURS, "/nowhere/libonnxruntime.so.1"), (ORTS, &*file("current")), (SYSTEM, &*system)],
        [(OURS, ""), (ORTS, "/nowhere/libonnxruntime.so.1"), (SYSTEM, &*system)],
    ] {
        let outcome = child(&variables, || {
            let error = predictor_pool::initialize_runtime(None).unwrap_err();
            assert_eq!(error.status(), Status::RuntimeUnavailable);
            assert!(error.message().contains("/nowhere/libonnxruntime.so.1"), "{error}");
            // One that is no ONNX Runtime, and one that is no library.
            for wrong in [cdylib(), model("add.onnx"), PathBuf::from("/")] {
                let error = predictor_pool::initialize_runtime(Some(&wrong)).unwrap_err();
                assert_eq!(error.status(), Status::RuntimeUnavailable, "{error}");
                assert!(error.message().contains(wrong.to_str().unwrap()), "{error}");
            }
            predictor_pool::initialize_runtime(Some(Path::new(&file("current")))).unwrap();
            assert_eq!(predictor_pool::runtime_version().unwrap(), version("cpu"));
        });
        let Some(outcome) = outcome else { return };
        outcome.expect_code(0);
    }
}

#[test]
fn another_file_than_the_loaded_one_is_refused_and_the_same_one_is_fine() {
    let links = Folder::new();
    let link = links.path().join("link.so");
    symlink(file("current"), &link).unwrap();
    alone(&[(OURS, ""), (ORTS, ""), ("LINK", link.to_str().unwrap())], || {
        let initialize = |path: &Path| predictor_pool::initialize_runtime(Some(path));
        initialize(Path::new(&file("current"))).unwrap();
        for same in [file("current"), folder("current"), std::env::var("LINK").unwrap()] {
            initialize(Path::new(&same)).unwrap();
        }
        predictor_pool::initialize_runtime(None).unwrap();
        for other in [file("oldest"), folder("oldest"), "/nowhere".to_owned()] {
            let error = initialize(Path::new(&other)).unwrap_err();
            assert_eq!(error.status(), Status::InvalidArgument);
            let loaded = predictor_pool::runtime_path().unwrap().to_str().unwrap();
            assert!(error.message().contains(&other) && error.message().contains(loaded), "{error}");
        }
        assert_eq!(predictor_pool::runtime_version().unwrap(), version("cpu"));
    });
}

#[test]
fn eight_threads_may_initialize_at_once() {
    alone(&[], || {
        thread::scope(|scope| {
            let initialize = || predictor_pool::initialize_runtime(Some(&onnxruntime("current")));
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(initialize)).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
        });
    });
}

fn numbers(tensor: &serde_json::Value, key: &str) -> Vec<f64> {
    tensor[key].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// Every golden case whose tensors are all float32.
fn check_golden_cases() {
    let golden = fs::read_to_string(processes::root().join("tests/golden.json")).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&golden).unwrap();
    let mut checked = 0;
    for case in golden["cases"].as_array().unwrap() {
        let tensors = |key: &str| case[key].as_array().unwrap().clone();
        let all = [tensors("inputs"), tensors("outputs")].concat();
        if all.iter().any(|tensor| tensor["data_type"] != "float32") {
            continue;
        }
        let mut config = Config::new();
        config.set_model(model(case["model"].as_str().unwrap()), None);
        let predictor = Predictor::new(&config).unwrap();
        for tensor in tensors("inputs") {
            let input = predictor.input(tensor["name"].as_str().unwrap()).unwrap();
            let dims: Vec<i64> = numbers(&tensor, "shape").into_iter().map(|dim| dim as i64).collect();
            let data: Vec<f32> = numbers(&tensor, "data").into_iter().map(|value| value as f32).collect();
            input.reshape(&dims).unwrap();
            input.copy_from_host(&data).unwrap();
        }
        predictor.run().unwrap();
        for tensor in tensors("outputs") {
            let expected = numbers(&tensor, "data");
            let mut got = vec![0.0f32; expected.len()];
            predictor.output(tensor["name"].as_str().unwrap()).unwrap().copy_to_host(&mut got).unwrap();
            let tolerance = case["tolerance"].as_f64().unwrap();
            for (got, expected) in got.iter().zip(expected) {
                let far = (f64::from(*got) - expected).abs() > tolerance * expected.abs().max(1.0);
                assert!(!far, "{}: {got} is not {expected}", case["name"]);
            }
        }
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}

fn check_cancel_and_limit() {
    let mut config = Config::new();
    config.set_model(model("slow.onnx"), None);
    let slow = Predictor::new(&config).unwrap();
    slow.input("x").unwrap().copy_from_host(&[0.5f32; 64 * 64]).unwrap();
    let steps = |count: i64| slow.input("steps").unwrap().copy_from_host(&[count]).unwrap();
    steps(10_000_000);
    thread::scope(|scope| {
        let run = scope.spawn(|| slow.run().map_err(|error| error.status()));
        while slow.cancel().is_err() {
            thread::yield_now();
        }
        assert_eq!(run.join().unwrap(), Err(Status::Cancelled));
    });
    let limited = slow.run_with_timeout(Duration::from_millis(20));
    assert_eq!(limited.unwrap_err().status(), Status::Timeout);
    steps(3);
    slow.run().unwrap();
}

fn check_clone_and_shrink() {
    let mut config = Config::new();
    config.set_model(model("convolution.onnx"), None);
    config.set_intra_op_threads(2).unwrap();
    let predictor = Predictor::new(&config).unwrap();
    let clone = predictor.try_clone().unwrap();
    let run = |predictor: &Predictor, batch: i64| {
        let length = usize::try_from(batch).unwrap() * 3 * 64 * 64;
        let input = predictor.input("x").unwrap();
        input.reshape(&[batch, 3, 64, 64]).unwrap();
        input.copy_from_host(&vec![0.25f32; length]).unwrap();
        predictor.run().unwrap();
        let mut y = vec![0.0f32; usize::try_from(batch).unwrap() * 10];
        predictor.output("y").unwrap().copy_to_host(&mut y).unwrap();
        y
    };
    let first = run(&predictor, 1);
    assert_same_bits(&run(&clone, 1), &first);
    run(&predictor, 64);
    // The batch's intermediate results are tens of megabytes.
    let released = predictor.shrink_memory().unwrap();
    assert!(released > 4 << 20, "{released} bytes released");
    assert_same_bits(&run(&predictor, 1), &first);
}

fn check_everything(flavour: &str) {
    assert_eq!(predictor_pool::runtime_version().unwrap(), version(flavour));
    assert!(predictor_pool::provider_names().unwrap().iter().any(|name| name == "cpu"));
    check_golden_cases();
    check_cancel_and_limit();
    check_clone_and_shrink();
}

#[test]
fn the_current_release_works() {
    alone(&[(OURS, &file("current"))], || check_everything("cpu"));
}

#[test]
fn the_oldest_release_works() {
    alone(&[(OURS, &file("oldest"))], || check_everything("oldest"));
}

#[cfg(target_arch = "x86_64")]
#[test]
fn the_openvino_build_works_on_the_cpu() {
    alone(&[(OURS, &file("openvino"))], || check_everything("openvino"));
}
