//! Bybit spot, linear and inverse, WebSocket API v5.
//!
//! - connection <https://bybit-exchange.github.io/docs/v5/ws/connect>: a `ping` every 20 seconds, at most ten
//!   topics in a request on spot, which is held to everywhere, and at most 21,000 characters of topics on a
//!   connection, above which a feed is refused before it connects;
//! - book <https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook>: a subscription begins with a
//!   snapshot, deltas follow; a snapshot that comes later replaces the book, as after a restart of the service,
//!   whose update id is 1. Level 1 has snapshots only, and repeats the last one after three seconds without a
//!   change;
//! - trades <https://bybit-exchange.github.io/docs/v5/websocket/public/trade>: many in a message, those of one
//!   match with the same `seq`, which may take several messages.
//!
//! The page says that a new snapshot resets the local book, and that the one with the update id 1 overwrites it: that one
//! always does, unless it comes twice. Of another one whose id and time are not above those of the book it cannot be told
//! whether it is of a service with another clock, or late, though no connection that keeps the order brings it late. Taken,
//! it could put the book back; dropped, it could leave one that the venue has reset: the book is lost, and subscribed to
//! anew. Where the answer seems older, too, it is asked for once more, and then whatever comes is taken: the venue's clock is
//! behind. One with the id and the time of the book is that book once more. All of this holds for the touch as well.
//!
//! That update ids are "always in sequence" is said on the page of v3
//! <https://bybit-exchange.github.io/docs/derivatives/ws-public/orderbook>; the page of v5 is silent, and what the
//! venue sends holds to it: of one topic each id is one more than the one before. A gap is answered by
//! subscribing anew.
//!
//! What becomes of levels that leave the depth is not said on the page; a recording of the venue has them removed.
//! What is beyond the depth is dropped in any case.
//!
//! A book that stands still cannot be told from a topic that has stopped, as no heartbeat is of a topic; of the
//! touch the repeated snapshot tells. Block trades are no prints of the book and are left out.

mod local;
mod message;

pub use local::LocalBybit;

use std::time::Duration;

use types::{MarketData, TimestampNs};

use message::{Envelope, Levels, Print, Touch};

use crate::feed::{
    Adapter, Addresses, BookChannel, Channels, Health, Listing, Malformed, Mark, Output, Reader,
    Restate, Resync, Stamp, Stream, TooMany, Tracks, Unexpected, since,
};

/// Streams and REST.
pub const ADDRESSES: Addresses = Addresses {
    stream: "wss://stream.bybit.com",
    rest: "https://api.bybit.com",
};

/// Levels of each side that are subscribed to; pushed every 20 ms.
pub const DEPTH: usize = 50;

/// Which market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// Spot.
    Spot,
    /// Perpetuals and futures in USDT and USDC.
    Linear,
    /// Perpetuals and futures in the coin.
    Inverse,
}

impl Product {
    const fn name(self) -> &'static str {
        match self {
            Self::Spot => "bybit-spot",
            Self::Linear => "bybit-linear",
            Self::Inverse => "bybit-inverse",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Spot => "/v5/public/spot",
            Self::Linear => "/v5/public/linear",
            Self::Inverse => "/v5/public/inverse",
        }
    }
}

/// The update id of the first book of a service that has just started.
const FIRST_ID: u64 = 1;
/// Topics in a request.
const TOPICS_MAX: usize = 10;
/// Characters of all topics of a connection, as the array of JSON that they are.
const TOPICS_CHARACTERS_MAX: usize = 21_000;
const PING_NS: u64 = 20_000_000_000;
/// A ping is answered; without anything for so long the connection is dead.
const SILENCE_NS_MAX: u64 = 30_000_000_000;
/// A touch that is not even repeated for so long, three times what is promised, is none.
const TOUCH_SILENCE_NS_MAX: u64 = 10_000_000_000;
/// Trades of one match that are told apart.
const MATCH_TRADES_MAX: usize = 16_384;

/// The protocol of one connection.
#[derive(Debug)]
pub struct Bybit {
    product: Product,
    channels: Channels,
    tracks: Tracks,
    follows: Vec<Follow>,
    heard_at: TimestampNs,
    pinged_at: TimestampNs,
}

/// What is known of one listing.
#[derive(Debug, Default)]
struct Follow {
    restate: Restate,
    /// Update id and time of the newest book.
    newest: Stamp,
    /// Time of the newest first book of a service that was taken.
    first_at: Option<TimestampNs>,
    /// What came of it while it was lost seemed older than what was known: that can be of a service with another clock.
    is_doubted: bool,
    /// When the topic was last heard of.
    heard_at: TimestampNs,
    /// The newest match, and the trades of it that were told.
    seq: u64,
    trades: Vec<u64>,
}

