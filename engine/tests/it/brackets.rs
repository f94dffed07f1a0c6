//! Brackets and cover orders: an entry, its exits, and what a fill of one does to the others.

use types::{Instrument, OrderList, PaperModel, Ratio, SelfTrade, Sizes};

use crate::lists::{inside, outside};
use crate::words::{
    Words, amend_price, amend_qty, amend_trigger, bracket, buy, cancel, cancel_all, cover, depth,
    disconnect, print, quote, sell, sized,
};
use crate::world::{World, crossed, paper};

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
                "#3 cancelled 10 Sibling",
            ]
            .as_slice(),
        ),
        (
            quote("94", "95"),
            [
                "#3 triggered at 94",
                "#3 sells 10 at 94 (Touch)",
                "#2 cancelled 10 Sibling",
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
            "#4 cancelled 9 Sibling",
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
            "#5 cancelled 1 Sibling",
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
            "#2 cancelled 10 Sibling",
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
    assert_eq!(
        world.tell(amend_qty(0, 2, 5)),
        ["#2 change denied BadList sized by #1"]
    );
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
    assert_eq!(
        world.tell(amend_qty(0, 3, 5)),
        ["#3 change denied BadList sized by #1"]
    );
    assert_eq!(
        world.tell(quote("107", "108")),
        ["#2 sells 7 at 107 (Touch, maker)", "#3 cancelled 7 Sibling"]
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
            "#4 amended 4 from 95",
        ]
    );
    // 3 of the 4 that it bought are left, and the stop with them.
    assert_eq!(world.position(0), "3");
    assert_eq!(world.tell(buy(3, 1).at("96")), ["#6 accepted"]);
    assert_eq!(
        world.tell(cancel(3, 6)),
        ["#6 cancelled 1 Requested"],
        "nobody bids"
    );
    assert_eq!(
        world.tell(buy(3, 5).at("94")),
        [
            "#7 accepted",
            "#4 triggered at 94",
            "#7 buys 3 at 94 leaves 2",
            "#4 sells 3 at 94",
        ]
    );
    assert_eq!(world.position(0), "0");
    world.agrees();
}

#[test]
fn a_cover_stop_on_the_print_waits_for_somebody_to_trade_with() {
    let mut world = World::trading(crossed());
    world.tell_all([sell(1, 5).at("100"), buy(1, 2).at("90")]);
    world.tell(cover([buy(0, 5), sell(0, 5).stop("95").on_last()]));
    assert_eq!(
        world.tell(sell(2, 1)),
        [
            "#5 accepted",
            "#2 buys 1 at 90 leaves 1",
            "#5 sells 1 at 90",
            "#4 triggered at 90",
            "#2 buys 1 at 90",
            "#4 sells 1 at 90 leaves 4",
            "#4 amended 5 from 95",
        ]
    );
    // The newest print is still 90, and 4 are left of 5.
    assert_eq!(
        world.tell(buy(3, 2).at("97")),
        [
            "#6 accepted",
            "#4 triggered at 90",
            "#6 buys 2 at 97",
            "#4 sells 2 at 97 leaves 2",
            "#4 amended 5 from 95",
        ]
    );
    assert_eq!(world.position(0), "2");
    world.agrees();
}

#[test]
fn a_cover_stop_goes_on_with_what_displayed_depth_has_not_given() {
    let mut world = World::trading(paper(PaperModel {
        sizes: Sizes::Displayed,
        ..PaperModel::default()
    }));
    world.tell(depth(&[("99", 5)], &[("100", 5)]));
    world.tell(cover([buy(0, 5), sell(0, 5).stop("95")]));
    assert_eq!(
        world.tell(depth(&[("95", 2)], &[("96", 9)])),
        [
            "#2 triggered at 95",
            "#2 sells 2 at 95 leaves 3 (Depth)",
            "#2 amended 5 from 95",
        ]
    );
    assert_eq!(
        world.tell(depth(&[("94", 9)], &[("96", 9)])),
        ["#2 triggered at 94", "#2 sells 3 at 94 (Depth)"]
    );
    assert_eq!(world.position(0), "0");
    world.agrees();
}

#[test]
fn a_cover_stop_neither_expires_nor_moves_away_from_the_market() {
    let mut world = outside();
    let denied = ["denied BadList order 1 TimeInForce"];
    for stop in [
        sell(0, 10).stop("95").day(),
        sell(0, 10).stop("95").until(world.now() + 9_000_000_000),
    ] {
        assert_eq!(world.tell(cover([buy(0, 10).at("100"), stop])), denied);
    }
    world.tell(cover([
        buy(0, 10).at("100"),
        sell(0, 10).stop_limit("95", "93"),
    ]));
    let denied = ["#2 change denied Mandatory"];
    for is_open in [false, true] {
        assert_eq!(world.tell(amend_trigger(0, 2, "94")), denied, "{is_open}");
        // A higher limit sells less easily.
        assert_eq!(world.tell(amend_price(0, 2, "94")), denied, "{is_open}");
        assert_eq!(
            world.tell(quote("99", "100")).len(),
            2 * usize::from(!is_open)
        );
    }
    assert_ne!(world.tell(amend_trigger(0, 2, "96")), denied);
    assert_ne!(world.tell(amend_price(0, 2, "92")), denied);
    assert_eq!(world.trigger(2), "96");
    world.agrees();
}

