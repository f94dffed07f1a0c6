//! The binary form of the vocabulary: little-endian, no padding, one tag byte for an enum.
//!
//! Fields are written in the order of their declaration. Changing an order or a tag changes the
//! format, and the golden bytes in [`crate::frame`] will say so.

use crate::calendar::{Calendar, Interval};
use crate::command::{
    AdjustKind, AlgoKind, Command, LatencySample, Leg, ListKind, NewAlgo, NewOrder, OpenAccount,
    OrderKind, OrderList, RollSchedule, SelfTrade, Side, TimeInForce, Trail, TriggerOn,
};
use crate::conduct::{ConductDenial, ScaleStanding};
use crate::contest::{
    CompetitionChange, CompetitionState, ContestRefusal, DisqualificationReason, TeamId,
};
use crate::event::{
    AccountState, AlgoEnd, BookingCause, Breach, BreachPosition, CancelReason, Consistency,
    DayClose, DenyReason, Effect, Event, EventKind, Fill, FillCause, FillModel, FloorMove,
    FloorMoveCause, InputRejection, LimitWarning, OrderRole, PayoutDenial, RuleKind, StatusCause,
};
use crate::id::{
    AccountId, ClientOrderId, CompetitionId, CurveId, InstrumentId, LatencyId, OrderId, PlanHash,
    PlanId, Seq, ShardId,
};
use crate::input::{Input, InputKind, Timer};
use crate::instrument::{
    BarPath, CancelModel, FeeSchedule, FillRule, Instrument, InstrumentError, InstrumentKind,
    Latency, Liquidity, Margin, PaperModel, Requirement, Sizes, Slippage,
};
use crate::label::Label;
use crate::lifecycle::{AccountChange, OpenDenial, Origin, Parentage, SuspendReason, Suspension};
use crate::market::{
    Aggressor, Bar, DepthUpdate, Financing, InstrumentStatus, Level, MarketData, MarketEvent,
    Quote, Trade,
};
use crate::proof::{CashBasis, LimitBasis, VerdictBasis};
use crate::terms::{Funding, MarkKind, PositionMode, Terms};
use crate::time::{TimestampNs, TradingDay};
use crate::unit::{Lots, Money, Notional, Price, Qty, Ratio, SignedQty, Ticks};

/// A value with a binary form.
pub trait Codec: Sized {
    /// Appends the value to `out`.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads a value.
    ///
    /// # Errors
    /// See [`CodecError`].
    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError>;

    /// Reads a value that takes all of `bytes`.
    ///
    /// # Errors
    /// See [`CodecError`].
    fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut reader = Reader::new(bytes);
        let value = Self::decode(&mut reader)?;
        reader.end()?;
        Ok(value)
    }

    /// The value as bytes of its own.
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }
}

/// Why bytes are not a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end too early.
    #[error("the bytes end within a value")]
    Truncated,
    /// Bytes are left over.
    #[error("{0} bytes are left over")]
    TrailingBytes(usize),
    /// A tag that the type does not have.
    #[error("{tag} is no tag of {of}")]
    UnknownTag {
        /// The type.
        of: &'static str,
        /// The tag.
        tag: u8,
    },
    /// A value that the type does not allow.
    #[error("not a valid {0}")]
    Invalid(&'static str),
}

/// Reads values from bytes, front to back.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of all of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// [`CodecError::Truncated`].
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], CodecError> {
        let (head, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(CodecError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// Bytes not read yet.
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Checks that everything was read.
    ///
    /// # Errors
    /// [`CodecError::TrailingBytes`].
    pub const fn end(&self) -> Result<(), CodecError> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(CodecError::TrailingBytes(left)),
        }
    }

    /// What is left.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        self.take(N)?.try_into().map_err(|_| CodecError::Truncated)
    }
}

macro_rules! codec_int {
    ($($int:ty),+) => {$(
        impl Codec for $int {
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            #[inline]
            fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
                reader.array().map(<$int>::from_le_bytes)
            }
        }
    )+};
}

