//! Samples in the form of the venue's pages, and the rules of the book at their edges.

use super::*;
use crate::feed::{Book, State};
use crate::venue::told::{NOW, after, listing, message, opened, spare, tick, told};

fn bybit(product: Product, book: BookChannel) -> Bybit {
    let channels = Channels { book, trades: true };
    Bybit::new(product, vec![listing("BTCUSDT", "0.01", "0.001")], channels)
}

fn book(kind: &str, u: u64, ms: u64, bid_qty: &str) -> String {
    format!(
        r#"{{"topic":"orderbook.50.BTCUSDT","ts":{ms},"type":"{kind}","data":{{"s":"BTCUSDT","b":[["16493.50","{bid_qty}"]],"a":[["16611.00","0.029"]],"u":{u},"seq":7961638724}},"cts":1672304484976}}"#
    )
}

fn live() -> Bybit {
    let mut bybit = bybit(Product::Linear, BookChannel::Depth);
    opened(&mut bybit, NOW);
    assert_eq!(
        message(&mut bybit, &book("snapshot", 100, 1_000, "0.006"), NOW),
        ["whole 16493.5x0.006 | 16611x0.029"]
    );
    bybit
}

const ASKED: [&str; 2] = [
    r#"send {"op":"unsubscribe","args":["orderbook.50.BTCUSDT"]}"#,
    r#"send {"op":"subscribe","args":["orderbook.50.BTCUSDT"]}"#,
];

#[test]
fn a_connection_subscribes_to_ten_topics_at_a_time() {
    let listings = (0..6).map(|place| listing(&format!("A{place}USDT"), "0.1", "1"));
    let channels = Channels {
        book: BookChannel::Touch,
        trades: true,
    };
    let mut spot = Bybit::new(Product::Spot, listings.collect(), channels);
    let said = opened(&mut spot, NOW);
    assert_eq!(
        said[6],
        r#"send {"op":"subscribe","args":["orderbook.1.A0USDT","publicTrade.A0USDT","orderbook.1.A1USDT","publicTrade.A1USDT","orderbook.1.A2USDT","publicTrade.A2USDT","orderbook.1.A3USDT","publicTrade.A3USDT","orderbook.1.A4USDT","publicTrade.A4USDT"]}"#
    );
    assert_eq!(
        said[7..],
        [r#"send {"op":"subscribe","args":["orderbook.1.A5USDT","publicTrade.A5USDT"]}"#]
    );
    for (product, path) in [
        (Product::Spot, "/v5/public/spot"),
        (Product::Linear, "/v5/public/linear"),
        (Product::Inverse, "/v5/public/inverse"),
    ] {
        let path = path.to_owned();
        let stream = bybit(product, BookChannel::Touch).stream();
        assert_eq!(stream, Stream::WebSocket { path });
    }
}

#[test]
fn samples_of_the_pages_are_read() {
    let mut linear = bybit(Product::Linear, BookChannel::Depth);
    opened(&mut linear, NOW);
    for text in [
        r#"{"success":true,"ret_msg":"","conn_id":"3cd84cb1-4d06-4a05-930a-2efe5fc70f0f","req_id":"","op":"subscribe"}"#,
        r#"{"success":true,"ret_msg":"pong","conn_id":"0970e817-426e-429a-a679-ff7f55e0b16a","op":"ping"}"#,
        r#"{"args":["1672916271846"],"op":"pong"}"#,
    ] {
        assert_eq!(message(&mut linear, text, NOW), ["x"; 0], "{text}");
    }
    assert_eq!(
        message(
            &mut linear,
            r#"{"success":false,"ret_msg":"error:already subscribed,topic:orderbook.50.BTCUSDT","conn_id":"x","op":"subscribe"}"#,
            NOW
        ),
        ["error: a request that the venue takes"]
    );
    assert_eq!(
        message(
            &mut linear,
            r#"{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1672304484978,"data":{"s":"BTCUSDT","b":[["16493.50","0.006"],["16493.00","0.100"]],"a":[["16611.00","0.029"],["16612.00","0.213"]],"u":18521288,"seq":7961638724},"cts":1672304484976}"#,
            NOW
        ),
        ["whole 16493.5x0.006 16493x0.1 | 16611x0.029 16612x0.213"]
    );
    assert_eq!(
        linear.health()[0].lag_ns,
        Some(1_700_000_000_000_000_000 - 1_672_304_484_976_000_000)
    );
    assert_eq!(
        message(
            &mut linear,
            r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,"seq":1783284617}]}"#,
            NOW
        ),
        ["trade 16578.5x0.001 Buyer at 1672304486865000000"]
    );
    let mut spot = bybit(Product::Spot, BookChannel::Touch);
    opened(&mut spot, NOW);
    assert_eq!(
        message(
            &mut spot,
            r#"{"topic":"orderbook.1.BTCUSDT","ts":1672304484978,"type":"snapshot","data":{"s":"BTCUSDT","b":[["16493.50","0.006"]],"a":[["16611.00","0.029"]],"u":18521288,"seq":7961638724},"cts":1672304484976}"#,
            NOW
        ),
        ["quote 16493.5x0.006 16611x0.029 at 1672304484976000000"]
    );
    // What is read faster is not read so by chance.
    let recorded = r#"{"topic":"orderbook.1.BTCUSDT","type":"snapshot","ts":1672304484978,"data":{"s":"BTCUSDT","b":[["16493.50","0.006"]],"a":[["16611.00","0.029"]],"u":18521288,"seq":7961638724},"cts":1672304484976}"#;
    let touch = message::expected_touch(recorded.as_bytes()).unwrap();
    assert_eq!(touch.ts.0, 1_672_304_484_976_000_000);
    assert!(message::expected_touch(&recorded.as_bytes()[..recorded.len() - 1]).is_none());
}

