//! The disk thread: what takes long and nobody should wait for. Syncs of ack mode `relaxed` and of the anchor, and segments
//! made ahead.

use std::sync::Arc;
use std::thread::Thread;
use std::time::Duration;

use crate::journal::later::Later;
use crate::journal::spare::{Maker, Spare};
use crate::shared::{Shared, Wakers};
use crate::step::Stepped;

/// It is woken; this is for the end of a run that nobody told it of.
const LOOK: Duration = Duration::from_millis(100);

/// Does one thing at a time, a sync before anything else.
#[derive(Debug)]
pub(crate) struct DiskWorker {
    pub(crate) shared: Arc<Shared>,
    pub(crate) later: Later,
    pub(crate) anchor: Later,
    pub(crate) spare: Spare,
    pub(crate) maker: Maker,
}

impl DiskWorker {
    /// Lets the journal thread wake it.
    pub(crate) fn introduce(&self, thread: &Thread) {
        self.later.introduce(thread.clone());
        self.anchor.introduce(thread.clone());
        self.spare.introduce(thread.clone());
    }

    /// Ends with the journal. What goes wrong with a sync the journal learns; a segment that cannot be made ahead it
    /// makes itself.
    pub(crate) fn step(&mut self) -> Stepped<()> {
        if self.shared.is_journal_done() || self.shared.is_failed() {
            self.maker.end();
            return Stepped::Ended(());
        }
        if self.later.step() {
            Wakers::wake(&self.shared.threads.journal);
            return Stepped::Worked;
        }
        // The journal asks after this one at its next commit.
        if self.anchor.step() || self.maker.step() {
            return Stepped::Worked;
        }
        Stepped::Idle(LOOK)
    }
}
