//! A journal keeps the limits that it began with, and a start under others is refused with both numbers.

use std::fs;
use std::path::{Path, PathBuf};

use crate::scenario::{Script, config};
use runtime::journal::{self, Base, JournalError};
use runtime::retention::prune;
use runtime::{
    Config, Limits, Recovery, RecoveryError, Runtime, StartError, beginning, journal_location,
};
use types::{LimitName, Seq, ShardId};

/// Accounts of [`Script`].
const ACCOUNTS: u32 = 3;

fn stating(directory: &Path, limit: LimitName, value: u32) -> Config {
    let mut settings = config(directory);
    *settings.limits.number(limit) = value;
    settings.limits_stated = vec![limit];
    settings
}

/// Starts, plays what is left of 60 inputs, and stops.
fn run(settings: Config) -> Result<(Recovery, runtime::StateHash), StartError> {
    let is_new = !settings.directory.join("journal").exists();
    let next = if is_new { 0 } else { 60 };
    let runtime = Runtime::start(settings, Script::boxed(next, 60))?;
    runtime.wait_source_end();
    let recovery = runtime.recovery();
    Ok((recovery, runtime.stop().unwrap().state_hash))
}

/// What was stated, and what the journal has.
fn refused(settings: Config) -> (LimitName, u32, u32) {
    let error = run(settings).map(|_| ()).unwrap_err();
    let text = error.to_string();
    let StartError::Recovery(RecoveryError::Limit {
        limit,
        stated,
        journal,
    }) = error
    else {
        panic!("{text}");
    };
    assert!(text.contains(&format!("{limit} = {journal}")), "{text}");
    (limit, stated, journal)
}

#[test]
fn a_journal_keeps_the_limits_that_it_began_with() {
    const ACCOUNTS_MAX: LimitName = LimitName::Accounts;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let (_, hash) = run(stating(path, ACCOUNTS_MAX, ACCOUNTS)).unwrap();
    // The same again, and nothing said: the journal's own count, which the state says.
    for again in [stating(path, ACCOUNTS_MAX, ACCOUNTS), config(path)] {
        let (recovery, again) = run(again).unwrap();
        assert!(recovery.seq.0 >= 60);
        assert_eq!(again, hash);
    }
    for other in [ACCOUNTS - 1, ACCOUNTS + 1] {
        assert_eq!(
            refused(stating(path, ACCOUNTS_MAX, other)),
            (ACCOUNTS_MAX, other, ACCOUNTS)
        );
    }
    // From the records alone as well as from a snapshot.
    fs::remove_dir_all(path.join("snapshots")).unwrap();
    let other = ACCOUNTS + 1;
    assert_eq!(
        refused(stating(path, ACCOUNTS_MAX, other)),
        (ACCOUNTS_MAX, other, ACCOUNTS)
    );
    assert_eq!(run(config(path)).unwrap().1, hash);
}

/// The files of a directory with their content, in order.
fn files(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = fs::read_dir(directory).unwrap();
    let read = paths.map(|entry| {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        (path, bytes)
    });
    let mut files: Vec<_> = read.collect();
    files.sort();
    files
}

/// Three accounts were asked for under a limit of two, so the third was refused. Under the usual limits the same inputs
/// lead to three accounts: whoever made up a base would make up another state.
#[test]
fn a_lost_base_is_not_made_up() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let (_, hash) = run(stating(path, LimitName::Accounts, ACCOUNTS - 1)).unwrap();
    let journal = path.join("journal");
    let location = journal_location(path, ShardId(0));
    let base = journal.join("00000000000000000000.base");
    let bytes = fs::read(&base).unwrap();
    for with_snapshots in [true, false] {
        if !with_snapshots {
            fs::remove_dir_all(path.join("snapshots")).unwrap();
        }
        fs::remove_file(&base).unwrap();
        let left = files(&journal);
        let started = match run(config(path)).unwrap_err() {
            StartError::Recovery(RecoveryError::Journal(error)) => error,
            other => panic!("{other:?}"),
        };
        for refused in [
            started,
            journal::open(&location, 4_096, Seq(0), |_| {}).unwrap_err(),
            journal::verify(&location).unwrap_err(),
            journal::repair(&location, Seq(10)).unwrap_err(),
            beginning(&location, Limits::default()).unwrap_err(),
            prune(&location, Seq(60), &|| true).unwrap_err(),
        ] {
            let told = refused.to_string();
            let JournalError::BaseLost { path, first } = refused else {
                panic!("{refused:?}");
            };
            assert_eq!((path, first), (base.clone(), Seq(1)));
            for said in ["00000000000000000000.base", "Accepted", "the same limits"] {
                assert!(told.contains(said), "{told}");
            }
        }
        assert_eq!(files(&journal), left);
        // As it is accepted: that of a new directory under the same limits is the same file.
        let other = tempfile::tempdir().unwrap();
        run(stating(other.path(), LimitName::Accounts, ACCOUNTS - 1)).unwrap();
        let same = fs::read(other.path().join("journal").join(base.file_name().unwrap()));
        assert_eq!(same.unwrap(), bytes);
        fs::write(&base, &bytes).unwrap();
        assert_eq!(run(config(path)).unwrap().1, hash);
    }
}

/// The base is the first file that a start writes, then comes the anchor, then a segment: what a crash between any two
/// leaves is a journal that begins.
#[test]
fn a_first_start_that_was_interrupted_is_begun_again() {
    for with_anchor in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let location = journal_location(path, ShardId(0));
        fs::create_dir(&location.directory).unwrap();
        Base::create(&location, &Limits::default()).unwrap();
        if with_anchor {
            journal::open(&location, 4_096, Seq(0), |_| {}).unwrap();
        }
        assert_eq!(
            files(&location.directory).len(),
            1 + usize::from(with_anchor)
        );
        assert_eq!(journal::verify(&location).unwrap().damage, None);
        let runtime = Runtime::start(config(path), Script::boxed(0, 60)).unwrap();
        runtime.wait_source_end();
        assert!(runtime.stop().unwrap().seq >= Seq(60));
    }
}

/// A journal of which only the anchor is left is not begun anew, and nothing is written.
#[test]
fn a_journal_of_which_only_the_anchor_is_left_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    run(config(path)).unwrap();
    fs::remove_dir_all(path.join("snapshots")).unwrap();
    let journal = path.join("journal");
    for (file, _) in files(&journal) {
        if !file.ends_with("anchor") {
            fs::remove_file(&file).unwrap();
        }
    }
    let left = files(&journal);
    assert_eq!(left.len(), 1);
    let error = run(config(path)).unwrap_err();
    assert!(
        matches!(
            error,
            StartError::Recovery(RecoveryError::Journal(JournalError::Missing { .. }))
        ),
        "{error:?}"
    );
    assert_eq!(files(&journal), left);
}
