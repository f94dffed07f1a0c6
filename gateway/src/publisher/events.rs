//! Durable events to event channels.

use std::pin::pin;
use std::sync::Arc;

use runtime::DurableBatch;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use types::TimestampNs;

use crate::app::App;
use crate::channel::{Channel, ChannelName};
use crate::history::{History, Told};
use crate::show;

/// Batches taken before sockets are woken.
const BATCHES_PER_SIGNAL_MAX: usize = 64;

/// Follows the runtime's events until the server stops or the runtime ends.
pub(crate) async fn publish_events(app: Arc<App>) {
    let mut publisher = EventPublisher {
        history: History::new(app.config.limits.event_history_max),
        ts: app.handle.views().ts,
        app: Arc::clone(&app),
    };
    let mut batches = app.handle.subscribe();
    let mut stopped = pin!(app.hub.stopped());
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

struct EventPublisher {
    app: Arc<App>,
    history: History,
    /// Time of the newest batch.
    ts: TimestampNs,
}

impl EventPublisher {
    fn publish(&mut self, batch: &DurableBatch) {
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
