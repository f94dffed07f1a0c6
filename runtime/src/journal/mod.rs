//! The journal: the truth of a shard. Segments of checked, chained records, and an anchor that tells a
//! torn tail from rot. No other module knows the files' form.
//!
//! Directory: `journal/<first seq, 20 digits>.journal`, `journal/anchor`, `journal/<seq>.base` (what the
//! first record follows) and `journal/<first seq>-<last seq>.archive` (closed segments, compressed). Readers
//! see segments and archives as one journal. Where a segment and its archive both stand the segment counts, and
//! files up to the base count for nothing: they wait to be removed ([`files`] names them all).
//!
//! Recovery reads everything from the base on, also what is before its snapshot ([`Opening`]). What it does with bytes that
//! do not check:
//!
//! | where | what it is | what happens |
//! |---|---|---|
//! | at or before the anchor, or not in the last segment | rot: they were durable | refuse to start, naming segment, offset and seq |
//! | beyond the anchor, as a torn write leaves them | a torn tail: nobody was promised them | cut, and the bytes are counted |
//! | a base that is missing or does not check | rot, too: nothing says what the first record applies to | refuse to start, naming the base |
//! | beyond the anchor, checksum good but wrong seq, shard, version or kind | not a torn write | refuse to start |
//!
//! What stands beyond the anchor and checks is written and synced again: after an fsync that failed, the
//! operating system may show what it has dropped, and would never write it.

pub mod anchor;
pub(crate) mod archive;
pub mod base;
pub(crate) mod later;
pub mod opening;
pub mod reader;
pub mod record;
mod repair;
pub(crate) mod spare;
pub mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use types::{Input, Seq, ShardId};

use crate::disk::{Access, Disk, DiskFile, LocalDisk};

pub use anchor::{ANCHOR_FILE, Anchor, Mark};
pub use base::Base;
pub use opening::Opening;
pub use reader::Reader;
pub use record::{Chain, Reason};
pub use repair::{Repaired, repair};
pub use writer::{Append, Writer};

/// Suffix of a segment's file name.
const SUFFIX: &str = ".journal";
/// Suffix of an archive's.
const ARCHIVE_SUFFIX: &str = ".archive";
/// Behind the name of a file that is being written; nobody reads one.
const TEMPORARY_SUFFIX: &str = ".tmp";
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

    fn remove_if_there(&self, path: &Path) -> Result<(), JournalError> {
        match self.disk.remove(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(JournalError::io("remove", path, error))
            }
            _ => Ok(()),
        }
    }

    /// Gives a file that is durable the name under which it counts.
    fn publish(&self, temporary: &Path, path: &Path) -> Result<(), JournalError> {
        let renamed = self.disk.rename(temporary, path);
        renamed.map_err(|error| JournalError::io("rename", temporary, error))?;
        self.sync_directory()
    }

    /// The names in the directory; none when there is no such directory.
    fn names(&self) -> Result<Vec<String>, JournalError> {
        match self.disk.list(&self.directory) {
            Ok(names) => Ok(names),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(JournalError::io("list", &self.directory, error)),
        }
    }

    /// Copies a file, durably.
    fn copy(&self, from: &Path, to: &Path) -> Result<(), JournalError> {
        let source = self.open_file(from, Access::Read)?;
        let read = |error| JournalError::io("read", from, error);
        let bytes = source.length().map_err(read)?;
        self.copy_first(&*source, bytes, to)
    }

    /// Makes a file of the first bytes of another, durably. All of it has the name, or nothing.
    fn copy_first(&self, source: &dyn DiskFile, bytes: u64, to: &Path) -> Result<(), JournalError> {
        let mut temporary = to.as_os_str().to_owned();
        temporary.push(TEMPORARY_SUFFIX);
        let temporary = PathBuf::from(temporary);
        self.remove_if_there(&temporary)?;
        let write = || {
            let target = self.open_file(&temporary, Access::Create)?;
            reader::copy(source, &*target, bytes)
                .map_err(|error| JournalError::io("copy", to, error))?;
            target
                .sync()
                .map_err(|error| JournalError::io("sync", &temporary, error))
        };
        if let Err(error) = write() {
            // What is told is why; nobody reads what stays.
            let _ = self.remove_if_there(&temporary);
            return Err(error);
        }
        self.publish(&temporary, to)
    }

    pub(crate) fn create_directory(&self) -> Result<(), JournalError> {
        let created = self.disk.create_directory(&self.directory);
        created.map_err(|error| JournalError::io("create", &self.directory, error))
    }

    /// Makes the directory's entries durable.
    fn sync_directory(&self) -> Result<(), JournalError> {
        let synced = self.disk.sync_directory(&self.directory);
        synced.map_err(|error| JournalError::io("sync", &self.directory, error))
    }

    /// Removes a file, durably.
    pub(crate) fn remove(&self, path: &Path) -> Result<(), JournalError> {
        self.remove_file(path)?;
        self.sync_directory()
    }

    pub(crate) fn length(&self, path: &Path) -> Result<u64, JournalError> {
        let length = self.open_file(path, Access::Read)?.length();
        length.map_err(|error| JournalError::io("read", path, error))
    }
}

