//! The binary form of the vocabulary: little-endian, no padding, one tag byte for an enum.
//!
//! Fields are written in the order of their declaration. Changing an order or a tag changes the
//! format, and the golden bytes in [`crate::frame`] will say so.

use crate::command::{
    AdjustKind, Command, NewOrder, OpenAccount, OrderKind, RollSchedule, Side, TimeInForce,
};
use crate::event::{
    AccountState, Breach, BreachPosition, CancelReason, Consistency, DayClose, DenyReason, Effect,
    Event, EventKind, Fill, FillCause, FloorMove, FloorMoveCause, InputRejection, PayoutDenial,
    RuleKind,
};
use crate::id::{
    AccountId, ClientOrderId, CompetitionId, InstrumentId, OrderId, PlanHash, PlanId, Seq, ShardId,
};
use crate::input::{Input, InputKind, Timer};
use crate::instrument::{FeeSchedule, Instrument, InstrumentError, InstrumentKind};
use crate::label::Label;
use crate::market::{
    Aggressor, Bar, DepthUpdate, InstrumentStatus, Level, MarketData, MarketEvent, Quote, Trade,
};
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
    InstrumentId,
    Lots,
    Money,
    Notional,
    OrderId,
    PlanHash,
    PlanId,
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
codec_enum!(InstrumentStatus { 0 => Open, 1 => Halted, 2 => Closed });
codec_enum!(MarketData {
    0 => Quote(quote),
    1 => Trade(trade),
    2 => DepthDelta(depth),
    3 => DepthSnapshot(depth),
    4 => Bar(bar),
    5 => Status(status),
});
codec_struct!(MarketEvent {
    instrument,
    ts_event,
    data
});

codec_enum!(InstrumentKind { 0 => Equity, 1 => FxPair, 2 => CryptoSpot, 3 => Future });
codec_struct!(FeeSchedule {
    rate,
    per_unit,
    minimum
});
codec_struct!(Instrument {
    symbol,
    kind,
    currency,
    tick_size,
    lot_size,
    contract_size,
    order_qty_max,
    fees,
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
});

codec_enum!(Side { 0 => Buy, 1 => Sell });
codec_enum!(OrderKind { 0 => Market, 1 => Limit { price }, 2 => Stop { trigger } });
codec_enum!(TimeInForce { 0 => GoodTillCancel, 1 => Day, 2 => ImmediateOrCancel });
codec_struct!(NewOrder {
    account,
    client_order,
    instrument,
    side,
    kind,
    qty,
    tif
});
codec_struct!(OpenAccount { plan, parent, name });
codec_enum!(AdjustKind { 0 => ProfitAndLoss, 1 => Payout, 2 => Scale });
codec_struct!(RollSchedule { zone, minute });
codec_enum!(Command {
    0 => RegisterInstrument(instrument),
    1 => DefinePlan { spec },
    2 => DefineCompetition { spec },
    3 => OpenAccount(open),
    4 => EnterCompetition { competition, account },
    5 => SubmitOrder(order),
    6 => AmendOrder { account, order, qty, price },
    7 => CancelOrder { account, order },
    8 => CancelAll { account },
    9 => Adjust { account, kind, amount },
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
});
codec_enum!(DenyReason {
    0 => UnknownAccount,
    1 => UnknownInstrument,
    2 => UnknownOrder,
    3 => AccountNotTrading,
    4 => DayLocked,
    5 => DuplicateClientOrder,
    6 => QtyNotPositive,
    7 => QtyTooLarge,
    8 => QtyOffLot,
    9 => PriceOffTick,
    10 => NoQuote,
    11 => InstrumentNotOpen,
    12 => BadQuote,
    13 => CurrencyMismatch,
    14 => AccountOrdersMax,
    15 => OrdersMax,
    16 => NotInPlan,
    17 => OutOfRange,
});
codec_enum!(CancelReason {
    0 => Requested,
    1 => NotMarketable,
    2 => DayOver,
    3 => AccountLocked,
});
codec_enum!(FillCause { 0 => Order, 1 => Liquidation });
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
    cause,
});
codec_enum!(RuleKind { 0 => DailyLoss, 1 => MaxLoss });
codec_enum!(Effect { 0 => Fail, 1 => LockForDay });
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
codec_enum!(AccountState { 0 => Evaluation, 1 => Passed, 2 => Funded, 3 => Failed, 4 => Closed });
codec_enum!(PayoutDenial {
    0 => NotInPlan,
    1 => NotEligibleState,
    2 => AmountNotPositive,
    3 => NotFlat,
    4 => Consistency,
    5 => AboveEligible,
    6 => WouldBreach,
});
codec_enum!(EventKind {
    0 => InputRejected { reason },
    1 => InstrumentRegistered { instrument },
    2 => StatusChanged { instrument, status },
    3 => PlanDefined { plan, version, hash },
    4 => CompetitionDefined { competition },
    5 => AccountOpened { account, plan, parent, balance },
    6 => CompetitionEntered { competition, account },
    7 => OrderAccepted { order, request },
    8 => OrderDenied { request, reason },
    9 => OrderTriggered { account, order, price },
    10 => OrderAmended { account, order, qty, price },
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
});
codec_struct!(Event { seq, ts, kind });
