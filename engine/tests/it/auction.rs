//! Auctions: the one price at which most trades, who trades at it, and what happens to the rest.

use types::{InstrumentId, InstrumentStatus, PaperModel, SelfTrade};

use crate::words::{Words, amend_qty, buy, oco, quote, sell, status};
use crate::world::{World, crossed, paper};

const OPEN: InstrumentStatus = InstrumentStatus::Open;
const PRE_OPEN: InstrumentStatus = InstrumentStatus::PreOpen;
const PRE_CLOSE: InstrumentStatus = InstrumentStatus::PreClose;
const CLOSED: InstrumentStatus = InstrumentStatus::Closed;

/// A book in the call before its opening auction.
fn call() -> World {
    let mut world = World::trading(crossed());
    world.tell(status(PRE_OPEN));
    world
}

/// The same, after the day before ended with a trade at this price.
fn call_after(last: &str) -> World {
    let mut world = World::trading(crossed());
    world.tell_all([sell(4, 1).at(last), buy(3, 1).at(last)]);
    world.tell(status(PRE_OPEN));
    world
}

/// Price and quantity of the auction as they stand.
fn indicative(world: &World) -> Option<(String, String)> {
    let view = world.shard.book_view(InstrumentId(0), 9).unwrap();
    let (price, qty) = view.indicative?;
    Some((price.to_string(), qty.to_string()))
}

fn uncrossed(world: &mut World) -> String {
    let told = world.tell(status(OPEN));
    assert_eq!(told[0], "Open");
    told[1].clone()
}

#[test]
fn a_call_gathers_and_its_end_trades_as_much_as_it_can_at_one_price() {
    let mut world = call();
    world.tell_all([
        buy(0, 10).at("102"),
        buy(1, 5).at("101"),
        sell(2, 8).at("100"),
        sell(3, 4).at("101"),
    ]);
    assert_eq!(world.bids(), "102 x 10 [#1], 101 x 5 [#2]");
    assert_eq!(world.asks(), "100 x 8 [#3], 101 x 4 [#4]");
    // Wanted and offered at 100: 15, 8; at 101: 15, 12; at 102: 10, 12.
    assert_eq!(indicative(&world), Some(("101".into(), "12".into())));
    assert_eq!(
        world.tell(status(OPEN)),
        [
            "Open",
            "uncrossed 12 at 101, surplus 3",
            "#1 buys 8 at 101 leaves 2",
            "#3 sells 8 at 101",
            "#1 buys 2 at 101",
            "#4 sells 2 at 101 leaves 2",
            "#2 buys 2 at 101 leaves 3",
            "#4 sells 2 at 101",
        ]
    );
    assert_eq!(
        (world.bids(), world.asks()),
        ("101 x 3 [#2]".into(), String::new())
    );
    let picture = world.picture();
    assert_eq!(
        (picture.last, picture.session),
        (Some(crate::world::price("101")), picture.last)
    );
    assert_eq!(indicative(&world), None);
}

#[test]
fn of_prices_that_trade_as_much_the_one_with_the_least_surplus() {
    let mut world = call();
    world.tell_all([
        buy(0, 10).at("102"),
        buy(1, 4).at("101"),
        sell(2, 10).at("101"),
    ]);
    // 10 at either; at 101 there are 14 that want.
    assert_eq!(uncrossed(&mut world), "uncrossed 10 at 102, surplus 0");
}

#[test]
fn where_all_have_more_buyers_the_highest_where_all_have_more_sellers_the_lowest() {
    let mut world = call();
    world.tell_all([buy(0, 10).at("102"), sell(2, 4).at("100")]);
    assert_eq!(uncrossed(&mut world), "uncrossed 4 at 102, surplus 6");
    let mut world = call();
    world.tell_all([buy(0, 4).at("102"), sell(2, 10).at("100")]);
    assert_eq!(uncrossed(&mut world), "uncrossed 4 at 100, surplus -6");
}

