//! Orders, lists of orders and algos from outside.

pub mod algo;
pub mod amend;
mod kind;
pub mod list;
#[cfg(test)]
mod tests;

use types::{AccountId, ClientOrderId, InstrumentId, NewOrder, Qty, SelfTrade};

use super::body::{BodyError, json};
use super::document::{Field, FieldError, Table};
use super::names::Names;

/// The fields that say what an order asks for, beside the one that names its kind and those of its
/// [`Header`].
pub const TERMS: [&str; 15] = [
    "side",
    "qty",
    "price",
    "trigger",
    "trigger_on",
    "trail_amount",
    "trail_percent",
    "tif",
    "until",
    "display_qty",
    "post_only",
    "reduce_only",
    "cancel_on_disconnect",
    "self_trade",
    "position",
];

/// The fields of an order of an HTTP request beside [`TERMS`].
const HEAD: [&str; 3] = ["client_order_id", "instrument", "type"];

/// Who sends an order, what it is called, and what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Who trades.
    pub account: AccountId,
    /// The sender's identity for it; zero for none.
    pub client_order: ClientOrderId,
    /// What is traded.
    pub instrument: InstrumentId,
}

/// The order of an HTTP request for this account. Ids are numbers.
///
/// # Errors
/// See [`BodyError`].
pub fn from_json(body: &[u8], account: AccountId, names: &Names) -> Result<NewOrder, BodyError> {
    let node = json(body)?;
    let table = Field::root(&node).table(&with_terms(&HEAD))?;
    let header = Header {
        account,
        client_order: read_client_order(&table, names)?,
        instrument: read_instrument(&table, names)?,
    };
    Ok(read(&table, "type", header)?)
}

/// The order that a request asks about: as [`from_json`], but it needs no `client_order_id`, and is of more than
/// nothing. One that is sent is denied by the engine.
///
/// # Errors
/// See [`BodyError`].
pub fn question_from_json(
    body: &[u8],
    account: AccountId,
    names: &Names,
) -> Result<NewOrder, BodyError> {
    let node = json(body)?;
    let table = Field::root(&node).table(&with_terms(&HEAD))?;
    let client_order = match table.optional("client_order_id") {
        Some(_) => read_client_order(&table, names)?,
        None => ClientOrderId(0),
    };
    let header = Header {
        account,
        client_order,
        instrument: read_instrument(&table, names)?,
    };
    let order = read(&table, "type", header)?;
    check_question(&table, &order)?;
    Ok(order)
}

/// A question is about a quantity above 0.
///
/// # Errors
/// When `qty` is none.
pub fn check_question(table: &Table<'_>, order: &NewOrder) -> Result<(), FieldError> {
    if order.qty <= Qty::ZERO {
        return Err(table.field("qty").error("a quantity above 0"));
    }
    Ok(())
}

/// These fields and [`TERMS`].
pub fn with_terms<'a>(others: &[&'a str]) -> Vec<&'a str> {
    others.iter().chain(&TERMS).copied().collect()
}

/// Reads the `client_order_id` of an HTTP request.
fn read_client_order(table: &Table<'_>, names: &Names) -> Result<ClientOrderId, FieldError> {
    const ID: &str = "a decimal number from 1 to 2^128 - 1 in quotes";
    let id = table.field("client_order_id");
    names
        .known_client_order_id(id.text(ID)?)
        .ok_or_else(|| id.error(ID))
}

/// Reads the field `instrument`.
///
/// # Errors
/// When it is no id of an instrument.
pub fn read_instrument(table: &Table<'_>, names: &Names) -> Result<InstrumentId, FieldError> {
    const INSTRUMENT: &str = "the id of an instrument";
    let field = table.field("instrument");
    names
        .instrument_id(field.text(INSTRUMENT)?)
        .ok_or_else(|| field.error(INSTRUMENT))
}

/// Reads what is asked for from [`TERMS`] and the field called `kind_field`.
///
/// # Errors
/// The first field that is not accepted.
pub fn read(table: &Table<'_>, kind_field: &str, header: Header) -> Result<NewOrder, FieldError> {
    let flag = |name| match table.optional(name) {
        Some(field) => field.boolean(),
        None => Ok(false),
    };
    Ok(NewOrder {
        account: header.account,
        client_order: header.client_order,
        instrument: header.instrument,
        side: table.field("side").word()?,
        kind: kind::read_kind(table, kind_field)?,
        qty: table.field("qty").qty()?,
        tif: kind::read_tif(table)?,
        display: match table.optional("display_qty") {
            Some(display) => display.qty()?,
            None => Qty::ZERO,
        },
        post_only: flag("post_only")?,
        reduce_only: flag("reduce_only")?,
        cancel_on_disconnect: flag("cancel_on_disconnect")?,
        self_trade: match table.optional("self_trade") {
            Some(field) => field.word()?,
            None => SelfTrade::default(),
        },
        leg: read_leg(table)?,
    })
}

/// Reads the field `position`: the only one of the account where nothing is said.
fn read_leg(table: &Table<'_>) -> Result<types::Leg, FieldError> {
    match table.optional("position") {
        Some(field) => field.word(),
        None => Ok(types::Leg::Net),
    }
}
