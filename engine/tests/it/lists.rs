//! Orders that depend on each other: brackets, covers, one cancels the others, one triggers the others.

use types::{NewOrder, OrderList, PaperModel};

use crate::words::{
    Of, Words, amend_price, amend_qty, amend_trigger, bracket, buy, cancel, cancel_all, cover,
    disconnect, oco, oto, quote, sell,
};
use crate::world::{World, crossed, paper, plan};

/// Fills at the touch; 100 bid, 101 asked.
fn outside() -> World {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    world
}

/// A book in which account 1 bids for 20 at 99 (#1) and offers 4 at 100 (#2).
fn inside() -> World {
    let mut world = World::trading(crossed());
    world.tell_all([buy(1, 20).at("99"), sell(1, 4).at("100")]);
    world
}

/// Buys 10 at 100, with a profit at 105 and a stop at 95.
fn long_ten(account: u32) -> OrderList {
    bracket(&[
        buy(account, 10).at("100"),
        sell(account, 10).at("105"),
        sell(account, 10).stop("95"),
    ])
}

#[test]
fn a_bracket_sends_both_exits_once_its_entry_fills_and_one_ends_the_other() {
    for (market, told) in [
        (
            quote("105", "106"),
            [
                "#2 sells 10 at 105 (Touch, maker)",
                "#3 cancelled 0 Sibling",
            ]
            .as_slice(),
        ),
        (
            quote("94", "95"),
            [
                "#3 triggered at 94",
                "#3 sells 10 at 94 (Touch)",
                "#2 cancelled 0 Sibling",
            ]
            .as_slice(),
        ),
    ] {
        let mut world = outside();
        assert_eq!(
            world.tell(long_ten(0)),
            ["#1 accepted", "#2 accepted", "#3 accepted"]
        );
        // Until then they wait for nothing but their entry.
        assert_eq!(world.tell(quote("101", "102")), [""; 0]);
        assert_eq!(
            world.tell(quote("99", "100")),
            [
                "#1 buys 10 at 100 (Touch, maker)",
                "#2 activated 10",
                "#3 activated 10",
            ]
        );
        assert_eq!(world.tell(market), told);
        assert_eq!(world.working_ids(), [0; 0]);
        assert_eq!(world.position(0), "0");
    }
}

#[test]
fn each_part_of_an_entry_sends_as_much_of_both_exits() {
    let mut world = inside();
    assert_eq!(
        world.tell(long_ten(0)),
        [
            "#3 accepted",
            "#4 accepted",
            "#5 accepted",
            "#2 sells 4 at 100",
            "#3 buys 4 at 100 leaves 6",
            "#4 activated 4",
            "#5 activated 4",
        ]
    );
    world.tell(sell(2, 1).at("105"));
    assert_eq!(world.asks(), "105 x 5 [#4 #6]");
    // One of the profit is taken: the stop is one smaller.
    assert_eq!(
        world.tell(buy(3, 1)),
        [
            "#7 accepted",
            "#4 sells 1 at 105 leaves 3",
            "#7 buys 1 at 105",
            "#5 amended 3 from 95",
        ]
    );
    // The rest of the entry: 3 + 6 each. What rests grows at the back of its queue.
    assert_eq!(
        world.tell(sell(2, 6).at("100")),
        [
            "#8 accepted",
            "#3 buys 6 at 100",
            "#8 sells 6 at 100",
            "#4 activated 10",
            "#5 activated 9",
        ]
    );
    assert_eq!(world.asks(), "105 x 10 [#6 #4]");
    // The bids go down to 95.
    world.tell(buy(3, 20).at("95"));
    assert_eq!(
        world.tell(cancel(1, 1)),
        [
            "#1 cancelled 20 Requested",
            "#5 triggered at 95",
            "#9 buys 9 at 95 leaves 11",
            "#5 sells 9 at 95",
            "#4 cancelled 0 Sibling",
        ]
    );
    assert_eq!(world.position(0), "0");
}

#[test]
fn exits_that_are_used_up_wait_for_more_while_the_entry_works() {
    let mut world = inside();
    world.tell(long_ten(0));
    // All 4 that were bought so far are sold again: neither exit has anything left.
    assert_eq!(
        world.tell(buy(3, 4)),
        ["#6 accepted", "#4 sells 4 at 105", "#6 buys 4 at 105"]
    );
    assert_eq!(world.working_ids(), [1, 3, 4, 5]);
    assert_eq!(
        world.tell(sell(2, 1).at("100")),
        [
            "#7 accepted",
            "#3 buys 1 at 100 leaves 5",
            "#7 sells 1 at 100",
            "#4 activated 5",
            "#5 activated 1",
        ]
    );
    // The entry ends while the exits have something to do: they stay.
    assert_eq!(world.tell(cancel(0, 3)), ["#3 cancelled 5 Requested"]);
    assert_eq!(
        world.tell(buy(3, 1)),
        [
            "#8 accepted",
            "#4 sells 1 at 105",
            "#8 buys 1 at 105",
            "#5 cancelled 0 Sibling",
        ]
    );
}

