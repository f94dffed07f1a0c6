//! What became of a command, as its receipt tells it.
//!
//! One input can have effects on others: a resting order of somebody else fills, an order that was on
//! its way arrives. An answer tells its own account's events and those that are about nobody.

pub(super) mod contest;
mod denied;
pub(super) mod life;
pub(super) mod market;
pub(super) mod money;

use axum::http::StatusCode;
use runtime::Receipt;
use serde_json::{Value, json};
use types::{
    AccountId, AlgoEnd, Calendar, DenyReason, Event, EventKind, InputRejection, Interval,
    ListFault, NewAlgo, NewOrder, OrderId, OrderList, Price,
};

use super::accounts::unknown_account;
use crate::app::App;
use crate::channel::{Json, array};
use crate::dto::IntervalDto;
use crate::dto::event::account_of;
use crate::dto::reason;
use crate::dto::word::{Word, rejection};
use crate::problem::Problem;
use crate::show;

use denied::{denied, denied_in_list, misfitting, refused};

/// What became of the change of one order, as JSON.
pub(super) enum Change {
    /// It is made.
    Done(String),
    /// It travels to the market, and its outcome is an event to come.
    OnItsWay(String),
}

/// An accepted order, as JSON, or why it was refused.
pub(super) fn of_order(app: &App, order: &NewOrder, receipt: &Receipt) -> Result<String, Problem> {
    check(app, receipt, |request| is_same(order, request))?;
    let head = state_of(order, &receipt.events).ok_or_else(|| rejected("no_outcome"))?;
    Ok(with_events(app, &head, order.account, receipt))
}

/// An accepted list, as JSON, or why it was refused.
pub(super) fn of_list(app: &App, list: &OrderList, receipt: &Receipt) -> Result<String, Problem> {
    // What is wrong with its form may be about another order of it than the one that is told of.
    let misfit = receipt.events.iter().find_map(|event| match event.kind {
        EventKind::OrderDenied {
            reason: reason @ DenyReason::BadList(ListFault::Order { place, field }),
            ..
        } => Some((reason, place, field)),
        _ => None,
    });
    if let Some((reason, place, field)) = misfit
        && let Some(order) = list.orders.get(place as usize)
    {
        return Err(misfitting(order, place, field, reason));
    }
    for event in &receipt.events {
        match &event.kind {
            EventKind::OrderDenied { request, reason } => {
                let mut orders = list.orders.iter();
                if let Some(place) = orders.position(|order| is_same(order, request)) {
                    return Err(denied_in_list(app, request, place, *reason));
                }
            }
            EventKind::InputRejected { reason } => return Err(input_rejected(*reason)),
            _ => {}
        }
    }
    let orders: Option<Vec<Value>> = list
        .orders
        .iter()
        .map(|order| state_of(order, &receipt.events))
        .collect();
    let (Some(orders), Some(first)) = (orders, list.orders.first()) else {
        return Err(rejected("no_outcome"));
    };
    let head = json!({
        "list": orders[0]["order_id"],
        "kind": list.kind.word(),
        "orders": orders,
    });
    Ok(with_events(app, &head, first.account, receipt))
}

/// An order that nothing can be said about.
pub(super) fn of_refusal(app: &App, order: &NewOrder, reason: DenyReason) -> Problem {
    denied(app, &(*order).into(), reason)
}

/// Whether an event's request is this one. Exits of a bracket become reduce-only.
fn is_same(order: &NewOrder, request: &NewOrder) -> bool {
    let asked = NewOrder {
        reduce_only: request.reduce_only,
        ..*order
    };
    *request == asked
}

/// What became of an accepted order so far; `None` when it was not accepted.
fn state_of(asked: &NewOrder, events: &[Event]) -> Option<Value> {
    let id = events.iter().find_map(|event| match &event.kind {
        EventKind::OrderAccepted { order, request, .. } if is_same(asked, request) => Some(*order),
        _ => None,
    })?;
    let mut status = "accepted";
    let mut reason: Option<&str> = None;
    for event in events {
        match &event.kind {
            EventKind::Fill(fill) if fill.order == id => {
                status = if fill.leaves.0 == 0 {
                    "filled"
                } else {
                    "partially_filled"
                };
            }
            EventKind::OrderCancelled {
                order, reason: why, ..
            } if *order == id => {
                status = "cancelled";
                reason = Some(reason::order_end(*why));
            }
            _ => {}
        }
    }
    Some(json!({
        "order_id": id.to_string(),
        "client_order_id": asked.client_order.to_string(),
        "status": status,
        "reason": reason,
    }))
}

