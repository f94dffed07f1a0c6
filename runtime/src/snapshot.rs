//! Verified snapshots in sled. The one file that knows sled, so that it can be swapped.
//!
//! sled is trusted with nothing: its `flush` does not fsync on Linux, a killed process or a flipped bit
//! can make it panic, refuse to open, or lose keys without a word. So every value carries our CRC32C
//! over its key and content, the manifest of a snapshot is written after its chunks, files are synced
//! here, and what is read is restored and hashed before it counts. A store that misbehaves in any way
//! is set aside, whole, and a new one is begun: the journal can rebuild everything in it. A file of ours
//! beside sled's, `kept`, says which snapshots must be there, so that lost keys are seen too.
//!
//! Keys: `c` + seq + chunk index, and `m` + seq (big-endian, so that they sort).

use std::fs::{self, File};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use engine::{Shard, StateHash};
use types::Seq;

/// Bytes of a snapshot in one value.
const CHUNK_BYTES: usize = 32 << 10;
/// How many snapshots are kept.
const SNAPSHOTS_KEPT: usize = 2;

const CACHE_BYTES: u64 = 16 << 20;
/// Seqs that must be in the store, 8 bytes each, little-endian, and a CRC32C of them.
const KEPT_FILE: &str = "kept";
const LOCK_WAIT_MAX: Duration = Duration::from_secs(5);
const LOCK_POLL: Duration = Duration::from_millis(5);
const CRC_BYTES: usize = 4;
/// Seq, length, state hash, chunk count.
const MANIFEST_BYTES: usize = 8 + 8 + 32 + 4;

/// Why the snapshot store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotStoreError {
    /// The operating system refused.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// A write did not come back. Nothing more is kept until the next start.
    #[error("the snapshot store {} does not answer", path.display())]
    Stuck {
        /// Its directory.
        path: PathBuf,
    },
    /// Also a new, empty store does not work.
    #[error("the snapshot store {} does not work: {reason}", path.display())]
    Unusable {
        /// Its directory.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
}

/// A shard restored from a snapshot that was verified.
#[derive(Debug)]
pub struct Restored {
    /// The shard, at the snapshot's seq.
    pub shard: Shard,
    /// Bytes of the snapshot.
    pub bytes: usize,
}

/// Where verified snapshots are kept.
pub trait Snapshots: std::fmt::Debug + Send {
    /// Writes a snapshot durably and forgets all but the two newest.
    ///
    /// # Errors
    /// When it cannot be written. The journal has everything.
    fn write(&mut self, seq: Seq, hash: StateHash, bytes: &[u8]) -> Result<(), SnapshotStoreError>;

    /// Seqs of the snapshots that are kept, oldest first.
    fn seqs(&self) -> Vec<Seq>;
}

/// The open store.
#[derive(Debug)]
pub struct SnapshotStore {
    path: PathBuf,
    db: sled::Db,
}

/// What is wrong with the store; the store is set aside whatever it is, but for a lack of room.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
struct Fault {
    what: String,
    is_full: bool,
}

impl Fault {
    const fn new(what: String) -> Self {
        let is_full = false;
        Self { what, is_full }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self {
            is_full: error.kind() == io::ErrorKind::StorageFull,
            what: error.to_string(),
        }
    }
}

impl From<sled::Error> for Fault {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) => error.into(),
            other => Self::new(other.to_string()),
        }
    }
}

struct Manifest {
    seq: Seq,
    length: u64,
    hash: StateHash,
    chunks: u32,
}

impl SnapshotStore {
    /// Opens the store and restores the newest snapshot that verifies.
    ///
    /// # Errors
    /// When no store can be made to work. A damaged store is no error: it is set aside.
    pub fn open(path: &Path) -> Result<(Self, Option<Restored>), SnapshotStoreError> {
        let mut restored = None;
        let fault = match guarded(|| open_db(path)) {
            Ok(db) => match guarded(|| restore_newest(&db, path, &mut restored)) {
                Ok(()) => {
                    let store = Self {
                        path: path.to_owned(),
                        db,
                    };
                    return Ok((store, restored));
                }
                Err(fault) => {
                    close(db);
                    fault
                }
            },
            Err(fault) => fault,
        };
        let db = begin_again(path, &fault)?;
        let store = Self {
            path: path.to_owned(),
            db,
        };
        Ok((store, restored))
    }