#[test]
fn a_cover_stop_ends_an_order_of_its_own_account_that_it_meets() {
    let mut world = World::trading(crossed());
    world.tell_all([sell(1, 5).at("100"), buy(0, 3).at("94"), buy(1, 9).at("93")]);
    let stop = sell(0, 5).stop("94");
    let stop = stop.against_itself(SelfTrade::CancelNewest);
    // The only bids are its own 3 at 94 and, below, 9 of account 1: the trigger is reached at once.
    assert_eq!(
        world.tell(cover([buy(0, 5), stop]))[2..],
        [
            "#1 sells 5 at 100",
            "#4 buys 5 at 100",
            "#5 activated 5",
            "#5 triggered at 94",
            "#2 cancelled 3 SelfTrade",
            "#3 buys 5 at 93 leaves 4",
            "#5 sells 5 at 93",
        ]
    );
    world.agrees();
}

#[test]
fn exits_of_an_entry_that_closes_an_opposite_position_only_reduce() {
    let mut world = outside();
    world.tell(bracket(&[
        buy(0, 5).at("98"),
        sell(0, 5).at("110"),
        sell(0, 5).stop("90"),
    ]));
    world.tell(sell(0, 8));
    // 8 short and 5 bought: 3 short, and exits for 5.
    assert_eq!(
        world.tell(quote("97", "98")),
        [
            "#1 buys 5 at 98 (Touch, maker)",
            "#2 activated 5",
            "#3 activated 5",
        ]
    );
    assert_eq!(
        world.tell(quote("90", "91")),
        ["#3 triggered at 90", "#3 cancelled 5 NotReducing"]
    );
    assert_eq!(
        (world.position(0), world.working_ids()),
        ("-3".into(), vec![2])
    );
    world.agrees();
}

