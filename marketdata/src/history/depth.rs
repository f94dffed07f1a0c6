//! The book of one instrument as a file tells of it, and what is to be said of it: all of it first, then the levels
//! that changed.

use std::collections::BTreeMap;

use types::{DepthUpdate, Level, MarketData, Price, Qty, Side};

use super::decode::Fault;

/// The most levels that the book of one instrument may have, both sides together.
pub const LEVELS_MAX: usize = 1_000_000;

/// A book of levels.
#[derive(Debug, Default)]
pub(super) struct Depth {
    bids: BTreeMap<Price, Qty>,
    asks: BTreeMap<Price, Qty>,
    changed: Vec<(Side, Price)>,
    /// What was said last is this book but for `changed`.
    is_stated: bool,
}

impl Depth {
    fn side(&mut self, side: Side) -> &mut BTreeMap<Price, Qty> {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }

    /// Sets what stands at a price; nothing at zero.
    pub(super) fn set(&mut self, side: Side, price: Price, qty: Qty) -> Result<(), Fault> {
        let levels = self.bids.len() + self.asks.len();
        let known = self.side(side);
        let before = if qty == Qty::ZERO {
            known.remove(&price)
        } else {
            known.insert(price, qty)
        };
        if before.is_none() && qty != Qty::ZERO && levels >= LEVELS_MAX {
            return Err(Fault::damaged(format_args!(
                "a book of more than {LEVELS_MAX} levels (levels_max)"
            )));
        }
        if before.unwrap_or(Qty::ZERO) != qty {
            self.changed.push((side, price));
        }
        Ok(())
    }

    /// Adds to what stands at a price, or takes away from it; what is not there cannot be taken away.
    pub(super) fn add(&mut self, side: Side, price: Price, qty: i64) -> Result<(), Fault> {
        let known = self.side(side).get(&price).map_or(0, |known| known.0);
        self.set(side, price, Qty(known.saturating_add(qty).max(0)))
    }

    /// Removes the levels of a side from the best one to a price.
    pub(super) fn clear_to(&mut self, side: Side, price: Price) {
        let gone = match side {
            Side::Buy => self.bids.split_off(&price),
            Side::Sell => {
                let kept = self.asks.split_off(&Price(price.0.saturating_add(1)));
                std::mem::replace(&mut self.asks, kept)
            }
        };
        self.changed
            .extend(gone.into_keys().map(|price| (side, price)));
    }

    /// Removes every level.
    pub(super) fn clear(&mut self) {
        self.clear_side(Side::Buy);
        self.clear_side(Side::Sell);
    }

    /// Removes every level of a side.
    pub(super) fn clear_side(&mut self, side: Side) {
        let gone = std::mem::take(self.side(side));
        self.changed
            .extend(gone.into_keys().map(|price| (side, price)));
    }

    /// Takes the whole book from elsewhere.
    pub(super) fn replace(&mut self, update: &DepthUpdate) -> Result<(), Fault> {
        for (side, levels) in [(Side::Buy, &update.bids), (Side::Sell, &update.asks)] {
            let known = self.side(side);
            let gone: Vec<Price> = known
                .keys()
                .filter(|price| levels.iter().all(|level| level.price != **price))
                .copied()
                .collect();
            for price in gone {
                self.set(side, price, Qty::ZERO)?;
            }
            for level in levels {
                self.set(side, level.price, level.qty)?;
            }
        }
        Ok(())
    }

    /// The next thing said is the whole book.
    pub(super) fn restate(&mut self) {
        self.is_stated = false;
        self.changed.clear();
    }

    /// What is to be said: the whole book if it was not said yet, else what changed; `None` if nothing did.
    pub(super) fn state(&mut self) -> Option<MarketData> {
        if !self.is_stated {
            self.is_stated = true;
            self.changed.clear();
            let levels = |side: &BTreeMap<Price, Qty>| -> Vec<Level> {
                side.iter()
                    .map(|(&price, &qty)| Level { price, qty })
                    .collect()
            };
            let mut bids = levels(&self.bids);
            bids.reverse();
            return Some(MarketData::DepthSnapshot(Box::new(DepthUpdate {
                bids,
                asks: levels(&self.asks),
            })));
        }
        if self.changed.is_empty() {
            return None;
        }
        let mut changed = std::mem::take(&mut self.changed);
        let is_buy = |side: Side| matches!(side, Side::Buy);
        changed.sort_unstable_by_key(|&(side, price)| (is_buy(side), price));
        changed.dedup();
        let mut update = DepthUpdate::default();
        for (side, price) in changed.drain(..) {
            let (levels, known) = match side {
                Side::Buy => (&mut update.bids, self.bids.get(&price)),
                Side::Sell => (&mut update.asks, self.asks.get(&price)),
            };
            levels.push(Level {
                price,
                qty: known.copied().unwrap_or(Qty::ZERO),
            });
        }
        update.bids.reverse();
        self.changed = changed;
        Some(MarketData::DepthDelta(Box::new(update)))
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
    fn a_book_is_stated_whole_and_then_by_what_changed() {
        let mut depth = Depth::default();
        depth.set(Side::Buy, Price(99), Qty(5)).unwrap();
        depth.set(Side::Buy, Price(98), Qty(1)).unwrap();
        depth.set(Side::Sell, Price(101), Qty(2)).unwrap();
        let Some(MarketData::DepthSnapshot(whole)) = depth.state() else {
            panic!("the first statement is not the whole book");
        };
        assert_eq!(whole.bids, [level(99, 5), level(98, 1)]);
        assert_eq!(whole.asks, [level(101, 2)]);
        assert!(depth.state().is_none());
        depth.add(Side::Buy, Price(99), -5).unwrap();
        depth.add(Side::Sell, Price(101), 3).unwrap();
        let Some(MarketData::DepthDelta(changed)) = depth.state() else {
            panic!("no change was stated");
        };
        assert_eq!(changed.bids, [level(99, 0)]);
        assert_eq!(changed.asks, [level(101, 5)]);
    }

    #[test]
    fn levels_are_cleared_from_the_best_one_down_to_a_price() {
        let mut depth = Depth::default();
        for price in 95..=99 {
            depth.set(Side::Buy, Price(price), Qty(1)).unwrap();
            depth.set(Side::Sell, Price(price + 6), Qty(1)).unwrap();
        }
        depth.clear_to(Side::Buy, Price(97));
        depth.clear_to(Side::Sell, Price(103));
        let Some(MarketData::DepthSnapshot(whole)) = depth.state() else {
            panic!("the first statement is not the whole book");
        };
        assert_eq!(whole.bids, [level(96, 1), level(95, 1)]);
        assert_eq!(whole.asks, [level(104, 1), level(105, 1)]);
    }
}
