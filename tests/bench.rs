//! The program predictor-bench, as its users see it: what it prints, writes and returns.

#[path = "bench/schema.rs"]
mod schema;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// One measurement at a time.
static QUIET: Mutex<()> = Mutex::new(());

/// A folder of a test's own, and the machine for as long as the test has it.
struct Folder {
    path: PathBuf,
    _quiet: MutexGuard<'static, ()>,
}

impl Folder {
    fn new(name: &str) -> Self {
        let quiet = QUIET.lock().unwrap_or_else(PoisonError::into_inner);
        let path = std::env::temp_dir().join(format!("predictor-bench-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self { path, _quiet: quiet }
    }

    fn file(&self, name: &str) -> String {
        self.path.join(name).to_str().unwrap().to_owned()
    }

    /// A model that the fake engine runs.
    fn model(&self, words: &str) -> String {
        let path = self.file("model.fake");
        fs::write(&path, format!("fake-model {words}")).unwrap();
        path
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.file(name)).unwrap()).unwrap()
    }

    /// Runs `run` and gives the points of its report.
    #[track_caller]
    fn points(&self, arguments: &[&str]) -> Vec<Value> {
        let report = self.file("report.json");
        let output = bench(&[&["run", "--json", &report], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        self.json("report.json")["points"].as_array().unwrap().clone()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_predictor-bench"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn bench(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs it and checks how it ends and that it says `parts`.
#[track_caller]
fn ends(arguments: &[&str], code: i32, parts: &[&str]) -> String {
    let output = bench(arguments);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
    for part in parts {
        assert!(text.contains(part), "expected {part:?} in {text}");
    }
    text
}

fn model(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models");
    folder.join(name).to_str().unwrap().to_owned()
}

fn array(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench");
    folder.join(name).to_str().unwrap().to_owned()
}

fn number(point: &Value, pointer: &str) -> f64 {
    point.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("no {pointer} in {point:#}"))
}

#[track_caller]
fn within(got: f64, expected: f64, share: f64) {
    assert!((got / expected - 1.0).abs() <= share, "expected {expected} within {share}, got {got}");
}

#[test]
fn latencies_are_what_the_engines_own_clock_says() {
    let folder = Folder::new("clock");
    let times = folder.file("times");
    let fake = folder.model(&format!("sleep_us=5000 times={times}"));
    let point = &folder.points(&[&fake, "-t", "2", "-c", "300", "-d", "60"])[0];

    let all: Vec<f64> =
        fs::read_to_string(&times).unwrap().lines().map(|line| line.parse().unwrap()).collect();
    // Before the measured runs come those that size buffers and warm up.
    let mut own: Vec<f64> = all[all.len() - 300..].iter().map(|nanoseconds| nanoseconds / 1e6).collect();
    own.sort_by(f64::total_cmp);
    let mean = own.iter().sum::<f64>() / 300.0;
    assert!(mean >= 5.0);
    for kind in ["latency_ms", "run_ms"] {
        within(number(point, &format!("/{kind}/mean")), mean, 0.01);
        for (name, rank) in [("p50", 150), ("p90", 270), ("p95", 285), ("p99", 297)] {
            within(number(point, &format!("/{kind}/{name}")), own[rank - 1], 0.01);
        }
        assert!(number(point, &format!("/{kind}/max")) >= own[299] * 0.999);
    }
    // Two threads that sleep in turns of `mean`.
    within(number(point, "/runs_per_s"), 2.0 * 1e3 / mean, 0.03);
    within(number(point, "/runs_per_s"), 300.0 / number(point, "/wall_s"), 0.001);
    assert_eq!(point["runs"], 300);
    assert_eq!(point.pointer("/latency_ms/p99_9"), Some(&Value::Null), "300 samples are too few for p99.9");
}

#[test]
fn an_open_loop_at_twice_the_capacity_has_a_growing_queue_wait() {
    let folder = Folder::new("overload");
    let fake = folder.model("sleep_us=5000");
    let report = folder.file("report.json");
    // One thread serves at most 200 requests a second.
    let line = ["run", &fake, "-t", "1", "--rate", "400", "-d", "1500ms", "--json", &report];
    ends(&line, 0, &["the queue grows"]);
    let point = &folder.json("report.json")["points"][0];
    assert_eq!(point["scenario"], "server");
    let quarters: Vec<f64> =
        (0..4).map(|quarter| number(point, &format!("/queue_wait_by_quarter_ms/{quarter}"))).collect();
    assert!(quarters.windows(2).all(|pair| pair[1] > pair[0] + 100.0), "{quarters:?}");
    // Whoever arrives at t is served at about 2 t, so the last quarter, centred on 1.31 s, waits that long.
    within(quarters[3], 1310.0, 0.25);
    // Latency counts from the scheduled arrival.
    assert!(number(point, "/latency_ms/mean") > number(point, "/queue_wait_ms/mean") + 4.9);
    let arrived = number(point, "/runs") + number(point, "/unserved");
    within(arrived, 600.0, 0.15);
}

#[test]
fn an_open_loop_below_the_capacity_serves_its_rate_without_a_queue() {
    let folder = Folder::new("open");
    let fake = folder.model("sleep_us=2000");
    let point = &folder.points(&[&fake, "-t", "4", "--rate", "100", "-d", "2s"])[0];
    within(number(point, "/runs_per_s"), 100.0, 0.25);
    assert_eq!(point["unserved"], 0);
    assert!(number(point, "/queue_wait_ms/p50") < 1.0, "{point:#}");
    assert_eq!(point["speed_up"], Value::Null, "the rate is given, not achieved");
}

#[test]
fn offline_counts_latency_from_the_start() {
    let folder = Folder::new("offline");
    let fake = folder.model("sleep_us=5000");
    let point = &folder.points(&[&fake, "-t", "1", "-c", "60", "-d", "60", "--scenario", "offline"])[0];
    let wall = number(point, "/wall_s") * 1e3;
    within(number(point, "/latency_ms/max"), wall, 0.001);
    within(number(point, "/latency_ms/mean"), wall * 61.0 / 120.0, 0.05);
    within(number(point, "/run_ms/mean"), wall / 60.0, 0.02);
}

#[test]
fn a_mutex_makes_threads_wait_and_clones_do_not() {
    let folder = Folder::new("mutex");
    let fake = folder.model("sleep_us=5000");
    let arguments = ["-t", "1,2", "-c", "100", "-d", "60", "--mode", "clone,mutex"];
    let points = folder.points(&[&[fake.as_str()] as &[&str], &arguments].concat());
    let [_, clones, _, mutex] = &points[..] else { panic!("{points:?}") };
    within(number(clones, "/speed_up"), 2.0, 0.1);
    within(number(clones, "/efficiency"), 1.0, 0.1);
    within(number(mutex, "/speed_up"), 1.0, 0.1);
    assert!(number(clones, "/queue_wait_ms/mean") < 0.1 && number(mutex, "/queue_wait_ms/mean") > 3.0);
    assert_eq!((&clones["predictors"], &mutex["predictors"]), (&json!(2), &json!(1)));
}

#[test]
fn a_pool_smaller_than_its_threads_makes_them_wait() {
    let folder = Folder::new("pool");
    let fake = folder.model("sleep_us=5000");
    let arguments = [&fake, "-t", "4", "-c", "100", "-d", "60", "--mode", "pool", "--pool-size", "2"];
    let point = &folder.points(&arguments)[0];
    assert_eq!((&point["predictors"], &point["threads"]), (&json!(2), &json!(4)));
    let (wait, run) = (number(point, "/queue_wait_ms/mean"), number(point, "/run_ms/mean"));
    within(wait, run, 0.2);
    within(number(point, "/runs_per_s"), 2e3 / run, 0.1);
}

#[test]
fn every_mode_computes_what_a_serial_reference_does() {
    let folder = Folder::new("modes");
    let modes = "clone,separate,pool,mutex,session,stateless";
    let points = folder.points(&[
        &model("mlp.onnx"),
        "-t",
        "2",
        "-b",
        "1,8",
        "-c",
        "60",
        "--mode",
        modes,
        "--check",
        "--intra",
        "1",
    ]);
    assert_eq!(points.len(), 12);
    for point in &points {
        assert_eq!(
            (&point["runs"], &point["wrong"], &point["checked"]),
            (&json!(60), &json!(0), &json!(true))
        );
        within(number(point, "/items_per_s"), number(point, "/runs_per_s") * number(point, "/batch"), 0.001);
    }
    for name in
        ["string_upper.onnx", "nonzero.onnx", "mixed.onnx", "scalar.onnx", "constant.onnx", "sum_two.onnx"]
    {
        for mode in ["pool", "stateless"] {
            let point = &folder.points(&[&model(name), "-t", "2", "-c", "20", "--mode", mode, "--check"])[0];
            assert_eq!((&point["runs"], &point["errors"]), (&json!(20), &json!(0)), "{name}");
        }
    }
}

#[test]
fn wrong_outputs_end_with_1_and_name_the_thread() {
    let folder = Folder::new("wrong");
    let fake = folder.model("sleep_us=200 wrong_run=30");
    let line = ["run", &fake, "-t", "2", "-w", "2", "-c", "100", "--check"];
    ends(&line, 1, &["wrong outputs, the first: thread ", "output \"y\": element 0 is"]);
    let tolerant = [&line as &[&str], &["--tolerance", "2"]].concat();
    ends(&tolerant, 0, &[]);
    ends(&line[..line.len() - 1], 0, &[]);
}

#[test]
fn runs_that_fail_end_with_1_and_say_why() {
    let folder = Folder::new("fails");
    ends(&["run", &folder.model("fail"), "-t", "1"], 1, &["the fake kernel failed"]);
    ends(&["run", "/nowhere.onnx"], 1, &["/nowhere.onnx"]);
    ends(&["run", &model("truncated.onnx"), "-t", "1"], 1, &["truncated.onnx"]);
    ends(&["run", &model("add.onnx"), "-t", "1", "--provider", "nosuch"], 1, &["nosuch", "cpu"]);
}

#[test]
fn free_dimensions_without_a_size_are_listed() {
    let _folder = Folder::new("shapes");
    let two = model("add_two_free.onnx");
    ends(&["run", &two], 2, &["without a size: width", "--shape 'width=SIZE'"]);
    ends(&["run", &model("convolution.onnx")], 2, &["height, width", "height=SIZE;width=SIZE"]);
    ends(&["run", &two, "-s", "depth=3"], 2, &["\"depth\"", "\"batch\", \"width\""]);
    ends(&["run", &two, "-s", "z:(1,2)"], 2, &["\"z\"", "\"x\""]);
    ends(&["run", &model("add.onnx"), "-s", "1,5"], 2, &["[1,4]", "[1,5]"]);
    ends(&["run", &model("add.onnx"), "-s", "(1,4)l"], 2, &["float32", "int64"]);
    ends(&["run", &model("add.onnx"), "-b", "8"], 2, &["no input has a free first dimension"]);
}

#[test]
fn shapes_are_swept_and_named_dimensions_filled() {
    let folder = Folder::new("sweep");
    let points = folder.points(&[
        &model("add_two_free.onnx"),
        "-t",
        "1",
        "-c",
        "20",
        "-b",
        "1,4",
        "-s",
        "width=8",
        "-s",
        "x:(2,3)f",
    ]);
    let shapes: Vec<&Value> = points.iter().map(|point| &point["inputs"][0]["shape"]).collect();
    // A batch that was asked for goes before the first dimension of a shape.
    assert_eq!(shapes, [&json!([1, 8]), &json!([4, 8]), &json!([1, 3]), &json!([4, 3])]);
    assert_eq!(points[0]["shapes"], "x[1,8]");
}

#[test]
fn scripts_for_djl_bench_run_as_they_are() {
    let folder = Folder::new("djl");
    let out = folder.file("out");
    let line = [
        "-p",
        &model("mlp.onnx"),
        "-s",
        "(4,64)f",
        "-c",
        "37",
        "-t",
        "3",
        "-d",
        "10",
        "-w",
        "3",
        "-l",
        "1",
        "-o",
        &out,
    ];
    ends(&line, 0, &["runs/s"]);
    let report: Value =
        serde_json::from_str(&fs::read_to_string(folder.file("out/bench.json")).unwrap()).unwrap();
    let point = &report["points"][0];
    assert_eq!((&point["runs"], &point["threads"], &point["batch"]), (&json!(37), &json!(3), &json!(4)));
    for name in ["bench.csv", "bench.svg", "bench.png"] {
        assert!(folder.path.join("out").join(name).is_file(), "{name}");
    }
}

#[test]
fn arrays_of_numpy_are_inputs() {
    let folder = Folder::new("numpy");
    let batch = model("add_batch.onnx");
    let named = format!("x={}", array("x.npy"));
    for input in [named.as_str(), &array("stored.npz")] {
        let point = &folder.points(&[&batch, "-t", "1", "-c", "5", "-i", input])[0];
        assert_eq!(point["inputs"], json!([{"name": "x", "type": "float32", "shape": [2, 4]}]));
    }
    let wrong_type = format!("x={}", array("float64.npy"));
    ends(&["run", &batch, "-i", &wrong_type], 1, &["float32", "float64"]);
    ends(&["run", &model("add.onnx"), "-i", &named], 2, &["[1,4]", "[2,4]"]);
    ends(&["run", &batch, "-i", "z=zeros"], 2, &["\"z\""]);
    // Indices outside -5..4 make this model's kernel fail.
    ends(&["run", &model("failing.onnx"), "-t", "1", "-s", "8", "-c", "20", "-i", "index=0..5"], 0, &[]);
    ends(
        &["run", &model("failing.onnx"), "-t", "1", "-s", "8", "-c", "20", "-i", "index=5..9"],
        1,
        &["first run"],
    );
}

#[test]
fn a_point_ends_early_only_when_its_interval_is_narrow() {
    let folder = Folder::new("interval");
    let fake = folder.model("sleep_us=1000");
    let wide = &folder.points(&[&fake, "-t", "1", "-d", "8s", "--interval", "20"])[0];
    assert!(number(wide, "/wall_s") < 6.0 && number(wide, "/interval_percent") < 20.0, "{wide:#}");
    let full = &folder.points(&[&fake, "-t", "1", "-d", "1500ms", "--interval", "0"])[0];
    assert!((1.48..1.7).contains(&number(full, "/wall_s")), "{full:#}");
}

#[test]
fn threads_start_one_after_the_other_if_asked() {
    let folder = Folder::new("delay");
    let fake = folder.model("sleep_us=5000");
    let point = &folder.points(&[&fake, "-t", "2", "-d", "800ms", "--interval", "0", "-l", "600"])[0];
    let (rate, latency) = (number(point, "/runs_per_s"), number(point, "/latency_ms/mean"));
    // The second thread works for a quarter of the time.
    within(rate, 1.25 * 1e3 / latency, 0.1);
}

#[test]
fn interrupted_it_prints_and_writes_what_it_has() {
    let folder = Folder::new("interrupt");
    let fake = folder.model("sleep_us=5000");
    let report = folder.file("report.json");
    let line = ["run", &fake, "-t", "1,2", "-d", "60", "--interval", "0", "--json", &report];
    let child = command(&line).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let start = Instant::now();
    let process = libc::pid_t::try_from(child.id()).unwrap();
    // SAFETY: the child has not been waited for.
    assert_eq!(unsafe { libc::kill(process, libc::SIGINT) }, 0);
    let output = child.wait_with_output().unwrap();
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(output.status.code(), Some(130), "{}", text(&output));
    assert!(text(&output).contains("runs/s") && text(&output).contains("interrupted"), "{}", text(&output));
    let report = folder.json("report.json");
    assert_eq!((&report["interrupted"], report["points"].as_array().unwrap().len()), (&json!(true), 1));
    let point = &report["points"][0];
    within(number(point, "/runs_per_s"), 1e3 / number(point, "/latency_ms/mean"), 0.05);
}

#[test]
fn auto_finds_the_most_predictors_for_a_model_that_sleeps_and_writes_a_tune_file() {
    let folder = Folder::new("auto");
    let fake = folder.model("sleep_us=3000");
    let tune = folder.file("tune.json");
    let line = ["auto", &fake, "--cores", "2", "-b", "1", "-d", "800ms", "--tune-file", &tune];
    let said = ends(&line, 0, &["best for throughput:\n  predictors 2, intra-op threads 1, batch 1"]);
    assert!(
        said.contains(&format!("predictor_config_set_option(config, \"tune_file\", \"{tune}\")")),
        "{said}"
    );
    let file = folder.json("tune.json");
    let facts = (&file["tune_file"], &file["intra_op_threads"], &file["predictors"], &file["batch"]);
    assert_eq!(facts, (&json!(1), &json!(1), &json!(2), &json!(1)));

    let mut config = predictor_pool::Config::new();
    config.set_model(model("add.onnx"), None);
    config.set_option("tune_file", &tune).unwrap();
    predictor_pool::PredictorPool::new(&config, 2).unwrap();

    let unreachable = folder.file("unreachable.json");
    let line =
        ["auto", &fake, "--cores", "2", "-d", "300ms", "--goal", "p99=1ms", "--tune-file", &unreachable];
    ends(&line, 1, &["no candidate keeps p99 within 1 ms"]);
    assert!(!Path::new(&unreachable).exists());
}

#[test]
fn auto_passes_options_on_to_the_tune_file() {
    let folder = Folder::new("options");
    let tune = folder.file("tune.json");
    let options =
        ["--option", "spinning=0", "--option", "session.set_denormal_as_zero=1", "--optimization-level", "2"];
    let line = [
        "auto",
        &model("mlp.onnx"),
        "--cores",
        "1",
        "-b",
        "4",
        "-d",
        "200ms",
        "--goal",
        "memory",
        "--tune-file",
        &tune,
    ];
    ends(&[&line as &[&str], &options].concat(), 0, &["best for memory"]);
    let file = folder.json("tune.json");
    assert_eq!(file["options"], json!({"spinning": "0", "session.set_denormal_as_zero": "1"}));
    assert_eq!(file["optimization_level"], 2);
}

#[test]
fn compare_tells_losses_above_the_threshold_with_3() {
    let folder = Folder::new("compare");
    let (old, new) = (folder.file("old.json"), folder.file("new.json"));
    ends(&["run", &folder.model("sleep_us=1000"), "-t", "1,2", "-c", "400", "--json", &old], 0, &[]);
    let report = folder.json("old.json");
    let changed = |pointer: &str, factor: f64| {
        let mut report = report.clone();
        let figure = report.pointer_mut(pointer).unwrap();
        *figure = json!(figure.as_f64().unwrap() * factor);
        fs::write(&new, report.to_string()).unwrap();
    };
    ends(&["compare", &old, &old], 0, &["+0.0%"]);
    changed("/points/1/items_per_s", 0.9);
    ends(&["compare", &old, &new], 3, &["-10.0%  LOSS", "1 of 2 figures"]);
    ends(&["compare", &old, &new, "--threshold", "12"], 0, &["-10.0%"]);
    changed("/points/0/items_per_s", 1.5);
    ends(&["compare", &old, &new], 0, &["+50.0%"]);
    changed("/points/0/latency_ms/p50", 1.2);
    ends(&["compare", &old, &new], 0, &[]);
    ends(&["compare", &old, &new, "--metric", "p50,p90"], 3, &["+20.0%  LOSS"]);
    changed("/schema", 2.0);
    ends(&["compare", &old, &new], 1, &["schema"]);
    fs::write(&new, "{}").unwrap();
    ends(&["compare", &old, &new], 1, &["expected a report of predictor-bench"]);
    ends(&["compare", &old, "/nowhere.json"], 1, &["/nowhere.json"]);
}

#[test]
fn reports_follow_the_documented_schema() {
    let folder = Folder::new("schema");
    let documented = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/predictor-bench.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(documented).unwrap()).unwrap();
    for arguments in [
        &["-t", "1,2", "-c", "50", "--check"] as &[&str],
        &["-t", "2", "--rate", "200", "-d", "300ms", "--mode", "pool"],
    ] {
        folder.points(&[&[model("mlp.onnx").as_str()] as &[&str], arguments].concat());
        let report = folder.json("report.json");
        schema::check(&schema, &report).unwrap_or_else(|error| panic!("{error}\n{report:#}"));
        let mut broken = report.clone();
        broken["points"][0]["latency_ms"]["p50"] = json!("fast");
        schema::check(&schema, &broken).unwrap_err();
        broken = report.clone();
        broken["points"][0]["throughput"] = json!(1);
        schema::check(&schema, &broken).unwrap_err();
        broken = report;
        broken["host"].as_object_mut().unwrap().remove("cpu");
        schema::check(&schema, &broken).unwrap_err();
    }
}

#[test]
fn pictures_and_tables_have_what_was_measured() {
    let folder = Folder::new("picture");
    let [csv, svg, png] = ["a.csv", "a.svg", "a.png"].map(|name| folder.file(name));
    let fake = folder.model("sleep_us=1000");
    folder.points(&[&fake, "-t", "1,2,3", "-c", "300", "--csv", &csv, "--svg", &svg, "--png", &png]);
    let lines: Vec<String> = fs::read_to_string(&csv).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].contains(",batch,runs,wall_s,"));
    assert!(lines[1..].iter().all(|line| line.contains(",1,300,0.")), "{lines:?}");
    let svg = fs::read_to_string(&svg).unwrap();
    for label in ["items per second", "latency in ms", "threads", "p50", "p99", "ideal", "model.fake"] {
        assert!(svg.contains(label), "{label}");
    }
    // Three points each of throughput, p50 and p99 (300 samples are enough for it), and three markers of the legend.
    assert_eq!(svg.matches("<polygon").count(), 3 * 3 + 3);
    let png = fs::read(&png).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n") && png.len() > 10_000);
}

