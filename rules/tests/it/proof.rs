//! Proofs by hand: what comes out, and which figure is named when it does not.

mod breach;
mod floor;
mod pass;
mod payout;
mod rest;

use proptest::prelude::*;
use rules::{Allowance, Plan, Proof, ProofPosition, StopTrailing, TrailSource, Verdict};
use types::{
    AccountId, BaselineOrigin, BaselineSource, Breach, BreachPosition, Codec, InstrumentId, Label,
    LimitBasis, MarkKind, Money, PayoutDenial, PlanHash, PlanId, Price, Qty, RuleKind, Seq,
    ShardId, SignedQty, TimestampNs, VerdictBasis,
};

use self::pass::passed;
use self::payout::denied;
use self::rest::rested;
use crate::alter::alterations;
use crate::plans::{bare, max_loss, usd};

const ACCOUNT: AccountId = AccountId(7);

fn label(text: &str) -> Label {
    Label::new(text).unwrap()
}

/// The names of the figures that do not come out, though the digest is right.
fn faults(proof: &Proof) -> Vec<String> {
    match proof.verify(proof.digest()) {
        Ok(()) => Vec::new(),
        Err(faults) => faults.into_iter().map(|fault| fault.figure).collect(),
    }
}

/// A baseline that was taken at this input, a nanosecond of which each took.
fn origin(seq: u64, source: BaselineSource) -> BaselineOrigin {
    BaselineOrigin {
        seq: Seq(seq),
        ts: TimestampNs(seq),
        source,
    }
}

/// A proof whose figures are those of a fresh account of this plan; the verdict is a pass.
fn fresh(plan: Plan) -> Proof {
    let (size, plan_hash) = (plan.initial_balance, plan.hash());
    let limit = |rule, allowance: Option<Allowance>| {
        let allowance = allowance?.amount(size, size);
        Some(LimitBasis {
            account: ACCOUNT,
            rule,
            baseline: size,
            origin: origin(1, BaselineSource::Opening),
            allowance,
            floor: Money(size.0 - allowance.0),
            lowered: Money::ZERO,
            held: None,
        })
    };
    let limits = [
        limit(
            RuleKind::DailyLoss,
            plan.daily_loss.map(|rule| rule.allowance),
        ),
        limit(RuleKind::MaxLoss, plan.max_loss.map(|rule| rule.allowance)),
    ];
    Proof {
        shard: ShardId(1),
        seq: Seq(100),
        ts: TimestampNs(100),
        account_name: Label::new("anna").unwrap(),
        verdict: Verdict::Passed,
        basis: VerdictBasis {
            account: ACCOUNT,
            plan: PlanId(3),
            plan_version: plan.version,
            plan_hash,
            size,
            own: size,
            balance: size,
            excluded: Money::ZERO,
            never_paid: Money::ZERO,
            beyond_best_day: Money::ZERO,
            days: 0,
            payout_days: 0,
            positions: 0,
            payouts: 0,
            days_since_payout: 0,
        },
        limits: limits.into_iter().flatten().collect(),
        consistency: None,
        positions: Vec::new(),
        cash: Vec::new(),
        plan,
    }
}

/// Sets own cash and the balance that comes of it.
fn with_cash(mut proof: Proof, own: Money) -> Proof {
    proof.basis.own = own;
    proof.basis.balance = own;
    proof
}

/// So many units of an instrument in dollars, bought at 100 and marked at these quotes.
fn position(units: i64, bid: i64, ask: i64) -> ProofPosition {
    let mark = if units >= 0 { bid } else { ask };
    ProofPosition {
        facts: BreachPosition {
            account: ACCOUNT,
            instrument: InstrumentId(2),
            position: SignedQty(units * Qty::ONE.0),
            cost: usd(units * 100).to_notional(),
            bid: Price::whole(bid),
            ask: Price::whole(ask),
            last: None,
            mark: Price::whole(mark),
            mark_seq: Seq(99),
            unrealised: usd(units * (mark - 100)).to_notional(),
        },
        symbol: label("SHARE"),
        currency: label("USD"),
        contract_size: Qty::ONE,
        tick_size: Price::whole(1),
    }
}

/// A breach of this limit at this equity with these positions.
fn breach(mut proof: Proof, rule: RuleKind, equity: i64, positions: Vec<ProofPosition>) -> Proof {
    let limit = proof.limits.iter().find(|limit| limit.rule == rule);
    let limit = *limit.unwrap();
    let (effect, touch_is_breach) = match rule {
        RuleKind::DailyLoss => {
            let rule = proof.plan.daily_loss.unwrap();
            (rule.effect, rule.touch_is_breach)
        }
        RuleKind::MaxLoss => {
            let rule = proof.plan.max_loss.unwrap();
            (rule.effect, rule.touch_is_breach)
        }
    };
    proof.basis.positions = positions.len() as u32;
    proof.positions = positions;
    proof.verdict = Verdict::Breach(Breach {
        account: ACCOUNT,
        rule,
        effect,
        primary: true,
        touch_is_breach,
        balance: proof.basis.balance,
        equity: usd(equity).to_notional(),
        baseline: limit.baseline,
        allowance: limit.allowance,
        floor: limit.floor,
        plan: proof.basis.plan,
        plan_version: proof.basis.plan_version,
        plan_hash: proof.basis.plan_hash,
        positions: proof.basis.positions,
    });
    proof
}