codec_int!(u8, u16, u32, u64, u128, i32, i64, i128);

macro_rules! codec_newtype {
    ($($name:ident),+ $(,)?) => {$(
        impl Codec for $name {
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                self.0.encode(out);
            }

            #[inline]
            fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
                Codec::decode(reader).map(Self)
            }
        }
    )+};
}

codec_newtype!(
    AccountId,
    ClientOrderId,
    CompetitionId,
    CurveId,
    InstrumentId,
    LatencyId,
    Lots,
    Money,
    Notional,
    OrderId,
    PlanHash,
    PlanId,
    TeamId,
    Price,
    Qty,
    Ratio,
    Seq,
    ShardId,
    SignedQty,
    Ticks,
    TimestampNs,
    TradingDay,
);

/// Gives a struct its binary form: the fields in the order listed.
#[macro_export]
macro_rules! codec_struct {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::codec::Codec for $name {
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                $($crate::codec::Codec::encode(&self.$field, out);)+
            }

            #[inline]
            fn decode(
                reader: &mut $crate::codec::Reader<'_>,
            ) -> Result<Self, $crate::codec::CodecError> {
                Ok(Self { $($field: $crate::codec::Codec::decode(reader)?),+ })
            }
        }
    };
}

/// Gives an enum its binary form: a tag byte, then the fields of the variant.
#[macro_export]
macro_rules! codec_enum {
    ($name:ident {
        $($tag:literal => $variant:ident $(($inner:ident))? $({ $($field:ident),+ $(,)? })?),+ $(,)?
    }) => {
        impl $crate::codec::Codec for $name {
            #[inline]
            fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant $(($inner))? $({ $($field),+ })? => {
                        out.push($tag);
                        $($crate::codec::Codec::encode($inner, out);)?
                        $($($crate::codec::Codec::encode($field, out);)+)?
                    })+
                }
            }

            #[inline]
            fn decode(
                reader: &mut $crate::codec::Reader<'_>,
            ) -> Result<Self, $crate::codec::CodecError> {
                let tag: u8 = $crate::codec::Codec::decode(reader)?;
                Ok(match tag {
                    $($tag => Self::$variant
                        $(({
                            let $inner = $crate::codec::Codec::decode(reader)?;
                            $inner
                        }))?
                        $({ $($field: $crate::codec::Codec::decode(reader)?),+ })?,)+
                    tag => {
                        return Err($crate::codec::CodecError::UnknownTag {
                            of: stringify!($name),
                            tag,
                        });
                    }
                })
            }
        }
    };
}

impl Codec for bool {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        match u8::decode(reader)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(CodecError::Invalid("bool")),
        }
    }
}

impl<const N: usize> Codec for [u8; N] {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        reader.array()
    }
}

impl Codec for Label {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.as_str().len() as u8);
        out.extend_from_slice(self.as_str().as_bytes());
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let len = u8::decode(reader)?;
        std::str::from_utf8(reader.take(len.into())?)
            .ok()
            .and_then(|text| Self::new(text).ok())
            .ok_or(CodecError::Invalid("label"))
    }
}

impl<T: Codec> Codec for Option<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            None => out.push(0),
            Some(value) => {
                out.push(1);
                value.encode(out);
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        match u8::decode(reader)? {
            0 => Ok(None),
            1 => T::decode(reader).map(Some),
            tag => Err(CodecError::UnknownTag { of: "Option", tag }),
        }
    }
}

impl<T: Codec> Codec for Vec<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.len() as u32).encode(out);
        for value in self {
            value.encode(out);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let len = u32::decode(reader)? as usize;
        // Every value takes at least a byte, so a false length cannot ask for more than is there.
        if len > reader.remaining() {
            return Err(CodecError::Truncated);
        }
        (0..len).map(|_| T::decode(reader)).collect()
    }
}

