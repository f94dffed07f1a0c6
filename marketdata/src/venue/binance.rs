//! Binance spot and USD-M futures.
//!
//! The rules of the book are those of "How to manage a local order book correctly":
//! spot <https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams>,
//! futures <https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/How-to-manage-a-local-order-book-correctly>.
//! Both buffer the stream, get a snapshot, drop what the snapshot has, and go on from it. They differ in how one
//! event follows another: on spot the first id is at most one after the last known, on futures every event names
//! the one before (`pu`).

mod local;

pub use local::LocalBinance;

use types::{Aggressor, DepthUpdate, MarketData, Price, Qty, Quote, TimestampNs, Trade};

use crate::feed::{
    Action, Adapter, Addresses, BookChannel, Channels, FetchId, Health, Listing, Malformed, Output,
    Reader, Screened, State, Stream, Tracks, Unexpected, levels,
};

/// Spot: streams and REST.
pub const SPOT: Addresses = Addresses {
    stream: "wss://stream.binance.com:9443",
    rest: "https://api.binance.com",
};
/// USD-M futures: streams and REST.
pub const FUTURES: Addresses = Addresses {
    stream: "wss://fstream.binance.com",
    rest: "https://fapi.binance.com",
};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Spot.
    Spot,
    /// USD-M futures.
    Futures,
}

/// Events that wait for a snapshot; more mean that it is too late.
const BUFFERED_MAX: usize = 4_096;
/// From a failed or late snapshot to the next one.
const RETRY_NS: u64 = 1_000_000_000;
/// A snapshot that has not come by then does not come.
const ANSWER_NS_MAX: u64 = 10_000_000_000;

/// The protocol of one connection.
#[derive(Debug)]
pub struct Binance {
    product: Product,
    channels: Channels,
    tracks: Tracks,
    books: Vec<Sync>,
    /// Newest trade id and newest touch id, by listing.
    newest: Vec<Newest>,
    next_fetch: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Newest {
    trade: u64,
    touch: u64,
}

/// Where a book is between stream and snapshot.
#[derive(Debug, Default)]
enum Sync {
    /// Not subscribed, or not connected.
    #[default]
    Off,
    /// Events gather until the snapshot is there.
    Buffering {
        events: Vec<Delta>,
        /// The snapshot that is on its way, and since when.
        asked: Option<(FetchId, TimestampNs)>,
        /// When to ask again.
        retry_at: TimestampNs,
    },
    /// Every event follows the one before.
    Following {
        /// The last update that the book has.
        last: u64,
        /// No event has come since the snapshot.
        is_fresh: bool,
    },
}

/// A `depthUpdate`.
#[derive(Debug, Default)]
struct Delta {
    ts: TimestampNs,
    first: u64,
    last: u64,
    /// The last update of the event before it; futures only.
    previous: Option<u64>,
    update: Box<DepthUpdate>,
}

/// How an event stands to a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follows {
    /// The book has it already.
    Old,
    /// It is the next.
    Next,
    /// Something is missing between.
    Gap,
}

impl Product {
    /// Whether an event follows what a book has up to `last`.
    fn follows(self, delta: &Delta, last: u64, is_fresh: bool) -> Follows {
        match self {
            Self::Spot if delta.last <= last => Follows::Old,
            Self::Spot if delta.first <= last.saturating_add(1) => Follows::Next,
            // The event that the snapshot is within; those before it are dropped.
            Self::Futures if delta.last < last => Follows::Old,
            Self::Futures if is_fresh && delta.first <= last => Follows::Next,
            Self::Futures if !is_fresh && delta.last == last => Follows::Old,
            // A snapshot may end exactly where an event begins.
            Self::Futures if delta.previous == Some(last) => Follows::Next,
            _ => Follows::Gap,
        }
    }

    /// The product of a feed's name.
    pub(crate) fn of(feed: &str) -> Option<Self> {
        match feed {
            "binance-spot" => Some(Self::Spot),
            "binance-futures" => Some(Self::Futures),
            _ => None,
        }
    }

