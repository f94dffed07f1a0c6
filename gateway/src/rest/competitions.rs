//! Competitions: defining, entering and changing them, their boards, and what their reviewers look at.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use runtime::{BOARD_ROWS_MAX, BoardPage, BoardPlace, BoardRows, BoardView, CompetitionView};
use serde_json::json as value;
use tokio::time::{self, Instant};
use types::{AccountId, Command, CompetitionId};

use super::query::{Pairs, Segments, bad_parameter, number, parameter, parameters, segments, word};
use super::submission::{ContestEntry, Submission, acknowledged, execute, key, send};
use super::{answered, body, json, outcome};
use crate::app::App;
use crate::channel::array;
use crate::dto::board::{TeamRowDto, WholeContestDto};
use crate::dto::{SignalsDto, Word, competition};
use crate::problem::Problem;
use crate::show;

/// Between two looks at whether the views have a change.
const VIEWS_POLL: Duration = Duration::from_millis(5);
/// Rows around an account where the query does not say how many.
const AROUND_ROWS: u32 = 11;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/competitions", get(list).post(define))
        .route("/v1/competitions/{competition}", get(whole).patch(change))
        .route("/v1/competitions/{competition}/entrants", post(enter))
        .route("/v1/competitions/{competition}/board", get(board))
        .route("/v1/competitions/{competition}/teams", get(teams))
        .route("/v1/competitions/{competition}/signals", get(signals))
}

/// Every competition in short.
async fn list(State(app): State<Arc<App>>, query: Pairs) -> Result<Response, Problem> {
    parameter(query, None)?;
    let views = app.handle.views();
    let head = |page: &BoardPage| show::contest(&app, &page.competition);
    let heads: Vec<_> = views.boards.iter().map(head).collect();
    Ok(json(StatusCode::OK, show::list("competitions", &heads)))
}

/// A competition with its definition and the prizes of now.
async fn whole(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let (_, view) = competition_of(&app, &segments(path)?)?;
    let names = &app.projections.catalogue.load().names;
    let whole = show::json(&WholeContestDto::new(&view, names));
    Ok(json(StatusCode::OK, whole.to_string()))
}

/// Defines a competition.
async fn define(
    State(app): State<Arc<App>>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let key = key(&app, &headers)?;
    let bytes = body::read(&app, &headers, body).await?;
    let definition = competition::from_json(&bytes).map_err(body::refused)?;
    let mode = app.config.mode;
    if definition.kind != mode {
        let (kind, accepted) = (definition.kind.word(), mode.word());
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "kind",
            format!("the accounts of this server are {accepted}"),
        )
        .with("kind", Some(kind), accepted));
    }
    let defined = send(&app, Submission::Competition(Box::new(definition)), key).await?;
    shown(&app).await;
    Ok(defined)
}

/// Waits until the views have what is applied now, so that whoever defined or changed a competition finds it so.
async fn shown(app: &App) {
    let seq = app.handle.applied_seq();
    let deadline = Instant::now() + app.config.limits.receipt_wait_max;
    while app.handle.views().seq < seq && Instant::now() < deadline {
        time::sleep(VIEWS_POLL).await;
    }
}

/// Enters an account.
async fn enter(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let competition = competition_id(&segments(path)?)?;
    let key = key(&app, &headers)?;
    let bytes = body::read(&app, &headers, body).await?;
    let names = &app.projections.catalogue.load().names;
    let (account, team) = competition::entry_from_json(&bytes, names).map_err(body::refused)?;
    let entry = ContestEntry {
        competition,
        account,
        team,
    };
    send(&app, Submission::Entry(entry), key).await
}

/// Ends or finalises a competition, disqualifies or reinstates an entrant.
async fn change(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let competition = competition_id(&segments(path)?)?;
    let bytes = body::read(&app, &headers, body).await?;
    let names = &app.projections.catalogue.load().names;
    let change = competition::change_from_json(&bytes, names).map_err(body::refused)?;
    let command = Command::ChangeCompetition {
        competition,
        change,
    };
    let look_up = format!("/v1/competitions/{competition} shows its state");
    let receipt = execute(&app, command, &look_up).await?;
    let changed = outcome::contest::of_change(&app, competition, change, &receipt);
    if changed.is_ok() {
        shown(&app).await;
    }
    let told = changed.map(|body| json(StatusCode::OK, body));
    Ok(acknowledged(&receipt, told))
}

