//! Every program of tests/paddle/cases against the outputs of Paddle's own predictor.
//!
//! `cargo test --test paddle -- conv/conv2d_same json` runs the programs whose name has all the given parts.
//! `PADDLE_CASES=FOLDER` reads other cases: zip files, or folders of what is in them.

#[path = "paddle/archive.rs"]
mod archive;
#[path = "paddle/cases.rs"]
mod cases;
mod common;
#[path = "paddle/compare.rs"]
mod compare;
#[path = "paddle/npy.rs"]
mod npy;
#[path = "paddle/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use archive::Archive;
use cases::Program;

type Failures = Vec<(String, String)>;

fn main() -> ExitCode {
    let filters: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let folder = std::env::var_os("PADDLE_CASES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/paddle/cases")),
        PathBuf::from,
    );
    let archives = archive::all(&folder);
    assert!(!archives.is_empty(), "there are no cases in {}", folder.display());
    let programs: Vec<(&Archive, Program)> = archives
        .iter()
        .flat_map(|archive| cases::programs(archive).into_iter().map(move |program| (archive, program)))
        .filter(|(_, program)| filters.iter().all(|part| program.full_name().contains(part)))
        .collect();
    if std::env::args().any(|arg| arg == "--list") {
        programs.iter().for_each(|(_, program)| println!("{}: test", program.full_name()));
        return ExitCode::SUCCESS;
    }
    let failures = run(&programs);
    report(&programs, &failures);
    ExitCode::from(u8::from(!failures.is_empty()))
}

/// Runs the programs on as many threads as the machine has cores.
fn run(programs: &[(&Archive, Program)]) -> Failures {
    std::panic::set_hook(Box::new(|_| {}));
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Failures::new());
    let work = || {
        while let Some((archive, program)) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = catch_unwind(AssertUnwindSafe(|| program::check(archive, program)));
            if let Err(text) = result.unwrap_or_else(|panic| Err(text_of(panic.as_ref()))) {
                failures.lock().unwrap().push((program.full_name(), text));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    failures
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    format!("panic: {}", text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("?"))
}

fn report(programs: &[(&Archive, Program)], failures: &Failures) {
    let mut families: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    for (_, program) in programs {
        let (agreed, all) = families.entry((&program.family, &program.format)).or_default();
        *agreed += usize::from(!failures.iter().any(|(name, _)| *name == program.full_name()));
        *all += 1;
    }
    for (name, text) in failures {
        println!("FAIL  {name}: {text}");
    }
    println!("{:<16}{:<10}{:>8}{:>8}", "family", "format", "agreed", "tried");
    for ((family, format), (agreed, all)) in families {
        println!("{family:<16}{format:<10}{agreed:>8}{all:>8}");
    }
    let unsupported =
        programs.iter().filter(|(_, program)| program.runs_in_paddle && program.refused.is_some());
    println!("{} of these run in Paddle and are refused here (unsupported.txt)", unsupported.count());
    println!("{} passed, {} failed", programs.len() - failures.len(), failures.len());
}
