//! Recomputing a proof.

use std::fmt::Display;

use types::{
    Breach, Effect, Label, LimitBasis, Money, Notional, PayoutDenial, PlanHash, Price, Ratio,
    RuleKind,
};

use super::{Fault, Proof, Verdict};
use crate::account::payout::{Payable, eligible};
use crate::conduct::{HoldingAction, WindowAction};
use crate::limit::Limit;
use crate::objective;
use crate::plan::{AfterPayout, Denominator, Plan, Stage, StopTrailing, TrailSource};

/// Compares figures and keeps those that differ.
#[derive(Debug, Default)]
struct Faults(Vec<Fault>);

impl Faults {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "figures are small and often made at the call"
    )]
    fn expect<T: PartialEq + Display>(
        &mut self,
        figure: impl Into<String>,
        stated: T,
        recomputed: T,
    ) {
        if stated != recomputed {
            self.push(figure, &stated, &recomputed);
        }
    }

    fn require(
        &mut self,
        holds: bool,
        figure: impl Into<String>,
        stated: &dyn Display,
        accepted: &str,
    ) {
        if !holds {
            self.push(figure, stated, &accepted);
        }
    }

    fn push(&mut self, figure: impl Into<String>, stated: &dyn Display, recomputed: &dyn Display) {
        self.0.push(Fault {
            figure: figure.into(),
            stated: stated.to_string(),
            recomputed: recomputed.to_string(),
        });
    }
}

const ONE: i128 = Ratio::ONE.0 as i128;

/// An amount at a rate, rounded down.
fn convert_floor(amount: Notional, rate: Price) -> Notional {
    let rate = i128::from(rate.0);
    let whole = amount.0.div_euclid(ONE).saturating_mul(rate);
    let part = (amount.0.rem_euclid(ONE) * rate).div_euclid(ONE);
    Notional(whole.saturating_add(part))
}

/// Whether profit of an account of this plan can be realised and not count.
fn excludes(plan: &Plan) -> bool {
    let mut windows = plan.conduct.windows.iter();
    let holding = plan.conduct.holding_min;
    windows.any(|window| window.action == WindowAction::ExcludeProfit)
        || holding.is_some_and(|rule| rule.action == HoldingAction::ExcludeProfit)
}

impl Proof {
    /// Recomputes every figure.
    ///
    /// # Errors
    /// The figures that do not come out; `digest` is what the proof says of itself.
    pub fn verify(&self, digest: PlanHash) -> Result<(), Vec<Fault>> {
        let mut faults = Faults::default();
        faults.expect("digest", digest, self.digest());
        faults.expect("plan_hash", self.basis.plan_hash, self.plan.hash());
        faults.expect("plan_version", self.basis.plan_version, self.plan.version);
        if let Err(error) = self.plan.validate() {
            faults.push("plan", &"not valid", &error);
        }
        self.check_positions(&mut faults);
        self.check_basis(&mut faults);
        self.check_currencies(&mut faults);
        let equity = self.check_money(&mut faults);
        self.check_limits(&mut faults);
        self.check_consistency(&mut faults);
        match &self.verdict {
            Verdict::Breach(breach) => self.check_breach(breach, equity, &mut faults),
            Verdict::Passed => self.check_pass(&mut faults),
            Verdict::PayoutDenied {
                requested,
                eligible,
                reason,
            } => self.check_denial(*requested, *eligible, reason, &mut faults),
        }
        if faults.0.is_empty() {
            Ok(())
        } else {
            Err(faults.0)
        }
    }

    fn check_positions(&self, faults: &mut Faults) {
        // Only a breach rests on what positions are worth.
        let open = match self.verdict {
            Verdict::Breach(_) => self.basis.positions as usize,
            Verdict::Passed | Verdict::PayoutDenied { .. } => 0,
        };
        faults.expect("positions", self.positions.len(), open);
        for (index, position) in self.positions.iter().enumerate() {
            let figure = |name: &str| format!("positions[{index}].{name}");
            let facts = &position.facts;
            faults.expect(figure("account"), facts.account, self.basis.account);
            match position.unrealised() {
                Some(unrealised) => {
                    faults.expect(figure("unrealised"), facts.unrealised, unrealised);
                }
                None => faults.push(figure("unrealised"), &facts.unrealised, &"no exact amount"),
            }
        }
    }

    /// Checks what the plan says of the account's own figures.
    fn check_basis(&self, faults: &mut Faults) {
        let basis = &self.basis;
        faults.require(
            self.may_be_size(basis.size),
            "size",
            &basis.size,
            "the plan's balance and its steps of growth",
        );
        faults.require(
            basis.excluded == Money::ZERO || !basis.excluded.is_negative() && excludes(&self.plan),
            "excluded",
            &basis.excluded,
            "0, for a plan that excludes nothing",
        );
        let has_cap = self
            .plan
            .payout
            .is_some_and(|rule| rule.best_day_cap.is_some());
        for (figure, stated) in [
            ("never_paid", basis.never_paid),
            ("beyond_best_day", basis.beyond_best_day),
        ] {
            faults.require(
                stated == Money::ZERO || has_cap && !stated.is_negative(),
                figure,
                &stated,
                "0, for a plan without payout.best_day_cap",
            );
        }
    }

