//! What became of payouts and steps of scaling.

use axum::http::StatusCode;
use runtime::Receipt;
use serde_json::json;
use types::{
    AccountId, AdjustKind, DenyReason, EventKind, Money, PayoutDenial, Ratio, ScaleStanding,
};

use super::{input_rejected, rejected, with_events};
use crate::app::App;
use crate::dto::word::{Word, payout_denial};
use crate::dto::{percent, reason};
use crate::problem::Problem;
use crate::rest::accounts::unknown_account;

/// An approved payout, as JSON, or why it was refused, and where the proof of that is.
pub(in crate::rest) fn of_payout(
    app: &App,
    account: AccountId,
    requested: Money,
    receipt: &Receipt,
) -> Result<String, Problem> {
    let open = receipt.events.iter().find_map(|event| match event.kind {
        EventKind::VerdictBasis(basis) if basis.account == account => Some(basis.positions),
        _ => None,
    });
    for event in &receipt.events {
        match &event.kind {
            EventKind::PayoutApproved {
                account: paid,
                amount,
                trader,
                firm,
                balance,
            } if *paid == account => {
                let head = json!({
                    "account": account.to_string(),
                    "amount": amount.to_string(),
                    "trader": trader.to_string(),
                    "firm": firm.to_string(),
                    "balance": balance.to_string(),
                });
                return Ok(with_events(app, &head, account, receipt));
            }
            EventKind::PayoutDenied {
                account: asked,
                eligible,
                reason,
                ..
            } if *asked == account => {
                let proof = format!("/v1/accounts/{account}/proofs/{}", event.seq);
                let open = open.unwrap_or(0);
                return Err(refused(account, requested, *eligible, open, reason).proven_at(proof));
            }
            EventKind::AdjustDenied { reason, .. } => {
                return Err(denied(app, account, *reason, None));
            }
            EventKind::InputRejected { reason } => return Err(input_rejected(*reason)),
            _ => {}
        }
    }
    Err(rejected("no_outcome"))
}

/// `open`: how many positions are.
fn refused(
    account: AccountId,
    requested: Money,
    eligible: Money,
    open: u32,
    reason: &PayoutDenial,
) -> Problem {
    let amount = || ("amount", Some(requested.to_string()));
    let ((field, value), detail, accepted) = match reason {
        PayoutDenial::NotInPlan => (
            ("account", Some(account.to_string())),
            "the account's plan pays nothing out",
            "an account of a plan with payout".to_owned(),
        ),
        PayoutDenial::NotEligibleState => (
            ("state", None),
            "an account in this state is not paid out",
            "funded".to_owned(),
        ),
        PayoutDenial::AmountNotPositive => (
            amount(),
            "there is nothing to pay out",
            match (open, eligible) {
                (0, Money::ZERO) => "above 0, once anything can be paid out".to_owned(),
                (0, _) => format!("above 0, at most {eligible}"),
                _ => "above 0, after all open positions are closed".to_owned(),
            },
        ),
        PayoutDenial::NotFlat => (
            ("positions", Some(open.to_string())),
            "positions are open",
            "0: close them first".to_owned(),
        ),
        PayoutDenial::TooFewDays { has, needs } => (
            ("days", Some(has.to_string())),
            "too few trading days count since the last payout",
            format!("{needs} or more"),
        ),
        PayoutDenial::TooSoon { has, needs } => (
            ("days_since_payout", Some(has.to_string())),
            "too few days went by since the last payout or, before the first, since the account opened",
            format!("{needs} or more"),
        ),
        PayoutDenial::BelowMinimum { min } => (
            amount(),
            "that is less than the least that a payout takes",
            format!("{min} or more"),
        ),
        PayoutDenial::Consistency(standing) => (
            ("consistency.total", Some(standing.total.to_string())),
            "the best day has too large a share",
            match standing.total_needed {
                Some(needed) => format!(
                    "{needed} or more, and no day better than {}",
                    standing.best_day
                ),
                None => format!("days of which none makes more than {}%", cap(standing.cap)),
            },
        ),
        PayoutDenial::AboveEligible => (
            amount(),
            "that is more than could be paid out",
            match eligible {
                Money::ZERO => "nothing: 0 can be paid out now".to_owned(),
                _ => format!("at most {eligible}"),
            },
        ),
        PayoutDenial::WouldBreach => (
            amount(),
            "what is left would violate a limit",
            "an amount that leaves the account within its limits".to_owned(),
        ),
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Problem::new(status, payout_denial(reason), detail).with(field, value.as_deref(), accepted)
}

fn cap(cap: Ratio) -> String {
    percent::exact(cap)
}

/// A step of scaling, as JSON, or why there was none.
pub(in crate::rest) fn of_step(
    app: &App,
    account: AccountId,
    receipt: &Receipt,
) -> Result<String, Problem> {
    let missing = receipt.events.iter().find_map(|event| match event.kind {
        EventKind::ScaleStanding(standing) if standing.account == account => Some(standing),
        _ => None,
    });
    for event in &receipt.events {
        match &event.kind {
            EventKind::Adjusted {
                account: grown,
                kind: AdjustKind::Scale,
                amount,
                balance,
                size,
            } if *grown == account => {
                let head = json!({
                    "account": account.to_string(),
                    "added": amount.to_string(),
                    "balance": balance.to_string(),
                    "size": size.to_string(),
                });
                return Ok(with_events(app, &head, account, receipt));
            }
            EventKind::AdjustDenied { reason, .. } => {
                return Err(denied(app, account, *reason, missing));
            }
            EventKind::InputRejected { reason } => return Err(input_rejected(*reason)),
            _ => {}
        }
    }
    Err(rejected("no_outcome"))
}

fn denied(
    app: &App,
    account: AccountId,
    reason: DenyReason,
    missing: Option<ScaleStanding>,
) -> Problem {
    let text = account.to_string();
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let problem = |detail| Problem::new(status, reason::denial(reason), detail);
    match (reason, missing) {
        (DenyReason::UnknownAccount, _) => unknown_account(app, &text),
        (DenyReason::ScaleNotYet, Some(standing)) => {
            let ScaleStanding {
                account: _,
                profit,
                profit_needed,
                days,
                days_needed,
                payouts,
                payouts_needed,
            } = standing;
            let needs = [
                (
                    profit < profit_needed,
                    "profit",
                    profit.to_string(),
                    profit_needed.to_string(),
                ),
                (
                    days < days_needed,
                    "days",
                    days.to_string(),
                    days_needed.to_string(),
                ),
                (
                    payouts < payouts_needed,
                    "payouts",
                    payouts.to_string(),
                    payouts_needed.to_string(),
                ),
            ];
            let unmet = needs.into_iter().filter(|(is_unmet, ..)| *is_unmet);
            let problem = problem("the next step asks for more than there is since the last one");
            unmet.fold(problem, |problem, (_, field, has, needs)| {
                problem.with(field, Some(&has), format!("{needs} or more"))
            })
        }
        (DenyReason::AccountNotTrading { state }, _) => problem("the account does not trade").with(
            "state",
            Some(state.word()),
            "evaluation or funded",
        ),
        (DenyReason::OutOfRange { balance, max }, _) => {
            problem("the balance after it is further from zero than the engine holds exactly").with(
                "balance",
                Some(&balance.to_string()),
                format!("within {max} of zero"),
            )
        }
        _ => problem("the account's plan has no further step").with(
            "account",
            Some(&text),
            "an account of a plan with scaling, below the largest size",
        ),
    }
}
