//! Plans with any mix of rules and terms, small enough that a few fills reach their limits.

use rules::{
    AfterPayout, Allowance, ConsistencyRule, ConsistencyWindow, DAILY_TIERS_MAX, DailyAnchor,
    DailyChanges, DailyLoss, DailyTier, DayCounts, DayProfit, Denominator, Life, MaxLoss, MinDays,
    PayoutKeep, PayoutRule, PayoutSeries, Plan, ScaleWhen, Scaling, SplitFrom, SplitTier, Stage,
    StopTrailing, Target, TimeLimit, TradingDays, TrailSource,
};
use types::{
    DaysOf, Effect, Funding, LapseEffect, MarkKind, Money, PositionMode, Ratio, RollSchedule,
    Terms, TradingDay,
};

use super::conduct::conduct;
use super::draw::Draw;
use super::instruments::CURRENCIES;
use super::setting::label;

/// What plans are called; several have one name.
const NAMES: [&str; 3] = ["one", "two", "three"];

/// One of three schedules; plans and competitions have the first two.
pub(super) fn schedule(index: u64) -> RollSchedule {
    let (zone, minute) =
        [("UTC", 0), ("America/New_York", 1_020), ("Asia/Tokyo", 540)][index as usize % 3];
    RollSchedule {
        zone: label(zone),
        minute,
    }
}

/// Mostly every date; else some days of the week, and holidays among the dates that are rolled to.
pub(super) fn trading_days(draw: &mut Draw) -> TradingDays {
    if draw.percent(60) {
        return TradingDays::default();
    }
    let mut holidays: Vec<_> = (0..draw.below(6))
        .map(|_| TradingDay(draw.between(0, 20) as i32))
        .collect();
    holidays.sort_unstable();
    holidays.dedup();
    TradingDays {
        weekdays: draw.between(1, 127) as u8,
        holidays,
    }
}

fn allowance(draw: &mut Draw) -> Allowance {
    match draw.below(3) {
        0 => Allowance::Fixed(Money::whole(draw.between(40, 900))),
        1 => Allowance::OfInitial(Ratio::percent(draw.between(1, 8))),
        _ => Allowance::OfBase(Ratio(draw.between(1, 80_000_000))),
    }
}

fn effect(draw: &mut Draw) -> Effect {
    draw.weighted(&[
        (2, Effect::Fail),
        (3, Effect::LockForDay),
        (2, Effect::Warn),
    ])
}

/// Where there are payouts it is often so near that a day's loss meets it and leaves a profit.
fn daily_loss(draw: &mut Draw, pays_out: bool) -> DailyLoss {
    let is_near = pays_out && draw.percent(50);
    DailyLoss {
        anchor: draw.pick(&[
            DailyAnchor::Balance,
            DailyAnchor::Equity,
            DailyAnchor::MaxBalanceEquity,
            DailyAnchor::IntradayPeak,
        ]),
        allowance: if is_near {
            Allowance::Fixed(Money::whole(draw.between(5, 40)))
        } else {
            allowance(draw)
        },
        effect: if is_near {
            draw.pick(&[Effect::LockForDay, Effect::Warn])
        } else {
            effect(draw)
        },
        touch_is_breach: draw.percent(50),
        changes: DailyChanges {
            tiers: daily_tiers(draw),
            ends_at_floor_lock: false,
        },
    }
}

/// Profits that a few good trades make; mostly none.
fn daily_tiers(draw: &mut Draw) -> [Option<DailyTier>; DAILY_TIERS_MAX] {
    let mut tiers = [None; DAILY_TIERS_MAX];
    if draw.percent(70) {
        return tiers;
    }
    let mut from = 0;
    for tier in tiers.iter_mut().take(draw.between(1, 3) as usize) {
        from += draw.between(1, 60);
        *tier = Some(DailyTier {
            profit_from: Money::whole(from),
            allowance: allowance(draw),
        });
    }
    tiers
}

fn max_loss(draw: &mut Draw) -> MaxLoss {
    let trail = draw.pick(&[
        TrailSource::None,
        TrailSource::EodBalance,
        TrailSource::ClosedBalance,
        TrailSource::EodEquity,
        TrailSource::TickEquity,
    ]);
    let stop = match draw.below(3) {
        0 => StopTrailing::Never,
        1 => StopTrailing::AtFloorLevel(Money::whole(draw.between(-50, 150))),
        _ => StopTrailing::FreezeWhenSource(Money::whole(draw.between(1, 400))),
    };
    MaxLoss {
        trail,
        allowance: allowance(draw),
        stop: if trail == TrailSource::None {
            StopTrailing::Never
        } else {
            stop
        },
        effect: effect(draw),
        touch_is_breach: draw.percent(50),
    }
}

