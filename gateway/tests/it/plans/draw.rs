//! Random valid plans with every field.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use rules::conduct::WindowRule;
use rules::{
    AfterPayout, Allowance, Conduct, ConsistencyRule, ConsistencyWindow, DailyAnchor, DailyChanges,
    DailyLoss, DailyTier, DayCounts, DayProfit, Denominator, HoldingAction, HoldingMin, Inactivity,
    InactivityEffect, Life, MaxLoss, MinDays, PayoutKeep, PayoutRule, PayoutSeries, Plan,
    ScaleWhen, Scaling, SizeLimit, SizeTier, SizeWeight, SplitFrom, SplitTier, Stage, StopTrailing,
    Target, TimeLimit, TradingDays, TrailSource, WindowAction, listed,
};
use types::{
    Calendar, DaysOf, Effect, Funding, Label, LapseEffect, MarkKind, Money, PositionMode, Qty,
    Ratio, RollSchedule, Terms, TradingDay,
};

/// Small beside the range of [`Money`], so that no level saturates; down to its smallest unit.
fn amount() -> impl Strategy<Value = Money> {
    (1_i64..1_000_000_000_000).prop_map(Money)
}

fn signed() -> impl Strategy<Value = Money> {
    (-1_000_000_000_000_i64..1_000_000_000_000).prop_map(Money)
}

/// Above 0 and at most 1; a percentage has two decimals less than a ratio.
fn share() -> impl Strategy<Value = Ratio> {
    (1..=Ratio::ONE.0).prop_map(Ratio)
}

fn part() -> impl Strategy<Value = Ratio> {
    (1..Ratio::ONE.0).prop_map(Ratio)
}

fn label() -> impl Strategy<Value = Label> {
    "[ -~]{1,31}".prop_map(|text| text.parse().unwrap())
}

fn zone() -> impl Strategy<Value = Label> {
    let zones = ["UTC", "America/New_York", "Europe/Prague", "Etc/GMT-3"];
    prop::sample::select(zones.to_vec()).prop_map(|zone| zone.parse().unwrap())
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        Just(Effect::Fail),
        Just(Effect::LockForDay),
        Just(Effect::Warn)
    ]
}

fn allowance() -> impl Strategy<Value = Allowance> {
    prop_oneof![
        amount().prop_map(Allowance::Fixed),
        share().prop_map(Allowance::OfInitial),
        share().prop_map(Allowance::OfBase),
    ]
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        amount().prop_map(Target::Fixed),
        share().prop_map(Target::OfInitial)
    ]
}

fn daily_loss() -> impl Strategy<Value = DailyLoss> {
    let anchor = prop_oneof![
        Just(DailyAnchor::Balance),
        Just(DailyAnchor::Equity),
        Just(DailyAnchor::MaxBalanceEquity),
        Just(DailyAnchor::IntradayPeak),
    ];
    let tiers = btree_map(amount(), allowance(), 0..4).prop_map(|tiers| {
        let tier = |(profit_from, allowance)| DailyTier {
            profit_from,
            allowance,
        };
        let tiers: Vec<_> = tiers.into_iter().map(tier).collect();
        listed(&tiers).unwrap()
    });
    let changes = (tiers, any::<bool>()).prop_map(|(tiers, ends_at_floor_lock)| DailyChanges {
        tiers,
        ends_at_floor_lock,
    });
    (anchor, allowance(), effect(), any::<bool>(), changes).prop_map(
        |(anchor, allowance, effect, touch_is_breach, changes)| DailyLoss {
            anchor,
            allowance,
            effect,
            touch_is_breach,
            changes,
        },
    )
}

fn max_loss() -> impl Strategy<Value = MaxLoss> {
    let trail = prop_oneof![
        Just(TrailSource::EodBalance),
        Just(TrailSource::ClosedBalance),
        Just(TrailSource::EodEquity),
        Just(TrailSource::TickEquity),
    ];
    let stop = prop_oneof![
        Just(StopTrailing::Never),
        signed().prop_map(StopTrailing::AtFloorLevel),
        amount().prop_map(StopTrailing::FreezeWhenSource),
    ];
    let kind = prop_oneof![
        Just((TrailSource::None, StopTrailing::Never)),
        (trail, stop),
    ];
    (kind, allowance(), effect(), any::<bool>()).prop_map(
        |((trail, stop), allowance, effect, touch_is_breach)| MaxLoss {
            trail,
            allowance,
            stop,
            effect,
            touch_is_breach,
        },
    )
}

fn min_days() -> impl Strategy<Value = MinDays> {
    let counts = prop_oneof![Just(DayCounts::OpeningFill), Just(DayCounts::AnyDayHeld)];
    (1_u16.., counts, option::of(amount())).prop_map(|(days, counts, day_profit_min)| MinDays {
        days,
        counts,
        day_profit_min,
    })
}

