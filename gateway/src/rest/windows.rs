//! Intervals of calendars, and the windows that are open by them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use types::{Command, EventKind};

use super::query::{Pairs, parameter};
use super::submission::execute;
use super::{body, json, outcome};
use crate::app::App;
use crate::dto::window;
use crate::problem::Problem;
use crate::show;

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
    let bytes = body::read(&app, &headers, body).await?;
    let (calendar, interval) = window::from_json(&bytes).map_err(body::refused)?;
    let command = Command::AnnounceWindow { calendar, interval };
    let receipt = execute(&app, command, "/v1/windows shows what is known").await?;
    let is_new = receipt
        .events
        .iter()
        .any(|event| matches!(event.kind, EventKind::WindowAnnounced { .. }));
    let told = outcome::of_announcement(&app, calendar, interval, is_new, &receipt)?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(json(status, told))
}
