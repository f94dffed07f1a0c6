//! Facts. Every event is flat and of fixed size; what belongs to one fact in plural (the positions
//! of a breach) follows it as events of their own.

mod account;
mod fill;
mod limit;
mod order;
mod rejection;

use crate::calendar::{Calendar, Interval};
use crate::command::{AdjustKind, Leg, NewAlgo, NewOrder, RollSchedule};
use crate::conduct::ScaleStanding;
use crate::contest::{CompetitionState, ContestRefusal, DisqualificationReason};
use crate::id::{
    AccountId, CompetitionId, CurveId, InstrumentId, LatencyId, OrderId, PlanHash, PlanId, Seq,
};
use crate::label::Label;
use crate::lifecycle::{AccountChange, OpenDenial, Parentage, Suspension};
use crate::market::InstrumentStatus;
use crate::proof::{CashBasis, Lapse, LimitBasis, Rest, VerdictBasis};
use crate::time::{TimestampNs, TradingDay};
use crate::unit::{Money, Notional, Price, Qty, SignedQty};

pub use self::account::{AccountState, Consistency, DayClose, PayoutDenial};
pub use self::fill::{BookingCause, Fill, FillCause, FillModel};
pub use self::limit::{
    BaselineOrigin, BaselineSource, Breach, BreachPosition, Effect, FloorMove, FloorMoveCause,
    LimitWarning, RuleKind,
};
pub use self::order::{
    AlgoEnd, AlgoFault, CancelReason, DenyReason, DisplayFault, ListFault, ListField, OrderChange,
    OrderRole, TimeInForceFault,
};
pub use self::rejection::{DataFault, EntryRefusal, GridFault, InputRejection, QuoteFault};

/// A fact, and the input that caused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The input's place.
    pub seq: Seq,
    /// The input's time.
    pub ts: TimestampNs,
    /// The fact.
    pub kind: EventKind,
}

// The shard writes them by the million: a reason with more figures must not make all facts larger.
const _: () = assert!(size_of::<Event>() == 144);
const _: () = assert!(size_of::<DenyReason>() == 24);
const _: () = assert!(size_of::<CancelReason>() == 24);
const _: () = assert!(size_of::<InputRejection>() == 32);