    const fn snapshot_path(self) -> &'static str {
        match self {
            Self::Spot => "/api/v3/depth",
            Self::Futures => "/fapi/v1/depth",
        }
    }

    /// Path and query of a symbol's snapshot.
    pub(crate) fn snapshot_request(self, symbol: &str) -> String {
        format!("{}?symbol={symbol}&limit=1000", self.snapshot_path())
    }

    const fn depth_stream(self) -> &'static str {
        match self {
            Self::Spot => "@depth@100ms",
            Self::Futures => "@depth",
        }
    }
}

impl Binance {
    /// A connection for these listings.
    pub fn new(product: Product, listings: Vec<Listing>, channels: Channels) -> Self {
        let count = listings.len();
        Self {
            product,
            channels,
            tracks: Tracks::new(listings),
            books: (0..count).map(|_| Sync::Off).collect(),
            newest: vec![Newest::default(); count],
            next_fetch: 0,
        }
    }

    /// Forgets a book and gathers events for a new one.
    fn resync(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        self.books[place] = Sync::Buffering {
            events: Vec::new(),
            asked: None,
            retry_at: now,
        };
        self.ask(place, now, out);
    }

    /// Asks for a snapshot.
    fn ask(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        let symbol = &self.tracks.listings()[place].symbol;
        let path = self.product.snapshot_request(symbol);
        self.next_fetch += 1;
        let id = FetchId(self.next_fetch);
        if let Sync::Buffering { asked, .. } = &mut self.books[place] {
            *asked = Some((id, now));
            out.actions.push(Action::Fetch { id, path });
        }
    }

    fn gap(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        self.tracks.gap(place, now, out);
        self.resync(place, now, out);
    }

    fn on_delta(&mut self, place: usize, delta: Delta, now: TimestampNs, out: &mut Output) {
        match &mut self.books[place] {
            Sync::Off => {}
            Sync::Buffering { events, asked, .. } if events.len() < BUFFERED_MAX => {
                events.push(delta);
                // The stream has begun: what it does not have, a snapshot of now has.
                if events.len() == 1 && asked.is_none() {
                    self.ask(place, now, out);
                }
            }
            Sync::Buffering { .. } => self.resync(place, now, out),
            Sync::Following { last, is_fresh } => {
                match self.product.follows(&delta, *last, *is_fresh) {
                    Follows::Old => self.tracks.health_mut(place).counters.repeated += 1,
                    Follows::Next => {
                        *last = delta.last;
                        *is_fresh = false;
                        let data = MarketData::DepthDelta(delta.update);
                        if self.tracks.say(place, delta.ts, data, now, out) == Screened::Lost {
                            self.resync(place, now, out);
                        }
                    }
                    Follows::Gap => {
                        self.gap(place, now, out);
                        self.on_delta(place, delta, now, out);
                    }
                }
            }
        }
    }

    /// The snapshot has come: it is the book, unless the stream began after it.
    fn on_snapshot(
        &mut self,
        place: usize,
        snapshot: Snapshot,
        now: TimestampNs,
        out: &mut Output,
    ) {
        let Sync::Buffering {
            events,
            asked,
            retry_at,
        } = &mut self.books[place]
        else {
            return;
        };
        let product = self.product;
        let is_old = |delta: &Delta| match product {
            Product::Spot => delta.last <= snapshot.last,
            Product::Futures => delta.last < snapshot.last,
        };
        let kept = events.iter().position(|delta| !is_old(delta));
        let first = kept.map(|kept| &events[kept]);
        let starts =
            first.is_none_or(|delta| product.follows(delta, snapshot.last, true) == Follows::Next);
        if !starts {
            // Older than the first event that came: there will be a newer one.
            *asked = None;
            *retry_at = TimestampNs(now.0.saturating_add(RETRY_NS));
            return;
        }
        let events = std::mem::take(events);
        self.books[place] = Sync::Following {
            last: snapshot.last,
            is_fresh: true,
        };
        let data = MarketData::DepthSnapshot(snapshot.update);
        let ts = snapshot.ts.unwrap_or(now);
        if self.tracks.say(place, ts, data, now, out) == Screened::Lost {
            return self.resync(place, now, out);
        }
        for delta in events.into_iter().skip(kept.unwrap_or(usize::MAX)) {
            self.on_delta(place, delta, now, out);
        }
    }

