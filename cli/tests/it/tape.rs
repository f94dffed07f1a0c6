//! `dynasty record` and `dynasty replay` as processes, beside a `dynasty venue` that is another.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::serve::{Running, config, run};

const SYMBOLS: &str = "BTCUSDT,ETHUSDT";

fn path(directory: &Path, name: &str) -> String {
    directory.join(name).to_str().unwrap().to_owned()
}

/// What a tape amounts to, as JSON.
fn replayed(args: &[&str]) -> Value {
    let output = run(&[&["replay"][..], args, &["--format", "json"]].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Records from a venue at this address for so long.
fn record(directory: &Path, venue: &str, name: &str, duration: &str) -> String {
    let tape = path(directory, name);
    let config = config(directory, venue);
    let output = run(&[
        "record", "--config", &config, "--out", &tape, "--for", duration,
    ]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(" 0 lost\n"), "{said}");
    tape
}

#[test]
fn a_market_is_recorded_replayed_served_and_recorded_again() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let listen = "127.0.0.1:0";
    let mut venue = Running::start(&[
        "venue",
        "binance-spot",
        "--symbols",
        SYMBOLS,
        "--listen",
        listen,
        "--rate",
        "500",
    ]);
    let address = venue.word_after("ws://");
    let tape = record(directory, &address, "first.tape.zst", "3s");
    drop(venue);

    let first = replayed(&[&tape]);
    assert_eq!(first["connections"], 1);
    assert_eq!(first["documents"], 2);
    assert_eq!(first["events"]["snapshots"], 2);
    assert!(first["events"]["deltas"].as_u64().unwrap() > 0);
    for name in ["malformed", "unasked", "lost"] {
        assert_eq!(first[name], 0, "{name}");
    }
    assert_eq!(first["torn_bytes"], Value::Null);
    let listed = run(&["data", "ls", &tape, "--format", "json"]);
    assert!(listed.status.success(), "{listed:?}");
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed["format"], "tape");
    assert_eq!(listed["symbols"][1], "ETHUSDT");
    let passed = first["messages"].as_u64().unwrap() + first["documents"].as_u64().unwrap();
    assert_eq!(listed["rows"], passed);
    assert_eq!(listed["problem"], Value::Null);
    assert_eq!(first["instruments"][1]["symbol"], "ETHUSDT");
    assert_eq!(first["instruments"][1]["crossed"], 0);
    becomes_history(directory, &tape, &first);
    // The same tape, the same state; at any speed, and in two runs over one data directory.
    assert_eq!(replayed(&[&tape]), first);
    let data = path(directory, "data");
    assert_eq!(replayed(&[&tape, "--speed", "20", "--data", &data]), first);
    assert_eq!(replayed(&[&tape, "--data", &data]), first);
    // With plans and competitions the state is another, the market the same.
    let config = config(directory, "127.0.0.1:1");
    let planned = replayed(&[&tape, "--config", &config]);
    assert_eq!(planned["events"], first["events"]);
    assert_ne!(planned["state_hash"], first["state_hash"]);

    let mut served = Running::start(&["replay", &tape, "--serve", listen, "--speed", "max"]);
    let address = served.word_after("ws://");
    let again = record(directory, &address, "again.tape", "2s");
    let second = replayed(&[&again]);
    // But for the losses at openings and ends, which are as many as there are connections.
    for kind in ["snapshots", "deltas", "trades", "quotes"] {
        assert_eq!(second["events"][kind], first["events"][kind], "{kind}");
    }
}

/// A recording of somebody else's: quotes of BTCUSDT, a second apart, at these prices.
fn quotes(directory: &Path, name: &str, bids: &[u32]) -> String {
    quotes_from(directory, name, 1_700_000_000, bids)
}

/// The same, from this second on.
fn quotes_from(directory: &Path, name: &str, begins: usize, bids: &[u32]) -> String {
    let lines: Vec<String> = bids
        .iter()
        .enumerate()
        .map(|(place, bid)| {
            let (ts, ask) = (begins + place, bid + 1);
            format!(
                r#"{ts}000000000 {{"stream":"btcusdt@bookTicker","data":{{"u":{ts},"s":"BTCUSDT","b":"{bid}","B":"1","a":"{ask}","A":"1"}}}}"#
            )
        })
        .collect();
    let path = path(directory, name);
    std::fs::write(&path, lines.join("\n")).unwrap();
    path
}

