//! Venues on this machine: the other side of an adapter's conversation, and a market for it to tell of.
//!
//! A [`Counterpart`] speaks as a venue does, from the same pages of its documentation as the adapter, and opens no
//! socket either: tests break its conversation by seed, and a server puts it on 127.0.0.1. A tape of the real venue is served the same way.

mod faults;
mod market;
mod network;
mod server;
mod tape;
mod topics;

pub use faults::Weather;
pub use market::{Change, Market, Wander};
pub use network::{Listener, Network, Odd, Played, Wrong};
pub use server::{LocalVenue, Settings, Speaker};
pub use tape::{Opener, Served, Settings as TapeSettings, Speed, TapeVenue};

use types::{Price, TimestampNs};

use crate::feed::Listing;

/// A venue's side of one connection.
pub trait Counterpart: Send {
    /// As [`crate::feed::Adapter::name`].
    fn name(&self) -> &'static str;

    /// How many levels of each side a subscriber knows at most.
    fn depth(&self) -> usize {
        usize::MAX
    }

    /// Whether its messages are binary.
    fn is_binary(&self) -> bool {
        false
    }

    /// Path of its stream, as clients have to ask for it; none where it has no WebSocket.
    fn path(&self) -> Option<&'static str>;

    /// Paths of its documents.
    fn documents(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether a client is let in by the headers of its request, of which there is one by its name or none.
    ///
    /// # Errors
    /// The status of the answer: 401 without a key, 400 where something else is missing.
    fn admit(&self, header: &dyn Fn(&str) -> Option<String>) -> Result<(), u16> {
        let _ = header;
        Ok(())
    }

    /// A client has connected; nothing is subscribed to.
    fn opened(&mut self, now: TimestampNs, out: &mut Vec<Vec<u8>>);

    /// The client asked for a document, path and query; whether it is one that does not end, a message on each
    /// line.
    fn streamed(
        &mut self,
        path: &str,
        markets: &[Market],
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    ) -> bool {
        let _ = (path, markets, now, out);
        false
    }

    /// The client sent a message.
    fn request(
        &mut self,
        message: &[u8],
        markets: &[Market],
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    );

    /// Refuses a subscription or a key as the venue's pages say, and does nothing else. `false` where the message is neither,
    /// or the venue has no such answer.
    fn refuse(&mut self, message: &[u8], now: TimestampNs, out: &mut Vec<Vec<u8>>) -> bool {
        let _ = (message, now, out);
        false
    }

    /// Whether who unsubscribes from a book and subscribes to it anew is told the whole of it again.
    fn restates(&self) -> bool {
        false
    }

    /// Gives a message of the real venue, from a tape, the number that is next on this connection, where the venue counts
    /// the messages of each.
    fn renumber(&mut self, message: &mut Vec<u8>) {
        let _ = message;
    }

    /// A market changed; it has the change already.
    fn changed(
        &mut self,
        market: &Market,
        change: &Change,
        now: TimestampNs,
        out: &mut Vec<Vec<u8>>,
    );

    /// Answers a request for a document: path and query.
    fn fetch(&mut self, path: &str, markets: &[Market], now: TimestampNs) -> Option<Vec<u8>> {
        let _ = (path, markets, now);
        None
    }

    /// Time has passed: heartbeats that are due. Called about once a second.
    fn tick(&mut self, now: TimestampNs, out: &mut Vec<Vec<u8>>) {
        let _ = (now, out);
    }

    /// Whether some of the venue's messages have a checksum, which alone tells a figure that was changed.
    fn has_checksum(&self) -> bool {
        false
    }

    /// Changes a figure of a message that the venue's own checksum covers. `false` where it has none, or the
    /// message no such figure.
    fn falsify(&self, message: &mut Vec<u8>) -> bool {
        let _ = message;
        false
    }
}

/// So many levels of a side, the best.
pub(crate) fn best(levels: &[types::Level], most: usize) -> &[types::Level] {
    &levels[..levels.len().min(most)]
}

/// Listings with a price for each to begin at.
fn counted(listings: &[Listing]) -> impl Iterator<Item = (&Listing, Price)> {
    let around = |place: usize| Price(Price::ONE.0 * (100 + 50 * place as i64));
    let counted = listings.iter().enumerate();
    counted.map(move |(place, listing)| (listing, around(place)))
}
