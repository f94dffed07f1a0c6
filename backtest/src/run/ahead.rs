//! A source that is read by a thread of its own, ahead of the run: files are decoded while the engine works.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, channel, sync_channel};
use std::thread::Scope;

use types::{MarketEvent, TimestampNs};

use super::source::{Source, SourceError, Timed, blank};

/// Events that go from one thread to the other at once: some 250 KiB of bars, less than a core's cache.
const BATCH: usize = 1_024;
/// Batches that are read and wait for the run.
const WAITING_MAX: usize = 4;

/// What was read, and how the source ended if it did.
#[derive(Debug, Default)]
struct Batch {
    events: Vec<Timed>,
    end: Option<Result<(), SourceError>>,
}

/// The events of a source in its order, some thousands of them read ahead.
#[derive(Debug)]
pub struct Ahead {
    batches: Receiver<Batch>,
    /// What was played goes back, so that its room is used again.
    played: std::sync::mpsc::Sender<Batch>,
    batch: Batch,
    next: usize,
}

impl Ahead {
    /// Has a source read by a thread of `scope`, which ends with the source, with its first error, or when this is
    /// dropped.
    pub fn read<'scope>(
        scope: &'scope Scope<'scope, '_>,
        source: impl Source + Send + 'scope,
    ) -> Self {
        let (read, batches) = sync_channel(WAITING_MAX);
        let (played, empty) = channel();
        scope.spawn(move || pump(source, &read, &empty));
        Self {
            batches,
            played,
            batch: Batch::default(),
            next: 0,
        }
    }
}

/// Reads until the end, or until nobody wants more.
fn pump(mut source: impl Source, read: &SyncSender<Batch>, empty: &Receiver<Batch>) {
    loop {
        let mut batch = match empty.try_recv() {
            Ok(batch) => batch,
            Err(TryRecvError::Empty) => Batch::default(),
            Err(TryRecvError::Disconnected) => return,
        };
        let end = fill(&mut source, &mut batch.events);
        let is_over = end.is_some();
        batch.end = end;
        if read.send(batch).is_err() || is_over {
            return;
        }
    }
}

/// Writes a batch over an old one; how the source ended, if it did.
fn fill(source: &mut impl Source, events: &mut Vec<Timed>) -> Option<Result<(), SourceError>> {
    for place in 0..BATCH {
        if place == events.len() {
            events.push(Timed {
                ts: TimestampNs(0),
                event: blank(),
            });
        }
        let timed = &mut events[place];
        match source.next_into(&mut timed.event) {
            Ok(Some(ts)) => timed.ts = ts,
            Ok(None) => {
                events.truncate(place);
                return Some(Ok(()));
            }
            Err(error) => {
                events.truncate(place);
                return Some(Err(error));
            }
        }
    }
    None
}

impl Ahead {
    /// Takes the next batch; `false` at the end.
    #[cold]
    fn turn(&mut self) -> Result<bool, SourceError> {
        if let Some(end) = self.batch.end.take() {
            self.batch = Batch {
                events: Vec::new(),
                end: Some(Ok(())),
            };
            self.next = 0;
            return end.map(|()| false);
        }
        let Ok(next) = self.batches.recv() else {
            // The thread ended without a word: it panicked, and whoever joins it learns that.
            return Ok(false);
        };
        let played = std::mem::replace(&mut self.batch, next);
        self.next = 0;
        // A thread that has ended needs no room.
        let _ = self.played.send(played);
        Ok(true)
    }
}

impl Source for Ahead {
    #[inline]
    fn next_into(&mut self, event: &mut MarketEvent) -> Result<Option<TimestampNs>, SourceError> {
        while self.next == self.batch.events.len() {
            if !self.turn()? {
                return Ok(None);
            }
        }
        let timed = &mut self.batch.events[self.next];
        self.next += 1;
        std::mem::swap(event, &mut timed.event);
        Ok(Some(timed.ts))
    }
}

#[cfg(test)]
mod tests {
    use types::{InstrumentId, Label};

    use super::*;

    /// So many gaps, one a nanosecond; then the end, or an error.
    struct Gaps {
        next: u64,
        last: u64,
        fails: bool,
    }

    impl Source for Gaps {
        fn next_into(
            &mut self,
            event: &mut MarketEvent,
        ) -> Result<Option<TimestampNs>, SourceError> {
            if self.next == self.last {
                return if self.fails {
                    Err(SourceError::UnknownSymbol {
                        symbol: Label::new("X").unwrap(),
                        accepted: "Y".to_owned(),
                    })
                } else {
                    Ok(None)
                };
            }
            *event = MarketEvent {
                instrument: InstrumentId(self.next as u32),
                ..blank()
            };
            self.next += 1;
            Ok(Some(TimestampNs(self.next)))
        }
    }

    fn gaps(last: u64, fails: bool) -> Gaps {
        Gaps {
            next: 0,
            last,
            fails,
        }
    }

    /// Nothing, less than a batch, whole batches, more than may wait.
    #[test]
    fn all_events_come_in_order_and_then_the_end() {
        for last in [0, 1, 1_023, 1_024, 1_025, 2_048, 20_000] {
            for fails in [false, true] {
                let mut source = gaps(last, fails);
                std::thread::scope(|scope| {
                    let mut ahead = Ahead::read(scope, &mut source);
                    for place in 0..last {
                        let timed = ahead.next_event().unwrap().unwrap();
                        assert_eq!(timed.ts, TimestampNs(place + 1));
                        assert_eq!(timed.event.instrument, InstrumentId(place as u32));
                    }
                    assert_eq!(ahead.next_event().is_err(), fails, "after {last}");
                    assert!(ahead.next_event().unwrap().is_none());
                });
                assert_eq!(source.next, last);
            }
        }
    }

    /// The scope would wait for ever for a thread that goes on.
    #[test]
    fn a_source_that_nobody_wants_is_not_read_to_its_end() {
        let mut source = gaps(u64::MAX, false);
        std::thread::scope(|scope| {
            let mut ahead = Ahead::read(scope, &mut source);
            assert!(ahead.next_event().unwrap().is_some());
        });
        assert!(source.next <= (BATCH * (WAITING_MAX + 3)) as u64);
    }
}
