//! Reads C declarations as cbindgen writes them: enough of C for this library's header.

use std::path::{Path, PathBuf};

pub struct Function {
    pub name: String,
    pub result: String,
    pub parameters: Vec<Parameter>,
    /// The comment above it, without stars.
    pub comment: String,
}

pub struct Parameter {
    /// Its tokens with a space between each, for example `const char * *`.
    pub kind: String,
    /// "" if it has none.
    pub name: String,
}

impl Function {
    /// Without names of parameters, in one spelling.
    pub fn signature(&self) -> String {
        let kinds: Vec<&str> = self.parameters.iter().map(|parameter| parameter.kind.as_str()).collect();
        format!("{} {} ( {} )", self.result, self.name, kinds.join(" , "))
    }

    /// With names of parameters, in one spelling.
    pub fn declaration(&self) -> String {
        let names: Vec<&str> = self.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        format!("{} {}", self.signature(), names.join(" , "))
    }
}

pub struct Struct {
    pub name: String,
    pub fields: Vec<String>,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn path_of_header() -> PathBuf {
    root().join("include/predictor_pool.h")
}

pub fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The functions that a header exports.
pub fn functions_of(header: &str) -> Vec<Function> {
    functions(between(header, "extern \"C\" {", "}  // extern \"C\""))
}

/// The declarations of functions in `text`, each with the comment above it.
pub fn functions(text: &str) -> Vec<Function> {
    let mut functions = Vec::new();
    let mut comment = String::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (first, end) = match rest.as_bytes() {
            [b'/', b'*', ..] => cut(rest, "*/"),
            [b'#', ..] => cut(rest, "\n"),
            _ => cut(rest, ";"),
        };
        if first.starts_with("/*") {
            comment = without_stars(first);
        } else if !first.starts_with('#') && first.contains('(') {
            functions.push(function(first, std::mem::take(&mut comment)));
        }
        rest = end.trim_start();
    }
    functions
}

/// The structs with fields.
pub fn structs_of(header: &str) -> Vec<Struct> {
    let code = without_comments(header);
    let bodies = code.split("typedef struct {").skip(1);
    bodies
        .map(|body| {
            let (fields, rest) = body.split_once('}').expect("a struct ends");
            let (name, _) = rest.split_once(';').expect("a struct has a name");
            let fields = fields.split(';').map(str::trim).filter(|field| !field.is_empty());
            Struct {
                name: name.trim().to_owned(),
                fields: fields.map(|field| parameter(&tokens(field)).name).collect(),
            }
        })
        .collect()
}

/// The names and numbers of all enums.
pub fn enumerators_of(header: &str) -> Vec<(String, i64)> {
    let code = without_comments(header);
    let lines = code.lines().filter_map(|line| line.trim().strip_suffix(','));
    lines
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, number)| (name.to_owned(), number.parse().expect("a number")))
        .collect()
}

pub fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("expected {start:?}"));
    rest.split_once(end).unwrap_or_else(|| panic!("expected {end:?}")).0
}

/// Words with one space between each.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `text` up to `end` and what comes after it.
fn cut<'a>(text: &'a str, end: &str) -> (&'a str, &'a str) {
    text.split_once(end).unwrap_or((text, ""))
}

pub fn without_stars(comment: &str) -> String {
    let inner = comment.trim_start_matches('/').trim_start_matches('*').trim_end_matches("*/");
    let lines = inner.lines().map(|line| {
        let line = line.trim_start();
        line.strip_prefix("* ").or(line.strip_prefix('*')).unwrap_or(line)
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn without_comments(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        code += before;
        rest = cut(comment, "*/").1;
    }
    code + rest
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut in_word = false;
    for character in text.chars() {
        let is_word = character.is_alphanumeric() || character == '_';
        match tokens.last_mut() {
            Some(word) if is_word && in_word => word.push(character),
            _ if !character.is_whitespace() => tokens.push(character.into()),
            _ => (),
        }
        in_word = is_word;
    }
    tokens
}

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

fn function(declaration: &str, comment: String) -> Function {
    let tokens = tokens(declaration);
    let open = tokens.iter().position(|token| token == "(").expect("a parameter list");
    assert_eq!(tokens.last().map(String::as_str), Some(")"), "{declaration}");
    Function {
        name: tokens[open - 1].clone(),
        result: tokens[..open - 1].join(" "),
        parameters: parameters(&tokens[open + 1..tokens.len() - 1]),
        comment,
    }
}

fn parameters(tokens: &[String]) -> Vec<Parameter> {
    if tokens.is_empty() || tokens == ["void"] {
        return Vec::new();
    }
    let mut depth = 0;
    let is_comma = |token: &String| {
        depth += i32::from(token == "(") - i32::from(token == ")");
        depth == 0 && token == ","
    };
    tokens.split(is_comma).map(parameter).collect()
}

fn parameter(tokens: &[String]) -> Parameter {
    // A pointer to a function: result ( * name ) ( parameters )
    if let Some(star) = tokens.windows(2).position(|pair| pair == ["(", "*"]) {
        let close = star + tokens[star..].iter().position(|token| token == ")").expect("a closed name");
        let inner = parameters(&tokens[close + 2..tokens.len() - 1]);
        let kinds: Vec<String> = inner.into_iter().map(|parameter| parameter.kind).collect();
        return Parameter {
            kind: format!("{} ( * ) ( {} )", tokens[..star].join(" "), kinds.join(" , ")),
            name: tokens[star + 2..close].concat(),
        };
    }
    match tokens.split_last() {
        Some((name, kind)) if !kind.is_empty() && is_word(name) && kind != ["const"] => {
            Parameter { kind: kind.join(" "), name: name.clone() }
        }
        _ => Parameter { kind: tokens.join(" "), name: String::new() },
    }
}
