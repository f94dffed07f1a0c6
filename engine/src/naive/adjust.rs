//! The roll of a day, and changes from outside the market.

use rules::oracle::open_on;
use rules::{Inactive, Lapsed, LifeChange};
use types::{
    AccountId, AccountState, AdjustKind, BaselineSource, CancelReason, DayClose, DenyReason,
    EventKind, FloorMoveCause, InputRejection, Money, PayoutDenial, RollSchedule, ScaleStanding,
    TimeInForce, TradingDay,
};

use super::Naive;
use super::judge::Cause;
use super::money::hold;

/// A booking or a step of scaling takes a balance no further from zero than this, 4e12 units of the currency.
const BALANCE_MAX: i128 = 4_000_000_000_000_000_000;

impl Naive {
    pub(super) fn on_day_roll(&mut self, schedule: RollSchedule, day: TradingDay) {
        let Some(open) = self.open_days.get_mut(&schedule) else {
            return self.reject(InputRejection::UnknownSchedule);
        };
        if open.is_some_and(|open| open >= day) {
            return self.reject(InputRejection::DayNotAfter);
        }
        let before = open.replace(day);
        self.push(EventKind::DayRolled { schedule, day });
        self.roll_entries(schedule, before, day);
        for id in 0..self.accounts.len() {
            let plan = self.plan(id);
            let day = open_on(&plan.days, day);
            let is_new = self.accounts[id].rules.day() < Some(day);
            if !self.is_trading(id) || plan.schedule != schedule || !is_new {
                continue;
            }
            let (inactive, lapsed) = self.roll_account(id, day);
            if let Some(lapsed) = lapsed
                && self.is_trading(id)
            {
                self.end_lapsed(id, lapsed);
            }
            if let Some(inactive) = inactive
                && self.is_trading(id)
            {
                self.end_inactive(id, inactive);
            }
        }
    }

    /// Opens a day of an account; says whether it rested for as long as its plan allows, and whether its time to
    /// pass is over.
    pub(super) fn roll_account(
        &mut self,
        id: usize,
        day: TradingDay,
    ) -> (Option<Inactive>, Option<Lapsed>) {
        let account = AccountId(id as u32);
        self.close_peaks(id);
        self.end_orders(id, CancelReason::DayOver, |_, order| {
            order.request.tif == TimeInForce::Day
        });
        let plan = self.plan(id).clone();
        let (balance, equity) = (self.balance_of(id), self.equity_of(id));
        let held = !self.accounts[id].positions.is_empty();
        let rules = &mut self.accounts[id].rules;
        let roll = rules.roll(&plan, day, balance, equity, held);
        let consistency = rules.consistency(&plan, account);
        if let Some((day, pnl, counted)) = roll.closed {
            self.push(EventKind::DayClosed(DayClose {
                account,
                day,
                pnl,
                balance,
                equity: equity.to_money_floor(),
                counted,
            }));
            if let Some(consistency) = consistency {
                self.push(EventKind::Consistency(consistency));
            }
        }
        self.take_baselines(id, &roll.moves, BaselineSource::Roll);
        self.accounts[id].origins[0] = self.origin(BaselineSource::Roll);
        self.push_moves(id, &roll.moves, FloorMoveCause::Rolled);
        if std::mem::take(&mut self.accounts[id].locked) {
            self.push(EventKind::DayUnlocked { account });
        }
        self.judge(id, Cause::Booking);
        (roll.inactive, roll.lapsed)
    }

    pub(super) fn adjust(&mut self, account: AccountId, kind: AdjustKind, amount: Money) {
        let id = account.0 as usize;
        let done = if id >= self.accounts.len() {
            Err(DenyReason::UnknownAccount)
        } else if kind == AdjustKind::Payout {
            self.pay_out(id, amount);
            Ok(())
        } else if !self.is_trading(id) {
            let state = self.state(id);
            Err(DenyReason::AccountNotTrading { state })
        } else if kind == AdjustKind::ProfitAndLoss {
            self.book_outside(id, amount)
        } else {
            self.scale(id)
        };
        if let Err(reason) = done {
            self.push(EventKind::AdjustDenied {
                account,
                kind,
                reason,
            });
            if reason == DenyReason::ScaleNotYet
                && let Some(standing) = self.missing_to_scale(id)
            {
                self.push(EventKind::ScaleStanding(standing));
            }
        }
    }

    /// Changes the own balance by what comes from outside.
    fn fund(&mut self, id: usize, amount: Money) {
        let currency = self.currency(id);
        let account = &mut self.accounts[id];
        account.balance = account.balance.saturating_add(amount);
        self.house.entry(currency).or_default().funded += i128::from(amount.0);
    }

