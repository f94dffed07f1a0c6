//! Orders and algos: their part in a list, why they are refused, and why they end.

use crate::command::Trail;
use crate::conduct::ConductDenial;
use crate::event::AccountState;
use crate::id::{CurveId, OrderId, Seq};
use crate::limit::LimitName;
use crate::market::InstrumentStatus;
use crate::time::TimestampNs;
use crate::unit::{Money, Price, Qty, Ratio, SignedQty};

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
    /// Its account's session ended.
    Disconnected,
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
    /// It has sent as many children as an algo by volume may, `algo_children_max`.
    ChildrenMax {
        /// The most.
        max: u32,
    },
    /// A split of its instrument came.
    Split,
}

/// What was asked for of an order, or of all of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderChange {
    /// A cancel.
    Cancel,
    /// A cancel of all that match.
    CancelAll,
    /// The end of the account's session.
    Disconnect,
    /// An amendment; what is `None` was to stay.
    Amend {
        /// Total quantity, filled part included.
        qty: Option<Qty>,
        /// Limit price.
        price: Option<Price>,
        /// Trigger.
        trigger: Option<Price>,
    },
}

/// What is wrong with a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFault {
    /// It has not as many orders as its kind asks for.
    Orders {
        /// How many it has.
        has: u32,
        /// The least.
        least: u32,
        /// The most.
        most: u32,
    },
    /// One of its orders does not go with the first, or with its place: the first that does not.
    Order {
        /// Its place in the list, from 0.
        place: u32,
        /// The first of its fields that does not.
        field: ListField,
    },
    /// The quantity is for the entry, the parent or the algo to decide.
    SizedBy {
        /// The one that decides.
        order: OrderId,
    },
}

/// A field of an order in a list, and what it has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListField {
    /// The account of the first order.
    Account,
    /// The instrument of the first order.
    Instrument,
    /// One that waits, of an OCO; a limit order as a take profit; one with a stop as a stop.
    Kind,
    /// One with which it may stay on the market.
    TimeInForce,
    /// The other side than the entry's.
    Side,
    /// The entry's quantity.
    Qty,
    /// The entry's position; of the entry, one that it opens.
    Leg,
    /// Not for an entry.
    ReduceOnly,
}

/// What is wrong with the quantity that a book is to show of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisplayFault {
    /// The instrument has no book.
    NoBook,
    /// Only a limit or stop-limit order shows a part of itself.
    NoLimit,
    /// It is no multiple of the lot size.
    OffLot {
        /// The lot size.
        lot_size: Qty,
    },
    /// It is not above zero, or so small that the order would show itself in more than
    /// [`NewOrder::ICEBERG_PARTS_MAX`](crate::NewOrder::ICEBERG_PARTS_MAX) parts.
    Below {
        /// The least.
        least: Qty,
    },
    /// It is more than the order.
    Above {
        /// The most.
        most: Qty,
    },
    /// An amendment asks for more than what the order shows comes to in as many parts as there may be.
    QtyAbove {
        /// The largest quantity.
        most: Qty,
    },
}

/// What a time in force does not go with: the first that holds, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeInForceFault {
    /// The kind of order: a market order has no date to wait for, and only market and limit orders are
    /// immediate or for an auction.
    Kind,
    /// Its time is over already.
    Over {
        /// What it would have to be after: the time of the input.
        after: TimestampNs,
    },
    /// Its list: an order of a list is for no auction.
    List,
    /// Post-only: that is for limit orders which may stay, good till cancelled, for the day or until a date.
    PostOnly,
}

