//! Tables of ours of which one bit is another than was written. `FLIPPED_STEP=1` flips each, one by one.

use std::fs;
use std::path::Path;

use marketdata::history::{self, Options, Row};
use types::{MarketData, TimestampNs};

use super::samples;
use crate::perturbed::number;

/// Every so many bits one is flipped, each in a file of its own; odd, so that all places in a byte have their turn.
const STEP: u64 = 11;
/// 2024-01-01. Of times near 1970 another unit would be a time too; these are none in micro- or milliseconds.
const BEGIN_NS: u64 = 1_704_067_200_000_000_000;

/// What is read; `None` where that ends in an error or a bad row.
fn rows(path: &Path, bytes: &[u8]) -> Option<Vec<Row>> {
    fs::write(path, bytes).unwrap();
    let rows = history::open(path, None, &Options::default()).ok()?;
    rows.collect::<Result<_, _>>().ok()
}

/// Pages have checksums; what the headers and the index say does not fit when it is another.
#[test]
fn a_flipped_bit_of_parquet_is_an_error_or_without_effect() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.parquet");
    let mut written = samples::rows();
    for row in &mut written {
        let later = |ts: TimestampNs| TimestampNs(ts.0 + BEGIN_NS);
        (row.ts, row.ts_event) = (later(row.ts), later(row.ts_event));
        if let MarketData::Bar(bar) = &mut row.data {
            bar.start = later(bar.start);
        }
    }
    let bytes = samples::parquet(&written);
    assert_eq!(rows(&path, &bytes).as_ref(), Some(&written));
    let step = number("FLIPPED_STEP", STEP);
    let (mut refused, mut without_effect) = (0, 0);
    for bit in (0..bytes.len() * 8).step_by(step as usize) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        match rows(&path, &flipped) {
            None => refused += 1,
            Some(read) => {
                assert_eq!(read, written, "byte {}, bit {}", bit / 8, bit % 8);
                without_effect += 1;
            }
        }
    }
    // Nearly half of so small a table are figures for others to skip by, which are passed over here.
    assert!(3 * refused > without_effect, "{refused} {without_effect}");
}

/// The schema has no checksum. Of times near 1970 another unit makes others, which are times as well: every bit of the
/// footer, behind the pages, is flipped.
#[test]
fn a_flipped_bit_of_the_schema_of_our_parquet_is_an_error_or_without_effect() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.parquet");
    let written = samples::rows();
    let bytes = samples::parquet(&written);
    assert_eq!(rows(&path, &bytes).as_ref(), Some(&written));
    let begin = bytes.windows(6).position(|bytes| bytes == b"market");
    let (mut other_unit, mut refused) = (0, 0);
    for bit in begin.unwrap() * 8..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        match rows(&path, &flipped) {
            None => refused += 1,
            Some(read) => assert_eq!(read, written, "byte {}, bit {}", bit / 8, bit % 8),
        }
        let told = history::open(&path, None, &Options::default()).err();
        let told = told.map_or_else(String::new, |error| error.to_string());
        other_unit +=
            u32::from(told.contains("a column is 'REQUIRED INT64 ts (TIMESTAMP(MICROS,true))'"));
    }
    assert!(refused > 0 && other_unit > 0, "{refused} {other_unit}");
}

/// The checksum of the bytes of a page stands in its header, where every reader of Parquet looks for it: CRC-32 of the
/// packed page, as in gzip. That of the first page, whose header begins behind `PAR1`, is worked out anew.
#[test]
fn a_page_of_parquet_has_the_checksum_of_its_bytes() {
    let bytes = samples::parquet(&samples::rows());
    let mut at = 4;
    // Fields 1 to 4 of the header, numbers all: a byte that says field and type, and a zigzag varint.
    let fields: Vec<i64> = (0..4)
        .map(|_| {
            assert_eq!(bytes[at], 0x15);
            at += 1;
            let mut value = 0_u64;
            let mut shift = 0;
            loop {
                let byte = bytes[at];
                at += 1;
                value |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
        })
        .collect();
    // A page of data, its sizes unpacked and packed, the checksum; a page's bytes in zstd begin with its magic.
    let page = bytes[at..]
        .windows(4)
        .position(|bytes| bytes == [0x28, 0xb5, 0x2f, 0xfd]);
    let page = &bytes[at + page.unwrap()..][..fields[2] as usize];
    let mut checksum = flate2::Crc::new();
    checksum.update(page);
    assert_eq!(fields[0], 0);
    assert_eq!(fields[3], i64::from(checksum.sum().cast_signed()));
}
