//! What a verdict on an account rests on.

use types::{
    AccountId, BaselineOrigin, LimitBasis, Money, PlanHash, PlanId, RuleKind, VerdictBasis,
};

use super::AccountRules;
use crate::limit::Limit;
use crate::plan::Plan;

impl AccountRules {
    /// The account as a verdict sees it now. `own`: cash of its own currency, `balance`: of all.
    pub fn basis(
        &self,
        plan: &Plan,
        (id, hash): (PlanId, PlanHash),
        account: AccountId,
        (own, balance): (Money, Money),
        positions: u32,
    ) -> VerdictBasis {
        let series = plan.payout.map(|rule| rule.series).unwrap_or_default();
        let has_series = series.caps[0].is_some();
        let has_interval = series.interval_days.is_some();
        VerdictBasis {
            account,
            plan: id,
            plan_version: plan.version,
            plan_hash: hash,
            size: self.size,
            own,
            balance,
            excluded: self.excluded,
            never_paid: self.never_paid,
            beyond_best_day: self.beyond_best_day(plan),
            days: self.days_counted(plan),
            payout_days: self.payout_days(plan),
            positions,
            payouts: if has_series { self.payouts_made } else { 0 },
            days_since_payout: if has_interval {
                self.days_since_payout()
            } else {
                0
            },
        }
    }

    /// The limits as a verdict sees them now, daily before maximum. `origin`: the input that the baseline of
    /// a limit was taken at, which the caller keeps.
    pub fn limit_bases(
        &self,
        account: AccountId,
        origin: impl Fn(RuleKind) -> BaselineOrigin,
    ) -> impl Iterator<Item = LimitBasis> {
        let basis = move |limit: &Limit, held| LimitBasis {
            account,
            rule: limit.rule,
            baseline: limit.baseline,
            origin: origin(limit.rule),
            allowance: limit.allowance,
            floor: limit.floor,
            lowered: limit.lowered,
            held,
        };
        let daily = self.daily.as_ref().map(|limit| basis(limit, None));
        let max = self.max.as_ref();
        let max = max.map(|max| basis(&max.limit, max.held()));
        daily.into_iter().chain(max)
    }
}
