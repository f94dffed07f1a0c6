//! Margin: the worst case that an order is checked against, and what happens below the maintenance
//! requirement.

use types::{
    DenyReason, FeeSchedule, Funding, Instrument, Latency, LatencySample, Margin, Money,
    PaperModel, Ratio, Requirement, SelfTrade, Sizes, Slippage, Terms,
};

use crate::accounts::{outside, touch};
use crate::explain::what_if;
use crate::words::{
    Of, Words, amend_price, amend_qty, amend_trigger, buy, cancel, depth, oco, quote, sell,
};
use crate::world::{World, crossed, money, paper};

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
    // 3 x 40 and 0.000000303: the next unit of money; and 3 x 1 between 101 and 100.
    assert_eq!(
        world.tell(buy(0, 3)),
        ["denied BuyingPower 123.000001 of 100"]
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

/// 1,000 of equity, contracts of 10 units, an initial requirement of 10%.
fn contracts(instrument: Instrument) -> World {
    let rate = |percent| Requirement {
        rate: Ratio::percent(percent),
        per_unit: Money::ZERO,
    };
    let instrument = Instrument {
        contract_size: types::Qty::whole(10),
        margin: Margin {
            initial: rate(10),
            maintenance: rate(5),
        },
        ..instrument
    };
    let terms = Terms {
        funding: Funding::Margin {
            rate_min: Ratio::ZERO,
        },
        ..Terms::default()
    };
    outside(instrument, "1000", terms)
}

fn displayed() -> Instrument {
    paper(PaperModel {
        sizes: Sizes::Displayed,
        ..PaperModel::default()
    })
}

/// 1 x 100 and 9 x 150 are 1,450 in contracts of 10: 14,500, of which 10% are 1,450. At the bid of 99 they are worth
/// 9,900 at once: 4,600 less.
#[test]
fn a_market_order_counts_at_what_it_meets() {
    let mut world = contracts(displayed());
    world.tell(depth(&[("99", 9)], &[("100", 1), ("150", 9)]));
    assert_eq!(
        what_if(&world, buy(0, 10)).denied,
        Some(DenyReason::BuyingPower {
            needed: money("6050"),
            available: money("1000"),
        })
    );
    assert_eq!(world.tell(buy(0, 10)), ["denied BuyingPower 6050 of 1000"]);
    // 100 and 150 of 2 contracts: 10% of 2,500 and 10 + 510 lost.
    assert_eq!(what_if(&world, buy(0, 2)).denied, None);
    assert_eq!(world.tell(buy(0, 2)).len(), 3);
    // 9 at the bid and none beyond it count at 99; what is closed loses nothing.
    assert_eq!(world.tell(sell(0, 2)).len(), 2);
}

/// A short position counts at the bid, 9 x 100: 10% of 9,000. Sold at 100 and 8 x 50, bought back at 101: 10 + 4,080.
#[test]
fn a_market_order_to_sell_counts_what_it_loses_on_its_way_down() {
    let mut world = contracts(displayed());
    world.tell(depth(&[("100", 1), ("50", 9)], &[("101", 9)]));
    assert_eq!(world.tell(sell(0, 9)), ["denied BuyingPower 4990 of 1000"]);
    // 100 and 10.
    assert_eq!(world.tell(sell(0, 1)).len(), 2);
}

/// Of 10 at 110: 10% of 11,000, and 10 a unit lost to the slippage.
#[test]
fn a_market_order_counts_with_its_slippage() {
    let mut world = contracts(paper(PaperModel {
        slippage: Slippage::Ticks(10),
        ..PaperModel::default()
    }));
    world.tell(quote("100", "100"));
    assert_eq!(world.tell(buy(0, 10)), ["denied BuyingPower 2100 of 1000"]);
    // 440 and 400; 550 and 500.
    assert_eq!(world.tell(buy(0, 5)), ["denied BuyingPower 1050 of 1000"]);
    assert_eq!(world.tell(buy(0, 4)).len(), 2);
}

/// 10 at 100 tie up 1,000, and are worth 1,000 less at a bid of 90.
#[test]
fn a_market_order_pays_for_the_spread() {
    let mut world = contracts(touch());
    world.tell(quote("90", "100"));
    assert_eq!(world.tell(buy(0, 10)), ["denied BuyingPower 2000 of 1000"]);
    assert_eq!(world.tell(buy(0, 6)), ["denied BuyingPower 1200 of 1000"]);
    assert_eq!(world.tell(buy(0, 5)).len(), 2);
    // 500 left: to close loses nothing more. To turn 5 into 6 short ties up 10% of 60 x 90, and 60 x 10 are lost.
    assert_eq!(world.tell(sell(0, 11)), ["denied BuyingPower 1140 of 500"]);
    assert_eq!(world.tell(sell(0, 5)).len(), 2);
}

/// 10% of 10,000 and 10 of fees.
#[test]
fn a_market_order_pays_its_fees() {
    let mut world = contracts(Instrument {
        fees: FeeSchedule {
            per_unit: Money::whole(1),
            ..FeeSchedule::default()
        },
        ..touch()
    });
    world.tell(quote("100", "100"));
    assert_eq!(world.tell(buy(0, 10)), ["denied BuyingPower 1010 of 1000"]);
    assert_eq!(world.tell(buy(0, 9)).len(), 2);
    let view = world.shard.account_view(types::AccountId(0)).unwrap();
    // 991 of equity, 900 tied up.
    assert_eq!(view.buying_power, Some(money("91")));
}

/// What an account has tied up, and what is left of its equity.
fn tied_up(world: &World) -> [String; 2] {
    let view = world.shard.account_view(types::AccountId(0)).unwrap();
    [view.margin_required, view.buying_power].map(|amount| amount.unwrap().to_string())
}

/// Nine at the ask of 100 tie up 900, and their fees are 9; five sold at 110 550 and 5, which is less.
#[test]
fn the_fees_of_orders_that_rest_are_set_aside() {
    let mut world = contracts(Instrument {
        fees: FeeSchedule {
            per_unit: Money::whole(1),
            ..FeeSchedule::default()
        },
        ..touch()
    });
    world.tell(quote("99", "100"));
    world.tell(buy(0, 5).at("90"));
    assert_eq!(tied_up(&world), ["505", "495"]);
    world.tell(sell(0, 5).at("110"));
    assert_eq!(tied_up(&world), ["555", "445"]);
    world.tell(buy(0, 4).at("90"));
    assert_eq!(tied_up(&world), ["909", "91"]);
    let one = buy(0, 1).at("90");
    let denied = DenyReason::BuyingPower {
        needed: money("1010"),
        available: money("1000"),
    };
    assert_eq!(what_if(&world, one).denied, Some(denied));
    assert_eq!(world.tell(one), ["denied BuyingPower 1010 of 1000"]);
    // Made smaller, and cancelled, they set less aside.
    world.tell(amend_qty(0, 3, 3));
    assert_eq!(tied_up(&world), ["808", "192"]);
    world.tell(cancel(0, 1));
    assert_eq!(tied_up(&world), ["555", "445"]);
    world.tell(cancel(0, 2));
    assert_eq!(tied_up(&world), ["303", "697"]);
    // What is bought at 100 pays its 5, and loses 10 each at the bid: 50; the three that rest set aside theirs.
    world.tell(buy(0, 5));
    assert_eq!(tied_up(&world), ["803", "142"]);
    world.tell(cancel(0, 3));
    // What closes it does not ask for its fees: five at the ask of 100.
    world.tell(sell(0, 5).at("110"));
    assert_eq!(tied_up(&world), ["500", "445"]);
    world.agrees();
}

/// A minimum of 30 is for all fills of an order: nine at 100 tie up 900 and 30; three of them filled have paid it.
#[test]
fn a_minimum_is_set_aside_until_it_is_paid() {
    let mut world = contracts(Instrument {
        fees: FeeSchedule {
            minimum: Money::whole(30),
            ..FeeSchedule::default()
        },
        ..displayed()
    });
    world.tell(depth(&[("99", 9)], &[("100", 9)]));
    world.tell(buy(0, 9).at("90"));
    assert_eq!(tied_up(&world), ["930", "70"]);
    world.tell(depth(&[("89", 9)], &[("90", 3)]));
    world.tell(depth(&[("90", 9)], &[("91", 9)]));
    // 970 of equity; nine at the ask of 91 are 819, ten 910, eleven 1,001.
    assert_eq!(tied_up(&world), ["819", "151"]);
    assert_eq!(
        world.tell(amend_qty(0, 1, 11)),
        ["#1 change denied BuyingPower 1001 of 970"]
    );
    assert_eq!(world.tell(amend_qty(0, 1, 10)), ["#1 amended 10 at 90"]);
    world.agrees();
}

/// Two bought at 100 and 150 tie up 250 and lose 520 against the bid of 99, also while they are on their way. With three
/// more at 90, which count at the ask of 100, 550 and 520; with two more 450 and 520.
#[test]
fn an_order_on_its_way_counts_at_what_it_meets() {
    let mut world = contracts(paper(PaperModel {
        sizes: Sizes::Displayed,
        latency: Latency::Constant(LatencySample {
            order_ns: 1_000_000_000,
            ack_ns: 0,
        }),
        ..PaperModel::default()
    }));
    world.step_ns = 1;
    world.tell(depth(&[("99", 9)], &[("100", 1), ("150", 9)]));
    assert_eq!(world.tell(buy(0, 2)), ["#1 accepted"]);
    assert_eq!(tied_up(&world), ["770", "230"]);
    assert_eq!(
        world.tell(buy(0, 3).at("90")),
        ["denied BuyingPower 1070 of 1000"]
    );
    assert_eq!(world.tell(buy(0, 2).at("90")), ["#2 accepted"]);
    assert_eq!(tied_up(&world), ["970", "30"]);
    world.agrees();
}

/// In a book of 1 at 100 and 6 at 150 seven cost 10,000, of which 10% are 1,000; at the bid of 99 they are worth 6,930.
#[test]
fn in_a_book_a_market_order_counts_level_by_level() {
    let mut world = contracts(crossed());
    world.tell(buy(1, 1).at("99"));
    world.tell(sell(1, 1).at("100"));
    world.tell(sell(1, 6).at("150"));
    let denied = DenyReason::BuyingPower {
        needed: money("4070"),
        available: money("1000"),
    };
    for order in [buy(0, 7), buy(0, 7).at("150"), buy(0, 7).at("200").ioc()] {
        assert_eq!(what_if(&world, order).denied, Some(denied));
        assert_eq!(world.tell(order), ["denied BuyingPower 4070 of 1000"]);
    }
    // It ends at an order of its own, 140: 240 and 2,400 - 1,980. Or goes on to 150: 250 and 2,500 - 1,980.
    world.tell(sell(0, 1).at("140"));
    world.book("-300");
    assert_eq!(what_if(&world, buy(0, 2)).denied, None);
    let alone = buy(0, 2).against_itself(SelfTrade::CancelOldest);
    assert_eq!(world.tell(alone), ["denied BuyingPower 770 of 700"]);
    // 100 and 10.
    assert_eq!(world.tell(buy(0, 1)).len(), 3);
}

/// What is within the limit counts at its own price, what waits at the limit.
#[test]
fn a_limit_order_counts_at_what_it_meets_and_what_waits_at_its_limit() {
    let mut world = contracts(displayed());
    world.tell(depth(&[("99", 9)], &[("100", 1), ("150", 9)]));
    // 100 and 5 x 150: 10% of 8,500; 8,500 - 5,940 lost.
    let six = buy(0, 6).at("150");
    assert_eq!(world.tell(six), ["denied BuyingPower 3410 of 1000"]);
    assert_eq!(world.tell(six.ioc()), ["denied BuyingPower 3410 of 1000"]);
    // 100 and 9 x 104: 10% of 10,360; 10 lost. 8 x 104: 932 and 10.
    assert_eq!(
        world.tell(buy(0, 10).at("104")),
        ["denied BuyingPower 1046 of 1000"]
    );
    assert_eq!(world.tell(buy(0, 9).at("104")).len(), 2);
    world.agrees();
}

/// A limit far away asks for no more than a market order: all of it is there at 100.
#[test]
fn a_limit_beyond_what_is_met_costs_nothing() {
    let mut world = contracts(touch());
    world.tell(quote("100", "100"));
    // 10% of 10,000, all that there is.
    assert_eq!(what_if(&world, buy(0, 10)).denied, None);
    assert_eq!(world.tell(buy(0, 10).at("120")).len(), 2);
    world.agrees();
}

/// What fires at once is a market order: 14,500 as above. What waits counts at its trigger.
#[test]
fn a_stop_that_the_market_is_beyond_counts_at_what_it_meets() {
    let mut world = contracts(displayed());
    world.tell(depth(&[("99", 9)], &[("100", 1), ("150", 9)]));
    let denied = ["denied BuyingPower 6050 of 1000"];
    assert_eq!(world.tell(buy(0, 10).stop("100")), denied);
    assert_eq!(world.tell(buy(0, 10).touched("100")), denied);
    assert_eq!(world.tell(buy(0, 10).stop_limit("90", "150")), denied);
    // 10% of 9 x 1,010. Of 13,000, and 13,000 - 8,910.
    assert_eq!(world.tell(buy(0, 9).stop("101")), ["#1 accepted"]);
    assert_eq!(
        world.tell(amend_trigger(0, 1, "100")),
        ["#1 change denied BuyingPower 5390 of 1000"]
    );
    world.agrees();
}

/// Prices below zero: 10 bought at -100 count as much as at 100, and are worth -101.
#[test]
fn a_stop_that_the_market_is_beyond_counts_below_zero() {
    let mut world = contracts(touch());
    world.tell(quote("-101", "-100"));
    for order in [buy(0, 10), buy(0, 10).stop("-101")] {
        assert_eq!(world.tell(order), ["denied BuyingPower 1100 of 1000"]);
    }
    world.agrees();
}

#[test]
fn an_amendment_that_takes_counts_at_what_it_meets() {
    let mut world = contracts(displayed());
    world.tell(depth(&[("99", 9)], &[("100", 1), ("150", 9)]));
    world.tell(buy(0, 6).at("90"));
    assert_eq!(
        world.tell(amend_price(0, 1, "150")),
        ["#1 change denied BuyingPower 3410 of 1000"]
    );
    // 100 and 5 x 104 are 620, and 10 are lost.
    world.book("-380");
    assert_eq!(
        world.tell(amend_price(0, 1, "104")),
        ["#1 change denied BuyingPower 630 of 620"]
    );
    // It asks for no more.
    assert_eq!(world.tell(amend_qty(0, 1, 5)), ["#1 amended 5 at 90"]);
    world.agrees();
}

/// What an order needs does not depend on how much there is: it is denied exactly where that is less, however far
/// above or below.
#[test]
fn an_order_is_denied_exactly_below_what_it_needs() {
    let fees = FeeSchedule {
        taker: Ratio::percent(1),
        per_unit: Money::whole(1),
        minimum: Money::whole(30),
        ..FeeSchedule::default()
    };
    let impact = |sizes| PaperModel {
        sizes,
        slippage: Slippage::Impact { ticks: 3 },
        ..PaperModel::default()
    };
    let mut denials = 0;
    for instrument in [
        displayed(),
        paper(impact(Sizes::Unlimited)),
        paper(impact(Sizes::Displayed)),
        crossed(),
    ] {
        for fees in [FeeSchedule::default(), fees] {
            for order in [
                buy(0, 1),
                buy(0, 10),
                sell(0, 7),
                buy(0, 4).at("150"),
                buy(0, 12).at("120"),
                sell(0, 3).at("90"),
                sell(0, 3).at("160"),
                buy(0, 5).stop("99"),
                buy(0, 2).stop("130"),
            ] {
                let with = |balance: i64| {
                    let mut world = contracts(Instrument { fees, ..instrument });
                    world.book(&(balance - 1_000).to_string());
                    if instrument.liquidity == crossed().liquidity {
                        for (lots, price) in [(2, "99"), (5, "80")] {
                            world.tell(buy(1, lots).at(price));
                        }
                        for (lots, price) in [(1, "100"), (5, "150")] {
                            assert_eq!(world.tell(sell(1, lots).at(price)).len(), 1);
                        }
                    } else {
                        world.tell(depth(&[("99", 2), ("80", 9)], &[("100", 1), ("150", 9)]));
                    }
                    what_if(&world, order).denied
                };
                let Some(DenyReason::BuyingPower { needed, .. }) = with(1) else {
                    panic!("{order:?} needs nothing");
                };
                for balance in (50..100_000).step_by(9_973).chain([
                    needed.0.div_euclid(1_000_000) - 1,
                    needed.0.div_euclid(1_000_000),
                    needed.0.div_euclid(1_000_000) + 1,
                    needed.0.div_euclid(250_000),
                ]) {
                    let is_denied = with(balance).is_some();
                    assert_eq!(is_denied, needed > Money::whole(balance), "{order:?}");
                    denials += u32::from(is_denied);
                }
            }
        }
    }
    assert!(denials > 100, "{denials}");
}

/// 90 long at 100 with an OCO of two sales of 90, of which one executes: to move its limit opens nothing, however far
/// it goes. For 91 both count, as they work: 10% of 91 short at 112.
#[test]
fn an_order_of_an_oco_that_only_closes_is_moved_freely() {
    let mut world = margined("1000", Ratio::ZERO);
    world.tell(buy(0, 90));
    world.tell(oco(&[sell(0, 90).at("110"), sell(0, 90).stop("90")]));
    assert_eq!(
        world.tell(amend_price(0, 2, "111")),
        ["#2 amended 90 at 111"]
    );
    assert_eq!(
        world.tell(amend_price(0, 2, "112")),
        ["#2 amended 90 at 112"]
    );
    assert_eq!(
        world.tell(amend_qty(0, 2, 91)),
        ["#2 change denied BuyingPower 1019.2 of 1000"]
    );
    world.agrees();
}
