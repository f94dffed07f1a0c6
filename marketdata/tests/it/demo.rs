//! The demo market: what it holds, where its times come from, and that any place can be resumed.

use marketdata::demo::{EPOCH, LOOP_NS};
use marketdata::{DemoMarket, read_ticks};
use proptest::prelude::*;
use std::sync::LazyLock;
use types::{
    InstrumentId, Lots, MarketData, MarketEvent, Notional, Price, Qty, Quote, TimestampNs,
};

static DEMO: LazyLock<DemoMarket> = LazyLock::new(|| DemoMarket::load().unwrap());

const BTCUSDT: InstrumentId = InstrumentId(0);
const EURUSD: InstrumentId = InstrumentId(3);
const AAPL: InstrumentId = InstrumentId(4);

/// The first `count` events of an instrument.
fn first_of(instrument: InstrumentId, count: usize) -> Vec<MarketEvent> {
    (0..DEMO.len())
        .map(|n| DEMO.event(n).1)
        .filter(|event| event.instrument == instrument)
        .take(count)
        .collect()
}

fn quote(bid: &str, ask: &str, qty: i64) -> MarketData {
    MarketData::Quote(Quote {
        bid: bid.parse().unwrap(),
        bid_qty: Qty::whole(qty),
        ask: ask.parse().unwrap(),
        ask_qty: Qty::whole(qty),
    })
}

#[test]
fn the_epoch_and_the_loop_are_what_their_names_say() {
    assert_eq!(EPOCH.to_string(), "2026-01-05T00:00:00Z");
    let next = TimestampNs(EPOCH.0 + LOOP_NS);
    assert_eq!(next.to_string(), "2026-02-14T00:00:00Z");
}

#[test]
fn a_loop_holds_every_row_of_the_recordings() {
    // Quotes, trades and bars of each instrument; a bar is four quotes and itself.
    let mut counts = [[0_u32; 3]; 5];
    for n in 0..DEMO.len() {
        let event = DEMO.event(n).1;
        let kind = match event.data {
            MarketData::Quote(_) => 0,
            MarketData::Trade(_) => 1,
            MarketData::Bar(_) => 2,
            other => panic!("{other:?}"),
        };
        counts[event.instrument.0 as usize][kind] += 1;
    }
    assert_eq!(
        counts,
        [
            [17_634, 6_770, 0],
            [12_033, 1_805, 0],
            [9_301, 2_457, 0],
            [4 * 6_225, 0, 6_225],
            [4 * 250, 0, 250],
        ]
    );
    assert_eq!(DEMO.len(), 24_404 + 13_838 + 11_758 + 5 * 6_225 + 5 * 250);
}

#[test]
fn the_instruments_are_sound() {
    let symbols: Vec<_> = DEMO
        .instruments()
        .iter()
        .map(|instrument| instrument.symbol.to_string())
        .collect();
    assert_eq!(symbols, ["BTCUSDT", "ETHUSDT", "SOLUSDT", "EURUSD", "AAPL"]);
    // 0.01 x 0.00001, 0.01 x 0.0001, 0.01 x 0.001, 0.00001 x 1000 and 0.0001 x 1 dollars.
    let values: Vec<_> = DEMO
        .instruments()
        .iter()
        .map(|instrument| instrument.tick_value().unwrap())
        .collect();
    let nanos = |count: i128| Notional(count * 100_000_000);
    assert_eq!(
        values,
        [
            nanos(100),
            nanos(1_000),
            nanos(10_000),
            nanos(10_000_000),
            nanos(100_000)
        ]
    );
}

