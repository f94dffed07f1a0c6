//! What a process leaves that dies while it archives or removes: a segment beside its archive, files that the base
//! stands for. None of it counts, and nothing brings it back.

use std::fs;
use std::path::PathBuf;

use crate::retention::{Run, rebuilt};
use crate::scenario::{journaled, replayed};
use runtime::journal::{self, Base, JournalError, Segment};
use runtime::retention::{archive_next, prune};
use types::Seq;

const ALL: &dyn Fn() -> bool = &|| true;

/// A run whose first three segments stand beside their archives, as between the two steps of archiving.
struct Twins {
    run: Run,
    segments: Vec<Segment>,
    archives: Vec<Segment>,
}

impl Twins {
    fn new() -> Self {
        let run = Run::new();
        let location = run.location();
        let segments = run.segments();
        let bytes: Vec<_> = segments[..3]
            .iter()
            .map(|segment| fs::read(&segment.path).unwrap())
            .collect();
        let archive = |_| archive_next(&location, run.stopped.seq).unwrap().unwrap();
        let archives: Vec<_> = bytes.iter().map(archive).collect();
        for (segment, bytes) in segments.iter().zip(bytes) {
            fs::write(&segment.path, bytes).unwrap();
        }
        let twins = Self {
            run,
            segments,
            archives,
        };
        assert_eq!(twins.files().len(), twins.segments.len() + 3);
        twins
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = journal::files(&self.run.location()).unwrap();
        files.into_iter().map(|file| file.path).collect()
    }

    /// Checks that the journal is whole up to `end`, for readers and for a start without snapshots.
    fn ends_at(&self, end: Seq) {
        let summary = journal::verify(&self.run.location()).unwrap();
        assert_eq!((summary.damage, summary.end.seq), (None, end));
        self.run.without_snapshots();
        let (recovery, hash) = self.run.again();
        assert_eq!(recovery.seq, end);
        assert_eq!(hash, replayed(&self.run.inputs[..end.0 as usize]));
    }
}

#[test]
fn verify_and_readers_take_the_segment_and_a_start_removes_it_for_its_archive() {
    let twins = Twins::new();
    let location = twins.run.location();
    assert_eq!(twins.run.segments(), twins.segments);
    let summary = journal::verify(&location).unwrap();
    assert_eq!((summary.damage, summary.archives), (None, 0));
    assert_eq!(journaled(twins.run.path()), twins.run.inputs);

    // One archive is not what it should be: its segment stays, and counts.
    let path = &twins.archives[1].path;
    fs::remove_file(path).unwrap();
    fs::write(path, b"DYN").unwrap();
    assert_eq!(twins.run.again().1, twins.run.stopped.state_hash);
    assert!(!twins.segments[0].path.exists() && !twins.segments[2].path.exists());
    assert!(twins.segments[1].path.exists());
    let summary = journal::verify(&location).unwrap();
    assert_eq!((summary.damage, summary.archives), (None, 2));
    assert_eq!(journaled(twins.run.path()), twins.run.inputs);
    // It is made anew by who archives next.
    let archived = archive_next(&location, twins.run.stopped.seq).unwrap();
    assert_eq!(archived.as_ref(), Some(&twins.archives[1]));
    twins.ends_at(twins.run.stopped.seq);
}

#[test]
fn an_archive_under_another_name_is_told_by_what_it_holds() {
    let twins = Twins::new();
    let location = twins.run.location();
    let archive = &twins.archives[0];
    fs::remove_file(&twins.segments[0].path).unwrap();
    let last = Seq(archive.last.unwrap().0 - 1);
    let renamed = location
        .directory
        .join(format!("{:020}-{last:020}.archive", 1));
    fs::rename(&archive.path, renamed).unwrap();
    let damage = journal::verify(&location).unwrap().damage.unwrap();
    let told = format!(
        "holds seq 1 to {}, which is not what its name says",
        last.next()
    );
    assert!(damage.to_string().ends_with(&told), "{damage}");
}

