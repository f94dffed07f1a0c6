//! Durable events to event channels.
//!
//! Before anything is told the history is seeded with what happened before. The two sides meet at the
//! durable seq D that is read once the broadcast is subscribed to: the replica's projection has the
//! events up to D, and every batch that becomes durable after D is received. Batches up to D are skipped.

use std::pin::pin;
use std::sync::Arc;

use runtime::{DurableBatch, Publisher};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::Instant;
use types::{Event, Seq, TimestampNs};

use crate::app::App;
use crate::channel::{Channel, ChannelName};
use crate::history::{History, Told};
use crate::show;

/// Batches taken before sockets are woken.
const BATCHES_PER_SIGNAL_MAX: usize = 64;

/// Follows the runtime's events until the server stops or the runtime ends.
pub(crate) async fn publish_events(app: Arc<App>) {
    let mut batches = app.handle.subscribe();
    let mut stopped = pin!(app.hub.stopped());
    let seed = tokio::select! {
        () = stopped.as_mut() => return,
        seed = seed(&app, &mut batches) => seed,
    };
    let mut publisher = EventPublisher::new(Arc::clone(&app), &seed);
    if let Some(batch) = seed.next {
        publisher.publish(&batch);
    }
    publisher.begin_new_channels();
    app.hub.signal();
    let mut is_open = true;
    loop {
        tokio::select! {
            () = stopped.as_mut() => return,
            () = app.hub.events_wanted.notified() => publisher.begin_new_channels(),
            received = batches.recv(), if is_open => {
                let mut received = received;
                for _ in 0..BATCHES_PER_SIGNAL_MAX {
                    match received {
                        Ok(batch) => publisher.publish(&batch),
                        Err(RecvError::Lagged(missed)) => publisher.begin_again(missed),
                        Err(RecvError::Closed) => is_open = false,
                    }
                    received = match batches.try_recv() {
                        Ok(batch) => Ok(batch),
                        Err(TryRecvError::Lagged(missed)) => Err(RecvError::Lagged(missed)),
                        Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                    };
                }
            }
        }
        app.hub.signal();
    }
}

/// What happened before the broadcast takes over.
struct Seed {
    events: Vec<Event>,
    /// The batches after this count.
    until: Seq,
    /// The first of them, if it was taken already.
    next: Option<Arc<DurableBatch>>,
}

async fn seed(app: &App, batches: &mut Receiver<Arc<DurableBatch>>) -> Seed {
    let past = &app.projections.past;
    let deadline = Instant::now() + app.config.limits.event_history_wait_max;
    loop {
        let until = app.handle.durable_seq();
        past.reaches(until, deadline).await;
        let is_late = Instant::now() >= deadline;
        let (next, missed) = skip(batches, until);
        if missed == 0 || is_late {
            let reached = past.seq();
            if missed > 0 || reached < until {
                tracing::warn!(
                    missed,
                    %reached,
                    %until,
                    "the replica is far behind; event channels begin with what it has"
                );
            }
            return Seed {
                events: past.take(until),
                until,
                next,
            };
        }
        // The replica took so long that batches after `until` are gone: it has to come further.
    }
}

/// Takes the batches up to `until`, and the first one after it if it is there already; how many were
/// missed on the way.
fn skip(batches: &mut Receiver<Arc<DurableBatch>>, until: Seq) -> (Option<Arc<DurableBatch>>, u64) {
    let mut missed = 0;
    loop {
        match batches.try_recv() {
            Ok(batch) if batch.last_seq <= until => {}
            Ok(batch) => return (Some(batch), missed),
            Err(TryRecvError::Empty | TryRecvError::Closed) => return (None, missed),
            Err(TryRecvError::Lagged(more)) => missed += more,
        }
    }
}

struct EventPublisher {
    app: Arc<App>,
    /// Tells the runtime when a batch can be seen.
    publisher: Publisher,
    history: History,
    /// The history was seeded up to here. A batch up to here can still be on its way: it becomes durable
    /// a moment before it is broadcast.
    seeded: Seq,
    /// Time of the newest batch.
    ts: TimestampNs,
}

impl EventPublisher {
    /// Takes over with the events from before.
    fn new(app: Arc<App>, seed: &Seed) -> Self {
        let mut history = History::new(app.config.limits.event_history_max);
        for event in show::events(&app.projections.catalogue.load(), &seed.events) {
            history.push(event);
        }
        let newest = seed.events.last().map_or(TimestampNs(0), |event| event.ts);
        Self {
            // Only now: what was broadcast before is not waited for.
            publisher: app.handle.attach_publisher(),
            history,
            seeded: seed.until,
            ts: app.handle.views().ts.max(newest),
            app,
        }
    }

    fn publish(&mut self, batch: &DurableBatch) {
        if batch.last_seq <= self.seeded {
            return;
        }
        self.tell(batch);
        self.publisher.published(batch);
    }

    fn tell(&mut self, batch: &DurableBatch) {
        self.ts = batch.ts;
        let told = show::events(&self.app.projections.catalogue.load(), &batch.events);
        if told.is_empty() {
            return;
        }
        if let Some(channel) = self.app.hub.channel(ChannelName::Events) {
            let all: Vec<_> = told.iter().map(|event| Arc::clone(&event.json)).collect();
            channel.publish_events(batch.ts, &all);
        }
        for (account, own) in by_account(&told) {
            if let Some(channel) = self.app.hub.channel(ChannelName::AccountEvents(account)) {
                channel.publish_events(batch.ts, &own);
            }
        }
        for event in told {
            self.history.push(event);
        }
    }

    /// Channels that nobody has filled begin with the history.
    fn begin_new_channels(&self) {
        for channel in self.app.hub.channels() {
            if channel.name().is_event() && channel.is_empty() {
                self.begin(&channel);
            }
        }
    }

    /// Batches were missed: what subscribers have has a hole, so every channel begins again.
    fn begin_again(&self, missed: u64) {
        tracing::warn!(
            missed,
            "event batches were missed; event channels begin a new epoch"
        );
        for channel in self.app.hub.channels() {
            if channel.name().is_event() {
                self.begin(&channel);
            }
        }
    }

    fn begin(&self, channel: &Channel) {
        let account = match channel.name() {
            ChannelName::AccountEvents(account) => Some(account),
            _ => None,
        };
        let recent = self
            .history
            .recent(account, self.app.config.limits.event_snapshot_max);
        channel.begin_events(self.ts, recent);
    }
}

/// The events of each account, in order.
fn by_account(told: &[Told]) -> Vec<(types::AccountId, Vec<crate::channel::Json>)> {
    let mut sorted: Vec<_> = told
        .iter()
        .filter_map(|event| {
            event
                .account
                .map(|account| (account, Arc::clone(&event.json)))
        })
        .collect();
    sorted.sort_by_key(|(account, _)| *account);
    sorted
        .chunk_by(|(one, _), (other, _)| one == other)
        .map(|run| {
            (
                run[0].0,
                run.iter().map(|(_, json)| Arc::clone(json)).collect(),
            )
        })
        .collect()
}
