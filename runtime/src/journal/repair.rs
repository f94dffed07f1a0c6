//! Cutting a damaged journal where its owner says. Nothing is guessed and nothing is deleted: what goes is
//! set aside under another name.

use std::path::{Path, PathBuf};

use types::Seq;

use super::reader::{check_header, open_segment};
use super::{Anchor, Base, JournalError, Location, Mark, Reader, Segment, files, verify};
use crate::disk::Access;

/// Suffix of what a repair sets aside, with a number behind it.
const ASIDE: &str = "before-repair";

/// What a repair did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// The last record now.
    pub end: Mark,
    /// Files that were set aside: whole segments, and a copy of the one that was cut.
    pub set_aside: Vec<PathBuf>,
}

/// Ends a journal after `keep`, which must check from the first record after its base on, and sets the anchor there.
/// It may be run again after it was interrupted.
///
/// # Errors
/// [`JournalError::Keep`] when the journal does not check up to `keep` or begins after it, [`JournalError::Version`]
/// when a newer program wrote what would go, [`JournalError::Base`] and [`JournalError::BaseLost`] when there is nothing
/// that the first record follows, and I/O errors. Nothing was changed but with an I/O error.
pub fn repair(location: &Location, keep: Seq) -> Result<Repaired, JournalError> {
    // What a newer program wrote is not this one's to judge.
    Anchor::read(location)?;
    // Without what the first record follows there is nothing to keep.
    Base::checked(location)?;
    let files = files(location)?;
    for file in &files {
        if let Err(error @ JournalError::Version(_)) = check_header(file, location) {
            return Err(error);
        }
    }
    let Some(reader) = reader_at(location, keep)? else {
        return Err(refused(location, keep)?);
    };
    let end = reader.mark();
    let last = reader.segment();
    let mut set_aside = Vec::new();
    if last.is_archive() {
        if last.last > Some(keep) {
            unpack(location, last, reader.offset())?;
            set_aside.push(aside(location, &last.path)?);
        }
    } else if location.length(&last.path)? > reader.offset() {
        let copy = free_name(location, &last.path)?;
        location.copy(&last.path, &copy)?;
        set_aside.push(copy);
        let file = location.open_file(&last.path, Access::Write)?;
        file.set_length(reader.offset())
            .and_then(|()| file.sync())
            .map_err(|error| JournalError::io("cut", &last.path, error))?;
    }
    // Also a segment's archive, or else it brought back what the segment has no more.
    let later = files
        .iter()
        .filter(|file| file.first >= last.first && *file != last);
    for file in later {
        set_aside.push(aside(location, &file.path)?);
    }
    // Before the anchor: a journal that goes on after it would be taken as it is.
    location.sync_directory()?;
    let mut anchor = Anchor::create(location)?;
    anchor.write(end)?;
    anchor.sync()?;
    location.sync_directory()?;
    Ok(Repaired { end, set_aside })
}

/// The first seq after which a journal may end: that of its base, or one record where that is empty.
fn keep_min(base: Option<Mark>, first: Seq) -> Seq {
    base.map(|base| base.seq)
        .filter(|seq| *seq > Seq(0))
        .unwrap_or(first)
}

/// A reader that has read `keep`; `None` where the journal begins after it or does not check up to it.
fn reader_at(location: &Location, keep: Seq) -> Result<Option<Reader>, JournalError> {
    let base = Base::find(location)?.map(|base| base.mark);
    let segments = super::segments(location)?;
    let Some(first) = segments.first().map(|segment| segment.first) else {
        return Ok(None);
    };
    if keep < keep_min(base, first) {
        return Ok(None);
    }
    let begins = base.map_or(Seq(first.0 - 1), |base| base.seq);
    if first > begins.next() {
        return Err(JournalError::Missing {
            directory: location.directory.clone(),
            seq: begins.next(),
        });
    }
    let read = || {
        let mut reader = Reader::open(location, begins)?;
        while reader.mark().seq < keep {
            if super::contradiction(reader.mark(), [None, base]).is_some()
                || reader.next_input()?.is_none()
            {
                return Ok(None);
            }
        }
        Ok(Some(reader))
    };
    match read() {
        Err(JournalError::Damaged(_)) => Ok(None),
        read => read,
    }
}

/// Why a journal cannot end after `keep`, and where it could.
fn refused(location: &Location, keep: Seq) -> Result<JournalError, JournalError> {
    let summary = verify(location)?;
    let min = keep_min(summary.base, summary.first);
    let last = summary.end.seq;
    Ok(JournalError::Keep {
        directory: location.directory.clone(),
        keep,
        accepted: (min > Seq(0) && min <= last).then_some((min, last)),
        damage: summary.damage,
    })
}

/// Writes the first bytes of an archive's segment as a segment again, which then counts.
fn unpack(location: &Location, archived: &Segment, bytes: u64) -> Result<(), JournalError> {
    let (source, _) = open_segment(archived, location)?;
    location.copy_first(&*source, bytes, &location.segment_path(archived.first))
}

/// Gives a file a name under which it does not count; that name.
fn aside(location: &Location, path: &Path) -> Result<PathBuf, JournalError> {
    let name = free_name(location, path)?;
    let renamed = location.disk.rename(path, &name);
    renamed.map_err(|error| JournalError::io("set aside", path, error))?;
    Ok(name)
}

fn free_name(location: &Location, path: &Path) -> Result<PathBuf, JournalError> {
    let names = location.names()?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let free = (1..=names.len() + 1)
        .map(|number| format!("{name}.{ASIDE}-{number}"))
        .find(|aside| !names.contains(aside));
    Ok(location.path(&free.unwrap_or_default()))
}
