//! Plans that the tests start from.

use rules::{
    Allowance, BoardKind, Competition, Conduct, ConsistencyRule, ConsistencyWindow, ContestRules,
    DailyAnchor, DailyLoss, Denominator, Gates, Life, MaxLoss, Plan, Stage, StopTrailing,
    TrailSource,
};
use types::{Effect, Label, Money, Notional, Ratio, RollSchedule, TradingDay};

pub(crate) const fn usd(whole: i64) -> Money {
    Money::whole(whole)
}

pub(crate) const fn equity(whole: i64) -> Notional {
    usd(whole).to_notional()
}

pub(crate) const fn day(number: i32) -> TradingDay {
    TradingDay(20_000 + number)
}

pub(crate) fn schedule() -> RollSchedule {
    RollSchedule {
        zone: Label::new("Europe/Prague").unwrap(),
        minute: 0,
    }
}

/// A plan without any rule.
pub(crate) fn bare(initial: i64) -> Plan {
    Plan {
        name: Label::new("bare").unwrap(),
        version: 1,
        currency: Label::new("USD").unwrap(),
        initial_balance: usd(initial),
        days: rules::TradingDays::default(),
        day_profit: rules::DayProfit::Closed,
        schedule: schedule(),
        stage: Stage::Funded,
        daily_loss: None,
        max_loss: None,
        profit_target: None,
        min_days: None,
        consistency: None,
        payout: None,
        scaling: None,
        terms: types::Terms::default(),
        conduct: Conduct::default(),
        life: Life::default(),
    }
}

/// A hard maximum loss of a fixed amount that breaches below the floor.
pub(crate) fn max_loss(amount: i64, trail: TrailSource, stop: StopTrailing) -> MaxLoss {
    MaxLoss {
        trail,
        allowance: Allowance::Fixed(usd(amount)),
        stop,
        effect: Effect::Fail,
        touch_is_breach: false,
    }
}

/// A hard daily loss that breaches below the floor.
pub(crate) fn daily_loss(anchor: DailyAnchor, allowance: Allowance) -> DailyLoss {
    DailyLoss {
        anchor,
        allowance,
        effect: Effect::Fail,
        touch_is_breach: false,
        changes: rules::DailyChanges::default(),
    }
}

/// A consistency rule over the whole phase.
pub(crate) fn consistency(cap: i64, denominator: Denominator, inclusive: bool) -> ConsistencyRule {
    ConsistencyRule {
        cap: Ratio::percent(cap),
        denominator,
        inclusive,
        window: ConsistencyWindow::Phase,
    }
}

pub(crate) fn competition() -> Competition {
    Competition {
        name: Label::new("monthly").unwrap(),
        kind: BoardKind::Demo,
        weights: Competition::standard_weights(),
        loss_limit: Ratio::percent(20),
        gates: Gates {
            active_days: 5,
            round_turns: 10,
        },
        days: rules::TradingDays::default(),
        schedule: schedule(),
        contest: ContestRules::default(),
    }
}
