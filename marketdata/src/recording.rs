//! Reads the two recording formats, gzip-packed CSV of ticks and of bars, strictly: what is not
//! exactly in the format is an error that names the place and what would be accepted.
//!
//! | format | header | row |
//! |---|---|---|
//! | ticks | `ts_ns,kind,a,b,c,d` | `ts_ns,Q,bid,bid_qty,ask,ask_qty` or `ts_ns,T,price,qty,side,` |
//! | bars | `ts_ns,open,high,low,close,volume` | the same |
//!
//! The text is ASCII, lines end in `\n`, and `ts_ns` is a whole number of nanoseconds since the Unix
//! epoch (of a bar: its start).

use std::io::{self, Read as _};

use flate2::bufread::GzDecoder;
use types::decimal::DecimalError;
use types::{Aggressor, Bar, MarketData, Price, Qty, Quote, TimestampNs, Trade};

/// The most bytes that a recording may have when unpacked: 64 MiB.
pub const RECORDING_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The most characters of a refused value that an error repeats.
const VALUE_SHOWN_MAX: usize = 64;

const TICK_HEADER: &str = "ts_ns,kind,a,b,c,d";
const BAR_HEADER: &str = "ts_ns,open,high,low,close,volume";
const COLUMNS: usize = 6;

/// Why a recording was not read. Lines count from 1, the header being line 1.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The bytes are not one whole gzip stream.
    #[error("{file}: not a whole gzip stream")]
    Gzip {
        /// The recording.
        file: String,
        /// What the decoder says.
        #[source]
        source: io::Error,
    },
    /// Something follows the end of the gzip stream.
    #[error("{file}: {bytes} bytes after the end of the gzip stream; accepted: none")]
    TrailingBytes {
        /// The recording.
        file: String,
        /// How many.
        bytes: usize,
    },
    /// The unpacked text is longer than the limit.
    #[error("{file}: unpacks to more than {bytes_max} bytes (recording_bytes_max)")]
    TooLarge {
        /// The recording.
        file: String,
        /// The limit.
        bytes_max: u64,
    },
    /// The first line is not the header of the format.
    #[error("{file}:1: the header is '{found}'; accepted: '{accepted}'")]
    Header {
        /// The recording.
        file: String,
        /// The first line.
        found: String,
        /// The header of the format.
        accepted: &'static str,
    },
    /// The last line lacks its newline, so it may be cut short.
    #[error("{file}:{line}: the last line is cut short; accepted: a newline at its end")]
    CutShort {
        /// The recording.
        file: String,
        /// The last line.
        line: u64,
    },
    /// There is a header but no row.
    #[error("{file}: no row after the header; accepted: one or more")]
    Empty {
        /// The recording.
        file: String,
    },
    /// A row has too few or too many columns.
    #[error("{file}:{line}: {found} columns; accepted: {COLUMNS}")]
    Columns {
        /// The recording.
        file: String,
        /// The line.
        line: u64,
        /// The columns that it has.
        found: usize,
    },
    /// A value is not what its column takes.
    #[error("{file}:{line}: {column} is '{value}'; accepted: {accepted}")]
    Value {
        /// The recording.
        file: String,
        /// The line.
        line: u64,
        /// The column by its header, with its meaning in brackets.
        column: &'static str,
        /// The value, escaped and held to 64 characters.
        value: String,
        /// What the column takes there.
        accepted: String,
    },
}

/// Reads a recording of ticks. `name` is what errors call it.
///
/// Rows may share a time but not step back in it; the bid is not above the ask; quantities are not
/// below zero, and that of a trade is above it.
///
/// # Errors
/// See [`RecordingError`].
pub fn read_ticks(name: &str, gz: &[u8]) -> Result<Vec<(TimestampNs, MarketData)>, RecordingError> {
    let text = unpack(name, gz, RECORDING_BYTES_MAX)?;
    let mut ticks = Vec::with_capacity(rows_hint(&text));
    let mut before = TimestampNs(0);
    for row in rows(name, &text, TICK_HEADER)? {
        let row = row?;
        let ts = row.timestamp()?;
        if ts < before {
            return Err(row.refuse(TS, format!("a time not before {}", before.0)));
        }
        before = ts;
        ticks.push((ts, row.tick()?));
    }
    filled(name, ticks)
}

