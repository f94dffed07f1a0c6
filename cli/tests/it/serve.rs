//! `dynasty serve` as a process, on the prices of a `dynasty venue` that is another, and `dynasty feeds` that
//! asks it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::demo::get;

/// A process that does not outlive its test.
pub(crate) struct Running {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Running {
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dynasty"))
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The part behind `before` and up to a space, of the next line that has it.
    pub(crate) fn word_after(&mut self, before: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(
                self.lines.read_line(&mut line).unwrap() > 0,
                "no line with {before}"
            );
            if let Some((_, rest)) = line.split_once(before) {
                return rest.split([' ', ',', '\n']).next().unwrap().to_owned();
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dynasty"))
        .args(args)
        .output()
        .unwrap()
}

/// The fixture, on other addresses and in another directory.
pub(crate) fn config(directory: &Path, venue: &str) -> String {
    let text = include_str!("../../../fixtures/servers/local.toml");
    let plans = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/plans/");
    let text = text
        .replace("../../data/local", "data")
        .replace("../plans/", plans)
        .replace("127.0.0.1:8080", "127.0.0.1:0")
        .replace("127.0.0.1:9443", venue);
    let path = directory.join("server.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn feeds(server: &str) -> Value {
    let output = run(&["feeds", "--server", server, "--format", "json"]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The feed's figures, each of them once, on the page of metrics and in the table.
fn is_seen(url: &str) {
    const FIGURES: [&str; 16] = [
        "live",
        "messages_total",
        "gaps_total",
        "checksum_errors_total",
        "malformed_total",
        "resyncs_total",
        "repeated_total",
        "crossed_total",
        "locked_total",
        "off_grid_total",
        "not_positive_total",
        "outliers_total",
        "silences_total",
        "messages_per_second",
        "stale_seconds_total",
        "lag_seconds",
    ];
    let page = get(url.trim_start_matches("http://"), "/metrics");
    for figure in FIGURES {
        let is_head = format!("# TYPE dynasty_feed_{figure} ");
        assert!(page.contains(&is_head), "{figure}");
        if figure == "lag_seconds" {
            // Only of what has a time of the venue's.
            continue;
        }
        for symbol in ["BTCUSDT", "ETHUSDT"] {
            let series = format!(
                "dynasty_feed_{figure}{{feed=\"binance-spot\",place=\"0\",symbol=\"{symbol}\"}} "
            );
            assert_eq!(page.matches(&series).count(), 1, "{series}: {page}");
        }
    }
    for figure in ["reconnects_total", "unreadable_total"] {
        let series = format!("dynasty_feed_{figure}{{feed=\"binance-spot\",place=\"0\"}} ");
        assert_eq!(page.matches(&series).count(), 1, "{series}: {page}");
    }
    // In one of the three states.
    for symbol in ["BTCUSDT", "ETHUSDT"] {
        let labels = format!("feed=\"binance-spot\",place=\"0\",symbol=\"{symbol}\"");
        let of = |state: &str, value: u8| {
            format!("dynasty_feed_state{{{labels},state=\"{state}\"}} {value}\n")
        };
        let states = ["down", "syncing", "live"];
        let count = |value| {
            states
                .iter()
                .filter(|it| page.contains(&of(it, value)))
                .count()
        };
        assert_eq!((count(1), count(0)), (1, 2), "{page}");
    }
    let table = run(&["feeds", "--server", url]);
    let table = String::from_utf8(table.stdout).unwrap();
    let heads: Vec<_> = table.lines().next().unwrap().split("  ").collect();
    let heads: Vec<_> = heads
        .iter()
        .map(|head| head.trim())
        .filter(|head| !head.is_empty())
        .collect();
    let expected = [
        "feed",
        "symbol",
        "state",
        "lag ms",
        "messages",
        "a second",
        "gaps",
        "resyncs",
        "repeated",
        "checksums",
        "malformed",
        "crossed",
        "locked",
        "off grid",
        "not positive",
        "outliers",
        "silences",
        "stale ms",
        "stale by",
        "reconnects",
    ];
    assert_eq!(heads, expected, "{table}");
}

#[test]
fn a_fault_that_is_not_there_says_what_is() {
    for args in [
        [
            "venue",
            "kraken",
            "--symbols",
            "BTC/USD",
            "--fault",
            "drop=5",
        ],
        [
            "replay",
            "x.tape",
            "--serve",
            "127.0.0.1:0",
            "--fault",
            "drop=5",
        ],
    ] {
        let output = run(&args);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        let accepted = "'drop=5'; accepted: NAME=COUNT, of 10,000, 0 to 10000, with a name of dropped, doubled";
        assert!(said.contains(accepted), "{said}");
    }
}

#[test]
fn a_server_follows_a_venue_that_goes_away_and_comes_back() {
    let listen = "127.0.0.1:0";
    let symbols = "BTCUSDT,ETHUSDT";
    let venue = ["venue", "binance-spot", "--symbols", symbols, "--listen"];
    let mut first = Running::start(&[&venue[..], &[listen]].concat());
    let address = first.word_after("ws://");
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path(), &address);
    let mut server = Running::start(&["serve", "--config", &config]);
    let url = server.word_after("Open ");

    let deadline = Instant::now() + Duration::from_mins(2);
    let wait = |state: &str, reconnects: u64| {
        loop {
            let answer = feeds(&url);
            let feed = &answer["feeds"][0];
            assert_eq!(feed["feed"], "binance-spot");
            let fed = feed["instruments"].as_array().unwrap();
            assert_eq!(fed.len(), 2);
            let all = fed.iter().all(|instrument| instrument["state"] == state);
            if all && feed["reconnects"].as_u64().unwrap() >= reconnects {
                return answer;
            }
            assert!(Instant::now() < deadline, "never {state}: {answer}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    wait("live", 0);
    is_seen(&url);
    drop(first);
    wait("down", 1);
    let _second = Running::start(&[&venue[..], &[&address]].concat());
    let answer = wait("live", 1);
    let instrument = &answer["feeds"][0]["instruments"][0];
    assert_eq!(instrument["symbol"], "BTCUSDT");
    assert_eq!(instrument["resyncs"], 2);
    assert_eq!(instrument["off_grid"], 0);
}

#[test]
fn a_server_that_starts_without_its_venue_fills_nothing_at_the_prices_of_before() {
    let listen = "127.0.0.1:0";
    let symbols = "BTCUSDT,ETHUSDT";
    let mut venue = Running::start(&[
        "venue",
        "binance-spot",
        "--symbols",
        symbols,
        "--listen",
        listen,
    ]);
    let address = venue.word_after("ws://");
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path(), &address);
    let mut server = Running::start(&["serve", "--config", &config]);
    let url = server.word_after("Open ");
    let deadline = Instant::now() + Duration::from_mins(2);
    let instruments = |url: &str| get(url.trim_start_matches("http://"), "/v1/instruments");
    while instruments(&url).matches("\"is_stale\":false").count() < 2
        || feeds(&url)["feeds"][0]["instruments"][0]["state"] != "live"
    {
        assert!(Instant::now() < deadline, "{}", instruments(&url));
        std::thread::sleep(Duration::from_millis(50));
    }
    let (status, body) = post(&url, "/v1/accounts", r#"{"plan":"0","name":"anna"}"#);
    assert_eq!(status, "HTTP/1.1 201 Created", "{body}");
    let buy = |url: &str, id: u32| {
        let order = format!(
            r#"{{"client_order_id":"{id}","instrument":"0","side":"buy","type":"market","qty":"1"}}"#
        );
        post(url, "/v1/accounts/0/orders", &order)
    };
    let (status, body) = buy(&url, 1);
    assert_eq!(status, "HTTP/1.1 201 Created", "{body}");
    // Both end without a word.
    drop(server);
    drop(venue);
    let mut server = Running::start(&["serve", "--config", &config]);
    let url = server.word_after("Open ");
    let (status, body) = buy(&url, 2);
    assert_eq!(status, "HTTP/1.1 422 Unprocessable Entity", "{body}");
    assert!(body.contains("bad_quote"), "{body}");
    // Views follow a little later.
    while instruments(&url).matches("\"is_stale\":true").count() < 2 {
        assert!(Instant::now() < deadline, "{}", instruments(&url));
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_file_that_is_not_accepted_says_where_and_what_would_be() {
    let directory = tempfile::tempdir().unwrap();
    let path = config(directory.path(), "127.0.0.1:1");
    let whole = std::fs::read_to_string(&path).unwrap();
    let output = run(&["serve", "--config", &path, "--check"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.ends_with("2 instruments, 2 plans, 0 competitions, 1 feeds\n"),
        "{said}"
    );
    for (what, instead, error) in [
        (
            "\"binance-spot\"",
            "\"binance\"",
            "feed[0].venue: value 'binance': accepted one of alpaca-boats, ",
        ),
        (
            "ETHUSDT = ",
            "XRPUSDT = ",
            "feed[0].symbols.XRPUSDT: value 'ETHUSDT': accepted ",
        ),
        (
            "127.0.0.1:0",
            "0.0.0.0:0",
            "listen: value '0.0.0.0:0': accepted an address of this machine",
        ),
        (
            "listen = ",
            "retention = { keep_age = \"soon\" }\nlisten = ",
            "retention.keep_age: value 'soon': accepted a duration above zero",
        ),
        (
            "listen = ",
            "retention = { keep_bytes = \"3MB\" }\nlisten = ",
            "retention.keep_bytes: value '3MB': accepted a whole number above zero",
        ),
        (
            "listen = ",
            "limits = { accounts_max = 0 }\nlisten = ",
            "limits.accounts_max: value '0': accepted a whole number from 1 to 16777216",
        ),
        (
            "listen = ",
            "limits = { instruments_max = 1 }\nlisten = ",
            "limits.instruments_max: value '1': accepted 2 or more, as this file defines so many",
        ),
        (
            "listen = ",
            "limits = { wishes_max = 3 }\nlisten = ",
            "limits.wishes_max: value '3': accepted no such field; known: instruments_max",
        ),
        ("static-100k.toml", "nowhere.toml", "nowhere.toml"),
    ] {
        assert!(whole.contains(what), "{what}");
        std::fs::write(&path, whole.replace(what, instead)).unwrap();
        let output = run(&["serve", "--config", &path, "--check"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert!(said.contains(error), "{said}");
    }
}

/// The status of an instrument of a server, once it is `status`.
fn wait_for_status(server: &str, status: &str) {
    let deadline = Instant::now() + Duration::from_mins(2);
    let address = server.trim_start_matches("http://").to_owned();
    loop {
        let mut socket = std::net::TcpStream::connect(&address).unwrap();
        let request =
            format!("GET /v1/instruments HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        std::io::Write::write_all(&mut socket, request.as_bytes()).unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut socket, &mut answer).unwrap();
        if answer.contains(&format!("\"status\":\"{status}\"")) {
            return;
        }
        assert!(Instant::now() < deadline, "never {status}: {answer}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn an_instrument_out_of_its_session_is_closed_and_open_again_when_the_file_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("server.toml");
    let path = path.to_str().unwrap();
    // A session of one hour, on the weekday of the day before yesterday: it is not now, wherever this runs.
    let days = ["thu", "fri", "sat", "sun", "mon", "tue", "wed"];
    let now = std::time::SystemTime::now();
    let today = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() / 86_400;
    let day = days[(today as usize + 5) % 7];
    let file = |session: &str| {
        format!(
            "data = \"data\"\nlisten = \"127.0.0.1:0\"\n\n\
             [[calendar]]\nname = \"past\"\nzone = \"UTC\"\n\
             sessions = [{{ days = \"{day}\", open = \"10:00\", close = \"11:00\" }}]\n\n\
             [[instrument]]\nsymbol = \"AAPL\"\nkind = \"equity\"\ncurrency = \"USD\"\n\
             tick_size = \"0.01\"\nlot_size = \"1\"\norder_qty_max = \"1000\"\nsession = \"{session}\"\n"
        )
    };
    for (session, status) in [("past", "closed"), ("always", "open"), ("past", "closed")] {
        std::fs::write(path, file(session)).unwrap();
        let mut server = Running::start(&["serve", "--config", path]);
        wait_for_status(&server.word_after("Open "), status);
    }
}

/// Sends JSON; the status line and the body.
fn post(server: &str, path: &str, body: &str) -> (String, String) {
    let address = server.trim_start_matches("http://");
    let mut socket = std::net::TcpStream::connect(address).unwrap();
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    std::io::Write::write_all(&mut socket, request.as_bytes()).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut socket, &mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

/// The inputs of the journal of a directory.
fn dump(directory: &Path) -> String {
    let data = directory.join("data");
    let output = run(&["journal", "dump", data.to_str().unwrap()]);
    // The end of one that a server is writing may be half a record: what is whole is printed.
    String::from_utf8(output.stdout).unwrap()
}

const TABLES: &str = r#"
[[curve]]
weights = [1, 2, 1]

[[latency]]
name = "wan"
samples = [{ order_ns = 1000000, ack_ns = 1000000 }]

[[conversion]]
from = "EUR"
to = "USD"
rate = "1.1"

[[conversion]]
from = "BTC"
to = "USD"
from_instrument = "BTCUSDT"

"#;

#[test]
fn a_server_has_its_curves_latencies_and_rates_and_keeps_them() {
    let venue = ["venue", "binance-spot", "--symbols", "BTCUSDT,ETHUSDT"];
    let mut venue = Running::start(&[&venue[..], &["--listen", "127.0.0.1:0"]].concat());
    let address = venue.word_after("ws://");
    let directory = tempfile::tempdir().unwrap();
    let path = config(directory.path(), &address);
    let text = std::fs::read_to_string(&path).unwrap();
    let delayed =
        "order_qty_max = \"1000\"\nliquidity = { paper = { latency = { recorded = \"wan\" } } }";
    let text = text
        .replacen("[[instrument]]", &format!("{TABLES}[[instrument]]"), 1)
        .replace("order_qty_max = \"1000\"", delayed);
    std::fs::write(&path, &text).unwrap();
    let mut server = Running::start(&["serve", "--config", &path]);
    let url = server.word_after("Open ");
    // The file's plans are inputs like any other: they may not be in yet.
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        let (status, body) = post(&url, "/v1/accounts", r#"{"plan":"0","name":"anna"}"#);
        if status == "HTTP/1.1 201 Created" {
            break;
        }
        assert!(Instant::now() < deadline, "{status} {body}");
        std::thread::sleep(Duration::from_millis(50));
    }
    let algo = |curve: &str| {
        let body = format!(
            r#"{{"client_order_id":"1","instrument":"0","side":"buy","type":"vwap","curve":"{curve}",
            "qty":"1","price":"1","start":"2026-01-01T00:00:00Z","end":"2096-01-01T00:00:00Z"}}"#
        );
        post(&url, "/v1/accounts/0/algos", &body)
    };
    let (status, body) = algo("1");
    assert_eq!(status, "HTTP/1.1 422 Unprocessable Entity");
    assert!(body.contains(r#""field":"curve","value":"1""#), "{body}");
    let (status, body) = algo("0");
    assert_eq!(status, "HTTP/1.1 201 Created", "{body}");
    // The firm's own rate stays at a restart, where the file still says 1.1.
    let rate = r#"{"from":"EUR","to":"USD","rate":"1.2"}"#;
    let (status, _) = post(&url, "/v1/conversions", rate);
    assert_eq!(status, "HTTP/1.1 200 OK");
    let followed = "SetConversion { from: \"BTC\"";
    let dumped = loop {
        let dumped = dump(directory.path());
        if dumped.contains(followed) {
            break dumped;
        }
        assert!(Instant::now() < deadline, "{dumped}");
        std::thread::sleep(Duration::from_millis(100));
    };
    for (what, times) in [
        ("DefineCurve { weights: [1, 2, 1] }", 1),
        ("DefineLatency", 1),
        ("SetConversion { from: \"EUR\"", 2),
    ] {
        assert_eq!(dumped.matches(what).count(), times, "{what}: {dumped}");
    }
    drop(server);
    let mut server = Running::start(&["serve", "--config", &path]);
    server.word_after("Open ");
    drop(server);
    let dumped = dump(directory.path());
    assert_eq!(dumped.matches("DefineCurve").count(), 1);
    assert_eq!(dumped.matches("SetConversion { from: \"EUR\"").count(), 2);
}
