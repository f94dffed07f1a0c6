//! Kraken spot, WebSocket API v2.
//!
//! - book <https://docs.kraken.com/api/docs/websocket-v2/book>: a subscription begins with a snapshot of the
//!   depth that was asked for, updates follow, and each carries a CRC-32 of the ten best levels of both sides;
//! - its upkeep <https://docs.kraken.com/api/docs/guides/spot-ws-book-v2>: every change of a message first, then
//!   the book is cut to the depth of the subscription (what leaves it is not announced), then the checksum;
//! - ticker <https://docs.kraken.com/api/docs/websocket-v2/ticker>, trade
//!   <https://docs.kraken.com/api/docs/websocket-v2/trade>, heartbeat
//!   <https://docs.kraken.com/api/docs/websocket-v2/heartbeat>: about once a second while nothing else comes.
//!
//! Prices and quantities are JSON numbers with all decimals of the pair, trailing zeros too; the checksum is of
//! their digits, so the decimals are counted in the text.
//!
//! There are no sequence numbers. A missing message is known by the checksum of a later one; [`DEPTH`] is what
//! the checksum covers, so that no level is shown that it does not. A message that comes late is known by its
//! time, which is why two of one microsecond that change places cannot be told apart where the later one
//! changes all that the earlier one did. A ticker that is missing cannot be known at all: the touch is then the
//! one before until the next one. A connection needs no pings, since heartbeats come by themselves.

mod local;
mod message;

pub use local::LocalKraken;

use flate2::Crc;
use std::time::Duration;

use types::{DepthUpdate, MarketData, Price, Qty, Quote, TimestampNs};

use message::{Envelope, Item, Precision, Print};

use crate::feed::{
    Adapter, Addresses, Book, BookChannel, Channels, Health, Listing, Malformed, Mark, Output,
    Reader, Restate, Resync, Stream, Tracks, Unexpected, since,
};

/// Streams and REST.
pub const ADDRESSES: Addresses = Addresses {
    stream: "wss://ws.kraken.com",
    rest: "https://api.kraken.com",
};

/// Levels of each side that are subscribed to: those that the checksum covers.
pub const DEPTH: usize = 10;

/// Heartbeats come each second; without anything for so long the connection is dead.
const SILENCE_NS_MAX: u64 = 10_000_000_000;

/// The protocol of one connection.
#[derive(Debug)]
pub struct Kraken {
    channels: Channels,
    tracks: Tracks,
    follows: Vec<Follow>,
    heard_at: TimestampNs,
    requests: u64,
    /// The digits of a checksum; kept for its memory.
    digits: Vec<u8>,
}

/// What is known of one listing.
#[derive(Debug, Default)]
struct Follow {
    restate: Restate,
    /// The number of the request by which it was asked for anew, while that was not answered: what still comes is of the
    /// subscription before, and no sign of the next.
    renewing: Option<u64>,
    book: Book,
    precision: Precision,
    /// The time of the newest book or ticker.
    newest: TimestampNs,
    quote: Option<Quote>,
    trade: u64,
}

impl Kraken {
    /// A connection for these listings.
    pub fn new(listings: Vec<Listing>, channels: Channels) -> Self {
        Self {
            channels,
            follows: listings.iter().map(|_| Follow::default()).collect(),
            tracks: Tracks::new(listings, "a symbol that was subscribed to"),
            heard_at: TimestampNs::default(),
            requests: 0,
            digits: Vec::new(),
        }
    }

