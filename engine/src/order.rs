//! A working order beside its node in the book: what only its own life needs.

use types::{
    ClientOrderId, Codec, CodecError, Leg, Lots, Money, NewOrder, OrderId, OrderKind, OrderRole,
    Price, Reader, SelfTrade, Seq, Side, Ticks, TimeInForce, TimestampNs, Trail, TriggerOn,
    codec_enum, codec_struct,
};

use crate::derived::{Derived, DerivedSeq};
use crate::slab::NIL;

/// A working order. One cache line, and not parts of two: what only some orders have is an [`Extra`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(64))]
pub(crate) struct Order {
    pub(crate) client: ClientOrderId,
    /// Total quantity, executed part included.
    pub(crate) qty: Lots,
    pub(crate) filled: Lots,
    /// Limit price; 0 where it has none.
    pub(crate) limit: Ticks,
    /// The account's list of working orders, oldest first.
    pub(crate) previous: u32,
    pub(crate) next: u32,
    pub(crate) holding: u32,
    /// Handle of its [`Extra`], or `NIL`.
    pub(crate) extra: u32,
    pub(crate) side: Side,
    pub(crate) form: Form,
    pub(crate) stage: Stage,
    pub(crate) role: OrderRole,
    pub(crate) self_trade: SelfTrade,
    pub(crate) tif: Tif,
    pub(crate) flags: Flags,
}

const _: () = assert!(size_of::<Order>() == 64);

codec_struct!(Order {
    client,
    qty,
    filled,
    limit,
    previous,
    next,
    holding,
    extra,
    side,
    form,
    stage,
    role,
    self_trade,
    tif,
    flags,
});

/// The kind of an order without its figures, as it stands: a stop-limit that was triggered is a limit
/// order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Market,
    Limit,
    Stop,
    StopLimit,
    MarketIfTouched,
    TrailingStop,
}

codec_enum!(Form {
    0 => Market,
    1 => Limit,
    2 => Stop,
    3 => StopLimit,
    4 => MarketIfTouched,
    5 => TrailingStop,
});

impl Form {
    pub(crate) const fn of(kind: OrderKind) -> Self {
        match kind {
            OrderKind::Market => Self::Market,
            OrderKind::Limit { .. } => Self::Limit,
            OrderKind::Stop { .. } => Self::Stop,
            OrderKind::StopLimit { .. } => Self::StopLimit,
            OrderKind::MarketIfTouched { .. } => Self::MarketIfTouched,
            OrderKind::TrailingStop { .. } => Self::TrailingStop,
        }
    }

    /// A kind of this form, for what looks at the form only.
    pub(crate) const fn kind(self) -> OrderKind {
        match self {
            Self::Market => OrderKind::Market,
            _ => OrderKind::Limit { price: Price::ZERO },
        }
    }

    /// What it is once its trigger was reached.
    pub(crate) const fn fired(self) -> Self {
        match self {
            Self::Limit | Self::StopLimit => Self::Limit,
            _ => Self::Market,
        }
    }

    /// Whether it waits for a trigger.
    pub(crate) const fn is_triggered(self) -> bool {
        !matches!(self, Self::Market | Self::Limit)
    }

    /// Whether it has a limit price.
    pub(crate) const fn has_limit(self) -> bool {
        matches!(self, Self::Limit | Self::StopLimit)
    }

    /// Whether its trigger lies where the price gets worse for its owner.
    pub(crate) const fn is_stop(self) -> bool {
        matches!(self, Self::Stop | Self::StopLimit | Self::TrailingStop)
    }
}

/// Time in force without its figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tif {
    GoodTillCancel,
    Day,
    ImmediateOrCancel,
    FillOrKill,
    GoodTillDate,
    AtOpen,
    AtClose,
}

codec_enum!(Tif {
    0 => GoodTillCancel,
    1 => Day,
    2 => ImmediateOrCancel,
    3 => FillOrKill,
    4 => GoodTillDate,
    5 => AtOpen,
    6 => AtClose,
});

impl Tif {
    pub(crate) const fn of(tif: TimeInForce) -> Self {
        match tif {
            TimeInForce::GoodTillCancel => Self::GoodTillCancel,
            TimeInForce::Day => Self::Day,
            TimeInForce::ImmediateOrCancel => Self::ImmediateOrCancel,
            TimeInForce::FillOrKill => Self::FillOrKill,
            TimeInForce::GoodTillDate { .. } => Self::GoodTillDate,
            TimeInForce::AtOpen => Self::AtOpen,
            TimeInForce::AtClose => Self::AtClose,
        }
    }

