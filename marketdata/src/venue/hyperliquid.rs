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

pub use local::LocalHyperliquid;

use std::time::Duration;

use types::{Aggressor, Level, MarketData, Quote, TimestampNs, Trade};

use crate::feed::{
    Action, Adapter, Addresses, BookChannel, Channels, FetchId, Fields, Health, Listing, Malformed,
    Output, Pace, Prints, Reader, Screened, State, Stream, TooMany, Tracks, Unexpected, Value,
    named_levels, quoted, timestamp_ms,
};

/// Streams and documents of the main network.
pub const MAINNET: Addresses = Addresses {
    stream: "wss://api.hyperliquid.xyz",
    rest: "https://api.hyperliquid.xyz",
};
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
    /// Open, and no other connection asked for.
    is_following: bool,
    heard_at: TimestampNs,
    /// When the newest answer to a subscription came: they leave one by one.
    subscribed_at: TimestampNs,
    /// A ping that has no answer yet.
    pinged_at: Option<TimestampNs>,
}

#[derive(Debug, Default)]
struct Coin {
    /// Time of the newest book or touch of this connection.
    newest: Option<TimestampNs>,
    /// When that came.
    stated_at: TimestampNs,
    prints: Prints,
}

/// A book or touch.
struct Stated<'a> {
    coin: &'a [u8],
    ts: TimestampNs,
    /// Bids and asks: arrays of levels, or one level each.
    sides: Value<'a>,
}

