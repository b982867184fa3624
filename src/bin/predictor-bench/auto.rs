//! The command `auto`: the best number of predictors, intra-op threads and batch for a goal, by successive halving
//! (Jamieson and Talwalkar, 2016): every candidate is measured briefly, the better half longer, the best two longest.

use std::time::Duration;

use predictor_pool::Predictor;
use serde_json::{Map, Value, json};

use crate::args::{AutoArguments, LoadArguments, Mode, PointArguments, Scenario};
use crate::child;
use crate::failure::{Failure, INTERRUPTED, Result, fail};
use crate::model;
use crate::progress::Progress;
use crate::report;
use crate::run;
use crate::shapes;
use crate::values::{Goal, Warmup, powers_of_two};

/// Batches that are tried where nobody asks for others.
const BATCHES: [i64; 3] = [1, 4, 16];
const FINALISTS: usize = 2;
/// Figures that differ by less than this share are taken for the same.
const SAME: f64 = 0.02;

/// A candidate and what was last measured of it.
#[derive(Clone)]
struct Candidate {
    threads: usize,
    intra: usize,
    batch: Option<i64>,
    point: Value,
}

pub fn run(arguments: &AutoArguments) -> Result<()> {
    let mut report = report::begin(&arguments.model)?;
    let cores = arguments.cores.map_or_else(predictor_pool::usable_cores, |cores| cores as usize);
    let mut candidates = candidates(cores, &batches(arguments)?);
    let ended = halve(arguments, &mut candidates);
    candidates.retain(|candidate| !candidate.point.is_null());
    let interrupted = ended.as_ref().is_err_and(|failure| failure.code == INTERRUPTED);
    report::add_points(
        &mut report,
        candidates.iter().map(|candidate| candidate.point.clone()).collect(),
        interrupted,
    );
    if !candidates.is_empty() {
        run::print(&report);
    }
    if let Some(path) = &arguments.json {
        report::write_json(path, &report)?;
    }
    ended?;
    conclude(arguments, &candidates, &report)
}

fn batches(arguments: &AutoArguments) -> Result<Vec<Option<i64>>> {
    if !arguments.batch.is_empty() {
        return Ok(arguments.batch.iter().copied().map(Some).collect());
    }
    model::load_runtime()?;
    let predictor = Predictor::new(&model::config(&arguments.model)?)?;
    let is_open = arguments.inputs.input.is_empty() && shapes::has_free_batch(predictor.inputs());
    Ok(if is_open { BATCHES.map(Some).to_vec() } else { vec![None] })
}

/// Every way to divide the cores by powers of two, and for each intra-op number as many predictors as fill them.
fn candidates(cores: usize, batches: &[Option<i64>]) -> Vec<Candidate> {
    let mut all = Vec::new();
    for intra in powers_of_two(cores) {
        let most = cores / intra;
        for threads in powers_of_two(most) {
            for batch in batches {
                all.push(Candidate { threads, intra, batch: *batch, point: Value::Null });
            }
        }
    }
    all
}

/// Measures all, then the better half, then the finalists; leaves them with the best first.
fn halve(arguments: &AutoArguments, candidates: &mut [Candidate]) -> Result<()> {
    let half = candidates.len().div_ceil(2);
    let last = FINALISTS.min(candidates.len());
    let rounds = [
        (candidates.len(), arguments.duration / 16),
        (half.max(last), arguments.duration / 5),
        (last, arguments.duration),
    ];
    let mut progress = Progress::new(rounds.iter().map(|round| round.0).sum(), arguments.quiet);
    for (count, time) in rounds {
        for candidate in &mut candidates[..count] {
            progress.name(format!("{} predictors, intra-op {}", candidate.threads, candidate.intra));
            candidate.point = child::measure(&point(arguments, candidate, time), |share| progress.at(share))?;
            if candidate.point["interrupted"] == true {
                return Err(Failure {
                    code: INTERRUPTED,
                    text: "interrupted; the last point is not complete".to_owned(),
                });
            }
            progress.next();
        }
        // Only those of this round were measured for the same time.
        candidates[..count].sort_by(|left, right| {
            score(&arguments.goal, &right.point).total_cmp(&score(&arguments.goal, &left.point))
        });
    }
    Ok(())
}

fn point(arguments: &AutoArguments, candidate: &Candidate, time: Duration) -> PointArguments {
    PointArguments {
        model: arguments.model.clone(),
        inputs: arguments.inputs.clone(),
        load: LoadArguments {
            count: None,
            duration: time,
            interval: 0.0,
            warmup: Warmup::Time(Duration::from_millis(100)),
            delay: 0,
            check: false,
            tolerance: 0.0,
        },
        threads: candidate.threads,
        intra: i32::try_from(candidate.intra).unwrap_or(i32::MAX),
        batch: candidate.batch,
        mode: Mode::Pool,
        pool_size: None,
        scenario: Scenario::Closed,
        rate: None,
    }
}

fn number(point: &Value, pointer: &str) -> Option<f64> {
    point.pointer(pointer)?.as_f64()
}

fn throughput(point: &Value) -> f64 {
    number(point, "/items_per_s").unwrap_or(0.0)
}

/// In milliseconds; the longest request where there were too few for p99.
fn p99(point: &Value) -> f64 {
    number(point, "/latency_ms/p99").or_else(|| number(point, "/latency_ms/max")).unwrap_or(f64::INFINITY)
}

fn memory(point: &Value) -> f64 {
    number(point, "/memory_mb/peak").unwrap_or(f64::INFINITY)
}

