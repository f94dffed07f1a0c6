//! `dynasty journal`: checks, counts, shows and repairs the journal of a data directory.

mod inputs;
mod table;

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use gateway::dto::Names;
use gateway::dto::event;
use runtime::journal::{self, Anchor, JournalError, Location, Segment, Summary};
use runtime::{EventBuf, Limits, Retention, Shard, SnapshotStore, journal_location, retention};
use serde_json::{Value, json};
use types::{Event, Input, InputKind, Seq, ShardId, TimestampNs};

pub(crate) use inputs::Inputs;
use inputs::tell_torn;
use table::Table as EventTable;

use crate::retention::{parse_age, parse_bytes};

/// Check, count, show, archive, prune and repair the journal of a data directory.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty journal verify data
  dynasty journal stat data
  dynasty journal dump data --from 100 --to 120
  dynasty journal export data > events.jsonl
  dynasty journal export data --format parquet > events.parquet
  dynasty journal archive data
  dynasty journal prune data --keep-age 90d
  dynasty journal repair data --keep 4711

Only archive, prune and repair change anything, and only prune removes history. A journal that a running process writes may be read too: what that process
has not synced yet may then look torn, and what its retention removes meanwhile is gone.")]
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
        /// The first input [default: the first one that there is].
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        from: Option<u64>,
        /// The last input [default: the end].
        #[arg(long)]
        to: Option<u64>,
    },
    /// Replay the journal and print every event: one on each line as JSON, or one table in Parquet.
    Export {
        /// Data directory.
        data: PathBuf,
        /// What to print.
        #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
        format: ExportFormat,
    },
    /// Compress closed segments into read-only files. Nothing is lost: every command reads through them.
    Archive {
        /// Data directory; no process may have it.
        data: PathBuf,
        /// Only segments that end before this seq [default: all but the last].
        #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
        before: Option<u64>,
    },
    /// REMOVE the oldest inputs for good. The state after them stays, and the journal begins there.
    ///
    /// Whole segments and archives go, never the last one, and nothing after the second-newest snapshot.
    /// States, events and proofs from before cannot be rebuilt any more.
    #[command(group(clap::ArgGroup::new("what").required(true).args(["before", "keep_bytes", "keep_age"])))]
    Prune {
        /// Data directory; no process may have it.
        data: PathBuf,
        /// Remove what ends before this seq.
        #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
        before: Option<u64>,
        /// Remove the oldest as long as the journal has more bytes than this, such as 20GiB.
        #[arg(long, value_name = "BYTES", value_parser = parse_bytes, allow_negative_numbers = true)]
        keep_bytes: Option<u64>,
        /// Remove what is older than this in the time of the inputs, such as 90d.
        #[arg(long, value_name = "DURATION", value_parser = parse_age, allow_negative_numbers = true)]
        keep_age: Option<Duration>,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// JSON, an event on each line.
    Jsonl,
    /// A Parquet file with a row for each event.
    Parquet,
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
            dump(data, from.map(Seq), to.map(Seq), &mut out).map(|()| ExitCode::SUCCESS)
        }
        Command::Export { data, format } => match format {
            ExportFormat::Jsonl => export(data, &mut out),
            ExportFormat::Parquet => export_table(data),
        }
        .map(|()| ExitCode::SUCCESS),
        Command::Archive { data, before } => {
            archive(data, before.map(Seq), &mut out).map(|()| ExitCode::SUCCESS)
        }
        Command::Prune {
            data,
            before,
            keep_bytes,
            keep_age,
        } => {
            let retention = Retention {
                archive: false,
                keep_age: *keep_age,
                keep_bytes: *keep_bytes,
            };
            prune(data, before.map(Seq), &retention, &mut out).map(|()| ExitCode::SUCCESS)
        }
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

