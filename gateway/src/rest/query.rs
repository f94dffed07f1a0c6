//! Strict reading of paths and query strings: what is not known is an error that says what is.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::path::ErrorKind;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::StatusCode;

use crate::dto::Word;
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
    match name {
        Some(name) => parameters(pairs, [name]).map(|[value]| value),
        None => parameters(pairs, []).map(|[]| None),
    }
}

/// The values of the parameters that a route takes, each at most once.
pub(super) fn parameters<const N: usize>(
    pairs: Pairs,
    names: [&'static str; N],
) -> Result<[Option<String>; N], Problem> {
    let Query(pairs) = pairs
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "bad_query", error.body_text()))?;
    let mut found = [const { None }; N];
    for (key, value) in pairs {
        match names.iter().position(|name| *name == key) {
            Some(place) if found[place].is_none() => found[place] = Some(value),
            _ if N == 0 => return Err(bad_parameter(&key, &value, "no parameter")),
            _ => {
                let accepted = format!("{}, once", names.join(" or "));
                return Err(bad_parameter(&key, &value, accepted));
            }
        }
    }
    Ok(found)
}

/// A parameter that is one of the words of `T`.
pub(super) fn word<T: Word>(name: &str, text: &str) -> Result<T, Problem> {
    let found = T::ALL.iter().copied().find(|value| value.word() == text);
    found.ok_or_else(|| {
        let words: Vec<_> = T::ALL.iter().map(|value| value.word()).collect();
        bad_parameter(name, text, words.join(" or "))
    })
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
