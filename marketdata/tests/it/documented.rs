//! The samples of the venues' pages in `fixtures/venues`, and what each adapter makes of them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use marketdata::feed::{
    Action, Adapter, BookChannel, Channels, Credentials, Listing, Malformed, Output, Spec,
};
use marketdata::venue::Feed;
use types::{InstrumentId, Level, MarketData, Price, Qty, Ratio, TimestampNs};

/// Folders and the symbol that their messages are about.
const FOLDERS: [(&str, &str); 15] = [
    ("alpaca-crypto", "BTC/USD"),
    ("alpaca-crypto-json", "BTC/USD"),
    ("alpaca-iex", "AAPL"),
    ("alpaca-iex-json", "AAPL"),
    ("binance-futures", "BTCUSDT"),
    ("binance-spot", "BNBBTC"),
    ("bybit-inverse", "BTCUSD"),
    ("bybit-linear", "BTCUSDT"),
    ("bybit-spot", "BTCUSDT"),
    ("coinbase", "BTC-USD"),
    ("hyperliquid", "BTC"),
    ("kraken", "BTC/USD"),
    ("oanda", "EUR_USD"),
    ("okx", "BTC-USDT"),
    ("polygon", "AAPL"),
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/venues")
}

/// When everything happens.
const NOW: TimestampNs = TimestampNs(1_700_000_000_000_000_000);

fn adapter(feed: &str, symbol: &str, book: BookChannel) -> Box<dyn Adapter> {
    let listing = Listing {
        instrument: InstrumentId(0),
        symbol: symbol.to_owned(),
        spec: Spec {
            // What is printed on a page need not be on any grid.
            tick_size: match feed {
                "kraken" => Price(100_000_000),
                _ => Price(1),
            },
            lot_size: Qty(1),
            may_be_negative: false,
            outlier_band: Ratio::ZERO,
        },
    };
    let credentials = Credentials {
        key: String::from("a-key"),
        secret: String::from("a-secret"),
    };
    let channels = Channels { book, trades: true };
    Feed::of(feed)
        .unwrap()
        .adapter(credentials, vec![listing], channels)
}

