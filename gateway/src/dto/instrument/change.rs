//! What a firm says of an instrument's market, and what a unit of one currency is worth in another: bodies of HTTP
//! requests and lines of scenarios alike.

use types::{Financing, Label, MarketChange, Price};

use crate::dto::body::{BodyError, json};
use crate::dto::document::{Field, FieldError, Table};

/// A rate of one currency in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversion {
    /// The currency held.
    pub from: Label,
    /// The currency of the account.
    pub to: Label,
    /// Units of `to` for one of `from`, above zero.
    pub rate: Price,
}

/// The new status of an HTTP request.
///
/// # Errors
/// See [`BodyError`].
pub fn status_from_json(body: &[u8]) -> Result<MarketChange, BodyError> {
    let node = json(body)?;
    let table = Field::root(&node).table(&["status"])?;
    Ok(read_status(&table)?)
}

/// The financing of an HTTP request.
///
/// # Errors
/// See [`BodyError`].
pub fn financing_from_json(body: &[u8]) -> Result<MarketChange, BodyError> {
    let node = json(body)?;
    let table = Field::root(&node).table(&["long_pct", "short_pct", "price"])?;
    Ok(MarketChange::Financing(read_financing(&table)?))
}

/// The dividend of an HTTP request.
///
/// # Errors
/// See [`BodyError`].
pub fn dividend_from_json(body: &[u8]) -> Result<MarketChange, BodyError> {
    let node = json(body)?;
    let table = Field::root(&node).table(&["per_unit"])?;
    Ok(read_dividend(&table)?)
}

/// The split of an HTTP request.
///
/// # Errors
/// See [`BodyError`].
pub fn split_from_json(body: &[u8]) -> Result<MarketChange, BodyError> {
    let node = json(body)?;
    let table = Field::root(&node).table(&["new", "old"])?;
    Ok(read_split(&table)?)
}

/// The conversion of an HTTP request.
///
/// # Errors
/// See [`BodyError`].
pub fn conversion_from_json(body: &[u8]) -> Result<Conversion, BodyError> {
    let node = json(body)?;
    Ok(read_conversion(
        &Field::root(&node).table(&["from", "to", "rate"])?,
    )?)
}

/// Reads `from`, `to` and `rate`.
///
/// # Errors
/// The first field that is not accepted.
pub fn read_conversion(table: &Table<'_>) -> Result<Conversion, FieldError> {
    Ok(Conversion {
        from: table.field("from").name()?,
        to: table.field("to").name()?,
        rate: table.field("rate").price()?,
    })
}

fn read_status(table: &Table<'_>) -> Result<MarketChange, FieldError> {
    table.field("status").word().map(MarketChange::Status)
}

/// Reads `long_pct`, `short_pct` and `price`.
///
/// # Errors
/// The first field that is not accepted.
pub fn read_financing(table: &Table<'_>) -> Result<Financing, FieldError> {
    let (long, short) = read_rates(table)?;
    Ok(Financing {
        long,
        short,
        price: table.field("price").price()?,
    })
}

/// Reads `long_pct` and `short_pct`.
///
/// # Errors
/// The first field that is not accepted.
pub fn read_rates(table: &Table<'_>) -> Result<(types::Ratio, types::Ratio), FieldError> {
    const RATE: &str =
        "a percentage of the notional in quotes, such as \"-0.01\"; below 0 is paid by the holder";
    let rate = |name| table.field(name).percent(RATE);
    Ok((rate("long_pct")?, rate("short_pct")?))
}

fn read_dividend(table: &Table<'_>) -> Result<MarketChange, FieldError> {
    let per_unit = table.field("per_unit").money()?;
    Ok(MarketChange::Dividend { per_unit })
}

fn read_split(table: &Table<'_>) -> Result<MarketChange, FieldError> {
    const UNITS: &str = "a number of units from 0 to 4294967295 without quotes";
    let units = |name| table.field(name).integer(UNITS);
    Ok(MarketChange::Split {
        new: units("new")?,
        old: units("old")?,
    })
}
