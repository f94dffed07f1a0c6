//! Market events of every kind as text, one on each line: what `dynasty data convert` writes and what is read back.
//!
//! | kind | a | b | c | d | e | f |
//! |---|---|---|---|---|---|---|
//! | `Q` quote | bid | its quantity | ask | its quantity | | |
//! | `T` trade | price | quantity | `B`, `S` or nothing | | | |
//! | `B` bar | start, ns | open | high | low | close | volume |
//! | `S` whole book, `D` changed levels | bids | asks | | | | |
//! | `X` status | its name | | | | | |
//! | `F` financing | long | short | price | | | |
//! | `V` dividend | per unit | | | | | |
//! | `P` split | new | old | | | | |
//! | `G` gap | | | | | | |
//!
//! Levels are `price@quantity` with spaces between them. `ts_ns` is when the row was known, `venue_ns` when it
//! happened, empty where that is the same.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{self, Write};

use types::{
    Aggressor, Bar, DepthUpdate, Financing, InstrumentStatus, Label, Level, MarketData, Money,
    Ratio, Trade,
};

use super::Row;
use super::cells::{aggressor, checked_bar, checked_quote};
use super::clock::counted;
use super::decode::{Decode, Fault, Setting};
use super::error::Place;
use super::number::{price, qty};
use super::source::Bytes;
use super::text::{Lines, fields};

/// The first line.
pub(super) const HEADER: &str = "ts_ns,venue_ns,symbol,kind,a,b,c,d,e,f";
const COLUMNS: usize = 10;

/// Names of the statuses.
const STATUSES: [(&str, InstrumentStatus); 5] = [
    ("open", InstrumentStatus::Open),
    ("halted", InstrumentStatus::Halted),
    ("closed", InstrumentStatus::Closed),
    ("pre_open", InstrumentStatus::PreOpen),
    ("pre_close", InstrumentStatus::PreClose),
];

/// The letter of a kind.
pub(super) const fn letter(data: &MarketData) -> &'static str {
    match data {
        MarketData::Quote(_) => "Q",
        MarketData::Trade(_) => "T",
        MarketData::DepthDelta(_) => "D",
        MarketData::DepthSnapshot(_) => "S",
        MarketData::Bar(_) => "B",
        MarketData::Status(_) => "X",
        MarketData::Financing(_) => "F",
        MarketData::Dividend { .. } => "V",
        MarketData::Split { .. } => "P",
        MarketData::Gap => "G",
    }
}

/// The name of a status.
pub(super) fn status_name(status: InstrumentStatus) -> &'static str {
    let found = STATUSES.iter().find(|(_, known)| *known == status);
    found.map_or("open", |(name, _)| name)
}

/// The letter of an aggressor.
pub(super) const fn side_letter(aggressor: Aggressor) -> &'static str {
    match aggressor {
        Aggressor::Buyer => "B",
        Aggressor::Seller => "S",
        Aggressor::Unknown => "",
    }
}

/// Levels as text.
pub(super) fn levels_text(levels: &[Level], out: &mut String) {
    for (place, level) in levels.iter().enumerate() {
        let gap = if place == 0 { "" } else { " " };
        // Writing to a string does not fail.
        let _ = write!(out, "{gap}{}@{}", level.price, level.qty);
    }
}

/// Levels from text.
pub(super) fn levels_from(field: &'static str, text: &[u8]) -> Result<Vec<Level>, Fault> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split(|&byte| byte == b' ')
        .map(|level| {
            let at = level.iter().position(|&byte| byte == b'@');
            let at = at.ok_or_else(|| Fault::bytes(field, level, "price@quantity"))?;
            Ok(Level {
                price: price(field, &level[..at], 1)?,
                qty: qty(field, &level[at + 1..], 1)?,
            })
        })
        .collect()
}

/// What is neither price nor book, as text: kind and its fields.
pub(super) fn detail(data: &MarketData, out: &mut String) {
    // Writing to a string does not fail.
    let _ = match data {
        MarketData::Status(status) => write!(out, "{}", status_name(*status)),
        MarketData::Financing(Financing { long, short, price }) => {
            write!(out, "{long},{short},{price}")
        }
        MarketData::Dividend { per_unit } => write!(out, "{per_unit}"),
        MarketData::Split { new, old } => write!(out, "{new},{old}"),
        _ => Ok(()),
    };
}

