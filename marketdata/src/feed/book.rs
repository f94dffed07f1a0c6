//! A book of levels as a venue states it.

use types::{DepthUpdate, Level, MarketData, Price, Qty, Quote, Side};

/// Levels of a side that are kept of a venue that says all of them: more and more are far away, and an engine holds
/// 4,096 (`depth_levels_max`).
pub const LEVELS_MAX: usize = 4_000;

/// Best prices of the bids and of the asks that were dropped.
pub type Dropped = [Option<Price>; 2];

/// Keeps so many levels of each side of a whole book, the best ones, all of them better than what is dropped.
pub fn keep_best(update: &mut DepthUpdate, depth: usize) -> Dropped {
    let keep = |levels: &mut Vec<Level>, side| {
        if levels.len() <= depth {
            return None;
        }
        // Of two at one price the later one counts, so that their order has to stay.
        levels.sort_by_key(|level| rank(side, level.price));
        let dropped = levels[depth].price;
        let better = levels.partition_point(|level| rank(side, level.price) < rank(side, dropped));
        levels.truncate(better);
        Some(dropped)
    };
    [
        keep(&mut update.bids, Side::Buy),
        keep(&mut update.asks, Side::Sell),
    ]
}

/// Takes out of a change what is at one of the dropped prices or worse. Whether that was any.
pub fn keep_better(update: &mut DepthUpdate, [bid, ask]: Dropped) -> bool {
    let keep = |levels: &mut Vec<Level>, side, dropped: Option<Price>| {
        let count = levels.len();
        if let Some(dropped) = dropped {
            levels.retain(|level| rank(side, level.price) < rank(side, dropped));
        }
        levels.len() < count
    };
    let bids = keep(&mut update.bids, Side::Buy, bid);
    let asks = keep(&mut update.asks, Side::Sell, ask);
    bids || asks
}

/// A number that is lower for a better price.
#[inline]
const fn rank(side: Side, price: Price) -> i64 {
    // The complement turns the order round and cannot overflow.
    match side {
        Side::Buy => !price.0,
        Side::Sell => price.0,
    }
}

/// The touch of a best bid and a best ask.
#[inline]
pub const fn touch(bid: Level, ask: Level) -> Quote {
    Quote {
        bid: bid.price,
        bid_qty: bid.qty,
        ask: ask.price,
        ask_qty: ask.qty,
    }
}

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
        self.change(side, &[level])
    }

    /// Changes levels. Whether that changed anything.
    pub fn apply(&mut self, update: &DepthUpdate) -> bool {
        let bids = self.change(Side::Buy, &update.bids);
        let asks = self.change(Side::Sell, &update.asks);
        bids || asks
    }

    fn change(&mut self, side: Side, changes: &[Level]) -> bool {
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        let mut is_changed = false;
        // Venues say levels in their order, so that the next one is near the one before.
        let mut place = 0;
        for &level in changes {
            place = seek(levels, side, level.price, place);
            match levels.get_mut(place) {
                Some(known) if known.price == level.price => {
                    if level.qty == Qty::ZERO {
                        levels.remove(place);
                        is_changed = true;
                    } else {
                        is_changed |= std::mem::replace(&mut known.qty, level.qty) != level.qty;
                        place += 1;
                    }
                }
                _ if level.qty == Qty::ZERO => {}
                _ => {
                    levels.insert(place, level);
                    is_changed = true;
                    place += 1;
                }
            }
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

    /// Keeps so many levels of each side, the best ones; says behind a change which were dropped, as levels of zero.
    pub fn truncate(&mut self, depth: usize, change: &mut DepthUpdate) -> Dropped {
        let keep = |levels: &mut Vec<Level>, change: &mut Vec<Level>| {
            let dropped = levels.get(depth)?.price;
            change.extend(levels.drain(depth..).map(|level| Level {
                qty: Qty::ZERO,
                ..level
            }));
            Some(dropped)
        };
        [
            keep(&mut self.bids, &mut change.bids),
            keep(&mut self.asks, &mut change.asks),
        ]
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

/// The place of a price, or where it belongs: looked for with growing steps from a place that may be near.
#[inline]
fn seek(levels: &[Level], side: Side, price: Price, near: usize) -> usize {
    let wanted = rank(side, price);
    let is_before = |level: &Level| rank(side, level.price) < wanted;
    let (mut low, mut high) = (0, near.min(levels.len()));
    let mut step = 1;
    if levels.get(high).is_some_and(is_before) {
        low = high + 1;
        high = levels.len();
        while let Some(level) = levels.get(low + step) {
            if !is_before(level) {
                high = low + step;
                break;
            }
            low += step + 1;
            step *= 2;
        }
    } else {
        while high > 0 {
            let at = high.saturating_sub(step);
            if is_before(&levels[at]) {
                low = at + 1;
                break;
            }
            high = at;
            step *= 2;
        }
    }
    low + levels[low..high].partition_point(is_before)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn is_a_sorted_map(updates in prop::collection::vec(prop::collection::vec((0_i64..60, 0_i64..3), 0..40), 1..20)) {
            let mut book = Book::default();
            let mut map = BTreeMap::new();
            for update in updates {
                let changes: Vec<_> = update.iter().map(|&(price, qty)| level(price, qty)).collect();
                let before = map.clone();
                let mut is_changed = false;
                for (price, qty) in update {
                    is_changed |= map.insert(price, qty).unwrap_or(0) != qty;
                    if qty == 0 {
                        map.remove(&price);
                    }
                }
                let said = book.apply(&DepthUpdate { bids: changes.clone(), asks: changes });
                prop_assert!(said == is_changed && (said || before == map));
                let asks: Vec<_> = map.iter().map(|(&price, &qty)| level(price, qty)).collect();
                prop_assert_eq!(book.asks(), &asks[..]);
                prop_assert!(book.bids().iter().rev().eq(&asks));
            }
        }
    }

    #[test]
    fn a_truncated_book_says_what_it_dropped() {
        let mut book = Book::default();
        for price in 1..=3 {
            book.set(Side::Buy, level(price, 1));
        }
        let mut dropped = DepthUpdate::default();
        let best = book.truncate(1, &mut dropped);
        assert_eq!(best, [Some(Price(2)), None]);
        assert_eq!(dropped.bids, [level(2, 0), level(1, 0)]);
        assert_eq!(book.bids(), [level(3, 1)]);
        assert_eq!(book.truncate(1, &mut dropped), [None, None]);
        assert_eq!(dropped.bids.len(), 2);
    }

    #[test]
    fn of_a_whole_book_the_best_levels_are_kept() {
        let mut update = DepthUpdate {
            bids: vec![level(1, 1), level(3, 1), level(2, 1), level(3, 5)],
            asks: vec![level(9, 1), level(7, 1), level(8, 1)],
        };
        assert_eq!(keep_best(&mut update, 3), [Some(Price(1)), None]);
        assert_eq!(update.bids, [level(3, 1), level(3, 5), level(2, 1)]);
        assert_eq!(update.asks, [level(9, 1), level(7, 1), level(8, 1)]);
        assert_eq!(keep_best(&mut update, 2), [Some(Price(2)), Some(Price(9))]);
        assert_eq!(update.asks, [level(7, 1), level(8, 1)]);
        // Of two at one price the later one is dropped: the earlier one is not what stands there.
        assert_eq!(keep_best(&mut update, 1), [Some(Price(3)), Some(Price(8))]);
        assert_eq!(update.bids, []);
        assert_eq!(update.asks, [level(7, 1)]);
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
