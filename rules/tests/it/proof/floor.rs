//! Sizes and floors: what a plan makes of them, and of what moves them.

use rules::{AfterPayout, HoldingAction, HoldingMin, Plan, Scaling, StopTrailing, TrailSource};
use types::{BaselineSource, LimitBasis, Notional, Ratio, RuleKind, Seq};

use super::payout::payout;
use super::{breach, faults, fragile, fresh, origin, position, with_cash};
use crate::plans::{bare, max_loss, usd};

#[test]
fn a_size_is_the_balance_of_the_plan_and_its_steps() {
    let plan = Plan {
        scaling: Some(Scaling {
            step: Ratio::percent(25),
            size_max: Some(usd(15_000)),
            requires: None,
        }),
        ..fragile()
    };
    // Steps of 2,500: baseline and floor rise with the size.
    let grown = |size: i64| {
        let mut proof = fresh(plan.clone());
        proof.basis.size = usd(size);
        proof.limits[0].baseline = usd(size);
        proof.limits[0].floor = usd(size - 1_000);
        if size != 10_000 {
            proof.limits[0].origin = origin(50, BaselineSource::Scaling);
        }
        let proof = with_cash(proof, usd(size));
        breach(
            proof,
            RuleKind::MaxLoss,
            size - 1_100,
            vec![position(100, 89, 89)],
        )
    };
    for size in [10_000, 12_500, 15_000] {
        assert_eq!(faults(&grown(size)), [""; 0]);
    }
    for size in [7_500, 12_501, 17_500] {
        assert_eq!(faults(&grown(size)), ["size"]);
    }
}

#[test]
fn a_floor_is_held_only_at_a_level_of_the_plan() {
    let plan = Plan {
        max_loss: Some(max_loss(
            1_000,
            TrailSource::TickEquity,
            StopTrailing::AtFloorLevel(usd(100)),
        )),
        ..bare(10_000)
    };
    let held = |offset: i64| {
        let mut proof = fresh(plan.clone());
        // The peak was 11,500.
        proof.limits[0].baseline = usd(11_500);
        proof.limits[0].origin = origin(50, peak(11_500));
        proof.limits[0].floor = usd(10_000 + offset);
        proof.limits[0].held = Some(usd(offset));
        breach(proof, RuleKind::MaxLoss, 9_000, vec![position(100, 90, 90)])
    };
    assert_eq!(faults(&held(100)), [""; 0]);
    assert_eq!(faults(&held(99)), ["max_loss.held"]);
    // A floor that is not held is where the allowance puts it.
    let mut trailing = held(100);
    trailing.limits[0].held = None;
    assert_eq!(faults(&trailing), ["max_loss.floor"]);
}

/// A peak of live equity.
fn peak(equity: i64) -> BaselineSource {
    BaselineSource::Equity(usd(equity).to_notional())
}

#[test]
fn a_trailing_floor_follows_from_its_peak() {
    let plan = Plan {
        max_loss: Some(max_loss(
            1_000,
            TrailSource::TickEquity,
            StopTrailing::AtFloorLevel(usd(100)),
        )),
        ..bare(10_000)
    };
    // Equity was 10,500 and half a millionth at input 50: the floor is 9,500, and 9,400 is below it.
    let trailed = |alter: fn(&mut LimitBasis)| {
        let mut proof = fresh(plan.clone());
        let limit = &mut proof.limits[0];
        let half = Notional(usd(10_500).to_notional().0 + Notional::PER_MONEY / 2);
        limit.origin = origin(50, BaselineSource::Equity(half));
        (limit.baseline, limit.floor) = (usd(10_500), usd(9_500));
        alter(limit);
        let proof = with_cash(proof, usd(10_000));
        let proof = breach(proof, RuleKind::MaxLoss, 9_400, vec![position(100, 94, 94)]);
        faults(&proof)
    };
    assert_eq!(trailed(|_| {}), [""; 0]);
    // The peak is strictly before the breach: no input raises a floor and breaches it.
    assert_eq!(
        trailed(|it| it.origin = origin(99, it.origin.source)),
        [""; 0]
    );
    for seq in [100, 101] {
        let late: fn(&mut LimitBasis) = match seq {
            100 => |it| it.origin.seq = Seq(100),
            _ => |it| it.origin.seq = Seq(101),
        };
        assert_eq!(trailed(late)[0], "max_loss.baseline_seq");
    }
    // A baseline below its peak, or above it, is none.
    assert_eq!(
        trailed(|it| it.origin.source = peak(10_501)),
        ["max_loss.baseline"]
    );
    assert_eq!(
        trailed(|it| (it.baseline, it.floor) = (usd(10_499), usd(9_499))),
        ["max_loss.baseline"]
    );
    // Nor is one that no peak raised above what the account opened with.
    assert_eq!(
        trailed(|it| {
            it.origin.source = peak(10_000);
            (it.baseline, it.floor) = (usd(10_000), usd(9_000));
        }),
        ["max_loss.peak", "verdict"]
    );
    // The plan trails live equity, and never a balance.
    for source in [BaselineSource::Roll, BaselineSource::ClosedBalance] {
        let other: fn(&mut LimitBasis) = match source {
            BaselineSource::Roll => |it| it.origin.source = BaselineSource::Roll,
            _ => |it| it.origin.source = BaselineSource::ClosedBalance,
        };
        assert_eq!(trailed(other), ["max_loss.baseline_from"]);
    }
    // From 11,100 on the floor is held at 10,100.
    assert_eq!(
        trailed(|it| {
            it.origin.source = peak(11_100);
            (it.baseline, it.floor) = (usd(11_100), usd(10_100));
        }),
        ["max_loss.floor"]
    );
}

#[test]
fn payouts_lower_a_floor_only_where_the_plan_says_so() {
    let lowered = |after| {
        let plan = Plan {
            payout: Some(payout(after)),
            ..fragile()
        };
        let mut proof = fresh(plan);
        let limit = &mut proof.limits[0];
        (limit.lowered, limit.baseline, limit.floor) = (usd(300), usd(9_700), usd(8_700));
        let proof = with_cash(proof, usd(9_700));
        // 9,700 - 1,100.
        breach(proof, RuleKind::MaxLoss, 8_600, vec![position(100, 89, 89)])
    };
    assert_eq!(faults(&lowered(AfterPayout::FloorFallsByPayout)), [""; 0]);
    assert_eq!(
        faults(&lowered(AfterPayout::FloorStays)),
        ["max_loss.lowered"]
    );
}

#[test]
fn profit_is_excluded_only_where_the_plan_excludes_any() {
    let mut plan = fragile();
    plan.conduct.holding_min = Some(HoldingMin {
        seconds: 60,
        action: HoldingAction::ExcludeProfit,
    });
    let mut proof = breach(
        fresh(plan.clone()),
        RuleKind::MaxLoss,
        8_900,
        vec![position(100, 89, 89)],
    );
    proof.basis.excluded = usd(5);
    assert_eq!(faults(&proof), [""; 0]);
    proof.basis.excluded = usd(-5);
    assert_eq!(faults(&proof), ["excluded"]);
}
