//! Files of walk-forwards and simulations, and those that were stopped.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::search::{dynasty, killed, said};

/// A share of equity goes through the engine: 200 runs take longer than to see the first of them.
const WALK: [&str; 8] = [
    "--grid",
    "fast=1..20",
    "--grid",
    "slow=40..49",
    "--size",
    "100%",
    "--folds",
    "4",
];

const MOVED: [&str; 6] = ["--method", "paths", "--size", "100%", "--paths", "200"];

fn part(out: &Path) -> PathBuf {
    PathBuf::from(format!("{}.part", out.display()))
}

fn to(verb: &str, words: &[&str], out: &Path, more: &[&str]) -> std::process::Output {
    let out = ["--out", out.to_str().unwrap()];
    dynasty(verb, &[words, &out, more].concat())
}

/// Runs whole, is killed and goes on: each form is the same file, and only the rest is run. `another`: words of another
/// search, which does not take the record.
fn hold(verb: &str, words: &[&str], another: &[&str], runs: usize) {
    let folder = tempfile::tempdir().unwrap();
    for form in ["csv", "json", "parquet"] {
        let path = |name: &str| folder.path().join(format!("{name}.{form}"));
        let (whole, out) = (path("whole"), path("out"));
        let text = said(&to(verb, words, &whole, &["--threads", "2"]));
        killed(verb, &out, &[words, &["--fee", "0.1%"]].concat());
        let kept = fs::read_to_string(part(&out)).unwrap();
        let done = kept.matches('\n').count() - 1;
        assert!((19..runs).contains(&done), "{done}");
        // A line that was cut off.
        fs::write(part(&out), format!("{kept}{}\tengine\t1", runs - 1)).unwrap();
        let stopped = to(verb, words, &out, &[]);
        assert_eq!(stopped.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&stopped.stderr).contains("--resume to go on with it"));
        let refused = to(verb, words, &out, &[&["--resume"], another].concat());
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("another search"));

        let again = said(&to(verb, words, &out, &["--resume"]));
        let known = format!("{done} of {runs} ");
        assert!(again.contains(&known), "{again}");
        assert_eq!(text.lines().nth(3), again.lines().nth(3));
        assert_eq!(fs::read(&out).unwrap(), fs::read(&whole).unwrap());
        assert!(!part(&out).exists() && !part(&whole).exists());
    }
}

#[test]
fn a_killed_walk_forward_goes_on_and_ends_the_same() {
    hold("walk-forward", &WALK, &["--purge", "3"], 200);
}

#[test]
fn killed_runs_over_moved_bars_go_on_and_end_the_same() {
    hold("monte-carlo", &MOVED, &["--seed", "2"], 200);
}

/// 2,148 bars have 2,147 returns: four windows of a chain of eight parts.
#[test]
fn windows_are_rows() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("windows.json");
    let words = ["--grid", "fast=5..50:5", "--grid", "slow=60..200:20"];
    let words = [&words[..], &["--folds", "4", "--format", "json"]].concat();
    let told: Value = serde_json::from_str(&said(&to("walk-forward", &words, &out, &[]))).unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
    assert_eq!(rows.len(), 4);
    for (row, (place, fold)) in rows
        .iter()
        .zip((1..).zip(told["folds"].as_array().unwrap()))
    {
        assert_eq!(row["window"], place);
        assert_eq!(row["test_first"], fold["test"][0]);
        let last = fold["test"][1].as_u64().unwrap() - 1;
        assert_eq!(row["test_last"], last);
        for name in ["sharpe_in", "sharpe_out", "return_out", "rank_out"] {
            assert_eq!(row[name], fold[name], "{name}");
        }
        for (name, value) in fold["parameters"].as_object().unwrap() {
            assert_eq!(&row[name], value, "{name}");
        }
    }
    // The last window ends with the data.
    assert_eq!(rows[3]["test_last"], 2_147);
    assert!(rows[3]["until"].as_str().unwrap().starts_with("2013-03-01"));
}

/// Shuffled returns end where the run does, each in another way.
#[test]
fn paths_are_rows() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("paths.csv");
    let words = ["--method", "shuffle", "--paths", "50", "--size", "100%"];
    let words = [&words[..], &["--format", "json"]].concat();
    let told: Value = serde_json::from_str(&said(&to("monte-carlo", &words, &out, &[]))).unwrap();
    let text = fs::read_to_string(&out).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("path,return,max_drawdown,lowest_return"));
    let rows: Vec<Vec<f64>> = lines
        .map(|line| line.split(',').map(|it| it.parse().unwrap()).collect())
        .collect();
    assert_eq!(rows.len(), 50);
    let ends = told["return"].as_f64().unwrap();
    for (place, row) in rows.iter().enumerate() {
        assert!((row[0] - place as f64).abs() < 1e-9, "{row:?}");
        assert!((row[1] - ends).abs() < 1e-9, "{row:?}");
        assert!(row[3] <= 0.0);
    }
    let drawdowns = told["drawdowns"].as_array().unwrap();
    let mut found: Vec<f64> = rows.iter().map(|row| row[2]).collect();
    found.sort_by(f64::total_cmp);
    // The median of fifty is between the 25th and the 26th.
    let median = f64::midpoint(found[24], found[25]);
    assert!((drawdowns[3].as_f64().unwrap() - median).abs() < 1e-12);
}

#[test]
fn sizes_under_a_plan_are_rows() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sizes.json");
    let plan = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../fixtures/plans/static-100k.toml"
    );
    let words = ["--plan", plan, "--size", "100", "--paths", "50"];
    let words = [&words[..], &["--sizes", "1,4", "--format", "json"]].concat();
    let told: Value = serde_json::from_str(&said(&to("monte-carlo", &words, &out, &[]))).unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
    assert_eq!(rows.len(), 2);
    for (row, answer) in rows.iter().zip(told["answers"].as_array().unwrap()) {
        assert_eq!(row["size"], answer["size"]);
        assert_eq!(row["passed"], answer["passed"]["value"]);
        assert_eq!(row["failed_low"], answer["failed"]["low"]);
        assert_eq!(row["net"], answer["net"]["value"]);
    }
}

/// What is drawn is drawn again in no time, and a file has to say what it is.
#[test]
fn what_cannot_be_written_or_resumed_is_refused() {
    for (verb, words, told) in [
        (
            "monte-carlo",
            &["--out", "x.csv", "--resume"][..],
            "accepted: with --method paths",
        ),
        (
            "monte-carlo",
            &["--out", "x.txt"],
            ".csv, .json or .parquet",
        ),
        (
            "walk-forward",
            &["--grid", "fast=5,10", "--out", "x.txt"],
            ".csv, .json or .parquet",
        ),
        (
            "walk-forward",
            &["--grid", "fast=5,10", "--resume"],
            "--out",
        ),
    ] {
        let refused = dynasty(verb, words);
        assert_eq!(refused.status.code(), Some(2));
        let error = String::from_utf8_lossy(&refused.stderr);
        assert!(error.contains(told), "{error}");
    }
}
