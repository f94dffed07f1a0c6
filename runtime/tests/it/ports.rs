//! Clients with a port: acknowledged in order and never early, refused when full, and counted exactly.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::Duration;

use crate::overload::Gate;
use crate::scenario::{Script, config, journaled, order, wait_until};
use runtime::journal::{self, Location};
use runtime::{Ack, Handle, Lane, Outcome, Overloaded, PORTS_MAX, Port, Refused, Runtime, Status};
use types::{AccountId, Command, DenyReason, InputKind, OrderId, ShardId, Side};

const CANCEL_ALL: Command = Command::CancelAll {
    account: AccountId(0),
    instrument: None,
    side: None,
};

/// Polls until so many are acknowledged.
fn poll(port: &mut Port, acknowledged: u64) -> Vec<Ack> {
    let mut acks = Vec::new();
    wait_until(|| {
        acks.extend(std::iter::from_fn(|| port.poll()));
        port.acknowledged() >= acknowledged
    });
    acks
}

#[test]
fn acknowledgements_come_in_order_with_outcomes_and_are_in_the_journal() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, 20)).unwrap();
    runtime.wait_source_end();
    let handle = runtime.handle();
    let mut port = handle.port(64, 16).unwrap();
    let mut acks = Vec::new();
    for round in 0..40 {
        for number in 0..25 {
            let side = [Side::Buy, Side::Sell][round % 2];
            let client_order = 1_000 + (round * 25 + number) as u128;
            let number = port.submit(order((number % 3) as u32, client_order, side));
            assert_eq!(number.unwrap() as u128, client_order - 1_000);
        }
        acks.extend(poll(&mut port, (round as u64 + 1) * 25));
        let last: &Ack = acks.last().unwrap();
        assert!(last.seq <= handle.durable_seq());
        let location = Location::local(directory.path().join("journal"), ShardId(0));
        let on_file = journal::verify(&location).unwrap();
        assert!(on_file.end.seq >= last.seq && on_file.anchor.unwrap().seq >= last.seq);
    }
    // An order that there never was, and a command that is no order.
    port.submit(Command::CancelOrder {
        account: AccountId(0),
        order: OrderId(9_999),
    })
    .unwrap();
    port.submit(CANCEL_ALL).unwrap();
    let others = poll(&mut port, 1_002);
    assert_eq!(others[0].outcome, Outcome::Denied(DenyReason::UnknownOrder));
    assert_eq!(others[1].outcome, Outcome::Applied);
    assert_eq!(port.waiting(), 0);
    runtime.stop().unwrap();

    // Each acknowledgement names its input, its time, and an order id of its own.
    let inputs = journaled(directory.path());
    let mut ids = BTreeSet::new();
    for (number, ack) in acks.iter().enumerate() {
        assert_eq!(ack.number, number as u64);
        let input = &inputs[ack.seq.0 as usize - 1];
        assert_eq!((input.seq, input.ts), (ack.seq, ack.ts));
        let InputKind::Command(Command::SubmitOrder(order)) = &input.kind else {
            panic!("{input:?}");
        };
        assert_eq!(order.client_order.0, 1_000 + number as u128);
        let Outcome::Accepted(id) = ack.outcome else {
            panic!("{ack:?}");
        };
        assert!(ids.insert(id));
    }
    assert_eq!(ids.len(), 1_000);
}

#[test]
fn a_full_port_refuses_commands_and_keeps_places_for_cancels() {
    let directory = tempfile::tempdir().unwrap();
    let (gate, mut hold) = Gate::new();
    let runtime = Runtime::start(config(directory.path()), Box::new(gate)).unwrap();
    let handle = runtime.handle();
    let mut port = handle.port(16, 4).unwrap();
    hold.wait();

    let (mut taken, mut refused) = (0, 0);
    for number in 1..=100 {
        match port.submit(order((number % 3) as u32, 1_000 + number, Side::Buy)) {
            Ok(_) => taken += 1,
            Err(why) => {
                let lane = Lane::Commands;
                let waiting_max = 16;
                assert_eq!(why, Overloaded { lane, waiting_max }.into());
                refused += 1;
            }
        }
    }
    assert_eq!((taken, refused), (16, 84));
    for _ in 0..4 {
        port.submit(CANCEL_ALL).unwrap();
    }
    let lane = Lane::Cancels;
    let waiting_max = 20;
    let full = Overloaded { lane, waiting_max };
    assert_eq!(port.submit(CANCEL_ALL), Err(full.into()));
    // The lane of the handle is another one.
    let other = handle.submit(CANCEL_ALL).unwrap();
    hold.let_go();
    other.blocking_recv().unwrap();
    let acks = poll(&mut port, 20);
    assert!(
        acks[..16]
            .iter()
            .all(|ack| matches!(ack.outcome, Outcome::Accepted(_)))
    );
    assert!(acks[16..].iter().all(|ack| ack.outcome == Outcome::Applied));
    // 84 commands and one cancel.
    assert_eq!(handle.stats().overloaded, 85);
    // There is room again.
    port.submit(order(0, 2_000, Side::Buy)).unwrap();
    poll(&mut port, 21);
    runtime.stop().unwrap();
}

