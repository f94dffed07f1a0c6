//! Cash for holding a position, and splits.

use engine::Limits;
use rules::{Allowance, MaxLoss, Plan, StopTrailing, TrailSource};
use types::{
    Command, Effect, Financing, InstrumentId, Leg, MarketChange, MarketData, Money, PaperModel,
    Ratio,
};

use crate::words::{Words, buy, market, print, quote, sell};
use crate::world::{ACCOUNT, World, crossed, instrument, money, paper, plan, price};

/// Account 0 is long 10 from 101, account 1 short 3 from 100; 100 bid, 101 asked.
fn held() -> World {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    world.tell_all([buy(0, 10), sell(1, 3)]);
    world
}

fn financing(long: i64, short: i64, at: &str) -> types::MarketEvent {
    market(MarketData::Financing(Financing {
        long: Ratio(long),
        short: Ratio(short),
        price: price(at),
    }))
}

fn dividend(per_unit: Money) -> types::MarketEvent {
    market(MarketData::Dividend { per_unit })
}

fn split(new: u32, old: u32) -> types::MarketEvent {
    market(MarketData::Split { new, old })
}

#[test]
fn financing_credits_or_charges_a_share_of_the_notional() {
    let mut world = held();
    // 0.01% of 10 x 100 from the long, 0.005% of 3 x 100 to the short.
    assert_eq!(
        world.tell(financing(-100_000, 50_000, "100")),
        [
            "account 0 booked Financing -0.1, holds 10",
            "account 1 booked Financing 0.015, holds -3",
        ]
    );
    assert_eq!(
        (world.balance(0), world.balance(1)),
        ("999999.9".into(), "1000000.015".into())
    );
    let view = world.shard.account_view(types::AccountId(0)).unwrap();
    assert_eq!((view.day_pnl, view.fees), (money("-0.1"), money("0")));
    assert_eq!(
        world.tell(financing(1, 1, "100.5")),
        ["rejected OffGrid price 100.5 of 1"]
    );
}

/// What a firm books is what a feed would have booked: 10 units at 100 are 1,000, of which 0.01% are 0.1.
#[test]
fn a_firm_says_what_a_feed_would() {
    let (mut by_feed, mut by_firm) = (held(), held());
    let terms = Financing {
        long: Ratio(-100_000),
        short: Ratio(50_000),
        price: price("100"),
    };
    let per_unit = Money(1_500_000);
    let (new, old) = (2, 1);
    for (data, change) in [
        (MarketData::Financing(terms), MarketChange::Financing(terms)),
        (
            MarketData::Dividend { per_unit },
            MarketChange::Dividend { per_unit },
        ),
        (
            MarketData::Split { new, old },
            MarketChange::Split { new, old },
        ),
    ] {
        let command = Command::ChangeMarket {
            instrument: InstrumentId(0),
            change,
        };
        assert_eq!(by_feed.tell(market(data)), by_firm.tell(command));
        by_firm.agrees();
    }
    // 10 x 1.5 on top of the 0.1 that were paid; then twice as many.
    assert_eq!(by_firm.position(0), "20");
    assert_eq!(by_firm.balance(0), by_feed.balance(0));
}

#[test]
fn financing_is_rounded_down_and_uses_the_size_of_a_negative_price() {
    let mut world = held();
    // 10 x 50 x 1e-9: half a unit of money, either way; 3 x 50: 0.15 of one.
    assert_eq!(
        world.tell(financing(1, -1, "50")),
        [
            "account 0 booked Financing 0, holds 10",
            "account 1 booked Financing -0.000001, holds -3",
        ]
    );
    assert_eq!(
        world.tell(financing(-10, 10, "-100")),
        [
            "account 0 booked Financing -0.00001, holds 10",
            "account 1 booked Financing 0.000003, holds -3",
        ]
    );
}

#[test]
fn a_dividend_goes_to_the_longs_and_comes_from_the_shorts() {
    let mut world = held();
    assert_eq!(
        world.tell(dividend(money("0.25"))),
        [
            "account 0 booked Dividend 2.5, holds 10",
            "account 1 booked Dividend -0.75, holds -3",
        ]
    );
    assert_eq!(
        world.tell(dividend(Money(-1))),
        ["rejected BadData dividend -0.000001"]
    );
    assert_eq!(world.tell(dividend(Money(0))).len(), 2);
}

