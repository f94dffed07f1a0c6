//! Parquet tables of others.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use marketdata::history::{BarLength, Format, Layout, Options, Zone};
use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
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

/// A name of a column, its type, and its values.
type Times<'a> = (&'a str, &'a str, [i64; 2]);

/// Two bars: 10 11 9 10.5 5 and 10.5 12 10 11 6.
fn bars(path: &Path, times: &[Times], values: [&str; 5]) {
    packed_bars(path, times, values, Compression::UNCOMPRESSED);
}

fn packed_bars(path: &Path, times: &[Times], values: [&str; 5], codec: Compression) {
    let times_of = times.iter().map(|(name, of, _)| match *of {
        DATE => format!("REQUIRED INT32 {name} (DATE);"),
        of => format!("REQUIRED INT64 {name} ({of});"),
    });
    let values_of = values.iter().map(|name| format!("REQUIRED DOUBLE {name};"));
    let columns: String = times_of.chain(values_of).collect();
    let schema = parse_message_type(&format!("message schema {{ {columns} }}"));
    let file = File::create(path).unwrap();
    let schema = Arc::new(schema.unwrap());
    let properties = WriterProperties::builder().set_compression(codec).build();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties)).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for (_, of, times) in times {
        let mut column = group.next_column().unwrap().unwrap();
        if *of == DATE {
            let days = times.map(|day| i32::try_from(day).unwrap());
            let typed = column.typed::<Int32Type>();
            typed.write_batch(&days, None, None).unwrap();
        } else {
            let typed = column.typed::<Int64Type>();
            typed.write_batch(times, None, None).unwrap();
        }
        column.close().unwrap();
    }
    for pair in [
        [10.0, 10.5],
        [11.0, 12.0],
        [9.0, 10.0],
        [10.5, 11.0],
        [5.0, 6.0],
    ] {
        let mut column = group.next_column().unwrap().unwrap();
        let typed = column.typed::<DoubleType>();
        typed.write_batch(&pair, None, None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}

const LOWER: [&str; 5] = ["open", "high", "low", "close", "volume"];
const UPPER: [&str; 5] = ["Open", "High", "Low", "Close", "Volume"];
const MILLIS: &str = "TIMESTAMP(MILLIS,true)";
/// Days since 1970.
const DATE: &str = "DATE";
/// 2024-01-02T00:00Z.
const DAY_MS: i64 = 1_704_153_600_000;
const MINUTES: [i64; 2] = [DAY_MS, DAY_MS + 60_000];
const DAYS: [i64; 2] = [DAY_MS, DAY_MS + 86_400_000];

#[test]
fn the_time_of_plain_bars_is_their_start_as_in_a_text() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        symbols: vec![label("X")],
        ..Options::default()
    };
    for name in [
        "timestamp",
        "datetime",
        "date",
        "time",
        "Date",
        "Datetime",
        "TIME",
    ] {
        for (values, length, times, written, ends) in [
            (
                LOWER,
                "1m",
                MINUTES,
                ["2024-01-02 00:00:00", "2024-01-02 00:01:00"],
                ["2024-01-02T00:01:00Z", "2024-01-02T00:02:00Z"],
            ),
            (
                UPPER,
                "1d",
                DAYS,
                ["2024-01-02", "2024-01-03"],
                ["2024-01-03T00:00:00Z", "2024-01-04T00:00:00Z"],
            ),
        ] {
            let path = folder.path().join(format!("x_{length}_bars.parquet"));
            bars(&path, &[(name, MILLIS, times)], values);
            let text = format!(
                "{name},{}\n{},10,11,9,10.5,5\n{},10.5,12,10,11,6\n",
                values.join(","),
                written[0],
                written[1]
            );
            let text_path = path.with_extension("csv");
            fs::write(&text_path, text).unwrap();
            let [table, text] = [&path, &text_path].map(|path| {
                let (rows, bad) = read(path, None, &options);
                assert!(bad.is_empty(), "{name}: {bad:?}");
                lines(&rows)
            });
            assert_eq!(table, text, "{name}");
            let told = [0, 1].map(|at| table[at].split(' ').next().unwrap());
            assert_eq!(told, ends, "{name}");
        }
        // Nothing says how long they are, unless they are of days.
        let path = folder.path().join("bars.parquet");
        bars(&path, &[(name, MILLIS, MINUTES)], LOWER);
        let told = marketdata::history::open(&path, None, &options).unwrap_err();
        assert!(told.to_string().contains("--interval 1m"), "{name}: {told}");
    }
}

