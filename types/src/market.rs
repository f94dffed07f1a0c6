//! What the outside market tells us.

use crate::id::InstrumentId;
use crate::time::TimestampNs;
use crate::unit::{Money, Price, Qty, Ratio};

/// A data update of one instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketEvent {
    /// The instrument.
    pub instrument: InstrumentId,
    /// When the venue says it happened; the input's own time is the sequencer's.
    pub ts_event: TimestampNs,
    /// What happened.
    pub data: MarketData,
}

/// The kinds of data update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarketData {
    /// Best bid and ask.
    Quote(Quote),
    /// A print.
    Trade(Trade),
    /// Changed levels of the book; a quantity of zero removes the level.
    DepthDelta(Box<DepthUpdate>),
    /// The whole book, replacing what was known.
    DepthSnapshot(Box<DepthUpdate>),
    /// A closed bar. Where the instrument's model ignores bars, its path has gone by as quotes before it
    /// and it fills nothing by itself.
    Bar(Bar),
    /// The instrument's trading status.
    Status(InstrumentStatus),
    /// What holding a position costs or earns now: a swap, or a perpetual's funding.
    Financing(Financing),
    /// Cash per unit: what the longs get, the shorts pay.
    Dividend {
        /// For each unit that contracts held are of (`contract_size`), zero or above.
        per_unit: Money,
    },
    /// `new` units for every `old` ones; prices move the other way.
    Split {
        /// Units after, 1 to 1,000.
        new: u32,
        /// Units before, 1 to 1,000.
        old: u32,
    },
    /// The feed lost track of the instrument: what was known of its quote and depth is stale until a quote or
    /// the whole book is stated again. Changed levels mean nothing until then.
    Gap,
}

/// What a firm may say of an instrument's market itself: what a feed says by
/// [`MarketData`], but that it is no data of the outside market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarketChange {
    /// Its trading status: a halt, the end of one, a call, a close.
    Status(InstrumentStatus),
    /// What holding a position costs or earns now.
    Financing(Financing),
    /// Cash per unit: what the longs get, the shorts pay.
    Dividend {
        /// For each unit that contracts held are of (`contract_size`), zero or above.
        per_unit: Money,
    },
    /// `new` units for every `old` ones; prices move the other way.
    Split {
        /// Units after, 1 to 1,000.
        new: u32,
        /// Units before, 1 to 1,000.
        old: u32,
    },
}

/// What holding costs or earns. Credits to the holder are positive; a perpetual's funding rate `r` is
/// `long: -r, short: r`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Financing {
    /// Share of the notional credited to a long position.
    pub long: Ratio,
    /// Share of the notional credited to a short position.
    pub short: Ratio,
    /// Price of the notional.
    pub price: Price,
}

/// Best bid and ask with their sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quote {
    /// Best price that buyers pay.
    pub bid: Price,
    /// Quantity at the bid.
    pub bid_qty: Qty,
    /// Best price that sellers take.
    pub ask: Price,
    /// Quantity at the ask.
    pub ask_qty: Qty,
}

/// Who crossed the spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggressor {
    /// The source does not say.
    Unknown,
    /// The buyer.
    Buyer,
    /// The seller.
    Seller,
}

/// A print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trade {
    /// Price of the print.
    pub price: Price,
    /// Quantity of the print.
    pub qty: Qty,
    /// Who crossed the spread.
    pub aggressor: Aggressor,
}

/// One price of a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// The price.
    pub price: Price,
    /// What stands there; zero removes the level.
    pub qty: Qty,
}

/// Levels of both sides, in any order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DepthUpdate {
    /// Buy side.
    pub bids: Vec<Level>,
    /// Sell side.
    pub asks: Vec<Level>,
}

/// A closed bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Start of the bar.
    pub start: TimestampNs,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Quantity traded; zero where the source has none.
    pub volume: Qty,
}

/// Whether an instrument trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InstrumentStatus {
    /// Orders are taken and filled.
    #[default]
    Open,
    /// No fills; cancels are taken.
    Halted,
    /// Outside its session: no fills; cancels are taken.
    Closed,
    /// The call before the opening auction: orders are taken and gathered, nothing fills.
    PreOpen,
    /// The call before the closing auction: orders are taken and gathered, nothing fills.
    PreClose,
}
