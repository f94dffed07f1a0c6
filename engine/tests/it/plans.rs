//! Random plans of 10,000 with any mix of rules, and the competitions around them.

use proptest::prelude::*;
use rules::{
    AfterPayout, Allowance, BoardKind, Competition, ConsistencyRule, ConsistencyWindow,
    DailyAnchor, DailyLoss, DayCounts, Denominator, Gates, MaxLoss, MinDays, PayoutKeep,
    PayoutRule, Plan, Scaling, Stage, StopTrailing, Target, TrailSource,
};
use types::{Effect, Funding, Money, PositionMode, Ratio, RollSchedule, Terms};

use crate::world::{label, plan};

fn allowance() -> impl Strategy<Value = Allowance> {
    prop_oneof![
        (100_i64..900).prop_map(|whole| Allowance::Fixed(Money::whole(whole))),
        (1_i64..8).prop_map(|percent| Allowance::OfInitial(Ratio::percent(percent))),
        (1_i64..80_000_000).prop_map(|share| Allowance::OfBase(Ratio(share))),
    ]
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![Just(Effect::Fail), Just(Effect::LockForDay)]
}

fn daily_loss() -> impl Strategy<Value = DailyLoss> {
    let anchor = prop::sample::select(vec![
        DailyAnchor::Balance,
        DailyAnchor::Equity,
        DailyAnchor::MaxBalanceEquity,
        DailyAnchor::IntradayPeak,
    ]);
    (anchor, allowance(), effect(), any::<bool>()).prop_map(
        |(anchor, allowance, effect, touch_is_breach)| DailyLoss {
            anchor,
            allowance,
            effect,
            touch_is_breach,
        },
    )
}

fn max_loss() -> impl Strategy<Value = MaxLoss> {
    let trail = prop::sample::select(vec![
        TrailSource::None,
        TrailSource::EodBalance,
        TrailSource::ClosedBalance,
        TrailSource::EodEquity,
        TrailSource::TickEquity,
    ]);
    let stop = prop_oneof![
        Just(StopTrailing::Never),
        (-50_i64..150).prop_map(|whole| StopTrailing::AtFloorLevel(Money::whole(whole))),
        (1_i64..400).prop_map(|whole| StopTrailing::FreezeWhenSource(Money::whole(whole))),
    ];
    (trail, allowance(), stop, effect(), any::<bool>()).prop_map(
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

fn min_days() -> impl Strategy<Value = MinDays> {
    let counts = prop_oneof![Just(DayCounts::OpeningFill), Just(DayCounts::AnyDayHeld)];
    let profit = prop::option::of((1_i64..50).prop_map(Money::whole));
    (1_u16..3, counts, profit).prop_map(|(days, counts, day_profit_min)| MinDays {
        days,
        counts,
        day_profit_min,
    })
}

fn consistency() -> impl Strategy<Value = ConsistencyRule> {
    let denominator = prop_oneof![Just(Denominator::Net), Just(Denominator::PositiveDays)];
    let window = prop_oneof![
        Just(ConsistencyWindow::Phase),
        Just(ConsistencyWindow::SincePayout)
    ];
    (20_i64..95, denominator, any::<bool>(), window).prop_map(
        |(cap, denominator, inclusive, window)| ConsistencyRule {
            cap: Ratio::percent(cap),
            denominator,
            inclusive,
            window,
        },
    )
}

fn payout() -> impl Strategy<Value = PayoutRule> {
    let after = prop::sample::select(vec![
        AfterPayout::FloorStays,
        AfterPayout::FloorToInitial,
        AfterPayout::FloorFallsByPayout,
    ]);
    let cap = prop::option::of((1_i64..200).prop_map(Money::whole));
    (20_i64..=100, cap, 0_i64..60, 50_i64..=100, after).prop_map(
        |(fraction, cap, kept, split, after)| PayoutRule {
            fraction: Ratio::percent(fraction),
            cap,
            keep: PayoutKeep::AboveInitial(Money::whole(kept)),
            split: Ratio::percent(split),
            after,
            best_day_cap: None,
            days_min: None,
        },
    )
}

fn terms() -> impl Strategy<Value = Terms> {
    let mode = prop_oneof![3 => Just(PositionMode::Netting), 1 => Just(PositionMode::Hedging)];
    let funding = prop_oneof![
        2 => Just(Funding::Unchecked),
        1 => Just(Funding::Cash),
        2 => (0_i64..30).prop_map(|share| Funding::Margin {
            rate_min: Ratio::percent(share),
        }),
    ];
    (mode, funding, prop::bool::weighted(0.8)).prop_map(|(mode, funding, shorts)| Terms {
        mode,
        funding,
        shorts,
    })
}

/// One of three schedules.
pub(crate) fn schedule_of(index: u8) -> RollSchedule {
    let (zone, minute) =
        [("UTC", 0), ("America/New_York", 1_020), ("Asia/Tokyo", 540)][usize::from(index) % 3];
    RollSchedule {
        zone: label(zone),
        minute,
    }
}

/// A plan of 10,000 with any mix of rules.
pub(crate) fn any_plan() -> impl Strategy<Value = Plan> {
    let limits = (
        prop::option::weighted(0.8, daily_loss()),
        prop::option::weighted(0.8, max_loss()),
    );
    let goals = (
        prop::option::weighted(
            0.7,
            (20_i64..300).prop_map(|m| Target::Fixed(Money::whole(m))),
        ),
        prop::option::of(min_days()),
        prop::option::weighted(0.3, consistency()),
        prop::option::of(payout()),
        prop::option::of((1_i64..30, prop::option::of(10_000_i64..14_000))),
    );
    (limits, goals, any::<bool>(), 0_u8..2, terms()).prop_map(
        |((daily_loss, max_loss), goals, funded, schedule, terms)| {
            let (profit_target, min_days, consistency, payout, scaling) = goals;
            Plan {
                schedule: schedule_of(schedule),
                stage: if funded {
                    Stage::Funded
                } else {
                    Stage::Evaluation { phase: 1 }
                },
                daily_loss,
                max_loss,
                profit_target,
                min_days,
                consistency,
                payout,
                scaling: scaling.map(|(step, max)| Scaling {
                    step: Ratio::percent(step),
                    size_max: max.map(Money::whole),
                    requires: None,
                }),
                terms,
                ..plan("10000")
            }
        },
    )
}

/// A competition of anybody who traded once.
pub(crate) fn competition(schedule: u8) -> Competition {
    Competition {
        name: label("cup"),
        kind: BoardKind::Paper,
        weights: Competition::standard_weights(),
        loss_limit: Competition::standard_loss_limit(),
        gates: Gates {
            active_days: 1,
            round_turns: 1,
        },
        schedule: schedule_of(schedule),
    }
}