#[test]
fn every_delta_follows_the_one_before() {
    let mut bybit = live();
    let delta = |u, ms, qty: &str| book("delta", u, ms, qty);
    assert_eq!(
        message(&mut bybit, &delta(101, 1_020, "1"), NOW),
        ["delta 16493.5x1 | 16611x0.029"]
    );
    // Twice and late: nothing.
    assert_eq!(message(&mut bybit, &delta(101, 1_020, "1"), NOW), ["x"; 0]);
    assert_eq!(message(&mut bybit, &delta(100, 1_000, "9"), NOW), ["x"; 0]);
    assert_eq!(bybit.health()[0].counters.repeated, 2);
    // 102 is missing.
    let mut expected = vec!["Gap"];
    expected.extend(ASKED);
    assert_eq!(
        message(&mut bybit, &delta(103, 1_060, "3"), after(60)),
        expected
    );
    assert_eq!(
        message(&mut bybit, &delta(104, 1_080, "4"), after(60)),
        ["x"; 0]
    );
    // What was asked for before the gap is older than what was shown.
    assert_eq!(
        message(&mut bybit, &book("snapshot", 100, 1_000, "9"), after(60)),
        ["x"; 0]
    );
    assert_eq!(
        message(&mut bybit, &book("snapshot", 105, 1_100, "5"), after(60)).len(),
        1
    );
    assert_eq!(
        message(&mut bybit, &delta(106, 1_120, "6"), after(60)),
        ["delta 16493.5x6 | 16611x0.029"]
    );
    assert_eq!(bybit.health()[0].counters.gaps, 1);
    assert_eq!(bybit.health()[0].counters.resyncs, 2);
}

/// The clock of the service that starts again is 20 ms behind that of the one before.
#[test]
fn the_first_book_of_a_service_is_taken_whatever_its_clock_says() {
    let mut bybit = live();
    message(&mut bybit, &book("delta", 101, 1_020, "1"), NOW);
    let first = book("snapshot", 1, 1_000, "3");
    assert_eq!(
        message(&mut bybit, &first, NOW),
        ["whole 16493.5x3 | 16611x0.029"]
    );
    assert_eq!(
        message(&mut bybit, &book("delta", 2, 1_010, "4"), NOW),
        ["delta 16493.5x4 | 16611x0.029"]
    );
    // Also of a book that is not known: 4 is missing 3.
    let said = message(&mut bybit, &book("delta", 4, 1_030, "5"), after(60));
    assert_eq!((said.len(), &*said[0]), (3, "Gap"));
    // The first one once more is late; that of another start is not.
    assert_eq!(message(&mut bybit, &first, after(60)), ["x"; 0]);
    let first = book("snapshot", 1, 999, "3");
    assert_eq!(message(&mut bybit, &first, after(60)).len(), 1);
    assert_eq!(bybit.health()[0].state, State::Live);
    // And of the touch.
    let mut spot = self::bybit(Product::Spot, BookChannel::Touch);
    opened(&mut spot, NOW);
    for (u, ms, expected) in [
        (100, 1_020, 1),
        (100, 1_020, 0),
        (1, 1_000, 1),
        (2, 1_010, 1),
    ] {
        let touch = book("snapshot", u, ms, "1").replace("orderbook.50", "orderbook.1");
        assert_eq!(message(&mut spot, &touch, NOW).len(), expected, "{u}");
    }
}

