//! A server under load that is told to end: it is gone within five seconds, whatever its clients do, and nothing
//! that it acknowledged is lost.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Far from the ids of the demo's own traders.
const CLIENT_ORDERS: u64 = 7_000_000_000_000;
const CLIENTS: u64 = 4;
const ACCOUNTS: u64 = 200;
const EURUSD: &str = "3";
const ACKNOWLEDGED_BEFORE_THE_END: u64 = 400;
/// From the signal to the end of the process.
const STOP_MAX: Duration = Duration::from_secs(5);
/// Of one client, which has one request at a time: the one whose answer the end cut off, one on a connection that waited
/// to be accepted, and as many on connections that were taken in the moment of the end.
const UNKNOWN_MAX: u64 = 4;

/// What one client counted.
#[derive(Default)]
struct Counted {
    sent: u64,
    acknowledged: BTreeSet<String>,
    refused: BTreeSet<String>,
    /// No answer, or that it is not known.
    unknown: u64,
}

/// Reads one answer of a connection that is kept; `None` when it was closed.
fn answer(reader: &mut impl BufRead) -> Option<(u16, String)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let status = line.split(' ').nth(1)?.parse().ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line == "\r\n" {
            break;
        }
        let (name, value) = line.split_once(": ")?;
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((status, String::from_utf8(body).unwrap()))
}

/// Sends orders, one after another, until the server is gone.
fn trade(address: &str, client: u64, acknowledged: &AtomicU64) -> Counted {
    let mut counted = Counted::default();
    let mut number = CLIENT_ORDERS + client * 1_000_000;
    'connection: while let Ok(stream) = TcpStream::connect(address) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut stream = stream;
        loop {
            number += 1;
            // Some may not trade any more.
            let account = number % ACCOUNTS;
            let order = json!({
                "client_order_id": number.to_string(),
                "instrument": EURUSD,
                "side": "buy",
                "type": "limit",
                "price": "0.5",
                "qty": "1000",
                "tif": "ioc",
            });
            let order = order.to_string();
            counted.sent += 1;
            let sent = write!(
                stream,
                "POST /v1/accounts/{account}/orders HTTP/1.1\r\nHost: {address}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{order}",
                order.len()
            );
            let Some((status, body)) = sent.ok().and_then(|()| answer(&mut reader)) else {
                counted.unknown += 1;
                continue 'connection;
            };
            match status {
                201 => {
                    counted.acknowledged.insert(number.to_string());
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
                504 => counted.unknown += 1,
                _ if body.contains("outcome_unknown") => counted.unknown += 1,
                _ => {
                    counted.refused.insert(number.to_string());
                }
            }
        }
    }
    counted
}

/// Opens a WebSocket, follows the market, and reads until the server closes it; the last bytes.
fn watch(address: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET /v1/ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    .unwrap();
    // A text frame of up to 125 bytes, masked with zeros.
    let text = br#"{"op":"sub","id":1,"chs":[{"ch":"accounts"}]}"#;
    let mut frame = vec![0x81, 0x80 | text.len() as u8, 0, 0, 0, 0];
    frame.extend(text);
    stream.write_all(&frame).unwrap();
    let mut bytes = Vec::new();
    // A reset after the close is no matter.
    let _ = stream.read_to_end(&mut bytes);
    bytes
}

/// Connections whose clients have stopped in the middle of something: nothing sent, half of the headers, half of a
/// body, many requests whose answers are never read, and a socket that is never read.
fn stall(address: &str) -> Vec<TcpStream> {
    let half_body = format!(
        "POST /v1/accounts/0/orders HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: 500\r\n\r\n{{\"client_order_id\":"
    );
    let unread = format!("GET /v1/accounts HTTP/1.1\r\nHost: {address}\r\n\r\n").repeat(200);
    let socket = format!(
        "GET /v1/ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    );
    let half_headers = format!("GET /v1/accounts HTTP/1.1\r\nHost: {address}\r\nAcc");
    let mut connections = Vec::new();
    for sent in ["", &half_headers, &half_body, &unread, &socket] {
        for _ in 0..3 {
            let mut stream = TcpStream::connect(address).unwrap();
            // What the server does not take any more is no matter.
            stream
                .set_write_timeout(Some(Duration::from_secs(1)))
                .unwrap();
            let _ = stream.write_all(sent.as_bytes());
            connections.push(stream);
        }
    }
    connections
}

/// The market comes as fast as it is taken, so that the replica is behind when the signal comes.
#[test]
fn a_server_that_is_behind_is_gone_in_time() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let (mut server, mut told, address) = serve(data, &["--rate", "max"]);
    let stalled = stall(&address);
    thread::sleep(Duration::from_secs(4));
    let drained = terminate(&mut server);
    println!("gone after {} ms", drained.as_millis());
    assert!(drained < STOP_MAX, "gone after {drained:?}");
    drop(stalled);
    let mut rest = String::new();
    told.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("state hash"), "{rest}");
    let verified = Command::new(env!("CARGO_BIN_EXE_dynasty"))
        .args(["journal", "verify", data])
        .output()
        .unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

