//! What an account may do with its money: hedging, cash, margin, shorts, and what trading costs.

use engine::Limits;
use rules::Plan;
use types::{
    FeeSchedule, Funding, Instrument, Leg, Margin, Money, PaperModel, PositionMode, Ratio,
    Requirement, Sizes, Terms,
};

use crate::words::{Of, Words, amend_price, amend_qty, buy, cancel, depth, oco, quote, sell};
use crate::world::{World, crossed, fills, money, paper, plan};

fn outside(instrument: Instrument, initial: &str, terms: Terms) -> World {
    let plan = Plan {
        terms,
        ..plan(initial)
    };
    let mut world = World::limited(Limits::default(), &[instrument, instrument], &plan, 2);
    world.tell(quote("100", "101"));
    world
}

fn touch() -> Instrument {
    paper(PaperModel::default())
}

// Hedging.

fn hedging() -> World {
    outside(
        touch(),
        "1000000",
        Terms {
            mode: PositionMode::Hedging,
            ..Terms::default()
        },
    )
}

#[test]
fn a_hedging_account_is_long_and_short_at_once() {
    let mut world = hedging();
    world.tell_all([buy(0, 5).leg(Leg::Long), sell(0, 3).leg(Leg::Short)]);
    assert_eq!(world.position(0), "2");
    let (long, short) = (
        world.holding(0, 0, Leg::Long),
        world.holding(0, 0, Leg::Short),
    );
    assert_eq!(
        (long.position.to_string(), long.cost.to_string()),
        ("5".into(), "505".into())
    );
    assert_eq!(
        (short.position.to_string(), short.cost.to_string()),
        ("-3".into(), "-300".into())
    );
    // 5 x (110 - 101) - 3 x (111 - 100).
    world.tell(quote("110", "111"));
    assert_eq!(world.equity(0), "1000012");
    // Each closes at its own cost: 5 x 9, then 3 x 11.
    let closed = fills(&world.hear(sell(0, 5).leg(Leg::Long)))[0];
    assert_eq!(
        (closed.realised, closed.position.0, closed.leg),
        (money("45"), 0, Leg::Long)
    );
    let closed = fills(&world.hear(buy(0, 3).leg(Leg::Short)))[0];
    assert_eq!((closed.realised, closed.position.0), (money("-33"), 0));
    assert_eq!(world.balance(0), "1000012");
}

#[test]
fn the_side_against_a_leg_only_closes() {
    let mut world = hedging();
    assert_eq!(
        world.tell(sell(0, 1).leg(Leg::Long)),
        ["denied NotReducing 0"]
    );
    assert_eq!(
        world.tell(buy(0, 1).leg(Leg::Short)),
        ["denied NotReducing 0"]
    );
    world.tell_all([buy(0, 5).leg(Leg::Long), sell(0, 3).leg(Leg::Short)]);
    assert_eq!(
        world.tell(sell(0, 9).leg(Leg::Long))[1..],
        [
            "#3 sells 5 at 100 leaves 4 (Touch)",
            "#3 cancelled 4 NotReducing"
        ]
    );
    assert_eq!(
        world.tell(sell(0, 1).leg(Leg::Long)),
        ["denied NotReducing 0"]
    );
    assert_eq!(world.position(0), "-3");
}

#[test]
fn a_leg_goes_with_the_mode_of_the_account() {
    let mut world = hedging();
    assert_eq!(world.tell(buy(0, 1)), ["denied BadLeg"]);
    let mut netting = outside(touch(), "1000000", Terms::default());
    for leg in [Leg::Long, Leg::Short] {
        assert_eq!(netting.tell(buy(0, 1).leg(leg)), ["denied BadLeg"]);
    }
}

#[test]
fn both_legs_of_one_account_meet_others_in_a_book() {
    let hedging = Plan {
        terms: Terms {
            mode: PositionMode::Hedging,
            ..Terms::default()
        },
        ..plan("1000000")
    };
    let mut world = World::limited(Limits::default(), &[crossed()], &hedging, 3);
    world.tell_all([
        sell(1, 5).at("100").leg(Leg::Short),
        buy(0, 5).leg(Leg::Long),
        buy(1, 2).at("99").leg(Leg::Short),
        sell(0, 2).at("99").leg(Leg::Long),
    ]);
    assert_eq!(world.holding(0, 0, Leg::Long).position.to_string(), "3");
    assert_eq!(world.holding(1, 0, Leg::Short).position.to_string(), "-3");
}

