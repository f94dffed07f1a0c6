//! What a projection is shown over restarts.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::scenario::{self, Script, config, journaled, mark_at};
use runtime::{
    Config, EventBuf, Limits, RecoveryError, Runtime, Shard, SnapshotStore, Snapshots, StartError,
    Step,
};
use types::{Event, Input, InputKind, Seq, ShardId, Timer, TimestampNs};

/// What was shown: where it began each time, and every input with what it caused.
#[derive(Debug, Default)]
struct Shown {
    began_at: Vec<Seq>,
    inputs: Vec<Input>,
    events: Vec<Event>,
}

fn watched(directory: &Path) -> (Config, Arc<Mutex<Shown>>) {
    let shown = Arc::new(Mutex::new(Shown::default()));
    let mut config = config(directory);
    let watcher = Arc::clone(&shown);
    config.projection = Some(Box::new(move |step, shard| {
        let mut shown = watcher.lock().unwrap();
        match step {
            Step::Restored => shown.began_at.push(shard.seq()),
            Step::Applied { input, events } => {
                assert_eq!(shard.seq(), input.seq);
                assert!(events.iter().all(|event| event.seq == input.seq));
                shown.inputs.push(input.clone());
                shown.events.extend_from_slice(events);
            }
        }
    }));
    (config, shown)
}

fn run(config: Config, start: u64, end: u64) -> runtime::Recovery {
    let runtime = Runtime::start(config, Script::boxed(start, end)).unwrap();
    let recovery = runtime.recovery();
    runtime.wait_source_end();
    runtime.stop().unwrap();
    recovery
}

/// What inputs cause, with nothing but the engine.
fn caused(inputs: &[Input]) -> Vec<Event> {
    let mut shard = Shard::new(ShardId(0), Limits::default());
    let mut all = Vec::new();
    let mut events = EventBuf::default();
    for input in inputs {
        events.clear();
        shard.apply(input, &mut events);
        all.extend_from_slice(events.as_slice());
    }
    all
}

#[test]
fn a_projection_sees_every_input_once_with_a_snapshot_or_without() {
    let directory = tempfile::tempdir().unwrap();
    let (config, shown) = watched(directory.path());
    let recovery = run(config, 0, 300);
    assert_eq!((recovery.projected, recovery.replayed), (0, 0));
    assert_eq!(shown.lock().unwrap().inputs, journaled(directory.path()));

    // A snapshot at the end of the journal: its past is shown, and then what is new.
    let end = journaled(directory.path()).len() as u64;
    let (config, shown) = watched(directory.path());
    let recovery = run(config, 300, 400);
    assert_eq!(recovery.snapshot_seq, Some(Seq(end)));
    assert_eq!((recovery.projected, recovery.replayed), (end, 0));
    let shown = shown.lock().unwrap();
    assert_eq!(shown.began_at, [Seq(0)]);
    assert_eq!(shown.inputs, journaled(directory.path()));
    assert_eq!(shown.events, caused(&shown.inputs));

    // No snapshot: the one replay shows everything.
    fs::remove_dir_all(directory.path().join("snapshots")).unwrap();
    let end = journaled(directory.path()).len() as u64;
    let (config, shown) = watched(directory.path());
    let recovery = run(config, 400, 500);
    assert_eq!((recovery.projected, recovery.replayed), (0, end));
    let shown = shown.lock().unwrap();
    assert_eq!(shown.began_at, [Seq(0)]);
    assert_eq!(shown.inputs, journaled(directory.path()));
}

#[test]
fn a_snapshot_in_the_middle_divides_the_replay() {
    let directory = tempfile::tempdir().unwrap();
    let mut early = config(directory.path());
    early.snapshot_every = 50;
    let runtime = Runtime::start(early, Script::boxed(0, 300)).unwrap();
    runtime.wait_source_end();
    let end = runtime.stop().unwrap().seq;
    // The newest snapshot, at the end, is lost; the one before it stands at a multiple of 50.
    let path = directory.path().join("snapshots");
    let (mut store, _) = SnapshotStore::open(&path).unwrap();
    let middle = store.seqs()[0];
    assert!(middle < end && middle.0 % 50 == 0, "{middle} {end}");
    let mut shard = Shard::new(ShardId(0), Limits::default());
    for input in &journaled(directory.path())[..middle.0 as usize] {
        shard.apply(input, &mut EventBuf::default());
    }
    drop(store);
    fs::remove_dir_all(&path).unwrap();
    (store, _) = SnapshotStore::open(&path).unwrap();
    write(&mut store, &shard, directory.path());
    drop(store);

    let (config, shown) = watched(directory.path());
    let recovery = run(config, 300, 300);
    assert_eq!(recovery.snapshot_seq, Some(middle));
    assert_eq!(recovery.projected, middle.0);
    assert_eq!(recovery.replayed, end.0 - middle.0);
    assert_eq!(shown.lock().unwrap().inputs, journaled(directory.path()));
}

