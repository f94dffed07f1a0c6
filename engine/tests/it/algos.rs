//! Orders that the engine slices over time, along a curve, or along what prints.

use types::{
    AlgoKind, Command, CurveId, Instrument, InstrumentStatus, NewAlgo, PaperModel, Qty, Ratio, Side,
};

use crate::words::{
    Words, algo, amend_qty, buy, cancel, cancel_all, market, print, quote, sell, status,
};
use crate::world::{SECOND, World, crossed, paper, price, qty};

/// Fills at the touch; 100 bid, 101 asked.
fn outside() -> World {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    world
}

/// Ten seconds from now, and so many after that.
fn window(world: &World, seconds: u64) -> (u64, u64) {
    let start = world.now() + 10 * SECOND;
    (start, start + seconds * SECOND)
}

fn twap(quantity: i64, slices: u16, window: (u64, u64)) -> NewAlgo {
    algo(0, Side::Buy, quantity, AlgoKind::Twap { slices }, window)
}

fn pov(quantity: i64, percent: i64, window: (u64, u64)) -> NewAlgo {
    let rate = Ratio::percent(percent);
    algo(0, Side::Buy, quantity, AlgoKind::Pov { rate }, window)
}

#[test]
fn equal_slices_at_equal_intervals_make_up_the_whole() {
    let mut world = outside();
    let (start, end) = window(&world, 40);
    // 10 x 1/4, 2/4, 3/4, 4/4 rounded down: 2, 5, 7, 10.
    assert_eq!(world.tell(twap(10, 4, (start, end))), ["#1 algo accepted"]);
    assert_eq!(world.until(start - 1), [""; 0]);
    assert_eq!(
        world.until(start),
        ["#2 accepted", "#2 buys 2 at 101 (Touch)"]
    );
    assert_eq!(world.until(start + 10 * SECOND - 1), [""; 0]);
    assert_eq!(
        world.until(start + 10 * SECOND),
        ["#3 accepted", "#3 buys 3 at 101 (Touch)"]
    );
    world.until(start + 20 * SECOND);
    assert_eq!(world.position(0), "7");
    assert_eq!(
        world.until(start + 30 * SECOND),
        [
            "#5 accepted",
            "#5 buys 3 at 101 (Touch)",
            "#1 algo ended Filled with 10",
        ]
    );
    assert_eq!(world.shard.next_due(), None);
}

#[test]
fn slices_that_are_late_come_one_after_the_other() {
    let mut world = outside();
    let (start, end) = window(&world, 40);
    world.tell(twap(10, 4, (start, end)));
    assert_eq!(
        world.until(start + 25 * SECOND),
        [
            "#2 accepted",
            "#2 buys 2 at 101 (Touch)",
            "#3 accepted",
            "#3 buys 3 at 101 (Touch)",
            "#4 accepted",
            "#4 buys 2 at 101 (Touch)",
        ]
    );
}

#[test]
fn a_slice_that_is_due_already_is_sent_with_the_algo() {
    let mut world = outside();
    let start = world.now() + SECOND;
    assert_eq!(
        world.tell(twap(10, 2, (start, start + 10 * SECOND))),
        [
            "#1 algo accepted",
            "#2 accepted",
            "#2 buys 5 at 101 (Touch)"
        ]
    );
}

#[test]
fn what_a_slice_leaves_is_in_the_next_one() {
    let mut world = outside();
    let (start, end) = window(&world, 20);
    let limited = NewAlgo {
        limit: Some(price("99")),
        ..twap(10, 2, (start, end))
    };
    world.tell(limited);
    assert_eq!(world.until(start), ["#2 accepted"]);
    assert_eq!(
        world.until(start + 10 * SECOND),
        ["#2 cancelled 5 Algo", "#3 accepted"]
    );
    assert_eq!(
        world.tell(quote("98", "99")),
        [
            "#3 buys 10 at 99 (Touch, maker)",
            "#1 algo ended Filled with 10",
        ]
    );
    // And at the end of the time what is left is cancelled.
    let (start, end) = window(&world, 20);
    world.tell(NewAlgo {
        limit: Some(price("90")),
        ..twap(10, 2, (start, end))
    });
    world.until(end - 1);
    assert_eq!(
        world.until(end),
        ["#6 cancelled 10 Algo", "#4 algo ended Over with 0"]
    );
}

