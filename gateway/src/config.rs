//! What a server is told at its start.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use types::{AccountId, CompetitionId};

use crate::limits::Limits;

/// The settings of a server.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen. Port 0 takes a free one. Requests are only answered when they name this port
    /// and a loopback host, so another address than a loopback one serves nobody.
    pub address: SocketAddr,
    /// Origins beside the server's own that pages may act from, such as `http://localhost:5173`.
    pub origins: Vec<String>,
    /// Where the market comes from, in a word that the page shows, such as `demo`.
    pub mode: String,
    /// How many seconds of market time pass in one of life.
    pub rate: u32,
    /// The competition that the page shows.
    pub competition: CompetitionId,
    /// The account that the page shows first.
    pub featured_account: AccountId,
    /// How accounts trade, in a word; accounts that are not named have none.
    pub styles: BTreeMap<AccountId, String>,
    /// Every limit.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 8080).into(),
            origins: Vec::new(),
            mode: "demo".to_owned(),
            rate: 1,
            competition: CompetitionId(0),
            featured_account: AccountId(0),
            styles: BTreeMap::new(),
            limits: Limits::default(),
        }
    }
}
