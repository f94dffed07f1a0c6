//! Trading days open at the hand-computed instants, before the input that reaches them.

use crate::scenario::{
    MINUTE, NOON, config, instrument, journaled, label, order, plan, quote, wait_until,
};
use rules::{DayCounts, MinDays, Plan, TradingDays};
use runtime::{Clock, EventBuf, Limits, Next, Runtime, Shard, Source};
use std::time::Instant;
use types::{
    AccountId, Codec, Command, EventKind, Input, InputKind, OpenAccount, PlanId, Seq, ShardId,
    Side, Timer, TimestampNs, TradingDay,
};

pub(crate) struct At(pub(crate) std::vec::IntoIter<(TimestampNs, InputKind)>);

impl Source for At {
    fn next(&mut self, _: &Shard, _: Instant) -> Next {
        match self.0.next() {
            Some((ts, kind)) => Next::Input { ts, kind },
            None => Next::End,
        }
    }
}

/// Runs inputs and says what was journaled: time, and the day of a roll.
fn journal_of(inputs: Vec<(TimestampNs, InputKind)>) -> Vec<(String, Option<String>)> {
    let directory = tempfile::tempdir().unwrap();
    let runtime =
        Runtime::start(config(directory.path()), Box::new(At(inputs.into_iter()))).unwrap();
    runtime.wait_source_end();
    runtime.stop().unwrap();
    journaled(directory.path())
        .iter()
        .map(|input| {
            let day = match input.kind {
                InputKind::Timer(Timer::DayRoll { day, .. }) => Some(day.to_string()),
                _ => None,
            };
            (input.ts.to_string(), day)
        })
        .collect()
}

fn row(ts: &str, day: Option<&str>) -> (String, Option<String>) {
    (ts.to_owned(), day.map(str::to_owned))
}

#[test]
fn a_day_opens_before_the_first_input_that_reaches_it() {
    let hour = 60 * MINUTE;
    let after = |ns| TimestampNs(NOON.0 + ns);
    let journal = journal_of(vec![
        (NOON, InputKind::Command(plan())),
        (after(1), quote(100)),
        // 17:00 in New York is 22:00 UTC in January: one nanosecond before it, and half a second after.
        (after(10 * hour - 1), quote(101)),
        (after(10 * hour + 500_000_000), quote(102)),
        // Three days open that no input fell on.
        (after(90 * hour), quote(103)),
        // Time never goes back.
        (after(80 * hour), quote(104)),
    ]);
    assert_eq!(
        journal,
        [
            row("2024-01-03T12:00:00Z", None),
            // No day was open: the current one opens now.
            row("2024-01-03T12:00:00.000000001Z", Some("2024-01-03")),
            row("2024-01-03T12:00:00.000000001Z", None),
            row("2024-01-03T21:59:59.999999999Z", None),
            row("2024-01-03T22:00:00Z", Some("2024-01-04")),
            row("2024-01-03T22:00:00.500Z", None),
            // 90 hours after noon of the 3rd is 06:00 of the 7th.
            row("2024-01-04T22:00:00Z", Some("2024-01-05")),
            row("2024-01-05T22:00:00Z", Some("2024-01-06")),
            row("2024-01-06T22:00:00Z", Some("2024-01-07")),
            row("2024-01-07T06:00:00Z", None),
            row("2024-01-07T06:00:00Z", None),
        ]
    );
}

/// Each day that an account closed, and whether it counted.
fn closed(inputs: &[Input]) -> Vec<(String, bool)> {
    let mut shard = Shard::new(ShardId(0), Limits::default());
    let mut events = EventBuf::default();
    for input in inputs {
        shard.apply(input, &mut events);
    }
    let closed = events
        .as_slice()
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::DayClosed(close) => Some((close.day.to_string(), close.counted)),
            _ => None,
        });
    closed.collect()
}

