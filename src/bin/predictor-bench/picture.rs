//! Throughput and latency against threads.
//!
//! Colours are those of Okabe and Ito, which people with every kind of colour vision can tell apart; markers and dashes
//! say the same once more.

use serde_json::Value;

use crate::axis::{Axis, thousands};
use crate::canvas::{Anchor, BLACK, Canvas, Pen, Rgb, Text, WHITE};
use crate::failure::Result;
use crate::report::series_of;

const COLORS: [Rgb; 7] = [0x00_72b2, 0xd5_5e00, 0x00_9e73, 0xcc_79a7, 0xe6_9f00, 0x56_b4e9, BLACK];
const GREY: Rgb = 0x6b_6b6b;
const PALE: Rgb = 0xe2_e2e2;

const WIDTH: u32 = 960;
const PANEL: (f32, f32) = (370.0, 280.0);
const TOP: f32 = 78.0;
const LEFTS: [f32; 2] = [80.0, 560.0];
const LEGEND_TOP: f32 = TOP + PANEL.1 + 66.0;
const LEGEND_LINE: f32 = 20.0;

/// One line of the picture: points that differ in threads only, by threads.
struct Series<'a> {
    name: String,
    color: Rgb,
    /// Of p99, where it is not the same.
    p99_color: Rgb,
    marker: usize,
    points: Vec<(f32, &'a Value)>,
}

pub fn svg(report: &Value) -> Result<String> {
    Ok(draw(report)?.into_svg())
}

pub fn png(report: &Value) -> Result<Vec<u8>> {
    draw(report)?.into_png()
}

fn draw(report: &Value) -> Result<Canvas> {
    let series = series(report);
    let height = LEGEND_TOP + LEGEND_LINE * series.len() as f32 + 34.0;
    let mut canvas = Canvas::new(WIDTH, height as u32)?;
    titles(&mut canvas, report);
    let most_threads = series.iter().flat_map(|line| &line.points).map(|point| point.0).fold(1.0, f32::max);
    throughput_panel(&mut canvas, &series, most_threads);
    latency_panel(&mut canvas, &series, most_threads);
    legend(&mut canvas, &series);
    Ok(canvas)
}

fn series(report: &Value) -> Vec<Series<'_>> {
    let points: Vec<&Value> = report["points"].as_array().into_iter().flatten().collect();
    let mut keys: Vec<Value> = Vec::new();
    for point in &points {
        let key = series_of(point);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let is_single = keys.len() == 1;
    let make = |(index, key): (usize, &Value)| {
        let mut own: Vec<(f32, &Value)> = points
            .iter()
            .filter(|point| series_of(point) == *key)
            .map(|point| (number(point, "/threads").unwrap_or(1.0) as f32, *point))
            .collect();
        own.sort_by(|left, right| left.0.total_cmp(&right.0));
        let color = COLORS[index % COLORS.len()];
        Series {
            name: own.first().map(|point| name(point.1, &points)).unwrap_or_default(),
            color,
            p99_color: if is_single { COLORS[1] } else { color },
            marker: index,
            points: own,
        }
    };
    keys.iter().enumerate().map(make).collect()
}

/// What tells the series from the others; all of it where there is one.
fn name(point: &Value, all: &[&Value]) -> String {
    let facts = [("mode", ""), ("rate", " requests/s"), ("intra_op_threads", "intra-op "), ("shapes", "")];
    let differs = |key: &str| all.windows(2).any(|pair| pair[0][key] != pair[1][key]);
    let is_single = facts.iter().all(|(key, _)| !differs(key));
    let mut parts = Vec::new();
    for (key, unit) in facts {
        let text = match &point[key] {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            Value::Number(count) if key == "intra_op_threads" && count.as_u64() == Some(0) => {
                "auto".to_owned()
            }
            other => other.to_string(),
        };
        if is_single || differs(key) {
            parts.push(if key == "rate" { text + unit } else { format!("{unit}{text}") });
        }
    }
    parts.join(", ")
}

fn number(point: &Value, pointer: &str) -> Option<f64> {
    point.pointer(pointer)?.as_f64()
}

fn titles(canvas: &mut Canvas, report: &Value) {
    let text = |pointer: &str| report.pointer(pointer).and_then(Value::as_str).unwrap_or("?").to_owned();
    let path = text("/model/path");
    let file = path.rsplit('/').next().unwrap_or(&path).to_owned();
    let scenario = report.pointer("/points/0/scenario").and_then(Value::as_str).unwrap_or("closed");
    let facts = format!(
        "{}, {} usable cores; ONNX Runtime {}, predictor_pool {}; scenario {scenario}",
        text("/host/cpu"),
        report.pointer("/host/cores_usable").unwrap_or(&Value::Null),
        text("/runtime/version"),
        text("/library_version"),
    );
    write(canvas, &file, (24.0, 28.0), 18.0, Anchor::Start, BLACK);
    write(canvas, &facts, (24.0, 48.0), 12.5, Anchor::Start, GREY);
}

fn write(canvas: &mut Canvas, text: &str, at: (f32, f32), size: f32, anchor: Anchor, color: Rgb) {
    canvas.text(&Text { text, at, size, anchor, color, vertical: false });
}

