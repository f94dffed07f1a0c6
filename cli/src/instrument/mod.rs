//! `dynasty instrument`: check and show files of instruments, and write them from what venues say.

mod load;
mod show;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use gateway::dto::instrument::{Specification, specification};

use crate::demo::say;

/// Check and show files of instruments, write them from what venues say.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  dynasty instrument check fixtures/instruments/*.toml
  dynasty instrument show fixtures/instruments/futures.toml --at 2026-11-27T12:00:00Z
  dynasty instrument load --venue kraken --symbols XBT/USD fixtures/metadata/kraken.json

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
}

/// Runs the command.
///
/// # Errors
/// When a file cannot be read or is not accepted, or the answer cannot be written.
pub(crate) fn run_command(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.verb {
        Verb::Check(args) => check(args),
        Verb::Show(args) => show::run(args).map(|()| ExitCode::SUCCESS),
        Verb::Load(args) => load::run(args).map(|()| ExitCode::SUCCESS),
    }
}

/// All files are read before it ends, so that one run tells of all of them.
fn check(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for file in &args.files {
        match read(file) {
            Ok(instruments) => say(format!(
                "{}: {} instruments",
                file.display(),
                instruments.len()
            ))?,
            Err(error) => {
                eprintln!("dynasty: {error:#}");
                code = ExitCode::from(2);
            }
        }
    }
    Ok(code)
}

fn read(path: &Path) -> anyhow::Result<Vec<Specification>> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| name.clone())?;
    Ok(specification::from_toml(&name, &text)?)
}
