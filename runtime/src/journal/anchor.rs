//! The anchor: how far the journal is known to be on disk, kept apart from the journal.
//!
//! One file with three slots of 32 bytes, at offsets 0, 4,096 and 8,192, so that no single torn sector takes
//! two: magic `DYNANCR1` (8), version (2), shard (2), seq (8), chain (8), CRC32C of these (4).
//!
//! The writer moves the anchor after each sync of the journal, never before, and has the anchor itself synced only now
//! and then, by another thread (see [`super::Writer`]). It writes one slot over and over until a sync of it is asked for,
//! then turns to the next. Of three, one is written, one may be being synced, and the third is the newest that is known
//! to be on disk: neither of these two is ever overwritten.
//!
//! What that buys:
//! * After a crash of the process (the page cache survives) the anchor is exact: every record that
//!   was acknowledged is at or before it.
//! * After a loss of power the anchor is as old as its last sync, or newer. Damage to a record synced
//!   after that is taken for a torn tail: cut and reported, not refused. A verified snapshot beyond
//!   the anchor narrows this window further, because recovery refuses a journal that ends before it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use types::{Seq, ShardId};

use super::later::Later;
use super::record::{Chain, array};
use super::{JournalError, Location, OtherVersion};
use crate::disk::{Access, DiskFile, read_exact_at};

const MAGIC: [u8; 8] = *b"DYNANCR1";
const VERSION: u16 = 1;
const SLOT_BYTES: usize = 32;
const SLOT_STRIDE: u64 = 4_096;
const SLOTS: u64 = 3;
/// As many as there were when nobody else did syncs.
const OLD_SLOTS: u64 = 2;

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

impl Mark {
    /// What is before the first record of a shard.
    pub(crate) const fn genesis(shard: ShardId) -> Self {
        Self {
            seq: Seq(0),
            chain: Chain::genesis(shard),
        }
    }
}

/// The open anchor file.
#[derive(Debug)]
pub struct Anchor {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    shard: ShardId,
    /// How many there is room for.
    slots: u64,
    slot: u64,
    mark: Mark,
    /// The slot was written since it was turned to.
    is_written: bool,
    /// The slot before it is to be synced by another thread, and the outcome is not known.
    is_asked: bool,
    /// Where syncs are asked for; `None`: nobody does them.
    later: Option<Later>,
}

impl Anchor {
    /// Creates the anchor of an empty journal, synced, in the place of one that never had a mark.
    pub(super) fn create(location: &Location) -> Result<Self, JournalError> {
        let path = location.path(ANCHOR_FILE);
        location.remove_if_there(&path)?;
        let file: Arc<dyn DiskFile> = location.open_file(&path, Access::Create)?.into();
        // Room for all slots, so that a full disk never stops the anchor.
        file.allocate(SLOTS * SLOT_STRIDE)
            .map_err(|error| JournalError::io("create", &path, error))?;
        let mark = Mark::genesis(location.shard);
        let mut anchor = Self {
            file,
            path,
            shard: location.shard,
            slots: SLOTS,
            slot: 0,
            mark,
            is_written: false,
            is_asked: false,
            later: None,
        };
        anchor.write(mark)?;
        anchor.sync()?;
        Ok(anchor)
    }

    /// Opens the anchor at the newest slot that checks, and syncs it: a process that died may have left
    /// it in the page cache only. `None`: there is no such file, or no slot of it checks.
    ///
    /// An older version made room for two slots. Where there is none for the third yet, two do, as they did for it: its
    /// syncs are waited for.
    pub(super) fn open(location: &Location) -> Result<Option<Self>, JournalError> {
        let path = location.path(ANCHOR_FILE);
        let Some((slot, mark)) = newest_slot(location)? else {
            return Ok(None);
        };
        let file: Arc<dyn DiskFile> = location.open_file(&path, Access::Write)?.into();
        file.sync()
            .map_err(|error| JournalError::io("sync", &path, error))?;
        let mut anchor = Self {
            file,
            path,
            shard: location.shard,
            slots: OLD_SLOTS,
            slot,
            mark,
            is_written: false,
            is_asked: false,
            later: None,
        };
        anchor.turn()?;
        Ok(Some(anchor))
    }

    /// Where the anchor of a journal stands; changes nothing. `None` as for a lost anchor.
    ///
    /// # Errors
    /// [`JournalError::Version`] and I/O errors.
    pub fn read(location: &Location) -> Result<Option<Mark>, JournalError> {
        Ok(newest_slot(location)?.map(|(_, mark)| mark))
    }

    /// Where it stands.
    pub const fn mark(&self) -> Mark {
        self.mark
    }