#[test]
fn an_exit_that_ended_is_not_sent_again() {
    let mut world = World::trading(crossed());
    world.tell(sell(1, 6).at("100"));
    world.tell(bracket(&[
        buy(0, 10).at("100"),
        sell(0, 10).at("110"),
        sell(0, 10).stop("85"),
    ]));
    let own = buy(0, 6).at("110").ioc();
    assert_eq!(
        world.tell(own.against_itself(SelfTrade::CancelOldest)),
        [
            "#5 accepted",
            "#3 cancelled 6 SelfTrade",
            "#5 cancelled 6 NotMarketable",
        ]
    );
    // The rest of the entry has a stop only.
    assert_eq!(
        world.tell(sell(1, 4).at("100")),
        [
            "#6 accepted",
            "#2 buys 4 at 100",
            "#6 sells 4 at 100",
            "#4 activated 10",
        ]
    );
    world.agrees();
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

/// A stop that rests at its limit is no order that the account's own may end: what comes ends instead, whatever it asked.
#[test]
fn a_cover_stop_at_its_limit_is_not_ended_by_its_own_account() {
    for choice in [
        SelfTrade::CancelNewest,
        SelfTrade::CancelOldest,
        SelfTrade::CancelBoth,
        SelfTrade::Decrement,
    ] {
        let mut world = World::trading(crossed());
        world.tell_all([sell(1, 5).at("100"), buy(1, 1).at("95")]);
        let stop = sell(0, 5).stop_limit("95", "95");
        // The bid of 95 reaches the trigger; one is sold to it, and 4 rest at 95.
        world.tell(cover([buy(0, 5), stop]));
        assert_eq!(world.asks(), "95 x 4 [#4]", "{choice:?}");
        assert_eq!(
            world.tell(buy(0, 2).at("96").against_itself(choice)),
            ["#5 accepted", "#5 cancelled 2 SelfTrade"],
            "{choice:?}"
        );
        assert_eq!(world.asks(), "95 x 4 [#4]", "{choice:?}");
        // Nor does it count as gone where one is to fill whole.
        let whole = buy(0, 2).at("96").fok().against_itself(choice);
        assert_eq!(
            world.tell(whole),
            ["#6 accepted", "#6 cancelled 2 NotFillable"],
            "{choice:?}"
        );
        assert_eq!(world.tell(buy(1, 4).at("95")).len(), 3);
        assert_eq!(world.position(0), "0");
        world.agrees();
    }
}

/// 10 long from 101 with a stop at 95: three for two make 15 and 63.33, down to 63; one for ten of 15 makes 1, and the
/// stop of 1 is at 630. One for ten again leaves nothing to cover.
#[test]
fn a_split_keeps_the_stop_of_a_cover_order() {
    let mut world = outside();
    world.tell(cover([buy(0, 10), sell(0, 10).stop("95")]));
    world.tell(buy(0, 3).at("90"));
    let split = |new, old| crate::words::market(types::MarketData::Split { new, old });
    let told = world.tell(split(3, 2));
    assert_eq!(told[0], "#3 cancelled 3 Split");
    assert_eq!(told.last().unwrap(), "#2 amended 15 from 63");
    assert_eq!(world.working_ids(), [2]);
    assert_eq!(world.tell(cancel(0, 2)), ["#2 change denied Mandatory"]);
    assert_eq!(world.position(0), "15");
    let told = world.tell(split(1, 10));
    assert_eq!(told.last().unwrap(), "#2 amended 1 from 630");
    assert_eq!(world.position(0), "1");
    world.agrees();
    // It is still a stop.
    let mut other = outside();
    other.tell(cover([buy(0, 10), sell(0, 10).stop("95")]));
    other.tell(split(2, 1));
    assert_eq!(other.trigger(2), "47");
    assert_eq!(
        other.tell(quote("47", "48")),
        ["#2 triggered at 47", "#2 sells 20 at 47 (Touch)"]
    );
    other.agrees();
    world.tell(split(1, 10));
    assert_eq!(world.position(0), "0");
    assert_eq!(world.working_ids(), [0_u64; 0]);
    world.agrees();
}

/// 5 long, bought at 100, with a profit at 110 and a stop at 90, in a market that displays sizes.
fn long_five() -> World {
    let mut world = World::trading(paper(PaperModel {
        sizes: Sizes::Displayed,
        ..PaperModel::default()
    }));
    world.tell(sized("99", 5, "100", 5));
    world.tell(bracket(&[
        buy(0, 5).at("100"),
        sell(0, 5).at("110"),
        sell(0, 5).stop("90"),
    ]));
    assert_eq!(world.position(0), "5");
    world
}

/// The stop sells the 3 that are bid for 80, and waits at 90 with the other 2: not for the same 3 stated again, but for
/// the 9 that are bid for 79.
#[test]
fn the_stop_of_a_bracket_waits_with_what_a_thin_market_leaves() {
    let mut world = long_five();
    assert_eq!(
        world.tell(sized("80", 3, "81", 9)),
        [
            "#3 triggered at 80",
            "#3 sells 3 at 80 leaves 2 (Depth)",
            "#2 amended 2 at 110",
            "#3 amended 5 from 90",
        ]
    );
    assert_eq!(
        (world.position(0), world.trigger(3)),
        ("2".into(), "90".into())
    );
    assert_eq!(world.tell(sized("80", 3, "82", 9)), [""; 0]);
    assert_eq!(
        world.tell(sized("79", 9, "81", 9)),
        [
            "#3 triggered at 79",
            "#3 sells 2 at 79 (Depth)",
            "#2 cancelled 2 Sibling",
        ]
    );
    assert_eq!(world.position(0), "0");
    world.agrees();
}

/// Where its position was closed by other means there is nothing that it would wait for.
#[test]
fn the_stop_of_a_bracket_does_not_wait_for_nothing() {
    let mut world = long_five();
    world.tell(sell(0, 3));
    assert_eq!(
        world.tell(sized("80", 9, "81", 9)),
        [
            "#3 triggered at 80",
            "#3 sells 2 at 80 leaves 3 (Depth)",
            "#2 amended 3 at 110",
            "#3 cancelled 3 NotReducing",
        ]
    );
    world.agrees();
}

/// The newest print is 100 and the collar 10%: nobody within 90 bids when the market is at 80, and the stop waits. A
/// print at 85 lets it sell down to 77.
#[test]
fn the_stop_of_a_bracket_waits_beyond_the_collar() {
    let mut world = World::trading(Instrument {
        collar: Ratio::percent(10),
        ..paper(PaperModel::default())
    });
    world.tell_all([quote("99", "100")]);
    world.tell(print("100", 1));
    world.tell(bracket(&[
        buy(0, 5).at("100"),
        sell(0, 5).at("110"),
        sell(0, 5).stop("95"),
    ]));
    assert_eq!(world.tell(quote("80", "81")), [""; 0]);
    assert_eq!(world.trigger(3), "95");
    assert_eq!(
        world.tell(print("85", 1)),
        [
            "#3 triggered at 80",
            "#3 sells 5 at 80 (Touch)",
            "#2 cancelled 5 Sibling",
        ]
    );
    world.agrees();
}

/// Of 5 bought at 100 the book takes 3 at 90, and 2 more when somebody bids again.
#[test]
fn the_stop_of_a_bracket_waits_for_who_comes_to_a_book() {
    let mut world = World::trading(crossed());
    world.tell_all([sell(1, 5).at("100"), buy(1, 1).at("95"), buy(2, 3).at("90")]);
    world.tell(bracket(&[
        buy(0, 5).at("100"),
        sell(0, 5).at("110"),
        sell(0, 5).stop("90"),
    ]));
    assert_eq!(
        world.tell(cancel(1, 2)),
        [
            "#2 cancelled 1 Requested",
            "#6 triggered at 90",
            "#3 buys 3 at 90",
            "#6 sells 3 at 90 leaves 2",
            "#5 amended 2 at 110",
            "#6 amended 5 from 90",
        ]
    );
    assert_eq!(
        world.tell(buy(3, 9).at("80")),
        [
            "#7 accepted",
            "#6 triggered at 80",
            "#7 buys 2 at 80 leaves 7",
            "#6 sells 2 at 80",
            "#5 cancelled 2 Sibling",
        ]
    );
    assert_eq!(world.position(0), "0");
    world.agrees();
}

/// The stop at 94 of a bracket meets nobody but its own account, which bids 93: that bid ends, and the stop waits at its
/// trigger again until somebody else bids.
#[test]
fn an_order_of_its_own_account_makes_way_for_a_stop() {
    let mut world = World::trading(crossed());
    world.tell_all([sell(1, 5).at("100"), buy(2, 5).at("99")]);
    world.tell(bracket(&[
        buy(0, 5),
        sell(0, 5).at("110"),
        sell(0, 5).stop("94"),
    ]));
    world.tell(buy(0, 5).at("93"));
    world.tell(cancel(2, 2));
    assert_eq!(world.position(0), "5");
    assert_eq!(world.working_ids(), [4, 5]);
    assert_eq!(
        world.tell(buy(2, 5).at("92"))[1..4],
        ["#5 triggered at 92", "#7 buys 5 at 92", "#5 sells 5 at 92"]
    );
    assert_eq!(
        (world.position(0), world.working_ids()),
        ("0".into(), vec![])
    );
    world.agrees();
}

/// What an exit buys of its own entry is one lot more that it has to close. One lot that somebody else buys is closed
/// with one of the entry's own, and sends one more of each exit; that is all.
#[test]
fn an_exit_that_trades_with_its_own_entry_ends_it() {
    let mut world = World::trading(crossed());
    let whole = 1_000_000;
    world.tell(bracket(&[
        sell(0, whole).at("100"),
        buy(0, whole).at("101").against_itself(SelfTrade::Allow),
        buy(0, whole).stop("105"),
    ]));
    assert_eq!(
        world.tell(buy(1, 1).at("100")),
        [
            "#4 accepted",
            "#1 sells 1 at 100 leaves 999999",
            "#4 buys 1 at 100",
            "#2 activated 1",
            "#1 sells 1 at 100 leaves 999998",
            "#2 buys 1 at 100",
            "#1 cancelled 999998 Sibling",
            "#2 activated 2",
            "#3 activated 1",
        ]
    );
    // Sold 2, bought 1: one is left, and both exits are for it.
    assert_eq!(world.position(0), "-1");
    world.agrees();
}

/// The same, with the exits of two accounts that meet each other's entries, and trailing stops, whose triggers
/// may come to lie beyond an entry.
#[test]
fn exits_that_trade_with_each_others_entries_end_them() {
    let mut world = World::trading(crossed());
    for account in 0..2 {
        world.tell(cover([
            // Each shows one lot, so that they take turns.
            sell(account, 100).at("100").show(1),
            buy(account, 100)
                .trail("5")
                .on_last()
                .against_itself(SelfTrade::Allow),
        ]));
    }
    // One lot of each entry; then the price goes down to 90, and the stops follow it to 95.
    world.tell_all([
        buy(2, 1).at("90"),
        buy(3, 2).at("100"),
        sell(3, 1).at("90"),
        sell(2, 1).at("96"),
    ]);
    assert_eq!(
        world.tell(buy(3, 1).at("96")),
        [
            "#9 accepted",
            "#8 sells 1 at 96",
            "#9 buys 1 at 96",
            "#2 triggered at 96",
            "#1 sells 1 at 100 leaves 98",
            "#2 buys 1 at 100",
            "#4 triggered at 96",
            "#3 sells 1 at 100 leaves 98",
            "#4 buys 1 at 100",
            "#1 cancelled 98 Sibling",
            "#3 cancelled 98 Sibling",
            "#2 activated 2",
            "#4 activated 2",
        ]
    );
    assert_eq!([world.position(0), world.position(1)], ["-1", "-1"]);
    world.agrees();
}
