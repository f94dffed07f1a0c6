//! Bars from trades, quotes and smaller bars, against figures worked out by hand.

use marketdata::calendar::Calendar;
use marketdata::history::{
    Basis, Edges, HeldVolumes, Resampled, Row, RowError, TradingDays, Volumes, Zone, parse_time,
};
use types::{Aggressor, DepthUpdate, Level, MarketData, Quote, Trade};

use super::{at, label, line, price, qty};

fn trade(symbol: &str, ts: u64, at_price: &str, amount: &str) -> Row {
    Row {
        ts: at(ts),
        ts_event: at(ts),
        symbol: label(symbol),
        data: MarketData::Trade(Trade {
            price: price(at_price),
            qty: qty(amount),
            aggressor: Aggressor::Unknown,
        }),
    }
}

const SECOND: u64 = 1_000_000_000;

fn bars(rows: Vec<Row>, basis: Basis, edges: Edges) -> Vec<Result<Row, RowError>> {
    let rows = rows.into_iter().map(Ok::<Row, RowError>);
    Resampled::new(rows, "a.csv", basis, edges).collect()
}

#[track_caller]
fn check(rows: Vec<Row>, basis: Basis, edges: Edges, expected: &[&str]) {
    let found: Vec<_> = bars(rows, basis, edges)
        .iter()
        .map(|row| line(row.as_ref().unwrap()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn trades_make_bars_and_quiet_times_make_none() {
    let rows = vec![
        trade("A", 0, "10", "1"),
        trade("B", 1, "50", "2"),
        trade("A", 59 * SECOND, "12", "2"),
        trade("A", 59 * SECOND, "9", "3"),
        // The edge belongs to the bar that it begins.
        trade("A", 60 * SECOND, "11", "4"),
        trade("A", 200 * SECOND, "8", "5"),
    ];
    check(
        rows,
        Basis::Trades,
        Edges::Epoch { every: 60 * SECOND },
        &[
            "1970-01-01T00:01:00Z A B 1970-01-01T00:00:00Z 10 12 9 9 6",
            "1970-01-01T00:01:00Z B B 1970-01-01T00:00:00Z 50 50 50 50 2",
            "1970-01-01T00:02:00Z A B 1970-01-01T00:01:00Z 11 11 11 11 4",
            "1970-01-01T00:04:00Z A B 1970-01-01T00:03:00Z 8 8 8 8 5",
        ],
    );
}

#[test]
fn a_volume_past_the_range_is_told_and_not_cut() {
    // Three of 90,000,000,000; at most 92,233,720,368 are held. The bar is not made, which is told once, and those
    // around it are.
    let rows = vec![
        trade("A", 1, "5", "1"),
        trade("A", 60 * SECOND, "5", "90000000000"),
        trade("A", 61 * SECOND, "5", "90000000000"),
        trade("A", 62 * SECOND, "5", "90000000000.5"),
        trade("A", 120 * SECOND, "5", "2"),
    ];
    let made = bars(rows, Basis::Trades, Edges::Epoch { every: 60 * SECOND });
    let told: Vec<_> = made
        .iter()
        .map(|bar| bar.as_ref().map_or_else(ToString::to_string, line))
        .collect();
    assert_eq!(
        told,
        [
            "1970-01-01T00:01:00Z A B 1970-01-01T00:00:00Z 5 5 5 5 1",
            "a.csv: a bar of A from 1970-01-01T00:01:00Z: the bar's volume is '270000000000.5'; accepted: at most 92233720368.54775807, or bars of less time",
            "1970-01-01T00:03:00Z A B 1970-01-01T00:02:00Z 5 5 5 5 2",
        ]
    );
}

#[test]
fn a_volume_past_the_range_is_its_end_where_that_is_asked_for() {
    // 180,000,000,000.5 in the first minute, 2 in the next.
    let rows = || {
        vec![
            trade("A", 1, "5", "90000000000"),
            trade("A", 2, "6", "90000000000.5"),
            trade("A", 60 * SECOND, "5", "2"),
        ]
    };
    let edges = || Edges::Epoch { every: 60 * SECOND };
    let rows_of = |rows: Vec<Row>| rows.into_iter().map(Ok);
    let bars = Resampled::new(rows_of(rows()), "a.csv", Basis::Trades, edges());
    let mut bars = bars.with_volumes(Volumes::Held);
    let minutes: Vec<Row> = bars.by_ref().map(Result::unwrap).collect();
    let told: Vec<_> = minutes.iter().map(line).collect();
    assert_eq!(
        told,
        [
            "1970-01-01T00:01:00Z A B 1970-01-01T00:00:00Z 5 6 5 6 92233720368.54775807",
            "1970-01-01T00:02:00Z A B 1970-01-01T00:01:00Z 5 5 5 5 2",
        ]
    );
    let first = |bars: &HeldVolumes| bars.first().unwrap().to_string();
    assert_eq!(bars.held_volumes().count(), 1);
    assert_eq!(
        first(bars.held_volumes()),
        "a.csv: a bar of A from 1970-01-01T00:00:00Z: the bar's volume is '180000000000.5'; accepted: at most 92233720368.54775807, or bars of less time"
    );
    // Made of that minute and the next: what is said is the least that there was.
    let edges = Edges::Epoch {
        every: 120 * SECOND,
    };
    let longer = Resampled::new(rows_of(minutes), "a.csv", Basis::Bars, edges);
    let mut longer = longer.with_volumes(Volumes::Held);
    let told: Vec<_> = longer.by_ref().map(|bar| line(&bar.unwrap())).collect();
    assert_eq!(
        told,
        ["1970-01-01T00:02:00Z A B 1970-01-01T00:00:00Z 5 6 5 5 92233720368.54775807"]
    );
    assert!(
        first(longer.held_volumes()).contains("the bar's volume is '92233720370.54775807 or more'"),
        "{}",
        first(longer.held_volumes())
    );
}

#[test]
fn a_middle_is_rounded_down() {
    let quote = |ts: u64, bid: &str, ask: &str| Row {
        data: MarketData::Quote(Quote {
            bid: price(bid),
            bid_qty: qty("1"),
            ask: price(ask),
            ask_qty: qty("1"),
        }),
        ..trade("A", ts, "1", "1")
    };
    let rows = || {
        vec![
            quote(1, "1.5", "1.7"),
            trade("A", 2, "99", "1"),
            quote(3, "-0.000000002", "-0.000000001"),
        ]
    };
    let edges = || Edges::Epoch { every: SECOND };
    check(
        rows(),
        Basis::Mid,
        edges(),
        &["1970-01-01T00:00:01Z A B 1970-01-01T00:00:00Z 1.6 1.6 -0.000000002 -0.000000002 0"],
    );
    check(
        rows(),
        Basis::Ask,
        edges(),
        &["1970-01-01T00:00:01Z A B 1970-01-01T00:00:00Z 1.7 1.7 -0.000000001 -0.000000001 0"],
    );
}

#[test]
fn a_book_has_a_middle_while_both_sides_are_known() {
    let levels = |levels: &[(&str, &str)]| {
        levels
            .iter()
            .map(|(at_price, amount)| Level {
                price: price(at_price),
                qty: qty(amount),
            })
            .collect()
    };
    let depth = |bids: &[(&str, &str)], asks: &[(&str, &str)]| {
        Box::new(DepthUpdate {
            bids: levels(bids),
            asks: levels(asks),
        })
    };
    let rows = [
        MarketData::DepthDelta(depth(&[("1", "1")], &[("2", "1")])),
        MarketData::DepthSnapshot(depth(&[("99", "1"), ("98", "1")], &[("101", "1")])),
        MarketData::DepthDelta(depth(&[], &[("101", "0")])),
        MarketData::DepthDelta(depth(&[], &[("103", "2")])),
        // Overlapping sides have no middle.
        MarketData::DepthDelta(depth(&[("104", "1")], &[])),
        MarketData::Gap,
        MarketData::DepthDelta(depth(&[("99", "0"), ("104", "0")], &[])),
    ];
    let rows = rows
        .into_iter()
        .zip(1..)
        .map(|(data, ts)| Row {
            data,
            ..trade("A", ts, "1", "1")
        })
        .collect();
    check(
        rows,
        Basis::Mid,
        Edges::Epoch { every: SECOND },
        &["1970-01-01T00:00:01Z A B 1970-01-01T00:00:00Z 100 101 100 101 0"],
    );
}

#[test]
fn smaller_bars_make_the_same_bars_as_their_trades() {
    let rows: Vec<Row> = (0..3_000_u64)
        .map(|place| {
            let at_price = (1_000 + (place * 7_919) % 101).to_string();
            trade("A", place * 1_700_000_000, &at_price, "2")
        })
        .collect();
    let every = |every| Edges::Epoch { every };
    let minutes: Vec<Row> = bars(rows.clone(), Basis::Trades, every(60 * SECOND))
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(minutes.len(), 85);
    let from_bars = bars(minutes.clone(), Basis::Bars, every(300 * SECOND));
    assert_eq!(from_bars.len(), 17);
    assert_eq!(from_bars, bars(rows, Basis::Trades, every(300 * SECOND)));
    // A minute does not fit a bar of ninety seconds.
    let bad = bars(minutes, Basis::Bars, every(90 * SECOND));
    assert!(bad.iter().any(Result::is_err));
}

#[test]
fn days_of_new_york_begin_at_five_in_the_afternoon() {
    let edges = Edges::Daily {
        every: 86_400 * SECOND,
        zone: Zone::named("America/New_York").unwrap(),
        minute: 17 * 60,
    };
    let around = |text: &str| {
        let (start, end) = edges.around(parse_time(text, &Zone::UTC).unwrap()).unwrap();
        format!("{start} {end}")
    };
    assert_eq!(
        around("2024-01-31T21:59:59Z"),
        "2024-01-30T22:00:00Z 2024-01-31T22:00:00Z"
    );
    assert_eq!(
        around("2024-01-31T22:00:00Z"),
        "2024-01-31T22:00:00Z 2024-02-01T22:00:00Z"
    );
    // Clocks go forward in that night: a day of 23 hours, which a bar of 24 ends with.
    assert_eq!(
        around("2024-03-10T12:00:00Z"),
        "2024-03-09T22:00:00Z 2024-03-10T21:00:00Z"
    );
    assert_eq!(
        around("2024-11-03T21:59:59Z"),
        "2024-11-02T21:00:00Z 2024-11-03T22:00:00Z"
    );
    let hours = Edges::Daily {
        every: 4 * 3_600 * SECOND,
        zone: Zone::named("America/New_York").unwrap(),
        minute: 17 * 60,
    };
    let (start, end) = hours
        .around(parse_time("2024-03-10T20:30:00Z", &Zone::UTC).unwrap())
        .unwrap();
    assert_eq!(start.to_string(), "2024-03-10T18:00:00Z");
    assert_eq!(end.to_string(), "2024-03-10T21:00:00Z");
}

fn utc(text: &str) -> u64 {
    parse_time(text, &Zone::UTC).unwrap().0
}

fn sessions(name: &str, every: u64) -> Edges {
    Edges::Sessions {
        every,
        calendar: Calendar::named(name).unwrap(),
    }
}

/// The bars of trades at these times and prices, one lot each, and how many were outside of the sessions.
#[track_caller]
fn check_sessions(trades: &[(&str, &str)], edges: Edges, expected: &[&str], outside: u64) {
    let rows = trades
        .iter()
        .map(|(text, at_price)| Ok::<Row, RowError>(trade("A", utc(text), at_price, "1")));
    let mut bars = Resampled::new(rows, "a.csv", Basis::Trades, edges);
    let found: Vec<_> = bars.by_ref().map(|row| line(&row.unwrap())).collect();
    assert_eq!(found, expected);
    assert_eq!(bars.outside(), outside);
}

const DAY: u64 = 86_400 * SECOND;

/// 2024-03-08 is a Friday, 09:30 to 16:00 by winter time, and the Monday after has summer time. What was traded after the
/// close at 150 and before the open at 80 is in no bar. The open belongs to its session, the close does not.
#[test]
fn outside_of_sessions_nothing_makes_a_bar() {
    let trades = [
        ("2024-03-08T14:29:59Z", "70"),
        ("2024-03-08T14:30:00Z", "100"),
        ("2024-03-08T20:59:59.999999999Z", "101"),
        ("2024-03-08T21:00:00Z", "140"),
        ("2024-03-08T22:30:00Z", "150"),
        ("2024-03-11T12:30:00Z", "80"),
        ("2024-03-11T13:30:00Z", "102"),
    ];
    check_sessions(
        &trades,
        sessions("us-equities", DAY),
        &[
            "2024-03-08T21:00:00Z A B 2024-03-08T14:30:00Z 100 101 100 101 2",
            "2024-03-11T20:00:00Z A B 2024-03-11T13:30:00Z 102 102 102 102 1",
        ],
        4,
    );
    // The week is from the Monday's open to the Friday's close; that of Good Friday ends on the Thursday, 2024-03-28.
    check_sessions(
        &trades,
        sessions("us-equities", 7 * DAY),
        &[
            "2024-03-08T21:00:00Z A B 2024-03-04T14:30:00Z 100 101 100 101 2",
            "2024-03-15T20:00:00Z A B 2024-03-11T13:30:00Z 102 102 102 102 1",
        ],
        4,
    );
    check_sessions(
        &[("2024-03-26T14:00:00Z", "9")],
        sessions("us-equities", 7 * DAY),
        &["2024-03-28T20:00:00Z A B 2024-03-25T13:30:00Z 9 9 9 9 1"],
        0,
    );
}

/// Hours of a session count from its open: six, and half an hour until the close.
#[test]
fn hours_begin_with_the_session_and_end_with_it() {
    check_sessions(
        &[
            ("2024-03-08T15:29:59Z", "1"),
            ("2024-03-08T15:30:00Z", "2"),
            ("2024-03-08T20:29:59Z", "3"),
            ("2024-03-08T20:30:00Z", "4"),
        ],
        sessions("us-equities", 3_600 * SECOND),
        &[
            "2024-03-08T15:30:00Z A B 2024-03-08T14:30:00Z 1 1 1 1 1",
            "2024-03-08T16:30:00Z A B 2024-03-08T15:30:00Z 2 2 2 2 1",
            "2024-03-08T20:30:00Z A B 2024-03-08T19:30:00Z 3 3 3 3 1",
            "2024-03-08T21:00:00Z A B 2024-03-08T20:30:00Z 4 4 4 4 1",
        ],
        0,
    );
}

/// On Sunday, 2024-03-10, Chicago opens at 17:00 for the Monday: 22:00 UTC. In the break from 16:00 to 17:00 nothing
/// counts, also when what was before it and what is after it are in the same week.
#[test]
fn the_evening_of_a_sunday_is_of_the_week_that_it_opens() {
    check_sessions(
        &[
            ("2024-03-08T21:59:59Z", "1"),
            ("2024-03-10T22:00:00Z", "2"),
            ("2024-03-11T20:59:59Z", "3"),
            ("2024-03-11T21:30:00Z", "99"),
            ("2024-03-11T22:00:00Z", "4"),
            ("2024-03-15T20:59:59Z", "5"),
            ("2024-03-15T21:00:00Z", "98"),
        ],
        sessions("cme-equity", 7 * DAY),
        &[
            "2024-03-08T22:00:00Z A B 2024-03-03T23:00:00Z 1 1 1 1 1",
            "2024-03-15T21:00:00Z A B 2024-03-10T22:00:00Z 2 5 2 5 4",
        ],
        2,
    );
}

/// Days of New York that begin at 17:00: the week has those from Sunday evening on, and its bars make it whole. By weeks
/// of UTC the first of them, which begins on a Sunday, does not lie in one.
#[test]
fn days_that_begin_in_the_evening_make_weeks() {
    let daily = |every: u64, minute: u16, zone: &str| Edges::Daily {
        every,
        zone: Zone::named(zone).unwrap(),
        minute,
    };
    let new_york = |every| daily(every, 17 * 60, "America/New_York");
    let week = |text: &str, edges: Edges| {
        let (start, end) = edges.around(at(utc(text))).unwrap();
        format!("{start} {end}")
    };
    for (text, expected) in [
        (
            "2024-03-10T20:59:59Z",
            "2024-03-03T22:00:00Z 2024-03-10T21:00:00Z",
        ),
        (
            "2024-03-10T21:00:00Z",
            "2024-03-10T21:00:00Z 2024-03-17T21:00:00Z",
        ),
        (
            "2024-03-17T20:59:59Z",
            "2024-03-10T21:00:00Z 2024-03-17T21:00:00Z",
        ),
        (
            "1970-01-02T00:00:00Z",
            "1970-01-01T00:00:00Z 1970-01-04T22:00:00Z",
        ),
    ] {
        assert_eq!(week(text, new_york(7 * DAY)), expected, "{text}");
    }
    // A day that begins in the morning is that of its own date: Monday, 09:00 in Tokyo is midnight of UTC.
    assert_eq!(
        week("2024-03-11T00:00:00Z", daily(7 * DAY, 9 * 60, "Asia/Tokyo")),
        "2024-03-11T00:00:00Z 2024-03-18T00:00:00Z"
    );
    // From Sunday to Thursday, 17:05 in New York: days of Monday to Friday.
    let rows: Vec<Row> = (10..15)
        .map(|day| {
            trade(
                "A",
                utc(&format!("2024-03-{day}T21:05:00Z")),
                &day.to_string(),
                "2",
            )
        })
        .collect();
    let days: Vec<Row> = bars(rows, Basis::Trades, new_york(DAY))
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(days.len(), 5);
    let whole = "A B 2024-03-10T21:00:00Z 10 14 10 14 10";
    check(
        days.clone(),
        Basis::Bars,
        new_york(7 * DAY),
        &[&format!("2024-03-17T21:00:00Z {whole}")],
    );
    check(
        days.clone(),
        Basis::Bars,
        sessions("fx", 7 * DAY),
        &[&format!("2024-03-15T21:00:00Z {whole}")],
    );
    let bad = bars(days, Basis::Bars, Edges::Epoch { every: 7 * DAY });
    let told = bad[0].as_ref().unwrap_err().to_string();
    assert!(
        told.ends_with(
            "which ends at 2024-03-11T00:00:00Z: days that begin in the evening make weeks by their session or calendar"
        ),
        "{told}"
    );
}

/// 2024-12-30 is a Monday, and its week ends in another year.
#[test]
fn weeks_begin_on_monday() {
    let week = |text: &str, weeks: u64| {
        let time = |text: &str| parse_time(text, &Zone::UTC).unwrap();
        let every = weeks * 7 * 86_400 * SECOND;
        let (start, end) = Edges::Epoch { every }.around(time(text)).unwrap();
        (start.to_string(), end.to_string())
    };
    let days = |start: &str, end: &str| (format!("{start}T00:00:00Z"), format!("{end}T00:00:00Z"));
    for text in [
        "2024-12-30",
        "2024-12-31T23:59:59Z",
        "2025-01-01",
        "2025-01-05T23:59:59Z",
    ] {
        assert_eq!(week(text, 1), days("2024-12-30", "2025-01-06"), "{text}");
    }
    assert_eq!(
        week("2024-12-29T23:59:59Z", 1),
        days("2024-12-23", "2024-12-30")
    );
    assert_eq!(week("2025-01-06", 1), days("2025-01-06", "2025-01-13"));
    // Fortnights since 1970-01-05: 2,869 weeks before 2024-12-30 are an odd number.
    assert_eq!(week("2025-01-01", 2), days("2024-12-23", "2025-01-06"));
    assert_eq!(week("1970-01-02", 1), days("1970-01-01", "1970-01-05"));
    assert_eq!(week("1970-01-05", 1), days("1970-01-05", "1970-01-12"));
}

fn months(months: u32, minute: u16, zone: &str) -> Edges {
    let zone = Zone::named(zone).unwrap();
    Edges::Months {
        months,
        days: TradingDays::Local { zone, minute },
    }
}

fn months_of_sessions(name: &str) -> Edges {
    Edges::Months {
        months: 1,
        days: TradingDays::Sessions(Calendar::named(name).unwrap()),
    }
}

#[track_caller]
fn check_around(edges: &Edges, text: &str, start: &str, end: &str) {
    let (from, until) = edges.around(at(utc(text))).unwrap();
    let expected = (format!("{start}Z"), format!("{end}Z"));
    assert_eq!((from.to_string(), until.to_string()), expected, "{text}");
}

/// A day of the price of its date, one lot, for each of the days from January to March: 31, 29 in 2024, 28 in 2023, 31.
#[test]
fn months_have_the_days_that_the_calendar_has() {
    for (year, february) in [(2024, 29), (2023, 28)] {
        let of_month = |month: u32, days: u32| (1..=days).map(move |day| (month, day));
        let dates = of_month(1, 31)
            .chain(of_month(2, february))
            .chain(of_month(3, 31));
        let trades = dates.map(|(month, day)| {
            let noon = utc(&format!("{year}-{month:02}-{day:02}T12:00:00Z"));
            trade("A", noon, &(100 * month + day).to_string(), "1")
        });
        let days: Vec<Row> = bars(trades.collect(), Basis::Trades, Edges::Epoch { every: DAY })
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert_eq!(days.len(), 62 + february as usize);
        let (last, all) = (200 + february, 62 + february);
        check(
            days.clone(),
            Basis::Bars,
            months(1, 0, "UTC"),
            &[
                &format!("{year}-02-01T00:00:00Z A B {year}-01-01T00:00:00Z 101 131 101 131 31"),
                &format!(
                    "{year}-03-01T00:00:00Z A B {year}-02-01T00:00:00Z 201 {last} 201 {last} {february}"
                ),
                &format!("{year}-04-01T00:00:00Z A B {year}-03-01T00:00:00Z 301 331 301 331 31"),
            ],
        );
        check(
            days.clone(),
            Basis::Bars,
            months(3, 0, "UTC"),
            &[&format!(
                "{year}-04-01T00:00:00Z A B {year}-01-01T00:00:00Z 101 331 101 331 {all}"
            )],
        );
        // Two months since 1970 are January and February.
        let pairs = bars(days, Basis::Bars, months(2, 0, "UTC"));
        assert_eq!(pairs.len(), 2);
    }
    let (quarters, years) = (months(3, 0, "UTC"), months(12, 0, "UTC"));
    check_around(
        &quarters,
        "2024-12-31T23:59:59Z",
        "2024-10-01T00:00:00",
        "2025-01-01T00:00:00",
    );
    check_around(
        &years,
        "2024-02-29",
        "2024-01-01T00:00:00",
        "2025-01-01T00:00:00",
    );
    check_around(
        &years,
        "1970-01-01",
        "1970-01-01T00:00:00",
        "1971-01-01T00:00:00",
    );
}

/// Sunday, 2024-06-30, 17:00 in Chicago is 22:00 UTC: that evening is of Monday, the first of July. June has sessions from
/// Monday, the 3rd, which opens on Sunday, the 2nd, to Friday, the 28th.
#[test]
fn a_sunday_evening_is_of_the_month_of_its_monday() {
    check_sessions(
        &[
            ("2024-06-02T22:00:00Z", "1"),
            ("2024-06-28T20:59:59Z", "2"),
            ("2024-06-28T21:30:00Z", "99"),
            ("2024-06-30T22:00:00Z", "3"),
            ("2024-07-31T20:59:59Z", "4"),
            ("2024-07-31T22:00:00Z", "5"),
        ],
        months_of_sessions("cme-equity"),
        &[
            "2024-06-28T21:00:00Z A B 2024-06-02T22:00:00Z 1 2 1 2 2",
            "2024-07-31T21:00:00Z A B 2024-06-30T22:00:00Z 3 4 3 4 2",
            "2024-08-30T21:00:00Z A B 2024-07-31T22:00:00Z 5 5 5 5 1",
        ],
        1,
    );
    // By a time of day the weekend counts, too: New York's 17:00 is 21:00 UTC in summer, and 22:00 in winter.
    let evenings = months(1, 17 * 60, "America/New_York");
    check_around(
        &evenings,
        "2024-06-30T20:59:59Z",
        "2024-05-31T21:00:00",
        "2024-06-30T21:00:00",
    );
    check_around(
        &evenings,
        "2024-06-30T21:00:00Z",
        "2024-06-30T21:00:00",
        "2024-07-31T21:00:00",
    );
    check_around(
        &evenings,
        "2024-03-15T00:00:00Z",
        "2024-02-29T22:00:00",
        "2024-03-31T21:00:00",
    );
    // Days that begin before noon are of their own date: 09:00 in Tokyo is midnight of UTC.
    let tokyo = months(1, 9 * 60, "Asia/Tokyo");
    check_around(
        &tokyo,
        "2024-02-29T23:59:59Z",
        "2024-02-01T00:00:00",
        "2024-03-01T00:00:00",
    );
}

/// What a day's bars make is what their trades do, wherever days begin; those of another day do not fit.
#[test]
fn months_of_days_are_those_of_their_trades() {
    let hours: Vec<Row> = (0..400 * 24_u64)
        .map(|hour| {
            let price = (1_000 + (hour * 7_919) % 101).to_string();
            trade("A", utc("2023-12-15") + hour * 3_600 * SECOND, &price, "1")
        })
        .collect();
    let daily = |minute: u16, zone: &str| Edges::Daily {
        every: DAY,
        zone: Zone::named(zone).unwrap(),
        minute,
    };
    for (days, made) in [
        (daily(0, "UTC"), months(1, 0, "UTC")),
        (
            daily(17 * 60, "America/New_York"),
            months(1, 17 * 60, "America/New_York"),
        ),
        (
            daily(0, "Australia/Sydney"),
            months(1, 0, "Australia/Sydney"),
        ),
        (
            sessions("cme-equity", DAY),
            months_of_sessions("cme-equity"),
        ),
        (
            sessions("us-equities", DAY),
            months_of_sessions("us-equities"),
        ),
    ] {
        let of_days: Vec<Row> = bars(hours.clone(), Basis::Trades, days)
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let of_trades = bars(hours.clone(), Basis::Trades, made.clone());
        // From December 2023 to January 2025.
        assert_eq!(of_trades.len(), 14, "{made:?}");
        assert_eq!(bars(of_days, Basis::Bars, made), of_trades);
    }
    let evenings = bars(hours, Basis::Trades, daily(17 * 60, "America/New_York"));
    let evenings = evenings.into_iter().map(Result::unwrap).collect();
    let made = bars(evenings, Basis::Bars, months(1, 0, "UTC"));
    let told = made.iter().find_map(|bar| bar.as_ref().err()).unwrap();
    assert!(
        told.to_string().ends_with(
            "which ends at 2024-01-01T00:00:00Z: days that begin in the evening make months by their session or calendar"
        ),
        "{told}"
    );
}