    const fn book_params(&self) -> &'static str {
        match self.channels.book {
            BookChannel::Touch => r#""channel":"ticker","event_trigger":"bbo""#,
            BookChannel::Depth => r#""channel":"book","depth":10"#,
        }
    }

    /// A message in any form; the inner error is that of what it says.
    fn read(
        &mut self,
        bytes: &[u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<Result<(), Malformed>, Unexpected> {
        let mut envelope = Envelope::read(bytes)?;
        Ok(match envelope.channel {
            b"book" | b"ticker" | b"trade" => {
                let data = envelope.data.take().ok_or(Unexpected)?;
                self.items(bytes, &envelope, data, now, out)?
            }
            b"heartbeat" | b"status" => Ok(()),
            b"" if envelope.success == Some(true) && envelope.method == b"subscribe" => {
                let is_asked = |follow: &&mut Follow| {
                    follow.renewing.is_some() && follow.renewing == envelope.request
                };
                if let Some(follow) = self.follows.iter_mut().find(is_asked) {
                    follow.renewing = None;
                }
                Ok(())
            }
            // The answer to another request.
            b"" if envelope.success == Some(true) || envelope.method == b"pong" => Ok(()),
            b"" if envelope.success == Some(false) => {
                Err(Malformed::new("a request that the venue takes", bytes))
            }
            _ => Err(Malformed::new(
                "book, ticker, trade, heartbeat or status",
                bytes,
            )),
        })
    }

    /// The data of a message; the inner error is that of an item.
    fn items<'a>(
        &mut self,
        bytes: &'a [u8],
        envelope: &Envelope<'_>,
        mut reader: Reader<'a>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<Result<(), Malformed>, Unexpected> {
        let mut said = Ok(());
        reader.array()?;
        while reader.item()? {
            let item = Item::read(bytes, &mut reader, out)?;
            said = said.and(self.item(envelope, item, now, out));
        }
        Ok(said)
    }

    fn item(
        &mut self,
        envelope: &Envelope<'_>,
        mut item: Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let said = self.said(envelope, &mut item, now, out);
        if let Some(unsaid) = item.levels {
            out.recycle(unsaid);
        }
        said
    }

    fn said(
        &mut self,
        envelope: &Envelope<'_>,
        item: &mut Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let place = self.tracks.heard_of(item.symbol, now)?;
        let said = match (envelope.channel, self.channels.book) {
            (b"book", BookChannel::Depth) => match envelope.kind {
                b"snapshot" => self.snapshot(place, item, now, out),
                b"update" => self.update(place, item, now, out),
                _ => Err(item.without("type of snapshot or update")),
            },
            (b"ticker", BookChannel::Touch) => {
                let quote = item.quote();
                quote.map(|quote| self.ticker(place, item.time, quote, now, out))
            }
            (b"trade", _) => {
                let print = item.print();
                print.map(|print| self.trade(place, &print, now, out))
            }
            // Not asked for.
            _ => Ok(()),
        };
        said.map_err(|error| self.malformed(place, error, now, out))
    }

    fn snapshot(
        &mut self,
        place: usize,
        item: &mut Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let follow = &mut self.follows[place];
        if follow.renewing.is_some() {
            // It may be of the subscription before: no update might follow it.
            self.tracks.repeated(place);
            return Ok(());
        }
        let is_late = match item.time {
            Some(time) if follow.restate.is_live() => time <= follow.newest,
            Some(time) => time < follow.newest,
            None => follow.restate.is_live(),
        };
        if is_late {
            self.tracks.repeated(place);
            return Ok(());
        }
        follow.precision = Precision::default();
        let update = item.take_levels(&mut follow.precision)?;
        if update.bids.len() > DEPTH || update.asks.len() > DEPTH {
            return Err(item.without("no more levels than were subscribed to"));
        }
        follow.book.replace(&update);
        if !self.holds(place, item)? {
            self.checksum_error(place, update, now, out);
            return Ok(());
        }
        let follow = &mut self.follows[place];
        follow.newest = item.time.unwrap_or(follow.newest);
        follow.restate.live();
        let data = MarketData::DepthSnapshot(update);
        self.say(place, item.time.unwrap_or(now), data, now, out);
        Ok(())
    }

    fn update(
        &mut self,
        place: usize,
        item: &mut Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let time = item.time.ok_or_else(|| item.without("timestamp"))?;
        let follow = &mut self.follows[place];
        if time < follow.newest {
            self.tracks.repeated(place);
            return Ok(());
        }
        if !follow.restate.is_live() {
            // The snapshot is to come.
            return Ok(());
        }
        let mut update = item.take_levels(&mut follow.precision)?;
        let is_changed = follow.book.apply(&update);
        follow.book.truncate(DEPTH, &mut update);
        if !self.holds(place, item)? {
            self.checksum_error(place, update, now, out);
            return Ok(());
        }
        self.follows[place].newest = time;
        if is_changed {
            self.say(place, time, MarketData::DepthDelta(update), now, out);
        } else {
            out.recycle(update);
            self.tracks.repeated(place);
            self.tracks.spoke(place, time, now, out);
        }
        Ok(())
    }

    /// Whether the checksum of a message is that of the book.
    fn holds(&mut self, place: usize, item: &Item<'_>) -> Result<bool, Malformed> {
        let checksum = item.checksum.ok_or_else(|| item.without("checksum"))?;
        let follow = &self.follows[place];
        self.digits.clear();
        for levels in [follow.book.asks(), follow.book.bids()] {
            for level in levels.iter().take(DEPTH) {
                let Precision { price, qty } = follow.precision;
                digits(&mut self.digits, level.price.0, Price::DECIMALS, price);
                digits(&mut self.digits, level.qty.0, Qty::DECIMALS, qty);
            }
        }
        let mut crc = Crc::new();
        crc.update(&self.digits);
        Ok(u64::from(crc.sum()) == checksum)
    }

    /// Another book than that of the venue: a message is missing.
    #[cold]
    fn checksum_error(
        &mut self,
        place: usize,
        update: Box<DepthUpdate>,
        now: TimestampNs,
        out: &mut Output,
    ) {
        out.recycle(update);
        self.tracks.health_mut(place).counters.checksum_errors += 1;
        self.gap(place, now, out);
    }

    fn ticker(
        &mut self,
        place: usize,
        time: Option<TimestampNs>,
        quote: Quote,
        now: TimestampNs,
        out: &mut Output,
    ) {
        let follow = &mut self.follows[place];
        let at = time.unwrap_or(follow.newest);
        let is_known = follow.restate.is_live() && follow.quote == Some(quote);
        if at < follow.newest || (at == follow.newest && is_known) {
            self.tracks.repeated(place);
            return;
        }
        follow.newest = at;
        follow.quote = Some(quote);
        if follow.renewing.is_none() {
            follow.restate.live();
        }
        if quote.bid_qty == Qty::ZERO || quote.ask_qty == Qty::ZERO {
            // A side is empty: there is no touch, and the one before is gone.
            self.tracks.lose(place, now, out);
            return;
        }
        let ts = time.unwrap_or(now);
        self.say(place, ts, MarketData::Quote(quote), now, out);
    }

    fn trade(&mut self, place: usize, print: &Print<'_>, now: TimestampNs, out: &mut Output) {
        let newest = &mut self.follows[place].trade;
        if print.id <= *newest {
            self.tracks.repeated(place);
            return;
        }
        *newest = print.id;
        let data = MarketData::Trade(print.trade);
        self.tracks.say(place, print.ts, data, now, out);
    }
}

