//! `dynasty verify-breach` as a black box: proofs that scenarios leave hold, and no figure of one changes
//! by one unit unnoticed.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gateway::dto::ProofDto;
use rules::Proof;
use runtime::journal::Reader;
use runtime::{EventBuf, Limits};
use serde_json::{Value, json};
use types::{Seq, ShardId};

struct Done {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn dynasty(args: &[&str], input: &str) -> Done {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dynasty"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that does not read its input has closed it.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let done = child.wait_with_output().unwrap();
    Done {
        code: done.status.code(),
        stdout: String::from_utf8(done.stdout).unwrap(),
        stderr: String::from_utf8(done.stderr).unwrap(),
    }
}

fn scenarios() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/scenarios")
}

/// Runs a scenario, and reads the proofs that it leaves in `folder`, by name.
fn proofs_of(scenario: &Path, folder: &Path) -> Vec<(PathBuf, String)> {
    let args = [
        "simulate",
        scenario.to_str().unwrap(),
        "--proofs",
        folder.to_str().unwrap(),
    ];
    let done = dynasty(&args, "");
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

fn proofs(scenario: &str, folder: &Path) -> Vec<(PathBuf, String)> {
    let file = scenarios().join(format!("{scenario}.jsonl"));
    proofs_of(&file, &folder.join(scenario))
}

#[test]
fn every_proof_of_every_scenario_holds() {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for entry in fs::read_dir(scenarios()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        // A golden output has a stem with a dot.
        let stem = name.strip_suffix(".jsonl");
        if let Some(stem) = stem.filter(|stem| !stem.contains('.')) {
            let found = proofs_of(&path, &folder.path().join(stem));
            paths.extend(found.into_iter().map(|(path, _)| path));
        }
    }
    let mut args = vec!["verify-breach"];
    args.extend(paths.iter().map(|path| path.to_str().unwrap()));
    let done = dynasty(&args, "");
    assert_eq!(done.code, Some(0), "{}", done.stdout);
    let ok = done.stdout.lines().filter(|line| line.ends_with(": ok"));
    assert_eq!(ok.count(), paths.len());
    // Of each kind there are some.
    for kind in ["breach", "passed", "inactive", "payout_denied"] {
        let ending = format!("-{kind}.json");
        let is_of_kind = |path: &&PathBuf| path.to_str().unwrap().ends_with(&ending);
        assert!(paths.iter().any(|path| is_of_kind(&path)), "{kind}");
    }
}

#[test]
fn a_proof_is_told_in_a_sentence_and_its_sums() {
    let folder = tempfile::tempdir().unwrap();
    let found = proofs("w02_static_touch", folder.path());
    let [(path, text)] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(path.file_name().unwrap(), "11-1-breach.json");
    let hash = serde_json::from_str::<Value>(text).unwrap()["basis"]["plan_hash"].clone();
    // 92,000 and 2,001 lots one point down: 89,999, one below the floor.
    let expected = format!(
        "-: ok
  Account 1 (below) failed at input 11, 2024-03-04T00:00:00Z: equity 89999 is below the floor 90000 of its maximum loss by 1.
    position IDX: 2001 x bid 9999 x contract size 1 - cost 20010000 = unrealised -2001 USD (mark of input 11)
    balance: own cash 92000 = 92000
    equity: own cash 92000 - 2001 = 89999
    baseline of the maximum loss: 100000, the balance that the account opened with, at input 4, 2024-03-04T00:00:00Z
    allowance of the maximum loss: 10000, fixed by the plan
    floor of the maximum loss: baseline 100000 - allowance 10000 = 90000
    verdict: equity 89999 is below the floor 90000 of its maximum loss by 1
    plan: p version 1, hash {}
",
        hash.as_str().unwrap()
    );
    let done = dynasty(&["verify-breach", "-"], text);
    assert_eq!((done.code, done.stdout), (Some(0), expected));

    let altered = text.replace("\"floor\": \"90000\"", "\"floor\": \"90001\"");
    let done = dynasty(&["verify-breach", "-"], &altered);
    assert_eq!(done.code, Some(1));
    assert!(done.stdout.starts_with("-: 2 figures do not come out\n"));
    let fault = "  fault: max_loss.floor is 90001, recomputed 90000\n";
    assert!(done.stdout.contains(fault), "{}", done.stdout);
    // What the digest would have to be is not told.
    let document: Value = serde_json::from_str(text).unwrap();
    let digest = document["digest"].as_str().unwrap();
    let fault = format!("  fault: digest is {digest}, which is not that of the document\n");
    assert!(done.stdout.contains(&fault), "{}", done.stdout);
}

#[test]
fn results_can_be_json_and_documents_can_be_lines() {
    let folder = tempfile::tempdir().unwrap();
    let text = proofs("w29_payout_safety_net", folder.path()).remove(0).1;
    let whole: Value = serde_json::from_str(&text).unwrap();
    let mut altered = whole.clone();
    altered["verdict"]["requested"] = json!("700");
    let mut other = whole.clone();
    other["verdict"]["asked"] = json!("1");
    let lines = format!("{whole}\n{altered}\n{other}\n");
    let done = dynasty(&["verify-breach", "--format", "json", "-"], &lines);
    assert_eq!((done.code, done.stderr.as_str()), (Some(2), ""));
    let results: Vec<Value> = done
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let words =
        |name: &str| -> Vec<&Value> { results.iter().map(|result| &result[name]).collect() };
    assert_eq!(words("result"), ["ok", "fault", "unreadable"]);
    assert_eq!(words("document"), [1, 2, 3]);
    let figures = |place: usize| {
        let faults = results[place]["faults"].as_array().unwrap();
        faults
            .iter()
            .map(|fault| fault["figure"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // 700 are eligible: asking for them is refused for no reason.
    assert_eq!(figures(1), ["digest", "verdict.reason"]);
    assert_eq!(results[1]["faults"][0]["recomputed"], Value::Null);
    assert_eq!(
        results[0]["sentence"],
        "Account 0 (a) was refused a payout of 701 at input 6, 2024-03-04T00:00:00Z: that is more \
         than is eligible."
    );
    let error = results[2]["error"].as_str().unwrap();
    assert!(error.starts_with("verdict.asked: value '1'"), "{error}");
}

#[test]
fn what_is_no_proof_is_exit_code_2() {
    let none = dynasty(&["verify-breach", "no_such.json"], "");
    assert_eq!(none.code, Some(2));
    assert!(none.stdout.starts_with("no_such.json: not read: "));
    for input in ["", "{", "[]", "{\"format\":1}"] {
        let done = dynasty(&["verify-breach", "-"], input);
        assert_eq!(done.code, Some(2), "{input}");
    }
    assert_eq!(dynasty(&["verify-breach"], "").code, Some(2));
    let help = dynasty(&["verify-breach", "--help"], "");
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("Examples:"), "{}", help.stdout);
}

/// A decimal text, one unit of its last digit further from zero, in its shortest form.
fn one_unit_more(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let decimals = digits.split_once('.').map_or(0, |(_, after)| after.len());
    let units = digits.replacen('.', "", 1);
    if units.is_empty() || !units.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let units: u128 = units.parse().ok()?;
    let scale = 10_u128.pow(decimals as u32);
    let more = units + 1;
    let (whole, fraction) = (more / scale, more % scale);
    let fraction = format!("{fraction:0decimals$}");
    let fraction = fraction.trim_end_matches('0');
    let point = if decimals == 0 || fraction.is_empty() {
        String::new()
    } else {
        format!(".{fraction}")
    };
    Some(format!("{sign}{whole}{point}"))
}

#[test]
fn one_unit_more_is_one_unit_more() {
    for (text, more) in [
        ("0", "1"),
        ("-2001", "-2002"),
        ("9.99", "10"),
        ("0.099", "0.1"),
        ("1.5", "1.6"),
    ] {
        assert_eq!(one_unit_more(text).as_deref(), Some(more));
    }
    for text in ["", "-", "1e3", "ab", "2024-03-04", "00:00"] {
        assert_eq!(one_unit_more(text), None);
    }
}

/// Every value of a document, a bit different: decimals by one unit, other texts by one character.
fn alterations(whole: &Value) -> Vec<(String, Value)> {
    fn walk(value: &Value, pointer: &str, found: &mut Vec<(String, Value)>) {
        let other = match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    walk(value, &format!("{pointer}/{name}"), found);
                }
                return;
            }
            Value::Array(items) => {
                for (place, item) in items.iter().enumerate() {
                    walk(item, &format!("{pointer}/{place}"), found);
                }
                return;
            }
            Value::Null => json!("0"),
            Value::Bool(flag) => json!(!flag),
            Value::Number(number) => json!(number.as_u64().unwrap() + 1),
            Value::String(text) => {
                let time = text
                    .strip_suffix("Z")
                    .map(|start| format!("{start}.000000001Z"));
                json!(one_unit_more(text).or(time).unwrap_or_else(|| {
                    // A hash stays a hash, a name a name.
                    let other = if text.ends_with('0') { "1" } else { "0" };
                    format!("{}{other}", &text[..text.len() - 1])
                }))
            }
        };
        found.push((pointer.to_owned(), other));
    }
    let mut found = Vec::new();
    walk(whole, "", &mut found);
    let alter = |(pointer, other): (String, Value)| {
        let mut altered = whole.clone();
        *altered.pointer_mut(&pointer).unwrap() = other;
        (pointer, altered)
    };
    found.into_iter().map(alter).collect()
}

