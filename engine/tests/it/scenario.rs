//! Small stories whose every number can be worked out on paper.

use engine::Shard;
use rules::{
    Allowance, BoardKind, Competition, ConsistencyRule, ConsistencyWindow, ContestRules,
    DailyAnchor, DailyLoss, DayCounts, Denominator, Gates, MaxLoss, MinDays, PayoutKeep,
    PayoutRule, Plan, Stage, StopTrailing, Target, TrailSource,
};
use types::{
    AccountState, CancelReason, Codec, Command, CompetitionId, Consistency, DenyReason,
    DepthUpdate, Effect, EntryRefusal, EventKind, FillCause, FloorMoveCause, GridFault, InputKind,
    InputRejection, Instrument, InstrumentStatus, Level, MarketData, Money, OrderId, OrderKind,
    Quote, QuoteFault, Ratio, RuleKind, Side, Timer, TriggerOn,
};

use crate::world::{
    ACCOUNT, World, breaches, fills, instrument, label, money, plan, price, qty, schedule,
};

/// A point is worth 50 a contract; 1.25 a contract and side.
fn future() -> Instrument {
    let mut future = instrument("ES", "0.25", "1", "50");
    future.fees.per_unit = money("1.25");
    future
}

/// A point is worth 1 a share, and shares cost nothing.
fn share() -> Instrument {
    instrument("SHARE", "0.01", "1", "1")
}

fn daily(anchor: DailyAnchor, allowance: Allowance, effect: Effect) -> DailyLoss {
    DailyLoss {
        anchor,
        allowance,
        effect,
        touch_is_breach: false,
        changes: rules::DailyChanges::default(),
    }
}

fn max(trail: TrailSource, allowance: &str, effect: Effect) -> MaxLoss {
    MaxLoss {
        trail,
        allowance: Allowance::Fixed(money(allowance)),
        stop: StopTrailing::Never,
        effect,
        touch_is_breach: false,
    }
}

fn pair(balance: &str, equity: &str) -> (String, String) {
    (balance.into(), equity.into())
}

fn state(world: &World) -> AccountState {
    world.shard.account_state(ACCOUNT).unwrap()
}

#[test]
fn long_is_marked_at_the_bid_short_at_the_ask_and_a_flip_pays_fees_once() {
    let mut world = World::with(&[future()], &plan("100000"));
    world.quote(0, "5000.00", "5000.25");
    // Two bought at 5,000.25: fee 2.50, a quarter point under water on 100 a point.
    world.buy(0, "2");
    assert_eq!(world.cash(), pair("99997.5", "99972.5"));
    world.quote(0, "5003.00", "5003.25");
    assert_eq!(world.cash(), pair("99997.5", "100272.5"));
    // Five sold at 5,003.00: two close 2.75 points up, three open; fee 6.25.
    let fill = fills(&world.sell(0, "5"))[0];
    assert_eq!((fill.realised, fill.fee), (money("275"), money("6.25")));
    assert_eq!(fill.position.to_string(), "-3");
    // Short three from 5,003.00, marked at 5,003.25: 0.25 x 150 under water.
    assert_eq!(world.cash(), pair("100266.25", "100228.75"));
    world.quote(0, "4999.00", "4999.50");
    // 3.5 points x 150.
    assert_eq!(world.cash(), pair("100266.25", "100791.25"));
}

#[test]
fn a_short_and_a_long_show_their_average_price_rounded_down() {
    let mut world = World::with(&[share()], &plan("100000"));
    for side in [Side::Buy, Side::Sell] {
        // 1 at 10.00 and 2 at 10.01: 30.02 / 3 = 10.006666666(6).
        world.quote(0, "10.00", "10.00");
        world.order(0, side, "1", OrderKind::Market);
        world.quote(0, "10.01", "10.01");
        world.order(0, side, "2", OrderKind::Market);
        let position = world.shard.account_view(ACCOUNT).unwrap().positions[0].clone();
        assert_eq!(position.average_price, price("10.006666666"));
        world.order(0, side.opposite(), "3", OrderKind::Market);
    }
}

