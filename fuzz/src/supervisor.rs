//! Runs the work in a child process, so that a crash ends the child and tells which input it was.
//!
//! The child writes each input to FOLDER/current before it runs it and what it has seen to
//! FOLDER/seen; the parent looks at how the child ended.

use std::fs;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant, SystemTime};

use crate::feedback::Feedback;
use crate::random::digest;

/// An input may take so long; sanitizers and loaded machines are slow.
pub const INPUT_LIMIT: Duration = Duration::from_secs(30);
/// Address space of a child.
const MEMORY: u64 = 8 << 30;

pub enum Ending {
    Done,
    /// By a signal, or because it took too long.
    Crash {
        input: Vec<u8>,
        how: String,
    },
}

/// A folder for one child, empty.
pub fn fresh_folder(name: &str) -> io::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("predictor_pool-fuzz-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A child with a limit on its memory: what a broken model asks for must not take the machine's.
pub fn child(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    // Memory that is used after it was freed, or before it was set, shall not look right.
    command.env("MALLOC_PERTURB_", "165");
    // Sanitizers reserve terabytes.
    if std::env::var_os("ASAN_OPTIONS").is_none() {
        limit_memory(&mut command);
    }
    command
}

fn limit_memory(command: &mut Command) {
    let limit = libc::rlimit { rlim_cur: MEMORY, rlim_max: MEMORY };
    // SAFETY: setrlimit may be called between fork and exec.
    unsafe {
        command.pre_exec(move || match libc::setrlimit(libc::RLIMIT_AS, &limit) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        });
    }
}

/// Waits for a child that works in `folder`; one that stays on an input too long is killed.
pub fn watch(command: &mut Command, folder: &Path) -> io::Result<Ending> {
    let current = folder.join("current");
    fs::write(&current, "")?;
    let mut child = command.spawn()?;
    let how = loop {
        if let Some(status) = child.try_wait()? {
            if status.success() {
                return Ok(Ending::Done);
            }
            break describe(status);
        }
        let since = fs::metadata(&current)?.modified()?;
        if SystemTime::now().duration_since(since).unwrap_or_default() > INPUT_LIMIT {
            child.kill()?;
            child.wait()?;
            break format!("no end after {} s", INPUT_LIMIT.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    Ok(Ending::Crash { input: fs::read(&current)?, how })
}

pub fn describe(status: ExitStatus) -> String {
    match status.signal() {
        Some(signal) => format!("signal {signal}"),
        None => format!("exit status {}", status.code().unwrap_or(-1)),
    }
}

/// The child's end of it.
pub struct Work {
    folder: PathBuf,
    pub seen: Feedback,
    written: Instant,
}

impl Work {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), seen: Feedback::default(), written: Instant::now() }
    }

    pub fn start(&self, input: &[u8]) {
        fs::write(self.folder.join("current"), input).expect("the folder can be written");
    }

    /// Adds what an input did; true if that was new.
    pub fn finish(&mut self, seen: Feedback) -> bool {
        let is_new = self.seen.merge(seen);
        if self.written.elapsed() > Duration::from_secs(1) {
            self.write();
        }
        is_new
    }

    pub fn write(&mut self) {
        fs::write(self.folder.join("seen"), self.seen.to_text()).expect("the folder can be written");
        self.written = Instant::now();
    }
}

/// What a child saw, also one that crashed.
pub fn seen(folder: &Path) -> Feedback {
    Feedback::of_text(&fs::read_to_string(folder.join("seen")).unwrap_or_default())
}

/// Files of a folder or a file itself, in a fixed order.
pub fn read_inputs(paths: &[PathBuf]) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let entries: io::Result<Vec<_>> = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect();
            files.extend(entries?.into_iter().filter(|file| file.is_file()));
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    files.into_iter().map(|file| Ok((file.clone(), fs::read(&file)?))).collect()
}

/// Writes an input under a name made of its content.
pub fn keep(folder: &Path, input: &[u8]) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let file = folder.join(format!("{:016x}", digest(input)));
    fs::write(&file, input)?;
    Ok(file)
}

/// What `main` prints at the end.
pub fn report(what: &str, seen: &Feedback, crashes: usize) {
    let functions: std::collections::BTreeSet<&String> =
        seen.pairs.keys().map(|(function, _)| function).collect();
    println!(
        "{what}: {} calls, {} inputs, {} functions, {} (function, status) pairs, {} kinds of results, {crashes} crashes",
        seen.calls,
        seen.inputs,
        functions.len(),
        seen.pairs.len(),
        seen.features.len(),
    );
}

/// The inputs, each chosen for something that those before it do not show.
pub fn smallest_set(mut runs: Vec<(Vec<u8>, Feedback)>) -> Vec<Vec<u8>> {
    runs.sort_by_key(|(input, _)| input.len());
    let mut chosen = Vec::new();
    let mut all = std::collections::BTreeSet::new();
    loop {
        let gain = |feedback: &Feedback| feedback.features.difference(&all).count();
        let best = runs
            .iter()
            .enumerate()
            .map(|(index, run)| (gain(&run.1), index))
            .max_by_key(|(gain, index)| (*gain, usize::MAX - index));
        match best {
            Some((gain, index)) if gain > 0 => {
                let (input, feedback) = runs.swap_remove(index);
                all.extend(feedback.features);
                chosen.push(input);
            }
            _ => return chosen,
        }
    }
}
