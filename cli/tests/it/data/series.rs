//! Series of several files: contracts that roll, weeks, sessions, splits and dividends.

use super::{dynasty, fixture, refused, told};

const ROWS: &str = "ts_ns,venue_ns,symbol,kind,a,b,c,d,e,f\n";
/// 2024-03-11, a Monday, and a day, seconds.
const MONDAY: u64 = 1_710_115_200;
const DAY: u64 = 86_400;

/// Daily bars of one price each, from days after [`MONDAY`].
fn bars(symbol: &str, from: u64, days: &[(u64, &str, u64)]) -> String {
    let rows = days.iter().map(|(day, price, volume)| {
        let start = from + day * DAY;
        let (start, end) = (start * 1_000_000_000, (start + DAY) * 1_000_000_000);
        format!("{end},,{symbol},B,{start},{price},{price},{price},{price},{volume}\n")
    });
    format!("{ROWS}{}", rows.collect::<String>())
}

/// On the Tuesday the later contract has more volume: from the Wednesday on it is the series. The closes of the Tuesday
/// are 101 and 112, so that the days before are moved up by 11.
#[test]
fn contracts_become_one_series() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (march, june) = (path("march.csv"), path("june.csv"));
    let days = [(0, "100", 10), (1, "101", 5), (2, "102", 1)];
    std::fs::write(&march, bars("ESH24", MONDAY, &days)).unwrap();
    let days = [(0, "110", 5), (1, "112", 9), (2, "113", 20)];
    std::fs::write(&june, bars("ESM24", MONDAY, &days)).unwrap();
    let chain = fixture("chains/es.toml");
    let chain = chain.to_str().unwrap();
    let out = path("es.csv");
    let continuous = ["convert", &march, &june, &out, "--continuous", chain];
    let output = dynasty(&continuous);
    assert!(output.status.success(), "{output:?}");
    let errors = String::from_utf8(output.stderr).unwrap();
    let without = format!("{chain}: no row of ESU24, ESZ24\n");
    assert_eq!(errors, without + "2024-03-13: ESH24 to ESM24\n");
    let expected = bars(
        "ES",
        MONDAY,
        &[(0, "111", 10), (1, "112", 5), (2, "113", 20)],
    );
    assert_eq!(std::fs::read_to_string(&out).unwrap(), expected);
    // As they are, and with a bar of the week: 10 + 5 + 20 contracts.
    let plain = path("plain.toml");
    let text = std::fs::read_to_string(chain).unwrap();
    std::fs::write(&plain, text.replace("back_difference", "none")).unwrap();
    let week = path("week.csv");
    told(&[
        "convert",
        &march,
        &june,
        &week,
        "--continuous",
        &plain,
        "--every",
        "1w",
        "--of",
        "bars",
    ]);
    let written = std::fs::read_to_string(&week).unwrap();
    let (start, end) = (MONDAY * 1_000_000_000, (MONDAY + 7 * DAY) * 1_000_000_000);
    assert_eq!(
        written,
        format!("{ROWS}{end},,ES,B,{start},100,113,100,113,35\n")
    );
    std::fs::write(&plain, text.replace("volume = 1", "volume = 0")).unwrap();
    refused(
        &["convert", &march, &path("none.csv"), "--continuous", &plain],
        2,
        "plain.toml:6: rule.volume",
    );
    let others = path("others.csv");
    std::fs::write(&others, bars("NQH24", MONDAY, &[(0, "1", 1)])).unwrap();
    let why = format!(
        "{others}: symbol is 'NQH24'; accepted: those of the chain {chain}: ESH24, ESM24, ESU24, ESZ24"
    );
    let none = path("none.csv");
    refused(&["convert", &others, &none, "--continuous", chain], 2, &why);
    // A file that should be one of the chain, beside one that is.
    let args = ["convert", &march, &others, &none, "--continuous", chain];
    refused(&args, 2, &why);
    let args = [
        "convert",
        &march,
        &none,
        "--continuous",
        chain,
        "--from",
        "2025-01-01",
    ];
    refused(&args, 1, "no row of its contracts");
    // Of a file of both, what is not of the chain is left out and told.
    let both = [
        bars("ESH24", MONDAY, &[(0, "100", 10)]),
        bars("NQH24", MONDAY, &[(1, "1", 1)]).replace(ROWS, ""),
    ];
    std::fs::write(&others, both.concat()).unwrap();
    let output = dynasty(&["convert", &others, &none, "--continuous", chain]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        format!(
            "{others}: 1 rows left out, of symbols that the chain does not have: NQH24\n{chain}: no row of ESM24, \
             ESU24, ESZ24\n"
        )
    );
    let expected = bars("ES", MONDAY, &[(0, "100", 10)]);
    assert_eq!(std::fs::read_to_string(&none).unwrap(), expected);
}

