//! Orders that execute now or not at all, and orders that must not execute now.

use types::{Instrument, InstrumentStatus, Leg, PaperModel, PositionMode, Ratio, SelfTrade, Sizes};

use crate::words::{Words, amend_price, buy, cancel, depth, oco, quote, sell, sized, status};
use crate::world::{World, crossed, paper, plan};

/// Sells of 5 at 100, 101 and 102, each of another account.
fn stairs() -> World {
    let mut world = World::trading(crossed());
    world.tell_all([
        sell(0, 5).at("100"),
        sell(1, 5).at("101"),
        sell(2, 5).at("102"),
    ]);
    world
}

#[test]
fn immediate_or_cancel_takes_what_is_there() {
    let mut world = stairs();
    assert_eq!(
        world.tell(buy(3, 8).at("100").ioc()),
        [
            "#4 accepted",
            "#1 sells 5 at 100",
            "#4 buys 5 at 100 leaves 3",
            "#4 cancelled 3 NotMarketable",
        ]
    );
    assert_eq!(
        world.tell(buy(3, 8).at("100").ioc()),
        ["#5 accepted", "#5 cancelled 8 NotMarketable"]
    );
    assert_eq!(world.bids(), "");
}

#[test]
fn a_market_order_empties_the_book_and_no_more() {
    let mut world = stairs();
    assert_eq!(
        world.tell(buy(3, 16)),
        [
            "#4 accepted",
            "#1 sells 5 at 100",
            "#4 buys 5 at 100 leaves 11",
            "#2 sells 5 at 101",
            "#4 buys 5 at 101 leaves 6",
            "#3 sells 5 at 102",
            "#4 buys 5 at 102 leaves 1",
            "#4 cancelled 1 NotMarketable",
        ]
    );
    // 500 + 505 + 510 for 15 that are worth 102 each: the bid is where the last trade was.
    assert_eq!(world.position(3), "15");
    assert_eq!(world.equity(3), "1000015");
}

#[test]
fn fill_or_kill_goes_across_levels_or_nowhere() {
    let mut world = stairs();
    let killed = ["#4 accepted", "#4 cancelled 11 NotFillable"];
    assert_eq!(world.tell(buy(3, 11).at("101").fok()), killed);
    assert_eq!(world.asks(), "100 x 5 [#1], 101 x 5 [#2], 102 x 5 [#3]");
    assert_eq!(
        world.tell(buy(3, 10).at("101").fok()),
        [
            "#5 accepted",
            "#1 sells 5 at 100",
            "#5 buys 5 at 100 leaves 5",
            "#2 sells 5 at 101",
            "#5 buys 5 at 101",
        ]
    );
    let killed = ["#6 accepted", "#6 cancelled 6 NotFillable"];
    assert_eq!(world.tell(buy(3, 6).fok()), killed);
    assert_eq!(world.tell(buy(3, 5).fok()).len(), 3);
}

#[test]
fn fill_or_kill_counts_neither_ones_own_orders_nor_those_that_only_reduce() {
    let mut world = stairs();
    // Account 0 has 5 of the 10 up to 101.
    let killed = ["#4 accepted", "#4 cancelled 6 NotFillable"];
    assert_eq!(world.tell(buy(0, 6).at("101").fok()), killed);
    let allowed = buy(0, 6).at("101").fok().against_itself(SelfTrade::Allow);
    assert_eq!(world.tell(allowed).len(), 5);
    // Account 3 owns 1 and offers it at 103, but only to reduce.
    world.tell(buy(3, 1));
    world.tell(sell(3, 1).at("103").reduce_only());
    assert_eq!(world.asks(), "101 x 3 [#2], 102 x 5 [#3], 103 x 1 [#7]");
    let killed = ["#8 accepted", "#8 cancelled 9 NotFillable"];
    assert_eq!(world.tell(buy(4, 9).fok()), killed);
    assert_eq!(world.tell(buy(4, 8).fok()).len(), 5);
}

