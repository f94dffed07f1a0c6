//! Intents. A command becomes a fact only when the engine says so in an event.

use crate::calendar::{Calendar, Interval};
use crate::contest::{CompetitionChange, TeamId};
use crate::id::{AccountId, ClientOrderId, CompetitionId, CurveId, InstrumentId, OrderId, PlanId};
use crate::instrument::Instrument;
use crate::label::Label;
use crate::lifecycle::{AccountChange, Parentage};
use crate::market::MarketChange;
use crate::time::TimestampNs;
use crate::unit::{Money, Price, Qty, Ratio};

/// What somebody wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make an instrument known; its id is the next one.
    RegisterInstrument(Box<Instrument>),
    /// Make a plan known; its id is the next one. `spec` is the canonical form of `rules::Plan`.
    DefinePlan {
        /// Canonical bytes; their hash freezes the rules of every account opened under it.
        spec: Box<[u8]>,
    },
    /// Make a competition known; its id is the next one. `spec` is the canonical form of
    /// `rules::Competition`.
    DefineCompetition {
        /// Canonical bytes.
        spec: Box<[u8]>,
    },
    /// Open an account; its id is the next one.
    OpenAccount(OpenAccount),
    /// Enter an account into a competition.
    EnterCompetition {
        /// The competition.
        competition: CompetitionId,
        /// The entrant.
        account: AccountId,
        /// Its team, in a competition among teams.
        team: Option<TeamId>,
    },
    /// Change a competition from outside.
    ChangeCompetition {
        /// The competition.
        competition: CompetitionId,
        /// What becomes of it.
        change: CompetitionChange,
    },
    /// Send an order.
    SubmitOrder(NewOrder),
    /// Send orders that depend on each other; all are accepted or none.
    SubmitList(OrderList),
    /// Send an order that the engine slices over time.
    SubmitAlgo(NewAlgo),
    /// Change a working order; what is `None` stays.
    AmendOrder {
        /// Owner of the order.
        account: AccountId,
        /// The order.
        order: OrderId,
        /// Total quantity, filled part included.
        qty: Option<Qty>,
        /// Limit price.
        price: Option<Price>,
        /// Trigger of an order that waits for one.
        trigger: Option<Price>,
    },
    /// Cancel a working order.
    CancelOrder {
        /// Owner of the order.
        account: AccountId,
        /// The order.
        order: OrderId,
    },
    /// Cancel the working orders of an account that match every filter given.
    CancelAll {
        /// The account.
        account: AccountId,
        /// Only those of this instrument.
        instrument: Option<InstrumentId>,
        /// Only those of this side.
        side: Option<Side>,
    },
    /// The account's session ended: cancels the working orders that asked for it.
    Disconnect {
        /// The account.
        account: AccountId,
    },
    /// Make a volume curve known; its id is the next one.
    DefineCurve {
        /// Weight of each interval of equal length, not all zero.
        weights: Vec<u32>,
    },
    /// Make a recorded latency distribution known; its id is the next one.
    DefineLatency {
        /// Its samples, at least one.
        samples: Vec<LatencySample>,
    },
    /// What one unit of a currency is worth in another, for the balances and positions held in it.
    SetConversion {
        /// The currency held.
        from: Label,
        /// The currency of the account.
        to: Label,
        /// Units of `to` for one of `from`, above zero.
        rate: Price,
    },
    /// Change an instrument's market for the firm.
    ChangeMarket {
        /// The instrument.
        instrument: InstrumentId,
        /// What becomes of it.
        change: MarketChange,
    },
    /// Suspend an account, end its suspension, or close it.
    ChangeAccount {
        /// The account.
        account: AccountId,
        /// What becomes of it.
        change: AccountChange,
    },
    /// Make an interval of a calendar known: the windows of every plan that follow the calendar open
    /// and close by it. The same one again changes nothing.
    AnnounceWindow {
        /// The calendar.
        calendar: Calendar,
        /// The interval, before any plan widens it.
        interval: Interval,
    },
    /// Change an account from outside the market.
    Adjust {
        /// The account.
        account: AccountId,
        /// What kind of change.
        kind: AdjustKind,
        /// Amount in account currency; its sign is said by the kind.
        amount: Money,
    },
}

