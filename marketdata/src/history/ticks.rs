//! The ticks of [`crate::recording`], whose rows are quotes or trades: `ts_ns,kind,a,b,c,d`.

use std::collections::VecDeque;

use types::{MarketData, Trade};

use super::Row;
use super::cells::{aggressor, checked_quote};
use super::clock::counted;
use super::decode::{Decode, Fault, Setting};
use super::error::Place;
use super::number::{price, qty};
use super::source::Bytes;
use super::text::{Lines, fields};

/// The first line.
pub(super) const HEADER: &str = "ts_ns,kind,a,b,c,d";

/// Reads ticks.
pub(super) struct Ticks {
    lines: Lines,
    setting: Setting,
}

impl Ticks {
    pub(super) fn new(bytes: Bytes, setting: Setting) -> Self {
        Self {
            lines: Lines::new(bytes),
            setting,
        }
    }
}

impl Decode for Ticks {
    fn decode(&mut self, out: &mut VecDeque<Row>) -> Result<bool, Fault> {
        let is_first = self.lines.number() == 0;
        let Some(line) = self.lines.next()? else {
            return Ok(false);
        };
        if is_first && line == HEADER.as_bytes() {
            return Ok(true);
        }
        let mut values = [&b""[..]; 6];
        let mut found = 0;
        for field in fields(line, b',') {
            if let Some(slot) = values.get_mut(found) {
                *slot = field;
            }
            found += 1;
        }
        if found != values.len() {
            return Err(Fault::value("the number of columns", found, "6"));
        }
        let [ts, kind, a, b, c, d] = values;
        let ts = counted("ts_ns", ts, 1)?.ts;
        let data = match kind {
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
            kind => return Err(Fault::bytes("kind", kind, "Q or T")),
        };
        out.push_back(Row {
            ts,
            ts_event: ts,
            symbol: self.setting.symbol,
            data,
        });
        Ok(true)
    }

    fn place(&self) -> Place {
        Place::Line(self.lines.number())
    }
}
