//! Alpaca's market data: US stocks and its own exchange of crypto.
//!
//! Connection, authentication, encodings and errors <https://docs.alpaca.markets/docs/streaming-market-data>, stocks
//! <https://docs.alpaca.markets/docs/real-time-stock-pricing-data>, crypto
//! <https://docs.alpaca.markets/docs/real-time-crypto-pricing-data>.
//!
//! A message is an array of things of any kind, in JSON or in `MessagePack`, as the handshake asks. Prices of the
//! latter are floats of 64 bits: the shortest decimal that names one is what was written. The client sends its
//! key within ten seconds, waits for `authenticated`, and subscribes. Stocks have quotes, prints and trading
//! status; crypto has quotes or the order book: whole at first and where `r` is true, then levels by their new
//! quantity, zero for one that is gone.
//!
//! What cannot be seen: nothing has a sequence number and there are no heartbeats, so that what is missing is not
//! noticed; a book relies on its connection to keep all messages and their order. Only a book whose time runs
//! back, whose change comes before the whole, or that is crossed is stated again, by a new connection. Quotes and
//! prints that are older than the newest are late and change nothing; ids of prints are of an exchange and do not
//! ascend. Corrections and cancels of prints are about the past and are not told.
//!
//! A print is told unless its condition says that its price is not of the market at that moment: averaged (`B` of
//! tapes A and B, `W`), settled otherwise (`C`, `N`, `R`), of another time (`P`, `U`, `Z`), derived or contingent
//! (`4`, `7`, `V`, `H`), or an official price said again (`M`, `Q`, `9`).

mod local;
mod message;
mod msgpack;

pub use local::LocalAlpaca;

use types::{InstrumentStatus, MarketData, Qty, Quote, TimestampNs, Trade};

use crate::feed::{
    Action, Adapter, Addresses, BookChannel, Channels, Credentials, FetchId, Health, Items,
    Listing, Malformed, Mark, Output, Prints, Screened, State, Stream, Tracks,
};
use message::{Argument, Item, request};
use msgpack::{Pack, Reader};

/// Streams and REST.
pub const DATA: Addresses = Addresses {
    stream: "wss://stream.data.alpaca.markets",
    rest: "https://data.alpaca.markets",
};

/// What is subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// US stocks. They have no depth: [`BookChannel::Depth`] is the touch.
    Stocks {
        /// Whose quotes and prints.
        feed: Feed,
        /// Shares in one unit of a quote's size: 100 where the feed counts round lots, as the page says, 1 where
        /// it counts shares.
        size_unit: u32,
    },
    /// Alpaca's exchange of crypto.
    Crypto,
}

/// A source of stock data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// All exchanges.
    Sip,
    /// IEX only.
    Iex,
    /// All exchanges, 15 minutes late.
    DelayedSip,
    /// Blue Ocean, overnight.
    Boats,
    /// Derived by Alpaca, overnight.
    Overnight,
    /// `FAKEPACA`, at all hours.
    Test,
}

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Text.
    Json,
    /// Binary.
    MessagePack,
}

impl Product {
    /// Where it is.
    const fn path(self) -> &'static str {
        match self {
            Self::Crypto => "/v1beta3/crypto/us",
            Self::Stocks { feed, .. } => match feed {
                Feed::Sip => "/v2/sip",
                Feed::Iex => "/v2/iex",
                Feed::DelayedSip => "/v2/delayed_sip",
                Feed::Boats => "/v1beta1/boats",
                Feed::Overnight => "/v1beta1/overnight",
                Feed::Test => "/v2/test",
            },
        }
    }
}

impl Encoding {
    /// What asks for it.
    const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::MessagePack => "application/msgpack",
        }
    }
}

/// Without an answer to the key by then there will be none.
const AUTHENTICATED_NS_MAX: u64 = 10_000_000_000;
/// A book that has not come by then does not come.
const BOOK_NS_MAX: u64 = 25_000_000_000;

