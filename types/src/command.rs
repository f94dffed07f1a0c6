//! Intents. A command becomes a fact only when the engine says so in an event.

use crate::id::{AccountId, ClientOrderId, CompetitionId, InstrumentId, OrderId, PlanId};
use crate::instrument::Instrument;
use crate::label::Label;
use crate::unit::{Money, Price, Qty};

/// What somebody wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make an instrument known; its id is the next one.
    RegisterInstrument(Instrument),
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
    },
    /// Send an order.
    SubmitOrder(NewOrder),
    /// Change a working order; what is `None` stays.
    AmendOrder {
        /// Owner of the order.
        account: AccountId,
        /// The order.
        order: OrderId,
        /// Total quantity, filled part included.
        qty: Option<Qty>,
        /// Limit price of a limit order, trigger of a stop order.
        price: Option<Price>,
    },
    /// Cancel a working order.
    CancelOrder {
        /// Owner of the order.
        account: AccountId,
        /// The order.
        order: OrderId,
    },
    /// Cancel every working order of an account.
    CancelAll {
        /// The account.
        account: AccountId,
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
    /// The account that this one follows as next phase, reset or retry.
    pub parent: Option<AccountId>,
    /// Name on boards and screens.
    pub name: Label,
}

/// An order as its sender asks for it.
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
    /// At the opposite side of the quote, now.
    Market,
    /// At the limit or better.
    Limit {
        /// Worst price accepted.
        price: Price,
    },
    /// A market order once the opposite side of the quote reaches the trigger.
    Stop {
        /// A buy triggers when the ask is at or above it, a sell when the bid is at or below it.
        trigger: Price,
    },
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
}

/// When a plan's trading day rolls. Data only: the runtime computes the moments from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RollSchedule {
    /// IANA time zone, such as `America/New_York`.
    pub zone: Label,
    /// Minute of the local day at which a new trading day opens, 0 to 1,439.
    pub minute: u16,
}
