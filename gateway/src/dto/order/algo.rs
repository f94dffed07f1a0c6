//! Algos: orders that the engine slices.

use types::{AccountId, AlgoKind, NewAlgo, TimestampNs};

use super::{BodyError, Header, json, read_client_order, read_instrument, read_leg};
use crate::dto::document::{Field, FieldError, Table};
use crate::dto::names::Names;

/// The fields that say what an algo asks for, beside the one that names its kind and those of its
/// [`Header`].
pub const TERMS: [&str; 10] = [
    "side",
    "qty",
    "price",
    "start",
    "end",
    "slices",
    "curve",
    "rate_pct",
    "position",
    "cancel_on_disconnect",
];

/// Every kind and the one field that only it has.
const KINDS: [(&str, &str); 3] = [("twap", "slices"), ("vwap", "curve"), ("pov", "rate_pct")];

/// The algo of an HTTP request for this account. Ids are numbers.
///
/// # Errors
/// See [`BodyError`].
pub fn from_json(body: &[u8], account: AccountId, names: &Names) -> Result<NewAlgo, BodyError> {
    let node = json(body)?;
    let table =
        Field::root(&node).table(&with_terms(&["client_order_id", "instrument", "type"]))?;
    let header = Header {
        account,
        client_order: read_client_order(&table, names)?,
        instrument: read_instrument(&table, names)?,
    };
    Ok(read(&table, "type", header, None, names)?)
}

/// These fields and [`TERMS`].
pub fn with_terms<'a>(others: &[&'a str]) -> Vec<&'a str> {
    others.iter().chain(&TERMS).copied().collect()
}

/// Reads what is asked for from [`TERMS`] and the field called `kind_field`. `now` is the start where
/// the document has none; without it the document must have one.
///
/// # Errors
/// The first field that is not accepted.
pub fn read(
    table: &Table<'_>,
    kind_field: &str,
    header: Header,
    now: Option<TimestampNs>,
    names: &Names,
) -> Result<NewAlgo, FieldError> {
    Ok(NewAlgo {
        account: header.account,
        client_order: header.client_order,
        instrument: header.instrument,
        side: table.field("side").word()?,
        qty: table.field("qty").qty()?,
        limit: table
            .optional("price")
            .map(|price| price.price())
            .transpose()?,
        start: match (table.optional("start"), now) {
            (None, Some(now)) => now,
            _ => table.field("start").timestamp()?,
        },
        end: table.field("end").timestamp()?,
        kind: read_kind(table, kind_field, names)?,
        leg: read_leg(table)?,
        cancel_on_disconnect: match table.optional("cancel_on_disconnect") {
            Some(cancel) => cancel.boolean()?,
            None => false,
        },
    })
}

fn read_kind(table: &Table<'_>, kind_field: &str, names: &Names) -> Result<AlgoKind, FieldError> {
    const WORDS: &str = "\"twap\" or \"vwap\" or \"pov\"";
    const SLICES: &str = "a number of slices from 1 to 65535 without quotes";
    const CURVE: &str = "the id of a volume curve";
    let kind = table.field(kind_field);
    let text = kind.text(WORDS)?;
    let (word, own) = KINDS
        .iter()
        .find(|(word, _)| *word == text)
        .ok_or_else(|| kind.error(WORDS))?;
    for (_, other) in KINDS.iter().filter(|(_, field)| field != own) {
        table.absent(other, || format!("none, for {word}"))?;
    }
    let field = table.field(own);
    Ok(match *word {
        "twap" => AlgoKind::Twap {
            slices: field.integer(SLICES)?,
        },
        "vwap" => AlgoKind::Vwap {
            curve: names
                .curve_id(field.text(CURVE)?)
                .ok_or_else(|| field.error(CURVE))?,
        },
        _ => AlgoKind::Pov {
            rate: field.share()?,
        },
    })
}
