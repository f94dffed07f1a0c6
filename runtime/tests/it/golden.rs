//! A journal of every format version that is read, as it was written when that version was current.
//!
//! `fixtures/journals/v<N>` is a data directory: an archive, segments, a base and an anchor. `figures` says
//! what is in it. `RUNTIME_GOLDEN=update cargo test -p runtime --test it golden::every` writes the current version's
//! where there is none, and the figures of all: a state hash follows the form of the state. A journal that
//! stands is never written again.
//!
//! `fixtures/bases/form<N>` is one whose oldest segments were removed: its base holds a state, in the form of that
//! number. It is written and updated in the same way.

use std::fs;
use std::path::{Path, PathBuf};

use crate::scenario::{Script, config};
use runtime::journal::record::{HEADER_BYTES, VERSION, VERSION_MIN};
use runtime::journal::{self, ANCHOR_FILE, Base, JournalError, Location, Segment};
use runtime::retention::{archive_next, prune};
use runtime::{
    EventBuf, Limits, RecoveryError, Runtime, Shard, StartError, beginning, journal_location,
};
use types::{Seq, ShardId, frame};

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

/// The number of the form in which a state is written now.
fn form() -> u32 {
    let mut bytes = Vec::new();
    Shard::new(ShardId(0), Limits::default()).encode(&mut bytes);
    u32::from_le_bytes(bytes[..4].try_into().unwrap())
}

fn golden_base(form: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fixtures/bases/form{form}"))
}

#[test]
fn a_base_with_a_state_leads_to_what_it_led_to_and_one_of_another_form_is_named() {
    let from = golden_base(form());
    if std::env::var_os("RUNTIME_GOLDEN").is_some_and(|value| value == "update") {
        if !from.exists() {
            fs::create_dir_all(&from).unwrap();
            let data = write();
            let location = location_of(data.path());
            let pruned = prune(&location, Seq(100), &|| true);
            assert_eq!(pruned.unwrap().unwrap().first, Seq(85));
            copy(data.path(), &from);
        }
        fs::write(from.join("figures"), figures(copied(&from).path())).unwrap();
    }
    assert!(
        from.is_dir(),
        "no golden base with a state of form {}: RUNTIME_GOLDEN=update writes it",
        form()
    );
    let known = fs::read_to_string(from.join("figures")).unwrap();
    // Two of the archives of 42 inputs each are gone.
    assert!(known.starts_with("base 84\nfirst 85\n"), "{known}");
    assert_eq!(figures(copied(&from).path()), known);
    let data = copied(&from);
    let runtime = Runtime::start(config(data.path()), Script::boxed(0, 0)).unwrap();
    let hash = runtime.stop().unwrap().state_hash.to_string();
    assert!(known.contains(&hash), "{hash}");

    // As a program with another form would have written it.
    let data = copied(&from);
    let base = Base::find(&location_of(data.path())).unwrap().unwrap().path;
    let mut bytes = fs::read(&base).unwrap();
    let other = form() + 1;
    bytes[48..52].copy_from_slice(&other.to_le_bytes());
    let content = crc32c::crc32c(&bytes[48..]);
    bytes[40..44].copy_from_slice(&content.to_le_bytes());
    let head = crc32c::crc32c(&bytes[..44]);
    bytes[44..48].copy_from_slice(&head.to_le_bytes());
    fs::write(&base, &bytes).unwrap();
    let refused = Runtime::start(config(data.path()), Script::boxed(0, 0)).unwrap_err();
    let mut told = refused.to_string();
    let mut source = std::error::Error::source(&refused);
    while let Some(error) = source {
        told = format!("{told}: {error}");
        source = error.source();
    }
    for said in [
        &format!("version {other}"),
        "go on with the version that wrote it",
    ] {
        assert!(told.contains(said), "{told}");
    }
    assert!(
        !told.contains("restore") && !told.contains("repair"),
        "{told}"
    );
    assert_eq!(fs::read(&base).unwrap(), bytes);
}

/// A file of a journal, and where the version and the checksum of its head stand: the checksum is that of the bytes from
/// the first place up to itself.
struct Headed {
    path: PathBuf,
    head: usize,
    version: usize,
    crc: usize,
}

