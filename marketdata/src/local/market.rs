//! A market that exists nowhere: a book that wanders, by seed, and prints.

use types::{Aggressor, DepthUpdate, Level, Price, Qty, Side, TimestampNs, Trade};

use crate::feed::{Book, Listing, Mark, Spec};
use crate::generator::Xorshift64Star;

/// One instrument of a local venue.
#[derive(Debug, Clone)]
pub struct Market {
    /// What the venue calls it.
    pub symbol: String,
    /// What its prices and quantities may be.
    pub spec: Spec,
    /// What stands.
    pub book: Book,
    /// Changes of the book so far.
    pub updates: u64,
    /// Prints so far.
    pub trades: u64,
    /// Where the book stands in what a real venue said, of a market that follows a tape.
    pub mark: Option<Mark>,
    /// What takes back a book that cannot be, while it stands.
    odd: Option<DepthUpdate>,
}

impl Market {
    /// One as a tape has it.
    pub(crate) fn taped(listing: &Listing, book: Book, mark: Mark) -> Self {
        let mut spec = listing.spec;
        if let Some((price, qty)) = mark.decimals {
            spec.tick_size = Price(step(Price::DECIMALS, price));
            spec.lot_size = Qty(step(Qty::DECIMALS, qty));
        }
        Self {
            symbol: listing.symbol.clone(),
            spec,
            book,
            updates: 1,
            trades: 0,
            mark: Some(mark),
            odd: None,
        }
    }

    /// The venue's number of the book: of a market that follows a tape the one that was said last, else one that is made
    /// up.
    pub(crate) fn id_or(&self, made_up: u64) -> u64 {
        self.mark.map_or(made_up, |mark| mark.id)
    }

    /// When the whole book was as it is: of a market that follows a tape the time of the venue's newest message about it,
    /// as those that come next go on from that.
    pub(crate) fn time_or(&self, now: TimestampNs) -> TimestampNs {
        self.mark.map_or(now, |mark| mark.time)
    }

    /// Whether what stands is something that a client may show: not crossed, on the grid, above zero where it has to be.
    pub fn can_be(&self) -> bool {
        let tick = self.spec.tick_size.0.max(1);
        let is_allowed = |level: &Level| {
            level.price.0 % tick == 0 && (self.spec.may_be_negative || level.price > Price::ZERO)
        };
        let levels = self.book.bids().iter().chain(self.book.asks());
        !self.book.is_crossed() && levels.into_iter().all(is_allowed)
    }
}

/// What happened to a market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Levels changed; a quantity of zero means that it is gone. Each price once.
    Levels(DepthUpdate),
    /// A print.
    Trade(Trade),
}

/// Moves markets about.
#[derive(Debug, Clone)]
pub struct Wander {
    random: Xorshift64Star,
    levels: u64,
}

impl Wander {
    /// So many levels of each side at most.
    pub fn new(seed: u64, levels: u64) -> Self {
        Self {
            random: Xorshift64Star::new(super::faults::mix(seed)),
            levels: levels.max(2),
        }
    }

    /// A market around a price, with half of its levels.
    pub fn open(&mut self, symbol: &str, spec: Spec, around: Price) -> Market {
        let tick = spec.tick_size.0.max(1);
        let middle = around.0 / tick;
        let mut book = Book::default();
        for step in 1..=(self.levels / 2) as i64 {
            for (side, ticks) in [(Side::Buy, middle - step), (Side::Sell, middle + step)] {
                let level = Level {
                    price: Price(ticks * tick),
                    qty: self.qty(spec),
                };
                book.set(side, level);
            }
        }
        Market {
            symbol: symbol.to_owned(),
            spec,
            book,
            updates: 1,
            trades: 0,
            mark: None,
            odd: None,
        }
    }

    /// Makes a market one that cannot be, or hardly can: crossed, locked, with a price off the tick, of zero or
    /// below, or far away. It stays so for a few steps.
    pub fn turn_odd(&mut self, market: &mut Market) -> Change {
        let (Some(bid), Some(ask)) = market.book.touch() else {
            return self.step(market);
        };
        if market.odd.is_some() {
            return self.step(market);
        }
        let tick = market.spec.tick_size.0.max(1);
        let (side, price, is_alone) = match self.random.below(8) {
            0 => (Side::Buy, ask.price.0 + tick, false),
            1 => (Side::Sell, bid.price.0 - tick, false),
            2 => (Side::Buy, ask.price.0, false),
            3 => (Side::Buy, bid.price.0 + tick / 2, false),
            4 => (Side::Sell, ask.price.0 - tick / 2, false),
            5 => (Side::Buy, 0, true),
            6 => (Side::Buy, -tick, true),
            _ => (Side::Sell, 2 * ask.price.0, true),
        };
        let level = Level {
            price: Price(price),
            qty: self.qty(market.spec),
        };
        let stood = match side {
            Side::Buy => market.book.bids(),
            Side::Sell => market.book.asks(),
        };
        // Of what it replaces, and of what takes that back.
        let (mut change, mut back) = (Vec::new(), Vec::new());
        if is_alone {
            back.extend_from_slice(stood);
            change.extend(stood.iter().map(|level| Level {
                qty: Qty::ZERO,
                ..*level
            }));
        }
        change.push(level);
        back.push(Level {
            qty: Qty::ZERO,
            ..level
        });
        market.odd = Some(sided(side, back));
        apply(market, sided(side, change))
    }

