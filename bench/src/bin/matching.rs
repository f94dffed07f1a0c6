//! `matching`: throughput, latency and memory of this project's book and of other engines on the
//! published workloads. Exit codes: 0 ok, 1 wrong trades, 2 bad usage.

use std::process::{Command, ExitCode};

use bench::matching::latency;
use bench::matching::registry::{self, Entry};
use bench::matching::report::{EngineReport, Report, WorkloadReport};
use bench::matching::workload::{STEPS, Spec, Workload};
use bench::matching::{Origin, shard};
use clap::{Parser, ValueEnum};

/// Replays the published workloads through each engine in the same process.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run --release -p bench --features peers --bin matching
  cargo run --release -p bench --bin matching -- --workload w1-1k,w2-2k --rounds 5
  cargo run --release -p bench --bin matching -- --workload w1-1m --engine naive --format json")]
struct Arguments {
    /// Replays of each workload through each engine, interleaved; the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// Workloads, separated by commas; `all` means the four with published hashes.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "all")]
    workload: Vec<Choice>,
    /// Engines by name, separated by commas, or `all`.
    #[arg(long, value_delimiter = ',', default_value = "all")]
    engine: Vec<String>,
    /// How to tell the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Measured steps of each workload; hashes are published for 2,000,000 only.
    #[arg(long, default_value_t = STEPS)]
    steps: u32,
    /// Leave the latency round out.
    #[arg(long)]
    no_latency: bool,
    /// Leave the memory of a resting order out.
    #[arg(long)]
    no_memory: bool,
    /// Measure the whole shard, with accounts, risk checks and events, as one more engine.
    #[arg(long)]
    shard: bool,
    /// Print the resident bytes for each resting order of one engine.
    #[arg(long, hide = true)]
    memory_of: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    All,
    #[value(name = "w1-1k")]
    W1x1k,
    #[value(name = "w1-20k")]
    W1x20k,
    #[value(name = "w1-100k")]
    W1x100k,
    #[value(name = "w1-1m")]
    W1x1m,
    #[value(name = "w2-2k")]
    W2x2k,
}

impl Choice {
    fn specs(self) -> Vec<Spec> {
        match self {
            Self::All => Spec::PUBLISHED.to_vec(),
            Self::W1x1k => vec![Spec::w1(1_000)],
            Self::W1x20k => vec![Spec::w1(20_000)],
            Self::W1x100k => vec![Spec::w1(100_000)],
            Self::W1x1m => vec![Spec::w1(1_000_000)],
            Self::W2x2k => vec![Spec::w2(2_000)],
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(name) = &arguments.memory_of {
        return memory_of(name);
    }
    let engines = match select(&arguments) {
        Ok(engines) => engines,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    for absent in registry::absent_peers() {
        eprintln!("NOT COMPILED IN: {absent} (build with --features peers)");
    }
    let report = run(&arguments, &engines);
    match arguments.format {
        Format::Text => print!("{report}"),
        Format::Json => match serde_json::to_string_pretty(&report) {
            Ok(json) => println!("{json}"),
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        },
    }
    if right(&report, &engines) {
        ExitCode::SUCCESS
    } else {
        eprintln!("the reference or the product does not trade as published");
        ExitCode::FAILURE
    }
}

/// The engines that were asked for.
fn select(arguments: &Arguments) -> Result<Vec<Entry>, String> {
    let mut engines = registry::engines();
    let wanted = |name: &str| arguments.engine.iter().any(|asked| asked == name);
    if !wanted("all") {
        for name in &arguments.engine {
            if !engines.iter().any(|entry| entry.about.name == name) {
                return Err(format!("no engine {name:?} is built in"));
            }
        }
        engines.retain(|entry| wanted(entry.about.name));
    }
    if arguments.shard {
        engines.push(shard::entry());
    }
    Ok(engines)
}

fn run(arguments: &Arguments, engines: &[Entry]) -> Report {
    let mut specs: Vec<Spec> = Vec::new();
    for spec in arguments.workload.iter().flat_map(|choice| choice.specs()) {
        let spec = Spec {
            steps: arguments.steps,
            ..spec
        };
        if !specs.contains(&spec) {
            specs.push(spec);
        }
    }
    let clock = latency::clock();
    let workloads = specs
        .into_iter()
        .map(|spec| workload(arguments, engines, spec))
        .collect();
    let memory = |entry: &Entry| {
        let bytes = (!arguments.no_memory).then(|| child_memory(entry.about.name));
        EngineReport::new(entry.about, bytes.flatten())
    };
    Report {
        processor: processor(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        rounds: arguments.rounds.into(),
        clock,
        workloads,
        engines: engines.iter().map(memory).collect(),
        left_out: registry::left_out(),
    }
}

/// Interleaved: a disturbance that lasts hits every engine alike.
fn workload(arguments: &Arguments, engines: &[Entry], spec: Spec) -> WorkloadReport {
    eprintln!("{} ...", spec.name());
    let workload = Workload::generate(spec);
    let mut found: Vec<_> = engines
        .iter()
        .map(|entry| (*entry, Vec::new(), None))
        .collect();
    for _ in 0..arguments.rounds {
        for (entry, replays, _) in &mut found {
            replays.push((entry.replay)(&workload));
        }
    }
    if !arguments.no_latency {
        for (entry, _, latency) in &mut found {
            *latency = Some((entry.sample)(&workload));
        }
    }
    WorkloadReport::new(&workload, found)
}

/// The workloads are as published and this project's own engines trade as they should.
fn right(report: &Report, engines: &[Entry]) -> bool {
    let own = |name: &str| {
        let mut own = engines.iter().filter(|e| e.about.origin != Origin::Peer);
        own.any(|entry| entry.about.name == name)
    };
    report.workloads.iter().all(|workload| {
        let mut engines = workload.engines.iter();
        workload.published != Some(false) && engines.all(|e| e.agrees || !own(e.engine))
    })
}

fn memory_of(name: &str) -> ExitCode {
    let mut engines = registry::engines().into_iter().chain([shard::entry()]);
    let entry = engines.find(|entry| entry.about.name == name);
    match entry.and_then(|entry| (entry.bytes_per_order)()) {
        Some(bytes) => {
            println!("{bytes}");
            ExitCode::SUCCESS
        }
        None => ExitCode::FAILURE,
    }
}

/// Asks a fresh process of this program.
fn child_memory(name: &str) -> Option<f64> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new(program)
        .args(["--memory-of", name])
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// As Linux names it.
fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .and_then(|rest| rest.split_once(':'));
    model.map_or_else(
        || "unknown processor".to_owned(),
        |(_, name)| name.trim().to_owned(),
    )
}
