//! Archived and removed segments: what is left is one journal that leads to the same states.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::damage::sampled;
use crate::scenario::{MINUTE, Script, config, journaled, replayed, wait_until};
use runtime::journal::{self, Base, JournalError, Location, Reader, Reason, Segment};
use runtime::retention::{archive_next, due, prune};
use runtime::simulation::SimulatedDisk;
use runtime::{
    Config, EventBuf, Limits, RecoveryError, Retention, Runtime, Shard, SnapshotStore, StartError,
    StateHash, Step, Stopped, beginning, journal_location,
};
use tempfile::TempDir;
use types::{Input, Seq, ShardId};

const INPUTS: u64 = 600;
const ALL: &dyn Fn() -> bool = &|| true;

fn small(directory: &Path) -> Config {
    let mut config = config(directory);
    config.segment_bytes_max = 4_096;
    config.batch_bytes_max = 512;
    config.snapshot_every = 100;
    config
}

/// A journal of many segments, stopped in good order.
pub(crate) struct Run {
    directory: TempDir,
    pub(crate) stopped: Stopped,
    pub(crate) inputs: Vec<Input>,
}

impl Run {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let runtime = Runtime::start(small(directory.path()), Script::boxed(0, INPUTS)).unwrap();
        runtime.wait_source_end();
        let stopped = runtime.stop().unwrap();
        let inputs = journaled(directory.path());
        assert!(inputs.len() as u64 >= INPUTS);
        Self {
            directory,
            stopped,
            inputs,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn location(&self) -> Location {
        journal_location(self.path(), ShardId(0))
    }

    pub(crate) fn segments(&self) -> Vec<Segment> {
        journal::segments(&self.location()).unwrap()
    }

    fn archive_all(&self) -> Vec<Segment> {
        let mut archived = Vec::new();
        while let Some(segment) = archive_next(&self.location(), self.stopped.seq).unwrap() {
            archived.push(segment);
        }
        archived
    }

    pub(crate) fn without_snapshots(&self) {
        fs::remove_dir_all(self.path().join("snapshots")).unwrap();
    }

    pub(crate) fn snapshot_count(&self) -> usize {
        let verified = SnapshotStore::verified(&self.path().join("snapshots"));
        verified.unwrap().len()
    }

    /// Starts on what is there.
    pub(crate) fn start(&self) -> Result<Runtime, StartError> {
        Runtime::start(small(self.path()), Script::boxed(0, 0))
    }

    /// Starts on what is there, and stops.
    pub(crate) fn again(&self) -> (runtime::Recovery, StateHash) {
        let runtime = self.start().unwrap();
        let recovery = runtime.recovery();
        (recovery, runtime.stop().unwrap().state_hash)
    }
}

/// The state after `to`, from the journal alone.
pub(crate) fn rebuilt(location: &Location, to: Seq) -> StateHash {
    // Other limits than the journal's own must not matter.
    let wrong = Limits {
        accounts_max: 1,
        ..Limits::default()
    };
    let mut shard = beginning(location, wrong).unwrap();
    let begins = shard.seq();
    let mut reader = Reader::open(location, begins).unwrap();
    while shard.seq() < to {
        let input = reader.next_input().unwrap().unwrap();
        if input.seq > begins {
            shard.apply(&input, &mut EventBuf::default());
        }
    }
    shard.state_hash()
}

#[test]
fn archives_and_segments_are_one_journal() {
    let run = Run::new();
    let location = run.location();
    let segments = run.segments();
    assert!(segments.len() >= 8);
    let bytes: Vec<_> = segments
        .iter()
        .map(|segment| fs::read(&segment.path).unwrap())
        .collect();

    // Up to a seq within the third segment: two.
    let until = Seq(segments[2].first.0 + 1);
    assert!(archive_next(&location, until).unwrap().is_some());
    assert!(archive_next(&location, until).unwrap().is_some());
    assert_eq!(archive_next(&location, until).unwrap(), None);
    assert_eq!(journal::verify(&location).unwrap().archives, 2);
    // All but the last, which is written on.
    run.archive_all();
    let archived = run.segments();
    assert_eq!(archived.len(), segments.len());
    let is_archive: Vec<_> = archived.iter().map(Segment::is_archive).collect();
    assert_eq!(
        is_archive.iter().filter(|&&is| is).count(),
        segments.len() - 1
    );
    assert!(!is_archive[segments.len() - 1]);

    for (place, archive) in archived[..archived.len() - 1].iter().enumerate() {
        assert_eq!(archive.first, segments[place].first);
        assert_eq!(archive.last, Some(Seq(segments[place + 1].first.0 - 1)));
        let packed = fs::read(&archive.path).unwrap();
        assert!(packed.len() < bytes[place].len());
        // Another reader of zstd has the segment back.
        assert_eq!(zstd::decode_all(&packed[..]).unwrap(), bytes[place]);
        assert!(
            fs::metadata(&archive.path)
                .unwrap()
                .permissions()
                .readonly()
        );
        assert!(!segments[place].path.exists());
    }
    let summary = journal::verify(&location).unwrap();
    assert_eq!((summary.damage, summary.end.seq), (None, run.stopped.seq));
    assert_eq!(journaled(run.path()), run.inputs);
    assert_eq!(rebuilt(&location, Seq(77)), replayed(&run.inputs[..77]));

    // From the snapshot, and from nothing but the journal.
    assert_eq!(run.again().1, run.stopped.state_hash);
    run.without_snapshots();
    let (recovery, hash) = run.again();
    assert_eq!(
        (recovery.snapshot_seq, hash),
        (None, run.stopped.state_hash)
    );
}

#[test]
fn a_journal_without_its_first_inputs_begins_with_the_state_after_them() {
    let run = Run::new();
    let location = run.location();
    let segments = run.segments();
    for _ in 0..3 {
        archive_next(&location, run.stopped.seq).unwrap();
    }
    // Three archives and two segments go.
    let first = segments[5].first;
    let pruned = prune(&location, first, ALL).unwrap().unwrap();
    assert_eq!((pruned.segments, pruned.first), (5, first));
    assert_eq!(prune(&location, first, ALL).unwrap(), None);
    assert_eq!(run.segments().len(), segments.len() - 5);

    let summary = journal::verify(&location).unwrap();
    assert_eq!(summary.damage, None);
    assert_eq!(summary.first, first);
    let begins = first.0 as usize - 1;
    assert_eq!(summary.base.unwrap().seq, Seq(begins as u64));
    for to in [begins, begins + 1, begins + 40, run.inputs.len()] {
        let to_seq = Seq(to as u64);
        assert_eq!(rebuilt(&location, to_seq), replayed(&run.inputs[..to]));
    }
    // What is gone is named, with what is left.
    match Reader::open(&location, Seq(0)) {
        Err(JournalError::Gone {
            seq, first: left, ..
        }) => assert_eq!((seq, left), (Seq(1), first)),
        other => panic!("{other:?}"),
    }

    // A start from the snapshot, shown to a projection from the base on; then one without snapshots.
    let seen = Arc::new(Mutex::new(Vec::new()));
    let projection = {
        let seen = Arc::clone(&seen);
        move |step: Step<'_>, shard: &Shard| match step {
            Step::Restored => seen.lock().unwrap().push(shard.seq().0),
            Step::Applied { input, .. } => seen.lock().unwrap().push(input.seq.0),
        }
    };
    let mut config = small(run.path());
    config.projection = Some(Box::new(projection));
    let runtime = Runtime::start(config, Script::boxed(0, 0)).unwrap();
    assert_eq!(
        runtime.recovery().projected,
        run.stopped.seq.0 - begins as u64
    );
    runtime.stop().unwrap();
    let expected: Vec<_> = (begins as u64..=run.stopped.seq.0).collect();
    assert_eq!(*seen.lock().unwrap(), expected);

