//! Samples in the form of the venue's pages.

use proptest::prelude::*;

use super::*;
use crate::venue::forms::{assert_expected, changed};
use crate::venue::said::{after_ms, listings, message, opened};
use crate::venue::told::tick;

fn oanda() -> Oanda {
    let listings = listings(&["EUR_USD", "USD_CAD"]);
    let credentials = Credentials {
        key: String::from("101-004-1435156-001"),
        secret: String::from("a-token"),
    };
    let mut oanda = Oanda::new(credentials, listings);
    assert_eq!(opened(&mut oanda), ["Gap", "Gap"]);
    oanda
}

/// A price of `EUR_USD` as the page of the stream has one.
fn price_of(time: &str, status: &str, asks: &str) -> String {
    format!(
        r#"{{"asks":[{asks}],"bids":[{{"liquidity":10000000,"price":"1.13015"}},{{"liquidity":10000000,"price":"1.13017"}}],"closeoutAsk":"1.13032","closeoutBid":"1.13013","instrument":"EUR_USD","status":"{status}","time":"{time}","type":"PRICE"}}"#
    )
}

const ASKS: &str =
    r#"{"liquidity":10000000,"price":"1.13028"},{"liquidity":10000000,"price":"1.1303"}"#;

#[test]
fn the_document_is_asked_for_with_the_token() {
    let oanda = oanda();
    assert_eq!(
        oanda.stream(),
        Stream::Lines {
            path: String::from(
                "/v3/accounts/101-004-1435156-001/pricing/stream?instruments=EUR_USD%2CUSD_CAD"
            ),
            headers: vec![
                ("Authorization", String::from("Bearer a-token")),
                ("Accept-Datetime-Format", String::from("RFC3339")),
            ],
        }
    );
    let shown = format!("{oanda:?} {:?}", oanda.stream());
    assert!(!shown.contains("a-token"), "{shown}");
    assert_eq!(escaped("EU/50 é"), "EU%2F50%20%C3%A9");
}

#[test]
fn the_best_of_each_side_is_the_touch() {
    let mut oanda = oanda();
    // 2016-09-20 is day 17,064: 17,064 * 86,400 + 15:05:50.163791738.
    let time = "2016-09-20T15:05:50.163791738Z";
    assert_eq!(
        message(&mut oanda, &price_of(time, "tradeable", ASKS)),
        [
            // Which is said once, as it may have been closed before the start.
            "Status(Open)",
            "quote 1.13017x10000000 1.13028x10000000 at 1474383950163791738"
        ]
    );
    // Twice, and late.
    assert_eq!(
        message(&mut oanda, &price_of(time, "tradeable", ASKS)),
        ["x"; 0]
    );
    let late = "2016-09-20T15:05:50.163791737Z";
    assert_eq!(
        message(&mut oanda, &price_of(late, "tradeable", "")),
        ["x"; 0]
    );
    assert_eq!(oanda.health()[0].counters.repeated, 2);
    let heartbeat = r#"{"time":"2016-09-20T15:05:50.163791738Z","type":"HEARTBEAT"}"#;
    assert_eq!(message(&mut oanda, heartbeat), ["x"; 0]);
    let later = "2016-09-20T15:05:51Z";
    assert_eq!(
        message(&mut oanda, &price_of(later, "tradeable", "")),
        ["Gap"]
    );
}

#[test]
fn what_is_not_tradeable_is_closed() {
    let mut oanda = oanda();
    let quote = "quote 1.13017x10000000 1.13028x10000000 at";
    let mut at = |time: &str, status: &str| message(&mut oanda, &price_of(time, status, ASKS));
    assert_eq!(
        at("1970-01-01T00:00:01Z", "non-tradeable"),
        [
            String::from("Status(Closed)"),
            format!("{quote} 1000000000")
        ]
    );
    assert_eq!(
        at("1970-01-01T00:00:02Z", "non-tradeable"),
        [format!("{quote} 2000000000")]
    );
    assert_eq!(
        at("1970-01-01T00:00:03Z", "tradeable"),
        [String::from("Status(Open)"), format!("{quote} 3000000000")]
    );
}

#[test]
fn a_stream_without_heartbeats_is_given_up() {
    let mut oanda = oanda();
    assert_eq!(tick(&mut oanda, after_ms(10_000)), ["x"; 0]);
    assert_eq!(
        tick(&mut oanda, after_ms(10_001)),
        ["reconnect: no heartbeat"]
    );
    assert_eq!(tick(&mut oanda, after_ms(20_000)), ["x"; 0]);
}

