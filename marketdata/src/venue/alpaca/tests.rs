//! Samples in the form of the venue's pages, in both encodings.

use proptest::prelude::*;

use super::*;
use crate::venue::forms::{self, assert_expected, changed};
use crate::venue::said::{after_ms, binary, listings, message, opened};
use crate::venue::told::{self, NOW, after, spare, tick};

const STOCKS: Product = Product::Stocks {
    feed: Feed::Iex,
    size_unit: 100,
};

fn alpaca(product: Product, encoding: Encoding, book: BookChannel) -> Alpaca {
    let credentials = Credentials {
        key: String::from("AK"),
        secret: String::from("a\"secret"),
    };
    let symbols: &[&str] = match product {
        Product::Stocks { .. } => &["AAPL", "AMD"],
        Product::Crypto => &["BTC/USD", "CRV/USD"],
    };
    let channels = Channels { book, trades: true };
    Alpaca::new(product, encoding, credentials, listings(symbols), channels)
}

fn subscribed(product: Product, book: BookChannel) -> Alpaca {
    let mut alpaca = alpaca(product, Encoding::Json, book);
    opened(&mut alpaca);
    assert_eq!(
        message(&mut alpaca, r#"[{"T":"success","msg":"authenticated"}]"#).len(),
        1
    );
    alpaca
}

#[test]
fn the_key_comes_before_the_subscription() {
    let mut stocks = alpaca(STOCKS, Encoding::Json, BookChannel::Depth);
    let Stream::WebSocket { path } = stocks.stream() else {
        panic!("a WebSocket");
    };
    assert_eq!(path, "/v2/iex");
    assert_eq!(
        stocks.headers(),
        [("Content-Type", String::from("application/json"))]
    );
    assert_eq!(
        opened(&mut stocks)[2..],
        [r#"send {"action":"auth","key":"AK","secret":"a\"secret"}"#]
    );
    let connected = r#"[{"T":"success","msg":"connected"}]"#;
    assert_eq!(message(&mut stocks, connected), ["x"; 0]);
    let authenticated = r#"[{"T":"success","msg":"authenticated"}]"#;
    assert_eq!(
        message(&mut stocks, authenticated),
        [
            r#"send {"action":"subscribe","quotes":["AAPL","AMD"],"trades":["AAPL","AMD"],"statuses":["AAPL","AMD"]}"#
        ]
    );
    assert_eq!(message(&mut stocks, authenticated), ["x"; 0]);
    let mut crypto = alpaca(Product::Crypto, Encoding::Json, BookChannel::Depth);
    opened(&mut crypto);
    assert_eq!(
        message(&mut crypto, authenticated),
        [
            r#"send {"action":"subscribe","orderbooks":["BTC/USD","CRV/USD"],"trades":["BTC/USD","CRV/USD"]}"#
        ]
    );
    let shown = format!("{stocks:?}");
    assert!(!shown.contains("secret\\\""), "{shown}");
    assert!(!shown.contains("\"AK\""), "{shown}");
}

/// Halted at 19:15. The connection breaks, and whether trading was resumed meanwhile is not told on the next one.
#[test]
fn a_halt_of_before_a_connection_is_over_once_it_trades() {
    let status = |code: &str, time: &str| {
        format!(
            r#"[{{"T":"s","S":"AAPL","sc":"{code}","sm":"x","rc":"T12","rm":"x","t":"2021-02-22T{time}Z","z":"C"}}]"#
        )
    };
    let print = |id: u32, time: &str, condition: &str| {
        format!(
            r#"[{{"T":"t","i":{id},"S":"AAPL","x":"D","p":126.55,"s":1,"t":"2021-02-22T{time}Z","c":["{condition}"],"z":"C"}}]"#
        )
    };
    let quote = |time: &str, ask_size: u32| {
        format!(
            r#"[{{"T":"q","S":"AAPL","bx":"U","bp":126.5,"bs":1,"ax":"Q","ap":126.6,"as":{ask_size},"t":"2021-02-22T{time}Z","c":["R"],"z":"C"}}]"#
        )
    };
    let kinds = |said: Vec<String>| -> Vec<String> {
        let kind = |text: String| text.split(' ').next().unwrap_or_default().to_owned();
        said.into_iter().map(kind).collect()
    };
    let halted = |trades: bool| {
        let channels = Channels {
            book: BookChannel::Touch,
            trades,
        };
        let credentials = Credentials::default();
        let listings = listings(&["AAPL"]);
        let mut stocks = Alpaca::new(STOCKS, Encoding::Json, credentials, listings, channels);
        opened(&mut stocks);
        let halt = message(&mut stocks, &status("H", "19:15:00"));
        assert_eq!(halt, ["Status(Halted)"]);
        stocks
    };
    // On the connection that told the halt it lasts until its end is told.
    let mut stocks = halted(true);
    let said = message(&mut stocks, &print(1, "19:16:00", "@"));
    assert_eq!(kinds(said), ["trade"]);
    let said = message(&mut stocks, &status("T", "19:20:00"));
    assert_eq!(said, ["Status(Open)"]);

    let mut stocks = halted(true);
    opened(&mut stocks);
    let heard = [
        // Of both sides, but what is halted may be quoted; of before the halt; averaged over a time.
        (quote("19:30:00", 4), &["quote"][..]),
        (print(2, "19:14:59", "@"), &["trade"]),
        (print(3, "19:30:01", "W"), &[]),
        (print(4, "19:30:02", "@"), &["Status(Open)", "trade"]),
        (print(5, "19:30:03", "@"), &["trade"]),
        (status("H", "19:40:00"), &["Status(Halted)"]),
        (print(6, "19:40:01", "@"), &["trade"]),
    ];
    for (text, expected) in heard {
        assert_eq!(kinds(message(&mut stocks, &text)), expected, "{text}");
    }
    // The same halt, told once more on the next connection, holds there.
    opened(&mut stocks);
    assert_eq!(message(&mut stocks, &status("H", "19:41:00")), ["x"; 0]);
    let said = message(&mut stocks, &print(7, "19:42:00", "@"));
    assert_eq!(kinds(said), ["trade"]);

    // Without prints.
    let mut stocks = halted(false);
    opened(&mut stocks);
    assert_eq!(message(&mut stocks, &quote("19:30:00", 0)), ["x"; 0]);
    let said = message(&mut stocks, &quote("19:30:01", 4));
    assert_eq!(kinds(said), ["Status(Open)", "quote"]);
}

/// The engine may have a halt of before the start, which this process knows nothing of.
#[test]
fn what_trades_first_is_open_whatever_was_said_before_the_start() {
    let stocks = || {
        let mut stocks = subscribed(STOCKS, BookChannel::Touch);
        let quote =
            r#"[{"T":"q","S":"AAPL","bp":126,"bs":1,"ap":127,"as":1,"t":"2021-02-22T19:30:00Z"}]"#;
        assert_eq!(message(&mut stocks, quote).len(), 1);
        stocks
    };
    let status = |code: &str| {
        format!(
            r#"[{{"T":"s","S":"AAPL","sc":"{code}","sm":"x","rc":"T12","rm":"x","t":"2021-02-22T19:40:00Z","z":"C"}}]"#
        )
    };
    let print = |id: u32| {
        format!(
            r#"[{{"T":"t","i":{id},"S":"AAPL","x":"D","p":126.55,"s":1,"t":"2021-02-22T19:41:00Z","c":["@"],"z":"C"}}]"#
        )
    };
    let mut traded = stocks();
    let said = message(&mut traded, &print(1));
    assert_eq!((said.len(), &*said[0]), (2, "Status(Open)"));
    assert_eq!(message(&mut traded, &print(2)).len(), 1);
    let mut resumed = stocks();
    assert_eq!(message(&mut resumed, &status("T")), ["Status(Open)"]);
    assert_eq!(message(&mut resumed, &print(1)).len(), 1);
    let mut halted = stocks();
    assert_eq!(message(&mut halted, &status("H")), ["Status(Halted)"]);
    assert_eq!(message(&mut halted, &print(1)).len(), 1);
}

#[test]
fn a_request_is_packed_where_messages_are() {
    let mut crypto = alpaca(Product::Crypto, Encoding::MessagePack, BookChannel::Touch);
    assert!(crypto.is_binary());
    let mut out = Output::default();
    crypto.opened(NOW, &mut out);
    let Some(Action::Send(bytes)) = out.actions.pop() else {
        panic!("a request");
    };
    assert_eq!(
        bytes,
        b"\x83\xa6action\xa4auth\xa3key\xa2AK\xa6secret\xa8a\"secret"
    );
}

#[test]
fn samples_of_the_stock_page_are_read() {
    let mut stocks = subscribed(STOCKS, BookChannel::Touch);
    assert_eq!(
        message(
            &mut stocks,
            r#"[{"T":"q","S":"AMD","bx":"U","bp":87.66,"bs":1,"ax":"Q","ap":87.68,"as":4,"t":"2021-02-22T15:51:45.335689322Z","c":["R"],"z":"C"},{"T":"t","i":96921,"S":"AAPL","x":"D","p":126.55,"s":1,"t":"2021-02-22T15:51:44.208Z","c":["@","I"],"z":"C"}]"#
        ),
        [
            "quote 87.66x100 87.68x400 at 1614009105335689322",
            "Status(Open)",
            "trade 126.55x1 Unknown at 1614009104208000000"
        ]
    );
    let halt = r#"[{"T":"s","S":"AAPL","sc":"H","sm":"Trading Halt","rc":"T12","rm":"Trading Halted; For information requested by NASDAQ","t":"2021-02-22T19:15:00Z","z":"C"}]"#;
    assert_eq!(message(&mut stocks, halt), ["Status(Halted)"]);
    assert_eq!(message(&mut stocks, halt), ["x"; 0]);
    assert_eq!(
        message(&mut stocks, &halt.replace("\"H\"", "\"T\"")),
        ["Status(Open)"]
    );
    assert_eq!(
        message(&mut stocks, &halt.replace("\"H\"", "\"5\"")),
        ["x"; 0]
    );
    // A correction is about the past.
    assert_eq!(
        message(
            &mut stocks,
            r#"[{"T":"x","S":"AAPL","i":465,"x":"D","p":105.31,"s":300,"a":"C","z":"C","t":"2023-04-06T13:15:42.83540958Z"}]"#
        ),
        ["x"; 0]
    );
}

#[test]
fn samples_of_the_crypto_page_are_read() {
    let mut crypto = subscribed(Product::Crypto, BookChannel::Depth);
    assert_eq!(
        message(
            &mut crypto,
            r#"[{"T":"o","S":"BTC/USD","t":"2024-03-12T10:38:50.79613221Z","b":[{"p":71859.53,"s":0.27994},{"p":71849.4,"s":0.553986}],"a":[{"p":71939.7,"s":0.83953}],"r":true}]"#
        ),
        ["whole 71859.53x0.27994 71849.4x0.553986 | 71939.7x0.83953"]
    );
    let change = r#"[{"T":"o","S":"BTC/USD","t":"2024-03-12T10:39:39.445492807Z","b":[],"a":[{"p":71939.7,"s":0}]}]"#;
    assert_eq!(message(&mut crypto, change), ["delta  | 71939.7x0"]);
    assert_eq!(
        message(
            &mut crypto,
            r#"[{"T":"t","S":"CRV/USD","p":47.299,"s":29.20570781,"t":"2024-03-12T10:27:48.858228144Z","i":3447222699101865076,"tks":"S"}]"#
        ),
        ["trade 47.299x29.20570781 Seller at 1710239268858228144"]
    );
    // More decimals than we hold are none of ours.
    assert_eq!(
        message(
            &mut crypto,
            r#"[{"T":"t","S":"CRV/USD","p":47.299,"s":29.205707815,"t":"2024-03-12T10:27:49Z","i":1,"tks":"S"}]"#
        ),
        ["error: s"]
    );
    // Its time runs back.
    assert_eq!(
        message(&mut crypto, &change.replace("10:39:39", "10:39:38")),
        ["Gap", "reconnect: a book's time runs back"]
    );
    opened(&mut crypto);
    assert_eq!(
        message(&mut crypto, change),
        ["reconnect: changes of a book that was not stated"]
    );
}

#[test]
fn what_comes_twice_or_late_changes_nothing() {
    let mut stocks = subscribed(STOCKS, BookChannel::Touch);
    let quote = |second: u32, bid: u32| {
        format!(
            r#"[{{"T":"q","S":"AAPL","bp":{bid},"bs":1,"ap":99,"as":1,"t":"2024-03-12T10:00:{second:02}Z"}}]"#
        )
    };
    assert_eq!(message(&mut stocks, &quote(2, 50)).len(), 1);
    assert_eq!(message(&mut stocks, &quote(2, 50)), ["x"; 0]);
    // Two of one moment.
    assert_eq!(message(&mut stocks, &quote(2, 51)).len(), 1);
    assert_eq!(message(&mut stocks, &quote(1, 52)), ["x"; 0]);
    assert_eq!(stocks.health()[0].counters.repeated, 2);
    let trade = |id: u32, exchange: char| {
        format!(
            r#"[{{"T":"t","S":"AAPL","i":{id},"x":"{exchange}","p":1,"s":1,"t":"2024-03-12T10:00:02Z","c":["@"],"z":"C"}}]"#
        )
    };
    // The first one says that it trades.
    assert_eq!(message(&mut stocks, &trade(7, 'D')).len(), 2);
    assert_eq!(message(&mut stocks, &trade(7, 'D')), ["x"; 0]);
    assert_eq!(message(&mut stocks, &trade(7, 'K')).len(), 1);
    // A side without orders.
    let no_bid = quote(3, 0).replace(r#""bs":1"#, r#""bs":0"#);
    assert_eq!(message(&mut stocks, &no_bid), ["Gap"]);
    assert_eq!(message(&mut stocks, &quote(4, 50)).len(), 1);
}

#[test]
fn prints_of_other_markets_are_not_told() {
    let mut stocks = subscribed(STOCKS, BookChannel::Touch);
    let status = r#"[{"T":"s","S":"AAPL","sc":"T","sm":"x","rc":"x","rm":"x","t":"2024-03-12T10:00:00Z","z":"C"}]"#;
    assert_eq!(message(&mut stocks, status), ["Status(Open)"]);
    for (id, (conditions, tape, told)) in [
        (r#""@""#, "C", 1),
        (r#"" ","F","T","I""#, "A", 1),
        (r#""@","B""#, "C", 1),
        (r#"" ","B""#, "A", 0),
        (r#""@","W""#, "C", 0),
        (r#""@","4""#, "C", 0),
        (r#""@","T","U""#, "C", 0),
        (r#"" ","7","V""#, "B", 0),
        (r#""M""#, "A", 0),
    ]
    .into_iter()
    .enumerate()
    {
        let trade = format!(
            r#"[{{"T":"t","S":"AAPL","i":{id},"x":"D","p":1,"s":1,"t":"2024-03-12T10:00:02Z","c":[{conditions}],"z":"{tape}"}}]"#
        );
        assert_eq!(message(&mut stocks, &trade).len(), told, "{trade}");
    }
}

#[test]
fn refusals_are_said() {
    let refusal = r#"[{"T":"error","code":402,"msg":"auth failed"}]"#;
    let mut stocks = alpaca(STOCKS, Encoding::Json, BookChannel::Touch);
    opened(&mut stocks);
    assert_eq!(
        message(&mut stocks, refusal),
        [
            "reconnect: the venue refuses the connection",
            "error: no refusal"
        ]
    );
    let mut stocks = subscribed(STOCKS, BookChannel::Touch);
    assert_eq!(message(&mut stocks, refusal), ["error: no refusal"]);
    let mut silent = alpaca(STOCKS, Encoding::Json, BookChannel::Touch);
    opened(&mut silent);
    assert_eq!(tick(&mut silent, after_ms(10_000)), ["x"; 0]);
    assert_eq!(
        tick(&mut silent, after_ms(10_001)),
        ["reconnect: no answer to the key"]
    );
    let mut crypto = subscribed(Product::Crypto, BookChannel::Depth);
    let taken = r#"[{"T":"subscription","trades":[],"quotes":[]}]"#;
    assert_eq!(message(&mut crypto, taken), ["x"; 0]);
    assert_eq!(tick(&mut crypto, after_ms(25_000)), ["x"; 0]);
    assert_eq!(
        tick(&mut crypto, after_ms(25_001)),
        ["reconnect: a book was not stated"]
    );
}

/// Without an answer for ten seconds, or two from one request to the next after a refusal.
#[test]
fn a_subscription_that_is_not_taken_is_asked_for_again() {
    let mut stocks = subscribed(STOCKS, BookChannel::Touch);
    assert_eq!(tick(&mut stocks, after_ms(9_999)), ["x"; 0]);
    let asked = tick(&mut stocks, after_ms(10_000));
    assert!(
        asked[0].starts_with(r#"send {"action":"subscribe","#),
        "{asked:?}"
    );
    let refusal = r#"[{"T":"error","code":405,"msg":"symbol limit exceeded"}]"#;
    let refused = ["error: no refusal"];
    assert_eq!(told::message(&mut stocks, refusal, after(10)), refused);
    assert_eq!(tick(&mut stocks, after_ms(11_999)), ["x"; 0]);
    assert_eq!(tick(&mut stocks, after_ms(12_000)), asked);
    let taken = r#"[{"T":"subscription","trades":[],"quotes":[]}]"#;
    assert_eq!(told::message(&mut stocks, taken, after(14)), ["x"; 0]);
    assert_eq!(told::message(&mut stocks, refusal, after(15)), refused);
    assert_eq!(tick(&mut stocks, after(3_600)), ["x"; 0]);
}

/// Of a symbol or a kind that nobody asked for: what it was of may be the book, which has no numbers to tell.
#[test]
fn a_message_that_may_have_been_of_a_book_loses_it() {
    let lost = |what: &str| {
        let reconnects = "reconnect: a message that cannot be read";
        ["Gap", reconnects, &format!("error: {what}")].map(str::to_owned)
    };
    let whole = r#"[{"T":"o","S":"BTC/USD","t":"2024-03-12T10:38:50.79613221Z","b":[{"p":1,"s":1}],"a":[{"p":2,"s":1}],"r":true}]"#;
    for (from, to, what) in [
        ("BTC/USD", "BTC/U5D", "a symbol that was subscribed to"),
        (r#""T":"o""#, r#""T":"@""#, "a kind of the pages"),
        (r#""T":"o","#, "", "a kind of the pages"),
    ] {
        let mut crypto = subscribed(Product::Crypto, BookChannel::Depth);
        assert_eq!(message(&mut crypto, whole), ["whole 1x1 | 2x1"]);
        assert_eq!(message(&mut crypto, &whole.replace(from, to)), lost(what));
    }
    // A print that cannot be read takes nothing from a book: sizes of crypto may have nine decimals.
    let mut crypto = subscribed(Product::Crypto, BookChannel::Depth);
    message(&mut crypto, whole);
    let print = r#"[{"T":"t","S":"BTC/USD","p":1,"s":0.123456789,"t":"2024-03-12T10:38:51Z","i":7,"tks":"B"}]"#;
    assert_eq!(message(&mut crypto, print), ["error: s"]);
    assert_eq!(crypto.health()[0].counters.malformed, 1);
}

#[test]
fn packed_messages_say_the_same() {
    let mut crypto = alpaca(Product::Crypto, Encoding::MessagePack, BookChannel::Touch);
    opened(&mut crypto);
    let authenticated = b"\x91\x82\xa1T\xa7success\xa3msg\xadauthenticated";
    assert_eq!(binary(&mut crypto, authenticated).len(), 1);
    let mut quote = b"\x91\x87\xa1T\xa1q\xa1S\xa7BTC/USD\xa2bp\xcb".to_vec();
    quote.extend(71_859.53_f64.to_be_bytes());
    quote.extend(b"\xa2bs\xcb");
    quote.extend(0.27994_f64.to_be_bytes());
    // 71,860 in 32 bits, 2 in the head; 1 s and 5 ns.
    quote.extend(
        b"\xa2ap\xce\x00\x01\x18\xb4\xa2as\x02\xa1t\xd7\xff\x00\x00\x00\x14\x00\x00\x00\x01",
    );
    let said = ["quote 71859.53x0.27994 71860x2 at 1000000005"];
    assert_eq!(binary(&mut crypto, &quote), said);
    for end in 0..quote.len() {
        opened(&mut crypto);
        assert_eq!(
            binary(&mut crypto, &quote[..end]),
            [
                "reconnect: a message that cannot be read",
                "error: an array of messages"
            ]
        );
        opened(&mut crypto);
        assert_eq!(binary(&mut crypto, &quote), said);
        opened(&mut crypto);
    }
    // A key that is no text, behind which all else could be read: noise in a figure before it looks like that.
    quote[1] += 1;
    quote.extend(b"\x07\x00");
    assert_eq!(
        binary(&mut crypto, &quote),
        [
            "reconnect: a message that cannot be read",
            "error: an array of messages"
        ]
    );
}

#[test]
fn what_cannot_be_read_is_lost_and_said() {
    for text in ["", "7", "[7]", "{}", r#"[{"T":"q""#, r#"[{"T":"x"}"#] {
        let mut stocks = subscribed(STOCKS, BookChannel::Touch);
        assert_eq!(
            message(&mut stocks, text),
            [
                "reconnect: a message that cannot be read",
                "error: an array of messages"
            ],
            "{text}"
        );
    }
    let mut crypto = subscribed(Product::Crypto, BookChannel::Depth);
    assert_eq!(
        message(
            &mut crypto,
            r#"[{"T":"o","S":"BTC/USD","t":"2024-03-12T10:00:02Z","b":[{"p":1}],"a":[],"r":true}]"#
        ),
        ["reconnect: a message that cannot be read", "error: b"]
    );
    let mut stocks = subscribed(STOCKS, BookChannel::Touch);
    assert_eq!(
        message(
            &mut stocks,
            r#"[{"T":"q","S":"TSLA"},{"T":"q","S":"AMD","bp":1}]"#
        ),
        ["error: a symbol that was subscribed to"]
    );
    assert_eq!(stocks.health()[1].counters.malformed, 1);
}

#[test]
fn nothing_is_said_of_a_message_that_ends_badly() {
    let quote = r#"{"T":"q","S":"AMD","bp":87.66,"bs":1,"ap":87.68,"as":4,"t":"2021-02-22T15:51:45.335689322Z"}"#;
    let other = quote.replace("AMD", "AAPL");
    // In the form of the venue's pages, and in another.
    for first in [quote.to_owned(), quote.replacen('{', "{ ", 1)] {
        let whole = format!("[{first},{other}]");
        let says = ["quote 87.66x100 87.68x400 at 1614009105335689322"; 2];
        assert_eq!(
            message(&mut subscribed(STOCKS, BookChannel::Touch), &whole),
            says
        );
        for end in 0..whole.len() {
            assert_eq!(
                message(&mut subscribed(STOCKS, BookChannel::Touch), &whole[..end]),
                [
                    "reconnect: a message that cannot be read",
                    "error: an array of messages"
                ],
                "{}",
                &whole[..end]
            );
        }
    }
}

#[test]
fn what_other_messages_have_under_a_name_is_skipped() {
    let mut stocks = subscribed(STOCKS, BookChannel::Touch);
    // A day's bar has numbers, a correction texts, and nobody knows what else comes.
    for unasked in [
        r#"[{"T":"d","S":"AAPL","o":1,"h":2,"l":1,"c":1.5,"v":7,"t":"2021-02-22T15:51:45Z"}]"#,
        r#"[{"T":"c","S":"AAPL","x":"V","oi":1,"op":1.5,"os":1,"oc":["@"],"a":"C","b":{"p":1},"z":"C"}]"#,
        r#"[{"T":"y","S":{"x":[1]},"t":[7],"i":{},"p":[[]],"s":{"b":"]"},"x":[],"c":{"a":"}"},"b":[x],"a":[{"p":}],"r":[]}]"#,
    ] {
        assert_eq!(message(&mut stocks, unasked), ["x"; 0], "{unasked}");
    }
    assert_eq!(
        message(
            &mut stocks,
            r#"[{"T":"q","S":"AAPL","bp":[87.66],"bs":1,"ap":87.68,"as":4,"t":"2021-02-22T15:51:45Z"}]"#
        ),
        ["error: bp"]
    );
}

#[test]
fn levels_come_back_on_every_path() {
    let book = |time: &str, bid: &str, rest: &str| {
        format!(
            r#"[{{"T":"o","S":"BTC/USD","t":"{time}","b":[{{"p":{bid},"s":0.5}}],"a":[{{"p":71860,"s":2}}]{rest}}}]"#
        )
    };
    let (before, now) = ("2023-10-06T17:35:54Z", "2023-10-06T17:35:55Z");
    let whole = r#","r":true"#;
    let messages = [
        book(now, "71859.5", whole),
        book(now, "71859", ""),
        // A time that runs back, a crossed book, off the grid, no levels, no time, nobody's, cut off.
        book(before, "71859", ""),
        book(now, "71861", ""),
        book(now, "71859.000001", ""),
        book(now, "null", ""),
        book("x", "71859", ""),
        book(now, "71859", "").replace("BTC/USD", "ETH/USD"),
        book(now, "71859", "").replace("}]}]", "}]}"),
        // Another time of two, and of no kind.
        book(now, "71859", "").replace("}]}]", r#"}]},{"T":"q","S":"BTC/USD"}]"#),
        book(now, "71859", "").replace(r#""o""#, r#""x""#),
    ];
    for encoding in [Encoding::Json, Encoding::MessagePack] {
        for channel in [BookChannel::Depth, BookChannel::Touch] {
            for text in &messages {
                for is_cut in [false, true] {
                    let form = |text: &str| {
                        let mut bytes = match encoding {
                            Encoding::Json => text.as_bytes().to_vec(),
                            Encoding::MessagePack => local::packed(text.as_bytes()),
                        };
                        if is_cut {
                            bytes.pop();
                        }
                        bytes
                    };
                    let mut alpaca = alpaca(Product::Crypto, encoding, channel);
                    let mut out = Output::default();
                    alpaca.opened(NOW, &mut out);
                    let first = &mut form(&messages[0]);
                    let _ = alpaca.message(first, NOW, &mut out);
                    out.clear_events();
                    let mut bytes = form(text);
                    let kept = spare(&mut out, |out| {
                        let _ = alpaca.message(&mut bytes, NOW, out);
                    });
                    assert_eq!(kept, 2, "{encoding:?}, {channel:?}: {text}");
                }
            }
        }
    }
}

/// What an item says.
fn general<'a>(reader: &mut Reader<'a>, out: &mut Output) -> Option<Said<'a>> {
    let mut item = Item::EMPTY;
    item.json(reader, out).ok()?;
    let is_told = matches!(item.kind, b"q" | b"t" | b"o");
    is_told.then(|| item.said(100, out).ok())?
}

/// An item as it is read in the form of the pages and in any.
fn both(item: &[u8]) -> [Option<Said<'_>>; 2] {
    let mut outs = [Output::default(), Output::default()];
    let [first, second] = &mut outs;
    forms::both(
        item,
        |item| Said::expected(item, 100, first),
        |reader| general(reader, second),
    )
}

/// Of the pages of stocks and of crypto, and of the page of the connection, which has another order.
const ITEMS: [&str; 9] = [
    r#"{"T":"q","S":"AMD","bx":"U","bp":87.66,"bs":1,"ax":"Q","ap":87.68,"as":4,"t":"2021-02-22T15:51:45.335689322Z","c":["R"],"z":"C"},"#,
    r#"{"T":"q","S":"AMD","bx":"K","bp":91.95,"bs":2,"ax":"Q","ap":91.98,"as":1,"c":["R"],"z":"C","t":"2023-04-06T11:54:21.670905508Z"}]"#,
    r#"{"T":"q","S":"ETH/USD","bp":1815.55510989,"bs":8.24941727,"ap":1818.4,"as":4.15121428,"t":"2023-03-18T13:51:33.256826818Z"}]"#,
    r#"{"T":"t","i":96921,"S":"AAPL","x":"D","p":126.55,"s":1,"t":"2021-02-22T15:51:44.208Z","c":["@","I"],"z":"C"}]"#,
    r#"{"T":"t","S":"AAPL","i":628,"x":"K","p":162.92,"s":3,"c":[" ","B"],"z":"A","t":"2023-04-06T11:54:26.838232225Z"},"#,
    r#"{"T":"t","S":"CRV/USD","p":47.299,"s":29.20570781,"t":"2024-03-12T10:27:48.858228144Z","i":3447222699101865076,"tks":"S"}]"#,
    r#"{"T":"o","S":"BTC/USD","t":"2024-03-12T10:38:50.79613221Z","b":[{"p":71859.53,"s":0.27994},{"p":71849.4,"s":0.553986}],"a":[{"p":71939.7,"s":0.83953}],"r":true}]"#,
    r#"{"T":"o","S":"BTC/USD","t":"2024-03-12T10:39:39.445492807Z","b":[],"a":[{"p":71939.7,"s":0}]}]"#,
    r#"{"T":"o","S":"BTC/USD","t":"2024-03-12T10:39:39Z","b":[{"p":1,"s":2}],"a":[]},"#,
];

#[test]
fn samples_have_the_expected_form() {
    assert_expected(&ITEMS, both);
}

proptest! {
    /// What the form of the pages takes, any form takes, and for the same.
    #[test]
    fn no_item_is_taken_that_was_refused(bytes in changed(&ITEMS)) {
        let [expected, general] = both(&bytes);
        if expected.is_some() {
            prop_assert_eq!(expected, general);
        }
    }
}