    run.without_snapshots();
    let (recovery, hash) = run.again();
    assert_eq!(recovery.snapshot_seq, Some(Seq(begins as u64)));
    assert_eq!(recovery.replayed, run.stopped.seq.0 - begins as u64);
    assert_eq!(hash, run.stopped.state_hash);
}

#[test]
fn an_interrupted_removal_is_finished_by_the_next_one() {
    let run = Run::new();
    let location = run.location();
    let segments = run.segments();
    let kept: Vec<_> = segments[..4]
        .iter()
        .map(|segment| (segment.path.clone(), fs::read(&segment.path).unwrap()))
        .collect();
    // Told to stop: nothing has changed.
    let until = segments[4].first;
    assert_eq!(prune(&location, until, &|| false).unwrap(), None);
    assert_eq!(run.segments(), segments);
    prune(&location, until, ALL).unwrap();
    // As if the process had died before it removed the last two.
    for (path, bytes) in &kept[2..] {
        fs::write(path, bytes).unwrap();
    }
    let hash = run.stopped.state_hash;
    assert_eq!(rebuilt(&location, run.stopped.seq), hash);
    let pruned = prune(&location, Seq(0), ALL).unwrap().unwrap();
    assert_eq!((pruned.segments, pruned.first), (2, until));
    // As a start does, which needs them for nothing.
    for (path, bytes) in &kept[2..] {
        fs::write(path, bytes).unwrap();
    }
    run.without_snapshots();
    assert_eq!(run.again().1, hash);
    assert!(kept.iter().all(|(path, _)| !path.exists()));
    assert_eq!(run.again().1, hash);
}

