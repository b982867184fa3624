//! The report that `--json` writes and `compare` reads.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::args::{ModelArguments, OutputArguments};
use crate::failure::{Failure, Result, about_file, fail};
use crate::host;
use crate::model;
use crate::picture;
use crate::table;

/// Raised when a figure changes its meaning or its place.
pub const SCHEMA: u64 = 1;

/// The report without its points.
pub fn begin(arguments: &ModelArguments) -> Result<Value> {
    let path = model::file(&arguments.path());
    let (bytes, digest) = model::identity(&path)?;
    let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let command: Vec<String> = std::env::args().collect();
    Ok(json!({
        "schema": SCHEMA,
        "tool": "predictor-bench",
        "library_version": env!("CARGO_PKG_VERSION"),
        "command": command,
        "started_unix_s": started,
        "interrupted": false,
        "host": host::facts(),
        "model": {"path": path.display().to_string(), "bytes": bytes, "blake3": digest},
        "runtime": null,
        "points": [],
    }))
}

/// Adds the points, and the ONNX Runtime that ran them.
pub fn add_points(report: &mut Value, mut points: Vec<Value>, interrupted: bool) {
    for point in &mut points {
        if let Some(runtime) = point.as_object_mut().and_then(|point| point.remove("runtime")) {
            report["runtime"] = runtime;
        }
        point["shapes"] = json!(shapes_text(point));
        point["speed_up"] = Value::Null;
        point["efficiency"] = Value::Null;
    }
    report["points"] = Value::Array(points);
    report["interrupted"] = json!(interrupted);
}

/// Gives every point the throughput of the one with 1 thread and all else equal to compare with, if there is one. At a
/// given rate of requests there is nothing to gain.
pub fn add_speed_ups(report: &mut Value) {
    let Some(points) = report["points"].as_array_mut() else { return };
    let singles: Vec<(Value, f64)> = points
        .iter()
        .filter(|point| point["threads"] == 1 && point["rate"].is_null())
        .filter_map(|point| Some((series_of(point), point["runs_per_s"].as_f64()?)))
        .collect();
    let rounded = |value: f64| json!((value * 1e3).round() / 1e3);
    for point in points {
        let series = series_of(point);
        let single = singles.iter().find(|(other, _)| *other == series);
        let (Some((_, single)), Some(rate)) = (single, point["runs_per_s"].as_f64()) else { continue };
        let threads = point["threads"].as_f64().unwrap_or(1.0);
        point["speed_up"] = rounded(rate / single);
        point["efficiency"] = rounded(rate / single / threads);
    }
}

/// What points have in common that differ in the number of threads only.
pub fn series_of(point: &Value) -> Value {
    json!([point["mode"], point["intra_op_threads"], point["inputs"], point["scenario"], point["rate"]])
}

fn shapes_text(point: &Value) -> String {
    let inputs = point["inputs"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    let text = |input: &Value| format!("{}{}", input["name"].as_str().unwrap_or(""), input["shape"]);
    inputs.iter().map(text).collect::<Vec<_>>().join(" ")
}

/// Where the report goes besides the terminal.
pub struct Files {
    json: Option<PathBuf>,
    csv: Option<PathBuf>,
    svg: Option<PathBuf>,
    png: Option<PathBuf>,
}

impl Files {
    /// Makes the folder and tries every file, so that a typing error does not cost a measurement.
    pub fn prepare(output: &OutputArguments) -> Result<Self> {
        let folder = output.output_dir.as_ref();
        if let Some(folder) = folder {
            std::fs::create_dir_all(folder).map_err(about_file(folder))?;
        }
        let path = |given: &Option<PathBuf>, name: &str| given.clone().or_else(|| Some(folder?.join(name)));
        let files = Self {
            json: path(&output.json, "bench.json"),
            csv: path(&output.csv, "bench.csv"),
            svg: path(&output.svg, "bench.svg"),
            png: path(&output.png, "bench.png"),
        };
        for file in [&files.json, &files.csv, &files.svg, &files.png].into_iter().flatten() {
            let is_new = !file.exists();
            std::fs::OpenOptions::new().append(true).create(true).open(file).map_err(about_file(file))?;
            if is_new {
                std::fs::remove_file(file).map_err(about_file(file))?;
            }
        }
        Ok(files)
    }

    /// Writes all that were asked for.
    pub fn write(&self, report: &Value) -> Result<()> {
        let points = report["points"].as_array().map_or(&[] as &[Value], Vec::as_slice);
        if let Some(path) = &self.json {
            write_json(path, report)?;
        }
        if let Some(path) = &self.csv {
            std::fs::write(path, table::csv(points)).map_err(about_file(path))?;
        }
        if let Some(path) = &self.svg {
            std::fs::write(path, picture::svg(report)?).map_err(about_file(path))?;
        }
        if let Some(path) = &self.png {
            std::fs::write(path, picture::png(report)?).map_err(about_file(path))?;
        }
        Ok(())
    }
}

pub fn write_json(path: &Path, report: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(report).map_err(|error| Failure::new(error.to_string()))?;
    std::fs::write(path, text + "\n").map_err(about_file(path))
}

/// A report of this schema.
pub fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).map_err(about_file(path))?;
    let report: Value =
        serde_json::from_str(&text).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    if report["tool"] != "predictor-bench" || !report["points"].is_array() {
        fail!("{}: expected a report of predictor-bench", path.display());
    }
    if report["schema"] != SCHEMA {
        fail!("{}: expected schema {SCHEMA}, got {}", path.display(), report["schema"]);
    }
    Ok(report)
}
