//! Sending and cancelling orders over HTTP.

use std::time::Duration;

use gateway::Limits;
use serde_json::{Value, json};

use crate::venue::{Venue, quick};
use crate::wire::{Answer, JSON, get, get_json, limit, market, post_order, request};

async fn delete(venue: &Venue, path: &str) -> Answer {
    request(venue.address, &format!("DELETE {path}"), &[], "").await
}

async fn post_with_key(venue: &Venue, key: &str, order: &Value) -> Answer {
    let key = format!("Idempotency-Key: {key}");
    let line = "POST /v1/accounts/0/orders";
    request(venue.address, line, &[JSON, &key], &order.to_string()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_answered_with_what_became_of_it() {
    let venue = Venue::open().await;
    let filled = post_order(venue.address, 0, &market(1, "buy", "0.5")).await;
    assert_eq!(filled.status, 201, "{filled:?}");
    let filled = filled.json();
    assert_eq!(filled["order_id"], "1");
    assert_eq!(
        (&filled["client_order_id"], &filled["status"]),
        (&json!("1"), &json!("filled"))
    );
    assert_eq!(filled["reason"], json!(null));
    let types: Vec<_> = filled["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| &e["type"])
        .collect();
    assert_eq!(types, ["order_accepted", "fill"]);
    assert_eq!(filled["events"][1]["price"], "40001");

    let working = post_order(venue.address, 0, &limit(2, "buy", "0.5", "39000"))
        .await
        .json();
    assert_eq!(
        (&working["order_id"], &working["status"]),
        (&json!("2"), &json!("accepted"))
    );

    let mut unmarketable = limit(3, "buy", "0.5", "39000");
    unmarketable["tif"] = "ioc".into();
    let cancelled = post_order(venue.address, 0, &unmarketable).await;
    assert_eq!(cancelled.status, 201);
    let cancelled = cancelled.json();
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(cancelled["reason"], "not_marketable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_working_order_can_be_cancelled_once() {
    let venue = Venue::open().await;
    post_order(venue.address, 0, &limit(1, "buy", "0.5", "39000")).await;
    // It is not Ben's.
    delete(&venue, "/v1/accounts/1/orders/1")
        .await
        .problem(404, "not_found");
    let cancelled = delete(&venue, "/v1/accounts/0/orders/1").await;
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    let cancelled = cancelled.json();
    assert_eq!(
        (&cancelled["status"], &cancelled["leaves"]),
        (&json!("cancelled"), &json!("0.5"))
    );
    let faults = delete(&venue, "/v1/accounts/0/orders/1")
        .await
        .problem(404, "not_found");
    assert_eq!(faults, ["order | 1 | a working order of this account"]);
    delete(&venue, "/v1/accounts/9/orders/1")
        .await
        .problem(404, "not_found");
    delete(&venue, "/v1/accounts/0/orders/x")
        .await
        .problem(400, "bad_path");
    let orders = get_json(venue.address, "/v1/accounts/0/orders").await;
    assert_eq!(orders, json!({ "orders": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_order_says_which_field_and_what_is_accepted() {
    let venue = Venue::open().await;
    let deny = async |order: Value, status, kind| {
        post_order(venue.address, 0, &order)
            .await
            .problem(status, kind)
    };
    assert_eq!(
        deny(market(1, "buy", "0.0005"), 422, "qty_off_lot").await,
        ["qty | 0.0005 | a multiple of 0.001"]
    );
    assert_eq!(
        deny(market(2, "buy", "11"), 422, "qty_too_large").await,
        ["qty | 11 | at most 10"]
    );
    assert_eq!(
        deny(limit(3, "buy", "1", "39000.005"), 422, "price_off_tick").await,
        ["price | 39000.005 | a multiple of 0.01"]
    );
    assert_eq!(
        deny(limit(3, "buy", "1", "0"), 422, "price_not_positive").await,
        ["price | 0 | above 0, as the prices of every share and coin"]
    );
    let mut elsewhere = market(4, "buy", "1");
    elsewhere["instrument"] = "1".into();
    deny(elsewhere.clone(), 422, "no_quote").await;
    elsewhere["instrument"] = "7".into();
    deny(elsewhere, 422, "unknown_instrument").await;

    assert_eq!(
        post_order(venue.address, 0, &market(5, "buy", "0.1"))
            .await
            .status,
        201
    );
    let faults = deny(market(5, "sell", "0.1"), 409, "duplicate_client_order").await;
    assert_eq!(
        faults,
        ["client_order_id | 5 | an id that this account has not used"]
    );
    // Another account may use it.
    assert_eq!(
        post_order(venue.address, 1, &market(5, "buy", "0.1"))
            .await
            .status,
        201
    );
    post_order(venue.address, 9, &market(1, "buy", "1"))
        .await
        .problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_order_is_refused() {
    let venue = Venue::open().await;
    let line = "POST /v1/accounts/0/orders";
    let post =
        async |headers: &[&str], body: &str| request(venue.address, line, headers, body).await;
    post(&[JSON], "{").await.problem(400, "bad_json");
    post(&[JSON], "").await.problem(400, "bad_json");
    post(&[], "{}").await.problem(415, "not_json");
    post(&["Content-Type: text/plain"], "{}")
        .await
        .problem(415, "not_json");
    let charset = "Content-Type: application/json; charset=utf-8";
    post(&[charset], "{").await.problem(400, "bad_json");
    post(&[JSON, "Content-Encoding: gzip"], "{}")
        .await
        .problem(415, "compressed_body");

    let order = market(1, "buy", "1").to_string();
    let faults = post(&[JSON], &order.replace("\"buy\"", "\"long\""))
        .await
        .problem(400, "bad_field");
    assert_eq!(faults, ["side | long | \"buy\" or \"sell\""]);
    let faults = post(&[JSON], &order.replace("\"qty\":\"1\"", "\"qty\":1")).await;
    assert!(faults.problem(400, "bad_field")[0].starts_with("qty | 1 | "));
    let faults = post(&[JSON], &order.replace("client_order_id", "client")).await;
    faults.problem(400, "bad_field");

    let large = format!("\"{}\"", "x".repeat(64 * 1024));
    let faults = post(&[JSON], &large).await.problem(413, "body_too_large");
    assert_eq!(faults, ["Content-Length | 65538 | at most 65536"]);
    let chunk = "x".repeat(0xffff);
    let chunked = format!("ffff\r\n{chunk}\r\nffff\r\n{chunk}\r\n0\r\n\r\n");
    let head = format!(
        "{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{JSON}\r\nTransfer-Encoding: chunked",
        venue.address
    );
    let answer = crate::wire::raw(venue.address, &format!("{head}\r\n\r\n{chunked}")).await;
    answer.problem(413, "body_too_large");
    assert_eq!(
        get_json(venue.address, "/healthz").await["engine_seq"],
        "12"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_with_its_key_is_answered_and_not_executed() {
    let venue = Venue::open().await;
    let first = post_with_key(&venue, "k1", &market(1, "buy", "0.5")).await;
    assert_eq!(
        (first.status, first.header("idempotency-replayed")),
        (201, None)
    );
    let again = post_with_key(&venue, "k1", &market(1, "buy", "0.5")).await;
    assert_eq!(
        (again.status, again.header("idempotency-replayed")),
        (201, Some("true"))
    );
    assert_eq!(again.body, first.body);
    post_with_key(&venue, "k1", &market(2, "buy", "0.5"))
        .await
        .problem(409, "idempotency_key_reused");

    // A denial is an answer too.
    let denied = post_with_key(&venue, "k2", &market(1, "buy", "0.5")).await;
    denied.problem(409, "duplicate_client_order");
    let again = post_with_key(&venue, "k2", &market(1, "buy", "0.5")).await;
    again.problem(409, "duplicate_client_order");
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    // Setting up took 12 inputs; then there were two orders.
    assert_eq!(
        get_json(venue.address, "/healthz").await["engine_seq"],
        "14"
    );

    let long = "k".repeat(129);
    post_with_key(&venue, &long, &market(3, "buy", "0.5"))
        .await
        .problem(400, "bad_idempotency_key");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_takes_too_long_is_unknown_and_can_be_asked_for_again() {
    let limits = Limits {
        // Longer than a machine that is busy takes for an order.
        receipt_wait_max: Duration::from_secs(2),
        ..quick()
    };
    let venue = Venue::with(limits).await;
    let release = venue.stall();
    let unknown = post_with_key(&venue, "k", &market(1, "buy", "0.5")).await;
    let faults = unknown.problem(504, "outcome_unknown");
    assert_eq!(faults, ["client_order_id | 1 | to be looked up"]);
    let detail = unknown.json()["detail"].to_string();
    assert!(
        detail.contains("/v1/accounts/0/orders?client_order_id=1"),
        "{detail}"
    );
    let in_progress = post_with_key(&venue, "k", &market(1, "buy", "0.5")).await;
    in_progress.problem(409, "in_progress");
    assert_eq!(in_progress.header("retry-after"), Some("1"));
    delete(&venue, "/v1/accounts/0/orders/1")
        .await
        .problem(504, "outcome_unknown");
    drop(release);
    venue.settle().await;
    let known = post_with_key(&venue, "k", &market(1, "buy", "0.5")).await;
    assert_eq!(
        (known.status, known.header("idempotency-replayed")),
        (201, Some("true"))
    );
    assert_eq!(known.json()["status"], "filled");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_commands_than_may_wait_are_refused() {
    let limits = Limits {
        commands_in_flight_max: 1,
        // Longer than a machine that is busy takes for an order.
        receipt_wait_max: Duration::from_secs(2),
        ..quick()
    };
    let venue = Venue::with(limits).await;
    let release = venue.stall();
    let order = market(1, "buy", "0.5");
    post_with_key(&venue, "k1", &order)
        .await
        .problem(504, "outcome_unknown");
    let refused = post_with_key(&venue, "k2", &market(2, "buy", "0.5")).await;
    refused.problem(503, "overloaded");
    assert_eq!(refused.header("retry-after"), Some("1"));
    let metrics = get(venue.address, "/metrics").await.body;
    assert!(
        metrics.contains("\ndynasty_server_overloaded_total 1\n"),
        "{metrics}"
    );
    // A cancel has a place of its own: it waits for the engine, not for the orders before it.
    delete(&venue, "/v1/accounts/0/orders/7")
        .await
        .problem(504, "outcome_unknown");
    drop(release);
    venue.settle().await;
    // A refused order was not taken, so its key is free.
    let taken = post_with_key(&venue, "k2", &market(2, "buy", "0.5")).await;
    assert_eq!(
        (taken.status, taken.header("idempotency-replayed")),
        (201, None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_engine_takes_no_orders() {
    let mut venue = Venue::open().await;
    venue.stop_runtime();
    post_order(venue.address, 0, &market(1, "buy", "1"))
        .await
        .problem(503, "unavailable");
    delete(&venue, "/v1/accounts/0/orders/1")
        .await
        .problem(503, "unavailable");
}
