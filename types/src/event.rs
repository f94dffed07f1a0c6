//! Facts. Every event is flat and of fixed size; what belongs to one fact in plural (the positions
//! of a breach) follows it as events of their own.

use crate::calendar::{Calendar, Interval};
use crate::command::{AdjustKind, Leg, NewAlgo, NewOrder, RollSchedule, Side};
use crate::conduct::{ConductDenial, ScaleStanding};
use crate::contest::{CompetitionState, ContestRefusal, DisqualificationReason};
use crate::id::{
    AccountId, ClientOrderId, CompetitionId, CurveId, InstrumentId, LatencyId, OrderId, PlanHash,
    PlanId, Seq,
};
use crate::instrument::InstrumentError;
use crate::label::Label;
use crate::lifecycle::{AccountChange, OpenDenial, Parentage, Suspension};
use crate::market::InstrumentStatus;
use crate::proof::{CashBasis, LimitBasis, VerdictBasis};
use crate::time::{TimestampNs, TradingDay};
use crate::unit::{Money, Notional, Price, Qty, Ratio, SignedQty};

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
    /// An account rested for as long as its plan allows; what follows from that follows.
    Inactive {
        /// The account.
        account: AccountId,
        /// Whole calendar days without an opening fill.
        days: u32,
    },
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
        /// The order meant.
        order: OrderId,
        /// Why.
        reason: DenyReason,
    },
    /// An order executed.
    Fill(Fill),
    /// A limit's floor moved.
    FloorMoved(FloorMove),
    /// So much of a limit's allowance is used that its plan warns.
    LimitWarned(LimitWarning),
    /// A limit was violated; `positions` many [`BreachPosition`] follow.
    Breach(Breach),
    /// One position of the breach before it.
    BreachPosition(BreachPosition),
    /// What the verdict before it rests on: of a breach (after its positions), a pass, or a refused
    /// payout. Its limits follow, and cash of other currencies.
    VerdictBasis(VerdictBasis),
    /// One limit of the basis before it.
    LimitBasis(LimitBasis),
    /// Cash of another currency of the basis before it.
    CashBasis(CashBasis),
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
    OffGrid,
    /// A bid above its ask, a quantity below zero, a bar whose prices are out of order, or market data of
    /// a crossed instrument from outside.
    BadQuote,
    /// A named limit is reached.
    LimitReached,
    /// The account is in a competition already, does not trade, or its plan pays out or scales: money
    /// that moves in or out is no return.
    CannotEnter,
    /// A day that is not after the open one.
    DayNotAfter,
    /// A curve without weight, a latency without samples, a rate, split or dividend out of range.
    BadData,
}

/// Who changed an instrument's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusCause {
    /// The market or its operator said so.
    Market,
    /// A trade would have been beyond the circuit breaker's band.
    Breaker,
}

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
    /// quantity.
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
    /// The instrument's newest quote was crossed or off its grid: what stood before it is stale.
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
    /// The amount, or the position aimed at, is larger than the engine holds exactly.
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

/// The rules that an account lives under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleKind {
    /// Loss within one trading day.
    DailyLoss,
    /// Loss overall.
    MaxLoss,
}

/// What a violated limit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The account fails.
    Fail,
    /// The account is flattened and takes no opening orders until the next roll.
    LockForDay,
    /// It is reported, once per trading day and limit; nothing else happens.
    Warn,
}

/// A floor and what moved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FloorMove {
    /// The account.
    pub account: AccountId,
    /// The rule.
    pub rule: RuleKind,
    /// Reference value.
    pub baseline: Money,
    /// Allowed distance below it.
    pub allowance: Money,
    /// `baseline - allowance`, or the level it is held at.
    pub floor: Money,
    /// What moved it.
    pub cause: FloorMoveCause,
}

/// What moved a floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FloorMoveCause {
    /// The account opened.
    Opened,
    /// The trading day rolled.
    Rolled,
    /// The trailed quantity reached a higher peak.
    Trailed,
    /// A payout or scaling.
    Adjusted,
}

