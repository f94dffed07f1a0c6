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
    told: Vec<Told>,
    /// So many events were read.
    read: u64,
    /// It has no more.
    has_ended: bool,
}

/// An instrument of a source.
struct Told {
    instrument: InstrumentId,
    /// Of what was read, its next bar is not among so many events from the first on: they are not looked at again.
    past: u64,
}

impl<S: Source> Head<S> {
    pub(super) fn open(source: S) -> Result<Self, RunError> {
        let mut head = Self {
            source,
            ts: TimestampNs(u64::MAX),
            batch: Vec::new(),
            ahead: VecDeque::new(),
            told: Vec::new(),
            read: 0,
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
        if let Some(next) = &next {
            self.read += 1;
            let instrument = next.event.instrument;
            if !self.told.iter().any(|told| told.instrument == instrument) {
                self.told.push(Told {
                    instrument,
                    past: 0,
                });
            }
        }
        Ok(next)
    }

    /// The next bar of an instrument, and its end. What others of the source say before it is read ahead, as far as `until`.
    pub(super) fn next_bar(
        &mut self,
        instrument: InstrumentId,
        until: TimestampNs,
    ) -> Result<Option<(TimestampNs, &Bar)>, RunError> {
        let mut told = self.told.iter();
        let place = told.position(|told| told.instrument == instrument);
        let Some(place) = place else {
            return Ok(None);
        };
        let mut found = self.find(place);
        if found.is_none() && self.told.len() > 1 {
            while self.ahead.back().is_none_or(|last| last.ts <= until) {
                let Some(next) = self.read()? else { break };
                let is_bar = next.event.instrument == instrument && bar_of(&next).is_some();
                self.ahead.push_back(next);
                if is_bar {
                    break;
                }
            }
            found = self.find(place);
        }
        let timed = found.and_then(|place| self.pending(place));
        Ok(timed.and_then(|timed| bar_of(timed).map(|bar| (timed.ts, bar))))
    }

    /// Where the next bar of an instrument is among what is pending, the batch first.
    fn find(&mut self, place: usize) -> Option<usize> {
        let count = self.batch.len() + self.ahead.len();
        let first = self.read - count as u64;
        let Told { instrument, past } = self.told[place];
        let looked = past.saturating_sub(first) as usize;
        let found = (looked..count).find(|place| {
            let timed = self.pending(*place);
            timed.is_some_and(|timed| {
                timed.event.instrument == instrument && bar_of(timed).is_some()
            })
        });
        self.told[place].past = first + found.unwrap_or(count) as u64;
        found
    }

    fn pending(&self, place: usize) -> Option<&Timed> {
        let batch = self.batch.len();
        if place < batch {
            self.batch.get(place)
        } else {
            self.ahead.get(place - batch)
        }
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
