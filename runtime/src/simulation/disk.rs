//! A disk in memory that forgets what was not synced, as a power loss makes a real one forget.
//!
//! Until a file is synced, each write to it, and each change of its length, may or may not survive a
//! crash, in any combination, and a write may survive in some of its sectors only. Until a directory is
//! synced, so may each file's coming and going. What was synced stays.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Random;
use crate::disk::{Access, Disk, DiskFile};

/// What a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;

/// What goes wrong next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The next sync of a file fails. What it should have made durable is seen until the power goes, and
    /// gone then, whatever a later sync says, unless it is written again: that is how Linux does it.
    Sync,
    /// The next write fails after part of it.
    Write,
    /// The next snapshot finds no room for all of it, whatever room there is.
    SnapshotFull,
    /// The next write of a snapshot does not come back: the store is left alone, and another begun in its place.
    SnapshotHangs,
}

/// A simulated disk. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct SimulatedDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Clone, Default)]
struct State {
    /// Every file that has a name or did at the last sync of its directory.
    files: Vec<Content>,
    /// What a process sees.
    names: BTreeMap<PathBuf, usize>,
    /// What a crash leaves at least.
    durable_names: BTreeMap<PathBuf, usize>,
    /// Bytes that all files together may have; `None` without a limit.
    room: Option<u64>,
    fault: Option<Fault>,
    /// Calls that change the disk so far.
    operations: u64,
    /// The call that finds the power gone.
    ends_at: Option<u64>,
}

#[derive(Debug, Clone, Default)]
struct Content {
    /// As at the last sync.
    durable: Vec<u8>,
    /// What a process sees.
    bytes: Vec<u8>,
    /// What leads from one to the other.
    pending: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, written) => {
                let end = offset + written.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*offset..end].copy_from_slice(written);
            }
            Self::Length(length) => bytes.resize(*length, 0),
        }
    }

    /// What of it survives.
    fn torn(&self, random: &mut Random) -> Vec<Self> {
        match (random.below(3), self) {
            (0, _) => Vec::new(),
            (1, Self::Write(offset, written)) => {
                let mut parts = Vec::new();
                let mut start = 0;
                while start < written.len() {
                    // Sectors lie at multiples of their size on the disk, not in the write.
                    let in_sector = (offset + start) % SECTOR_BYTES;
                    let end = written.len().min(start + SECTOR_BYTES - in_sector);
                    if random.one_in(2) {
                        parts.push(Self::Write(offset + start, written[start..end].to_vec()));
                    }
                    start = end;
                }
                parts
            }
            _ => vec![self.clone()],
        }
    }
}

impl Content {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.bytes);
        self.pending.push(change);
    }
}

impl SimulatedDisk {
    /// The disk as a [`Disk`].
    pub fn shared(&self) -> Arc<dyn Disk> {
        Arc::new(self.clone())
    }

