//! The state as its definitions name it, free of how it is laid out: what the shard and its naive
//! twin must agree on after every input. For tests and disputes, not for the hot path.

use rules::{AccountRules, Awards, Key, Lineage, Score};
use types::{
    AccountId, AccountState, BaselineOrigin, Calendar, CompetitionState, DisqualificationReason,
    InstrumentStatus, Interval, Label, Leg, Money, NewOrder, Notional, OrderId, OrderRole, PlanId,
    Price, Qty, Quote, Seq, SignedQty, Suspension, TeamId, TimestampNs,
};

use crate::snapshot::StateHash;
use crate::view::{House, Move};

/// Everything that inputs change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portrait {
    /// By id.
    pub accounts: Vec<AccountPortrait>,
    /// Working orders, ascending by id: in flight, held, waiting, resting, in an auction.
    pub orders: Vec<OrderPortrait>,
    /// Working algos, ascending by id.
    pub algos: Vec<AlgoPortrait>,
    /// By id.
    pub markets: Vec<MarketPortrait>,
    /// The firm's side of the ledger, ascending by currency.
    pub house: Vec<(Label, House)>,
    /// Announced intervals that are not long over, in order of announcement.
    pub intervals: Vec<(Calendar, Interval)>,
    /// Windows that are open, by plan and place, with the moment at which they close.
    pub windows: Vec<(PlanId, u8, TimestampNs)>,
    /// Competitions, by id.
    pub contests: Vec<ContestPortrait>,
}

/// One account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPortrait {
    /// Its state.
    pub state: AccountState,
    /// Its suspension, while it is suspended.
    pub suspension: Option<Suspension>,
    /// Resets and retries that led to it.
    pub lineage: Lineage,
    /// Whether another account follows it.
    pub followed: bool,
    /// Whether it is locked for the day.
    pub day_locked: bool,
    /// Balance of its own currency.
    pub balance: Money,
    /// Balances of other currencies, ascending by currency.
    pub foreign: Vec<(Label, Money)>,
    /// Exact, in its own currency.
    pub equity: Notional,
    /// Fees paid, in its own currency.
    pub fees: Money,
    /// What the rules know about it.
    pub rules: AccountRules,
    /// What moved its daily and its maximum loss limit last.
    pub moved: [Option<Move>; 2],
    /// Whether its owner was not told of that yet.
    pub untold: [bool; 2],
    /// Where the baselines of these limits come from.
    pub origins: [BaselineOrigin; 2],
    /// Where its plan does not let it rest for as long as it likes, its newest opening fill, else what opened
    /// or resumed it.
    pub active: Option<(Seq, TimestampNs)>,
    /// Positions and working sums, ascending by instrument and leg; only those that are not all zero.
    pub holdings: Vec<HoldingPortrait>,
    /// Its score, when it is in a competition.
    pub score: Option<Score>,
}

/// One competition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContestPortrait {
    /// Where it is in its life.
    pub state: CompetitionState,
    /// Whether the public board stands still.
    pub is_frozen: bool,
    /// In order of entry.
    pub entrants: Vec<EntrantPortrait>,
    /// What placed the entrants when they were scored last, best first: what prizes follow.
    pub scored: Vec<Key>,
    /// The reviewers' board at this moment.
    pub board: Vec<PlacePortrait>,
    /// What the public sees of it.
    pub public: Vec<PlacePortrait>,
    /// Who gets what, once that is decided.
    pub awards: Option<Awards>,
}

/// An entrant of a competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntrantPortrait {
    /// Who.
    pub account: AccountId,
    /// Its team.
    pub team: Option<TeamId>,
    /// Why it was taken off the board.
    pub disqualified: Option<DisqualificationReason>,
}

/// A row of a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacePortrait {
    /// From 1; `None` while it is not eligible.
    pub rank: Option<u32>,
    /// The entrant.
    pub account: AccountId,
    /// Its score.
    pub score: Score,
}

/// What an account has in one instrument and leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldingPortrait {
    /// The instrument.
    pub instrument: u32,
    /// Which position.
    pub leg: Leg,
    /// How much.
    pub position: SignedQty,
    /// What it cost, exact.
    pub cost: Notional,
    /// Leaves of the working buys that may open.
    pub buys: Qty,
    /// Leaves of the working sells that may open.
    pub sells: Qty,
}

/// Where a working order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderStage {
    /// On its way to the market.
    InFlight,
    /// Waiting for its parent.
    Held,
    /// Waiting for its trigger.
    Waiting,
    /// A limit order on the market.
    Resting,
    /// Waiting for its auction.
    Auction,
}

/// A working order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderPortrait {
    /// Its id.
    pub id: OrderId,
    /// Its terms, with the figures as they stand.
    pub request: NewOrder,
    /// Where it is.
    pub stage: OrderStage,
    /// Still to execute.
    pub leaves: Qty,
    /// Executed.
    pub filled: Qty,
    /// What a book shows of it; zero where no book does.
    pub displayed: Qty,
    /// Limit price as it stands.
    pub limit: Option<Price>,
    /// Trigger as it stands, while it waits for one.
    pub trigger: Option<Price>,
    /// Of an order that rests under the queue rule: quantity before it, quantity shown, quantity
    /// printed since.
    pub queue: Option<(Qty, Qty, Qty)>,
    /// First order of its list, or its algo; zero for none.
    pub list: OrderId,
    /// Its part in it.
    pub role: OrderRole,
    /// Fees earned by its fills, before the minimum.
    pub earned: Money,
}

/// A working algo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlgoPortrait {
    /// Its id.
    pub id: OrderId,
    /// Owner.
    pub account: AccountId,
    /// Executed by its children.
    pub filled: Qty,
    /// Printed volume that it has counted.
    pub volume: Qty,
    /// Its working child; zero for none.
    pub child: OrderId,
    /// The slice that is next, from 0.
    pub next_slice: u32,
}

/// One instrument's market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarketPortrait {
    /// Whether it trades.
    pub status: InstrumentStatus,
    /// The touch.
    pub quote: Option<Quote>,
    /// Whether it is stale.
    pub stale: bool,
    /// Whether the feed lost track of it.
    pub lost: bool,
    /// The newest print.
    pub last: Option<Price>,
    /// The breaker's reference.
    pub session: Option<Price>,
    /// Buy side of the book, best first: price, displayed quantity, orders front first.
    pub bids: Vec<(Price, Qty, Vec<OrderId>)>,
    /// Sell side of the book, best first.
    pub asks: Vec<(Price, Qty, Vec<OrderId>)>,
}

impl Portrait {
    /// BLAKE3 of the portrait's debug text: equal portraits, equal hashes.
    pub fn hash(&self) -> StateHash {
        StateHash(*blake3::hash(format!("{self:?}").as_bytes()).as_bytes())
    }
}