    fn may_be_size(&self, size: Money) -> bool {
        let initial = self.plan.initial_balance;
        let grown = i128::from(size.0) - i128::from(initial.0);
        match self.plan.scaling {
            None => grown == 0,
            Some(rule) => {
                // A valid plan's step is above 0.
                let step = i128::from(initial.mul_ratio_floor(rule.step).0.max(1));
                grown >= 0 && grown % step == 0 && rule.size_max.is_none_or(|max| size <= max)
            }
        }
    }

    /// Checks that other cash is of other currencies, each once, and positions are of a known one.
    fn check_currencies(&self, faults: &mut Faults) {
        let mut known = vec![self.plan.currency];
        for (index, cash) in self.cash.iter().enumerate() {
            let figure = |name: &str| format!("cash[{index}].{name}");
            faults.expect(figure("account"), cash.account, self.basis.account);
            faults.require(
                !known.contains(&cash.currency),
                figure("currency"),
                &cash.currency,
                "another currency",
            );
            known.push(cash.currency);
        }
        for (index, position) in self.positions.iter().enumerate() {
            faults.require(
                known.contains(&position.currency),
                format!("positions[{index}].currency"),
                &position.currency,
                "a currency that the account has cash of",
            );
        }
    }

    /// Checks the balance; the equity.
    fn check_money(&self, faults: &mut Faults) -> Notional {
        let unrealised = |currency: Label| {
            let held = self.positions.iter();
            let of = held.filter(|position| position.currency == currency);
            of.fold(0_i128, |sum, position| {
                sum.saturating_add(position.facts.unrealised.0)
            })
        };
        let basis = &self.basis;
        let mut balance = i128::from(basis.own.0);
        let mut equity = basis
            .own
            .to_notional()
            .0
            .saturating_add(unrealised(self.plan.currency));
        for cash in &self.cash {
            let amount = cash.cash.to_notional();
            let worth = convert_floor(amount, cash.rate).to_money_floor();
            balance = balance.saturating_add(worth.0.into());
            let whole = Notional(amount.0.saturating_add(unrealised(cash.currency)));
            equity = equity.saturating_add(convert_floor(whole, cash.rate).0);
        }
        let held = balance.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        faults.expect("balance", basis.balance, Money(held));
        Notional(equity)
    }

    fn check_limits(&self, faults: &mut Faults) {
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
    fn limit(&self, basis: &LimitBasis) -> Option<Limit> {
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

    /// Checks the standing against the plan's rule.
    fn check_consistency(&self, faults: &mut Faults) {
        let (Some(rule), Some(stated)) = (&self.plan.consistency, &self.consistency) else {
            let is_same = self.plan.consistency.is_none() == self.consistency.is_none();
            return faults.require(is_same, "consistency", &"missing or extra", "the plan's");
        };
        if let Some(denominator) = self.denominator(rule.denominator) {
            faults.expect("consistency.denominator", stated.denominator, denominator);
        }
        let recomputed = objective::standing(
            rule,
            self.basis.account,
            stated.best_day,
            stated.denominator,
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
            stated.total_needed,
            recomputed.total_needed,
        );
        faults.expect(
            "consistency.next_day_max",
            stated.next_day_max,
            recomputed.next_day_max,
        );
    }

    /// What the best day is compared with, where that follows from the other figures.
    fn denominator(&self, denominator: Denominator) -> Option<Money> {
        let basis = &self.basis;
        match denominator {
            Denominator::Target => {
                let target = self.plan.profit_target;
                Some(target.map_or(Money::ZERO, |target| target.amount(basis.size)))
            }
            // All that the account ever realised, where nothing left it and no rate moved it.
            Denominator::Net if self.plan.payout.is_none() && self.cash.is_empty() => {
                Some(self.counted().saturating_sub(basis.size))
            }
            Denominator::Net | Denominator::PositiveDays => None,
        }
    }

    /// The balance without what is excluded.
    fn counted(&self) -> Money {
        self.basis.balance.saturating_sub(self.basis.excluded)
    }

    fn check_breach(&self, breach: &Breach, equity: Notional, faults: &mut Faults) {
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

    fn check_pass(&self, faults: &mut Faults) {
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

    fn check_denial(
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
        };
        self.plan
            .payout
            .map_or(Money::ZERO, |rule| eligible(&self.plan, &rule, &figures))
    }

    /// The first reason against a payout to a funded account.
    fn first_denial(&self, requested: Money, eligible: Money) -> Option<PayoutDenial> {
        let Some(rule) = self.plan.payout else {
            return Some(PayoutDenial::NotInPlan);
        };
        let has = self.basis.payout_days;
        let needs = rule.days_min.map_or(0, |rule| rule.days);
        let standing = self.consistency.filter(|standing| !standing.met);
        if requested <= Money::ZERO {
            Some(PayoutDenial::AmountNotPositive)
        } else if self.basis.positions > 0 {
            Some(PayoutDenial::NotFlat)
        } else if has < needs {
            Some(PayoutDenial::TooFewDays { has, needs })
        } else if let Some(standing) = standing {
            Some(PayoutDenial::Consistency(standing))
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
