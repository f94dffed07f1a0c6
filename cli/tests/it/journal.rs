//! `dynasty journal` and `dynasty recover` as processes, on the data directory of a demo.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use runtime::{Config, Next, Runtime, Shard, Source};
use serde_json::{Map, Value};
use tempfile::TempDir;
use types::{InputKind, Timer, TimestampNs};

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

    let from = (seq + 1).to_string();
    for (wrong, accepted) in [
        (
            ["--from", &from, "--to", "99999999"],
            format!("accepted: 1 to {seq}"),
        ),
        (
            ["--from", "10", "--to", "5"],
            "accepted: 10 or more".to_owned(),
        ),
    ] {
        let told = refused(&[&["journal", "dump", &data][..], &wrong].concat());
        assert!(told.contains(&accepted), "{told}");
    }
    let told = refused(&["recover", &data, "--to", "99999999"]);
    assert!(told.contains(&format!("accepted: 1 to {seq}")), "{told}");
    let inner = format!("{data}/journal");
    let told = refused(&["journal", "verify", &inner]);
    assert!(
        told.contains(&format!(
            "is a journal: give the data directory that it is in, {data}"
        )),
        "{told}"
    );
    let told = said(&["journal", "verify", &data]);
    assert!(told.contains("in 1 segment of "), "{told}");

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
    let advice = format!("dynasty journal repair {data} --keep ");
    assert!(told.contains(&advice), "{told}");
    let told = refused(&["demo", "--headless", "--events", "1", "--data", &data]);
    for said in [
        "00000000000000000001.journal at byte ",
        &format!("`dynasty journal verify {data}`"),
        &format!("`dynasty journal repair {data} --keep N`"),
    ] {
        assert!(told.contains(said), "{told}");
    }
    // What is before the damage is a whole table.
    let path = Path::new(&data).join("events.parquet");
    let exported = table(&data, &path);
    assert_eq!(exported.status.code(), Some(1));
    assert!(text(&exported.stderr).contains("checksum"));
    let rows = SerializedFileReader::new(fs::File::open(&path).unwrap()).unwrap();
    assert!(rows.metadata().file_metadata().num_rows() > 100);

    let beyond = (keep.parse::<u64>().unwrap() + 1).to_string();
    for wrong in [beyond.as_str(), "0", "99999999"] {
        let told = refused(&["journal", "repair", &data, "--keep", wrong]);
        let accepted = format!("after seq {wrong}: accepted: 1 to {keep}");
        assert!(
            told.contains(&accepted) && told.contains("checksum"),
            "{told}"
        );
    }
    assert_eq!(fs::read(segment(&data)).unwrap(), bytes);
    // A state before the damage does not pass for the last one.
    let told = refused(&["recover", &data]);
    assert!(
        told.contains("checksum") && told.contains(&format!("--to SEQ, accepted: 1 to {keep}")),
        "{told}"
    );
    let told = refused(&["recover", &data, "--to", &beyond]);
    assert!(
        told.contains(&format!("accepted: 1 to {keep}")) && told.contains("checksum"),
        "{told}"
    );
    let told = said(&["recover", &data, "--to", &keep]);
    assert!(told.starts_with(&format!("seq {keep},")), "{told}");

    let repaired = dynasty(&["journal", "repair", &data, "--keep", &keep]);
    assert!(repaired.status.success());
    assert_eq!(text(&repaired.stdout).matches("set aside").count(), 2);
    assert!(dynasty(&["journal", "verify", &data]).status.success());
    let goes_on = dynasty(&["demo", "--headless", "--events", "6000", "--data", &data]);
    assert!(goes_on.status.success());
}

/// Exports a table to a file.
fn table(data: &str, path: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dynasty"));
    command
        .args(["journal", "export", data, "--format", "parquet"])
        .stdout(fs::File::create(path).unwrap())
        .output()
        .unwrap()
}

