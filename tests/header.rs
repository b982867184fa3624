//! The committed header: it is the generated one, complete, and documented throughout.

#[path = "header/declarations.rs"]
#[allow(dead_code, reason = "each test needs a part of it")]
mod declarations;
#[path = "header/library.rs"]
#[allow(dead_code, reason = "each test needs a part of it")]
mod library;

use std::path::Path;
use std::sync::OnceLock;

use declarations::{Function, between, functions, functions_of, one_line, path_of_header, read, root};
use library::{compile, run_program};

/// Rules that the preface must state, in these words.
const PREFACE: [&str; 12] = [
    "What a create_* or clone_* function writes to its out argument is owned: give it to its destroy_* once.",
    "What anything else writes to an out argument is borrowed from the subject and dies with it; using it \
     then is PREDICTOR_ERROR_INVALID_HANDLE.",
    "destroy_* takes NULL, may be called twice, and may be called while another thread is inside a call on \
     that handle (which finishes).",
    "The library copies what it is given, except in predictor_tensor_share_external_data and \
     predictor_run_with, where the caller keeps the memory alive.",
    "A destroyed handle is recognised until 65,536 further handles were destroyed after it.",
    "The subject's handle is checked first, then the other arguments.",
    "NULL data with length 0 and NULL dims with rank 0 are allowed.",
    "Outputs are written on success only, except for the sizes that PREDICTOR_ERROR_OUT_OF_RANGE asks for.",
    "Text that a function hands out as const char * lives until the process ends.",
    "A function that returns a PredictorStatus clears the calling thread's error text on success and sets \
     it on failure",
    "the call returns PREDICTOR_ERROR_BUSY, and changes nothing, while another thread is inside such a call",
    "In a forked child, a handle made before the fork is PREDICTOR_ERROR_FORKED",
];

fn generated() -> String {
    read(Path::new(env!("PREDICTOR_POOL_GENERATED_HEADER")))
}

/// The committed header, rewritten before anything looks at it if that is wished.
fn header() -> &'static str {
    static HEADER: OnceLock<String> = OnceLock::new();
    HEADER.get_or_init(|| {
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path_of_header(), generated()).unwrap();
        }
        read(&path_of_header())
    })
}

#[test]
fn the_committed_header_is_the_generated_one() {
    let (generated, committed) = (generated(), header());
    for (number, (committed, generated)) in committed.lines().zip(generated.lines()).enumerate() {
        assert_eq!(
            committed,
            generated,
            "line {} differs; BLESS=1 cargo test --test header rewrites the header",
            number + 1
        );
    }
    assert!(committed == generated, "one header is longer; BLESS=1 cargo test --test header rewrites it");
}

#[test]
fn every_pinned_function_is_declared_as_pinned() {
    let pinned = functions(&read(&root().join("tests/header/pinned.txt")));
    let declared = functions_of(header());
    assert!(pinned.len() >= 56, "read only {} pinned functions", pinned.len());
    for pinned in pinned {
        let declared = declared
            .iter()
            .find(|function| function.name == pinned.name)
            .unwrap_or_else(|| panic!("{} is not declared", pinned.name));
        // An enum travels inwards as its number.
        let expected = pinned.signature().replace("( PredictorStatus )", "( int32_t )");
        let got = declared.signature().replace("( PredictorStatus )", "( int32_t )");
        assert_eq!(got, expected);
    }
}

#[test]
fn the_preface_states_the_rules() {
    let header = header();
    let preface = one_line(&declarations::without_stars(&header[..header.find("*/").unwrap() + 2]));
    for rule in PREFACE {
        assert!(preface.contains(&one_line(rule)), "the preface lacks: {}", one_line(rule));
    }
}

#[test]
fn every_function_says_who_owns_what_which_threads_may_call_and_how_it_fails() {
    let functions = functions_of(header());
    let faults: Vec<String> = functions.iter().filter_map(|function| check(function).err()).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The comment is a description, an empty line, and then the three paragraphs and nothing else.
fn check(function: &Function) -> Result<(), String> {
    let fault = |what: &str| Err(format!("{}: {what}", function.name));
    let Some((description, last)) = function.comment.rsplit_once("\n\n") else {
        return fault("expected a description, an empty line and the three paragraphs");
    };
    if description.trim().is_empty() {
        return fault("expected a description");
    }
    let heads: Vec<&str> = last
        .lines()
        .filter_map(|line| line.split_once(':').map(|(head, _)| head))
        .filter(|head| ["Ownership", "Threads", "Errors"].contains(head))
        .collect();
    if heads != ["Ownership", "Threads", "Errors"] || !last.starts_with("Ownership:") {
        return fault("expected Ownership, Threads and Errors, in this order, at the end");
    }
    let texts = [
        between(last, "Ownership:", "\nThreads:"),
        between(last, "\nThreads:", "\nErrors:"),
        last.split_once("\nErrors:").map_or("", |(_, text)| text),
    ];
    if texts.iter().any(|text| !text.trim().ends_with('.')) {
        return fault("expected each of the three paragraphs to be a sentence");
    }
    Ok(())
}

#[test]
fn a_comment_without_the_three_paragraphs_at_its_end_is_found() {
    let function = |comment: &str| functions(&format!("/**\n{comment}\n */\nint f(void);")).remove(0);
    let three = " * Ownership: a.\n * Threads: b\n *   b.\n * Errors: c\n * c.";
    assert_eq!(check(&function(&format!(" * Does.\n *\n{three}"))), Ok(()));
    for bad in [
        " * Does.".to_owned(),
        three.to_owned(),
        format!(" * Does.\n{three}"),
        format!(" * Does.\n *\n{three}\n *\n * More."),
        " * Does.\n *\n * Ownership: a.\n * Errors: c.\n * Threads: b.".to_owned(),
        " * Does.\n *\n * Ownership: a.\n * Threads: b.".to_owned(),
        " * Does.\n *\n * Ownership: a.\n * Threads: b.\n * Errors:".to_owned(),
    ] {
        assert!(check(&function(&bad)).is_err(), "{bad}");
    }
}

#[test]
fn declarations_are_told_apart_by_types_and_not_by_spacing() {
    let signature = |text: &str| functions(text).remove(0).signature();
    assert_eq!(
        signature("int f(const char*const*a,size_t n);"),
        signature("int f(const char *const *, size_t);")
    );
    assert_ne!(signature("int f(const char *a);"), signature("int f(char *a);"));
    assert_ne!(signature("int f(size_t a, char *b);"), signature("int f(char *b, size_t a);"));
    let callback = functions("void f(void (*call)(void *data, int32_t n), void *data);").remove(0);
    assert_eq!(callback.parameters[0].kind, "void ( * ) ( void * , int32_t )");
    assert_eq!(callback.parameters[0].name, "call");
    assert_eq!(callback.parameters[1].name, "data");
}

/// Two translation units that include nothing but the header, linked to one program: it needs no
/// other header, defines nothing twice, and leaves the user's namespace alone.
#[test]
fn the_header_alone_is_cpp17_in_two_translation_units() {
    let sources = ["tests/cpp/header.cpp", "tests/cpp/user.cpp"].map(|file| root().join(file));
    let program = compile("cpp", &["-std=c++17"], &root().join("include"), &sources);
    run_program(&program, &[]);
}
