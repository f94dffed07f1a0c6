//! The marks between which nothing can happen to the accounts exposed to an instrument.
//!
//! A position's account was judged at some mark. As long as the mark stays within the position's band,
//! and those of its account's other instruments within theirs, the account's equity neither violates a
//! limit nor moves a peak, so nobody needs to look. A market event compares the new mark with the
//! tightest band of all, and goes down only into blocks that it leaves: an event that changes no verdict
//! costs the same for one account as for a million.
//!
//! A peak that rises with the mark is no reason to look: such a position is among the high-water marks, too,
//! which know how far the mark may fall back.
//!
//! Bands are derived: they may be tighter than they must be, never wider, and no event depends on how
//! tight they are.

use types::{Lots, Ticks};

use crate::high_water::{Best, HighWater, MARK_MAX, as_good};

/// Rows of one block, and blocks of one group.
const FAN: usize = 64;
/// Rows whose bands fill a cache line together.
const LANES: usize = 4;
/// Marks outside of this are in no band, so that the distance of two marks is a number too.
const EDGE: i64 = 1 << 61;

/// A closed range of marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Band {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

impl Band {
    /// Nothing can happen at any mark.
    pub(crate) const WHOLE: Self = Self {
        low: -EDGE,
        high: EDGE,
    };
    /// Marks that may be the best of a row among the high-water marks.
    pub(crate) const TRAILING: Self = Self {
        low: -MARK_MAX,
        high: MARK_MAX,
    };
    /// Every mark needs a look.
    pub(crate) const NONE: Self = Self {
        low: EDGE,
        high: -EDGE,
    };

    #[inline]
    const fn has(self, mark: i64) -> bool {
        self.low <= mark && mark <= self.high
    }

    #[inline]
    pub(crate) fn meet(self, other: Self) -> Self {
        Self {
            low: self.low.max(other.low),
            high: self.high.min(other.high),
        }
    }
}

/// The bands of a few rows: lows beside lows, so that one instruction compares several.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Pack {
    low: [i64; LANES],
    high: [i64; LANES],
}

const _: () = assert!(size_of::<Pack>() == 64);

impl Pack {
    const WHOLE: Self = Self {
        low: [Band::WHOLE.low; LANES],
        high: [Band::WHOLE.high; LANES],
    };
}

/// The bands of the positions of one direction, which one mark values.
#[derive(Debug, Default)]
pub(crate) struct Bands {
    /// The band of each row; what is left of the last pack has the whole one.
    packs: Vec<Pack>,
    /// The holding of each row.
    holdings: Vec<u32>,
    /// Of every 64 rows what all have in common; of every 64 blocks; and so on to a single one.
    levels: Vec<Vec<Band>>,
    /// Of the rows whose account's peak rises with the mark.
    pub(crate) high_water: HighWater,
}

impl Bands {
    /// Rows.
    pub(crate) const fn len(&self) -> usize {
        self.holdings.len()
    }

    #[inline]
    fn band(&self, row: usize) -> Band {
        let pack = &self.packs[row / LANES];
        Band {
            low: pack.low[row % LANES],
            high: pack.high[row % LANES],
        }
    }

    /// Whether a row needs a look at a mark: of positions of this direction.
    pub(crate) fn is_left(&self, row: u32, mark: Ticks, direction: Lots) -> bool {
        let has_fallen = self.high_water.is_left(row, as_good(mark, direction));
        has_fallen || !self.band(row as usize).has(mark.0)
    }

    /// The holdings of all rows.
    pub(crate) fn holdings(&self) -> &[u32] {
        &self.holdings
    }

    /// Adds a holding and says its row. Whoever opens its position touches its account, which gives it a
    /// band when it is judged, before any mark is compared.
    pub(crate) fn push(&mut self, holding: u32) -> u32 {
        let row = self.holdings.len();
        if row.is_multiple_of(LANES) {
            self.packs.push(Pack::WHOLE);
        }
        self.holdings.push(holding);
        self.high_water.push();
        let mut blocks = self.holdings.len();
        let mut level = 0;
        // A level for every power of the fan that the rows need, and a place for the newest block.
        while blocks > 1 || level == 0 {
            blocks = blocks.div_ceil(FAN);
            if self.levels.len() == level {
                let below = self.summary(level);
                self.levels.push(vec![below]);
            }
            if self.levels[level].len() < blocks {
                self.levels[level].push(Band::WHOLE);
            }
            level += 1;
        }
        row as u32
    }

