//! Coinbase Advanced Trade.
//!
//! Channels <https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels>,
//! connection <https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-overview>.
//!
//! `level2` states the whole book once and then quantities of levels, zero for one that is gone. Every message of
//! a connection, heartbeats too, has a `sequence_num` that is one above that of the message before: a higher one
//! means that messages are missing, and since they may have been about any product, everything is stated again
//! on a new connection; one that is not above it is late and changes nothing. Heartbeats come each second. Their
//! `heartbeat_counter` says no more than the sequence, which counts them too.
//!
//! Of a side the best [`LEVELS_MAX`](crate::feed::LEVELS_MAX) levels are kept. From the best price that was dropped on
//! nothing is known: once the book has come down to there, it is stated again on a new connection. The touch is taken
//! from `level2`: `ticker` speaks only when something trades. Prints that `market_trades` states first are from before
//! the subscription and are not told. Its `side` is that of the resting order, as
//! <https://docs.cdp.coinbase.com/exchange/websocket-feed/channels> says of matches.
//!
//! The channels are public, and subscribed to without a key: then eight messages a second are taken from one address
//! <https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-rate-limits>, each for one
//! channel and any products; three are sent. A product with USDC speaks under the name of the one with USD: list it by
//! that.

mod local;
mod message;

pub use local::LocalCoinbase;

use std::time::Duration;

use types::{DepthUpdate, Level, MarketData, TimestampNs};

use message::{
    Changes, Envelope, Event, Print, is_refusal, levels, malformed, product_of, read_prints,
};

use crate::feed::{
    Adapter, Addresses, Book, BookChannel, Channels, Health, Listing, Malformed, Output, Stream,
    Tracks, Unexpected, Value, quoted, since, touch,
};

/// Streams and REST.
pub const ADVANCED: Addresses = Addresses {
    stream: "wss://advanced-trade-ws.coinbase.com",
    rest: "https://api.coinbase.com",
};

/// A connection without a message for so long is dead: heartbeats come each second.
const SILENCE_NS_MAX: u64 = 5_000_000_000;
/// A book that has not come by then does not come.
const BOOK_NS_MAX: u64 = 15_000_000_000;

/// The protocol of one connection.
#[derive(Debug)]
pub struct Coinbase {
    channels: Channels,
    tracks: Tracks,
    products: Vec<Product>,
    /// The newest message's number.
    sequence: Option<u64>,
    opened_at: TimestampNs,
    heard_at: TimestampNs,
    /// Prints of one message, for its memory.
    prints: Vec<Print>,
}

#[derive(Debug, Default)]
struct Product {
    /// The whole book has been stated.
    is_whole: bool,
    /// Kept only where the touch is told.
    book: Book,
    touch: Option<(Level, Level)>,
    newest_trade: u64,
}

impl Coinbase {
    /// A connection for these listings.
    pub fn new(listings: Vec<Listing>, channels: Channels) -> Self {
        Self {
            channels,
            products: listings.iter().map(|_| Product::default()).collect(),
            tracks: Tracks::new(listings, "a product that was subscribed to"),
            sequence: None,
            opened_at: TimestampNs(0),
            heard_at: TimestampNs(0),
            prints: Vec::new(),
        }
    }

    /// Whether a message is the next; what is missing before it may have been about any product.
    fn is_next(&mut self, envelope: &Envelope<'_>, now: TimestampNs, out: &mut Output) -> bool {
        let sequence = envelope.sequence;
        match self.sequence {
            Some(last) if sequence <= last => {
                self.repeated(envelope);
                false
            }
            Some(last) if sequence > last + 1 => {
                for place in 0..self.products.len() {
                    self.tracks.gap(place, now, out);
                }
                self.tracks
                    .reconnect("a message is missing from the sequence", now, out);
                false
            }
            _ => {
                self.sequence = Some(sequence);
                true
            }
        }
    }

    /// Counts a message that came twice or late with the products that it is about.
    #[cold]
    fn repeated(&mut self, envelope: &Envelope<'_>) {
        let events = envelope.events.items().into_iter().flatten();
        for event in events.filter_map(Result::ok) {
            if let Some(place) = product_of(event).and_then(|product| self.tracks.find(product)) {
                self.tracks.repeated(place);
            }
        }
    }

