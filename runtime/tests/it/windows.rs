//! The hours of plans' windows are announced ahead of time, once, as ordinary inputs.

use rules::{Conduct, WindowAction, WindowRule};
use runtime::{Clock, Config, EventBuf, Limits, Runtime, Shard};
use types::{
    AccountId, Calendar, Command, Input, InputKind, InstrumentId, Interval, OpenAccount, PlanId,
    ShardId, Side, SignedQty, TimestampNs,
};

use crate::rolls::At;
use crate::scenario::{
    MINUTE, NOON, config, instrument, journaled, label, order, plan_with, quote, replayed,
    wait_until,
};

const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn after(ns: u64) -> TimestampNs {
    TimestampNs(NOON.0 + ns)
}

fn window(calendar: Calendar, after_s: u32) -> Command {
    plan_with(Conduct {
        windows: vec![WindowRule {
            calendar,
            before_s: 0,
            after_s,
            action: WindowAction::ForceFlat,
            symbols: Vec::new(),
        }],
        ..Conduct::default()
    })
}

/// 16:10 to 18:00 in New York.
fn close() -> Calendar {
    Calendar::Daily {
        zone: label("America/New_York"),
        from: 16 * 60 + 10,
        to: 18 * 60,
    }
}

/// Friday 16:10 to Sunday 18:00 in New York.
fn weekend() -> Calendar {
    Calendar::Weekly {
        zone: label("America/New_York"),
        from: 4 * 1_440 + 16 * 60 + 10,
        to: 6 * 1_440 + 18 * 60,
    }
}

fn run(config: Config, inputs: Vec<(TimestampNs, InputKind)>) {
    let runtime = Runtime::start(config, Box::new(At(inputs.into_iter()))).unwrap();
    runtime.wait_source_end();
    runtime.stop().unwrap();
}

/// What was announced: when, from, to.
fn announced(inputs: &[Input]) -> Vec<[String; 3]> {
    let announced = |input: &Input| match &input.kind {
        InputKind::Command(Command::AnnounceWindow { interval, .. }) => {
            Some([input.ts, interval.start, interval.end].map(|ts| ts.to_string()))
        }
        _ => None,
    };
    inputs.iter().filter_map(announced).collect()
}

/// The dates on which what was announced starts.
fn dates(inputs: &[Input]) -> Vec<String> {
    let told = announced(inputs);
    told.iter()
        .map(|[_, from, _]| from[..10].to_owned())
        .collect()
}

#[test]
fn hours_are_announced_eight_days_ahead_and_then_every_day() {
    let directory = tempfile::tempdir().unwrap();
    run(
        config(directory.path()),
        vec![
            (NOON, InputKind::Command(window(weekend(), 0))),
            (after(1), quote(100)),
            // Less than a day later there is nothing to do.
            (after(23 * HOUR), quote(101)),
            // Friday the 12th is less than eight days after noon of the 5th.
            (after(2 * DAY), quote(102)),
        ],
    );
    let inputs = journaled(directory.path());
    // New York is at UTC-5. NOON is Wednesday the 3rd of January.
    assert_eq!(
        announced(&inputs),
        [
            [
                "2024-01-03T12:00:00Z",
                "2024-01-05T21:10:00Z",
                "2024-01-07T23:00:00Z"
            ],
            [
                "2024-01-04T11:00:00Z",
                "2024-01-12T21:10:00Z",
                "2024-01-14T23:00:00Z"
            ],
        ]
    );
    // It comes before the roll and the quote that follow the plan, at the time of the plan.
    assert!(matches!(
        inputs[1].kind,
        InputKind::Command(Command::AnnounceWindow { .. })
    ));
    assert!(matches!(inputs[2].kind, InputKind::Timer(_)));
}

#[test]
fn a_restart_announces_nothing_twice_and_replay_needs_no_zones() {
    let directory = tempfile::tempdir().unwrap();
    let parts = [
        vec![
            (NOON, InputKind::Command(instrument())),
            (NOON, InputKind::Command(window(close(), 0))),
            (after(1), quote(100)),
        ],
        vec![(after(HOUR), quote(101))],
        vec![(after(2 * HOUR), quote(102))],
        vec![(after(2 * DAY), quote(103)), (after(3 * DAY), quote(104))],
    ];
    for part in parts {
        run(config(directory.path()), part);
    }
    let inputs = journaled(directory.path());
    let told = announced(&inputs);
    // The closes of the 3rd to the 13th: the last look is at noon of the 6th.
    let expected: Vec<_> = (3..=13).map(|day| format!("2024-01-{day:02}")).collect();
    assert_eq!(dates(&inputs), expected);
    // At the time of the input before: the plan, and the quote of the 5th.
    assert_eq!(told[0][0], "2024-01-03T12:00:00Z");
    assert_eq!(told[10][0], "2024-01-05T12:00:00Z");

    let runtime = Runtime::start(
        config(directory.path()),
        Box::new(At(Vec::new().into_iter())),
    );
    let stopped = runtime.unwrap().stop().unwrap();
    assert_eq!(replayed(&inputs), stopped.state_hash);
    assert_eq!(announced(&journaled(directory.path())), told);
}

