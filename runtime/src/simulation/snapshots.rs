//! A snapshot store on a simulated disk: one file for each snapshot, checked by its hash.

use std::io;
use std::path::{Path, PathBuf};

use engine::{Shard, StateHash};
use types::Seq;

use super::{Fault, SimulatedDisk};
use crate::disk::{Access, Disk};
use crate::journal::{Chain, Mark};
use crate::snapshot::{Restored, SnapshotStoreError, Snapshots};

const DIRECTORY: &str = "snapshots";
const HASH_BYTES: usize = 32;
const CHAIN_BYTES: usize = 8;
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
            if let Some((hash, rest)) = bytes.split_at_checked(HASH_BYTES)
                && let Some((chain, state)) = rest.split_first_chunk::<CHAIN_BYTES>()
                && let Ok(shard) = Shard::restore(state)
                && shard.state_hash().0[..] == *hash
                && shard.seq() == seq
            {
                let restored = Restored {
                    shard,
                    chain: Chain(u64::from_le_bytes(*chain)),
                    bytes: state.len(),
                };
                return (store, Some(restored));
            }
            let _ = disk.remove(&path(seq));
        }
        (store, None)
    }

    fn remove_all(&self) {
        for seq in self.seqs() {
            let _ = self.disk.remove(&path(seq));
        }
    }
}

fn path(seq: Seq) -> PathBuf {
    Path::new(DIRECTORY).join(format!("{seq:020}"))
}

impl Snapshots for SimulatedSnapshots {
    fn write(&mut self, at: Mark, hash: StateHash, bytes: &[u8]) -> Result<(), SnapshotStoreError> {
        let seq = at.seq;
        let content = [&hash.0[..], &at.chain.0.to_le_bytes(), bytes].concat();
        if self.disk.takes(Fault::SnapshotHangs) {
            let file = self.disk.open(&path(seq), Access::Create);
            let _ = file.and_then(|file| file.write_at(&content[..content.len() / 2], 0));
            // It is set aside, with all that it has.
            self.remove_all();
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

    fn give_up(&mut self, _: String) -> Result<(), SnapshotStoreError> {
        self.remove_all();
        Ok(())
    }

    fn seqs(&self) -> Vec<Seq> {
        let names = self.disk.list(Path::new(DIRECTORY)).unwrap_or_default();
        let mut seqs: Vec<Seq> = names.iter().filter_map(|name| name.parse().ok()).collect();
        seqs.sort_unstable();
        seqs
    }
}