/// Fails 1,000 below 10,000.
fn fragile() -> Plan {
    Plan {
        max_loss: Some(max_loss(1_000, TrailSource::None, StopTrailing::Never)),
        ..bare(10_000)
    }
}

/// 10,000 less 100 x 11 is 8,900, and the floor is 9,000.
fn long() -> Proof {
    breach(
        fresh(fragile()),
        RuleKind::MaxLoss,
        8_900,
        vec![position(100, 89, 90)],
    )
}

fn verdict(proof: &mut Proof) -> &mut Breach {
    match &mut proof.verdict {
        Verdict::Breach(breach) => breach,
        _ => panic!("no breach"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Bytes that were altered are no proof, or one that the digest does not fit; and no figure whatever
    /// stops the recomputing.
    #[test]
    fn altered_bytes_are_noticed(
        which in 0_usize..4,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        digest in any::<[u8; 32]>(),
    ) {
        let proof = match which {
            0 => long(),
            1 => passed(),
            2 => rested(),
            _ => denied(usd(400), PayoutDenial::AboveEligible),
        };
        let bytes = proof.to_bytes();
        prop_assert_eq!(Proof::from_bytes(&bytes), Ok(proof.clone()));
        let mut altered = bytes.clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            altered[place] = byte;
        }
        if let Ok(other) = Proof::from_bytes(&altered) {
            prop_assert_eq!(other.verify(proof.digest()).is_ok(), other == proof);
            prop_assert!(other.verify(PlanHash(digest)).is_err());
        }
    }

    /// Figures at the ends of their ranges as well.
    #[test]
    fn no_figure_stops_the_recomputing(
        which in 0_usize..4,
        place in any::<prop::sample::Index>(),
        fill in prop_oneof![Just(0x7F_u8), Just(0x80), Just(0xFF), Just(0)],
        length in 1_usize..17,
    ) {
        let proof = match which {
            0 => long(),
            1 => passed(),
            2 => rested(),
            _ => denied(usd(400), PayoutDenial::AboveEligible),
        };
        let mut altered = proof.to_bytes();
        let start = place.index(altered.len());
        for (step, byte) in altered[start..].iter_mut().take(length).enumerate() {
            *byte = if step == 0 { fill } else { 0xFF };
        }
        if let Ok(other) = Proof::from_bytes(&altered) {
            prop_assert_eq!(other.verify(proof.digest()).is_ok(), other == proof);
        }
    }
}

#[test]
fn a_mark_follows_from_the_quote_and_the_last_print() {
    let at = |units, last: Option<i64>| {
        let mut held = position(units, 100, 103);
        held.facts.last = last.map(Price::whole);
        move |kind| held.mark(kind)
    };
    let (long, short) = (at(1, None), at(-1, None));
    assert_eq!(long(MarkKind::Liquidation), Some(Price::whole(100)));
    assert_eq!(short(MarkKind::Liquidation), Some(Price::whole(103)));
    // 101.5 is no tick: down for who would sell, up for who would buy.
    assert_eq!(long(MarkKind::Mid), Some(Price::whole(101)));
    assert_eq!(short(MarkKind::Mid), Some(Price::whole(102)));
    assert_eq!(long(MarkKind::Last), Some(Price::whole(100)));
    assert_eq!(short(MarkKind::Last), Some(Price::whole(103)));
    let printed = at(-1, Some(107));
    assert_eq!(printed(MarkKind::Last), Some(Price::whole(107)));
    assert_eq!(printed(MarkKind::Mid), Some(Price::whole(102)));

    let mut proof = self::long();
    proof.positions[0].facts.mark.0 += 1;
    assert!(faults(&proof).contains(&"positions[0].mark".to_owned()));
}

#[test]
fn every_figure_is_altered() {
    let figures = |proof: &Proof| {
        let altered = alterations(proof);
        let mut names: Vec<String> = altered.into_iter().map(|it| it.figure).collect();
        names.dedup();
        names.len()
    };
    // Place, plan, verdict and basis, each with the 32 bytes of the plan's hash, a limit, a position.
    assert_eq!(figures(&long()), 3 + 5 + (9 + 32) + (14 + 32) + 7 + 11);
    // Here the plan has a phase, a target and a cap as well, and there is a standing.
    assert_eq!(figures(&passed()), 3 + 8 + (14 + 32) + 7 + 7);
}
