//! What trading costs: maker and taker, amounts for each unit, minimum, and how it is rounded.

use engine::Limits;
use types::{
    FeeSchedule, Funding, Instrument, Margin, Money, PaperModel, Ratio, Requirement, Sizes, Terms,
};

use crate::accounts::{outside, touch};
use crate::liquidation::fragile;
use crate::paper::DISPLAYED;
use crate::told::told;
use crate::words::{Words, buy, cancel, depth, quote, sell};
use crate::world::{World, crossed, fills, money, paper};

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

/// Ten cents a unit and at least 1: 20 bought for 2. Their closing earns 0.3, 0.8 and 2.0 by its third level, which is
/// 2 in all, however many levels it takes.
#[test]
fn a_closing_through_several_levels_pays_the_minimum_once() {
    let instrument = Instrument {
        fees: fees(Ratio::ZERO, Ratio::ZERO, "0.1", "1"),
        ..paper(DISPLAYED)
    };
    let mut world = World::with(&[instrument], &fragile());
    world.tell(depth(&[("100", 3), ("99", 5), ("98", 12)], &[("100", 20)]));
    assert_eq!(fills(&world.hear(buy(0, 20)))[0].fee, money("2"));
    // 9,998 less 51 is below 9,950.
    let facts = world.book("-51");
    let paid: Vec<_> = fills(&facts).iter().map(|fill| fill.fee).collect();
    assert_eq!(paid, [money("1"), money("0"), money("1")]);
    // 5 x 1 and 12 x 2 beside the fees.
    let told = told(&facts);
    let liquidated = "account 0 liquidated to 9916, fees 2, slippage 29".to_owned();
    assert!(told.contains(&liquidated), "{told:?}");
    world.agrees();
}

/// As before, in a book: 3 and 5 of the makers and 2 of the house earn 1.0 together. Each maker is an order of its own.
#[test]
fn a_closing_that_sweeps_a_book_pays_the_minimum_once() {
    let instrument = Instrument {
        fees: fees(Ratio::ZERO, Ratio::ZERO, "0.1", "1"),
        ..crossed()
    };
    let mut world = World::limited(Limits::default(), &[instrument], &fragile(), 4);
    world.tell_all([
        sell(1, 10).at("100"),
        buy(0, 10),
        buy(2, 4).at("96"),
        buy(3, 3).at("90"),
        buy(3, 5).at("80"),
    ]);
    // 1 for the opening, and 10 x 10 at 90.
    let facts = world.hear(cancel(2, 3));
    let paid: Vec<_> = fills(&facts)
        .iter()
        .map(|fill| (fill.account.0, fill.fee))
        .collect();
    let one = money("1");
    let none = money("0");
    assert_eq!(paid, [(3, one), (0, one), (3, one), (0, none), (0, none)]);
    let told = told(&facts);
    let liquidated = "account 0 liquidated to 9848, fees 1, slippage 50".to_owned();
    assert!(told.contains(&liquidated), "{told:?}");
    world.agrees();
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
