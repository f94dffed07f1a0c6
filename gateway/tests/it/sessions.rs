//! The session of an account: it lasts as long as a socket is bound to it, and takes along what asked for it.

use serde_json::{Value, json};

use crate::venue::Venue;
use crate::wire::{Client, JSON, get_json, limit, post_order, request};

async fn bind(venue: &Venue, account: &str) -> Client {
    let mut client = Client::connect(venue.address).await;
    client
        .send(&json!({ "op": "bind", "id": 7, "account": account }))
        .await;
    assert_eq!(
        client.expect().await,
        json!({ "op": "bound", "id": 7, "account": account })
    );
    client
}

fn in_session(mut order: Value) -> Value {
    order["cancel_on_disconnect"] = true.into();
    order
}

/// What works of account 0, by client order id.
async fn working(venue: &Venue) -> Vec<String> {
    venue.settle().await;
    let orders = get_json(venue.address, "/v1/accounts/0/orders").await;
    let orders = orders["orders"].as_array().unwrap().iter();
    let ids = orders.map(|order| order["client_order_id"].as_str().unwrap().to_owned());
    ids.collect()
}

/// Waits until this is what works.
async fn becomes(venue: &Venue, expected: &[&str]) {
    for _ in 0..1_000 {
        if working(venue).await == expected {
            return;
        }
    }
    panic!("{:?} work, not {expected:?}", working(venue).await);
}

async fn three_orders(venue: &Venue) {
    let address = venue.address;
    post_order(address, 0, &in_session(limit(1, "buy", "1", "30000"))).await;
    post_order(address, 0, &limit(2, "buy", "1", "30000")).await;
    post_order(address, 0, &in_session(limit(3, "buy", "1", "30000"))).await;
    post_order(address, 1, &in_session(limit(1, "buy", "1", "30000"))).await;
    assert_eq!(working(venue).await, ["1", "2", "3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_socket_of_an_account_takes_along_what_asked_for_it() {
    let venue = Venue::open().await;
    let (mut first, second) = (bind(&venue, "0").await, bind(&venue, "0").await);
    let mut looks_on = Client::connect(venue.address).await;
    looks_on.subscribe("account:0").await;
    three_orders(&venue).await;
    // One that only looks on is no session, and the first of two sockets is not the last.
    first.socket.close(None).await.unwrap();
    drop(first);
    drop(looks_on);
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(working(&venue).await, ["1", "2", "3"]);
    // Without a word: the connection is gone.
    drop(second);
    becomes(&venue, &["2"]).await;
    let others = get_json(venue.address, "/v1/accounts/1/orders").await;
    assert_eq!(others["orders"].as_array().unwrap().len(), 1);
    // A new session begins with what stayed.
    let third = bind(&venue, "0").await;
    let address = venue.address;
    post_order(address, 0, &in_session(limit(4, "buy", "1", "30000"))).await;
    assert_eq!(working(&venue).await, ["2", "4"]);
    drop(third);
    becomes(&venue, &["2"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_takes_along_its_algos() {
    let venue = Venue::open().await;
    let session = bind(&venue, "0").await;
    let algo = |id: &str, ends: bool| {
        json!({
            "client_order_id": id, "instrument": "0", "side": "buy", "qty": "2", "type": "twap",
            "slices": 2, "price": "30000", "start": "2024-01-03T12:00:00Z",
            "end": "2024-01-03T13:00:00Z", "cancel_on_disconnect": ends,
        })
    };
    for (id, ends) in [("1", true), ("2", false)] {
        let line = "POST /v1/accounts/0/algos";
        let sent = request(venue.address, line, &[JSON], &algo(id, ends).to_string()).await;
        assert_eq!(sent.status, 201, "{sent:?}");
    }
    drop(session);
    for _ in 0..1_000 {
        venue.settle().await;
        let algos = get_json(venue.address, "/v1/accounts/0/algos").await;
        if algos["algos"].as_array().unwrap().len() == 1 {
            assert_eq!(algos["algos"][0]["client_order_id"], "2");
            return;
        }
    }
    panic!("the algo of the session stayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_server_ends_its_sessions() {
    let mut venue = Venue::open().await;
    let session = bind(&venue, "0").await;
    three_orders(&venue).await;
    venue.stop_server().await;
    drop(session);
    let mut venue = venue.restart(crate::venue::quick(), true).await;
    assert_eq!(working(&venue).await, ["2"]);
    venue.stop_server().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_account_that_is_there_has_a_session() {
    let venue = Venue::open().await;
    let mut client = Client::connect(venue.address).await;
    client
        .send(&json!({ "op": "bind", "id": 8, "account": "17" }))
        .await;
    assert_eq!(
        client.expect().await,
        json!({ "op": "error", "id": 8, "code": 404, "detail": "there is no account \"17\"" })
    );
}
