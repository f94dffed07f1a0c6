//! Binance spot and USD-M futures.
//!
//! The rules of the book are those of "How to manage a local order book correctly":
//! spot <https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams>,
//! futures <https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/How-to-manage-a-local-order-book-correctly>.
//! Both buffer the stream, get a snapshot, drop what the snapshot has, and go on from it. They differ in how one
//! event follows another: on spot the first id is at most one after the last known, on futures every event names
//! the one before (`pu`).
//!
//! The snapshot is asked for after the first event (of spot: "Note the `U` of the first event you received", and then "Get
//! a depth snapshot"), never of a stream that has said nothing: whether that is a quiet market or a subscription that was
//! not taken cannot be told, and a book that no event follows would stand as it is for ever. So a market is not known before
//! its book changes.
//!
//! A snapshot has the best 1,000 levels of a side, the most that futures give and, of the 5,000 that the page of spot
//! asks for, as many as leave room below what the engine holds of a side (`depth_levels_max`). What lies beyond
//! is not known on both, as the pages say ("those price levels will not be visible in the local order book"), and a level
//! there that never changes would be missing from a touch that has come down to it. So from the last level of a full
//! snapshot on nothing is known, and once the book has come down to there, it is lost until there is a new one.
//!
//! Futures have had three addresses since "Important WebSocket Change Notice — Base URL Split & Migration"
//! <https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Important-WebSocket-Change-Notice>,
//! and those without one of the three paths went on 23 April 2026: `/public` has `bookTicker` and `depth`, `/market`
//! `aggTrade`, `markPrice` and others. `trade` of futures is on none of Binance's pages, neither before nor since; that it
//! is served, and on `/public`, is what users of it say <https://github.com/BYTEX-TRADE/bytex/issues/7>. `aggTrade`, which
//! is documented, would need a second connection, and prints the fills of one order at one price as one.
//!
//! A connection has at most 1,024 streams
//! <https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams>. A `SUBSCRIBE` of more
//! than 4,088 bytes is not answered at all, which no page says
//! <https://github.com/binance/binance-connector-rust/issues/27>.
//!
//! What may be asked for: 6,000 of weight a minute for an address on spot
//! <https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits>, of which a snapshot takes 5 to 250 by
//! its levels, 50 for 1,000 of a side <https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints>, and 2,400 on
//! futures, of which one of 1,000 levels takes 20
//! <https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Order-Book>. Who asks for
//! more is answered 429, and who does not stop then 418 and shut out; `Retry-After` says for how many seconds. Spot
//! reads five messages of a client a second, futures ten.

mod local;
mod message;

pub use local::LocalBinance;

use std::time::Duration;

use types::{MarketData, TimestampNs};

use message::{Delta, Message, Payload, Snapshot};