/// Dates, and times of one time of day; a week, a month and two times of a day are none, and neither is one time alone that is
/// no midnight. Midnights of New York are an hour earlier in UTC from 2024-03-10 on, a day of 23 hours.
#[test]
fn bars_of_days_are_known_by_their_starts() {
    const HOUR: i64 = 3_600_000;
    const MARCH: i64 = 1_710_028_800_000;
    const CLOCK: &str = "TIMESTAMP(MILLIS,false)";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let midnights = "2024-01-02T00:00:00Z 2024-01-03T00:00:00Z";
    let short = [MARCH + 5 * HOUR, MARCH + 28 * HOUR];
    for (of, times, zone, first) in [
        (DATE, [19_724, 19_725], None, Some(midnights)),
        // The fourth day after is the longest weekend.
        (DATE, [19_724, 19_728], None, Some(midnights)),
        (DATE, [19_724, 19_731], None, None),
        (DATE, [19_723, 19_754], None, None),
        (MILLIS, DAYS, None, Some(midnights)),
        (CLOCK, DAYS, None, Some(midnights)),
        (MILLIS, [DAY_MS; 2], None, Some(midnights)),
        (
            MILLIS,
            DAYS.map(|day| day + 5 * HOUR),
            None,
            Some("2024-01-02T05:00:00Z 2024-01-03T05:00:00Z"),
        ),
        (MILLIS, [DAY_MS + 5 * HOUR; 2], None, None),
        (MILLIS, [DAY_MS, DAY_MS + 25 * HOUR], None, None),
        (MILLIS, short, None, None),
        (
            MILLIS,
            short,
            Some("America/New_York"),
            Some("2024-03-10T05:00:00Z 2024-03-11T04:00:00Z"),
        ),
    ] {
        bars(&path, &[("time", of, times)], LOWER);
        let options = Options {
            zone: zone.and_then(Zone::named),
            ..Options::default()
        };
        let Some(first) = first else {
            let told = marketdata::history::open(&path, None, &options).unwrap_err();
            let told = told.to_string();
            assert!(told.contains("--interval 1m"), "{times:?}: {told}");
            continue;
        };
        let (rows, bad) = read(&path, None, &options);
        assert!(bad.is_empty(), "{bad:?}");
        let types::MarketData::Bar(bar) = &rows[0].data else {
            panic!("no bar");
        };
        assert_eq!(
            format!("{} {}", bar.start, rows[0].ts),
            first,
            "{of} {times:?}"
        );
    }
    // What is said goes before what is seen, and columns that were declared are not looked at.
    bars(&path, &[("time", DATE, [19_724, 19_725])], LOWER);
    let hours = Options {
        interval: Some(BarLength::Ns(3_600_000_000_000)),
        ..Options::default()
    };
    let (rows, _) = read(&path, None, &hours);
    assert_eq!(rows[0].ts.to_string(), "2024-01-02T01:00:00Z");
    let layout = Layout::parse("start=time,open=open,high=high,low=low,close=close", b',').unwrap();
    let declared =
        marketdata::history::open(&path, Some(&Format::Table(layout)), &Options::default());
    assert!(declared.unwrap_err().to_string().contains("--interval 1m"));
}

