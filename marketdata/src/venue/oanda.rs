//! OANDA's v20 pricing stream.
//!
//! Stream and forms of messages <https://developer.oanda.com/rest-live-v20/pricing-ep/>, prices
//! <https://developer.oanda.com/rest-live-v20/pricing-df/>, when to give a connection up
//! <https://developer.oanda.com/rest-live/streaming/>.
//!
//! One document that never ends, over HTTP: first the price of each instrument as it stands, then prices at most
//! each 250 ms, the newest of that time only, and a heartbeat each 5 seconds. A stream without either for 10
//! seconds is to be given up. Buckets of liquidity are no book: the best of each side is told as the touch. A
//! price that is not newer than the one before is late and changes nothing. While an instrument is not tradeable
//! its status says that it is closed; the first price tells it in any case.
//!
//! What cannot be seen: prices have no sequence numbers, so that one that is missing is not noticed until the
//! next. There are no prints.

mod local;
mod message;

pub use local::LocalOanda;

use std::time::Duration;

use types::{InstrumentStatus, MarketData, TimestampNs};

use message::{Line, Said};

use crate::feed::{
    Adapter, Addresses, Credentials, Health, Listing, Malformed, Output, Stream, Tracks, since,
    touch,
};

/// For accounts with money.
pub const LIVE: Addresses = Addresses {
    stream: "https://stream-fxtrade.oanda.com",
    rest: "https://api-fxtrade.oanda.com",
};
/// For accounts without.
pub const PRACTICE: Addresses = Addresses {
    stream: "https://stream-fxpractice.oanda.com",
    rest: "https://api-fxpractice.oanda.com",
};

/// A stream without price or heartbeat for so long is to be given up.
const SILENCE_NS_MAX: u64 = 10_000_000_000;

/// The protocol of one connection.
#[derive(Debug)]
pub struct Oanda {
    credentials: Credentials,
    tracks: Tracks,
    instruments: Vec<Instrument>,
    heard_at: TimestampNs,
}

#[derive(Debug, Default)]
struct Instrument {
    /// Time of the newest price of this connection.
    newest: Option<TimestampNs>,
    /// What was told last; before the first price nothing is known.
    status: Option<InstrumentStatus>,
}

impl Oanda {
    /// A connection for these listings: the key is the account, the secret its token.
    pub fn new(credentials: Credentials, listings: Vec<Listing>) -> Self {
        Self {
            credentials,
            instruments: listings.iter().map(|_| Instrument::default()).collect(),
            tracks: Tracks::new(listings, "an instrument that was asked for"),
            heard_at: TimestampNs(0),
        }
    }

    fn on_price(
        &mut self,
        line: &Line<'_>,
        bytes: &[u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let place = self.tracks.heard_of(line.instrument, now)?;
        let Some(said) = line.said() else {
            let error = Malformed::new("a price", bytes);
            return Err(self.tracks.malformed(place, error, now, out));
        };
        self.tell(place, &said, now, out);
        Ok(())
    }

    fn tell(&mut self, place: usize, said: &Said, now: TimestampNs, out: &mut Output) {
        let instrument = &mut self.instruments[place];
        if instrument.newest.is_some_and(|newest| said.ts <= newest) {
            self.tracks.repeated(place);
            return;
        }
        instrument.newest = Some(said.ts);
        if let Some(status) = said.status
            && instrument.status.replace(status) != Some(status)
        {
            self.tracks
                .say(place, said.ts, MarketData::Status(status), now, out);
        }
        let (Some(bid), Some(ask)) = (said.bid, said.ask) else {
            // A side without liquidity.
            return self.tracks.lose(place, now, out);
        };
        let quote = MarketData::Quote(touch(bid, ask));
        self.tracks.say(place, said.ts, quote, now, out);
    }
}

impl Adapter for Oanda {
    fn name(&self) -> &'static str {
        "oanda"
    }

    fn stream(&self) -> Stream {
        let names = self.tracks.listings().iter();
        let names: Vec<_> = names.map(|listing| escaped(&listing.symbol)).collect();
        Stream::Lines {
            path: format!(
                "/v3/accounts/{}/pricing/stream?instruments={}",
                escaped(&self.credentials.key),
                names.join("%2C")
            ),
            headers: vec![
                (
                    "Authorization",
                    format!("Bearer {}", self.credentials.secret),
                ),
                ("Accept-Datetime-Format", String::from("RFC3339")),
            ],
        }
    }

    fn watch(&mut self, stale_after: Duration) {
        self.tracks.watch(stale_after);
    }

    fn opened(&mut self, now: TimestampNs, out: &mut Output) {
        self.tracks.opened(now, out);
        self.heard_at = now;
        for instrument in &mut self.instruments {
            instrument.newest = None;
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
        let bytes = bytes.trim_ascii();
        if !self.tracks.is_following() || bytes.is_empty() {
            return Ok(());
        }
        self.heard_at = now;
        if let Some((instrument, said)) = Said::expected(bytes) {
            let place = self.tracks.heard_of(instrument, now)?;
            self.tell(place, &said, now, out);
            return Ok(());
        }
        let Ok(line) = Line::read(bytes) else {
            let error = Malformed::new("a line of the stream", bytes);
            return Err(self.tracks.unreadable(error, now, out));
        };
        match line.kind {
            b"PRICE" => self.on_price(&line, bytes, now, out),
            b"HEARTBEAT" => Ok(()),
            // An error of the account or of an instrument, or what the page does not have.
            _ => Err(Malformed::new("a price or a heartbeat", bytes)),
        }
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Output) {
        if self.tracks.is_following() && since(&mut self.heard_at, now) > SILENCE_NS_MAX {
            self.tracks.reconnect("no heartbeat", now, out);
        }
        self.tracks.tick(now, out);
    }

    fn health(&self) -> &[Health] {
        self.tracks.health()
    }
}

/// Text as a part of a path or query.
fn escaped(text: &str) -> String {
    use std::fmt::Write as _;

    let mut path = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            path.push(byte.into());
        } else {
            // Writing to a string does not fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}

#[cfg(test)]
mod tests;
