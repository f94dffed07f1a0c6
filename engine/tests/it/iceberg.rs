//! Icebergs: what shows, what trades, and where the next tip stands.

use types::NewOrder;

use crate::words::{Words, amend_qty, buy, sell};
use crate::world::{World, crossed, paper, qty};

/// A sell of 10 that shows 3, and one of 5 behind it, both at 100.
fn iceberg() -> World {
    let mut world = World::trading(crossed());
    world.tell_all([sell(0, 10).at("100").show(3), sell(1, 5).at("100")]);
    world
}

#[test]
fn the_next_tip_goes_to_the_back() {
    let mut world = iceberg();
    assert_eq!(world.asks(), "100 x 8 [#1 #2]");
    assert_eq!(
        world.tell(buy(2, 4)),
        [
            "#3 accepted",
            "#1 sells 3 at 100 leaves 7",
            "#3 buys 3 at 100 leaves 1",
            "#2 sells 1 at 100 leaves 4",
            "#3 buys 1 at 100",
        ]
    );
    assert_eq!(world.asks(), "100 x 7 [#2 #1]");
    // A tip that is not used up keeps its place.
    world.tell(buy(2, 5));
    assert_eq!(world.asks(), "100 x 2 [#1]");
    world.tell(sell(3, 1).at("100"));
    assert_eq!(world.asks(), "100 x 3 [#1 #5]");
}

#[test]
fn one_order_goes_through_tip_after_tip_of_everybody() {
    let mut world = iceberg();
    assert_eq!(
        world.tell(buy(2, 14)),
        [
            "#3 accepted",
            "#1 sells 3 at 100 leaves 7",
            "#3 buys 3 at 100 leaves 11",
            "#2 sells 5 at 100",
            "#3 buys 5 at 100 leaves 6",
            "#1 sells 3 at 100 leaves 4",
            "#3 buys 3 at 100 leaves 3",
            "#1 sells 3 at 100 leaves 1",
            "#3 buys 3 at 100",
        ]
    );
    // The last tip is what is left.
    assert_eq!(world.asks(), "100 x 1 [#1]");
}

#[test]
fn an_arriving_iceberg_takes_with_all_of_itself_and_shows_a_part_of_the_rest() {
    let mut world = iceberg();
    assert_eq!(
        world.tell(buy(2, 20).at("100").show(4)),
        [
            "#3 accepted",
            "#1 sells 3 at 100 leaves 7",
            "#3 buys 3 at 100 leaves 17",
            "#2 sells 5 at 100",
            "#3 buys 5 at 100 leaves 12",
            "#1 sells 3 at 100 leaves 4",
            "#3 buys 3 at 100 leaves 9",
            "#1 sells 3 at 100 leaves 1",
            "#3 buys 3 at 100 leaves 6",
            "#1 sells 1 at 100",
            "#3 buys 1 at 100 leaves 5",
        ]
    );
    assert_eq!(world.bids(), "100 x 4 [#3]");
}

#[test]
fn an_amendment_takes_hidden_quantity_first() {
    let mut world = iceberg();
    world.tell(amend_qty(0, 1, 5));
    assert_eq!(world.asks(), "100 x 8 [#1 #2]");
    world.tell(amend_qty(0, 1, 2));
    assert_eq!(world.asks(), "100 x 7 [#1 #2]");
    // More of it is behind the others, and shows no more than its display.
    world.tell(amend_qty(0, 1, 9));
    assert_eq!(world.asks(), "100 x 8 [#2 #1]");
}

#[test]
fn hidden_quantity_is_not_displayed_anywhere_but_fills_a_whole_order() {
    let mut world = iceberg();
    world.tell(buy(3, 1).at("90"));
    let quote = world.picture().quote.unwrap();
    assert_eq!(quote.ask_qty, qty("8"));
    let order = world.working(1).unwrap();
    assert_eq!((order.leaves, order.displayed), (qty("10"), qty("3")));
    assert_eq!(
        world.tell(buy(2, 16).fok()),
        ["#4 accepted", "#4 cancelled 16 NotFillable"]
    );
    assert_eq!(world.tell(buy(2, 15).fok()).len(), 11);
    assert_eq!(world.asks(), "");
}

#[test]
fn only_a_limit_order_in_a_book_hides() {
    let mut world = iceberg();
    let mut denied = |order: NewOrder, why: &str| {
        assert_eq!(world.tell(order), [format!("denied BadDisplay {why}")]);
    };
    denied(buy(2, 5).show(2), "NoLimit");
    denied(buy(2, 5).stop("101").show(2), "NoLimit");
    denied(buy(2, 5).at("99").show(6), "most 5");
    denied(buy(2, 5).at("99").show(-1), "least 1");
    let mut odd = buy(2, 5).at("99");
    odd.display = qty("0.5");
    denied(odd, "lot 1");
    assert_eq!(world.tell(buy(2, 5).at("99").show(5)), ["#3 accepted"]);
    assert_eq!(
        world.tell(buy(2, 5).stop_limit("120", "121").show(2)),
        ["#4 accepted"]
    );

    let mut outside = World::trading(paper(types::PaperModel::default()));
    outside.quote(0, "99", "100");
    assert_eq!(
        outside.tell(buy(0, 5).at("99").show(2)),
        ["denied BadDisplay NoBook"]
    );
}

#[test]
fn a_stop_limit_hides_once_it_rests() {
    let mut world = iceberg();
    world.tell(sell(3, 9).stop_limit("99", "101").show(2));
    world.tell(buy(2, 1).at("99"));
    // The bid is at its trigger; nothing is at its limit.
    assert_eq!(world.asks(), "100 x 8 [#1 #2], 101 x 2 [#3]");
    assert_eq!(world.working(3).unwrap().leaves, qty("9"));
}

#[test]
fn no_order_shows_itself_in_more_parts_than_may_trade_in_one_input() {
    let mut world = World::trading(crossed());
    let one = sell(0, 1_001).at("100").show(1);
    assert_eq!(world.tell(one), ["denied BadDisplay least 2"]);
    let two = sell(0, 2_001).at("100").show(2);
    assert_eq!(world.tell(two), ["denied BadDisplay least 3"]);
    world.tell(sell(0, 1_000).at("100").show(1));
    assert_eq!(
        world.tell(amend_qty(0, 1, 1_001)),
        ["#1 change denied BadDisplay qty most 1000"]
    );
    // Two lines for each part, and the one that accepts.
    assert_eq!(world.tell(buy(1, 1_000)).len(), 2_001);
}