/// A data directory goes on with the tape that it has the beginning of, and with no other.
#[test]
fn a_data_directory_goes_on_with_its_own_tape() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let venue = ["--venue", "binance-spot", "--symbols", "BTCUSDT"];
    let begun = quotes(directory, "begun.jsonl", &[100, 101, 102]);
    let whole = quotes(directory, "whole.jsonl", &[100, 101, 102, 103, 104]);
    let other = quotes(directory, "other.jsonl", &[100, 101, 99, 103, 104]);
    let data = path(directory, "data");
    let of = |tape: &str| replayed(&[&[tape, "--data", &data][..], &venue].concat());
    let first = of(&begun);
    assert_eq!(first["events"]["quotes"], 3);
    let refused = |tape: &str, symbol: &str, data: &str, why: &str| {
        let symbols = ["--venue", "binance-spot", "--symbols", symbol];
        let output = run(&[&["replay", tape, "--data", data][..], &symbols].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.starts_with(&format!("dynasty: --data {data}: {why}")),
            "{said}"
        );
        let accepted = format!("accepted: a directory that holds the beginning of {tape},");
        assert!(said.contains(&accepted), "{said}");
    };
    // Input 1 is the instrument, 2 says that nothing is known yet, 3 to 5 are the quotes, 6 says that the recording ended.
    let differs = "its input 5 is market event 4, which is another on the tape";
    refused(&other, "BTCUSDT", &data, differs);
    let ended = "its input 6 is market event 5, which is another on the tape";
    refused(&whole, "BTCUSDT", &data, ended);
    // Nothing was applied meanwhile.
    assert_eq!(of(&begun), first);
    // As if it had been stopped behind the third quote: it goes on, and ends as without a stop between.
    let kept = run(&["journal", "repair", &data, "--keep", "5"]);
    assert!(kept.status.success(), "{kept:?}");
    let gone_on = of(&whole);
    assert_eq!(gone_on["events"]["quotes"], 5);
    assert_eq!(gone_on, replayed(&[&[whole.as_str()][..], &venue].concat()));
    refused(&begun, "BTCUSDT", &data, ended);
    // A tape that tells nothing of the market has instruments all the same.
    let silent = path(directory, "silent.jsonl");
    std::fs::write(&silent, "1700000000000000000 {\"result\":null,\"id\":1}").unwrap();
    let data = path(directory, "silent");
    replayed(&[&[silent.as_str(), "--data", &data][..], &venue].concat());
    let named = "its instrument 0 is 'BTCUSDT', and that of the tape is 'ETHUSDT'";
    refused(&silent, "ETHUSDT", &data, named);
}

/// What a calendar brings between is not the tape's: neither the check nor the place to go on from is moved by it.
#[test]
fn a_data_directory_goes_on_past_the_edge_of_a_session() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let venue = ["--venue", "binance-spot", "--symbols", "BTCUSDT"];
    let config = path(directory, "server.toml");
    let instrument = r#"
[[instrument]]
symbol = "BTCUSDT"
kind = "crypto_spot"
currency = "USD"
tick_size = "0.01"
lot_size = "0.00001"
order_qty_max = "100"
session = "cme-equity"
"#;
    std::fs::write(&config, format!("data = \"none\"\n{instrument}")).unwrap();
    // The market opens at 17:00 in Chicago, 23:00:00 UTC in November: with the third quote of each tape.
    let opens = 1_700_002_800;
    let tape = |name: &str, bids: &[u32]| quotes_from(directory, name, opens - 2, bids);
    let whole = tape("whole.jsonl", &[100, 101, 102, 103, 104]);
    let other = tape("other.jsonl", &[100, 101, 102, 99, 104]);
    let args = [&["--config", config.as_str()][..], &venue].concat();
    let expected = replayed(&[&[whole.as_str()][..], &args].concat());
    // Input 1 is the instrument; 2 closes it, as its calendar says; 3 says that nothing is known
    // yet; 4 and 5 are quotes; 6 opens it; 7 to 9 are quotes, and 10 says that the recording ended.
    for keep in 1..=10 {
        let data = path(directory, &format!("data-{keep}"));
        let into = [&["--data", data.as_str()][..], &args].concat();
        assert_eq!(replayed(&[&[whole.as_str()][..], &into].concat()), expected);
        let kept = run(&["journal", "repair", &data, "--keep", &keep.to_string()]);
        assert!(kept.status.success(), "{kept:?}");
        if keep >= 8 {
            let output = run(&[&["replay", other.as_str()][..], &into].concat());
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{said}");
            let differs = "its input 8 is market event 7, which is another on the tape";
            assert!(said.contains(differs), "{said}");
        }
        let gone_on = replayed(&[&[whole.as_str()][..], &into].concat());
        assert_eq!(gone_on, expected, "{keep}");
    }
}

