//! Every named limit: it can be reached, it is refused with its number, and what is refused changes
//! nothing.

use engine::{Limits, Shard};
use rules::{Competition, DayProfit, Plan, Scaling};
use types::{
    AdjustKind, AlgoKind, Codec, Command, CurveId, EventKind, Latency, LatencySample, LimitName,
    Money, NewAlgo, PaperModel, Ratio, ShardId, Side, Sizes,
};

use crate::plans::competition;
use crate::told::why;
use crate::words::{
    Of, Words, algo, amend_price, buy, cancel, delta, depth, oco, oto, quote, sell,
};
use crate::world::{
    ACCOUNT, SECOND, World, crossed, define, instrument, label, open, paper, plan, price,
};

/// One instrument and two accounts of a million under these limits.
fn limited(limits: Limits, model: PaperModel) -> World {
    let instruments = [paper(model), paper(model), crossed()];
    let mut world = World::limited(limits, &instruments, &plan("1000000"), 2);
    world.tell(quote("100", "101"));
    world.tell(quote("100", "101").of(1));
    world
}

fn plain(limits: Limits) -> World {
    limited(limits, PaperModel::default())
}

/// Says this twice; the second one is one too many for this limit, of which there is one.
fn one_of(limit: LimitName, before: &[Command], command: &Command) {
    let mut limits = Limits::default();
    *limits.number(limit) = 1;
    let mut world = World::audited(limits);
    world.tell_all(before.to_vec());
    assert!(
        !world.tell(command.clone())[0].starts_with("rejected"),
        "{command:?}"
    );
    let state = world.shard.portrait();
    let rejected = format!("rejected LimitReached {limit} 1");
    assert_eq!(world.tell(command.clone()), [rejected]);
    assert_eq!(world.shard.portrait(), state);
}

#[test]
fn what_is_made_known_is_counted() {
    let most = Limits::default();
    let register = Command::RegisterInstrument(Box::new(crossed()));
    one_of(LimitName::Instruments, &[], &register);
    one_of(LimitName::Plans, &[], &define(&plan("1")));
    let cup: Competition = competition(0);
    let cup = Command::DefineCompetition {
        spec: cup.to_bytes().into(),
    };
    one_of(LimitName::Competitions, &[], &cup);
    one_of(LimitName::Accounts, &[define(&plan("1"))], &open(0));
    let curve = |weights: &[u32]| Command::DefineCurve {
        weights: weights.to_vec(),
    };
    one_of(LimitName::Curves, &[], &curve(&[1, 2]));
    let latency = |samples| Command::DefineLatency {
        samples: vec![LatencySample::default(); samples],
    };
    one_of(LimitName::Latencies, &[], &latency(2));

    let mut world = World::audited(Limits {
        samples_max: 2,
        ..most
    });
    assert_eq!(
        world.tell(curve(&[1, 2, 3])),
        ["rejected LimitReached samples_max 2"]
    );
    assert_eq!(
        world.tell(latency(3)),
        ["rejected LimitReached samples_max 2"]
    );
    assert_eq!(world.tell(curve(&[1, 2])), ["CurveDefined"]);
    assert_eq!(world.tell(latency(2)), ["LatencyDefined"]);
    // What is no curve and no distribution is that first.
    assert_eq!(world.tell(curve(&[0, 0, 0])), ["rejected BadData NoWeight"]);
    assert_eq!(world.tell(curve(&[])), ["rejected BadData NoWeight"]);
    assert_eq!(world.tell(latency(0)), ["rejected BadData NoSamples"]);
}

#[test]
fn conversions_are_counted_by_pair() {
    let mut world = World::audited(Limits {
        conversions_max: 1,
        ..Limits::default()
    });
    let rate = |from: &str, rate: &str| Command::SetConversion {
        from: label(from),
        to: label("USD"),
        rate: price(rate),
    };
    assert_eq!(world.tell(rate("EUR", "1.1")), ["ConversionSet"]);
    assert_eq!(
        world.tell(rate("GBP", "1.3")),
        ["rejected LimitReached conversions_max 1"]
    );
    // A pair that is there may change.
    assert_eq!(world.tell(rate("EUR", "1.2")), ["ConversionSet"]);
}