#[test]
fn every_number_is_on_its_instruments_grid() {
    for n in 0..DEMO.len() {
        let event = DEMO.event(n).1;
        let instrument = &DEMO.instruments()[event.instrument.0 as usize];
        let (prices, quantities) = match event.data {
            MarketData::Quote(quote) => {
                assert!(quote.bid < quote.ask, "{event:?}");
                (
                    vec![quote.bid, quote.ask],
                    vec![quote.bid_qty, quote.ask_qty],
                )
            }
            MarketData::Trade(trade) => (vec![trade.price], vec![trade.qty]),
            MarketData::Bar(bar) => (
                vec![bar.open, bar.high, bar.low, bar.close],
                vec![bar.volume],
            ),
            other => panic!("{other:?}"),
        };
        for price in prices {
            assert!(price > Price::ZERO);
            instrument.ticks(price).unwrap();
        }
        for qty in quantities {
            assert!(instrument.lots(qty).unwrap() > Lots(0));
        }
    }
}

#[test]
fn ticks_are_stretched_to_the_loop() {
    // The rows at 1742944020840482813 and 1742944020844456879; the last at 1742944205071898245.
    // (3974066 * 3456000000000000) div (184231415432 + 1) = 74549566173.
    let events = first_of(BTCUSDT, 2);
    assert_eq!(events[0].ts_event, EPOCH);
    assert_eq!(events[1].ts_event, TimestampNs(EPOCH.0 + 74_549_566_173));
    let MarketData::Quote(second) = events[1].data else {
        panic!("not a quote")
    };
    assert_eq!(second.bid_qty.to_string(), "2.42373");
}

#[test]
fn a_recording_keeps_its_order_and_its_numbers() {
    let gz = include_bytes!("../../../fixtures/market/btcusdt_ticks.csv.gz");
    let recorded = read_ticks("btcusdt", gz).unwrap();
    let played = first_of(BTCUSDT, usize::MAX);
    assert_eq!(played.len(), recorded.len());
    for (event, (_, data)) in played.iter().zip(&recorded) {
        assert_eq!(event.data, *data);
    }
}

#[test]
fn bars_are_compressed_to_the_loop() {
    // From 1483308000 s to 1514581200 + 3600 s are 31276800 s, so an hour takes
    // 3600 * 3456000 / 31276800 = 397.790055248618... s of demo time; its quarter 99.447513812...
    let events = first_of(EURUSD, 6);
    let into = |nanos| TimestampNs(EPOCH.0 + nanos);
    let times: Vec<_> = events.iter().map(|event| event.ts_event).collect();
    assert_eq!(
        times,
        [
            EPOCH,
            into(99_447_513_812),
            into(198_895_027_624),
            into(298_342_541_436),
            into(298_342_541_436),
            into(397_790_055_248),
        ]
    );
    // 1.05236, 1.05253, 1.05221, 1.05227: falling, so the high is before the low; ask prices.
    assert_eq!(events[0].data, quote("1.05226", "1.05236", 1_000_000));
    assert_eq!(events[1].data, quote("1.05243", "1.05253", 1_000_000));
    assert_eq!(events[2].data, quote("1.05211", "1.05221", 1_000_000));
    assert_eq!(events[3].data, quote("1.05217", "1.05227", 1_000_000));
    let MarketData::Bar(bar) = events[4].data else {
        panic!("not a bar")
    };
    assert_eq!(bar.start, EPOCH);
    // 143539993.3 down to whole lots of 1000.
    assert_eq!(bar.volume, Qty::whole(143_539_000));
    assert_eq!(events[5].data, quote("1.05217", "1.05227", 1_000_000));
}

#[test]
fn shares_start_a_year_before_the_end() {
    // The 250th row from the end: 544.24, 546.8, 542.52, 545.18, rising.
    let events = first_of(AAPL, 5);
    assert_eq!(events[0].data, quote("544.19", "544.29", 1_000));
    assert_eq!(events[1].data, quote("542.47", "542.57", 1_000));
    assert_eq!(events[2].data, quote("546.75", "546.85", 1_000));
    assert_eq!(events[3].data, quote("545.13", "545.23", 1_000));
}

