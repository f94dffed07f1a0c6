//! One account: whole, its positions, its working orders.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use runtime::view::AccountView;
use types::{AccountId, ClientOrderId};

use super::query::{Pairs, Segments, bad_parameter, number, parameter, segments};
use super::{answered, json};
use crate::app::App;
use crate::problem::Problem;
use crate::show;

pub(super) async fn whole(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let view = account(&app, &segments(path)?).await?;
    let whole = show::account(&app, &view)
        .ok_or_else(|| Problem::unavailable("the account's plan is not known yet"))?;
    Ok(json(StatusCode::OK, whole.to_string()))
}

pub(super) async fn positions(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let view = account(&app, &segments(path)?).await?;
    Ok(json(
        StatusCode::OK,
        show::list("positions", &show::positions(&app, &view)),
    ))
}

pub(super) async fn orders(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    const NAME: &str = "client_order_id";
    let client_order = parameter(query, Some(NAME))?
        .map(|text| {
            let id = text.parse().map(ClientOrderId);
            id.map_err(|_| bad_parameter(NAME, &text, "a decimal number below 2^128"))
        })
        .transpose()?;
    let view = account(&app, &segments(path)?).await?;
    let orders = show::orders(&app, &view, |order| {
        client_order.is_none_or(|wanted| order.request.client_order == wanted)
    });
    Ok(json(StatusCode::OK, show::list("orders", &orders)))
}

pub(super) async fn algos(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let view = account(&app, &segments(path)?).await?;
    Ok(json(
        StatusCode::OK,
        show::list("algos", &show::algos(&app, &view)),
    ))
}

/// The account of a path, as the replica has it now.
async fn account(app: &App, text: &str) -> Result<AccountView, Problem> {
    let id = AccountId(number("account", text, u32::MAX)?);
    let taken = answered(app, app.handle.account(id)).await?;
    taken.account.ok_or_else(|| unknown_account(app, text))
}

/// There is no account of this id.
pub(super) fn unknown_account(app: &App, text: &str) -> Problem {
    let accounts = app.handle.views().accounts.len();
    let accepted = format!("one of the {accounts} accounts, counted from 0");
    Problem::not_found("account", "account", text, accepted)
}