use crate::feed::{
    Action, Adapter, Addresses, BookChannel, Channels, FetchId, Fields, Health, Listing, Malformed,
    Mark, Output, Pace, Restate, Screened, Stream, TooMany, Tracks, Unexpected, Value, unsigned,
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
/// Levels of a side that a snapshot has.
const SNAPSHOT_LEVELS: usize = 1_000;
/// Streams of one connection.
const STREAMS_MAX: usize = 1_024;
/// Bytes of one request.
const REQUEST_BYTES_MAX: usize = 4_000;

/// The protocol of one connection.
#[derive(Debug)]
pub struct Binance {
    product: Product,
    channels: Channels,
    tracks: Tracks,
    books: Vec<Sync>,
    /// When to ask for the snapshot of each.
    restates: Vec<Restate>,
    /// When to send each request for streams again: one that was refused, or has no answer.
    subscriptions: Vec<Restate>,
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
    /// Events gather until the snapshot is there, which is asked for once there is one.
    Buffering {
        events: Vec<Delta>,
        /// The snapshot that is on its way.
        asked: Option<FetchId>,
    },
    /// Every event follows the one before.
    Following {
        /// The last update that the book has.
        last: u64,
        /// No event has come since the snapshot.
        is_fresh: bool,
    },
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

    /// Where combined streams are.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Spot => "/stream",
            Self::Futures => "/public/stream",
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
        format!(
            "{}?symbol={symbol}&limit={SNAPSHOT_LEVELS}",
            self.snapshot_path()
        )
    }

    /// At most three quarters of the weight that the venue gives an address in a minute goes to snapshots, the burst
    /// included, as others on the same address may want some too.
    const fn pace(self) -> Pace {
        match self {
            // 20 + 60 snapshots of 50 are 4,000 of 6,000. Five messages a second are read, and pings and pongs count.
            Self::Spot => Pace {
                send_every: Duration::from_millis(500),
                fetch_every: Duration::from_secs(1),
                fetches_at_once: 20,
            },
            // 20 + 60 snapshots of 20 are 1,600 of 2,400. Ten messages a second are read.
            Self::Futures => Pace {
                send_every: Duration::from_millis(250),
                fetch_every: Duration::from_secs(1),
                fetches_at_once: 20,
            },
        }
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
        let mut tracks = Tracks::new(listings, "a symbol that was subscribed to");
        for place in 0..count {
            tracks.states(place, SNAPSHOT_LEVELS);
        }
        Self {
            product,
            channels,
            tracks,
            books: (0..count).map(|_| Sync::Off).collect(),
            restates: vec![Restate::UNASKED; count],
            subscriptions: Vec::new(),
            newest: vec![Newest::default(); count],
            next_fetch: 0,
        }
    }

    /// The names of all streams, in quotes.
    fn streams(&self) -> Vec<String> {
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
        streams
    }

    /// The streams of each request, as many as one takes.
    fn requests(&self) -> Vec<String> {
        /// What is around the streams, and the longest id.
        const AROUND: usize = r#"{"method":"SUBSCRIBE","params":[],"id":1024}"#.len();
        let mut requests: Vec<String> = Vec::new();
        for stream in self.streams() {
            match requests.last_mut() {
                Some(last) if AROUND + last.len() + 1 + stream.len() <= REQUEST_BYTES_MAX => {
                    last.push(',');
                    last.push_str(&stream);
                }
                _ => requests.push(stream),
            }
        }
        requests
    }

    /// The message that asks for streams; its id is one more than its place.
    fn subscribe(request: &str, place: usize, out: &mut Output) {
        let id = place + 1;
        out.send(format!(
            "{{\"method\":\"SUBSCRIBE\",\"params\":[{request}],\"id\":{id}}}"
        ));
    }

    /// The venue has answered a request for streams: it took it, or not. One that it did not take is sent again, with
    /// pauses that grow: asked for twice, a stream comes once.
    #[cold]
    fn answered(&mut self, bytes: &[u8], now: TimestampNs) -> Result<(), Malformed> {
        let id = Fields::of(bytes).and_then(|fields| fields.get(b"id").ok()?);
        let id = id.and_then(Value::scalar).and_then(|id| unsigned(id).ok());
        let place = id.and_then(|id| usize::try_from(id.checked_sub(1)?).ok());
        let is_refused = is_refusal(bytes);
        let asked = place.and_then(|place| self.subscriptions.get_mut(place));
        match asked {
            Some(asked) if is_refused => asked.lost(now),
            Some(asked) => asked.live(),
            None => {}
        }
        if is_refused {
            return Err(Malformed::new("no refusal", bytes));
        }
        Ok(())
    }

    /// Forgets a book and gathers events for a new one, whose snapshot is asked for after the first of them.
    fn resync(&mut self, place: usize, now: TimestampNs) {
        self.books[place] = Sync::Buffering {
            events: Vec::new(),
            asked: None,
        };
        self.restates[place].lost(now);
    }

    /// Asks for a snapshot, if events wait for one and it is time to.
    fn ask(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        let Sync::Buffering { events, asked } = &mut self.books[place] else {
            return;
        };
        if events.is_empty() || !self.restates[place].is_due(now) {
            return;
        }
        let symbol = &self.tracks.listings()[place].symbol;
        let path = self.product.snapshot_request(symbol);
        self.next_fetch += 1;
        let id = FetchId(self.next_fetch);
        *asked = Some(id);
        out.actions.push(Action::Fetch { id, path });
    }

    fn on_delta(&mut self, place: usize, delta: Delta, now: TimestampNs, out: &mut Output) {
        match &mut self.books[place] {
            Sync::Off => out.recycle(delta.update),
            Sync::Buffering { events, .. } if events.len() < BUFFERED_MAX => {
                events.push(delta);
                // The stream has begun: what it does not have, a snapshot of now has.
                if events.len() == 1 {
                    self.ask(place, now, out);
                }
            }
            Sync::Buffering { .. } => {
                self.resync(place, now);
                self.on_delta(place, delta, now, out);
            }
            Sync::Following { last, is_fresh } => {
                match self.product.follows(&delta, *last, *is_fresh) {
                    Follows::Old => {
                        out.recycle(delta.update);
                        self.tracks.repeated(place);
                    }
                    Follows::Next => {
                        *last = delta.last;
                        *is_fresh = false;
                        let data = MarketData::DepthDelta(delta.update);
                        let screened = self.tracks.say(place, delta.ts, data, now, out);
                        if screened.is_lost() {
                            self.resync(place, now);
                        }
                        if screened == Screened::Spent {
                            self.restates[place].spent(now);
                        }
                    }
                    Follows::Gap => {
                        self.tracks.gap(place, now, out);
                        self.resync(place, now);
                        self.on_delta(place, delta, now, out);
                    }
                }
            }
        }
    }

    /// The snapshot has come: it is the book, unless the stream began after it. Events wait for it, or it would not
    /// have been asked for.
    fn on_snapshot(
        &mut self,
        place: usize,
        snapshot: Snapshot,
        now: TimestampNs,
        out: &mut Output,
    ) {
        let Sync::Buffering { events, .. } = &mut self.books[place] else {
            return;
        };
        let follows = |delta: &Delta| self.product.follows(delta, snapshot.last, true);
        let kept = events
            .iter()
            .position(|delta| follows(delta) != Follows::Old);
        let starts = kept.is_none_or(|kept| follows(&events[kept]) == Follows::Next);
        if !starts {
            // Older than the first event that came: there will be a newer one.
            out.recycle(snapshot.update);
            return self.unanswered(place, now, out);
        }
        let data = MarketData::DepthSnapshot(snapshot.update);
        let ts = snapshot.ts.unwrap_or(now);
        if self.tracks.say(place, ts, data, now, out).is_lost() {
            return self.unanswered(place, now, out);
        }
        let events = std::mem::take(events);
        self.books[place] = Sync::Following {
            last: snapshot.last,
            is_fresh: true,
        };
        self.restates[place].live();
        for (at, delta) in events.into_iter().enumerate() {
            if kept.is_some_and(|kept| at >= kept) {
                self.on_delta(place, delta, now, out);
            } else {
                out.recycle(delta.update);
            }
        }
    }

    /// What was asked for came not or was of no use: it is asked for again, with a pause that grows. Events go on
    /// gathering.
    fn unanswered(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        if let Sync::Buffering { asked, .. } = &mut self.books[place] {
            *asked = None;
        }
        self.restates[place].lost(now);
        self.ask(place, now, out);
    }

    /// Does what a message says.
    fn read(
        &mut self,
        message: Message<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let place = self.tracks.heard_of(message.symbol(), now)?;
        if message.is_touch() && self.channels.book == BookChannel::Depth {
            // Not asked for.
            return Ok(());
        }
        match message.payload() {
            Ok(payload) => self.payload(place, payload, now, out),
            Err(error) => {
                let error = self.tracks.malformed(place, error, now, out);
                if self.channels.book == BookChannel::Depth {
                    self.resync(place, now);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Does what the payload of a stream says.
    #[inline]
    fn payload(&mut self, place: usize, payload: Payload, now: TimestampNs, out: &mut Output) {
        let newest = &mut self.newest[place];
        let (newest, id, ts, data) = match payload {
            // Not asked for.
            Payload::Touch { .. } if self.channels.book == BookChannel::Depth => return,
            Payload::Touch { id, ts, quote } => {
                let ts = ts.unwrap_or(now);
                (&mut newest.touch, id, ts, MarketData::Quote(quote))
            }
            Payload::Trade { id, ts, trade } => {
                (&mut newest.trade, id, ts, MarketData::Trade(trade))
            }
            Payload::Depth(delta) => return self.on_delta(place, delta, now, out),
        };
        if id <= *newest {
            self.tracks.repeated(place);
            return;
        }
        *newest = id;
        self.tracks.say(place, ts, data, now, out);
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
            path: self.product.path().to_owned(),
        }
    }

    fn check(&self) -> Result<(), TooMany> {
        let streams = self.streams().len();
        if streams > STREAMS_MAX {
            return Err(TooMany {
                feed: self.name(),
                what: "streams",
                count: streams,
                count_max: STREAMS_MAX,
                limit: "streams_max",
            });
        }
        Ok(())
    }

    fn pace(&self) -> Pace {
        self.product.pace()
    }

    fn watch(&mut self, stale_after: Duration) {
        self.tracks.watch(stale_after);
    }

    fn opened(&mut self, now: TimestampNs, out: &mut Output) {
        self.tracks.opened(now, out);
        self.subscriptions.clear();
        for (place, request) in self.requests().iter().enumerate() {
            Self::subscribe(request, place, out);
            // Requests leave one by one: an answer is waited for from its own on.
            let after = place as u64 * self.product.pace().send_every.as_nanos() as u64;
            let asked = TimestampNs(now.0.saturating_add(after));
            self.subscriptions.push(Restate::queued(now, asked));
        }
        self.newest.fill(Newest::default());
        if self.channels.book == BookChannel::Depth {
            for book in &mut self.books {
                *book = Sync::Buffering {
                    events: Vec::new(),
                    asked: None,
                };
            }
            self.restates.fill(Restate::UNASKED);
        }
    }

    fn closed(&mut self, now: TimestampNs, out: &mut Output) {
        self.tracks.closed(now, out);
        self.books.fill_with(|| Sync::Off);
    }

    fn message(
        &mut self,
        bytes: &mut [u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        if let Some((symbol, payload)) = message::expected(bytes, out) {
            let place = self.tracks.heard_of(symbol, now)?;
            self.payload(place, payload, now, out);
            return Ok(());
        }
        match Message::read(bytes, out) {
            Ok(Some(message)) => self.read(message, now, out),
            // The answer to a subscription.
            Ok(None) => self.answered(bytes, now),
            Err(Unexpected) => {
                let error = Malformed::new("a message of a combined stream", bytes);
                Err(out.unreadable(error))
            }
        }
    }

    fn answer(
        &mut self,
        fetch: FetchId,
        body: Option<&mut [u8]>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let asked =
            |book: &Sync| matches!(book, Sync::Buffering { asked: Some(id), .. } if *id == fetch);
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
                self.unanswered(place, now, out);
                Err(error)
            }
        }
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Output) {
        if !self.tracks.is_following() {
            return;
        }
        let mut due = Vec::new();
        for (place, subscription) in self.subscriptions.iter_mut().enumerate() {
            if subscription.is_due(now) {
                due.push(place);
            }
        }
        if !due.is_empty() {
            let requests = self.requests();
            for place in due {
                Self::subscribe(&requests[place], place, out);
            }
        }
        for place in 0..self.books.len() {
            self.ask(place, now, out);
        }
        self.tracks.tick(now, out);
    }

    fn health(&self) -> &[Health] {
        self.tracks.health()
    }

    fn mark(&self, place: usize) -> Mark {
        match self.books[place] {
            Sync::Following { last, .. } => Mark {
                id: last,
                ..Mark::default()
            },
            Sync::Off | Sync::Buffering { .. } => Mark::default(),
        }
    }
}

/// Whether it says that a request is not taken: `{"error":{"code":2,"msg":"Invalid request: ..."},"id":1}`, or the
/// code and its words without more around them.
#[cold]
fn is_refusal(bytes: &[u8]) -> bool {
    let has = |name: &[u8]| {
        Fields::of(bytes).is_some_and(|fields| matches!(fields.get(name), Ok(Some(_))))
    };
    has(b"error") || has(b"code")
}

#[cfg(test)]
mod tests;
