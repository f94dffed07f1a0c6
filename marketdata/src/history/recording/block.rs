//! The columns of a block.
//!
//! ```text
//! block  = unit of time, first time, symbols(n, each: length name price-unit qty-unit), lengths of the columns, columns
//! ```
//!
//! Prices and quantities are counted in the largest unit that divides all of the symbol's in this block, times in
//! the largest that divides all differences. Each symbol remembers its own last prices, so that rows of many may
//! alternate. Numbers are LEB128, signed ones zigzag.

use std::collections::{HashMap, VecDeque};

use types::{
    Aggressor, Bar, DepthUpdate, Financing, InstrumentStatus, Label, Level, MarketData, Money,
    Price, Qty, Quote, Ratio, TimestampNs, Trade,
};

use super::footer::Footer;
use crate::history::Row;
use crate::history::decode::Fault;
use crate::history::depth::LEVELS_MAX;

/// Rows that are decoded at once.
const ROWS_AT_ONCE: usize = 1_024;

/// What each column holds.
#[derive(Debug, Clone, Copy)]
enum Column {
    /// Tag of the kind, a byte.
    Kind,
    /// Place of the symbol in the block's list; empty with one symbol.
    Symbol,
    /// Time, from the row before.
    Ts,
    /// How long before that it happened, from the row before.
    Delay,
    /// Bid, from the symbol's last; ask less bid, from the symbol's last.
    Bid,
    Spread,
    BidQty,
    AskQty,
    /// Price of a trade, from the symbol's last.
    Price,
    Qty,
    /// A byte.
    Aggressor,
    /// Levels of both sides.
    Levels,
    /// Price of a level, from the level before.
    LevelPrice,
    LevelQty,
    /// Length of a bar, from the symbol's last.
    Length,
    /// Open from the symbol's last close; high, low and close from open.
    Ohlc,
    Volume,
    /// All else.
    Rest,
}

const COLUMNS: usize = Column::Rest as usize + 1;

const STATUSES: [InstrumentStatus; 5] = [
    InstrumentStatus::Open,
    InstrumentStatus::Halted,
    InstrumentStatus::Closed,
    InstrumentStatus::PreOpen,
    InstrumentStatus::PreClose,
];
const AGGRESSORS: [Aggressor; 3] = [Aggressor::Unknown, Aggressor::Buyer, Aggressor::Seller];

/// Levels of a row.
pub(super) fn levels(data: &MarketData) -> usize {
    match data {
        MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update) => {
            update.bids.len() + update.asks.len()
        }
        _ => 0,
    }
}

/// The greatest common divisor; of nothing and a number, the number.
pub(super) const fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Appends a number.
pub(super) fn put(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// What is known of a symbol while its rows go by, in units.
#[derive(Debug, Clone, Copy, Default)]
struct Last {
    bid: i64,
    spread: i64,
    bid_qty: i64,
    ask_qty: i64,
    price: i64,
    level: i64,
    length: i64,
    close: i64,
}

/// A symbol of a block.
#[derive(Debug, Clone, Copy)]
struct Symbol {
    label: Label,
    rows: u64,
    price_unit: i64,
    qty_unit: i64,
    last: Last,
}

impl Symbol {
    fn divide(&mut self, prices: &[Price], qtys: &[Qty]) {
        for price in prices {
            self.price_unit = gcd(self.price_unit as u64, price.0.unsigned_abs()) as i64;
        }
        for qty in qtys {
            self.qty_unit = gcd(self.qty_unit as u64, qty.0.unsigned_abs()) as i64;
        }
    }

    fn see(&mut self, data: &MarketData) {
        match data {
            MarketData::Quote(quote) => {
                self.divide(&[quote.bid, quote.ask], &[quote.bid_qty, quote.ask_qty]);
            }
            MarketData::Trade(trade) => self.divide(&[trade.price], &[trade.qty]),
            MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update) => {
                for level in update.bids.iter().chain(&update.asks) {
                    self.divide(&[level.price], &[level.qty]);
                }
            }
            MarketData::Bar(bar) => {
                self.divide(&[bar.open, bar.high, bar.low, bar.close], &[bar.volume]);
            }
            _ => {}
        }
    }
}