#[test]
fn fill_or_kill_does_not_count_beyond_an_order_of_its_own_that_would_stop_it() {
    for mode in [
        SelfTrade::CancelNewest,
        SelfTrade::CancelBoth,
        SelfTrade::Decrement,
    ] {
        let mut world = stairs();
        // 5 of account 0, then its own 5 at 101, which would end it or take 5 from it.
        let order = buy(1, 10).at("102").fok().against_itself(mode);
        assert_eq!(
            world.tell(order),
            ["#4 accepted", "#4 cancelled 10 NotFillable"],
            "{mode:?}"
        );
        assert_eq!(world.asks(), "100 x 5 [#1], 101 x 5 [#2], 102 x 5 [#3]");
        // What comes before it is enough for 5.
        let order = buy(1, 5).at("102").fok().against_itself(mode);
        assert_eq!(world.tell(order).len(), 3, "{mode:?}");
        world.agrees();
    }
    let mut world = stairs();
    let order = buy(1, 10).at("102").fok();
    assert_eq!(
        world.tell(order.against_itself(SelfTrade::CancelOldest)),
        [
            "#4 accepted",
            "#1 sells 5 at 100",
            "#4 buys 5 at 100 leaves 5",
            "#2 cancelled 5 SelfTrade",
            "#3 sells 5 at 102",
            "#4 buys 5 at 102",
        ]
    );
    world.agrees();
}

#[test]
fn fill_or_kill_counts_what_an_iceberg_hides_behind_what_others_show() {
    let mut world = World::trading(crossed());
    world.tell_all([sell(0, 5).show(1).at("100"), sell(1, 1).at("100")]);
    // The tip of 1, then its own order; the 4 that are hidden come after that.
    let order = buy(1, 2).fok().against_itself(SelfTrade::CancelNewest);
    assert_eq!(
        world.tell(order),
        ["#3 accepted", "#3 cancelled 2 NotFillable"]
    );
    // 1 + 1 + 4 for somebody else.
    assert_eq!(
        world.tell(buy(2, 7).fok()),
        ["#4 accepted", "#4 cancelled 7 NotFillable"]
    );
    world.tell(buy(2, 6).fok());
    assert_eq!(world.position(2), "6");
    world.agrees();
}

#[test]
fn fill_or_kill_counts_one_order_of_an_oco() {
    for prices in [["100", "101"], ["101", "100"], ["100", "100"]] {
        let mut world = World::trading(crossed());
        world.tell(oco(&[sell(0, 5).at(prices[0]), sell(0, 5).at(prices[1])]));
        // The first fill of one ends the other.
        assert_eq!(
            world.tell(buy(1, 10).at("102").fok()),
            ["#3 accepted", "#3 cancelled 10 NotFillable"]
        );
        world.tell(sell(2, 5).at("102"));
        world.tell(buy(1, 10).at("102").fok());
        assert_eq!(world.position(1), "10");
        assert_eq!(world.working_ids(), [0; 0]);
        world.agrees();
    }
}

#[test]
fn fill_or_kill_is_held_to_the_breaker_that_its_own_first_trade_sets() {
    let mut world = World::trading(Instrument {
        breaker: Ratio::percent(7),
        ..crossed()
    });
    world.tell_all([sell(0, 5).at("100"), sell(0, 5).at("120")]);
    // The first trade of the session would be at 100, and 120 is above 107.
    assert_eq!(
        world.tell(buy(1, 10).at("120").fok()),
        ["#3 accepted", "#3 cancelled 10 NotFillable"]
    );
    assert_eq!(world.picture().status, InstrumentStatus::Open);
    assert_eq!(world.tell(buy(1, 5).at("120").fok()).len(), 3);
    world.agrees();
}

