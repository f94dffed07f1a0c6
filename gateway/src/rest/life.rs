//! Opening, suspending, resuming and closing accounts. The answer comes when the outcome is durable.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use types::{AccountChange, AccountId, Command};

use super::orders::account_of;
use super::query::{Pairs, Segments, parameter};
use super::submission::{Submission, acknowledged, execute, key, send};
use super::{body, json, outcome};
use crate::app::App;
use crate::dto::account::{change, open};
use crate::problem::Problem;

/// Opens an account, alone or after another one.
pub(super) async fn open(
    State(app): State<Arc<App>>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let key = key(&app, &headers)?;
    let bytes = body::read(&app, &headers, body).await?;
    let names = &app.projections.catalogue.load().names;
    let account = open::from_json(&bytes, names).map_err(body::refused)?;
    send(&app, Submission::Account(account), key).await
}

pub(super) async fn suspend(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let account = account_of(path, query)?;
    let bytes = body::read(&app, &headers, body).await?;
    let change = change::suspend_from_json(&bytes).map_err(body::refused)?;
    made(&app, account, change).await
}

pub(super) async fn resume(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    made(&app, account_of(path, query)?, AccountChange::Resume).await
}

pub(super) async fn close(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    made(&app, account_of(path, query)?, AccountChange::Close).await
}

async fn made(
    app: &App,
    (text, account): (String, AccountId),
    change: AccountChange,
) -> Result<Response, Problem> {
    let look_up = format!("/v1/accounts/{text} shows its state");
    let command = Command::ChangeAccount { account, change };
    let receipt = execute(app, command, &look_up).await?;
    let made = outcome::life::of_change(app, &text, account, change, &receipt);
    let told = made.map(|body| json(StatusCode::OK, body));
    Ok(acknowledged(&receipt, told))
}
