//! How an order executes and how long it works.

use types::{OrderKind, TimeInForce, Trail, TriggerOn};

use crate::dto::document::{FieldError, Table};

/// The fields of which each kind of order has some.
const PRICES: [&str; 5] = [
    "price",
    "trigger",
    "trigger_on",
    "trail_amount",
    "trail_percent",
];

/// Every kind and which of [`PRICES`] it has.
const KINDS: [(&str, &[&str]); 6] = [
    ("market", &[]),
    ("limit", &["price"]),
    ("stop", &["trigger", "trigger_on"]),
    ("stop_limit", &["price", "trigger", "trigger_on"]),
    ("market_if_touched", &["trigger", "trigger_on"]),
    (
        "trailing_stop",
        &["trigger_on", "trail_amount", "trail_percent"],
    ),
];

/// Reads the kind of an order from the field called `kind_field` and the prices beside it.
///
/// # Errors
/// The first field that is not accepted, also one that this kind of order does not have.
pub(super) fn read_kind(table: &Table<'_>, kind_field: &str) -> Result<OrderKind, FieldError> {
    let field = table.field(kind_field);
    let accepted = || {
        let words: Vec<_> = KINDS
            .iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect();
        words.join(" or ")
    };
    let text = field.text(&accepted())?;
    let (word, has) = KINDS
        .iter()
        .find(|(word, _)| *word == text)
        .ok_or_else(|| field.error(accepted()))?;
    for price in PRICES.iter().filter(|price| !has.contains(price)) {
        table.absent(price, || {
            format!("none, for a {} order", word.replace('_', " "))
        })?;
    }
    let price = || table.field("price").price();
    let trigger = || table.field("trigger").price();
    let on = || match table.optional("trigger_on") {
        Some(on) => on.word(),
        None => Ok(TriggerOn::default()),
    };
    Ok(match *word {
        "market" => OrderKind::Market,
        "limit" => OrderKind::Limit { price: price()? },
        "stop" => OrderKind::Stop {
            trigger: trigger()?,
            on: on()?,
        },
        "stop_limit" => OrderKind::StopLimit {
            trigger: trigger()?,
            price: price()?,
            on: on()?,
        },
        "market_if_touched" => OrderKind::MarketIfTouched {
            trigger: trigger()?,
            on: on()?,
        },
        _ => OrderKind::TrailingStop {
            trail: read_trail(table)?,
            on: on()?,
        },
    })
}

fn read_trail(table: &Table<'_>) -> Result<Trail, FieldError> {
    const SHARE: &str =
        "a percentage of the price in quotes with at most 7 decimals, such as \"5\"";
    match (
        table.optional("trail_amount"),
        table.optional("trail_percent"),
    ) {
        (Some(amount), None) => Ok(Trail::Amount(amount.price()?)),
        (None, Some(share)) => Ok(Trail::Percent(share.percent(SHARE)?)),
        (Some(_), Some(share)) => Err(share.error("none, beside a trail_amount")),
        (None, None) => Err(table
            .field("trail_amount")
            .error("a price difference, or a trail_percent instead of it")),
    }
}

/// Reads how long an order works: good till cancelled where nothing is said.
///
/// # Errors
/// The first field that is not accepted.
pub(super) fn read_tif(table: &Table<'_>) -> Result<TimeInForce, FieldError> {
    const WORDS: &str = "\"gtc\" or \"day\" or \"ioc\" or \"fok\" or \"gtd\" or \"opg\" or \"cls\"";
    let tif = match table.optional("tif") {
        None => TimeInForce::GoodTillCancel,
        Some(field) => match field.text(WORDS)? {
            "gtc" => TimeInForce::GoodTillCancel,
            "day" => TimeInForce::Day,
            "ioc" => TimeInForce::ImmediateOrCancel,
            "fok" => TimeInForce::FillOrKill,
            "gtd" => {
                let until = table.field("until").timestamp()?;
                return Ok(TimeInForce::GoodTillDate { until });
            }
            "opg" => TimeInForce::AtOpen,
            "cls" => TimeInForce::AtClose,
            _ => return Err(field.error(WORDS)),
        },
    };
    table.absent("until", || "none, unless tif is \"gtd\"".to_owned())?;
    Ok(tif)
}