    fn book_outside(&mut self, id: usize, amount: Money) -> Result<(), DenyReason> {
        self.check_range(id, amount)?;
        self.tell_untold(id);
        let account = &mut self.accounts[id];
        account.rules.record_realised(amount);
        self.fund(id, amount);
        self.push_adjusted(id, AdjustKind::ProfitAndLoss, amount);
        self.touch(id, Cause::Close);
        Ok(())
    }

    fn check_range(&self, id: usize, amount: Money) -> Result<(), DenyReason> {
        let before = i128::from(self.accounts[id].balance.0);
        let after = before + i128::from(amount.0);
        if after.abs() > BALANCE_MAX && after.abs() > before.abs() {
            return Err(DenyReason::OutOfRange {
                balance: Money(hold(after)),
                max: Money(hold(BALANCE_MAX.max(before.abs()))),
            });
        }
        Ok(())
    }

    fn scale(&mut self, id: usize) -> Result<(), DenyReason> {
        let plan = self.plan(id).clone();
        if self.missing_to_scale(id).is_some() {
            return Err(DenyReason::ScaleNotYet);
        }
        let rules = &self.accounts[id].rules;
        let size = rules.next_size(&plan).ok_or(DenyReason::NotInPlan)?;
        self.check_range(id, size.saturating_sub(rules.size()))?;
        self.close_peaks(id);
        let equity = self.equity_of(id);
        let rules = &mut self.accounts[id].rules;
        let (added, moves) = rules.scale(&plan, equity).ok_or(DenyReason::NotInPlan)?;
        self.fund(id, added);
        self.take_baselines(id, &moves, BaselineSource::Scaling);
        self.push_adjusted(id, AdjustKind::Scale, added);
        self.push_moves(id, &moves, FloorMoveCause::Adjusted);
        self.touch(id, Cause::Close);
        Ok(())
    }

    /// How an account stands against a condition of its next scaling step that it does not meet.
    fn missing_to_scale(&self, id: usize) -> Option<ScaleStanding> {
        let plan = self.plan(id);
        let rules = self.accounts[id].rules.valued(plan, self.day_worth_of(id));
        let standing = rules.scale_standing(plan, AccountId(id as u32))?;
        let is_met = standing.profit >= standing.profit_needed
            && standing.days >= standing.days_needed
            && standing.payouts >= standing.payouts_needed;
        (!is_met).then_some(standing)
    }

    fn push_adjusted(&mut self, id: usize, kind: AdjustKind, amount: Money) {
        self.push(EventKind::Adjusted {
            account: AccountId(id as u32),
            kind,
            amount,
            balance: self.balance_of(id),
            size: self.accounts[id].rules.size(),
        });
    }

    fn pay_out(&mut self, id: usize, requested: Money) {
        let account = AccountId(id as u32);
        self.close_peaks(id);
        let plan = self.plan(id).clone();
        let balance = self.balance_of(id);
        let rules = &self.accounts[id].rules;
        let valued = rules.valued(&plan, self.day_worth_of(id));
        let eligible = valued.payout_eligible(&plan, balance);
        let left = balance.saturating_sub(requested);
        let mut paid = rules.clone();
        let moves = paid.pay_out(&plan, balance, requested);
        let refusals = [
            (plan.payout.is_none(), PayoutDenial::NotInPlan),
            (
                self.state(id) != AccountState::Funded,
                PayoutDenial::NotEligibleState,
            ),
            (requested <= Money::ZERO, PayoutDenial::AmountNotPositive),
            (
                !self.accounts[id].positions.is_empty(),
                PayoutDenial::NotFlat,
            ),
        ];
        let refused = refusals.into_iter().find(|(holds, _)| *holds);
        let refused = refused.map(|(_, reason)| reason).or_else(|| {
            let checked = rules.check_payout(&plan, account, balance, requested);
            checked.err()
        });
        if let Some(reason) = refused {
            self.push(EventKind::PayoutDenied {
                account,
                requested,
                eligible,
                reason,
            });
            return self.push_basis(id);
        }
        let trader = rules.trader_share(&plan, requested);
        let last_payout = paid.is_paid_out(&plan).then(|| paid.payouts_made());
        self.accounts[id].rules = paid;
        self.fund(id, Money(-requested.0));
        self.push(EventKind::PayoutApproved {
            account,
            amount: requested,
            trader,
            firm: requested.saturating_sub(trader),
            balance: left,
        });
        self.push_moves(id, &moves, FloorMoveCause::Adjusted);
        self.observe(id);
        if let Some(payouts) = last_payout {
            self.push(EventKind::PaidOut { account, payouts });
            self.stop(id, LifeChange::Close);
        }
    }
}
