//! The vocabulary of Dynasty: units, ids, instruments, inputs, events, and the frame that carries
//! them.
//!
//! Nothing here computes a verdict, reads a clock or touches a file. Wire formats for people (JSON,
//! TOML) live at the edge; the binary form in [`codec`] and [`frame`] is for the journal and the bus.

#![deny(clippy::float_arithmetic, clippy::float_cmp)]

pub mod codec;
pub mod command;
pub mod decimal;
pub mod event;
pub mod frame;
pub mod id;
pub mod input;
pub mod instrument;
pub mod label;
pub mod market;
pub mod time;
pub mod unit;

pub use codec::{Codec, CodecError, Reader};
pub use command::{
    AdjustKind, Command, NewOrder, OpenAccount, OrderKind, RollSchedule, Side, TimeInForce,
};
pub use event::{
    AccountState, Breach, BreachPosition, CancelReason, Consistency, DayClose, DenyReason, Effect,
    Event, EventKind, Fill, FillCause, FloorMove, FloorMoveCause, InputRejection, PayoutDenial,
    RuleKind,
};
pub use id::{
    AccountId, ClientOrderId, CompetitionId, InstrumentId, OrderId, PlanHash, PlanId, Seq, ShardId,
};
pub use input::{Input, InputKind, Timer};
pub use instrument::{FeeSchedule, Instrument, InstrumentError, InstrumentKind};
pub use label::Label;
pub use market::{
    Aggressor, Bar, DepthUpdate, InstrumentStatus, Level, MarketData, MarketEvent, Quote, Trade,
};
pub use time::{TimestampNs, TradingDay};
pub use unit::{Lots, Money, Notional, Price, Qty, Ratio, SignedQty, Ticks};
