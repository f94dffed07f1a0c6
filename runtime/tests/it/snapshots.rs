//! A damaged snapshot store costs time and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use crate::scenario::{Script, config};
use runtime::{Config, Runtime, SnapshotStore, Snapshots, Stopped};

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
