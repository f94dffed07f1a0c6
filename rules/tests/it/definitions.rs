//! Definitions: what is accepted, what the refusal says, and the binary form.

use rules::{
    AfterPayout, Allowance, Competition, Conduct, ConsistencyRule, ConsistencyWindow, DailyAnchor,
    DayCounts, Denominator, HoldingAction, HoldingMin, Inactivity, InactivityEffect, Life, MaxLoss,
    MinDays, PayoutKeep, PayoutRule, Plan, ScaleWhen, Scaling, SizeLimit, SizeTier, SizeWeight,
    SpecError, Stage, StopTrailing, Target, TimeLimit, TrailSource, WindowAction, WindowRule,
};
use types::{Calendar, Codec, CodecError, DaysOf, Effect, Label, LapseEffect, Qty, Ratio};

use crate::plans::{bare, competition, consistency, daily_loss, max_loss, usd};

/// A plan with every rule.
fn full() -> Plan {
    Plan {
        name: Label::new("two step 100k").unwrap(),
        stage: Stage::Evaluation { phase: 1 },
        daily_loss: Some(daily_loss(
            DailyAnchor::MaxBalanceEquity,
            Allowance::OfInitial(Ratio::percent(5)),
        )),
        max_loss: Some(max_loss(
            10_000,
            TrailSource::EodBalance,
            StopTrailing::AtFloorLevel(usd(0)),
        )),
        profit_target: Some(Target::OfInitial(Ratio::percent(8))),
        min_days: Some(MinDays {
            days: 4,
            counts: DayCounts::OpeningFill,
            day_profit_min: Some(usd(50)),
        }),
        consistency: Some(consistency(40, Denominator::Net, true)),
        payout: Some(PayoutRule {
            fraction: Ratio::percent(50),
            cap: Some(usd(5_000)),
            keep: PayoutKeep::AboveFloor(usd(100)),
            split: Ratio::percent(80),
            after: AfterPayout::FloorToInitial,
            best_day_cap: Some(Ratio::percent(40)),
            days_min: Some(MinDays {
                days: 5,
                counts: DayCounts::OpeningFill,
                day_profit_min: Some(usd(150)),
            }),
            series: rules::PayoutSeries::default(),
        }),
        scaling: Some(Scaling {
            step: Ratio::percent(25),
            size_max: Some(usd(400_000)),
            requires: Some(ScaleWhen {
                profit: Target::OfInitial(Ratio::percent(10)),
                days: 20,
                payouts: 2,
            }),
        }),
        conduct: full_conduct(),
        life: Life {
            resets_max: Some(3),
            retries_max: Some(1),
            next: Some(Label::new("two step 100k phase 2").unwrap()),
            time_limit: None,
        },
        ..bare(100_000)
    }
}

fn full_conduct() -> Conduct {
    let label = |text| Label::new(text).unwrap();
    let zone = label("America/New_York");
    let window = |calendar, action| WindowRule {
        calendar,
        before_s: 120,
        after_s: 120,
        action,
        symbols: vec![label("ES")],
    };
    let (from, to) = (1_020, 540);
    Conduct {
        size: Some(SizeLimit {
            weights: vec![SizeWeight {
                symbol: label("MES"),
                weight: Ratio::percent(10),
            }],
            tiers: vec![
                SizeTier {
                    profit_from: usd(0),
                    max: Qty::whole(2),
                },
                SizeTier {
                    profit_from: usd(1_500),
                    max: Qty::whole(3),
                },
            ],
        }),
        windows: vec![
            window(Calendar::Named(label("news")), WindowAction::ExcludeProfit),
            window(Calendar::Daily { zone, from, to }, WindowAction::ForceFlat),
            window(Calendar::Weekly { zone, from, to }, WindowAction::BlockAll),
        ],
        holding_min: Some(HoldingMin {
            seconds: 60,
            action: HoldingAction::Warn,
        }),
        orders_per_day_max: Some(500),
        trades_per_day_max: Some(50),
        inactivity: Some(Inactivity {
            days: 30,
            effect: InactivityEffect::Close,
        }),
        warn_at: Some(Ratio::percent(80)),
    }
}

