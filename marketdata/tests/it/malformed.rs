//! What is not exactly in the format is refused, with the place and what would be accepted.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use marketdata::recording::RECORDING_BYTES_MAX;
use marketdata::{read_bars, read_ticks};
use proptest::prelude::*;

const TICKS: &str = "ts_ns,kind,a,b,c,d\n";
const BARS: &str = "ts_ns,open,high,low,close,volume\n";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn ticks_error(text: &[u8]) -> String {
    read_ticks("x.gz", &gzip(text)).unwrap_err().to_string()
}

fn tick_rows_error(rows: &str) -> String {
    ticks_error(format!("{TICKS}{rows}").as_bytes())
}

fn bar_rows_error(rows: &str) -> String {
    let gz = gzip(format!("{BARS}{rows}").as_bytes());
    read_bars("x.gz", &gz).unwrap_err().to_string()
}

#[test]
fn bytes_that_are_no_gzip_stream() {
    for gz in [b"".as_slice(), b"ts_ns,kind", b"\x1f\x8b"] {
        assert_eq!(
            read_ticks("x.gz", gz).unwrap_err().to_string(),
            "x.gz: not a whole gzip stream"
        );
    }
}

#[test]
fn a_gzip_stream_that_is_cut_or_damaged() {
    let whole = gzip(format!("{TICKS}1,Q,1,1,2,1\n").as_bytes());
    assert_eq!(read_ticks("x.gz", &whole).unwrap().len(), 1);
    let mut damaged = whole.clone();
    // The first byte of the checksum, which the last eight bytes hold with the length.
    let checksum = whole.len() - 8;
    damaged[checksum] ^= 1;
    for gz in [&whole[..whole.len() - 1], &damaged] {
        assert_eq!(
            read_ticks("x.gz", gz).unwrap_err().to_string(),
            "x.gz: not a whole gzip stream"
        );
    }
}

#[test]
fn bytes_after_the_gzip_stream() {
    let mut gz = gzip(format!("{TICKS}1,Q,1,1,2,1\n").as_bytes());
    gz.extend_from_slice(b"more");
    assert_eq!(
        read_ticks("x.gz", &gz).unwrap_err().to_string(),
        "x.gz: 4 bytes after the end of the gzip stream; accepted: none"
    );
}

#[test]
fn a_text_beyond_the_limit() {
    let gz = gzip(&vec![b'0'; RECORDING_BYTES_MAX as usize + 1]);
    assert_eq!(
        read_bars("x.gz", &gz).unwrap_err().to_string(),
        "x.gz: unpacks to more than 67108864 bytes (recording_bytes_max)"
    );
}

#[test]
fn another_header() {
    assert_eq!(
        ticks_error(b"time,kind,a,b,c,d\n"),
        "x.gz:1: the header is 'time,kind,a,b,c,d'; accepted: 'ts_ns,kind,a,b,c,d'"
    );
    assert_eq!(
        ticks_error(BARS.as_bytes()),
        "x.gz:1: the header is 'ts_ns,open,high,low,close,volume'; accepted: 'ts_ns,kind,a,b,c,d'"
    );
    assert_eq!(
        ticks_error(b""),
        "x.gz:1: the header is ''; accepted: 'ts_ns,kind,a,b,c,d'"
    );
}

#[test]
fn a_last_line_without_its_newline() {
    assert_eq!(
        tick_rows_error("1,Q,1,1,2,1\n2,Q,1,1,2,1"),
        "x.gz:3: the last line is cut short; accepted: a newline at its end"
    );
}

#[test]
fn a_header_without_rows() {
    let message = "x.gz: no row after the header; accepted: one or more";
    assert_eq!(tick_rows_error(""), message);
    assert_eq!(bar_rows_error(""), message);
}

