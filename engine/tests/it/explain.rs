//! What a trader is told before it happens: what an order would do, what the next roll would do, which
//! marks break a limit together, and what moved it last.

use crate::words::{Of, Words, buy, quote, sell};
use crate::world::{
    ACCOUNT, World, breaches, define, instrument, label, money, open, plan, price, ratio,
};
use engine::Limits;
use engine::view::{AccountView, LimitView, Move, WhatIf};
use rules::{
    Allowance, Conduct, ConsistencyRule, ConsistencyWindow, DailyAnchor, DailyLoss, Denominator,
    Inactivity, InactivityEffect, MaxLoss, PayoutKeep, PayoutRule, Plan, SizeLimit, SizeTier,
    Stage, StopTrailing, Target, TrailSource,
};
use types::{
    AdjustKind, Command, DenyReason, Effect, EventKind, FeeSchedule, FloorMoveCause, Funding,
    Instrument, Money, NewOrder, Notional, Qty, Ratio, RuleKind, Side, Terms, TimestampNs,
    TradingDay,
};

pub(crate) fn share() -> Instrument {
    instrument("SHARE", "0.01", "1", "1")
}

fn max_loss(trail: TrailSource) -> MaxLoss {
    MaxLoss {
        trail,
        allowance: Allowance::Fixed(money("1000")),
        stop: StopTrailing::Never,
        effect: Effect::Fail,
        touch_is_breach: false,
    }
}

/// Fails 1,000 below what its floor follows.
fn fragile(trail: TrailSource) -> Plan {
    Plan {
        max_loss: Some(max_loss(trail)),
        ..plan("10000")
    }
}

pub(crate) fn view(world: &World) -> AccountView {
    world.shard.account_view(ACCOUNT).unwrap()
}

fn limit(world: &World) -> LimitView {
    view(world).limits.remove(0)
}

pub(crate) fn what_if(world: &World, order: NewOrder) -> WhatIf {
    world.shard.what_if(&order).unwrap()
}

// What an order would do.

/// 100 shares from 100 are worth 500 more at 105; the floor follows to 9,500.
#[test]
fn what_an_order_moves_is_moved_by_the_next_input() {
    let mut world = World::with(&[share()], &fragile(TrailSource::TickEquity));
    world.tell(quote("100", "100"));
    world.tell(buy(0, 100));
    let peak = world.next_seq();
    world.tell(quote("105", "105"));
    world.tell(quote("104", "104"));
    let after = |order| {
        let limit = what_if(&world, order).limits.remove(0);
        (limit.limit.floor, limit.moved.unwrap())
    };
    let trailed = |seq, ts| Move {
        seq,
        ts,
        cause: FloorMoveCause::Trailed,
    };
    // One more at 104 moves nothing: that was the quote of 105.
    let (floor, moved) = after(buy(0, 1));
    assert_eq!(
        (floor, moved),
        (money("9500"), limit(&world).moved.unwrap())
    );
    assert_eq!(moved.seq, peak);
    // Sold at 110 the equity is 11,000, a new peak.
    let (floor, moved) = after(sell(0, 100).at("110"));
    assert_eq!(floor, money("10000"));
    assert_eq!(moved, trailed(world.next_seq(), TimestampNs(world.now())));
}

#[test]
fn an_opening_order_costs_the_spread_and_its_fee() {
    let fees = FeeSchedule {
        taker: ratio("0.001"),
        ..FeeSchedule::default()
    };
    let fee_of = |fees| Instrument { fees, ..share() };
    let mut world = World::with(&[fee_of(fees)], &fragile(TrailSource::None));
    world.tell(quote("100", "100.02"));
    let told = what_if(&world, buy(0, 100));
    assert_eq!(told.denied, None);
    assert_eq!((told.price, told.rests), (Some(price("100.02")), false));
    // 0.001 x 10,002; 10,000 less that and less 100 x 0.02 for the spread.
    assert_eq!(
        (told.fee, told.realised, told.equity),
        (money("10.002"), Money::ZERO, money("9987.998"))
    );
    assert_eq!(told.position.to_string(), "100");
    let limit = &told.limits[0];
    assert_eq!(limit.distance, money("987.998"));
    // 12.002 of 1,000 are used, and 987.998 of 9,987.998 are left.
    assert_eq!(
        (limit.used, limit.distance_ppm),
        (Some(Ratio(12_002_000)), Some(98_918))
    );
    // It may fall 9.87998 from the bid: at 90.13 it has fallen 9.87, at 90.12 it has fallen 9.88.
    assert_eq!(limit.breach_prices[0].price, price("90.12"));
    assert_eq!(limit.breach_prices[0].side, Side::Buy);
    let line = limit.line.as_ref().unwrap();
    assert_eq!(line.room, money("987.998").to_notional());
    // 100 x 0.01 for a tick.
    assert_eq!(line.terms[0].per_tick, money("1").to_notional());
    assert_eq!(line.terms[0].mark, Some(price("100")));
    assert_eq!(told.breaches, []);
    // Nothing has happened.
    assert_eq!(world.cash(), ("10000".into(), "10000".into()));
}