#[test]
fn a_stop_fills_where_the_market_is_after_a_gap() {
    let mut world = World::with(&[future()], &plan("100000"));
    world.quote(0, "5000.00", "5000.25");
    world.buy(0, "1");
    let trigger = price("4990.00");
    world.order(
        0,
        Side::Sell,
        "1",
        OrderKind::Stop {
            trigger,
            on: TriggerOn::Quote,
        },
    );
    assert!(fills(&world.quote(0, "4990.25", "4990.50")).is_empty());
    let events = world.quote(0, "4980.00", "4980.25");
    assert!(events.contains(&EventKind::OrderTriggered {
        account: ACCOUNT,
        order: OrderId(2),
        price: price("4980"),
    }));
    let fill = fills(&events)[0];
    // Bought at 5,000.25: 20.25 points x 50.
    assert_eq!(
        (fill.price, fill.realised),
        (price("4980"), money("-1012.5"))
    );
}

#[test]
fn a_stop_triggers_when_it_is_reached_exactly() {
    let mut world = World::with(&[share()], &plan("100000"));
    world.quote(0, "10.00", "10.02");
    let trigger = price("10.05");
    world.order(
        0,
        Side::Buy,
        "1",
        OrderKind::Stop {
            trigger,
            on: TriggerOn::Quote,
        },
    );
    assert!(fills(&world.quote(0, "10.05", "10.06")).len() == 1);
    world.order(
        0,
        Side::Buy,
        "1",
        OrderKind::Stop {
            trigger: price("10.07"),
            on: TriggerOn::Quote,
        },
    );
    assert!(fills(&world.quote(0, "10.07", "10.07")).len() == 1);
}

#[test]
fn a_marketable_limit_gets_the_touch_and_a_resting_one_its_own_price() {
    let mut world = World::with(&[share()], &plan("100000"));
    world.quote(0, "10.00", "10.02");
    let limit = |text| OrderKind::Limit { price: price(text) };
    let fill = fills(&world.order(0, Side::Buy, "100", limit("10.50")))[0];
    assert_eq!(fill.price, price("10.02"));
    assert!(fills(&world.order(0, Side::Buy, "100", limit("9.90"))).is_empty());
    assert!(fills(&world.quote(0, "9.90", "9.91")).is_empty());
    // The ask jumps below the limit; the fill is at the limit.
    let fill = fills(&world.quote(0, "9.50", "9.51"))[0];
    assert_eq!(fill.price, price("9.90"));
    // 200 bought for 1,992, marked at 9.50.
    assert_eq!(world.cash(), pair("100000", "99908"));
}

#[test]
fn nothing_fills_against_a_side_that_shows_nothing_or_a_halted_or_crossed_market() {
    let mut world = World::with(&[share()], &plan("100000"));
    let quote = |bid, ask, bid_qty, ask_qty| {
        MarketData::Quote(Quote {
            bid: price(bid),
            bid_qty: qty(bid_qty),
            ask: price(ask),
            ask_qty: qty(ask_qty),
        })
    };
    world.market(0, quote("10", "10.01", "5", "0"));
    let cancelled = world.buy(0, "1");
    assert!(matches!(
        cancelled[1],
        EventKind::OrderCancelled {
            reason: CancelReason::NotMarketable,
            ..
        }
    ));
    // The displayed quantity does not bound the fill.
    assert_eq!(fills(&world.sell(0, "7"))[0].price, price("10"));
    let limit = OrderKind::Limit {
        price: price("9.50"),
    };
    world.order(0, Side::Buy, "7", limit);
    world.market(0, MarketData::Status(InstrumentStatus::Halted));
    assert!(fills(&world.market(0, quote("9", "9.01", "5", "5"))).is_empty());
    let crossed = world.market(0, quote("9.02", "9.01", "5", "5"));
    let (bid, ask) = (price("9.02"), price("9.01"));
    let reason = InputRejection::BadQuote(QuoteFault::Crossed { bid, ask });
    assert_eq!(crossed, [EventKind::InputRejected { reason }]);
    let reopened = world.market(0, MarketData::Status(InstrumentStatus::Open));
    assert!(fills(&reopened).is_empty());
    let denied = world.buy(0, "1");
    assert!(matches!(
        denied[0],
        EventKind::OrderDenied {
            reason: DenyReason::BadQuote { lost: false, .. },
            ..
        }
    ));
    // The market was at 9.01 all the time and only could not fill.
    let fill = fills(&world.market(0, quote("9", "9.01", "5", "5")))[0];
    assert_eq!(fill.price, price("9.01"));
}

