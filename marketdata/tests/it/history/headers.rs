//! Text that says by its header what its rows are.

use marketdata::history::{self, BarLength, Format, Layout, Options};

use super::{lines, named, read, spread};

#[test]
fn quoted_headers_and_trailing_separators_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, text: &str, format: &str, expected: &[&str]| {
        let path = spread(folder.path(), name, text);
        let rows = history::open(&path, None, &named("A")).unwrap();
        assert_eq!(rows.format().name(), format, "{text}");
        let (rows, bad) = read(&path, None, &named("A"));
        assert!(bad.is_empty(), "{text}: {bad:?}");
        assert_eq!(lines(&rows), expected, "{text}");
    };
    let stooq = ["2024-01-03T00:00:00Z A B 2024-01-02T00:00:00Z 1 3 0.5 2 7"];
    let row = "2024-01-02,1,3,0.5,2,7";
    for (header, row) in [
        (
            r#""Date","Open","High","Low","Close","Volume""#,
            row.to_owned(),
        ),
        ("Date,Open,High,Low,Close,Volume,", format!("{row},")),
        ("Date,Open,High,Low,Close,Volume", format!("{row},")),
        (
            r#""Date","Open","High","Low","Close","Volume""#,
            format!("\"{}\"", row.replace(',', "\",\"")),
        ),
    ] {
        check("a.csv", &format!("{header}\r\n{row}\r\n"), "stooq", &stooq);
    }
    let volumeless = ["2024-01-03T00:00:00Z A B 2024-01-02T00:00:00Z 1 3 0.5 2 0"];
    let text = "Date,Open,High,Low,Close,\n2024-01-02,1,3,0.5,2,\n";
    check("a.csv", text, "stooq", &volumeless);
    // 00:00 of the zone 5 hours behind UTC.
    let histdata = ["2024-01-02T05:01:00Z A B 2024-01-02T05:00:00Z 1 3 0.5 2 0"];
    let text = "20240102 000000;1;3;0.5;2;0;\n";
    check(
        "DAT_ASCII_EURUSD_M1_2024.csv",
        text,
        "histdata-m1",
        &histdata,
    );
    let declared = Format::Table(Layout::parse("ts=when:s,price=px,qty=vol", b',').unwrap());
    for text in [
        "when,px,vol,\n10,1,2\n",
        "when,px,vol\n10,1,2,\n",
        "when,px,vol,\n10,1,2,\n",
    ] {
        let path = spread(folder.path(), "b.csv", text);
        let (rows, bad) = read(&path, Some(&declared), &named("A"));
        assert!(bad.is_empty(), "{text}: {bad:?}");
        assert_eq!(
            lines(&rows),
            ["1970-01-01T00:00:10Z A T 1x2 Unknown"],
            "{text}"
        );
    }
    // One more with something in it is one too many.
    let path = spread(
        folder.path(),
        "a.csv",
        &format!("Date,Open,High,Low,Close,Volume\n{row},8\n"),
    );
    let (rows, bad) = read(&path, None, &named("A"));
    assert!(rows.is_empty());
    assert!(
        bad[0]
            .to_string()
            .contains("the number of columns is '7'; accepted: at most 6"),
        "{bad:?}"
    );
}

