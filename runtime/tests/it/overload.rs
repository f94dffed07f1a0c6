//! Full queues: everything sent is acknowledged or refused, and cancels get through.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use crate::scenario::{SETUP, config, order, script};
use runtime::{Lane, Next, Overloaded, Runtime, Shard, Source};
use types::{AccountId, Command, Side};

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
