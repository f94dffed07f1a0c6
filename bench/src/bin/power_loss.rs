//! `power_loss`: interrupts a journal on a simulated disk at many places and checks what recovery finds.
//! Exit codes: 0 ok, 1 a promise was broken, 2 bad usage.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use runtime::simulation::{CrashPoint, PowerLoss, Random};

/// Loses power at random calls to the disk, each time in a new run, half of the time in recovery as well.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run --release -p bench --bin power_loss
  cargo run --release -p bench --bin power_loss -- --points 1000000 --seed 7
  cargo run --release -p bench --bin power_loss -- --seed 7 --operation 31 --loss 5 --recovery 2")]
struct Arguments {
    /// Power losses in all.
    #[arg(long, default_value_t = 100_000)]
    points: u64,
    /// First of the seeds that say what is written; each is interrupted 100 times.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// One loss only: after so many calls that change the disk.
    #[arg(long, requires = "loss")]
    operation: Option<u64>,
    /// What is left of what was not synced.
    #[arg(long, requires = "operation")]
    loss: Option<u64>,
    /// Recovery is interrupted too, after so many calls.
    #[arg(long, requires = "operation")]
    recovery: Option<u64>,
}

/// Losses of one seed.
const POINTS_PER_SEED: u64 = 100;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let mut script = PowerLoss::new(arguments.seed);
    if let (Some(operation), Some(loss)) = (arguments.operation, arguments.loss) {
        let point = CrashPoint {
            seed: arguments.seed,
            operation,
            loss,
            recovery: arguments.recovery,
        };
        return told(point, script.crash(point));
    }
    let mut random = Random::new(arguments.seed);
    let (mut operations, mut in_recovery) = (script.operations(), 0_u64);
    for done in 0..arguments.points {
        if done > 0 && done.is_multiple_of(POINTS_PER_SEED) {
            script = PowerLoss::new(arguments.seed + done / POINTS_PER_SEED);
            operations += script.operations();
        }
        let point = script.point(&mut random);
        in_recovery += u64::from(point.recovery.is_some());
        let result = script.crash(point);
        if result.is_err() {
            return told(point, result);
        }
    }
    let seeds = arguments.points.div_ceil(POINTS_PER_SEED);
    println!(
        "{} power losses in {seeds} journals of {:.0} disk operations, {in_recovery} of them again in \
         recovery: 0 violations, {:.0}/s",
        arguments.points,
        operations as f64 / seeds as f64,
        arguments.points as f64 / started.elapsed().as_secs_f64(),
    );
    ExitCode::SUCCESS
}

fn told(point: CrashPoint, result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => {
            println!("{point}: ok");
            ExitCode::SUCCESS
        }
        Err(what) => {
            eprintln!("{point}: {what}");
            ExitCode::FAILURE
        }
    }
}