#[test]
fn a_header_says_itself_what_its_rows_are() {
    let folder = tempfile::tempdir().unwrap();
    let options = |interval: Option<u64>| Options {
        interval: interval.map(BarLength::Ns),
        ..Options::default()
    };
    let minute = Some(60_000_000_000);
    for (text, interval, expected) in [
        // `ts` of a bar is its end, as everywhere here.
        (
            "Volume,Close,Low,High,Open,TS\n5,2,1,3,1.5,120\n",
            minute,
            vec![],
        ),
        (
            "Volume,Close,Low,High,Open,TS\n5,2,1,3,1.5,1700000040\n",
            minute,
            vec!["2023-11-14T22:14:00Z x B 2023-11-14T22:13:00Z 1.5 3 1 2 5"],
        ),
        (
            "start;end;open;high;low;close\n1700000040;1700000100;1;2;1;2\n",
            None,
            vec!["2023-11-14T22:15:00Z x B 2023-11-14T22:14:00Z 1 2 1 2 0"],
        ),
        // Bars of two instruments keep apart.
        (
            "date,symbol,open,high,low,close,volume\n2024-01-02,AA,1,2,1,2,5\n2024-01-02,BB,3,4,3,4,6\n",
            None,
            vec![
                "2024-01-03T00:00:00Z AA B 2024-01-02T00:00:00Z 1 2 1 2 5",
                "2024-01-03T00:00:00Z BB B 2024-01-02T00:00:00Z 3 4 3 4 6",
            ],
        ),
        (
            "ts,bid,ask\n2024-01-02T10:00:00Z,1.5,1.6\n",
            None,
            vec!["2024-01-02T10:00:00Z x Q 1.5x0 1.6x0"],
        ),
        (
            "\"Ask Size\"\tASK\tBID\tbid_size\tTimestamp\tlast\n9\t1.6\t1.5\t7\t1700000000123\t1.55\n",
            None,
            vec!["2023-11-14T22:13:20.123Z x Q 1.5x7 1.6x0"],
        ),
        (
            "qty,price,ts\n3,1.5,1700000000\n4,1.6,1700000001\n",
            None,
            vec![
                "2023-11-14T22:13:20Z x T 1.5x3 Unknown",
                "2023-11-14T22:13:21Z x T 1.6x4 Unknown",
            ],
        ),
        (
            "id,time,side,price,amount,venue\n1,1700000000000,sell,1.5,3,XNAS\n",
            None,
            vec!["2023-11-14T22:13:20Z x T 1.5x3 Seller"],
        ),
        (
            "date,time,price,size\n2024-01-02,10:00:00.5,1.5,3\n",
            None,
            vec!["2024-01-02T10:00:00.500Z x T 1.5x3 Unknown"],
        ),
    ] {
        let path = spread(folder.path(), "x.csv", text);
        let (rows, bad) = read(&path, None, &options(interval));
        assert_eq!(bad.is_empty(), !expected.is_empty(), "{text}: {bad:?}");
        assert_eq!(lines(&rows), expected, "{text}");
    }
    // Times of day need their day, as where they are declared.
    let path = spread(folder.path(), "x.csv", "time,price,qty\n10:00:00,1.5,3\n");
    let told = history::open(&path, None, &Options::default()).unwrap_err();
    assert!(told.to_string().contains("--date 2024-01-31"), "{told}");
    let on_day = Options {
        date: history::parse_date("2024-01-02"),
        ..Options::default()
    };
    let (rows, _) = read(&path, None, &on_day);
    assert_eq!(lines(&rows), ["2024-01-02T10:00:00Z x T 1.5x3 Unknown"]);
}

#[test]
fn a_header_that_does_not_tell_asks_for_columns() {
    let folder = tempfile::tempdir().unwrap();
    for (text, problem, accepted) in [
        (
            "ts,price\n1,2\n",
            "no column is called qty or size or quantity or amount",
            "--columns",
        ),
        (
            "ts,timestamp,price,qty\n1,1,2,3\n",
            "the columns 'ts', 'timestamp' could each be ts",
            "--columns",
        ),
        (
            "ts,bid,ask,price,qty\n1,1,2,3,4\n",
            "both quotes (bid, ask) and trades (price, qty)",
            "--columns",
        ),
        (
            "1,2,3\n4,5,6\n",
            "no format that is known; accepted: --columns",
            "--columns",
        ),
        (
            "ts,open,high,low,close\n2024-01-02,1,2,1,2\n",
            "do not say both their start and their end",
            "--columns start=ts,",
        ),
        // Whoever knows the end of a day at its beginning sees the future.
        (
            "date,bid,ask\n2024-01-02,1,2\n",
            "the time 'date' is a date alone",
            "--columns",
        ),
        (
            "timestamp,is_snapshot,side,price,amount\n1,true,bid,2,3\n",
            "its rows may be orders or levels of a book",
            "--columns",
        ),
    ] {
        let path = spread(folder.path(), "x.csv", text);
        let told = history::open(&path, None, &Options::default()).unwrap_err();
        let told = told.to_string();
        assert!(told.contains(problem) && told.contains(accepted), "{told}");
        assert!(told.contains("x.csv"), "{told}");
    }
}