#[test]
fn too_few_or_too_many_columns() {
    assert_eq!(
        tick_rows_error("1,Q,1,1,2,1\n1,T,1,1,S\n"),
        "x.gz:3: 5 columns; accepted: 6"
    );
    assert_eq!(
        bar_rows_error("1,1,1,1,1,1,1\n"),
        "x.gz:2: 7 columns; accepted: 6"
    );
    assert_eq!(bar_rows_error("\n"), "x.gz:2: 1 columns; accepted: 6");
}

#[test]
fn text_that_is_not_ascii() {
    assert_eq!(
        ticks_error(b"ts_ns,kind,a,b,c,d\n\xff"),
        r"x.gz:2: the text is '\xff'; accepted: ASCII"
    );
    assert_eq!(
        tick_rows_error("1,Q,\u{664},1,2,1\n"),
        r"x.gz:2: a (bid) is '\u{664}'; accepted: a decimal number"
    );
}

#[test]
fn times_that_are_no_timestamps() {
    for value in ["", "-1", "+1", "1.0", "18446744073709551616"] {
        assert_eq!(
            tick_rows_error(&format!("{value},Q,1,1,2,1\n")),
            format!(
                "x.gz:2: ts_ns is '{value}'; accepted: a whole number of nanoseconds since 1970, \
                 in 64 bits"
            )
        );
    }
}

#[test]
fn times_that_go_backwards() {
    assert_eq!(
        tick_rows_error("7,Q,1,1,2,1\n7,Q,1,1,2,1\n6,Q,1,1,2,1\n"),
        "x.gz:4: ts_ns is '6'; accepted: a time not before 7"
    );
    assert_eq!(
        bar_rows_error("7,1,1,1,1,1\n7,1,1,1,1,1\n"),
        "x.gz:3: ts_ns is '7'; accepted: a time after 7"
    );
}

#[test]
fn another_kind_of_tick() {
    assert_eq!(
        tick_rows_error("1,q,1,1,2,1\n"),
        "x.gz:2: kind is 'q'; accepted: Q or T"
    );
}

#[test]
fn prices_that_are_not_exact() {
    assert_eq!(
        tick_rows_error("1,Q,1e3,1,2,1\n"),
        "x.gz:2: a (bid) is '1e3'; accepted: a decimal number"
    );
    assert_eq!(
        bar_rows_error("1,0.0000000001,1,1,1,1\n"),
        "x.gz:2: open is '0.0000000001'; accepted: a price of at most 9 decimals"
    );
    assert_eq!(
        tick_rows_error("1,T,9223372037,1,B,\n"),
        "x.gz:2: a (price) is '9223372037'; accepted: a price within 9223372036 of zero"
    );
}

#[test]
fn a_trade_of_nothing() {
    assert_eq!(
        tick_rows_error("1,Q,1,0,2,0\n2,T,1,0.00,B,\n"),
        "x.gz:3: b (qty) is '0.00'; accepted: a quantity above 0 of a trade"
    );
}

#[test]
fn an_ask_below_the_bid() {
    assert_eq!(
        tick_rows_error("1,Q,2.01,1,2.00,1\n"),
        "x.gz:2: c (ask) is '2.00'; accepted: a price not below the bid 2.01"
    );
    let locked = gzip(format!("{TICKS}1,Q,2,1,2,1\n").as_bytes());
    assert_eq!(read_ticks("x.gz", &locked).unwrap().len(), 1);
}

#[test]
fn quantities_that_are_negative_or_not_exact() {
    assert_eq!(
        tick_rows_error("1,Q,1,-0.5,2,1\n"),
        "x.gz:2: b (bid_qty) is '-0.5'; accepted: a quantity not below zero"
    );
    assert_eq!(
        tick_rows_error("1,Q,1,1,2,many\n"),
        "x.gz:2: d (ask_qty) is 'many'; accepted: a decimal number"
    );
    assert_eq!(
        tick_rows_error("1,T,1,0.000000001,B,\n"),
        "x.gz:2: b (qty) is '0.000000001'; accepted: a quantity of at most 8 decimals"
    );
    assert_eq!(
        tick_rows_error("1,T,1,92233720369,B,\n"),
        "x.gz:2: b (qty) is '92233720369'; accepted: a quantity from 0 to 92233720368"
    );
}

