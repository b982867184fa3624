//! What `--shape` says, and the shape of every input that follows from it, the batch and the model.

use predictor_pool::{DataType, TensorSpec};

use crate::failure::{Result, usage};

/// Values of an input: from the first up to, not including, the second.
pub type Range = (f64, f64);

/// An input with every dimension known.
#[derive(Clone, Debug, PartialEq)]
pub struct InputShape {
    pub name: String,
    pub data_type: DataType,
    pub dims: Vec<i64>,
    pub range: Option<Range>,
}

/// One part of a `--shape`.
#[derive(Debug, PartialEq)]
enum Part {
    /// Of the input called so, or of the next one in the model's order.
    Whole {
        input: Option<String>,
        dims: Vec<i64>,
        data_type: Option<DataType>,
        range: Option<Range>,
    },
    Dimension {
        name: String,
        size: i64,
    },
}

/// The shapes of all inputs that the model needs. `batch` sizes the free first dimension of each.
pub fn resolve(specs: &[TensorSpec], shape: Option<&str>, batch: Option<i64>) -> Result<Vec<InputShape>> {
    let parts = shape.map_or(Ok(Vec::new()), parse)?;
    check_names(specs, &parts)?;
    let mut inputs = Vec::with_capacity(specs.len());
    let mut missing = Vec::new();
    for (index, spec) in specs.iter().enumerate() {
        let mut input = InputShape {
            name: spec.name().to_owned(),
            data_type: spec.data_type()?,
            dims: spec.shape().map_or_else(|_| Vec::new(), <[i64]>::to_vec),
            range: None,
        };
        if let Some(part) = whole_of(&parts, index, spec.name()) {
            take_whole(&mut input, spec, part)?;
        } else if spec.shape().is_err() {
            usage!("input {:?}: the model declares no shape; give --shape '{0}:(1,...)'", spec.name());
        }
        fill_free(&mut input, spec, &parts, batch, &mut missing);
        inputs.push(input);
    }
    if !missing.is_empty() {
        missing.dedup();
        usage!("free dimensions without a size: {}; give {}", missing.join(", "), advice(&missing));
    }
    fits_batch(specs, &inputs, batch)?;
    Ok(inputs)
}

/// Items of one run: the first dimension that all inputs share, else 1.
pub fn items(inputs: &[InputShape]) -> i64 {
    let mut firsts = inputs.iter().map(|input| input.dims.first().copied());
    match firsts.next().flatten() {
        Some(first) if firsts.all(|other| other == Some(first)) => first.max(1),
        _ => 1,
    }
}

/// Whether `--batch` means something for the model.
pub fn has_free_batch(specs: &[TensorSpec]) -> bool {
    specs.iter().any(|spec| spec.shape().is_ok_and(|dims| dims.first() == Some(&-1)))
}

fn whole_of<'a>(parts: &'a [Part], index: usize, name: &str) -> Option<&'a Part> {
    let named =
        parts.iter().find(|part| matches!(part, Part::Whole { input: Some(input), .. } if input == name));
    let mut positional = parts.iter().filter(|part| matches!(part, Part::Whole { input: None, .. }));
    named.or_else(|| positional.nth(index))
}

fn take_whole(input: &mut InputShape, spec: &TensorSpec, part: &Part) -> Result<()> {
    let Part::Whole { dims, data_type, range, .. } = part else { return Ok(()) };
    let name = spec.name();
    if let Some(given) = data_type.filter(|given| *given != input.data_type) {
        usage!("input {name:?}: the model takes {}, --shape says {}", input.data_type.name(), given.name());
    }
    let fits = |declared: &[i64]| {
        declared.len() == dims.len()
            && declared.iter().zip(dims).all(|(declared, given)| *declared < 0 || declared == given)
    };
    if let Ok(declared) = spec.shape()
        && !fits(declared)
    {
        usage!("input {name:?}: the model declares {}, --shape says {}", describe(declared), describe(dims));
    }
    input.dims.clone_from(dims);
    input.range = *range;
    Ok(())
}

/// Sizes for the dimensions that are still free: by name, then the batch.
fn fill_free(
    input: &mut InputShape,
    spec: &TensorSpec,
    parts: &[Part],
    batch: Option<i64>,
    missing: &mut Vec<String>,
) {
    let declared = spec.shape().map_or_else(|_| Vec::new(), <[i64]>::to_vec);
    let name_of = |axis| spec.dimension_name(axis).unwrap_or("");
    let by_name = |axis| {
        parts.iter().find_map(|part| match part {
            Part::Dimension { name, size } if !name.is_empty() && name == name_of(axis) => Some(*size),
            _ => None,
        })
    };
    let batch_name = if declared.first() == Some(&-1) { name_of(0) } else { "" };
    for (axis, dim) in input.dims.iter_mut().enumerate() {
        let is_batch = declared.get(axis) == Some(&-1)
            && (axis == 0 || (!batch_name.is_empty() && name_of(axis) == batch_name));
        if let (true, Some(batch)) = (is_batch, batch) {
            *dim = batch;
        }
        if *dim >= 0 {
            continue;
        }
        match by_name(axis) {
            Some(size) => *dim = size,
            None if is_batch => *dim = 1,
            None if name_of(axis).is_empty() => {
                missing.push(format!("axis {axis} of input {:?}", spec.name()))
            }
            None => missing.push(name_of(axis).to_owned()),
        }
    }
}