#[test]
fn info_tells_what_the_model_takes_and_what_would_run_it() {
    let _folder = Folder::new("info");
    let mixed = model("mixed.onnx");
    let parts = [
        "ids int64 [n]",
        "scale float32 [1]",
        "y float32 [n]",
        "free dimensions  n",
        "providers",
        "cpu",
        "libonnxruntime",
    ];
    ends(&["info", &mixed], 0, &parts);
    let output = bench(&["info", "--json", &mixed]);
    let facts: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(facts["inputs"][0], json!({"name": "ids", "type": "int64", "shape": ["n"]}));
    assert_eq!(facts["model"]["bytes"], fs::metadata(&mixed).unwrap().len());
    ends(&["info", "/nowhere.onnx"], 1, &["/nowhere.onnx"]);
}

#[test]
fn the_command_line_is_documented_and_checked() {
    let _folder = Folder::new("usage");
    ends(&["--version"], 0, &[&format!("predictor-bench {}", env!("CARGO_PKG_VERSION"))]);
    ends(&["--help"], 0, &["Examples:", "Exit codes: 0 fine", "run", "auto", "compare", "info"]);
    let add = model("add.onnx");
    for line in [
        &["run"] as &[&str],
        &["nosuch"],
        &["run", &add, "--nosuch"],
        &["run", &add, "-t", "x"],
        &["run", &add, "-d", "0"],
        &["run", &add, "--mode", "nosuch"],
        &["run", &add, "--scenario", "server"],
        &["run", &add, "--scenario", "closed", "--rate", "5"],
        &["run", &add, "--scenario", "single-stream", "-t", "2"],
        &["run", &add, "--pool-size", "2"],
        &["run", &add, "--tolerance", "1"],
        &["run", &add, "--option", "nosuch=1"],
        &["run", &add, "--provider", "cpu:{"],
        &["auto", &add, "--goal", "nosuch"],
    ] {
        ends(line, 2, &[]);
    }
    ends(&["run", &add, "-t", "1", "-c", "5", "--csv", "/nowhere/a.csv"], 1, &["/nowhere/a.csv"]);
}
