//! Samples in the form of the venue's pages, and the rules of the book at their edges.

use super::*;
use crate::feed::State;
use crate::venue::told::{self, NOW, after, listing, tick, told};

fn binance(product: Product, book: BookChannel) -> Binance {
    let listing = listing("BTCUSDT", "0.01", "0.00001");
    let channels = Channels { book, trades: true };
    Binance::new(product, vec![listing], channels)
}

fn message(binance: &mut Binance, text: &str) -> Vec<String> {
    let mut out = Output::default();
    let read = binance.message(&mut text.to_owned().into_bytes(), NOW, &mut out);
    let mut said = told(&mut out);
    if let Err(error) = read {
        said.push(format!("error: {}", error.what));
    }
    said
}

fn snapshot(binance: &mut Binance, id: u64, last: u64) -> Vec<String> {
    let mut out = Output::default();
    let body =
        format!(r#"{{"lastUpdateId":{last},"bids":[["100.00","1"]],"asks":[["101.00","2"]]}}"#);
    binance
        .answer(FetchId(id), Some(&mut body.into_bytes()), NOW, &mut out)
        .unwrap();
    told(&mut out)
}

fn delta(first: u64, last: u64, previous: Option<u64>, qty: u32) -> String {
    let previous = previous.map_or(String::new(), |id| format!(r#""pu":{id},"#));
    format!(
        r#"{{"stream":"btcusdt@depth","data":{{"e":"depthUpdate","E":1672515782136,"s":"BTCUSDT","U":{first},"u":{last},{previous}"b":[["100.00","{qty}"]],"a":[]}}}}"#
    )
}

/// A connection whose stream has begun with an event, after which the snapshot was asked for.
fn begun(product: Product, event: &str) -> Binance {
    let mut binance = binance(product, BookChannel::Depth);
    // Long enough ago that nothing has to wait because of it, and not so long that the answer is late.
    let before = TimestampNs(NOW.0 - 5_000_000_000);
    assert_eq!(told::opened(&mut binance, before)[0], "Gap");
    let path = product.snapshot_request("BTCUSDT");
    assert_eq!(
        told::message(&mut binance, event, before),
        [format!("fetch 1 {path}")]
    );
    binance
}

/// A book that is known up to 100.
fn live(product: Product) -> Binance {
    let mut binance = begun(product, &delta(95, 100, Some(94), 6));
    let said = snapshot(&mut binance, 1, 100);
    assert_eq!(said[0], "whole 100x1 | 101x2");
    binance
}

#[test]
fn a_connection_subscribes_and_asks_for_the_book_after_the_first_event() {
    let mut binance = binance(Product::Spot, BookChannel::Depth);
    assert_eq!(
        told::opened(&mut binance, NOW),
        [
            "Gap",
            r#"send {"method":"SUBSCRIBE","params":["btcusdt@depth@100ms","btcusdt@trade"],"id":1}"#,
        ]
    );
    let answer = r#"{"result":null,"id":1}"#;
    assert_eq!(message(&mut binance, answer), ["x"; 0]);
    assert_eq!(tick(&mut binance, after(1)), ["x"; 0]);
    assert_eq!(
        told::message(&mut binance, &delta(96, 100, None, 7), after(2)),
        ["fetch 1 /api/v3/depth?symbol=BTCUSDT&limit=1000"]
    );
    // Ten seconds later there was no answer.
    assert_eq!(tick(&mut binance, after(11)), ["x"; 0]);
    assert_eq!(
        tick(&mut binance, after(12)),
        ["fetch 2 /api/v3/depth?symbol=BTCUSDT&limit=1000"]
    );
}

/// A request that has no answer for ten seconds, or is refused, is sent again, with pauses that double; one that is taken
/// is not. A refusal of another request is none of this one.
#[test]
fn a_subscription_that_is_not_taken_is_asked_for_again() {
    let mut binance = binance(Product::Spot, BookChannel::Touch);
    told::opened(&mut binance, NOW);
    let request =
        r#"send {"method":"SUBSCRIBE","params":["btcusdt@bookTicker","btcusdt@trade"],"id":1}"#;
    assert_eq!(tick(&mut binance, after(9)), ["x"; 0]);
    assert_eq!(tick(&mut binance, after(10)), [request]);
    let refusal = r#"{"error":{"code":3,"msg":"Too many requests"},"id":1}"#;
    let refused = ["error: no refusal"];
    assert_eq!(told::message(&mut binance, refusal, after(11)), refused);
    assert_eq!(tick(&mut binance, after(11)), ["x"; 0]);
    assert_eq!(tick(&mut binance, after(12)), [request]);
    assert_eq!(told::message(&mut binance, refusal, after(12)), refused);
    assert_eq!(tick(&mut binance, after(15)), ["x"; 0]);
    assert_eq!(tick(&mut binance, after(16)), [request]);
    let taken = r#"{"result":null,"id":1}"#;
    assert_eq!(told::message(&mut binance, taken, after(16)), ["x"; 0]);
    let other = refusal.replace("\"id\":1", "\"id\":2");
    assert_eq!(told::message(&mut binance, &other, after(17)), refused);
    for second in 17..=3_600 {
        assert_eq!(tick(&mut binance, after(second)), ["x"; 0]);
    }
}

/// The subscription is answered and nothing comes, or prints alone come: no book is asked for, as none could
/// be followed, and the market is not known, however long that is so. The other one of the connection is.
#[test]
fn a_stream_that_says_nothing_is_never_live() {
    for product in [Product::Spot, Product::Futures] {
        let listings = ["BTCUSDT", "ETHUSDT"].map(|symbol| listing(symbol, "0.01", "0.00001"));
        let channels = Channels {
            book: BookChannel::Depth,
            trades: true,
        };
        let mut binance = Binance::new(product, listings.to_vec(), channels);
        assert_eq!(told::opened(&mut binance, NOW).len(), 3);
        let answer = r#"{"result":null,"id":1}"#;
        assert_eq!(message(&mut binance, answer), ["x"; 0]);
        for second in 1..=120 {
            assert_eq!(tick(&mut binance, after(second)), ["x"; 0]);
        }
        let event = delta(96, 100, Some(95), 7);
        let path = product.snapshot_request("BTCUSDT");
        assert_eq!(
            told::message(&mut binance, &event, after(121)),
            [format!("fetch 1 {path}")]
        );
        assert_eq!(snapshot(&mut binance, 1, 100)[0], "whole 100x1 | 101x2");
        let print = r#"{"stream":"ethusdt@trade","data":{"e":"trade","E":1672515782136,"s":"ETHUSDT","t":12345,"p":"1200.30","q":"0.006","T":1672515782135,"X":"MARKET","m":true}}"#;
        assert_eq!(message(&mut binance, print).len(), 1);
        for second in 122..=3_600 {
            assert_eq!(tick(&mut binance, after(second)), ["x"; 0]);
        }
        let states = binance.health().iter().map(|health| health.state);
        assert!(states.eq([State::Live, State::Syncing]), "{product:?}");
    }
}

/// A snapshot that cannot be is asked for again, and the events that waited for it wait on: no other has to come.
#[test]
fn events_wait_for_the_snapshot_after_one_that_cannot_be() {
    let mut spot = begun(Product::Spot, &delta(101, 103, None, 7));
    let crossed =
        r#"{"lastUpdateId":102,"bids":[["102.00","1"]],"asks":[["101.00","2"]]}"#.to_owned();
    let mut out = Output::default();
    spot.answer(FetchId(1), Some(&mut crossed.into_bytes()), NOW, &mut out)
        .unwrap();
    assert_eq!(
        told(&mut out),
        ["fetch 2 /api/v3/depth?symbol=BTCUSDT&limit=1000"]
    );
    assert_eq!(spot.health()[0].counters.crossed, 1);
    assert_eq!(spot.health()[0].state, State::Syncing);
    assert_eq!(
        snapshot(&mut spot, 2, 102),
        ["whole 100x1 | 101x2", "delta 100x7 | "]
    );
    assert_eq!(spot.health()[0].state, State::Live);
}

/// More events than may wait: the one that is too many is the first of those that wait for the next snapshot.
#[test]
fn too_many_events_are_dropped_and_the_last_one_is_the_first() {
    let mut spot = begun(Product::Spot, &delta(101, 101, None, 7));
    for id in 102..101 + BUFFERED_MAX as u64 {
        assert_eq!(message(&mut spot, &delta(id, id, None, 7)), ["x"; 0]);
    }
    let last = 101 + BUFFERED_MAX as u64;
    assert_eq!(
        message(&mut spot, &delta(last, last, None, 8)),
        ["fetch 2 /api/v3/depth?symbol=BTCUSDT&limit=1000"]
    );
    // What the first request brings is for nobody.
    assert_eq!(snapshot(&mut spot, 1, 200), ["x"; 0]);
    assert_eq!(
        snapshot(&mut spot, 2, last - 1),
        ["whole 100x1 | 101x2", "delta 100x8 | "]
    );
}

#[test]
fn samples_of_the_pages_are_read() {
    let mut spot = binance(Product::Spot, BookChannel::Touch);
    assert_eq!(
        message(
            &mut spot,
            r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":1672515782136,"s":"BTCUSDT","t":12345,"p":"61800.30","q":"0.00600000","T":1672515782135,"m":true,"M":true}}"#
        ),
        ["trade 61800.3x0.006 Seller at 1672515782135000000"]
    );
    assert_eq!(
        message(
            &mut spot,
            r#"{"stream":"btcusdt@bookTicker","data":{"u":400900217,"s":"BTCUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}}"#
        ),
        // Off the tick, so that nothing is known until the next one.
        ["Gap"]
    );
    assert_eq!(spot.health()[0].counters.off_grid, 1);
    assert_eq!(
        message(
            &mut spot,
            r#"{"stream":"btcusdt@bookTicker","data":{"u":400900218,"s":"BTCUSDT","b":"25.35000000","B":"31.21000000","a":"25.36000000","A":"40.66000000"}}"#
        ),
        [format!("quote 25.35x31.21 25.36x40.66 at {}", NOW.0)]
    );
    let mut futures = binance(Product::Futures, BookChannel::Touch);
    assert_eq!(
        message(
            &mut futures,
            r#"{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":400900217,"E":1568014460893,"T":1568014460891,"s":"BTCUSDT","b":"25.35","B":"31.21","a":"25.36","A":"40.66"}}"#
        ),
        ["quote 25.35x31.21 25.36x40.66 at 1568014460891000000"]
    );
    assert_eq!(message(&mut futures, r#"{"result":null,"id":1}"#), ["x"; 0]);
}

#[test]
fn what_comes_twice_or_late_changes_nothing() {
    let mut spot = binance(Product::Spot, BookChannel::Touch);
    let quote = |id: u32| {
        format!(r#"{{"data":{{"u":{id},"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1"}}}}"#)
    };
    assert_eq!(message(&mut spot, &quote(2)).len(), 1);
    assert_eq!(message(&mut spot, &quote(2)).len(), 0);
    assert_eq!(message(&mut spot, &quote(1)).len(), 0);
    assert_eq!(spot.health()[0].counters.repeated, 2);
}

#[test]
fn a_spot_book_goes_on_from_its_snapshot() {
    let mut spot = begun(Product::Spot, &delta(90, 95, None, 7));
    for (first, last) in [(96, 100), (101, 103)] {
        assert_eq!(message(&mut spot, &delta(first, last, None, 7)), ["x"; 0]);
    }
    // All up to 100 is in the snapshot.
    assert_eq!(
        snapshot(&mut spot, 1, 100),
        ["whole 100x1 | 101x2", "delta 100x7 | "]
    );
    // An event that the book has in part is the next all the same.
    assert_eq!(
        message(&mut spot, &delta(102, 104, None, 8)),
        ["delta 100x8 | "]
    );
    assert_eq!(message(&mut spot, &delta(100, 104, None, 9)), ["x"; 0]);
    assert_eq!(
        message(&mut spot, &delta(105, 105, None, 9)),
        ["delta 100x9 | "]
    );
    // 106 is missing.
    assert_eq!(
        message(&mut spot, &delta(107, 108, None, 9)),
        ["Gap", "fetch 2 /api/v3/depth?symbol=BTCUSDT&limit=1000"]
    );
    assert_eq!(spot.health()[0].state, State::Syncing);
    assert_eq!(
        snapshot(&mut spot, 2, 107),
        ["whole 100x1 | 101x2", "delta 100x9 | "]
    );
    assert_eq!(spot.health()[0].state, State::Live);
    assert_eq!(spot.health()[0].counters.gaps, 1);
}

#[test]
fn a_snapshot_older_than_the_stream_is_asked_for_again() {
    for product in [Product::Spot, Product::Futures] {
        let mut binance = begun(product, &delta(101, 103, Some(100), 7));
        let path = product.snapshot_request("BTCUSDT");
        assert_eq!(snapshot(&mut binance, 1, 99), [format!("fetch 2 {path}")]);
        // Once more, and not at once.
        assert_eq!(snapshot(&mut binance, 2, 99), ["x"; 0]);
        let mut out = Output::default();
        binance.tick(TimestampNs(after(2).0 - 1), &mut out);
        assert_eq!(told(&mut out), ["x"; 0]);
        binance.tick(after(2), &mut out);
        assert_eq!(told(&mut out), [format!("fetch 3 {path}")]);
        // An answer to an earlier question would be for nobody.
        assert_eq!(snapshot(&mut binance, 2, 102), ["x"; 0]);
        assert_eq!(snapshot(&mut binance, 3, 102).len(), 2);
    }
}

#[test]
fn a_futures_event_names_the_one_before() {
    // Within the first event: U <= lastUpdateId <= u. Ids jump between events.
    let mut futures = begun(Product::Futures, &delta(90, 95, Some(80), 6));
    message(&mut futures, &delta(98, 105, Some(95), 7));
    assert_eq!(
        snapshot(&mut futures, 1, 100),
        ["whole 100x1 | 101x2", "delta 100x7 | "]
    );
    assert_eq!(
        message(&mut futures, &delta(110, 112, Some(105), 8)),
        ["delta 100x8 | "]
    );
    assert_eq!(
        message(&mut futures, &delta(110, 112, Some(105), 8)),
        ["x"; 0]
    );
    assert_eq!(
        message(&mut futures, &delta(120, 121, Some(113), 8)),
        ["Gap", "fetch 2 /fapi/v1/depth?symbol=BTCUSDT&limit=1000"]
    );
}

#[test]
fn what_cannot_be_read_is_lost_and_said() {
    let mut spot = live(Product::Spot);
    assert_eq!(
        message(
            &mut spot,
            r#"{"data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":101,"u":102,"b":[["1e","1"]],"a":[]}}"#
        ),
        ["Gap", "error: b"]
    );
    // What comes next is the first event of a new book.
    assert_eq!(tick(&mut spot, NOW), ["x"; 0]);
    assert_eq!(
        message(&mut spot, &delta(103, 104, None, 9)),
        ["fetch 2 /api/v3/depth?symbol=BTCUSDT&limit=1000"]
    );
    assert_eq!(
        snapshot(&mut spot, 2, 103),
        ["whole 100x1 | 101x2", "delta 100x9 | "]
    );
    for text in ["", "[]", r#"{"data":{"e":"depthUpd"#, r#"{"data":7}"#] {
        assert_eq!(
            message(&mut spot, text),
            [
                "reconnect: a message that cannot be read",
                "error: a message of a combined stream"
            ],
            "{text}"
        );
    }
    assert_eq!(
        message(&mut spot, r#"{"data":{"e":"trade","s":"XRPUSDT"}}"#),
        ["error: a symbol that was subscribed to"]
    );
}

/// A recording of 58,325 messages of the venue, where `DYNASTY_CAPTURES` names the folder that has it.
#[test]
fn a_day_of_the_venue_is_read() {
    use std::io::BufRead as _;

    let Some(folder) = std::env::var_os("DYNASTY_CAPTURES") else {
        println!("SKIPPED: DYNASTY_CAPTURES is not set");
        return;
    };
    for (product, file, trades) in [
        (
            Product::Spot,
            "binance_spot_btcusdt_20240809.jsonl.gz",
            10_147,
        ),
        (
            Product::Futures,
            "binance_usdm_btcusdt_20240808.jsonl.gz",
            21_313,
        ),
    ] {
        let packed = std::fs::File::open(std::path::Path::new(&folder).join(file)).unwrap();
        let unpacked = flate2::read::GzDecoder::new(packed);
        let mut binance = binance(product, BookChannel::Depth);
        let mut out = Output::default();
        binance.opened(NOW, &mut out);
        let (mut printed, mut stated) = (0, 0);
        for line in std::io::BufReader::new(unpacked).lines() {
            let line = line.unwrap();
            let (received, text) = line.split_once(' ').unwrap();
            let now = TimestampNs(received.parse().unwrap());
            let mut bytes = text.to_owned().into_bytes();
            if text.starts_with("{\"lastUpdateId\"") {
                binance
                    .answer(FetchId(1), Some(&mut bytes), now, &mut out)
                    .unwrap();
            } else {
                binance.message(&mut bytes, now, &mut out).unwrap();
            }
            for event in &out.events {
                printed += u32::from(matches!(event.data, MarketData::Trade(_)));
                stated += u32::from(matches!(event.data, MarketData::DepthDelta(_)));
            }
            out.clear_events();
        }
        println!("{file}: {:?}", binance.health()[0]);
        assert_eq!(printed, trades);
        assert_eq!(stated > 0, product == Product::Futures);
    }
}

/// Plays a minute in which every snapshot that is asked for comes at once and is of no use. Says how often one was
/// asked for.
fn asked_in_a_minute(product: Product, body: &str) -> usize {
    let mut binance = binance(product, BookChannel::Depth);
    let mut out = Output::default();
    binance.opened(NOW, &mut out);
    let mut asked = 0;
    for second in 1..=60 {
        let now = after(second);
        binance.tick(now, &mut out);
        // Events go on all the while.
        let event = delta(1_000 + second, 1_000 + second, Some(999 + second), 1);
        let mut bytes = event.into_bytes();
        binance.message(&mut bytes, now, &mut out).unwrap();
        while let Some(place) =
            (out.actions.iter()).position(|action| matches!(action, Action::Fetch { .. }))
        {
            let Action::Fetch { id, .. } = out.actions.remove(place) else {
                unreachable!()
            };
            asked += 1;
            if asked > 1_000 {
                return asked;
            }
            let _ = binance.answer(id, Some(&mut body.to_owned().into_bytes()), now, &mut out);
        }
        out.clear_events();
    }
    asked
}

#[test]
fn snapshots_of_no_use_are_asked_for_ever_more_seldom() {
    // Older than the stream, crossed, off the grid, none at all.
    let bodies = [
        r#"{"lastUpdateId":7,"bids":[["100.00","1"]],"asks":[["101.00","2"]]}"#,
        r#"{"lastUpdateId":5000,"bids":[["102.00","1"]],"asks":[["101.00","2"]]}"#,
        r#"{"lastUpdateId":5000,"bids":[["100.001","1"]],"asks":[["101.00","2"]]}"#,
        r#"{"code":-1121,"msg":"Invalid symbol."}"#,
    ];
    for product in [Product::Spot, Product::Futures] {
        for body in bodies {
            // At 1, and then 2, 4, 8, 16 and 32 seconds after the one before would be 3, 7, 15, 31 and 63.
            assert_eq!(asked_in_a_minute(product, body), 5, "{product:?} {body}");
        }
    }
}

#[test]
fn futures_are_where_the_notice_of_2026_says() {
    let path = |product| match binance(product, BookChannel::Touch).stream() {
        Stream::WebSocket { path } => path,
        Stream::Lines { .. } => unreachable!(),
    };
    assert_eq!(path(Product::Spot), "/stream");
    // wss://fstream.binance.com/public/stream
    assert_eq!(path(Product::Futures), "/public/stream");
}

fn of_many(count: usize, trades: bool) -> Binance {
    let symbols = (0..count).map(|number| listing(&format!("COIN{number:04}USDT"), "0.01", "1"));
    let channels = Channels {
        book: BookChannel::Depth,
        trades,
    };
    Binance::new(Product::Spot, symbols.collect(), channels)
}

#[test]
fn no_more_streams_are_asked_for_than_a_connection_has() {
    assert_eq!(of_many(512, true).check(), Ok(()));
    assert_eq!(of_many(1_024, false).check(), Ok(()));
    assert_eq!(
        of_many(513, true).check().unwrap_err().to_string(),
        "binance-spot: symbols with 1026 streams; accepted: at most 1024 (streams_max) on a connection, so that some of them need a feed of their own"
    );
}

#[test]
fn no_request_is_longer_than_the_venue_answers() {
    let mut out = Output::default();
    of_many(512, true).opened(NOW, &mut out);
    let mut streams = Vec::new();
    for (sent, id) in out.actions.iter().zip(1..) {
        let Action::Send(bytes) = sent else {
            panic!("{sent:?}");
        };
        assert!(bytes.len() <= REQUEST_BYTES_MAX);
        let text = std::str::from_utf8(bytes).unwrap();
        assert!(text.ends_with(&format!("],\"id\":{id}}}")), "{text}");
        streams.extend(text.split('"').filter(|part| part.contains('@')));
    }
    // "coin0000usdt@depth@100ms" and "coin0000usdt@trade" with their quotes and commas are 48 bytes. In 4,000 less 44
    // around them there are 82 such pairs: 164 streams, and 1,024 are six times that and 40.
    assert_eq!(out.actions.len(), 7);
    assert_eq!(streams.len(), 1_024);
    streams.sort_unstable();
    streams.dedup();
    assert_eq!(streams.len(), 1_024);
}

#[test]
fn a_refusal_is_told() {
    let mut spot = binance(Product::Spot, BookChannel::Touch);
    for refusal in [
        r#"{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":1}"#,
        r#"{"code":2,"msg":"Invalid request: unknown variant"}"#,
        r#"{"id":1,"code":-1,"msg":"too many streams"}"#,
    ] {
        assert_eq!(message(&mut spot, refusal), ["error: no refusal"]);
    }
    assert_eq!(message(&mut spot, r#"{"result":null,"id":1}"#), ["x"; 0]);
}

/// The stream goes on telling of levels that are ever further away: of a side the best 4,000 are kept.
#[test]
fn a_book_does_not_grow_without_end() {
    let mut spot = live(Product::Spot);
    let levels = |count: u32| {
        let levels =
            (1..=count).map(|number| format!(r#"["{}.{:02}","1"]"#, number / 100, number % 100));
        levels.collect::<Vec<_>>().join(",")
    };
    let deep = |id: u32, count: u32| {
        let bids = levels(count);
        format!(
            r#"{{"data":{{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":{id},"u":{id},"b":[{bids}],"a":[]}}}}"#
        )
    };
    // 3,999 beside the one at 100.
    assert_eq!(message(&mut spot, &deep(101, 3_999)).len(), 1);
    // Two more, and the two that are worst then are told as gone.
    let said = message(&mut spot, &deep(102, 4_001));
    assert_eq!(said.len(), 1);
    assert!(said[0].ends_with(" 40.01x1 0.02x0 0.01x0 | "), "{said:?}");
}

/// What the stream tells of a level that the snapshot did not have is all that is known of it.
#[test]
fn a_level_beyond_the_snapshot_is_known_once_it_changes() {
    let mut spot = live(Product::Spot);
    let far = |id: u32, qty: u32| {
        format!(
            r#"{{"data":{{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":{id},"u":{id},"b":[["5.00","{qty}"]],"a":[]}}}}"#
        )
    };
    // One that goes without having been known changes nothing, and is no gap: the page says that it is normal.
    assert_eq!(message(&mut spot, &far(101, 0)), ["delta 5x0 | "]);
    assert_eq!(message(&mut spot, &far(102, 3)), ["delta 5x3 | "]);
    assert_eq!(spot.health()[0].counters.gaps, 0);
}

/// A document of a thousand levels of each side, a cent apart, its best bid this many cents.
fn thousand(best_bid: i64, last: u64) -> String {
    let side = |from: i64, step: i64| {
        let levels = (0..1_000).map(|place| format!(r#"["{}","1"]"#, cents(from + step * place)));
        levels.collect::<Vec<_>>().join(",")
    };
    let (bids, asks) = (side(best_bid, -1), side(best_bid + 1, 1));
    format!(r#"{{"lastUpdateId":{last},"bids":[{bids}],"asks":[{asks}]}}"#)
}

fn cents(price: i64) -> String {
    format!("{}.{:02}", price / 100, price % 100)
}

fn depth_update(id: u64, bids: &str, asks: &str) -> String {
    format!(
        r#"{{"stream":"btcusdt@depth","data":{{"e":"depthUpdate","E":1672515782136,"s":"BTCUSDT","U":{id},"u":{id},"b":[{bids}],"a":[{asks}]}}}}"#
    )
}

fn answered_at(spot: &mut Binance, fetch: u64, body: String, at: TimestampNs) -> Vec<String> {
    let mut out = Output::default();
    let mut body = body.into_bytes();
    spot.answer(FetchId(fetch), Some(&mut body), at, &mut out)
        .unwrap();
    told::told(&mut out)
}

/// What runs through the levels of a document was right: the next one is asked for as soon as any may be.
#[test]
fn a_market_that_runs_through_its_documents_is_stated_anew_each_time() {
    let at = |ms: u64| TimestampNs(NOW.0 + ms * 1_000_000);
    // Cents a second, for how many of 1,200 tenths of a second it is known, for how many ms at most it is not, documents.
    // At 200 the 999 levels last 5.0 s, and the next document is there 0.3 s after; at 1,000 they last a second of the
    // two that lie between requests.
    for (pace, known, longest, documents) in [
        (200, 1_132, 300, 23),
        (300, 1_102, 300, 33),
        (1_000, 599, 1_900, 60),
    ] {
        let mut spot = binance(Product::Spot, BookChannel::Depth);
        told::opened(&mut spot, NOW);
        told::message(&mut spot, r#"{"result":null,"id":1}"#, NOW);
        let (mut best_bid, mut id) = (10_000_000, 100);
        let mut due: Option<(u64, u64)> = None;
        let (mut live, mut stale, mut stale_max, mut fetches) = (0, 0, 0, 0);
        for ms in (100..=120_000).step_by(100) {
            // Bids are taken, and asks come in their place.
            let fallen = pace / 10;
            let levels = |qty: i64| {
                let prices = (0..fallen).map(|place| cents(best_bid - place));
                let levels = prices.map(|price| format!(r#"["{price}","{qty}"]"#));
                levels.collect::<Vec<_>>().join(",")
            };
            let change = depth_update(id + 1, &levels(0), &levels(1));
            (id, best_bid) = (id + 1, best_bid - fallen);
            let mut said = told::message(&mut spot, &change, at(ms));
            if let Some((fetch, _)) = due.take_if(|(_, answer)| *answer <= ms) {
                let body = thousand(best_bid, id);
                said.extend(answered_at(&mut spot, fetch, body, at(ms)));
            }
            if ms % 1_000 == 0 {
                said.extend(tick(&mut spot, at(ms)));
            }
            let asked = said.iter().filter_map(|said| said.strip_prefix("fetch "));
            for fetch in asked.filter_map(|said| said.split(' ').next()?.parse().ok()) {
                fetches += 1;
                due = Some((fetch, ms + 200));
            }
            let is_live = spot.health()[0].state == State::Live;
            live += u64::from(is_live);
            stale = if is_live { 0 } else { stale + 100 };
            stale_max = stale.max(stale_max);
        }
        assert_eq!(
            (live, stale_max, fetches),
            (known, longest, documents),
            "{pace}"
        );
    }
}

/// A topic that speaks of levels beyond what is known speaks: what is known is as it was.
#[test]
fn a_silence_ends_with_a_change_beyond_what_is_known() {
    let mut spot = binance(Product::Spot, BookChannel::Depth);
    spot.watch(Duration::from_secs(5));
    told::opened(&mut spot, NOW);
    told::message(&mut spot, r#"{"result":null,"id":1}"#, NOW);
    told::message(&mut spot, &depth_update(100, r#"["1.00","1"]"#, ""), NOW);
    let stated = answered_at(&mut spot, 1, thousand(100_000, 100), NOW);
    assert_eq!(tick(&mut spot, after(6)), ["Gap"]);
    let beyond = depth_update(101, r#"["2.00","1"]"#, "");
    assert_eq!(told::message(&mut spot, &beyond, after(7)), stated);
    assert_eq!(spot.health()[0].state, State::Live);
}