impl Hyperliquid {
    /// A connection for these listings.
    pub fn new(listings: Vec<Listing>, channels: Channels) -> Self {
        Self {
            channels,
            coins: listings.iter().map(|_| Coin::default()).collect(),
            tracks: Tracks::new(listings),
            is_following: false,
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

    /// Since when a book is waited for: none is, of a coin that may not have been subscribed to yet.
    fn waits_since(&self, coin: &Coin) -> TimestampNs {
        match coin.newest {
            Some(_) => coin.stated_at,
            None => self.subscribed_at,
        }
    }

    /// Everything is stated again on another connection; nothing of this one counts any more.
    #[cold]
    fn reconnect(&mut self, reason: &'static str, now: TimestampNs, out: &mut Output) {
        self.is_following = false;
        self.tracks.lose_all(State::Syncing, now, out);
        out.actions.push(Action::Reconnect { reason });
    }

    /// The place of a book or touch that is newer than what is known.
    fn newer(&mut self, stated: &Stated<'_>, now: TimestampNs) -> Result<Option<usize>, Malformed> {
        let place = self
            .tracks
            .find(stated.coin)
            .ok_or_else(|| Malformed::new("a coin that was subscribed to", stated.coin))?;
        self.tracks.heard(place, now);
        let coin = &mut self.coins[place];
        if coin.newest.is_some_and(|newest| stated.ts <= newest) {
            self.tracks.health_mut(place).counters.repeated += 1;
            return Ok(None);
        }
        coin.newest = Some(stated.ts);
        coin.stated_at = now;
        Ok(Some(place))
    }

    fn on_book(
        &mut self,
        data: Value<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let Some(stated) = Stated::read(data, b"levels") else {
            self.reconnect("a message that cannot be read", now, out);
            return Err(malformed("a book", data));
        };
        let Some(place) = self.newer(&stated, now)? else {
            return Ok(());
        };
        let mut update = out.depth();
        let read = pair(stated.sides).and_then(|(bids, asks)| {
            levels(bids, &mut update.bids)?;
            levels(asks, &mut update.asks)
        });
        if read.is_none() {
            let error = malformed("levels", stated.sides);
            return Err(self.tracks.malformed(place, error, now, out));
        }
        // A book that cannot be is told lost, and the next one states it again.
        let data = MarketData::DepthSnapshot(update);
        self.tracks.say(place, stated.ts, data, now, out);
        Ok(())
    }

    fn on_touch(
        &mut self,
        data: Value<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let Some(stated) = Stated::read(data, b"bbo") else {
            self.reconnect("a message that cannot be read", now, out);
            return Err(malformed("a touch", data));
        };
        let Some(place) = self.newer(&stated, now)? else {
            return Ok(());
        };
        let Some((bid, ask)) = pair(stated.sides) else {
            let error = malformed("bid and ask", stated.sides);
            return Err(self.tracks.malformed(place, error, now, out));
        };
        if bid == Value::Literal(b"null") || ask == Value::Literal(b"null") {
            // A side without orders.
            self.tracks.lose(place, State::Syncing, now, out);
            return Ok(());
        }
        let (Some(bid), Some(ask)) = (level(bid), level(ask)) else {
            let error = malformed("bid and ask", stated.sides);
            return Err(self.tracks.malformed(place, error, now, out));
        };
        let quote = MarketData::Quote(Quote {
            bid: bid.price,
            bid_qty: bid.qty,
            ask: ask.price,
            ask_qty: ask.qty,
        });
        self.tracks.say(place, stated.ts, quote, now, out);
        Ok(())
    }

    fn on_trades(
        &mut self,
        data: Value<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let mut reader = data.reader();
        reader.array().map_err(|_| malformed("trades", data))?;
        while reader.item().map_err(|_| malformed("trades", data))? {
            let read = print(&mut reader).ok().flatten();
            let (coin, ts, id, trade) = read.ok_or_else(|| malformed("a trade", data))?;
            let place = self
                .tracks
                .find(coin)
                .ok_or_else(|| Malformed::new("a coin that was subscribed to", coin))?;
            self.tracks.heard(place, now);
            if self.coins[place].prints.is_new(ts, id) {
                let said = self
                    .tracks
                    .say(place, ts, MarketData::Trade(trade), now, out);
                debug_assert_ne!(said, Screened::Lost, "a print loses nothing");
            } else {
                self.tracks.health_mut(place).counters.repeated += 1;
            }
        }
        Ok(())
    }
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

    fn opened(&mut self, now: TimestampNs, out: &mut Output) {
        self.tracks.lose_all(State::Syncing, now, out);
        self.is_following = true;
        (self.heard_at, self.subscribed_at) = (now, now);
        self.pinged_at = None;
        for coin in &mut self.coins {
            coin.newest = None;
            coin.stated_at = now;
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
        self.is_following = false;
        self.tracks.lose_all(State::Down, now, out);
    }

    fn message(
        &mut self,
        bytes: &mut [u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let bytes = &*bytes;
        if !self.is_following {
            return Ok(());
        }
        self.heard_at = now;
        self.pinged_at = None;
        let Some((channel, data)) = envelope(bytes) else {
            self.reconnect("a message that cannot be read", now, out);
            return Err(Malformed::new("a message of a channel", bytes));
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

    fn answer(
        &mut self,
        _: FetchId,
        _: Option<&mut [u8]>,
        _: TimestampNs,
        _: &mut Output,
    ) -> Result<(), Malformed> {
        // Nothing is fetched.
        Ok(())
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Output) {
        if !self.is_following {
            return;
        }
        let since = |then: TimestampNs| now.0.saturating_sub(then.0);
        match self.pinged_at {
            Some(pinged) if since(pinged) > PONG_NS_MAX => {
                return self.reconnect("no answer to a ping", now, out);
            }
            None if since(self.heard_at) > QUIET_NS => {
                self.pinged_at = Some(now);
                out.send(String::from(r#"{"method":"ping"}"#));
            }
            _ => {}
        }
        if self.channels.book == BookChannel::Depth
            && let Some(place) =
                (self.coins.iter()).position(|coin| since(self.waits_since(coin)) > BOOK_NS_MAX)
        {
            self.tracks.gap(place, now, out);
            self.reconnect("a book is not stated any more", now, out);
        }
    }

    fn health(&self) -> &[Health] {
        self.tracks.health()
    }
}

/// Channel and data of a message.
#[inline]
fn envelope(bytes: &[u8]) -> Option<(&[u8], Option<Value<'_>>)> {
    let (mut channel, mut data) = (None, None);
    for field in Fields::of(bytes)? {
        let (key, value) = field.ok()?;
        match key {
            b"channel" => channel = value.scalar(),
            b"data" => data = Some(value),
            _ => {}
        }
    }
    Some((channel?, data))
}

impl<'a> Stated<'a> {
    #[inline]
    fn read(data: Value<'a>, name: &[u8]) -> Option<Self> {
        let (mut coin, mut ts, mut sides) = (None, None, None);
        for field in data.fields()? {
            let (key, value) = field.ok()?;
            match key {
                b"coin" => coin = value.scalar(),
                b"time" => ts = timestamp_ms(value.scalar()?).ok(),
                key if key == name => sides = Some(value),
                _ => {}
            }
        }
        Some(Self {
            coin: coin?,
            ts: ts?,
            sides: sides?,
        })
    }
}

/// The two items of an array.
#[inline]
fn pair(value: Value<'_>) -> Option<(Value<'_>, Value<'_>)> {
    let mut items = value.items()?;
    let pair = (items.next()?.ok()?, items.next()?.ok()?);
    items.next().is_none().then_some(pair)
}

/// `[{"px":"1","sz":"2","n":3},...]`.
#[inline]
fn levels(side: Value<'_>, into: &mut Vec<Level>) -> Option<()> {
    let read = named_levels(&mut side.reader(), (b"px", b"sz"), into);
    (read == Ok(true)).then_some(())
}

#[inline]
fn level(value: Value<'_>) -> Option<Level> {
    let mut reader = value.reader();
    let (mut at, mut quantity) = (None, None);
    reader.object().ok()?;
    while let Some(key) = reader.key().ok()? {
        match key {
            b"px" => at = reader.price().ok()?,
            b"sz" => quantity = reader.qty().ok()?,
            _ => reader.skip().ok()?,
        }
    }
    Some(Level {
        price: at?,
        qty: quantity?,
    })
}

/// Coin, time, id and what it was.
type Print<'a> = (&'a [u8], TimestampNs, u64, Trade);

/// A print, if it has all of that.
#[inline]
fn print<'a>(reader: &mut Reader<'a>) -> Result<Option<Print<'a>>, Unexpected> {
    let (mut coin, mut ts, mut id) = (None, None, None);
    let (mut at, mut quantity, mut aggressor) = (None, None, Aggressor::Unknown);
    reader.object()?;
    while let Some(key) = reader.key()? {
        match key {
            b"coin" => coin = Some(reader.scalar()?),
            b"time" => ts = reader.timestamp_ms()?,
            b"tid" => id = reader.unsigned()?,
            b"px" => at = reader.price()?,
            b"sz" => quantity = reader.qty()?,
            // Of the aggressor: B buys, A sells.
            b"side" => {
                aggressor = match reader.scalar()? {
                    b"B" => Aggressor::Buyer,
                    b"A" => Aggressor::Seller,
                    _ => Aggressor::Unknown,
                }
            }
            _ => reader.skip()?,
        }
    }
    let trade = at.zip(quantity).map(|(price, qty)| Trade {
        price,
        qty,
        aggressor,
    });
    let read = || Some((coin?, ts?, id?, trade?));
    Ok(read())
}

#[cold]
fn malformed(what: &'static str, value: Value<'_>) -> Malformed {
    Malformed::new(what, value.bytes())
}

#[cfg(test)]
mod tests;
