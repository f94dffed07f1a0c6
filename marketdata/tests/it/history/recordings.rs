//! Our own recording and our own text give back what was written, to the last bit.

use std::fs;

use marketdata::history::{self, BLOCK_ROWS_MAX, Options, RecordingWriter, Row, RowsWriter};
use proptest::prelude::*;
use types::{
    Aggressor, Bar, DepthUpdate, Financing, InstrumentStatus, Level, MarketData, Money, Price, Qty,
    Quote, Ratio, TimestampNs, Trade,
};

use super::{at, fixture, label, price, qty, read, samples};

fn level() -> impl Strategy<Value = Level> {
    (any::<i64>(), 0_i64..).prop_map(|(price, qty)| Level {
        price: Price(price),
        qty: Qty(qty),
    })
}

fn levels() -> impl Strategy<Value = Vec<Level>> {
    prop::collection::vec(level(), 0..4)
}

/// Anything that the types can hold; readers of text and tables refuse some of it, a recording does not.
fn data() -> impl Strategy<Value = MarketData> {
    let number = || any::<i64>();
    prop_oneof![
        (number(), number(), number(), number()).prop_map(|(bid, bid_qty, ask, ask_qty)| {
            MarketData::Quote(Quote {
                bid: Price(bid),
                bid_qty: Qty(bid_qty),
                ask: Price(ask),
                ask_qty: Qty(ask_qty),
            })
        }),
        (number(), number(), 0..3).prop_map(|(price, qty, side)| {
            MarketData::Trade(Trade {
                price: Price(price),
                qty: Qty(qty),
                aggressor: match side {
                    0 => Aggressor::Unknown,
                    1 => Aggressor::Buyer,
                    _ => Aggressor::Seller,
                },
            })
        }),
        (levels(), levels(), any::<bool>()).prop_map(|(bids, asks, is_whole)| {
            let update = Box::new(DepthUpdate { bids, asks });
            if is_whole {
                MarketData::DepthSnapshot(update)
            } else {
                MarketData::DepthDelta(update)
            }
        }),
        (any::<u64>(), prop::array::uniform5(number())).prop_map(
            |(start, [open, high, low, close, volume])| {
                MarketData::Bar(Bar {
                    start: TimestampNs(start),
                    open: Price(open),
                    high: Price(high),
                    low: Price(low),
                    close: Price(close),
                    volume: Qty(volume),
                })
            }
        ),
        Just(MarketData::Status(InstrumentStatus::Closed)),
        (number(), number(), number()).prop_map(|(long, short, price)| {
            MarketData::Financing(Financing {
                long: Ratio(long),
                short: Ratio(short),
                price: Price(price),
            })
        }),
        number().prop_map(|amount| MarketData::Dividend {
            per_unit: Money(amount)
        }),
        any::<(u32, u32)>().prop_map(|(new, old)| MarketData::Split { new, old }),
        Just(MarketData::Gap),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let symbol = prop_oneof![Just("A"), Just("BTC-USD"), Just("with, comma")];
    (any::<u64>(), any::<u64>(), symbol, data()).prop_map(|(ts, ts_event, symbol, data)| Row {
        ts: TimestampNs(ts),
        ts_event: TimestampNs(ts_event),
        symbol: label(symbol),
        data,
    })
}

fn any_order() -> Options {
    Options {
        disorder: history::Disorder::Allowed,
        to: None,
        ..Options::default()
    }
}

proptest! {
    #[test]
    fn a_recording_gives_back_what_was_written(rows in prop::collection::vec(row(), 0..60)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("any.dyn");
        fs::write(&path, samples::recording(&rows)).unwrap();
        // The end of time itself is never before an end.
        let rows: Vec<_> = rows.into_iter().filter(|row| row.ts.0 < u64::MAX).collect();
        let (found, bad) = read(&path, None, &any_order());
        prop_assert!(bad.is_empty(), "{bad:?}");
        prop_assert_eq!(found, rows);
    }
}

#[test]
fn text_and_tables_give_back_every_kind() {
    let folder = tempfile::tempdir().unwrap();
    let rows = samples::rows();
    let mut text = RowsWriter::new(Vec::new()).unwrap();
    for row in &rows {
        text.write(row).unwrap();
    }
    for (name, bytes) in [
        ("rows.csv", text.finish().unwrap()),
        ("rows.parquet", samples::parquet(&rows)),
        ("rows.dyn", samples::recording(&rows)),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let (found, bad) = read(&path, None, &Options::default());
        assert!(bad.is_empty(), "{name}: {bad:?}");
        assert_eq!(found, rows, "{name}");
        let one = Options {
            symbols: vec![label("X,Y")],
            ..Options::default()
        };
        let (found, _) = read(&path, None, &one);
        assert_eq!(found.len(), 16, "{name}");
    }
}

/// A trade a microsecond, at prices that go round.
fn trades(count: u64) -> Vec<Row> {
    (0..count)
        .map(|place| Row {
            ts: at(1_000_000_000 + place * 1_000),
            ts_event: at(1_000_000_000 + place * 1_000),
            symbol: label("ABC"),
            data: MarketData::Trade(Trade {
                price: Price(100_000_000_000 + (place % 7) as i64 * 250_000_000),
                qty: Qty(
                    (1 + (place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54)) as i64 * 10_000_000,
                ),
                aggressor: Aggressor::Buyer,
            }),
        })
        .collect()
}

#[test]
fn a_recording_says_what_it_holds_and_is_read_from_any_time() {
    let rows = trades(200_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trades.dyn");
    let bytes = samples::recording(&rows);
    fs::write(&path, &bytes).unwrap();
    let summary = history::summary(&path).unwrap();
    assert_eq!((summary.rows, summary.blocks), (200_000, 4));
    assert_eq!(summary.first, Some(at(1_000_000_000)));
    assert_eq!(summary.last, Some(at(1_199_999_000)));
    assert_eq!(summary.symbols[0].tick, price("0.25"));
    assert_eq!(summary.symbols[0].lot, qty("0.1"));
    for (from, count) in [
        (0, 200_000),
        (1_000_000_001, 199_999),
        (1_180_000_000, 20_000),
        (1_199_999_000, 1),
        (1_199_999_001, 0),
    ] {
        let options = Options {
            from: Some(at(from)),
            ..Options::default()
        };
        let opened = history::open(&path, None, &options).unwrap();
        // Blocks before that time are not read.
        let start = opened.bytes_read();
        assert_eq!(start > bytes.len() as u64 / 2, from >= 1_180_000_000);
        assert_eq!(opened.count(), count);
    }
}

#[test]
fn a_recording_that_was_cut_off_is_read_up_to_its_last_whole_block() {
    let rows = trades(BLOCK_ROWS_MAX as u64 + 10);
    let bytes = samples::recording(&rows);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.dyn");
    fs::write(&path, &bytes[..bytes.len() - 120]).unwrap();
    let (found, bad) = read(&path, None, &Options::default());
    assert_eq!(found, rows[..BLOCK_ROWS_MAX]);
    assert!(bad[0].is_fatal() && bad[0].to_string().contains("cut short"));
    assert!(
        history::summary(&path)
            .unwrap_err()
            .to_string()
            .contains("cut off")
    );
}

/// Whatever is wrong with the index at the end, all rows are read, and then it is said.
#[test]
fn an_index_that_is_missing_or_damaged_is_told_after_the_rows() {
    let rows = trades(100);
    let bytes = samples::recording(&rows);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("end.dyn");
    let word = bytes[bytes.len() - 16..bytes.len() - 8].try_into().unwrap();
    let index = u64::from_le_bytes(word) as usize;
    let mut files = vec![[&bytes[..], &[0]].concat()];
    // Its tag is the first byte of the index; without that the file ends where a block would begin.
    files.extend((index..bytes.len()).map(|end| bytes[..end].to_vec()));
    for at in index..bytes.len() {
        // What the offset of the index is, nobody who reads from the start needs to know.
        if !(bytes.len() - 16..bytes.len() - 8).contains(&at) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            files.push(changed);
        }
    }
    for file in files {
        fs::write(&path, &file).unwrap();
        let (found, bad) = read(&path, None, &Options::default());
        assert_eq!(found, rows);
        assert!(bad.len() == 1 && bad[0].is_fatal(), "{bad:?}");
    }
    let mut changed = bytes;
    changed[12] = 1;
    fs::write(&path, &changed).unwrap();
    let refused = history::open(&path, None, &Options::default());
    assert!(refused.err().unwrap().to_string().contains("not zero"));
}

/// Real ticks take less in our recording than as packed text.
#[test]
fn a_recording_of_real_ticks_is_small() {
    let path = fixture("market/btcusdt_ticks.csv.gz");
    let (rows, _) = read(&path, None, &Options::default());
    let recording = samples::recording(&rows).len() as u64;
    let text = fs::metadata(&path).unwrap().len();
    println!("{} rows: {recording} bytes, {text} as csv.gz", rows.len());
    assert!(recording < text, "{recording} {text}");
}

#[test]
fn an_unfinished_writer_leaves_no_whole_recording() {
    let mut bytes = Vec::new();
    let mut writer = RecordingWriter::new(&mut bytes).unwrap();
    for row in trades(5) {
        writer.write(row).unwrap();
    }
    drop(writer);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("open.dyn");
    fs::write(&path, &bytes).unwrap();
    let (found, bad) = read(&path, None, &Options::default());
    assert!(found.is_empty() && bad[0].is_fatal());
}