#[test]
fn a_date_and_a_time_that_has_its_date_are_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x_1m_bars.parquet");
    let days = ("date", MILLIS, [DAY_MS; 2]);
    bars(&path, &[days, ("time", MILLIS, MINUTES)], LOWER);
    let (rows, bad) = read(&path, None, &Options::default());
    assert!(bad.is_empty(), "{bad:?}");
    let ends: Vec<_> = rows.iter().map(|row| row.ts.to_string()).collect();
    assert_eq!(ends, ["2024-01-02T00:01:00Z", "2024-01-02T00:02:00Z"]);
}

#[test]
fn bars_by_our_names_are_what_these_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x_1m_bars.parquet");
    let later = MINUTES.map(|time| time + 30_000);
    for (times, first) in [
        // The end of the bar, alone and beside its start.
        (
            vec![("ts", MILLIS, MINUTES)],
            "2024-01-01T23:59:00Z 2024-01-02T00:00:00Z",
        ),
        (
            vec![("start", MILLIS, MINUTES), ("ts", MILLIS, later)],
            "2024-01-02T00:00:00Z 2024-01-02T00:00:30Z",
        ),
        (
            vec![("end", MILLIS, later), ("timestamp", MILLIS, MINUTES)],
            "2024-01-02T00:00:00Z 2024-01-02T00:00:30Z",
        ),
    ] {
        bars(&path, &times, LOWER);
        let mut options = Options::default();
        if times.len() == 1 {
            // That it is the end is not known of the file's name, which says a length.
            let told = marketdata::history::open(&path, None, &options).unwrap_err();
            assert!(
                told.to_string()
                    .contains("where the column ts has the bars' ends")
            );
            options.interval = Some(BarLength::Ns(60_000_000_000));
        }
        let (rows, bad) = read(&path, None, &options);
        assert!(bad.is_empty(), "{bad:?}");
        let types::MarketData::Bar(bar) = &rows[0].data else {
            panic!("no bar");
        };
        assert_eq!(format!("{} {}", bar.start, rows[0].ts), first);
    }
    // Of one of the two, in a file whose name has no length.
    let path = folder.path().join("x.parquet");
    for time in ["ts", "start", "end"] {
        bars(&path, &[(time, MILLIS, MINUTES)], LOWER);
        let error = marketdata::history::open(&path, None, &Options::default()).unwrap_err();
        let error = error.to_string();
        let told = "x.parquet: its bars do not say both their start and their end; accepted: --interval 1m";
        assert!(error.contains(told), "{time}: {error}");
    }
}

#[test]
fn tables_are_read_as_others_pack_them() {
    let folder = tempfile::tempdir().unwrap();
    for codec in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        let path = folder.path().join("x_1m_bars.parquet");
        packed_bars(&path, &[("timestamp", MILLIS, MINUTES)], LOWER, codec);
        let options = Options {
            symbols: vec![label("X")],
            ..Options::default()
        };
        let (rows, bad) = read(&path, None, &options);
        assert!(bad.is_empty(), "{codec:?}: {bad:?}");
        assert_eq!(
            lines(&rows),
            [
                "2024-01-02T00:01:00Z X B 2024-01-02T00:00:00Z 10 11 9 10.5 5",
                "2024-01-02T00:02:00Z X B 2024-01-02T00:01:00Z 10.5 12 10 11 6",
            ],
            "{codec:?}"
        );
    }
}

