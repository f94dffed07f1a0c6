//! The text layouts of vendors, against rows that a person worked out from the samples.

use std::fs;

use marketdata::history::{self, BarLength, Clock, Disorder, Format, Layout, Options, Zone};
use marketdata::{read_bars, read_ticks};
use types::{MarketData, TimestampNs};

use super::{fixture, lines, named, price, read, spread};

#[track_caller]
fn check(file: &str, options: &Options, format: &str, expected: &[&str], bad: &[&str]) {
    let path = fixture("history").join(file);
    let rows = marketdata::history::open(&path, None, options).unwrap();
    assert_eq!(rows.format().name(), format);
    let (good, errors) = read(&path, None, options);
    assert_eq!(lines(&good), expected);
    let errors: Vec<_> = errors
        .iter()
        .map(|error| error.to_string().split_once(file).unwrap().1.to_owned())
        .collect();
    assert_eq!(errors, bad);
}

/// What errors say behind the name of their file.
fn behind(file: &str, errors: &[history::RowError]) -> Vec<String> {
    errors
        .iter()
        .map(|error| error.to_string().split_once(file).unwrap().1.to_owned())
        .collect()
}

#[test]
fn bars_of_binance_end_a_step_after_their_last_millisecond() {
    check(
        "BTCUSDT-1m-2024-01.csv",
        &named("BTCUSDT"),
        "binance-klines",
        &[
            "2024-01-01T00:01:00Z BTCUSDT B 2024-01-01T00:00:00Z 42283.58 42298.62 42261.02 42298.61 35.92724",
            "2024-01-01T00:02:00Z BTCUSDT B 2024-01-01T00:01:00Z 42298.62 42320 42298.61 42320 21.16779",
            "2024-01-01T00:03:00Z BTCUSDT B 2024-01-01T00:02:00Z 42319.99 42331.54 42319.99 42325.5 21.60391",
        ],
        &[],
    );
}

#[test]
fn a_maker_who_bought_was_sold_to() {
    check(
        "BTCUSDT-trades-2024-01.csv",
        &named("BTCUSDT"),
        "binance-trades",
        &[
            "2024-01-01T00:00:00.012Z BTCUSDT T 42283.5x0.002 Seller",
            "2024-01-01T00:00:00.345Z BTCUSDT T 42283.6x0.01 Buyer",
        ],
        &[],
    );
    check(
        "BTCUSDT-aggTrades-2025-01-01.csv",
        &Options::default(),
        "binance-agg-trades",
        &[
            "2025-01-01T00:00:00.123456Z BTCUSDT T 93576x0.015 Seller",
            "2025-01-01T00:00:00.123999Z BTCUSDT T 93575.99x0.001 Buyer",
        ],
        &[],
    );
}

#[test]
fn days_end_when_the_next_begins_in_their_zone() {
    let new_york = Options {
        zone: Zone::named("America/New_York"),
        ..named("AAPL")
    };
    check(
        "yahoo_daily.csv",
        &new_york,
        "yahoo",
        &[
            "2024-01-03T05:00:00Z AAPL B 2024-01-02T05:00:00Z 187.149994 188.440002 183.889999 185.639999 82488700",
            "2024-01-04T05:00:00Z AAPL B 2024-01-03T05:00:00Z 184.220001 185.880005 183.429993 184.25 58414500",
        ],
        &[":4: open is 'null'; accepted: a decimal number"],
    );
    // With a tick they are the prices that the floats were of.
    check(
        "yahoo_daily.csv",
        &Options {
            tick: Some(price("0.01")),
            ..named("AAPL")
        },
        "yahoo",
        &[
            "2024-01-03T00:00:00Z AAPL B 2024-01-02T00:00:00Z 187.15 188.44 183.89 185.64 82488700",
            "2024-01-04T00:00:00Z AAPL B 2024-01-03T00:00:00Z 184.22 185.88 183.43 184.25 58414500",
        ],
        &[":4: open is 'null'; accepted: a decimal number"],
    );
    // Clocks went forward on 2024-03-10: the next days begin an hour earlier in UTC.
    check(
        "stooq_daily.csv",
        &new_york,
        "stooq",
        &[
            "2024-03-09T05:00:00Z AAPL B 2024-03-08T05:00:00Z 169 173.7 168.94 170.73 76114600",
            "2024-03-12T04:00:00Z AAPL B 2024-03-11T04:00:00Z 172.94 174.38 172.05 172.75 60139500",
        ],
        &[],
    );
}

