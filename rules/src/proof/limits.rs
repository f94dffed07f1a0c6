//! Recomputing the limits of a proof.

use types::{LimitBasis, Money, RuleKind};

use super::Proof;
use super::verify::Faults;
use crate::limit::Limit;
use crate::plan::{AfterPayout, StopTrailing, TrailSource};

impl Proof {
    pub(super) fn check_limits(&self, faults: &mut Faults) {
        let rules = [
            self.plan.daily_loss.map(|_| RuleKind::DailyLoss),
            self.plan.max_loss.map(|_| RuleKind::MaxLoss),
        ];
        let stated = self.limits.iter().map(|limit| limit.rule);
        let is_whole = rules.into_iter().flatten().eq(stated);
        faults.require(is_whole, "limits", &"other rules", "the plan's rules");
        for limit in &self.limits {
            self.check_limit(limit, faults);
        }
    }

    fn check_limit(&self, limit: &LimitBasis, faults: &mut Faults) {
        let (name, allowance) = match limit.rule {
            RuleKind::DailyLoss => (
                "daily_loss",
                self.plan.daily_loss.map(|rule| rule.allowance),
            ),
            RuleKind::MaxLoss => ("max_loss", self.plan.max_loss.map(|rule| rule.allowance)),
        };
        let figure = |part: &str| format!("{name}.{part}");
        faults.expect(figure("account"), limit.account, self.basis.account);
        let Some(allowance) = allowance else {
            return;
        };
        let size = self.basis.size;
        let taken_from = limit.baseline.saturating_add(limit.lowered);
        let recomputed = allowance.amount(size, taken_from);
        faults.expect(figure("allowance"), limit.allowance, recomputed);
        faults.require(
            limit.lowered == Money::ZERO || self.lowers(limit.rule) && !limit.lowered.is_negative(),
            figure("lowered"),
            &limit.lowered,
            "0, where no payout lowers it",
        );
        let is_static = limit.rule == RuleKind::MaxLoss
            && self.plan.scaling.is_none()
            && self
                .plan
                .max_loss
                .is_some_and(|rule| rule.trail == TrailSource::None);
        if is_static {
            let unmoved = size.saturating_sub(limit.lowered);
            faults.expect(figure("baseline"), limit.baseline, unmoved);
        }
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
