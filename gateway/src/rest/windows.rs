//! Intervals of calendars, and the windows that are open by them.

use std::sync::Arc;

use super::query::{Pairs, parameter};
use super::submission::{Submission, key, send};
use super::{body, json};
use crate::app::App;
use crate::dto::window;
use crate::problem::Problem;
use crate::show;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// What is known and open.
pub(super) async fn list(State(app): State<Arc<App>>, query: Pairs) -> Result<Response, Problem> {
    parameter(query, None)?;
    let windows = show::windows(&app, &app.handle.views());
    Ok(json(StatusCode::OK, windows.to_string()))
}

/// Makes an interval known.
pub(super) async fn announce(
    State(app): State<Arc<App>>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let key = key(&app, &headers)?;
    let bytes = body::read(&app, &headers, body).await?;
    let (calendar, interval) = window::from_json(&bytes).map_err(body::refused)?;
    send(&app, Submission::Window { calendar, interval }, key).await
}