/// As a kill in the middle of a write leaves it: behind the last record stands half of another one.
#[test]
fn a_torn_tail_ends_what_is_told_and_is_named() {
    let (directory, _, data) = demo();
    // Again, as it takes two snapshots to remove anything.
    let more = said(&["demo", "--headless", "--events", "5500", "--data", &data]);
    let end = more.lines().find(|line| line.contains("state hash"));
    let seq = end.unwrap().split_whitespace().last().unwrap();
    let whole: Vec<_> = [
        &["journal", "stat", &data][..],
        &["journal", "dump", &data],
        &["journal", "export", &data],
    ]
    .into_iter()
    .map(|args| (args.to_owned(), said(args)))
    .collect();
    let mut bytes = fs::read(segment(&data)).unwrap();
    let length = bytes.len();
    bytes.extend_from_within(length - 40..length - 8);
    fs::write(segment(&data), &bytes).unwrap();

    let verified = dynasty(&["journal", "verify", &data]);
    assert!(text(&verified.stdout).contains("a torn tail"));
    let parquet = directory.path().join("events.parquet");
    let exported = table(&data, &parquet);
    let rows = SerializedFileReader::new(fs::File::open(&parquet).unwrap()).unwrap();
    let events = whole[2].1.lines().count();
    assert_eq!(rows.metadata().file_metadata().num_rows(), events as i64);
    let mut outputs = vec![exported];
    for (args, whole) in &whole {
        let output = dynasty(args);
        assert_eq!(text(&output.stdout), *whole, "{args:?}");
        outputs.push(output);
    }
    outputs.push(dynasty(&["journal", "prune", &data, "--keep-bytes", "1"]));
    for output in outputs {
        let told = text(&output.stderr);
        assert!(
            output.status.success() && told.contains("a torn tail") && told.contains(&data),
            "{told}"
        );
    }
    let told = said(&["recover", &data]);
    assert!(told.starts_with(&format!("seq {seq},")), "{told}");
    said(&["backtest", "replay", &data]);
    // The next start cuts it, and it is told no more.
    let goes_on = ["demo", "--headless", "--events", "5500", "--data", &data];
    assert!(said(&goes_on).contains(&format!("going on after input {seq} ")));
    let output = dynasty(&["journal", "stat", &data]);
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn a_base_that_does_not_check_or_is_lost_is_told_by_everything() {
    let (_directory, _, data) = demo();
    let base = Path::new(&data).join("journal/00000000000000000000.base");
    let good = fs::read(&base).unwrap();
    let mut bad = good.clone();
    *bad.last_mut().unwrap() ^= 1;
    let names = || {
        let entries = fs::read_dir(&data).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name());
        names.collect::<BTreeSet<_>>()
    };
    let before = names();
    for (content, what) in [
        (Some(&bad), "0.base, does not check; restore it"),
        (None, "0.base is not there"),
    ] {
        fs::remove_file(&base).unwrap();
        if let Some(content) = content {
            fs::write(&base, content).unwrap();
        }
        for args in [
            &["journal", "verify", &data][..],
            &["journal", "repair", &data, "--keep", "100"],
            &["journal", "export", &data],
            &["journal", "prune", &data, "--keep-bytes", "1"],
            &["recover", &data, "--to", "100"],
            &["backtest", "replay", &data],
            &["demo", "--headless", "--events", "1", "--data", &data],
        ] {
            let told = refused(args);
            assert!(told.contains(what), "{args:?}: {told}");
            assert_eq!(
                told.contains("a repair ends a journal, and cannot make up"),
                args[1] == "repair",
                "{told}"
            );
        }
        let output = dynasty(&["journal", "verify", &data, "--format", "json"]);
        assert_eq!(output.status.code(), Some(1));
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(told["error"].as_str().unwrap().contains(what), "{told}");
        assert_eq!(base.exists(), content.is_some());
        assert_eq!(names(), before, "nothing is set aside");
        fs::write(&base, &good).unwrap();
    }
    said(&["journal", "verify", &data]);
}

