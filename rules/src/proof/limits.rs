//! Recomputing the limits of a proof.

use types::{BaselineSource, LimitBasis, Money, RuleKind};

use super::verify::Faults;
use super::{Proof, Verdict};
use crate::limit::Limit;
use crate::plan::{AfterPayout, Allowance, DailyAnchor, StopTrailing, TrailSource};

impl Proof {
    pub(super) fn check_limits(&self, faults: &mut Faults) {
        let stated = || self.limits.iter().map(|limit| limit.rule);
        // Whether the floor of the maximum loss had stopped when the day opened, the digest holds.
        let has_daily = stated().any(|rule| rule == RuleKind::DailyLoss);
        let daily = self.plan.daily_loss;
        let daily = daily.filter(|rule| has_daily || !rule.changes.ends_at_floor_lock);
        let rules = [
            daily.map(|_| RuleKind::DailyLoss),
            self.plan.max_loss.map(|_| RuleKind::MaxLoss),
        ];
        let is_whole = rules.into_iter().flatten().eq(stated());
        faults.require(is_whole, "limits", &"other rules", "the plan's rules");
        for limit in &self.limits {
            self.check_limit(limit, faults);
        }
    }

    fn check_limit(&self, limit: &LimitBasis, faults: &mut Faults) {
        let name = match limit.rule {
            RuleKind::DailyLoss => "daily_loss",
            RuleKind::MaxLoss => "max_loss",
        };
        let figure = |part: &str| format!("{name}.{part}");
        faults.expect(figure("account"), limit.account, self.basis.account);
        let size = self.basis.size;
        let taken_from = limit.baseline.saturating_add(limit.lowered);
        let allowances = self.allowances(limit, taken_from);
        let mut amounts = allowances
            .iter()
            .map(|allowance| allowance.amount(size, taken_from));
        let Some(usual) = amounts.next() else {
            return;
        };
        let recomputed = amounts
            .find(|amount| *amount == limit.allowance)
            .unwrap_or(usual);
        faults.expect(figure("allowance"), limit.allowance, recomputed);
        faults.require(
            limit.lowered == Money::ZERO || self.lowers(limit.rule) && !limit.lowered.is_negative(),
            figure("lowered"),
            &limit.lowered,
            "0, where no payout lowers it",
        );
        self.check_origin(limit, name, faults);
        let floor = match limit.held {
            None => limit.baseline.saturating_sub(limit.allowance),
            Some(offset) => size.saturating_add(offset),
        };
        faults.expect(figure("floor"), limit.floor, floor);
        if let Some(offset) = limit.held {
            faults.require(
                self.may_be_held_at(limit, offset),
                figure("held"),
                &offset,
                "a level of the plan",
            );
        } else if limit.floor == floor
            && let Some(level) = self.level_held_at(limit.rule)
        {
            faults.require(
                limit.floor < level,
                figure("floor"),
                &limit.floor,
                &format!("below {level}, where the plan holds it"),
            );
        }
    }

    /// The allowances of the plan that this limit may have: of a daily loss with tiers the one that follows
    /// from the profit at which the day opened, where that is known.
    fn allowances(&self, limit: &LimitBasis, taken_from: Money) -> Vec<Allowance> {
        if limit.rule == RuleKind::MaxLoss {
            return self
                .plan
                .max_loss
                .iter()
                .map(|rule| rule.allowance)
                .collect();
        }
        let Some(rule) = self.plan.daily_loss else {
            return Vec::new();
        };
        match limit.origin.source {
            BaselineSource::Opening => vec![rule.allowance],
            BaselineSource::Roll if rule.anchor == DailyAnchor::Balance => {
                let profit = taken_from.saturating_sub(self.basis.size);
                vec![rule.allowance_of(rule.tier_at(profit))]
            }
            _ => rule.allowances().collect(),
        }
    }