#[test]
fn a_limit_gets_its_own_price_only_where_the_market_came_to_it() {
    let mut world = World::with(&[share()], &plan("100000"));
    let quote = |bid: &str, ask: &str, ask_qty: &str| {
        MarketData::Quote(Quote {
            bid: price(bid),
            bid_qty: qty("5"),
            ask: price(ask),
            ask_qty: qty(ask_qty),
        })
    };
    let buy = |world: &mut World, limit: &str| {
        let price = price(limit);
        world.order(0, Side::Buy, "1", OrderKind::Limit { price })
    };
    let early = buy(&mut world, "200");
    assert!(matches!(
        early[0],
        EventKind::OrderDenied {
            reason: DenyReason::NoQuote,
            ..
        }
    ));
    // Reached on arrival, but nothing is displayed; then it is, a little lower.
    world.market(0, quote("100", "101", "0"));
    assert!(fills(&buy(&mut world, "200")).is_empty());
    let taken = world.market(0, quote("100", "100.99", "5"));
    assert_eq!(fills(&taken)[0].price, price("100.99"));
    // Not reached on arrival; then the market falls through it.
    buy(&mut world, "99");
    let come_to = world.market(0, quote("97", "98", "5"));
    assert_eq!(fills(&come_to)[0].price, price("99"));
}

#[test]
fn a_position_larger_than_the_engine_holds_exactly_is_denied() {
    let large = instrument("HUGE", "1", "1", "1000000");
    let mut world = World::with(&[large], &plan("100000"));
    world.quote(0, "3000", "3001");
    // 2 x 3,001 x 1,000,000 is within 9e9; 3 x 3,001 x 1,000,000 is not.
    assert_eq!(fills(&world.buy(0, "2")).len(), 1);
    let denied = world.buy(0, "1");
    let EventKind::OrderDenied {
        reason: DenyReason::PositionOutOfRange { aimed, max },
        ..
    } = denied[0]
    else {
        panic!("{denied:?}");
    };
    assert_eq!((aimed, max), (qty("3"), qty("2")));
}

#[test]
fn nothing_fills_against_a_book_side_that_emptied() {
    let mut world = World::with(&[share()], &plan("100000"));
    let levels = |levels: &[(&str, &str)]| {
        let level = |(at, size): &(&str, &str)| Level {
            price: price(at),
            qty: qty(size),
        };
        levels.iter().map(level).collect()
    };
    world.market(
        0,
        MarketData::DepthSnapshot(Box::new(DepthUpdate {
            bids: levels(&[("10", "5"), ("9.99", "5")]),
            asks: levels(&[("10.01", "5")]),
        })),
    );
    assert_eq!(fills(&world.buy(0, "2"))[0].price, price("10.01"));
    world.market(
        0,
        MarketData::DepthDelta(Box::new(DepthUpdate {
            bids: levels(&[("10", "0"), ("9.99", "0")]),
            asks: levels(&[("10.02", "5"), ("10.01", "0")]),
        })),
    );
    assert!(fills(&world.sell(0, "2")).is_empty());
    assert_eq!(fills(&world.buy(0, "1"))[0].price, price("10.02"));
    // An update that is wrong anywhere changes nothing.
    let wrong = world.market(
        0,
        MarketData::DepthSnapshot(Box::new(DepthUpdate {
            bids: levels(&[("10", "5")]),
            asks: levels(&[("10.011", "5")]),
        })),
    );
    let reason = InputRejection::OffGrid(GridFault::Price {
        price: price("10.011"),
        tick_size: price("0.01"),
    });
    assert_eq!(wrong, [EventKind::InputRejected { reason }]);
    assert!(fills(&world.sell(0, "2")).is_empty());
}

