//! The shared library that cargo built together with this test, and programs that link it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// cargo leaves it beside the test program.
pub fn library() -> PathBuf {
    let program = std::env::current_exe().expect("the test's own path");
    let library = program.with_file_name("libpredictor_pool.so");
    assert!(library.is_file(), "{} is missing", library.display());
    library
}

/// A folder with the library under the names that the linker and the loader look for.
pub fn library_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = scratch("lib");
        std::fs::create_dir_all(&folder).expect("a folder for links");
        for name in ["libpredictor_pool.so", "libpredictor_pool.so.1"] {
            let link = folder.join(name);
            let _ = std::fs::remove_file(&link);
            std::os::unix::fs::symlink(library(), &link).expect("a link to the library");
        }
        folder
    })
}

/// A path for what this test makes.
pub fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", env!("CARGO_CRATE_NAME")))
}

/// Compiles `sources` strictly into the program `name`; `arguments` say for which language.
pub fn compile(name: &str, arguments: &[&str], include: &Path, sources: &[PathBuf]) -> PathBuf {
    let program = scratch(name);
    let is_cpp = arguments.iter().any(|argument| argument.starts_with("-std=c++"));
    let (variable, usual) = if is_cpp { ("CXX", "c++") } else { ("CC", "cc") };
    let mut command = Command::new(std::env::var_os(variable).unwrap_or(usual.into()));
    command.args(arguments).args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"]).arg("-I").arg(include);
    command.args(sources).arg("-o").arg(&program);
    command.arg("-L").arg(library_folder()).arg("-lpredictor_pool");
    run(&mut command);
    program
}

/// Runs a program that `compile` made.
pub fn run_program(program: &Path, arguments: &[PathBuf]) -> String {
    run(Command::new(program).args(arguments).env("LD_LIBRARY_PATH", library_folder()))
}

/// What a command prints; fails with all it said unless it succeeds.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}{err}", output.status);
    out.into_owned()
}
