//! Changes from outside the market: booked profit and loss, payouts, scaling.

use rules::LifeChange;
use types::{
    AccountId, AccountState, AdjustKind, BaselineSource, DenyReason, EventKind, FloorMoveCause,
    Money, PayoutDenial, ScaleStanding,
};

use super::Shard;
use super::cascade::TouchedBy;
use crate::event_buf::EventBuf;

/// The furthest from zero to which a booking or a step of scaling takes a balance, 4e12 units of the currency: what one day makes
/// of such a balance is the difference of two, and within the range of [`Money`] unless it was paid out meanwhile.
const BALANCE_MAX: i64 = 4_000_000_000_000_000_000;

/// The balance after it, which is within [`BALANCE_MAX`] or nearer to zero than before.
fn booked(balance: Money, amount: Money) -> Result<Money, DenyReason> {
    let most = balance.0.unsigned_abs().max(BALANCE_MAX.unsigned_abs());
    match balance.checked_add(amount) {
        Some(after) if after.0.unsigned_abs() <= most => Ok(after),
        _ => Err(DenyReason::OutOfRange {
            balance: balance.saturating_add(amount),
            max: Money(i64::try_from(most).unwrap_or(i64::MAX)),
        }),
    }
}

impl Shard {
    pub(super) fn adjust(
        &mut self,
        id: AccountId,
        kind: AdjustKind,
        amount: Money,
        events: &mut EventBuf,
    ) {
        let Some(account) = self.account(id) else {
            let reason = DenyReason::UnknownAccount;
            return events.push(EventKind::AdjustDenied {
                account: id,
                kind,
                reason,
            });
        };
        if kind == AdjustKind::Payout {
            return self.pay_out(id, amount, events);
        }
        if !account.is_trading() {
            let state = account.state();
            let reason = DenyReason::AccountNotTrading { state };
            return events.push(EventKind::AdjustDenied {
                account: id,
                kind,
                reason,
            });
        }
        let done = match kind {
            AdjustKind::ProfitAndLoss => self
                .book(id, amount, events)
                .map_err(|reason| (reason, None)),
            AdjustKind::Scale | AdjustKind::Payout => self.scale(id, events),
        };
        match done {
            Ok(()) => self.touch_account(id, TouchedBy::Close),
            Err((reason, standing)) => {
                events.push(EventKind::AdjustDenied {
                    account: id,
                    kind,
                    reason,
                });
                // Not yet, and what would satisfy it.
                if let Some(standing) = standing {
                    events.push(EventKind::ScaleStanding(standing));
                }
            }
        }
    }

    fn book(
        &mut self,
        id: AccountId,
        amount: Money,
        events: &mut EventBuf,
    ) -> Result<(), DenyReason> {
        let before = self.accounts[id.0 as usize].balance;
        let balance = booked(before, amount)?;
        self.catch_up(id);
        self.tell_untold(id, events);
        let account = &mut self.accounts[id.0 as usize];
        account.balance = balance;
        account.rules.record_realised(amount);
        let currency = account.currency;
        self.note_cash(currency, before, balance);
        self.house[currency.0 as usize].funded += i128::from(amount.0);
        self.push_adjusted(id, AdjustKind::ProfitAndLoss, amount, events);
        Ok(())
    }

    fn scale(
        &mut self,
        id: AccountId,
        events: &mut EventBuf,
    ) -> Result<(), (DenyReason, Option<ScaleStanding>)> {
        self.check_scale(id)?;
        self.close_peaks(id, events);
        let equity = self.equity_of(&self.accounts[id.0 as usize]);
        let account = &mut self.accounts[id.0 as usize];
        let plan = &self.plans[account.plan.0 as usize].plan;
        let (added, moves) = account
            .rules
            .scale(plan, equity)
            .ok_or((DenyReason::NotInPlan, None))?;
        let before = account.balance;
        account.balance = before.saturating_add(added);
        let (currency, after) = (account.currency, account.balance);
        self.note_cash(currency, before, after);
        self.house[currency.0 as usize].funded += i128::from(added.0);
        self.take_baselines(id, moves.iter(), BaselineSource::Scaling);
        self.push_adjusted(id, AdjustKind::Scale, added, events);
        self.tell_moves(id, moves.iter(), FloorMoveCause::Adjusted, events);
        Ok(())
    }

