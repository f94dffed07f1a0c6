//! How the feeds stand.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::json;
use super::query::{Pairs, parameter};
use crate::app::App;
use crate::dto::feed::FeedsDto;
use crate::problem::Problem;

/// Every feed, and each of its instruments.
pub(super) async fn list(State(app): State<Arc<App>>, query: Pairs) -> Result<Response, Problem> {
    parameter(query, None)?;
    let statuses: Vec<_> = app.config.feeds.iter().map(|feed| feed.load()).collect();
    let feeds = FeedsDto::new(
        statuses.iter().map(|status| &***status),
        marketdata::connection::now(),
    );
    Ok(json(StatusCode::OK, feeds.to_string()))
}