/// An accepted algo, as JSON, or why it was refused.
pub(super) fn of_algo(app: &App, algo: &NewAlgo, receipt: &Receipt) -> Result<String, Problem> {
    let mut id = None;
    let mut head = Value::Null;
    for event in &receipt.events {
        match &event.kind {
            EventKind::AlgoDenied { request, reason } if request == algo => {
                return Err(denied(app, &(*algo).into(), *reason));
            }
            EventKind::InputRejected { reason } => return Err(input_rejected(*reason)),
            EventKind::AlgoAccepted { order, request } if request == algo => {
                id = Some(*order);
                head = json!({
                    "order_id": order.to_string(),
                    "client_order_id": algo.client_order.to_string(),
                    "status": "accepted",
                    "reason": null,
                    "filled": "0",
                });
            }
            EventKind::AlgoEnded {
                order,
                filled,
                reason: why,
                ..
            } if Some(*order) == id => {
                head["status"] = ended(*why).into();
                head["reason"] = reason::algo_end(*why).into();
                head["filled"] = filled.to_string().into();
            }
            _ => {}
        }
    }
    if id.is_none() {
        return Err(rejected("no_outcome"));
    }
    Ok(with_events(app, &head, algo.account, receipt))
}

const fn ended(reason: AlgoEnd) -> &'static str {
    match reason {
        AlgoEnd::Filled => "filled",
        _ => "ended",
    }
}

/// Finds a refusal of an order that `is_ours`.
fn check(app: &App, receipt: &Receipt, is_ours: impl Fn(&NewOrder) -> bool) -> Result<(), Problem> {
    for event in &receipt.events {
        match &event.kind {
            EventKind::OrderDenied { request, reason } if is_ours(request) => {
                return Err(denied(app, &(*request).into(), *reason));
            }
            EventKind::InputRejected { reason } => return Err(input_rejected(*reason)),
            _ => {}
        }
    }
    Ok(())
}

/// A cancelled order or algo, as JSON, or why it was not cancelled.
pub(super) fn of_cancel(
    app: &App,
    account: &str,
    order: OrderId,
    receipt: &Receipt,
) -> Result<Change, Problem> {
    for event in &receipt.events {
        let head = match &event.kind {
            EventKind::OrderCancelled {
                order: cancelled,
                leaves,
                reason,
                ..
            } if *cancelled == order => json!({
                "order_id": order.to_string(),
                "status": "cancelled",
                "leaves": leaves.to_string(),
                "reason": reason::order_end(*reason),
            }),
            EventKind::AlgoEnded {
                order: algo,
                filled,
                reason: why,
                ..
            } if *algo == order => json!({
                "order_id": order.to_string(),
                "status": "ended",
                "filled": filled.to_string(),
                "reason": reason::algo_end(*why),
            }),
            _ => continue,
        };
        return Ok(Change::Done(with_events(app, &head, whose(event), receipt)));
    }
    unchanged(app, account, order, receipt)
}

/// A changed order, as JSON, or why it was not changed.
pub(super) fn of_amend(
    app: &App,
    account: &str,
    order: OrderId,
    receipt: &Receipt,
) -> Result<Change, Problem> {
    let amended = receipt.events.iter().find(
        |event| matches!(event.kind, EventKind::OrderAmended { order: amended, .. } if amended == order),
    );
    let Some(event) = amended else {
        return unchanged(app, account, order, receipt);
    };
    let EventKind::OrderAmended {
        qty,
        price,
        trigger,
        ..
    } = event.kind
    else {
        return unchanged(app, account, order, receipt);
    };
    let text = |price: Price| (price != Price::ZERO).then(|| price.to_string());
    let head = json!({
        "order_id": order.to_string(),
        "status": "amended",
        "qty": qty.to_string(),
        "price": text(price),
        "trigger": text(trigger),
    });
    Ok(Change::Done(with_events(app, &head, whose(event), receipt)))
}

