//! What a verdict rests on: facts that follow it, from which anybody can recompute it.

use crate::conduct::{DaysOf, InactivityEffect, LapseEffect};
use crate::event::{BaselineOrigin, RuleKind};
use crate::id::{AccountId, PlanHash, PlanId, Seq};
use crate::label::Label;
use crate::time::{TimestampNs, TradingDay};
use crate::unit::{Money, Notional, Price};

/// The account at a verdict: breach, day lock, pass, rest that was too long, or refused payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerdictBasis {
    /// The account.
    pub account: AccountId,
    /// Its plan.
    pub plan: PlanId,
    /// Version of the plan.
    pub plan_version: u32,
    /// Hash of the plan's canonical bytes.
    pub plan_hash: PlanHash,
    /// What percentages of initial refer to.
    pub size: Money,
    /// Cash of its own currency.
    pub own: Money,
    /// Cash of all currencies, others at their rates, each rounded down.
    pub balance: Money,
    /// Realised profit that does not count.
    pub excluded: Money,
    /// Profit beyond the best day's share that earlier payouts left for good.
    pub never_paid: Money,
    /// Profit beyond the best day's share now.
    pub beyond_best_day: Money,
    /// Trading days counted.
    pub days: u16,
    /// Trading days that count toward a payout.
    pub payout_days: u16,
    /// Open positions.
    pub positions: u32,
    /// Payouts so far, where the plan caps them by their number; else 0.
    pub payouts: u16,
    /// Calendar days since the trading day of the last payout, or since the one on which the account opened,
    /// where the plan asks for them; else 0.
    pub days_since_payout: u16,
}

/// A limit at a verdict, and what its floor is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitBasis {
    /// The account.
    pub account: AccountId,
    /// The rule.
    pub rule: RuleKind,
    /// Reference value.
    pub baseline: Money,
    /// The input that it was taken at.
    pub origin: BaselineOrigin,
    /// Allowed distance below it.
    pub allowance: Money,
    /// The floor.
    pub floor: Money,
    /// Payouts that put baseline and floor lower since the allowance was taken.
    pub lowered: Money,
    /// Of a floor that is held: its distance from the account's size, whatever the baseline is.
    pub held: Option<Money>,
}

/// A rest that was too long, and what the account held at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// The account.
    pub account: AccountId,
    /// Whole calendar days without an opening fill.
    pub days: u32,
    /// How many the plan ends a rest at.
    pub limit: u16,
    /// What happens now.
    pub effect: InactivityEffect,
    /// The trading day of its newest opening fill, or the first; of one that was suspended since, the day on
    /// which it was resumed.
    pub active: TradingDay,
    /// The input of that fill, else the one that opened or resumed the account.
    pub active_seq: Seq,
    /// Its time.
    pub active_ts: TimestampNs,
    /// The trading day that opens.
    pub opens: TradingDay,
    /// Equity then, exact.
    pub equity: Notional,
    /// Open positions then.
    pub positions: u32,
}

/// The time to pass is over, and what the account held then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lapse {
    /// The account.
    pub account: AccountId,
    /// How many days the plan gives.
    pub limit: u16,
    /// Which days those are.
    pub counts: DaysOf,
    /// What happens now.
    pub effect: LapseEffect,
    /// The trading day on which the account opened.
    pub opened: TradingDay,
    /// The last date of its time.
    pub last: TradingDay,
    /// The trading day that opens.
    pub opens: TradingDay,
    /// Equity then, exact.
    pub equity: Notional,
    /// Open positions then.
    pub positions: u32,
}

/// Cash of another currency at a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CashBasis {
    /// The account.
    pub account: AccountId,
    /// The currency.
    pub currency: Label,
    /// How much.
    pub cash: Money,
    /// Units of the account's currency for one of it.
    pub rate: Price,
}
