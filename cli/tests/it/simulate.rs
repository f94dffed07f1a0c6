//! `dynasty simulate` as a black box: golden outputs, published worked examples, facts checked by
//! hand, exit codes.
//!
//! `DYNASTY_GOLDEN=update` writes the golden outputs anew instead of comparing.

mod boundaries;
mod cases;
mod clock_changes;
mod contests;
mod edges;
mod facts;
mod golden;
mod output;
mod scores;
mod twin;

use std::path::PathBuf;
use std::process::Command;

fn scenarios() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/scenarios")
}

/// Exit code, stdout and stderr of `dynasty simulate` on a scenario file, with `--state`.
fn simulate(scenario: &std::path::Path) -> (Option<i32>, String, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_dynasty"))
        .arg("simulate")
        .arg(scenario)
        .arg("--state")
        .output()
        .unwrap();
    (
        done.status.code(),
        String::from_utf8(done.stdout).unwrap(),
        String::from_utf8(done.stderr).unwrap(),
    )
}

#[test]
fn the_examples_of_the_schema_are_a_scenario() {
    let readme = std::fs::read_to_string(scenarios().join("README.md")).unwrap();
    let examples: Vec<_> = readme
        .lines()
        .filter_map(|row| row.split_once("| `{\"type\"").map(|(_, rest)| rest))
        .filter_map(|rest| rest.split_once("` |").map(|(example, _)| example))
        .map(|example| format!("{{\"type\"{example}\n"))
        .collect();
    assert_eq!(examples.len(), 44);
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("examples.jsonl");
    std::fs::write(&scenario, examples.concat()).unwrap();
    let (code, stdout, stderr) = simulate(&scenario);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    for told in [
        "order_amended",
        "window_announced",
        "suspended",
        "account_opened",
    ] {
        assert!(stdout.contains(&format!("\"{told}\"")), "{told}: {stdout}");
    }
}

#[test]
fn a_bad_line_is_exit_code_2_after_the_events_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("bad.jsonl");
    let good = std::fs::read_to_string(scenarios().join("static_floor.jsonl")).unwrap();
    let good: Vec<_> = good.lines().take(5).collect();
    let bad = r#"{"type":"account","id":"a","plan":"nobody"}"#;
    std::fs::write(&scenario, format!("{}\n{bad}\n", good.join("\n"))).unwrap();
    let (code, stdout, stderr) = simulate(&scenario);
    assert_eq!(code, Some(2));
    // The note and the version say nothing; an instrument and two plans do.
    assert_eq!(stdout.lines().count(), 3);
    let name = scenario.display();
    assert_eq!(
        stderr,
        format!("{name}:6: plan: value 'nobody': accepted the id of a plan above\n")
    );
}

#[test]
fn a_scenario_that_is_not_there_is_exit_code_1() {
    let (code, stdout, stderr) = simulate(&scenarios().join("no_such.jsonl"));
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("no_such.jsonl"), "{stderr}");
}
