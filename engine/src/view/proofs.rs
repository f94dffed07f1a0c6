//! Proofs put together from facts: a verdict, the facts that follow it, and the definitions they name.

use rules::{Proof, ProofPosition, Verdict};
use types::{AccountState, BreachPosition, Event, EventKind};

use crate::shard::Shard;

/// A verdict, and of a breach or a rest the positions that were open.
type Told = (Verdict, Vec<ProofPosition>);

impl Shard {
    /// The proofs of the verdicts among these facts, in their order. `facts`: what this shard said of one
    /// input or of several, whole; plans and instruments are those of now, for they never change.
    pub fn proofs(&self, facts: &[Event]) -> Vec<Proof> {
        let mut proofs = Vec::new();
        let mut told: Vec<Told> = Vec::new();
        for (place, fact) in facts.iter().enumerate() {
            match fact.kind {
                EventKind::Breach(breach) => told.push((Verdict::Breach(breach), Vec::new())),
                EventKind::BreachPosition(position) => {
                    if let (Some((_, positions)), Some(position)) =
                        (told.last_mut(), self.proof_position(position))
                    {
                        positions.push(position);
                    }
                }
                EventKind::StateChanged {
                    to: AccountState::Passed,
                    ..
                } => told.push((Verdict::Passed, Vec::new())),
                EventKind::Inactive(rest) => told.push((Verdict::Inactive(rest), Vec::new())),
                EventKind::Lapsed(lapse) => told.push((Verdict::Lapsed(lapse), Vec::new())),
                EventKind::PayoutDenied {
                    requested,
                    eligible,
                    reason,
                    ..
                } => {
                    let verdict = Verdict::PayoutDenied {
                        requested,
                        eligible,
                        reason,
                    };
                    told.push((verdict, Vec::new()));
                }
                EventKind::VerdictBasis(_) => {
                    let told = std::mem::take(&mut told);
                    let rest = &facts[place..];
                    proofs.extend(told.into_iter().filter_map(|told| self.proof(told, rest)));
                }
                _ => {}
            }
        }
        proofs
    }

    /// `facts`: from the basis on.
    fn proof(&self, (verdict, positions): Told, facts: &[Event]) -> Option<Proof> {
        let (first, rest) = facts.split_first()?;
        let EventKind::VerdictBasis(basis) = first.kind else {
            return None;
        };
        let mut proof = Proof {
            shard: self.id(),
            seq: first.seq,
            ts: first.ts,
            account_name: self.account_name(basis.account)?.0,
            plan: self.plan(basis.plan)?.clone(),
            verdict,
            basis,
            limits: Vec::new(),
            consistency: None,
            positions,
            cash: Vec::new(),
        };
        for fact in rest {
            match fact.kind {
                EventKind::LimitBasis(limit) => proof.limits.push(limit),
                EventKind::Consistency(standing) => proof.consistency = Some(standing),
                EventKind::CashBasis(cash) => proof.cash.push(cash),
                _ => break,
            }
        }
        Some(proof)
    }

    fn proof_position(&self, facts: BreachPosition) -> Option<ProofPosition> {
        let instrument = self.instrument_view(facts.instrument)?.instrument;
        Some(ProofPosition {
            facts,
            symbol: instrument.symbol,
            currency: instrument.currency,
            contract_size: instrument.contract_size,
            tick_size: instrument.tick_size,
        })
    }
}
