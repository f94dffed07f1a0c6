//! Fills along the path of a bar: stops before targets, the nearer extreme first.

use types::{BarPath, InstrumentStatus, PaperModel, Qty, Slippage};

use crate::paper::{NOTHING, TOUCH, outside};
use crate::words::{Words, bar, bracket, buy, oco, oto, sell, status};
use crate::world::{World, paper};

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

/// The newest bar closed at 100, and nobody holds anything.
fn flat() -> World {
    let mut world = World::trading(paper(WALKED));
    world.tell(bar(["100", "100", "100", "100"]));
    world
}

#[test]
fn the_stop_of_an_entry_that_fires_inside_a_bar_comes_before_its_target() {
    // In at 103, out at 101: 2 lost. The high of 110 is beyond the target, the low beyond the stop. In the second
    // bar the low is nearer to the open, in the third only the target is inside: 3 won.
    for (prices, out) in [
        (["102", "110", "90", "109"], "#3 sells 1 at 101 (Bar)"),
        (["102", "107", "100", "105"], "#3 sells 1 at 101 (Bar)"),
        (
            ["102", "107", "102", "105"],
            "#2 sells 1 at 106 (Bar, maker)",
        ),
    ] {
        let mut world = flat();
        world.tell(bracket(&[
            buy(0, 1).stop("103"),
            sell(0, 1).at("106"),
            sell(0, 1).stop("101"),
        ]));
        let told = world.tell(bar(prices));
        let fills: Vec<_> = told.iter().filter(|line| line.contains("(Bar")).collect();
        assert_eq!(fills, ["#1 buys 1 at 103 (Bar)", out], "{told:?}");
    }
}

#[test]
fn an_order_if_touched_fills_where_a_leg_passes_its_trigger() {
    // The extremes of 150 and 80 are beyond; an open of 107 is past the trigger already, and the bar was never at 105.
    for (order, prices, told) in [
        (
            sell(0, 1).touched("105"),
            ["100", "150", "99", "110"],
            ["#1 triggered at 105", "#1 sells 1 at 105 (Bar)"],
        ),
        (
            buy(0, 1).touched("95"),
            ["100", "101", "80", "90"],
            ["#1 triggered at 95", "#1 buys 1 at 95 (Bar)"],
        ),
        (
            sell(0, 1).touched("105"),
            ["107", "110", "106", "108"],
            ["#1 triggered at 107", "#1 sells 1 at 107 (Bar)"],
        ),
    ] {
        let mut world = flat();
        world.tell(order);
        assert_eq!(world.tell(bar(prices)), told);
    }
}

#[test]
fn what_an_entry_sends_on_a_leg_fills_where_the_leg_passes_it() {
    // In at 98 on the way down. A stop at 96 or 95 is passed after that: it fills there, and not at the low. A low
    // of 97, which is nearer than the high, does not reach it, and the high reaches the target.
    for (stop, prices, out) in [
        ("96", ["100", "105", "60", "103"], "#3 sells 1 at 96 (Bar)"),
        ("95", ["100", "105", "94", "103"], "#3 sells 1 at 95 (Bar)"),
        (
            "96",
            ["100", "105", "97", "103"],
            "#2 sells 1 at 104 (Bar, maker)",
        ),
    ] {
        let mut world = flat();
        world.tell(bracket(&[
            buy(0, 1).at("98"),
            sell(0, 1).at("104"),
            sell(0, 1).stop(stop),
        ]));
        let told = world.tell(bar(prices));
        let fills: Vec<_> = told.iter().filter(|line| line.contains("(Bar")).collect();
        assert_eq!(fills, ["#1 buys 1 at 98 (Bar, maker)", out], "{told:?}");
    }
    // A market order fills where its parent has, a stop that this is beyond too, a limit where the leg comes to it; a
    // trail of 3 begins there.
    for (child, out) in [
        (sell(0, 1).stop("96"), "#2 sells 1 at 96 (Bar)"),
        (sell(0, 1), "#2 sells 1 at 98 (Bar)"),
        (sell(0, 1).stop("99"), "#2 sells 1 at 98 (Bar)"),
        (buy(0, 1).at("97"), "#2 buys 1 at 97 (Bar, maker)"),
        (buy(0, 1).touched("97"), "#2 buys 1 at 97 (Bar)"),
        (sell(0, 1).trail("3"), "#2 sells 1 at 95 (Bar)"),
    ] {
        let mut world = flat();
        world.tell(oto(&[buy(0, 1).at("98"), child]));
        let told = world.tell(bar(["100", "105", "90", "103"]));
        let fills: Vec<_> = told.iter().filter(|line| line.contains("(Bar")).collect();
        assert_eq!(fills, ["#1 buys 1 at 98 (Bar, maker)", out], "{told:?}");
    }
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
            // From 97 the path comes back to its open of 100 by way of 99.
            "#3 sells 5 at 99 (Bar, maker)",
        ]
    );
    // Not by way of 103; from there it goes up to 104.
    let mut world = charted();
    world.tell(sell(0, 5).stop_limit("97", "103"));
    assert_eq!(
        world.tell(bar(["100", "102", "95", "98"])),
        ["#2 triggered at 97"]
    );
    assert_eq!(
        world.tell(bar(["98", "104", "97", "98"])),
        ["#2 sells 5 at 103 (Bar, maker)"]
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
    for (prices, reason) in [
        (["100", "99", "98", "98"], "BadQuote 100 beyond 99"),
        (["100", "101", "100.5", "100"], "OffGrid price 100.5 of 1"),
        (["100", "101", "101", "100"], "BadQuote 100 beyond 101"),
        (["100", "101", "99", "102"], "BadQuote 102 beyond 101"),
    ] {
        let told = world.tell(bar(prices));
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
