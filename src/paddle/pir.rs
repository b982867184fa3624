//! Reads Paddle 3's `.json` files: a program of its intermediate representation PIR.
//!
//! An operator is `{"#": name, "I": operands, "O": results, "A": attributes}`, the name with the number of
//! its dialect (0 builtin, 1 pd_op) in front. Parameters are operators named `p`, whose attributes are a
//! plain list with the name at index 3. Lists of tensors are values of their own, which `combine` makes
//! and `split` and `slice` take apart; here they are gone: an operand is a list of tensors.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::dtype::DataType;
use crate::error::{Error, Result, Status, bail};

use super::graph::{Attribute, Graph, Operator, TensorType, ValueId};
use super::json::Json;
use super::ops::Rules;

/// Versions of the format that were seen to be alike in all that is read here.
const VERSIONS: std::ops::RangeInclusive<i64> = 1..=4;

pub(super) fn parse(bytes: &[u8], rules: &Rules) -> Result<Graph> {
    let document: Json<'_> = serde_json::from_slice(bytes).map_err(|error| {
        Error::new(Status::InvalidModel, format!("expected a Paddle program (PIR, JSON): {error}"))
    })?;
    let base = document.get("base_code");
    let magic = base.and_then(|base| base.get("magic")).and_then(Json::text);
    if magic != Some("pir") {
        bail!(InvalidModel, "expected a Paddle program (PIR, JSON) with the magic \"pir\", got {magic:?}");
    }
    let version = base.and_then(|base| base.get("version")).and_then(Json::int);
    if !version.is_some_and(|version| VERSIONS.contains(&version)) {
        let (least, most) = VERSIONS.into_inner();
        bail!(InvalidModel, "expected PIR version {least} to {most}, got {version:?}");
    }
    let mut builder = Builder::default();
    for (place, op) in operators(&document)?.iter().enumerate() {
        builder.operator(place, op, rules).map_err(|error| error.about(format_args!("operator {place}")))?;
    }
    Ok(builder.finish())
}

/// Those of the first block of the first region; other blocks belong to operators.
fn operators<'d, 'a>(document: &'d Json<'a>) -> Result<&'d [Json<'a>]> {
    let first = |json: &'d Json<'a>, key| json.get(key).and_then(Json::list).and_then(<[_]>::first);
    let region = document.get("program").and_then(|program| first(program, "regions"));
    let block = region.and_then(|region| first(region, "blocks"));
    match block.and_then(|block| block.get("ops")).and_then(Json::list) {
        Some(operators) => Ok(operators),
        None => {
            bail!(InvalidModel, "expected a Paddle program (PIR, JSON) with a region, a block and its ops")
        }
    }
}

#[derive(Default)]
struct Builder {
    graph: Graph,
    /// The tensors that each of the file's values stands for.
    tensors: HashMap<i64, Vec<ValueId>>,
    outputs: Vec<(i64, String, ValueId)>,
}

impl Builder {
    fn operator(&mut self, place: usize, op: &Json<'_>, rules: &Rules) -> Result<()> {
        let Some(name) = op.get("#").and_then(Json::text) else {
            bail!(InvalidModel, "expected an operator with a name (\"#\")");
        };
        match name {
            "p" => self.parameter(op),
            "0.combine" => {
                let all = self.operands(op)?.into_iter().flatten().collect();
                self.alias(op, vec![all])
            }
            "0.split" => {
                let all = self.operands(op)?.into_iter().flatten().map(|id| vec![id]).collect();
                self.alias(op, all)
            }
            "0.slice" => self.element(op),
            "1.data" => {
                let name = text_attribute(op, "name")?;
                let ids = self.results(op, name)?;
                self.graph.inputs.extend(ids.into_iter().flatten());
                Ok(())
            }
            "1.fetch" => self.fetch(op),
            _ => self.compute(place, name.strip_prefix("1.").unwrap_or(name), op, rules),
        }
    }

    fn parameter(&mut self, op: &Json<'_>) -> Result<()> {
        let name = op.get("A").and_then(Json::list).and_then(|list| list.get(3)).and_then(Json::text);
        let Some(name) = name else { bail!(InvalidModel, "expected a parameter with a name") };
        let ids = self.results(op, name)?;
        self.graph.parameters.extend(ids.into_iter().flatten());
        Ok(())
    }

    fn element(&mut self, op: &Json<'_>) -> Result<()> {
        let list: Vec<ValueId> = self.operands(op)?.into_iter().flatten().collect();
        let index = member(op, "index").and_then(|value| value.get("D")).and_then(Json::int);
        let element = index.and_then(|index| usize::try_from(index).ok()).and_then(|index| list.get(index));
        match element {
            Some(id) => self.alias(op, vec![vec![*id]]),
            None => bail!(InvalidModel, "expected an index below {}, got {index:?}", list.len()),
        }
    }

