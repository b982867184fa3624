//! Fuzzing of the C ABI: what the programs in `bin/` share. README.md says how they are used.

pub mod abi;
pub mod calls;
pub mod command;
pub mod feedback;
pub mod models;
pub mod mutation;
pub mod random;
pub mod supervisor;
