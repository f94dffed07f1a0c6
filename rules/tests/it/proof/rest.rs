//! Rests and times that are over: the trading days that went by.

use rules::{Inactivity, InactivityEffect, Proof, Stage, TimeLimit, Verdict};
use types::{DaysOf, Lapse, LapseEffect, Rest, Seq, TimestampNs, TradingDay};

use super::{ACCOUNT, faults, fragile, fresh, position};
use crate::alter::slips;
use crate::plans::usd;

/// Closed after 30 days; the 11th to the 40th went by. 100 shares are held, 100 below what they cost.
pub(super) fn rested() -> Proof {
    let mut plan = fragile();
    plan.conduct.inactivity = Some(Inactivity {
        days: 30,
        effect: InactivityEffect::Close,
    });
    let mut proof = fresh(plan);
    proof.basis.positions = 1;
    proof.positions = vec![position(100, 99, 100)];
    proof.verdict = Verdict::Inactive(Rest {
        account: ACCOUNT,
        days: 30,
        limit: 30,
        effect: InactivityEffect::Close,
        active: TradingDay(10),
        active_seq: Seq(4),
        active_ts: TimestampNs(4),
        opens: TradingDay(41),
        equity: usd(9_900).to_notional(),
        positions: 1,
    });
    proof
}

/// Opened on the 10th with 30 days, so the 41st ended it.
fn lapsed() -> Proof {
    let mut plan = fragile();
    plan.stage = Stage::Evaluation { phase: 1 };
    plan.life.time_limit = Some(TimeLimit {
        days: 30,
        counts: DaysOf::Calendar,
        effect: LapseEffect::Close,
    });
    let mut proof = fresh(plan);
    proof.basis.positions = 1;
    proof.positions = vec![position(100, 99, 100)];
    proof.verdict = Verdict::Lapsed(Lapse {
        account: ACCOUNT,
        limit: 30,
        counts: DaysOf::Calendar,
        effect: LapseEffect::Close,
        opened: TradingDay(10),
        last: TradingDay(40),
        opens: TradingDay(41),
        equity: usd(9_900).to_notional(),
        positions: 1,
    });
    proof
}

#[test]
fn a_time_that_is_over_follows_from_the_day_of_the_opening() {
    let named = |alter: fn(&mut Proof, &mut Lapse)| {
        let mut proof = lapsed();
        let Verdict::Lapsed(mut lapse) = proof.verdict else {
            panic!("no lapse");
        };
        alter(&mut proof, &mut lapse);
        proof.verdict = Verdict::Lapsed(lapse);
        proof.basis.plan_hash = proof.plan.hash();
        let faults = proof.verify(proof.digest()).err().unwrap_or_default();
        let faults = faults.iter().map(ToString::to_string);
        faults.collect::<Vec<_>>()
    };
    let none: [&str; 0] = [];
    assert_eq!(named(|_, _| ()), none);
    // A later day ends it as well, the last of its days does not.
    assert_eq!(named(|_, lapse| lapse.opens = TradingDay(42)), none);
    assert_eq!(
        named(|_, lapse| lapse.opens = TradingDay(40)),
        ["verdict.opens is 1970-02-10, recomputed no verdict: a day after 1970-02-10"]
    );
    assert_eq!(
        named(|_, lapse| lapse.opened = TradingDay(9)),
        ["verdict.last is 1970-02-10, recomputed 1970-02-09"]
    );
    assert_eq!(
        named(|_, lapse| lapse.limit = 31),
        ["verdict.limit is 31, recomputed 30"]
    );
    assert_eq!(
        named(|_, lapse| lapse.effect = LapseEffect::Fail),
        ["verdict.effect is fail, recomputed close"]
    );
    assert_eq!(
        named(|proof, _| {
            if let Some(rule) = &mut proof.plan.life.time_limit {
                rule.counts = DaysOf::Trading;
            }
        }),
        ["verdict.counts is calendar, recomputed trading"]
    );
    assert_eq!(
        named(|proof, _| proof.plan.life.time_limit = None),
        ["verdict is a time that is over, recomputed no verdict: the plan gives no time to pass"]
    );
}

fn rest(proof: &mut Proof) -> &mut Rest {
    match &mut proof.verdict {
        Verdict::Inactive(rest) => rest,
        _ => panic!("no rest"),
    }
}

#[test]
fn a_rest_follows_from_two_trading_days() {
    assert_eq!(
        slips(&rested()),
        [
            "shard",
            "seq",
            "ts",
            "verdict.active_seq",
            "verdict.active_ts",
            "basis.plan",
            "basis.days",
            "basis.payout_days",
            "MaxLoss.baseline_seq",
            "MaxLoss.baseline_ts",
            "positions[0].instrument",
            "positions[0].mark_seq"
        ]
    );
    let named = |alter: fn(&mut Proof)| {
        let mut altered = rested();
        alter(&mut altered);
        faults(&altered)
    };
    // A day more than went by, and each end a day off.
    assert_eq!(named(|it| rest(it).days = 31), ["verdict.days"]);
    assert_eq!(
        named(|it| rest(it).active = TradingDay(11)),
        ["verdict.days"]
    );
    assert_eq!(
        named(|it| rest(it).opens = TradingDay(42)),
        ["verdict.days"]
    );
    // What the plan says of a rest.
    assert_eq!(named(|it| rest(it).limit = 29), ["verdict.limit"]);
    assert_eq!(
        named(|it| rest(it).effect = InactivityEffect::Fail),
        ["verdict.effect"]
    );
    // What was held: 10,000 - 100 x 1.
    assert_eq!(named(|it| rest(it).equity.0 += 1), ["verdict.equity"]);
    assert_eq!(
        named(|it| it.positions.clear()),
        ["positions", "verdict.equity"]
    );
    assert_eq!(
        named(|it| it.positions[0].facts.unrealised.0 -= 1),
        ["positions[0].unrealised", "verdict.equity"]
    );
    // The last activity is not after the verdict.
    assert_eq!(
        named(|it| rest(it).active_seq = Seq(101)),
        ["verdict.active_seq"]
    );
    assert_eq!(
        named(|it| rest(it).active_ts = TimestampNs(101)),
        ["verdict.active_ts"]
    );
    let mut short = rested();
    (rest(&mut short).days, rest(&mut short).opens) = (29, TradingDay(40));
    assert_eq!(faults(&short), ["verdict.days"]);
    // 1970-01-11 was a Sunday, and 1970-02-11 a Wednesday.
    let mut weekend = rested();
    weekend.plan.days.weekdays = 0b001_1111;
    weekend.basis.plan_hash = weekend.plan.hash();
    assert_eq!(faults(&weekend), ["verdict.active"]);
    let mut without = rested();
    without.plan.conduct.inactivity = None;
    without.basis.plan_hash = without.plan.hash();
    assert_eq!(faults(&without), ["verdict"]);
}