// Cash.

fn cash(initial: &str) -> World {
    let fees = FeeSchedule {
        taker: Ratio::percent(1),
        ..FeeSchedule::default()
    };
    let instrument = Instrument { fees, ..touch() };
    let terms = Terms {
        funding: Funding::Cash,
        ..Terms::default()
    };
    outside(instrument, initial, terms)
}

#[test]
fn a_cash_account_pays_for_positions_and_working_buys_in_full() {
    let mut world = cash("1000");
    // 10 x 101 and 1% of it.
    assert_eq!(
        world.tell(buy(0, 10)),
        ["denied BuyingPower 1020.1 of 1000"]
    );
    // 909 and 9.09.
    assert_eq!(world.tell(buy(0, 9)).len(), 2);
    // 1,000 - 9.09 - 909 = 81.91 are left.
    assert_eq!(
        world.tell(buy(0, 1).at("82")),
        ["denied BuyingPower 82.82 of 81.91"]
    );
    assert_eq!(world.tell(buy(0, 1).at("80")), ["#2 accepted"]);
    assert_eq!(
        world.tell(buy(0, 1).at("2")),
        ["denied BuyingPower 2.02 of 1.91"]
    );
    assert_eq!(world.tell(buy(0, 1).at("1")), ["#3 accepted"]);
    // 0.91 and the 80 of the one that it replaces.
    assert_eq!(
        world.tell(amend_price(0, 2, "81")),
        ["#2 change denied BuyingPower 81.81 of 80.91"]
    );
    assert_eq!(world.tell(cancel(0, 3)).len(), 1);
    assert_eq!(world.tell(amend_price(0, 2, "81")), ["#2 amended 1 at 81"]);
}

#[test]
fn a_cash_account_sells_what_it_holds_and_no_more() {
    let mut world = cash("1000");
    assert_eq!(world.tell(sell(0, 1)), ["denied ShortNotAllowed 0"]);
    world.tell(buy(0, 9));
    assert_eq!(world.tell(sell(0, 10)), ["denied ShortNotAllowed 9"]);
    world.tell(sell(0, 5).at("120"));
    assert_eq!(world.tell(sell(0, 5)), ["denied ShortNotAllowed 4"]);
    assert_eq!(
        world.tell(amend_qty(0, 2, 10)),
        ["#2 change denied ShortNotAllowed 9"]
    );
    assert_eq!(world.tell(amend_qty(0, 2, 9)), ["#2 amended 9 at 120"]);
    // What was sold is cash again: 9 x 19 more, less 9.09 for the one that took.
    world.tell(quote("120", "121"));
    assert_eq!(world.balance(0), "1161.91");
    assert_eq!(world.tell(buy(0, 9)).len(), 2);
}

// Shorts.

#[test]
fn shorts_are_for_accounts_and_instruments_that_allow_them() {
    let no_shorts = Terms {
        shorts: false,
        ..Terms::default()
    };
    let not_shortable = Instrument {
        shortable: false,
        ..touch()
    };
    for mut world in [
        outside(touch(), "1000000", no_shorts),
        outside(not_shortable, "1000000", Terms::default()),
    ] {
        assert_eq!(world.tell(sell(0, 1)), ["denied ShortNotAllowed 0"]);
        world.tell(buy(0, 5));
        assert_eq!(world.tell(sell(0, 6)), ["denied ShortNotAllowed 5"]);
        world.tell(sell(0, 2).stop("90"));
        assert_eq!(world.tell(sell(0, 4)), ["denied ShortNotAllowed 3"]);
        assert_eq!(world.tell(sell(0, 3)).len(), 2);
        // An order that only reduces is in nobody's way, but what it closes is closed for the other one.
        assert_eq!(world.tell(sell(0, 9).reduce_only())[1..].len(), 2);
        assert_eq!(world.position(0), "0");
        assert_eq!(
            world.tell(quote("90", "91")),
            ["#2 triggered at 90", "#2 cancelled 2 NotReducing"]
        );
    }
}

