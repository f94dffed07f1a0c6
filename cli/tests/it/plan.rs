//! `dynasty plan` as a process: answers, exit codes, help.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Exit code, stdout and stderr of `dynasty plan` in the folder of the plans.
fn plan(arguments: &[&str]) -> (Option<i32>, String, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_dynasty"))
        .arg("plan")
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/plans"))
        .output()
        .unwrap();
    (
        done.status.code(),
        String::from_utf8(done.stdout).unwrap(),
        String::from_utf8(done.stderr).unwrap(),
    )
}

/// A file with a plan whose trail is misspelt, and its path.
fn misspelt(folder: &Path) -> String {
    let good = include_str!("../../../fixtures/plans/eod-trail-50k.toml");
    let bad = good.replace("trail = \"eod_balance\"", "trial = \"eod_balance\"");
    let path = folder.join("bad.toml");
    std::fs::write(&path, bad).unwrap();
    path.display().to_string()
}

#[test]
fn check_tells_every_file_and_the_worst_of_them_in_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let bad = misspelt(folder.path());
    let (code, stdout, _) = plan(&["check", "eod-trail-50k.toml"]);
    assert_eq!(code, Some(0));
    assert!(
        stdout.starts_with("eod-trail-50k.toml: ok: EOD Trail 50K, version 1, "),
        "{stdout}"
    );
    let (code, stdout, _) = plan(&["check", &bad, "eod-trail-50k.toml", "--format", "json"]);
    assert_eq!(code, Some(1));
    let lines: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (&lines[0]["ok"], &lines[1]["ok"]),
        (&false.into(), &true.into())
    );
    assert_eq!(
        lines[0]["error"],
        format!(
            "{bad}:19: max_loss.trial: value 'eod_balance': accepted no such field, perhaps trail; \
             known: trail, allowance, stop, effect, touch_is_breach"
        )
    );
    assert_eq!(lines[1]["hash"].as_str().unwrap().len(), 64);
    assert_eq!(plan(&["check", &bad, "no-such-file.toml"]).0, Some(2));
    assert_eq!(plan(&["check"]).0, Some(2));
}

#[test]
fn explain_answers_for_a_moment_and_refuses_what_is_no_plan() {
    let at = ["--at", "2026-11-21T12:00:00Z"];
    let (code, stdout, _) = plan(&[&["explain", "topstep-combine-50k.toml"], &at[..]].concat());
    assert_eq!(code, Some(0));
    // 52,000 - 2,000.
    assert!(
        stdout.contains("At 52,000.00 it locks at 50,000.00 for good."),
        "{stdout}"
    );
    assert!(
        stdout.contains("next roll is Sun 2026-11-22 17:00 CST"),
        "{stdout}"
    );
    let json = [
        &["explain", "topstep-combine-50k.toml", "--format", "json"],
        &at[..],
    ]
    .concat();
    let answer: Value = serde_json::from_str(&plan(&json).1).unwrap();
    assert_eq!(answer["sections"][1]["title"], "Maximum loss");
    let folder = tempfile::tempdir().unwrap();
    let (code, stdout, stderr) = plan(&["explain", &misspelt(folder.path())]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.contains("bad.toml:19: max_loss.trial"), "{stderr}");
    assert_eq!(plan(&["explain", "no-such-file.toml"]).0, Some(2));
    assert_eq!(
        plan(&["explain", "eod-trail-50k.toml", "--at", "noon"]).0,
        Some(2)
    );
}

#[test]
fn diff_is_0_for_equal_plans_and_1_for_others() {
    let same = plan(&["diff", "static-100k.toml", "static-100k.toml"]);
    assert_eq!(
        same,
        (Some(0), "The plans are equal.\n".to_owned(), String::new())
    );
    let (code, stdout, _) = plan(&["diff", "ftmo-2step-100k-p1.toml", "ftmo-2step-100k-p2.toml"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        stdout,
        "name: \"FTMO 2-Step 100K P1\" -> \"FTMO 2-Step 100K P2\"\n\
         stage: { evaluation = 1 } -> { evaluation = 2 }\n\
         profit_target: { pct_of_initial = \"10\" } -> { pct_of_initial = \"5\" } (looser)\n\
         life.next: \"FTMO 2-Step 100K P2\" -> \"FTMO 2-Step 100K Funded\"\n\
         The new plan is looser in profit_target.\n"
    );
    let json = [
        "diff",
        "static-100k.toml",
        "sprint-25k.toml",
        "--format",
        "json",
    ];
    let (code, stdout, _) = plan(&json);
    let answer: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &answer["equal"]), (Some(1), &false.into()));
    assert_eq!(
        plan(&["diff", "static-100k.toml", "no-such-file.toml"]).0,
        Some(2)
    );
}

