//! Makes the columns of a block from its rows.

use std::collections::HashMap;

use types::{Label, MarketData, Price, Qty};

use super::columns::{AGGRESSORS, COLUMNS, Column, Last, STATUSES, Symbol};
use super::footer::Footer;
use super::number::{gcd, put, zigzag};
use crate::history::Row;

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
