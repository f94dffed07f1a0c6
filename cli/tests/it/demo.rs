//! `dynasty demo` as a process: the same seed, a stop and a restart, a kill, bad flags.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn dynasty(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dynasty"));
    command.arg("demo").args(args).stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    dynasty(args).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn line<'a>(text: &'a str, start: &str) -> &'a str {
    text.lines()
        .find(|line| line.trim_start().starts_with(start))
        .unwrap_or_else(|| panic!("no line '{start}' in:\n{text}"))
}

fn data(directory: &Path) -> String {
    directory.to_str().unwrap().to_owned()
}

#[test]
fn the_same_seed_ends_in_the_same_state_at_any_speed() {
    let hash = |seed: &str, rate: &str| {
        let output = run(&[
            "--headless",
            "--events",
            "30000",
            "--seed",
            seed,
            "--rate",
            rate,
        ]);
        assert!(output.status.success());
        line(&text(&output), "state hash").to_owned()
    };
    let first = hash("7", "max");
    assert_eq!(hash("7", "10000000"), first);
    assert_ne!(hash("8", "max"), first);
}

#[test]
fn the_summary_shows_verdicts_with_proof_and_a_board() {
    // Fifteen trading days: enough for breaches, passes and ranks to exist.
    let output = run(&["--headless", "--events", "40000", "--seed", "1"]);
    assert_eq!(output.status.code(), Some(0));
    let text = text(&output);
    let proof = line(&text, "equity ");
    assert!(proof.contains("the floor"), "{proof}");
    assert!(!line(&text, "verdicts").contains(" 0 breaches"));
    assert!(!line(&text, "verdicts").contains(" 0 accounts passed"));
    assert!(line(&text, "board").contains("Demo Cup is live: "));
    assert!(line(&text, "board").contains("of 200 entrants ranked"));
    for stage in [
        "feed to applied",
        "applied to durable",
        "durable to published",
    ] {
        assert!(line(&text, stage).contains("p99.9"));
    }
    assert!(line(&text, "ack mode").contains("durable"));
}

#[test]
fn a_restart_goes_on_where_the_last_one_stopped_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let data = data(directory.path());
    let first = run(&["--headless", "--events", "20000", "--data", &data]);
    assert!(text(&first).contains("(new)"));
    let second = run(&["--headless", "--events", "30000", "--data", &data]);
    let told = text(&second);
    assert!(told.contains("going on after input"), "{told}");
    // An uninterrupted run of the same length.
    let whole = run(&["--headless", "--events", "30000"]);
    assert_eq!(line(&told, "state hash"), line(&text(&whole), "state hash"));
}

/// Starts a paced demo and waits until it has said that it is up.
fn start(data: &str) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = dynasty(&["--listen", "127.0.0.1:0", "--for", "120s", "--data", data])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let reader = BufReader::new(child.stdout.take().unwrap());
    (child, reader)
}

pub(crate) fn address(reader: &mut impl BufRead) -> String {
    for line in reader.lines() {
        if let Some(rest) = line.unwrap().strip_prefix("Open http://") {
            return rest.split(' ').next().unwrap().to_owned();
        }
    }
    panic!("the demo said no address");
}

pub(crate) fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[cfg(unix)]
#[test]
fn an_interrupt_drains_and_exits_with_zero() {
    let directory = tempfile::tempdir().unwrap();
    let (mut child, mut reader) = start(&data(directory.path()));
    let address = address(&mut reader);
    assert!(get(&address, "/").contains("<title>"));
    assert!(get(&address, "/healthz").contains("\"status\":\"ok\""));
    assert!(
        Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    let mut told = String::new();
    reader.read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{told}");
    assert!(told.contains("state hash"), "{told}");
}

#[test]
fn a_kill_loses_nothing_that_was_shown() {
    let directory = tempfile::tempdir().unwrap();
    let data = data(directory.path());
    let (mut child, mut reader) = start(&data);
    let address = address(&mut reader);
    let shown = loop {
        let health = get(&address, "/healthz");
        let durable: u64 = field(&health, "durable_seq").parse().unwrap();
        if durable > 0 {
            break durable;
        }
    };
    child.kill().unwrap();
    child.wait().unwrap();
    let after = run(&["--headless", "--for", "1s", "--data", &data]);
    let told = text(&after);
    let resumed = told.split("going on after input ").nth(1).unwrap();
    let resumed: u64 = resumed.split(' ').next().unwrap().parse().unwrap();
    assert!(resumed >= shown, "showed {shown}, came back at {resumed}");
}

fn field<'a>(json: &'a str, name: &str) -> &'a str {
    json.split(&format!("\"{name}\":\""))
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
}

#[test]
fn a_wrong_flag_names_itself_and_what_is_accepted() {
    for (flag, value, accepted) in [
        ("--rate", "0", "a whole number above 0, or max"),
        ("--for", "soon", "a duration above zero"),
        ("--listen", "8.8.8.8:80", "an address of this machine"),
        ("--ack", "never", "durable, relaxed"),
        ("--events", "many", "a whole number from 0"),
        ("--events", "-1", "a whole number from 0"),
        ("--seed", "x", "a whole number from 0"),
    ] {
        let output = run(&["--headless", flag, value]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        for part in [flag, value, accepted] {
            assert!(told.contains(part), "'{part}' is not in: {told}");
        }
    }
}

#[test]
fn plans_can_be_brought_and_a_wrong_one_is_told_by_file_line_and_field() {
    let directory = tempfile::tempdir().unwrap();
    let plan = directory.path().join("mine.toml");
    let path = data(&plan);
    let text = include_str!("../../../fixtures/plans/sprint-25k.toml");
    std::fs::write(&plan, text.replace("Sprint 25K", "Mine")).unwrap();
    let good = run(&["--headless", "--events", "2000", "--plan", &path]);
    assert_eq!(good.status.code(), Some(0));

    std::fs::write(
        &plan,
        text.replace("initial_balance = \"25000\"", "initial_balance = \"lots\""),
    )
    .unwrap();
    let line = 1 + text
        .lines()
        .position(|line| line.starts_with("initial_balance"))
        .unwrap();
    let wrong = run(&["--headless", "--events", "2000", "--plan", &path]);
    let told = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(wrong.status.code(), Some(2), "{told}");
    for part in [
        &format!("mine.toml:{line}: initial_balance"),
        "'lots'",
        "accepted",
    ] {
        assert!(told.contains(part), "'{part}' is not in: {told}");
    }
}

#[test]
fn two_processes_cannot_share_a_data_directory() {
    let directory = tempfile::tempdir().unwrap();
    let data = data(directory.path());
    let (mut child, mut reader) = start(&data);
    address(&mut reader);
    let second = run(&["--headless", "--for", "1s", "--data", &data]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8(second.stderr).unwrap().contains(&data));
}
