//! Live feeds: what all venues share.
//!
//! A venue is an [`Adapter`]: a state machine that is given the bytes of messages and answers, the time and the
//! events of a connection, and says which market events they mean and what to send. It opens no socket and
//! reads no clock, so that a test can play a million broken conversations a minute; [`crate::connection`]
//! is what runs one over real sockets.
//!
//! What an adapter promises its consumer, for each instrument and whatever the venue or the network does:
//!
//! - between a [`types::MarketData::Gap`] and the next whole book (or quote, of instruments without depth)
//!   nothing is known, and the adapter says nothing else about depth;
//! - otherwise the levels that it has stated are exactly a book that the venue had;
//! - what comes twice or late changes nothing;
//! - after a message that cannot be read to its end the connection starts anew, as what is missing of it is not known;
//!   of its items those before the place may have been told, and are lost with the rest. An event in a message that can be
//!   read, but which lacks something or has a value that we do not hold, is told of as [`Malformed`] by itself: the other
//!   events of its message are told.

mod book;
mod credentials;
mod elapsed;
mod expected;
mod health;
mod levels;
mod number;
mod output;
mod pace;
mod prints;
mod restate;
mod resync;
mod scan;
mod screen;
mod symbols;
mod time;
mod tracks;

pub use book::{Book, Dropped, LEVELS_MAX, keep_best, keep_better, touch};
pub use credentials::{Credentials, quoted};
pub(crate) use elapsed::since;
pub use expected::Expected;
pub use health::{Counters, Health, Loss, State};
pub use levels::{level, levels, named_levels};
pub use number::{NumberError, price, qty, signed, timestamp_ms, unsigned};
pub(crate) use number::{digits_to, plain_to};
pub use output::{Action, FetchId, Output};
pub(crate) use pace::Queue;
pub use pace::{Budget, Pace};
pub use prints::Prints;
pub use restate::Restate;
pub(crate) use resync::Resync;
pub use scan::{Fields, Items, Reader, Unexpected, Value};
pub use screen::{Screen, Screened, Spec};
pub use time::{rfc3339, timestamp_rfc3339};
pub use tracks::Tracks;

use std::fmt;
use std::time::Duration;

use types::{InstrumentId, TimestampNs};

/// An instrument as a venue knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// What it is to us.
    pub instrument: InstrumentId,
    /// What the venue calls it, as it writes it in its messages.
    pub symbol: String,
    /// What its prices and quantities may be.
    pub spec: Spec,
}

/// What to subscribe to, for every listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Channels {
    /// How much of the book.
    pub book: BookChannel,
    /// Prints.
    pub trades: bool,
}

/// How much of a book a feed shows. Only one of them: the two come at different times, and a touch from older
/// depth would take the market back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookChannel {
    /// Best bid and ask, as quotes.
    Touch,
    /// The levels.
    Depth,
}

/// Where a venue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// Scheme, host and port of its streams.
    pub stream: &'static str,
    /// Scheme, host and port of its documents.
    pub rest: &'static str,
}

/// How messages come.
#[derive(Clone, PartialEq, Eq)]
pub enum Stream {
    /// A WebSocket.
    WebSocket {
        /// Path and query.
        path: String,
    },
    /// A document that never ends, a message on each line.
    Lines {
        /// Path and query.
        path: String,
        /// Headers of the request: names and values.
        headers: Vec<(&'static str, String)>,
    },
}

impl fmt::Debug for Stream {
    /// Without the values of headers, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WebSocket { path } => f.debug_struct("WebSocket").field("path", path).finish(),
            Self::Lines { path, headers } => {
                let names: Vec<_> = headers.iter().map(|header| header.0).collect();
                f.debug_struct("Lines")
                    .field("path", path)
                    .field("headers", &names)
                    .finish()
            }
        }
    }
}

/// Where a book stands in what its venue said: what a whole of it has to bear so that the next change follows on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// The venue's number of the newest change that the book has; 0 where it numbers none.
    pub id: u64,
    /// The time of the newest message about it; 0 where that orders nothing.
    pub time: TimestampNs,
    /// Decimals with which the venue writes prices and quantities, where a checksum is of them.
    pub decimals: Option<(usize, usize)>,
}