/// Makes blocks; keeps its buffers.
#[derive(Debug)]
pub(super) struct Packer {
    columns: [Vec<u8>; COLUMNS],
    symbols: Vec<Symbol>,
    places: HashMap<Label, usize>,
    block: Vec<u8>,
}

impl Default for Packer {
    fn default() -> Self {
        Self {
            columns: std::array::from_fn(|_| Vec::new()),
            symbols: Vec::new(),
            places: HashMap::new(),
            block: Vec::new(),
        }
    }
}

impl Packer {
    /// The columns of some rows, and their symbols counted into the footer.
    pub(super) fn pack(&mut self, rows: &[Row], footer: &mut Footer) -> &[u8] {
        self.columns.iter_mut().for_each(Vec::clear);
        self.symbols.clear();
        self.places.clear();
        self.block.clear();
        let first = rows.first().map_or(0, |row| row.ts.0);
        let mut time_unit = 0;
        let mut before = first;
        for row in rows {
            let symbol = self.symbol(row.symbol);
            let symbol = &mut self.symbols[symbol];
            symbol.rows += 1;
            symbol.see(&row.data);
            let step = row.ts.0.wrapping_sub(before) as i64;
            let delay = row.ts.0.wrapping_sub(row.ts_event.0) as i64;
            time_unit = gcd(time_unit, step.unsigned_abs());
            time_unit = gcd(time_unit, delay.unsigned_abs());
            if let MarketData::Bar(bar) = &row.data {
                let length = row.ts.0.wrapping_sub(bar.start.0) as i64;
                time_unit = gcd(time_unit, length.unsigned_abs());
            }
            before = row.ts.0;
        }
        for symbol in &mut self.symbols {
            let (tick, lot) = (symbol.price_unit as u64, symbol.qty_unit as u64);
            footer.count(symbol.label, symbol.rows, tick, lot);
            // The magnitude of the lowest integer is a unit, too, that none could be divided by.
            symbol.price_unit = symbol.price_unit.max(1);
            symbol.qty_unit = symbol.qty_unit.max(1);
        }
        let time_unit = i64::try_from(time_unit).unwrap_or(1).max(1);
        put(time_unit as u64, &mut self.block);
        put(first, &mut self.block);
        put(self.symbols.len() as u64, &mut self.block);
        for symbol in &self.symbols {
            let name = symbol.label.as_str().as_bytes();
            put(name.len() as u64, &mut self.block);
            self.block.extend(name);
            put(symbol.price_unit as u64, &mut self.block);
            put(symbol.qty_unit as u64, &mut self.block);
        }
        let has_many = self.symbols.len() > 1;
        let mut before = (first, 0_i64);
        for row in rows {
            let symbol = self.symbol(row.symbol);
            if has_many {
                put(symbol as u64, &mut self.columns[Column::Symbol as usize]);
            }
            let step = row.ts.0.wrapping_sub(before.0) as i64 / time_unit;
            let delay = row.ts.0.wrapping_sub(row.ts_event.0) as i64 / time_unit;
            self.signed(Column::Ts, step);
            self.signed(Column::Delay, delay.wrapping_sub(before.1));
            before = (row.ts.0, delay);
            self.row(symbol, time_unit, row);
        }
        for column in &self.columns {
            put(column.len() as u64, &mut self.block);
        }
        for column in &self.columns {
            self.block.extend(column);
        }
        &self.block
    }

    fn symbol(&mut self, label: Label) -> usize {
        *self.places.entry(label).or_insert_with(|| {
            self.symbols.push(Symbol {
                label,
                rows: 0,
                price_unit: 0,
                qty_unit: 0,
                last: Last::default(),
            });
            self.symbols.len() - 1
        })
    }

    fn signed(&mut self, column: Column, value: i64) {
        put(zigzag(value), &mut self.columns[column as usize]);
    }

    fn byte(&mut self, column: Column, byte: usize) {
        self.columns[column as usize].push(byte as u8);
    }

