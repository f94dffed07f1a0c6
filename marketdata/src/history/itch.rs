//! NASDAQ `TotalView-ITCH` 5.0: every order of every stock of a day, each message after its length in two bytes.
//!
//! Specification: "Nasdaq TotalView-ITCH 5.0", the sections that the message types below have there. All numbers are
//! big-endian, prices have four decimals, times are ns since midnight in New York.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read};

use types::{Aggressor, InstrumentStatus, Label, MarketData, Price, Qty, Side, TimestampNs, Trade};

use super::Row;
use super::decode::{Decode, Fault, Setting};
use super::depth::Depth;
use super::error::Place;
use super::orders::{Order, Orders};
use super::source::Bytes;

/// The most stocks of a day: a locate code has 16 bits.
pub const ITCH_SYMBOLS_MAX: usize = 65_536;

/// A price of one unit of the last of four decimals.
const PRICE_UNIT: i64 = 100_000;
/// Bytes before the part that differs by type.
const HEADER_BYTES: usize = 11;
const DAY_NS: u64 = 86_400_000_000_000;

/// Reads a day.
pub(super) struct Itch {
    bytes: Bytes,
    /// When the day begins in New York.
    midnight: TimestampNs,
    setting: Setting,
    /// Only these stocks, if there are any here.
    wanted: Vec<Label>,
    symbols: HashMap<u16, Label>,
    books: HashMap<u16, Depth>,
    orders: Orders,
    record: u64,
    message: Vec<u8>,
}

impl Itch {
    pub(super) fn new(
        bytes: Bytes,
        midnight: TimestampNs,
        setting: Setting,
        wanted: &[Label],
    ) -> Self {
        Self {
            bytes,
            midnight,
            setting,
            wanted: wanted.to_vec(),
            symbols: HashMap::new(),
            books: HashMap::new(),
            orders: Orders::default(),
            record: 0,
            message: Vec::new(),
        }
    }

    /// Reads the next message. `false` at the end.
    fn fetch(&mut self) -> Result<bool, Fault> {
        let mut length = [0; 2];
        match self.bytes.read(&mut length[..1]) {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return self.fetch(),
            Err(error) => return Err(error.into()),
        }
        self.bytes.read_exact(&mut length[1..])?;
        // At most 65,535.
        self.message
            .resize(usize::from(u16::from_be_bytes(length)), 0);
        self.bytes.read_exact(&mut self.message)?;
        self.record += 1;
        Ok(true)
    }
}

/// Fields of a message, front to back.
struct Body<'a>(&'a [u8]);

impl Body<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or_else(|| {
            Fault::value(
                "the length of the message",
                self.0.len(),
                "that of its type",
            )
        })?;
        self.0 = rest;
        Ok(*head)
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Result<u32, Fault> {
        self.take().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, Fault> {
        self.take().map(u64::from_be_bytes)
    }

    fn shares(&mut self) -> Result<Qty, Fault> {
        self.u32().map(|shares| Qty(i64::from(shares) * Qty::ONE.0))
    }

    fn price(&mut self) -> Result<Price, Fault> {
        self.u32().map(|price| Price(i64::from(price) * PRICE_UNIT))
    }

    fn side(&mut self) -> Result<Side, Fault> {
        match self.byte()? {
            b'B' => Ok(Side::Buy),
            b'S' => Ok(Side::Sell),
            byte => Err(Fault::value("side", byte, "B or S")),
        }
    }

    fn stock(&mut self) -> Result<Label, Fault> {
        let text = self.take::<8>()?;
        let text = text.trim_ascii_end();
        std::str::from_utf8(text)
            .ok()
            .and_then(|text| Label::new(text).ok())
            .ok_or_else(|| Fault::bytes("stock", text, "1 to 8 printable ASCII characters"))
    }
}

/// Who crossed the spread when an order of this side was executed.
pub(super) const fn against(side: Side) -> Aggressor {
    match side {
        Side::Buy => Aggressor::Seller,
        Side::Sell => Aggressor::Buyer,
    }
}

