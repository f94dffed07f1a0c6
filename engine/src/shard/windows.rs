//! Windows of plans open and close: timed work, before anything else of the same time.

use rules::WindowAction;
use types::{
    AccountId, AlgoEnd, Calendar, CancelReason, DataFault, EventKind, FillCause, InputRejection,
    InstrumentId, Interval, LimitName, PlanId, TimestampNs,
};

use super::Shard;
use super::registry::{full, reject};
use crate::event_buf::EventBuf;
use crate::holding::Holding;
use crate::windows::{Known, Opening};

impl Shard {
    pub(super) fn announce_window(
        &mut self,
        calendar: Calendar,
        interval: Interval,
        events: &mut EventBuf,
    ) {
        if interval.is_empty() {
            let Interval { start, end } = interval;
            let fault = DataFault::Interval { start, end };
            return reject(events, InputRejection::BadData(fault));
        }
        let known = Known { calendar, interval };
        self.windows.forget_old(self.ts);
        if self.windows.is_settled(&known, self.ts) {
            return;
        }
        if self.windows.known().len() >= self.limits.intervals_max as usize {
            return reject(events, full(&self.limits, LimitName::Intervals));
        }
        self.windows.learn(known);
        events.push(EventKind::WindowAnnounced { calendar, interval });
        for plan in 0..self.plans.len() as u32 {
            self.schedule_windows(PlanId(plan), known);
        }
    }

    /// A plan that is new follows what is known.
    pub(super) fn schedule_known_windows(&mut self, plan: PlanId) {
        for index in 0..self.windows.known().len() {
            let known = self.windows.known()[index];
            self.schedule_windows(plan, known);
        }
    }

    fn schedule_windows(&mut self, id: PlanId, known: Known) {
        let conduct = &self.plans[id.0 as usize].plan.conduct;
        for (window, rule) in conduct.windows_of(known.calendar) {
            let extent = rule.extent(known.interval);
            if extent.end > self.ts {
                self.windows.push(Opening {
                    at: extent.start.max(self.ts),
                    plan: id,
                    window: window as u8,
                    until: extent.end,
                });
            }
        }
    }

    /// Finds when the next window closes.
    pub(crate) fn refresh_windows(&mut self) {
        let next = self
            .plans
            .iter()
            .filter_map(|plan| plan.windows.next_close());
        let next = next.min();
        self.windows.refresh(next);
    }

    /// Carries out the next opening, or the closings of the next time at which something closes.
    pub(super) fn run_window_edge(&mut self, events: &mut EventBuf) {
        let Some((at, closes)) = self.windows.next_edge() else {
            return;
        };
        if closes {
            self.close_windows(at, events);
            return self.refresh_windows();
        }
        let Some(opening) = self.windows.pop() else {
            return;
        };
        let Opening {
            plan: id,
            window,
            until,
            ..
        } = opening;
        let known = &mut self.plans[id.0 as usize];
        let extent = Interval {
            start: at,
            end: until,
        };
        if known.windows.open(window.into(), extent) {
            events.push(EventKind::WindowOpened {
                plan: id,
                window,
                until,
            });
            let action = known.plan.conduct.windows[usize::from(window)].action;
            if action == WindowAction::ForceFlat {
                self.force_flat(id, window, events);
            }
        }
        self.refresh_windows();
    }

    fn close_windows(&mut self, at: TimestampNs, events: &mut EventBuf) {
        for (id, known) in (0..).zip(&mut self.plans) {
            for window in known.windows.close_due(at) {
                events.push(EventKind::WindowClosed {
                    plan: PlanId(id),
                    window: window as u8,
                });
            }
        }
    }

    /// Nothing works and nothing is held, of the symbols of a window, in any account of its plan.
    fn force_flat(&mut self, plan: PlanId, window: u8, events: &mut EventBuf) {
        for id in 0..self.accounts.len() as u32 {
            let account = &self.accounts[id as usize];
            if account.plan == plan && account.is_trading() {
                self.flatten_in(AccountId(id), window, events);
            }
        }
    }

    fn flatten_in(&mut self, id: AccountId, window: u8, events: &mut EventBuf) {
        let plan = self.accounts[id.0 as usize].plan;
        let is_meant = |shard: &Self, instrument: InstrumentId| {
            let symbol = shard.markets[instrument.0 as usize].instrument.symbol;
            let conduct = &shard.plans[plan.0 as usize].plan.conduct;
            conduct.windows[usize::from(window)].concerns(symbol)
        };
        let is_held = |shard: &Self, held: &Holding| is_meant(shard, held.instrument);
        let account = &self.accounts[id.0 as usize];
        let (equity, fees) = (self.equity_of(account), account.fees);
        let held = self.oldest_position(id, is_held).is_some();
        self.end_algos(
            AlgoEnd::Window,
            |shard, algo| algo.request.account == id && is_meant(shard, algo.request.instrument),
            events,
        );
        self.end_orders(
            id,
            CancelReason::Window,
            |shard, handle, _| is_meant(shard, shard.instrument_of(handle)),
            events,
        );
        while let Some(holding) = self.oldest_position(id, is_held) {
            self.close_position(holding, FillCause::Window, events);
        }
        if held {
            self.tell_liquidation(id, equity, fees, events);
        }
    }
}
