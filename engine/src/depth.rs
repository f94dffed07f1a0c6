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

    pub(crate) fn set(
        &mut self,
        side: Side,
        level: DepthLevel,
        levels_max: u32,
    ) -> Result<(), DepthFull> {
        let (levels, found) = match side {
            Side::Buy => {
                let found = self
                    .bids
                    .binary_search_by(|known| known.price.cmp(&level.price));
                (&mut self.bids, found)
            }
            Side::Sell => {
                let found = self
                    .asks
                    .binary_search_by(|known| level.price.cmp(&known.price));
                (&mut self.asks, found)
            }
        };
        match found {
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
        let found = match side {
            Side::Buy => levels.binary_search_by(|known| known.price.cmp(&price)),
            Side::Sell => levels.binary_search_by(|known| price.cmp(&known.price)),
        };
        found.map_or(Lots(0), |place| levels[place].qty)
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
