//! Every schema of Databento that has market events, encoded by the crate `dbn` itself.

use std::ffi::c_char;

use dbn::encode::dbn::Encoder;
use dbn::encode::{DbnEncodable, EncodeRecord as _};
use dbn::enums::{Schema, StatusAction};
use dbn::{
    BboMsg, BidAskPair, FlagSet, HasRType, MboMsg, Mbp1Msg, Mbp10Msg, OhlcvMsg, RecordHeader,
    StatusMsg, TradeMsg, UNDEF_PRICE, flags, rtype,
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
    check_bad(schema, records, expected, &[]);
}

/// The same with bad rows, by what is behind the file's name.
#[track_caller]
fn check_bad<R: DbnEncodable>(schema: Schema, records: &[R], expected: &[&str], bad: &[&str]) {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, &samples::databento(schema)).unwrap();
    for record in records {
        encoder.encode_record(record).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("es.{schema}.dbn"));
    std::fs::write(&path, &bytes).unwrap();
    let (rows, errors) = read(&path, None, &Options::default());
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    let errors: Vec<_> = errors
        .iter()
        .map(|error| error.split_once(".dbn").unwrap().1)
        .collect();
    assert_eq!(errors, bad);
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

/// A message of an order of publisher 1, the last one of its event.
fn mbo(received: u64, action: u8, side: u8, id: u64, price: i64, size: u32, more: u8) -> MboMsg {
    MboMsg {
        hd: header::<MboMsg>(rtype::MBO, received),
        order_id: id,
        price,
        size,
        flags: FlagSet::new(flags::LAST | more),
        action: character(action),
        side: character(side),
        ts_recv: received,
        ..MboMsg::default()
    }
}

fn of_publisher(publisher: u16, message: MboMsg) -> MboMsg {
    let mut message = message;
    message.hd.publisher_id = publisher;
    message
}

/// A venue that tells its best level only: each record is all of its side, whatever its id is.
#[test]
fn a_top_of_the_book_replaces_its_side() {
    let top = |received: u64, side: u8, price: i64, size: u32| {
        mbo(received, b'A', side, 0, price, size, flags::TOB)
    };
    let mut first = top(1_000, b'B', quarters(400), 5);
    first.flags = FlagSet::new(flags::TOB);
    check(
        Schema::Mbo,
        &[
            first,
            top(1_000, b'A', quarters(404), 6),
            // The bid of 100 is gone, the ask stays.
            top(2_000, b'B', quarters(396), 7),
            top(3_000, b'A', quarters(408), 8),
            // No price: nobody bids.
            top(4_000, b'B', UNDEF_PRICE, 0),
            top(5_000, b'A', quarters(412), 9),
            mbo(6_000, b'C', b'A', 0, quarters(412), 9, flags::TOB),
            top(7_000, b'B', quarters(400), 1),
            mbo(8_000, b'R', b'N', 0, UNDEF_PRICE, 0, 0),
            // Nothing is left of what stood before the clear.
            top(9_000, b'A', quarters(404), 2),
        ],
        &[
            "1970-01-01T00:00:00.000001Z ESH4 S 100x5 | 101x6",
            "1970-01-01T00:00:00.000002Z ESH4 D 100x0 99x7 |",
            "1970-01-01T00:00:00.000003Z ESH4 D | 101x0 102x8",
            "1970-01-01T00:00:00.000004Z ESH4 D 99x0 |",
            "1970-01-01T00:00:00.000005Z ESH4 D | 102x0 103x9",
            "1970-01-01T00:00:00.000006Z ESH4 D | 103x0",
            "1970-01-01T00:00:00.000007Z ESH4 D 100x1 |",
            "1970-01-01T00:00:00.000008Z ESH4 S |",
            "1970-01-01T00:00:00.000009Z ESH4 D | 101x2",
        ],
    );
}

/// The top of publisher 1 replaces publisher 1's orders of its side, and nobody else's.
#[test]
fn a_top_of_the_book_is_of_its_publisher() {
    check(
        Schema::Mbo,
        &[
            mbo(1_000, b'A', b'B', 1, quarters(400), 5, 0),
            mbo(2_000, b'A', b'A', 2, quarters(404), 6, 0),
            of_publisher(2, mbo(3_000, b'A', b'B', 1, quarters(400), 3, 0)),
            // Of the 5 + 3 at 100, publisher 2's 3 are left.
            mbo(4_000, b'A', b'B', 0, quarters(396), 7, flags::TOB),
            // Order 1 of publisher 1 is gone, its order 2 is not.
            mbo(5_000, b'C', b'B', 1, quarters(400), 5, 0),
            mbo(6_000, b'C', b'A', 2, quarters(404), 4, 0),
        ],
        &[
            "1970-01-01T00:00:00.000001Z ESH4 S 100x5 |",
            "1970-01-01T00:00:00.000002Z ESH4 D | 101x6",
            "1970-01-01T00:00:00.000003Z ESH4 D 100x8 |",
            "1970-01-01T00:00:00.000004Z ESH4 D 100x3 99x7 |",
            "1970-01-01T00:00:00.000006Z ESH4 D | 101x2",
        ],
    );
}

