//! `predictor-bench`: how many predictors, how many threads each, what throughput and latency, how much memory.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(clippy::undocumented_unsafe_blocks)]

mod args;
mod arrivals;
mod auto;
mod axis;
mod callers;
mod canvas;
mod check;
mod child;
mod compare;
mod data;
mod failure;
mod figures;
mod host;
mod info;
mod load;
mod model;
mod npy;
mod picture;
mod point;
mod progress;
mod random;
mod report;
mod request;
mod run;
mod shapes;
mod system;
mod table;
mod values;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};

fn main() -> ExitCode {
    // clap ends the process itself: with 0 after --help and --version, with 2 after a mistake.
    let arguments = Arguments::parse_from(with_command(std::env::args_os().collect()));
    system::catch_interrupts();
    let result = match &arguments.command {
        Command::Run(arguments) => run::run(arguments),
        Command::Auto(arguments) => auto::run(arguments),
        Command::Compare(arguments) => compare::run(arguments),
        Command::Info(arguments) => info::run(arguments),
        Command::Point(arguments) => child::serve(arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("predictor-bench: {failure}");
            ExitCode::from(failure.code)
        }
    }
}

/// A command line of djl-bench has no command name; it means `run`.
fn with_command(mut line: Vec<OsString>) -> Vec<OsString> {
    let first = line.get(1).map(|first| first.to_string_lossy().into_owned()).unwrap_or_default();
    if first.starts_with('-') && !["-h", "--help", "-V", "--version"].contains(&first.as_str()) {
        line.insert(1, "run".into());
    }
    line
}
