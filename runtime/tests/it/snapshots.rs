//! A damaged snapshot store costs time and nothing else.

use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::damage::sampled;
use crate::scenario::{Script, config, script};
use runtime::journal::{Chain, Mark};
use runtime::{
    Config, EventBuf, Limits, Runtime, Shard, SnapshotStore, Snapshots, StateHash, Stopped,
};
use tempfile::TempDir;
use types::{Input, Seq, ShardId};

fn often(directory: &Path) -> Config {
    let mut config = config(directory);
    config.snapshot_every = 50;
    config
}

fn run(directory: &Path) -> Stopped {
    let runtime = Runtime::start(often(directory), Script::boxed(0, 400)).unwrap();
    runtime.wait_source_end();
    runtime.stop().unwrap()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn snapshots_are_written_at_their_points_and_two_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(often(directory.path()), Script::boxed(0, 380)).unwrap();
    runtime.wait_source_end();
    let handle = runtime.handle();
    let stopped = runtime.stop().unwrap();
    let stats = handle.stats();
    // One at every 50th input and one at the end, unless that is a 50th.
    assert_eq!(stats.snapshots, stopped.seq.0.div_ceil(50));
    assert_eq!(stats.snapshots_missed, 0);
    assert_eq!(stats.snapshot_seq, stopped.seq);
    let path = directory.path().join("snapshots");
    let (store, restored) = SnapshotStore::open(&path).unwrap();
    let restored = restored.unwrap();
    assert_eq!(store.seqs().len(), 2);
    assert_eq!(restored.shard.state_hash(), stopped.state_hash);
    assert_eq!(restored.bytes as u64, stats.snapshot_bytes);
}

#[test]
fn a_store_that_is_not_a_store_is_set_aside_and_rebuilt() {
    let directory = tempfile::tempdir().unwrap();
    let first = run(directory.path());
    let snapshots = directory.path().join("snapshots");
    for file in files(&snapshots) {
        let length = fs::metadata(&file).unwrap().len() as usize;
        fs::write(&file, vec![0xA5; length]).unwrap();
    }
    let runtime = Runtime::start(often(directory.path()), Script::boxed(0, 0)).unwrap();
    assert_eq!(runtime.recovery().snapshot_seq, None);
    assert_eq!(runtime.recovery().replayed, first.seq.0);
    assert!(directory.path().join("snapshots.damaged-1").is_dir());
    let second = runtime.stop().unwrap();
    assert_eq!(second.state_hash, first.state_hash);

    // The new store works.
    let runtime = Runtime::start(often(directory.path()), Script::boxed(0, 0)).unwrap();
    assert_eq!(runtime.recovery().snapshot_seq, Some(first.seq));
    assert_eq!(runtime.recovery().replayed, 0);
    runtime.stop().unwrap();
}

#[test]
fn a_link_that_leads_nowhere_is_set_aside() {
    let directory = tempfile::tempdir().unwrap();
    let first = run(directory.path());
    let snapshots = directory.path().join("snapshots");
    for number in 1..=2 {
        fs::remove_dir_all(&snapshots).unwrap();
        std::os::unix::fs::symlink("nowhere", &snapshots).unwrap();
        let runtime = Runtime::start(often(directory.path()), Script::boxed(0, 0)).unwrap();
        assert_eq!(runtime.recovery().replayed, first.seq.0);
        assert_eq!(runtime.stop().unwrap().state_hash, first.state_hash);
        let aside = directory.path().join(format!("snapshots.damaged-{number}"));
        assert!(aside.is_symlink());
    }
}

#[test]
fn whatever_happens_to_the_store_the_state_is_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let first = run(directory.path());
    let snapshots = directory.path().join("snapshots");
    let pristine: Vec<_> = files(&snapshots)
        .into_iter()
        .map(|file| (fs::read(&file).unwrap(), file))
        .collect();
    let mut damages: Vec<Box<dyn Fn()>> = Vec::new();
    for (content, file) in &pristine {
        damages.push(Box::new(move || fs::remove_file(file).unwrap()));
        damages.push(Box::new(move || {
            fs::write(file, &content[..content.len() / 2]).unwrap();
        }));
        for part in 0..8 {
            damages.push(Box::new(move || {
                let mut content = content.clone();
                if !content.is_empty() {
                    let at = content.len() * part / 8;
                    content[at] ^= 0x10;
                }
                fs::write(file, content).unwrap();
            }));
        }
    }
    for (number, damage) in damages.iter().enumerate() {
        fs::remove_dir_all(&snapshots).unwrap();
        for (content, file) in &pristine {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, content).unwrap();
        }
        damage();
        let runtime = Runtime::start(often(directory.path()), Script::boxed(0, 0)).unwrap();
        let recovery = runtime.recovery();
        assert_eq!(recovery.seq, first.seq, "damage {number}");
        let stopped = runtime.stop().unwrap();
        assert_eq!(stopped.state_hash, first.state_hash, "damage {number}");
    }
}

