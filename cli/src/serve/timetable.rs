//! What calendars bring to a server's engine: statuses at the edges of sessions and of the calls before them, splits and
//! dividends, financing.
//!
//! What was brought before follows from the shard alone, so a restart neither repeats nor misses anything. An edge or
//! an action is an input with its own time, before any input of that time or later; so those at or before the shard's
//! time have been. The status of an instrument that the file gives a session only now is corrected at once; an action
//! of before that the file gets only now is too late.

use gateway::dto::instrument::Specification;
use gateway::dto::instrument::financing::FinancingSchedule;
use marketdata::actions::INSTRUMENTS_MAX;
use marketdata::calendar::SEARCH_DAYS_MAX;
use runtime::Shard;
use types::{InstrumentId, InstrumentStatus, MarketData, MarketEvent, Price, TimestampNs};

use super::statuses::{Hours, Statuses};

const NEVER: TimestampNs = TimestampNs(u64::MAX);
const DAY_NS: u64 = 86_400_000_000_000;

/// The events of all instruments.
#[derive(Debug)]
pub(crate) struct Timetable {
    listed: Vec<Listed>,
    statuses: Statuses,
    /// Instruments that the shard had when it was last looked at.
    known: u32,
    /// The earliest `due`.
    due: TimestampNs,
}

#[derive(Debug)]
struct Listed {
    id: InstrumentId,
    hours: Hours,
    financing: Option<FinancingSchedule>,
    /// When it is financed next, and how many times its rates count then.
    financed: (TimestampNs, i64),
    /// Newest first.
    actions: Vec<(TimestampNs, MarketData)>,
    /// The next change of its status; without one, when to look again.
    status: Option<InstrumentStatus>,
    status_at: TimestampNs,
}

impl Listed {
    fn new(id: InstrumentId, specification: &Specification) -> Self {
        let hours = Hours::new(specification);
        let actions = specification.actions.iter().rev();
        let actions = actions
            .filter_map(|action| action.input(hours.session.as_ref()?, id.0))
            .collect();
        Self {
            id,
            hours,
            financing: specification.financing.clone(),
            financed: (NEVER, 0),
            actions,
            status: None,
            status_at: NEVER,
        }
    }

    /// Begins with an instrument as the shard has it.
    fn learn(&mut self, shard: &Shard) {
        use InstrumentStatus::{Closed, Open, PreClose, PreOpen};
        let now = shard.ts();
        self.actions.retain(|(ts, _)| *ts > now);
        self.look_at_financing(now);
        let Some(wanted) = self.hours.status_at(now) else {
            return;
        };
        let status = shard.instrument_view(self.id).map(|view| view.status);
        let is_wrong = match wanted {
            // A halt, or a call, within the session is somebody else's.
            Open => status == Some(Closed),
            PreOpen | PreClose => matches!(status, Some(Open | Closed)),
            wanted => status != Some(wanted),
        };
        if is_wrong {
            (self.status, self.status_at) = (Some(wanted), now);
        } else {
            self.look(now, wanted);
        }
    }

    /// The next change after a moment from which on its session makes it this. Each opening and each close is one, so
    /// that each auction is held, also where the call before it leaves no time in between.
    fn look(&mut self, ts: TimestampNs, now: InstrumentStatus) {
        let Some(edge) = self.hours.session.as_ref().and_then(|it| it.next_edge(ts)) else {
            let later = ts.0.saturating_add(SEARCH_DAYS_MAX as u64 * DAY_NS);
            (self.status, self.status_at) = (None, TimestampNs(later));
            return;
        };
        let (call, length, then) = if edge.opens {
            let length = self.hours.calls.pre_open_ns;
            (InstrumentStatus::PreOpen, length, InstrumentStatus::Open)
        } else {
            let length = self.hours.calls.pre_close_ns;
            (InstrumentStatus::PreClose, length, InstrumentStatus::Closed)
        };
        (self.status, self.status_at) = if length > 0 && now != call {
            let begins = TimestampNs(edge.at.0.saturating_sub(length));
            (Some(call), begins.max(ts))
        } else {
            (Some(then), edge.at)
        };
    }

    /// The next financing after a moment. Each instrument has a nanosecond of its own, after the edges of sessions: what
    /// a restart finds at its time has been.
    fn look_at_financing(&mut self, ts: TimestampNs) {
        let apart = u64::from(self.id.0.min(INSTRUMENTS_MAX)) + 1;
        let from = TimestampNs(ts.0.saturating_sub(apart));
        let next = self.financing.as_ref().and_then(|it| it.next(from));
        self.financed = next.map_or((NEVER, 0), |(at, times)| {
            (TimestampNs(at.0.saturating_add(apart)), times)
        });
    }

    fn due(&self) -> TimestampNs {
        let action = self.actions.last().map_or(NEVER, |(ts, _)| *ts);
        action.min(self.status_at).min(self.financed.0)
    }

    /// The event that is due first, if there is one at its time.
    fn take(&mut self, shard: &Shard) -> Option<(TimestampNs, MarketData)> {
        let next = self.status_at.min(self.financed.0);
        if let Some(action) = self.actions.pop_if(|(ts, _)| *ts <= next) {
            return Some(action);
        }
        if self.financed.0 < self.status_at {
            let (at, times) = self.financed;
            self.look_at_financing(at);
            let terms = self.financing.as_ref()?;
            // Where no price was ever shown nobody holds anything.
            let price = price_of(shard, self.id)?;
            return Some((at, MarketData::Financing(terms.at(price, times))));
        }
        let (status, at) = (self.status, self.status_at);
        let now = status.or_else(|| self.hours.status_at(at));
        self.look(at, now.unwrap_or_default());
        status.map(|status| (at, MarketData::Status(status)))
    }
}

/// The price of what is financed: the middle of the quote rounded down to a tick, else the newest print.
fn price_of(shard: &Shard, id: InstrumentId) -> Option<Price> {
    let view = shard.instrument_view(id)?;
    let middle = view.quote.map(|quote| {
        let sum = i128::from(quote.bid.0) + i128::from(quote.ask.0);
        let tick = i128::from(view.instrument.tick_size.0).max(1);
        let middle = sum.div_euclid(2);
        Price((middle - middle.rem_euclid(tick)) as i64)
    });
    middle.or(view.last)
}

impl Timetable {
    /// The events of a file's instruments, numbered in their order.
    pub(crate) fn new(instruments: &[Specification]) -> Self {
        let numbered = (0..).map(InstrumentId).zip(instruments);
        Self {
            listed: numbered.map(|(id, it)| Listed::new(id, it)).collect(),
            statuses: Statuses::new(instruments),
            known: 0,
            due: NEVER,
        }
    }

    /// Whether it brings nothing, ever.
    pub(crate) fn is_empty(&self) -> bool {
        self.listed
            .iter()
            .all(|it| it.hours.session.is_none() && it.financing.is_none() && it.actions.is_empty())
    }

    /// What the statuses of feeds are put together with.
    pub(crate) fn statuses(&self) -> Statuses {
        self.statuses.clone()
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
            if let Some((at, mut data)) = first.take(shard) {
                if let MarketData::Status(status) = &mut data {
                    *status = self.statuses.within(instrument, *status);
                }
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