#[test]
fn every_day_of_a_silent_week_counts_for_who_held_a_position_over_it() {
    let hour = 60 * MINUTE;
    let after = |hours| TimestampNs(NOON.0 + hours * hour);
    let Command::DefinePlan { spec } = plan() else {
        unreachable!("a plan is defined")
    };
    let mut rules = Plan::from_spec(&spec).unwrap();
    rules.min_days = Some(MinDays {
        days: 10,
        counts: DayCounts::AnyDayHeld,
        day_profit_min: None,
    });
    let spec = rules.to_bytes().into();
    let open = Command::OpenAccount(OpenAccount {
        plan: PlanId(0),
        parent: None,
        name: label("holder"),
    });
    let before = vec![
        (NOON, InputKind::Command(Command::DefinePlan { spec })),
        (NOON, InputKind::Command(instrument())),
        (NOON, InputKind::Command(open)),
        (NOON, quote(40_000)),
        (NOON, InputKind::Command(order(0, 1, Side::Buy))),
    ];
    // Noon of Wednesday the 10th.
    let later = vec![(after(7 * 24), quote(40_001))];
    // The days from the 3rd to the 9th, of which the six after the 3rd had no input.
    let expected: Vec<_> = (3..=9)
        .map(|day| (format!("2024-01-0{day}"), true))
        .collect();
    let of = |runs: Vec<Vec<_>>| {
        let directory = tempfile::tempdir().unwrap();
        for inputs in runs {
            let source = Box::new(At(inputs.into_iter()));
            let runtime = Runtime::start(config(directory.path()), source).unwrap();
            runtime.wait_source_end();
            runtime.stop().unwrap();
        }
        closed(&journaled(directory.path()))
    };
    let whole = of(vec![before.iter().chain(&later).cloned().collect()]);
    assert_eq!(whole, expected);
    // The same where the server was down over the week.
    assert_eq!(of(vec![before, later]), expected);
}

#[test]
fn of_a_silence_of_years_the_days_of_the_last_thousand_dates_open() {
    let day = 24 * 60 * MINUTE;
    let journal = journal_of(vec![
        (NOON, InputKind::Command(plan())),
        (NOON, quote(100)),
        (TimestampNs(NOON.0 + 2_000 * day), quote(101)),
    ]);
    let days: Vec<_> = journal.iter().filter_map(|(_, day)| day.as_ref()).collect();
    // 2,000 days after 2024-01-03 is 2029-06-25; 999 days before that is 2026-09-30.
    assert_eq!(days.len(), 1_001);
    assert_eq!(days[..2], ["2024-01-03", "2026-09-30"]);
    assert_eq!(days[1_000], "2029-06-25");
}

#[test]
fn nothing_rolls_into_a_weekend_or_a_holiday() {
    let hour = 60 * MINUTE;
    let after = |hours| TimestampNs(NOON.0 + hours * hour);
    let Command::DefinePlan { spec } = plan() else {
        unreachable!("a plan is defined")
    };
    let mut rules = Plan::from_spec(&spec).unwrap();
    // 2024-01-03 is a Wednesday, day 19,725.
    rules.days = TradingDays {
        weekdays: 0b001_1111,
        holidays: vec![TradingDay(19_726)],
    };
    let spec = rules.to_bytes().into();
    let journal = journal_of(vec![
        (NOON, InputKind::Command(Command::DefinePlan { spec })),
        (after(1), quote(100)),
        // 23:00 UTC on Wednesday, and noon of Thursday, the holiday.
        (after(11), quote(101)),
        (after(24), quote(102)),
        // 22:00 UTC on Thursday opens Friday.
        (after(34), quote(103)),
        // Saturday, and Sunday one hour before Monday's session.
        (after(72), quote(104)),
        (after(105), quote(105)),
        (after(106), quote(106)),
    ]);
    assert_eq!(
        journal,
        [
            row("2024-01-03T12:00:00Z", None),
            row("2024-01-03T13:00:00Z", Some("2024-01-03")),
            row("2024-01-03T13:00:00Z", None),
            row("2024-01-03T23:00:00Z", None),
            row("2024-01-04T12:00:00Z", None),
            row("2024-01-04T22:00:00Z", Some("2024-01-05")),
            row("2024-01-04T22:00:00Z", None),
            row("2024-01-06T12:00:00Z", None),
            row("2024-01-07T21:00:00Z", None),
            row("2024-01-07T22:00:00Z", Some("2024-01-08")),
            row("2024-01-07T22:00:00Z", None),
        ]
    );
}

