//! Random plans of 10,000 with any mix of rules, and the competitions around them.

use proptest::prelude::*;
use rules::{
    AfterPayout, Allowance, BoardKind, Competition, Conduct, ConsistencyRule, ConsistencyWindow,
    ContestRules, DailyAnchor, DailyChanges, DailyLoss, DailyTier, DayCounts, DayProfit,
    Denominator, Gates, HoldingAction, HoldingMin, Inactivity, InactivityEffect, Life, MaxLoss,
    MinDays, PayoutKeep, PayoutRule, PayoutSeries, Plan, ScaleWhen, Scaling, SizeLimit, SizeTier,
    SizeWeight, SplitFrom, SplitTier, Stage, StopTrailing, Target, TimeLimit, TradingDays,
    TrailSource, WindowAction, WindowRule, listed,
};
use types::{
    Calendar, DaysOf, Effect, Funding, LapseEffect, MarkKind, Money, PositionMode, Qty, Ratio,
    RollSchedule, Terms, TradingDay,
};

use crate::world::{label, plan};

fn allowance() -> impl Strategy<Value = Allowance> {
    prop_oneof![
        (100_i64..900).prop_map(|whole| Allowance::Fixed(Money::whole(whole))),
        (1_i64..8).prop_map(|percent| Allowance::OfInitial(Ratio::percent(percent))),
        (1_i64..80_000_000).prop_map(|share| Allowance::OfBase(Ratio(share))),
    ]
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        Just(Effect::Fail),
        Just(Effect::LockForDay),
        Just(Effect::Warn)
    ]
}

