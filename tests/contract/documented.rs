//! Which failures the header says a function has.

use std::collections::BTreeSet;

use super::declarations::{Function, functions_of, path_of_header, read};
use super::world::PredictorStatus::{self, *};

pub struct Documented(Vec<Function>);

const NAMES: [(&str, PredictorStatus); 16] = [
    ("INVALID_ARGUMENT", PREDICTOR_ERROR_INVALID_ARGUMENT),
    ("INVALID_HANDLE", PREDICTOR_ERROR_INVALID_HANDLE),
    ("NOT_FOUND", PREDICTOR_ERROR_NOT_FOUND),
    ("OUT_OF_RANGE", PREDICTOR_ERROR_OUT_OF_RANGE),
    ("SHAPE_MISMATCH", PREDICTOR_ERROR_SHAPE_MISMATCH),
    ("TYPE_MISMATCH", PREDICTOR_ERROR_TYPE_MISMATCH),
    ("BUSY", PREDICTOR_ERROR_BUSY),
    ("TIMEOUT", PREDICTOR_ERROR_TIMEOUT),
    ("CANCELLED", PREDICTOR_ERROR_CANCELLED),
    ("INVALID_MODEL", PREDICTOR_ERROR_INVALID_MODEL),
    ("UNSUPPORTED", PREDICTOR_ERROR_UNSUPPORTED),
    ("RUNTIME_UNAVAILABLE", PREDICTOR_ERROR_RUNTIME_UNAVAILABLE),
    ("RUN_FAILED", PREDICTOR_ERROR_RUN_FAILED),
    ("OUT_OF_MEMORY", PREDICTOR_ERROR_OUT_OF_MEMORY),
    ("FORKED", PREDICTOR_ERROR_FORKED),
    ("INTERNAL", PREDICTOR_ERROR_INTERNAL),
];

impl Documented {
    pub fn read() -> Self {
        Self(functions_of(&read(&path_of_header())))
    }

    pub fn functions(&self) -> &[Function] {
        &self.0
    }

    pub fn function(&self, name: &str) -> &Function {
        self.0
            .iter()
            .find(|function| function.name == name)
            .unwrap_or_else(|| panic!("{name} is not declared"))
    }

    /// Fails if `status` is not among those that the function's comment lists.
    pub fn check(&self, function: &str, status: PredictorStatus) {
        let errors = self.words(function);
        let is_listed = NAMES.iter().any(|(name, listed)| *listed == status && errors.contains(*name));
        assert!(is_listed, "{function}: {status:?} is not in its comment's Errors");
    }

    /// The words after `Errors:`, and of the functions that it refers to with "those of".
    fn words(&self, function: &str) -> BTreeSet<String> {
        let comment = &self.function(function).comment;
        let (_, errors) = comment.split_once("Errors:").expect("a paragraph of errors");
        let mut words: BTreeSet<String> = errors
            .split(|character: char| !character.is_alphanumeric() && character != '_')
            .map(str::to_owned)
            .collect();
        if let Some((_, reference)) = errors.split_once("those of `") {
            let (other, _) = reference.split_once('`').expect("the end of a name");
            words.extend(self.words(other));
        }
        words
    }
}
