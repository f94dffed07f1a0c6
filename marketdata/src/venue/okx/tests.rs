//! Samples in the form of the venue's pages, and the rules of the book at their edges.

mod many;

use super::*;
use crate::feed::State;
use crate::venue::told::{NOW, after, listing, message, opened, spare, tick, told};

fn okx(book: BookChannel) -> Okx {
    let channels = Channels { book, trades: true };
    Okx::new(vec![listing("BTC-USDT", "0.01", "0.00000001")], channels)
}

fn book(action: &str, previous: i64, seq: u64, ms: u64, bid_qty: &str) -> String {
    format!(
        r#"{{"arg":{{"channel":"books","instId":"BTC-USDT"}},"action":"{action}","data":[{{"asks":[["8476.98","415","0","13"]],"bids":[["8476.97","{bid_qty}","0","12"]],"ts":"{ms}","checksum":0,"prevSeqId":{previous},"seqId":{seq}}}]}}"#
    )
}

fn update(previous: i64, seq: u64, ms: u64, bid_qty: &str) -> String {
    book("update", previous, seq, ms, bid_qty)
}

fn live() -> Okx {
    let mut okx = okx(BookChannel::Depth);
    opened(&mut okx, NOW);
    assert_eq!(
        message(&mut okx, &book("snapshot", -1, 10, 1_000, "256"), NOW),
        ["whole 8476.97x256 | 8476.98x415"]
    );
    okx
}

const ASKED: [&str; 2] = [
    r#"send {"op":"unsubscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}"#,
    r#"send {"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}"#,
];

fn lost() -> Vec<String> {
    let said = ["Gap"].iter().chain(&ASKED);
    said.map(|said| (*said).to_owned()).collect()
}

fn fetch(id: u64) -> String {
    format!("fetch {id} /api/v5/market/books?instId=BTC-USDT&sz=400&source=0")
}

/// The venue's answer to a request for the book's channel.
fn answered(op: &str) -> String {
    format!(
        r#"{{"event":"{op}","arg":{{"channel":"books","instId":"BTC-USDT"}},"connId":"a4d3ae55"}}"#
    )
}

/// What the answer to a request makes an adapter say.
fn answer(okx: &mut Okx, id: u64, text: Option<&str>, now: TimestampNs) -> Vec<String> {
    let mut out = Output::default();
    let mut body = text.map(|text| text.to_owned().into_bytes());
    let read = okx.answer(FetchId(id), body.as_deref_mut(), now, &mut out);
    let mut said = told(&mut out);
    if let Err(error) = read {
        said.push(format!("error: {}", error.what));
    }
    said
}

/// The answer of `GET /api/v5/market/books`, as its page has it.
fn document(seq: u64, ms: u64, bid_qty: &str) -> String {
    format!(
        r#"{{"code":"0","msg":"","data":[{{"asks":[["8476.98","415","0","13"]],"bids":[["8476.97","{bid_qty}","0","12"]],"ts":"{ms}","seqId":{seq}}}]}}"#
    )
}

/// Step by step as the change log says it.
#[test]
fn without_a_snapshot_the_book_is_a_document() {
    let mut okx = okx(BookChannel::Depth);
    opened(&mut okx, NOW);
    // Buffered; the first one asks, and asks again for a book that is older than it.
    assert_eq!(
        message(&mut okx, &update(10, 15, 1_100, "1"), NOW),
        [fetch(1)]
    );
    assert_eq!(
        message(&mut okx, &update(15, 20, 1_200, "2"), NOW),
        ["x"; 0]
    );
    assert_eq!(
        answer(&mut okx, 1, Some(&document(9, 1_050, "9")), NOW),
        ["x"; 0]
    );
    assert_eq!(tick(&mut okx, NOW), ["x"; 0]);
    assert_eq!(tick(&mut okx, after(1)), [fetch(2)]);
    // 10 up to 15 is dropped, 15 up to 20 has the document's 17 within, 20 up to 25 follows.
    assert_eq!(
        message(&mut okx, &update(20, 25, 1_300, "3"), after(1)),
        ["x"; 0]
    );
    assert_eq!(
        answer(&mut okx, 2, Some(&document(17, 1_150, "9")), after(1)),
        [
            "whole 8476.97x9 | 8476.98x415",
            "delta 8476.97x2 | 8476.98x415",
            "delta 8476.97x3 | 8476.98x415"
        ]
    );
    assert_eq!(okx.health()[0].counters.gaps, 0);
    assert_eq!(
        message(&mut okx, &update(25, 30, 1_400, "4"), after(1)).len(),
        1
    );
    assert_eq!(
        answer(&mut okx, 2, Some(&document(17, 1_150, "9")), after(1)),
        ["x"; 0]
    );
}