impl Codec for Box<[u8]> {
    fn encode(&self, out: &mut Vec<u8>) {
        (self.len() as u32).encode(out);
        out.extend_from_slice(self);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let len = u32::decode(reader)?;
        reader.take(len as usize).map(Into::into)
    }
}

impl<T: Codec> Codec for Box<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        (**self).encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        T::decode(reader).map(Self::new)
    }
}

codec_struct!(Quote {
    bid,
    bid_qty,
    ask,
    ask_qty
});
codec_enum!(Aggressor { 0 => Unknown, 1 => Buyer, 2 => Seller });
codec_struct!(Trade {
    price,
    qty,
    aggressor
});
codec_struct!(Level { price, qty });
codec_struct!(DepthUpdate { bids, asks });
codec_struct!(Bar {
    start,
    open,
    high,
    low,
    close,
    volume
});
codec_enum!(InstrumentStatus {
    0 => Open,
    1 => Halted,
    2 => Closed,
    3 => PreOpen,
    4 => PreClose,
});
codec_struct!(Financing { long, short, price });
codec_enum!(MarketData {
    0 => Quote(quote),
    1 => Trade(trade),
    2 => DepthDelta(depth),
    3 => DepthSnapshot(depth),
    4 => Bar(bar),
    5 => Status(status),
    6 => Financing(financing),
    7 => Dividend { per_unit },
    8 => Split { new, old },
});
codec_struct!(MarketEvent {
    instrument,
    ts_event,
    data
});

codec_enum!(InstrumentKind { 0 => Equity, 1 => FxPair, 2 => CryptoSpot, 3 => Future });
codec_struct!(FeeSchedule {
    taker,
    maker,
    per_unit,
    minimum
});
codec_struct!(Requirement { rate, per_unit });
codec_struct!(Margin {
    initial,
    maintenance
});
codec_enum!(CancelModel { 0 => Conservative, 1 => Power(power) });
codec_enum!(FillRule { 0 => Touch, 1 => Through, 2 => Queue(model) });
codec_enum!(Sizes { 0 => Unlimited, 1 => Displayed });
codec_enum!(Slippage { 0 => None, 1 => Ticks(ticks), 2 => Rate(rate), 3 => Impact { ticks } });
codec_struct!(LatencySample { order_ns, ack_ns });
codec_enum!(Latency { 0 => None, 1 => Constant(sample), 2 => Recorded(latency) });
codec_enum!(BarPath { 0 => Ignored, 1 => Walked });
codec_struct!(PaperModel {
    fill,
    sizes,
    slippage,
    latency,
    bars
});
codec_enum!(Liquidity { 0 => Paper(model), 1 => Crossed });
codec_struct!(Instrument {
    symbol,
    kind,
    currency,
    tick_size,
    lot_size,
    contract_size,
    order_qty_max,
    fees,
    margin,
    shortable,
    collar,
    breaker,
    liquidity,
});
codec_enum!(InstrumentError {
    0 => TickSize,
    1 => LotSize,
    2 => ContractSize,
    3 => TickValue,
    4 => OrderQtyMax,
    5 => Fees,
    6 => OffTick,
    7 => OffLot,
    8 => Margin,
    9 => Bands,
    10 => Model,
});

codec_enum!(PositionMode { 0 => Netting, 1 => Hedging });
codec_enum!(MarkKind { 0 => Liquidation, 1 => Last, 2 => Mid });
codec_enum!(Funding { 0 => Unchecked, 1 => Cash, 2 => Margin { rate_min } });
codec_struct!(Terms {
    mode,
    funding,
    shorts,
    mark
});

