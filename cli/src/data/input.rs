//! What the command line says of the files that are read, and the rows that come of it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::bail;
use clap::ValueEnum;
use jiff::SignedDuration;
use jiff::civil::Date;
use marketdata::history::{
    self, BadRows, BarLength, Clean, Clock, Disorder, Format, HeldVolumes, Layout, Options, Rows,
    Volumes, Zone,
};
use types::{Label, Price, Qty, TimestampNs};

use super::{Usage, told};
use crate::demo::tell;

/// Months of a bar: a century.
const MONTHS_MAX: u32 = 1_200;

/// How files are read. What is left out is found in the file or its name.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "How files are read")]
pub(crate) struct Input {
    /// The format: a name of docs/data.md, such as binance-trades, tardis-quotes, itch, lobster.
    #[arg(long, value_name = "NAME", value_parser = parse_layout, conflicts_with = "columns")]
    layout: Option<Format>,
    /// The columns of a text or a Parquet table, such as ts:ms,bid,ask or ts=when:us,price=px/100,qty=size.
    #[arg(long, value_name = "COLUMNS")]
    columns: Option<String>,
    /// What stands between --columns of a text: a character, or tab.
    #[arg(long, value_name = "CHAR", default_value = ",", value_parser = parse_separator, requires = "columns", conflicts_with = "layout")]
    separator: u8,
    /// Of a file with symbols: only these. Of another: what its rows are called.
    #[arg(long, value_name = "SYMBOL")]
    pub(crate) symbol: Vec<Label>,
    /// The day of times since midnight.
    #[arg(long, value_name = "DATE", value_parser = parse_date, allow_hyphen_values = true)]
    date: Option<Date>,
    /// The zone of times without one: an IANA name, or an offset such as -05:00.
    #[arg(long, value_name = "ZONE", value_parser = parse_zone, allow_hyphen_values = true)]
    zone: Option<Zone>,
    /// The length of bars that do not say both their start and their end, such as 1m, 1d or 1mo.
    #[arg(long, value_name = "DURATION", value_parser = parse_bar_length, allow_hyphen_values = true)]
    pub(crate) interval: Option<BarLength>,
    /// Which time rows have, where there are two.
    #[arg(long, value_enum, default_value_t = ClockArg::Receive)]
    clock: ClockArg,
    /// The price step. Prices off it are bad rows.
    #[arg(long, value_name = "PRICE", value_parser = parse_tick, allow_hyphen_values = true)]
    pub(crate) tick: Option<Price>,
    /// The quantity step. Quantities off it are bad rows.
    #[arg(long, value_name = "QTY", value_parser = parse_lot, allow_hyphen_values = true)]
    pub(crate) lot: Option<Qty>,
    /// Only rows of this time and later.
    #[arg(long, value_name = "TIME", value_parser = parse_time, allow_hyphen_values = true)]
    pub(crate) from: Option<TimestampNs>,
    /// Only rows before this time.
    #[arg(long, value_name = "TIME", value_parser = parse_time, allow_hyphen_values = true)]
    pub(crate) until: Option<TimestampNs>,
    /// What becomes of a bad row: passed over and counted, or the end. A bar whose volume is past 92233720368 is kept with
    /// that and counted, or the end.
    #[arg(long, value_enum, default_value_t = BadRowsArg::Skip)]
    bad_rows: BadRowsArg,
    /// What becomes of a quote whose bid is above its ask, which is a bad row [default: as --bad-rows says].
    #[arg(long, value_enum, value_name = "BAD_ROWS")]
    crossed: Option<BadRowsArg>,
    /// Rows may step back in time.
    #[arg(long)]
    any_order: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ClockArg {
    /// When it was received, where the file says that.
    Receive,
    /// When the venue says it happened.
    Venue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BadRowsArg {
    /// Passed over and counted.
    Skip,
    /// The end of the work.
    Fatal,
}

impl From<BadRowsArg> for BadRows {
    fn from(bad_rows: BadRowsArg) -> Self {
        match bad_rows {
            BadRowsArg::Skip => Self::Skipped,
            BadRowsArg::Fatal => Self::Fatal,
        }
    }
}

fn parse_layout(name: &str) -> Result<Format, String> {
    Format::named(name).ok_or_else(|| {
        let names: Vec<_> = Format::names().collect();
        format!("accepted: {}", names.join(", "))
    })
}

fn parse_separator(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"tab" => Ok(b'\t'),
        [byte] => Ok(*byte),
        _ => Err("accepted: one character, or tab".to_owned()),
    }
}

fn parse_date(text: &str) -> Result<Date, String> {
    history::parse_date(text).ok_or_else(|| "accepted: a date such as 2024-01-31".to_owned())
}

pub(crate) fn parse_zone(name: &str) -> Result<Zone, String> {
    let accepted = "accepted: an IANA name such as America/New_York, or an offset such as -05:00";
    Zone::named(name).ok_or_else(|| accepted.to_owned())
}

/// A length of time above zero, in ns.
pub(crate) fn parse_length(text: &str) -> Result<u64, String> {
    let accepted = "accepted: a length above zero such as 30s, 1m, 4h, 1d, 1w";
    // Days and weeks of 24 hours, which the parser of durations leaves open.
    let days = |unit: char, hours: i64| {
        let count: i64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(SignedDuration::from_hours(count.checked_mul(hours)?))
    };
    days('d', 24)
        .or_else(|| days('w', 7 * 24))
        .or_else(|| text.parse().ok())
        .and_then(|length: SignedDuration| u64::try_from(length.as_nanos()).ok())
        .filter(|&length| length > 0)
        .ok_or_else(|| accepted.to_owned())
}

/// The length of a bar: a time, or months of the calendar.
pub(super) fn parse_bar_length(text: &str) -> Result<BarLength, String> {
    let accepted = "accepted: a length above zero such as 30s, 1m, 4h, 1d, 1w, or of the calendar such as 1mo, 3mo, 1y, at \
                    most 100y";
    let months = |unit: &str, months: u32| {
        let count: u32 = text.strip_suffix(unit)?.parse().ok()?;
        count.checked_mul(months)
    };
    match months("mo", 1).or_else(|| months("y", 12)) {
        Some(months) if (1..=MONTHS_MAX).contains(&months) => Ok(BarLength::Months(months)),
        Some(_) => Err(accepted.to_owned()),
        None => parse_length(text)
            .map(BarLength::Ns)
            .map_err(|_| accepted.to_owned()),
    }
}

fn parse_tick(text: &str) -> Result<Price, String> {
    text.parse()
        .ok()
        .filter(|tick: &Price| tick.0 > 0)
        .ok_or_else(|| "accepted: a price above zero of at most 9 decimals".to_owned())
}

fn parse_lot(text: &str) -> Result<Qty, String> {
    text.parse()
        .ok()
        .filter(|lot: &Qty| lot.0 > 0)
        .ok_or_else(|| "accepted: a quantity above zero of at most 8 decimals".to_owned())
}

fn parse_time(text: &str) -> Result<TimestampNs, String> {
    history::parse_time(text, &Zone::UTC)
        .ok_or_else(|| "accepted: a time such as 2024-01-31 or 2024-01-31T14:30:00Z".to_owned())
}

impl Input {
    /// What becomes of a bad row.
    pub(super) fn bad_rows(&self) -> BadRows {
        self.bad_rows.into()
    }