#[test]
fn the_short_leg_is_a_short() {
    let terms = Terms {
        mode: PositionMode::Hedging,
        shorts: false,
        ..Terms::default()
    };
    let mut world = outside(touch(), "1000000", terms);
    world.tell(buy(0, 5).leg(Leg::Long));
    assert_eq!(
        world.tell(sell(0, 1).leg(Leg::Short)),
        ["denied ShortNotAllowed 0"]
    );
}

// Margin.

fn margined(initial: &str, rate_min: Ratio) -> World {
    let rate = |percent| Requirement {
        rate: Ratio::percent(percent),
        per_unit: Money::ZERO,
    };
    let instrument = Instrument {
        margin: Margin {
            initial: rate(10),
            maintenance: rate(5),
        },
        ..touch()
    };
    let terms = Terms {
        funding: Funding::Margin { rate_min },
        ..Terms::default()
    };
    let mut world = outside(instrument, initial, terms);
    world.tell(quote("100", "100"));
    world.tell(quote("100", "100").of(1));
    world
}

#[test]
fn an_order_is_checked_against_the_worst_case_of_positions_and_working_orders() {
    let mut world = margined("1000", Ratio::ZERO);
    // 10% of 101 x 100.
    assert_eq!(world.tell(buy(0, 101)), ["denied BuyingPower 1010 of 1000"]);
    assert_eq!(world.tell(buy(0, 60).at("90")), ["#1 accepted"]);
    // Either the buys fill or the sells do: 60 are no more than 60.
    assert_eq!(world.tell(sell(0, 60).at("110")), ["#2 accepted"]);
    assert_eq!(
        world.tell(sell(0, 50).at("110")),
        ["denied BuyingPower 1100 of 1000"]
    );
    assert_eq!(world.tell(buy(0, 40).at("95")), ["#3 accepted"]);
    assert_eq!(
        world.tell(buy(0, 1).at("50")),
        ["denied BuyingPower 1010 of 1000"]
    );
    // Another instrument comes on top.
    assert_eq!(
        world.tell(buy(0, 1).of(1)),
        ["denied BuyingPower 1010 of 1000"]
    );
    assert_eq!(
        world.tell(amend_qty(0, 3, 41)),
        ["#3 change denied BuyingPower 1010 of 1000"]
    );
    assert_eq!(world.tell(amend_qty(0, 3, 30)), ["#3 amended 30 at 95"]);
    assert_eq!(world.tell(buy(0, 10).of(1)).len(), 2);
    let view = world.shard.account_view(types::AccountId(0)).unwrap();
    assert_eq!(view.margin_required, Some(money("1000")));
    assert_eq!(view.buying_power, Some(money("0")));
}

#[test]
fn an_order_that_makes_the_worst_case_no_worse_is_never_denied() {
    let mut world = margined("1000", Ratio::ZERO);
    world.tell(buy(0, 100));
    world.tell(quote("96", "96"));
    // Equity 600 of 960: nothing more, but all of it may be closed, and no more than that.
    assert_eq!(world.tell(buy(0, 1)), ["denied BuyingPower 969.6 of 600"]);
    assert_eq!(
        world.tell(sell(0, 201)),
        ["denied BuyingPower 969.6 of 600"]
    );
    assert_eq!(world.tell(sell(0, 200).at("97")), ["#2 accepted"]);
    assert_eq!(world.tell(sell(0, 1)), ["denied BuyingPower 969.6 of 600"]);
    world.tell(cancel(0, 2));
    assert_eq!(world.tell(sell(0, 100)).len(), 2);
}

