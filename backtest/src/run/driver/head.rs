//! What comes next of each source.

use types::{Bar, MarketData, TimestampNs};

use crate::run::{RunError, Source, Timed};

/// A source and what of it comes next: all of one time.
pub(super) struct Head<S> {
    pub(super) source: S,
    pub(super) ts: TimestampNs,
    pub(super) batch: Vec<Timed>,
    pub(super) ahead: Option<Timed>,
}

impl<S: Source> Head<S> {
    pub(super) fn open(mut source: S) -> Result<Self, RunError> {
        let ahead = source.next_event()?;
        let mut head = Self {
            source,
            ts: TimestampNs(u64::MAX),
            batch: Vec::new(),
            ahead,
        };
        head.refill()?;
        Ok(head)
    }

    /// Reads what comes next, until the time changes; the batch is empty at the end.
    pub(super) fn refill(&mut self) -> Result<(), RunError> {
        self.batch.clear();
        while let Some(next) = self.ahead.take() {
            if self.batch.is_empty() {
                self.ts = next.ts;
            } else if next.ts > self.ts {
                self.ahead = Some(next);
                return Ok(());
            }
            self.batch.push(next);
            self.ahead = self.source.next_event()?;
        }
        Ok(())
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

pub(super) const fn bar_of(timed: &Timed) -> Option<&Bar> {
    match &timed.event.data {
        MarketData::Bar(bar) => Some(bar),
        _ => None,
    }
}
