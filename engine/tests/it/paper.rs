//! Fills against the outside market: what it must show or print, how much of it there is, what it costs
//! to take, and how long it takes to get there.

use types::{
    BarPath, CancelModel, FillRule, InstrumentStatus, Latency, PaperModel, Ratio, Sizes, Slippage,
};

use crate::words::{Words, bar, buy, delta, depth, print, quote, sell, sized, status};
use crate::world::{World, fills, paper, qty};

pub(crate) const TOUCH: PaperModel = PaperModel {
    fill: FillRule::Touch,
    sizes: Sizes::Unlimited,
    slippage: Slippage::None,
    latency: Latency::None,
    bars: BarPath::Ignored,
};
pub(crate) const THROUGH: PaperModel = PaperModel {
    fill: FillRule::Through,
    ..TOUCH
};
pub(crate) const QUEUE: PaperModel = PaperModel {
    fill: FillRule::Queue(CancelModel::Conservative),
    ..TOUCH
};
pub(crate) const DISPLAYED: PaperModel = PaperModel {
    sizes: Sizes::Displayed,
    ..TOUCH
};
pub(crate) const NOTHING: [&str; 0] = [];

/// 98 bid for 10, 101 asked for 10.
pub(crate) fn outside(model: PaperModel) -> World {
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
    // The best level shows one less, which gives nothing, and then two more, which is what they are.
    world.tell(delta(&[], &[("100", 2)]));
    world.tell(delta(&[], &[("100", 4)]));
    assert_eq!(
        world.tell(buy(0, 3)),
        [
            "#4 accepted",
            "#4 buys 2 at 100 leaves 1 (Depth)",
            "#4 buys 1 at 102 (Depth)",
        ]
    );
    // A snapshot gives as little back, but for a level that was gone and is there again, and what 102 has more: 2 of 5
    // are left of it, and 4 come to them.
    world.tell(delta(&[], &[("101", 0)]));
    world.tell(depth(&[("98", 5)], &[("100", 4), ("101", 4), ("102", 9)]));
    assert_eq!(
        world.tell(buy(0, 11)),
        [
            "#5 accepted",
            "#5 buys 4 at 101 leaves 7 (Depth)",
            "#5 buys 6 at 102 leaves 1 (Depth)",
            "#5 cancelled 1 NotMarketable",
        ]
    );
    world.agrees();
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
    // The same quote again, or one of which the other side moves, shows nothing new.
    world.tell(sized("98", 10, "101", 10));
    world.tell(sized("97", 5, "101", 10));
    assert_eq!(
        world.tell(buy(0, 1)),
        ["#3 accepted", "#3 cancelled 1 NotMarketable"]
    );
    // 3 more are 3; 8 of 13 are as many as were taken.
    world.tell(sized("97", 5, "101", 13));
    assert_eq!(
        world.tell(buy(0, 4)),
        [
            "#4 accepted",
            "#4 buys 3 at 101 leaves 1 (Depth)",
            "#4 cancelled 1 NotMarketable",
        ]
    );
    world.tell(sized("97", 5, "101", 8));
    world.tell(sized("97", 5, "101", 9));
    assert_eq!(
        world.tell(buy(0, 2)),
        [
            "#5 accepted",
            "#5 buys 1 at 101 leaves 1 (Depth)",
            "#5 cancelled 1 NotMarketable",
        ]
    );
    // A price that was gone is another one when it comes back.
    world.tell(sized("97", 5, "102", 9));
    world.tell(sized("97", 5, "101", 9));
    assert_eq!(world.tell(buy(0, 9)).len(), 2);
    world.agrees();
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
    // 2 more at 98: they come to an order that rests at 99.
    assert_eq!(
        world.tell(delta(&[], &[("98", 4)])),
        ["#1 buys 2 at 99 leaves 3 (Touch, maker)"]
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
    // All 3 that it showed are taken: 1 of them is nothing new, and 2 are 1 more, which comes to an order at 101.
    assert_eq!(world.tell(delta(&[], &[("100", 1)])), NOTHING);
    assert_eq!(
        world.tell(delta(&[], &[("100", 2)])),
        ["#1 buys 1 at 101 leaves 2 (Touch, maker)"]
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
    let good = world.shard.seq().0 - 1;
    assert_eq!(
        world.tell(delta(&[("101", 1)], &[])),
        ["rejected BadQuote 101 over 100"]
    );
    assert_eq!(
        world.tell(buy(0, 5)),
        [format!("denied BadQuote stale since {good}")]
    );
    // The offer at 100 is gone, so that the bid at 101 is good.
    assert_eq!(world.tell(delta(&[], &[("100", 0), ("102", 4)])), NOTHING);
    assert_eq!(world.tell(buy(0, 1))[1], "#2 buys 1 at 102 (Depth)");
    assert_eq!(world.picture().quote.unwrap().bid_qty, qty("1"));
}

#[test]
fn a_print_of_nothing_goes_through_a_price_as_well() {
    let mut world = outside(THROUGH);
    world.tell(buy(0, 5).at("99"));
    assert_eq!(
        world.tell(print("98", 0)),
        ["#1 buys 5 at 99 (Through, maker)"]
    );
    // With sizes there is nothing in it, but for an order that has nothing to reduce.
    let mut world = outside(PaperModel {
        sizes: Sizes::Displayed,
        ..THROUGH
    });
    world.tell_all([sell(0, 5), buy(0, 5).at("99").reduce_only(), buy(0, 5)]);
    world.tell(buy(1, 5).at("99"));
    assert_eq!(world.position(0), "0");
    assert_eq!(world.tell(print("98", 0)), ["#2 cancelled 5 NotReducing"]);
}

/// 10 at 101 take the one that is asked for 100; the other 9 rest. 50 that are asked for 60 later come to them as to an
/// order that took nothing: at 101, and not at 60.
#[test]
fn what_is_left_of_an_order_that_took_is_filled_at_its_own_price() {
    let mut world = outside(DISPLAYED);
    world.tell(sized("99", 5, "100", 1));
    assert_eq!(
        world.tell(buy(0, 10).at("101"))[1..],
        ["#1 buys 1 at 100 leaves 9 (Depth)"]
    );
    assert_eq!(
        world.tell(sized("59", 5, "60", 50)),
        ["#1 buys 9 at 101 (Touch, maker)"]
    );
    world.agrees();
}

/// 50 to sell at 103 get the 20 that are bid there, and of 50 that are bid there next the other 30: they were at rest
/// all along. Of a bid that is better they get their own price.
#[test]
fn what_displayed_size_left_of_a_resting_order_is_filled_as_maker() {
    for bid in ["103", "105"] {
        let mut world = outside(DISPLAYED);
        world.tell(sell(0, 50).at("103"));
        assert_eq!(
            world.tell(sized("103", 20, "106", 1)),
            ["#1 sells 20 at 103 leaves 30 (Touch, maker)"]
        );
        // Stated again it gives nothing more.
        assert_eq!(world.tell(sized("103", 20, "107", 1)), NOTHING);
        assert_eq!(
            world.tell(sized(bid, 50, "108", 1)),
            ["#1 sells 30 at 103 (Touch, maker)"]
        );
        world.agrees();
    }
}

/// What a halted market came to, and what a side that displays nothing came to, takes what is there as soon as it is.
#[test]
fn what_a_market_that_gives_nothing_reached_takes_what_is_there() {
    let mut world = outside(DISPLAYED);
    world.tell(buy(0, 5).at("99"));
    world.tell(status(InstrumentStatus::Halted));
    world.tell(sized("89", 5, "90", 3));
    assert_eq!(
        world.tell(status(InstrumentStatus::Open))[1..],
        ["#1 buys 3 at 90 leaves 2 (Touch)"]
    );
    // By now it could fill, so that what comes later comes to what is left.
    assert_eq!(
        world.tell(sized("79", 5, "80", 9)),
        ["#1 buys 2 at 99 (Touch, maker)"]
    );
    world.tell(buy(0, 5).at("70"));
    assert_eq!(world.tell(sized("60", 5, "70", 0)), NOTHING);
    assert_eq!(
        world.tell(sized("60", 5, "69", 9)),
        ["#2 buys 5 at 69 (Touch)"]
    );
    world.agrees();
}

/// A bar has no sizes of its own; that opens at 60 for what was left, it comes to it as a quote does.
#[test]
fn what_displayed_size_left_is_filled_at_its_own_price_by_a_bar() {
    let mut world = outside(PaperModel {
        bars: BarPath::Walked,
        ..DISPLAYED
    });
    world.tell(sized("99", 5, "100", 1));
    world.tell(buy(0, 10).at("101"));
    assert_eq!(
        world.tell(bar(["60", "70", "50", "60"])),
        ["#1 buys 9 at 101 (Bar, maker)"]
    );
    world.agrees();
}

/// A depth that shows one side is no touch yet. A quote then states what its best prices show: 50 are asked for 101, and
/// what the depth shows behind them counts as well.
#[test]
fn a_quote_at_the_best_price_of_a_depth_states_its_size() {
    let mut world = World::trading(paper(DISPLAYED));
    world.tell(depth(&[], &[("101", 5), ("102", 9)]));
    world.tell(sized("99", 7, "101", 50));
    assert_eq!(
        world.tell(buy(0, 60))[1..],
        [
            "#1 buys 50 at 101 leaves 10 (Depth)",
            "#1 buys 9 at 102 leaves 1 (Depth)",
            "#1 cancelled 1 NotMarketable",
        ]
    );
    // Less is shown, of which all was taken.
    world.tell(sized("99", 7, "101", 40));
    assert_eq!(world.tell(buy(0, 1))[1..], ["#2 cancelled 1 NotMarketable"]);
    // Nothing is no level, whatever the depth showed there.
    world.tell(sized("99", 7, "101", 0));
    assert_eq!(world.tell(buy(1, 1))[1..], ["#3 cancelled 1 NotMarketable"]);
    world.agrees();
}

/// So is what stands before an order in the queue of that price: the 50 of the quote, and not the 5 of the depth.
#[test]
fn an_order_joins_the_queue_that_the_newest_quote_shows() {
    let mut world = World::trading(paper(QUEUE));
    world.tell(depth(&[], &[("101", 5), ("102", 9)]));
    world.tell(sized("99", 7, "101", 50));
    world.tell(sell(0, 3).at("101"));
    assert_eq!(world.tell(print("101", 50)), NOTHING);
    assert_eq!(
        world.tell(print("101", 2)),
        ["#1 sells 2 at 101 leaves 1 (Queue, maker)"]
    );
    // Behind it the depth is what is known.
    world.tell(sell(0, 3).at("102"));
    world.agrees();
}