/// A change of an account that no fill caused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdjustKind {
    /// Realised profit or loss booked from outside: counts as the day's P&L. Any sign.
    ProfitAndLoss,
    /// A request to pay out `amount` of profit, above zero.
    Payout,
    /// One step of the plan's scaling; `amount` is zero.
    Scale,
}

/// The opening of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenAccount {
    /// The plan whose rules are frozen into the account.
    pub plan: PlanId,
    /// The account that this one follows, and why.
    pub parent: Option<Parentage>,
    /// Name on boards and screens.
    pub name: Label,
}

/// An order as its sender asks for it. [`NewOrder::new`] has the usual terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewOrder {
    /// Who trades.
    pub account: AccountId,
    /// The sender's identity for it, unique within the account; zero for none.
    pub client_order: ClientOrderId,
    /// What is traded.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// How it executes.
    pub kind: OrderKind,
    /// How much, above zero.
    pub qty: Qty,
    /// How long it works.
    pub tif: TimeInForce,
    /// The most that a book shows of it at a time (an iceberg), in at most
    /// [`NewOrder::ICEBERG_PARTS_MAX`] parts; zero shows all.
    pub display: Qty,
    /// It must not trade on arrival.
    pub post_only: bool,
    /// It may only make a position smaller; what would do more is cancelled.
    pub reduce_only: bool,
    /// It ends with the account's session.
    pub cancel_on_disconnect: bool,
    /// What happens before it would trade with an order of its own account.
    pub self_trade: SelfTrade,
    /// The position it is for: [`Leg::Net`] in a netting account, one of the others in a hedging one.
    pub leg: Leg,
}

impl NewOrder {
    /// The most parts that an iceberg may show one after the other. Whoever takes all of it trades with
    /// each of them within one input, which must not take without end.
    pub const ICEBERG_PARTS_MAX: i64 = 1_000;

    /// An order good till cancelled that shows all of itself.
    pub const fn new(
        account: AccountId,
        instrument: InstrumentId,
        side: Side,
        kind: OrderKind,
        qty: Qty,
    ) -> Self {
        Self {
            account,
            client_order: ClientOrderId(0),
            instrument,
            side,
            kind,
            qty,
            tif: TimeInForce::GoodTillCancel,
            display: Qty::ZERO,
            post_only: false,
            reduce_only: false,
            cancel_on_disconnect: false,
            self_trade: SelfTrade::CancelNewest,
            leg: Leg::Net,
        }
    }
}

/// What happens before two orders of one account would trade with each other in a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SelfTrade {
    /// The incoming order ends.
    #[default]
    CancelNewest,
    /// The resting order ends.
    CancelOldest,
    /// Both end.
    CancelBoth,
    /// Both become smaller by the lesser quantity, and the one at zero ends.
    Decrement,
    /// They trade.
    Allow,
}

/// Which of an account's positions in one instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Leg {
    /// The only one, long or short.
    #[default]
    Net,
    /// The long one of a hedging account: a buy opens, a sell closes.
    Long,
    /// The short one of a hedging account: a sell opens, a buy closes.
    Short,
}

/// Orders that depend on each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderList {
    /// How.
    pub kind: ListKind,
    /// In the order that the kind asks for, all of one account and one instrument.
    pub orders: Vec<NewOrder>,
}

/// How the orders of a list depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// One cancels the others: the first execution of any of two or more orders ends the rest.
    Oco,
    /// One triggers the others: the first order's complete fill sends the rest to the market.
    Oto,
    /// Entry, take profit, stop. Each fill of the entry sends as much of both exits to the market; a
    /// fill of one exit makes the other smaller by as much, and one within the input in which the entry traded in a book
    /// ends what works of the entry.
    Bracket,
    /// Entry and mandatory stop, as in a bracket.
    Cover,
}