#[test]
fn times_never_go_backwards_over_three_loops() {
    let mut before = EPOCH;
    for n in 0..3 * DEMO.len() {
        let (ts, event) = DEMO.event(n);
        assert_eq!(ts, event.ts_event);
        assert!(before <= ts, "{n}");
        let start = EPOCH.0 + n / DEMO.len() * LOOP_NS;
        assert!((start..start + LOOP_NS).contains(&ts.0), "{n}");
        before = ts;
    }
}

#[test]
fn ties_go_by_instrument_then_as_recorded() {
    // All five recordings start at the epoch.
    let first: Vec<_> = (0..5).map(|n| DEMO.event(n)).collect();
    assert!(first.iter().all(|(ts, _)| *ts == EPOCH));
    let ids: Vec<_> = first.iter().map(|(_, event)| event.instrument.0).collect();
    assert_eq!(ids, [0, 1, 2, 3, 4]);
    // A bar has the time of its last quote and stands right behind it in its own order.
    for instrument in [EURUSD, AAPL] {
        let events = first_of(instrument, 5);
        assert_eq!(events[3].ts_event, events[4].ts_event);
        assert!(matches!(events[4].data, MarketData::Bar(_)));
    }
}

#[test]
fn the_end_of_time_is_reached_without_a_panic() {
    let (ts, event) = DEMO.event(u64::MAX);
    assert_eq!(ts, TimestampNs(u64::MAX));
    let same = DEMO.event(u64::MAX % DEMO.len()).1;
    assert_eq!(timeless(event), timeless(same));
}

/// An event's instrument and numbers, which all loops share.
fn timeless(event: MarketEvent) -> (InstrumentId, MarketData) {
    let mut data = event.data;
    if let MarketData::Bar(bar) = &mut data {
        bar.start = TimestampNs(0);
    }
    (event.instrument, data)
}

#[test]
fn quotes_before_a_place_are_those_that_went_by() {
    // Against a list of what went by, for every place of the first tenth of the second loop.
    let mut gone: Vec<Vec<Quote>> = vec![Vec::new(); DEMO.instruments().len()];
    for n in DEMO.len()..DEMO.len() + DEMO.len() / 10 {
        for (id, quotes) in (0..).zip(&gone) {
            for back in [0, 1, 50] {
                let expected = quotes.iter().rev().nth(back);
                let found = DEMO.quote_before(n, InstrumentId(id), back as u32);
                assert_eq!(found.as_ref(), expected, "{n} {id} {back}");
            }
        }
        let event = DEMO.event(n).1;
        if let MarketData::Quote(quote) = event.data {
            gone[event.instrument.0 as usize].push(quote);
        }
    }
}

#[test]
fn nothing_is_before_a_loop_or_of_an_unknown_instrument() {
    assert_eq!(DEMO.quote_before(0, BTCUSDT, 0), None);
    assert_eq!(DEMO.quote_before(DEMO.len(), BTCUSDT, 0), None);
    assert!(DEMO.quote_before(DEMO.len() - 1, BTCUSDT, 0).is_some());
    assert_eq!(DEMO.quote_before(DEMO.len() - 1, BTCUSDT, u32::MAX), None);
    assert_eq!(DEMO.quote_before(100, InstrumentId(5), 0), None);
}

proptest! {
    #[test]
    fn any_place_is_the_first_loop_shifted(place in 0..DEMO.len(), round in 0_u64..4_000) {
        let (ts, event) = DEMO.event(round * DEMO.len() + place);
        let (first_ts, first) = DEMO.event(place);
        prop_assert_eq!(ts.0 - first_ts.0, round * LOOP_NS);
        if let (MarketData::Bar(bar), MarketData::Bar(first)) = (&event.data, &first.data) {
            prop_assert_eq!(bar.start.0 - first.start.0, round * LOOP_NS);
        }
        prop_assert_eq!(timeless(event), timeless(first));
    }

    #[test]
    fn any_place_is_free_of_panics(n: u64, instrument in 0_u32..7, back: u32) {
        let _ = DEMO.event(n);
        let _ = DEMO.quote_before(n, InstrumentId(instrument), back);
    }
}
