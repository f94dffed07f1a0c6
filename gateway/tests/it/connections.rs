//! Who may connect, how long they may dawdle, and what browsers are told.

use std::time::Duration;

use gateway::Limits;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;

use crate::venue::{Venue, quick};
use crate::wire::{Client, JSON, get, market, raw, read, request};

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

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_limit_wait_their_turn() {
    let limits = Limits {
        connections_max: 1,
        header_read_max: Duration::from_millis(300),
        ..quick()
    };
    let venue = Venue::with(limits).await;
    let _first = TcpStream::connect(venue.address).await.unwrap();
    // It is served once the silent one is let go.
    assert_eq!(get(venue.address, "/v1/meta").await.status, 200);
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
