//! Executions, and cash that is booked for holding a position.

use crate::command::{Leg, Side};
use crate::id::{AccountId, ClientOrderId, InstrumentId, OrderId};
use crate::time::TimestampNs;
use crate::unit::{Money, Price, Qty, SignedQty};

/// An execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// Owner.
    pub account: AccountId,
    /// The order; zero when the engine flattened the account itself.
    pub order: OrderId,
    /// The sender's identity for the order.
    pub client_order: ClientOrderId,
    /// What was traded.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Price of the fill.
    pub price: Price,
    /// Quantity of the fill.
    pub qty: Qty,
    /// Quantity of the order still to execute.
    pub leaves: Qty,
    /// Fee, rounded up; below zero for a rebate.
    pub fee: Money,
    /// Profit realised by the closing part, fee not included, rounded down.
    pub realised: Money,
    /// Balance of the instrument's currency after the fill.
    pub balance: Money,
    /// Position after the fill.
    pub position: SignedQty,
    /// Which position.
    pub leg: Leg,
    /// Who wanted it.
    pub cause: FillCause,
    /// What filled it.
    pub model: FillModel,
    /// Whether it gave the liquidity.
    pub maker: bool,
    /// When the sender hears of it: later than the event's time where messages take time.
    pub known: TimestampNs,
}

/// Who wanted a fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FillCause {
    /// The owner's order.
    Order,
    /// The engine flattened the account after a breach.
    Liquidation,
    /// The engine closed the position to meet the maintenance requirement.
    MarginCall,
    /// A window of its plan in which nothing is held opened.
    Window,
    /// Its account was suspended or closed.
    AccountEnded,
}

/// What filled an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FillModel {
    /// The quote, at its best price.
    Touch,
    /// The market went through a resting order's price.
    Through,
    /// A resting order's turn in the queue came.
    Queue,
    /// Displayed depth, level by level.
    Depth,
    /// The path inside a bar.
    Bar,
    /// Another participant's order in the book.
    Book,
    /// An auction.
    Auction,
    /// The house, at the mark, where the book could not close a position.
    House,
}

/// Why cash was booked for holding a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookingCause {
    /// A swap, or a perpetual's funding.
    Financing,
    /// A dividend.
    Dividend,
    /// A split; the amount is for the part of a lot that was left over.
    Split,
}