    /// Where the snapshots of a store stand that verify now, oldest first; none when there is no store. One
    /// that is damaged is set aside, as a start does.
    ///
    /// # Errors
    /// As [`SnapshotStore::open`].
    pub fn verified(path: &Path) -> Result<Vec<Seq>, SnapshotStoreError> {
        if !path.exists() {
            return Ok(Vec::new());
        }
        let (store, _) = Self::open(path)?;
        let verified = guarded(|| {
            let mut verified = Vec::new();
            for entry in store.db.scan_prefix(b"m") {
                let (key, value) = entry?;
                if guarded(|| restore(&store.db, &key, &value)).is_ok() {
                    verified.push(seq_of(&key));
                }
            }
            Ok(verified)
        });
        Ok(verified.unwrap_or_default())
    }

    fn unusable(&self, fault: &Fault) -> SnapshotStoreError {
        unusable(&self.path, fault)
    }
}

impl Snapshots for SnapshotStore {
    /// Fails when also a new, empty store does not take it.
    fn write(&mut self, seq: Seq, hash: StateHash, bytes: &[u8]) -> Result<(), SnapshotStoreError> {
        let Err(fault) = guarded(|| write_snapshot(&self.db, &self.path, seq, hash, bytes)) else {
            return Ok(());
        };
        if fault.is_full {
            // What is in the store is as good as before; the next snapshot may find room.
            return Err(SnapshotStoreError::Io {
                doing: "write",
                path: self.path.clone(),
                source: io::ErrorKind::StorageFull.into(),
            });
        }
        // The old handle goes before the directory is opened anew; a closed stand-in takes its place.
        let stand_in = guarded(|| Ok(sled::Config::new().temporary(true).open()?))
            .map_err(|fault| self.unusable(&fault))?;
        close(std::mem::replace(&mut self.db, stand_in));
        self.db = begin_again(&self.path, &fault)?;
        guarded(|| write_snapshot(&self.db, &self.path, seq, hash, bytes))
            .map_err(|fault| self.unusable(&fault))
    }

    fn seqs(&self) -> Vec<Seq> {
        guarded(|| {
            self.db
                .scan_prefix(b"m")
                .keys()
                .map(|key| Ok(seq_of(&key?)))
                .collect()
        })
        .unwrap_or_default()
    }
}

fn unusable(path: &Path, fault: &Fault) -> SnapshotStoreError {
    SnapshotStoreError::Unusable {
        path: path.to_owned(),
        reason: fault.to_string(),
    }
}

/// Runs `act` and turns a panic into a fault.
fn guarded<T>(act: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        Err(Fault::new(format!(
            "sled panicked: {}",
            crate::shared::panic_text(&*panic)
        )))
    })
}

/// Opens the database. The data directory is ours alone, so a lock on it is what an earlier handle of
/// this process (sled's own threads let go late) or a process that is just being started still holds.
fn open_db(path: &Path) -> Result<sled::Db, Fault> {
    let config = sled::Config::new()
        .path(path)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(None);
    let started = Instant::now();
    loop {
        match config.open() {
            Err(sled::Error::Io(error))
                if error.to_string().contains("could not acquire lock")
                    && started.elapsed() < LOCK_WAIT_MAX =>
            {
                std::thread::sleep(LOCK_POLL);
            }
            other => return Ok(other?),
        }
    }
}

/// Drops a database whose destructor may panic.
fn close(db: sled::Db) {
    let _ = guarded(|| {
        drop(db);
        Ok(())
    });
}

/// Renames the store's directory and opens a new one.
fn begin_again(path: &Path, fault: &Fault) -> Result<sled::Db, SnapshotStoreError> {
    if path.exists() {
        let aside = (1..=u16::MAX)
            .map(|number| path.with_extension(format!("damaged-{number}")))
            .find(|aside| !aside.exists())
            .unwrap_or_else(|| path.with_extension("damaged"));
        fs::rename(path, &aside).map_err(|source| SnapshotStoreError::Io {
            doing: "set aside",
            path: path.to_owned(),
            source,
        })?;
        tracing::warn!(
            fault = %fault,
            set_aside = %aside.display(),
            "the snapshot store is damaged; it was set aside and is rebuilt from the journal"
        );
    }
    guarded(|| open_db(path)).map_err(|fault| unusable(path, &fault))
}

/// Restores the newest snapshot that verifies into `restored`. Any snapshot that does not is a fault,
/// also when an older one does, and so is one that must be there and is not.
fn restore_newest(
    db: &sled::Db,
    path: &Path,
    restored: &mut Option<Restored>,
) -> Result<(), Fault> {
    let mut fault = match kept(path) {
        Err(fault) => Some(fault),
        Ok(kept) => kept
            .into_iter()
            .find(|&seq| !matches!(db.contains_key(manifest_key(seq)), Ok(true)))
            .map(|seq| Fault::new(format!("snapshot {seq} is lost"))),
    };
    for entry in db.scan_prefix(b"m").rev() {
        let (key, value) = entry?;
        match guarded(|| restore(db, &key, &value)) {
            Ok(snapshot) => {
                *restored = Some(snapshot);
                break;
            }
            Err(found) => fault = fault.or(Some(found)),
        }
    }
    fault.map_or(Ok(()), Err)
}

