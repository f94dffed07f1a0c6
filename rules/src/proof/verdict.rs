//! Recomputing what a proof decided.

use std::fmt;

use types::{
    Breach, DaysOf, Effect, InactivityEffect, Lapse, LapseEffect, Money, Notional, PayoutDenial,
    Rest, RuleKind,
};

use super::Proof;
use super::verify::Faults;
use crate::account::payout::{Payable, bounds};
use crate::limit::Limit;
use crate::objective;
use crate::plan::{AfterPayout, DayProfit, Denominator, Stage};

/// A figure that may be undefined.
#[derive(PartialEq)]
struct OrNone(Option<Money>);

impl fmt::Display for OrNone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(amount) => amount.fmt(f),
            None => f.write_str("none"),
        }
    }
}

impl Proof {
    /// Checks the standing against the plan's rule.
    pub(super) fn check_consistency(&self, equity: Notional, faults: &mut Faults) {
        let (Some(rule), Some(stated)) = (&self.plan.consistency, &self.consistency) else {
            let is_same = self.plan.consistency.is_none() == self.consistency.is_none();
            return faults.require(is_same, "consistency", &"missing or extra", "the plan's");
        };
        if let Some(total) = self.total(rule.denominator, equity) {
            faults.expect("consistency.total", stated.total, total);
        }
        let target = self.plan.profit_target;
        let recomputed = objective::standing(
            rule,
            self.basis.account,
            stated.best_day,
            stated.total,
            target.map_or(Money::ZERO, |target| target.amount(self.basis.size)),
        );
        faults.expect(
            "consistency.denominator",
            stated.denominator,
            recomputed.denominator,
        );
        faults.require(
            !stated.best_day.is_negative(),
            "consistency.best_day",
            &stated.best_day,
            "0 or above",
        );
        faults.expect("consistency.account", stated.account, recomputed.account);
        faults.expect("consistency.cap", stated.cap, recomputed.cap);
        faults.expect(
            "consistency.inclusive",
            stated.inclusive,
            recomputed.inclusive,
        );
        faults.expect("consistency.met", stated.met, recomputed.met);
        faults.expect(
            "consistency.total_needed",
            OrNone(stated.total_needed),
            OrNone(recomputed.total_needed),
        );
        faults.expect(
            "consistency.next_day_max",
            OrNone(stated.next_day_max),
            OrNone(recomputed.next_day_max),
        );
    }

    /// The profit so far, where that follows from the other figures.
    fn total(&self, denominator: Denominator, equity: Notional) -> Option<Money> {
        let basis = &self.basis;
        match denominator {
            // All that the account ever made, where nothing left it.
            Denominator::Net | Denominator::Target if self.plan.payout.is_none() => {
                let made = match self.plan.day_profit {
                    // Rates move a balance and realise nothing.
                    DayProfit::Closed => self.cash.is_empty().then_some(basis.balance),
                    // The day of a flat account is valued at its balance.
                    DayProfit::Equity if basis.positions == 0 => Some(basis.balance),
                    DayProfit::Equity => {
                        let is_valued = self.positions.len() == basis.positions as usize;
                        is_valued.then(|| equity.to_money_floor())
                    }
                };
                made.map(|made| {
                    made.saturating_sub(basis.excluded)
                        .saturating_sub(basis.size)
                })
            }
            _ => None,
        }
    }

    /// The balance without what is excluded.
    fn counted(&self) -> Money {
        self.basis.balance.saturating_sub(self.basis.excluded)
    }

    pub(super) fn check_breach(&self, breach: &Breach, equity: Notional, faults: &mut Faults) {
        let basis = &self.basis;
        faults.expect("verdict.account", breach.account, basis.account);
        faults.expect("verdict.plan", breach.plan, basis.plan);
        faults.expect(
            "verdict.plan_version",
            breach.plan_version,
            basis.plan_version,
        );
        faults.expect("verdict.plan_hash", breach.plan_hash, basis.plan_hash);
        faults.expect("verdict.positions", breach.positions, basis.positions);
        faults.expect("verdict.balance", breach.balance, basis.balance);
        faults.expect("verdict.equity", breach.equity, equity);
        let limits: Vec<Limit> = self.limits.iter().filter_map(|it| self.limit(it)).collect();
        let Some(limit) = limits.iter().find(|limit| limit.rule == breach.rule) else {
            let accepted = "a rule of the plan";
            return faults.require(false, "verdict.rule", &"not in the plan", accepted);
        };
        faults.expect("verdict.baseline", breach.baseline, limit.baseline);
        faults.expect("verdict.allowance", breach.allowance, limit.allowance);
        faults.expect("verdict.floor", breach.floor, limit.floor);
        faults.expect(
            "verdict.touch_is_breach",
            breach.touch_is_breach,
            limit.touch_is_breach,
        );
        faults.require(
            breach.effect == limit.effect,
            "verdict.effect",
            &"another",
            "the plan's",
        );
        faults.require(
            limit.is_breached_by(equity),
            "verdict",
            &"a breach",
            "no breach: equity is above the floor",
        );
        let mut others = limits
            .iter()
            .filter(|other| other.rule != limit.rule && other.is_breached_by(equity));
        if breach.primary {
            // Of two that do not fail the account, one may have been told before.
            let is_graver = |other: &Limit| {
                other.effect == Effect::Fail && (!limit.is_hard() || other.floor > limit.floor)
            };
            faults.require(
                !others.any(is_graver),
                "verdict.primary",
                &true,
                "false: another limit is graver",
            );
        } else {
            faults.require(
                others.next().is_some(),
                "verdict.primary",
                &false,
                "true: no other limit is violated",
            );
        }
    }

