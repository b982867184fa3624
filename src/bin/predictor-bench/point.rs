//! Measures one point. It has a process of its own, so that memory, threads and ONNX Runtime's state are its alone.

use std::time::{Duration, Instant};

use predictor_pool::TensorSpec;
use serde_json::{Value, json};

use crate::args::{PointArguments, name_of};
use crate::arrivals::Arrivals;
use crate::callers::Callers;
use crate::data::Sources;
use crate::failure::{Failure, Result, fail, usage};
use crate::load::{self, Measured, Plan, Worker};
use crate::model;
use crate::request::Request;
use crate::shapes::{self, InputShape};
use crate::system;

/// Megabytes are 10^6 bytes everywhere.
const MB: f64 = 1e6;

/// Resident bytes at the steps of getting ready.
#[derive(Default)]
struct Memory {
    empty: Option<u64>,
    loaded: Option<u64>,
    first_ran: Option<u64>,
    others_made: Option<u64>,
}

/// Measures the point; `progress` hears the share of the time that is over and the requests served.
pub fn measure(arguments: &PointArguments, progress: impl FnMut(f64, u64)) -> Result<Value> {
    let threads = arguments.threads;
    let pool_size = arguments.pool_size.map_or(threads, |size| size as usize);
    let sources = Sources::of(&arguments.inputs)?;
    model::load_runtime()?;
    let mut config = model::config(&arguments.model)?;
    config.set_intra_op_threads(arguments.intra)?;

    let mut memory = Memory { empty: system::resident_bytes(), ..Memory::default() };
    let load_start = Instant::now();
    let mut callers = Callers::first(&mut config, arguments.mode, pool_size)?;
    let load_time = load_start.elapsed();
    memory.loaded = system::resident_bytes();

    let (inputs, outputs) = callers.specs()?;
    let shapes = input_shapes(arguments, &inputs, &sources)?;
    let mut workers = Vec::with_capacity(threads);
    for thread in 0..threads {
        workers.push(ready_worker(
            &callers,
            sources.inputs(&shapes, thread)?,
            &outputs,
            arguments.load.check,
        )?);
    }
    memory.first_ran = system::resident_bytes();
    callers.rest(&config, arguments.mode, threads)?;
    memory.others_made = system::resident_bytes();

    let load = &arguments.load;
    let plan = Plan {
        callers: &callers,
        scenario: arguments.scenario,
        arrivals: Arrivals::new(
            arguments.scenario,
            arguments.rate,
            load.count,
            load.duration,
            arguments.inputs.seed,
        ),
        has_count: load.count.is_some(),
        duration: load.duration,
        interval: load.interval,
        warmup: load.warmup,
        delay: Duration::from_millis(load.delay),
        tolerance: load.tolerance,
    };
    let measured = load::put(&plan, workers, progress)?;
    if measured.tally.latency.count() == 0 {
        let reason =
            measured.tally.first_error.as_deref().unwrap_or("none ended in time; give --duration more");
        if !system::is_interrupted() {
            fail!("no run succeeded: {reason}");
        }
    }
    let mut result = figures(arguments, &measured, shapes::items(&shapes));
    result["inputs"] = describe_inputs(&shapes);
    result["predictors"] = json!(callers.count());
    result["load_ms"] = round(load_time.as_secs_f64() * 1e3, 3);
    result["memory_mb"] = memory_figures(&memory, &measured, callers.count() - 1);
    result["runtime"] = json!({
        "version": predictor_pool::runtime_version()?,
        "path": predictor_pool::runtime_path()?.display().to_string(),
    });
    Ok(result)
}

/// Shapes from files count unless --shape says otherwise.
fn input_shapes(
    arguments: &PointArguments,
    specs: &[TensorSpec],
    sources: &Sources,
) -> Result<Vec<InputShape>> {
    for name in sources.names() {
        if !specs.iter().any(|spec| spec.name() == name) {
            let known: Vec<&str> = specs.iter().map(TensorSpec::name).collect();
            usage!("--input: no input is called {name:?}; the model has {}", known.join(", "));
        }
    }
    let given = arguments.inputs.shape.first().map(String::as_str);
    let from_files: Vec<String> = specs
        .iter()
        .filter_map(|spec| {
            let dims = shapes::describe(sources.shape_of(spec.name())?);
            Some(format!("{}:({})", spec.name(), dims.trim_matches(['[', ']'])))
        })
        .collect();
    if from_files.is_empty() {
        return shapes::resolve(specs, given, arguments.batch);
    }
    let text = given.into_iter().map(str::to_owned).chain(from_files).collect::<Vec<_>>().join(";");
    shapes::resolve(specs, Some(&text), arguments.batch)
}

