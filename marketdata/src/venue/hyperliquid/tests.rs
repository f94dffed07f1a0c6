//! Samples in the form of the venue's pages, and books that come late or not at all.

use super::*;
use crate::feed::State;
use crate::venue::said::{after_ms, listings, message, opened};
use crate::venue::told::{NOW, tick};

fn hyperliquid(book: BookChannel) -> Hyperliquid {
    let channels = Channels { book, trades: true };
    let mut hyperliquid = Hyperliquid::new(listings(&["BTC", "@107"]), channels);
    opened(&mut hyperliquid);
    hyperliquid
}

fn book(time: u64, quantity: &str) -> String {
    format!(
        r#"{{"channel":"l2Book","data":{{"coin":"BTC","time":{time},"levels":[[{{"px":"19900","sz":"{quantity}","n":1}},{{"px":"19800.5","sz":"2","n":2}}],[{{"px":"20100","sz":"1","n":1}}]]}}}}"#
    )
}

#[test]
fn each_subscription_is_a_message() {
    let channels = Channels {
        book: BookChannel::Depth,
        trades: true,
    };
    let mut hyperliquid = Hyperliquid::new(listings(&["BTC", "@107"]), channels);
    assert_eq!(
        opened(&mut hyperliquid),
        [
            "Gap",
            "Gap",
            r#"send {"method":"subscribe","subscription":{"type":"l2Book","coin":"BTC"}}"#,
            r#"send {"method":"subscribe","subscription":{"type":"trades","coin":"BTC"}}"#,
            r#"send {"method":"subscribe","subscription":{"type":"l2Book","coin":"@107"}}"#,
            r#"send {"method":"subscribe","subscription":{"type":"trades","coin":"@107"}}"#,
        ]
    );
}

#[test]
fn the_newest_book_is_the_book() {
    let mut hyperliquid = hyperliquid(BookChannel::Depth);
    let response = r#"{"channel":"subscriptionResponse","data":{"method":"subscribe","subscription":{"type":"l2Book","coin":"BTC"}}}"#;
    assert_eq!(message(&mut hyperliquid, response), ["x"; 0]);
    assert_eq!(
        message(&mut hyperliquid, &book(1_681_222_254_710, "1")),
        ["whole 19900x1 19800.5x2 | 20100x1"]
    );
    // Twice, and late.
    assert_eq!(
        message(&mut hyperliquid, &book(1_681_222_254_710, "1")),
        ["x"; 0]
    );
    assert_eq!(
        message(&mut hyperliquid, &book(1_681_222_254_709, "3")),
        ["x"; 0]
    );
    assert_eq!(hyperliquid.health()[0].counters.repeated, 2);
    assert_eq!(
        message(&mut hyperliquid, &book(1_681_222_254_711, "0.5")),
        ["whole 19900x0.5 19800.5x2 | 20100x1"]
    );
    // Another connection may state the same block again.
    opened(&mut hyperliquid);
    assert_eq!(
        message(&mut hyperliquid, &book(1_681_222_254_711, "0.5")).len(),
        1
    );
}

#[test]
fn a_touch_may_have_one_side() {
    let mut hyperliquid = hyperliquid(BookChannel::Touch);
    let touch = |time: u64, ask: &str| {
        format!(
            r#"{{"channel":"bbo","data":{{"coin":"@107","time":{time},"bbo":[{{"px":"19.9","sz":"1","n":1}},{ask}]}}}}"#
        )
    };
    let ask = r#"{"px":"20.1","sz":"4","n":2}"#;
    assert_eq!(
        message(&mut hyperliquid, &touch(10, ask)),
        ["quote 19.9x1 20.1x4 at 10000000"]
    );
    assert_eq!(message(&mut hyperliquid, &touch(11, "null")), ["Gap"]);
    assert_eq!(message(&mut hyperliquid, &touch(10, ask)), ["x"; 0]);
    assert_eq!(message(&mut hyperliquid, &touch(12, ask)).len(), 1);
    assert_eq!(hyperliquid.health()[1].counters.gaps, 0);
}