#[test]
fn a_snapshot_beyond_the_limit_begins_with_its_own_state() {
    let directory = tempfile::tempdir().unwrap();
    run(config(directory.path()), 0, 100);
    let before = journaled(directory.path());
    let end = before.len() as u64;
    for (projection_replay_max, projected) in [(end, end), (end - 1, 0), (0, 0)] {
        let (mut config, shown) = watched(directory.path());
        config.projection_replay_max = projection_replay_max;
        let recovery = run(config, 100, 100);
        assert_eq!((recovery.projected, recovery.replayed), (projected, 0));
        let shown = shown.lock().unwrap();
        assert_eq!(shown.began_at, [Seq(end - projected)]);
        assert_eq!(shown.inputs.len() as u64, projected);
    }
    // Without a projection there is nobody to show it to.
    assert_eq!(run(config(directory.path()), 100, 100).projected, 0);
}

fn write(store: &mut SnapshotStore, shard: &Shard, data: &Path) {
    let mut bytes = Vec::new();
    shard.encode(&mut bytes);
    let at = mark_at(data, shard.seq());
    store.write(at, shard.state_hash(), &bytes).unwrap();
}

#[test]
fn a_snapshot_that_the_journal_does_not_lead_to_is_refused_with_both_hashes() {
    let directory = tempfile::tempdir().unwrap();
    run(config(directory.path()), 0, 60);
    let inputs = journaled(directory.path());
    let seq = Seq(inputs.len() as u64);
    // Sound in itself, but of another past.
    let mut other = Shard::new(ShardId(0), Limits::default());
    for input in &inputs {
        let clock = Input {
            kind: InputKind::Timer(Timer::Clock),
            ts: TimestampNs(input.seq.0),
            seq: input.seq,
        };
        other.apply(&clock, &mut EventBuf::default());
    }
    let (mut store, _) = SnapshotStore::open(&directory.path().join("snapshots")).unwrap();
    write(&mut store, &other, directory.path());
    drop(store);

    let (config, _) = watched(directory.path());
    let error = Runtime::start(config, Script::boxed(60, 60)).unwrap_err();
    let text = error.to_string();
    let StartError::Recovery(RecoveryError::SnapshotHash {
        seq: at,
        snapshot,
        replayed,
    }) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!((at, snapshot), (seq, other.state_hash()));
    assert_eq!(replayed, scenario::replayed(&inputs));
    assert!(text.contains(&snapshot.to_string()) && text.contains(&replayed.to_string()));
    assert!(
        text.contains("move the directory `snapshots` away"),
        "{text}"
    );

    fs::rename(
        directory.path().join("snapshots"),
        directory.path().join("away"),
    )
    .unwrap();
    let (config, _) = watched(directory.path());
    assert_eq!(run(config, 60, 60).replayed, seq.0);
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A journal of the script from `first` on that goes on after its snapshots, and those of another such journal that are
/// sound and stand within it. Where the other one is later, the next input is before its snapshot's time: applied to that
/// it would be a panic; where it is earlier, nothing but the chain tells.
#[test]
fn a_snapshot_of_another_journal_is_set_aside_and_the_journal_read() {
    for (first, other) in [(0, 1_000), (1_000, 0)] {
        for projection_replay_max in [None, Some(0), Some(u64::MAX)] {
            let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let data = ours.path();
            run(config(data), first, first + 200);
            run(config(theirs.path()), other, other + 60);
            let snapshots = data.join("snapshots");
            fs::remove_dir_all(&snapshots).unwrap();
            copy_folder(&theirs.path().join("snapshots"), &snapshots);
            let inputs = journaled(data);
            let end = inputs.len() as u64;
            assert!((journaled(theirs.path()).len() as u64) < end);

            let (mut config, shown) = watched(data);
            match projection_replay_max {
                Some(most) => config.projection_replay_max = most,
                None => config.projection = None,
            }
            let runtime = Runtime::start(config, Script::boxed(0, 0)).unwrap();
            let recovery = runtime.recovery();
            assert_eq!((recovery.snapshot_seq, recovery.replayed), (None, end));
            assert_eq!(recovery.projected, 0);
            assert_eq!(
                runtime.stop().unwrap().state_hash,
                scenario::replayed(&inputs)
            );
            assert!(data.join("snapshots.damaged-1").is_dir());
            if projection_replay_max.is_some() {
                let shown = shown.lock().unwrap();
                assert_eq!(shown.began_at, [Seq(0)]);
                assert_eq!(shown.inputs, inputs);
                assert_eq!(shown.events, caused(&inputs));
            }

            // The new store has a snapshot of this one.
            let recovery = run(self::config(data), 0, 0);
            assert_eq!(
                (recovery.snapshot_seq, recovery.replayed),
                (Some(Seq(end)), 0)
            );
            assert!(!data.join("snapshots.damaged-2").exists());
        }
    }
}

#[test]
fn rot_before_the_snapshot_is_found() {
    let directory = tempfile::tempdir().unwrap();
    run(config(directory.path()), 0, 60);
    let segment = directory
        .path()
        .join("journal")
        .join("00000000000000000001.journal");
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    let (config, _) = watched(directory.path());
    let error = Runtime::start(config, Script::boxed(60, 60)).unwrap_err();
    assert!(error.to_string().contains("rot"), "{error}");
}