#[test]
fn else_the_price_nearest_to_the_newest_print() {
    for (last, price) in [
        ("101", "101"),
        ("103", "103"),
        ("120", "104"),
        ("90", "100"),
    ] {
        let mut world = call_after(last);
        world.tell_all([buy(0, 5).at("104"), sell(2, 5).at("100")]);
        let expected = format!("uncrossed 5 at {price}, surplus 0");
        assert_eq!(uncrossed(&mut world), expected, "after {last}");
    }
    // Without one, the middle, rounded down.
    for (bid, price) in [("104", "102"), ("103", "101")] {
        let mut world = call();
        world.tell_all([buy(0, 5).at(bid), sell(2, 5).at("100")]);
        assert_eq!(
            uncrossed(&mut world),
            format!("uncrossed 5 at {price}, surplus 0")
        );
    }
}

#[test]
fn a_surplus_on_either_side_is_decided_by_the_print_too() {
    // At 100: 7 want, 5 offered. At 101: 5 want, 7 offered.
    for (last, expected) in [
        ("100", "uncrossed 5 at 100, surplus 2"),
        ("101", "uncrossed 5 at 101, surplus -2"),
    ] {
        let mut world = call_after(last);
        world.tell_all([
            buy(0, 5).at("101"),
            buy(0, 2).at("100"),
            sell(2, 5).at("100"),
            sell(2, 2).at("101"),
        ]);
        assert_eq!(uncrossed(&mut world), expected);
    }
}

#[test]
fn market_orders_want_any_price_and_come_first() {
    let mut world = call();
    world.tell_all([
        buy(3, 2).at("101"),
        buy(0, 10).at_open(),
        sell(1, 6).at("100"),
        sell(2, 6).at("101"),
    ]);
    // At 100: 12 want, 6 offered. At 101: 12 and 12.
    assert_eq!(
        world.tell(status(OPEN)),
        [
            "Open",
            "uncrossed 12 at 101, surplus 0",
            "#2 buys 6 at 101 leaves 4",
            "#3 sells 6 at 101",
            "#2 buys 4 at 101",
            "#4 sells 4 at 101 leaves 2",
            "#1 buys 2 at 101",
            "#4 sells 2 at 101",
        ]
    );
}

#[test]
fn what_an_auction_leaves_of_its_own_orders_ends_and_other_orders_stay() {
    let mut world = call();
    world.tell_all([
        buy(0, 20).at_open(),
        buy(1, 3).at("99").at_open(),
        buy(2, 4).at("98"),
        sell(3, 6).at("100"),
        sell(4, 5).at("120").at_close(),
    ]);
    assert_eq!(
        world.tell(status(OPEN)),
        [
            "Open",
            "uncrossed 6 at 100, surplus 14",
            "#1 buys 6 at 100 leaves 14",
            "#4 sells 6 at 100",
            "#1 cancelled 14 AuctionOver",
            "#2 cancelled 3 AuctionOver",
        ]
    );
    assert_eq!(world.working_ids(), [3, 5]);
}

#[test]
fn a_limit_order_for_the_auction_stands_behind_those_of_the_book() {
    let mut world = call();
    world.tell_all([
        sell(0, 5).at("100").at_open(),
        sell(1, 5).at("100"),
        buy(2, 7).at("100"),
    ]);
    // In no book until then.
    assert_eq!(world.asks(), "100 x 5 [#2]");
    assert_eq!(indicative(&world), Some(("100".into(), "7".into())));
    let told = world.tell(status(OPEN));
    assert_eq!(
        told[1..],
        [
            "uncrossed 7 at 100, surplus -3",
            "#3 buys 5 at 100 leaves 2",
            "#2 sells 5 at 100",
            "#3 buys 2 at 100",
            "#1 sells 2 at 100 leaves 3",
            "#1 cancelled 3 AuctionOver",
        ]
    );
}

#[test]
fn market_orders_alone_trade_at_the_newest_print_if_there_is_one() {
    let mut world = call();
    world.tell_all([buy(0, 5).at_open(), sell(1, 3).at_open()]);
    assert_eq!(indicative(&world), None);
    assert_eq!(
        world.tell(status(OPEN)),
        [
            "Open",
            "#1 cancelled 5 AuctionOver",
            "#2 cancelled 3 AuctionOver"
        ]
    );
    let mut world = call_after("77");
    world.tell_all([buy(0, 5).at_open(), sell(1, 3).at_open()]);
    assert_eq!(
        world.tell(status(OPEN)),
        [
            "Open",
            "uncrossed 3 at 77, surplus 2",
            "#3 buys 3 at 77 leaves 2",
            "#4 sells 3 at 77",
            "#3 cancelled 2 AuctionOver",
        ]
    );
}

