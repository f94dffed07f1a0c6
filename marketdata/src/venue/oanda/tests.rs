//! Samples in the form of the venue's pages.

use super::*;
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
        ["quote 1.13017x10000000 1.13028x10000000 at 1474383950163791738"]
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
    assert_eq!(message(&mut oanda, &whole).len(), 1);
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
