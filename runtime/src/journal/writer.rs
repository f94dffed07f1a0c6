//! Appends records and makes them durable. The only code that writes the journal.
//!
//! One sync covers whatever was appended since the last one (group commit). A segment is synced before
//! the next one is created, and a new segment's header and directory entry are synced before a record
//! goes in, so only the last segment can have a torn tail.
//!
//! A segment takes all of its room when it is created, so that a commit changes data and no file sizes,
//! and a full disk is found before a record is half written. What is left of the room goes when the
//! segment is closed. Once a segment is half full the next one is asked for (`spare.rs`); one that is not
//! ready in time is made here.
//!
//! Any failed write or sync poisons the writer for good: after a failed fsync the kernel may have
//! dropped the dirty pages and will report success the next time, so nothing can be promised any more.
//! Only a lack of room does not ([`JournalError::Full`]): nothing after the last record that was
//! written counts, so the same append may be tried again.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use types::Seq;

use super::later::Later;
use super::record::{Chain, HEADER_BYTES, Header};
use super::spare::{self, Spare};
use super::{Anchor, JournalError, Location, Mark, Segment};
use crate::disk::{Access, DiskFile};

/// A sync of the anchor is asked for after this many commits.
pub const ANCHOR_COMMITS_MAX: u32 = 64;
/// A sync of the anchor is asked for at the first commit or idle moment after this long.
pub const ANCHOR_AGE_MAX: Duration = Duration::from_millis(100);
/// A sync that nobody waits for is waited for after this long: what is not synced is no older.
pub const SYNC_LATER_MAX: Duration = Duration::from_secs(1);

/// Where an append must start, and what it brings.
#[derive(Debug, Clone, Copy)]
pub struct Append<'a> {
    /// Seq of the first record.
    pub first: Seq,
    /// Chain before it.
    pub chain_before: Chain,
    /// The last record and the chain after it.
    pub end: Mark,
    /// Whole records, as [`super::record::encode`] writes them.
    pub bytes: &'a [u8],
}

/// The open end of a journal.
#[derive(Debug)]
pub struct Writer {
    location: Location,
    segment_bytes_max: u64,
    /// The segment that is appended to; `None` before the first record of a journal.
    open: Option<Open>,
    written: Mark,
    synced: Mark,
    anchor: Anchor,
    anchor_commits: u32,
    /// Unknown before the first look.
    anchor_asked_at: Option<Instant>,
    poisoned: bool,
    spare: Spare,
    later: Later,
}

#[derive(Debug)]
struct Open {
    file: Arc<dyn DiskFile>,
    segment: Segment,
    /// Up to the end of the last record.
    bytes: u64,
}

impl Writer {
    /// Continues a journal at `end`: the file and length of its last segment, if it has one.
    pub(super) fn new(
        location: &Location,
        segment_bytes_max: u64,
        last: Option<(Segment, u64)>,
        end: Mark,
        anchor: Anchor,
    ) -> Result<Self, JournalError> {
        // Of a process that died.
        location.remove_if_there(&spare::path(location))?;
        let open = match last {
            None => None,
            Some((segment, bytes)) => {
                let file = location.open_file(&segment.path, Access::Write)?;
                match file.allocate(segment_bytes_max) {
                    // It has what it has; the next segment waits for room.
                    Err(error) if error.kind() == io::ErrorKind::StorageFull => {}
                    allocated => {
                        allocated
                            .map_err(|error| JournalError::io("grow", &segment.path, error))?;
                    }
                }
                Some(Open {
                    file: file.into(),
                    segment,
                    bytes,
                })
            }
        };
        let mut writer = Self {
            location: location.clone(),
            segment_bytes_max,
            open,
            written: end,
            synced: anchor.mark(),
            anchor,
            anchor_commits: 0,
            anchor_asked_at: None,
            poisoned: false,
            spare: Spare::default(),
            later: Later::default(),
        };
        // Records found by recovery may still be in the page cache of a process that died.
        writer.sync()?;
        writer.sync_anchor()?;
        Ok(writer)
    }

    /// The last record that was written; the operating system has it.
    pub const fn written(&self) -> Mark {
        self.written
    }

    /// The last record that is on disk.
    pub const fn synced(&self) -> Mark {
        self.synced
    }

    /// The file that is appended to and its length; `None` before the first record of a journal.
    pub(super) fn position(&self) -> Option<(&Segment, u64)> {
        self.open.as_ref().map(|open| (&open.segment, open.bytes))
    }

    /// Where the next segment is asked for.
    pub(crate) fn spare(&self) -> Spare {
        self.spare.clone()
    }