/// A segment or its archive, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Seq of the first record.
    pub first: Seq,
    /// Seq of the last record of an archive; `None` for a segment.
    pub last: Option<Seq>,
    /// The file.
    pub path: PathBuf,
}

impl Segment {
    /// Whether it is compressed and never written again.
    pub const fn is_archive(&self) -> bool {
        self.last.is_some()
    }
}

/// A file of another format version than this program reads. Nothing is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} has format version {found}, written by {} version of this program, which reads {reads}: use that version; \
     nothing is damaged",
    path.display(),
    if found > reads { "a newer" } else { "an older" }
)]
pub struct OtherVersion {
    /// The file.
    pub path: PathBuf,
    /// The version that it says it has.
    pub found: u16,
    /// The version that this program reads.
    pub reads: u16,
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
    /// A file is of another format version. It is not damaged, and nothing that follows is to be cut off.
    #[error(transparent)]
    Version(#[from] OtherVersion),
    /// A repair is to end the journal where it cannot end.
    #[error(
        "the journal in {} cannot end after seq {keep}: {}{}",
        directory.display(),
        accepted.map_or_else(
            || "none of its inputs checks".to_owned(),
            |(first, last)| format!("accepted: {first} to {last}")
        ),
        damage.as_ref().map_or_else(String::new, |damage| format!("; after that: {damage}"))
    )]
    Keep {
        /// The journal directory.
        directory: PathBuf,
        /// What was asked for.
        keep: Seq,
        /// The first and the last that would do; `None`: there is none.
        accepted: Option<(Seq, Seq)>,
        /// What is wrong after the last one.
        damage: Option<Damage>,
    },
    /// No segment holds a record that is needed.
    #[error("no segment in {} holds seq {seq}, which should be there; restore it from a copy", directory.display())]
    Missing {
        /// The journal directory.
        directory: PathBuf,
        /// The record that is needed.
        seq: Seq,
    },
    /// There are segments or a snapshot, but no anchor that checks.
    #[error(
        "{} is missing or damaged in all slots although there is a journal or a snapshot, so a torn tail cannot be told from rot; restore it from a copy, or say where the journal is to end: `dynasty journal verify {data}` names the last input N that checks, `dynasty journal repair {data} --keep N` sets the anchor there",
        path.display(),
        data = path.ancestors().nth(2).unwrap_or(path).display()
    )]
    AnchorLost {
        /// The anchor file.
        path: PathBuf,
    },
    /// A record from before the first one that is there is needed.
    #[error("seq {seq} is gone: the journal in {} begins at seq {first}", directory.display())]
    Gone {
        /// The journal directory.
        directory: PathBuf,
        /// The record that is needed.
        seq: Seq,
        /// The first one that there is.
        first: Seq,
    },
    /// The base does not say what the first record follows.
    #[error("the base of the journal, {}, {what}", path.display())]
    Base {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// There are segments, but no base.
    #[error(
        "the base of the journal is missing: {} is not there, and the state that the inputs from seq {first} on apply to \
         is in it. Accepted: that file from a copy{}",
        path.display(),
        if *first == Seq(1) {
            ", or from a new data directory that was begun under the same limits"
        } else {
            ""
        }
    )]
    BaseLost {
        /// The file.
        path: PathBuf,
        /// The first record.
        first: Seq,
    },
    /// A file has the suffix of a segment, an archive or a base but not its name.
    #[error("{} is not named as a segment, an archive or a base", path.display())]
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
    /// How many segments, archives included.
    pub segments: usize,
    /// How many of them are archives.
    pub archives: usize,
    /// Seq of the first record; 0 when there is none.
    pub first: Seq,
    /// What the first record follows: a state can be rebuilt from there on. `None` where no journal was begun.
    pub base: Option<Mark>,
    /// The last record that checks.
    pub end: Mark,
    /// Where the anchor stands; `None` when it is missing or damaged.
    pub anchor: Option<Mark>,
    /// Bytes of all segments.
    pub bytes: u64,
    /// What is wrong after the last record that checks.
    pub damage: Option<Damage>,
    /// The damage is a torn tail: nobody was promised what follows, and the next start cuts it.
    pub is_torn: bool,
}

