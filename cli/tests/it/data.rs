//! `dynasty data` as a user has it: real files in, lists, counts and converted files out.

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
    refused(&["head", trades, "--symbol", "NOPE"], 1, "no row was read");
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