/// Reads a recording of bars. `name` is what errors call it.
///
/// Each bar starts after the one before it; its high and low enclose its open and close.
///
/// The volume alone is not refused where it is past the range of [`Qty`], as that of a currency
/// market can be: it stays at the end of the range, 92,233,720,368.54775807.
///
/// # Errors
/// See [`RecordingError`].
pub fn read_bars(name: &str, gz: &[u8]) -> Result<Vec<Bar>, RecordingError> {
    let text = unpack(name, gz, RECORDING_BYTES_MAX)?;
    let mut bars: Vec<Bar> = Vec::with_capacity(rows_hint(&text));
    for row in rows(name, &text, BAR_HEADER)? {
        let row = row?;
        let bar = row.bar()?;
        if let Some(before) = bars.last()
            && bar.start <= before.start
        {
            return Err(row.refuse(TS, format!("a time after {}", before.start.0)));
        }
        bars.push(bar);
    }
    filled(name, bars)
}

fn filled<T>(file: &str, rows: Vec<T>) -> Result<Vec<T>, RecordingError> {
    if rows.is_empty() {
        return Err(RecordingError::Empty {
            file: file.to_owned(),
        });
    }
    Ok(rows)
}

fn unpack(file: &str, gz: &[u8], bytes_max: u64) -> Result<String, RecordingError> {
    let mut decoder = GzDecoder::new(gz);
    let mut bytes = Vec::new();
    // One byte past the limit tells a text that just fits from one that does not.
    decoder
        .by_ref()
        .take(bytes_max + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| RecordingError::Gzip {
            file: file.to_owned(),
            source,
        })?;
    if bytes.len() as u64 > bytes_max {
        return Err(RecordingError::TooLarge {
            file: file.to_owned(),
            bytes_max,
        });
    }
    match decoder.into_inner().len() {
        0 => text(file, bytes),
        left => Err(RecordingError::TrailingBytes {
            file: file.to_owned(),
            bytes: left,
        }),
    }
}

// Every column takes ASCII only, so text beyond ASCII is refused where it stands.
fn text(file: &str, bytes: Vec<u8>) -> Result<String, RecordingError> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let (before, from) = error.as_bytes().split_at(at);
        RecordingError::Value {
            file: file.to_owned(),
            line: before.split(|&byte| byte == b'\n').count() as u64,
            column: "the text",
            value: from[..1].escape_ascii().to_string(),
            accepted: "ASCII".to_owned(),
        }
    })
}

/// About how many rows there are, so that one allocation holds them.
fn rows_hint(text: &str) -> usize {
    const ROW_BYTES: usize = 48;
    text.len() / ROW_BYTES
}

fn shown(value: &str) -> String {
    value
        .chars()
        .flat_map(char::escape_default)
        .take(VALUE_SHOWN_MAX)
        .collect()
}

/// The rows of `text` under its header.
fn rows<'a>(
    file: &'a str,
    text: &'a str,
    header: &'static str,
) -> Result<impl Iterator<Item = Result<Row<'a>, RecordingError>>, RecordingError> {
    let (first, body) = text.split_once('\n').unwrap_or((text, ""));
    if first != header {
        return Err(RecordingError::Header {
            file: file.to_owned(),
            found: shown(first),
            accepted: header,
        });
    }
    if !text.ends_with('\n') {
        return Err(RecordingError::CutShort {
            file: file.to_owned(),
            line: text.split('\n').count() as u64,
        });
    }
    Ok(body
        .split_terminator('\n')
        .zip(2..)
        .map(move |(row, line)| Row::split(file, line, row)))
}