#[test]
fn working_orders_of_the_shard() {
    let mut world = plain(Limits {
        orders_max: 3,
        ..Limits::default()
    });
    world.tell_all([
        buy(0, 1).at("90"),
        buy(1, 1).at("90"),
        buy(1, 1).stop("120"),
    ]);
    assert_eq!(world.tell(buy(0, 1).at("91")), ["denied OrdersMax 3"]);
    assert_eq!(
        world.tell(buy(0, 1).at("91").at_open()),
        ["denied OrdersMax 3"]
    );
    // One that never rests needs no room, so that a full shard keeps nobody from closing.
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    assert_eq!(world.tell(buy(0, 1).at("90").ioc()).len(), 2);
    world.tell(cancel(1, 2));
    // A list needs room for all of its orders, those that are held included.
    assert_eq!(
        world.tell(oto(&[buy(0, 1).at("95"), buy(0, 1).at("94")])),
        ["denied OrdersMax 3"]
    );
    assert_eq!(world.tell(buy(0, 1).at("91")), ["#6 accepted"]);
}

#[test]
fn working_orders_of_an_account() {
    let mut world = plain(Limits {
        account_orders_max: 2,
        ..Limits::default()
    });
    world.tell_all([buy(0, 1).at("90"), buy(0, 1).at("90")]);
    assert_eq!(
        world.tell(buy(0, 1).at("90")),
        ["denied AccountOrdersMax 2"]
    );
    assert_eq!(
        world.tell(sell(0, 1).stop("95")),
        ["denied AccountOrdersMax 2"]
    );
    assert_eq!(world.tell(buy(1, 1).at("90")), ["#3 accepted"]);
    assert_eq!(
        world.tell(oco(&[buy(1, 1).at("90"), buy(1, 1).at("91")])),
        ["denied AccountOrdersMax 2"]
    );
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
}

#[test]
fn orders_on_their_way_are_working_orders() {
    let sample = LatencySample {
        order_ns: 5_000_000,
        ack_ns: 0,
    };
    let model = PaperModel {
        latency: Latency::Constant(sample),
        ..PaperModel::default()
    };
    let mut world = limited(
        Limits {
            orders_max: 2,
            changes_max: 2,
            ..Limits::default()
        },
        model,
    );
    world.step_ns = 1;
    world.tell_all([buy(0, 1), buy(0, 1).at("90")]);
    assert_eq!(world.tell(buy(1, 1)), ["denied OrdersMax 2"]);
    // And so many changes may be on their way.
    world.tell_all([cancel(0, 2), cancel(0, 2)]);
    assert_eq!(world.tell(cancel(0, 2)), ["#2 change denied ChangesMax 2"]);
    assert_eq!(
        world.tell(amend_price(0, 2, "91")),
        ["#2 change denied ChangesMax 2"]
    );
}

#[test]
fn amendments_are_none_of_the_orders_of_one_second() {
    let mut world = plain(Limits {
        account_orders_per_second_max: 1,
        ..Limits::default()
    });
    // Everything from here is within one second.
    let second = world.now() / SECOND + 1;
    world.until(second * SECOND);
    world.step_ns = 1;
    let order = world.tell(buy(0, 1).at("50"));
    assert_eq!(order, ["#1 accepted"]);
    for at in ["51", "52", "53"] {
        assert_eq!(
            world.tell(amend_price(0, 1, at)),
            [format!("#1 amended 1 at {at}")]
        );
    }
    assert_eq!(world.tell(buy(0, 1)), ["denied OrderRate 1"]);
    world.agrees();
}

