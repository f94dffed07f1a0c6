//! Fail-stop: a broken invariant or a failing disk ends everything, and nobody hangs.

use std::fs;
use std::time::{Duration, Instant};

use crate::scenario::{Script, config, journaled, order, replayed, script, wait_until};
use runtime::{Next, Runtime, Shard, Source, Status};
use tokio::sync::broadcast::error::RecvError;
use types::{AccountId, Side};

/// Gives `inputs` inputs, waits for a command, and panics.
struct Panics {
    next: u64,
    inputs: u64,
    commands: u64,
}

impl Source for Panics {
    fn next(&mut self, shard: &Shard, _: Instant) -> Next {
        if self.next < self.inputs {
            let (ts, kind) = script(self.next);
            self.next += 1;
            self.commands = shard.seq().0 + 2;
            return Next::Input { ts, kind };
        }
        assert!(shard.seq().0 < self.commands, "the source broke");
        Next::Wait(Duration::from_secs(1))
    }
}

#[test]
fn a_panic_on_the_shard_thread_stops_everything_and_names_the_seq() {
    let directory = tempfile::tempdir().unwrap();
    let source = Panics {
        next: 0,
        inputs: 10,
        commands: 0,
    };
    let runtime = Runtime::start(config(directory.path()), Box::new(source)).unwrap();
    let handle = runtime.handle();
    wait_until(|| handle.durable_seq().0 >= 10);
    let mut subscription = handle.subscribe();
    let durable = handle.durable_seq();

    // The command is applied and waits to be handed over when the source panics. Whether it was handed
    // over or not, its sender is told something.
    let receipt = handle.submit(order(0, 77, Side::Buy)).unwrap();
    let told = receipt.blocking_recv();
    let Status::Failed(reason) = runtime.wait_source_end() else {
        panic!("{:?}", handle.status());
    };
    assert!(reason.contains("the source broke"), "{reason}");
    assert!(
        reason.starts_with(&format!("the shard, after seq {}", handle.applied_seq())),
        "{reason}"
    );
    if told.is_err() {
        assert_eq!(subscription.blocking_recv(), Err(RecvError::Closed));
        assert_eq!(handle.durable_seq(), durable);
    }
    // Whoever comes later is not kept waiting either.
    let late = handle.submit(order(0, 78, Side::Buy)).unwrap();
    assert!(late.blocking_recv().is_err());
    let error = runtime.stop().unwrap_err();
    assert_eq!(error.reason, reason);

    // What was durable is there.
    let runtime = Runtime::start(config(directory.path()), Script::boxed(10, 20)).unwrap();
    assert!(runtime.recovery().seq >= durable);
    runtime.wait_source_end();
    let stopped = runtime.stop().unwrap();
    assert_eq!(replayed(&journaled(directory.path())), stopped.state_hash);
}

#[test]
fn a_journal_that_cannot_be_written_is_never_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let mut small_segments = config(directory.path());
    small_segments.segment_bytes_max = 2_048;
    let runtime = Runtime::start(small_segments, Script::boxed(0, 10)).unwrap();
    runtime.wait_source_end();
    let handle = runtime.handle();
    // The replica has opened its segment and is not what fails.
    wait_until(|| handle.stats().replica_seq == handle.durable_seq());
    // The next segment has no directory to go to.
    let away = directory.path().join("away");
    fs::rename(directory.path().join("journal"), &away).unwrap();

    let mut acknowledged = handle.durable_seq();
    let mut number = 1_000;
    loop {
        let receipt = handle.submit(order(0, number, Side::Buy)).unwrap();
        match receipt.blocking_recv() {
            Ok(receipt) => acknowledged = receipt.seq,
            Err(_) => break,
        }
        number += 1;
    }
    assert!(matches!(handle.status(), Status::Failed(_)));
    assert_eq!(handle.durable_seq(), acknowledged);
    // What is durable can be read until it is stopped.
    wait_until(|| handle.views().seq == acknowledged);
    for _ in 0..2 {
        let account = handle.account(AccountId(0)).unwrap().blocking_recv();
        assert_eq!(account.unwrap().seq, acknowledged);
    }
    let error = runtime.stop().unwrap_err();
    assert!(error.reason.contains("the journal, after seq"), "{error}");
    // Whether or not one was made ahead, before the directory went.
    let is_named = ["cannot create", "cannot rename"].map(|what| error.reason.contains(what));
    assert!(is_named.contains(&true), "{error}");

    // Exactly the acknowledged inputs are on file.
    fs::rename(&away, directory.path().join("journal")).unwrap();
    assert_eq!(journaled(directory.path()).len() as u64, acknowledged.0);
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, 0)).unwrap();
    assert_eq!(runtime.recovery().seq, acknowledged);
    runtime.stop().unwrap();
}

#[test]
fn a_panic_in_a_projection_is_fail_stop() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path());
    config.projection = Some(Box::new(|_, shard| {
        assert!(shard.seq().0 < 8, "the projection broke");
    }));
    let runtime = Runtime::start(config, Script::boxed(0, 20)).unwrap();
    let handle = runtime.handle();
    wait_until(|| matches!(handle.status(), Status::Failed(_)));
    let error = runtime.stop().unwrap_err();
    assert_eq!(
        &*error.reason,
        "the replica, after seq 8 panicked: the projection broke"
    );
}
