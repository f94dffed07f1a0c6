//! Full queues: everything sent is acknowledged or refused, and cancels get through.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use crate::scenario::{SETUP, Script, config, journaled, order, script};
use runtime::{Lane, Next, Overloaded, Receipt, Refused, Runtime, Shard, Source, Status};
use tokio::sync::oneshot;
use types::{AccountId, Command, InputKind, Side};

/// Gives the setup, says so, then holds the shard until it is let go.
pub(crate) struct Gate {
    next: u64,
    held: Sender<()>,
    go: Receiver<()>,
    open: bool,
}

/// The other side of a gate.
pub(crate) struct Hold {
    held: Receiver<()>,
    go: Sender<()>,
}

impl Gate {
    pub(crate) fn new() -> (Self, Hold) {
        let (held, wait_held) = channel();
        let (let_go, go) = channel();
        let gate = Self {
            next: 0,
            held,
            go,
            open: false,
        };
        let hold = Hold {
            held: wait_held,
            go: let_go,
        };
        (gate, hold)
    }
}

impl Hold {
    /// Until the shard is held.
    pub(crate) fn wait(&mut self) {
        self.held.recv().unwrap();
    }

    pub(crate) fn let_go(self) {
        self.go.send(()).unwrap();
    }
}

impl Source for Gate {
    fn next(&mut self, _: &Shard, _: Instant) -> Next {
        // The setup, and a first quote.
        if self.next <= SETUP + 2 {
            let (ts, kind) = script(self.next);
            self.next += 1;
            return Next::Input { ts, kind };
        }
        if !self.open {
            self.held.send(()).unwrap();
            self.go.recv().unwrap();
            self.open = true;
        }
        Next::Wait(Duration::from_secs(1))
    }
}

#[test]
fn sent_is_acknowledged_plus_refused_and_cancels_go_first() {
    const COMMANDS_MAX: usize = 16;
    const SENT: usize = 100;
    let directory = tempfile::tempdir().unwrap();
    let (gate, mut hold) = Gate::new();
    let mut config = config(directory.path());
    config.commands_max = COMMANDS_MAX;
    let runtime = Runtime::start(config, Box::new(gate)).unwrap();
    let handle = runtime.handle();
    hold.wait();

    let mut receipts = Vec::new();
    let mut refused = 0;
    for number in 0..SENT {
        match handle.submit(order(0, number as u128 + 1, Side::Buy)) {
            Ok(receipt) => receipts.push(receipt),
            Err(why) => {
                let lane = Lane::Commands;
                let waiting_max = COMMANDS_MAX;
                assert_eq!(why, Overloaded { lane, waiting_max }.into());
                refused += 1;
            }
        }
    }
    assert_eq!(
        (receipts.len(), refused),
        (COMMANDS_MAX, SENT - COMMANDS_MAX)
    );
    let cancel = handle
        .submit(Command::CancelAll {
            account: AccountId(0),
            instrument: None,
            side: None,
        })
        .unwrap();

    hold.let_go();
    let cancel = cancel.blocking_recv().unwrap();
    let acknowledged: Vec<_> = receipts
        .into_iter()
        .map(|receipt| receipt.blocking_recv().unwrap())
        .collect();
    // The shard was in its source when all of them came; the command lane's turn is over then, so one
    // command at most can be before the cancel.
    let before = acknowledged
        .iter()
        .filter(|receipt| receipt.seq < cancel.seq)
        .count();
    assert!(before <= 1, "{before} commands went before the cancel");
    assert!(
        acknowledged
            .iter()
            .all(|receipt| !receipt.events.is_empty())
    );
    assert_eq!(acknowledged.len() + refused, SENT);
    assert_eq!(handle.stats().overloaded as usize, refused);
    runtime.stop().unwrap();
}