#[test]
fn prints_are_told_once() {
    let mut hyperliquid = hyperliquid(BookChannel::Depth);
    let trade = |time: u64, id: u64, side: &str| {
        format!(
            r#"{{"coin":"BTC","side":"{side}","px":"20000.5","sz":"0.01","hash":"0xa1","time":{time},"tid":{id},"users":["0x01","0x02"]}}"#
        )
    };
    let trades =
        |trades: &[String]| format!(r#"{{"channel":"trades","data":[{}]}}"#, trades.join(","));
    assert_eq!(
        message(
            &mut hyperliquid,
            &trades(&[trade(20, 900, "A"), trade(20, 7, "B")])
        ),
        [
            "trade 20000.5x0.01 Seller at 20000000",
            "trade 20000.5x0.01 Buyer at 20000000"
        ]
    );
    assert_eq!(
        message(
            &mut hyperliquid,
            &trades(&[trade(20, 7, "B"), trade(19, 8, "B")])
        ),
        ["x"; 0]
    );
    assert_eq!(hyperliquid.health()[0].counters.repeated, 2);
    // A subscription begins with prints of the past, which may have been told.
    opened(&mut hyperliquid);
    assert_eq!(
        message(&mut hyperliquid, &trades(&[trade(20, 900, "A")])),
        ["x"; 0]
    );
}

#[test]
fn a_quiet_connection_is_asked_and_given_up() {
    let mut hyperliquid = hyperliquid(BookChannel::Touch);
    // Since the touch of each is known.
    for coin in &mut hyperliquid.coins {
        coin.touch.live();
    }
    assert_eq!(tick(&mut hyperliquid, after_ms(20_000)), ["x"; 0]);
    let ping = [r#"send {"method":"ping"}"#];
    assert_eq!(tick(&mut hyperliquid, after_ms(20_001)), ping);
    assert_eq!(message(&mut hyperliquid, r#"{"channel":"pong"}"#), ["x"; 0]);
    assert_eq!(tick(&mut hyperliquid, after_ms(25_000)), ping);
    assert_eq!(tick(&mut hyperliquid, after_ms(35_000)), ["x"; 0]);
    assert_eq!(
        tick(&mut hyperliquid, after_ms(35_001)),
        ["reconnect: no answer to a ping"]
    );
}

/// Nothing has come of either coin for ten seconds since it was subscribed to, of the second 0.1 s after the first.
#[test]
fn a_touch_that_does_not_come_is_asked_for_again() {
    let mut hyperliquid = hyperliquid(BookChannel::Touch);
    let asks = |coin: &str| {
        ["unsubscribe", "subscribe"].map(|method| {
            format!(
                r#"send {{"method":"{method}","subscription":{{"type":"bbo","coin":"{coin}"}}}}"#
            )
        })
    };
    assert_eq!(tick(&mut hyperliquid, after_ms(9_999)), ["x"; 0]);
    assert_eq!(tick(&mut hyperliquid, after_ms(10_000)), asks("BTC"));
    assert_eq!(tick(&mut hyperliquid, after_ms(10_100)), asks("@107"));
    let touch = r#"{"channel":"bbo","data":{"coin":"BTC","time":1708622398623,"bbo":[{"px":"100","sz":"1","n":1},{"px":"101","sz":"1","n":1}]}}"#;
    assert_eq!(message(&mut hyperliquid, touch).len(), 1);
    // Ten more for an answer.
    assert_eq!(tick(&mut hyperliquid, after_ms(20_000)), ["x"; 0]);
    let ping_and_asks = tick(&mut hyperliquid, after_ms(20_100));
    assert_eq!(ping_and_asks[1..], asks("@107"));
}

#[test]
fn a_book_that_is_not_stated_any_more_is_lost() {
    let mut hyperliquid = hyperliquid(BookChannel::Depth);
    message(&mut hyperliquid, &book(1, "1"));
    assert_eq!(tick(&mut hyperliquid, after_ms(15_000)), ["x"; 0]);
    assert_eq!(
        tick(&mut hyperliquid, TimestampNs(NOW.0 + BOOK_NS_MAX + 1)),
        ["Gap", "reconnect: a book is not stated any more"]
    );
}

#[test]
fn what_cannot_be_read_is_lost_and_said() {
    let mut hyperliquid = hyperliquid(BookChannel::Depth);
    message(&mut hyperliquid, &book(1, "1"));
    assert_eq!(
        message(&mut hyperliquid, &book(2, "1,5")),
        ["Gap", "error: levels"]
    );
    assert_eq!(message(&mut hyperliquid, &book(3, "1")).len(), 1);
    assert_eq!(
        message(
            &mut hyperliquid,
            r#"{"channel":"error","data":"Already subscribed"}"#
        ),
        ["error: no refusal"]
    );
    assert_eq!(
        message(&mut hyperliquid, &book(4, "1").replace("BTC", "DOGE")),
        ["error: a coin that was subscribed to"]
    );
    assert_eq!(
        message(
            &mut hyperliquid,
            r#"{"channel":"trades","data":[{"coin":"BTC"}]}"#
        ),
        ["error: a trade"]
    );
    let whole = book(5, "1");
    assert_eq!(
        message(&mut hyperliquid, &whole[..whole.len() - 1]),
        [
            "Gap",
            "reconnect: a message that cannot be read",
            "error: a message of a channel"
        ]
    );
    assert_eq!(message(&mut hyperliquid, &whole), ["x"; 0]);
}

/// What is read faster is not read so by chance.
#[test]
fn samples_have_the_expected_form() {
    let touch = r#"{"channel":"bbo","data":{"coin":"BTC","time":1708622398623,"bbo":[{"px":"51020.5","sz":"1.25","n":3},{"px":"51021","sz":"0.1","n":1}]}}"#;
    let (coin, ts, quote) = message::expected_touch(touch.as_bytes()).unwrap();
    assert_eq!((coin, ts.0), (&b"BTC"[..], 1_708_622_398_623_000_000));
    assert_eq!(quote.ask.to_string(), "51021");
    let prints = r#"{"channel":"trades","data":[{"coin":"BTC","side":"A","px":"19900.5","sz":"0.00123","time":1708622398623,"hash":"0xd2a5","tid":1125899906842623,"users":["0x01","0x02"]},{"coin":"@107","side":"B","px":"0.5","sz":"7","time":1708622398623,"hash":"0x00","tid":3,"users":["0x01","0x02"]}]}"#;
    let ids = message::expected_prints(prints.as_bytes()).unwrap();
    assert_eq!(
        ids.map(|print| print.id).collect::<Vec<_>>(),
        [1_125_899_906_842_623, 3]
    );
    let whole = book(1_708_622_398_623, "1");
    let mut out = Output::default();
    let (_, _, update) = message::expected_book(whole.as_bytes(), &mut out).unwrap();
    assert_eq!((update.bids.len(), update.asks.len()), (2, 1));
    let cut = &whole.as_bytes()[..whole.len() - 1];
    assert!(message::expected_book(cut, &mut out).is_none());
    assert_eq!(out.spare(), 1);
}

/// Subscriptions leave at the venue's pace, and each is answered and begins with a book that is then stated each
/// second: 400 of them take 20 seconds, more than any one book is waited for.
#[test]
fn two_hundred_coins_with_trades_come_alive() {
    let names: Vec<_> = (0..200).map(|number| format!("C{number}")).collect();
    let symbols: Vec<_> = names.iter().map(String::as_str).collect();
    let channels = Channels {
        book: BookChannel::Depth,
        trades: true,
    };
    let mut hyperliquid = Hyperliquid::new(listings(&symbols), channels);
    assert_eq!(hyperliquid.check(), Ok(()));
    let every = hyperliquid.pace().send_every.as_millis() as u64;
    let mut waiting: std::collections::VecDeque<_> = opened(&mut hyperliquid)
        .into_iter()
        .filter(|said| said.starts_with("send"))
        .collect();
    assert_eq!(waiting.len(), 400);
    let mut subscribed = Vec::new();
    let (mut ms, mut sent_at) = (0, 0);
    while ms < 60_000 {
        ms += every;
        let mut out = Output::default();
        let now = after_ms(ms);
        let mut messages = Vec::new();
        if let Some(sent) = waiting.pop_front() {
            sent_at = ms;
            let (_, subscription) = sent.split_once("subscription\":").unwrap();
            messages.push(format!(
                r#"{{"channel":"subscriptionResponse","data":{{"method":"subscribe","subscription":{subscription}}}"#
            ));
            if sent.contains("l2Book") {
                let (_, coin) = subscription.split_once("coin\":\"").unwrap();
                subscribed.push(coin.split('"').next().unwrap().to_owned());
            }
        }
        if ms.is_multiple_of(1_000) {
            for coin in &subscribed {
                messages.push(format!(
                    r#"{{"channel":"l2Book","data":{{"coin":"{coin}","time":{ms},"levels":[[{{"px":"1","sz":"1","n":1}}],[{{"px":"2","sz":"1","n":1}}]]}}}}"#
                ));
            }
            hyperliquid.tick(now, &mut out);
        }
        for message in messages {
            let mut bytes = message.into_bytes();
            hyperliquid.message(&mut bytes, now, &mut out).unwrap();
        }
        assert_eq!(out.actions, [], "after {ms} ms");
        out.clear_events();
    }
    assert_eq!(sent_at, 20_000);
    for (health, name) in hyperliquid.health().iter().zip(&names) {
        assert_eq!(health.state, State::Live, "{name}");
        assert_eq!(health.counters.gaps, 0, "{name}");
    }
}

#[test]
fn a_coin_that_is_never_stated_is_noticed() {
    let mut hyperliquid = hyperliquid(BookChannel::Depth);
    assert_eq!(tick(&mut hyperliquid, after_ms(15_000)), ["x"; 0]);
    assert_eq!(
        tick(&mut hyperliquid, after_ms(15_001))[0],
        "reconnect: a book is not stated any more"
    );
}

#[test]
fn no_more_is_subscribed_to_than_the_venue_takes() {
    let names: Vec<_> = (0..501).map(|number| format!("C{number}")).collect();
    let symbols: Vec<_> = names.iter().map(String::as_str).collect();
    let hyperliquid = |count: usize| {
        let channels = Channels {
            book: BookChannel::Depth,
            trades: true,
        };
        Hyperliquid::new(listings(&symbols[..count]), channels)
    };
    assert_eq!(hyperliquid(500).check(), Ok(()));
    assert_eq!(
        hyperliquid(501).check().unwrap_err().to_string(),
        "hyperliquid: symbols with 1002 subscriptions; accepted: at most 1000 (subscriptions_max) on a connection, so that some of them need a feed of their own"
    );
}

/// Two prints and what is wrong with the second, as the venue writes them and with a field left out that nobody reads.
#[test]
fn of_trades_that_cannot_be_read_none_is_told() {
    let print = |id: u64| {
        format!(
            r#"{{"coin":"BTC","side":"B","px":"19900","sz":"1","time":{id},"hash":"0x1","tid":{id},"users":["0xa","0xb"]}}"#
        )
    };
    let both = format!(
        r#"{{"channel":"trades","data":[{},{}]}}"#,
        print(1),
        print(2)
    );
    let other_form = both.replace(r#""hash":"0x1","#, "");
    let unreadable = "reconnect: a message that cannot be read";
    for whole in [&both, &other_form] {
        let mut told = hyperliquid(BookChannel::Depth);
        assert_eq!(message(&mut told, whole).len(), 2, "{whole}");
        for (from, to) in [
            ("]}", ",5]}"),
            (r#""px":"19900","sz""#, r#""px":["19900"],"sz""#),
        ] {
            let at = whole.rfind(from).unwrap();
            let broken = format!("{}{to}{}", &whole[..at], &whole[at + from.len()..]);
            let told = message(&mut hyperliquid(BookChannel::Depth), &broken);
            assert_eq!(told, [unreadable, "error: trades"], "{broken}");
        }
        // One of a coin that nobody asked for hides no other, and one that lacks something is malformed by itself.
        let other = whole.replacen("BTC", "DOGE", 1);
        let told = message(&mut hyperliquid(BookChannel::Depth), &other);
        assert_eq!(told.len(), 2, "{other}: {told:?}");
        assert!(told[0].starts_with("trade 19900x1 "), "{told:?}");
        assert_eq!(told[1], "error: a coin that was subscribed to");
        for lacking in [
            whole.replacen(r#""px":"19900","#, "", 1),
            whole.replacen(r#""tid":1,"#, "", 1),
        ] {
            let told = message(&mut hyperliquid(BookChannel::Depth), &lacking);
            assert_eq!(told.len(), 2, "{lacking}: {told:?}");
            assert_eq!(told[1], "error: a trade", "{lacking}");
        }
    }
}