/// A segment beside its archive, as a crash between the two steps of archiving leaves it, that has rotted since.
#[test]
fn where_the_archive_of_a_damaged_segment_is_whole_the_advice_loses_nothing() {
    let (directory, data, hash) = ticks();
    let away = tempfile::tempdir().unwrap();
    let segment = segment(&data);
    let mut bytes = fs::read(&segment).unwrap();
    said(&["journal", "archive", &data, "--before", "300"]);
    bytes[2_000] ^= 4;
    fs::write(&segment, &bytes).unwrap();

    let advice = format!(
        " has all inputs of {}, so move the latter away",
        segment.display()
    );
    let verified = dynasty(&["journal", "verify", &data]);
    assert_eq!(verified.status.code(), Some(1));
    let told = text(&verified.stdout);
    assert!(told.contains(&advice) && !told.contains("repair"), "{told}");
    let told = refused(&["demo", "--headless", "--events", "1", "--data", &data]);
    assert!(told.contains(&advice) && !told.contains("repair"), "{told}");

    fs::rename(&segment, away.path().join("segment")).unwrap();
    let told = said(&["recover", &data]);
    assert!(
        told.starts_with("seq 1200,") && told.trim().ends_with(&hash),
        "{told}"
    );

    // Without a whole archive a repair is what is left.
    fs::rename(away.path().join("segment"), &segment).unwrap();
    for name in fs::read_dir(directory.path().join("journal")).unwrap() {
        let path = name.unwrap().path();
        if path.extension().is_some_and(|it| it == "archive") {
            fs::remove_file(path).unwrap();
        }
    }
    let told = text(&dynasty(&["journal", "verify", &data]).stdout);
    assert!(told.contains("dynasty journal repair"), "{told}");
}

#[test]
fn what_has_nothing_to_keep_is_not_told_to_be_repaired() {
    let (_directory, _, data) = demo();
    let start = ["demo", "--headless", "--events", "1", "--data", &data];
    let good = fs::read(segment(&data)).unwrap();
    let mut bytes = good.clone();
    // In the first record.
    bytes[50] ^= 4;
    fs::write(segment(&data), &bytes).unwrap();
    let verified = text(&dynasty(&["journal", "verify", &data]).stdout);
    let told = refused(&start);
    for told in [verified, told] {
        assert!(told.contains("copy: nothing of it can be kept"), "{told}");
        assert!(!told.contains("repair"), "{told}");
    }

    // The journal is gone, and its snapshots are there.
    fs::remove_dir_all(Path::new(&data).join("journal")).unwrap();
    let told = refused(&start);
    assert!(
        told.contains("which should be there; restore it from a copy"),
        "{told}"
    );
    assert!(!told.contains("repair"), "{told}");
}

