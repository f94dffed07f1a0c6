//! The stop of a cover order lives as long as what its entry opened, also beside another cover order of its account.

use engine::Limits;
use types::{
    BarPath, Instrument, InstrumentStatus, Leg, PaperModel, PositionMode, Ratio, Sizes, Terms,
};

use crate::words::{Words, amend_price, bar, buy, cancel, cover, depth, sell, status};
use crate::world::{World, crossed, paper, plan};

/// 4 long, whose stop rests at its limit: 5 were bought at 100, and one sold to the bid of 95 that reached the trigger.
fn long_four(leg: Leg) -> World {
    let mode = if leg == Leg::Net {
        PositionMode::Netting
    } else {
        PositionMode::Hedging
    };
    let terms = Terms {
        mode,
        ..Terms::default()
    };
    let plan = rules::Plan {
        terms,
        ..plan("1000000")
    };
    let mut world = World::limited(Limits::default(), &[crossed()], &plan, 3);
    // Those that it trades with keep one position each, or the leg that they open.
    let (asks, bids) = match leg {
        Leg::Net => (Leg::Net, Leg::Net),
        Leg::Long | Leg::Short => (Leg::Short, Leg::Long),
    };
    world.tell_all([sell(1, 5).at("100").leg(asks), buy(1, 1).at("95").leg(bids)]);
    let stop = sell(0, 5).stop_limit("95", "95");
    world.tell(cover([buy(0, 5).leg(leg), stop.leg(leg)]));
    assert_eq!(world.asks(), "95 x 4 [#4]");
    world.tell(buy(1, 2).at("90").leg(bids));
    world
}

/// Of 4 long another cover order sells 2 at 90. Its stop is to buy at 95, where the first one's stop rests, and has
/// nothing to close: it ends, and 2 long keep theirs, which sells 2 of its 4.
#[test]
fn a_stop_with_nothing_to_close_does_not_end_the_stop_of_the_position() {
    let mut world = long_four(Leg::Net);
    assert_eq!(
        world.tell(cover([sell(0, 2), buy(0, 2).stop("95")]))[2..],
        [
            "#5 buys 2 at 90",
            "#6 sells 2 at 90",
            "#7 activated 2",
            "#7 triggered at 95",
            "#7 cancelled 2 NotReducing",
        ]
    );
    assert_eq!(world.position(0), "2");
    assert_eq!(world.asks(), "95 x 4 [#4]");
    assert_eq!(world.tell(cancel(0, 4)), ["#4 change denied Mandatory"]);
    assert_eq!(
        world.tell(buy(1, 4).at("95")),
        [
            "#8 accepted",
            "#4 sells 2 at 95 leaves 2",
            "#8 buys 2 at 95 leaves 2",
            "#4 cancelled 2 NotReducing",
        ]
    );
    assert_eq!(world.position(0), "0");
    world.agrees();
}

/// With a leg each, 4 long and 2 short are both open: where their stops meet, each closes what the other does.
#[test]
fn stops_of_a_long_and_a_short_leg_trade_where_they_meet() {
    let mut world = long_four(Leg::Long);
    let stop = buy(0, 2).stop("95").leg(Leg::Short);
    assert_eq!(
        world.tell(cover([sell(0, 2).leg(Leg::Short), stop]))[2..],
        [
            "#5 buys 2 at 90",
            "#6 sells 2 at 90",
            "#7 activated 2",
            "#7 triggered at 95",
            "#4 sells 2 at 95 leaves 2",
            "#7 buys 2 at 95",
        ]
    );
    let held = |leg| world.holding(0, 0, leg).position.to_string();
    assert_eq!(
        (held(Leg::Long), world.asks()),
        ("2".into(), "95 x 2 [#4]".into())
    );
    world.agrees();
}

/// 4 long become 4 short by a sale of 8. The stop of what is closed covers nothing any more: its owner may cancel it.
#[test]
fn the_stop_of_a_position_that_is_closed_is_mandatory_no_more() {
    let mut world = long_four(Leg::Net);
    world.tell(buy(1, 6).at("90"));
    world.tell(sell(0, 8));
    assert_eq!(world.position(0), "-4");
    assert_eq!(world.tell(cancel(0, 4)), ["#4 cancelled 4 Requested"]);
    world.agrees();
}

