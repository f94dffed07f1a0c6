//! `dynasty data convert`: files as one file of another format, merged by time, as they are or as bars.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, bail};
use clap::ValueEnum;
use gateway::dto::session;
use indicatif::ProgressBar;
use marketdata::calendar::{self, Calendar};
use marketdata::history::{
    self, BarLength, Basis, Clean, Edges, Merge, ParquetWriter, RecordingWriter, Resampled, Row,
    RowError, Rows, RowsWriter, TradingDays, Zone,
};

use super::Usage;
use super::input::{Input, parse_bar_length, parse_zone, tell_bad, tell_held};
use super::series::{AdjustForArg, Adjustment, Series, text_of};
use crate::demo::say;
use crate::progress::reading_progress;

/// 24 hours.
const DAY_NS: u64 = 86_400_000_000_000;
const WEEK_NS: u64 = 7 * DAY_NS;

/// Write files as one, in order of time, in another format; as they are, or as bars.
///
/// Rows of one time come in the order of their files. The file is there when it is complete, and not before.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty data convert BTCUSDT-trades-2024-01.zip ETHUSDT-trades-2024-01.zip both.dyn
  dynasty data convert both.dyn minutes.parquet --every 1m
  dynasty data convert quotes.csv.gz mid.csv --columns ts:ms,bid,ask --every 5m --of mid
  dynasty data convert eurusd.dyn days.csv --every 1d --of mid --session 17:00 --session-zone America/New_York
  dynasty data convert aapl.dyn days.csv --every 1d --calendar us-equities
  dynasty data convert days.csv months.csv --every 1mo --of bars
  dynasty data convert ESH24.dyn ESM24.dyn es.csv --continuous fixtures/chains/es.toml
  dynasty data convert aapl.csv adjusted.csv --symbol AAPL --adjust fixtures/instruments/shares.toml

docs/instruments.md says what a file of --continuous has.")]
pub(super) struct Args {
    /// The files that are read, and last the one that is written.
    // Two at least are asked for by `run`: an option may stand between them.
    #[arg(required = true, num_args = 1.., value_names = ["IN", "OUT"])]
    files: Vec<PathBuf>,
    /// What is written [default: by the ending: .csv, .parquet, .dyn].
    #[arg(long, value_enum)]
    to: Option<Target>,
    /// Make bars of this length: 1m, 4h, 1d, 1w, or of the calendar 1mo, 3mo, 1y.
    #[arg(long, value_name = "DURATION", value_parser = parse_bar_length, allow_hyphen_values = true)]
    every: Option<BarLength>,
    /// What bars are made of.
    #[arg(long, value_enum, default_value_t = BasisArg::Trades, requires = "every")]
    of: BasisArg,
    /// When a day begins, as a local time: bars start there and end with the day. From 12:00 on it is that of the next
    /// date: weeks from 17:00 begin on Sunday evening, and months on the evening before their first day.
    #[arg(long, value_name = "HH:MM", value_parser = parse_minute, requires = "every", allow_hyphen_values = true)]
    session: Option<u16>,
    /// The zone of --session.
    #[arg(long, value_name = "ZONE", value_parser = parse_zone, default_value = "UTC", requires = "session", allow_hyphen_values = true)]
    session_zone: Zone,
    /// Make bars within the sessions of a calendar, such as us-equities: they begin with a session and end with it, and
    /// what is outside is left out and counted.
    #[arg(
        long,
        value_name = "NAME",
        requires = "every",
        conflicts_with = "session"
    )]
    calendar: Option<String>,
    /// A file with the calendar's definition, as files of instruments have it: one of one's own.
    #[arg(long, value_name = "FILE", requires = "calendar")]
    calendars: Option<PathBuf>,
    /// Make one series of the contracts of a chain of futures, by the roll rule of this file; before bars are made.
    #[arg(long, value_name = "FILE")]
    continuous: Option<PathBuf>,
    /// Take the splits and dividends of this file of instruments out of daily bars; after they are made.
    #[arg(long, value_name = "FILE")]
    adjust: Option<PathBuf>,
    /// What --adjust takes out.
    #[arg(long, value_enum, default_value_t = AdjustForArg::All, requires = "adjust")]
    adjust_for: AdjustForArg,
    /// Replace the file that is written if it exists.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    input: Input,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    /// Text with a row on each line.
    Csv,
    /// A Parquet table.
    Parquet,
    /// Our own recording.
    Recording,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BasisArg {
    Trades,
    Mid,
    Bid,
    Ask,
    /// Smaller bars.
    Bars,
}

