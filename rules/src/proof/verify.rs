//! Recomputing a proof.

use std::fmt::Display;

use types::{Label, Money, Notional, PlanHash, Price, Ratio};

use super::{Fault, Proof, Verdict};
use crate::conduct::{HoldingAction, WindowAction};
use crate::plan::Plan;

/// Compares figures and keeps those that differ.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "figures are small and often made at the call"
    )]
    pub(super) fn expect<T: PartialEq + Display>(
        &mut self,
        figure: impl Into<String>,
        stated: T,
        recomputed: T,
    ) {
        if stated != recomputed {
            self.push(figure, &stated, &recomputed);
        }
    }

    pub(super) fn require(
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

    pub(super) fn push(
        &mut self,
        figure: impl Into<String>,
        stated: &dyn Display,
        recomputed: &dyn Display,
    ) {
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
        self.check_series(&mut faults);
        self.check_currencies(&mut faults);
        let equity = self.check_money(&mut faults);
        self.check_limits(&mut faults);
        self.check_consistency(equity, &mut faults);
        match &self.verdict {
            Verdict::Breach(breach) => self.check_breach(breach, equity, &mut faults),
            Verdict::Passed => self.check_pass(&mut faults),
            Verdict::Inactive(rest) => self.check_rest(rest, equity, &mut faults),
            Verdict::Lapsed(lapse) => self.check_lapse(lapse, equity, &mut faults),
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
        // Others do not say what positions are worth.
        let open = match self.verdict {
            Verdict::Breach(_) | Verdict::Inactive(_) | Verdict::Lapsed(_) => {
                self.basis.positions as usize
            }
            Verdict::Passed | Verdict::PayoutDenied { .. } => 0,
        };
        faults.expect("positions", self.positions.len(), open);
        for (index, position) in self.positions.iter().enumerate() {
            let figure = |name: &str| format!("positions[{index}].{name}");
            let facts = &position.facts;
            faults.expect(figure("account"), facts.account, self.basis.account);
            faults.require(
                facts.mark_seq <= self.seq,
                figure("mark_seq"),
                &facts.mark_seq,
                "an input that is not after the verdict's",
            );
            faults.require(
                position.is_on_grid(),
                figure("tick_size"),
                &position.tick_size,
                "a tick of which all prices are multiples",
            );
            match position.mark(self.plan.terms.mark) {
                Some(mark) => faults.expect(figure("mark"), facts.mark, mark),
                None => faults.push(figure("mark"), &facts.mark, &"a tick above 0"),
            }
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

    /// Checks that what is known of a series of payouts is what the plan's series asks for.
    fn check_series(&self, faults: &mut Faults) {
        let basis = &self.basis;
        let series = self.plan.payout.map(|rule| rule.series).unwrap_or_default();
        faults.require(
            basis.payouts == 0 || series.caps[0].is_some(),
            "payouts",
            &basis.payouts,
            "0, for a plan without payout.caps",
        );
        faults.require(
            basis.days_since_payout == 0 || series.interval_days.is_some(),
            "days_since_payout",
            &basis.days_since_payout,
            "0, for a plan without payout.interval_days",
        );
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
}