/// A demo that runs long enough, what it says from then on, and its address.
fn serve(data: &str, more: &[&str]) -> (Child, BufReader<ChildStdout>, String) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_dynasty"))
        .args(["demo", "--listen", "127.0.0.1:0", "--for", "120s"])
        .args(["--data", data])
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(server.stdout.take().unwrap());
    let mut line = String::new();
    while told.read_line(&mut line).unwrap() > 0 {
        if let Some(rest) = line.strip_prefix("Open http://") {
            let address = rest.split(' ').next().unwrap().to_owned();
            return (server, told, address);
        }
        line.clear();
    }
    let status = server.wait().unwrap();
    panic!("it said no address: {status}");
}

/// Tells it to end; how long that took.
fn terminate(server: &mut Child) -> Duration {
    let asked = Instant::now();
    let status = Command::new("kill")
        .args(["-TERM", &server.id().to_string()])
        .status();
    assert!(status.unwrap().success());
    let status = server.wait().unwrap();
    assert_eq!(status.code(), Some(0));
    asked.elapsed()
}

#[test]
fn a_server_under_load_drains_and_loses_nothing_that_it_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let (mut server, mut told, address) = serve(data, &[]);
    let acknowledged = AtomicU64::new(0);
    let started = Instant::now();
    let (clients, frames) = thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&address));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (address, acknowledged) = (&address, &acknowledged);
                scope.spawn(move || trade(address, client, acknowledged))
            })
            .collect();
        while acknowledged.load(Ordering::Relaxed) < ACKNOWLEDGED_BEFORE_THE_END {
            assert!(server.try_wait().unwrap().is_none(), "it ended by itself");
            thread::yield_now();
        }
        let stalled = stall(&address);
        let rate = acknowledged.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64();
        let drained = terminate(&mut server);
        println!(
            "SIGTERM at {rate:.0} acknowledgements/s: gone after {} ms",
            drained.as_millis()
        );
        assert!(drained < STOP_MAX, "gone after {drained:?}");
        drop(stalled);
        let clients: Vec<_> = clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect();
        (clients, watcher.join().unwrap())
    });
    // In good order; it says so when the replica was not at the end in time.
    let mut rest = String::new();
    told.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("state hash"), "{rest}");
    // The socket was told to come back, and closed by a close frame.
    let text = String::from_utf8_lossy(&frames);
    assert!(text.contains("101 Switching Protocols"), "{text}");
    assert!(text.contains("\"accounts\""), "{text}");
    assert!(text.contains("reconnect_after_ms"), "{text}");

    let export = Command::new(env!("CARGO_BIN_EXE_dynasty"))
        .args(["journal", "export", data])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(export.status.success());
    let mut journaled = BTreeSet::new();
    for line in String::from_utf8(export.stdout).unwrap().lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if event["type"] == "order_accepted"
            && let Some(id) = event["client_order_id"].as_str()
        {
            assert!(
                journaled.insert((event["account"].to_string(), id.to_owned())),
                "twice: {event}"
            );
        }
    }
    let journaled: BTreeSet<_> = journaled.into_iter().map(|(_, id)| id).collect();
    for client in &clients {
        let Counted {
            sent,
            acknowledged,
            refused,
            unknown,
        } = client;
        let (acknowledged_count, refused_count) = (acknowledged.len(), refused.len());
        println!(
            "{sent} sent: {acknowledged_count} acknowledged, {refused_count} refused, {unknown} unknown"
        );
        assert_eq!(*sent, (acknowledged_count + refused_count) as u64 + unknown);
        assert!(*unknown <= UNKNOWN_MAX, "{unknown} of {sent} are unknown");
        let lost: Vec<_> = acknowledged.difference(&journaled).collect();
        assert!(
            lost.is_empty(),
            "acknowledged and not in the journal: {lost:?}"
        );
        let taken: Vec<_> = refused.intersection(&journaled).collect();
        assert!(taken.is_empty(), "refused and in the journal: {taken:?}");
    }
    let acknowledged: u64 = clients.iter().map(|it| it.acknowledged.len() as u64).sum();
    let unknown: u64 = clients.iter().map(|it| it.unknown).sum();
    let ours = journaled.iter().filter(|id| {
        let number: u64 = id.parse().unwrap_or_default();
        (CLIENT_ORDERS..CLIENT_ORDERS + CLIENTS * 1_000_000).contains(&number)
    });
    let ours = ours.count() as u64;
    assert!(
        (acknowledged..=acknowledged + unknown).contains(&ours),
        "{ours} of {acknowledged}"
    );
}
