//! What became of a competition's definition, entries and changes.

use axum::http::StatusCode;
use runtime::Receipt;
use serde_json::{Value, json};
use types::{
    AccountId, CompetitionChange, CompetitionId, ContestRefusal, EntryRefusal, EventKind,
    InputRejection,
};

use super::{beside, input_rejected, rejected};
use crate::app::App;
use crate::dto::event;
use crate::dto::word::{self, Word};
use crate::problem::Problem;
use crate::rest::accounts::unknown_account;
use crate::rest::submission::ContestEntry;
use crate::show;

/// A new competition, as JSON, or why it was refused.
pub(in crate::rest) fn of_definition(app: &App, receipt: &Receipt) -> Result<String, Problem> {
    for fact in &receipt.events {
        match fact.kind {
            EventKind::CompetitionDefined { competition } => {
                let head = json!({ "competition": competition.to_string() });
                return Ok(with_events(app, &head, competition, receipt));
            }
            EventKind::InputRejected { reason } => return Err(input_rejected(reason)),
            _ => {}
        }
    }
    Err(rejected("no_outcome"))
}

/// An entry, as JSON, or why it was refused.
pub(in crate::rest) fn of_entry(
    app: &App,
    entry: ContestEntry,
    receipt: &Receipt,
) -> Result<String, Problem> {
    let ContestEntry {
        competition,
        account,
        team,
    } = entry;
    for fact in &receipt.events {
        match fact.kind {
            EventKind::CompetitionEntered {
                competition: entered,
                account: entrant,
            } if entered == competition && entrant == account => {
                let head = json!({
                    "competition": competition.to_string(),
                    "account": account.to_string(),
                    "team": team.map(|team| team.to_string()),
                });
                return Ok(with_events(app, &head, competition, receipt));
            }
            EventKind::CompetitionDenied { reason, .. } => {
                return Err(denied(competition, reason, "upcoming or live"));
            }
            EventKind::InputRejected {
                reason: InputRejection::UnknownCompetition,
            } => return Err(unknown(app, competition)),
            EventKind::InputRejected {
                reason: InputRejection::UnknownAccount,
            } => return Err(unknown_account(app, &account.to_string())),
            EventKind::InputRejected {
                reason: InputRejection::CannotEnter(refusal),
            } => return Err(cannot_enter(account, refusal)),
            EventKind::InputRejected { reason } => return Err(input_rejected(reason)),
            _ => {}
        }
    }
    Err(rejected("no_outcome"))
}

/// An account that cannot enter, and what could.
fn cannot_enter(account: AccountId, refusal: EntryRefusal) -> Problem {
    let (detail, accepted) = match refusal {
        EntryRefusal::Entered { competition } => (
            format!("the account is in competition {competition} already"),
            "an account that is in no competition",
        ),
        EntryRefusal::NotTrading { state } => (
            format!("the account is {}", state.word()),
            "an account that is in an evaluation or funded",
        ),
        EntryRefusal::NoEquity => (
            "the account's equity is not above 0".to_owned(),
            "an account with equity above 0",
        ),
        EntryRefusal::PaysOut => (
            "the account's plan pays out, and money that leaves is no loss".to_owned(),
            "an account of a plan without payout",
        ),
        EntryRefusal::Scales => (
            "the account's plan scales, and money that is added is no return".to_owned(),
            "an account of a plan without scaling",
        ),
    };
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Problem::new(status, word::entry_refusal(refusal), detail).with(
        "account",
        Some(&account.to_string()),
        accepted,
    )
}

/// A changed competition, as JSON, or why it was not changed.
pub(in crate::rest) fn of_change(
    app: &App,
    competition: CompetitionId,
    change: CompetitionChange,
    receipt: &Receipt,
) -> Result<String, Problem> {
    let states = match change {
        CompetitionChange::End => "live",
        CompetitionChange::Finalise => "in_review",
        _ => "upcoming, live or in_review",
    };
    for fact in &receipt.events {
        match fact.kind {
            EventKind::CompetitionDenied { reason, .. } => {
                return Err(denied(competition, reason, states));
            }
            EventKind::InputRejected {
                reason: InputRejection::UnknownCompetition,
            } => return Err(unknown(app, competition)),
            EventKind::InputRejected { reason } => return Err(input_rejected(reason)),
            _ => {}
        }
    }
    let head = json!({ "competition": competition.to_string() });
    Ok(with_events(app, &head, competition, receipt))
}

/// The facts about this competition beside `head`; one input can have effects on others.
fn with_events(app: &App, head: &Value, competition: CompetitionId, receipt: &Receipt) -> String {
    let names = &app.projections.catalogue.load().names;
    let told: Vec<_> = event::events(&receipt.events, names)
        .filter(|event| competition_of(&event.event().kind) == Some(competition))
        .map(|event| show::json(&event))
        .collect();
    beside(head, told.iter())
}

/// The competition that a fact is about.
const fn competition_of(kind: &EventKind) -> Option<CompetitionId> {
    match *kind {
        EventKind::CompetitionDefined { competition }
        | EventKind::CompetitionEntered { competition, .. }
        | EventKind::CompetitionChanged { competition, .. }
        | EventKind::BoardFrozen { competition }
        | EventKind::Disqualified { competition, .. }
        | EventKind::Reinstated { competition, .. }
        | EventKind::PrizeAwarded { competition, .. }
        | EventKind::PrizesUnclaimed { competition, .. } => Some(competition),
        _ => None,
    }
}

/// A competition that there is not.
pub(in crate::rest) fn unknown(app: &App, id: CompetitionId) -> Problem {
    let known = app.handle.views().boards.len();
    let accepted = format!("one of the {known} competitions, counted from 0");
    Problem::not_found("competition", "competition", &id.to_string(), accepted)
}

/// A refusal of the competition's rules, of what it takes in these `states` only.
fn denied(competition: CompetitionId, reason: ContestRefusal, states: &str) -> Problem {
    let kind = word::contest_refusal(reason);
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, kind, reason.to_string());
    let of = |problem: Problem, accepted: String| {
        problem.with("competition", Some(&competition.to_string()), accepted)
    };
    match reason {
        ContestRefusal::State(_) => of(problem, format!("a competition that is {states}")),
        ContestRefusal::LateEntry => of(
            problem,
            "a competition that is upcoming, or takes late entries".to_owned(),
        ),
        ContestRefusal::Full { max } => of(
            problem,
            format!("a competition with fewer entrants than it may have, {max}"),
        ),
        ContestRefusal::EndsByItself => of(problem, "a competition without a window".to_owned()),
        ContestRefusal::NeedsTeam => problem.with("team", None, "a team"),
        ContestRefusal::HasNoTeams => problem.with("team", None, "no team"),
        ContestRefusal::UnknownEntrant(account) => {
            let accepted = "an account that has entered this competition";
            problem.with("account", Some(&account.to_string()), accepted)
        }
        ContestRefusal::IsDisqualified(account) => {
            let accepted = "an account that is not disqualified";
            problem.with("account", Some(&account.to_string()), accepted)
        }
        ContestRefusal::IsNotDisqualified(account) => {
            let accepted = "an account that is disqualified";
            problem.with("account", Some(&account.to_string()), accepted)
        }
    }
}