    /// What becomes of a bar whose volume is past the range.
    pub(crate) const fn volumes(&self) -> Volumes {
        match self.bad_rows {
            BadRowsArg::Skip => Volumes::Held,
            BadRowsArg::Fatal => Volumes::Refused,
        }
    }

    /// Rows of a file, bad ones and all.
    pub(crate) fn rows(&self, path: &Path, disorder: Option<Disorder>) -> anyhow::Result<Rows> {
        if let (Some(from), Some(until)) = (self.from, self.until)
            && from >= until
        {
            bail!(Usage(format!(
                "--from {from} is not before --until {until}; accepted: an earlier time"
            )));
        }
        let format = match &self.columns {
            Some(columns) => Some(Format::Table(Layout::parse(columns, self.separator)?)),
            None => self.layout.clone(),
        };
        let options = Options {
            symbols: self.symbol.clone(),
            date: self.date,
            zone: self.zone.clone(),
            interval: self.interval,
            clock: match self.clock {
                ClockArg::Receive => Clock::Receive,
                ClockArg::Venue => Clock::Venue,
            },
            disorder: disorder.unwrap_or(if self.any_order {
                Disorder::Allowed
            } else {
                Disorder::Refused
            }),
            tick: self.tick,
            lot: self.lot,
            volumes: self.volumes(),
            from: self.from,
            to: self.until,
        };
        Ok(history::open(path, format.as_ref(), &options)?)
    }

