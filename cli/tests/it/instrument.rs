//! `dynasty instrument` as its users meet it: files checked, shown, and written from venues' documents.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures");

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dynasty"))
        .arg("instrument")
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_instruments_that_come_with_it_are_accepted() {
    for (name, count) in [
        ("futures", 4),
        ("shares", 2),
        ("currencies", 1),
        ("crypto", 1),
    ] {
        let file = format!("{FIXTURES}/instruments/{name}.toml");
        let output = said(&run(&["check", &file]));
        let s = if count == 1 { "" } else { "s" };
        assert_eq!(output, format!("{file}: {count} instrument{s}\n"));
    }
}

#[test]
fn every_instrument_that_is_not_accepted_is_told_of() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("three.toml");
    let instrument = |symbol: &str, tick: &str| {
        format!(
            "[[instrument]]\nsymbol = \"{symbol}\"\nkind = \"equity\"\ncurrency = \"USD\"\n\
             tick_size = \"{tick}\"\nlot_size = \"1\"\norder_qty_max = \"100\"\n"
        )
    };
    let text = [
        instrument("A", "0"),
        instrument("B", "0.01"),
        instrument("B", "0.01"),
    ];
    std::fs::write(&file, text.concat()).unwrap();
    let file = file.to_str().unwrap();
    let checked = run(&["check", file, "--format", "json"]);
    assert_eq!(checked.status.code(), Some(2));
    let told: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(told["accepted"], 1);
    let errors = told["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(
        errors[0]
            .as_str()
            .unwrap()
            .starts_with(&format!("{file}:5: "))
    );
    assert!(errors[1].as_str().unwrap().contains("no instrument above"));
    let told = String::from_utf8(run(&["check", file]).stderr).unwrap();
    assert_eq!(told.lines().count(), 2, "{told}");
    for args in [["show", "no-such-file"], ["check", "no-such-file"]] {
        assert_eq!(run(&args).status.code(), Some(2));
    }
}

#[test]
fn an_instrument_is_shown_in_json() {
    let file = format!("{FIXTURES}/instruments/shares.toml");
    let at = "2020-08-30T12:00:00Z";
    let shown = said(&run(&["show", &file, "--at", at, "--format", "json"]));
    let first = shown.lines().find(|line| line.contains("AAPL")).unwrap();
    let apple: serde_json::Value = serde_json::from_str(first).unwrap();
    assert_eq!(apple["symbol"], "AAPL");
    assert_eq!(apple["at"], "closed until 2020-08-31T13:30:00Z");
    let split = &apple["actions"].as_array().unwrap()[1];
    assert_eq!(
        (&split["ex"], &split["split"]),
        (&"2020-08-31".into(), &"4:1".into())
    );
}

#[test]
fn an_instrument_is_shown_with_what_a_tick_is_worth_and_when_it_trades() {
    let file = format!("{FIXTURES}/instruments/futures.toml");
    // The Friday after Thanksgiving, 06:00 in Chicago: index futures until 12:15, oil until 13:45.
    let shown = said(&run(&["show", &file, "--at", "2026-11-27T12:00:00Z"]));
    let row = |symbol: &str| {
        let row = shown.lines().find(|line| line.contains(symbol));
        row.unwrap_or_else(|| panic!("{symbol} in {shown}"))
            .to_owned()
    };
    assert!(row(" ES ").contains(" 12.5 "), "{shown}");
    assert!(
        row(" ES ").contains("open until 2026-11-27T18:15:00Z"),
        "{shown}"
    );
    assert!(
        row(" CL ").contains("open until 2026-11-27T19:45:00Z"),
        "{shown}"
    );
    let file = format!("{FIXTURES}/instruments/shares.toml");
    let shown = said(&run(&["show", &file, "--at", "2020-08-30T12:00:00Z"]));
    assert!(
        shown.contains("closed until 2020-08-31T13:30:00Z"),
        "{shown}"
    );
    assert!(shown.contains("AAPL 2020-08-31 split 4:1"), "{shown}");
}