    /// The events of a message; the inner error is that of one of them.
    fn on_events(
        &mut self,
        envelope: &Envelope<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<Result<(), Malformed>, Unexpected> {
        // The first error is told, and what follows it is said all the same.
        let mut said = Ok(());
        for event in envelope.events.items().ok_or(Unexpected)? {
            let told = self.on_event(event?, envelope, now, out);
            said = said.and(told);
            if !self.tracks.is_following() {
                break;
            }
        }
        Ok(said)
    }

    fn on_event(
        &mut self,
        event: Value<'_>,
        envelope: &Envelope<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let is_book = envelope.channel == b"l2_data";
        let list = if is_book { &b"updates"[..] } else { b"trades" };
        let Some(event) = Event::read(event, list) else {
            let error = malformed("an event", event);
            return Err(self.tracks.unreadable(error, now, out));
        };
        if is_book {
            let place = match self.tracks.heard_of(event.product, now) {
                Ok(place) => place,
                // Its number was the next one: of which book something is missing cannot be known.
                Err(error) => return Err(self.tracks.unreadable(error, now, out)),
            };
            let said = self.on_levels(place, &event, envelope.ts, now, out);
            said.map_err(|error| {
                let error = self.tracks.malformed(place, error, now, out);
                self.tracks.unreadable(error, now, out)
            })
        } else {
            self.on_trades(&event, now, out)
        }
    }

    fn on_levels(
        &mut self,
        place: usize,
        event: &Event<'_>,
        ts: TimestampNs,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let mut update = out.depth();
        if levels(event.list, &mut update) != Ok(true) {
            out.recycle(update);
            return Err(malformed("updates", event.list));
        }
        let is_snapshot = match event.kind {
            b"snapshot" => true,
            b"update" => false,
            other => return Err(Malformed::new("snapshot or update", other)),
        };
        self.on_changes(place, is_snapshot, update, ts, now, out);
        Ok(())
    }

    /// The whole book, or levels that have changed.
    fn on_changes(
        &mut self,
        place: usize,
        is_snapshot: bool,
        update: Box<DepthUpdate>,
        ts: TimestampNs,
        now: TimestampNs,
        out: &mut Output,
    ) {
        let product = &mut self.products[place];
        if !is_snapshot && !product.is_whole {
            out.recycle(update);
            self.tracks.gap(place, now, out);
            self.tracks
                .reconnect("changes of a book that was not stated", now, out);
            return;
        }
        product.is_whole = true;
        let data = if self.channels.book == BookChannel::Touch {
            if is_snapshot {
                product.book.replace(&update);
            } else {
                product.book.apply(&update);
            }
            out.recycle(update);
            let (Some(bid), Some(ask)) = product.book.touch() else {
                product.touch = None;
                self.tracks.lose(place, now, out);
                return;
            };
            if product.touch.replace((bid, ask)) == Some((bid, ask)) && !is_snapshot {
                // Deeper in the book.
                self.tracks.spoke(place, ts, now, out);
                return;
            }
            MarketData::Quote(touch(bid, ask))
        } else if is_snapshot {
            MarketData::DepthSnapshot(update)
        } else {
            MarketData::DepthDelta(update)
        };
        if self.tracks.say(place, ts, data, now, out).is_lost() {
            self.tracks
                .reconnect("a book that cannot be followed", now, out);
        }
    }

    /// Prints of one event, of any products, newest first; told oldest first.
    fn on_trades(
        &mut self,
        event: &Event<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let mut prints = std::mem::take(&mut self.prints);
        prints.clear();
        let read = read_prints(event.list, &self.tracks, &mut prints);
        if let Err(error) = read {
            self.prints = prints;
            return Err(self.tracks.unreadable(error, now, out));
        }
        self.on_prints(prints, event.kind == b"snapshot", now, out);
        Ok(())
    }

    /// Prints in any order, which are new unless they were before the subscription; keeps their memory.
    fn on_prints(
        &mut self,
        mut prints: Vec<Print>,
        is_snapshot: bool,
        now: TimestampNs,
        out: &mut Output,
    ) {
        prints.sort_unstable_by_key(|print| (print.place, print.id));
        for print in &prints {
            let place = print.place;
            self.tracks.heard(place, now);
            let newest = &mut self.products[place].newest_trade;
            if print.id <= *newest {
                self.tracks.repeated(place);
                continue;
            }
            *newest = print.id;
            if !is_snapshot {
                let data = MarketData::Trade(print.trade);
                self.tracks.say(place, print.ts, data, now, out);
            }
        }
        self.prints = prints;
    }
}

impl Adapter for Coinbase {
    fn name(&self) -> &'static str {
        "coinbase"
    }

