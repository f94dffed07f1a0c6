//! The journal: the truth of a shard. Segments of checked, chained records, and an anchor that tells a
//! torn tail from rot. No other module knows the files' form.
//!
//! Directory: `journal/<first seq, 20 digits>.journal` and `journal/anchor`.
//!
//! What recovery does with bytes that do not check:
//!
//! | where | what it is | what happens |
//! |---|---|---|
//! | at or before the anchor, or not in the last segment | rot: they were durable | refuse to start, naming segment, offset and seq |
//! | beyond the anchor, as a torn write leaves them | a torn tail: nobody was promised them | cut, and the bytes are counted |
//! | beyond the anchor, checksum good but wrong seq, shard, version or kind | not a torn write | refuse to start |
//!
//! What stands beyond the anchor and checks is written and synced again: after an fsync that failed, the
//! operating system may show what it has dropped, and would never write it.

pub mod anchor;
pub mod reader;
pub mod record;
mod repair;
pub mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use types::{Input, Seq, ShardId};

use crate::disk::{Access, Disk, DiskFile, LocalDisk};

pub use anchor::{ANCHOR_FILE, Anchor, Mark};
pub use reader::Reader;
pub use record::{Chain, Reason, Record};
pub use repair::{Repaired, repair};
pub use writer::{Append, Writer};

/// Suffix of a segment's file name.
const SUFFIX: &str = ".journal";
/// Digits of the seq in a segment's file name.
const SEQ_DIGITS: usize = 20;

/// Whose journal it is, and where.
#[derive(Debug, Clone)]
pub struct Location {
    /// The disk.
    pub disk: Arc<dyn Disk>,
    /// The journal directory.
    pub directory: PathBuf,
    /// The shard whose inputs it holds.
    pub shard: ShardId,
}

impl Location {
    /// A directory on the disk of this machine.
    pub fn local(directory: impl Into<PathBuf>, shard: ShardId) -> Self {
        Self {
            disk: LocalDisk::shared(),
            directory: directory.into(),
            shard,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn segment_path(&self, first: Seq) -> PathBuf {
        self.path(&format!("{first:0SEQ_DIGITS$}{SUFFIX}"))
    }

    fn open_file(&self, path: &Path, access: Access) -> Result<Box<dyn DiskFile>, JournalError> {
        let doing = match access {
            Access::Read | Access::Write => "open",
            Access::Create => "create",
        };
        let opened = self.disk.open(path, access);
        opened.map_err(|error| JournalError::io(doing, path, error))
    }

    fn remove_file(&self, path: &Path) -> Result<(), JournalError> {
        let removed = self.disk.remove(path);
        removed.map_err(|error| JournalError::io("remove", path, error))
    }

    /// Makes the directory's entries durable.
    fn sync_directory(&self) -> Result<(), JournalError> {
        let synced = self.disk.sync_directory(&self.directory);
        synced.map_err(|error| JournalError::io("sync", &self.directory, error))
    }

    fn length(&self, path: &Path) -> Result<u64, JournalError> {
        let length = self.open_file(path, Access::Read)?.length();
        length.map_err(|error| JournalError::io("read", path, error))
    }
}

/// A segment file and the seq of its first record, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Seq of the first record.
    pub first: Seq,
    /// The file.
    pub path: PathBuf,
}

/// Where a journal stops making sense, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} at byte {offset}, where seq {seq} should be: {reason}", segment.display())]
pub struct Damage {
    /// The segment file.
    pub segment: PathBuf,
    /// Byte offset in it.
    pub offset: u64,
    /// The seq that should be there.
    pub seq: Seq,
    /// What is wrong.
    pub reason: Reason,
}

/// Why a journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The operating system refused.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was tried: `open`, `read`, `write`, `sync`, ...
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// A record is not what it should be.
    #[error("damaged journal: {0}")]
    Damaged(Damage),
    /// A record that was durable is not what it should be.
    #[error(
        "{damage}; everything up to seq {durable} was durable, so this is rot and no torn tail"
    )]
    Rot {
        /// Where and why.
        damage: Damage,
        /// The last seq known to have been durable.
        durable: Seq,
    },
    /// No segment holds a record that is needed.
    #[error("no segment in {} holds seq {seq}", directory.display())]
    Missing {
        /// The journal directory.
        directory: PathBuf,
        /// The record that is needed.
        seq: Seq,
    },
    /// There are segments or a snapshot, but no anchor that checks.
    #[error(
        "{} is missing or damaged in both slots although there is a journal or a snapshot, so a torn tail cannot be told from rot; restore it from a copy, or begin anew with another data directory",
        path.display()
    )]
    AnchorLost {
        /// The anchor file.
        path: PathBuf,
    },
    /// A file has a segment's suffix but not its name.
    #[error("{} is not named as a segment", path.display())]
    SegmentName {
        /// The file.
        path: PathBuf,
    },
    /// There is no room for more. Nothing was promised and nothing is lost: the same append may be tried
    /// again.
    #[error("no room on the disk for {}", path.display())]
    Full {
        /// The file that does not grow.
        path: PathBuf,
    },
    /// An earlier write or sync failed.
    #[error("an earlier write or sync of the journal failed; nothing is promised any more")]
    Poisoned,
}