/// Buffers with memory behind them, and outputs of the right size: what the measured runs need is there before.
fn ready_worker(
    callers: &Callers,
    inputs: Vec<crate::data::InputData>,
    outputs: &[TensorSpec],
    check: bool,
) -> Result<Worker> {
    let mut request = Request::new(inputs, outputs);
    callers.serve_first(&mut request).map_err(|error| Failure::new(format!("first run: {error}")))?;
    let reference = check.then(|| request.outputs.clone());
    Ok(Worker { request, reference })
}

fn describe_inputs(shapes: &[InputShape]) -> Value {
    let describe =
        |input: &InputShape| json!({"name": input.name, "type": input.data_type.name(), "shape": input.dims});
    shapes.iter().map(describe).collect()
}

fn figures(arguments: &PointArguments, measured: &Measured, items: i64) -> Value {
    let tally = &measured.tally;
    let (runs, wall) = (tally.latency.count(), measured.wall.as_secs_f64());
    let throughput = (runs > 0 && wall > 0.0).then(|| runs as f64 / wall);
    let (before, after) = measured.usage;
    let cpu = (runs > 0).then(|| (after.cpu - before.cpu).as_secs_f64() / wall);
    let quarter_ms = |(sum, count): &(Duration, u64)| match count {
        0 => Value::Null,
        _ => round(sum.as_secs_f64() * 1e3 / *count as f64, 6),
    };
    json!({
        "mode": name_of(arguments.mode),
        "threads": arguments.threads,
        "intra_op_threads": arguments.intra,
        "batch": items,
        "scenario": name_of(arguments.scenario),
        "rate": arguments.rate,
        "runs": runs,
        "errors": tally.errors,
        "first_error": tally.first_error,
        "unserved": measured.unserved,
        "checked": arguments.load.check,
        "wrong": tally.wrong,
        "first_wrong": tally.first_wrong,
        "interrupted": system::is_interrupted(),
        "wall_s": round(wall, 6),
        "runs_per_s": throughput.map_or(Value::Null, |rate| round(rate, 3)),
        "items_per_s": throughput.map_or(Value::Null, |rate| round(rate * items as f64, 3)),
        "interval_percent": measured.interval.map_or(Value::Null, |percent| round(percent, 3)),
        "latency_ms": tally.latency.to_json(),
        "queue_wait_ms": tally.queue_wait.to_json(),
        "queue_wait_by_quarter_ms": tally.quarters.iter().map(quarter_ms).collect::<Value>(),
        "run_ms": tally.run.to_json(),
        "cpu_percent": cpu.map_or(Value::Null, |cpu| round(100.0 * cpu, 1)),
        "context_switches": {
            "voluntary": after.voluntary_switches - before.voluntary_switches,
            "involuntary": after.involuntary_switches - before.involuntary_switches,
        },
        "steal_percent": measured.stolen_percent.map_or(Value::Null, |percent| round(percent, 2)),
    })
}

/// What the model, each of the other predictors and everything together take; null where there is no difference to take.
fn memory_figures(memory: &Memory, measured: &Measured, others: usize) -> Value {
    let difference = |after: Option<u64>, before: Option<u64>| Some(after? as f64 - before? as f64);
    let figure = |value: Option<f64>| value.map_or(Value::Null, |value| round(value / MB, 3));
    // What the tool itself takes, threads and what they record to, is between the two differences.
    let made = difference(memory.others_made, memory.first_ran);
    let warmed = difference(measured.resident.1, measured.resident.0);
    let each = made.zip(warmed).filter(|_| others > 0).map(|(made, warmed)| (made + warmed) / others as f64);
    json!({
        "model": figure(difference(memory.loaded, memory.empty)),
        "per_predictor": figure(each),
        "peak": figure(measured.peak_resident.map(|bytes| bytes as f64)),
    })
}

fn round(value: f64, digits: i32) -> Value {
    let scale = 10f64.powi(digits);
    json!((value * scale).round() / scale)
}
