//! What every request and every task of a server shares.

use std::sync::Arc;

use runtime::Handle;
use tokio::sync::Semaphore;

use crate::config::Config;
use crate::hub::Hub;
use crate::metrics::Traffic;
use crate::projection::Projections;
use crate::rest::idempotency::Answers;
use crate::sessions::Sessions;

/// A server's shared state.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) handle: Handle,
    pub(crate) config: Config,
    pub(crate) projections: Arc<Projections>,
    pub(crate) hub: Arc<Hub>,
    /// The port that is listened on.
    pub(crate) port: u16,
    /// One permit for each connection that may ask for anything.
    pub(crate) connections: Arc<Semaphore>,
    /// One permit for each connection of the reserve.
    pub(crate) connections_reserved: Arc<Semaphore>,
    /// One permit for each WebSocket that may be open.
    pub(crate) sockets: Arc<Semaphore>,
    /// One permit for each command that may wait for its receipt.
    pub(crate) commands: Arc<Semaphore>,
    /// As many for what only takes risk away, which no flood of the others may hold up.
    pub(crate) cancels: Semaphore,
    pub(crate) answers: Answers,
    pub(crate) sessions: Sessions,
    pub(crate) traffic: Traffic,
}

impl App {
    pub(crate) fn new(
        handle: Handle,
        config: Config,
        projections: Arc<Projections>,
        port: u16,
    ) -> Arc<Self> {
        let limits = config.limits.clone();
        Arc::new(Self {
            sessions: Sessions::new(handle.clone()),
            handle,
            projections,
            hub: Hub::new(limits.clone()),
            port,
            connections: Arc::new(Semaphore::new(limits.connections_max as usize)),
            connections_reserved: Arc::new(Semaphore::new(
                limits.connections_reserved_max as usize,
            )),
            sockets: Arc::new(Semaphore::new(limits.sockets_max as usize)),
            commands: Arc::new(Semaphore::new(limits.commands_in_flight_max)),
            cancels: Semaphore::new(limits.commands_in_flight_max),
            answers: Answers::new(limits.idempotency_keys_max),
            traffic: Traffic::default(),
            config,
        })
    }
}
