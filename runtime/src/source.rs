//! Where inputs come from, other than the command queue.

use std::time::{Duration, Instant};

use engine::Shard;
use types::{DepthUpdate, InputKind, TimestampNs};

/// A pull-based supplier of inputs: a feed, a recording, a generator, a scenario.
///
/// It runs on the shard thread, so it must not block: what takes time belongs on another thread, behind
/// a queue that this drains.
pub trait Source: Send {
    /// The next input, asked for between inputs. `shard` is as the last input left it. `now` is coarse:
    /// it is read again after every wait and at least every 32 inputs.
    fn next(&mut self, shard: &Shard, now: Instant) -> Next;

    /// The depth update of the input that was asked for last, once it was applied: its memory may be used again.
    fn take_back(&mut self, update: Box<DepthUpdate>) {
        drop(update);
    }
}

/// A source's answer.
#[derive(Debug)]
pub enum Next {
    /// An input.
    Input {
        /// Its time; the sequencer stamps it no earlier than the input before.
        ts: TimestampNs,
        /// What it is.
        kind: InputKind,
    },
    /// Nothing now; ask again after this long, or earlier when something else woke the shard.
    Wait(Duration),
    /// Nothing any more. The runtime goes on with commands.
    End,
}