/// It is late, or the venue has begun anew: that cannot be told, and nothing is known until it has been asked.
#[test]
fn a_snapshot_of_before_the_book_loses_it() {
    let whole = book("snapshot", 100, 1_000, "0.006");
    let mut bybit = live();
    // That book once more is no other one.
    assert_eq!(message(&mut bybit, &whole, after(60)), ["x"; 0]);
    message(&mut bybit, &book("delta", 101, 1_020, "1"), after(60));
    let mut expected = vec!["Gap"];
    expected.extend(ASKED);
    assert_eq!(message(&mut bybit, &whole, after(60)), expected);
    assert_eq!(message(&mut bybit, &whole, after(60)), ["x"; 0]);
    let next = book("delta", 102, 1_040, "2");
    assert_eq!(message(&mut bybit, &next, after(60)), ["x"; 0]);
    assert_eq!(
        message(&mut bybit, &book("snapshot", 102, 1_040, "2"), after(61)),
        ["whole 16493.5x2 | 16611x0.029"]
    );
}

/// It has the book of another service, whose clock is an hour behind and whose ids are lower. The book is lost, the first
/// answer could be late, and the second one is taken.
#[test]
fn a_service_whose_clock_is_behind_is_believed_the_second_time() {
    for channel in [BookChannel::Depth, BookChannel::Touch] {
        let topic = match channel {
            BookChannel::Depth => "orderbook.50",
            BookChannel::Touch => "orderbook.1",
        };
        let whole = |u, ms| book("snapshot", u, ms, "9").replace("orderbook.50", topic);
        let asked = ASKED.map(|text| text.replace("orderbook.50", topic));
        let mut bybit = bybit(Product::Linear, channel);
        opened(&mut bybit, NOW);
        // 10:00:00, and 09:00:00.
        let told = message(&mut bybit, &whole(1_000_000, 36_000_000), NOW);
        assert_eq!(told.len(), 1);
        let said = message(&mut bybit, &whole(500, 32_400_000), after(60));
        assert_eq!(said[0], "Gap");
        assert_eq!(said[1..], asked);
        let said = message(&mut bybit, &whole(501, 32_400_100), after(60));
        assert_eq!(said, ["x"; 0]);
        let said = tick(&mut bybit, after(62));
        assert_eq!(said[said.len() - 2..], asked);
        let said = message(&mut bybit, &whole(520, 32_402_000), after(62));
        assert_eq!(said.len(), 1, "{said:?}");
        assert_eq!(bybit.health()[0].state, State::Live);
        // There is nothing left to ask for.
        for second in 63..90 {
            let said = tick(&mut bybit, after(second));
            assert!(!said.iter().any(|text| text.contains("subscribe")));
            message(&mut bybit, r#"{"op":"pong"}"#, after(second));
            let again = whole(520, 32_402_000);
            assert_eq!(message(&mut bybit, &again, after(second)), ["x"; 0]);
        }
        assert_eq!(bybit.health()[0].state, State::Live);
    }
}

/// Also after changes of that book.
#[test]
fn the_first_book_of_a_service_that_comes_twice_changes_nothing() {
    let mut bybit = live();
    let first = book("snapshot", 1, 2_000, "3");
    assert_eq!(message(&mut bybit, &first, after(60)).len(), 1);
    for (u, ms) in [(2, 2_020), (3, 2_040)] {
        assert_eq!(
            message(&mut bybit, &book("delta", u, ms, "5"), after(60)).len(),
            1
        );
    }
    assert_eq!(message(&mut bybit, &first, after(61)), ["x"; 0]);
    assert_eq!(
        message(&mut bybit, &book("delta", 4, 2_060, "6"), after(61)),
        ["delta 16493.5x6 | 16611x0.029"]
    );
    // The service has started once more.
    let first = book("snapshot", 1, 3_000, "7");
    assert_eq!(message(&mut bybit, &first, after(62)).len(), 1);
}

#[test]
fn a_snapshot_replaces_the_book_at_any_time() {
    let mut bybit = live();
    assert_eq!(
        message(&mut bybit, &book("snapshot", 150, 1_020, "2"), NOW),
        ["whole 16493.5x2 | 16611x0.029"]
    );
    // The service has started again.
    assert_eq!(
        message(&mut bybit, &book("snapshot", 1, 1_040, "3"), NOW),
        ["whole 16493.5x3 | 16611x0.029"]
    );
    assert_eq!(
        message(&mut bybit, &book("delta", 2, 1_060, "4"), NOW),
        ["delta 16493.5x4 | 16611x0.029"]
    );
    // Ids that go back without a snapshot are no late message: its time is new.
    let mut expected = vec!["Gap"];
    expected.extend(ASKED);
    assert_eq!(
        message(&mut bybit, &book("delta", 1, 1_080, "5"), after(60)),
        expected
    );
}

#[test]
fn what_is_beyond_the_depth_is_dropped() {
    let mut bybit = bybit(Product::Linear, BookChannel::Depth);
    opened(&mut bybit, NOW);
    let bids = (0..DEPTH).map(|place| format!(r#"["{}","1"]"#, 100 - place));
    let bids = bids.collect::<Vec<_>>().join(",");
    let whole = format!(
        r#"{{"topic":"orderbook.50.BTCUSDT","type":"snapshot","ts":1000,"data":{{"s":"BTCUSDT","b":[{bids}],"a":[],"u":7,"seq":7}}}}"#
    );
    assert_eq!(message(&mut bybit, &whole, NOW).len(), 1);
    let mut better = |u: u64, bids: &str| {
        let text = format!(
            r#"{{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":2000,"data":{{"s":"BTCUSDT","b":{bids},"a":[],"u":{u},"seq":8}}}}"#
        );
        message(&mut bybit, &text, NOW)
    };
    assert_eq!(
        better(8, r#"[["101","2"],["51","0"]]"#),
        ["delta 101x2 51x0 | "]
    );
    assert_eq!(
        better(9, r#"[["102","3"],["103","3"]]"#),
        ["delta 102x3 103x3 53x0 52x0 | "]
    );
}

#[test]
fn the_touch_is_repeated_after_three_seconds_or_it_is_lost() {
    let mut bybit = bybit(Product::Linear, BookChannel::Touch);
    opened(&mut bybit, NOW);
    let touch = |u, ms| book("snapshot", u, ms, "1").replace("orderbook.50.", "orderbook.1.");
    assert_eq!(message(&mut bybit, &touch(7, 1_000), NOW).len(), 1);
    for second in (3..=27).step_by(3) {
        let again = touch(7, 1_000 + 1_000 * second);
        assert_eq!(message(&mut bybit, &again, after(second)), ["x"; 0]);
    }
    // The ping of the twentieth second.
    assert_eq!(tick(&mut bybit, after(27)), [r#"send {"op":"ping"}"#]);
    assert_eq!(tick(&mut bybit, after(37)), ["x"; 0]);
    assert_eq!(
        tick(&mut bybit, after(38)),
        [
            "Gap",
            r#"send {"op":"unsubscribe","args":["orderbook.1.BTCUSDT"]}"#,
            r#"send {"op":"subscribe","args":["orderbook.1.BTCUSDT"]}"#
        ]
    );
    assert_eq!(message(&mut bybit, &touch(7, 40_000), after(39)).len(), 1);
    let empty = touch(8, 41_000).replace(r#"[["16611.00","0.029"]]"#, "[]");
    assert_eq!(message(&mut bybit, &empty, after(40)), ["Gap"]);
    assert_eq!(
        message(
            &mut bybit,
            &touch(9, 42_000).replace("snapshot", "delta"),
            after(41)
        ),
        [
            r#"send {"op":"unsubscribe","args":["orderbook.1.BTCUSDT"]}"#,
            r#"send {"op":"subscribe","args":["orderbook.1.BTCUSDT"]}"#,
            "error: type of snapshot or delta"
        ]
    );
}

#[test]
fn trades_are_told_once() {
    let mut bybit = live();
    let trade = |seq: u64, ids: &[&str], is_block: bool| {
        let items = ids.iter().map(|id| format!(
            r#"{{"i":"{id}","T":1761520812163,"p":"114513.1","v":"0.008","S":"Sell","seq":{seq},"s":"BTCUSDT","BT":{is_block},"RPI":false}}"#
        ));
        let items = items.collect::<Vec<_>>().join(",");
        format!(
            r#"{{"topic":"publicTrade.BTCUSDT","ts":1761520812165,"type":"snapshot","data":[{items}]}}"#
        )
    };
    let mut count = |text: &str| message(&mut bybit, text, NOW).len();
    assert_eq!(count(&trade(10, &["a", "b"], false)), 2);
    assert_eq!(count(&trade(10, &["a", "b"], false)), 0);
    // The match goes on in another message.
    assert_eq!(count(&trade(10, &["c"], false)), 1);
    assert_eq!(count(&trade(11, &["d"], false)), 1);
    assert_eq!(count(&trade(10, &["c"], false)), 0);
    assert_eq!(count(&trade(12, &["e"], true)), 0);
    assert_eq!(bybit.health()[0].counters.repeated, 3);
}

#[test]
fn pings_are_sent_and_must_be_answered() {
    let mut bybit = live();
    assert_eq!(tick(&mut bybit, after(19)), ["x"; 0]);
    assert_eq!(tick(&mut bybit, after(20)), [r#"send {"op":"ping"}"#]);
    assert_eq!(tick(&mut bybit, after(30)), ["x"; 0]);
    assert_eq!(
        tick(&mut bybit, after(31)),
        ["reconnect: no answer to a ping"]
    );
    let mut out = Output::default();
    bybit.closed(after(31), &mut out);
    assert_eq!(told(&mut out), ["Gap"]);
    assert_eq!(tick(&mut bybit, after(1_000)), ["x"; 0]);
}

#[test]
fn what_cannot_be_read_is_lost_and_said() {
    for (from, to, what) in [
        (r#""b":[["16493.50""#, r#""b":[["16_493""#, "error: b"),
        (r#""a":"#, r#""x":"#, "error: a"),
        (r#""u":101"#, r#""u":"x""#, "error: u"),
        (r#""ts":1020"#, r#""ts":-1"#, "error: ts"),
        ("delta", "upsert", "error: type of snapshot or delta"),
        (
            "orderbook.50",
            "orderbook.all",
            "error: topic with its depth",
        ),
    ] {
        let mut bybit = live();
        let mut expected = vec!["Gap"];
        expected.extend(ASKED);
        expected.push(what);
        let text = book("delta", 101, 1_020, "1").replace(from, to);
        assert_eq!(message(&mut bybit, &text, after(60)), expected);
    }
    let mut bybit = live();
    for text in [
        "",
        "[]",
        r#"{"topic":"orderbook.50.BTC"#,
        r#"{"topic":"orderbook.50.B","data":[]}"#,
    ] {
        assert_eq!(
            message(&mut bybit, text, NOW),
            [
                "reconnect: a message that cannot be read",
                "error: a message of the API v5"
            ],
            "{text}"
        );
    }
    assert_eq!(
        message(
            &mut bybit,
            &book("delta", 101, 1_020, "1").replace("BTC", "XRP"),
            NOW
        ),
        ["error: a symbol that was subscribed to"]
    );
}

/// The text of the only file of a ZIP archive that stores it as it is.
fn unzip(archive: &[u8]) -> &str {
    let short = |at: usize| usize::from(u16::from_le_bytes([archive[at], archive[at + 1]]));
    assert_eq!(&archive[..4], b"PK\x03\x04");
    assert_eq!(short(8), 0, "stored");
    let start = 30 + short(26) + short(28);
    let size = short(22) + (short(24) << 16);
    std::str::from_utf8(&archive[start..start + size]).unwrap()
}

/// A recording of 50 messages of the venue, where `DYNASTY_CAPTURES` names the folder that has it.
#[test]
fn a_recording_of_the_venue_is_followed() {
    let Some(folder) = std::env::var_os("DYNASTY_CAPTURES") else {
        println!("SKIPPED: a_recording_of_the_venue_is_followed: DYNASTY_CAPTURES is not set");
        return;
    };
    let path = std::path::Path::new(&folder).join("bybit_xrpusdt_ob500.zip");
    let archive = std::fs::read(path).unwrap();
    let channels = Channels {
        book: BookChannel::Depth,
        trades: true,
    };
    let listings = vec![listing("XRPUSDT", "0.0001", "1")];
    let mut bybit = Bybit::new(Product::Linear, listings, channels);
    opened(&mut bybit, NOW);
    let (mut known, mut out) = (None, Output::default());
    for line in unzip(&archive).lines() {
        let mut bytes = line.to_owned().into_bytes();
        bybit.message(&mut bytes, NOW, &mut out).unwrap();
        for event in &out.events {
            Book::follow(&mut known, &event.data);
        }
        out.clear_events();
        // What leaves the depth is said, so that the book never has more.
        let book = known.as_ref().unwrap();
        assert_eq!((book.bids().len(), book.asks().len()), (500, 500));
    }
    let health = &bybit.health()[0];
    println!("{health:?}");
    assert_eq!(health.state, State::Live);
    assert_eq!((health.counters.messages, health.counters.gaps), (50, 0));
    assert_eq!((health.counters.crossed, health.counters.off_grid), (0, 0));
}

/// `["orderbook.50.A0000000","publicTrade.A0000000"]` is 48 characters, and each other symbol 47 more: 446 symbols
/// are 20,963 and 447 are 21,010.
#[test]
fn a_connection_has_no_more_topics_than_it_may() {
    let bybit = |count: usize| {
        let listings = (0..count).map(|number| listing(&format!("A{number:07}"), "0.01", "0.001"));
        let channels = Channels {
            book: BookChannel::Depth,
            trades: true,
        };
        Bybit::new(Product::Linear, listings.collect(), channels)
    };
    assert_eq!(bybit(1).topics().join(",").len(), 46);
    assert_eq!(bybit(446).check(), Ok(()));
    let error = bybit(447).check().unwrap_err();
    assert_eq!(
        error.to_string(),
        "bybit-linear: symbols with 21010 characters of topics; accepted: at most 21000 (topics_characters_max) on a connection, so that some of them need a feed of their own"
    );
}

/// 446 symbols with trades are 892 topics in 90 requests, of which one leaves every 250 ms: the last one after 22
/// seconds. Ten seconds later than its request a book is asked for once more, and not before.
#[test]
fn a_book_is_waited_for_from_its_request_on() {
    let listings = (0..446).map(|number| listing(&format!("A{number:07}"), "0.01", "0.001"));
    let channels = Channels {
        book: BookChannel::Depth,
        trades: true,
    };
    let mut bybit = Bybit::new(Product::Linear, listings.collect(), channels);
    assert_eq!(opened(&mut bybit, NOW).len(), 446 + 90);
    assert_eq!(tick(&mut bybit, after(9)), ["x"; 0]);
    // The first request has five symbols; each is unsubscribed from and subscribed to.
    assert_eq!(tick(&mut bybit, after(10)).len(), 5 * 2);
    // Those of four requests more.
    assert_eq!(tick(&mut bybit, after(11)).len(), 4 * 5 * 2);
}

/// Of two updates that are kept for their memory none is lost.
#[test]
fn a_delta_without_levels_gives_its_memory_back() {
    let empty = r#"{"topic":"orderbook.50.BTCUSDT","ts":1001,"type":"delta","data":{"s":"BTCUSDT","b":[],"a":[],"u":101,"seq":1},"cts":1672304484976}"#;
    // With a space it is not in the form of the pages.
    for empty in [empty.to_owned(), empty.replace("[],", "[ ],")] {
        let (mut bybit, mut out) = (live(), Output::default());
        let mut bytes = empty.clone().into_bytes();
        let kept = spare(&mut out, |out| {
            bybit.message(&mut bytes, NOW, out).unwrap();
            assert!(out.events.is_empty());
        });
        assert_eq!(kept, 2, "{empty}");
        assert_eq!(bybit.mark(0).id, 101, "{empty}");
    }
}