#[test]
fn a_repair_takes_both() {
    // Before, within, at the end of and after a segment that stands beside its archive.
    for (segment, further) in [(0, 0), (1, 3), (2, 0), (2, 5), (3, 0), (3, 2)] {
        let twins = Twins::new();
        let location = twins.run.location();
        let keep = Seq(twins.segments[segment].first.0 + further);
        let keep = if further == 0 { Seq(keep.0 - 1) } else { keep };
        if keep == Seq(0) {
            let refused = journal::repair(&location, keep).unwrap_err();
            assert!(matches!(refused, JournalError::Keep { .. }), "{refused}");
            continue;
        }
        journal::repair(&location, keep).unwrap();
        let is_over =
            |file: &Segment| file.last.is_some_and(|last| last > keep) || file.first > keep;
        let files = journal::files(&location).unwrap();
        assert!(!files.iter().any(is_over), "{keep}: {files:?}");
        // The same again changes nothing.
        assert_eq!(
            journal::repair(&location, keep).unwrap().set_aside,
            [""; 0].map(PathBuf::from)
        );
        twins.ends_at(keep);
    }
}

#[test]
fn a_removal_takes_both() {
    let twins = Twins::new();
    let location = twins.run.location();
    let until = twins.segments[2].first;
    let pruned = prune(&location, until, ALL).unwrap().unwrap();
    assert_eq!((pruned.segments, pruned.first), (2, until));
    let files = twins.files();
    for gone in &twins.segments[..2] {
        let range = gone.path.file_stem().unwrap().to_str().unwrap();
        assert!(
            !files
                .iter()
                .any(|file| file.to_str().unwrap().contains(range)),
            "{files:?}"
        );
    }
    assert_eq!(files.len(), twins.segments.len() - 2 + 1);
    twins.ends_at(twins.run.stopped.seq);
}

#[test]
fn what_the_base_stands_for_is_neither_checked_nor_kept_by_a_repair() {
    let twins = Twins::new();
    let location = twins.run.location();
    let old: Vec<_> = twins.archives[..2]
        .iter()
        .map(|archive| (archive.path.clone(), fs::read(&archive.path).unwrap()))
        .collect();
    let begins = Seq(twins.segments[2].first.0 - 1);
    prune(&location, begins, ALL).unwrap().unwrap();
    // As if only the segments were gone; one archive does not even check any more.
    fs::write(&old[0].0, &old[0].1).unwrap();
    fs::write(&old[1].0, b"DYN").unwrap();

    let end = twins.run.stopped.seq;
    let summary = journal::verify(&location).unwrap();
    assert_eq!((summary.damage, summary.end.seq), (None, end));
    assert_eq!(
        (summary.base.unwrap().seq, summary.first),
        (begins, begins.next())
    );
    assert_eq!(twins.run.segments()[0], twins.segments[2]);
    assert_eq!(rebuilt(&location, end), twins.run.stopped.state_hash);
    // The state after the base is the least that there can be.
    for keep in [Seq(1), Seq(begins.0 - 1), end.next()] {
        let refused = journal::repair(&location, keep).unwrap_err();
        let JournalError::Keep { accepted, .. } = &refused else {
            panic!("{refused:?}");
        };
        assert_eq!(*accepted, Some((begins, end)));
        assert!(
            refused
                .to_string()
                .contains(&format!("accepted: {begins} to {end}"))
        );
    }
    assert_eq!(journal::verify(&location).unwrap().damage, None);
    // As long as the base itself does not check nothing starts, and what it stands for is not removed.
    let base = Base::find(&location).unwrap().unwrap().path;
    let good = fs::read(&base).unwrap();
    let mut bad = good.clone();
    *bad.last_mut().unwrap() ^= 1;
    fs::remove_file(&base).unwrap();
    fs::write(&base, bad).unwrap();
    assert!(twins.run.snapshot_count() > 0);
    let refused = twins.run.start().unwrap_err().to_string();
    assert!(refused.contains("84.base, does not check"), "{refused}");
    assert!(prune(&location, end, ALL).is_err());
    assert!(old.iter().all(|(path, _)| path.exists()));
    fs::write(&base, good).unwrap();
    twins.ends_at(end);
    assert!(old.iter().all(|(path, _)| !path.exists()));
    assert_eq!(journal::repair(&location, begins).unwrap().end.seq, begins);
    twins.ends_at(begins);
}
