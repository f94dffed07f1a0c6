//! The base: what a journal's first record follows.
//!
//! A new journal begins with nothing, under limits: its base has those, so that whoever replays it later
//! needs not know them. A journal whose oldest records were removed begins with the state after them. So
//! a journal and its base are always enough to rebuild everything after the base.
//!
//! `<seq, 20 digits>.base`, 48 bytes and the content, little-endian: magic `DYNBASE1` (8), version (2),
//! shard (2), kind of the content (4: 1 limits, 2 state), seq (8), chain after it (8), bytes of the content
//! (8), CRC32C of the content (4), CRC32C of the 44 bytes before (4). Where there are several, the one with
//! the highest seq counts: the others, and records up to it, wait to be removed.
//!
//! Limits are text, one `name value` on each line, so that a limit that is added later takes its usual
//! value in journals from before.

use std::path::PathBuf;

use engine::{Limits, Shard, SnapshotError};
use types::{LimitName, Seq, ShardId};

use super::reader::entered;
use super::record::{Chain, array};
use super::{JournalError, Location, Mark, OtherVersion};
use crate::disk::{Access, read_exact_at};

const MAGIC: [u8; 8] = *b"DYNBASE1";
const VERSION: u16 = 1;
const HEAD_BYTES: usize = 48;
const KIND_LIMITS: u32 = 1;
const KIND_STATE: u32 = 2;
const SUFFIX: &str = ".base";

/// Where the records of a journal begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The record before the first one; seq 0 for a journal that has all of its records.
    pub mark: Mark,
    /// The file.
    pub path: PathBuf,
    content: Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Content {
    kind: u32,
    bytes: u64,
    crc: u32,
}

impl Base {
    /// The base of a journal; `None` where none was begun. Of the content only the length is looked at.
    ///
    /// # Errors
    /// [`JournalError::BaseLost`] where there are segments, and as [`Base::find`].
    pub fn of_journal(location: &Location) -> Result<Option<Self>, JournalError> {
        let found = Self::find(location)?;
        if found.is_some() {
            return Ok(found);
        }
        match super::segments(location)?.first() {
            None => Ok(None),
            Some(segment) => Err(JournalError::BaseLost {
                path: location.path(&name(Seq(segment.first.0 - 1))),
                first: segment.first,
            }),
        }
    }

    /// The base of a journal, whose content leads to a shard unless another version wrote it: then a snapshot may still
    /// stand for it.
    ///
    /// # Errors
    /// [`JournalError::Base`], and as [`Base::of_journal`].
    pub(super) fn checked(location: &Location) -> Result<Option<Self>, JournalError> {
        entered(|| {
            let base = Self::of_journal(location)?;
            if let Some(base) = &base {
                // Another version's state is no damage.
                let _ = base.restored(location)?;
            }
            Ok(base)
        })
    }

    /// The shard that a journal begins with; `None` where none was begun.
    ///
    /// # Errors
    /// As [`Base::of_journal`] and [`Base::shard`].
    pub(crate) fn beginning(location: &Location) -> Result<Option<Shard>, JournalError> {
        entered(|| {
            let base = Self::of_journal(location)?;
            base.map(|base| base.shard(location)).transpose()
        })
    }

