//! Reading a request's body, bounded in size and time.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::LengthLimitError;
use tokio::time;

use crate::app::App;
use crate::dto::BodyError;
use crate::problem::Problem;

/// The JSON text of a request.
pub(super) async fn read(app: &App, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let limits = &app.config.limits;
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = content_type
        .and_then(|value| value.split(';').next())
        .map(str::trim);
    if !media_type.is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json")) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_json",
            "the body must be JSON and say so",
        )
        .with("Content-Type", content_type, "application/json"));
    }
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    if length
        .and_then(|text| text.parse().ok())
        .is_some_and(|n: u64| n > limits.body_bytes_max as u64)
    {
        return Err(too_large(limits.body_bytes_max, length));
    }
    match time::timeout(limits.body_read_max, to_bytes(body, limits.body_bytes_max)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_length_limit(&error) => Err(too_large(limits.body_bytes_max, length)),
        Ok(Err(error)) => {
            let detail = format!("the body could not be read: {error}");
            Err(Problem::new(StatusCode::BAD_REQUEST, "bad_body", detail))
        }
        Err(_) => {
            let detail = format!(
                "the body did not arrive in {} s",
                limits.body_read_max.as_secs()
            );
            Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                "body_timeout",
                detail,
            ))
        }
    }
}

/// A body that is not accepted.
pub(super) fn refused(error: BodyError) -> Problem {
    match error {
        BodyError::Json(detail) => {
            Problem::new(StatusCode::BAD_REQUEST, "bad_json", detail).with("body", None, "JSON")
        }
        BodyError::Field(fault) => {
            let detail = format!("{} is not accepted", fault.field);
            Problem::new(StatusCode::BAD_REQUEST, "bad_field", detail).with(
                &fault.field,
                fault.value.as_deref(),
                fault.accepted,
            )
        }
    }
}

fn too_large(bytes_max: usize, length: Option<&str>) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        "the body is too large",
    )
    .with("Content-Length", length, format!("at most {bytes_max}"))
}

fn is_length_limit(error: &axum::Error) -> bool {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if error.is::<LengthLimitError>() {
            return true;
        }
        source = error.source();
    }
    false
}
