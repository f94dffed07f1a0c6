//! A journal of every format version that is read, as it was written when that version was current.
//!
//! `fixtures/journals/v<N>` is a data directory: an archive, segments, a base and an anchor. `figures` says
//! what is in it. `RUNTIME_GOLDEN=update cargo test -p runtime --test it golden::every` writes the current version's
//! where there is none, and the figures of all: a state hash follows the form of the state. A journal that
//! stands is never written again.

use std::fs;
use std::path::{Path, PathBuf};

use crate::scenario::{Script, config};
use runtime::journal::record::{HEADER_BYTES, Header, VERSION, VERSION_MIN};
use runtime::journal::{self, JournalError, Reason};
use runtime::retention::archive_next;
use runtime::{EventBuf, Limits, Runtime, beginning, journal_location};
use types::{Seq, ShardId};

fn golden(version: u16) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fixtures/journals/v{version}"))
}

/// A copy of a data directory: what is read may be opened, and a start changes files.
fn copied(from: &Path) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    copy(from, directory.path());
    directory
}

/// Copies the journal of a data directory, writable.
pub(crate) fn copy(from: &Path, to: &Path) {
    let journal = to.join("journal");
    fs::create_dir(&journal).unwrap();
    for entry in fs::read_dir(from.join("journal")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        fs::write(journal.join(path.file_name().unwrap()), bytes).unwrap();
    }
}

/// What a journal holds and leads to.
fn figures(data: &Path) -> String {
    let location = journal_location(data, ShardId(0));
    let summary = journal::verify(&location).unwrap();
    assert_eq!(summary.damage, None);
    let mut shard = beginning(&location, Limits::default()).unwrap();
    let begins = shard.seq();
    let mut events = EventBuf::default();
    let mut count = 0;
    journal::open(&location, 4_096, begins, |input| {
        events.clear();
        shard.apply(&input, &mut events);
        count += events.as_slice().len();
    })
    .unwrap();
    format!(
        "base {begins}\nfirst {}\nlast {}\nchain {:016x}\narchives {}\nevents {count}\nhash {}\n",
        summary.first,
        summary.end.seq,
        summary.end.chain.0,
        summary.archives,
        shard.state_hash(),
    )
}

/// A run of 240 inputs whose first segments were archived.
fn write() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let mut small = config(directory.path());
    small.segment_bytes_max = 4_096;
    small.batch_bytes_max = 512;
    let runtime = Runtime::start(small, Script::boxed(0, 240)).unwrap();
    runtime.wait_source_end();
    let stopped = runtime.stop().unwrap();
    let location = journal_location(directory.path(), ShardId(0));
    for _ in 0..2 {
        archive_next(&location, stopped.seq).unwrap();
    }
    directory
}

#[test]
fn every_version_that_is_read_leads_to_what_it_led_to() {
    if std::env::var_os("RUNTIME_GOLDEN").is_some_and(|value| value == "update") {
        let current = golden(VERSION);
        if !current.exists() {
            fs::create_dir_all(&current).unwrap();
            copy(write().path(), &current);
        }
        for version in VERSION_MIN..=VERSION {
            let to = golden(version);
            fs::write(to.join("figures"), figures(copied(&to).path())).unwrap();
        }
    }
    for version in VERSION_MIN..=VERSION {
        let from = golden(version);
        assert!(
            from.is_dir(),
            "no golden journal of format version {version}"
        );
        let known = fs::read_to_string(from.join("figures")).unwrap();
        assert_eq!(figures(copied(&from).path()), known, "version {version}");
        // A runtime starts on it.
        let data = copied(&from);
        let runtime = Runtime::start(config(data.path()), Script::boxed(0, 0)).unwrap();
        let hash = runtime.stop().unwrap().state_hash.to_string();
        assert!(known.contains(&hash), "version {version}: {hash}");
    }
    // None of a version that nobody reads.
    let directories = fs::read_dir(golden(VERSION).parent().unwrap()).unwrap();
    assert_eq!(directories.count(), usize::from(VERSION - VERSION_MIN + 1));
}

#[test]
fn a_newer_version_is_refused_by_its_number() {
    let data = copied(&golden(VERSION));
    let location = journal_location(data.path(), ShardId(0));
    let last = journal::segments(&location).unwrap().pop().unwrap();
    let mut bytes = fs::read(&last.path).unwrap();
    Header::from_bytes(&bytes).unwrap();
    bytes[8..10].copy_from_slice(&(VERSION + 1).to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..HEADER_BYTES - 4]);
    bytes[HEADER_BYTES - 4..HEADER_BYTES].copy_from_slice(&crc.to_le_bytes());
    fs::write(&last.path, &bytes).unwrap();

    let refused = journal::open(&location, 4_096, Seq(0), |_| {}).unwrap_err();
    match &refused {
        JournalError::Damaged(damage) | JournalError::Rot { damage, .. } => {
            assert_eq!(damage.reason, Reason::Version(VERSION + 1));
        }
        other => panic!("{other:?}"),
    }
    let names = |text: &str| {
        assert!(text.contains(&format!("version {}", VERSION + 1)), "{text}");
        assert!(text.contains(&format!("reads {VERSION}")), "{text}");
    };
    names(&refused.to_string());
    let started = Runtime::start(config(data.path()), Script::boxed(0, 0)).unwrap_err();
    names(&started.to_string());
    // It was left as it was.
    assert_eq!(fs::read(&last.path).unwrap(), bytes);
    let inputs = inputs_before(data.path(), last.first);
    assert!(inputs > 0);
}

/// How many inputs are read before a segment.
fn inputs_before(data: &Path, first: Seq) -> usize {
    let location = journal_location(data, ShardId(0));
    let begins = beginning(&location, Limits::default()).unwrap().seq();
    let mut reader = journal::Reader::open(&location, begins).unwrap();
    let mut count = 0;
    while reader.mark().seq.next() < first && reader.next_input().unwrap().is_some() {
        count += 1;
    }
    count
}
