//! Files that were broken by seed: no reader panics, none goes on for ever, none takes more memory than it should.
//! `HISTORY_MUTATED=N` breaks N files of each format, `FEED_FROM=N` others than without it.

use std::fs;
use std::io::{Cursor, Write as _};

use marketdata::Xorshift64Star;
use marketdata::history::{self, BarLength, Format, Options, Row, RowsWriter};

use super::{fixture, label, samples};
use crate::perturbed::{first_seed, number};

/// Broken files of each format.
const MUTATED: u64 = 500;
/// More bytes than any reader of a broken sample allocates at a time: blocks and metadata up to their limits.
const ALLOCATED_MAX: u64 = 160 << 20;

fn mutated(random: &mut Xorshift64Star, sample: &[u8]) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() as u64 + 1) as usize;
        let end = at + random.below((bytes.len() - at).min(64) as u64 + 1) as usize;
        match random.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => bytes[at] = random.below(256) as u8,
            2 => bytes[at..end].fill(0xff),
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(at..end)),
            5 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ => {}
        }
    }
    bytes
}

/// The first block of a recording with broken columns under a checksum that is right.
fn sealed(random: &mut Xorshift64Star, sample: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 17;
    const PAYLOAD: usize = BLOCK + 32;
    let word = |at: usize| u32::from_le_bytes(sample[at..at + 4].try_into().unwrap());
    let end = PAYLOAD + word(BLOCK + 8) as usize;
    let raw = word(BLOCK + 4) as usize;
    let columns = zstd::bulk::decompress(&sample[PAYLOAD..end], raw).unwrap();
    let columns = mutated(random, &columns);
    let packed = zstd::bulk::compress(&columns, 1).unwrap();
    let mut header = sample[BLOCK..PAYLOAD - 4].to_vec();
    let rows = if random.below(4) == 0 {
        random.below(70_000) as u32
    } else {
        word(BLOCK)
    };
    header[..4].copy_from_slice(&rows.to_le_bytes());
    header[4..8].copy_from_slice(&(columns.len() as u32).to_le_bytes());
    header[8..12].copy_from_slice(&(packed.len() as u32).to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&header), &packed);
    [
        &sample[..BLOCK],
        &header,
        &crc.to_le_bytes(),
        &packed,
        &sample[end..],
    ]
    .concat()
}

fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let rows = samples::rows();
    let text = |name: &str| fs::read(fixture("history").join(name)).unwrap();
    let mut samples = vec![
        ("itch", samples::itch()),
        ("npz", samples::npz(&samples::events())),
        ("npz", samples::npy(&samples::events())),
        ("dbn", samples::mbo()),
        ("tape", crate::mutated::tape("plain.tape").0),
        ("recording", samples::recording(&rows)),
        ("sealed", samples::recording(&rows)),
        ("parquet", samples::parquet(&rows)),
        ("tardis-book", text("tardis_book.csv")),
        ("binance-klines", text("BTCUSDT-1m-2024-01.csv")),
        (
            "lobster",
            text("AMZN_2012-06-21_34200000_57600000_message_2.csv"),
        ),
        ("stooq-bulk", text("stooq_bulk.txt")),
        ("stooq", text("stooq_daily.csv")),
        ("yahoo", text("yahoo_daily.csv")),
        ("histdata-m1", text("DAT_ASCII_EURUSD_M1_201202.csv")),
        ("histdata-ticks", text("DAT_ASCII_EURUSD_T_201202.csv")),
        ("histdata-mt", text("DAT_MT_EURUSD_M1_201207.csv")),
        ("tardis-trades", text("tardis_trades.csv")),
        ("tardis-quotes", text("tardis_quotes.csv")),
        ("binance-trades", text("BTCUSDT-trades-2024-01.csv")),
        (
            "binance-agg-trades",
            text("BTCUSDT-aggTrades-2025-01-01.csv"),
        ),
        ("rows", written(&rows)),
        ("ticks", b"ts_ns,kind,a,b,c,d\n1,Q,1.5,2,1.6,3\n2,T,1.5,2,B,\n".to_vec()),
        ("bars", b"ts_ns,open,high,low,close,volume\n60,1,2,0.5,1.5,7\n120,1.5,2,1,2,8\n".to_vec()),
        // What nobody says, and their first line does.
        ("found by a header of bars", b"Date,Symbol,Open,High,Low,Close,Volume\n2024-01-02,ABC,1,2,0.5,1.5,7\n2024-01-03,ABC,1,2,1,2,8\n".to_vec()),
        ("found by a header of quotes", b"\"ts\";\"bid\";\"ask\";\"bid_size\"\n1700000000;1.5;1.6;2\n1700000001.5;1.5;1.6;3\n".to_vec()),
        ("found by a header of trades", b"date\ttime\tprice\tamount\tside\n2024-01-02\t10:00:00.5\t1.5\t3\tsell\n".to_vec()),
        // Containers: broken from outside, where checksums find it, and from inside.
        ("yahoo", gzip(&text("yahoo_daily.csv"))),
        (
            "yahoo",
            zstd::bulk::compress(&text("yahoo_daily.csv"), 3).unwrap(),
        ),
        ("yahoo", zip(&text("yahoo_daily.csv"))),
        ("yahoo, in gzip", text("yahoo_daily.csv")),
        ("yahoo, in zstd", text("yahoo_daily.csv")),
        ("yahoo, in zip", text("yahoo_daily.csv")),
        ("dbn, in zstd", samples::mbo()),
    ];
    let others = samples::other_schemas().into_iter();
    samples.extend(others.map(|sample| ("dbn", sample)));
    samples
}

