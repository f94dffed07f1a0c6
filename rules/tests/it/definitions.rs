//! Definitions: what is accepted, what the refusal says, and the binary form.

use rules::{
    AfterPayout, Allowance, Competition, ConsistencyRule, ConsistencyWindow, DailyAnchor,
    DayCounts, Denominator, MaxLoss, MinDays, PayoutKeep, PayoutRule, Plan, Scaling, SpecError,
    Stage, StopTrailing, Target, TrailSource,
};
use types::{Codec, CodecError, Effect, Label, Ratio};

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
        }),
        scaling: Some(Scaling {
            step: Ratio::percent(25),
            size_max: Some(usd(400_000)),
        }),
        ..bare(100_000)
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

#[test]
fn a_plan_survives_its_binary_form_and_is_known_by_its_hash() {
    let plan = full();
    let bytes = plan.to_bytes();
    assert_eq!(Plan::from_spec(&bytes), Ok(plan));
    assert_eq!(plan.hash().0, *blake3::hash(&bytes).as_bytes());
    let mut other = plan;
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
