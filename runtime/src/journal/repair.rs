//! Cutting a damaged journal where its owner says. Nothing is guessed and nothing is deleted: what goes is
//! set aside under another name.

use std::fs;
use std::path::{Path, PathBuf};

use types::Seq;

use super::reader::open_segment;
use super::{Anchor, JournalError, Location, Mark, Reader, Segment, TEMPORARY_SUFFIX, segments};
use crate::disk::{Access, read_exact_at};

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

/// Ends a journal on the disk of this machine after `keep`, which must check from the first record on, and
/// sets the anchor there. It may be run again after it was interrupted.
///
/// # Errors
/// [`JournalError::Damaged`] when a record up to `keep` does not check, [`JournalError::Missing`] when the
/// journal does not reach it, and I/O errors.
pub fn repair(location: &Location, keep: Seq) -> Result<Repaired, JournalError> {
    let missing = || JournalError::Missing {
        directory: location.directory.clone(),
        seq: keep,
    };
    let segments = segments(location)?;
    let first = segments.first().ok_or_else(missing)?.first;
    if keep < first {
        return Err(missing());
    }
    let mut reader = Reader::open(location, Seq(first.0 - 1))?;
    while reader.mark().seq < keep {
        if reader.next_record()?.is_none() {
            return Err(missing());
        }
    }
    let end = reader.mark();
    let last = reader.segment().clone();
    let mut set_aside = Vec::new();
    if last.is_archive() {
        if last.last > Some(keep) {
            unpack(location, &last, reader.offset())?;
            set_aside.push(aside(&last.path)?);
        }
    } else if location.length(&last.path)? > reader.offset() {
        let copy = free_name(&last.path);
        fs::copy(&last.path, &copy).map_err(|error| JournalError::io("copy", &copy, error))?;
        set_aside.push(copy);
        let file = location.open_file(&last.path, Access::Write)?;
        file.set_length(reader.offset())
            .and_then(|()| file.sync())
            .map_err(|error| JournalError::io("cut", &last.path, error))?;
    }
    for segment in segments.iter().filter(|segment| segment.first > last.first) {
        set_aside.push(aside(&segment.path)?);
    }
    let mut anchor = Anchor::create(location)?;
    anchor.write(end)?;
    anchor.sync()?;
    location.sync_directory()?;
    Ok(Repaired { end, set_aside })
}

/// Writes the first bytes of an archive's segment as a segment again, which then counts.
fn unpack(location: &Location, archived: &Segment, bytes: u64) -> Result<(), JournalError> {
    let path = location.segment_path(archived.first);
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(TEMPORARY_SUFFIX);
    let temporary = PathBuf::from(temporary);
    location.remove_if_there(&temporary)?;
    let (source, _) = open_segment(archived, location)?;
    let file = location.open_file(&temporary, Access::Create)?;
    let mut part = vec![0; 256 << 10];
    let mut at = 0;
    while at < bytes {
        let length = part.len().min((bytes - at) as usize);
        read_exact_at(&*source, &mut part[..length], at)
            .map_err(|error| JournalError::io("read", &archived.path, error))?;
        file.write_at(&part[..length], at)
            .map_err(|error| JournalError::io("write", &temporary, error))?;
        at += length as u64;
    }
    file.sync()
        .map_err(|error| JournalError::io("sync", &temporary, error))?;
    location.publish(&temporary, &path)
}

/// Gives a file a name under which it does not count; that name.
fn aside(path: &Path) -> Result<PathBuf, JournalError> {
    let name = free_name(path);
    fs::rename(path, &name).map_err(|error| JournalError::io("set aside", path, error))?;
    Ok(name)
}

fn free_name(path: &Path) -> PathBuf {
    let name = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{ASIDE}-{number}"));
        PathBuf::from(name)
    };
    (1..u32::MAX)
        .map(name)
        .find(|name| !name.exists())
        .unwrap_or_else(|| name(0))
}
