//! Strict reading of paths and query strings: what is not known is an error that says what is.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::path::ErrorKind;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::StatusCode;

use crate::problem::Problem;

/// The segments of a path.
pub(super) type Segments<T> = Result<Path<T>, PathRejection>;

/// The pairs of a query string.
pub(super) type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// The segments, if their escapes make sense.
pub(super) fn segments<T>(path: Segments<T>) -> Result<T, Problem> {
    path.map(|Path(segments)| segments).map_err(|error| {
        let problem = Problem::new(StatusCode::BAD_REQUEST, "bad_path", error.body_text());
        // The value cannot be told: it is no text.
        match &error {
            PathRejection::FailedToDeserializePathParams(why) => match why.kind() {
                ErrorKind::InvalidUtf8InPathParam { key } => {
                    problem.with(key, None, "a decimal number, in UTF-8")
                }
                _ => problem,
            },
            _ => problem,
        }
    })
}

/// A number in a path, from 0 to `max`: no sign, no leading zero.
pub(super) fn number<T: Copy + FromStr + Display + PartialOrd>(
    field: &'static str,
    text: &str,
    max: T,
) -> Result<T, Problem> {
    text.parse()
        .ok()
        .filter(|number: &T| *number <= max && number.to_string() == text)
        .ok_or_else(|| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "bad_path",
                format!("{field} is no id"),
            )
            .with(
                field,
                Some(text),
                format!("a decimal number from 0 to {max}"),
            )
        })
}

/// The value of the one parameter that a route takes.
pub(super) fn parameter(
    pairs: Pairs,
    name: Option<&'static str>,
) -> Result<Option<String>, Problem> {
    let Query(pairs) = pairs
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "bad_query", error.body_text()))?;
    let mut found = None;
    for (key, value) in pairs {
        let accepted = match name {
            Some(name) if key == name && found.is_none() => {
                found = Some(value);
                continue;
            }
            Some(name) => format!("{name}, once"),
            None => "no parameter".to_owned(),
        };
        return Err(bad_parameter(&key, &value, accepted));
    }
    Ok(found)
}

/// A parameter or its value is not accepted.
pub(super) fn bad_parameter(name: &str, value: &str, accepted: impl Into<String>) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "bad_query",
        "the query string is not accepted",
    )
    .with(name, Some(value), accepted)
}