#[test]
fn fill_or_kill_that_may_reduce_less_than_it_asks_for_is_killed() {
    let mut world = World::trading(crossed());
    world.tell_all([sell(1, 4).at("100"), buy(0, 4)]);
    world.tell(buy(1, 10).at("99"));
    let order = |lots| sell(0, lots).at("99").fok().reduce_only();
    assert_eq!(
        world.tell(order(5)),
        ["#4 accepted", "#4 cancelled 5 NotFillable"]
    );
    assert_eq!(world.tell(order(4)).len(), 3);
    world.agrees();

    // The same of displayed depth, and of one leg of a hedged position.
    let model = PaperModel {
        sizes: Sizes::Displayed,
        ..PaperModel::default()
    };
    let mut hedged = plan("1000000");
    hedged.terms.mode = PositionMode::Hedging;
    let limits = engine::Limits::default();
    for sizes in [Sizes::Displayed, Sizes::Unlimited] {
        let instrument = paper(PaperModel { sizes, ..model });
        let mut world = World::limited(limits, &[instrument], &hedged, 1);
        world.tell(depth(&[("99", 9), ("98", 9)], &[("100", 9)]));
        world.tell(buy(0, 4).leg(Leg::Long));
        let order = |lots| sell(0, lots).at("98").fok().leg(Leg::Long);
        assert_eq!(
            world.tell(order(5)),
            ["#2 accepted", "#2 cancelled 5 NotFillable"]
        );
        assert_eq!(world.tell(order(4)).len(), 2);
        world.agrees();
    }
}

#[test]
fn a_stop_that_is_market_like_takes_no_more_than_there_is() {
    let mut world = stairs();
    world.tell(buy(4, 1).at("50"));
    world.tell(buy(3, 20).stop("100"));
    assert_eq!(world.asks(), "");
    assert_eq!(world.working_ids(), [4]);
    assert_eq!(world.position(3), "15");
}

#[test]
fn post_only_rests_or_is_refused_with_the_price_it_would_have_taken() {
    let mut world = stairs();
    assert_eq!(
        world.tell(buy(3, 5).at("100").post_only()),
        ["denied WouldTake 100"]
    );
    assert_eq!(
        world.tell(buy(3, 5).at("105").post_only()),
        ["denied WouldTake 100"]
    );
    assert_eq!(world.tell(buy(3, 5).at("99").post_only()), ["#4 accepted"]);
    assert_eq!(
        world.tell(amend_price(3, 4, "100")),
        ["#4 change denied WouldTake 100"]
    );
    assert_eq!(world.bids(), "99 x 5 [#4]");
    // Once nobody is there it may.
    world.tell(cancel(0, 1));
    assert_eq!(
        world.tell(amend_price(3, 4, "100")),
        ["#4 amended 5 at 100"]
    );
}

#[test]
fn post_only_goes_with_a_limit_order_that_may_rest_and_with_nothing_else() {
    let mut world = stairs();
    let denied = ["denied BadTimeInForce PostOnly"];
    assert_eq!(world.tell(buy(3, 5).post_only()), denied);
    assert_eq!(world.tell(buy(3, 5).at("99").ioc().post_only()), denied);
    assert_eq!(world.tell(buy(3, 5).at("99").fok().post_only()), denied);
    assert_eq!(world.tell(buy(3, 5).at("99").at_open().post_only()), denied);
    assert_eq!(
        world.tell(buy(3, 5).stop_limit("110", "111").post_only()),
        denied
    );
    assert_eq!(
        world.tell(buy(3, 5).at("99").day().post_only()),
        ["#4 accepted"]
    );
}

#[test]
fn a_time_in_force_goes_with_some_kinds_only() {
    let mut world = stairs();
    let denied = ["denied BadTimeInForce Kind"];
    assert_eq!(world.tell(buy(3, 5).stop("110").ioc()), denied);
    assert_eq!(world.tell(buy(3, 5).stop("110").fok()), denied);
    assert_eq!(world.tell(buy(3, 5).touched("90").at_open()), denied);
    assert_eq!(world.tell(buy(3, 5).trail("3").at_close()), denied);
    let soon = world.now() + 2_000_000_000;
    assert_eq!(world.tell(buy(3, 5).until(soon)), denied);
    // A time that is over is none: this one arrives at exactly that time.
    let over = format!("denied BadTimeInForce Over {}", types::TimestampNs(soon));
    assert_eq!(world.tell(buy(3, 5).at("90").until(soon)), [over]);
    assert_eq!(
        world.tell(buy(3, 5).at("90").until(soon + 1_000_000_001)),
        ["#4 accepted"]
    );
}

