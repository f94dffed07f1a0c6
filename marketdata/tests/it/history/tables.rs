//! Parquet tables of others.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use marketdata::history::{Format, Layout, Options};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use super::{label, lines, price, read};

/// Trades with the types that pandas writes: times in microseconds, doubles, text.
fn pandas(path: &Path) {
    let schema = "message schema {
        OPTIONAL INT64 ts (TIMESTAMP(MICROS,true));
        OPTIONAL DOUBLE price;
        OPTIONAL DOUBLE qty;
        OPTIONAL BYTE_ARRAY side (STRING);
        REQUIRED INT64 raw;
    }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let file = File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let all = Some(&[1_i16; 3][..]);
    let times = [
        1_704_067_200_000_001,
        1_704_067_200_000_002,
        1_704_067_200_000_003,
    ];
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<Int64Type>()
        .write_batch(&times, all, None)
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<DoubleType>()
        .write_batch(&[42_283.58, 42_283.6], Some(&[1, 0, 1]), None)
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<DoubleType>()
        .write_batch(&[0.002, 1.0, 0.1 + 0.2], all, None)
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let sides = ["buy", "sell", "sell"].map(ByteArray::from);
    column
        .typed::<ByteArrayType>()
        .write_batch(&sides, all, None)
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<Int64Type>()
        .write_batch(&[4_228_358, 4_228_360, 4_228_361], None, None)
        .unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}

#[test]
fn a_table_of_others_is_read_by_the_names_of_its_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trades.parquet");
    pandas(&path);
    let mut options = Options {
        symbols: vec![label("BTC")],
        ..Options::default()
    };
    let (rows, bad) = read(&path, None, &options);
    assert_eq!(
        lines(&rows),
        ["2024-01-01T00:00:00.000001Z BTC T 42283.58x0.002 Buyer"]
    );
    let bad: Vec<_> = bad.iter().map(|error| error.problem.to_string()).collect();
    assert_eq!(
        bad,
        [
            "price is ''; accepted: a price",
            "qty is '0.30000000000000004'; accepted: a quantity of at most 8 decimals, not below zero",
        ]
    );
    // With a lot, a double that is nearly a multiple of it is that multiple.
    options.lot = Some(super::qty("0.001"));
    assert_eq!(read(&path, None, &options).1.len(), 1);
    let layout = Layout::parse("ts=ts,price=raw/100,qty=qty", b',').unwrap();
    options.tick = Some(price("0.01"));
    let (rows, bad) = read(&path, Some(&Format::Table(layout)), &options);
    assert!(bad.is_empty(), "{bad:?}");
    assert_eq!(
        lines(&rows)[1],
        "2024-01-01T00:00:00.000002Z BTC T 42283.6x1 Unknown"
    );
}

#[test]
fn a_table_that_makes_no_row_says_which_columns_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trades.parquet");
    pandas(&path);
    let layout = Layout::parse("ts=ts,price=px,qty=qty", b',').unwrap();
    let opened =
        marketdata::history::open(&path, Some(&Format::Table(layout)), &Options::default());
    let told = opened.unwrap_err().to_string();
    assert!(told.contains("no column 'px'; there are: ts, price, qty, side, raw"));
    fs::write(&path, "PAR1 and nothing else").unwrap();
    assert!(marketdata::history::open(&path, None, &Options::default()).is_err());
}