#[test]
fn rows_of_many_symbols_name_theirs_and_their_length() {
    let file = "stooq_bulk.txt";
    let both = [
        "2024-03-11T15:45:00Z AAPL.US B 2024-03-11T15:40:00Z 172.94 173.1 172.9 173.05 120345",
        "2024-03-12T00:00:00Z MSFT.US B 2024-03-11T00:00:00Z 403.76 405.68 401.26 404.52 22120400",
    ];
    check(file, &Options::default(), "stooq-bulk", &both, &[]);
    check(file, &named("MSFT.US"), "stooq-bulk", &both[1..], &[]);
}

#[test]
fn histdata_is_five_hours_behind_in_summer_too() {
    check(
        "DAT_ASCII_EURUSD_M1_201202.csv",
        &named("EURUSD"),
        "histdata-m1",
        &[
            "2012-02-01T05:01:00Z EURUSD B 2012-02-01T05:00:00Z 1.3066 1.30661 1.30656 1.30657 0",
            "2012-02-01T05:02:00Z EURUSD B 2012-02-01T05:01:00Z 1.30657 1.30657 1.30647 1.30656 0",
        ],
        &[],
    );
    check(
        "DAT_ASCII_EURUSD_T_201202.csv",
        &named("EURUSD"),
        "histdata-ticks",
        &[
            "2012-02-01T05:00:03.660Z EURUSD Q 1.3066x0 1.30677x0",
            "2012-02-01T05:00:03.973Z EURUSD Q 1.30658x0 1.30675x0",
        ],
        &[],
    );
    check(
        "DAT_MT_EURUSD_M1_201207.csv",
        &named("EURUSD"),
        "histdata-mt",
        &["2012-07-02T14:31:00Z EURUSD B 2012-07-02T14:30:00Z 1.2666 1.26661 1.26656 1.26657 0"],
        &[],
    );
}

#[test]
fn tardis_has_two_clocks_and_sides_that_may_be_empty() {
    check(
        "tardis_trades.csv",
        &Options::default(),
        "tardis-trades",
        &[
            "2020-04-01T00:00:03.089980Z XBTUSD T 6425.5x100 Seller",
            "2020-04-01T00:00:03.100Z ETHUSD T 133.15x25 Unknown",
        ],
        &[],
    );
    check(
        "tardis_trades.csv",
        &Options {
            clock: Clock::Venue,
            ..named("XBTUSD")
        },
        "tardis-trades",
        &["2020-04-01T00:00:02.957Z XBTUSD T 6425.5x100 Seller"],
        &[],
    );
    check(
        "tardis_quotes.csv",
        &Options::default(),
        "tardis-quotes",
        &[
            "2020-04-01T00:00:00.315424Z XBTUSD Q 6425x276806 6425.5x36960",
            "2020-04-01T00:00:00.415424Z XBTUSD S 6425x276806 |",
        ],
        &[],
    );
}

#[test]
fn levels_received_at_one_time_are_one_message() {
    check(
        "tardis_book.csv",
        &Options::default(),
        "tardis-book",
        &[
            "2020-04-01T00:00:00.300Z BTC-PERPETUAL S 6424.5x1000 6424x500 | 6425x700",
            "2020-04-01T00:00:00.400Z BTC-PERPETUAL D 6424x0 | 6425.5x20",
            "2020-04-01T00:00:00.410Z BTC-PERPETUAL D | 6425x650",
        ],
        &[],
    );
}