fn min_days(draw: &mut Draw) -> MinDays {
    MinDays {
        days: draw.between(1, 2) as u16,
        counts: draw.pick(&[DayCounts::OpeningFill, DayCounts::AnyDayHeld]),
        day_profit_min: draw.percent(50).then(|| Money::whole(draw.between(1, 50))),
    }
}

fn consistency(draw: &mut Draw, has_target: bool) -> ConsistencyRule {
    let denominators = [
        Denominator::Net,
        Denominator::PositiveDays,
        Denominator::Target,
    ];
    ConsistencyRule {
        cap: Ratio::percent(draw.between(20, 95)),
        denominator: draw.pick(&denominators[..2 + usize::from(has_target)]),
        inclusive: draw.percent(50),
        window: draw.pick(&[ConsistencyWindow::Phase, ConsistencyWindow::SincePayout]),
    }
}

fn payout(draw: &mut Draw, has_max_loss: bool) -> PayoutRule {
    let kept = Money::whole(draw.between(0, 60));
    PayoutRule {
        fraction: Ratio::percent(draw.between(20, 100)),
        cap: draw.percent(50).then(|| Money::whole(draw.between(1, 200))),
        keep: if has_max_loss && draw.percent(50) {
            PayoutKeep::AboveFloor(kept)
        } else {
            PayoutKeep::AboveInitial(kept)
        },
        split: Ratio::percent(draw.between(50, 100)),
        after: draw.pick(&[
            AfterPayout::FloorStays,
            AfterPayout::FloorToInitial,
            AfterPayout::FloorFallsByPayout,
        ]),
        best_day_cap: draw
            .percent(40)
            .then(|| Ratio::percent(draw.between(10, 90))),
        days_min: draw.percent(25).then(|| min_days(draw)),
        series: if draw.percent(50) {
            series(draw)
        } else {
            PayoutSeries::default()
        },
    }
}

fn series(draw: &mut Draw) -> PayoutSeries {
    let mut series = PayoutSeries {
        interval_days: draw.percent(30).then(|| draw.between(1, 3) as u16),
        payouts_max: draw.percent(30).then(|| draw.between(1, 3) as u16),
        ..PayoutSeries::default()
    };
    // At most the least of all caps.
    if draw.percent(40) {
        series.min = Some(Money::whole(1));
    }
    let caps = draw.between(0, 3) as usize;
    for cap in series.caps.iter_mut().take(caps) {
        *cap = Some(Money::whole(draw.between(1, 100)));
    }
    let by_number = draw.percent(50);
    let (mut number, mut total) = (1, 0);
    let tiers = draw.between(0, 3) as usize;
    for tier in series.splits.iter_mut().take(tiers) {
        number += draw.between(1, 2) as u16;
        total += draw.between(1, 40);
        *tier = Some(SplitTier {
            from: if by_number {
                SplitFrom::Payout(number)
            } else {
                SplitFrom::PaidTotal(Money::whole(total))
            },
            split: Ratio::percent(draw.between(50, 100)),
        });
    }
    series
}

fn scaling(draw: &mut Draw, initial: i64, pays_out: bool) -> Scaling {
    Scaling {
        step: Ratio::percent(draw.between(1, 30)),
        size_max: draw
            .percent(50)
            .then(|| Money::whole(initial + draw.between(0, 4_000))),
        requires: draw.percent(60).then(|| ScaleWhen {
            profit: target(draw),
            days: draw.between(0, 2) as u16,
            payouts: if pays_out { draw.below(2) as u8 } else { 0 },
        }),
    }
}

fn target(draw: &mut Draw) -> Target {
    if draw.percent(50) {
        Target::Fixed(Money::whole(draw.between(20, 300)))
    } else {
        Target::OfInitial(Ratio(draw.between(1, 30_000_000)))
    }
}