/// 8 short, and 5 bought by an entry that goes on for 5 more: 3 short, and nothing for its stop of 5 to close.
fn three_short() -> World {
    let model = PaperModel {
        sizes: Sizes::Displayed,
        bars: BarPath::Walked,
        ..PaperModel::default()
    };
    let mut world = World::trading(paper(model));
    world.tell(depth(&[("100", 8)], &[("101", 9)]));
    world.tell(sell(0, 8));
    world.tell(cover([buy(0, 10).at("98"), sell(0, 10).stop("95")]));
    assert_eq!(
        world.tell(depth(&[("97", 9)], &[("98", 5)])),
        ["#2 buys 5 at 98 leaves 5 (Touch, maker)", "#3 activated 5"]
    );
    assert_eq!(world.position(0), "-3");
    world
}

/// The bid comes to the trigger at 94 and the stop stays: of the next 5 that its entry buys 3 close what was short, and
/// 2 are long, which it closes.
#[test]
fn a_stop_with_nothing_to_close_yet_waits_for_its_entry() {
    let mut world = three_short();
    assert_eq!(world.tell(depth(&[("94", 9)], &[("99", 9)])), [""; 0]);
    assert_eq!(world.tell(cancel(0, 3)), ["#3 change denied Mandatory"]);
    assert_eq!(
        world.tell(depth(&[("97", 9)], &[("98", 5)])),
        ["#2 buys 5 at 98 (Touch, maker)", "#3 activated 10"]
    );
    assert_eq!(world.position(0), "2");
    assert_eq!(
        world.tell(depth(&[("94", 9)], &[("99", 9)])),
        [
            "#3 triggered at 94",
            "#3 sells 2 at 94 leaves 8 (Depth)",
            "#3 cancelled 8 NotReducing",
        ]
    );
    assert_eq!(world.position(0), "0");
    world.agrees();
}

/// The same where the bid is at 94 when the entry buys its last 5: what is long by then is closed at once.
#[test]
fn a_stop_that_waited_for_its_entry_fires_as_soon_as_there_is_something_to_close() {
    let mut world = three_short();
    world.tell(depth(&[("94", 9)], &[("99", 9)]));
    assert_eq!(
        world.tell(depth(&[("94", 9)], &[("98", 5)])),
        [
            "#2 buys 5 at 98 (Touch, maker)",
            "#3 activated 10",
            "#3 triggered at 94",
            "#3 sells 2 at 94 leaves 8 (Depth)",
            "#3 cancelled 8 NotReducing",
        ]
    );
    assert_eq!(world.position(0), "0");
    world.agrees();
}

/// An entry that ends having opened nothing takes its stop with it.
#[test]
fn a_stop_with_nothing_to_close_ends_with_its_entry() {
    let mut world = three_short();
    world.tell(depth(&[("94", 9)], &[("99", 9)]));
    assert_eq!(
        world.tell(cancel(0, 2)),
        ["#2 cancelled 5 Requested", "#3 cancelled 5 ParentEnded"]
    );
    world.agrees();
}

/// 5 of 10 are bought, and their stop closes 2, as 3 were sold otherwise. The other 3 of it wait for what the entry buys
/// next: with 5 more it covers 8, of which 5 are to close.
#[test]
fn a_stop_that_closed_all_there_was_waits_for_its_entry() {
    let model = PaperModel {
        sizes: Sizes::Displayed,
        ..PaperModel::default()
    };
    let mut world = World::trading(paper(model));
    world.tell(depth(&[("99", 9)], &[("100", 9)]));
    world.tell(cover([buy(0, 10).at("98"), sell(0, 10).stop("95")]));
    world.tell(depth(&[("97", 9)], &[("98", 5)]));
    world.tell(sell(0, 3));
    assert_eq!(world.position(0), "2");
    assert_eq!(
        world.tell(depth(&[("95", 9)], &[("99", 9)])),
        [
            "#2 triggered at 95",
            "#2 sells 2 at 95 leaves 3 (Depth)",
            "#2 amended 5 from 95",
        ]
    );
    assert_eq!(
        world.tell(depth(&[("97", 9)], &[("98", 5)])),
        ["#1 buys 5 at 98 (Touch, maker)", "#2 activated 10"]
    );
    assert_eq!(
        world.tell(depth(&[("95", 9)], &[("99", 9)])),
        [
            "#2 triggered at 95",
            "#2 sells 5 at 95 leaves 3 (Depth)",
            "#2 cancelled 3 NotReducing",
        ]
    );
    assert_eq!(world.position(0), "0");
    world.agrees();
}