/// The reader has all of the first segment and stands at its end; the second and third are removed under it, and the first.
#[test]
fn what_is_removed_under_a_reader_is_gone_and_no_damage() {
    let run = Run::new();
    let location = run.location();
    let segments = run.segments();
    let mut reader = Reader::open(&location, Seq(0)).unwrap();
    let needed = segments[1].first;
    while reader.mark().seq.next() < needed {
        reader.next_input().unwrap().unwrap();
    }
    let begins = segments[3].first;
    prune(&location, Seq(begins.0 - 1), ALL).unwrap().unwrap();
    let error = reader.next_input().unwrap_err();
    let JournalError::Gone { seq, first, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!((seq, first), (needed, begins));
    // A segment that nobody removed on purpose is damage as ever.
    let mut reader = Reader::open(&location, begins).unwrap();
    fs::remove_file(&segments[4].path).unwrap();
    while let Ok(input) = reader.next_input() {
        assert!(input.unwrap().seq < segments[4].first);
    }
    let error = reader.next_input().unwrap_err();
    assert!(matches!(error, JournalError::Damaged(_)), "{error:?}");
}

#[test]
fn age_and_size_say_what_is_due() {
    let run = Run::new();
    let location = run.location();
    let segments = run.segments();
    let newest = run.inputs[run.inputs.len() - 1].ts;
    let due = |keep_age, keep_bytes| {
        let retention = Retention {
            archive: false,
            keep_age,
            keep_bytes,
        };
        due(&location, &retention, newest).unwrap()
    };
    assert_eq!(due(None, None), Seq(0));
    let before = |place: usize| Seq(segments[place].first.0 - 1);
    // One byte less than there is: the first goes. One byte: all but the last.
    let length = |segment: &Segment| fs::metadata(&segment.path).unwrap().len();
    let all: u64 = segments.iter().map(length).sum();
    assert_eq!(due(None, Some(all)), Seq(0));
    assert_eq!(due(None, Some(all - 1)), before(1));
    assert_eq!(due(None, Some(1)), before(segments.len() - 1));
    // A segment is as old as the first input of the next one; older than that is due.
    let age = |place: usize| newest.0 - run.inputs[before(place).0 as usize].ts.0;
    let keep = |ns| Some(Duration::from_nanos(ns));
    assert_eq!(due(keep(age(3)), None), before(2));
    assert_eq!(due(keep(age(3) - 1), None), before(3));
    assert_eq!(due(keep(10_000 * MINUTE), None), Seq(0));
    // Archived, it is as old as its own last input.
    run.archive_all();
    let last = newest.0 - run.inputs[before(3).0 as usize - 1].ts.0;
    assert!(last > age(3));
    let archived = Retention {
        keep_age: keep(last - 1),
        ..Retention::default()
    };
    assert_eq!(
        runtime::retention::due(&location, &archived, newest).unwrap(),
        before(3)
    );
}

#[test]
fn a_running_server_keeps_what_follows_the_second_newest_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = small(directory.path());
    config.retention = Retention {
        archive: true,
        keep_age: None,
        keep_bytes: Some(1),
    };
    let runtime = Runtime::start(config, Script::boxed(0, INPUTS)).unwrap();
    let handle = runtime.handle();
    runtime.wait_source_end();
    wait_until(|| handle.stats().segments_pruned > 0);
    let stopped = runtime.stop().unwrap();
    let location = journal_location(directory.path(), ShardId(0));
    let base = Base::find(&location).unwrap().unwrap().mark.seq;
    assert!(base > Seq(0));
    assert_eq!(handle.stats().retention_errors, 0);
    // Snapshots stand at every hundredth input and at the end.
    let second_newest = (stopped.seq.0 - 1) / 100 * 100;
    assert!(base.0 <= second_newest, "{base}");
    assert_eq!(rebuilt(&location, stopped.seq), stopped.state_hash);
    fs::remove_dir_all(directory.path().join("snapshots")).unwrap();
    let runtime = Runtime::start(small(directory.path()), Script::boxed(0, 0)).unwrap();
    assert_eq!(runtime.stop().unwrap().state_hash, stopped.state_hash);
}

