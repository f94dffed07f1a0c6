//! What became of accounts that were to be opened, suspended, resumed or closed.

use axum::http::StatusCode;
use runtime::Receipt;
use serde_json::json;
use types::{
    AccountChange, AccountId, AccountState, EventKind, InputRejection, OpenAccount, OpenDenial,
    Origin, Parentage,
};

use super::{input_rejected, rejected, with_events, with_events_of};
use crate::app::App;
use crate::dto::word::{self, Word};
use crate::problem::Problem;
use crate::rest::accounts::unknown_account;

/// An opened account, as JSON, or why it was not opened.
pub(in crate::rest) fn of_opening(
    app: &App,
    open: &OpenAccount,
    receipt: &Receipt,
) -> Result<String, Problem> {
    for event in &receipt.events {
        match &event.kind {
            EventKind::AccountOpened {
                account, balance, ..
            } => {
                let head = json!({
                    "account": account.to_string(),
                    "parent": open.parent.map(|parent| parent.account.to_string()),
                    "balance": balance.to_string(),
                });
                // A reset closes the parent.
                let parent = open.parent.map_or(*account, |parent| parent.account);
                return Ok(with_events_of(app, &head, &[*account, parent], receipt));
            }
            EventKind::AccountDenied { parent, reason, .. } => {
                return Err(denied(open, *parent, *reason));
            }
            EventKind::InputRejected { reason } => return Err(not_opened(app, open, *reason)),
            _ => {}
        }
    }
    Err(rejected("no_outcome"))
}

fn not_opened(app: &App, open: &OpenAccount, reason: InputRejection) -> Problem {
    let problem = input_rejected(reason);
    match reason {
        InputRejection::UnknownPlan => {
            let plans = app.projections.catalogue.load().plans.len();
            let accepted = format!("one of the {plans} plans, counted from 0");
            problem.with("plan", Some(&open.plan.to_string()), accepted)
        }
        InputRejection::UnknownAccount => {
            let accounts = app.handle.views().accounts.len();
            let accepted = format!("one of the {accounts} accounts, counted from 0");
            let parent = open.parent.map(|parent| parent.account.to_string());
            problem.with("parent", parent.as_deref(), accepted)
        }
        _ => problem,
    }
}

fn denied(open: &OpenAccount, parent: Parentage, reason: OpenDenial) -> Problem {
    let word = word::open_denial(reason);
    let account = parent.account.to_string();
    let (detail, field, value, accepted) = match reason {
        OpenDenial::ParentState { state } => {
            let needed = match parent.origin {
                Origin::NextPhase => "an account that has passed",
                Origin::Reset => "an account that trades or has failed",
                Origin::Retry => "an account that has failed",
            };
            let detail = format!("the parent is {}", state.word());
            (detail, "parent", account, needed.to_owned())
        }
        OpenDenial::Followed => (
            "another account follows the parent already".to_owned(),
            "parent",
            account,
            "an account that none follows".to_owned(),
        ),
        OpenDenial::OtherPlan { needed } => (
            "the parent leads to another plan".to_owned(),
            "plan",
            open.plan.to_string(),
            format!("a plan of the name {needed}"),
        ),
        OpenDenial::OtherCurrency { needed } => (
            "the plan is in another currency than the parent's".to_owned(),
            "plan",
            open.plan.to_string(),
            format!("a plan in {needed}"),
        ),
        OpenDenial::EarlierPhase { after } => (
            "the plan is of no later phase than the parent's".to_owned(),
            "plan",
            open.plan.to_string(),
            format!("a plan of an evaluation after phase {after}, or a funded one"),
        ),
        OpenDenial::ResetsMax { max } | OpenDenial::RetriesMax { max } => (
            "the parent's plan allows no more of them".to_owned(),
            "origin",
            parent.origin.word().to_owned(),
            format!("at most {max} in a row"),
        ),
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Problem::new(status, word, detail).with(field, Some(&value), accepted)
}

/// A changed account, as JSON, or why it was not changed.
pub(in crate::rest) fn of_change(
    app: &App,
    text: &str,
    account: AccountId,
    change: AccountChange,
    receipt: &Receipt,
) -> Result<String, Problem> {
    for event in &receipt.events {
        match &event.kind {
            EventKind::InputRejected {
                reason: InputRejection::UnknownAccount,
            } => return Err(unknown_account(app, text)),
            EventKind::InputRejected { reason } => return Err(input_rejected(*reason)),
            EventKind::AccountChangeDenied {
                account: denied,
                state,
                ..
            } if *denied == account => return Err(illegal(change, *state)),
            _ => {}
        }
    }
    // A resumed account is judged at once: the last change is where it stands.
    let mut events = receipt.events.iter().rev();
    let state = events.find_map(|event| match event.kind {
        EventKind::StateChanged {
            account: changed,
            to,
            ..
        } if changed == account => Some(to),
        _ => None,
    });
    let state = state.ok_or_else(|| rejected("no_outcome"))?;
    let head = json!({ "account": account.to_string(), "state": state.word() });
    Ok(with_events(app, &head, account, receipt))
}

fn illegal(change: AccountChange, state: AccountState) -> Problem {
    let (done, accepted) = match change {
        AccountChange::Suspend { .. } => ("suspended", "evaluation or funded"),
        AccountChange::Resume => ("resumed", "suspended"),
        AccountChange::Close => ("closed", "evaluation or funded or suspended or passed"),
    };
    let detail = format!("an account that is {} cannot be {done}", state.word());
    Problem::new(StatusCode::CONFLICT, "account_state", detail).with(
        "state",
        Some(state.word()),
        accepted,
    )
}
