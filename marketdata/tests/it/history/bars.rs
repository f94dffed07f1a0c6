//! Bars from trades, quotes and smaller bars, against figures worked out by hand.

use marketdata::history::{Basis, Edges, Resampled, Row, RowError, Zone, parse_time};
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

#[test]
fn outside_of_listed_sessions_nothing_makes_a_bar() {
    let edges = Edges::List(vec![(at(100), at(200)), (at(300), at(400))]);
    let rows = [50, 100, 199, 200, 299, 300, 399, 400]
        .map(|ts| trade("A", ts, &ts.to_string(), "1"))
        .to_vec();
    check(
        rows,
        Basis::Trades,
        edges,
        &[
            "1970-01-01T00:00:00.000000200Z A B 1970-01-01T00:00:00.000000100Z 100 199 100 199 2",
            "1970-01-01T00:00:00.000000400Z A B 1970-01-01T00:00:00.000000300Z 300 399 300 399 2",
        ],
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