/// 200,000 and 5%: legal at the end of Monday, breached by the roll alone.
#[test]
fn a_loss_carried_over_the_roll_breaches_tuesdays_floor() {
    let allowance = Allowance::OfInitial(Ratio::percent(5));
    let mut rules = plan("200000");
    rules.daily_loss = Some(daily(DailyAnchor::Balance, allowance, Effect::Fail));
    let mut world = World::with(&[share()], &rules);
    world.quote(0, "100", "100");
    world.buy(0, "1000");
    world.quote(0, "104", "104");
    world.sell(0, "1000");
    world.buy(0, "1000");
    assert!(world.quote(0, "91", "91").is_empty());
    assert_eq!(world.cash(), pair("204000", "191000"));
    let view = world.shard.account_view(ACCOUNT).unwrap();
    assert_eq!(view.limits[0].limit.floor, money("190000"));
    assert_eq!(view.limits[0].distance, money("1000"));

    let events = world.roll(2);
    let breach = breaches(&events)[0];
    assert_eq!(breach.floor, money("194000"));
    assert_eq!(breach.baseline, money("204000"));
    assert_eq!(breach.equity, money("191000").to_notional());
    let fill = fills(&events)[0];
    assert_eq!(
        (fill.cause, fill.price),
        (FillCause::Liquidation, price("91"))
    );
    assert_eq!(state(&world), AccountState::Failed);
    assert_eq!(world.cash(), pair("191000", "191000"));
}

#[test]
fn an_input_that_raises_a_floor_is_tested_against_the_old_one() {
    let mut rules = plan("10000");
    rules.max_loss = Some(max(TrailSource::TickEquity, "1000", Effect::Fail));
    let mut world = World::with(&[share()], &rules);
    world.quote(0, "100", "100");
    world.buy(0, "100");
    let floor = |events: &[EventKind]| match events {
        [EventKind::FloorMoved(moved), ..] => Some((moved.floor, moved.cause)),
        _ => None,
    };
    // Equity 12,000: the floor goes from 9,000 to 11,000, after the test.
    assert!(world.quote(0, "120", "120").is_empty());
    // Exactly at the floor is no breach here; a cent of the price below it is.
    assert!(world.quote(0, "110", "110").is_empty());
    let told = world.quote(0, "109.99", "109.99");
    assert_eq!(
        floor(&told),
        Some((money("11000"), FloorMoveCause::Trailed))
    );
    let breach = breaches(&told)[0];
    assert_eq!(breach.floor, money("11000"));
    assert_eq!(breach.equity, money("10999").to_notional());
}

#[test]
fn the_primary_breach_is_the_hard_one_then_the_highest_floor() {
    let fixed = Allowance::Fixed(money("500"));
    for (effect, first) in [
        (Effect::LockForDay, RuleKind::MaxLoss),
        (Effect::Fail, RuleKind::DailyLoss),
    ] {
        let mut rules = plan("10000");
        rules.daily_loss = Some(daily(DailyAnchor::Balance, fixed, effect));
        rules.max_loss = Some(max(TrailSource::None, "1000", Effect::Fail));
        let mut world = World::with(&[share()], &rules);
        world.quote(0, "100", "100");
        world.buy(0, "100");
        let limit = OrderKind::Limit { price: price("50") };
        world.order(0, Side::Buy, "1", limit);
        // Equity 8,900: below 9,500 and below 9,000.
        let events = world.quote(0, "89", "89");
        let found = breaches(&events);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].rule, found[0].primary), (first, true));
        assert!(!found[1].primary);
        let kinds: Vec<_> = events.iter().map(discriminant).collect();
        assert_eq!(
            kinds,
            "breach position breach position basis limit limit cancelled fill liquidated state"
                .split(' ')
                .collect::<Vec<_>>()
        );
        assert_eq!(state(&world), AccountState::Failed);
        let (_, _, newest) = world.shard.account_view(ACCOUNT).unwrap().breach.unwrap();
        assert_eq!(newest, found[0]);
    }
}