#[test]
fn lobster_says_the_levels_beside_the_messages() {
    // 9:30 in New York in June is 13:30 UTC. Levels that leave the two that the file shows are gone from it.
    check(
        "AMZN_2012-06-21_34200000_57600000_message_2.csv",
        &Options::default(),
        "lobster",
        &[
            "2012-06-21T13:30:00.017459617Z AMZN T 223.82x1 Buyer",
            "2012-06-21T13:30:00.017459617Z AMZN S 223.18x100 223.07x200 | 223.95x100 223.99x100",
            "2012-06-21T13:30:00.189607670Z AMZN D 223.81x21 223.07x0 |",
            "2012-06-21T13:30:00.189607670Z AMZN T 223.81x20 Seller",
            "2012-06-21T13:30:00.189607670Z AMZN D 223.81x1 |",
            "2012-06-21T13:30:00.372779672Z AMZN D 223.81x0 223.07x200 |",
            // The opening auction, of order -1: it leaves the book to rows of its own.
            "2012-06-21T13:30:00.390Z AMZN T 223.85x21000 Unknown",
            "2012-06-21T13:30:00.400Z AMZN Status(Halted)",
            "2012-06-21T13:30:00.400Z AMZN D | 223.99x0",
        ],
        &[],
    );
}

#[test]
fn lobster_has_orders_below_zero_in_auctions_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("AMZN_2012-06-21_message.csv");
    let rows = [
        "34200.1,6,-1,10,2238500,-1",
        "57599.9,6,-2,20,2238600,1",
        "50000.0,6,-3,30,2238700,1",
        "50000.1,6,-4,40,2238800,1",
        // Neither of these is one.
        "50000.2,6,-5,50,2238800,1",
        "50000.3,1,-1,60,2238800,1",
    ];
    fs::write(&path, rows.join("\n")).unwrap();
    let options = Options {
        disorder: Disorder::Allowed,
        ..Options::default()
    };
    let (rows, bad) = read(&path, Format::named("lobster").as_ref(), &options);
    let told = lines(&rows);
    let trades: Vec<_> = told.iter().filter(|line| line.contains(" T ")).collect();
    assert_eq!(trades.len(), 4, "{told:?}");
    assert_eq!(bad.len(), 2);
    assert!(
        bad[0]
            .to_string()
            .ends_with(":5: order is '-5'; accepted: -1 to -4 for an auction")
    );
    assert!(
        bad[1]
            .to_string()
            .ends_with(":6: order is '-1'; accepted: a whole number")
    );
}

#[test]
fn lobster_without_levels_is_rebuilt_from_its_orders() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("AMZN_2012-06-21_message.csv");
    let sample = "AMZN_2012-06-21_34200000_57600000_message_2.csv";
    fs::copy(fixture("history").join(sample), &path).unwrap();
    let (rows, bad) = read(
        &path,
        Format::named("lobster").as_ref(),
        &Options::default(),
    );
    assert!(bad.is_empty());
    assert_eq!(
        lines(&rows)[1..5],
        [
            "2012-06-21T13:30:00.017459617Z AMZN S |",
            "2012-06-21T13:30:00.189607670Z AMZN D 223.81x21 |",
            "2012-06-21T13:30:00.189607670Z AMZN T 223.81x20 Seller",
            "2012-06-21T13:30:00.189607670Z AMZN D 223.81x1 |",
        ]
    );
}

/// What `marketdata::recording` reads strictly, this reads, too.
#[test]
fn the_recordings_of_the_demo_come_through_the_same_door() {
    let path = fixture("market/btcusdt_ticks.csv.gz");
    let expected = read_ticks("btcusdt", &fs::read(&path).unwrap()).unwrap();
    let (rows, bad) = read(&path, None, &named("BTCUSDT"));
    assert!(bad.is_empty());
    let rows: Vec<_> = rows.into_iter().map(|row| (row.ts, row.data)).collect();
    assert_eq!(rows.len(), 24_404);
    assert!(rows == expected);

    for (file, count) in [("eurusd_1h_bars", 6_225), ("aapl_1d_bars", 1_000)] {
        let path = fixture("market").join(format!("{file}.csv.gz"));
        let expected = read_bars(file, &fs::read(&path).unwrap()).unwrap();
        let (rows, bad) = read(&path, None, &Options::default());
        assert!(bad.is_empty());
        let bars: Vec<_> = rows
            .iter()
            .filter_map(|row| match row.data {
                MarketData::Bar(bar) => Some(bar),
                _ => None,
            })
            .collect();
        assert_eq!(bars.len(), count);
        assert!(bars == expected);
    }
}

