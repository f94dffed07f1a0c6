//! kill -9 under load: what was acknowledged is there, once.
//!
//! The parent starts this very test binary as a child, which trades and prints each acknowledgement;
//! the parent logs them, kills the child at a random moment, and looks into the journal. Each child is drawn anew:
//! who sends (handles or ports), what an acknowledgement means, whether closed segments are archived, and whether the
//! oldest are removed. `scripts/crash` does it a thousand times.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::Duration;

use crate::scenario::{SETUP, Script, config, order, replayed};
use runtime::journal::{self, Reader};
use runtime::simulation::Random;
use runtime::{AckMode, Config, Limits, Refused, Retention, Runtime, beginning, journal_location};
use types::{Command, Input, InputKind, Seq, ShardId, Side};

const DIRECTORY: &str = "RUNTIME_KILL_DIRECTORY";
const CYCLE: &str = "RUNTIME_KILL_CYCLE";
/// How many cycles, if not [`CYCLES`].
const CYCLES_ASKED: &str = "RUNTIME_KILL_CYCLES";
const CYCLES: u128 = 12;
/// A child is killed at the latest shortly after so many acknowledgements.
const ACKS_MAX: u64 = 600;
const DELAY_US_MAX: u64 = 5_000;
const IN_FLIGHT: usize = 64;
/// More than a child writes before the pipe to its parent is full, so that what goes was seen by the parent before.
const KEEP_BYTES: u64 = 512 << 10;
const MODE: &str = "RUNTIME_KILL_MODE";

/// What a child does, drawn by the parent.
#[derive(Debug, Clone, Copy)]
struct Mode {
    by_port: bool,
    is_relaxed: bool,
    archives: bool,
    prunes: bool,
}

impl Mode {
    fn draw(random: &mut Random) -> Self {
        Self::of(random.below(16))
    }

    const fn of(bits: u64) -> Self {
        Self {
            by_port: bits & 1 > 0,
            is_relaxed: bits & 2 > 0,
            archives: bits & 4 > 0,
            prunes: bits & 8 > 0,
        }
    }

    fn bits(self) -> u64 {
        let bits = [self.by_port, self.is_relaxed, self.archives, self.prunes];
        (0..)
            .zip(bits)
            .map(|(place, bit)| u64::from(bit) << place)
            .sum()
    }

    fn config(self, directory: &Path) -> Config {
        let mut config = often(directory);
        if self.is_relaxed {
            config.ack_mode = AckMode::Relaxed;
        }
        config.retention = Retention {
            archive: self.archives,
            keep_age: None,
            keep_bytes: self.prunes.then_some(KEEP_BYTES),
        };
        config
    }
}

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
    let mode = Mode::of(std::env::var(MODE).unwrap().parse().unwrap());
    let config = mode.config(Path::new(&directory));
    let runtime = Runtime::start(config, Script::boxed(0, end)).unwrap();
    runtime.wait_source_end();
    let took = runtime.recovery().elapsed.as_micros();
    writeln!(std::io::stdout(), "recovered in {took}").unwrap();
    let handle = runtime.handle();
    // Fails, and ends the child, when the parent is gone.
    let tell = |seq: Seq, client_order: u128| {
        writeln!(std::io::stdout(), "ack {seq} {client_order}").unwrap();
    };
    let commands = (1_u128..).map(|number| {
        let client_order = ((cycle + 1) << 64) | number;
        let side = if number % 2 == 0 {
            Side::Buy
        } else {
            Side::Sell
        };
        let command = order((number % 3) as u32, client_order, side);
        (client_order, command)
    });
    let mut waiting = VecDeque::new();
    if mode.by_port {
        let mut port = handle.port(IN_FLIGHT, 8).unwrap();
        for (client_order, command) in commands {
            while port.waiting() == IN_FLIGHT {
                while let Some(ack) = port.poll() {
                    tell(ack.seq, waiting.pop_front().unwrap());
                }
                port.wait(Duration::from_millis(1));
            }
            // The shard gives places back a little after their acknowledgements.
            while let Err(refused) = port.submit(command.clone()) {
                assert!(matches!(refused, Refused::Overloaded(_)), "{refused}");
                std::thread::yield_now();
            }
            waiting.push_back(client_order);
        }
        return;
    }
    let mut receipts = VecDeque::new();
    for (client_order, command) in commands {
        receipts.push_back((client_order, handle.submit(command).unwrap()));
        if receipts.len() == IN_FLIGHT {
            let (client_order, receipt) = receipts.pop_front().unwrap();
            tell(receipt.blocking_recv().unwrap().seq, client_order);
        }
    }
}