/// 3 contracts of 100 units at 0.25 are 75, and so is what is owed on them.
#[test]
fn a_dividend_is_paid_on_every_unit_of_a_contract() {
    let mut world = World::trading(instrument("LOTS", "1", "1", "100"));
    world.tell(quote("100", "100"));
    world.tell_all([buy(0, 3), sell(1, 3)]);
    assert_eq!(
        world.tell(dividend(money("0.25"))),
        [
            "account 0 booked Dividend 75, holds 3",
            "account 1 booked Dividend -75, holds -3",
        ]
    );
}

#[test]
fn half_a_unit_of_money_is_nobodys() {
    let mut world = World::trading(instrument("HALF", "1", "0.5", "1"));
    world.tell(quote("100", "100"));
    world.tell(buy(0, 0).quantity(crate::world::qty("0.5")));
    world.tell(sell(1, 0).quantity(crate::world::qty("0.5")));
    assert_eq!(
        world.tell(dividend(Money(1))),
        [
            "account 0 booked Dividend 0, holds 0.5",
            "account 1 booked Dividend -0.000001, holds -0.5",
        ]
    );
}

#[test]
fn nobody_who_holds_nothing_is_booked() {
    let mut world = held();
    world.tell_all([sell(0, 10), buy(1, 3)]);
    world.tell(buy(2, 5).at("90"));
    assert_eq!(world.tell(dividend(money("1"))), [""; 0]);
    assert_eq!(world.tell(financing(-100_000, 0, "100")), [""; 0]);
}

#[test]
fn financing_of_an_open_position_moves_the_closed_balance_with_the_next_close() {
    let rules = Plan {
        max_loss: Some(MaxLoss {
            trail: TrailSource::ClosedBalance,
            allowance: Allowance::Fixed(money("3000")),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: true,
        }),
        ..plan("100000")
    };
    let share = paper(PaperModel::default());
    let mut world = World::limited(Limits::default(), &[share], &rules, 1);
    let floor = |world: &World| {
        world.shard.account_view(ACCOUNT).unwrap().limits[0]
            .limit
            .floor
    };
    world.tell(quote("100", "100"));
    world.tell(buy(0, 1_000));
    // 2% of 100,000.
    let told = world.tell(financing(20_000_000, 0, "100"));
    assert_eq!(told, ["account 0 booked Financing 2000, holds 1000"]);
    assert_eq!(floor(&world), money("97000"));
    world.roll(1);
    assert_eq!(floor(&world), money("97000"));
    world.tell(sell(0, 1));
    assert_eq!(floor(&world), money("99000"));
    world.agrees();
}

#[test]
fn a_booking_may_break_a_limit() {
    let rules = Plan {
        max_loss: Some(MaxLoss {
            trail: TrailSource::None,
            allowance: Allowance::Fixed(money("100")),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: true,
        }),
        ..plan("10000")
    };
    let mut world = World::limited(
        Limits::default(),
        &[paper(PaperModel::default())],
        &rules,
        2,
    );
    world.tell(quote("100", "100"));
    world.tell(sell(1, 50));
    assert_eq!(
        world.tell(dividend(money("2"))),
        [
            "account 1 booked Dividend -100, holds -50",
            "account 1 breach MaxLoss",
            "BreachPosition",
            "VerdictBasis",
            "LimitBasis",
            "account 1 by Liquidation buys 50 at 100 (Touch)",
            "account 1 liquidated to 9900, fees 0, slippage 0",
            "account 1 Failed",
        ]
    );
}

#[test]
fn each_leg_of_a_hedge_is_booked() {
    let rules = Plan {
        terms: types::Terms {
            mode: types::PositionMode::Hedging,
            ..types::Terms::default()
        },
        ..plan("1000000")
    };
    let mut world = World::limited(
        Limits::default(),
        &[paper(PaperModel::default())],
        &rules,
        1,
    );
    world.tell(quote("100", "101"));
    world.tell_all([sell(0, 3).leg(Leg::Short), buy(0, 10).leg(Leg::Long)]);
    assert_eq!(
        world.tell(dividend(money("1"))),
        [
            "account 0 booked Dividend 10, holds 10",
            "account 0 booked Dividend -3, holds -3",
        ]
    );
}

