//! `twin`: random streams through the shard and its naive twin, for as long as asked. Exit codes: 0 no
//! difference, 1 a difference, 2 bad usage.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bench::twin::compare::keep_panics;
use bench::twin::coverage::EVENT_KINDS;
use bench::twin::play::{play, play_inputs};
use bench::twin::scenario::scenario;
use bench::twin::shrink::{shrink, shrink_inputs};
use bench::twin::{Coverage, Difference, Mode, Recording, Script, Setting};
use clap::Parser;

/// Compares the shard with its naive twin on random streams, and shrinks the first that differs.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run --release -p bench --bin twin -- --seeds 2000
  cargo run --release -p bench --bin twin -- --for 10m --from 1000000
  cargo run --release -p bench --bin twin -- --seed 17
  cargo run --release -p bench --bin twin -- --replay twin-17.txt
  cargo run --release -p bench --bin twin -- --reach MarginCall && dynasty simulate twin-1.jsonl")]
struct Arguments {
    /// How many streams; with --for as many as fit into it.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Steps of a stream, besides its opening.
    #[arg(long, default_value_t = 300)]
    steps: usize,
    /// How long, such as 90s, 10m or 2h.
    #[arg(long = "for", value_parser = duration)]
    time: Option<Duration>,
    /// Compare the shard with itself, restored every few inputs, instead of with its naive twin.
    #[arg(long)]
    restore: bool,
    /// Compare with nothing: end at the first fact of this kind, such as `MarginCall`, and write the smallest stream
    /// that leads to one.
    #[arg(long, conflicts_with = "restore", value_parser = kind_of_fact)]
    reach: Option<&'static str>,
    /// One seed only.
    #[arg(long, conflicts_with_all = ["from", "seeds", "time"])]
    seed: Option<u64>,
    /// Play the inputs of a file that this program wrote.
    #[arg(long, conflicts_with_all = ["seed", "from", "seeds", "time"])]
    replay: Option<PathBuf>,
    /// Go on after a difference, so many times.
    #[arg(long, default_value_t = 1)]
    differences: u64,
    /// Where a failing stream is written, and beside it as a scenario for `dynasty simulate`, of the same name that ends
    /// in .jsonl; by default twin-SEED.txt among the temporary files.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Show every kind of fact with its particulars at the end.
    #[arg(long)]
    details: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let unit = text.chars().last().filter(|unit| !unit.is_ascii_digit());
    let (digits, seconds) = match unit {
        None | Some('s') => (text.trim_end_matches('s'), 1),
        Some('m') => (text.trim_end_matches('m'), 60),
        Some('h') => (text.trim_end_matches('h'), 3_600),
        Some(_) => return Err("a number with s, m or h".to_owned()),
    };
    let count: u64 = digits
        .parse()
        .map_err(|_| "a number with s, m or h".to_owned())?;
    Ok(Duration::from_secs(count.saturating_mul(seconds)))
}

fn kind_of_fact(text: &str) -> Result<&'static str, String> {
    let known = EVENT_KINDS.iter().find(|kind| **kind == text);
    known
        .copied()
        .ok_or_else(|| format!("one of {}", EVENT_KINDS.join(", ")))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    keep_panics();
    let mode = match arguments.reach {
        Some(kind) => Mode::Never(kind),
        None if arguments.restore => Mode::Restored,
        None => Mode::Naive,
    };
    match &arguments.replay {
        Some(path) => replay(&arguments, path, mode),
        None => run(&arguments, mode),
    }
}