#[test]
fn orders_of_one_second() {
    let mut world = plain(Limits {
        account_orders_per_second_max: 3,
        ..Limits::default()
    });
    // Everything from here is within one second.
    let second = world.now() / SECOND + 1;
    world.until(second * SECOND - 100);
    world.step_ns = 100;
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    world.step_ns = 1;
    // One that is denied for something else has been sent as well.
    assert_eq!(world.tell(buy(0, 0)), ["denied QtyNotPositive"]);
    // A list counts all of its orders at once, and none when they are too many.
    assert_eq!(
        world.tell(oco(&[buy(0, 1).at("90"), buy(0, 1).at("91")])),
        ["denied OrderRate 3"]
    );
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    assert_eq!(world.tell(buy(0, 1)), ["denied OrderRate 3"]);
    let twap = algo(0, Side::Buy, 1, AlgoKind::Twap { slices: 1 }, (0, u64::MAX));
    assert_eq!(world.tell(twap), ["algo denied OrderRate 3"]);
    // Each account has its own count, a cancel is no order, and the next second is another one.
    assert_eq!(world.tell(buy(1, 1)).len(), 2);
    assert_eq!(
        world.tell(cancel(0, 99)),
        ["#99 change denied UnknownOrder"]
    );
    world.until((second + 1) * SECOND - 1);
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    // What is refused for its account or its structure is not counted; an algo is one.
    assert_eq!(
        world.tell(oco(&[buy(0, 1).at("90")])),
        ["denied BadList 1 of 2 to 8"]
    );
    assert_eq!(world.tell(twap)[0], "#5 algo accepted");
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    assert_eq!(world.tell(buy(0, 1)), ["denied OrderRate 3"]);
    // Zero is no limit.
    let mut free = plain(Limits {
        account_orders_per_second_max: 0,
        ..Limits::default()
    });
    free.step_ns = 0;
    for _ in 0..2_000 {
        free.tell(buy(0, 1));
    }
    assert_eq!(free.position(0), "2000");
}

#[test]
fn orders_of_a_list() {
    let mut world = plain(Limits {
        list_orders_max: 2,
        ..Limits::default()
    });
    let limit = buy(0, 1).at("90");
    assert_eq!(
        world.tell(oco(&[limit; 3])),
        ["denied ChildrenMax list_orders_max 3 of 2"]
    );
    assert_eq!(world.tell(oco(&[limit; 2])).len(), 2);
}

#[test]
fn slices_and_algos() {
    let mut world = plain(Limits {
        algo_slices_max: 2,
        algos_max: 1,
        ..Limits::default()
    });
    world.tell(Command::DefineCurve {
        weights: vec![1, 1, 1],
    });
    let start = world.now() + 100 * SECOND;
    let with = |kind| algo(0, Side::Buy, 10, kind, (start, start + SECOND));
    let denied = ["algo denied ChildrenMax algo_slices_max 3 of 2"];
    assert_eq!(world.tell(with(AlgoKind::Twap { slices: 3 })), denied);
    let curve = CurveId(0);
    assert_eq!(world.tell(with(AlgoKind::Vwap { curve })), denied);
    let twap: NewAlgo = with(AlgoKind::Twap { slices: 2 });
    assert_eq!(world.tell(twap), ["#1 algo accepted"]);
    assert_eq!(world.tell(twap), ["algo denied AlgosMax 1"]);
    world.tell(cancel(0, 1));
    assert_eq!(world.tell(twap), ["#2 algo accepted"]);
}

#[test]
fn positions_and_what_could_become_one() {
    let mut world = plain(Limits {
        positions_max: 2,
        ..Limits::default()
    });
    // A position and a working order.
    world.tell_all([buy(0, 1), buy(1, 1).at("90")]);
    assert_eq!(world.tell(buy(0, 1).of(1)), ["denied PositionsMax 2"]);
    assert_eq!(
        world.tell(buy(0, 1).at("90").of(1)),
        ["denied PositionsMax 2"]
    );
    // What is known already may grow and may go.
    assert_eq!(world.tell(buy(0, 1)).len(), 2);
    assert_eq!(world.tell(sell(0, 2)).len(), 2);
    assert_eq!(world.tell(buy(0, 1).of(1)).len(), 2);
}

