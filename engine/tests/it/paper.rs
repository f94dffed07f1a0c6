//! Fills against the outside market: what it must show or print, how much of it there is, what it costs
//! to take, and how long it takes to get there.

use types::{
    Aggressor, BarPath, CancelModel, EventKind, FillRule, InstrumentStatus, Latency, LatencyId,
    LatencySample, PaperModel, Qty, Ratio, Sizes, Slippage,
};

use crate::words::{
    Of, Words, amend_price, amend_qty, bar, bracket, buy, cancel, cancel_all, delta, depth, oco,
    print, print_by, quote, sell, sized, status,
};
use crate::world::{World, fills, instrument, paper, qty};

const TOUCH: PaperModel = PaperModel {
    fill: FillRule::Touch,
    sizes: Sizes::Unlimited,
    slippage: Slippage::None,
    latency: Latency::None,
    bars: BarPath::Ignored,
};
const THROUGH: PaperModel = PaperModel {
    fill: FillRule::Through,
    ..TOUCH
};
const QUEUE: PaperModel = PaperModel {
    fill: FillRule::Queue(CancelModel::Conservative),
    ..TOUCH
};
const DISPLAYED: PaperModel = PaperModel {
    sizes: Sizes::Displayed,
    ..TOUCH
};
const NOTHING: [&str; 0] = [];

/// 98 bid for 10, 101 asked for 10.
fn outside(model: PaperModel) -> World {
    let mut world = World::trading(paper(model));
    world.tell(sized("98", 10, "101", 10));
    world
}

#[test]
fn touch_fills_a_resting_order_once_the_other_side_is_at_its_price() {
    let mut world = outside(TOUCH);
    world.tell(buy(0, 50).at("99"));
    assert_eq!(world.tell(sized("98", 1, "100", 1)), NOTHING);
    assert_eq!(world.tell(print("97", 100)), NOTHING);
    assert_eq!(
        world.tell(sized("98", 1, "99", 1)),
        ["#1 buys 50 at 99 (Touch, maker)"]
    );
    // The market jumps beyond it: still its own price.
    world.tell(sell(0, 5).at("105"));
    assert_eq!(
        world.tell(sized("109", 1, "110", 1)),
        ["#2 sells 5 at 105 (Touch, maker)"]
    );
}

#[test]
fn through_fills_a_resting_order_once_the_market_is_beyond_its_price() {
    let mut world = outside(THROUGH);
    world.tell_all([buy(0, 50).at("99"), buy(1, 50).at("99")]);
    assert_eq!(world.tell(sized("98", 1, "99", 1)), NOTHING);
    assert_eq!(world.tell(print("99", 1_000)), NOTHING);
    assert_eq!(
        world.tell(print("98", 1)),
        [
            "#1 buys 50 at 99 (Through, maker)",
            "#2 buys 50 at 99 (Through, maker)",
        ]
    );
    world.tell(buy(0, 5).at("98"));
    assert_eq!(
        world.tell(sized("96", 1, "97", 1)),
        ["#3 buys 5 at 98 (Through, maker)"]
    );
    // A side that displays nothing has not come.
    world.tell(buy(0, 5).at("95"));
    assert_eq!(world.tell(sized("90", 1, "91", 0)), NOTHING);
    world.tell(sell(0, 5).at("95"));
    assert_eq!(
        world.tell(print("94", 1)),
        ["#4 buys 5 at 95 (Through, maker)"]
    );
    assert_eq!(
        world.tell(print("96", 1)),
        ["#5 sells 5 at 95 (Through, maker)"]
    );
}

#[test]
fn through_takes_what_is_there_on_arrival_like_anybody() {
    let mut world = outside(THROUGH);
    assert_eq!(
        world.tell(buy(0, 5).at("101")),
        ["#1 accepted", "#1 buys 5 at 101 (Touch)"]
    );
}

#[test]
fn displayed_sizes_bound_what_a_print_fills() {
    let mut world = outside(PaperModel {
        sizes: Sizes::Displayed,
        ..THROUGH
    });
    world.tell(buy(0, 5).at("99"));
    assert_eq!(
        world.tell(print("98", 3)),
        ["#1 buys 3 at 99 leaves 2 (Through, maker)"]
    );
    assert_eq!(
        world.tell(print("98", 3)),
        ["#1 buys 2 at 99 (Through, maker)"]
    );
}

