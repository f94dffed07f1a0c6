//! `dynasty plan check`: whether files are valid plans.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::{Format, InputError, read_with_text};

/// Check that plan files are valid.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty plan check my-plan.toml
  dynasty plan check fixtures/plans/*.toml --format json

Each file is told on a line of its own: its name, version and hash, or what is wrong with it, on which
line, and what would be accepted. The hash is BLAKE3 of the plan's canonical bytes: comments, the order of
fields and the spelling of numbers do not change it, the order of a list does.
What is valid and yet without effect, such as a payout of an evaluation, is told after it.
Exit code 0: all are valid; 1: one is not; 2: one cannot be read.")]
pub(super) struct Args {
    /// The plan files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to write the answer; `json` is one object per line.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Checks every file, also those after a bad one.
///
/// # Errors
/// When the answer cannot be written.
pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let (mut invalid, mut unreadable) = (false, false);
    for path in &args.files {
        let file = path.display().to_string();
        let result = read_with_text(path);
        let idle = match &result {
            Ok((plan, text)) => gateway::dto::plan::idle(&file, text, plan),
            Err(_) => Vec::new(),
        };
        match &result {
            Ok(_) => {}
            Err(InputError::Plan(_)) => invalid = true,
            Err(InputError::Read { .. }) => unreadable = true,
        }
        match (args.format, result) {
            (Format::Text, Ok((plan, _))) => {
                let (name, version, hash) = (plan.name, plan.version, plan.hash());
                writeln!(out, "{file}: ok: {name}, version {version}, {hash}")?;
                for warning in idle {
                    writeln!(out, "{warning}")?;
                }
            }
            (Format::Text, Err(error)) => writeln!(out, "{error}")?,
            (Format::Json, Ok((plan, _))) => {
                let (name, hash) = (plan.name.to_string(), plan.hash().to_string());
                let version = plan.version;
                let line = json!({"file": file, "ok": true, "name": name, "version": version, "hash": hash, "idle": idle});
                writeln!(out, "{line}")?;
            }
            (Format::Json, Err(error)) => {
                let line = json!({"file": file, "ok": false, "error": error.to_string()});
                writeln!(out, "{line}")?;
            }
        }
    }
    Ok(match (unreadable, invalid) {
        (true, _) => ExitCode::from(2),
        (false, true) => ExitCode::FAILURE,
        (false, false) => ExitCode::SUCCESS,
    })
}
