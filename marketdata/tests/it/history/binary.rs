//! Binary formats, against rows that a person worked out from the samples.

use std::fs;
use std::path::PathBuf;

use marketdata::feed::BookChannel;
use marketdata::history::{Clock, Options, Row};
use marketdata::tape::{Entry, Passed, Writer};
use types::{Aggressor, MarketData, TimestampNs, Trade};

use super::{fixture, label, lines, price, qty, read, samples};

fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn itch_orders_make_a_book_and_prints() {
    let folder = tempfile::tempdir().unwrap();
    // 9:30 in New York in January is 14:30 UTC.
    let path = file(&folder, "01302019.NASDAQ_ITCH50", &samples::itch());
    let (rows, bad) = read(&path, None, &Options::default());
    assert!(bad.is_empty(), "{bad:?}");
    let expected = [
        "1 ABC Status(Open)",
        "2 ABC S 100.01x100 |",
        "3 ABC D 100x50 |",
        "4 ABC D | 100.03x70",
        "5 ABC T 100.01x30 Seller",
        "5 ABC D 100.01x70 |",
        "6 ABC D 100x30 |",
        "7 ABC D | 100.02x60 100.03x0",
        "8 ABC T 100.015x5 Unknown",
        "9 ABC T 100.01x1000 Unknown",
        "10 ABC D | 100.02x50",
        "11 ABC D 100.01x0 |",
        "12 ABC Status(Halted)",
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|line| {
            let (ns, rest) = line.split_once(' ').unwrap();
            format!("2019-01-30T14:30:00.{ns:0>9}Z {rest}")
        })
        .collect();
    assert_eq!(lines(&rows), expected);
    let other = Options {
        symbols: vec![label("XYZ")],
        ..Options::default()
    };
    assert!(read(&path, None, &other).0.is_empty());
}

#[test]
fn an_order_that_nobody_added_is_a_bad_row() {
    let folder = tempfile::tempdir().unwrap();
    let whole = samples::itch();
    // Without the first buy (from its length on): it is executed and deleted later.
    let at = (0..whole.len())
        .find(|&at| whole[at..].starts_with(&[0, 36, b'A']))
        .unwrap();
    let cut = [&whole[..at], &whole[at + 38..]].concat();
    let path = file(&folder, "01302019.NASDAQ_ITCH50", &cut);
    let (rows, bad) = read(&path, None, &Options::default());
    assert_eq!((rows.len(), bad.len()), (9, 2));
    assert!(bad[0].to_string().ends_with(
        "record 6: the order's reference is '1'; accepted: that of an order that was added"
    ));
}

#[test]
fn hftbacktest_events_are_read_on_either_clock() {
    let folder = tempfile::tempdir().unwrap();
    let received = [
        "1970-01-01T00:00:00.000001Z btc S 99.9x5 99.8x7.5 | 100.1x2",
        "1970-01-01T00:00:00.000002Z btc D 99.8x0 | 100.2x1.25",
        "1970-01-01T00:00:00.000002600Z btc T 99.9x0.5 Seller",
        "1970-01-01T00:00:00.000003Z btc D 99.9x4.5 |",
        "1970-01-01T00:00:00.000004Z btc D 99.9x0 99.7x3 |",
    ];
    for (name, bytes) in [
        ("btc.npz", samples::npz(&samples::events())),
        ("btc.npy", samples::npy(&samples::events())),
    ] {
        let path = file(&folder, name, &bytes);
        let (rows, bad) = read(&path, None, &Options::default());
        assert!(bad.is_empty(), "{bad:?}");
        assert_eq!(lines(&rows), received);
        let venue = Options {
            clock: Clock::Venue,
            ..Options::default()
        };
        let (rows, _) = read(&path, None, &venue);
        let times: Vec<_> = rows.iter().map(|row| row.ts.0).collect();
        assert_eq!(times, [900, 1_900, 2_500, 2_700, 3_900]);
    }
}

#[test]
fn a_float_off_the_grid_is_a_bad_row() {
    let folder = tempfile::tempdir().unwrap();
    let mut events = samples::events();
    events[7].3 = 99.85;
    let path = file(&folder, "btc.npz", &samples::npz(&events));
    let options = Options {
        tick: Some(price("0.1")),
        ..Options::default()
    };
    let (rows, bad) = read(&path, None, &options);
    assert_eq!((rows.len(), bad.len()), (4, 1));
    assert!(
        bad[0]
            .to_string()
            .ends_with("record 8: px is '99.85'; accepted: a multiple of the tick 0.1")
    );
}