#[test]
fn an_entry_that_ends_without_a_fill_ends_its_exits() {
    let mut world = outside();
    world.tell(long_ten(0));
    assert_eq!(
        world.tell(cancel(0, 1)),
        [
            "#1 cancelled 10 Requested",
            "#2 cancelled 0 ParentEnded",
            "#3 cancelled 0 ParentEnded",
        ]
    );
    world.tell(bracket(&[
        buy(0, 10).at("100").ioc(),
        sell(0, 10).at("105"),
        sell(0, 10).stop("95"),
    ]));
    assert_eq!(world.working_ids(), [0; 0]);
}

#[test]
fn an_exit_that_is_due_at_once_executes_at_once() {
    let mut world = outside();
    let told = world.tell(bracket(&[
        buy(0, 10),
        sell(0, 10).at("110"),
        sell(0, 10).stop("100"),
    ]));
    assert_eq!(
        told[3..],
        [
            "#1 buys 10 at 101 (Touch)",
            "#2 activated 10",
            "#3 activated 10",
            "#3 triggered at 100",
            "#3 sells 10 at 100 (Touch)",
            "#2 cancelled 0 Sibling",
        ]
    );
    // The profit is there before the stop comes to the market at all.
    let told = world.tell(bracket(&[
        buy(0, 10),
        sell(0, 10).at("100"),
        sell(0, 10).stop("90"),
    ]));
    assert_eq!(
        told[3..],
        [
            "#4 buys 10 at 101 (Touch)",
            "#5 activated 10",
            "#5 sells 10 at 100 (Touch)",
            "#6 cancelled 0 Sibling",
        ]
    );
}

#[test]
fn a_trailing_exit_starts_from_where_its_entry_filled() {
    let mut world = outside();
    world.tell(bracket(&[
        buy(0, 10).at("98"),
        sell(0, 10).at("120"),
        sell(0, 10).trail("5"),
    ]));
    world.tell(quote("110", "111"));
    assert_eq!(world.trigger(3), "");
    world.tell(quote("97", "98"));
    assert_eq!(world.trigger(3), "92");
    world.tell(quote("104", "105"));
    assert_eq!(world.trigger(3), "99");
}

#[test]
fn exits_may_move_but_their_size_is_their_entrys() {
    let mut world = outside();
    world.tell(long_ten(0));
    assert_eq!(world.tell(amend_qty(0, 2, 5)), ["#2 change denied BadList"]);
    assert_eq!(
        world.tell(amend_price(0, 2, "107")),
        ["#2 amended 0 at 107"]
    );
    assert_eq!(
        world.tell(amend_trigger(0, 3, "90")),
        ["#3 amended 0 from 90"]
    );
    // The entry's own size is its owner's; the exits get what it fills.
    assert_eq!(world.tell(amend_qty(0, 1, 7)), ["#1 amended 7 at 100"]);
    world.tell(quote("99", "100"));
    assert_eq!(world.tell(amend_qty(0, 3, 5)), ["#3 change denied BadList"]);
    assert_eq!(
        world.tell(quote("107", "108")),
        ["#2 sells 7 at 107 (Touch, maker)", "#3 cancelled 0 Sibling"]
    );
}

#[test]
fn the_stop_of_a_cover_order_is_mandatory_while_there_is_something_to_cover() {
    let mut world = outside();
    world.tell(cover([
        buy(0, 10).at("100"),
        sell(0, 10).stop("95").in_session(),
    ]));
    assert_eq!(world.tell(cancel(0, 2)), ["#2 change denied Mandatory"]);
    world.tell(quote("99", "100"));
    assert_eq!(world.tell(cancel(0, 2)), ["#2 change denied Mandatory"]);
    assert_eq!(world.tell(cancel_all(0)), [""; 0]);
    assert_eq!(world.tell(disconnect(0)), [""; 0]);
    // It may be moved.
    assert_eq!(
        world.tell(amend_trigger(0, 2, "96")),
        ["#2 amended 10 from 96"]
    );
    world.tell(sell(0, 10));
    assert_eq!(world.tell(cancel(0, 2)), ["#2 cancelled 10 Requested"]);
    // With its entry it ends like any exit.
    world.tell(cover([buy(0, 10).at("90"), sell(0, 10).stop("85")]));
    assert_eq!(
        world.tell(cancel_all(0)),
        ["#4 cancelled 10 Requested", "#5 cancelled 0 ParentEnded"]
    );
}

