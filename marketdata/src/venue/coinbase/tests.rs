//! Samples in the form of the venue's pages, and the rules of the sequence at their edges.

use super::*;
use crate::feed::State;
use crate::venue::said::{after_ms, listings, message, opened};
use crate::venue::told::tick;

fn coinbase(book: BookChannel) -> Coinbase {
    let channels = Channels { book, trades: true };
    let mut coinbase = Coinbase::new(listings(&["BTC-USD", "ETH-USD"]), channels);
    assert_eq!(
        opened(&mut coinbase),
        [
            "Gap",
            "Gap",
            r#"send {"type":"subscribe","channel":"heartbeats"}"#,
            r#"send {"type":"subscribe","product_ids":["BTC-USD","ETH-USD"],"channel":"level2"}"#,
            r#"send {"type":"subscribe","product_ids":["BTC-USD","ETH-USD"],"channel":"market_trades"}"#,
        ]
    );
    coinbase
}

/// A message as the page of channels has them.
fn envelope(channel: &str, sequence: u64, events: &str) -> String {
    format!(
        r#"{{"channel":"{channel}","client_id":"","timestamp":"2023-02-09T20:32:50.714964855Z","sequence_num":{sequence},"events":[{events}]}}"#
    )
}

fn snapshot(sequence: u64, product: &str) -> String {
    envelope(
        "l2_data",
        sequence,
        &format!(
            r#"{{"type":"snapshot","product_id":"{product}","updates":[{{"side":"bid","event_time":"1970-01-01T00:00:00Z","price_level":"21921.73","new_quantity":"0.06317902"}},{{"side":"bid","event_time":"1970-01-01T00:00:00Z","price_level":"21921.3","new_quantity":"0.02"}},{{"side":"offer","event_time":"1970-01-01T00:00:00Z","price_level":"21922","new_quantity":"1.5"}}]}}"#
        ),
    )
}

fn update(sequence: u64, side: &str, price: &str, quantity: &str) -> String {
    envelope(
        "l2_data",
        sequence,
        &format!(
            r#"{{"type":"update","product_id":"BTC-USD","updates":[{{"side":"{side}","event_time":"2023-02-09T20:32:50.7Z","price_level":"{price}","new_quantity":"{quantity}"}}]}}"#
        ),
    )
}

/// One message, two events: the first of a product that nobody listed, the second of one that is.
#[test]
fn an_event_of_another_product_hides_none_behind_it() {
    let mut coinbase = coinbase(BookChannel::Depth);
    message(&mut coinbase, &snapshot(0, "BTC-USD"));
    let event = |product: &str, quantity: &str| {
        format!(
            r#"{{"type":"update","product_id":"{product}","updates":[{{"side":"bid","event_time":"2023-02-09T20:32:50.7Z","price_level":"21921.73","new_quantity":"{quantity}"}}]}}"#
        )
    };
    let events = [event("DOGE-USD", "1"), event("BTC-USD", "0.5")].join(",");
    let mut bytes = envelope("l2_data", 1, &events).into_bytes();
    let mut out = Output::default();
    let said = coinbase.message(&mut bytes, after_ms(2), &mut out);
    assert!(said.unwrap_err().to_string().contains("DOGE-USD"));
    assert_eq!(out.events.len(), 1);
}

#[test]
fn a_book_is_stated_and_changed() {
    let mut coinbase = coinbase(BookChannel::Depth);
    assert_eq!(
        message(&mut coinbase, &snapshot(0, "BTC-USD")),
        ["whole 21921.73x0.06317902 21921.3x0.02 | 21922x1.5"]
    );
    let subscriptions = r#"{"subscriptions":{"level2":["BTC-USD"]}}"#;
    assert_eq!(
        message(&mut coinbase, &envelope("subscriptions", 1, subscriptions)),
        ["x"; 0]
    );
    assert_eq!(
        message(&mut coinbase, &update(2, "bid", "21921.73", "0")),
        ["delta 21921.73x0 | "]
    );
    assert_eq!(
        message(&mut coinbase, &update(3, "offer", "21921.99", "1e-8")),
        ["delta  | 21921.99x0.00000001"]
    );
    assert_eq!(coinbase.health()[0].state, State::Live);
    assert_eq!(coinbase.health()[1].state, State::Syncing);
    // The venue's clock is far behind: 2023-11-14T22:13:20 less 2023-02-09T20:32:50.714964855.
    assert_eq!(
        coinbase.health()[0].lag_ns,
        Some((278 * 86_400 + 6_029) * 1_000_000_000 + 285_035_145)
    );
}

