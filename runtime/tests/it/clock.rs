//! Time passes without input where the wall is the clock, and only there.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::scenario::{NOON, SETUP, Script, config, journaled, script, wait_until};
use runtime::simulation::SimulatedTime;
use runtime::{Clock, Config, Handle, Runtime};
use types::{
    AccountId, AlgoEnd, AlgoKind, ClientOrderId, Command, EventKind, Input, InputKind,
    InstrumentId, Leg, NewAlgo, Qty, Side, Timer, TimestampNs,
};

/// An algo of one slice; of all that it does, only its end is waited for here.
fn algo(start: TimestampNs, end: TimestampNs) -> Command {
    Command::SubmitAlgo(NewAlgo {
        account: AccountId(0),
        client_order: ClientOrderId(1),
        instrument: InstrumentId(0),
        side: Side::Buy,
        qty: Qty(10_000_000),
        limit: None,
        start,
        end,
        kind: AlgoKind::Twap { slices: 1 },
        leg: Leg::Net,
        cancel_on_disconnect: false,
    })
}

fn clocks(inputs: &[Input]) -> Vec<TimestampNs> {
    let is_clock = |input: &&Input| matches!(input.kind, InputKind::Timer(Timer::Clock));
    inputs
        .iter()
        .filter(is_clock)
        .map(|input| input.ts)
        .collect()
}

#[test]
fn by_the_wall_clock_timed_work_is_done_without_input() {
    const SOON: Duration = Duration::from_millis(150);
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path());
    config.clock = Clock::Wall;
    config.clock_interval = Duration::from_millis(20);
    let runtime = Runtime::start(config, Script::boxed(0, SETUP)).unwrap();
    runtime.wait_source_end();
    let handle = runtime.handle();
    let mut batches = handle.subscribe();

    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = TimestampNs(now.as_nanos() as u64);
    let end = TimestampNs(now.0 + SOON.as_nanos() as u64);
    let accepted = handle.submit(algo(now, end)).unwrap();
    let accepted = accepted.blocking_recv().unwrap();
    assert!(
        accepted
            .events
            .iter()
            .any(|event| matches!(event.kind, EventKind::AlgoAccepted { .. }))
    );
    let mut ended = None;
    wait_until(|| {
        while let Ok(batch) = batches.try_recv() {
            ended = ended.or(batch.events.iter().copied().find(|event| {
                let over = AlgoEnd::Over;
                matches!(event.kind, EventKind::AlgoEnded { reason, .. } if reason == over)
            }));
        }
        ended.is_some()
    });
    let ended = ended.unwrap();
    assert!(ended.ts >= end);
    runtime.stop().unwrap();

    // The input that ended it says nothing but the time, and none was sequenced before it was due.
    let inputs = journaled(directory.path());
    let clocks = clocks(&inputs);
    assert!(clocks.contains(&ended.ts), "{clocks:?}");
    assert_eq!(clocks.iter().filter(|ts| **ts >= end).count(), 1);
}

#[test]
fn by_the_time_of_the_source_nothing_happens_between_its_inputs() {
    let directory = tempfile::tempdir().unwrap();
    let runtime = Runtime::start(config(directory.path()), Script::boxed(0, SETUP)).unwrap();
    runtime.wait_source_end();
    let handle = runtime.handle();
    let (last, _) = script(SETUP - 1);
    // A millisecond of the source's time that never comes.
    let soon = TimestampNs(last.0 + 1_000_000);
    let receipt = handle.submit(algo(last, soon)).unwrap();
    assert_eq!(receipt.blocking_recv().unwrap().ts, last);
    thread::sleep(Duration::from_millis(300));
    runtime.stop().unwrap();
    assert_eq!(clocks(&journaled(directory.path())), []);
}

const SECOND_NS: u64 = 1_000_000_000;
const DAY: Duration = Duration::from_hours(24);

fn by_wall(directory: &Path, time: &SimulatedTime) -> Config {
    let mut config = config(directory);
    config.clock = Clock::Wall;
    config.time = Arc::new(time.clone());
    config
}

/// The stamp of a command that changes nothing.
fn stamp(handle: &Handle) -> TimestampNs {
    let cancel = Command::CancelAll {
        account: AccountId(0),
        instrument: None,
        side: None,
    };
    let receipt = handle.submit(cancel).unwrap();
    receipt.blocking_recv().unwrap().ts
}

#[test]
fn a_clock_that_was_a_day_ahead_is_told_of_until_it_has_come_there_again() {
    let directory = tempfile::tempdir().unwrap();
    let time = SimulatedTime::new(NOON);
    let ahead = TimestampNs(NOON.0 + DAY.as_nanos() as u64);
    let runtime = Runtime::start(by_wall(directory.path(), &time), Script::boxed(0, 0)).unwrap();
    let handle = runtime.handle();
    let behind = || handle.stats().clock_behind;
    assert_eq!(stamp(&handle), NOON);
    // A clock that is set right goes back a little: that is not told.
    time.set_wall(TimestampNs(NOON.0 - 5 * SECOND_NS));
    assert_eq!(stamp(&handle), NOON);
    assert_eq!(stamp(&handle), NOON);
    assert_eq!(behind(), Duration::ZERO);

    time.set_wall(ahead);
    assert_eq!(stamp(&handle), ahead);
    assert_eq!(behind(), Duration::ZERO);
    time.set_wall(NOON);
    // Time stands still, and says so.
    wait_until(|| {
        assert_eq!(stamp(&handle), ahead);
        behind() == DAY
    });
    time.pass(DAY / 2);
    wait_until(|| stamp(&handle) == ahead && behind() == DAY / 2);
    runtime.stop().unwrap();

    // A start knows it before there is any input.
    let runtime = Runtime::start(by_wall(directory.path(), &time), Script::boxed(0, 0)).unwrap();
    let handle = runtime.handle();
    assert_eq!(handle.stats().clock_behind, DAY / 2);
    // It is over when the clock is there, not seconds before.
    time.set_wall(TimestampNs(ahead.0 - SECOND_NS));
    wait_until(|| stamp(&handle) == ahead && handle.stats().clock_behind.as_secs() == 1);
    time.pass(Duration::from_secs(2));
    wait_until(|| {
        assert_eq!(stamp(&handle).0, ahead.0 + SECOND_NS);
        handle.stats().clock_behind.is_zero()
    });
    runtime.stop().unwrap();
}

#[test]
fn a_clock_that_plays_no_part_is_not_told_of() {
    let directory = tempfile::tempdir().unwrap();
    // The wall shows 1970, the script's times are in 2024.
    let mut config = config(directory.path());
    config.time = Arc::new(SimulatedTime::new(TimestampNs(0)));
    let runtime = Runtime::start(config, Script::boxed(0, SETUP + 100)).unwrap();
    runtime.wait_source_end();
    assert_eq!(runtime.handle().stats().clock_behind, Duration::ZERO);
    runtime.stop().unwrap();
}
