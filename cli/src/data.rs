//! `dynasty data`: recorded markets of every format: what there is, how it begins, what is in it, and in another
//! format.

mod convert;
mod head;
pub(crate) mod input;
mod ls;
mod series;
mod stat;
mod told;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use marketdata::history::{LayoutError, OpenError};

use crate::demo::tell;

/// List, show, check and convert recorded markets.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty data ls recordings
  dynasty data head BTCUSDT-trades-2024-01.zip -n 5
  dynasty data stat glbx-mdp3-20231225.mbo.dbn.zst --gap 5m
  dynasty data stat 20131008_spy.zip --columns time:ms,price/10000,qty,... --date 2013-10-08 --zone America/New_York
  dynasty data convert BTCUSDT-*.zip btc.dyn
  dynasty data convert btc.dyn btc.parquet --every 1m
  dynasty data convert ESH24.dyn ESM24.dyn es.csv --continuous fixtures/chains/es.toml
  dynasty data convert aapl.csv adjusted.csv --symbol AAPL --adjust fixtures/instruments/shares.toml
  dynasty data convert eurusd.dyn days.csv --every 1d --of mid --session 17:00 --session-zone America/New_York

docs/data.md says what each format means, and what its times are.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Ls(ls::Args),
    Head(head::Args),
    Stat(stat::Args),
    Convert(convert::Args),
}

/// How a result is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// For people.
    Text,
    /// JSON: an object for each row or file, on a line of its own.
    Json,
}

/// Runs the command.
///
/// # Errors
/// When a file cannot be read to its end, or the result cannot be written.
pub(crate) fn run_command(args: &Args) -> anyhow::Result<ExitCode> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let done = match &args.command {
        Command::Ls(args) => ls::run(args, &mut out),
        Command::Head(args) => head::run(args, &mut out),
        Command::Stat(args) => stat::run(args, &mut out),
        Command::Convert(args) => convert::run(args),
    };
    let done = done.and_then(|code| {
        out.flush()?;
        Ok(code)
    });
    match done {
        // Whoever reads has seen enough.
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        Err(error) if is_usage(&error) => {
            tell(format_args!("dynasty: {error:#}"));
            Ok(ExitCode::from(2))
        }
        done => done,
    }
}

/// What the command cannot be asked for.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// Whether the command has to say more for the file to be read.
pub(crate) fn is_usage(error: &anyhow::Error) -> bool {
    let asks_for_more = matches!(
        error.downcast_ref(),
        Some(OpenError::Unknown { .. } | OpenError::Missing { .. })
    );
    asks_for_more || error.is::<LayoutError>() || error.is::<Usage>()
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
