//! Changes of working orders.

use types::{AccountId, Command, OrderId, Price, Qty};

use super::{BodyError, json};
use crate::dto::document::{Field, FieldError, Table};

/// What changes; what is `None` stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changes {
    /// Total quantity, filled part included.
    pub qty: Option<Qty>,
    /// Limit price.
    pub price: Option<Price>,
    /// Trigger.
    pub trigger: Option<Price>,
}

impl Changes {
    /// The command that makes them.
    pub const fn command(self, account: AccountId, order: OrderId) -> Command {
        Command::AmendOrder {
            account,
            order,
            qty: self.qty,
            price: self.price,
            trigger: self.trigger,
        }
    }
}

/// The changes of an HTTP request.
///
/// # Errors
/// See [`BodyError`].
pub fn from_json(body: &[u8]) -> Result<Changes, BodyError> {
    let node = json(body)?;
    Ok(read(
        &Field::root(&node).table(&["qty", "price", "trigger"])?,
    )?)
}

/// Reads `qty`, `price` and `trigger`, of which at least one is there.
///
/// # Errors
/// The first field that is not accepted.
pub fn read(table: &Table<'_>) -> Result<Changes, FieldError> {
    let price = |name| table.optional(name).map(|price| price.price()).transpose();
    let changes = Changes {
        qty: table.optional("qty").map(|qty| qty.qty()).transpose()?,
        price: price("price")?,
        trigger: price("trigger")?,
    };
    if (changes.qty, changes.price, changes.trigger) == (None, None, None) {
        return Err(table.field("qty").error("a qty, a price or a trigger"));
    }
    Ok(changes)
}
