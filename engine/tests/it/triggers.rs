//! Stops, market-if-touched and trailing stops: what reaches a trigger, and what happens then.

use types::{Instrument, InstrumentKind, InstrumentStatus, NewOrder, PaperModel, Ratio, Side};

use crate::words::{
    Of, Words, amend_price, amend_trigger, buy, cancel, print, quote, sell, sized, status, whole,
};
use crate::world::{World, crossed, instrument, paper};

/// Fills at the touch; 100 bid, 101 asked.
fn outside() -> World {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    world
}

/// An order, a quote at which it still waits, and one that reaches it.
fn reached(order: NewOrder, waits: (&str, &str), fires: (&str, &str), told: [&str; 2]) {
    let mut world = outside();
    assert_eq!(world.tell(order), ["#1 accepted"], "{order:?}");
    assert_eq!(world.tell(quote(waits.0, waits.1)), [""; 0], "{order:?}");
    assert_eq!(world.tell(quote(fires.0, fires.1)), told, "{order:?}");
}

#[test]
fn each_kind_fires_on_its_side_exactly_at_its_trigger() {
    let sold = ["#1 triggered at 95", "#1 sells 5 at 95 (Touch)"];
    reached(sell(0, 5).stop("95"), ("96", "97"), ("95", "97"), sold);
    let bought = ["#1 triggered at 105", "#1 buys 5 at 105 (Touch)"];
    reached(
        buy(0, 5).stop("105"),
        ("104", "104"),
        ("100", "105"),
        bought,
    );
    let sold = ["#1 triggered at 105", "#1 sells 5 at 105 (Touch)"];
    reached(
        sell(0, 5).touched("105"),
        ("104", "110"),
        ("105", "110"),
        sold,
    );
    let bought = ["#1 triggered at 95", "#1 buys 5 at 95 (Touch)"];
    reached(buy(0, 5).touched("95"), ("90", "96"), ("90", "95"), bought);
}

#[test]
fn a_gap_triggers_and_fills_where_the_market_is() {
    let sold = ["#1 triggered at 80", "#1 sells 5 at 80 (Touch)"];
    reached(sell(0, 5).stop("95"), ("96", "97"), ("80", "97"), sold);
    let bought = ["#1 triggered at 80", "#1 buys 5 at 80 (Touch)"];
    reached(buy(0, 5).touched("95"), ("90", "96"), ("79", "80"), bought);
}

#[test]
fn what_is_due_on_arrival_fires_on_arrival() {
    let mut world = outside();
    assert_eq!(
        world.tell(sell(0, 5).stop("100")),
        [
            "#1 accepted",
            "#1 triggered at 100",
            "#1 sells 5 at 100 (Touch)"
        ]
    );
    assert_eq!(
        world.tell(buy(0, 5).touched("103")),
        [
            "#2 accepted",
            "#2 triggered at 101",
            "#2 buys 5 at 101 (Touch)"
        ]
    );
}

#[test]
fn a_stop_limit_fills_within_its_limit_or_rests_there() {
    let mut world = outside();
    world.tell(sell(0, 5).stop_limit("95", "94"));
    world.tell(sell(1, 5).stop_limit("95", "90"));
    // Through both triggers; only the second accepts 92.
    assert_eq!(
        world.tell(quote("92", "93")),
        [
            "#1 triggered at 92",
            "#2 triggered at 92",
            "#2 sells 5 at 92 (Touch)",
        ]
    );
    assert_eq!(world.trigger(1), "");
    assert_eq!(world.tell(quote("93", "94")), [""; 0]);
    // The market comes back to its limit.
    assert_eq!(
        world.tell(quote("96", "97")),
        ["#1 sells 5 at 94 (Touch, maker)"]
    );
}

#[test]
fn the_newest_print_triggers_what_looks_at_it_and_the_touch_fills_it() {
    let mut world = outside();
    world.tell(buy(0, 5).stop("105").on_last());
    assert_eq!(world.tell(quote("110", "111")), [""; 0]);
    assert_eq!(world.tell(print("104", 9)), [""; 0]);
    assert_eq!(
        world.tell(print("106", 9)),
        ["#1 triggered at 106", "#1 buys 5 at 111 (Touch)"]
    );
    // And the other way round: a print does not trigger what looks at the quote.
    world.tell(sell(0, 5).stop("90"));
    assert_eq!(world.tell(print("80", 9)), [""; 0]);
    // The newest print is there when an order arrives.
    assert_eq!(
        world.tell(sell(0, 5).stop("80").on_last())[1],
        "#3 triggered at 80"
    );
}

