//! What the firm says of its instruments over HTTP: statuses, financing, dividends, splits, conversions.

use serde_json::{Value, json};
use types::{
    Command, FeeSchedule, Instrument, InstrumentKind, Liquidity, Margin, Price, Qty, Ratio,
};

use crate::venue::{Venue, label};
use crate::wire::{Answer, JSON, get_json, limit, market, post_order, request};

async fn post(venue: &Venue, path: &str, headers: &[&str], body: &Value) -> Answer {
    let line = format!("POST /v1{path}");
    let headers: Vec<_> = [JSON].iter().chain(headers).copied().collect();
    request(venue.address, &line, &headers, &body.to_string()).await
}

async fn put_status(venue: &Venue, instrument: &str, status: &str) -> Answer {
    let path = format!("/instruments/{instrument}/status");
    post(venue, &path, &[], &json!({ "status": status })).await
}

fn of(instrument: &str, mut order: Value) -> Value {
    order["instrument"] = instrument.into();
    order
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instrument_is_halted_and_opened_again() {
    let venue = Venue::open().await;
    let address = venue.address;
    let halted = put_status(&venue, "0", "halted").await;
    assert_eq!(halted.status, 200, "{halted:?}");
    let told = halted.json();
    assert_eq!(told["status"], "halted");
    assert_eq!(told["is_new"], true);
    assert_eq!(told["events"][0]["type"], "status_changed");
    assert_eq!(halted.header("ack-mode"), Some("durable"));
    let again = put_status(&venue, "0", "halted").await.json();
    assert_eq!(again["is_new"], false);
    let faults = post_order(address, 0, &market(1, "buy", "1"))
        .await
        .problem(422, "instrument_not_open");
    assert_eq!(faults, ["instrument | 0 | cancels, while it is halted"]);
    venue.settle().await;
    let shown = get_json(address, "/v1/instruments/0").await;
    assert_eq!(shown["status"], "halted");

    put_status(&venue, "0", "open").await;
    let filled = post_order(address, 0, &market(1, "buy", "1")).await;
    assert_eq!(filled.json()["status"], "filled");

    let faults = put_status(&venue, "0", "shut")
        .await
        .problem(400, "bad_field");
    assert_eq!(faults.len(), 1);
    assert!(faults[0].starts_with("status | shut | "), "{faults:?}");
    let faults = put_status(&venue, "9", "open")
        .await
        .problem(404, "not_found");
    assert_eq!(
        faults,
        ["instrument | 9 | one of the 2 instruments, counted from 0"]
    );
}

/// A first trade at 100 and a breaker of 10%: one at 120 would be beyond 110.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_breaker_halted_is_lifted() {
    let venue = Venue::open().await;
    let address = venue.address;
    venue.command(Command::RegisterInstrument(Box::new(Instrument {
        symbol: label("BRK"),
        kind: InstrumentKind::CryptoSpot,
        currency: label("USD"),
        tick_size: Price::whole(1),
        lot_size: Qty::ONE,
        contract_size: Qty::ONE,
        order_qty_max: Qty::whole(10),
        fees: FeeSchedule::default(),
        margin: Margin::default(),
        shortable: true,
        collar: Ratio::ZERO,
        breaker: Ratio::percent(10),
        liquidity: Liquidity::Crossed,
    })));
    while venue.handle.views().instruments.len() < 3 {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    venue.settle().await;
    post_order(address, 0, &of("2", limit(1, "sell", "1", "100"))).await;
    post_order(address, 0, &of("2", limit(2, "sell", "1", "120"))).await;
    post_order(address, 1, &of("2", market(1, "buy", "1"))).await;
    let beyond = post_order(address, 1, &of("2", market(2, "buy", "1"))).await;
    assert_eq!(beyond.json()["reason"], "breaker");
    post_order(address, 1, &of("2", limit(3, "buy", "1", "105")))
        .await
        .problem(422, "instrument_not_open");
    let lifted = put_status(&venue, "2", "open").await.json();
    assert_eq!(
        (&lifted["status"], &lifted["is_new"]),
        (&json!("open"), &json!(true))
    );
    let taken = post_order(address, 1, &of("2", limit(4, "buy", "1", "105"))).await;
    assert_eq!(taken.json()["status"], "accepted");
}

/// 2 units at 40,000 are 80,000, of which 0.01% are 8; 1.5 for each of 2 are 3.
#[tokio::test(flavor = "multi_thread")]
async fn financing_dividends_and_splits_are_booked_once_for_each_key() {
    let venue = Venue::open().await;
    let address = venue.address;
    post_order(address, 0, &market(1, "buy", "2")).await;
    let terms = json!({ "long_pct": "-0.01", "short_pct": "0.005", "price": "40000" });
    let key = "Idempotency-Key: swap-of-monday";
    let path = "/instruments/0/financing";
    let booked = post(&venue, path, &[key], &terms).await;
    assert_eq!(booked.status, 200, "{booked:?}");
    assert_eq!(booked.json()["positions_booked"], 1);
    let again = post(&venue, path, &[key], &terms).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    venue.settle().await;
    let balance = get_json(address, "/v1/accounts/0").await["balance"].take();
    assert_eq!(balance, "49992");

    let dividend = json!({ "per_unit": "1.5" });
    post(&venue, "/instruments/0/dividend", &[], &dividend).await;
    let split = json!({ "new": 2, "old": 1 });
    post(&venue, "/instruments/0/split", &[], &split).await;
    venue.settle().await;
    let account = get_json(address, "/v1/accounts/0").await;
    assert_eq!(account["balance"], "49995");
    let positions = get_json(address, "/v1/accounts/0/positions").await;
    assert_eq!(positions["positions"][0]["qty"], "4");

    let faults = post(&venue, path, &[], &json!({ "long_pct": "-0.01" }))
        .await
        .problem(400, "bad_field");
    assert!(faults[0].starts_with("short_pct | - | "), "{faults:?}");
    let nothing = json!({ "new": 2, "old": 2 });
    post(&venue, "/instruments/0/split", &[], &nothing)
        .await
        .problem(422, "bad_data");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversion_is_set_and_set_again() {
    let venue = Venue::open().await;
    let rate = |rate: &str| json!({ "from": "EUR", "to": "USD", "rate": rate });
    for text in ["1.1", "1.2"] {
        let set = post(&venue, "/conversions", &[], &rate(text)).await;
        assert_eq!(set.status, 200, "{set:?}");
        assert_eq!(set.json()["rate"], text);
        assert_eq!(set.json()["events"][0]["type"], "conversion_set");
    }
    let faults = post(&venue, "/conversions", &[], &rate("0"))
        .await
        .problem(422, "bad_data");
    assert_eq!(faults, ["rate | 0 | above 0"]);
    let same = json!({ "from": "USD", "to": "USD", "rate": "1" });
    let faults = post(&venue, "/conversions", &[], &same)
        .await
        .problem(422, "bad_data");
    assert_eq!(faults, ["to | - | another currency than that of from"]);
}