#[test]
fn a_time_without_a_zone_is_of_the_zone_that_is_given() {
    const CLOCK: &str = "TIMESTAMP(MILLIS,false)";
    // 2024-07-02 09:30 and 09:31; New York is 4 hours behind UTC then.
    let summer = [1_719_912_600_000, 1_719_912_660_000];
    // 2024-03-10, a day of 23 hours in New York, and the next one.
    let short = [1_710_028_800_000, 1_710_115_200_000];
    let folder = tempfile::tempdir().unwrap();
    for (length, of, times, zone, first) in [
        (
            "1m",
            CLOCK,
            summer,
            Some("America/New_York"),
            "2024-07-02T13:30:00Z 2024-07-02T13:31:00Z",
        ),
        (
            "1m",
            CLOCK,
            summer,
            None,
            "2024-07-02T09:30:00Z 2024-07-02T09:31:00Z",
        ),
        (
            "1m",
            MILLIS,
            summer,
            Some("America/New_York"),
            "2024-07-02T09:30:00Z 2024-07-02T09:31:00Z",
        ),
        (
            "1d",
            CLOCK,
            short,
            Some("America/New_York"),
            "2024-03-10T05:00:00Z 2024-03-11T04:00:00Z",
        ),
    ] {
        let path = folder.path().join(format!("x_{length}_bars.parquet"));
        bars(&path, &[("timestamp", of, times)], LOWER);
        let options = Options {
            zone: zone.and_then(Zone::named),
            ..Options::default()
        };
        let (rows, bad) = read(&path, None, &options);
        assert!(bad.is_empty(), "{bad:?}");
        let types::MarketData::Bar(bar) = &rows[0].data else {
            panic!("no bar");
        };
        assert_eq!(format!("{} {}", bar.start, rows[0].ts), first);
    }
}

/// One trade of 1.5 x 3, and its time.
fn trade(path: &Path, time: &str, write: impl Fn(&mut SerializedColumnWriter<'_>)) {
    let schema =
        format!("message schema {{ {time}; REQUIRED DOUBLE price; REQUIRED DOUBLE qty; }}");
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let file = File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    write(&mut column);
    column.close().unwrap();
    for value in [1.5, 3.0] {
        let mut column = group.next_column().unwrap().unwrap();
        let typed = column.typed::<DoubleType>();
        typed.write_batch(&[value], None, None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}

/// A date alone is refused as in a text, 19,724 days after 1970 or in words; 34,200 s after midnight are half past nine;
/// and a text may be a whole instant.
#[test]
fn times_of_a_table_are_told_by_their_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let text = |text: &'static str| {
        move |column: &mut SerializedColumnWriter<'_>| {
            let typed = column.typed::<ByteArrayType>();
            typed
                .write_batch(&[ByteArray::from(text)], None, None)
                .unwrap();
        }
    };
    let refused = || {
        let told = marketdata::history::open(&path, None, &Options::default());
        told.unwrap_err().to_string()
    };
    trade(&path, "REQUIRED INT32 date (DATE)", |column| {
        let typed = column.typed::<Int32Type>();
        typed.write_batch(&[19_724], None, None).unwrap();
    });
    assert!(refused().contains("the time 'date' is a date alone"));
    trade(
        &path,
        "REQUIRED BYTE_ARRAY date (STRING)",
        text("2024-01-02"),
    );
    assert!(refused().contains("the time 'date' is a date alone"));
    let on_day = Options {
        date: marketdata::history::parse_date("2024-01-02"),
        ..Options::default()
    };
    let expected = ["2024-01-02T09:30:00Z x T 1.5x3 Unknown"];
    trade(&path, "REQUIRED INT64 time (TIME(MICROS,true))", |column| {
        let typed = column.typed::<Int64Type>();
        typed.write_batch(&[34_200_000_000], None, None).unwrap();
    });
    assert!(refused().contains("--date 2024-01-31"));
    assert_eq!(lines(&read(&path, None, &on_day).0), expected);
    trade(&path, "REQUIRED BYTE_ARRAY time (STRING)", text("09:30:00"));
    assert!(refused().contains("--date 2024-01-31"));
    assert_eq!(lines(&read(&path, None, &on_day).0), expected);
    trade(
        &path,
        "REQUIRED BYTE_ARRAY time (STRING)",
        text("2024-01-02T09:30:00Z"),
    );
    assert_eq!(lines(&read(&path, None, &Options::default()).0), expected);
}
