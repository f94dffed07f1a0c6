//! Small files in binary formats, made after the layouts that their specifications document.

use std::io::{Cursor, Write as _};

use dbn::encode::EncodeRecord as _;
use dbn::encode::dbn::Encoder;
use dbn::enums::{SType, Schema};
use dbn::{
    FlagSet, HasRType, MappingInterval, MboMsg, Metadata, MetadataBuilder, RecordHeader,
    SymbolMapping,
};
use marketdata::history::{ParquetWriter, RecordingWriter, Row};
use types::{
    Aggressor, Bar, DepthUpdate, Financing, InstrumentStatus, Level, MarketData, Money, Price, Qty,
    Quote, Ratio, TimestampNs, Trade,
};

use super::label;

/// A message of ITCH 5.0 ("Nasdaq TotalView-ITCH 5.0", section 1): type, stock locate 7, tracking number 0,
/// timestamp, body; after its length.
fn itch_message(out: &mut Vec<u8>, kind: u8, ns: u64, body: &[&[u8]]) {
    let body = body.concat();
    out.extend((body.len() as u16 + 11).to_be_bytes());
    out.push(kind);
    out.extend(7_u16.to_be_bytes());
    out.extend(0_u16.to_be_bytes());
    out.extend(&ns.to_be_bytes()[2..]);
    out.extend(body);
}

/// A stock's orders: two buys and a sell, an execution, a partial cancel, a replacement, a print against a hidden
/// order, a cross, an execution that is not printed, a deletion, a halt.
pub(super) fn itch() -> Vec<u8> {
    let mut out = Vec::new();
    let stock: &[u8] = b"ABC     ";
    let start: u64 = 34_200_000_000_000;
    let number = |value: u64| value.to_be_bytes();
    let small = |value: u32| value.to_be_bytes();
    let mut say = |kind: u8, after: u64, body: &[&[u8]]| {
        itch_message(&mut out, kind, start + after, body);
    };
    say(b'S', 0, &[b"Q"]);
    say(
        b'R',
        0,
        &[stock, b"QN", &small(100), b"NCZ PNN1NN", &small(0), b"N"],
    );
    say(b'H', 1, &[stock, b"T ", b"    "]);
    say(
        b'A',
        2,
        &[&number(1), b"B", &small(100), stock, &small(1_000_100)],
    );
    say(
        b'A',
        3,
        &[&number(2), b"B", &small(50), stock, &small(1_000_000)],
    );
    say(
        b'F',
        4,
        &[
            &number(3),
            b"S",
            &small(70),
            stock,
            &small(1_000_300),
            b"MPID",
        ],
    );
    say(b'E', 5, &[&number(1), &small(30), &number(900)]);
    say(b'X', 6, &[&number(2), &small(20)]);
    say(
        b'U',
        7,
        &[&number(3), &number(4), &small(60), &small(1_000_200)],
    );
    say(
        b'P',
        8,
        &[
            &number(0),
            b"B",
            &small(5),
            stock,
            &small(1_000_150),
            &number(901),
        ],
    );
    say(
        b'Q',
        9,
        &[&number(1_000), stock, &small(1_000_100), &number(902), b"O"],
    );
    say(
        b'C',
        10,
        &[
            &number(4),
            &small(10),
            &number(903),
            b"N",
            &small(1_000_200),
        ],
    );
    say(b'D', 11, &[&number(1)]);
    say(b'H', 12, &[stock, b"H ", b"T1  "]);
    out
}

/// An event of hftbacktest: flags, exchange and local time, price, quantity.
pub(super) type Event = (u64, i64, i64, f64, f64);

/// An array of `numpy.lib.format` version 1 with hftbacktest's `event_dtype`.
pub(super) fn npy(events: &[Event]) -> Vec<u8> {
    let mut header = format!(
        "{{'descr': [('ev', '<u8'), ('exch_ts', '<i8'), ('local_ts', '<i8'), ('px', '<f8'), ('qty', '<f8'), \
         ('order_id', '<u8'), ('ival', '<i8'), ('fval', '<f8')], 'fortran_order': False, 'shape': ({},), }}",
        events.len()
    );
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend((header.len() as u16).to_le_bytes());
    out.extend(header.as_bytes());
    for (ev, exch_ts, local_ts, px, qty) in events {
        out.extend(ev.to_le_bytes());
        out.extend(exch_ts.to_le_bytes());
        out.extend(local_ts.to_le_bytes());
        out.extend(px.to_le_bytes());
        out.extend(qty.to_le_bytes());
        out.extend([0; 24]);
    }
    out
}

/// The array as `numpy.savez_compressed` packs it.
pub(super) fn npz(events: &[Event]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    zip.start_file("data.npy", options).unwrap();
    zip.write_all(&npy(events)).unwrap();
    zip.finish().unwrap().into_inner()
}

