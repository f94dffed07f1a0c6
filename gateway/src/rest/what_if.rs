//! What an order would do: the answer before it is sent.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::orders::account_of;
use super::query::{Pairs, Segments};
use super::{answered, body, json, outcome};
use crate::app::App;
use crate::dto::order::question_from_json;
use crate::problem::Problem;
use crate::show;

/// Takes the body of an order and sends nothing.
pub(super) async fn ask(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let account = account_of(path, query)?.1;
    let bytes = body::read(&app, &headers, body).await?;
    let names = &app.projections.catalogue.load().names;
    let order = question_from_json(&bytes, account, names).map_err(body::refused)?;
    let taken = answered(&app, app.handle.what_if(order)).await?;
    let answer = taken
        .answer
        .map_err(|reason| outcome::of_refusal(&app, &order, reason))?;
    let body = show::what_if(&app, &order, &answer)
        .ok_or_else(|| Problem::unavailable("the account's plan is not known yet"))?;
    Ok(json(StatusCode::OK, body.to_string()))
}
