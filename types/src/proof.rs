//! What a verdict rests on: facts that follow it, from which anybody can recompute it.

use crate::event::RuleKind;
use crate::id::{AccountId, PlanHash, PlanId};
use crate::label::Label;
use crate::unit::{Money, Price};

/// The account at a verdict: breach, day lock, pass or refused payout.
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
    /// Allowed distance below it.
    pub allowance: Money,
    /// The floor.
    pub floor: Money,
    /// Payouts that put baseline and floor lower since the allowance was taken.
    pub lowered: Money,
    /// Of a floor that is held: its distance from the account's size, whatever the baseline is.
    pub held: Option<Money>,
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
