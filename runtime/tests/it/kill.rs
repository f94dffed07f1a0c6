//! kill -9 under load: what was acknowledged is there, once.
//!
//! The parent starts this very test binary as a child, which trades and prints each acknowledgement;
//! the parent logs them, kills the child at a random moment, and looks into the journal in the end.
//! `scripts/crash` does it a thousand times.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::Duration;

use crate::scenario::{SETUP, Script, config, journaled, order, replayed};
use runtime::simulation::Random;
use runtime::{Config, Runtime};
use types::{Command, InputKind, Side};

const DIRECTORY: &str = "RUNTIME_KILL_DIRECTORY";
const CYCLE: &str = "RUNTIME_KILL_CYCLE";
/// How many cycles, if not [`CYCLES`].
const CYCLES_ASKED: &str = "RUNTIME_KILL_CYCLES";
const CYCLES: u128 = 12;
/// A child is killed at the latest shortly after so many acknowledgements.
const ACKS_MAX: u64 = 600;
const DELAY_US_MAX: u64 = 5_000;
const IN_FLIGHT: usize = 64;

fn often(directory: &Path) -> Config {
    let mut config = config(directory);
    // Snapshots and new segments are hit by the kill, too.
    config.snapshot_every = 200;
    config.segment_bytes_max = 16 << 10;
    config.batch_bytes_max = 4 << 10;
    config
}

/// The child's work; without the parent's word it is an empty test.
#[test]
fn child() {
    let Ok(directory) = std::env::var(DIRECTORY) else {
        return;
    };
    let cycle: u128 = std::env::var(CYCLE).unwrap().parse().unwrap();
    // The first child sets up instrument, plan, accounts and a first quote.
    let end = if cycle == 0 { SETUP + 3 } else { 0 };
    let runtime = Runtime::start(often(Path::new(&directory)), Script::boxed(0, end)).unwrap();
    runtime.wait_source_end();
    let took = runtime.recovery().elapsed.as_micros();
    writeln!(std::io::stdout(), "recovered in {took}").unwrap();
    let handle = runtime.handle();
    let mut waiting = VecDeque::new();
    for number in 1_u128.. {
        let client_order = ((cycle + 1) << 64) | number;
        let side = if number % 2 == 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        let command = order((number % 3) as u32, client_order, side);
        waiting.push_back((client_order, handle.submit(command).unwrap()));
        if waiting.len() == IN_FLIGHT {
            let (client_order, receipt) = waiting.pop_front().unwrap();
            let receipt = receipt.blocking_recv().unwrap();
            // Fails, and ends the child, when the parent is gone.
            writeln!(std::io::stdout(), "ack {} {client_order}", receipt.seq).unwrap();
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled() {
    let directory = tempfile::tempdir().unwrap();
    let asked = std::env::var(CYCLES_ASKED).ok();
    let cycles = asked.map_or(CYCLES, |cycles| cycles.parse().unwrap());
    let mut random = Random::new(cycles as u64);
    let mut acknowledged = BTreeMap::new();
    let mut recoveries = Vec::new();
    for cycle in 0..cycles {
        let acks_max = 1 + random.below(ACKS_MAX);
        let delay = Duration::from_micros(random.below(DELAY_US_MAX));
        let mut child = Process::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child", "--nocapture"])
            .env(DIRECTORY, directory.path())
            .env(CYCLE, cycle.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acks = 0_u64;
        let mut killed = false;
        // What is still in the pipe after the kill was acknowledged as well.
        while let Some(Ok(line)) = lines.next() {
            if let Some((_, took)) = line.split_once("recovered in ") {
                recoveries.push(took.parse::<u64>().unwrap());
            }
            let Some(ack) = line.strip_prefix("ack ") else {
                continue;
            };
            // The kill may cut the last line short.
            if let Some((seq, client_order)) = ack.split_once(' ')
                && let (Ok(seq), Ok(client_order)) =
                    (seq.parse::<u64>(), client_order.parse::<u128>())
                && client_order >> 64 == cycle + 1
            {
                acknowledged.insert(seq, client_order);
                acks += 1;
            }
            if acks == acks_max && !killed {
                std::thread::sleep(delay);
                child.kill().unwrap();
                killed = true;
            }
        }
        assert!(killed, "the child of cycle {cycle} ended by itself");
        child.wait().unwrap();
    }

    let runtime = Runtime::start(often(directory.path()), Script::boxed(0, 0)).unwrap();
    let recovery = runtime.recovery();
    let stopped = runtime.stop().unwrap();
    assert_eq!(recovery.seq, stopped.seq);
    let inputs = journaled(directory.path());
    assert_eq!(inputs.len() as u64, stopped.seq.0);
    assert_eq!(replayed(&inputs), stopped.state_hash);

    let client_order = |kind: &InputKind| match kind {
        InputKind::Command(Command::SubmitOrder(order)) => Some(order.client_order.0),
        _ => None,
    };
    let mut once = BTreeSet::new();
    for input in &inputs {
        if let Some(number) = client_order(&input.kind) {
            assert!(once.insert(number), "{number} is there twice");
        }
    }
    assert!(acknowledged.len() as u128 >= cycles);
    for (seq, number) in &acknowledged {
        assert_eq!(
            client_order(&inputs[*seq as usize - 1].kind),
            Some(*number),
            "acknowledged at seq {seq}"
        );
    }
    recoveries.sort_unstable();
    let at = |percent: usize| recoveries[(recoveries.len() - 1) * percent / 100] as f64 / 1_000.0;
    println!(
        "{cycles} kills, {} acknowledged of {} orders in the journal, 0 lost, 0 doubled; recovery in ms: \
         p50 {:.1}, p99 {:.1}, max {:.1}",
        acknowledged.len(),
        once.len(),
        at(50),
        at(99),
        at(100),
    );
}
