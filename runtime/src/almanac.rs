//! What calendars bring to a shard that no runtime drives: the same inputs at the same places that a runtime would
//! sequence before an input of a source.

use std::collections::VecDeque;

use engine::Shard;
use types::{Calendar, Command, InputKind, Interval, MarketEvent, TimestampNs};

use crate::announcer::{AHEAD_NS, Announcer};
use crate::config::{Clock, Closures, Timetable};
use crate::sequencer::Sequencer;
use crate::time::LocalTime;

/// Day rolls, hours of windows and the events of a timetable. It reads no clock.
pub struct Almanac {
    announcer: Announcer,
    sequencer: Sequencer,
    timetable: Option<Timetable>,
    told: VecDeque<(Calendar, Interval)>,
    /// Told as their time comes, by their start.
    given: VecDeque<(Calendar, Interval)>,
    /// An event of the timetable that waits for the rolls before it.
    held: Option<(TimestampNs, MarketEvent)>,
    /// Plans and competitions that are known.
    known: (u32, u32),
}

impl Almanac {
    /// Continues after what the shard has applied.
    pub fn new(shard: &Shard, timetable: Option<Timetable>, closures: Option<Closures>) -> Self {
        Self {
            announcer: Announcer::new(shard, closures),
            sequencer: Sequencer::new(Clock::Source, LocalTime::shared(), shard),
            timetable,
            told: VecDeque::new(),
            given: VecDeque::new(),
            held: None,
            known: (shard.plan_count(), shard.competition_count()),
        }
    }

    /// With hours that no calendar knows and somebody would announce, such as those of news: each is announced as far ahead as
    /// those of calendars.
    #[must_use]
    pub fn with_intervals(mut self, mut given: Vec<(Calendar, Interval)>) -> Self {
        given.sort_by_key(|(_, interval)| interval.start);
        self.given = given.into();
        self
    }

    /// The next input that comes before one at `ts`, and its time; asked again until there is none, with each applied
    /// before the next is asked for.
    pub fn before(&mut self, ts: TimestampNs, shard: &Shard) -> Option<(TimestampNs, InputKind)> {
        let known = (shard.plan_count(), shard.competition_count());
        if known != self.known {
            self.known = known;
            self.announcer.learn(shard);
            self.sequencer.learn(shard);
        }
        self.sequencer.stamp(shard.ts());
        // The first input that has a time says what time it is.
        let last = match self.sequencer.last() {
            TimestampNs(0) => ts,
            last => last,
        };
        self.told.extend(self.announcer.due(ts, last, shard));
        while ts != TimestampNs(0)
            && let Some((calendar, interval)) = self
                .given
                .pop_front_if(|(_, it)| it.start.0 <= ts.0.saturating_add(AHEAD_NS))
        {
            // No window is open so long after the hours that it follows.
            if interval.end.0.saturating_add(AHEAD_NS) > last.0 {
                self.told.push_back((calendar, interval));
            }
        }
        if let Some((calendar, interval)) = self.told.pop_front() {
            let command = Command::AnnounceWindow { calendar, interval };
            return Some((self.sequencer.stamp(last), InputKind::Command(command)));
        }
        if self.held.is_none() {
            self.held = self
                .timetable
                .as_mut()
                .and_then(|timetable| timetable(ts, shard));
        }
        let until = self.held.as_ref().map_or(ts, |(at, _)| *at);
        if let Some((at, timer)) = self.sequencer.roll_before(until) {
            return Some((at, InputKind::Timer(timer)));
        }
        let (at, event) = self.held.take()?;
        Some((self.sequencer.stamp(at), InputKind::Market(event)))
    }
}

impl std::fmt::Debug for Almanac {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Almanac")
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}