/// The events of a replay are the rows of the history, by the names that the recorder's file has.
fn becomes_history(directory: &Path, tape: &str, replayed: &Value) {
    let out = path(directory, "history.csv");
    let head = run(&["data", "head", tape, "-n", "2"]);
    let shown = String::from_utf8(head.stdout).unwrap();
    assert!(head.status.success(), "{:?}", head.stderr);
    assert_eq!(shown.lines().count(), 2, "{shown}");
    let output = run(&["data", "convert", tape, &out]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
    let rows = std::fs::read_to_string(&out).unwrap();
    let kinds: Vec<char> = rows
        .lines()
        .skip(1)
        .map(|row| {
            let mut columns = row.split(',').skip(2);
            let symbol = columns.next().unwrap();
            assert!(SYMBOLS.split(',').any(|known| known == symbol), "{row}");
            columns.next().unwrap().chars().next().unwrap()
        })
        .collect();
    let count = |letter: char| kinds.iter().filter(|kind| **kind == letter).count();
    for (letter, kind) in [
        ('S', "snapshots"),
        ('D', "deltas"),
        ('Q', "quotes"),
        ('T', "trades"),
        ('G', "stale"),
    ] {
        assert_eq!(replayed["events"][kind], count(letter), "{kind}");
    }
}

/// A tape that was cut off within a record has what is before it, and says so as a bad row.
#[test]
fn a_tape_that_is_cut_off_becomes_history_as_far_as_it_goes() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let mut venue = Running::start(&[
        "venue",
        "binance-spot",
        "--symbols",
        SYMBOLS,
        "--listen",
        "127.0.0.1:0",
    ]);
    let tape = record(directory, &venue.word_after("ws://"), "whole.tape", "2s");
    let bytes = std::fs::read(&tape).unwrap();
    let cut = path(directory, "cut.tape");
    std::fs::write(&cut, &bytes[..bytes.len() - 1]).unwrap();
    let output = run(&["data", "convert", &cut, &path(directory, "cut.dyn")]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");
    assert!(
        errors.contains("the tape's end is 'cut off at byte "),
        "{errors}"
    );
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("; 1 bad rows were passed over"), "{said}");
    // What was replayed of it goes on with the whole, which is longer by the end of the connection.
    let data = path(directory, "data");
    let begun = replayed(&[&cut, "--data", &data]);
    let gone_on = replayed(&[&tape, "--data", &data]);
    assert_eq!(gone_on, replayed(&[&tape]));
    assert_ne!(gone_on["state_hash"], begun["state_hash"]);
    let output = run(&["replay", &cut, "--data", &data]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains(", and the tape has fewer; "), "{errors}");
}