/// What has such a letter and such fields.
pub(super) fn from_fields(kind: &[u8], fields: [&[u8]; 6]) -> Result<MarketData, Fault> {
    let [a, b, c, d, close, volume] = fields;
    let ratio = |field, text: &[u8]| {
        std::str::from_utf8(text)
            .ok()
            .and_then(|text| text.parse::<Ratio>().ok())
            .ok_or_else(|| Fault::bytes(field, text, "a decimal number of at most 9 decimals"))
    };
    let count = |field, text: &[u8]| {
        crate::feed::unsigned(text)
            .ok()
            .and_then(|count| u32::try_from(count).ok())
            .filter(|count| (1..=1_000).contains(count))
            .ok_or_else(|| Fault::bytes(field, text, "1 to 1000"))
    };
    Ok(match kind {
        b"Q" => checked_quote(
            price("a (bid)", a, 1)?,
            qty("b (bid_qty)", b, 1)?,
            price("c (ask)", c, 1)?,
            qty("d (ask_qty)", d, 1)?,
        )?,
        b"T" => MarketData::Trade(Trade {
            price: price("a (price)", a, 1)?,
            qty: qty("b (qty)", b, 1)?,
            aggressor: aggressor(c)?,
        }),
        b"B" => MarketData::Bar(Bar {
            start: counted("a (start)", a, 1)?.ts,
            open: price("b (open)", b, 1)?,
            high: price("c (high)", c, 1)?,
            low: price("d (low)", d, 1)?,
            close: price("e (close)", close, 1)?,
            volume: super::number::volume(volume, 1)?,
        }),
        b"S" | b"D" => {
            let update = Box::new(DepthUpdate {
                bids: levels_from("a (bids)", a)?,
                asks: levels_from("b (asks)", b)?,
            });
            if kind == b"S" {
                MarketData::DepthSnapshot(update)
            } else {
                MarketData::DepthDelta(update)
            }
        }
        b"X" => {
            let found = STATUSES.iter().find(|(name, _)| name.as_bytes() == a);
            let accepted = "open, halted, closed, pre_open or pre_close";
            let (_, status) = found.ok_or_else(|| Fault::bytes("a (status)", a, accepted))?;
            MarketData::Status(*status)
        }
        b"F" => MarketData::Financing(Financing {
            long: ratio("a (long)", a)?,
            short: ratio("b (short)", b)?,
            price: price("c (price)", c, 1)?,
        }),
        b"V" => MarketData::Dividend {
            per_unit: std::str::from_utf8(a)
                .ok()
                .and_then(|text| text.parse::<Money>().ok())
                .filter(|amount| !amount.is_negative())
                .ok_or_else(|| {
                    Fault::bytes("a (per unit)", a, "an amount of at most 6 decimals")
                })?,
        },
        b"P" => MarketData::Split {
            new: count("a (new)", a)?,
            old: count("b (old)", b)?,
        },
        b"G" => MarketData::Gap,
        kind => return Err(Fault::bytes("kind", kind, "Q, T, B, S, D, X, F, V, P or G")),
    })
}

/// Reads rows.
pub(super) struct Text {
    lines: Lines,
    setting: Setting,
}

impl Text {
    pub(super) fn new(bytes: Bytes, setting: Setting) -> Self {
        Self {
            lines: Lines::new(bytes),
            setting,
        }
    }
}

impl Decode for Text {
    fn decode(&mut self, out: &mut VecDeque<Row>) -> Result<bool, Fault> {
        let is_first = self.lines.number() == 0;
        let Some(line) = self.lines.next()? else {
            return Ok(false);
        };
        if is_first && line == HEADER.as_bytes() {
            return Ok(true);
        }
        let mut values = [&b""[..]; COLUMNS];
        let mut found = 0;
        for field in fields(line, b',') {
            if let Some(slot) = values.get_mut(found) {
                *slot = field;
            }
            found += 1;
        }
        if found != COLUMNS {
            return Err(Fault::value("the number of columns", found, "10"));
        }
        let [ts, venue, symbol, kind, rest @ ..] = values;
        let time = |field, text| counted(field, text, 1);
        let received = time("ts_ns", ts)?.ts;
        let happened = if venue.is_empty() {
            received
        } else {
            time("venue_ns", venue)?.ts
        };
        let data = from_fields(kind, rest)?;
        if let MarketData::Bar(bar) = &data {
            checked_bar(bar, received)?;
        }
        let (ts, ts_event) = self.setting.times(received, happened);
        out.push_back(Row {
            ts,
            ts_event,
            symbol: std::str::from_utf8(symbol)
                .ok()
                .and_then(|symbol| Label::new(symbol).ok())
                .ok_or_else(|| {
                    Fault::bytes("symbol", symbol, "1 to 31 printable ASCII characters")
                })?,
            data,
        });
        Ok(true)
    }

    fn place(&self) -> Place {
        Place::Line(self.lines.number())
    }
}

/// Writes rows of every kind as text.
#[derive(Debug)]
pub struct RowsWriter<W: Write> {
    out: W,
    line: String,
}

impl<W: Write> RowsWriter<W> {
    /// Writes the first line.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn new(mut out: W) -> io::Result<Self> {
        writeln!(out, "{HEADER}")?;
        Ok(Self {
            out,
            line: String::new(),
        })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&mut self, row: &Row) -> io::Result<()> {
        self.line.clear();
        let line = &mut self.line;
        // Writing to a string does not fail.
        let _ = write!(line, "{},", row.ts.0);
        if row.ts_event != row.ts {
            let _ = write!(line, "{}", row.ts_event.0);
        }
        let symbol = row.symbol.as_str();
        let quote = if symbol.contains(',') { "\"" } else { "" };
        let _ = write!(line, ",{quote}{symbol}{quote},{},", letter(&row.data));
        let columns = match &row.data {
            MarketData::Quote(quote) => {
                let _ = write!(
                    line,
                    "{},{},{},{}",
                    quote.bid, quote.bid_qty, quote.ask, quote.ask_qty
                );
                4
            }
            MarketData::Trade(trade) => {
                let side = side_letter(trade.aggressor);
                let _ = write!(line, "{},{},{side}", trade.price, trade.qty);
                3
            }
            MarketData::Bar(bar) => {
                let _ = write!(
                    line,
                    "{},{},{},{},{},{}",
                    bar.start.0, bar.open, bar.high, bar.low, bar.close, bar.volume
                );
                6
            }
            MarketData::DepthSnapshot(update) | MarketData::DepthDelta(update) => {
                levels_text(&update.bids, line);
                line.push(',');
                levels_text(&update.asks, line);
                2
            }
            MarketData::Financing(_) => {
                detail(&row.data, line);
                3
            }
            MarketData::Split { .. } => {
                detail(&row.data, line);
                2
            }
            MarketData::Status(_) | MarketData::Dividend { .. } | MarketData::Gap => {
                detail(&row.data, line);
                1
            }
        };
        for _ in columns..6 {
            line.push(',');
        }
        line.push('\n');
        self.out.write_all(self.line.as_bytes())
    }

    /// The writer, with everything written.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}
