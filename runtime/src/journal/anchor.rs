//! The anchor: how far the journal is known to be on disk, kept apart from the journal.
//!
//! One file with two slots of 32 bytes, at offset 0 and 4,096, so that no single torn sector takes
//! both: magic `DYNANCR1` (8), version (2), shard (2), seq (8), chain (8), CRC32C of these (4).
//!
//! The writer moves the anchor after each sync of the journal, never before, and syncs the anchor
//! itself only now and then (see [`super::Writer`]). It writes one slot over and over until that slot
//! is synced, then turns to the other, so the newest synced slot is never being overwritten.
//!
//! What that buys:
//! * After a crash of the process (the page cache survives) the anchor is exact: every record that
//!   was acknowledged is at or before it.
//! * After a loss of power the anchor is as old as its last sync, or newer. Damage to a record synced
//!   after that is taken for a torn tail: cut and reported, not refused. A verified snapshot beyond
//!   the anchor narrows this window further, because recovery refuses a journal that ends before it.

use std::io;
use std::path::PathBuf;

use types::{Seq, ShardId};

use super::record::{Chain, array};
use super::{JournalError, Location};
use crate::disk::{Access, DiskFile, read_exact_at};

const MAGIC: [u8; 8] = *b"DYNANCR1";
const VERSION: u16 = 1;
const SLOT_BYTES: usize = 32;
const SLOT_STRIDE: u64 = 4_096;

/// Name of the anchor's file within the journal directory.
pub const ANCHOR_FILE: &str = "anchor";

/// A place in the journal that is known to be on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The last record known to be durable; 0 before the first.
    pub seq: Seq,
    /// Chain after it.
    pub chain: Chain,
}

/// The open anchor file.
#[derive(Debug)]
pub struct Anchor {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    shard: ShardId,
    slot: u64,
    mark: Mark,
    dirty: bool,
}

impl Anchor {
    /// Creates the anchor of an empty journal, synced, in the place of one that never had a mark.
    pub(super) fn create(location: &Location) -> Result<Self, JournalError> {
        let path = location.path(ANCHOR_FILE);
        location.remove_if_there(&path)?;
        let file = location.open_file(&path, Access::Create)?;
        // Room for both slots, so that a full disk never stops the anchor.
        file.allocate(2 * SLOT_STRIDE)
            .map_err(|error| JournalError::io("create", &path, error))?;
        let mark = Mark {
            seq: Seq(0),
            chain: Chain::genesis(location.shard),
        };
        let mut anchor = Self {
            file,
            path,
            shard: location.shard,
            slot: 0,
            mark,
            dirty: false,
        };
        anchor.write(mark)?;
        anchor.sync()?;
        Ok(anchor)
    }

    /// Opens the anchor at the newest slot that checks, and syncs it: a process that died may have left
    /// it in the page cache only. `None`: there is no such file, or no slot of it checks.
    pub(super) fn open(location: &Location) -> Result<Option<Self>, JournalError> {
        let path = location.path(ANCHOR_FILE);
        let Some((slot, mark)) = newest_slot(location)? else {
            return Ok(None);
        };
        let file = location.open_file(&path, Access::Write)?;
        file.sync()
            .map_err(|error| JournalError::io("sync", &path, error))?;
        Ok(Some(Self {
            file,
            path,
            shard: location.shard,
            slot: 1 - slot,
            mark,
            dirty: false,
        }))
    }

    /// Where the anchor of a journal stands; changes nothing. `None` as for a lost anchor.
    ///
    /// # Errors
    /// I/O errors.
    pub fn read(location: &Location) -> Result<Option<Mark>, JournalError> {
        Ok(newest_slot(location)?.map(|(_, mark)| mark))
    }

    /// Where it stands.
    pub const fn mark(&self) -> Mark {
        self.mark
    }

