//! Orders that may only make a position smaller.

use types::{PaperModel, Qty};

use crate::words::{Words, buy, quote, sell};
use crate::world::{World, crossed, paper};

/// Account 0 is long 5, bought at 101; 100 bid, 101 asked.
fn outside() -> World {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    world.tell(buy(0, 5));
    world
}

/// Account 0 is long 5, bought from account 1 at 100.
fn inside() -> World {
    let mut world = World::trading(crossed());
    world.tell_all([sell(1, 5).at("100"), buy(0, 5)]);
    world
}

#[test]
fn it_closes_what_there_is_and_the_rest_of_it_ends() {
    let mut world = outside();
    assert_eq!(
        world.tell(sell(0, 8).reduce_only()),
        [
            "#2 accepted",
            "#2 sells 5 at 100 leaves 3 (Touch)",
            "#2 cancelled 3 NotReducing",
        ]
    );
    assert_eq!(world.position(0), "0");
    assert_eq!(world.balance(0), "999995");
}

#[test]
fn it_is_refused_where_it_would_not_reduce() {
    let mut world = outside();
    assert_eq!(
        world.tell(buy(0, 1).reduce_only()),
        ["denied NotReducing 5"]
    );
    assert_eq!(
        world.tell(sell(1, 1).reduce_only()),
        ["denied NotReducing 0"]
    );
    world.tell(sell(1, 4));
    assert_eq!(
        world.tell(sell(1, 1).reduce_only()),
        ["denied NotReducing -4"]
    );
    assert_eq!(
        world.tell(buy(1, 9).reduce_only())[1..],
        [
            "#3 buys 4 at 101 leaves 5 (Touch)",
            "#3 cancelled 5 NotReducing"
        ]
    );
}

#[test]
fn a_resting_one_fills_no_more_than_is_left_to_reduce() {
    let mut world = outside();
    world.tell(sell(0, 5).at("105").reduce_only());
    world.tell(sell(0, 3));
    assert_eq!(
        world.tell(quote("105", "106")),
        ["#2 sells 2 at 105 leaves 3 (Touch, maker)"]
    );
    // Nothing is left; it learns that when the market comes again.
    assert_eq!(world.working_ids(), [2]);
    assert_eq!(
        world.tell(quote("106", "107")),
        ["#2 cancelled 3 NotReducing"]
    );
}

#[test]
fn a_stop_that_reduces_may_wait_for_a_position_that_goes() {
    let mut world = outside();
    world.tell(sell(0, 5).stop("95").reduce_only());
    world.tell(sell(0, 5));
    assert_eq!(
        world.tell(quote("94", "95")),
        ["#2 triggered at 94", "#2 cancelled 5 NotReducing"]
    );
    assert_eq!(world.position(0), "0");
}

#[test]
fn in_a_book_the_maker_is_asked_when_it_is_met() {
    let mut world = inside();
    world.tell_all([sell(0, 8).at("110").reduce_only(), sell(2, 4).at("110")]);
    // 5 of it reduce; then it is met again with nothing left to reduce, and the next one trades.
    assert_eq!(
        world.tell(buy(3, 7)),
        [
            "#5 accepted",
            "#3 sells 5 at 110 leaves 3",
            "#5 buys 5 at 110 leaves 2",
            "#3 cancelled 3 NotReducing",
            "#4 sells 2 at 110 leaves 2",
            "#5 buys 2 at 110",
        ]
    );
    assert_eq!(world.position(0), "0");
}

#[test]
fn in_a_book_the_taker_is_clamped_as_well() {
    let mut world = inside();
    world.tell(buy(2, 9).at("99"));
    assert_eq!(
        world.tell(sell(0, 8).at("98").reduce_only()),
        [
            "#4 accepted",
            "#3 buys 5 at 99 leaves 4",
            "#4 sells 5 at 99 leaves 3",
            "#4 cancelled 3 NotReducing",
        ]
    );
    assert_eq!(world.bids(), "99 x 4 [#3]");
}

#[test]
fn it_does_not_count_as_a_working_order_that_may_open() {
    let mut world = outside();
    world.tell_all([
        sell(0, 5).at("105").reduce_only(),
        sell(0, 2).at("106"),
        buy(0, 7).at("90"),
    ]);
    let held = world.holding(0, 0, types::Leg::Net);
    assert_eq!((held.buys, held.sells), (Qty::whole(7), Qty::whole(2)));
}
