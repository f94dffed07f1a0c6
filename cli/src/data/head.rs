//! `dynasty data head`: the first rows of a file.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;

use super::input::{Input, tell_bad, tell_held};
use super::{OutputFormat, told};

/// Show the first rows of a file.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty data head BTCUSDT-trades-2024-01.zip
  dynasty data head quotes.csv.gz -n 3 --columns ts:ms,bid,ask --symbol EURUSD
  dynasty data head 01302019.NASDAQ_ITCH50.gz --symbol AAPL --format json")]
pub(super) struct Args {
    /// The file.
    file: PathBuf,
    /// How many rows.
    #[arg(short = 'n', long, default_value_t = 10, value_parser = parse_rows, allow_hyphen_values = true)]
    rows: u64,
    /// How rows are told.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    #[command(flatten)]
    input: Input,
}

fn parse_rows(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| "accepted: a whole number such as 10".to_owned())
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut rows = args.input.open(&args.file, None)?;
    let mut left = args.rows;
    let mut end = Ok(());
    while left > 0 {
        match rows.next() {
            Some(Ok(row)) => match args.format {
                OutputFormat::Text => writeln!(out, "{}", told::line(&row))?,
                OutputFormat::Json => writeln!(out, "{}", told::object(&row))?,
            },
            Some(Err(error)) => {
                end = Err(error);
                break;
            }
            None => break,
        }
        left -= 1;
    }
    out.flush()?;
    if end.is_ok() {
        tell_bad(&rows, rows.rows().file());
        tell_held(rows.rows().held_volumes());
    }
    end?;
    if left == args.rows && left > 0 {
        if args.input.tell_others(&args.file) {
            return Ok(ExitCode::FAILURE);
        }
        bail!("{}: no row was read", args.file.display());
    }
    Ok(ExitCode::SUCCESS)
}