    /// The base that counts; `None` where there is none. Of the content only the length is looked at.
    ///
    /// # Errors
    /// [`JournalError::Base`] and I/O errors.
    pub fn find(location: &Location) -> Result<Option<Self>, JournalError> {
        let Some((seq, path)) = files(location)?.pop() else {
            return Ok(None);
        };
        let fault = |what: String| JournalError::Base {
            path: path.clone(),
            what,
        };
        let file = location.open_file(&path, Access::Read)?;
        let mut bytes = [0; HEAD_BYTES];
        let length = file
            .length()
            .map_err(|error| JournalError::io("read", &path, error))?;
        if length < HEAD_BYTES as u64 {
            return Err(fault(damaged("is cut short")));
        }
        read_exact_at(&*file, &mut bytes, 0)
            .map_err(|error| JournalError::io("read", &path, error))?;
        let crc = u32::from_le_bytes(array(&bytes, HEAD_BYTES - 4));
        if bytes[..8] != MAGIC || crc != crc32c::crc32c(&bytes[..HEAD_BYTES - 4]) {
            return Err(fault(damaged("does not check")));
        }
        let version = u16::from_le_bytes(array(&bytes, 8));
        if version != VERSION {
            return Err(OtherVersion {
                path: path.clone(),
                found: version,
                reads: VERSION,
            }
            .into());
        }
        let shard = ShardId(u16::from_le_bytes(array(&bytes, 10)));
        if shard != location.shard {
            return Err(fault(format!("is of shard {shard}")));
        }
        let field = |offset| u64::from_le_bytes(array(&bytes, offset));
        let mark = Mark {
            seq: Seq(field(16)),
            chain: Chain(field(24)),
        };
        if mark.seq != seq {
            return Err(fault(format!("is of seq {}", mark.seq)));
        }
        let content = Content {
            kind: u32::from_le_bytes(array(&bytes, 12)),
            bytes: field(32),
            crc: u32::from_le_bytes(array(&bytes, 40)),
        };
        if content.bytes != length - HEAD_BYTES as u64 {
            return Err(fault(damaged("has not the length that it says")));
        }
        Ok(Some(Self {
            mark,
            path,
            content,
        }))
    }

    /// Whether the content is what was written.
    ///
    /// # Errors
    /// [`JournalError::Base`] and I/O errors.
    pub(crate) fn check(&self, location: &Location) -> Result<(), JournalError> {
        self.content(location).map(|_| ())
    }

    fn content(&self, location: &Location) -> Result<Vec<u8>, JournalError> {
        let file = location.open_file(&self.path, Access::Read)?;
        let mut bytes = vec![0; self.content.bytes as usize];
        read_exact_at(&*file, &mut bytes, HEAD_BYTES as u64)
            .map_err(|error| JournalError::io("read", &self.path, error))?;
        if crc32c::crc32c(&bytes) != self.content.crc {
            return Err(self.fault(damaged("does not check")));
        }
        Ok(bytes)
    }

    /// The shard that the first record applies to.
    ///
    /// # Errors
    /// [`JournalError::Base`] and I/O errors.
    pub fn shard(&self, location: &Location) -> Result<Shard, JournalError> {
        self.restored(location)?.map_err(|version| {
            self.fault(format!(
                "holds a state of another version ({version}): go on with the version that wrote it"
            ))
        })
    }

    /// The shard, or of which other version its state is.
    fn restored(&self, location: &Location) -> Result<Result<Shard, SnapshotError>, JournalError> {
        let bytes = self.content(location)?;
        let shard = match self.content.kind {
            KIND_LIMITS => {
                let limits = limits_of(&bytes).map_err(|what| self.fault(what))?;
                Shard::new(location.shard, limits)
            }
            KIND_STATE => match Shard::restore(&bytes) {
                Ok(shard) => shard,
                Err(error @ SnapshotError::Version(_)) => return Ok(Err(error)),
                Err(error) => return Err(self.fault(damaged(&error.to_string()))),
            },
            kind => return Err(self.fault(format!("has content of kind {kind}"))),
        };
        if (shard.id(), shard.seq()) != (location.shard, self.mark.seq) {
            let what = format!("holds shard {} at seq {}", shard.id(), shard.seq());
            return Err(self.fault(what));
        }
        Ok(Ok(shard))
    }

    fn fault(&self, what: String) -> JournalError {
        JournalError::Base {
            path: self.path.clone(),
            what,
        }
    }

    /// Writes the base of a new journal, whose directory is there.
    ///
    /// # Errors
    /// I/O errors.
    pub fn create(location: &Location, limits: &Limits) -> Result<(), JournalError> {
        let mark = Mark::genesis(location.shard);
        write(location, mark, KIND_LIMITS, limits_text(limits).as_bytes())
    }

    /// Lets the journal begin after a record; `shard` is the state there.
    pub(crate) fn advance(
        location: &Location,
        chain: Chain,
        shard: &Shard,
    ) -> Result<(), JournalError> {
        let mut bytes = Vec::new();
        shard.encode(&mut bytes);
        let mark = Mark {
            seq: shard.seq(),
            chain,
        };
        write(location, mark, KIND_STATE, &bytes)
    }

