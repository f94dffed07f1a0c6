//! What leaves an account and what makes it grow.

use types::{AccountId, Money, Notional, PayoutDenial, Ratio, ScaleStanding};

use super::{AccountRules, daily_limit};
use crate::limit::{FloorMoves, Limit};
use crate::objective::DayWindow;
use crate::plan::{AfterPayout, PayoutKeep, PayoutRule, Plan};

impl AccountRules {
    /// The profit that payouts are taken from: balance less size, less what is excluded, less what the
    /// best day since the last payout made beyond its share, and less what best days before it did.
    ///
    /// Over one window this is `total - max(0, best - cap x total)`, rounded down, and not below 0 for
    /// a total above 0. Profit that could have been paid out and was not stays payable.
    pub fn payable_profit(&self, plan: &Plan, balance: Money) -> Money {
        self.counted_balance(balance)
            .saturating_sub(self.size)
            .saturating_sub(self.never_paid)
            .saturating_sub(self.beyond_best_day(plan))
    }

    pub(super) fn beyond_best_day(&self, plan: &Plan) -> Money {
        plan.payout
            .and_then(|rule| rule.best_day_cap)
            .map_or(Money::ZERO, |cap| self.facts.payout.beyond_best_day(cap))
    }

    /// What bounds a payout now; `None` without a payout rule.
    ///
    /// Excluded profit is no part of a safety net above the initial balance; the distance to a floor
    /// is that of the real balance.
    pub fn payout_bounds(&self, plan: &Plan, balance: Money) -> Option<PayoutBounds> {
        let rule = plan.payout?;
        let figures = Payable {
            size: self.size,
            balance,
            counted: self.counted_balance(balance),
            profit: self.payable_profit(plan, balance),
            floor: self.max().map(|max| max.floor),
            payouts: self.payouts_made,
        };
        Some(bounds(plan, &rule, &figures))
    }

    /// What could be paid out now: [`PayoutBounds::least`]; 0 without a payout rule.
    pub fn payout_eligible(&self, plan: &Plan, balance: Money) -> Money {
        self.payout_bounds(plan, balance)
            .map_or(Money::ZERO, |bounds| bounds.least())
    }

    /// Payouts since the account opened.
    pub const fn payouts_made(&self) -> u16 {
        self.payouts_made
    }

    /// What the best days before the last payout made beyond their share, and what the best day since
    /// does: profit that is not paid out.
    pub fn beyond_best_days(&self, plan: &Plan) -> (Money, Money) {
        (self.never_paid, self.beyond_best_day(plan))
    }

    /// Trading days that count since the last payout, with today if it counts already. They count as
    /// the payout rule says, else by an opening fill.
    pub fn payout_days(&self, plan: &Plan) -> u16 {
        let rule = plan.payout.and_then(|rule| rule.days_min);
        self.facts.payout.days_counted(rule)
    }

    /// Calendar days from the trading day of the last payout, or from the one on which the account
    /// opened, to the open one; 0 before the first roll.
    pub const fn days_since_payout(&self) -> u16 {
        self.days_since_payout
    }

    /// The trader's share of the next payout ([`PayoutRule::split_after`]).
    pub fn payout_split(&self, rule: &PayoutRule) -> Ratio {
        rule.split_after(self.payouts_made, self.paid_total)
    }

    /// What the trader gets of a payout of this amount, rounded down; 0 without a payout rule.
    pub fn trader_share(&self, plan: &Plan, amount: Money) -> Money {
        plan.payout.map_or(Money::ZERO, |rule| {
            rule.trader_share(self.payouts_made, self.paid_total, amount)
        })
    }

    /// Whether the plan pays nothing more after the payouts so far: the account is to be closed.
    pub fn is_paid_out(&self, plan: &Plan) -> bool {
        let most = plan.payout.and_then(|rule| rule.series.payouts_max);
        most.is_some_and(|most| self.payouts_made >= most)
    }

