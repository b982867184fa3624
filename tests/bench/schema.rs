//! The part of JSON Schema that docs/predictor-bench.schema.json uses.

use serde_json::Value;

/// What is wrong with `value`, and where.
pub fn check(schema: &Value, value: &Value) -> Result<(), String> {
    at(schema, schema, value, "")
}

fn at(root: &Value, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#'));
        return at(root, target.ok_or_else(|| format!("{reference} does not exist"))?, value, path);
    }
    if let Some(types) = schema.get("type") {
        let types: Vec<&str> = match types {
            Value::String(only) => vec![only],
            several => several.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect(),
        };
        if !types.iter().any(|name| is_a(value, name)) {
            return Err(format!("{path}: expected {types:?}, got {value}"));
        }
    }
    if schema.get("const").is_some_and(|only| only != value) {
        return Err(format!("{path}: expected {}, got {value}", schema["const"]));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        return Err(format!("{path}: expected one of {allowed:?}, got {value}"));
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        for (index, value) in values.iter().enumerate() {
            at(root, items, value, &format!("{path}/{index}"))?;
        }
    }
    let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object()) else {
        return Ok(());
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !object.contains_key(name.as_str().unwrap()) {
            return Err(format!("{path}: {name} is missing"));
        }
    }
    for (name, value) in object {
        match properties.get(name) {
            Some(schema) => at(root, schema, value, &format!("{path}/{name}"))?,
            None => return Err(format!("{path}: {name} is not documented")),
        }
    }
    Ok(())
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the schema has a type {other:?}"),
    }
}
