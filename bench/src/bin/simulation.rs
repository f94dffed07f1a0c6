//! `simulation`: runs whole runtimes on simulated disks and clocks, kills them, and holds them to what they
//! promised. Exit codes: 0 ok, 1 a promise was broken, 2 bad usage.

use std::process::ExitCode;
use std::time::Instant;

use bench::simulation::{Report, run};
use clap::Parser;

/// Seeds one after another; the same seed does the same again.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run --release -p bench --bin simulation
  cargo run --release -p bench --bin simulation -- --seeds 10000
  cargo run --release -p bench --bin simulation -- --from 4711 --seeds 1 --verbose")]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Steps of each seed's script.
    #[arg(long, default_value_t = 300)]
    steps: usize,
    /// Say what happened in each.
    #[arg(long)]
    verbose: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let mut all = Report::default();
    for seed in arguments.from..arguments.from + arguments.seeds {
        match run(seed, arguments.steps) {
            Ok(report) => {
                if arguments.verbose {
                    println!("seed {seed}: {report}");
                }
                all.add(&report);
            }
            Err(failure) => {
                eprint!("{failure}");
                eprintln!(
                    "again: cargo run --release -p bench --bin simulation -- --from {seed} --seeds 1 --steps {}",
                    arguments.steps
                );
                return ExitCode::FAILURE;
            }
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{} seeds, 0 promises broken: {all}", arguments.seeds);
    println!("{:.0} seeds/s", arguments.seeds as f64 / seconds);
    ExitCode::SUCCESS
}
