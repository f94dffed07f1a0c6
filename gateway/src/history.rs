//! The newest events, so that an event channel starts with something to show.
//!
//! They come from two sides that fit together at one seq. What happened before the server followed the
//! broadcast (recovery's replay, and a market that ran ahead of the server) is kept by the projection;
//! what becomes durable from then on comes by the broadcast.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{self, Instant};
use types::{AccountId, Event, Seq};

use crate::channel::Json;
use crate::show;

/// Events that the projection keeps until a server follows the broadcast; the oldest go first.
pub const PAST_EVENTS_MAX: usize = 50_000;

/// How often the replica is looked at while somebody waits for it.
const REPLICA_POLL: Duration = Duration::from_millis(2);

/// The newest events up to where the replica stands, until somebody takes them.
#[derive(Debug)]
pub(crate) struct Past {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// The last input that was applied.
    seq: Seq,
    /// Oldest first; `None` once they were taken.
    events: Option<VecDeque<Event>>,
}

impl Default for Past {
    fn default() -> Self {
        Self {
            inner: Mutex::new(Inner {
                seq: Seq(0),
                events: Some(VecDeque::new()),
            }),
        }
    }
}

impl Past {
    /// The replica stands at `seq`, and its last input caused these.
    pub(crate) fn extend(&self, seq: Seq, events: &[Event]) {
        let mut inner = self.lock();
        inner.seq = seq;
        if let Some(kept) = &mut inner.events {
            kept.extend(events.iter().filter(|event| show::is_told(event)));
            let excess = kept.len().saturating_sub(PAST_EVENTS_MAX);
            kept.drain(..excess);
        }
    }

    /// The last input that is contained.
    pub(crate) fn seq(&self) -> Seq {
        self.lock().seq
    }

    /// Waits until the replica has applied `seq`; says whether it has before the deadline. What other
    /// projections have of that input is then there, too.
    pub(crate) async fn reaches(&self, seq: Seq, deadline: Instant) -> bool {
        while self.seq() < seq {
            if Instant::now() >= deadline {
                return false;
            }
            time::sleep(REPLICA_POLL).await;
        }
        true
    }

    /// The events up to `seq`, oldest first. From here on none are kept.
    pub(crate) fn take(&self, seq: Seq) -> Vec<Event> {
        let kept = self.lock().events.take().unwrap_or_default();
        kept.into_iter()
            .take_while(|event| event.seq <= seq)
            .collect()
    }

    /// Whatever a panic leaves behind is whole events in their order.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An event as it is shown, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// `None` for what concerns everybody.
    pub(crate) account: Option<AccountId>,
    pub(crate) json: Json,
}

/// The newest events of all accounts, oldest first.
#[derive(Debug)]
pub(crate) struct History {
    events: VecDeque<Told>,
    events_max: usize,
}

impl History {
    pub(crate) fn new(events_max: usize) -> Self {
        Self {
            events: VecDeque::new(),
            events_max,
        }
    }

    pub(crate) fn push(&mut self, event: Told) {
        if self.events.len() == self.events_max {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// The newest events, oldest first: everybody's, or those of one account.
    pub(crate) fn recent(&self, account: Option<AccountId>, events_max: usize) -> Vec<Json> {
        let mut recent: Vec<Json> = self
            .events
            .iter()
            .rev()
            .filter(|event| account.is_none() || event.account == account)
            .take(events_max)
            .map(|event| Json::clone(&event.json))
            .collect();
        recent.reverse();
        recent
    }
}

#[cfg(test)]
mod tests {
    use types::{EventKind, TimestampNs};

    use super::*;

    #[test]
    fn the_newest_are_kept_and_found_by_account() {
        let mut history = History::new(4);
        for number in 0..6_u32 {
            let account = (number != 3).then_some(AccountId(number % 2));
            history.push(Told {
                account,
                json: number.to_string().into(),
            });
        }
        let recent = |account: Option<u32>, events_max| {
            history.recent(account.map(AccountId), events_max).join(" ")
        };
        assert_eq!(recent(None, 10), "2 3 4 5");
        assert_eq!(recent(None, 2), "4 5");
        assert_eq!(recent(Some(0), 10), "2 4");
        assert_eq!(recent(Some(1), 10), "5");
        assert_eq!(recent(Some(9), 10), "");
    }

    fn event(seq: u64) -> Event {
        Event {
            seq: Seq(seq),
            ts: TimestampNs(seq),
            kind: EventKind::DayLocked {
                account: AccountId(0),
            },
        }
    }

    #[test]
    fn the_past_is_bounded_and_taken_once_up_to_a_seq() {
        let past = Past::default();
        let count = PAST_EVENTS_MAX as u64 + 3;
        for seq in 1..=count {
            past.extend(Seq(seq), &[event(seq)]);
        }
        assert_eq!(past.seq(), Seq(count));
        let taken = past.take(Seq(count - 1));
        // Of `count` events the newest are kept, and the very newest is after what was asked for.
        assert_eq!(taken.len(), PAST_EVENTS_MAX - 1);
        assert_eq!(
            (taken[0], taken[taken.len() - 1]),
            (event(4), event(count - 1))
        );
        past.extend(Seq(count + 1), &[event(count + 1)]);
        assert_eq!(past.seq(), Seq(count + 1));
        assert!(past.take(Seq(count + 1)).is_empty());
    }
}
