//! What an account could be paid out and how it could grow: every bound, and why not yet.

use rules::{PayoutBounds, PayoutRule};
use types::{AccountId, DenyReason, Money, PayoutDenial, Ratio, ScaleStanding};

use crate::shard::Shard;

/// How an account stands against its payout rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayoutView {
    /// The most that a request of now would be granted.
    pub payable: Money,
    /// Why nothing is payable; what a request of the least amount would be refused for.
    pub denied: Option<PayoutDenial>,
    /// The rule.
    pub rule: PayoutRule,
    /// The trader's share of the next payout: where a tier of the split begins within it, of what comes before.
    pub split: Ratio,
    /// What bounds the amount, whether or not anything else stands against a payout.
    pub bounds: PayoutBounds,
    /// Trading days that count since the last payout.
    pub days: u16,
    /// What best days made beyond their share until the last payout: never paid out.
    pub never_paid: Money,
    /// What the best day since then makes beyond its share.
    pub beyond_best_day: Money,
    /// The number of the next payout, from 1.
    pub next: u32,
}

/// How an account stands against its scaling rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScalingView {
    /// The size after the next step; `None` at the largest.
    pub next_size: Option<Money>,
    /// What the next step asks for and what there is; `None` where it asks for nothing.
    pub standing: Option<ScaleStanding>,
    /// Why there would be no step now.
    pub denied: Option<DenyReason>,
}

impl Shard {
    pub(super) fn payout_view(&self, id: AccountId) -> Option<PayoutView> {
        let account = &self.accounts[id.0 as usize];
        let plan = &self.plans[account.plan.0 as usize].plan;
        let rules = self.rules_of(account);
        let rules = rules.valued(plan, self.day_worth_of(account));
        let bounds = rules.payout_bounds(plan, self.balance_of(account))?;
        let least = bounds.least();
        let denied = self.check_payout(id, least.max(Money(1))).err();
        let (never_paid, beyond_best_day) = rules.beyond_best_days(plan);
        let rule = plan.payout?;
        Some(PayoutView {
            payable: if denied.is_some() { Money::ZERO } else { least },
            denied,
            split: rules.payout_split(&rule),
            rule,
            bounds,
            days: rules.payout_days(plan),
            never_paid,
            beyond_best_day,
            next: u32::from(rules.payouts_made()) + 1,
        })
    }

    pub(super) fn scaling_view(&self, id: AccountId) -> Option<ScalingView> {
        let account = &self.accounts[id.0 as usize];
        let plan = &self.plans[account.plan.0 as usize].plan;
        plan.scaling?;
        let rules = self.rules_of(account);
        let valued = rules.valued(plan, self.day_worth_of(account));
        Some(ScalingView {
            next_size: rules.next_size(plan),
            standing: valued.scale_standing(plan, id),
            denied: self.check_scale(id).err().map(|(reason, _)| reason),
        })
    }
}
