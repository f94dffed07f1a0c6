//! Every schema of Databento that has market events, encoded by the crate `dbn` itself.

use std::ffi::c_char;
use std::path::Path;

use dbn::encode::dbn::Encoder;
use dbn::encode::{DbnEncodable, EncodeRecord as _};
use dbn::enums::{Schema, StatusAction};
use dbn::{
    BboMsg, BidAskPair, HasRType, Mbp1Msg, Mbp10Msg, OhlcvMsg, RecordHeader, StatusMsg, TradeMsg,
    UNDEF_PRICE, rtype,
};
use marketdata::history::Options;

use super::{lines, read, samples};

/// A price of so many quarters of a point.
const fn quarters(count: i64) -> i64 {
    count * 250_000_000
}

/// A header of instrument 17,077 of publisher 1: what happened 100 ns before it was received.
fn header<R: HasRType>(kind: u8, received: u64) -> RecordHeader {
    RecordHeader::new::<R>(kind, 1, 17_077, received - 100)
}

const fn character(letter: u8) -> c_char {
    letter as c_char
}

const fn pair(bid: i64, bid_sz: u32, ask: i64, ask_sz: u32) -> BidAskPair {
    BidAskPair {
        bid_px: bid,
        ask_px: ask,
        bid_sz,
        ask_sz,
        bid_ct: 1,
        ask_ct: 1,
    }
}

/// A level with nothing on either side.
const NONE: BidAskPair = pair(UNDEF_PRICE, 0, UNDEF_PRICE, 0);

#[track_caller]
fn check<R: DbnEncodable>(schema: Schema, records: &[R], expected: &[&str]) {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, &samples::databento(schema)).unwrap();
    for record in records {
        encoder.encode_record(record).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("es.{schema}.dbn"));
    std::fs::write(&path, &bytes).unwrap();
    told(&path, expected);
}

#[track_caller]
fn told(path: &Path, expected: &[&str]) {
    let (rows, bad) = read(path, None, &Options::default());
    assert!(bad.is_empty(), "{bad:?}");
    assert_eq!(lines(&rows), expected);
}

fn mbp_1(received: u64, action: u8, side: u8, price: i64, size: u32, level: BidAskPair) -> Mbp1Msg {
    Mbp1Msg {
        hd: header::<Mbp1Msg>(rtype::MBP_1, received),
        price,
        size,
        action: character(action),
        side: character(side),
        ts_recv: received,
        levels: [level],
        ..Mbp1Msg::default()
    }
}

#[test]
fn trades_are_prints() {
    let trade = |received: u64, side: u8, price: i64, size: u32| TradeMsg {
        hd: header::<TradeMsg>(rtype::MBP_0, received),
        price,
        size,
        action: character(b'T'),
        side: character(side),
        ts_recv: received,
        ..TradeMsg::default()
    };
    check(
        Schema::Trades,
        &[
            trade(1_000, b'B', quarters(402), 3),
            trade(2_000, b'A', quarters(-4), 1),
            trade(3_000, b'N', quarters(401), 2),
        ],
        &[
            "1970-01-01T00:00:00.000001Z ESH4 T 100.5x3 Buyer",
            "1970-01-01T00:00:00.000002Z ESH4 T -1x1 Seller",
            "1970-01-01T00:00:00.000003Z ESH4 T 100.25x2 Unknown",
        ],
    );
}

/// A trade comes with the book after it; a change of the book has no print.
#[test]
fn the_best_level_comes_with_trades() {
    let before = pair(quarters(400), 5, quarters(402), 7);
    let after = pair(quarters(400), 5, quarters(402), 3);
    let one_side = pair(quarters(400), 5, UNDEF_PRICE, 0);
    check(
        Schema::Mbp1,
        &[
            mbp_1(1_000, b'A', b'A', quarters(402), 7, before),
            mbp_1(2_000, b'T', b'B', quarters(402), 4, after),
            mbp_1(3_000, b'C', b'A', quarters(402), 3, one_side),
            mbp_1(4_000, b'R', b'N', UNDEF_PRICE, 0, NONE),
        ],
        &[
            "1970-01-01T00:00:00.000001Z ESH4 Q 100x5 100.5x7",
            "1970-01-01T00:00:00.000002Z ESH4 T 100.5x4 Buyer",
            "1970-01-01T00:00:00.000002Z ESH4 Q 100x5 100.5x3",
            "1970-01-01T00:00:00.000003Z ESH4 S 100x5 |",
            // Nothing stands that the venue has no more.
            "1970-01-01T00:00:00.000004Z ESH4 S |",
        ],
    );
}

