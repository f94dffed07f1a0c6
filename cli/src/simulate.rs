//! `dynasty simulate`: a scenario in, its events out, one JSON object per line on both sides.
//!
//! The schema is in `fixtures/scenarios/README.md`. The engine and the rules are those of the server;
//! the only clock is the `ts` of the lines.

mod action;
mod bar;
mod contest;
mod input;
mod kind;
mod market;
mod order;
mod scenario;
mod setup;
#[cfg(test)]
mod tests;
mod what_if;

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use gateway::dto::{FieldError, Node};

use scenario::Scenario;

use crate::demo::tell;

/// The longest line of a scenario, in bytes.
pub(crate) const LINE_BYTES_MAX: usize = 1 << 20;

/// Run a scenario offline: inputs in, events out, one JSON object per line.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty simulate fixtures/scenarios/static_floor.jsonl
  dynasty simulate fixtures/scenarios/static_floor.jsonl --state | tail -n 1
  dynasty simulate fixtures/scenarios/static_floor.jsonl --proofs proofs && dynasty verify-breach proofs/*

The schema, with an example of each kind of line, is in fixtures/scenarios/README.md.
Exit code 2: a line is not accepted; the events of the lines before it have been written.")]
pub(crate) struct Args {
    /// The scenario, one JSON object per line.
    scenario: PathBuf,
    /// End with one more line: instruments, accounts, boards and the hash of the state.
    #[arg(long)]
    state: bool,
    /// Write the proof of each verdict (breach, pass, too long a rest, refused payout) to a file in this directory:
    /// SEQ-PLACE-KIND.json, the place within the input.
    #[arg(long, value_name = "DIR")]
    proofs: Option<PathBuf>,
}

/// What to write beside the events.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extras<'a> {
    /// One more line with the state at the end.
    pub(crate) state: bool,
    /// The directory for proofs.
    pub(crate) proofs: Option<&'a Path>,
}

/// Runs the command: events to stdout, what is wrong with the scenario to stderr.
///
/// # Errors
/// When the scenario cannot be read or the events cannot be written.
pub(crate) fn run_command(args: &Args) -> anyhow::Result<ExitCode> {
    let extras = Extras {
        state: args.state,
        proofs: args.proofs.as_deref(),
    };
    match run(&args.scenario, extras, &mut io::stdout().lock()) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        // Whoever reads has seen enough.
        Err(SimulateError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(ExitCode::SUCCESS)
        }
        Err(error @ SimulateError::Line { .. }) => {
            tell(format_args!("{error}"));
            Ok(ExitCode::from(2))
        }
        Err(error) => Err(error.into()),
    }
}

/// Why a simulation stopped before its end. Events of the lines before have been written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SimulateError {
    /// The scenario cannot be read.
    #[error("cannot read {file}")]
    Read {
        /// Name of the scenario.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// A line is not accepted.
    #[error("{file}:{line}: {fault}")]
    Line {
        /// Name of the scenario.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        fault: Fault,
    },
    /// The events cannot be written.
    #[error("cannot write the events")]
    Write(#[source] io::Error),
    /// A proof cannot be written.
    #[error("cannot write {path}")]
    Proof {
        /// Its file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// It is too long.
    #[error("the line is longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
    /// It is not JSON.
    #[error("not a JSON object: {0}")]
    Json(String),
    /// A field is not accepted.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// What stops a line half-way.
#[derive(Debug)]
enum Stop {
    Fault(Fault),
    Write(io::Error),
    /// The file of a proof cannot be written.
    Proof(PathBuf, io::Error),
}

impl From<FieldError> for Stop {
    fn from(error: FieldError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// Runs the scenario of a file and writes its events to `out`, and the extras.
///
/// # Errors
/// See [`SimulateError`].
pub(crate) fn run(
    scenario: &Path,
    extras: Extras<'_>,
    out: &mut impl Write,
) -> Result<(), SimulateError> {
    let file = scenario.display().to_string();
    match File::open(scenario) {
        Ok(opened) => run_lines(&file, BufReader::new(opened), extras, out),
        Err(source) => Err(SimulateError::Read { file, source }),
    }
}

/// Runs the scenario of a reader; `file` is its name in errors.
///
/// # Errors
/// See [`SimulateError`].
pub(crate) fn run_lines(
    file: &str,
    mut lines: impl BufRead,
    extras: Extras<'_>,
    out: &mut impl Write,
) -> Result<(), SimulateError> {
    let mut out = BufWriter::new(out);
    let mut scenario = Scenario::new(extras.proofs);
    if let Some(folder) = extras.proofs {
        fs::create_dir_all(folder).map_err(|source| unwritten(folder, source))?;
    }
    let stopped = |stop, file: &str, line| match stop {
        Stop::Write(error) => SimulateError::Write(error),
        Stop::Proof(path, source) => unwritten(&path, source),
        Stop::Fault(fault) => SimulateError::Line {
            file: file.to_owned(),
            line,
            fault,
        },
    };
    let mut bytes = Vec::new();
    let mut result = Ok(());
    for line in 1.. {
        bytes.clear();
        let read = lines
            .by_ref()
            .take(LINE_BYTES_MAX as u64 + 1)
            .read_until(b'\n', &mut bytes)
            .map_err(|source| SimulateError::Read {
                file: file.to_owned(),
                source,
            })?;
        let applied = if read == 0 {
            scenario.end(&mut out)
        } else {
            apply_line(&mut scenario, &bytes, &mut out)
        };
        result = applied.map_err(|stop| stopped(stop, file, line));
        match result {
            Ok(()) if read > 0 => {}
            Ok(()) | Err(SimulateError::Line { .. }) => break,
            Err(error) => return Err(error),
        }
    }
    if extras.state && result.is_ok() {
        writeln!(out, "{}", scenario.state()).map_err(SimulateError::Write)?;
    }
    out.flush().map_err(SimulateError::Write)?;
    result
}

fn unwritten(path: &Path, source: io::Error) -> SimulateError {
    SimulateError::Proof {
        path: path.display().to_string(),
        source,
    }
}

fn apply_line(scenario: &mut Scenario, bytes: &[u8], out: &mut impl Write) -> Result<(), Stop> {
    if bytes.len() > LINE_BYTES_MAX {
        return Err(Stop::Fault(Fault::TooLong));
    }
    if bytes.trim_ascii().is_empty() {
        return Ok(());
    }
    let node = Node::from_json(bytes).map_err(|error| {
        // The reader counts lines from the start of this one.
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or_default();
        Stop::Fault(Fault::Json(format!("{what} at column {}", error.column())))
    })?;
    scenario.line(&node, out)
}
