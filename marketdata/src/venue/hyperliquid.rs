//! Hyperliquid.
//!
//! Subscriptions and the forms of messages
//! <https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/websocket/subscriptions>,
//! heartbeats
//! <https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/websocket/timeouts-and-heartbeats>,
//! limits <https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/rate-limits-and-user-limits>,
//! what a side means <https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/notation>.
//!
//! `l2Book` states the whole book of the best 20 levels on each block that is half a second after the last one
//! stated, so that nothing can be missing from a book: one that comes is the book, one that is not newer is late
//! and changes nothing, and one that is not stated any more makes the instrument lost. `bbo` comes only on blocks
//! that change the touch. A connection on which the venue says nothing for a minute is closed by it; a ping is
//! answered at all times.
//!
//! What cannot be seen: messages have no sequence numbers, so that a touch or print that is missing is not
//! noticed. Ids of prints do not ascend; prints are told by time, and those of one time by their ids.

mod local;
mod message;

pub use local::LocalHyperliquid;

use std::time::Duration;

use types::{DepthUpdate, MarketData, TimestampNs};

use message::{Print, Stated, envelope, level, levels, malformed, pair};

use crate::feed::{
    Adapter, Addresses, BookChannel, Channels, Health, Listing, Malformed, Mark, Output, Pace,
    Prints, Reader, Restate, Screened, Stream, TooMany, Tracks, Unexpected, Value, quoted, since,
    touch,
};

/// Streams and documents of the main network.
pub const MAINNET: Addresses = Addresses {
    stream: "wss://api.hyperliquid.xyz",
    rest: "https://api.hyperliquid.xyz",
};
/// Levels of each side that a book has.
pub const DEPTH: usize = 20;
/// So many subscriptions of one IP address are taken, each in a message of its own.
pub const SUBSCRIPTIONS_MAX: usize = 1_000;
/// From one message to the next: of the 2,000 a minute that an IP address may send, this takes 1,200.
const SEND_EVERY: Duration = Duration::from_millis(50);

/// A ping is due after so long without a message.
const QUIET_NS: u64 = 20_000_000_000;
/// Without an answer to it by then the connection is dead.
const PONG_NS_MAX: u64 = 10_000_000_000;
/// A book that was not stated for so long is not stated any more.
const BOOK_NS_MAX: u64 = 15_000_000_000;

/// The protocol of one connection.
#[derive(Debug)]
pub struct Hyperliquid {
    channels: Channels,
    tracks: Tracks,
    coins: Vec<Coin>,
    heard_at: TimestampNs,
    /// When the newest answer to a subscription came: they leave one by one.
    subscribed_at: TimestampNs,
    /// A ping that has no answer yet.
    pinged_at: Option<TimestampNs>,
}

#[derive(Debug)]
struct Coin {
    /// When to subscribe to its touch again, of which nothing has come yet: a request may be refused, or lost.
    touch: Restate,
    /// Time of the newest book or touch of this connection.
    newest: Option<TimestampNs>,
    /// When that came.
    stated_at: TimestampNs,
    prints: Prints,
}

impl Coin {
    fn new() -> Self {
        Self {
            touch: Restate::UNASKED,
            newest: None,
            stated_at: TimestampNs(0),
            prints: Prints::default(),
        }
    }
}

impl Hyperliquid {
    /// A connection for these listings.
    pub fn new(listings: Vec<Listing>, channels: Channels) -> Self {
        let count = listings.len();
        let mut tracks = Tracks::new(listings, "a coin that was subscribed to");
        for place in 0..count {
            tracks.shows(place, DEPTH);
        }
        Self {
            channels,
            coins: (0..count).map(|_| Coin::new()).collect(),
            tracks,
            heard_at: TimestampNs(0),
            subscribed_at: TimestampNs(0),
            pinged_at: None,
        }
    }

