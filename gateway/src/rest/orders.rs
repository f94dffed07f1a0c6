//! Sending, changing and cancelling orders, lists and algos. The answer comes when the outcome is durable.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use runtime::Receipt;
use types::{AccountId, Command, InstrumentId, OrderId, Side};

use super::outcome::Change;
use super::query::{Pairs, Segments, bad_parameter, number, parameter, parameters, segments, word};
use super::submission::{Submission, acknowledged, execute, key, send};
use super::{body, json, outcome};
use crate::app::App;
use crate::dto::order::{algo, amend, from_json, list};
use crate::problem::Problem;

pub(super) async fn submit(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let account = account_of(path, query)?.1;
    let key = key(&app, &headers)?;
    let bytes = body::read(&app, &headers, body).await?;
    let names = &app.projections.catalogue.load().names;
    let order = from_json(&bytes, account, names).map_err(body::refused)?;
    send(&app, Submission::Order(order), key).await
}

pub(super) async fn submit_list(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let account = account_of(path, query)?.1;
    let key = key(&app, &headers)?;
    let bytes = body::read(&app, &headers, body).await?;
    let names = &app.projections.catalogue.load().names;
    let list = list::from_json(&bytes, account, names).map_err(body::refused)?;
    send(&app, Submission::List(list), key).await
}

pub(super) async fn submit_algo(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let account = account_of(path, query)?.1;
    let key = key(&app, &headers)?;
    let bytes = body::read(&app, &headers, body).await?;
    let names = &app.projections.catalogue.load().names;
    let algo = algo::from_json(&bytes, account, names).map_err(body::refused)?;
    send(&app, Submission::Algo(algo), key).await
}

/// Changes a working order.
pub(super) async fn amend(
    State(app): State<Arc<App>>,
    path: Segments<(String, String)>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (account, account_id, order) = order_of(path, query)?;
    let bytes = body::read(&app, &headers, body).await?;
    let changes = amend::from_json(&bytes).map_err(body::refused)?;
    let command = changes.command(account_id, order);
    let receipt = executed(&app, &account, command).await?;
    let told = outcome::of_amend(&app, &account, order, &receipt);
    Ok(acknowledged(&receipt, told.map(answered)))
}

/// Cancels a working order or algo.
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    path: Segments<(String, String)>,
    query: Pairs,
) -> Result<Response, Problem> {
    let (account, account_id, order) = order_of(path, query)?;
    let command = Command::CancelOrder {
        account: account_id,
        order,
    };
    let receipt = executed(&app, &account, command).await?;
    let told = outcome::of_cancel(&app, &account, order, &receipt);
    Ok(acknowledged(&receipt, told.map(answered)))
}

/// Cancels the working orders and algos that match every filter of the query.
pub(super) async fn cancel_all(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    const INSTRUMENT: &str = "the id of an instrument";
    let [instrument, side] = parameters(query, ["instrument", "side"])?;
    let account = segments(path)?;
    let account_id = AccountId(number("account", &account, u32::MAX)?);
    let names = &app.projections.catalogue.load().names;
    let instrument = instrument
        .map(|text| {
            let id: Option<InstrumentId> = names.instrument_id(&text);
            id.ok_or_else(|| bad_parameter("instrument", &text, INSTRUMENT))
        })
        .transpose()?;
    let side: Option<Side> = side.map(|text| word("side", &text)).transpose()?;
    let command = Command::CancelAll {
        account: account_id,
        instrument,
        side,
    };
    let receipt = executed(&app, &account, command).await?;
    let ended = outcome::of_cancels(&app, &account, account_id, &receipt);
    let told = ended.map(|body| json(StatusCode::OK, body));
    Ok(acknowledged(&receipt, told))
}

/// Ends the account's session: cancels what asked for that.
pub(super) async fn disconnect(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    let (account, account_id) = account_of(path, query)?;
    let command = Command::Disconnect {
        account: account_id,
    };
    let receipt = executed(&app, &account, command).await?;
    let ended = outcome::of_cancels(&app, &account, account_id, &receipt);
    let told = ended.map(|body| json(StatusCode::OK, body));
    Ok(acknowledged(&receipt, told))
}

pub(super) fn account_of(
    path: Segments<String>,
    query: Pairs,
) -> Result<(String, AccountId), Problem> {
    parameter(query, None)?;
    let account = segments(path)?;
    let id = AccountId(number("account", &account, u32::MAX)?);
    Ok((account, id))
}

fn order_of(
    path: Segments<(String, String)>,
    query: Pairs,
) -> Result<(String, AccountId, OrderId), Problem> {
    parameter(query, None)?;
    let (account, order) = segments(path)?;
    let id = AccountId(number("account", &account, u32::MAX)?);
    Ok((account, id, OrderId(number("order", &order, u64::MAX)?)))
}

/// The receipt of a change.
async fn executed(app: &App, account: &str, command: Command) -> Result<Receipt, Problem> {
    let look_up = format!("/v1/accounts/{account}/orders shows which orders still work");
    execute(app, command, &look_up).await
}

/// What became of the change of one order.
fn answered(change: Change) -> Response {
    match change {
        Change::Done(body) => json(StatusCode::OK, body),
        Change::OnItsWay(body) => json(StatusCode::ACCEPTED, body),
    }
}
