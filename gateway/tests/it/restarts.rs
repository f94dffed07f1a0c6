//! What is known of before: events, candles and curves outlive a restart.

use gateway::Limits;
use serde_json::{Value, json};

use crate::venue::{NOON_S, Venue, quick};
use crate::wire::{Client, get_json, limit, market, post_order};

/// Two minutes of a market in which account 0 buys one coin at 40,001 and is failed by the fall.
async fn breached() -> Venue {
    let venue = Venue::open().await;
    post_order(venue.address, 0, &market(1, "buy", "1")).await;
    venue.quote(60, 40_100);
    venue.quote(120, 37_000);
    venue.settle().await;
    venue
}

/// Seqs of the events of a frame, in order.
fn seqs(frame: &Value) -> Vec<u64> {
    let events = frame["data"].as_array().unwrap();
    let seq = |event: &Value| event["seq"].as_str().unwrap().parse().unwrap();
    events.iter().map(seq).collect()
}

/// The events of a frame, but for the names that the server may not have known yet when it told them.
fn nameless(frame: &Value) -> Vec<Value> {
    let mut events = frame["data"].as_array().unwrap().clone();
    for event in &mut events {
        let fields = event.as_object_mut().unwrap();
        fields.remove("symbol");
        fields.remove("plan_name");
    }
    events
}

async fn snapshot(venue: &Venue, channel: &str) -> (Client, Value) {
    let mut client = Client::connect(venue.address).await;
    assert!(!client.subscribe(channel).await);
    let frame = client.frame(channel).await;
    assert_eq!(frame["type"], "snap");
    (client, frame)
}

/// The breach of account 0 with the positions that prove it, and nothing twice.
fn assert_breach(frame: &Value) {
    let events = frame["data"].as_array().unwrap();
    let breaches: Vec<_> = events
        .iter()
        .filter(|event| event["type"] == "breach" && event["primary"] == true)
        .collect();
    assert_eq!(breaches.len(), 1, "{frame}");
    assert_eq!(breaches[0]["account"], "0");
    let positions = breaches[0]["positions"].as_array().unwrap();
    assert_eq!(positions.len(), 1, "{frame}");
    assert_eq!(
        (&positions[0]["symbol"], &positions[0]["qty"]),
        (&json!("BTCUSDT"), &json!("1"))
    );
    let seqs = seqs(frame);
    assert!(seqs.is_sorted(), "{seqs:?}");
    for (place, event) in events.iter().enumerate() {
        assert!(!events[..place].contains(event), "{event}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_go_on_after_a_restart_without_a_hole_and_without_a_duplicate() {
    let venue = breached().await;
    let (_, all_before) = snapshot(&venue, "events").await;
    let (_, own_before) = snapshot(&venue, "events:0").await;
    assert_breach(&all_before);

    let venue = venue.restart(quick(), true).await;
    let (mut all_client, all) = snapshot(&venue, "events").await;
    let (mut own_client, own) = snapshot(&venue, "events:0").await;
    assert_breach(&all);
    assert_breach(&own);
    assert_eq!(nameless(&all), nameless(&all_before));
    assert_eq!(nameless(&own), nameless(&own_before));

    // An order that is denied, since the account has failed, and one that is not.
    let last = *seqs(&all).last().unwrap();
    post_order(venue.address, 0, &market(2, "buy", "1")).await;
    post_order(venue.address, 1, &limit(1, "buy", "1", "36000")).await;
    let denied = all_client.frame("events").await;
    assert_eq!(denied["data"][0]["type"], "order_denied");
    assert_eq!(
        denied["seq"].as_u64(),
        all["seq"].as_u64().map(|seq| seq + 1)
    );
    let mut news = seqs(&denied);
    while news.len() < 2 {
        news.extend(seqs(&all_client.frame("events").await));
    }
    assert!(news[0] > last && news.is_sorted(), "{last} {news:?}");
    assert_eq!(own_client.frame("events:0").await["data"], denied["data"]);
    // Whoever comes now finds the old and the new.
    let (_, whole) = snapshot(&venue, "events").await;
    assert_breach(&whole);
    let expected = [seqs(&all), news].concat();
    assert_eq!(seqs(&whole), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_late_shows_what_happened_without_it() {
    let venue = breached().await;
    let limits = Limits {
        event_snapshot_max: 1_000,
        ..quick()
    };
    let mut venue = venue.restart(limits, false).await;
    // Before there is a server, and while it starts.
    for number in 0..80 {
        venue.open_account(&format!("late {number}"));
    }
    venue.serve().await;
    for number in 80..160 {
        venue.open_account(&format!("late {number}"));
    }
    let (mut client, mut frame) = snapshot(&venue, "events").await;
    assert_breach(&frame);
    let mut opened = Vec::new();
    loop {
        for event in frame["data"].as_array().unwrap() {
            if event["type"] == "account_opened" {
                opened.push(event["account"].as_str().unwrap().to_owned());
            }
        }
        if opened.last().is_some_and(|account| account == "162") {
            break;
        }
        let next = client.frame("events").await;
        let expected = frame["seq"].as_u64().map(|seq| seq + 1);
        assert_eq!(next["seq"].as_u64(), expected);
        frame = next;
    }
    let expected: Vec<_> = (0..163).map(|account| account.to_string()).collect();
    assert_eq!(opened, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn signals_are_complete_or_say_from_when_on_they_are() {
    let known = async |venue: &Venue| {
        venue.settle().await;
        let report = get_json(venue.address, "/v1/competitions/0/signals").await;
        let signals = report["signals"].as_array().unwrap().len();
        (report["since"].clone(), report["complete"].clone(), signals)
    };
    let noon = json!("2024-01-03T12:00:00Z");
    let venue = Venue::open().await;
    venue.pass(60);
    venue.settle().await;
    // At a quote that is a minute old: five are worth a signal.
    for id in 1..=5 {
        post_order(venue.address, 0, &market(id, "buy", "0.1")).await;
    }
    assert_eq!(known(&venue).await, (noon.clone(), json!(true), 1));
    // The journal has it all.
    let venue = venue.restart(quick(), true).await;
    assert_eq!(known(&venue).await, (noon, json!(true), 1));
    // The snapshot has nothing of it.
    let venue = venue.restart_without_past().await;
    let restart = json!("2024-01-03T12:01:00Z");
    assert_eq!(known(&venue).await, (restart, json!(false), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn candles_and_curves_keep_their_past_over_a_restart() {
    let venue = breached().await;
    let (_, candles_before) = snapshot(&venue, "candles:0:60").await;
    let (_, curve_before) = snapshot(&venue, "equity:0").await;
    let venue = venue.restart(quick(), true).await;
    let (_, candles) = snapshot(&venue, "candles:0:60").await;
    let (_, curve) = snapshot(&venue, "equity:0").await;
    assert_eq!(candles["data"], candles_before["data"]);
    assert_eq!(curve["data"], curve_before["data"]);
    let starts: Vec<_> = candles["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|candle| candle["t"].clone())
        .collect();
    assert_eq!(
        starts,
        [json!(NOON_S), json!(NOON_S + 60), json!(NOON_S + 120)]
    );
    // One coin bought at 40,001, marked at 40,100.
    assert_eq!(
        curve["data"][1],
        json!({ "t": NOON_S + 60, "equity": "50099", "balance": "50000" })
    );
}
