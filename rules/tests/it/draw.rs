//! Random plans, with the equalities that matter.

use proptest::prelude::*;
use rules::{
    AfterPayout, Allowance, Conduct, ConsistencyRule, ConsistencyWindow, DailyAnchor, DailyChanges,
    DailyLoss, DailyTier, DayCounts, DayProfit, Denominator, Inactivity, InactivityEffect, Life,
    MaxLoss, MinDays, PayoutKeep, PayoutRule, PayoutSeries, Plan, ScaleWhen, Scaling, SizeLimit,
    SizeTier, SplitFrom, SplitTier, Stage, StopTrailing, Target, TimeLimit, TrailSource, listed,
};
use types::{DaysOf, Effect, LapseEffect, Money, Qty, Ratio};

use crate::plans::bare;

/// Amounts are drawn around the account's size, often on the same few values, so that equalities at
/// floors, levels and caps happen.
pub(crate) fn around(size: i64) -> BoxedStrategy<Money> {
    prop_oneof![
        3 => (80_i64..=130).prop_map(move |percent| Money(size / 100 * percent)),
        2 => (size / 5 * 4..=size / 5 * 7).prop_map(Money),
    ]
    .boxed()
}

pub(crate) fn below_a_fifth(size: i64) -> BoxedStrategy<Money> {
    prop_oneof![
        (1_i64..=20).prop_map(move |percent| Money(size / 100 * percent)),
        (1..=size / 5).prop_map(Money),
    ]
    .boxed()
}

fn share(percent_max: i64) -> BoxedStrategy<Ratio> {
    prop_oneof![
        (1..=percent_max).prop_map(Ratio::percent),
        (1..=Ratio::percent(percent_max).0).prop_map(Ratio),
    ]
    .boxed()
}

fn allowance(size: i64) -> BoxedStrategy<Allowance> {
    prop_oneof![
        below_a_fifth(size).prop_map(Allowance::Fixed),
        share(20).prop_map(Allowance::OfInitial),
        share(20).prop_map(Allowance::OfBase),
    ]
    .boxed()
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        Just(Effect::Fail),
        Just(Effect::LockForDay),
        Just(Effect::Warn),
    ]
}