/// Scenarios whose proofs have every part: limits that trail and are held, other currencies, shorts,
/// standing, rests, refusals for several reasons.
const PROVEN: &[&str] = &[
    "w02_static_touch",
    "currency_limits",
    "eod_trail_lock",
    "lock_for_day",
    "intraday_peak",
    "live_trail",
    "pass",
    "payout",
    "inactivity",
    "case_w29",
    "case_w13",
];

#[test]
fn no_value_of_a_proof_changes_unnoticed() {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for scenario in PROVEN {
        for (path, text) in proofs(scenario, folder.path()) {
            let altered = alterations(&serde_json::from_str(&text).unwrap());
            assert!(altered.len() >= 35, "{}", altered.len());
            count += altered.len();
            let lines: Vec<_> = altered
                .iter()
                .map(|(_, altered)| altered.to_string())
                .collect();
            let lines = lines.join("\n");
            let done = dynasty(&["verify-breach", "--format", "json", "-"], &lines);
            assert_eq!(done.stdout.lines().count(), altered.len());
            for (line, (pointer, _)) in done.stdout.lines().zip(&altered) {
                let result: Value = serde_json::from_str(line).unwrap();
                let name = path.display();
                assert_ne!(result["result"], "ok", "{name}: {pointer}");
            }
        }
    }
    assert!(count > 700, "{count}");
}

