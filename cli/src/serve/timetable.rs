//! What calendars bring to a server's engine: statuses at the edges of sessions, splits and dividends.
//!
//! What was brought before follows from the shard alone, so a restart neither repeats nor misses anything. An edge or
//! an action is an input with its own time, before any input of that time or later; so those at or before the shard's
//! time have been. The status of an instrument that the file gives a session only now is corrected at once; an action
//! of before that the file gets only now is too late.

use gateway::dto::instrument::Specification;
use marketdata::calendar::{Calendar, SEARCH_DAYS_MAX};
use runtime::Shard;
use types::{InstrumentId, InstrumentStatus, MarketData, MarketEvent, TimestampNs};

const NEVER: TimestampNs = TimestampNs(u64::MAX);
const DAY_NS: u64 = 86_400_000_000_000;

/// The events of all instruments.
#[derive(Debug)]
pub(crate) struct Timetable {
    listed: Vec<Listed>,
    /// Instruments that the shard had when it was last looked at.
    known: u32,
    /// The earliest `due`.
    due: TimestampNs,
}

#[derive(Debug)]
struct Listed {
    id: InstrumentId,
    session: Option<Calendar>,
    /// Newest first.
    actions: Vec<(TimestampNs, MarketData)>,
    /// The next change of its status; without one, when to look again.
    status: Option<InstrumentStatus>,
    status_at: TimestampNs,
}

impl Listed {
    fn new(id: InstrumentId, specification: &Specification) -> Self {
        let session = specification.session.clone();
        let actions = specification.actions.iter().rev();
        let actions = actions
            .filter_map(|action| action.input(session.as_ref()?, id.0))
            .collect();
        Self {
            id,
            session,
            actions,
            status: None,
            status_at: NEVER,
        }
    }

    /// Begins with an instrument as the shard has it.
    fn learn(&mut self, shard: &Shard) {
        let now = shard.ts();
        self.actions.retain(|(ts, _)| *ts > now);
        let Some(session) = &self.session else { return };
        let status = shard.instrument_view(self.id).map(|view| view.status);
        let wanted = status_of(session.is_open(now));
        let is_wrong = match wanted {
            // A halt, or a call, within the session is somebody else's.
            InstrumentStatus::Open => status == Some(InstrumentStatus::Closed),
            wanted => status != Some(wanted),
        };
        if is_wrong {
            (self.status, self.status_at) = (Some(wanted), now);
        } else {
            self.look(now);
        }
    }

    /// The next edge after a moment.
    fn look(&mut self, ts: TimestampNs) {
        let edge = self.session.as_ref().and_then(|it| it.next_edge(ts));
        (self.status, self.status_at) = match edge {
            Some(edge) => (Some(status_of(edge.opens)), edge.at),
            None => (
                None,
                TimestampNs(ts.0.saturating_add(SEARCH_DAYS_MAX as u64 * DAY_NS)),
            ),
        };
    }

    fn due(&self) -> TimestampNs {
        let action = self.actions.last().map_or(NEVER, |(ts, _)| *ts);
        action.min(self.status_at)
    }

    /// The event that is due first, if there is one at its time.
    fn take(&mut self) -> Option<(TimestampNs, MarketData)> {
        if let Some(action) = self.actions.pop_if(|(ts, _)| *ts <= self.status_at) {
            return Some(action);
        }
        let (status, at) = (self.status, self.status_at);
        self.look(at);
        status.map(|status| (at, MarketData::Status(status)))
    }
}

const fn status_of(is_open: bool) -> InstrumentStatus {
    if is_open {
        InstrumentStatus::Open
    } else {
        InstrumentStatus::Closed
    }
}

impl Timetable {
    /// The events of a file's instruments, numbered in their order.
    pub(crate) fn new(instruments: &[Specification]) -> Self {
        let numbered = (0..).map(InstrumentId).zip(instruments);
        Self {
            listed: numbered.map(|(id, it)| Listed::new(id, it)).collect(),
            known: 0,
            due: NEVER,
        }
    }

    /// The next event that has to come before an input at `ts`, and its time.
    pub(crate) fn next(
        &mut self,
        ts: TimestampNs,
        shard: &Shard,
    ) -> Option<(TimestampNs, MarketEvent)> {
        let count = shard.instrument_count();
        if ts < self.due && count == self.known {
            return None;
        }
        for listed in &mut self.listed {
            if (self.known..count).contains(&listed.id.0) {
                listed.learn(shard);
            }
        }
        self.known = self.known.max(count);
        let event = loop {
            let known = self.listed.iter_mut().filter(|it| it.id.0 < count);
            let first = known.min_by_key(|it| it.due());
            let Some(first) = first.filter(|first| first.due() <= ts) else {
                break None;
            };
            let instrument = first.id;
            if let Some((at, data)) = first.take() {
                let ts_event = at;
                let event = MarketEvent {
                    instrument,
                    ts_event,
                    data,
                };
                break Some((at, event));
            }
        };
        let known = self.listed.iter().filter(|it| it.id.0 < count);
        self.due = known.map(Listed::due).min().unwrap_or(NEVER);
        event
    }
}

#[cfg(test)]
mod tests;
