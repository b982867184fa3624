//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::values::{Goal, Metric, Threads, Warmup, duration, intra, option, percent, provider, rate};

const EXAMPLES: &str = "\
Examples:
  predictor-bench run model.onnx                               threads 1, 2, 4, ... up to the usable cores
  predictor-bench run model.onnx -t 1,2,4 --intra 1,2 -b 1,8   a sweep over threads, intra-op threads and batches
  predictor-bench run model.onnx --rate 200 -d 30s             Poisson arrivals; latency from the scheduled arrival
  predictor-bench run model.onnx --mode clone,session,mutex --check --json new.json --png new.png
  predictor-bench run model.onnx -s 'ids:(1,128)l=0..30000;mask:(1,128)l=1..2'
  predictor-bench auto model.onnx --goal p99=20ms              the best pool for a goal, and a tune file for it
  predictor-bench compare old.json new.json --threshold 5
  predictor-bench info model.onnx

Exit codes: 0 fine; 1 a failure, or wrong outputs under --check; 2 the command line does not fit; 3 compare found a
loss; 130 interrupted (what was measured so far is printed and written).

ONNX Runtime is looked for where PREDICTOR_POOL_ORT_LIB or ORT_DYLIB_PATH points, else beside this program, in the
lib folder beside its bin folder, and where the system finds libonnxruntime.so.1.";

/// Measures how a model runs in many threads: how many predictors, how many threads each, what throughput and
/// latency, how much memory.
#[derive(Parser)]
#[command(name = "predictor-bench", version, after_help = EXAMPLES, max_term_width = 120)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Measure every combination of threads, intra-op threads, batches, shapes and modes. Without a command name, and
    /// with djl-bench's flags, this is what runs.
    Run(Box<RunArguments>),
    /// Find the best number of predictors, intra-op threads and batch for a goal.
    Auto(Box<AutoArguments>),
    /// Compare two reports of `run --json`; exit code 3 if the new one is worse than the threshold allows.
    Compare(CompareArguments),
    /// What the model takes and gives, and which ONNX Runtime would run it.
    Info(InfoArguments),
    /// One measured point, in a process of its own.
    #[command(hide = true)]
    Point(Box<PointArguments>),
}

#[derive(Args, Clone)]
pub struct ModelArguments {
    /// The model's file, or a folder with one model in it.
    #[arg(value_name = "MODEL", conflicts_with = "model_path", required_unless_present = "model_path")]
    pub model: Option<PathBuf>,
    /// The same, as djl-bench spells it.
    #[arg(short = 'p', long, value_name = "MODEL")]
    pub model_path: Option<PathBuf>,
    /// A separate file of weights.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
    /// An execution provider, in order of preference, with its options as a JSON object of strings.
    #[arg(long, value_name = "NAME[:JSON]", value_parser = provider)]
    pub provider: Vec<(String, Option<String>)>,
    /// An option of the config, the library's own or (with a dot) ONNX Runtime's.
    #[arg(long, value_name = "KEY=VALUE", value_parser = option)]
    pub option: Vec<(String, String)>,
    /// Graph optimisation, 0 to 3.
    #[arg(long, value_name = "LEVEL")]
    pub optimization_level: Option<i32>,
    /// Operators computed side by side, with the option execution_mode=parallel; 0 is automatic.
    #[arg(long, value_name = "N")]
    pub inter: Option<i32>,
}

impl ModelArguments {
    pub fn path(&self) -> PathBuf {
        self.model.clone().or_else(|| self.model_path.clone()).unwrap_or_default()
    }
}