#[test]
fn an_order_through_zero_realises_and_opens_anew() {
    let mut world = World::with(&[share()], &fragile(TrailSource::None));
    world.tell(quote("100", "100"));
    world.tell(buy(0, 100));
    world.tell(quote("99", "99.02"));
    let told = what_if(&world, sell(0, 150));
    // 100 x -1, then 50 short from 99 and marked at 99.02.
    assert_eq!(told.realised, money("-100"));
    assert_eq!(
        (told.position.to_string(), told.equity),
        ("-50".into(), money("9899"))
    );
    // 899 of room are 17.98 for each of 50: the first price that breaks is a tick above 117.
    let broken = &told.limits[0].breach_prices[0];
    assert_eq!((broken.side, broken.price), (Side::Sell, price("117.01")));
}

#[test]
fn the_next_roll_and_consistency_are_shown_as_of_after_the_order() {
    let rules = Plan {
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::Balance,
            allowance: Allowance::Fixed(money("2000")),
            effect: Effect::Fail,
            touch_is_breach: true,
            changes: rules::DailyChanges::default(),
        }),
        consistency: Some(ConsistencyRule {
            cap: Ratio::percent(50),
            denominator: Denominator::Net,
            inclusive: true,
            window: ConsistencyWindow::Phase,
        }),
        profit_target: Some(Target::Fixed(money("5000"))),
        ..plan("100000")
    };
    let mut world = World::with(&[share()], &rules);
    world.tell(quote("100", "100"));
    world.book("3000");
    world.tell(buy(0, 1_000));
    world.tell(quote("98.5", "98.5"));
    let told = what_if(&world, sell(0, 500));
    assert_eq!(
        (told.realised, told.equity),
        (money("-750"), money("101500"))
    );
    // The balance is 102,250 then: 2,000 below it is 100,250.
    let rolled = told.next_roll.unwrap().limits[0];
    assert_eq!(rolled.limit.floor, money("100250"));
    assert_eq!((rolled.breaches, rolled.distance), (false, money("1250")));
    // 3,000 - 750 is all that was made, and half of twice as much.
    let standing = told.consistency.unwrap();
    assert_eq!(standing.total_needed, Some(money("4500")));
    assert_eq!(standing.next_day_max, Some(money("2250")));
    // Without the order the account shows what it is without it.
    let view = world.shard.account_view(ACCOUNT).unwrap();
    assert_eq!(view.consistency.unwrap().next_day_max, Some(money("3000")));
}

#[test]
fn an_order_that_rests_is_paid_the_makers_rebate() {
    let fees = FeeSchedule {
        taker: ratio("0.001"),
        maker: ratio("-0.0001"),
        ..FeeSchedule::default()
    };
    let rebate = Instrument { fees, ..share() };
    let least = Instrument {
        fees: FeeSchedule {
            minimum: money("2"),
            ..fees
        },
        ..share()
    };
    let mut world = World::with(&[rebate, least], &plan("10000"));
    for id in 0..2 {
        world.tell(quote("100", "100").of(id));
    }
    let told = what_if(&world, buy(0, 10).at("95"));
    assert_eq!((told.price, told.rests), (Some(price("95")), true));
    assert!(told.waits);
    // 0.0001 x 950 comes back. The market has come to 95, so that there is no profit yet.
    assert_eq!(told.quote, Some((price("95"), price("95"))));
    assert_eq!(
        (told.fee, told.equity),
        (money("-0.095"), money("10000.095"))
    );
    // Where there is a least fee there is no rebate.
    assert_eq!(what_if(&world, buy(0, 10).at("95").of(1)).fee, money("2"));
    // One that takes pays for taking, at the touch.
    let told = what_if(&world, buy(0, 10).at("105"));
    assert_eq!(
        (told.price, told.rests, told.fee),
        (Some(price("100")), false, money("1"))
    );
    // A stop fills at its trigger, and the market is there: only the fee of 0.001 x 1,100 is gone.
    let told = what_if(&world, buy(0, 10).stop("110"));
    assert_eq!((told.price, told.waits), (Some(price("110")), true));
    assert_eq!(told.equity, money("9998.9"));
}