impl Resync for Kraken {
    fn tracks(&mut self) -> &mut Tracks {
        &mut self.tracks
    }

    fn restate(&mut self, place: usize) -> &mut Restate {
        &mut self.follows[place].restate
    }

    fn ask(&mut self, place: usize, _: TimestampNs, out: &mut Output) {
        self.requests += 1;
        let request = self.requests;
        self.follows[place].renewing = Some(request);
        let symbol = &self.tracks.listings()[place].symbol;
        let params = self.book_params();
        for method in ["unsubscribe", "subscribe"] {
            out.send(format!(
                r#"{{"method":"{method}","params":{{{params},"symbol":["{symbol}"]}},"req_id":{request}}}"#
            ));
        }
    }
}

impl Adapter for Kraken {
    fn name(&self) -> &'static str {
        "kraken"
    }

    fn stream(&self) -> Stream {
        Stream::WebSocket {
            path: String::from("/v2"),
        }
    }

    fn watch(&mut self, stale_after: Duration) {
        self.tracks.watch(stale_after);
    }

    fn opened(&mut self, now: TimestampNs, out: &mut Output) {
        self.tracks.opened(now, out);
        self.heard_at = now;
        for follow in &mut self.follows {
            *follow = Follow {
                restate: Restate::opened(now),
                ..Follow::default()
            };
        }
        let listings = self.tracks.listings();
        let symbols = listings
            .iter()
            .map(|listing| format!("\"{}\"", listing.symbol));
        let symbols = symbols.collect::<Vec<_>>().join(",");
        let params = self.book_params();
        out.send(format!(
            r#"{{"method":"subscribe","params":{{{params},"symbol":[{symbols}]}}}}"#
        ));
        if self.channels.trades {
            // Those of before the subscription are history.
            out.send(format!(
                r#"{{"method":"subscribe","params":{{"channel":"trade","snapshot":false,"symbol":[{symbols}]}}}}"#
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
        self.heard_at = now;
        if let Some((symbol, time, quote)) = message::expected_ticker(bytes) {
            let place = self.tracks.heard_of(symbol, now)?;
            if self.channels.book == BookChannel::Touch {
                self.ticker(place, Some(time), quote, now, out);
            }
            return Ok(());
        }
        if let Some(prints) = message::expected_prints(bytes) {
            // The first error is told, and what follows it is read all the same.
            let mut said = Ok(());
            for print in prints {
                let place = self.tracks.heard_of(print.symbol, now);
                said = said.and(place.map(|place| self.trade(place, &print, now, out)));
            }
            return said;
        }
        if let Some((envelope, item)) = message::expected_book(bytes, out) {
            return self.item(&envelope, item, now, out);
        }
        let said = self.read(bytes, now, out);
        said.unwrap_or_else(|Unexpected| {
            let error = Malformed::new("a message of the API v2", bytes);
            Err(out.unreadable(error))
        })
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Output) {
        if !self.tracks.is_following() {
            return;
        }
        if since(&mut self.heard_at, now) > SILENCE_NS_MAX {
            return out.reconnect("no heartbeat");
        }
        for place in 0..self.follows.len() {
            if self.follows[place].restate.is_due(now) {
                self.ask(place, now, out);
            }
        }
        self.tracks.tick(now, out);
    }

    fn health(&self) -> &[Health] {
        self.tracks.health()
    }

    fn mark(&self, place: usize) -> Mark {
        let follow = &self.follows[place];
        let Precision { price, qty } = follow.precision;
        Mark {
            time: follow.newest,
            decimals: (self.channels.book == BookChannel::Depth).then_some((price, qty)),
            ..Mark::default()
        }
    }
}

/// The digits of a number with so many decimals, without point and leading zeros.
fn digits(into: &mut Vec<u8>, value: i64, held: u32, decimals: usize) {
    let held = held as usize;
    let dropped = held.saturating_sub(decimals) as u32;
    // No number has more decimals than the pair, and none here is below zero.
    let mut left = (value / 10_i64.pow(dropped)).unsigned_abs();
    let mut text = [0; 20];
    let mut at = text.len();
    while left > 0 || at == text.len() {
        at -= 1;
        text[at] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    into.extend_from_slice(&text[at..]);
    into.extend(std::iter::repeat_n(b'0', decimals.saturating_sub(held)));
}

#[cfg(test)]
mod tests;