fn replay(arguments: &Arguments, path: &PathBuf, mode: Mode) -> ExitCode {
    let read = std::fs::read_to_string(path).map_err(|error| error.to_string());
    let recording =
        read.and_then(|text| Recording::parse(&text).map_err(|error| error.to_string()));
    let recording = match recording {
        Ok(recording) => recording,
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            return ExitCode::from(2);
        }
    };
    let difference = play_inputs(recording.limits, &recording.inputs, mode, &mut |_, _| {});
    let Some(difference) = difference else {
        println!("{} inputs, no difference", recording.inputs.len());
        return ExitCode::SUCCESS;
    };
    println!("{difference}");
    if let Some(out) = &arguments.out
        && let Some((inputs, difference)) = shrink_inputs(recording.limits, &recording.inputs, mode)
    {
        let recording = Recording {
            inputs,
            ..recording
        };
        write_both(out, &recording, 0, mode, &difference);
    }
    ExitCode::FAILURE
}

fn run(arguments: &Arguments, mode: Mode) -> ExitCode {
    let begun = Instant::now();
    let is_over = |played: u64| match arguments.time {
        Some(time) => begun.elapsed() >= time,
        None => played >= arguments.seeds,
    };
    let is_terminal = std::io::stderr().is_terminal();
    let mut told = begun;
    let mut coverage = Coverage::default();
    let (mut played, mut inputs, mut trailing, mut differences) = (0, 0, 0, 0);
    let first = arguments.seed.unwrap_or(arguments.from);
    while !is_over(played) && (arguments.seed.is_none() || played == 0) {
        let script = Script::new(first.wrapping_add(played), arguments.steps);
        let outcome = play(&script, mode, &mut |_, events| {
            for event in events {
                coverage.see(event);
            }
        });
        played += 1;
        inputs += outcome.inputs.len() as u64;
        trailing += outcome.trailing;
        if let Some(difference) = outcome.difference {
            differences += 1;
            clear(is_terminal);
            report(arguments, &script, mode, &difference);
            if differences >= arguments.differences {
                break;
            }
        }
        if is_terminal && told.elapsed() > Duration::from_millis(500) {
            told = Instant::now();
            let rate = inputs as f64 / begun.elapsed().as_secs_f64();
            eprint!("\r{played} streams, {inputs} inputs, {rate:.0} inputs/s ");
        }
    }
    clear(is_terminal);
    let seconds = begun.elapsed().as_secs_f64();
    print!("{coverage}");
    if arguments.details {
        for (name, count) in coverage.details() {
            println!("{count:>12}  {name}");
        }
    }
    println!(
        "{played} streams from seed {first}, {inputs} inputs, after {trailing} some peak follows its mark, {} facts, {:.0} inputs/s, {differences} differences",
        coverage.facts(),
        inputs as f64 / seconds
    );
    if differences == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn clear(is_terminal: bool) {
    if is_terminal {
        eprint!("\r{:60}\r", "");
        let _ = std::io::stderr().flush();
    }
}

/// Shrinks a failing stream, writes it and says where.
fn report(arguments: &Arguments, script: &Script, mode: Mode, difference: &Difference) {
    println!("seed {}: {difference}", script.seed);
    let limits = Setting::new(script.seed).limits;
    let Some((inputs, difference)) = shrink(script, mode, limits) else {
        println!("it does not fail a second time");
        return;
    };
    println!("shrunk to {} inputs: {difference}", inputs.len());
    let recording = Recording { limits, inputs };
    let path = arguments
        .out
        .clone()
        .unwrap_or_else(|| std::env::temp_dir().join(format!("twin-{}.txt", script.seed)));
    write_both(&path, &recording, script.seed, mode, &difference);
}

/// Writes the recording, and beside it the scenario.
fn write_both(path: &Path, recording: &Recording, seed: u64, mode: Mode, difference: &Difference) {
    write(path, &recording.text(seed, mode, difference));
    let notes = [format!("seed {seed}, {mode:?}: {difference}")];
    let text = scenario(recording.limits, &recording.inputs, &notes);
    write(&path.with_extension("jsonl"), &text);
}

fn write(path: &Path, text: &str) {
    match std::fs::write(path, text) {
        Ok(()) => println!("written to {}", path.display()),
        Err(error) => eprintln!("{}: {error}", path.display()),
    }
}