#[test]
fn what_is_loaded_from_a_venue_is_accepted() {
    let directory = tempfile::tempdir().unwrap();
    for (venue, symbol) in [
        ("alpaca", "AAPL"),
        ("binance-futures", "BTCUSDT"),
        ("binance-spot", "BTCUSDT"),
        ("bybit-linear", "BTCUSDT"),
        ("coinbase", "BTC-USD"),
        ("hyperliquid", "BTC"),
        ("kraken", "XBT/USD"),
        ("oanda", "EUR_USD"),
        ("okx-swap", "BTC-USDT-SWAP"),
        ("polygon", "AAPL"),
    ] {
        let document = format!("{FIXTURES}/metadata/{venue}.json");
        let args = ["load", "--venue", venue, "--symbols", symbol, &document];
        let file = directory.path().join("instruments.toml");
        std::fs::write(&file, said(&run(&args))).unwrap();
        let checked = said(&run(&["check", file.to_str().unwrap()]));
        assert!(checked.ends_with(": 1 instrument\n"), "{checked}");
    }
    let document = format!("{FIXTURES}/metadata/bybit-linear.json");
    let inverse = [
        "load",
        "--venue",
        "bybit-linear",
        "--symbols",
        "BTCUSD",
        &document,
    ];
    let output = run(&inverse);
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("contractType: value 'InversePerpetual'"),
        "{error}"
    );
}

/// Every instrument of a document, and those that a definition cannot say as comments in their places.
#[test]
fn all_of_a_document_is_loaded() {
    let directory = tempfile::tempdir().unwrap();
    for venue in ["alpaca", "bybit-linear", "kraken", "polygon"] {
        let document = format!("{FIXTURES}/metadata/{venue}.json");
        let output = run(&["load", "--venue", venue, "--symbols", "all", &document]);
        let errors = String::from_utf8(output.stderr.clone()).unwrap();
        let text = said(&output);
        let defined = text.matches("[[instrument]]").count();
        let left_out = text.matches("\n# left out: ").count();
        assert!(defined > 0, "{text}");
        assert_eq!(left_out > 0, errors.contains("are left out"), "{errors}");
        let file = directory.path().join(format!("{venue}.toml"));
        std::fs::write(&file, &text).unwrap();
        let checked = said(&run(&["check", file.to_str().unwrap()]));
        let plural = if defined == 1 { "" } else { "s" };
        let expected = format!(": {defined} instrument{plural}\n");
        assert!(checked.ends_with(&expected), "{checked}");
    }
    let bybit = format!("{FIXTURES}/metadata/bybit-linear.json");
    let text = said(&run(&[
        "load",
        "--venue",
        "bybit-linear",
        "--symbols",
        "all",
        &bybit,
    ]));
    assert!(
        text.contains("\n# left out: BTCUSD: contractType: value 'InversePerpetual'"),
        "{text}"
    );
}

