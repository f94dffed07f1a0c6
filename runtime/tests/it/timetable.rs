//! Events of a timetable are inputs with their own times, before the input that they are due before.

use std::collections::VecDeque;

use crate::rolls::At;
use crate::scenario::{MINUTE, NOON, config, instrument, journaled, plan, quote};
use runtime::Runtime;
use types::{
    InputKind, InstrumentId, InstrumentStatus, MarketData, MarketEvent, Timer, TimestampNs,
};

#[test]
fn events_come_at_their_times_and_after_rolls_of_the_same_time() {
    let hour = 60 * MINUTE;
    let after = |ns| TimestampNs(NOON.0 + ns);
    let directory = tempfile::tempdir().unwrap();
    // 17:00 in New York is 22:00 UTC in January: the plan's day rolls there, at a third event's time.
    let mut due: VecDeque<_> = [
        (after(hour), InstrumentStatus::Closed),
        (after(2 * hour), InstrumentStatus::Open),
        (after(10 * hour), InstrumentStatus::Closed),
        (after(40 * hour), InstrumentStatus::Open),
    ]
    .into();
    let mut config = config(directory.path());
    config.timetable = Some(Box::new(move |ts, _| {
        let (at, status) = due.pop_front_if(|(at, _)| *at <= ts)?;
        let event = MarketEvent {
            instrument: InstrumentId(0),
            ts_event: at,
            data: MarketData::Status(status),
        };
        Some((at, event))
    }));
    let inputs = vec![
        (NOON, InputKind::Command(instrument())),
        (NOON, InputKind::Command(plan())),
        (after(hour - 1), quote(100)),
        // At the time of the first one, and past two more and a roll.
        (after(hour), quote(101)),
        (after(11 * hour), quote(102)),
    ];
    let runtime = Runtime::start(config, Box::new(At(inputs.into_iter()))).unwrap();
    runtime.wait_source_end();
    runtime.stop().unwrap();
    let journal: Vec<_> = journaled(directory.path())
        .iter()
        .map(|input| {
            let what = match &input.kind {
                InputKind::Timer(Timer::DayRoll { day, .. }) => day.to_string(),
                InputKind::Market(MarketEvent {
                    data: MarketData::Status(status),
                    ..
                }) => format!("{status:?}"),
                InputKind::Market(_) => "quote".to_owned(),
                _ => "other".to_owned(),
            };
            (input.ts.to_string(), what)
        })
        .collect();
    let expected = [
        ("2024-01-03T12:00:00Z", "other"),
        ("2024-01-03T12:00:00Z", "other"),
        ("2024-01-03T12:59:59.999999999Z", "2024-01-03"),
        ("2024-01-03T12:59:59.999999999Z", "quote"),
        ("2024-01-03T13:00:00Z", "Closed"),
        ("2024-01-03T13:00:00Z", "quote"),
        ("2024-01-03T14:00:00Z", "Open"),
        ("2024-01-03T22:00:00Z", "2024-01-04"),
        ("2024-01-03T22:00:00Z", "Closed"),
        ("2024-01-03T23:00:00Z", "quote"),
    ];
    let expected = expected.map(|(ts, what)| (ts.to_owned(), what.to_owned()));
    assert_eq!(journal, expected);
}
