//! Proofs of verdicts over HTTP, and what an order would do.

use gateway::dto::Node;
use gateway::dto::proof::read;
use serde_json::{Value, json};

use crate::venue::{Venue, quick};
use crate::wire::{JSON, get, get_json, limit, market, post_order, request};

/// Account 0 buys one at 40,001, and the bid falls to 37,000: -3,001 of 50,000 are below the floors of
/// 47,500 for the day and 47,000 in all. Returns the seq of the breach.
async fn breached() -> (Venue, String) {
    let venue = Venue::open().await;
    let answer = post_order(venue.address, 0, &market(1, "buy", "1")).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    venue.quote(1, 37_000);
    venue.settle().await;
    let whole = get_json(venue.address, "/v1/accounts/0").await;
    assert_eq!(whole["state"], "failed");
    let seq = whole["breach"]["seq"].as_str().unwrap().to_owned();
    (venue, seq)
}

fn check(document: &Value) {
    let node = Node::from_json(document.to_string().as_bytes()).unwrap();
    assert_eq!(read(&node).unwrap().verify(), Ok(()), "{document}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breach_has_its_proof() {
    let (venue, seq) = breached().await;
    let address = venue.address;
    let list = get_json(address, "/v1/accounts/0/proofs").await;
    let row = |rule: &str, effect: &str, primary: bool| {
        json!({
            "seq": seq, "ts": "2024-01-03T12:00:01Z", "kind": "breach", "rule": rule,
            "effect": effect, "primary": primary,
        })
    };
    // Newest first: of one input, what decided came first.
    let expected = json!({
        "account": "0",
        "gone_until": null,
        "proofs": [row("daily_loss", "lock_for_day", false), row("max_loss", "fail", true)],
    });
    assert_eq!(list, expected);

    let path = format!("/v1/accounts/0/proofs/{seq}");
    let decided = get_json(address, &path).await;
    check(&decided);
    assert_eq!(decided["account_name"], "anna");
    let figures = |document: &Value| {
        let verdict = &document["verdict"];
        ["rule", "equity", "floor"].map(|name| verdict[name].as_str().unwrap().to_owned())
    };
    assert_eq!(figures(&decided), ["max_loss", "46999", "47000"]);
    assert_eq!(decided["positions"][0]["unrealised"], "-3001");
    let other = get_json(address, &format!("{path}?rule=daily_loss")).await;
    check(&other);
    assert_eq!(figures(&other), ["daily_loss", "46999", "47500"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_proof_is_said() {
    let (venue, seq) = breached().await;
    let address = venue.address;
    let none = get_json(address, "/v1/accounts/1/proofs").await;
    assert_eq!(none["proofs"], json!([]));
    for path in ["/v1/accounts/7/proofs", "/v1/accounts/7/proofs/3"] {
        let faults = get(address, path).await.problem(404, "not_found");
        assert_eq!(
            faults,
            ["account | 7 | one of the 3 accounts, counted from 0"]
        );
    }
    let path = format!("/v1/accounts/1/proofs/{seq}");
    let faults = get(address, &path).await.problem(404, "not_found");
    let accepted = "the seq of a verdict in the list of proofs";
    assert_eq!(faults, [format!("seq | {seq} | {accepted}")]);
    get(address, "/v1/accounts/0/proofs/x")
        .await
        .problem(400, "bad_path");
    let path = format!("/v1/accounts/0/proofs/{seq}?rule=weekly");
    let faults = get(address, &path).await.problem(400, "bad_query");
    assert_eq!(faults, ["rule | weekly | daily_loss or max_loss"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_without_a_snapshot_rebuilds_the_proofs() {
    let (venue, seq) = breached().await;
    let path = format!("/v1/accounts/0/proofs/{seq}");
    let before = get_json(venue.address, &path).await;
    let list = get_json(venue.address, "/v1/accounts/0/proofs").await;
    let venue = venue.restart(quick(), true).await;
    venue.settle().await;
    assert_eq!(get_json(venue.address, "/v1/accounts/0/proofs").await, list);
    assert_eq!(get_json(venue.address, &path).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_can_be_asked_about() {
    let venue = Venue::open().await;
    let ask = async |account: u32, order: &Value| {
        let line = format!("POST /v1/accounts/{account}/what-if");
        request(venue.address, &line, &[JSON], &order.to_string()).await
    };
    let answer = ask(0, &market(1, "buy", "1")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = answer.json();
    // One at 40,001 is worth 40,000: equity 49,999. The day's floor of 47,500 is a breach at a touch,
    // 2,500 below the price of the fill; the other one at 47,000.
    assert_eq!(
        [&answer["price"], &answer["position"], &answer["equity"]],
        ["40001", "1", "49999"]
    );
    assert_eq!(answer["denied"], json!(null));
    assert_eq!(answer["breaches"], json!([]));
    let limit_of = |place: usize, name: &str| answer["limits"][place][name].clone();
    assert_eq!(limit_of(0, "distance"), "2499");
    assert_eq!(limit_of(0, "breach_prices")[0]["price"], "37501");
    assert_eq!(limit_of(1, "distance"), "2999");
    assert_eq!(limit_of(1, "breach_prices")[0]["price"], "37001");
    let line = json!({
        "room": "2499",
        "terms": [{
            "instrument": "0", "symbol": "BTCUSDT", "leg": "net", "mark": "40000", "per_tick": "0.01",
        }],
    });
    assert_eq!(limit_of(0, "line"), line);

    // Nothing was sent.
    let orders = get_json(venue.address, "/v1/accounts/0/orders").await;
    assert_eq!(orders["orders"], json!([]));
    // What would be refused is said with its reason, and with what it would do.
    let large = ask(0, &market(1, "buy", "11")).await.json();
    assert_eq!(
        large["denied"],
        json!({"reason": "qty_too_large", "figures": {"max": "10"}})
    );
    assert_eq!(large["position"], "11");

    let off_lot = ask(0, &market(1, "buy", "0.0001")).await;
    let faults = off_lot.problem(422, "qty_off_lot");
    assert_eq!(faults, ["qty | 0.0001 | a multiple of 0.001"]);
    ask(0, &limit(1, "buy", "1", "0.001"))
        .await
        .problem(422, "price_off_tick");
    let faults = ask(9, &market(1, "buy", "1"))
        .await
        .problem(404, "not_found");
    assert_eq!(
        faults,
        ["account | 9 | one of the 3 accounts, counted from 0"]
    );
    ask(0, &json!({"side": "buy"}))
        .await
        .problem(400, "bad_field");
}
