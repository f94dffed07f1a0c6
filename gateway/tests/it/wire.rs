//! Small clients: HTTP over a bare connection, so that a request may be as wrong as it likes, and a
//! WebSocket that speaks JSON.

use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

/// No healthy answer takes this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// Checks that this is a problem of a kind; its faults as `field value accepted`.
    pub(crate) fn problem(&self, status: u16, kind: &str) -> Vec<String> {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        let body = self.json();
        assert_eq!(
            body["type"],
            format!("urn:dynasty:problem:{kind}"),
            "{self:?}"
        );
        assert_eq!(body["status"], status);
        assert!(!body["title"].as_str().unwrap().is_empty());
        assert!(!body["detail"].as_str().unwrap().is_empty());
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let fault = |fault: &Value| {
            [&fault["field"], &fault["value"], &fault["accepted"]]
                .map(text)
                .join(" | ")
        };
        body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(fault)
            .collect()
    }
}

/// Sends bytes and reads until the server closes.
pub(crate) async fn raw(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    read(&mut stream).await
}

/// Reads until the server closes.
pub(crate) async fn read(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut bytes))
        .await
        .expect("no answer")
        .unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("{text:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// Sends a request with these header lines.
pub(crate) async fn request(
    address: SocketAddr,
    line: &str,
    headers: &[&str],
    body: &str,
) -> Answer {
    let mut text = format!("{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    if !body.is_empty() {
        write!(text, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    raw(address, &format!("{text}\r\n{body}")).await
}

pub(crate) async fn get(address: SocketAddr, path: &str) -> Answer {
    request(address, &format!("GET {path}"), &[], "").await
}

/// GETs JSON that is there.
pub(crate) async fn get_json(address: SocketAddr, path: &str) -> Value {
    let answer = get(address, path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()
}

pub(crate) const JSON: &str = "Content-Type: application/json";

/// Sends an order of account 0 or another.
pub(crate) async fn post_order(address: SocketAddr, account: u32, order: &Value) -> Answer {
    let line = format!("POST /v1/accounts/{account}/orders");
    request(address, &line, &[JSON], &order.to_string()).await
}

/// An order for BTCUSDT at the market.
pub(crate) fn market(client_order_id: u32, side: &str, qty: &str) -> Value {
    json!({
        "client_order_id": client_order_id.to_string(),
        "instrument": "0",
        "side": side,
        "type": "market",
        "qty": qty,
        "tif": "ioc",
    })
}

/// An order for BTCUSDT at a price.
pub(crate) fn limit(client_order_id: u32, side: &str, qty: &str, price: &str) -> Value {
    let mut order = market(client_order_id, side, qty);
    order["type"] = "limit".into();
    order["price"] = price.into();
    order["tif"] = "gtc".into();
    order
}

/// A WebSocket client.
pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<TcpStream>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address, None, None).await.unwrap()
    }

    /// Connects with an origin, and with a small receive buffer for those who do not read.
    pub(crate) async fn try_connect(
        address: SocketAddr,
        origin: Option<&str>,
        receive_buffer: Option<u32>,
    ) -> Result<Self, Error> {
        let tcp = TcpSocket::new_v4().unwrap();
        if let Some(bytes) = receive_buffer {
            tcp.set_recv_buffer_size(bytes).unwrap();
        }
        let stream = tcp.connect(address).await.unwrap();
        let mut request = format!("ws://{address}/v1/ws")
            .into_client_request()
            .unwrap();
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert("origin", origin.parse().unwrap());
        }
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        Ok(Self { socket })
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    /// The next message, heartbeats and pings aside; `None` once the socket is closed. A close frame
    /// is told as its code.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            let message = timeout(PATIENCE, self.socket.next())
                .await
                .expect("no message");
            match message? {
                Ok(Message::Text(text)) => {
                    let value: Value = serde_json::from_str(&text).unwrap();
                    if value["op"] != "heartbeat" {
                        return Some(value);
                    }
                }
                Ok(Message::Close(frame)) => {
                    return Some(json!({ "closed": frame.map(|frame| u16::from(frame.code)) }));
                }
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    pub(crate) async fn expect(&mut self) -> Value {
        self.next().await.expect("closed")
    }

    /// Subscribes to one channel; whether it was recovered.
    pub(crate) async fn subscribe(&mut self, channel: &str) -> bool {
        self.subscribe_as(&json!({ "ch": channel })).await
    }

    pub(crate) async fn subscribe_as(&mut self, wanted: &Value) -> bool {
        self.send(&json!({ "op": "sub", "id": 1, "chs": [wanted] }))
            .await;
        loop {
            let reply = self.expect().await;
            if reply["op"] == "ok" {
                assert_eq!(reply["id"], 1);
                assert_eq!(reply["chs"][0]["ch"], wanted["ch"]);
                return reply["chs"][0]["recovered"].as_bool().unwrap();
            }
            assert!(reply["op"].is_null(), "{reply}");
        }
    }

    /// The next frame of a channel.
    pub(crate) async fn frame(&mut self, channel: &str) -> Value {
        loop {
            let frame = self.expect().await;
            if frame["ch"] == channel {
                return frame;
            }
        }
    }

    /// The first frame of a channel from here on that `is_wanted`; checks that none was missing.
    pub(crate) async fn frame_with(
        &mut self,
        channel: &str,
        mut last: Value,
        is_wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        loop {
            let frame = self.frame(channel).await;
            assert_eq!(frame["epoch"], last["epoch"]);
            if frame["type"] != "snap" {
                assert_eq!(
                    frame["seq"].as_u64(),
                    last["seq"].as_u64().map(|seq| seq + 1)
                );
            }
            if is_wanted(&frame) {
                return frame;
            }
            last = frame;
        }
    }
}