const BOTH: u64 = 1 << 31 | 1 << 30;
const EXCHANGE: u64 = 1 << 31;
const LOCAL: u64 = 1 << 30;
const BUY: u64 = 1 << 29;
const SELL: u64 = 1 << 28;

/// Clears, a snapshot, a change of two levels, a trade, and one event that either side sees at its own time.
pub(super) fn events() -> Vec<Event> {
    vec![
        (BOTH | BUY | 3, 900, 1_000, 0.0, 0.0),
        (BOTH | SELL | 3, 900, 1_000, 0.0, 0.0),
        (BOTH | BUY | 4, 900, 1_000, 99.9, 5.0),
        (BOTH | BUY | 4, 900, 1_000, 99.8, 7.5),
        (BOTH | SELL | 4, 900, 1_000, 100.1, 2.0),
        (BOTH | BUY | 1, 1_900, 2_000, 99.8, 0.0),
        (BOTH | SELL | 1, 1_900, 2_000, 100.2, 1.25),
        (BOTH | SELL | 2, 2_500, 2_600, 99.9, 0.5),
        (EXCHANGE | BUY | 1, 2_700, 3_000, 99.9, 4.5),
        (LOCAL | BUY | 1, 2_700, 3_000, 99.9, 4.5),
        (BOTH | BUY | 5, 3_900, 4_000, 99.7, 3.0),
    ]
}

/// A few records of one instrument in each of Databento's other schemas that are read.
pub(super) fn other_schemas() -> Vec<Vec<u8>> {
    fn file<
        M: HasRType + dbn::encode::DbnEncodable + Clone + dbn::RecordMut<Header = RecordHeader>,
    >(
        schema: Schema,
        rtype: u8,
        message: &M,
    ) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = Encoder::new(&mut out, &databento(schema)).unwrap();
        for second in 1..4_u64 {
            let mut message = message.clone();
            *message.header_mut() =
                RecordHeader::new::<M>(rtype, 1, 17_077, second * 1_000_000_000);
            encoder.encode_record(&message).unwrap();
        }
        out
    }
    let level = dbn::BidAskPair {
        bid_px: 100_000_000_000,
        ask_px: 100_250_000_000,
        bid_sz: 5,
        ask_sz: 7,
        ..Default::default()
    };
    let trade = dbn::TradeMsg {
        ts_recv: 3_000_000_000,
        price: 100_250_000_000,
        size: 3,
        action: b'T' as std::ffi::c_char,
        side: b'B' as std::ffi::c_char,
        ..Default::default()
    };
    let mbp1 = dbn::Mbp1Msg {
        ts_recv: 3_000_000_000,
        price: 100_250_000_000,
        size: 3,
        action: b'T' as std::ffi::c_char,
        side: b'B' as std::ffi::c_char,
        levels: [level.clone()],
        ..Default::default()
    };
    let mbp10 = dbn::Mbp10Msg {
        ts_recv: 3_000_000_000,
        action: b'A' as std::ffi::c_char,
        side: b'B' as std::ffi::c_char,
        levels: std::array::from_fn(|_| level.clone()),
        ..Default::default()
    };
    let bbo = dbn::BboMsg {
        price: 100_250_000_000,
        size: 3,
        levels: [level],
        ts_recv: 3_000_000_000,
        ..dbn::BboMsg::default_for_schema(Schema::Bbo1S)
    };
    let ohlcv = dbn::OhlcvMsg {
        open: 100_000_000_000,
        high: 101_000_000_000,
        low: 99_000_000_000,
        close: 100_500_000_000,
        volume: 1_234,
        ..dbn::OhlcvMsg::default_for_schema(Schema::Ohlcv1M)
    };
    let status = dbn::StatusMsg {
        ts_recv: 3_000_000_000,
        action: 8,
        ..Default::default()
    };
    vec![
        file(Schema::Trades, dbn::rtype::MBP_0, &trade),
        file(Schema::Tbbo, dbn::rtype::MBP_1, &mbp1),
        file(Schema::Mbp1, dbn::rtype::MBP_1, &mbp1),
        file(Schema::Mbp10, dbn::rtype::MBP_10, &mbp10),
        file(Schema::Bbo1S, dbn::rtype::BBO_1S, &bbo),
        file(Schema::Ohlcv1M, dbn::rtype::OHLCV_1M, &ohlcv),
        file(Schema::Status, dbn::rtype::STATUS, &status),
    ]
}

