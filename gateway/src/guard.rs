//! Who may talk to the server, and what browsers are told about it.
//!
//! There is no login: the server is for the people of its machine. A page of a foreign site, opened in
//! a browser on that machine, must not reach it: neither directly (the `Origin` check), nor by a name
//! that its owner points at 127.0.0.1 (the `Host` check).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::problem::Problem;

const HOSTS: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Refuses what does not come from this machine's own pages and programs; sets the security headers.
pub(crate) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    app.traffic.request();
    let mut response = match check(&app, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    app.traffic.response(response.status());
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
        (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

const CROSS_ORIGIN_OPENER_POLICY: header::HeaderName =
    header::HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE_POLICY: header::HeaderName =
    header::HeaderName::from_static("cross-origin-resource-policy");

fn check(app: &App, request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let host = single(headers, &header::HOST);
    // An absolute request target names the host too, and then that one counts (RFC 9112, 3.2.2).
    let authority = request
        .uri()
        .authority()
        .map(axum::http::uri::Authority::as_str);
    if ![host, authority.or(host)]
        .into_iter()
        .all(|host| is_own_host(app, host))
    {
        return Err(Problem::new(
            StatusCode::MISDIRECTED_REQUEST,
            "foreign_host",
            "this server answers to the names of this machine only",
        )
        .with("Host", authority.or(host), own_hosts(app).join(", ")));
    }
    let may_act = request.method() != Method::GET && request.method() != Method::HEAD
        || headers.contains_key(header::UPGRADE);
    // Programs send no Origin, and then there is no foreign page to fear.
    if may_act && headers.contains_key(header::ORIGIN) {
        let origin = single(headers, &header::ORIGIN);
        if !origin.is_some_and(|origin| is_known_origin(app, origin)) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "foreign_origin",
                "a page of another site may not act here",
            )
            .with("Origin", origin, "the address of this server's own page"));
        }
    }
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "compressed_body",
            "compressed bodies are not taken",
        )
        .with(
            "Content-Encoding",
            single(headers, &header::CONTENT_ENCODING),
            "no such header",
        ));
    }
    Ok(())
}

/// The header's value; `None` when it is missing, repeated or no text.
fn single<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values
        .next()
        .is_none()
        .then(|| value.to_str().ok())
        .flatten()
}

fn own_hosts(app: &App) -> [String; 3] {
    HOSTS.map(|host| format!("{host}:{}", app.port))
}

fn is_own_host(app: &App, host: Option<&str>) -> bool {
    host.is_some_and(|host| {
        own_hosts(app).iter().any(|own| own.eq_ignore_ascii_case(host))
            // Browsers leave the standard port out.
            || app.port == 80 && HOSTS.iter().any(|own| own.eq_ignore_ascii_case(host))
    })
}

fn is_known_origin(app: &App, origin: &str) -> bool {
    origin
        .strip_prefix("http://")
        .is_some_and(|host| is_own_host(app, Some(host)))
        || app.config.origins.iter().any(|known| known == origin)
}
