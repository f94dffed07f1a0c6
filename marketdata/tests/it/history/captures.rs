//! Recordings of real markets, where `DYNASTY_CAPTURES` names the folder that has them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use dbn::decode::DecodeRecord as _;
use marketdata::feed::Book;
use marketdata::history::{self, Format, Layout, Options, Zone};
use types::{MarketData, Qty};

use super::{label, price, read};

fn capture(test: &str, name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("DYNASTY_CAPTURES") else {
        println!("SKIPPED: {test}: DYNASTY_CAPTURES is not set");
        return None;
    };
    Some(PathBuf::from(folder).join(name))
}

/// Every order of the E-mini S&P 500 of March 2024 on 2023-12-25: the rebuilt book is never crossed where the feed
/// calls it whole, and the prints are those that a plain count of the records finds.
#[test]
fn a_session_of_the_future_is_rebuilt() {
    let test = "a_session_of_the_future_is_rebuilt";
    let Some(path) = capture(test, "cme_esh4_mbo_20231225.dbn.zst") else {
        return;
    };
    // A plain count, by the decoder alone.
    let (mut records, mut prints, mut contracts, mut events) = (0_u64, 0_u64, 0_u64, 0_u64);
    let file = File::open(&path).unwrap();
    let unpacked = zstd::stream::read::Decoder::new(file).unwrap();
    let mut decoder = dbn::decode::dbn::Decoder::new(unpacked).unwrap();
    while let Some(message) = decoder.decode_record::<dbn::MboMsg>().unwrap() {
        records += 1;
        if message.action as u8 == b'T' {
            prints += 1;
            contracts += u64::from(message.size);
        }
        events += u64::from(message.flags.is_last());
    }

    let rows = history::open(&path, None, &Options::default()).unwrap();
    let (mut found, mut volume, mut books, mut deltas) = (0, 0, 0, 0);
    // Until the first print orders are gathered for the opening, and their prices overlap.
    let (mut gathered, mut crossed, mut two_sided) = (0_u64, 0_u64, 0_u64);
    let mut known: Option<Book> = None;
    for row in rows {
        let row = row.unwrap();
        assert_eq!(row.symbol, label("ESH4"));
        match &row.data {
            MarketData::Trade(trade) => {
                found += 1;
                volume += trade.qty.0;
                assert_eq!(trade.price.0 % price("0.25").0, 0);
            }
            MarketData::DepthSnapshot(_) => books += 1,
            MarketData::DepthDelta(_) => deltas += 1,
            other => panic!("{other:?}"),
        }
        Book::follow(&mut known, &row.data);
        if matches!(row.data, MarketData::Trade(_)) {
            continue;
        }
        let book = known.as_ref().unwrap();
        if let (Some(bid), Some(ask)) = (book.bids().first(), book.asks().first()) {
            two_sided += 1;
            if bid.price >= ask.price {
                if found == 0 {
                    gathered += 1;
                } else {
                    crossed += 1;
                }
            }
        }
    }
    println!(
        "{records} records, {events} events, {found} prints of {} contracts, {books} books, {deltas} changes, \
         {two_sided} two-sided, {gathered} overlapping before the opening, {crossed} crossed after it",
        volume / Qty::ONE.0
    );
    assert_eq!((found, volume), (prints, contracts as i64 * Qty::ONE.0));
    assert!(books + deltas <= events && deltas > events / 2);
    assert!(two_sided > deltas / 2);
    assert_eq!((gathered, crossed), (891, 0));
}

/// Times since midnight in New York, prices in ten-thousandths: what a generic layout reads.
#[test]
fn a_day_of_a_fund_is_read_by_declared_columns() {
    let test = "a_day_of_a_fund_is_read_by_declared_columns";
    let Some(path) = capture(test, "us_spy_trades_20131008.zip") else {
        return;
    };
    let layout = Layout::parse("time:ms,price/10000,qty,...", b',').unwrap();
    let options = Options {
        symbols: vec![label("SPY")],
        zone: Zone::named("America/New_York"),
        tick: Some(price("0.0001")),
        ..Options::default()
    };
    let (rows, bad) = read(&path, Some(&Format::Table(layout)), &options);
    assert_eq!((rows.len(), bad.len()), (451_545, 0));
    // 14,417,034 ms after midnight, which was 04:00 UTC.
    assert_eq!(
        super::line(&rows[0]),
        "2013-10-08T08:00:17.034Z SPY T 167.42x210 Unknown"
    );
}

#[test]
fn a_day_of_a_currency_pair_is_read_by_declared_columns() {
    let test = "a_day_of_a_currency_pair_is_read_by_declared_columns";
    let Some(path) = capture(test, "fxcm_eurusd_quotes_20140508.zip") else {
        return;
    };
    let layout = Format::Table(Layout::parse("time:ms,bid,ask", b',').unwrap());
    let options = Options {
        symbols: vec![label("EURUSD")],
        ..Options::default()
    };
    let (rows, bad) = read(&path, Some(&layout), &options);
    assert_eq!(rows.len() + bad.len(), 167_466);
    assert_eq!(
        super::line(&rows[0]),
        "2014-05-08T00:00:17.007Z EURUSD Q 1.39147x0 1.39148x0"
    );
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for error in &bad {
        let reason = if error.is_crossed() {
            "crossed"
        } else {
            "other"
        };
        *reasons.entry(reason).or_default() += 1;
    }
    println!("{} quotes, {reasons:?}", rows.len());
    // The source itself has quotes with the ask below the bid: `awk -F, '$3<$2'` counts as many.
    assert_eq!(reasons, BTreeMap::from([("crossed", 18_285)]));
}
