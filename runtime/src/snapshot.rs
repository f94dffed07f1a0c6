//! Verified snapshots in sled. The one file that knows sled, so that it can be swapped.
//!
//! sled is trusted with nothing: its `flush` does not fsync on Linux, a killed process or a flipped bit
//! can make it panic, refuse to open, or lose keys without a word. So every value carries our CRC32C
//! over its key and content, the manifest of a snapshot is written after its chunks, files are synced
//! here, and what is read is restored and hashed before it counts. A store that misbehaves in any way
//! is set aside, whole, and a new one is begun: the journal can rebuild everything in it. A file of ours
//! beside sled's, `kept`, says which snapshots must be there, so that lost keys are seen too. A manifest has the chain
//! of the journal where its snapshot stands, so that a snapshot of another journal is known as one.
//!
//! A store whose writes once failed may wait inside its flush for ever, also after it was opened again. So room is
//! looked for before sled is asked to write, one that met a full disk all the same is never written again, and one
//! that is opened has to take a key within `PROBE_MAX`.
//!
//! Keys: `c` + seq + chunk index, and `m` + seq (big-endian, so that they sort). What stands under `m` is in `manifest`.

mod manifest;

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use engine::{Shard, StateHash};
use types::Seq;

use crate::journal::{Chain, Mark};
use manifest::Manifest;

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
/// Written and removed when a store is opened; no snapshot has it.
const PROBE_KEY: &[u8] = b"probe";
/// A store that is opened takes this long at most to do so.
pub(crate) const PROBE_MAX: Duration = Duration::from_secs(5);
/// Room that must be left beside that for twice the snapshot: sled takes it half a mebibyte at a time.
const ROOM_BYTES: u64 = 8 << 20;

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
    /// A write did not come back. The next one begins a new store.
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
    /// Chain of the journal that it was taken from, after that seq.
    pub chain: Chain,
    /// Bytes of the snapshot.
    pub bytes: usize,
}

/// Where verified snapshots are kept.
pub trait Snapshots: std::fmt::Debug + Send {
    /// Writes a snapshot durably and forgets all but the two newest. `at` is where the journal stands with it.
    ///
    /// # Errors
    /// When it cannot be written. The journal has everything.
    fn write(&mut self, at: Mark, hash: StateHash, bytes: &[u8]) -> Result<(), SnapshotStoreError>;

    /// Gives up all snapshots that there are, for what is wrong with them, and begins anew.
    ///
    /// # Errors
    /// When they cannot be set aside, or a new store does not work. A lack of room is none.
    fn give_up(&mut self, what: String) -> Result<(), SnapshotStoreError>;

    /// Seqs of the snapshots that are kept, oldest first.
    fn seqs(&self) -> Vec<Seq>;
}

/// The store.
#[derive(Debug)]
pub struct SnapshotStore {
    path: PathBuf,
    state: State,
}

#[derive(Debug)]
enum State {
    Open {
        db: sled::Db,
        /// The inode of its directory: once another stands there, this store was given up.
        inode: u64,
    },
    /// What stands at the path is set aside before the next write.
    Faulty(Fault),
}

/// What is wrong with the store; it is set aside whatever it is. Without room, that and a new store wait for some.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{what}")]
struct Fault {
    what: String,
    is_full: bool,
    /// Another store stands in its place: it was given up while it wrote.
    is_replaced: bool,
}

