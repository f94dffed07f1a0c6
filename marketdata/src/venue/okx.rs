//! OKX, WebSocket API v5: spot, swaps, futures and options by their `instId`.
//!
//! - connection <https://www.okx.com/docs-v5/en/#overview-websocket-connect>: after less than 30 seconds without a
//!   message a text `ping` is sent, and a `pong` or anything else has to come in as long again; at most 480 requests
//!   an hour on a connection, and 64 KB of channels in a request
//!   <https://www.okx.com/docs-v5/en/#overview-websocket-subscribe>; a notice comes 60 seconds before a connection
//!   is closed <https://www.okx.com/docs-v5/en/#overview-websocket-notification>;
//! - book <https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel>: a subscription to
//!   `books` begins with a snapshot of 400 levels, every update names the one before (`prevSeqId`). After about a
//!   minute without a change an update without levels comes, of `bbo-tbt` the touch once more. After maintenance
//!   ids may begin anew, with an update that still names the one before;
//! - trades <https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-trades-channel>: those of one taker
//!   at one price are one.
//!
//! The `checksum` of books is always 0 since 23 June 2026, and the venue says not to use it
//! <https://www.okx.com/help/okx-order-book-channels-checksum-field-deprecation>: it is not read, so that a figure
//! that was changed on the way cannot be known. The change log of February 2026
//! <https://www.okx.com/docs-v5/log_en/> announces that the snapshot of the stream goes, too; it has not gone, and
//! where it does not come the subscription is repeated.
//!
//! What becomes of levels that leave the 400 is not said on the page; what is beyond is dropped in any case.
//!
//! Touches say nothing of the one before: one that is missing cannot be known before the next. Quantities of
//! derivatives are contracts. Before the opening of a market its book may be crossed; it is then lost until it is
//! not.

mod local;

pub use local::LocalOkx;

use types::{Aggressor, DepthUpdate, MarketData, Price, Qty, Quote, TimestampNs, Trade};

use crate::feed::{
    Action, Adapter, Addresses, BookChannel, Channels, FetchId, Health, Listing, Malformed, Output,
    Reader, Restate, Screened, State, Stream, Tracks, Unexpected, levels,
};

/// Streams and REST.
pub const ADDRESSES: Addresses = Addresses {
    stream: "wss://ws.okx.com:8443",
    rest: "https://www.okx.com",
};

/// Levels of each side that `books` has.
pub const DEPTH: usize = 400;

/// Channels in a request; none is longer than 64 bytes.
const CHANNELS_MAX: usize = 500;
/// Requests of one connection; the venue counts them by the hour.
const REQUESTS_MAX: u32 = 480;
/// Without a message for so long a ping is sent, and after as long again the connection is dead.
const PING_NS: u64 = 20_000_000_000;
/// Something comes about every minute of each book, even if nothing changes.
const SILENCE_NS_MAX: u64 = 90_000_000_000;

/// The protocol of one connection.
#[derive(Debug)]
pub struct Okx {
    channels: Channels,
    tracks: Tracks,
    follows: Vec<Follow>,
    is_open: bool,
    last_heard: TimestampNs,
    pinged: Option<TimestampNs>,
    requests: u32,
}

/// What is known of one listing.
#[derive(Debug, Default)]
struct Follow {
    restate: Restate,
    /// Sequence id and time of the newest book.
    last: u64,
    newest: TimestampNs,
    /// When the channel of the book was last heard of.
    heard: TimestampNs,
    /// Id and time of the newest trade.
    trade: (u64, TimestampNs),
}

impl Follow {
    /// Whether a whole book or touch is older than what is known, or the same. Ids may begin anew, times do not.
    fn is_late(&self, id: u64, time: TimestampNs) -> bool {
        let is_same = self.restate.is_live() && id <= self.last && time == self.newest;
        time < self.newest || is_same
    }
}

impl Okx {
    /// A connection for these listings.
    pub fn new(listings: Vec<Listing>, channels: Channels) -> Self {
        Self {
            channels,
            follows: listings.iter().map(|_| Follow::default()).collect(),
            tracks: Tracks::new(listings),
            is_open: false,
            last_heard: TimestampNs::default(),
            pinged: None,
            requests: 0,
        }
    }

