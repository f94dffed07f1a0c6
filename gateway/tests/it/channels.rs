//! What the channels carry.

use gateway::Limits;
use serde_json::{Value, json};

use crate::venue::{NOON_S, Venue, quick};
use crate::wire::{Client, limit, market, post_order};

#[tokio::test(flavor = "multi_thread")]
async fn instruments_come_as_a_snapshot_and_then_as_changed_rows() {
    let venue = Venue::open().await;
    let mut client = Client::connect(venue.address).await;
    assert!(!client.subscribe("instruments").await);
    let mut last = client.frame("instruments").await;
    assert_eq!((&last["type"], &last["seq"]), (&json!("snap"), &json!(1)));
    assert_eq!(last["data"].as_array().unwrap().len(), 2);
    assert_eq!(last["ts"], "2024-01-03T12:00:00Z");
    for (second, bid) in [(1, 40_100), (2, 40_200), (3, 40_300)] {
        venue.quote(second, bid);
        let bid = bid.to_string();
        let is_there = |frame: &Value| frame["data"][0]["bid"] == bid;
        last = client.frame_with("instruments", last, is_there).await;
        // ETHUSDT did not change.
        assert_eq!(last["data"].as_array().unwrap().len(), 1);
        assert_eq!(last["type"], "delta");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_shown_whole_and_the_list_by_rows() {
    let venue = Venue::open().await;
    let mut client = Client::connect(venue.address).await;
    client.subscribe("account:0").await;
    let whole = client.frame("account:0").await;
    assert_eq!(
        (&whole["type"], &whole["data"]["equity"]),
        (&json!("snap"), &json!("50000"))
    );
    let mut other = Client::connect(venue.address).await;
    other.subscribe("accounts").await;
    let rows = other.frame("accounts").await;
    assert_eq!(rows["data"].as_array().unwrap().len(), 3);

    post_order(venue.address, 0, &market(1, "buy", "0.5")).await;
    // Half a coin bought at the ask and marked at the bid, one below.
    let is_there = |frame: &Value| frame["data"]["equity"] == "49999.5";
    let whole = client.frame_with("account:0", whole, is_there).await;
    assert_eq!(whole["data"]["positions"][0]["qty"], "0.5");
    venue.quote(1, 40_101);
    let is_there = |frame: &Value| frame["data"][0]["equity"] == "50050";
    let rows = other.frame_with("accounts", rows, is_there).await;
    assert_eq!(rows["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_comes_whole_and_then_by_rows() {
    let venue = Venue::open().await;
    let mut client = Client::connect(venue.address).await;
    client.subscribe("board:0").await;
    let board = client.frame("board:0").await;
    assert_eq!(board["data"]["competition"]["name"], "January");
    assert_eq!(board["data"]["rows"].as_array().unwrap().len(), 3);
    post_order(venue.address, 1, &market(1, "buy", "0.5")).await;
    let is_there = |frame: &Value| frame["data"]["rows"][0]["account"] == "1";
    let changed = client.frame_with("board:0", board, is_there).await;
    assert_eq!(changed["data"]["competition"], json!(null));
    assert_eq!(changed["data"]["rows"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn candles_and_curves_follow_the_market_clock() {
    let venue = Venue::open().await;
    post_order(venue.address, 0, &market(1, "buy", "1")).await;
    venue.quote(30, 40_100);
    venue.settle().await;
    let mut client = Client::connect(venue.address).await;
    client.subscribe("candles:0:60").await;
    let candles = client.frame("candles:0:60").await;
    let first = json!(
        { "t": NOON_S, "o": "40000.5", "h": "40100.5", "l": "40000.5", "c": "40100.5" }
    );
    assert_eq!(candles["data"], json!([first]));
    client.subscribe("equity:0").await;
    let curve = client.frame("equity:0").await;
    assert_eq!(
        curve["data"],
        json!([{ "t": NOON_S, "equity": "50000", "balance": "50000" }])
    );

    venue.quote(60, 40_050);
    let is_there = |frame: &Value| frame["data"].as_array().unwrap().len() == 1;
    let delta = client.frame_with("candles:0:60", candles, is_there).await;
    let second = json!(
        { "t": NOON_S + 60, "o": "40050.5", "h": "40050.5", "l": "40050.5", "c": "40050.5" }
    );
    assert_eq!(delta["data"], json!([second]));
    // One coin bought at 40,001, marked at 40,050.
    let mut other = Client::connect(venue.address).await;
    other.subscribe("equity:0").await;
    let curve = other.frame("equity:0").await;
    assert_eq!(
        curve["data"][1],
        json!({ "t": NOON_S + 60, "equity": "50049", "balance": "50000" })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_everybodys_or_one_accounts() {
    let venue = Venue::open().await;
    post_order(venue.address, 0, &market(1, "buy", "0.5")).await;
    post_order(venue.address, 1, &market(1, "buy", "0.5")).await;
    let mut client = Client::connect(venue.address).await;
    client.subscribe("events").await;
    let all = client.frame("events").await;
    let last: Vec<_> = types(&all).split_off(all["data"].as_array().unwrap().len() - 4);
    assert_eq!(last, ["order_accepted", "fill", "order_accepted", "fill"]);
    client.subscribe("events:1").await;
    let own = client.frame("events:1").await;
    assert!(
        own["data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|event| event["account"] == "1")
    );
    assert_eq!(
        types(&own)[types(&own).len() - 2..],
        ["order_accepted", "fill"]
    );

    post_order(venue.address, 1, &limit(2, "buy", "0.5", "39000")).await;
    let next = client.frame("events:1").await;
    assert_eq!(
        (&next["type"], types(&next)),
        (&json!("event"), vec!["order_accepted".to_owned()])
    );
    assert_eq!(next["seq"].as_u64(), own["seq"].as_u64().map(|seq| seq + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_floor_that_trails_the_market_is_no_event_and_a_breach_is() {
    let venue = Venue::open().await;
    let mut client = Client::connect(venue.address).await;
    client.subscribe("events:0").await;
    client.frame("events:0").await;
    post_order(venue.address, 0, &market(1, "buy", "1")).await;
    let mut seen = types(&client.frame("events:0").await);
    // Up by 500, which moves the trailing floor; then down through it.
    venue.quote(1, 40_501);
    venue.quote(2, 37_000);
    while !seen.iter().any(|kind| kind == "state_changed") {
        seen.extend(types(&client.frame("events:0").await));
    }
    assert!(seen.iter().any(|kind| kind == "breach"), "{seen:?}");
    assert!(!seen.iter().any(|kind| kind == "floor_moved"), "{seen:?}");
}

fn types(frame: &Value) -> Vec<String> {
    let events = frame["data"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["type"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_goes_on_where_it_was_if_it_can() {
    let limits = Limits {
        event_ring_max: 3,
        ..quick()
    };
    let venue = Venue::with(limits).await;
    let mut client = Client::connect(venue.address).await;
    client.subscribe("events").await;
    let mut last = client.frame("events").await;
    let order = async |id: u32| {
        let answer = post_order(venue.address, 0, &limit(id, "buy", "0.001", "39000")).await;
        assert_eq!(answer.status, 201);
    };
    let is_order = |frame: &Value| frame["data"][0]["type"] == "order_accepted";
    order(1).await;
    last = client.frame_with("events", last, is_order).await;
    let epoch = last["epoch"].clone();
    let seq = last["seq"].as_u64().unwrap();
    drop(client);

    // Two events later, from another connection.
    order(2).await;
    order(3).await;
    venue.settle().await;
    let mut client = Client::connect(venue.address).await;
    let resume = |epoch: &Value, seq: u64| json!({ "ch": "events", "resume": { "epoch": epoch, "seq": seq } });
    assert!(client.subscribe_as(&resume(&epoch, seq)).await);
    for missed in 1..=2 {
        let frame = client.frame("events").await;
        assert_eq!(
            (&frame["type"], &frame["seq"]),
            (&json!("event"), &json!(seq + missed))
        );
    }

    // Too long ago, or of another epoch: from the beginning.
    order(4).await;
    order(5).await;
    venue.settle().await;
    for (epoch, seq) in [
        (epoch.clone(), seq),
        (json!("other"), seq + 4),
        (epoch, seq + 99),
    ] {
        let mut client = Client::connect(venue.address).await;
        assert!(!client.subscribe_as(&resume(&epoch, seq)).await);
        let snapshot = client.frame("events").await;
        assert_eq!(
            (&snapshot["type"], &snapshot["seq"]),
            (&json!("snap"), &json!(seq_of(&snapshot)))
        );
        assert!(types(&snapshot).len() >= 5);
    }
}

fn seq_of(frame: &Value) -> u64 {
    frame["seq"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_comes_after_unsubscribing() {
    let venue = Venue::open().await;
    let mut client = Client::connect(venue.address).await;
    client.subscribe("instruments").await;
    client.frame("instruments").await;
    client
        .send(&json!({ "op": "unsub", "id": 2, "chs": [{ "ch": "instruments" }] }))
        .await;
    let expected = json!({ "op": "ok", "id": 2, "chs": [{ "ch": "instruments" }] });
    assert_eq!(client.expect().await, expected);
    venue.quote(1, 41_000);
    venue.settle().await;
    client.send(&json!({ "op": "ping", "id": 3 })).await;
    assert_eq!(client.expect().await, json!({ "op": "pong", "id": 3 }));
}