#[derive(Args, Clone)]
pub struct InputArguments {
    /// Shapes of the inputs; repeat it to measure several. `1,3,224,224` (one input), `(1,3)f,(384)i` (inputs in the
    /// model's order), `x:(1,3)f;ids:(1,128)l=0..30000` (by name; `=LOW..HIGH` gives the range of values) or
    /// `height=224;width=224` (free dimensions by name). Suffixes are djl-bench's: f float32, s float16, d float64,
    /// u uint8, b int8, i int32, l int64, B bool. A free first dimension is the batch: 1 unless --batch is given.
    #[arg(short, long, alias = "input-shapes", value_name = "SHAPES")]
    pub shape: Vec<String>,
    /// What an input holds: `NAME=FILE.npy`, `NAME=random`, `NAME=zeros`, `NAME=ones` or `NAME=LOW..HIGH`; or a
    /// `FILE.npz` with arrays by the names of the inputs.
    #[arg(short, long, alias = "input-data", value_name = "INPUT")]
    pub input: Vec<String>,
    /// What the other inputs hold. Random floats are 0 to 1, random integers 0 or 1.
    #[arg(long, value_enum, default_value_t = Fill::Random)]
    pub fill: Fill,
    /// Seed of random inputs and of Poisson arrivals.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

#[derive(Args, Clone)]
pub struct LoadArguments {
    /// Runs per point, all threads together; without it the time decides.
    #[arg(short, long, alias = "iteration", value_name = "RUNS", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Time per point at most (10, 10s, 500ms, 2m).
    #[arg(short, long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub duration: Duration,
    /// A point ends early, but not before 1 s, once the 95 % interval of its throughput is within this many percent
    /// of the mean; 0 always takes the whole time, as do --count and --rate.
    #[arg(long, value_name = "PERCENT", default_value = "2", value_parser = percent)]
    pub interval: f64,
    /// Runs of each thread before the clock starts, or (with a unit) the time they take, at least 2 runs.
    #[arg(short, long, alias = "warmup-iteration", value_name = "RUNS|TIME", default_value = "200ms")]
    pub warmup: Warmup,
    /// Milliseconds between the starts of threads.
    #[arg(short = 'l', long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=60_000))]
    pub delay: u64,
    /// Compare the outputs of every run with those of a serial reference.
    #[arg(long)]
    pub check: bool,
    /// What --check lets float32 and float64 outputs differ by: |got - expected| <= N * max(1, |expected|).
    #[arg(long, value_name = "N", default_value_t = 0.0, requires = "check")]
    pub tolerance: f64,
}

#[derive(Args)]
pub struct SweepArguments {
    /// Threads that make requests, each with a predictor; `auto` is 1, 2, 4, ... and the usable cores; 0 or less is
    /// the usable cores.
    #[arg(
        short,
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "auto",
        allow_hyphen_values = true
    )]
    pub threads: Vec<Threads>,
    /// Intra-op threads of a predictor, `auto` for the library's choice.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1", value_parser = intra)]
    pub intra: Vec<i32>,
    /// Sizes of the free first dimension.
    #[arg(short, long, value_name = "LIST", value_delimiter = ',', value_parser = clap::value_parser!(i64).range(1..))]
    pub batch: Vec<i64>,
    /// How threads come by a predictor.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "clone")]
    pub mode: Vec<Mode>,
    /// Predictors of the pool in mode pool; as many as threads without it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub pool_size: Option<u64>,
    /// How requests arrive.
    #[arg(
        long,
        value_enum,
        default_value = "closed",
        default_value_if("rate", clap::builder::ArgPredicate::IsPresent, "server")
    )]
    pub scenario: Scenario,
    /// Requests per second in scenario server.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = rate)]
    pub rate: Vec<f64>,
}

#[derive(Args)]
pub struct OutputArguments {
    /// Write a report for programs (docs/predictor-bench.md).
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write one line per point.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Draw throughput and latency against threads.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// The same picture as a bitmap.
    #[arg(long, value_name = "FILE")]
    pub png: Option<PathBuf>,
    /// Write all four, as bench.json, bench.csv, bench.svg and bench.png, to this folder.
    #[arg(short, long, value_name = "FOLDER")]
    pub output_dir: Option<PathBuf>,
    /// No progress bar, on a terminal either.
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Args)]
pub struct RunArguments {
    #[command(flatten)]
    pub model: ModelArguments,
    #[command(flatten)]
    pub inputs: InputArguments,
    #[command(flatten)]
    pub sweep: SweepArguments,
    #[command(flatten)]
    pub load: LoadArguments,
    #[command(flatten)]
    pub output: OutputArguments,
}

#[derive(Args)]
pub struct AutoArguments {
    #[command(flatten)]
    pub model: ModelArguments,
    #[command(flatten)]
    pub inputs: InputArguments,
    /// throughput: most items/s; p99=TIME: most items/s with 99 % of the requests within TIME; memory: most items/s
    /// per MB of peak resident memory.
    #[arg(long, default_value = "throughput")]
    pub goal: Goal,
    /// Batches to try; without it 1, 4 and 16 if the model's first dimension is free.
    #[arg(short, long, value_name = "LIST", value_delimiter = ',', value_parser = clap::value_parser!(i64).range(1..))]
    pub batch: Vec<i64>,
    /// Cores to divide; the usable ones without it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1024))]
    pub cores: Option<u64>,
    /// Time of each of the last candidates; the earlier rounds take a fifth and a sixteenth of it.
    #[arg(short, long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub duration: Duration,
    /// The tune file to write.
    #[arg(long, value_name = "FILE", default_value = "predictor-tune.json")]
    pub tune_file: PathBuf,
    /// Write a report of all candidates for programs (docs/predictor-bench.md).
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// No progress bar, on a terminal either.
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Args)]
pub struct CompareArguments {
    /// A report of `run --json`.
    pub old: PathBuf,
    /// Another one.
    pub new: PathBuf,
    /// Percent by which a figure may get worse.
    #[arg(long, value_name = "PERCENT", default_value = "5", value_parser = percent)]
    pub threshold: f64,
    /// The figures that count; without it throughput, and for scenario server p99.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub metric: Vec<Metric>,
}