#[test]
fn without_an_anchor_the_advice_loses_nothing() {
    let (_directory, end, data) = demo();
    fs::remove_file(Path::new(&data).join("journal/anchor")).unwrap();
    let verified = dynasty(&["journal", "verify", &data]);
    assert_eq!(verified.status.code(), Some(1));
    let told = text(&verified.stdout);
    let seq = end.split_whitespace().last().unwrap();
    let advice = format!("dynasty journal repair {data} --keep {seq}");
    assert!(told.trim().ends_with(&advice), "{told}");
    let told = refused(&["demo", "--headless", "--events", "1", "--data", &data]);
    let advice = format!("journal repair {data} --keep N");
    assert!(told.contains(&advice), "{told}");
    let told = said(&["journal", "repair", &data, "--keep", seq]);
    assert!(!told.contains(".journal.before-repair"), "{told}");
    let recovered = said(&["recover", &data]);
    assert!(recovered.starts_with(&format!("seq {seq},")), "{recovered}");
    said(&["demo", "--headless", "--events", "6000", "--data", &data]);
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

/// A clock that ticks once a minute, so many times.
struct Ticks {
    next: u64,
    end: u64,
}

impl Source for Ticks {
    fn next(&mut self, _: &Shard, _: Instant) -> Next {
        if self.next == self.end {
            return Next::End;
        }
        self.next += 1;
        Next::Input {
            ts: TimestampNs(self.next * 60_000_000_000),
            kind: InputKind::Timer(Timer::Clock),
        }
    }
}

/// Runs 1,200 ticks in small segments, in two runs of 600: two snapshots. The state hash at the end.
fn ticks() -> (TempDir, String, String) {
    ticks_of(600)
}

/// As many in each of two runs.
fn ticks_of(each: u64) -> (TempDir, String, String) {
    let directory = tempfile::tempdir().unwrap();
    let mut hash = String::new();
    for end in [each, 2 * each] {
        let config = Config {
            segment_bytes_max: 4_096,
            batch_bytes_max: 512,
            ..Config::new(directory.path())
        };
        let next = end - each;
        let runtime = Runtime::start(config, Box::new(Ticks { next, end })).unwrap();
        runtime.wait_source_end();
        hash = runtime.stop().unwrap().state_hash.to_string();
    }
    let data = directory.path().to_str().unwrap().to_owned();
    (directory, data, hash)
}

fn said(args: &[&str]) -> String {
    let output = dynasty(args);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn refused(args: &[&str]) -> String {
    let output = dynasty(args);
    assert!(!output.status.success(), "{}", text(&output.stdout));
    text(&output.stderr)
}

#[test]
fn archived_inputs_are_all_there_and_removed_ones_are_named() {
    let (_directory, data, hash) = ticks();
    let dumped = said(&["journal", "dump", &data]);
    assert_eq!(dumped.lines().count(), 1_200);
    let counted = said(&["journal", "stat", &data]);
    let segments = counted.lines().count() - 1;
    assert!(segments > 10, "{counted}");

    let told = said(&["journal", "archive", &data, "--before", "300"]);
    assert!(told.contains("every input is still there"), "{told}");
    said(&["journal", "archive", &data]);
    let told = said(&["journal", "archive", &data]);
    assert!(told.contains("nothing to archive up to seq 1200"), "{told}");
    let verified: serde_json::Value =
        serde_json::from_str(&said(&["journal", "verify", &data, "--format", "json"])).unwrap();
    assert_eq!(verified["archives"], segments - 1);
    assert_eq!(verified["base_seq"], "0");
    assert_eq!(said(&["journal", "dump", &data]), dumped);
    let told = said(&["recover", &data]);
    assert!(told.trim().ends_with(&hash), "{told}");
    let past = said(&["recover", &data, "--to", "700"]);

    // Not beyond the second-newest snapshot, which stands at 600, and one way or another.
    let told = refused(&["journal", "prune", &data, "--before", "602"]);
    assert!(told.contains("--before 602: accepted: 1 to 601"), "{told}");
    for wrong in [
        vec!["journal", "prune", &data],
        vec!["journal", "prune", &data, "--keep-bytes", "0"],
        vec!["journal", "prune", &data, "--keep-age", "soon"],
    ] {
        assert_eq!(dynasty(&wrong).status.code(), Some(2), "{wrong:?}");
    }
    // Older than 900 minutes: ticks 1 to 299. Segments are whole, so it begins a little before 300.
    let told = said(&["journal", "prune", &data, "--keep-age", "900m"]);
    let first: u64 = told
        .split("seq ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!((200..=300).contains(&first), "{told}");
    let begins = (first - 1).to_string();
    let told = said(&["journal", "verify", &data]);
    assert!(
        told.contains(&format!("states can be rebuilt from seq {begins} on")),
        "{told}"
    );
    assert_eq!(
        said(&["journal", "dump", &data]).lines().count() as u64,
        1_201 - first
    );
    let told = refused(&["journal", "dump", &data, "--from", "7"]);
    assert!(
        told.contains(&format!("--from 7: the journal begins at seq {first}")),
        "{told}"
    );
    let told = refused(&["recover", &data, "--to", "7"]);
    assert!(
        told.contains(&format!("accepted: {begins} to 1200")),
        "{told}"
    );
    // What is left leads to the same states.
    assert_eq!(said(&["recover", &data, "--to", "700"]), past);
    said(&["recover", &data, "--to", &begins]);
    // As small as may be: still not beyond the second-newest snapshot.
    said(&["journal", "prune", &data, "--keep-bytes", "1"]);
    let told = said(&["recover", &data, "--to", "700"]);
    assert_eq!(told, past);
}

/// The pipe takes some 2,000 of 10,000 lines. While the dump waits for it to be read, all up to 5,000 is removed.
#[test]
fn what_retention_removes_under_a_command_is_told_as_that() {
    let (_directory, data, _) = ticks_of(5_000);
    let mut command = Command::new(env!("CARGO_BIN_EXE_dynasty"));
    let mut dump = command
        .args(["journal", "dump", &data])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(dump.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    let told = said(&["journal", "prune", &data, "--before", "5001"]);
    assert!(
        told.contains("removed; the journal begins at seq"),
        "{told}"
    );
    assert!(lines.count() < 5_000);
    let output = dump.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(
        told.contains(" is gone: the journal in ")
            && told.contains("Retention has removed it meanwhile"),
        "{told}"
    );
}

#[test]
fn without_two_snapshots_nothing_is_removed() {
    let (directory, data, _) = ticks();
    fs::remove_dir_all(directory.path().join("snapshots")).unwrap();
    let told = refused(&["journal", "prune", &data, "--keep-bytes", "1"]);
    assert!(
        told.contains("two snapshots") && told.contains("has none"),
        "{told}"
    );
    assert_eq!(said(&["journal", "dump", &data]).lines().count(), 1_200);
}

/// The whole number of the last place as the text of a decimal, without zeros at its end.
fn decimal(decimal: &parquet::data_type::Decimal) -> String {
    let bytes: [u8; 16] = decimal.data().try_into().unwrap();
    let value = i128::from_be_bytes(bytes);
    let scale = decimal.scale() as usize;
    let digits = format!("{:0>1$}", value.unsigned_abs(), scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{whole}{point}{fraction}")
}

#[test]
fn the_table_of_events_says_what_the_lines_of_json_say() {
    let (directory, _, data) = demo();
    let path = directory.path().join("events.parquet");
    assert!(table(&data, &path).status.success());
    let lines = said(&["journal", "export", &data]);

    let reader = SerializedFileReader::new(fs::File::open(&path).unwrap()).unwrap();
    let schema = reader
        .metadata()
        .file_metadata()
        .schema()
        .get_fields()
        .len();
    let mut rows = reader.get_row_iter(None).unwrap();
    let mut with_rest = 0;
    let mut with_baseline = 0;
    let mut count = 0;
    for line in lines.lines() {
        let mut told: Map<String, Value> = serde_json::from_str(line).unwrap();
        told.retain(|_, value| !value.is_null());
        let ts: jiff::Timestamp = told
            .remove("ts")
            .unwrap()
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let row = rows.next().unwrap().unwrap();
        // A moment is a number of the table, and a text of the line.
        if let Some(Value::String(text)) = told.get_mut("baseline_ts") {
            let ts: jiff::Timestamp = text.parse().unwrap();
            *text = ts.as_nanosecond().to_string();
            with_baseline += 1;
        }
        let mut found = Map::new();
        let mut found_ts = None;
        for (name, field) in row.get_column_iter() {
            let value = match field {
                Field::Null => continue,
                Field::Long(ns) if name == "ts" => {
                    found_ts = Some(*ns);
                    continue;
                }
                Field::Str(rest) if name == "rest" => {
                    let rest: Map<String, Value> = serde_json::from_str(rest).unwrap();
                    with_rest += 1;
                    found.extend(rest);
                    continue;
                }
                Field::Long(ns) if name == "baseline_ts" => ns.to_string(),
                Field::ULong(id) => id.to_string(),
                Field::Str(text) => text.clone(),
                Field::Decimal(value) => decimal(value),
                other => panic!("{name}: {other:?}"),
            };
            found.insert(name.clone(), Value::String(value));
        }
        assert_eq!(found_ts.map(i128::from), Some(ts.as_nanosecond()), "{line}");
        assert_eq!(found, told, "{line}");
        count += 1;
    }
    assert!(rows.next().is_none());
    // Fills, orders and moved floors are typed to their last field or nearly so.
    assert!(
        count > 4_000 && with_rest < count / 2,
        "{with_rest} of {count}"
    );
    assert_eq!(schema, 40);
    assert!(with_baseline > 0);
}