fn levels(levels: &[Level]) -> String {
    let levels = levels
        .iter()
        .map(|level| format!("{}x{}", level.price, level.qty));
    levels.collect::<Vec<_>>().join(" ")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The messages of a file, one on each line: text, or of a binary venue the bytes in hexadecimal digits.
fn messages(folder: &Path, name: &str) -> Option<Vec<Vec<u8>>> {
    let lines = |ending: &str| fs::read_to_string(folder.join(format!("{name}.{ending}")));
    if let Ok(text) = lines("jsonl") {
        return Some(text.lines().map(|line| line.as_bytes().to_vec()).collect());
    }
    let bytes = |line: &str| -> Vec<u8> {
        let digits = line.as_bytes().chunks(2);
        let digits = digits.map(|pair| std::str::from_utf8(pair).unwrap());
        digits
            .map(|pair| u8::from_str_radix(pair, 16).unwrap())
            .collect()
    };
    Some(lines("hex").ok()?.lines().map(bytes).collect())
}

/// Writes down what was said, and answers a request for a document.
fn told(
    line: usize,
    adapter: &mut dyn Adapter,
    read: Result<(), Malformed>,
    out: &mut Output,
    document: Option<&str>,
    text: &mut String,
) {
    for event in &out.events {
        let ts = event.ts_event.0;
        let said = match &event.data {
            MarketData::Quote(quote) => format!(
                "quote {}x{} {}x{} at {ts}",
                quote.bid, quote.bid_qty, quote.ask, quote.ask_qty
            ),
            MarketData::Trade(trade) => {
                format!(
                    "trade {}x{} {:?} at {ts}",
                    trade.price, trade.qty, trade.aggressor
                )
            }
            MarketData::DepthDelta(update) => {
                format!(
                    "delta {} | {} at {ts}",
                    levels(&update.bids),
                    levels(&update.asks)
                )
            }
            MarketData::DepthSnapshot(update) => {
                format!(
                    "whole {} | {} at {ts}",
                    levels(&update.bids),
                    levels(&update.asks)
                )
            }
            other => format!("{other:?}"),
        };
        writeln!(text, "{line}: {said}").unwrap();
    }
    out.clear_events();
    if let Err(error) = read {
        writeln!(text, "{line}: error: {}", error.what).unwrap();
    }
    for action in std::mem::take(&mut out.actions) {
        match action {
            Action::Send(bytes) => {
                let sent = if adapter.is_binary() {
                    hex(&bytes)
                } else {
                    String::from_utf8(bytes).unwrap()
                };
                writeln!(text, "{line}: send {sent}").unwrap();
            }
            Action::Reconnect { reason } => writeln!(text, "{line}: reconnect: {reason}").unwrap(),
            Action::Fetch { id, path } => {
                writeln!(text, "{line}: fetch {path}").unwrap();
                let body = document.expect("a document that is asked for is there");
                let mut bytes = body.trim().to_owned().into_bytes();
                let read = adapter.answer(id, Some(&mut bytes), NOW, out);
                told(line, adapter, read, out, None, text);
            }
        }
    }
}

fn folder(feed: &str, symbol: &str) -> String {
    let folder = fixtures().join(feed);
    let document = fs::read_to_string(folder.join("document.json")).ok();
    let mut text = String::new();
    for (name, book) in [("depth", BookChannel::Depth), ("touch", BookChannel::Touch)] {
        let Some(messages) = messages(&folder, name) else {
            continue;
        };
        writeln!(text, "{name}").unwrap();
        let mut adapter = adapter(feed, symbol, book);
        let mut out = Output::default();
        adapter.opened(NOW, &mut out);
        told(0, &mut *adapter, Ok(()), &mut out, None, &mut text);
        for (mut bytes, line) in messages.into_iter().zip(1..) {
            let read = adapter.message(&mut bytes, NOW, &mut out);
            told(
                line,
                &mut *adapter,
                read,
                &mut out,
                document.as_deref(),
                &mut text,
            );
        }
    }
    text
}

#[test]
fn samples_of_the_pages_mean_what_is_written_down() {
    let is_update = std::env::var("DYNASTY_GOLDEN").is_ok_and(|value| value == "update");
    for (feed, symbol) in FOLDERS {
        let path = fixtures().join(feed).join("told.txt");
        let told = folder(feed, symbol);
        if is_update {
            fs::write(&path, told).unwrap();
        } else {
            assert_eq!(told, fs::read_to_string(&path).unwrap(), "{feed}");
        }
    }
}

/// The messages in `MessagePack` are those in JSON: all that is told of them is the same but what is sent, which is packed.
#[test]
fn packed_samples_say_what_those_in_json_do() {
    for (feed, symbol) in [("alpaca-iex", "AAPL"), ("alpaca-crypto", "BTC/USD")] {
        let received = |feed: &str| -> Vec<String> {
            let told = folder(feed, symbol);
            let lines = told.lines().filter(|line| !line.contains(": send "));
            lines.map(str::to_owned).collect()
        };
        let packed = received(feed);
        assert!(packed.len() > 4, "{packed:?}");
        assert_eq!(packed, received(&format!("{feed}-json")));
    }
}

/// No folder is without a test, and none without a line of the page that it is after.
#[test]
fn every_folder_is_read_and_cited() {
    let readme = fs::read_to_string(fixtures().join("README.md")).unwrap();
    let mut folders: Vec<_> = fs::read_dir(fixtures())
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    folders.sort();
    assert_eq!(folders, FOLDERS.map(|(feed, _)| feed));
    for feed in folders {
        assert!(readme.contains(&format!("\n| `{feed}` |")), "{feed}");
    }
}