#[test]
fn a_repair_within_an_archive_makes_it_a_segment_again() {
    let run = Run::new();
    let location = run.location();
    let archived = run.archive_all();
    let keep = Seq(archived[2].first.0 + 3);
    let repaired = journal::repair(&location, keep).unwrap();
    assert_eq!(repaired.end.seq, keep);
    let rest = run.segments();
    assert_eq!(rest.len(), 3);
    assert!(rest[1].is_archive() && !rest[2].is_archive());
    assert_eq!(journaled(run.path()), run.inputs[..keep.0 as usize]);
    run.without_snapshots();
    let (recovery, hash) = run.again();
    assert_eq!(recovery.seq, keep);
    assert_eq!(hash, replayed(&run.inputs[..keep.0 as usize]));
}

/// The files of a journal with archives on a disk in memory.
fn in_memory(run: &Run) -> (SimulatedDisk, Location, Vec<(PathBuf, Vec<u8>)>) {
    let disk = SimulatedDisk::default();
    let local = run.location();
    let location = Location {
        disk: disk.shared(),
        ..local.clone()
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(&local.directory).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        disk.overwrite(&path, &bytes);
        files.push((path, bytes));
    }
    files.sort();
    (disk, location, files)
}

/// One byte is free: neither a segment that is cut nor an archive that is unpacked finds room for a copy.
#[test]
fn a_repair_without_room_leaves_everything_as_it_was() {
    let run = Run::new();
    run.archive_all();
    let segments = run.segments();
    let last = &segments[segments.len() - 1];
    assert!(segments[2].is_archive() && !last.is_archive());
    for keep in [Seq(segments[2].first.0 + 3), last.first] {
        let (disk, location, _) = in_memory(&run);
        let names = disk.shared().list(&location.directory).unwrap();
        disk.set_room(Some(disk.used() + 1));
        let error = journal::repair(&location, keep).unwrap_err();
        assert!(matches!(error, JournalError::Full { .. }), "{error:?}");
        assert_eq!(disk.shared().list(&location.directory).unwrap(), names);
        disk.set_room(None);
        assert_eq!(journal::repair(&location, keep).unwrap().end.seq, keep);
        assert_eq!(journal::verify(&location).unwrap().end.seq, keep);
    }
}

/// Reads it all, as a start without snapshots does.
fn whole(location: &Location) -> Result<StateHash, JournalError> {
    let mut shard = beginning(location, Limits::default())?;
    let begins = shard.seq();
    let mut events = EventBuf::default();
    let visit = |input: Input| {
        shard.apply(&input, &mut events);
    };
    journal::open(location, 4_096, begins, visit)?;
    Ok(shard.state_hash())
}

