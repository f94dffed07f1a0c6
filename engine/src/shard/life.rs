//! The life of an account: suspended, resumed, closed, failed, passed, followed by another.

use rules::{LifeChange, Lineage, Parent, PlanKind, may_open};
use types::{
    AccountChange, AccountId, CancelReason, DataFault, EventKind, FillCause, InputRejection, Lapse,
    LapseEffect, OpenDenial, OrderId, Parentage, Rest, SuspendReason,
};

use super::Shard;
use super::registry::reject;
use crate::agenda::{Due, DueKind};
use crate::derived::Derived;
use crate::event_buf::EventBuf;

impl Shard {
    pub(super) fn change_account(
        &mut self,
        id: AccountId,
        change: AccountChange,
        events: &mut EventBuf,
    ) {
        let Some(account) = self.account(id) else {
            return reject(events, InputRejection::UnknownAccount);
        };
        let life_change = match change {
            AccountChange::Suspend {
                until: Some(until), ..
            } if until <= self.ts => {
                let fault = DataFault::Until {
                    until,
                    after: self.ts,
                };
                return reject(events, InputRejection::BadData(fault));
            }
            AccountChange::Suspend { reason, until } => LifeChange::Suspend { reason, until },
            AccountChange::Resume => LifeChange::Resume,
            AccountChange::Close => LifeChange::Close,
        };
        // A trial: whether the change is legal is known before anything is ended for it.
        let mut life = account.life;
        if let Err(illegal) = life.change(life_change) {
            return events.push(EventKind::AccountChangeDenied {
                account: id,
                change,
                state: illegal.state,
            });
        }
        match life_change {
            LifeChange::Resume => self.resume(id, events),
            _ => self.stop(id, life_change, events),
        }
    }

    /// Ends what works, closes what is held, and changes the state.
    pub(super) fn stop(&mut self, id: AccountId, change: LifeChange, events: &mut EventBuf) {
        if self.accounts[id.0 as usize].is_trading() {
            self.close_peaks(id, events);
            let account = &self.accounts[id.0 as usize];
            let (held, fees) = (self.is_holding(account), account.fees);
            let equity = self.equity_of(account);
            self.end_all(id, CancelReason::AccountLocked, events);
            self.flatten(id, FillCause::AccountEnded, events);
            if held {
                self.tell_liquidation(id, equity, fees, events);
            }
        }
        self.change_life(id, change, events);
    }

    /// Says what an account's state becomes. A change that is not legal changes nothing.
    pub(super) fn change_life(&mut self, id: AccountId, change: LifeChange, events: &mut EventBuf) {
        let account = &mut self.accounts[id.0 as usize];
        let Ok((from, to)) = account.life.change(change) else {
            return;
        };
        if !account.resume_timed.is_none() {
            self.agenda.remove(account.resume_timed.0);
            account.resume_timed = Derived::NONE;
        }
        if let Some(suspension) = account.life.suspension().copied() {
            if let Some(until) = suspension.until {
                account.resume_timed = Derived(self.agenda.insert(Due {
                    at: until,
                    order: OrderId(0),
                    kind: DueKind::Resume,
                    sent: self.seq,
                    change: id.0,
                }));
            }
            events.push(EventKind::Suspended {
                account: id,
                suspension,
            });
        }
        events.push(EventKind::StateChanged {
            account: id,
            from,
            to,
        });
    }

    /// A suspension is over: the days that it missed are one roll, and its idle days start anew from the
    /// day that is open now, so that the roll says nothing about them. The time to pass went on.
    pub(super) fn resume(&mut self, id: AccountId, events: &mut EventBuf) {
        self.change_life(id, LifeChange::Resume, events);
        let account = &self.accounts[id.0 as usize];
        let known = account.rules.day();
        let plan = &self.plans[account.plan.0 as usize].plan;
        let open = self.open_day(plan.schedule).and_then(|open| open.day);
        let open = open.map(|day| plan.days.open_on(day));
        let mut lapsed = None;
        match open {
            Some(day) if known.is_none_or(|known| known < day) => {
                lapsed = self.roll_account(id, day, events).lapsed;
            }
            _ => self.judge_alone(id, events),
        }
        let at = self.at();
        let account = &mut self.accounts[id.0 as usize];
        account.rules.restart_inactivity();
        account.active = at;
        if let Some(lapsed) = lapsed {
            self.end_lapsed(id, lapsed, events);
        }
    }

    /// A roll found that an account's time to pass is over.
    pub(super) fn end_lapsed(
        &mut self,
        id: AccountId,
        lapsed: rules::Lapsed,
        events: &mut EventBuf,
    ) {
        let account = &self.accounts[id.0 as usize];
        if !account.is_trading() {
            return;
        }
        let held = self.account_holdings(account);
        events.push(EventKind::Lapsed(Lapse {
            account: id,
            limit: lapsed.rule.days,
            counts: lapsed.rule.counts,
            effect: lapsed.rule.effect,
            opened: lapsed.term.opened,
            last: lapsed.term.last,
            opens: lapsed.opens,
            equity: self.equity_of(account),
            positions: held.filter(|holding| holding.lots.0 != 0).count() as u32,
        }));
        self.push_breach_positions(id, events);
        self.push_basis(id, events);
        let change = match lapsed.rule.effect {
            LapseEffect::Fail => LifeChange::Fail,
            LapseEffect::Close => LifeChange::Close,
        };
        self.stop(id, change, events);
    }

    /// A roll found that an account rested for as long as its plan allows.
    pub(super) fn end_inactive(
        &mut self,
        id: AccountId,
        inactive: rules::Inactive,
        events: &mut EventBuf,
    ) {
        if !self.accounts[id.0 as usize].is_trading() {
            return;
        }
        let account = &self.accounts[id.0 as usize];
        let held = self.account_holdings(account);
        events.push(EventKind::Inactive(Rest {
            account: id,
            days: inactive.days,
            limit: inactive.rule.days,
            effect: inactive.rule.effect,
            active: inactive.active,
            active_seq: account.active.seq,
            active_ts: account.active.ts,
            opens: inactive.opens,
            equity: self.equity_of(account),
            positions: held.filter(|holding| holding.lots.0 != 0).count() as u32,
        }));
        self.push_breach_positions(id, events);
        self.push_basis(id, events);
        let change = match inactive.rule.effect {
            rules::InactivityEffect::Fail => LifeChange::Fail,
            rules::InactivityEffect::Suspend => LifeChange::Suspend {
                reason: SuspendReason::Inactivity,
                until: None,
            },
            rules::InactivityEffect::Close => LifeChange::Close,
        };
        self.stop(id, change, events);
    }

    /// Whether an account under this plan may follow its parent: what led to it then, and
    /// whether the parent is closed by it.
    pub(super) fn succession(
        &self,
        parent: Parentage,
        plan: PlanKind,
    ) -> Result<(Lineage, bool), OpenDenial> {
        let account = &self.accounts[parent.account.0 as usize];
        let of = &self.plans[account.plan.0 as usize].plan;
        let known = Parent {
            state: account.state(),
            plan: of.kind(),
            life: of.life,
            lineage: account.lineage,
            followed: account.followed,
        };
        let succession = may_open(parent.origin, &known, plan)?;
        Ok((succession.lineage, succession.closes_parent))
    }
}