/// Inside a bar, too: from 96 by way of 94 it passes the trigger of 95 with 3 short, and the entry is further down by now.
#[test]
fn a_bar_passes_a_stop_with_nothing_to_close_yet() {
    let mut world = three_short();
    world.tell(amend_price(0, 2, "80"));
    assert_eq!(world.tell(bar(["96", "99", "94", "96"])), [""; 0]);
    assert_eq!(
        (world.position(0), world.trigger(3)),
        ("-3".into(), "95".into())
    );
    world.agrees();
}

/// The breaker of 5% keeps 94 from a session that began at 100: the instrument halts, and the stop goes back to its
/// trigger instead of ending, with a limit as without.
#[test]
fn a_breaker_does_not_end_a_stop() {
    for stop in [sell(0, 5).stop("96"), sell(0, 5).stop_limit("96", "90")] {
        let mut world = World::trading(Instrument {
            breaker: Ratio::percent(5),
            ..crossed()
        });
        world.tell_all([sell(1, 5).at("100"), buy(1, 5).at("97"), buy(2, 5).at("94")]);
        world.tell(cover([buy(0, 5), stop]));
        let told = world.tell(cancel(1, 2));
        assert_eq!(
            told[..3],
            [
                "#2 cancelled 5 Requested",
                "#5 triggered at 94",
                "Halted by breaker"
            ]
        );
        assert_eq!(world.trigger(5), "96");
        assert_eq!(world.position(0), "5");
        // As long as the session lasts it is kept from 94; the next one begins there.
        world.tell(status(InstrumentStatus::Open));
        assert_eq!(
            (world.position(0), world.trigger(5)),
            ("5".into(), "96".into())
        );
        world.tell(status(InstrumentStatus::Closed));
        assert_eq!(
            world.tell(status(InstrumentStatus::Open)),
            [
                "Open",
                "#5 triggered at 94",
                "#3 buys 5 at 94",
                "#5 sells 5 at 94",
            ]
        );
        world.agrees();
    }
}

/// 5 of 10 are bought at 90, and their stop of 95 rests at its limit; 8 sold at 92 make that 3 short. Who bids for the
/// stop meets nothing to close: it goes back to its trigger. The next 5 make 2 long, and with a bid below it the stop
/// stands at 95 again, for 2 of its 10.
#[test]
fn a_stop_at_its_limit_with_nothing_to_close_goes_back_to_its_trigger() {
    let mut world = World::trading(crossed());
    world.tell(cover([
        buy(0, 10).at("90"),
        sell(0, 10).stop_limit("95", "95"),
    ]));
    world.tell(sell(1, 5).at("90"));
    assert_eq!(world.asks(), "95 x 5 [#2]");
    world.tell_all([buy(1, 8).at("92"), sell(0, 8).at("92")]);
    assert_eq!(world.position(0), "-3");
    assert_eq!(
        world.tell(buy(2, 2).at("95")),
        ["#6 accepted", "#2 amended 5 at 95 from 95"]
    );
    assert_eq!(world.asks(), "");
    assert_eq!(
        world.tell(sell(3, 7).at("90")),
        [
            "#7 accepted",
            "#6 buys 2 at 95",
            "#7 sells 2 at 95 leaves 5",
            "#1 buys 5 at 90",
            "#7 sells 5 at 90",
            "#2 activated 10",
        ]
    );
    assert_eq!(world.position(0), "2");
    world.tell(buy(1, 1).at("91"));
    assert_eq!(world.asks(), "95 x 10 [#2]");
    assert_eq!(
        world.tell(buy(1, 3).at("95")),
        [
            "#9 accepted",
            "#2 sells 2 at 95 leaves 8",
            "#9 buys 2 at 95 leaves 1",
            "#2 cancelled 8 NotReducing",
        ]
    );
    assert_eq!(world.position(0), "0");
    world.agrees();
}