/// A column: its place, and its header with its meaning.
#[derive(Clone, Copy)]
struct Column(usize, &'static str);

const TS: Column = Column(0, "ts_ns");

const KIND: Column = Column(1, "kind");
const BID: Column = Column(2, "a (bid)");
const BID_QTY: Column = Column(3, "b (bid_qty)");
const ASK: Column = Column(4, "c (ask)");
const ASK_QTY: Column = Column(5, "d (ask_qty)");
const TRADE_PRICE: Column = Column(2, "a (price)");
const TRADE_QTY: Column = Column(3, "b (qty)");
const TRADE_SIDE: Column = Column(4, "c (side)");
const TRADE_BLANK: Column = Column(5, "d");

const OPEN: Column = Column(1, "open");
const HIGH: Column = Column(2, "high");
const LOW: Column = Column(3, "low");
const CLOSE: Column = Column(4, "close");
const VOLUME: Column = Column(5, "volume");

struct Row<'a> {
    file: &'a str,
    line: u64,
    fields: [&'a str; COLUMNS],
}

impl<'a> Row<'a> {
    fn split(file: &'a str, line: u64, text: &'a str) -> Result<Self, RecordingError> {
        let mut fields = [""; COLUMNS];
        let mut found = 0;
        for field in text.split(',') {
            if let Some(slot) = fields.get_mut(found) {
                *slot = field;
            }
            found += 1;
        }
        if found != COLUMNS {
            return Err(RecordingError::Columns {
                file: file.to_owned(),
                line,
                found,
            });
        }
        Ok(Self { file, line, fields })
    }

    fn refuse(&self, Column(at, column): Column, accepted: impl Into<String>) -> RecordingError {
        RecordingError::Value {
            file: self.file.to_owned(),
            line: self.line,
            column,
            value: shown(self.fields[at]),
            accepted: accepted.into(),
        }
    }

    fn timestamp(&self) -> Result<TimestampNs, RecordingError> {
        let text = self.fields[TS.0];
        // The integer parser of the standard library would let a plus sign by.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(ts) if digits => Ok(TimestampNs(ts)),
            _ => Err(self.refuse(TS, "a whole number of nanoseconds since 1970, in 64 bits")),
        }
    }

    fn price(&self, column: Column) -> Result<Price, RecordingError> {
        self.fields[column.0].parse().map_err(|error| {
            self.refuse(
                column,
                match error {
                    DecimalError::Malformed => "a decimal number",
                    DecimalError::TooFine { .. } => "a price of at most 9 decimals",
                    DecimalError::OutOfRange => "a price within 9223372036 of zero",
                },
            )
        })
    }

    fn qty(&self, column: Column) -> Result<Qty, RecordingError> {
        let qty: Qty = self.fields[column.0].parse().map_err(|error| {
            self.refuse(
                column,
                match error {
                    DecimalError::Malformed => "a decimal number",
                    DecimalError::TooFine { .. } => "a quantity of at most 8 decimals",
                    DecimalError::OutOfRange => "a quantity from 0 to 92233720368",
                },
            )
        })?;
        if qty.is_negative() {
            return Err(self.refuse(column, "a quantity not below zero"));
        }
        Ok(qty)
    }

    fn volume(&self) -> Result<Qty, RecordingError> {
        let text = self.fields[VOLUME.0];
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let unsigned = all_digits(whole) && all_digits(fraction) && !fraction.is_empty();
        match text.parse::<Qty>() {
            Err(DecimalError::OutOfRange) if unsigned => Ok(Qty(i64::MAX)),
            _ => self.qty(VOLUME),
        }
    }

    fn tick(&self) -> Result<MarketData, RecordingError> {
        match self.fields[KIND.0] {
            "Q" => self.quote().map(MarketData::Quote),
            "T" => self.trade().map(MarketData::Trade),
            _ => Err(self.refuse(KIND, "Q or T")),
        }
    }

    fn quote(&self) -> Result<Quote, RecordingError> {
        let quote = Quote {
            bid: self.price(BID)?,
            bid_qty: self.qty(BID_QTY)?,
            ask: self.price(ASK)?,
            ask_qty: self.qty(ASK_QTY)?,
        };
        if quote.ask < quote.bid {
            return Err(self.refuse(ASK, format!("a price not below the bid {}", quote.bid)));
        }
        Ok(quote)
    }

    fn trade(&self) -> Result<Trade, RecordingError> {
        let trade = Trade {
            price: self.price(TRADE_PRICE)?,
            qty: self.qty(TRADE_QTY)?,
            aggressor: match self.fields[TRADE_SIDE.0] {
                "B" => Aggressor::Buyer,
                "S" => Aggressor::Seller,
                _ => return Err(self.refuse(TRADE_SIDE, "B or S")),
            },
        };
        if trade.qty == Qty::ZERO {
            return Err(self.refuse(TRADE_QTY, "a quantity above 0 of a trade"));
        }
        if !self.fields[TRADE_BLANK.0].is_empty() {
            return Err(self.refuse(TRADE_BLANK, "nothing"));
        }
        Ok(trade)
    }

    fn bar(&self) -> Result<Bar, RecordingError> {
        let bar = Bar {
            start: self.timestamp()?,
            open: self.price(OPEN)?,
            high: self.price(HIGH)?,
            low: self.price(LOW)?,
            close: self.price(CLOSE)?,
            volume: self.volume()?,
        };
        let (top, bottom) = (bar.open.max(bar.close), bar.open.min(bar.close));
        if bar.high < top {
            return Err(self.refuse(HIGH, format!("a price not below open and close, {top}")));
        }
        if bar.low > bottom {
            return Err(self.refuse(LOW, format!("a price not above open and close, {bottom}")));
        }
        Ok(bar)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn a_text_may_be_as_long_as_the_limit_and_no_longer() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(b"12345678").unwrap();
        let gz = encoder.finish().unwrap();
        assert_eq!(unpack("eight", &gz, 8).unwrap(), "12345678");
        assert_eq!(
            unpack("eight", &gz, 7).unwrap_err().to_string(),
            "eight: unpacks to more than 7 bytes (recording_bytes_max)"
        );
    }
}
