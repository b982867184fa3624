//! Reads just enough of an ONNX file (protobuf) to tell what ONNX Runtime does not: which other
//! files hold its weights, and which inputs and outputs have no declared rank.
//!
//! Field numbers are those of onnx.proto3 of the ONNX project.

use std::io::{BufRead, BufReader, Cursor, Seek};
use std::path::Path;

use crate::error::Result;
use crate::source::cannot_read;

/// Graphs inside graphs deeper than this are not looked into.
const MAX_DEPTH: usize = 32;
/// Names and locations longer than this are not names.
const MAX_TEXT: u64 = 1 << 16;

/// What was found; empty for a file that is no ONNX model, which ONNX Runtime then refuses.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct OnnxFacts {
    /// Locations of external data, as written in the model.
    pub external: Vec<String>,
    /// Inputs and outputs whose rank is open.
    pub unranked: Vec<String>,
    /// Weights of the main graph, by name.
    pub initializers: Vec<String>,
}

pub(crate) fn scan_file(path: &Path) -> Result<OnnxFacts> {
    let file = std::fs::File::open(path).map_err(|error| cannot_read(path, &error))?;
    let length = file.metadata().map_err(|error| cannot_read(path, &error))?.len();
    Ok(scan(BufReader::new(file), length))
}

pub(crate) fn scan_bytes(bytes: &[u8]) -> OnnxFacts {
    scan(Cursor::new(bytes), bytes.len() as u64)
}

fn scan(source: impl BufRead + Seek, length: u64) -> OnnxFacts {
    let mut scanner = Scanner { source, position: 0, facts: OnnxFacts::default() };
    match scanner.message(Kind::Model, length, 0) {
        Some(()) => scanner.facts,
        None => OnnxFacts::default(),
    }
}

/// The messages on the way to what is looked for.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Model,
    Graph,
    Function,
    Node,
    Attribute,
    Tensor,
    SparseTensor,
}

impl Kind {
    /// The message in field `field`, if it is worth a look.
    fn child(self, field: u64) -> Option<Kind> {
        match (self, field) {
            (Kind::Model, 7) => Some(Kind::Graph),
            (Kind::Model, 25) => Some(Kind::Function),
            (Kind::Graph, 1) | (Kind::Function, 7) => Some(Kind::Node),
            (Kind::Graph, 5) => Some(Kind::Tensor),
            (Kind::Graph, 15) => Some(Kind::SparseTensor),
            (Kind::Node, 5) => Some(Kind::Attribute),
            (Kind::Attribute, 5 | 10) => Some(Kind::Tensor),
            (Kind::Attribute, 6 | 11) => Some(Kind::Graph),
            (Kind::Attribute, 22 | 23) => Some(Kind::SparseTensor),
            (Kind::SparseTensor, 1 | 2) => Some(Kind::Tensor),
            _ => None,
        }
    }
}

struct Scanner<S> {
    source: S,
    position: u64,
    facts: OnnxFacts,
}

/// Every step returns `None` where the bytes are no protobuf.
impl<S: BufRead + Seek> Scanner<S> {
    fn message(&mut self, kind: Kind, length: u64, depth: usize) -> Option<()> {
        let end = self.position.checked_add(length)?;
        while self.position < end {
            let (field, wire) = self.tag()?;
            if wire != 2 {
                self.skip(wire)?;
                continue;
            }
            let length = self.varint()?;
            if length > end.checked_sub(self.position)? {
                return None;
            }
            match (kind, field) {
                (Kind::Tensor, 13) => self.external_entry(length)?,
                (Kind::Tensor, 8) if depth == 2 => {
                    let name = self.text_of(length)?;
                    self.facts.initializers.push(name);
                }
                (Kind::Graph, 11 | 12) if depth <= 1 => self.value_info(length)?,
                _ => match kind.child(field).filter(|_| depth < MAX_DEPTH) {
                    Some(child) => self.message(child, length, depth + 1)?,
                    None => self.advance(length)?,
                },
            }
        }
        (self.position == end).then_some(())
    }

    /// `StringStringEntryProto { key = 1, value = 2 }`; only the key `location` names a file.
    fn external_entry(&mut self, length: u64) -> Option<()> {
        let [key, value] = self.texts(length)?;
        if key == "location" && !self.facts.external.contains(&value) {
            self.facts.external.push(value);
        }
        Some(())
    }