#[track_caller]
fn refused(change: impl FnOnce(&mut Plan), message: &str) {
    let mut plan = full();
    change(&mut plan);
    assert_eq!(plan.validate().unwrap_err().to_string(), message);
}

fn max(plan: &mut Plan) -> &mut MaxLoss {
    plan.max_loss.as_mut().unwrap()
}

fn rule(plan: &mut Plan) -> &mut ConsistencyRule {
    plan.consistency.as_mut().unwrap()
}

fn payout(plan: &mut Plan) -> &mut PayoutRule {
    plan.payout.as_mut().unwrap()
}

#[test]
fn a_plan_with_every_rule_and_one_with_none_are_valid() {
    assert_eq!(full().validate(), Ok(()));
    assert_eq!(bare(1).validate(), Ok(()));
}

#[test]
fn a_refusal_names_field_value_and_what_is_accepted() {
    refused(
        |plan| plan.initial_balance = usd(0),
        "initial_balance is 0; accepted: above 0",
    );
    refused(
        |plan| plan.schedule.minute = 1_440,
        "schedule.minute is 1440; accepted: 0 to 1439",
    );
    refused(
        |plan| plan.stage = Stage::Evaluation { phase: 0 },
        "stage.phase is 0; accepted: 1 or above",
    );
    refused(
        |plan| plan.daily_loss.as_mut().unwrap().allowance = Allowance::OfBase(Ratio(0)),
        "daily_loss.allowance is 0; accepted: above 0 and at most 1",
    );
    refused(
        |plan| max(plan).allowance = Allowance::Fixed(usd(100_001)),
        "max_loss.allowance is 100001; accepted: above 0 and at most initial_balance",
    );
    refused(
        |plan| max(plan).stop = StopTrailing::AtFloorLevel(usd(-10_000)),
        "max_loss.stop is -10000; accepted: an offset from the size that is above the first floor",
    );
    refused(
        |plan| max(plan).stop = StopTrailing::FreezeWhenSource(usd(0)),
        "max_loss.stop is 0; accepted: above 0",
    );
    refused(
        |plan| max(plan).trail = TrailSource::None,
        "max_loss.stop is 0; accepted: never, for a floor that does not trail",
    );
    refused(
        |plan| plan.profit_target = Some(Target::OfInitial(Ratio::percent(101))),
        "profit_target is 1.01; accepted: above 0 and at most 1",
    );
    refused(
        |plan| plan.profit_target = Some(Target::Fixed(usd(-1))),
        "profit_target is -1; accepted: above 0",
    );
    refused(
        |plan| plan.min_days.as_mut().unwrap().days = 0,
        "min_days.days is 0; accepted: 1 or above",
    );
    refused(
        |plan| plan.min_days.as_mut().unwrap().day_profit_min = Some(usd(0)),
        "min_days.day_profit_min is 0; accepted: above 0",
    );
    refused(
        |plan| rule(plan).cap = Ratio::ONE,
        "consistency.cap is 1; accepted: above 0 and below 1",
    );
    refused(
        |plan| {
            plan.profit_target = None;
            rule(plan).denominator = Denominator::Target;
        },
        "consistency.denominator is target; accepted: net or positive_days, for a plan without \
         profit_target",
    );
    refused(
        |plan| payout(plan).fraction = Ratio::percent(0),
        "payout.fraction is 0; accepted: above 0 and at most 1",
    );
    refused(
        |plan| payout(plan).cap = Some(usd(0)),
        "payout.cap is 0; accepted: above 0",
    );
    refused(
        |plan| payout(plan).keep = PayoutKeep::AboveInitial(usd(-1)),
        "payout.keep is -1; accepted: 0 or above",
    );
    refused(
        |plan| plan.max_loss = None,
        "payout.keep is 100; accepted: above the initial balance, for a plan without max_loss",
    );
    refused(
        |plan| payout(plan).split = Ratio(1_000_000_001),
        "payout.split is 1.000000001; accepted: above 0 and at most 1",
    );
    refused(
        |plan| plan.scaling.as_mut().unwrap().size_max = Some(usd(99_999)),
        "scaling.size_max is 99999; accepted: at least initial_balance",
    );
}

