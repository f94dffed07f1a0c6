//! Tardis' `incremental_book_L2`: a level on each line, and a message of the venue is the lines that were received
//! at one time.

use std::collections::VecDeque;

use types::{DepthUpdate, Label, Level, MarketData, TimestampNs};

use super::Row;
use super::clock::counted;
use super::decode::{Decode, Fault, Setting};
use super::depth::LEVELS_MAX;
use super::error::Place;
use super::number::{price, qty};
use super::source::Bytes;
use super::text::{Lines, fields};

/// The first line.
pub(super) const HEADER: &str =
    "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount";

/// The message that lines belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Message {
    symbol: Label,
    happened: TimestampNs,
    received: TimestampNs,
    is_snapshot: bool,
}

/// Reads levels.
pub(super) struct TardisBook {
    lines: Lines,
    setting: Setting,
    message: Option<Message>,
    update: DepthUpdate,
}

impl TardisBook {
    pub(super) fn new(bytes: Bytes, setting: Setting) -> Self {
        Self {
            lines: Lines::new(bytes),
            setting,
            message: None,
            update: DepthUpdate::default(),
        }
    }

    /// Says the message that is complete now.
    fn flush(&mut self, out: &mut VecDeque<Row>) {
        let Some(message) = self.message.take() else {
            return;
        };
        let update = Box::new(std::mem::take(&mut self.update));
        let (ts, ts_event) = self.setting.times(message.received, message.happened);
        out.push_back(Row {
            ts,
            ts_event,
            symbol: message.symbol,
            data: if message.is_snapshot {
                MarketData::DepthSnapshot(update)
            } else {
                MarketData::DepthDelta(update)
            },
        });
    }
}

fn level(line: &[u8]) -> Result<(Message, bool, Level), Fault> {
    let mut values = [&b""[..]; 8];
    let mut found = 0;
    for field in fields(line, b',') {
        if let Some(slot) = values.get_mut(found) {
            *slot = field;
        }
        found += 1;
    }
    if found != values.len() {
        return Err(Fault::value("the number of columns", found, "8"));
    }
    let [_, symbol, happened, received, is_snapshot, side, at, amount] = values;
    let time = |field, text| counted(field, text, 1_000).map(|moment| moment.ts);
    let message = Message {
        symbol: std::str::from_utf8(symbol)
            .ok()
            .and_then(|symbol| Label::new(symbol).ok())
            .ok_or_else(|| Fault::bytes("symbol", symbol, "1 to 31 printable ASCII characters"))?,
        happened: time("timestamp", happened)?,
        received: time("local_timestamp", received)?,
        is_snapshot: match is_snapshot {
            b"true" => true,
            b"false" => false,
            text => return Err(Fault::bytes("is_snapshot", text, "true or false")),
        },
    };
    let is_bid = match side {
        b"bid" => true,
        b"ask" => false,
        text => return Err(Fault::bytes("side", text, "bid or ask")),
    };
    let level = Level {
        price: price("price", at, 1)?,
        qty: qty("amount", amount, 1)?,
    };
    Ok((message, is_bid, level))
}

impl Decode for TardisBook {
    fn decode(&mut self, out: &mut VecDeque<Row>) -> Result<bool, Fault> {
        let is_first = self.lines.number() == 0;
        let Some(line) = self.lines.next()? else {
            self.flush(out);
            return Ok(false);
        };
        if is_first && line == HEADER.as_bytes() {
            return Ok(true);
        }
        let (message, is_bid, level) = level(line)?;
        let is_same = self.message.is_some_and(|open| {
            open.received == message.received
                && open.symbol == message.symbol
                && open.is_snapshot == message.is_snapshot
        });
        if !is_same {
            self.flush(out);
            self.message = Some(message);
        }
        if self.update.bids.len() + self.update.asks.len() >= LEVELS_MAX {
            return Err(Fault::damaged(format_args!(
                "a message of more than {LEVELS_MAX} levels (levels_max)"
            )));
        }
        if is_bid {
            self.update.bids.push(level);
        } else {
            self.update.asks.push(level);
        }
        Ok(true)
    }

    fn place(&self) -> Place {
        Place::Line(self.lines.number())
    }
}