#[test]
fn a_volume_is_held_at_the_range_only_if_it_is_a_number() {
    assert_eq!(
        bar_rows_error("1,1,1,1,1,99999999999999999999x\n"),
        "x.gz:2: volume is '99999999999999999999x'; accepted: a quantity from 0 to 92233720368"
    );
    assert_eq!(
        bar_rows_error("1,1,1,1,1,-99999999999\n"),
        "x.gz:2: volume is '-99999999999'; accepted: a quantity from 0 to 92233720368"
    );
    assert_eq!(
        bar_rows_error("1,1,1,1,1,-1\n"),
        "x.gz:2: volume is '-1'; accepted: a quantity not below zero"
    );
}

#[test]
fn a_trade_with_another_side_or_a_value_too_many() {
    assert_eq!(
        tick_rows_error("1,T,1,1,X,\n"),
        "x.gz:2: c (side) is 'X'; accepted: B or S"
    );
    assert_eq!(
        tick_rows_error("1,T,1,1,S,1\n"),
        "x.gz:2: d is '1'; accepted: nothing"
    );
}

#[test]
fn a_high_or_low_that_does_not_enclose() {
    assert_eq!(
        bar_rows_error("1,1.5,1.9,1,2,1\n"),
        "x.gz:2: high is '1.9'; accepted: a price not below open and close, 2"
    );
    assert_eq!(
        bar_rows_error("1,1.5,2,1.6,2,1\n"),
        "x.gz:2: low is '1.6'; accepted: a price not above open and close, 1.5"
    );
}

#[test]
fn a_long_value_is_not_repeated_in_full() {
    let long = "9".repeat(1_000);
    assert_eq!(
        tick_rows_error(&format!("1,{long},1,1,2,1\n")),
        format!("x.gz:2: kind is '{}'; accepted: Q or T", &long[..64])
    );
}

/// Rows that are nearly right reach further into the reader than any bytes do.
fn nearly_rows() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        "[0-9]{0,3}",
        "[-+]?[0-9]{0,22}\\.?[0-9]{0,12}",
        "[QTBS]?",
        any::<String>(),
    ];
    let row = prop::collection::vec(field, 5..=7).prop_map(|fields| fields.join(",") + "\n");
    prop::collection::vec(row, 0..4).prop_map(|rows| rows.concat())
}

proptest! {
    #[test]
    fn any_bytes_as_gzip_never_panic(bytes: Vec<u8>) {
        prop_assert!(read_ticks("any", &bytes).is_err());
        prop_assert!(read_bars("any", &bytes).is_err());
    }

    #[test]
    fn a_recording_with_one_byte_changed_never_panics(at in 0_usize..4096, byte: u8) {
        let mut gz = include_bytes!("../../../fixtures/market/aapl_1d_bars.csv.gz").to_vec();
        let at = at % gz.len();
        gz[at] = byte;
        let _ = read_bars("any", &gz);
    }

    #[test]
    fn any_bytes_as_csv_never_panic(bytes: Vec<u8>) {
        let _ = read_ticks("any", &gzip(&bytes));
        let _ = read_ticks("any", &gzip(&[TICKS.as_bytes(), &bytes].concat()));
        let _ = read_bars("any", &gzip(&[BARS.as_bytes(), &bytes].concat()));
    }

    #[test]
    fn nearly_right_rows_never_panic(rows in nearly_rows()) {
        let _ = read_ticks("any", &gzip(format!("{TICKS}{rows}").as_bytes()));
        let _ = read_bars("any", &gzip(format!("{BARS}{rows}").as_bytes()));
    }
}