    /// Checks what the baseline was taken from, and that this was before the verdict: of a breach strictly, for
    /// no input raises a floor and breaches it.
    fn check_origin(&self, limit: &LimitBasis, name: &str, faults: &mut Faults) {
        let figure = |part: &str| format!("{name}.{part}");
        let (origin, source) = (limit.origin, limit.origin.source);
        let is_peak = matches!(
            source,
            BaselineSource::Equity(_) | BaselineSource::ClosedBalance
        );
        if is_peak && matches!(self.verdict, Verdict::Breach(_)) {
            faults.require(
                origin.seq < self.seq,
                figure("baseline_seq"),
                &origin.seq,
                "an input before the verdict's",
            );
        } else {
            faults.require(
                origin.seq <= self.seq,
                figure("baseline_seq"),
                &origin.seq,
                "an input that is not after the verdict's",
            );
        }
        // Time never goes back, and one input has one.
        let in_time = if origin.seq == self.seq {
            origin.ts == self.ts
        } else {
            origin.ts <= self.ts
        };
        faults.require(
            in_time,
            figure("baseline_ts"),
            &origin.ts,
            "a time that is not after the verdict's",
        );
        faults.require(
            self.may_come_from(limit.rule, source),
            figure("baseline_from"),
            &"another source",
            "one of the plan's",
        );
        let taken = match source {
            BaselineSource::Opening => self.plan.initial_balance,
            BaselineSource::Equity(peak) => peak.to_money_floor(),
            BaselineSource::Roll | BaselineSource::ClosedBalance | BaselineSource::Scaling => {
                return;
            }
        };
        let baseline = taken.saturating_sub(limit.lowered);
        faults.expect(figure("baseline"), limit.baseline, baseline);
        let is_raised = source == BaselineSource::Opening
            || limit.rule == RuleKind::DailyLoss
            || self.plan.payout.is_some()
            || taken > self.plan.initial_balance;
        faults.require(
            is_raised,
            figure("peak"),
            &taken,
            "above the initial balance",
        );
    }

    /// Whether the plan takes the baseline of this limit from there.
    fn may_come_from(&self, rule: RuleKind, source: BaselineSource) -> bool {
        let trail = self.plan.max_loss.map(|rule| rule.trail);
        let follows_equity = match rule {
            RuleKind::DailyLoss => self
                .plan
                .daily_loss
                .is_some_and(|rule| rule.anchor == DailyAnchor::IntradayPeak),
            RuleKind::MaxLoss => trail == Some(TrailSource::TickEquity),
        };
        match source {
            BaselineSource::Opening => true,
            BaselineSource::Equity(_) => follows_equity,
            BaselineSource::Roll => {
                let eod = [TrailSource::EodBalance, TrailSource::EodEquity];
                rule == RuleKind::DailyLoss || trail.is_some_and(|trail| eod.contains(&trail))
            }
            BaselineSource::ClosedBalance => {
                rule == RuleKind::MaxLoss && trail == Some(TrailSource::ClosedBalance)
            }
            BaselineSource::Scaling => self.plan.scaling.is_some(),
        }
    }

    /// The level at which the plan holds a floor that rises to it.
    fn level_held_at(&self, rule: RuleKind) -> Option<Money> {
        match self.plan.max_loss.map(|rule| rule.stop) {
            Some(StopTrailing::AtFloorLevel(level)) if rule == RuleKind::MaxLoss => {
                Some(self.basis.size.saturating_add(level))
            }
            _ => None,
        }
    }

    /// Whether payouts put this limit lower.
    fn lowers(&self, rule: RuleKind) -> bool {
        let after = self.plan.payout.map(|rule| rule.after);
        match rule {
            RuleKind::DailyLoss => after.is_some(),
            RuleKind::MaxLoss => after == Some(AfterPayout::FloorFallsByPayout),
        }
    }

    /// Whether the plan can hold the floor of its maximum loss at this distance from the size.
    fn may_be_held_at(&self, limit: &LimitBasis, offset: Money) -> bool {
        let after = self.plan.payout.map(|rule| rule.after);
        let stop = self.plan.max_loss.map(|rule| rule.stop);
        if limit.rule != RuleKind::MaxLoss {
            return false;
        }
        let is_initial = after == Some(AfterPayout::FloorToInitial) && offset == Money::ZERO;
        let is_level = match stop {
            Some(StopTrailing::AtFloorLevel(level)) => match after {
                // Each payout put it lower by what left.
                Some(AfterPayout::FloorFallsByPayout) => offset <= level,
                _ => offset == level,
            },
            _ => false,
        };
        is_initial || is_level
    }

    /// A limit with what the plan says of it.
    pub(super) fn limit(&self, basis: &LimitBasis) -> Option<Limit> {
        let (effect, touch_is_breach) = match basis.rule {
            RuleKind::DailyLoss => self
                .plan
                .daily_loss
                .map(|rule| (rule.effect, rule.touch_is_breach))?,
            RuleKind::MaxLoss => self
                .plan
                .max_loss
                .map(|rule| (rule.effect, rule.touch_is_breach))?,
        };
        Some(Limit {
            rule: basis.rule,
            effect,
            touch_is_breach,
            baseline: basis.baseline,
            allowance: basis.allowance,
            floor: basis.floor,
            lowered: basis.lowered,
        })
    }
}