#[test]
fn a_side_that_displays_nothing_triggers_nothing() {
    let mut world = outside();
    world.tell(sell(0, 5).stop("95"));
    assert_eq!(world.tell(sized("90", 0, "91", 5)), [""; 0]);
    assert_eq!(
        world.tell(sized("91", 1, "92", 0)),
        ["#1 triggered at 91", "#1 sells 5 at 91 (Touch)"]
    );
}

#[test]
fn in_a_halted_or_stale_market_nothing_triggers_until_it_is_good_again() {
    let mut world = outside();
    world.tell_all([sell(0, 5).stop("95"), sell(1, 5).stop("94")]);
    world.tell(status(InstrumentStatus::Halted));
    assert_eq!(world.tell(quote("95", "96")), [""; 0]);
    assert_eq!(
        world.tell(status(InstrumentStatus::Open)),
        ["Open", "#1 triggered at 95", "#1 sells 5 at 95 (Touch)"]
    );
    // A crossed quote says nothing but that the one before it is stale.
    assert_eq!(
        world.tell(quote("94", "93")),
        ["rejected BadQuote 94 over 93"]
    );
    assert_eq!(world.tell(print("90", 1)), [""; 0]);
    assert_eq!(
        world.tell(quote("94", "96")),
        ["#2 triggered at 94", "#2 sells 5 at 94 (Touch)"]
    );
}

#[test]
fn an_amended_trigger_may_be_due_at_once() {
    let mut world = outside();
    world.tell(sell(0, 5).stop("95"));
    assert_eq!(
        world.tell(amend_trigger(0, 1, "99")),
        ["#1 amended 5 from 99"]
    );
    assert_eq!(world.trigger(1), "99");
    assert_eq!(
        world.tell(amend_trigger(0, 1, "100")),
        [
            "#1 amended 5 from 100",
            "#1 triggered at 100",
            "#1 sells 5 at 100 (Touch)",
        ]
    );
    // A limit order has none, and that of a trailing stop is not its owner's to move.
    world.tell(sell(0, 5).at("120"));
    world.tell(sell(0, 5).trail("5"));
    let denied = |id| [format!("#{id} change denied NoSuchPrice")];
    assert_eq!(world.tell(amend_trigger(0, 2, "99")), denied(2));
    assert_eq!(world.tell(amend_trigger(0, 3, "99")), denied(3));
}

/// A share or a coin costs more than nothing, and so does what waits for it; a contract may cost less.
#[test]
fn what_never_costs_nothing_has_no_order_at_zero_or_below() {
    use InstrumentKind::{CryptoSpot, Equity, Future, FxPair};
    for (kind, is_denied) in [
        (Equity, true),
        (CryptoSpot, true),
        (FxPair, false),
        (Future, false),
    ] {
        let mut world = World::trading(Instrument { kind, ..crossed() });
        for order in [
            sell(0, 1).at("0"),
            sell(0, 1).at("-5"),
            sell(0, 1).stop("0"),
            sell(0, 1).touched("-1"),
            sell(0, 1).stop_limit("1", "0"),
            sell(0, 1).stop_limit("0", "1"),
        ] {
            let told = world.tell(order);
            assert_eq!(told == ["denied PriceNotPositive"], is_denied, "{told:?}");
        }
        if is_denied {
            world.tell(buy(1, 1).at("3"));
            let denied = ["#1 change denied PriceNotPositive"];
            assert_eq!(world.tell(amend_price(1, 1, "0")), denied);
        }
        world.agrees();
    }
}