    pub(super) fn check_pass(&self, faults: &mut Faults) {
        let basis = &self.basis;
        faults.expect("positions", basis.positions, 0);
        faults.require(
            matches!(self.plan.stage, Stage::Evaluation { .. }),
            "verdict",
            &"a pass",
            "no pass: the plan is funded",
        );
        let Some(target) = self.plan.profit_target else {
            let accepted = "no pass: the plan has no target";
            return faults.require(false, "verdict", &"a pass", accepted);
        };
        let needed = basis.size.saturating_add(target.amount(basis.size));
        let counted = self.counted();
        if counted < needed {
            faults.push("balance without what is excluded", &counted, &needed);
        }
        if let Some(rule) = self.plan.min_days
            && basis.days < rule.days
        {
            faults.push("days", &basis.days, &rule.days);
        }
        if let Some(standing) = &self.consistency {
            faults.expect("consistency.met", standing.met, true);
        }
    }

    pub(super) fn check_rest(&self, rest: &Rest, equity: Notional, faults: &mut Faults) {
        let basis = &self.basis;
        faults.expect("verdict.account", rest.account, basis.account);
        faults.expect("verdict.positions", rest.positions, basis.positions);
        faults.expect("verdict.equity", rest.equity, equity);
        faults.require(
            rest.active_seq <= self.seq,
            "verdict.active_seq",
            &rest.active_seq,
            "an input that is not after the verdict's",
        );
        faults.require(
            rest.active_ts <= self.ts,
            "verdict.active_ts",
            &rest.active_ts,
            "a time that is not after the verdict's",
        );
        let Some(rule) = self.plan.conduct.inactivity else {
            let accepted = "no verdict: the plan has no inactivity rule";
            return faults.require(false, "verdict", &"a rest that was too long", accepted);
        };
        faults.expect("verdict.limit", rest.limit, rule.days);
        let word = |effect| match effect {
            InactivityEffect::Fail => "fail",
            InactivityEffect::Suspend => "suspend",
            InactivityEffect::Close => "close",
        };
        faults.expect("verdict.effect", word(rest.effect), word(rule.effect));
        let days = &self.plan.days;
        // A calendar that is none was named with the plan.
        if days.validate().is_err() {
            return;
        }
        for (figure, day) in [
            ("verdict.active", rest.active),
            ("verdict.opens", rest.opens),
        ] {
            let accepted = "a day that the plan's calendar has";
            faults.require(days.has(day), figure, &day, accepted);
        }
        if let Some(inactive) = rule.judge(rest.active, rest.opens, days) {
            faults.expect("verdict.days", rest.days, inactive.days);
        } else {
            let accepted = format!("no verdict: fewer than {} days", rule.days);
            faults.require(false, "verdict.days", &rest.days, &accepted);
        }
    }

