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

pub use local::LocalKraken;

use flate2::Crc;
use types::{Aggressor, DepthUpdate, Level, MarketData, Price, Qty, Quote, TimestampNs, Trade};

use crate::feed::{
    Action, Adapter, Addresses, Book, BookChannel, Channels, FetchId, Health, Listing, Malformed,
    Output, Reader, Restate, Screened, State, Stream, Tracks, Unexpected, price, qty,
    timestamp_rfc3339,
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
/// More decimals than any number that we hold can have.
const DECIMALS_MAX: usize = 24;

/// The protocol of one connection.
#[derive(Debug)]
pub struct Kraken {
    channels: Channels,
    tracks: Tracks,
    follows: Vec<Follow>,
    is_open: bool,
    last_heard: TimestampNs,
    /// The digits of a checksum; kept for its memory.
    digits: Vec<u8>,
}

/// What is known of one listing.
#[derive(Debug, Default)]
struct Follow {
    restate: Restate,
    book: Book,
    precision: Precision,
    /// The time of the newest book or ticker.
    newest: TimestampNs,
    quote: Option<Quote>,
    trade: u64,
}

/// Decimals of the pair, as its numbers are written.
#[derive(Debug, Clone, Copy, Default)]
struct Precision {
    price: usize,
    qty: usize,
}

impl Kraken {
    /// A connection for these listings.
    pub fn new(listings: Vec<Listing>, channels: Channels) -> Self {
        Self {
            channels,
            follows: listings.iter().map(|_| Follow::default()).collect(),
            tracks: Tracks::new(listings),
            is_open: false,
            last_heard: TimestampNs::default(),
            digits: Vec::new(),
        }
    }

    const fn book_params(&self) -> &'static str {
        match self.channels.book {
            BookChannel::Touch => r#""channel":"ticker","event_trigger":"bbo""#,
            BookChannel::Depth => r#""channel":"book","depth":10"#,
        }
    }

    /// Asks for the whole once more: a subscription begins with it.
    fn ask(&self, place: usize, out: &mut Output) {
        let symbol = &self.tracks.listings()[place].symbol;
        let params = self.book_params();
        for method in ["unsubscribe", "subscribe"] {
            out.send(format!(
                r#"{{"method":"{method}","params":{{{params},"symbol":["{symbol}"]}}}}"#
            ));
        }
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
            said = said.and(self.item(envelope, &mut item, now, out));
            if let Some(unsaid) = item.levels {
                out.recycle(unsaid);
            }
        }
        Ok(said)
    }

    fn item(
        &mut self,
        envelope: &Envelope<'_>,
        item: &mut Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let Some(place) = self.tracks.find(item.symbol) else {
            return Err(Malformed::new(
                "a symbol that was subscribed to",
                item.symbol,
            ));
        };
        self.tracks.heard(place, now);
        let said = match (envelope.channel, self.channels.book) {
            (b"book", BookChannel::Depth) => match envelope.kind {
                b"snapshot" => self.snapshot(place, item, now, out),
                b"update" => self.update(place, item, now, out),
                _ => Err(item.without("type of snapshot or update")),
            },
            (b"ticker", BookChannel::Touch) => self.ticker(place, item, now, out),
            (b"trade", _) => self.trade(place, item, now, out),
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
        let follow = &mut self.follows[place];
        let is_late = match item.time {
            Some(time) if follow.restate.is_live() => time <= follow.newest,
            Some(time) => time < follow.newest,
            None => follow.restate.is_live(),
        };
        if is_late {
            self.repeated(place);
            return Ok(());
        }
        follow.precision = Precision::default();
        let update = item.take_levels(&mut follow.precision)?;
        if update.bids.len() > DEPTH || update.asks.len() > DEPTH {
            return Err(item.without("no more levels than were subscribed to"));
        }
        follow.book.replace(&update);
        if !self.holds(place, item)? {
            self.tracks.health_mut(place).counters.checksum_errors += 1;
            self.gap(place, now, out);
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
            self.repeated(place);
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
            self.tracks.health_mut(place).counters.checksum_errors += 1;
            self.gap(place, now, out);
            return Ok(());
        }
        self.follows[place].newest = time;
        if is_changed {
            self.say(place, time, MarketData::DepthDelta(update), now, out);
        } else {
            self.repeated(place);
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

    fn ticker(
        &mut self,
        place: usize,
        item: &Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let quote = item.quote()?;
        let follow = &mut self.follows[place];
        let time = item.time.unwrap_or(follow.newest);
        let is_known = follow.restate.is_live() && follow.quote == Some(quote);
        if time < follow.newest || (time == follow.newest && is_known) {
            self.repeated(place);
            return Ok(());
        }
        follow.newest = time;
        follow.quote = Some(quote);
        follow.restate.live();
        if quote.bid_qty == Qty::ZERO || quote.ask_qty == Qty::ZERO {
            // A side is empty: there is no touch, and the one before is gone.
            self.tracks.lose(place, State::Syncing, now, out);
            return Ok(());
        }
        let ts = item.time.unwrap_or(now);
        self.say(place, ts, MarketData::Quote(quote), now, out);
        Ok(())
    }

    fn trade(
        &mut self,
        place: usize,
        item: &Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let id = item.trade.ok_or_else(|| item.without("trade_id"))?;
        let trade = Trade {
            price: item.price.ok_or_else(|| item.without("price"))?,
            qty: item.qty.ok_or_else(|| item.without("qty"))?,
            // The side of the taker.
            aggressor: match item.side {
                b"buy" => Aggressor::Buyer,
                b"sell" => Aggressor::Seller,
                _ => return Err(item.without("side of buy or sell")),
            },
        };
        let ts = item.time.ok_or_else(|| item.without("timestamp"))?;
        let newest = &mut self.follows[place].trade;
        if id <= *newest {
            self.repeated(place);
            return Ok(());
        }
        *newest = id;
        self.tracks
            .say(place, ts, MarketData::Trade(trade), now, out);
        Ok(())
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

    fn opened(&mut self, now: TimestampNs, out: &mut Output) {
        self.is_open = true;
        self.tracks.lose_all(State::Syncing, now, out);
        self.last_heard = now;
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
        self.last_heard = now;
        let Ok(mut envelope) = Envelope::read(bytes) else {
            return Err(unreadable(bytes, out));
        };
        match envelope.channel {
            b"book" | b"ticker" | b"trade" => {
                let data = envelope.data.take();
                let said = data.map(|data| self.items(bytes, &envelope, data, now, out));
                match said {
                    Some(Ok(said)) => said,
                    _ => Err(unreadable(bytes, out)),
                }
            }
            b"heartbeat" | b"status" => Ok(()),
            // The answer to a request.
            b"" if envelope.success == Some(true) || envelope.method == b"pong" => Ok(()),
            b"" if envelope.success == Some(false) => {
                Err(Malformed::new("a request that the venue takes", bytes))
            }
            _ => Err(Malformed::new(
                "book, ticker, trade, heartbeat or status",
                bytes,
            )),
        }
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
        if now.0.saturating_sub(self.last_heard.0) > SILENCE_NS_MAX {
            out.actions.push(Action::Reconnect {
                reason: "no heartbeat",
            });
            return;
        }
        for place in 0..self.follows.len() {
            if self.follows[place].restate.is_due(now) {
                self.ask(place, out);
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
    Malformed::new("a message of the API v2", bytes)
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

/// Decimals of a number as it is written: trailing zeros count.
fn decimals(text: &[u8]) -> Option<usize> {
    let (mantissa, power) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(place) => {
            let power = &text[place + 1..];
            let power = crate::feed::signed(power.strip_prefix(b"+").unwrap_or(power)).ok()?;
            (&text[..place], power)
        }
        None => (text, 0),
    };
    let point = mantissa.iter().position(|&byte| byte == b'.');
    let part = point.map_or(0, |point| mantissa.len() - point - 1);
    let decimals = (part as i64).checked_sub(power)?.max(0) as usize;
    (decimals <= DECIMALS_MAX).then_some(decimals)
}

/// `[{"price":1.0,"qty":2.0},...]`; whether all of them are numbers that we hold.
#[inline]
fn levels(
    reader: &mut Reader<'_>,
    into: &mut Vec<Level>,
    precision: &mut Precision,
) -> Result<bool, Unexpected> {
    let mut are_levels = true;
    reader.array()?;
    while reader.item()? {
        let (mut at, mut size) = (None, None);
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"price" => at = Some(reader.scalar()?),
                b"qty" => size = Some(reader.scalar()?),
                _ => reader.skip()?,
            }
        }
        let mut read = || {
            let (at, size) = (at?, size?);
            precision.price = precision.price.max(decimals(at)?);
            precision.qty = precision.qty.max(decimals(size)?);
            into.push(Level {
                price: price(at).ok()?,
                qty: qty(size).ok()?,
            });
            Some(())
        };
        are_levels &= read().is_some();
    }
    Ok(are_levels)
}

/// What is around the data.
#[derive(Debug, Default)]
struct Envelope<'a> {
    channel: &'a [u8],
    kind: &'a [u8],
    method: &'a [u8],
    success: Option<bool>,
    /// Where the data begins: what it is, fields behind it may say.
    data: Option<Reader<'a>>,
}

impl<'a> Envelope<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Unexpected> {
        let mut envelope = Self::default();
        let mut reader = Reader::new(bytes);
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"channel" => envelope.channel = reader.scalar()?,
                b"type" => envelope.kind = reader.scalar()?,
                b"method" => envelope.method = reader.scalar()?,
                b"success" => envelope.success = Some(reader.scalar()? == b"true"),
                b"data" => {
                    envelope.data = Some(reader.clone());
                    reader.skip()?;
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
    symbol: &'a [u8],
    time: Option<TimestampNs>,
    levels: Option<Box<DepthUpdate>>,
    /// Decimals of the levels.
    precision: Precision,
    /// Whether a side was there, and all of it readable.
    has_bids: bool,
    has_asks: bool,
    checksum: Option<u64>,
    bid: Option<Price>,
    bid_qty: Option<Qty>,
    ask: Option<Price>,
    ask_qty: Option<Qty>,
    side: &'a [u8],
    price: Option<Price>,
    qty: Option<Qty>,
    trade: Option<u64>,
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
        let (mut update, mut precision) = (None, Precision::default());
        reader.object()?;
        while let Some(key) = reader.key()? {
            match key {
                b"symbol" => item.symbol = reader.scalar()?,
                b"timestamp" => item.time = timestamp_rfc3339(reader.scalar()?).ok(),
                b"bids" => {
                    let update = update.get_or_insert_with(|| out.depth());
                    item.has_bids = levels(reader, &mut update.bids, &mut precision)?;
                }
                b"asks" => {
                    let update = update.get_or_insert_with(|| out.depth());
                    item.has_asks = levels(reader, &mut update.asks, &mut precision)?;
                }
                b"checksum" => item.checksum = reader.unsigned()?,
                b"bid" => item.bid = reader.price()?,
                b"bid_qty" => item.bid_qty = reader.qty()?,
                b"ask" => item.ask = reader.price()?,
                b"ask_qty" => item.ask_qty = reader.qty()?,
                b"side" => item.side = reader.scalar()?,
                b"price" => item.price = reader.price()?,
                b"qty" => item.qty = reader.qty()?,
                b"trade_id" => item.trade = reader.unsigned()?,
                _ => reader.skip()?,
            }
        }
        (item.levels, item.precision) = (update, precision);
        Ok(item)
    }

    #[cold]
    fn without(&self, name: &'static str) -> Malformed {
        Malformed::new(name, self.bytes)
    }

    /// Takes both sides, if both are there, and adds their decimals to those of the pair.
    fn take_levels(&mut self, precision: &mut Precision) -> Result<Box<DepthUpdate>, Malformed> {
        for (has, name) in [(self.has_bids, "bids"), (self.has_asks, "asks")] {
            if !has {
                return Err(self.without(name));
            }
        }
        precision.price = precision.price.max(self.precision.price);
        precision.qty = precision.qty.max(self.precision.qty);
        Ok(self.levels.take().unwrap_or_default())
    }

    fn quote(&self) -> Result<Quote, Malformed> {
        Ok(Quote {
            bid: self.bid.ok_or_else(|| self.without("bid"))?,
            bid_qty: self.bid_qty.ok_or_else(|| self.without("bid_qty"))?,
            ask: self.ask.ok_or_else(|| self.without("ask"))?,
            ask_qty: self.ask_qty.ok_or_else(|| self.without("ask_qty"))?,
        })
    }
}

#[cfg(test)]
mod tests;
