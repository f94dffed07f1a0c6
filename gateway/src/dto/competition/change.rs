//! Who enters a competition, and what its organiser makes of it, from documents.

use types::{AccountId, CompetitionChange, TeamId};

use crate::dto::body::{BodyError, json};
use crate::dto::document::{Field, FieldError, Table};
use crate::dto::names::Names;
use crate::dto::word::Word;

/// The fields of an entry.
pub const ENTRY_FIELDS: [&str; 2] = ["account", "team"];

/// The fields of a change.
pub const CHANGE_FIELDS: [&str; 3] = ["change", "account", "reason"];

/// What is made of a competition, without whom it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    End,
    Disqualify,
    Reinstate,
    Finalise,
}

impl Word for Kind {
    const ALL: &'static [Self] = &[Self::End, Self::Disqualify, Self::Reinstate, Self::Finalise];

    fn word(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Disqualify => "disqualify",
            Self::Reinstate => "reinstate",
            Self::Finalise => "finalise",
        }
    }
}

/// The entry of an HTTP request.
///
/// # Errors
/// See [`BodyError`].
pub fn entry_from_json(
    body: &[u8],
    names: &Names,
) -> Result<(AccountId, Option<TeamId>), BodyError> {
    let node = json(body)?;
    let table = Field::root(&node).table(&ENTRY_FIELDS)?;
    Ok(read_entry(&table, |field| account_of(field, names))?)
}

/// The change of an HTTP request.
///
/// # Errors
/// See [`BodyError`].
pub fn change_from_json(body: &[u8], names: &Names) -> Result<CompetitionChange, BodyError> {
    let node = json(body)?;
    let table = Field::root(&node).table(&CHANGE_FIELDS)?;
    Ok(read_change(&table, |field| account_of(field, names))?)
}

fn account_of(field: &Field<'_>, names: &Names) -> Result<AccountId, FieldError> {
    const ACCEPTED: &str = "the id of an account in quotes, such as \"7\"";
    names
        .account_id(field.text(ACCEPTED)?)
        .ok_or_else(|| field.error(ACCEPTED))
}

/// Reads who enters, and for which team. `account` says whose id a field is.
///
/// # Errors
/// The first field that is not accepted.
pub fn read_entry(
    table: &Table<'_>,
    account: impl Fn(&Field<'_>) -> Result<AccountId, FieldError>,
) -> Result<(AccountId, Option<TeamId>), FieldError> {
    const TEAM: &str = "the number of a team in quotes, such as \"7\"";
    let id = account(&table.field("account"))?;
    let team = match table.optional("team") {
        Some(field) => {
            let text = field.text(TEAM)?;
            // One spelling for each team.
            let number = text
                .parse()
                .ok()
                .filter(|number: &u32| number.to_string() == text);
            Some(TeamId(number.ok_or_else(|| field.error(TEAM))?))
        }
        None => None,
    };
    Ok((id, team))
}

/// Reads a change. `account` says whose id a field is.
///
/// # Errors
/// The first field that is not accepted.
pub fn read_change(
    table: &Table<'_>,
    account: impl Fn(&Field<'_>) -> Result<AccountId, FieldError>,
) -> Result<CompetitionChange, FieldError> {
    let kind: Kind = table.field("change").word()?;
    let alone = || format!("none with {}", kind.word());
    if kind != Kind::Disqualify {
        table.absent("reason", alone)?;
    }
    Ok(match kind {
        Kind::Disqualify => CompetitionChange::Disqualify {
            account: account(&table.field("account"))?,
            reason: table.field("reason").word()?,
        },
        Kind::Reinstate => CompetitionChange::Reinstate {
            account: account(&table.field("account"))?,
        },
        Kind::End | Kind::Finalise => {
            table.absent("account", alone)?;
            match kind {
                Kind::End => CompetitionChange::End,
                _ => CompetitionChange::Finalise,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use types::DisqualificationReason;

    use super::*;
    use crate::dto::document::Node;

    fn number(field: &Field<'_>) -> Result<AccountId, FieldError> {
        field.parse("a number").map(AccountId)
    }

    fn change(json: &str) -> Result<CompetitionChange, String> {
        let node = Node::from_json(json.as_bytes()).unwrap();
        let table = Field::root(&node).table(&CHANGE_FIELDS);
        table
            .and_then(|table| read_change(&table, number))
            .map_err(|error| error.to_string())
    }

    fn entry(json: &str) -> Result<(AccountId, Option<TeamId>), String> {
        let node = Node::from_json(json.as_bytes()).unwrap();
        let table = Field::root(&node).table(&ENTRY_FIELDS);
        table
            .and_then(|table| read_entry(&table, number))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_change_has_the_fields_of_its_kind() {
        let account = AccountId(7);
        let reason = DisqualificationReason::CopiedTrades;
        assert_eq!(change(r#"{"change":"end"}"#), Ok(CompetitionChange::End));
        assert_eq!(
            change(r#"{"change":"disqualify","account":"7","reason":"copied_trades"}"#),
            Ok(CompetitionChange::Disqualify { account, reason })
        );
        assert_eq!(
            change(r#"{"change":"reinstate","account":"7"}"#),
            Ok(CompetitionChange::Reinstate { account })
        );
        assert_eq!(
            change(r#"{"change":"finalise"}"#),
            Ok(CompetitionChange::Finalise)
        );
        for (json, expected) in [
            (
                r#"{"change":"stop"}"#,
                "change: value 'stop': accepted \"end\" or \"disqualify\" or \"reinstate\" or \
                 \"finalise\"",
            ),
            (
                r#"{"change":"end","account":"7"}"#,
                "account: value '7': accepted none with end",
            ),
            (
                r#"{"change":"reinstate","account":"7","reason":"terms"}"#,
                "reason: value 'terms': accepted none with reinstate",
            ),
        ] {
            assert_eq!(change(json), Err(expected.to_owned()));
        }
        assert!(change(r#"{"change":"disqualify","account":"7"}"#).is_err());
    }

    #[test]
    fn a_team_has_one_spelling() {
        assert_eq!(entry(r#"{"account":"1"}"#), Ok((AccountId(1), None)));
        let with_team = entry(r#"{"account":"1","team":"0"}"#);
        assert_eq!(with_team, Ok((AccountId(1), Some(TeamId(0)))));
        for team in ["\"07\"", "7", "\"-1\"", "\"4294967296\""] {
            assert!(entry(&format!(r#"{{"account":"1","team":{team}}}"#)).is_err());
        }
    }
}