/// Neither does the venue answer the subscription nor say anything: it is made anew every ten seconds, no document is
/// asked for, and the market is not known.
#[test]
fn a_channel_that_says_nothing_is_never_live() {
    let mut okx = okx(BookChannel::Depth);
    opened(&mut okx, NOW);
    for second in 1..=120 {
        message(&mut okx, "pong", after(second));
        let expected: &[&str] = if second % 10 == 0 { &ASKED } else { &[] };
        assert_eq!(tick(&mut okx, after(second)), expected, "{second}");
    }
    assert_eq!(okx.health()[0].state, State::Syncing);
}

/// A subscription that was acknowledged is waited for: where nothing changes the first update comes after a minute, and
/// has no levels. One that has not come after 90 seconds does not come.
#[test]
fn a_channel_without_changes_begins_with_an_update_without_levels() {
    let acknowledged = r#"{"event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"a4d3ae55"}"#;
    let quiet = |okx: &mut Okx, seconds: std::ops::RangeInclusive<u64>| {
        for second in seconds {
            message(okx, "pong", after(second));
            assert_eq!(tick(okx, after(second)), ["x"; 0], "{second}");
        }
        assert_eq!(okx.health()[0].state, State::Syncing);
    };
    let mut begins = okx(BookChannel::Depth);
    opened(&mut begins, NOW);
    assert_eq!(message(&mut begins, acknowledged, NOW), ["x"; 0]);
    quiet(&mut begins, 1..=60);
    let nothing = r#"{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[],"bids":[],"ts":"1200","checksum":0,"prevSeqId":15,"seqId":15}]}"#;
    assert_eq!(message(&mut begins, nothing, after(60)), [fetch(1)]);
    assert_eq!(
        answer(&mut begins, 1, Some(&document(15, 1_100, "9")), after(61)),
        ["whole 8476.97x9 | 8476.98x415"]
    );
    assert_eq!(
        message(&mut begins, &update(15, 20, 1_300, "2"), after(62)),
        ["delta 8476.97x2 | 8476.98x415"]
    );
    let mut silent = okx(BookChannel::Depth);
    opened(&mut silent, NOW);
    message(&mut silent, acknowledged, NOW);
    quiet(&mut silent, 1..=90);
    message(&mut silent, "pong", after(91));
    assert_eq!(tick(&mut silent, after(91)), ASKED);
}

#[test]
fn a_document_that_has_more_than_came_is_followed_from_within() {
    let mut okx = okx(BookChannel::Depth);
    opened(&mut okx, NOW);
    message(&mut okx, &update(10, 15, 1_100, "1"), NOW);
    assert_eq!(
        answer(&mut okx, 1, Some(&document(22, 1_250, "9")), NOW).len(),
        1
    );
    assert_eq!(
        message(&mut okx, &update(15, 20, 1_200, "2"), NOW),
        ["x"; 0]
    );
    assert_eq!(message(&mut okx, &update(20, 25, 1_300, "3"), NOW).len(), 1);
    assert_eq!(okx.health()[0].counters.repeated, 1);
    assert_eq!(okx.health()[0].state, State::Live);
}

