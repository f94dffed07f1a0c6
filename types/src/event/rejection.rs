//! Why an input could not be applied: with the value that it had, and what would have been accepted.

use crate::event::AccountState;
use crate::id::CompetitionId;
use crate::instrument::InstrumentError;
use crate::limit::LimitName;
use crate::time::TimestampNs;
use crate::unit::{Money, Price, Qty};

/// Why an input could not be applied at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputRejection {
    /// No such instrument.
    UnknownInstrument,
    /// No such plan.
    UnknownPlan,
    /// No such account.
    UnknownAccount,
    /// No such competition.
    UnknownCompetition,
    /// No plan and no competition has this schedule.
    UnknownSchedule,
    /// The definition of the instrument is wrong.
    BadInstrument(InstrumentError),
    /// The plan's bytes are not a valid plan.
    BadPlan,
    /// The competition's bytes are not a valid competition.
    BadCompetition,
    /// A price or quantity is not a multiple of the tick or lot size.
    OffGrid(GridFault),
    /// Market data that contradicts itself, or that its instrument does not take now.
    BadQuote(QuoteFault),
    /// A named limit is reached.
    LimitReached {
        /// Which one.
        limit: LimitName,
        /// Its number.
        max: u32,
    },
    /// The account cannot enter a competition.
    CannotEnter(EntryRefusal),
    /// A day that is not after the open one.
    DayNotAfter,
    /// Anything else that is given as data is out of range.
    BadData(DataFault),
}

/// What is off its grid: the first figure of the input that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GridFault {
    /// A price.
    Price {
        /// The price.
        price: Price,
        /// What it has to be a multiple of.
        tick_size: Price,
    },
    /// A quantity.
    Qty {
        /// The quantity.
        qty: Qty,
        /// What it has to be a multiple of.
        lot_size: Qty,
    },
}

/// What is wrong with market data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuoteFault {
    /// A bid above its ask.
    Crossed {
        /// The bid.
        bid: Price,
        /// The ask, which would have to be at the bid or above.
        ask: Price,
    },
    /// A quantity below zero.
    NegativeQty {
        /// The quantity.
        qty: Qty,
    },
    /// A bar's open or close is outside of its low and high.
    OutsideBar {
        /// The open or the close.
        price: Price,
        /// The low that it is below, or the high that it is above.
        bound: Price,
    },
    /// An instrument with a book takes no market data from outside.
    HasBook,
    /// Changed levels after a gap: only a whole depth, a quote or a walked bar says what stands.
    AfterGap,
}

/// What is wrong with data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataFault {
    /// A curve whose weights are all zero.
    NoWeight,
    /// A latency distribution without samples.
    NoSamples,
    /// A list without orders.
    NoOrders,
    /// A conversion rate that is not above zero.
    Rate {
        /// The rate.
        rate: Price,
    },
    /// A conversion of a currency into itself.
    SameCurrency,
    /// A split of nothing, into nothing, one that changes nothing, or one that is too large.
    Split {
        /// Units after it.
        new: u32,
        /// Units before it, which has to be another number.
        old: u32,
        /// The most of either; the least is 1.
        max: u32,
    },
    /// A dividend below zero.
    Dividend {
        /// For one unit.
        per_unit: Money,
    },
    /// A suspension that is over already.
    Until {
        /// Its end.
        until: TimestampNs,
        /// What its end would have to be after: the time of the input.
        after: TimestampNs,
    },
    /// An interval that does not end after its start.
    Interval {
        /// The first moment inside.
        start: TimestampNs,
        /// The first moment outside.
        end: TimestampNs,
    },
}

/// Why an account cannot enter a competition: the first that holds, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryRefusal {
    /// It is in a competition already.
    Entered {
        /// Which one.
        competition: CompetitionId,
    },
    /// It neither is in an evaluation nor funded.
    NotTrading {
        /// Its state.
        state: AccountState,
    },
    /// Its equity is not above zero: returns are shares of it.
    NoEquity,
    /// Its plan pays out: money that leaves is no loss.
    PaysOut,
    /// Its plan scales: money that is added is no return.
    Scales,
}