/// A length in the file's name says how long the bars are, and not whether `ts` is their start or their end.
#[test]
fn bars_with_ts_alone_are_not_dated_by_the_name_of_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let text = "ts,open,high,low,close\n2024-01-02T00:01:00Z,1,2,0.5,1.5\n";
    let path = spread(folder.path(), "B_1m.csv", text);
    let refused = history::open(&path, None, &named("B")).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("--interval 1m where the column ts has the bars' ends")
    );
    let minute = Options {
        interval: Some(BarLength::Ns(60_000_000_000)),
        ..named("B")
    };
    let (rows, bad) = read(&path, None, &minute);
    assert!(bad.is_empty(), "{bad:?}");
    let told = lines(&rows);
    assert!(
        told[0].starts_with("2024-01-02T00:01:00Z B B 2024-01-02T00:00:00Z "),
        "{told:?}"
    );
}

/// A vendor's name on a file whose header says otherwise: price and quantity in another order, quotes, another separator.
#[test]
fn a_header_goes_before_the_name_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let name = "BTCUSDT-trades-2024-01.csv";
    for (text, format, expected) in [
        (
            "id,qty,price,quote_qty,time,side\n1,3,1.5,4.5,1700000000000,sell\n",
            "columns",
            "2023-11-14T22:13:20Z BTCUSDT T 1.5x3 Seller",
        ),
        (
            "id;price;qty;quote_qty;time;side\n1;1.5;3;4.5;1700000000000;sell\n",
            "columns",
            "2023-11-14T22:13:20Z BTCUSDT T 1.5x3 Seller",
        ),
        (
            "ts,bid,ask\n1700000000,1.5,1.6\n",
            "columns",
            "2023-11-14T22:13:20Z BTCUSDT Q 1.5x0 1.6x0",
        ),
        // In the vendor's order by other names, and without a header.
        (
            "trade,Price,Size,value,timestamp,maker\n1,1.5,3,4.5,1700000000000,true\n",
            "binance-trades",
            "2023-11-14T22:13:20Z BTCUSDT T 1.5x3 Seller",
        ),
        (
            "1,1.5,3,4.5,1700000000000,true\n",
            "binance-trades",
            "2023-11-14T22:13:20Z BTCUSDT T 1.5x3 Seller",
        ),
    ] {
        let path = spread(folder.path(), name, text);
        let opened = history::open(&path, None, &Options::default()).unwrap();
        assert_eq!(opened.format().name(), format, "{text}");
        let (rows, bad) = read(&path, None, &Options::default());
        assert!(bad.is_empty(), "{text}: {bad:?}");
        assert_eq!(lines(&rows), [expected], "{text}");
    }
    // What the header leaves open is not taken from the name.
    let text = "id,qty,price,when\n1,3,1.5,1700000000000\n";
    let path = spread(folder.path(), name, text);
    let told = history::open(&path, None, &Options::default()).unwrap_err();
    assert!(told.to_string().contains("no column is the time"), "{told}");
}

/// Starts a week apart are of no days: the longest gap between these is a long weekend.
#[test]
fn bars_of_weeks_are_not_taken_for_days() {
    let folder = tempfile::tempdir().unwrap();
    for (header, values) in [
        ("Date,Open,High,Low,Close,Volume", "1,2,1,2,5"),
        ("Date,Open,High,Low,Close,Adj Close,Volume", "1,2,1,2,2,5"),
        ("date,open,high,low,close", "1,2,1,2"),
    ] {
        let bars = |days: [&str; 3]| {
            let rows = days.map(|day| format!("{day},{values}\n"));
            spread(
                folder.path(),
                "x.csv",
                &format!("{header}\n{}", rows.concat()),
            )
        };
        let path = bars(["2024-01-01", "2024-01-08", "2024-01-15"]);
        let told = history::open(&path, None, &Options::default()).unwrap_err();
        assert!(told.to_string().contains("--interval 1m"), "{told}");
        let week = Options {
            interval: Some(BarLength::Ns(7 * 86_400_000_000_000)),
            ..Options::default()
        };
        let (rows, bad) = read(&path, None, &week);
        assert!(bad.is_empty(), "{bad:?}");
        let last = lines(&rows).pop().unwrap();
        let expected = "2024-01-22T00:00:00Z x B 2024-01-15T00:00:00Z 1 2 1 2 ";
        assert!(last.starts_with(expected), "{last}");
        // The days around Labor Day, newest first.
        let path = bars(["2024-09-03", "2024-08-30", "2024-08-29"]);
        assert!(
            history::open(&path, None, &Options::default()).is_ok(),
            "{header}"
        );
    }
}

