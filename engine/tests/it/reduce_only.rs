//! Orders that may only make a position smaller.

use types::{PaperModel, Qty, Sizes};

use crate::words::{Words, bracket, buy, cancel, quote, sell, sized};
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
    // Nothing is left to reduce, so that what it is opened with later is not closed by the other 3.
    assert_eq!(
        world.tell(quote("105", "106")),
        [
            "#2 sells 2 at 105 leaves 3 (Touch, maker)",
            "#2 cancelled 3 NotReducing",
        ]
    );
    assert_eq!(world.working_ids(), [0_u64; 0]);
}

/// 3 long, and 5 to sell at 106: a bid of 107 closes the 3 at 106, 106 - 101 = 5 for each. Of the 2 that are bought
/// later it sells nothing.
#[test]
fn what_is_left_of_a_resting_one_closes_no_later_position() {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    world.tell_all([buy(0, 3), sell(0, 5).at("106").reduce_only()]);
    assert_eq!(
        world.tell(quote("107", "108")),
        [
            "#2 sells 3 at 106 leaves 2 (Touch, maker)",
            "#2 cancelled 2 NotReducing",
        ]
    );
    assert_eq!(world.balance(0), "1000015");
    world.tell(quote("100", "101"));
    world.tell(buy(0, 2));
    assert_eq!(world.tell(quote("107", "108")), [""; 0]);
    assert_eq!(world.position(0), "2");
    world.agrees();
}

/// A bracket's target of 5 that another sale of 3 left 2 to close waits for what its entry still opens; once the entry is
/// over, one that closed what there was ends.
#[test]
fn a_target_waits_for_more_only_while_its_entry_works() {
    for is_over in [false, true] {
        let mut world = World::trading(paper(PaperModel {
            sizes: Sizes::Displayed,
            ..PaperModel::default()
        }));
        world.tell(sized("98", 9, "100", 5));
        world.tell(bracket(&[
            buy(0, 9).at("100"),
            sell(0, 9).at("110"),
            sell(0, 9).stop("90"),
        ]));
        world.tell(sell(0, 3));
        if is_over {
            world.tell(cancel(0, 1));
        }
        let mut told = vec!["#2 sells 2 at 110 leaves 3 (Touch, maker)"];
        told.push("#3 amended 3 from 90");
        if is_over {
            told.push("#2 cancelled 3 NotReducing");
        }
        assert_eq!(world.tell(sized("110", 9, "111", 9)), told, "{is_over}");
        world.agrees();
    }
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