/// Lots before an order, lots shown at its price, lots printed since.
fn queue(world: &World, order: u64) -> (String, String, String) {
    let (ahead, shown, printed) = world.working(order).unwrap().queue.unwrap();
    (ahead.to_string(), shown.to_string(), printed.to_string())
}

fn at_place(ahead: i64, shown: i64, printed: i64) -> (String, String, String) {
    (ahead.to_string(), shown.to_string(), printed.to_string())
}

#[test]
fn a_queue_moves_with_prints_until_the_orders_turn_comes() {
    let mut world = outside(QUEUE);
    world.tell(buy(0, 5).at("98"));
    assert_eq!(queue(&world, 1), at_place(10, 10, 0));
    // A buyer's print is none of its side's business.
    assert_eq!(world.tell(print_by(Aggressor::Buyer, "98", 100)), NOTHING);
    assert_eq!(world.tell(print_by(Aggressor::Seller, "98", 4)), NOTHING);
    assert_eq!(queue(&world, 1), at_place(6, 10, 4));
    // 10 less 4 that printed: nobody cancelled.
    assert_eq!(world.tell(sized("98", 6, "101", 10)), NOTHING);
    assert_eq!(queue(&world, 1), at_place(6, 6, 0));
    // 8 print: 6 were before it.
    assert_eq!(
        world.tell(print("98", 8)),
        ["#1 buys 2 at 98 leaves 3 (Queue, maker)"]
    );
    assert_eq!(
        world.tell(print_by(Aggressor::Seller, "98", 1)),
        ["#1 buys 1 at 98 leaves 2 (Queue, maker)"]
    );
    // Beyond its price everything at it is gone.
    assert_eq!(
        world.tell(print_by(Aggressor::Seller, "97", 1)),
        ["#1 buys 2 at 98 (Through, maker)"]
    );
}

#[test]
fn a_queue_is_over_once_the_other_side_is_at_its_price() {
    let mut world = outside(QUEUE);
    world.tell(buy(0, 5).at("98"));
    assert_eq!(
        world.tell(sized("97", 10, "98", 1)),
        ["#1 buys 5 at 98 (Through, maker)"]
    );
}

#[test]
fn careful_cancels_come_from_behind() {
    let mut world = outside(QUEUE);
    world.tell(buy(0, 5).at("98"));
    // 10 join behind; 8 of those 20 leave, which may all be those behind; then 7 of 12, of which 2 can.
    for (shown, ahead) in [(20, 10), (12, 10), (5, 5)] {
        world.tell(sized("98", shown, "101", 10));
        assert_eq!(queue(&world, 1), at_place(ahead, shown, 0));
    }
}

#[test]
fn the_power_model_spreads_cancels_over_the_queue() {
    for (power, ahead) in [(1, 6), (2, 6), (3, 6)] {
        let mut world = outside(PaperModel {
            fill: FillRule::Queue(CancelModel::Power(power)),
            ..TOUCH
        });
        world.tell(buy(0, 5).at("98"));
        world.tell(sized("98", 20, "101", 10));
        // 10 before, 10 behind: half of 8, whatever the power.
        world.tell(sized("98", 12, "101", 10));
        assert_eq!(queue(&world, 1), at_place(ahead, 12, 0));
        // 6 before, 6 behind, 18 join: 6 of 30.
        world.tell(sized("98", 30, "101", 10));
        world.tell(sized("98", 20, "101", 10));
        // 10 x 6/30 = 2; x 36/612 = 0.59; x 216/14040 = 0.15.
        let left = [4, 6, 6][usize::from(power) - 1];
        assert_eq!(queue(&world, 1), at_place(left, 20, 0));
    }
}

#[test]
fn an_order_better_than_what_is_displayed_is_first() {
    let mut world = outside(QUEUE);
    world.tell(buy(0, 5).at("99"));
    assert_eq!(queue(&world, 1), at_place(0, 0, 0));
    assert_eq!(
        world.tell(print_by(Aggressor::Seller, "99", 2)),
        ["#1 buys 2 at 99 leaves 3 (Queue, maker)"]
    );
    // Others join it there, behind it; then everybody else leaves.
    world.tell(sized("99", 7, "101", 10));
    assert_eq!(queue(&world, 1), at_place(0, 7, 0));
    world.tell(sized("98", 7, "101", 10));
    assert_eq!(queue(&world, 1), at_place(0, 0, 0));
}

