//! The command `compare`: whether a new report is worse than an old one.

use serde_json::{Value, json};

use crate::args::CompareArguments;
use crate::failure::{Failure, LOSS, Result, fail};
use crate::report;
use crate::values::Metric;

/// Where a figure stands in a point, and whether more of it is better.
fn place(metric: Metric) -> (&'static str, &'static str, bool) {
    match metric {
        Metric::Throughput => ("items/s", "/items_per_s", true),
        Metric::Mean => ("mean ms", "/latency_ms/mean", false),
        Metric::P50 => ("p50 ms", "/latency_ms/p50", false),
        Metric::P90 => ("p90 ms", "/latency_ms/p90", false),
        Metric::P99 => ("p99 ms", "/latency_ms/p99", false),
        Metric::Memory => ("peak MB", "/memory_mb/peak", false),
    }
}

pub fn run(arguments: &CompareArguments) -> Result<()> {
    let (old, new) = (report::read(&arguments.old)?, report::read(&arguments.new)?);
    for difference in differences(&old, &new) {
        println!("note: {difference}");
    }
    let (old, new) = (points(&old), points(&new));
    let (mut losses, mut compared) = (0, 0);
    println!("{:<58} {:<8} {:>12} {:>12} {:>9}", "point", "figure", "old", "new", "change");
    for point in &new {
        let Some(before) = old.iter().find(|before| key(before) == key(point)) else {
            println!("{:<58} only in the new report", name(point));
            continue;
        };
        for metric in metrics(arguments, point) {
            let (title, pointer, more_is_better) = place(metric);
            let figure = |point: &Value| point.pointer(pointer).and_then(Value::as_f64);
            let (Some(was), Some(is)) = (figure(before), figure(point)) else {
                println!("{:<58} {title:<8} too few runs in one of the reports", name(point));
                continue;
            };
            compared += 1;
            let change = percent(was, is);
            let loss = if more_is_better { -change } else { change };
            let is_loss = loss > arguments.threshold;
            losses += usize::from(is_loss);
            let mark = if is_loss { "  LOSS" } else { "" };
            println!("{:<58} {title:<8} {was:>12.3} {is:>12.3} {change:>+8.1}%{mark}", name(point));
        }
    }
    for point in old.iter().filter(|point| !new.iter().any(|other| key(other) == key(point))) {
        println!("{:<58} only in the old report", name(point));
    }
    if compared == 0 {
        fail!("the reports have no figure in common");
    }
    if losses > 0 {
        let text = format!("{losses} of {compared} figures lost more than {} %", arguments.threshold);
        return Err(Failure { code: LOSS, text });
    }
    Ok(())
}

/// Change from `was` to `is`; what was 0 and is more has grown without bound.
fn percent(was: f64, is: f64) -> f64 {
    match was == is {
        true => 0.0,
        false => 100.0 * (is - was) / was,
    }
}

fn points(report: &Value) -> Vec<&Value> {
    report["points"].as_array().into_iter().flatten().collect()
}

fn metrics(arguments: &CompareArguments, point: &Value) -> Vec<Metric> {
    match (arguments.metric.as_slice(), point["scenario"] == "server") {
        ([], true) => vec![Metric::P99],
        ([], false) => vec![Metric::Throughput],
        (given, _) => given.to_vec(),
    }
}

/// Points are the same if they were asked for in the same way.
fn key(point: &Value) -> Value {
    json!([report::series_of(point), point["threads"], point["predictors"]])
}

fn name(point: &Value) -> String {
    let text = |key: &str| point[key].as_str().map_or_else(|| point[key].to_string(), str::to_owned);
    let rate = if point["rate"].is_null() { String::new() } else { format!(" {}/s", point["rate"]) };
    format!(
        "{} {}{rate}, {} threads, intra {}, {}",
        text("mode"),
        text("scenario"),
        text("threads"),
        text("intra_op_threads"),
        text("shapes")
    )
}

/// What makes the two reports hard to compare.
fn differences(old: &Value, new: &Value) -> Vec<String> {
    let facts = [
        ("the processor", "/host/cpu"),
        ("the number of usable cores", "/host/cores_usable"),
        ("the cgroup's quota", "/host/cgroup_cpu_quota"),
        ("the model", "/model/blake3"),
        ("ONNX Runtime", "/runtime/version"),
        ("predictor_pool", "/library_version"),
        ("whether it was interrupted", "/interrupted"),
    ];
    let differ = |(what, pointer): &(&str, &str)| {
        let (was, is) = (old.pointer(pointer), new.pointer(pointer));
        let text = |value: Option<&Value>| value.map_or_else(String::new, Value::to_string);
        (was != is).then(|| format!("{what} is not the same: {} and {}", text(was), text(is)))
    };
    facts.iter().filter_map(differ).collect()
}
