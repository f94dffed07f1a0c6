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

pub mod anchor;
pub mod reader;
pub mod record;
pub mod writer;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use types::{Input, Seq, ShardId};

pub use anchor::{ANCHOR_FILE, Anchor, Mark};
pub use reader::Reader;
pub use record::{Chain, Reason, Record};
pub use writer::{Append, Writer};

/// Suffix of a segment's file name.
const SUFFIX: &str = ".journal";
/// Digits of the seq in a segment's file name.
const SEQ_DIGITS: usize = 20;

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
    Damaged(#[from] Damage),
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
    /// An earlier write or sync failed.
    #[error("an earlier write or sync of the journal failed; nothing is promised any more")]
    Poisoned,
}

impl JournalError {
    fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
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

/// Segments of a journal directory in order; empty when there is no such directory.
///
/// # Errors
/// I/O errors, and [`JournalError::SegmentName`].
pub fn segments(directory: &Path) -> Result<Vec<Segment>, JournalError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(JournalError::io("list", directory, error)),
    };
    let mut segments = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| JournalError::io("list", directory, error))?;
        let name = entry.file_name();
        let Some(digits) = name.to_str().and_then(|name| name.strip_suffix(SUFFIX)) else {
            continue;
        };
        let path = entry.path();
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

fn segment_path(directory: &Path, first: Seq) -> PathBuf {
    directory.join(format!("{first:0SEQ_DIGITS$}{SUFFIX}"))
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
    directory: &Path,
    shard: ShardId,
    segment_bytes_max: u64,
    snapshot: Seq,
    mut visit: impl FnMut(Input),
) -> Result<Opened, JournalError> {
    fs::create_dir_all(directory).map_err(|error| JournalError::io("create", directory, error))?;
    let mut segments = segments(directory)?;
    let anchor = match Anchor::open(directory, shard)? {
        Some(anchor) => anchor,
        // The anchor is created and synced before the first segment.
        None if segments.is_empty() && snapshot == Seq(0) => {
            let anchor = Anchor::create(directory, shard)?;
            writer::sync_directory(directory)?;
            anchor
        }
        None => {
            return Err(JournalError::AnchorLost {
                path: directory.join(ANCHOR_FILE),
            });
        }
    };
    let durable = anchor.mark().seq.max(snapshot);
    let mut torn_bytes_cut = drop_torn_segment(directory, shard, &mut segments, durable)?;
    for segment in &segments {
        reader::open_segment(segment, shard).map_err(|error| as_rot(error, durable))?;
    }
    let Some(last) = segments.last() else {
        let end = anchor.mark();
        if durable > Seq(0) {
            return Err(JournalError::Missing {
                directory: directory.to_owned(),
                seq: durable,
            });
        }
        let writer = Writer::new(directory, shard, segment_bytes_max, None, end, anchor)?;
        return Ok(Opened {
            writer,
            torn_bytes_cut,
        });
    };

    let mut reader = Reader::open(directory, shard, snapshot)?;
    loop {
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
                torn_bytes_cut += cut(&damage)?;
                break;
            }
            Err(error) => return Err(as_rot(error, durable)),
        }
    }
    let end = reader.mark();
    if end.seq < durable {
        return Err(as_rot(reader.damage(Reason::Ends).into(), durable));
    }
    let open = Some((last.clone(), reader.offset()));
    let writer = Writer::new(directory, shard, segment_bytes_max, open, end, anchor)?;
    Ok(Opened {
        writer,
        torn_bytes_cut,
    })
}

/// Checks a whole journal and changes nothing.
///
/// # Errors
/// I/O errors. Damage is part of the summary.
pub fn verify(directory: &Path, shard: ShardId) -> Result<Summary, JournalError> {
    let segments = segments(directory)?;
    let mut summary = Summary {
        segments: segments.len(),
        first: segments.first().map_or(Seq(0), |segment| segment.first),
        end: Mark {
            seq: Seq(0),
            chain: Chain::genesis(shard),
        },
        anchor: Anchor::read(directory, shard)?,
        bytes: 0,
        damage: None,
    };
    for segment in &segments {
        summary.bytes += fs::metadata(&segment.path)
            .map_err(|error| JournalError::io("read", &segment.path, error))?
            .len();
    }
    let Some(first) = segments.first() else {
        return Ok(summary);
    };
    let mut reader = match Reader::open(directory, shard, Seq(first.first.0 - 1)) {
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
    directory: &Path,
    shard: ShardId,
    segments: &mut Vec<Segment>,
    durable: Seq,
) -> Result<u64, JournalError> {
    let Some(last) = segments.last() else {
        return Ok(0);
    };
    match reader::open_segment(last, shard) {
        Err(JournalError::Damaged(damage))
            if damage.reason == Reason::Header && last.first > durable =>
        {
            let bytes = fs::metadata(&last.path)
                .map_err(|error| JournalError::io("read", &last.path, error))?
                .len();
            fs::remove_file(&last.path)
                .map_err(|error| JournalError::io("remove", &last.path, error))?;
            writer::sync_directory(directory)?;
            segments.pop();
            Ok(bytes)
        }
        // What else is wrong is found again when all headers are checked.
        _ => Ok(0),
    }
}

/// Cuts a segment where it stops making sense; returns how many bytes went.
fn cut(damage: &Damage) -> Result<u64, JournalError> {
    let io = |error| JournalError::io("cut", &damage.segment, error);
    let file = fs::OpenOptions::new()
        .write(true)
        .open(&damage.segment)
        .map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    file.set_len(damage.offset).map_err(io)?;
    file.sync_all().map_err(io)?;
    Ok(length - damage.offset)
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