fn size(plan: &mut Plan) -> &mut SizeLimit {
    plan.conduct.size.as_mut().unwrap()
}

fn calendar(plan: &mut Plan) -> &mut Calendar {
    &mut plan.conduct.windows[0].calendar
}

#[test]
fn a_refusal_names_what_is_wrong_with_conduct_and_life() {
    let zone = Label::new("Europe/Prague").unwrap();
    refused(
        |plan| size(plan).tiers.clear(),
        "conduct.size.tiers is 0; accepted: 1 to 16 tiers",
    );
    refused(
        |plan| {
            let first = size(plan).tiers[0];
            size(plan).tiers = vec![first; 17];
        },
        "conduct.size.tiers is 17; accepted: 1 to 16 tiers",
    );
    refused(
        |plan| size(plan).tiers[1].profit_from = usd(0),
        "conduct.size.tiers.profit_from is 0; accepted: above the tier before it",
    );
    refused(
        |plan| size(plan).tiers[1].max = Qty(0),
        "conduct.size.tiers.max is 0; accepted: above 0",
    );
    refused(
        |plan| size(plan).weights[0].weight = Ratio(0),
        "conduct.size.weights.weight is 0; accepted: above 0",
    );
    refused(
        |plan| {
            let first = size(plan).weights[0];
            size(plan).weights.push(first);
        },
        "conduct.size.weights.symbol is MES; accepted: each symbol once",
    );
    refused(
        |plan| {
            let first = size(plan).weights[0];
            size(plan).weights = vec![first; 33];
        },
        "conduct.size.weights is 33; accepted: at most 32 weights",
    );
    refused(
        |plan| {
            let first = plan.conduct.windows[0].clone();
            plan.conduct.windows = vec![first; 17];
        },
        "conduct.windows is 17; accepted: at most 16 windows",
    );
    refused(
        |plan| {
            plan.conduct.windows[0].symbols = ["ES", "NQ", "ES"]
                .map(|name| name.parse().unwrap())
                .to_vec();
        },
        "conduct.windows.symbols is ES; accepted: each symbol once",
    );
    refused(
        |plan| {
            let names = (0..33).map(|number| format!("S{number}").parse().unwrap());
            plan.conduct.windows[0].symbols = names.collect();
        },
        "conduct.windows.symbols is 33; accepted: at most 32 symbols",
    );
    let (from, to) = (1_440, 0);
    refused(
        |plan| *calendar(plan) = Calendar::Daily { zone, from, to },
        "conduct.windows.from is 1440; accepted: 0 to 1439",
    );
    refused(
        |plan| {
            *calendar(plan) = Calendar::Weekly {
                zone,
                from,
                to: 10_080,
            }
        },
        "conduct.windows.to is 10080; accepted: 0 to 10079",
    );
    refused(
        |plan| {
            *calendar(plan) = Calendar::Weekly {
                zone,
                from,
                to: from,
            }
        },
        "conduct.windows.to is 1440; accepted: another minute than from",
    );
    refused(
        |plan| plan.conduct.windows[1].before_s = 604_801,
        "conduct.windows.before_s is 604801; accepted: 0 to 604800",
    );
    refused(
        |plan| plan.conduct.windows[2].after_s = 604_801,
        "conduct.windows.after_s is 604801; accepted: 0 to 604800",
    );
    refused(
        |plan| plan.conduct.holding_min.as_mut().unwrap().seconds = 0,
        "conduct.holding_min.seconds is 0; accepted: 1 or above",
    );
    refused(
        |plan| plan.conduct.orders_per_day_max = Some(0),
        "conduct.orders_per_day_max is 0; accepted: 1 or above",
    );
    refused(
        |plan| plan.conduct.trades_per_day_max = Some(0),
        "conduct.trades_per_day_max is 0; accepted: 1 or above",
    );
    refused(
        |plan| plan.conduct.inactivity.as_mut().unwrap().days = 0,
        "conduct.inactivity.days is 0; accepted: 1 or above",
    );
    refused(
        |plan| plan.conduct.warn_at = Some(Ratio::ONE),
        "conduct.warn_at is 1; accepted: above 0 and below 1",
    );
    for days in [0, 3_661] {
        refused(
            |plan| {
                plan.life.time_limit = Some(TimeLimit {
                    days,
                    counts: DaysOf::Trading,
                    effect: LapseEffect::Fail,
                });
            },
            &format!("life.time_limit.days is {days}; accepted: 1 to 3660"),
        );
    }
    refused(
        |plan| plan.life.next = Some(plan.name),
        "life.next is two step 100k; accepted: another plan's name",
    );
    refused(
        |plan| plan.stage = Stage::Funded,
        "life.next is two step 100k phase 2; accepted: none, for a funded plan: it has no phase to \
         pass",
    );
    refused(
        |plan| payout(plan).best_day_cap = Some(Ratio::ONE),
        "payout.best_day_cap is 1; accepted: above 0 and below 1",
    );
    refused(
        |plan| payout(plan).days_min.as_mut().unwrap().days = 0,
        "payout.days_min.days is 0; accepted: 1 or above",
    );
    refused(
        |plan| payout(plan).days_min.as_mut().unwrap().day_profit_min = Some(usd(0)),
        "payout.days_min.day_profit_min is 0; accepted: above 0",
    );
    let when = |plan: &mut Plan, profit| {
        plan.scaling
            .as_mut()
            .unwrap()
            .requires
            .as_mut()
            .unwrap()
            .profit = profit;
    };
    refused(
        |plan| when(plan, Target::Fixed(usd(0))),
        "scaling.requires.profit is 0; accepted: above 0",
    );
    refused(
        |plan| plan.payout = None,
        "scaling.requires.payouts is 2; accepted: 0, for a plan without payout",
    );
}

