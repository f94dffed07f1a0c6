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
//! A status is told when it changes, not on a subscription: whether a halt of before a new connection still holds is not
//! known. It is over with the first print that is told and is of after its beginning, as what is halted does not trade, and
//! where prints are not subscribed to with the first quote of both sides; until then it holds. So at a start, too, where no
//! halt is known and one of before the start may stand: the first of these says that the stock is open.
//!
//! A print is told unless its condition says that its price is not of the market at that moment: averaged (`B` of
//! tapes A and B, `W`), settled otherwise (`C`, `N`, `R`), of another time (`P`, `U`, `Z`), derived or contingent
//! (`4`, `7`, `V`, `H`), or an official price said again (`M`, `Q`, `9`).

mod json;
mod local;
mod message;
mod msgpack;
mod packed;

pub use local::LocalAlpaca;

use std::time::Duration;

use types::{DepthUpdate, InstrumentStatus, MarketData, Qty, Quote, TimestampNs};

use crate::feed::{
    Action, Adapter, Addresses, BookChannel, Channels, Credentials, Health, Listing, Malformed,
    Mark, Output, Prints, Reader, Restate, Stream, Tracks, Unexpected, since,
};
use message::{Argument, Item, Said, Told, request};
use msgpack::Pack;

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

/// Kinds of messages that are on the pages and that nothing here asks for.
const NOT_ASKED: [&[u8]; 8] = [b"b", b"c", b"d", b"i", b"l", b"n", b"u", b"x"];
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
    is_subscribed: bool,
    /// When to subscribe again: a request that was refused, or has no answer.
    subscription: Restate,
    opened_at: TimestampNs,
}

