//! Refused payouts: the reason, and what was eligible.

use rules::{AfterPayout, PayoutKeep, PayoutRule, Plan, Proof, Verdict};
use types::{Money, PayoutDenial, Ratio};

use super::{faults, fragile, fresh, with_cash};
use crate::alter::slips;
use crate::plans::usd;

pub(super) fn payout(after: AfterPayout) -> PayoutRule {
    PayoutRule {
        fraction: Ratio::percent(50),
        cap: None,
        keep: PayoutKeep::AboveInitial(Money::ZERO),
        split: Ratio::ONE,
        after,
        best_day_cap: None,
        days_min: None,
        series: rules::PayoutSeries::default(),
    }
}

/// 600 of profit, of which half could be paid.
pub(super) fn denied(requested: Money, reason: PayoutDenial) -> Proof {
    let plan = Plan {
        payout: Some(payout(AfterPayout::FloorStays)),
        ..fragile()
    };
    let mut proof = with_cash(fresh(plan), usd(10_600));
    proof.verdict = Verdict::PayoutDenied {
        requested,
        eligible: usd(300),
        reason,
    };
    proof
}

#[test]
fn a_payout_is_refused_for_the_first_reason_that_holds() {
    let above = denied(Money(300_000_001), PayoutDenial::AboveEligible);
    assert_eq!(faults(&above), [""; 0]);
    let eligible = denied(usd(300), PayoutDenial::AboveEligible);
    assert_eq!(faults(&eligible), ["verdict.reason"]);
    let zero = denied(Money::ZERO, PayoutDenial::AmountNotPositive);
    assert_eq!(faults(&zero), [""; 0]);
    let one = denied(Money(1), PayoutDenial::AmountNotPositive);
    assert_eq!(faults(&one), ["verdict.reason"]);
    // With a position open that comes first.
    let mut open = denied(usd(400), PayoutDenial::AboveEligible);
    open.basis.positions = 1;
    assert_eq!(faults(&open), ["verdict.reason"]);
    let mut open = denied(usd(400), PayoutDenial::NotFlat);
    open.basis.positions = 1;
    assert_eq!(faults(&open), [""; 0]);
    // What the plan pays out it does not refuse as not in it.
    let absent = denied(usd(400), PayoutDenial::NotInPlan);
    assert_eq!(faults(&absent), ["verdict.reason"]);
    // The state of the account is not among the figures.
    let state = denied(usd(100), PayoutDenial::NotEligibleState);
    assert_eq!(faults(&state), [""; 0]);
}

#[test]
fn what_was_eligible_comes_out() {
    let mut proof = denied(usd(400), PayoutDenial::AboveEligible);
    proof.verdict = Verdict::PayoutDenied {
        requested: usd(400),
        eligible: Money(300_000_001),
        reason: PayoutDenial::AboveEligible,
    };
    assert_eq!(faults(&proof), ["verdict.eligible"]);
    // A millionth of profit more is half a millionth, and that is rounded away; one less is not.
    let proof = denied(usd(400), PayoutDenial::AboveEligible);
    assert!(
        !slips(&proof)
            .iter()
            .any(|name| name.starts_with("basis.own"))
    );
    let richer = with_cash(proof.clone(), Money(10_600_000_001));
    assert_eq!(faults(&richer), [""; 0]);
    let poorer = with_cash(proof, Money(10_599_999_999));
    assert_eq!(faults(&poorer), ["verdict.eligible"]);
}
