//! Counters of this run. They start at zero with the process; the replica's position starts where it recovered.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use types::{Event, EventKind, Seq};

use crate::ingress::Ingress;
use crate::latency::{Recorder, StageLatencies};

/// What a runtime did so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Market inputs applied.
    pub market_events: u64,
    /// Commands applied, from the queue and from the source.
    pub commands: u64,
    /// Timers applied, day rolls among them.
    pub timers: u64,
    /// Commands refused because a lane was full.
    pub overloaded: u64,
    /// Commands refused because the journal had no room on the disk.
    pub disk_full: u64,
    /// Commands refused because the runtime takes nothing any more, and those that still waited in a lane when it ended.
    /// What a port has at the end is in [`crate::Port::waiting`].
    pub stopped: u64,
    /// Whether the journal waits for room on the disk now.
    pub is_disk_full: bool,
    /// How long until the wall's clock shows the time of the newest input again; zero where it is not behind by more than
    /// seconds, or is not the clock. Until then time stands still.
    pub clock_behind: Duration,
    /// Inputs dropped because their frame would pass [`types::frame::FRAME_BYTES_MAX`].
    pub oversized: u64,
    /// Batches published.
    pub batches: u64,
    /// Syncs of the journal; one covers every batch that was waiting.
    pub syncs: u64,
    /// Bytes written to the journal, segment headers not included.
    pub journal_bytes: u64,
    /// Snapshots verified and written.
    pub snapshots: u64,
    /// Snapshot points without a snapshot: the store failed until the next one, or the hash to compare with was gone.
    pub snapshots_missed: u64,
    /// Whether the snapshot that was due last could not be written yet. Nothing is lost by that; a start takes
    /// longer, and the journal's retention stands still.
    pub is_snapshot_overdue: bool,
    /// Bytes of the newest snapshot.
    pub snapshot_bytes: u64,
    /// Where the newest snapshot that this run has written stands.
    pub snapshot_seq: Seq,
    /// Closed segments of the journal that were compressed.
    pub segments_archived: u64,
    /// Segments and archives that were removed.
    pub segments_pruned: u64,
    /// Times that one could not be compressed or removed.
    pub retention_errors: u64,
    /// Where the replica stands. What follows is counted there, without what recovery replayed.
    pub replica_seq: Seq,
    /// Events.
    pub events: u64,
    /// Orders accepted.
    pub orders_accepted: u64,
    /// Orders denied.
    pub orders_denied: u64,
    /// Fills, liquidations included.
    pub fills: u64,
    /// Primary breaches.
    pub breaches: u64,
    /// Inputs that could not be applied.
    pub inputs_rejected: u64,
    /// How long the stages took since the start of this run.
    pub latencies: StageLatencies,
}

/// The live form of [`Stats`]: each counter has one writing thread.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) market_events: Counter,
    pub(crate) commands: Counter,
    pub(crate) timers: Counter,
    pub(crate) clock_behind_ns: Counter,
    pub(crate) oversized: Counter,
    pub(crate) batches: Counter,
    pub(crate) syncs: Counter,
    pub(crate) journal_bytes: Counter,
    pub(crate) snapshots: Counter,
    pub(crate) snapshots_missed: Counter,
    /// 0 or 1.
    pub(crate) snapshot_overdue: Counter,
    pub(crate) snapshot_bytes: Counter,
    pub(crate) snapshot_seq: Counter,
    pub(crate) segments_archived: Counter,
    pub(crate) segments_pruned: Counter,
    pub(crate) retention_errors: Counter,
    pub(crate) replica_seq: Counter,
    pub(crate) events: Counter,
    pub(crate) orders_accepted: Counter,
    pub(crate) orders_denied: Counter,
    pub(crate) fills: Counter,
    pub(crate) breaches: Counter,
    pub(crate) inputs_rejected: Counter,
    pub(crate) feed_to_applied: Recorder,
    pub(crate) applied_to_durable: Recorder,
    pub(crate) durable_to_published: Recorder,
}

/// A number that one thread writes and any may read.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, amount: u64) {
        // One writer: a plain load and store is enough and costs no locked instruction.
        let value = self.0.load(Ordering::Relaxed);
        self.0.store(value + amount, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    /// Counts the events of one input; called by the replica.
    pub(crate) fn count(&self, events: &[Event]) {
        self.events.add(events.len() as u64);
        for event in events {
            match &event.kind {
                EventKind::OrderAccepted { .. } => self.orders_accepted.add(1),
                EventKind::OrderDenied { .. } => self.orders_denied.add(1),
                EventKind::Fill(_) => self.fills.add(1),
                EventKind::Breach(breach) if breach.primary => self.breaches.add(1),
                EventKind::InputRejected { .. } => self.inputs_rejected.add(1),
                _ => {}
            }
        }
    }

    pub(crate) fn stats(&self, ingress: &Ingress) -> Stats {
        let (feed_to_applied, feed_to_applied_sum) = self.feed_to_applied.latencies();
        let (applied_to_durable, applied_to_durable_sum) = self.applied_to_durable.latencies();
        let (durable_to_published, durable_to_published_sum) =
            self.durable_to_published.latencies();
        Stats {
            market_events: self.market_events.get(),
            commands: self.commands.get(),
            timers: self.timers.get(),
            overloaded: ingress.overloaded(),
            disk_full: ingress.disk_full(),
            stopped: ingress.stopped(),
            is_disk_full: ingress.is_disk_full(),
            clock_behind: Duration::from_nanos(self.clock_behind_ns.get()),
            oversized: self.oversized.get(),
            batches: self.batches.get(),
            syncs: self.syncs.get(),
            journal_bytes: self.journal_bytes.get(),
            snapshots: self.snapshots.get(),
            snapshots_missed: self.snapshots_missed.get(),
            is_snapshot_overdue: self.snapshot_overdue.get() > 0,
            snapshot_bytes: self.snapshot_bytes.get(),
            snapshot_seq: Seq(self.snapshot_seq.get()),
            segments_archived: self.segments_archived.get(),
            segments_pruned: self.segments_pruned.get(),
            retention_errors: self.retention_errors.get(),
            replica_seq: Seq(self.replica_seq.get()),
            events: self.events.get(),
            orders_accepted: self.orders_accepted.get(),
            orders_denied: self.orders_denied.get(),
            fills: self.fills.get(),
            breaches: self.breaches.get(),
            inputs_rejected: self.inputs_rejected.get(),
            latencies: StageLatencies {
                feed_to_applied,
                feed_to_applied_sum,
                applied_to_durable,
                applied_to_durable_sum,
                durable_to_published,
                durable_to_published_sum,
            },
        }
    }
}
