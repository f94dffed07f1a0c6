//! The instruments of one adapter: found by symbol, screened, and told lost exactly once, as when their connection
//! opens, closes or is given up.

use std::time::Duration;

use types::{MarketData, MarketEvent, Quote, TimestampNs};

use super::elapsed::since;
use super::health::{Health, Loss, State};
use super::output::Output;
use super::screen::{Screen, Screened};
use super::symbols::Symbols;
use super::{Listing, Malformed};

/// Listings with their health.
#[derive(Debug)]
pub struct Tracks {
    listings: Vec<Listing>,
    health: Vec<Health>,
    screens: Vec<Screen>,
    /// Whether the consumer was told that the instrument is lost, and not yet of anything after it.
    told_lost: Vec<bool>,
    watches: Vec<Watch>,
    /// A topic that says nothing for longer has stopped.
    stale_after_ns: Option<u64>,
    symbols: Symbols,
    subscribed: &'static str,
    is_following: bool,
}

/// What the topic of one book or touch has said.
#[derive(Debug, Clone, Default)]
struct Watch {
    /// When it said something last.
    spoke: TimestampNs,
    /// It is lost because it says nothing, and for nothing else.
    is_silent: bool,
    /// The newest touch that was said.
    quote: Option<Quote>,
}

impl Tracks {
    /// All down. Of listings with the same symbol the first is the one. `subscribed` is what a symbol in a message has to
    /// be, in the venue's word, such as "a ticker that was subscribed to".
    pub fn new(listings: Vec<Listing>, subscribed: &'static str) -> Self {
        Self {
            health: vec![Health::default(); listings.len()],
            screens: listings
                .iter()
                .map(|listing| Screen::new(listing.spec))
                .collect(),
            told_lost: vec![false; listings.len()],
            watches: vec![Watch::default(); listings.len()],
            stale_after_ns: None,
            symbols: Symbols::new(&listings),
            subscribed,
            listings,
            is_following: false,
        }
    }

    /// The connection is open: nothing is known until it is stated.
    pub fn opened(&mut self, now: TimestampNs, out: &mut Output) {
        self.is_following = true;
        self.lose_all(State::Syncing, now, out);
    }

    /// The connection is gone, and all that was known.
    pub fn closed(&mut self, now: TimestampNs, out: &mut Output) {
        self.is_following = false;
        self.lose_all(State::Down, now, out);
    }

    /// Gives the connection up: everything is stated again on another one, and nothing of this one counts any more.
    /// [`Output::reconnect`] alone leaves what is known as it is until the connection closes.
    #[cold]
    pub fn reconnect(&mut self, reason: &'static str, now: TimestampNs, out: &mut Output) {
        self.give_up(now, out);
        out.reconnect(reason);
    }

    /// As [`Output::unreadable`]; the connection is given up, as by [`Tracks::reconnect`].
    #[cold]
    pub fn unreadable(
        &mut self,
        error: Malformed,
        now: TimestampNs,
        out: &mut Output,
    ) -> Malformed {
        self.give_up(now, out);
        out.unreadable(error)
    }

    fn give_up(&mut self, now: TimestampNs, out: &mut Output) {
        self.is_following = false;
        self.lose_all(State::Syncing, now, out);
    }

    /// Whether the connection is open and was not given up.
    #[inline]
    pub const fn is_following(&self) -> bool {
        self.is_following
    }

    /// The place of the listing that the venue calls so.
    #[inline]
    pub fn find(&self, symbol: &[u8]) -> Option<usize> {
        self.symbols.find(symbol)
    }

    /// The listings, in their order.
    pub fn listings(&self) -> &[Listing] {
        &self.listings
    }

    /// How each stands.
    pub fn health(&self) -> &[Health] {
        &self.health
    }

    /// To count what is about one listing.
    pub fn health_mut(&mut self, place: usize) -> &mut Health {
        &mut self.health[place]
    }

    /// A message about what the venue calls so came: its place.
    ///
    /// # Errors
    /// None of the listings has this symbol.
    #[inline]
    pub fn heard_of(&mut self, symbol: &[u8], now: TimestampNs) -> Result<usize, Malformed> {
        let Some(place) = self.find(symbol) else {
            return Err(Malformed::new(self.subscribed, symbol));
        };
        self.heard(place, now);
        Ok(place)
    }

