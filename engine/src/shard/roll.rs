//! The trading-day roll: days close, anchors and daily limits are replaced, and every account is
//! tested again at once.

use rules::Roll;
use types::{
    AccountId, BaselineSource, CancelReason, DayClose, EventKind, FloorMoveCause, InputRejection,
    RollSchedule, RuleKind, TradingDay,
};

use super::Shard;
use super::registry::reject;
use crate::event_buf::EventBuf;
use crate::order::Tif;

impl Shard {
    /// A roll comes before everything else of its time. As several schedules may roll at one time, what is
    /// due then is left to the next input that is no roll.
    #[inline(never)]
    pub(super) fn roll_first(
        &mut self,
        schedule: RollSchedule,
        day: TradingDay,
        events: &mut EventBuf,
    ) {
        self.run_timed_before(events);
        self.on_day_roll(schedule, day, events);
        self.settle(events);
    }

    fn on_day_roll(&mut self, schedule: RollSchedule, day: TradingDay, events: &mut EventBuf) {
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
        let before = open.day.replace(day);
        events.push(EventKind::DayRolled { schedule, day });
        self.roll_entries(schedule, before, day);
        for id in 0..self.accounts.len() as u32 {
            let account = &self.accounts[id as usize];
            let plan = &self.plans[account.plan.0 as usize].plan;
            if !account.is_trading() || plan.schedule != schedule {
                continue;
            }
            let day = plan.days.open_on(day);
            if account.rules.day().is_none_or(|known| known < day) {
                let id = AccountId(id);
                let roll = self.roll_account(id, day, events);
                if let Some(lapsed) = roll.lapsed {
                    self.end_lapsed(id, lapsed, events);
                }
                if let Some(inactive) = roll.inactive {
                    self.end_inactive(id, inactive, events);
                }
            }
        }
    }

    /// Closes the day of every entry at its equity, of those competitions that open one.
    fn roll_entries(
        &mut self,
        schedule: RollSchedule,
        before: Option<TradingDay>,
        day: TradingDay,
    ) {
        for contest in 0..self.contests.len() {
            let known = &self.contests[contest];
            if known.competition.schedule != schedule || !known.is_live() {
                continue;
            }
            // The moment at which it ends is outside its window: no day of it opens there.
            let window = known.competition.contest.window;
            if window.is_some_and(|window| window.end <= self.ts) {
                continue;
            }
            let days = &known.competition.days;
            if before.is_some_and(|before| days.open_on(before) >= days.open_on(day)) {
                continue;
            }
            for index in 0..self.contests[contest].entries.len() {
                let account = self.contests[contest].entries[index].account;
                let equity = self.equity_of(&self.accounts[account.0 as usize]);
                let entry = &mut self.contests[contest].entries[index].entry;
                // The time before a schedule's first roll is a day only for who used it, also who began with nothing left.
                entry.observe(equity, self.ts);
                if before.is_some() || entry.is_used() {
                    entry.roll();
                }
            }
        }
    }

    /// Opens a day of an account. What ends it is left to the caller: that it rested for as long as its plan
    /// allows, or that its time to pass is over.
    pub(super) fn roll_account(
        &mut self,
        id: AccountId,
        day: TradingDay,
        events: &mut EventBuf,
    ) -> Roll {
        // What moved until now belongs to the day that closes, and to the limits that are replaced.
        self.close_peaks(id, events);
        let is_day_order = |_: &Self, _: u32, order: &crate::order::Order| order.tif == Tif::Day;
        self.end_orders(id, CancelReason::DayOver, is_day_order, events);
        let account = &self.accounts[id.0 as usize];
        let (balance, equity) = (self.balance_of(account), self.equity_of(account));
        let held = self.is_holding(account);
        let account = &mut self.accounts[id.0 as usize];
        let plan = &self.plans[account.plan.0 as usize].plan;
        let roll = account.rules.roll(plan, day, balance, equity, held);
        self.take_baselines(id, roll.moves.iter(), BaselineSource::Roll);
        // A roll takes the day's baseline anew even where that moves nothing.
        let origin = self.at().takes(BaselineSource::Roll);
        let account = &mut self.accounts[id.0 as usize];
        account.origins.set(RuleKind::DailyLoss, origin);
        let plan = &self.plans[account.plan.0 as usize].plan;
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
        self.tell_moves(id, roll.moves.iter(), FloorMoveCause::Rolled, events);
        if std::mem::take(&mut self.accounts[id.0 as usize].day_locked) {
            events.push(EventKind::DayUnlocked { account: id });
        }
        self.judge_alone(id, events);
        roll
    }
}