#[test]
fn a_newer_version_is_refused_by_its_number() {
    let segments = golden_files();
    let last = segments.last().unwrap();
    assert!(segments[0].is_archive() && !last.is_archive());
    let base = Base::find(&location_of(&golden(VERSION)))
        .unwrap()
        .unwrap()
        .path;
    let headed = |path: &Path, head, version, crc| Headed {
        path: path.to_owned(),
        head,
        version: head + version,
        crc: head + crc,
    };
    let anchor = Path::new(ANCHOR_FILE);
    for (file, reads) in [
        (headed(&last.path, 0, 8, HEADER_BYTES - 4), VERSION),
        (headed(&segments[0].path, 0, 16, 80), 1),
        (headed(&base, 0, 8, 44), 1),
        // Any slot of the anchor: others may still be as an older version left them.
        (headed(anchor, 0, 8, 28), 1),
        (headed(anchor, 4_096, 8, 28), 1),
        (headed(anchor, 8_192, 8, 28), 1),
        // A record.
        (
            headed(&last.path, HEADER_BYTES, 8, 4),
            frame::VERSION.into(),
        ),
    ] {
        refuses_newer(&file, reads);
    }
}

/// Writes a file as a newer version would, and holds every way in against what it has to say.
fn refuses_newer(headed: &Headed, reads: u16) {
    let data = copied(&golden(VERSION));
    let location = journal_location(data.path(), ShardId(0));
    let path = location.directory.join(headed.path.file_name().unwrap());
    let mut bytes = fs::read(&path).unwrap();
    if bytes
        .get(headed.version)
        .is_none_or(|version| u16::from(*version) != reads)
    {
        // A slot that was never written: it becomes one.
        assert!(path.ends_with(ANCHOR_FILE));
        bytes.resize(bytes.len().max(headed.crc + 4), 0);
        bytes.copy_within(..32, headed.head);
    }
    let found = reads + 1;
    bytes[headed.version] = found as u8;
    let summed = match headed.crc.checked_sub(headed.head) {
        // The frame of a record: its checksum goes before what it covers.
        Some(4) => {
            let length = u32::from_le_bytes(bytes[headed.head..][..4].try_into().unwrap());
            headed.crc + 4..headed.head + length as usize
        }
        _ => headed.head..headed.crc,
    };
    let crc = crc32c::crc32c(&bytes[summed]);
    bytes[headed.crc..headed.crc + 4].copy_from_slice(&crc.to_le_bytes());
    fs::write(&path, &bytes).unwrap();

    let told = |refused: JournalError| {
        let JournalError::Version(other) = &refused else {
            panic!("{refused:?}");
        };
        assert_eq!(
            (&other.path, other.found, other.reads),
            (&path, found, reads)
        );
        let text = refused.to_string();
        for said in [
            &format!("format version {found}"),
            &format!("reads {reads}"),
            "a newer version",
            "nothing is damaged",
        ] {
            assert!(text.contains(said), "{text}");
        }
        for wrong in ["rot", "torn", "repair", "restore"] {
            assert!(!text.contains(wrong), "{text}");
        }
    };
    told(journal::open(&location, 4_096, Seq(0), |_| {}).unwrap_err());
    told(journal::verify(&location).unwrap_err());
    if headed.head != HEADER_BYTES {
        // Not even on the word of whoever knows no better.
        told(journal::repair(&location, Seq(1)).unwrap_err());
    }
    let started = Runtime::start(config(data.path()), Script::boxed(0, 0)).unwrap_err();
    let StartError::Recovery(RecoveryError::Journal(started)) = started else {
        panic!("{started:?}");
    };
    told(started);
    // It was left as it was.
    assert_eq!(fs::read(&path).unwrap(), bytes);
    let golden = fs::read_dir(golden(VERSION).join("journal")).unwrap();
    let names = fs::read_dir(&location.directory).unwrap();
    assert_eq!(names.count(), golden.count());
}

fn location_of(data: &Path) -> Location {
    journal_location(data, ShardId(0))
}

fn golden_files() -> Vec<Segment> {
    journal::segments(&location_of(&golden(VERSION))).unwrap()
}