#[test]
fn ids_that_begin_anew_are_not_taken_for_those_before() {
    let mut okx = okx(BookChannel::Depth);
    opened(&mut okx, NOW);
    message(&mut okx, &update(10, 15, 1_100, "1"), NOW);
    message(&mut okx, &update(15, 3, 1_200, "2"), NOW);
    message(&mut okx, &update(3, 12, 1_300, "3"), NOW);
    // Of before: 12 is within 10 up to 15, and not what 12 is now.
    assert_eq!(
        answer(&mut okx, 1, Some(&document(12, 1_050, "9")), NOW),
        ["x"; 0]
    );
    assert_eq!(tick(&mut okx, after(1)), [fetch(2)]);
    assert_eq!(
        answer(&mut okx, 2, Some(&document(3, 1_250, "9")), after(1)),
        [
            "whole 8476.97x9 | 8476.98x415",
            "delta 8476.97x3 | 8476.98x415"
        ]
    );
}

#[test]
fn a_document_of_before_ids_began_anew_is_not_taken() {
    let mut okx = okx(BookChannel::Depth);
    opened(&mut okx, NOW);
    assert_eq!(
        message(&mut okx, &update(10, 15, 1_100, "1"), NOW),
        [fetch(1)]
    );
    message(&mut okx, &update(15, 3, 1_200, "2"), NOW);
    // Ids have come as far as they were; 20 up to 25 comes late and changes nothing.
    message(&mut okx, &update(10, 20, 1_300, "3"), NOW);
    message(&mut okx, &update(25, 30, 1_500, "5"), NOW);
    message(&mut okx, &update(20, 25, 1_400, "4"), NOW);
    // What the first request brings has an id of before, which the updates would follow.
    assert_eq!(
        answer(&mut okx, 1, Some(&document(25, 1_050, "9")), NOW),
        ["x"; 0]
    );
    assert_eq!(tick(&mut okx, after(1)), [fetch(2)]);
    assert_eq!(
        answer(&mut okx, 2, Some(&document(25, 1_450, "9")), after(1)),
        [
            "whole 8476.97x9 | 8476.98x415",
            "delta 8476.97x5 | 8476.98x415"
        ]
    );
    assert_eq!(okx.health()[0].counters.repeated, 1);
}

#[test]
fn a_document_does_not_take_the_book_back() {
    let mut okx = live();
    assert_eq!(message(&mut okx, &update(10, 15, 1_100, "1"), NOW).len(), 1);
    // It was subscribed to just now, and is not again so soon: the subscription runs on.
    assert_eq!(
        message(&mut okx, &update(16, 20, 1_200, "2"), after(1)),
        ["Gap", &fetch(1)]
    );
    assert_eq!(
        answer(&mut okx, 1, Some(&document(18, 1_090, "9")), after(1)),
        ["x"; 0]
    );
    tick(&mut okx, after(2));
    let book = answer(&mut okx, 2, Some(&document(18, 1_150, "9")), after(2));
    assert_eq!(book[0], "whole 8476.97x9 | 8476.98x415");
}

#[test]
fn a_document_that_does_not_come_is_asked_for_again() {
    let mut okx = okx(BookChannel::Depth);
    opened(&mut okx, NOW);
    message(&mut okx, &update(10, 15, 1_100, "1"), NOW);
    assert_eq!(answer(&mut okx, 1, None, NOW), ["error: a book"]);
    assert_eq!(tick(&mut okx, after(1)), [fetch(2)]);
    let refused = r#"{"code":"50011","msg":"Too Many Requests","data":[]}"#;
    assert_eq!(
        answer(&mut okx, 2, Some(refused), after(1)),
        ["error: a book with code 0"]
    );
    assert_eq!(tick(&mut okx, after(2)), [fetch(3)]);
    assert_eq!(tick(&mut okx, after(3)), ["x"; 0]);
    // What it was asked for is not needed once the stream has stated it.
    let whole = book("snapshot", -1, 20, 1_300, "4");
    assert_eq!(message(&mut okx, &whole, after(3)).len(), 1);
    assert_eq!(
        answer(&mut okx, 3, Some(&document(15, 1_100, "9")), after(3)),
        ["x"; 0]
    );
    assert_eq!(tick(&mut okx, after(4)), ["x"; 0]);
}