fn consistency() -> impl Strategy<Value = ConsistencyRule> {
    let denominator = prop_oneof![
        Just(Denominator::Net),
        Just(Denominator::PositiveDays),
        Just(Denominator::Target),
    ];
    let window = prop_oneof![
        Just(ConsistencyWindow::Phase),
        Just(ConsistencyWindow::SincePayout)
    ];
    (part(), denominator, any::<bool>(), window).prop_map(
        |(cap, denominator, inclusive, window)| ConsistencyRule {
            cap,
            denominator,
            inclusive,
            window,
        },
    )
}

fn series() -> impl Strategy<Value = PayoutSeries> {
    let by_number = btree_map(2_u16.., share(), 0..4).prop_map(|tiers| {
        let tier = |(number, split)| SplitTier {
            from: SplitFrom::Payout(number),
            split,
        };
        tiers.into_iter().map(tier).collect::<Vec<_>>()
    });
    let by_total = btree_map(amount(), share(), 0..4).prop_map(|tiers| {
        let tier = |(total, split)| SplitTier {
            from: SplitFrom::PaidTotal(total),
            split,
        };
        tiers.into_iter().map(tier).collect::<Vec<_>>()
    });
    let splits = prop_oneof![by_number, by_total].prop_map(|tiers| listed(&tiers).unwrap());
    let caps = vec(amount(), 0..4).prop_map(|caps| listed(&caps).unwrap());
    let count = || option::of(1_u16..);
    let min = option::weighted(0.2, Just(Money(1)));
    (min, caps, count(), splits, count()).prop_map(
        |(min, caps, interval_days, splits, payouts_max)| PayoutSeries {
            min,
            caps,
            interval_days,
            splits,
            payouts_max,
        },
    )
}

fn payout() -> impl Strategy<Value = PayoutRule> {
    let keep = prop_oneof![
        amount().prop_map(PayoutKeep::AboveFloor),
        amount().prop_map(PayoutKeep::AboveInitial),
    ];
    let after = prop_oneof![
        Just(AfterPayout::FloorStays),
        Just(AfterPayout::FloorToInitial),
        Just(AfterPayout::FloorFallsByPayout),
    ];
    let days = option::of(min_days());
    let cap = option::of(amount());
    let shares = (share(), share(), option::of(part()));
    (shares, cap, keep, after, days, series()).prop_map(
        |((fraction, split, best_day_cap), cap, keep, after, days_min, series)| PayoutRule {
            fraction,
            cap,
            keep,
            split,
            after,
            best_day_cap,
            days_min,
            series,
        },
    )
}

fn scaling() -> impl Strategy<Value = Scaling> {
    let when =
        (target(), any::<u16>(), any::<u8>()).prop_map(|(profit, days, payouts)| ScaleWhen {
            profit,
            days,
            payouts,
        });
    (share(), option::of(amount()), option::of(when)).prop_map(|(step, size_max, requires)| {
        Scaling {
            step,
            size_max,
            requires,
        }
    })
}

fn terms() -> impl Strategy<Value = Terms> {
    let mode = prop_oneof![Just(PositionMode::Netting), Just(PositionMode::Hedging)];
    let funding = prop_oneof![
        Just(Funding::Unchecked),
        Just(Funding::Cash),
        (0..=Ratio::ONE.0).prop_map(|rate| Funding::Margin {
            rate_min: Ratio(rate)
        }),
    ];
    let mark = prop_oneof![
        Just(MarkKind::Liquidation),
        Just(MarkKind::Last),
        Just(MarkKind::Mid)
    ];
    (mode, funding, any::<bool>(), mark).prop_map(|(mode, funding, shorts, mark)| Terms {
        mark,
        mode,
        funding,
        shorts,
    })
}

fn size() -> impl Strategy<Value = SizeLimit> {
    let weight = (label(), 1_i64..).prop_map(|(symbol, weight)| SizeWeight {
        symbol,
        weight: Ratio(weight),
    });
    let tier = (signed(), 1_i64..).prop_map(|(profit_from, max)| SizeTier {
        profit_from,
        max: Qty(max),
    });
    (vec(weight, 0..4), vec(tier, 1..5)).prop_map(|(weights, mut tiers)| {
        tiers.sort_by_key(|tier| tier.profit_from);
        SizeLimit { weights, tiers }
    })
}

fn window() -> impl Strategy<Value = WindowRule> {
    let session = prop_oneof![Just("us-equities"), Just("cme-energy"), Just("fx")];
    let session = session.prop_map(|name| name.parse::<Label>().unwrap());
    let calendar = prop_oneof![
        label().prop_map(Calendar::Named),
        (zone(), 0..1_440_u16, 0..1_440_u16).prop_map(|(zone, from, to)| Calendar::Daily {
            zone,
            from,
            to
        }),
        (zone(), 0..10_080_u16, 0..10_080_u16).prop_map(|(zone, from, to)| Calendar::Weekly {
            zone,
            from,
            to
        }),
        (session, any::<u16>()).prop_map(|(session, minutes_min)| Calendar::Closed {
            session,
            minutes_min
        }),
    ];
    let action = prop_oneof![
        Just(WindowAction::BlockOpening),
        Just(WindowAction::BlockAll),
        Just(WindowAction::ForceFlat),
        Just(WindowAction::ExcludeProfit),
    ];
    let seconds = || 0..=604_800_u32;
    let symbols = vec(label(), 0..4).prop_map(|mut symbols| {
        symbols.sort_unstable();
        symbols.dedup();
        symbols
    });
    (calendar, seconds(), seconds(), action, symbols).prop_map(
        |(calendar, before_s, after_s, action, symbols)| WindowRule {
            calendar,
            before_s,
            after_s,
            action,
            symbols,
        },
    )
}