    /// A message about it came.
    pub fn heard(&mut self, place: usize, now: TimestampNs) {
        self.health[place].heard(now);
    }

    /// A message about it came twice or late.
    pub fn repeated(&mut self, place: usize) {
        self.health[place].counters.repeated += 1;
    }

    /// Says an event, if it holds against the listing's rules. One that shows that what is known is wrong makes
    /// the instrument lost: the adapter then has to state it again. A touch that cannot be makes it lost until the
    /// next good one; of a book that is then the whole of it.
    pub fn say(
        &mut self,
        place: usize,
        ts_event: TimestampNs,
        data: MarketData,
        now: TimestampNs,
        out: &mut Output,
    ) -> Screened {
        let mut event = MarketEvent {
            instrument: self.listings[place].instrument,
            ts_event,
            data,
        };
        if self.stale_after_ns.is_some() {
            let watch = &mut self.watches[place];
            match event.data {
                MarketData::Quote(quote) => (watch.spoke, watch.quote) = (now, Some(quote)),
                MarketData::DepthDelta(_) | MarketData::DepthSnapshot(_) => watch.spoke = now,
                _ => {}
            }
        }
        let health = &mut self.health[place];
        let screened = self.screens[place].pass(&mut event, &mut health.counters);
        match screened {
            Screened::Passed => {
                health.event(&event, now);
                if let MarketData::DepthDelta(update) = &mut event.data
                    && self.told_lost[place]
                    && let Some(book) = self.screens[place].book()
                {
                    // It was withheld: who knows nothing is told the whole.
                    let mut update = std::mem::take(update);
                    update.bids.clear();
                    update.bids.extend_from_slice(book.bids());
                    update.asks.clear();
                    update.asks.extend_from_slice(book.asks());
                    event.data = MarketData::DepthSnapshot(update);
                }
                if matches!(
                    event.data,
                    MarketData::Quote(_) | MarketData::DepthSnapshot(_)
                ) {
                    self.told(place, now);
                }
                out.events.push(event);
            }
            Screened::Dropped => {
                let is_of_the_book = matches!(event.data, MarketData::DepthDelta(_));
                out.take_back(event.data);
                // Nothing that is known has changed, but the topic speaks.
                if is_of_the_book && self.watches[place].is_silent {
                    self.tell_again(place, ts_event, now, out);
                }
            }
            Screened::Withheld => {
                out.take_back(event.data);
                self.tell_lost(place, State::Syncing, Loss::CannotBe, now, out);
            }
            Screened::Lost => {
                out.take_back(event.data);
                self.forget(place, State::Syncing, Loss::CannotBe, now, out);
            }
            Screened::Spent => {
                out.take_back(event.data);
                self.forget(place, State::Syncing, Loss::Gap, now, out);
            }
        }
        screened
    }