/// The protocol of one connection.
#[derive(Debug)]
pub struct Alpaca {
    product: Product,
    encoding: Encoding,
    credentials: Credentials,
    channels: Channels,
    tracks: Tracks,
    symbols: Vec<Symbol>,
    /// Open, and no other connection asked for.
    is_following: bool,
    is_subscribed: bool,
    opened_at: TimestampNs,
}

#[derive(Debug, Default)]
struct Symbol {
    /// The newest quote of this connection.
    touch: Option<(TimestampNs, Quote)>,
    /// Time of the newest message about the book, once the whole has been stated.
    book: Option<TimestampNs>,
    prints: Prints,
    status: InstrumentStatus,
}

impl Alpaca {
    /// A connection for these listings.
    pub fn new(
        product: Product,
        encoding: Encoding,
        credentials: Credentials,
        listings: Vec<Listing>,
        channels: Channels,
    ) -> Self {
        let book = match product {
            Product::Stocks { .. } => BookChannel::Touch,
            Product::Crypto => channels.book,
        };
        Self {
            product,
            encoding,
            credentials,
            channels: Channels { book, ..channels },
            symbols: listings.iter().map(|_| Symbol::default()).collect(),
            tracks: Tracks::new(listings),
            is_following: false,
            is_subscribed: false,
            opened_at: TimestampNs(0),
        }
    }

    /// Everything is stated again on another connection; nothing of this one counts any more.
    #[cold]
    fn reconnect(&mut self, reason: &'static str, now: TimestampNs, out: &mut Output) {
        self.is_following = false;
        self.tracks.lose_all(State::Syncing, now, out);
        out.actions.push(Action::Reconnect { reason });
    }

    fn subscribe(&mut self, out: &mut Output) {
        self.is_subscribed = true;
        let symbols = || {
            let symbols = self.tracks.listings().iter();
            Argument::Texts(symbols.map(|listing| listing.symbol.as_str()).collect())
        };
        let book = match self.channels.book {
            BookChannel::Touch => "quotes",
            BookChannel::Depth => "orderbooks",
        };
        let mut arguments = vec![("action", Argument::Text("subscribe")), (book, symbols())];
        if self.channels.trades {
            arguments.push(("trades", symbols()));
        }
        if matches!(self.product, Product::Stocks { .. }) {
            arguments.push(("statuses", symbols()));
        }
        let request = request(self.encoding, &arguments);
        out.actions.push(Action::Send(request));
    }

