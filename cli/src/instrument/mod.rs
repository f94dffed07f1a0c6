//! `dynasty instrument`: check and show files of instruments, and write them from what venues say.

mod load;
mod show;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use gateway::dto::instrument::{Specification, specification};
use serde_json::json;

use crate::demo::{say, tell};

/// Check and show files of instruments, write them from what venues say.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  dynasty instrument check fixtures/instruments/*.toml
  dynasty instrument show fixtures/instruments/futures.toml --at 2026-11-27T12:00:00Z
  dynasty instrument load --venue kraken --symbols BTC/USD fixtures/metadata/kraken.json

Every field of an instrument is in docs/instruments.md."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Check(CheckArgs),
    Show(show::Args),
    Load(load::Args),
}

/// Reads files of instruments and says what is wrong: file, line, field, value and what would be accepted.
#[derive(Debug, clap::Args)]
struct CheckArgs {
    /// Files of instruments (TOML).
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to tell it; JSON is an object for each file, on a line of its own.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
}

/// How a result is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// For people.
    Text,
    /// JSON, an object on each line.
    Json,
}

/// Runs the command.
///
/// # Errors
/// When a file cannot be read or is not accepted, or the answer cannot be written.
pub(crate) fn run_command(args: &Args) -> anyhow::Result<ExitCode> {
    let done = match &args.verb {
        Verb::Check(args) => check(args),
        Verb::Show(args) => show::run(args).map(|()| ExitCode::SUCCESS),
        Verb::Load(args) => load::run(args).map(|()| ExitCode::SUCCESS),
    };
    match done {
        Err(error) if error.is::<Unreadable>() || error.is::<Usage>() => {
            tell(format_args!("dynasty: {error:#}"));
            Ok(ExitCode::from(2))
        }
        done => done,
    }
}

/// All instruments of all files are read before it ends, so that one run tells of the first error of each.
fn check(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for file in &args.files {
        let name = file.display().to_string();
        let (accepted, errors) =
            match text_of(file).and_then(|text| Ok(specification::check_toml(&name, &text)?)) {
                Ok((accepted, refused)) => {
                    let errors: Vec<_> = refused.iter().map(ToString::to_string).collect();
                    (accepted.len(), errors)
                }
                Err(error) => (0, vec![format!("{error:#}")]),
            };
        if !errors.is_empty() {
            code = ExitCode::from(2);
        }
        match args.format {
            OutputFormat::Json => {
                say(json!({ "file": name, "accepted": accepted, "errors": errors }))?;
            }
            OutputFormat::Text => {
                for error in &errors {
                    tell(format_args!("dynasty: {error}"));
                }
                if errors.is_empty() {
                    let s = if accepted == 1 { "" } else { "s" };
                    say(format!("{name}: {accepted} instrument{s}"))?;
                }
            }
        }
    }
    Ok(code)
}

fn text_of(path: &Path) -> anyhow::Result<String> {
    let name = path.display().to_string();
    std::fs::read_to_string(path).map_err(|error| anyhow::Error::new(Unreadable { name, error }))
}

fn read(path: &Path) -> anyhow::Result<Vec<Specification>> {
    let text = text_of(path)?;
    Ok(specification::from_toml(
        &path.display().to_string(),
        &text,
    )?)
}

/// A file that was named and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {error}")]
struct Unreadable {
    name: String,
    error: std::io::Error,
}

/// What the command cannot be asked for.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);
