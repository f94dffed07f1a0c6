//! Who may connect, how long they may dawdle, and what browsers are told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway::Limits;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio_tungstenite::tungstenite::Error;

use crate::venue::{Venue, quick};
use crate::wire::{Answer, Client, JSON, get, market, raw, read, request};

#[tokio::test(flavor = "multi_thread")]
async fn only_names_of_this_machine_are_answered() {
    let venue = Venue::open().await;
    let port = venue.address.port();
    let ask = async |host: &str| {
        let head = format!("GET /v1/meta HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
        raw(venue.address, &head).await
    };
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"] {
        assert_eq!(
            ask(&format!("Host: {host}:{port}\r\n")).await.status,
            200,
            "{host}"
        );
    }
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "",
    ] {
        let answer = ask(&format!("Host: {host}:{port}\r\n")).await;
        answer.problem(421, "foreign_host");
    }
    ask("Host: 127.0.0.1\r\n")
        .await
        .problem(421, "foreign_host");
    ask("Host: 127.0.0.1:1\r\n")
        .await
        .problem(421, "foreign_host");
    ask("").await.problem(421, "foreign_host");
    let twice = format!("Host: 127.0.0.1:{port}\r\n").repeat(2);
    assert!([400, 421].contains(&ask(&twice).await.status));
    let absolute = format!(
        "GET http://evil.example:{port}/v1/meta HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    );
    raw(venue.address, &absolute)
        .await
        .problem(421, "foreign_host");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_sites_may_not_act() {
    let venue = Venue::open().await;
    let port = venue.address.port();
    let post = async |origin: &str| {
        let origin = format!("Origin: {origin}");
        let order = market(1, "buy", "0.0005").to_string();
        request(
            venue.address,
            "POST /v1/accounts/0/orders",
            &[JSON, &origin],
            &order,
        )
        .await
    };
    for origin in [
        "http://evil.example",
        "null",
        "https://127.0.0.1",
        "http://127.0.0.1:1",
    ] {
        post(origin).await.problem(403, "foreign_origin");
    }
    let delete = ["Origin: http://evil.example"];
    let answer = request(venue.address, "DELETE /v1/accounts/0/orders/1", &delete, "").await;
    answer.problem(403, "foreign_origin");
    // The server's own page gets as far as the engine.
    post(&format!("http://127.0.0.1:{port}"))
        .await
        .problem(422, "qty_off_lot");
    post(&format!("http://localhost:{port}"))
        .await
        .problem(422, "qty_off_lot");

    let connect =
        async |origin: &str| match Client::try_connect(venue.address, Some(origin), None).await {
            Ok(_) => 101,
            Err(Error::Http(response)) => response.status().as_u16(),
            Err(error) => panic!("{error}"),
        };
    assert_eq!(connect("http://evil.example").await, 403);
    assert_eq!(connect(&format!("http://localhost:{port}")).await, 101);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_the_security_headers() {
    let venue = Venue::open().await;
    for path in ["/", "/v1/meta", "/v1/nothing", "/metrics"] {
        let answer = get(venue.address, path).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self';"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert!(answer.header("cache-control").is_some());
        assert!(answer.header("access-control-allow-origin").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_dawdles_is_let_go() {
    let limits = Limits {
        header_read_max: Duration::from_millis(200),
        body_read_max: Duration::from_millis(200),
        connection_age_max: Duration::from_millis(600),
        ..quick()
    };
    let venue = Venue::with(limits).await;
    let closed = async |start: &str| {
        let mut stream = TcpStream::connect(venue.address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let read = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest);
        tokio::time::timeout(crate::wire::PATIENCE, read)
            .await
            .expect("still open")
            .unwrap();
        String::from_utf8(rest).unwrap()
    };
    // Nothing at all, half a head, and an idle connection after a request.
    closed("").await;
    closed("GET /v1/meta HTTP/1.1\r\nHost:").await;
    let host = format!("Host: {}", venue.address);
    let rest = closed(&format!("GET /v1/meta HTTP/1.1\r\n{host}\r\n\r\n")).await;
    assert!(rest.starts_with("HTTP/1.1 200"), "{rest}");

    let mut stream = TcpStream::connect(venue.address).await.unwrap();
    let half = format!(
        "POST /v1/accounts/0/orders HTTP/1.1\r\n{host}\r\n{JSON}\r\nContent-Length: 100\r\n\r\n{{"
    );
    stream.write_all(half.as_bytes()).await.unwrap();
    read(&mut stream).await.problem(408, "body_timeout");
}

/// Lets silent connections be for longer than a test lasts.
fn patient() -> Limits {
    Limits {
        header_read_max: Duration::from_mins(5),
        connection_age_max: Duration::from_mins(5),
        ..quick()
    }
}

/// Sends bytes over a new connection, with a pause in them, and reads until the server closes.
async fn ask(venue: &Venue, line: &str, parts: [&str; 2]) -> Answer {
    let mut stream = TcpStream::connect(venue.address).await.unwrap();
    let length = parts.map(str::len).iter().sum::<usize>();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: {}\r\n{JSON}\r\nContent-Length: {length}\r\n\r\n{}",
        venue.address, parts[0]
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    if !parts[1].is_empty() {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stream.write_all(parts[1].as_bytes()).await.unwrap();
    }
    read(&mut stream).await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_all_connections_taken_only_risk_is_taken_away() {
    let limits = Limits {
        connections_max: 2,
        ..patient()
    };
    let venue = Venue::with(limits).await;
    let mut silent = Vec::new();
    for _ in 0..2 {
        silent.push(TcpStream::connect(venue.address).await.unwrap());
    }
    let order = market(1, "buy", "0.5").to_string();
    let (start, rest) = order.split_at(10);
    for (line, parts) in [
        ("POST /v1/accounts/0/orders", [order.as_str(), ""]),
        // Its client is not done when the server knows: it hears why all the same.
        ("POST /v1/accounts/0/orders", [start, rest]),
        ("GET /v1/accounts/0/orders", ["", ""]),
        ("PATCH /v1/accounts/0/orders/1", ["{}", ""]),
        ("POST /v1/accounts/0/resume", ["", ""]),
        ("GET /v1/ws", ["", ""]),
        ("GET /", ["", ""]),
    ] {
        let refused = ask(&venue, line, parts).await;
        assert!(refused.problem(503, "overloaded").is_empty(), "{line}");
        assert_eq!(refused.header("retry-after"), Some("1"), "{line}");
        assert_eq!(refused.header("connection"), Some("close"), "{line}");
        assert_eq!(refused.header("x-frame-options"), Some("DENY"), "{line}");
    }
    let reason = r#"{"reason":"review"}"#;
    for (line, body, status) in [
        ("GET /healthz", "", 200),
        ("GET /v1/health", "", 200),
        ("DELETE /v1/accounts/0/orders", "", 200),
        ("DELETE /v1/accounts/0/orders/1", "", 404),
        ("POST /v1/accounts/0/disconnect", "", 200),
        ("POST /v1/accounts/1/suspend", reason, 200),
        ("POST /v1/accounts/2/close", "", 200),
        (
            "POST /v1/instruments/0/status",
            r#"{"status":"halted"}"#,
            200,
        ),
    ] {
        let answer = ask(&venue, line, [body, ""]).await;
        assert_eq!(answer.status, status, "{line}: {answer:?}");
        assert_eq!(answer.header("connection"), Some("close"), "{line}");
    }
    // Two that are silent and the one that asks.
    let metrics = ask(&venue, "GET /metrics", ["", ""]).await.body;
    for figure in ["connections_overloaded_total 7", "connections 3"] {
        let line = format!("\ndynasty_{figure}\n");
        assert!(metrics.contains(&line), "{figure}: {metrics}");
    }
    raw(
        venue.address,
        "DELETE /v1/accounts/0/orders HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    )
    .await
    .problem(421, "foreign_host");

    drop(silent);
    let started = Instant::now();
    while get(venue.address, "/v1/meta").await.status != 200 {
        assert!(started.elapsed() < crate::wire::PATIENCE);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_holds_the_reserve_by_saying_nothing() {
    let limits = Limits {
        connections_max: 1,
        connections_reserved_max: 1,
        reserved_read_max: Duration::from_millis(200),
        ..patient()
    };
    let venue = Venue::with(limits).await;
    let _served = TcpStream::connect(venue.address).await.unwrap();
    let _reserved = TcpStream::connect(venue.address).await.unwrap();
    // Half a body of something that is refused is not waited for either.
    let mut dawdling = TcpStream::connect(venue.address).await.unwrap();
    let half = format!(
        "POST /v1/accounts/0/orders HTTP/1.1\r\nHost: {}\r\n{JSON}\r\nContent-Length: 100\r\n\r\n{{",
        venue.address
    );
    dawdling.write_all(half.as_bytes()).await.unwrap();
    let cancelled = ask(&venue, "DELETE /v1/accounts/0/orders", ["", ""]).await;
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    read(&mut dawdling).await.problem(503, "overloaded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_more_connections_than_are_served_is_counted_and_holds_up_no_cancel() {
    const CLIENTS: u32 = 24;
    const ORDERS: u32 = 20;
    let limits = Limits {
        connections_max: 8,
        connections_reserved_max: 4,
        // Those that are connected first wait for the others.
        reserved_read_max: Duration::from_mins(5),
        ..patient()
    };
    let venue = Venue::with(limits).await;
    let address = venue.address;
    let start = Arc::new(Barrier::new(CLIENTS as usize));
    let flood: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let start = Arc::clone(&start);
            // Each keeps its connection as long as the server does.
            tokio::spawn(async move {
                let (mut taken, mut refused) = (0, 0);
                let mut stream = TcpStream::connect(address).await.unwrap();
                start.wait().await;
                for number in 0..ORDERS {
                    let order = market(1 + client * ORDERS + number, "buy", "0.001").to_string();
                    let request = format!(
                        "POST /v1/accounts/0/orders HTTP/1.1\r\nHost: {address}\r\n{JSON}\r\n\
                         Content-Length: {}\r\n\r\n{order}",
                        order.len()
                    );
                    stream.write_all(request.as_bytes()).await.unwrap();
                    let head = read_one(&mut stream).await;
                    match head.split(' ').nth(1) {
                        Some("503") => refused += 1,
                        Some("201" | "422") => taken += 1,
                        _ => panic!("{head}"),
                    }
                    if head.contains("connection: close") {
                        stream = TcpStream::connect(address).await.unwrap();
                    }
                }
                (taken, refused)
            })
        })
        .collect();
    let mut cancels = 0;
    while cancels < 20 || flood.iter().any(|client| !client.is_finished()) {
        let cancelled = request(address, "DELETE /v1/accounts/1/orders", &[], "").await;
        assert_eq!(cancelled.status, 200, "{cancelled:?}");
        cancels += 1;
    }
    let (mut taken, mut refused) = (0, 0);
    for client in flood {
        let counted = client.await.unwrap();
        taken += counted.0;
        refused += counted.1;
    }
    assert_eq!(taken + refused, CLIENTS * ORDERS);
    let stats = venue.handle.stats();
    assert_eq!(stats.overloaded, 0);
    let metrics = get(venue.address, "/metrics").await.body;
    for figure in [
        format!("connections_overloaded_total {refused}"),
        "server_overloaded_total 0".to_owned(),
    ] {
        let line = format!("\ndynasty_{figure}\n");
        assert!(metrics.contains(&line), "{figure}: {metrics}");
    }
    assert!(refused > 0);
}

/// The head of one answer on a connection that is kept; its body is read, too.
async fn read_one(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let whole = async {
        loop {
            let mut bytes = [0; 4096];
            let read = tokio::io::AsyncReadExt::read(stream, &mut bytes)
                .await
                .unwrap();
            assert!(read > 0, "cut off: {}", String::from_utf8_lossy(&text));
            text.extend_from_slice(&bytes[..read]);
            let text = String::from_utf8_lossy(&text);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if body.len() >= length.unwrap() {
                return head.to_owned();
            }
        }
    };
    tokio::time::timeout(crate::wire::PATIENCE, whole)
        .await
        .expect("no answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn compression_is_declined() {
    let venue = Venue::open().await;
    let head = format!(
        "GET /v1/ws HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
        venue.address
    );
    let mut stream = TcpStream::connect(venue.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 1024];
    let length = tokio::io::AsyncReadExt::read(&mut stream, &mut answer)
        .await
        .unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]).to_lowercase();
    assert!(answer.starts_with("http/1.1 101 "), "{answer}");
    // The key and its answer are the example of RFC 6455, section 1.3.
    assert!(
        answer.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="),
        "{answer}"
    );
    assert!(!answer.contains("sec-websocket-extensions"), "{answer}");

    let page = request(venue.address, "GET /", &["Accept-Encoding: gzip"], "").await;
    assert_eq!(page.header("content-encoding"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_beyond_the_limit_are_refused() {
    let venue = Venue::with(Limits {
        sockets_max: 1,
        ..quick()
    })
    .await;
    let first = Client::connect(venue.address).await;
    match Client::try_connect(venue.address, None, None).await {
        Err(Error::Http(response)) => assert_eq!(response.status().as_u16(), 503),
        other => panic!("{:?}", other.map(|_| ())),
    }
    drop(first);
    get(venue.address, "/v1/ws")
        .await
        .problem(426, "not_a_websocket");
}