/// Reads on where a journal was read to before: what it has more is put behind. The oldest inputs may be gone. Whether
/// there are archives.
fn read_on(directory: &Path, seen: &mut Vec<Input>) -> bool {
    let location = journal_location(directory, ShardId(0));
    let summary = journal::verify(&location).unwrap();
    // A torn tail at most; nobody was promised it.
    assert!(summary.damage.is_none() || summary.is_torn, "{summary:?}");
    assert!(summary.end.seq.0 as usize >= seen.len(), "{summary:?}");
    let mut reader = Reader::open(&location, Seq(seen.len() as u64)).unwrap();
    while reader.mark().seq < summary.end.seq {
        let input = reader.next_input().unwrap().unwrap();
        match seen.get(input.seq.0 as usize - 1) {
            Some(known) => assert_eq!(*known, input),
            None => seen.push(input),
        }
    }
    summary.archives > 0
}

#[test]
fn nothing_acknowledged_is_lost_or_doubled() {
    let directory = tempfile::tempdir().unwrap();
    let asked = std::env::var(CYCLES_ASKED).ok();
    let cycles = asked.map_or(CYCLES, |cycles| cycles.parse().unwrap());
    let mut random = Random::new(cycles as u64);
    let mut acknowledged = BTreeMap::new();
    let mut recoveries = Vec::new();
    let mut inputs = Vec::new();
    let mut drawn = [0_u64; 4];
    let mut archived = 0;
    for cycle in 0..cycles {
        let acks_max = 1 + random.below(ACKS_MAX);
        let delay = Duration::from_micros(random.below(DELAY_US_MAX));
        let mode = Mode::draw(&mut random);
        for (place, count) in drawn.iter_mut().enumerate() {
            *count += mode.bits() >> place & 1;
        }
        let mut child = Process::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child", "--nocapture"])
            .env(DIRECTORY, directory.path())
            .env(CYCLE, cycle.to_string())
            .env(MODE, mode.bits().to_string())
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
        archived += u64::from(read_on(directory.path(), &mut inputs));
    }

    let runtime = Runtime::start(often(directory.path()), Script::boxed(0, 0)).unwrap();
    let recovery = runtime.recovery();
    let stopped = runtime.stop().unwrap();
    assert_eq!(recovery.seq, stopped.seq);
    read_on(directory.path(), &mut inputs);
    assert_eq!(inputs.len() as u64, stopped.seq.0);
    assert_eq!(replayed(&inputs), stopped.state_hash);
    let location = journal_location(directory.path(), ShardId(0));
    let base = beginning(&location, Limits::default()).unwrap();
    let begins = base.seq().0 as usize;
    assert_eq!(replayed(&inputs[..begins]), base.state_hash());
    if cycles >= 100 {
        assert!(
            begins > 0 && archived > 0,
            "{begins} removed, archives after {archived} kills"
        );
    }

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
         p50 {:.1}, p99 {:.1}, max {:.1}; by ports {}, relaxed {}, archiving {}, removing {}: {begins} inputs removed, \
         archives after {archived} of the kills",
        acknowledged.len(),
        once.len(),
        at(50),
        at(99),
        at(100),
        drawn[0],
        drawn[1],
        drawn[2],
        drawn[3],
    );
}
