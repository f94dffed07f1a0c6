//! What the threads and the handles of a runtime have in common: positions, status, counters, queues.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use crossbeam::utils::CachePadded;
use engine::StateHash;
use tokio::sync::{broadcast, watch};
use types::Seq;

use crate::atomics::{Flag, Position};
use crate::batch::DurableBatch;
use crate::config::{AckMode, Config};
use crate::ingress::Ingress;
use crate::port::Ports;
use crate::stats::Counters;
use crate::time::Time;
use crate::views::{ViewRequests, Views};

/// State hashes of the live shard that wait for the replica; the oldest goes when there are more.
const HASH_POINTS_MAX: usize = 4_096;

/// How a runtime is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Taking inputs.
    Running,
    /// The source has ended, and everything that it gave was published. Commands are still taken.
    SourceEnded,
    /// Stopped in good order.
    Stopped,
    /// Stopped by a broken invariant or the environment, for this reason. What was not acknowledged is
    /// in doubt until the next start.
    Failed(Arc<str>),
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) ack_mode: AckMode,
    pub(crate) time: Arc<dyn Time>,
    pub(crate) ingress: Ingress,
    pub(crate) ports: Ports,
    pub(crate) view_requests: ViewRequests,
    pub(crate) views: ArcSwap<Views>,
    pub(crate) counters: Counters,
    pub(crate) hashes: HashPoints,
    pub(crate) threads: Wakers,
    applied: CachePadded<Position>,
    durable: CachePadded<Position>,
    synced: CachePadded<Position>,
    /// How many publishers are attached.
    publishers: AtomicUsize,
    /// The last input whose batch a publisher has reported.
    reported: AtomicU64,
    failed: Flag,
    stopping: Flag,
    /// When a stop has to be over, if it was told.
    deadline: OnceLock<Instant>,
    /// Live shard and replica ended in the same state.
    compared: Flag,
    /// The journal thread ended in good order: nothing more becomes durable.
    journal_done: Flag,
    status: Mutex<Status>,
    status_changed: Condvar,
    status_watch: watch::Sender<Status>,
    broadcast: Mutex<Option<broadcast::Sender<Arc<DurableBatch>>>>,
}

/// The threads that sleep and may need to be woken.
#[derive(Debug, Default)]
pub(crate) struct Wakers {
    pub(crate) shard: OnceLock<Thread>,
    pub(crate) journal: OnceLock<Thread>,
    pub(crate) replica: OnceLock<Thread>,
}

impl Wakers {
    pub(crate) fn wake(thread: &OnceLock<Thread>) {
        if let Some(thread) = thread.get() {
            thread.unpark();
        }
    }
}

impl Shared {
    pub(crate) fn new(
        config: &Config,
        seq: Seq,
        views: Views,
        broadcast: broadcast::Sender<Arc<DurableBatch>>,
    ) -> Self {
        let position = || CachePadded::new(Position::new(seq));
        let counters = Counters::default();
        counters.replica_seq.set(seq.0);
        Self {
            ack_mode: config.ack_mode,
            time: Arc::clone(&config.time),
            ingress: Ingress::new(config.commands_max, config.cancels_max),
            ports: Ports::default(),
            view_requests: ViewRequests::default(),
            views: ArcSwap::from_pointee(views),
            counters,
            hashes: HashPoints::default(),
            threads: Wakers::default(),
            applied: position(),
            durable: position(),
            synced: position(),
            publishers: AtomicUsize::new(0),
            reported: AtomicU64::new(seq.0),
            failed: Flag::default(),
            stopping: Flag::default(),
            deadline: OnceLock::new(),
            compared: Flag::default(),
            journal_done: Flag::default(),
            status: Mutex::new(Status::Running),
            status_changed: Condvar::new(),
            status_watch: watch::Sender::new(Status::Running),
            broadcast: Mutex::new(Some(broadcast)),
        }
    }

    pub(crate) fn applied(&self) -> Seq {
        self.applied.get()
    }

    pub(crate) fn set_applied(&self, seq: Seq) {
        self.applied.set(seq);
    }

    /// The last input that may be told: durable, or in relaxed mode written.
    pub(crate) fn durable(&self) -> Seq {
        self.durable.get()
    }

    pub(crate) fn set_durable(&self, seq: Seq) {
        self.durable.set(seq);
    }

    /// The last input that is on disk.
    pub(crate) fn synced(&self) -> Seq {
        self.synced.get()
    }

    pub(crate) fn set_synced(&self, seq: Seq) {
        self.synced.set(seq);
    }

