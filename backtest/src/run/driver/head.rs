//! What comes next of each source.

use std::collections::VecDeque;

use types::{Bar, InstrumentId, MarketData, TimestampNs};

use crate::run::{RunError, Source, Timed};

/// A source and what of it comes next: all of one time.
pub(super) struct Head<S> {
    source: S,
    pub(super) ts: TimestampNs,
    pub(super) batch: Vec<Timed>,
    /// What was read of later times.
    ahead: VecDeque<Timed>,
    /// What it told of, the batch and what is ahead included.
    instruments: Vec<InstrumentId>,
    /// It has no more.
    has_ended: bool,
}

impl<S: Source> Head<S> {
    pub(super) fn open(source: S) -> Result<Self, RunError> {
        let mut head = Self {
            source,
            ts: TimestampNs(u64::MAX),
            batch: Vec::new(),
            ahead: VecDeque::new(),
            instruments: Vec::new(),
            has_ended: false,
        };
        head.refill()?;
        Ok(head)
    }

    /// Reads what comes next, until the time changes; the batch is empty at the end.
    pub(super) fn refill(&mut self) -> Result<(), RunError> {
        self.batch.clear();
        loop {
            let next = match self.ahead.pop_front() {
                Some(next) => next,
                None => match self.read()? {
                    Some(next) => next,
                    None => return Ok(()),
                },
            };
            if self.batch.is_empty() {
                self.ts = next.ts;
            } else if next.ts > self.ts {
                self.ahead.push_front(next);
                return Ok(());
            }
            self.batch.push(next);
        }
    }

    fn read(&mut self) -> Result<Option<Timed>, RunError> {
        if self.has_ended {
            return Ok(None);
        }
        let next = self.source.next_event()?;
        self.has_ended = next.is_none();
        if let Some(next) = &next
            && !self.instruments.contains(&next.event.instrument)
        {
            self.instruments.push(next.event.instrument);
        }
        Ok(next)
    }

    /// Reads on for the next bar of an instrument, which others of the source may hide: as far as `until`.
    pub(super) fn look(
        &mut self,
        instrument: InstrumentId,
        until: TimestampNs,
    ) -> Result<(), RunError> {
        if self.instruments.len() < 2 || !self.instruments.contains(&instrument) {
            return Ok(());
        }
        if self.next_bar(instrument).is_some() {
            return Ok(());
        }
        while self.ahead.back().is_none_or(|last| last.ts <= until) {
            let Some(next) = self.read()? else {
                return Ok(());
            };
            let is_found = next.event.instrument == instrument && bar_of(&next).is_some();
            self.ahead.push_back(next);
            if is_found {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl<S> Head<S> {
    /// The next bar of an instrument, as far as it was read, and its end.
    pub(super) fn next_bar(&self, instrument: InstrumentId) -> Option<(TimestampNs, &Bar)> {
        if !self.instruments.contains(&instrument) {
            return None;
        }
        let mut next = self.batch.iter().chain(&self.ahead);
        next.find_map(|timed| {
            let is_own = timed.event.instrument == instrument;
            is_own
                .then(|| bar_of(timed))
                .flatten()
                .map(|bar| (timed.ts, bar))
        })
    }
}

pub(super) fn next_time<S>(heads: &[Head<S>]) -> Option<TimestampNs> {
    let pending = heads.iter().filter(|head| !head.batch.is_empty());
    pending.map(|head| head.ts).min()
}

/// When an event begins to happen.
pub(super) fn begins(timed: &Timed) -> TimestampNs {
    bar_of(timed).map_or(timed.ts, |bar| bar.start.min(timed.ts))
}

const fn bar_of(timed: &Timed) -> Option<&Bar> {
    match &timed.event.data {
        MarketData::Bar(bar) => Some(bar),
        _ => None,
    }
}