fn advice(missing: &[String]) -> String {
    let named: Vec<String> =
        missing.iter().filter(|name| !name.contains(' ')).map(|name| format!("{name}=SIZE")).collect();
    if named.len() == missing.len() {
        return format!("--shape '{}'", named.join(";"));
    }
    "--shape with whole shapes, such as 'NAME:(1,3,224,224)'".to_owned()
}

fn check_names(specs: &[TensorSpec], parts: &[Part]) -> Result<()> {
    let inputs: Vec<&str> = specs.iter().map(TensorSpec::name).collect();
    let dims: Vec<&str> = specs
        .iter()
        .flat_map(|spec| (0..).map_while(|axis| spec.dimension_name(axis).ok()))
        .filter(|name| !name.is_empty())
        .collect();
    let mut positional = 0;
    for part in parts {
        match part {
            Part::Whole { input: None, .. } => positional += 1,
            Part::Whole { input: Some(name), .. } if !inputs.contains(&name.as_str()) => {
                usage!("--shape: no input is called {name:?}; the model has {}", quoted(&inputs));
            }
            Part::Dimension { name, .. } if !dims.contains(&name.as_str()) => {
                usage!("--shape: no free dimension is called {name:?}; the model has {}", quoted(&dims));
            }
            _ => (),
        }
    }
    if positional > specs.len() {
        usage!("--shape: {positional} shapes for {} inputs: {}", specs.len(), quoted(&inputs));
    }
    Ok(())
}

fn fits_batch(specs: &[TensorSpec], inputs: &[InputShape], batch: Option<i64>) -> Result<()> {
    let Some(batch) = batch.filter(|_| !has_free_batch(specs)) else { return Ok(()) };
    if inputs.is_empty() || items(inputs) != batch {
        let shapes: Vec<String> =
            inputs.iter().map(|input| format!("{:?} {}", input.name, describe(&input.dims))).collect();
        usage!("--batch {batch}: no input has a free first dimension: {}", shapes.join(", "));
    }
    Ok(())
}

fn quoted(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

/// `[1,3,224,224]`
pub fn describe(dims: &[i64]) -> String {
    let dims: Vec<String> = dims.iter().map(i64::to_string).collect();
    format!("[{}]", dims.join(","))
}

fn parse(text: &str) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    for segment in text.split(';').map(str::trim).filter(|segment| !segment.is_empty()) {
        if segment.contains('(') {
            for shape in split_outside_parentheses(segment) {
                parts.push(parse_whole(text, shape)?);
            }
        } else if segment.contains('=') {
            for dimension in segment.split(',') {
                parts.push(parse_dimension(text, dimension)?);
            }
        } else {
            let dims = parse_dims(text, segment)?;
            parts.push(Part::Whole { input: None, dims, data_type: None, range: None });
        }
    }
    if parts.is_empty() {
        usage!("--shape {text:?}: expected shapes such as 1,3,224,224 or 'x:(1,3)f'");
    }
    Ok(parts)
}

fn split_outside_parentheses(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => (),
        }
    }
    parts.push(&text[start..]);
    parts
}

/// `[NAME:](DIMS)[SUFFIX][=LOW..HIGH]`; a name may contain colons.
fn parse_whole(whole: &str, text: &str) -> Result<Part> {
    let Some((before, (dims, after))) =
        text.trim().split_once('(').and_then(|(before, rest)| Some((before, rest.split_once(')')?)))
    else {
        usage!("--shape {whole:?}: expected NAME:(SIZES) or (SIZES), got {text:?}");
    };
    let input = match before.trim() {
        "" => None,
        name if name.ends_with(':') => Some(name[..name.len() - 1].to_owned()),
        other => usage!("--shape {whole:?}: expected a colon after the name {other:?}"),
    };
    let (suffix, range) = match after.split_once('=') {
        Some((suffix, range)) => (suffix, Some(parse_range(range)?)),
        None => (after, None),
    };
    Ok(Part::Whole {
        input,
        dims: parse_dims(whole, dims)?,
        data_type: parse_suffix(whole, suffix.trim())?,
        range,
    })
}

