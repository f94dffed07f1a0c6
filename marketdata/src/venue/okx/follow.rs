//! What is known of one book of OKX, and how an update stands to it.

use types::{DepthUpdate, TimestampNs};

use crate::feed::{FetchId, Output, Restate, Stamp};

/// What is known of one listing.
#[derive(Debug, Default)]
pub(super) struct Follow {
    pub(super) restate: Restate,
    /// Sequence id and time of the newest book.
    pub(super) newest: Stamp,
    /// Nothing has come since the book was got as a document.
    pub(super) is_fresh: bool,
    /// Updates that came before a book, and the document that is on its way.
    pub(super) buffered: Vec<Update>,
    pub(super) asked: Option<Asked>,
    /// When a document was last asked for.
    pub(super) fetched_at: TimestampNs,
    /// When the channel of the book was last heard of.
    pub(super) heard_at: TimestampNs,
    /// It was given up and asked for anew, and that was not answered yet: what still comes is of the subscription before,
    /// and between the two something may be missing.
    pub(super) is_renewing: bool,
    /// When the subscription to it was acknowledged, if nothing of it has come since.
    pub(super) acknowledged_at: Option<TimestampNs>,
    /// Id and time of the newest trade.
    pub(super) trade: (u64, TimestampNs),
}

/// A document that was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) id: FetchId,
    /// When, and how long it waited here before it left, at most.
    pub(super) at: TimestampNs,
    pub(super) wait_ns: u64,
}

/// Changed levels.
#[derive(Debug)]
pub(super) struct Update {
    pub(super) id: u64,
    pub(super) previous: u64,
    pub(super) time: TimestampNs,
    pub(super) levels: Box<DepthUpdate>,
}

/// How an update stands to a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follows {
    /// The book has it already.
    Old,
    /// It is the next.
    Next,
    /// Something is missing between.
    Gap,
}

impl Follow {
    /// How an update stands to what is known.
    pub(super) const fn follows(&self, update: &Update) -> Follows {
        let newest = self.newest;
        let has = update.id <= newest.id && update.time.0 <= newest.time.0;
        if self.is_fresh {
            let is_within = update.previous <= newest.id && newest.id < update.id;
            let is_next = update.previous == newest.id || is_within;
            // Ids that began anew may be the same as before, times are not.
            return match (has, is_next && update.time.0 >= newest.time.0) {
                (true, _) => Follows::Old,
                (false, true) => Follows::Next,
                (false, false) => Follows::Gap,
            };
        }
        match (update.previous == newest.id, has) {
            (true, _) => Follows::Next,
            (false, true) => Follows::Old,
            (false, false) => Follows::Gap,
        }
    }

    /// The subscription ends: what came of it is of no use to the next one, nor is a document that was asked for before that
    /// runs, as what changes between the two is in neither.
    pub(super) fn give_up(&mut self, out: &mut Output) {
        self.is_renewing = true;
        (self.acknowledged_at, self.asked) = (None, None);
        for update in self.buffered.drain(..) {
            out.recycle(update.levels);
        }
    }

    /// A whole book is known; what was to come is not needed any more.
    pub(super) fn live(&mut self, id: u64, time: TimestampNs, is_fresh: bool) {
        (self.newest, self.is_fresh) = (Stamp { id, time }, is_fresh);
        self.asked = None;
        self.restate.live();
    }

    /// Whether a whole book or touch is older than what is known, or the same. Ids may begin anew, times do not.
    pub(super) fn is_late(&self, id: u64, time: TimestampNs) -> bool {
        let is_same = self.restate.is_live() && id <= self.newest.id && time == self.newest.time;
        time < self.newest.time || is_same
    }
}
