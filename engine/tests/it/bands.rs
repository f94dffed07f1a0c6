//! Price bands and statuses: collar, circuit breaker, and what each status takes.

use types::{Instrument, InstrumentStatus, MarketChange, PaperModel, Ratio, Slippage};

use crate::words::{Words, amend_price, amend_qty, buy, cancel, print, quote, sell, sized, status};
use crate::world::{World, crossed, paper};

/// A book with a collar of 5% whose newest trade was at 100.
fn collared() -> World {
    let mut world = World::trading(Instrument {
        collar: Ratio::percent(5),
        ..crossed()
    });
    world.tell_all([sell(0, 1).at("100"), buy(1, 1)]);
    world
}

/// A book with a breaker of 10%, in a session that began at 100.
fn guarded() -> World {
    let mut world = World::trading(Instrument {
        breaker: Ratio::percent(10),
        ..crossed()
    });
    world.tell_all([sell(0, 1).at("100"), buy(1, 1)]);
    world
}

#[test]
fn a_limit_price_is_within_the_collar_on_the_side_where_it_hurts() {
    let mut world = collared();
    assert_eq!(
        world.tell(buy(2, 1).at("106")),
        ["denied PriceOutsideCollar 95 to 105"]
    );
    assert_eq!(
        world.tell(sell(2, 1).at("94")),
        ["denied PriceOutsideCollar 95 to 105"]
    );
    assert_eq!(world.tell(buy(2, 1).at("105")), ["#3 accepted"]);
    assert_eq!(world.tell(buy(2, 1).at("20")), ["#4 accepted"]);
    assert_eq!(world.tell(sell(3, 1).at("400")), ["#5 accepted"]);
    assert_eq!(
        world.tell(buy(2, 1).stop_limit("120", "121")),
        ["denied PriceOutsideCollar 95 to 105"]
    );
    // A trigger alone is no price at which it would trade.
    assert_eq!(world.tell(buy(2, 1).stop("500")), ["#6 accepted"]);
    assert_eq!(
        world.tell(amend_price(2, 4, "106")),
        ["#4 change denied PriceOutsideCollar 95 to 105"]
    );
}

#[test]
fn the_reference_is_the_newest_print_else_the_middle_of_the_touch() {
    let mut world = World::trading(Instrument {
        collar: Ratio::percent(10),
        ..paper(PaperModel::default())
    });
    // (101 + 104) / 2 = 102.5: 102; 10.2 ticks: 10.
    world.tell(quote("101", "104"));
    assert_eq!(
        world.tell(buy(0, 1).at("113")),
        ["denied PriceOutsideCollar 92 to 112"]
    );
    world.tell(print("200", 1));
    assert_eq!(
        world.tell(buy(0, 1).at("221")),
        ["denied PriceOutsideCollar 180 to 220"]
    );
    assert_eq!(
        world.tell(sell(0, 1).at("179")),
        ["denied PriceOutsideCollar 180 to 220"]
    );
    // Below zero the distance is still a distance.
    world.tell(quote("-101", "-100"));
    world.tell(print("-100", 1));
    assert_eq!(
        world.tell(buy(0, 1).at("-89")),
        ["denied PriceOutsideCollar -110 to -90"]
    );
}

#[test]
fn without_a_reference_there_is_no_collar() {
    let mut world = World::trading(Instrument {
        collar: Ratio::percent(5),
        ..crossed()
    });
    assert_eq!(world.tell(sell(0, 1).at("1000")), ["#1 accepted"]);
    assert_eq!(world.tell(buy(1, 1)).len(), 3);
}