#[test]
fn a_journal_that_cannot_be_written_acknowledges_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut small_segments = config(directory.path());
    small_segments.segment_bytes_max = 2_048;
    let runtime = Runtime::start(small_segments, Script::boxed(0, 10)).unwrap();
    runtime.wait_source_end();
    let handle = runtime.handle();
    wait_until(|| handle.stats().replica_seq == handle.durable_seq());
    // The next segment has no directory to go to.
    let away = directory.path().join("away");
    fs::rename(directory.path().join("journal"), &away).unwrap();

    let mut port = handle.port(8, 8).unwrap();
    let mut acknowledged = handle.durable_seq();
    let mut number = 1_000;
    wait_until(|| {
        while let Some(ack) = port.poll() {
            acknowledged = ack.seq;
        }
        number += 1;
        port.submit(order(0, number, Side::Buy)) == Err(Refused::Stopped)
    });
    assert!(matches!(handle.status(), Status::Failed(_)));
    while let Some(ack) = port.poll() {
        acknowledged = ack.seq;
    }
    assert!(port.waiting() > 0);
    assert_eq!(handle.durable_seq(), acknowledged);
    runtime.stop().unwrap_err();
    assert_eq!(port.poll(), None);

    // What was acknowledged is on file, and maybe some that was written just before the failure.
    fs::rename(&away, directory.path().join("journal")).unwrap();
    assert!(journaled(directory.path()).len() as u64 >= acknowledged.0);
}

#[test]
fn a_command_larger_than_a_frame_is_told_and_leaves_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, 20)).unwrap();
    runtime.wait_source_end();
    let handle = runtime.handle();
    let mut port = handle.port(1, 1).unwrap();
    for round in 0..20 {
        // Its place may come back a little after its acknowledgement.
        wait_until(|| {
            let large = Command::DefinePlan {
                spec: vec![0; 1 << 20].into(),
            };
            port.submit(large).is_ok()
        });
        let acks = poll(&mut port, round + 1);
        assert_eq!(
            (acks.len(), acks[0].number, acks[0].outcome),
            (1, round, Outcome::TooLarge)
        );
    }
    assert_eq!((handle.stats().oversized, port.waiting()), (20, 0));
    runtime.stop().unwrap();
}

#[test]
fn what_a_port_took_before_a_stop_is_finished() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, 20)).unwrap();
    runtime.wait_source_end();
    let handle = runtime.handle();
    let mut port = handle.port(1_000, 1).unwrap();
    for number in 0..500 {
        port.submit(order(0, 1_000 + number, Side::Buy)).unwrap();
    }
    let stopped = runtime.stop().unwrap();
    assert_eq!(port.submit(CANCEL_ALL), Err(Refused::Stopped));
    let acks: Vec<_> = std::iter::from_fn(|| port.poll()).collect();
    assert_eq!((acks.len(), port.waiting()), (500, 0));
    assert_eq!(acks[499].seq, stopped.seq);
}

#[test]
fn ports_are_bounded_and_closing_one_makes_room() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, 20)).unwrap();
    runtime.wait_source_end();
    let handle = runtime.handle();
    let mut ports: Vec<_> = (0..PORTS_MAX).map(|_| handle.port(1, 1).unwrap()).collect();
    let refused = handle.port(1, 1).unwrap_err();
    assert_eq!(refused.to_string(), "64 ports are open already");
    // What a port took is done although it has gone.
    let before = handle.durable_seq();
    let mut gone = ports.pop().unwrap();
    gone.submit(order(0, 1_000, Side::Buy)).unwrap();
    drop(gone);
    wait_until(|| handle.durable_seq() > before);
    wait_until(|| handle.port(1, 1).is_ok());
    runtime.stop().unwrap();
}