#[test]
fn each_altered_proof_alone_has_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let text = proofs("w02_static_touch", folder.path()).remove(0).1;
    let file = folder.path().join("altered.json");
    let mut faults = 0;
    for (pointer, altered) in alterations(&serde_json::from_str(&text).unwrap()) {
        fs::write(&file, altered.to_string()).unwrap();
        let done = dynasty(&["verify-breach", file.to_str().unwrap()], "");
        assert!(
            matches!(done.code, Some(1 | 2)),
            "{pointer}: {:?}",
            done.code
        );
        faults += usize::from(done.code == Some(1));
        if pointer == "/seq" || pointer == "/positions/0/mark_seq" {
            assert_eq!(done.code, Some(1), "{pointer}");
        }
    }
    // What no longer parses is the version, words, and figures that the plan does not take.
    assert!(faults > 35, "{faults}");
}

/// The proofs of all verdicts that a demo's journal leads to.
fn proofs_of_demo(data: &Path) -> Vec<Proof> {
    let data_text = data.to_str().unwrap();
    let args = ["demo", "--headless", "--events", "20000", "--seed", "5"];
    let done = dynasty(&[&args[..], &["--data", data_text]].concat(), "");
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let location = runtime::journal_location(data, ShardId(0));
    let mut shard = runtime::beginning(&location, Limits::default()).unwrap();
    let mut reader = Reader::open(&location, Seq(0)).unwrap();
    let mut proofs = Vec::new();
    let mut events = EventBuf::default();
    while let Some(input) = reader.next_input().unwrap() {
        events.clear();
        shard.apply(&input, &mut events);
        proofs.extend(shard.proofs(events.as_slice()));
    }
    proofs
}

/// A proof in which a place of an input or a quote is another one, and whose digest is right for that, holds alone: that
/// it is not what happened only the journal says.
#[test]
fn a_proof_holds_against_the_journal_that_leads_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let proofs = proofs_of_demo(&data);
    let journal = ["verify-breach", "-", "--journal", data.to_str().unwrap()];
    let told = |proof: &Proof| format!("{}\n", ProofDto::new(proof));
    let all: String = proofs.iter().map(told).collect();
    let done = dynasty(&journal, &all);
    assert_eq!(done.code, Some(0), "{}", done.stdout);

    let held = proofs.iter().find(|proof| {
        let first = proof.positions.first();
        first.is_some_and(|position| position.facts.mark_seq < proof.seq)
    });
    let held = held.unwrap();
    let altered = |alter: &dyn Fn(&mut Proof)| {
        let mut proof = held.clone();
        alter(&mut proof);
        let text = told(&proof);
        let alone = dynasty(&["verify-breach", "-"], &text);
        assert_eq!(alone.code, Some(0), "{}", alone.stdout);
        let done = dynasty(&journal, &text);
        assert_eq!(done.code, Some(1), "{}", done.stdout);
        let faults = done.stdout.lines().filter(|line| line.contains("fault:"));
        faults.map(str::to_owned).collect::<Vec<_>>()
    };
    let faults = altered(&|proof| proof.positions[0].facts.mark_seq = proof.seq);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].contains("positions[0].mark_seq"), "{faults:?}");
    // At the input after it nothing was decided.
    let faults = altered(&|proof| proof.seq = Seq(proof.seq.0 + 1));
    assert!(faults[0].contains("no such verdict"), "{faults:?}");
    let faults = altered(&|proof| proof.seq = Seq(1 << 40));
    assert!(
        faults[0].contains("one of the journal's inputs"),
        "{faults:?}"
    );
    assert_eq!(
        dynasty(&["verify-breach", "-", "--journal", "none"], &all).code,
        Some(2)
    );
}