    fn row(&mut self, place: usize, time_unit: i64, row: &Row) {
        let Symbol {
            price_unit,
            qty_unit,
            mut last,
            ..
        } = self.symbols[place];
        match &row.data {
            MarketData::Quote(quote) => {
                self.byte(Column::Kind, 0);
                let (bid, ask) = (quote.bid.0 / price_unit, quote.ask.0 / price_unit);
                let spread = ask.wrapping_sub(bid);
                let (bid_qty, ask_qty) = (quote.bid_qty.0 / qty_unit, quote.ask_qty.0 / qty_unit);
                self.signed(Column::Bid, bid.wrapping_sub(last.bid));
                self.signed(Column::Spread, spread.wrapping_sub(last.spread));
                self.signed(Column::BidQty, bid_qty.wrapping_sub(last.bid_qty));
                self.signed(Column::AskQty, ask_qty.wrapping_sub(last.ask_qty));
                last = Last {
                    bid,
                    spread,
                    bid_qty,
                    ask_qty,
                    ..last
                };
            }
            MarketData::Trade(trade) => {
                self.byte(Column::Kind, 1);
                let price = trade.price.0 / price_unit;
                self.signed(Column::Price, price.wrapping_sub(last.price));
                self.signed(Column::Qty, trade.qty.0 / qty_unit);
                let aggressor = AGGRESSORS
                    .iter()
                    .position(|&known| known == trade.aggressor);
                self.byte(Column::Aggressor, aggressor.unwrap_or_default());
                last.price = price;
            }
            MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update) => {
                let is_whole = matches!(row.data, MarketData::DepthSnapshot(_));
                self.byte(Column::Kind, if is_whole { 3 } else { 2 });
                for side in [&update.bids, &update.asks] {
                    put(
                        side.len() as u64,
                        &mut self.columns[Column::Levels as usize],
                    );
                    for level in side {
                        let price = level.price.0 / price_unit;
                        self.signed(Column::LevelPrice, price.wrapping_sub(last.level));
                        self.signed(Column::LevelQty, level.qty.0 / qty_unit);
                        last.level = price;
                    }
                }
            }
            MarketData::Bar(bar) => {
                self.byte(Column::Kind, 4);
                let length = row.ts.0.wrapping_sub(bar.start.0) as i64 / time_unit;
                self.signed(Column::Length, length.wrapping_sub(last.length));
                let open = bar.open.0 / price_unit;
                let close = bar.close.0 / price_unit;
                self.signed(Column::Ohlc, open.wrapping_sub(last.close));
                for price in [bar.high, bar.low, bar.close] {
                    self.signed(Column::Ohlc, (price.0 / price_unit).wrapping_sub(open));
                }
                self.signed(Column::Volume, bar.volume.0 / qty_unit);
                last.length = length;
                last.close = close;
            }
            MarketData::Status(status) => {
                self.byte(Column::Kind, 5);
                let status = STATUSES.iter().position(|known| known == status);
                self.byte(Column::Rest, status.unwrap_or_default());
            }
            MarketData::Financing(financing) => {
                self.byte(Column::Kind, 6);
                self.signed(Column::Rest, financing.long.0);
                self.signed(Column::Rest, financing.short.0);
                self.signed(Column::Rest, financing.price.0);
            }
            MarketData::Dividend { per_unit } => {
                self.byte(Column::Kind, 7);
                self.signed(Column::Rest, per_unit.0);
            }
            MarketData::Split { new, old } => {
                self.byte(Column::Kind, 8);
                self.signed(Column::Rest, i64::from(*new));
                self.signed(Column::Rest, i64::from(*old));
            }
            MarketData::Gap => self.byte(Column::Kind, 9),
        }
        self.symbols[place].last = last;
    }
}

/// A place in bytes, and the place where they end.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cursor {
    at: usize,
    end: usize,
}

fn wrong() -> Fault {
    Fault::damaged("a block's columns do not fit each other")
}

impl Cursor {
    pub(super) const fn new(end: usize) -> Self {
        Self { at: 0, end }
    }

    fn byte(&mut self, bytes: &[u8]) -> Result<u8, Fault> {
        if self.at >= self.end {
            return Err(wrong());
        }
        let byte = bytes.get(self.at).copied().ok_or_else(wrong)?;
        self.at += 1;
        Ok(byte)
    }