impl Decode for Itch {
    fn decode(&mut self, out: &mut VecDeque<Row>) -> Result<bool, Fault> {
        if !self.fetch()? {
            return Ok(false);
        }
        let Self {
            midnight,
            setting,
            wanted,
            symbols,
            books,
            orders,
            message,
            ..
        } = self;
        let kind = message.first().copied().unwrap_or_default();
        if !b"AFECXDUPQRH".contains(&kind) {
            return Ok(true);
        }
        let mut body = Body(message);
        let [_, l0, l1, _, _, t @ ..] = body.take::<HEADER_BYTES>()?;
        let locate = u16::from_be_bytes([l0, l1]);
        let [t0, t1, t2, t3, t4, t5] = t;
        let since = u64::from_be_bytes([0, 0, t0, t1, t2, t3, t4, t5]);
        if since > DAY_NS {
            return Err(Fault::value("the time", since, "ns since midnight"));
        }
        let ts = TimestampNs(midnight.0.saturating_add(since));
        if kind == b'R' {
            let stock = body.stock()?;
            symbols.insert(locate, stock);
            return Ok(true);
        }
        let is_wanted = |symbol: &Label| wanted.is_empty() || wanted.contains(symbol);
        let symbol = symbols.get(&locate).copied().unwrap_or(setting.symbol);
        if !is_wanted(&symbol) {
            return Ok(true);
        }
        let mut say = |data| {
            out.push_back(Row {
                ts,
                ts_event: ts,
                symbol,
                data,
            });
        };
        let trade = |price, qty, aggressor| {
            MarketData::Trade(Trade {
                price,
                qty,
                aggressor,
            })
        };
        let key = |reference| (u64::from(locate), reference);
        let unknown = |reference: u64| {
            Err(Fault::value(
                "the order's reference",
                reference,
                "that of an order that was added",
            ))
        };
        let depth = books.entry(locate).or_default();
        match kind {
            b'A' | b'F' => {
                let reference = body.u64()?;
                let (side, qty) = (body.side()?, body.shares()?);
                body.stock()?;
                let price = body.price()?;
                orders.put(key(reference), Order { side, price, qty }, depth)?;
            }
            b'E' | b'C' => {
                let reference = body.u64()?;
                let qty = body.shares()?;
                body.u64()?;
                let stated = if kind == b'C' {
                    let is_printable = body.byte()? == b'Y';
                    Some((is_printable, body.price()?))
                } else {
                    None
                };
                let Some(order) = orders.reduce(key(reference), qty, depth)? else {
                    return unknown(reference);
                };
                let (is_printable, price) = stated.unwrap_or((true, order.price));
                if is_printable {
                    say(trade(price, qty, against(order.side)));
                }
            }
            b'X' => {
                let reference = body.u64()?;
                let qty = body.shares()?;
                if orders.reduce(key(reference), qty, depth)?.is_none() {
                    return unknown(reference);
                }
            }
            b'D' => {
                let reference = body.u64()?;
                if orders.remove(key(reference), depth)?.is_none() {
                    return unknown(reference);
                }
            }
            b'U' => {
                let (before, reference) = (body.u64()?, body.u64()?);
                let (qty, price) = (body.shares()?, body.price()?);
                let Some(order) = orders.remove(key(before), depth)? else {
                    return unknown(before);
                };
                let side = order.side;
                orders.put(key(reference), Order { side, price, qty }, depth)?;
            }
            b'P' => {
                body.u64()?;
                body.byte()?;
                let qty = body.shares()?;
                body.stock()?;
                let price = body.price()?;
                // Against an order that was not displayed; its side is not told since 2014.
                say(trade(price, qty, Aggressor::Unknown));
                return Ok(true);
            }
            b'Q' => {
                let shares = body.u64()?;
                body.stock()?;
                let price = body.price()?;
                // A cross that matched nothing is told, too.
                if shares > 0 {
                    let qty = super::number::units("shares", shares)?;
                    say(trade(price, qty, Aggressor::Unknown));
                }
                return Ok(true);
            }
            _ => {
                body.stock()?;
                let status = match body.byte()? {
                    b'T' => InstrumentStatus::Open,
                    b'Q' => InstrumentStatus::PreOpen,
                    b'H' | b'P' => InstrumentStatus::Halted,
                    byte => return Err(Fault::value("state", byte, "T, Q, H or P")),
                };
                say(MarketData::Status(status));
                return Ok(true);
            }
        }
        if let Some(data) = depth.state() {
            say(data);
        }
        Ok(true)
    }

    fn place(&self) -> Place {
        Place::Record(self.record)
    }
}
