//! Size, holding time, counts, inactivity, warnings, excluded profit.

use rules::{
    AccountRules, Allowance, CloseVerdict, Conduct, DailyAnchor, DayCounts, Denominator,
    HoldingAction, HoldingMin, Inactive, Inactivity, InactivityEffect, MinDays, Plan, ScaleWhen,
    Scaling, SizeLimit, SizeTier, SizeWeight, StopTrailing, Target, TrailSource, WeightedQty,
    worst_case,
};
use types::{
    AccountId, Codec, ConductDenial, Effect, Label, Money, Notional, Qty, Ratio, RuleKind,
    SignedQty, TimestampNs,
};

use crate::plans::{bare, consistency, daily_loss, day, equity, max_loss, usd};

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

/// 2 units up to a profit of 1,500, then 3, from 2,000 on 5; a micro counts a tenth.
fn size_limit() -> SizeLimit {
    let tier = |profit, max| SizeTier {
        profit_from: usd(profit),
        max: Qty::whole(max),
    };
    SizeLimit {
        weights: vec![SizeWeight {
            symbol: label("MES"),
            weight: Ratio::percent(10),
        }],
        tiers: vec![tier(0, 2), tier(1_500, 3), tier(2_000, 5)],
    }
}

fn conduct(conduct: Conduct) -> Plan {
    Plan {
        conduct,
        ..bare(50_000)
    }
}

#[test]
fn the_worst_case_is_the_larger_side() {
    let worst = |position, buys, sells| {
        worst_case(
            SignedQty::whole(position),
            Qty::whole(buys),
            Qty::whole(sells),
        )
    };
    assert_eq!(worst(2, 3, 4), Qty::whole(5), "2 + 3, against 4 - 2");
    assert_eq!(worst(2, 0, 9), Qty::whole(7));
    assert_eq!(worst(-2, 3, 4), Qty::whole(6));
    assert_eq!(worst(-2, 1, 0), Qty::whole(2), "no less than what is held");
    assert_eq!(worst(0, 0, 0), Qty::ZERO);
    assert_eq!(
        worst_case(SignedQty(i64::MIN), Qty(0), Qty(i64::MAX)),
        Qty(i64::MAX)
    );
}

#[test]
fn ten_micros_are_one_unit_to_the_last_decimal() {
    let limit = size_limit();
    let (es, micro) = (limit.weight_of(label("ES")), limit.weight_of(label("MES")));
    assert_eq!((es, micro), (Ratio::ONE, Ratio::percent(10)));
    let tier = limit.tier(usd(0)).unwrap();
    let at = WeightedQty::sum([(Qty::whole(1), es), (Qty::whole(10), micro)]);
    let now = WeightedQty::sum([(Qty::whole(1), es), (Qty::whole(9), micro)]);
    assert_eq!(at.to_qty_ceil(), Qty::whole(2), "1 + 10 x 0.1");
    assert_eq!(tier.check(now, at), Ok(()));
    // One unit of quantity of a micro, 1e-9 of a unit, is told as the next 1e-8.
    let above = at.plus(Qty(1), micro);
    let denied = ConductDenial::SizeMax {
        max: Qty::whole(2),
        worst: Qty(200_000_001),
    };
    assert_eq!(tier.check(now, above), Err(denied));
    assert_eq!(ConductDenial::from_bytes(&denied.to_bytes()), Ok(denied));
    // Above the limit after a lower tier, what does not enlarge passes.
    assert_eq!(tier.check(above, above), Ok(()));
    assert_eq!(tier.check(above, at), Ok(()));
    assert!(tier.check(above, above.plus(Qty(1), es)).is_err());
}

#[test]
fn the_tier_is_that_of_the_balance_when_the_day_opened() {
    let plan = conduct(Conduct {
        size: Some(size_limit()),
        ..Conduct::default()
    });
    let mut account = AccountRules::open(&plan, None);
    let max = |account: &AccountRules| account.size_tier(&plan).unwrap().max;
    assert_eq!(max(&account), Qty::whole(2));
    account.record_realised(usd(9_000));
    assert_eq!(max(&account), Qty::whole(2), "not before the next day");
    let one_unit_less = |whole| usd(whole).saturating_sub(Money(1));
    for (number, balance, units) in [
        (1, usd(48_000), 2),
        (2, one_unit_less(51_500), 2),
        (3, usd(51_500), 3),
        (4, one_unit_less(52_000), 3),
        (5, usd(52_000), 5),
        (6, usd(50_000), 2),
    ] {
        account.roll(&plan, day(number), balance, equity(60_000), true);
        assert_eq!(max(&account), Qty::whole(units), "{balance}");
    }
}

