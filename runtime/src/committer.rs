//! The journal thread: writes batches, makes them durable, and only then tells.
//!
//! Every batch that is waiting is written before the one sync that covers them all (group commit).

use std::sync::Arc;
use std::time::{Duration, Instant};

use rtrb::{Consumer, Producer};
use tokio::sync::broadcast;

use crate::batch::{Batch, DurableBatch};
use crate::config::AckMode;
use crate::core::announce_source_end;
use crate::ingress::Receipt;
use crate::journal::writer::{ANCHOR_AGE_MAX, SYNC_LATER_MAX};
use crate::journal::{Append, JournalError, Writer};
use crate::shared::{Shared, Wakers};
use crate::step::Stepped;

pub(crate) struct Committer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) writer: Writer,
    pub(crate) full: Consumer<Batch>,
    pub(crate) free: Producer<Batch>,
    pub(crate) broadcast: broadcast::Sender<Arc<DurableBatch>>,
    pub(crate) synced_at: Instant,
    /// Since when a sync is under way that nobody waits for.
    pub(crate) syncing_since: Option<Instant>,
    /// Written and not published yet. Kept here so that after an error the status says so before
    /// whoever waits is told by a closed receiver.
    pub(crate) group: Vec<Batch>,
    /// Waits for room on the disk.
    pub(crate) waiting: Option<Batch>,
}

/// How often a journal without room looks for some.
const ROOM_POLL: Duration = Duration::from_millis(50);

impl Committer {
    /// Makes what is there durable and tells of it; ends when the shard has ended and all of it is
    /// durable, or when the runtime has failed.
    pub(crate) fn step(&mut self) -> Result<Stepped<()>, JournalError> {
        // Asked before the ring is emptied: what comes before the end is in the ring then.
        let shard_ended = self.full.is_abandoned();
        while !self.shared.is_failed()
            && let Some(batch) = self.waiting.take().or_else(|| self.full.pop().ok())
        {
            self.group.push(batch);
            match self.write_newest() {
                Ok(()) => self.shared.ingress.set_disk_full(false),
                Err(error @ JournalError::Full { .. }) => {
                    self.wait_for_room(error)?;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        if self.shared.is_failed() {
            return Ok(Stepped::Ended(()));
        }
        if self.group.is_empty() && self.waiting.is_some() {
            return Ok(Stepped::Idle(ROOM_POLL));
        }
        if self.group.is_empty() && shard_ended {
            self.sync()?;
            self.writer.close()?;
            self.writer.sync_anchor()?;
            self.shared.set_journal_done();
            return Ok(Stepped::Ended(()));
        }
        if self.group.is_empty() {
            self.tend()?;
            return Ok(Stepped::Idle(ANCHOR_AGE_MAX));
        }
        if self.shared.ack_mode == AckMode::Durable {
            self.sync()?;
        }
        let durable_at = self.shared.time.now();
        let mut group = std::mem::take(&mut self.group);
        for batch in group.drain(..) {
            self.publish(batch, durable_at);
        }
        self.group = group;
        self.tend()?;
        Ok(Stepped::Worked)
    }

    /// Keeps the batch that has no room for the next step, and lets nobody send more. What was written is
    /// safe, and what waits is neither promised nor lost.
    fn wait_for_room(&mut self, error: JournalError) -> Result<(), JournalError> {
        // Whoever stops the runtime cannot wait: those who sent the batch are told that it failed.
        if self.shared.is_stopping() && self.group.len() == 1 {
            return Err(error);
        }
        if !self.shared.ingress.is_disk_full() {
            tracing::error!(%error, "no room for the journal; nothing is taken until there is some");
            self.shared.ingress.set_disk_full(true);
        }
        self.waiting = self.group.pop();
        Ok(())
    }

    fn write_newest(&mut self) -> Result<(), JournalError> {
        let Some(batch) = self.group.last().filter(|batch| !batch.is_empty()) else {
            return Ok(());
        };
        self.writer.append(Append {
            first: batch.before.seq.next(),
            chain_before: batch.before.chain,
            end: batch.end,
            bytes: &batch.bytes,
        })?;
        let bytes = batch.bytes.len() as u64;
        self.shared.counters.journal_bytes.add(bytes);
        Ok(())
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        if self.writer.synced() != self.writer.written() {
            self.writer.sync()?;
            self.shared.counters.syncs.add(1);
        }
        self.synced_at = self.shared.time.now();
        self.shared.set_synced(self.writer.synced().seq);
        Ok(())
    }

    /// What is due between commits: in relaxed mode the sync, in both the anchor's.
    fn tend(&mut self) -> Result<(), JournalError> {
        let now = self.shared.time.now();
        if self.writer.take_synced()? {
            self.shared.counters.syncs.add(1);
            self.shared.set_synced(self.writer.synced().seq);
            self.syncing_since = None;
        }
        let age = |since: Instant| now.saturating_duration_since(since);
        if self
            .syncing_since
            .is_some_and(|since| age(since) >= SYNC_LATER_MAX)
        {
            self.sync()?;
            self.syncing_since = None;
        } else if age(self.synced_at) >= ANCHOR_AGE_MAX && self.writer.sync_later() {
            self.syncing_since = Some(now);
            self.synced_at = now;
        }
        self.writer.tend_anchor(now)
    }

    /// Tells whoever waits for the batch, and gives it back to the shard.
    fn publish(&mut self, batch: Batch, durable_at: Instant) {
        if self.shared.is_failed() {
            return;
        }
        let is_empty = batch.is_empty();
        let mut publisher_reports = false;
        if !is_empty {
            self.shared.set_durable(batch.end.seq);
            for port in &batch.ports {
                port.unpark();
            }
            publisher_reports = self.tell(&batch, durable_at);
            let counters = &self.shared.counters;
            counters.batches.add(1);
            counters
                .applied_to_durable
                .record(durable_at.saturating_duration_since(batch.opened));
        }
        let source_ended = batch.source_ended;
        let batch = answer(batch, self.shared.ack_mode);
        if !is_empty && !publisher_reports {
            let stage = &self.shared.counters.durable_to_published;
            stage.record(durable_at.elapsed());
        }
        // There is a place in this ring for every batch that exists.
        let _ = self.free.push(batch);
        Wakers::wake(&self.shared.threads.shard);
        if source_ended {
            announce_source_end(&self.shared);
        }
    }

    /// Broadcasts a batch; whether a publisher will report its end.
    fn tell(&self, batch: &Batch, durable_at: Instant) -> bool {
        if self.broadcast.receiver_count() == 0 {
            return false;
        }
        let publisher_reports = self.shared.has_publisher();
        let sent = self.broadcast.send(Arc::new(DurableBatch {
            first_seq: batch.before.seq.next(),
            last_seq: batch.end.seq,
            ts: batch.ts,
            events: batch.events.as_slice().to_vec(),
            durable_at,
            publisher_reports,
        }));
        // Nobody listening any more is no error.
        sent.is_ok() && publisher_reports
    }
}

/// Sends the receipts of a batch.
fn answer(mut batch: Batch, ack: AckMode) -> Batch {
    let events = batch.events.as_slice();
    for reply in batch.replies.drain(..) {
        // Whoever does not wait any more is no error.
        let _ = reply.sender.send(Receipt {
            ack,
            seq: reply.seq,
            ts: reply.ts,
            events: events[reply.events].to_vec(),
        });
    }
    batch
}