    /// A time in force of this form, for what looks at the form only.
    pub(crate) const fn plain(self) -> TimeInForce {
        match self {
            Self::GoodTillCancel | Self::GoodTillDate => TimeInForce::GoodTillCancel,
            Self::Day => TimeInForce::Day,
            Self::ImmediateOrCancel => TimeInForce::ImmediateOrCancel,
            Self::FillOrKill => TimeInForce::FillOrKill,
            Self::AtOpen => TimeInForce::AtOpen,
            Self::AtClose => TimeInForce::AtClose,
        }
    }

    /// Whether it waits for an auction.
    pub(crate) const fn is_auction(self) -> bool {
        matches!(self, Self::AtOpen | Self::AtClose)
    }

    /// Whether it never rests.
    pub(crate) const fn is_immediate(self) -> bool {
        matches!(self, Self::ImmediateOrCancel | Self::FillOrKill)
    }
}

/// Where a working order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// On its way to the market.
    InFlight,
    /// Waiting for its parent.
    Held,
    /// At the market's door: it takes, and then rests or ends.
    Entering,
    /// Waiting for its trigger.
    Waiting,
    /// A limit order on the market.
    Resting,
    /// Waiting for its auction.
    Auction,
}

codec_enum!(Stage {
    0 => InFlight,
    1 => Held,
    2 => Entering,
    3 => Waiting,
    4 => Resting,
    5 => Auction,
});

/// Small truths about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flags(u8);

impl Codec for Flags {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        match u8::decode(reader)? {
            bits @ 0..128 => Ok(Self(bits)),
            _ => Err(CodecError::Invalid("order flags")),
        }
    }
}

impl Flags {
    const POST_ONLY: u8 = 1;
    const REDUCE_ONLY: u8 = 2;
    const CANCEL_ON_DISCONNECT: u8 = 4;
    const CLOSING: u8 = 8;
    const CUT: u8 = 16;
    const OPENED: u8 = 32;
    const PAID: u8 = 64;

    /// `shorts`: whether the account may go below zero in the instrument. `cash`: whether it pays in cash.
    pub(crate) const fn of(request: &NewOrder, shorts: bool, cash: bool) -> Self {
        let mut bits = 0;
        if request.post_only {
            bits |= Self::POST_ONLY;
        }
        if request.reduce_only {
            bits |= Self::REDUCE_ONLY;
        }
        if request.cancel_on_disconnect {
            bits |= Self::CANCEL_ON_DISCONNECT;
        }
        if is_closing(request) {
            bits |= Self::CLOSING;
        }
        if is_closing(request) || (!shorts && matches!(request.side, Side::Sell)) {
            bits |= Self::CUT;
        }
        if cash && matches!(request.side, Side::Buy) && !is_closing(request) {
            bits |= Self::PAID;
        }
        Self(bits)
    }

    /// Of an order that neither has to close nor is post-only, of an account that may go short and does not pay in cash.
    #[inline]
    pub(crate) const fn of_plain(request: &NewOrder) -> Self {
        Self(if request.cancel_on_disconnect {
            Self::CANCEL_ON_DISCONNECT
        } else {
            0
        })
    }

    /// The same without what its fills have done.
    #[must_use]
    pub(crate) const fn as_sent(self) -> Self {
        Self(self.0 & !Self::OPENED)
    }

    /// Notes that a fill of it opened or enlarged a position; says whether it is the first.
    pub(crate) const fn note_opening(&mut self) -> bool {
        let is_first = self.0 & Self::OPENED == 0;
        self.0 |= Self::OPENED;
        is_first
    }

    /// Whether a fill of it opened or enlarged a position.
    pub(crate) const fn has_opened(self) -> bool {
        self.0 & Self::OPENED != 0
    }

    pub(crate) const fn is_post_only(self) -> bool {
        self.0 & Self::POST_ONLY != 0
    }

    pub(crate) const fn is_reduce_only(self) -> bool {
        self.0 & Self::REDUCE_ONLY != 0
    }

    pub(crate) const fn ends_on_disconnect(self) -> bool {
        self.0 & Self::CANCEL_ON_DISCONNECT != 0
    }

    /// Whether its fills are cut to the position that it opposes: it must reduce, or it sells where nothing
    /// may go below zero.
    pub(crate) const fn is_cut(self) -> bool {
        self.0 & Self::CUT != 0
    }

    /// Whether its fills are cut to the cash that pays for them.
    pub(crate) const fn is_paid(self) -> bool {
        self.0 & Self::PAID != 0
    }

    /// Whether its fills are cut to the position or to the cash.
    pub(crate) const fn is_bounded(self) -> bool {
        self.0 & (Self::CUT | Self::PAID) != 0
    }