fn written(rows: &[Row]) -> Vec<u8> {
    let mut out = RowsWriter::new(Vec::new()).unwrap();
    for row in rows {
        out.write(row).unwrap();
    }
    out.finish().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    zip.start_file("rows.csv", options).unwrap();
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap().into_inner()
}

/// The levels of LOBSTER stand in a file of their own, a row for each message.
#[test]
fn broken_levels_of_lobster_are_told_of() {
    const NAMES: [&str; 2] = [
        "AMZN_2012-06-21_34200000_57600000_message_2.csv",
        "AMZN_2012-06-21_34200000_57600000_orderbook_2.csv",
    ];
    let folder = tempfile::tempdir().unwrap();
    let whole = NAMES.map(|name| fs::read(fixture("history").join(name)).unwrap());
    let mut random = Xorshift64Star::new(9 + first_seed());
    let (mut good, mut bad) = (0_u64, 0_u64);
    for run in 0..number("HISTORY_MUTATED", MUTATED) {
        for (place, (name, whole)) in NAMES.iter().zip(&whole).enumerate() {
            let is_broken = place == 1 || run % 4 == 0;
            let bytes = if is_broken {
                mutated(&mut random, whole)
            } else {
                whole.clone()
            };
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        match history::open(&folder.path().join(NAMES[0]), None, &Options::default()) {
            Err(_) => bad += 1,
            Ok(rows) => {
                for (step, row) in rows.enumerate() {
                    assert!(step < 10_000, "{run}: no end");
                    match row {
                        Ok(_) => good += 1,
                        Err(_) => bad += 1,
                    }
                }
            }
        }
    }
    println!("lobster's levels: {good} rows, {bad} bad ones");
    assert!(good > 0 && bad > 0);
}

#[test]
fn broken_files_of_every_format_are_told_of() {
    let count = number("HISTORY_MUTATED", MUTATED);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken");
    let options = |name: &str| Options {
        symbols: [
            "ABC",
            "ESH4",
            "BTC-PERPETUAL",
            "AAPL.US",
            "XBTUSD",
            "BTCUSDT",
        ]
        .map(label)
        .to_vec(),
        date: history::parse_date("2024-01-31"),
        // Nothing in these says how long they are.
        interval: (name == "bars").then_some(BarLength::Ns(60)),
        ..Options::default()
    };
    for (name, sample) in samples() {
        let options = options(name);
        let is_sealed = name == "sealed";
        let (layout, container) = name.split_once(", in ").unwrap_or((name, ""));
        let format = (!name.starts_with("found by"))
            .then(|| Format::named(if is_sealed { "recording" } else { layout }).unwrap());
        if !is_sealed && container.is_empty() {
            fs::write(&path, &sample).unwrap();
            let rows = history::open(&path, format.as_ref(), &options).unwrap();
            assert!(rows.flatten().count() > 0, "{name}: nothing in the sample");
        }
        let mut random = Xorshift64Star::new(7 + first_seed());
        let (mut good, mut bad, mut refused) = (0_u64, 0_u64, 0_u64);
        for seed in 0..count {
            let bytes = if is_sealed {
                sealed(&mut random, &sample)
            } else {
                mutated(&mut random, &sample)
            };
            let packed = match container {
                "gzip" => gzip(&bytes),
                "zstd" => zstd::bulk::compress(&bytes, 3).unwrap(),
                "zip" => zip(&bytes),
                _ => bytes.clone(),
            };
            fs::write(&path, packed).unwrap();
            let used = allocation_counter::measure(|| {
                let Ok(rows) = history::open(&path, format.as_ref(), &options) else {
                    refused += 1;
                    return;
                };
                // Rows that are packed take a byte each before; others more.
                let steps_max = bytes.len() as u64 + history::BLOCK_ROWS_MAX as u64;
                let mut steps = 0;
                for row in rows {
                    steps += 1;
                    assert!(steps < steps_max, "{name}, {seed}: no end");
                    match row {
                        Ok(_) => good += 1,
                        Err(_) => bad += 1,
                    }
                }
            });
            assert!(
                used.bytes_max < ALLOCATED_MAX,
                "{name}, {seed}: {} bytes",
                used.bytes_max
            );
        }
        println!("{name}: {good} rows, {bad} bad ones, {refused} files refused");
        assert!(bad + refused > 0, "{name}: nothing was broken");
    }
}
