//! Random calls of the C ABI.
//!
//!     calls fuzz SECONDS SEED KEEP CORPUS...   KEEP: where new inputs and crashes go
//!     calls replay FILE_OR_FOLDER...           in this process; exit status 0 if nothing is wrong
//!     calls minimize FROM TO                   the inputs of FROM that show something of their own

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use predictor_pool_fuzz::command::{Program, Result};
use predictor_pool_fuzz::feedback::Feedback;
use predictor_pool_fuzz::random::Random;
use predictor_pool_fuzz::{abi, calls, mutation, supervisor};

fn main() -> ExitCode {
    Program { name: "calls", fuzz, work, replay, minimize }.run()
}

/// Children until the time is up; each crash is one child.
fn fuzz(seconds: &str, seed: &str, keep: &str, corpus: &[&str]) -> Result<bool> {
    let end = Instant::now() + Duration::from_secs(seconds.parse()?);
    let mut random = Random(seed.parse()?);
    let mut all = Feedback::default();
    let mut crashes = 0;
    while Instant::now() < end && crashes < 20 {
        let folder = supervisor::fresh_folder("calls")?;
        let left = (end - Instant::now()).as_secs() + 1;
        let (left, seed) = (left.to_string(), random.number().to_string());
        let mut arguments = vec!["work", folder.to_str().ok_or("the folder's name")?, &left, &seed, keep];
        arguments.extend(corpus);
        let ending =
            supervisor::watch(&mut supervisor::child(&std::env::current_exe()?, &arguments), &folder)?;
        all.merge(supervisor::seen(&folder));
        if let supervisor::Ending::Crash { input, how } = ending {
            crashes += 1;
            let file = supervisor::keep(&Path::new(keep).join("crashes"), &input)?;
            println!("calls: {how}: kept {}; \"calls replay\" repeats it", file.display());
        }
        std::fs::remove_dir_all(&folder)?;
    }
    let unused: Vec<&str> = abi::functions()
        .into_iter()
        .filter(|name| !all.pairs.keys().any(|(function, _)| function == name))
        .collect();
    if !unused.is_empty() {
        println!("calls: never called: {}", unused.join(", "));
    }
    supervisor::report("calls", &all, crashes);
    Ok(crashes == 0)
}

fn work(folder: &str, seconds: &str, seed: &str, keep: &str, corpus: &[&str]) -> Result<bool> {
    let end = Instant::now() + Duration::from_secs(seconds.parse()?);
    let mut random = Random(seed.parse()?);
    let mut work = supervisor::Work::new(Path::new(folder));
    let paths: Vec<PathBuf> = corpus.iter().map(PathBuf::from).filter(|path| path.exists()).collect();
    let mut known: Vec<Vec<u8>> = Vec::new();
    let mut given = supervisor::read_inputs(&paths)?.into_iter().map(|(_, input)| input);
    while Instant::now() < end {
        let (input, is_given) = match given.next() {
            Some(input) => (input, true),
            None if known.is_empty() || random.below(4) == 0 => (mutation::new_calls(&mut random), false),
            None => {
                let (one, other) = (random.pick(&known).clone(), random.pick(&known).clone());
                (mutation::change_calls(&one, &other, &mut random), false)
            }
        };
        work.start(&input);
        let seen = calls::run(&input, Path::new(folder));
        if work.finish(seen) && !is_given {
            supervisor::keep(&Path::new(keep).join("new"), &input)?;
            known.push(input);
        } else if is_given {
            known.push(input);
        }
        tidy(folder)?;
    }
    work.write();
    Ok(true)
}

/// Models that wrote profiles leave them in the folder.
fn tidy(folder: &str) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("profile") {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn run_all(paths: &[PathBuf]) -> Result<Vec<(Vec<u8>, Feedback)>> {
    let folder = supervisor::fresh_folder("replay")?;
    let mut runs = Vec::new();
    for (path, input) in supervisor::read_inputs(paths)? {
        // Printed only if this is the last that was heard of this process.
        std::fs::write(folder.join("current"), path.as_os_str().as_encoded_bytes())?;
        let feedback = calls::run(&input, &folder);
        runs.push((input, feedback));
    }
    std::fs::remove_dir_all(folder)?;
    Ok(runs)
}

fn replay(paths: &[&str]) -> Result<bool> {
    let mut all = Feedback::default();
    for (_, feedback) in run_all(&paths.iter().map(PathBuf::from).collect::<Vec<_>>())? {
        all.merge(feedback);
    }
    if std::env::var_os("FUZZ_VERBOSE").is_some() {
        print!("{}", all.to_text());
    }
    let unused: Vec<&str> = abi::functions()
        .into_iter()
        .filter(|name| !all.pairs.keys().any(|(function, _)| function == name))
        .collect();
    supervisor::report("calls", &all, 0);
    if all.inputs > 10 && !unused.is_empty() {
        println!("calls: the corpus never calls {}", unused.join(", "));
        return Ok(false);
    }
    Ok(all.inputs > 0)
}

fn minimize(from: &str, to: &str) -> Result<bool> {
    let runs = run_all(&[PathBuf::from(from)])?;
    for input in supervisor::smallest_set(runs) {
        supervisor::keep(Path::new(to), &input)?;
    }
    Ok(true)
}