/// More is better. What misses the limit is behind all that keep it, the nearer the better.
fn score(goal: &Goal, point: &Value) -> f64 {
    match goal {
        Goal::Throughput => throughput(point),
        Goal::P99(limit) if p99(point) > *limit => -p99(point),
        Goal::P99(_) => throughput(point),
        Goal::Memory => throughput(point) / memory(point),
    }
}

/// Whether no other point is better in something and as good in everything: throughput, p99 and peak memory.
fn is_optimal(point: &Value, all: &[Candidate]) -> bool {
    // More is better.
    let figures = |point: &Value| [throughput(point), 1.0 / p99(point), 1.0 / memory(point)];
    let own = figures(point);
    !all.iter().any(|other| {
        let pairs = || figures(&other.point).into_iter().zip(own);
        let is_as_good = pairs().all(|(theirs, ours)| theirs >= ours * (1.0 - SAME));
        is_as_good && pairs().any(|(theirs, ours)| theirs > ours * (1.0 + SAME))
    })
}

fn describe(point: &Value) -> String {
    format!(
        "predictors {}, intra-op threads {}, batch {}: {:.1} items/s, p99 {:.3} ms, peak {:.1} MB",
        point["threads"],
        point["intra_op_threads"],
        point["batch"],
        throughput(point),
        p99(point),
        memory(point)
    )
}

fn conclude(arguments: &AutoArguments, candidates: &[Candidate], report: &Value) -> Result<()> {
    let Some(best) = candidates.first() else { fail!("nothing was measured") };
    println!(
        "\nnone is better in all of throughput, p99 and memory than (differences below 2 % do not count):"
    );
    for candidate in candidates.iter().filter(|candidate| is_optimal(&candidate.point, candidates)) {
        println!("  {}", describe(&candidate.point));
    }
    println!("best for {}:\n  {}", arguments.goal, describe(&best.point));
    if let Goal::P99(limit) = arguments.goal
        && p99(&best.point) > limit
    {
        fail!("no candidate keeps p99 within {limit} ms; no tune file is written");
    }
    let path = &arguments.tune_file;
    report::write_json(path, &tune_file(arguments, best, report))?;
    println!("wrote {}; this uses it:", path.display());
    println!(
        "  predictor_config_set_option(config, \"tune_file\", \"{}\"); create_predictor_pool(config, {}, &pool);",
        path.display(),
        best.threads
    );
    Ok(())
}

/// What `src/tune.rs` reads, and beside it what a reader wants to know.
fn tune_file(arguments: &AutoArguments, best: &Candidate, report: &Value) -> Value {
    let options: Map<String, Value> = arguments
        .model
        .option
        .iter()
        .filter(|(key, _)| key != "tune_file")
        .map(|(key, value)| (key.clone(), json!(value)))
        .collect();
    let mut file = json!({
        "tune_file": 1,
        "intra_op_threads": best.intra,
        "options": options,
        "predictors": best.threads,
        "batch": best.point["batch"],
        "goal": arguments.goal.to_string(),
        "items_per_s": best.point["items_per_s"],
        "p99_ms": p99(&best.point),
        "peak_mb": best.point["memory_mb"]["peak"],
        "model_blake3": report["model"]["blake3"],
        "host": report["host"],
    });
    let numbers = [
        ("inter_op_threads", arguments.model.inter),
        ("optimization_level", arguments.model.optimization_level),
    ];
    for (key, value) in numbers {
        if let Some(value) = value {
            file[key] = json!(value);
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(items: f64, p99: f64, peak: f64) -> Candidate {
        let point = json!({"items_per_s": items, "latency_ms": {"p99": p99}, "memory_mb": {"peak": peak}});
        Candidate { threads: 1, intra: 1, batch: None, point }
    }

    #[test]
    fn candidates_divide_the_cores_and_one_of_each_intra_number_fills_them() {
        let pairs = |cores| -> Vec<(usize, usize)> {
            candidates(cores, &[None]).iter().map(|candidate| (candidate.threads, candidate.intra)).collect()
        };
        assert_eq!(pairs(1), [(1, 1)]);
        assert_eq!(pairs(2), [(1, 1), (2, 1), (1, 2)]);
        assert_eq!(pairs(6), [(1, 1), (2, 1), (4, 1), (6, 1), (1, 2), (2, 2), (3, 2), (1, 4), (1, 6)]);
        assert_eq!(candidates(2, &[Some(1), Some(8)]).len(), 6);
    }

    #[test]
    fn the_goal_decides_what_is_best() {
        let fast = measured(1000.0, 50.0, 500.0).point;
        let quick = measured(400.0, 10.0, 400.0).point;
        let small = measured(300.0, 30.0, 50.0).point;
        let best = |goal: &str| {
            let goal = goal.parse().unwrap();
            let all = [("fast", &fast), ("quick", &quick), ("small", &small)];
            all.into_iter().max_by(|l, r| score(&goal, l.1).total_cmp(&score(&goal, r.1))).unwrap().0
        };
        assert_eq!([best("throughput"), best("p99=20ms"), best("memory")], ["fast", "quick", "small"]);
        // Where none keeps the limit, the nearest is best.
        assert_eq!(best("p99=1ms"), "quick");
    }

    #[test]
    fn the_pareto_set_has_no_point_that_another_beats() {
        let all = [
            measured(1000.0, 50.0, 500.0),
            measured(400.0, 10.0, 400.0),
            measured(300.0, 30.0, 50.0),
            measured(300.0, 50.0, 500.0),
            measured(380.0, 10.0, 401.0),
        ];
        let optimal: Vec<bool> = all.iter().map(|candidate| is_optimal(&candidate.point, &all)).collect();
        assert_eq!(optimal, [true, true, true, false, false]);
    }
}