#[derive(Debug, Default)]
struct Symbol {
    /// The newest quote of this connection.
    touch: Option<(TimestampNs, Quote)>,
    /// Time of the newest message about the book, once the whole has been stated.
    book: Option<TimestampNs>,
    prints: Prints,
    /// What was told last, and since when. Of before the first word nothing is known: a server that starts may have halted it
    /// before.
    status: Option<InstrumentStatus>,
    status_at: TimestampNs,
    /// It was told on this connection.
    is_status_known: bool,
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
            tracks: Tracks::new(listings, "a symbol that was subscribed to"),
            is_subscribed: false,
            subscription: Restate::UNASKED,
            opened_at: TimestampNs(0),
        }
    }

    fn subscribe(&mut self, out: &mut Output) {
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
                    self.is_subscribed = true;
                    self.subscription = Restate::opened(now);
                    self.subscribe(out);
                }
                return Ok(());
            }
            b"subscription" => {
                self.subscription.live();
                return Ok(());
            }
            b"error" => {
                if !self.is_subscribed {
                    self.tracks
                        .reconnect("the venue refuses the connection", now, out);
                } else if !self.subscription.is_live() {
                    self.subscription.lost(now);
                }
                return Err(Malformed::new("no refusal", bytes));
            }
            kind => {
                // Corrections, and what was not asked for. Anything else may have been of a book, which would lack it.
                let is_known =
                    NOT_ASKED.contains(&kind) || self.channels.book == BookChannel::Touch;
                if is_known {
                    return Ok(());
                }
                let error = Malformed::new("a kind of the pages", bytes);
                return Err(self.tracks.unreadable(error, now, out));
            }
        }
        let place = match self.tracks.heard_of(item.symbol, now) {
            Ok(place) => place,
            Err(error) if item.kind == b"o" => {
                return Err(self.tracks.unreadable(error, now, out));
            }
            Err(error) => return Err(error),
        };
        let is_asked = match item.kind {
            b"q" => self.channels.book == BookChannel::Touch,
            b"o" => self.channels.book == BookChannel::Depth,
            _ => true,
        };
        if !is_asked {
            return Ok(());
        }
        let said = if item.kind == b"s" {
            self.on_status(place, item, now, out)
        } else {
            let said = item.said(self.size_unit(), out);
            said.map(|said| self.tell(place, said, now, out))
        };
        said.map_err(|what| {
            let error = Malformed::new(what, bytes);
            if item.kind == b"t" {
                // Such as one of nine decimals. A book would be stated again on a new connection only.
                self.tracks.malformed_print(place);
                return error;
            }
            let error = self.tracks.malformed(place, error, now, out);
            if item.kind == b"o" {
                return self.tracks.unreadable(error, now, out);
            }
            error
        })
    }

    /// What was read in the form of the venue's pages.
    fn on_said(
        &mut self,
        said: Said<'_>,
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        let heard = self.tracks.heard_of(said.symbol, now);
        let is_asked = match said.told {
            Told::Quote(_) => self.channels.book == BookChannel::Touch,
            Told::Book { .. } => self.channels.book == BookChannel::Depth,
            Told::Trade { .. } => true,
        };
        let is_book = matches!(said.told, Told::Book { .. });
        match heard {
            Ok(place) if is_asked => self.tell(place, said, now, out),
            _ => said.recycle(out),
        }
        match heard {
            Ok(_) => Ok(()),
            // Of which book something is missing then cannot be known.
            Err(error) if is_book => Err(self.tracks.unreadable(error, now, out)),
            Err(error) => Err(error),
        }
    }

    /// Shares in one unit of a quote's size.
    fn size_unit(&self) -> i64 {
        match self.product {
            Product::Stocks { size_unit, .. } => size_unit.into(),
            Product::Crypto => 1,
        }
    }

    fn tell(&mut self, place: usize, said: Said<'_>, now: TimestampNs, out: &mut Output) {
        let ts = said.ts;
        match said.told {
            Told::Quote(quote) => self.tell_quote(place, ts, quote, now, out),
            Told::Trade {
                trade,
                id,
                is_of_another_market,
            } => {
                if !self.symbols[place].prints.is_new(ts, id) {
                    self.tracks.repeated(place);
                } else if !is_of_another_market {
                    self.trades_again(place, ts, now, out);
                    self.tracks
                        .say(place, ts, MarketData::Trade(trade), now, out);
                }
            }
            Told::Book { update, is_whole } => {
                self.tell_book(place, ts, update, is_whole, now, out);
            }
        }
    }

    fn tell_quote(
        &mut self,
        place: usize,
        ts: TimestampNs,
        quote: Quote,
        now: TimestampNs,
        out: &mut Output,
    ) {
        let newest = &mut self.symbols[place].touch;
        if newest.is_some_and(|(newest, known)| ts < newest || (ts, quote) == (newest, known)) {
            self.tracks.repeated(place);
            return;
        }
        *newest = Some((ts, quote));
        if quote.bid_qty == Qty::ZERO || quote.ask_qty == Qty::ZERO {
            // A side without orders.
            return self.tracks.lose(place, now, out);
        }
        if !self.channels.trades {
            self.trades_again(place, ts, now, out);
        }
        self.tracks
            .say(place, ts, MarketData::Quote(quote), now, out);
    }

    /// It trades: a halt of before this connection is over, whose end was told while there was none.
    fn trades_again(&mut self, place: usize, ts: TimestampNs, now: TimestampNs, out: &mut Output) {
        if self.product == Product::Crypto {
            return;
        }
        let symbol = &mut self.symbols[place];
        let is_open = symbol.status == Some(InstrumentStatus::Open);
        if !is_open && !symbol.is_status_known && ts > symbol.status_at {
            symbol.status = Some(InstrumentStatus::Open);
            let data = MarketData::Status(InstrumentStatus::Open);
            self.tracks.say(place, ts, data, now, out);
        }
    }

    fn tell_book(
        &mut self,
        place: usize,
        ts: TimestampNs,
        update: Box<DepthUpdate>,
        is_whole: bool,
        now: TimestampNs,
        out: &mut Output,
    ) {
        let newest = &mut self.symbols[place].book;
        let reason = match *newest {
            None if !is_whole => Some("changes of a book that was not stated"),
            Some(newest) if ts < newest => Some("a book's time runs back"),
            // Nothing would show that a change is missing from before it.
            Some(_) if !is_whole && self.tracks.is_silent(place) => {
                Some("a change of a book that had said nothing for too long")
            }
            _ => None,
        };
        if let Some(reason) = reason {
            out.recycle(update);
            self.tracks.gap(place, now, out);
            return self.tracks.reconnect(reason, now, out);
        }
        *newest = Some(ts);
        let data = if is_whole {
            MarketData::DepthSnapshot(update)
        } else {
            MarketData::DepthDelta(update)
        };
        if self.tracks.say(place, ts, data, now, out).is_lost() {
            self.tracks
                .reconnect("a book that cannot be followed", now, out);
        }
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
        let symbol = &mut self.symbols[place];
        (symbol.status_at, symbol.is_status_known) = (ts, true);
        if symbol.status.replace(status) != Some(status) {
            self.tracks
                .say(place, ts, MarketData::Status(status), now, out);
        }
        Ok(())
    }

    /// The items of a message of JSON; the inner error is that of one of them.
    fn on_json(
        &mut self,
        bytes: &[u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<Result<(), Malformed>, Unexpected> {
        let size_unit = self.size_unit();
        let mut reader = Reader::new(bytes);
        // The first error is told, and what follows it is read all the same.
        let mut said = Ok(());
        let mut is_first = true;
        reader.array()?;
        while self.tracks.is_following() && reader.item()? {
            let expected = reader.expected(|item| Said::expected(item, size_unit, out));
            if let Some(item) = expected {
                if std::mem::take(&mut is_first)
                    && let Err(error) = read_others(reader.clone(), size_unit, out)
                {
                    item.recycle(out);
                    return Err(error);
                }
                said = said.and(self.on_said(item, now, out));
                continue;
            }
            let mut item = Item::EMPTY;
            let mut read = item.json(&mut reader, out);
            if std::mem::take(&mut is_first) {
                read = read.and_then(|()| read_others(reader.clone(), size_unit, out));
            }
            if let Err(error) = read {
                item.recycle(out);
                return Err(error);
            }
            said = said.and(self.on_item(&mut item, bytes, now, out));
        }
        Ok(said)
    }

    /// The items of a message of `MessagePack`; the inner error is that of one of them.
    fn on_pack(
        &mut self,
        bytes: &[u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<Result<(), Malformed>, Unexpected> {
        // Where there is one item, all of the message has been read before it is said.
        let mut alone = msgpack::Reader::of(bytes);
        let mut item = Item::EMPTY;
        if alone.array() == Some(1) && item.pack(&mut alone, out).is_some() && alone.is_empty() {
            return Ok(self.on_item(&mut item, bytes, now, out));
        }
        item.recycle(out);
        let mut whole = msgpack::Reader::of(bytes);
        let (Some(Pack::Array(mut items)), true) = (whole.value(), whole.is_empty()) else {
            return Err(Unexpected);
        };
        let mut said = Ok(());
        while !items.is_empty() && self.tracks.is_following() {
            item = Item::EMPTY;
            if item.pack(&mut items, out).is_none() {
                item.recycle(out);
                return Err(Unexpected);
            }
            said = said.and(self.on_item(&mut item, bytes, now, out));
        }
        Ok(said)
    }
}

/// Reads the items behind the first, as nothing of a message is said before all of it could be read. Nearly always there
/// are none.
fn read_others(mut reader: Reader<'_>, size_unit: i64, out: &mut Output) -> Result<(), Unexpected> {
    while reader.item()? {
        if let Some(item) = reader.expected(|item| Said::expected(item, size_unit, out)) {
            item.recycle(out);
        } else {
            let mut item = Item::EMPTY;
            let read = item.json(&mut reader, out);
            item.recycle(out);
            read?;
        }
    }
    Ok(())
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

    fn watch(&mut self, stale_after: Duration) {
        self.tracks.watch(stale_after);
    }

    fn opened(&mut self, now: TimestampNs, out: &mut Output) {
        self.tracks.opened(now, out);
        self.is_subscribed = false;
        self.opened_at = now;
        for symbol in &mut self.symbols {
            symbol.touch = None;
            symbol.book = None;
            symbol.is_status_known = false;
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
        self.tracks.closed(now, out);
    }

    fn message(
        &mut self,
        bytes: &mut [u8],
        now: TimestampNs,
        out: &mut Output,
    ) -> Result<(), Malformed> {
        if !self.tracks.is_following() {
            return Ok(());
        }
        let bytes = &*bytes;
        let said = match self.encoding {
            Encoding::Json => self.on_json(bytes, now, out),
            Encoding::MessagePack => self.on_pack(bytes, now, out),
        };
        said.unwrap_or_else(|Unexpected| {
            let error = Malformed::new("an array of messages", bytes);
            Err(self.tracks.unreadable(error, now, out))
        })
    }

    fn tick(&mut self, now: TimestampNs, out: &mut Output) {
        if !self.tracks.is_following() {
            return;
        }
        let open = since(&mut self.opened_at, now);
        if !self.is_subscribed && open > AUTHENTICATED_NS_MAX {
            self.tracks.reconnect("no answer to the key", now, out);
        } else if self.is_subscribed && self.subscription.is_due(now) {
            self.subscribe(out);
        } else if self.channels.book == BookChannel::Depth
            && open > BOOK_NS_MAX
            && self.symbols.iter().any(|symbol| symbol.book.is_none())
        {
            self.tracks.reconnect("a book was not stated", now, out);
        }
        self.tracks.tick(now, out);
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
