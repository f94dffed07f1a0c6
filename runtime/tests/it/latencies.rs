//! The stages measure what they say.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use crate::scenario::{Script, config, order, script};
use runtime::{Handle, Next, Runtime, Shard, Source};
use types::{Side, TimestampNs};

const HELD: Duration = Duration::from_millis(20);

/// Gives nothing, says that it is asked, and holds the shard until it is let go.
struct Hold {
    held: Sender<()>,
    go: Receiver<()>,
}

impl Source for Hold {
    fn next(&mut self, _: &Shard, _: Instant) -> Next {
        let _ = self.held.send(());
        let _ = self.go.recv();
        Next::Wait(Duration::from_secs(1))
    }
}

#[test]
fn a_command_is_timed_from_its_entry_into_the_lane() {
    let directory = tempfile::tempdir().unwrap();
    let (held, wait_held) = channel();
    let (let_go, go) = channel();
    let source = Hold { held, go };
    let runtime = Runtime::start(config(directory.path()), Box::new(source)).unwrap();
    let handle = runtime.handle();
    wait_held.recv().unwrap();
    let receipt = handle.submit(order(0, 1, Side::Buy)).unwrap();
    let submitted = Instant::now();
    while submitted.elapsed() < HELD {
        std::thread::sleep(HELD);
    }
    drop(let_go);
    receipt.blocking_recv().unwrap();
    runtime.stop().unwrap();
    let latencies = handle.stats().latencies;
    assert_eq!(latencies.feed_to_applied.count, 1);
    assert_eq!(latencies.feed_to_applied.max.min(HELD), HELD);
    assert_eq!(latencies.feed_to_applied_sum.min(HELD), HELD);
}

/// One input of the source and one command by turns.
struct Turns {
    next: u64,
    submit: Receiver<Handle>,
    handle: Option<Handle>,
}

impl Source for Turns {
    fn next(&mut self, _: &Shard, _: Instant) -> Next {
        let handle = self
            .handle
            .get_or_insert_with(|| self.submit.recv().unwrap());
        if self.next == 256 {
            return Next::End;
        }
        let (_, kind) = script(self.next);
        self.next += 1;
        drop(handle.submit(order(0, u128::from(self.next), Side::Buy)));
        Next::Input {
            ts: TimestampNs(0),
            kind,
        }
    }
}

#[test]
fn one_in_64_of_each_way_in_is_timed() {
    let directory = tempfile::tempdir().unwrap();
    let (give, submit) = channel();
    let source = Turns {
        next: 0,
        submit,
        handle: None,
    };
    let runtime = Runtime::start(config(directory.path()), Box::new(source)).unwrap();
    let handle = runtime.handle();
    give.send(handle.clone()).unwrap();
    runtime.wait_source_end();
    runtime.stop().unwrap();
    // 256 inputs of the source and 256 commands.
    assert_eq!(handle.stats().latencies.feed_to_applied.count, 4 + 4);
}

#[test]
fn the_last_stage_ends_once_for_each_batch() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, 20)).unwrap();
    runtime.wait_source_end();
    let handle = runtime.handle();
    let published = || handle.stats().latencies.durable_to_published.count;
    let send = |client_order: u128| {
        let receipt = handle.submit(order(0, client_order, Side::Buy)).unwrap();
        receipt.blocking_recv().unwrap();
    };
    // With nobody attached a batch ends with its receipts, whoever else listens.
    let mut subscription = handle.subscribe();
    send(1);
    let alone = subscription.blocking_recv().unwrap();

    // With a publisher it ends where that says so: once, however many say it.
    let (one, other) = (handle.attach_publisher(), handle.attach_publisher());
    send(2);
    let batch = subscription.blocking_recv().unwrap();
    // The journal's thread has come to the second batch, so it is done with all before it.
    let before = published();
    assert!(before >= 2, "the script's and the first order's");
    one.published(&alone);
    assert_eq!(published(), before);
    let reported = Instant::now();
    one.published(&batch);
    other.published(&batch);
    assert_eq!(published(), before + 1);
    let sum = handle.stats().latencies.durable_to_published_sum;
    assert!(sum >= reported.saturating_duration_since(batch.durable_at));

    // One of them is still there; a batch that it does not report is not timed.
    drop(one);
    send(3);
    let _ = subscription.blocking_recv().unwrap();
    assert_eq!(published(), before + 1);
    drop(other);
    send(4);
    runtime.stop().unwrap();
    assert_eq!(published(), before + 2);
}
