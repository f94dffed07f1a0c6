//! Samples in the form of the venue's pages, and numbers at the turn of a day.

use proptest::prelude::*;

use super::*;
use crate::feed::BookChannel;
use crate::venue::forms::{self, assert_expected, changed};
use crate::venue::said::{after_ms, listings, message, opened};
use crate::venue::told::tick;

fn polygon() -> Polygon {
    let credentials = Credentials {
        key: String::from("a-key"),
        secret: String::new(),
    };
    let channels = Channels {
        book: BookChannel::Touch,
        trades: true,
    };
    Polygon::new(credentials, 100, listings(&["MSFT", "AAPL"]), channels)
}

fn subscribed() -> Polygon {
    let mut polygon = polygon();
    opened(&mut polygon);
    message(
        &mut polygon,
        r#"[{"ev":"status","status":"auth_success","message":"authenticated"}]"#,
    );
    polygon
}

fn quote(ms: u64, number: u64, bid: &str) -> String {
    format!(
        r#"[{{"ev":"Q","sym":"MSFT","bx":4,{bid}"ax":7,"ap":114.128,"as":160,"c":0,"i":[604],"t":{ms},"q":{number},"z":3}}]"#
    )
}

const BID: &str = r#""bp":114.125,"bs":100,"#;

#[test]
fn the_key_comes_before_the_subscription() {
    let mut polygon = polygon();
    assert_eq!(
        opened(&mut polygon)[2..],
        [r#"send {"action":"auth","params":"a-key"}"#]
    );
    let connected = r#"[{"ev":"status","status":"connected","message":"Connected Successfully"}]"#;
    assert_eq!(message(&mut polygon, connected), ["x"; 0]);
    let authenticated = r#"[{"ev":"status","status":"auth_success","message":"authenticated"}]"#;
    assert_eq!(
        message(&mut polygon, authenticated),
        [r#"send {"action":"subscribe","params":"Q.MSFT,T.MSFT,Q.AAPL,T.AAPL"}"#]
    );
    let success = r#"[{"ev":"status","status":"success","message":"subscribed to: T.MSFT"}]"#;
    assert_eq!(message(&mut polygon, success), ["x"; 0]);
    let shown = format!("{polygon:?}");
    assert!(!shown.contains("a-key"), "{shown}");
}

#[test]
fn samples_of_the_pages_are_read() {
    let mut polygon = subscribed();
    assert_eq!(
        message(&mut polygon, &quote(1_536_036_818_784, 50_385_480, BID)),
        ["quote 114.125x10000 114.128x16000 at 1536036818784000000"]
    );
    assert_eq!(
        message(
            &mut polygon,
            r#"[{"ev":"T","sym":"MSFT","x":4,"i":"12345","z":3,"p":114.125,"s":100,"c":[0,12],"t":1536036818784,"q":3681328},{"ev":"AM","sym":"MSFT"},{"ev":"T","sym":"AAPL","x":4,"i":"1","z":3,"p":1.5e2,"s":0.25,"t":1536036818785,"q":9}]"#
        ),
        [
            "trade 114.125x100 Unknown at 1536036818784000000",
            "trade 150x0.25 Unknown at 1536036818785000000"
        ]
    );
}

#[test]
fn a_side_without_orders_has_no_touch() {
    let mut polygon = subscribed();
    assert_eq!(message(&mut polygon, &quote(1, 1, BID)).len(), 1);
    assert_eq!(message(&mut polygon, &quote(1, 2, "")), ["Gap"]);
    assert_eq!(message(&mut polygon, &quote(1, 3, BID)).len(), 1);
    assert_eq!(
        message(&mut polygon, &quote(1, 4, r#""bp":0,"bs":0,"#)),
        ["Gap"]
    );
    assert_eq!(polygon.health()[0].counters.gaps, 0);
}

#[test]
fn numbers_ascend_within_a_day() {
    let mut polygon = subscribed();
    // 2023-11-14T22:13:20Z.
    let evening = 1_700_000_000_000;
    assert_eq!(message(&mut polygon, &quote(evening, 90, BID)).len(), 1);
    assert_eq!(message(&mut polygon, &quote(evening, 90, BID)), ["x"; 0]);
    assert_eq!(
        message(&mut polygon, &quote(evening + 5, 89, BID)),
        ["x"; 0]
    );
    assert_eq!(polygon.health()[0].counters.repeated, 2);
    // Past midnight UTC it is still the same evening in New York.
    let later = evening + 2 * 3_600_000;
    assert_eq!(message(&mut polygon, &quote(later, 91, BID)).len(), 1);
    assert_eq!(message(&mut polygon, &quote(later, 7, BID)), ["x"; 0]);
    // Numbers start anew with the next morning.
    let morning = evening + 11 * 3_600_000;
    assert_eq!(message(&mut polygon, &quote(morning, 1, BID)).len(), 1);
    assert_eq!(message(&mut polygon, &quote(evening, 99, BID)), ["x"; 0]);
    // Another connection may state the quote again, and no print.
    let trade = r#"[{"ev":"T","sym":"MSFT","p":1,"s":1,"t":9,"q":9}]"#;
    assert_eq!(message(&mut polygon, trade).len(), 1);
    opened(&mut polygon);
    assert_eq!(message(&mut polygon, &quote(morning, 1, BID)).len(), 1);
    assert_eq!(message(&mut polygon, trade), ["x"; 0]);
}

#[test]
fn prints_of_other_markets_are_not_told() {
    let mut polygon = subscribed();
    for (number, (conditions, told)) in [
        ("0", 1),
        ("12,37", 1),
        ("14,41", 1),
        ("", 1),
        ("2", 0),
        ("12,13", 0),
        ("37,10", 0),
        ("16", 0),
        ("53,41", 0),
    ]
    .into_iter()
    .enumerate()
    {
        let trade = format!(
            r#"[{{"ev":"T","sym":"MSFT","p":1,"s":1,"c":[{conditions}],"t":9,"q":{}}}]"#,
            number + 1
        );
        assert_eq!(message(&mut polygon, &trade).len(), told, "{trade}");
    }
}

#[test]
fn refusals_and_silence_are_said() {
    let refusal = r#"[{"ev":"status","status":"auth_failed","message":"authentication failed"}]"#;
    let mut refused = polygon();
    opened(&mut refused);
    assert_eq!(
        message(&mut refused, refusal),
        [
            "reconnect: the venue refuses the connection",
            "error: no refusal"
        ]
    );
    assert_eq!(message(&mut subscribed(), refusal), ["error: no refusal"]);
    opened(&mut refused);
    assert_eq!(tick(&mut refused, after_ms(10_000)), ["x"; 0]);
    assert_eq!(
        tick(&mut refused, after_ms(10_001)),
        ["reconnect: no answer to the key"]
    );
}

/// Two tickers, of which the quotes of one are subscribed to: the other one is asked for after ten seconds, and no more
/// once a quote of it has come.
#[test]
fn a_subscription_that_is_not_taken_is_asked_for_again() {
    let mut polygon = subscribed();
    let success = r#"[{"ev":"status","status":"success","message":"subscribed to: Q.AAPL"}]"#;
    assert_eq!(message(&mut polygon, success), ["x"; 0]);
    assert_eq!(tick(&mut polygon, after_ms(9_999)), ["x"; 0]);
    let asks = [r#"send {"action":"subscribe","params":"Q.MSFT,T.MSFT"}"#];
    assert_eq!(tick(&mut polygon, after_ms(10_000)), asks);
    assert_eq!(message(&mut polygon, &quote(1, 1, BID)).len(), 1);
    assert_eq!(tick(&mut polygon, after_ms(3_600_000)), ["x"; 0]);
}

#[test]
fn what_cannot_be_read_is_lost_and_said() {
    let whole = quote(1, 1, BID);
    for text in ["", "{}", "[7]", &whole[..whole.len() - 2]] {
        assert_eq!(
            message(&mut subscribed(), text),
            [
                "reconnect: a message that cannot be read",
                "error: an array of events"
            ],
            "{text}"
        );
    }
    let mut polygon = subscribed();
    assert_eq!(message(&mut polygon, &whole).len(), 1);
    for (from, to, what) in [
        ("114.125", "1e", "bp and bs"),
        (r#""q":1"#, r#""q":-1"#, "q"),
        (r#""t":1"#, r#""t":1.5"#, "t"),
    ] {
        assert_eq!(
            message(&mut polygon, &whole.replace(from, to)),
            ["Gap", &format!("error: {what}")]
        );
        polygon = subscribed();
        assert_eq!(message(&mut polygon, &whole).len(), 1);
    }
    assert_eq!(
        message(&mut polygon, &quote(2, 2, BID).replace("MSFT", "TSLA")),
        ["error: a ticker that was subscribed to"]
    );
}

/// An event as it is read in the form of the pages and in any.
fn both(event: &[u8]) -> [Option<(&[u8], Said)>; 2] {
    forms::both(
        event,
        |event| Said::expected(event, 100),
        |reader| {
            let event = Event::read(reader).ok()?;
            let is_quote = event.kind == b"Q";
            let is_told = is_quote || event.kind == b"T";
            let said = event.said(is_quote, 100).ok().filter(|_| is_told)?;
            Some((event.symbol, said))
        },
    )
}

const EVENTS: [&str; 4] = [
    r#"{"ev":"Q","sym":"MSFT","bx":4,"bp":114.125,"bs":100,"ax":7,"ap":114.128,"as":160,"c":0,"i":[604],"t":1536036818784,"q":50385480,"z":3},"#,
    r#"{"ev":"Q","sym":"MSFT","bx":4,"bp":114.125,"bs":100,"ax":7,"ap":114.128,"as":160,"t":1536036818784,"q":50385480,"z":3}]"#,
    r#"{"ev":"T","sym":"MSFT","x":4,"i":"12345","z":3,"p":114.125,"s":100,"c":[0,12],"t":1536036818784,"q":3681328}]"#,
    r#"{"ev":"T","sym":"MSFT","x":4,"i":"12345","z":3,"p":114.125,"s":0.5,"c":[37,2],"t":1536036818784,"q":3681328},"#,
];

#[test]
fn samples_have_the_expected_form() {
    assert_expected(&EVENTS, both);
}

proptest! {
    /// What the form of the pages takes, any form takes, and for the same.
    #[test]
    fn no_event_is_taken_that_was_refused(bytes in changed(&EVENTS)) {
        let [expected, general] = both(&bytes);
        if expected.is_some() {
            prop_assert_eq!(expected, general);
        }
    }
}

/// Two prints and what is wrong with the second: where it cannot be read, the first is not told either.
#[test]
fn of_a_message_that_cannot_be_read_nothing_is_told() {
    let print = |symbol: &str, number: u64| {
        format!(
            r#"{{"ev":"T","sym":"{symbol}","x":4,"i":"1","z":3,"p":114.125,"s":100,"t":{number},"q":{number}}}"#
        )
    };
    let both = format!("[{},{}]", print("MSFT", 1), print("AAPL", 2));
    assert_eq!(message(&mut subscribed(), &both).len(), 2);
    let other_form = both.replace(r#""x":4,"#, "");
    assert_eq!(message(&mut subscribed(), &other_form).len(), 2);
    let unreadable = [
        "reconnect: a message that cannot be read",
        "error: an array of events",
    ];
    for whole in [&both, &other_form] {
        let second = whole.rfind("\"p\":").unwrap();
        for broken in [
            whole[..whole.len() - 1].to_owned(),
            whole[..second].to_owned(),
            format!("{},5]", &whole[..whole.len() - 1]),
            format!("{}\"p\"114{}", &whole[..second], &whole[second + 11..]),
        ] {
            let mut polygon = subscribed();
            assert_eq!(message(&mut polygon, &broken), unreadable, "{broken}");
            assert_eq!(polygon.health()[0].counters.malformed, 0);
        }
    }
    // An event that lacks something is malformed by itself.
    let lacking = both.replacen(r#""p":114.125,"#, "", 1);
    let told = message(&mut subscribed(), &lacking);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("trade "), "{told:?}");
    assert_eq!(told[1], "error: p");
}
