//! `dynasty data` as a user has it: real files in, lists, counts and converted files out.

mod series;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(name)
}

fn dynasty(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dynasty"))
        .arg("data")
        .args(args)
        .output()
        .unwrap()
}

#[track_caller]
fn told(args: &[&str]) -> String {
    let output = dynasty(args);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn refused(args: &[&str], code: i32, why: &str) {
    let output = dynasty(args);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {errors}");
    assert!(errors.contains(why), "{args:?}: {errors}");
}

#[test]
fn a_folder_is_listed() {
    let market = fixture("market");
    let list = told(&["ls", market.to_str().unwrap(), "--format", "json"]);
    let files: Vec<Value> = list
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(files.len(), 6);
    let btc = &files[1];
    assert_eq!(btc["format"], "ticks");
    assert_eq!(btc["rows"], 24_404);
    assert_eq!(btc["first"], "2025-03-25T23:07:00.840482813Z");
}

/// Whoever reads has seen enough, of results and of what is told beside them: it ends quietly.
#[test]
fn a_pipe_that_is_closed_ends_it_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (odd, out, empty) = (path("odd.csv"), path("out.dyn"), path("empty"));
    std::fs::write(&odd, "ts_ns,kind,a,b,c,d\n1,T,100,1,B,\n2,T,x,1,B,\n").unwrap();
    std::fs::create_dir(&empty).unwrap();
    for args in [
        &["convert", &odd, &out][..],
        &["ls", &empty, &path("none")],
        &["stat", &odd],
        &["head", &odd],
    ] {
        let closed = || std::io::pipe().unwrap().1;
        let status = Command::new(env!("CARGO_BIN_EXE_dynasty"))
            .arg("data")
            .args(args)
            .stdout(closed())
            .stderr(closed())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(0), "{args:?}");
    }
    assert!(Path::new(&out).exists());
}

/// Files that an option names, symbols and pipes: what is there instead, or what would do.
#[test]
fn what_is_not_there_is_told_with_what_would_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (trades, out, none) = (path("trades.csv"), path("out.csv"), path("none.toml"));
    let day = 1_704_067_200_000_000_000_u64;
    let rows = format!("ts,symbol,price,qty\n{day},DEF,1,2\n{day},ABC,1,2\n");
    std::fs::write(&trades, rows).unwrap();
    let convert = ["convert", &trades, &out];
    for (more, option, accepted) in [
        (&["--continuous", &none][..], "--continuous", "a chain"),
        (&["--adjust", &none], "--adjust", "instruments"),
        (
            &["--every", "1d", "--calendar", "mine", "--calendars", &none],
            "--calendars",
            "calendars",
        ),
    ] {
        let why = format!("dynasty: {option} {none}; accepted: a file of {accepted} (TOML)");
        refused(&[&convert[..], more].concat(), 1, &why);
    }
    let symbols = format!("{trades}: no row is of FOO; accepted as --symbol: ABC, DEF\n");
    refused(&["stat", &trades, "--symbol", "FOO"], 1, &symbols);
    refused(&["head", &trades, "--symbol", "FOO"], 1, &symbols);
    let later = ["head", &trades, "--symbol", "ABC", "--from", "2024-01-02"];
    refused(&later, 1, "no row was read");
    // There are rows of it, though at other times.
    let later = ["stat", &trades, "--symbol", "ABC", "--from", "2024-01-02"];
    assert!(told(&later).contains("rows         0"));
    let pipe = path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    refused(&["ls", &pipe], 1, "pipe: no regular file; accepted: files");
}