    /// Whether it moved since it was last known to be on disk.
    pub const fn is_dirty(&self) -> bool {
        self.is_written || self.is_asked
    }

    /// Whether another thread does its syncs.
    pub(super) const fn is_served(&self) -> bool {
        self.later.is_some() && self.slots == SLOTS
    }

    /// Where its syncs are to be done from now on, by another thread.
    pub(super) fn later(&mut self) -> Later {
        self.later.get_or_insert_default().clone()
    }

    /// Moves it. The operating system has it after this; [`Anchor::sync`] puts it on disk.
    pub(super) fn write(&mut self, mark: Mark) -> Result<(), JournalError> {
        self.file
            .write_at(&encode(mark, self.shard), self.slot * SLOT_STRIDE)
            .map_err(|error| JournalError::io("write", &self.path, error))?;
        self.mark = mark;
        self.is_written = true;
        Ok(())
    }

    /// Asks for a sync by another thread and turns to the next slot; `false` where there is nothing to sync, nobody does
    /// it, or one is under way.
    pub(super) fn sync_later(&mut self) -> bool {
        let can_ask = self.is_written && self.is_served();
        let later = self.later.as_ref().filter(|_| can_ask);
        let is_asked = later.is_some_and(|later| later.want(&self.file, self.mark));
        if is_asked {
            self.is_asked = true;
            self.is_written = false;
            self.slot = after(self.slot, SLOTS);
        }
        is_asked
    }

    /// Learns what became of [`Anchor::sync_later`], if that is known.
    pub(super) fn take_synced(&mut self) -> Result<(), JournalError> {
        match self.later.as_ref().and_then(Later::outcome) {
            None => Ok(()),
            Some((_, outcome)) => self.believe(outcome),
        }
    }

    fn believe(&mut self, outcome: io::Result<()>) -> Result<(), JournalError> {
        outcome.map_err(|error| JournalError::io("sync", &self.path, error))?;
        self.is_asked = false;
        Ok(())
    }

    /// Turns to the next slot; the one before is on disk.
    fn turn(&mut self) -> Result<(), JournalError> {
        if self.slots < SLOTS {
            match self.file.allocate(SLOTS * SLOT_STRIDE) {
                Ok(()) => self.slots = SLOTS,
                Err(error) if error.kind() == io::ErrorKind::StorageFull => {}
                Err(error) => return Err(JournalError::io("grow", &self.path, error)),
            }
        }
        self.is_written = false;
        self.slot = after(self.slot, self.slots);
        Ok(())
    }

    /// Puts it on disk and turns to the next slot.
    pub(super) fn sync(&mut self) -> Result<(), JournalError> {
        if let Some((_, outcome)) = self.later.as_ref().and_then(Later::settle) {
            self.believe(outcome)?;
        }
        // What was asked for and is settled without an outcome was taken back.
        if !self.is_dirty() {
            return Ok(());
        }
        let outcome = self.file.sync();
        self.believe(outcome)?;
        if self.is_written {
            self.turn()?;
        }
        Ok(())
    }
}