#[test]
fn in_a_book_of_levels_each_price_has_its_own_queue() {
    let mut world = World::trading(paper(QUEUE));
    world.tell(depth(&[("98", 10), ("97", 20)], &[("101", 5)]));
    world.tell(buy(0, 5).at("97"));
    assert_eq!(queue(&world, 1), at_place(20, 20, 0));
    world.tell(delta(&[("98", 2)], &[]));
    assert_eq!(queue(&world, 1), at_place(20, 20, 0));
    world.tell(delta(&[("97", 15)], &[]));
    assert_eq!(queue(&world, 1), at_place(15, 15, 0));
    // A snapshot without the price states that nothing is there.
    world.tell(depth(&[("98", 10)], &[("101", 5)]));
    assert_eq!(queue(&world, 1), at_place(0, 0, 0));
}

#[test]
fn less_at_the_same_price_keeps_the_estimated_place_too() {
    let mut world = outside(QUEUE);
    world.tell(buy(0, 5).at("98"));
    world.tell(print_by(Aggressor::Seller, "98", 4));
    world.tell(amend_qty(0, 1, 3));
    assert_eq!(queue(&world, 1), at_place(6, 10, 4));
    world.tell(amend_qty(0, 1, 4));
    assert_eq!(queue(&world, 1), at_place(10, 10, 0));
    world.tell(print_by(Aggressor::Seller, "98", 4));
    world.tell(amend_price(0, 1, "97"));
    assert_eq!(queue(&world, 1), at_place(0, 0, 0));
}

#[test]
fn displayed_depth_is_taken_level_by_level_and_remembered() {
    let mut world = World::trading(paper(DISPLAYED));
    world.tell(depth(&[("98", 5)], &[("100", 3), ("101", 4), ("102", 5)]));
    assert_eq!(
        world.tell(buy(0, 5)),
        [
            "#1 accepted",
            "#1 buys 3 at 100 leaves 2 (Depth)",
            "#1 buys 2 at 101 (Depth)",
        ]
    );
    // 2 are left of 101 for this account. The next level is stated again, which gives nothing back.
    world.tell(delta(&[], &[("102", 5)]));
    assert_eq!(
        world.tell(buy(0, 4)),
        [
            "#2 accepted",
            "#2 buys 2 at 101 leaves 2 (Depth)",
            "#2 buys 2 at 102 (Depth)",
        ]
    );
    // Another account sees it all.
    assert_eq!(world.tell(buy(1, 1))[1], "#3 buys 1 at 100 (Depth)");
    // The best level is stated again.
    world.tell(delta(&[], &[("100", 2)]));
    assert_eq!(
        world.tell(buy(0, 3)),
        [
            "#4 accepted",
            "#4 buys 2 at 100 leaves 1 (Depth)",
            "#4 buys 1 at 102 (Depth)",
        ]
    );
    // A snapshot states everything again.
    world.tell(depth(&[("98", 5)], &[("100", 3), ("101", 4)]));
    assert_eq!(
        world.tell(buy(0, 9)).last().unwrap(),
        "#5 cancelled 2 NotMarketable"
    );
}

#[test]
fn without_levels_the_touch_alone_is_displayed() {
    let mut world = outside(DISPLAYED);
    assert_eq!(
        world.tell(buy(0, 12)),
        [
            "#1 accepted",
            "#1 buys 10 at 101 leaves 2 (Depth)",
            "#1 cancelled 2 NotMarketable",
        ]
    );
    assert_eq!(
        world.tell(buy(0, 1)),
        ["#2 accepted", "#2 cancelled 1 NotMarketable"]
    );
    // The same quote again is a new statement of it.
    world.tell(sized("98", 10, "101", 10));
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
}

