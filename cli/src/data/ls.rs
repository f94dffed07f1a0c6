//! `dynasty data ls`: what there is.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use marketdata::history::{self, Disorder};
use marketdata::tape::{Ending, Passed, Reader, TapeError};
use serde_json::json;
use types::TimestampNs;

use super::input::Input;
use super::{OutputFormat, told};
use crate::demo::tell;

/// List files: format, symbol, kind, rows, first and last time.
///
/// Rows and the last time are there for our own recordings, which say them, and for files up to 16 MiB, which are
/// read through.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty data ls recordings
  dynasty data ls *.zip --format json
  dynasty data ls recordings --read     counts rows of large files, too")]
pub(super) struct Args {
    /// Files, or directories whose files are listed.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Read files of any size through.
    #[arg(long)]
    read: bool,
    /// How the list is told.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    #[command(flatten)]
    input: Input,
}

/// Files up to here are read through, bytes.
const READ_BYTES_MAX: u64 = 16 << 20;

/// What is known of a file.
#[derive(Debug, Default)]
struct Listing {
    format: String,
    symbols: Vec<String>,
    kinds: Vec<&'static str>,
    rows: Option<u64>,
    first: Option<TimestampNs>,
    last: Option<TimestampNs>,
    bad: u64,
    crossed: u64,
    problem: Option<String>,
}

/// The most symbols that a listing names.
const SYMBOLS_SHOWN_MAX: usize = 3;

pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut files = Vec::new();
    for path in &args.paths {
        if path.is_dir() {
            let entries = fs::read_dir(path).with_context(|| path.display().to_string())?;
            let mut inside: Vec<PathBuf> = entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<Result<_, _>>()?;
            inside.retain(|path| path.is_file());
            if inside.is_empty() {
                tell(format_args!(
                    "{}: no file in this directory",
                    path.display()
                ));
            }
            inside.sort();
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_header([
        "file", "bytes", "format", "symbols", "kinds", "rows", "bad", "crossed", "first", "last",
    ]);
    for column in [1, 5, 6, 7] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut code = ExitCode::SUCCESS;
    for file in &files {
        // One that cannot be looked at hides no other.
        let size = size(file);
        let bytes = size.as_ref().ok().copied();
        let listing = match size {
            Ok(bytes) => listing(file, bytes, args),
            Err(error) => Listing {
                problem: Some(format!("{error:#}")),
                ..Listing::default()
            },
        };
        if listing.problem.is_some() {
            code = ExitCode::FAILURE;
        }
        match args.format {
            OutputFormat::Text => {
                let dash = || "-".to_owned();
                table.add_row([
                    file.display().to_string(),
                    bytes.map_or_else(dash, |bytes| bytes.to_string()),
                    if listing.format.is_empty() {
                        "?".to_owned()
                    } else {
                        listing.format
                    },
                    named(&listing.symbols),
                    listing.kinds.join(" "),
                    listing.rows.map_or_else(dash, |rows| rows.to_string()),
                    listing.bad.to_string(),
                    listing.crossed.to_string(),
                    listing.first.map_or_else(dash, |ts| ts.to_string()),
                    listing.last.map_or_else(dash, |ts| ts.to_string()),
                ]);
                if let Some(problem) = listing.problem {
                    tell(format_args!("{problem}"));
                }
            }
            OutputFormat::Json => writeln!(
                out,
                "{}",
                json!({
                    "file": file.display().to_string(),
                    "bytes": bytes,
                    "format": listing.format,
                    "symbols": listing.symbols,
                    "kinds": listing.kinds,
                    "rows": listing.rows,
                    "bad": listing.bad,
                    "crossed": listing.crossed,
                    "first": listing.first.map(|ts| ts.to_string()),
                    "last": listing.last.map(|ts| ts.to_string()),
                    "problem": listing.problem,
                })
            )?,
        }
    }
    if args.format == OutputFormat::Text {
        writeln!(out, "{table}")?;
    }
    Ok(code)
}

/// Bytes of a file. What is none, as a pipe, may never be opened, or has its bytes once.
fn size(file: &Path) -> anyhow::Result<u64> {
    if fs::metadata(file).is_ok_and(|metadata| !metadata.is_file()) {
        bail!(
            "{}: no regular file; accepted: files, and directories of files",
            file.display()
        );
    }
    Ok(history::size(file)?)
}

fn named(symbols: &[String]) -> String {
    let shown = symbols.len().min(SYMBOLS_SHOWN_MAX);
    let more = symbols.len() - shown;
    let names = symbols[..shown].join(" ");
    if more > 0 {
        format!("{names} and {more} more")
    } else {
        names
    }
}

/// What is known of a tape, whose rows are messages and documents; `None` of any other file.
fn tape(file: &Path, bytes: u64, args: &Args) -> Option<Listing> {
    let mut listing = Listing {
        format: String::from("tape"),
        kinds: vec!["message"],
        ..Listing::default()
    };
    let mut reader = match Reader::open(file) {
        Ok(reader) => reader,
        // Whoever reads histories says what is wrong with it.
        Err(TapeError::Magic { .. } | TapeError::Io(_)) => return None,
        Err(error) => {
            listing.problem = Some(error.to_string());
            return Some(listing);
        }
    };
    let feeds = reader.header().feeds.iter();
    let symbols = feeds.flat_map(|feed| feed.listings.iter().map(|own| own.name.clone()));
    listing.symbols = symbols.collect();
    let reads_all = args.read || bytes <= READ_BYTES_MAX;
    let mut count = 0;
    loop {
        match reader.next() {
            Ok(Some(entry)) => {
                listing.first.get_or_insert(entry.time);
                if let Passed::Message(_) | Passed::Answer { body: Some(_), .. } = entry.passed {
                    count += 1;
                }
                if !reads_all {
                    break;
                }
                listing.last = listing.last.max(Some(entry.time));
            }
            Ok(None) => {
                if let Ending::Torn { offset, bytes } = reader.ending() {
                    listing.problem = Some(format!(
                        "{}: the tape is cut off at byte {offset}; {bytes} bytes behind it are no whole record",
                        file.display()
                    ));
                }
                break;
            }
            Err(error) => {
                listing.problem = Some(format!("{}: {error}", file.display()));
                break;
            }
        }
    }
    listing.rows = reads_all.then_some(count);
    Some(listing)
}

fn listing(file: &Path, bytes: u64, args: &Args) -> Listing {
    if let Some(listing) = tape(file, bytes, args) {
        return listing;
    }
    if history::is_levels_of_messages(file) {
        // They are read beside the messages, and say nothing without them.
        return Listing {
            format: String::from("lobster-levels"),
            ..Listing::default()
        };
    }
    let mut listing = Listing::default();
    let mut rows = match args.input.open(file, Some(Disorder::Allowed)) {
        Ok(rows) => rows,
        Err(error) => {
            listing.problem = Some(format!("{error:#}"));
            return listing;
        }
    };
    rows.rows().format().name().clone_into(&mut listing.format);
    if let Ok(summary) = history::summary(file) {
        listing.rows = Some(summary.rows);
        listing.first = summary.first;
        listing.last = summary.last;
        listing.symbols = summary
            .symbols
            .iter()
            .map(|symbol| symbol.symbol.to_string())
            .collect();
    }
    let reads_all = args.read || bytes <= READ_BYTES_MAX;
    let is_told = listing.rows.is_some();
    let mut count = 0;
    let mut seen = HashSet::new();
    for row in rows.by_ref() {
        match row {
            Ok(row) => {
                count += 1;
                listing.first.get_or_insert(row.ts);
                listing.last = listing.last.max(Some(row.ts));
                if !is_told && seen.insert(row.symbol) {
                    listing.symbols.push(row.symbol.to_string());
                }
                let kind = told::kind(&row.data);
                if !listing.kinds.contains(&kind) {
                    listing.kinds.push(kind);
                }
            }
            Err(error) => listing.problem = Some(error.to_string()),
        }
        if !reads_all {
            break;
        }
    }
    if reads_all {
        listing.rows = Some(count);
    } else if !is_told {
        listing.last = None;
    }
    listing.bad = rows.bad();
    listing.crossed = rows.crossed();
    listing
}