/// The slot that is written after this one.
const fn after(slot: u64, slots: u64) -> u64 {
    (slot + 1) % slots
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
    for slot in 0..SLOTS {
        let mut bytes = [0; SLOT_BYTES];
        if read_exact_at(&*file, &mut bytes, slot * SLOT_STRIDE).is_err() {
            continue;
        }
        match decode(&bytes, location.shard) {
            Slot::Mark(mark) if newest.is_none_or(|(_, known)| known.seq < mark.seq) => {
                newest = Some((slot, mark));
            }
            Slot::Mark(_) | Slot::Unchecked => {}
            // Whatever else stands there is older: a version changes slot after slot.
            Slot::Version(found) => {
                return Err(OtherVersion {
                    path,
                    found,
                    reads: VERSION,
                }
                .into());
            }
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

/// What stands in a slot.
#[derive(Debug, PartialEq, Eq)]
enum Slot {
    /// A mark of this journal.
    Mark(Mark),
    /// It checks and is of another version.
    Version(u16),
    /// It does not check, or is of another shard.
    Unchecked,
}

impl Slot {
    #[cfg(test)]
    fn mark(self) -> Option<Mark> {
        match self {
            Self::Mark(mark) => Some(mark),
            Self::Version(_) | Self::Unchecked => None,
        }
    }
}

fn decode(bytes: &[u8; SLOT_BYTES], shard: ShardId) -> Slot {
    let crc = u32::from_le_bytes(array(bytes, 28));
    if bytes[..8] != MAGIC || crc != crc32c::crc32c(&bytes[..28]) {
        return Slot::Unchecked;
    }
    let version = u16::from_le_bytes(array(bytes, 8));
    if version != VERSION {
        return Slot::Version(version);
    }
    if bytes[10..12] != shard.0.to_le_bytes() {
        return Slot::Unchecked;
    }
    Slot::Mark(Mark {
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
        let newest = 2 * SLOT_STRIDE as usize;
        for bit in 0..SLOT_BYTES * 8 {
            let mut bytes = good.clone();
            bytes[newest + bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(open().unwrap().mark(), mark(5), "bit {bit}");
        }

        // All gone: no anchor.
        std::fs::write(&path, vec![0; good.len()]).unwrap();
        assert!(open().is_none());
        let other = Location::local(directory.path(), ShardId(1));
        assert!(Anchor::open(&other).unwrap().is_none());
    }

    /// Syncs by another thread are begun and ended at random places among moves: the newest slot that is on disk, and the
    /// one that may get there, are still what they were.
    #[test]
    fn a_slot_that_is_on_disk_or_on_its_way_is_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::local(directory.path(), SHARD);
        let mut anchor = Anchor::create(&location).unwrap();
        let later = anchor.later();
        let (mut on_disk, mut asked) = (anchor.mark(), None);
        let mut draws = 0x9E37_79B9_u32;
        for seq in 1..2_000 {
            draws = draws.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match draws >> 29 {
                0 | 1 => {
                    if anchor.sync_later() {
                        asked = Some(anchor.mark());
                    }
                }
                2 | 3 => {
                    later.step();
                    anchor.take_synced().unwrap();
                    on_disk = asked.take().unwrap_or(on_disk);
                }
                4 => {
                    anchor.sync().unwrap();
                    on_disk = anchor.mark();
                    asked = None;
                }
                _ => anchor.write(mark(seq)).unwrap(),
            }
            assert_eq!(anchor.is_dirty(), anchor.mark() != on_disk, "{seq}");
            let bytes = std::fs::read(location.path(ANCHOR_FILE)).unwrap();
            let slots = (0..3).map(|slot| decode(&array(&bytes, slot * 4_096), SHARD));
            let held: Vec<_> = slots.filter_map(Slot::mark).collect();
            assert!(held.contains(&on_disk), "{seq}: {on_disk:?} of {held:?}");
            assert!(asked.is_none_or(|mark| held.contains(&mark)), "{seq}");
            assert!(held.contains(&anchor.mark()), "{seq}");
        }
    }

    /// A disk of three sectors that has room for two of them.
    #[test]
    fn without_room_for_a_third_slot_an_older_anchor_goes_on_with_two() {
        let disk = crate::simulation::SimulatedDisk::default();
        let location = Location {
            disk: disk.shared(),
            directory: PathBuf::from("journal"),
            shard: SHARD,
        };
        let path = location.path(ANCHOR_FILE);
        let mut old = vec![0; 2 * SLOT_STRIDE as usize];
        old[..SLOT_BYTES].copy_from_slice(&encode(mark(4), SHARD));
        old[SLOT_STRIDE as usize..][..SLOT_BYTES].copy_from_slice(&encode(mark(5), SHARD));
        disk.overwrite(&path, &old);
        disk.set_room(Some(old.len() as u64));

        let mut anchor = Anchor::open(&location).unwrap().unwrap();
        assert_eq!(anchor.mark(), mark(5));
        let _later = anchor.later();
        // A slot that is on its way must not be overwritten, so none is: whoever moves it has it synced.
        for seq in 6..20 {
            anchor.write(mark(seq)).unwrap();
            assert!(!anchor.is_served() && !anchor.sync_later());
            anchor.sync().unwrap();
            disk.lose_power(seq);
            assert_eq!(Anchor::read(&location).unwrap(), Some(mark(seq)));
        }
        disk.set_room(None);
        anchor.write(mark(20)).unwrap();
        anchor.sync().unwrap();
        assert!(anchor.is_served());
        anchor.write(mark(21)).unwrap();
        assert!(anchor.sync_later());
    }

    #[test]
    fn a_failed_sync_by_another_thread_is_told_when_it_is_asked_after() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::local(directory.path(), SHARD);
        for blocks in [false, true] {
            let mut anchor = Anchor::create(&location).unwrap();
            let later = anchor.later();
            anchor.write(mark(1)).unwrap();
            let device = std::fs::OpenOptions::new().write(true).open("/dev/null");
            // It takes writes and refuses a sync.
            anchor.file = Arc::new(device.unwrap());
            assert!(anchor.sync_later());
            anchor.write(mark(2)).unwrap();
            assert!(!anchor.sync_later(), "one at a time");
            assert!(later.step());
            let told = if blocks {
                anchor.sync()
            } else {
                anchor.take_synced()
            };
            assert!(matches!(told, Err(JournalError::Io { .. })));
        }
    }
}
