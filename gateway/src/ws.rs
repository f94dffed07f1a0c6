//! The WebSocket: one connection, many channels.

mod protocol;
mod socket;

use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Utf8Bytes, WebSocketUpgrade};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::problem::Problem;

/// Bytes collected before they are written; every message is flushed anyway.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// Turns a request into a WebSocket, as long as there is room for one.
pub(crate) async fn upgrade(
    State(app): State<Arc<App>>,
    request: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match request {
        Ok(upgrade) => upgrade,
        Err(rejection) => {
            let detail = format!("this path takes WebSocket handshakes only: {rejection}");
            let problem = Problem::new(StatusCode::UPGRADE_REQUIRED, "not_a_websocket", detail);
            return ([(header::UPGRADE, "websocket")], problem).into_response();
        }
    };
    let Ok(permit) = Arc::clone(&app.sockets).try_acquire_owned() else {
        let sockets_max = app.config.limits.sockets_max;
        let detail = format!("{sockets_max} sockets are open already, which is as many as may be");
        return Problem::unavailable(detail).into_response();
    };
    if app.hub.is_stopping() {
        return Problem::unavailable("the server is stopping").into_response();
    }
    let limits = &app.config.limits;
    upgrade
        .max_message_size(limits.message_bytes_max)
        .max_frame_size(limits.message_bytes_max)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(limits.frame_bytes_max + 2 * WRITE_BUFFER_BYTES)
        .on_upgrade(async move |socket| {
            app.traffic.socket_opened();
            socket::run(&app, socket).await;
            drop(permit);
        })
}

/// What every socket sends once a second.
pub(crate) fn heartbeat(app: &App) -> Utf8Bytes {
    let engine_seq = app.handle.applied_seq();
    let durable_seq = app.handle.durable_seq();
    let ts = app.handle.views().ts;
    let rate = app.config.rate_text();
    format!(
        r#"{{"op":"heartbeat","engine_seq":"{engine_seq}","durable_seq":"{durable_seq}","ts":"{ts}","rate":"{rate}"}}"#
    )
    .into()
}