impl Fault {
    const fn new(what: String) -> Self {
        Self {
            what,
            is_full: false,
            is_replaced: false,
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self {
            is_full: matches!(
                error.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ),
            is_replaced: false,
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

impl SnapshotStore {
    /// Opens the store and restores the newest snapshot that verifies.
    ///
    /// # Errors
    /// When no store can be made to work. A damaged store is no error: it is set aside. A lack of room is
    /// none either: the store takes nothing until there is some.
    pub fn open(path: &Path) -> Result<(Self, Option<Restored>), SnapshotStoreError> {
        let mut restored = None;
        let fault = match guarded(|| open_db(path)) {
            Ok(db) => match guarded(|| restore_newest(&db, path, &mut restored)) {
                Ok(()) => match proven(db, path) {
                    Ok(state) => {
                        let path = path.to_owned();
                        return Ok((Self { path, state }, restored));
                    }
                    Err(fault) => fault,
                },
                Err(fault) => {
                    close(db);
                    fault
                }
            },
            Err(fault) => fault,
        };
        let mut store = Self::given_up(path, fault);
        store.begin_again_with_room()?;
        Ok((store, restored))
    }

    /// A store in the place of one that does not answer. What stands there is set aside at the first write.
    pub(crate) fn instead(path: &Path) -> Self {
        Self::given_up(path, Fault::new("it does not answer".to_owned()))
    }

    fn given_up(path: &Path, fault: Fault) -> Self {
        Self {
            path: path.to_owned(),
            state: State::Faulty(fault),
        }
    }

    /// Where the snapshots of a store stand that verify now, oldest first; none when there is no store. One
    /// that is damaged is set aside, as a start does.
    ///
    /// # Errors
    /// As [`SnapshotStore::open`], and where there is no room to open it: what it has is not known.
    pub fn verified(path: &Path) -> Result<Vec<Seq>, SnapshotStoreError> {
        if !path.exists() {
            return Ok(Vec::new());
        }
        let (store, _) = Self::open(path)?;
        let db = match &store.state {
            State::Open { db, .. } => db,
            State::Faulty(fault) if fault.is_full => return Err(store.full("open")),
            State::Faulty(_) => return Ok(Vec::new()),
        };
        let verified = guarded(|| {
            let mut verified = Vec::new();
            for entry in db.scan_prefix(b"m") {
                let (key, value) = entry?;
                if guarded(|| restore(db, &key, &value)).is_ok() {
                    verified.push(seq_of(&key));
                }
            }
            Ok(verified)
        });
        Ok(verified.unwrap_or_default())
    }

    /// Sets aside what stands at the path of a faulty store, and opens a new one. It stays faulty where that
    /// fails.
    fn begin_again(&mut self) -> Result<(), SnapshotStoreError> {
        let State::Faulty(fault) = &self.state else {
            return Ok(());
        };
        self.look_for_room(0)?;
        set_aside(&self.path, fault)?;
        let opened = guarded(|| {
            let db = open_db(&self.path)?;
            Ok(State::Open {
                inode: inode(&self.path)?,
                db,
            })
        });
        match opened {
            Ok(state) => self.state = state,
            Err(fault) => {
                let error = self.error(&fault);
                self.state = State::Faulty(fault);
                return Err(error);
            }
        }
        Ok(())
    }

    /// As [`Self::begin_again`]; without room the store stays faulty, and the next write tries again.
    fn begin_again_with_room(&mut self) -> Result<(), SnapshotStoreError> {
        match self.begin_again() {
            Err(SnapshotStoreError::Io { source, .. })
                if source.kind() == io::ErrorKind::StorageFull =>
            {
                if let State::Faulty(fault) = &self.state {
                    tracing::warn!(
                        %fault,
                        store = %self.path.display(),
                        "the disk has no room for the snapshot store, which is left as it is; the state is rebuilt from the \
                         journal"
                    );
                }
                Ok(())
            }
            begun => begun,
        }
    }

    /// Whether sled will find room for a snapshot of so many bytes, as far as the file system knows.
    fn look_for_room(&self, bytes: usize) -> Result<(), SnapshotStoreError> {
        match room(&self.path) {
            Some(room) if room < room_needed(bytes) => Err(self.full("write")),
            _ => Ok(()),
        }
    }

    fn full(&self, doing: &'static str) -> SnapshotStoreError {
        SnapshotStoreError::Io {
            doing,
            path: self.path.clone(),
            source: io::ErrorKind::StorageFull.into(),
        }
    }

    fn error(&self, fault: &Fault) -> SnapshotStoreError {
        if fault.is_full {
            return self.full("write");
        }
        SnapshotStoreError::Unusable {
            path: self.path.clone(),
            reason: fault.to_string(),
        }
    }

    /// Writes into the open store; what goes wrong makes it faulty.
    fn try_write(&mut self, at: Mark, hash: StateHash, bytes: &[u8]) -> Result<(), Fault> {
        let State::Open { db, inode } = &self.state else {
            return Ok(());
        };
        let written = guarded(|| write_snapshot(db, (&self.path, *inode), at, hash, bytes));
        let Err(fault) = written else {
            return Ok(());
        };
        let fault = Fault {
            is_replaced: self::inode(&self.path).is_ok_and(|now| now != *inode),
            ..fault
        };
        self.fail(fault.clone());
        Err(fault)
    }

    fn fail(&mut self, fault: Fault) {
        if let State::Open { db, .. } = std::mem::replace(&mut self.state, State::Faulty(fault)) {
            close(db);
        }
    }
}

impl Snapshots for SnapshotStore {
    /// Fails when there is no room, and when also a new, empty store does not take it.
    fn write(&mut self, at: Mark, hash: StateHash, bytes: &[u8]) -> Result<(), SnapshotStoreError> {
        self.look_for_room(bytes.len())?;
        self.begin_again()?;
        let Err(fault) = self.try_write(at, hash, bytes) else {
            return Ok(());
        };
        if fault.is_full || fault.is_replaced {
            return Err(self.error(&fault));
        }
        self.begin_again()?;
        self.try_write(at, hash, bytes)
            .map_err(|fault| self.error(&fault))
    }

    fn give_up(&mut self, what: String) -> Result<(), SnapshotStoreError> {
        self.fail(Fault::new(what));
        self.begin_again_with_room()
    }

    fn seqs(&self) -> Vec<Seq> {
        let State::Open { db, .. } = &self.state else {
            return Vec::new();
        };
        guarded(|| {
            db.scan_prefix(b"m")
                .keys()
                .map(|key| Ok(seq_of(&key?)))
                .collect()
        })
        .unwrap_or_default()
    }
}

/// Bytes that are free where a store is or will be, if the file system says so.
fn room(path: &Path) -> Option<u64> {
    let above = path.parent().filter(|_| !path.exists());
    let found = rustix::fs::statvfs(above.unwrap_or(path)).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Bytes that must be free for a snapshot of so many.
const fn room_needed(bytes: usize) -> u64 {
    ROOM_BYTES.saturating_add((bytes as u64).saturating_mul(2))
}

fn inode(path: &Path) -> io::Result<u64> {
    Ok(fs::metadata(path)?.ino())
}

/// Lets a store that was opened take a key, if there is room for one. A store that does not is never closed:
/// that would wait as well.
fn proven(db: sled::Db, path: &Path) -> Result<State, Fault> {
    let open = |db| {
        let inode = inode(path)?;
        Ok(State::Open { db, inode })
    };
    if room(path).is_some_and(|room| room < room_needed(0)) {
        return open(db);
    }
    match answer_within(PROBE_MAX, {
        let db = db.clone();
        move || probe(&db)
    }) {
        Some(Ok(())) => open(db),
        Some(Err(fault)) => {
            close(db);
            Err(fault)
        }
        None => {
            std::mem::forget(db);
            let waited_s = PROBE_MAX.as_secs();
            Err(Fault::new(format!("it takes nothing within {waited_s} s")))
        }
    }
}

fn probe(db: &sled::Db) -> Result<(), Fault> {
    db.insert(PROBE_KEY, &[])?;
    db.flush()?;
    db.remove(PROBE_KEY)?;
    db.flush()?;
    Ok(())
}

/// What `act` comes to on a thread of its own; `None` when it takes longer, and it goes on alone.
fn answer_within(
    longest: Duration,
    act: impl FnOnce() -> Result<(), Fault> + Send + 'static,
) -> Option<Result<(), Fault>> {
    let (told, answer) = mpsc::channel();
    let run = move || {
        // Whoever does not wait any more is no error.
        let _ = told.send(guarded(act));
    };
    match thread::Builder::new().name("probe".to_owned()).spawn(run) {
        Ok(_) => answer.recv_timeout(longest).ok(),
        Err(error) => Some(Err(error.into())),
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
            other => {
                let opened = other.map_err(Fault::from);
                if opened.as_ref().is_err_and(|fault| fault.is_full) {
                    remove_unfinished(path);
                }
                return opened;
            }
        }
    }
}

/// Removes what sled was writing when it found no room to open: it would take that for its newest state the next time, and
/// find all of the store damaged.
fn remove_unfinished(path: &Path) {
    let Ok(entries) = fs::read_dir(path) else {
        return;
    };
    for entry in entries.flatten() {
        if entry
            .path()
            .extension()
            .is_some_and(|it| it == "generating")
        {
            // One that stays is found as damage.
            let _ = fs::remove_file(entry.path());
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

/// Renames the store's directory, if there is one.
fn set_aside(path: &Path, fault: &Fault) -> Result<(), SnapshotStoreError> {
    // A link that leads nowhere is in the way, too.
    let is_there = |path: &Path| fs::symlink_metadata(path).is_ok();
    if !is_there(path) {
        return Ok(());
    }
    let aside = (1..=u16::MAX)
        .map(|number| path.with_extension(format!("damaged-{number}")))
        .find(|aside| !is_there(aside))
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
    Ok(())
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
    let manifest = Manifest::read(key, open_value(key, value)?)?;
    let Mark { seq, chain } = manifest.at;
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
        chain,
        bytes: bytes.len(),
    })
}

fn write_snapshot(
    db: &sled::Db,
    (path, inode): (&Path, u64),
    at: Mark,
    hash: StateHash,
    bytes: &[u8],
) -> Result<(), Fault> {
    let seq = at.seq;
    let mut chunks = 0;
    for chunk in bytes.chunks(CHUNK_BYTES) {
        let key = chunk_key(seq, chunks);
        db.insert(&key, sealed_value(&key, chunk))?;
        chunks += 1;
    }
    sync(db, path)?;
    let manifest = Manifest {
        at,
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
    if self::inode(path)? != inode {
        let what = "another store stands in its place";
        return Err(Fault::new(what.to_owned()));
    }
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

    /// Where a journal would stand.
    fn at(seq: u64) -> Mark {
        Mark {
            seq: Seq(seq),
            chain: Chain(seq * 7),
        }
    }

    fn write(store: &mut SnapshotStore, shard: &Shard) {
        let mut bytes = Vec::new();
        shard.encode(&mut bytes);
        store
            .write(at(shard.seq().0), shard.state_hash(), &bytes)
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
        assert_eq!(restored.chain, at(8).chain);
    }

    /// Seq, length, state hash and chunk count, as 0.1.0 wrote a manifest.
    #[test]
    fn a_snapshot_that_does_not_say_of_which_journal_it_is_sends_the_store_aside() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("snapshots");
        let (mut store, _) = SnapshotStore::open(&path).unwrap();
        write(&mut store, &shard_at(3));
        let State::Open { db, .. } = &store.state else {
            panic!("it is open");
        };
        let key = manifest_key(Seq(3));
        let value = db.get(&key).unwrap().unwrap();
        let manifest = open_value(&key, &value).unwrap();
        let before = [&manifest[..8], &manifest[16..]].concat();
        assert_eq!(before.len(), 52);
        db.insert(&key, sealed_value(&key, &before)).unwrap();
        let error = restore(db, &key, &sealed_value(&key, &before)).unwrap_err();
        assert!(
            error.what.contains("snapshot 3 is of an earlier version"),
            "{error}"
        );
        drop(store);

        let (store, restored) = SnapshotStore::open(&path).unwrap();
        assert!(restored.is_none());
        assert_eq!(store.seqs(), []);
        assert!(path.with_extension("damaged-1").is_dir());
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
        let State::Open { db, .. } = &store.state else {
            panic!("it is open");
        };
        db.insert(&key, sealed_value(&key, &other)).unwrap();
        drop(store);

        let (store, restored) = SnapshotStore::open(&path).unwrap();
        assert_eq!(restored.unwrap().shard.seq(), Seq(3));
        assert_eq!(store.seqs(), []);
        assert!(path.with_extension("damaged-1").is_dir());
    }

    #[test]
    fn a_store_that_was_given_up_leaves_the_one_in_its_place_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("snapshots");
        let (mut given_up, _) = SnapshotStore::open(&path).unwrap();
        write(&mut given_up, &shard_at(3));
        let mut store = SnapshotStore::instead(&path);
        assert_eq!(store.seqs(), []);
        write(&mut store, &shard_at(5));
        assert!(path.with_extension("damaged-1").is_dir());

        let mut bytes = Vec::new();
        let late = shard_at(4);
        late.encode(&mut bytes);
        let error = given_up
            .write(at(4), late.state_hash(), &bytes)
            .unwrap_err();
        assert!(matches!(error, SnapshotStoreError::Unusable { .. }));
        write(&mut store, &shard_at(8));
        drop((given_up, store));
        let (store, restored) = SnapshotStore::open(&path).unwrap();
        assert_eq!(restored.unwrap().shard.seq(), Seq(8));
        assert_eq!(store.seqs(), [Seq(5), Seq(8)]);
        assert!(!path.with_extension("damaged-2").exists());
    }

    /// 1 MiB asks for 2 MiB and 8 more; no disk has room for a snapshot of 2^63 bytes.
    #[test]
    fn without_room_sled_is_not_asked_to_write() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("snapshots");
        let (store, _) = SnapshotStore::open(&path).unwrap();
        assert_eq!(room_needed(1 << 20), 10 << 20);
        store.look_for_room(0).unwrap();
        let error = store.look_for_room(usize::MAX / 2).unwrap_err();
        assert!(matches!(
            error,
            SnapshotStoreError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull
        ));
    }

    #[test]
    fn what_hangs_or_panics_is_no_answer() {
        let (end, ended) = mpsc::channel::<()>();
        let hangs = move || {
            // Until the test is over.
            let _ = ended.recv();
            Ok(())
        };
        assert!(answer_within(Duration::from_millis(1), hangs).is_none());
        drop(end);
        let panics = answer_within(PROBE_MAX, || panic!("no"));
        assert_eq!(panics.unwrap().unwrap_err().what, "sled panicked: no");
        assert!(answer_within(PROBE_MAX, || Ok(())).unwrap().is_ok());
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