/// New York sets its clocks forward at 07:00 UTC of 2024-03-10 and back at 06:00 UTC of 2024-11-03. Four hours from its
/// midnight are three of the first day, and where they have five of the second, they end after four: bars that follow UTC
/// have times like these, too. Those that begin elsewhere follow no clock; days from 17:00 end at 17:00; hours are hours.
#[test]
fn bars_end_where_their_clock_has_the_next_begin() {
    let folder = tempfile::tempdir().unwrap();
    let hours = |count: u64| count * 3_600_000_000_000;
    for (interval, start, end) in [
        (hours(4), "2024-03-09 20:00", "2024-03-10T05:00:00Z"),
        (hours(4), "2024-03-10 00:00", "2024-03-10T08:00:00Z"),
        (hours(4), "2024-03-10 04:00", "2024-03-10T12:00:00Z"),
        (hours(4), "2024-03-09 23:00", "2024-03-10T08:00:00Z"),
        (hours(4), "2024-11-03 00:00", "2024-11-03T08:00:00Z"),
        (hours(4), "2024-11-03 04:00", "2024-11-03T13:00:00Z"),
        (hours(24), "2024-03-09 17:00", "2024-03-10T21:00:00Z"),
        (hours(24), "2024-11-02 17:00", "2024-11-03T22:00:00Z"),
        (hours(24), "2024-03-10", "2024-03-11T04:00:00Z"),
        (hours(7 * 24), "2024-03-08 17:00", "2024-03-15T21:00:00Z"),
        (hours(1), "2024-03-10 01:00", "2024-03-10T07:00:00Z"),
        (hours(1), "2024-11-03 01:00", "2024-11-03T06:00:00Z"),
    ] {
        let text = format!("Datetime,Open,High,Low,Close\n{start},1,2,1,2\n");
        let path = spread(folder.path(), "x.csv", &text);
        let options = Options {
            interval: Some(BarLength::Ns(interval)),
            zone: history::Zone::named("America/New_York"),
            ..Options::default()
        };
        let (rows, bad) = read(&path, None, &options);
        assert!(bad.is_empty(), "{start}: {bad:?}");
        let told = lines(&rows);
        assert!(
            told[0].starts_with(&format!("{end} x B ")),
            "{start}: {told:?}"
        );
    }
}

