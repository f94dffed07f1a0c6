//! What an account may do with its money: hedging, cash, shorts.

use engine::{Limits, Shard};
use rules::{Allowance, MaxLoss, Plan, StopTrailing, TrailSource};
use types::{
    AccountId, Effect, EventKind, FeeSchedule, Funding, Instrument, Leg, PaperModel, PlanId,
    PositionMode, Ratio, Terms,
};

use crate::words::{Words, amend_price, amend_qty, buy, cancel, quote, sell};
use crate::world::{World, breaches, crossed, define, fills, instrument, money, open, paper, plan};

/// Two instruments, the first at 100 bid and 101 asked, and two accounts under these terms.
pub(crate) fn outside(instrument: Instrument, initial: &str, terms: Terms) -> World {
    let plan = Plan {
        terms,
        ..plan(initial)
    };
    let mut world = World::limited(Limits::default(), &[instrument, instrument], &plan, 2);
    world.tell(quote("100", "101"));
    world
}

/// Fills at the touch.
pub(crate) fn touch() -> Instrument {
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
    // Its fee is set aside with it: 81.91 - 80.8.
    assert_eq!(
        world.tell(buy(0, 1).at("2")),
        ["denied BuyingPower 2.02 of 1.11"]
    );
    assert_eq!(world.tell(buy(0, 1).at("1")), ["#3 accepted"]);
    // 0.1 and the 80.8 of the one that it replaces.
    assert_eq!(
        world.tell(amend_price(0, 2, "81")),
        ["#2 change denied BuyingPower 81.81 of 80.9"]
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

/// A plan that fails so far below 10,000.
fn failing(below: &str) -> Plan {
    Plan {
        max_loss: Some(MaxLoss {
            trail: TrailSource::None,
            allowance: Allowance::Fixed(money(below)),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: false,
        }),
        ..plan("10000")
    }
}

#[test]
fn a_second_plan_of_the_same_name_and_version_leaves_the_accounts_of_the_first_alone() {
    let (first, second) = (failing("1000"), failing("500"));
    assert_eq!((first.name, first.version), (second.name, second.version));
    let mut world = World::with(&[instrument("SHARE", "0.01", "1", "1")], &first);
    let defined = world.hear(define(&second));
    let hash = second.hash();
    let (plan, version) = (PlanId(1), second.version);
    let known = EventKind::PlanDefined {
        plan,
        version,
        hash,
    };
    assert_eq!(defined, [known]);
    world.command(open(1));
    world.tell(quote("100", "100"));
    world.tell(buy(0, 100));
    world.tell(buy(1, 100));
    let breached = |facts: &[EventKind]| {
        let breaches = breaches(facts).into_iter();
        let figures = breaches.map(|it| (it.account, it.floor, it.plan, it.plan_hash));
        figures.collect::<Vec<_>>()
    };
    // 500.01 down: below the second's floor only, also on the state as it was written.
    let restored = Shard::restore(&world.snapshot()).unwrap();
    assert_eq!(restored.state_hash(), world.shard.state_hash());
    let facts = world.hear(quote("94.99", "94.99"));
    let of_second = (AccountId(1), money("9500"), plan, hash);
    assert_eq!(breached(&facts), [of_second]);
    // At the first's floor, and a cent of each share below.
    assert_eq!(breached(&world.hear(quote("90", "90"))), []);
    let facts = world.hear(quote("89.99", "89.99"));
    let of_first = (AccountId(0), money("9000"), PlanId(0), first.hash());
    assert_eq!(breached(&facts), [of_first]);
    world.agrees();
}
