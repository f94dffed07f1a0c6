//! Changes from outside the market: booked profit and loss, payouts, scaling.

use types::{
    AccountId, AccountState, AdjustKind, DenyReason, EventKind, FloorMoveCause, Money, PayoutDenial,
};

use super::Shard;
use crate::event_buf::EventBuf;

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
            let reason = DenyReason::AccountNotTrading;
            return events.push(EventKind::AdjustDenied {
                account: id,
                kind,
                reason,
            });
        }
        let done = match kind {
            AdjustKind::ProfitAndLoss => self.book(id, amount, events),
            AdjustKind::Scale | AdjustKind::Payout => self.scale(id, events),
        };
        match done {
            Ok(()) => self.touch_account(id, true),
            Err(reason) => events.push(EventKind::AdjustDenied {
                account: id,
                kind,
                reason,
            }),
        }
    }

    fn book(
        &mut self,
        id: AccountId,
        amount: Money,
        events: &mut EventBuf,
    ) -> Result<(), DenyReason> {
        let account = &mut self.accounts[id.0 as usize];
        account.balance = account
            .balance
            .checked_add(amount)
            .ok_or(DenyReason::OutOfRange)?;
        account.rules.record_realised(amount);
        let currency = account.currency;
        self.house[currency.0 as usize].funded += i128::from(amount.0);
        self.push_adjusted(id, AdjustKind::ProfitAndLoss, amount, events);
        Ok(())
    }

    fn scale(&mut self, id: AccountId, events: &mut EventBuf) -> Result<(), DenyReason> {
        let account = &mut self.accounts[id.0 as usize];
        let plan = &self.plans[account.plan.0 as usize].plan;
        let (added, moves) = account.rules.scale(plan).ok_or(DenyReason::NotInPlan)?;
        account.balance = account.balance.saturating_add(added);
        let currency = account.currency;
        self.house[currency.0 as usize].funded += i128::from(added.0);
        self.push_adjusted(id, AdjustKind::Scale, added, events);
        for limit in moves.iter() {
            events.push(EventKind::FloorMoved(
                limit.moved(id, FloorMoveCause::Adjusted),
            ));
        }
        Ok(())
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
        let account = &self.accounts[id.0 as usize];
        let plan = &self.plans[account.plan.0 as usize].plan;
        let eligible = account
            .rules
            .payout_eligible(plan, self.balance_of(account));
        let mut deny = |reason| {
            events.push(EventKind::PayoutDenied {
                account: id,
                requested,
                eligible,
                reason,
            });
        };
        let Some(rule) = &plan.payout else {
            return deny(PayoutDenial::NotInPlan);
        };
        if account.state != AccountState::Funded {
            return deny(PayoutDenial::NotEligibleState);
        }
        if requested.0 <= 0 {
            return deny(PayoutDenial::AmountNotPositive);
        }
        if self.is_holding(account) {
            return deny(PayoutDenial::NotFlat);
        }
        let unmet = account
            .rules
            .consistency(plan, id)
            .filter(|consistency| !consistency.met);
        if let Some(consistency) = unmet {
            deny(PayoutDenial::Consistency(consistency));
            // Not yet, and what would satisfy it.
            return events.push(EventKind::Consistency(consistency));
        }
        if requested > eligible {
            return deny(PayoutDenial::AboveEligible);
        }
        let balance = self.balance_of(account).saturating_sub(requested);
        let own = account.balance.saturating_sub(requested);
        let mut rules = account.rules.clone();
        let moves = rules.pay_out(plan, requested);
        if !rules.breached(balance.to_notional(), false).is_empty() {
            return deny(PayoutDenial::WouldBreach);
        }
        let trader = requested.mul_ratio_floor(rule.split);
        let firm = requested.saturating_sub(trader);
        let account = &mut self.accounts[id.0 as usize];
        account.rules = rules;
        account.balance = own;
        let currency = account.currency;
        self.house[currency.0 as usize].funded -= i128::from(requested.0);
        events.push(EventKind::PayoutApproved {
            account: id,
            amount: requested,
            trader,
            firm,
            balance,
        });
        for limit in moves.iter() {
            events.push(EventKind::FloorMoved(
                limit.moved(id, FloorMoveCause::Adjusted),
            ));
        }
    }
}
