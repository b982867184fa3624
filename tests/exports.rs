//! What the shared library shows to the linker: the header's names and nothing else.

#[path = "header/declarations.rs"]
#[allow(dead_code, reason = "each test needs a part of it")]
mod declarations;
#[path = "header/library.rs"]
#[allow(dead_code, reason = "each test needs a part of it")]
mod library;

use std::collections::BTreeSet;
use std::process::Command;

use declarations::{functions_of, path_of_header, read};
use library::{library, run};

/// Names of functions and of data that the library defines for others.
fn exported(kinds: &[&str]) -> BTreeSet<String> {
    let listing = run(Command::new("nm").args(["-D", "--defined-only"]).arg(library()));
    let symbols = listing.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let symbols = symbols.filter(|fields| kinds.is_empty() || kinds.contains(&fields[1]));
    // A version may follow the name.
    symbols.map(|fields| fields[2].split('@').next().unwrap().to_owned()).collect()
}

/// The entries called `tag` of the dynamic section, for example `NEEDED`.
fn dynamic(tag: &str) -> Vec<String> {
    let listing = run(Command::new("readelf").args(["-d", "-W"]).arg(library()));
    let lines = listing.lines().filter(|line| line.contains(&format!("({tag})")));
    lines.map(|line| line.split_once('[').unwrap().1.split_once(']').unwrap().0.to_owned()).collect()
}

#[test]
fn exactly_the_functions_of_the_header_are_exported() {
    let declared: BTreeSet<String> =
        functions_of(&read(&path_of_header())).into_iter().map(|function| function.name).collect();
    assert_eq!(exported(&["T"]), declared);
}

#[test]
fn beside_the_functions_only_the_stamp_of_the_abi_is_exported() {
    let functions = exported(&["T"]);
    let others: Vec<String> = exported(&[]).into_iter().filter(|name| !functions.contains(name)).collect();
    assert_eq!(others, ["predictor_abi_v1"]);
    assert_eq!(exported(&["R"]).len(), 1, "the stamp is data that cannot be written");
}

#[test]
fn every_exported_name_says_predictor() {
    let names = exported(&[]);
    assert!(names.iter().all(|name| name.contains("predictor")), "{names:?}");
}

#[test]
fn the_soname_carries_the_major_version() {
    let major = env!("CARGO_PKG_VERSION_MAJOR");
    assert_eq!(dynamic("SONAME"), [format!("libpredictor_pool.so.{major}")]);
}

/// ONNX Runtime is found and loaded at run time; a library that needed it could not be moved.
#[test]
fn only_libraries_that_every_system_has_are_needed() {
    let usual =
        ["libc.so.", "libm.so.", "libgcc_s.so.", "libdl.so.", "libpthread.so.", "librt.so.", "ld-linux"];
    let needed = dynamic("NEEDED");
    assert!(needed.iter().any(|name| name.starts_with("libc.so.")), "{needed:?}");
    let unusual: Vec<&String> =
        needed.iter().filter(|name| !usual.iter().any(|usual| name.starts_with(usual))).collect();
    assert!(unusual.is_empty(), "{unusual:?}");
}

/// Its threads and its fork handler may outlive a dlclose.
#[test]
fn the_library_stays_loaded_once_it_is() {
    let listing = run(Command::new("readelf").args(["-d", "-W"]).arg(library()));
    assert!(listing.lines().any(|line| line.contains("(FLAGS_1)") && line.contains("NODELETE")), "{listing}");
}

/// Undefined names would show up in the first program that binds them at once.
#[test]
fn nothing_is_left_for_others_to_define_but_system_functions() {
    let listing = run(Command::new("nm").args(["-D", "--undefined-only"]).arg(library()));
    let strangers: Vec<&str> = listing
        .lines()
        .filter(|line| line.trim_start().starts_with("U "))
        .filter(|line| !["@GLIBC", "@GCC_"].iter().any(|version| line.contains(version)))
        .collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}