    pub(crate) fn attach_publisher(&self) {
        self.publishers.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn detach_publisher(&self) {
        self.publishers.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn has_publisher(&self) -> bool {
        self.publishers.load(Ordering::Relaxed) > 0
    }

    /// Ends the last stage of a batch, unless somebody else has.
    pub(crate) fn published(&self, batch: &DurableBatch) {
        if batch.publisher_reports
            && self.reported.fetch_max(batch.last_seq.0, Ordering::Relaxed) < batch.last_seq.0
        {
            let stage = &self.counters.durable_to_published;
            stage.record(batch.durable_at.elapsed());
        }
    }

    pub(crate) fn is_failed(&self) -> bool {
        self.failed.get()
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    pub(crate) fn stop(&self) {
        self.ingress.close();
        self.stopping.set();
        Wakers::wake(&self.threads.shard);
    }

    /// A stop must be over by then. The first one counts.
    pub(crate) fn set_deadline(&self, deadline: Instant) {
        let _ = self.deadline.set(deadline);
    }

    /// Whether a stop has no more than this left.
    pub(crate) fn is_late(&self, left: Duration) -> bool {
        let deadline = self.deadline.get();
        deadline.is_some_and(|deadline| Instant::now() + left >= *deadline)
    }

    pub(crate) fn is_compared(&self) -> bool {
        self.compared.get()
    }

    pub(crate) fn set_compared(&self) {
        self.compared.set();
    }

    pub(crate) fn is_journal_done(&self) -> bool {
        self.journal_done.get()
    }

    pub(crate) fn set_journal_done(&self) {
        self.journal_done.set();
        Wakers::wake(&self.threads.replica);
    }

    /// Fail-stop: nothing is published after this, and whoever waits is told by a closed channel. The
    /// first reason counts.
    pub(crate) fn fail(&self, reason: String) {
        {
            let mut status = self.lock_status();
            if matches!(*status, Status::Failed(_)) {
                return;
            }
            self.failed.set();
            tracing::error!(reason, "fail-stop");
            *status = Status::Failed(reason.into());
            self.announce(&status);
        }
        self.ingress.shut();
        self.close_broadcast();
        Wakers::wake(&self.threads.shard);
        Wakers::wake(&self.threads.journal);
        Wakers::wake(&self.threads.replica);
    }

    /// Moves on from a status that is not a failure.
    pub(crate) fn set_status(&self, next: Status) {
        let mut status = self.lock_status();
        if !matches!(*status, Status::Failed(_)) {
            *status = next;
            self.announce(&status);
        }
    }

    fn announce(&self, status: &Status) {
        self.status_watch.send_replace(status.clone());
        self.status_changed.notify_all();
    }

    pub(crate) fn status(&self) -> Status {
        self.lock_status().clone()
    }

    pub(crate) fn status_changes(&self) -> watch::Receiver<Status> {
        self.status_watch.subscribe()
    }

    /// Blocks while the status is [`Status::Running`].
    pub(crate) fn wait_while_running(&self) -> Status {
        self.status_changed
            .wait_while(self.lock_status(), |status| *status == Status::Running)
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn lock_status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<DurableBatch>> {
        self.broadcast
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            // A receiver without a sender: closed.
            .map_or_else(|| broadcast::channel(1).1, broadcast::Sender::subscribe)
    }

    /// The journal thread's own sender is then the last one.
    pub(crate) fn close_broadcast(&self) {
        self.broadcast
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

/// State hashes that the live shard had at points of the sequence, for the replica to compare with.
#[derive(Debug, Default)]
pub(crate) struct HashPoints {
    points: Mutex<VecDeque<(Seq, StateHash)>>,
}

impl HashPoints {
    pub(crate) fn record(&self, seq: Seq, hash: StateHash) {
        let mut points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
        if points.len() == HASH_POINTS_MAX {
            points.pop_front();
        }
        points.push_back((seq, hash));
    }

    /// The hash at `seq`; it and those before it are forgotten.
    pub(crate) fn take(&self, seq: Seq) -> Option<StateHash> {
        let mut points = self.points.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((at, hash)) = points.pop_front_if(|(at, _)| *at <= seq) {
            if at == seq {
                return Some(hash);
            }
        }
        None
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_points_are_found_once_and_bounded() {
        let points = HashPoints::default();
        for seq in 1..=HASH_POINTS_MAX as u64 + 1 {
            points.record(Seq(seq), StateHash([seq as u8; 32]));
        }
        assert_eq!(points.take(Seq(1)), None);
        assert_eq!(points.take(Seq(3)), Some(StateHash([3; 32])));
        assert_eq!(points.take(Seq(3)), None);
        assert_eq!(points.take(Seq(2)), None);
        assert_eq!(points.take(Seq(4)), Some(StateHash([4; 32])));
    }
}
