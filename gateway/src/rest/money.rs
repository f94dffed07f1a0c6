//! Payouts and steps of scaling. The answer comes when the outcome is durable.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::body;
use super::orders::account_of;
use super::query::{Pairs, Segments};
use super::submission::{Submission, key, send};
use crate::app::App;
use crate::dto::account::money;
use crate::problem::Problem;

pub(super) async fn pay_out(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (_, account) = account_of(path, query)?;
    let key = key(&app, &headers)?;
    let bytes = body::read(&app, &headers, body).await?;
    let amount = money::payout_from_json(&bytes).map_err(body::refused)?;
    send(&app, Submission::Payout(account, amount), key).await
}

pub(super) async fn scale(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (_, account) = account_of(path, query)?;
    let key = key(&app, &headers)?;
    send(&app, Submission::Scale(account), key).await
}
