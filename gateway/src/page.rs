//! The web page, which is part of the program.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::problem::Problem;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/web/dist"]
#[allow_missing = true]
struct Files;

const INDEX: &str = "index.html";

/// What `/` shows when the program was built without the page.
const NO_PAGE: &str = "<!doctype html><meta charset=\"utf-8\"><title>Dynasty</title>\
    <p>This build of Dynasty has no page. Build it in <code>gateway/web</code>, then build the \
    program again. The API is at <a href=\"/v1/meta\">/v1/meta</a>.";

/// The file of a path; `None` when there is none.
pub(crate) fn file(path: &str, request: &HeaderMap) -> Option<Response<Body>> {
    let name = match path.strip_prefix('/')? {
        "" => INDEX,
        name => name,
    };
    match Files::get(name) {
        Some(file) => Some(answer(name, file, request)),
        None if name == INDEX => Some(axum::response::Html(NO_PAGE).into_response()),
        None => None,
    }
}

/// What a path without a file gets.
pub(crate) fn not_found(path: &str) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "there is nothing at this path",
    )
    .with(
        "path",
        Some(path),
        "/, /healthz, /metrics or a path below /v1",
    )
}

fn answer(name: &str, file: EmbeddedFile, request: &HeaderMap) -> Response<Body> {
    let tag = entity_tag(&file);
    let is_known = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == "*" || known.trim().trim_start_matches("W/") == tag);
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(file.data.into_owned()))
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(media_type(name)),
    );
    // Names stay the same from build to build, so a copy is asked about each time.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn entity_tag(file: &EmbeddedFile) -> String {
    let mut hash = [0; 16];
    hash.copy_from_slice(&file.metadata.sha256_hash()[..16]);
    format!("\"{:032x}\"", u128::from_be_bytes(hash))
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_follow_the_ending() {
        assert_eq!(media_type("index.html"), "text/html; charset=utf-8");
        assert_eq!(
            media_type("assets/app.js"),
            "text/javascript; charset=utf-8"
        );
        assert_eq!(media_type("LICENSE"), "application/octet-stream");
    }

    #[test]
    fn there_is_always_an_index_and_nothing_above_it() {
        let none = HeaderMap::new();
        assert!(file("/", &none).is_some());
        assert!(file("/index.html", &none).is_some());
        for path in ["", "/nothing", "/../Cargo.toml", "//", "/assets"] {
            assert!(file(path, &none).is_none(), "{path}");
        }
    }
}