    /// Good rows of a file.
    pub(crate) fn open(
        &self,
        path: &Path,
        disorder: Option<Disorder>,
    ) -> anyhow::Result<Clean<Rows>> {
        let rows = Clean::new(self.rows(path, disorder)?, self.bad_rows.into());
        Ok(rows.with_crossed_quotes(self.crossed.unwrap_or(self.bad_rows).into()))
    }

    /// The symbols of a file that has none of those that are asked for; `None` where it says no symbols, or has one of them.
    fn others(&self, path: &Path) -> Option<BTreeSet<Label>> {
        let all = Self {
            symbol: Vec::new(),
            from: None,
            until: None,
            ..self.clone()
        };
        // What is wrong with it was told when it was read.
        let rows = all.rows(path, Some(Disorder::Allowed)).ok()?;
        let symbols: BTreeSet<_> = rows.filter_map(Result::ok).map(|row| row.symbol).collect();
        let has_asked = self.symbol.iter().any(|asked| symbols.contains(asked));
        (!symbols.is_empty() && !self.symbol.is_empty() && !has_asked).then_some(symbols)
    }

    /// Tells of a file that has none of the symbols that are asked for which it has; whether it is one.
    pub(super) fn tell_others(&self, path: &Path) -> bool {
        let Some(others) = self.others(path) else {
            return false;
        };
        let asked: Vec<_> = self.symbol.iter().map(Label::as_str).collect();
        let others: Vec<_> = others.iter().map(Label::as_str).collect();
        tell(format_args!(
            "{}: no row is of {}; accepted as --symbol: {}",
            path.display(),
            told::names(&asked),
            told::names(&others)
        ));
        true
    }

    /// For a file beside those of the command line, whose symbols and steps are its own.
    pub(crate) fn of_other(&self) -> Self {
        Self {
            layout: None,
            columns: None,
            symbol: Vec::new(),
            tick: None,
            lot: None,
            from: None,
            until: None,
            ..self.clone()
        }
    }

    pub(crate) const fn allows_any_order(&self) -> bool {
        self.any_order
    }
}

/// Tells of the bad rows that were passed over.
pub(crate) fn tell_bad<I>(rows: &Clean<I>, file: &str)
where
    I: Iterator<Item = Result<history::Row, history::RowError>>,
{
    for error in rows.shown() {
        tell(format_args!("{error}"));
    }
    let more = rows.bad() - rows.shown().len() as u64;
    if more > 0 {
        tell(format_args!("{file}: and {more} more bad rows"));
    }
    if rows.crossed() > 0 {
        let (bad, crossed) = (rows.bad(), rows.crossed());
        tell(format_args!(
            "{file}: of {bad} bad rows {crossed} are quotes whose bid is above the ask"
        ));
    }
}

/// Tells of the bars whose volume is past the range.
pub(crate) fn tell_held(held: &HeldVolumes) {
    let Some(first) = held.first() else {
        return;
    };
    let (file, place, most) = (&first.file, first.place, Qty(i64::MAX));
    tell(format_args!(
        "{file}{place}: {}a volume past {most}, taken as that",
        match held.count() {
            1 => "a bar with ".to_owned(),
            count => format!("the first of {count} bars with "),
        }
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_with_days_and_weeks_of_24_hours() {
        assert_eq!(parse_length("1m"), Ok(60_000_000_000));
        assert_eq!(parse_length("250ms"), Ok(250_000_000));
        assert_eq!(parse_length("1d"), Ok(86_400_000_000_000));
        assert_eq!(parse_length("2w"), Ok(14 * 86_400_000_000_000));
        for text in ["0s", "-1m", "", "m", "1 fortnight", "1mo", "1M", "1y"] {
            assert!(parse_length(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bars_may_be_of_months_of_the_calendar() {
        assert_eq!(parse_bar_length("1m"), Ok(BarLength::Ns(60_000_000_000)));
        assert_eq!(parse_bar_length("1mo"), Ok(BarLength::Months(1)));
        assert_eq!(parse_bar_length("3mo"), Ok(BarLength::Months(3)));
        assert_eq!(parse_bar_length("1y"), Ok(BarLength::Months(12)));
        assert_eq!(parse_bar_length("100y"), Ok(BarLength::Months(1_200)));
        for text in ["0mo", "-1mo", "mo", "1.5mo", "1M", "101y", "4294967297mo"] {
            let told = parse_bar_length(text).unwrap_err();
            assert!(told.contains("1mo"), "{text}: {told}");
        }
    }
}