#[test]
fn a_market_order_trades_up_to_the_collar_and_no_further() {
    let mut world = collared();
    world.tell_all([
        sell(0, 5).at("100"),
        sell(0, 5).at("105"),
        sell(0, 5).at("106"),
    ]);
    // 105 is the newest print then, but the order was measured from 100.
    assert_eq!(
        world.tell(buy(2, 15)),
        [
            "#6 accepted",
            "#3 sells 5 at 100",
            "#6 buys 5 at 100 leaves 10",
            "#4 sells 5 at 105",
            "#6 buys 5 at 105 leaves 5",
            "#6 cancelled 5 Collar 106 beyond 105",
        ]
    );
    assert_eq!(
        world.tell(buy(2, 5)),
        ["#7 accepted", "#5 sells 5 at 106", "#7 buys 5 at 106"]
    );
    assert_eq!(
        world.tell(buy(2, 5)),
        ["#8 accepted", "#8 cancelled 5 NotMarketable"]
    );
}

#[test]
fn outside_a_market_order_beyond_the_collar_does_not_fill() {
    let mut world = World::trading(Instrument {
        collar: Ratio::percent(5),
        ..paper(PaperModel {
            slippage: Slippage::Ticks(2),
            ..PaperModel::default()
        })
    });
    world.tell(quote("97", "103"));
    world.tell(print("100", 1));
    assert_eq!(
        world.tell(buy(0, 1)),
        ["#1 accepted", "#1 buys 1 at 105 (Touch)"]
    );
    world.tell(quote("97", "104"));
    assert_eq!(
        world.tell(buy(0, 1)),
        ["#2 accepted", "#2 cancelled 1 Collar 106 beyond 105"]
    );
    assert_eq!(
        world.tell(sell(0, 1)),
        ["#3 accepted", "#3 sells 1 at 95 (Touch)"]
    );
    // A limit order has its own bound: its slippage ends there.
    assert_eq!(
        world.tell(buy(0, 1).at("105")),
        ["#4 accepted", "#4 buys 1 at 105 (Touch)"]
    );
    // A stop that is triggered out there is stopped as well.
    world.tell(buy(0, 1).stop("110"));
    assert_eq!(
        world.tell(quote("97", "111")),
        [
            "#5 triggered at 111",
            "#5 cancelled 1 Collar 113 beyond 105"
        ]
    );
}

#[test]
fn a_trade_beyond_the_breaker_halts_the_instrument_instead() {
    let mut world = guarded();
    world.tell_all([
        sell(0, 5).at("110"),
        sell(0, 5).at("111"),
        buy(3, 5).at("90"),
        buy(3, 5).at("89"),
    ]);
    assert_eq!(
        world.tell(buy(2, 8).at("120")),
        [
            "#7 accepted",
            "#3 sells 5 at 110",
            "#7 buys 5 at 110 leaves 3",
            "Halted by breaker",
            "#7 cancelled 3 Breaker 111 beyond 110",
        ]
    );
    assert_eq!(
        world.tell(buy(2, 1).at("90")),
        ["denied InstrumentNotOpen Halted"]
    );
    assert_eq!(world.tell(cancel(3, 6)), ["#6 cancelled 5 Requested"]);
    assert_eq!(world.asks(), "111 x 5 [#4]");
    // The session goes on from where it began: 111 is as far as before.
    world.tell(status(InstrumentStatus::Open));
    assert_eq!(
        world.tell(buy(2, 1)),
        [
            "#8 accepted",
            "Halted by breaker",
            "#8 cancelled 1 Breaker 111 beyond 110"
        ]
    );
}

#[test]
fn a_new_session_has_a_new_reference() {
    let mut world = guarded();
    world.tell(sell(0, 5).at("111"));
    world.tell(status(InstrumentStatus::PreOpen));
    assert_eq!(world.picture().session, None);
    world.tell(status(InstrumentStatus::Open));
    // Nothing traded in the auction: the first trade is the reference.
    assert_eq!(world.tell(buy(2, 1)).len(), 3);
    assert_eq!(world.picture().session, Some(crate::world::price("111")));
}