    /// Tests a payout of this amount, for an account that is funded and flat.
    ///
    /// # Errors
    /// The first reason against it: plan, amount, trading days, days since the last payout, consistency,
    /// the least that a payout takes, what is eligible, what is left.
    pub fn check_payout(
        &self,
        plan: &Plan,
        account: AccountId,
        balance: Money,
        requested: Money,
    ) -> Result<(), PayoutDenial> {
        let rule = plan.payout.ok_or(PayoutDenial::NotInPlan)?;
        let valued = self.valued(plan, balance.to_notional());
        if requested <= Money::ZERO {
            return Err(PayoutDenial::AmountNotPositive);
        }
        if let Some(needed) = rule.days_min {
            let (has, needs) = (valued.payout_days(plan), needed.days);
            if has < needs {
                return Err(PayoutDenial::TooFewDays { has, needs });
            }
        }
        if let Some(needs) = rule.series.interval_days {
            let has = self.days_since_payout();
            if has < needs {
                return Err(PayoutDenial::TooSoon { has, needs });
            }
        }
        if let Some(standing) = valued.consistency(plan, account)
            && !standing.met
        {
            return Err(PayoutDenial::Consistency(standing));
        }
        if let Some(min) = rule.series.min.filter(|min| requested < *min) {
            return Err(PayoutDenial::BelowMinimum { min });
        }
        if requested > valued.payout_eligible(plan, balance) {
            return Err(PayoutDenial::AboveEligible);
        }
        let mut paid = self.clone();
        paid.pay_out(plan, balance, requested);
        let left = balance.saturating_sub(requested).to_notional();
        let is_breached = |limit: &Limit| limit.is_breached_by(left);
        if paid.limits().any(is_breached) {
            return Err(PayoutDenial::WouldBreach);
        }
        Ok(())
    }

    /// Books an approved payout: starts the days since the last payout anew, moves the floor of the
    /// maximum loss as the plan says, and puts the day's floor lower by the amount, which is no loss of
    /// the day. `balance` is that before it, of an account that is flat. The caller has checked the amount
    /// and moves the balance.
    pub fn pay_out(&mut self, plan: &Plan, balance: Money, amount: Money) -> FloorMoves {
        let amount = amount.max(Money::ZERO);
        let beyond = self
            .valued(plan, balance.to_notional())
            .beyond_best_day(plan);
        self.never_paid = self.never_paid.saturating_add(beyond);
        self.facts.payout = DayWindow::begin(balance);
        self.facts.fund(Money(amount.0.saturating_neg()));
        self.payouts = self.payouts.saturating_add(1);
        self.payouts_made = self.payouts_made.saturating_add(1);
        self.paid_total = self.paid_total.saturating_add(amount);
        self.days_since_payout = 0;
        self.moving(plan, |account| {
            if let Some(daily) = &mut account.daily {
                daily.lower_by(amount);
            }
            if let (Some(max), Some(rule)) = (&mut account.max, plan.payout) {
                max.pay_out(rule.after, account.size, amount);
            }
        })
    }

    /// How the account stands against the condition of its next scaling step; `None` without one.
    pub fn scale_standing(&self, plan: &Plan, account: AccountId) -> Option<ScaleStanding> {
        let when = plan.scaling?.requires?;
        let since = &self.facts.step;
        Some(ScaleStanding {
            account,
            profit: since.net(),
            profit_needed: when.profit.amount(self.size),
            days: since.days_counted(plan.min_days),
            days_needed: when.days,
            payouts: self.payouts,
            payouts_needed: when.payouts,
        })
    }

    /// The size after one more scaling step; `None` without a rule or past the largest size.
    pub fn next_size(&self, plan: &Plan) -> Option<Money> {
        let rule = plan.scaling?;
        let step = plan.initial_balance.mul_ratio_floor(rule.step);
        let size = self.size.checked_add(step)?;
        let fits = rule.size_max.is_none_or(|max| size <= max);
        (step > Money::ZERO && fits).then_some(size)
    }

