//! Proofs as documents: a verdict with everything it rests on, as JSON that anybody can recompute.
//!
//! A document is one object, `"format": 1`. Every figure is a string: amounts, prices and quantities as
//! exact decimals, counts and ids as whole numbers, each in its one canonical form. The plan is there
//! twice: as people read it, and as its canonical bytes in hexadecimal, whose BLAKE3 is the plan's hash.
//! `digest` is BLAKE3 of the proof's canonical bytes ([`Proof::digest`]), of which every value is a part.
//!
//! | part | holds |
//! |---|---|
//! | `shard`, `seq`, `ts` | the input that decided |
//! | `verdict` | what was decided: `breach`, `passed`, `inactive`, `lapsed`, `payout_denied` |
//! | `basis` | the account |
//! | `limits` | its limits, daily before maximum; `baseline_seq` and `baseline_ts`: the input that the baseline was taken at, `baseline_from`: what from, `peak` of live equity: what it was, exact; `held` of a floor that is held: its distance from the size |
//! | `consistency` | how it stood against the rule; null where the verdict does not look at it |
//! | `positions` | of a breach or a rest the open positions, oldest first, each with bid, ask and newest print, the `mark` that valued it, and `mark_seq`: the input that gave the mark |
//! | `cash` | cash of other currencies, with the rate |
//! | `plan`, `plan_bytes` | the plan |
//!
//! [`Proof::verify`] says what follows from what, and what only the digest holds. [`ProofDocument::verify`] asks
//! the database of zones as well: a rest ends when a trading day opens, and that has to be the day that is open at
//! the time of the verdict by the plan's roll and calendar.

mod read;
mod rest;
#[cfg(test)]
mod tests;
mod worked;

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use rules::Plan;
use serde::Serialize;
use types::{
    Breach, CashBasis, Codec, Consistency, Lapse, LimitBasis, PayoutDenial, PlanHash, Rest,
    VerdictBasis,
};

use super::document::Node;
use super::percent;
use super::plan::PlanDto;
use super::word::{self, Word};

pub use read::{ProofDocument, documents, read};
pub use rules::{Fault, Proof, ProofPosition, Verdict};
pub use worked::{sentence, sums};

/// The version of the document that this program writes and reads.
pub const FORMAT: u32 = 1;

