//! The vocabulary of Dynasty: units, ids, instruments, inputs, events, and the frame that carries
//! them.
//!
//! Nothing here computes a verdict, reads a clock or touches a file. Wire formats for people (JSON,
//! TOML) live at the edge; the binary form in [`codec`] and [`frame`] is for the journal and the bus.

#![deny(clippy::float_arithmetic, clippy::float_cmp)]

pub mod calendar;
pub mod codec;
pub mod command;
pub mod conduct;
pub mod contest;
pub mod decimal;
pub mod event;
pub mod frame;
pub mod grid;
pub mod id;
pub mod input;
pub mod instrument;
pub mod label;
pub mod lifecycle;
pub mod limit;
pub mod market;
pub mod proof;
pub mod terms;
pub mod time;
pub mod unit;

pub use calendar::{Calendar, Interval};
pub use codec::{Codec, CodecError, Reader};
pub use command::{
    AdjustKind, AlgoKind, Command, LatencySample, Leg, ListKind, NewAlgo, NewOrder, OpenAccount,
    OrderKind, OrderList, RollSchedule, SelfTrade, Side, TimeInForce, Trail, TriggerOn,
};
pub use conduct::{ConductDenial, DaysOf, InactivityEffect, LapseEffect, ScaleStanding};
pub use contest::{
    CompetitionChange, CompetitionState, ContestRefusal, DisqualificationReason, TeamId,
};
pub use event::{
    AccountState, AlgoEnd, AlgoFault, BaselineOrigin, BaselineSource, BookingCause, Breach,
    BreachPosition, CancelReason, Consistency, DataFault, DayClose, DenyReason, DisplayFault,
    Effect, EntryRefusal, Event, EventKind, Fill, FillCause, FillModel, FloorMove, FloorMoveCause,
    GridFault, InputRejection, LimitWarning, ListFault, ListField, OrderChange, OrderRole,
    PayoutDenial, QuoteFault, RuleKind, StatusCause, TimeInForceFault,
};
pub use grid::Grid;
pub use id::{
    AccountId, ClientOrderId, CompetitionId, CurveId, InstrumentId, LatencyId, OrderId, PlanHash,
    PlanId, Seq, ShardId,
};
pub use input::{Input, InputKind, Timer};
pub use instrument::{
    BarPath, CancelModel, FeeSchedule, FillRule, Instrument, InstrumentError, InstrumentKind,
    Latency, Liquidity, Margin, PaperModel, Requirement, Sizes, Slippage,
};
pub use label::Label;
pub use lifecycle::{AccountChange, OpenDenial, Origin, Parentage, SuspendReason, Suspension};
pub use limit::LimitName;
pub use market::{
    Aggressor, Bar, DepthUpdate, Financing, InstrumentStatus, Level, MarketChange, MarketData,
    MarketEvent, Quote, Trade,
};
pub use proof::{CashBasis, Lapse, LimitBasis, Rest, VerdictBasis};
pub use terms::{Funding, MarkKind, PositionMode, Terms};
pub use time::{TimestampNs, TradingDay};
pub use unit::{Lots, Money, Notional, Price, Qty, Ratio, SignedQty, Ticks};
