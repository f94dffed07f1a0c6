//! `dynasty recover`: the state of a data directory at any seq of its past.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use gateway::dto::Names;
use gateway::dto::state::StateDto;
use runtime::{Limits, journal};
use types::Seq;

use crate::journal::{location, replay};
use crate::progress::recovery_progress;

/// Rebuild the state after an input, from the journal alone: who had what, and which limit stood where.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty recover data --to 4711
  dynasty recover data --to 4711 --state | jq '.accounts[0]'

Nothing is changed. The state hash is that of every replay of the same inputs by the same version.")]
pub(crate) struct Args {
    /// Data directory, as given to --data.
    data: PathBuf,
    /// The last input to apply [default: the end, which must not be damaged].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    to: Option<u64>,
    /// Print the whole state as one JSON object.
    #[arg(long)]
    state: bool,
}

/// Runs the command.
///
/// # Errors
/// When the journal cannot be read or does not reach the seq.
pub(crate) fn run_command(args: &Args) -> anyhow::Result<ExitCode> {
    let location = location(&args.data)?;
    let summary = journal::verify(&location)?;
    let begins = summary.base.map_or(Seq(0), |base| base.seq);
    let end = summary.end.seq.max(begins);
    let accepted = format!("accepted: {} to {end}", begins.max(Seq(1)));
    // What a start would cut is none of the journal's; whatever else is wrong must not pass for its end.
    let damage = summary.damage.as_ref().filter(|_| !summary.is_torn);
    let to = match (args.to.map(Seq), damage) {
        (Some(to), Some(damage)) if to > end => {
            bail!("--to {to}: {accepted}; after that: {damage}")
        }
        (Some(to), _) if to > end => bail!("--to {to}: the journal ends there; {accepted}"),
        (Some(to), _) if to < begins => {
            bail!("--to {to}: the inputs up to seq {begins} are gone; {accepted}")
        }
        (None, Some(damage)) => {
            bail!("the journal is damaged: {damage}. A state before that: --to SEQ, {accepted}")
        }
        (to, _) => to.unwrap_or(end),
    };
    let progress = recovery_progress()?;
    progress.set_length(to.0);
    let shard = if to == begins {
        runtime::beginning(&location, Limits::default())?
    } else {
        replay(&location, |input, _, _| {
            if input.seq.0.is_multiple_of(65_536) {
                progress.set_position(input.seq.0);
            }
            Ok(input.seq < to)
        })?
    };
    progress.finish_and_clear();
    let mut out = io::stdout().lock();
    if args.state {
        let mut names = Names::numbers();
        names.learn(&shard);
        writeln!(out, "{}", StateDto::new(&shard, &names))?;
    } else {
        writeln!(
            out,
            "seq {}, {}: {} accounts, {} instruments, state hash {}",
            shard.seq(),
            shard.ts(),
            shard.account_count(),
            shard.instrument_count(),
            shard.state_hash()
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