/// A limit of which as much is used as its plan warns at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitWarning {
    /// The account.
    pub account: AccountId,
    /// The rule.
    pub rule: RuleKind,
    /// Equity at the test, exact.
    pub equity: Notional,
    /// Reference value.
    pub baseline: Money,
    /// Allowed distance below it.
    pub allowance: Money,
    /// The floor as it stood before the input.
    pub floor: Money,
}

/// A violated limit with its proof: `equity = balance + sum of unrealised` over the positions that
/// follow, and it is below `floor = baseline - allowance` (or at it, where a touch is a breach).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breach {
    /// The account.
    pub account: AccountId,
    /// The rule.
    pub rule: RuleKind,
    /// What it does.
    pub effect: Effect,
    /// Whether this is the breach that decides: hard before soft, then the highest floor.
    pub primary: bool,
    /// Whether equity at the floor is a breach.
    pub touch_is_breach: bool,
    /// Balance at the test.
    pub balance: Money,
    /// Equity at the test, exact.
    pub equity: Notional,
    /// Reference value.
    pub baseline: Money,
    /// Allowed distance below it.
    pub allowance: Money,
    /// The floor as it stood before the input.
    pub floor: Money,
    /// The plan.
    pub plan: PlanId,
    /// Version of the plan.
    pub plan_version: u32,
    /// Hash of the plan's canonical bytes.
    pub plan_hash: PlanHash,
    /// Open positions at the test.
    pub positions: u32,
}

/// An open position at the moment of a breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreachPosition {
    /// The account.
    pub account: AccountId,
    /// What is held.
    pub instrument: InstrumentId,
    /// How much.
    pub position: SignedQty,
    /// What it cost: the signed sum of price x quantity x contract size, exact.
    pub cost: Notional,
    /// Best bid at the test.
    pub bid: Price,
    /// Best ask at the test.
    pub ask: Price,
    /// The newest print at the test.
    pub last: Option<Price>,
    /// What the position was valued at, by the plan's terms.
    pub mark: Price,
    /// The input that showed the quote.
    pub quote: Seq,
    /// Value at the mark minus cost, exact.
    pub unrealised: Notional,
}

/// The end of an account's trading day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayClose {
    /// The account.
    pub account: AccountId,
    /// The day that closed.
    pub day: TradingDay,
    /// Realised profit and loss of the day, fees included.
    pub pnl: Money,
    /// Balance at the close.
    pub balance: Money,
    /// Equity at the close, rounded down.
    pub equity: Money,
    /// Whether it counts toward the minimum of trading days.
    pub counted: bool,
}

/// How an account stands against its consistency rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consistency {
    /// The account.
    pub account: AccountId,
    /// Profit of the best day.
    pub best_day: Money,
    /// What it is compared with.
    pub denominator: Money,
    /// Largest share that the best day may have.
    pub cap: Ratio,
    /// Whether exactly at the cap passes.
    pub inclusive: bool,
    /// Whether it passes; false while the denominator is not above zero.
    pub met: bool,
    /// The least denominator at which the best day passes.
    pub total_needed: Money,
    /// The most that the next day may earn and still pass.
    pub next_day_max: Money,
}

/// The life of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// Trading toward a target.
    Evaluation,
    /// The phase's objectives were met.
    Passed,
    /// Trading for payouts.
    Funded,
    /// A hard rule was violated; terminal.
    Failed,
    /// Closed by its owner or the firm; terminal.
    Closed,
    /// Held still for a while; see [`crate::Suspension`].
    Suspended,
}

/// Why a payout was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayoutDenial {
    /// The plan pays nothing out.
    NotInPlan,
    /// The account's state takes no payouts.
    NotEligibleState,
    /// The amount must be above zero.
    AmountNotPositive,
    /// Positions are open.
    NotFlat,
    /// The consistency rule is not met.
    Consistency(Consistency),
    /// More than is eligible.
    AboveEligible,
    /// What is left would be at a limit.
    WouldBreach,
    /// Too few trading days count since the last payout.
    TooFewDays {
        /// How many count.
        has: u16,
        /// How many it takes.
        needs: u16,
    },
}