/// A byte of a record in the middle is another: what was played until there is told, and the error.
fn damage_is_told_beside_what_was_played(directory: &Path, tape: &str) {
    let whole = replayed(&[tape]);
    let mut bytes = std::fs::read(tape).unwrap();
    // Behind the eight bytes that a tape begins with: length and checksum of four bytes each, then the body.
    let mut record = 8;
    while record < bytes.len() / 2 {
        let length: [u8; 4] = bytes[record..record + 4].try_into().unwrap();
        record += 8 + u32::from_le_bytes(length) as usize;
    }
    bytes[record + 8] ^= 0x55;
    let damaged = path(directory, "damaged.tape");
    std::fs::write(&damaged, bytes).unwrap();
    let output = run(&["replay", &damaged, "--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains(&format!("the tape is damaged at byte {record}")),
        "{errors}"
    );
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (played, all) = (&told["messages"], &whole["messages"]);
    assert!(
        played.as_u64() > Some(0) && played.as_u64() < all.as_u64(),
        "{played} of {all}"
    );
    assert!(told["events"]["deltas"].as_u64() > Some(0), "{told}");
    assert!(told["from"].is_string(), "{told}");
}

/// A port that somebody has is named, and a fault that a tape cannot have is refused.
#[test]
fn a_tape_that_cannot_be_served_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let mut venue = Running::start(&[
        "venue",
        "binance-spot",
        "--symbols",
        SYMBOLS,
        "--listen",
        "127.0.0.1:0",
    ]);
    let address = venue.word_after("ws://");
    let tape = record(directory, &address, "served.tape", "2s");
    damage_is_told_beside_what_was_played(directory, &tape);
    for (more, code, why) in [
        (
            &["--serve", address.as_str()][..],
            1,
            format!("dynasty: --serve {address}: Address already in use"),
        ),
        (
            &["--serve", "127.0.0.1:0", "--fault", "dropped=1,odd=3"],
            2,
            "--fault: 'odd' turns a market odd, and a tape has none".to_owned(),
        ),
        (
            &["--serve", "127.0.0.1:0", "--fault", "falsified=3"],
            2,
            "--fault: 'falsified' changes what a checksum covers, and binance-spot has none"
                .to_owned(),
        ),
    ] {
        let output = run(&[&["replay", tape.as_str()][..], more].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(&why), "{said}");
    }
}

/// The steps of a venue on this machine are those that it is told; what it cannot have is refused.
#[test]
fn a_venue_has_the_steps_that_it_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let venue = ["venue", "binance-spot", "--symbols", SYMBOLS];
    let listen = ["--listen", "127.0.0.1:0"];
    let steps = ["--tick", "0.1", "--lot", "0.5"];
    let mut running = Running::start(&[&venue[..], &listen, &steps].concat());
    let address = running.word_after("ws://");
    let tape = record(directory, &address, "steps.tape", "2s");
    drop(running);
    // Multiples of 0.1 and 0.5, and not all of 0.2 and 1.
    for (tick, lot, is_grid) in [
        ("0.1", "0.5", true),
        ("0.2", "0.5", false),
        ("0.1", "1", false),
    ] {
        let args = ["data", "stat", &tape, "--format", "json"];
        let output = run(&[&args[..], &["--tick", tick, "--lot", lot]].concat());
        let stat: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(stat["rows"].as_u64() > Some(0), "{stat}");
        assert_eq!(stat["bad"] == 0, is_grid, "{tick} {lot}: {stat}");
    }
    for (more, why) in [
        (["--tick", "0.11"], "at most 0.1,"),
        (["--tick", "0"], "above 0"),
        (["--lot", "1000000.1"], "at most 1000000,"),
        (
            ["--fault", "dropped=1,falsified=1"],
            "--fault: 'falsified' changes what a checksum covers, and binance-spot has none",
        ),
    ] {
        let output = run(&[&venue[..], &listen, &more].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why), "{said}");
    }
}

