//! Types of results that Paddle's files declare wrongly.

use std::collections::HashSet;

use crate::dtype::DataType;
use crate::paddle::graph::{Attribute, Graph, Operator, TensorType, ValueId};

/// Operators whose result has the type of their first operand, so that they pass on a wrong one.
const KEEPING: &[&str] = &[
    "scale",
    "assign",
    "reshape",
    "flatten",
    "squeeze",
    "unsqueeze",
    "transpose",
    "slice",
    "expand",
    "tile",
];

/// Puts right what the mappings and the model's outputs would trust.
pub fn correct_types(graph: &mut Graph) {
    let mut changed = HashSet::new();
    for index in 0..graph.operators.len() {
        let operator = &graph.operators[index];
        let corrected = match operator.rule.map_or("", |rule| rule.name()) {
            // Booleans, but declared as what they are computed from.
            "all" | "any" => with_type(graph, operator.output("out"), DataType::Bool),
            // Places, but declared as the values.
            "kthvalue" => with_type(graph, operator.output("indices"), DataType::Int64),
            "unique" => distinct(graph, operator),
            // What it is given, but its scores are declared as 32-bit floats.
            "yolo_box" => scored(graph, operator),
            name if KEEPING.contains(&name) => kept(graph, operator, &changed),
            _ => Vec::new(),
        };
        for (id, kind) in corrected {
            changed.insert(id);
            graph.values[id.0].kind = Some(kind);
        }
    }
}

fn with_type(graph: &Graph, ids: &[ValueId], data_type: DataType) -> Vec<(ValueId, TensorType)> {
    let declared = |id: &ValueId| Some((*id, graph.value(*id).kind.as_ref()?.dims.clone()));
    ids.iter().filter_map(declared).map(|(id, dims)| (id, TensorType { data_type, dims })).collect()
}

fn scored(graph: &Graph, operator: &Operator) -> Vec<(ValueId, TensorType)> {
    let source = operator.input("x").first().and_then(|id| graph.value(*id).kind.as_ref());
    let results: Vec<ValueId> = operator.results().collect();
    source.map_or_else(Vec::new, |source| with_type(graph, &results, source.data_type))
}

fn kept(graph: &Graph, operator: &Operator, changed: &HashSet<ValueId>) -> Vec<(ValueId, TensorType)> {
    let first = operator.operands().next().filter(|id| changed.contains(id));
    match first.and_then(|id| graph.value(id).kind.as_ref()) {
        Some(kind) => with_type(graph, operator.output("out"), kind.data_type),
        None => Vec::new(),
    }
}

/// The results of `unique`, of which Paddle 3 declares types that have nothing to do with them.
fn distinct(graph: &Graph, operator: &Operator) -> Vec<(ValueId, TensorType)> {
    let source = operator.input("x").first().and_then(|id| graph.value(*id).kind.clone());
    let Some(mut source) = source else { return Vec::new() };
    match operator.attribute("axis") {
        Some(Attribute::Ints(axis)) if !axis.is_empty() => source.dims.fill(-1),
        _ => source.dims = vec![-1],
    }
    let mut kinds: Vec<_> = operator.output("out").iter().map(|id| (*id, source.clone())).collect();
    if let Some(Attribute::Type(Some(data_type))) = operator.attribute("dtype") {
        for name in ["indices", "inverse", "counts"] {
            let kind = TensorType { data_type: *data_type, dims: vec![-1] };
            kinds.extend(operator.output(name).iter().map(|id| (*id, kind.clone())));
        }
    }
    kinds
}