/// What is left out is named also where nothing is left to write it beside; so are a refusal and more pages.
#[test]
fn a_document_of_which_nothing_is_written_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("document.json");
    let load = |venue: &str, document: &str| {
        std::fs::write(&file, document).unwrap();
        let output = run(&[
            "load",
            "--venue",
            venue,
            "--symbols",
            "all",
            file.to_str().unwrap(),
        ]);
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        String::from_utf8(output.stderr).unwrap()
    };
    let inverse = r#"{"retCode": 0, "retMsg": "OK", "result": {"nextPageCursor": "first%3DETH", "list": [
        {"symbol": "BTCUSD", "contractType": "InversePerpetual", "status": "Trading", "baseCoin": "BTC",
         "quoteCoin": "USD", "settleCoin": "BTC"}]}}"#;
    let errors = load("bybit-linear", inverse);
    for told in [
        "result.nextPageCursor is 'first%3DETH'",
        "# left out: BTCUSD: contractType: value 'InversePerpetual'",
        "nothing to write: all 1 instruments of the document are left out",
    ] {
        assert!(errors.contains(told), "{errors}");
    }
    let refused = r#"{"code":"51000","msg":"Parameter instType error","data":[]}"#;
    let errors = load("okx-spot", refused);
    assert!(
        errors.contains("the venue says 'Parameter instType error'"),
        "{errors}"
    );
    let errors = load("okx-spot", " \n");
    assert!(
        errors.starts_with("dynasty: the document is empty; accepted: https://"),
        "{errors}"
    );
    let output = run(&[
        "load",
        "--venue",
        "okx-spot",
        "--symbols",
        "all",
        "--fetch",
        "--rest",
        "foo",
    ]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("accepted: an address with http:// or https://"),
        "{errors}"
    );
    // A file is read, and nobody asked.
    let document = format!("{FIXTURES}/metadata/kraken.json");
    let kraken = [
        "load",
        "--venue",
        "kraken",
        "--symbols",
        "BTC/USD",
        "--rest",
        "http://127.0.0.1:9",
    ];
    let output = run(&[&kraken[..], &[&document]].concat());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("--rest <URL>") && errors.contains("cannot be used with"),
        "{errors}"
    );
    let output = run(&kraken);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("--fetch"), "{errors}");
}

/// No document of shares says a tick: it is a cent, or what one says.
#[test]
fn the_tick_of_shares_may_be_said() {
    let document = format!("{FIXTURES}/metadata/polygon.json");
    let load = ["load", "--venue", "polygon", "--symbols", "AAPL", &document];
    let cent = said(&run(&load));
    assert!(cent.contains("\ntick_size = \"0.01\"\n"), "{cent}");
    let half = said(&run(&[&load[..], &["--share-tick", "0.005"]].concat()));
    assert!(half.contains("\ntick_size = \"0.005\"\n"), "{half}");
    assert!(
        half.contains("# the document states no tick: 0.005 (17 CFR 242.612)"),
        "{half}"
    );
    let output = run(&[&load[..], &["--share-tick", "0"]].concat());
    assert_eq!(output.status.code(), Some(2));
    // Only of shares whose document says none.
    let document = format!("{FIXTURES}/metadata/kraken.json");
    let crypto = [
        "load",
        "--venue",
        "kraken",
        "--symbols",
        "XBT/USD",
        &document,
    ];
    assert_eq!(
        said(&run(&crypto)),
        said(&run(&[&crypto[..], &["--share-tick", "0.005"]].concat()))
    );
}

#[test]
fn a_document_is_fetched_from_where_one_says() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let venue = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(socket.try_clone().unwrap());
        let (mut asked, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            lines.read_line(&mut line).unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            asked.push_str(&line);
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        lines.read_exact(&mut body).unwrap();
        let document = include_str!("../../../fixtures/metadata/hyperliquid.json");
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n",
            document.len()
        );
        socket.write_all(head.as_bytes()).unwrap();
        socket.write_all(document.as_bytes()).unwrap();
        (asked, String::from_utf8(body).unwrap())
    });
    let venue_of = ["load", "--venue", "hyperliquid", "--symbols", "BTC"];
    let loaded = said(&run(
        &[&venue_of[..], &["--fetch", "--rest", &address]].concat()
    ));
    assert!(loaded.contains("symbol = \"BTC\"\n"), "{loaded}");
    let (asked, body) = venue.join().unwrap();
    assert!(asked.starts_with("POST /info HTTP/1.1"), "{asked}");
    assert_eq!(body, r#"{"type":"meta"}"#);
    let keyed = run(&[
        "load",
        "--venue",
        "oanda",
        "--symbols",
        "EUR_USD",
        "--fetch",
    ]);
    let error = String::from_utf8(keyed.stderr).unwrap();
    assert!(error.contains("asks for a key"), "{error}");
}