    fn book_channel(&self, symbol: &str) -> String {
        let channel = match self.channels.book {
            BookChannel::Touch => "bbo-tbt",
            BookChannel::Depth => "books",
        };
        format!(r#"{{"channel":"{channel}","instId":"{symbol}"}}"#)
    }

    fn request(&mut self, op: &str, channels: &str, out: &mut Output) {
        self.requests += 1;
        out.send(format!(r#"{{"op":"{op}","args":[{channels}]}}"#));
    }

    /// Asks for the whole once more: a subscription begins with it.
    fn ask(&mut self, place: usize, out: &mut Output) {
        if self.requests + 2 > REQUESTS_MAX {
            out.actions.push(Action::Reconnect {
                reason: "as many requests as a connection may make",
            });
            return;
        }
        let channel = self.book_channel(&self.tracks.listings()[place].symbol);
        self.request("unsubscribe", &channel, out);
        self.request("subscribe", &channel, out);
    }

    fn resync(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        if self.follows[place].restate.lose(now) {
            self.ask(place, out);
        }
    }

    fn gap(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        self.tracks.gap(place, now, out);
        self.resync(place, now, out);
    }

    fn say(
        &mut self,
        place: usize,
        ts: TimestampNs,
        data: MarketData,
        now: TimestampNs,
        out: &mut Output,
    ) {
        if self.tracks.say(place, ts, data, now, out) == Screened::Lost {
            self.resync(place, now, out);
        }
    }

    fn repeated(&mut self, place: usize) {
        self.tracks.health_mut(place).counters.repeated += 1;
    }

    /// The data of a message; the inner error is that of an item.
    fn items<'a>(
        &mut self,
        place: usize,
        bytes: &'a [u8],
        envelope: &Envelope<'_>,
        mut reader: Reader<'a>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<Result<(), Malformed>, Unexpected> {
        let mut said = Ok(());
        reader.array()?;
        while reader.item()? {
            let mut item = Item::read(bytes, &mut reader, out)?;
            said = said.and(self.item(place, envelope, &mut item, now, out));
            if let Some(unsaid) = item.levels {
                out.recycle(unsaid);
            }
        }
        Ok(said)
    }

    fn item(
        &mut self,
        place: usize,
        envelope: &Envelope<'_>,
        item: &mut Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let said = match (envelope.channel, self.channels.book) {
            (b"books", BookChannel::Depth) => {
                self.follows[place].heard = now;
                match envelope.action {
                    b"snapshot" => self.snapshot(place, item, now, out),
                    b"update" => self.update(place, item, now, out),
                    _ => Err(item.without("action of snapshot or update")),
                }
            }
            (b"bbo-tbt", BookChannel::Touch) => {
                self.follows[place].heard = now;
                self.touch(place, item, now, out)
            }
            (b"trades", _) => self.trade(place, item, now, out),
            // Not asked for.
            _ => Ok(()),
        };
        said.map_err(|error| {
            let error = self.tracks.malformed(place, error, now, out);
            self.resync(place, now, out);
            error
        })
    }

    fn snapshot(
        &mut self,
        place: usize,
        item: &mut Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let (id, time) = item.ids()?;
        if self.follows[place].is_late(id, time) {
            self.repeated(place);
            return Ok(());
        }
        let update = item.take_levels()?;
        let follow = &mut self.follows[place];
        (follow.last, follow.newest) = (id, time);
        follow.restate.live();
        self.say(place, time, MarketData::DepthSnapshot(update), now, out);
        Ok(())
    }

    fn update(
        &mut self,
        place: usize,
        item: &mut Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let (id, time) = item.ids()?;
        let previous = item.previous.ok_or_else(|| item.without("prevSeqId"))?;
        let follow = &mut self.follows[place];
        if !follow.restate.is_live() {
            // The snapshot is to come.
            return Ok(());
        }
        if previous != follow.last {
            if id <= follow.last && time <= follow.newest {
                self.repeated(place);
            } else {
                self.gap(place, now, out);
            }
            return Ok(());
        }
        let update = item.take_levels()?;
        (follow.last, follow.newest) = (id, time);
        if !update.bids.is_empty() || !update.asks.is_empty() {
            self.say(place, time, MarketData::DepthDelta(update), now, out);
            self.tracks.truncate(place, DEPTH, time, now, out);
        }
        Ok(())
    }

    fn touch(
        &mut self,
        place: usize,
        item: &mut Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let (id, time) = item.ids()?;
        let quote = item.quote(out)?;
        let follow = &mut self.follows[place];
        if follow.is_late(id, time) || (follow.restate.is_live() && id == follow.last) {
            self.repeated(place);
            return Ok(());
        }
        (follow.last, follow.newest) = (id, time);
        follow.restate.live();
        match quote {
            Some(quote) => self.say(place, time, MarketData::Quote(quote), now, out),
            // A side is empty: there is no touch, and the one before is gone.
            None => self.tracks.lose(place, State::Syncing, now, out),
        }
        Ok(())
    }

    fn trade(
        &mut self,
        place: usize,
        item: &Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let id = item.trade.ok_or_else(|| item.without("tradeId"))?;
        let time = item.time.ok_or_else(|| item.without("ts"))?;
        let trade = Trade {
            price: item.price.ok_or_else(|| item.without("px"))?,
            qty: item.qty.ok_or_else(|| item.without("sz"))?,
            // The side of the taker.
            aggressor: match item.side {
                b"buy" => Aggressor::Buyer,
                b"sell" => Aggressor::Seller,
                _ => return Err(item.without("side of buy or sell")),
            },
        };
        let newest = &mut self.follows[place].trade;
        if id <= newest.0 && time <= newest.1 {
            self.repeated(place);
            return Ok(());
        }
        *newest = (id, time);
        self.tracks
            .say(place, time, MarketData::Trade(trade), now, out);
        Ok(())
    }
}

impl Adapter for Okx {
    fn name(&self) -> &'static str {
        "okx"
    }

    fn stream(&self) -> Stream {
        Stream::WebSocket {
            path: String::from("/ws/v5/public"),
        }
    }

    fn opened(&mut self, now: TimestampNs, out: &mut Output) {
        self.is_open = true;
        self.tracks.lose_all(State::Syncing, now, out);
        (self.last_heard, self.pinged, self.requests) = (now, None, 0);
        for follow in &mut self.follows {
            *follow = Follow {
                restate: Restate::opened(now),
                heard: now,
                ..Follow::default()
            };
        }
        let mut channels = Vec::new();
        for Listing { symbol, .. } in self.tracks.listings() {
            channels.push(self.book_channel(symbol));
            if self.channels.trades {
                channels.push(format!(r#"{{"channel":"trades","instId":"{symbol}"}}"#));
            }
        }
        for channels in channels.chunks(CHANNELS_MAX) {
            self.request("subscribe", &channels.join(","), out);
        }
    }

    fn closed(&mut self, now: TimestampNs, out: &mut Output) {
        self.is_open = false;
        self.tracks.lose_all(State::Down, now, out);
    }

    fn message(
        &mut self,
        bytes: &mut [u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let bytes = &*bytes;
        (self.last_heard, self.pinged) = (now, None);
        if bytes == b"pong" {
            return Ok(());
        }
        let Ok(mut envelope) = Envelope::read(bytes) else {
            return Err(unreadable(bytes, out));
        };
        match envelope.event {
            b"" => {}
            b"error" => return Err(Malformed::new("a request that the venue takes", bytes)),
            b"notice" => {
                out.actions.push(Action::Reconnect {
                    reason: "the venue is about to close the connection",
                });
                return Ok(());
            }
            // The answer to a request.
            _ => return Ok(()),
        }
        let Some(data) = envelope.data.take() else {
            return Err(unreadable(bytes, out));
        };
        let Some(place) = self.tracks.find(envelope.symbol) else {
            return Err(Malformed::new(
                "an instId that was subscribed to",
                envelope.symbol,
            ));
        };
        self.tracks.heard(place, now);
        let said = self.items(place, bytes, &envelope, data, now, out);
        said.unwrap_or_else(|Unexpected| Err(unreadable(bytes, out)))
    }

    fn answer(
        &mut self,
        _: FetchId,
        _: Option<&mut [u8]>,
        _: TimestampNs,
        _: &mut Output,
    ) -> Result<(), Malformed> {
        Ok(())
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Output) {
        if !self.is_open {
            return;
        }
        let since = |then: TimestampNs| now.0.saturating_sub(then.0);
        match self.pinged {
            Some(pinged) if since(pinged) >= PING_NS => {
                out.actions.push(Action::Reconnect {
                    reason: "no answer to a ping",
                });
                return;
            }
            None if since(self.last_heard) >= PING_NS => {
                self.pinged = Some(now);
                out.send(String::from("ping"));
            }
            _ => {}
        }
        for place in 0..self.follows.len() {
            let follow = &mut self.follows[place];
            if follow.restate.is_due(now) {
                self.ask(place, out);
            } else if follow.restate.is_live() && since(follow.heard) > SILENCE_NS_MAX {
                self.gap(place, now, out);
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
    Malformed::new("a message of the API v5", bytes)
}

/// What is around the data.
#[derive(Debug, Default)]
struct Envelope<'a> {
    event: &'a [u8],
    channel: &'a [u8],
    symbol: &'a [u8],
    action: &'a [u8],
    /// Where the data begins: what it is, fields behind it may say.
    data: Option<Reader<'a>>,
}

impl<'a> Envelope<'a> {
    #[inline]
    fn read(bytes: &'a [u8]) -> Result<Self, Unexpected> {
        let mut envelope = Self::default();
        let mut reader = Reader::new(bytes);
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"event" => envelope.event = reader.scalar()?,
                b"action" => envelope.action = reader.scalar()?,
                b"data" if reader.peek() == Some(b'[') => {
                    envelope.data = Some(reader.clone());
                    reader.skip()?;
                }
                b"arg" => {
                    reader.object()?;
                    while let Some(key) = reader.key()? {
                        match key {
                            b"channel" => envelope.channel = reader.scalar()?,
                            b"instId" => envelope.symbol = reader.scalar()?,
                            _ => reader.skip()?,
                        }
                    }
                }
                _ => reader.skip()?,
            }
        }
        Ok(envelope)
    }
}

/// One element of the data of any channel.
#[derive(Debug, Default)]
struct Item<'a> {
    bytes: &'a [u8],
    levels: Option<Box<DepthUpdate>>,
    /// Whether a side was there, and all of it readable.
    has_bids: bool,
    has_asks: bool,
    time: Option<TimestampNs>,
    seq: Option<u64>,
    previous: Option<u64>,
    trade: Option<u64>,
    price: Option<Price>,
    qty: Option<Qty>,
    side: &'a [u8],
}

impl<'a> Item<'a> {
    #[inline]
    fn read(
        bytes: &'a [u8],
        reader: &mut Reader<'a>,
        out: &mut Output,
    ) -> Result<Self, Unexpected> {
        let mut item = Self {
            bytes,
            ..Self::default()
        };
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"bids" => {
                    item.has_bids = {
                        let update = item.levels.get_or_insert_with(|| out.depth());
                        levels(reader, &mut update.bids)?
                    }
                }
                b"asks" => {
                    item.has_asks = {
                        let update = item.levels.get_or_insert_with(|| out.depth());
                        levels(reader, &mut update.asks)?
                    }
                }
                b"ts" => item.time = reader.timestamp_ms()?,
                b"seqId" => item.seq = reader.unsigned()?,
                // That of a snapshot is -1.
                b"prevSeqId" => item.previous = reader.unsigned()?,
                b"tradeId" => item.trade = reader.unsigned()?,
                b"px" => item.price = reader.price()?,
                b"sz" => item.qty = reader.qty()?,
                b"side" => item.side = reader.scalar()?,
                _ => reader.skip()?,
            }
        }
        Ok(item)
    }

    #[cold]
    fn without(&self, name: &'static str) -> Malformed {
        Malformed::new(name, self.bytes)
    }

    fn ids(&self) -> Result<(u64, TimestampNs), Malformed> {
        let id = self.seq.ok_or_else(|| self.without("seqId"))?;
        Ok((id, self.time.ok_or_else(|| self.without("ts"))?))
    }

    /// Takes both sides, if both are there.
    fn take_levels(&mut self) -> Result<Box<DepthUpdate>, Malformed> {
        for (has, name) in [(self.has_bids, "bids"), (self.has_asks, "asks")] {
            if !has {
                return Err(self.without(name));
            }
        }
        Ok(self.levels.take().unwrap_or_default())
    }

    /// Best bid and ask, if both sides have one.
    fn quote(&mut self, out: &mut Output) -> Result<Option<Quote>, Malformed> {
        let levels = self.take_levels()?;
        let best = levels.bids.first().zip(levels.asks.first());
        let quote = best.map(|(bid, ask)| Quote {
            bid: bid.price,
            bid_qty: bid.qty,
            ask: ask.price,
            ask_qty: ask.qty,
        });
        out.recycle(levels);
        Ok(quote)
    }
}

#[cfg(test)]
mod tests;
