//! An order meets one of its own account.

use types::SelfTrade;

use crate::words::{Words, buy, sell};
use crate::world::{World, crossed};

/// Account 0 sells 5 at 100 (#1), account 1 sells 5 at 100 behind it (#2).
fn own_order_first() -> World {
    let mut world = World::trading(crossed());
    world.tell_all([sell(0, 5).at("100"), sell(1, 5).at("100")]);
    world
}

#[test]
fn cancel_newest_ends_the_arriving_order() {
    let mut world = own_order_first();
    assert_eq!(
        world.tell(buy(0, 8).at("100")),
        ["#3 accepted", "#3 cancelled 8 SelfTrade"]
    );
    assert_eq!(world.asks(), "100 x 10 [#1 #2]");
}

#[test]
fn cancel_newest_keeps_what_was_filled_before_the_two_met() {
    let mut world = own_order_first();
    world.tell(sell(2, 2).at("99"));
    assert_eq!(
        world.tell(buy(0, 8).at("100")),
        [
            "#4 accepted",
            "#3 sells 2 at 99",
            "#4 buys 2 at 99 leaves 6",
            "#4 cancelled 6 SelfTrade",
        ]
    );
    assert_eq!(world.position(0), "2");
}

#[test]
fn cancel_oldest_ends_the_resting_order_and_goes_on() {
    let mut world = own_order_first();
    assert_eq!(
        world.tell(buy(0, 8).at("100").against_itself(SelfTrade::CancelOldest)),
        [
            "#3 accepted",
            "#1 cancelled 5 SelfTrade",
            "#2 sells 5 at 100",
            "#3 buys 5 at 100 leaves 3",
        ]
    );
    assert_eq!(
        (world.bids(), world.asks()),
        ("100 x 3 [#3]".into(), String::new())
    );
}

#[test]
fn cancel_both_ends_both_the_resting_one_first() {
    let mut world = own_order_first();
    assert_eq!(
        world.tell(buy(0, 8).at("100").against_itself(SelfTrade::CancelBoth)),
        [
            "#3 accepted",
            "#1 cancelled 5 SelfTrade",
            "#3 cancelled 8 SelfTrade",
        ]
    );
    assert_eq!(world.asks(), "100 x 5 [#2]");
}

#[test]
fn decrement_takes_the_lesser_quantity_from_both() {
    let mut world = own_order_first();
    // The larger one arrives: it goes on with 3.
    assert_eq!(
        world.tell(buy(0, 8).at("100").against_itself(SelfTrade::Decrement)),
        [
            "#3 accepted",
            "#1 cancelled 5 SelfTrade",
            "#3 amended 3 at 100",
            "#2 sells 3 at 100 leaves 2",
            "#3 buys 3 at 100",
        ]
    );
    // The smaller one arrives: the resting one is as much smaller and keeps its place.
    let mut world = own_order_first();
    assert_eq!(
        world.tell(buy(0, 2).at("100").against_itself(SelfTrade::Decrement)),
        [
            "#3 accepted",
            "#1 amended 3 at 100",
            "#3 cancelled 2 SelfTrade",
        ]
    );
    assert_eq!(world.asks(), "100 x 8 [#1 #2]");
    // As large as each other: both end.
    assert_eq!(
        world.tell(buy(0, 3).at("100").against_itself(SelfTrade::Decrement)),
        [
            "#4 accepted",
            "#1 cancelled 3 SelfTrade",
            "#4 cancelled 3 SelfTrade",
        ]
    );
}

#[test]
fn decrement_takes_what_an_iceberg_hides_first() {
    let mut world = World::trading(crossed());
    world.tell(sell(0, 10).at("100").show(3));
    assert_eq!(
        world.tell(buy(0, 6).at("100").against_itself(SelfTrade::Decrement)),
        [
            "#2 accepted",
            "#1 amended 4 at 100",
            "#2 cancelled 6 SelfTrade",
        ]
    );
    assert_eq!(world.asks(), "100 x 3 [#1]");
    world.tell(buy(0, 2).at("100").against_itself(SelfTrade::Decrement));
    assert_eq!(world.asks(), "100 x 2 [#1]");
}

#[test]
fn allow_trades_and_moves_nothing() {
    let mut world = own_order_first();
    assert_eq!(
        world.tell(buy(0, 3).at("100").against_itself(SelfTrade::Allow)),
        [
            "#3 accepted",
            "#1 sells 3 at 100 leaves 2",
            "#3 buys 3 at 100",
        ]
    );
    assert_eq!(
        (world.position(0), world.equity(0)),
        ("0".into(), "1000000".into())
    );
}

#[test]
fn it_is_the_arriving_order_that_decides() {
    let mut world = World::trading(crossed());
    world.tell(sell(0, 5).at("100").against_itself(SelfTrade::Allow));
    assert_eq!(
        world.tell(buy(0, 5).at("100")),
        ["#2 accepted", "#2 cancelled 5 SelfTrade"]
    );
}
