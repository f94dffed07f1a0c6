//! The path inside a bar, by hand.

use marketdata::{BarPath, BarPathError, Spread};
use types::{Bar, MarketData, Price, Qty, Quote, TimestampNs};

const TICK: Price = Price(10_000_000); // 0.01

fn spread(below: &str, above: &str) -> Spread {
    Spread {
        below: below.parse().unwrap(),
        above: above.parse().unwrap(),
    }
}

fn bar(open: &str, high: &str, low: &str, close: &str) -> Bar {
    Bar {
        start: TimestampNs(1_000),
        open: open.parse().unwrap(),
        high: high.parse().unwrap(),
        low: low.parse().unwrap(),
        close: close.parse().unwrap(),
        volume: Qty::whole(9),
    }
}

fn quote(bid: &str, ask: &str) -> MarketData {
    MarketData::Quote(Quote {
        bid: bid.parse().unwrap(),
        bid_qty: Qty::whole(3),
        ask: ask.parse().unwrap(),
        ask_qty: Qty::whole(3),
    })
}

fn path(spread: Spread) -> BarPath {
    BarPath::new(400, TICK, spread, Qty::whole(3)).unwrap()
}

#[test]
fn a_bar_that_rises_or_stands_still_visits_its_low_first() {
    let rising = bar("10.00", "10.50", "9.80", "10.20");
    assert_eq!(
        path(spread("0.01", "0.02")).events(&rising),
        [
            (TimestampNs(1_000), quote("9.99", "10.02")),
            (TimestampNs(1_100), quote("9.79", "9.82")),
            (TimestampNs(1_200), quote("10.49", "10.52")),
            (TimestampNs(1_300), quote("10.19", "10.22")),
            (TimestampNs(1_300), MarketData::Bar(rising)),
        ]
    );
    let still = bar("10.00", "10.50", "9.80", "10.00");
    assert_eq!(
        path(spread("0", "0")).events(&still)[1].1,
        quote("9.80", "9.80")
    );
}

#[test]
fn a_bar_that_falls_visits_its_high_first() {
    let falling = bar("10.00", "10.50", "9.80", "9.90");
    assert_eq!(
        path(spread("0.10", "0")).events(&falling),
        [
            (TimestampNs(1_000), quote("9.90", "10.00")),
            (TimestampNs(1_100), quote("10.40", "10.50")),
            (TimestampNs(1_200), quote("9.70", "9.80")),
            (TimestampNs(1_300), quote("9.80", "9.90")),
            (TimestampNs(1_300), MarketData::Bar(falling)),
        ]
    );
}

#[test]
fn the_bid_goes_down_to_a_tick_and_the_ask_up() {
    let flat = |price| bar(price, price, price, price);
    let first = |price, spread| path(spread).events(&flat(price))[0].1.clone();
    assert_eq!(first("10.005", spread("0", "0")), quote("10", "10.01"));
    assert_eq!(
        first("10.00", spread("0.001", "0.001")),
        quote("9.99", "10.01")
    );
    // Down and up are toward minus and plus infinity, below zero too.
    assert_eq!(first("-10.005", spread("0", "0")), quote("-10.01", "-10"));
}

#[test]
fn quarters_are_rounded_down() {
    let path = BarPath::new(7, TICK, Spread::default(), Qty::ONE).unwrap();
    let times = path.events(&bar("1", "1", "1", "1")).map(|(ts, _)| ts.0);
    // 7/4 = 1.75, 14/4 = 3.5, 21/4 = 5.25.
    assert_eq!(times, [1_000, 1_001, 1_003, 1_005, 1_005]);
}

#[test]
fn the_ends_of_the_range_hold() {
    let path = BarPath::new(u64::MAX, TICK, spread("1", "1"), Qty::ONE).unwrap();
    let mut bar = bar("1", "9223372036.854775807", "-9223372036.854775807", "2");
    bar.start = TimestampNs(u64::MAX - 5);
    let events = path.events(&bar);
    assert_eq!(events[1].0, TimestampNs(u64::MAX));
    let MarketData::Quote(low) = events[1].1 else {
        panic!("not a quote")
    };
    assert_eq!(low.bid.to_string(), "-9223372036.85");
    let MarketData::Quote(high) = events[2].1 else {
        panic!("not a quote")
    };
    assert_eq!(high.ask.to_string(), "9223372036.85");
}

#[test]
fn settings_that_make_no_path_are_refused() {
    let none = Spread::default();
    let new = BarPath::new;
    assert_eq!(new(0, TICK, none, Qty::ONE), Err(BarPathError::Length));
    assert_eq!(
        new(1, Price(0), none, Qty::ONE),
        Err(BarPathError::TickSize)
    );
    assert_eq!(
        new(1, TICK, spread("-0.01", "0"), Qty::ONE),
        Err(BarPathError::Spread)
    );
    assert_eq!(
        new(1, TICK, spread("0", "-0.01"), Qty::ONE),
        Err(BarPathError::Spread)
    );
    assert_eq!(new(1, TICK, none, Qty(0)), Err(BarPathError::Qty));
}