#[test]
fn an_auction_is_beyond_the_breaker_and_is_its_new_reference() {
    let mut world = guarded();
    world.tell_all([
        status(InstrumentStatus::Halted),
        status(InstrumentStatus::PreClose),
    ]);
    world.tell_all([buy(2, 1).at("170"), sell(3, 1).at("170")]);
    world.tell(status(InstrumentStatus::Open));
    // 170 is 70% away from 100, where the session began.
    let picture = world.picture();
    assert_eq!(picture.status, InstrumentStatus::Open);
    assert_eq!(picture.session, Some(crate::world::price("170")));
    // From now on the band is 153 to 187.
    world.tell_all([sell(3, 1).at("187"), sell(3, 1).at("188")]);
    assert_eq!(world.tell(buy(2, 1)).len(), 3);
    assert_eq!(
        world.tell(buy(2, 1)),
        [
            "#8 accepted",
            "Halted by breaker",
            "#8 cancelled 1 Breaker 188 beyond 187"
        ]
    );
    world.agrees();
}

#[test]
fn the_breaker_works_downwards_and_on_orders_that_fill_whole_or_not_at_all() {
    let mut world = guarded();
    world.tell_all([buy(3, 5).at("90"), buy(3, 5).at("89")]);
    // 5 of 6 are within the band: it cannot fill whole, so that nothing trades.
    assert_eq!(
        world.tell(sell(2, 6).at("80").fok()),
        ["#5 accepted", "#5 cancelled 6 NotFillable"]
    );
    assert_eq!(
        world.tell(sell(2, 6).at("80").ioc())[3..],
        ["Halted by breaker", "#6 cancelled 1 Breaker 89 beyond 90"]
    );
}

#[test]
fn a_stop_that_trips_the_breaker_leaves_the_others_waiting() {
    let mut world = guarded();
    world.tell_all([
        buy(3, 1).at("95"),
        buy(3, 9).at("85"),
        sell(1, 1).stop("96").on_last(),
        sell(2, 1).stop("97").on_last(),
    ]);
    assert_eq!(
        world.tell(sell(4, 1)),
        [
            "#7 accepted",
            "#3 buys 1 at 95",
            "#7 sells 1 at 95",
            "#5 triggered at 95",
            "Halted by breaker",
            "#5 cancelled 1 Breaker 85 beyond 90",
        ]
    );
    assert_eq!(world.working_ids(), [4, 6]);
}

#[test]
fn only_a_book_has_a_breaker_and_a_band_is_a_share() {
    let mut world = World::trading(crossed());
    let reject = |world: &mut World, instrument: Instrument| {
        let told = world.tell(types::Command::RegisterInstrument(Box::new(instrument)));
        assert_eq!(told, ["rejected BadInstrument(Bands)"]);
    };
    let outside = paper(PaperModel::default());
    reject(
        &mut world,
        Instrument {
            breaker: Ratio(1),
            ..outside
        },
    );
    for share in [Ratio(-1), Ratio::ONE] {
        reject(
            &mut world,
            Instrument {
                collar: share,
                ..outside
            },
        );
        reject(
            &mut world,
            Instrument {
                breaker: share,
                ..crossed()
            },
        );
    }
}

#[test]
fn what_each_status_takes() {
    // Market, limit, immediate, stop, at the open, at the close.
    for (at, expected) in [
        (InstrumentStatus::Open, [true, true, true, true, true, true]),
        (
            InstrumentStatus::PreOpen,
            [false, true, false, true, true, true],
        ),
        (
            InstrumentStatus::PreClose,
            [false, true, false, true, true, true],
        ),
        (InstrumentStatus::Halted, [false; 6]),
        (
            InstrumentStatus::Closed,
            [false, false, false, false, true, false],
        ),
    ] {
        for instrument in [crossed(), paper(PaperModel::default())] {
            let mut world = World::trading(instrument);
            world.tell(quote("100", "101"));
            world.tell(status(at));
            let orders = [
                buy(0, 1),
                buy(0, 1).at("50"),
                buy(0, 1).at("50").ioc(),
                buy(0, 1).stop("200"),
                buy(0, 1).at_open(),
                buy(0, 1).at_close(),
            ];
            let taken = orders.map(|order| world.tell(order)[0].ends_with("accepted"));
            assert_eq!(taken, expected, "{at:?} of {instrument:?}");
        }
    }
}