fn restore(db: &sled::Db, key: &[u8], value: &[u8]) -> Result<Restored, Fault> {
    let manifest = Manifest::from_bytes(open_value(key, value)?)
        .filter(|manifest| key == manifest_key(manifest.seq))
        .ok_or_else(|| Fault::new("a manifest has the wrong form".to_owned()))?;
    let seq = manifest.seq;
    let fault = |text: &str| Fault::new(format!("snapshot {seq}: {text}"));
    let mut bytes = Vec::new();
    for index in 0..manifest.chunks {
        let key = chunk_key(seq, index);
        let value = db.get(&key)?.ok_or_else(|| fault("a chunk is missing"))?;
        bytes.extend_from_slice(open_value(&key, &value)?);
    }
    if bytes.len() as u64 != manifest.length {
        return Err(fault("the length does not match"));
    }
    let shard = Shard::restore(&bytes).map_err(|error| fault(&error.to_string()))?;
    if shard.state_hash() != manifest.hash || shard.seq() != seq {
        return Err(fault("the state hash does not match"));
    }
    Ok(Restored {
        shard,
        bytes: bytes.len(),
    })
}

fn write_snapshot(
    db: &sled::Db,
    path: &Path,
    seq: Seq,
    hash: StateHash,
    bytes: &[u8],
) -> Result<(), Fault> {
    let mut chunks = 0;
    for chunk in bytes.chunks(CHUNK_BYTES) {
        let key = chunk_key(seq, chunks);
        db.insert(&key, sealed_value(&key, chunk))?;
        chunks += 1;
    }
    sync(db, path)?;
    let manifest = Manifest {
        seq,
        length: bytes.len() as u64,
        hash,
        chunks,
    };
    let key = manifest_key(seq);
    db.insert(&key, sealed_value(&key, &manifest.to_bytes()))?;
    sync(db, path)?;

    let manifests = db.scan_prefix(b"m").keys().collect::<Result<Vec<_>, _>>()?;
    let oldest_kept = manifests
        .iter()
        .rev()
        .map(|key| seq_of(key))
        .nth(SNAPSHOTS_KEPT - 1)
        .unwrap_or(Seq(0));
    let kept: Vec<_> = manifests
        .iter()
        .map(|key| seq_of(key))
        .filter(|seq| *seq >= oldest_kept)
        .collect();
    keep(path, &kept)?;
    for key in manifests {
        if seq_of(&key) < oldest_kept {
            db.remove(key)?;
        }
    }
    for key in db.scan_prefix(b"c").keys() {
        let key = key?;
        if seq_of(&key) < oldest_kept {
            db.remove(key)?;
        }
    }
    Ok(())
}

/// Notes which snapshots must be there, once they are durable and before others are removed.
fn keep(path: &Path, seqs: &[Seq]) -> io::Result<()> {
    let mut bytes: Vec<u8> = seqs.iter().flat_map(|seq| seq.0.to_le_bytes()).collect();
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
    let temporary = path.join(format!("{KEPT_FILE}.tmp"));
    let mut file = File::create(&temporary)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path.join(KEPT_FILE))?;
    File::open(path)?.sync_all()
}

/// Which snapshots must be there; none in a store that has never had one.
fn kept(path: &Path) -> Result<Vec<Seq>, Fault> {
    let bytes = match fs::read(path.join(KEPT_FILE)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let fault = || Fault::new(format!("{KEPT_FILE} does not check"));
    let (seqs, crc) = bytes.split_last_chunk().ok_or_else(fault)?;
    let (seqs, rest) = seqs.as_chunks();
    if !rest.is_empty() || u32::from_le_bytes(*crc) != crc32c::crc32c(seqs.as_flattened()) {
        return Err(fault());
    }
    Ok(seqs
        .iter()
        .map(|seq| Seq(u64::from_le_bytes(*seq)))
        .collect())
}

fn sync(db: &sled::Db, path: &Path) -> Result<(), Fault> {
    db.flush()?;
    Ok(sync_files(path)?)
}

fn sync_files(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_files(&entry.path())?;
        } else {
            match File::open(entry.path()) {
                Ok(file) => file.sync_all()?,
                // sled removes its own generation files as it goes.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    File::open(path)?.sync_all()
}

fn manifest_key(seq: Seq) -> Vec<u8> {
    [b"m", &seq.0.to_be_bytes()[..]].concat()
}

fn chunk_key(seq: Seq, index: u32) -> Vec<u8> {
    [b"c", &seq.0.to_be_bytes()[..], &index.to_be_bytes()].concat()
}

/// The seq within a key; 0 for a key that is none of ours, which makes it the first to be forgotten.
fn seq_of(key: &[u8]) -> Seq {
    key.get(1..9)
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(Seq(0), |bytes| Seq(u64::from_be_bytes(bytes)))
}

fn sealed_value(key: &[u8], content: &[u8]) -> Vec<u8> {
    let crc = crc32c::crc32c_append(crc32c::crc32c(key), content);
    [&crc.to_le_bytes(), content].concat()
}

fn open_value<'a>(key: &[u8], value: &'a [u8]) -> Result<&'a [u8], Fault> {
    value
        .split_at_checked(CRC_BYTES)
        .filter(|(crc, content)| {
            **crc == crc32c::crc32c_append(crc32c::crc32c(key), content).to_le_bytes()
        })
        .map(|(_, content)| content)
        .ok_or_else(|| Fault::new(format!("snapshot {}: a value does not check", seq_of(key))))
}