#[test]
fn what_a_quote_makes_due_is_executed_in_order_of_acceptance() {
    let mut world = outside();
    world.tell_all([
        sell(0, 1).stop("91"),
        sell(1, 1).stop("95"),
        buy(2, 1).at("93"),
        sell(3, 1).stop("93"),
    ]);
    let told = world.tell(quote("90", "91"));
    let first: Vec<_> = told.iter().map(|line| &line[..2]).collect();
    assert_eq!(first, ["#1", "#1", "#2", "#2", "#3", "#4", "#4"]);
}

#[test]
fn a_trailing_stop_follows_by_an_amount_and_never_goes_back() {
    let mut world = outside();
    world.tell(sell(0, 5).trail("5"));
    world.tell(buy(1, 5).trail("5"));
    assert_eq!(
        (world.trigger(1), world.trigger(2)),
        ("95".into(), "106".into())
    );
    // Bid and ask; triggers of the sell and of the buy after them.
    for (bid, ask, sell_stop, buy_stop) in [
        ("104", "105", "99", "106"),
        ("103", "104", "99", "106"),
        ("101", "102", "99", "106"),
        ("100", "101", "99", "106"),
    ] {
        assert_eq!(world.tell(quote(bid, ask)), [""; 0]);
        assert_eq!(
            (world.trigger(1), world.trigger(2)),
            (sell_stop.into(), buy_stop.into())
        );
    }
    assert_eq!(
        world.tell(quote("98", "99")),
        ["#1 triggered at 98", "#1 sells 5 at 98 (Touch)"]
    );
    assert_eq!(world.trigger(2), "104");
    world.tell(quote("94", "95"));
    assert_eq!(world.trigger(2), "100");
    assert_eq!(
        world.tell(quote("99", "100")),
        ["#2 triggered at 100", "#2 buys 5 at 100 (Touch)"]
    );
}

#[test]
fn a_share_is_rounded_down_to_a_tick_and_is_one_at_least() {
    let mut world = World::limited(
        engine::Limits::default(),
        &[
            paper(PaperModel::default()),
            instrument("FINE", "0.05", "1", "1"),
        ],
        &crate::world::plan("1000000"),
        1,
    );
    world.tell(quote("100", "101"));
    // 2.9 ticks are 2; 0.5 of a tick is 1.
    world.tell(sell(0, 5).trail_share(Ratio(29_000_000)));
    world.tell(sell(0, 5).trail_share(Ratio(5_000_000)));
    assert_eq!(
        (world.trigger(1), world.trigger(2)),
        ("98".into(), "99".into())
    );
    // 2.9% of 300 are 8.7: 8. 0.5% are 1.5: 1.
    world.tell(quote("300", "301"));
    assert_eq!(
        (world.trigger(1), world.trigger(2)),
        ("292".into(), "299".into())
    );
    // 1% of 100.05 are 1.0005: 20 ticks of 0.05.
    world.tell(quote("100.05", "100.10").of(1));
    world.tell(sell(0, 5).trail_share(Ratio::percent(1)).of(1));
    assert_eq!(world.trigger(3), "99.05");
}

#[test]
fn a_trailing_stop_on_the_print_waits_for_the_first_one() {
    let mut world = outside();
    world.tell(sell(0, 5).trail("5").on_last());
    assert_eq!(world.trigger(1), "");
    world.tell(quote("60", "61"));
    assert_eq!(world.trigger(1), "");
    world.tell(print("100", 1));
    assert_eq!(world.trigger(1), "95");
    world.tell(print("110", 1));
    assert_eq!(world.trigger(1), "105");
    world.tell(print("106", 1));
    assert_eq!(
        world.tell(print("105", 1)),
        ["#1 triggered at 105", "#1 sells 5 at 60 (Touch)"]
    );
}

#[test]
fn a_side_that_displays_nothing_does_not_ratchet() {
    let mut world = outside();
    world.tell(sell(0, 5).trail("5"));
    world.tell(sized("110", 0, "111", 5));
    assert_eq!(world.trigger(1), "95");
    world.tell(sized("110", 1, "111", 5));
    assert_eq!(world.trigger(1), "105");
}