    fn fetch(&mut self, op: &Json<'_>) -> Result<()> {
        let name = text_attribute(op, "name")?.to_owned();
        let column = member(op, "col").and_then(|value| value.get("D")).and_then(Json::int).unwrap_or(0);
        let operands: Vec<ValueId> = self.operands(op)?.into_iter().flatten().collect();
        let [id] = operands[..] else { bail!(InvalidModel, "expected one tensor to fetch") };
        self.outputs.push((column, name, id));
        Ok(())
    }

    fn compute(&mut self, place: usize, name: &str, op: &Json<'_>, rules: &Rules) -> Result<()> {
        // Operators with regions (control flow) are refused with the others that are not supported.
        let rule = rules.current(name).filter(|_| op.get("regions").is_none());
        let operands = self.operands(op)?;
        let results = self.results(op, name)?;
        if let Some(rule) = rule
            && (operands.len() > rule.input_count() || results.len() > rule.output_count())
        {
            bail!(
                InvalidModel,
                "{name}: expected at most {} operands and {} results, got {} and {}",
                rule.input_count(),
                rule.output_count(),
                operands.len(),
                results.len()
            );
        }
        if let (Some(number), Some(updated)) = (updated_operand(name, op), results.first()) {
            self.tensors.insert(number, updated.clone());
        }
        let inputs = operands.into_iter().enumerate();
        let inputs = inputs.map(|(index, ids)| (rule.map_or("", |rule| rule.input_at(index)), ids));
        let outputs = results.into_iter().enumerate();
        let outputs = outputs.map(|(index, ids)| (rule.map_or("", |rule| rule.output_at(index)), ids));
        let attributes = op.get("A").and_then(Json::list).unwrap_or(&[]);
        let attributes = attributes.iter().filter_map(|attribute| {
            let name = attribute.get("N").and_then(Json::text)?;
            Some((Cow::Owned(name.to_owned()), value_of(attribute.get("AT")?)?))
        });
        let operator = Operator {
            name: name.to_owned(),
            place,
            rule,
            inputs: inputs.filter(|(_, ids)| !ids.is_empty()).collect(),
            outputs: outputs.filter(|(_, ids)| !ids.is_empty()).collect(),
            attributes: attributes.collect(),
        };
        self.graph.operators.push(operator);
        Ok(())
    }

    /// The tensors of each operand; none for one that is left out, which has the number 0.
    fn operands(&self, op: &Json<'_>) -> Result<Vec<Vec<ValueId>>> {
        let operands = op.get("I").and_then(Json::list).unwrap_or(&[]);
        let tensors = |operand: &Json<'_>| match operand.get("%").and_then(Json::int) {
            Some(0) => Ok(Vec::new()),
            Some(number) if self.tensors.contains_key(&number) => Ok(self.tensors[&number].clone()),
            number => bail!(InvalidModel, "reads value {number:?}, which nothing before it writes"),
        };
        operands.iter().map(tensors).collect()
    }

    /// New tensors for each result.
    fn results(&mut self, op: &Json<'_>, name: &str) -> Result<Vec<Vec<ValueId>>> {
        let mut results = Vec::new();
        for result in results_of(op) {
            let kind = result.get("TT");
            let number = result.get("%").and_then(Json::int);
            let Some(number) = number else { bail!(InvalidModel, "expected a result with a number") };
            let ids = match kind.and_then(elements_of_list) {
                Some(elements) => {
                    elements.iter().map(|kind| self.graph.add_value(name, tensor_type(kind))).collect()
                }
                None => vec![self.graph.add_value(name, kind.and_then(tensor_type))],
            };
            self.tensors.insert(number, ids.clone());
            results.push(ids);
        }
        Ok(results)
    }

    /// Lets results stand for tensors that are there already.
    fn alias(&mut self, op: &Json<'_>, tensors: Vec<Vec<ValueId>>) -> Result<()> {
        let results = results_of(op);
        if results.len() != tensors.len() {
            bail!(InvalidModel, "expected {} results, got {}", tensors.len(), results.len());
        }
        for (result, tensors) in results.iter().zip(tensors) {
            let number = result.get("%").and_then(Json::int);
            let Some(number) = number else { bail!(InvalidModel, "expected a result with a number") };
            self.tensors.insert(number, tensors);
        }
        Ok(())
    }

    fn finish(mut self) -> Graph {
        self.outputs.sort_by_key(|(column, _, _)| *column);
        self.graph.outputs = self.outputs.into_iter().map(|(_, name, id)| (name, id)).collect();
        self.graph
    }
}

/// The value that an operator in place (`_` at the end of its name) leaves its first result in: who reads it from
/// then on reads the result. Batch normalisation only updates its statistics in place.
fn updated_operand(name: &str, op: &Json<'_>) -> Option<i64> {
    let index = match name {
        "batch_norm_" | "sync_batch_norm_" => return None,
        "assign_out_" => 1,
        _ if name.ends_with('_') => 0,
        _ => return None,
    };
    op.get("I")?.list()?.get(index)?.get("%")?.int()
}

