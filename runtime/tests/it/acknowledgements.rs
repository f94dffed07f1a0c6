//! Nobody is told of a fact before the input that caused it is durable.

use std::thread;

use crate::scenario::{Script, config, journaled, order};
use runtime::journal;
use runtime::{Runtime, Status};
use tokio::sync::broadcast::error::RecvError;
use types::{EventKind, Seq, ShardId, Side};

#[test]
fn what_is_told_is_in_the_journal() {
    let directory = tempfile::tempdir().unwrap();
    let journal_directory = directory.path().join("journal");
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, 20)).unwrap();
    runtime.wait_source_end();
    let handle = runtime.handle();

    let mut subscription = handle.subscribe();
    let start = handle.durable_seq();
    let subscriber = {
        let handle = handle.clone();
        thread::spawn(move || {
            let mut batches = Vec::new();
            loop {
                match subscription.blocking_recv() {
                    Ok(batch) => {
                        assert!(batch.last_seq <= handle.durable_seq());
                        batches.push(batch);
                    }
                    Err(RecvError::Closed) => return batches,
                    Err(RecvError::Lagged(missed)) => panic!("missed {missed}"),
                }
            }
        })
    };

    let mut receipts = Vec::new();
    for round in 0..40_u128 {
        let waiting: Vec<_> = (0..25)
            .map(|number| {
                let side = if round % 2 == 0 {
                    Side::Buy
                } else {
                    Side::Sell
                };
                handle
                    .submit(order(
                        (number % 3) as u32,
                        1_000 + round * 25 + number,
                        side,
                    ))
                    .unwrap()
            })
            .collect();
        for receipt in waiting {
            let receipt = receipt.blocking_recv().unwrap();
            assert!(receipt.seq <= handle.durable_seq());
            assert!(receipt.events.iter().all(|event| event.seq == receipt.seq));
            receipts.push(receipt);
        }
        let on_file =
            journal::verify(&journal::Location::local(&journal_directory, ShardId(0))).unwrap();
        assert!(on_file.end.seq >= receipts.last().unwrap().seq);
        assert!(on_file.anchor.unwrap().seq >= receipts.last().unwrap().seq);
    }
    let stopped = runtime.stop().unwrap();
    assert_eq!(handle.status(), Status::Stopped);

    // Receipts name the right input.
    let inputs = journaled(directory.path());
    for receipt in &receipts {
        let input = &inputs[receipt.seq.0 as usize - 1];
        assert_eq!((input.seq, input.ts), (receipt.seq, receipt.ts));
    }
    // Batches follow each other without a hole, and hold what the receipts hold.
    let batches = subscriber.join().unwrap();
    let mut next = start.next();
    for batch in &batches {
        assert_eq!(batch.first_seq, next);
        next = batch.last_seq.next();
    }
    assert_eq!(next, stopped.seq.next());
    let told: Vec<_> = batches.iter().flat_map(|batch| &batch.events).collect();
    let received: Vec<_> = receipts
        .iter()
        .flat_map(|receipt| &receipt.events)
        .collect();
    assert_eq!(told, received);
    assert!(
        told.iter()
            .any(|event| matches!(event.kind, EventKind::Fill(_)))
    );
}

#[test]
fn a_stopped_runtime_answers_by_closing() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, 20)).unwrap();
    let handle = runtime.handle();
    runtime.stop().unwrap();
    let receipt = handle.submit(order(0, 1, Side::Buy)).unwrap();
    assert!(receipt.blocking_recv().is_err());
    let account = handle.account(types::AccountId(0)).unwrap();
    assert!(account.blocking_recv().is_err());
    assert_eq!(handle.subscribe().blocking_recv(), Err(RecvError::Closed));
}

#[test]
fn what_was_accepted_before_a_stop_is_finished() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, 20)).unwrap();
    runtime.wait_source_end();
    let handle = runtime.handle();
    let waiting: Vec<_> = (0..500)
        .map(|number| handle.submit(order(0, 1_000 + number, Side::Buy)).unwrap())
        .collect();
    let stopped = runtime.stop().unwrap();
    let mut last = Seq(0);
    for receipt in waiting {
        last = receipt.blocking_recv().unwrap().seq;
    }
    assert_eq!(last, stopped.seq);
}