/// Months ask for their length, and end where the next one begins: 31 days of January, 29 of February 2024. A start within
/// a month is a bad row; midnight of New York is 05:00 of UTC in winter, and 04:00 in summer.
#[test]
fn bars_of_months_end_with_their_month() {
    let folder = tempfile::tempdir().unwrap();
    let month = Some(BarLength::Months(1));
    let of = |interval: Option<BarLength>, zone: &str| Options {
        interval,
        zone: history::Zone::named(zone),
        ..Options::default()
    };
    let text = "Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-01,1,2,1,2,2,5\n2024-02-01,1,2,1,2,2,6\n\
                2024-03-01,1,2,1,2,2,7\n2024-03-15,1,2,1,2,2,8\n";
    let path = spread(folder.path(), "x.csv", text);
    let told = history::open(&path, None, &Options::default()).unwrap_err();
    assert!(
        told.to_string().contains("--interval 1m (1mo of months)"),
        "{told}"
    );
    let (rows, bad) = read(&path, None, &of(month, "UTC"));
    assert_eq!(
        lines(&rows),
        [
            "2024-02-01T00:00:00Z x B 2024-01-01T00:00:00Z 1 2 1 2 5",
            "2024-03-01T00:00:00Z x B 2024-02-01T00:00:00Z 1 2 1 2 6",
            "2024-04-01T00:00:00Z x B 2024-03-01T00:00:00Z 1 2 1 2 7",
        ]
    );
    let [bad] = &bad[..] else { panic!("{bad:?}") };
    assert!(
        bad.to_string().ends_with(
            "x.csv:5: start is '2024-03-15T00:00:00Z'; accepted: a midnight that begins a month, in the zone of the times (--zone)"
        ),
        "{bad}"
    );
    let (rows, _) = read(&path, None, &of(month, "America/New_York"));
    assert_eq!(
        lines(&rows)[2],
        "2024-04-01T04:00:00Z x B 2024-03-01T05:00:00Z 1 2 1 2 7"
    );
    let (rows, _) = read(&path, None, &of(Some(BarLength::Months(3)), "UTC"));
    assert_eq!(
        lines(&rows)[0],
        "2024-04-01T00:00:00Z x B 2024-01-01T00:00:00Z 1 2 1 2 5"
    );
    // Counts of seconds, and the end instead of the start: 2024-01-01 and 2024-03-01.
    let text = "start,open,high,low,close\n1704067200,1,2,1,2\n";
    let path = spread(folder.path(), "x.csv", text);
    let (rows, _) = read(&path, None, &of(month, "UTC"));
    assert_eq!(
        lines(&rows),
        ["2024-02-01T00:00:00Z x B 2024-01-01T00:00:00Z 1 2 1 2 0"]
    );
    let text = "end,open,high,low,close\n1709251200,1,2,1,2\n";
    let path = spread(folder.path(), "x.csv", text);
    let (rows, _) = read(&path, None, &of(month, "UTC"));
    assert_eq!(
        lines(&rows),
        ["2024-03-01T00:00:00Z x B 2024-02-01T00:00:00Z 1 2 1 2 0"]
    );
}

/// Midnights of New York, however they are written: 2024-03-10 has 23 hours.
#[test]
fn a_day_from_midnight_ends_at_midnight() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        interval: Some(BarLength::Ns(86_400_000_000_000)),
        zone: history::Zone::named("America/New_York"),
        ..named("A")
    };
    for start in ["2024-03-10", "2024-03-10 00:00:00", "1710046800"] {
        let text = format!("date,open,high,low,close\n{start},1,2,1,2\n");
        let path = spread(folder.path(), "x.csv", &text);
        let (rows, bad) = read(&path, None, &options);
        assert!(bad.is_empty(), "{bad:?}");
        assert_eq!(
            lines(&rows),
            ["2024-03-11T04:00:00Z A B 2024-03-10T05:00:00Z 1 2 1 2 0"],
            "{start}"
        );
    }
}

#[test]
fn spaces_around_names_are_none_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = spread(
        folder.path(),
        "x.csv",
        "ts, bid , ask\n1700000000,1.5,1.6\n",
    );
    let (rows, bad) = read(&path, None, &Options::default());
    assert!(bad.is_empty(), "{bad:?}");
    assert_eq!(lines(&rows), ["2023-11-14T22:13:20Z x Q 1.5x0 1.6x0"]);
}

/// A venue that is empty in the first row is no time; one of bars may be of a day, as one of trades.
#[test]
fn the_first_row_says_what_a_time_is() {
    let folder = tempfile::tempdir().unwrap();
    let text = "ts,venue,price,qty\n1700000000,,1.5,3\n1700000001,XNAS,1.6,4\n";
    let path = spread(folder.path(), "x.csv", text);
    let (rows, bad) = read(&path, None, &Options::default());
    assert!(bad.is_empty(), "{bad:?}");
    assert_eq!(rows.len(), 2);
    let text = "time,open,high,low,close\n09:30:00,1,2,1,2\n";
    let path = spread(folder.path(), "x.csv", text);
    let options = Options {
        date: history::parse_date("2024-01-02"),
        interval: Some(BarLength::Ns(60_000_000_000)),
        ..Options::default()
    };
    let (rows, bad) = read(&path, None, &options);
    assert!(bad.is_empty(), "{bad:?}");
    let expected = "2024-01-02T09:31:00Z x B 2024-01-02T09:30:00Z 1 2 1 2 0";
    assert_eq!(lines(&rows), [expected]);
}

