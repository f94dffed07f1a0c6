//! What the venue's books were at a place in the tape, as the adapter that heard it knew them: for who loses track on the
//! way, or comes back, and has to be told the whole.

use types::{Level, MarketData, TimestampNs};

use super::super::market::Market;
use crate::connection::Arrived;
use crate::feed::{Book, BookChannel, Credentials, Listing, Mark, Output};
use crate::tape::{Entry, FeedHeader, Header, Passed, Player};

/// The books of one connection of a tape, up to a place in it.
pub(super) struct Following {
    player: Player,
    connection: u16,
    /// It has books, not quotes alone.
    pub(super) has_depth: bool,
    listings: Vec<Listing>,
    /// `None` while the tape itself did not know.
    books: Vec<Option<Book>>,
    /// When the newest event of each was.
    times: Vec<TimestampNs>,
    /// The newest entry.
    pub(super) place: u64,
    /// Messages that had been sent, without pings.
    pub(super) sent: u32,
    arrived: Vec<Arrived>,
}

impl Following {
    pub(super) fn new(header: &Header, connection: u16, place: u64) -> Self {
        let recorded = header.feeds.get(usize::from(connection));
        let listings = recorded.map_or_else(Vec::new, FeedHeader::listings);
        let has_depth = recorded.is_some_and(|recorded| {
            recorded.feed.has_depth && recorded.channels.book == BookChannel::Depth
        });
        Self {
            player: Player::new(header),
            connection,
            has_depth,
            books: vec![None; listings.len()],
            times: vec![TimestampNs::default(); listings.len()],
            listings,
            place,
            sent: 0,
            arrived: Vec::new(),
        }
    }

    /// The next entry of the connection.
    pub(super) fn play(&mut self, place: u64, entry: &Entry) {
        self.place = place;
        if let Passed::Sent(bytes) = &entry.passed {
            self.sent += u32::from(!super::conversation::is_ping(bytes));
        }
        self.player.play(entry.clone(), &mut self.arrived);
        for Arrived { event, .. } in self.arrived.drain(..) {
            let is_it = |listing: &Listing| listing.instrument == event.instrument;
            let Some(at) = self.listings.iter().position(is_it) else {
                continue;
            };
            self.times[at] = event.ts_event;
            if let MarketData::Quote(quote) = event.data {
                let level = |price, qty| Level { price, qty };
                let book = self.books[at].get_or_insert_default();
                book.clear();
                book.set(types::Side::Buy, level(quote.bid, quote.bid_qty));
                book.set(types::Side::Sell, level(quote.ask, quote.ask_qty));
            } else {
                Book::follow(&mut self.books[at], &event.data);
            }
        }
    }

    /// Whether each book is known that has to be before a client can come in here. Quotes stand for themselves.
    pub(super) fn is_known(&self) -> bool {
        !self.has_depth || self.books.iter().all(Option::is_some)
    }

    /// Whether the tape knows the book of each symbol that a request names.
    pub(super) fn knows(&self, request: &[u8]) -> bool {
        let known = self.listings.iter().zip(&self.books);
        let mut named = known.filter(|(listing, _)| is_named(listing, request));
        !self.has_depth || named.all(|(_, book)| book.is_some())
    }

    /// What the venue has to state. Instruments without depth may have no quote yet: theirs is empty.
    pub(super) fn markets(&self) -> Vec<Market> {
        let listings = self.listings.iter().enumerate();
        let market = |(at, listing): (usize, &Listing)| {
            let mut mark = self.player.mark(self.connection, at);
            mark.time = mark.time.max(self.times[at]);
            let book = self.books[at].clone().unwrap_or_default();
            Market::taped(listing, book, mark)
        };
        listings.map(market).collect()
    }
}

/// Whether a request has the symbol of a listing in it, or a longer one.
pub(super) fn is_named(listing: &Listing, request: &[u8]) -> bool {
    let symbol = listing.symbol.as_bytes();
    !symbol.is_empty() && request.windows(symbol.len()).any(|part| part == symbol)
}

/// How many messages a client sends before the venue tells it of markets: those of the adapter that heard the tape.
pub(super) fn opening(recorded: &FeedHeader) -> u32 {
    /// No venue asks for more than one after the other.
    const ROUNDS_MAX: usize = 4;
    let key = Credentials {
        key: String::from("key"),
        secret: String::from("secret"),
    };
    let (feed, listings) = (recorded.feed, recorded.listings());
    let markets: Vec<_> = listings
        .iter()
        .map(|listing| Market::taped(listing, Book::default(), Mark::default()))
        .collect();
    let mut adapter = feed.adapter(key, listings, recorded.channels);
    let mut counterpart = feed.counterpart();
    let (now, mut out, mut said) = (TimestampNs(1), Output::default(), Vec::new());
    let mut sent = 0;
    adapter.opened(now, &mut out);
    counterpart.opened(now, &mut said);
    for _ in 0..ROUNDS_MAX {
        for mut message in said.drain(..) {
            // What it makes of empty books does not matter.
            let _ = adapter.message(&mut message, now, &mut out);
        }
        out.clear_events();
        for action in out.actions.drain(..) {
            if let crate::feed::Action::Send(bytes) = action {
                sent += 1;
                counterpart.request(&bytes, &markets, now, &mut said);
            }
        }
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::Channels;
    use crate::tape::TapeListing;
    use crate::venue::Feed;

    /// Kraken: books and trades. Alpaca: the key, then one request. OANDA asks for a document and sends nothing.
    #[test]
    fn an_opening_is_as_many_messages_as_an_adapter_sends() {
        for (name, symbol, count) in [
            ("kraken", "BTC/USD", 2),
            ("okx", "BTC-USDT", 1),
            ("coinbase", "BTC-USD", 3),
            ("hyperliquid", "BTC", 2),
            ("alpaca-crypto", "BTC/USD", 2),
            ("polygon", "AAPL", 2),
            ("oanda", "EUR_USD", 0),
        ] {
            let listing = Listing {
                instrument: types::InstrumentId(0),
                symbol: symbol.to_owned(),
                spec: crate::feed::Spec {
                    tick_size: types::Price::ONE,
                    lot_size: types::Qty::ONE,
                    may_be_negative: false,
                    outlier_band: types::Ratio::ZERO,
                },
            };
            let recorded = FeedHeader {
                feed: Feed::of(name).unwrap(),
                channels: Channels {
                    book: BookChannel::Depth,
                    trades: true,
                },
                stale_after: None,
                listings: vec![TapeListing {
                    name: symbol.to_owned(),
                    listing,
                }],
            };
            assert_eq!(opening(&recorded), count, "{name}");
        }
    }
}