impl Manifest {
    fn to_bytes(&self) -> [u8; MANIFEST_BYTES] {
        let mut bytes = [0; MANIFEST_BYTES];
        bytes[..8].copy_from_slice(&self.seq.0.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.length.to_le_bytes());
        bytes[16..48].copy_from_slice(&self.hash.0);
        bytes[48..].copy_from_slice(&self.chunks.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != MANIFEST_BYTES {
            return None;
        }
        Some(Self {
            seq: Seq(u64::from_le_bytes(bytes[..8].try_into().ok()?)),
            length: u64::from_le_bytes(bytes[8..16].try_into().ok()?),
            hash: StateHash(bytes[16..48].try_into().ok()?),
            chunks: u32::from_le_bytes(bytes[48..].try_into().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{EventBuf, Limits};
    use types::{Input, InputKind, ShardId, Timer, TimestampNs};

    fn shard_at(seq: u64) -> Shard {
        let mut shard = Shard::new(ShardId(0), Limits::default());
        let mut events = EventBuf::default();
        for seq in 1..=seq {
            let input = Input {
                seq: Seq(seq),
                ts: TimestampNs(seq),
                kind: InputKind::Timer(Timer::Clock),
            };
            shard.apply(&input, &mut events);
        }
        shard
    }

    fn write(store: &mut SnapshotStore, shard: &Shard) {
        let mut bytes = Vec::new();
        shard.encode(&mut bytes);
        store
            .write(shard.seq(), shard.state_hash(), &bytes)
            .unwrap();
    }

    #[test]
    fn the_two_newest_are_kept_and_the_newest_is_restored() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("snapshots");
        let (mut store, restored) = SnapshotStore::open(&path).unwrap();
        assert!(restored.is_none());
        for seq in [3, 5, 8] {
            write(&mut store, &shard_at(seq));
        }
        assert_eq!(store.seqs(), [Seq(5), Seq(8)]);
        drop(store);
        let (_store, restored) = SnapshotStore::open(&path).unwrap();
        let restored = restored.unwrap();
        assert_eq!(restored.shard.state_hash(), shard_at(8).state_hash());
    }

    #[test]
    fn a_snapshot_that_does_not_verify_sends_the_store_aside_and_the_older_one_is_used() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("snapshots");
        let (mut store, _) = SnapshotStore::open(&path).unwrap();
        write(&mut store, &shard_at(3));
        write(&mut store, &shard_at(5));
        // A chunk whose own checksum holds but which is not what was hashed.
        let key = chunk_key(Seq(5), 0);
        let mut other = Vec::new();
        shard_at(4).encode(&mut other);
        store.db.insert(&key, sealed_value(&key, &other)).unwrap();
        drop(store);

        let (store, restored) = SnapshotStore::open(&path).unwrap();
        assert_eq!(restored.unwrap().shard.seq(), Seq(3));
        assert_eq!(store.seqs(), []);
        assert!(path.with_extension("damaged-1").is_dir());
    }

    #[test]
    fn only_a_lack_of_room_leaves_the_store_in_place() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        assert!(Fault::from(sled::Error::Io(full())).is_full);
        assert!(Fault::from(full()).is_full);
        let other = || io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(!Fault::from(sled::Error::Io(other())).is_full);
        assert!(!Fault::from(sled::Error::Unsupported(String::new())).is_full);
    }

    #[test]
    fn a_value_checks_only_under_its_own_key() {
        let value = sealed_value(b"c1", b"content");
        assert_eq!(open_value(b"c1", &value).unwrap(), b"content");
        assert!(open_value(b"c2", &value).is_err());
        assert!(open_value(b"c1", &value[..3]).is_err());
    }
}