/// What to add to an error that says that retention has removed what was being read.
pub(crate) fn gone_meanwhile(error: &anyhow::Error) -> &'static str {
    match error.downcast_ref() {
        Some(JournalError::Gone { .. }) => {
            ". Retention has removed it meanwhile: read it again, or when no process writes this journal"
        }
        _ => "",
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
        let parent = data
            .parent()
            .filter(|parent| journal_location(parent, ShardId(0)).directory == data);
        if let Some(parent) = parent.filter(|_| data.is_dir()) {
            bail!(
                "{} is a journal: give the data directory that it is in, {}",
                data.display(),
                if parent.as_os_str().is_empty() {
                    Path::new(".")
                } else {
                    parent
                }
                .display()
            );
        }
        bail!(
            "{} has no journal: give the directory that --data named",
            data.display()
        );
    }
    Ok(location)
}

/// Calls `visit` with every input from `from` or the first one of the journal, until it says `false`.
fn each_input(
    location: &Location,
    from: Option<Seq>,
    mut visit: impl FnMut(Input) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let Some(first) = journal::segments(location)?
        .first()
        .map(|first| first.first)
    else {
        return Ok(());
    };
    let from = from.unwrap_or(first);
    if from < first {
        bail!("--from {from}: the journal begins at seq {first}; what was before is gone");
    }
    let mut inputs = Inputs::open(location, Seq(from.0 - 1))?;
    while let Some(input) = inputs.next()? {
        if input.seq >= from && !visit(input)? {
            break;
        }
    }
    inputs.tell_torn();
    let last = inputs.last();
    if last < from && last >= first {
        bail!("--from {from}: the journal ends at seq {last}; accepted: {first} to {last}");
    }
    Ok(())
}

/// Calls `visit` with every input and what it caused, from the state that the journal begins with, until it
/// says `false`; the shard at the end.
pub(crate) fn replay(
    location: &Location,
    mut visit: impl FnMut(&Input, &[Event], &Shard) -> anyhow::Result<bool>,
) -> anyhow::Result<Shard> {
    let mut shard = runtime::beginning(location, Limits::default())?;
    let begins = shard.seq();
    let mut events = EventBuf::default();
    if journal::segments(location)?.is_empty() {
        return Ok(shard);
    }
    let mut inputs = Inputs::open(location, begins)?;
    while let Some(input) = inputs.next()? {
        if input.seq <= begins {
            continue;
        }
        events.clear();
        shard.apply(&input, &mut events);
        if !visit(&input, events.as_slice(), &shard)? {
            break;
        }
    }
    inputs.tell_torn();
    Ok(shard)
}

