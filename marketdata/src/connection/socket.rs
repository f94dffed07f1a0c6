//! Messages over a WebSocket or over the lines of a document that does not end.

use futures_util::stream::BoxStream;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::Settings;
use super::counted::{Came, Counted};
use super::request::with_source;
use crate::feed::Stream;

/// What came.
pub(super) enum Heard {
    /// A message for the adapter: [`Socket::message`].
    Message,
    /// A ping or a pong: the other side is there.
    Sign,
}

pub(super) struct Socket {
    wire: Wire,
    /// The newest message. Adapters write into what they read, so it is a copy, in memory that stays.
    message: Vec<u8>,
    /// Of a WebSocket.
    came: Came,
}

enum Wire {
    WebSocket(Box<WebSocketStream<MaybeTlsStream<Counted>>>),
    Lines {
        parts: BoxStream<'static, Result<Vec<u8>, String>>,
        buffer: Vec<u8>,
        /// Bytes of the buffer that were read.
        read: usize,
        line_bytes_max: usize,
    },
}

/// The cryptography of all TLS connections; the first to ask sets it.
pub fn provide_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A connection to where a WebSocket is.
async fn connected(uri: &Uri) -> Result<TcpStream, String> {
    let host = uri.host().unwrap_or_default();
    // Of an address of IPv6 without its brackets.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = match (uri.port_u16(), uri.scheme_str()) {
        (Some(port), _) => port,
        (None, Some("wss")) => 443,
        (None, _) => 80,
    };
    let stream = TcpStream::connect((host, port)).await;
    let stream = stream.map_err(|error| with_source(&error))?;
    stream
        .set_nodelay(true)
        .map_err(|error| with_source(&error))?;
    Ok(stream)
}

impl Socket {
    pub(super) async fn open(
        stream: &Stream,
        headers: Vec<(&'static str, String)>,
        settings: &Settings,
        client: &reqwest::Client,
    ) -> Result<Self, String> {
        match stream {
            Stream::WebSocket { path } => {
                let url = settings.stream.clone() + path;
                let mut request = url
                    .into_client_request()
                    .map_err(|error| with_source(&error))?;
                for (name, value) in headers {
                    let value =
                        HeaderValue::try_from(value).map_err(|error| with_source(&error))?;
                    request.headers_mut().insert(name, value);
                }
                let config = WebSocketConfig::default()
                    .max_message_size(Some(settings.message_bytes_max))
                    .max_frame_size(Some(settings.message_bytes_max))
                    .max_write_buffer_size(1 << 20);
                let came = Came::default();
                let stream = Counted::new(connected(request.uri()).await?, came.clone());
                let opened = tokio_tungstenite::client_async_tls_with_config(
                    request,
                    stream,
                    Some(config),
                    None,
                );
                let (socket, _) = opened.await.map_err(|error| with_source(&error))?;
                Ok(Self::of(Wire::WebSocket(Box::new(socket)), came))
            }
            Stream::Lines { path, headers } => {
                let mut request = client.get(settings.stream.clone() + path);
                for (name, value) in headers {
                    request = request.header(*name, value);
                }
                let answer = request.send().await.map_err(|error| with_source(&error))?;
                if !answer.status().is_success() {
                    return Err(format!("the venue answered {}", answer.status()));
                }
                let parts = answer.bytes_stream().map(|part| {
                    part.map(|part| part.to_vec())
                        .map_err(|error| with_source(&error))
                });
                let lines = Wire::Lines {
                    parts: parts.boxed(),
                    buffer: Vec::new(),
                    read: 0,
                    line_bytes_max: settings.message_bytes_max,
                };
                Ok(Self::of(lines, Came::default()))
            }
        }
    }

    const fn of(wire: Wire, came: Came) -> Self {
        Self {
            wire,
            message: Vec::new(),
            came,
        }
    }

    /// Bytes that came so far of a WebSocket, also of a message that is not whole yet.
    pub(super) fn came(&self) -> u64 {
        self.came.bytes()
    }

    /// The newest message.
    pub(super) fn message(&mut self) -> &mut [u8] {
        &mut self.message
    }

    pub(super) async fn send(&mut self, bytes: Vec<u8>, is_binary: bool) -> Result<(), String> {
        let Wire::WebSocket(socket) = &mut self.wire else {
            return Ok(());
        };
        let message = if is_binary {
            Message::Binary(bytes.into())
        } else {
            let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
            Message::Text(text.into())
        };
        socket
            .send(message)
            .await
            .map_err(|error| with_source(&error))
    }

    /// Asks whether the other side is there; lines cannot ask.
    pub(super) async fn ping(&mut self) -> Result<(), String> {
        let Wire::WebSocket(socket) = &mut self.wire else {
            return Ok(());
        };
        socket
            .send(Message::Ping(Vec::new().into()))
            .await
            .map_err(|error| with_source(&error))
    }

    /// What comes next; `None` when the venue has closed. Dropping the wait loses nothing.
    pub(super) async fn next(&mut self) -> Option<Result<Heard, String>> {
        let Self { wire, message, .. } = self;
        let mut hear = |bytes: &[u8]| {
            message.clear();
            message.extend_from_slice(bytes);
            Ok(Heard::Message)
        };
        match wire {
            Wire::WebSocket(socket) => Some(match socket.next().await? {
                Ok(Message::Text(text)) => hear(text.as_bytes()),
                Ok(Message::Binary(bytes)) => hear(&bytes),
                // Pings are answered by the library.
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => Ok(Heard::Sign),
                Ok(Message::Close(frame)) => {
                    let frame = frame?;
                    let (code, reason) = (u16::from(frame.code), frame.reason);
                    Err(format!("the venue closed: {code} {reason}"))
                }
                Err(error) => Err(with_source(&error)),
            }),
            Wire::Lines {
                parts,
                buffer,
                read,
                line_bytes_max,
            } => loop {
                let rest = &buffer[*read..];
                if let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
                    let line = &rest[..end];
                    *read += end + 1;
                    if !line.trim_ascii().is_empty() {
                        return Some(hear(line));
                    }
                    continue;
                }
                if rest.len() > *line_bytes_max {
                    let error = format!("a line longer than {line_bytes_max} bytes");
                    return Some(Err(error));
                }
                buffer.drain(..std::mem::take(read));
                match parts.next().await? {
                    Ok(part) => buffer.extend_from_slice(&part),
                    Err(error) => return Some(Err(error)),
                }
            },
        }
    }
}