#[test]
fn levels_of_one_side_of_a_book() {
    let mut world = plain(Limits {
        book_levels_max: 2,
        ..Limits::default()
    });
    world.tell_all([buy(0, 1).at("90").of(2), buy(0, 1).at("91").of(2)]);
    let denied = ["denied LevelsMax 2"];
    assert_eq!(world.tell(buy(1, 1).at("92").of(2)), denied);
    assert_eq!(world.tell(buy(1, 1).at("89").of(2)), denied);
    assert_eq!(world.tell(buy(1, 1).stop_limit("95", "92").of(2)), denied);
    assert_eq!(world.tell(buy(1, 1).at("92").at_open().of(2)), denied);
    // A level that is there, the other side, and what does not rest.
    assert_eq!(world.tell(buy(1, 1).at("91").of(2)), ["#3 accepted"]);
    assert_eq!(world.tell(sell(1, 1).at("99").of(2)), ["#4 accepted"]);
    assert_eq!(world.tell(buy(1, 1).at("92").ioc().of(2)).len(), 2);
    assert_eq!(
        world.tell(amend_price(1, 3, "92")),
        ["#3 change denied LevelsMax 2"]
    );
    assert_eq!(world.tell(amend_price(1, 3, "90")), ["#3 amended 1 at 90"]);
    world.tell(cancel(0, 2));
    assert_eq!(world.tell(buy(1, 1).at("92").of(2)), ["#6 accepted"]);
}

#[test]
fn displayed_levels_that_were_taken_from() {
    let model = PaperModel {
        sizes: Sizes::Displayed,
        ..PaperModel::default()
    };
    let limits = Limits {
        consumed_max: 2,
        ..Limits::default()
    };
    let mut world = limited(limits, model);
    world.tell(depth(&[("98", 5)], &[("100", 3), ("101", 4), ("102", 5)]));
    assert_eq!(
        world.tell(buy(0, 9)),
        [
            "#1 accepted",
            "#1 buys 3 at 100 leaves 6 (Depth)",
            "#1 buys 4 at 101 leaves 2 (Depth)",
            "#1 cancelled 2 NoRoom consumed_max 2",
        ]
    );
    // A limit order rests; one to be filled whole is not.
    assert_eq!(world.tell(buy(1, 1).at("102")), ["#2 accepted"]);
    assert_eq!(world.tell(buy(1, 1).fok())[1], "#3 cancelled 1 NotFillable");
    // A level that is gone is forgotten, which makes room: the market comes to what rests, as if it had been taken there.
    // Of a level that shows more only that is new.
    assert_eq!(
        world.tell(delta(&[], &[("101", 0)])),
        ["#2 buys 1 at 102 (Touch, maker)"]
    );
    world.tell(delta(&[], &[("100", 6)]));
    assert_eq!(world.tell(buy(0, 3))[1], "#4 buys 3 at 100 (Depth)");
}

#[test]
fn client_order_ids_are_remembered_newest_first() {
    let mut world = plain(Limits {
        client_orders_max: 2,
        ..Limits::default()
    });
    world.tell_all([buy(0, 1).client(1), buy(0, 1).client(2)]);
    assert_eq!(
        world.tell(buy(0, 1).client(1)),
        ["denied DuplicateClientOrder"]
    );
    // Another account's is another one, and one that is denied is not remembered.
    assert_eq!(world.tell(buy(0, 0).client(3)), ["denied QtyNotPositive"]);
    assert_eq!(world.tell(buy(1, 1).client(1)).len(), 2);
    assert_eq!(
        world.tell(buy(0, 1).client(2)),
        ["denied DuplicateClientOrder"]
    );
    assert_eq!(world.tell(buy(0, 1).client(1)).len(), 2);
}

