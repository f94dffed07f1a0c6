//! Open interest by day: a table beside the rows of the market, which have none.

use std::path::Path;
use std::sync::Arc;

use types::{Label, Qty, TradingDay};

use super::decode::Fault;
use super::error::{OpenError, Place, RowError};
use super::text::{Lines, fields};
use super::{number, parse_date, source};
use crate::calendar::day_of;

/// What the columns are called, small letters and large: ours, and those of Stooq's daily files.
const SYMBOL: [&str; 2] = ["symbol", "<TICKER>"];
const DAY: [&str; 3] = ["day", "date", "<DATE>"];
const OPEN_INTEREST: [&str; 2] = ["open_interest", "<OPENINT>"];

/// The open interest of a contract at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayOpenInterest {
    /// The contract.
    pub symbol: Label,
    /// The day.
    pub day: TradingDay,
    /// Contracts open.
    pub open_interest: Qty,
}

/// Where the columns stand.
#[derive(Debug, Clone, Copy)]
struct Columns {
    symbol: usize,
    day: usize,
    open_interest: usize,
}

/// Reads a text with commas between its columns, which its first line names: `symbol`, `day` and `open_interest`, or
/// those of Stooq's daily files; others are passed over. Packed files are unpacked. After an error that
/// [`RowError::is_fatal`] there is no more.
pub struct OpenInterest {
    file: Arc<str>,
    lines: Lines,
    columns: Option<Columns>,
    has_ended: bool,
}

impl OpenInterest {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Ok(Self {
            file: path.display().to_string().into(),
            lines: Lines::new(source::open(path, &Arc::default())?.bytes),
            columns: None,
            has_ended: false,
        })
    }

    /// Where what was read last is.
    pub fn place(&self) -> Place {
        Place::Line(self.lines.number().max(1))
    }

    fn read(&mut self) -> Result<Option<DayOpenInterest>, Fault> {
        if self.columns.is_none() {
            let header = self.lines.next()?.unwrap_or_default();
            self.columns = Some(columns(header)?);
        }
        match (self.lines.next()?, self.columns) {
            (Some(line), Some(columns)) => row(line, columns).map(Some),
            _ => Ok(None),
        }
    }
}

impl Iterator for OpenInterest {
    type Item = Result<DayOpenInterest, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let read = self
            .read()
            .map_err(|fault| RowError::new(Arc::clone(&self.file), self.place(), fault));
        self.has_ended = match &read {
            Ok(row) => row.is_none(),
            Err(error) => error.is_fatal(),
        };
        read.transpose()
    }
}

impl std::fmt::Debug for OpenInterest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenInterest")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

fn columns(header: &[u8]) -> Result<Columns, Fault> {
    let place = |names: &[&str]| {
        let is_one = |column: &[u8]| {
            let mut names = names.iter();
            names.any(|name| column.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
        };
        fields(header, b',').position(is_one).ok_or_else(|| {
            let header = String::from_utf8_lossy(header);
            Fault::damaged(format_args!(
                "the first line is '{:.200}'; accepted: names of columns, with {} among them",
                header.escape_default(),
                names.join(" or ")
            ))
        })
    };
    Ok(Columns {
        symbol: place(&SYMBOL)?,
        day: place(&DAY)?,
        open_interest: place(&OPEN_INTEREST)?,
    })
}

fn row(line: &[u8], columns: Columns) -> Result<DayOpenInterest, Fault> {
    let mut values = [&b""[..]; 3];
    for (place, field) in fields(line, b',').enumerate() {
        let wanted = [columns.symbol, columns.day, columns.open_interest];
        if let Some(value) = wanted.iter().position(|&wanted| wanted == place) {
            values[value] = field.trim_ascii();
        }
    }
    let [symbol, day, open_interest] = values;
    let text = |bytes| std::str::from_utf8(bytes).ok();
    let label = text(symbol).and_then(|text| Label::new(text).ok());
    let date = text(day).and_then(parse_date);
    Ok(DayOpenInterest {
        symbol: label
            .ok_or_else(|| Fault::bytes("symbol", symbol, "1 to 31 printable ASCII characters"))?,
        day: TradingDay(day_of(
            date.ok_or_else(|| Fault::bytes("day", day, "a date: 2024-01-31"))?,
        )),
        open_interest: number::qty("open_interest", open_interest, 1)?,
    })
}
