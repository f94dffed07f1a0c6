//! What the summary counts beyond the runtime's own counters, and the first breach with its proof.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::{Projection, Step};
use types::{AccountState, BreachPosition, Event, EventKind};

/// Counts of this start, kept by the replica's thread and read at the end.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    counts: Arc<Mutex<Counts>>,
    started: Arc<AtomicBool>,
}

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Accounts that met all their objectives.
    pub passes: u64,
    /// Accounts that failed.
    pub failures: u64,
    /// Accounts locked for a day.
    pub day_locks: u64,
    /// Retries opened.
    pub retries: u64,
    /// The first primary breach and the positions that prove it.
    pub first_breach: Option<(Event, Vec<BreachPosition>)>,
}

impl Tally {
    /// From here on counts; what recovery replays was counted by an earlier start.
    pub(super) fn start(&self) {
        self.started.store(true, Ordering::Release);
    }

    /// What was counted so far.
    pub(super) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts, then goes on to `next`.
    pub(super) fn projection(&self, mut next: Projection) -> Projection {
        let tally = self.clone();
        Box::new(move |step, shard| {
            if let Step::Applied { events, .. } = step
                && !events.is_empty()
                && tally.started.load(Ordering::Acquire)
            {
                let mut counts = tally.counts();
                for event in events {
                    counts.count(event);
                }
            }
            next(step, shard);
        })
    }
}

impl Counts {
    fn count(&mut self, event: &Event) {
        match event.kind {
            EventKind::StateChanged {
                to: AccountState::Passed,
                ..
            } => self.passes += 1,
            EventKind::StateChanged {
                to: AccountState::Failed,
                ..
            } => self.failures += 1,
            EventKind::DayLocked { .. } => self.day_locks += 1,
            EventKind::AccountOpened {
                parent: Some(_), ..
            } => self.retries += 1,
            EventKind::Breach(breach) if breach.primary && self.first_breach.is_none() => {
                self.first_breach = Some((*event, Vec::new()));
            }
            EventKind::BreachPosition(position) => {
                // The positions of one breach follow it at once, with its seq.
                if let Some((first, positions)) = &mut self.first_breach
                    && let EventKind::Breach(breach) = first.kind
                    && first.seq == event.seq
                    && breach.account == position.account
                    && positions.len() < breach.positions as usize
                {
                    positions.push(position);
                }
            }
            _ => {}
        }
    }
}
