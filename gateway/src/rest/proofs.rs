//! The proofs of an account's verdicts.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use tokio::time::Instant;
use types::{AccountId, Seq};

use super::accounts::unknown_account;
use super::json as json_response;
use super::query::{Pairs, Segments, number, parameter, segments, word};
use crate::app::App;
use crate::dto::ProofDto;
use crate::dto::proof::{Proof, Verdict, kind_of};
use crate::dto::word::{Word, payout_denial};
use crate::problem::Problem;

/// Which verdicts there are proofs of, newest first.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let account = account(&app, &segments(path)?)?;
    let kept = app.projections.proofs.of(account);
    let rows: Vec<Value> = kept.proofs.iter().rev().map(|proof| row(proof)).collect();
    let body = json!({
        "account": account.to_string(),
        "gone_until": kept.gone_until.map(|seq| seq.to_string()),
        "proofs": rows,
    });
    Ok(json_response(StatusCode::OK, body.to_string()))
}

fn row(proof: &Proof) -> Value {
    let mut row = json!({
        "seq": proof.seq.to_string(),
        "ts": proof.ts.to_string(),
        "kind": kind_of(&proof.verdict),
    });
    match &proof.verdict {
        Verdict::Breach(breach) => {
            row["rule"] = breach.rule.word().into();
            row["effect"] = breach.effect.word().into();
            row["primary"] = breach.primary.into();
        }
        Verdict::Passed => {}
        Verdict::Inactive(rest) => row["days"] = rest.days.into(),
        Verdict::Lapsed(lapse) => row["last"] = lapse.last.to_string().into(),
        Verdict::PayoutDenied { reason, .. } => row["reason"] = payout_denial(reason).into(),
    }
    row
}

/// The proof of the verdict at an input; where several limits were violated at once, of the one that
/// decided, or of the `rule` that is asked for. A link in an answer comes from the live shard: of an input
/// that it has applied, the replica is waited for.
pub(super) async fn whole(
    State(app): State<Arc<App>>,
    path: Segments<(String, String)>,
    query: Pairs,
) -> Result<Response, Problem> {
    let rule = parameter(query, Some("rule"))?
        .map(|text| word("rule", &text))
        .transpose()?;
    let (account_text, seq_text) = segments(path)?;
    let account = AccountId(number("account", &account_text, u32::MAX)?);
    let seq = Seq(number("seq", &seq_text, u64::MAX)?);
    if seq <= app.handle.applied_seq() {
        let deadline = Instant::now() + app.config.limits.receipt_wait_max;
        if !app.projections.past.reaches(seq, deadline).await {
            return Err(Problem::unavailable(format!(
                "the replica did not come to input {seq} in time"
            )));
        }
    }
    let kept = app.projections.proofs.of(account);
    let found = kept.proofs.iter().find(|proof| {
        let is_of_rule = match (&proof.verdict, rule) {
            (_, None) => true,
            (Verdict::Breach(breach), Some(rule)) => breach.rule == rule,
            _ => false,
        };
        proof.seq == seq && is_of_rule
    });
    if let Some(proof) = found {
        let document = ProofDto::new(proof);
        return Ok(json_response(StatusCode::OK, document.to_string()));
    }
    known(&app, account, &account_text)?;
    match kept.gone_until {
        Some(until) if seq <= until => Err(Problem::new(
            StatusCode::GONE,
            "gone",
            format!(
                "proofs of this account up to input {until} are not kept any more; the journal has \
                 everything to rebuild them from"
            ),
        )
        .with("seq", Some(&seq_text), format!("above {until}"))),
        _ => Err(Problem::not_found(
            "proof",
            "seq",
            &seq_text,
            "the seq of a verdict in the list of proofs",
        )),
    }
}

fn account(app: &App, text: &str) -> Result<AccountId, Problem> {
    let id = AccountId(number("account", text, u32::MAX)?);
    known(app, id, text)?;
    Ok(id)
}

fn known(app: &App, id: AccountId, text: &str) -> Result<(), Problem> {
    let is_known = (id.0 as usize) < app.handle.views().accounts.len();
    is_known
        .then_some(())
        .ok_or_else(|| unknown_account(app, text))
}
