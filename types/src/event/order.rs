//! Orders and algos: their part in a list, why they are refused, and why they end.

use crate::conduct::ConductDenial;
use crate::unit::{Money, Price, Qty, SignedQty};

/// An order's part in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderRole {
    /// It is alone.
    #[default]
    Alone,
    /// One of orders of which one cancels the others.
    Oco,
    /// The order that triggers the others.
    OtoParent,
    /// An order that waits for its parent.
    OtoChild,
    /// The entry of a bracket or cover.
    Entry,
    /// The take profit of a bracket.
    TakeProfit,
    /// The stop of a bracket.
    StopLoss,
    /// The mandatory stop of a cover order.
    CoverStop,
    /// A child of an algo.
    Slice,
}

/// Why an algo ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlgoEnd {
    /// All of it is filled.
    Filled,
    /// Its time is over.
    Over,
    /// Its owner asked.
    Requested,
    /// Its account was locked or ended.
    AccountLocked,
    /// A window of its plan in which nothing is held opened.
    Window,
    /// One of its children was refused.
    ChildDenied(DenyReason),
}

/// Why our own checks refused an order or a change, with the limit and the value where there are such.
/// An order is checked in this order: account, instrument, state, day lock, rate, repeated id, quantity,
/// price, terms of the order (list, display, time in force, leg), currency, status, quote, collar,
/// reduction and shorts, size, buying power, room, book; the first reason found is the one given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DenyReason {
    /// No such account.
    UnknownAccount,
    /// No such instrument.
    UnknownInstrument,
    /// No such working order of this account.
    UnknownOrder,
    /// The account's state does not trade.
    AccountNotTrading,
    /// The account is locked until the next roll.
    DayLocked,
    /// The account has sent as many orders in this second as it may.
    OrderRate {
        /// The most in a second.
        max: u32,
    },
    /// The client order id was used before in this account.
    DuplicateClientOrder,
    /// The quantity is not above zero.
    QtyNotPositive,
    /// The quantity is above the instrument's largest.
    QtyTooLarge {
        /// The largest.
        max: Qty,
    },
    /// The quantity is not a multiple of the lot size.
    QtyOffLot {
        /// The lot size.
        lot_size: Qty,
    },
    /// The new quantity is not above what is filled already.
    QtyFilled {
        /// What is filled.
        filled: Qty,
    },
    /// The price is not a multiple of the tick size.
    PriceOffTick {
        /// The tick size.
        tick_size: Price,
    },
    /// The trail is not above zero, or a share not below one.
    BadTrail,
    /// The list does not have the orders that its kind asks for, or the quantity is for another order of
    /// the list, or for the algo, to decide.
    BadList,
    /// The list or algo has more children than it may.
    ChildrenMax {
        /// The most.
        max: u32,
    },
    /// The displayed quantity is for limit orders in a book, a multiple of the lot size, at most the
    /// quantity, and shows it in at most
    /// [`NewOrder::ICEBERG_PARTS_MAX`](crate::NewOrder::ICEBERG_PARTS_MAX) parts.
    BadDisplay,
    /// The time in force does not go with the kind of order, with post-only, or is over already.
    BadTimeInForce,
    /// The leg does not go with the account's position mode.
    BadLeg,
    /// The order has no such price to change.
    NoSuchPrice,
    /// The algo's window is empty, or its kind has a figure out of range.
    BadAlgo,
    /// No such curve.
    UnknownCurve,
    /// The instrument's currency is not the account's, and no conversion is known.
    NoConversion,
    /// The account holds as many currencies as it may.
    CurrenciesMax {
        /// The most, besides its own.
        max: u32,
    },
    /// The instrument does not trade now.
    InstrumentNotOpen,
    /// The instrument has no quote yet: nothing can be valued.
    NoQuote,
    /// The instrument's newest quote was crossed or off its grid, or its feed lost track: what stood before is
    /// stale.
    BadQuote,
    /// The price is further from the reference than the collar allows.
    PriceOutsideCollar {
        /// The furthest price accepted.
        limit: Price,
    },
    /// The order must reduce a position, and there is none that it would.
    NotReducing {
        /// The position.
        position: SignedQty,
    },
    /// The order could make a position below zero, which the account or the instrument does not allow.
    ShortNotAllowed {
        /// The most that may be sold.
        available: Qty,
    },
    /// A rule of conduct of the account's plan.
    Conduct(ConductDenial),
    /// The account cannot pay for the worst case.
    BuyingPower {
        /// What it would need.
        needed: Money,
        /// What it has.
        available: Money,
    },
    /// The account has as many working orders as it may.
    AccountOrdersMax {
        /// The most.
        max: u32,
    },
    /// The shard has as many working orders as it may.
    OrdersMax {
        /// The most.
        max: u32,
    },
    /// The shard has as many positions as it may.
    PositionsMax {
        /// The most.
        max: u32,
    },
    /// The book has as many levels on that side as it may.
    LevelsMax {
        /// The most.
        max: u32,
    },
    /// The post-only order would have traded.
    WouldTake {
        /// The best opposite price.
        best: Price,
    },
    /// The stop of a cover order stays while its entry works or its position is open.
    Mandatory,
    /// The plan has no such provision, or has given all of it.
    NotInPlan,
    /// The condition of the plan's next scaling step is not met; how it stands follows.
    ScaleNotYet,
    /// The balance after a booking or a step of scaling, or the position aimed at, is larger than the engine holds exactly.
    OutOfRange,
}

/// Why an order ended unfilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelReason {
    /// Its owner asked.
    Requested,
    /// It was to execute now, and there was nothing (more) to execute against.
    NotMarketable,
    /// It was good for the day, and the day is over.
    DayOver,
    /// Its account was locked or ended.
    AccountLocked,
    /// Its time is over.
    Expired,
    /// It was fill-or-kill and could not fill whole.
    NotFillable,
    /// It was post-only and would have traded on arrival.
    WouldTake,
    /// It would have traded with an order of its own account.
    SelfTrade,
    /// It was reduce-only and there was nothing (more) to reduce.
    NotReducing,
    /// Another order of its list executed.
    Sibling,
    /// The order it waited for ended.
    ParentEnded,
    /// What was left would have traded beyond the collar.
    Collar,
    /// The circuit breaker halted its instrument.
    Breaker,
    /// Its account's session ended.
    Disconnected,
    /// The instrument was split.
    Split,
    /// The auction it was for is over.
    AuctionOver,
    /// Its account was called for margin.
    MarginCall,
    /// Its algo sent the next slice, or ended.
    Algo,
    /// When it reached the market, that was not open or its quote was stale.
    MarketNotOpen,
    /// The engine has no room for it: a named limit is reached.
    NoRoom,
    /// A window of its plan in which nothing is held opened.
    Window,
}
