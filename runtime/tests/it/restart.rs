//! Stopping and starting changes nothing.

use std::fs;

use crate::scenario::{Script, config, journaled, replayed};
use runtime::{AckMode, Doing, Runtime, StartError, Status};
use types::Seq;

#[test]
fn a_run_in_parts_ends_as_a_run_in_one_piece() {
    let whole = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(config(whole.path()), Script::boxed(0, 2_000)).unwrap();
    assert_eq!(runtime.wait_source_end(), Status::SourceEnded);
    let whole_end = runtime.stop().unwrap();
    assert_eq!(whole_end.snapshot_seq, whole_end.seq);

    let parts = tempfile::tempdir().unwrap();
    let mut seq = Seq(0);
    for (start, end) in [(0, 1), (1, 7), (7, 900), (900, 900), (900, 2_000)] {
        let runtime = Runtime::start(config(parts.path()), Script::boxed(start, end)).unwrap();
        let recovery = runtime.recovery();
        assert_eq!(recovery.seq, seq);
        assert_eq!(recovery.replayed, 0, "the last stop left a snapshot");
        runtime.wait_source_end();
        let stopped = runtime.stop().unwrap();
        seq = stopped.seq;
        if end == 2_000 {
            assert_eq!(stopped.seq, whole_end.seq);
            assert_eq!(stopped.state_hash, whole_end.state_hash);
        }
    }
    assert_eq!(journaled(whole.path()), journaled(parts.path()));
}

#[test]
fn the_live_state_is_the_replayed_state() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path());
    config.snapshot_every = 100;
    let runtime = Runtime::start(config, Script::boxed(0, 1_000)).unwrap();
    runtime.wait_source_end();
    let stats = runtime.handle().stats();
    let stopped = runtime.stop().unwrap();
    let inputs = journaled(directory.path());
    assert_eq!(inputs.len() as u64, stopped.seq.0);
    assert_eq!(replayed(&inputs), stopped.state_hash);
    // 1,000 script inputs and the rolls.
    assert_eq!(stats.market_events + stats.commands, 1_000);
    assert_eq!(stopped.seq.0, 1_000 + stats.timers);
}

#[test]
fn without_snapshots_the_whole_journal_is_replayed_over_many_segments() {
    let directory = tempfile::tempdir().unwrap();
    let small_segments = || {
        let mut config = config(directory.path());
        config.segment_bytes_max = 4_096;
        config.batch_bytes_max = 512;
        config
    };
    let runtime = Runtime::start(small_segments(), Script::boxed(0, 1_000)).unwrap();
    runtime.wait_source_end();
    let first = runtime.stop().unwrap();
    let segments = runtime::journal::segments(&runtime::journal_location(
        directory.path(),
        types::ShardId(0),
    ))
    .unwrap();
    assert!(segments.len() > 10, "{} segments", segments.len());

    fs::remove_dir_all(directory.path().join("snapshots")).unwrap();
    let runtime = Runtime::start(small_segments(), Script::boxed(0, 0)).unwrap();
    let recovery = runtime.recovery();
    assert_eq!(recovery.snapshot_seq, None);
    assert_eq!(recovery.replayed, first.seq.0);
    let second = runtime.stop().unwrap();
    assert_eq!(
        (second.seq, second.state_hash),
        (first.seq, first.state_hash)
    );
}

#[test]
fn relaxed_acknowledgements_end_in_the_same_journal() {
    let durable = tempfile::tempdir().unwrap();
    let relaxed = tempfile::tempdir().unwrap();
    let run = |directory: &std::path::Path, ack_mode| {
        let mut config = config(directory);
        config.ack_mode = ack_mode;
        config.snapshot_every = 64;
        let runtime = Runtime::start(config, Script::boxed(0, 500)).unwrap();
        runtime.wait_source_end();
        runtime.stop().unwrap().state_hash
    };
    assert_eq!(
        run(durable.path(), AckMode::Durable),
        run(relaxed.path(), AckMode::Relaxed)
    );
    assert_eq!(journaled(durable.path()), journaled(relaxed.path()));
}

#[test]
fn a_data_directory_has_one_owner() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, 10)).unwrap();
    let second = Runtime::start(config(directory.path()), Script::boxed(0, 10));
    assert!(matches!(second, Err(StartError::Locked { .. })));
    runtime.stop().unwrap();
    let third = Runtime::start(config(directory.path()), Script::boxed(10, 10)).unwrap();
    third.stop().unwrap();
}

#[test]
fn a_limit_of_zero_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path());
    config.commands_max = 0;
    let error = Runtime::start(config, Script::boxed(0, 0)).unwrap_err();
    assert_eq!(error.to_string(), "commands_max must be above zero");
}

#[test]
fn a_recovery_tells_how_far_it_is() {
    const INPUTS: u64 = 140_000;
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, INPUTS)).unwrap();
    runtime.wait_source_end();
    let end = runtime.stop().unwrap().seq.0;
    std::fs::remove_dir_all(directory.path().join("snapshots")).unwrap();

    let (tell, told) = std::sync::mpsc::channel();
    let mut config = config(directory.path());
    config.recovery_hook = Some(Box::new(move |at| {
        assert_eq!(at.doing, Doing::Replaying);
        tell.send((at.done, at.all)).unwrap();
    }));
    let runtime = Runtime::start(config, Script::boxed(0, 0)).unwrap();
    assert_eq!(runtime.recovery().replayed, end);
    runtime.stop().unwrap();
    // The script's rolls are inputs too.
    assert!((140_000..196_608).contains(&end), "{end}");
    let told: Vec<_> = told.into_iter().collect();
    assert_eq!(told, [(0, end), (65_536, end), (131_072, end), (end, end)]);
}

/// What is before the snapshot is told as being checked, and what follows it as being replayed.
#[test]
fn a_recovery_from_a_snapshot_tells_that_it_checks_what_is_before() {
    const INPUTS: u64 = 70_000;
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, INPUTS)).unwrap();
    runtime.wait_source_end();
    let end = runtime.stop().unwrap().seq.0;
    assert!((65_536..131_072).contains(&end), "{end}");

    let (tell, told) = std::sync::mpsc::channel();
    let mut config = config(directory.path());
    config.recovery_hook = Some(Box::new(move |at| {
        tell.send((at.doing, at.done, at.all)).unwrap();
    }));
    let runtime = Runtime::start(config, Script::boxed(0, 0)).unwrap();
    let recovery = runtime.recovery();
    assert_eq!(
        (recovery.snapshot_seq, recovery.replayed),
        (Some(Seq(end)), 0)
    );
    runtime.stop().unwrap();
    let told: Vec<_> = told.into_iter().collect();
    let checking = [0, 65_536, end].map(|done| (Doing::Checking, done, end));
    let replaying = [(Doing::Replaying, 0, 0); 2];
    assert_eq!(told, [&checking[..], &replaying].concat());
}
