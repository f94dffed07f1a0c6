//! Accounts to be opened.

use types::{AccountId, OpenAccount, Parentage};

use crate::dto::body::{BodyError, json};
use crate::dto::document::{Field, FieldError, Table};
use crate::dto::names::Names;

/// The account of an HTTP request: `plan`, `name`, and `parent` with `origin` where it follows another.
/// Ids are numbers.
///
/// # Errors
/// See [`BodyError`].
pub fn from_json(body: &[u8], names: &Names) -> Result<OpenAccount, BodyError> {
    const PLAN: &str = "the id of a plan";
    const ACCOUNT: &str = "the id of an account";
    let node = json(body)?;
    let table = Field::root(&node).table(&["plan", "name", "parent", "origin"])?;
    let plan = table.field("plan");
    Ok(OpenAccount {
        plan: names
            .plan_id(plan.text(PLAN)?)
            .ok_or_else(|| plan.error(PLAN))?,
        parent: read_parentage(&table, |parent| {
            let id = names.account_id(parent.text(ACCOUNT)?);
            id.ok_or_else(|| parent.error(ACCOUNT))
        })?,
        name: table.field("name").name()?,
    })
}

/// Reads `parent`, which `account` finds, and `origin`: both or neither.
///
/// # Errors
/// The first field that is not accepted.
pub fn read_parentage(
    table: &Table<'_>,
    account: impl FnOnce(&Field<'_>) -> Result<AccountId, FieldError>,
) -> Result<Option<Parentage>, FieldError> {
    let Some(parent) = table.optional("parent") else {
        table.absent("origin", || {
            "no origin: it says why an account follows its parent".to_owned()
        })?;
        return Ok(None);
    };
    Ok(Some(Parentage {
        account: account(&parent)?,
        origin: table.field("origin").word()?,
    }))
}

#[cfg(test)]
mod tests {
    use types::{Label, Origin, PlanId};

    use super::*;

    fn read(body: &str) -> Result<OpenAccount, String> {
        from_json(body.as_bytes(), &Names::numbers()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_account_may_follow_another() {
        let mut expected = OpenAccount {
            plan: PlanId(2),
            parent: None,
            name: Label::new("Anna").unwrap(),
        };
        assert_eq!(read(r#"{"plan":"2","name":"Anna"}"#), Ok(expected));
        expected.parent = Some(Parentage {
            account: AccountId(7),
            origin: Origin::NextPhase,
        });
        let body = r#"{"plan":"2","name":"Anna","parent":"7","origin":"next_phase"}"#;
        assert_eq!(read(body), Ok(expected));
    }

    #[test]
    fn parent_and_origin_come_together() {
        assert_eq!(
            read(r#"{"plan":"2","name":"Anna","parent":"7"}"#).unwrap_err(),
            r#"origin: missing: accepted "next_phase" or "reset" or "retry""#
        );
        assert_eq!(
            read(r#"{"plan":"2","name":"Anna","origin":"reset"}"#).unwrap_err(),
            "origin: value 'reset': accepted no origin: it says why an account follows its parent"
        );
        assert_eq!(
            read(r#"{"plan":"two","name":"Anna"}"#).unwrap_err(),
            "plan: value 'two': accepted the id of a plan"
        );
    }
}