impl From<Damage> for JournalError {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}

impl JournalError {
    fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        // After a failed sync nobody knows what is durable, whatever its reason.
        if source.kind() == io::ErrorKind::StorageFull && doing != "sync" {
            return Self::Full {
                path: path.to_owned(),
            };
        }
        Self::Io {
            doing,
            path: path.to_owned(),
            source,
        }
    }
}

/// A journal that was read to its end and stands open for writing.
#[derive(Debug)]
pub struct Opened {
    /// Continues after the last record.
    pub writer: Writer,
    /// Bytes of a torn tail that were cut.
    pub torn_bytes_cut: u64,
}

/// What a journal holds, from a full check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many segments.
    pub segments: usize,
    /// Seq of the first record; 0 when there is none.
    pub first: Seq,
    /// The last record that checks.
    pub end: Mark,
    /// Where the anchor stands; `None` when it is missing or damaged.
    pub anchor: Option<Mark>,
    /// Bytes of all segments.
    pub bytes: u64,
    /// What is wrong after the last record that checks.
    pub damage: Option<Damage>,
}

/// Segments of a journal in order; empty when there is no such directory.
///
/// # Errors
/// I/O errors, and [`JournalError::SegmentName`].
pub fn segments(location: &Location) -> Result<Vec<Segment>, JournalError> {
    let directory = &location.directory;
    let names = match location.disk.list(directory) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(JournalError::io("list", directory, error)),
    };
    let mut segments = Vec::new();
    for name in names {
        let Some(digits) = name.strip_suffix(SUFFIX) else {
            continue;
        };
        let path = directory.join(&name);
        let seq = (digits.len() == SEQ_DIGITS)
            .then(|| digits.parse().ok())
            .flatten();
        match seq {
            Some(first) if first > Seq(0) => segments.push(Segment { first, path }),
            _ => return Err(JournalError::SegmentName { path }),
        }
    }
    segments.sort_unstable_by_key(|segment| segment.first);
    Ok(segments)
}

/// Reads a journal from a snapshot on, checks it, cuts a torn tail, and opens it for writing. Every
/// input after `snapshot` goes to `visit`, in order.
///
/// All segment headers are checked, and all records from the start of the segment that holds the first
/// one after `snapshot`. [`verify`] checks the older segments too.
///
/// # Errors
/// See the table of this module.
pub fn open(
    location: &Location,
    segment_bytes_max: u64,
    snapshot: Seq,
    mut visit: impl FnMut(Input),
) -> Result<Opened, JournalError> {
    let directory = &location.directory;
    let created = location.disk.create_directory(directory);
    created.map_err(|error| JournalError::io("create", directory, error))?;
    let mut segments = segments(location)?;
    let anchor = match Anchor::open(location)? {
        Some(anchor) => anchor,
        // The anchor is created and synced before the first segment.
        None if segments.is_empty() && snapshot == Seq(0) => {
            let anchor = Anchor::create(location)?;
            location.sync_directory()?;
            anchor
        }
        None => {
            return Err(JournalError::AnchorLost {
                path: location.path(ANCHOR_FILE),
            });
        }
    };
    let durable = anchor.mark().seq.max(snapshot);
    let mut torn_bytes_cut = drop_torn_segment(location, &mut segments, durable)?;
    for segment in &segments {
        reader::open_segment(segment, location).map_err(|error| as_rot(error, durable))?;
    }
    let Some(last) = segments.last() else {
        let end = anchor.mark();
        if durable > Seq(0) {
            return Err(JournalError::Missing {
                directory: directory.clone(),
                seq: durable,
            });
        }
        let writer = Writer::new(location, segment_bytes_max, None, end, anchor)?;
        return Ok(Opened {
            writer,
            torn_bytes_cut,
        });
    };

    let mut reader = Reader::open(location, snapshot)?;
    // Where what the anchor does not know of begins in the last segment.
    let mut doubted_from = record::HEADER_BYTES as u64;
    loop {
        if reader.mark().seq <= anchor.mark().seq && *reader.segment() == *last {
            doubted_from = reader.offset();
        }
        // Also before the first record: the anchor may stand at the end of the segment before.
        if reader.mark().seq == anchor.mark().seq && reader.mark() != anchor.mark() {
            return Err(as_rot(reader.damage(Reason::Anchor).into(), durable));
        }
        match reader.next_record() {
            Ok(Some(record)) if record.input.seq > snapshot => visit(record.input),
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(JournalError::Damaged(damage))
                if damage.reason.is_torn_write()
                    && damage.seq > durable
                    && damage.segment == last.path =>
            {
                torn_bytes_cut += cut(location, &damage)?;
                break;
            }
            Err(error) => return Err(as_rot(error, durable)),
        }
    }
    let end = reader.mark();
    if end.seq < durable {
        return Err(as_rot(reader.damage(Reason::Ends).into(), durable));
    }
    reader::write_again(last, location, doubted_from..reader.offset())?;
    let open = Some((last.clone(), reader.offset()));
    let writer = Writer::new(location, segment_bytes_max, open, end, anchor)?;
    Ok(Opened {
        writer,
        torn_bytes_cut,
    })
}