/// Bid 10,000 and ask 10,001: two of what waits are bought where the market then is, and cost the spread
/// of 1 on each; two of what is due at once cost it here.
#[test]
fn an_order_executes_where_the_market_is_or_comes_to() {
    let index = Instrument {
        tick_size: price("1"),
        ..share()
    };
    let mut world = World::with(&[index], &fragile(TrailSource::None));
    world.tell(quote("10000", "10001"));
    let (buy, sell) = (|| buy(0, 2), || sell(0, 2));
    let (now, rests) = (("10000", "10001"), true);
    for (order, price_of, quoted, does_rest) in [
        // Due at once.
        (buy().stop("1000"), "10001", now, false),
        (buy().at("12000"), "10001", now, false),
        (sell().touched("9000"), "10000", now, false),
        (sell().stop_limit("11000", "9990"), "10000", now, false),
        // Triggered at once, and then not at its price.
        (
            sell().stop_limit("11000", "10500"),
            "10500",
            ("10500", "10501"),
            rests,
        ),
        // These wait.
        (buy().at("9000"), "9000", ("8999", "9000"), rests),
        (buy().stop("12000"), "12000", ("11999", "12000"), false),
        (buy().touched("9000"), "9000", ("8999", "9000"), false),
        (
            buy().stop_limit("12000", "12001"),
            "12000",
            ("11999", "12000"),
            false,
        ),
        (buy().trail("5"), "10006", ("10005", "10006"), false),
        (sell().trail("5"), "9995", ("9995", "9996"), false),
    ] {
        let told = what_if(&world, order);
        assert_eq!(told.price, Some(price(price_of)), "{order:?}");
        assert_eq!(told.quote, Some((price(quoted.0), price(quoted.1))));
        assert_eq!((told.waits, told.rests), (quoted != now, does_rest));
        assert_eq!(told.equity, money("9998"), "{order:?}");
        assert_eq!(told.breaches, []);
    }
    // What may not wait does not execute.
    let told = what_if(&world, buy().at("9000").ioc());
    assert_eq!((told.price, told.position), (None, types::SignedQty::ZERO));
    assert_eq!((told.waits, told.equity), (false, money("10000")));
}

/// Ten that are held at 100 are worth 110 each when the market has come to the ten that are offered there:
/// 100 of profit are closed, which a floor that follows equity has seen.
#[test]
fn what_is_held_is_worth_what_the_market_has_come_to() {
    let mut world = World::with(&[share()], &fragile(TrailSource::TickEquity));
    world.tell(quote("100", "100"));
    world.tell(buy(0, 10));
    let told = what_if(&world, sell(0, 10).at("110"));
    assert_eq!((told.equity, told.realised), (money("10100"), money("100")));
    assert_eq!(told.limits[0].limit.floor, money("9100"));
    // Half of it sold leaves the same, and five that break 1,000 / 5 below 110.
    let told = what_if(&world, sell(0, 5).at("110"));
    assert_eq!((told.equity, told.realised), (money("10100"), money("50")));
    let limit = &told.limits[0];
    assert_eq!(limit.distance, money("1000"));
    assert_eq!(
        limit.line.as_ref().unwrap().terms[0].mark,
        Some(price("110"))
    );
}

#[test]
fn an_order_that_reduces_is_cut_to_what_is_there() {
    let mut world = World::with(&[share()], &plan("10000"));
    world.tell(quote("100", "100"));
    world.tell(buy(0, 3));
    let told = what_if(&world, sell(0, 500).reduce_only());
    assert_eq!(told.position.to_string(), "0");
    let told = what_if(&world, buy(0, 5).reduce_only());
    assert_eq!(told.position.to_string(), "3");
    assert!(matches!(told.denied, Some(DenyReason::NotReducing { .. })));
}

