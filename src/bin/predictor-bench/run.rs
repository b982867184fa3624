//! The command `run`: a sweep over points.

use serde_json::Value;

use crate::args::{Mode, PointArguments, RunArguments, Scenario, name_of};
use crate::child;
use crate::failure::{Failure, INTERRUPTED, Result, fail, usage};
use crate::progress::Progress;
use crate::report::{self, Files};
use crate::table;

pub fn run(arguments: &RunArguments) -> Result<()> {
    let sweep = sweep(arguments)?;
    let mut report = report::begin(&arguments.model)?;
    let files = Files::prepare(&arguments.output)?;
    let mut progress = Progress::new(sweep.len(), arguments.output.quiet);
    let mut points = Vec::with_capacity(sweep.len());
    let mut failure = None;
    for point in &sweep {
        progress.name(name(point));
        match child::measure(point, |share| progress.at(share)) {
            Ok(point) => {
                let interrupted = point["interrupted"] == true;
                if point["runs"] != 0 {
                    points.push(point);
                }
                if interrupted {
                    failure = Some(interruption());
                    break;
                }
            }
            Err(first) => {
                failure = Some(first);
                break;
            }
        }
        progress.next();
    }
    drop(progress);
    let interrupted = failure.as_ref().is_some_and(|failure| failure.code == INTERRUPTED);
    if !points.is_empty() {
        report::add_points(&mut report, points, interrupted);
        report::add_speed_ups(&mut report);
        print(&report);
        files.write(&report)?;
    }
    match failure {
        Some(failure) => Err(failure),
        None => verdict(&report),
    }
}

fn interruption() -> Failure {
    Failure { code: INTERRUPTED, text: "interrupted; the last point is not complete".to_owned() }
}

/// Every combination that the command line asks for, threads varying fastest.
fn sweep(arguments: &RunArguments) -> Result<Vec<PointArguments>> {
    let sweep = &arguments.sweep;
    let cores = predictor_pool::usable_cores();
    let mut threads: Vec<usize> = sweep.threads.iter().flat_map(|entry| entry.counts(cores)).collect();
    if sweep.scenario == Scenario::SingleStream {
        if sweep.threads.as_slice() != [crate::values::Threads::Ladder] && threads != [1] {
            usage!("--scenario single-stream: expected --threads 1, or none");
        }
        threads = vec![1];
    }
    match (sweep.scenario, sweep.rate.is_empty()) {
        (Scenario::Server, true) => usage!("--scenario server: expected --rate REQUESTS_PER_SECOND"),
        (Scenario::Server, false) | (_, true) => (),
        _ => usage!("--rate: only scenario server has one"),
    }
    if sweep.pool_size.is_some() && !sweep.mode.contains(&Mode::Pool) {
        usage!("--pool-size: only mode pool has one");
    }
    let rates =
        if sweep.rate.is_empty() { vec![None] } else { sweep.rate.iter().copied().map(Some).collect() };
    let batches =
        if sweep.batch.is_empty() { vec![None] } else { sweep.batch.iter().copied().map(Some).collect() };
    let shapes: Vec<Vec<String>> = match arguments.inputs.shape.as_slice() {
        [] => vec![Vec::new()],
        shapes => shapes.iter().map(|shape| vec![shape.clone()]).collect(),
    };
    let mut points = Vec::new();
    for mode in &sweep.mode {
        for shape in &shapes {
            for batch in &batches {
                for intra in &sweep.intra {
                    for rate in &rates {
                        for threads in &threads {
                            let mut inputs = arguments.inputs.clone();
                            inputs.shape.clone_from(shape);
                            points.push(PointArguments {
                                model: arguments.model.clone(),
                                inputs,
                                load: arguments.load.clone(),
                                threads: *threads,
                                intra: *intra,
                                batch: *batch,
                                mode: *mode,
                                pool_size: sweep.pool_size.filter(|_| *mode == Mode::Pool),
                                scenario: sweep.scenario,
                                rate: *rate,
                            });
                        }
                    }
                }
            }
        }
    }
    Ok(points)
}

fn name(point: &PointArguments) -> String {
    let intra = if point.intra == 0 { "auto".to_owned() } else { point.intra.to_string() };
    let batch = point.batch.map_or_else(String::new, |batch| format!(", batch {batch}"));
    format!("{}: {} threads, intra-op {intra}{batch}", name_of(point.mode), point.threads)
}

fn points_of(report: &Value) -> &[Value] {
    report["points"].as_array().map_or(&[], Vec::as_slice)
}

/// What the machine and the model are, the table, and what must be known to read it.
pub fn print(report: &Value) {
    let (host, model, points) = (&report["host"], &report["model"], points_of(report));
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    println!(
        "{}, {} usable cores, predictor_pool {}, ONNX Runtime {}",
        text(&host["cpu"]),
        host["cores_usable"],
        text(&report["library_version"]),
        text(&report["runtime"]["version"])
    );
    let scenario = points.first().map(|point| text(&point["scenario"])).unwrap_or_default();
    let shapes = points.first().map(|point| text(&point["shapes"])).unwrap_or_default();
    println!(
        "{}, {scenario}, {shapes}; a request copies inputs in, runs, copies outputs out",
        text(&model["path"])
    );
    print!("{}", table::table(points));
    for (index, point) in points.iter().enumerate() {
        for note in notes(point) {
            println!("row {}: {note}", index + 1);
        }
    }
}

fn notes(point: &Value) -> Vec<String> {
    let mut notes = Vec::new();
    let number = |pointer: &str| point.pointer(pointer).and_then(Value::as_f64);
    let (first, last) = (number("/queue_wait_by_quarter_ms/0"), number("/queue_wait_by_quarter_ms/3"));
    if let (Some(first), Some(last), Some(run), "server") =
        (first, last, number("/run_ms/mean"), point["scenario"].as_str().unwrap_or(""))
        && last > 2.0 * first
        && last > run
    {
        notes.push(format!(
            "the queue grows: a request of the first quarter waited {first:.2} ms, one of the last {last:.2} ms; more \
             requests arrive than are served"
        ));
    }
    if let Some(unserved @ 1..) = point["unserved"].as_u64() {
        notes.push(format!("{unserved} requests were never started; latencies are of the others"));
    }
    if let Some(text) = point["first_error"].as_str() {
        notes.push(format!("{} errors, the first: {text}", point["errors"]));
    }
    if let Some(percent) = number("/steal_percent").filter(|percent| *percent >= 1.0) {
        notes.push(format!(
            "the hypervisor took {percent:.1} % of the cores' time; measure on a quieter machine"
        ));
    }
    notes
}

/// Failed runs and wrong outputs are a failure of the whole.
fn verdict(report: &Value) -> Result<()> {
    for point in points_of(report) {
        let subject = format!("mode {}, {} threads", point["mode"].as_str().unwrap_or("?"), point["threads"]);
        if let Some(text) = point["first_wrong"].as_str() {
            fail!("{subject}: {} wrong outputs, the first: {text}", point["wrong"]);
        }
        if point["errors"].as_u64().unwrap_or(0) > 0 {
            fail!("{subject}: {} failed runs, see above", point["errors"]);
        }
    }
    Ok(())
}
