//! What became of a command, as its receipt tells it.

use axum::http::StatusCode;
use runtime::Receipt;
use serde_json::json;
use types::{
    CancelReason, DenyReason, EventKind, Instrument, InstrumentId, NewOrder, OrderId, OrderKind,
};

use super::accounts::unknown_account;
use crate::app::App;
use crate::channel::array;
use crate::dto::Word;
use crate::dto::word::rejection;
use crate::problem::Problem;
use crate::show;

/// An accepted order, as JSON, or why it was refused.
pub(super) fn of_order(app: &App, order: &NewOrder, receipt: &Receipt) -> Result<String, Problem> {
    let mut id = None;
    let mut status = "accepted";
    let mut reason: Option<&str> = None;
    for event in &receipt.events {
        match &event.kind {
            EventKind::OrderDenied { request, reason } if request == order => {
                return Err(denied(app, order, *reason));
            }
            EventKind::InputRejected { reason } => return Err(rejected(rejection(*reason))),
            EventKind::OrderAccepted {
                order: accepted,
                request,
            } if request == order => {
                id = Some(*accepted);
            }
            EventKind::Fill(fill) if Some(fill.order) == id => {
                status = if fill.leaves.0 == 0 {
                    "filled"
                } else {
                    "partially_filled"
                };
            }
            EventKind::OrderCancelled {
                order, reason: why, ..
            } if Some(*order) == id => {
                status = "cancelled";
                reason = Some(CancelReason::word(*why));
            }
            _ => {}
        }
    }
    let Some(id) = id else {
        return Err(rejected("no_outcome"));
    };
    let head = json!({
        "order_id": id.to_string(),
        "client_order_id": order.client_order.to_string(),
        "status": status,
        "reason": reason,
    });
    Ok(with_events(app, &head, receipt))
}

/// A cancelled order, as JSON, or why it was not cancelled.
pub(super) fn of_cancel(
    app: &App,
    account: &str,
    order: OrderId,
    receipt: &Receipt,
) -> Result<String, Problem> {
    for event in &receipt.events {
        match &event.kind {
            EventKind::OrderCancelled {
                order: cancelled,
                leaves,
                reason,
                ..
            } if *cancelled == order => {
                let head = json!({
                    "order_id": order.to_string(),
                    "status": "cancelled",
                    "leaves": leaves.to_string(),
                    "reason": reason.word(),
                });
                return Ok(with_events(app, &head, receipt));
            }
            EventKind::ChangeDenied {
                reason: DenyReason::UnknownAccount,
                ..
            } => {
                return Err(unknown_account(app, account));
            }
            EventKind::ChangeDenied {
                reason: DenyReason::UnknownOrder,
                ..
            } => {
                let text = order.to_string();
                let accepted = "a working order of this account";
                return Err(Problem::not_found(
                    "working order",
                    "order",
                    &text,
                    accepted,
                ));
            }
            EventKind::ChangeDenied { reason, .. } => return Err(rejected(reason.word())),
            EventKind::InputRejected { reason } => return Err(rejected(rejection(*reason))),
            _ => {}
        }
    }
    Err(rejected("no_outcome"))
}

fn with_events(app: &App, head: &serde_json::Value, receipt: &Receipt) -> String {
    let told = show::events(&app.projections.catalogue.load(), &receipt.events);
    let mut body = head.to_string();
    body.pop();
    body.push_str(",\"events\":");
    array(&mut body, told.iter().map(|event| &event.json));
    body.push('}');
    body
}

fn rejected(reason: &'static str) -> Problem {
    let detail = format!("the engine refused it: {}", reason.replace('_', " "));
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason, detail)
}

/// A denied order: the reason is the problem's type, and the field that it is about is named.
fn denied(app: &App, order: &NewOrder, reason: DenyReason) -> Problem {
    let word = reason.word();
    let account = order.account.to_string();
    if reason == DenyReason::UnknownAccount {
        return unknown_account(app, &account);
    }
    let status = if reason == DenyReason::DuplicateClientOrder {
        StatusCode::CONFLICT
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let detail = format!("the order was denied: {}", word.replace('_', " "));
    let (field, value, accepted) = fault(app, order, reason);
    Problem::new(status, word, detail).with(field, Some(&value), accepted)
}

/// The field that a reason is about, its value, and what is accepted.
fn fault(app: &App, order: &NewOrder, reason: DenyReason) -> (&'static str, String, String) {
    let instrument = instrument(app, order.instrument);
    let step = |step: fn(&Instrument) -> String| instrument.as_ref().map_or_else(String::new, step);
    let qty = order.qty.to_string();
    match reason {
        DenyReason::DuplicateClientOrder => (
            "client_order_id",
            order.client_order.to_string(),
            "an id that this account has not used".to_owned(),
        ),
        DenyReason::QtyNotPositive => ("qty", qty, "above 0".to_owned()),
        DenyReason::QtyTooLarge => (
            "qty",
            qty,
            format!("at most {}", step(|i| i.order_qty_max.to_string())),
        ),
        DenyReason::QtyOffLot => (
            "qty",
            qty,
            format!("a multiple of {}", step(|i| i.lot_size.to_string())),
        ),
        DenyReason::PriceOffTick => {
            let (field, price) = match order.kind {
                OrderKind::Stop { trigger } => ("trigger", trigger.to_string()),
                OrderKind::Limit { price } => ("price", price.to_string()),
                OrderKind::Market => ("price", String::new()),
            };
            (
                field,
                price,
                format!("a multiple of {}", step(|i| i.tick_size.to_string())),
            )
        }
        DenyReason::UnknownInstrument
        | DenyReason::NoQuote
        | DenyReason::InstrumentNotOpen
        | DenyReason::BadQuote
        | DenyReason::CurrencyMismatch => (
            "instrument",
            order.instrument.to_string(),
            "an open instrument with a quote, in the account's currency".to_owned(),
        ),
        _ => (
            "account",
            order.account.to_string(),
            "an account that trades and has room for another order".to_owned(),
        ),
    }
}

fn instrument(app: &App, id: InstrumentId) -> Option<Instrument> {
    app.handle
        .views()
        .instruments
        .get(id.0 as usize)
        .map(|view| view.instrument)
}
