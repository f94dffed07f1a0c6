//! What the engine does with the positions and orders of an account that broke a limit.

use engine::Limits;
use rules::{
    Allowance, DailyAnchor, DailyChanges, DailyLoss, MaxLoss, Plan, StopTrailing, TrailSource,
};
use types::{AlgoKind, Effect, Instrument, InstrumentStatus, PaperModel, Ratio, Side, Slippage};

use crate::paper::{DISPLAYED, TOUCH};
use crate::words::{
    Of, Words, algo, bracket, buy, cancel, delta, depth, quote, sell, sized, status,
};
use crate::world::{SECOND, World, crossed, money, paper, plan};

/// Fails 50 below where it began.
pub(crate) fn fragile() -> Plan {
    Plan {
        max_loss: Some(MaxLoss {
            trail: TrailSource::None,
            allowance: Allowance::Fixed(money("50")),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: false,
        }),
        ..plan("10000")
    }
}

/// Account 0 bought 10 from account 1 at 100; account 2 bids 4 at 96 (#3), account 3 bids 3 at 90 (#4) and
/// 5 at 80 (#5).
fn bought() -> World {
    bought_in(crossed())
}

fn bought_in(book: Instrument) -> World {
    let mut world = World::limited(Limits::default(), &[book, crossed()], &fragile(), 5);
    world.tell_all([
        sell(1, 10).at("100"),
        buy(0, 10),
        buy(2, 4).at("96"),
        buy(3, 3).at("90"),
        buy(3, 5).at("80"),
    ]);
    world
}

#[test]
fn a_position_in_a_book_is_swept_and_the_house_takes_the_rest_at_the_mark() {
    let mut world = bought();
    // 10 x 4 lost at 96; without that bid, 10 x 10.
    assert_eq!(
        world.tell(cancel(2, 3)),
        [
            "#3 cancelled 4 Requested",
            "account 0 breach MaxLoss",
            "BreachPosition",
            "VerdictBasis",
            "LimitBasis",
            "#4 buys 3 at 90",
            "account 0 by Liquidation sells 3 at 90 leaves 7",
            "#5 buys 5 at 80",
            "account 0 by Liquidation sells 5 at 80 leaves 2",
            "account 0 by Liquidation sells 2 at 90 (House)",
            "account 0 liquidated to 9850, fees 0, slippage 50",
            "account 0 Failed",
            // The sweep left account 3 with what it bought at 90 and 80, marked at 80.
        ]
    );
    // 3 x 10, 5 x 20 and 2 x 10.
    assert_eq!(
        (world.balance(0), world.position(0)),
        ("9850".into(), "0".into())
    );
    assert_eq!(
        (world.position(1), world.position(3)),
        ("-10".into(), "8".into())
    );
}

#[test]
fn in_a_halted_book_the_house_takes_it_all() {
    let mut world = bought();
    world.tell(status(InstrumentStatus::Halted));
    let told = world.tell(cancel(2, 3));
    assert_eq!(
        told[5..],
        [
            "account 0 by Liquidation sells 10 at 90 (House)",
            "account 0 liquidated to 9900, fees 0, slippage 0",
            "account 0 Failed"
        ]
    );
    assert_eq!(world.bids(), "90 x 3 [#4], 80 x 5 [#5]");
}

#[test]
fn a_sweep_ends_at_the_breaker_and_the_house_takes_the_rest_at_the_mark() {
    // The session began at 100, so that nothing trades below 90.
    let mut world = bought_in(Instrument {
        breaker: Ratio::percent(10),
        ..crossed()
    });
    let told = world.tell(cancel(2, 3));
    assert_eq!(
        told[5..],
        [
            "#4 buys 3 at 90",
            "account 0 by Liquidation sells 3 at 90 leaves 7",
            "Halted by breaker",
            "account 0 by Liquidation sells 7 at 90 (House)",
            "account 0 liquidated to 9900, fees 0, slippage 0",
            "account 0 Failed",
        ]
    );
    assert_eq!(world.bids(), "80 x 5 [#5]");
    assert_eq!(world.picture().last, Some(crate::world::price("90")));
    world.agrees();
}

