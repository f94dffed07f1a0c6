//! The channels that somebody watches, and the signals that all sockets share.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::{Notify, watch};

use crate::channel::{Channel, ChannelName};
use crate::limits::Limits;

/// No more channels can be kept up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server keeps {channels_max} channels up to date already")]
pub struct ChannelsFull {
    /// The limit.
    pub channels_max: usize,
}

/// All channels. Sockets open and pull them; only the publishing tasks fill them.
#[derive(Debug)]
pub struct Hub {
    limits: Arc<Limits>,
    /// Distinguishes this run's epochs from those of the runs before.
    run: String,
    registry: Mutex<Registry>,
    /// Counts publications.
    published: watch::Sender<u64>,
    heartbeat: watch::Sender<Utf8Bytes>,
    stopping: watch::Sender<bool>,
    /// Signalled when a state channel was opened that nobody has filled.
    pub(crate) state_wanted: Notify,
    /// The same for an event channel.
    pub(crate) events_wanted: Notify,
}

#[derive(Debug, Default)]
struct Registry {
    channels: BTreeMap<ChannelName, Entry>,
    opened: u64,
}

#[derive(Debug)]
struct Entry {
    channel: Arc<Channel>,
    subscribers: usize,
    /// Since when nobody is subscribed.
    idle_since: Option<Instant>,
}

/// A channel that stays up to date until this is dropped.
#[derive(Debug)]
pub struct Subscription {
    hub: Arc<Hub>,
    channel: Arc<Channel>,
}

impl Hub {
    /// A hub without channels.
    pub fn new(limits: Limits) -> Arc<Self> {
        let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Arc::new(Self {
            limits: Arc::new(limits),
            run: format!("{:x}", started.unwrap_or_default().as_millis()),
            registry: Mutex::default(),
            published: watch::Sender::new(0),
            heartbeat: watch::Sender::new(Utf8Bytes::default()),
            stopping: watch::Sender::new(false),
            state_wanted: Notify::new(),
            events_wanted: Notify::new(),
        })
    }

    /// Subscribes to a channel, which is made when nobody watched it.
    ///
    /// # Errors
    /// When there are as many channels as there may be.
    pub fn subscribe(self: &Arc<Self>, name: ChannelName) -> Result<Subscription, ChannelsFull> {
        let channel = {
            let mut registry = self.lock();
            let Registry { channels, opened } = &mut *registry;
            let channels_max = self.limits.channels_max;
            if !channels.contains_key(&name) && channels.len() >= channels_max {
                return Err(ChannelsFull { channels_max });
            }
            let entry = channels.entry(name).or_insert_with(|| {
                *opened += 1;
                let epoch_base = format!("{}-{opened}", self.run);
                let channel = Arc::new(Channel::new(name, epoch_base, Arc::clone(&self.limits)));
                Entry {
                    channel,
                    subscribers: 0,
                    idle_since: None,
                }
            });
            entry.subscribers += 1;
            entry.idle_since = None;
            Arc::clone(&entry.channel)
        };
        if channel.is_empty() {
            let wanted = if name.is_event() {
                &self.events_wanted
            } else {
                &self.state_wanted
            };
            wanted.notify_one();
        }
        Ok(Subscription {
            hub: Arc::clone(self),
            channel,
        })
    }

    fn unsubscribe(&self, name: ChannelName) {
        if let Some(entry) = self.lock().channels.get_mut(&name) {
            entry.subscribers -= 1;
            if entry.subscribers == 0 {
                entry.idle_since = Some(Instant::now());
            }
        }
    }

    /// Every channel, so that it can be brought up to date.
    pub(crate) fn channels(&self) -> Vec<Arc<Channel>> {
        self.lock()
            .channels
            .values()
            .map(|entry| Arc::clone(&entry.channel))
            .collect()
    }

    /// One channel, if it is kept up to date.
    pub(crate) fn channel(&self, name: ChannelName) -> Option<Arc<Channel>> {
        self.lock()
            .channels
            .get(&name)
            .map(|entry| Arc::clone(&entry.channel))
    }

    /// Forgets channels that at `now` nobody has watched for longer than they linger.
    pub(crate) fn forget_idle(&self, now: Instant) {
        let linger = self.limits.channel_linger;
        let is_kept = |since: Instant| now.saturating_duration_since(since) <= linger;
        self.lock()
            .channels
            .retain(|_, entry| entry.idle_since.is_none_or(is_kept));
    }

    /// Wakes every socket: something was published.
    pub(crate) fn signal(&self) {
        self.published
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Changes with every publication.
    pub fn publications(&self) -> watch::Receiver<u64> {
        self.published.subscribe()
    }

    pub(crate) fn beat(&self, heartbeat: Utf8Bytes) {
        self.heartbeat.send_replace(heartbeat);
    }

    /// The newest heartbeat message.
    pub fn heartbeats(&self) -> watch::Receiver<Utf8Bytes> {
        self.heartbeat.subscribe()
    }

    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Whether the server stops.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Waits until the server stops.
    pub async fn stopped(&self) {
        // The sender lives as long as the hub.
        let _ = self
            .stopping
            .subscribe()
            .wait_for(|stopping| *stopping)
            .await;
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Subscription {
    type Target = Channel;

    fn deref(&self) -> &Channel {
        &self.channel
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.unsubscribe(self.channel.name());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_lives_while_somebody_watches_and_a_little_longer() {
        let hub = Hub::new(Limits::default());
        let one = hub.subscribe(ChannelName::Events).unwrap();
        let two = hub.subscribe(ChannelName::Events).unwrap();
        assert!(Arc::ptr_eq(&one.channel, &two.channel));
        let linger = Limits::default().channel_linger;
        let soon = Instant::now() + linger;
        let late = soon + linger;
        drop(one);
        hub.forget_idle(late);
        assert!(hub.channel(ChannelName::Events).is_some());
        drop(two);
        hub.forget_idle(soon);
        assert!(hub.channel(ChannelName::Events).is_some());
        hub.forget_idle(late);
        assert!(hub.channel(ChannelName::Events).is_none());
    }

    #[test]
    fn channels_are_bounded() {
        let hub = Hub::new(Limits {
            channels_max: 1,
            ..Limits::default()
        });
        let kept = hub.subscribe(ChannelName::Events).unwrap();
        assert!(hub.subscribe(ChannelName::Events).is_ok());
        let full = hub.subscribe(ChannelName::Accounts).unwrap_err();
        assert_eq!(full, ChannelsFull { channels_max: 1 });
        drop(kept);
    }
}
