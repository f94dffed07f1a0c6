//! What the data is: files, larger bars, instruments.

use serde_json::Value;

use super::{dynasty, fixture, result, told};

#[test]
fn a_file_that_is_given_twice_is_refused() {
    let goog = fixture("market/goog_1d_bars.csv.gz");
    let (code, text, errors) = dynasty(&["backtest", &goog, &goog, "-s", "sma_cross"]);
    assert_eq!((code, text.as_str()), (Some(1), ""));
    assert!(
        errors.contains("two bars of goog_1d_bars begin at 2004-08-19T13:30:00Z"),
        "{errors}"
    );
}

/// Two hours of EURUSD have more volume than a quantity can say.
#[test]
fn larger_bars_of_a_great_volume_are_made() {
    let eurusd = fixture("market/eurusd_1h_bars.csv.gz");
    let args = ["backtest", &eurusd, "-s", "sma_cross", "--bars", "1d"];
    let (code, _, errors) = dynasty(&args);
    assert_eq!(code, Some(0), "{errors}");
    let said = "the first of 256 bars with a volume past 92233720368.54775807, taken as that";
    assert!(errors.contains(said), "{errors}");
    let said = "eurusd_1h_bars.csv.gz:4553: the first of 2 bars with a volume";
    assert!(errors.contains(said), "{errors}");
    let also = result(&[&eurusd, "-s", "sma_cross", "--also", "1d"]);
    let caution = also["cautions"][0].as_str().unwrap();
    assert!(
        caution.contains("longer bars have more volume"),
        "{caution}"
    );
}

#[test]
fn a_file_of_instruments_brings_sessions_and_dividends() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("goog.toml");
    let text = r#"
        [[instrument]]
        symbol = "GOOG"
        kind = "equity"
        currency = "USD"
        tick_size = "0.01"
        lot_size = "1"
        order_qty_max = "100000"
        session = "us-equities"

        [[instrument.action]]
        ex = "2008-06-02"
        dividend = "1.25"
    "#;
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let result = told(&["--strategy", "buy_and_hold", "--instrument", file]);
    // Bought at the second open, 101.01, and worth the last close, 806.19.
    assert_eq!(result["equity"], "10706.43");
    assert_eq!(result["counts"]["denied"], 0);
}

#[test]
fn a_bar_goes_on_in_the_next_file() {
    use std::fmt::Write as _;

    use marketdata::generator::MinuteBars;

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let head = "ts_ns,open,high,low,close,volume\n";
    // The bars of the generator begin 40 seconds after a minute.
    let rows = MinuteBars::new(5).take(6_000).map(|(_, bar)| {
        let mut row = String::new();
        write!(row, "{},", bar.start.0 - 40_000_000_000).unwrap();
        let [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close];
        writeln!(row, "{open},{high},{low},{close},{}", bar.volume).unwrap();
        row
    });
    let rows: Vec<String> = rows.collect();
    let write = |name: &str, rows: &[String]| {
        let path = path(name);
        std::fs::write(&path, format!("{head}{}", rows.concat())).unwrap();
        path
    };
    // 3,017 minutes are in the middle of an hour.
    let (whole, first, second) = (
        write("whole.csv", &rows),
        write("first.csv", &rows[..3_017]),
        write("second.csv", &rows[3_017..]),
    );
    let told = |files: &[&str]| {
        let words = [
            "--strategy",
            "sma_cross",
            "--interval",
            "1m",
            "--bars",
            "1h",
            "--symbol",
            "SYN",
        ];
        let more = ["--cash", "1000000", "--fee", "0.01%", "--format", "json"];
        let (code, text, errors) = dynasty(&[&["backtest"], files, &words, &more].concat());
        assert_eq!((code, errors.as_str()), (Some(0), ""));
        let mut result: Value = serde_json::from_str(&text).unwrap();
        result["files"] = Value::Null;
        result
    };
    let uncut = told(&[&whole]);
    // It begins 26 minutes after an hour: 6,026 minutes from an hour on are in 101 hours.
    assert_eq!(uncut["counts"]["bars"], 101);
    assert!(uncut["round_trips"].as_u64().unwrap() > 0);
    assert_eq!(told(&[&first, &second]), uncut);
    assert_eq!(told(&[&second, &first]), uncut);
}