/// What does not fit is missing from the book, and no change after it brings that back: all of it has to be stated anew.
#[test]
fn levels_of_one_side_of_the_outside_depth() {
    let full = ["rejected LimitReached depth_levels_max 2"];
    let beyond = [
        // One level, several, and one side full while the other loses its best.
        delta(&[("97", 1)], &[]),
        delta(&[("97", 1), ("96", 1)], &[]),
        delta(&[("100", 1)], &[("101", 0)]),
        depth(&[("99", 1), ("98", 1), ("97", 1)], &[("101", 1)]),
        depth(&[], &[("101", 1), ("102", 1), ("103", 1)]),
    ];
    for event in beyond {
        let mut world = plain(Limits {
            depth_levels_max: 2,
            ..Limits::default()
        });
        world.tell(depth(&[("99", 1), ("98", 1)], &[("101", 1), ("102", 1)]));
        let good = world.shard.seq().0;
        let lost = [format!("denied BadQuote lost since {good}")];
        assert_eq!(world.tell(event), full);
        assert_eq!(world.tell(buy(0, 1)), lost);
        // Neither a removal nor a level that would fit.
        for change in [delta(&[("98", 0)], &[]), delta(&[("98", 0)], &[("101", 5)])] {
            assert_eq!(world.tell(change), ["rejected BadQuote AfterGap"]);
            assert_eq!(world.tell(buy(0, 1)), lost);
        }
        // A whole one that does not fit, either.
        let whole = depth(&[("99", 1), ("98", 1), ("97", 1)], &[("101", 1)]);
        assert_eq!(world.tell(whole), full);
        assert_eq!(world.tell(buy(0, 1)), lost);
        assert_eq!(
            world.tell(depth(&[("100", 1)], &[("105", 1), ("106", 1)])),
            [""; 0]
        );
        assert_eq!(world.tell(buy(0, 1))[1], "#1 buys 1 at 105 (Touch)");
    }
}

/// What counts is the book after all of a change: levels that come and go in it are no more than those that stay.
#[test]
fn a_change_of_a_full_side_may_bring_as_much_as_it_takes() {
    let mut world = plain(Limits {
        depth_levels_max: 2,
        ..Limits::default()
    });
    world.tell(depth(&[("99", 1), ("98", 1)], &[("101", 1)]));
    let moved = delta(&[("100", 1), ("98", 0)], &[("101", 0), ("102", 1)]);
    assert_eq!(world.tell(moved), [""; 0]);
    assert_eq!(world.tell(buy(0, 1))[1], "#1 buys 1 at 102 (Touch)");
}

#[test]
fn a_quantity_and_a_price_are_on_the_grid_and_within_the_largest() {
    let mut world = plain(Limits::default());
    assert_eq!(world.tell(buy(0, 0)), ["denied QtyNotPositive"]);
    assert_eq!(world.tell(buy(0, -1)), ["denied QtyNotPositive"]);
    assert_eq!(
        world.tell(buy(0, 1_000_001)),
        ["denied QtyTooLarge 1000000"]
    );
    let half = crate::world::qty("0.5");
    assert_eq!(world.tell(buy(0, 1).quantity(half)), ["denied QtyOffLot 1"]);
    assert_eq!(world.tell(buy(0, 1).at("100.5")), ["denied PriceOffTick 1"]);
    assert_eq!(
        world.tell(buy(0, 1).stop("100.5")),
        ["denied PriceOffTick 1"]
    );
    assert_eq!(world.tell(buy(9, 1)), ["denied UnknownAccount"]);
    assert_eq!(world.tell(buy(0, 1).of(9)), ["denied UnknownInstrument"]);
}

#[test]
fn a_position_is_what_the_engine_holds_exactly() {
    let huge = instrument("HUGE", "1", "1", "1000000");
    let mut world = World::limited(Limits::default(), &[huge], &plan("1000000"), 2);
    world.tell(quote("3000", "3001"));
    // 2 x 3,001 x 1,000,000 is within 9e9; 3 are not, with what works already.
    world.tell(buy(0, 1).at("2900"));
    assert_eq!(
        world.tell(buy(0, 1)),
        ["#2 accepted", "#2 buys 1 at 3001 (Touch)"]
    );
    assert_eq!(world.tell(buy(0, 1)), ["denied PositionOutOfRange 3 of 2"]);
    assert_eq!(world.tell(sell(0, 3)).len(), 2);
}