/// A list, or the one result of a parameter.
fn results_of<'j, 'a>(op: &'j Json<'a>) -> &'j [Json<'a>] {
    match op.get("O") {
        Some(Json::List(results)) => results,
        Some(result) => std::slice::from_ref(result),
        None => &[],
    }
}

fn member<'j, 'a>(op: &'j Json<'a>, name: &str) -> Option<&'j Json<'a>> {
    let attributes = op.get("A")?.list()?;
    let named = |attribute: &&Json<'_>| attribute.get("N").and_then(Json::text) == Some(name);
    attributes.iter().find(named)?.get("AT")
}

fn text_attribute<'j>(op: &'j Json<'_>, name: &str) -> Result<&'j str> {
    match member(op, name).and_then(|value| value.get("D")).and_then(Json::text) {
        Some(text) => Ok(text),
        None => bail!(InvalidModel, "expected the attribute {name:?}"),
    }
}

fn elements_of_list<'j, 'a>(kind: &'j Json<'a>) -> Option<&'j [Json<'a>]> {
    match kind.get("#").and_then(Json::text) {
        Some("0.t_vec") => kind.get("D").and_then(Json::list),
        _ => None,
    }
}

/// `{"#": "0.t_dtensor", "D": [element type, dims, layout, level of detail, offset]}`
fn tensor_type(kind: &Json<'_>) -> Option<TensorType> {
    if kind.get("#")?.text()? != "0.t_dtensor" {
        return None;
    }
    let [element, dims, ..] = kind.get("D")?.list()? else { return None };
    let data_type = match element.get("#")?.text()? {
        "0.t_bool" => DataType::Bool,
        "0.t_i8" => DataType::Int8,
        "0.t_ui8" => DataType::UInt8,
        "0.t_i16" => DataType::Int16,
        "0.t_i32" => DataType::Int32,
        "0.t_i64" => DataType::Int64,
        "0.t_f16" => DataType::Float16,
        "0.t_bf16" => DataType::BFloat16,
        "0.t_f32" => DataType::Float32,
        "0.t_f64" => DataType::Float64,
        _ => return None,
    };
    let dims = dims.list()?.iter().map(Json::int).collect::<Option<_>>()?;
    TensorType::new(data_type, dims)
}

/// `{"#": kind, "D": value}`; numbers that JSON does not have are a text under `VD`. `None` for kinds that
/// no supported operator has.
fn value_of(attribute: &Json<'_>) -> Option<Attribute> {
    let data = attribute.get("D");
    Some(match attribute.get("#")?.text()? {
        "0.a_bool" => match data? {
            Json::Bool(value) => Attribute::Bool(*value),
            _ => return None,
        },
        "0.a_i32" | "0.a_i64" => Attribute::Int(data?.int()?),
        "0.a_f32" | "0.a_f64" => Attribute::Float(match data {
            Some(data) => float(data)?,
            None => match attribute.get("VD")?.text()? {
                "NaN" => f64::NAN,
                "INF" => f64::INFINITY,
                "-INF" => f64::NEG_INFINITY,
                _ => return None,
            },
        }),
        "0.a_str" => Attribute::Text(data?.text()?.to_owned()),
        "0.a_array" => array(data?.list()?)?,
        "1.a_intarray" => Attribute::Ints(data?.list()?.iter().map(Json::int).collect::<Option<_>>()?),
        "1.a_dtype" => Attribute::Type(type_named(data?.text()?)),
        "1.a_scalar" => match data? {
            Json::Bool(value) => Attribute::Bool(*value),
            Json::Int(value) => Attribute::Int(*value),
            Json::Float(value) => Attribute::Float(*value),
            _ => return None,
        },
        _ => return None,
    })
}

fn float(data: &Json<'_>) -> Option<f64> {
    match data {
        Json::Float(value) => Some(*value),
        Json::Int(value) => Some(*value as f64),
        _ => None,
    }
}

/// A list whose items are all of the first one's kind.
fn array(items: &[Json<'_>]) -> Option<Attribute> {
    let items = items.iter().map(value_of).collect::<Option<Vec<_>>>()?;
    macro_rules! all {
        ($one:ident, $many:ident) => {
            Attribute::$many(
                items
                    .into_iter()
                    .map(|item| match item {
                        Attribute::$one(value) => Some(value),
                        _ => None,
                    })
                    .collect::<Option<_>>()?,
            )
        };
    }
    Some(match items.first() {
        None => Attribute::Ints(Vec::new()),
        Some(Attribute::Int(_)) => all!(Int, Ints),
        Some(Attribute::Float(_)) => all!(Float, Floats),
        Some(Attribute::Bool(_)) => all!(Bool, Bools),
        Some(Attribute::Text(_)) => all!(Text, Texts),
        Some(_) => return None,
    })
}

fn type_named(name: &str) -> Option<DataType> {
    DataType::all().find(|data_type| data_type.name() == name)
}
