//! Facts, and what verdicts rest on.
//!
//! The tag of a form that is no more is not given again, so that a fact of an older program is refused and
//! never read as something else: 12, 33 and 34 of [`EventKind`]; 8, 9, 10 and 13 of [`InputRejection`]; 3, 12 to
//! 16, 19, 20, 23, 25, 26 and 36 of [`DenyReason`]; 11, 12 and 19 of [`CancelReason`]. One whose form only grew is still read, by what it was:
//! 56 of [`EventKind`].

use crate::event::{
    AccountState, AlgoEnd, AlgoFault, BaselineOrigin, BaselineSource, BookingCause, Breach,
    BreachPosition, CancelReason, Consistency, DataFault, DayClose, DenyReason, DisplayFault,
    Effect, EntryRefusal, Event, EventKind, Fill, FillCause, FillModel, FloorMove, FloorMoveCause,
    GridFault, InputRejection, LimitWarning, ListFault, ListField, OrderChange, OrderRole,
    PayoutDenial, QuoteFault, RuleKind, StatusCause, TimeInForceFault,
};
use crate::id::{AccountId, PlanHash, PlanId};
use crate::limit::LimitName;
use crate::proof::{CashBasis, Lapse, LimitBasis, Rest, VerdictBasis};
use crate::unit::Money;
use crate::{codec_enum, codec_struct};

