//! Orders from outside.

use types::{AccountId, ClientOrderId, NewOrder, OrderKind, TimeInForce};

use super::document::{Field, FieldError, Node, Table};
use super::names::Names;

/// The fields of an order in the HTTP API.
const FIELDS: [&str; 8] = [
    "client_order_id",
    "instrument",
    "side",
    "type",
    "qty",
    "price",
    "trigger",
    "tif",
];

/// What is wrong with the body of a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The body is not JSON.
    #[error("the body is not JSON: {0}")]
    Json(String),
    /// A field is not accepted.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// The order of an HTTP request for this account. Ids are numbers.
///
/// # Errors
/// See [`BodyError`].
pub fn from_json(body: &[u8], account: AccountId, names: &Names) -> Result<NewOrder, BodyError> {
    const ID: &str = "a decimal number from 1 to 2^128 - 1 in quotes";
    let node = Node::from_json(body).map_err(|error| BodyError::Json(error.to_string()))?;
    let table = Field::root(&node).table(&FIELDS)?;
    let id = table.field("client_order_id");
    let client_order = names
        .known_client_order_id(id.text(ID)?)
        .ok_or_else(|| id.error(ID))?;
    Ok(read(&table, "type", account, client_order, names)?)
}

/// Reads what is asked for from the fields `instrument`, `side`, `qty`, `price`, `trigger`, `tif` and
/// the one called `kind_field`.
///
/// # Errors
/// The first field that is not accepted.
pub fn read(
    table: &Table<'_>,
    kind_field: &str,
    account: AccountId,
    client_order: ClientOrderId,
    names: &Names,
) -> Result<NewOrder, FieldError> {
    const INSTRUMENT: &str = "the id of an instrument";
    let instrument = table.field("instrument");
    Ok(NewOrder {
        account,
        client_order,
        instrument: names
            .instrument_id(instrument.text(INSTRUMENT)?)
            .ok_or_else(|| instrument.error(INSTRUMENT))?,
        side: table.field("side").word()?,
        kind: read_kind(table, kind_field)?,
        qty: table.field("qty").qty()?,
        tif: match table.optional("tif") {
            Some(tif) => tif.word()?,
            None => TimeInForce::GoodTillCancel,
        },
    })
}

fn read_kind(table: &Table<'_>, kind_field: &str) -> Result<OrderKind, FieldError> {
    const KINDS: &str = "\"market\" or \"limit\" or \"stop\"";
    let kind = table.field(kind_field);
    let absent = |name, accepted: &str| match table.optional(name) {
        Some(field) => Err(field.error(accepted)),
        None => Ok(()),
    };
    match kind.text(KINDS)? {
        "market" => {
            absent("price", "none, for a market order")?;
            absent("trigger", "none, for a market order")?;
            Ok(OrderKind::Market)
        }
        "limit" => {
            absent("trigger", "none, for a limit order")?;
            let price = table.field("price").price()?;
            Ok(OrderKind::Limit { price })
        }
        "stop" => {
            absent("price", "none, for a stop order")?;
            let trigger = table.field("trigger").price()?;
            Ok(OrderKind::Stop { trigger })
        }
        _ => Err(kind.error(KINDS)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use types::{InstrumentId, Price, Side};

    use super::*;

    fn read_body(body: &str) -> Result<NewOrder, BodyError> {
        from_json(body.as_bytes(), AccountId(4), &Names::numbers())
    }

    #[test]
    fn an_order_is_read_exactly() {
        let body = r#"{"client_order_id":"340282366920938463463374607431768211455","instrument":"1",
            "side":"sell","type":"limit","qty":"0.00000001","price":"65012.350000001","tif":"day"}"#;
        let order = read_body(body).unwrap();
        assert_eq!(order.client_order, ClientOrderId(u128::MAX));
        assert_eq!(order.instrument, InstrumentId(1));
        assert_eq!(order.side, Side::Sell);
        assert_eq!(order.qty.0, 1);
        assert_eq!(
            order.kind,
            OrderKind::Limit {
                price: Price(65_012_350_000_001)
            }
        );
        assert_eq!(order.tif, TimeInForce::Day);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |body: &str, field: &str, value: Option<&str>| match read_body(body) {
            Err(BodyError::Field(error)) => {
                assert_eq!(
                    (error.field.as_str(), error.value.as_deref()),
                    (field, value)
                );
            }
            other => panic!("{body}: {other:?}"),
        };
        let order = |rest: &str| format!(r#"{{"client_order_id":"1","instrument":"0",{rest}}}"#);
        check(
            &order(r#""side":"long","type":"market","qty":"1""#),
            "side",
            Some("long"),
        );
        check(
            &order(r#""side":"buy","type":"limit","qty":"1""#),
            "price",
            None,
        );
        check(
            &order(r#""side":"buy","type":"market","qty":"1","price":"5""#),
            "price",
            Some("5"),
        );
        check(
            &order(r#""side":"buy","type":"market","qty":1"#),
            "qty",
            Some("1"),
        );
        check(
            &order(r#""side":"buy","type":"market","qty":"1","leverage":"100""#),
            "leverage",
            Some("100"),
        );
        check(
            r#"{"client_order_id":"0","instrument":"0"}"#,
            "client_order_id",
            Some("0"),
        );
        assert!(matches!(read_body("{"), Err(BodyError::Json(_))));
    }

    proptest! {
        #[test]
        fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = from_json(&body, AccountId(0), &Names::numbers());
        }
    }
}