    fn on_item(
        &mut self,
        item: &mut Item<'_>,
        bytes: &[u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let said = self.on_kind(item, bytes, now, out);
        item.recycle(out);
        said
    }

    fn on_kind(
        &mut self,
        item: &mut Item<'_>,
        bytes: &[u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        match item.kind {
            b"t" | b"q" | b"o" | b"s" => {}
            b"success" => {
                if item.text == b"authenticated" && !self.is_subscribed {
                    self.subscribe(out);
                }
                return Ok(());
            }
            b"error" => {
                if !self.is_subscribed {
                    self.reconnect("the venue refuses the connection", now, out);
                }
                return Err(Malformed::new("no refusal", bytes));
            }
            // Subscriptions, corrections, and what was not asked for.
            _ => return Ok(()),
        }
        let place = (self.tracks.find(item.symbol))
            .ok_or_else(|| Malformed::new("a symbol that was subscribed to", item.symbol))?;
        self.tracks.heard(place, now);
        let said = match item.kind {
            b"t" => self.on_trade(place, item, now, out),
            b"q" => self.on_quote(place, item, now, out),
            b"o" => self.on_book(place, item, now, out),
            _ => self.on_status(place, item, now, out),
        };
        said.map_err(|what| {
            let error = self
                .tracks
                .malformed(place, Malformed::new(what, bytes), now, out);
            if item.kind == b"o" {
                self.reconnect("a message that cannot be read", now, out);
            }
            error
        })
    }

    fn on_trade(
        &mut self,
        place: usize,
        item: &Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), &'static str> {
        let trade = Trade {
            price: item.price.ok_or("p")?,
            qty: item.qty.ok_or("s")?,
            aggressor: item.aggressor,
        };
        let ts = item.ts.ok_or("t")?;
        // Ids are of an exchange.
        let id = item.id.ok_or("i")? ^ (u64::from(item.exchange) << 56);
        if !self.symbols[place].prints.is_new(ts, id) {
            self.tracks.health_mut(place).counters.repeated += 1;
        } else if !item.is_of_another_market() {
            self.tracks
                .say(place, ts, MarketData::Trade(trade), now, out);
        }
        Ok(())
    }

    fn on_quote(
        &mut self,
        place: usize,
        item: &Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), &'static str> {
        if self.channels.book == BookChannel::Depth {
            // Not asked for.
            return Ok(());
        }
        let size_unit = match self.product {
            Product::Stocks { size_unit, .. } => size_unit.into(),
            Product::Crypto => 1,
        };
        let size = |qty: Option<Qty>| qty?.0.checked_mul(size_unit).map(Qty);
        let quote = Quote {
            bid: item.bid.ok_or("bp")?,
            bid_qty: size(item.bid_qty).ok_or("bs")?,
            ask: item.ask.ok_or("ap")?,
            ask_qty: size(item.ask_qty).ok_or("as")?,
        };
        let ts = item.ts.ok_or("t")?;
        let newest = &mut self.symbols[place].touch;
        if newest.is_some_and(|(newest, known)| ts < newest || (ts, quote) == (newest, known)) {
            self.tracks.health_mut(place).counters.repeated += 1;
            return Ok(());
        }
        *newest = Some((ts, quote));
        if quote.bid_qty == Qty::ZERO || quote.ask_qty == Qty::ZERO {
            // A side without orders.
            self.tracks.lose(place, State::Syncing, now, out);
            return Ok(());
        }
        self.tracks
            .say(place, ts, MarketData::Quote(quote), now, out);
        Ok(())
    }