/// Clients of both kinds send as fast as they can into small lanes while the runtime is told to end: every command is in
/// exactly one place.
#[test]
fn at_the_end_too_each_command_is_acknowledged_or_counted_as_refused() {
    const CLIENTS: u64 = 3;
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path());
    (config.commands_max, config.cancels_max) = (16, 4);
    let runtime = Runtime::start(config, Script::boxed(0, SETUP + 2)).unwrap();
    runtime.wait_source_end();
    let handle = runtime.handle();
    let by_handle = |client: u64| {
        let handle = handle.clone();
        std::thread::spawn(move || {
            let mut receipts = Vec::new();
            let mut sent = Sent::default();
            while sent.closed == 0 {
                sent.all += 1;
                let number = u128::from(client) << 64 | u128::from(sent.all);
                match handle.submit(order(0, number, Side::Buy)) {
                    Ok(receipt) => receipts.push(receipt),
                    Err(Refused::Overloaded(_)) => sent.overloaded += 1,
                    Err(refused) => panic!("{refused}"),
                }
                // Four wait at most, so that the lane is full now and then and not always.
                if receipts.len() == 4 {
                    sent.take(receipts.drain(..));
                }
            }
            sent.take(receipts.drain(..));
            sent
        })
    };
    let by_port = |client: u64| {
        let mut port = handle.port(8, 2).unwrap();
        let handle = handle.clone();
        std::thread::spawn(move || {
            let mut sent = Sent::default();
            loop {
                sent.all += 1;
                let number = u128::from(client) << 64 | u128::from(sent.all);
                match port.submit(order(0, number, Side::Buy)) {
                    Ok(_) => {}
                    Err(Refused::Overloaded(_)) => sent.overloaded += 1,
                    Err(Refused::Stopped) => {
                        sent.closed += 1;
                        break;
                    }
                    Err(refused) => panic!("{refused}"),
                }
                while port.poll().is_some() {}
            }
            while handle.status() != Status::Stopped {
                port.wait(Duration::from_millis(1));
            }
            while port.poll().is_some() {}
            sent.acknowledged = port.acknowledged();
            sent.left = port.waiting() as u64;
            sent
        })
    };
    let clients: Vec<_> = (1..=CLIENTS)
        .map(by_handle)
        .chain((1..=CLIENTS).map(|client| by_port(CLIENTS + client)))
        .collect();
    while handle.stats().commands < 2_000 {
        std::thread::yield_now();
    }
    runtime.stop().unwrap();
    let mut all = Sent::default();
    for client in clients {
        let sent = client.join().unwrap();
        assert_eq!(
            sent.all,
            sent.acknowledged + sent.overloaded + sent.closed + sent.left
        );
        all.all += sent.all;
        all.acknowledged += sent.acknowledged;
        all.left += sent.left;
    }
    let stats = handle.stats();
    assert!(
        stats.overloaded > 0 && stats.stopped >= CLIENTS * 2,
        "{stats:?}"
    );
    assert_eq!(
        all.all,
        all.acknowledged + stats.overloaded + stats.disk_full + stats.stopped + all.left
    );
    let recorded = journaled(directory.path());
    let is_of_client = |kind: &InputKind| match kind {
        InputKind::Command(Command::SubmitOrder(order)) => order.client_order.0 >> 64 > 0,
        _ => false,
    };
    let commands = recorded.iter().filter(|input| is_of_client(&input.kind));
    assert_eq!(commands.count() as u64, all.acknowledged);
}

/// Where the commands of a client are.
#[derive(Debug, Default)]
struct Sent {
    all: u64,
    acknowledged: u64,
    overloaded: u64,
    /// Told that nothing is taken.
    closed: u64,
    /// In a port that nobody serves any more.
    left: u64,
}

impl Sent {
    fn take(&mut self, receipts: impl Iterator<Item = oneshot::Receiver<Receipt>>) {
        for receipt in receipts {
            match receipt.blocking_recv() {
                Ok(_) => self.acknowledged += 1,
                Err(_) => self.closed += 1,
            }
        }
    }
}