#[test]
fn hours_in_a_time_without_input_still_close_positions() {
    let directory = tempfile::tempdir().unwrap();
    let open = OpenAccount {
        plan: PlanId(0),
        parent: None,
        name: label("anna"),
    };
    run(
        config(directory.path()),
        vec![
            (NOON, InputKind::Command(instrument())),
            (NOON, InputKind::Command(window(weekend(), 0))),
            (NOON, InputKind::Command(Command::OpenAccount(open))),
            (after(1), quote(100)),
            (after(2), InputKind::Command(order(0, 1, Side::Buy))),
            // Three weekends went by.
            (after(21 * DAY), quote(200)),
        ],
    );
    let inputs = journaled(directory.path());
    // Those of the gap, and Friday the 26th, which is less than eight days after the 24th.
    assert_eq!(
        dates(&inputs),
        ["2024-01-05", "2024-01-12", "2024-01-19", "2024-01-26"]
    );
    let mut shard = Shard::new(ShardId(0), Limits::default());
    let mut events = EventBuf::default();
    for input in &inputs[..inputs.len() - 1] {
        shard.apply(input, &mut events);
    }
    let position = |shard: &Shard| shard.position(AccountId(0), InstrumentId(0));
    // The roll before the quote has moved the clock on.
    assert_eq!(position(&shard), SignedQty::ZERO);
    // A tenth of a coin, bought at 101 and closed at the bid of then, 100: a loss of 0.1.
    let row = shard.account_row(AccountId(0)).unwrap();
    assert_eq!(row.balance.to_string(), "49999.9");
}

#[test]
fn hours_that_are_over_are_announced_while_they_keep_a_window_open() {
    // Tuesday 10:00 to 11:00 UTC: NOON is a day and an hour after its end.
    let tuesday = Calendar::Weekly {
        zone: label("UTC"),
        from: 1_440 + 600,
        to: 1_440 + 660,
    };
    for (after_s, expected) in [
        (2 * 86_400, &["2024-01-02", "2024-01-09"][..]),
        (86_400, &["2024-01-09"]),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let plan = InputKind::Command(window(tuesday, after_s));
        run(
            config(directory.path()),
            vec![(NOON, plan), (NOON, quote(100))],
        );
        assert_eq!(dates(&journaled(directory.path())), expected);
    }
}

#[test]
fn by_the_wall_clock_hours_are_announced_without_input() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path());
    config.clock = Clock::Wall;
    let plan = InputKind::Command(window(close(), 0));
    let source = Box::new(At(vec![(NOON, plan)].into_iter()));
    let runtime = Runtime::start(config, source).unwrap();
    let handle = runtime.handle();
    wait_until(|| handle.views().windows.known.len() >= 8);
    runtime.stop().unwrap();
}

/// A market that is closed for an hour at 21:00 UTC; nobody knows another.
fn nightly(
    name: &str,
    minutes_min: u16,
    from: TimestampNs,
    until: TimestampNs,
) -> Option<Vec<Interval>> {
    if name != "night" {
        return None;
    }
    let midnight = NOON.0 - 12 * HOUR;
    let nights = (0..30).map(|day| Interval {
        start: TimestampNs(midnight + day * DAY + 21 * HOUR),
        end: TimestampNs(midnight + day * DAY + 22 * HOUR),
    });
    let is_asked = |night: &Interval| minutes_min <= 60 && night.end > from && night.start < until;
    Some(nights.filter(is_asked).collect())
}

#[test]
fn closures_of_a_market_are_announced_like_hours() {
    let closed = |session, minutes_min| Calendar::Closed {
        session: label(session),
        minutes_min,
    };
    for (calendar, closures, expected) in [
        (closed("night", 60), Some(nightly as runtime::Closures), 9),
        // Too short for the plan; a calendar that nobody knows; nobody to ask.
        (closed("night", 61), Some(nightly as _), 0),
        (closed("day", 0), Some(nightly as _), 0),
        (closed("night", 0), None, 0),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let mut config = config(directory.path());
        config.closures = closures;
        let plan = InputKind::Command(window(calendar, 0));
        // Eight days from noon of the 3rd have eight nights, and a day more brings the one of the 11th.
        run(
            config,
            vec![
                (NOON, plan),
                (after(1), quote(100)),
                (after(DAY + 1), quote(100)),
            ],
        );
        let told = announced(&journaled(directory.path()));
        assert_eq!(told.len(), expected);
        if let [[_, start, end], .., [announced_at, last, _]] = told.as_slice() {
            let night = ["2024-01-03T21:00:00Z", "2024-01-03T22:00:00Z"];
            assert_eq!([start, end], night);
            // An announcement has the time of the input before it.
            assert_eq!(announced_at, "2024-01-03T12:00:00.000000001Z");
            assert_eq!(last, "2024-01-11T21:00:00Z");
        }
    }
}