    fn stream(&self) -> Stream {
        Stream::WebSocket {
            path: String::from("/"),
        }
    }

    fn watch(&mut self, stale_after: Duration) {
        self.tracks.watch(stale_after);
    }

    fn opened(&mut self, now: TimestampNs, out: &mut Output) {
        self.tracks.opened(now, out);
        self.sequence = None;
        self.opened_at = now;
        self.heard_at = now;
        for product in &mut self.products {
            product.is_whole = false;
            product.book.clear();
            product.touch = None;
        }
        let symbols = self.tracks.listings().iter();
        let products: Vec<_> = symbols.map(|listing| quoted(&listing.symbol)).collect();
        let products = products.join(",");
        // A message for each channel; a connection without one within five seconds is closed.
        out.send(String::from(
            r#"{"type":"subscribe","channel":"heartbeats"}"#,
        ));
        let channels = [
            Some("level2"),
            self.channels.trades.then_some("market_trades"),
        ];
        for channel in channels.into_iter().flatten() {
            out.send(format!(
                r#"{{"type":"subscribe","product_ids":[{products}],"channel":"{channel}"}}"#
            ));
        }
    }

    fn closed(&mut self, now: TimestampNs, out: &mut Output) {
        self.tracks.closed(now, out);
    }

    fn message(
        &mut self,
        bytes: &mut [u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let bytes = &*bytes;
        if !self.tracks.is_following() {
            return Ok(());
        }
        self.heard_at = now;
        if let Some((envelope, changes)) = Changes::expected(bytes, out) {
            let Changes {
                product,
                is_snapshot,
                update,
            } = changes;
            if !self.is_next(&envelope, now, out) {
                out.recycle(update);
                return Ok(());
            }
            let place = match self.tracks.heard_of(product, now) {
                Ok(place) => place,
                Err(error) => {
                    out.recycle(update);
                    return Err(self.tracks.unreadable(error, now, out));
                }
            };
            self.on_changes(place, is_snapshot, update, envelope.ts, now, out);
            return Ok(());
        }
        self.prints.clear();
        if let Some((envelope, is_snapshot)) =
            message::expected_prints(bytes, &self.tracks, &mut self.prints)
        {
            if self.is_next(&envelope, now, out) {
                let prints = std::mem::take(&mut self.prints);
                self.on_prints(prints, is_snapshot, now, out);
            }
            return Ok(());
        }
        let Some(envelope) = Envelope::read(bytes) else {
            if is_refusal(bytes) {
                return Err(Malformed::new("no refusal", bytes));
            }
            let error = Malformed::new("a message of a channel", bytes);
            return Err(self.tracks.unreadable(error, now, out));
        };
        if !self.is_next(&envelope, now, out) {
            return Ok(());
        }
        match envelope.channel {
            b"l2_data" | b"market_trades" => {}
            b"heartbeats" | b"subscriptions" => return Ok(()),
            _ => {
                let error = Malformed::new("a channel that was subscribed to", bytes);
                return Err(self.tracks.unreadable(error, now, out));
            }
        }
        let said = self.on_events(&envelope, now, out);
        said.unwrap_or_else(|Unexpected| {
            let error = Malformed::new("events", bytes);
            Err(self.tracks.unreadable(error, now, out))
        })
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Output) {
        if !self.tracks.is_following() {
            return;
        }
        if since(&mut self.heard_at, now) > SILENCE_NS_MAX {
            self.tracks.reconnect("no heartbeat", now, out);
        } else if since(&mut self.opened_at, now) > BOOK_NS_MAX
            && self.products.iter().any(|product| !product.is_whole)
        {
            self.tracks.reconnect("a book was not stated", now, out);
        }
        self.tracks.tick(now, out);
    }

    fn health(&self) -> &[Health] {
        self.tracks.health()
    }
}

#[cfg(test)]
mod tests;