#[test]
fn every_verb_has_examples() {
    for verb in ["check", "explain", "diff"] {
        let (code, stdout, _) = plan(&[verb, "--help"]);
        assert_eq!(code, Some(0));
        assert!(
            stdout.contains(&format!("Examples:\n  dynasty plan {verb} ")),
            "{stdout}"
        );
    }
}

/// What `explain` says of a payout, and what the engine pays of the same days: not a cent more.
#[test]
fn the_payout_of_the_example_is_the_engines() {
    let rules = [
        ("name", "\"p\""),
        ("version", "1"),
        ("currency", "\"USD\""),
        ("initial_balance", "\"100000\""),
        ("stage", "\"funded\""),
        ("roll", r#"{"zone":"UTC","time":"00:00"}"#),
        (
            "max_loss",
            r#"{"trail":"eod_balance","allowance":{"fixed":"5000"},"stop":"never","touch_is_breach":true}"#,
        ),
        (
            "payout",
            r#"{"fraction_pct":"50","cap":"2600","keep":{"above_initial":"3000"},"split_pct":"80","after":"floor_falls","best_day_cap_pct":"30"}"#,
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.toml");
    let toml = rules.map(|(name, value)| format!("{name} = {}\n", value.replace("\":", "\" = ")));
    std::fs::write(&file, toml.concat()).unwrap();
    let (code, explained, told) = plan(&["explain", file.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{told}");
    // 2,000 and 4 x 1,000: the best day made 200 beyond 30% of 6,000, and half of 5,800 are 2,900. The
    // cap is 2,600, and 3,000 are above what must be left.
    let said = "After a day of 2,000.00 and 4 days of 1,000.00 each the balance is 106,000.00 and the floor \
        101,000.00: 2,600.00 can be paid out";
    assert!(explained.contains(said), "{explained}");

    let json = rules.map(|(name, value)| format!("\"{name}\":{value}"));
    let mut lines = vec![
        r#"{"type":"scenario","version":1}"#.to_owned(),
        format!(
            r#"{{"type":"plan","ts":"2024-03-04T00:00:00Z","id":"p",{}}}"#,
            json.join(",")
        ),
        r#"{"type":"account","id":"a","plan":"p"}"#.to_owned(),
    ];
    for (day, made) in (4..).zip(["2000", "1000", "1000", "1000", "1000"]) {
        lines.push(format!(
            r#"{{"type":"roll","ts":"2024-03-{day:02}T00:00:00Z","day":"2024-03-{day:02}"}}"#
        ));
        lines.push(format!(
            r#"{{"type":"adjust","account":"a","kind":"pnl","amount":"{made}"}}"#
        ));
    }
    lines.push(r#"{"type":"roll","ts":"2024-03-09T00:00:00Z","day":"2024-03-09"}"#.to_owned());
    for amount in ["2600.01", "2600"] {
        lines.push(format!(
            r#"{{"type":"adjust","account":"a","kind":"payout","amount":"{amount}"}}"#
        ));
    }
    let scenario = folder.path().join("s.jsonl");
    std::fs::write(&scenario, lines.join("\n")).unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_dynasty"))
        .arg("simulate")
        .arg(&scenario)
        .output()
        .unwrap();
    let events: Vec<Value> = String::from_utf8(done.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let payouts: Vec<_> = events
        .iter()
        .filter(|event| event["type"].as_str().unwrap().starts_with("payout"))
        .map(|event| {
            [
                &event["type"],
                &event["eligible"],
                &event["amount"],
                &event["trader"],
            ]
        })
        .map(|figures| figures.map(|figure| figure.as_str().unwrap_or("-").to_owned()))
        .collect();
    assert_eq!(
        payouts,
        [
            ["payout_denied", "2600", "-", "-"],
            ["payout_approved", "-", "2600", "2080"],
        ]
    );
}