/// An order that the engine slices. Its children are orders of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewAlgo {
    /// Who trades.
    pub account: AccountId,
    /// The sender's identity for it, as of an order.
    pub client_order: ClientOrderId,
    /// What is traded.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// How much in all, above zero.
    pub qty: Qty,
    /// Limit of every child; without it the children are market orders.
    pub limit: Option<Price>,
    /// First slice; now, when it is past.
    pub start: TimestampNs,
    /// The algo ends here.
    pub end: TimestampNs,
    /// How it slices.
    pub kind: AlgoKind,
    /// The position it is for.
    pub leg: Leg,
    /// It ends with the account's session.
    pub cancel_on_disconnect: bool,
}

/// How an algo slices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlgoKind {
    /// So many slices of equal size at equal intervals.
    Twap {
        /// At least one.
        slices: u16,
    },
    /// A slice for each interval of a curve, sized by its weight.
    Vwap {
        /// The curve.
        curve: CurveId,
    },
    /// A share of the volume that prints. What such an algo takes from a book, others count at once and
    /// follow with the next print that is not such an algo's.
    Pov {
        /// In (0, 1].
        rate: Ratio,
    },
}

/// One recorded delay each way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LatencySample {
    /// From the sender to the market, nanoseconds.
    pub order_ns: u32,
    /// From the market back to the sender, nanoseconds.
    pub ack_ns: u32,
}

/// Buy or sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Buy.
    Buy,
    /// Sell.
    Sell,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// +1 to buy, -1 to sell.
    #[must_use]
    pub const fn sign(self) -> i64 {
        match self {
            Self::Buy => 1,
            Self::Sell => -1,
        }
    }
}

/// How an order executes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderKind {
    /// At the opposite side, now.
    Market,
    /// At the limit or better.
    Limit {
        /// Worst price accepted.
        price: Price,
    },
    /// A market order once the price is at the trigger or beyond: above it for a buy, below it for a
    /// sell.
    Stop {
        /// The price waited for.
        trigger: Price,
        /// Which price.
        on: TriggerOn,
    },
    /// A limit order once the price is at the trigger or beyond.
    StopLimit {
        /// The price waited for.
        trigger: Price,
        /// Worst price accepted.
        price: Price,
        /// Which price.
        on: TriggerOn,
    },
    /// A market order once the price is at the trigger or better: below it for a buy, above it for a
    /// sell.
    MarketIfTouched {
        /// The price waited for.
        trigger: Price,
        /// Which price.
        on: TriggerOn,
    },
    /// A stop whose trigger follows the price at a distance and never goes back.
    TrailingStop {
        /// The distance.
        trail: Trail,
        /// Which price.
        on: TriggerOn,
    },
}

/// The price that a trigger looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TriggerOn {
    /// The side that the order would trade against: the ask for a buy, the bid for a sell.
    #[default]
    Quote,
    /// The newest print.
    Last,
}

/// Distance of a trailing stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trail {
    /// An amount of price, above zero, a multiple of the tick size.
    Amount(Price),
    /// A share of the price, in (0, 1), rounded down to a tick and at least one tick.
    Percent(Ratio),
}

/// How long an order works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeInForce {
    /// Until it is filled or cancelled.
    GoodTillCancel,
    /// Until the account's next day roll.
    Day,
    /// Now; what does not fill is cancelled.
    ImmediateOrCancel,
    /// Now and whole, or not at all.
    FillOrKill,
    /// Until this time.
    GoodTillDate {
        /// The first moment at which it no longer works.
        until: TimestampNs,
    },
    /// In the next opening auction only.
    AtOpen,
    /// In the next closing auction only.
    AtClose,
}

/// When a plan's trading day rolls. Data only: the runtime computes the moments from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RollSchedule {
    /// IANA time zone, such as `America/New_York`.
    pub zone: Label,
    /// Minute of the local day at which a new trading day opens, 0 to 1,439.
    pub minute: u16,
}
