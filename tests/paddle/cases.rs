//! cases.json, which every family has.

use serde_json::Value as Json;

use crate::archive::Archive;

/// A case in one format.
pub struct Program {
    pub family: String,
    pub case: String,
    pub format: String,
    /// Names in the order that Paddle's predictor reports.
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    pub runs: Vec<String>,
    pub tolerance: Tolerance,
    /// What the error says, if the program must not load.
    pub refused: Option<String>,
    /// Paddle itself runs it.
    pub runs_in_paddle: bool,
}

/// How far a number may be from the expected one.
#[derive(Clone, Copy)]
pub struct Tolerance {
    pub absolute: f64,
    pub relative: f64,
    /// Of the largest expected number of the output.
    pub of_peak: f64,
}

/// The part of the error that unsupported.txt has for a case, or for one of its formats.
fn unsupported(family: &str, case: &str, format: &str) -> Option<String> {
    let (case, program) = (format!("{family}/{case}"), format!("{family}/{case}/{format}"));
    let mut lines = include_str!("unsupported.txt").lines().filter(|line| !line.starts_with('#'));
    lines.find_map(|line| {
        let (name, part) = line.split_once(": ")?;
        (name == case || name == program).then(|| part.to_owned())
    })
}

impl Program {
    pub fn full_name(&self) -> String {
        format!("{}/{}/{}", self.family, self.case, self.format)
    }
}

pub fn programs(archive: &Archive) -> Vec<Program> {
    let json: Json = serde_json::from_slice(&archive.read("cases.json")).unwrap();
    json.as_array().unwrap().iter().flat_map(|case| programs_of(&archive.family, case)).collect()
}

fn programs_of(family: &str, case: &Json) -> Vec<Program> {
    let part = |name: &str| case["tolerance"][name].as_f64().unwrap();
    let refused = match case["expected"].as_str().unwrap() {
        "ok" => None,
        "refused" => Some(case["error_contains"].as_str().unwrap().to_owned()),
        other => panic!("expected: {other:?}"),
    };
    let formats = case["formats"].as_object().unwrap().iter();
    formats
        .map(|(format, names)| Program {
            family: family.to_owned(),
            case: case["name"].as_str().unwrap().to_owned(),
            format: format.clone(),
            inputs: texts(&names["inputs"]),
            outputs: texts(&names["outputs"]),
            runs: texts(&case["runs"]),
            tolerance: Tolerance {
                absolute: part("absolute"),
                relative: part("relative"),
                of_peak: part("of_peak"),
            },
            refused: refused.clone().or_else(|| unsupported(family, case["name"].as_str().unwrap(), format)),
            runs_in_paddle: case["expected"] == "ok",
        })
        .collect()
}

/// None for what is not there.
fn texts(json: &Json) -> Vec<String> {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    json.as_array().map(|values| values.iter().map(text).collect()).unwrap_or_default()
}
