//! What tests need that start processes: they run themselves again as a child, so that each has an
//! environment, threads and an ONNX Runtime of its own.
//!
//! Every process kills itself by an alarm, so one that hangs is a failure and not a test that is
//! stuck.

#![allow(dead_code, reason = "each test uses a part")]

pub mod abi;

use std::ffi::{CStr, CString};
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};

/// Seconds that a process may take.
pub const LIMIT: u32 = 60;
const NAME: &str = "PREDICTOR_POOL_TEST_CHILD";

/// A process that was started, and where its output goes.
pub struct Running {
    child: Child,
    output: PathBuf,
    _folder: Folder,
}

/// How a process ended, and what it printed.
pub struct Outcome {
    status: ExitStatus,
    pub text: String,
}

impl Running {
    /// Starts `command`, which must end by itself.
    pub fn start(command: &mut Command) -> Self {
        let folder = Folder::new();
        let output = folder.path().join("output");
        let file = File::create(&output).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { child, output, _folder: folder }
    }

    pub fn wait(mut self) -> Outcome {
        let status = self.child.wait().unwrap();
        Outcome { status, text: String::from_utf8_lossy(&fs::read(&self.output).unwrap()).into_owned() }
    }
}

impl Outcome {
    #[track_caller]
    pub fn expect_code(&self, code: i32) {
        let end = match self.status.signal() {
            Some(libc::SIGALRM) => "it hung".to_owned(),
            Some(signal) => format!("it was killed by signal {signal}"),
            None => format!("it exited with {:?}", self.status.code()),
        };
        assert_eq!(self.status.code(), Some(code), "the child: {end}:\n{}", self.text);
    }
}

/// Runs `body` in a child process with these environment variables (an empty one is unset). Returns
/// `None` in the child, where the test has to return; it then ends as any program does whose main
/// function returns. A test may do this with one body only.
pub fn child<F: FnOnce()>(variables: &[(&str, &str)], body: F) -> Option<Outcome> {
    start_child(variables, body).map(Running::wait)
}

/// [`child`] that does not wait.
pub fn start_child<F: FnOnce()>(variables: &[(&str, &str)], body: F) -> Option<Running> {
    let name = test_name::<F>();
    if std::env::var_os(NAME).is_some_and(|running| *running == *name) {
        end_after(LIMIT);
        body();
        return None;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    // Two threads then: one that runs the test, and one that waits for it.
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]).env(NAME, name);
    for (key, value) in variables {
        match value.is_empty() {
            true => command.env_remove(key),
            false => command.env(key, value),
        };
    }
    Some(Running::start(&mut command))
}

/// [`child`] that has to succeed.
#[track_caller]
pub fn alone<F: FnOnce()>(variables: &[(&str, &str)], body: F) {
    if let Some(outcome) = child(variables, body) {
        outcome.expect_code(0);
    }
}

/// The path of the test that a closure stands in: the closure's is `crate::path::{{closure}}`.
fn test_name<F>() -> &'static str {
    let path = std::any::type_name::<F>().trim_start_matches('&');
    let path = path.split_once("::").map_or(path, |(_, path)| path);
    path.split("::{{closure}}").next().unwrap_or(path)
}

/// Has the system kill this process after so many seconds.
pub fn end_after(seconds: u32) {
    // SAFETY: takes a number; no handler is installed.
    unsafe { libc::alarm(seconds) };
}

/// Forks and runs `body` in the forked child, which then exits as a program does. It has to
/// succeed within `seconds`.
#[track_caller]
pub fn forked(seconds: u32, body: impl FnOnce()) {
    // SAFETY: the child only runs `body`, and never returns.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "fork: {}", std::io::Error::last_os_error());
    if pid == 0 {
        end_after(seconds);
        let code = i32::from(catch_unwind(AssertUnwindSafe(body)).is_err());
        // SAFETY: ends the process with its exit handlers.
        unsafe { libc::exit(code) };
    }
    let mut status = 0;
    // SAFETY: waits for the child made above.
    let waited = unsafe { libc::waitpid(pid, &mut status, 0) };
    assert_eq!(waited, pid, "waitpid: {}", std::io::Error::last_os_error());
    let end = ExitStatus::from_raw(status);
    assert!(end.success(), "the forked child: {end} (signal {} is a hang)", libc::SIGALRM);
}

/// A folder of its own that goes when it is dropped.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("predictor_pool-test-{}-{count}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of `tests/models`.
pub fn model(name: &str) -> PathBuf {
    root().join("tests/models").join(name)
}

/// A folder with an ONNX Runtime: `current`, `oldest` or `openvino`.
pub fn onnxruntime(flavour: &str) -> PathBuf {
    let folder = root().join("target/onnxruntime").join(flavour);
    let found = folder.join("libonnxruntime.so.1").exists();
    assert!(found, "{} is missing: run scripts/fetch-onnxruntime.sh {flavour}", folder.display());
    folder
}

/// The cdylib that cargo built for this test. The one in the folder above is `cargo build`'s, and
/// may be older.
pub fn cdylib() -> PathBuf {
    let library = std::env::current_exe().unwrap().with_file_name("libpredictor_pool.so");
    assert!(library.exists(), "{} is missing", library.display());
    library
}

/// Compiles a C program of `tests/processes` against the cdylib, into `folder`.
pub fn compile_c(source: &str, folder: &Path) -> PathBuf {
    // The name that the library has in programs that link it.
    std::os::unix::fs::symlink(cdylib(), folder.join("libpredictor_pool.so.1")).unwrap();
    let program = folder.join("program");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let mut command = Command::new(compiler);
    command.args(["-std=gnu99", "-Wall", "-Wextra", "-Werror", "-pthread"]);
    command.arg("-I").arg(root().join("include")).arg("-o").arg(&program);
    command.arg(root().join("tests/processes").join(source)).arg(cdylib());
    command.arg(format!("-Wl,-rpath,{}", folder.display()));
    Running::start(&mut command).wait().expect_code(0);
    program
}

pub fn c_text(text: impl AsRef<Path>) -> CString {
    use std::os::unix::ffi::OsStrExt;
    CString::new(text.as_ref().as_os_str().as_bytes()).unwrap()
}

/// # Safety
/// `text` is a NUL-terminated text.
pub unsafe fn rust_text(text: *const std::ffi::c_char) -> String {
    // SAFETY: what the caller promised.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap().to_owned()
}

/// Threads of this process now.
pub fn thread_count() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// A figure of `/proc/self/status` in bytes, for example `VmRSS` or `RssAnon`.
pub fn memory(figure: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(figure)).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

/// Reproducible numbers, to choose what to do next and to fill inputs with.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Numbers between -1 and 1.
    pub fn floats(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0).collect()
    }
}

/// Bit by bit: -0 is not 0, and a NaN equals itself.
#[track_caller]
pub fn assert_same_bits(got: &[f32], expected: &[f32]) {
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(got), bits(expected), "got {got:?}, expected {expected:?}");
}
