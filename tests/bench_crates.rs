//! What the feature `cli` brings stays with the program: the library's own crates are built as they are without it.

use std::collections::BTreeMap;
use std::process::Command;

/// The features of every crate that a build without tests links, by name and version.
fn crates(features: &str) -> BTreeMap<String, String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--no-dedupe"])
        .args(["--format", "{p}|{f}", "--features", features])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs = text.lines().filter(|line| !line.starts_with("predictor_pool "));
    pairs
        .filter_map(|line| line.split_once('|'))
        .map(|(name, features)| (name.into(), features.into()))
        .collect()
}

#[test]
fn the_librarys_crates_and_their_features_do_not_change_with_the_program() {
    let (alone, with_program) = (crates(""), crates("cli"));
    assert!(alone.keys().any(|name| name.starts_with("ort ")), "{alone:?}");
    for (name, features) in &alone {
        assert_eq!(with_program.get(name), Some(features), "{name}");
    }
}

#[test]
fn without_the_feature_none_of_the_programs_crates_is_there() {
    let alone = crates("");
    for program in [
        "clap",
        "indicatif",
        "hdrhistogram",
        "tiny-skia",
        "ttf-parser",
        "epaint_default_fonts",
        "miniz_oxide",
    ] {
        let is_it = |name: &String| name.starts_with(&format!("{program} "));
        assert!(!alone.keys().any(is_it), "{program}");
        assert!(crates("cli").keys().any(is_it), "{program}");
    }
}