#[test]
fn a_curve_gives_each_interval_its_share() {
    let mut world = outside();
    for weights in [vec![1, 3, 6], vec![1, 0, 3]] {
        world.tell(Command::DefineCurve { weights });
    }
    let bought = |world: &mut World, quantity, curve| {
        let (start, end) = window(world, 30);
        let kind = AlgoKind::Vwap {
            curve: CurveId(curve),
        };
        world.tell(algo(0, Side::Buy, quantity, kind, (start, end)));
        [0, 10, 20].map(|seconds| {
            let before: i64 = world.position(0).parse().unwrap();
            world.until(start + seconds * SECOND);
            world.position(0).parse::<i64>().unwrap() - before
        })
    };
    assert_eq!(bought(&mut world, 10, 0), [1, 3, 6]);
    // 8 x 1/4, 1/4, 4/4; 7 x 1/10, 4/10, 10/10 rounded down.
    assert_eq!(bought(&mut world, 8, 1), [2, 0, 6]);
    assert_eq!(bought(&mut world, 7, 0), [0, 2, 5]);
}

#[test]
fn a_share_of_the_volume_follows_what_prints() {
    let mut world = outside();
    let (start, end) = window(&world, 100);
    world.tell(pov(10, 25, (start, end)));
    // Before its time nothing counts.
    assert_eq!(world.tell(print("101", 100)), [""; 0]);
    world.until(start - SECOND);
    assert_eq!(
        world.tell(print("101", 10)),
        ["#2 accepted", "#2 buys 2 at 101 (Touch)"]
    );
    // 11 printed: 2.75. 12 printed: 3.
    assert_eq!(world.tell(print("101", 1)), [""; 0]);
    assert_eq!(
        world.tell(print("101", 1)),
        ["#3 accepted", "#3 buys 1 at 101 (Touch)"]
    );
    assert_eq!(
        world.tell(print("101", 1_000)),
        [
            "#4 accepted",
            "#4 buys 7 at 101 (Touch)",
            "#1 algo ended Filled with 10",
        ]
    );
}

#[test]
fn a_share_of_the_volume_waits_for_its_child_before_it_sends_more() {
    let mut world = outside();
    let (start, end) = window(&world, 100);
    world.tell(NewAlgo {
        limit: Some(price("99")),
        ..pov(10, 50, (start, end))
    });
    world.until(start);
    assert_eq!(world.tell(print("101", 4)), ["#2 accepted"]);
    assert_eq!(world.tell(print("101", 1)), [""; 0]);
    assert_eq!(
        world.tell(print("101", 1)),
        ["#2 cancelled 2 Algo", "#3 accepted"]
    );
    assert_eq!(world.working(3).unwrap().leaves, qty("3"));
    // A print at the end of the window is none of its business.
    assert_eq!(
        world.until(end),
        ["#3 cancelled 3 Algo", "#1 algo ended Over with 0"]
    );
}

