//! The recordings hold what fixtures/README.md says they hold.

use marketdata::{read_bars, read_ticks};
use types::{Aggressor, Bar, MarketData, Price, Qty, Quote, TimestampNs, Trade};

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

fn qty(text: &str) -> Qty {
    text.parse().unwrap()
}

fn quote(bid: &str, bid_qty: &str, ask: &str, ask_qty: &str) -> MarketData {
    MarketData::Quote(Quote {
        bid: price(bid),
        bid_qty: qty(bid_qty),
        ask: price(ask),
        ask_qty: qty(ask_qty),
    })
}

fn bar(start: u64, [open, high, low, close, volume]: [&str; 5]) -> Bar {
    Bar {
        start: TimestampNs(start),
        open: price(open),
        high: price(high),
        low: price(low),
        close: price(close),
        volume: qty(volume),
    }
}

/// Quotes and trades.
fn counts(ticks: &[(TimestampNs, MarketData)]) -> (usize, usize) {
    let quotes = ticks
        .iter()
        .filter(|(_, data)| matches!(data, MarketData::Quote(_)))
        .count();
    (quotes, ticks.len() - quotes)
}

#[test]
fn btcusdt_reads_as_recorded() {
    let gz = include_bytes!("../../../fixtures/market/btcusdt_ticks.csv.gz");
    let ticks = read_ticks("btcusdt", gz).unwrap();
    assert_eq!(ticks.len(), 24_404);
    assert_eq!(counts(&ticks), (17_634, 6_770));
    assert_eq!(
        ticks[0],
        (
            TimestampNs(1_742_944_020_840_482_813),
            quote("87232", "2.42385", "87232.01", "2.64517")
        )
    );
    assert_eq!(
        ticks[2],
        (
            TimestampNs(1_742_944_020_847_021_081),
            MarketData::Trade(Trade {
                price: price("87232"),
                qty: qty("0.00012"),
                aggressor: Aggressor::Seller,
            })
        )
    );
    assert_eq!(
        ticks[24_403],
        (
            TimestampNs(1_742_944_205_071_898_245),
            MarketData::Trade(Trade {
                price: price("87256.67"),
                qty: qty("0.00008"),
                aggressor: Aggressor::Buyer,
            })
        )
    );
}

#[test]
fn ethusdt_reads_as_recorded() {
    let gz = include_bytes!("../../../fixtures/market/ethusdt_ticks.csv.gz");
    let ticks = read_ticks("ethusdt", gz).unwrap();
    assert_eq!(ticks.len(), 13_838);
    assert_eq!(counts(&ticks), (12_033, 1_805));
    assert_eq!(ticks[0].0, TimestampNs(1_742_944_020_773_684_644));
    assert_eq!(ticks[0].1, quote("2059.1", "33.0914", "2059.11", "3.0146"));
    assert_eq!(ticks[13_837].0, TimestampNs(1_742_944_205_263_970_096));
    assert_eq!(
        ticks[13_837].1,
        quote("2059.77", "2.3572", "2059.78", "57.431")
    );
}

#[test]
fn solusdt_reads_as_recorded() {
    let gz = include_bytes!("../../../fixtures/market/solusdt_ticks.csv.gz");
    let ticks = read_ticks("solusdt", gz).unwrap();
    assert_eq!(ticks.len(), 11_758);
    assert_eq!(counts(&ticks), (9_301, 2_457));
    assert_eq!(ticks[0].0, TimestampNs(1_742_944_021_489_392_457));
    assert_eq!(ticks[0].1, quote("143.53", "58.157", "143.54", "205.146"));
    assert_eq!(ticks[11_757].0, TimestampNs(1_742_944_205_013_019_310));
    assert_eq!(ticks[11_757].1, quote("143.7", "7.725", "143.71", "229.22"));
}

#[test]
fn eurusd_reads_as_recorded() {
    let gz = include_bytes!("../../../fixtures/market/eurusd_1h_bars.csv.gz");
    let bars = read_bars("eurusd", gz).unwrap();
    assert_eq!(bars.len(), 6_225);
    let first = ["1.05236", "1.05253", "1.05221", "1.05227", "143539993.3"];
    assert_eq!(bars[0], bar(1_483_308_000_000_000_000, first));
    let last = ["1.19984", "1.2013", "1.19931", "1.20075", "4885529785"];
    assert_eq!(bars[6_224], bar(1_514_581_200_000_000_000, last));
}

#[test]
fn a_volume_past_the_range_stays_at_its_end() {
    let gz = include_bytes!("../../../fixtures/market/eurusd_1h_bars.csv.gz");
    let bars = read_bars("eurusd", gz).unwrap();
    let held: Vec<u64> = bars
        .iter()
        .filter(|bar| bar.volume == Qty(i64::MAX))
        .map(|bar| bar.start.0)
        .collect();
    // The two rows of 100,532,000,000 and 163,119,000,000.
    assert_eq!(held, [1_506_081_600_000_000_000, 1_506_085_200_000_000_000]);
}

#[test]
fn aapl_reads_as_recorded() {
    let gz = include_bytes!("../../../fixtures/market/aapl_1d_bars.csv.gz");
    let bars = read_bars("aapl", gz).unwrap();
    assert_eq!(bars.len(), 1_000);
    let first = ["92.9703", "96.58", "92", "96.35", "27444900"];
    assert_eq!(bars[0], bar(1_236_864_600_000_000_000, first));
    let last = ["438", "438.1799", "429.98", "430.47", "19730300"];
    assert_eq!(bars[999], bar(1_362_148_200_000_000_000, last));
}
