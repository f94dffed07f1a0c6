//! Changing orders and cancelling several over HTTP.

use serde_json::{Value, json};

use crate::venue::Venue;
use crate::wire::{Answer, JSON, get_json, limit, market, post_order, request};

async fn send(venue: &Venue, line: &str, body: &Value) -> Answer {
    request(venue.address, line, &[JSON], &body.to_string()).await
}

async fn working(venue: &Venue) -> Vec<String> {
    venue.settle().await;
    let orders = get_json(venue.address, "/v1/accounts/0/orders").await;
    let ids = orders["orders"].as_array().unwrap().iter();
    ids.map(|order| order["client_order_id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_amended() {
    let venue = Venue::open().await;
    post_order(venue.address, 0, &limit(1, "buy", "0.5", "39000")).await;
    let line = "PATCH /v1/accounts/0/orders/1";
    let amended = send(&venue, line, &json!({"qty": "0.75", "price": "39500"})).await;
    assert_eq!(amended.status, 200, "{amended:?}");
    let amended = amended.json();
    assert_eq!(
        (&amended["status"], &amended["qty"], &amended["price"]),
        (&json!("amended"), &json!("0.75"), &json!("39500"))
    );
    assert_eq!(amended["trigger"], json!(null));

    let faults = send(&venue, line, &json!({"trigger": "39500"}))
        .await
        .problem(422, "no_such_price");
    assert_eq!(faults, ["trigger | 39500 | a price that the order has"]);
    let faults = send(&venue, line, &json!({"price": "39500.005"}))
        .await
        .problem(422, "price_off_tick");
    assert_eq!(faults, ["price | 39500.005 | a multiple of 0.01"]);
    send(&venue, line, &json!({"side": "sell"}))
        .await
        .problem(400, "bad_field");
    send(&venue, line, &json!({}))
        .await
        .problem(400, "bad_field");
    send(
        &venue,
        "PATCH /v1/accounts/0/orders/7",
        &json!({"qty": "1"}),
    )
    .await
    .problem(404, "not_found");
    send(
        &venue,
        "PATCH /v1/accounts/9/orders/1",
        &json!({"qty": "1"}),
    )
    .await
    .problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_orders_are_cancelled_by_their_filters() {
    let venue = Venue::open().await;
    for order in [
        limit(1, "buy", "0.5", "39000"),
        limit(2, "sell", "0.5", "41000"),
        limit(3, "buy", "0.25", "39100"),
    ] {
        assert_eq!(post_order(venue.address, 0, &order).await.status, 201);
    }
    let delete = async |query: &str| {
        let line = format!("DELETE /v1/accounts/0/orders{query}");
        request(venue.address, &line, &[], "").await
    };
    let buys = delete("?side=buy&instrument=0").await;
    assert_eq!(buys.status, 200, "{buys:?}");
    let cancelled = buys.json()["cancelled"].clone();
    assert_eq!(
        cancelled,
        json!([
            {"order_id": "1", "leaves": "0.5", "reason": "requested"},
            {"order_id": "3", "leaves": "0.25", "reason": "requested"},
        ])
    );
    assert_eq!(working(&venue).await, ["2"]);
    assert_eq!(delete("?instrument=1").await.json()["cancelled"], json!([]));
    assert_eq!(delete("").await.json()["cancelled"][0]["order_id"], "2");
    assert!(working(&venue).await.is_empty());

    let faults = delete("?side=long").await.problem(400, "bad_query");
    assert_eq!(faults, ["side | long | buy or sell"]);
    let faults = delete("?instrument=x").await.problem(400, "bad_query");
    assert_eq!(faults, ["instrument | x | the id of an instrument"]);
    let faults = delete("?qty=1").await.problem(400, "bad_query");
    assert_eq!(faults, ["qty | 1 | instrument or side, once"]);
    request(venue.address, "DELETE /v1/accounts/9/orders", &[], "")
        .await
        .problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_session_cancels_what_asked_for_it() {
    let venue = Venue::open().await;
    let mut mortal = limit(1, "buy", "0.5", "39000");
    mortal["cancel_on_disconnect"] = true.into();
    post_order(venue.address, 0, &mortal).await;
    post_order(venue.address, 0, &limit(2, "buy", "0.5", "39000")).await;
    let line = "POST /v1/accounts/0/disconnect";
    let ended = request(venue.address, line, &[], "").await;
    assert_eq!(ended.status, 200, "{ended:?}");
    assert_eq!(
        ended.json()["cancelled"],
        json!([{"order_id": "1", "leaves": "0.5", "reason": "disconnected"}])
    );
    assert_eq!(working(&venue).await, ["2"]);
    request(venue.address, "POST /v1/accounts/9/disconnect", &[], "")
        .await
        .problem(404, "not_found");
    // A market order is gone before the session is.
    post_order(venue.address, 0, &market(3, "buy", "0.5")).await;
    let ended = request(venue.address, line, &[], "").await.json();
    assert_eq!(ended["cancelled"], json!([]));
}
