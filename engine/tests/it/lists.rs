//! Orders that depend on each other: one cancels the others, one triggers the others; and what is a list.

use types::{NewOrder, OrderList, PaperModel};

use crate::words::{
    Of, Words, amend_price, amend_qty, bracket, buy, cancel, cover, oco, oto, quote, sell,
};
use crate::world::{World, crossed, paper, plan};

/// Fills at the touch; 100 bid, 101 asked.
pub(crate) fn outside() -> World {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    world
}

/// A book in which account 1 bids for 20 at 99 (#1) and offers 4 at 100 (#2).
pub(crate) fn inside() -> World {
    let mut world = World::trading(crossed());
    world.tell_all([buy(1, 20).at("99"), sell(1, 4).at("100")]);
    world
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

/// A book of three levels a side: 1 bid at 90 (#1), 1 offered at 99 (#2), 4 at 100 (#3), and 1 bid at 89 (#4). When account 0
/// bids at 91, too, a bid elsewhere finds no room.
fn crowded() -> World {
    let limits = engine::Limits {
        book_levels_max: 3,
        ..engine::Limits::default()
    };
    let mut world = World::limited(limits, &[crossed()], &plan("1000000"), 3);
    world.tell_all([
        buy(0, 1).at("90"),
        sell(2, 1).at("99"),
        sell(2, 4).at("100"),
        buy(0, 1).at("89"),
    ]);
    world
}

/// 4 of 10 are filled and the rest has no room: of 10, 5 and 2 that wait 4, 2 and none are sent.
#[test]
fn a_parent_without_room_sends_its_children_for_what_it_filled() {
    let mut world = crowded();
    world.tell(oto(&[
        buy(1, 10).stop_limit("100", "100"),
        sell(1, 10).at("110").reduce_only(),
        sell(1, 5).stop("85"),
        sell(1, 2).stop("84"),
    ]));
    world.tell(buy(0, 1).at("91"));
    let told = world.tell(buy(0, 1).at("99").ioc());
    assert_eq!(
        told[3..],
        [
            "#5 triggered at 100",
            "#3 sells 4 at 100",
            "#5 buys 4 at 100 leaves 6",
            "#5 cancelled 6 NoRoom book_levels_max 3",
            "#8 cancelled 2 ParentEnded",
            "#6 activated 4",
            "#7 activated 2",
        ]
    );
    assert_eq!(world.asks(), "110 x 4 [#6]");
    assert_eq!(world.working_ids(), [1, 4, 6, 7, 9]);
    world.agrees();
}

#[test]
fn a_parent_without_room_and_without_a_fill_takes_its_children_along() {
    let mut world = crowded();
    world.tell(oto(&[
        buy(1, 10).stop_limit("100", "98"),
        sell(1, 10).at("110"),
        sell(1, 5).stop("85"),
    ]));
    world.tell(buy(0, 1).at("91"));
    let told = world.tell(buy(0, 1).at("99").ioc());
    assert_eq!(
        told[3..],
        [
            "#5 triggered at 100",
            "#5 cancelled 10 NoRoom book_levels_max 3",
            "#6 cancelled 10 ParentEnded",
            "#7 cancelled 5 ParentEnded",
        ]
    );
    assert_eq!(world.working_ids(), [1, 3, 4, 8]);
    world.agrees();
}

/// 5 of 15 are there: a third of 7 is 2.
#[test]
fn a_parent_that_takes_all_there_is_sends_its_children_for_that() {
    let mut world = crowded();
    let told = world.tell(oto(&[buy(1, 15), sell(1, 7).at("110"), buy(1, 2).at("80")]));
    assert_eq!(
        told[3..],
        [
            "#2 sells 1 at 99",
            "#5 buys 1 at 99 leaves 14",
            "#3 sells 4 at 100",
            "#5 buys 4 at 100 leaves 10",
            "#5 cancelled 10 NotMarketable",
            "#7 cancelled 2 ParentEnded",
            "#6 activated 2",
        ]
    );
    assert_eq!(world.asks(), "110 x 2 [#6]");
    world.agrees();
}

/// Sent for 10, made 4: its child of 5 is for 4 tenths of it, 2; and one of 2 for 0.8 of a lot, so none.
#[test]
fn a_parent_that_was_made_smaller_sends_its_children_for_what_it_fills() {
    let mut world = outside();
    world.tell(oto(&[
        buy(0, 10).at("90"),
        sell(0, 5).at("110"),
        sell(0, 2).at("120"),
    ]));
    assert_eq!(world.tell(amend_qty(0, 1, 4)), ["#1 amended 4 at 90"]);
    assert_eq!(
        world.tell(quote("89", "90")),
        [
            "#1 buys 4 at 90 (Touch, maker)",
            "#3 cancelled 2 ParentEnded",
            "#2 activated 2",
        ]
    );
    assert_eq!(world.working_ids(), [2]);
    // One that was made larger sends what was asked for, and not more.
    world.tell(quote("100", "101"));
    world.tell(oto(&[buy(0, 2).at("90"), sell(0, 2).at("110")]));
    world.tell(amend_qty(0, 4, 6));
    assert_eq!(
        world.tell(quote("89", "90")),
        ["#4 buys 6 at 90 (Touch, maker)", "#5 activated 2"]
    );
    world.agrees();
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
        let told = world.tell(bad.clone());
        assert!(told[0].starts_with("denied BadList "), "{bad:?} {told:?}");
    }
    assert_eq!(world.tell(oco(&[])), ["rejected BadData NoOrders"]);
    // An auction is for orders that stand alone.
    for bad in [
        oto(&[limit, limit.at_close()]),
        with([limit.at_open(), profit, stop]),
    ] {
        assert_eq!(
            world.tell(bad.clone()),
            ["denied BadTimeInForce List"],
            "{bad:?}"
        );
    }
}

#[test]
fn legs_that_trade_with_each_other_are_both_executed() {
    let mut world = World::trading(crossed());
    let allowed = |order: NewOrder| order.against_itself(types::SelfTrade::Allow);
    assert_eq!(
        world.tell(oco(&[
            allowed(buy(0, 7).at("100")),
            allowed(sell(0, 2).at("100")),
        ])),
        [
            "#1 accepted",
            "#2 accepted",
            "#1 buys 2 at 100 leaves 5",
            "#2 sells 2 at 100",
            "#1 cancelled 5 Sibling",
        ]
    );
}

#[test]
fn a_child_that_is_held_may_move_or_expire() {
    let mut world = outside();
    let date = world.now() + 10_000_000_000;
    world.tell(oto(&[
        buy(0, 6).at("95"),
        sell(0, 6).at("110"),
        sell(0, 3).at("111").until(date),
    ]));
    assert_eq!(
        world.tell(amend_price(0, 2, "112")),
        ["#2 amended 6 at 112"]
    );
    assert_eq!(
        world.tell(amend_qty(0, 2, 5)),
        ["#2 change denied BadList sized by #1"]
    );
    assert_eq!(world.until(date), ["#3 cancelled 3 Expired"]);
    assert_eq!(
        world.tell(quote("94", "95")),
        ["#1 buys 6 at 95 (Touch, maker)", "#2 activated 6"]
    );
}