fn conduct() -> impl Strategy<Value = Conduct> {
    let holding = prop_oneof![
        Just(HoldingAction::Warn),
        Just(HoldingAction::ExcludeProfit)
    ];
    let holding = (1_u32.., holding).prop_map(|(seconds, action)| HoldingMin { seconds, action });
    let idle = prop_oneof![
        Just(InactivityEffect::Fail),
        Just(InactivityEffect::Suspend),
        Just(InactivityEffect::Close),
    ];
    let idle = (1_u16.., idle).prop_map(|(days, effect)| Inactivity { days, effect });
    (
        option::of(size()),
        vec(window(), 0..4),
        option::of(holding),
        option::of(1_u32..),
        option::of(1_u32..),
        option::of(idle),
        option::of(part()),
    )
        .prop_map(
            |(size, windows, holding_min, orders, trades, inactivity, warn_at)| Conduct {
                size,
                windows,
                holding_min,
                orders_per_day_max: orders,
                trades_per_day_max: trades,
                inactivity,
                warn_at,
            },
        )
}

fn life() -> impl Strategy<Value = Life> {
    let count = || option::of(any::<u8>());
    let counts = prop_oneof![Just(DaysOf::Calendar), Just(DaysOf::Trading)];
    let effect = prop_oneof![Just(LapseEffect::Fail), Just(LapseEffect::Close)];
    let limit = (1_u16..=3_660, counts, effect).prop_map(|(days, counts, effect)| TimeLimit {
        days,
        counts,
        effect,
    });
    (count(), count(), option::of(label()), option::of(limit)).prop_map(
        |(resets_max, retries_max, next, time_limit)| Life {
            resets_max,
            retries_max,
            next,
            time_limit,
        },
    )
}

/// A valid plan.
pub(super) fn plan() -> impl Strategy<Value = Plan> {
    let stage = prop_oneof![
        Just(Stage::Funded),
        (1_u8..).prop_map(|phase| Stage::Evaluation { phase }),
    ];
    let head = (label(), any::<u32>(), label(), amount(), stage);
    let days = (
        1_u8..128,
        proptest::collection::btree_set(19_000_i32..22_000, 0..5),
        prop_oneof![Just(DayProfit::Closed), Just(DayProfit::Equity)],
    );
    let schedule = (zone(), 0..1_440_u16, days).prop_map(
        |(zone, minute, (weekdays, holidays, day_profit))| {
            let holidays = holidays.into_iter().map(TradingDay).collect();
            let days = TradingDays { weekdays, holidays };
            (RollSchedule { zone, minute }, days, day_profit)
        },
    );
    let limits = (option::of(daily_loss()), option::of(max_loss()));
    let goals = (
        option::of(target()),
        option::of(min_days()),
        option::of(consistency()),
    );
    let money = (option::of(payout()), option::of(scaling()), terms());
    (head, schedule, limits, goals, money, conduct(), life()).prop_map(
        |(head, (schedule, days, day_profit), limits, goals, money, conduct, life)| {
            let (name, version, currency, initial_balance, stage) = head;
            let (daily_loss, max_loss) = limits;
            let (profit_target, min_days, consistency) = goals;
            let (payout, scaling, terms) = money;
            trimmed(Plan {
                name,
                version,
                currency,
                initial_balance,
                schedule,
                days,
                day_profit,
                stage,
                daily_loss,
                max_loss,
                profit_target,
                min_days,
                consistency,
                payout,
                scaling,
                terms,
                conduct,
                life,
            })
        },
    )
}

/// Takes out whatever the plan's own check refuses, one part after the other: most drawn plans have a
/// part that contradicts another.
fn trimmed(mut plan: Plan) -> Plan {
    while let Err(error) = plan.validate() {
        let part = error.path.split('.').next().unwrap_or_default();
        match (part, error.path) {
            ("daily_loss", _) => plan.daily_loss = None,
            ("max_loss", _) => plan.max_loss = None,
            ("consistency", _) => plan.consistency = None,
            ("payout", _) => plan.payout = None,
            ("scaling", _) => plan.scaling = None,
            ("conduct", "conduct.windows.to") => plan.conduct.windows.retain(|window| {
                !matches!(window.calendar, Calendar::Daily { from, to, .. } | Calendar::Weekly { from, to, .. } if from == to)
            }),
            ("conduct", path) if path.starts_with("conduct.size") => plan.conduct.size = None,
            ("life", _) => plan.life.next = None,
            _ => panic!("{error}"),
        }
    }
    plan
}
