//! `dynasty journal`: checks, counts, shows and repairs the journal of a data directory.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use gateway::dto::Names;
use gateway::dto::event;
use runtime::journal::{self, Location, Reader, Summary};
use runtime::{EventBuf, Limits, Shard, journal_location};
use serde_json::json;
use types::{Input, InputKind, Seq, ShardId, TimestampNs};

/// Check, count, show and repair the journal of a data directory.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty journal verify data
  dynasty journal stat data
  dynasty journal dump data --from 100 --to 120
  dynasty journal export data > events.jsonl
  dynasty journal repair data --keep 4711

Only repair changes anything. A journal that a running process writes may be read too: what that process
has not synced yet may then look torn.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check every record: length, checksum, seq, chain, anchor. Exit code 1: something does not check.
    Verify {
        /// Data directory, as given to --data.
        data: PathBuf,
        /// How to tell the result.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Count inputs by kind, segment by segment.
    Stat {
        /// Data directory.
        data: PathBuf,
    },
    /// Print inputs, one on each line: seq, time, content.
    Dump {
        /// Data directory.
        data: PathBuf,
        /// The first input.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
        from: u64,
        /// The last input [default: the end].
        #[arg(long)]
        to: Option<u64>,
    },
    /// Replay the journal and print every event as JSON, one on each line.
    Export {
        /// Data directory.
        data: PathBuf,
    },
    /// End the journal after an input that checks. What follows, and the snapshots, are set aside.
    Repair {
        /// Data directory.
        data: PathBuf,
        /// The last input to keep. `verify` says up to which one everything checks.
        #[arg(long)]
        keep: u64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// Runs the command.
///
/// # Errors
/// When the journal cannot be read, or the result cannot be written.
pub(crate) fn run_command(args: &Args) -> anyhow::Result<ExitCode> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let done = match &args.command {
        Command::Verify { data, format } => verify(data, *format, &mut out),
        Command::Stat { data } => stat(data, &mut out).map(|()| ExitCode::SUCCESS),
        Command::Dump { data, from, to } => {
            dump(data, Seq(*from), to.map(Seq), &mut out).map(|()| ExitCode::SUCCESS)
        }
        Command::Export { data } => export(data, &mut out).map(|()| ExitCode::SUCCESS),
        Command::Repair { data, keep } => {
            repair(data, Seq(*keep), &mut out).map(|()| ExitCode::SUCCESS)
        }
    };
    let done = done.and_then(|code| {
        out.flush()?;
        Ok(code)
    });
    match done {
        // Whoever reads has seen enough.
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        done => done,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The journal of a data directory, which must have one.
pub(crate) fn location(data: &Path) -> anyhow::Result<Location> {
    let location = journal_location(data, ShardId(0));
    if !location.directory.is_dir() {
        bail!(
            "{} has no journal: give the directory that --data named",
            data.display()
        );
    }
    Ok(location)
}

/// Calls `visit` with every input from the first one of the journal, until it says `false`.
pub(crate) fn each_input(
    location: &Location,
    from: Seq,
    mut visit: impl FnMut(Input) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let Some(first) = journal::segments(location)?
        .first()
        .map(|first| first.first)
    else {
        return Ok(());
    };
    if from < first {
        bail!("the journal begins at seq {first}");
    }
    let mut reader = Reader::open(location, Seq(from.0 - 1))?;
    while let Some(input) = reader.next_input()? {
        if input.seq >= from && !visit(input)? {
            break;
        }
    }
    Ok(())
}

fn verify(data: &Path, format: Format, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let location = location(data)?;
    let summary = journal::verify(&location)?;
    match format {
        Format::Text => write!(out, "{}", told(&summary))?,
        Format::Json => writeln!(out, "{}", json(&summary))?,
    }
    let is_whole = summary.damage.is_none() && summary.anchor.is_some();
    Ok(if is_whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn told(summary: &Summary) -> String {
    let mut text = String::new();
    let Summary {
        segments,
        first,
        end,
        bytes,
        ..
    } = summary;
    // Writing to a string does not fail.
    let _ = match end.seq {
        Seq(0) => writeln!(text, "no input in {segments} segments"),
        end => writeln!(
            text,
            "inputs {first} to {end} check, in {segments} segments of {bytes} bytes"
        ),
    };
    let _ = match summary.anchor {
        Some(anchor) => writeln!(text, "the anchor knows {} to be durable", anchor.seq),
        None => writeln!(text, "the anchor is missing or does not check"),
    };
    if let Some(damage) = &summary.damage {
        let durable = summary.anchor.map_or(Seq(0), |anchor| anchor.seq);
        let _ = if damage.seq > durable && damage.reason.is_torn_write() {
            writeln!(
                text,
                "a torn tail: {damage}; nobody was promised what follows, and the next start cuts it"
            )
        } else {
            writeln!(
                text,
                "DAMAGED: {damage}; no start will take this journal. Restore it from a copy, or end it \
                 with: dynasty journal repair DATA --keep {}",
                end.seq
            )
        };
    }
    text
}

fn json(summary: &Summary) -> serde_json::Value {
    json!({
        "segments": summary.segments,
        "first_seq": summary.first.to_string(),
        "last_seq": summary.end.seq.to_string(),
        "chain": format!("{:016x}", summary.end.chain.0),
        "anchor_seq": summary.anchor.map(|anchor| anchor.seq.to_string()),
        "bytes": summary.bytes,
        "damage": summary.damage.as_ref().map(|damage| json!({
            "segment": damage.segment.display().to_string(),
            "offset": damage.offset,
            "seq": damage.seq.to_string(),
            "reason": damage.reason.to_string(),
        })),
    })
}

/// Inputs of a segment.
#[derive(Debug, Default)]
struct Counted {
    market: u64,
    commands: u64,
    timers: u64,
    first: Option<TimestampNs>,
    last: Option<TimestampNs>,
}

impl Counted {
    fn count(&mut self, input: &Input) {
        match input.kind {
            InputKind::Market(_) => self.market += 1,
            InputKind::Command(_) => self.commands += 1,
            InputKind::Timer(_) => self.timers += 1,
        }
        self.first = self.first.or(Some(input.ts));
        self.last = Some(input.ts);
    }

    const fn inputs(&self) -> u64 {
        self.market + self.commands + self.timers
    }
}

fn stat(data: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let location = location(data)?;
    let segments = journal::segments(&location)?;
    let mut table = Table::new();
    table.load_style(NOTHING).set_header([
        "segment",
        "first seq",
        "inputs",
        "market",
        "commands",
        "timers",
        "bytes",
        "from",
        "to",
    ]);
    for column in 1..=6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let Some(first) = segments.first() else {
        bail!("{} has no segment", location.directory.display());
    };
    let mut reader = Reader::open(&location, Seq(first.first.0 - 1))?;
    for (place, segment) in segments.iter().enumerate() {
        let end = segments.get(place + 1).map(|next| next.first);
        let mut counted = Counted::default();
        while end.is_none_or(|end| reader.mark().seq.next() < end)
            && let Some(input) = reader.next_input()?
        {
            counted.count(&input);
        }
        let name = segment.path.file_name().unwrap_or_default();
        let time = |ts: Option<TimestampNs>| ts.map_or_else(String::new, |ts| ts.to_string());
        table.add_row([
            name.display().to_string(),
            segment.first.to_string(),
            counted.inputs().to_string(),
            counted.market.to_string(),
            counted.commands.to_string(),
            counted.timers.to_string(),
            reader.offset().to_string(),
            time(counted.first),
            time(counted.last),
        ]);
    }
    writeln!(out, "{table}")?;
    Ok(())
}

fn dump(data: &Path, from: Seq, to: Option<Seq>, out: &mut impl Write) -> anyhow::Result<()> {
    each_input(&location(data)?, from, |input| {
        if to.is_some_and(|to| input.seq > to) {
            return Ok(false);
        }
        writeln!(out, "{} {} {:?}", input.seq, input.ts, input.kind)?;
        Ok(true)
    })
}

fn export(data: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let mut shard = Shard::new(ShardId(0), Limits::default());
    let mut names = Names::numbers();
    let mut events = EventBuf::default();
    each_input(&location(data)?, Seq(1), |input| {
        events.clear();
        shard.apply(&input, &mut events);
        names.learn(&shard);
        for event in event::events(events.as_slice(), &names) {
            serde_json::to_writer(&mut *out, &event).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
        }
        Ok(true)
    })
}

fn repair(data: &Path, keep: Seq, out: &mut impl Write) -> anyhow::Result<()> {
    let location = location(data)?;
    let _lock = runtime::lock(data)?;
    let repaired = journal::repair(&location, keep)?;
    writeln!(out, "the journal ends after seq {} now", repaired.end.seq)?;
    for path in &repaired.set_aside {
        writeln!(out, "set aside: {}", path.display())?;
    }
    let snapshots = data.join("snapshots");
    if snapshots.exists() {
        let aside = (1..=u16::MAX)
            .map(|number| data.join(format!("snapshots.before-repair-{number}")))
            .find(|aside| !aside.exists())
            .context("too many repairs")?;
        std::fs::rename(&snapshots, &aside)
            .with_context(|| format!("cannot set aside {}", snapshots.display()))?;
        writeln!(out, "set aside: {}", aside.display())?;
    }
    Ok(())
}