/// Every segment and archive, in order of their first seqs; of two that begin with the same, a segment goes before
/// its archive. Empty when there is no such directory.
///
/// # Errors
/// I/O errors, and [`JournalError::SegmentName`].
pub fn files(location: &Location) -> Result<Vec<Segment>, JournalError> {
    files_of(location, &location.names()?)
}

fn files_of(location: &Location, names: &[String]) -> Result<Vec<Segment>, JournalError> {
    let mut files = Vec::new();
    for name in names {
        let path = location.path(name);
        let range = if let Some(digits) = name.strip_suffix(SUFFIX) {
            seq_of(digits).map(|first| (first, None))
        } else if let Some(range) = name.strip_suffix(ARCHIVE_SUFFIX) {
            range.split_once('-').and_then(|(first, last)| {
                let (first, last) = (seq_of(first)?, seq_of(last)?);
                (first <= last).then_some((first, Some(last)))
            })
        } else {
            continue;
        };
        match range {
            Some((first, last)) if first > Seq(0) => files.push(Segment { first, last, path }),
            _ => return Err(JournalError::SegmentName { path }),
        }
    }
    files.sort_unstable_by_key(|file| (file.first, file.last));
    Ok(files)
}

/// The files that make up a journal, in order: one for each first seq, the segment where there is one, and none
/// that ends at the base or before. Empty when there is no such directory.
///
/// # Errors
/// As [`files`].
pub fn segments(location: &Location) -> Result<Vec<Segment>, JournalError> {
    let names = location.names()?;
    let mut segments = files_of(location, &names)?;
    segments.dedup_by_key(|segment| segment.first);
    if let Some(begins) = base::newest(location, &names)? {
        let followers = segments.iter().skip(1);
        let over = followers.take_while(|next| next.first <= begins.next());
        segments.drain(..over.count());
    }
    Ok(segments)
}

/// Removes what an interrupted archiving or pruning has left, once the rest was found to be whole. What could not
/// be told to be superfluous stays: it counts for nothing.
fn remove_leftovers(location: &Location, base: Option<&Base>) -> Result<(), JournalError> {
    let counting = segments(location)?;
    let begins = counting.first().map(|segment| segment.first);
    let mut is_whole = None;
    for file in files(location)? {
        if counting.contains(&file) {
            continue;
        }
        if begins.is_some_and(|begins| file.first < begins) {
            // As long as the base does not check, its inputs may be all there is.
            let is_whole = is_whole
                .get_or_insert_with(|| base.is_some_and(|base| base.shard(location).is_ok()));
            if *is_whole {
                location.remove(&file.path)?;
            }
            continue;
        }
        let place = counting
            .iter()
            .position(|segment| segment.first == file.first);
        let Some(place) = place else { continue };
        match counting.get(place + 1) {
            // What archiving would have done next.
            Some(next) if archive::leads_to(location, &file, next)? => {
                location.remove(&counting[place].path)?;
            }
            Some(_) => {}
            // The last one was read whole, and is written on: the archive would be in its way.
            None => location.remove(&file.path)?,
        }
    }
    Ok(())
}

/// A seq as it stands in a file's name.
fn seq_of(digits: &str) -> Option<Seq> {
    let is_whole = digits.len() == SEQ_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| digits.parse().ok().map(Seq)).flatten()
}

/// Reads a journal from its base to its end, checks all of it, cuts a torn tail, and opens it for writing. Every input
/// after `snapshot` goes to `visit`, in order.
///
/// # Errors
/// See the table of this module.
pub fn open(
    location: &Location,
    segment_bytes_max: u64,
    snapshot: Seq,
    mut visit: impl FnMut(Input),
) -> Result<Opened, JournalError> {
    let mut opening = Opening::new(location, snapshot)?;
    let mut input = Input::PLACE;
    while opening.read(&mut input)? {
        if input.seq > snapshot {
            visit(std::mem::replace(&mut input, Input::PLACE));
        }
    }
    opening.finish(segment_bytes_max)
}

