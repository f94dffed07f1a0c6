//! The end of a recording: where its blocks are, and what is in all of them.

use std::collections::HashMap;

use types::{Label, Price, Qty, TimestampNs};

use super::number::{Cursor, gcd, put};

/// Where a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) offset: u64,
    pub(super) rows: u32,
    /// Time of its first row.
    pub(super) first: TimestampNs,
    /// The latest time of its rows.
    pub(super) last: TimestampNs,
}

/// What a recording holds of a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SymbolSummary {
    /// The symbol.
    pub symbol: Label,
    /// Its rows.
    pub rows: u64,
    /// The largest step that all its prices are multiples of; zero without a price.
    pub tick: Price,
    /// The largest step that all its quantities are multiples of; zero without a quantity.
    pub lot: Qty,
}

/// What a recording holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// All rows.
    pub rows: u64,
    /// Its blocks.
    pub blocks: usize,
    /// Time of the first row.
    pub first: Option<TimestampNs>,
    /// The latest time.
    pub last: Option<TimestampNs>,
    /// By symbol, in the order of their first rows.
    pub symbols: Vec<SymbolSummary>,
}

#[derive(Debug, Default)]
pub(super) struct Footer {
    pub(super) blocks: Vec<Entry>,
    pub(super) symbols: Vec<SymbolSummary>,
    places: HashMap<Label, usize>,
}

impl Footer {
    /// Adds what a block holds of a symbol.
    pub(super) fn count(&mut self, symbol: Label, rows: u64, tick: u64, lot: u64) {
        let place = *self.places.entry(symbol).or_insert_with(|| {
            self.symbols.push(SymbolSummary {
                symbol,
                rows: 0,
                tick: Price::ZERO,
                lot: Qty::ZERO,
            });
            self.symbols.len() - 1
        });
        let known = &mut self.symbols[place];
        known.rows += rows;
        known.tick = Price(gcd(known.tick.0 as u64, tick) as i64);
        known.lot = Qty(gcd(known.lot.0 as u64, lot) as i64);
    }

    pub(super) fn summary(&self) -> Summary {
        Summary {
            rows: self.blocks.iter().map(|block| u64::from(block.rows)).sum(),
            blocks: self.blocks.len(),
            first: self.blocks.first().map(|block| block.first),
            last: self.blocks.iter().map(|block| block.last).max(),
            symbols: self.symbols.clone(),
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put(self.blocks.len() as u64, &mut out);
        for block in &self.blocks {
            put(block.offset, &mut out);
            put(block.rows.into(), &mut out);
            put(block.first.0, &mut out);
            put(block.last.0, &mut out);
        }
        put(self.symbols.len() as u64, &mut out);
        for symbol in &self.symbols {
            let name = symbol.symbol.as_str().as_bytes();
            put(name.len() as u64, &mut out);
            out.extend(name);
            put(symbol.rows, &mut out);
            put(symbol.tick.0 as u64, &mut out);
            put(symbol.lot.0 as u64, &mut out);
        }
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let wrong = |_| "the index cannot be read".to_owned();
        let mut cursor = Cursor::new(bytes.len());
        let mut next = || cursor.next(bytes).map_err(wrong);
        let mut footer = Self::default();
        for _ in 0..next()? {
            footer.blocks.push(Entry {
                offset: next()?,
                rows: next()? as u32,
                first: TimestampNs(next()?),
                last: TimestampNs(next()?),
            });
        }
        for _ in 0..cursor.next(bytes).map_err(wrong)? {
            let symbol = cursor.label(bytes).map_err(wrong)?;
            let mut next = || cursor.next(bytes).map_err(wrong);
            footer.symbols.push(SymbolSummary {
                symbol,
                rows: next()?,
                tick: Price(next()? as i64),
                lot: Qty(next()? as i64),
            });
        }
        Ok(footer)
    }
}
