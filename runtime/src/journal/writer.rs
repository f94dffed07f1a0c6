//! Appends records and makes them durable. The only code that writes the journal.
//!
//! One sync covers whatever was appended since the last one (group commit). A segment is synced before
//! the next one is created, and a new segment's header and directory entry are synced before a record
//! goes in, so only the last segment can have a torn tail.
//!
//! Any failed write or sync poisons the writer for good: after a failed fsync the kernel may have
//! dropped the dirty pages and will report success the next time, so nothing can be promised any more.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use types::{Seq, ShardId};

use super::record::{Chain, HEADER_BYTES, Header};
use super::{Anchor, JournalError, Mark, Segment, segment_path};

/// The anchor is synced after this many commits.
pub const ANCHOR_COMMITS_MAX: u32 = 64;
/// The anchor is synced at the first commit or idle moment after this long.
pub const ANCHOR_AGE_MAX: Duration = Duration::from_millis(100);

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
    directory: PathBuf,
    shard: ShardId,
    segment_bytes_max: u64,
    /// The segment that is appended to; `None` before the first record of a journal.
    open: Option<Open>,
    written: Mark,
    synced: Mark,
    anchor: Anchor,
    anchor_commits: u32,
    anchor_synced_at: Instant,
    poisoned: bool,
}

#[derive(Debug)]
struct Open {
    file: File,
    segment: Segment,
    bytes: u64,
}

impl Writer {
    /// Continues a journal at `end`: the file and length of its last segment, if it has one.
    pub(super) fn new(
        directory: &Path,
        shard: ShardId,
        segment_bytes_max: u64,
        last: Option<(Segment, u64)>,
        end: Mark,
        anchor: Anchor,
    ) -> Result<Self, JournalError> {
        let open = match last {
            None => None,
            Some((segment, bytes)) => Some(Open {
                file: OpenOptions::new()
                    .append(true)
                    .open(&segment.path)
                    .map_err(|error| JournalError::io("open", &segment.path, error))?,
                segment,
                bytes,
            }),
        };
        let mut writer = Self {
            directory: directory.to_owned(),
            shard,
            segment_bytes_max,
            open,
            written: end,
            synced: anchor.mark(),
            anchor,
            anchor_commits: 0,
            anchor_synced_at: Instant::now(),
            poisoned: false,
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

    /// The journal's directory and shard.
    pub(super) fn journal(&self) -> (&Path, ShardId) {
        (&self.directory, self.shard)
    }

    /// Appends whole records.
    ///
    /// # Errors
    /// I/O errors, which poison the writer, and [`JournalError::Poisoned`] after one.
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
                self.sync_unguarded()?;
                let open = self.create(append.first)?;
                self.open.insert(open)
            }
        };
        open.file
            .write_all(append.bytes)
            .map_err(|error| JournalError::io("write", &open.segment.path, error))?;
        open.bytes += bytes;
        self.written = append.end;
        Ok(())
    }

    /// Makes everything appended durable and moves the anchor.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn sync(&mut self) -> Result<(), JournalError> {
        self.guarded(Self::sync_unguarded)
    }

    fn sync_unguarded(&mut self) -> Result<(), JournalError> {
        if let Some(open) = &self.open {
            open.file
                .sync_data()
                .map_err(|error| JournalError::io("sync", &open.segment.path, error))?;
        }
        self.synced = self.written;
        if self.anchor.mark() != self.synced {
            self.anchor.write(self.synced)?;
            self.anchor_commits += 1;
        }
        Ok(())
    }

    /// Syncs the anchor when it is due.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn tend_anchor(&mut self, now: Instant) -> Result<(), JournalError> {
        let due = self.anchor_commits >= ANCHOR_COMMITS_MAX
            || now.saturating_duration_since(self.anchor_synced_at) >= ANCHOR_AGE_MAX;
        if due && self.anchor.is_dirty() {
            self.sync_anchor()?;
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
            writer.anchor_synced_at = Instant::now();
            writer.anchor.sync()
        })
    }

    fn create(&self, first: Seq) -> Result<Open, JournalError> {
        let path = segment_path(&self.directory, first);
        let header = Header {
            shard: self.shard,
            first,
            chain: self.written.chain,
        };
        let mut file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| JournalError::io("create", &path, error))?;
        file.write_all(&header.to_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|error| JournalError::io("write", &path, error))?;
        sync_directory(&self.directory)?;
        Ok(Open {
            file,
            segment: Segment { first, path },
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
        self.poisoned = result.is_err();
        result
    }
}

/// Makes the entries of a directory durable.
pub(super) fn sync_directory(directory: &Path) -> Result<(), JournalError> {
    File::open(directory)
        .and_then(|file| file.sync_all())
        .map_err(|error| JournalError::io("sync", directory, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::record::encode;
    use types::{Input, InputKind, Timer, TimestampNs};

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

    fn fresh(directory: &Path) -> Writer {
        let anchor = Anchor::create(directory, ShardId(0)).unwrap();
        let end = anchor.mark();
        Writer::new(directory, ShardId(0), 1 << 20, None, end, anchor).unwrap()
    }

    #[test]
    fn a_failed_sync_is_never_followed_by_a_good_one() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = fresh(directory.path());
        append_clock(&mut writer).unwrap();
        writer.sync().unwrap();
        assert_eq!(writer.synced().seq, Seq(1));

        // /dev/null takes writes and refuses fsync.
        let real = std::mem::replace(
            &mut writer.open.as_mut().unwrap().file,
            OpenOptions::new().append(true).open("/dev/null").unwrap(),
        );
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
    fn a_full_disk_poisons_the_writer() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = fresh(directory.path());
        append_clock(&mut writer).unwrap();
        writer.open.as_mut().unwrap().file =
            OpenOptions::new().append(true).open("/dev/full").unwrap();
        assert!(matches!(
            append_clock(&mut writer),
            Err(JournalError::Io { .. })
        ));
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
