//! Sending and cancelling orders. The answer comes when the outcome is durable.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use runtime::{Receipt, Status};
use tokio::sync::oneshot;
use tokio::time;
use types::{AccountId, Command, NewOrder, OrderId};

use super::idempotency::{Answer, IDEMPOTENCY_REPLAYED, Known, Ticket, key};
use super::query::{Pairs, Segments, number, parameter, segments};
use super::{body, json, outcome};
use crate::app::App;
use crate::dto::order::{BodyError, from_json};
use crate::problem::Problem;

pub(super) async fn submit(
    State(app): State<Arc<App>>,
    path: Segments<String>,
    query: Pairs,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let account = segments(path)?;
    let account_id = AccountId(number("account", &account, u32::MAX)?);
    let key = key(&headers, app.config.limits.idempotency_key_chars_max)?;
    let bytes = body::read(&app, &headers, body).await?;
    let names = &app.projections.catalogue.load().names;
    let order = from_json(&bytes, account_id, names).map_err(bad_body)?;

    let ticket = match key.map(|key| app.answers.begin(key, order)) {
        None => None,
        Some(Known::Nothing(ticket)) => Some(ticket),
        Some(Known::Answer(answer)) => {
            let mut response = response(&answer);
            let replayed = HeaderValue::from_static("true");
            response
                .headers_mut()
                .insert(IDEMPOTENCY_REPLAYED, replayed);
            return Ok(response);
        }
        Some(Known::InProgress) => {
            let detail = "the first request with this Idempotency-Key is still being executed";
            return Err(Problem::new(StatusCode::CONFLICT, "in_progress", detail).retry_after(1));
        }
        Some(Known::OtherOrder) => {
            let detail = "this Idempotency-Key was used for another order";
            let problem = Problem::new(StatusCode::CONFLICT, "idempotency_key_reused", detail);
            return Err(problem.with("Idempotency-Key", None, "a new key for a new order"));
        }
    };

    let permit = Arc::clone(&app.commands)
        .try_acquire_owned()
        .map_err(|_| overloaded("server"))?;
    let receipt = app
        .handle
        .submit(Command::SubmitOrder(order))
        .map_err(|_| overloaded("engine"))?;
    // A task of its own, so that the answer is kept even when the client has gone.
    let finish = {
        let app = Arc::clone(&app);
        tokio::spawn(async move {
            let answer = answer_order(&app, order, ticket, receipt).await;
            drop(permit);
            answer
        })
    };
    match time::timeout(app.config.limits.receipt_wait_max, finish).await {
        Ok(Ok(answer)) => answer.map(|answer| response(&answer)),
        Ok(Err(_)) | Err(_) => Err(unknown_order(&app, &order)),
    }
}

/// Waits for the receipt, and leaves the answer with the ticket. A receipt that never comes leaves the
/// key in use, since the order may have been taken.
async fn answer_order(
    app: &App,
    order: NewOrder,
    ticket: Option<Ticket>,
    receipt: oneshot::Receiver<Receipt>,
) -> Result<Answer, Problem> {
    let Ok(receipt) = receipt.await else {
        if let (Status::Failed(_), Some(ticket)) = (app.handle.status(), ticket) {
            let unknown = unknown_order(app, &order);
            ticket.answer(Answer {
                status: unknown.status(),
                body: unknown.body().into(),
            });
        }
        return Err(stopped(app));
    };
    let answer = match outcome::of_order(app, &order, &receipt) {
        Ok(body) => Answer {
            status: StatusCode::CREATED,
            body: body.into(),
        },
        Err(problem) => Answer {
            status: problem.status(),
            body: problem.body().into(),
        },
    };
    if let Some(ticket) = ticket {
        ticket.answer(answer.clone());
    }
    Ok(answer)
}

pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    path: Segments<(String, String)>,
    query: Pairs,
) -> Result<Response, Problem> {
    parameter(query, None)?;
    let (account, order) = segments(path)?;
    let account_id = AccountId(number("account", &account, u32::MAX)?);
    let order = OrderId(number("order", &order, u64::MAX)?);
    let _permit = app
        .commands
        .try_acquire()
        .map_err(|_| overloaded("server"))?;
    let command = Command::CancelOrder {
        account: account_id,
        order,
    };
    let receipt = app
        .handle
        .submit(command)
        .map_err(|_| overloaded("engine"))?;
    match time::timeout(app.config.limits.receipt_wait_max, receipt).await {
        Ok(Ok(receipt)) => outcome::of_cancel(&app, &account, order, &receipt)
            .map(|body| json(StatusCode::OK, body)),
        Ok(Err(_)) => Err(stopped(&app)),
        Err(_) => Err(Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "outcome_unknown",
            format!(
                "the cancel was not confirmed in time, and it is not known whether it took effect; \
                 GET /v1/accounts/{account}/orders shows whether the order still works, and it may \
                 be cancelled again"
            ),
        )),
    }
}

fn response(answer: &Answer) -> Response {
    let mut response = json(answer.status, answer.body.to_string());
    if !answer.status.is_success() {
        let content_type = HeaderValue::from_static("application/problem+json");
        response
            .headers_mut()
            .insert(axum::http::header::CONTENT_TYPE, content_type);
    }
    response
}

fn bad_body(error: BodyError) -> Problem {
    match error {
        BodyError::Json(detail) => {
            Problem::new(StatusCode::BAD_REQUEST, "bad_json", detail).with("body", None, "JSON")
        }
        BodyError::Field(fault) => {
            let detail = format!("{} is not accepted", fault.field);
            Problem::new(StatusCode::BAD_REQUEST, "bad_field", detail).with(
                &fault.field,
                fault.value.as_deref(),
                fault.accepted,
            )
        }
    }
}

fn overloaded(who: &str) -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "overloaded",
        format!("the {who} has as many commands waiting as it takes; this one was not taken"),
    )
    .retry_after(1)
}

/// The receipt will not come: the runtime ended first.
fn stopped(app: &App) -> Problem {
    match app.handle.status() {
        Status::Failed(reason) => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "outcome_unknown",
            format!(
                "the engine failed before it answered, and it is not known whether the command took effect: {reason}"
            ),
        ),
        _ => Problem::unavailable("the engine has stopped; the command was not taken"),
    }
}

fn unknown_order(app: &App, order: &NewOrder) -> Problem {
    let NewOrder {
        account,
        client_order,
        ..
    } = order;
    let waited_s = app.config.limits.receipt_wait_max.as_secs();
    Problem::new(
        StatusCode::GATEWAY_TIMEOUT,
        "outcome_unknown",
        format!(
            "the order was not confirmed within {waited_s} s, and it is not known whether it took \
             effect; GET /v1/accounts/{account}/orders?client_order_id={client_order} shows it while \
             it works, and sending it again is safe: a client_order_id is taken only once, and \
             duplicate_client_order then says that it was"
        ),
    )
    .with("client_order_id", Some(&client_order.to_string()), "to be looked up")
}