impl Follow {
    /// Whether it is the first book of a service that was taken before, once more.
    fn is_first_again(&self, id: u64, time: TimestampNs) -> bool {
        id == FIRST_ID && self.newest.id != FIRST_ID && self.first_at == Some(time)
    }

    /// Whether a whole book or touch is older than what is known. One of a service that has just started is not, whatever
    /// its clock says, unless it comes twice.
    fn is_late(&self, id: u64, time: TimestampNs) -> bool {
        if id == FIRST_ID {
            return self.is_first_again(id, time);
        }
        // Of one that is lost, too: the newest once more is of the subscription before, as each message has a time of its own.
        id <= self.newest.id && time <= self.newest.time
    }

    /// A whole book or touch is known.
    const fn live(&mut self, id: u64, time: TimestampNs) {
        self.newest = Stamp { id, time };
        if id == FIRST_ID {
            self.first_at = Some(time);
        }
        self.is_doubted = false;
        self.restate.live();
    }
}

impl Bybit {
    /// A connection for these listings.
    pub fn new(product: Product, listings: Vec<Listing>, channels: Channels) -> Self {
        Self {
            product,
            channels,
            follows: listings.iter().map(|_| Follow::default()).collect(),
            tracks: Tracks::new(listings, "a symbol that was subscribed to"),
            heard_at: TimestampNs::default(),
            pinged_at: TimestampNs::default(),
        }
    }

    fn book_topic(&self, symbol: &str) -> String {
        let depth = match self.channels.book {
            BookChannel::Touch => 1,
            BookChannel::Depth => DEPTH,
        };
        format!("\"orderbook.{depth}.{symbol}\"")
    }

    /// All that is subscribed to, as strings of JSON.
    fn topics(&self) -> Vec<String> {
        let mut topics = Vec::new();
        for listing in self.tracks.listings() {
            topics.push(self.book_topic(&listing.symbol));
            if self.channels.trades {
                topics.push(format!("\"publicTrade.{}\"", listing.symbol));
            }
        }
        topics
    }

    fn book(
        &mut self,
        envelope: &Envelope<'_>,
        mut book: Levels<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let said = match self.tracks.heard_of(book.symbol, now) {
            Ok(place) => self.of_kind(place, envelope, &mut book, now, out),
            Err(error) => Err(error),
        };
        if let Some(unsaid) = book.sides {
            out.recycle(unsaid);
        }
        said
    }

    fn of_kind(
        &mut self,
        place: usize,
        envelope: &Envelope<'_>,
        book: &mut Levels<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        self.follows[place].heard_at = now;
        let said = match (self.channels.book, envelope.kind) {
            (BookChannel::Touch, b"snapshot") => self.touch(place, envelope, book, now, out),
            (BookChannel::Depth, b"snapshot") => self.snapshot(place, envelope, book, now, out),
            (BookChannel::Depth, b"delta") => self.delta(place, envelope, book, now, out),
            _ => Err(book.without("type of snapshot or delta")),
        };
        said.map_err(|error| self.malformed(place, error, now, out))
    }

    fn touch(
        &mut self,
        place: usize,
        envelope: &Envelope<'_>,
        book: &mut Levels<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let (id, time, ts) = envelope.ids(book)?;
        let touch = Touch {
            symbol: book.symbol,
            id,
            time,
            ts,
            quote: book.quote(out)?,
        };
        self.on_touch(place, &touch, now, out);
        Ok(())
    }

    fn on_touch(&mut self, place: usize, touch: &Touch<'_>, now: TimestampNs, out: &mut Output) {
        let follow = &mut self.follows[place];
        follow.heard_at = now;
        let (id, time) = (touch.id, touch.time);
        let is_known = id == follow.newest.id || follow.is_first_again(id, time);
        if follow.restate.is_live() && is_known {
            self.tracks.repeated(place);
            if is_known {
                self.tracks.spoke(place, touch.ts, now, out);
            }
            return;
        }
        if follow.is_late(id, time) {
            return self.late(place, now, out);
        }
        follow.live(id, time);
        match touch.quote {
            Some(quote) => self.say(place, touch.ts, MarketData::Quote(quote), now, out),
            // A side is empty: there is no touch, and the one before is gone.
            None => self.tracks.lose(place, now, out),
        }
    }