    /// Where the anchor's syncs are asked for from now on; without this the writer does them itself.
    pub(crate) fn anchor_later(&mut self) -> Later {
        self.anchor.later()
    }

    /// Where syncs are asked for that nobody waits for.
    pub(crate) fn later(&self) -> Later {
        self.later.clone()
    }

    /// Where the journal is.
    pub(super) const fn location(&self) -> &Location {
        &self.location
    }

    /// Appends whole records.
    ///
    /// # Errors
    /// [`JournalError::Full`]; other I/O errors, which poison the writer; and
    /// [`JournalError::Poisoned`] after one.
    ///
    /// # Panics
    /// When the records do not follow the last one written: a broken invariant of the caller.
    pub fn append(&mut self, append: Append<'_>) -> Result<(), JournalError> {
        assert!(
            append.first == self.written.seq.next() && append.chain_before == self.written.chain,
            "records from seq {} do not follow seq {}",
            append.first,
            self.written.seq
        );
        self.guarded(|writer| writer.append_unguarded(append))
    }

    fn append_unguarded(&mut self, append: Append<'_>) -> Result<(), JournalError> {
        let bytes = append.bytes.len() as u64;
        let fits = |open: &Open| open.bytes + bytes <= self.segment_bytes_max;
        let open = match self.open.take() {
            Some(open) if fits(&open) => self.open.insert(open),
            full => {
                self.open = full;
                self.close_unguarded()?;
                let open = self.create(append.first, bytes)?;
                self.open.insert(open)
            }
        };
        open.file
            .write_at(append.bytes, open.bytes)
            .map_err(|error| JournalError::io("write", &open.segment.path, error))?;
        open.bytes += bytes;
        if open.bytes > self.segment_bytes_max / 2 {
            self.spare.want();
        }
        self.written = append.end;
        Ok(())
    }