#[test]
fn what_it_would_break_and_why_it_is_refused() {
    let mut rules = fragile(TrailSource::None);
    rules.terms = Terms {
        funding: Funding::Cash,
        ..Terms::default()
    };
    let mut world = World::with(&[share()], &rules);
    world.tell(quote("90", "100"));
    // 100 x 10 of spread is 1,000, the floor; one more is past it, and more than there is cash.
    assert_eq!(what_if(&world, buy(0, 100)).breaches, []);
    let told = what_if(&world, buy(0, 101));
    assert_eq!(told.breaches, [RuleKind::MaxLoss]);
    assert_eq!(told.limits[0].distance, money("-10"));
    assert_eq!(
        told.denied,
        Some(DenyReason::BuyingPower {
            needed: money("10100"),
            available: money("10000")
        })
    );
    let unknown = |order: NewOrder| world.shard.what_if(&order).unwrap_err();
    assert_eq!(unknown(buy(9, 1)), DenyReason::UnknownAccount);
    assert_eq!(unknown(buy(0, 1).of(9)), DenyReason::UnknownInstrument);
    for quantity in [0, -1, i64::MIN / Qty::ONE.0] {
        let order = NewOrder {
            qty: Qty::whole(quantity),
            ..buy(0, 1)
        };
        assert_eq!(unknown(order), DenyReason::QtyNotPositive);
    }
    let odd = NewOrder {
        qty: Qty(1),
        ..buy(0, 1)
    };
    let lot_size = Qty::ONE;
    assert_eq!(unknown(odd), DenyReason::QtyOffLot { lot_size });
}

/// A closing order realises, and a floor that follows the closed balance follows that.
#[test]
fn a_closing_order_raises_a_floor_that_follows_the_balance() {
    let mut world = World::with(&[share()], &fragile(TrailSource::ClosedBalance));
    world.tell(quote("100", "100"));
    world.tell(buy(0, 100));
    world.tell(quote("105", "105"));
    assert_eq!(limit(&world).limit.floor, money("9000"));
    let told = what_if(&world, sell(0, 60));
    // 60 x 5.
    assert_eq!(told.limits[0].limit.floor, money("9300"));
    assert_eq!(told.limits[0].distance, money("1200"));
    world.tell(sell(0, 60));
    let now = limit(&world);
    assert_eq!(now.limit, told.limits[0].limit);
    assert_eq!(now.breach_prices, told.limits[0].breach_prices);
}

#[test]
fn cash_of_another_currency_is_converted_as_a_whole() {
    let euro = Instrument {
        currency: label("EUR"),
        fees: FeeSchedule {
            per_unit: money("0.000001"),
            ..FeeSchedule::default()
        },
        ..share()
    };
    let mut world = World::with(&[euro], &plan("10000"));
    world.tell(Command::SetConversion {
        from: label("EUR"),
        to: label("USD"),
        rate: price("0.333333333"),
    });
    world.tell(quote("100", "100"));
    for _ in 0..3 {
        let told = what_if(&world, buy(0, 1));
        world.tell(buy(0, 1));
        assert_eq!(told.equity, view(&world).row.equity);
    }
    // Three fees of a millionth are a millionth less at a third, rounded down each time from 10,000.
    assert_eq!(view(&world).row.equity, money("9999.999999"));
}

// What the next roll would do.

#[test]
fn the_next_roll_anchors_at_what_is_there_now() {
    let rules = Plan {
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::MaxBalanceEquity,
            allowance: Allowance::OfBase(Ratio::percent(5)),
            effect: Effect::LockForDay,
            touch_is_breach: false,
            changes: rules::DailyChanges::default(),
        }),
        ..fragile(TrailSource::EodEquity)
    };
    let mut world = World::with(&[share()], &rules);
    world.tell(quote("100", "100"));
    world.tell(buy(0, 100));
    world.tell(quote("104", "104"));
    let next = view(&world).next_roll.unwrap();
    assert_eq!(next.day, Some(TradingDay(2)));
    let [daily, max] = &next.limits[..] else {
        panic!("two limits");
    };
    // Equity 10,400: 520 below it, and 1,000 below it.
    assert_eq!(
        (daily.limit.baseline, daily.limit.floor, daily.distance),
        (money("10400"), money("9880"), money("520"))
    );
    assert_eq!(
        (max.limit.floor, max.distance),
        (money("9400"), money("1000"))
    );
    assert!(!daily.breaches && !max.breaches);
    world.roll(2);
    let now = view(&world).limits;
    assert_eq!([now[0].limit, now[1].limit], [daily.limit, max.limit]);
}