#[test]
fn a_resting_order_takes_what_is_displayed_within_its_limit_at_one_price() {
    let mut world = World::trading(paper(DISPLAYED));
    world.tell(depth(&[("97", 5)], &[("100", 3), ("101", 4)]));
    world.tell(buy(0, 10).at("99"));
    assert_eq!(
        world.tell(delta(&[], &[("98", 2), ("99", 3)])),
        ["#1 buys 5 at 99 leaves 5 (Touch, maker)"]
    );
    // Nothing new, nothing more.
    assert_eq!(world.tell(print("98", 50)), NOTHING);
    assert_eq!(world.tell(delta(&[("97", 6)], &[])), NOTHING);
    // More at 98, where the market has been since before: that price.
    assert_eq!(
        world.tell(delta(&[], &[("98", 4)])),
        ["#1 buys 4 at 98 leaves 1 (Touch)"]
    );
}

#[test]
fn a_marketable_limit_takes_what_is_there_and_rests_with_the_rest() {
    let mut world = World::trading(paper(DISPLAYED));
    world.tell(depth(&[("97", 5)], &[("100", 3), ("101", 4), ("102", 9)]));
    assert_eq!(
        world.tell(buy(0, 10).at("101")),
        [
            "#1 accepted",
            "#1 buys 3 at 100 leaves 7 (Depth)",
            "#1 buys 4 at 101 leaves 3 (Depth)",
        ]
    );
    assert_eq!(world.working_ids(), [1]);
    assert_eq!(
        world.tell(delta(&[], &[("100", 1)])),
        ["#1 buys 1 at 100 leaves 2 (Touch)"]
    );
}

#[test]
fn slippage_is_against_the_taker_and_ends_at_its_limit() {
    // 98 bid, 101 asked; a buy of 10 and a sell of 10 against 10 displayed.
    for (slippage, bought, sold) in [
        (Slippage::None, "101", "98"),
        (Slippage::Ticks(2), "103", "96"),
        // 1.01 and 0.98 ticks.
        (Slippage::Rate(Ratio::percent(1)), "103", "97"),
        (Slippage::Impact { ticks: 3 }, "104", "95"),
    ] {
        let mut world = outside(PaperModel { slippage, ..TOUCH });
        let price = |fill: types::Fill| fill.price.to_string();
        assert_eq!(
            price(fills(&world.hear(buy(0, 10)))[0]),
            bought,
            "{slippage:?}"
        );
        assert_eq!(
            price(fills(&world.hear(sell(0, 10)))[0]),
            sold,
            "{slippage:?}"
        );
        let capped = fills(&world.hear(buy(0, 10).at("102")))[0];
        let least = if bought == "101" { "101" } else { "102" };
        assert_eq!(price(capped), least, "{slippage:?}");
        // A resting order is not slipped.
        world.tell(buy(1, 10).at("95"));
        assert_eq!(price(fills(&world.hear(quote("94", "95")))[0]), "95");
        // What its trigger makes a market order is.
        world.tell(sell(1, 10).stop("90"));
        let stopped = fills(&world.hear(sized("90", 10, "91", 10)))[0];
        let expected = match slippage {
            Slippage::None => "90",
            Slippage::Ticks(_) => "88",
            Slippage::Rate(_) => "89",
            Slippage::Impact { .. } => "87",
        };
        assert_eq!(price(stopped), expected, "{slippage:?}");
    }
}

#[test]
fn impact_grows_with_the_order_and_is_rounded_up() {
    let mut world = outside(PaperModel {
        slippage: Slippage::Impact { ticks: 3 },
        ..TOUCH
    });
    // 3 x 1/10, 3 x 11/10, 3 x 25/10.
    for (quantity, price) in [(1, "102"), (11, "105"), (25, "109")] {
        let fill = fills(&world.hear(buy(0, quantity)))[0];
        assert_eq!(fill.price.to_string(), price);
    }
}

#[test]
fn each_displayed_level_is_slipped_by_as_much() {
    let mut world = World::trading(paper(PaperModel {
        slippage: Slippage::Ticks(1),
        ..DISPLAYED
    }));
    world.tell(depth(&[("98", 5)], &[("100", 3), ("101", 4), ("102", 5)]));
    assert_eq!(
        world.tell(buy(0, 8).at("102")),
        [
            "#1 accepted",
            "#1 buys 3 at 101 leaves 5 (Depth)",
            "#1 buys 4 at 102 leaves 1 (Depth)",
            "#1 buys 1 at 102 (Depth)",
        ]
    );
}

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
    let register = types::Command::RegisterInstrument(late);
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