/// Checks a whole journal and changes nothing.
///
/// # Errors
/// I/O errors, [`JournalError::Base`], [`JournalError::BaseLost`], and [`JournalError::Missing`] where the first segment
/// is. Other damage is part of the summary.
pub fn verify(location: &Location) -> Result<Summary, JournalError> {
    let segments = segments(location)?;
    let mut summary = Summary {
        segments: segments.len(),
        archives: segments
            .iter()
            .filter(|segment| segment.is_archive())
            .count(),
        base: Base::checked(location)?.map(|base| base.mark),
        first: segments.first().map_or(Seq(0), |segment| segment.first),
        end: Mark::genesis(location.shard),
        anchor: Anchor::read(location)?,
        bytes: 0,
        damage: None,
        is_torn: false,
    };
    for segment in &segments {
        summary.bytes += match location.length(&segment.path) {
            // A server that runs has just archived or removed it.
            Err(JournalError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => 0,
            length => length?,
        };
    }
    let known = [summary.anchor, summary.base].map(|mark| mark.map_or(Seq(0), |mark| mark.seq));
    let Some((first, last)) = segments.first().zip(segments.last()) else {
        let seq = known[0].max(known[1]);
        if seq > Seq(0) {
            return Err(JournalError::Missing {
                directory: location.directory.clone(),
                seq,
            });
        }
        return Ok(summary);
    };
    let begins = summary.base.map_or(Seq(first.first.0 - 1), |base| base.seq);
    if first.first > begins.next() {
        return Err(JournalError::Missing {
            directory: location.directory.clone(),
            seq: begins.next(),
        });
    }
    let mut reader = match Reader::open(location, begins) {
        Ok(reader) => reader,
        Err(JournalError::Damaged(damage)) => {
            summary.is_torn = is_torn(&damage, summary.anchor, Some(last));
            summary.damage = Some(damage);
            return Ok(summary);
        }
        Err(error) => return Err(error),
    };
    let mut input = Input::PLACE;
    let damage = loop {
        let here = reader.mark();
        if let Some(reason) = contradiction(here, [summary.anchor, summary.base]) {
            break Some(reader.damage(reason));
        }
        match reader.read(&mut input) {
            Ok(true) => {}
            Ok(false) => {
                let ends_early = summary.anchor.is_some_and(|anchor| anchor.seq > here.seq);
                break ends_early.then(|| reader.damage(Reason::Ends));
            }
            Err(JournalError::Damaged(damage)) => break Some(damage),
            Err(error) => return Err(error),
        }
    };
    summary.is_torn = damage
        .as_ref()
        .is_some_and(|damage| is_torn(damage, summary.anchor, Some(last)));
    summary.damage = damage;
    summary.end = reader.mark();
    Ok(summary)
}

/// Whether the anchor or the base knows another chain value for this place.
fn contradiction(here: Mark, [anchor, base]: [Option<Mark>; 2]) -> Option<Reason> {
    let differs = |known: &Mark| known.seq == here.seq && *known != here;
    if anchor.as_ref().is_some_and(differs) {
        return Some(Reason::Anchor);
    }
    base.as_ref().is_some_and(differs).then_some(Reason::Base)
}

/// Whether a journal that stops making sense here only has a torn tail, which the next start cuts: nobody was promised
/// what follows.
///
/// # Errors
/// I/O errors, and [`JournalError::Version`].
pub fn is_torn_tail(location: &Location, damage: &Damage) -> Result<bool, JournalError> {
    let segments = segments(location)?;
    let anchor = Anchor::read(location)?;
    Ok(is_torn(damage, anchor, segments.last()))
}

/// The archive of a damaged segment that has all of its inputs and leads to the next one: it counts once the segment is
/// away.
///
/// # Errors
/// I/O errors.
pub fn archive_beside(
    location: &Location,
    damage: &Damage,
) -> Result<Option<Segment>, JournalError> {
    let counting = segments(location)?;
    let damaged = counting
        .iter()
        .position(|segment| segment.path == damage.segment && !segment.is_archive());
    let Some((damaged, next)) =
        damaged.and_then(|place| counting.get(place).zip(counting.get(place + 1)))
    else {
        return Ok(None);
    };
    for file in files(location)? {
        if file.is_archive()
            && file.first == damaged.first
            && archive::leads_to(location, &file, next)?
        {
            return Ok(Some(file));
        }
    }
    Ok(None)
}

fn is_torn(damage: &Damage, anchor: Option<Mark>, last: Option<&Segment>) -> bool {
    anchor.is_some_and(|anchor| damage.seq > anchor.seq)
        && damage.reason.is_torn_write()
        && last.is_some_and(|last| damage.segment == last.path && !last.is_archive())
}

pub(crate) fn as_rot(error: JournalError, durable: Seq) -> JournalError {
    match error {
        JournalError::Damaged(damage)
            if damage.seq <= durable || matches!(damage.reason, Reason::Anchor | Reason::Base) =>
        {
            JournalError::Rot { damage, durable }
        }
        other => other,
    }
}
