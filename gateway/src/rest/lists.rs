//! What everybody sees: instruments, accounts in short.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use types::AccountState;

use super::json;
use super::query::{Pairs, parameter, word};
use crate::app::App;
use crate::problem::Problem;
use crate::show;

pub(super) async fn instruments(
    State(app): State<Arc<App>>,
    query: Pairs,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let rows = show::instruments(&app, &app.handle.views());
    Ok(json(
        StatusCode::OK,
        show::list("instruments", rows.iter().map(|(_, row)| row)),
    ))
}

pub(super) async fn accounts(
    State(app): State<Arc<App>>,
    query: Pairs,
) -> Result<Response, Problem> {
    let state = match parameter(query, Some("state"))? {
        Some(text) => Some(word::<AccountState>("state", &text)?),
        None => None,
    };
    let views = app.handle.views();
    let rows = show::account_rows(&app, &views);
    let wanted = rows
        .iter()
        .zip(&views.accounts)
        .filter_map(|((_, row), account)| {
            state
                .is_none_or(|state| account.state == state)
                .then_some(row)
        });
    Ok(json(StatusCode::OK, show::list("accounts", wanted)))
}
