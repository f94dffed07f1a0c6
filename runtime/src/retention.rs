//! What happens to closed segments: they are archived, and removed where the settings say so.
//!
//! Archiving loses nothing: readers go through archives as through segments. Pruning removes the oldest
//! inputs for good. Before it does, it replays them and writes the state that they lead to as the journal's
//! new base, so that the journal alone still leads to every state after it.

use std::sync::Arc;
use std::time::Duration;

use engine::{EventBuf, Limits, Shard};
use types::{Seq, TimestampNs};

use crate::atomics::Position;
use crate::journal::{self, Base, JournalError, Location, Reader, Segment, archive};
use crate::shared::Shared;
use crate::step::Stepped;

/// Between looks at what there is to do.
const POLL: Duration = Duration::from_secs(1);
/// After something went wrong.
const PAUSE: Duration = Duration::from_mins(1);
/// Inputs replayed between looks at whether to go on.
const INPUTS_PER_LOOK: u64 = 1_024;

/// How long a running server keeps what in its journal. As it is by default, it keeps everything as it was
/// written.
///
/// Whatever is said here, what follows the second-newest verified snapshot stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// Compresses closed segments. Nothing is lost.
    pub archive: bool,
    /// Removes segments whose last input is older than this, in the time of the inputs.
    pub keep_age: Option<Duration>,
    /// Removes the oldest segments as long as all together have more bytes than this.
    pub keep_bytes: Option<u64>,
}

impl Retention {
    /// Whether there is anything to do at all.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        !self.archive && self.keep_age.is_none() && self.keep_bytes.is_none()
    }

    /// The name of the first setting that must be above zero and is not.
    pub(crate) fn zero_setting(&self) -> Option<&'static str> {
        if self.keep_age == Some(Duration::ZERO) {
            return Some("retention.keep_age");
        }
        (self.keep_bytes == Some(0)).then_some("retention.keep_bytes")
    }
}

/// What pruning removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// The first input that is left.
    pub first: Seq,
    /// Segments and archives that are gone.
    pub segments: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// The state that the first input of a journal applies to: under `limits` where no journal was begun.
///
/// # Errors
/// When the base does not check, or there is none although there are inputs.
pub fn beginning(location: &Location, limits: Limits) -> Result<Shard, JournalError> {
    let begun = Base::beginning(location)?;
    Ok(begun.unwrap_or_else(|| Shard::new(location.shard, limits)))
}

/// Segments that are not written any more, oldest first, each with its last seq.
fn closed(location: &Location) -> Result<Vec<(Segment, Seq)>, JournalError> {
    let segments = journal::segments(location)?;
    let followers = segments.iter().skip(1);
    let ends = followers.map(|next| Seq(next.first.0 - 1));
    Ok(segments.iter().cloned().zip(ends).collect())
}

/// Compresses the oldest closed segment that is none yet and ends at `until` or before, which must be
/// durable. `None`: there is none.
///
/// # Errors
/// [`JournalError::Damaged`] when it does not check, and I/O errors. The segment is still there then.
pub fn archive_next(location: &Location, until: Seq) -> Result<Option<Segment>, JournalError> {
    let next = closed(location)?
        .into_iter()
        .find(|(segment, last)| !segment.is_archive() && *last <= until);
    next.map(|(segment, last)| archive::archive(location, &segment, last))
        .transpose()
}

/// The last input that the settings do not keep; 0 when they keep all. `now` is the time of the newest
/// input.
///
/// # Errors
/// When a segment cannot be read.
pub fn due(
    location: &Location,
    retention: &Retention,
    now: TimestampNs,
) -> Result<Seq, JournalError> {
    let mut due = Seq(0);
    let closed = closed(location)?;
    if let Some(keep_bytes) = retention.keep_bytes {
        let mut bytes = 0;
        for segment in journal::segments(location)? {
            bytes += location.length(&segment.path)?;
        }
        for (segment, last) in &closed {
            if bytes <= keep_bytes {
                break;
            }
            bytes -= location.length(&segment.path)?;
            due = *last;
        }
    }
    if let Some(keep_age) = retention.keep_age {
        let keep_ns = i128::try_from(keep_age.as_nanos()).unwrap_or(i128::MAX);
        for (segment, last) in &closed {
            let ended = archive::ended_at(location, segment, *last)?;
            if i128::from(now.0) - i128::from(ended.0) <= keep_ns {
                break;
            }
            due = due.max(*last);
        }
    }
    Ok(due)
}

