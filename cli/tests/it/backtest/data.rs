//! What the data is: files, larger bars, instruments.

use serde_json::{Value, json};

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

/// Two hours and the day that they are of.
#[test]
fn hours_and_days_of_one_symbol_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        (
            "x_1h.csv",
            "2024-01-01T22:00:00Z,10,12,10,11\n2024-01-01T23:00:00Z,11,13,11,12\n",
        ),
        ("x_1d.csv", "2024-01-01T00:00:00Z,9,13,8,12\n"),
    ];
    let [hours, days] = files.map(|(name, rows)| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("timestamp,open,high,low,close\n{rows}")).unwrap();
        path.to_string_lossy().into_owned()
    });
    let args = [
        "backtest",
        &hours,
        &days,
        "--symbol",
        "X",
        "-s",
        "sma_cross",
    ];
    let (code, text, errors) = dynasty(&args);
    assert_eq!((code, text.as_str()), (Some(1), ""));
    let said = "two bars of X overlap: one from 2024-01-01T23:00:00Z to 2024-01-02T00:00:00Z, \
                one from 2024-01-01T00:00:00Z to 2024-01-02T00:00:00Z; accepted: bars of one length";
    assert!(errors.contains(said), "{errors}");
}

/// The bars of Google go from 14:30 to 14:30 in winter, and ten days of the calendar from midnight to midnight. 1970 began with the
/// first ten, the 1,265th have the first bar, and the 50th of those end with 2005-12-22, whose bar is known at 14:30 of the next
/// day.
#[test]
fn longer_bars_are_made_of_days_that_go_across_their_ends() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (strategy, fills) = (file("above.toml"), file("fills.csv"));
    let text = "name = \"above\"\n\
                [indicators]\n\
                mean = { indicator = \"sma\", period = 50, bars = \"10d\" }\n\
                [long]\n\
                enter = \"close > mean\"\n";
    std::fs::write(&strategy, text).unwrap();
    let goog = fixture("market/goog_1d_bars.csv.gz");
    result(&[&goog, "-s", &strategy, "--executions", &fills]);
    let fills = std::fs::read_to_string(fills).unwrap();
    let first = fills.lines().nth(1).unwrap();
    assert!(
        first.starts_with("2005-12-23T14:30:00Z,goog_1d_bars,1,buy,"),
        "{first}"
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

/// Three days, whatever their columns are called, wherever they are, and however their times are written: one share is
/// bought at the second open of 105 and is worth 112 at the last close. A bar starts at its time; where all times are
/// midnights it is of a day.
#[test]
fn plain_bars_are_known_by_their_header() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let held = ["-s", "buy_and_hold"];
    for text in [
        "date,open,high,low,close,volume\n2024-01-02,100,110,90,105,1\n2024-01-03,105,109,104,108,1\n2024-01-04,108,113,107,112,1\n",
        "Timestamp,Open,High,Low,Close\n1704153600,100,110,90,105\n1704240000,105,109,104,108\n1704326400,108,113,107,112\n",
        "CLOSE,LOW,HIGH,OPEN,TIME\r\n105,90,110,100,1704153600000\r\n108,104,109,105,1704240000000\r\n112,107,113,108,1704326400000\r\n",
        "datetime;open;high;low;close;adj close\n2024-01-02 00:00:00;100;110;90;105;99\n2024-01-03 00:00:00;105;109;104;108;99\n2024-01-04 00:00:00;108;113;107;112;99\n",
        "date,open,high,low,close,adj close,volume\n2024-01-02,100,110,90,105,99,1\n2024-01-03,105,109,104,108,99,1\n2024-01-04,108,113,107,112,99,1\n",
    ] {
        let days = write("plain.csv", text);
        let told = result(&[&[days.as_str()], &held[..]].concat());
        assert_eq!(told["equity"], "10007", "{text}");
        assert_eq!(
            (&told["first"], &told["last"]),
            (
                &json!("2024-01-02T00:00:00Z"),
                &json!("2024-01-05T00:00:00Z")
            ),
            "{text}"
        );
    }
    // Minutes are not days, also under the header of a vendor of days, and say no length.
    for text in [
        "Date,Open,High,Low,Close,Volume\n2024-01-02 09:30:00,100,110,90,105,1\n2024-01-02 09:31:00,105,109,104,108,1\n2024-01-02 09:32:00,108,113,107,112,1\n",
        "Date,Time,Open,High,Low,Close\n2024-01-02,09:30,100,110,90,105\n2024-01-02,09:31,105,109,104,108\n2024-01-02,09:32,108,113,107,112\n",
    ] {
        let minutes = write("minutes.csv", text);
        let args = [&[minutes.as_str()], &held[..]].concat();
        let (code, _, errors) = dynasty(&[&["backtest"], &args[..]].concat());
        assert_eq!(code, Some(2), "{errors}");
        assert!(errors.contains("accepted: --interval 1m"), "{errors}");
        let told = result(&[&args[..], &["--interval", "1m"]].concat());
        assert_eq!(told["equity"], "10007", "{text}");
        assert_eq!(told["last"], "2024-01-02T09:33:00Z", "{text}");
    }
    // What is not known is told with an example of what would be.
    let odd = write("odd.csv", "when,px\n2024-01-02,100\n");
    let (code, _, errors) = dynasty(&["backtest", &odd, "-s", "buy_and_hold"]);
    assert_eq!(code, Some(2), "{errors}");
    assert!(
        errors.contains("no format that is known; accepted: --columns")
            && errors.contains("--columns start,open,high,low,close,volume"),
        "{errors}"
    );
}

/// What the examples of `--help` read is there.
#[test]
fn examples_name_files_that_exist() {
    let root = fixture("..");
    for verb in [&[][..], &["sweep"], &["walk-forward"], &["monte-carlo"]] {
        let (code, text, _) = dynasty(&[&["backtest"], verb, &["--help"]].concat());
        assert_eq!(code, Some(0));
        let examples = text.split("Examples:").nth(1).unwrap();
        let files: Vec<&str> = examples
            .split_whitespace()
            .filter(|word| word.starts_with("fixtures/"))
            .collect();
        assert!(!files.is_empty(), "{verb:?}");
        for file in files {
            let path = std::path::Path::new(&root).join(file);
            assert!(path.is_file(), "{verb:?}: {file}");
        }
        assert!(!examples.contains("goog.csv "), "{verb:?}");
    }
}
