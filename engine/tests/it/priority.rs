//! Price-time priority: who trades first, at which price, and what an amendment does to a place.

use types::FillModel;

use crate::words::{Words, amend_price, amend_qty, buy, cancel, sell};
use crate::world::{World, crossed, fills};

/// Sells of 5: #1 of account 0 at 101, #2 of account 1 and #3 of account 0 at 100.
fn offered() -> World {
    let mut world = World::trading(crossed());
    world.tell_all([
        sell(0, 5).at("101"),
        sell(1, 5).at("100"),
        sell(0, 5).at("100"),
    ]);
    world
}

#[test]
fn the_best_price_trades_first_and_then_the_oldest() {
    let mut world = offered();
    assert_eq!(world.asks(), "100 x 10 [#2 #3], 101 x 5 [#1]");
    assert_eq!(
        world.tell(buy(2, 12).at("101")),
        [
            "#4 accepted",
            "#2 sells 5 at 100",
            "#4 buys 5 at 100 leaves 7",
            "#3 sells 5 at 100",
            "#4 buys 5 at 100 leaves 2",
            "#1 sells 2 at 101 leaves 3",
            "#4 buys 2 at 101",
        ]
    );
    assert_eq!(world.asks(), "101 x 3 [#1]");
    assert_eq!(world.position(2), "12");
}

#[test]
fn a_partial_fill_keeps_its_place() {
    let mut world = offered();
    world.tell(buy(2, 2));
    assert_eq!(world.asks(), "100 x 8 [#2 #3], 101 x 5 [#1]");
    assert_eq!(
        world.tell(buy(2, 4)),
        [
            "#5 accepted",
            "#2 sells 3 at 100",
            "#5 buys 3 at 100 leaves 1",
            "#3 sells 1 at 100 leaves 4",
            "#5 buys 1 at 100",
        ]
    );
}

#[test]
fn the_maker_sets_the_price_and_is_called_so() {
    let mut world = offered();
    let traded = fills(&world.hear(buy(2, 3).at("150")));
    let parts: Vec<_> = traded
        .iter()
        .map(|fill| (fill.order.0, fill.price.to_string(), fill.maker, fill.model))
        .collect();
    let expected = [
        (2, "100".to_owned(), true, FillModel::Book),
        (4, "100".to_owned(), false, FillModel::Book),
    ];
    assert_eq!(parts, expected);
}

#[test]
fn what_a_limit_does_not_fill_rests_at_its_price_behind_the_others() {
    let mut world = offered();
    world.tell(buy(3, 1).at("99"));
    assert_eq!(
        world.tell(buy(2, 11).at("100")),
        [
            "#5 accepted",
            "#2 sells 5 at 100",
            "#5 buys 5 at 100 leaves 6",
            "#3 sells 5 at 100",
            "#5 buys 5 at 100 leaves 1",
        ]
    );
    world.tell(buy(3, 7).at("100"));
    assert_eq!(world.bids(), "100 x 8 [#5 #6], 99 x 1 [#4]");
    assert_eq!(world.asks(), "101 x 5 [#1]");
}

#[test]
fn less_at_the_same_price_keeps_the_place() {
    let mut world = offered();
    assert_eq!(world.tell(amend_qty(1, 2, 4)), ["#2 amended 4 at 100"]);
    assert_eq!(world.asks(), "100 x 9 [#2 #3], 101 x 5 [#1]");
    // Neither the same quantity nor the same price is a change.
    assert_eq!(world.tell(amend_qty(1, 2, 4)), ["#2 amended 4 at 100"]);
    assert_eq!(
        world.tell(amend_price(1, 2, "100")),
        ["#2 amended 4 at 100"]
    );
    assert_eq!(world.asks(), "100 x 9 [#2 #3], 101 x 5 [#1]");
}

#[test]
fn more_or_another_price_loses_the_place() {
    let mut world = offered();
    assert_eq!(world.tell(amend_qty(1, 2, 6)), ["#2 amended 6 at 100"]);
    assert_eq!(world.asks(), "100 x 11 [#3 #2], 101 x 5 [#1]");
    assert_eq!(
        world.tell(amend_price(0, 3, "101")),
        ["#3 amended 5 at 101"]
    );
    assert_eq!(world.asks(), "100 x 6 [#2], 101 x 10 [#1 #3]");
    // There and back again.
    world.tell(amend_price(0, 1, "102"));
    world.tell(amend_price(0, 1, "101"));
    assert_eq!(world.asks(), "100 x 6 [#2], 101 x 10 [#3 #1]");
}