#[test]
fn held_exactly_as_long_as_asked_is_long_enough() {
    let rule = |action| Conduct {
        holding_min: Some(HoldingMin {
            seconds: 60,
            action,
        }),
        ..Conduct::default()
    };
    let opened = TimestampNs(1_000);
    let at = TimestampNs(60_000_001_000);
    let sooner = TimestampNs(60_000_000_999);
    let excludes = rule(HoldingAction::ExcludeProfit);
    let verdict = |excluded, short| CloseVerdict {
        excluded: usd(excluded),
        short,
    };
    let short = Some(HoldingAction::ExcludeProfit);
    let close = |at, pnl, window| excludes.judge_close(opened, at, usd(pnl), window);
    assert_eq!(close(at, 500, false), verdict(0, None));
    assert_eq!(close(sooner, 500, false), verdict(500, short));
    assert_eq!(
        close(sooner, -500, false),
        verdict(0, short),
        "a loss counts"
    );
    assert_eq!(close(at, 500, true), verdict(500, None));
    assert_eq!(close(sooner, 500, true), verdict(500, short), "once");
    let warns = rule(HoldingAction::Warn);
    assert_eq!(
        warns.judge_close(opened, sooner, usd(500), false),
        verdict(0, Some(HoldingAction::Warn))
    );
    // A clock that stands still or runs backward makes no time.
    assert_eq!(
        excludes.judge_close(at, opened, usd(5), false).excluded,
        usd(5)
    );
}

#[test]
fn a_day_has_so_many_orders_and_trades() {
    let plan = conduct(Conduct {
        orders_per_day_max: Some(3),
        trades_per_day_max: Some(1),
        ..Conduct::default()
    });
    let mut account = AccountRules::open(&plan, None);
    account.record_order();
    assert_eq!(account.check_counts(&plan, 0, 0, true), Ok(()));
    account.record_trade();
    assert_eq!(
        account.check_counts(&plan, 0, 0, true),
        Err(ConductDenial::TradesPerDay { max: 1, trades: 1 })
    );
    assert_eq!(account.check_counts(&plan, 0, 0, false), Ok(()), "closing");
    account.record_order();
    account.record_order();
    assert_eq!(
        account.check_counts(&plan, 0, 0, true),
        Err(ConductDenial::OrdersPerDay { max: 3, orders: 3 })
    );
    assert_eq!(account.check_counts(&plan, 0, 0, false), Ok(()), "closing");
    account.roll(&plan, day(1), usd(50_000), equity(50_000), false);
    assert_eq!((account.orders_today(), account.trades_today()), (0, 0));
    assert_eq!(account.check_counts(&plan, 0, 0, true), Ok(()));
    // One that works may become the day's trade.
    assert_eq!(
        account.check_counts(&plan, 0, 1, true),
        Err(ConductDenial::TradesPerDay { max: 1, trades: 1 })
    );
}

#[test]
fn idle_days_are_whole_calendar_days() {
    let rule = Inactivity {
        days: 3,
        effect: InactivityEffect::Suspend,
    };
    let plan = conduct(Conduct {
        inactivity: Some(rule),
        ..Conduct::default()
    });
    let mut account = AccountRules::open(&plan, Some(day(1)));
    let roll = |account: &mut AccountRules, number| {
        let preview = account.preview_roll(&plan, day(number), usd(50_000), equity(50_000));
        let roll = account.roll(&plan, day(number), usd(50_000), equity(50_000), false);
        assert_eq!(preview.inactive, roll.inactive);
        roll.inactive
    };
    let idle = |days, active, opens| {
        Some(Inactive {
            days,
            active: day(active),
            opens: day(opens),
            rule,
        })
    };
    account.record_opening_fill();
    assert_eq!(roll(&mut account, 2), None);
    // Days 2, 3 and 4 go by, the weekend among them without a roll.
    assert_eq!(roll(&mut account, 4), None);
    assert_eq!(roll(&mut account, 5), idle(3, 1, 5));
    assert_eq!(roll(&mut account, 6), idle(4, 1, 6));
    account.restart_inactivity();
    assert_eq!(account.last_active_day(), Some(day(6)));
    assert_eq!(roll(&mut account, 9), None, "days 7 and 8");
    account.record_opening_fill();
    assert_eq!(roll(&mut account, 12), None, "days 10 and 11");
    assert_eq!(roll(&mut account, 13), idle(3, 9, 13));
}