    /// What is odd is said once more, with another quantity, or taken back.
    fn turn_back(&mut self, market: &mut Market, mut back: DepthUpdate) -> Change {
        if self.random.below(4) == 0 {
            return apply(market, back);
        }
        let (side, levels) = if back.bids.is_empty() {
            (Side::Sell, &mut back.asks)
        } else {
            (Side::Buy, &mut back.bids)
        };
        let change = levels.last().map(|level| Level {
            qty: self.qty(market.spec),
            ..*level
        });
        market.odd = Some(back);
        apply(market, sided(side, change.into_iter().collect()))
    }

    /// Does something to a market and says what.
    pub fn step(&mut self, market: &mut Market) -> Change {
        if let Some(back) = market.odd.take() {
            return self.turn_back(market, back);
        }
        let (Some(bid), Some(ask)) = market.book.touch() else {
            return self.restore(market);
        };
        if self.random.below(4) == 0 {
            market.trades += 1;
            let (price, aggressor) = match self.random.below(2) {
                0 => (bid.price, Aggressor::Seller),
                _ => (ask.price, Aggressor::Buyer),
            };
            return Change::Trade(Trade {
                price,
                qty: self.qty(market.spec),
                aggressor,
            });
        }
        let tick = market.spec.tick_size.0.max(1);
        let mut update = DepthUpdate::default();
        for _ in 0..=self.random.below(4) {
            let side = match self.random.below(2) {
                0 => Side::Buy,
                _ => Side::Sell,
            };
            // Near the touch, inside the spread too, but never across it.
            let (bid, ask) = market.book.touch();
            let (Some(bid), Some(ask)) = (bid, ask) else {
                break;
            };
            let away = self.random.below(self.levels + 2) as i64 - 2;
            let price = match side {
                Side::Buy => (bid.price.0 - away * tick).min(ask.price.0 - tick),
                Side::Sell => (ask.price.0 + away * tick).max(bid.price.0 + tick),
            };
            let (levels, count) = match side {
                Side::Buy => (&mut update.bids, market.book.bids().len()),
                Side::Sell => (&mut update.asks, market.book.asks().len()),
            };
            if levels.iter().any(|level| level.price.0 == price) {
                continue;
            }
            let is_full = count as u64 >= self.levels;
            let goes = count > 1 && (is_full || self.random.below(3) == 0);
            let level = Level {
                price: Price(price),
                qty: if goes {
                    Qty::ZERO
                } else {
                    self.qty(market.spec)
                },
            };
            if market.book.set(side, level) {
                levels.push(level);
            }
        }
        if update.bids.is_empty() && update.asks.is_empty() {
            return self.restore(market);
        }
        market.updates += 1;
        Change::Levels(update)
    }

    /// Another quantity at the best bid, or a first one.
    fn restore(&mut self, market: &mut Market) -> Change {
        let tick = market.spec.tick_size.0.max(1);
        let price = match market.book.touch() {
            (Some(bid), _) => bid.price,
            (None, Some(ask)) => Price(ask.price.0 - tick),
            (None, None) => Price(1_000 * tick),
        };
        let level = Level {
            price,
            qty: self.qty(market.spec),
        };
        market.book.set(Side::Buy, level);
        market.updates += 1;
        Change::Levels(DepthUpdate {
            bids: vec![level],
            asks: Vec::new(),
        })
    }

    fn qty(&mut self, spec: Spec) -> Qty {
        Qty((1 + self.random.below(500)) as i64 * spec.lot_size.0.max(1))
    }
}

/// One in the last of so many decimals, of a number that has `held`.
fn step(held: u32, decimals: usize) -> i64 {
    10_i64.pow(held.saturating_sub(decimals as u32))
}

fn sided(side: Side, levels: Vec<Level>) -> DepthUpdate {
    let mut update = DepthUpdate::default();
    match side {
        Side::Buy => update.bids = levels,
        Side::Sell => update.asks = levels,
    }
    update
}

fn apply(market: &mut Market, update: DepthUpdate) -> Change {
    market.book.apply(&update);
    market.updates += 1;
    Change::Levels(update)
}
