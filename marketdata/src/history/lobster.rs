//! LOBSTER: the messages of one stock's day, and beside them in another file the levels after each message.
//!
//! Format: lobsterdata.com, "Data Structure". Prices have four decimals, times are seconds since midnight in New
//! York. An auction is one row of type 6 with the order -1 (opening), -2 (closing), -3 or -4 (others)
//! <http://help.lobsterdata.com/en/articles/859578-event-type-6>; what it did to the book is in rows of their own.

use std::collections::VecDeque;

use types::{
    Aggressor, DepthUpdate, InstrumentStatus, Level, MarketData, Price, Qty, Side, TimestampNs,
    Trade,
};

use super::Row;
use super::clock::TimeForm;
use super::decode::{Decode, Fault, Setting};
use super::depth::Depth;
use super::error::Place;
use super::itch::against;
use super::number::{price, qty};
use super::orders::{Order, Orders};
use super::source::Bytes;
use super::text::{Lines, fields};

/// Four decimals.
const DIVISOR: i64 = 10_000;
/// The price of a level that does not exist, either sign.
const NO_LEVEL: &[u8] = b"9999999999";

/// Reads a day.
pub(super) struct Lobster {
    messages: Lines,
    /// The levels after each message, where that file is there.
    levels: Option<Lines>,
    midnight: TimestampNs,
    setting: Setting,
    depth: Depth,
    orders: Orders,
}

impl Lobster {
    pub(super) fn new(
        messages: Bytes,
        levels: Option<Bytes>,
        midnight: TimestampNs,
        setting: Setting,
    ) -> Self {
        Self {
            messages: Lines::new(messages),
            levels: levels.map(Lines::new),
            midnight,
            setting,
            depth: Depth::default(),
            orders: Orders::default(),
        }
    }

    /// Follows the levels after a message.
    fn follow(&mut self) -> Result<(), Fault> {
        let Some(levels) = &mut self.levels else {
            return Ok(());
        };
        let Some(line) = levels.next()? else {
            return Err(Fault::damaged(
                "the file of levels has fewer lines than that of messages",
            ));
        };
        let mut update = DepthUpdate::default();
        let mut values = fields(line, b',');
        let mut is_ask = true;
        while let Some(at) = values.next() {
            let Some(size) = values.next() else {
                return Err(Fault::damaged(
                    "a line of levels with a price that has no size",
                ));
            };
            if at.strip_prefix(b"-").unwrap_or(at) != NO_LEVEL {
                let level = Level {
                    price: price("price", at, DIVISOR)?,
                    qty: qty("size", size, 1)?,
                };
                if is_ask {
                    update.asks.push(level);
                } else {
                    update.bids.push(level);
                }
            }
            is_ask = !is_ask;
        }
        self.depth.replace(&update)
    }
}

/// A line of messages.
struct Message {
    since: u64,
    kind: u8,
    /// Zero for an auction, which has none.
    order: u64,
    qty: Qty,
    price: Price,
    side: Side,
}

fn message(line: &[u8]) -> Result<Message, Fault> {
    let mut values = [&b""[..]; 6];
    let mut found = 0;
    for field in fields(line, b',') {
        // Some files have a seventh column: who traded.
        if let Some(slot) = values.get_mut(found) {
            *slot = field;
        }
        found += 1;
    }
    if found < values.len() {
        return Err(Fault::value("the number of columns", found, "6 or 7"));
    }
    let [time, kind, order, size, at, direction] = values;
    let kind = match kind {
        [digit @ b'1'..=b'7'] => *digit,
        kind => return Err(Fault::bytes("type", kind, "1 to 7")),
    };
    Ok(Message {
        since: TimeForm::Units(1_000_000_000).of_day("time", time)?,
        kind,
        order: order_of(kind, order)?,
        qty: qty("size", size, 1)?,
        // A halt has its kind here instead.
        price: price("price", at, if kind == b'7' { 1 } else { DIVISOR })?,
        side: match direction {
            b"1" => Side::Buy,
            b"-1" => Side::Sell,
            text => return Err(Fault::bytes("direction", text, "1 or -1")),
        },
    })
}

fn order_of(kind: u8, text: &[u8]) -> Result<u64, Fault> {
    if kind == b'6' {
        return match text {
            [b'-', b'1'..=b'4'] => Ok(0),
            _ => Err(Fault::bytes("order", text, "-1 to -4 for an auction")),
        };
    }
    crate::feed::unsigned(text).map_err(|_| Fault::bytes("order", text, "a whole number"))
}

impl Decode for Lobster {
    fn decode(&mut self, out: &mut VecDeque<Row>) -> Result<bool, Fault> {
        let Some(line) = self.messages.next()? else {
            return Ok(false);
        };
        let parsed = message(line);
        // The two files stay beside each other whatever a line says.
        self.follow()?;
        let Message {
            since,
            kind,
            order,
            qty,
            price,
            side,
        } = parsed?;
        let ts = TimestampNs(self.midnight.0.saturating_add(since));
        let symbol = self.setting.symbol;
        let mut say = |data| {
            out.push_back(Row {
                ts,
                ts_event: ts,
                symbol,
                data,
            });
        };
        let trade = |aggressor| {
            MarketData::Trade(Trade {
                price,
                qty,
                aggressor,
            })
        };
        match kind {
            b'4' | b'5' => say(trade(against(side))),
            // A cross that matched nothing is told, too.
            b'6' if qty == Qty::ZERO => {}
            b'6' => say(trade(Aggressor::Unknown)),
            b'7' => say(MarketData::Status(if price == Price::ONE {
                InstrumentStatus::Open
            } else if price == Price::ZERO {
                InstrumentStatus::PreOpen
            } else {
                InstrumentStatus::Halted
            })),
            _ => {}
        }
        if self.levels.is_none() {
            // Orders from before the file begins are not known: what happens to them changes nothing here.
            let key = (0, order);
            match kind {
                b'1' => self
                    .orders
                    .put(key, Order { side, price, qty }, &mut self.depth)?,
                b'2' | b'4' => drop(self.orders.reduce(key, qty, &mut self.depth)?),
                b'3' => drop(self.orders.remove(key, &mut self.depth)?),
                _ => {}
            }
        }
        if let Some(data) = self.depth.state() {
            say(data);
        }
        Ok(true)
    }

    fn place(&self) -> Place {
        Place::Line(self.messages.number())
    }
}
