//! The `dynasty` binary: argument parsing and composition, nothing else.

mod demo;
mod simulate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A low-latency trading and rules-engine core.
#[derive(Debug, Parser)]
#[command(name = "dynasty", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Simulate(simulate::Args),
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("DYNASTY_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")),
        )
        .init();
    let done = match Cli::parse().command {
        Command::Demo(args) => demo::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Simulate(args) => simulate::run_command(&args),
    };
    done.unwrap_or_else(|error| {
        eprintln!("dynasty: {error:#}");
        ExitCode::FAILURE
    })
}