fn discriminant(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::Breach(_) => "breach",
        EventKind::BreachPosition(_) => "position",
        EventKind::VerdictBasis(_) => "basis",
        EventKind::LimitBasis(_) => "limit",
        EventKind::OrderCancelled { .. } => "cancelled",
        EventKind::Fill(_) => "fill",
        EventKind::Liquidated { .. } => "liquidated",
        EventKind::StateChanged { .. } => "state",
        EventKind::DayLocked { .. } => "locked",
        EventKind::FloorMoved(_) => "floor",
        _ => "other",
    }
}

#[test]
fn a_locked_day_takes_no_order_until_the_roll() {
    let mut rules = plan("10000");
    let fixed = Allowance::Fixed(money("500"));
    rules.daily_loss = Some(daily(DailyAnchor::Balance, fixed, Effect::LockForDay));
    let mut world = World::with(&[share()], &rules);
    world.quote(0, "100", "100");
    world.buy(0, "100");
    let events = world.quote(0, "94.99", "94.99");
    assert_eq!(
        events.last(),
        Some(&EventKind::DayLocked { account: ACCOUNT })
    );
    assert_eq!(state(&world), AccountState::Evaluation);
    assert!(world.shard.is_day_locked(ACCOUNT));
    let denied = world.buy(0, "1");
    assert!(matches!(
        denied[0],
        EventKind::OrderDenied {
            reason: DenyReason::DayLocked,
            ..
        }
    ));
    // The new day measures from 9,499: floor 8,999.
    let events = world.roll(2);
    assert!(events.contains(&EventKind::DayUnlocked { account: ACCOUNT }));
    let view = world.shard.account_view(ACCOUNT).unwrap();
    assert_eq!(view.limits[0].limit.floor, money("8999"));
    assert_eq!(fills(&world.buy(0, "1")).len(), 1);
}

/// One verdict of an input is all, and what decides it is the equity that there was, not what closing comes to.
#[test]
fn what_a_lock_leaves_is_held_to_the_hard_limits_by_the_next_input() {
    let mut rules = plan("100000");
    let fixed = |amount| Allowance::Fixed(money(amount));
    rules.daily_loss = Some(daily(
        DailyAnchor::Balance,
        fixed("2000"),
        Effect::LockForDay,
    ));
    rules.max_loss = Some(max(TrailSource::None, "3000", Effect::Fail));
    let mut dear = share();
    dear.fees.per_unit = money("0.7");
    let mut world = World::with(&[dear], &rules);
    world.quote(0, "100", "100");
    world.buy(0, "1000");
    // 99,300 after the fee. 97,500 is below the day's 98,000; closing costs 700 more: 96,800 is below
    // 97,000.
    let told = |events: &[EventKind]| -> Vec<_> {
        breaches(events)
            .iter()
            .map(|breach| (breach.rule, breach.equity, breach.floor, breach.primary))
            .collect()
    };
    let events = world.quote(0, "98.2", "98.2");
    let daily_loss = (
        RuleKind::DailyLoss,
        money("97500").to_notional(),
        money("98000"),
        true,
    );
    assert_eq!(told(&events), [daily_loss]);
    assert_eq!(state(&world), AccountState::Evaluation);
    assert!(world.shard.is_day_locked(ACCOUNT));
    let max_loss = (
        RuleKind::MaxLoss,
        money("96800").to_notional(),
        money("97000"),
        true,
    );
    let restored = Shard::restore(&world.snapshot()).unwrap();
    for mut world in [World::of(restored), world] {
        let events = world.apply(InputKind::Timer(Timer::Clock));
        assert_eq!(told(&events), [max_loss]);
        assert_eq!(state(&world), AccountState::Failed);
    }
    // 200 more to lose, and the day is only locked.
    rules.max_loss = Some(max(TrailSource::None, "3200", Effect::Fail));
    let mut world = World::with(&[dear], &rules);
    world.quote(0, "100", "100");
    world.buy(0, "1000");
    world.quote(0, "98.2", "98.2");
    assert_eq!(world.apply(InputKind::Timer(Timer::Clock)), []);
    assert_eq!(state(&world), AccountState::Evaluation);
}