#[test]
fn the_higher_of_the_instruments_rate_and_the_accounts_own_counts() {
    // Leverage of 2.
    let mut world = margined("1000", Ratio::percent(50));
    assert_eq!(world.tell(buy(0, 21)), ["denied BuyingPower 1050 of 1000"]);
    assert_eq!(world.tell(buy(0, 20)).len(), 2);
    let view = world.shard.account_view(types::AccountId(0)).unwrap();
    // Half of the account's rate to keep it.
    assert_eq!(view.maintenance_required, Some(money("500")));
    // Leverage of 20 does not help against an instrument of 10.
    let mut world = margined("1000", Ratio::percent(5));
    assert_eq!(world.tell(buy(0, 101)), ["denied BuyingPower 1010 of 1000"]);
}

#[test]
fn an_amount_for_each_unit_comes_on_top_and_all_is_rounded_up() {
    let instrument = Instrument {
        margin: Margin {
            initial: Requirement {
                rate: Ratio(1),
                per_unit: money("40"),
            },
            maintenance: Requirement::default(),
        },
        ..touch()
    };
    let terms = Terms {
        funding: Funding::Margin {
            rate_min: Ratio::ZERO,
        },
        ..Terms::default()
    };
    let mut world = outside(instrument, "100", terms);
    // 3 x 40 and 0.000000303: the next unit of money.
    assert_eq!(
        world.tell(buy(0, 3)),
        ["denied BuyingPower 120.000001 of 100"]
    );
    assert_eq!(world.tell(buy(0, 2)).len(), 2);
}

#[test]
fn below_the_maintenance_requirement_the_engine_liquidates_while_a_list_works() {
    let mut world = margined("1000", Ratio::ZERO);
    world.tell(buy(0, 100));
    world.tell(oco(&[sell(0, 100).at("120"), sell(0, 100).stop("80")]));
    // 1,000 - 500 of 475.
    assert_eq!(world.tell(quote("95", "95")), [""; 0]);
    // 1,000 - 600 of 470.
    assert_eq!(
        world.tell(quote("94", "94")),
        [
            "account 0 margin call, 400 of 470",
            "#2 cancelled 100 MarginCall",
            "#3 cancelled 100 MarginCall",
            "account 0 by MarginCall sells 100 at 94 (Touch)",
        ]
    );
    assert_eq!(
        (world.balance(0), world.position(0)),
        ("400".into(), "0".into())
    );
    // It trades on.
    assert_eq!(world.tell(buy(0, 40)).len(), 2);
}

#[test]
fn exactly_the_requirement_is_enough() {
    let mut world = margined("500", Ratio::ZERO);
    world.tell(buy(0, 50));
    // 250 of 237.5.
    assert_eq!(world.tell(quote("95", "95")), [""; 0]);
    world.book("-12.5");
    // 237.5 of 237.5; one unit of money less is a call.
    assert_eq!(world.equity(0), "237.5");
    assert_eq!(world.position(0), "50");
    let told = crate::told::told(&world.book("-0.000001"));
    assert_eq!(told[1], "account 0 margin call, 237.499999 of 237.5");
    assert_eq!(world.position(0), "0");
}

#[test]
fn positions_are_closed_oldest_first_until_what_is_left_is_covered() {
    let mut world = margined("1000", Ratio::ZERO);
    world.tell_all([buy(0, 50).of(1), buy(0, 50)]);
    // 500 of 475; then 450 of 472.5. Without the older one: 450 of 222.5.
    assert_eq!(world.tell(quote("90", "90")), [""; 0]);
    assert_eq!(
        world.tell(quote("89", "89")),
        [
            "account 0 margin call, 450 of 472.5",
            "account 0 by MarginCall sells 50 at 100 (Touch)",
        ]
    );
    assert_eq!(world.position(0), "50");
    assert_eq!(world.equity(0), "450");
}

#[test]
fn a_short_is_called_as_well() {
    let mut world = margined("1000", Ratio::ZERO);
    world.tell(sell(0, 100));
    // 500 of 525.
    assert_eq!(
        world.tell(quote("104", "105")),
        [
            "account 0 margin call, 500 of 525",
            "account 0 by MarginCall buys 100 at 105 (Touch)",
        ]
    );
}

// Costs.