impl From<BasisArg> for Basis {
    fn from(basis: BasisArg) -> Self {
        match basis {
            BasisArg::Trades => Self::Trades,
            BasisArg::Mid => Self::Mid,
            BasisArg::Bid => Self::Bid,
            BasisArg::Ask => Self::Ask,
            BasisArg::Bars => Self::Bars,
        }
    }
}

fn parse_minute(text: &str) -> Result<u16, String> {
    let accepted = || "accepted: a time of day such as 17:00".to_owned();
    let (hour, minute) = text.split_once(':').ok_or_else(accepted)?;
    let parse = |part: &str, below: u16| {
        let value: Option<u16> = part.parse().ok();
        value.filter(|&value| value < below).ok_or_else(accepted)
    };
    Ok(parse(hour, 24)? * 60 + parse(minute, 60)?)
}

/// What is written.
enum Sink {
    Csv(RowsWriter<BufWriter<File>>),
    Parquet(Box<ParquetWriter<BufWriter<File>>>),
    Recording(Box<RecordingWriter<BufWriter<File>>>),
}

impl Sink {
    fn new(target: Target, file: File) -> io::Result<Self> {
        let file = BufWriter::with_capacity(1 << 20, file);
        Ok(match target {
            Target::Csv => Self::Csv(RowsWriter::new(file)?),
            Target::Parquet => Self::Parquet(Box::new(ParquetWriter::new(file)?)),
            Target::Recording => Self::Recording(Box::new(RecordingWriter::new(file)?)),
        })
    }

    fn write(&mut self, row: Row) -> io::Result<()> {
        match self {
            Self::Csv(writer) => writer.write(&row),
            Self::Parquet(writer) => writer.write(&row),
            Self::Recording(writer) => writer.write(row),
        }
    }

    fn finish(self) -> io::Result<()> {
        let file = match self {
            Self::Csv(writer) => writer.finish()?,
            Self::Parquet(writer) => writer.finish()?,
            Self::Recording(writer) => writer.finish()?.0,
        };
        file.into_inner()?.sync_all()
    }
}

/// What is written, and what happens to it before.
struct Out {
    sink: Sink,
    /// What it is called when it is done.
    path: PathBuf,
    adjustment: Option<Adjustment>,
    rows: u64,
}

impl Out {
    fn write(&mut self, row: Row) -> anyhow::Result<()> {
        if let Some(adjustment) = &mut self.adjustment {
            return adjustment.take(row);
        }
        self.rows += 1;
        let path = &self.path;
        self.sink.write(row).with_context(|| unwritten(path))
    }

    /// How many rows were written.
    fn finish(mut self) -> anyhow::Result<u64> {
        if let Some(adjustment) = self.adjustment.take() {
            for row in adjustment.finish()? {
                self.write(row)?;
            }
        }
        let path = &self.path;
        self.sink.finish().with_context(|| unwritten(path))?;
        Ok(self.rows)
    }
}

fn unwritten(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}

/// The rows of all files, and how far they are read.
struct Merged {
    merge: Merge<Clean<Rows>>,
    counters: Vec<Arc<AtomicU64>>,
    progress: ProgressBar,
    rows: u64,
    series: Option<Series>,
    /// Rows of the series that come next.
    ready: VecDeque<Row>,
    /// Why there are no more.
    failure: Option<anyhow::Error>,
}

impl Iterator for Merged {
    type Item = Result<Row, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                return Some(Ok(row));
            }
            self.rows += 1;
            if self.rows.is_multiple_of(65_536) {
                let read = self.counters.iter();
                let read = read.map(|counter| counter.load(Ordering::Relaxed)).sum();
                self.progress.set_position(read);
            }
            let (_, row) = self.merge.next()?;
            let (Some(series), Ok(row)) = (&mut self.series, &row) else {
                return Some(row);
            };
            match series.take(row.clone()) {
                Ok(rows) => self.ready.extend(rows.into_iter().flatten()),
                Err(failure) => {
                    self.failure = Some(failure);
                    return None;
                }
            }
        }
    }
}

/// Refuses to replace what is read, and what is no file.
fn replaceable(out: &Path, files: &[PathBuf]) -> anyhow::Result<()> {
    let named = || out.display().to_string();
    let known = out.canonicalize().with_context(named)?;
    if !known.is_file() {
        bail!(Usage(format!(
            "{} is no regular file; accepted: a file, or a name that is free",
            out.display()
        )));
    }
    let is_read = |file: &PathBuf| file.canonicalize().is_ok_and(|file| file == known);
    if files.iter().any(is_read) {
        bail!(Usage(format!(
            "{} is read from; accepted: another name to write to",
            out.display()
        )));
    }
    Ok(())
}