/// From a record whose book may be wrong on, prints are told and levels are not, until the book began anew.
#[test]
fn orders_after_a_gap_are_not_a_book_until_a_clear() {
    const BAD: u8 = flags::MAYBE_BAD_BOOK;
    check(
        Schema::Mbo,
        &[
            mbo(1_000, b'A', b'B', 1, quarters(400), 5, 0),
            mbo(2_000, b'A', b'A', 2, quarters(404), 5, 0),
            mbo(3_000, b'A', b'A', 3, quarters(408), 5, BAD),
            // One gap, however many records say it.
            mbo(4_000, b'A', b'A', 4, quarters(408), 5, BAD),
            // What was missed is not known, so this is no book either.
            mbo(5_000, b'A', b'A', 5, quarters(408), 5, 0),
            mbo(6_000, b'T', b'B', 0, quarters(404), 2, 0),
            // A clear that still says it waits for the first record that does not.
            mbo(7_000, b'R', b'N', 0, UNDEF_PRICE, 0, BAD),
            mbo(8_000, b'A', b'B', 6, quarters(396), 7, 0),
            mbo(9_000, b'A', b'A', 7, quarters(404), 8, 0),
            // A second gap, and a clear that ends it.
            mbo(10_000, b'N', b'N', 0, UNDEF_PRICE, 0, BAD),
            mbo(11_000, b'R', b'N', 0, UNDEF_PRICE, 0, flags::SNAPSHOT),
            mbo(12_000, b'A', b'B', 8, quarters(400), 1, 0),
        ],
        &[
            "1970-01-01T00:00:00.000001Z ESH4 S 100x5 |",
            "1970-01-01T00:00:00.000002Z ESH4 D | 101x5",
            "1970-01-01T00:00:00.000003Z ESH4 Gap",
            "1970-01-01T00:00:00.000006Z ESH4 T 101x2 Buyer",
            "1970-01-01T00:00:00.000008Z ESH4 S 99x7 |",
            "1970-01-01T00:00:00.000009Z ESH4 D | 101x8",
            "1970-01-01T00:00:00.000010Z ESH4 Gap",
            "1970-01-01T00:00:00.000011Z ESH4 S |",
            "1970-01-01T00:00:00.000012Z ESH4 D 100x1 |",
        ],
    );
}

/// The book of an instrument is what all its publishers have: it is known again when each one that lost it began
/// anew. One that tells tops did so when both sides came.
#[test]
fn a_book_is_known_again_when_every_publisher_began_anew() {
    const BAD: u8 = flags::MAYBE_BAD_BOOK;
    let clear = |received: u64| mbo(received, b'R', b'N', 0, UNDEF_PRICE, 0, 0);
    let top = |received: u64, side: u8, price: i64, size: u32, more: u8| {
        mbo(received, b'A', side, 0, price, size, flags::TOB | more)
    };
    check(
        Schema::Mbo,
        &[
            mbo(1_000, b'A', b'B', 1, quarters(400), 5, 0),
            of_publisher(2, top(2_000, b'A', quarters(404), 6, BAD)),
            // Not the one that lost it.
            clear(3_000),
            mbo(4_000, b'A', b'B', 2, quarters(396), 3, 0),
            of_publisher(2, top(5_000, b'A', quarters(408), 8, 0)),
            of_publisher(2, top(6_000, b'B', quarters(396), 4, 0)),
        ],
        &[
            "1970-01-01T00:00:00.000001Z ESH4 S 100x5 |",
            "1970-01-01T00:00:00.000002Z ESH4 Gap",
            // 3 of publisher 1 and 4 of publisher 2.
            "1970-01-01T00:00:00.000006Z ESH4 S 99x7 | 102x8",
        ],
    );
}

