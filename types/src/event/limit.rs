//! Limits of an account: their floors, warnings and breaches.

use crate::id::{AccountId, InstrumentId, PlanHash, PlanId, Seq};
use crate::time::TimestampNs;
use crate::unit::{Money, Notional, Price, SignedQty};

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
    /// The input that the baseline comes from: of a move that is told of later, an earlier one.
    pub origin: BaselineOrigin,
}

/// The input that a limit's baseline was taken at, before payouts put it lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BaselineOrigin {
    /// The input.
    pub seq: Seq,
    /// Its time.
    pub ts: TimestampNs,
    /// What it was taken from.
    pub source: BaselineSource,
}

/// What a limit's baseline was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaselineSource {
    /// The balance that the account opened with.
    Opening,
    /// Balance or equity when a trading day rolled.
    Roll,
    /// Live equity at its peak: what it was, exact. The baseline is this, rounded down.
    Equity(Notional),
    /// The closed balance at its peak.
    ClosedBalance,
    /// The baseline before it, and the step by which the account grew.
    Scaling,
}

impl BaselineSource {
    /// Of a peak of live equity, what it was.
    pub const fn peak(self) -> Option<Notional> {
        match self {
            Self::Equity(peak) => Some(peak),
            Self::Opening | Self::Roll | Self::ClosedBalance | Self::Scaling => None,
        }
    }
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

/// An open position at the moment of a breach, or of the end of a rest.
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
    /// The input that gave the mark: of bid, ask and their middle the input that stated the
    /// quote, or, in a book among participants, the last that moved a price of it; of the newest print the
    /// print's. After a split, which moves all prices, the split's.
    pub mark_seq: Seq,
    /// Value at the mark minus cost, exact.
    pub unrealised: Notional,
}