/// Nothing but a status lifts a halt, and the firm may give one.
#[test]
fn a_firm_lifts_what_the_breaker_halted() {
    let mut world = guarded();
    world.tell_all([sell(0, 5).at("111"), buy(3, 5).at("90")]);
    assert_eq!(
        world.tell(buy(2, 1)),
        [
            "#5 accepted",
            "Halted by breaker",
            "#5 cancelled 1 Breaker 111 beyond 110",
        ]
    );
    assert_eq!(
        world.tell(sell(1, 1).at("90")),
        ["denied InstrumentNotOpen Halted"]
    );
    let data = world.shard.market_events();
    let change = |instrument, status| types::Command::ChangeMarket {
        instrument: types::InstrumentId(instrument),
        change: MarketChange::Status(status),
    };
    assert_eq!(
        world.tell(change(1, InstrumentStatus::Open)),
        ["rejected UnknownInstrument"]
    );
    assert_eq!(world.tell(change(0, InstrumentStatus::Open)), ["Open"]);
    assert_eq!(world.tell(change(0, InstrumentStatus::Open)), [""; 0]);
    // The session's first price is still 100: 90 is within the band.
    assert_eq!(
        world.tell(sell(1, 1).at("90")),
        [
            "#6 accepted",
            "#4 buys 1 at 90 leaves 4",
            "#6 sells 1 at 90",
        ]
    );
    assert_eq!(world.shard.market_events(), data, "it is no market data");
    world.agrees();
}

#[test]
fn cancels_are_always_taken_amendments_only_where_orders_are() {
    for (at, amends) in [
        (InstrumentStatus::Open, true),
        (InstrumentStatus::PreOpen, true),
        (InstrumentStatus::PreClose, true),
        (InstrumentStatus::Halted, false),
        (InstrumentStatus::Closed, false),
    ] {
        let mut world = World::trading(crossed());
        world.tell(buy(0, 5).at("50"));
        world.tell(status(at));
        let expected = if amends {
            "#1 amended 4 at 50".to_owned()
        } else {
            format!("#1 change denied InstrumentNotOpen {at:?}")
        };
        assert_eq!(world.tell(amend_qty(0, 1, 4)), [expected], "{at:?}");
        let leaves = if amends { 4 } else { 5 };
        assert_eq!(
            world.tell(cancel(0, 1)),
            [format!("#1 cancelled {leaves} Requested")]
        );
    }
}

#[test]
fn a_stale_quote_takes_neither_orders_nor_amendments() {
    let mut world = World::trading(paper(PaperModel::default()));
    assert_eq!(world.tell(buy(0, 5)), ["denied NoQuote"]);
    world.tell(quote("100", "101"));
    let stale = format!("denied BadQuote stale since {}", world.shard.seq());
    world.tell(buy(0, 5).at("90"));
    world.tell(sized("100", -1, "101", 1));
    assert_eq!(world.tell(buy(0, 5)), std::slice::from_ref(&stale));
    assert_eq!(
        world.tell(amend_qty(0, 1, 4)),
        [format!("#1 change {stale}")]
    );
    assert_eq!(world.tell(cancel(0, 1)), ["#1 cancelled 5 Requested"]);
}

#[test]
fn a_book_takes_no_quotes_from_outside() {
    let mut world = guarded();
    let before = world.picture();
    assert_eq!(
        world.tell(quote("100", "101")),
        ["rejected BadQuote HasBook"]
    );
    assert_eq!(world.tell(print("100", 1)), ["rejected BadQuote HasBook"]);
    assert_eq!(
        world.tell(crate::words::depth(&[("100", 1)], &[])),
        ["rejected BadQuote HasBook"]
    );
    assert_eq!(
        world.tell(crate::words::bar(["1", "1", "1", "1"])),
        ["rejected BadQuote HasBook"]
    );
    assert_eq!(world.picture(), before);
}