#[derive(Args)]
pub struct InfoArguments {
    #[command(flatten)]
    pub model: ModelArguments,
    /// For programs, on stdout.
    #[arg(long)]
    pub json: bool,
}

/// What the parent asks a child process to measure.
#[derive(Args, Clone)]
pub struct PointArguments {
    #[command(flatten)]
    pub model: ModelArguments,
    #[command(flatten)]
    pub inputs: InputArguments,
    #[command(flatten)]
    pub load: LoadArguments,
    #[arg(long)]
    pub threads: usize,
    #[arg(long, allow_hyphen_values = true)]
    pub intra: i32,
    #[arg(long)]
    pub batch: Option<i64>,
    #[arg(long, value_enum)]
    pub mode: Mode,
    #[arg(long)]
    pub pool_size: Option<u64>,
    #[arg(long, value_enum)]
    pub scenario: Scenario,
    #[arg(long)]
    pub rate: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fill {
    Random,
    Zeros,
    Ones,
}

/// How a thread comes by a predictor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// One predictor, and a clone for every other thread.
    Clone,
    /// Every thread creates a predictor from the same config.
    Separate,
    /// A pool that every request acquires from and releases to.
    Pool,
    /// One predictor behind a mutex.
    Mutex,
    /// A model loaded for every thread.
    Session,
    /// One predictor, stateless runs.
    Stateless,
}

/// How requests arrive; the names are MLPerf's but for closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Every thread makes its next request when its last one is answered.
    Closed,
    /// The same with one thread.
    SingleStream,
    /// All requests are there at the start.
    Offline,
    /// Requests arrive at random, --rate a second on average, whether or not earlier ones are answered.
    Server,
}

/// The name that the command line and reports use.
pub fn name_of(value: impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

impl PointArguments {
    /// The command line that parses to this.
    pub fn to_command_line(&self) -> Vec<String> {
        let mut line = vec!["point".to_owned()];
        let mut put = |name: &str, value: Option<String>| {
            line.extend(value.map(|value| format!("--{name}={value}")));
        };
        put("model-path", Some(self.model.path().to_string_lossy().into_owned()));
        put("params", self.model.params.as_ref().map(|path| path.to_string_lossy().into_owned()));
        for (name, json) in &self.model.provider {
            put("provider", Some(json.as_ref().map_or(name.clone(), |json| format!("{name}:{json}"))));
        }
        for (key, value) in &self.model.option {
            put("option", Some(format!("{key}={value}")));
        }
        put("optimization-level", self.model.optimization_level.map(|level| level.to_string()));
        put("inter", self.model.inter.map(|count| count.to_string()));
        for shape in &self.inputs.shape {
            put("shape", Some(shape.clone()));
        }
        for input in &self.inputs.input {
            put("input", Some(input.clone()));
        }
        put("fill", Some(name_of(self.inputs.fill)));
        put("seed", Some(self.inputs.seed.to_string()));
        put("count", self.load.count.map(|count| count.to_string()));
        put("duration", Some(format!("{}s", self.load.duration.as_secs_f64())));
        put("interval", Some(self.load.interval.to_string()));
        put("warmup", Some(self.load.warmup.to_string()));
        put("delay", Some(self.load.delay.to_string()));
        put("threads", Some(self.threads.to_string()));
        put("intra", Some(self.intra.to_string()));
        put("batch", self.batch.map(|batch| batch.to_string()));
        put("mode", Some(name_of(self.mode)));
        put("pool-size", self.pool_size.map(|size| size.to_string()));
        put("scenario", Some(name_of(self.scenario)));
        put("rate", self.rate.map(|rate| rate.to_string()));
        if self.load.check {
            line.push("--check".to_owned());
            line.push(format!("--tolerance={}", self.load.tolerance));
        }
        line
    }
}