/// 100 shares bought at 100 for a fee of 100; at 106 equity is 10,500, the day's floor 10,400 and the hard one 10,250. At
/// 104.40 equity of 10,340 locks the day; closing costs 100 more, and 10,240 has the target of 10,200 but is below the
/// hard floor: the account does not pass, and fails with the next input.
#[test]
fn what_a_lock_leaves_below_a_hard_limit_does_not_pass() {
    let mut rules = plan("10000");
    let fixed = Allowance::Fixed(money("100"));
    rules.daily_loss = Some(daily(DailyAnchor::IntradayPeak, fixed, Effect::LockForDay));
    rules.max_loss = Some(max(TrailSource::TickEquity, "250", Effect::Fail));
    rules.profit_target = Some(Target::Fixed(money("200")));
    let mut dear = share();
    dear.fees.per_unit = money("1");
    let mut world = World::with(&[dear], &rules);
    world.quote(0, "100", "100");
    world.buy(0, "100");
    world.quote(0, "106", "106");
    let events = world.quote(0, "104.4", "104.4");
    let told = |events: &[EventKind]| -> Vec<_> {
        let told = breaches(events);
        told.iter()
            .map(|breach| (breach.rule, breach.floor))
            .collect()
    };
    assert_eq!(told(&events), [(RuleKind::DailyLoss, money("10400"))]);
    assert_eq!(world.balance(0), "10240");
    assert_eq!(state(&world), AccountState::Evaluation);
    let events = world.apply(InputKind::Timer(Timer::Clock));
    assert_eq!(told(&events), [(RuleKind::MaxLoss, money("10250"))]);
    assert_eq!(state(&world), AccountState::Failed);
    world.agrees();
}

/// What a liquidation closes is closed: the trail of the closed balance and the target see it.
#[test]
fn a_profit_realised_by_a_lock_raises_the_closed_balance_and_meets_the_target() {
    let mut rules = plan("10000");
    let fixed = Allowance::Fixed(money("100"));
    rules.daily_loss = Some(daily(DailyAnchor::IntradayPeak, fixed, Effect::LockForDay));
    rules.max_loss = Some(max(TrailSource::ClosedBalance, "500", Effect::Fail));
    rules.profit_target = Some(Target::Fixed(money("250")));
    let mut world = World::with(&[share()], &rules);
    world.quote(0, "100", "100");
    world.buy(0, "100");
    // Equity 10,500: the day's floor is 10,400. Then 10,300: locked with 300 of profit.
    world.quote(0, "105", "105");
    let events = world.quote(0, "103", "103");
    assert_eq!(breaches(&events)[0].floor, money("10400"));
    let view = world.shard.account_view(ACCOUNT).unwrap();
    assert_eq!(view.row.balance, money("10300"));
    assert_eq!(view.limits[1].limit.floor, money("9800"));
    assert_eq!(state(&world), AccountState::Passed);
}

#[test]
fn a_phase_passes_when_target_and_days_hold_together() {
    let mut rules = plan("10000");
    rules.profit_target = Some(Target::OfInitial(Ratio::percent(10)));
    rules.min_days = Some(MinDays {
        days: 2,
        counts: DayCounts::OpeningFill,
        day_profit_min: None,
    });
    let mut world = World::with(&[share()], &rules);
    world.quote(0, "100", "100");
    world.buy(0, "100");
    // Equity has the target, the balance has not.
    assert!(world.quote(0, "110", "110").is_empty());
    let events = world.sell(0, "100");
    assert!(events.contains(&EventKind::TargetReached {
        account: ACCOUNT,
        balance: money("11000"),
        target: money("11000"),
    }));
    assert_eq!(state(&world), AccountState::Evaluation);
    world.roll(2);
    assert_eq!(state(&world), AccountState::Evaluation);
    world.buy(0, "1");
    assert_eq!(state(&world), AccountState::Evaluation);
    let events = world.sell(0, "1");
    assert!(events.contains(&EventKind::StateChanged {
        account: ACCOUNT,
        from: AccountState::Evaluation,
        to: AccountState::Passed,
    }));
}