/// What somebody tries who has never used it, and what the answer names.
#[test]
fn wrong_arguments_and_odd_files_are_told_by_name() {
    const TICKS: &str = "ts_ns,kind,a,b,c,d\n";
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let file = |name: &str, bytes: &[u8]| {
        std::fs::write(path(name), bytes).unwrap();
        path(name)
    };
    let good = file("good.csv", format!("{TICKS}1,T,1,2,B,\n").as_bytes());
    let head = |file: &str, code: i32, why: &str| refused(&["head", file], code, why);
    let own = folder.path().to_str().unwrap();
    head(own, 1, "a directory; accepted: a file");
    head(&path("none.csv"), 1, "none.csv cannot be read");
    head(&file("empty.csv", b""), 1, "empty.csv: the file is empty");
    let random = [0x81, 0, 0xff, b'\n', 0x90];
    head(
        &file("random.csv", &random),
        2,
        "random.csv: no format that is known: its first line is no text",
    );
    head(
        &file("half.csv", b"ts,price\n1,2\n"),
        2,
        "half.csv: no format that is known: no column is called qty",
    );
    head(
        &file("alone.csv", TICKS.as_bytes()),
        1,
        "alone.csv: no row was read",
    );
    let late = format!("{TICKS}5,T,1,2,B,\n4,T,1,2,B,\n");
    let late = file("late.csv", late.as_bytes());
    let strict = ["head", &late, "--bad-rows", "fatal"];
    refused(&strict, 1, "late.csv:3: the time is");
    // Another header and a column too few are rows, and bad ones; ends of lines may differ, and a mark begin the text.
    let mixed = format!("\u{feff}{TICKS}1,T,1,2,B,\r\n{TICKS}2,T,1,2\n3,T,1,2,B,\r\n");
    let mixed = file("mixed.csv", mixed.as_bytes());
    let output = dynasty(&["head", &mixed]);
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 2);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        errors,
        format!(
            "{mixed}:3: ts_ns is 'ts_ns'; accepted: a number since 1970, before the year 2554\n\
             {mixed}:4: the number of columns is '4'; accepted: 6\n"
        )
    );
    for (option, value, accepted) in [
        ("-n", "-1", "a whole number"),
        ("-n", "x", "a whole number"),
        ("--zone", "Mars/Olympus", "an IANA name"),
        ("--interval", "0", "a length above zero"),
        ("--interval", "-1m", "a length above zero"),
        ("--tick", "-1", "a price above zero"),
        ("--lot", "0", "a quantity above zero"),
        ("--date", "2024-02-30", "a date such as"),
        ("--from", "-1", "a time such as"),
    ] {
        for named in [value, accepted] {
            refused(&["head", &good, option, value], 2, named);
        }
    }
    let out = path("out.csv");
    for every in ["0", "7x", "-1m", "1", ""] {
        let args = ["convert", &good, &out, "--every", every];
        refused(&args, 2, "'--every <DURATION>': accepted: a length");
    }
    refused(&["convert", &good, &good, "--force"], 2, "is read from");
    refused(
        &["convert", &good, own, "--to", "csv"],
        2,
        "no regular file",
    );
    let away = path("away/out.csv");
    let why = format!(
        "{away}: there is no directory {}; accepted: a name in one that there is",
        path("away")
    );
    refused(&["convert", &good, &away], 2, &why);
    refused(
        &["convert", &path("alone.csv"), &out],
        1,
        "alone.csv: no row to write",
    );
    assert!(!Path::new(&out).exists());
    // One that is not there hides no other.
    let output = dynasty(&["ls", &path("none.csv"), &good]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("ticks"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("none.csv cannot be read: "), "{errors}");
    std::fs::create_dir(path("nothing")).unwrap();
    let output = dynasty(&["ls", &path("nothing")]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("nothing: no file in this"), "{errors}");
}

/// The levels are read beside the messages: they are named, and nothing is wrong with them.
#[test]
fn levels_beside_messages_are_known() {
    let folder = fixture("history");
    let name = |kind: &str| {
        let name = format!("AMZN_2012-06-21_34200000_57600000_{kind}_2.csv");
        folder.join(name).to_str().unwrap().to_owned()
    };
    let list = told(&[
        "ls",
        &name("message"),
        &name("orderbook"),
        "--format",
        "json",
    ]);
    let files: Vec<Value> = list
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(files[0]["format"], "lobster");
    assert_eq!(files[1]["format"], "lobster-levels");
    assert_eq!(files[1]["problem"], Value::Null);
}

#[test]
fn the_first_rows_and_the_whole_are_told() {
    let file = fixture("history/tardis_trades.csv");
    let file = file.to_str().unwrap();
    assert_eq!(
        told(&["head", file, "-n", "1"]),
        "2020-04-01T00:00:03.089980Z XBTUSD trade 6425.5 x 100 sell\n"
    );
    let yahoo = fixture("history/yahoo_daily.csv");
    let output = dynasty(&["stat", yahoo.to_str().unwrap(), "--format", "json"]);
    let stat: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&stat["rows"], &stat["bad"]), (&2.into(), &1.into()));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("yahoo_daily.csv:4: open is 'null'"));
    refused(
        &["stat", yahoo.to_str().unwrap(), "--bad-rows", "fatal"],
        1,
        "yahoo_daily.csv:4",
    );
}

