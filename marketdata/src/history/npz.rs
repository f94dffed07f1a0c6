//! hftbacktest's arrays: one structured `NumPy` array of events, alone (`.npy`) or in an archive (`.npz`).
//!
//! Format: `hftbacktest`'s "Data" page and the constants of its `types` module; `numpy.lib.format` for the array.

use std::collections::VecDeque;
use std::io::Read;

use types::{Aggressor, MarketData, Price, Qty, Side, TimestampNs, Trade};

use super::Clock;
use super::Row;
use super::decode::{Decode, Fault, Setting, told};
use super::depth::Depth;
use super::error::Place;
use super::number::{price_of, qty_of};
use super::source::Bytes;

/// The first bytes of an array.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";
/// The most bytes of an array's description.
const HEADER_BYTES_MAX: usize = 64 * 1024;
/// The most fields of a record, each of 8 bytes.
const FIELDS_MAX: usize = 64;

const EXCHANGE: u64 = 1 << 31;
const LOCAL: u64 = 1 << 30;
const BUY: u64 = 1 << 29;
const SELL: u64 = 1 << 28;

/// Where a record has its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fields {
    ev: usize,
    exch_ts: usize,
    local_ts: usize,
    px: usize,
    qty: usize,
    bytes: usize,
}

/// Reads events.
pub(super) struct Npz {
    bytes: Bytes,
    fields: Fields,
    count: u64,
    record: u64,
    buffer: Vec<u8>,
    setting: Setting,
    tick: Option<Price>,
    lot: Option<Qty>,
    depth: Depth,
    /// Times of the levels that are not said yet.
    open: Option<(TimestampNs, TimestampNs)>,
}

impl Npz {
    pub(super) fn new(
        mut bytes: Bytes,
        setting: Setting,
        tick: Option<Price>,
        lot: Option<Qty>,
    ) -> Result<Self, String> {
        let (fields, count) = header(&mut bytes)?;
        Ok(Self {
            bytes,
            fields,
            count,
            record: 0,
            buffer: vec![0; fields.bytes],
            setting,
            tick,
            lot,
            depth: Depth::default(),
            open: None,
        })
    }

    fn flush(&mut self, out: &mut VecDeque<Row>) {
        let Some((received, happened)) = self.open.take() else {
            return;
        };
        let (ts, ts_event) = self.setting.times(received, happened);
        let symbol = self.setting.symbol;
        out.extend(self.depth.state().map(|data| Row {
            ts,
            ts_event,
            symbol,
            data,
        }));
    }

    fn word(&self, at: usize) -> [u8; 8] {
        let mut word = [0; 8];
        word.copy_from_slice(&self.buffer[at..at + 8]);
        word
    }

    fn time(&self, field: &'static str, at: usize) -> Result<TimestampNs, Fault> {
        let ns = i64::from_le_bytes(self.word(at));
        u64::try_from(ns)
            .map(TimestampNs)
            .map_err(|_| Fault::value(field, ns, "ns since 1970"))
    }
}

/// The fields of a record and the number of records.
fn header(bytes: &mut Bytes) -> Result<(Fields, u64), String> {
    let mut fixed = [0; 8];
    let io = |error: std::io::Error| told(&error);
    bytes.read_exact(&mut fixed).map_err(io)?;
    if !fixed.starts_with(MAGIC) {
        return Err("no NumPy array".to_owned());
    }
    let length = if fixed[6] == 1 {
        let mut length = [0; 2];
        bytes.read_exact(&mut length).map_err(io)?;
        usize::from(u16::from_le_bytes(length))
    } else {
        let mut length = [0; 4];
        bytes.read_exact(&mut length).map_err(io)?;
        u32::from_le_bytes(length) as usize
    };
    if length > HEADER_BYTES_MAX {
        return Err(format!(
            "a description of {length} bytes; accepted: at most {HEADER_BYTES_MAX}"
        ));
    }
    let mut text = vec![0; length];
    bytes.read_exact(&mut text).map_err(io)?;
    let text = String::from_utf8_lossy(&text);
    let wanted =
        "an array of records with ev, exch_ts, local_ts, px, qty (hftbacktest 2 and newer)";
    let fields = fields(&text).ok_or_else(|| format!("'{}'; accepted: {wanted}", text.trim()))?;
    let count = text
        .split_once("'shape':")
        .and_then(|(_, shape)| shape.trim_start().strip_prefix('('))
        .and_then(|shape| shape.split([',', ')']).next())
        .and_then(|count| count.trim().parse().ok())
        .ok_or_else(|| format!("'{}'; accepted: {wanted}", text.trim()))?;
    Ok((fields, count))
}

