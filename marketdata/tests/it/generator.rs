//! Synthetic quotes are the same for the same seed, in order, and on the grid.

use marketdata::{RandomWalk, WalkStart};
use types::{MarketData, Price, Qty, TimestampNs};

const STARTS: [WalkStart; 2] = [
    WalkStart {
        bid: Price::whole(100),
        tick_size: Price(250_000_000), // 0.25
        lot_size: Qty::ONE,
    },
    WalkStart {
        bid: Price(20_000_000), // 0.02: two ticks above nothing
        tick_size: Price(10_000_000),
        lot_size: Qty(1_000),
    },
];

fn walk(seed: u64) -> RandomWalk {
    RandomWalk::new(seed, TimestampNs(5_000), &STARTS)
}

#[test]
fn the_seed_decides() {
    let first: Vec<_> = walk(7).take(1_000).collect();
    assert_eq!(first, walk(7).take(1_000).collect::<Vec<_>>());
    assert_ne!(first, walk(8).take(1_000).collect::<Vec<_>>());
    // Seed zero is a seed like any other, though the generator's zero state would stand still.
    assert_ne!(first, walk(0).take(1_000).collect::<Vec<_>>());
}

#[test]
fn quotes_stay_on_the_grid_and_move_a_tick_at_most() {
    let mut bids = STARTS.map(|start| start.bid);
    let mut before = TimestampNs(5_000);
    let mut events = [0; 2];
    for event in walk(1).take(20_000) {
        assert!(before < event.ts_event && event.ts_event.0 <= before.0 + 1_000_000);
        before = event.ts_event;
        let at = event.instrument.0 as usize;
        events[at] += 1;
        let WalkStart {
            tick_size,
            lot_size,
            ..
        } = STARTS[at];
        let MarketData::Quote(quote) = event.data else {
            panic!("not a quote")
        };
        assert!((quote.bid.0 - bids[at].0).abs() <= tick_size.0);
        bids[at] = quote.bid;
        assert_eq!(quote.bid.0 % tick_size.0, 0);
        assert!(quote.bid >= tick_size);
        let wide = (quote.ask.0 - quote.bid.0) / tick_size.0;
        assert!((1..=3).contains(&wide));
        assert_eq!(quote.ask.0 % tick_size.0, 0);
        for qty in [quote.bid_qty, quote.ask_qty] {
            assert_eq!(qty.0 % lot_size.0, 0);
            assert!((1..=100).contains(&(qty.0 / lot_size.0)));
        }
    }
    assert!(events.iter().all(|&count| count > 9_000), "{events:?}");
}

#[test]
fn without_instruments_there_is_nothing() {
    assert_eq!(RandomWalk::new(1, TimestampNs(0), &[]).next(), None);
}