    /// Does what the payload of a stream says.
    #[inline]
    fn payload(
        &mut self,
        message: Message<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let Some(place) = self.tracks.find(message.symbol) else {
            return Err(Malformed::new(
                "a symbol that was subscribed to",
                message.symbol,
            ));
        };
        self.tracks.heard(place, now);
        let said = match message.kind() {
            Kind::Touch if self.channels.book == BookChannel::Touch => {
                self.touch(place, &message, now, out)
            }
            // Not asked for.
            Kind::Touch => Ok(()),
            Kind::Trade => self.trade(place, &message, now, out),
            Kind::Depth => message
                .delta()
                .map(|delta| self.on_delta(place, delta, now, out)),
            Kind::Other => Err(message.without("bookTicker, trade or depthUpdate")),
        };
        said.map_err(|error| {
            let error = self.tracks.malformed(place, error, now, out);
            if self.channels.book == BookChannel::Depth {
                self.resync(place, now, out);
            }
            error
        })
    }

    fn touch(
        &mut self,
        place: usize,
        message: &Message<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let newest = &mut self.newest[place].touch;
        let id = message.last.ok_or_else(|| message.without("u"))?;
        let quote = message.quote()?;
        if id <= *newest {
            self.tracks.health_mut(place).counters.repeated += 1;
            return Ok(());
        }
        *newest = id;
        let ts = message.time.unwrap_or(now);
        self.tracks
            .say(place, ts, MarketData::Quote(quote), now, out);
        Ok(())
    }

    fn trade(
        &mut self,
        place: usize,
        message: &Message<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let id = message.trade.ok_or_else(|| message.without("t"))?;
        let trade = Trade {
            price: message.price.ok_or_else(|| message.without("p"))?,
            qty: message.qty.ok_or_else(|| message.without("q"))?,
            // The buyer was resting, so that the seller crossed.
            aggressor: match message.is_buyer_maker {
                Some(true) => Aggressor::Seller,
                Some(false) => Aggressor::Buyer,
                None => Aggressor::Unknown,
            },
        };
        let ts = message.time.ok_or_else(|| message.without("T"))?;
        let newest = &mut self.newest[place].trade;
        if id <= *newest {
            self.tracks.health_mut(place).counters.repeated += 1;
            return Ok(());
        }
        *newest = id;
        self.tracks
            .say(place, ts, MarketData::Trade(trade), now, out);
        Ok(())
    }
}

