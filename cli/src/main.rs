//! The `dynasty` binary: argument parsing and composition, nothing else.

mod backtest;
mod competition;
mod data;
mod demo;
mod feeds;
mod instrument;
mod journal;
mod plan;
mod progress;
mod record;
mod recover;
mod replay;
mod retention;
mod serve;
mod simulate;
mod start;
mod strategies;
mod venue;
mod verify;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A trading and rules engine: fills, marks and judges every account on every market event.
#[derive(Debug, Parser)]
#[command(
    name = "dynasty",
    version,
    arg_required_else_help = true,
    after_help = "Examples:
  dynasty demo                                                  watch it on http://127.0.0.1:8080
  dynasty demo --headless --for 20s                             a summary after 20 seconds
  dynasty simulate fixtures/scenarios/static_floor.jsonl --state
  dynasty backtest fixtures/market/goog_1d_bars.csv.gz --strategy sma_cross
  dynasty instrument show fixtures/instruments/futures.toml     steps, margins, and when they trade
  dynasty plan explain fixtures/plans/eod-trail-50k.toml        a plan in plain words and numbers
  dynasty verify-breach proof.json                              recompute a verdict
  dynasty journal verify data                                   check what a run has written
  dynasty data stat trades.csv.gz                               what a recorded market holds
  dynasty recover data --to 4711 --state                        the state at any moment of the past"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Serve(serve::Args),
    Feeds(feeds::Args),
    Venue(venue::Args),
    Record(record::Args),
    Replay(replay::Args),
    Instrument(instrument::Args),
    Simulate(simulate::Args),
    Backtest(Box<backtest::Command>),
    Strategies(strategies::Args),
    Plan(plan::Args),
    Competition(competition::Args),
    VerifyBreach(verify::Args),
    Journal(journal::Args),
    Data(data::Args),
    Recover(recover::Args),
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        // That standard error is closed cannot be told there, and the library panics when it tries.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("DYNASTY_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")),
        )
        .init();
    let done = match Cli::parse().command {
        Command::Demo(args) => demo::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Serve(args) => serve::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Venue(args) => venue::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Record(args) => record::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Replay(args) => replay::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Feeds(args) => feeds::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Instrument(args) => instrument::run_command(&args),
        Command::Simulate(args) => simulate::run_command(&args),
        Command::Backtest(args) => backtest::run_command(&args),
        Command::Strategies(args) => strategies::run_command(&args),
        Command::Plan(args) => plan::run_command(&args),
        Command::Competition(args) => competition::run_command(&args),
        Command::VerifyBreach(args) => verify::run_command(&args),
        Command::Journal(args) => journal::run_command(&args),
        Command::Data(args) => data::run_command(&args),
        Command::Recover(args) => recover::run_command(&args),
    };
    done.unwrap_or_else(|error| {
        demo::tell(format_args!(
            "dynasty: {error:#}{}",
            journal::gone_meanwhile(&error)
        ));
        let is_input = error.is::<gateway::dto::FileError>()
            || error.is::<plan::InputError>()
            || error.is::<backtest::Usage>()
            || data::is_usage(&error)
            || error.is::<venue::Usage>()
            || replay::is_input(&error);
        if is_input {
            ExitCode::from(2)
        } else {
            ExitCode::FAILURE
        }
    })
}
