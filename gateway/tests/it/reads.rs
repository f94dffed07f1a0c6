//! What can be read over HTTP.

use std::sync::Arc;
use std::time::Instant;

use gateway::{Config, Projections, serve};
use runtime::simulation::SimulatedTime;
use runtime::{Clock, Next, Runtime, Shard, Source};
use serde_json::json;
use types::TimestampNs;

use crate::venue::{NOON_S, Venue};
use crate::wire::{Client, JSON, PATIENCE, get, get_json, limit, market, post_order, request};

#[tokio::test(flavor = "multi_thread")]
async fn the_server_says_how_it_is() {
    let mut venue = Venue::open().await;
    let health = get_json(venue.address, "/healthz").await;
    assert_eq!(health["status"], "ok");
    assert_eq!(health["is_disk_full"], false);
    assert_eq!(health["is_snapshot_overdue"], false);
    assert_eq!(health["is_clock_behind"], false);
    assert_eq!(get_json(venue.address, "/v1/health").await, health);
    assert_eq!(health["ts"], "2024-01-03T12:00:00Z");
    // Two instruments, a plan, three accounts, a competition, three entries, a quote, and
    // the roll that opens the first trading day.
    assert_eq!(
        (&health["engine_seq"], &health["durable_seq"]),
        (&json!("12"), &json!("12"))
    );

    let meta = get_json(venue.address, "/v1/meta").await;
    let expected = json!({
        "name": "Dynasty", "version": env!("CARGO_PKG_VERSION"), "mode": "demo",
        "ack_mode": "durable", "ws": "/v1/ws", "competition": "0", "featured_account": "0",
        "featured_instrument": "0", "rate": "8640",
    });
    assert_eq!(meta, expected);

    venue.stop_runtime();
    get(venue.address, "/healthz").await.problem(503, "stopped");
    get(venue.address, "/v1/accounts/0")
        .await
        .problem(503, "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn instruments_show_their_quote_once_they_have_one() {
    let venue = Venue::open().await;
    let all = get_json(venue.address, "/v1/instruments").await;
    let all = all["instruments"].as_array().unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(
        (&all[0]["symbol"], &all[0]["bid"]),
        (&json!("BTCUSDT"), &json!("40000"))
    );
    assert_eq!(
        (&all[0]["ask"], &all[0]["tick_size"]),
        (&json!("40001"), &json!("0.01"))
    );
    assert_eq!((&all[1]["id"], &all[1]["bid"]), (&json!("1"), &json!(null)));
}

/// From the loss of the feed to the next good quote what is shown is marked as known no more, wherever it is shown.
#[tokio::test(flavor = "multi_thread")]
async fn an_instrument_whose_feed_is_lost_is_stale() {
    let venue = Venue::open().await;
    let mut client = Client::connect(venue.address).await;
    client.subscribe("instruments").await;
    let first = client.frame("instruments").await;
    assert_eq!(first["data"][0]["is_stale"], false);
    venue.lose(1);
    venue.settle().await;
    let lost = client
        .frame_with("instruments", first, |frame| {
            frame["data"][0]["is_stale"] == true
        })
        .await;
    let row = &lost["data"][0];
    assert_eq!(
        (&row["status"], &row["bid"], &row["ask"]),
        (&json!("open"), &json!("40000"), &json!("40001"))
    );
    for path in ["/v1/instruments", "/v1/instruments/0"] {
        let shown = get_json(venue.address, path).await;
        let row = shown["instruments"].get(0).unwrap_or(&shown);
        assert_eq!(row["is_stale"], true, "{path}");
    }
    let answer = post_order(venue.address, 0, &market(1, "buy", "0.001")).await;
    answer.problem(422, "bad_quote");
    venue.quote(2, 40_000);
    venue.settle().await;
    let known = client
        .frame_with("instruments", lost, |frame| {
            frame["data"][0]["is_stale"] == false
        })
        .await;
    assert_eq!(known["data"][0]["bid"], "40000");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instrument_is_shown_with_its_definition() {
    let venue = Venue::open().await;
    let whole = get_json(venue.address, "/v1/instruments/0").await;
    assert_eq!(
        (&whole["symbol"], &whole["liquidity"], &whole["shortable"]),
        (&json!("BTCUSDT"), &json!("paper"), &json!(true))
    );
    let definition = &whole["definition"];
    assert_eq!(definition["order_qty_max"], "10");
    assert_eq!(
        definition["liquidity"],
        json!({"paper": {
            "fill": "touch", "sizes": "unlimited", "slippage": "none", "latency": "none",
            "bars": "ignored",
        }})
    );
    let faults = get(venue.address, "/v1/instruments/9")
        .await
        .problem(404, "not_found");
    assert_eq!(
        faults,
        ["instrument | 9 | one of the 2 instruments, counted from 0"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_book_of_a_crossed_instrument_is_shown() {
    let venue = Venue::open().await;
    let address = venue.address;
    let id = venue.list_crossed().await;
    let sell = |id: u32, qty: &str, price: &str| {
        let mut order = limit(id, "sell", qty, price);
        order["instrument"] = "2".into();
        order
    };
    assert_eq!(id, 2);
    for (account, order) in [
        (0, sell(1, "0.5", "101")),
        (1, sell(1, "0.25", "101")),
        (0, sell(2, "1", "102")),
    ] {
        let answer = post_order(address, account, &order).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    let mut buy = limit(3, "buy", "0.1", "101");
    buy["instrument"] = "2".into();
    let answer = post_order(address, 1, &buy).await.json();
    assert_eq!(answer["status"], "filled");
    // Who gave the liquidity is nobody else's business.
    let accounts: Vec<_> = answer["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["account"])
        .collect();
    assert!(accounts.iter().all(|account| **account == "1"), "{answer}");

    venue.settle().await;
    let book = get_json(address, "/v1/instruments/2/book").await;
    let expected = json!({
        "instrument": "2",
        "bids": [],
        "asks": [
            {"price": "101", "qty": "0.65", "orders": 2},
            {"price": "102", "qty": "1", "orders": 1},
        ],
        "indicative": null,
    });
    assert_eq!(book, expected);
    let best = get_json(address, "/v1/instruments/2/book?levels=1").await;
    assert_eq!(best["asks"].as_array().unwrap().len(), 1);

    let faults = get(address, "/v1/instruments/0/book")
        .await
        .problem(404, "not_found");
    assert_eq!(
        faults,
        ["instrument | 0 | an instrument whose liquidity is crossed"]
    );
    get(address, "/v1/instruments/9/book")
        .await
        .problem(404, "not_found");
    let faults = get(address, "/v1/instruments/2/book?levels=0")
        .await
        .problem(400, "bad_query");
    assert_eq!(faults, ["levels | 0 | a number of levels from 1 to 1000"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_listed_by_state_and_shown_whole() {
    let venue = Venue::open().await;
    let address = venue.address;
    let all = get_json(address, "/v1/accounts").await;
    let names: Vec<_> = all["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| &a["name"])
        .collect();
    assert_eq!(names, ["anna", "ben", "carl"]);
    let evaluation = get_json(address, "/v1/accounts?state=evaluation").await;
    assert_eq!(evaluation["accounts"].as_array().unwrap().len(), 3);
    let failed = get_json(address, "/v1/accounts?state=failed").await;
    assert_eq!(failed, json!({ "accounts": [] }));

    let anna = get_json(address, "/v1/accounts/0").await;
    assert_eq!(
        (&anna["id"], &anna["balance"]),
        (&json!("0"), &json!("50000"))
    );
    assert_eq!(anna["plan"]["name"], "Steady 50K");
    assert_eq!(anna["limits"].as_array().unwrap().len(), 2);
    let trails: Vec<_> = anna["limits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| &l["trail"])
        .collect();
    assert!(trails.contains(&&json!("tick_equity")), "{trails:?}");
    assert_eq!(anna["objectives"][0]["target"], "53000");
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_and_orders_are_shown() {
    let venue = Venue::open().await;
    let address = venue.address;
    assert_eq!(
        post_order(address, 0, &market(1, "buy", "0.5"))
            .await
            .status,
        201
    );
    assert_eq!(
        post_order(address, 0, &limit(2, "buy", "0.1", "39000"))
            .await
            .status,
        201
    );
    assert_eq!(
        post_order(address, 0, &limit(3, "sell", "0.1", "41000"))
            .await
            .status,
        201
    );

    let positions = get_json(address, "/v1/accounts/0/positions").await;
    let position = &positions["positions"][0];
    assert_eq!(
        (&position["side"], &position["qty"]),
        (&json!("long"), &json!("0.5"))
    );
    // Bought at the ask of 40,001, marked at the bid of 40,000.
    assert_eq!(
        (&position["avg_price"], &position["unrealised"]),
        (&json!("40001"), &json!("-0.5"))
    );

    let orders = get_json(address, "/v1/accounts/0/orders").await;
    let ids: Vec<_> = orders["orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| &o["client_order_id"])
        .collect();
    assert_eq!(ids, ["2", "3"]);
    let one = get_json(address, "/v1/accounts/0/orders?client_order_id=3").await;
    assert_eq!(one["orders"].as_array().unwrap().len(), 1);
    assert_eq!(one["orders"][0]["price"], "41000");
    let none = get_json(address, "/v1/accounts/0/orders?client_order_id=1").await;
    assert_eq!(none, json!({ "orders": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_has_its_competition_and_its_rows() {
    let venue = Venue::open().await;
    let board = get_json(venue.address, "/v1/competitions/0/board").await;
    assert_eq!(board["competition"]["name"], "January");
    assert_eq!(board["competition"]["weights"]["profit"], "40");
    assert_eq!(board["rows"].as_array().unwrap().len(), 3);
    assert_eq!(board["rows"][0]["eligible"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_problem_that_says_what_is() {
    let venue = Venue::open().await;
    let address = venue.address;
    let faults = get(address, "/v1/accounts/77")
        .await
        .problem(404, "not_found");
    assert_eq!(
        faults,
        ["account | 77 | one of the 3 accounts, counted from 0"]
    );
    get(address, "/v1/accounts/77/positions")
        .await
        .problem(404, "not_found");
    get(address, "/v1/accounts/77/orders")
        .await
        .problem(404, "not_found");
    let faults = get(address, "/v1/competitions/9/board")
        .await
        .problem(404, "not_found");
    assert_eq!(
        faults,
        ["competition | 9 | one of the 1 competitions, counted from 0"]
    );
    let faults = get(address, "/v1/nothing").await.problem(404, "not_found");
    assert_eq!(faults.len(), 1);
    let accepted = "a decimal number from 0 to 4294967295";
    for (id, shown) in [
        ("x", "x"),
        ("-1", "-1"),
        ("007", "007"),
        ("4294967296", "4294967296"),
        ("%20", " "),
    ] {
        let faults = get(address, &format!("/v1/accounts/{id}"))
            .await
            .problem(400, "bad_path");
        assert_eq!(faults, [format!("account | {shown} | {accepted}")]);
    }
    for path in ["/v1/accounts/%ff", "/v1/accounts/%ff/orders/1"] {
        let method = if path.ends_with('1') { "DELETE" } else { "GET" };
        let faults = request(address, &format!("{method} {path}"), &[], "")
            .await
            .problem(400, "bad_path");
        assert_eq!(faults, ["account | - | a decimal number, in UTF-8"]);
    }
    let faults = get(address, "/v1/accounts?state=rich")
        .await
        .problem(400, "bad_query");
    let accepted = "evaluation or passed or funded or failed or closed or suspended";
    assert_eq!(faults, [format!("state | rich | {accepted}")]);
    let faults = get(address, "/v1/accounts?stat=failed")
        .await
        .problem(400, "bad_query");
    assert_eq!(faults, ["stat | failed | state, once"]);
    get(address, "/v1/accounts?state=failed&state=passed")
        .await
        .problem(400, "bad_query");
    get(address, "/v1/instruments?x=1")
        .await
        .problem(400, "bad_query");
    get(address, "/v1/accounts/0/orders?client_order_id=x")
        .await
        .problem(400, "bad_query");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_is_not_taken_is_told_which_are() {
    let venue = Venue::open().await;
    for (line, allowed) in [
        ("DELETE /v1/accounts", "GET,HEAD,POST"),
        ("DELETE /v1/windows", "GET,HEAD,POST"),
        ("GET /v1/accounts/0/suspend", "POST"),
        ("PUT /v1/accounts/0/orders", "GET,HEAD,POST,DELETE"),
        ("PUT /v1/accounts/0/algos", "GET,HEAD,POST"),
        ("GET /v1/accounts/0/order-lists", "POST"),
        ("GET /v1/accounts/0/disconnect", "POST"),
        ("GET /v1/accounts/0/orders/1", "DELETE,PATCH"),
        ("POST /", "GET,HEAD"),
        ("POST /metrics", "GET,HEAD"),
    ] {
        let answer = request(venue.address, line, &[JSON], "{}").await;
        answer.problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some(allowed), "{line}");
    }
    let head = request(venue.address, "HEAD /v1/meta", &[], "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

/// A source that has ended.
struct Ended;

impl Source for Ended {
    fn next(&mut self, _: &Shard, _: Instant) -> Next {
        Next::End
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_went_back_is_told() {
    let noon = TimestampNs(NOON_S * 1_000_000_000);
    let time = SimulatedTime::new(noon);
    let directory = tempfile::tempdir().unwrap();
    let projections = Projections::new();
    let mut settings = runtime::Config::new(directory.path());
    settings.clock = Clock::Wall;
    settings.time = Arc::new(time.clone());
    settings.projection = Some(projections.hook());
    let runtime = Runtime::start(settings, Box::new(Ended)).unwrap();
    let config = Config {
        address: "127.0.0.1:0".parse().unwrap(),
        ..Config::default()
    };
    let server = serve(runtime.handle(), config, projections).await.unwrap();
    let address = server.address();
    // Whatever comes, also what is refused, has a time.
    let cancel = async || request(address, "DELETE /v1/accounts/0/orders", &[], "").await;
    cancel().await;
    assert_eq!(get_json(address, "/healthz").await["status"], "ok");

    time.set_wall(TimestampNs(noon.0 - 90 * 1_000_000_000));
    let started = Instant::now();
    loop {
        cancel().await;
        let health = get_json(address, "/healthz").await;
        if health["is_clock_behind"] == true {
            assert_eq!(health["status"], "degraded");
            break;
        }
        assert!(started.elapsed() < PATIENCE, "{health}");
    }
    let metrics = get(address, "/metrics").await.body;
    assert!(
        metrics.contains("\ndynasty_clock_behind_seconds 90\n"),
        "{metrics}"
    );
    assert!(server.shutdown().await);
    runtime.stop().unwrap();
}
