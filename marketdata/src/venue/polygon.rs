//! Polygon, now Massive: US stocks.
//!
//! Connection and authentication <https://massive.com/docs/websocket/quickstart>, quotes
//! <https://massive.com/docs/websocket/stocks/quotes>, trades <https://massive.com/docs/websocket/stocks/trades>,
//! conditions <https://massive.com/knowledge-base/article/stock-trade-conditions>.
//!
//! A message is an array of events of any kind. The client sends its key, waits for `auth_success`, and subscribes.
//! Quotes are the national best bid and offer; there is no depth. The number `q` of an event is above those of the
//! same kind before it for the same ticker, starts anew each trading day, and may leave numbers out: an event that
//! is not above the newest of its day is late and changes nothing.
//!
//! What cannot be seen: since numbers are left out, none that is missing is noticed, and there are no heartbeats.
//! One connection of an account is served at a time.
//!
//! A print is told unless one of its conditions says that its price is not of the market at that moment: averaged
//! (2), settled otherwise (7, 20, 29), of another time (13, 22, 32, 33), derived or contingent (10, 21, 52, 53), or
//! an official price said again (15, 16, 38).

mod local;
mod message;

pub use local::LocalPolygon;

use std::time::Duration;

use types::{MarketData, TimestampNs};

use message::{Event, Said, Told};

use crate::feed::{
    Adapter, Addresses, Channels, Credentials, Health, Listing, Malformed, Output, Reader, Restate,
    Stream, Tracks, Unexpected, quoted, since,
};

/// As it happens.
pub const REAL_TIME: Addresses = Addresses {
    stream: "wss://socket.massive.com",
    rest: "https://api.massive.com",
};
/// Fifteen minutes late.
pub const DELAYED: Addresses = Addresses {
    stream: "wss://delayed.massive.com",
    rest: "https://api.massive.com",
};

/// Without an answer to the key by then there will be none.
const AUTHENTICATED_NS_MAX: u64 = 10_000_000_000;
/// The trading day is from 04:00 to 20:00 in New York: another has begun by 06:00 UTC, summer and winter.
const DAY_STARTS_NS: u64 = 6 * 3_600_000_000_000;
const DAY_NS: u64 = 24 * 3_600_000_000_000;

/// The protocol of one connection.
#[derive(Debug)]
pub struct Polygon {
    credentials: Credentials,
    /// Shares in one unit of a quote's size.
    size_unit: i64,
    channels: Channels,
    tracks: Tracks,
    /// The newest quote and print of each listing: trading day and number.
    newest: Vec<Newest>,
    /// When to subscribe to each again: a request that was refused, or has no answer.
    subscriptions: Vec<Restate>,
    is_subscribed: bool,
    opened_at: TimestampNs,
}

#[derive(Debug, Clone, Copy, Default)]
struct Newest {
    quote: Option<(u64, u64)>,
    trade: Option<(u64, u64)>,
}

impl Polygon {
    /// A connection for these listings: the key is the API key, and there is no secret. `size_unit` is how many
    /// shares one unit of a quote's size is: 100 where the feed counts round lots, as the page says, 1 where it
    /// counts shares. Stocks have no depth: what is told is the touch.
    pub fn new(
        credentials: Credentials,
        size_unit: u32,
        listings: Vec<Listing>,
        channels: Channels,
    ) -> Self {
        Self {
            credentials,
            size_unit: size_unit.into(),
            channels,
            newest: vec![Newest::default(); listings.len()],
            subscriptions: vec![Restate::UNASKED; listings.len()],
            tracks: Tracks::new(listings, "a ticker that was subscribed to"),
            is_subscribed: false,
            opened_at: TimestampNs(0),
        }
    }

