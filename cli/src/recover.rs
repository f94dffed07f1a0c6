//! `dynasty recover`: the state of a data directory at any seq of its past.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use gateway::dto::Names;
use gateway::dto::state::StateDto;
use runtime::{EventBuf, Limits, Shard, journal};
use types::{Seq, ShardId};

use crate::journal::{each_input, location};
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
    /// The last input to apply [default: the end].
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
    let end = journal::verify(&location)?.end.seq;
    let to = args.to.map_or(end, Seq);
    if to > end {
        bail!("--to {to}: the journal checks up to seq {end}");
    }
    let mut shard = Shard::new(ShardId(0), Limits::default());
    let mut events = EventBuf::default();
    let progress = recovery_progress()?;
    progress.set_length(to.0);
    each_input(&location, Seq(1), |input| {
        events.clear();
        shard.apply(&input, &mut events);
        if input.seq.0.is_multiple_of(65_536) {
            progress.set_position(input.seq.0);
        }
        Ok(input.seq < to)
    })?;
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
