//! The proofs among the events of an input.

use rules::{Proof, ProofPosition, Verdict};
use runtime::Shard;
use types::{
    AccountId, AccountState, Breach, BreachPosition, CashBasis, Consistency, Event, EventKind,
    LimitBasis, VerdictBasis,
};

/// A proof for each verdict among the events of one input, in their order. `shard` is where the input
/// was applied: it has the plans and the instruments.
pub fn proofs(events: &[Event], shard: &Shard) -> Vec<Proof> {
    let mut proofs = Vec::new();
    for (place, event) in events.iter().enumerate() {
        if let EventKind::VerdictBasis(basis) = &event.kind {
            let (before, after) = (&events[..place], &events[place + 1..]);
            for (verdict, positions) in verdicts(before, basis.account) {
                proofs.extend(proof(event, basis, verdict, &positions, after, shard));
            }
        }
    }
    proofs
}

/// The verdicts right before a basis, in their order, each with the positions that it rests on.
fn verdicts(before: &[Event], account: AccountId) -> Vec<(Verdict, Vec<BreachPosition>)> {
    let mut found = Vec::new();
    let mut positions = Vec::new();
    for event in before.iter().rev() {
        match event.kind {
            EventKind::BreachPosition(held) if held.account == account => positions.push(held),
            EventKind::Breach(breach) if breach.account == account => {
                positions.reverse();
                let positions = std::mem::take(&mut positions);
                found.push((Verdict::Breach(breach), positions));
            }
            EventKind::StateChanged {
                account: changed,
                to: AccountState::Passed,
                ..
            } if found.is_empty() && changed == account => {
                found.push((Verdict::Passed, Vec::new()));
                break;
            }
            EventKind::Inactive {
                account: rested,
                days,
                active,
                opens,
            } if found.is_empty() && rested == account => {
                let verdict = Verdict::Inactive {
                    days,
                    active,
                    opens,
                };
                found.push((verdict, Vec::new()));
                break;
            }
            EventKind::PayoutDenied {
                account: asked,
                requested,
                eligible,
                reason,
            } if found.is_empty() && asked == account => {
                let verdict = Verdict::PayoutDenied {
                    requested,
                    eligible,
                    reason,
                };
                found.push((verdict, Vec::new()));
                break;
            }
            _ => break,
        }
        if matches!(event.kind, EventKind::Breach(Breach { primary: true, .. })) {
            break;
        }
    }
    found.reverse();
    found
}

/// `None` where the shard does not know what the facts name, which none of its own do.
fn proof(
    event: &Event,
    basis: &VerdictBasis,
    verdict: Verdict,
    positions: &[BreachPosition],
    after: &[Event],
    shard: &Shard,
) -> Option<Proof> {
    let account = basis.account;
    let mut limits: Vec<LimitBasis> = Vec::new();
    let mut consistency: Option<Consistency> = None;
    let mut cash: Vec<CashBasis> = Vec::new();
    for event in after {
        match event.kind {
            EventKind::LimitBasis(limit) if limit.account == account => limits.push(limit),
            EventKind::Consistency(standing)
                if standing.account == account && consistency.is_none() =>
            {
                consistency = Some(standing);
            }
            EventKind::CashBasis(held) if held.account == account => cash.push(held),
            _ => break,
        }
    }
    let positions = positions.iter().map(|facts| {
        let instrument = shard.instrument_view(facts.instrument)?.instrument;
        Some(ProofPosition {
            facts: *facts,
            symbol: instrument.symbol,
            currency: instrument.currency,
            contract_size: instrument.contract_size,
            tick_size: instrument.tick_size,
        })
    });
    Some(Proof {
        shard: shard.id(),
        seq: event.seq,
        ts: event.ts,
        account_name: shard.account_name(account)?.0,
        plan: shard.plan(basis.plan)?.clone(),
        verdict,
        basis: *basis,
        limits,
        consistency,
        positions: positions.collect::<Option<_>>()?,
        cash,
    })
}