/// Number and time that a venue gave the newest state of a book.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stamp {
    pub(crate) id: u64,
    pub(crate) time: TimestampNs,
}

impl Stamp {
    /// Where a book with this stamp stands.
    pub(crate) fn mark(self) -> Mark {
        Mark {
            id: self.id,
            time: self.time,
            ..Mark::default()
        }
    }
}

/// A message that is not what the venue's documentation says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {found}")]
pub struct Malformed {
    /// What was looked for.
    pub what: &'static str,
    /// The beginning of what was there.
    pub found: String,
}

impl Malformed {
    /// The most characters of a message that an error repeats.
    const SHOWN_MAX: usize = 120;

    /// Names what was looked for and shows the beginning of the bytes that were there.
    pub fn new(what: &'static str, bytes: &[u8]) -> Self {
        let head = &bytes[..bytes.len().min(Self::SHOWN_MAX)];
        Self {
            what,
            found: String::from_utf8_lossy(head).escape_debug().to_string(),
        }
    }
}

/// More than a connection of the venue may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{feed}: symbols with {count} {what}; accepted: at most {count_max} ({limit}) on a connection, so that some of them need a feed of their own"
)]
pub struct TooMany {
    /// The venue and product.
    pub feed: &'static str,
    /// What there is too much of, such as streams.
    pub what: &'static str,
    /// What the symbols come to.
    pub count: usize,
    /// The most that the venue takes.
    pub count_max: usize,
    /// The name of the limit.
    pub limit: &'static str,
}

/// A venue's protocol without its sockets.
///
/// `now` is the time at which the bytes came, or the time of the wall clock.
pub trait Adapter: Send {
    /// The venue and product, such as `binance-spot`.
    fn name(&self) -> &'static str;

    /// Whether its messages are binary.
    fn is_binary(&self) -> bool {
        false
    }

    /// Where its messages come from.
    fn stream(&self) -> Stream;

    /// Whether one connection may have all that it will subscribe to.
    ///
    /// # Errors
    /// The venue has a limit, and this is above it.
    fn check(&self) -> Result<(), TooMany> {
        Ok(())
    }

    /// From now on an instrument whose topic says nothing for so long is told lost: see [`Tracks::watch`].
    fn watch(&mut self, stale_after: Duration);

    /// How fast the venue may be asked for things.
    fn pace(&self) -> Pace {
        Pace::default()
    }

    /// Headers of a WebSocket's handshake: names and values.
    fn headers(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The connection is open: says what to send first. Everything is lost until it is stated again.
    fn opened(&mut self, now: TimestampNs, out: &mut Output);

    /// The connection is gone. Says that everything that was known is lost.
    fn closed(&mut self, now: TimestampNs, out: &mut Output);

    /// A message came. The bytes may be changed: parsers work in place.
    ///
    /// # Errors
    /// It is not a message of the venue. What it was about is lost, as [`types::MarketData::Gap`] says, if
    /// that can be known; else the adapter asks for a new connection.
    fn message(
        &mut self,
        bytes: &mut [u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed>;

    /// The answer to an [`Action::Fetch`] came, or `None` when there was none. Most venues state everything on their
    /// streams, and nothing is fetched.
    ///
    /// # Errors
    /// As [`Adapter::message`].
    fn answer(
        &mut self,
        fetch: FetchId,
        body: Option<&mut [u8]>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let _ = (fetch, body, now, out);
        Ok(())
    }

    /// Time has passed: pings that are due, silence that lasts too long. Called about once a second.
    fn tick(&mut self, now: TimestampNs, out: &mut Output);

    /// How each listing stands, in their order.
    fn health(&self) -> &[Health];

    /// Where the book of a listing, by its place, stands in what the venue said.
    fn mark(&self, place: usize) -> Mark {
        let _ = place;
        Mark::default()
    }
}
