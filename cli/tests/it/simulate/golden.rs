//! Every scenario against its golden output.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use super::output::text;

/// Differing lines that are shown of one scenario.
const SHOWN_MAX: usize = 5;

/// The places at which two JSON values differ.
fn differences(path: &str, expected: &Value, got: &Value, out: &mut Vec<String>) {
    match (expected, got) {
        (Value::Object(left), Value::Object(right)) => {
            let names = left
                .keys()
                .chain(right.keys().filter(|name| !left.contains_key(*name)));
            for name in names {
                let path = format!("{path}.{name}");
                differences(&path, &expected[name], &got[name], out);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (place, (left, right)) in left.iter().zip(right).enumerate() {
                differences(&format!("{path}[{place}]"), left, right, out);
            }
        }
        _ if expected == got => {}
        _ => out.push(format!("{path}: {} -> {}", text(expected), text(got))),
    }
}

fn difference_of_lines(expected: Option<&str>, got: Option<&str>) -> String {
    let json = |line: Option<&str>| line.and_then(|line| serde_json::from_str::<Value>(line).ok());
    match (json(expected), json(got)) {
        (Some(left), Some(right)) if left["type"] == right["type"] => {
            let mut out = Vec::new();
            differences("", &left, &right, &mut out);
            format!("  {}: {}\n", text(&left["type"]), out.join(", "))
        }
        _ => format!(
            "  - {}\n  + {}\n",
            expected.unwrap_or("nothing"),
            got.unwrap_or("nothing")
        ),
    }
}

fn difference(expected: &str, got: &str) -> String {
    let (left, right): (Vec<_>, Vec<_>) = (expected.lines().collect(), got.lines().collect());
    let places = 0..left.len().max(right.len());
    let differing: Vec<_> = places
        .filter(|&place| left.get(place) != right.get(place))
        .collect();
    let mut shown = String::new();
    for &place in differing.iter().take(SHOWN_MAX) {
        let (left, right) = (left.get(place).copied(), right.get(place).copied());
        let _ = write!(
            shown,
            "line {}:\n{}",
            place + 1,
            difference_of_lines(left, right)
        );
    }
    let hidden = differing.len().saturating_sub(SHOWN_MAX);
    if hidden > 0 {
        let _ = writeln!(shown, "and {hidden} more lines");
    }
    shown
}

#[test]
fn every_scenario_gives_its_golden_output() {
    let update = std::env::var("DYNASTY_GOLDEN").is_ok_and(|value| value == "update");
    let mut wrong = String::new();
    let mut count = 0;
    for entry in fs::read_dir(super::scenarios()).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap();
        // A golden output has a stem with a dot.
        let stem = name.strip_suffix(".jsonl");
        let Some(stem) = stem.filter(|stem| !stem.contains('.')) else {
            continue;
        };
        count += 1;
        let (code, got, stderr) = super::simulate(&file);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{name}");
        let golden = file.with_file_name(format!("{stem}.out.jsonl"));
        if update {
            fs::write(&golden, got).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if expected != got {
            let _ = write!(wrong, "{name}\n{}", difference(&expected, &got));
        }
    }
    assert!(wrong.is_empty(), "expected -> got\n{wrong}");
    assert!(count >= 90, "only {count} scenarios");
}

#[test]
fn a_difference_names_the_line_and_the_field() {
    let expected = "{\"type\":\"fill\",\"fee\":\"1\",\"qty\":\"2\"}\n{\"type\":\"state\"}\n";
    let got = "{\"type\":\"fill\",\"fee\":\"3\",\"qty\":\"2\"}\n";
    assert_eq!(
        difference(expected, got),
        "line 1:\n  fill: .fee: 1 -> 3\nline 2:\n  - {\"type\":\"state\"}\n  + nothing\n"
    );
}