impl Adapter for Binance {
    fn name(&self) -> &'static str {
        match self.product {
            Product::Spot => "binance-spot",
            Product::Futures => "binance-futures",
        }
    }

    fn stream(&self) -> Stream {
        Stream::WebSocket {
            path: String::from("/stream"),
        }
    }

    fn opened(&mut self, now: TimestampNs, out: &mut Output) {
        self.tracks.lose_all(State::Syncing, now, out);
        let book = match self.channels.book {
            BookChannel::Touch => "@bookTicker",
            BookChannel::Depth => self.product.depth_stream(),
        };
        let mut streams = Vec::new();
        for listing in self.tracks.listings() {
            let symbol = listing.symbol.to_lowercase();
            streams.push(format!("\"{symbol}{book}\""));
            if self.channels.trades {
                streams.push(format!("\"{symbol}@trade\""));
            }
        }
        let streams = streams.join(",");
        out.send(format!(
            "{{\"method\":\"SUBSCRIBE\",\"params\":[{streams}],\"id\":1}}"
        ));
        self.newest.fill(Newest::default());
        if self.channels.book == BookChannel::Depth {
            // The snapshot is asked for once the stream has begun, or of a quiet market after a while.
            for book in &mut self.books {
                *book = Sync::Buffering {
                    events: Vec::new(),
                    asked: None,
                    retry_at: TimestampNs(now.0.saturating_add(RETRY_NS)),
                };
            }
        }
    }

    fn closed(&mut self, now: TimestampNs, out: &mut Output) {
        self.tracks.lose_all(State::Down, now, out);
        self.books.fill_with(|| Sync::Off);
    }

    fn message(
        &mut self,
        bytes: &mut [u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        match Message::read(bytes, out) {
            Ok(Some(message)) => self.payload(message, now, out),
            // The answer to the subscription.
            Ok(None) => Ok(()),
            Err(Unexpected) => Err(unreadable(bytes, out)),
        }
    }

    fn answer(
        &mut self,
        fetch: FetchId,
        body: Option<&mut [u8]>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let asked = |book: &Sync| matches!(book, Sync::Buffering { asked: Some((id, _)), .. } if *id == fetch);
        let Some(place) = self.books.iter().position(asked) else {
            // Asked for before the book was lost once more.
            return Ok(());
        };
        let snapshot = match &body {
            Some(body) => Snapshot::read(body, out),
            None => Err(Malformed::new("a snapshot", b"no answer")),
        };
        match snapshot {
            Ok(snapshot) => {
                self.on_snapshot(place, snapshot, now, out);
                Ok(())
            }
            Err(error) => {
                if let Sync::Buffering {
                    asked, retry_at, ..
                } = &mut self.books[place]
                {
                    *asked = None;
                    *retry_at = TimestampNs(now.0.saturating_add(RETRY_NS));
                }
                Err(error)
            }
        }
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Output) {
        for place in 0..self.books.len() {
            let is_due = match &self.books[place] {
                Sync::Buffering {
                    asked: None,
                    retry_at,
                    ..
                } => *retry_at <= now,
                Sync::Buffering {
                    asked: Some((_, since)),
                    ..
                } => now.0.saturating_sub(since.0) > ANSWER_NS_MAX,
                _ => false,
            };
            if is_due {
                self.ask(place, now, out);
            }
        }
    }

    fn health(&self) -> &[Health] {
        self.tracks.health()
    }
}

/// Whose a message was cannot be known: everything is stated again.
#[cold]
fn unreadable(bytes: &[u8], out: &mut Output) -> Malformed {
    out.actions.push(Action::Reconnect {
        reason: "a message that cannot be read",
    });
    Malformed::new("a message of a combined stream", bytes)
}

/// A REST depth snapshot.
#[derive(Debug)]
struct Snapshot {
    last: u64,
    ts: Option<TimestampNs>,
    update: Box<DepthUpdate>,
}

impl Snapshot {
    fn read(body: &[u8], out: &mut Output) -> Result<Self, Malformed> {
        let malformed = |what| Malformed::new(what, body);
        let mut update = out.depth();
        let (mut last, mut ts) = (None, None);
        let (mut bids, mut asks) = (false, false);
        let mut reader = Reader::new(body);
        let mut read = || -> Result<(), Unexpected> {
            reader.object()?;
            while let Some(key) = reader.key()? {
                match key {
                    b"lastUpdateId" => last = reader.unsigned()?,
                    b"E" => ts = reader.timestamp_ms()?,
                    b"bids" => bids = levels(&mut reader, &mut update.bids)?,
                    b"asks" => asks = levels(&mut reader, &mut update.asks)?,
                    _ => reader.skip()?,
                }
            }
            Ok(())
        };
        read().map_err(|_| malformed("a depth snapshot"))?;
        if !bids || !asks {
            return Err(malformed("bids and asks"));
        }
        Ok(Self {
            last: last.ok_or_else(|| malformed("lastUpdateId"))?,
            ts,
            update,
        })
    }
}

/// The payload of a stream; which fields there are depends on its kind.
#[derive(Debug, Default)]
struct Message<'a> {
    /// All of the message.
    bytes: &'a [u8],
    event: &'a [u8],
    symbol: &'a [u8],
    /// `T`, or `E` where there is none.
    time: Option<TimestampNs>,
    first: Option<u64>,
    last: Option<u64>,
    previous: Option<u64>,
    /// Changed levels.
    update: Option<Box<DepthUpdate>>,
    /// The side whose levels are not all prices and quantities.
    unreadable: Option<&'static str>,
    /// The best prices, where there are no levels.
    bid: Option<Price>,
    ask: Option<Price>,
    bid_qty: Option<Qty>,
    ask_qty: Option<Qty>,
    trade: Option<u64>,
    price: Option<Price>,
    qty: Option<Qty>,
    is_buyer_maker: Option<bool>,
}