/// What a message says is of one symbol: another instrument with the same one would never be told of.
#[test]
fn a_symbol_is_given_once() {
    let symbols = ["--symbols", "BTC/USD,ETH/USD,BTC/USD"];
    for command in [
        &["venue", "kraken", "--listen", "127.0.0.1:0"][..],
        &["replay", "recording.jsonl", "--venue", "kraken"],
    ] {
        let output = run(&[command, &symbols].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        let why = "--symbols: 'BTC/USD' comes twice; accepted: each symbol once";
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn a_server_records_on_the_way() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let listen = "127.0.0.1:0";
    let mut venue = Running::start(&[
        "venue",
        "binance-spot",
        "--symbols",
        SYMBOLS,
        "--listen",
        listen,
    ]);
    let config = config(directory, &venue.word_after("ws://"));
    let tapes = path(directory, "tapes");
    let mut server = Running::start(&["serve", "--config", &config, "--record", &tapes]);
    let tape = server.word_after("Recording to ");
    server.word_after("Open ");
    // Killed: what came until a second before is on the tape.
    std::thread::sleep(std::time::Duration::from_secs(4));
    drop(server);
    let summary = replayed(&[&tape]);
    assert!(summary["messages"].as_u64().unwrap() > 0, "{summary}");
    assert!(summary["torn_bytes"].is_u64(), "{summary}");
}

#[test]
fn what_is_not_accepted_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let config = config(directory, "127.0.0.1:1");
    let other = path(directory, "other.tape");
    std::fs::write(&other, "ts_ns,kind,a,b,c,d\n").unwrap();
    let csv = path(directory, "other.jsonl");
    std::fs::write(&csv, "17 {}\nyesterday {}\n").unwrap();
    let missing = path(directory, "missing.tape");
    let packed = path(directory, "other.tape.gz");
    let away = path(directory, "away/new.tape");
    let tapes = format!("--record {other}: it is a file; accepted: a directory");
    let no_directory = format!("--out {away}: there is no directory ");
    let no_file = format!("--config {missing}; accepted: a server's file (TOML)");
    for (args, code, error) in [
        (
            &["replay", &other][..],
            2,
            "not a tape: it begins with 'ts_ns,ki'; accepted: 'DYNTAPE1'",
        ),
        (&["replay", &missing], 1, "missing.tape"),
        (
            &["replay", &missing],
            1,
            "missing.tape; accepted: a tape of `dynasty record`, or",
        ),
        (
            &["record", "--config", &missing, "--out", &missing],
            1,
            &no_file,
        ),
        (&["serve", "--config", &missing], 1, &no_file),
        (
            &["record", "--config", &config, "--out", &away],
            2,
            &no_directory,
        ),
        (
            &["record", "--config", &config, "--out", &packed],
            2,
            "a tape is not packed as .gz; accepted: a name that ends in .zst",
        ),
        (
            &["serve", "--config", &config, "--record", &other],
            2,
            &tapes,
        ),
        (
            &["feeds", "--server", "foo"],
            2,
            "accepted: an address with http:// or https://",
        ),
        (
            &["replay", &csv, "--venue", "kraken", "--symbols", "BTC/USD"],
            2,
            "other.jsonl",
        ),
        (
            &["replay", &csv, "--venue", "kraken", "--symbols", "BTC/USD"],
            2,
            "line 2: 'yesterday {}'; accepted: the time of receipt in ns, a space, the message",
        ),
        (
            &["replay", &other, "--speed", "0"],
            2,
            "accepted: a whole number from 1 to 4294967295, or max",
        ),
        (
            &["replay", &other, "--serve", "0.0.0.0:1"],
            2,
            "accepted: an address of this machine",
        ),
        (
            &[
                "record", "--config", &config, "--out", &other, "--for", "1s",
            ],
            1,
            "other.tape exists; accepted: a name that is free, as a tape is never written over",
        ),
        (
            &["feeds", "--server", "http://127.0.0.1:1"],
            1,
            "http://127.0.0.1:1/v1/feeds: no answer; accepted as --server: the address of a server that runs",
        ),
    ] {
        let output = run(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(error), "{args:?}: {said}");
    }
    // Nothing was begun.
    assert!(!Path::new(&path(directory, "data")).exists());
    // A key is read from the environment, where nobody has put it.
    let keyed = std::fs::read_to_string(&config).unwrap().replacen(
        "[[feed]]",
        "[[feed]]\nkey_env = \"DYNASTY_NO_SUCH_KEY\"",
        1,
    );
    std::fs::write(&config, keyed).unwrap();
    let output = run(&["serve", "--config", &config, "--check"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let why = "key_env is 'DYNASTY_NO_SUCH_KEY'; accepted: the name of an environment variable that is set";
    assert!(said.contains(why), "{said}");
}

/// A file that may not grow stands for a full disk.
#[cfg(unix)]
#[test]
fn a_disk_without_room_ends_a_recording() {
    let directory = tempfile::tempdir().unwrap();
    let mut venue = Running::start(&[
        "venue",
        "binance-spot",
        "--symbols",
        SYMBOLS,
        "--listen",
        "127.0.0.1:0",
        "--rate",
        "1000",
    ]);
    let config = config(directory.path(), &venue.word_after("ws://"));
    let tape = path(directory.path(), "short.tape");
    let limited = r#"trap '' XFSZ; ulimit -f 64; exec "$@""#;
    let output = Command::new("sh")
        .args(["-c", limited, "sh", env!("CARGO_BIN_EXE_dynasty")])
        .args(["record", "--config", &config, "--out", &tape, "--for", "2m"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("short.tape: "), "{said}");
    assert!(said.contains("File too large"), "{said}");
    // What is there is read.
    let summary = replayed(&[&tape]);
    assert!(summary["messages"].as_u64().unwrap() > 0, "{summary}");
}
