//! How the program ends when it does not end well.

use std::fmt;

/// Something failed.
pub const FAILURE: u8 = 1;
/// The command line asks for something that does not exist or does not fit the model.
pub const USAGE: u8 = 2;
/// `compare` found a loss.
pub const LOSS: u8 = 3;
/// Ctrl-C, as shells number it.
pub const INTERRUPTED: u8 = 130;

/// An exit code and one line for stderr.
#[derive(Debug)]
pub struct Failure {
    pub code: u8,
    pub text: String,
}

pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub fn new(text: impl Into<String>) -> Self {
        Self { code: FAILURE, text: text.into() }
    }

    pub fn usage(text: impl Into<String>) -> Self {
        Self { code: USAGE, text: text.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<predictor_pool::Error> for Failure {
    fn from(error: predictor_pool::Error) -> Self {
        Self::new(error.message())
    }
}

/// Names the file of a failure to read or write.
pub fn about_file(path: &std::path::Path) -> impl Fn(std::io::Error) -> Failure {
    move |error| Failure::new(format!("{}: {error}", path.display()))
}

/// `Err(Failure::usage(format!(...)))`, returned from the enclosing function.
macro_rules! usage {
    ($($text:tt)+) => { return Err($crate::failure::Failure::usage(format!($($text)+))) };
}
pub(crate) use usage;

/// `Err(Failure::new(format!(...)))`, returned from the enclosing function.
macro_rules! fail {
    ($($text:tt)+) => { return Err($crate::failure::Failure::new(format!($($text)+))) };
}
pub(crate) use fail;
