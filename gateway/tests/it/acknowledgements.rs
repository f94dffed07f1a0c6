//! Every answer to a command says what it means that it is told.

use runtime::AckMode;
use serde_json::{Value, json};

use crate::venue::Venue;
use crate::wire::{Answer, JSON, get, limit, request};

async fn send(venue: &Venue, line: &str, body: &Value) -> Answer {
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    request(venue.address, line, &[JSON], &body).await
}

/// Every route that takes a command, with whether it is done or refused by the engine.
fn commands() -> Vec<(&'static str, Value, bool)> {
    let part = |mut order: Value| {
        order.as_object_mut().unwrap().remove("instrument");
        order
    };
    let algo = json!({
        "client_order_id": "20", "instrument": "0", "side": "buy", "type": "twap", "qty": "0.4",
        "start": "2024-01-03T12:00:00Z", "end": "2024-01-03T12:00:40Z", "slices": 4,
    });
    let mut stop = part(limit(12, "sell", "0.5", "39000"));
    stop["type"] = "stop".into();
    stop["trigger"] = stop["price"].take();
    let list = json!({
        "kind": "bracket", "instrument": "0",
        "orders": [
            part(limit(10, "buy", "0.5", "40001")),
            part(limit(11, "sell", "0.5", "41000")),
            stop,
        ],
    });
    let cup = json!({
        "name": "Cup", "kind": "demo", "roll": {"zone": "UTC", "time": "00:00"},
        "weights": {"profit": "100", "risk": "0", "consistency": "0", "drawdown": "0"},
        "gates": {"active_days": 0, "round_turns": 0},
    });
    let news = json!({
        "calendar": {"named": "news"},
        "start": "2024-01-03T13:30:00Z", "end": "2024-01-03T13:30:01Z",
    });
    let none = Value::Null;
    let order = limit(1, "buy", "0.5", "39000");
    vec![
        ("POST /v1/accounts/0/orders", order.clone(), true),
        ("POST /v1/accounts/0/orders", order, false),
        (
            "PATCH /v1/accounts/0/orders/1",
            json!({"qty": "0.75"}),
            true,
        ),
        (
            "PATCH /v1/accounts/0/orders/1",
            json!({"price": "39500.005"}),
            false,
        ),
        ("DELETE /v1/accounts/0/orders/1", none.clone(), true),
        ("DELETE /v1/accounts/0/orders/77", none.clone(), false),
        ("POST /v1/accounts/0/order-lists", list.clone(), true),
        ("POST /v1/accounts/0/order-lists", list, false),
        ("POST /v1/accounts/0/algos", algo.clone(), true),
        ("POST /v1/accounts/0/algos", algo, false),
        ("DELETE /v1/accounts/0/orders", none.clone(), true),
        ("DELETE /v1/accounts/9/orders", none.clone(), false),
        ("POST /v1/accounts/0/disconnect", none.clone(), true),
        ("POST /v1/accounts/9/disconnect", none.clone(), false),
        (
            "POST /v1/accounts",
            json!({"plan": "0", "name": "dora"}),
            true,
        ),
        (
            "POST /v1/accounts",
            json!({"plan": "7", "name": "fred"}),
            false,
        ),
        (
            "POST /v1/accounts/1/suspend",
            json!({"reason": "review", "until": "2024-01-03T13:00:00Z"}),
            true,
        ),
        ("POST /v1/accounts/1/resume", none.clone(), true),
        ("POST /v1/accounts/9/resume", none.clone(), false),
        ("POST /v1/accounts/2/close", none.clone(), true),
        ("POST /v1/accounts/9/close", none.clone(), false),
        (
            "POST /v1/accounts/0/payouts",
            json!({"amount": "100"}),
            false,
        ),
        ("POST /v1/accounts/0/scale", none, false),
        ("POST /v1/competitions", cup, true),
        (
            "POST /v1/competitions/1/entrants",
            json!({"account": "3"}),
            true,
        ),
        (
            "POST /v1/competitions/1/entrants",
            json!({"account": "9"}),
            false,
        ),
        ("PATCH /v1/competitions/1", json!({"change": "end"}), true),
        ("POST /v1/windows", news.clone(), true),
        ("POST /v1/windows", news, true),
    ]
}

async fn every_answer_states(venue: &Venue, mode: &str) {
    let mut wrong = Vec::new();
    for (line, body, is_done) in commands() {
        let answer = send(venue, line, &body).await;
        if (answer.status < 300, answer.header("ack-mode")) != (is_done, Some(mode)) {
            wrong.push(format!("{line} {body}: {answer:?}"));
        }
        // Names of what was just made are there.
        venue.settle().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_to_a_command_states_the_ack_mode() {
    let venue = Venue::open().await;
    every_answer_states(&venue, "durable").await;
    // A repeat is the same acknowledgement.
    let order = limit(30, "buy", "0.5", "39000").to_string();
    for replayed in [None, Some("true")] {
        let headers = [JSON, "Idempotency-Key: thirty"];
        let line = "POST /v1/accounts/0/orders";
        let answer = request(venue.address, line, &headers, &order).await;
        assert_eq!(answer.header("idempotency-replayed"), replayed);
        assert_eq!(answer.header("ack-mode"), Some("durable"), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn relaxed_is_stated_as_well() {
    let venue = Venue::acknowledging(AckMode::Relaxed).await;
    every_answer_states(&venue, "relaxed").await;
}

/// What no engine has seen is no acknowledgement.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_sequenced_states_none() {
    let venue = Venue::open().await;
    let order = limit(1, "buy", "0.5", "39000");
    for answer in [
        get(venue.address, "/v1/accounts/0").await,
        send(&venue, "POST /v1/accounts/0/orders", &json!({})).await,
        send(&venue, "POST /v1/accounts/0/what-if", &order).await,
        send(&venue, "DELETE /v1/accounts/x/orders", &Value::Null).await,
    ] {
        assert_eq!(answer.header("ack-mode"), None, "{answer:?}");
    }
}

/// An engine that has failed takes nothing, and what was durable can be read.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_failure_reads_go_on_and_commands_are_refused() {
    let venue = Venue::open().await;
    venue.fail().await;
    let health = get(venue.address, "/healthz").await;
    assert_eq!(health.status, 503, "{health:?}");
    let detail = health.json()["detail"].to_string();
    assert!(detail.contains("the source broke"), "{detail}");
    for path in [
        "/v1/accounts",
        "/v1/accounts/0",
        "/v1/instruments",
        "/v1/competitions/0/board",
        "/v1/accounts/0/orders",
    ] {
        let read = get(venue.address, path).await;
        assert_eq!(read.status, 200, "{path}: {read:?}");
    }
    let orders = commands().into_iter().take(3);
    for (line, body, _) in orders.chain([("DELETE /v1/accounts/0/orders", Value::Null, true)]) {
        let refused = send(&venue, line, &body).await;
        assert_eq!(refused.status, 503, "{line}: {refused:?}");
        let kind = refused.json()["type"].to_string();
        assert!(kind.contains("failed"), "{line}: {kind}");
    }
}