    /// Why an account does not grow by a step now, and what it still asks for.
    pub(crate) fn check_scale(
        &self,
        id: AccountId,
    ) -> Result<(), (DenyReason, Option<ScaleStanding>)> {
        let account = &self.accounts[id.0 as usize];
        let plan = &self.plans[account.plan.0 as usize].plan;
        if !account.is_trading() {
            let state = account.state();
            return Err((DenyReason::AccountNotTrading { state }, None));
        }
        let rules = self.rules_of(account);
        let valued = rules.valued(plan, self.day_worth_of(account));
        let standing = valued.scale_standing(plan, id);
        if let Some(standing) = standing.filter(|standing| !standing.is_met()) {
            return Err((DenyReason::ScaleNotYet, Some(standing)));
        }
        let size = rules.next_size(plan).ok_or((DenyReason::NotInPlan, None))?;
        let added = size.saturating_sub(rules.size());
        match booked(account.balance, added) {
            Err(reason) => Err((reason, None)),
            Ok(_) => Ok(()),
        }
    }

    fn push_adjusted(&self, id: AccountId, kind: AdjustKind, amount: Money, events: &mut EventBuf) {
        let account = &self.accounts[id.0 as usize];
        events.push(EventKind::Adjusted {
            account: id,
            kind,
            amount,
            balance: self.balance_of(account),
            size: account.rules.size(),
        });
    }

    fn pay_out(&mut self, id: AccountId, requested: Money, events: &mut EventBuf) {
        // What may leave is bounded by the floors, so what the account saw until now moves them first.
        self.close_peaks(id, events);
        let account = &self.accounts[id.0 as usize];
        let plan = &self.plans[account.plan.0 as usize].plan;
        let paid_from = self.balance_of(account);
        if let Err(reason) = self.check_payout(id, requested) {
            events.push(EventKind::PayoutDenied {
                account: id,
                requested,
                eligible: self
                    .rules_of(account)
                    .valued(plan, self.day_worth_of(account))
                    .payout_eligible(plan, paid_from),
                reason,
            });
            self.push_basis(id, events);
            return self.set_bands(id);
        }
        let trader = account.rules.trader_share(plan, requested);
        let balance = paid_from.saturating_sub(requested);
        let account = &mut self.accounts[id.0 as usize];
        let moves = account.rules.pay_out(plan, paid_from, requested);
        let before = account.balance;
        account.balance = before.saturating_sub(requested);
        let (currency, after) = (account.currency, account.balance);
        self.note_cash(currency, before, after);
        // What left the account, which is not all of it where the cash of its own currency is at the end of its range.
        self.house[currency.0 as usize].funded += i128::from(after.0) - i128::from(before.0);
        let account = &self.accounts[id.0 as usize];
        let plan = &self.plans[account.plan.0 as usize].plan;
        let is_paid_out = account.rules.is_paid_out(plan);
        let payouts = account.rules.payouts_made();
        events.push(EventKind::PayoutApproved {
            account: id,
            amount: requested,
            trader,
            firm: requested.saturating_sub(trader),
            balance,
        });
        self.tell_moves(id, moves.iter(), FloorMoveCause::Adjusted, events);
        // No judge follows, and what the account may do at a glance rests on its floors.
        self.set_bands(id);
        if is_paid_out {
            events.push(EventKind::PaidOut {
                account: id,
                payouts,
            });
            self.stop(id, LifeChange::Close, events);
        }
    }

    /// Why a payout of this amount is refused now.
    pub(crate) fn check_payout(&self, id: AccountId, requested: Money) -> Result<(), PayoutDenial> {
        let account = &self.accounts[id.0 as usize];
        let plan = &self.plans[account.plan.0 as usize].plan;
        if plan.payout.is_none() {
            return Err(PayoutDenial::NotInPlan);
        }
        if account.state() != AccountState::Funded {
            return Err(PayoutDenial::NotEligibleState);
        }
        if requested <= Money::ZERO {
            return Err(PayoutDenial::AmountNotPositive);
        }
        if self.is_holding(account) {
            return Err(PayoutDenial::NotFlat);
        }
        let balance = self.balance_of(account);
        self.rules_of(account)
            .check_payout(plan, id, balance, requested)
    }
}
