//! Messages take time: what an order, a cancel or an amendment meets when it arrives.

use types::{EventKind, InstrumentStatus, Latency, LatencyId, LatencySample, PaperModel};

use crate::paper::{NOTHING, TOUCH};
use crate::words::{Of, Words, amend_price, bracket, buy, cancel, cancel_all, quote, sell, status};
use crate::world::{World, fills, instrument, paper};

const MILLISECOND: u64 = 1_000_000;

/// Five milliseconds to the market, three back; inputs a millisecond apart.
fn far_away() -> World {
    let sample = LatencySample {
        order_ns: 5_000_000,
        ack_ns: 3_000_000,
    };
    let mut world = World::trading(paper(PaperModel {
        latency: Latency::Constant(sample),
        ..TOUCH
    }));
    world.tell(quote("100", "101"));
    world.step_ns = MILLISECOND;
    world
}

#[test]
fn an_order_meets_the_market_as_it_is_when_it_arrives() {
    let mut world = far_away();
    let accepted = world.hear(buy(0, 5));
    let sent = world.now();
    let EventKind::OrderAccepted { arrives, .. } = accepted[0] else {
        panic!("{accepted:?}");
    };
    assert_eq!((accepted.len(), arrives.0), (1, sent + 5 * MILLISECOND));
    assert_eq!(world.tell(quote("102", "103")), NOTHING);
    assert_eq!(world.until(sent + 5 * MILLISECOND - 1), NOTHING);
    // It is there before the quote of that very moment.
    world.step_ns = 1;
    let told = world.hear(quote("110", "111"));
    let fill = fills(&told)[0];
    assert_eq!(fill.price.to_string(), "103");
    assert_eq!(fill.known.0, sent + 8 * MILLISECOND);
}

#[test]
fn a_cancel_flies_as_long_and_may_come_too_late() {
    let mut world = far_away();
    world.tell(buy(0, 5).at("99"));
    world.until(world.now() + 9 * MILLISECOND);
    assert_eq!(world.tell(cancel(0, 1)), NOTHING);
    let sent = world.now();
    assert_eq!(
        world.tell(quote("98", "99")),
        ["#1 buys 5 at 99 (Touch, maker)"]
    );
    assert_eq!(
        world.until(sent + 5 * MILLISECOND),
        ["#1 change denied UnknownOrder"]
    );
    // What is not there is said at once.
    assert_eq!(world.tell(cancel(0, 1)), ["#1 change denied UnknownOrder"]);
    world.tell(buy(0, 5).at("90"));
    let sent = world.now();
    world.until(sent + 6 * MILLISECOND);
    world.tell(cancel(0, 2));
    let sent = world.now();
    assert_eq!(
        world.until(sent + 5 * MILLISECOND),
        ["#2 cancelled 5 Requested"]
    );
}

#[test]
fn an_amendment_is_checked_when_it_arrives() {
    let mut world = far_away();
    world.tell(buy(0, 5).at("90"));
    world.until(world.now() + 6 * MILLISECOND);
    assert_eq!(world.tell(amend_price(0, 1, "95.5")), NOTHING);
    assert_eq!(world.tell(amend_price(0, 1, "100")), NOTHING);
    world.tell(quote("98", "99"));
    assert_eq!(
        world.until(world.now() + 20 * MILLISECOND),
        [
            "#1 change denied PriceOffTick 1",
            "#1 amended 5 at 100",
            "#1 buys 5 at 99 (Touch)",
        ]
    );
}

#[test]
fn an_order_on_its_way_may_expire_or_find_a_closed_door() {
    let mut world = far_away();
    let soon = world.now() + 4 * MILLISECOND;
    world.tell(buy(0, 5).at("99").until(soon));
    assert_eq!(world.until(soon), ["#1 cancelled 5 Expired"]);
    world.tell(buy(0, 5));
    world.tell(status(InstrumentStatus::Halted));
    assert_eq!(
        world.until(world.now() + 9 * MILLISECOND),
        ["#2 cancelled 5 MarketNotOpen"]
    );
    world.tell(status(InstrumentStatus::Open));
    world.tell(buy(0, 5).at("90"));
    world.tell(quote("102", "101"));
    assert_eq!(
        world.until(world.now() + 9 * MILLISECOND),
        ["#3 cancelled 5 MarketNotOpen"]
    );
}

#[test]
fn a_post_only_order_that_would_take_by_then_ends_on_arrival() {
    let mut world = far_away();
    world.tell(buy(0, 5).at("100").post_only());
    world.tell(quote("99", "100"));
    assert_eq!(
        world.until(world.now() + 9 * MILLISECOND),
        ["#1 cancelled 5 WouldTake"]
    );
}

#[test]
fn what_the_engine_sends_is_there_already() {
    let mut world = far_away();
    world.tell(bracket(&[
        buy(0, 5).at("99"),
        sell(0, 5).at("105"),
        sell(0, 5).stop("95"),
    ]));
    world.until(world.now() + 9 * MILLISECOND);
    let told = world.hear(quote("98", "99"));
    assert_eq!(
        crate::told::told(&told)[1..],
        ["#2 activated 5", "#3 activated 5"]
    );
    // Its owner still hears of the fill later.
    let told = world.hear(quote("90", "91"));
    let fill = fills(&told)[0];
    assert_eq!(
        (fill.order.0, fill.known.0),
        (3, world.now() + 3 * MILLISECOND)
    );
    // And a cancel of everything is not a message to the market.
    world.tell(buy(0, 5).at("80"));
    assert_eq!(world.tell(cancel_all(0)), ["#4 cancelled 5 Requested"]);
}

/// The finaliser of `SplitMix64` (Steele, Lea and Flood, 2014; Stafford's variant 13).
const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[test]
fn a_recorded_delay_is_the_one_that_the_orders_id_is_mixed_to() {
    let delays = [1_000_000, 2_000_000, 3_000_000];
    let samples = delays.map(|order_ns| LatencySample {
        order_ns,
        ack_ns: order_ns / 2,
    });
    let late = paper(PaperModel {
        latency: Latency::Recorded(LatencyId(0)),
        ..TOUCH
    });
    let mut world = World::trading(instrument("OTHER", "1", "1", "1"));
    // Not before the distribution is known.
    let register = types::Command::RegisterInstrument(Box::new(late));
    assert_eq!(
        world.tell(register.clone()),
        ["rejected BadInstrument(Model)"]
    );
    world.tell(types::Command::DefineLatency {
        samples: samples.to_vec(),
    });
    world.tell(register);
    world.tell(quote("100", "101").of(1));
    for id in 1..9 {
        let accepted = world.hear(buy(0, 1).of(1));
        let EventKind::OrderAccepted { order, arrives, .. } = accepted[0] else {
            panic!("{accepted:?}");
        };
        assert_eq!(order.0, id);
        let sample = samples[(mix(id) % 3) as usize];
        assert_eq!(arrives.0, world.now() + u64::from(sample.order_ns));
        let filled = world.hear(types::Timer::Clock);
        let fill = fills(&filled)[0];
        assert_eq!(fill.known.0, world.now() + u64::from(sample.ack_ns));
    }
}