#[test]
fn a_cover_stop_closes_what_was_bought() {
    let mut world = inside();
    world.tell(cover([buy(0, 10).at("100"), sell(0, 10).stop("95")]));
    world.tell(buy(3, 1).at("95"));
    assert_eq!(
        world.tell(cancel(1, 1)),
        ["#1 cancelled 20 Requested"],
        "the entry is the best bid"
    );
    assert_eq!(
        world.tell(cancel(0, 3)),
        [
            "#3 cancelled 6 Requested",
            "#4 triggered at 95",
            "#5 buys 1 at 95",
            "#4 sells 1 at 95 leaves 3",
            "#4 cancelled 3 NotMarketable",
        ]
    );
    assert_eq!(world.position(0), "3");
}

#[test]
fn the_first_execution_of_one_ends_the_others() {
    let mut world = outside();
    world.tell(oco(&[
        buy(0, 5).at("95"),
        buy(0, 5).stop("105"),
        buy(0, 5).touched("90"),
    ]));
    assert_eq!(
        world.tell(quote("104", "105")),
        [
            "#2 triggered at 105",
            "#2 buys 5 at 105 (Touch)",
            "#1 cancelled 5 Sibling",
            "#3 cancelled 5 Sibling",
        ]
    );
}

#[test]
fn of_two_that_one_quote_makes_due_the_older_executes() {
    let mut world = outside();
    world.tell(oco(&[buy(0, 5).at("98"), buy(0, 5).at("99")]));
    assert_eq!(
        world.tell(quote("96", "97")),
        ["#1 buys 5 at 98 (Touch, maker)", "#2 cancelled 5 Sibling"]
    );
}

#[test]
fn one_sweep_through_a_book_cannot_execute_two_of_them() {
    let mut world = inside();
    world.tell(oco(&[sell(0, 5).at("100"), sell(0, 5).at("101")]));
    world.tell(sell(2, 5).at("102"));
    // A part is an execution too.
    assert_eq!(
        world.tell(buy(3, 12).at("102")),
        [
            "#6 accepted",
            "#2 sells 4 at 100",
            "#6 buys 4 at 100 leaves 8",
            "#3 sells 5 at 100",
            "#6 buys 5 at 100 leaves 3",
            "#4 cancelled 5 Sibling",
            "#5 sells 3 at 102 leaves 2",
            "#6 buys 3 at 102",
        ]
    );
    world.tell(oco(&[sell(0, 5).at("100"), sell(0, 5).at("101")]));
    let told = world.tell(buy(3, 1));
    assert_eq!(
        told[1..],
        [
            "#7 sells 1 at 100 leaves 4",
            "#9 buys 1 at 100",
            "#8 cancelled 5 Sibling",
        ]
    );
    assert_eq!(world.asks(), "100 x 4 [#7], 102 x 2 [#5]");
}

#[test]
fn a_leg_that_executes_on_arrival_ends_those_that_have_not_entered() {
    let mut world = outside();
    assert_eq!(
        world.tell(oco(&[buy(0, 5).at("101"), buy(0, 5).at("90")])),
        [
            "#1 accepted",
            "#2 accepted",
            "#1 buys 5 at 101 (Touch)",
            "#2 cancelled 5 Sibling",
        ]
    );
}

#[test]
fn a_cancelled_leg_leaves_the_others() {
    let mut world = outside();
    world.tell(oco(&[buy(0, 5).at("98"), buy(0, 5).at("97")]));
    assert_eq!(world.tell(cancel(0, 1)), ["#1 cancelled 5 Requested"]);
    assert_eq!(
        world.tell(quote("96", "97")),
        ["#2 buys 5 at 97 (Touch, maker)"]
    );
}

#[test]
fn a_parent_sends_its_children_once_it_is_filled_whole() {
    let mut world = inside();
    world.tell(oto(&[
        buy(0, 6).at("100"),
        sell(0, 6).at("110").reduce_only(),
        buy(0, 1).at("98"),
    ]));
    // 4 of 6.
    assert_eq!(world.working_ids(), [1, 3, 4, 5]);
    assert_eq!(world.asks(), "");
    assert_eq!(
        world.tell(sell(2, 2).at("100")),
        [
            "#6 accepted",
            "#3 buys 2 at 100",
            "#6 sells 2 at 100",
            "#4 activated 6",
            "#5 activated 1",
        ]
    );
    assert_eq!(world.asks(), "110 x 6 [#4]");
    assert_eq!(world.bids(), "99 x 20 [#1], 98 x 1 [#5]");
    // They are orders of their own from then on.
    assert_eq!(world.tell(cancel(0, 4)), ["#4 cancelled 6 Requested"]);
}