    /// An instrument whose book or touch says nothing for longer than this, while the connection is open, is told lost at
    /// the next [`Tracks::tick`]. What the venue says next is held to its rules as ever, and tells it again: the whole of a
    /// book, or the touch.
    pub fn watch(&mut self, stale_after: Duration) {
        self.stale_after_ns = Some(u64::try_from(stale_after.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Time has passed.
    pub fn tick(&mut self, now: TimestampNs, out: &mut Output) {
        let Some(stale_after_ns) = self.stale_after_ns.filter(|_| self.is_following) else {
            return;
        };
        for place in 0..self.listings.len() {
            let is_live = self.health[place].state == State::Live;
            if is_live && since(&mut self.watches[place].spoke, now) > stale_after_ns {
                self.health[place].counters.silences += 1;
                self.tell_lost(place, State::Syncing, Loss::Silence, now, out);
                self.watches[place].is_silent = true;
            }
        }
    }

    /// Whether it is lost because its topic says nothing, and for nothing else.
    pub fn is_silent(&self, place: usize) -> bool {
        self.watches[place].is_silent
    }

    /// Its topic says once more what is known, as venues do where nothing changes.
    #[inline]
    pub fn spoke(
        &mut self,
        place: usize,
        ts_event: TimestampNs,
        now: TimestampNs,
        out: &mut Output,
    ) {
        if self.stale_after_ns.is_some() {
            self.watches[place].spoke = now;
            if self.watches[place].is_silent {
                self.tell_again(place, ts_event, now, out);
            }
        }
    }

    #[cold]
    fn tell_again(
        &mut self,
        place: usize,
        ts_event: TimestampNs,
        now: TimestampNs,
        out: &mut Output,
    ) {
        let instrument = self.listings[place].instrument;
        if let Some(book) = self.screens[place].book() {
            out.levels(instrument, ts_event, true, book.bids(), book.asks());
        } else if let Some(quote) = self.watches[place].quote {
            out.event(instrument, ts_event, MarketData::Quote(quote));
        } else {
            return;
        }
        self.told(place, now);
    }

    /// The consumer knows it.
    fn told(&mut self, place: usize, now: TimestampNs) {
        self.health[place].live(now);
        self.told_lost[place] = false;
        self.watches[place].is_silent = false;
    }

    /// As [`Screen::states`].
    pub fn states(&mut self, place: usize, depth: usize) {
        self.screens[place].states(depth);
    }

    /// As [`Screen::shows`].
    pub fn shows(&mut self, place: usize, depth: usize) {
        self.screens[place].shows(depth);
    }

    /// What is known of it is lost, though nothing need be missing: without a best bid or a best ask there is no touch.
    pub fn lose(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        self.forget(place, State::Syncing, Loss::NoTouch, now, out);
    }

    /// What is known of it is lost: the consumer is told once.
    fn forget(
        &mut self,
        place: usize,
        state: State,
        loss: Loss,
        now: TimestampNs,
        out: &mut Output,
    ) {
        self.screens[place].lose();
        self.tell_lost(place, state, loss, now, out);
    }

    /// The consumer is told once that nothing is known; what the venue says is followed on.
    fn tell_lost(
        &mut self,
        place: usize,
        state: State,
        loss: Loss,
        now: TimestampNs,
        out: &mut Output,
    ) {
        self.health[place].lost(state, loss, now);
        self.watches[place].is_silent = false;
        if !std::mem::replace(&mut self.told_lost[place], true) {
            out.events.push(MarketEvent {
                instrument: self.listings[place].instrument,
                ts_event: now,
                data: MarketData::Gap,
            });
        }
    }

    /// A gap: something was missing.
    pub fn gap(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        self.health[place].counters.gaps += 1;
        self.forget(place, State::Syncing, Loss::Gap, now, out);
    }

    /// A message about it could not be read: something is missing.
    pub fn malformed(
        &mut self,
        place: usize,
        error: Malformed,
        now: TimestampNs,
        out: &mut Output,
    ) -> Malformed {
        self.health[place].counters.malformed += 1;
        self.gap(place, now, out);
        error
    }

    /// A print of it could not be read, which says nothing of its book or touch.
    pub fn malformed_print(&mut self, place: usize) {
        self.health[place].counters.malformed += 1;
    }

    /// All are lost.
    fn lose_all(&mut self, state: State, now: TimestampNs, out: &mut Output) {
        for place in 0..self.listings.len() {
            self.forget(place, state, Loss::Connection, now, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use types::{DepthUpdate, InstrumentId, Level, Qty, Quote, Ratio};

    use super::super::screen::Spec;
    use super::*;

    fn level(price: i64) -> Level {
        Level {
            price: types::Price(price * types::Price::ONE.0),
            qty: Qty::ONE,
        }
    }

    fn quote(bid: i64, ask: i64) -> MarketData {
        let (bid, ask) = (level(bid), level(ask));
        MarketData::Quote(Quote {
            bid: bid.price,
            bid_qty: bid.qty,
            ask: ask.price,
            ask_qty: ask.qty,
        })
    }

    fn update(bids: &[Level], asks: &[Level]) -> DepthUpdate {
        DepthUpdate {
            bids: bids.to_vec(),
            asks: asks.to_vec(),
        }
    }

    /// With ticks of 1 and a band of a tenth.
    fn tracks() -> Tracks {
        let listing = Listing {
            instrument: InstrumentId(3),
            symbol: String::from("A"),
            spec: Spec {
                tick_size: types::Price::ONE,
                lot_size: Qty::ONE,
                may_be_negative: false,
                outlier_band: Ratio(Ratio::ONE.0 / 10),
            },
        };
        Tracks::new(vec![listing], "a symbol")
    }

    /// What the consumer is told of what is said at a second.
    fn told(tracks: &mut Tracks, second: u64, data: MarketData) -> Vec<MarketData> {
        let (mut out, at) = (Output::default(), TimestampNs(second * 1_000_000_000));
        tracks.say(0, at, data, at, &mut out);
        out.events.drain(..).map(|event| event.data).collect()
    }

    /// One message is about the listing; another is about none and counts for none.
    #[test]
    fn a_message_is_about_a_listing_or_about_nothing_known() {
        let mut tracks = tracks();
        let at = |second: u64| TimestampNs(second * 1_000_000_000);
        assert_eq!(tracks.heard_of(b"A", at(1)), Ok(0));
        let unknown = Malformed::new("a symbol", b"B");
        assert_eq!(tracks.heard_of(b"B", at(2)), Err(unknown));
        let health = &tracks.health()[0];
        assert_eq!((health.counters.messages, health.last_message), (1, at(1)));
    }

    #[test]
    fn a_touch_that_cannot_be_leaves_nothing_until_the_next_good_one() {
        let mut tracks = tracks();
        assert_eq!(told(&mut tracks, 10, quote(99, 101)), [quote(99, 101)]);
        assert_eq!(tracks.health()[0].state, State::Live);
        // An outlier, and once more; nothing is known for five seconds.
        assert_eq!(told(&mut tracks, 20, quote(199, 201)), [MarketData::Gap]);
        assert_eq!(tracks.health()[0].state, State::Syncing);
        assert_eq!(told(&mut tracks, 23, quote(199, 201)), []);
        assert_eq!(told(&mut tracks, 25, quote(99, 102)), [quote(99, 102)]);
        let health = &tracks.health()[0];
        assert_eq!(
            (health.state, health.stale_ns),
            (State::Live, 5_000_000_000)
        );
        assert_eq!((health.counters.outliers, health.counters.resyncs), (2, 2));
        // Zero.
        assert_eq!(told(&mut tracks, 30, quote(0, 101)), [MarketData::Gap]);
        assert_eq!(told(&mut tracks, 31, quote(0, 101)), []);
        assert_eq!(told(&mut tracks, 32, quote(99, 101)), [quote(99, 101)]);
        assert_eq!(tracks.health()[0].stale_ns, 7_000_000_000);
    }

    #[test]
    fn a_book_that_was_withheld_is_told_whole() {
        let mut tracks = tracks();
        let whole = |bids: &[Level], asks: &[Level]| {
            MarketData::DepthSnapshot(Box::new(update(bids, asks)))
        };
        let delta =
            |bids: &[Level], asks: &[Level]| MarketData::DepthDelta(Box::new(update(bids, asks)));
        let gone = |price| Level {
            qty: Qty::ZERO,
            ..level(price)
        };
        let first = whole(&[level(99)], &[level(101)]);
        assert_eq!(told(&mut tracks, 10, first.clone()), [first]);
        let swept = delta(&[], &[gone(101), level(199)]);
        assert_eq!(told(&mut tracks, 11, swept), [MarketData::Gap]);
        assert_eq!(told(&mut tracks, 12, delta(&[level(98)], &[])), []);
        let back = delta(&[], &[level(102)]);
        let known = whole(&[level(99), level(98)], &[level(102), level(199)]);
        assert_eq!(told(&mut tracks, 13, back), [known]);
        // Then changes again.
        let next = delta(&[level(97)], &[]);
        assert_eq!(told(&mut tracks, 14, next.clone()), [next]);
        // What is lost while it is withheld is lost.
        let swept = delta(&[], &[gone(102)]);
        assert_eq!(told(&mut tracks, 15, swept), [MarketData::Gap]);
        let (mut out, at) = (Output::default(), TimestampNs(16_000_000_000));
        tracks.gap(0, at, &mut out);
        assert!(out.events.is_empty());
        assert_eq!(told(&mut tracks, 17, delta(&[], &[level(102)])), []);
        let whole = whole(&[level(99)], &[level(101)]);
        assert_eq!(told(&mut tracks, 18, whole.clone()), [whole]);
    }
}
