//! What the engine is given: one sequenced, stamped thing at a time.

use crate::command::{Command, RollSchedule};
use crate::id::Seq;
use crate::market::MarketEvent;
use crate::time::{TimestampNs, TradingDay};

/// A sequenced input. The journal holds these and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Place in the shard's order.
    pub seq: Seq,
    /// The sequencer's time; never decreases.
    pub ts: TimestampNs,
    /// What it is.
    pub kind: InputKind,
}

impl Input {
    /// The place of an input that is to be read into it.
    pub const PLACE: Self = Self {
        seq: Seq(0),
        ts: TimestampNs(0),
        kind: InputKind::Timer(Timer::Clock),
    };
}

// Whoever has many inputs waiting reads them from memory: what is rare and large stands apart.
const _: () = assert!(size_of::<Input>() == 128);

/// The kinds of input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputKind {
    /// From the market.
    Market(MarketEvent),
    /// From somebody.
    Command(Command),
    /// From a calendar.
    Timer(Timer),
}

/// What a calendar says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// A trading day opens for every account whose plan has this schedule.
    DayRoll {
        /// The schedule.
        schedule: RollSchedule,
        /// The day that opens.
        day: TradingDay,
    },
    /// Time passes and nothing else.
    Clock,
}
