//! Calendars and sessions.

use backtest::indicator::Bar;
use backtest::run::{Fills, Memory, Settings, Unobserved, plain_plan, run};
use backtest::strategies;
use backtest::strategy::Values;
use types::{InstrumentId, MarketData, Money, Qty};

use super::{History, check, daily, held, levels};
use crate::world::{bars_of, share};

#[test]
fn calendars() {
    let (events, of) = daily();
    let date = |minute: u64| {
        jiff::Timestamp::from_second(minute as i64 * 60)
            .unwrap()
            .to_zoned(jiff::tz::TimeZone::UTC)
            .date()
    };
    let next = |at: usize| {
        let mut day = date(of.ends[at]);
        while day.weekday().to_monday_one_offset() > 5 {
            day = day.tomorrow().unwrap();
        }
        day
    };
    let expected = of.walk(|at, _| {
        let day = next(at).weekday().to_monday_one_offset();
        Some(i64::from((2..=5).contains(&day)))
    });
    check(&events, "day_of_week", &[("side", "long")], &expected);

    let expected =
        of.walk(|at, _| Some(i64::from(![5, 6, 7, 8, 9, 10].contains(&next(at).month()))));
    check(&events, "halloween", &[], &expected);

    let expected = of.walk(|at, _| {
        let (day, today) = (next(at), date(of.starts[at]));
        let month = |it: &u64| (date(*it).year(), date(*it).month());
        let this = (day.year(), day.month());
        // Trading days of the month so far; the first month of the data has no beginning.
        let known = of.starts[0];
        let mut count = of.starts[..=at]
            .iter()
            .filter(|it| month(it) == this)
            .count()
            + 1;
        if month(&known) == this {
            count = usize::MAX;
        }
        let mut left = 0;
        let mut later = day.tomorrow().unwrap();
        while (later.year(), later.month()) == this {
            left += usize::from(later.weekday().to_monday_one_offset() <= 5);
            later = later.tomorrow().unwrap();
        }
        assert!(day > today);
        Some(i64::from(left < 1 || count <= 3))
    });
    check(&events, "turn_of_month", &[], &expected);
}

/// A bar of GOOG from 13:30 that ends at 20:00 is followed by the same bar as one that ends at 13:30 on the day after: what
/// is held after each is the same. At the first one nothing is known of what follows.
#[test]
fn days_that_end_on_their_own_day_are_held_as_any() {
    let (events, _) = daily();
    let mut short = events.clone();
    for timed in &mut short {
        let MarketData::Bar(bar) = timed.event.data else {
            unreachable!("a file of bars")
        };
        timed.ts = types::TimestampNs(bar.start.0 + 390 * 60_000_000_000);
        timed.event.ts_event = timed.ts;
    }
    for (name, set) in [
        (
            "day_of_week",
            &[("from", "tuesday"), ("to", "wednesday")][..],
        ),
        ("day_of_week", &[("from", "friday"), ("to", "monday")]),
        ("turn_of_month", &[]),
        ("halloween", &[]),
    ] {
        let (long, short) = (held(&events, name, set), held(&short, name, set));
        assert_eq!(long[1..], short[1..], "{name}");
        assert!(long.contains(&1) && long.contains(&0), "{name}");
    }
}

#[test]
fn sessions() {
    let events = bars_of(&["eurusd_1h_bars.csv.gz"], 3_000);
    let of = History::new(&events);
    let day = |at: usize| of.starts[at] / 1_440;
    let minutes = |at: usize| of.ends[at] - day(at) * 1_440;

    let expected = of.walk(|at, _| {
        let minute = of.ends[at] % 1_440;
        Some(i64::from(!(840..1_200).contains(&minute)))
    });
    check(&events, "overnight", &[], &expected);

    let mut traded = 0;
    let expected = of.walk(|at, held| {
        let close = of.close(at);
        let opening: Vec<usize> = (0..=at)
            .rev()
            .take_while(|it| day(*it) == day(at))
            .filter(|it| minutes(*it) <= 180)
            .collect();
        if minutes(at) <= 180 || minutes(at) >= 900 {
            return Some(0);
        }
        let high = opening
            .iter()
            .map(|it| of.bars[*it].high)
            .reduce(f64::max)?;
        let low = opening.iter().map(|it| of.bars[*it].low).reduce(f64::min)?;
        if (held > 0 && close < low) || (held < 0 && close > high) {
            return Some(0);
        }
        if traded == day(at) || (low..=high).contains(&close) {
            return None;
        }
        traded = day(at);
        Some(if close > high { 1 } else { -1 })
    });
    let set = [("range", "180"), ("hold", "900")];
    check(&events, "opening_range", &set, &expected);

    let expected = of.walk(|at, held| {
        if minutes(at) >= 1_320 {
            return Some(0);
        }
        let session: Vec<&Bar> = (0..=at)
            .rev()
            .take_while(|it| day(*it) == day(at))
            .map(|it| &of.bars[it])
            .collect();
        let volume: f64 = session.iter().map(|bar| bar.volume).sum();
        let traded: f64 = session.iter().map(|bar| bar.typical() * bar.volume).sum();
        let average = traded / volume;
        levels(
            Some(of.close(at)),
            held,
            [average * 0.999, average, average * 1.001],
        )
    });
    check(&events, "vwap_reversion", &[("away", "0.001")], &expected);

    // Weeks of a currency begin on Sunday evening, at 21:00 UTC in summer.
    let events = bars_of(&["eurusd_1h_bars.csv.gz"], 6_225);
    let of = History::new(&events);
    let day = |at: usize| (of.starts[at] + 180) / 1_440;
    let minutes = |at: usize| of.ends[at] + 180 - day(at) * 1_440;
    let mut goal = 0.0;
    let expected = of.walk(|at, held| {
        let (bar, before) = (of.bars[at], at.checked_sub(1)?);
        let begins = day(at) != day(before);
        if begins {
            goal = of.close(before);
        }
        let side = held as f64;
        if minutes(at) >= 480 || (held != 0 && side * (bar.close - goal) >= 0.0) {
            return Some(0);
        }
        if !begins {
            return None;
        }
        let gap = (bar.open - goal) / goal;
        Some(if !(0.0002..=0.05).contains(&gap.abs()) {
            0
        } else if gap > 0.0 && bar.low > goal {
            -1
        } else {
            i64::from(gap < 0.0 && bar.high < goal)
        })
    });
    check(
        &events,
        "gap_fade",
        &[("least", "0.0002"), ("begin", "1260")],
        &expected,
    );
}

#[test]
fn parts_are_bought_one_after_the_other() {
    let (events, _) = daily();
    let declared = strategies::find("dollar_cost").unwrap();
    let mut strategy = (declared.build)(&Values::defaults(declared.parameters)).unwrap();
    let settings = Settings {
        fills: Fills::SameClose,
        size: backtest::strategy::Size::Units(Qty::whole(12)),
        ..Settings::new(
            vec![share("X", Qty::ONE)],
            plain_plan("USD", Money::whole(1_000_000)).unwrap(),
        )
    };
    let outcome = run(
        &settings,
        vec![Memory::new(&events)],
        &mut *strategy,
        &mut Unobserved,
    )
    .unwrap();
    let bought: Vec<_> = outcome
        .fills
        .iter()
        .map(|it| (it.ts, it.fill.qty, it.fill.instrument))
        .collect();
    let expected = (0..12).map(|part| (events[part * 21].ts, Qty::ONE, InstrumentId(0)));
    assert_eq!(bought, expected.collect::<Vec<_>>());
}