#[test]
fn a_target_met_in_one_day_is_told_what_consistency_still_needs() {
    let mut rules = plan("10000");
    rules.profit_target = Some(Target::Fixed(money("1000")));
    rules.consistency = Some(ConsistencyRule {
        cap: Ratio::percent(40),
        denominator: Denominator::Net,
        inclusive: true,
        window: ConsistencyWindow::Phase,
    });
    let mut world = World::with(&[share()], &rules);
    let events = world.book("1000");
    // 1,000 in one day is 40% of 2,500; a next day of 666.666666 is 40% of 1,666.666666.
    assert!(events.contains(&EventKind::Consistency(Consistency {
        account: ACCOUNT,
        best_day: money("1000"),
        total: money("1000"),
        denominator: money("1000"),
        cap: Ratio::percent(40),
        inclusive: true,
        met: false,
        total_needed: Some(money("2500")),
        next_day_max: Some(money("666.666666")),
    })));
    assert_eq!(
        world.shard.account_state(ACCOUNT),
        Some(AccountState::Evaluation)
    );
}

#[test]
fn an_account_that_pays_out_cannot_enter_a_competition() {
    let rules = Plan {
        stage: Stage::Funded,
        payout: Some(PayoutRule {
            fraction: Ratio::percent(100),
            cap: None,
            keep: PayoutKeep::AboveInitial(Money::ZERO),
            split: Ratio::percent(80),
            after: rules::AfterPayout::FloorStays,
            best_day_cap: None,
            days_min: None,
            series: rules::PayoutSeries::default(),
        }),
        ..plan("10000")
    };
    let mut world = World::with(&[share()], &rules);
    world.command(Command::DefineCompetition {
        spec: Competition {
            name: label("cup"),
            kind: BoardKind::Paper,
            weights: Competition::standard_weights(),
            loss_limit: Competition::standard_loss_limit(),
            gates: Gates {
                active_days: 0,
                round_turns: 0,
            },
            days: rules::TradingDays::default(),
            schedule: schedule(),
            contest: ContestRules::default(),
        }
        .to_bytes()
        .into(),
    });
    let competition = CompetitionId(0);
    // Money that leaves the account would count as a loss in its score.
    let events = world.command(Command::EnterCompetition {
        competition,
        account: ACCOUNT,
        team: None,
    });
    let reason = InputRejection::CannotEnter(EntryRefusal::PaysOut);
    assert_eq!(events, [EventKind::InputRejected { reason }]);
    assert!(
        world
            .shard
            .board(competition, false)
            .unwrap()
            .rows
            .is_empty()
    );
}

/// The same inputs give the same bytes of state, on every machine and in every build profile.
#[test]
fn the_state_hash_of_a_fixed_story_is_known() {
    let mut rules = plan("100000");
    rules.daily_loss = Some(daily(
        DailyAnchor::MaxBalanceEquity,
        Allowance::OfInitial(Ratio::percent(5)),
        Effect::LockForDay,
    ));
    rules.max_loss = Some(max(TrailSource::TickEquity, "8000", Effect::Fail));
    let mut world = World::with(&[future(), share()], &rules);
    world.quote(0, "5000.00", "5000.25");
    world.quote(1, "100", "100.01");
    world.buy(0, "2");
    world.sell(1, "300");
    let limit = OrderKind::Limit { price: price("98") };
    world.order(1, Side::Buy, "300", limit);
    let trigger = price("4950");
    world.order(
        0,
        Side::Sell,
        "2",
        OrderKind::Stop {
            trigger,
            on: TriggerOn::Quote,
        },
    );
    world.quote(0, "5010.00", "5010.50");
    world.roll(2);
    world.quote(1, "97", "97.50");
    world.quote(0, "4940.00", "4940.25");
    world.market(0, MarketData::Status(InstrumentStatus::Halted));
    // 100,000 - 2 x (60.25 x 50) - 5 + 300 x 2.
    assert_eq!(world.cash(), pair("94570", "94570"));
    assert_eq!(world.shard.state_hash().to_string(), GOLDEN);
}

const GOLDEN: &str = "7c2302fd768f8052e61867a183dcddd1bb9aa1611be9eb2e68549e22c10fdc83";
