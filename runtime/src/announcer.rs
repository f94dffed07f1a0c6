//! Announces the hours of plans' windows, and the closures of markets that they follow, to the engine, which knows no
//! calendar.
//!
//! A look tells the intervals that start within the next eight days, and those of before that still keep
//! a window open. There is a look before the first input of a start and before the first after a plan
//! became known, then one for each day. A window opens a week before an interval at most, so that none
//! is told too late. What the shard knows already is not told again.
//!
//! Announcements are inputs like any other, stamped with the time of the input before them: only then
//! does the clock move on, past no edge that was not told. When no input came for long, as much of that
//! time as [`GAP_MAX_NS`] is made up for.

use std::collections::BTreeSet;

use engine::Shard;
use types::{Calendar, Command, InputKind, Interval, PlanId, TimestampNs};

use crate::calendar::{self, CalendarError};
use crate::config::Closures;

const SECOND_NS: u64 = 1_000_000_000;
const DAY_NS: u64 = 86_400 * SECOND_NS;
/// How far ahead a look tells: the most that a plan widens a window by, and the time to the next look.
pub(crate) const AHEAD_NS: u64 = 8 * DAY_NS;
/// How much time without input is made up for.
const GAP_MAX_NS: u64 = 31 * DAY_NS;
const NEVER: TimestampNs = TimestampNs(u64::MAX);

/// Hours that some plan's windows follow.
#[derive(Debug)]
struct Recurring {
    hours: Calendar,
    /// The longest that a window stays open after them.
    after_s: u32,
}

#[derive(Debug)]
pub(crate) struct Announcer {
    calendar: calendar::Calendar,
    closures: Option<Closures>,
    recurring: Vec<Recurring>,
    /// Plans whose windows are known.
    plans: u32,
    /// When to look next.
    next: TimestampNs,
}

impl Announcer {
    /// Continues after what the shard has applied.
    pub(crate) fn new(shard: &Shard, closures: Option<Closures>) -> Self {
        let mut announcer = Self {
            calendar: calendar::Calendar::default(),
            closures,
            recurring: Vec::new(),
            plans: 0,
            next: NEVER,
        };
        announcer.learn(shard);
        announcer
    }

    /// Looks for windows that an input brought.
    pub(crate) fn applied(&mut self, kind: &InputKind, shard: &Shard) {
        if let InputKind::Command(Command::DefinePlan { .. }) = kind {
            self.learn(shard);
        }
    }

    pub(crate) fn learn(&mut self, shard: &Shard) {
        for plan in self.plans..shard.plan_count() {
            let windows = shard
                .plan(PlanId(plan))
                .map_or(&[][..], |plan| &plan.conduct.windows);
            for window in windows {
                if matches!(window.calendar, Calendar::Named(_)) {
                    continue;
                }
                let after_s = window.after_s;
                let mut known = self.recurring.iter_mut();
                match known.find(|known| known.hours == window.calendar) {
                    Some(known) => known.after_s = known.after_s.max(after_s),
                    None => self.recurring.push(Recurring {
                        hours: window.calendar,
                        after_s,
                    }),
                }
                self.next = TimestampNs(0);
            }
        }
        self.plans = shard.plan_count();
    }

    /// The intervals to announce before an input at `ts`, where `last` is the time of the one before.
    /// While the time is 0 nobody knows it yet.
    pub(crate) fn due(
        &mut self,
        ts: TimestampNs,
        last: TimestampNs,
        shard: &Shard,
    ) -> Vec<(Calendar, Interval)> {
        if ts < self.next || ts == TimestampNs(0) {
            return Vec::new();
        }
        self.next = TimestampNs(ts.0.saturating_add(DAY_NS));
        let since = last.0.max(ts.0.saturating_sub(GAP_MAX_NS));
        let until = TimestampNs(ts.0.saturating_add(AHEAD_NS));
        let known: BTreeSet<_> = shard.known_intervals().collect();
        let mut due = Vec::new();
        self.recurring.retain(|&Recurring { hours, after_s }| {
            let since = TimestampNs(since.saturating_sub(u64::from(after_s) * SECOND_NS));
            let intervals = match hours {
                Calendar::Closed {
                    session,
                    minutes_min,
                } => {
                    let found = self
                        .closures
                        .and_then(|of| of(session.as_str(), minutes_min, since, until));
                    found.ok_or_else(|| CalendarError::Session(session.to_string()))
                }
                _ => self.calendar.intervals(&hours, since, until),
            };
            match intervals {
                Ok(intervals) => {
                    let told = intervals.into_iter().map(|interval| (hours, interval));
                    due.extend(told.filter(|told| !known.contains(told)));
                    true
                }
                Err(error) => {
                    tracing::warn!(?hours, %error, "windows of these hours will not open");
                    false
                }
            }
        });
        due
    }
}