/// A balance above equity anchors a floor above equity: the roll itself would lock the account.
#[test]
fn a_roll_that_would_break_a_limit_says_by_how_much() {
    let rules = Plan {
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::Balance,
            allowance: Allowance::Fixed(money("500")),
            effect: Effect::LockForDay,
            touch_is_breach: false,
            changes: rules::DailyChanges::default(),
        }),
        ..plan("10000")
    };
    let mut world = World::with(&[share()], &rules);
    world.tell(quote("100", "100"));
    world.book("400");
    world.tell(buy(0, 100));
    world.tell(quote("95.50", "95.50"));
    // Equity 9,950 is above 9,500 today. The balance of 10,400 puts tomorrow's floor at 9,900.
    let next = view(&world).next_roll.unwrap();
    assert_eq!(
        (next.limits[0].distance, next.limits[0].breaches),
        (money("50"), false)
    );
    world.tell(quote("94.99", "94.99"));
    let next = view(&world).next_roll.unwrap();
    // 9,899.
    assert_eq!(
        (next.limits[0].distance, next.limits[0].breaches),
        (money("-1"), true)
    );
    let found = breaches(&world.roll(2));
    assert_eq!(found[0].equity, money("9899").to_notional());
    assert!(world.shard.is_day_locked(ACCOUNT));
}

#[test]
fn the_next_roll_knows_the_days_size_and_who_rested_too_long() {
    let tier = |from: i64, max: i64| SizeTier {
        profit_from: Money::whole(from),
        max: Qty::whole(max),
    };
    let rules = Plan {
        conduct: Conduct {
            size: Some(SizeLimit {
                weights: Vec::new(),
                tiers: vec![tier(0, 2), tier(300, 5)],
            }),
            inactivity: Some(Inactivity {
                days: 2,
                effect: InactivityEffect::Close,
            }),
            ..Conduct::default()
        },
        ..plan("10000")
    };
    let mut world = World::with(&[share()], &rules);
    let next = |world: &World| view(world).next_roll.unwrap();
    assert_eq!(next(&world).size_max, Some(Qty::whole(2)));
    world.book("300");
    assert_eq!(next(&world).size_max, Some(Qty::whole(5)));
    assert_eq!(next(&world).inactive_days, None);
    world.roll(2);
    assert_eq!(next(&world).inactive_days, None);
    world.roll(3);
    // Opened on day 1, and idle on days 2 and 3: the roll to day 4 says so.
    assert_eq!(next(&world).inactive_days, Some(2));
    let told = world.roll(4);
    assert!(
        told.iter()
            .any(|fact| matches!(fact, EventKind::Inactive(rest) if rest.days == 2))
    );
    assert_eq!(view(&world).next_roll, None);
}

#[test]
fn the_first_roll_is_known_but_for_its_day() {
    let mut world = World::limited(Limits::default(), &[share()], &plan("10000"), 0);
    let other = Plan {
        schedule: crate::plans::schedule_of(0),
        ..fragile(TrailSource::EodEquity)
    };
    world.command(define(&other));
    world.command(open(1));
    world.tell(quote("100", "100"));
    world.tell(buy(0, 100));
    world.tell(quote("105", "105"));
    assert_eq!(limit(&world).limit.floor, money("9000"));
    // 100 x 5 above 10,000, less 1,000.
    let next = view(&world).next_roll.unwrap();
    assert_eq!((next.day, next.inactive_days), (None, None));
    assert_eq!(next.limits[0].limit.floor, money("9500"));
    assert_eq!(next.limits[0].distance, money("1000"));
    world.apply(types::InputKind::Timer(types::Timer::DayRoll {
        schedule: other.schedule,
        day: TradingDay(20_000),
    }));
    assert_eq!(limit(&world).limit, next.limits[0].limit);
    let next = view(&world).next_roll.unwrap();
    assert_eq!(next.day, Some(TradingDay(20_001)));
}

// The marks that break a limit together, and what moved it.