/// Which accounts may follow one of a plan of this name.
fn life(draw: &mut Draw, name: &str, is_funded: bool) -> Life {
    let mut max = |percent| draw.percent(percent).then(|| draw.below(3) as u8);
    let (resets_max, retries_max) = (max(50), max(50));
    let next = draw.pick(&NAMES);
    let time_limit = draw.percent(20).then(|| TimeLimit {
        days: draw.pick(&[1, 1, 2, 4]),
        counts: draw.pick(&[DaysOf::Calendar, DaysOf::Trading]),
        effect: draw.pick(&[LapseEffect::Fail, LapseEffect::Close]),
    });
    Life {
        resets_max,
        retries_max,
        next: (!is_funded && next != name && draw.percent(60)).then(|| label(next)),
        time_limit,
    }
}

fn terms(draw: &mut Draw) -> Terms {
    Terms {
        mode: draw.weighted(&[(3, PositionMode::Netting), (2, PositionMode::Hedging)]),
        funding: draw.weighted(&[
            (5, Funding::Unchecked),
            (2, Funding::Cash),
            (
                1,
                Funding::Margin {
                    rate_min: Ratio::ZERO,
                },
            ),
            (
                3,
                Funding::Margin {
                    rate_min: Ratio(33_333_335),
                },
            ),
            (
                1,
                Funding::Margin {
                    rate_min: Ratio::percent(50),
                },
            ),
        ]),
        shorts: draw.percent(85),
        mark: draw.weighted(&[
            (3, MarkKind::Liquidation),
            (2, MarkKind::Last),
            (2, MarkKind::Mid),
        ]),
    }
}

/// A plan with a floor that follows equity; one whose accounts may enter a competition does not grow.
pub(super) fn follow_equity(draw: &mut Draw, plan: &mut Plan, competes: bool) {
    plan.currency = label(CURRENCIES[0]);
    if draw.percent(80) {
        let known = plan.max_loss.unwrap_or_else(|| max_loss(draw));
        plan.max_loss = Some(MaxLoss {
            trail: TrailSource::TickEquity,
            ..known
        });
    }
    if draw.percent(50) {
        let known = plan.daily_loss.unwrap_or_else(|| daily_loss(draw, false));
        plan.daily_loss = Some(DailyLoss {
            anchor: DailyAnchor::IntradayPeak,
            ..known
        });
    }
    if !competes && draw.percent(50) {
        plan.scaling = Some(Scaling {
            step: Ratio::percent(10),
            size_max: None,
            requires: None,
        });
    }
}

/// A plan with any mix of rules.
pub(super) fn plan(draw: &mut Draw, currency: &str) -> Plan {
    // Without rules an account lives on whatever it loses.
    let has_rules = draw.percent(65);
    let (name, is_funded) = (draw.pick(&NAMES), draw.percent(50));
    let mut has = |percent| has_rules && draw.percent(percent);
    let (has_daily, has_max, has_target) = (has(70), has(70), has(45));
    let (has_days, has_consistency, has_payout, has_scaling) = (has(40), has(30), has(60), has(40));
    let terms = terms(draw);
    let initial = match terms.funding {
        Funding::Unchecked => draw.pick(&[10_000, 50_000]),
        Funding::Cash => draw.pick(&[500, 2_000, 10_000, 40_000]),
        Funding::Margin { .. } => draw.pick(&[1_500, 5_000, 20_000]),
    };
    let mut plan = Plan {
        name: label(name),
        version: 1,
        currency: label(currency),
        initial_balance: Money::whole(initial),
        schedule: schedule(draw.below(2)),
        days: trading_days(draw),
        day_profit: draw.weighted(&[(3, DayProfit::Closed), (2, DayProfit::Equity)]),
        stage: if is_funded {
            Stage::Funded
        } else {
            Stage::Evaluation { phase: 1 }
        },
        daily_loss: has_daily.then(|| daily_loss(draw, has_payout)),
        max_loss: has_max.then(|| max_loss(draw)),
        profit_target: has_target.then(|| target(draw)),
        min_days: has_days.then(|| min_days(draw)),
        consistency: has_consistency.then(|| consistency(draw, has_target)),
        payout: has_payout.then(|| payout(draw, has_max)),
        scaling: has_scaling.then(|| scaling(draw, initial, has_payout)),
        terms,
        conduct: conduct(draw),
        life: life(draw, name, is_funded),
    };
    let stops = |rule: MaxLoss| rule.stop != StopTrailing::Never;
    if let Some(daily) = &mut plan.daily_loss
        && plan.max_loss.is_some_and(stops)
    {
        daily.changes.ends_at_floor_lock = draw.percent(30);
    }
    plan
}
