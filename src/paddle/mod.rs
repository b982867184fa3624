//! Paddle's models: a `.pdmodel` (message `ProgramDesc`) or a `.json` (PIR, Paddle 3) with the parameters
//! beside it, turned into an ONNX model for the engine.
//!
//! The way of a model: [`program`] or [`pir`] reads the file into one [`graph`] for both formats; [`params`]
//! finds the weights' data, which stays where it is; [`fold`] computes the small constants that arguments
//! arrive in ([`facts`]); each operator's function, named in `ops/table.rs`, writes nodes through a
//! [`context`]; [`emit`] puts the ONNX model together.

mod context;
mod emit;
mod facts;
mod fold;
mod graph;
mod json;
mod onnx;
mod ops;
mod params;
mod pir;
mod program;
mod save;
mod view;

use std::collections::BTreeMap;

use prost::Message;

use crate::engine::OnnxFacts;
use crate::error::{Error, Result, Status, bail};

use self::context::Context;
use self::emit::{Emitted, Emitter};
use self::facts::Facts;
use self::graph::Graph;
use self::view::View;

pub(crate) use self::emit::PARAMETERS;
pub use self::save::{OnnxWeights, save_onnx};

/// Part of the key of optimised models that are kept on disk: changes with what [`convert`] writes.
pub(crate) const CONVERTER: &str = concat!(env!("CARGO_PKG_VERSION"), " paddle 1");

/// The two formats of Paddle's programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `.pdmodel`, `__model__`: the message `ProgramDesc`.
    Program,
    /// `.json` of Paddle 3.
    Pir,
}

/// A model turned into ONNX.
pub(crate) struct Converted {
    /// The message `ModelProto`; large weights are external data in a file called [`PARAMETERS`], at their
    /// places in the file of parameters.
    pub model: Vec<u8>,
    pub facts: OnnxFacts,
}

impl Format {
    /// The format of a model's file, told by its content; `None` for a file that is no Paddle program.
    pub fn of(model: &[u8]) -> Option<Self> {
        match model.first() {
            Some(b'{') => Some(Self::Pir),
            // Field 1 of a ProgramDesc is a message (its blocks), that of an ONNX file a number (its IR version).
            Some(0x0a) => Some(Self::Program),
            _ => None,
        }
    }
}

/// Turns a Paddle model into ONNX.
///
/// Errors are INVALID_MODEL: for a file that is broken or no Paddle program, for parameters that are of another
/// model, and for operators that are not supported, all of which are named.
pub(crate) fn convert(format: Format, model: &[u8], params: Option<&[u8]>) -> Result<Converted> {
    let Emitted { model, facts } = to_onnx(format, model, params)?;
    Ok(Converted { model: model.encode_to_vec(), facts })
}

fn to_onnx(format: Format, model: &[u8], params: Option<&[u8]>) -> Result<Emitted> {
    let rules = ops::Rules::new();
    let mut graph = match format {
        Format::Program => program::parse(model, &rules)?,
        Format::Pir => pir::parse(model, &rules)?,
    };
    if graph.outputs.is_empty() {
        bail!(InvalidModel, "the program fetches nothing, so it has no outputs");
    }
    graph.prune();
    check_supported(&graph)?;
    ops::correct_types(&mut graph);
    let parameters = params::assign(&graph, params)?;
    let file = params.unwrap_or(&[]);
    let mut facts = Facts::default();
    for (id, parameter) in &parameters {
        facts.insert_parameter(*id, parameter, file);
    }
    let mut emitter = Emitter::new(&graph, parameters, file);
    for operator in &graph.operators {
        let view = View { graph: &graph, facts: &facts, operator };
        let constant = fold::evaluate(&view)?;
        let is_complete = constant.as_ref().is_some_and(|constant| constant.is_complete());
        if !is_complete && let Some(rule) = operator.rule {
            (rule.map)(&mut Context::new(view, &mut emitter))?;
        }
        let first = operator.outputs.first().and_then(|(_, ids)| ids.first());
        if let (Some(constant), Some(id)) = (constant, first) {
            facts.insert(*id, constant);
        }
    }
    emitter.finish(&graph, &facts)
}

/// All operators that are not supported, with their counts and the place of the first.
fn check_supported(graph: &Graph) -> Result<()> {
    let mut counts = BTreeMap::new();
    let unsupported = || graph.operators.iter().filter(|operator| operator.rule.is_none());
    for operator in unsupported() {
        *counts.entry(operator.name.as_str()).or_insert(0usize) += 1;
    }
    let Some(first) = unsupported().next() else { return Ok(()) };
    let list: Vec<String> = counts.iter().map(|(name, count)| format!("{name} ({count})")).collect();
    let text =
        format!("operators that are not supported: {}; the first is {}", list.join(", "), first.describe());
    Err(Error::new(Status::InvalidModel, text))
}
