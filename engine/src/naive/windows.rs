//! Windows of plans: known from intervals, open from time to time.

use std::collections::{BTreeMap, BTreeSet};

use rules::WindowAction;
use types::{
    AlgoEnd, Calendar, CancelReason, DataFault, EventKind, FillCause, InputRejection, Interval,
    Label, LimitName, PlanId, TimestampNs,
};

use super::Naive;

/// An interval stays known for a week after its end, nanoseconds.
const KEPT_NS: u64 = 604_800_000_000_000;

/// A span of time in which a window of a plan is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    plan: usize,
    window: usize,
    /// When it opens: its start, or when it became known.
    at: u64,
    end: u64,
    /// It has opened its window, or would have.
    begun: bool,
}

/// A window opens or closes, in the order of work at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Edge {
    Closes {
        plan: usize,
        window: usize,
    },
    Opens {
        plan: usize,
        window: usize,
        end: u64,
    },
}

impl Naive {
    pub(super) fn announce_window(&mut self, calendar: Calendar, interval: Interval) {
        if interval.end <= interval.start {
            let Interval { start, end } = interval;
            let fault = DataFault::Interval { start, end };
            return self.reject(InputRejection::BadData(fault));
        }
        let now = self.ts.0;
        let is_over = |interval: &Interval| interval.end.0.saturating_add(KEPT_NS) <= now;
        self.intervals.retain(|(_, known)| !is_over(known));
        if is_over(&interval) || self.intervals.contains(&(calendar, interval)) {
            return;
        }
        if self.intervals.len() >= self.limits.intervals_max as usize {
            return self.reject_full(LimitName::Intervals);
        }
        self.intervals.push((calendar, interval));
        self.push(EventKind::WindowAnnounced { calendar, interval });
        for plan in 0..self.plans.len() {
            self.follow_interval(plan, calendar, interval);
        }
    }

    /// The windows of a plan that follow a calendar are to be open around its interval.
    pub(super) fn follow_interval(&mut self, plan: usize, calendar: Calendar, interval: Interval) {
        for (window, rule) in self.plans[plan].conduct.windows.iter().enumerate() {
            let extent = rule.extent(interval);
            if rule.calendar == calendar && extent.end > self.ts {
                self.extents.push(Extent {
                    plan,
                    window,
                    at: extent.start.max(self.ts).0,
                    end: extent.end.0,
                    begun: false,
                });
            }
        }
    }

    /// Plans and windows that are open, ascending, with the time at which they close.
    fn open_windows(&self) -> BTreeMap<(usize, usize), u64> {
        let mut open = BTreeMap::new();
        for extent in self.extents.iter().filter(|extent| extent.begun) {
            let until = open.entry((extent.plan, extent.window)).or_insert(0);
            *until = extent.end.max(*until);
        }
        open
    }

    /// The windows that are open after all work is done, by the intervals and the time until which it is done.
    pub(super) fn windows_by_clock(&self) -> Vec<(PlanId, u8, TimestampNs)> {
        let mut open: BTreeMap<(usize, usize), TimestampNs> = BTreeMap::new();
        for (plan, rules) in self.plans.iter().enumerate() {
            for (window, rule) in rules.conduct.windows.iter().enumerate() {
                for (calendar, interval) in &self.intervals {
                    let extent = rule.extent(*interval);
                    if rule.calendar == *calendar
                        && self.has_come(extent.start.0)
                        && !self.has_come(extent.end.0)
                    {
                        let until = open.entry((plan, window)).or_insert(extent.end);
                        *until = extent.end.max(*until);
                    }
                }
            }
        }
        let open = open.into_iter();
        open.map(|((plan, window), until)| (PlanId(plan as u32), window as u8, until))
            .collect()
    }

    /// The next edge by now, and its time.
    pub(super) fn earliest_edge(&self) -> Option<(u64, Edge)> {
        let open = self.open_windows().into_iter();
        let closes = open.map(|((plan, window), until)| (until, Edge::Closes { plan, window }));
        let waiting = self.extents.iter().filter(|extent| !extent.begun);
        let opens = waiting.map(|extent| {
            let Extent {
                plan, window, end, ..
            } = *extent;
            (extent.at, Edge::Opens { plan, window, end })
        });
        let edges = closes.chain(opens);
        edges.filter(|(at, _)| self.has_come(*at)).min()
    }

    pub(super) fn cross(&mut self, edge: Edge) {
        match edge {
            Edge::Closes { plan, window } => {
                let is_it = |extent: &Extent| (extent.plan, extent.window) == (plan, window);
                self.extents
                    .retain(|extent| !(is_it(extent) && extent.begun));
                self.push(EventKind::WindowClosed {
                    plan: PlanId(plan as u32),
                    window: window as u8,
                });
            }
            Edge::Opens { plan, window, end } => self.open_window(plan, window, end),
        }
    }

    fn open_window(&mut self, plan: usize, window: usize, end: u64) {
        let was_open = self.open_windows().contains_key(&(plan, window));
        let opening = self
            .extents
            .iter_mut()
            .filter(|extent| !extent.begun && extent.end == end)
            .filter(|extent| (extent.plan, extent.window) == (plan, window))
            .min_by_key(|extent| extent.at);
        if let Some(extent) = opening {
            extent.begun = true;
        }
        if was_open {
            return;
        }
        self.push(EventKind::WindowOpened {
            plan: PlanId(plan as u32),
            window: window as u8,
            until: TimestampNs(end),
        });
        let rule = self.plans[plan].conduct.windows[window].clone();
        if rule.action != WindowAction::ForceFlat {
            return;
        }
        let markets = self.markets.iter().enumerate();
        let meant: BTreeSet<usize> = markets
            .filter(|(_, market)| {
                let is_it = |symbol: &Label| market.instrument.symbol == *symbol;
                rule.symbols.is_empty() || rule.symbols.iter().any(is_it)
            })
            .map(|(id, _)| id)
            .collect();
        for id in 0..self.accounts.len() {
            if self.accounts[id].plan == plan && self.is_trading(id) {
                self.flatten_in(id, &meant);
            }
        }
    }

    /// Nothing of an account works in these instruments, and nothing is held there.
    fn flatten_in(&mut self, id: usize, meant: &BTreeSet<usize>) {
        let before = self.before_closing(id);
        self.end_algos(AlgoEnd::Window, |algo| {
            algo.account == id && meant.contains(&algo.instrument)
        });
        self.end_orders(id, CancelReason::Window, |_, order| {
            meant.contains(&order.instrument)
        });
        let mut closed = false;
        loop {
            let mut positions = self.accounts[id].positions.iter();
            let oldest = positions.find(|held| meant.contains(&held.instrument));
            let Some(oldest) = oldest.copied() else {
                break;
            };
            closed = true;
            self.close(id, &oldest, FillCause::Window);
        }
        if closed {
            self.tell_closing(id, before);
        }
    }

    /// The first window of an account's plan that is open, concerns an instrument and acts so.
    pub(super) fn first_open_window(
        &self,
        account: usize,
        instrument: usize,
        acts: impl Fn(WindowAction) -> bool,
    ) -> Option<usize> {
        let plan = self.accounts[account].plan;
        let open = self.open_windows();
        let symbol = self.markets[instrument].instrument.symbol;
        let windows = self.plans[plan].conduct.windows.iter().enumerate();
        windows
            .filter(|(_, rule)| acts(rule.action))
            .filter(|(_, rule)| rule.symbols.is_empty() || rule.symbols.contains(&symbol))
            .map(|(window, _)| window)
            .find(|window| open.contains_key(&(plan, *window)))
    }
}
