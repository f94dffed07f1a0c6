//! The server about itself.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use runtime::Status;
use serde_json::json;
use types::{AccountId, AccountState, Ratio};

use super::json as json_response;
use crate::app::App;
use crate::dto::Word as _;
use crate::metrics;
use crate::problem::Problem;

/// An account that has used more of a limit than this may be gone before anybody
/// has looked at it.
const USED_FEATURED_MAX: Ratio = Ratio(600_000_000);

pub(super) async fn health(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let ill = |kind, detail: String| Problem::new(StatusCode::SERVICE_UNAVAILABLE, kind, detail);
    match app.handle.status() {
        Status::Failed(reason) => {
            return Err(ill("failed", format!("the engine has failed: {reason}")));
        }
        Status::Stopped => return Err(ill("stopped", "the engine has stopped".to_owned())),
        Status::Running | Status::SourceEnded => {}
    }
    if app.hub.is_stopping() {
        return Err(ill("stopping", "the server is stopping".to_owned()));
    }
    let stats = app.handle.stats();
    let (is_disk_full, is_snapshot_overdue) = (stats.is_disk_full, stats.is_snapshot_overdue);
    let is_clock_behind = !stats.clock_behind.is_zero();
    let is_degraded = is_disk_full || is_snapshot_overdue || is_clock_behind;
    let body = json!({
        // Without room for the journal reads go on and commands are refused; without snapshots all goes on; behind
        // a clock that is behind all goes on but time.
        "status": if is_degraded { "degraded" } else { "ok" },
        "is_disk_full": is_disk_full,
        "is_snapshot_overdue": is_snapshot_overdue,
        "is_clock_behind": is_clock_behind,
        "engine_seq": app.handle.applied_seq().to_string(),
        "durable_seq": app.handle.durable_seq().to_string(),
        "ts": app.handle.views().ts.to_string(),
    });
    Ok(json_response(StatusCode::OK, body.to_string()))
}

pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, content_type)], metrics::text(&app)).into_response()
}

pub(super) async fn meta(State(app): State<Arc<App>>) -> Response {
    let config = &app.config;
    let body = json!({
        "name": "Dynasty",
        "version": env!("CARGO_PKG_VERSION"),
        "mode": config.mode.word(),
        "ack_mode": metrics::ack_mode(app.handle.ack_mode()),
        "ws": "/v1/ws",
        "competition": config.competition.to_string(),
        "featured_account": featured_account(&app).to_string(),
        "featured_instrument": config.featured_instrument.to_string(),
        "rate": config.rate_text(),
    });
    json_response(StatusCode::OK, body.to_string())
}

/// The trading account that is closest to a limit without being almost over it; the first account
/// when there is none.
fn featured_account(app: &App) -> AccountId {
    if let Some(account) = app.config.featured_account {
        return account;
    }
    let views = app.handle.views();
    let at_stake = views.accounts.iter().filter(|row| {
        let trades = matches!(row.state, AccountState::Evaluation | AccountState::Funded);
        trades && !row.day_locked && row.used.is_some_and(|used| used < USED_FEATURED_MAX)
    });
    at_stake
        .max_by_key(|row| (row.used, Reverse(row.id)))
        .map_or(AccountId(0), |row| row.id)
}
