//! Broken model files for create_predictor, and a run of those that load.
//!
//!     models fuzz SECONDS SEED KEEP BASE...   BASE: models to start from; KEEP: where new ones and crashes go
//!     models replay FILE_OR_FOLDER...         in this process; exit status 0 if nothing is wrong
//!     models minimize FROM TO                 the models of FROM that show something of their own

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use predictor_pool_fuzz::command::{Program, Result};
use predictor_pool_fuzz::feedback::Feedback;
use predictor_pool_fuzz::random::Random;
use predictor_pool_fuzz::supervisor::{self, Ending};
use predictor_pool_fuzz::{models, mutation};

/// Larger ones make every step slower and nothing more likely.
const MAX_MODEL: usize = 20_000;

fn main() -> ExitCode {
    Program { name: "models", fuzz, work, replay, minimize }.run()
}

fn fuzz(seconds: &str, seed: &str, keep: &str, base: &[&str]) -> Result<bool> {
    let end = Instant::now() + Duration::from_secs(seconds.parse()?);
    let mut random = Random(seed.parse()?);
    let mut all = Feedback::default();
    let (mut ours, mut theirs) = (0, 0);
    while Instant::now() < end && ours < 20 {
        let folder = supervisor::fresh_folder("models")?;
        let left = ((end - Instant::now()).as_secs() + 1).to_string();
        let seed = random.number().to_string();
        let mut arguments = vec!["work", folder.to_str().ok_or("the folder's name")?, &left, &seed, keep];
        arguments.extend(base);
        let ending =
            supervisor::watch(&mut supervisor::child(&std::env::current_exe()?, &arguments), &folder)?;
        all.merge(supervisor::seen(&folder));
        if let Ending::Crash { input, how } = ending {
            let (owner, count) = match judge(&input)? {
                Some(same) => (format!("ONNX Runtime alone: {same}"), &mut theirs),
                None => ("OURS".to_owned(), &mut ours),
            };
            *count += 1;
            let place = if owner == "OURS" { "crashes" } else { "onnxruntime_crashes" };
            let file = supervisor::keep(&Path::new(keep).join(place), &input)?;
            println!("models: {how} ({owner}), {} bytes: kept {}", input.len(), file.display());
        }
        std::fs::remove_dir_all(&folder)?;
    }
    println!("models: {theirs} crashes inside ONNX Runtime");
    supervisor::report("models", &all, ours);
    Ok(ours == 0)
}

/// Whether ONNX Runtime without this library ends the same way: how it ended, or `None` if it did not.
fn judge(model: &[u8]) -> Result<Option<String>> {
    let folder = supervisor::fresh_folder("judge")?;
    let file = folder.join("model.onnx");
    std::fs::write(&file, model)?;
    let judge = std::env::current_exe()?.with_file_name("judge");
    let mut command = supervisor::child(&judge, &[]);
    command.arg(&file).stdout(std::process::Stdio::null());
    let ending = supervisor::watch(&mut command, &folder)?;
    std::fs::remove_dir_all(&folder)?;
    match ending {
        Ending::Crash { how, .. } if how.starts_with("exit") => Err(format!("judge: {how}").into()),
        Ending::Crash { how, .. } => Ok(Some(how)),
        Ending::Done => Ok(None),
    }
}

fn work(folder: &str, seconds: &str, seed: &str, keep: &str, base: &[&str]) -> Result<bool> {
    let end = Instant::now() + Duration::from_secs(seconds.parse()?);
    let mut random = Random(seed.parse()?);
    let mut work = supervisor::Work::new(Path::new(folder));
    let paths: Vec<PathBuf> = base.iter().map(PathBuf::from).filter(|path| path.exists()).collect();
    let is_model = |(path, model): &(PathBuf, Vec<u8>)| {
        model.len() <= MAX_MODEL
            && path.extension().is_none_or(|extension| extension == "onnx" || extension == "bin")
    };
    let given = supervisor::read_inputs(&paths)?.into_iter().filter(is_model);
    let mut known: Vec<Vec<u8>> = given.map(|(_, model)| model).collect();
    for model in known.clone() {
        work.start(&model);
        work.finish(models::run(&model));
    }
    while Instant::now() < end {
        let (one, other) = (random.pick(&known).clone(), random.pick(&known).clone());
        let model = mutation::change_model(&one, &other, &mut random);
        if model.len() > MAX_MODEL {
            continue;
        }
        work.start(&model);
        if work.finish(models::run(&model)) {
            supervisor::keep(&Path::new(keep).join("new"), &model)?;
            known.push(model);
        }
    }
    work.write();
    Ok(true)
}

fn run_all(paths: &[PathBuf]) -> Result<Vec<(Vec<u8>, Feedback)>> {
    let runs = supervisor::read_inputs(paths)?.into_iter().map(|(_, model)| {
        let feedback = models::run(&model);
        (model, feedback)
    });
    Ok(runs.collect())
}

fn replay(paths: &[&str]) -> Result<bool> {
    let mut all = Feedback::default();
    for (_, feedback) in run_all(&paths.iter().map(PathBuf::from).collect::<Vec<_>>())? {
        all.merge(feedback);
    }
    if std::env::var_os("FUZZ_VERBOSE").is_some() {
        print!("{}", all.to_text());
    }
    supervisor::report("models", &all, 0);
    Ok(all.inputs > 0)
}

fn minimize(from: &str, to: &str) -> Result<bool> {
    let runs = run_all(&[PathBuf::from(from)])?;
    for model in supervisor::smallest_set(runs) {
        supervisor::keep(Path::new(to), &model)?;
    }
    Ok(true)
}
