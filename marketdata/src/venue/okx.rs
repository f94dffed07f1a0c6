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
//! that was changed on the way cannot be known.
//!
//! The change log <https://www.okx.com/docs-v5/log_en/> ("Delist initial snapshot and checksum field in order book
//! channels", 12 February 2026) announces that the snapshot of the stream goes, and "How to manage a local order book
//! correctly" without it: updates are buffered, the book is got from `GET /api/v5/market/books`, and got again while
//! its `seqId` is below the `prevSeqId` of the first update; updates up to its `seqId` are dropped, and of the first
//! one that is left `prevSeqId <= seqId of the book < seqId` holds. That is what happens as soon as an update comes
//! before a snapshot, and not before one has come: of a channel that says nothing no book can be followed. In a market
//! without changes that is the one without levels, so that a subscription that was acknowledged is given that long before
//! it is made anew. A snapshot that still comes is the book as the page of the channel has it. As ids may begin anew,
//! the first update is held to more than the page asks for: it is not from before the book by its time.
//!
//! A book that is lost is subscribed to anew, and what changes between the end of the one subscription and the begin of the
//! next is told by neither. So nothing counts from the request on until the venue has answered that the channel is
//! subscribed to, or begun it with a snapshot; then a document is asked for as at first. A subscription that is
//! refused, or not answered, is asked for again.
//!
//! What becomes of levels that leave the 400 is not said on the page; what is beyond is dropped in any case.
//!
//! Touches say nothing of the one before: one that is missing cannot be known before the next. Quantities of
//! derivatives are contracts. Before the opening of a market its book may be crossed; it is then lost until it is
//! not.

mod follow;
mod local;
mod message;

pub use local::LocalOkx;

use std::time::Duration;

use types::{Aggressor, MarketData, Quote, TimestampNs, Trade};

use follow::{Asked, Follow, Follows, Update};
use message::{Envelope, Item};