#[test]
fn a_connection_subscribes() {
    let mut depth = okx(BookChannel::Depth);
    assert_eq!(
        opened(&mut depth, NOW),
        [
            "Gap",
            r#"send {"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"},{"channel":"trades","instId":"BTC-USDT"}]}"#
        ]
    );
    // No request has more than 64 KB.
    let symbol = |place| format!("BTC-USD-191227-{place:06}-C");
    let listings = (0..1_000).map(|place| listing(&symbol(place), "0.1", "1"));
    let channels = Channels {
        book: BookChannel::Touch,
        trades: true,
    };
    let mut many = Okx::new(listings.collect(), channels);
    let mut out = Output::default();
    many.opened(NOW, &mut out);
    assert_eq!(out.actions.len(), 4);
    for action in &out.actions {
        assert!(matches!(action, Action::Send(bytes) if bytes.len() < 64_000));
    }
    for text in [
        "pong",
        r#"{"id":"1512","event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"a4d3ae55"}"#,
        r#"{"event":"channel-conn-count","channel":"orders","connCount":"2","connId":"abcd1234"}"#,
    ] {
        assert_eq!(message(&mut depth, text, NOW), ["x"; 0], "{text}");
    }
    assert_eq!(
        message(
            &mut depth,
            r#"{"id":"1512","event":"error","code":"60012","msg":"Invalid request: {\"op\": \"subscribe\"}","connId":"a4d3ae55"}"#,
            NOW
        ),
        ["error: a request that the venue takes"]
    );
    assert_eq!(
        message(
            &mut depth,
            r#"{"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. Please reconnect.","connId":"a4d3ae55"}"#,
            NOW
        ),
        ["reconnect: the venue is about to close the connection"]
    );
}