    fn channels(&self) -> impl Iterator<Item = &'static str> + use<> {
        let book = match self.channels.book {
            BookChannel::Touch => "bbo",
            BookChannel::Depth => "l2Book",
        };
        let channels = [Some(book), self.channels.trades.then_some("trades")];
        channels.into_iter().flatten()
    }

    /// The place of a book or touch that is newer than what is known.
    fn newer(
        &mut self,
        coin: &[u8],
        ts: TimestampNs,
        now: TimestampNs,
    ) -> Result<Option<usize>, Malformed> {
        let place = self.tracks.heard_of(coin, now)?;
        let coin = &mut self.coins[place];
        if coin.newest.is_some_and(|newest| ts <= newest) {
            self.tracks.repeated(place);
            return Ok(None);
        }
        coin.newest = Some(ts);
        coin.stated_at = now;
        coin.touch.live();
        Ok(Some(place))
    }

    fn on_book(
        &mut self,
        data: Value<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let Some(stated) = Stated::read(data, b"levels") else {
            let error = malformed("a book", data);
            return Err(self.tracks.unreadable(error, now, out));
        };
        let Some(place) = self.newer(stated.coin, stated.ts, now)? else {
            return Ok(());
        };
        let mut update = out.depth();
        let read = pair(stated.sides).and_then(|(bids, asks)| {
            levels(bids, &mut update.bids)?;
            levels(asks, &mut update.asks)
        });
        if read.is_none() {
            out.recycle(update);
            let error = malformed("levels", stated.sides);
            return Err(self.tracks.malformed(place, error, now, out));
        }
        self.say_book(place, stated.ts, update, now, out);
        Ok(())
    }

    /// A book that cannot be is told lost, and the next one states it again.
    fn say_book(
        &mut self,
        place: usize,
        ts: TimestampNs,
        update: Box<DepthUpdate>,
        now: TimestampNs,
        out: &mut Output,
    ) {
        let data = MarketData::DepthSnapshot(update);
        self.tracks.say(place, ts, data, now, out);
    }

    fn on_touch(
        &mut self,
        data: Value<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let Some(stated) = Stated::read(data, b"bbo") else {
            let error = malformed("a touch", data);
            return Err(self.tracks.unreadable(error, now, out));
        };
        let Some(place) = self.newer(stated.coin, stated.ts, now)? else {
            return Ok(());
        };
        let Some((bid, ask)) = pair(stated.sides) else {
            let error = malformed("bid and ask", stated.sides);
            return Err(self.tracks.malformed(place, error, now, out));
        };
        if bid == Value::Literal(b"null") || ask == Value::Literal(b"null") {
            // A side without orders.
            self.tracks.lose(place, now, out);
            return Ok(());
        }
        let (Some(bid), Some(ask)) = (level(bid), level(ask)) else {
            let error = malformed("bid and ask", stated.sides);
            return Err(self.tracks.malformed(place, error, now, out));
        };
        let quote = MarketData::Quote(touch(bid, ask));
        self.tracks.say(place, stated.ts, quote, now, out);
        Ok(())
    }

    fn on_trades(
        &mut self,
        data: Value<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        if read_prints(data.reader(), |_| ()).is_err() {
            return Err(self.tracks.unreadable(malformed("trades", data), now, out));
        }
        // The first error is told, and what follows it is said all the same.
        let mut said = Ok(());
        let read = read_prints(data.reader(), |print| {
            let print = print.ok_or_else(|| malformed("a trade", data));
            let told = print.and_then(|print| self.on_print(&print, now, out));
            if said.is_ok() {
                said = told;
            }
        });
        debug_assert!(read.is_ok(), "what was read before is read again");
        said
    }

    fn on_print(
        &mut self,
        print: &Print<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let place = self.tracks.heard_of(print.coin, now)?;
        if self.coins[place].prints.is_new(print.ts, print.id) {
            let data = MarketData::Trade(print.trade);
            let said = self.tracks.say(place, print.ts, data, now, out);
            debug_assert_ne!(said, Screened::Lost, "a print loses nothing");
        } else {
            self.tracks.repeated(place);
        }
        Ok(())
    }
}

/// Gives the prints of an array one by one: `None` of one that lacks something.
fn read_prints<'a>(
    mut reader: Reader<'a>,
    mut print: impl FnMut(Option<Print<'a>>),
) -> Result<(), Unexpected> {
    reader.array()?;
    while reader.item()? {
        print(Print::read(&mut reader)?);
    }
    Ok(())
}