/// 4,001 bids from 1 on, the worst first: that of 1 is left out, and that of 2 as soon as there is one of 5,000.
#[test]
fn of_a_large_book_the_best_levels_are_kept() {
    let mut coinbase = coinbase(BookChannel::Depth);
    let levels: Vec<String> = (1..=4_001)
        .map(|price| format!(r#"{{"side":"bid","price_level":"{price}","new_quantity":"1"}}"#))
        .collect();
    let whole = format!(
        r#"{{"type":"snapshot","product_id":"BTC-USD","updates":[{}]}}"#,
        levels.join(",")
    );
    let told = message(&mut coinbase, &envelope("l2_data", 0, &whole));
    let (first, last) = ("whole 4001x1 4000x1 ", " 3x1 2x1 | ");
    assert!(told[0].starts_with(first) && told[0].ends_with(last));
    assert_eq!(told.len(), 1);
    assert_eq!(
        message(&mut coinbase, &update(1, "bid", "5000", "1")),
        ["delta 5000x1 2x0 | "]
    );
}

#[test]
fn the_touch_is_that_of_the_levels() {
    let mut coinbase = coinbase(BookChannel::Touch);
    let at = 1_675_974_770_714_964_855_u64;
    assert_eq!(
        message(&mut coinbase, &snapshot(0, "BTC-USD")),
        [format!("quote 21921.73x0.06317902 21922x1.5 at {at}")]
    );
    // Below the touch nothing is told.
    assert_eq!(
        message(&mut coinbase, &update(1, "bid", "21921.3", "9")),
        ["x"; 0]
    );
    assert_eq!(
        message(&mut coinbase, &update(2, "bid", "21921.73", "0")),
        [format!("quote 21921.3x9 21922x1.5 at {at}")]
    );
    // A side without orders has no touch.
    assert_eq!(
        message(&mut coinbase, &update(3, "offer", "21922", "0")),
        ["Gap"]
    );
    assert_eq!(
        message(&mut coinbase, &update(4, "offer", "21930", "2")),
        [format!("quote 21921.3x9 21930x2 at {at}")]
    );
}

#[test]
fn prints_are_told_oldest_first_and_once() {
    let mut coinbase = coinbase(BookChannel::Depth);
    let trade = |id: u64, product: &str, side: &str| {
        format!(
            r#"{{"trade_id":"{id:09}","product_id":"{product}","price":"1260.01","size":"0.3","side":"{side}","time":"2019-08-14T20:42:27.265Z"}}"#
        )
    };
    let trades = |kind: &str, sequence: u64, trades: &[String]| {
        let events = format!(r#"{{"type":"{kind}","trades":[{}]}}"#, trades.join(","));
        envelope("market_trades", sequence, &events)
    };
    let past = [trade(5, "ETH-USD", "BUY"), trade(4, "ETH-USD", "BUY")];
    assert_eq!(
        message(&mut coinbase, &trades("snapshot", 0, &past)),
        ["x"; 0]
    );
    let new = [
        trade(7, "ETH-USD", "SELL"),
        trade(1, "BTC-USD", "BUY"),
        trade(6, "ETH-USD", "BUY"),
        trade(5, "ETH-USD", "BUY"),
        trade(9, "XRP-USD", "BUY"),
    ];
    assert_eq!(
        message(&mut coinbase, &trades("update", 1, &new)),
        [
            "trade 1260.01x0.3 Seller at 1565815347265000000",
            "trade 1260.01x0.3 Seller at 1565815347265000000",
            "trade 1260.01x0.3 Buyer at 1565815347265000000",
        ]
    );
    assert_eq!(coinbase.health()[1].counters.repeated, 1);
}

#[test]
fn a_number_that_is_missing_ends_the_connection() {
    let mut coinbase = coinbase(BookChannel::Depth);
    message(&mut coinbase, &snapshot(7, "BTC-USD"));
    message(&mut coinbase, &snapshot(8, "ETH-USD"));
    // Twice, and late.
    assert_eq!(message(&mut coinbase, &snapshot(8, "ETH-USD")), ["x"; 0]);
    assert_eq!(
        message(&mut coinbase, &update(6, "bid", "1", "1")),
        ["x"; 0]
    );
    assert_eq!(coinbase.health()[1].counters.repeated, 1);
    assert_eq!(coinbase.health()[0].counters.repeated, 1);
    assert_eq!(
        message(&mut coinbase, &envelope("heartbeats", 9, "{}")),
        ["x"; 0]
    );
    // 10 is missing: whose it was is not known.
    assert_eq!(
        message(&mut coinbase, &update(11, "bid", "21921.73", "0")),
        [
            "Gap",
            "Gap",
            "reconnect: a message is missing from the sequence"
        ]
    );
    assert_eq!(coinbase.health()[1].counters.gaps, 1);
    // What still comes from this connection is for nobody.
    assert_eq!(message(&mut coinbase, &snapshot(12, "BTC-USD")), ["x"; 0]);
    // The next one counts by itself.
    assert_eq!(opened(&mut coinbase).len(), 3);
    assert_eq!(message(&mut coinbase, &snapshot(0, "BTC-USD")).len(), 1);
}

#[test]
fn silence_and_books_that_do_not_come_end_the_connection() {
    let mut coinbase = coinbase(BookChannel::Depth);
    assert_eq!(tick(&mut coinbase, after_ms(5_000)), ["x"; 0]);
    assert_eq!(
        tick(&mut coinbase, after_ms(5_001)),
        ["reconnect: no heartbeat"]
    );
    assert_eq!(tick(&mut coinbase, after_ms(9_000)), ["x"; 0]);
    opened(&mut coinbase);
    let mut out = Output::default();
    for sequence in 0..=15 {
        let mut bytes = envelope("heartbeats", sequence, "{}").into_bytes();
        let now = after_ms(sequence * 1_000 + 1);
        coinbase.message(&mut bytes, now, &mut out).unwrap();
        let said = tick(&mut coinbase, now);
        assert_eq!(said.len(), usize::from(sequence == 15), "{said:?}");
    }
}

#[test]
fn changes_before_the_book_end_the_connection() {
    let mut coinbase = coinbase(BookChannel::Depth);
    assert_eq!(
        message(&mut coinbase, &update(0, "bid", "21921.73", "1")),
        ["reconnect: changes of a book that was not stated"]
    );
}

#[test]
fn what_cannot_be_read_is_lost_and_said() {
    let error = |what: &str| format!("error: {what}");
    for (text, what) in [
        (String::new(), "a message of a channel"),
        (
            String::from(r#"{"channel":"l2_data"}"#),
            "a message of a channel",
        ),
        (
            snapshot(1, "BTC-USD")[..90].to_owned(),
            "a message of a channel",
        ),
        (envelope("l2_data", 1, "7"), "an event"),
        (
            envelope("market_trades", 1, r#"{"type":"update","trades":[{}]}"#),
            "a trade",
        ),
    ] {
        let mut coinbase = coinbase(BookChannel::Depth);
        message(&mut coinbase, &snapshot(0, "BTC-USD"));
        assert_eq!(
            message(&mut coinbase, &text),
            [
                "Gap",
                "reconnect: a message that cannot be read",
                &error(what)
            ],
            "{text}"
        );
    }
    let mut coinbase = coinbase(BookChannel::Depth);
    message(&mut coinbase, &snapshot(0, "BTC-USD"));
    assert_eq!(
        message(&mut coinbase, &update(1, "bid", "21,9", "1")),
        [
            "Gap",
            "reconnect: a message that cannot be read",
            "error: updates"
        ]
    );
    assert_eq!(coinbase.health()[0].counters.malformed, 1);
    opened(&mut coinbase);
    assert_eq!(
        message(&mut coinbase, r#"{"type":"error","message":"rate limit"}"#),
        ["error: no refusal"]
    );
    assert_eq!(
        message(&mut coinbase, &snapshot(0, "XRP-USD")),
        [
            "reconnect: a message that cannot be read",
            "error: a product that was subscribed to"
        ]
    );
}

/// Its number is the next one, and of which product it was cannot be known: the book that is shown may lack it.
#[test]
fn a_message_that_may_have_been_of_a_book_loses_it() {
    for (text, what) in [
        (
            update(1, "bid", "21.9", "1").replace("BTC-USD", "BTC-U5D"),
            "a product that was subscribed to",
        ),
        (
            update(1, "bid", "21.9", "1").replace("l2_data", "l2_dota"),
            "a channel that was subscribed to",
        ),
    ] {
        let mut coinbase = coinbase(BookChannel::Depth);
        message(&mut coinbase, &snapshot(0, "BTC-USD"));
        assert_eq!(
            message(&mut coinbase, &text),
            [
                "Gap",
                "reconnect: a message that cannot be read",
                &format!("error: {what}")
            ]
        );
    }
}