codec_enum!(Side { 0 => Buy, 1 => Sell });
codec_enum!(TriggerOn { 0 => Quote, 1 => Last });
codec_enum!(Trail { 0 => Amount(amount), 1 => Percent(share) });
codec_enum!(OrderKind {
    0 => Market,
    1 => Limit { price },
    2 => Stop { trigger, on },
    3 => StopLimit { trigger, price, on },
    4 => MarketIfTouched { trigger, on },
    5 => TrailingStop { trail, on },
});
codec_enum!(TimeInForce {
    0 => GoodTillCancel,
    1 => Day,
    2 => ImmediateOrCancel,
    3 => FillOrKill,
    4 => GoodTillDate { until },
    5 => AtOpen,
    6 => AtClose,
});
codec_enum!(SelfTrade {
    0 => CancelNewest,
    1 => CancelOldest,
    2 => CancelBoth,
    3 => Decrement,
    4 => Allow,
});
codec_enum!(Leg { 0 => Net, 1 => Long, 2 => Short });
codec_struct!(NewOrder {
    account,
    client_order,
    instrument,
    side,
    kind,
    qty,
    tif,
    display,
    post_only,
    reduce_only,
    cancel_on_disconnect,
    self_trade,
    leg,
});
codec_enum!(ListKind { 0 => Oco, 1 => Oto, 2 => Bracket, 3 => Cover });
codec_struct!(OrderList { kind, orders });
codec_enum!(AlgoKind { 0 => Twap { slices }, 1 => Vwap { curve }, 2 => Pov { rate } });
codec_struct!(NewAlgo {
    account,
    client_order,
    instrument,
    side,
    qty,
    limit,
    start,
    end,
    kind,
    leg,
});
codec_struct!(OpenAccount { plan, parent, name });
codec_struct!(Parentage { account, origin });
codec_enum!(AccountChange { 0 => Suspend { reason, until }, 1 => Resume, 2 => Close });
codec_enum!(AdjustKind { 0 => ProfitAndLoss, 1 => Payout, 2 => Scale });
codec_enum!(CompetitionState { 0 => Upcoming, 1 => Live, 2 => InReview, 3 => Final });
codec_enum!(DisqualificationReason {
    0 => OppositePositions,
    1 => CopiedTrades,
    2 => SelfMatches,
    3 => StaleQuotes,
    4 => MultipleEntries,
    5 => Identity,
    6 => Terms,
    7 => Withdrawn,
});
codec_enum!(CompetitionChange {
    0 => End,
    1 => Disqualify { account, reason },
    2 => Reinstate { account },
    3 => Finalise,
});
codec_enum!(ContestRefusal {
    0 => State(state),
    1 => LateEntry,
    2 => Full { max },
    3 => NeedsTeam,
    4 => HasNoTeams,
    5 => UnknownEntrant(entrant),
    6 => IsDisqualified(entrant),
    7 => IsNotDisqualified(entrant),
    8 => EndsByItself,
});
codec_struct!(RollSchedule { zone, minute });
codec_enum!(Command {
    0 => RegisterInstrument(instrument),
    1 => DefinePlan { spec },
    2 => DefineCompetition { spec },
    3 => OpenAccount(open),
    4 => EnterCompetition { competition, account, team },
    5 => SubmitOrder(order),
    6 => AmendOrder { account, order, qty, price, trigger },
    7 => CancelOrder { account, order },
    8 => CancelAll { account, instrument, side },
    9 => Adjust { account, kind, amount },
    10 => SubmitList(list),
    11 => SubmitAlgo(algo),
    12 => Disconnect { account },
    13 => DefineCurve { weights },
    14 => DefineLatency { samples },
    15 => SetConversion { from, to, rate },
    16 => ChangeAccount { account, change },
    17 => AnnounceWindow { calendar, interval },
    18 => ChangeCompetition { competition, change },
});

codec_enum!(Timer { 0 => DayRoll { schedule, day }, 1 => Clock });
codec_enum!(InputKind { 0 => Market(event), 1 => Command(command), 2 => Timer(timer) });
codec_struct!(Input { seq, ts, kind });

