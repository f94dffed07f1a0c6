//! The verdict on an account: test, then lock, cancel, flatten and change state; only then ratchet.

use rules::Breaches;
use types::{
    AccountId, AccountState, Breach, BreachPosition, CancelReason, Effect, EventKind,
    FloorMoveCause, Notional, Price, SignedQty,
};

use super::{Shard, Touched};
use crate::account::BreachRecord;
use crate::event_buf::EventBuf;
use crate::slab::NIL;

impl Shard {
    /// Judges the accounts in `touched`, each once, in ascending order of their ids.
    pub(super) fn judge_touched(&mut self, events: &mut EventBuf) {
        let mut touched = std::mem::take(&mut self.scratch.touched);
        touched.sort_unstable();
        for (index, &Touched { account, booked }) in touched.iter().enumerate() {
            // Sorted, so the last of an account's marks says whether anything was booked.
            if touched
                .get(index + 1)
                .is_none_or(|next| next.account != account)
            {
                self.judge(account, booked, events);
            }
        }
        self.scratch.touched = touched;
    }

    /// Tests one account and carries out what follows. `booked`: its balance may have changed.
    pub(super) fn judge(&mut self, id: AccountId, booked: bool, events: &mut EventBuf) {
        let account = &self.accounts[id.0 as usize];
        if account.is_trading() {
            let equity = account.equity();
            let breaches = account.rules.breached(equity, account.day_locked);
            let broken = !breaches.is_empty();
            if broken {
                self.carry_out(id, equity, &breaches, events);
            }
            // A liquidation closes positions like any other fill.
            let booked = booked || broken;
            self.ratchet(id, equity, booked, events);
            if booked {
                self.test_objectives(id, events);
            }
        }
        self.observe_entry(id);
    }

    fn carry_out(
        &mut self,
        id: AccountId,
        equity: Notional,
        breaches: &Breaches,
        events: &mut EventBuf,
    ) {
        self.record_breaches(id, equity, breaches, events);
        let fails = breaches.iter().any(|limit| limit.effect == Effect::Fail);
        self.end_orders(id, CancelReason::AccountLocked, |_| true, events);
        self.flatten(id, events);
        if fails {
            self.change_state(id, AccountState::Failed, events);
        } else {
            self.accounts[id.0 as usize].day_locked = true;
            events.push(EventKind::DayLocked { account: id });
        }
    }

    fn record_breaches(
        &mut self,
        id: AccountId,
        equity: Notional,
        breaches: &Breaches,
        events: &mut EventBuf,
    ) {
        let account = &self.accounts[id.0 as usize];
        let known = &self.plans[account.plan.0 as usize];
        let mut positions = 0;
        let mut handle = account.positions.first;
        while handle != NIL {
            positions += 1;
            handle = self.positions.get(handle).next;
        }
        let mut primary = true;
        let mut record = None;
        for limit in breaches.iter() {
            let breach = Breach {
                account: id,
                rule: limit.rule,
                effect: limit.effect,
                primary,
                touch_is_breach: limit.touch_is_breach,
                balance: account.balance,
                equity,
                baseline: limit.baseline,
                allowance: limit.allowance,
                floor: limit.floor,
                plan: account.plan,
                plan_version: known.plan.version,
                plan_hash: known.hash,
                positions,
            };
            primary = false;
            record.get_or_insert(BreachRecord {
                seq: self.seq,
                ts: self.ts,
                breach,
            });
            events.push(EventKind::Breach(breach));
            self.push_breach_positions(id, events);
        }
        self.accounts[id.0 as usize].breach = record;
    }

    fn push_breach_positions(&self, id: AccountId, events: &mut EventBuf) {
        let mut handle = self.accounts[id.0 as usize].positions.first;
        while handle != NIL {
            let position = self.positions.get(handle);
            let market = &self.markets[position.instrument.0 as usize];
            let (bid, ask) = market.touch.map_or((Price::ZERO, Price::ZERO), |touch| {
                (
                    market.instrument.price(touch.bid),
                    market.instrument.price(touch.ask),
                )
            });
            let signed = position.lots.0.saturating_mul(market.instrument.lot_size.0);
            events.push(EventKind::BreachPosition(BreachPosition {
                account: id,
                instrument: position.instrument,
                position: SignedQty(signed),
                cost: position.cost,
                bid,
                ask,
                unrealised: position.unrealised,
            }));
            handle = position.next;
        }
    }

    /// Moves peaks and floors: by the equity that was tested, and by the balance if it was booked.
    fn ratchet(&mut self, id: AccountId, equity: Notional, booked: bool, events: &mut EventBuf) {
        let account = &mut self.accounts[id.0 as usize];
        if !account.is_trading() {
            return;
        }
        let plan = &self.plans[account.plan.0 as usize].plan;
        for limit in account.rules.ratchet_equity(plan, equity).iter() {
            events.push(EventKind::FloorMoved(
                limit.moved(id, FloorMoveCause::Trailed),
            ));
        }
        if booked {
            for limit in account.rules.ratchet_closed(plan, account.balance).iter() {
                events.push(EventKind::FloorMoved(
                    limit.moved(id, FloorMoveCause::Trailed),
                ));
            }
        }
    }

    /// Target and pass, tested while nothing is open.
    fn test_objectives(&mut self, id: AccountId, events: &mut EventBuf) {
        let account = &mut self.accounts[id.0 as usize];
        if account.state != AccountState::Evaluation || account.positions.first != NIL {
            return;
        }
        let plan = &self.plans[account.plan.0 as usize].plan;
        let balance = account.balance;
        let target = account.rules.reach_target(plan, balance, self.ts);
        let is_first = target.is_some();
        if let Some(target) = target {
            events.push(EventKind::TargetReached {
                account: id,
                balance,
                target,
            });
        }
        let passes = account.rules.passes(plan, balance);
        if is_first && !passes {
            // Not yet, and what would satisfy it.
            if let Some(consistency) = account.rules.consistency(plan, id) {
                events.push(EventKind::Consistency(consistency));
            }
        }
        if passes {
            self.end_orders(id, CancelReason::AccountLocked, |_| true, events);
            if std::mem::take(&mut self.accounts[id.0 as usize].day_locked) {
                events.push(EventKind::DayUnlocked { account: id });
            }
            self.change_state(id, AccountState::Passed, events);
        }
    }

    fn change_state(&mut self, id: AccountId, to: AccountState, events: &mut EventBuf) {
        let account = &mut self.accounts[id.0 as usize];
        events.push(EventKind::StateChanged {
            account: id,
            from: account.state,
            to,
        });
        account.state = to;
    }

    fn observe_entry(&mut self, id: AccountId) {
        let account = &self.accounts[id.0 as usize];
        if let Some(place) = account.entry {
            let contest = &mut self.contests[place.competition.0 as usize];
            contest.entries[place.index as usize]
                .entry
                .observe(account.equity(), self.ts);
        }
    }
}
