//! Opening, suspending, resuming and closing accounts over HTTP.

use serde_json::{Value, json};

use crate::venue::Venue;
use crate::wire::{Answer, JSON, get_json, limit, market, post_order, request};

async fn post(venue: &Venue, path: &str, body: &Value) -> Answer {
    let line = format!("POST /v1/accounts{path}");
    request(venue.address, &line, &[JSON], &body.to_string()).await
}

fn types(answer: &Value) -> Vec<&str> {
    let events = answer["events"].as_array().unwrap().iter();
    events
        .map(|event| event["type"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_opened_once_for_each_key() {
    let venue = Venue::open().await;
    let line = "POST /v1/accounts";
    let key = "Idempotency-Key: dora";
    let body = json!({"plan": "0", "name": "dora"});
    let send =
        async |body: &Value| request(venue.address, line, &[JSON, key], &body.to_string()).await;
    let opened = send(&body).await;
    assert_eq!(opened.status, 201, "{opened:?}");
    let first = opened.json();
    assert_eq!(
        (&first["account"], &first["parent"], &first["balance"]),
        (&json!("3"), &json!(null), &json!("50000"))
    );
    // The plan has two limits.
    assert_eq!(
        types(&first),
        ["account_opened", "floor_moved", "floor_moved"]
    );
    let again = send(&body).await;
    assert_eq!(again.json(), first);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    send(&json!({"plan": "0", "name": "emil"}))
        .await
        .problem(409, "idempotency_key_reused");
    venue.settle().await;
    let accounts = get_json(venue.address, "/v1/accounts").await;
    assert_eq!(accounts["accounts"].as_array().unwrap().len(), 4);

    let faults = post(&venue, "", &json!({"plan": "7", "name": "fred"}))
        .await
        .problem(422, "unknown_plan");
    assert_eq!(faults, ["plan | 7 | one of the 1 plans, counted from 0"]);
    let orphan = json!({"plan": "0", "name": "fred", "parent": "9", "origin": "retry"});
    let faults = post(&venue, "", &orphan)
        .await
        .problem(422, "unknown_account");
    assert_eq!(
        faults,
        ["parent | 9 | one of the 4 accounts, counted from 0"]
    );
    let faults = post(
        &venue,
        "",
        &json!({"plan": "0", "name": "fred", "parent": "0"}),
    )
    .await
    .problem(400, "bad_field");
    assert_eq!(
        faults,
        [r#"origin | - | "next_phase" or "reset" or "retry""#]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_closes_the_account_that_it_follows() {
    let venue = Venue::open().await;
    post_order(venue.address, 0, &market(1, "buy", "0.5")).await;
    let after =
        |origin: &str| json!({"plan": "0", "name": "again", "parent": "0", "origin": origin});
    let faults = post(&venue, "", &after("retry"))
        .await
        .problem(422, "parent_state");
    assert_eq!(faults, ["parent | 0 | an account that has failed"]);
    let opened = post(&venue, "", &after("reset")).await;
    assert_eq!(opened.status, 201, "{opened:?}");
    let opened = opened.json();
    assert_eq!(
        (&opened["account"], &opened["parent"]),
        (&json!("3"), &json!("0"))
    );
    assert_eq!(
        types(&opened),
        [
            "fill",
            "liquidated",
            "state_changed",
            "account_opened",
            "floor_moved",
            "floor_moved"
        ]
    );
    let [fill, closed, told] = [0, 2, 3].map(|place| &opened["events"][place]);
    assert_eq!(
        (&fill["account"], &fill["cause"], &fill["liquidation"]),
        (&json!("0"), &json!("account_ended"), &json!(true))
    );
    assert_eq!(
        (&closed["to"], &closed["reason"]),
        (&json!("closed"), &json!("reset"))
    );
    assert_eq!(
        (&told["parent"], &told["origin"]),
        (&json!("0"), &json!("reset"))
    );

    let parent = get_json(venue.address, "/v1/accounts/0").await;
    assert_eq!(
        (&parent["state"], &parent["followed"], &parent["origin"]),
        (&json!("closed"), &json!(true), &json!(null))
    );
    let child = get_json(venue.address, "/v1/accounts/3").await;
    let lineage = ["parent", "origin", "resets", "retries", "followed"].map(|field| &child[field]);
    assert_eq!(
        lineage,
        [
            &json!("0"),
            &json!("reset"),
            &json!(1),
            &json!(0),
            &json!(false)
        ]
    );
    let faults = post(&venue, "", &after("reset"))
        .await
        .problem(422, "parent_state");
    assert_eq!(
        faults,
        ["parent | 0 | an account that trades or has failed"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_account_holds_still_until_it_is_resumed() {
    let venue = Venue::open().await;
    let address = venue.address;
    post_order(address, 0, &market(1, "buy", "0.5")).await;
    post_order(address, 0, &limit(2, "buy", "0.5", "39000")).await;
    let body = json!({"reason": "review", "until": "2024-01-03T13:00:00Z"});
    let suspended = post(&venue, "/0/suspend", &body).await;
    assert_eq!(suspended.status, 200, "{suspended:?}");
    let suspended = suspended.json();
    assert_eq!(
        (&suspended["account"], &suspended["state"]),
        (&json!("0"), &json!("suspended"))
    );
    assert_eq!(
        types(&suspended),
        [
            "order_cancelled",
            "fill",
            "liquidated",
            "suspended",
            "state_changed"
        ]
    );
    assert_eq!(suspended["events"][0]["reason"], "account_locked");
    assert_eq!(suspended["events"][4]["reason"], "review");

    venue.settle().await;
    let whole = get_json(address, "/v1/accounts/0").await;
    assert_eq!(
        whole["suspension"],
        json!({"reason": "review", "until": "2024-01-03T13:00:00Z", "prior": "evaluation"})
    );
    let listed = get_json(address, "/v1/accounts?state=suspended").await;
    assert_eq!(listed["accounts"][0]["id"], "0");
    let faults = post_order(address, 0, &market(3, "buy", "0.5"))
        .await
        .problem(422, "account_not_trading");
    assert_eq!(
        faults,
        ["account | 0 | an account that is in an evaluation or funded: it is suspended"]
    );
    let faults = post(&venue, "/0/suspend", &body)
        .await
        .problem(409, "account_state");
    assert_eq!(faults, ["state | suspended | evaluation or funded"]);

    let line = "POST /v1/accounts/0/resume";
    let resumed = request(address, line, &[], "").await;
    assert_eq!(resumed.status, 200, "{resumed:?}");
    assert_eq!(resumed.json()["state"], "evaluation");
    assert_eq!(resumed.json()["events"][0]["reason"], "resumed");
    let faults = request(address, line, &[], "")
        .await
        .problem(409, "account_state");
    assert_eq!(faults, ["state | evaluation | suspended"]);

    // Suspended again, it comes back by itself.
    assert_eq!(post(&venue, "/0/suspend", &body).await.status, 200);
    venue.quote(3_600, 40_000);
    venue.settle().await;
    let whole = get_json(address, "/v1/accounts/0").await;
    assert_eq!(
        (&whole["state"], &whole["suspension"]),
        (&json!("evaluation"), &json!(null))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_stays_closed() {
    let venue = Venue::open().await;
    let close = "POST /v1/accounts/1/close";
    let closed = request(venue.address, close, &[], "").await;
    assert_eq!(closed.status, 200, "{closed:?}");
    assert_eq!(closed.json()["state"], "closed");
    assert_eq!(closed.json()["events"][0]["reason"], "requested");
    let faults = request(venue.address, close, &[], "")
        .await
        .problem(409, "account_state");
    assert_eq!(
        faults,
        ["state | closed | evaluation or funded or suspended or passed"]
    );
    request(venue.address, "POST /v1/accounts/1/resume", &[], "")
        .await
        .problem(409, "account_state");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_makes_no_sense_is_a_problem() {
    let venue = Venue::open().await;
    let faults = post(&venue, "/0/suspend", &json!({"reason": "holiday"}))
        .await
        .problem(400, "bad_field");
    assert_eq!(
        faults,
        [r#"reason | holiday | "by_firm" or "review" or "inactivity""#]
    );
    let now = json!({"reason": "by_firm", "until": "2024-01-03T12:00:00Z"});
    let faults = post(&venue, "/0/suspend", &now)
        .await
        .problem(422, "bad_data");
    assert_eq!(
        faults,
        ["until | 2024-01-03T12:00:00Z | a time after 2024-01-03T12:00:00Z"]
    );
    for line in ["POST /v1/accounts/9/close", "POST /v1/accounts/9/resume"] {
        request(venue.address, line, &[], "")
            .await
            .problem(404, "not_found");
    }
    request(venue.address, "GET /v1/accounts/0/close", &[], "")
        .await
        .problem(405, "method_not_allowed");
}