#[test]
fn a_parent_that_ends_takes_its_children_along() {
    let mut world = inside();
    world.tell(oto(&[
        buy(0, 6).at("100"),
        sell(0, 6).at("110"),
        buy(0, 1).at("98"),
    ]));
    assert_eq!(
        world.tell(cancel(0, 3)),
        [
            "#3 cancelled 2 Requested",
            "#4 cancelled 6 ParentEnded",
            "#5 cancelled 1 ParentEnded",
        ]
    );
    // A child that is cancelled alone is not sent.
    world.tell(oto(&[
        buy(0, 6).at("98"),
        sell(0, 6).at("110"),
        sell(0, 1).at("111"),
    ]));
    world.tell(cancel(0, 7));
    world.tell(cancel(1, 1));
    assert_eq!(world.tell(sell(2, 6)).last().unwrap(), "#8 activated 1");
}

#[test]
fn a_list_is_accepted_whole_or_not_at_all() {
    let mut world = outside();
    let denied = |world: &mut World, list: OrderList, why: &str| {
        assert_eq!(world.tell(list), [format!("denied {why}")]);
        assert_eq!(world.working_ids(), [0; 0]);
    };
    denied(
        &mut world,
        oco(&[buy(0, 5).at("95"), buy(0, 5).at("94.5")]),
        "PriceOffTick 1",
    );
    denied(
        &mut world,
        oco(&[buy(0, 5).at("95").client(7), buy(0, 5).at("94").client(7)]),
        "DuplicateClientOrder",
    );
    // Nothing of what was refused is remembered.
    assert_eq!(world.tell(buy(0, 5).at("95").client(7)), ["#1 accepted"]);
    world.tell(cancel(0, 1));
    denied(
        &mut world,
        oco(&[buy(0, 5).at("95").client(8), buy(0, 5).at("94").client(7)]),
        "DuplicateClientOrder",
    );
}

#[test]
fn a_list_has_the_orders_that_its_kind_asks_for() {
    let mut world = World::limited(
        engine::Limits::default(),
        &[paper(PaperModel::default()), paper(PaperModel::default())],
        &plan("1000000"),
        2,
    );
    world.tell(quote("100", "101"));
    world.tell(quote("100", "101").of(1));
    let limit = buy(0, 5).at("95");
    let (profit, stop) = (sell(0, 5).at("105"), sell(0, 5).stop("90"));
    let with = |list: [NewOrder; 3]| bracket(&list);
    for bad in [
        oco(&[limit]),
        oco(&[limit, buy(0, 5)]),
        oco(&[limit, limit.ioc()]),
        oco(&[limit, limit.fok()]),
        oco(&[limit, limit.at_open()]),
        oco(&[limit, buy(1, 5).at("95")]),
        oco(&[limit, limit.of(1)]),
        oto(&[limit]),
        with([limit, stop, stop]),
        with([limit, profit, profit]),
        with([limit, profit, buy(0, 5).stop("90")]),
        with([limit, buy(0, 5).at("105"), stop]),
        with([limit, sell(0, 4).at("105"), stop]),
        with([limit, profit.ioc(), stop]),
        with([limit.reduce_only(), profit, stop]),
        with([limit, profit, sell(0, 5).touched("110")]),
        cover([limit, profit]),
        crate::words::list(types::ListKind::Cover, &[limit, stop, stop]),
        crate::words::list(types::ListKind::Bracket, &[limit, profit]),
    ] {
        assert_eq!(world.tell(bad.clone()), ["denied BadList"], "{bad:?}");
    }
    assert_eq!(world.tell(oco(&[])), ["rejected BadData"]);
    // An auction is for orders that stand alone.
    for bad in [
        oto(&[limit, limit.at_close()]),
        with([limit.at_open(), profit, stop]),
    ] {
        assert_eq!(
            world.tell(bad.clone()),
            ["denied BadTimeInForce"],
            "{bad:?}"
        );
    }
}

#[test]
fn a_member_that_is_held_waits_for_nobody_else() {
    // An exit that is held fills nothing, whatever the market does.
    let mut world = outside();
    world.tell(long_ten(0));
    assert_eq!(world.tell(quote("120", "121")), [""; 0]);
    assert_eq!(world.tell(quote("101", "102")), [""; 0]);
    // A lock, a split or a cancel of all takes the whole list.
    assert_eq!(
        world.tell(cancel_all(0)),
        [
            "#1 cancelled 10 Requested",
            "#2 cancelled 0 ParentEnded",
            "#3 cancelled 0 ParentEnded",
        ]
    );
}
