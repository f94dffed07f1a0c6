//! How a feed stands, as pages and metrics show it.

use types::TimestampNs;

use crate::feed::{Health, Listing};

/// How a connection stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Link {
    /// Whether it is open.
    pub is_open: bool,
    /// When it opened last.
    pub opened: Option<TimestampNs>,
    /// Connections that ended.
    pub reconnects: u64,
    /// Messages that came.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Of these messages, those that could not be read.
    pub malformed: u64,
    /// Events for the engine.
    pub events: u64,
    /// Times that reading waited for the engine.
    pub waits: u64,
    /// What went wrong last.
    pub last_error: Option<String>,
}

/// A feed at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Venue and product.
    pub feed: &'static str,
    /// When this was so.
    pub told: TimestampNs,
    /// The instruments, as the venue calls them.
    pub symbols: Vec<String>,
    /// The connection.
    pub link: Link,
    /// Each instrument, in the order of `symbols`.
    pub health: Vec<Health>,
}

impl Status {
    /// Before it has connected.
    pub fn new(feed: &'static str, listings: &[Listing]) -> Self {
        Self {
            feed,
            told: TimestampNs(0),
            symbols: listings
                .iter()
                .map(|listing| listing.symbol.clone())
                .collect(),
            link: Link::default(),
            health: vec![Health::default(); listings.len()],
        }
    }
}
