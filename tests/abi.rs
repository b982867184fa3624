//! Programs that were compiled against the first header go on working: see abi/README.md.

#[path = "header/declarations.rs"]
#[allow(dead_code, reason = "each test needs a part of it")]
mod declarations;
#[path = "header/library.rs"]
#[allow(dead_code, reason = "each test needs a part of it")]
mod library;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use declarations::{enumerators_of, functions_of, path_of_header, read, root, structs_of};
use library::{compile, run_program, scratch};

/// Its functions take its size from the caller, so it may get fields at its end.
const MAY_GROW: &str = "PredictorPoolStats";

fn frozen_folder() -> PathBuf {
    root().join("tests/abi/v1")
}

fn frozen_header() -> String {
    read(&frozen_folder().join("predictor_pool.h"))
}

#[test]
fn a_program_of_version_1_runs_on_todays_library() {
    let sources = [frozen_folder().join("program.c")];
    let program = compile("program", &["-std=c99"], &frozen_folder(), &sources);
    let said = run_program(&program, &[root().join("tests/models")]);
    assert_eq!(said, "version 1 works\n");
}

#[test]
fn the_program_of_version_1_uses_every_function_of_its_header() {
    let program = read(&frozen_folder().join("program.c"));
    let unused: Vec<String> = functions_of(&frozen_header())
        .into_iter()
        .map(|function| function.name)
        .filter(|name| !program.contains(&format!("{name}(")))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn every_function_of_version_1_is_declared_as_it_was() {
    let header = read(&path_of_header());
    let now: BTreeSet<String> =
        functions_of(&header).iter().map(declarations::Function::declaration).collect();
    let frozen = functions_of(&frozen_header());
    assert!(frozen.len() >= 56, "read only {} functions", frozen.len());
    for function in &frozen {
        assert!(now.contains(&function.declaration()), "changed: {}", function.declaration());
    }
    assert!(header.contains("extern const uint32_t predictor_abi_v1;"));
}

/// Whoever needs an added function asks for the revision that brought it.
#[test]
fn added_functions_come_with_a_new_revision() {
    let added = functions_of(&read(&path_of_header())).len() - functions_of(&frozen_header()).len();
    let revision = predictor_pool::ffi::predictor_abi_revision();
    assert_eq!(revision > 1, added > 0, "revision {revision} with {added} functions added");
}

#[test]
fn every_number_of_version_1_means_what_it_meant() {
    let now = enumerators_of(&read(&path_of_header()));
    let frozen = enumerators_of(&frozen_header());
    assert_eq!(frozen.len(), 17 + 14);
    for constant in frozen {
        assert!(now.contains(&constant), "changed: {constant:?}");
    }
}

#[test]
fn every_struct_of_version_1_is_laid_out_as_it_was() {
    let source = scratch("layout.c");
    std::fs::write(&source, layout_program()).unwrap();
    let layout = |name: &str, include: &Path| {
        run_program(&compile(name, &["-std=c99"], include, std::slice::from_ref(&source)), &[])
    };
    let frozen = layout("layout-v1", &frozen_folder());
    let now = layout("layout-now", &root().join("include"));
    assert!(frozen.lines().count() >= 2 + 6 + 9, "{frozen}");
    for (frozen, now) in frozen.lines().zip(now.lines()) {
        match frozen.strip_prefix(&format!("{MAY_GROW} ")) {
            Some(size) => {
                let size_now = now.strip_prefix(&format!("{MAY_GROW} ")).expect("the same line");
                let [size, size_now] = [size, size_now].map(|size| size.parse::<usize>().unwrap());
                assert!(size_now >= size, "{MAY_GROW} shrank from {size} to {size_now}");
            }
            None => assert_eq!(now, frozen),
        }
    }
}

/// Prints the size of each frozen struct, and the place and size of each of its fields.
fn layout_program() -> String {
    let mut lines = String::new();
    for record in structs_of(&frozen_header()) {
        let name = &record.name;
        lines += &format!("    printf(\"{name} %zu\\n\", sizeof({name}));\n");
        for field in &record.fields {
            lines += &format!(
                "    printf(\"{name}.{field} %zu %zu\\n\", offsetof({name}, {field}), sizeof((({name} *)0)->{field}));\n"
            );
        }
    }
    format!(
        "#include <stddef.h>\n#include <stdio.h>\n#include <predictor_pool.h>\n\nint main(void)\n{{\n{lines}    return 0;\n}}\n"
    )
}