fn fees(taker: Ratio, maker: Ratio, per_unit: &str, minimum: &str) -> FeeSchedule {
    FeeSchedule {
        taker,
        maker,
        per_unit: money(per_unit),
        minimum: money(minimum),
    }
}

#[test]
fn a_taker_pays_and_a_maker_is_paid() {
    let mut world = World::trading(Instrument {
        fees: fees(Ratio::percent(1), Ratio(-5_000_000), "0.1", "0"),
        ..crossed()
    });
    world.tell(sell(0, 10).at("100"));
    let traded = fills(&world.hear(buy(1, 10)));
    // 10 x 0.1 each; 1% of 1,000 and -0.5% of it.
    assert_eq!(traded[0].fee, money("-4"));
    assert_eq!(traded[1].fee, money("11"));
    assert_eq!(
        (world.balance(0), world.balance(1)),
        ("1000004".into(), "999989".into())
    );
    let paid = |account| {
        world
            .shard
            .account_view(types::AccountId(account))
            .unwrap()
            .fees
    };
    assert_eq!((paid(0), paid(1)), (money("-4"), money("11")));
    let house = world.shard.portrait().house[0].1;
    assert_eq!(house.fees, i128::from(money("7").0));
}

#[test]
fn fees_are_rounded_up_for_everybody() {
    let mut world = World::trading(Instrument {
        fees: fees(Ratio(1), Ratio(-1), "0", "0"),
        ..crossed()
    });
    world.tell(sell(0, 15).at("100"));
    // 0.0000015 up is 0.000002; -0.0000015 up is -0.000001.
    let traded = fills(&world.hear(buy(1, 15)));
    assert_eq!((traded[0].fee, traded[1].fee), (Money(-1), Money(2)));
}

#[test]
fn all_fills_of_an_order_together_cost_the_minimum_at_least() {
    let mut world = World::trading(Instrument {
        fees: fees(Ratio::ZERO, Ratio::ZERO, "0.1", "1"),
        ..paper(PaperModel {
            sizes: Sizes::Displayed,
            ..PaperModel::default()
        })
    });
    world.tell(depth(&[("90", 5)], &[("100", 3), ("101", 5), ("102", 12)]));
    // 0.3, 0.8 and 2.0 by then: the minimum at once, nothing, and what is above it.
    let paid: Vec<_> = fills(&world.hear(buy(0, 20)))
        .iter()
        .map(|fill| fill.fee)
        .collect();
    assert_eq!(paid, [money("1"), money("0"), money("1")]);
    // The next order starts again.
    assert_eq!(fills(&world.hear(sell(0, 1)))[0].fee, money("1"));
}

#[test]
fn a_liquidation_pays_the_takers_rate() {
    let instrument = Instrument {
        fees: fees(Ratio::percent(1), Ratio::ZERO, "0", "2"),
        margin: Margin {
            initial: Requirement {
                rate: Ratio::percent(10),
                per_unit: Money::ZERO,
            },
            maintenance: Requirement {
                rate: Ratio::percent(10),
                per_unit: Money::ZERO,
            },
        },
        ..touch()
    };
    let terms = Terms {
        funding: Funding::Margin {
            rate_min: Ratio::ZERO,
        },
        ..Terms::default()
    };
    let mut world = outside(instrument, "20", terms);
    world.tell(quote("100", "100"));
    // 1 x 100: the minimum of 2 is above 1. 18 of 10; at 90, 8 of 9.
    world.tell(buy(0, 1));
    let call = fills(&world.hear(quote("90", "90")))[0];
    assert_eq!((call.fee, call.balance), (money("2"), money("6")));
}

#[test]
fn a_resting_order_pays_the_makers_rate_outside_too() {
    let mut world = World::trading(Instrument {
        fees: fees(Ratio::percent(1), Ratio::ZERO, "0", "0"),
        ..touch()
    });
    world.tell(quote("100", "101"));
    world.tell(buy(0, 10).at("99"));
    assert_eq!(fills(&world.hear(quote("98", "99")))[0].fee, money("0"));
    assert_eq!(fills(&world.hear(sell(0, 10)))[0].fee, money("9.8"));
}