fn fields(text: &str) -> Option<Fields> {
    let (_, rest) = text.split_once("'descr':")?;
    let list = rest.trim_start().strip_prefix('[')?;
    let (list, _) = list.split_once(']')?;
    let mut offsets = Vec::new();
    for entry in list.split('(').skip(1) {
        let mut parts = entry.split('\'');
        let (name, kind) = (parts.nth(1)?, parts.nth(1)?);
        if !matches!(kind, "<u8" | "<i8" | "<f8") || offsets.len() == FIELDS_MAX {
            return None;
        }
        offsets.push((name, kind));
    }
    let place = |wanted: &str, kinds: &[&str]| {
        offsets
            .iter()
            .position(|(name, kind)| *name == wanted && kinds.contains(kind))
            .map(|at| at * 8)
    };
    Some(Fields {
        ev: place("ev", &["<u8", "<i8"])?,
        exch_ts: place("exch_ts", &["<i8"])?,
        local_ts: place("local_ts", &["<i8"])?,
        px: place("px", &["<f8"])?,
        qty: place("qty", &["<f8"])?,
        bytes: offsets.len() * 8,
    })
}

impl Decode for Npz {
    fn decode(&mut self, out: &mut VecDeque<Row>) -> Result<bool, Fault> {
        if self.record == self.count {
            self.flush(out);
            return Ok(false);
        }
        self.bytes.read_exact(&mut self.buffer)?;
        self.record += 1;
        let ev = u64::from_le_bytes(self.word(self.fields.ev));
        // A row that one side sees at another place in the order is there twice.
        let seen_by = match self.setting.clock {
            Clock::Receive => LOCAL,
            Clock::Venue => EXCHANGE,
        };
        if ev & seen_by == 0 {
            return Ok(true);
        }
        let received = self.time("local_ts", self.fields.local_ts)?;
        let happened = self.time("exch_ts", self.fields.exch_ts)?;
        let kind = ev & 0xff;
        let is_depth = matches!(kind, 1 | 3 | 4 | 5);
        if !is_depth || self.open.is_some_and(|open| open != (received, happened)) {
            self.flush(out);
        }
        let side = match (ev & BUY != 0, ev & SELL != 0) {
            (true, false) => Some(Side::Buy),
            (false, true) => Some(Side::Sell),
            _ => None,
        };
        let raw = f64::from_le_bytes(self.word(self.fields.px));
        let amount = f64::from_le_bytes(self.word(self.fields.qty));
        let (tick, lot) = (self.tick, self.lot);
        let price = || price_of("px", raw, tick);
        let qty = || qty_of("qty", amount, lot);
        let sided =
            side.ok_or_else(|| Fault::value("ev", ev, "one of the sides, 1 << 29 or 1 << 28"));
        match kind {
            1 | 4 => {
                let (side, price, qty) = (sided?, price()?, qty()?);
                if kind == 4 {
                    self.depth.restate();
                }
                self.depth.set(side, price, qty)?;
            }
            3 => match side {
                Some(side) if raw.is_finite() && raw != 0.0 => self.depth.clear_to(side, price()?),
                Some(side) => self.depth.clear_side(side),
                None => self.depth.clear(),
            },
            5 => {
                let (side, price, qty) = (sided?, price()?, qty()?);
                // What was better is gone.
                let better = match side {
                    Side::Buy => Price(price.0.saturating_add(1)),
                    Side::Sell => Price(price.0.saturating_sub(1)),
                };
                self.depth.clear_to(side, better);
                self.depth.set(side, price, qty)?;
            }
            2 => {
                let (ts, ts_event) = self.setting.times(received, happened);
                out.push_back(Row {
                    ts,
                    ts_event,
                    symbol: self.setting.symbol,
                    data: MarketData::Trade(Trade {
                        price: price()?,
                        qty: qty()?,
                        aggressor: match side {
                            Some(Side::Buy) => Aggressor::Buyer,
                            Some(Side::Sell) => Aggressor::Seller,
                            None => Aggressor::Unknown,
                        },
                    }),
                });
            }
            kind => {
                let accepted = "1 depth, 2 trade, 3 clear, 4 snapshot, 5 best bid or ask";
                return Err(Fault::value("ev", kind, accepted));
            }
        }
        if is_depth {
            self.open = Some((received, happened));
        }
        Ok(true)
    }

    fn place(&self) -> Place {
        Place::Record(self.record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_of_an_array_says_where_its_fields_are() {
        let text = "{'descr': [('ev', '<u8'), ('exch_ts', '<i8'), ('local_ts', '<i8'), ('px', '<f8'), \
                    ('qty', '<f8'), ('order_id', '<u8'), ('ival', '<i8'), ('fval', '<f8')], \
                    'fortran_order': False, 'shape': (3,), }";
        let found = fields(text).unwrap();
        assert_eq!(
            (found.ev, found.local_ts, found.qty, found.bytes),
            (0, 16, 32, 64)
        );
        assert_eq!(fields("{'descr': '<f8', 'shape': (3, 6)}"), None);
        assert_eq!(fields("{'descr': [('ev', '<u4')]}"), None);
    }
}