    /// The next number.
    pub(super) fn next(&mut self, bytes: &[u8]) -> Result<u64, Fault> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte(bytes)?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(wrong())
    }

    fn signed(&mut self, bytes: &[u8]) -> Result<i64, Fault> {
        self.next(bytes).map(unzigzag)
    }

    /// The next name.
    pub(super) fn label(&mut self, bytes: &[u8]) -> Result<Label, Fault> {
        let length = self.next(bytes)?;
        let end = usize::try_from(length)
            .ok()
            .and_then(|length| self.at.checked_add(length))
            .filter(|&end| end <= self.end)
            .ok_or_else(wrong)?;
        let text = bytes.get(self.at..end).ok_or_else(wrong)?;
        self.at = end;
        std::str::from_utf8(text)
            .ok()
            .and_then(|text| Label::new(text).ok())
            .ok_or_else(wrong)
    }
}

/// A block that is read.
#[derive(Debug)]
pub(super) struct Block {
    bytes: Vec<u8>,
    columns: [Cursor; COLUMNS],
    symbols: Vec<Symbol>,
    left: u32,
    time_unit: i64,
    ts: u64,
    delay: i64,
}

impl Default for Block {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            columns: [Cursor::default(); COLUMNS],
            symbols: Vec::new(),
            left: 0,
            time_unit: 1,
            ts: 0,
            delay: 0,
        }
    }
}