#[test]
fn declared_columns_go_by_place_or_by_header() {
    let folder = tempfile::tempdir().unwrap();
    let text = "when,who,last,vol\n1000,AAA,12345,3\n2000,BBB,12350,4\n";
    let path = spread(folder.path(), "trades.csv", text);
    let expected = [
        "1970-01-01T00:00:01Z AAA T 1.2345x3 Unknown",
        "1970-01-01T00:00:02Z BBB T 1.235x4 Unknown",
    ];
    for columns in [
        "ts:ms,symbol,price/10000,qty",
        "qty=vol,price=last/10000,symbol=who,ts=when:ms",
    ] {
        let layout = Format::Table(Layout::parse(columns, b',').unwrap());
        let (rows, bad) = read(&path, Some(&layout), &Options::default());
        assert!(bad.is_empty(), "{bad:?}");
        assert_eq!(lines(&rows), expected, "{columns}");
    }
    let missing = Format::Table(Layout::parse("ts=when:ms,price=px,qty=vol", b',').unwrap());
    let (rows, bad) = read(&path, Some(&missing), &Options::default());
    assert!(rows.is_empty());
    assert!(bad[0].is_fatal() && bad[0].to_string().contains("no column 'px'"));
}

/// A vendor's header in quotes, and a separator behind the last column, of the header, of rows or of both.
/// Bars as software with floats writes them, and prints in declared columns whose unit is told or not.
#[test]
fn counts_with_decimals_are_read_to_the_nanosecond() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| spread(folder.path(), name, text);
    let bars = write(
        "X-1m.csv",
        "timestamp,open,high,low,close,volume\n1700000040.0,1,2,1,2,5\n1700000100.0,2,3,2,3,6\n",
    );
    let (good, errors) = read(&bars, None, &named("X"));
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(
        lines(&good),
        [
            "2023-11-14T22:15:00Z X B 2023-11-14T22:14:00Z 1 2 1 2 5",
            "2023-11-14T22:16:00Z X B 2023-11-14T22:15:00Z 2 3 2 3 6",
        ]
    );
    let prints = write(
        "prints.csv",
        "1700000000.123456,1,2\n1700000000.123456789,1,2\n1700000000.1234567891,1,2\n",
    );
    for columns in ["ts,price,qty", "ts:s,price,qty"] {
        let layout = Format::Table(Layout::parse(columns, b',').unwrap());
        let (good, errors) = read(&prints, Some(&layout), &named("X"));
        assert_eq!(
            lines(&good),
            [
                "2023-11-14T22:13:20.123456Z X T 1x2 Unknown",
                "2023-11-14T22:13:20.123456789Z X T 1x2 Unknown",
            ]
        );
        let error = errors[0].to_string();
        assert!(
            errors.len() == 1
                && error.contains("prints.csv:3")
                && error.contains("no more decimals than make whole nanoseconds"),
            "{error}"
        );
    }
}