/// A print of nothing and one of 2, in the formats that hold numbers as they are; the text of others is in `layouts`.
#[test]
fn a_print_of_nothing_is_a_bad_row_in_binary_formats_too() {
    const BAD: &str = "qty is '0'; accepted: a quantity above 0 of a trade";
    let folder = tempfile::tempdir().unwrap();
    let print = |ns: u64, size: &str| Row {
        ts: TimestampNs(ns),
        ts_event: TimestampNs(ns),
        symbol: label("AAPL"),
        data: MarketData::Trade(Trade {
            price: price("100.5"),
            qty: qty(size),
            aggressor: Aggressor::Unknown,
        }),
    };
    let prints = [print(1, "0"), print(2, "2")];
    // hftbacktest: trades (2) of sellers that both sides see.
    let events = [(1, 0.0), (2, 2.0)].map(|(ns, size)| (0xd000_0002, ns, ns, 100.5, size));
    let tape = {
        let path = folder.path().join("written.tape");
        let header = crate::tape::header("polygon", &["AAPL"], BookChannel::Touch);
        let mut writer = Writer::create(&path, &header, TimestampNs(1)).unwrap();
        let message = |number: u64, size: u64| {
            let text = format!(
                r#"[{{"ev":"T","sym":"AAPL","p":100.5,"s":{size},"t":1700000000000,"q":{number}}}]"#
            );
            Passed::Message(text.into_bytes())
        };
        for (time, passed) in [(1, Passed::Opened), (2, message(1, 0)), (3, message(2, 2))] {
            let entry = Entry {
                connection: 0,
                time: TimestampNs(time),
                passed,
            };
            writer.write(&entry).unwrap();
        }
        writer.finish().unwrap();
        fs::read(&path).unwrap()
    };
    for (name, bytes) in [
        ("x.parquet", samples::parquet(&prints)),
        ("x.dyn", samples::recording(&prints)),
        ("x.npz", samples::npz(&events)),
        ("x.tape", tape),
    ] {
        let path = file(&folder, name, &bytes);
        let (rows, bad) = read(&path, None, &Options::default());
        if name == "x.tape" {
            // What a venue said is dropped as it was live.
            assert!(bad.is_empty(), "{bad:?}");
        } else {
            assert_eq!(bad.len(), 1, "{name}: {bad:?}");
            let told = bad[0].to_string();
            assert!(told.contains(name) && told.ends_with(BAD), "{told}");
        }
        let told = lines(&rows);
        let trades: Vec<_> = told.iter().filter(|line| line.contains(" T ")).collect();
        assert_eq!(trades.len(), 1, "{name}: {told:?}");
        assert!(trades[0].contains(" T 100.5x2 "), "{name}: {told:?}");
    }
}

#[test]
fn orders_of_databento_are_said_when_their_event_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = samples::mbo();
    let packed = zstd::bulk::compress(&bytes, 3).unwrap();
    for (name, bytes) in [("es.dbn", &bytes), ("es.dbn.zst", &packed)] {
        let path = file(&folder, name, bytes);
        let (rows, bad) = read(&path, None, &Options::default());
        assert!(bad.is_empty(), "{bad:?}");
        assert_eq!(
            lines(&rows),
            [
                "1970-01-01T00:00:00.000001Z ESH4 S |",
                "1970-01-01T00:00:00.000002Z ESH4 D 100x5 | 100.5x3",
                "1970-01-01T00:00:00.000003Z ESH4 D | 100.5x7",
                "1970-01-01T00:00:00.000004Z ESH4 T 100.5x4 Buyer",
                "1970-01-01T00:00:00.000004Z ESH4 D | 100.5x3",
                "1970-01-01T00:00:00.000005Z ESH4 D 100.25x6 100x0 |",
            ]
        );
        // The decoder itself would take these for whole files.
        for cut in 1..60 {
            fs::write(&path, &bytes[..bytes.len() - cut]).unwrap();
            let Ok(rows) = marketdata::history::open(&path, None, &Options::default()) else {
                continue;
            };
            let last = rows.last().unwrap();
            let is_told = last.is_err_and(|error| error.is_fatal());
            assert!(is_told || cut == 56 && name == "es.dbn", "{name} {cut}");
        }
    }
}

/// The samples as files, to try `dynasty data` with; `DYNASTY_GOLDEN=update` writes them anew. What packs them may pack
/// otherwise another day: the rows are compared, not the bytes.
#[test]
fn binary_samples_are_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let is_update = std::env::var("DYNASTY_GOLDEN").is_ok_and(|value| value == "update");
    for (name, bytes, count) in [
        ("01302019.NASDAQ_ITCH50", samples::itch(), 13),
        ("es.mbo.dbn", samples::mbo(), 6),
        ("btc.npz", samples::npz(&samples::events()), 5),
        ("kinds.parquet", samples::parquet(&samples::rows()), 25),
    ] {
        let kept = fixture("history").join(name);
        if is_update {
            fs::write(&kept, &bytes).unwrap();
        }
        let made = file(&folder, name, &bytes);
        let [kept, made] = [kept, made].map(|path| read(&path, None, &Options::default()));
        assert_eq!((&kept.1[..], &made.1[..]), (&[][..], &[][..]), "{name}");
        assert_eq!(lines(&kept.0), lines(&made.0), "{name}");
        assert_eq!(kept.0.len(), count, "{name}");
    }
}
