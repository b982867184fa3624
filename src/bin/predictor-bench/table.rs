//! Points as text: an aligned table, and CSV.

use serde_json::Value;

/// A figure of a point: where it stands in the point's JSON, and its column in CSV (units included) and table.
struct Column {
    pointer: &'static str,
    csv: &'static str,
    table: Option<(&'static str, Kind)>,
}

/// How the table writes a figure.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number(usize),
    /// Milliseconds, in the table's unit.
    Time,
}

const fn column(pointer: &'static str, csv: &'static str, table: Option<(&'static str, Kind)>) -> Column {
    Column { pointer, csv, table }
}

const COLUMNS: &[Column] = &[
    column("/mode", "mode", Some(("mode", Kind::Text))),
    column("/scenario", "scenario", None),
    column("/rate", "rate_per_s", Some(("rate", Kind::Number(0)))),
    column("/shapes", "shapes", Some(("shapes", Kind::Text))),
    column("/threads", "threads", Some(("thr", Kind::Text))),
    column("/predictors", "predictors", Some(("pred", Kind::Text))),
    column("/intra_op_threads", "intra_op_threads", Some(("intra", Kind::Text))),
    column("/batch", "batch", Some(("batch", Kind::Text))),
    column("/runs", "runs", None),
    column("/wall_s", "wall_s", None),
    column("/runs_per_s", "runs_per_s", Some(("runs/s", Kind::Number(1)))),
    column("/interval_percent", "interval_percent", Some(("±%", Kind::Number(1)))),
    column("/items_per_s", "items_per_s", Some(("items/s", Kind::Number(1)))),
    column("/speed_up", "speed_up", Some(("speed-up", Kind::Number(2)))),
    column("/efficiency", "efficiency", Some(("eff", Kind::Number(2)))),
    column("/latency_ms/mean", "latency_mean_ms", Some(("mean", Kind::Time))),
    column("/latency_ms/p50", "latency_p50_ms", Some(("p50", Kind::Time))),
    column("/latency_ms/p90", "latency_p90_ms", Some(("p90", Kind::Time))),
    column("/latency_ms/p95", "latency_p95_ms", Some(("p95", Kind::Time))),
    column("/latency_ms/p99", "latency_p99_ms", Some(("p99", Kind::Time))),
    column("/latency_ms/p99_9", "latency_p99_9_ms", Some(("p99.9", Kind::Time))),
    column("/latency_ms/max", "latency_max_ms", Some(("max", Kind::Time))),
    column("/queue_wait_ms/mean", "queue_wait_mean_ms", Some(("wait", Kind::Time))),
    column("/queue_wait_ms/p50", "queue_wait_p50_ms", None),
    column("/queue_wait_ms/p99", "queue_wait_p99_ms", Some(("wait p99", Kind::Time))),
    column("/run_ms/mean", "run_mean_ms", Some(("run", Kind::Time))),
    column("/run_ms/p50", "run_p50_ms", None),
    column("/run_ms/p99", "run_p99_ms", None),
    column("/cpu_percent", "cpu_percent", Some(("CPU %", Kind::Number(0)))),
    column("/steal_percent", "steal_percent", None),
    column("/memory_mb/model", "memory_model_mb", Some(("model MB", Kind::Number(1)))),
    column("/memory_mb/per_predictor", "memory_per_predictor_mb", Some(("+MB/pred", Kind::Number(2)))),
    column("/memory_mb/peak", "memory_peak_mb", Some(("peak MB", Kind::Number(1)))),
    column("/errors", "errors", Some(("errors", Kind::Text))),
    column("/unserved", "unserved", Some(("unserved", Kind::Text))),
    column("/wrong", "wrong", Some(("wrong", Kind::Text))),
];

/// Columns that only a sweep, a scenario or trouble fills.
const OPTIONAL: [&str; 5] = ["/rate", "/shapes", "/unserved", "/wrong", "/errors"];

/// One row per point under a line of names; latencies are in the unit that the first line names.
pub fn table(points: &[Value]) -> String {
    let unit = Unit::of(points);
    let columns: Vec<(&Column, &str, Kind)> = COLUMNS
        .iter()
        .filter_map(|column| column.table.map(|(name, kind)| (column, name, kind)))
        .filter(|(column, _, _)| !OPTIONAL.contains(&column.pointer) || has_news(points, column.pointer))
        .collect();
    let mut rows = vec![columns.iter().map(|(_, name, _)| (*name).to_owned()).collect::<Vec<_>>()];
    for point in points {
        rows.push(columns.iter().map(|(column, _, kind)| cell(point, column.pointer, *kind, unit)).collect());
    }
    let width = |index: usize| rows.iter().map(|row| row[index].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = format!("latency (mean to max), wait and run in {}\n", unit.name());
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
        text += cells.join("  ").trim_end();
        text.push('\n');
    }
    text
}

/// Whether a column says more than that there is nothing to say.
fn has_news(points: &[Value], pointer: &str) -> bool {
    let values: Vec<Option<&Value>> = points.iter().map(|point| point.pointer(pointer)).collect();
    if pointer == "/shapes" {
        return values.windows(2).any(|pair| pair[0] != pair[1]);
    }
    values.into_iter().flatten().any(|value| !value.is_null() && value.as_u64() != Some(0))
}

fn cell(point: &Value, pointer: &str, kind: Kind, unit: Unit) -> String {
    let value = point.pointer(pointer).unwrap_or(&Value::Null);
    match (kind, value) {
        (_, Value::Null) => "-".to_owned(),
        (Kind::Text, Value::String(text)) => text.clone(),
        (Kind::Text, _) if pointer == "/intra_op_threads" && value.as_u64() == Some(0) => "auto".to_owned(),
        (Kind::Text, value) => value.to_string(),
        (Kind::Number(digits), value) => format!("{:.digits$}", value.as_f64().unwrap_or(f64::NAN)),
        (Kind::Time, value) => unit.write(value.as_f64().unwrap_or(f64::NAN)),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Milliseconds,
    Microseconds,
}

impl Unit {
    /// Microseconds where a millisecond would leave fewer than 3 digits.
    fn of(points: &[Value]) -> Self {
        let medians = points.iter().filter_map(|point| point.pointer("/latency_ms/mean")?.as_f64());
        if medians.fold(f64::INFINITY, f64::min) < 1.0 { Self::Microseconds } else { Self::Milliseconds }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Microseconds => "µs",
        }
    }

    fn write(self, milliseconds: f64) -> String {
        match self {
            Self::Milliseconds => format!("{milliseconds:.2}"),
            Self::Microseconds => format!("{:.1}", milliseconds * 1e3),
        }
    }
}

/// One line per point under a line of names.
pub fn csv(points: &[Value]) -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|column| column.csv).collect();
    let mut text = names.join(",") + "\n";
    for point in points {
        let fields: Vec<String> = COLUMNS.iter().map(|column| field(point.pointer(column.pointer))).collect();
        text += &fields.join(",");
        text.push('\n');
    }
    text
}