/// The kinds of fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// An input could not be applied. Nothing changed, but that a bad quote or depth update makes
    /// what stood before it stale: nothing fills there until the next good one.
    InputRejected {
        /// Why.
        reason: InputRejection,
    },
    /// An instrument is known.
    InstrumentRegistered {
        /// Its id.
        instrument: InstrumentId,
    },
    /// An instrument's trading status changed.
    StatusChanged {
        /// The instrument.
        instrument: InstrumentId,
        /// Its status from now on.
        status: InstrumentStatus,
        /// Who changed it.
        cause: StatusCause,
    },
    /// An auction matched at one price; its fills follow.
    Uncrossed {
        /// The instrument.
        instrument: InstrumentId,
        /// The price of every fill.
        price: Price,
        /// Quantity matched.
        qty: Qty,
        /// Quantity that would have bought (above zero) or sold (below) more at that price.
        surplus: SignedQty,
    },
    /// A volume curve is known.
    CurveDefined {
        /// Its id.
        curve: CurveId,
    },
    /// A latency distribution is known.
    LatencyDefined {
        /// Its id.
        latency: LatencyId,
    },
    /// A conversion rate changed.
    ConversionSet {
        /// The currency held.
        from: Label,
        /// The currency of the account.
        to: Label,
        /// Units of `to` for one of `from`.
        rate: Price,
    },
    /// A plan is known.
    PlanDefined {
        /// Its id.
        plan: PlanId,
        /// Version the plan gives itself.
        version: u32,
        /// Hash of its canonical bytes.
        hash: PlanHash,
    },
    /// A competition is known.
    CompetitionDefined {
        /// Its id.
        competition: CompetitionId,
    },
    /// An account is open.
    AccountOpened {
        /// Its id.
        account: AccountId,
        /// Its plan.
        plan: PlanId,
        /// The account it follows, and why.
        parent: Option<Parentage>,
        /// Balance it starts with.
        balance: Money,
    },
    /// An account was not opened after its parent.
    AccountDenied {
        /// The plan asked for.
        plan: PlanId,
        /// The account that it would have followed, and why.
        parent: Parentage,
        /// Why not.
        reason: OpenDenial,
    },
    /// An account was suspended; its change of state follows.
    Suspended {
        /// The account.
        account: AccountId,
        /// Why, for how long, and where it returns to.
        suspension: Suspension,
    },
    /// The state of an account does not allow the change; the account is as it was.
    AccountChangeDenied {
        /// The account.
        account: AccountId,
        /// What was asked for.
        change: AccountChange,
        /// The state, which stays.
        state: AccountState,
    },
    /// An account rested for as long as its plan allows; `positions` many [`BreachPosition`] follow, and what
    /// follows from the rest.
    Inactive(Rest),
    /// The time that an account's plan gives to pass is over; `positions` many [`BreachPosition`] follow, and what
    /// follows from the lapse.
    Lapsed(Lapse),
    /// An interval of a calendar is known.
    WindowAnnounced {
        /// The calendar.
        calendar: Calendar,
        /// The interval, before any plan widens it.
        interval: Interval,
    },
    /// A window of a plan is open for all of its accounts.
    WindowOpened {
        /// The plan.
        plan: PlanId,
        /// Its place among the plan's windows, from 0.
        window: u8,
        /// The first moment at which it is closed again, as known now.
        until: TimestampNs,
    },
    /// A window of a plan is closed.
    WindowClosed {
        /// The plan.
        plan: PlanId,
        /// Its place among the plan's windows, from 0.
        window: u8,
    },
    /// A profit that was realised does not count.
    ProfitExcluded {
        /// The account.
        account: AccountId,
        /// The instrument.
        instrument: InstrumentId,
        /// The order that closed; zero for the engine itself.
        order: OrderId,
        /// How much, in the account's currency, above zero.
        amount: Money,
        /// The window that excludes it; without one, it was held for too short a time.
        window: Option<u8>,
    },
    /// A position was closed sooner than its plan likes.
    HeldTooShort {
        /// The account.
        account: AccountId,
        /// The instrument.
        instrument: InstrumentId,
        /// The order that closed; zero for the engine itself.
        order: OrderId,
        /// For how long it was held, nanoseconds.
        held_ns: u64,
        /// The least that the plan likes, seconds.
        seconds: u32,
    },
    /// How an account stands against the condition of its next scaling step.
    ScaleStanding(ScaleStanding),
    /// An account entered a competition.
    CompetitionEntered {
        /// The competition.
        competition: CompetitionId,
        /// The entrant.
        account: AccountId,
    },
    /// A competition is in another state.
    CompetitionChanged {
        /// The competition.
        competition: CompetitionId,
        /// The state.
        state: CompetitionState,
    },
    /// A competition's public board stands still.
    BoardFrozen {
        /// The competition.
        competition: CompetitionId,
    },
    /// An entrant was taken off the board.
    Disqualified {
        /// The competition.
        competition: CompetitionId,
        /// The entrant.
        account: AccountId,
        /// Why.
        reason: DisqualificationReason,
    },
    /// A disqualification was taken back.
    Reinstated {
        /// The competition.
        competition: CompetitionId,
        /// The entrant.
        account: AccountId,
    },
    /// An entry, or a change of a competition, was refused.
    CompetitionDenied {
        /// The competition.
        competition: CompetitionId,
        /// The account that it was about.
        account: Option<AccountId>,
        /// Why.
        reason: ContestRefusal,
    },
    /// An entrant's prize, best first.
    PrizeAwarded {
        /// The competition.
        competition: CompetitionId,
        /// The entrant.
        account: AccountId,
        /// How much.
        amount: Money,
    },
    /// Prizes of places that nobody took.
    PrizesUnclaimed {
        /// The competition.
        competition: CompetitionId,
        /// All of them together.
        amount: Money,
    },
    /// An order works or is about to fill.
    OrderAccepted {
        /// Its id.
        order: OrderId,
        /// What was asked for.
        request: NewOrder,
        /// The first order of its list, or its algo; zero for an order alone.
        list: OrderId,
        /// Its part in the list.
        role: OrderRole,
        /// When it reaches the market: later than the event's time where messages take time.
        arrives: TimestampNs,
    },
    /// An order that waited for its parent is on the market with this much more.
    OrderActivated {
        /// Owner.
        account: AccountId,
        /// The order.
        order: OrderId,
        /// Total quantity now.
        qty: Qty,
    },
    /// An algo works.
    AlgoAccepted {
        /// Its id, from the same sequence as orders.
        order: OrderId,
        /// What was asked for.
        request: NewAlgo,
    },
    /// Our own checks refused an algo.
    AlgoDenied {
        /// What was asked for.
        request: NewAlgo,
        /// Why.
        reason: DenyReason,
    },
    /// An algo ended.
    AlgoEnded {
        /// Owner.
        account: AccountId,
        /// The algo.
        order: OrderId,
        /// What its children executed in all.
        filled: Qty,
        /// Why.
        reason: AlgoEnd,
    },
    /// Our own checks refused an order; of a list, the first that was refused, and none is accepted.
    OrderDenied {
        /// What was asked for.
        request: NewOrder,
        /// Why.
        reason: DenyReason,
    },
    /// An order's trigger was reached.
    OrderTriggered {
        /// Owner.
        account: AccountId,
        /// The order.
        order: OrderId,
        /// The price that reached it.
        price: Price,
    },
    /// A working order changed.
    OrderAmended {
        /// Owner.
        account: AccountId,
        /// The order.
        order: OrderId,
        /// Total quantity now.
        qty: Qty,
        /// Limit price now; zero where it has none.
        price: Price,
        /// Trigger now; zero where it has none.
        trigger: Price,
    },
    /// An order ended before it was filled.
    OrderCancelled {
        /// Owner.
        account: AccountId,
        /// The order.
        order: OrderId,
        /// Quantity that was left.
        leaves: Qty,
        /// Why.
        reason: CancelReason,
    },
    /// A cancel or an amendment was refused; the order is as it was.
    ChangeDenied {
        /// Who asked.
        account: AccountId,
        /// The order meant; zero where it is all of an account's.
        order: OrderId,
        /// What was asked for.
        asked: OrderChange,
        /// Why.
        reason: DenyReason,
    },
    /// An order executed.
    Fill(Fill),
    /// A limit's floor moved. One that trails moves when an input is over; what follows a live peak is told of
    /// when its account is judged next, or before it rolls or is changed: with the figures that it has come to.
    FloorMoved(FloorMove),
    /// So much of a limit's allowance is used that its plan warns.
    LimitWarned(LimitWarning),
    /// A limit was violated; `positions` many [`BreachPosition`] follow.
    Breach(Breach),
    /// One position of the breach, or of the rest that was too long, before it.
    BreachPosition(BreachPosition),
    /// What the verdict before it rests on: of a breach or a rest that was too long (after its positions), a
    /// pass, or a refused payout. Its limits follow, and cash of other currencies.
    VerdictBasis(VerdictBasis),
    /// One limit of the basis before it.
    LimitBasis(LimitBasis),
    /// Cash of another currency of the basis before it.
    CashBasis(CashBasis),
    /// What it cost that the engine closed positions: because a limit was violated, margin was called, a window
    /// wants nothing held, or the account was suspended or ended. What was decided rests on equity as it was before.
    Liquidated {
        /// The account.
        account: AccountId,
        /// Its equity after.
        equity: Notional,
        /// Fees of it, of the account's currency.
        fees: Money,
        /// What else equity fell by: `equity before - equity after - fees`. Below zero where it rose.
        slippage: Notional,
    },
    /// No opening orders until the next roll.
    DayLocked {
        /// The account.
        account: AccountId,
    },
    /// The lock of the day before is gone.
    DayUnlocked {
        /// The account.
        account: AccountId,
    },
    /// A trading day opened.
    DayRolled {
        /// For the plans of this schedule.
        schedule: RollSchedule,
        /// The day that opened.
        day: TradingDay,
    },
    /// An account's trading day closed.
    DayClosed(DayClose),
    /// How an account stands against its consistency rule.
    Consistency(Consistency),
    /// The profit target was met for the first time.
    TargetReached {
        /// The account.
        account: AccountId,
        /// Balance, while flat.
        balance: Money,
        /// Balance that was needed.
        target: Money,
    },
    /// An account was paid as often as its plan pays, and is closed for it.
    PaidOut {
        /// The account.
        account: AccountId,
        /// Its payouts: `payouts_max` of the plan.
        payouts: u16,
    },
    /// An account's state changed.
    StateChanged {
        /// The account.
        account: AccountId,
        /// Before.
        from: AccountState,
        /// After.
        to: AccountState,
    },
    /// An account's balance or size changed from outside the market.
    Adjusted {
        /// The account.
        account: AccountId,
        /// Kind of change.
        kind: AdjustKind,
        /// Change of the balance.
        amount: Money,
        /// Balance after it.
        balance: Money,
        /// The account's size after it: what percentages of initial refer to.
        size: Money,
    },
    /// An adjustment was refused; the account is as it was.
    AdjustDenied {
        /// The account.
        account: AccountId,
        /// Kind of change.
        kind: AdjustKind,
        /// Why.
        reason: DenyReason,
    },
    /// Cash was booked for holding a position.
    Booked {
        /// The account.
        account: AccountId,
        /// The instrument.
        instrument: InstrumentId,
        /// Which of its positions.
        leg: Leg,
        /// Why.
        cause: BookingCause,
        /// Change of the balance in the instrument's currency, rounded down.
        amount: Money,
        /// Balance of that currency after it.
        balance: Money,
        /// Position after it.
        position: SignedQty,
    },
    /// Equity is below the maintenance requirement; the engine cancels the working orders and closes
    /// positions, oldest first, until it is not.
    MarginCall {
        /// The account.
        account: AccountId,
        /// Equity, rounded down.
        equity: Money,
        /// Maintenance requirement.
        required: Money,
    },
    /// A payout left the account.
    PayoutApproved {
        /// The account.
        account: AccountId,
        /// What left the balance.
        amount: Money,
        /// The trader's part of it, rounded down.
        trader: Money,
        /// The firm's part of it.
        firm: Money,
        /// Balance after it.
        balance: Money,
    },
    /// A payout was refused; the account is as it was.
    PayoutDenied {
        /// The account.
        account: AccountId,
        /// What was asked for.
        requested: Money,
        /// What could have been paid.
        eligible: Money,
        /// Why.
        reason: PayoutDenial,
    },
}

/// Who changed an instrument's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusCause {
    /// The market or its operator said so.
    Market,
    /// A trade would have been beyond the circuit breaker's band.
    Breaker,
}