fn parse_dimension(whole: &str, text: &str) -> Result<Part> {
    let parsed = text.rsplit_once('=').map(|(name, size)| (name.trim(), size.trim().parse::<i64>()));
    match parsed {
        Some((name, Ok(size @ 0..))) if !name.is_empty() => {
            Ok(Part::Dimension { name: name.to_owned(), size })
        }
        _ => usage!("--shape {whole:?}: expected NAME=SIZE, got {text:?}"),
    }
}

fn parse_dims(whole: &str, text: &str) -> Result<Vec<i64>> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut dims = Vec::new();
    for dim in text.split(',') {
        match dim.trim().parse() {
            Ok(dim @ 0..) => dims.push(dim),
            _ => usage!("--shape {whole:?}: expected a size of at least 0, got {dim:?}"),
        }
    }
    Ok(dims)
}

/// djl-bench's letters.
fn parse_suffix(whole: &str, text: &str) -> Result<Option<DataType>> {
    Ok(Some(match text {
        "" => return Ok(None),
        "f" => DataType::Float32,
        "s" => DataType::Float16,
        "d" => DataType::Float64,
        "u" => DataType::UInt8,
        "b" => DataType::Int8,
        "i" => DataType::Int32,
        "l" => DataType::Int64,
        "B" => DataType::Bool,
        other => {
            usage!("--shape {whole:?}: expected f, s, d, u, b, i, l or B after the sizes, got {other:?}")
        }
    }))
}

/// `LOW..HIGH`, HIGH not included.
pub fn parse_range(text: &str) -> Result<Range> {
    let bounds = text.split_once("..").map(|(low, high)| (low.trim().parse(), high.trim().parse()));
    match bounds {
        Some((Ok(low), Ok(high))) if f64::is_finite(low) && f64::is_finite(high) && low < high => {
            Ok((low, high))
        }
        _ => usage!("expected a range LOW..HIGH with LOW below HIGH, got {text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(input: Option<&str>, dims: &[i64], data_type: Option<DataType>, range: Option<Range>) -> Part {
        Part::Whole { input: input.map(str::to_owned), dims: dims.to_vec(), data_type, range }
    }

    #[test]
    fn shapes_are_written_as_in_djl_bench() {
        assert_eq!(parse("1,3,224,224").unwrap(), [whole(None, &[1, 3, 224, 224], None, None)]);
        let two = [
            whole(None, &[1], Some(DataType::Int32), None),
            whole(None, &[384], Some(DataType::Float32), None),
        ];
        assert_eq!(parse("(1)i,(384)f").unwrap(), two);
        for (letter, data_type) in ["f", "s", "d", "u", "b", "i", "l", "B"].into_iter().zip([
            DataType::Float32,
            DataType::Float16,
            DataType::Float64,
            DataType::UInt8,
            DataType::Int8,
            DataType::Int32,
            DataType::Int64,
            DataType::Bool,
        ]) {
            assert_eq!(parse(&format!("(2){letter}")).unwrap(), [whole(None, &[2], Some(data_type), None)]);
        }
    }

    #[test]
    fn shapes_are_given_by_name_with_ranges() {
        let text = "input:0:(1,3)f; ids:(1,128)l=0..30000; scale:()";
        let parts = [
            whole(Some("input:0"), &[1, 3], Some(DataType::Float32), None),
            whole(Some("ids"), &[1, 128], Some(DataType::Int64), Some((0.0, 30000.0))),
            whole(Some("scale"), &[], None, None),
        ];
        assert_eq!(parse(text).unwrap(), parts);
        let dims = parse("height=224,width=320;batch=2").unwrap();
        assert_eq!(dims[1], Part::Dimension { name: "width".to_owned(), size: 320 });
        assert_eq!(dims.len(), 3);
    }

    #[test]
    fn what_is_no_shape_is_refused() {
        for text in ["", ";", "1,x", "-1,2", "(1,2", "x(1)", "(1)q", "a=b", "=3", "(1)f=3", "(1)f=3..2"] {
            let failure = parse(text).unwrap_err();
            assert_eq!(failure.code, crate::failure::USAGE, "{text}");
        }
    }

    #[test]
    fn a_run_has_as_many_items_as_all_inputs_share_a_first_dimension() {
        let shape = |dims: &[i64]| InputShape {
            name: String::new(),
            data_type: DataType::Float32,
            dims: dims.to_vec(),
            range: None,
        };
        assert_eq!(items(&[shape(&[8, 3]), shape(&[8])]), 8);
        assert_eq!(items(&[shape(&[8, 3]), shape(&[1])]), 1);
        assert_eq!(items(&[shape(&[]), shape(&[64, 64])]), 1);
        assert_eq!(items(&[]), 1);
    }
}