codec_enum!(InputRejection {
    0 => UnknownInstrument,
    1 => UnknownPlan,
    2 => UnknownAccount,
    3 => UnknownCompetition,
    4 => UnknownSchedule,
    5 => BadInstrument(error),
    6 => BadPlan,
    7 => BadCompetition,
    11 => CannotEnter(refusal),
    12 => DayNotAfter,
    14 => OffGrid(fault),
    15 => BadQuote(fault),
    16 => LimitReached { limit, max },
    17 => BadData(fault),
});
codec_enum!(GridFault {
    0 => Price { price, tick_size },
    1 => Qty { qty, lot_size },
});
codec_enum!(QuoteFault {
    0 => Crossed { bid, ask },
    1 => NegativeQty { qty },
    2 => OutsideBar { price, bound },
    3 => HasBook,
    4 => AfterGap,
});
codec_enum!(DataFault {
    0 => NoWeight,
    1 => NoSamples,
    2 => NoOrders,
    3 => Rate { rate },
    4 => SameCurrency,
    5 => Split { new, old, max },
    6 => Dividend { per_unit },
    7 => Until { until, after },
    8 => Interval { start, end },
});
codec_enum!(LimitName {
    0 => Instruments,
    1 => Plans,
    2 => Competitions,
    3 => Accounts,
    4 => Orders,
    5 => AccountOrders,
    6 => AccountOrdersPerSecond,
    7 => ListOrders,
    8 => AlgoSlices,
    9 => AlgoChildren,
    10 => Algos,
    11 => Changes,
    12 => Positions,
    13 => BookLevels,
    14 => Consumed,
    15 => Curves,
    16 => Latencies,
    17 => Samples,
    18 => Conversions,
    19 => ClientOrders,
    20 => DepthLevels,
    21 => Intervals,
});
codec_enum!(EntryRefusal {
    0 => Entered { competition },
    1 => NotTrading { state },
    2 => NoEquity,
    3 => PaysOut,
    4 => Scales,
});
codec_enum!(StatusCause { 0 => Market, 1 => Breaker });
codec_enum!(OrderRole {
    0 => Alone,
    1 => Oco,
    2 => OtoParent,
    3 => OtoChild,
    4 => Entry,
    5 => TakeProfit,
    6 => StopLoss,
    7 => Slice,
    8 => CoverStop,
});
codec_enum!(AlgoEnd {
    0 => Filled,
    1 => Over,
    2 => Requested,
    3 => AccountLocked,
    4 => ChildDenied(reason),
    5 => Window,
    6 => ChildrenMax { max },
    7 => Disconnected,
    8 => Split,
});
codec_enum!(OrderChange {
    0 => Cancel,
    1 => CancelAll,
    2 => Disconnect,
    3 => Amend { qty, price, trigger },
});
codec_enum!(ListFault {
    0 => Orders { has, least, most },
    1 => Order { place, field },
    2 => SizedBy { order },
});
codec_enum!(ListField {
    0 => Account,
    1 => Instrument,
    2 => Kind,
    3 => TimeInForce,
    4 => Side,
    5 => Qty,
    6 => Leg,
    7 => ReduceOnly,
});
codec_enum!(DisplayFault {
    0 => NoBook,
    1 => NoLimit,
    2 => OffLot { lot_size },
    3 => Below { least },
    4 => Above { most },
    5 => QtyAbove { most },
});
codec_enum!(AlgoFault {
    0 => Window { after },
    1 => NoSlices,
    2 => Rate { rate },
});
codec_enum!(TimeInForceFault {
    0 => Kind,
    1 => Over { after },
    2 => List,
    3 => PostOnly,
});
codec_enum!(DenyReason {
    0 => UnknownAccount,
    1 => UnknownInstrument,
    2 => UnknownOrder,
    4 => DayLocked,
    5 => OrderRate { max },
    6 => DuplicateClientOrder,
    7 => QtyNotPositive,
    8 => QtyTooLarge { max },
    9 => QtyOffLot { lot_size },
    10 => QtyFilled { filled },
    11 => PriceOffTick { tick_size },
    17 => BadLeg,
    18 => NoSuchPrice,
    21 => NoConversion,
    22 => CurrenciesMax { max },
    24 => NoQuote,
    27 => NotReducing { position },
    28 => ShortNotAllowed { available },
    29 => BuyingPower { needed, available },
    30 => AccountOrdersMax { max },
    31 => OrdersMax { max },
    32 => PositionsMax { max },
    33 => LevelsMax { max },
    34 => WouldTake { best },
    35 => NotInPlan,
    37 => Mandatory,
    38 => Conduct(denial),
    39 => ScaleNotYet,
    40 => BadTrail { trail },
    41 => BadList(fault),
    42 => ChildrenMax { limit, has, max },
    43 => BadDisplay(fault),
    44 => BadAlgo(fault),
    45 => BadQuote { lost, good },
    46 => PriceOutsideCollar { low, high },
    47 => AlgosMax { max },
    48 => ChangesMax { max },
    49 => PositionOutOfRange { aimed, max },
    50 => OutOfRange { balance, max },
    51 => AccountNotTrading { state },
    52 => BadTimeInForce(fault),
    53 => UnknownCurve { curve },
    54 => InstrumentNotOpen { status },
    55 => PriceNotPositive,
});
codec_enum!(CancelReason {
    0 => Requested,
    1 => NotMarketable,
    2 => DayOver,
    3 => AccountLocked,
    4 => Expired,
    5 => NotFillable,
    6 => WouldTake,
    7 => SelfTrade,
    8 => NotReducing,
    9 => Sibling,
    10 => ParentEnded,
    13 => Disconnected,
    14 => Split,
    15 => AuctionOver,
    16 => MarginCall,
    17 => Algo,
    18 => MarketNotOpen,
    20 => Window,
    21 => Collar { price, bound },
    22 => Breaker { price, bound },
    23 => NoRoom { limit, max },
    24 => BuyingPower { needed, available },
});
codec_enum!(FillCause {
    0 => Order,
    1 => Liquidation,
    2 => MarginCall,
    3 => Window,
    4 => AccountEnded,
});
codec_enum!(FillModel {
    0 => Touch,
    1 => Through,
    2 => Queue,
    3 => Depth,
    4 => Bar,
    5 => Book,
    6 => Auction,
    7 => House,
});
codec_enum!(BookingCause { 0 => Financing, 1 => Dividend, 2 => Split });
codec_struct!(Fill {
    account,
    order,
    client_order,
    instrument,
    side,
    price,
    qty,
    leaves,
    fee,
    realised,
    balance,
    position,
    leg,
    cause,
    model,
    maker,
    known,
});
codec_enum!(RuleKind { 0 => DailyLoss, 1 => MaxLoss });
codec_enum!(Effect { 0 => Fail, 1 => LockForDay, 2 => Warn });
codec_enum!(FloorMoveCause { 0 => Opened, 1 => Rolled, 2 => Trailed, 3 => Adjusted });
codec_enum!(BaselineSource {
    0 => Opening,
    1 => Roll,
    2 => Equity(peak),
    3 => ClosedBalance,
    4 => Scaling,
});
codec_struct!(BaselineOrigin { seq, ts, source });
codec_struct!(FloorMove {
    account,
    rule,
    baseline,
    allowance,
    floor,
    cause,
    origin
});
codec_struct!(Breach {
    account,
    rule,
    effect,
    primary,
    touch_is_breach,
    balance,
    equity,
    baseline,
    allowance,
    floor,
    plan,
    plan_version,
    plan_hash,
    positions,
});
codec_struct!(BreachPosition {
    account,
    instrument,
    position,
    cost,
    bid,
    ask,
    last,
    mark,
    mark_seq,
    unrealised
});
codec_struct!(DayClose {
    account,
    day,
    pnl,
    balance,
    equity,
    counted
});
codec_struct!(Consistency {
    account,
    best_day,
    total,
    denominator,
    cap,
    inclusive,
    met,
    total_needed,
    next_day_max,
});
codec_enum!(AccountState {
    0 => Evaluation,
    1 => Passed,
    2 => Funded,
    3 => Failed,
    4 => Closed,
    5 => Suspended,
});
codec_enum!(PayoutDenial {
    0 => NotInPlan,
    1 => NotEligibleState,
    2 => AmountNotPositive,
    3 => NotFlat,
    4 => Consistency(standing),
    5 => AboveEligible,
    6 => WouldBreach,
    7 => TooFewDays { has, needs },
    8 => TooSoon { has, needs },
    9 => BelowMinimum { min },
});
codec_enum!(EventKind {
    0 => InputRejected { reason },
    1 => InstrumentRegistered { instrument },
    2 => StatusChanged { instrument, status, cause },
    3 => PlanDefined { plan, version, hash },
    4 => CompetitionDefined { competition },
    5 => AccountOpened { account, plan, parent, balance },
    6 => CompetitionEntered { competition, account },
    7 => OrderAccepted { order, request, list, role, arrives },
    8 => OrderDenied { request, reason },
    9 => OrderTriggered { account, order, price },
    10 => OrderAmended { account, order, qty, price, trigger },
    11 => OrderCancelled { account, order, leaves, reason },
    13 => Fill(fill),
    14 => FloorMoved(moved),
    15 => Breach(breach),
    16 => BreachPosition(position),
    17 => DayLocked { account },
    18 => DayUnlocked { account },
    19 => DayRolled { schedule, day },
    20 => DayClosed(close),
    21 => Consistency(consistency),
    22 => TargetReached { account, balance, target },
    23 => StateChanged { account, from, to },
    24 => Adjusted { account, kind, amount, balance, size },
    25 => AdjustDenied { account, kind, reason },
    26 => PayoutApproved { account, amount, trader, firm, balance },
    27 => PayoutDenied { account, requested, eligible, reason },
    28 => Uncrossed { instrument, price, qty, surplus },
    29 => CurveDefined { curve },
    30 => LatencyDefined { latency },
    31 => ConversionSet { from, to, rate },
    32 => OrderActivated { account, order, qty },
    35 => AlgoEnded { account, order, filled, reason },
    36 => Booked { account, instrument, leg, cause, amount, balance, position },
    37 => MarginCall { account, equity, required },
    38 => LimitWarned(warning),
    39 => AccountDenied { plan, parent, reason },
    40 => Suspended { account, suspension },
    41 => AccountChangeDenied { account, change, state },
    42 => Inactive(rest),
    43 => WindowAnnounced { calendar, interval },
    44 => WindowOpened { plan, window, until },
    45 => WindowClosed { plan, window },
    46 => ProfitExcluded { account, instrument, order, amount, window },
    47 => HeldTooShort { account, instrument, order, held_ns, seconds },
    48 => ScaleStanding(standing),
    49 => CompetitionChanged { competition, state },
    50 => BoardFrozen { competition },
    51 => Disqualified { competition, account, reason },
    52 => Reinstated { competition, account },
    53 => CompetitionDenied { competition, account, reason },
    54 => PrizeAwarded { competition, account, amount },
    55 => PrizesUnclaimed { competition, amount },
    57 => LimitBasis(basis),
    58 => CashBasis(basis),
    59 => Liquidated { account, equity, fees, slippage },
    60 => ChangeDenied { account, order, asked, reason },
    61 => VerdictBasis(basis),
    62 => PaidOut { account, payouts },
    63 => Lapsed(lapse),
    64 => AlgoAccepted { order, request },
    65 => AlgoDenied { request, reason },
} reads {
    56 => VerdictBasis(UncountedBasis),
});