/// The calendar of the command line.
fn calendar_of(name: &str, file: Option<&Path>) -> anyhow::Result<Calendar> {
    let own = match file {
        Some(path) => {
            let accepted = "a file of calendars (TOML), as docs/instruments.md explains it";
            let (file, text) = text_of("--calendars", path, accepted)?;
            session::from_toml(&file, &text).map_err(|error| Usage(error.to_string()))?
        }
        None => Vec::new(),
    };
    let known = own.iter().find(|calendar| calendar.name() == name).cloned();
    let Some(calendar) = known.or_else(|| Calendar::named(name).ok()) else {
        let names = own.iter().map(Calendar::name).chain(calendar::NAMES);
        bail!(Usage(format!(
            "--calendar: value '{name}'; accepted: {}, or one of a file of --calendars",
            names.collect::<Vec<_>>().join(", ")
        )));
    };
    Ok(calendar)
}

/// Where bars of a length begin and end.
fn edges_of(args: &Args, every: BarLength) -> anyhow::Result<Edges> {
    let calendar = args.calendar.as_deref();
    let calendar = calendar.map(|name| calendar_of(name, args.calendars.as_deref()));
    let calendar = calendar.transpose()?;
    let every = match every {
        BarLength::Ns(every) => every,
        BarLength::Months(months) => {
            let days = calendar.map_or_else(
                || TradingDays::Local {
                    zone: args.session_zone.clone(),
                    minute: args.session.unwrap_or(0),
                },
                TradingDays::Sessions,
            );
            return Ok(Edges::Months { months, days });
        }
    };
    let by_day = args.session.is_some() || calendar.is_some();
    if by_day && every > DAY_NS && !every.is_multiple_of(WEEK_NS) {
        bail!(Usage(
            "--every: bars of a --session or --calendar are at most 1d long, or whole weeks such as 1w, or months such as 1mo"
                .to_owned()
        ));
    }
    Ok(match (calendar, args.session) {
        (Some(calendar), _) => Edges::Sessions { every, calendar },
        (None, Some(minute)) => Edges::Daily {
            every,
            zone: args.session_zone.clone(),
            minute,
        },
        (None, None) => Edges::Epoch { every },
    })
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let Some((out, files @ [_, ..])) = args.files.split_last() else {
        let only = args.files.first().map(|only| only.display().to_string());
        bail!(Usage(format!(
            "{}: one file alone; accepted: the files to read, and last the one to write",
            only.unwrap_or_default()
        )));
    };
    let target = match args.to {
        Some(target) => target,
        None => match out.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => Target::Csv,
            Some("parquet") => Target::Parquet,
            Some("dyn") => Target::Recording,
            _ => bail!(Usage(format!(
                "{}: its ending does not say what to write; accepted: .csv, .parquet, .dyn, or --to",
                out.display()
            ))),
        },
    };
    let folder = out.parent().filter(|folder| *folder != Path::new(""));
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        bail!(Usage(format!(
            "{}: there is no directory {}; accepted: a name in one that there is",
            out.display(),
            folder.display()
        )));
    }
    if out.exists() {
        replaceable(out, files)?;
        if !args.force {
            bail!("{} exists; --force replaces it", out.display());
        }
    }
    if args.continuous.is_some() && args.input.allows_any_order() {
        bail!(Usage(
            "a series is made of rows in order of time: leave out --any-order".to_owned()
        ));
    }
    let edges = args.every.map(|every| edges_of(args, every)).transpose()?;
    let open = || -> anyhow::Result<_> {
        let sources = files.iter().map(|file| args.input.open(file, None));
        sources.collect::<Result<Vec<_>, _>>()
    };
    let mut bytes = 0;
    for file in files {
        bytes += history::size(file)?;
    }
    // The figures of the days decide when a contract rolls, and come first.
    let series = args
        .continuous
        .as_deref()
        .map(|path| Series::find(path, files, Merge::new(open()?)));
    let series = series.transpose()?;
    let sources = open()?;
    let adjustment = args.adjust.as_deref().map(|path| {
        let mut read = sources.iter().map(Clean::rows);
        let has_split = read.find(|rows| rows.format().name() == "yahoo");
        let has_split = has_split.map(|rows| rows.file().to_owned());
        Adjustment::open(path, args.adjust_for, has_split)
    });
    let adjustment = adjustment.transpose()?;
    let progress = reading_progress(bytes)?;
    let merged = Merged {
        counters: sources
            .iter()
            .map(|source| source.rows().bytes_counter())
            .collect(),
        merge: Merge::new(sources),
        progress: progress.clone(),
        rows: 0,
        series,
        ready: VecDeque::new(),
        failure: None,
    };
    let read = sources_named(&merged);
    let partial = partial(out);
    let file = File::create(&partial).with_context(|| unwritten(out))?;
    let done = Sink::new(target, file).with_context(|| unwritten(out));
    let done = done.and_then(|sink| {
        let out = Out {
            sink,
            path: out.clone(),
            adjustment,
            rows: 0,
        };
        write(args, edges, out, merged)
    });
    progress.finish_and_clear();
    let written = match done {
        Ok(Written {
            rows: 0, outside, ..
        }) if outside > 0 => {
            let _ = fs::remove_file(&partial);
            bail!(
                "{read}: no bar was made: {outside} rows are outside of the sessions, and none within"
            );
        }
        Ok(Written { rows: 0, bad, .. }) if bad > 0 => {
            let _ = fs::remove_file(&partial);
            bail!("{read}: no row to write: of what was read {bad} rows are bad, and none is good");
        }
        Ok(Written { rows: 0, .. }) if args.every.is_some() => {
            let _ = fs::remove_file(&partial);
            bail!(
                "{read}: no bar was made: --of says of what (trades, mid, bid, ask, bars), and `dynasty data stat` what there \
                 is"
            );
        }
        Ok(Written { rows: 0, .. }) => {
            let _ = fs::remove_file(&partial);
            bail!(
                "{read}: no row to write: --symbol, --from and --until leave none, or there is none"
            );
        }
        Ok(written) => written,
        Err(error) => {
            // What went wrong is told; that the rest stays could only be told beside it.
            let _ = fs::remove_file(&partial);
            return Err(error);
        }
    };
    fs::rename(&partial, out).with_context(|| unwritten(out))?;
    say(format!(
        "{}: {} rows, {} bytes{}{}",
        out.display(),
        written.rows,
        history::size(out)?,
        if written.bad > 0 {
            let (bad, crossed) = (written.bad, written.crossed);
            format!("; {bad} bad rows were passed over, {crossed} of them crossed quotes")
        } else {
            String::new()
        },
        if written.outside > 0 {
            format!(
                "; {} rows outside of the sessions were left out",
                written.outside
            )
        } else {
            String::new()
        }
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn partial(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

/// What came of it.
struct Written {
    rows: u64,
    bad: u64,
    /// Of the bad ones.
    crossed: u64,
    /// Rows that were in no session, where bars are of sessions.
    outside: u64,
}

/// The first file that is read, and how many more.
fn sources_named(merged: &Merged) -> String {
    let mut files = merged
        .merge
        .sources()
        .iter()
        .map(|source| source.rows().file());
    let first = files.next().unwrap_or_default().to_owned();
    match files.count() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn write(
    args: &Args,
    edges: Option<Edges>,
    mut out: Out,
    mut merged: Merged,
) -> anyhow::Result<Written> {
    let (mut bad, mut crossed, mut outside) = (0, 0, 0);
    let mut tell = |merged: &Merged| {
        for source in merged.merge.sources() {
            tell_bad(source, source.rows().file());
            tell_held(source.rows().held_volumes());
            bad += source.bad();
            crossed += source.crossed();
        }
    };
    if let Some(edges) = edges {
        if args.input.allows_any_order() {
            bail!(Usage(
                "bars are made of rows in order of time: leave out --any-order".to_owned()
            ));
        }
        let source = sources_named(&merged);
        let bars = Resampled::new(&mut merged, source.as_str(), args.of.into(), edges)
            .with_volumes(args.input.volumes());
        let mut bars = Clean::new(bars, args.input.bad_rows());
        let mut end = Ok(());
        for bar in bars.by_ref() {
            match bar {
                Ok(bar) => out.write(bar)?,
                Err(error) => {
                    end = Err(error);
                    break;
                }
            }
        }
        tell(bars.rows().rows());
        end?;
        outside = bars.rows().outside();
        tell_bad(&bars, &source);
        tell_held(bars.rows().held_volumes());
        bad += bars.bad();
    } else {
        let mut end = Ok(());
        for row in merged.by_ref() {
            match row {
                Ok(row) => out.write(row)?,
                Err(error) => {
                    end = Err(error);
                    break;
                }
            }
        }
        tell(&merged);
        end?;
    }
    if let Some(failure) = merged.failure {
        return Err(failure);
    }
    let rows = out.finish()?;
    Ok(Written {
        rows,
        bad,
        crossed,
        outside,
    })
}
