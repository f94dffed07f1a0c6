//! A stop that has to be over by a moment: the journal gets to its end, whoever follows it may not.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::golden::copy;
use crate::scenario::{Script, config};
use runtime::{Runtime, StartError, Step, Stopped};

const INPUTS: u64 = 300;

/// Runs the script with a replica that stops at its hundredth input until it is let go, and stops within `stop_max`.
fn run(directory: &std::path::Path, stop_max: Duration) -> (Stopped, mpsc::Sender<()>) {
    let (go, goes) = mpsc::channel::<()>();
    let mut config = config(directory);
    config.projection = Some(Box::new(move |step, _| {
        if let Step::Applied { input, .. } = step
            && input.seq.0 == 100
        {
            // The sender goes when the test lets it go, or is over.
            assert_eq!(
                goes.recv_timeout(Duration::from_mins(5)),
                Err(RecvTimeoutError::Disconnected)
            );
        }
    }));
    let runtime = Runtime::start(config, Script::boxed(0, INPUTS)).unwrap();
    runtime.wait_source_end();
    (runtime.stop_by(Instant::now() + stop_max).unwrap(), go)
}

#[test]
fn a_replica_that_is_not_there_in_time_is_left_and_the_next_start_replays() {
    let directory = tempfile::tempdir().unwrap();
    let (stopped, go) = run(directory.path(), Duration::from_secs(3));
    assert!(!stopped.is_compared);
    assert!(stopped.seq.0 >= INPUTS);
    assert_eq!(stopped.snapshot_seq.0, 0);
    // Its thread still runs, so nobody else may have the directory.
    let locked = Runtime::start(config(directory.path()), Script::boxed(0, 0));
    assert!(matches!(locked, Err(StartError::Locked { .. })));

    // What another process finds.
    let found = tempfile::tempdir().unwrap();
    copy(directory.path(), found.path());
    drop(go);
    let runtime = Runtime::start(config(found.path()), Script::boxed(0, 0)).unwrap();
    assert_eq!(runtime.recovery().replayed, stopped.seq.0);
    let again = runtime.stop().unwrap();
    assert!(again.is_compared);
    assert_eq!(
        (again.seq, again.state_hash, again.snapshot_seq),
        (stopped.seq, stopped.state_hash, stopped.seq)
    );
}

#[test]
fn a_stop_with_time_left_compares_and_writes_its_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, INPUTS)).unwrap();
    runtime.wait_source_end();
    let stopped = runtime
        .stop_by(Instant::now() + Duration::from_mins(5))
        .unwrap();
    assert!(stopped.is_compared);
    assert_eq!(stopped.snapshot_seq, stopped.seq);
}