/// Quoted as RFC 4180 has it; nothing where there is no value.
fn field(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) if text.contains([',', '"', '\n']) => {
            format!("\"{}\"", text.replace('"', "\"\""))
        }
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn points() -> [Value; 2] {
        let point = json!({
            "mode": "clone", "threads": 1, "predictors": 1, "intra_op_threads": 0, "batch": 8, "runs_per_s": 1234.56,
            "shapes": "x [8,\"a\"]", "latency_ms": {"mean": 5.25, "p50": 5.0, "p99_9": null}, "errors": 0,
        });
        let mut other = point.clone();
        other["threads"] = json!(16);
        [point, other]
    }

    #[test]
    fn columns_are_aligned_and_missing_figures_are_a_dash() {
        let text = table(&points());
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines.len(), 3);
        let ends = |name: &str| lines[0].find(name).map(|start| start + name.len()).unwrap();
        for line in &lines[1..] {
            assert!(line[..ends("runs/s") + 1].trim_end().ends_with("1234.6"), "{line}");
            assert!(line[..ends("mean") + 1].trim_end().ends_with("5.25"), "{line}");
        }
        assert!(lines[1].contains("auto") && lines[1].ends_with('-'), "{text}");
        assert!(
            !lines[0].contains("errors") && !lines[0].contains("shapes") && text.starts_with("latency"),
            "{text}"
        );
    }

    #[test]
    fn times_below_a_millisecond_are_microseconds() {
        let mut points = points();
        points[0]["latency_ms"]["mean"] = json!(0.0123);
        let text = table(&points);
        assert!(text.lines().next().unwrap().ends_with("µs") && text.contains("12.3"), "{text}");
    }

    #[test]
    fn csv_quotes_what_needs_it() {
        let text = csv(&points());
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].contains("\"x [8,\"\"a\"\"]\"") && lines[1].starts_with("clone,"), "{text}");
        assert_eq!(lines[0].split(',').count(), COLUMNS.len());
    }
}
