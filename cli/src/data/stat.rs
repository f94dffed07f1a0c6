//! `dynasty data stat`: what is in a file, and what is wrong with it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use marketdata::history::{self, Disorder, Row};
use serde_json::{Value, json};
use types::{MarketData, Price, Qty, TimestampNs};

use super::input::{Input, parse_length, tell_bad, tell_held};
use super::{OutputFormat, told};
use crate::progress::reading_progress;

/// Read files through: rows by kind, first and last, gaps, prices, bad rows, doubles, steps back in time.
///
/// Exit code 1: a file could not be read to its end, has no row of --symbol, or a bad row with --bad-rows fatal.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dynasty data stat fixtures/market/btcusdt_ticks.csv.gz
  dynasty data stat trades.parquet --gap 5m --format json
  dynasty data stat 20140508_eurusd.zip --columns time:ms,bid,ask --date 2014-05-08")]
pub(super) struct Args {
    /// The files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Show times of at least this length without a row.
    #[arg(long, value_name = "DURATION", value_parser = parse_length, allow_hyphen_values = true)]
    gap: Option<u64>,
    /// How the result is told.
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    #[command(flatten)]
    input: Input,
}

/// The most gaps that are shown.
const GAPS_SHOWN_MAX: usize = 10;

/// What was counted.
#[derive(Debug, Default)]
struct Stat {
    rows: u64,
    kinds: BTreeMap<&'static str, u64>,
    symbols: BTreeMap<String, u64>,
    first: Option<TimestampNs>,
    last: Option<TimestampNs>,
    before: Option<Row>,
    doubles: u64,
    steps_back: u64,
    gap_max: Option<(u64, TimestampNs)>,
    gaps: u64,
    gaps_shown: Vec<(TimestampNs, u64)>,
    lowest: Option<Price>,
    highest: Option<Price>,
    traded: i128,
    /// Bars whose volume is past the range.
    held: u64,
    depth_levels: u64,
}

