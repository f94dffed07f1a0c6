//! Proofs against a journal: its inputs are replayed up to each verdict, whose proof is made anew from them. So every
//! place of an input, every quote and every figure of a proof is one that the journal leads to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gateway::dto::ProofDto;
use gateway::dto::proof::{Fault, kind_of};
use rules::Proof;
use runtime::Limits;
use serde_json::Value;
use types::Seq;

use crate::journal::{location, replay};

/// What a journal leads to.
pub(super) struct Journal {
    /// What was before its first input is gone.
    begins: Seq,
    /// The last input that was asked for, or the last one there is.
    end: Seq,
    proofs: BTreeMap<Seq, Vec<Proof>>,
}

impl Journal {
    /// Replays the journal of a data directory as far as proofs of these inputs need it.
    ///
    /// # Errors
    /// When there is no journal, or one that does not check.
    pub(super) fn read(data: &Path, wanted: &BTreeSet<Seq>) -> anyhow::Result<Self> {
        let location = location(data)?;
        let begins = runtime::beginning(&location, Limits::default())?.seq();
        let last = wanted.last().copied().unwrap_or_default();
        let mut proofs = BTreeMap::new();
        let mut end = begins;
        replay(&location, |input, events, shard| {
            end = input.seq;
            if wanted.contains(&input.seq) {
                proofs.insert(input.seq, shard.proofs(events));
            }
            Ok(input.seq < last)
        })?;
        Ok(Self {
            begins,
            end,
            proofs,
        })
    }

    /// The figures of a proof that are not those of the journal.
    pub(super) fn faults(&self, proof: &Proof) -> Vec<Fault> {
        let fault = |figure: &str, stated: String, recomputed: String| Fault {
            figure: figure.to_owned(),
            stated,
            recomputed,
        };
        let Some(proofs) = self.proofs.get(&proof.seq) else {
            let has = format!(
                "one of the journal's inputs, which are {} to {}",
                self.begins.next(),
                self.end
            );
            return vec![fault("seq", proof.seq.to_string(), has)];
        };
        let kind = kind_of(&proof.verdict);
        let is_same =
            |other: &&Proof| other.account() == proof.account() && kind_of(&other.verdict) == kind;
        // An account may break two limits at once: the one that is meant has the most in common.
        let differences = proofs.iter().filter(is_same).map(|other| {
            let mut faults = Vec::new();
            compare("", &document(proof), &document(other), &mut faults);
            faults
        });
        differences.min_by_key(Vec::len).unwrap_or_else(|| {
            let none = format!(
                "no such verdict on account {} at input {}",
                proof.account(),
                proof.seq
            );
            vec![fault("verdict.kind", kind.to_owned(), none)]
        })
    }
}

/// A proof as its document has it, without the digest, which differs where anything does.
fn document(proof: &Proof) -> Value {
    let mut document = serde_json::to_value(ProofDto::new(proof)).unwrap_or_default();
    if let Some(fields) = document.as_object_mut() {
        fields.remove("digest");
    }
    document
}

fn compare(path: &str, stated: &Value, recomputed: &Value, faults: &mut Vec<Fault>) {
    match (stated, recomputed) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let names: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
            for name in names {
                let within = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                let of = |fields: &serde_json::Map<String, Value>| {
                    fields.get(name).cloned().unwrap_or_default()
                };
                compare(&within, &of(ours), &of(theirs), faults);
            }
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            for (place, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                compare(&format!("{path}[{place}]"), ours, theirs, faults);
            }
        }
        (ours, theirs) if ours == theirs => {}
        (ours, theirs) => faults.push(Fault {
            figure: path.to_owned(),
            stated: told(ours),
            recomputed: told(theirs),
        }),
    }
}

fn told(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("a list of {}", items.len()),
        value => value.to_string(),
    }
}