#[test]
fn a_sweep_sets_off_the_stops_of_others() {
    let mut world = bought();
    world.tell(sell(4, 2).stop("85").on_last());
    world.tell(buy(2, 3).at("79"));
    let told = world.tell(cancel(2, 3));
    assert_eq!(
        told[8..],
        [
            "account 0 by Liquidation sells 5 at 80 leaves 2",
            "#7 buys 2 at 79 leaves 1",
            "account 0 by Liquidation sells 2 at 79",
            "account 0 liquidated to 9828, fees 0, slippage 72",
            "account 0 Failed",
            // The first print at 85 or below.
            "#6 triggered at 80",
            "#7 buys 1 at 79",
            "#6 sells 1 at 79 leaves 1",
            "#6 cancelled 1 NotMarketable",
        ]
    );
}

#[test]
fn a_failure_may_make_the_next_one() {
    let mut world = bought();
    // Account 4 is long 20 from 96 as well: 10 for each dollar down.
    world.tell_all([sell(1, 20).at("97"), buy(4, 20).at("97")]);
    let told = world.tell(buy(2, 1).at("95"));
    assert_eq!(told.len(), 1);
    // The bids at 96 and 95 go: 0 loses 10 x 10 at 90 and 4 loses 20 x 7. Each is judged once, in order.
    world.tell(cancel(2, 3));
    let failed: Vec<_> = (0..5)
        .map(|account| {
            world
                .shard
                .account_state(types::AccountId(account))
                .unwrap()
        })
        .map(|state| state == types::AccountState::Failed)
        .collect();
    // At 95 account 0 has lost exactly its 50, which is no breach here; account 4 has lost 40.
    assert_eq!(failed, [false; 5]);
    let told = world.tell(cancel(2, 8));
    let ends: Vec<_> = told
        .iter()
        .filter(|line| line.ends_with("Failed"))
        .collect();
    assert_eq!(ends, ["account 0 Failed", "account 4 Failed"]);
    assert_eq!(
        (world.position(0), world.position(4)),
        ("0".into(), "0".into())
    );
}

#[test]
fn everything_that_works_ends_before_anything_is_closed() {
    let mut world = World::limited(
        Limits::default(),
        &[paper(PaperModel::default()), paper(PaperModel::default())],
        &fragile(),
        1,
    );
    world.tell(quote("100", "100"));
    world.tell(quote("100", "100").of(1));
    world.tell(buy(0, 10));
    world.tell(bracket(&[
        buy(0, 1).at("50").of(1),
        sell(0, 1).at("60").of(1),
        sell(0, 1).stop("40").of(1),
    ]));
    world.tell(sell(0, 10).stop("90"));
    let window = (world.now() + 100 * SECOND, world.now() + 200 * SECOND);
    world.tell(algo(0, Side::Buy, 9, AlgoKind::Twap { slices: 3 }, window));
    world.tell(sell(0, 1).at("120").of(1));
    assert_eq!(
        world.tell(quote("94", "94")),
        [
            "account 0 breach MaxLoss",
            "BreachPosition",
            "VerdictBasis",
            "LimitBasis",
            "#6 algo ended AccountLocked with 0",
            "#2 cancelled 1 AccountLocked",
            "#3 cancelled 0 ParentEnded",
            "#4 cancelled 0 ParentEnded",
            "#5 cancelled 10 AccountLocked",
            "#7 cancelled 1 AccountLocked",
            "account 0 by Liquidation sells 10 at 94 (Touch)",
            "account 0 liquidated to 9940, fees 0, slippage 0",
            "account 0 Failed",
        ]
    );
    assert_eq!(world.shard.next_due(), None);
    assert_eq!(world.tell(buy(0, 1)), ["denied AccountNotTrading Failed"]);
}

#[test]
fn positions_are_closed_oldest_first_at_the_last_good_touch() {
    let mut world = World::limited(
        Limits::default(),
        &[paper(PaperModel::default()), paper(PaperModel::default())],
        &fragile(),
        1,
    );
    world.tell(quote("100", "101"));
    world.tell(quote("100", "101").of(1));
    world.tell_all([sell(0, 4).of(1), buy(0, 10)]);
    world.tell(status(InstrumentStatus::Halted).of(1));
    // 10 x 1 and 4 x 1 lost so far; then 10 x 5.
    let told = world.tell(quote("96", "97"));
    assert_eq!(
        told[5..],
        [
            "account 0 by Liquidation buys 4 at 101 (Touch)",
            "account 0 by Liquidation sells 10 at 96 (Touch)",
            "account 0 liquidated to 9946, fees 0, slippage 0",
            "account 0 Failed",
        ]
    );
}

