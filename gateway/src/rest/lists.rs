//! What everybody sees: instruments, accounts in short, boards.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use types::{AccountState, CompetitionId};

use super::json;
use super::query::{Pairs, Segments, number, parameter, segments, word};
use crate::app::App;
use crate::channel::array;
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

pub(super) async fn board(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let text = segments(path)?;
    let CompetitionId(id) = CompetitionId(number("competition", &text, u32::MAX)?);
    let views = app.handle.views();
    let board = views.boards.get(id as usize).ok_or_else(|| {
        let accepted = format!(
            "one of the {} competitions, counted from 0",
            views.boards.len()
        );
        Problem::not_found("competition", "competition", &text, accepted)
    })?;
    let (competition, rows) = show::board(&app, board);
    let mut body = format!(r#"{{"competition":{competition},"rows":"#);
    array(&mut body, rows.iter().map(|(_, row)| row));
    body.push('}');
    Ok(json(StatusCode::OK, body))
}