    pub(super) fn check_lapse(&self, lapse: &Lapse, equity: Notional, faults: &mut Faults) {
        let basis = &self.basis;
        faults.expect("verdict.account", lapse.account, basis.account);
        faults.expect("verdict.positions", lapse.positions, basis.positions);
        faults.expect("verdict.equity", lapse.equity, equity);
        let Some(rule) = self.plan.time_limit() else {
            let accepted = "no verdict: the plan gives no time to pass";
            return faults.require(false, "verdict", &"a time that is over", accepted);
        };
        faults.expect("verdict.limit", lapse.limit, rule.days);
        let counts = |counts| match counts {
            DaysOf::Calendar => "calendar",
            DaysOf::Trading => "trading",
        };
        faults.expect("verdict.counts", counts(lapse.counts), counts(rule.counts));
        let effect = |effect| match effect {
            LapseEffect::Fail => "fail",
            LapseEffect::Close => "close",
        };
        faults.expect("verdict.effect", effect(lapse.effect), effect(rule.effect));
        let days = &self.plan.days;
        // A calendar that is none was named with the plan.
        if days.validate().is_err() || rule.validate().is_err() {
            return;
        }
        for (figure, day) in [
            ("verdict.opened", lapse.opened),
            ("verdict.opens", lapse.opens),
        ] {
            let accepted = "a day that the plan's calendar has";
            faults.require(days.has(day), figure, &day, accepted);
        }
        match rule.term(lapse.opened, days) {
            Some(term) => faults.expect("verdict.last", lapse.last, term.last),
            None => faults.require(false, "verdict.opened", &lapse.opened, "an earlier day"),
        }
        let accepted = format!("no verdict: a day after {}", lapse.last);
        faults.require(
            lapse.opens > lapse.last,
            "verdict.opens",
            &lapse.opens,
            &accepted,
        );
    }

    pub(super) fn check_denial(
        &self,
        requested: Money,
        stated: Money,
        reason: &PayoutDenial,
        faults: &mut Faults,
    ) {
        let recomputed = self.eligible();
        faults.expect("verdict.eligible", stated, recomputed);
        let first = self.first_denial(requested, recomputed);
        let holds = match reason {
            PayoutDenial::NotInPlan => self.plan.payout.is_none(),
            // The state of a funded plan's account is not among the figures: the digest holds it.
            PayoutDenial::NotEligibleState => self.plan.payout.is_some(),
            reason => self.plan.stage == Stage::Funded && first == Some(*reason),
        };
        let stated = format!("{reason:?}");
        let accepted = first.map_or("no denial".to_owned(), |first| format!("{first:?}"));
        faults.require(holds, "verdict.reason", &stated, &accepted);
    }

    /// What could have been paid out.
    fn eligible(&self) -> Money {
        let basis = &self.basis;
        let mut limits = self.limits.iter();
        let max = limits.find(|limit| limit.rule == RuleKind::MaxLoss);
        let figures = Payable {
            size: basis.size,
            balance: basis.balance,
            counted: self.counted(),
            profit: self
                .counted()
                .saturating_sub(basis.size)
                .saturating_sub(basis.never_paid)
                .saturating_sub(basis.beyond_best_day),
            floor: max.map(|limit| limit.floor),
            payouts: basis.payouts,
        };
        self.plan.payout.map_or(Money::ZERO, |rule| {
            bounds(&self.plan, &rule, &figures).least()
        })
    }

    /// The first reason against a payout to a funded account.
    fn first_denial(&self, requested: Money, eligible: Money) -> Option<PayoutDenial> {
        let Some(rule) = self.plan.payout else {
            return Some(PayoutDenial::NotInPlan);
        };
        let has = self.basis.payout_days;
        let needs = rule.days_min.map_or(0, |rule| rule.days);
        let gone = self.basis.days_since_payout;
        let interval = rule.series.interval_days.unwrap_or(0);
        let standing = self.consistency.filter(|standing| !standing.met);
        let min = rule.series.min.filter(|min| requested < *min);
        if requested <= Money::ZERO {
            Some(PayoutDenial::AmountNotPositive)
        } else if self.basis.positions > 0 {
            Some(PayoutDenial::NotFlat)
        } else if has < needs {
            Some(PayoutDenial::TooFewDays { has, needs })
        } else if gone < interval {
            let (has, needs) = (gone, interval);
            Some(PayoutDenial::TooSoon { has, needs })
        } else if let Some(standing) = standing {
            Some(PayoutDenial::Consistency(standing))
        } else if let Some(min) = min {
            Some(PayoutDenial::BelowMinimum { min })
        } else if requested > eligible {
            Some(PayoutDenial::AboveEligible)
        } else {
            self.would_breach(requested)
                .then_some(PayoutDenial::WouldBreach)
        }
    }

    /// Whether what a payout leaves would violate a limit as it stands after the payout.
    fn would_breach(&self, requested: Money) -> bool {
        let after = self.plan.payout.map(|rule| rule.after);
        let left = self.basis.balance.saturating_sub(requested).to_notional();
        let mut limits = self.limits.iter().filter_map(|basis| self.limit(basis));
        limits.any(|mut limit| {
            match (limit.rule, after) {
                (RuleKind::DailyLoss, _) | (_, Some(AfterPayout::FloorFallsByPayout)) => {
                    limit.lower_by(requested);
                }
                (_, Some(AfterPayout::FloorToInitial)) => limit.floor = self.basis.size,
                _ => {}
            }
            limit.is_breached_by(left)
        })
    }
}