#[test]
fn the_closing_auction_is_for_the_orders_of_the_close() {
    let mut world = World::trading(crossed());
    world.tell_all([
        buy(0, 5).at("99"),
        sell(1, 5).at("101"),
        buy(2, 9).at_close(),
        sell(3, 2).at("100").at_close(),
    ]);
    world.tell(status(PRE_CLOSE));
    // Two of the close at 100 and 5 of the book at 101.
    assert_eq!(indicative(&world), Some(("101".into(), "7".into())));
    assert_eq!(
        world.tell(status(CLOSED)),
        [
            "Closed",
            "uncrossed 7 at 101, surplus 2",
            "#3 buys 2 at 101 leaves 7",
            "#4 sells 2 at 101",
            "#3 buys 5 at 101 leaves 2",
            "#2 sells 5 at 101",
            "#3 cancelled 2 AuctionOver",
        ]
    );
    // The day's own order is still there; the session is over.
    assert_eq!(world.bids(), "99 x 5 [#1]");
    assert_eq!(world.picture().session, None);
}

#[test]
fn what_an_iceberg_hides_trades_and_it_shows_the_rest_in_its_place() {
    let mut world = call();
    world.tell_all([
        sell(0, 10).at("100").show(2),
        sell(1, 3).at("100"),
        buy(2, 9).at("100"),
    ]);
    let told = world.tell(status(OPEN));
    assert_eq!(
        told[1..],
        [
            "uncrossed 9 at 100, surplus -4",
            "#3 buys 9 at 100",
            "#1 sells 9 at 100 leaves 1",
        ]
    );
    assert_eq!(world.asks(), "100 x 4 [#1 #2]");
}

#[test]
fn nobody_is_kept_from_trading_with_himself_in_an_auction() {
    let mut world = call();
    world.tell_all([
        sell(0, 5).at("100"),
        buy(0, 5).at("100").against_itself(SelfTrade::CancelBoth),
    ]);
    assert_eq!(world.tell(status(OPEN)).len(), 4);
    assert_eq!(world.equity(0), "1000000");
}

#[test]
fn orders_that_only_reduce_trade_what_they_may_and_the_auction_is_repeated() {
    let mut world = World::trading(crossed());
    world.tell_all([sell(4, 4).at("100"), buy(1, 4)]);
    world.tell(status(PRE_OPEN));
    world.tell_all([
        buy(0, 10).at("102"),
        sell(1, 10).at("100").reduce_only(),
        sell(2, 5).at("101"),
    ]);
    // At 100 all 10 seem to trade; 4 may. Then 6 want at 102, and 5 are offered at 101.
    assert_eq!(
        world.tell(status(OPEN)),
        [
            "Open",
            "uncrossed 10 at 100, surplus 0",
            "#3 buys 4 at 100 leaves 6",
            "#4 sells 4 at 100 leaves 6",
            "#4 cancelled 6 NotReducing",
            "uncrossed 5 at 102, surplus 1",
            "#3 buys 5 at 102 leaves 1",
            "#5 sells 5 at 102",
        ]
    );
}

#[test]
fn an_execution_in_an_auction_is_one_for_a_list_too() {
    let mut world = call();
    world.tell(oco(&[buy(0, 5).at("102"), buy(0, 5).at("101")]));
    world.tell(sell(1, 10).at("100"));
    assert_eq!(
        world.tell(status(OPEN)),
        [
            "Open",
            "uncrossed 10 at 100, surplus 0",
            "#1 buys 5 at 100",
            "#3 sells 5 at 100 leaves 5",
            "#2 cancelled 5 Sibling",
        ]
    );
}

#[test]
fn stops_see_the_auctions_price_once_the_market_is_open() {
    let mut world = call();
    world.tell_all([
        sell(0, 1).stop("100").on_last(),
        buy(1, 5).at("100"),
        sell(2, 3).at("100"),
    ]);
    assert_eq!(
        world.tell(status(OPEN))[2..],
        [
            "#2 buys 3 at 100 leaves 2",
            "#3 sells 3 at 100",
            "#1 triggered at 100",
            "#2 buys 1 at 100 leaves 1",
            "#1 sells 1 at 100",
        ]
    );
}

