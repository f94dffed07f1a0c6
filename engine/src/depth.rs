//! A depth book of the outside market: what its venue displays, level by level.

use types::{Lots, Side, Ticks, codec_struct};

/// One displayed price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DepthLevel {
    pub(crate) price: Ticks,
    pub(crate) qty: Lots,
}

codec_struct!(DepthLevel { price, qty });

/// Both sides, each sorted with its best price last, so that the touch is cheap to change.
#[derive(Debug, Default)]
pub(crate) struct Depth {
    bids: Vec<DepthLevel>,
    asks: Vec<DepthLevel>,
}

codec_struct!(Depth { bids, asks });

/// The side is full.
#[derive(Debug)]
pub(crate) struct DepthFull;

impl Depth {
    pub(crate) fn clear(&mut self) {
        self.bids.clear();
        self.asks.clear();
    }

    #[inline(always)]
    pub(crate) fn set(
        &mut self,
        side: Side,
        level: DepthLevel,
        levels_max: u32,
    ) -> Result<(), DepthFull> {
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        match place(levels, side, level.price) {
            Ok(place) if level.qty.0 == 0 => {
                levels.remove(place);
            }
            Ok(place) => levels[place] = level,
            Err(_) if level.qty.0 == 0 => {}
            Err(_) if levels.len() >= levels_max as usize => return Err(DepthFull),
            Err(place) => levels.insert(place, level),
        }
        Ok(())
    }

    /// Whether both sides are sorted and show something at each price.
    pub(crate) fn is_sound(&self) -> bool {
        let shows = |levels: &[DepthLevel]| levels.iter().all(|level| level.qty.0 > 0);
        shows(&self.bids)
            && shows(&self.asks)
            && self.bids.is_sorted_by(|a, b| a.price < b.price)
            && self.asks.is_sorted_by(|a, b| a.price > b.price)
    }

    /// The level of a rank, the best at 0.
    pub(crate) fn level(&self, side: Side, rank: usize) -> Option<DepthLevel> {
        let levels = self.side(side);
        let place = levels.len().checked_sub(rank + 1)?;
        Some(levels[place])
    }

    /// What is displayed at a price.
    pub(crate) fn qty_at(&self, side: Side, price: Ticks) -> Lots {
        let levels = self.side(side);
        place(levels, side, price).map_or(Lots(0), |place| levels[place].qty)
    }

    /// Levels of a side, best last.
    pub(crate) fn side(&self, side: Side) -> &[DepthLevel] {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    pub(crate) fn best(&self, side: Side) -> Option<DepthLevel> {
        match side {
            Side::Buy => self.bids.last().copied(),
            Side::Sell => self.asks.last().copied(),
        }
    }
}

/// Where the level of a price is, or where it would go. Near the touch most prices have a level, so that the distance
/// from the best price in ticks is mostly the rank.
#[inline]
fn place(levels: &[DepthLevel], side: Side, price: Ticks) -> Result<usize, usize> {
    let Some((best, _)) = levels.split_last() else {
        return Err(0);
    };
    let rank = match side {
        Side::Buy => best.price.0.wrapping_sub(price.0),
        Side::Sell => price.0.wrapping_sub(best.price.0),
    };
    // A better price, or one too far away for its distance, is beyond the slice.
    let guess = (levels.len() as u64 - 1).wrapping_sub(rank as u64) as usize;
    if levels.get(guess).is_some_and(|level| level.price == price) {
        return Ok(guess);
    }
    match side {
        Side::Buy => levels.binary_search_by(|known| known.price.cmp(&price)),
        Side::Sell => levels.binary_search_by(|known| price.cmp(&known.price)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_a_map_of_prices(updates in prop::collection::vec((any::<bool>(), -12_i64..12, 0_i64..4), 0..80)) {
            let mut depth = Depth::default();
            let mut maps: [BTreeMap<i64, i64>; 2] = Default::default();
            // Some prices as far away as there are any.
            let far = |price: i64| match price {
                -12 => i64::MIN,
                11 => i64::MAX,
                price => price,
            };
            for (is_bid, price, lots) in updates {
                let (side, price) = (if is_bid { Side::Buy } else { Side::Sell }, far(price));
                let level = DepthLevel { price: Ticks(price), qty: Lots(lots) };
                depth.set(side, level, 100).unwrap();
                let map = &mut maps[side as usize];
                if lots == 0 {
                    map.remove(&price);
                } else {
                    map.insert(price, lots);
                }
                prop_assert!(depth.is_sound());
            }
            for (side, map) in [Side::Buy, Side::Sell].into_iter().zip(&maps) {
                prop_assert_eq!(depth.side(side).len(), map.len());
                for price in (-12..12).map(far) {
                    let known = map.get(&price).copied().unwrap_or(0);
                    prop_assert_eq!(depth.qty_at(side, Ticks(price)), Lots(known));
                }
            }
        }
    }
}