#[test]
fn a_trail_is_above_zero_on_the_grid_and_a_share_below_one() {
    let mut world = outside();
    let bad = |trail: &str| [format!("denied BadTrail {trail}")];
    assert_eq!(world.tell(sell(0, 5).trail("0")), bad("0"));
    assert_eq!(world.tell(sell(0, 5).trail("-1")), bad("-1"));
    assert_eq!(world.tell(sell(0, 5).trail_share(Ratio(0))), bad("0"));
    let one = bad("1000000000");
    assert_eq!(world.tell(sell(0, 5).trail_share(Ratio::ONE)), one);
    assert_eq!(
        world.tell(sell(0, 5).trail("0.5")),
        ["denied PriceOffTick 1"]
    );
    assert_eq!(
        world.tell(sell(0, 5).trail_share(Ratio(999_999_999))),
        ["#1 accepted"]
    );
}

/// A book with bids of 1 at 100, 99, 98 ... of account 0 (#1 to #6).
fn stairs_down() -> World {
    let mut world = World::trading(crossed());
    for step in 0..6 {
        world.tell(buy(0, 1).at(&whole(100 - step)));
    }
    world
}

#[test]
fn stops_that_set_off_stops_run_until_none_is_left() {
    let mut world = stairs_down();
    // Each is set off by the trade of the one before.
    world.tell_all([
        sell(1, 1).stop("98").on_last(),
        sell(2, 1).stop("100").on_last(),
        sell(1, 1).stop("99").on_last(),
        sell(2, 1).stop("90").on_last(),
    ]);
    assert_eq!(
        world.tell(sell(3, 1)),
        [
            "#11 accepted",
            "#1 buys 1 at 100",
            "#11 sells 1 at 100",
            "#8 triggered at 100",
            "#2 buys 1 at 99",
            "#8 sells 1 at 99",
            "#9 triggered at 99",
            "#3 buys 1 at 98",
            "#9 sells 1 at 98",
            "#7 triggered at 98",
            "#4 buys 1 at 97",
            "#7 sells 1 at 97",
        ]
    );
    assert_eq!(world.working_ids(), [5, 6, 10]);
}

#[test]
fn a_print_that_the_next_one_takes_back_has_set_off_what_it_reached() {
    let mut world = World::trading(crossed());
    world.tell_all([
        sell(1, 1).at("100"),
        sell(1, 5).at("110"),
        buy(1, 5).at("90"),
        buy(0, 1).stop("100").on_last(),
        sell(3, 1).stop("100").on_last(),
        buy(2, 1).stop("108").on_last(),
    ]);
    // 100 reaches #4 and #5. #4 prints 110, which reaches #6, before #5 prints 90.
    assert_eq!(
        world.tell(buy(4, 1)),
        [
            "#7 accepted",
            "#1 sells 1 at 100",
            "#7 buys 1 at 100",
            "#4 triggered at 100",
            "#2 sells 1 at 110 leaves 4",
            "#4 buys 1 at 110",
            "#5 triggered at 100",
            "#3 buys 1 at 90 leaves 4",
            "#5 sells 1 at 90",
            "#6 triggered at 110",
            "#2 sells 1 at 110 leaves 3",
            "#6 buys 1 at 110",
        ]
    );
    world.agrees();
}

#[test]
fn each_print_of_one_order_is_looked_at() {
    let mut world = World::trading(crossed());
    world.tell_all([sell(1, 1).at("100"), buy(0, 1)]);
    world.tell_all([
        sell(1, 1).at("95"),
        sell(1, 1).at("110"),
        buy(0, 1).at("90"),
        sell(2, 1).stop("96").on_last(),
    ]);
    // 95 is at the stop; 110, the newest print when the order is done, is not.
    assert_eq!(
        world.tell(buy(4, 2)),
        [
            "#7 accepted",
            "#3 sells 1 at 95",
            "#7 buys 1 at 95 leaves 1",
            "#4 sells 1 at 110",
            "#7 buys 1 at 110",
            "#6 triggered at 95",
            "#5 buys 1 at 90",
            "#6 sells 1 at 90",
        ]
    );
    world.agrees();
}