const WALKED: PaperModel = PaperModel {
    bars: BarPath::Walked,
    ..TOUCH
};

/// The newest bar closed at 100; account 0 is long 10 from there.
fn charted() -> World {
    let mut world = World::trading(paper(WALKED));
    world.tell(bar(["100", "100", "100", "100"]));
    world.tell(buy(0, 10));
    world
}

#[test]
fn inside_a_bar_the_stop_comes_before_the_target() {
    let mut world = charted();
    world.tell(oco(&[sell(0, 10).at("105"), sell(0, 10).stop("95")]));
    // It goes up first, where the target is; what came first inside nobody knows.
    assert_eq!(
        world.tell(bar(["100", "106", "90", "104"])),
        [
            "#3 triggered at 95",
            "#3 sells 10 at 95 (Bar)",
            "#2 cancelled 10 Sibling",
        ]
    );
    let picture = world.picture();
    assert_eq!(picture.last, Some(crate::world::price("104")));
    assert_eq!(picture.quote.unwrap().bid, crate::world::price("104"));
    assert_eq!(picture.quote.unwrap().ask_qty, Qty::whole(100));
}

#[test]
fn a_bar_that_only_reaches_the_target_fills_it_at_its_price() {
    let mut world = charted();
    world.tell(oco(&[sell(0, 10).at("105"), sell(0, 10).stop("95")]));
    assert_eq!(
        world.tell(bar(["100", "106", "96", "104"])),
        ["#2 sells 10 at 105 (Bar, maker)", "#3 cancelled 10 Sibling"]
    );
}

#[test]
fn a_stop_that_the_open_has_jumped_fills_at_the_open() {
    let mut world = charted();
    world.tell(sell(0, 10).stop("95"));
    assert_eq!(
        world.tell(bar(["90", "96", "89", "92"])),
        ["#2 triggered at 90", "#2 sells 10 at 90 (Bar)"]
    );
}

#[test]
fn the_path_goes_to_the_nearer_extreme_first() {
    // Up 2 and down 8; up 8 and down 2; as far either way: up first. Account 1 buys at 98 and sells at
    // 102 if touched.
    for (prices, bought_first) in [
        (["100", "102", "92", "100"], false),
        (["100", "108", "98", "100"], true),
        (["100", "103", "97", "100"], false),
    ] {
        let mut world = charted();
        world.tell_all([sell(1, 1).touched("102"), buy(1, 1).at("98")]);
        let told = world.tell(bar(prices));
        assert_eq!(told.len(), 3, "{told:?}");
        assert_eq!(told[0].starts_with("#3 buys"), bought_first, "{told:?}");
    }
}

#[test]
fn a_trailing_stop_follows_the_path_and_is_then_inside_the_bar() {
    let mut world = charted();
    world.tell(sell(0, 10).trail("3"));
    // 100, then 99, the nearer, then up to 105: from there 102 is inside the bar.
    assert_eq!(
        world.tell(bar(["100", "105", "99", "104"])),
        ["#2 triggered at 102", "#2 sells 10 at 102 (Bar)"]
    );
}

#[test]
fn a_stop_limit_inside_a_bar_fills_within_its_limit_or_rests() {
    let mut world = charted();
    world.tell(sell(0, 5).stop_limit("97", "96"));
    world.tell(sell(0, 5).stop_limit("97", "99"));
    assert_eq!(
        world.tell(bar(["100", "101", "95", "98"])),
        [
            "#2 triggered at 97",
            "#2 sells 5 at 97 (Bar)",
            "#3 triggered at 97",
            // It rests at 99 while the path is at the open, which is better: it takes what comes next.
            "#3 sells 5 at 101 (Bar)",
        ]
    );
}

#[test]
fn slippage_counts_for_stops_inside_a_bar() {
    let mut world = World::trading(paper(PaperModel {
        slippage: Slippage::Ticks(2),
        ..WALKED
    }));
    world.tell(bar(["100", "100", "100", "100"]));
    world.tell(sell(0, 10).stop("95"));
    assert_eq!(
        world.tell(bar(["100", "101", "94", "98"])),
        ["#1 triggered at 95", "#1 sells 10 at 93 (Bar)"]
    );
}