    fn on_book(
        &mut self,
        place: usize,
        item: &mut Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), &'static str> {
        if self.channels.book == BookChannel::Touch {
            // Not asked for.
            return Ok(());
        }
        let ts = item.ts.ok_or("t")?;
        // What is not said is given back with the item.
        let update = item.update.get_or_insert_with(|| out.depth());
        if let Some(bids) = item.bids {
            bids.levels(&mut update.bids).ok_or("b")?;
        }
        if let Some(asks) = item.asks {
            asks.levels(&mut update.asks).ok_or("a")?;
        }
        let newest = &mut self.symbols[place].book;
        let reason = match *newest {
            None if !item.is_whole => Some("changes of a book that was not stated"),
            Some(newest) if ts < newest => Some("a book's time runs back"),
            _ => None,
        };
        if let Some(reason) = reason {
            self.tracks.gap(place, now, out);
            self.reconnect(reason, now, out);
            return Ok(());
        }
        *newest = Some(ts);
        let update = item.update.take().unwrap_or_default();
        let data = if item.is_whole {
            MarketData::DepthSnapshot(update)
        } else {
            MarketData::DepthDelta(update)
        };
        if self.tracks.say(place, ts, data, now, out) == Screened::Lost {
            self.reconnect("a book that cannot be", now, out);
        }
        Ok(())
    }

    fn on_status(
        &mut self,
        place: usize,
        item: &Item<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), &'static str> {
        let status = match item.status {
            // Halt and resumption of tapes A and B; trading resumption of tapes C and O.
            b"3" | b"T" => InstrumentStatus::Open,
            // Halt, volatility pause, and quotation without trading of tapes C and O.
            b"2" | b"H" | b"P" | b"Q" => InstrumentStatus::Halted,
            // Indications and imbalances.
            _ => return Ok(()),
        };
        let ts = item.ts.ok_or("t")?;
        if std::mem::replace(&mut self.symbols[place].status, status) != status {
            self.tracks
                .say(place, ts, MarketData::Status(status), now, out);
        }
        Ok(())
    }

    fn on_json(
        &mut self,
        bytes: &[u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let Some(items) = Items::of(bytes) else {
            return Err(self.unreadable(bytes, now, out));
        };
        // The first error is told, and what follows it is read all the same.
        let mut said = Ok(());
        for item in items {
            let Some(mut item) = item.ok().and_then(Item::json) else {
                return Err(self.unreadable(bytes, now, out));
            };
            said = said.and(self.on_item(&mut item, bytes, now, out));
            if !self.is_following {
                break;
            }
        }
        said
    }

    fn on_pack(
        &mut self,
        bytes: &[u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        // Where there is one item, all of the message has been read before it is said.
        let mut alone = Reader::of(bytes);
        let mut item = Item::EMPTY;
        if alone.array() == Some(1) && item.pack(&mut alone, out).is_some() && alone.is_empty() {
            return self.on_item(&mut item, bytes, now, out);
        }
        item.recycle(out);
        let mut whole = Reader::of(bytes);
        let (Some(Pack::Array(mut items)), true) = (whole.value(), whole.is_empty()) else {
            return Err(self.unreadable(bytes, now, out));
        };
        let mut said = Ok(());
        while !items.is_empty() && self.is_following {
            item = Item::EMPTY;
            if item.pack(&mut items, out).is_none() {
                item.recycle(out);
                return Err(self.unreadable(bytes, now, out));
            }
            said = said.and(self.on_item(&mut item, bytes, now, out));
        }
        said
    }

    #[cold]
    fn unreadable(&mut self, bytes: &[u8], now: TimestampNs, out: &mut Output) -> Malformed {
        self.reconnect("a message that cannot be read", now, out);
        Malformed::new("an array of messages", bytes)
    }
}

impl Adapter for Alpaca {
    fn name(&self) -> &'static str {
        match self.product {
            Product::Stocks { .. } => "alpaca-stocks",
            Product::Crypto => "alpaca-crypto",
        }
    }

    fn is_binary(&self) -> bool {
        self.encoding == Encoding::MessagePack
    }

    fn stream(&self) -> Stream {
        Stream::WebSocket {
            path: self.product.path().to_owned(),
        }
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        vec![("Content-Type", self.encoding.media_type().to_owned())]
    }

    fn opened(&mut self, now: TimestampNs, out: &mut Output) {
        self.tracks.lose_all(State::Syncing, now, out);
        self.is_following = true;
        self.is_subscribed = false;
        self.opened_at = now;
        for symbol in &mut self.symbols {
            symbol.touch = None;
            symbol.book = None;
        }
        let request = request(
            self.encoding,
            &[
                ("action", Argument::Text("auth")),
                ("key", Argument::Text(&self.credentials.key)),
                ("secret", Argument::Text(&self.credentials.secret)),
            ],
        );
        out.actions.push(Action::Send(request));
    }

    fn closed(&mut self, now: TimestampNs, out: &mut Output) {
        self.is_following = false;
        self.tracks.lose_all(State::Down, now, out);
    }

    fn message(
        &mut self,
        bytes: &mut [u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        if !self.is_following {
            return Ok(());
        }
        match self.encoding {
            Encoding::Json => self.on_json(bytes, now, out),
            Encoding::MessagePack => self.on_pack(bytes, now, out),
        }
    }

    fn answer(
        &mut self,
        _: FetchId,
        _: Option<&mut [u8]>,
        _: TimestampNs,
        _: &mut Output,
    ) -> Result<(), Malformed> {
        // Nothing is fetched.
        Ok(())
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Output) {
        if !self.is_following {
            return;
        }
        let open = now.0.saturating_sub(self.opened_at.0);
        if !self.is_subscribed && open > AUTHENTICATED_NS_MAX {
            self.reconnect("no answer to the key", now, out);
        } else if self.channels.book == BookChannel::Depth
            && open > BOOK_NS_MAX
            && self.symbols.iter().any(|symbol| symbol.book.is_none())
        {
            self.reconnect("a book was not stated", now, out);
        }
    }

    fn health(&self) -> &[Health] {
        self.tracks.health()
    }

    fn mark(&self, place: usize) -> Mark {
        Mark {
            time: self.symbols[place].book.unwrap_or_default(),
            ..Mark::default()
        }
    }
}

#[cfg(test)]
mod tests;
