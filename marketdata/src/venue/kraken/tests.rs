//! Samples in the form of the venue's pages, and the rules of the book at their edges.

use super::message::decimals;
use super::*;
use crate::feed::{State, price};
use crate::venue::told::{NOW, after, listing, message, opened, tick, told};

/// The book of the example of <https://docs.kraken.com/api/docs/guides/spot-ws-book-v2>: price and quantity, bids
/// and then asks, each best first.
const EXAMPLE: [[(&str, &str); 10]; 2] = [
    [
        ("45283.5", "0.10000000"),
        ("45283.4", "1.54582015"),
        ("45282.1", "0.10000000"),
        ("45281.0", "0.10000000"),
        ("45280.3", "1.54592586"),
        ("45279.0", "0.07990000"),
        ("45277.6", "0.03310103"),
        ("45277.5", "0.30000000"),
        ("45277.3", "1.54602737"),
        ("45276.6", "0.15445238"),
    ],
    [
        ("45285.2", "0.00100000"),
        ("45286.4", "1.54571953"),
        ("45286.6", "1.54571109"),
        ("45289.6", "1.54560911"),
        ("45290.2", "0.15890660"),
        ("45291.8", "1.54553491"),
        ("45294.7", "0.04454749"),
        ("45296.1", "0.35380000"),
        ("45297.5", "0.09945542"),
        ("45299.5", "0.18772827"),
    ],
];
/// Its checksum there.
const EXAMPLE_CHECKSUM: u32 = 3_310_070_434;

fn kraken(book: BookChannel) -> Kraken {
    let channels = Channels { book, trades: true };
    Kraken::new(vec![listing("BTC/USD", "0.1", "0.00000001")], channels)
}