/// What is wrong with an algo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlgoFault {
    /// It ends before it could begin.
    Window {
        /// What its end would have to be after: its start, or the time of the input.
        after: TimestampNs,
    },
    /// It has no slices; at least one is needed.
    NoSlices,
    /// Its share of the volume is not in (0, 1].
    Rate {
        /// The share.
        rate: Ratio,
    },
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
    AccountNotTrading {
        /// Its state.
        state: AccountState,
    },
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
    /// The price or trigger is zero or below, of an instrument that never costs so little
    /// ([`InstrumentKind::may_be_negative`](crate::InstrumentKind::may_be_negative)).
    PriceNotPositive,
    /// The trail is not above zero, or a share not below one.
    BadTrail {
        /// The trail.
        trail: Trail,
    },
    /// The list does not have the orders that its kind asks for, or the quantity is for another order of
    /// the list, or for the algo, to decide.
    BadList(ListFault),
    /// The list or algo has more children than it may.
    ChildrenMax {
        /// `list_orders_max` or `algo_slices_max`.
        limit: LimitName,
        /// How many it has.
        has: u32,
        /// The most.
        max: u32,
    },
    /// The displayed quantity is for limit orders in a book, a multiple of the lot size, at most the
    /// quantity, and shows it in at most
    /// [`NewOrder::ICEBERG_PARTS_MAX`](crate::NewOrder::ICEBERG_PARTS_MAX) parts.
    BadDisplay(DisplayFault),
    /// The time in force does not go with what else the order says, or is over already.
    BadTimeInForce(TimeInForceFault),
    /// The leg does not go with the account's position mode.
    BadLeg,
    /// The order has no such price to change.
    NoSuchPrice,
    /// The algo's window is empty, or its kind has a figure out of range.
    BadAlgo(AlgoFault),
    /// No such curve.
    UnknownCurve {
        /// The one that was asked for.
        curve: CurveId,
    },
    /// The instrument's currency is not the account's, and no conversion is known.
    NoConversion,
    /// The account holds as many currencies as it may.
    CurrenciesMax {
        /// The most, besides its own.
        max: u32,
    },
    /// The instrument does not trade now, or gathers orders for an auction and takes none like this.
    InstrumentNotOpen {
        /// Its status.
        status: InstrumentStatus,
    },
    /// The instrument has no quote yet: nothing can be valued.
    NoQuote,
    /// The instrument's newest quote was crossed or off its grid, or its feed lost track: what stood before is
    /// stale.
    BadQuote {
        /// Whether its feed lost track.
        lost: bool,
        /// The input that stated the last good quote.
        good: Seq,
    },
    /// The price is further from the reference than the collar allows: above it for a buy, below it for a sell.
    PriceOutsideCollar {
        /// The lowest price accepted of a sell.
        low: Price,
        /// The highest price accepted of a buy.
        high: Price,
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
    /// The shard has as many working algos as it may.
    AlgosMax {
        /// The most.
        max: u32,
    },
    /// As many changes as may be are on their way to the market.
    ChangesMax {
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
    /// The stop of a cover order stays, and moves only towards the market, while its entry works or its position is
    /// open.
    Mandatory,
    /// The plan has no such provision, or has given all of it.
    NotInPlan,
    /// The condition of the plan's next scaling step is not met; how it stands follows.
    ScaleNotYet,
    /// The position aimed at is larger than the engine holds exactly: 2^53 lots, or 9e9 of the quote currency at
    /// the order's price.
    PositionOutOfRange {
        /// The position aimed at, working orders of the same side included.
        aimed: Qty,
        /// The largest at this price.
        max: Qty,
    },
    /// The balance after a booking or a step of scaling is further from zero than the engine holds its changes
    /// exactly.
    OutOfRange {
        /// The balance aimed at.
        balance: Money,
        /// The furthest from zero.
        max: Money,
    },
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
    Collar {
        /// The price at which it would have traded.
        price: Price,
        /// The furthest price that the collar lets through.
        bound: Price,
    },
    /// It would have traded beyond the circuit breaker's band, which halted its instrument.
    Breaker {
        /// The price at which it would have traded.
        price: Price,
        /// The end of the band that this is beyond.
        bound: Price,
    },
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
    /// The engine has no room for it.
    NoRoom {
        /// The limit that is reached: `consumed_max` where it took from displayed levels, `book_levels_max`
        /// where it was to rest at a price of its own.
        limit: LimitName,
        /// Its number.
        max: u32,
    },
    /// A window of its plan in which nothing is held opened.
    Window,
    /// It was to buy for an account that pays in cash, which the price that it met is more than.
    BuyingPower {
        /// What one lot more costs there, fee included.
        needed: Money,
        /// The cash that its account's positions have not taken.
        available: Money,
    },
}

impl CancelReason {
    /// Whether it is the market that had no more for an order, which was to have it, or at no price that can be paid:
    /// nobody asked for the end, and no time was over.
    #[must_use]
    pub const fn is_by_market(self) -> bool {
        matches!(
            self,
            Self::NotMarketable
                | Self::Collar { .. }
                | Self::Breaker { .. }
                | Self::AuctionOver
                | Self::NoRoom { .. }
                | Self::BuyingPower { .. }
        )
    }
}