    /// Whether it moved since it was last synced.
    pub const fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Moves it. The operating system has it after this; [`Anchor::sync`] puts it on disk.
    pub(super) fn write(&mut self, mark: Mark) -> Result<(), JournalError> {
        self.file
            .write_at(&encode(mark, self.shard), self.slot * SLOT_STRIDE)
            .map_err(|error| JournalError::io("write", &self.path, error))?;
        self.mark = mark;
        self.dirty = true;
        Ok(())
    }

    /// Puts it on disk and turns to the other slot.
    pub(super) fn sync(&mut self) -> Result<(), JournalError> {
        if !self.dirty {
            return Ok(());
        }
        self.file
            .sync()
            .map_err(|error| JournalError::io("sync", &self.path, error))?;
        self.dirty = false;
        self.slot = 1 - self.slot;
        Ok(())
    }
}

/// The newest slot that checks.
fn newest_slot(location: &Location) -> Result<Option<(u64, Mark)>, JournalError> {
    let path = location.path(ANCHOR_FILE);
    let file = match location.disk.open(&path, Access::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(JournalError::io("open", &path, error)),
    };
    let mut newest: Option<(u64, Mark)> = None;
    for slot in 0..2 {
        let mut bytes = [0; SLOT_BYTES];
        if read_exact_at(&*file, &mut bytes, slot * SLOT_STRIDE).is_err() {
            continue;
        }
        if let Some(mark) = decode(&bytes, location.shard)
            && newest.is_none_or(|(_, known)| known.seq < mark.seq)
        {
            newest = Some((slot, mark));
        }
    }
    Ok(newest)
}

fn encode(mark: Mark, shard: ShardId) -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..10].copy_from_slice(&VERSION.to_le_bytes());
    bytes[10..12].copy_from_slice(&shard.0.to_le_bytes());
    bytes[12..20].copy_from_slice(&mark.seq.0.to_le_bytes());
    bytes[20..28].copy_from_slice(&mark.chain.0.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..28]);
    bytes[28..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8; SLOT_BYTES], shard: ShardId) -> Option<Mark> {
    let crc = u32::from_le_bytes(array(bytes, 28));
    let checks = bytes[..8] == MAGIC
        && bytes[8..10] == VERSION.to_le_bytes()
        && bytes[10..12] == shard.0.to_le_bytes()
        && crc == crc32c::crc32c(&bytes[..28]);
    checks.then(|| Mark {
        seq: Seq(u64::from_le_bytes(array(bytes, 12))),
        chain: Chain(u64::from_le_bytes(array(bytes, 20))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARD: ShardId = ShardId(0);

    fn mark(seq: u64) -> Mark {
        Mark {
            seq: Seq(seq),
            chain: Chain(seq * 17),
        }
    }

    #[test]
    fn the_newest_slot_that_checks_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::local(directory.path(), SHARD);
        let path = location.path(ANCHOR_FILE);
        let mut anchor = Anchor::create(&location).unwrap();
        anchor.write(mark(5)).unwrap();
        anchor.sync().unwrap();
        anchor.write(mark(9)).unwrap();
        drop(anchor);
        let open = || Anchor::open(&location).unwrap();
        assert_eq!(open().unwrap().mark(), mark(9));

        // Any flipped bit of the newer slot falls back to the synced one.
        let good = std::fs::read(&path).unwrap();
        for bit in 0..SLOT_BYTES * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(open().unwrap().mark(), mark(5), "bit {bit}");
        }

        // Both gone: no anchor.
        std::fs::write(&path, vec![0; good.len()]).unwrap();
        assert!(open().is_none());
        let other = Location::local(directory.path(), ShardId(1));
        assert!(Anchor::open(&other).unwrap().is_none());
    }

    #[test]
    fn the_synced_slot_is_not_overwritten_before_the_other_is_synced() {
        let directory = tempfile::tempdir().unwrap();
        let mut anchor = Anchor::create(&Location::local(directory.path(), SHARD)).unwrap();
        anchor.write(mark(1)).unwrap();
        anchor.sync().unwrap();
        let synced_slot = 1 - anchor.slot;
        for seq in 2..10 {
            anchor.write(mark(seq)).unwrap();
            assert_ne!(anchor.slot, synced_slot);
        }
    }
}