#[test]
fn an_amendment_into_the_market_trades() {
    let mut world = offered();
    world.tell(buy(2, 6).at("98"));
    assert_eq!(
        world.tell(amend_price(2, 4, "100")),
        [
            "#4 amended 6 at 100",
            "#2 sells 5 at 100",
            "#4 buys 5 at 100 leaves 1",
            "#3 sells 1 at 100 leaves 4",
            "#4 buys 1 at 100",
        ]
    );
    assert_eq!(
        (world.bids(), world.position(2)),
        (String::new(), "6".to_owned())
    );
}

#[test]
fn an_amended_quantity_counts_what_is_filled_already() {
    let mut world = offered();
    world.tell(buy(2, 4));
    // 4 of #2 are filled; 4 in all is no order any more, 5 in all is the 1 that is left.
    assert_eq!(
        world.tell(amend_qty(1, 2, 4)),
        ["#2 change denied QtyFilled 4"]
    );
    assert_eq!(world.tell(amend_qty(1, 2, 5)), ["#2 amended 5 at 100"]);
    assert_eq!(world.asks(), "100 x 6 [#2 #3], 101 x 5 [#1]");
    assert_eq!(world.tell(amend_qty(1, 2, 9)), ["#2 amended 9 at 100"]);
    assert_eq!(world.asks(), "100 x 10 [#3 #2], 101 x 5 [#1]");
}

#[test]
fn a_cancelled_order_leaves_the_queue_in_order() {
    let mut world = offered();
    world.tell_all([sell(2, 1).at("100"), sell(3, 2).at("100")]);
    assert_eq!(world.tell(cancel(0, 3)), ["#3 cancelled 5 Requested"]);
    assert_eq!(world.asks(), "100 x 8 [#2 #4 #5], 101 x 5 [#1]");
    assert_eq!(world.tell(cancel(0, 3)), ["#3 change denied UnknownOrder"]);
    // Nobody cancels the order of somebody else.
    assert_eq!(world.tell(cancel(0, 2)), ["#2 change denied UnknownOrder"]);
}

#[test]
fn the_touch_is_the_best_of_the_book_and_keeps_a_price_where_a_side_is_empty() {
    let mut world = World::trading(crossed());
    let touch = |world: &World| {
        let quote = world.picture().quote?;
        let side = |price, shown| format!("{price} x {shown}");
        Some((
            side(quote.bid, quote.bid_qty),
            side(quote.ask, quote.ask_qty),
        ))
    };
    let at = |bid: &str, ask: &str| Some((bid.to_owned(), ask.to_owned()));
    world.tell(sell(0, 5).at("101"));
    // Nobody has said anything of the other side yet.
    assert_eq!(touch(&world), None);
    world.tell(buy(1, 2).at("99"));
    assert_eq!(touch(&world), at("99 x 2", "101 x 5"));
    world.tell(cancel(1, 2));
    assert_eq!(touch(&world), at("99 x 0", "101 x 5"));
    world.tell(buy(1, 5));
    assert_eq!(touch(&world), at("99 x 0", "101 x 0"));
    // A bid above where the asks were: the ask is not below it.
    world.tell(buy(1, 1).at("105"));
    assert_eq!(touch(&world), at("105 x 1", "105 x 0"));
}

#[test]
fn the_touch_is_told_once_after_an_order_has_matched() {
    let mut world = World::trading(crossed());
    world.tell_all([
        sell(1, 1).at("15"),
        buy(2, 1),
        buy(3, 1).at("5"),
        sell(1, 2).at("12"),
    ]);
    // Account 2 may sell what it holds, and holds it no more when somebody comes to buy.
    world.tell_all([
        sell(2, 1).at("14").reduce_only(),
        buy(4, 1).at("6"),
        sell(2, 1).at("6"),
    ]);
    assert_eq!(
        world.tell(buy(0, 3)),
        [
            "#8 accepted",
            "#4 sells 2 at 12",
            "#8 buys 2 at 12 leaves 1",
            "#5 cancelled 1 NotReducing",
            "#8 cancelled 1 NotMarketable",
        ]
    );
    // The ask that was there before is the one that is kept, not one that was seen on the way.
    let quote = world.picture().quote.unwrap();
    assert_eq!(
        (quote.ask.to_string(), quote.ask_qty.to_string()),
        ("12".into(), "0".into())
    );
}