    fn snapshot(
        &mut self,
        place: usize,
        envelope: &Envelope<'_>,
        book: &mut Levels<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let (id, time, ts) = envelope.ids(book)?;
        let follow = &self.follows[place];
        let is_known =
            (id, time) == (follow.newest.id, follow.newest.time) || follow.is_first_again(id, time);
        if follow.restate.is_live() && is_known {
            self.tracks.repeated(place);
            return Ok(());
        }
        if follow.is_late(id, time) {
            self.late(place, now, out);
            return Ok(());
        }
        let update = book.take_levels()?;
        if let Some(depth) = envelope.depth() {
            self.tracks.shows(place, depth);
        }
        self.follows[place].live(id, time);
        self.say(place, ts, MarketData::DepthSnapshot(update), now, out);
        Ok(())
    }

    /// A whole book or touch seems older than what is known. It is late, or the venue began anew: neither it nor what is known
    /// can be trusted.
    #[cold]
    fn late(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        let follow = &mut self.follows[place];
        if follow.restate.is_live() {
            return self.gap(place, now, out);
        }
        follow.is_doubted = true;
        self.tracks.repeated(place);
        // It may have been the answer to a request.
        self.resync(place, now, out);
    }

    fn delta(
        &mut self,
        place: usize,
        envelope: &Envelope<'_>,
        book: &mut Levels<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let (id, time, ts) = envelope.ids(book)?;
        let depth = envelope
            .depth()
            .ok_or_else(|| book.without("topic with its depth"))?;
        let follow = &mut self.follows[place];
        if !follow.restate.is_live() {
            // The snapshot is to come.
            return Ok(());
        }
        if id != follow.newest.id.saturating_add(1) {
            if id <= follow.newest.id && time <= follow.newest.time {
                self.tracks.repeated(place);
            } else {
                self.gap(place, now, out);
            }
            return Ok(());
        }
        let update = book.take_levels()?;
        follow.newest = Stamp { id, time };
        if update.bids.is_empty() && update.asks.is_empty() {
            out.recycle(update);
            self.tracks.spoke(place, ts, now, out);
            return Ok(());
        }
        self.tracks.shows(place, depth);
        self.say(place, ts, MarketData::DepthDelta(update), now, out);
        Ok(())
    }

    /// A message in any form; the inner error is that of what it says.
    fn read(
        &mut self,
        bytes: &[u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<Result<(), Malformed>, Unexpected> {
        let mut envelope = Envelope::read(bytes)?;
        let data = envelope.data.take().ok_or(Unexpected);
        if envelope.topic.starts_with(b"orderbook.") {
            let book = Levels::read(bytes, data?, out)?;
            return Ok(self.book(&envelope, book, now, out));
        }
        if envelope.topic.starts_with(b"publicTrade.") {
            return self.trades(bytes, data?, now, out);
        }
        Ok(match envelope.success {
            Some(false) => Err(Malformed::new("a request that the venue takes", bytes)),
            // The answer to a request or a ping.
            _ if !envelope.op.is_empty() => Ok(()),
            _ => Err(Malformed::new("orderbook, publicTrade or an answer", bytes)),
        })
    }

    /// The trades of a message; the inner error is that of one that is none.
    fn trades<'a>(
        &mut self,
        bytes: &'a [u8],
        mut reader: Reader<'a>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<Result<(), Malformed>, Unexpected> {
        let mut said = Ok(());
        reader.array()?;
        while reader.item()? {
            let print = Print::read(bytes, &mut reader)?;
            said = said.and(self.trade(&print, now, out));
        }
        Ok(said)
    }

    fn trade(
        &mut self,
        print: &Print<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let place = self.tracks.heard_of(print.symbol, now)?;
        let (trade, ts) = match print.trade() {
            Ok(trade) => trade,
            Err(error) => return Err(self.malformed(place, error, now, out)),
        };
        let follow = &mut self.follows[place];
        // Without `seq`, as messages of before 2025 are, the time orders them.
        let seq = print.seq.unwrap_or(ts.0);
        let id = hash(print.id);
        if seq < follow.seq || (seq == follow.seq && follow.trades.contains(&id)) {
            self.tracks.repeated(place);
            return Ok(());
        }
        if seq > follow.seq {
            follow.seq = seq;
            follow.trades.clear();
        }
        if follow.trades.len() < MATCH_TRADES_MAX {
            follow.trades.push(id);
        }
        if !print.is_block {
            self.tracks
                .say(place, ts, MarketData::Trade(trade), now, out);
        }
        Ok(())
    }
}

/// Ids are text of any form. Eight bytes at a time, as `FxHash` of the Rust compiler does it; each step can be undone,
/// so that ids which differ in eight bytes only never meet.
fn hash(id: &[u8]) -> u64 {
    let step =
        |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (words, rest) = id.as_chunks::<8>();
    let hash = words.iter().fold(id.len() as u64, |hash, word| {
        step(hash, u64::from_le_bytes(*word))
    });
    let last = rest
        .iter()
        .fold(0, |word, &byte| word << 8 | u64::from(byte));
    step(hash, last)
}

impl Resync for Bybit {
    fn tracks(&mut self) -> &mut Tracks {
        &mut self.tracks
    }