fn daily_loss() -> impl Strategy<Value = DailyLoss> {
    let anchor = prop::sample::select(vec![
        DailyAnchor::Balance,
        DailyAnchor::Equity,
        DailyAnchor::MaxBalanceEquity,
        DailyAnchor::IntradayPeak,
    ]);
    let tiers = prop::collection::btree_map(5_i64..200, allowance(), 0..3);
    (anchor, allowance(), effect(), any::<bool>(), tiers).prop_map(
        |(anchor, allowance, effect, touch_is_breach, tiers)| {
            let tier = |(from, allowance)| DailyTier {
                profit_from: Money::whole(from),
                allowance,
            };
            let tiers: Vec<_> = tiers.into_iter().map(tier).collect();
            DailyLoss {
                anchor,
                allowance,
                effect,
                touch_is_breach,
                changes: DailyChanges {
                    tiers: listed(&tiers).unwrap(),
                    ends_at_floor_lock: false,
                },
            }
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
    let best_day_cap = prop::option::of((10_i64..90).prop_map(Ratio::percent));
    let days = (
        best_day_cap,
        prop::option::weighted(0.3, min_days()),
        series(),
    );
    (20_i64..=100, cap, 0_i64..60, 50_i64..=100, after, days).prop_map(
        |(fraction, cap, kept, split, after, (best_day_cap, days_min, series))| PayoutRule {
            fraction: Ratio::percent(fraction),
            cap,
            keep: PayoutKeep::AboveInitial(Money::whole(kept)),
            split: Ratio::percent(split),
            after,
            best_day_cap,
            days_min,
            series,
        },
    )
}

/// So small that a few payouts pass every edge.
fn series() -> impl Strategy<Value = PayoutSeries> {
    let caps = prop::collection::vec((1_i64..100).prop_map(Money::whole), 0..3);
    let tiers = prop::collection::btree_map(2_u16..4, 50_i64..=100, 0..3);
    let count = || prop::option::weighted(0.3, 1_u16..3);
    let min = prop::option::weighted(0.3, Just(Money::whole(1)));
    (min, caps, count(), tiers, any::<bool>(), count()).prop_map(
        |(min, caps, interval_days, tiers, by_total, payouts_max)| {
            let tier = |(edge, percent): (u16, i64)| SplitTier {
                from: if by_total {
                    SplitFrom::PaidTotal(Money::whole(10 * i64::from(edge)))
                } else {
                    SplitFrom::Payout(edge)
                },
                split: Ratio::percent(percent),
            };
            let splits: Vec<_> = tiers.into_iter().map(tier).collect();
            PayoutSeries {
                min,
                caps: listed(&caps).unwrap(),
                interval_days,
                splits: listed(&splits).unwrap(),
                payouts_max,
            }
        },
    )
}

fn scaling() -> impl Strategy<Value = Scaling> {
    let requires = (1_i64..200, 0_u16..2).prop_map(|(profit, days)| ScaleWhen {
        profit: Target::Fixed(Money::whole(profit)),
        days,
        payouts: 0,
    });
    (
        1_i64..30,
        prop::option::of(10_000_i64..14_000),
        prop::option::of(requires),
    )
        .prop_map(|(step, max, requires)| Scaling {
            step: Ratio::percent(step),
            size_max: max.map(Money::whole),
            requires,
        })
}

/// One of the few calendars that windows follow.
pub(crate) fn calendar() -> impl Strategy<Value = Calendar> {
    prop::sample::select(vec![
        Calendar::Named(label("NEWS")),
        Calendar::Named(label("NEWS")),
        Calendar::Daily {
            zone: label("UTC"),
            from: 955,
            to: 1_020,
        },
        Calendar::Weekly {
            zone: label("UTC"),
            from: 7_200,
            to: 60,
        },
    ])
}

fn window() -> impl Strategy<Value = WindowRule> {
    let action = prop::sample::select(vec![
        WindowAction::BlockOpening,
        WindowAction::BlockAll,
        WindowAction::ForceFlat,
        WindowAction::ExcludeProfit,
    ]);
    let widened = || prop_oneof![3 => Just(0_u32), 3 => 1_u32..9, 1 => Just(604_800)];
    let known = ["BOOK", "TOUCH", "WIDE"].map(label).to_vec();
    let some = prop::sample::subsequence(known, 1..=3);
    let symbols = prop_oneof![2 => Just(Vec::new()), 1 => some];
    (calendar(), widened(), widened(), action, symbols).prop_map(
        |(calendar, before_s, after_s, action, symbols)| WindowRule {
            calendar,
            before_s,
            after_s,
            action,
            symbols,
        },
    )
}

fn size() -> impl Strategy<Value = SizeLimit> {
    let weight = prop_oneof![
        (1_i64..3_000_000_000).prop_map(Ratio),
        Just(Ratio(1)),
        Just(Ratio(i64::MAX)),
    ];
    let weights = prop::sample::subsequence(vec!["BOOK", "TOUCH", "CAREFUL", "WIDE"], 0..=4)
        .prop_flat_map(move |symbols| {
            let count = symbols.len();
            let symbols = symbols.into_iter().map(label).collect::<Vec<_>>();
            (Just(symbols), prop::collection::vec(weight.clone(), count))
        });
    let max = prop_oneof![3 => 1_i64..40, 1 => 1_i64..80_000];
    (weights, prop::collection::vec(max, 1..4)).prop_map(|((symbols, weights), most)| SizeLimit {
        weights: symbols
            .into_iter()
            .zip(weights)
            .map(|(symbol, weight)| SizeWeight { symbol, weight })
            .collect(),
        tiers: (0..)
            .zip(most)
            .map(|(place, max)| SizeTier {
                profit_from: Money::whole(place * 40),
                max: Qty::whole(max),
            })
            .collect(),
    })
}

fn conduct() -> impl Strategy<Value = Conduct> {
    let holding = (1_u32..9, any::<bool>()).prop_map(|(seconds, warns)| HoldingMin {
        seconds,
        action: if warns {
            HoldingAction::Warn
        } else {
            HoldingAction::ExcludeProfit
        },
    });
    let effect = prop::sample::select(vec![
        InactivityEffect::Fail,
        InactivityEffect::Suspend,
        InactivityEffect::Close,
    ]);
    let inactivity = (1_u16..400, effect).prop_map(|(days, effect)| Inactivity { days, effect });
    let few = |most: u32| prop::option::weighted(0.2, 1..most);
    (
        prop::option::weighted(0.4, size()),
        prop::collection::vec(window(), 0..4),
        prop::option::of(holding),
        (few(20), few(5)),
        prop::option::weighted(0.3, inactivity),
        prop::option::of((1_i64..100).prop_map(Ratio::percent)),
    )
        .prop_map(
            |(size, windows, holding_min, (orders, trades), inactivity, warn_at)| Conduct {
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
    let max = || prop::option::of(0_u8..3);
    let counts = prop::sample::select(vec![DaysOf::Calendar, DaysOf::Trading]);
    let effect = prop::sample::select(vec![LapseEffect::Fail, LapseEffect::Close]);
    let limit = (1_u16..9, counts, effect).prop_map(|(days, counts, effect)| TimeLimit {
        days,
        counts,
        effect,
    });
    let limit = prop::option::weighted(0.2, limit);
    (max(), max(), limit).prop_map(|(resets_max, retries_max, time_limit)| Life {
        resets_max,
        retries_max,
        next: None,
        time_limit,
    })
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
    let mark = prop_oneof![
        2 => Just(MarkKind::Liquidation),
        1 => Just(MarkKind::Last),
        1 => Just(MarkKind::Mid)
    ];
    let shorts = prop::bool::weighted(0.8);
    (mode, funding, shorts, mark).prop_map(|(mode, funding, shorts, mark)| Terms {
        mark,
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

/// Mostly every date; else some days of the week, and holidays among the first dates.
fn trading_days() -> impl Strategy<Value = TradingDays> {
    let holidays = prop::collection::btree_set(0_i32..12, 0..5);
    let some = (1_u8..128, holidays).prop_map(|(weekdays, holidays)| TradingDays {
        weekdays,
        holidays: holidays.into_iter().map(TradingDay).collect(),
    });
    prop_oneof![2 => Just(TradingDays::default()), 1 => some]
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
        prop::option::of(scaling()),
    );
    let conduct = prop_oneof![Just(Conduct::default()), conduct()];
    let day_profit = prop_oneof![2 => Just(DayProfit::Closed), 1 => Just(DayProfit::Equity)];
    let schedule = (0_u8..2, trading_days(), day_profit);
    let rest = (any::<bool>(), schedule, terms(), conduct, life());
    (limits, goals, rest).prop_map(
        |(
            (daily_loss, max_loss),
            goals,
            (funded, (schedule, days, day_profit), terms, conduct, life),
        )| {
            let (profit_target, min_days, consistency, payout, scaling) = goals;
            Plan {
                schedule: schedule_of(schedule),
                days,
                day_profit,
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
                scaling,
                terms,
                conduct,
                life,
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
        days: rules::TradingDays::default(),
        schedule: schedule_of(schedule),
        contest: ContestRules::default(),
    }
}