#[test]
fn days_before_a_schedule_begins_are_none() {
    let plan = conduct(Conduct {
        inactivity: Some(Inactivity {
            days: 1,
            effect: InactivityEffect::Close,
        }),
        ..Conduct::default()
    });
    let mut account = AccountRules::open(&plan, None);
    let mut roll = |number| {
        let roll = account.roll(&plan, day(number), usd(50_000), equity(50_000), false);
        roll.inactive.map(|inactive| inactive.days)
    };
    assert_eq!([roll(40), roll(41), roll(42)], [None, None, Some(1)]);
}

/// 5% of a day's 50,000, hard; 4,000 overall, soft; warned at 80% of each.
fn warned() -> Plan {
    let mut plan = conduct(Conduct {
        warn_at: Some(Ratio::percent(80)),
        ..Conduct::default()
    });
    plan.daily_loss = Some(daily_loss(
        DailyAnchor::Balance,
        Allowance::OfInitial(Ratio::percent(5)),
    ));
    let mut max = max_loss(4_000, TrailSource::None, StopTrailing::Never);
    max.effect = Effect::Warn;
    plan.max_loss = Some(max);
    plan
}

fn warned_rules(account: &AccountRules, plan: &Plan, at: Notional) -> Vec<RuleKind> {
    let warnings = account.warnings(plan, at, false);
    let quiet = warnings.is_empty() && account.breached(at, false).is_empty();
    assert_eq!(account.is_quiet(at, false), quiet);
    warnings.iter().map(|limit| limit.rule).collect()
}

#[test]
fn the_trader_is_warned_once_a_day_where_the_share_is_used() {
    use RuleKind::{DailyLoss, MaxLoss};
    let plan = warned();
    let mut account = AccountRules::open(&plan, None);
    // 50,000 - 80% of 2,500 = 48,000; 50,000 - 80% of 4,000 = 46,800 is below the daily floor.
    let just_above = Notional(equity(48_000).0 + 1);
    assert_eq!(warned_rules(&account, &plan, just_above), []);
    assert_eq!(warned_rules(&account, &plan, equity(48_000)), [DailyLoss]);
    let limit = *account.daily().unwrap();
    assert_eq!(limit.used(equity(48_000)), Some(Ratio::percent(80)));
    assert_eq!(limit.used(just_above), Some(Ratio(799_999_999)));
    // Toward 0 on both sides of the baseline.
    let just_in_profit = Notional(equity(50_000).0 + 1);
    assert_eq!(limit.used(just_in_profit), Some(Ratio::ZERO));
    assert_eq!(limit.used(equity(50_100)), Some(Ratio::percent(-4)));
    account.mark_warned(&plan, DailyLoss);
    assert_eq!(warned_rules(&account, &plan, equity(47_500)), []);
    // Below its floor it is breached, not warned of, and the other limit's turn has come.
    assert_eq!(warned_rules(&account, &plan, equity(46_800)), [MaxLoss]);
    let breaches = account.breached(equity(46_800), false);
    assert_eq!(breaches.effect(), Some(Effect::Fail));
    account.roll(&plan, day(1), usd(50_000), equity(50_000), false);
    assert_eq!(warned_rules(&account, &plan, equity(48_000)), [DailyLoss]);
}

#[test]
fn a_limit_that_only_warns_is_reported_once_a_day() {
    let mut plan = warned();
    plan.daily_loss = None;
    let mut account = AccountRules::open(&plan, None);
    let below = Notional(equity(46_000).0 - 1);
    assert!(
        account.breached(equity(46_000), false).is_empty(),
        "a touch"
    );
    assert_eq!(account.breached(below, false).effect(), Some(Effect::Warn));
    assert_eq!(warned_rules(&account, &plan, below), []);
    account.mark_breached(&plan, RuleKind::MaxLoss);
    assert!(account.breached(below, false).is_empty());
    assert_eq!(
        warned_rules(&account, &plan, equity(46_500)),
        [],
        "told more"
    );
    assert!(account.is_quiet(Notional(i128::MIN), false));
    account.roll(&plan, day(1), usd(45_000), equity(45_000), false);
    let again = account.breached(equity(45_000), false);
    assert_eq!(again.primary().unwrap().rule, RuleKind::MaxLoss);
    // A day that is locked by another rule reports no soft limit.
    assert!(account.breached(below, true).is_empty());
    assert!(account.is_quiet(below, true));
}

#[test]
fn of_two_soft_breaches_the_higher_floor_leads_and_the_graver_one_decides() {
    // Daily 50,000 - 2,500, maximum 50,000 - 4,000; neither fails the account.
    let mut plan = warned();
    plan.daily_loss.as_mut().unwrap().effect = Effect::Warn;
    plan.max_loss.as_mut().unwrap().effect = Effect::LockForDay;
    let account = AccountRules::open(&plan, None);
    let breaches = account.breached(equity(40_000), false);
    let rules: Vec<_> = breaches.iter().map(|limit| limit.rule).collect();
    assert_eq!(rules, [RuleKind::DailyLoss, RuleKind::MaxLoss]);
    assert_eq!(breaches.effect(), Some(Effect::LockForDay));
}