#[test]
fn in_a_book_it_follows_the_trades_of_others_and_not_its_own() {
    let mut world = World::trading(crossed());
    world.tell(sell(1, 1_000).at("100"));
    let window = (world.now(), world.now() + 100 * SECOND);
    world.tell(pov(100, 50, window));
    assert_eq!(
        world.tell(buy(2, 10)),
        [
            "#3 accepted",
            "#1 sells 10 at 100 leaves 990",
            "#3 buys 10 at 100",
            "#4 accepted",
            "#1 sells 5 at 100 leaves 985",
            "#4 buys 5 at 100",
        ]
    );
    // Another account's follower counts the first one's children.
    let other = NewAlgo {
        account: types::AccountId(3),
        ..pov(100, 50, window)
    };
    world.tell(other);
    // 4 print: 14 and 4 in all, 7 and 2 wanted, so that each buys 2. Those print for the other one, which
    // counts 16 and 6 and waits.
    let told = world.tell(buy(2, 4));
    let bought: Vec<_> = told.iter().filter(|line| line.contains("buys")).collect();
    assert_eq!(
        bought,
        ["#6 buys 4 at 100", "#7 buys 2 at 100", "#8 buys 2 at 100",]
    );
    // 2 more: 18 and 8, 9 and 4 wanted.
    let told = world.tell(buy(2, 2));
    let bought: Vec<_> = told.iter().filter(|line| line.contains("buys")).collect();
    assert_eq!(
        bought,
        ["#9 buys 2 at 100", "#10 buys 2 at 100", "#11 buys 2 at 100",]
    );
    assert_eq!(
        (world.position(0), world.position(3)),
        ("9".into(), "4".into())
    );
}

#[test]
fn two_that_follow_each_other_do_not_empty_the_book() {
    let mut world = World::trading(crossed());
    world.tell(sell(1, 1_000_000).at("100"));
    let window = (world.now(), world.now() + 100 * SECOND);
    for account in [0, 3] {
        world.tell(NewAlgo {
            account: types::AccountId(account),
            ..pov(500_000, 100, window)
        });
    }
    // One prints: each buys one, of which the other one knows.
    world.tell(buy(2, 1));
    assert_eq!(
        (world.position(0), world.position(3)),
        ("1".into(), "1".into())
    );
    world.tell(buy(2, 1));
    assert_eq!(
        (world.position(0), world.position(3)),
        ("3".into(), "3".into())
    );
}

#[test]
fn a_slice_is_left_out_where_the_market_takes_none() {
    let mut world = outside();
    let (start, end) = window(&world, 40);
    world.tell(twap(10, 4, (start, end)));
    world.tell(status(InstrumentStatus::Halted));
    assert_eq!(world.until(start), [""; 0]);
    world.tell(status(InstrumentStatus::Open));
    // A crossed quote makes the touch stale.
    world.tell(quote("102", "101"));
    assert_eq!(world.until(start + 10 * SECOND), [""; 0]);
    world.tell(quote("100", "101"));
    assert_eq!(
        world.until(start + 20 * SECOND),
        ["#2 accepted", "#2 buys 7 at 101 (Touch)"]
    );
}

#[test]
fn its_owner_may_end_it_but_not_change_it() {
    let mut world = outside();
    let (start, end) = window(&world, 40);
    let limited = NewAlgo {
        limit: Some(price("99")),
        ..twap(10, 4, (start, end))
    };
    world.tell(limited);
    world.until(start);
    assert_eq!(
        world.tell(amend_qty(0, 1, 5)),
        ["#1 change denied UnknownOrder"]
    );
    assert_eq!(world.tell(cancel(1, 1)), ["#1 change denied UnknownOrder"]);
    assert_eq!(
        world.tell(cancel(0, 1)),
        ["#2 cancelled 2 Algo", "#1 algo ended Requested with 0"]
    );
    assert_eq!(world.until(end), [""; 0]);

    let (start, end) = window(&world, 40);
    world.tell(buy(0, 1).at("90"));
    world.tell(twap(10, 4, (start, end)));
    world.tell(twap(10, 4, (start, end)));
    assert_eq!(
        world.tell(cancel_all(0)),
        [
            "#4 algo ended Requested with 0",
            "#5 algo ended Requested with 0",
            "#3 cancelled 1 Requested",
        ]
    );
}

