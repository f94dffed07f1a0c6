//! Windows as the list of all intervals, looked through at every question.

use types::{Calendar, Interval, Label, TimestampNs};

use crate::conduct::{Conduct, WindowAction};

/// A plan's conduct and every interval of every calendar.
#[derive(Debug, Clone)]
pub struct WindowOracle {
    conduct: Conduct,
    intervals: Vec<(Calendar, Interval)>,
}

impl WindowOracle {
    /// These intervals, in any order.
    pub const fn new(conduct: Conduct, intervals: Vec<(Calendar, Interval)>) -> Self {
        Self { conduct, intervals }
    }

    /// Whether a window is open at a moment: `start - before <= now < end + after` for any interval of
    /// its calendar, in nanoseconds. An interval that this leaves empty contains nothing.
    pub fn is_open(&self, window: usize, now: TimestampNs) -> bool {
        let Some(rule) = self.conduct.windows.get(window) else {
            return false;
        };
        let ns = |seconds: u32| i128::from(seconds) * 1_000_000_000;
        let now = i128::from(now.0);
        self.intervals.iter().any(|(calendar, interval)| {
            let start = i128::from(interval.start.0) - ns(rule.before_s);
            let end = i128::from(interval.end.0) + ns(rule.after_s);
            *calendar == rule.calendar && start <= now && now < end
        })
    }

    /// The first open window with one of these actions for an instrument.
    pub fn first(
        &self,
        actions: &[WindowAction],
        symbol: Label,
        now: TimestampNs,
    ) -> Option<usize> {
        (0..self.conduct.windows.len()).find(|&window| {
            let rule = &self.conduct.windows[window];
            let concerned = rule.symbols.is_empty() || rule.symbols.contains(&symbol);
            concerned && actions.contains(&rule.action) && self.is_open(window, now)
        })
    }
}
