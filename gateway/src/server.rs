//! Start and stop of the server, and how a connection is served.
//!
//! A connection has one request at a time, so clients that keep theirs could keep everybody else out. Who comes when
//! all are taken gets a connection of a reserve, for one request: those that only take risk away and those of
//! supervisors are answered as ever, the others refused and counted.

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
use tokio::sync::{AcquireError, OwnedSemaphorePermit};
use tokio::task::JoinHandle;
use tokio::time::{self, Duration, Instant};

use crate::app::App;
use crate::config::Config;
use crate::projection::Projections;
use crate::publisher::{publish_events, publish_state};
use crate::rest::{reserved, router};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1_024;
/// Headers of a request.
const HEADERS_MAX: usize = 64;
/// Bytes of a request's headers.
const HEADER_BYTES_MAX: usize = 32 * 1024;

/// That all connections are taken is logged once in such a time.
const OVERLOAD_TOLD_INTERVAL: Duration = Duration::from_mins(1);

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
    let (listener, address) = listen(address, config.limits.send_buffer_bytes)
        .map_err(|source| ServeError { address, source })?;
    let app = App::new(handle, config, projections, address.port());
    let tasks = vec![
        tokio::spawn(publish_events(Arc::clone(&app))),
        tokio::spawn(publish_state(Arc::clone(&app))),
        tokio::spawn(accept(listener, Arc::clone(&app))),
    ];
    tracing::info!(%address, "listening");
    Ok(Server {
        address,
        app,
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
            let app = &self.app;
            let connections = app.connections.acquire_many(limits.connections_max).await;
            let reserved = app
                .connections_reserved
                .acquire_many(limits.connections_reserved_max)
                .await;
            let sockets = app.sockets.acquire_many(limits.sockets_max).await;
            connections.is_ok() && reserved.is_ok() && sockets.is_ok()
        };
        let in_time = time::timeout(limits.drain_max, drained)
            .await
            .unwrap_or(false);
        tracing::info!(in_time, "stopped");
        in_time
    }
}

/// A connection's place among those that are served.
struct Place {
    /// Given back with the end of the connection.
    _permit: Result<OwnedSemaphorePermit, AcquireError>,
    is_reserved: bool,
}

async fn accept(listener: TcpListener, app: Arc<App>) {
    let (all, reserved) = (router(Arc::clone(&app)), reserved(Arc::clone(&app)));
    let mut stopped = pin!(app.hub.stopped());
    let mut told: Option<Instant> = None;
    loop {
        let accepted = async {
            let (stream, _) = listener.accept().await?;
            Ok::<_, io::Error>((stream, place(&app).await))
        };
        let accepted = tokio::select! {
            accepted = accepted => accepted,
            () = stopped.as_mut() => return,
        };
        match accepted {
            Ok((stream, place)) => {
                if place.is_reserved && told.is_none_or(|at| at.elapsed() >= OVERLOAD_TOLD_INTERVAL)
                {
                    told = Some(Instant::now());
                    tracing::warn!(
                        connections_max = app.config.limits.connections_max,
                        "all connections are taken: further ones are for cancels, risk actions and health only"
                    );
                }
                let router = if place.is_reserved { &reserved } else { &all };
                let (router, app) = (router.clone(), Arc::clone(&app));
                tokio::spawn(async move {
                    serve_connection(stream, router, &app, place.is_reserved).await;
                    drop(place);
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

/// A place for one more connection: in the reserve only where there is no other.
async fn place(app: &App) -> Place {
    let (permit, is_reserved) = tokio::select! {
        biased;
        permit = Arc::clone(&app.connections).acquire_owned() => (permit, false),
        permit = Arc::clone(&app.connections_reserved).acquire_owned() => (permit, true),
    };
    Place {
        _permit: permit,
        is_reserved,
    }
}

/// Serves the requests of a connection, of one of the reserve the first. One that becomes a WebSocket goes on elsewhere.
async fn serve_connection(stream: TcpStream, router: Router, app: &App, is_reserved: bool) {
    let limits = &app.config.limits;
    let header_read_max = if is_reserved {
        limits.reserved_read_max
    } else {
        limits.header_read_max
    };
    // Small messages go out at once; where the system refuses, they go out a little later.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(!is_reserved)
        .header_read_timeout(header_read_max)
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