#[test]
fn a_child_that_is_refused_ends_the_algo_with_the_reason() {
    let mut world = World::trading(Instrument {
        collar: Ratio::percent(5),
        ..paper(PaperModel::default())
    });
    world.tell(quote("100", "101"));
    let (start, end) = window(&world, 40);
    world.tell(NewAlgo {
        limit: Some(price("110")),
        ..twap(10, 4, (start, end))
    });
    // The middle is 100: nothing above 105.
    let told = world.until(start);
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("#1 algo ended ChildDenied(PriceOutsideCollar"),
        "{told:?}"
    );
}

#[test]
fn a_slice_is_no_larger_than_an_order_may_be() {
    let mut world = World::trading(Instrument {
        order_qty_max: Qty::whole(4),
        ..paper(PaperModel::default())
    });
    world.tell(quote("100", "101"));
    let (start, end) = window(&world, 20);
    world.tell(twap(10, 2, (start, end)));
    assert_eq!(world.until(start)[1], "#2 buys 4 at 101 (Touch)");
    // 6 are missing by now.
    assert_eq!(
        world.until(start + 10 * SECOND)[1],
        "#3 buys 4 at 101 (Touch)"
    );
    assert_eq!(world.until(end), ["#1 algo ended Over with 8"]);
}

#[test]
fn a_split_ends_it() {
    let mut world = outside();
    let (start, end) = window(&world, 20);
    world.tell(twap(10, 2, (start, end)));
    let split = types::MarketData::Split { new: 2, old: 1 };
    assert_eq!(world.tell(market(split)), ["#1 algo ended Split with 0"]);
}

#[test]
fn what_is_no_algo_is_denied_by_name() {
    let mut world = outside();
    let now = world.now();
    let good = twap(10, 4, (now, now + 100 * SECOND));
    let denied = |world: &mut World, algo: NewAlgo, why: &str| {
        let told = world.tell(algo);
        assert!(
            told[0].starts_with(&format!("algo denied {why}")),
            "{told:?}"
        );
    };
    let with = |kind| NewAlgo { kind, ..good };
    denied(
        &mut world,
        with(AlgoKind::Twap { slices: 0 }),
        "BadAlgo no slices",
    );
    for rate in [Ratio(0), Ratio(-1), Ratio(1_000_000_001)] {
        denied(&mut world, with(AlgoKind::Pov { rate }), "BadAlgo rate");
    }
    let curve = CurveId(0);
    denied(&mut world, with(AlgoKind::Vwap { curve }), "UnknownCurve 0");
    let empty = NewAlgo {
        end: good.start,
        ..good
    };
    denied(&mut world, empty, "BadAlgo end after");
    // It ends the moment that it arrives.
    let late = types::TimestampNs(world.now() + SECOND);
    denied(
        &mut world,
        NewAlgo { end: late, ..good },
        "BadAlgo end after",
    );
    denied(
        &mut world,
        NewAlgo {
            qty: Qty(0),
            ..good
        },
        "QtyNotPositive",
    );
    denied(
        &mut world,
        NewAlgo {
            qty: qty("0.5"),
            ..good
        },
        "QtyOffLot 1",
    );
    let limit = Some(price("99.5"));
    denied(&mut world, NewAlgo { limit, ..good }, "PriceOffTick 1");
    // At 101 the largest position is worth 9e9: 9,000,000,000 / 101 = 89,108,910.9.
    let huge = NewAlgo {
        qty: Qty::whole(89_108_911),
        ..good
    };
    denied(&mut world, huge, "PositionOutOfRange 89108911 of 89108910");
    let leg = types::Leg::Long;
    denied(&mut world, NewAlgo { leg, ..good }, "BadLeg");
    let account = types::AccountId(9);
    denied(&mut world, NewAlgo { account, ..good }, "UnknownAccount");
    // An algo has a client order id like an order.
    world.tell(buy(0, 1).client(3));
    let client_order = types::ClientOrderId(3);
    denied(
        &mut world,
        NewAlgo {
            client_order,
            ..good
        },
        "DuplicateClientOrder",
    );
}