fn levels(levels: &[(&str, &str)]) -> String {
    let level = |(price, qty): &(&str, &str)| format!(r#"{{"price":{price},"qty":{qty}}}"#);
    levels.iter().map(level).collect::<Vec<_>>().join(",")
}

fn book(
    kind: &str,
    bids: &[(&str, &str)],
    asks: &[(&str, &str)],
    checksum: u32,
    micros: u32,
) -> String {
    format!(
        r#"{{"channel":"book","type":"{kind}","data":[{{"symbol":"BTC/USD","bids":[{}],"asks":[{}],"checksum":{checksum},"timestamp":"2023-10-06T17:35:55.{micros:06}Z"}}]}}"#,
        levels(bids),
        levels(asks)
    )
}

/// By the steps of the page, on text.
fn checksum(bids: &[(&str, &str)], asks: &[(&str, &str)]) -> u32 {
    let mut text = String::new();
    for (price, qty) in asks.iter().chain(bids) {
        for number in [price, qty] {
            text.push_str(number.replace('.', "").trim_start_matches('0'));
        }
    }
    let mut crc = Crc::new();
    crc.update(text.as_bytes());
    crc.sum()
}

fn live() -> Kraken {
    let mut kraken = kraken(BookChannel::Depth);
    opened(&mut kraken, NOW);
    let [bids, asks] = EXAMPLE;
    let whole = book("snapshot", &bids, &asks, EXAMPLE_CHECKSUM, 100);
    assert_eq!(message(&mut kraken, &whole, NOW).len(), 1);
    kraken
}

const ASKED: [&str; 2] = [
    r#"send {"method":"unsubscribe","params":{"channel":"book","depth":10,"symbol":["BTC/USD"]},"req_id":1}"#,
    r#"send {"method":"subscribe","params":{"channel":"book","depth":10,"symbol":["BTC/USD"]},"req_id":1}"#,
];
/// The answer to the second of them.
const ANSWER: &str = r#"{"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/USD"},"success":true,"req_id":1}"#;

#[test]
fn a_connection_subscribes() {
    let mut depth = kraken(BookChannel::Depth);
    assert_eq!(
        opened(&mut depth, NOW),
        [
            "Gap",
            r#"send {"method":"subscribe","params":{"channel":"book","depth":10,"symbol":["BTC/USD"]}}"#,
            r#"send {"method":"subscribe","params":{"channel":"trade","snapshot":false,"symbol":["BTC/USD"]}}"#,
        ]
    );
    let mut touch = kraken(BookChannel::Touch);
    assert_eq!(
        opened(&mut touch, NOW)[1],
        r#"send {"method":"subscribe","params":{"channel":"ticker","event_trigger":"bbo","symbol":["BTC/USD"]}}"#,
    );
    for text in [
        r#"{"channel":"heartbeat"}"#,
        r#"{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2","connection_id":15113583034416118705}]}"#,
        r#"{"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/USD"},"success":true,"time_in":"2023-10-06T17:35:55.219022Z","time_out":"2023-10-06T17:35:55.219067Z"}"#,
    ] {
        assert_eq!(message(&mut depth, text, NOW), ["x"; 0], "{text}");
    }
    assert_eq!(
        message(
            &mut depth,
            r#"{"error":"Currency pair not supported BTC/UST","method":"subscribe","success":false,"symbol":"BTC/UST"}"#,
            NOW
        ),
        ["error: a request that the venue takes"]
    );
}

#[test]
fn the_checksum_of_the_page_comes_out() {
    let [bids, asks] = EXAMPLE;
    assert_eq!(checksum(&bids, &asks), EXAMPLE_CHECKSUM);
    let kraken = live();
    assert_eq!(kraken.health()[0].state, State::Live);
    // A zero less at the end is another book.
    let mut other = self::kraken(BookChannel::Depth);
    opened(&mut other, NOW);
    let whole = book("snapshot", &bids, &asks, EXAMPLE_CHECKSUM, 100);
    let short = whole.replace("0.00100000", "0.00100001");
    let said = message(&mut other, &short, after(5));
    assert_eq!(said, ASKED);
    assert_eq!(other.health()[0].counters.checksum_errors, 1);
    assert_eq!(other.health()[0].state, State::Syncing);
}

#[test]
fn digits_are_those_of_the_text() {
    for (text, places) in [
        ("45281.0", 1),
        ("0.00100000", 8),
        ("12", 0),
        ("1e-8", 8),
        ("1.50E-3", 5),
        ("2.5e1", 0),
    ] {
        assert_eq!(decimals(text.as_bytes()), Some(places), "{text}");
    }
    for text in ["1e", "1e-99", "1e99999999999999999999"] {
        assert_eq!(decimals(text.as_bytes()), None, "{text}");
    }
    let written = |text: &str| {
        let mut into = Vec::new();
        let value = price(text.as_bytes()).unwrap().0;
        digits(&mut into, value, 9, decimals(text.as_bytes()).unwrap());
        String::from_utf8(into).unwrap()
    };
    assert_eq!(written("45281.0"), "452810");
    assert_eq!(written("0.05000"), "5000");
    assert_eq!(written("0.000000010000"), "10000");
    assert_eq!(written("7"), "7");
}

#[test]
fn what_leaves_the_depth_is_dropped() {
    let mut kraken = live();
    let [mut bids, mut asks] = EXAMPLE.map(|side| side.to_vec());
    // A better bid comes, the tenth goes without a word; the best ask goes, an eleventh is announced.
    bids.insert(0, ("45284.0", "2.00000000"));
    bids.truncate(DEPTH);
    asks.remove(0);
    asks.push(("45300.1", "0.50000000"));
    let text = book(
        "update",
        &[("45284.0", "2.00000000")],
        &[("45285.2", "0.00000000"), ("45300.1", "0.50000000")],
        checksum(&bids, &asks),
        200,
    );
    assert_eq!(
        message(&mut kraken, &text, NOW),
        ["delta 45284x2 45276.6x0 | 45285.2x0 45300.1x0.5"]
    );
    // The same level twice in one message: the last word counts.
    bids[0].1 = "4.00000000";
    let text = book(
        "update",
        &[("45284.0", "3.00000000"), ("45284.0", "4.00000000")],
        &[],
        checksum(&bids, &asks),
        300,
    );
    assert_eq!(
        message(&mut kraken, &text, NOW),
        ["delta 45284x3 45284x4 | "]
    );
}

#[test]
fn a_missing_update_is_known_by_the_next_checksum() {
    let mut kraken = live();
    let [mut bids, asks] = EXAMPLE.map(|side| side.to_vec());
    bids[3].1 = "0.20000000";
    bids[0].1 = "0.30000000";
    // That of the fourth level never came.
    let text = book(
        "update",
        &[("45283.5", "0.30000000")],
        &[],
        checksum(&bids, &asks),
        300,
    );
    let mut expected = vec!["Gap"];
    expected.extend(ASKED);
    assert_eq!(message(&mut kraken, &text, after(60)), expected);
    // Until the snapshot comes, updates mean nothing, and a snapshot of before does neither.
    assert_eq!(message(&mut kraken, &text, after(60)), ["x"; 0]);
    let [old_bids, old_asks] = EXAMPLE;
    let old = book("snapshot", &old_bids, &old_asks, EXAMPLE_CHECKSUM, 99);
    assert_eq!(message(&mut kraken, &old, after(60)), ["x"; 0]);
    let whole = book("snapshot", &bids, &asks, checksum(&bids, &asks), 400);
    // Nor does one that comes before the answer: it may be of the subscription before, which no update follows.
    assert_eq!(message(&mut kraken, &whole, after(60)), ["x"; 0]);
    let other = ANSWER.replace("\"req_id\":1", "\"req_id\":2");
    assert_eq!(message(&mut kraken, &other, after(60)), ["x"; 0]);
    assert_eq!(message(&mut kraken, &whole, after(60)), ["x"; 0]);
    assert_eq!(message(&mut kraken, ANSWER, after(61)), ["x"; 0]);
    assert_eq!(message(&mut kraken, &whole, after(61)).len(), 1);
    let counters = kraken.health()[0].counters;
    assert_eq!((counters.gaps, counters.checksum_errors), (1, 1));
    assert_eq!(kraken.health()[0].stale_ns, 1_000_000_000);
}

#[test]
fn a_snapshot_that_does_not_come_is_asked_for_again() {
    let mut kraken = kraken(BookChannel::Depth);
    opened(&mut kraken, NOW);
    for second in 1..=20 {
        message(&mut kraken, r#"{"channel":"heartbeat"}"#, after(second));
        let asked = match second {
            10 => ASKED.map(str::to_owned).to_vec(),
            20 => ASKED
                .map(|text| text.replace("\"req_id\":1", "\"req_id\":2"))
                .to_vec(),
            _ => Vec::new(),
        };
        assert_eq!(tick(&mut kraken, after(second)), asked);
    }
}

#[test]
fn what_comes_twice_or_late_changes_nothing() {
    let mut kraken = live();
    let [mut bids, asks] = EXAMPLE.map(|side| side.to_vec());
    let mut update = |qty, micros| {
        bids[0].1 = qty;
        book(
            "update",
            &[("45283.5", qty)],
            &[],
            checksum(&bids, &asks),
            micros,
        )
    };
    let (first, second) = (update("0.20000000", 200), update("0.30000000", 300));
    assert_eq!(message(&mut kraken, &second, NOW).len(), 1);
    // Its checksum is right, too: of the book that was.
    assert_eq!(message(&mut kraken, &first, NOW), ["x"; 0]);
    assert_eq!(message(&mut kraken, &second, NOW), ["x"; 0]);
    let [bids, asks] = EXAMPLE;
    let whole = book("snapshot", &bids, &asks, EXAMPLE_CHECKSUM, 100);
    assert_eq!(message(&mut kraken, &whole, NOW), ["x"; 0]);
    assert_eq!(kraken.health()[0].counters.repeated, 3);
    assert_eq!(kraken.health()[0].state, State::Live);
}

#[test]
fn tickers_and_trades_are_read() {
    let mut kraken = kraken(BookChannel::Touch);
    opened(&mut kraken, NOW);
    let ticker = r#"{"channel":"ticker","type":"snapshot","data":[{"symbol":"BTC/USD","bid":45283.5,"bid_qty":740.0,"ask":45285.2,"ask_qty":1361.44813783,"last":45284.0,"volume":997038.98383185,"vwap":0.10148,"low":0.09979,"high":0.10285,"change":-0.00017,"change_pct":-0.17,"timestamp":"2023-09-25T09:04:31.742648Z"}]}"#;
    assert_eq!(
        message(&mut kraken, ticker, NOW),
        ["quote 45283.5x740 45285.2x1361.44813783 at 1695632671742648000"]
    );
    assert_eq!(message(&mut kraken, ticker, NOW), ["x"; 0]);
    let late = ticker.replace("31.742648Z", "31.742647Z");
    assert_eq!(message(&mut kraken, &late, NOW), ["x"; 0]);
    // A side without orders: there is no touch.
    let empty = ticker
        .replace("740.0", "0.0")
        .replace("31.742648Z", "32.000000Z");
    assert_eq!(message(&mut kraken, &empty, NOW), ["Gap"]);
    let trades = r#"{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"sell","price":45283.5,"qty":0.00100000,"ord_type":"market","trade_id":4665846,"timestamp":"2023-09-25T07:48:36.925533Z"},{"symbol":"BTC/USD","side":"buy","price":45285.2,"qty":1.00000000,"ord_type":"limit","trade_id":4665847,"timestamp":"2023-09-25T07:49:36.925603Z"}]}"#;
    assert_eq!(
        message(&mut kraken, trades, NOW),
        [
            "trade 45283.5x0.001 Seller at 1695628116925533000",
            "trade 45285.2x1 Buyer at 1695628176925603000",
        ]
    );
    assert_eq!(message(&mut kraken, trades, NOW), ["x"; 0]);
}

#[test]
fn silence_ends_the_connection() {
    let mut kraken = live();
    assert_eq!(tick(&mut kraken, after(10)), ["x"; 0]);
    message(&mut kraken, r#"{"channel":"heartbeat"}"#, after(10));
    assert_eq!(tick(&mut kraken, after(20)), ["x"; 0]);
    assert_eq!(tick(&mut kraken, after(21)), ["reconnect: no heartbeat"]);
    let mut out = Output::default();
    kraken.closed(after(21), &mut out);
    assert_eq!(told(&mut out), ["Gap"]);
    assert_eq!(tick(&mut kraken, after(1_000)), ["x"; 0]);
    assert_eq!(kraken.health()[0].state, State::Down);
}

#[test]
fn what_cannot_be_read_is_lost_and_said() {
    let [bids, asks] = EXAMPLE;
    for (from, to, what) in [
        (r#""price":45283.5"#, r#""price":"x""#, "error: bids"),
        (r#""asks":"#, r#""sells":"#, "error: asks"),
        ("3310070434", "-1", "error: checksum"),
        ("snapshot", "upsert", "error: type of snapshot or update"),
    ] {
        let mut kraken = live();
        let text = book("snapshot", &bids, &asks, EXAMPLE_CHECKSUM, 101).replace(from, to);
        let mut expected = vec!["Gap"];
        expected.extend(ASKED);
        expected.push(what);
        assert_eq!(message(&mut kraken, &text, after(60)), expected);
        assert_eq!(kraken.health()[0].counters.malformed, 1);
    }
    let mut kraken = live();
    for text in [
        "",
        "[]",
        r#"{"channel":"book","type":"upd"#,
        r#"{"channel":"book","data":7}"#,
    ] {
        assert_eq!(
            message(&mut kraken, text, NOW),
            [
                "reconnect: a message that cannot be read",
                "error: a message of the API v2"
            ],
            "{text}"
        );
    }
    assert_eq!(
        message(
            &mut kraken,
            r#"{"channel":"trade","type":"update","data":[{"symbol":"XRP/USD"}]}"#,
            NOW
        ),
        ["error: a symbol that was subscribed to"]
    );
}

/// After a touch that is crossed the ticker is asked for anew. What still comes of the subscription before is told, but whether
/// the next one runs is not known before it is answered: it is asked for again ten seconds later.
#[test]
fn a_ticker_of_before_is_no_answer() {
    let mut kraken = kraken(BookChannel::Touch);
    opened(&mut kraken, NOW);
    let ticker = |bid: &str, second: u32| {
        format!(
            r#"{{"channel":"ticker","type":"update","data":[{{"symbol":"BTC/USD","bid":{bid},"bid_qty":1.0,"ask":100.2,"ask_qty":2.0,"last":100.1,"volume":1.5,"change":-0.1,"timestamp":"2023-10-06T17:35:{second:02}.000000Z"}}]}}"#
        )
    };
    let asks = |request: u64| {
        ["unsubscribe", "subscribe"].map(|method| {
            format!(
                r#"send {{"method":"{method}","params":{{"channel":"ticker","event_trigger":"bbo","symbol":["BTC/USD"]}},"req_id":{request}}}"#
            )
        })
    };
    let answer = |request: u64| {
        format!(
            r#"{{"method":"subscribe","result":{{"channel":"ticker","symbol":"BTC/USD"}},"success":true,"req_id":{request}}}"#
        )
    };
    assert_eq!(message(&mut kraken, &ticker("100.1", 1), after(1)).len(), 1);
    let asked = message(&mut kraken, &ticker("100.3", 20), after(20));
    assert_eq!((&asked[0][..], &asked[1..]), ("Gap", &asks(1)[..]));
    assert_eq!(
        message(&mut kraken, &ticker("100.1", 21), after(21)).len(),
        1
    );
    assert_eq!(kraken.health()[0].state, State::Live);
    message(&mut kraken, r#"{"channel":"heartbeat"}"#, after(29));
    assert_eq!(tick(&mut kraken, after(29)), ["x"; 0]);
    assert_eq!(tick(&mut kraken, after(30)), asks(2));
    // The answer to the first one says nothing of the second.
    assert_eq!(message(&mut kraken, &answer(1), after(31)), ["x"; 0]);
    assert_eq!(
        message(&mut kraken, &ticker("100.0", 32), after(32)).len(),
        1
    );
    message(&mut kraken, r#"{"channel":"heartbeat"}"#, after(39));
    assert_eq!(tick(&mut kraken, after(40)), asks(3));
    assert_eq!(message(&mut kraken, &answer(3), after(41)), ["x"; 0]);
    assert_eq!(
        message(&mut kraken, &ticker("99.9", 42), after(42)).len(),
        1
    );
    message(&mut kraken, r#"{"channel":"heartbeat"}"#, after(60));
    assert_eq!(tick(&mut kraken, after(60)), ["x"; 0]);
}

/// What is read faster is not read so by chance.
#[test]
fn samples_of_the_pages_have_the_expected_form() {
    let ticker = r#"{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":0.10025,"bid_qty":740.0,"ask":0.10036,"ask_qty":1361.44813783,"last":0.10035,"volume":997038.98383185,"vwap":0.10148,"low":0.09979,"high":0.10285,"change":-0.00017,"change_pct":-0.17,"timestamp":"2023-10-06T17:35:55.440295Z"}]}"#;
    let (symbol, time, quote) = message::expected_ticker(ticker.as_bytes()).unwrap();
    assert_eq!(symbol, b"BTC/USD");
    assert_eq!(time.0, 1_696_613_755_440_295_000);
    assert_eq!(quote.ask_qty.to_string(), "1361.44813783");
    let other = ticker.replace("\"last\"", "\"bid\"");
    assert!(message::expected_ticker(other.as_bytes()).is_none());
    let trades = r#"{"channel":"trade","type":"update","data":[{"symbol":"MATIC/USD","side":"sell","price":0.5117,"qty":40.0,"ord_type":"market","trade_id":4665906,"timestamp":"2023-09-25T07:49:37.708706Z"},{"symbol":"MATIC/USD","side":"buy","price":0.5118,"qty":1.0,"ord_type":"limit","trade_id":4665907,"timestamp":"2023-09-25T07:49:37.708706Z"}]}"#;
    let ids = message::expected_prints(trades.as_bytes()).unwrap();
    assert_eq!(
        ids.map(|print| print.id).collect::<Vec<_>>(),
        [4_665_906, 4_665_907]
    );
    let [bids, asks] = EXAMPLE;
    let whole = book("snapshot", &bids, &asks, EXAMPLE_CHECKSUM, 100);
    let mut out = Output::default();
    let (envelope, item) = message::expected_book(whole.as_bytes(), &mut out).unwrap();
    assert_eq!(envelope.kind, b"snapshot");
    assert_eq!(item.checksum, Some(EXAMPLE_CHECKSUM.into()));
    let cut = &whole.as_bytes()[..whole.len() - 1];
    assert!(message::expected_book(cut, &mut out).is_none());
    assert_eq!(out.spare(), 1);
}

/// The venue writes one decimal of price, the listing's tick has two: the whole that is stated from a tape has the page's
/// checksum and time all the same.
#[test]
fn a_whole_from_a_tape_is_written_as_the_venue_wrote() {
    use crate::local::{Counterpart as _, Market};
    let listing = listing("BTC/USD", "0.01", "0.00000001");
    let channels = Channels {
        book: BookChannel::Depth,
        trades: false,
    };
    let mut kraken = Kraken::new(vec![listing.clone()], channels);
    opened(&mut kraken, NOW);
    let [bids, asks] = EXAMPLE;
    let mut out = Output::default();
    let mut text = book("snapshot", &bids, &asks, EXAMPLE_CHECKSUM, 400).into_bytes();
    kraken.message(&mut text, NOW, &mut out).unwrap();
    let mut known = None;
    for event in &out.events {
        Book::follow(&mut known, &event.data);
    }
    let mark = kraken.mark(0);
    assert_eq!(mark.decimals, Some((1, 8)));
    let market = Market::taped(&listing, known.unwrap(), mark);
    let mut said = Vec::new();
    let ask =
        br#"{"method":"subscribe","params":{"channel":"book","depth":10,"symbol":["BTC/USD"]}}"#;
    LocalKraken::new().request(ask, &[market], after(9), &mut said);
    let whole = String::from_utf8(said.pop().unwrap()).unwrap();
    assert_eq!(whole, book("snapshot", &bids, &asks, EXAMPLE_CHECKSUM, 400));
}