#[test]
fn a_trailing_stop_on_the_print_follows_each_print_of_a_book() {
    let mut world = World::trading(crossed());
    world.tell_all([
        sell(1, 1).at("100"),
        sell(1, 1).at("104"),
        buy(1, 1).at("98"),
        buy(1, 9).at("90"),
        sell(2, 1).trail("5").on_last(),
        sell(3, 1).touched("104").on_last(),
    ]);
    // Prints of 100 and 104 take the trail to 95 and to 99. 104 sets off #6, whose print of 98 is below 99.
    assert_eq!(
        world.tell(buy(4, 2)),
        [
            "#7 accepted",
            "#1 sells 1 at 100",
            "#7 buys 1 at 100 leaves 1",
            "#2 sells 1 at 104",
            "#7 buys 1 at 104",
            "#6 triggered at 104",
            "#3 buys 1 at 98",
            "#6 sells 1 at 98",
            "#5 triggered at 98",
            "#4 buys 1 at 90 leaves 8",
            "#5 sells 1 at 90",
        ]
    );
    world.agrees();
}

#[test]
fn what_a_print_reached_before_the_breaker_halted_waits_again() {
    let mut world = World::trading(Instrument {
        breaker: Ratio::percent(10),
        ..crossed()
    });
    world.tell_all([sell(1, 1).at("100"), buy(0, 1)]);
    world.tell_all([sell(1, 1).at("105"), sell(1, 9).at("120")]);
    world.tell_all([
        buy(2, 1).stop("105").on_last(),
        sell(3, 1).trail("3").on_last(),
    ]);
    assert_eq!(
        world.tell(buy(4, 2)),
        [
            "#7 accepted",
            "#3 sells 1 at 105",
            "#7 buys 1 at 105 leaves 1",
            "Halted by breaker",
            "#7 cancelled 1 Breaker 120 beyond 110",
        ]
    );
    assert_eq!(
        (world.trigger(5), world.trigger(6)),
        ("105".into(), "102".into())
    );
    world.tell(cancel(1, 4));
    assert_eq!(
        world.tell(status(InstrumentStatus::Open)),
        [
            "Open",
            "#5 triggered at 105",
            "#5 cancelled 1 NotMarketable"
        ]
    );
    world.agrees();
}

#[test]
fn stops_on_the_quote_see_what_the_ones_before_them_took() {
    let mut world = stairs_down();
    // Somebody asks, so that there is a touch.
    world.tell(sell(4, 9).at("110"));
    world.tell_all([sell(1, 2).stop("99"), sell(2, 1).stop("97")]);
    assert_eq!(
        world.tell(cancel(0, 1)),
        [
            "#1 cancelled 1 Requested",
            "#8 triggered at 99",
            "#2 buys 1 at 99",
            "#8 sells 1 at 99 leaves 1",
            "#3 buys 1 at 98",
            "#8 sells 1 at 98",
            "#9 triggered at 97",
            "#4 buys 1 at 97",
            "#9 sells 1 at 97",
        ]
    );
}

#[test]
fn a_trigger_in_a_book_may_be_reached_by_an_order_that_only_rests() {
    let mut world = stairs_down();
    world.tell(buy(1, 1).stop("105"));
    assert_eq!(
        world.tell(sell(2, 3).at("105")),
        [
            "#8 accepted",
            "#7 triggered at 105",
            "#8 sells 1 at 105 leaves 2",
            "#7 buys 1 at 105",
        ]
    );
}

#[test]
fn trailing_stops_follow_the_book() {
    let mut world = stairs_down();
    world.tell(sell(4, 9).at("110"));
    world.tell(sell(1, 1).trail("2"));
    assert_eq!(world.trigger(8), "98");
    world.tell(buy(2, 1).at("105"));
    assert_eq!(world.trigger(8), "103");
    // The bid goes: the next one is far below.
    assert_eq!(
        world.tell(cancel(2, 9)),
        [
            "#9 cancelled 1 Requested",
            "#8 triggered at 100",
            "#1 buys 1 at 100",
            "#8 sells 1 at 100",
        ]
    );
    assert_eq!(world.levels(Side::Sell), "110 x 9 [#7]");
}

#[test]
fn a_day_order_that_waits_ends_with_its_day() {
    let mut world = outside();
    world.tell(sell(0, 5).stop("95").day());
    let told = crate::told::told(&world.roll(2));
    assert!(
        told.contains(&"#1 cancelled 5 DayOver".to_owned()),
        "{told:?}"
    );
}