/// Checks a whole journal and changes nothing.
///
/// # Errors
/// I/O errors. Damage is part of the summary.
pub fn verify(location: &Location) -> Result<Summary, JournalError> {
    let segments = segments(location)?;
    let mut summary = Summary {
        segments: segments.len(),
        first: segments.first().map_or(Seq(0), |segment| segment.first),
        end: Mark {
            seq: Seq(0),
            chain: Chain::genesis(location.shard),
        },
        anchor: Anchor::read(location)?,
        bytes: 0,
        damage: None,
    };
    for segment in &segments {
        summary.bytes += location.length(&segment.path)?;
    }
    let Some(first) = segments.first() else {
        return Ok(summary);
    };
    let mut reader = match Reader::open(location, Seq(first.first.0 - 1)) {
        Ok(reader) => reader,
        Err(JournalError::Damaged(damage)) => {
            summary.damage = Some(damage);
            return Ok(summary);
        }
        Err(error) => return Err(error),
    };
    summary.damage = loop {
        let here = reader.mark();
        if summary
            .anchor
            .is_some_and(|anchor| anchor.seq == here.seq && anchor != here)
        {
            break Some(reader.damage(Reason::Anchor));
        }
        match reader.next_record() {
            Ok(Some(_)) => {}
            Ok(None) => {
                let ends_early = summary.anchor.is_some_and(|anchor| anchor.seq > here.seq);
                break ends_early.then(|| reader.damage(Reason::Ends));
            }
            Err(JournalError::Damaged(damage)) => break Some(damage),
            Err(error) => return Err(error),
        }
    };
    summary.end = reader.mark();
    Ok(summary)
}

/// A last segment whose header does not check was being created when the process or machine died.
fn drop_torn_segment(
    location: &Location,
    segments: &mut Vec<Segment>,
    durable: Seq,
) -> Result<u64, JournalError> {
    let Some(last) = segments.last() else {
        return Ok(0);
    };
    match reader::open_segment(last, location) {
        Err(JournalError::Damaged(damage))
            if damage.reason == Reason::Header && last.first > durable =>
        {
            let bytes = reader::used_bytes(&last.path, location, 0)?;
            location.remove_file(&last.path)?;
            location.sync_directory()?;
            segments.pop();
            Ok(bytes)
        }
        // What else is wrong is found again when all headers are checked.
        _ => Ok(0),
    }
}

/// Cuts a segment where it stops making sense; returns how many bytes went, without the zeros that were
/// only room for more.
fn cut(location: &Location, damage: &Damage) -> Result<u64, JournalError> {
    let bytes = reader::used_bytes(&damage.segment, location, damage.offset)?;
    let file = location.open_file(&damage.segment, Access::Write)?;
    file.set_length(damage.offset)
        .and_then(|()| file.sync())
        .map_err(|error| JournalError::io("cut", &damage.segment, error))?;
    Ok(bytes)
}

pub(crate) fn as_rot(error: JournalError, durable: Seq) -> JournalError {
    match error {
        JournalError::Damaged(damage)
            if damage.seq <= durable || damage.reason == Reason::Anchor =>
        {
            JournalError::Rot { damage, durable }
        }
        other => other,
    }
}
