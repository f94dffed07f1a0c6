//! `runtime`: acknowledgements per second and latencies of a real runtime on a real directory. Exit codes:
//! 0 ok, 1 the run failed, 2 bad usage.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use bench::load::client::{Run, flat_out, flat_out_by_receipts, paced};
use bench::load::disk;
use bench::load::machine::{machine, resident};
use bench::load::work::{Kind, Setup, Work};
use clap::{Parser, ValueEnum};
use hdrhistogram::Histogram;
use runtime::{AckMode, Config, Handle, Port, Runtime, Stats};

/// Steps of W1 that are drawn for a second: more than a second takes.
const STEPS_PER_SECOND: f64 = 4_000_000.0;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Loads a whole runtime: sequencer, journal, replica, snapshots.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run --release -p bench --bin runtime
  cargo run --release -p bench --bin runtime -- --work w1 --ack durable --seconds 10
  cargo run --release -p bench --bin runtime -- --overload
  cargo run --release -p bench --bin runtime -- --recover 10000000")]
struct Arguments {
    /// What the client sends.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "w1,paper")]
    work: Vec<WorkName>,
    /// What an acknowledgement means.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "durable,relaxed"
    )]
    ack: Vec<AckName>,
    /// How long each stretch is, in seconds.
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// How long each runtime is loaded before latencies are taken, in seconds: until its first segment is full and later
    /// ones are made ahead.
    #[arg(long, default_value_t = 1.5)]
    warm_up: f64,
    /// Percentages of the peak at which latencies are measured.
    #[arg(long, value_delimiter = ',', default_value = "10,50,90")]
    at: Vec<u32>,
    /// Send by handles, with a receipt for each command, instead of a port; the peak only.
    #[arg(long)]
    receipts: bool,
    /// Send at twice and at ten times the peak instead of below it.
    #[arg(long)]
    overload: bool,
    /// Kill a runtime after so many inputs and measure its recovery instead.
    #[arg(long, value_name = "INPUTS", value_parser = clap::value_parser!(u32).range(10_000..))]
    recover: Option<u32>,
    /// Make the data directory for that, and end without a word.
    #[arg(long, hide = true, requires = "recover")]
    fill: Option<PathBuf>,
    /// Commands that wait for their acknowledgement at most.
    #[arg(long, default_value_t = 8_192)]
    waiting_max: usize,
    /// Journal bytes of a batch.
    #[arg(long, default_value_t = 64 << 10)]
    batch_bytes: usize,
    /// Bytes of a journal segment.
    #[arg(long, default_value_t = 64 << 20)]
    segment_bytes: u64,
    /// Inputs between snapshots.
    #[arg(long, default_value_t = 2_000_000)]
    snapshot_every: u64,
    /// Where the data directories are made, and removed again.
    #[arg(long, default_value_os_t = std::env::temp_dir())]
    directory: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum WorkName {
    W1,
    Paper,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AckName {
    Durable,
    Relaxed,
}

impl WorkName {
    const fn kind(self) -> Kind {
        match self {
            Self::W1 => Kind::W1,
            Self::Paper => Kind::Paper,
        }
    }
}

impl AckName {
    const fn mode(self) -> AckMode {
        match self {
            Self::Durable => AckMode::Durable,
            Self::Relaxed => AckMode::Relaxed,
        }
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    if let (Some(directory), Some(inputs), Some(work)) =
        (&arguments.fill, arguments.recover, arguments.work.first())
    {
        return fill(arguments, directory, work.kind(), inputs);
    }
    println!("{}\n", machine());
    for &work in &arguments.work {
        if let Some(inputs) = arguments.recover {
            recover(arguments, work, inputs)?;
            continue;
        }
        for &ack in &arguments.ack {
            measure(arguments, work.kind(), ack)?;
        }
    }
    Ok(())
}

/// Loads a runtime with so many inputs and a snapshot after nine tenths of them, and ends without stopping it.
fn fill(arguments: &Arguments, directory: &Path, kind: Kind, inputs: u32) -> Result<()> {
    let inputs = u64::from(inputs);
    let config = Config {
        snapshot_every: inputs / 10 * 9,
        ..config(arguments, directory, kind, AckName::Relaxed)
    };
    let mut loaded = Loaded::start_with(config, arguments.waiting_max, kind, inputs as u32)?;
    let handle = loaded.runtime.handle();
    let hour = Duration::from_hours(1);
    let left = inputs - handle.durable_seq().0;
    flat_out(
        &mut loaded.port,
        &mut loaded.work,
        arguments.waiting_max,
        hour,
        left,
    );
    catch_up(&handle);
    while handle.stats().snapshots == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::process::exit(0)
}

/// How long it takes to start from a snapshot and what came after it, and from the whole journal.
fn recover(arguments: &Arguments, work: WorkName, inputs: u32) -> Result<()> {
    let directory = Directory::new(&arguments.directory);
    let kind = work.kind();
    let name = work.to_possible_value();
    let name = name.as_ref().map_or("", |name| name.get_name());
    let filled = Command::new(std::env::current_exe()?)
        .args(["--work", name, "--recover", &inputs.to_string(), "--fill"])
        .arg(&directory.0)
        .status()?;
    if !filled.success() {
        return Err(format!("{kind:?}: the journal could not be made").into());
    }
    for without in [false, true] {
        if without {
            std::fs::remove_dir_all(directory.0.join("snapshots"))?;
        }
        let config = config(arguments, &directory.0, kind, AckName::Durable);
        let started = Instant::now();
        let runtime = Runtime::start(config, Box::new(Setup::done()))?;
        let elapsed = started.elapsed();
        let found = runtime.recovery();
        let from = found.snapshot_seq.map_or_else(
            || "without a snapshot".to_owned(),
            |seq| format!("snapshot at {seq}"),
        );
        println!(
            "{}: recovered to seq {} in {:.2} s, {from}, {} inputs replayed: {:.2} M/s; ready after {:.2} s",
            kind.name(),
            found.seq,
            found.elapsed.as_secs_f64(),
            found.replayed,
            found.replayed as f64 / found.elapsed.as_secs_f64() / 1e6,
            elapsed.as_secs_f64(),
        );
        runtime.stop()?;
    }
    Ok(())
}

/// A data directory that is removed when it is dropped.
struct Directory(PathBuf);

impl Directory {
    fn new(parent: &Path) -> Self {
        Self(parent.join(format!("dynasty-load-{}", std::process::id())))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed is left.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn config(arguments: &Arguments, directory: &Path, kind: Kind, ack: AckName) -> Config {
    Config {
        limits: kind.limits(),
        ack_mode: ack.mode(),
        commands_max: arguments.waiting_max,
        batch_bytes_max: arguments.batch_bytes,
        segment_bytes_max: arguments.segment_bytes,
        snapshot_every: arguments.snapshot_every,
        ..Config::new(directory)
    }
}

/// One workload in one mode: the peak, then shares of it.
fn measure(arguments: &Arguments, kind: Kind, ack: AckName) -> Result<()> {
    let length = Duration::from_secs_f64(arguments.seconds);
    let directory = Directory::new(&arguments.directory);
    let peak = {
        let mut loaded = Loaded::start(arguments, &directory.0, kind, ack)?;
        let run = loaded.run(|port, handle, work| {
            if arguments.receipts {
                flat_out_by_receipts(handle, work, length, arguments.waiting_max)
            } else {
                flat_out(port, work, arguments.waiting_max, length, u64::MAX)
            }
        });
        print_peak(kind, ack, &run);
        loaded.stop()?;
        run.run.rate()
    };
    drop(directory);
    if arguments.receipts {
        return Ok(());
    }
    if arguments.overload {
        for times in [2.0, 10.0] {
            overload(arguments, kind, ack, peak * times, length)?;
        }
        return Ok(());
    }
    println!(
        "{:>5} {:>9} {:>42} {:>9} {:>30} {:>6}",
        "of",
        "commands",
        "acknowledged, from the intended send, us",
        "bytes a",
        "write and fdatasync alone, us",
        "ratio"
    );
    println!(
        "{:>5} {:>9} {:>9} {:>9} {:>9} {:>12} {:>9} {:>10} {:>9} {:>9} {:>6}",
        "peak", "a second", "p50", "p99", "p99.9", "max", "commit", "p50", "p99", "max", "p99"
    );
    for &percent in &arguments.at {
        let directory = Directory::new(&arguments.directory);
        let mut loaded = Loaded::start(arguments, &directory.0, kind, ack)?;
        let rate = peak * f64::from(percent) / 100.0;
        loaded.warm_up(arguments);
        let run = loaded.run(|port, _, work| paced(port, work, rate, length));
        loaded.stop()?;
        let syncs = run.after.syncs - run.before.syncs;
        let bytes = (run.after.journal_bytes - run.before.journal_bytes) / syncs.max(1);
        let alone = match ack {
            AckName::Durable => Some(disk::syncs(
                &directory.0,
                bytes.max(1) as usize,
                length / 4,
            )?),
            // It waits for no sync.
            AckName::Relaxed => None,
        };
        print_latencies(percent, &run.run, bytes, alone.as_ref());
    }
    println!();
    Ok(())
}

/// A runtime with its setup and its prefill behind it.
struct Loaded {
    runtime: Runtime,
    port: Port,
    work: Work,
}

/// What one stretch of load was, seen from outside.
struct Seen {
    run: Run,
    before: Stats,
    after: Stats,
    /// Inputs that the replica had not applied when the last command was acknowledged.
    behind: u64,
    /// How long it took to apply them.
    catching_up: Duration,
}

impl Loaded {
    fn start(arguments: &Arguments, directory: &Path, kind: Kind, ack: AckName) -> Result<Self> {
        let seconds = arguments.seconds + arguments.warm_up;
        let steps = (seconds * STEPS_PER_SECOND) as u32;
        let config = config(arguments, directory, kind, ack);
        Self::start_with(config, arguments.waiting_max, kind, steps)
    }

    fn start_with(config: Config, waiting_max: usize, kind: Kind, steps: u32) -> Result<Self> {
        let mut work = kind.work(steps);
        let setup = kind.setup();
        let inputs = setup.len();
        let runtime = Runtime::start(config, Box::new(setup))?;
        let handle = runtime.handle();
        while handle.durable_seq().0 < inputs {
            std::thread::sleep(Duration::from_millis(1));
        }
        let mut port = handle.port(waiting_max, waiting_max / 8)?;
        let hour = Duration::from_hours(1);
        if kind.prefill() > 0 {
            flat_out(&mut port, &mut work, 1_024, hour, kind.prefill());
        }
        catch_up(&handle);
        Ok(Self {
            runtime,
            port,
            work,
        })
    }

    /// Loads it for a while, and lets the replica catch up.
    fn warm_up(&mut self, arguments: &Arguments) {
        let length = Duration::from_secs_f64(arguments.warm_up);
        let waiting = arguments.waiting_max;
        flat_out(&mut self.port, &mut self.work, waiting, length, u64::MAX);
        catch_up(&self.runtime.handle());
    }

    fn run(&mut self, load: impl FnOnce(&mut Port, &Handle, &mut Work) -> Run) -> Seen {
        let handle = self.runtime.handle();
        let before = handle.stats();
        let run = load(&mut self.port, &handle, &mut self.work);
        let after = handle.stats();
        let behind = handle.durable_seq().0 - after.replica_seq.0;
        Seen {
            run,
            before,
            after,
            behind,
            catching_up: catch_up(&handle),
        }
    }

    fn stop(self) -> Result<()> {
        self.runtime.stop()?;
        Ok(())
    }
}

/// Waits until the replica has applied what is durable; how long that took.
fn catch_up(handle: &Handle) -> Duration {
    let started = Instant::now();
    while handle.stats().replica_seq < handle.durable_seq() {
        std::thread::sleep(Duration::from_millis(1));
    }
    started.elapsed()
}

/// Sends more than is taken, and counts.
fn overload(
    arguments: &Arguments,
    kind: Kind,
    ack: AckName,
    rate: f64,
    length: Duration,
) -> Result<()> {
    let directory = Directory::new(&arguments.directory);
    let mut loaded = Loaded::start(arguments, &directory.0, kind, ack)?;
    let (before, _) = resident();
    let seen = loaded.run(|port, _, work| paced(port, work, rate, length));
    let (after, most) = resident();
    let Run {
        sent,
        acknowledged,
        refused,
        ..
    } = seen.run;
    println!(
        "{} {ack:?}, {:.2} M/s asked for: {sent} sent = {acknowledged} acknowledged + {refused} refused; resident {} MiB before, {} after, {} at most",
        kind.name(),
        rate / 1e6,
        before >> 20,
        after >> 20,
        most >> 20,
    );
    if sent != acknowledged + refused {
        return Err("sent is not acknowledged + refused".into());
    }
    loaded.stop()
}

fn print_peak(kind: Kind, ack: AckName, seen: &Seen) {
    let run = &seen.run;
    println!(
        "{}, {ack:?}: {:.2} M acknowledged/s over {:.1} s ({} of {} denied), {} commits",
        kind.name(),
        run.rate() / 1e6,
        run.elapsed.as_secs_f64(),
        run.denied,
        run.acknowledged,
        seen.after.batches - seen.before.batches,
    );
    let applied = run.acknowledged - seen.behind.min(run.acknowledged);
    println!(
        "  replica: {:.2} M/s meanwhile, {} behind at the end, {:.2} s to catch up: {:.2} M/s with its work",
        applied as f64 / run.elapsed.as_secs_f64() / 1e6,
        seen.behind,
        seen.catching_up.as_secs_f64(),
        run.acknowledged as f64 / (run.elapsed + seen.catching_up).as_secs_f64() / 1e6,
    );
    let each = |spent: Duration, inputs: u64| spent.as_nanos() as f64 / inputs.max(1) as f64;
    let costs = [
        each(run.busy.of("shard"), run.acknowledged),
        each(run.busy.of("journal"), run.acknowledged),
        each(run.busy.of("replica"), applied),
        each(run.busy.of_main(), run.acknowledged),
    ];
    let [shard, journal, replica, client] = costs;
    let all: f64 = costs.iter().sum();
    println!(
        "  processor, ns a command: shard {shard:.0}, journal {journal:.0}, replica {replica:.0}, client {client:.0}; \
         in all {all:.0}, so two cores carry {:.2} M/s",
        2e3 / all,
    );
}

fn print_latencies(percent: u32, run: &Run, bytes: u64, alone: Option<&Histogram<u64>>) {
    let micros = |times: &Histogram<u64>, quantile: f64| {
        format!("{:.0}", times.value_at_quantile(quantile) as f64 / 1e3)
    };
    let own = [0.5, 0.99, 0.999, 1.0].map(|quantile| micros(&run.latencies, quantile));
    let disk = match alone {
        Some(alone) => {
            let p99 = |times: &Histogram<u64>| times.value_at_quantile(0.99) as f64;
            let ratio = format!("{:.2}", p99(&run.latencies) / p99(alone));
            [
                bytes.to_string(),
                micros(alone, 0.5),
                micros(alone, 0.99),
                micros(alone, 1.0),
                ratio,
            ]
        }
        None => std::array::from_fn(|_| "-".to_owned()),
    };
    let refused = match run.refused {
        0 => String::new(),
        refused => format!("  {refused} refused, counted as a minute each"),
    };
    println!(
        "{percent:>4}% {:>9.0} {:>9} {:>9} {:>9} {:>12} {:>9} {:>10} {:>9} {:>9} {:>6}{refused}",
        run.rate(),
        own[0],
        own[1],
        own[2],
        own[3],
        disk[0],
        disk[1],
        disk[2],
        disk[3],
        disk[4],
    );
}
