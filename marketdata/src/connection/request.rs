//! Documents from a venue.

use std::time::Duration;

use futures_util::StreamExt as _;

use super::Settings;
use crate::feed::FetchId;

/// Why a document did not come.
#[derive(Debug)]
pub(super) struct NoDocument {
    pub(super) reason: String,
    /// The venue wants to be asked for nothing for so long.
    pub(super) wait: Option<Duration>,
}

/// What a venue that says "too many requests" is left alone for where it does not say for how long.
const WAIT: Duration = Duration::from_mins(1);
/// The longest that a venue is believed: the longest ban that one announces is three days.
const WAIT_MAX: Duration = Duration::from_hours(72);

pub(super) fn client(settings: &Settings) -> Result<reqwest::Client, reqwest::Error> {
    super::socket::provide_tls();
    reqwest::Client::builder()
        .connect_timeout(settings.answer_max)
        .read_timeout(settings.silence_max)
        .user_agent(concat!("dynasty/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Gets a document whole, or says why not.
pub(super) async fn fetch(
    client: reqwest::Client,
    url: String,
    bytes_max: usize,
    id: FetchId,
    path: String,
) -> (FetchId, String, Result<Vec<u8>, NoDocument>) {
    let body = answer(client.get(url), bytes_max).await;
    (id, path, body)
}

/// One document, with a connection of its own: got, or the answer to what is posted as JSON.
///
/// # Errors
/// It does not come whole within `wait_max`, or is longer than `bytes_max`; in words.
pub async fn document(
    url: &str,
    posted: Option<&'static str>,
    bytes_max: usize,
    wait_max: std::time::Duration,
) -> Result<Vec<u8>, String> {
    super::socket::provide_tls();
    let client = reqwest::Client::builder()
        .timeout(wait_max)
        .user_agent(concat!("dynasty/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| with_source(&error))?;
    let request = match posted {
        None => client.get(url),
        Some(posted) => client
            .post(url)
            .header("content-type", "application/json")
            .body(posted),
    };
    let body = answer(request, bytes_max).await;
    body.map_err(|missing| missing.reason)
}

async fn answer(request: reqwest::RequestBuilder, bytes_max: usize) -> Result<Vec<u8>, NoDocument> {
    let answer = request.send().await.map_err(|error| broken(&error))?;
    let status = answer.status();
    if !status.is_success() {
        let wait = answer.headers().get("retry-after");
        let wait = wait.and_then(|wait| wait.to_str().ok()).map(str::to_owned);
        // What is wrong is said in the first bytes, where it is said at all.
        let said = answer.bytes_stream().next().await;
        let said = said.and_then(Result::ok).unwrap_or_default();
        let said = &said[..said.len().min(SAID_MAX)];
        return Err(NoDocument {
            reason: refused(status.as_u16(), wait.as_deref(), said),
            wait: wait_of(status.as_u16(), wait.as_deref()),
        });
    }
    let mut body = Vec::new();
    let mut parts = answer.bytes_stream();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|error| broken(&error))?;
        if body.len() + part.len() > bytes_max {
            return Err(NoDocument {
                reason: format!("longer than {bytes_max} bytes (document_bytes_max)"),
                wait: None,
            });
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// The most bytes of a refusal that are repeated.
const SAID_MAX: usize = 120;

fn broken(error: &reqwest::Error) -> NoDocument {
    NoDocument {
        reason: with_source(error),
        wait: None,
    }
}

/// A refusal in words.
fn refused(status: u16, wait: Option<&str>, said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said).escape_debug().to_string();
    let said = if said.is_empty() {
        said
    } else {
        format!(": {said}")
    };
    let wait = wait.map_or_else(String::new, |wait| format!(", retry after {wait} s"));
    format!("the venue answered {status}{wait}{said}")
}

/// How long a venue wants to be left alone, by the status of its answer and the header `Retry-After` in seconds. 418
/// is what Binance answers to those who did not heed 429.
fn wait_of(status: u16, wait: Option<&str>) -> Option<Duration> {
    let said = wait.and_then(|wait| wait.trim().parse().ok());
    match (status, said) {
        (429 | 418 | 503, Some(seconds)) => Some(Duration::from_secs(seconds).min(WAIT_MAX)),
        (429 | 418, None) => Some(WAIT),
        _ => None,
    }
}

/// An error with what caused it: its own words alone say little.
pub(super) fn with_source(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_venue_is_left_alone_for_as_long_as_it_says() {
        for (status, said, seconds) in [
            (429, Some("7"), Some(7)),
            (418, Some(" 120 "), Some(120)),
            (418, Some("604800"), Some(259_200)),
            (503, Some("30"), Some(30)),
            // A date, which no venue here sends, or nothing.
            (429, Some("Wed, 21 Oct 2026 07:28:00 GMT"), Some(60)),
            (429, None, Some(60)),
            (503, None, None),
            (500, Some("7"), None),
            (404, None, None),
        ] {
            let wait = wait_of(status, said);
            assert_eq!(wait, seconds.map(Duration::from_secs), "{status} {said:?}");
        }
    }

    #[test]
    fn a_refusal_says_what_the_venue_said() {
        assert_eq!(
            refused(429, Some("7"), br#"{"code":-1003}"#),
            r#"the venue answered 429, retry after 7 s: {\"code\":-1003}"#
        );
        assert_eq!(refused(502, None, b""), "the venue answered 502");
    }
}