#[test]
fn nothing_rolls_while_nobody_knows_the_time() {
    let journal = journal_of(vec![
        (TimestampNs(0), InputKind::Command(plan())),
        (TimestampNs(0), quote(100)),
        (NOON, quote(101)),
    ]);
    assert_eq!(
        journal,
        [
            row("1970-01-01T00:00:00Z", None),
            row("1970-01-01T00:00:00Z", None),
            row("2024-01-03T12:00:00Z", Some("2024-01-03")),
            row("2024-01-03T12:00:00Z", None),
        ]
    );
}

#[test]
fn a_restart_neither_repeats_nor_skips_a_roll() {
    let directory = tempfile::tempdir().unwrap();
    let hour = 60 * MINUTE;
    for inputs in [
        vec![(NOON, InputKind::Command(plan())), (NOON, quote(100))],
        vec![(TimestampNs(NOON.0 + hour), quote(101))],
        vec![(TimestampNs(NOON.0 + 11 * hour), quote(102))],
        vec![(TimestampNs(NOON.0 + 12 * hour), quote(103))],
    ] {
        let source = Box::new(At(inputs.into_iter()));
        let runtime = Runtime::start(config(directory.path()), source).unwrap();
        runtime.wait_source_end();
        runtime.stop().unwrap();
    }
    let days: Vec<_> = journaled(directory.path())
        .iter()
        .filter_map(|input| match input.kind {
            InputKind::Timer(Timer::DayRoll { day, .. }) => {
                Some((input.seq.0, input.ts.to_string(), day.to_string()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        days,
        [
            (
                2,
                "2024-01-03T12:00:00Z".to_owned(),
                "2024-01-03".to_owned()
            ),
            (
                5,
                "2024-01-03T22:00:00Z".to_owned(),
                "2024-01-04".to_owned()
            ),
        ]
    );
}

#[test]
fn commands_get_the_time_of_the_source_or_of_the_wall() {
    for clock in [Clock::Source, Clock::Wall] {
        let directory = tempfile::tempdir().unwrap();
        let mut config = config(directory.path());
        config.clock = clock;
        let source = Box::new(At(vec![(NOON, quote(100))].into_iter()));
        let runtime = Runtime::start(config, source).unwrap();
        runtime.wait_source_end();
        let cancel = Command::CancelAll {
            account: AccountId(0),
            instrument: None,
            side: None,
        };
        let receipt = runtime.handle().submit(cancel).unwrap();
        let ts = receipt.blocking_recv().unwrap().ts;
        match clock {
            Clock::Source => assert_eq!(ts, NOON),
            // The source's noon is long gone.
            Clock::Wall => assert!(ts > NOON),
        }
        runtime.stop().unwrap();
    }
}

#[test]
fn by_the_wall_clock_a_day_opens_without_input() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path());
    config.clock = Clock::Wall;
    let source = Box::new(At(vec![(NOON, InputKind::Command(plan()))].into_iter()));
    let runtime = Runtime::start(config, source).unwrap();
    let handle = runtime.handle();
    wait_until(|| handle.durable_seq() == Seq(2));
    runtime.stop().unwrap();
    assert!(matches!(
        journaled(directory.path())[1].kind,
        InputKind::Timer(Timer::DayRoll { .. })
    ));
}