#[test]
fn a_halt_ends_with_an_auction_as_well() {
    let mut world = World::trading(crossed());
    world.tell(sell(0, 5).at("100"));
    world.tell(status(InstrumentStatus::Halted));
    assert_eq!(
        world.tell(buy(1, 5).at("100")),
        ["denied InstrumentNotOpen Halted"]
    );
    world.tell(status(PRE_OPEN));
    assert_eq!(world.tell(buy(1, 5).at("100")), ["#2 accepted"]);
    assert_eq!(world.tell(status(OPEN))[1], "uncrossed 5 at 100, surplus 0");
    // A status that it has already is no event.
    assert_eq!(world.tell(status(OPEN)), [""; 0]);
}

#[test]
fn an_amendment_in_the_call_matches_nothing() {
    let mut world = call();
    world.tell_all([buy(0, 5).at("102"), sell(1, 5).at("100")]);
    assert_eq!(world.tell(amend_qty(0, 1, 6)), ["#1 amended 6 at 102"]);
    assert_eq!(world.bids(), "102 x 6 [#1]");
}

#[test]
fn outside_the_orders_for_the_opening_take_the_first_good_touch() {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    world.tell(status(CLOSED));
    assert_eq!(world.tell(buy(0, 5)), ["denied InstrumentNotOpen Closed"]);
    assert_eq!(world.tell(buy(0, 5).at_open()), ["#1 accepted"]);
    world.tell(status(PRE_OPEN));
    world.tell_all([
        buy(1, 5).at("99").at_open(),
        buy(2, 5).at("104").at_open(),
        buy(3, 5).at("101"),
    ]);
    // The newest quote is crossed: the one before it is stale.
    world.tell(quote("105", "104"));
    assert_eq!(world.tell(status(OPEN)), ["Open"]);
    assert_eq!(
        world.tell(quote("102", "103")),
        [
            "#1 buys 5 at 103 (Touch)",
            "#2 cancelled 5 AuctionOver",
            "#3 buys 5 at 103 (Touch)",
        ]
    );
    // One that comes while the market is open waits for the next opening.
    world.tell(buy(0, 5).at_open());
    assert_eq!(world.tell(quote("102", "104")), [""; 0]);
    world.tell(status(PRE_OPEN));
    assert_eq!(
        world.tell(status(OPEN)),
        ["Open", "#5 buys 5 at 104 (Touch)"]
    );
}

#[test]
fn outside_the_orders_for_the_close_take_the_touch_as_it_stands() {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    world.tell_all([
        sell(0, 5).at_close(),
        sell(1, 5).at("102").at_close(),
        sell(2, 5).at("100").at_close(),
        sell(3, 5).at("101"),
    ]);
    assert_eq!(
        world.tell(status(CLOSED)),
        [
            "Closed",
            "#1 sells 5 at 100 (Touch)",
            "#2 cancelled 5 AuctionOver",
            "#3 sells 5 at 100 (Touch)",
        ]
    );
    assert_eq!(world.working_ids(), [4]);
}

#[test]
fn an_auction_that_trades_nothing_leaves_the_touch_as_it_was() {
    let mut world = World::trading(crossed());
    world.tell_all([buy(0, 1).at("90"), sell(1, 4).at("95").at_close()]);
    assert_eq!(
        world.tell(status(CLOSED)),
        ["Closed", "#2 cancelled 4 AuctionOver"]
    );
    // Nobody has offered anything outside of the auction.
    assert_eq!(world.picture().quote, None);
}

#[test]
fn outside_an_order_for_the_opening_is_held_by_the_collar() {
    let mut world = World::trading(types::Instrument {
        collar: types::Ratio::percent(5),
        ..paper(PaperModel::default())
    });
    world.tell(quote("100", "100"));
    world.tell(crate::words::print("100", 1));
    world.tell(status(PRE_OPEN));
    world.tell(buy(0, 5).at_open());
    world.tell(quote("105", "106"));
    assert_eq!(
        world.tell(status(OPEN)),
        ["Open", "#1 cancelled 5 Collar 106 beyond 105"]
    );
}
