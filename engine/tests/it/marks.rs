//! What is a mark in a book: a print, or a best price that moves.

use engine::Limits;
use rules::{Allowance, MaxLoss, Plan, StopTrailing, TrailSource};
use types::{
    AccountId, AdjustKind, Command, Effect, InstrumentStatus, Leg, MarkKind, Money, PositionMode,
    Terms,
};

use crate::words::{Words, buy, cancel, close, sell, status};
use crate::world::{World, crossed, define, money, open, plan};

/// 1,000 with a maximum loss that a touch breaks.
fn held_to(trail: TrailSource, allowance: Money, terms: Terms) -> Plan {
    Plan {
        max_loss: Some(MaxLoss {
            trail,
            allowance: Allowance::Fixed(allowance),
            stop: StopTrailing::Never,
            effect: Effect::Fail,
            touch_is_breach: true,
        }),
        terms,
        ..plan("1000")
    }
}

/// Account 0 has the first plan, the others have the others, which are valued so.
fn book(first: &Plan, others: &[Plan], marked: MarkKind) -> World {
    let mut world = World::limited(Limits::default(), &[crossed()], first, 1);
    for (place, plan) in (1..).zip(others) {
        let mut plan = plan.clone();
        plan.terms.mark = marked;
        world.command(define(&plan));
        world.command(open(place));
    }
    world
}

/// Account 0 closes its short of 10 with 190 at 81, which raises its floor to 1,190 - 100; its long of 10 is
/// worth 200 less at 80, so that it ends below it with 990. The next input judges it before anything else: an order of
/// somebody else that only rests, which is no mark whatever others are valued at.
#[test]
fn who_ends_an_input_below_a_floor_is_judged_by_an_order_that_only_rests() {
    for marked in [MarkKind::Liquidation, MarkKind::Last, MarkKind::Mid] {
        let hedges = Terms {
            mode: PositionMode::Hedging,
            ..Terms::default()
        };
        let trails = held_to(TrailSource::ClosedBalance, money("100"), hedges);
        let mut world = book(&trails, &[plan("1000000"), plan("1000000")], marked);
        world.tell_all([
            sell(1, 10).at("100"),
            buy(0, 10).leg(Leg::Long),
            buy(1, 10).at("100"),
            sell(0, 10).leg(Leg::Short),
            // Somebody has a position that is valued so.
            sell(1, 1).at("100"),
            buy(2, 1),
            sell(1, 100).at("81"),
            buy(1, 100).at("80"),
        ]);
        assert_eq!(
            world.tell(buy(0, 10).leg(Leg::Short)),
            [
                "#9 accepted",
                "#7 sells 10 at 81 leaves 90",
                "#9 buys 10 at 81",
                "FloorMoved"
            ]
        );
        assert_eq!(
            (world.balance(0), world.equity(0)),
            ("1190".into(), "990".into())
        );
        let told = world.tell(buy(1, 1).at("79"));
        assert_eq!(told[0], "account 0 breach MaxLoss");
        assert_eq!(told[told.len() - 2..], ["account 0 Failed", "#10 accepted"]);
        assert_eq!(world.tell(buy(1, 1).at("80")), ["#11 accepted"]);
        world.agrees();
    }
}

/// Account 1 loses 200 of 1,000 by a booking and is closed at the bid of 96, which stays. Account 0 is long 10
/// from 100 and is worth 960 then where it is valued at the newest print: 30 are what it may lose.
#[test]
fn what_a_liquidation_prints_is_a_mark() {
    let last = Terms {
        mark: MarkKind::Last,
        ..Terms::default()
    };
    let first = held_to(TrailSource::None, money("30"), last);
    let second = held_to(TrailSource::None, money("100"), Terms::default());
    let mut world = book(&first, &[second, plan("1000000")], MarkKind::Liquidation);
    world.tell_all([
        sell(2, 11).at("100"),
        buy(0, 10),
        buy(1, 1),
        sell(2, 1).at("101"),
        buy(2, 100).at("96"),
    ]);
    assert_eq!(world.equity(0), "1000");
    let told = world.tell(Command::Adjust {
        account: AccountId(1),
        kind: AdjustKind::ProfitAndLoss,
        amount: money("-200"),
    });
    let verdicts = told.iter().filter(|told| told.contains("breach"));
    assert_eq!(
        verdicts.collect::<Vec<_>>(),
        ["account 1 breach MaxLoss", "account 0 breach MaxLoss"]
    );
    world.agrees();
}

/// 50 are bought at 100, then nobody bids or asks: the bid stays at 99, the ask at 100, so that 50 long are worth
/// 50 less. A bid of one lot at 500 is a bid, and moves the ask: 50 x 400 for who is long, and against who is short. Once
/// it is cancelled a side keeps no more than the newest print: a bid of 100, and an ask of 100, where it was not
/// pushed.
#[test]
fn a_bid_that_nobody_traded_with_is_no_mark_once_it_is_gone() {
    let mut world = World::limited(Limits::default(), &[crossed()], &plan("10000"), 2);
    world.tell_all([buy(1, 50).at("99"), sell(1, 50).at("100"), buy(0, 50)]);
    world.tell(cancel(1, 1));
    let worth = |world: &World| (world.equity(0), world.equity(1));
    assert_eq!(worth(&world), ("9950".into(), "10000".into()));
    world.tell(buy(0, 1).at("500"));
    assert_eq!(worth(&world), ("30000".into(), "-10000".into()));
    world.tell(cancel(0, 4));
    assert_eq!(worth(&world), ("10000".into(), "10000".into()));
    // The house gives no more, either.
    world.tell(buy(0, 1).at("500"));
    world.tell(close(0));
    assert_eq!(
        (world.balance(0), world.position(0)),
        ("10000".into(), "0".into())
    );
    world.agrees();
}

/// A bid of somebody else beyond the newest print, 100, is no price for what the house takes of a long position, nor
/// an ask below it for what it takes of a short one.
#[test]
fn the_house_gives_no_more_than_the_newest_print() {
    for is_long in [true, false] {
        let mut world = World::limited(Limits::default(), &[crossed()], &plan("10000"), 3);
        if is_long {
            world.tell_all([sell(1, 50).at("100"), buy(0, 50), buy(2, 1).at("105")]);
        } else {
            world.tell_all([buy(1, 50).at("100"), sell(0, 50), sell(2, 1).at("95")]);
        }
        // 50 x 5.
        assert_eq!(world.equity(0), "10250");
        world.tell(status(InstrumentStatus::Halted));
        world.tell(close(0));
        assert_eq!(
            (world.balance(0), world.position(0)),
            ("10000".into(), "0".into())
        );
        world.agrees();
    }
}
