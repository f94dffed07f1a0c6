//! `dynasty plan`: check plan files, say in plain words what a plan means, compare two.

mod check;
mod diff;
mod explain;
mod figures;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use rules::Plan;

/// Check plan files, explain what a plan means, compare two.
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  dynasty plan check fixtures/plans/*.toml
  dynasty plan explain fixtures/plans/eod-trail-50k.toml
  dynasty plan diff fixtures/plans/eod-trail-50k.toml fixtures/plans/live-trail-50k.toml

Every field of a plan file is in docs/plans.md, its schema for editors in docs/plan.schema.json."
)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Check(check::Args),
    Explain(explain::Args),
    Diff(diff::Args),
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Runs the command.
///
/// # Errors
/// When a plan cannot be read or the answer cannot be written.
pub(crate) fn run_command(args: &Args) -> anyhow::Result<ExitCode> {
    let out = &mut std::io::stdout().lock();
    let done = match &args.verb {
        Verb::Check(args) => check::run(args, out),
        Verb::Explain(args) => explain::run(args, out),
        Verb::Diff(args) => diff::run(args, out),
    };
    match done {
        // Whoever reads has seen enough.
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        done => done,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// A file that a command cannot do without, and what is wrong with it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    /// It cannot be read.
    #[error("{file}: {error}")]
    Read {
        /// Its name.
        file: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// It is no valid plan.
    #[error(transparent)]
    Plan(#[from] gateway::dto::FileError),
}

/// The plan of a file.
///
/// # Errors
/// See [`InputError`].
pub(crate) fn read(path: &Path) -> Result<Plan, InputError> {
    read_with_text(path).map(|(plan, _)| plan)
}

/// The plan of a file, and the file's text.
///
/// # Errors
/// See [`InputError`].
fn read_with_text(path: &Path) -> Result<(Plan, String), InputError> {
    let file = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Ok((gateway::dto::plan::from_toml(&file, &text)?, text)),
        Err(_) if path.is_dir() => {
            let accepted = format!("is a directory; accepted: plan files, such as {file}/*.toml");
            let error = std::io::Error::other(accepted);
            Err(InputError::Read { file, error })
        }
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            let error = std::io::Error::other("is no text; accepted: a plan in UTF-8");
            Err(InputError::Read { file, error })
        }
        Err(error) => Err(InputError::Read { file, error }),
    }
}
