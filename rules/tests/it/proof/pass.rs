//! Passes: the target, and the best day.

use rules::{ConsistencyRule, ConsistencyWindow, Denominator, Plan, Proof, Stage, Target};
use types::{Consistency, Money, Ratio};

use super::{ACCOUNT, faults, fragile, fresh, with_cash};
use crate::alter::slips;
use crate::plans::usd;

/// A target of 500, and a best day of at most 60% of what was made.
pub(super) fn passed() -> Proof {
    let plan = Plan {
        stage: Stage::Evaluation { phase: 1 },
        profit_target: Some(Target::Fixed(usd(500))),
        consistency: Some(ConsistencyRule {
            cap: Ratio::percent(60),
            denominator: Denominator::Net,
            inclusive: true,
            window: ConsistencyWindow::Phase,
        }),
        ..fragile()
    };
    let mut proof = with_cash(fresh(plan), usd(10_500));
    proof.consistency = Some(Consistency {
        account: ACCOUNT,
        best_day: usd(300),
        total: usd(500),
        denominator: usd(500),
        cap: Ratio::percent(60),
        inclusive: true,
        met: true,
        // 300 / 0.6, and 500 x 0.6 / 0.4.
        total_needed: Some(usd(500)),
        next_day_max: Some(usd(750)),
    });
    proof
}

#[test]
fn a_pass_rests_on_its_target_and_its_best_day() {
    let proof = passed();
    assert_eq!(
        slips(&proof),
        [
            "shard",
            "seq",
            "ts",
            "basis.plan",
            "basis.days",
            "basis.payout_days",
            "MaxLoss.baseline_seq",
            "MaxLoss.baseline_ts"
        ]
    );
    // A unit short of the target, in every figure that follows from it: 500 without a millionth.
    let mut short = with_cash(passed(), Money(10_499_999_999));
    let standing = short.consistency.as_mut().unwrap();
    (standing.total, standing.met) = (Money(499_999_999), false);
    standing.denominator = standing.total;
    standing.next_day_max = Some(Money(749_999_998));
    assert_eq!(
        faults(&short),
        ["balance without what is excluded", "consistency.met"]
    );
    let mut missing = passed();
    missing.consistency = None;
    assert_eq!(faults(&missing), ["consistency"]);
    let mut funded = passed();
    funded.plan.stage = Stage::Funded;
    funded.basis.plan_hash = funded.plan.hash();
    assert_eq!(faults(&funded), ["verdict"]);
}
