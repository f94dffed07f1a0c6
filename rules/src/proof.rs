//! Proofs: a verdict with everything it rests on, which anybody can recompute without the engine.
//!
//! A proof holds the plan itself, the figures of the account, and for each open position the quotes that
//! valued it. [`Proof::verify`] recomputes, in this order, and names every figure that does not come out:
//!
//! 1. the digest of the whole proof, and the hash of the plan;
//! 2. each position: `value = position x mark x contract size`, `unrealised = value - cost`, the mark
//!    being the bid of a long and the ask of a short position;
//! 3. the balance, `own cash + other cash at its rate, rounded down`, and the equity, `own cash + own
//!    unrealised + (other cash + other unrealised) at its rate, rounded down`;
//! 4. each limit: its allowance from the plan, its floor from baseline and allowance or from the level
//!    at which it is held;
//! 5. the verdict: that this equity violates that limit and no graver one; that target, days and
//!    consistency are met; that the payout is refused for this reason and what was eligible.
//!
//! The digest is BLAKE3 of the proof's canonical bytes: no figure changes by one unit unnoticed, also one
//! that nothing can be recomputed from, such as a place in the journal.

use types::{
    AccountId, Breach, BreachPosition, CashBasis, Codec, Consistency, Label, LimitBasis, Money,
    Notional, PayoutDenial, PlanHash, Price, Qty, Ratio, RuleKind, Seq, ShardId, TimestampNs,
    VerdictBasis, codec_enum, codec_struct,
};

use crate::account::payout::{Payable, eligible};
use crate::limit::Limit;
use crate::objective;
use crate::plan::{AfterPayout, Denominator, Plan, StopTrailing};

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A limit was violated: the account failed, was locked for the day, or its trader was warned.
    Breach(Breach),
    /// The objectives were met.
    Passed,
    /// A payout was refused.
    PayoutDenied {
        /// What was asked for.
        requested: Money,
        /// What could have been paid.
        eligible: Money,
        /// Why.
        reason: PayoutDenial,
    },
}

codec_enum!(Verdict {
    0 => Breach(breach),
    1 => Passed,
    2 => PayoutDenied { requested, eligible, reason },
});

/// An open position and what its value follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProofPosition {
    /// Position, cost, quotes, unrealised profit.
    pub facts: BreachPosition,
    /// Name of the instrument.
    pub symbol: Label,
    /// Its currency.
    pub currency: Label,
    /// Its units per contract.
    pub contract_size: Qty,
}

codec_struct!(ProofPosition {
    facts,
    symbol,
    currency,
    contract_size
});

/// A verdict and everything it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The shard that decided.
    pub shard: ShardId,
    /// The input that decided.
    pub seq: Seq,
    /// Its time.
    pub ts: TimestampNs,
    /// The plan.
    pub plan: Plan,
    /// What was decided.
    pub verdict: Verdict,
    /// The account.
    pub basis: VerdictBasis,
    /// Its limits, daily before maximum.
    pub limits: Vec<LimitBasis>,
    /// How it stood against its consistency rule, where the verdict looks at that.
    pub consistency: Option<Consistency>,
    /// Its open positions, oldest first.
    pub positions: Vec<ProofPosition>,
    /// Its cash of other currencies, in order of first use.
    pub cash: Vec<CashBasis>,
}

codec_struct!(Proof {
    shard,
    seq,
    ts,
    plan,
    verdict,
    basis,
    limits,
    consistency,
    positions,
    cash,
});

/// A figure that does not come out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{figure} is {stated}, recomputed {recomputed}")]
pub struct Fault {
    /// Which figure, such as `positions[0].unrealised`.
    pub figure: String,
    /// What the proof says.
    pub stated: String,
    /// What it should say.
    pub recomputed: String,
}

/// Compares figures and keeps those that differ.
#[derive(Debug, Default)]
struct Faults(Vec<Fault>);