    /// Removes all bases but the one that counts.
    pub(crate) fn remove_older(location: &Location) -> Result<(), JournalError> {
        let mut files = files(location)?;
        files.pop();
        for (_, path) in files {
            location.remove_file(&path)?;
        }
        Ok(())
    }
}

fn name(seq: Seq) -> String {
    format!("{seq:020}{SUFFIX}")
}

fn damaged(what: &str) -> String {
    format!("{what}; restore it from a copy")
}

/// The seq of the base that counts, by its name.
pub(super) fn newest(location: &Location, names: &[String]) -> Result<Option<Seq>, JournalError> {
    Ok(files_of(location, names)?.pop().map(|(seq, _)| seq))
}

/// Files that are named as bases, oldest first.
fn files(location: &Location) -> Result<Vec<(Seq, PathBuf)>, JournalError> {
    files_of(location, &location.names()?)
}

fn files_of(location: &Location, names: &[String]) -> Result<Vec<(Seq, PathBuf)>, JournalError> {
    let mut files = Vec::new();
    for name in names {
        let Some(digits) = name.strip_suffix(SUFFIX) else {
            continue;
        };
        let path = location.path(name);
        match super::seq_of(digits) {
            Some(seq) => files.push((seq, path)),
            None => return Err(JournalError::SegmentName { path }),
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn write(location: &Location, mark: Mark, kind: u32, content: &[u8]) -> Result<(), JournalError> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    head.extend_from_slice(&MAGIC);
    head.extend_from_slice(&VERSION.to_le_bytes());
    head.extend_from_slice(&location.shard.0.to_le_bytes());
    head.extend_from_slice(&kind.to_le_bytes());
    head.extend_from_slice(&mark.seq.0.to_le_bytes());
    head.extend_from_slice(&mark.chain.0.to_le_bytes());
    head.extend_from_slice(&(content.len() as u64).to_le_bytes());
    head.extend_from_slice(&crc32c::crc32c(content).to_le_bytes());
    let crc = crc32c::crc32c(&head);
    head.extend_from_slice(&crc.to_le_bytes());

    let name = name(mark.seq);
    let temporary = location.path(&format!("{name}{}", super::TEMPORARY_SUFFIX));
    location.remove_if_there(&temporary)?;
    let write = || {
        let file = location.open_file(&temporary, Access::Create)?;
        file.write_at(&head, 0)
            .and_then(|()| file.write_at(content, HEAD_BYTES as u64))
            .map_err(|error| JournalError::io("write", &temporary, error))?;
        file.sync()
            .map_err(|error| JournalError::io("sync", &temporary, error))
    };
    if let Err(error) = write() {
        // The next attempt would remove it too.
        let _ = location.remove_if_there(&temporary);
        return Err(error);
    }
    let set = location.disk.set_read_only(&temporary);
    set.map_err(|error| JournalError::io("protect", &temporary, error))?;
    location.publish(&temporary, &location.path(&name))
}

fn limits_text(limits: &Limits) -> String {
    let lines = LimitName::ALL.map(|name| format!("{name} {}\n", limits.of(name)));
    lines.concat()
}

fn limits_of(bytes: &[u8]) -> Result<Limits, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut limits = Limits::default();
    for line in text.lines() {
        let limit = line.split_once(' ').and_then(|(name, value)| {
            let known = LimitName::ALL.iter().find(|known| known.as_str() == name)?;
            *limits.number(*known) = value.parse().ok()?;
            Some(())
        });
        if limit.is_none() {
            return Err(format!(
                "has the limit {line:?}, which this program does not know"
            ));
        }
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_come_back_and_an_unknown_one_is_named() {
        let limits = Limits {
            accounts_max: 7,
            intervals_max: 9,
            ..Limits::default()
        };
        assert_eq!(limits_of(limits_text(&limits).as_bytes()), Ok(limits));
        assert_eq!(limits_of(b""), Ok(Limits::default()));
        let unknown = limits_of(b"accounts_max 3\nwishes_max 3\n").unwrap_err();
        assert!(unknown.contains("wishes_max 3"), "{unknown}");
        assert!(limits_of(b"accounts_max x\n").is_err());
    }
}