#[test]
fn bad_rows_say_file_line_field_and_what_would_do() {
    let folder = tempfile::tempdir().unwrap();
    let text = "\
10,100.5,1,\n\
11,100.5\n\
12,1e99,1,\n\
9,100.5,1,\n\
13,100.55,1,\n\
14,100.5,-1,\n\
15,100.5,1,x\n\
16,100.5,1,\n";
    let path = spread(folder.path(), "bad.csv", text);
    let layout = Format::Table(Layout::parse("ts:s,price,qty,side", b',').unwrap());
    let options = Options {
        tick: Some(price("0.5")),
        ..Options::default()
    };
    let (rows, bad) = read(&path, Some(&layout), &options);
    assert_eq!(rows.len(), 2);
    let bad: Vec<_> = bad
        .iter()
        .map(|error| {
            error
                .to_string()
                .split_once("bad.csv")
                .unwrap()
                .1
                .to_owned()
        })
        .collect();
    assert_eq!(
        bad,
        [
            ":2: the number of columns is '2'; accepted: 4 or more",
            ":3: price is '1e99'; accepted: a price within 9223372036 of zero",
            ":4: the time is '1970-01-01T00:00:09Z'; accepted: one not before 1970-01-01T00:00:10Z, that of the row before",
            ":5: the price is '100.55'; accepted: a multiple of the tick 0.5",
            ":6: qty is '-1'; accepted: a quantity from 0 to 92233720368",
            ":7: side is 'x'; accepted: buy or B, sell or S, unknown",
        ]
    );
    let (rows, _) = read(
        &path,
        Some(&layout),
        &Options {
            disorder: Disorder::Allowed,
            ..options
        },
    );
    assert_eq!(rows.len(), 3);
}

#[test]
fn only_rows_of_a_span_are_given() {
    let (rows, _) = read(
        &fixture("market/btcusdt_ticks.csv.gz"),
        None,
        &Options {
            from: Some(TimestampNs(1_742_944_020_844_456_879)),
            to: Some(TimestampNs(1_742_944_021_018_016_227)),
            ..Options::default()
        },
    );
    let times: Vec<_> = rows.iter().map(|row| row.ts.0).collect();
    assert_eq!(
        times,
        [1_742_944_020_844_456_879, 1_742_944_020_847_021_081]
    );
}

#[test]
fn a_file_that_does_not_say_enough_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str, text: &str, columns: Option<&str>| {
        let path = spread(folder.path(), name, text);
        let layout = columns.map(|columns| Format::Table(Layout::parse(columns, b',').unwrap()));
        let opened = marketdata::history::open(&path, layout.as_ref(), &Options::default());
        opened.unwrap_err().to_string()
    };
    let unknown = open("notes.csv", "hello\n", None);
    assert!(unknown.contains("--columns") && unknown.contains("tardis-quotes"));
    let undated = open("trades.csv", "1,2,3\n", Some("time:ms,price,qty"));
    assert!(undated.contains("--date"));
    for time in ["start", "ts", "end", "last", "date"] {
        let columns = format!("{time},open,high,low,close");
        let endless = open("b.csv", "1,2,2,2,2\n", Some(&columns));
        let (_, told) = endless.split_once("b.csv").unwrap();
        assert_eq!(
            told,
            ": its bars do not say both their start and their end; accepted: --interval 1m (1mo of months), or a length such as 1m, 1h \
             or 1d in the file's name",
            "{time}"
        );
    }
    assert!(open("x.zip", "PK\x03\x04", None).contains("x.zip"));
}

/// 1704067260 is 2024-01-01T00:01:00Z. A bar of that end needs a length, by an option or by a column; with its start
/// beside it, it needs none.
#[test]
fn a_bar_is_known_by_two_of_its_start_its_end_and_its_length() {
    const BAR: &str = "2024-01-01T00:01:00Z b B 2024-01-01T00:00:00Z 2 3 1 2 0";
    let folder = tempfile::tempdir().unwrap();
    let minute = Options {
        interval: Some(BarLength::Ns(60_000_000_000)),
        ..Options::default()
    };
    for (columns, row, options) in [
        ("ts,open,high,low,close", "1704067260,2,3,1,2", &minute),
        ("end,open,high,low,close", "1704067260,2,3,1,2", &minute),
        (
            "end,period,open,high,low,close",
            "1704067260,1,2,3,1,2",
            &Options::default(),
        ),
        (
            "start,ts,open,high,low,close",
            "1704067200,1704067260,2,3,1,2",
            &Options::default(),
        ),
        (
            "date,time,end,open,high,low,close",
            "2024-01-01,00:00:00,1704067260,2,3,1,2",
            &Options::default(),
        ),
    ] {
        let path = spread(folder.path(), "b.csv", &format!("{row}\n"));
        let layout = Format::Table(Layout::parse(columns, b',').unwrap());
        let (rows, bad) = read(&path, Some(&layout), options);
        assert!(bad.is_empty(), "{columns}: {bad:?}");
        assert_eq!(lines(&rows), [BAR], "{columns}");
    }
    // By a name with a length, too.
    let path = spread(folder.path(), "b_1m.csv", "1704067260,2,3,1,2\n");
    let layout = Format::Table(Layout::parse("end,open,high,low,close", b',').unwrap());
    let (rows, bad) = read(&path, Some(&layout), &named("b"));
    assert!(bad.is_empty(), "{bad:?}");
    assert_eq!(lines(&rows), [BAR]);
}