fn daily_loss(size: i64) -> impl Strategy<Value = DailyLoss> {
    let anchor = prop_oneof![
        Just(DailyAnchor::Balance),
        Just(DailyAnchor::Equity),
        Just(DailyAnchor::MaxBalanceEquity),
        Just(DailyAnchor::IntradayPeak),
    ];
    let tier = (below_a_fifth(size), allowance(size));
    let tiers = prop::collection::vec(tier, 0..3).prop_map(|mut tiers| {
        tiers.sort_unstable_by_key(|(from, _)| *from);
        tiers.dedup_by_key(|(from, _)| *from);
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
    (anchor, allowance(size), effect(), any::<bool>(), changes).prop_map(
        |(anchor, allowance, effect, touch_is_breach, changes)| DailyLoss {
            anchor,
            allowance,
            effect,
            touch_is_breach,
            changes,
        },
    )
}

fn max_loss(size: i64) -> impl Strategy<Value = MaxLoss> {
    let trail = prop_oneof![
        1 => Just(TrailSource::None),
        2 => Just(TrailSource::EodBalance),
        2 => Just(TrailSource::ClosedBalance),
        2 => Just(TrailSource::EodEquity),
        4 => Just(TrailSource::TickEquity),
    ];
    let stop = prop_oneof![
        Just(StopTrailing::Never),
        Just(StopTrailing::AtFloorLevel(Money(0))),
        below_a_fifth(size).prop_map(StopTrailing::AtFloorLevel),
        below_a_fifth(size).prop_map(StopTrailing::FreezeWhenSource),
    ];
    (trail, allowance(size), stop, effect(), any::<bool>()).prop_map(
        |(trail, allowance, stop, effect, touch_is_breach)| MaxLoss {
            trail,
            allowance,
            stop: if trail == TrailSource::None {
                StopTrailing::Never
            } else {
                stop
            },
            effect,
            touch_is_breach,
        },
    )
}

fn consistency() -> impl Strategy<Value = ConsistencyRule> {
    let denominator = prop_oneof![
        Just(Denominator::Net),
        Just(Denominator::PositiveDays),
        Just(Denominator::Target),
    ];
    let window = prop_oneof![
        Just(ConsistencyWindow::Phase),
        Just(ConsistencyWindow::SincePayout),
    ];
    (share(90), denominator, any::<bool>(), window).prop_map(
        |(cap, denominator, inclusive, window)| ConsistencyRule {
            cap,
            denominator,
            inclusive,
            window,
        },
    )
}

fn payout(size: i64) -> impl Strategy<Value = PayoutRule> {
    let keep = prop_oneof![
        below_a_fifth(size).prop_map(PayoutKeep::AboveFloor),
        Just(PayoutKeep::AboveFloor(Money(0))),
        below_a_fifth(size).prop_map(PayoutKeep::AboveInitial),
    ];
    let after = prop_oneof![
        Just(AfterPayout::FloorStays),
        Just(AfterPayout::FloorToInitial),
        Just(AfterPayout::FloorFallsByPayout),
    ];
    let cap = prop::option::of(below_a_fifth(size));
    let best_day_cap = prop::option::of(share(90));
    let days_min = prop::option::of(min_days(size));
    let basics = (share(100), cap, keep, after);
    (basics, best_day_cap, days_min, series(size)).prop_map(
        |((fraction, cap, keep, after), best_day_cap, days_min, series)| PayoutRule {
            fraction,
            cap,
            keep,
            split: Ratio::percent(80),
            after,
            best_day_cap,
            days_min,
            series,
        },
    )
}

/// Amounts so small that several payouts pass every edge.
fn series(size: i64) -> impl Strategy<Value = PayoutSeries> {
    let amount = move || {
        prop_oneof![
            (1_i64..=8).prop_map(move |parts| Money(size / 100 * parts)),
            (1..=size / 12).prop_map(Money),
        ]
    };
    let caps = prop::collection::vec(amount(), 0..4).prop_map(|caps| listed(&caps).unwrap());
    let by_number = prop::collection::btree_map(2_u16..5, share(100), 0..3).prop_map(|tiers| {
        let tier = |(number, split)| SplitTier {
            from: SplitFrom::Payout(number),
            split,
        };
        tiers.into_iter().map(tier).collect::<Vec<_>>()
    });
    let by_total = prop::collection::btree_map(amount(), share(100), 0..3).prop_map(|tiers| {
        let tier = |(total, split)| SplitTier {
            from: SplitFrom::PaidTotal(total),
            split,
        };
        tiers.into_iter().map(tier).collect::<Vec<_>>()
    });
    let splits = prop_oneof![by_number, by_total].prop_map(|tiers| listed(&tiers).unwrap());
    let count = || prop::option::of(1_u16..6);
    // A least amount that a cap does not allow is not valid, and drawn again.
    let min = prop::option::weighted(0.3, (1..=size / 100).prop_map(Money));
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

fn min_days(size: i64) -> impl Strategy<Value = MinDays> {
    let counts = prop_oneof![Just(DayCounts::OpeningFill), Just(DayCounts::AnyDayHeld)];
    (1_u16..4, counts, prop::option::of(below_a_fifth(size))).prop_map(
        |(days, counts, day_profit_min)| MinDays {
            days,
            counts,
            day_profit_min,
        },
    )
}

fn target(size: i64) -> impl Strategy<Value = Target> {
    prop_oneof![
        below_a_fifth(size).prop_map(Target::Fixed),
        share(20).prop_map(Target::OfInitial),
    ]
}

fn scaling(size: i64) -> impl Strategy<Value = Scaling> {
    let requires =
        (target(size), 0_u16..3, 0_u8..3).prop_map(|(profit, days, payouts)| ScaleWhen {
            profit,
            days,
            payouts,
        });
    (
        share(50),
        prop::option::of(Just(Money(size.saturating_mul(2)))),
        prop::option::of(requires),
    )
        .prop_map(|(step, size_max, requires)| Scaling {
            step,
            size_max,
            requires,
        })
}

fn size_limit(size: i64) -> impl Strategy<Value = SizeLimit> {
    let tier = (-5_i64..10, 1_i64..100);
    prop::collection::vec(tier, 1..4).prop_map(move |mut tiers| {
        tiers.sort_unstable();
        tiers.dedup_by_key(|tier| tier.0);
        SizeLimit {
            weights: Vec::new(),
            tiers: (tiers.into_iter())
                .map(|(tenths, max)| SizeTier {
                    profit_from: Money(size / 10 * tenths),
                    max: Qty::whole(max),
                })
                .collect(),
        }
    })
}

/// What an account itself remembers of its conduct.
fn conduct(size: i64) -> impl Strategy<Value = Conduct> {
    let count = || prop::option::of(1_u32..4);
    let effect = prop_oneof![
        Just(InactivityEffect::Fail),
        Just(InactivityEffect::Suspend),
        Just(InactivityEffect::Close),
    ];
    let inactivity = (1_u16..6, effect).prop_map(|(days, effect)| Inactivity { days, effect });
    (
        prop::option::of(size_limit(size)),
        count(),
        count(),
        prop::option::of(inactivity),
        prop::option::weighted(0.7, share(99)),
    )
        .prop_map(|(size, orders, trades, inactivity, warn_at)| Conduct {
            size,
            orders_per_day_max: orders,
            trades_per_day_max: trades,
            inactivity,
            warn_at,
            ..Conduct::default()
        })
}

fn time_limit() -> impl Strategy<Value = TimeLimit> {
    let counts = prop_oneof![Just(DaysOf::Calendar), Just(DaysOf::Trading)];
    let effect = prop_oneof![Just(LapseEffect::Fail), Just(LapseEffect::Close)];
    (1_u16..8, counts, effect).prop_map(|(days, counts, effect)| TimeLimit {
        days,
        counts,
        effect,
    })
}

pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    let size = prop_oneof![
        (1_i64..=200).prop_map(|thousands| Money::whole(thousands * 1_000).0),
        1_000_i64..1_000_000_000_000,
    ];
    let plan = size.prop_flat_map(|size| {
        let objectives = (
            prop::option::of(target(size)),
            prop::option::of(min_days(size)),
            prop_oneof![Just(DayProfit::Closed), Just(DayProfit::Equity)],
            prop::option::weighted(0.3, time_limit()),
        );
        (
            prop::option::weighted(0.8, daily_loss(size)),
            prop::option::weighted(0.9, max_loss(size)),
            objectives,
            prop::option::of(consistency()),
            prop::option::of(payout(size)),
            prop::option::of(scaling(size)),
            conduct(size),
        )
            .prop_map(
                move |(daily_loss, max_loss, objectives, consistency, payout, scaling, conduct)| {
                    Plan {
                        initial_balance: Money(size),
                        daily_loss,
                        max_loss,
                        profit_target: objectives.0,
                        min_days: objectives.1,
                        day_profit: objectives.2,
                        // Only an evaluation has something to pass.
                        stage: match objectives.3 {
                            Some(_) => Stage::Evaluation { phase: 1 },
                            None => Stage::Funded,
                        },
                        life: Life {
                            time_limit: objectives.3,
                            ..Life::default()
                        },
                        consistency,
                        payout,
                        scaling,
                        conduct,
                        ..bare(1)
                    }
                },
            )
    });
    plan.prop_filter("valid", |plan| plan.validate().is_ok())
}