/// A proof, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProofDto {
    format: u32,
    shard: String,
    seq: String,
    ts: String,
    account_name: String,
    verdict: VerdictDto,
    basis: BasisDto,
    limits: Vec<LimitBasisDto>,
    consistency: Option<ConsistencyBasisDto>,
    positions: Vec<ProofPositionDto>,
    cash: Vec<CashBasisDto>,
    plan: PlanDto,
    plan_bytes: String,
    digest: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum VerdictDto {
    Breach {
        rule: &'static str,
        effect: &'static str,
        primary: bool,
        touch_is_breach: bool,
        balance: String,
        equity: String,
        baseline: String,
        allowance: String,
        floor: String,
    },
    Passed,
    Inactive {
        days: String,
        limit: String,
        effect: &'static str,
        active: String,
        active_seq: String,
        active_ts: String,
        opens: String,
        equity: String,
    },
    Lapsed {
        limit: String,
        counts: &'static str,
        effect: &'static str,
        opened: String,
        last: String,
        opens: String,
        equity: String,
    },
    PayoutDenied {
        requested: String,
        eligible: String,
        reason: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        has: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        needs: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        min: Option<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct BasisDto {
    account: String,
    plan: String,
    plan_version: String,
    plan_hash: String,
    size: String,
    own: String,
    balance: String,
    excluded: String,
    never_paid: String,
    beyond_best_day: String,
    days: String,
    payout_days: String,
    positions: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payouts: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    days_since_payout: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct LimitBasisDto {
    rule: &'static str,
    baseline: String,
    baseline_seq: String,
    baseline_ts: String,
    baseline_from: &'static str,
    peak: Option<String>,
    allowance: String,
    floor: String,
    lowered: String,
    held: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ConsistencyBasisDto {
    best_day: String,
    total: String,
    denominator: String,
    cap_pct: String,
    inclusive: bool,
    met: bool,
    total_needed: Option<String>,
    next_day_max: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ProofPositionDto {
    instrument: String,
    symbol: String,
    currency: String,
    contract_size: String,
    tick_size: String,
    position: String,
    cost: String,
    bid: String,
    ask: String,
    last: Option<String>,
    mark: String,
    mark_seq: String,
    unrealised: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct CashBasisDto {
    currency: String,
    cash: String,
    rate: String,
}

impl ProofDto {
    /// The document of a proof. Its ids are the engine's numbers.
    pub fn new(proof: &Proof) -> Self {
        Self {
            format: FORMAT,
            shard: proof.shard.to_string(),
            seq: proof.seq.to_string(),
            ts: proof.ts.to_string(),
            account_name: proof.account_name.to_string(),
            verdict: VerdictDto::new(&proof.verdict),
            basis: BasisDto::new(&proof.basis),
            limits: proof.limits.iter().map(LimitBasisDto::new).collect(),
            consistency: proof.consistency.as_ref().map(ConsistencyBasisDto::new),
            positions: proof.positions.iter().map(ProofPositionDto::new).collect(),
            cash: proof.cash.iter().map(CashBasisDto::new).collect(),
            plan: PlanDto::new(&proof.plan),
            plan_bytes: hex(&proof.plan.to_bytes()),
            digest: proof.digest().to_string(),
        }
    }
}

impl fmt::Display for ProofDto {
    /// One line of JSON; indented, for a file, with `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if f.alternate() {
            serde_json::to_string_pretty(self)
        } else {
            serde_json::to_string(self)
        };
        f.write_str(&text.map_err(|_| fmt::Error)?)
    }
}

/// The word for what was decided.
pub const fn kind_of(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Breach(_) => "breach",
        Verdict::Passed => "passed",
        Verdict::Inactive(_) => "inactive",
        Verdict::Lapsed(_) => "lapsed",
        Verdict::PayoutDenied { .. } => "payout_denied",
    }
}

impl VerdictDto {
    fn new(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Breach(breach) => Self::of_breach(breach),
            Verdict::Passed => Self::Passed,
            Verdict::Inactive(rest) => Self::of_rest(rest),
            Verdict::Lapsed(lapse) => Self::of_lapse(lapse),
            Verdict::PayoutDenied {
                requested,
                eligible,
                reason,
            } => {
                let (has, needs) = match reason {
                    PayoutDenial::TooFewDays { has, needs }
                    | PayoutDenial::TooSoon { has, needs } => {
                        (Some(has.to_string()), Some(needs.to_string()))
                    }
                    _ => (None, None),
                };
                let min = match reason {
                    PayoutDenial::BelowMinimum { min } => Some(min.to_string()),
                    _ => None,
                };
                Self::PayoutDenied {
                    requested: requested.to_string(),
                    eligible: eligible.to_string(),
                    reason: word::payout_denial(reason),
                    has,
                    needs,
                    min,
                }
            }
        }
    }

    fn of_rest(rest: &Rest) -> Self {
        Self::Inactive {
            days: rest.days.to_string(),
            limit: rest.limit.to_string(),
            effect: rest.effect.word(),
            active: rest.active.to_string(),
            active_seq: rest.active_seq.to_string(),
            active_ts: rest.active_ts.to_string(),
            opens: rest.opens.to_string(),
            equity: rest.equity.to_string(),
        }
    }

    fn of_lapse(lapse: &Lapse) -> Self {
        Self::Lapsed {
            limit: lapse.limit.to_string(),
            counts: lapse.counts.word(),
            effect: lapse.effect.word(),
            opened: lapse.opened.to_string(),
            last: lapse.last.to_string(),
            opens: lapse.opens.to_string(),
            equity: lapse.equity.to_string(),
        }
    }

    fn of_breach(breach: &Breach) -> Self {
        Self::Breach {
            rule: breach.rule.word(),
            effect: breach.effect.word(),
            primary: breach.primary,
            touch_is_breach: breach.touch_is_breach,
            balance: breach.balance.to_string(),
            equity: breach.equity.to_string(),
            baseline: breach.baseline.to_string(),
            allowance: breach.allowance.to_string(),
            floor: breach.floor.to_string(),
        }
    }
}

impl BasisDto {
    fn new(basis: &VerdictBasis) -> Self {
        Self {
            account: basis.account.to_string(),
            plan: basis.plan.to_string(),
            plan_version: basis.plan_version.to_string(),
            plan_hash: basis.plan_hash.to_string(),
            size: basis.size.to_string(),
            own: basis.own.to_string(),
            balance: basis.balance.to_string(),
            excluded: basis.excluded.to_string(),
            never_paid: basis.never_paid.to_string(),
            beyond_best_day: basis.beyond_best_day.to_string(),
            days: basis.days.to_string(),
            payout_days: basis.payout_days.to_string(),
            positions: basis.positions.to_string(),
            payouts: (basis.payouts > 0).then(|| basis.payouts.to_string()),
            days_since_payout: (basis.days_since_payout > 0)
                .then(|| basis.days_since_payout.to_string()),
        }
    }
}

impl LimitBasisDto {
    fn new(limit: &LimitBasis) -> Self {
        Self {
            rule: limit.rule.word(),
            baseline: limit.baseline.to_string(),
            baseline_seq: limit.origin.seq.to_string(),
            baseline_ts: limit.origin.ts.to_string(),
            baseline_from: word::baseline_source(limit.origin.source),
            peak: limit.origin.source.peak().map(|peak| peak.to_string()),
            allowance: limit.allowance.to_string(),
            floor: limit.floor.to_string(),
            lowered: limit.lowered.to_string(),
            held: limit.held.map(|offset| offset.to_string()),
        }
    }
}

impl ConsistencyBasisDto {
    fn new(standing: &Consistency) -> Self {
        Self {
            best_day: standing.best_day.to_string(),
            total: standing.total.to_string(),
            denominator: standing.denominator.to_string(),
            cap_pct: percent::exact(standing.cap),
            inclusive: standing.inclusive,
            met: standing.met,
            total_needed: standing.total_needed.map(|amount| amount.to_string()),
            next_day_max: standing.next_day_max.map(|amount| amount.to_string()),
        }
    }
}

impl ProofPositionDto {
    fn new(held: &ProofPosition) -> Self {
        let facts = &held.facts;
        Self {
            instrument: facts.instrument.to_string(),
            symbol: held.symbol.to_string(),
            currency: held.currency.to_string(),
            contract_size: held.contract_size.to_string(),
            tick_size: held.tick_size.to_string(),
            position: facts.position.to_string(),
            cost: facts.cost.to_string(),
            bid: facts.bid.to_string(),
            ask: facts.ask.to_string(),
            last: facts.last.map(|last| last.to_string()),
            mark: facts.mark.to_string(),
            mark_seq: facts.mark_seq.to_string(),
            unrealised: facts.unrealised.to_string(),
        }
    }
}

impl CashBasisDto {
    fn new(cash: &CashBasis) -> Self {
        Self {
            currency: cash.currency.to_string(),
            cash: cash.cash.to_string(),
            rate: cash.rate.to_string(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The plan as a document has it, as far as it is not this plan's: one fault for each field.
fn plan_faults(stated: &Node, plan: &Plan) -> Vec<Fault> {
    let written = serde_json::to_vec(&PlanDto::new(plan)).unwrap_or_default();
    let mut faults = Vec::new();
    if let Ok(written) = Node::from_json(&written) {
        differences("plan", Some(stated), Some(&written), &mut faults);
    }
    if faults.is_empty() {
        faults.push(Fault {
            figure: "plan".to_owned(),
            stated: "another plan".to_owned(),
            recomputed: "that of plan_bytes".to_owned(),
        });
    }
    faults
}

/// One fault for each deepest place where two documents differ.
fn differences(
    path: &str,
    stated: Option<&Node>,
    recomputed: Option<&Node>,
    faults: &mut Vec<Fault>,
) {
    if stated == recomputed {
        return;
    }
    if let (Some(Node::Table(stated)), Some(Node::Table(recomputed))) = (stated, recomputed) {
        let names: BTreeSet<_> = stated
            .iter()
            .chain(recomputed)
            .map(|(name, _)| name)
            .collect();
        let of = |entries: &'_ [(String, Node)], name: &str| {
            let found = entries.iter().find(|(known, _)| known == name);
            found.map(|(_, node)| node.clone())
        };
        for name in names {
            let (stated, recomputed) = (of(stated, name), of(recomputed, name));
            let path = format!("{path}.{name}");
            differences(&path, stated.as_ref(), recomputed.as_ref(), faults);
        }
        return;
    }
    let text = |node: Option<&Node>| node.map_or_else(|| "missing".to_owned(), Node::to_string);
    faults.push(Fault {
        figure: path.to_owned(),
        stated: text(stated),
        recomputed: text(recomputed),
    });
}

/// The bytes of a hexadecimal text in lower case; `None` when it is none.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    pairs.map(byte).collect()
}

fn hash_of(text: &str) -> Option<PlanHash> {
    unhex(text)?.try_into().ok().map(PlanHash)
}
