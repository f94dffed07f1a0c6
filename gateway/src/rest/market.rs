//! What the firm says of its instruments' markets and of conversions. The answer comes when the outcome is durable.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use types::{Command, InstrumentId, MarketChange};

use super::query::{Pairs, Segments, number, parameter, segments};
use super::submission::{Submission, acknowledged, execute, key, send};
use super::{body, instruments, json, outcome};
use crate::app::App;
use crate::dto::body::BodyError;
use crate::dto::instrument::change;
use crate::problem::Problem;

/// Halts, resumes, calls or closes an instrument. It takes no key: the same again changes nothing.
pub(super) async fn status(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (text, instrument) = instrument_of(&app, path, query)?;
    let bytes = body::read(&app, &headers, body).await?;
    let change = change::status_from_json(&bytes).map_err(body::refused)?;
    let command = Command::ChangeMarket { instrument, change };
    let look_up = format!("/v1/instruments/{text} shows its status");
    let receipt = execute(&app, command, &look_up).await?;
    let told = outcome::market::of_change(&app, instrument, change, &receipt);
    let told = told.map(|body| json(StatusCode::OK, body));
    Ok(acknowledged(&receipt, told))
}

/// What holding costs or earns now.
pub(super) async fn financing(
    state: State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    told(
        state,
        path,
        query,
        headers,
        body,
        change::financing_from_json,
    )
    .await
}

/// Cash per unit.
pub(super) async fn dividend(
    state: State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    told(
        state,
        path,
        query,
        headers,
        body,
        change::dividend_from_json,
    )
    .await
}

/// New units for old ones.
pub(super) async fn split(
    state: State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    told(state, path, query, headers, body, change::split_from_json).await
}

/// What a unit of one currency is worth in another.
pub(super) async fn convert(
    State(app): State<Arc<App>>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let key = key(&app, &headers)?;
    let bytes = body::read(&app, &headers, body).await?;
    let conversion = change::conversion_from_json(&bytes).map_err(body::refused)?;
    send(&app, Submission::Conversion(conversion), key).await
}

/// A change that books something: to repeat it safely takes a key.
async fn told(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
    read: fn(&[u8]) -> Result<MarketChange, BodyError>,
) -> Result<Response, Problem> {
    let (_, instrument) = instrument_of(&app, path, query)?;
    let key = key(&app, &headers)?;
    let bytes = body::read(&app, &headers, body).await?;
    let change = read(&bytes).map_err(body::refused)?;
    send(&app, Submission::Market { instrument, change }, key).await
}

fn instrument_of(
    app: &App,
    path: Segments<String>,
    query: Pairs,
) -> Result<(String, InstrumentId), Problem> {
    parameter(query, None)?;
    let text = segments(path)?;
    let id = InstrumentId(number("instrument", &text, u32::MAX)?);
    if app.handle.views().instruments.len() <= id.0 as usize {
        return Err(instruments::unknown(app, &text));
    }
    Ok((text, id))
}