/// What a vendor's columns are called where they are not where the vendor has them: the side, the time, and the clock.
#[test]
fn a_vendor_in_another_order_is_read_by_its_header() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, expected) in [
        (
            "BTCUSDT-trades-2024-01.csv",
            "id,price,qty,quote_qty,time,is_best_match,is_buyer_maker\n1,1.5,3,4.5,1700000000000,true,false\n",
            "2023-11-14T22:13:20Z BTCUSDT T 1.5x3 Buyer",
        ),
        (
            "BTCUSDT-trades-2024-01.csv",
            "id,price,qty,time,quote_qty,is_buyer_maker\n1,1.5,3,1700000000000,4.5,true\n",
            "2023-11-14T22:13:20Z BTCUSDT T 1.5x3 Seller",
        ),
        (
            "BTCUSDT-trades-2024-01.csv",
            "id,price,qty,quote_qty,ts,time\n1,1.5,3,4.5,1700000000,1700000001\n",
            "2023-11-14T22:13:20Z BTCUSDT T 1.5x3 Unknown",
        ),
        // Five hours behind UTC.
        (
            "DAT_ASCII_EURUSD_T_201203.csv",
            "DateTime,Ask,Bid,Volume\n20120301 000000660,1.33,1.32,0\n",
            "2012-03-01T05:00:00.660Z EURUSD Q 1.32x0 1.33x0",
        ),
        (
            "DAT_ASCII_EURUSD_M1_2012.csv",
            "DateTime;Close;High;Low;Open\n20120301 000000;2;3;0.5;1\n",
            "2012-03-01T05:01:00Z EURUSD B 2012-03-01T05:00:00Z 1 3 0.5 2 0",
        ),
    ] {
        let path = spread(folder.path(), name, text);
        let (rows, bad) = read(&path, None, &Options::default());
        assert!(bad.is_empty(), "{text}: {bad:?}");
        assert_eq!(lines(&rows), [expected], "{text}");
    }
}

/// Weeks with the current one behind them, of two instruments, and of two rows; and what comes in parts.
#[test]
fn bars_are_of_days_where_most_follow_within_days() {
    let folder = tempfile::tempdir().unwrap();
    let header = "Date,Open,High,Low,Close,Adj Close,Volume";
    let yahoo = |days: &[&str]| {
        let rows: Vec<_> = days
            .iter()
            .map(|day| format!("{day},1,2,1,2,2,5\n"))
            .collect();
        let path = spread(
            folder.path(),
            "x.csv",
            &format!("{header}\n{}", rows.concat()),
        );
        history::open(&path, None, &Options::default()).is_ok()
    };
    assert!(!yahoo(&["2024-01-01", "2024-01-08"]));
    assert!(!yahoo(&["2024-01-01", "2024-01-08", "2024-01-11"]));
    assert!(!yahoo(&[
        "2024-01-01",
        "2024-01-08",
        "2024-01-15",
        "2024-01-18"
    ]));
    assert!(yahoo(&["2024-01-02"]));
    assert!(yahoo(&["2024-01-05", "2024-01-08"]));
    let text = "date,symbol,open,high,low,close\n2024-01-01,A,1,2,1,2\n2024-01-03,B,1,2,1,2\n2024-01-08,A,1,2,1,2\n\
                2024-01-10,B,1,2,1,2\n";
    let path = spread(folder.path(), "x.csv", text);
    assert!(history::open(&path, None, &Options::default()).is_err());
    // A header that is packed alone says nothing of its rows.
    let parts = [
        "timestamp,open,high,low,close\n",
        "1700000040,1,2,1,2\n1700000100,1,2,1,2\n",
    ];
    let packed = parts.map(|part| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut gzip, part.as_bytes()).unwrap();
        gzip.finish().unwrap()
    });
    let path = folder.path().join("x.csv.gz");
    std::fs::write(&path, packed.concat()).unwrap();
    let told = history::open(&path, None, &Options::default()).unwrap_err();
    assert!(told.to_string().contains("--interval 1m"), "{told}");
    let minute = Options {
        interval: Some(BarLength::Ns(60_000_000_000)),
        ..Options::default()
    };
    let (rows, bad) = read(&path, None, &minute);
    assert!(bad.is_empty(), "{bad:?}");
    assert_eq!(rows.len(), 2);
}