/// What account 0 is left with of 12 bought at 101: it sold 3 into the first two levels, and 9 are closed at 94.
#[test]
fn against_the_outside_it_gets_what_its_own_order_would() {
    let model = PaperModel {
        slippage: Slippage::Ticks(1),
        ..DISPLAYED
    };
    let mut world = World::with(&[paper(model)], &fragile());
    let bids = [("100", 1), ("94", 4), ("93", 3), ("92", 2)];
    world.tell(depth(&bids, &[("100", 30)]));
    world.tell_all([buy(0, 12), sell(0, 3)]);
    assert_eq!(world.balance(0), "9982");
    let told = world.tell(delta(&[("100", 0)], &[]));
    assert_eq!(
        told[told.len() - 5..],
        [
            "account 0 by Liquidation sells 2 at 93 leaves 7 (Depth)",
            "account 0 by Liquidation sells 3 at 92 leaves 4 (Depth)",
            // Two more than the last level displays.
            "account 0 by Liquidation sells 4 at 91 (Depth)",
            // 919 before it.
            "account 0 liquidated to 9899, fees 0, slippage 20",
            "account 0 Failed",
        ]
    );
}

/// 10 of a side that displays 5, or nothing.
#[test]
fn a_closing_slips_like_an_order() {
    for (slippage, displayed, price) in [
        (Slippage::None, 5, "90"),
        (Slippage::Ticks(2), 5, "88"),
        (Slippage::Rate(Ratio::percent(1)), 5, "89"),
        (Slippage::Impact { ticks: 3 }, 5, "84"),
        (Slippage::Impact { ticks: 3 }, 0, "87"),
    ] {
        let model = PaperModel { slippage, ..TOUCH };
        let mut world = World::with(&[paper(model)], &fragile());
        world.tell(sized("100", 10, "100", 10));
        world.tell(buy(0, 10));
        let told = world.tell(sized("90", displayed, "100", 5));
        let closed = format!("account 0 by Liquidation sells 10 at {price} (Touch)");
        assert!(told.contains(&closed), "{slippage:?}: {told:?}");
    }
}

/// 10 are closed from a best bid of 90 between 90 and 100, 30 ticks lower for one that is displayed: at the end of the
/// collar, which is around the middle of 95, or without one a tenth below 90.
#[test]
fn an_impact_on_a_closing_has_a_bound() {
    for (collar, displayed, price) in [
        // 8 ticks, 9 with the last part of one, then 10.
        (0, 4, "82"),
        (0, 3, "81"),
        (0, 1, "81"),
        // 95 less 19 is 76.
        (20, 3, "80"),
        (20, 1, "76"),
        // 95 less 4 is above what is displayed, which is had without impact.
        (5, 1, "90"),
    ] {
        let model = PaperModel {
            slippage: Slippage::Impact { ticks: 3 },
            ..TOUCH
        };
        let instrument = Instrument {
            collar: Ratio::percent(collar),
            ..paper(model)
        };
        let mut world = World::with(&[instrument], &fragile());
        world.tell(sized("100", 10, "100", 10));
        world.tell(buy(0, 10).at("100"));
        let told = world.tell(sized("90", displayed, "100", 5));
        let closed = format!("account 0 by Liquidation sells 10 at {price} (Touch)");
        assert!(told.contains(&closed), "{collar} {displayed}: {told:?}");
        world.agrees();
    }
}

/// 30 ticks lower, but not below 81; a level that stands there already gives its own price.
#[test]
fn each_level_of_a_closing_has_the_same_bound() {
    let model = PaperModel {
        slippage: Slippage::Impact { ticks: 3 },
        ..DISPLAYED
    };
    let mut world = World::with(&[paper(model)], &fragile());
    world.tell(depth(&[("100", 10)], &[("100", 10)]));
    world.tell(buy(0, 10).at("100"));
    let told = world.tell(depth(&[("90", 1), ("85", 2), ("70", 4)], &[("100", 10)]));
    assert_eq!(
        told[4..],
        [
            "account 0 by Liquidation sells 1 at 81 leaves 9 (Depth)",
            "account 0 by Liquidation sells 2 at 81 leaves 7 (Depth)",
            "account 0 by Liquidation sells 7 at 70 (Depth)",
            // 10 x 10 below what was paid before the closing; 9 + 2 x 9 + 7 x 20 in it.
            "account 0 liquidated to 9733, fees 0, slippage 167",
            "account 0 Failed",
        ]
    );
    world.agrees();
}

