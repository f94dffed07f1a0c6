//! A run of inputs on its way from the shard to the journal and to whoever waits. Recycled: its buffers
//! keep their memory.

use std::ops::Range;
use std::time::Instant;

use crossbeam::sync::Unparker;
use engine::EventBuf;
use tokio::sync::oneshot;
use types::{Event, Seq, TimestampNs};

use crate::ingress::Receipt;
use crate::journal::Mark;

/// Facts that are durable, as they are broadcast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurableBatch {
    /// The first input of the batch.
    pub first_seq: Seq,
    /// The last input of the batch; the next batch starts after it.
    pub last_seq: Seq,
    /// Time of the last input.
    pub ts: TimestampNs,
    /// What the inputs caused, in order; may be nothing.
    pub events: Vec<Event>,
    /// When the inputs were durable, or in relaxed mode written.
    pub durable_at: Instant,
    /// A [`crate::Publisher`] was attached when this was sent: it says when the batch is published.
    pub(crate) publisher_reports: bool,
}

/// Somebody waits for the receipt of an input of the batch.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) seq: Seq,
    pub(crate) ts: TimestampNs,
    pub(crate) events: Range<usize>,
    pub(crate) sender: oneshot::Sender<Receipt>,
}

/// Inputs that were applied and are not durable yet.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Journal position before the first input.
    pub(crate) before: Mark,
    /// Journal position after the last input.
    pub(crate) end: Mark,
    /// Time of the last input.
    pub(crate) ts: TimestampNs,
    /// Journal records.
    pub(crate) bytes: Vec<u8>,
    /// What the inputs caused.
    pub(crate) events: EventBuf,
    /// Who waits.
    pub(crate) replies: Vec<Reply>,
    /// Ports with commands in the batch.
    pub(crate) ports: Vec<Unparker>,
    /// When the first input was applied.
    pub(crate) opened: Instant,
    /// The source gave its last input in this batch or before it.
    pub(crate) source_ended: bool,
}

impl Batch {
    pub(crate) fn new(at: Mark, bytes_max: usize, now: Instant) -> Self {
        Self {
            before: at,
            end: at,
            ts: TimestampNs(0),
            // The last input of a batch may pass the limit a little.
            bytes: Vec::with_capacity(bytes_max + (64 << 10)),
            events: EventBuf::default(),
            replies: Vec::new(),
            ports: Vec::new(),
            opened: now,
            source_ended: false,
        }
    }

    /// Empties the batch for inputs after `at`.
    pub(crate) fn begin(&mut self, at: Mark) {
        self.before = at;
        self.end = at;
        self.bytes.clear();
        self.events.clear();
        self.replies.clear();
        self.ports.clear();
        self.source_ended = false;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}
