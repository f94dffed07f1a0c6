//! The life of an account: suspended, resumed, closed, followed by another.

use rules::oracle::open_on;
use rules::{
    Inactive, InactivityEffect, Lapsed, LifeChange, Lineage, Parent, Plan, is_legal, is_trading,
    may_open,
};
use types::{
    AccountChange, AccountId, AccountState, CancelReason, DataFault, EventKind, FillCause,
    InputRejection, Lapse, LapseEffect, OpenDenial, Parentage, Rest, SuspendReason,
};

use super::Naive;
use super::judge::Cause;

impl Naive {
    pub(super) fn change_account(&mut self, account: AccountId, change: AccountChange) {
        let id = account.0 as usize;
        if id >= self.accounts.len() {
            return self.reject(InputRejection::UnknownAccount);
        }
        if let AccountChange::Suspend {
            until: Some(until), ..
        } = change
            && until <= self.ts
        {
            let after = self.ts;
            let fault = DataFault::Until { until, after };
            return self.reject(InputRejection::BadData(fault));
        }
        let state = self.state(id);
        let prior = self.accounts[id].life.suspension().map(|held| held.prior);
        let may = match change {
            AccountChange::Suspend { .. } => is_legal(state, AccountState::Suspended, prior),
            AccountChange::Resume => prior.is_some(),
            AccountChange::Close => is_legal(state, AccountState::Closed, prior),
        };
        if !may {
            return self.push(EventKind::AccountChangeDenied {
                account,
                change,
                state,
            });
        }
        match change {
            AccountChange::Suspend { reason, until } => {
                self.stop(id, LifeChange::Suspend { reason, until });
            }
            AccountChange::Resume => self.resume(id),
            AccountChange::Close => self.stop(id, LifeChange::Close),
        }
    }

    /// Ends what works, closes what is held, then changes the state.
    pub(super) fn stop(&mut self, id: usize, change: LifeChange) {
        if is_trading(self.state(id)) {
            self.close_peaks(id);
            let before = self.before_closing(id);
            self.end_all(id, CancelReason::AccountLocked);
            self.flatten(id, FillCause::AccountEnded);
            self.tell_closing(id, before);
        }
        self.change_life(id, change);
    }

    pub(super) fn change_life(&mut self, id: usize, change: LifeChange) {
        let account = AccountId(id as u32);
        let Ok((from, to)) = self.accounts[id].life.change(change) else {
            return;
        };
        if let Some(suspension) = self.accounts[id].life.suspension().copied() {
            self.suspensions += 1;
            self.accounts[id].suspension = self.suspensions;
            self.push(EventKind::Suspended {
                account,
                suspension,
            });
        }
        self.push(EventKind::StateChanged { account, from, to });
    }

    /// A suspension is over: the days that were missed are one roll, and idle days are counted anew
    /// from the day that is open then.
    pub(super) fn resume(&mut self, id: usize) {
        self.change_life(id, LifeChange::Resume);
        let plan = self.plan(id);
        let open = self.open_days[&plan.schedule].map(|day| open_on(&plan.days, day));
        let missed =
            open.filter(|open| self.accounts[id].rules.day().is_none_or(|day| day < *open));
        let lapsed = if let Some(day) = missed {
            self.roll_account(id, day).1
        } else {
            self.judge(id, Cause::Booking);
            None
        };
        self.accounts[id].rules.restart_inactivity();
        self.accounts[id].active = (self.seq, self.ts);
        if let Some(lapsed) = lapsed
            && self.is_trading(id)
        {
            self.end_lapsed(id, lapsed);
        }
    }

    /// An account's time to pass is over.
    pub(super) fn end_lapsed(&mut self, id: usize, lapsed: Lapsed) {
        self.push(EventKind::Lapsed(Lapse {
            account: AccountId(id as u32),
            limit: lapsed.rule.days,
            counts: lapsed.rule.counts,
            effect: lapsed.rule.effect,
            opened: lapsed.term.opened,
            last: lapsed.term.last,
            opens: lapsed.opens,
            equity: self.equity_of(id),
            positions: self.accounts[id].positions.len() as u32,
        }));
        let held = self.position_facts(id);
        self.facts.extend(held);
        self.push_basis(id);
        let change = match lapsed.rule.effect {
            LapseEffect::Fail => LifeChange::Fail,
            LapseEffect::Close => LifeChange::Close,
        };
        self.stop(id, change);
    }

    /// An account rested for as long as its plan allows.
    pub(super) fn end_inactive(&mut self, id: usize, inactive: Inactive) {
        let (active_seq, active_ts) = self.accounts[id].active;
        self.push(EventKind::Inactive(Rest {
            account: AccountId(id as u32),
            days: inactive.days,
            limit: inactive.rule.days,
            effect: inactive.rule.effect,
            active: inactive.active,
            active_seq,
            active_ts,
            opens: inactive.opens,
            equity: self.equity_of(id),
            positions: self.accounts[id].positions.len() as u32,
        }));
        let held = self.position_facts(id);
        self.facts.extend(held);
        self.push_basis(id);
        let change = match inactive.rule.effect {
            InactivityEffect::Fail => LifeChange::Fail,
            InactivityEffect::Suspend => LifeChange::Suspend {
                reason: SuspendReason::Inactivity,
                until: None,
            },
            InactivityEffect::Close => LifeChange::Close,
        };
        self.stop(id, change);
    }

    /// An account under this plan follows its parent, which is closed where it still trades; or it may
    /// not.
    pub(super) fn follow(
        &mut self,
        parent: Parentage,
        plan: &Plan,
    ) -> Result<Lineage, (Parentage, OpenDenial)> {
        let id = parent.account.0 as usize;
        let known = Parent {
            state: self.state(id),
            plan: self.plan(id).kind(),
            life: self.plan(id).life,
            lineage: self.accounts[id].lineage,
            followed: self.accounts[id].followed,
        };
        let succession =
            may_open(parent.origin, &known, plan.kind()).map_err(|reason| (parent, reason))?;
        self.accounts[id].followed = true;
        if succession.closes_parent {
            self.stop(id, LifeChange::Close);
        }
        Ok(succession.lineage)
    }
}
