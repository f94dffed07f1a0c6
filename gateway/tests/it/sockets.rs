//! The WebSocket protocol itself.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use gateway::Limits;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::venue::{Venue, quick};
use crate::wire::{Client, get, market, post_order};

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_answered_and_mistakes_are_told() {
    let venue = Venue::with(Limits {
        subscriptions_max: 2,
        ..quick()
    })
    .await;
    let mut client = Client::connect(venue.address).await;
    client.send(&json!({ "op": "ping", "id": 3 })).await;
    assert_eq!(client.expect().await, json!({ "op": "pong", "id": 3 }));

    let mut refused = async |message: &str, id: Value, code: u16| {
        client.socket.send(Message::text(message)).await.unwrap();
        let reply = client.expect().await;
        assert_eq!(
            (&reply["op"], &reply["id"], &reply["code"]),
            (&json!("error"), &id, &json!(code))
        );
        assert!(!reply["detail"].as_str().unwrap().is_empty());
    };
    refused("{", json!(null), 400).await;
    refused("", json!(null), 400).await;
    refused(r#"{"op":"buy","id":4}"#, json!(4), 400).await;
    refused(
        r#"{"op":"sub","id":5,"chs":[{"ch":"nothing"}]}"#,
        json!(5),
        400,
    )
    .await;
    refused(
        r#"{"op":"sub","id":6,"chs":[{"ch":"account:99"}]}"#,
        json!(6),
        404,
    )
    .await;
    refused(
        r#"{"op":"sub","id":6,"chs":[{"ch":"candles:2:60"}]}"#,
        json!(6),
        404,
    )
    .await;
    refused(
        r#"{"op":"sub","id":6,"chs":[{"ch":"board:1"}]}"#,
        json!(6),
        404,
    )
    .await;
    let three = r#"{"op":"sub","id":7,"chs":[{"ch":"events"},{"ch":"accounts"},{"ch":"board:0"}]}"#;
    refused(three, json!(7), 429).await;
    // None of the three was subscribed, so two fit.
    client.subscribe("events").await;
    client.subscribe("accounts").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_long_or_no_text_ends_the_socket() {
    let venue = Venue::open().await;
    let mut client = Client::connect(venue.address).await;
    let long = format!("\"{}\"", "x".repeat(64 * 1024));
    client.socket.send(Message::text(long)).await.unwrap();
    assert_eq!(client.next().await, Some(json!({ "closed": 1009 })));

    let mut client = Client::connect(venue.address).await;
    client
        .socket
        .send(Message::binary(vec![1, 2, 3]))
        .await
        .unwrap();
    assert_eq!(client.next().await, Some(json!({ "closed": 1003 })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_too_often_is_let_go() {
    let limits = Limits {
        operations_per_second_max: 5,
        heartbeat_interval: Duration::from_mins(1),
        ..quick()
    };
    let venue = Venue::with(limits).await;
    let mut client = Client::connect(venue.address).await;
    for id in 0..6 {
        client.send(&json!({ "op": "ping", "id": id })).await;
    }
    for _ in 0..5 {
        assert_eq!(client.expect().await["op"], "pong");
    }
    assert_eq!(client.expect().await["code"], 429);
    assert_eq!(client.next().await, Some(json!({ "closed": 1008 })));
}

#[tokio::test(flavor = "multi_thread")]
async fn heartbeats_tell_where_the_engine_is() {
    let venue = Venue::open().await;
    let mut client = Client::connect(venue.address).await;
    for _ in 0..2 {
        let Some(Ok(Message::Text(text))) = client.socket.next().await else {
            panic!()
        };
        let expected = json!({
            "op": "heartbeat", "engine_seq": "12", "durable_seq": "12",
            "ts": "2024-01-03T12:00:00Z", "rate": "8640",
        });
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_answers_no_ping_is_let_go() {
    let limits = Limits {
        ping_interval: Duration::from_millis(50),
        silence_max: Duration::from_millis(200),
        ..quick()
    };
    let venue = Venue::with(limits).await;
    let mut client = Client::connect(venue.address).await;
    // Reading answers the pings.
    let reading = tokio::time::timeout(Duration::from_millis(600), client.next()).await;
    assert!(reading.is_err(), "{reading:?}");
    // Not reading does not, and the heartbeats that wait are the last thing there is to read.
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(client.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_tells_its_sockets() {
    let mut venue = Venue::open().await;
    let mut client = Client::connect(venue.address).await;
    client.subscribe("instruments").await;
    client.frame("instruments").await;
    let address = venue.address;
    let stopping = tokio::spawn(async move {
        let in_time = venue.stop_server().await;
        (venue, in_time)
    });
    let goodbye = client.expect().await;
    let expected = json!({ "op": "shutdown", "reconnect_after_ms": 500, "jitter_ms": 1000 });
    assert_eq!(goodbye, expected);
    assert_eq!(client.next().await, Some(json!({ "closed": 1001 })));
    assert_eq!(client.next().await, None);
    let (_venue, in_time) = stopping.await.unwrap();
    assert!(in_time);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_of_events_is_closed_and_nobody_else_notices() {
    let limits = Limits {
        event_ring_max: 64,
        send_buffer_bytes: 4_096,
        ..quick()
    };
    let venue = Venue::with(limits).await;
    let mut slow = Client::try_connect(venue.address, None, Some(4_096))
        .await
        .unwrap();
    let mut quick = Client::connect(venue.address).await;
    slow.subscribe("events").await;
    quick.subscribe("events").await;
    let mut last = quick.frame("events").await;

    // Each order leaves two events; 400 orders are far more than the buffers and the ring hold.
    let orders = 400;
    for id in 1..=orders {
        let answer = post_order(venue.address, 0, &market(id, "buy", "0.001")).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let fill = |frame: &Value| {
            frame["data"]
                .as_array()
                .unwrap()
                .iter()
                .any(|event| event["type"] == "fill")
        };
        last = quick.frame_with("events", last, fill).await;
    }
    assert_eq!(
        last["data"].as_array().unwrap().last().unwrap()["order_id"],
        orders.to_string()
    );

    // The slow one reads what was on its way, is told why, and is closed.
    let error = loop {
        let message = slow.expect().await;
        if message["op"] == "error" {
            break message;
        }
    };
    assert_eq!(error["code"], 407);
    assert_eq!(slow.next().await, Some(json!({ "closed": 4008 })));
    let metrics = get(venue.address, "/metrics").await.body;
    assert!(
        metrics.contains("\ndynasty_sockets_too_slow_total 1\n"),
        "{metrics}"
    );
}