    /// What all of the level below have in common.
    fn summary(&self, level: usize) -> Band {
        if level == 0 {
            let rows = 0..self.holdings.len();
            return rows.fold(Band::WHOLE, |all, row| all.meet(self.band(row)));
        }
        let below = &self.levels[level - 1];
        below.iter().fold(Band::WHOLE, |all, band| all.meet(*band))
    }

    /// Takes a row out, which is not among the high-water marks. The last row moves to its place; its
    /// holding is returned to be told so.
    pub(crate) fn remove(&mut self, row: u32) -> Option<u32> {
        self.high_water.remove(row);
        let last = self.holdings.len() - 1;
        let band = self.band(last);
        self.set(last as u32, Band::WHOLE);
        let moved = if row as usize == last {
            None
        } else {
            self.holdings[row as usize] = self.holdings[last];
            self.set(row, band);
            Some(self.holdings[last])
        };
        self.holdings.pop();
        let mut blocks = self.holdings.len();
        self.packs.truncate(blocks.div_ceil(LANES));
        for level in &mut self.levels {
            blocks = blocks.div_ceil(FAN);
            level.truncate(blocks.max(1));
        }
        moved
    }

    /// Whether a row's band has a mark and ends within so many ticks of it, either way.
    #[expect(
        clippy::needless_bitwise_bool,
        reason = "one branch that nobody takes instead of several"
    )]
    #[inline(always)]
    pub(crate) fn is_within(&self, row: u32, mark: Ticks, reach: i64) -> bool {
        let band = self.band(row as usize);
        let (below, above) = (
            mark.0.wrapping_sub(band.low),
            band.high.wrapping_sub(mark.0),
        );
        // As unsigned numbers those on the wrong side are too large.
        (below as u64 <= reach as u64) & (above as u64 <= reach as u64)
    }

    /// Gives a row its band. What blocks have in common only gets tighter here; it widens again when
    /// somebody looks into the block, so that a thousand new bands cost one look and not a thousand.
    #[inline]
    pub(crate) fn set(&mut self, row: u32, band: Band) {
        let mut index = row as usize;
        let band = Band {
            low: band.low.clamp(-EDGE, EDGE),
            high: band.high.clamp(-EDGE, EDGE),
        };
        let pack = &mut self.packs[index / LANES];
        pack.low[index % LANES] = band.low;
        pack.high[index % LANES] = band.high;
        for level in &mut self.levels {
            index /= FAN;
            let known = level[index];
            let met = known.meet(band);
            if met == known {
                return;
            }
            level[index] = met;
        }
    }

    /// Calls `leave` with the holding of every row that needs a look at this mark, of positions of this
    /// direction; with some twice.
    #[inline]
    pub(crate) fn leaving(&mut self, mark: Ticks, direction: Lots, mut leave: impl FnMut(u32)) {
        if let Some(top) = self.levels.last()
            && !self.holdings.is_empty()
            && !top[0].has(mark.0)
        {
            self.descend(self.levels.len() - 1, 0, mark.0, &mut leave);
        }
        let holdings = &self.holdings;
        self.high_water
            .falling(as_good(mark, direction), &mut |row| {
                leave(holdings[row as usize]);
            });
    }

    /// The mark is here, and nobody needs a look at it any more. Says whether [`Bands::rise`] has something to
    /// do when the input is over.
    #[inline]
    pub(crate) fn note(&mut self, best: Best) -> bool {
        self.high_water.note(best)
    }

    /// The input is over.
    #[inline]
    pub(crate) fn rise(&mut self) {
        self.high_water.rise();
    }

    /// How many rows need a look at this mark, of positions of this direction, by comparing every one, some
    /// twice: the plain sweep that [`Bands::leaving`] saves.
    pub(crate) fn sweep(&self, mark: Ticks, direction: Lots) -> usize {
        let mark = mark.0;
        if !Band::WHOLE.has(mark) {
            return self.len();
        }
        let fallen = self.high_water.sweep(as_good(Ticks(mark), direction));
        let mut left = [0; LANES];
        for pack in &self.packs {
            for ((left, low), high) in left.iter_mut().zip(pack.low).zip(pack.high) {
                // The sign of either distance, without a branch or a compare that the oldest machines
                // of this kind lack.
                *left += ((mark - low) | (high - mark)) as u64 >> 63;
            }
        }
        fallen + left.iter().sum::<u64>() as usize
    }

    /// Looks into a block that the mark leaves, and finds again what its rows have in common.
    fn descend(
        &mut self,
        level: usize,
        block: usize,
        mark: i64,
        leave: &mut impl FnMut(u32),
    ) -> Band {
        let start = block * FAN;
        let mut common = Band::WHOLE;
        if level == 0 {
            let end = self.holdings.len().min(start + FAN);
            let packs = self.packs[start / LANES..].iter();
            for (pack, holdings) in packs.zip(self.holdings[start..end].chunks(LANES)) {
                for ((&low, &high), &holding) in pack.low.iter().zip(&pack.high).zip(holdings) {
                    let band = Band { low, high };
                    common = common.meet(band);
                    if !band.has(mark) {
                        leave(holding);
                    }
                }
            }
        } else {
            let end = self.levels[level - 1].len().min(start + FAN);
            for below in start..end {
                let mut band = self.levels[level - 1][below];
                if !band.has(mark) {
                    band = self.descend(level - 1, below, mark, leave);
                }
                common = common.meet(band);
            }
        }
        self.levels[level][block] = common;
        common
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leaving(bands: &mut Bands, mark: i64) -> Vec<u32> {
        let mut found = Vec::new();
        bands.leaving(Ticks(mark), Lots(1), |holding| found.push(holding));
        found.sort_unstable();
        found
    }

    #[test]
    fn a_row_needs_a_look_outside_its_band() {
        let mut bands = Bands::default();
        assert_eq!(leaving(&mut bands, 0), []);
        let row = bands.push(7);
        bands.set(row, Band::NONE);
        assert_eq!(leaving(&mut bands, 0), [7]);
        bands.set(row, Band { low: -5, high: 5 });
        assert_eq!(leaving(&mut bands, 5), []);
        assert_eq!(leaving(&mut bands, 6), [7]);
        assert_eq!(leaving(&mut bands, -6), [7]);
    }

    #[test]
    fn a_mark_at_the_end_of_its_range_is_in_no_band() {
        for (band, is_left) in [(Band::WHOLE, false), (Band::NONE, true)] {
            let mut bands = Bands::default();
            let row = bands.push(7);
            bands.set(row, band);
            for (mark, is_left) in [(i64::MIN, true), (0, is_left), (i64::MAX, true)] {
                assert_eq!(bands.sweep(Ticks(mark), Lots(1)), usize::from(is_left));
                assert_eq!(bands.is_left(row, Ticks(mark), Lots(1)), is_left);
                assert_eq!(leaving(&mut bands, mark).len(), usize::from(is_left));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn finds_what_a_scan_finds(steps in prop::collection::vec((0_u8..8, 0_usize..6_000, -50_i64..50, 0_i64..40), 1..400), many in 0_usize..5_000) {
            let mut bands = Bands::default();
            let mut model: Vec<(u32, Band)> = Vec::new();
            let mut next = 0;
            for _ in 0..many {
                bands.push(next);
                bands.set(next, Band { low: -100, high: 100 });
                model.push((next, Band { low: -100, high: 100 }));
                next += 1;
            }
            for (step, pick, low, width) in steps {
                let pick = if model.is_empty() { 0 } else { pick % model.len() };
                match step {
                    0..2 => {
                        bands.push(next);
                        model.push((next, Band::WHOLE));
                        next += 1;
                    }
                    2 if !model.is_empty() => {
                        let moved = bands.remove(pick as u32);
                        model.swap_remove(pick);
                        prop_assert_eq!(moved, model.get(pick).map(|(holding, _)| *holding));
                    }
                    _ if !model.is_empty() => {
                        let band = Band { low, high: low + width };
                        bands.set(pick as u32, band);
                        model[pick].1 = band;
                    }
                    _ => {}
                }
                let mut expected: Vec<u32> = model.iter().filter(|(_, band)| !band.has(low)).map(|(holding, _)| *holding).collect();
                expected.sort_unstable();
                prop_assert_eq!(bands.sweep(Ticks(low), Lots(1)), expected.len());
                prop_assert_eq!(leaving(&mut bands, low), expected);
            }
        }
    }
}
