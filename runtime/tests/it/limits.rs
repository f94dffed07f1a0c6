//! A journal keeps the limits that it began with, and a start under others is refused with both numbers.

use std::fs;
use std::path::Path;

use crate::scenario::{Script, config};
use runtime::{Config, Limits, Recovery, RecoveryError, Runtime, StartError};
use types::LimitName;

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

#[test]
fn records_without_a_base_were_written_under_the_usual_limits() {
    const ALGOS_MAX: LimitName = LimitName::Algos;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let (_, hash) = run(config(path)).unwrap();
    let usual = Limits::default().of(ALGOS_MAX);
    let forget = || {
        for entry in fs::read_dir(path.join("journal")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|kind| kind == "base") {
                fs::remove_file(path).unwrap();
            }
        }
        fs::remove_dir_all(path.join("snapshots")).unwrap();
    };
    forget();
    assert_eq!(
        refused(stating(path, ALGOS_MAX, usual + 1)),
        (ALGOS_MAX, usual + 1, usual)
    );
    assert_eq!(run(stating(path, ALGOS_MAX, usual)).unwrap().1, hash);
    forget();
    assert_eq!(run(config(path)).unwrap().1, hash);
    // What settings have that nobody stated says nothing of the records: the base is made for those.
    forget();
    let mut fewer = config(path);
    fewer.limits.accounts_max = ACCOUNTS - 1;
    assert_eq!(run(fewer).unwrap().1, hash);
    assert_eq!(run(config(path)).unwrap().1, hash);
}
