//! One instrument: its market, its definition, its book.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use types::InstrumentId;

use super::query::{Pairs, Segments, bad_parameter, number, parameter, segments};
use super::{answered, json};
use crate::app::App;
use crate::dto::{BookDto, DefinitionDto, InstrumentDto};
use crate::problem::Problem;
use crate::show;

/// Levels of each side of a book where the query does not say how many.
const LEVELS: usize = 20;
/// The most levels of each side of a book.
const LEVELS_MAX: usize = 1_000;

pub(super) async fn whole(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let text = segments(path)?;
    let InstrumentId(id) = InstrumentId(number("instrument", &text, u32::MAX)?);
    let views = app.handle.views();
    let view = views
        .instruments
        .get(id as usize)
        .ok_or_else(|| unknown(&app, &text))?;
    let names = &app.projections.catalogue.load().names;
    let market = show::json(&InstrumentDto::new(view, names));
    let definition = show::json(&DefinitionDto::new(&view.instrument, names));
    let head = market.strip_suffix('}').unwrap_or_default();
    Ok(json(
        StatusCode::OK,
        format!(r#"{head},"definition":{definition}}}"#),
    ))
}

pub(super) async fn book(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    const NAME: &str = "levels";
    let levels = match parameter(query, Some(NAME))? {
        None => LEVELS,
        Some(text) => text
            .parse()
            .ok()
            .filter(|levels| (1..=LEVELS_MAX).contains(levels))
            .ok_or_else(|| {
                let accepted = format!("a number of levels from 1 to {LEVELS_MAX}");
                bad_parameter(NAME, &text, accepted)
            })?,
    };
    let text = segments(path)?;
    let id = InstrumentId(number("instrument", &text, u32::MAX)?);
    if app.handle.views().instruments.len() <= id.0 as usize {
        return Err(unknown(&app, &text));
    }
    let taken = answered(&app, app.handle.book(id, levels)).await?;
    let book = taken.book.ok_or_else(|| {
        let accepted = "an instrument whose liquidity is crossed";
        Problem::not_found("book", "instrument", &text, accepted)
    })?;
    let names = &app.projections.catalogue.load().names;
    let shown = show::json(&BookDto::new(id, &book, names));
    Ok(json(StatusCode::OK, shown.to_string()))
}

pub(super) fn unknown(app: &App, text: &str) -> Problem {
    let instruments = app.handle.views().instruments.len();
    let accepted = format!("one of the {instruments} instruments, counted from 0");
    Problem::not_found("instrument", "instrument", text, accepted)
}
