//! What a server is told at its start.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use arc_swap::ArcSwap;
use marketdata::connection::Status;
use rules::BoardKind;
use types::{AccountId, CompetitionId, InstrumentId};

use crate::limits::Limits;

/// The settings of a server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen. Port 0 takes a free one. Requests are only answered when they name this port
    /// and a loopback host, so another address than a loopback one serves nobody.
    pub address: SocketAddr,
    /// Origins beside the server's own that pages may act from, such as `http://localhost:5173`.
    pub origins: Vec<String>,
    /// What the server's accounts trade with. Competitions of another kind are refused.
    pub mode: BoardKind,
    /// How many seconds of market time pass in one of life; `None` when nothing paces it.
    pub rate: Option<u64>,
    /// The competition that the page shows.
    pub competition: CompetitionId,
    /// The account that the page shows first; `None` picks one with something at stake.
    pub featured_account: Option<AccountId>,
    /// The instrument whose chart the page shows first.
    pub featured_instrument: InstrumentId,
    /// The feeds that prices come from, as they stand.
    pub feeds: Vec<Arc<ArcSwap<Status>>>,
    /// Every limit.
    pub limits: Limits,
}

impl Config {
    /// The rate as the page is told it: a whole number, or `max`.
    pub(crate) fn rate_text(&self) -> String {
        self.rate
            .map_or_else(|| "max".to_owned(), |rate| rate.to_string())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 8080).into(),
            origins: Vec::new(),
            mode: BoardKind::Demo,
            rate: Some(1),
            competition: CompetitionId(0),
            featured_account: None,
            featured_instrument: InstrumentId(0),
            feeds: Vec::new(),
            limits: Limits::default(),
        }
    }
}