#[test]
fn touches_and_trades_are_read() {
    let mut okx = okx(BookChannel::Touch);
    opened(&mut okx, NOW);
    let touch = r#"{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["8476.98","415","0","13"]],"bids":[["8476.97","256","0","12"]],"ts":"1597026383085","seqId":123456}]}"#;
    // What is read faster is not read so by chance.
    assert!(message::expected_touch(touch.as_bytes()).is_some());
    assert!(message::expected_touch(&touch.as_bytes()[..touch.len() - 1]).is_none());
    assert_eq!(
        message(&mut okx, touch, NOW),
        ["quote 8476.97x256 8476.98x415 at 1597026383085000000"]
    );
    // After a minute it is said again, with the same id.
    let again = touch.replace("383085", "443085");
    assert_eq!(message(&mut okx, &again, NOW), ["x"; 0]);
    // Late, and then an id that begins anew.
    let other = |seq: &str, ms: &str| {
        touch
            .replace("123456", seq)
            .replace("383085", ms)
            .replace("415", "416")
    };
    assert_eq!(message(&mut okx, &other("123457", "383084"), NOW), ["x"; 0]);
    assert_eq!(
        message(&mut okx, &other("3", "443086"), NOW),
        ["quote 8476.97x256 8476.98x416 at 1597026443086000000"]
    );
    let empty = other("4", "443087").replace(r#"[["8476.97","256","0","12"]]"#, "[]");
    assert_eq!(message(&mut okx, &empty, NOW), ["Gap"]);
    let trade = r#"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"130639474","px":"42219.9","sz":"0.12060306","side":"buy","ts":"1630048897897","count":"3","source":"0","seqId":1234}]}"#;
    assert_eq!(
        message(&mut okx, trade, NOW),
        ["trade 42219.9x0.12060306 Buyer at 1630048897897000000"]
    );
    assert_eq!(message(&mut okx, trade, NOW), ["x"; 0]);
}

/// The example of the page: 10, 15, nothing new, ids that begin anew, and on.
#[test]
fn every_update_names_the_one_before() {
    let mut okx = live();
    assert_eq!(
        message(&mut okx, &update(10, 15, 1_100, "1"), NOW),
        ["delta 8476.97x1 | 8476.98x415"]
    );
    let nothing = r#"{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[],"bids":[],"ts":"1200","checksum":0,"prevSeqId":15,"seqId":15}]}"#;
    assert_eq!(message(&mut okx, nothing, NOW), ["x"; 0]);
    let anew = update(15, 3, 1_300, "2");
    assert_eq!(
        message(&mut okx, &anew, NOW),
        ["delta 8476.97x2 | 8476.98x415"]
    );
    assert_eq!(
        message(&mut okx, &update(3, 5, 1_400, "3"), NOW),
        ["delta 8476.97x3 | 8476.98x415"]
    );
    assert_eq!(okx.health()[0].counters.gaps, 0);
    assert_eq!(okx.health()[0].state, State::Live);
}

#[test]
fn what_comes_twice_or_late_changes_nothing() {
    let mut okx = live();
    let whole = book("snapshot", -1, 10, 1_000, "256");
    assert_eq!(message(&mut okx, &whole, NOW), ["x"; 0]);
    assert_eq!(message(&mut okx, &update(10, 15, 1_100, "1"), NOW).len(), 1);
    assert_eq!(
        message(&mut okx, &update(10, 15, 1_100, "1"), NOW),
        ["x"; 0]
    );
    assert_eq!(message(&mut okx, &update(9, 10, 1_000, "9"), NOW), ["x"; 0]);
    assert_eq!(message(&mut okx, &whole, NOW), ["x"; 0]);
    assert_eq!(okx.health()[0].counters.repeated, 4);
    assert_eq!(okx.health()[0].state, State::Live);
}

#[test]
fn a_gap_is_answered_by_subscribing_anew() {
    let mut okx = live();
    assert_eq!(
        message(&mut okx, &update(12, 15, 1_100, "1"), after(60)),
        lost()
    );
    assert_eq!(
        message(&mut okx, &update(15, 16, 1_200, "1"), after(60)),
        ["x"; 0]
    );
    let old = book("snapshot", -1, 8, 999, "256");
    assert_eq!(message(&mut okx, &old, after(60)), ["x"; 0]);
    let whole = book("snapshot", -1, 20, 1_300, "4");
    assert_eq!(
        message(&mut okx, &whole, after(61)),
        ["whole 8476.97x4 | 8476.98x415"]
    );
    assert_eq!(
        message(&mut okx, &update(20, 21, 1_400, "5"), after(61)).len(),
        1
    );
    // Ids that begin anew while the update between is missing.
    assert_eq!(
        message(&mut okx, &update(2, 3, 1_500, "5"), after(120)),
        lost()
    );
}

/// The venue's ask goes to 8476.99 while nobody is subscribed, and then nothing changes for a minute.
#[test]
fn a_book_is_not_followed_on_over_a_time_without_a_subscription() {
    let mut okx = live();
    assert_eq!(
        message(&mut okx, &update(12, 15, 1_100, "1"), after(60)),
        lost()
    );
    // Of the subscription that ends: nothing connects with what comes after it.
    let of_before = [
        update(15, 20, 1_200, "2"),
        answered("unsubscribe"),
        update(20, 25, 1_300, "3"),
        answered("subscribe"),
    ];
    for text in of_before {
        assert_eq!(message(&mut okx, &text, after(60)), ["x"; 0], "{text}");
    }
    for second in (62..=120).step_by(10) {
        message(&mut okx, "pong", after(second));
        assert_eq!(tick(&mut okx, after(second)), ["x"; 0], "{second}");
        assert_eq!(okx.health()[0].state, State::Syncing);
    }
    // 30 up to 30: the one without levels. The book of then is the book.
    let nothing = r#"{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[],"bids":[],"ts":"1500","checksum":0,"prevSeqId":30,"seqId":30}]}"#;
    assert_eq!(message(&mut okx, nothing, after(121)), [fetch(1)]);
    // However long ago it was asked for: what is on its way now is waited for.
    assert_eq!(tick(&mut okx, after(122)), ["x"; 0]);
    let document = document(30, 1_400, "9").replace("8476.98", "8476.99");
    assert_eq!(
        answer(&mut okx, 1, Some(&document), after(123)),
        ["whole 8476.97x9 | 8476.99x415"]
    );
    assert_eq!(
        message(&mut okx, &update(30, 35, 1_600, "5"), after(124)).len(),
        1
    );
}

/// Sixty seconds later 15 up to 20 asks for a document; before it comes the book is asked for anew, and what it says is of
/// before that.
#[test]
fn a_document_that_was_asked_for_before_a_subscription_is_not_taken() {
    let mut okx = okx(BookChannel::Depth);
    opened(&mut okx, NOW);
    assert_eq!(
        message(&mut okx, &update(10, 15, 1_100, "1"), after(60)),
        [fetch(1)]
    );
    let broken = update(15, 20, 1_200, "1").replace("8476.97", "x");
    let said = message(&mut okx, &broken, after(60));
    assert_eq!(said[..2], ASKED, "{said:?}");
    assert_eq!(
        answer(&mut okx, 1, Some(&document(17, 1_150, "9")), after(60)),
        ["x"; 0]
    );
    assert_eq!(okx.health()[0].state, State::Syncing);
    assert_eq!(
        message(&mut okx, &answered("subscribe"), after(61)),
        ["x"; 0]
    );
    assert_eq!(
        message(&mut okx, &update(20, 25, 1_300, "1"), after(61)),
        [fetch(2)]
    );
    let book = answer(&mut okx, 2, Some(&document(22, 1_250, "9")), after(61));
    assert_eq!(book[0], "whole 8476.97x9 | 8476.98x415");
}

/// The one before was answered late, and another request to end it is on its way.
#[test]
fn a_subscription_that_ends_takes_the_book_with_it() {
    let mut okx = live();
    message(&mut okx, &update(12, 15, 1_100, "1"), after(60));
    assert_eq!(tick(&mut okx, after(69)), ["x"; 0]);
    assert_eq!(tick(&mut okx, after(70))[..2], ASKED);
    let whole = book("snapshot", -1, 20, 1_300, "4");
    for (text, expected) in [
        (answered("unsubscribe"), &[][..]),
        (answered("subscribe"), &[]),
        (whole.clone(), &["whole 8476.97x4 | 8476.98x415"]),
        (answered("unsubscribe"), &["Gap"]),
        (answered("subscribe"), &[]),
        (
            book("snapshot", -1, 25, 1_400, "5"),
            &["whole 8476.97x5 | 8476.98x415"],
        ),
    ] {
        assert_eq!(message(&mut okx, &text, after(71)), expected, "{text}");
    }
    assert_eq!(okx.health()[0].state, State::Live);
}

#[test]
fn a_subscription_that_is_refused_or_not_answered_is_asked_for_again() {
    let refused =
        r#"{"event":"error","code":"60014","msg":"Requests too frequent","connId":"a4d3ae55"}"#;
    for text in [None, Some(refused)] {
        let mut okx = live();
        message(&mut okx, &update(12, 15, 1_100, "1"), after(60));
        message(&mut okx, &answered("unsubscribe"), after(60));
        if let Some(text) = text {
            assert_eq!(message(&mut okx, text, after(60)).len(), 1);
        }
        for second in 61..70 {
            assert_eq!(tick(&mut okx, after(second)), ["x"; 0], "{second}");
        }
        assert_eq!(okx.health()[0].state, State::Syncing);
        assert_eq!(tick(&mut okx, after(70))[..2], ASKED);
    }
}

/// A touch of the subscription that ends may be the last for a while.
#[test]
fn a_touch_of_the_subscription_before_is_not_shown() {
    let mut okx = okx(BookChannel::Touch);
    opened(&mut okx, NOW);
    let touch = |seq: u64, ask: &str| {
        format!(
            r#"{{"arg":{{"channel":"bbo-tbt","instId":"BTC-USDT"}},"data":[{{"asks":[["{ask}","415","0","13"]],"bids":[["8476.97","256","0","12"]],"ts":"{}","seqId":{seq}}}]}}"#,
            1_000 + seq
        )
    };
    let shown = |ms: u64| format!("quote 8476.97x256 8476.98x415 at {ms}000000");
    assert_eq!(message(&mut okx, &touch(1, "8476.98"), NOW), [shown(1_001)]);
    let said = message(&mut okx, &touch(2, "8476.96"), after(60));
    assert_eq!((said.len(), &*said[0]), (3, "Gap"));
    assert_eq!(message(&mut okx, &touch(3, "8476.98"), after(60)), ["x"; 0]);
    let answered = answered("subscribe").replace("books", "bbo-tbt");
    assert_eq!(message(&mut okx, &answered, after(60)), ["x"; 0]);
    assert_eq!(
        message(&mut okx, &touch(4, "8476.98"), after(60)),
        [shown(1_004)]
    );
}

#[test]
fn a_connection_makes_no_more_requests_than_it_may() {
    let mut okx = live();
    let mut requests = 1;
    let mut now = 60;
    loop {
        let said = message(&mut okx, &update(12, 15, 1_100, "1"), after(now));
        if said[1].starts_with("reconnect") {
            break;
        }
        assert_eq!(said, lost());
        requests += 2;
        now += 60;
        let whole = book("snapshot", -1, 10, 1_000 + now, "1");
        assert_eq!(message(&mut okx, &whole, after(now)).len(), 1);
    }
    assert_eq!(requests, 479);
    opened(&mut okx, after(now));
    assert_eq!(okx.requests, 1);
}

#[test]
fn silence_is_asked_about_and_ends_the_connection() {
    let mut okx = live();
    assert_eq!(tick(&mut okx, after(19)), ["x"; 0]);
    assert_eq!(tick(&mut okx, after(20)), ["send ping"]);
    assert_eq!(tick(&mut okx, after(39)), ["x"; 0]);
    assert_eq!(message(&mut okx, "pong", after(39)), ["x"; 0]);
    assert_eq!(tick(&mut okx, after(40)), ["x"; 0]);
    assert_eq!(tick(&mut okx, after(59)), ["send ping"]);
    assert_eq!(tick(&mut okx, after(78)), ["x"; 0]);
    assert_eq!(
        tick(&mut okx, after(79)),
        ["reconnect: no answer to a ping"]
    );
    let mut out = Output::default();
    okx.closed(after(79), &mut out);
    assert_eq!(told(&mut out), ["Gap"]);
    assert_eq!(tick(&mut okx, after(1_000)), ["x"; 0]);
}

#[test]
fn a_book_that_is_not_heard_of_is_lost() {
    let mut okx = live();
    for second in (10..=90).step_by(10) {
        message(&mut okx, "pong", after(second));
        assert_eq!(tick(&mut okx, after(second)), ["x"; 0]);
    }
    assert_eq!(tick(&mut okx, after(91)), lost());
}

/// By an hour: a book that is live, a ping that is not answered, a document that does not come.
#[test]
fn a_clock_that_is_set_back_delays_nothing() {
    let mut okx = live();
    message(&mut okx, &update(10, 15, 1_100, "1"), after(4_000));
    for second in (410..=500).step_by(10) {
        message(&mut okx, "pong", after(second));
        assert_eq!(tick(&mut okx, after(second)), ["x"; 0], "{second}");
    }
    message(&mut okx, "pong", after(501));
    assert_eq!(tick(&mut okx, after(501)), lost());
    let mut okx = self::okx(BookChannel::Depth);
    opened(&mut okx, after(4_000));
    let said = message(&mut okx, &update(10, 15, 1_100, "1"), after(4_000));
    assert_eq!(said, [fetch(1)]);
    assert_eq!(tick(&mut okx, after(400)), ["x"; 0]);
    assert_eq!(answer(&mut okx, 1, None, after(400)), ["error: a book"]);
    assert_eq!(tick(&mut okx, after(400)), ["x"; 0]);
    assert_eq!(tick(&mut okx, after(401)), [fetch(2)]);
}

#[test]
fn what_cannot_be_read_is_lost_and_said() {
    for (from, to, what) in [
        (r#"["8476.97""#, r#"["8_476""#, "error: bids"),
        (r#""asks":"#, r#""x":"#, "error: asks"),
        (r#""seqId":15"#, r#""seqId":-2"#, "error: seqId"),
        (
            r#""prevSeqId":10"#,
            r#""prevSeqId":null"#,
            "error: prevSeqId",
        ),
        (r#""ts":"1100""#, r#""ts":"now""#, "error: ts"),
        ("update", "upsert", "error: action of snapshot or update"),
    ] {
        let mut okx = live();
        let mut expected = lost();
        expected.push(what.to_owned());
        let text = update(10, 15, 1_100, "1").replace(from, to);
        assert_eq!(message(&mut okx, &text, after(60)), expected);
    }
    let mut okx = live();
    for text in [
        "",
        "[]",
        "ping",
        r#"{"arg":{"channel":"books"#,
        r#"{"arg":{},"data":7}"#,
    ] {
        assert_eq!(
            message(&mut okx, text, NOW),
            [
                "reconnect: a message that cannot be read",
                "error: a message of the API v5"
            ],
            "{text}"
        );
    }
    assert_eq!(
        message(
            &mut okx,
            &update(10, 15, 1_100, "1").replace("BTC", "XRP"),
            NOW
        ),
        ["error: an instId that was subscribed to"]
    );
}

#[test]
fn levels_come_back_on_every_path() {
    let whole = |seq, ms| book("snapshot", -1, seq, ms, "256");
    let broken = |from: &str, to: &str| update(10, 15, 1_100, "1").replace(from, to);
    let messages = [
        // Said, late, and not what follows: an update that is buffered is held.
        (update(10, 15, 1_100, "1"), 2),
        (update(5, 9, 900, "1"), 2),
        (update(12, 15, 1_100, "1"), 1),
        (whole(20, 1_100), 2),
        (whole(5, 900), 2),
        // Off the grid, and crossed: what is known is lost.
        (update(10, 15, 1_100, "0.000000001"), 2),
        (broken("8476.97", "8476.99"), 2),
        // Nobody's, without a side, no levels, without ids, of no kind, cut off.
        (broken("BTC-USDT", "ETH-USDT"), 2),
        (broken("BTC-USDT", "ETH-USDT").replace(':', ": "), 2),
        (broken("\"bids\"", "\"bid\""), 2),
        (broken("8476.97", "x"), 2),
        (broken("\"prevSeqId\"", "\"prev\""), 2),
        (broken("\"seqId\"", "\"seq\""), 2),
        (broken("update", "other"), 2),
        (broken("\"books\"", "\"bbo-tbt\""), 2),
        (broken("}]}", ",\"x\"}]}"), 2),
        (broken("}]}", "}]"), 2),
    ];
    for (text, expected) in messages {
        let (mut okx, mut out) = (live(), Output::default());
        let mut bytes = text.clone().into_bytes();
        let kept = spare(&mut out, |out| {
            let _ = okx.message(&mut bytes, NOW, out);
        });
        assert_eq!(kept, expected, "{text}");
        // What was held comes back with the next connection.
        let kept = spare(&mut out, |out| {
            okx.closed(NOW, out);
            okx.opened(NOW, out);
        });
        assert_eq!(kept, 4 - expected, "{text}");
    }
}

#[test]
fn levels_that_waited_for_a_document_come_back() {
    let documents = [
        // The book, with 15 up to 20 after it; one that is too old; a refusal; without a side; no document.
        (document(17, 1_150, "9"), 4),
        (document(9, 1_050, "9"), 2),
        (
            document(17, 1_150, "9").replace("\"0\",\"msg\"", "\"1\",\"msg\""),
            2,
        ),
        (document(17, 1_150, "9").replace("bids", "bid"), 2),
        (document(17, 1_150, "9").replace("}]}", "}]"), 2),
        // A crossed book is lost, and so is what waited for it.
        (document(17, 1_150, "9").replace("8476.97", "8476.99"), 4),
    ];
    for (text, expected) in documents {
        let (mut okx, mut out) = (okx(BookChannel::Depth), Output::default());
        okx.opened(NOW, &mut out);
        for held in [update(10, 15, 1_100, "1"), update(15, 20, 1_200, "2")] {
            let read = okx.message(&mut held.into_bytes(), NOW, &mut out);
            assert_eq!(read, Ok(()));
        }
        let mut body = text.clone().into_bytes();
        let kept = spare(&mut out, |out| {
            let _ = okx.answer(FetchId(1), Some(&mut body), NOW, out);
        });
        assert_eq!(kept, expected, "{text}");
    }
}