use crate::feed::{
    Action, Adapter, Addresses, BookChannel, Channels, FetchId, Health, Listing, Malformed, Mark,
    Output, Queue, Reader, Restate, Resync, Stamp, Stream, Tracks, Unexpected, since,
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

/// Updates that wait for a document; more mean that it is too late.
const BUFFERED_MAX: usize = 4_096;
/// From a failed or late document to the next one.
const RETRY_NS: u64 = 1_000_000_000;
/// A document that has not come by then, since it left, does not come.
const ANSWER_NS_MAX: u64 = 10_000_000_000;

/// Path of the documents.
const BOOKS: &str = "/api/v5/market/books";

/// The protocol of one connection.
#[derive(Debug)]
pub struct Okx {
    channels: Channels,
    tracks: Tracks,
    follows: Vec<Follow>,
    heard_at: TimestampNs,
    pinged_at: Option<TimestampNs>,
    requests: u32,
    next_fetch: u64,
    /// What was asked for and leaves at the connection's pace.
    messages: Queue,
    documents: Queue,
}

impl Okx {
    /// A connection for these listings.
    pub fn new(listings: Vec<Listing>, channels: Channels) -> Self {
        let count = listings.len();
        let mut tracks = Tracks::new(listings, "an instId that was subscribed to");
        for place in 0..count {
            tracks.shows(place, DEPTH);
        }
        Self {
            channels,
            follows: (0..count).map(|_| Follow::default()).collect(),
            tracks,
            heard_at: TimestampNs::default(),
            pinged_at: None,
            requests: 0,
            next_fetch: 0,
            messages: Queue::default(),
            documents: Queue::default(),
        }
    }

    const fn book_channel_name(&self) -> &'static str {
        match self.channels.book {
            BookChannel::Touch => "bbo-tbt",
            BookChannel::Depth => "books",
        }
    }

    fn book_channel(&self, symbol: &str) -> String {
        let channel = self.book_channel_name();
        format!(r#"{{"channel":"{channel}","instId":"{symbol}"}}"#)
    }

    /// Gives back for how long it waits before it leaves.
    fn request(&mut self, op: &str, channels: &str, now: TimestampNs, out: &mut Output) -> u64 {
        self.requests += 1;
        let wait_ns = self.messages.push(now, self.pace().send_every);
        out.send(format!(r#"{{"op":"{op}","args":[{channels}]}}"#));
        wait_ns
    }

    /// A subscription runs from now on, or no more.
    fn answered(&mut self, place: usize, runs: bool, now: TimestampNs, out: &mut Output) {
        let follow = &mut self.follows[place];
        if !runs {
            follow.give_up(out);
            if follow.restate.is_live() {
                // What changes from here on is not told.
                follow.restate.lost(now);
                self.tracks.lose(place, now, out);
            }
            return;
        }
        follow.is_renewing = false;
        if !follow.restate.is_live() && self.channels.book == BookChannel::Depth {
            follow.acknowledged_at = Some(now);
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
        match envelope.event {
            b"" => {}
            b"error" => return Ok(Err(Malformed::new("a request that the venue takes", bytes))),
            b"notice" => {
                out.reconnect("the venue is about to close the connection");
                return Ok(Ok(()));
            }
            event @ (b"subscribe" | b"unsubscribe") => {
                if envelope.channel == self.book_channel_name().as_bytes()
                    && let Some(place) = self.tracks.find(envelope.symbol)
                {
                    self.answered(place, event == b"subscribe", now, out);
                }
                return Ok(Ok(()));
            }
            // The answer to another request.
            _ => return Ok(Ok(())),
        }
        let data = envelope.data.take().ok_or(Unexpected)?;
        match self.tracks.heard_of(envelope.symbol, now) {
            Ok(place) => self.items(place, bytes, &envelope, data, now, out),
            Err(error) => Ok(Err(error)),
        }
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
            let item = Item::read(bytes, &mut reader, out)?;
            said = said.and(self.item(place, envelope, item, now, out));
        }
        Ok(said)
    }

    fn item(
        &mut self,
        place: usize,
        envelope: &Envelope<'_>,
        mut whole: Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let item = &mut whole;
        let said = match (envelope.channel, self.channels.book) {
            (b"books", BookChannel::Depth) => {
                let follow = &mut self.follows[place];
                (follow.heard_at, follow.acknowledged_at) = (now, None);
                match envelope.action {
                    b"snapshot" => self.snapshot(place, item, now, out),
                    b"update" => self.update(place, item, now, out),
                    _ => Err(item.without("action of snapshot or update")),
                }
            }
            (b"bbo-tbt", BookChannel::Touch) => {
                self.follows[place].heard_at = now;
                self.touch(place, item, now, out)
            }
            (b"trades", _) => self.trade(place, item, now, out),
            // Not asked for.
            _ => Ok(()),
        };
        whole.recycle(out);
        said.map_err(|error| self.malformed(place, error, now, out))
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
            self.tracks.repeated(place);
            return Ok(());
        }
        let update = item.take_levels()?;
        let follow = &mut self.follows[place];
        // It begins a subscription, which runs also where the answer to the request is yet to come.
        follow.is_renewing = false;
        follow.live(id, time, false);
        for update in follow.buffered.drain(..) {
            out.recycle(update.levels);
        }
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
        let update = Update {
            id,
            previous,
            time,
            levels: item.take_levels()?,
        };
        if self.follows[place].restate.is_live() {
            self.follow(place, update, now, out);
        } else {
            self.buffer(place, update, now, out);
        }
        Ok(())
    }

    /// An update of a book that is known.
    #[inline]
    fn follow(&mut self, place: usize, update: Update, now: TimestampNs, out: &mut Output) {
        let follow = &mut self.follows[place];
        match follow.follows(&update) {
            Follows::Old => {
                out.recycle(update.levels);
                self.tracks.repeated(place);
            }
            Follows::Gap => {
                self.gap(place, now, out);
                self.buffer(place, update, now, out);
            }
            Follows::Next => {
                let Update {
                    id, time, levels, ..
                } = update;
                (follow.newest, follow.is_fresh) = (Stamp { id, time }, false);
                if levels.bids.is_empty() && levels.asks.is_empty() {
                    out.recycle(levels);
                    self.tracks.spoke(place, time, now, out);
                    return;
                }
                self.say(place, time, MarketData::DepthDelta(levels), now, out);
            }
        }
    }

    /// An update of a book that is not known: it waits, and a document is asked for.
    #[cold]
    fn buffer(&mut self, place: usize, update: Update, now: TimestampNs, out: &mut Output) {
        let follow = &mut self.follows[place];
        if follow.is_renewing {
            out.recycle(update.levels);
            return;
        }
        if follow.buffered.is_empty() {
            follow.restate.begun(now, self.documents.wait_ns(now));
        }
        let before = follow.buffered.last();
        if before.is_some_and(|before| update.id <= before.id && update.time <= before.time) {
            out.recycle(update.levels);
            self.tracks.repeated(place);
            return;
        }
        let is_full = follow.buffered.len() >= BUFFERED_MAX;
        // What is before a missing update, or before ids begin anew, is of no use, nor is a document that may be of
        // then: an id of it can come again.
        let is_missing = before.is_some_and(|before| before.id != update.previous);
        if is_full || is_missing || update.id < update.previous {
            for update in follow.buffered.drain(..) {
                out.recycle(update.levels);
            }
            follow.asked = None;
        }
        follow.buffered.push(update);
        if follow.asked.is_none() && since(&mut follow.fetched_at, now) >= RETRY_NS {
            self.fetch(place, now, out);
        }
    }

    /// Asks for a book as a document.
    fn fetch(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        self.next_fetch += 1;
        let id = FetchId(self.next_fetch);
        let symbol = &self.tracks.listings()[place].symbol;
        let path = format!("{BOOKS}?instId={symbol}&sz={DEPTH}&source=0");
        let wait_ns = self.documents.push(now, self.pace().fetch_every);
        let follow = &mut self.follows[place];
        follow.asked = Some(Asked {
            id,
            at: now,
            wait_ns,
        });
        follow.fetched_at = now;
        out.actions.push(Action::Fetch { id, path });
    }

    /// The document has come: it is the book, unless the updates began after it.
    fn document(
        &mut self,
        place: usize,
        item: &mut Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let (id, time) = item.ids()?;
        let levels = item.take_levels()?;
        let follow = &mut self.follows[place];
        let known = Follow {
            newest: Stamp { id, time },
            is_fresh: true,
            ..Follow::default()
        };
        let kept = follow
            .buffered
            .iter()
            .position(|update| known.follows(update) != Follows::Old);
        let starts = time >= follow.newest.time
            && kept.is_none_or(|kept| known.follows(&follow.buffered[kept]) == Follows::Next);
        if !starts {
            // Older than the first update that came, or than what was known: there will be a newer one.
            out.recycle(levels);
            return Ok(());
        }
        let mut buffered = std::mem::take(&mut follow.buffered);
        follow.live(id, time, true);
        self.say(place, time, MarketData::DepthSnapshot(levels), now, out);
        for (at, update) in buffered.drain(..).enumerate() {
            let is_kept = kept.is_some_and(|kept| at >= kept);
            if is_kept && self.follows[place].restate.is_live() {
                self.follow(place, update, now, out);
            } else {
                out.recycle(update.levels);
            }
        }
        let follow = &mut self.follows[place];
        if follow.buffered.is_empty() {
            // For its memory.
            follow.buffered = buffered;
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
        self.on_touch(place, (id, time), quote, now, out);
        Ok(())
    }

    fn on_touch(
        &mut self,
        place: usize,
        (id, time): (u64, TimestampNs),
        quote: Option<Quote>,
        now: TimestampNs,
        out: &mut Output,
    ) {
        let follow = &mut self.follows[place];
        follow.heard_at = now;
        if follow.is_renewing {
            return;
        }
        let is_known = follow.restate.is_live() && id == follow.newest.id;
        if is_known || follow.is_late(id, time) {
            self.tracks.repeated(place);
            if is_known {
                self.tracks.spoke(place, time, now, out);
            }
            return;
        }
        follow.newest = Stamp { id, time };
        follow.restate.live();
        match quote {
            Some(quote) => self.say(place, time, MarketData::Quote(quote), now, out),
            // A side is empty: there is no touch, and the one before is gone.
            None => self.tracks.lose(place, now, out),
        }
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
            self.tracks.repeated(place);
            return Ok(());
        }
        *newest = (id, time);
        self.tracks
            .say(place, time, MarketData::Trade(trade), now, out);
        Ok(())
    }
}

impl Resync for Okx {
    fn tracks(&mut self) -> &mut Tracks {
        &mut self.tracks
    }

    fn restate(&mut self, place: usize) -> &mut Restate {
        &mut self.follows[place].restate
    }

    fn ask(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        if self.requests + 2 > REQUESTS_MAX {
            return out.reconnect("as many requests as a connection may make");
        }
        self.follows[place].give_up(out);
        let channel = self.book_channel(&self.tracks.listings()[place].symbol);
        let wait_ns = self.request("unsubscribe", &channel, now, out);
        self.request("subscribe", &channel, now, out);
        self.restate(place).begun(now, wait_ns);
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

    fn watch(&mut self, stale_after: Duration) {
        self.tracks.watch(stale_after);
    }

    fn opened(&mut self, now: TimestampNs, out: &mut Output) {
        self.tracks.opened(now, out);
        (self.heard_at, self.pinged_at, self.requests) = (now, None, 0);
        (self.messages, self.documents) = (Queue::opened(now), Queue::opened(now));
        for follow in &mut self.follows {
            for update in follow.buffered.drain(..) {
                out.recycle(update.levels);
            }
            *follow = Follow {
                restate: Restate::opened(now),
                heard_at: now,
                buffered: std::mem::take(&mut follow.buffered),
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
            self.request("subscribe", &channels.join(","), now, out);
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
        (self.heard_at, self.pinged_at) = (now, None);
        if bytes == b"pong" {
            return Ok(());
        }
        if self.channels.book == BookChannel::Touch
            && let Some((symbol, ids, quote)) = message::expected_touch(bytes)
        {
            let place = self.tracks.heard_of(symbol, now)?;
            self.on_touch(place, ids, Some(quote), now, out);
            return Ok(());
        }
        if let Some((envelope, mut item)) = message::expected(bytes, out) {
            return match self.tracks.heard_of(envelope.symbol, now) {
                Ok(place) => self.item(place, &envelope, item, now, out),
                Err(error) => {
                    item.recycle(out);
                    Err(error)
                }
            };
        }
        let said = self.read(bytes, now, out);
        said.unwrap_or_else(|Unexpected| {
            let error = Malformed::new("a message of the API v5", bytes);
            Err(out.unreadable(error))
        })
    }

    fn answer(
        &mut self,
        fetch: FetchId,
        body: Option<&mut [u8]>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let asked = |follow: &Follow| follow.asked.is_some_and(|asked| asked.id == fetch);
        let Some(place) = self.follows.iter().position(asked) else {
            // A snapshot came before it.
            return Ok(());
        };
        self.follows[place].asked = None;
        let Some(body) = body else {
            return Err(Malformed::new("a book", b"no answer"));
        };
        let mut item = message::document(body, out)?;
        let said = self.document(place, &mut item, now, out);
        item.recycle(out);
        said
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Output) {
        // A clock that is set back is set back for what waits, too.
        self.messages.wait_ns(now);
        self.documents.wait_ns(now);
        if !self.tracks.is_following() {
            return;
        }
        let unanswered = self.pinged_at.as_mut().map(|pinged| since(pinged, now));
        match unanswered {
            Some(waited) if waited >= PING_NS => {
                return out.reconnect("no answer to a ping");
            }
            None if since(&mut self.heard_at, now) >= PING_NS => {
                self.pinged_at = Some(now);
                out.send(String::from("ping"));
            }
            _ => {}
        }
        for place in 0..self.follows.len() {
            let follow = &mut self.follows[place];
            if let Some(asked) = &mut follow.asked
                && since(&mut asked.at, now) > ANSWER_NS_MAX.saturating_add(asked.wait_ns)
            {
                follow.asked = None;
            }
            let has_begun = !follow.buffered.is_empty();
            // Its first update may be the one that comes where nothing changes.
            let is_to_begin = !has_begun
                && follow
                    .acknowledged_at
                    .as_mut()
                    .is_some_and(|at| since(at, now) <= SILENCE_NS_MAX);
            // A document that is on its way is of use to this subscription only.
            if !is_to_begin && follow.asked.is_none() && follow.restate.is_due(now) {
                self.ask(place, now, out);
            } else if has_begun
                && !follow.restate.is_live()
                && follow.asked.is_none()
                && since(&mut follow.fetched_at, now) >= RETRY_NS
            {
                self.fetch(place, now, out);
            } else if follow.restate.is_live() && since(&mut follow.heard_at, now) > SILENCE_NS_MAX
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