#[test]
fn a_shard_waits_for_a_replica_that_is_far_behind_and_takes_cancels_meanwhile() {
    const LAG_MAX: u64 = 100;
    let directory = tempfile::tempdir().unwrap();
    let (let_go, go) = std::sync::mpsc::channel::<()>();
    let mut config = config(directory.path());
    config.replica_lag_max = LAG_MAX;
    // The replica stands still once it has the script.
    let (stand, stands) = std::sync::mpsc::channel::<()>();
    config.projection = Some(Box::new(move |_, shard| {
        if shard.seq().0 >= 20 {
            let _ = stand.send(());
            let _ = go.recv();
        }
    }));
    let runtime = Runtime::start(config, Script::boxed(0, 20)).unwrap();
    // Gone before the runtime, which waits for its replica, if an assertion fails.
    let let_go = let_go;
    stands.recv().unwrap();
    let handle = runtime.handle();
    let mut port = handle.port(1_000, 1).unwrap();
    for number in 0..1_000 {
        port.submit(order((number % 3) as u32, 1_000 + number, Side::Buy))
            .unwrap();
    }
    // The lag is looked at once in 32 inputs.
    wait_until(|| handle.applied_seq().0 >= handle.stats().replica_seq.0 + LAG_MAX);
    let cancel = handle.submit(CANCEL_ALL).unwrap();
    cancel.blocking_recv().unwrap();
    let ahead = handle.applied_seq().0 - handle.stats().replica_seq.0;
    assert!((LAG_MAX..=LAG_MAX + 33).contains(&ahead), "{ahead}");
    let mut acks: Vec<_> = std::iter::from_fn(|| port.poll()).collect();
    assert!(acks.len() < 200, "{}", acks.len());
    drop(let_go);
    acks.extend(poll(&mut port, 1_000));
    assert_eq!(acks.len(), 1_000);
    runtime.stop().unwrap();
}

/// What one client counted.
#[derive(Debug, Default)]
struct Counted {
    sent: u64,
    acknowledged: u64,
    refused: u64,
}

/// Sends without looking at what comes back more often than it must.
fn flood(handle: &Handle, account: u32) -> Counted {
    let mut port = handle.port(32, 8).unwrap();
    let mut counted = Counted::default();
    for number in 0..20_000 {
        counted.sent += 1;
        let client_order = 1 + number + (u128::from(account) << 32);
        match port.submit(order(account, client_order, Side::Buy)) {
            Ok(_) => {}
            Err(Refused::Overloaded(_)) => counted.refused += 1,
            Err(other) => panic!("{other}"),
        }
        if number % 100 == 0 {
            port.wait(Duration::from_millis(1));
            while port.poll().is_some() {}
        }
    }
    wait_until(|| {
        while port.poll().is_some() {}
        port.waiting() == 0
    });
    counted.acknowledged = port.acknowledged();
    counted
}

#[test]
fn under_a_flood_sent_is_acknowledged_plus_refused_and_no_cancel_is_shed() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, 20)).unwrap();
    runtime.wait_source_end();
    let handle = runtime.handle();
    let before = handle.stats();
    let clients: Vec<_> = (0..3)
        .map(|account| {
            let handle = handle.clone();
            thread::spawn(move || flood(&handle, account))
        })
        .collect();
    let mut cancels = 0;
    while clients.iter().any(|client| !client.is_finished()) {
        let receipt = handle.submit(CANCEL_ALL).unwrap();
        receipt.blocking_recv().unwrap();
        cancels += 1;
    }
    let mut all = Counted::default();
    for client in clients {
        let counted = client.join().unwrap();
        assert_eq!(counted.sent, counted.acknowledged + counted.refused);
        all.sent += counted.sent;
        all.acknowledged += counted.acknowledged;
        all.refused += counted.refused;
    }
    assert_eq!(all.sent, 60_000);
    // 32 of each 100 have a place at most.
    assert!(all.refused >= 60_000 * 68 / 100 - 3 * 32, "{all:?}");
    let after = handle.stats();
    assert_eq!(after.overloaded - before.overloaded, all.refused);
    assert_eq!(after.commands - before.commands, all.acknowledged + cancels);
    let stopped = runtime.stop().unwrap();
    assert_eq!(journaled(directory.path()).len() as u64, stopped.seq.0);
}