enum Kind {
    Touch,
    Trade,
    Depth,
    Other,
}

impl<'a> Message<'a> {
    /// The payload of a message, if it has one.
    #[inline]
    fn read(bytes: &'a [u8], out: &mut Output) -> Result<Option<Self>, Unexpected> {
        let mut reader = Reader::new(bytes);
        let mut message = None;
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"data" => message = Some(Self::payload(bytes, &mut reader, out)?),
                _ => reader.skip()?,
            }
        }
        Ok(message)
    }

    #[inline]
    fn payload(
        bytes: &'a [u8],
        reader: &mut Reader<'a>,
        out: &mut Output,
    ) -> Result<Self, Unexpected> {
        let mut message = Self {
            bytes,
            ..Self::default()
        };
        let mut event_time = None;
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"e" => message.event = reader.scalar()?,
                b"s" => message.symbol = reader.scalar()?,
                b"E" => event_time = reader.timestamp_ms()?,
                b"T" => message.time = reader.timestamp_ms()?,
                b"U" => message.first = reader.unsigned()?,
                b"u" => message.last = reader.unsigned()?,
                b"pu" => message.previous = reader.unsigned()?,
                b"b" if reader.peek() == Some(b'[') => {
                    let update = message.update.get_or_insert_with(|| out.depth());
                    if !levels(reader, &mut update.bids)? {
                        message.unreadable = Some("b");
                    }
                }
                b"a" if reader.peek() == Some(b'[') => {
                    let update = message.update.get_or_insert_with(|| out.depth());
                    if !levels(reader, &mut update.asks)? {
                        message.unreadable = Some("a");
                    }
                }
                b"b" => message.bid = reader.price()?,
                b"a" => message.ask = reader.price()?,
                b"B" => message.bid_qty = reader.qty()?,
                b"A" => message.ask_qty = reader.qty()?,
                b"t" => message.trade = reader.unsigned()?,
                b"p" => message.price = reader.price()?,
                b"q" => message.qty = reader.qty()?,
                b"m" => message.is_buyer_maker = Some(reader.scalar()? == b"true"),
                _ => reader.skip()?,
            }
        }
        message.time = message.time.or(event_time);
        Ok(message)
    }

    fn kind(&self) -> Kind {
        match self.event {
            b"trade" => Kind::Trade,
            b"depthUpdate" => Kind::Depth,
            // Spot's has no name.
            b"bookTicker" => Kind::Touch,
            b"" if self.bid_qty.is_some() => Kind::Touch,
            _ => Kind::Other,
        }
    }

    #[inline]
    fn quote(&self) -> Result<Quote, Malformed> {
        Ok(Quote {
            bid: self.bid.ok_or_else(|| self.without("b"))?,
            bid_qty: self.bid_qty.ok_or_else(|| self.without("B"))?,
            ask: self.ask.ok_or_else(|| self.without("a"))?,
            ask_qty: self.ask_qty.ok_or_else(|| self.without("A"))?,
        })
    }

    #[cold]
    fn without(&self, name: &'static str) -> Malformed {
        Malformed::new(name, self.bytes)
    }

    fn delta(mut self) -> Result<Delta, Malformed> {
        if let Some(side) = self.unreadable {
            return Err(self.without(side));
        }
        let (first, last) = (
            self.first.ok_or_else(|| self.without("U"))?,
            self.last.ok_or_else(|| self.without("u"))?,
        );
        if first > last {
            return Err(self.without("U at most u"));
        }
        Ok(Delta {
            ts: self.time.ok_or_else(|| self.without("E"))?,
            first,
            last,
            previous: self.previous,
            // A side that did not change may be left out.
            update: self.update.take().unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests;
