//! What a client may send, and what it is answered.

use axum::extract::ws::Utf8Bytes;
use serde::{Deserialize, Serialize};

/// A client's message.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Request {
    /// Subscribe.
    Sub { id: u64, chs: Vec<Wanted> },
    /// Unsubscribe.
    Unsub { id: u64, chs: Vec<Named> },
    /// The session of this account lasts as long as this socket.
    Bind { id: u64, account: String },
    /// Are you there?
    Ping { id: u64 },
}

/// A channel to subscribe to.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    pub(super) ch: String,
    pub(super) resume: Option<Resume>,
}

/// The last frame that the client has seen of a channel.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resume {
    pub(super) epoch: String,
    pub(super) seq: u64,
}

/// A channel by its name.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    pub(super) ch: String,
}

/// A server's message that is no channel frame.
#[derive(Debug, Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub(super) enum Reply<'a> {
    /// Done.
    Ok { id: u64, chs: Vec<Subscribed<'a>> },
    /// The account's session lasts as long as this socket.
    Bound { id: u64, account: &'a str },
    /// Not done; nothing of the request was.
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<u64>,
        code: u16,
        detail: &'a str,
    },
    /// Here.
    Pong { id: u64 },
    /// The server stops; come back later.
    Shutdown {
        reconnect_after_ms: u32,
        jitter_ms: u32,
    },
}

/// A channel as an answer names it.
#[derive(Debug, Serialize)]
pub(super) struct Subscribed<'a> {
    pub(super) ch: &'a str,
    /// For a subscription: whether it goes on where the client was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recovered: Option<bool>,
}

impl Reply<'_> {
    pub(super) fn text(&self) -> Utf8Bytes {
        // Strings and numbers always serialise.
        serde_json::to_string(self).unwrap_or_default().into()
    }
}

/// The request of a message.
///
/// # Errors
/// The `id` of the request where it can be read, and what is wrong.
pub(super) fn parse(text: &str) -> Result<Request, (Option<u64>, String)> {
    #[derive(Deserialize)]
    struct OnlyId {
        id: Option<u64>,
    }
    serde_json::from_str(text).map_err(|error| {
        let id = serde_json::from_str::<OnlyId>(text)
            .ok()
            .and_then(|only| only.id);
        (id, format!("not a request of this protocol: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_strictly() {
        let sub = r#"{"op":"sub","id":1,"chs":[{"ch":"instruments"},
            {"ch":"account:17","resume":{"epoch":"e","seq":17}}]}"#;
        let resume = Resume {
            epoch: "e".to_owned(),
            seq: 17,
        };
        let chs = vec![
            Wanted {
                ch: "instruments".to_owned(),
                resume: None,
            },
            Wanted {
                ch: "account:17".to_owned(),
                resume: Some(resume),
            },
        ];
        assert_eq!(parse(sub), Ok(Request::Sub { id: 1, chs }));
        assert_eq!(
            parse(r#"{"op":"ping","id":3}"#),
            Ok(Request::Ping { id: 3 })
        );

        let account = "17".to_owned();
        assert_eq!(
            parse(r#"{"op":"bind","id":4,"account":"17"}"#),
            Ok(Request::Bind { id: 4, account })
        );

        assert_eq!(parse("[]").unwrap_err().0, None);
        assert_eq!(parse(r#"{"op":"ping"}"#).unwrap_err().0, None);
        assert_eq!(parse(r#"{"op":"order","id":7}"#).unwrap_err().0, Some(7));
        assert_eq!(
            parse(r#"{"op":"sub","id":8,"chs":"all"}"#).unwrap_err().0,
            Some(8)
        );
    }

    #[test]
    fn replies_are_written_as_the_contract_says() {
        let chs = vec![Subscribed {
            ch: "events",
            recovered: Some(false),
        }];
        assert_eq!(
            Reply::Ok { id: 1, chs }.text().as_str(),
            r#"{"op":"ok","id":1,"chs":[{"ch":"events","recovered":false}]}"#
        );
        assert_eq!(
            Reply::Error {
                id: None,
                code: 407,
                detail: "slow"
            }
            .text()
            .as_str(),
            r#"{"op":"error","code":407,"detail":"slow"}"#
        );
        assert_eq!(
            Reply::Shutdown {
                reconnect_after_ms: 500,
                jitter_ms: 1_000
            }
            .text()
            .as_str(),
            r#"{"op":"shutdown","reconnect_after_ms":500,"jitter_ms":1000}"#
        );
    }
}
