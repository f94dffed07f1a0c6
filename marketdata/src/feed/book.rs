//! A book of levels as a venue states it.

use types::{DepthUpdate, Level, MarketData, Price, Qty, Side};

/// Levels of both sides, best first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl Book {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    /// Sets what stands at a price; a quantity of zero removes the level. Whether that changed anything.
    pub fn set(&mut self, side: Side, level: Level) -> bool {
        let (levels, found) = match side {
            Side::Buy => {
                let found = self
                    .bids
                    .binary_search_by(|known| level.price.cmp(&known.price));
                (&mut self.bids, found)
            }
            Side::Sell => {
                let found = self
                    .asks
                    .binary_search_by(|known| known.price.cmp(&level.price));
                (&mut self.asks, found)
            }
        };
        match found {
            Ok(place) if level.qty == Qty::ZERO => {
                levels.remove(place);
                true
            }
            Ok(place) => {
                let before = std::mem::replace(&mut levels[place].qty, level.qty);
                before != level.qty
            }
            Err(_) if level.qty == Qty::ZERO => false,
            Err(place) => {
                levels.insert(place, level);
                true
            }
        }
    }

    /// Changes levels. Whether that changed anything.
    pub fn apply(&mut self, update: &DepthUpdate) -> bool {
        let mut is_changed = false;
        for &level in &update.bids {
            is_changed |= self.set(Side::Buy, level);
        }
        for &level in &update.asks {
            is_changed |= self.set(Side::Sell, level);
        }
        is_changed
    }

    /// Replaces everything by the levels of a whole book.
    pub fn replace(&mut self, update: &DepthUpdate) {
        self.clear();
        self.apply(update);
    }

    /// Follows an event as a consumer of a feed does. `None` while nothing is known.
    pub fn follow(known: &mut Option<Self>, data: &MarketData) {
        match data {
            MarketData::Gap => *known = None,
            MarketData::DepthSnapshot(update) => {
                known.get_or_insert_default().replace(update);
            }
            MarketData::DepthDelta(update) => {
                if let Some(book) = known {
                    book.apply(update);
                }
            }
            _ => {}
        }
    }

    /// Keeps so many levels of each side, the best ones; says which were dropped, as levels of zero.
    pub fn truncate(&mut self, depth: usize, dropped: &mut DepthUpdate) {
        for (levels, dropped) in [
            (&mut self.bids, &mut dropped.bids),
            (&mut self.asks, &mut dropped.asks),
        ] {
            for level in levels.drain(depth.min(levels.len())..) {
                dropped.push(Level {
                    qty: Qty::ZERO,
                    ..level
                });
            }
        }
    }

    /// Buy side, highest price first.
    pub fn bids(&self) -> &[Level] {
        &self.bids
    }

    /// Sell side, lowest price first.
    pub fn asks(&self) -> &[Level] {
        &self.asks
    }

    /// Best bid and ask.
    pub fn touch(&self) -> (Option<Level>, Option<Level>) {
        (self.bids.first().copied(), self.asks.first().copied())
    }

    /// Whether the best bid is above the best ask.
    pub fn is_crossed(&self) -> bool {
        self.spread().is_some_and(|spread| spread < Price::ZERO)
    }

    /// Whether the best bid is the best ask.
    pub fn is_locked(&self) -> bool {
        self.spread() == Some(Price::ZERO)
    }

    fn spread(&self) -> Option<Price> {
        let (bid, ask) = self.touch();
        Some(ask?.price.saturating_sub(bid?.price))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(price: i64, qty: i64) -> Level {
        Level {
            price: Price(price),
            qty: Qty(qty),
        }
    }

    #[test]
    fn levels_stand_best_first_and_zero_removes() {
        let mut book = Book::default();
        for (price, qty) in [(100, 5), (102, 1), (101, 3)] {
            assert!(book.set(Side::Buy, level(price, qty)));
            assert!(book.set(Side::Sell, level(price + 10, qty)));
        }
        assert_eq!(book.bids(), [level(102, 1), level(101, 3), level(100, 5)]);
        assert_eq!(book.asks(), [level(110, 5), level(111, 3), level(112, 1)]);
        assert!(book.set(Side::Buy, level(101, 0)));
        assert!(!book.set(Side::Buy, level(101, 0)));
        assert!(!book.set(Side::Sell, level(110, 5)));
        assert_eq!(book.touch(), (Some(level(102, 1)), Some(level(110, 5))));
    }

    #[test]
    fn a_truncated_book_says_what_it_dropped() {
        let mut book = Book::default();
        for price in 1..=3 {
            book.set(Side::Buy, level(price, 1));
        }
        let mut dropped = DepthUpdate::default();
        book.truncate(1, &mut dropped);
        assert_eq!(dropped.bids, [level(2, 0), level(1, 0)]);
        assert_eq!(book.bids(), [level(3, 1)]);
    }

    #[test]
    fn crossed_and_locked_are_told_apart() {
        let mut book = Book::default();
        book.set(Side::Buy, level(5, 1));
        assert!(!book.is_crossed() && !book.is_locked());
        book.set(Side::Sell, level(5, 1));
        assert!(!book.is_crossed() && book.is_locked());
        book.set(Side::Sell, level(4, 1));
        assert!(book.is_crossed() && !book.is_locked());
    }
}
