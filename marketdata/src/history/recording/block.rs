//! Reads rows from the columns of a block.

use std::collections::VecDeque;

use types::{
    Bar, DepthUpdate, Financing, Level, MarketData, Money, Price, Qty, Quote, Ratio, TimestampNs,
    Trade,
};

use super::columns::{AGGRESSORS, COLUMNS, Column, Last, STATUSES, Symbol};
use super::number::{Cursor, wrong};
use crate::history::Row;
use crate::history::decode::Fault;
use crate::history::depth::LEVELS_MAX;

/// Rows that are decoded at once.
const ROWS_AT_ONCE: usize = 1_024;

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
