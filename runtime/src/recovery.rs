//! From files to a shard: the newest verified snapshot, then every input of the journal after it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use engine::{EventBuf, Shard};
use types::{Seq, ShardId};

use crate::config::{Config, Projection, Step};
use crate::journal::{self, JournalError, Writer};
use crate::snapshot::{SnapshotStore, SnapshotStoreError};

/// What a start found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    /// Where the snapshot that was restored stands; `None` when the whole journal was replayed.
    pub snapshot_seq: Option<Seq>,
    /// Inputs replayed from the journal.
    pub replayed: u64,
    /// The last input of the journal; the next one follows it.
    pub seq: Seq,
    /// Bytes of a torn tail that were cut off the journal. Nobody was promised them.
    pub torn_bytes_cut: u64,
    /// How long it took.
    pub elapsed: Duration,
}

/// Why a data directory cannot be recovered.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The journal is damaged or cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The snapshot store cannot be used.
    #[error(transparent)]
    Snapshots(#[from] SnapshotStoreError),
    /// The directory belongs to another shard.
    #[error("the snapshot is of shard {found}, not of shard {expected}")]
    Shard {
        /// What the snapshot says.
        found: ShardId,
        /// What was asked for.
        expected: ShardId,
    },
}

pub(crate) struct Recovered {
    pub(crate) shard: Shard,
    pub(crate) writer: Writer,
    pub(crate) store: SnapshotStore,
    pub(crate) report: Recovery,
}

pub(crate) fn journal_directory(data: &Path) -> PathBuf {
    data.join("journal")
}

pub(crate) fn snapshot_directory(data: &Path) -> PathBuf {
    data.join("snapshots")
}

pub(crate) fn recover(
    config: &Config,
    projection: &mut Option<Projection>,
) -> Result<Recovered, RecoveryError> {
    let started = Instant::now();
    let (store, restored) = SnapshotStore::open(&snapshot_directory(&config.directory))?;
    let snapshot_seq = restored.as_ref().map(|restored| restored.shard.seq());
    let mut shard = match restored {
        None => Shard::new(config.shard, config.limits),
        Some(restored) if restored.shard.id() == config.shard => restored.shard,
        Some(restored) => {
            return Err(RecoveryError::Shard {
                found: restored.shard.id(),
                expected: config.shard,
            });
        }
    };
    if let Some(projection) = projection {
        projection(Step::Restored, &shard);
    }
    let mut replayed = 0;
    let mut events = EventBuf::default();
    let opened = journal::open(
        &journal_directory(&config.directory),
        config.shard,
        config.segment_bytes_max,
        snapshot_seq.unwrap_or_default(),
        |input| {
            events.clear();
            shard.apply(&input, &mut events);
            if let Some(projection) = projection {
                let (input, events) = (&input, events.as_slice());
                projection(Step::Applied { input, events }, &shard);
            }
            replayed += 1;
        },
    )?;
    let report = Recovery {
        snapshot_seq,
        replayed,
        seq: shard.seq(),
        torn_bytes_cut: opened.torn_bytes_cut,
        elapsed: started.elapsed(),
    };
    if report.torn_bytes_cut > 0 {
        tracing::warn!(
            bytes = report.torn_bytes_cut,
            seq = %report.seq,
            "a torn tail was cut off the journal"
        );
    }
    Ok(Recovered {
        shard,
        writer: opened.writer,
        store,
        report,
    })
}