#[test]
fn a_date_is_the_first_moment_at_which_the_order_no_longer_works() {
    let mut world = stairs();
    let date = world.now() + 10_000_000_000;
    world.tell(buy(3, 5).at("99").until(date));
    assert_eq!(world.tell(sell(0, 1).at("99")).len(), 3);
    assert_eq!(world.until(date - 1), [""; 0]);
    assert_eq!(world.until(date), ["#4 cancelled 4 Expired"]);
    // It is over before an input of that very time is looked at.
    world.tell(buy(3, 5).at("99").until(world.now() + 2_000_000_000));
    world.step_ns = 2_000_000_000;
    assert_eq!(
        world.tell(sell(0, 1).at("99")),
        ["#6 cancelled 5 Expired", "#7 accepted"]
    );
}

#[test]
fn an_immediate_order_is_for_an_open_market() {
    let mut world = stairs();
    world.tell(status(InstrumentStatus::PreOpen));
    let denied = ["denied InstrumentNotOpen PreOpen"];
    assert_eq!(world.tell(buy(3, 5)), denied);
    assert_eq!(world.tell(buy(3, 5).at("100").ioc()), denied);
    assert_eq!(world.tell(buy(3, 5).at("100").fok()), denied);
    assert_eq!(world.tell(buy(3, 5).at("100")), ["#4 accepted"]);
}

#[test]
fn against_the_outside_market_it_is_the_touch_that_decides() {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("99", "100"));
    assert_eq!(
        world.tell(buy(0, 5).at("100").post_only()),
        ["denied WouldTake 100"]
    );
    assert_eq!(world.tell(buy(0, 5).at("99").post_only()), ["#1 accepted"]);
    assert_eq!(
        world.tell(buy(0, 5).at("99").ioc()),
        ["#2 accepted", "#2 cancelled 5 NotMarketable"]
    );
    assert_eq!(
        world.tell(buy(0, 5).at("99").fok()),
        ["#3 accepted", "#3 cancelled 5 NotFillable"]
    );
    assert_eq!(
        world.tell(buy(0, 5).at("101").fok()),
        ["#4 accepted", "#4 buys 5 at 100 (Touch)"]
    );
    // A side that displays nothing is no price to take.
    world.tell(sized("99", 1, "100", 0));
    assert_eq!(world.tell(buy(0, 5).at("100").post_only()), ["#5 accepted"]);
    assert_eq!(
        world.tell(buy(0, 5)),
        ["#6 accepted", "#6 cancelled 5 NotMarketable"]
    );
}

#[test]
fn displayed_depth_fills_a_whole_order_across_levels_or_kills_it() {
    let model = PaperModel {
        sizes: Sizes::Displayed,
        ..PaperModel::default()
    };
    let mut world = World::trading(paper(model));
    world.tell(depth(&[("99", 5)], &[("100", 3), ("101", 4), ("102", 5)]));
    assert_eq!(
        world.tell(buy(0, 8).at("101").fok()),
        ["#1 accepted", "#1 cancelled 8 NotFillable"]
    );
    assert_eq!(
        world.tell(buy(0, 7).at("101").fok()),
        [
            "#2 accepted",
            "#2 buys 3 at 100 leaves 4 (Depth)",
            "#2 buys 4 at 101 (Depth)",
        ]
    );
    // What it took is gone for this account, though it is still displayed.
    assert_eq!(
        world.tell(buy(0, 1).at("101").fok()),
        ["#3 accepted", "#3 cancelled 1 NotFillable"]
    );
    assert_eq!(
        world.tell(buy(1, 1).at("101").fok()),
        ["#4 accepted", "#4 buys 1 at 100 (Depth)"]
    );
}
