//! Sending lists and algos over HTTP.

use serde_json::{Value, json};

use crate::venue::Venue;
use crate::wire::{Answer, JSON, get_json, limit, market, post_order, request};

async fn post(venue: &Venue, path: &str, key: Option<&str>, body: &Value) -> Answer {
    let line = format!("POST /v1/accounts/0/{path}");
    let key = key.map(|key| format!("Idempotency-Key: {key}"));
    let headers: Vec<&str> = [JSON].into_iter().chain(key.as_deref()).collect();
    request(venue.address, &line, &headers, &body.to_string()).await
}

/// An order of a list: its instrument is the list's.
fn part(mut order: Value) -> Value {
    order.as_object_mut().unwrap().remove("instrument");
    order
}

fn bracket(entry: u32) -> Value {
    let mut enter = part(limit(entry, "buy", "0.5", "40001"));
    enter["tif"] = "gtc".into();
    let mut stop = part(limit(entry + 2, "sell", "0.5", "39000"));
    stop["type"] = "stop".into();
    stop["trigger"] = stop["price"].take();
    json!({
        "kind": "bracket",
        "instrument": "0",
        "orders": [enter, part(limit(entry + 1, "sell", "0.5", "41000")), stop],
    })
}

fn twap(client_order_id: u32, slices: u32) -> Value {
    json!({
        "client_order_id": client_order_id.to_string(),
        "instrument": "0",
        "side": "buy",
        "type": "twap",
        "qty": "0.4",
        "start": "2024-01-03T12:00:00Z",
        "end": "2024-01-03T12:00:40Z",
        "slices": slices,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_answered_order_by_order() {
    let venue = Venue::open().await;
    let answer = post(&venue, "order-lists", None, &bracket(1)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let answer = answer.json();
    assert_eq!(
        (&answer["list"], &answer["kind"]),
        (&json!("1"), &json!("bracket"))
    );
    let states: Vec<_> = answer["orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| {
            let text = |field: &str| order[field].as_str().unwrap().to_owned();
            [text("order_id"), text("client_order_id"), text("status")].join(" ")
        })
        .collect();
    assert_eq!(states, ["1 1 filled", "2 2 accepted", "3 3 accepted"]);
    let events = answer["events"].as_array().unwrap();
    assert_eq!(events[1]["role"], "take_profit");
    assert_eq!(events[1]["reduce_only"], true);
    let activated = events
        .iter()
        .filter(|event| event["type"] == "order_activated");
    assert_eq!(activated.count(), 2);

    venue.settle().await;
    let orders = get_json(venue.address, "/v1/accounts/0/orders").await;
    let roles: Vec<_> = orders["orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| (&order["role"], &order["stage"], &order["list"]))
        .collect();
    let one = &json!("1");
    assert_eq!(
        roles,
        [
            (&json!("take_profit"), &json!("resting"), one),
            (&json!("stop_loss"), &json!("waiting"), one),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_denied_is_denied_as_a_whole() {
    let venue = Venue::open().await;
    let mut wrong = bracket(1);
    wrong["orders"][2]["qty"] = "0.25".into();
    let faults = post(&venue, "order-lists", None, &wrong)
        .await
        .problem(422, "bad_list");
    assert_eq!(faults, ["orders[2].qty | 0.25 | the entry's quantity"]);
    let mut wrong = bracket(1);
    wrong["orders"][1]["side"] = "buy".into();
    let faults = post(&venue, "order-lists", None, &wrong)
        .await
        .problem(422, "bad_list");
    assert_eq!(
        faults,
        ["orders[1].side | buy | the other side than the entry's"]
    );
    let mut wrong = bracket(1);
    wrong["orders"][1]["price"] = "41000.005".into();
    let faults = post(&venue, "order-lists", None, &wrong)
        .await
        .problem(422, "price_off_tick");
    assert_eq!(faults, ["orders[1].price | 41000.005 | a multiple of 0.01"]);
    // What is said of the order that it is about: of the second stop, its trigger.
    let mut wrong = bracket(1);
    wrong["orders"][2]["trigger"] = "39000.001".into();
    let faults = post(&venue, "order-lists", None, &wrong)
        .await
        .problem(422, "price_off_tick");
    assert_eq!(
        faults,
        ["orders[2].trigger | 39000.001 | a multiple of 0.01"]
    );
    let mut wrong = bracket(1);
    wrong["orders"][2]["client_order_id"] = "1".into();
    let faults = post(&venue, "order-lists", None, &wrong)
        .await
        .problem(409, "duplicate_client_order");
    assert_eq!(
        faults,
        ["orders[2].client_order_id | 1 | an id that this account has not used"]
    );
    let mut wrong = bracket(1);
    wrong["orders"][1]["side"] = "long".into();
    let faults = post(&venue, "order-lists", None, &wrong)
        .await
        .problem(400, "bad_field");
    assert_eq!(faults, ["orders[1].side | long | \"buy\" or \"sell\""]);
    let orders = get_json(venue.address, "/v1/accounts/0/orders").await;
    assert_eq!(orders, json!({ "orders": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_algos_are_executed_once_for_each_key() {
    let venue = Venue::open().await;
    for (path, body, other) in [
        ("order-lists", bracket(1), bracket(4)),
        ("algos", twap(11, 4), twap(11, 5)),
    ] {
        let key = Some(path);
        let first = post(&venue, path, key, &body).await;
        assert_eq!(
            (first.status, first.header("idempotency-replayed")),
            (201, None),
            "{first:?}"
        );
        let again = post(&venue, path, key, &body).await;
        assert_eq!(
            (again.status, again.header("idempotency-replayed")),
            (201, Some("true"))
        );
        assert_eq!(again.body, first.body);
        post(&venue, path, key, &other)
            .await
            .problem(409, "idempotency_key_reused");
        // Without the key the sender's ids say that it was taken.
        post(&venue, path, None, &body)
            .await
            .problem(409, "duplicate_client_order");
    }
    // A key belongs to everything that an account sends.
    let order = market(99, "buy", "0.5");
    post(&venue, "orders", Some("algos"), &order)
        .await
        .problem(409, "idempotency_key_reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_algo_works_is_shown_and_ends_when_it_is_cancelled() {
    let venue = Venue::open().await;
    let answer = post(&venue, "algos", None, &twap(1, 4)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let answer = answer.json();
    assert_eq!(
        (&answer["order_id"], &answer["status"]),
        (&json!("1"), &json!("accepted"))
    );
    venue.settle().await;
    let algos = get_json(venue.address, "/v1/accounts/0/algos").await;
    let algo = &algos["algos"][0];
    // The first of four slices went at once.
    assert_eq!(
        (&algo["type"], &algo["slices"], &algo["filled"]),
        (&json!("twap"), &json!(4), &json!("0.1"))
    );
    let line = "DELETE /v1/accounts/0/orders/1";
    let ended = request(venue.address, line, &[], "").await;
    assert_eq!(ended.status, 200, "{ended:?}");
    let ended = ended.json();
    assert_eq!(
        (&ended["status"], &ended["reason"], &ended["filled"]),
        (&json!("ended"), &json!("requested"), &json!("0.1"))
    );
    request(venue.address, line, &[], "")
        .await
        .problem(404, "not_found");

    let faults = post(&venue, "algos", None, &twap(2, 0))
        .await
        .problem(422, "bad_algo");
    assert_eq!(faults, ["slices | 0 | 1 or more"]);
    let mut wrong = twap(3, 4);
    wrong["rate_pct"] = "5".into();
    let faults = post(&venue, "algos", None, &wrong)
        .await
        .problem(400, "bad_field");
    assert_eq!(faults, ["rate_pct | 5 | none, for twap"]);
}

/// The value that was wrong, and what it went against.
#[tokio::test(flavor = "multi_thread")]
async fn a_denial_has_its_value() {
    let venue = Venue::open().await;
    let address = venue.address;
    let mut vwap = twap(1, 4);
    vwap["type"] = "vwap".into();
    vwap.as_object_mut().unwrap().remove("slices");
    vwap["curve"] = "7".into();
    let faults = post(&venue, "algos", None, &vwap)
        .await
        .problem(422, "unknown_curve");
    assert_eq!(faults, ["curve | 7 | the id of a volume curve"]);

    let denied = async |change: fn(&mut Value)| {
        let mut order = limit(1, "buy", "0.5", "39000");
        change(&mut order);
        let answer = post_order(address, 0, &order).await;
        answer.problem(422, "bad_time_in_force")
    };
    let over = denied(|order| {
        order["tif"] = "gtd".into();
        order["until"] = "2024-01-03T12:00:00Z".into();
    });
    assert_eq!(
        over.await,
        ["until | 2024-01-03T12:00:00Z | a time after 2024-01-03T12:00:00Z"]
    );
    let posted = denied(|order| {
        order["tif"] = "ioc".into();
        order["post_only"] = true.into();
    });
    assert_eq!(
        posted.await,
        ["post_only | true | false, but for a limit order that may stay: gtc, day or gtd"]
    );
    let stop = denied(|order| {
        order["type"] = "stop".into();
        order["trigger"] = order["price"].take();
        order["tif"] = "fok".into();
    });
    assert_eq!(
        stop.await,
        [
            "tif | fok | gtc or day, which go with every kind of order; gtd with all but market orders, \
             ioc, fok, opg and cls with market and limit orders"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_has_terms() {
    let venue = Venue::open().await;
    let mut order = limit(1, "buy", "0.5", "39000");
    order["tif"] = "gtd".into();
    order["until"] = "2024-01-03T13:00:00Z".into();
    order["post_only"] = true.into();
    order["cancel_on_disconnect"] = true.into();
    assert_eq!(post_order(venue.address, 0, &order).await.status, 201);
    let mut taking = limit(2, "buy", "0.5", "40001");
    taking["post_only"] = true.into();
    let faults = post_order(venue.address, 0, &taking)
        .await
        .problem(422, "would_take");
    assert_eq!(
        faults,
        ["price | 40001 | a price that does not reach 40001"]
    );
    let mut closing = market(3, "sell", "0.5");
    closing["reduce_only"] = true.into();
    let faults = post_order(venue.address, 0, &closing)
        .await
        .problem(422, "not_reducing");
    assert_eq!(
        faults,
        ["qty | 0.5 | what makes the position smaller, which is 0"]
    );
    venue.settle().await;
    let orders = get_json(venue.address, "/v1/accounts/0/orders").await;
    let shown = &orders["orders"][0];
    assert_eq!(
        (&shown["tif"], &shown["until"], &shown["post_only"]),
        (&json!("gtd"), &json!("2024-01-03T13:00:00Z"), &json!(true))
    );
}