/// From 1,000 to 4e12, and from there to -4e12: what the day made of 1,000 is -4e12 - 1,000. What a booking of the
/// least amount would make of it is below the range.
#[test]
fn a_booking_takes_no_balance_further_than_the_engine_holds_its_changes_exactly() {
    let day = Plan {
        day_profit: DayProfit::Equity,
        ..plan("1000")
    };
    let mut world = World::with(&[paper(PaperModel::default())], &day);
    let outcome = |events: &[EventKind]| match events[0] {
        EventKind::Adjusted { balance, .. } => balance.to_string(),
        EventKind::AdjustDenied { reason, .. } => why(&reason),
        _ => String::new(),
    };
    for (amount, expected) in [
        (
            "-9223372036854.775807",
            "OutOfRange -9223372035854.775807 of 4000000000000",
        ),
        (
            "3999999999000.000001",
            "OutOfRange 4000000000000.000001 of 4000000000000",
        ),
        ("3999999999000", "4000000000000"),
        (
            "0.000001",
            "OutOfRange 4000000000000.000001 of 4000000000000",
        ),
        (
            "-8000000000000.000001",
            "OutOfRange -4000000000000.000001 of 4000000000000",
        ),
        ("-8000000000000", "-4000000000000"),
    ] {
        assert_eq!(outcome(&world.book(amount)), expected, "{amount}");
    }
    let view = world.shard.account_view(ACCOUNT).unwrap();
    assert_eq!(view.day_pnl.to_string(), "-4000000001000");
    world.agrees();
}

/// A step is the original size: 1e12, 2e12 and so on; the fourth would end at 5e12.
#[test]
fn a_step_of_scaling_takes_no_balance_further_either() {
    let grows = Plan {
        scaling: Some(Scaling {
            step: Ratio::ONE,
            size_max: None,
            requires: None,
        }),
        ..plan("1000000000000")
    };
    let mut world = World::with(&[paper(PaperModel::default())], &grows);
    let mut scale = || {
        let events = world.command(Command::Adjust {
            account: ACCOUNT,
            kind: AdjustKind::Scale,
            amount: Money::ZERO,
        });
        match events[0] {
            EventKind::Adjusted { balance, .. } => balance.to_string(),
            EventKind::AdjustDenied { reason, .. } => why(&reason),
            _ => String::new(),
        }
    };
    let balances = [scale(), scale(), scale(), scale()];
    assert_eq!(
        balances,
        [
            "2000000000000",
            "3000000000000",
            "4000000000000",
            "OutOfRange 5000000000000 of 4000000000000"
        ]
    );
    world.agrees();
    assert_eq!(world.shard.audit(), Ok(()));
}

#[test]
fn limits_with_a_table_are_held_at_what_a_table_holds() {
    let beyond = Limits {
        orders_max: u32::MAX,
        positions_max: u32::MAX,
        client_orders_max: u32::MAX,
        ..Limits::default()
    };
    let held = Limits {
        orders_max: Limits::TABLE_KEYS_MAX,
        positions_max: Limits::TABLE_KEYS_MAX,
        client_orders_max: Limits::TABLE_KEYS_MAX,
        ..Limits::default()
    };
    let hash = |limits| Shard::new(ShardId(1), limits).state_hash();
    assert_eq!(hash(beyond), hash(held));
}

/// An order that is alone at its price frees a level when it moves.
#[test]
fn an_amendment_finds_the_level_that_it_frees() {
    let mut world = plain(Limits {
        book_levels_max: 2,
        ..Limits::default()
    });
    world.tell_all([buy(0, 1).at("90").of(2), buy(0, 1).at("91").of(2)]);
    assert_eq!(world.tell(amend_price(0, 1, "92")), ["#1 amended 1 at 92"]);
    assert_eq!(world.tell(buy(0, 1).at("91").of(2)), ["#3 accepted"]);
    assert_eq!(
        world.tell(amend_price(0, 2, "89")),
        ["#2 change denied LevelsMax 2"]
    );
    world.agrees();
}

/// 3 sold at no less than 1 where 4,000,000,000 are bid are 12,000,000,000, of which 9,000,000,000 are held exactly.
#[test]
fn a_position_is_as_large_as_the_market_makes_it() {
    let mut world = World::trading(crate::world::paper(types::PaperModel::default()));
    world.tell(crate::words::quote("4000000000", "4000000001"));
    assert_eq!(
        world.tell(sell(0, 3).at("1")),
        ["denied PositionOutOfRange 3 of 2"]
    );
    assert_eq!(
        world.tell(sell(0, 3).stop("1")),
        ["denied PositionOutOfRange 3 of 2"]
    );
    assert_eq!(world.tell(sell(0, 2).at("1")).len(), 2);
    world.agrees();
}