impl Stat {
    fn take(&mut self, row: Row, threshold: Option<u64>) {
        self.rows += 1;
        *self.kinds.entry(told::kind(&row.data)).or_default() += 1;
        match self.symbols.get_mut(row.symbol.as_str()) {
            Some(count) => *count += 1,
            None => drop(self.symbols.insert(row.symbol.to_string(), 1)),
        }
        self.first = Some(self.first.map_or(row.ts, |first| first.min(row.ts)));
        if let Some(before) = &self.before {
            self.doubles += u64::from(*before == row);
            self.steps_back += u64::from(row.ts < before.ts);
        }
        if let Some(last) = self.last {
            let gap = row.ts.0.saturating_sub(last.0);
            if self.gap_max.is_none_or(|(longest, _)| gap > longest) {
                self.gap_max = Some((gap, last));
            }
            if threshold.is_some_and(|threshold| gap >= threshold) {
                self.gaps += 1;
                if self.gaps_shown.len() < GAPS_SHOWN_MAX {
                    self.gaps_shown.push((last, gap));
                }
            }
        }
        self.last = self.last.max(Some(row.ts));
        let mut price = |price: Price| {
            self.lowest = Some(self.lowest.map_or(price, |lowest| lowest.min(price)));
            self.highest = Some(self.highest.map_or(price, |highest| highest.max(price)));
        };
        match &row.data {
            MarketData::Quote(quote) => {
                price(quote.bid);
                price(quote.ask);
            }
            MarketData::Trade(trade) => {
                price(trade.price);
                self.traded += i128::from(trade.qty.0);
            }
            MarketData::Bar(bar) => {
                price(bar.low);
                price(bar.high);
                self.traded += i128::from(bar.volume.0);
            }
            MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update) => {
                self.depth_levels += (update.bids.len() + update.asks.len()) as u64;
            }
            _ => {}
        }
        self.before = Some(row);
    }

    fn traded(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = types::decimal::write(&mut text, self.traded, Qty::DECIMALS);
        text
    }
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for file in &args.files {
        if !one(file, args, out)? {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// Tells of a file; whether it could be read to its end.
fn one(file: &Path, args: &Args, out: &mut impl Write) -> anyhow::Result<bool> {
    let mut rows = args.input.open(file, Some(Disorder::Allowed))?;
    let progress = reading_progress(history::size(file)?)?;
    let mut stat = Stat::default();
    let mut end = None;
    while let Some(row) = rows.next() {
        match row {
            Ok(row) => stat.take(row, args.gap),
            Err(error) => end = Some(error.to_string()),
        }
        if stat.rows.is_multiple_of(65_536) {
            progress.set_position(rows.rows().bytes_read());
        }
    }
    progress.finish_and_clear();
    tell_bad(&rows, rows.rows().file());
    let held = rows.rows().held_volumes();
    tell_held(held);
    stat.held = held.count();
    let format = rows.rows().format().name();
    match args.format {
        OutputFormat::Text => text(
            file,
            format,
            &stat,
            (rows.bad(), rows.crossed()),
            args.gap,
            out,
        )?,
        OutputFormat::Json => {
            let object = object(
                file,
                format,
                &stat,
                (rows.bad(), rows.crossed()),
                end.as_deref(),
            );
            writeln!(out, "{object}")?;
        }
    }
    out.flush()?;
    let is_of_others = stat.rows == 0 && args.input.tell_others(file);
    Ok(end.is_none() && !is_of_others)
}

fn seconds(ns: u64) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = types::decimal::write(&mut text, ns.into(), 9);
    text
}

fn text(
    file: &Path,
    format: &str,
    stat: &Stat,
    (bad, crossed): (u64, u64),
    threshold: Option<u64>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    writeln!(out, "{} ({format})", file.display())?;
    let kinds: Vec<_> = stat
        .kinds
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    writeln!(out, "  rows         {}: {}", stat.rows, kinds.join(", "))?;
    if let [(symbol, _)] = stat.symbols.iter().collect::<Vec<_>>()[..] {
        writeln!(out, "  symbol       {symbol}")?;
    } else {
        writeln!(out, "  symbols      {}", stat.symbols.len())?;
    }
    if let (Some(first), Some(last)) = (stat.first, stat.last) {
        writeln!(out, "  time         {first} to {last}")?;
    }
    if let (Some(lowest), Some(highest)) = (stat.lowest, stat.highest) {
        writeln!(out, "  prices       {lowest} to {highest}")?;
    }
    if stat.traded > 0 {
        let least = if stat.held > 0 { " or more" } else { "" };
        writeln!(out, "  traded       {}{least}", stat.traded())?;
    }
    if stat.held > 0 {
        let (held, most) = (stat.held, Qty(i64::MAX));
        writeln!(
            out,
            "  past range   {held} bars with a volume past {most}, taken as that"
        )?;
    }
    if stat.depth_levels > 0 {
        writeln!(out, "  levels       {}", stat.depth_levels)?;
    }
    if let Some((longest, after)) = stat.gap_max {
        writeln!(out, "  longest gap  {} s after {after}", seconds(longest))?;
    }
    if let Some(threshold) = threshold {
        writeln!(
            out,
            "  gaps         {} of {} s or more",
            stat.gaps,
            seconds(threshold)
        )?;
        for (after, length) in &stat.gaps_shown {
            writeln!(out, "    {} s after {after}", seconds(*length))?;
        }
    }
    writeln!(out, "  bad rows     {bad}")?;
    writeln!(
        out,
        "  crossed      {crossed} of them are quotes whose bid is above the ask"
    )?;
    writeln!(out, "  doubles      {}", stat.doubles)?;
    writeln!(out, "  steps back   {}", stat.steps_back)?;
    Ok(())
}

fn object(
    file: &Path,
    format: &str,
    stat: &Stat,
    (bad, crossed): (u64, u64),
    end: Option<&str>,
) -> Value {
    let time = |ts: Option<TimestampNs>| ts.map(|ts| ts.to_string());
    json!({
        "file": file.display().to_string(),
        "format": format,
        "rows": stat.rows,
        "kinds": stat.kinds,
        "symbols": stat.symbols,
        "first": time(stat.first),
        "last": time(stat.last),
        "lowest": stat.lowest.map(|price| price.to_string()),
        "highest": stat.highest.map(|price| price.to_string()),
        "traded": stat.traded(),
        "volumes_past_range": stat.held,
        "levels": stat.depth_levels,
        "gap_max_s": stat.gap_max.map(|(longest, _)| seconds(longest)),
        "gap_max_after": stat.gap_max.map(|(_, after)| after.to_string()),
        "gaps": stat.gaps,
        "bad": bad,
        "crossed": crossed,
        "doubles": stat.doubles,
        "steps_back": stat.steps_back,
        "end": end,
    })
}