/// The later contract never has more volume. Its open interest is above that of the earlier one at the end of the
/// Tuesday, 300 against 250: from the Wednesday on it is the series, and what is before is moved up by 112 - 101.
#[test]
fn contracts_roll_by_open_interest() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (march, june) = (path("march.csv"), path("june.csv"));
    let days = [(0, "100", 10), (1, "101", 10), (2, "102", 10)];
    std::fs::write(&march, bars("ESH24", MONDAY, &days)).unwrap();
    let days = [(0, "110", 5), (1, "112", 5), (2, "113", 5)];
    std::fs::write(&june, bars("ESM24", MONDAY, &days)).unwrap();
    let text = std::fs::read_to_string(fixture("chains/es.toml")).unwrap();
    let rule = |files: &str| {
        let counted = format!("rule = {{ open_interest = 1 }}\nfigures = [{files}]");
        text.replace("rule = { volume = 1 }", &counted)
    };
    let chain = path("chain.toml");
    let out = path("es.csv");
    let continuous = [
        "convert",
        &march,
        &june,
        &out,
        "--force",
        "--continuous",
        &chain,
    ];
    let check = || {
        let output = dynasty(&continuous);
        assert!(output.status.success(), "{output:?}");
        let errors = String::from_utf8(output.stderr).unwrap();
        let without = format!("{chain}: no row of ESU24, ESZ24\n");
        assert_eq!(errors, without + "2024-03-13: ESH24 to ESM24\n");
        let expected = bars(
            "ES",
            MONDAY,
            &[(0, "111", 10), (1, "112", 10), (2, "113", 5)],
        );
        assert_eq!(std::fs::read_to_string(&out).unwrap(), expected);
    };
    std::fs::write(&chain, rule("\"open.csv\"")).unwrap();
    let own = "Date,Symbol,Settlement,Open_Interest\n2024-03-11,ESH24,100,400\n2024-03-11,ESM24,110,200\n\
               2024-03-12,ESH24,101,250\n2024-03-12,ESM24,112,300\n2024-03-12,NQU24,1,9999\n";
    std::fs::write(path("open.csv"), own).unwrap();
    check();
    // A file of each contract, as Stooq has them.
    let header = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n";
    let of = |symbol: &str, monday: u32, tuesday: u32| {
        format!(
            "{header}{symbol},D,20240311,000000,1,1,1,1,1,{monday}\n{symbol},D,20240312,000000,1,1,1,1,1,{tuesday}\n"
        )
    };
    std::fs::write(path("march.txt"), of("ESH24", 400, 250)).unwrap();
    std::fs::write(path("june.txt"), of("ESM24", 200, 300)).unwrap();
    std::fs::write(&chain, rule("\"march.txt\", \"june.txt\"")).unwrap();
    check();

    let refuse = |code: i32, why: &str| refused(&continuous, code, why);
    std::fs::write(&chain, rule("\"march.txt\"")).unwrap();
    refuse(2, "figures: no open interest of ESM24 in march.txt");
    std::fs::write(&chain, rule("\"march.txt\", \"june.txt\", \"open.csv\"")).unwrap();
    refuse(
        2,
        "open.csv:2: day is '2024-03-11'; accepted: each day of ESH24 once, and ",
    );
    refuse(2, "march.txt:2 has it");
    std::fs::write(&chain, rule("\"none.txt\"")).unwrap();
    refuse(1, "none.txt cannot be read");
    std::fs::write(&chain, rule("\"open.csv\"")).unwrap();
    let twice = format!("{own}2024-03-11,ESM24,110,201\n");
    std::fs::write(path("open.csv"), twice).unwrap();
    refuse(
        2,
        "open.csv:7: day is '2024-03-11'; accepted: each day of ESM24 once",
    );
    std::fs::write(path("open.csv"), own.replace("300", "-3")).unwrap();
    refuse(
        1,
        "open.csv:5: open_interest is '-3'; accepted: a quantity from 0",
    );
    std::fs::write(path("open.csv"), own.replace("Open_Interest", "oi")).unwrap();
    refuse(1, "open.csv:1: the first line is 'Date,Symbol");
}

