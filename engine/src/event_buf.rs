//! The buffer that `apply` writes its facts into. Kept and reused by its owner, so that writing a
//! fact allocates nothing once the buffer has grown.

use types::{Event, EventKind, Seq, TimestampNs};

/// Facts of one or more inputs, in order.
// `seq` and `ts` stand apart in memory: beside each other they are written as two words and read as one
// of twice the width, which waits until both have left the processor.
#[derive(Debug, Default)]
#[repr(C)]
pub struct EventBuf {
    seq: Seq,
    events: Vec<Event>,
    ts: TimestampNs,
}

impl EventBuf {
    /// Forgets the facts and keeps the memory.
    pub fn clear(&mut self) {
        self.events.clear();
    }

    /// The facts, in order.
    pub fn as_slice(&self) -> &[Event] {
        &self.events
    }

    /// How many facts there are.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(crate) fn begin(&mut self, seq: Seq, ts: TimestampNs) {
        self.seq = seq;
        self.ts = ts;
    }

    #[inline]
    pub(crate) fn push(&mut self, kind: EventKind) {
        self.events.push(Event {
            seq: self.seq,
            ts: self.ts,
            kind,
        });
    }
}