#[test]
fn a_plan_survives_its_binary_form_and_is_known_by_its_hash() {
    let plan = full();
    let bytes = plan.to_bytes();
    assert_eq!(Plan::from_spec(&bytes), Ok(plan.clone()));
    assert_eq!(plan.hash().0, *blake3::hash(&bytes).as_bytes());
    let mut other = plan.clone();
    other.version = 2;
    assert_ne!(other.hash(), plan.hash());
    other.consistency = Some(ConsistencyRule {
        window: ConsistencyWindow::SincePayout,
        ..plan.consistency.unwrap()
    });
    assert_eq!(Plan::from_spec(&other.to_bytes()), Ok(other));
}

#[test]
fn bytes_that_are_no_valid_plan_are_refused() {
    let plan = full();
    let bytes = plan.to_bytes();
    for len in 0..bytes.len() {
        assert!(matches!(
            Plan::from_spec(&bytes[..len]),
            Err(SpecError::Codec(_))
        ));
    }
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(
        Plan::from_spec(&longer),
        Err(SpecError::Codec(CodecError::TrailingBytes(1)))
    );
    let mut invalid = plan;
    invalid.initial_balance = usd(-1);
    assert!(matches!(
        Plan::from_spec(&invalid.to_bytes()),
        Err(SpecError::Field(_))
    ));
}

#[test]
fn effects_of_both_limits_may_be_soft() {
    let mut plan = full();
    max(&mut plan).effect = Effect::LockForDay;
    plan.daily_loss.as_mut().unwrap().effect = Effect::LockForDay;
    assert_eq!(plan.validate(), Ok(()));
}

#[test]
fn weights_of_a_competition_sum_to_one() {
    let mut competition = competition();
    assert_eq!(competition.validate(), Ok(()));
    assert_eq!(
        Competition::from_spec(&competition.to_bytes()),
        Ok(competition.clone())
    );
    competition.weights.profit = Ratio::percent(41);
    assert_eq!(
        competition.validate().unwrap_err().to_string(),
        "weights is 1.01; accepted: a sum of 1"
    );
    competition.weights.profit = Ratio::percent(-1);
    assert_eq!(
        competition.validate().unwrap_err().to_string(),
        "weights.profit is -0.01; accepted: 0 to 1"
    );
    competition.weights = Competition::standard_weights();
    competition.loss_limit = Ratio(0);
    assert!(matches!(
        Competition::from_spec(&competition.to_bytes()),
        Err(SpecError::Field(_))
    ));
}
