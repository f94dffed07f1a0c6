//! Cutting a damaged journal where its owner says. Nothing is guessed and nothing is deleted: what goes is
//! set aside under another name.

use std::fs;
use std::path::{Path, PathBuf};

use types::Seq;

use super::{Anchor, JournalError, Location, Mark, Reader, segments};

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
    let length = location.length(&last.path)?;
    if length > reader.offset() {
        let aside = free_name(&last.path);
        fs::copy(&last.path, &aside).map_err(|error| JournalError::io("copy", &aside, error))?;
        set_aside.push(aside);
        let file = location.open_file(&last.path, crate::disk::Access::Write)?;
        file.set_length(reader.offset())
            .and_then(|()| file.sync())
            .map_err(|error| JournalError::io("cut", &last.path, error))?;
    }
    for segment in segments.iter().filter(|segment| segment.first > last.first) {
        let aside = free_name(&segment.path);
        fs::rename(&segment.path, &aside)
            .map_err(|error| JournalError::io("set aside", &segment.path, error))?;
        set_aside.push(aside);
    }
    let mut anchor = Anchor::create(location)?;
    anchor.write(end)?;
    anchor.sync()?;
    location.sync_directory()?;
    Ok(Repaired { end, set_aside })
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
