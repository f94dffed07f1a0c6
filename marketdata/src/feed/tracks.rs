//! The instruments of one adapter: found by symbol, screened, and told lost exactly once.

use types::{Level, MarketData, MarketEvent, Qty, TimestampNs};

use super::health::{Health, State};
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
    symbols: Symbols,
}

impl Tracks {
    /// All down. Of listings with the same symbol the first is the one.
    pub fn new(listings: Vec<Listing>) -> Self {
        Self {
            health: vec![Health::default(); listings.len()],
            screens: listings
                .iter()
                .map(|listing| Screen::new(listing.spec))
                .collect(),
            told_lost: vec![false; listings.len()],
            symbols: Symbols::new(&listings),
            listings,
        }
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

    /// A message about it came.
    pub fn heard(&mut self, place: usize, now: TimestampNs) {
        self.health[place].heard(now);
    }

    /// Says an event, if it holds against the listing's rules. One that shows that what is known is wrong makes
    /// the instrument lost: the adapter then has to state it again.
    pub fn say(
        &mut self,
        place: usize,
        ts_event: TimestampNs,
        data: MarketData,
        now: TimestampNs,
        out: &mut Output,
    ) -> Screened {
        let event = MarketEvent {
            instrument: self.listings[place].instrument,
            ts_event,
            data,
        };
        let health = &mut self.health[place];
        let screened = self.screens[place].pass(&event, &mut health.counters);
        match screened {
            Screened::Passed => {
                health.event(&event, now);
                if matches!(
                    event.data,
                    MarketData::Quote(_) | MarketData::DepthSnapshot(_)
                ) {
                    health.live(now);
                    self.told_lost[place] = false;
                }
                out.events.push(event);
            }
            Screened::Dropped => out.take_back(event.data),
            Screened::Lost => {
                out.take_back(event.data);
                self.lose(place, State::Syncing, now, out);
            }
        }
        screened
    }

    /// Drops what a book has beyond so many levels of a side: a venue that shows no more need not say what becomes
    /// of them.
    pub fn truncate(
        &mut self,
        place: usize,
        depth: usize,
        ts_event: TimestampNs,
        now: TimestampNs,
        out: &mut Output,
    ) {
        let Some(book) = self.screens[place].book() else {
            return;
        };
        let (bids, asks) = (book.bids(), book.asks());
        if bids.len().max(asks.len()) <= depth {
            return;
        }
        let mut update = out.depth();
        for (levels, gone) in [(bids, &mut update.bids), (asks, &mut update.asks)] {
            let beyond = levels.get(depth..).unwrap_or_default();
            gone.extend(beyond.iter().map(|level| Level {
                qty: Qty::ZERO,
                ..*level
            }));
        }
        self.say(place, ts_event, MarketData::DepthDelta(update), now, out);
    }

    /// What is known of it is lost: the consumer is told once.
    pub fn lose(&mut self, place: usize, state: State, now: TimestampNs, out: &mut Output) {
        self.health[place].lost(state, now);
        if !std::mem::replace(&mut self.told_lost[place], true) {
            let event = MarketEvent {
                instrument: self.listings[place].instrument,
                ts_event: now,
                data: MarketData::Gap,
            };
            self.screens[place].pass(&event, &mut self.health[place].counters);
            out.events.push(event);
        }
    }

    /// A gap: something was missing.
    pub fn gap(&mut self, place: usize, now: TimestampNs, out: &mut Output) {
        self.health[place].counters.gaps += 1;
        self.lose(place, State::Syncing, now, out);
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

    /// All are lost.
    pub fn lose_all(&mut self, state: State, now: TimestampNs, out: &mut Output) {
        for place in 0..self.listings.len() {
            self.lose(place, state, now, out);
        }
    }
}
