//! The HTTP routes.

mod accounts;
mod body;
mod competitions;
mod feeds;
pub(crate) mod idempotency;
mod instruments;
mod life;
mod lists;
mod market;
mod money;
mod orders;
mod outcome;
mod proofs;
mod query;
mod server;
mod submission;
mod what_if;
mod windows;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, patch, post};
use axum::{Router, middleware};
use runtime::Overloaded;
use tokio::sync::oneshot;
use tokio::time;

use crate::app::App;
use crate::guard::guard;
use crate::problem::Problem;
use crate::{page, ws};

/// Every route.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/meta", get(server::meta))
        .route("/v1/ws", any(ws::upgrade))
        .route("/v1/feeds", get(feeds::list))
        .route("/v1/instruments", get(lists::instruments))
        .route("/v1/instruments/{instrument}", get(instruments::whole))
        .route("/v1/instruments/{instrument}/book", get(instruments::book))
        .route(
            "/v1/instruments/{instrument}/financing",
            post(market::financing),
        )
        .route(
            "/v1/instruments/{instrument}/dividend",
            post(market::dividend),
        )
        .route("/v1/instruments/{instrument}/split", post(market::split))
        .route("/v1/conversions", post(market::convert))
        .route("/v1/accounts", get(lists::accounts).post(life::open))
        .route("/v1/windows", get(windows::list).post(windows::announce))
        .merge(competitions::routes())
        .route("/v1/accounts/{account}", get(accounts::whole))
        .route("/v1/accounts/{account}/positions", get(accounts::positions))
        .route(
            "/v1/accounts/{account}/orders",
            get(accounts::orders).post(orders::submit),
        )
        .merge(spared())
        .route(
            "/v1/accounts/{account}/orders/{order}",
            patch(orders::amend),
        )
        .route(
            "/v1/accounts/{account}/order-lists",
            post(orders::submit_list),
        )
        .route(
            "/v1/accounts/{account}/algos",
            get(accounts::algos).post(orders::submit_algo),
        )
        .route("/v1/accounts/{account}/what-if", post(what_if::ask))
        .route("/v1/accounts/{account}/proofs", get(proofs::list))
        .route("/v1/accounts/{account}/proofs/{seq}", get(proofs::whole))
        .route("/v1/accounts/{account}/resume", post(life::resume))
        .route("/v1/accounts/{account}/payouts", post(money::pay_out))
        .route("/v1/accounts/{account}/scale", post(money::scale))
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(file_or_not_found)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guard))
        .with_state(app)
}

/// What is served when all connections are taken, too: what only takes risk away, whose commands have a lane of their
/// own in the engine, and what a supervisor asks.
fn spared() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(server::health))
        .route("/v1/health", get(server::health))
        .route("/metrics", get(server::metrics))
        .route("/v1/instruments/{instrument}/status", post(market::status))
        .route("/v1/accounts/{account}/orders", delete(orders::cancel_all))
        .route(
            "/v1/accounts/{account}/orders/{order}",
            delete(orders::cancel),
        )
        .route(
            "/v1/accounts/{account}/disconnect",
            post(orders::disconnect),
        )
        .route("/v1/accounts/{account}/suspend", post(life::suspend))
        .route("/v1/accounts/{account}/close", post(life::close))
}

/// Every route of a connection of the reserve.
pub(crate) fn reserved(app: Arc<App>) -> Router {
    spared()
        .method_not_allowed_fallback(refuse)
        .fallback(refuse)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guard))
        .with_state(app)
}

/// Refuses a request because all connections are taken.
async fn refuse(State(app): State<Arc<App>>, body: Body) -> Problem {
    app.traffic.request_refused();
    let limits = &app.config.limits;
    // Closing a connection with something unread in it would take the answer from its client.
    let read = axum::body::to_bytes(body, limits.body_bytes_max);
    let _ = time::timeout(limits.reserved_read_max, read).await;
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "overloaded",
        format!(
            "all {} connections that the server has are taken; this request was not taken, as beyond them only \
             cancels, disconnects, suspensions and closings of accounts, the status of instruments, health and \
             metrics are",
            limits.connections_max
        ),
    )
    .retry_after(1)
}

async fn file_or_not_found(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    match page::file(uri.path(), &headers) {
        Some(_) if method != Method::GET && method != Method::HEAD => (
            [(header::ALLOW, "GET,HEAD")],
            method_not_allowed(method).await,
        )
            .into_response(),
        Some(file) => file,
        None => page::not_found(uri.path()).into_response(),
    }
}

async fn method_not_allowed(method: Method) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this path does not take this method",
    )
    .with(
        "method",
        Some(method.as_str()),
        "the methods of the Allow header",
    )
}

/// What the replica answers to what it was asked.
async fn answered<T>(
    app: &App,
    asked: Result<oneshot::Receiver<T>, Overloaded>,
) -> Result<T, Problem> {
    let answer = asked.map_err(|full| Problem::unavailable(full.to_string()))?;
    time::timeout(app.config.limits.receipt_wait_max, answer)
        .await
        .map_err(|_| Problem::unavailable("the engine did not answer in time"))?
        .map_err(|_| Problem::unavailable("the engine has stopped"))
}

/// A JSON text as a response.
fn json(status: StatusCode, body: String) -> Response {
    let content_type = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, content_type)], body).into_response()
}
