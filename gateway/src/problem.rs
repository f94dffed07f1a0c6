//! Errors as the API tells them: RFC 9457 `application/problem+json`.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A field of the request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The field, by its name in the body, the path, the query or the headers.
    pub field: String,
    /// The value it has; `None` when it is missing or no text.
    pub value: Option<String>,
    /// What is accepted.
    pub accepted: String,
}

/// A refused or failed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    kind: &'static str,
    detail: String,
    faults: Vec<Fault>,
    proof: Option<String>,
    retry_after_s: Option<u32>,
}

/// Characters of a client's value that an error repeats.
const SHOWN_MAX: usize = 80;

impl Problem {
    /// A problem of a kind, which is the last part of its type's URI.
    pub fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            detail: detail.into(),
            faults: Vec::new(),
            proof: None,
            retry_after_s: None,
        }
    }

    /// The same with a field that is wrong.
    #[must_use]
    pub fn with(mut self, field: &str, value: Option<&str>, accepted: impl Into<String>) -> Self {
        let shown = |value: &str| match value.char_indices().nth(SHOWN_MAX) {
            None => value.to_owned(),
            Some((end, _)) => format!("{}...", &value[..end]),
        };
        self.faults.push(Fault {
            field: field.to_owned(),
            value: value.map(shown),
            accepted: accepted.into(),
        });
        self
    }

    /// The same with where the proof of the refusal is.
    #[must_use]
    pub fn proven_at(mut self, path: String) -> Self {
        self.proof = Some(path);
        self
    }

    /// The same with the advice to try again after so many seconds.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// No such thing.
    pub fn not_found(what: &str, field: &str, id: &str, accepted: impl Into<String>) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("there is no such {what}"),
        )
        .with(field, Some(id), accepted)
    }

    /// The engine cannot answer now.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).retry_after(1)
    }

    /// Its HTTP status.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The document.
    pub fn body(&self) -> String {
        let document = Document {
            kind: format!("urn:dynasty:problem:{}", self.kind),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            errors: &self.faults,
            proof: self.proof.as_deref(),
        };
        // Strings and numbers always serialise.
        serde_json::to_string(&document).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    errors: &'a [Fault],
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'a str>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_what_rfc_9457_says() {
        let problem = Problem::not_found("account", "account", "77", "an id below 5");
        assert_eq!(
            problem.body(),
            r#"{"type":"urn:dynasty:problem:not_found","title":"Not Found","status":404,"#
                .to_owned()
                + r#""detail":"there is no such account","#
                + r#""errors":[{"field":"account","value":"77","accepted":"an id below 5"}]}"#
        );
    }

    #[test]
    fn a_long_value_is_cut() {
        let value = "ä".repeat(100);
        let problem = Problem::not_found("account", "account", &value, "x");
        assert_eq!(
            problem.faults[0].value,
            Some(format!("{}...", "ä".repeat(80)))
        );
    }
}