/// `tbbo` shows the book as it was before the trade beside it.
#[test]
fn a_trade_comes_after_the_best_level_before_it() {
    let before = pair(quarters(400), 5, quarters(402), 7);
    check(
        Schema::Tbbo,
        &[mbp_1(2_000, b'T', b'B', quarters(402), 4, before)],
        &[
            "1970-01-01T00:00:00.000002Z ESH4 Q 100x5 100.5x7",
            "1970-01-01T00:00:00.000002Z ESH4 T 100.5x4 Buyer",
        ],
    );
}

#[test]
fn ten_levels_are_a_whole_book() {
    let message = |received: u64, action: u8, levels: [BidAskPair; 10]| Mbp10Msg {
        hd: header::<Mbp10Msg>(rtype::MBP_10, received),
        price: quarters(402),
        size: 2,
        action: character(action),
        side: character(b'B'),
        ts_recv: received,
        levels,
        ..Mbp10Msg::default()
    };
    let mut full = [NONE; 10];
    for (level, step) in full.iter_mut().zip(0..) {
        *level = pair(quarters(400 - step), 5, quarters(402 + step), 7);
    }
    let mut few = [NONE; 10];
    few[0] = pair(quarters(400), 5, quarters(402), 5);
    few[1] = pair(UNDEF_PRICE, 0, quarters(403), 7);
    check(
        Schema::Mbp10,
        &[message(1_000, b'A', full), message(2_000, b'T', few)],
        &[
            "1970-01-01T00:00:00.000001Z ESH4 S 100x5 99.75x5 99.5x5 99.25x5 99x5 98.75x5 98.5x5 98.25x5 98x5 97.75x5 | \
             100.5x7 100.75x7 101x7 101.25x7 101.5x7 101.75x7 102x7 102.25x7 102.5x7 102.75x7",
            "1970-01-01T00:00:00.000002Z ESH4 T 100.5x2 Buyer",
            "1970-01-01T00:00:00.000002Z ESH4 S 100x5 | 100.5x5 100.75x7",
        ],
    );
}

#[test]
fn the_best_level_of_each_interval_is_a_quote() {
    for schema in [Schema::Bbo1S, Schema::Bbo1M] {
        let message = |received: u64, level: BidAskPair| {
            let plain = BboMsg::default_for_schema(schema);
            BboMsg {
                hd: header::<BboMsg>(plain.hd.rtype, received),
                price: quarters(402),
                size: 2,
                side: character(b'B'),
                ts_recv: received,
                levels: [level],
                ..plain
            }
        };
        check(
            schema,
            &[
                message(1_000_000_000, pair(quarters(400), 5, quarters(402), 7)),
                message(2_000_000_000, NONE),
            ],
            &[
                "1970-01-01T00:00:01Z ESH4 Q 100x5 100.5x7",
                "1970-01-01T00:00:02Z ESH4 S |",
            ],
        );
    }
}

/// A bar is received when it is complete: its time is the end of what its record begins with.
#[test]
fn bars_end_after_their_interval() {
    for (schema, end) in [
        (Schema::Ohlcv1S, "1970-01-01T01:00:01Z"),
        (Schema::Ohlcv1M, "1970-01-01T01:01:00Z"),
        (Schema::Ohlcv1H, "1970-01-01T02:00:00Z"),
        (Schema::Ohlcv1D, "1970-01-02T01:00:00Z"),
    ] {
        let plain = OhlcvMsg::default_for_schema(schema);
        let bar = OhlcvMsg {
            hd: header::<OhlcvMsg>(plain.hd.rtype, 3_600_000_000_100),
            open: quarters(400),
            high: quarters(404),
            low: quarters(399),
            close: quarters(402),
            volume: 12_345,
        };
        let expected = format!("{end} ESH4 B 1970-01-01T01:00:00Z 100 101 99.75 100.5 12345");
        check(schema, &[bar], &[&expected]);
    }
}

#[test]
fn statuses_say_whether_it_trades() {
    let status = |received: u64, action: StatusAction| StatusMsg {
        hd: header::<StatusMsg>(rtype::STATUS, received),
        ts_recv: received,
        action: action as u16,
        ..StatusMsg::default()
    };
    check(
        Schema::Status,
        &[
            status(1_000, StatusAction::PreOpen),
            status(2_000, StatusAction::Trading),
            // What it does not change is not told.
            status(3_000, StatusAction::SsrChange),
            status(4_000, StatusAction::Halt),
            status(5_000, StatusAction::PreClose),
            status(6_000, StatusAction::Close),
        ],
        &[
            "1970-01-01T00:00:00.000001Z ESH4 Status(PreOpen)",
            "1970-01-01T00:00:00.000002Z ESH4 Status(Open)",
            "1970-01-01T00:00:00.000004Z ESH4 Status(Halted)",
            "1970-01-01T00:00:00.000005Z ESH4 Status(PreClose)",
            "1970-01-01T00:00:00.000006Z ESH4 Status(Closed)",
        ],
    );
}