#[test]
fn nothing_of_an_archive_or_a_base_is_lost_in_silence() {
    let run = Run::new();
    prune(&run.location(), run.segments()[2].first, ALL).unwrap();
    run.archive_all();
    let (disk, location, files) = in_memory(&run);
    let restored = || {
        for (path, bytes) in &files {
            disk.overwrite(path, bytes);
        }
    };
    assert_eq!(whole(&location).unwrap(), run.stopped.state_hash);
    restored();
    let (archive, packed) = files
        .iter()
        .find(|(path, _)| path.extension().is_some_and(|suffix| suffix == "archive"))
        .unwrap();
    let (base, state) = files
        .iter()
        .find(|(path, _)| path.extension().is_some_and(|suffix| suffix == "base"))
        .unwrap();
    let mut count = 0;
    for (path, bytes) in [(archive, packed), (base, state)] {
        let mut refused = |damaged: &[u8], what: &dyn std::fmt::Display| {
            disk.overwrite(path, damaged);
            let error = match whole(&location) {
                Ok(_) => panic!("{what} of {}", path.display()),
                Err(error) => error.to_string(),
            };
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(error.contains(name), "{what}: {error}");
            // Also beside a snapshot beyond it, and by who checks or repairs; nothing is changed.
            let operations = disk.operations();
            let end = run.stopped.seq;
            let opened = journal::open(&location, 4_096, end, |_| {});
            let error = opened.unwrap_err().to_string();
            assert!(error.contains(name), "{what}: {error}");
            let verified = journal::verify(&location);
            assert!(
                verified.is_err() || verified.is_ok_and(|summary| summary.damage.is_some()),
                "{what} of {name}"
            );
            assert!(journal::repair(&location, end).is_err(), "{what} of {name}");
            if path == base {
                assert!(prune(&location, end, ALL).is_err(), "{what} of {name}");
            }
            assert_eq!(disk.operations(), operations, "{what} of {name}");
            count += 1;
        };
        for bit in sampled(bytes.len() * 8, 100) {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            refused(&flipped, &format_args!("bit {bit}"));
        }
        for length in sampled(bytes.len(), 100) {
            refused(&bytes[..length], &format_args!("{length} bytes"));
        }
        for start in (0..bytes.len()).step_by(512) {
            let mut zeroed = bytes.clone();
            let end = bytes.len().min(start + 512);
            zeroed[start..end].fill(0);
            if zeroed != *bytes {
                refused(&zeroed, &format_args!("zeros from {start}"));
            }
        }
        refused(&[&bytes[..], &[0]].concat(), &"a byte more");
        disk.overwrite(path, bytes);
    }
    println!("{count} damages: 0 silent");
    assert_eq!(whole(&location).unwrap(), run.stopped.state_hash);
}

#[test]
fn a_missing_archive_or_base_is_named() {
    let run = Run::new();
    prune(&run.location(), run.segments()[2].first, ALL).unwrap();
    let archived = run.archive_all();
    run.without_snapshots();
    let refused = |path: &Path| {
        let away = run.path().join("away");
        fs::rename(path, &away).unwrap();
        let error = Runtime::start(small(run.path()), Script::boxed(0, 0)).unwrap_err();
        fs::rename(&away, path).unwrap();
        match error {
            StartError::Recovery(RecoveryError::Journal(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    match refused(&archived[1].path) {
        JournalError::Rot { damage, .. } => {
            assert_eq!(damage.seq, archived[1].first);
            assert_eq!(damage.reason, Reason::Gap(archived[2].first));
        }
        other => panic!("{other:?}"),
    }
    let base = Base::find(&run.location()).unwrap().unwrap();
    match refused(&base.path) {
        JournalError::BaseLost { path, first } => {
            assert_eq!((path, first), (base.path, archived[0].first));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(run.again().1, run.stopped.state_hash);
}

#[test]
fn a_journal_keeps_the_limits_that_it_was_begun_with() {
    let directory = tempfile::tempdir().unwrap();
    let mut begun = small(directory.path());
    begun.limits.accounts_max = 2;
    let runtime = Runtime::start(begun, Script::boxed(0, 60)).unwrap();
    runtime.wait_source_end();
    let stopped = runtime.stop().unwrap();
    let hash = stopped.state_hash;
    let location = journal_location(directory.path(), ShardId(0));
    assert_eq!(rebuilt(&location, stopped.seq), hash);
    // The third account was refused, and is again, whatever the next start says.
    assert_ne!(replayed(&journaled(directory.path())), hash);
    fs::remove_dir_all(directory.path().join("snapshots")).unwrap();
    let runtime = Runtime::start(small(directory.path()), Script::boxed(0, 0)).unwrap();
    assert_eq!(runtime.stop().unwrap().state_hash, hash);
}
