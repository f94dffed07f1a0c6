//! Start and stop of the server, and how a connection is served.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use runtime::Handle;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time;

use crate::app::App;
use crate::config::Config;
use crate::projection::Projections;
use crate::publisher::{publish_events, publish_state};
use crate::rest::router;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1_024;
/// Headers of a request.
const HEADERS_MAX: usize = 64;
/// Bytes of a request's headers.
const HEADER_BYTES_MAX: usize = 32 * 1024;

/// The server cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct ServeError {
    /// The address.
    pub address: SocketAddr,
    /// What the operating system said.
    pub source: io::Error,
}

/// A running server. Dropping it leaves it running; see [`Self::shutdown`].
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    app: Arc<App>,
    connections: Arc<Semaphore>,
    tasks: Vec<JoinHandle<()>>,
}

/// Starts a server for a runtime. Its `projections` are those whose hook the runtime was given.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(
    handle: Handle,
    config: Config,
    projections: Arc<Projections>,
) -> Result<Server, ServeError> {
    let address = config.address;
    let connections = Arc::new(Semaphore::new(config.limits.connections_max as usize));
    let (listener, address) = listen(address, config.limits.send_buffer_bytes)
        .map_err(|source| ServeError { address, source })?;
    let app = App::new(handle, config, projections, address.port());
    let tasks = vec![
        tokio::spawn(publish_events(Arc::clone(&app))),
        tokio::spawn(publish_state(Arc::clone(&app))),
        tokio::spawn(accept(listener, Arc::clone(&app), Arc::clone(&connections))),
    ];
    tracing::info!(%address, "listening");
    Ok(Server {
        address,
        app,
        connections,
        tasks,
    })
}

fn listen(address: SocketAddr, send_buffer_bytes: u32) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it.
    socket.set_send_buffer_size(send_buffer_bytes)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

impl Server {
    /// Where it listens, with the port that was taken.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no new connections, tells every socket to come back later, lets requests finish, and
    /// waits for all of it, but no longer than `drain_max`. Whether everybody left in time.
    ///
    /// To be called before the runtime is stopped, so that orders on their way get their answers.
    pub async fn shutdown(self) -> bool {
        self.app.hub.stop();
        let limits = &self.app.config.limits;
        let drained = async {
            for task in self.tasks {
                // A task that panicked has ended too.
                let _ = task.await;
            }
            let connections = self.connections.acquire_many(limits.connections_max).await;
            let sockets = self.app.sockets.acquire_many(limits.sockets_max).await;
            connections.is_ok() && sockets.is_ok()
        };
        let in_time = time::timeout(limits.drain_max, drained)
            .await
            .unwrap_or(false);
        tracing::info!(in_time, "stopped");
        in_time
    }
}

async fn accept(listener: TcpListener, app: Arc<App>, connections: Arc<Semaphore>) {
    let router = router(Arc::clone(&app));
    let mut stopped = pin!(app.hub.stopped());
    loop {
        let accepted = async {
            let permit = Arc::clone(&connections).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = stopped.as_mut() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                let (router, app) = (router.clone(), Arc::clone(&app));
                tokio::spawn(async move {
                    serve_connection(stream, router, &app).await;
                    drop(permit);
                });
            }
            Err(error) => {
                // Out of file descriptors, for one: wait until some are free.
                tracing::warn!(%error, "cannot accept");
                time::sleep(app.config.limits.publish_interval).await;
            }
        }
    }
}

/// Serves the requests of a connection. One that becomes a WebSocket goes on elsewhere.
async fn serve_connection(stream: TcpStream, router: Router, app: &App) {
    let limits = &app.config.limits;
    // Small messages go out at once; where the system refuses, they go out a little later.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read_max)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => {
            if let Err(error) = ended {
                tracing::debug!(%error, "connection");
            }
            return;
        }
        () = app.hub.stopped() => {}
        // Also the end of a client that asks and does not read the answer.
        () = time::sleep(limits.connection_age_max) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = time::timeout(limits.connection_close_max, connection).await;
}