#[test]
fn what_cannot_be_read_is_lost_and_said() {
    let mut oanda = oanda();
    let whole = price_of("1970-01-01T00:00:01Z", "tradeable", ASKS);
    assert_eq!(message(&mut oanda, &whole).len(), 2);
    assert_eq!(
        message(&mut oanda, &whole.replace("1.13028", "1.1.3")),
        ["Gap", "error: a price"]
    );
    assert_eq!(
        message(&mut oanda, &whole.replace("EUR_USD", "XAU_USD")),
        ["error: an instrument that was asked for"]
    );
    assert_eq!(
        message(
            &mut oanda,
            r#"{"type":"ERROR","errorMessage":"Invalid value"}"#
        ),
        ["error: a price or a heartbeat"]
    );
    assert_eq!(message(&mut oanda, " \r\n"), ["x"; 0]);
    for text in [
        &whole[..whole.len() - 1],
        r#"{"errorMessage":"Insufficient authorization to perform request."}"#,
    ] {
        opened(&mut oanda);
        assert_eq!(
            message(&mut oanda, text),
            [
                "reconnect: a message that cannot be read",
                "error: a line of the stream"
            ]
        );
    }
}

/// A line as it is read in the forms of the venue and its page, and in any.
fn both(line: &[u8]) -> [Option<(&[u8], Said)>; 2] {
    let read = Line::read(line).ok().filter(|line| line.kind == b"PRICE");
    let general = read.and_then(|line| Some((line.instrument, line.said()?)));
    [Said::expected(line), general]
}

const LINES: [&str; 4] = [
    r#"{"type":"PRICE","time":"2033-05-18T03:33:20.163791738Z","bids":[{"price":"1.13015","liquidity":500000},{"price":"1.13017","liquidity":10000000}],"asks":[{"price":"1.13028","liquidity":500000}],"closeoutBid":"1.13","closeoutAsk":"1.14","status":"tradeable","tradeable":true,"instrument":"EUR_USD"}"#,
    r#"{"type":"PRICE","time":"2033-05-18T03:33:20Z","bids":[],"asks":[{"price":"1.5","liquidity":0.25},{"price":"1.5","liquidity":7}],"closeoutBid":"0","closeoutAsk":"1.14","status":"non-tradeable","tradeable":false,"instrument":"USD_CAD"}"#,
    r#"{"asks":[{"liquidity":10000000,"price":"1.13028"},{"liquidity":10000000,"price":"1.1303"}],"bids":[{"liquidity":10000000,"price":"1.13015"},{"liquidity":10000000,"price":"1.13017"}],"closeoutAsk":"1.13032","closeoutBid":"1.13013","instrument":"EUR_USD","status":"tradeable","time":"2016-09-20T15:05:50.163791738Z","type":"PRICE"}"#,
    r#"{"asks":[],"bids":[{"liquidity":92233720368,"price":"1.13015"}],"closeoutAsk":"1.13032","closeoutBid":"1.13013","instrument":"EUR_USD","status":"invalid","time":"2016-09-20T15:05:50.5Z","type":"PRICE"}"#,
];

#[test]
fn samples_have_the_expected_form() {
    assert_expected(&LINES, both);
    // 92,233,720,368.54775807 is the most that there can be.
    let beyond = LINES[3].replace("92233720368", "92233720369");
    assert_eq!(both(beyond.as_bytes()), [None, None]);
}

#[test]
fn of_buckets_with_one_price_the_first_is_the_best() {
    let line = LINES[1].replace(r#""bids":[]"#, r#""bids":[{"price":"1.4","liquidity":2}]"#);
    let said = [
        "Status(Closed)",
        "quote 1.4x2 1.5x0.25 at 2000000000000000000",
    ];
    // A space that the venue does not write makes no difference.
    for line in [line.clone(), line.replacen('{', "{ ", 1)] {
        assert_eq!(message(&mut oanda(), &line), said);
    }
}

proptest! {
    /// What the forms of the venue take, any form takes, and for the same.
    #[test]
    fn no_line_is_taken_that_was_refused(bytes in changed(&LINES)) {
        let [expected, general] = both(&bytes);
        if expected.is_some() {
            prop_assert_eq!(expected, general);
        }
    }
}
