//! The one list of status codes, and the error that every fallible function of the crate returns.

use std::fmt;

/// What kind of failure an [`Error`] is. The numbers are the C ABI's and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[non_exhaustive]
pub enum Status {
    /// No failure.
    Ok = 0,
    /// An argument is NULL, malformed or does not fit the call.
    InvalidArgument = 1,
    /// The handle is NULL, was destroyed, or is of another kind.
    InvalidHandle = 2,
    /// A file or a name does not exist.
    NotFound = 3,
    /// An index or a buffer is too small or too large.
    OutOfRange = 4,
    /// A shape does not fit the model's.
    ShapeMismatch = 5,
    /// An element type does not fit the model's.
    TypeMismatch = 6,
    /// Another thread is inside a call on the same predictor, or the pool's queue is full.
    Busy = 7,
    /// The time limit passed.
    Timeout = 8,
    /// The run was cancelled.
    Cancelled = 9,
    /// The file is not a model that can be loaded.
    InvalidModel = 10,
    /// The request is well formed but cannot be served here.
    Unsupported = 11,
    /// ONNX Runtime could not be found or loaded.
    RuntimeUnavailable = 12,
    /// A kernel failed while the model ran.
    RunFailed = 13,
    /// Memory could not be had.
    OutOfMemory = 14,
    /// The handle was made before a `fork` and this is the child.
    Forked = 15,
    /// A defect of this library; please report it.
    Internal = 16,
}

/// A failure: its kind and one line of text that names the thing, what was expected and what was
/// given.
///
/// It is one pointer wide, so that success travels in a register through the layers of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Details>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Details {
    status: Status,
    message: String,
}

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Makes an error; line breaks in `message` become spaces, so that it stays one line.
    #[cold]
    pub fn new(status: Status, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if message.contains(['\n', '\r', '\0']) {
            let words: Vec<&str> = message.split(['\n', '\r', '\0']).map(str::trim).collect();
            message = words.join(" ").trim().to_owned();
        }
        Self(Box::new(Details { status, message }))
    }

    /// The kind of failure.
    pub fn status(&self) -> Status {
        self.0.status
    }

    /// The text, one line.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The same failure with `subject: ` in front of its text.
    pub(crate) fn about(self, subject: impl fmt::Display) -> Self {
        Self::new(self.0.status, format!("{subject}: {}", self.0.message))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

/// `Err(Error::new(Status::$status, format!(...)))`, returned from the enclosing function.
macro_rules! bail {
    ($status:ident, $($text:tt)+) => {
        return Err($crate::error::Error::new($crate::error::Status::$status, format!($($text)+)))
    };
}
pub(crate) use bail;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line() {
        let error = Error::new(Status::RunFailed, "first\n  second\r\nthird\n");
        assert_eq!(error.message(), "first second  third");
    }

    #[test]
    fn about_puts_the_subject_first_and_keeps_the_status() {
        let error = Error::new(Status::NotFound, "no such file").about("model \"a\"");
        assert_eq!(error.status(), Status::NotFound);
        assert_eq!(error.to_string(), "model \"a\": no such file");
    }
}