    /// Subscribes to those that were not answered and are due.
    fn subscribe(&mut self, now: TimestampNs, out: &mut Output) {
        let mut params = Vec::new();
        for (listing, subscription) in self.tracks.listings().iter().zip(&mut self.subscriptions) {
            if !subscription.is_due(now) {
                continue;
            }
            params.push(format!("Q.{}", listing.symbol));
            if self.channels.trades {
                params.push(format!("T.{}", listing.symbol));
            }
        }
        if params.is_empty() {
            return;
        }
        let params = quoted(&params.join(","));
        out.send(format!(r#"{{"action":"subscribe","params":{params}}}"#));
    }

    fn on_status(
        &mut self,
        event: &Event<'_>,
        bytes: &[u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        match event.status {
            b"connected" => Ok(()),
            b"success" => {
                // "subscribed to: Q.AAPL", of each topic one.
                let topic = event.message.strip_prefix(b"subscribed to: Q.");
                if let Some(place) = topic.and_then(|symbol| self.tracks.find(symbol)) {
                    self.subscriptions[place].live();
                }
                Ok(())
            }
            b"auth_success" => {
                if !self.is_subscribed {
                    self.is_subscribed = true;
                    self.subscribe(now, out);
                }
                Ok(())
            }
            // auth_failed, auth_timeout, max_connections, error.
            _ => {
                if !self.is_subscribed {
                    self.tracks
                        .reconnect("the venue refuses the connection", now, out);
                }
                Err(Malformed::new("no refusal", bytes))
            }
        }
    }

    /// The events of a message; the inner error is that of one of them.
    fn on_events(
        &mut self,
        bytes: &[u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<Result<(), Malformed>, Unexpected> {
        let mut reader = Reader::new(bytes);
        // The first error is told, and what follows it is read all the same.
        let mut said = Ok(());
        let mut is_first = true;
        reader.array()?;
        while self.tracks.is_following() && reader.item()? {
            let size_unit = self.size_unit;
            if let Some((symbol, event)) = reader.expected(|event| Said::expected(event, size_unit))
            {
                if std::mem::take(&mut is_first) {
                    read_behind(reader.clone(), size_unit)?;
                }
                match self.tracks.heard_of(symbol, now) {
                    Ok(place) => self.tell(place, &event, now, out),
                    Err(error) => said = said.and(Err(error)),
                }
                continue;
            }
            let event = Event::read(&mut reader)?;
            if std::mem::take(&mut is_first) {
                read_behind(reader.clone(), size_unit)?;
            }
            said = said.and(self.on_event(&event, bytes, now, out));
        }
        Ok(said)
    }

    fn on_event(
        &mut self,
        event: &Event<'_>,
        bytes: &[u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let is_quote = match event.kind {
            b"status" => return self.on_status(event, bytes, now, out),
            b"Q" => true,
            b"T" => false,
            // Not asked for.
            _ => return Ok(()),
        };
        let place = self.tracks.heard_of(event.symbol, now)?;
        match event.said(is_quote, self.size_unit) {
            Ok(said) => {
                self.tell(place, &said, now, out);
                Ok(())
            }
            Err(what) => {
                let error = Malformed::new(what, bytes);
                Err(self.tracks.malformed(place, error, now, out))
            }
        }
    }

    fn tell(&mut self, place: usize, said: &Said, now: TimestampNs, out: &mut Output) {
        let newest = &mut self.newest[place];
        let newest = match said.told {
            Told::Quote(_) => &mut newest.quote,
            Told::Trade { .. } => &mut newest.trade,
        };
        let day = said.ts.0.saturating_sub(DAY_STARTS_NS) / DAY_NS;
        let at = (day, said.number);
        if newest.is_some_and(|newest| at <= newest) {
            self.tracks.repeated(place);
            return;
        }
        *newest = Some(at);
        if matches!(said.told, Told::Quote(_)) {
            // It comes: whatever became of the answer.
            self.subscriptions[place].live();
        }
        let data = match said.told {
            Told::Quote(Some(quote)) => MarketData::Quote(quote),
            // A side without orders.
            Told::Quote(None) => return self.tracks.lose(place, now, out),
            Told::Trade {
                is_of_another_market: true,
                ..
            } => return,
            Told::Trade { trade, .. } => MarketData::Trade(trade),
        };
        self.tracks.say(place, said.ts, data, now, out);
    }
}

/// Reads what is behind the first event, as nothing of a message is said before all of it could be read. Most often it
/// is the end.
#[inline]
fn read_behind(mut reader: Reader<'_>, size_unit: i64) -> Result<(), Unexpected> {
    if reader.item()? {
        read_others(reader, size_unit)?;
    }
    Ok(())
}

/// Out of the way of messages of one event.
#[inline(never)]
fn read_others(mut reader: Reader<'_>, size_unit: i64) -> Result<(), Unexpected> {
    loop {
        let expected = reader.expected(|event| Said::expected(event, size_unit));
        if expected.is_none() {
            Event::read(&mut reader)?;
        }
        if !reader.item()? {
            return Ok(());
        }
    }
}

impl Adapter for Polygon {
    fn name(&self) -> &'static str {
        "polygon-stocks"
    }

    fn stream(&self) -> Stream {
        Stream::WebSocket {
            path: String::from("/stocks"),
        }
    }

    fn watch(&mut self, stale_after: Duration) {
        self.tracks.watch(stale_after);
    }

    fn opened(&mut self, now: TimestampNs, out: &mut Output) {
        self.tracks.opened(now, out);
        self.is_subscribed = false;
        self.opened_at = now;
        self.subscriptions.fill(Restate::UNASKED);
        for newest in &mut self.newest {
            // A quote may be stated again; a print is told once.
            newest.quote = None;
        }
        let key = quoted(&self.credentials.key);
        out.send(format!(r#"{{"action":"auth","params":{key}}}"#));
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
        let said = self.on_events(bytes, now, out);
        said.unwrap_or_else(|Unexpected| {
            let error = Malformed::new("an array of events", bytes);
            Err(self.tracks.unreadable(error, now, out))
        })
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Output) {
        let open = since(&mut self.opened_at, now);
        if self.tracks.is_following() && !self.is_subscribed && open > AUTHENTICATED_NS_MAX {
            self.tracks.reconnect("no answer to the key", now, out);
        }
        if self.tracks.is_following() && self.is_subscribed {
            self.subscribe(now, out);
        }
        self.tracks.tick(now, out);
    }

    fn health(&self) -> &[Health] {
        self.tracks.health()
    }
}

#[cfg(test)]
mod tests;
