//! The trading-day roll: days close, anchors and daily limits are replaced, and every account is
//! tested again at once.

use types::{
    AccountId, CancelReason, DayClose, EventKind, FloorMoveCause, InputRejection, RollSchedule,
    TimeInForce, TradingDay,
};

use super::Shard;
use super::registry::reject;
use crate::event_buf::EventBuf;
use crate::slab::NIL;

impl Shard {
    pub(super) fn on_day_roll(
        &mut self,
        schedule: RollSchedule,
        day: TradingDay,
        events: &mut EventBuf,
    ) {
        let Some(open) = self
            .open_days
            .iter_mut()
            .find(|open| open.schedule == schedule)
        else {
            return reject(events, InputRejection::UnknownSchedule);
        };
        if open.day.is_some_and(|open| open >= day) {
            return reject(events, InputRejection::DayNotAfter);
        }
        let is_first = open.day.replace(day).is_none();
        events.push(EventKind::DayRolled { schedule, day });
        for contest in &mut self.contests {
            if contest.competition.schedule == schedule {
                for entrant in &mut contest.entries {
                    // The time before a schedule's first roll is a day only for who used it.
                    if !is_first || entrant.entry.is_used() {
                        entrant.entry.roll();
                    }
                }
            }
        }
        for id in 0..self.accounts.len() as u32 {
            let account = &self.accounts[id as usize];
            let plan = &self.plans[account.plan.0 as usize].plan;
            if account.is_trading() && plan.schedule == schedule {
                self.roll_account(AccountId(id), day, events);
            }
        }
    }

    fn roll_account(&mut self, id: AccountId, day: TradingDay, events: &mut EventBuf) {
        let is_day_order = |order: &crate::order::Order| order.tif == TimeInForce::Day;
        self.end_orders(id, CancelReason::DayOver, is_day_order, events);
        let account = &mut self.accounts[id.0 as usize];
        let plan = &self.plans[account.plan.0 as usize].plan;
        let (balance, equity) = (account.balance, account.equity());
        let held = account.positions.first != NIL;
        let roll = account.rules.roll(plan, day, balance, equity, held);
        if let Some((day, pnl, counted)) = roll.closed {
            let equity = equity.to_money_floor();
            let close = DayClose {
                account: id,
                day,
                pnl,
                balance,
                equity,
                counted,
            };
            events.push(EventKind::DayClosed(close));
            if let Some(consistency) = account.rules.consistency(plan, id) {
                events.push(EventKind::Consistency(consistency));
            }
        }
        for limit in roll.moves.iter() {
            events.push(EventKind::FloorMoved(
                limit.moved(id, FloorMoveCause::Rolled),
            ));
        }
        if std::mem::take(&mut account.day_locked) {
            events.push(EventKind::DayUnlocked { account: id });
        }
        self.judge(id, true, events);
    }
}
