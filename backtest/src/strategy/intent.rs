//! What a strategy asks for. It becomes a command when it is sent, with the prices of then.

use types::{
    InstrumentId, Money, NewAlgo, NewOrder, OrderList, Qty, Ratio, Side, SignedQty, TimestampNs,
};

/// How large a full position is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// So many units, contracts or shares.
    Units(Qty),
    /// A share of equity, above 0: as many whole lots as it pays for, fees included, at the price of the order.
    /// Above 1 it is leverage.
    Equity(Ratio),
    /// As many whole lots as this amount of the account's currency pays for, fees not included.
    Notional(Money),
}

impl Default for Size {
    fn default() -> Self {
        Self::Units(Qty::ONE)
    }
}

/// The strategy's handle on what it asked for; the order has it as its client order id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// The strategy's own number for a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId(pub u32);

/// Something that is not sent yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) ticket: Ticket,
    /// When.
    pub(crate) asked: TimestampNs,
    pub(crate) instrument: InstrumentId,
    pub(crate) intent: Intent,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Intent {
    /// A market order.
    Trade(Side, Size),
    /// Hold a full position on this side; what is held on it already stays as it is.
    Enter(Side),
    /// Hold this share of a full position, below zero short.
    Exposure(Ratio),
    /// Hold this share of equity, below zero short.
    Fraction(Ratio),
    /// Hold so many.
    Position(SignedQty),
    Order(NewOrder),
    List(OrderList),
    Algo(NewAlgo),
}

/// A moment that a strategy waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Alarm {
    pub(crate) at: TimestampNs,
    pub(crate) timer: TimerId,
}