    /// Makes everything appended durable and gives the room back that was not used. More may be appended
    /// afterwards.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn close(&mut self) -> Result<(), JournalError> {
        self.guarded(Self::close_unguarded)
    }

    fn close_unguarded(&mut self) -> Result<(), JournalError> {
        self.settle()?;
        if let Some(open) = &self.open {
            open.file
                .set_length(open.bytes)
                .map_err(|error| JournalError::io("cut", &open.segment.path, error))?;
        }
        self.sync_unguarded()
    }

    /// Makes everything appended durable and moves the anchor.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn sync(&mut self) -> Result<(), JournalError> {
        self.guarded(Self::sync_unguarded)
    }

    fn sync_unguarded(&mut self) -> Result<(), JournalError> {
        self.settle()?;
        if let Some(open) = &self.open {
            open.file
                .sync()
                .map_err(|error| JournalError::io("sync", &open.segment.path, error))?;
        }
        self.set_synced(self.written)
    }

    /// Asks for a sync of what was appended so far, which nobody waits for. `false` when there is nothing to sync, or one
    /// is under way.
    pub(crate) fn sync_later(&mut self) -> bool {
        let open = self.open.as_ref().filter(|_| self.synced != self.written);
        open.is_some_and(|open| self.later.want(&open.file, self.written))
    }

    /// Learns what became of [`Writer::sync_later`]; whether anything did.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub(crate) fn take_synced(&mut self) -> Result<bool, JournalError> {
        let outcome = self.later.outcome();
        let is_known = outcome.is_some();
        self.guarded(|writer| writer.believe(outcome))?;
        Ok(is_known)
    }

    /// No sync by another thread is under way after this.
    fn settle(&mut self) -> Result<(), JournalError> {
        let outcome = self.later.settle();
        self.believe(outcome)
    }

    fn believe(&mut self, outcome: Option<(Mark, io::Result<()>)>) -> Result<(), JournalError> {
        match outcome {
            None => Ok(()),
            Some((mark, Ok(()))) => self.set_synced(mark),
            Some((_, Err(error))) => {
                let path = self.open.as_ref().map(|open| open.segment.path.clone());
                let path = path.unwrap_or_else(|| self.location.directory.clone());
                Err(JournalError::io("sync", &path, error))
            }
        }
    }

    fn set_synced(&mut self, mark: Mark) -> Result<(), JournalError> {
        self.synced = mark;
        if self.anchor.mark() != self.synced {
            self.anchor.write(self.synced)?;
            self.anchor_commits += 1;
        }
        Ok(())
    }

    /// Has the anchor synced when that is due: by another thread if there is one for it, which is waited for only after
    /// [`SYNC_LATER_MAX`].
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn tend_anchor(&mut self, now: Instant) -> Result<(), JournalError> {
        self.guarded(|writer| writer.anchor.take_synced())?;
        let asked_at = *self.anchor_asked_at.get_or_insert(now);
        let age = now.saturating_duration_since(asked_at);
        if self.anchor_commits < ANCHOR_COMMITS_MAX && age < ANCHOR_AGE_MAX {
            return Ok(());
        }
        if self.anchor.sync_later() {
            self.anchor_commits = 0;
            self.anchor_asked_at = Some(now);
        } else if self.anchor.is_dirty() && (!self.anchor.is_served() || age >= SYNC_LATER_MAX) {
            self.sync_anchor()?;
            self.anchor_asked_at = Some(now);
        }
        Ok(())
    }

    /// Syncs the anchor.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn sync_anchor(&mut self) -> Result<(), JournalError> {
        self.guarded(|writer| {
            writer.anchor_commits = 0;
            writer.anchor.sync()
        })
    }

    /// A segment with room for all that it may hold; one that cannot have it is removed again.
    fn create(&self, first: Seq, bytes: u64) -> Result<Open, JournalError> {
        let path = self.location.segment_path(first);
        let header = Header {
            shard: self.location.shard,
            first,
            chain: self.written.chain,
        };
        let spare = self.spare.take();
        if spare.is_some() && self.location.disk.open(&path, Access::Read).is_ok() {
            // A rename would take its place.
            let there = io::ErrorKind::AlreadyExists.into();
            return Err(JournalError::io("create", &path, there));
        }
        let is_spare = spare.is_some();
        let (file, name) = match spare {
            Some(file) => (file, spare::path(&self.location)),
            None => (
                self.location.open_file(&path, Access::Create)?,
                path.clone(),
            ),
        };
        let room = self.segment_bytes_max.max(HEADER_BYTES as u64 + bytes);
        let written = file
            .allocate(room)
            .and_then(|()| file.write_at(&header.to_bytes(), 0));
        if let Err(error) = written {
            drop(file);
            self.location.remove_file(&name)?;
            return Err(JournalError::io("write", &name, error));
        }
        file.sync()
            .map_err(|error| JournalError::io("sync", &name, error))?;
        if is_spare {
            self.location.publish(&name, &path)?;
        } else {
            self.location.sync_directory()?;
        }
        Ok(Open {
            file: file.into(),
            segment: Segment {
                first,
                last: None,
                path,
            },
            bytes: HEADER_BYTES as u64,
        })
    }

    fn guarded(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        if self.poisoned {
            return Err(JournalError::Poisoned);
        }
        let result = act(self);
        self.poisoned = !matches!(result, Ok(()) | Err(JournalError::Full { .. }));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Base;
    use crate::journal::record::encode;
    use engine::Limits;
    use std::fs::{File, OpenOptions};
    use std::path::Path;
    use types::{Input, InputKind, ShardId, Timer, TimestampNs};

    fn append_clock(writer: &mut Writer) -> Result<(), JournalError> {
        let before = writer.written();
        let seq = before.seq.next();
        let input = Input {
            seq,
            ts: TimestampNs(seq.0),
            kind: InputKind::Timer(Timer::Clock),
        };
        let mut bytes = Vec::new();
        let chain = encode(ShardId(0), &input, before.chain, &mut bytes);
        writer.append(Append {
            first: seq,
            chain_before: before.chain,
            end: Mark { seq, chain },
            bytes: &bytes,
        })
    }

    fn device(path: &str) -> Arc<dyn DiskFile> {
        Arc::new(OpenOptions::new().write(true).open(path).unwrap()) as Arc<File>
    }

    fn fresh(directory: &Path) -> Writer {
        let location = Location::local(directory, ShardId(0));
        Base::create(&location, &Limits::default()).unwrap();
        let anchor = Anchor::create(&location).unwrap();
        let end = anchor.mark();
        Writer::new(&location, 1 << 20, None, end, anchor).unwrap()
    }

    #[test]
    fn a_failed_sync_is_never_followed_by_a_good_one() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = fresh(directory.path());
        append_clock(&mut writer).unwrap();
        writer.sync().unwrap();
        assert_eq!(writer.synced().seq, Seq(1));

        // /dev/null takes writes and refuses fsync.
        let real = std::mem::replace(&mut writer.open.as_mut().unwrap().file, device("/dev/null"));
        append_clock(&mut writer).unwrap();
        assert!(matches!(writer.sync(), Err(JournalError::Io { .. })));
        assert_eq!(writer.synced().seq, Seq(1));

        // The disk is well again; the writer stays poisoned.
        writer.open.as_mut().unwrap().file = real;
        assert!(matches!(writer.sync(), Err(JournalError::Poisoned)));
        assert!(matches!(
            append_clock(&mut writer),
            Err(JournalError::Poisoned)
        ));
        assert_eq!(writer.synced().seq, Seq(1));
    }

    #[test]
    fn on_a_full_disk_the_same_append_is_tried_again() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = fresh(directory.path());
        append_clock(&mut writer).unwrap();
        let open = writer.open.as_mut().unwrap();
        let real = std::mem::replace(&mut open.file, device("/dev/full"));
        for _ in 0..2 {
            let refused = append_clock(&mut writer);
            assert!(matches!(refused, Err(JournalError::Full { .. })));
            assert_eq!(writer.written().seq, Seq(1));
        }
        writer.open.as_mut().unwrap().file = real;
        append_clock(&mut writer).unwrap();
        writer.close().unwrap();
        assert_eq!(writer.synced().seq, Seq(2));
        drop(writer);
        let location = Location::local(directory.path(), ShardId(0));
        let summary = crate::journal::verify(&location).unwrap();
        assert_eq!((summary.end.seq, summary.damage), (Seq(2), None));
    }

    #[test]
    fn a_segment_has_room_while_it_is_open() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = fresh(directory.path());
        append_clock(&mut writer).unwrap();
        let path = writer.open.as_ref().unwrap().segment.path.clone();
        let length = || std::fs::metadata(&path).unwrap().len();
        assert_eq!(length(), 1 << 20);
        writer.close().unwrap();
        let used = length();
        assert!(used < 100, "{used}");
        append_clock(&mut writer).unwrap();
        writer.close().unwrap();
        assert_eq!(length(), 2 * used - HEADER_BYTES as u64);
    }

    #[test]
    fn a_segment_made_ahead_becomes_the_next_one() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::local(directory.path(), ShardId(0));
        Base::create(&location, &Limits::default()).unwrap();
        let anchor = Anchor::create(&location).unwrap();
        let end = anchor.mark();
        // A leftover of a process that died.
        std::fs::write(spare::path(&location), "old").unwrap();
        let mut writer = Writer::new(&location, 1_024, None, end, anchor).unwrap();
        assert!(!spare::path(&location).exists());
        let mut maker = spare::Maker::new(location.clone(), writer.spare(), 1_024);
        for _ in 0..60 {
            append_clock(&mut writer).unwrap();
            maker.step();
        }
        // Nothing but the newest spare is left, and every segment took its name from one but the first.
        let taken = writer.position().unwrap().0.path.clone();
        assert_ne!(taken, location.segment_path(Seq(1)));
        assert_eq!(std::fs::metadata(&taken).unwrap().len(), 1_024);
        assert!(writer.spare().take().is_some() || !spare::path(&location).exists());
        writer.close().unwrap();
        drop(writer);
        let summary = crate::journal::verify(&location).unwrap();
        assert_eq!((summary.end.seq, summary.damage), (Seq(60), None));
    }

    #[test]
    fn a_sync_by_another_thread_moves_the_anchor_once_it_is_known() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = fresh(directory.path());
        append_clock(&mut writer).unwrap();
        writer.sync_later();
        let later = writer.later();
        append_clock(&mut writer).unwrap();
        assert!(!writer.take_synced().unwrap());
        assert!(later.step());
        assert_eq!(writer.synced().seq, Seq(0));
        assert!(writer.take_synced().unwrap());
        // What was appended after it was asked for is not promised.
        assert_eq!(
            (writer.synced().seq, writer.anchor.mark().seq),
            (Seq(1), Seq(1))
        );
    }

    #[test]
    fn a_sync_that_failed_elsewhere_is_never_followed_by_a_good_one() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = fresh(directory.path());
        append_clock(&mut writer).unwrap();
        writer.sync().unwrap();
        let real = std::mem::replace(&mut writer.open.as_mut().unwrap().file, device("/dev/null"));
        append_clock(&mut writer).unwrap();
        writer.sync_later();
        assert!(writer.later().step());
        // The disk is well again, and nobody has asked after the sync that failed.
        writer.open.as_mut().unwrap().file = real;
        assert!(matches!(writer.sync(), Err(JournalError::Io { .. })));
        assert_eq!(writer.synced().seq, Seq(1));
        assert!(matches!(writer.sync(), Err(JournalError::Poisoned)));
    }

    #[test]
    #[should_panic(expected = "records from seq 2 do not follow seq 0")]
    fn records_that_do_not_follow_are_a_broken_invariant() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = fresh(directory.path());
        let end = writer.written();
        let _ = writer.append(Append {
            first: Seq(2),
            chain_before: end.chain,
            end,
            bytes: &[],
        });
    }
}
