//! One client on a port: as fast as it is served, or at a pace of its own whatever it is served.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use runtime::{Handle, Outcome, Port, Refused};
use types::Command;

use super::machine::Busy;
use super::work::Work;

/// A minute, in ns: the longest time recorded as it is, and the time of what never came.
const NANOS_MAX: u64 = 60_000_000_000;
/// Commands sent between looks at what came back.
const BURST: u64 = 256;
/// The client looks again after this long, whatever happened.
const LOOK: Duration = Duration::from_millis(1);

/// Times in ns, to three significant digits.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, NANOS_MAX, 3).unwrap_or_else(|error| panic!("{error}"))
}

/// What a stretch of load came to.
#[derive(Debug, Clone)]
pub struct Run {
    /// Commands that the client tried to send.
    pub sent: u64,
    /// Commands that were acknowledged.
    pub acknowledged: u64,
    /// Commands that were refused because the port was full.
    pub refused: u64,
    /// Acknowledged, and denied or rejected by the engine.
    pub denied: u64,
    /// From the first command to the last acknowledgement.
    pub elapsed: Duration,
    /// From the intended send of a command to the poll of its acknowledgement; of a refused one a minute, so that no
    /// figure is better for what was not taken.
    pub latencies: Histogram<u64>,
    /// Processor time of each thread meanwhile.
    pub busy: Busy,
}

impl Run {
    fn new() -> Self {
        Self {
            sent: 0,
            acknowledged: 0,
            refused: 0,
            denied: 0,
            elapsed: Duration::ZERO,
            latencies: histogram(),
            busy: Busy::default(),
        }
    }

    /// Acknowledgements a second.
    pub fn rate(&self) -> f64 {
        self.acknowledged as f64 / self.elapsed.as_secs_f64()
    }
}

/// Sends as fast as the port takes them, with `waiting_max` on their way at most, until this long has passed,
/// so many were sent, or the work is at its end; then waits for what is on its way.
pub fn flat_out(
    port: &mut Port,
    work: &mut Work,
    waiting_max: usize,
    length: Duration,
    most: u64,
) -> Run {
    let mut run = Run::new();
    let before = Busy::now();
    let started = Instant::now();
    let mut is_over = false;
    while !is_over || port.waiting() > 0 {
        let mut sent = 0;
        while !is_over && sent < BURST && port.waiting() < waiting_max {
            let Some(command) = work.next() else {
                is_over = true;
                break;
            };
            post(port, command);
            sent += 1;
        }
        run.sent += sent;
        let acknowledged = run.acknowledged;
        while let Some(ack) = port.poll() {
            run.count(ack.outcome);
        }
        if sent < BURST && run.acknowledged == acknowledged {
            port.wait(LOOK);
        }
        is_over |= run.sent >= most || started.elapsed() >= length;
    }
    run.elapsed = started.elapsed();
    run.busy = Busy::now().since(&before);
    run
}

/// Sends at a steady rate until this long has passed, or the work is at its end. A command that is late is timed from when it should have been sent, and one that
/// finds the port full is dropped, and counts as one that takes a minute.
pub fn paced(port: &mut Port, work: &mut Work, rate: f64, length: Duration) -> Run {
    let mut run = Run::new();
    // When the commands that were taken should have been sent.
    let mut intended = std::collections::VecDeque::with_capacity(1 << 20);
    let before = Busy::now();
    let started = Instant::now();
    let nanos = 1e9 / rate;
    let mut last = (length.as_secs_f64() * rate) as u64;
    while run.sent < last || port.waiting() > 0 {
        let elapsed = started.elapsed().as_nanos() as f64;
        let due = ((elapsed / nanos) as u64).min(last).min(run.sent + BURST);
        let behind = due - run.sent;
        while run.sent < due {
            let Some(command) = work.next() else {
                last = run.sent;
                break;
            };
            if post(port, command) {
                intended.push_back((run.sent as f64 * nanos) as u64);
            } else {
                run.refused += 1;
                run.latencies.saturating_record(NANOS_MAX);
            }
            run.sent += 1;
        }
        let acknowledged = run.acknowledged;
        // One reading of the clock for what became known at one time.
        let mut now = None;
        while let Some(ack) = port.poll() {
            let now = *now.get_or_insert_with(|| started.elapsed().as_nanos() as u64);
            let sent = intended.pop_front().unwrap_or(now);
            run.latencies.saturating_record(now.saturating_sub(sent));
            run.count(ack.outcome);
        }
        if behind == 0 && run.acknowledged == acknowledged {
            let next = ((run.sent + 1) as f64 * nanos - elapsed).max(0.0);
            port.wait(Duration::from_nanos(next as u64).min(LOOK));
        }
    }
    run.elapsed = started.elapsed();
    run.busy = Busy::now().since(&before);
    run
}

impl Run {
    fn count(&mut self, outcome: Outcome) {
        self.acknowledged += 1;
        self.denied += u64::from(matches!(outcome, Outcome::Denied(_) | Outcome::Rejected(_)));
    }
}

/// Posts a command; whether the port had room.
fn post(port: &mut Port, command: Command) -> bool {
    match port.submit(command) {
        Ok(_) => true,
        Err(Refused::Overloaded(_)) => false,
        Err(other) => panic!("{other}"),
    }
}

/// As [`flat_out`], by [`Handle::submit`]: a channel for each receipt.
pub fn flat_out_by_receipts(
    handle: &Handle,
    work: &mut Work,
    length: Duration,
    waiting_max: usize,
) -> Run {
    let mut run = Run::new();
    let mut waiting = std::collections::VecDeque::with_capacity(waiting_max);
    let before = Busy::now();
    let started = Instant::now();
    let mut is_over = false;
    while !is_over || !waiting.is_empty() {
        let mut sent = 0;
        while !is_over && sent < BURST && waiting.len() < waiting_max {
            let Some(command) = work.next() else {
                is_over = true;
                break;
            };
            match handle.submit(command) {
                Ok(receipt) => waiting.push_back(receipt),
                Err(error) => panic!("{error}"),
            }
            sent += 1;
        }
        run.sent += sent;
        let acknowledged = run.acknowledged;
        while let Some(receipt) = waiting.front_mut() {
            if receipt.try_recv().is_err() {
                break;
            }
            waiting.pop_front();
            run.acknowledged += 1;
        }
        if sent < BURST && run.acknowledged == acknowledged {
            std::thread::sleep(LOOK / 10);
        }
        is_over |= started.elapsed() >= length;
    }
    run.elapsed = started.elapsed();
    run.busy = Busy::now().since(&before);
    run
}