#[test]
fn files_become_one_and_bars_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (all, table, text, minutes) = (
        path("all.dyn"),
        path("all.parquet"),
        path("all.csv"),
        path("minutes.csv"),
    );
    let (btc, eth) = (
        fixture("market/btcusdt_ticks.csv.gz"),
        fixture("market/ethusdt_ticks.csv.gz"),
    );
    let (btc, eth) = (btc.to_str().unwrap(), eth.to_str().unwrap());
    assert!(told(&["convert", btc, eth, &all]).contains("38242 rows"));
    told(&["convert", &all, &table]);
    told(&["convert", &table, &text]);
    let again = path("again.csv");
    told(&["convert", btc, eth, &again]);
    assert!(std::fs::read(&text).unwrap() == std::fs::read(&again).unwrap());
    told(&[
        "convert",
        &all,
        &minutes,
        "--every",
        "1m",
        "--symbol",
        "btcusdt_ticks",
    ]);
    let bars = std::fs::read_to_string(&minutes).unwrap();
    // The first minute's trades: open 87232.0 is the file's first print.
    assert!(
        bars.lines()
            .nth(1)
            .unwrap()
            .starts_with("1742944080000000000,,btcusdt_ticks,B,1742944020000000000,87232,")
    );
    assert_eq!(bars.lines().count(), 5);
    refused(&["convert", &all, &minutes], 1, "--force");
    refused(&["convert", &all, &path("all.txt")], 2, "--to");
    refused(&["convert", &all], 2, "one file alone; accepted: the files");
    let between = path("between.csv");
    told(&["convert", &all, "--every", "1m", &between]);
    refused(
        &[
            "convert",
            &all,
            &path("none.csv"),
            "--every",
            "1m",
            "--of",
            "bars",
        ],
        1,
        "no bar was made",
    );
    assert!(!Path::new(&path("none.csv")).exists());
    assert!(!Path::new(&path("none.csv.partial")).exists());
}

/// A quantity holds 92,233,720,368.54775807. Two hours of 2017-09-22, 100,532,000,000 and 163,119,000,000, are past that
/// by themselves: lines 4,553 and 4,554 of the file. They stay, with the end of the range.
#[test]
fn bars_with_a_volume_past_the_range_are_kept_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let hours = fixture("market/eurusd_1h_bars.csv.gz");
    let hours = hours.to_str().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (text, ours) = (path("hours.csv"), path("hours.dyn"));
    let said = "the first of 2 bars with a volume past 92233720368.54775807, taken as that";
    // As text and as a recording they are the same, and known for what they are when they are read again.
    for (from, to, place) in [
        (hours, text.as_str(), "eurusd_1h_bars.csv.gz:4553"),
        (&text, &ours, "hours.csv:4553"),
        (&ours, &path("again.csv"), "hours.dyn: record 4552"),
    ] {
        let output = dynasty(&["convert", from, to]);
        assert!(output.status.success(), "{output:?}");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(&format!("{place}: {said}")), "{errors}");
        assert!(
            String::from_utf8(output.stdout)
                .unwrap()
                .contains(" 6225 rows")
        );
    }
    let output = dynasty(&["stat", hours, "--format", "json"]);
    let stat: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&stat["rows"], &stat["bad"]), (&6_225.into(), &0.into()));
    assert_eq!(stat["volumes_past_range"], 2);
    refused(
        &["stat", hours, "--bad-rows", "fatal"],
        1,
        "eurusd_1h_bars.csv.gz:4553: volume is 'past the range'; accepted: at most 92233720368.54775807",
    );
}

/// 2017-01-03 traded 225,709,670,165 by the sum of its 24 hours: that day says the end of the range, and so do 255
/// others of the 312. The first is told with the file that it is of.
#[test]
fn a_bar_that_cannot_hold_its_volume_says_the_end_of_the_range() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("days.csv");
    let hours = fixture("market/eurusd_1h_bars.csv.gz");
    let (hours, days) = (hours.to_str().unwrap(), out.to_str().unwrap());
    let day = ["convert", hours, days, "--every", "1d", "--of", "bars"];
    let output = dynasty(&day);
    assert!(output.status.success(), "{output:?}");
    let errors = String::from_utf8(output.stderr).unwrap();
    let bar = "eurusd_1h_bars.csv.gz: a bar of eurusd_1h_bars from 2017-01-03T00:00:00Z: ";
    let said = "the first of 256 bars with a volume past 92233720368.54775807, taken as that";
    assert!(errors.contains(&format!("{bar}{said}")), "{errors}");
    let written = std::fs::read_to_string(&out).unwrap();
    assert_eq!(written.lines().count(), 1 + 312);
    let held = written
        .lines()
        .filter(|line| line.contains(",92233720368.54775807"));
    assert_eq!(held.count(), 256);
    assert!(written.contains("88389850463.1"));
    std::fs::remove_file(&out).unwrap();
    let why = "the bar's volume is '225709670165'; accepted: at most 92233720368.54775807, or bars of less time";
    refused(
        &[&day[..], &["--bad-rows", "fatal"]].concat(),
        1,
        &format!("{bar}{why}"),
    );
    assert!(!out.exists());
}