    fn restate(&mut self, place: usize) -> &mut Restate {
        &mut self.follows[place].restate
    }

    fn ask(&mut self, place: usize, _: TimestampNs, out: &mut Output) {
        let follow = &mut self.follows[place];
        if std::mem::take(&mut follow.is_doubted) {
            // What comes now is what the venue has.
            (follow.newest, follow.first_at) = (Stamp::default(), None);
        }
        let topic = self.book_topic(&self.tracks.listings()[place].symbol);
        for op in ["unsubscribe", "subscribe"] {
            out.send(format!(r#"{{"op":"{op}","args":[{topic}]}}"#));
        }
    }
}

impl Adapter for Bybit {
    fn name(&self) -> &'static str {
        self.product.name()
    }

    fn stream(&self) -> Stream {
        Stream::WebSocket {
            path: self.product.path().to_owned(),
        }
    }

    fn check(&self) -> Result<(), TooMany> {
        // Two brackets, and a comma behind each topic but the last.
        let characters: usize = self.topics().iter().map(|topic| topic.len() + 1).sum();
        let characters = characters + 1;
        if characters > TOPICS_CHARACTERS_MAX {
            return Err(TooMany {
                feed: self.product.name(),
                what: "characters of topics",
                count: characters,
                count_max: TOPICS_CHARACTERS_MAX,
                limit: "topics_characters_max",
            });
        }
        Ok(())
    }

    fn watch(&mut self, stale_after: Duration) {
        self.tracks.watch(stale_after);
    }

    fn opened(&mut self, now: TimestampNs, out: &mut Output) {
        self.tracks.opened(now, out);
        (self.heard_at, self.pinged_at) = (now, now);
        let every = self.pace().send_every.as_nanos() as u64;
        let topics_each = 1 + usize::from(self.channels.trades);
        for (place, follow) in self.follows.iter_mut().enumerate() {
            // Requests leave one by one: a book is waited for from its own on.
            let request = (place * topics_each / TOPICS_MAX) as u64;
            let asked = TimestampNs(now.0.saturating_add(request * every));
            *follow = Follow {
                restate: Restate::queued(now, asked),
                heard_at: now,
                ..Follow::default()
            };
        }
        for topics in self.topics().chunks(TOPICS_MAX) {
            let topics = topics.join(",");
            out.send(format!(r#"{{"op":"subscribe","args":[{topics}]}}"#));
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
        self.heard_at = now;
        if self.channels.book == BookChannel::Touch
            && let Some(touch) = message::expected_touch(bytes)
        {
            let place = self.tracks.heard_of(touch.symbol, now)?;
            self.on_touch(place, &touch, now, out);
            return Ok(());
        }
        if let Some((envelope, book)) = message::expected_book(bytes, out) {
            return self.book(&envelope, book, now, out);
        }
        if let Some(prints) = message::expected_prints(bytes) {
            let said = prints.map(|print| self.trade(&print, now, out));
            // The first error is told, and what follows it is read all the same.
            return said.fold(Ok(()), Result::and);
        }
        let said = self.read(bytes, now, out);
        said.unwrap_or_else(|Unexpected| {
            let error = Malformed::new("a message of the API v5", bytes);
            Err(out.unreadable(error))
        })
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Output) {
        if !self.tracks.is_following() {
            return;
        }
        if since(&mut self.heard_at, now) > SILENCE_NS_MAX {
            return out.reconnect("no answer to a ping");
        }
        if since(&mut self.pinged_at, now) >= PING_NS {
            self.pinged_at = now;
            out.send(String::from(r#"{"op":"ping"}"#));
        }
        for place in 0..self.follows.len() {
            let follow = &mut self.follows[place];
            if follow.restate.is_due(now) {
                self.ask(place, now, out);
            } else if self.channels.book == BookChannel::Touch
                && follow.restate.is_live()
                && since(&mut follow.heard_at, now) > TOUCH_SILENCE_NS_MAX
            {
                self.gap(place, now, out);
            }
        }
        self.tracks.tick(now, out);
    }

    fn health(&self) -> &[Health] {
        self.tracks.health()
    }

    fn mark(&self, place: usize) -> Mark {
        self.follows[place].newest.mark()
    }
}

#[cfg(test)]
mod tests;
