//! Margin: the worst case that an order is checked against, and what happens below the maintenance
//! requirement.

use types::{Funding, Instrument, Margin, Money, Ratio, Requirement, Terms};

use crate::accounts::{outside, touch};
use crate::words::{Of, Words, amend_qty, buy, cancel, oco, quote, sell};
use crate::world::{World, money};

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
    // 10% of 110 x 110, for they sell at no less.
    assert_eq!(
        world.tell(sell(0, 50).at("110")),
        ["denied BuyingPower 1210 of 1000"]
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
    // One that turns the position at 97 leaves 100 short there.
    assert_eq!(
        world.tell(sell(0, 200).at("97")),
        ["denied BuyingPower 970 of 600"]
    );
    assert_eq!(world.tell(sell(0, 200).stop("95")), ["#2 accepted"]);
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
            "account 0 liquidated to 400, fees 0, slippage 0",
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
            "account 0 liquidated to 450, fees 0, slippage 0",
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
            "account 0 liquidated to 500, fees 0, slippage 0",
        ]
    );
}