    /// Fields 1 and 2 of a message, as text.
    fn texts(&mut self, length: u64) -> Option<[String; 2]> {
        let end = self.position.checked_add(length)?;
        let mut texts = [String::new(), String::new()];
        while self.position < end {
            match self.tag()? {
                (field @ 1..=2, 2) => texts[usize::from(field == 2)] = self.text()?,
                (_, wire) => self.skip(wire)?,
            }
        }
        (self.position == end).then_some(texts)
    }

    /// `ValueInfoProto { name = 1, type = 2 { tensor_type = 1 { shape = 2 } } }`
    fn value_info(&mut self, length: u64) -> Option<()> {
        let end = self.position.checked_add(length)?;
        let (mut name, mut ranked) = (String::new(), true);
        while self.position < end {
            match self.tag()? {
                (1, 2) => name = self.text()?,
                (2, 2) => {
                    let length = self.varint()?;
                    ranked = self.has_shape(length)?;
                }
                (_, wire) => self.skip(wire)?,
            }
        }
        if !ranked {
            self.facts.unranked.push(name);
        }
        (self.position == end).then_some(())
    }

    fn has_shape(&mut self, length: u64) -> Option<bool> {
        let end = self.position.checked_add(length)?;
        let (mut is_tensor, mut has_shape) = (false, false);
        while self.position < end {
            match self.tag()? {
                (1, 2) => {
                    is_tensor = true;
                    let tensor_end = self.varint()?.checked_add(self.position)?;
                    while self.position < tensor_end {
                        let (field, wire) = self.tag()?;
                        has_shape |= field == 2;
                        self.skip(wire)?;
                    }
                }
                (_, wire) => self.skip(wire)?,
            }
        }
        (self.position == end).then_some(has_shape || !is_tensor)
    }

    fn text(&mut self) -> Option<String> {
        let length = self.varint()?;
        self.text_of(length)
    }

    fn text_of(&mut self, length: u64) -> Option<String> {
        if length > MAX_TEXT {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        self.source.read_exact(&mut bytes).ok()?;
        self.position += length;
        String::from_utf8(bytes).ok()
    }

    fn tag(&mut self) -> Option<(u64, u64)> {
        let tag = self.varint()?;
        Some((tag >> 3, tag & 7))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let mut byte = [0];
            self.source.read_exact(&mut byte).ok()?;
            self.position += 1;
            value |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn skip(&mut self, wire: u64) -> Option<()> {
        match wire {
            0 => self.varint().map(|_| ()),
            1 => self.advance(8),
            2 => {
                let length = self.varint()?;
                self.advance(length)
            }
            5 => self.advance(4),
            _ => None,
        }
    }

    fn advance(&mut self, length: u64) -> Option<()> {
        self.position = self.position.checked_add(length)?;
        let buffered = self.source.fill_buf().ok()?.len() as u64;
        if length <= buffered {
            self.source.consume(usize::try_from(length).ok()?);
            return Some(());
        }
        self.source.seek_relative(i64::try_from(length).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(name: &str) -> OnnxFacts {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models");
        let from_file = scan_file(&folder.join(name)).unwrap();
        assert_eq!(from_file, scan_bytes(&std::fs::read(folder.join(name)).unwrap()));
        from_file
    }

    #[test]
    fn external_files_are_found_once_each() {
        assert_eq!(facts("external_data.onnx").external, ["external_data.bin"]);
        let two = facts("external_data_two.onnx").external;
        assert_eq!(two, ["external_data_two_a.bin", "external_data_two_b.bin"]);
        assert_eq!(facts("convolution.onnx").external, Vec::<String>::new());
    }

    #[test]
    fn a_scalar_has_a_rank_and_no_shape_has_none() {
        assert_eq!(facts("scalar.onnx").unranked, Vec::<String>::new());
        // graph { input { name: "x" type { tensor_type { elem_type: 1 } } } }
        let input = [10, 1, b'x', 18, 4, 10, 2, 8, 1];
        let mut model = vec![58, 11, 90, 9];
        model.extend(input);
        assert_eq!(scan_bytes(&model).unranked, ["x"]);
    }

    #[test]
    fn weights_of_the_main_graph_are_named() {
        assert_eq!(facts("initializer_output.onnx").initializers, ["w"]);
        assert_eq!(facts("add.onnx").initializers, Vec::<String>::new());
    }

    #[test]
    fn what_is_no_model_has_no_facts() {
        for name in ["not_a_model.bin", "empty.onnx", "truncated.onnx"] {
            assert_eq!(facts(name), OnnxFacts::default(), "{name}");
        }
        let whole =
            std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/external_data.onnx"))
                .unwrap();
        for length in 0..whole.len() {
            scan_bytes(&whole[..length]);
        }
    }
}