fn throughput_panel(canvas: &mut Canvas, series: &[Series<'_>], most_threads: f32) {
    let measured = |line: &Series<'_>| {
        line.points.iter().filter_map(|point| number(point.1, "/items_per_s")).fold(0.0, f64::max)
    };
    let highest = series.iter().map(measured).fold(0.0, f64::max);
    let ideals: Vec<Option<f64>> = series.iter().map(ideal).collect();
    let ideal_end = ideals.iter().flatten().map(|rate| rate * f64::from(most_threads)).fold(0.0, f64::max);
    // Far beyond the cores the ideal line would leave no room for what was measured.
    let axis = Axis::linear((highest * 1.05).max(ideal_end.min(highest * 1.6)));
    let frame = Frame { left: LEFTS[0], axis, most_threads };
    frame.draw(canvas, series, "items per second");
    for (line, rate) in series.iter().zip(ideals) {
        let Some(rate) = rate.map(|rate| rate as f32) else { continue };
        let end = most_threads.min(frame.axis.end() as f32 / rate);
        let pen = Pen { color: GREY, width: 1.2, dash: &[2.0, 4.0] };
        canvas.line(&[frame.place(1.0, f64::from(rate)), frame.place(end, f64::from(rate * end))], pen);
        let places = places(&frame, line, "/items_per_s");
        for (threads, point) in &line.points {
            interval_bar(canvas, &frame, *threads, point, line.color);
        }
        canvas.line(&places, Pen { color: line.color, width: 2.0, dash: &[] });
        places.iter().for_each(|place| marker(canvas, *place, line.marker, line.color, line.color));
    }
    for line in series.iter().filter(|line| ideal(line).is_none()) {
        let places = places(&frame, line, "/items_per_s");
        canvas.line(&places, Pen { color: line.color, width: 2.0, dash: &[] });
        places.iter().for_each(|place| marker(canvas, *place, line.marker, line.color, line.color));
    }
}

/// The throughput of one thread, of which N threads would ideally give N times; arrivals at a given rate have no ideal.
fn ideal(line: &Series<'_>) -> Option<f64> {
    let (threads, point) = line.points.first()?;
    if *threads > 1.0 || !point["rate"].is_null() {
        return None;
    }
    number(point, "/items_per_s")
}

fn interval_bar(canvas: &mut Canvas, frame: &Frame, threads: f32, point: &Value, color: Rgb) {
    let (Some(rate), Some(percent)) = (number(point, "/items_per_s"), number(point, "/interval_percent"))
    else {
        return;
    };
    let ends = [1.0 - percent / 100.0, 1.0 + percent / 100.0]
        .map(|part| frame.place(threads, (rate * part).max(0.0)));
    let pen = Pen { color, width: 1.2, dash: &[] };
    canvas.line(&ends, pen);
    for (x, y) in ends {
        canvas.line(&[(x - 4.0, y), (x + 4.0, y)], pen);
    }
}

fn latency_panel(canvas: &mut Canvas, series: &[Series<'_>], most_threads: f32) {
    let all = || series.iter().flat_map(|line| &line.points);
    let of = |pointer| all().filter_map(move |point| number(point.1, pointer));
    let highest = of("/latency_ms/p99").chain(of("/latency_ms/p50")).fold(0.0, f64::max);
    let (scale, unit) = if highest < 1.0 { (1e3, "latency in µs") } else { (1.0, "latency in ms") };
    let lowest = of("/latency_ms/p50").fold(highest, f64::min);
    let axis = Axis::for_times(lowest * scale, highest * scale * 1.02);
    let title = if axis.is_logarithmic() { format!("{unit}, logarithmic") } else { unit.to_owned() };
    let frame = Frame { left: LEFTS[1], axis, most_threads };
    frame.draw(canvas, series, &title);
    let scaled = |line: &Series<'_>, pointer: &str| -> Vec<(f32, f32)> {
        let points = line.points.iter();
        points
            .filter_map(|(threads, point)| Some(frame.place(*threads, number(point, pointer)? * scale)))
            .collect()
    };
    for line in series {
        let (p50, p99) = (scaled(line, "/latency_ms/p50"), scaled(line, "/latency_ms/p99"));
        canvas.line(&p99, Pen { color: line.p99_color, width: 2.0, dash: &[7.0, 4.0] });
        p99.iter().for_each(|place| marker(canvas, *place, line.marker, WHITE, line.p99_color));
        canvas.line(&p50, Pen { color: line.color, width: 2.0, dash: &[] });
        p50.iter().for_each(|place| marker(canvas, *place, line.marker, line.color, line.color));
    }
}

fn places(frame: &Frame, line: &Series<'_>, pointer: &str) -> Vec<(f32, f32)> {
    let points = line.points.iter();
    points.filter_map(|(threads, point)| Some(frame.place(*threads, number(point, pointer)?))).collect()
}

/// One of two coordinate systems side by side.
struct Frame {
    left: f32,
    axis: Axis,
    most_threads: f32,
}

