//! The columns of a block.
//!
//! ```text
//! block  = unit of time, first time, symbols(n, each: length name price-unit qty-unit), lengths of the columns, columns
//! ```
//!
//! Prices and quantities are counted in the largest unit that divides all of the symbol's in this block, times in
//! the largest that divides all differences. Each symbol remembers its own last prices, so that rows of many may
//! alternate. Numbers are LEB128, signed ones zigzag.

use types::{Aggressor, InstrumentStatus, Label, MarketData};

/// What each column holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
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

/// How many there are.
pub(super) const COLUMNS: usize = Column::Rest as usize + 1;

pub(super) const STATUSES: [InstrumentStatus; 5] = [
    InstrumentStatus::Open,
    InstrumentStatus::Halted,
    InstrumentStatus::Closed,
    InstrumentStatus::PreOpen,
    InstrumentStatus::PreClose,
];
pub(super) const AGGRESSORS: [Aggressor; 3] =
    [Aggressor::Unknown, Aggressor::Buyer, Aggressor::Seller];

/// Levels of a row.
pub(super) fn levels(data: &MarketData) -> usize {
    match data {
        MarketData::DepthDelta(update) | MarketData::DepthSnapshot(update) => {
            update.bids.len() + update.asks.len()
        }
        _ => 0,
    }
}

/// What is known of a symbol while its rows go by, in units.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Last {
    pub(super) bid: i64,
    pub(super) spread: i64,
    pub(super) bid_qty: i64,
    pub(super) ask_qty: i64,
    pub(super) price: i64,
    pub(super) level: i64,
    pub(super) length: i64,
    pub(super) close: i64,
}

/// A symbol of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Symbol {
    pub(super) label: Label,
    pub(super) rows: u64,
    pub(super) price_unit: i64,
    pub(super) qty_unit: i64,
    pub(super) last: Last,
}