/// What a file of Databento says of itself: one instrument, number 17,077, on the first day of 1970.
pub(super) fn databento(schema: Schema) -> Metadata {
    MetadataBuilder::new()
        .dataset("GLBX.MDP3")
        .schema(Some(schema))
        .start(0)
        .stype_in(Some(SType::RawSymbol))
        .stype_out(SType::InstrumentId)
        .symbols(vec!["ESH4".to_owned()])
        .mappings(vec![SymbolMapping {
            raw_symbol: "ESH4".to_owned(),
            intervals: vec![MappingInterval {
                start_date: dbn_date(1970, 1),
                end_date: dbn_date(1970, 2),
                symbol: "17077".to_owned(),
            }],
        }])
        .build()
}

/// Orders of one instrument: added, a trade with its fill and cancel, a change, all in the manner of Databento's
/// MBO schema.
pub(super) fn mbo() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, &databento(Schema::Mbo)).unwrap();
    let mut say = |ns: u64, action: u8, side: u8, id: u64, ticks: i64, size: u32, last: bool| {
        let mut flags = FlagSet::empty();
        if last {
            flags.set_last();
        }
        let message = MboMsg {
            hd: RecordHeader::new::<MboMsg>(dbn::rtype::MBO, 1, 17_077, ns - 100),
            order_id: id,
            price: ticks * 250_000_000,
            size,
            flags,
            action: action as std::ffi::c_char,
            side: side as std::ffi::c_char,
            ts_recv: ns,
            ..MboMsg::default()
        };
        encoder.encode_record(&message).unwrap();
    };
    say(1_000, b'R', b'N', 0, 0, 0, true);
    say(2_000, b'A', b'B', 1, 400, 5, false);
    say(2_000, b'A', b'A', 2, 402, 3, true);
    say(3_000, b'A', b'A', 3, 402, 4, true);
    // A buyer takes four: all of order 2 and one of order 3.
    say(4_000, b'T', b'B', 0, 402, 4, false);
    say(4_000, b'F', b'A', 2, 402, 3, false);
    say(4_000, b'F', b'A', 3, 402, 1, false);
    say(4_000, b'C', b'A', 2, 402, 3, false);
    say(4_000, b'C', b'A', 3, 402, 1, true);
    say(5_000, b'M', b'B', 1, 401, 6, true);
    out
}

fn dbn_date(year: i32, day: u16) -> time::Date {
    time::Date::from_ordinal_date(year, day).unwrap()
}

/// Rows of every kind, of two symbols.
pub(super) fn rows() -> Vec<Row> {
    let level = |price: i64, qty: i64| Level {
        price: Price(price * 10_000_000),
        qty: Qty(qty * 1_000),
    };
    let kinds = [
        MarketData::Quote(Quote {
            bid: Price(99_990_000_000),
            bid_qty: Qty(5_000),
            ask: Price(100_010_000_000),
            ask_qty: Qty(0),
        }),
        MarketData::Trade(Trade {
            price: Price(-37_630_000_000),
            qty: Qty(i64::MAX),
            aggressor: Aggressor::Seller,
        }),
        MarketData::DepthSnapshot(Box::new(DepthUpdate {
            bids: vec![level(100, 5), level(99, 7)],
            asks: vec![level(101, 2)],
        })),
        MarketData::DepthDelta(Box::new(DepthUpdate {
            bids: vec![],
            asks: vec![level(101, 0), level(103, 9)],
        })),
        MarketData::Bar(Bar {
            start: TimestampNs(1_000),
            open: Price(5),
            high: Price(i64::MAX),
            low: Price(i64::MIN + 1),
            close: Price(6),
            volume: Qty(8),
        }),
        MarketData::Status(InstrumentStatus::PreClose),
        MarketData::Financing(Financing {
            long: Ratio(-100),
            short: Ratio(100),
            price: Price(7),
        }),
        MarketData::Dividend {
            per_unit: Money(24),
        },
        MarketData::Split { new: 4, old: 1 },
        MarketData::Gap,
    ];
    kinds
        .into_iter()
        .cycle()
        .take(25)
        .enumerate()
        .map(|(place, data)| Row {
            ts: TimestampNs(2_000 + place as u64 * 10),
            ts_event: TimestampNs(1_990 + place as u64 * 9),
            symbol: label(if place % 3 == 0 { "ABC" } else { "X,Y" }),
            data,
        })
        .collect()
}

pub(super) fn recording(rows: &[Row]) -> Vec<u8> {
    let mut writer = RecordingWriter::new(Vec::new()).unwrap();
    for row in rows {
        writer.write(row.clone()).unwrap();
    }
    writer.finish().unwrap().0
}

pub(super) fn parquet(rows: &[Row]) -> Vec<u8> {
    let mut writer = ParquetWriter::new(Vec::new()).unwrap();
    for row in rows {
        writer.write(row).unwrap();
    }
    writer.finish().unwrap()
}