/// Removes the segments that end at `until` or before, for good, and lets the journal begin after them.
/// The last segment always stays. It may be done again after it was interrupted, and ends what an
/// interrupted one has begun. `None`: there was nothing to remove, or `go_on` said no.
///
/// # Errors
/// When an input that is to be removed does not check, or the journal's base does not, and I/O errors. Nothing is removed then that the
/// journal's base does not stand for.
pub fn prune(
    location: &Location,
    until: Seq,
    go_on: &dyn Fn() -> bool,
) -> Result<Option<Pruned>, JournalError> {
    let closed = closed(location)?;
    let ends = closed.iter().map(|(_, last)| *last);
    let end = ends.take_while(|last| *last <= until).last();
    let Some(base) = Base::of_journal(location)? else {
        return Ok(None);
    };
    let mut begins = base.mark.seq;
    let mut is_checked = false;
    if let Some(end) = end.filter(|end| begins < *end) {
        let mut shard = base.shard(location)?;
        let mut reader = Reader::open(location, shard.seq())?;
        let mut events = EventBuf::default();
        while shard.seq() < end {
            if shard.seq().0.is_multiple_of(INPUTS_PER_LOOK) && !go_on() {
                return Ok(None);
            }
            let Some(input) = reader.next_input()? else {
                return Err(reader.damage(journal::Reason::Ends).into());
            };
            if input.seq > shard.seq() {
                events.clear();
                shard.apply(&input, &mut events);
            }
        }
        Base::advance(location, reader.mark().chain, &shard)?;
        (begins, is_checked) = (end, true);
    }
    // What the base stands for, also from before.
    let mut pruned = Pruned {
        first: begins.next(),
        segments: 0,
        bytes: 0,
    };
    let files = journal::files(location)?;
    let firsts: Vec<Seq> = files.iter().map(|file| file.first).collect();
    let mut before = None;
    for file in files {
        // Where the next one begins; the last one stays. A segment and its archive go both.
        let next = firsts.iter().find(|first| **first > file.first);
        if next.is_none_or(|next| *next > begins.next()) {
            break;
        }
        if !is_checked {
            // As long as the base does not check, these inputs may be all there is.
            base.check(location)?;
            is_checked = true;
        }
        pruned.bytes += location.length(&file.path)?;
        pruned.segments += usize::from(before.replace(file.first) != Some(file.first));
        location.remove(&file.path)?;
    }
    Base::remove_older(location)?;
    Ok((pruned.segments > 0).then_some(pruned))
}

/// The seq that nothing may be archived or removed beyond: where the second-newest verified snapshot
/// stands. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Floor(Arc<Position>);

impl Floor {
    pub(crate) fn get(&self) -> Seq {
        self.0.get()
    }

    /// Of the snapshots that are kept, oldest first.
    pub(crate) fn set(&self, snapshots: &[Seq]) {
        let second = snapshots.iter().rev().nth(1);
        self.0.set(second.copied().unwrap_or_default());
    }
}

/// Does it while a runtime runs, one segment after another.
pub(crate) struct Keeper {
    pub(crate) shared: Arc<Shared>,
    pub(crate) journal: Location,
    pub(crate) retention: Retention,
    pub(crate) floor: Floor,
}

impl Keeper {
    pub(crate) const fn is_idle(&self) -> bool {
        self.retention.is_idle()
    }

    fn goes_on(&self) -> bool {
        !self.shared.is_stopping() && !self.shared.is_failed()
    }

    /// What goes wrong is told and tried again later: the state does not depend on it.
    pub(crate) fn step(&self) -> Stepped<()> {
        if !self.goes_on() {
            return Stepped::Ended(());
        }
        if self.retention.is_idle() {
            return Stepped::Idle(PAUSE);
        }
        match self.work() {
            Ok(true) => Stepped::Worked,
            Ok(false) => Stepped::Idle(POLL),
            Err(error) => {
                self.shared.counters.retention_errors.add(1);
                tracing::error!(
                    %error,
                    "a closed segment of the journal could not be archived or removed"
                );
                Stepped::Idle(PAUSE)
            }
        }
    }

    /// Says whether there may be more to do.
    fn work(&self) -> Result<bool, JournalError> {
        let floor = self.floor.get().min(self.shared.synced());
        let counters = &self.shared.counters;
        let due = due(&self.journal, &self.retention, self.shared.views.load().ts)?;
        let due = due.min(floor);
        if let Some(pruned) = prune(&self.journal, due, &|| self.goes_on())? {
            counters.segments_pruned.add(pruned.segments as u64);
            tracing::info!(
                segments = pruned.segments,
                bytes = pruned.bytes,
                first = %pruned.first,
                "the oldest inputs were removed from the journal"
            );
            return Ok(true);
        }
        if self.retention.archive && archive_next(&self.journal, floor)?.is_some() {
            counters.segments_archived.add(1);
            return Ok(true);
        }
        Ok(false)
    }
}