/// 2,148 days of 446 weeks, each of 24 hours from the open on: a Friday's would end on a Saturday, and is the Friday's. The
/// first week has two days, with the high of the second, 109.08, and the low of the first, 95.96; the last goes from Monday
/// 14:30 to Friday 21:00 UTC.
#[test]
fn days_make_weeks_of_a_calendar() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("weeks.csv");
    let goog = fixture("market/goog_1d_bars.csv.gz");
    let (goog, weeks) = (goog.to_str().unwrap(), out.to_str().unwrap());
    let convert = |every: &str| {
        let bars = [
            "--every",
            every,
            "--of",
            "bars",
            "--calendar",
            "us-equities",
        ];
        dynasty(&[&["convert", goog, weeks, "--force"][..], &bars].concat())
    };
    let output = convert("1w");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{said}"
    );
    assert!(
        said.contains(": 446 rows, ") && said.ends_with(" bytes\n"),
        "{said}"
    );
    let written = std::fs::read_to_string(&out).unwrap();
    let mut lines = written.lines().skip(1);
    assert_eq!(
        lines.next(),
        Some(
            "1093032000000000000,,goog_1d_bars,B,1092663000000000000,100,109.08,95.96,108.31,33780500"
        )
    );
    // 802.3 of the Monday, 808.41, 784.4 of the Tuesday, 806.19 of the Friday; 10,973,700 shares.
    assert_eq!(
        lines.last(),
        Some(
            "1362171600000000000,,goog_1d_bars,B,1361802600000000000,802.3,808.41,784.4,806.19,10973700"
        )
    );
    let volume = |line: &str| line.rsplit(',').next().unwrap().parse::<u64>().unwrap();
    assert_eq!(
        written.lines().skip(1).map(volume).sum::<u64>(),
        11_856_390_000
    );
    let output = convert("1d");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains(": 2148 rows, ") && said.ends_with(" bytes\n"),
        "{said}"
    );
    // A day is in no hour.
    let output = convert("1h");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("no row to write: of what was read 2148 rows are bad"),
        "{errors}"
    );
}

/// 2024-03-08 is a Friday: open from 14:30 to 21:00 UTC, on the Monday after by summer time from 13:30 to 20:00. What was
/// traded at 150 after the close and at 80 before the open is in no bar.
#[test]
fn bars_lie_within_the_sessions_of_a_calendar() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (trades, out) = (path("trades.csv"), path("days.csv"));
    let text = "2024-03-08T14:30:00Z,100,1\n2024-03-08T20:59:00Z,101,2\n2024-03-08T22:30:00Z,150,4\n\
                2024-03-11T12:30:00Z,80,8\n2024-03-11T13:30:00Z,102,16\n";
    std::fs::write(&trades, text).unwrap();
    let convert = |more: &[&str]| {
        let args = [
            "convert",
            &trades,
            &out,
            "--force",
            "--columns",
            "ts,price,qty",
            "--symbol",
            "A",
        ];
        dynasty(&[&args[..], more].concat())
    };
    let check = |more: &[&str], expected: &[(u64, u64, &str)], outside: &str| {
        let output = convert(more);
        let said = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{more:?}: {errors}");
        assert!(said.ends_with(&format!(" bytes{outside}\n")), "{said}");
        let rows = expected
            .iter()
            .map(|(start, end, bar)| format!("{end}000000000,,A,B,{start}000000000,{bar}\n"));
        let expected = format!("{ROWS}{}", rows.collect::<String>());
        assert_eq!(std::fs::read_to_string(&out).unwrap(), expected, "{more:?}");
    };
    // Seconds from the Monday, 2024-03-11T00:00:00Z.
    let at = |day: i64, hour: i64, minute: i64| {
        (MONDAY as i64 + day * DAY as i64 + hour * 3_600 + minute * 60) as u64
    };
    let friday = (at(-3, 14, 30), at(-3, 21, 0), "100,101,100,101,3");
    let monday = (at(0, 13, 30), at(0, 20, 0), "102,102,102,102,16");
    let outside = "; 2 rows outside of the sessions were left out";
    let named = ["--every", "1d", "--calendar", "us-equities"];
    check(&named, &[friday, monday], outside);
    let hours = ["--every", "4h", "--calendar", "us-equities"];
    let early = (at(-3, 14, 30), at(-3, 18, 30), "100,100,100,100,1");
    let late = (at(-3, 18, 30), at(-3, 21, 0), "101,101,101,101,2");
    let four = (at(0, 13, 30), at(0, 17, 30), "102,102,102,102,16");
    check(&hours, &[early, late, four], outside);
    // One's own, closed on that Friday.
    let own = path("own.toml");
    let calendar =
        "[[calendar]]\nname = \"desk\"\nlike = \"us-equities\"\nholidays = [\"2024-03-08\"]\n";
    std::fs::write(&own, calendar).unwrap();
    let desk = [
        "--every",
        "1d",
        "--calendar",
        "desk",
        "--calendars",
        own.as_str(),
    ];
    check(
        &desk,
        &[monday],
        "; 4 rows outside of the sessions were left out",
    );
    // Days that begin at 17:00 in New York, in weeks of them: of the evening of Sunday, 03-03, and of that of 03-10.
    let weeks = [
        "--every",
        "1w",
        "--session",
        "17:00",
        "--session-zone",
        "America/New_York",
    ];
    let first = (at(-8, 22, 0), at(-1, 21, 0), "100,150,100,150,7");
    let second = (at(-1, 21, 0), at(6, 21, 0), "80,102,80,102,24");
    check(&weeks, &[first, second], "");
    // March: by the clock of UTC all of it; of sessions from the first Friday to the day before Good Friday, the 28th.
    let all = (at(-10, 0, 0), at(21, 0, 0), "100,150,80,102,31");
    check(&["--every", "1mo"], &[all], "");
    let march = (at(-10, 14, 30), at(17, 20, 0), "100,102,100,102,19");
    check(
        &["--every", "1mo", "--calendar", "us-equities"],
        &[march],
        outside,
    );
    let quarter = (at(-70, 0, 0), at(21, 0, 0), "100,150,80,102,31");
    check(&["--every", "3mo"], &[quarter], "");

    for (more, code, why) in [
        (
            &["--every", "1d", "--calendar", "nyse"][..],
            2,
            "--calendar: value 'nyse'; accepted: us-equities, us-equities-extended, cme-equity, cme-energy, fx, always",
        ),
        (
            &["--every", "3d", "--calendar", "fx"],
            2,
            "at most 1d long, or whole weeks such as 1w, or months such as 1mo",
        ),
        (
            &["--every", "1M"],
            2,
            "such as 30s, 1m, 4h, 1d, 1w, or of the calendar such as 1mo, 3mo, 1y, at most 100y",
        ),
        (
            &["--every", "1mo", "--interval", "0mo"],
            2,
            "such as 30s, 1m, 4h, 1d, 1w, or of the calendar such as 1mo, 3mo, 1y, at most 100y",
        ),
        (
            &["--every", "1d", "--calendar", "fx", "--session", "17:00"],
            2,
            "cannot be used with",
        ),
        (
            &[
                "--every",
                "1d",
                "--calendar",
                "us-equities",
                "--from",
                "2024-03-08T22:00:00Z",
                "--until",
                "2024-03-11T13:00:00Z",
            ],
            1,
            "no bar was made: 2 rows are outside of the sessions",
        ),
    ] {
        let output = convert(more);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{more:?}: {errors}");
        assert!(errors.contains(why), "{more:?}: {errors}");
    }
}