fn whose(event: &Event) -> AccountId {
    account_of(&event.kind).unwrap_or_default()
}

/// Why an order was not changed; that it was is an event to come when nothing says so.
fn unchanged(
    app: &App,
    account: &str,
    order: OrderId,
    receipt: &Receipt,
) -> Result<Change, Problem> {
    for event in &receipt.events {
        match &event.kind {
            EventKind::ChangeDenied {
                order: denied,
                asked,
                reason,
                ..
            } if *denied == order => return Err(refused(app, account, order, *asked, *reason)),
            EventKind::InputRejected { reason } => return Err(input_rejected(*reason)),
            _ => {}
        }
    }
    let head = json!({ "order_id": order.to_string(), "status": "pending" });
    Ok(Change::OnItsWay(head.to_string()))
}

/// What a cancel of several orders ended, as JSON, or why it ended nothing.
pub(super) fn of_cancels(
    app: &App,
    account: &str,
    account_id: AccountId,
    receipt: &Receipt,
) -> Result<String, Problem> {
    let mut cancelled = Vec::new();
    for event in &receipt.events {
        match &event.kind {
            EventKind::ChangeDenied {
                account: denied,
                order: OrderId(0),
                ..
            } if *denied == account_id => return Err(unknown_account(app, account)),
            EventKind::OrderCancelled {
                account,
                order,
                leaves,
                reason,
            } if *account == account_id => cancelled.push(json!({
                "order_id": order.to_string(),
                "leaves": leaves.to_string(),
                "reason": reason::order_end(*reason),
            })),
            EventKind::AlgoEnded {
                account,
                order,
                filled,
                reason: why,
            } if *account == account_id => cancelled.push(json!({
                "order_id": order.to_string(),
                "filled": filled.to_string(),
                "reason": reason::algo_end(*why),
            })),
            _ => {}
        }
    }
    let head = json!({ "cancelled": cancelled });
    Ok(with_events(app, &head, account_id, receipt))
}

/// An interval that is known, as JSON, and whether it is new; or why it is not known.
pub(super) fn of_announcement(
    app: &App,
    calendar: Calendar,
    interval: Interval,
    receipt: &Receipt,
) -> Result<(bool, String), Problem> {
    let mut is_new = false;
    for event in &receipt.events {
        match event.kind {
            EventKind::InputRejected { reason } => return Err(input_rejected(reason)),
            EventKind::WindowAnnounced { .. } => is_new = true,
            _ => {}
        }
    }
    let status = if is_new { "announced" } else { "unchanged" };
    let head = json!({
        "status": status,
        "interval": IntervalDto::new(calendar, interval),
    });
    Ok((is_new, with_events_of(app, &head, &[], receipt)))
}

fn with_events(app: &App, head: &Value, account: AccountId, receipt: &Receipt) -> String {
    with_events_of(app, head, &[account], receipt)
}

fn with_events_of(app: &App, head: &Value, accounts: &[AccountId], receipt: &Receipt) -> String {
    let told = show::events(&app.projections.catalogue.load(), &receipt.events);
    let own = told
        .iter()
        .filter(|event| event.account.is_none_or(|whose| accounts.contains(&whose)));
    beside(head, own.map(|event| &event.json))
}

/// An object, and `events` as one more field of it.
fn beside<'a>(head: &Value, events: impl Iterator<Item = &'a Json>) -> String {
    let mut body = head.to_string();
    body.pop();
    body.push_str(",\"events\":");
    array(&mut body, events);
    body.push('}');
    body
}

/// The engine could not apply the input at all.
fn input_rejected(reason: InputRejection) -> Problem {
    let problem = rejected(rejection(reason));
    match reason::accepted(reason) {
        Some((field, value, accepted)) => problem.with(field, value.as_deref(), accepted),
        None => problem,
    }
}

fn rejected(reason: &'static str) -> Problem {
    let detail = format!("the engine refused it: {}", reason.replace('_', " "));
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason, detail)
}