#[test]
fn what_a_file_does_not_say_is_asked_for() {
    let file = fixture("README.md");
    let file = file.to_str().unwrap();
    refused(&["head", file], 2, "--columns");
    refused(&["head", file, "--columns", "ts,price"], 2, "no row");
    refused(&["head", file, "--columns", "time,price,qty"], 2, "--date");
    refused(&["head", "no-such-file"], 1, "no-such-file cannot be read");
    refused(&["head", file, "--layout", "nothing"], 2, "tardis-quotes");
}

#[test]
fn what_is_nothing_is_no_success() {
    let trades = fixture("history/tardis_trades.csv");
    let trades = trades.to_str().unwrap();
    let others = "no row is of NOPE; accepted as --symbol: ETHUSD, XBTUSD";
    refused(&["head", trades, "--symbol", "NOPE"], 1, others);
    assert_eq!(told(&["head", trades, "-n", "0"]), "");
    let backwards = [
        "stat",
        trades,
        "--from",
        "2024-02-01",
        "--until",
        "2024-01-01",
    ];
    refused(
        &backwards,
        2,
        "--from 2024-02-01T00:00:00Z is not before --until",
    );
    let unread = [
        "head",
        trades,
        "--layout",
        "tardis-trades",
        "--separator",
        ";",
    ];
    refused(&unread, 2, "--separator");
    let folder = tempfile::tempdir().unwrap();
    let listed = folder.path().to_str().unwrap();
    std::fs::write(folder.path().join("notes.md"), "no market").unwrap();
    refused(&["ls", listed], 1, "notes.md");
}

#[test]
fn what_is_read_and_what_is_no_file_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let csv = path("trades.csv");
    std::fs::copy(fixture("history/tardis_trades.csv"), &csv).unwrap();
    let own = path("trades.dyn");
    told(&["convert", &csv, &own]);
    let before = std::fs::read(&own).unwrap();
    let same = format!("{}/./trades.dyn", folder.path().display());
    refused(&["convert", &own, &same, "--force"], 2, "is read from");
    assert_eq!(std::fs::read(&own).unwrap(), before);
    let target = folder.path().to_str().unwrap();
    let to_folder = ["convert", &csv, target, "--to", "csv", "--force"];
    refused(&to_folder, 2, "is no regular file");
    let nothing = ["convert", &own, &path("none.csv"), "--symbol", "NOPE"];
    refused(&nothing, 1, "no row to write");
    assert!(!Path::new(&path("none.csv")).exists());
}

#[test]
fn crossed_quotes_are_counted_and_skipped_or_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let quotes = path("quotes.csv");
    std::fs::write(&quotes, "ts,bid,ask\n1,5,6\n2,7,6\n3,6,6\n4,x,6\n").unwrap();
    let columns = ["--columns", "ts:s,bid,ask"];
    let stat = |more: &[&str]| {
        let output =
            dynasty(&[&["stat", &quotes, "--format", "json"][..], &columns, more].concat());
        let object: Value = serde_json::from_slice(&output.stdout).unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        (object, errors, output.status.code())
    };
    let (object, errors, code) = stat(&[]);
    assert_eq!(
        (&object["rows"], &object["bad"], &object["crossed"]),
        (&2.into(), &2.into(), &1.into())
    );
    assert!(errors.contains("quotes.csv:3: ask is '6'; accepted: a price not below the bid 7"));
    assert!(errors.contains("of 2 bad rows 1 are quotes whose bid is above the ask"));
    assert_eq!(code, Some(0));
    let (object, _, code) = stat(&["--crossed", "fatal"]);
    assert_eq!((&object["rows"], code), (&1.into(), Some(1)));
    let (object, _, code) = stat(&["--bad-rows", "fatal", "--crossed", "skip"]);
    assert_eq!((&object["rows"], code), (&2.into(), Some(1)));
    let list = told(&[&["ls", &quotes, "--format", "json"][..], &columns].concat());
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list["crossed"], 1);
}
