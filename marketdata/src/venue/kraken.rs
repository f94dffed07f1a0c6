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

use std::io::Write as _;

use flate2::Crc;
use types::{Aggressor, Level, MarketData, Price, Qty, Quote, TimestampNs, Trade};

use crate::feed::{
    Action, Adapter, Addresses, Book, BookChannel, Channels, FetchId, Fields, Health, Listing,
    Malformed, Output, Restate, Screened, State, Stream, Tracks, Value, price, qty,
    timestamp_rfc3339, unsigned,
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

    fn item(
        &mut self,
        envelope: &Envelope<'_>,
        item: &Item<'_>,
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
        item: &Item<'_>,
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
        let mut update = out.depth();
        follow.precision = Precision::default();
        item.levels(&mut update.bids, &mut update.asks, &mut follow.precision)?;
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
        item: &Item<'_>,
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
        let mut update = out.depth();
        item.levels(&mut update.bids, &mut update.asks, &mut follow.precision)?;
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
            price: number(item.price, price).ok_or_else(|| item.without("price"))?,
            qty: number(item.qty, qty).ok_or_else(|| item.without("qty"))?,
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
        let Some(envelope) = Envelope::read(bytes) else {
            return Err(unreadable(bytes, out));
        };
        match envelope.channel {
            b"book" | b"ticker" | b"trade" => {
                let Some(items) = envelope.data.and_then(Value::items) else {
                    return Err(unreadable(bytes, out));
                };
                let mut said = Ok(());
                for item in items {
                    let Some(item) = item.ok().and_then(Item::read) else {
                        return Err(unreadable(bytes, out));
                    };
                    said = said.and(self.item(&envelope, &item, now, out));
                }
                said
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
    // Writing to a vector does not fail. No number has more decimals than the pair.
    let _ = write!(into, "{}", value / 10_i64.pow(dropped));
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

fn number<T, E>(text: Option<&[u8]>, read: fn(&[u8]) -> Result<T, E>) -> Option<T> {
    text.and_then(|text| read(text).ok())
}

/// `[{"price":1.0,"qty":2.0},...]`.
fn levels(value: Value<'_>, into: &mut Vec<Level>, precision: &mut Precision) -> Option<()> {
    for item in value.items()? {
        let (mut at, mut size) = (None, None);
        for field in item.ok()?.fields()? {
            match field.ok()? {
                (b"price", value) => at = value.scalar(),
                (b"qty", value) => size = value.scalar(),
                _ => {}
            }
        }
        let (at, size) = (at?, size?);
        precision.price = precision.price.max(decimals(at)?);
        precision.qty = precision.qty.max(decimals(size)?);
        into.push(Level {
            price: price(at).ok()?,
            qty: qty(size).ok()?,
        });
    }
    Some(())
}

/// What is around the data.
#[derive(Debug, Default)]
struct Envelope<'a> {
    channel: &'a [u8],
    kind: &'a [u8],
    method: &'a [u8],
    success: Option<bool>,
    data: Option<Value<'a>>,
}

impl<'a> Envelope<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut envelope = Self::default();
        for field in Fields::of(bytes)? {
            let (key, value) = field.ok()?;
            let scalar = || value.scalar().unwrap_or_default();
            match key {
                b"channel" => envelope.channel = scalar(),
                b"type" => envelope.kind = scalar(),
                b"method" => envelope.method = scalar(),
                b"success" => envelope.success = Some(scalar() == b"true"),
                b"data" => envelope.data = Some(value),
                _ => {}
            }
        }
        Some(envelope)
    }
}

/// One element of the data of any channel.
#[derive(Debug, Default)]
struct Item<'a> {
    bytes: &'a [u8],
    symbol: &'a [u8],
    time: Option<TimestampNs>,
    bids: Option<Value<'a>>,
    asks: Option<Value<'a>>,
    checksum: Option<u64>,
    bid: Option<&'a [u8]>,
    bid_qty: Option<&'a [u8]>,
    ask: Option<&'a [u8]>,
    ask_qty: Option<&'a [u8]>,
    side: &'a [u8],
    price: Option<&'a [u8]>,
    qty: Option<&'a [u8]>,
    trade: Option<u64>,
}

impl<'a> Item<'a> {
    #[inline]
    fn read(value: Value<'a>) -> Option<Self> {
        let Value::Object(bytes) = value else {
            return None;
        };
        let mut item = Self {
            bytes,
            ..Self::default()
        };
        for field in Fields::of(bytes)? {
            let (key, value) = field.ok()?;
            let scalar = value.scalar();
            let id = || scalar.and_then(|text| unsigned(text).ok());
            match key {
                b"symbol" => item.symbol = scalar.unwrap_or_default(),
                b"timestamp" => {
                    item.time = scalar.and_then(|text| timestamp_rfc3339(text).ok());
                }
                b"bids" => item.bids = Some(value),
                b"asks" => item.asks = Some(value),
                b"checksum" => item.checksum = id(),
                b"bid" => item.bid = scalar,
                b"bid_qty" => item.bid_qty = scalar,
                b"ask" => item.ask = scalar,
                b"ask_qty" => item.ask_qty = scalar,
                b"side" => item.side = scalar.unwrap_or_default(),
                b"price" => item.price = scalar,
                b"qty" => item.qty = scalar,
                b"trade_id" => item.trade = id(),
                _ => {}
            }
        }
        Some(item)
    }

    fn without(&self, name: &'static str) -> Malformed {
        Malformed::new(name, self.bytes)
    }

    fn levels(
        &self,
        bids: &mut Vec<Level>,
        asks: &mut Vec<Level>,
        precision: &mut Precision,
    ) -> Result<(), Malformed> {
        for (side, name, into) in [(self.bids, "bids", bids), (self.asks, "asks", asks)] {
            side.and_then(|side| levels(side, into, precision))
                .ok_or_else(|| self.without(name))?;
        }
        Ok(())
    }

    fn quote(&self) -> Result<Quote, Malformed> {
        Ok(Quote {
            bid: number(self.bid, price).ok_or_else(|| self.without("bid"))?,
            bid_qty: number(self.bid_qty, qty).ok_or_else(|| self.without("bid_qty"))?,
            ask: number(self.ask, price).ok_or_else(|| self.without("ask"))?,
            ask_qty: number(self.ask_qty, qty).ok_or_else(|| self.without("ask_qty"))?,
        })
    }
}

#[cfg(test)]
mod tests;
