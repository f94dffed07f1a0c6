//! Suspensions, ends of suspensions, and ends of accounts.

use types::AccountChange;

use crate::dto::body::{BodyError, json};
use crate::dto::document::{Field, FieldError, Table};

/// The suspension of an HTTP request: `reason`, and `until` where it ends by itself.
///
/// # Errors
/// See [`BodyError`].
pub fn suspend_from_json(body: &[u8]) -> Result<AccountChange, BodyError> {
    let node = json(body)?;
    let table = Field::root(&node).table(&["reason", "until"])?;
    Ok(read_suspend(&table)?)
}

/// Reads `reason` and `until`.
///
/// # Errors
/// The first field that is not accepted.
fn read_suspend(table: &Table<'_>) -> Result<AccountChange, FieldError> {
    Ok(AccountChange::Suspend {
        reason: table.field("reason").word()?,
        until: table
            .optional("until")
            .map(|until| until.timestamp())
            .transpose()?,
    })
}

/// Reads `change` and, of a suspension alone, `reason` and `until`.
///
/// # Errors
/// The first field that is not accepted.
pub fn read(table: &Table<'_>) -> Result<AccountChange, FieldError> {
    const CHANGE: &str = "\"suspend\" or \"resume\" or \"close\"";
    let field = table.field("change");
    let change = match field.text(CHANGE)? {
        "suspend" => return read_suspend(table),
        "resume" => AccountChange::Resume,
        "close" => AccountChange::Close,
        _ => return Err(field.error(CHANGE)),
    };
    for name in ["reason", "until"] {
        table.absent(name, || format!("no {name}: that is for \"suspend\""))?;
    }
    Ok(change)
}