/// Taken for orders of the one id 0, the second level would move the first from 99 to 100. A level is a bad row, and the
/// book a gap until a clear. A trade and a top with the flag are what they are without it.
#[test]
fn an_aggregated_level_is_no_order() {
    const LEVEL: u8 = flags::MBP;
    let bad = |record: u32| {
        format!(
            ": record {record}: flags is 'LAST | MBP (144)'; accepted: an order, or the top of a side (TOB); \
             the book is a gap until a clear"
        )
    };
    check_bad(
        Schema::Mbo,
        &[
            mbo(1_000, b'A', b'B', 1, quarters(400), 5, 0),
            mbo(2_000, b'A', b'B', 0, quarters(396), 9, LEVEL),
            mbo(3_000, b'M', b'B', 0, quarters(400), 7, LEVEL),
            mbo(4_000, b'C', b'B', 0, quarters(396), 9, LEVEL),
            mbo(5_000, b'T', b'B', 0, quarters(404), 2, LEVEL),
            // Not a book: what the levels did to it is not known.
            mbo(6_000, b'A', b'A', 2, quarters(404), 6, 0),
            mbo(7_000, b'R', b'N', 0, UNDEF_PRICE, 0, LEVEL),
            mbo(8_000, b'A', b'B', 3, quarters(392), 4, 0),
            mbo(9_000, b'A', b'A', 0, quarters(408), 8, flags::TOB | LEVEL),
        ],
        &[
            "1970-01-01T00:00:00.000001Z ESH4 S 100x5 |",
            "1970-01-01T00:00:00.000002Z ESH4 Gap",
            "1970-01-01T00:00:00.000005Z ESH4 T 101x2 Buyer",
            "1970-01-01T00:00:00.000007Z ESH4 S |",
            "1970-01-01T00:00:00.000008Z ESH4 D 98x4 |",
            "1970-01-01T00:00:00.000009Z ESH4 D | 102x8",
        ],
        &[&bad(2), &bad(3), &bad(4)],
    );
}

/// Records that tell their levels whole: those that may be wrong are a gap, the next one is right.
#[test]
fn levels_that_may_be_wrong_are_a_gap() {
    const LEVEL: BidAskPair = pair(quarters(400), 5, quarters(404), 6);
    let bad = FlagSet::new(flags::MAYBE_BAD_BOOK);
    let best = [
        (1_000, b'A', FlagSet::empty()),
        (2_000, b'A', bad),
        (3_000, b'T', bad),
        (4_000, b'A', FlagSet::empty()),
        (5_000, b'A', bad),
    ];
    let best = best.map(|(received, action, flags)| Mbp1Msg {
        flags,
        ..mbp_1(received, action, b'B', quarters(404), 2, LEVEL)
    });
    check(
        Schema::Mbp1,
        &best,
        &[
            "1970-01-01T00:00:00.000001Z ESH4 Q 100x5 101x6",
            "1970-01-01T00:00:00.000002Z ESH4 Gap",
            "1970-01-01T00:00:00.000003Z ESH4 T 101x2 Buyer",
            "1970-01-01T00:00:00.000004Z ESH4 Q 100x5 101x6",
            "1970-01-01T00:00:00.000005Z ESH4 Gap",
        ],
    );

    let mut levels = [NONE; 10];
    levels[0] = LEVEL;
    let ten = [
        (1_000, b'T', bad),
        (2_000, b'A', bad),
        (3_000, b'A', FlagSet::empty()),
    ];
    let ten = ten.map(|(received, action, flags)| Mbp10Msg {
        hd: header::<Mbp10Msg>(rtype::MBP_10, received),
        price: quarters(404),
        size: 2,
        action: character(action),
        side: character(b'B'),
        flags,
        ts_recv: received,
        levels: levels.clone(),
        ..Mbp10Msg::default()
    });
    check(
        Schema::Mbp10,
        &ten,
        &[
            "1970-01-01T00:00:00.000001Z ESH4 Gap",
            "1970-01-01T00:00:00.000001Z ESH4 T 101x2 Buyer",
            "1970-01-01T00:00:00.000003Z ESH4 S 100x5 | 101x6",
        ],
    );

    let plain = BboMsg::default_for_schema(Schema::Bbo1S);
    let each = [(1, bad), (2, FlagSet::empty())].map(|(second, flags)| BboMsg {
        hd: header::<BboMsg>(plain.hd.rtype, second * 1_000_000_000),
        flags,
        ts_recv: second * 1_000_000_000,
        levels: [LEVEL],
        ..plain.clone()
    });
    check(
        Schema::Bbo1S,
        &each,
        &[
            "1970-01-01T00:00:01Z ESH4 Gap",
            "1970-01-01T00:00:02Z ESH4 Q 100x5 101x6",
        ],
    );
}
