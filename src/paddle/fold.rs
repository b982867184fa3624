//! Computes small constants: shapes, axes and other arguments that the file has operators for. What is
//! known in full needs no node.

use crate::error::Result;

use super::facts::{Constant, Numbers, element_count};
use super::graph::Attribute;
use super::view::View;

/// Tensors of one number that are longer are left to a node.
const MOST_ELEMENTS: usize = 4096;

/// The operator's first result, as far as it is known.
pub(super) fn evaluate(view: &View<'_>) -> Result<Option<Constant>> {
    let Some(rule) = view.operator.rule else { return Ok(None) };
    let Some(id) = view.operator.outputs.first().and_then(|(_, ids)| ids.first()) else { return Ok(None) };
    let Some(kind) = &view.graph.value(*id).kind else { return Ok(None) };
    let numbers = match rule.name() {
        "full" => full(view, &kind.dims)?,
        "full_int_array" => Some(ints(view.ints("value")?)),
        "assign_value" => assigned(view)?,
        "shape" => {
            Some(Numbers::Ints(view.shape("input")?.iter().map(|dim| (*dim >= 0).then_some(*dim)).collect()))
        }
        "numel" => element_count(view.shape("x")?).map(|count| ints(vec![count as i64])),
        "assign" | "cast" | "reshape" | "squeeze" | "unsqueeze" | "flatten" => {
            view.constant("x").map(|constant| constant.numbers.clone())
        }
        "concat" | "stack" => joined(view)?,
        "slice" => sliced(view)?,
        "gather" => gathered(view)?,
        "scale" => scaled(view)?,
        "add" => combined(view, i64::checked_add),
        "subtract" => combined(view, i64::checked_sub),
        "multiply" => combined(view, i64::checked_mul),
        "floor_divide" => combined(view, |a, b| (a >= 0 && b > 0).then(|| a / b)),
        _ => None,
    };
    Ok(numbers.map(|numbers| Constant::new(kind, numbers)))
}

fn ints(ints: Vec<i64>) -> Numbers {
    Numbers::Ints(ints.into_iter().map(Some).collect())
}

fn full(view: &View<'_>, declared: &[i64]) -> Result<Option<Numbers>> {
    let is_open = |name| view.has_input(name) && view.known_ints(name).is_none();
    if is_open("shape") || is_open("value") {
        return Ok(None);
    }
    let Some(count) = element_count(declared).filter(|count| *count <= MOST_ELEMENTS) else {
        return Ok(None);
    };
    // Integers beyond 2^53 are exact in the text only.
    let text = if view.has_input("value") { "" } else { view.text_or("str_value", "")? };
    if let Ok(int) = text.parse::<i64>() {
        return Ok(Some(ints(vec![int; count])));
    }
    let value = match text.parse::<f64>() {
        Ok(value) => value,
        Err(_) => view.float_or("value", 0.0)?,
    };
    Ok(Some(Numbers::Floats(vec![value; count])))
}

/// The list under the one name that is not empty; it is called after the type in older files.
fn assigned(view: &View<'_>) -> Result<Option<Numbers>> {
    for name in ["values", "fp32_values", "int32_values", "int64_values", "bool_values", "fp64_values"] {
        match view.operator.attribute(name) {
            Some(Attribute::Ints(values)) if !values.is_empty() => return Ok(Some(ints(values.clone()))),
            Some(Attribute::Bools(values)) if !values.is_empty() => {
                return Ok(Some(ints(values.iter().map(|value| i64::from(*value)).collect())));
            }
            Some(Attribute::Floats(values)) if !values.is_empty() => {
                return Ok(Some(Numbers::Floats(values.clone())));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// Lists of integers one behind the other.
fn joined(view: &View<'_>) -> Result<Option<Numbers>> {
    let mut all = Vec::new();
    for id in view.operator.input("x") {
        let Some(Constant { dims, numbers: Numbers::Ints(ints), .. }) = view.facts.get(*id) else {
            return Ok(None);
        };
        if dims.len() > 1 {
            return Ok(None);
        }
        all.extend(ints.iter().copied());
    }
    let axis = view.int_or("axis", 0)?;
    Ok((axis == 0 || axis == -1).then_some(Numbers::Ints(all)))
}

/// A part of a list.
fn sliced(view: &View<'_>) -> Result<Option<Numbers>> {
    let Some(Constant { dims, numbers: Numbers::Ints(all), .. }) = view.constant("input") else {
        return Ok(None);
    };
    let is_known = |name| !view.has_input(name) || view.known_ints(name).is_some();
    if dims.len() != 1 || !is_known("starts") || !is_known("ends") {
        return Ok(None);
    }
    let ([start], [end]) = (&view.ints("starts")?[..], &view.ints("ends")?[..]) else { return Ok(None) };
    let count = all.len() as i64;
    let clamp = |bound: i64| (if bound < 0 { bound.saturating_add(count) } else { bound }).clamp(0, count);
    let (start, end) = (clamp(*start) as usize, clamp(*end) as usize);
    Ok(Some(Numbers::Ints(all.get(start..end).unwrap_or(&[]).to_vec())))
}

/// Elements of a list.
fn gathered(view: &View<'_>) -> Result<Option<Numbers>> {
    let Some(Constant { dims, numbers: Numbers::Ints(all), .. }) = view.constant("x") else {
        return Ok(None);
    };
    let Some(indices) = view.known_ints("index").filter(|_| dims.len() == 1) else { return Ok(None) };
    let count = all.len() as i64;
    let element = |index: &i64| {
        let index = if *index < 0 { index + count } else { *index };
        all.get(usize::try_from(index).ok()?).copied()
    };
    Ok(indices.iter().map(element).collect::<Option<_>>().map(Numbers::Ints))
}

/// Integers times an integer plus an integer.
fn scaled(view: &View<'_>) -> Result<Option<Numbers>> {
    let Some(Constant { numbers: Numbers::Ints(all), .. }) = view.constant("x") else { return Ok(None) };
    if view.has_input("scale") && view.constant("scale").is_none() {
        return Ok(None);
    }
    let (scale, bias) = (view.float_or("scale", 1.0)?, view.float_or("bias", 0.0)?);
    if scale.fract() != 0.0 || bias.fract() != 0.0 {
        return Ok(None);
    }
    let (scale, bias) = (scale as i64, bias as i64);
    let is_late = view.bool_or("bias_after_scale", true)?;
    let compute = |int: i64| match is_late {
        true => int.checked_mul(scale)?.checked_add(bias),
        false => int.checked_add(bias)?.checked_mul(scale),
    };
    Ok(Some(Numbers::Ints(all.iter().map(|int| int.and_then(compute)).collect())))
}

/// Two lists of integers element by element, or one of them with a single integer.
fn combined(view: &View<'_>, compute: impl Fn(i64, i64) -> Option<i64>) -> Option<Numbers> {
    let (x, y) = (view.constant("x")?, view.constant("y")?);
    let (Numbers::Ints(a), Numbers::Ints(b)) = (&x.numbers, &y.numbers) else { return None };
    if x.dims.len() > 1 || y.dims.len() > 1 || (a.len() != b.len() && a.len() != 1 && b.len() != 1) {
        return None;
    }
    let at = |list: &[Option<i64>], index: usize| list[if list.len() == 1 { 0 } else { index }];
    let count = if a.len() == 1 { b.len() } else { a.len() };
    let element = |index| compute(at(a, index)?, at(b, index)?);
    Some(Numbers::Ints((0..count).map(element).collect()))
}