#[test]
fn marks_that_break_a_limit_together() {
    let future = instrument("FUTURE", "0.25", "1", "50");
    let mut world = World::with(&[share(), future], &fragile(TrailSource::None));
    world.tell(quote("100", "100"));
    world.tell(quote("5000", "5000").of(1));
    assert_eq!(limit(&world).line, None);
    world.tell(buy(0, 100));
    world.tell(sell(0, 2).of(1));
    world.tell(quote("98", "98.10"));
    world.tell(quote("5001", "5001.25").of(1));
    let line = limit(&world).line.unwrap();
    // 1,000 less 100 x 2 and less 2 x 50 x 1.25.
    assert_eq!(line.room, money("675").to_notional());
    // 100 x 0.01 for a tick of the share, 2 x 50 x 0.25 for one of the future.
    let terms: Vec<_> = line
        .terms
        .iter()
        .map(|term| (term.mark.unwrap(), term.per_tick))
        .collect();
    assert_eq!(
        terms,
        [
            (price("98"), money("1").to_notional()),
            (price("5001.25"), money("-25").to_notional())
        ]
    );
    // 9 ticks up of the future are 225, 450 down of the share 450: exactly the room, and no breach.
    world.tell(quote("93.50", "93.60"));
    assert_eq!(world.tell(quote("5003.25", "5003.50").of(1)), [""; 0]);
    assert_eq!(
        limit(&world).line.unwrap().room,
        Notional(0),
        "at the floor"
    );
    // One tick more of either is one.
    assert_eq!(breaches(&world.hear(quote("93.49", "93.50"))).len(), 1);
}

#[test]
fn a_line_converts_at_the_rate_of_now() {
    let euro = Instrument {
        currency: label("EUR"),
        ..share()
    };
    let mut world = World::with(&[share(), euro], &fragile(TrailSource::None));
    world.tell(Command::SetConversion {
        from: label("EUR"),
        to: label("USD"),
        rate: price("1.1"),
    });
    world.tell(quote("100", "100"));
    world.tell(quote("100", "100").of(1));
    world.tell_all([buy(0, 1), buy(0, 1).of(1)]);
    // A tick of 0.01 euros is 0.011 dollars.
    let terms = limit(&world).line.unwrap().terms;
    let steps: Vec<_> = terms
        .iter()
        .map(|term| (term.per_tick, term.conversion))
        .collect();
    let exact = |step| money(step).to_notional();
    assert_eq!(
        steps,
        [(exact("0.01"), None), (exact("0.011"), Some(price("1.1")))]
    );
}

#[test]
fn a_limit_says_what_moved_it_last() {
    let rules = Plan {
        stage: Stage::Funded,
        daily_loss: Some(DailyLoss {
            anchor: DailyAnchor::Balance,
            allowance: Allowance::Fixed(money("500")),
            effect: Effect::LockForDay,
            touch_is_breach: false,
            changes: rules::DailyChanges::default(),
        }),
        payout: Some(PayoutRule {
            fraction: Ratio::ONE,
            cap: None,
            keep: PayoutKeep::AboveInitial(Money::ZERO),
            split: Ratio::ONE,
            after: rules::AfterPayout::FloorStays,
            best_day_cap: None,
            days_min: None,
            series: rules::PayoutSeries::default(),
        }),
        ..fragile(TrailSource::TickEquity)
    };
    let mut world = World::with(&[share()], &rules);
    let moved = |world: &World| {
        let limits = view(world).limits;
        [0, 1].map(|place| limits[place].moved.unwrap())
    };
    let last = |world: &World, cause| Move {
        seq: world.shard.seq(),
        ts: world.shard.ts(),
        cause,
    };
    let opened = last(&world, FloorMoveCause::Opened);
    assert_eq!(moved(&world), [opened; 2]);
    // A higher equity raises the maximum's floor; a lower one moves nothing.
    world.tell(quote("100", "100"));
    world.tell(buy(0, 100));
    world.tell(quote("103", "103"));
    let trailed = last(&world, FloorMoveCause::Trailed);
    assert_eq!(moved(&world), [opened, trailed]);
    world.tell(quote("102", "102"));
    world.tell(sell(0, 100));
    assert_eq!(moved(&world), [opened, trailed]);
    // The balance of 10,200 anchors the day's floor; equity is below its peak.
    world.roll(2);
    let rolled = last(&world, FloorMoveCause::Rolled);
    assert_eq!(moved(&world), [rolled, trailed]);
    // A payout lowers the day's floor.
    world.command(Command::Adjust {
        account: ACCOUNT,
        kind: AdjustKind::Payout,
        amount: money("100"),
    });
    let adjusted = last(&world, FloorMoveCause::Adjusted);
    assert_eq!(moved(&world), [adjusted, trailed]);
}
