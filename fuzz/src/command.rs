//! The command line that the fuzzing programs share.

use std::process::ExitCode;

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What a program does for each word. `true`: nothing is wrong.
pub struct Program {
    pub name: &'static str,
    /// SECONDS SEED KEEP START...: children until the time is up.
    pub fuzz: fn(&str, &str, &str, &[&str]) -> Result<bool>,
    /// FOLDER SECONDS SEED KEEP START...: one such child.
    pub work: fn(&str, &str, &str, &str, &[&str]) -> Result<bool>,
    /// PATH...: inputs that were kept, in this process.
    pub replay: fn(&[&str]) -> Result<bool>,
    /// FROM TO: the inputs that show something of their own.
    pub minimize: fn(&str, &str) -> Result<bool>,
}

impl Program {
    /// Does what the command line says.
    pub fn run(&self) -> ExitCode {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let done = match words.as_slice() {
            ["fuzz", seconds, seed, keep, start @ ..] => (self.fuzz)(seconds, seed, keep, start),
            ["work", folder, seconds, seed, keep, start @ ..] => {
                (self.work)(folder, seconds, seed, keep, start)
            }
            ["replay", paths @ ..] => (self.replay)(paths),
            ["minimize", from, to] => (self.minimize)(from, to),
            _ => Err("usage: fuzz SECONDS SEED KEEP START... | replay PATH... | minimize FROM TO".into()),
        };
        match done {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("{}: {error}", self.name);
                ExitCode::FAILURE
            }
        }
    }
}