#[test]
fn a_bar_out_of_order_or_off_the_grid_is_rejected_and_nothing_is_stale() {
    let mut world = charted();
    for prices in [
        ["100", "99", "98", "98"],
        ["100", "101", "100.5", "100"],
        ["100", "101", "101", "100"],
        ["100", "101", "99", "102"],
    ] {
        let told = world.tell(bar(prices));
        let reason = if prices[2] == "100.5" {
            "OffGrid"
        } else {
            "BadQuote"
        };
        assert_eq!(told, [format!("rejected {reason}")]);
    }
    assert_eq!(world.tell(sell(0, 1))[1], "#2 sells 1 at 100 (Touch)");
}

#[test]
fn a_bar_in_a_market_that_is_not_open_fills_nothing_by_itself() {
    let mut world = charted();
    world.tell(sell(0, 10).at("105"));
    world.tell(status(InstrumentStatus::Halted));
    assert_eq!(world.tell(bar(["100", "110", "90", "108"])), NOTHING);
    assert_eq!(world.picture().last, Some(crate::world::price("108")));
    // The market is there when it opens.
    assert_eq!(
        world.tell(status(InstrumentStatus::Open)),
        ["Open", "#2 sells 10 at 108 (Touch)"]
    );
}

#[test]
fn a_bar_that_is_a_summary_fills_nothing_and_leaves_the_touch() {
    let mut world = outside(TOUCH);
    world.tell(buy(0, 5).at("95"));
    assert_eq!(world.tell(bar(["100", "110", "90", "104"])), NOTHING);
    let picture = world.picture();
    assert_eq!(picture.last, Some(crate::world::price("104")));
    assert_eq!(picture.quote.unwrap().bid, crate::world::price("98"));
}

#[test]
fn nothing_fills_in_a_halted_closed_or_stale_market() {
    for (fill, reach) in [
        (FillRule::Touch, quote("94", "95")),
        (FillRule::Through, print("94", 100)),
        (FillRule::Queue(CancelModel::Conservative), print("94", 100)),
    ] {
        let mut world = outside(PaperModel { fill, ..TOUCH });
        world.tell(buy(0, 5).at("95"));
        for at in [
            InstrumentStatus::Halted,
            InstrumentStatus::Closed,
            InstrumentStatus::PreOpen,
            InstrumentStatus::PreClose,
        ] {
            world.tell(status(at));
            assert_eq!(world.tell(reach.clone()), NOTHING, "{fill:?} {at:?}");
        }
        world.tell(sized("98", 10, "101", 10));
        world.tell(status(InstrumentStatus::Open));
        // A quote whose sides crossed, a negative size, a price off the grid.
        for bad in [
            quote("99", "98"),
            sized("94", 1, "95", -1),
            quote("94.5", "95"),
        ] {
            assert!(world.tell(bad)[0].starts_with("rejected"));
            assert_eq!(world.tell(print("94", 100)), NOTHING, "{fill:?}");
        }
        assert_eq!(world.working_ids(), [1]);
        world.tell(sized("98", 10, "101", 10));
        assert_eq!(world.tell(reach).len(), 1, "{fill:?}");
    }
}

#[test]
fn depth_that_crosses_itself_is_stale_until_it_is_good_again() {
    let mut world = World::trading(paper(DISPLAYED));
    world.tell(depth(&[("98", 5)], &[("100", 3)]));
    world.tell(buy(0, 5).at("99"));
    assert_eq!(world.tell(delta(&[("101", 1)], &[])), ["rejected BadQuote"]);
    assert_eq!(world.tell(buy(0, 5)), ["denied BadQuote"]);
    // The offer at 100 is gone, so that the bid at 101 is good.
    assert_eq!(world.tell(delta(&[], &[("100", 0), ("102", 4)])), NOTHING);
    assert_eq!(world.tell(buy(0, 1))[1], "#2 buys 1 at 102 (Depth)");
    assert_eq!(world.picture().quote.unwrap().bid_qty, qty("1"));
}