codec_enum!(InputRejection {
    0 => UnknownInstrument,
    1 => UnknownPlan,
    2 => UnknownAccount,
    3 => UnknownCompetition,
    4 => UnknownSchedule,
    5 => BadInstrument(error),
    6 => BadPlan,
    7 => BadCompetition,
    8 => OffGrid,
    9 => BadQuote,
    10 => LimitReached,
    11 => CannotEnter,
    12 => DayNotAfter,
    13 => BadData,
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
});
codec_enum!(DenyReason {
    0 => UnknownAccount,
    1 => UnknownInstrument,
    2 => UnknownOrder,
    3 => AccountNotTrading,
    4 => DayLocked,
    5 => OrderRate { max },
    6 => DuplicateClientOrder,
    7 => QtyNotPositive,
    8 => QtyTooLarge { max },
    9 => QtyOffLot { lot_size },
    10 => QtyFilled { filled },
    11 => PriceOffTick { tick_size },
    12 => BadTrail,
    13 => BadList,
    14 => ChildrenMax { max },
    15 => BadDisplay,
    16 => BadTimeInForce,
    17 => BadLeg,
    18 => NoSuchPrice,
    19 => BadAlgo,
    20 => UnknownCurve,
    21 => NoConversion,
    22 => CurrenciesMax { max },
    23 => InstrumentNotOpen,
    24 => NoQuote,
    25 => BadQuote,
    26 => PriceOutsideCollar { limit },
    27 => NotReducing { position },
    28 => ShortNotAllowed { available },
    29 => BuyingPower { needed, available },
    30 => AccountOrdersMax { max },
    31 => OrdersMax { max },
    32 => PositionsMax { max },
    33 => LevelsMax { max },
    34 => WouldTake { best },
    35 => NotInPlan,
    36 => OutOfRange,
    37 => Mandatory,
    38 => Conduct(denial),
    39 => ScaleNotYet,
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
    11 => Collar,
    12 => Breaker,
    13 => Disconnected,
    14 => Split,
    15 => AuctionOver,
    16 => MarginCall,
    17 => Algo,
    18 => MarketNotOpen,
    19 => NoRoom,
    20 => Window,
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
codec_struct!(FloorMove {
    account,
    rule,
    baseline,
    allowance,
    floor,
    cause
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
    quote,
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
codec_enum!(SuspendReason { 0 => ByFirm, 1 => Review, 2 => Inactivity });
codec_struct!(Suspension {
    reason,
    until,
    prior
});
codec_enum!(Origin { 0 => NextPhase, 1 => Reset, 2 => Retry });
codec_enum!(OpenDenial {
    0 => ParentState { state },
    1 => Followed,
    2 => OtherPlan { needed },
    3 => ResetsMax { max },
    4 => RetriesMax { max },
});
codec_enum!(Calendar {
    0 => Named(name),
    1 => Daily { zone, from, to },
    2 => Weekly { zone, from, to },
});
codec_struct!(Interval { start, end });
codec_enum!(ConductDenial {
    0 => SizeMax { max, worst },
    1 => OrdersPerDay { max, orders },
    2 => TradesPerDay { max, trades },
    3 => Window { window },
});
codec_struct!(ScaleStanding {
    account,
    profit,
    profit_needed,
    days,
    days_needed,
    payouts,
    payouts_needed,
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
    12 => ChangeDenied { account, order, reason },
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
    33 => AlgoAccepted { order, request },
    34 => AlgoDenied { request, reason },
    35 => AlgoEnded { account, order, filled, reason },
    36 => Booked { account, instrument, leg, cause, amount, balance, position },
    37 => MarginCall { account, equity, required },
    38 => LimitWarned(warning),
    39 => AccountDenied { plan, parent, reason },
    40 => Suspended { account, suspension },
    41 => AccountChangeDenied { account, change, state },
    42 => Inactive { account, days },
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
    56 => VerdictBasis(basis),
    57 => LimitBasis(basis),
    58 => CashBasis(basis),
});
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
});
codec_struct!(LimitBasis {
    account,
    rule,
    baseline,
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