fn verify(data: &Path, format: Format, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let location = location(data)?;
    let summary = match journal::verify(&location) {
        Err(error) if format == Format::Json => {
            writeln!(out, "{}", json!({ "error": error.to_string() }))?;
            return Err(error.into());
        }
        summary => summary?,
    };
    match format {
        Format::Text => {
            let stand_in = stand_in(&location, &summary)?;
            write!(out, "{}", told(&summary, stand_in.as_deref(), data))?;
        }
        Format::Json => writeln!(out, "{}", json(&summary))?,
    }
    let is_whole = summary.damage.is_none() && summary.anchor.is_some();
    Ok(if is_whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What to do where a damaged segment is not needed: all that it had is in an archive beside it.
pub(crate) fn stand_in(
    location: &Location,
    summary: &Summary,
) -> Result<Option<String>, JournalError> {
    let Some(damage) = &summary.damage else {
        return Ok(None);
    };
    let archive = journal::archive_beside(location, damage)?;
    Ok(archive.map(|archive| {
        format!(
            "Nothing is lost: {} has all inputs of {}, so move the latter away",
            archive.path.display(),
            damage.segment.display()
        )
    }))
}

fn told(summary: &Summary, stand_in: Option<&str>, data: &Path) -> String {
    let mut text = String::new();
    let Summary {
        segments,
        archives,
        first,
        end,
        bytes,
        ..
    } = summary;
    let segments = in_words(*segments);
    // Writing to a string does not fail.
    let _ = if end.seq < *first || end.seq == Seq(0) {
        writeln!(text, "no input checks, in {segments} of {bytes} bytes")
    } else {
        writeln!(
            text,
            "inputs {first} to {} check, in {segments} of {bytes} bytes, {archives} of them \
             archives",
            end.seq
        )
    };
    if let Some(base) = summary.base.filter(|base| base.seq > Seq(0)) {
        let _ = writeln!(
            text,
            "what was before is gone: states can be rebuilt from seq {} on",
            base.seq
        );
    }
    let _ = match summary.anchor {
        Some(anchor) => writeln!(text, "the anchor knows {} to be durable", anchor.seq),
        None => writeln!(text, "the anchor is missing or does not check"),
    };
    let fault = match &summary.damage {
        Some(damage) if summary.is_torn => {
            let _ = writeln!(
                text,
                "a torn tail: {damage}; nobody was promised what follows, and the next start cuts it"
            );
            return text;
        }
        Some(damage) => format!("DAMAGED: {damage}; no start will take this journal"),
        None if summary.anchor.is_none() && summary.segments > 0 => {
            "no start will take a journal without its anchor: what follows the last input may be gone".to_owned()
        }
        None => return text,
    };
    let _ = match (stand_in, keep_max(summary)) {
        (Some(stand_in), _) => writeln!(text, "{fault}. {stand_in}"),
        (None, Some(keep)) => writeln!(
            text,
            "{fault}. Restore it from a copy, or end it with: dynasty journal repair {} --keep {keep}",
            data.display()
        ),
        (None, None) => writeln!(
            text,
            "{fault}. Restore it from a copy: nothing of it can be kept"
        ),
    };
    text
}

/// How many segments.
fn in_words(segments: usize) -> String {
    format!("{segments} segment{}", if segments == 1 { "" } else { "s" })
}

/// The last input that a repair may keep.
pub(crate) fn keep_max(summary: &Summary) -> Option<Seq> {
    let begins = summary.base.map_or(Seq(0), |base| base.seq);
    let end = summary.end.seq;
    (end > Seq(0) && end >= begins).then_some(end)
}

fn json(summary: &Summary) -> serde_json::Value {
    json!({
        "segments": summary.segments,
        "archives": summary.archives,
        "base_seq": summary.base.map(|base| base.seq.to_string()),
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
            "is_torn_tail": summary.is_torn,
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
    let mut inputs = Inputs::open(&location, Seq(first.first.0 - 1))?;
    for (place, segment) in segments.iter().enumerate() {
        let end = segments.get(place + 1).map(|next| next.first);
        let mut counted = Counted::default();
        while end.is_none_or(|end| inputs.last().next() < end)
            && let Some(input) = inputs.next()?
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
            inputs.bytes_of(segment.first).to_string(),
            time(counted.first),
            time(counted.last),
        ]);
    }
    writeln!(out, "{table}")?;
    out.flush()?;
    inputs.tell_torn();
    Ok(())
}

fn dump(
    data: &Path,
    from: Option<Seq>,
    to: Option<Seq>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    if let Some((from, to)) = from.zip(to).filter(|(from, to)| to < from) {
        bail!("--to {to}: nothing is from seq {from} to seq {to}; accepted: {from} or more");
    }
    each_input(&location(data)?, from, |input| {
        if to.is_some_and(|to| input.seq > to) {
            return Ok(false);
        }
        writeln!(out, "{} {} {:?}", input.seq, input.ts, input.kind)?;
        Ok(true)
    })
}

fn export(data: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let mut names = Names::numbers();
    replay(&location(data)?, |_, events, shard| {
        names.learn(shard);
        for event in event::events(events, &names) {
            serde_json::to_writer(&mut *out, &event).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
        }
        Ok(true)
    })?;
    Ok(())
}

fn export_table(data: &Path) -> anyhow::Result<()> {
    if io::stdout().is_terminal() {
        bail!(
            "--format parquet is nothing to read on a terminal: give it a file, as in > events.parquet"
        );
    }
    let location = location(data)?;
    let mut names = Names::numbers();
    let mut table = EventTable::new(io::stdout())?;
    let replayed = replay(&location, |_, events, shard| {
        names.learn(shard);
        for event in event::events(events, &names) {
            if let Value::Object(fields) = serde_json::to_value(event)? {
                table.add(event.event().seq, event.event().ts, fields)?;
            }
        }
        Ok(true)
    });
    // Also where the journal is damaged: what is before that is a table that can be read.
    let finished = table.finish();
    replayed?;
    finished
}

fn archive(data: &Path, before: Option<Seq>, out: &mut impl Write) -> anyhow::Result<()> {
    let location = location(data)?;
    let _lock = runtime::lock(data)?;
    let durable = Anchor::read(&location)?.map_or(Seq(0), |anchor| anchor.seq);
    let until = before.map_or(durable, |before| Seq(before.0 - 1).min(durable));
    let bytes = |segment: &Segment| Ok::<_, io::Error>(std::fs::metadata(&segment.path)?.len());
    let mut count = 0;
    let (mut before, mut after) = (0, 0);
    for segment in journal::segments(&location)? {
        // The oldest one that is none yet, or none at all any more.
        if segment.is_archive() {
            continue;
        }
        let segment_bytes = bytes(&segment)?;
        let Some(archived) = retention::archive_next(&location, until)? else {
            break;
        };
        count += 1;
        before += segment_bytes;
        after += bytes(&archived)?;
    }
    match count {
        0 => writeln!(out, "nothing to archive up to seq {until}")?,
        _ => writeln!(
            out,
            "{} archived: {before} bytes in {after} now, every input is still there",
            in_words(count)
        )?,
    }
    Ok(())
}

fn prune(
    data: &Path,
    before: Option<Seq>,
    settings: &Retention,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let location = location(data)?;
    let _lock = runtime::lock(data)?;
    let summary = journal::verify(&location)?;
    match &summary.damage {
        Some(damage) if summary.is_torn => tell_torn(damage),
        Some(damage) => bail!("the journal does not check, so nothing is removed: {damage}"),
        None => {}
    }
    let snapshots = SnapshotStore::verified(&data.join("snapshots"))
        .context("nothing is removed: it takes two snapshots that verify")?;
    let [.., floor, _] = snapshots[..] else {
        bail!(
            "nothing is removed: it takes two snapshots that verify, {} {}; every start and stop of a \
             server writes one",
            data.display(),
            match snapshots.len() {
                0 => "has none",
                _ => "has one",
            }
        );
    };
    let floor = floor.min(summary.anchor.map_or(Seq(0), |anchor| anchor.seq));
    let until = if let Some(before) = before {
        if before.0 - 1 > floor.0 {
            bail!(
                "--before {before}: accepted: 1 to {}, for the second-newest snapshot stands at {floor}",
                floor.next()
            );
        }
        Seq(before.0 - 1)
    } else {
        let newest = last_ts(&location, summary.end.seq)?;
        retention::due(&location, settings, newest)?.min(floor)
    };
    match retention::prune(&location, until, &|| true)? {
        Some(pruned) => writeln!(
            out,
            "{} of {} bytes removed; the journal begins at seq {} now",
            in_words(pruned.segments),
            pruned.bytes,
            pruned.first
        )?,
        None => writeln!(
            out,
            "nothing is removed: no whole segment ends at seq {until} or before"
        )?,
    }
    Ok(())
}

/// When the last input was.
fn last_ts(location: &Location, last: Seq) -> anyhow::Result<TimestampNs> {
    let mut ts = TimestampNs(0);
    if last > Seq(0) {
        each_input(location, Some(last), |input| {
            ts = input.ts;
            Ok(false)
        })?;
    }
    Ok(ts)
}

fn repair(data: &Path, keep: Seq, out: &mut impl Write) -> anyhow::Result<()> {
    let location = location(data)?;
    let _lock = runtime::lock(data)?;
    let repaired = match journal::repair(&location, keep) {
        Err(error @ (JournalError::Base { .. } | JournalError::BaseLost { .. })) => bail!(
            "{error}. Nothing was changed: a repair ends a journal, and cannot make up what it begins with"
        ),
        repaired => repaired?,
    };
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
