//! Documents from a venue.

use futures_util::StreamExt as _;

use super::Settings;
use crate::feed::FetchId;

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
) -> (FetchId, String, Result<Vec<u8>, String>) {
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
    answer(request, bytes_max).await
}

async fn answer(request: reqwest::RequestBuilder, bytes_max: usize) -> Result<Vec<u8>, String> {
    let answer = request.send().await.map_err(|error| with_source(&error))?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!("the venue answered {status}"));
    }
    let mut body = Vec::new();
    let mut parts = answer.bytes_stream();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|error| with_source(&error))?;
        if body.len() + part.len() > bytes_max {
            return Err(format!(
                "longer than {bytes_max} bytes (document_bytes_max)"
            ));
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
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
