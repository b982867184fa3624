//! The command `info`.

use predictor_pool::{Predictor, TensorSpec};
use serde_json::{Value, json};

use crate::args::InfoArguments;
use crate::failure::Result;
use crate::model;

pub fn run(arguments: &InfoArguments) -> Result<()> {
    let facts = facts(arguments)?;
    if arguments.json {
        println!("{facts:#}");
    } else {
        print(&facts);
    }
    Ok(())
}

fn facts(arguments: &InfoArguments) -> Result<Value> {
    let path = model::file(&arguments.model.path());
    let (bytes, digest) = model::identity(&path)?;
    model::load_runtime()?;
    let predictor = Predictor::new(&model::config(&arguments.model)?)?;
    Ok(json!({
        "model": {"path": path.display().to_string(), "bytes": bytes, "blake3": digest},
        "inputs": predictor.inputs().iter().map(tensor).collect::<Value>(),
        "outputs": predictor.outputs().iter().map(tensor).collect::<Value>(),
        "free_dimensions": free_dimensions(predictor.inputs()),
        "providers": predictor_pool::provider_names()?,
        "runtime": {
            "version": predictor_pool::runtime_version()?,
            "path": predictor_pool::runtime_path()?.display().to_string(),
        },
        "library_version": env!("CARGO_PKG_VERSION"),
        "cores_usable": predictor_pool::usable_cores(),
    }))
}

/// Free dimensions are given by name, or as -1 where they have none.
fn tensor(spec: &TensorSpec) -> Value {
    let dims = spec.shape().ok().map(|dims| {
        let name = |axis| spec.dimension_name(axis).ok().filter(|name| !name.is_empty());
        let dim = |(axis, dim): (usize, &i64)| match name(axis) {
            Some(name) if *dim < 0 => json!(name),
            _ => json!(dim),
        };
        dims.iter().enumerate().map(dim).collect::<Value>()
    });
    let data_type =
        spec.data_type().map_or_else(|_| "not carried".to_owned(), |data_type| data_type.name().to_owned());
    json!({"name": spec.name(), "type": data_type, "shape": dims})
}

fn free_dimensions(inputs: &[TensorSpec]) -> Vec<String> {
    let mut names: Vec<String> = inputs
        .iter()
        .flat_map(|spec| {
            let free =
                |(axis, dim): (usize, &i64)| (*dim < 0).then(|| spec.dimension_name(axis).ok()).flatten();
            spec.shape()
                .unwrap_or(&[])
                .iter()
                .enumerate()
                .filter_map(free)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .filter(|name| !name.is_empty())
        .collect();
    names.sort();
    names.dedup();
    names
}

fn print(facts: &Value) {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let list = |value: &Value| {
        let items: Vec<String> = value.as_array().into_iter().flatten().map(text).collect();
        if items.is_empty() { "none".to_owned() } else { items.join(", ") }
    };
    println!("model            {}, {} bytes", text(&facts["model"]["path"]), facts["model"]["bytes"]);
    println!("blake3           {}", text(&facts["model"]["blake3"]));
    for (kind, tensors) in [("input", &facts["inputs"]), ("output", &facts["outputs"])] {
        for tensor in tensors.as_array().into_iter().flatten() {
            let shape = match &tensor["shape"] {
                Value::Null => "no declared shape".to_owned(),
                shape => format!("[{}]", if shape == &json!([]) { String::new() } else { list(shape) }),
            };
            println!("{kind:<16} {} {} {shape}", text(&tensor["name"]), text(&tensor["type"]));
        }
    }
    println!("free dimensions  {}", list(&facts["free_dimensions"]));
    println!("providers        {}", list(&facts["providers"]));
    println!("ONNX Runtime     {}, {}", text(&facts["runtime"]["version"]), text(&facts["runtime"]["path"]));
    println!("predictor_pool   {}, {} usable cores", text(&facts["library_version"]), facts["cores_usable"]);
}