/// 10 is 1970-01-01T00:00:10Z. What SAS and Fortran write of 0.9 and -0.5.
#[test]
fn decimals_may_begin_with_their_point() {
    let folder = tempfile::tempdir().unwrap();
    let text = "10,.9,.25\n11,-.5,2\n12,.,1\n13,1,-.\n14,,1\n15,\".75\",1\n";
    let path = spread(folder.path(), "x.csv", text);
    let layout = Format::Table(Layout::parse("ts:s,price,qty", b',').unwrap());
    let (rows, bad) = read(&path, Some(&layout), &Options::default());
    assert_eq!(
        lines(&rows),
        [
            "1970-01-01T00:00:10Z x T 0.9x0.25 Unknown",
            "1970-01-01T00:00:11Z x T -0.5x2 Unknown",
            "1970-01-01T00:00:15Z x T 0.75x1 Unknown",
        ]
    );
    assert_eq!(
        behind("x.csv", &bad),
        [
            ":3: price is '.'; accepted: a decimal number",
            ":4: qty is '-.'; accepted: a decimal number",
            ":5: price is ''; accepted: a decimal number",
        ]
    );
}

/// A print of nothing is a bad row in every format, but an auction of LOBSTER that matched nothing.
#[test]
fn a_print_of_nothing_is_no_trade() {
    const BAD: &str = "qty is '0'; accepted: a quantity above 0 of a trade";
    let folder = tempfile::tempdir().unwrap();
    for (name, text, format, line) in [
        (
            "columns.csv",
            "10,100,0\n11,100,2\n",
            Format::Table(Layout::parse("ts:s,price,qty", b',').unwrap()),
            1,
        ),
        (
            "BTCUSDT-trades-2024-01.csv",
            "1,100,0.000,0,1704067200012,true\n2,100,2,200,1704067200345,true\n",
            Format::named("binance-trades").unwrap(),
            1,
        ),
        (
            "tardis.csv",
            "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n\
             deribit,X,1704067200000000,1704067200000001,1,buy,100,0\n\
             deribit,X,1704067200000000,1704067200000001,2,buy,100,2\n",
            Format::named("tardis-trades").unwrap(),
            2,
        ),
        (
            "ticks.csv",
            "ts_ns,kind,a,b,c,d\n1,T,100,0,B,\n1,T,100,2,B,\n",
            Format::Ticks,
            2,
        ),
        (
            "rows.csv",
            "ts_ns,venue_ns,symbol,kind,a,b,c,d,e,f\n1,,X,T,100,0,B,,,\n1,,X,T,100,2,B,,,\n",
            Format::Rows,
            2,
        ),
        (
            "AMZN_2012-06-21_message.csv",
            "34200.1,5,0,0,1000000,1\n34200.1,5,0,2,1000000,1\n34200.1,6,-1,0,1000000,1\n",
            Format::Lobster,
            1,
        ),
    ] {
        let path = spread(folder.path(), name, text);
        let (rows, bad) = read(&path, Some(&format), &Options::default());
        assert_eq!(behind(name, &bad), [format!(":{line}: {BAD}")], "{name}");
        let told = lines(&rows);
        let trades: Vec<_> = told.iter().filter(|line| line.contains(" T ")).collect();
        assert_eq!(trades.len(), 1, "{name}: {told:?}");
        assert!(trades[0].contains(" T 100x2 "), "{name}: {told:?}");
    }
}