/// What Yahoo has is restated for splits before it is downloaded: a split within it would count twice. One after it, or
/// before, is none of it, and a dividend is taken out: 1 of a close of 50 leaves 98 of 100.
#[test]
fn what_is_adjusted_for_splits_is_not_adjusted_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (prices, out, shares) = (path("prices.csv"), path("out.csv"), path("shares.toml"));
    let text = "Date,Open,High,Low,Close,Adj Close,Volume\n2024-03-11,50.0,50.0,50.0,50.0,49.0,3\n\
                2024-03-12,60.000001,60.000001,60.000001,60.000001,60.0,4\n";
    std::fs::write(&prices, text).unwrap();
    let shares_with = |action: &str| {
        let text = format!(
            "[[instrument]]\nsymbol = \"A\"\nkind = \"equity\"\ncurrency = \"USD\"\ntick_size = \"0.01\"\nlot_size = \"1\"\n\
             order_qty_max = \"1000\"\nsession = \"us-equities\"\n\n[[instrument.action]]\n{action}\n"
        );
        std::fs::write(&shares, text).unwrap();
    };
    let convert = [
        "convert",
        &prices,
        &out,
        "--force",
        "--symbol",
        "A",
        "--tick",
        "0.01",
        "--zone",
        "America/New_York",
        "--adjust",
        &shares,
    ];
    shares_with("ex = \"2024-03-12\"\nsplit = \"2:1\"");
    refused(
        &convert,
        2,
        "prices.csv: the prices of the layout yahoo are adjusted for splits already",
    );
    shares_with("ex = \"2024-03-13\"\nsplit = \"2:1\"");
    told(&convert);
    shares_with("ex = \"2024-03-12\"\ndividend = \"1\"");
    told(&convert);
    // The days begin at 04:00 UTC, by summer time.
    let (first, second) = (MONDAY + 4 * 3_600, MONDAY + DAY + 4 * 3_600);
    let third = second + DAY;
    let bar = |start: u64, end: u64, price: &str, volume: u64| {
        let price = format!("{price},{price},{price},{price}");
        format!("{end}000000000,,A,B,{start}000000000,{price},{volume}\n")
    };
    let expected = [
        ROWS.to_owned(),
        bar(first, second, "49", 3),
        bar(second, third, "60", 4),
    ];
    assert_eq!(std::fs::read_to_string(&out).unwrap(), expected.concat());
}