/// A page of a board, or the rows around an account.
async fn board(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    let [view, around, rows, cursor] = parameters(query, ["view", "around", "rows", "cursor"])?;
    let (id, _) = competition_of(&app, &segments(path)?)?;
    let view = view_of(view)?;
    let rows = rows.map(|text| rows_of(&text)).transpose()?;
    let wanted = match (&around, &cursor) {
        (None, None) => BoardRows::From(BoardPlace::Rank(1), rows.unwrap_or(BOARD_ROWS_MAX)),
        (None, Some(text)) => BoardRows::From(place_of(text)?, rows.unwrap_or(BOARD_ROWS_MAX)),
        (Some(text), None) => {
            let account = AccountId(number("around", text, u32::MAX)?);
            BoardRows::Around(account, rows.unwrap_or(AROUND_ROWS))
        }
        (Some(_), Some(text)) => {
            return Err(bad_parameter("cursor", text, "none together with around"));
        }
    };
    let asked = app.handle.board(id, view, wanted);
    let taken = answered(&app, asked).await?;
    let page = taken.page.ok_or_else(|| {
        let text = around.unwrap_or_default();
        let accepted = "an account that has entered this competition";
        Problem::not_found("entrant", "around", &text, accepted.to_owned())
    })?;
    let (competition, rows) = show::board(&app, &page);
    let mut body = format!(
        r#"{{"seq":"{}","ts":"{}","view":"{}","competition":{competition},"rows":"#,
        taken.seq,
        taken.ts,
        view.word(),
    );
    array(&mut body, rows.iter().map(|(_, row)| row));
    body.push_str(",\"next\":");
    body.push_str(&value!(page.next.map(cursor_text)).to_string());
    body.push('}');
    Ok(json(StatusCode::OK, body))
}

/// A page of the team board.
async fn teams(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    const CURSOR: &str = "the next of the page before";
    let [view, rows, cursor] = parameters(query, ["view", "rows", "cursor"])?;
    let text = segments(path)?;
    let (id, competition) = competition_of(&app, &text)?;
    let view = view_of(view)?;
    let rows = rows.map_or(Ok(BOARD_ROWS_MAX), |text| rows_of(&text))? as usize;
    let from: usize = match &cursor {
        Some(text) => text
            .parse()
            .map_err(|_| bad_parameter("cursor", text, CURSOR))?,
        None => 0,
    };
    let asked = app.handle.teams(id, view);
    let taken = answered(&app, asked).await?;
    let teams = taken.teams.ok_or_else(|| {
        let accepted = "a competition that has teams";
        Problem::not_found("team board", "competition", &text, accepted.to_owned())
    })?;
    let names = &app.projections.catalogue.load().names;
    let page: Vec<_> = teams
        .iter()
        .skip(from)
        .take(rows)
        .map(|team| show::json(&TeamRowDto::new(team, names)))
        .collect();
    let next = from.saturating_add(page.len());
    let mut body = format!(
        r#"{{"seq":"{}","ts":"{}","view":"{}","competition":{},"rows":"#,
        taken.seq,
        taken.ts,
        view.word(),
        show::contest(&app, &competition),
    );
    array(&mut body, page.iter());
    body.push_str(",\"next\":");
    let next = (next < teams.len()).then(|| next.to_string());
    body.push_str(&value!(next).to_string());
    body.push('}');
    Ok(json(StatusCode::OK, body))
}

/// What a reviewer should look at.
async fn signals(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let (id, _) = competition_of(&app, &segments(path)?)?;
    let report = app
        .projections
        .review
        .report(id)
        .ok_or_else(|| Problem::unavailable("the competition's signals are not known yet"))?;
    let names = &app.projections.catalogue.load().names;
    let report = show::json(&SignalsDto::new(id, &report, names));
    Ok(json(StatusCode::OK, report.to_string()))
}

/// The competition of a path, as the newest views have it.
fn competition_of(app: &App, text: &str) -> Result<(CompetitionId, CompetitionView), Problem> {
    let id = competition_id(text)?;
    let views = app.handle.views();
    let page = views.boards.get(id.0 as usize);
    let page = page.ok_or_else(|| outcome::contest::unknown(app, id))?;
    Ok((id, page.competition.clone()))
}

fn competition_id(text: &str) -> Result<CompetitionId, Problem> {
    number("competition", text, u32::MAX).map(CompetitionId)
}

fn view_of(text: Option<String>) -> Result<BoardView, Problem> {
    text.map_or(Ok(BoardView::Public), |text| word("view", &text))
}

fn rows_of(text: &str) -> Result<u32, Problem> {
    text.parse()
        .ok()
        .filter(|rows| (1..=BOARD_ROWS_MAX).contains(rows))
        .ok_or_else(|| bad_parameter("rows", text, format!("1 to {BOARD_ROWS_MAX}")))
}

/// A place as the answer before told it.
fn place_of(text: &str) -> Result<BoardPlace, Problem> {
    let place = match text.split_once(':') {
        Some(("rank", rank)) => rank.parse().ok().map(BoardPlace::Rank),
        Some(("behind", account)) => account.parse().ok().map(AccountId).map(BoardPlace::Behind),
        _ => None,
    };
    place
        .filter(|place| cursor_text(*place) == text)
        .ok_or_else(|| bad_parameter("cursor", text, "the next of the page before"))
}

fn cursor_text(place: BoardPlace) -> String {
    match place {
        BoardPlace::Rank(rank) => format!("rank:{rank}"),
        BoardPlace::Behind(account) => format!("behind:{account}"),
    }
}
