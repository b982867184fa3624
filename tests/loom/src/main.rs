//! Every interleaving of small uses of the library's own locks, handles and queue: its sources as
//! they are, over loom's atomics and locks.
//!
//!     predictor_pool-loom                    prints the names of the models
//!     predictor_pool-loom MODEL              checks one
//!     predictor_pool-loom MODEL sabotaged    must fail: the same with all orderings relaxed and no
//!                                            thread woken

use std::process::ExitCode;

#[allow(dead_code)]
#[path = "../../../src/error.rs"]
mod error;
#[allow(dead_code)]
#[path = "../../../src/ffi/slot.rs"]
mod slot;
mod sync;
#[path = "../../../src/try_lock.rs"]
mod try_lock;
#[path = "../../../src/turns.rs"]
mod turns;

mod slot_models;
mod tracked;
mod try_lock_models;
mod turns_models;

/// Its name, and what it does.
type Model = (&'static str, fn());

const MODELS: [&[Model]; 3] = [slot_models::ALL, turns_models::ALL, try_lock_models::ALL];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let models = || MODELS.into_iter().flatten();
    let Some(wanted) = arguments.first() else {
        models().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    };
    let Some((_, model)) = models().find(|(name, _)| name == wanted) else {
        eprintln!("no model is called {wanted:?}");
        return ExitCode::from(2);
    };
    if arguments.get(1).is_some_and(|word| word == "sabotaged") {
        sync::sabotage();
    }
    loom::model(model);
    ExitCode::SUCCESS
}