impl Frame {
    fn place(&self, threads: f32, value: f64) -> (f32, f32) {
        let share = threads / (self.most_threads * 1.06);
        let height = self.axis.share(value) as f32;
        (self.left + PANEL.0 * share, TOP + PANEL.1 * (1.0 - height))
    }

    fn draw(&self, canvas: &mut Canvas, series: &[Series<'_>], title: &str) {
        let (right, bottom) = (self.left + PANEL.0, TOP + PANEL.1);
        for (tick, digits) in &self.axis.ticks {
            let y = self.place(0.0, *tick).1;
            canvas.line(&[(self.left, y), (right, y)], Pen { color: PALE, width: 1.0, dash: &[] });
            let text = thousands(*tick, *digits);
            write(canvas, &text, (self.left - 8.0, y + 4.0), 12.0, Anchor::End, BLACK);
        }
        let axes = [(self.left, TOP), (self.left, bottom), (right, bottom)];
        canvas.line(&axes, Pen { color: BLACK, width: 1.2, dash: &[] });
        let mut counts: Vec<f32> = series.iter().flat_map(|line| &line.points).map(|point| point.0).collect();
        counts.sort_by(f32::total_cmp);
        counts.dedup();
        let mut free_from = f32::NEG_INFINITY;
        for count in counts {
            let x = self.place(count, self.axis.end()).0;
            canvas.line(&[(x, bottom), (x, bottom + 5.0)], Pen { color: BLACK, width: 1.2, dash: &[] });
            let text = count.to_string();
            let half = canvas.text_width(&text, 12.0) / 2.0 + 2.0;
            if x - half > free_from {
                write(canvas, &text, (x, bottom + 19.0), 12.0, Anchor::Middle, BLACK);
                free_from = x + half;
            }
        }
        write(canvas, "threads", (self.left + PANEL.0 / 2.0, bottom + 38.0), 13.0, Anchor::Middle, BLACK);
        write(canvas, title, (self.left, TOP - 10.0), 13.0, Anchor::Start, BLACK);
    }
}

/// Shapes that differ without colour.
fn marker(canvas: &mut Canvas, (x, y): (f32, f32), kind: usize, fill: Rgb, edge: Rgb) {
    let corners: &[(f32, f32)] = match kind % 5 {
        0 => &[],
        1 => &[(-4.5, -4.5), (4.5, -4.5), (4.5, 4.5), (-4.5, 4.5)],
        2 => &[(0.0, -6.0), (5.5, 4.5), (-5.5, 4.5)],
        3 => &[(0.0, -6.5), (6.5, 0.0), (0.0, 6.5), (-6.5, 0.0)],
        _ => &[(0.0, 6.0), (5.5, -4.5), (-5.5, -4.5)],
    };
    let circle: Vec<(f32, f32)> =
        (0..24).map(|step| (step as f32 * std::f32::consts::TAU / 24.0).sin_cos()).collect();
    let points: Vec<(f32, f32)> = match corners {
        [] => circle.iter().map(|(sin, cos)| (x + 5.0 * cos, y + 5.0 * sin)).collect(),
        corners => corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect(),
    };
    canvas.area(&points, fill, edge);
}

fn legend(canvas: &mut Canvas, series: &[Series<'_>]) {
    for (index, line) in series.iter().enumerate() {
        let y = LEGEND_TOP + LEGEND_LINE * index as f32;
        sample(canvas, (LEFTS[0], y), Pen { color: line.color, width: 2.0, dash: &[] });
        marker(canvas, (LEFTS[0] + 17.0, y), line.marker, line.color, line.color);
        write(canvas, &line.name, (LEFTS[0] + 44.0, y + 4.0), 12.5, Anchor::Start, BLACK);
        sample(canvas, (LEFTS[1], y), Pen { color: line.color, width: 2.0, dash: &[] });
        marker(canvas, (LEFTS[1] + 17.0, y), line.marker, line.color, line.color);
        write(canvas, "p50", (LEFTS[1] + 44.0, y + 4.0), 12.5, Anchor::Start, BLACK);
        sample(canvas, (LEFTS[1] + 92.0, y), Pen { color: line.p99_color, width: 2.0, dash: &[7.0, 4.0] });
        marker(canvas, (LEFTS[1] + 109.0, y), line.marker, WHITE, line.p99_color);
        write(canvas, "p99", (LEFTS[1] + 136.0, y + 4.0), 12.5, Anchor::Start, BLACK);
    }
    let y = LEGEND_TOP + LEGEND_LINE * series.len() as f32;
    sample(canvas, (LEFTS[0], y), Pen { color: GREY, width: 1.2, dash: &[2.0, 4.0] });
    let ideal = "ideal: one thread's throughput times threads; bars: 95 % intervals";
    write(canvas, ideal, (LEFTS[0] + 44.0, y + 4.0), 12.5, Anchor::Start, GREY);
    let what = "a request copies inputs in, runs, copies outputs out";
    write(canvas, what, (LEFTS[1], y + 4.0), 12.5, Anchor::Start, GREY);
}

fn sample(canvas: &mut Canvas, (x, y): (f32, f32), pen: Pen) {
    canvas.line(&[(x, y), (x + 34.0, y)], pen);
}
