//! Lists: orders that depend on each other.
//!
//! All are of the one account and the one instrument that the list names. What a kind asks of its
//! orders, the engine checks.

use types::{AccountId, ClientOrderId, InstrumentId, NewOrder, OrderList};

use super::{BodyError, Header, json, read, read_client_order, read_instrument, with_terms};
use crate::dto::document::{Field, FieldError, Table};
use crate::dto::names::Names;

/// The list of an HTTP request for this account. Ids are numbers.
///
/// # Errors
/// See [`BodyError`].
pub fn from_json(body: &[u8], account: AccountId, names: &Names) -> Result<OrderList, BodyError> {
    let node = json(body)?;
    let table = Field::root(&node).table(&["kind", "instrument", "orders"])?;
    let kind = table.field("kind").word()?;
    let instrument = read_instrument(&table, names)?;
    let client_order = |order: &Table<'_>| read_client_order(order, names);
    let orders = read_orders(&table, "type", account, instrument, client_order)?;
    Ok(OrderList { kind, orders })
}

/// Reads the field `orders`: each with its id, as `client_order` reads it, and the fields of an order.
///
/// # Errors
/// The first field that is not accepted.
pub fn read_orders(
    table: &Table<'_>,
    kind_field: &str,
    account: AccountId,
    instrument: InstrumentId,
    mut client_order: impl FnMut(&Table<'_>) -> Result<ClientOrderId, FieldError>,
) -> Result<Vec<NewOrder>, FieldError> {
    let orders = table.field("orders");
    let fields = orders.list()?;
    if fields.is_empty() {
        return Err(orders.error("at least one order"));
    }
    fields
        .iter()
        .map(|field| {
            let order = field.table(&with_terms(&["client_order_id", kind_field]))?;
            let header = Header {
                account,
                client_order: client_order(&order)?,
                instrument,
            };
            read(&order, kind_field, header)
        })
        .collect()
}
