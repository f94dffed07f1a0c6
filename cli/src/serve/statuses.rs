//! Two reasons for which an instrument does not trade: its session is over, or its venue has halted or closed it. The engine
//! has one status for both, so they are put together before it: what ends the one does not end the other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use gateway::dto::instrument::Specification;
use gateway::dto::instrument::specification::Calls;
use marketdata::calendar::Calendar;
use types::{InstrumentId, InstrumentStatus, TimestampNs};

/// When an instrument trades.
#[derive(Debug, Clone)]
pub(super) struct Hours {
    pub(super) session: Option<Calendar>,
    pub(super) calls: Calls,
}

impl Hours {
    pub(super) fn new(specification: &Specification) -> Self {
        Self {
            session: specification.session.clone(),
            calls: specification.calls,
        }
    }

    /// What its session makes it at a moment; without one nothing.
    pub(super) fn status_at(&self, ts: TimestampNs) -> Option<InstrumentStatus> {
        let session = self.session.as_ref()?;
        let is_open = session.is_open(ts);
        let within = |edge: TimestampNs, call: u64| edge.0.saturating_sub(call) <= ts.0;
        let call = match session.next_edge(ts) {
            Some(edge) if edge.opens => within(edge.at, self.calls.pre_open_ns),
            Some(edge) => within(edge.at, self.calls.pre_close_ns),
            None => false,
        };
        Some(match (is_open, call) {
            (true, false) => InstrumentStatus::Open,
            (true, true) => InstrumentStatus::PreClose,
            (false, false) => InstrumentStatus::Closed,
            (false, true) => InstrumentStatus::PreOpen,
        })
    }
}

/// The hours of all instruments, and which of them their venues hold. Copies are of the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statuses {
    /// In the order of their numbers.
    hours: Arc<[Hours]>,
    /// What the venue says where it is not open.
    held: Arc<Mutex<BTreeMap<InstrumentId, InstrumentStatus>>>,
}

impl Statuses {
    pub(super) fn new(instruments: &[Specification]) -> Self {
        Self {
            hours: instruments.iter().map(Hours::new).collect(),
            held: Arc::default(),
        }
    }

    /// What an instrument is from a moment on at which its feed says this of it; `None` where its session is closed, which
    /// it then is in any case. Told before the session's edges of before that moment, and so goes by the calendar alone.
    pub(crate) fn heard(
        &self,
        instrument: InstrumentId,
        ts: TimestampNs,
        said: InstrumentStatus,
    ) -> Option<InstrumentStatus> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if said == InstrumentStatus::Open {
            held.remove(&instrument);
        } else {
            held.insert(instrument, said);
        }
        let hours = self.hours.get(instrument.0 as usize);
        let session = hours.and_then(|hours| hours.status_at(ts));
        match session.unwrap_or_default() {
            InstrumentStatus::Closed => None,
            session => Some(both(session, said)),
        }
    }

    /// What an instrument is once its session makes it this.
    pub(super) fn within(
        &self,
        instrument: InstrumentId,
        session: InstrumentStatus,
    ) -> InstrumentStatus {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let said = held.get(&instrument).copied().unwrap_or_default();
        both(session, said)
    }
}

/// The status of an instrument by its session and by its venue.
const fn both(session: InstrumentStatus, venue: InstrumentStatus) -> InstrumentStatus {
    match (session, venue) {
        (InstrumentStatus::Closed, _) => InstrumentStatus::Closed,
        (session, InstrumentStatus::Open) => session,
        (_, venue) => venue,
    }
}