#[test]
fn a_held_floor_is_warned_of_by_the_way_to_where_it_stands() {
    let mut plan = warned();
    plan.daily_loss = None;
    plan.max_loss = Some(max_loss(
        2_500,
        TrailSource::TickEquity,
        StopTrailing::AtFloorLevel(usd(100)),
    ));
    let mut account = AccountRules::open(&plan, None);
    account.ratchet_equity(&plan, equity(55_100));
    // Peak 55,100, floor held at 50,100: 80% of the 5,000 between them is 51,100.
    assert_eq!(account.max().unwrap().floor, usd(50_100));
    let above = Notional(equity(51_100).0 + 1);
    assert_eq!(warned_rules(&account, &plan, above), []);
    assert_eq!(
        warned_rules(&account, &plan, equity(51_100)),
        [RuleKind::MaxLoss]
    );
}

#[test]
fn excluded_profit_counts_for_no_objective() {
    let mut plan = bare(50_000);
    plan.profit_target = Some(Target::Fixed(usd(3_000)));
    plan.consistency = Some(consistency(50, Denominator::Net, true));
    plan.min_days = Some(MinDays {
        days: 1,
        counts: DayCounts::OpeningFill,
        day_profit_min: Some(usd(1_000)),
    });
    let mut account = AccountRules::open(&plan, None);
    account.record_opening_fill();
    account.record_realised(usd(1_600));
    account.record_excluded(usd(601));
    account.record_excluded(usd(-50));
    assert_eq!(account.day_pnl(), usd(1_600));
    assert_eq!(account.excluded(), usd(601));
    assert_eq!(account.days_counted(&plan), 0, "999 of the 1,000");
    let standing = account.consistency(&plan, AccountId(0)).unwrap();
    assert_eq!(standing.best_day, usd(999));
    let roll = account.roll(&plan, day(1), usd(51_600), equity(51_600), false);
    assert_eq!(roll.closed, None);
    account.record_opening_fill();
    account.record_realised(usd(2_001));
    assert_eq!(account.counted_balance(usd(53_601)), usd(53_000));
    let almost = usd(53_601).saturating_sub(Money(1));
    assert_eq!(account.reach_target(&plan, almost, TimestampNs(1)), None);
    assert_eq!(
        account.reach_target(&plan, usd(53_601), TimestampNs(2)),
        Some(usd(53_000))
    );
    // The best day is 2,001 of 3,000.
    assert!(!account.passes(&plan, usd(53_601)));
    plan.consistency = None;
    assert!(account.passes(&plan, usd(53_601)));
    assert!(!account.passes(&plan, almost));
}

#[test]
fn a_scaling_step_tells_what_it_still_takes() {
    let mut plan = bare(100_000);
    plan.scaling = Some(Scaling {
        step: Ratio::percent(25),
        size_max: None,
        requires: Some(ScaleWhen {
            profit: Target::OfInitial(Ratio::percent(10)),
            days: 2,
            payouts: 1,
        }),
    });
    let mut account = AccountRules::open(&plan, None);
    let standing = |account: &AccountRules| account.scale_standing(&plan, AccountId(3)).unwrap();
    account.record_opening_fill();
    account.record_realised(usd(12_000));
    account.record_excluded(usd(2_001));
    account.roll(&plan, day(1), usd(112_000), equity(112_000), false);
    account.record_opening_fill();
    let now = standing(&account);
    assert_eq!((now.account, now.profit), (AccountId(3), usd(9_999)));
    assert_eq!(
        (now.profit_needed, now.days, now.days_needed),
        (usd(10_000), 2, 2)
    );
    assert_eq!((now.payouts, now.payouts_needed), (0, 1));
    assert!(!now.is_met());
    account.record_realised(usd(1));
    assert!(!standing(&account).is_met(), "no payout yet");
    account.pay_out(&plan, plan.initial_balance, usd(5_000));
    assert!(
        standing(&account).is_met(),
        "which took nothing from the profit"
    );
    account
        .scale(&plan, plan.initial_balance.to_notional())
        .unwrap();
    // From here anew, and 10% of 125,000.
    let next = standing(&account);
    assert_eq!((next.profit, next.profit_needed), (usd(0), usd(12_500)));
    assert_eq!((next.days, next.payouts), (0, 0));
    assert_eq!(account.scale_standing(&bare(1), AccountId(0)), None);
}