impl Adapter for Hyperliquid {
    fn name(&self) -> &'static str {
        "hyperliquid"
    }

    fn stream(&self) -> Stream {
        Stream::WebSocket {
            path: String::from("/ws"),
        }
    }

    fn check(&self) -> Result<(), TooMany> {
        let subscriptions = self.tracks.listings().len() * self.channels().count();
        if subscriptions > SUBSCRIPTIONS_MAX {
            return Err(TooMany {
                feed: self.name(),
                what: "subscriptions",
                count: subscriptions,
                count_max: SUBSCRIPTIONS_MAX,
                limit: "subscriptions_max",
            });
        }
        Ok(())
    }

    fn pace(&self) -> Pace {
        Pace {
            send_every: SEND_EVERY,
            ..Pace::default()
        }
    }

    fn watch(&mut self, stale_after: Duration) {
        self.tracks.watch(stale_after);
    }

    fn opened(&mut self, now: TimestampNs, out: &mut Output) {
        self.tracks.opened(now, out);
        (self.heard_at, self.subscribed_at) = (now, now);
        self.pinged_at = None;
        let channels = self.channels().count();
        for (place, coin) in self.coins.iter_mut().enumerate() {
            coin.newest = None;
            coin.stated_at = now;
            // Requests leave one by one.
            let after = (place * channels) as u64 * SEND_EVERY.as_nanos() as u64;
            let asked = TimestampNs(now.0.saturating_add(after));
            coin.touch = Restate::queued(now, asked);
        }
        for listing in self.tracks.listings() {
            for channel in self.channels() {
                let coin = quoted(&listing.symbol);
                out.send(format!(
                    r#"{{"method":"subscribe","subscription":{{"type":"{channel}","coin":{coin}}}}}"#
                ));
            }
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
        self.pinged_at = None;
        if let Some((coin, ts, quote)) = message::expected_touch(bytes) {
            if let Some(place) = self.newer(coin, ts, now)? {
                let data = MarketData::Quote(quote);
                self.tracks.say(place, ts, data, now, out);
            }
            return Ok(());
        }
        if let Some(prints) = message::expected_prints(bytes) {
            let mut said = Ok(());
            for print in prints {
                said = said.and(self.on_print(&print, now, out));
            }
            return said;
        }
        if let Some((coin, ts, update)) = message::expected_book(bytes, out) {
            match self.newer(coin, ts, now) {
                Ok(Some(place)) => self.say_book(place, ts, update, now, out),
                late => {
                    out.recycle(update);
                    return late.map(|_| ());
                }
            }
            return Ok(());
        }
        let Some((channel, data)) = envelope(bytes) else {
            let error = Malformed::new("a message of a channel", bytes);
            return Err(self.tracks.unreadable(error, now, out));
        };
        match (channel, data) {
            (b"l2Book", Some(data)) => self.on_book(data, now, out),
            (b"bbo", Some(data)) => self.on_touch(data, now, out),
            (b"trades", Some(data)) => self.on_trades(data, now, out),
            (b"error", _) => Err(Malformed::new("no refusal", bytes)),
            (b"subscriptionResponse", _) => {
                self.subscribed_at = now;
                Ok(())
            }
            // pong.
            _ => Ok(()),
        }
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Output) {
        if !self.tracks.is_following() {
            return;
        }
        let unanswered = self.pinged_at.as_mut().map(|pinged| since(pinged, now));
        match unanswered {
            Some(waited) if waited > PONG_NS_MAX => {
                return self.tracks.reconnect("no answer to a ping", now, out);
            }
            None if since(&mut self.heard_at, now) > QUIET_NS => {
                self.pinged_at = Some(now);
                out.send(String::from(r#"{"method":"ping"}"#));
            }
            _ => {}
        }
        let subscribed = since(&mut self.subscribed_at, now);
        // None is waited for, of a coin that may not have been subscribed to yet.
        let waits = |coin: &mut Coin| match coin.newest {
            Some(_) => since(&mut coin.stated_at, now),
            None => subscribed,
        };
        if self.channels.book == BookChannel::Depth
            && let Some(place) = (self.coins.iter_mut()).position(|coin| waits(coin) > BOOK_NS_MAX)
        {
            self.tracks.gap(place, now, out);
            self.tracks
                .reconnect("a book is not stated any more", now, out);
        }
        if self.channels.book == BookChannel::Touch {
            for (coin, listing) in self.coins.iter_mut().zip(self.tracks.listings()) {
                if coin.touch.is_due(now) {
                    let coin = quoted(&listing.symbol);
                    // Where only the answer was lost, it would be subscribed to already.
                    for method in ["unsubscribe", "subscribe"] {
                        out.send(format!(
                            r#"{{"method":"{method}","subscription":{{"type":"bbo","coin":{coin}}}}}"#
                        ));
                    }
                }
            }
        }
        self.tracks.tick(now, out);
    }

    fn health(&self) -> &[Health] {
        self.tracks.health()
    }

    fn mark(&self, place: usize) -> Mark {
        Mark {
            time: self.coins[place].newest.unwrap_or_default(),
            ..Mark::default()
        }
    }
}

#[cfg(test)]
mod tests;