/// What is known of one contract's book is nothing of the next one's.
#[test]
fn a_roll_between_quotes_is_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let row = |day: u64, symbol: &str, rest: &str| {
        let ts = (MONDAY + day * DAY + 15 * 3_600) * 1_000_000_000;
        format!("{ts},,{symbol},{rest}\n")
    };
    let (march, june) = (path("march.csv"), path("june.csv"));
    let quotes = |symbol: &str, price: &str, volumes: [u64; 2]| {
        let [first, second] = volumes;
        let quote = format!("Q,{price},1,{price},1,,");
        let trade = |volume| format!("T,{price},{volume},,,,");
        [
            ROWS.to_owned(),
            row(0, symbol, &quote),
            row(0, symbol, &trade(first)),
            row(1, symbol, &quote),
            row(1, symbol, &trade(second)),
        ]
        .concat()
    };
    std::fs::write(&march, quotes("ESH24", "100", [1, 1])).unwrap();
    std::fs::write(&june, quotes("ESM24", "110", [2, 2])).unwrap();
    let out = path("es.csv");
    let chain = fixture("chains/es.toml");
    let chain = chain.to_str().unwrap();
    told(&["convert", &march, &june, &out, "--continuous", chain]);
    let expected = [
        ROWS.to_owned(),
        row(0, "ES", "Q,110,1,110,1,,"),
        row(0, "ES", "T,110,1,,,,"),
        row(1, "ES", "G,,,,,,"),
        row(1, "ES", "Q,110,1,110,1,,"),
        row(1, "ES", "T,110,2,,,,"),
    ];
    assert_eq!(std::fs::read_to_string(&out).unwrap(), expected.concat());
}

/// Apple's four for one of 2020-08-31: 499.23 of the Friday before is 124.8075, and of a cent 124.81. Its dividends of
/// that year are not between these days.
#[test]
fn splits_are_taken_out_of_bars() {
    /// 2020-08-28, a Friday.
    const FRIDAY: u64 = 1_598_572_800;
    /// 2020-08-07, of which the fixture has a dividend.
    const EX: u64 = FRIDAY - 21 * DAY;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (raw, out) = (path("raw.csv"), path("adjusted.csv"));
    let days = [(0, "499.23", 46_907_479), (3, "129.04", 225_702_700)];
    std::fs::write(&raw, bars("AAPL", FRIDAY, &days)).unwrap();
    let shares = fixture("instruments/shares.toml");
    let shares = shares.to_str().unwrap();
    told(&["convert", &raw, &out, "--adjust", shares]);
    let days = [(0, "124.81", 187_629_916), (3, "129.04", 225_702_700)];
    let adjusted = std::fs::read_to_string(&out).unwrap();
    assert_eq!(adjusted, bars("AAPL", FRIDAY, &days));
    // A dividend of 0.82 against a close of 499.23 leaves 498.41.
    let days = [(0, "499.23", 1), (1, "498.41", 1)];
    std::fs::write(&raw, bars("AAPL", EX - DAY, &days)).unwrap();
    told(&["convert", &raw, &out, "--adjust", shares, "--force"]);
    let days = [(0, "498.41", 1), (1, "498.41", 1)];
    let adjusted = std::fs::read_to_string(&out).unwrap();
    assert_eq!(adjusted, bars("AAPL", EX - DAY, &days));
    told(&[
        "convert",
        &raw,
        &out,
        "--adjust",
        shares,
        "--adjust-for",
        "splits",
        "--force",
    ]);
    assert_eq!(std::fs::read(&out).unwrap(), std::fs::read(&raw).unwrap());
    std::fs::write(&raw, bars("MSFT", FRIDAY, &days)).unwrap();
    let unknown = ["convert", &raw, &path("none.csv"), "--adjust", shares];
    refused(&unknown, 2, "has no instrument MSFT");
    let trades = fixture("history/tardis_trades.csv");
    let trades = [
        "convert",
        trades.to_str().unwrap(),
        &path("none.csv"),
        "--adjust",
        shares,
    ];
    refused(&trades, 2, "has no instrument ETHUSD");
}