/// Slippage that would lead to zero or below ends a tick above it, where the market is above zero itself.
#[test]
fn slippage_does_not_make_a_price_of_zero() {
    for (bid, slippage, price) in [
        ("90", Slippage::Ticks(88), "2"),
        ("90", Slippage::Ticks(89), "1"),
        ("90", Slippage::Ticks(90), "1"),
        ("90", Slippage::Ticks(200), "1"),
        // A tenth is less than a tick.
        ("9", Slippage::Impact { ticks: 3 }, "9"),
        // A tenth is 10, toward where it is worse.
        ("-100", Slippage::Impact { ticks: 3 }, "-110"),
        ("-100", Slippage::Ticks(1), "-101"),
    ] {
        let model = PaperModel { slippage, ..TOUCH };
        let mut world = World::with(&[paper(model)], &fragile());
        world.tell(sized("100", 10, "100", 10));
        world.tell(buy(0, 10).at("100"));
        let told = world.tell(sized(bid, 1, "100", 5));
        let closed = format!("account 0 by Liquidation sells 10 at {price} (Touch)");
        assert!(told.contains(&closed), "{bid} {slippage:?}: {told:?}");
        world.agrees();
    }
}

/// A halted market closes at what it showed last, level by level, and no place has to be left to remember it.
#[test]
fn nothing_stops_a_closing() {
    let limits = Limits {
        consumed_max: 1,
        ..Limits::default()
    };
    let mut world = World::limited(limits, &[paper(DISPLAYED), paper(TOUCH)], &fragile(), 1);
    world.tell(depth(&[("100", 4), ("99", 3)], &[("100", 10)]));
    world.tell(buy(0, 10));
    world.tell(status(InstrumentStatus::Halted));
    let told = crate::told::told(&world.book("-51"));
    assert_eq!(
        told[told.len() - 4..],
        [
            "account 0 by Liquidation sells 4 at 100 leaves 6 (Depth)",
            "account 0 by Liquidation sells 6 at 99 (Depth)",
            "account 0 liquidated to 9943, fees 0, slippage 6",
            "account 0 Failed",
        ]
    );
}

/// A day is locked 50 below where it began. Of 10 that are closed at 90 three are displayed, and those are what the
/// account took of that level.
#[test]
fn what_nobody_displayed_is_not_taken_from_what_is_displayed_later() {
    let locked = Plan {
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::Balance,
            allowance: Allowance::Fixed(money("50")),
            effect: Effect::LockForDay,
            touch_is_breach: false,
            changes: DailyChanges::default(),
        }),
        ..plan("10000")
    };
    let mut world = World::with(&[paper(DISPLAYED)], &locked);
    world.tell(sized("100", 10, "100", 10));
    world.tell(buy(0, 10));
    let told = world.tell(sized("90", 3, "100", 10));
    let closed = "account 0 by Liquidation sells 10 at 90 (Depth)".to_owned();
    assert!(told.contains(&closed), "{told:?}");
    world.roll(2);
    // Two more at 90; the asks at 100 were taken.
    world.tell(sized("90", 5, "101", 10));
    assert_eq!(
        world.tell(sell(0, 4)),
        [
            "#2 accepted",
            "#2 sells 2 at 90 leaves 2 (Depth)",
            "#2 cancelled 2 NotMarketable",
        ]
    );
    world.agrees();
}

/// A bid of 103 rests while nothing is displayed, and then takes what is: each level at its price.
#[test]
fn who_could_not_fill_before_takes_each_level_at_its_price() {
    let mut world = World::with(&[paper(DISPLAYED)], &plan("10000"));
    world.tell(sized("99", 5, "100", 0));
    assert_eq!(world.tell(buy(0, 9).at("103")), ["#1 accepted"]);
    let told = world.tell(depth(&[("99", 5)], &[("100", 2), ("102", 4), ("104", 9)]));
    assert_eq!(
        told,
        [
            "#1 buys 2 at 100 leaves 7 (Touch)",
            "#1 buys 4 at 102 leaves 3 (Touch)",
        ]
    );
    world.agrees();
}