#[test]
fn a_split_changes_positions_and_prices_and_nobodys_equity() {
    let mut world = held();
    world.tell(print("101", 1));
    world.tell_all([buy(2, 5).at("90"), sell(2, 5).stop("80")]);
    let before: Vec<_> = (0..3).map(|account| world.equity(account)).collect();
    assert_eq!(
        world.tell(split(2, 1)),
        [
            "#3 cancelled 5 Split",
            "#4 cancelled 5 Split",
            "account 0 booked Split 0, holds 20",
            "account 1 booked Split 0, holds -6",
        ]
    );
    let picture = world.picture();
    let touch = picture.quote.unwrap();
    // 50.5 is no price: down for the bid and the print, up for the ask.
    assert_eq!((touch.bid, touch.ask), (price("50"), price("51")));
    assert_eq!((picture.last, picture.stale), (Some(price("50")), true));
    // Long 20 at 50 is long 10 at 100; short 6 at 51 is half a point a share worse than before.
    assert_eq!(
        (world.equity(0), before[0].as_str()),
        ("999990".into(), "999990")
    );
    assert_eq!(
        (world.equity(1), before[1].as_str()),
        ("999994".into(), "999997")
    );
    assert_eq!(world.tell(buy(2, 5)), ["denied BadQuote stale since 15"]);
    world.tell(quote("50", "50"));
    assert_eq!(world.tell(sell(0, 20))[1], "#5 sells 20 at 50 (Touch)");
    assert_eq!(world.balance(0), "999990");
}

#[test]
fn the_part_of_a_lot_that_is_left_over_is_paid_out() {
    let mut world = World::trading(paper(PaperModel::default()));
    world.tell(quote("100", "101"));
    world.tell_all([buy(0, 5), sell(1, 5), buy(2, 1)]);
    let before: Vec<_> = (0..3).map(|account| world.equity(account)).collect();
    // 200 bid, 202 asked. Long 5 from 505: 2 and a half, of which the half is worth 100 and cost a fifth
    // of 505. Short 5 from 500: the half costs 101 and brought 100. Long 1 from 101: worth 100.
    assert_eq!(
        world.tell(split(1, 2)),
        [
            "account 0 booked Split -1, holds 2",
            "account 1 booked Split -1, holds -2",
            "account 2 booked Split -1, holds 0",
        ]
    );
    assert_eq!(world.holding(0, 0, Leg::Net).cost.to_string(), "404");
    assert_eq!(world.holding(1, 0, Leg::Net).cost.to_string(), "-400");
    let after: Vec<_> = (0..3).map(|account| world.equity(account)).collect();
    assert_eq!(after, before);
}

#[test]
fn a_split_of_a_book_ends_its_orders_and_keeps_it_open() {
    let mut world = World::trading(crossed());
    world.tell_all([
        sell(0, 4).at("100"),
        buy(1, 3),
        buy(2, 5).at("90"),
        buy(3, 5).at_close(),
    ]);
    assert_eq!(
        world.tell(split(3, 1)),
        [
            "#1 cancelled 1 Split",
            "#3 cancelled 5 Split",
            "#4 cancelled 5 Split",
            "account 0 booked Split 0, holds -9",
            "account 1 booked Split 0, holds 9",
        ]
    );
    let picture = world.picture();
    assert_eq!(
        (picture.last, picture.stale, picture.session),
        (Some(price("33")), false, None)
    );
    world.tell(sell(1, 9).at("34"));
    assert_eq!(world.tell(buy(0, 9)).len(), 3);
    assert_eq!(world.position(0), "0");
}

#[test]
fn a_split_has_two_numbers_that_differ() {
    let mut world = held();
    for (new, old) in [
        (1, 1),
        (0, 1),
        (1, 0),
        (7, 7),
        (1_000_001, 1),
        (1, u32::MAX),
    ] {
        assert_eq!(
            world.tell(split(new, old)),
            [format!("rejected BadData {new} for {old} of 1000")],
            "{new}:{old}"
        );
    }
    assert!(!world.picture().stale);
}

#[test]
fn an_unknown_instrument_is_nobodys() {
    let mut world = held();
    let unknown = types::MarketEvent {
        instrument: types::InstrumentId(7),
        ..split(2, 1)
    };
    assert_eq!(world.tell(unknown), ["rejected UnknownInstrument"]);
}