    /// Whether it may only make a position smaller.
    pub(crate) const fn is_closing(self) -> bool {
        self.0 & Self::CLOSING != 0
    }
}

/// Whether an order may only make a position smaller: it says so, or its leg does.
pub(crate) const fn is_closing(request: &NewOrder) -> bool {
    request.reduce_only
        || matches!(
            (request.leg, request.side),
            (Leg::Long, Side::Sell) | (Leg::Short, Side::Buy)
        )
}

/// Whether an order of this part of a list closes what its entry opens.
pub(crate) const fn is_exit(role: OrderRole) -> bool {
    matches!(
        role,
        OrderRole::TakeProfit | OrderRole::StopLoss | OrderRole::CoverStop
    )
}

/// Whether an order of this part of a list is the stop of what its entry opens.
pub(crate) const fn protects(role: OrderRole) -> bool {
    matches!(role, OrderRole::StopLoss | OrderRole::CoverStop)
}

impl Order {
    /// What stands at a handle that no order had yet.
    pub(crate) const VACANT: Self = Self {
        client: ClientOrderId(0),
        qty: Lots(0),
        filled: Lots(0),
        limit: Ticks(0),
        previous: crate::book::NIL,
        next: crate::book::NIL,
        holding: NIL,
        extra: NIL,
        side: Side::Buy,
        form: Form::Market,
        stage: Stage::Entering,
        role: OrderRole::Alone,
        self_trade: SelfTrade::Allow,
        tif: Tif::GoodTillCancel,
        flags: Flags(0),
    };

    /// Still to execute.
    #[inline]
    pub(crate) const fn leaves(&self) -> Lots {
        Lots(self.qty.0 - self.filled.0)
    }
}

/// What only some orders have: a trigger, a display, a list, a deadline, a queue position, a fee with a
/// minimum, time on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extra {
    /// The order.
    pub(crate) order: OrderId,
    /// The kind that was asked for.
    pub(crate) asked: Form,
    /// The most that a book shows; 0 shows all.
    pub(crate) display: Lots,
    /// Trigger as it stands; of a trailing stop that has had no reference yet, 0.
    pub(crate) trigger: Ticks,
    /// Whether the trigger is known.
    pub(crate) has_trigger: bool,
    pub(crate) on: TriggerOn,
    /// Distance of a trailing stop.
    pub(crate) trail: Option<Trail>,
    /// First moment at which it no longer works.
    pub(crate) until: TimestampNs,
    /// First order of its list, or its algo; 0 for none.
    pub(crate) list: OrderId,
    /// Orders of its list.
    pub(crate) list_len: u32,
    /// Of the parent of an OTO the quantity that it was accepted with, else 0.
    pub(crate) sent: Lots,
    /// Fees earned by its fills, before the minimum.
    pub(crate) earned: Money,
    /// Whether it has filled, so that the minimum was charged.
    pub(crate) has_earned: bool,
    /// Under the queue rule: quantity before it, quantity shown, quantity printed since.
    pub(crate) queue: Queue,
    /// Time from the market back to its sender, nanoseconds.
    pub(crate) ack_ns: u32,
    /// Of an entry the input in which it last traded in a book.
    pub(crate) entered: DerivedSeq,
    /// Its place in the agenda.
    pub(crate) timed: Derived,
}

codec_struct!(Extra {
    order,
    asked,
    display,
    trigger,
    has_trigger,
    on,
    trail,
    until,
    list,
    list_len,
    sent,
    earned,
    has_earned,
    queue,
    ack_ns,
    entered,
    timed,
});

/// An estimated place in the queue of a price of the outside market, in lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Queue {
    /// Quantity before the order.
    pub(crate) ahead: i64,
    /// Quantity that the market showed at its price.
    pub(crate) shown: i64,
    /// Quantity that printed at its price since.
    pub(crate) printed: i64,
}

codec_struct!(Queue {
    ahead,
    shown,
    printed
});

impl Extra {
    pub(crate) const fn new(order: OrderId, asked: Form) -> Self {
        Self {
            order,
            asked,
            display: Lots(0),
            trigger: Ticks(0),
            has_trigger: false,
            on: TriggerOn::Quote,
            trail: None,
            until: TimestampNs(0),
            list: OrderId(0),
            list_len: 0,
            sent: Lots(0),
            earned: Money::ZERO,
            has_earned: false,
            queue: Queue {
                ahead: 0,
                shown: 0,
                printed: 0,
            },
            ack_ns: 0,
            entered: DerivedSeq(Seq(0)),
            timed: Derived::NONE,
        }
    }
}