/// The files of a store with two snapshots, and what they hold.
struct Store {
    _directory: TempDir,
    path: PathBuf,
    files: Vec<(PathBuf, Vec<u8>)>,
    newest: StateHash,
    older: StateHash,
}

impl Store {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("snapshots");
        let (mut store, _) = SnapshotStore::open(&path).unwrap();
        let mut shard = Shard::new(ShardId(0), Limits::default());
        let mut hashes = Vec::new();
        for seq in 1..=60 {
            let (ts, kind) = script(seq - 1);
            let seq = Seq(seq);
            shard.apply(&Input { seq, ts, kind }, &mut EventBuf::default());
            if seq.0.is_multiple_of(30) {
                let mut bytes = Vec::new();
                shard.encode(&mut bytes);
                let at = Mark {
                    seq,
                    chain: Chain(seq.0),
                };
                store.write(at, shard.state_hash(), &bytes).unwrap();
                hashes.push(shard.state_hash());
            }
        }
        drop(store);
        let files = files(&path).into_iter().map(|file| {
            let bytes = fs::read(&file).unwrap();
            (file, bytes)
        });
        Self {
            _directory: directory,
            files: files.collect(),
            path,
            newest: hashes[1],
            older: hashes[0],
        }
    }

    fn aside(&self) -> PathBuf {
        self.path.with_extension("damaged-1")
    }

    fn lay_out(&self) {
        for directory in [&self.path, &self.aside()] {
            match fs::remove_dir_all(directory) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("{error}"),
                _ => {}
            }
        }
        for (file, bytes) in &self.files {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
    }

    /// What a start finds after a file was damaged: the newest snapshot, unless the store is set aside.
    /// Whether it was.
    fn found(&self, what: &dyn Display) -> bool {
        let (store, restored) = SnapshotStore::open(&self.path)
            .unwrap_or_else(|error| panic!("{what}: the start does not survive it: {error}"));
        let found = restored.map(|restored| restored.shard.state_hash());
        let is_aside = self.aside().is_dir();
        if is_aside {
            // An older one that verifies is as good, and the store is empty.
            let is_known = found.is_none_or(|hash| hash == self.newest || hash == self.older);
            assert!(is_known, "{what}: a state that never was");
            assert!(store.seqs().is_empty(), "{what}");
        } else {
            assert_eq!(found, Some(self.newest), "{what}: lost in silence");
        }
        is_aside
    }
}

#[test]
fn nothing_of_a_snapshot_store_is_lost_in_silence() {
    let store = Store::new();
    store.lay_out();
    assert!(!store.found(&"as it was"));
    let mut counts = [0; 3];
    let mut set_aside = 0;
    for (file, bytes) in &store.files {
        let name = file.file_name().unwrap().display();
        let mut damaged = |damaged: &[u8], what: &dyn Display| {
            store.lay_out();
            fs::write(file, damaged).unwrap();
            set_aside += u32::from(store.found(&format_args!("{name}: {what}")));
        };
        // What sled allots in advance and has not written is the same everywhere.
        let used = bytes
            .iter()
            .rposition(|&byte| byte != 0)
            .map_or(0, |last| last + 1);
        for bit in sampled(used * 8, 500) {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            damaged(&flipped, &format_args!("bit {bit}"));
            counts[0] += 1;
        }
        for length in sampled(used, 500) {
            damaged(&bytes[..length], &format_args!("{length} bytes"));
            counts[1] += 1;
        }
        for start in (0..used).step_by(512) {
            let mut zeroed = bytes.clone();
            let end = used.min(start + 512);
            zeroed[start..end].fill(0);
            damaged(&zeroed, &format_args!("zeros from {start}"));
            counts[2] += 1;
        }
    }
    let [flips, truncations, sectors] = counts;
    println!(
        "{flips} flipped bits, {truncations} truncations, {sectors} zeroed sectors: {set_aside} stores set \
         aside, 0 silent"
    );
    assert!(set_aside > 0);
}
