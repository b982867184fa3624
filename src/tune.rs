//! Tune files: what `predictor-bench auto` found best for a model on a machine.
//!
//! A JSON object: `"tune_file": 1` (the version of the format) and any of `intra_op_threads`,
//! `inter_op_threads`, `optimization_level` (numbers) and `options` (an object of strings). What else it says, such as
//! the number of predictors that was best, is for its readers.

use std::path::Path;

use serde_json::{Map, Value};

use crate::config::{Config, Threads};
use crate::error::{Error, Result, Status, bail};
use crate::source::{FileIdentity, cannot_read};

/// The config with its tune file's values where nothing else was set.
pub(crate) fn apply(config: &Config) -> Result<Config> {
    let mut tuned = config.clone();
    let Some(path) = tuned.settings.options.tune_file.take() else { return Ok(tuned) };
    let object = read(&path)?;
    let about = |error: Error| error.about(path.display());

    let mut fresh = Config::new();
    if let Some(count) = integer(&object, "intra_op_threads").map_err(about)? {
        fresh.set_intra_op_threads(count).map_err(about)?;
    }
    if let Some(count) = integer(&object, "inter_op_threads").map_err(about)? {
        fresh.set_inter_op_threads(count).map_err(about)?;
    }
    if let Some(level) = integer(&object, "optimization_level").map_err(about)? {
        fresh.set_optimization_level(level).map_err(about)?;
    }
    for (key, value) in strings(&object, "options").map_err(about)? {
        fresh.set_option(&key, &value).map_err(about)?;
    }

    if tuned.intra_op == Threads::Unset {
        tuned.intra_op = fresh.intra_op;
    }
    if tuned.settings.inter_op == Threads::Unset {
        tuned.settings.inter_op = fresh.settings.inter_op;
    }
    if !tuned.is_level_set {
        tuned.settings.optimization_level = fresh.settings.optimization_level;
    }
    for (key, value) in fresh.settings.session_entries {
        tuned.settings.session_entries.entry(key).or_insert(value);
    }
    let mut options = fresh.settings.options;
    for (key, value) in &tuned.set_options {
        options.set(key, value)?;
    }
    options.tune_file = None;
    tuned.settings.options = options;
    Ok(tuned)
}

fn read(path: &Path) -> Result<Map<String, Value>> {
    FileIdentity::of(path)?;
    let text = std::fs::read_to_string(path).map_err(|error| cannot_read(path, &error))?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| Error::new(Status::InvalidArgument, format!("{}: {error}", path.display())))?;
    match value {
        Value::Object(object) if object.get("tune_file") == Some(&Value::from(1)) => Ok(object),
        _ => bail!(InvalidArgument, "{}: expected a tune file with \"tune_file\": 1", path.display()),
    }
}

fn integer(object: &Map<String, Value>, key: &str) -> Result<Option<i32>> {
    let Some(value) = object.get(key) else { return Ok(None) };
    match value.as_i64().and_then(|number| i32::try_from(number).ok()) {
        Some(number) => Ok(Some(number)),
        None => bail!(InvalidArgument, "{key:?}: expected a number, got {value}"),
    }
}

fn strings(object: &Map<String, Value>, key: &str) -> Result<Vec<(String, String)>> {
    let entries = match object.get(key) {
        None => return Ok(Vec::new()),
        Some(Value::Object(entries)) => entries,
        Some(other) => bail!(InvalidArgument, "{key:?}: expected an object of strings, got {other}"),
    };
    let pair = |(name, value): (&String, &Value)| match value {
        Value::String(text) => Ok((name.clone(), text.clone())),
        other => bail!(InvalidArgument, "{name:?}: expected a string, got {other}"),
    };
    entries.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    fn tuned(text: &str, change: impl Fn(&mut Config)) -> Result<Config> {
        let folder = Folder::new();
        let path = folder.path().join("tune.json");
        std::fs::write(&path, text).unwrap();
        let mut config = Config::new();
        config.set_option("tune_file", path.to_str().unwrap()).unwrap();
        change(&mut config);
        apply(&config)
    }

    const TEXT: &str = r#"{"tune_file": 1, "intra_op_threads": 2, "optimization_level": 1,
        "options": {"spinning": "0", "session.set_denormal_as_zero": "1"}}"#;

    #[test]
    fn a_tune_file_sets_what_nobody_set() {
        let config = tuned(TEXT, |_| ()).unwrap();
        assert_eq!(config.intra_op, Threads::Exactly(2));
        assert_eq!(config.settings.optimization_level, 1);
        assert_eq!(config.settings.options.spinning, Some(false));
        assert_eq!(config.settings.session_entries["session.set_denormal_as_zero"], "1");
    }

    #[test]
    fn what_was_set_wins_over_the_tune_file() {
        let config = tuned(TEXT, |config| {
            config.set_intra_op_threads(4).unwrap();
            config.set_option("session.set_denormal_as_zero", "0").unwrap();
        })
        .unwrap();
        assert_eq!(config.intra_op, Threads::Exactly(4));
        assert_eq!(config.settings.session_entries["session.set_denormal_as_zero"], "0");
    }

    #[test]
    fn a_file_that_is_no_tune_file_is_an_error() {
        for text in ["", "{}", r#"{"tune_file": 2}"#, r#"{"tune_file": 1, "intra_op_threads": "2"}"#] {
            assert_eq!(tuned(text, |_| ()).unwrap_err().status(), Status::InvalidArgument, "{text}");
        }
        let mut config = Config::new();
        config.set_option("tune_file", "/nowhere/tune.json").unwrap();
        assert_eq!(apply(&config).unwrap_err().status(), Status::NotFound);
    }
}