/// A [`VerdictBasis`] of before payouts were counted.
struct UncountedBasis {
    account: AccountId,
    plan: PlanId,
    plan_version: u32,
    plan_hash: PlanHash,
    size: Money,
    own: Money,
    balance: Money,
    excluded: Money,
    never_paid: Money,
    beyond_best_day: Money,
    days: u16,
    payout_days: u16,
    positions: u32,
}

codec_struct!(UncountedBasis {
    account,
    plan,
    plan_version,
    plan_hash,
    size,
    own,
    balance,
    excluded,
    never_paid,
    beyond_best_day,
    days,
    payout_days,
    positions,
});

impl From<UncountedBasis> for VerdictBasis {
    fn from(basis: UncountedBasis) -> Self {
        Self {
            account: basis.account,
            plan: basis.plan,
            plan_version: basis.plan_version,
            plan_hash: basis.plan_hash,
            size: basis.size,
            own: basis.own,
            balance: basis.balance,
            excluded: basis.excluded,
            never_paid: basis.never_paid,
            beyond_best_day: basis.beyond_best_day,
            days: basis.days,
            payout_days: basis.payout_days,
            positions: basis.positions,
            // No plan asked for them yet.
            payouts: 0,
            days_since_payout: 0,
        }
    }
}

codec_struct!(VerdictBasis {
    account,
    plan,
    plan_version,
    plan_hash,
    size,
    own,
    balance,
    excluded,
    never_paid,
    beyond_best_day,
    days,
    payout_days,
    positions,
    payouts,
    days_since_payout,
});
codec_struct!(Lapse {
    account,
    limit,
    counts,
    effect,
    opened,
    last,
    opens,
    equity,
    positions,
});
codec_struct!(Rest {
    account,
    days,
    limit,
    effect,
    active,
    active_seq,
    active_ts,
    opens,
    equity,
    positions
});
codec_struct!(LimitBasis {
    account,
    rule,
    baseline,
    origin,
    allowance,
    floor,
    lowered,
    held
});
codec_struct!(CashBasis {
    account,
    currency,
    cash,
    rate
});
codec_struct!(LimitWarning {
    account,
    rule,
    equity,
    baseline,
    allowance,
    floor
});
codec_struct!(Event { seq, ts, kind });