    /// Another disk with the same on it.
    #[must_use]
    pub fn fork(&self) -> Self {
        let state = self.state().clone();
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Loses power: what was not synced survives or not as the seed has it. Open files still work on
    /// what is left, but nobody should have any.
    pub fn lose_power(&self, seed: u64) {
        let mut random = Random::new(seed);
        let state = &mut *self.state();
        for content in &mut state.files {
            let pending = std::mem::take(&mut content.pending);
            for change in pending {
                for part in change.torn(&mut random) {
                    part.apply(&mut content.durable);
                }
            }
            content.bytes = content.durable.clone();
        }
        let names = std::mem::take(&mut state.names);
        let mut kept = std::mem::take(&mut state.durable_names);
        for (path, file) in &names {
            if kept.get(path) != Some(file) && random.one_in(2) {
                kept.insert(path.clone(), *file);
            }
        }
        kept.retain(|path, _| names.contains_key(path) || random.one_in(2));
        state.durable_names = kept.clone();
        state.names = kept;
        state.fault = None;
        state.ends_at = None;
    }

    /// Lets so many more calls change the disk; after them every one fails, until
    /// [`SimulatedDisk::lose_power`] says what is left.
    pub fn end_after(&self, operations: u64) {
        let state = &mut *self.state();
        state.ends_at = Some(state.operations + operations);
    }

    /// Takes back every fault and limit that has not come about.
    pub fn forgive(&self) {
        let state = &mut *self.state();
        (state.fault, state.ends_at, state.room) = (None, None, None);
    }

    /// Lets all files together have this many bytes.
    pub fn set_room(&self, bytes: Option<u64>) {
        self.state().room = bytes;
    }

    /// Makes the next call of its kind fail.
    pub fn inject(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// Takes the fault that is next, if it is this one.
    pub(super) fn takes(&self, fault: Fault) -> bool {
        self.state().fails(fault)
    }

    /// Whether a call was refused because [`SimulatedDisk::end_after`] had said so, or the next one is.
    pub fn is_without_power(&self) -> bool {
        let state = self.state();
        state.ends_at.is_some_and(|end| state.operations >= end)
    }

    /// Bytes of all files together.
    pub fn used(&self) -> u64 {
        let state = self.state();
        let lengths = state
            .names
            .values()
            .map(|&file| state.files[file].bytes.len());
        lengths.sum::<usize>() as u64
    }

    /// Calls so far that changed the disk.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// The bytes of a file as a process sees them.
    pub fn read(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        let file = *state.names.get(path)?;
        Some(state.files[file].bytes.clone())
    }

    /// Replaces a file by bytes that are durable: rot.
    pub fn overwrite(&self, path: &Path, bytes: &[u8]) {
        let state = &mut *self.state();
        let file = *state.names.entry(path.to_owned()).or_insert_with(|| {
            state.files.push(Content::default());
            state.files.len() - 1
        });
        state.durable_names.insert(path.to_owned(), file);
        state.files[file] = Content {
            durable: bytes.to_vec(),
            bytes: bytes.to_vec(),
            pending: Vec::new(),
        };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts a call that changes the disk.
    fn operate(&mut self) -> io::Result<()> {
        if self.ends_at.is_some_and(|end| self.operations >= end) {
            return Err(io::Error::other("the power is gone"));
        }
        self.operations += 1;
        Ok(())
    }

    fn has_room(&self, file: usize, length: usize) -> bool {
        let Some(room) = self.room else { return true };
        let others = self.names.values().filter(|&&other| other != file);
        let taken: usize = others.map(|&other| self.files[other].bytes.len()).sum();
        let length = length.max(self.files[file].bytes.len());
        (taken + length) as u64 <= room
    }

    /// Takes the fault if it is this one.
    fn fails(&mut self, fault: Fault) -> bool {
        self.fault.take_if(|next| *next == fault).is_some()
    }
}

impl Disk for SimulatedDisk {
    fn create_directory(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let children = state
            .names
            .keys()
            .filter(|name| name.parent() == Some(path));
        let names = children.filter_map(|name| Some(name.file_name()?.to_str()?.to_owned()));
        Ok(names.collect())
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>> {
        let state = &mut *self.state();
        let file = match (state.names.get(path), access) {
            (Some(_), Access::Create) => return Err(io::ErrorKind::AlreadyExists.into()),
            (Some(&file), _) => file,
            (None, Access::Create) => {
                state.operate()?;
                state.files.push(Content::default());
                let file = state.files.len() - 1;
                state.names.insert(path.to_owned(), file);
                file
            }
            (None, _) => return Err(io::ErrorKind::NotFound.into()),
        };
        Ok(Box::new(OpenFile {
            disk: self.clone(),
            file,
        }))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let state = &mut *self.state();
        state.operate()?;
        match state.names.remove(path) {
            Some(_) => Ok(()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Atomic on a real disk. Here either name may survive a loss of power, or both, or none, until the
    /// directory is synced: harder, and nobody may rely on more.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let state = &mut *self.state();
        state.operate()?;
        match state.names.remove(from) {
            Some(file) => {
                state.names.insert(to.to_owned(), file);
                Ok(())
            }
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn set_read_only(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        let state = &mut *self.state();
        state.operate()?;
        state
            .durable_names
            .retain(|name, _| name.parent() != Some(path));
        let names = state.names.iter();
        let synced = names.filter(|(name, _)| name.parent() == Some(path));
        state
            .durable_names
            .extend(synced.map(|(name, file)| (name.clone(), *file)));
        Ok(())
    }
}

#[derive(Debug)]
struct OpenFile {
    disk: SimulatedDisk,
    file: usize,
}

impl DiskFile for OpenFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.disk.state().files[self.file].bytes.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.disk.state();
        let bytes = &state.files[self.file].bytes;
        let rest = bytes.get(offset as usize..).unwrap_or_default();
        let read = rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let state = &mut *self.disk.state();
        state.operate()?;
        let offset = offset as usize;
        let has_room = state.has_room(self.file, offset + bytes.len());
        let error = match (state.fails(Fault::Write), has_room) {
            (false, true) => None,
            (true, _) => Some(io::ErrorKind::Other),
            (false, false) => Some(io::ErrorKind::StorageFull),
        };
        let content = &mut state.files[self.file];
        if let Some(error) = error {
            // What fits of it is there.
            let end = content.bytes.len().saturating_sub(offset).min(bytes.len());
            content.change(Change::Write(offset, bytes[..end / 2].to_vec()));
            return Err(error.into());
        }
        content.change(Change::Write(offset, bytes.to_vec()));
        Ok(())
    }

    fn allocate(&self, length: u64) -> io::Result<()> {
        let state = &mut *self.disk.state();
        state.operate()?;
        let length = length as usize;
        if !state.has_room(self.file, length) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let content = &mut state.files[self.file];
        if content.bytes.len() < length {
            content.change(Change::Length(length));
        }
        Ok(())
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        let state = &mut *self.disk.state();
        state.operate()?;
        state.files[self.file].change(Change::Length(length as usize));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let state = &mut *self.disk.state();
        state.operate()?;
        if state.fails(Fault::Sync) {
            let lost = std::mem::take(&mut state.files[self.file].pending);
            // A length is not data: it is tried again.
            state.files[self.file].pending = lost
                .into_iter()
                .filter(|change| matches!(change, Change::Length(_)))
                .collect();
            return Err(io::Error::other("injected"));
        }
        let content = &mut state.files[self.file];
        for change in std::mem::take(&mut content.pending) {
            change.apply(&mut content.durable);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> PathBuf {
        PathBuf::from("journal/file")
    }

    #[test]
    fn what_was_synced_stays_and_the_rest_may_go() {
        let mut seen = [false; 3];
        for seed in 0..200 {
            let disk = SimulatedDisk::default();
            let file = disk.open(&path(), Access::Create).unwrap();
            file.write_at(b"synced", 0).unwrap();
            file.sync().unwrap();
            disk.sync_directory(Path::new("journal")).unwrap();
            file.write_at(&[7; 1_024], 512).unwrap();
            disk.lose_power(seed);
            let bytes = disk.read(&path()).unwrap();
            assert_eq!(&bytes[..6], b"synced");
            let sectors = bytes.get(512..).unwrap_or_default();
            match sectors.iter().map(|&byte| usize::from(byte == 7)).sum() {
                0 => seen[0] = true,
                512 => seen[1] = true,
                1_024 => seen[2] = true,
                other => panic!("seed {seed}: {other} bytes of two sectors"),
            }
        }
        assert_eq!(seen, [true; 3]);
    }

    #[test]
    fn a_name_is_safe_once_its_directory_is_synced() {
        let survives = |is_synced: bool| {
            (0..50)
                .filter(|&seed| {
                    let disk = SimulatedDisk::default();
                    let file = disk.open(&path(), Access::Create).unwrap();
                    file.sync().unwrap();
                    if is_synced {
                        disk.sync_directory(Path::new("journal")).unwrap();
                    }
                    disk.lose_power(seed);
                    disk.read(&path()).is_some()
                })
                .count()
        };
        assert_eq!(survives(true), 50);
        assert!((10..40).contains(&survives(false)));
    }

    #[test]
    fn without_room_nothing_grows() {
        let disk = SimulatedDisk::default();
        let file = disk.open(&path(), Access::Create).unwrap();
        disk.set_room(Some(100));
        assert!(file.allocate(100).is_ok());
        let full = |result: io::Result<()>| {
            result.is_err_and(|error| error.kind() == io::ErrorKind::StorageFull)
        };
        assert!(full(file.allocate(101)));
        assert!(full(file.write_at(&[1; 2], 99)));
        assert!(file.write_at(&[1; 2], 98).is_ok());
        disk.set_room(None);
        assert!(file.allocate(101).is_ok());
    }
}