impl Faults {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "figures are small and often made at the call"
    )]
    fn expect<T: PartialEq + std::fmt::Display>(
        &mut self,
        figure: impl Into<String>,
        stated: T,
        recomputed: T,
    ) {
        if stated != recomputed {
            self.0.push(Fault {
                figure: figure.into(),
                stated: stated.to_string(),
                recomputed: recomputed.to_string(),
            });
        }
    }

    fn require(&mut self, holds: bool, figure: &str, stated: &str, recomputed: &str) {
        if !holds {
            self.expect(figure, stated, recomputed);
        }
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

impl ProofPosition {
    /// Value at the liquidation side less cost, exact; `None` where it is no whole unit of
    /// [`Notional`], which no instrument of the engine has.
    pub fn unrealised(&self) -> Option<Notional> {
        let held = &self.facts;
        let mark = if held.position.0 >= 0 {
            held.bid
        } else {
            held.ask
        };
        let contracts = i128::from(Qty::ONE.0);
        let scaled = i128::from(held.position.0)
            .checked_mul(mark.0.into())?
            .checked_mul(self.contract_size.0.into())?;
        let value = (scaled % contracts == 0).then_some(scaled / contracts)?;
        Some(Notional(value.checked_sub(held.cost.0)?))
    }
}

impl Proof {
    /// BLAKE3 of the canonical bytes.
    pub fn digest(&self) -> PlanHash {
        PlanHash(*blake3::hash(&self.to_bytes()).as_bytes())
    }

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
            faults.expect("plan", "valid".to_owned(), error.to_string());
        }
        self.check_positions(&mut faults);
        let equity = self.check_money(&mut faults);
        self.check_limits(&mut faults);
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
        faults.expect(
            "positions",
            self.basis.positions as usize,
            self.positions.len(),
        );
        for (index, position) in self.positions.iter().enumerate() {
            let figure = |name: &str| format!("positions[{index}].{name}");
            faults.expect(
                figure("account"),
                position.facts.account,
                self.basis.account,
            );
            let stated = position.facts.unrealised;
            match position.unrealised() {
                Some(unrealised) => faults.expect(figure("unrealised"), stated, unrealised),
                None => faults.expect(
                    figure("unrealised"),
                    stated.to_string(),
                    "no exact amount".to_owned(),
                ),
            }
            let is_crossed = position.facts.bid > position.facts.ask;
            if is_crossed {
                faults.expect(figure("bid"), position.facts.bid, position.facts.ask);
            }
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
        faults.require(is_whole, "limits", "other rules", "the plan's rules");
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
        let pays_out = self.plan.payout.is_some();
        faults.require(
            limit.lowered == Money::ZERO || pays_out && !limit.lowered.is_negative(),
            &figure("lowered"),
            &limit.lowered.to_string(),
            "0",
        );
        let floor = match limit.held {
            None => limit.baseline.saturating_sub(limit.allowance),
            Some(offset) => size.saturating_add(offset),
        };
        faults.expect(figure("floor"), limit.floor, floor);
        if let Some(offset) = limit.held {
            let may_be = self.may_be_held_at(limit, offset);
            faults.require(
                may_be,
                &figure("held"),
                &offset.to_string(),
                "a level of the plan",
            );
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
            return faults.require(
                false,
                "verdict.rule",
                "not in the plan",
                "a rule of the plan",
            );
        };
        faults.expect("verdict.baseline", breach.baseline, limit.baseline);
        faults.expect("verdict.allowance", breach.allowance, limit.allowance);
        faults.expect("verdict.floor", breach.floor, limit.floor);
        faults.require(
            breach.touch_is_breach == limit.touch_is_breach,
            "verdict.touch_is_breach",
            "another",
            "the plan's",
        );
        faults.require(
            breach.effect == limit.effect,
            "verdict.effect",
            "another",
            "the plan's",
        );
        faults.require(
            limit.is_breached_by(equity),
            "verdict",
            "a breach",
            "no breach: equity is above the floor",
        );
        let is_graver = |other: &&Limit| {
            other.rule != limit.rule
                && other.is_breached_by(equity)
                && (other.is_hard(), other.floor) > (limit.is_hard(), limit.floor)
        };
        // Of two that do not fail the account, one may have been told before.
        let graver = limits
            .iter()
            .find(is_graver)
            .filter(|other| other.is_hard());
        faults.require(
            !breach.primary || graver.is_none(),
            "verdict.primary",
            "true",
            "false: another limit is graver",
        );
    }

    fn check_pass(&self, faults: &mut Faults) {
        let basis = &self.basis;
        faults.expect("positions", basis.positions, 0);
        let counted = basis.balance.saturating_sub(basis.excluded);
        let Some(target) = self.plan.profit_target else {
            return faults.require(
                false,
                "verdict",
                "a pass",
                "no pass: the plan has no target",
            );
        };
        let needed = basis.size.saturating_add(target.amount(basis.size));
        if counted < needed {
            faults.expect("balance without what is excluded", counted, needed);
        }
        if let Some(rule) = self.plan.min_days
            && basis.days < rule.days
        {
            faults.expect("days", basis.days, rule.days);
        }
        self.check_consistency(true, faults);
    }

    /// Checks the standing against the plan's rule, and that it is or is not met.
    fn check_consistency(&self, met: bool, faults: &mut Faults) {
        let (Some(rule), Some(stated)) = (&self.plan.consistency, &self.consistency) else {
            let is_same = self.plan.consistency.is_none() == self.consistency.is_none();
            return faults.require(is_same, "consistency", "missing or extra", "the plan's");
        };
        let target = self.plan.profit_target;
        if rule.denominator == Denominator::Target {
            let target = target.map_or(Money::ZERO, |target| target.amount(self.basis.size));
            faults.expect("consistency.denominator", stated.denominator, target);
        }
        let recomputed = objective::standing(
            rule,
            self.basis.account,
            stated.best_day,
            stated.denominator,
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
        faults.expect("consistency.met", recomputed.met, met);
    }

    fn check_denial(
        &self,
        requested: Money,
        stated: Money,
        reason: &PayoutDenial,
        faults: &mut Faults,
    ) {
        let basis = &self.basis;
        let counted = basis.balance.saturating_sub(basis.excluded);
        let floor = self
            .limits
            .iter()
            .find(|limit| limit.rule == RuleKind::MaxLoss);
        let figures = Payable {
            size: basis.size,
            balance: basis.balance,
            counted,
            profit: counted
                .saturating_sub(basis.size)
                .saturating_sub(basis.never_paid)
                .saturating_sub(basis.beyond_best_day),
            floor: floor.map(|limit| limit.floor),
        };
        let recomputed = self
            .plan
            .payout
            .map_or(Money::ZERO, |rule| eligible(&self.plan, &rule, &figures));
        faults.expect("verdict.eligible", stated, recomputed);
        let days = self.plan.payout.and_then(|rule| rule.days_min);
        let holds = match reason {
            PayoutDenial::NotInPlan => self.plan.payout.is_none(),
            // The account's state is not among the figures: the digest holds it.
            PayoutDenial::NotEligibleState => true,
            PayoutDenial::AmountNotPositive => requested <= Money::ZERO,
            PayoutDenial::NotFlat => basis.positions > 0,
            PayoutDenial::TooFewDays { has, needs } => {
                *has == basis.payout_days
                    && days.is_some_and(|rule| rule.days == *needs)
                    && has < needs
            }
            PayoutDenial::Consistency(standing) => {
                if Some(*standing) == self.consistency {
                    self.check_consistency(false, faults);
                    true
                } else {
                    false
                }
            }
            PayoutDenial::AboveEligible => requested > recomputed,
            PayoutDenial::WouldBreach => self.would_breach(requested),
        };
        faults.require(
            holds,
            "verdict.reason",
            "a denial",
            "no denial for this reason",
        );
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

    /// The account that the verdict is about.
    pub const fn account(&self) -> AccountId {
        self.basis.account
    }
}
