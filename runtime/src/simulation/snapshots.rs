//! A snapshot store on a simulated disk: one file for each snapshot, checked by its hash.

use std::io;
use std::path::{Path, PathBuf};

use engine::{Shard, StateHash};
use types::Seq;

use super::{Fault, SimulatedDisk};
use crate::disk::{Access, Disk};
use crate::snapshot::{Restored, SnapshotStoreError, Snapshots};

const DIRECTORY: &str = "snapshots";
const HASH_BYTES: usize = 32;
/// How many are kept.
const KEPT: usize = 2;

/// Snapshots on a simulated disk.
#[derive(Debug)]
pub struct SimulatedSnapshots {
    disk: SimulatedDisk,
}

impl SimulatedSnapshots {
    /// Opens the store and restores the newest snapshot that verifies; others are removed.
    pub fn open(disk: &SimulatedDisk) -> (Self, Option<Restored>) {
        let store = Self { disk: disk.clone() };
        for seq in store.seqs().into_iter().rev() {
            let bytes = disk.read(&path(seq)).unwrap_or_default();
            if let Some((hash, state)) = bytes.split_at_checked(HASH_BYTES)
                && let Ok(shard) = Shard::restore(state)
                && shard.state_hash().0[..] == *hash
                && shard.seq() == seq
            {
                let bytes = state.len();
                return (store, Some(Restored { shard, bytes }));
            }
            let _ = disk.remove(&path(seq));
        }
        (store, None)
    }
}

fn path(seq: Seq) -> PathBuf {
    Path::new(DIRECTORY).join(format!("{seq:020}"))
}

impl Snapshots for SimulatedSnapshots {
    fn write(&mut self, seq: Seq, hash: StateHash, bytes: &[u8]) -> Result<(), SnapshotStoreError> {
        let content = [&hash.0[..], bytes].concat();
        if self.disk.takes(Fault::SnapshotHangs) {
            let file = self.disk.open(&path(seq), Access::Create);
            let _ = file.and_then(|file| file.write_at(&content[..content.len() / 2], 0));
            // It is set aside, with all that it has.
            for seq in self.seqs() {
                let _ = self.disk.remove(&path(seq));
            }
            let path = PathBuf::from(DIRECTORY);
            return Err(SnapshotStoreError::Stuck { path });
        }
        let write = || {
            let file = self.disk.open(&path(seq), Access::Create)?;
            if self.disk.takes(Fault::SnapshotFull) {
                file.write_at(&content[..content.len() / 2], 0)?;
                return Err(io::ErrorKind::StorageFull.into());
            }
            file.write_at(&content, 0)?;
            file.sync()?;
            self.disk.sync_directory(Path::new(DIRECTORY))?;
            let seqs = self.seqs();
            for old in &seqs[..seqs.len().saturating_sub(KEPT)] {
                self.disk.remove(&path(*old))?;
            }
            Ok(())
        };
        write().map_err(|source: io::Error| {
            let _ = self.disk.remove(&path(seq));
            SnapshotStoreError::Io {
                doing: "write",
                path: path(seq),
                source,
            }
        })
    }

    fn seqs(&self) -> Vec<Seq> {
        let names = self.disk.list(Path::new(DIRECTORY)).unwrap_or_default();
        let mut seqs: Vec<Seq> = names.iter().filter_map(|name| name.parse().ok()).collect();
        seqs.sort_unstable();
        seqs
    }
}