impl Block {
    pub(super) fn open(bytes: Vec<u8>, rows: u32) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(bytes.len());
        let time_unit = cursor.next(&bytes)? as i64;
        let ts = cursor.next(&bytes)?;
        let count = cursor.next(&bytes)?;
        let mut symbols = Vec::new();
        for _ in 0..count {
            symbols.push(Symbol {
                label: cursor.label(&bytes)?,
                rows: 0,
                price_unit: cursor.next(&bytes)? as i64,
                qty_unit: cursor.next(&bytes)? as i64,
                last: Last::default(),
            });
        }
        let mut lengths = [0; COLUMNS];
        for length in &mut lengths {
            *length = usize::try_from(cursor.next(&bytes)?).map_err(|_| wrong())?;
        }
        let mut columns = [Cursor::default(); COLUMNS];
        let mut at = cursor.at;
        for (column, length) in columns.iter_mut().zip(lengths) {
            let end = at.checked_add(length).filter(|&end| end <= bytes.len());
            let end = end.ok_or_else(wrong)?;
            *column = Cursor { at, end };
            at = end;
        }
        if at != bytes.len() || symbols.is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            bytes,
            columns,
            symbols,
            left: rows,
            time_unit,
            ts,
            delay: 0,
        })
    }

    /// Whether every row was given.
    pub(super) const fn is_empty(&self) -> bool {
        self.left == 0
    }

    fn byte(&mut self, column: Column) -> Result<u8, Fault> {
        self.columns[column as usize].byte(&self.bytes)
    }

    fn number(&mut self, column: Column) -> Result<u64, Fault> {
        self.columns[column as usize].next(&self.bytes)
    }

    fn signed(&mut self, column: Column) -> Result<i64, Fault> {
        self.columns[column as usize].signed(&self.bytes)
    }

    /// Gives the next rows.
    pub(super) fn rows(&mut self, out: &mut VecDeque<Row>) -> Result<(), Fault> {
        for _ in 0..ROWS_AT_ONCE.min(self.left as usize) {
            self.left -= 1;
            let row = self.row()?;
            out.push_back(row);
        }
        Ok(())
    }

    fn row(&mut self) -> Result<Row, Fault> {
        let place = if self.symbols.len() > 1 {
            self.number(Column::Symbol)? as usize
        } else {
            0
        };
        let step = self.signed(Column::Ts)?.wrapping_mul(self.time_unit);
        self.ts = self.ts.wrapping_add_signed(step);
        self.delay = self.delay.wrapping_add(self.signed(Column::Delay)?);
        let delay = self.delay.wrapping_mul(self.time_unit);
        let Symbol {
            label,
            price_unit,
            qty_unit,
            mut last,
            ..
        } = *self.symbols.get(place).ok_or_else(wrong)?;
        let price = |units: i64| Price(units.wrapping_mul(price_unit));
        let qty = |units: i64| Qty(units.wrapping_mul(qty_unit));
        let data = match self.byte(Column::Kind)? {
            0 => {
                last.bid = last.bid.wrapping_add(self.signed(Column::Bid)?);
                last.spread = last.spread.wrapping_add(self.signed(Column::Spread)?);
                last.bid_qty = last.bid_qty.wrapping_add(self.signed(Column::BidQty)?);
                last.ask_qty = last.ask_qty.wrapping_add(self.signed(Column::AskQty)?);
                MarketData::Quote(Quote {
                    bid: price(last.bid),
                    bid_qty: qty(last.bid_qty),
                    ask: price(last.bid.wrapping_add(last.spread)),
                    ask_qty: qty(last.ask_qty),
                })
            }
            1 => {
                last.price = last.price.wrapping_add(self.signed(Column::Price)?);
                let units = self.signed(Column::Qty)?;
                let aggressor = usize::from(self.byte(Column::Aggressor)?);
                MarketData::Trade(Trade {
                    price: price(last.price),
                    qty: qty(units),
                    aggressor: *AGGRESSORS.get(aggressor).ok_or_else(wrong)?,
                })
            }
            kind @ (2 | 3) => {
                let mut update = Box::new(DepthUpdate::default());
                for side in [&mut update.bids, &mut update.asks] {
                    let count = self.number(Column::Levels)?;
                    let column = self.columns[Column::LevelPrice as usize];
                    // Every level has at least a byte.
                    if count > (column.end - column.at) as u64 || count > LEVELS_MAX as u64 {
                        return Err(wrong());
                    }
                    side.reserve_exact(count as usize);
                    for _ in 0..count {
                        last.level = last.level.wrapping_add(self.signed(Column::LevelPrice)?);
                        side.push(Level {
                            price: price(last.level),
                            qty: qty(self.signed(Column::LevelQty)?),
                        });
                    }
                }
                if kind == 2 {
                    MarketData::DepthDelta(update)
                } else {
                    MarketData::DepthSnapshot(update)
                }
            }
            4 => {
                last.length = last.length.wrapping_add(self.signed(Column::Length)?);
                let length = last.length.wrapping_mul(self.time_unit);
                let open = last.close.wrapping_add(self.signed(Column::Ohlc)?);
                let high = open.wrapping_add(self.signed(Column::Ohlc)?);
                let low = open.wrapping_add(self.signed(Column::Ohlc)?);
                last.close = open.wrapping_add(self.signed(Column::Ohlc)?);
                MarketData::Bar(Bar {
                    start: TimestampNs(self.ts.wrapping_add_signed(length.wrapping_neg())),
                    open: price(open),
                    high: price(high),
                    low: price(low),
                    close: price(last.close),
                    volume: qty(self.signed(Column::Volume)?),
                })
            }
            5 => {
                let status = usize::from(self.byte(Column::Rest)?);
                MarketData::Status(*STATUSES.get(status).ok_or_else(wrong)?)
            }
            6 => MarketData::Financing(Financing {
                long: Ratio(self.signed(Column::Rest)?),
                short: Ratio(self.signed(Column::Rest)?),
                price: Price(self.signed(Column::Rest)?),
            }),
            7 => MarketData::Dividend {
                per_unit: Money(self.signed(Column::Rest)?),
            },
            8 => {
                let mut count = || u32::try_from(self.signed(Column::Rest)?).map_err(|_| wrong());
                MarketData::Split {
                    new: count()?,
                    old: count()?,
                }
            }
            9 => MarketData::Gap,
            _ => return Err(wrong()),
        };
        self.symbols[place].last = last;
        Ok(Row {
            ts: TimestampNs(self.ts),
            ts_event: TimestampNs(self.ts.wrapping_add_signed(delay.wrapping_neg())),
            symbol: label,
            data,
        })
    }
}