    /// One scaling step, a share of the original size: size, balance and baselines grow by it, and
    /// allowances that are percentages are taken anew. Returns the money to add to the balance and
    /// the floors that moved; `None` without a rule or past the largest size. The caller has looked at
    /// [`Self::scale_standing`]; what the next step asks for is counted anew from here.
    /// `equity` is that before it.
    pub fn scale(&mut self, plan: &Plan, equity: Notional) -> Option<(Money, FloorMoves)> {
        let size = self.next_size(plan)?;
        let step = size.saturating_sub(self.size);
        self.size = size;
        self.facts.step = DayWindow::begin(equity.to_money_floor());
        self.facts.fund(step);
        self.payouts = 0;
        let moves = self.moving(plan, |account| {
            if let (Some(limit), Some(rule)) = (&mut account.daily, &plan.daily_loss) {
                let allowance = rule.allowance_of(account.daily_tier);
                let baseline = limit.baseline.saturating_add(step);
                *limit = daily_limit(rule, allowance, size, baseline);
            }
            if let (Some(max), Some(rule)) = (&mut account.max, &plan.max_loss) {
                max.scale(rule, size, step);
            }
        });
        Some((step, moves))
    }
}

/// The figures that a payout is worked out from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Payable {
    pub(crate) size: Money,
    pub(crate) balance: Money,
    /// The balance without what is excluded.
    pub(crate) counted: Money,
    /// The profit that payouts are taken from.
    pub(crate) profit: Money,
    /// The floor of the maximum loss.
    pub(crate) floor: Option<Money>,
    /// Payouts since the account opened.
    pub(crate) payouts: u16,
}

/// What bounds a payout. The least is eligible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayoutBounds {
    /// The profit that payouts are taken from: [`AccountRules::payable_profit`].
    pub profit: Money,
    /// The fraction of it that one payout may take.
    pub by_fraction: Money,
    /// The most that this payout may take.
    pub cap: Option<Money>,
    /// What is above what must stay.
    pub by_keep: Option<Money>,
    /// What leaves the account within its maximum loss after the payout, where its floor does not fall
    /// with it.
    pub by_floor: Option<Money>,
}

impl PayoutBounds {
    /// The least of the bounds, never below 0.
    pub fn least(&self) -> Money {
        let others = [self.cap, self.by_keep, self.by_floor];
        let least = others
            .into_iter()
            .flatten()
            .fold(self.by_fraction, Money::min);
        least.max(Money::ZERO)
    }
}

/// See [`AccountRules::payout_bounds`].
pub(crate) fn bounds(plan: &Plan, rule: &PayoutRule, figures: &Payable) -> PayoutBounds {
    let Payable {
        size,
        balance,
        counted,
        profit,
        floor,
        payouts,
    } = *figures;
    let by_keep = match rule.keep {
        PayoutKeep::AboveInitial(net) => Some(counted.saturating_sub(size.saturating_add(net))),
        PayoutKeep::AboveFloor(buffer) => {
            floor.map(|floor| balance.saturating_sub(floor.saturating_add(buffer)))
        }
    };
    let floor_after = floor.and_then(|floor| match rule.after {
        AfterPayout::FloorStays => Some(floor),
        AfterPayout::FloorToInitial => Some(size),
        AfterPayout::FloorFallsByPayout => None,
    });
    let by_floor = floor_after.zip(plan.max_loss).map(|(floor, max)| {
        let lowest = floor.saturating_add(Money(max.touch_is_breach.into()));
        balance.saturating_sub(lowest)
    });
    PayoutBounds {
        profit,
        by_fraction: profit.mul_ratio_floor(rule.fraction),
        cap: rule.cap_after(payouts),
        by_keep,
        by_floor,
    }
}
