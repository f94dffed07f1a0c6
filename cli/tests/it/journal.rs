//! `dynasty journal` and `dynasty recover` as processes, on the data directory of a demo.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn dynasty(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dynasty"));
    command.args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A finished demo: its directory, the last line of its summary and its name as text.
fn demo() -> (TempDir, String, String) {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap().to_owned();
    let output = dynasty(&["demo", "--headless", "--events", "5000", "--data", &data]);
    assert!(output.status.success());
    let summary = text(&output.stdout);
    let end = summary.lines().find(|line| line.contains("state hash"));
    (directory, end.unwrap().trim().to_owned(), data)
}

fn segment(data: &str) -> std::path::PathBuf {
    Path::new(data).join("journal/00000000000000000001.journal")
}

#[test]
fn a_journal_is_checked_counted_shown_and_replayed() {
    let (_directory, end, data) = demo();
    let hash = end.split_whitespace().nth(2).unwrap();
    let seq: u64 = end.split_whitespace().last().unwrap().parse().unwrap();

    let verified = dynasty(&["journal", "verify", &data, "--format", "json"]);
    assert!(verified.status.success());
    let summary: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!(summary["last_seq"], seq.to_string());
    assert_eq!(summary["anchor_seq"], seq.to_string());
    assert_eq!(summary["damage"], serde_json::Value::Null);

    let recovered = text(&dynasty(&["recover", &data]).stdout);
    assert!(recovered.starts_with(&format!("seq {seq},")), "{recovered}");
    assert!(recovered.trim().ends_with(hash), "{recovered}");
    // A state of the past, in whole.
    let past = dynasty(&["recover", &data, "--to", "700", "--state"]);
    let state: serde_json::Value = serde_json::from_slice(&past.stdout).unwrap();
    assert_eq!(state["seq"], "700");
    assert_eq!(state["accounts"].as_array().unwrap().len(), 200);

    let dumped = text(&dynasty(&["journal", "dump", &data, "--from", "3", "--to", "5"]).stdout);
    let places: Vec<_> = dumped.lines().map(|line| line.split(' ').next()).collect();
    assert_eq!(places, [Some("3"), Some("4"), Some("5")]);

    let counted = text(&dynasty(&["journal", "stat", &data]).stdout);
    let row = counted.lines().last().unwrap();
    assert!(row.contains(&format!(" {seq} ")), "{row}");
    assert!(row.contains(" 5000 "), "{row}");

    let exported = text(&dynasty(&["journal", "export", &data]).stdout);
    let fills = exported
        .lines()
        .filter(|line| line.contains("\"type\":\"fill\""));
    assert!(fills.count() > 100);
    let first: serde_json::Value = serde_json::from_str(exported.lines().next().unwrap()).unwrap();
    assert_eq!(first["seq"], "1");
}

#[test]
fn a_damaged_journal_is_told_and_repaired_only_as_it_is_said() {
    let (_directory, _, data) = demo();
    let mut bytes = fs::read(segment(&data)).unwrap();
    bytes[50_000] ^= 4;
    fs::write(segment(&data), &bytes).unwrap();

    let verified = dynasty(&["journal", "verify", &data]);
    assert_eq!(verified.status.code(), Some(1));
    let told = text(&verified.stdout);
    assert!(
        told.contains("DAMAGED") && told.contains("checksum"),
        "{told}"
    );
    let keep = told.trim().rsplit(' ').next().unwrap().to_owned();
    let started = dynasty(&["demo", "--headless", "--events", "1", "--data", &data]);
    assert!(!started.status.success());

    let beyond = (keep.parse::<u64>().unwrap() + 1).to_string();
    let refused = dynasty(&["journal", "repair", &data, "--keep", &beyond]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains(&format!("seq {beyond}")));
    assert_eq!(fs::read(segment(&data)).unwrap(), bytes);

    let repaired = dynasty(&["journal", "repair", &data, "--keep", &keep]);
    assert!(repaired.status.success());
    assert_eq!(text(&repaired.stdout).matches("set aside").count(), 2);
    assert!(dynasty(&["journal", "verify", &data]).status.success());
    let goes_on = dynasty(&["demo", "--headless", "--events", "6000", "--data", &data]);
    assert!(goes_on.status.success());
}

#[test]
fn what_is_no_data_directory_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    for command in [["journal", "verify", data], ["journal", "stat", data]] {
        let output = dynasty(&command);
        assert_eq!(output.status.code(), Some(1));
        let told = text(&output.stderr);
        assert!(told.contains(data) && told.contains("--data"), "{told}");
    }
}
