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
use crate::lanes::{LANES, Lanes};
use crate::near::{Base, REACH};

/// Rows of one block, and blocks of one group.
const FAN: usize = 64;
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
    pub(crate) const fn has(self, mark: i64) -> bool {
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

/// A band in ticks from a base. Every offset but the ends of the reach is a mark of its own, and no band but
/// the whole one has the ends, where all marks out of reach are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Near {
    low: i32,
    high: i32,
}

impl Near {
    const WHOLE: Self = Self {
        low: -REACH,
        high: REACH,
    };
    const NONE: Self = Self {
        low: REACH,
        high: -REACH,
    };

    /// As much of a band as is within reach, and that as marks.
    #[inline]
    fn of(band: Band, base: Base) -> (Self, Band) {
        let kept = band.meet(Band {
            low: base.mark(1 - REACH),
            high: base.mark(REACH - 1),
        });
        if kept.low > kept.high {
            return (Self::NONE, Band::NONE);
        }
        let near = Self {
            low: base.distance(kept.low) as i32,
            high: base.distance(kept.high) as i32,
        };
        (near, kept)
    }

    #[inline]
    fn band(self, base: Base) -> Band {
        match self {
            Self::WHOLE => Band::WHOLE,
            Self::NONE => Band::NONE,
            Self { low, high } => Band {
                low: base.mark(low),
                high: base.mark(high),
            },
        }
    }
}

/// The bands of a few rows.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Pack {
    low: [i32; LANES],
    high: [i32; LANES],
}

const _: () = assert!(size_of::<Pack>() == 64);

impl Pack {
    const WHOLE: Self = Self {
        low: [Near::WHOLE.low; LANES],
        high: [Near::WHOLE.high; LANES],
    };
}

/// The bands of the positions of one direction, which one mark values.
#[derive(Debug, Default)]
pub(crate) struct Bands {
    /// The band of each row; what is left of the last pack has the whole one.
    packs: Vec<Pack>,
    /// The mark from which they are counted.
    base: Base,
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
    fn near(&self, row: usize) -> Near {
        let pack = &self.packs[row / LANES];
        Near {
            low: pack.low[row % LANES],
            high: pack.high[row % LANES],
        }
    }

    #[inline]
    fn band(&self, row: usize) -> Band {
        self.near(row).band(self.base)
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
                let below = self.summary(level, 0);
                self.levels.push(vec![below]);
            }
            if self.levels[level].len() < blocks {
                self.levels[level].push(Band::WHOLE);
            }
            level += 1;
        }
        row as u32
    }

    /// What all of the level below that belong to a block have in common.
    fn summary(&self, level: usize, block: usize) -> Band {
        let start = block * FAN;
        if level == 0 {
            let rows = start..self.holdings.len().min(start + FAN);
            return rows.fold(Band::WHOLE, |all, row| all.meet(self.band(row)));
        }
        let below = &self.levels[level - 1];
        let below = &below[start..below.len().min(start + FAN)];
        below.iter().fold(Band::WHOLE, |all, band| all.meet(*band))
    }

    /// Counts bands from this mark on. What is out of its reach is lost: somebody looks there too early. The
    /// rows whose bands had the mark have it still.
    #[cold]
    #[inline(never)]
    fn move_base(&mut self, mark: i64) {
        let base = Base::at(mark);
        for row in 0..self.holdings.len() {
            let known = self.near(row);
            if known != Near::WHOLE {
                let (near, _) = Near::of(known.band(self.base), base);
                self.put(row, near);
            }
        }
        self.base = base;
        for level in 0..self.levels.len() {
            for block in 0..self.levels[level].len() {
                self.levels[level][block] = self.summary(level, block);
            }
        }
    }

    #[inline]
    fn put(&mut self, row: usize, near: Near) {
        let pack = &mut self.packs[row / LANES];
        pack.low[row % LANES] = near.low;
        pack.high[row % LANES] = near.high;
    }

    /// Takes a row out, which is not among the high-water marks. The last row moves to its place; its
    /// holding is returned to be told so.
    pub(crate) fn remove(&mut self, row: u32) -> Option<u32> {
        self.high_water.remove(row);
        let last = self.holdings.len() - 1;
        let near = self.near(last);
        self.put(last, Near::WHOLE);
        let moved = if row as usize == last {
            None
        } else {
            self.holdings[row as usize] = self.holdings[last];
            self.set_near(row, near, near.band(self.base));
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
        // Neither the whole band nor none ends near a mark on both sides as it is written here.
        let Near { low, high } = self.near(row as usize);
        let (below, above) = (
            mark.0.wrapping_sub(self.base.mark(low)),
            self.base.mark(high).wrapping_sub(mark.0),
        );
        // As unsigned numbers those on the wrong side are too large.
        (below as u64 <= reach as u64) & (above as u64 <= reach as u64)
    }

    /// Gives a row its band, found at this mark, which is that of now; or as much of it as is within reach.
    #[inline]
    pub(crate) fn set(&mut self, row: u32, mark: Ticks, band: Band) {
        let mark = mark.0.clamp(-EDGE, EDGE);
        if self.base.is_far(mark) {
            self.move_base(mark);
        }
        let (near, kept) = Near::of(band, self.base);
        self.set_near(row, near, kept);
    }

    /// What blocks have in common only gets tighter here; it widens again when somebody looks into the block,
    /// so that a thousand new bands cost one look and not a thousand.
    #[inline]
    fn set_near(&mut self, row: u32, near: Near, band: Band) {
        let mut index = row as usize;
        self.put(index, near);
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
        self.falling(mark, direction, leave);
    }

    /// Calls `leave` with the holding of every position among the high-water marks that this mark is too far from,
    /// of positions of this direction. The caller takes them out.
    #[inline]
    pub(crate) fn falling(&mut self, mark: Ticks, direction: Lots, mut leave: impl FnMut(u32)) {
        let holdings = &self.holdings;
        self.high_water
            .falling(as_good(mark, direction), &mut |row| {
                leave(holdings[row as usize]);
            });
    }

    /// Whether no row needs a look at any mark from the first to the second, and there is no block to look into, of
    /// positions of this direction.
    #[inline(always)]
    pub(crate) fn stay(&self, [low, high]: [Ticks; 2], direction: Lots) -> bool {
        if self.holdings.is_empty() {
            return true;
        }
        let Some(top) = self.levels.last() else {
            return false;
        };
        let worst = if direction.0 >= 0 { low } else { high };
        top[0].has(low.0)
            && top[0].has(high.0)
            && !self.high_water.may_fall(as_good(worst, direction))
    }

    /// Marks at which no row needs a look and none is better than a best one, of positions of this direction; perhaps
    /// not all of them.
    pub(crate) fn calm(&self, direction: Lots) -> Band {
        if self.holdings.is_empty() {
            return Band::WHOLE;
        }
        let Some(top) = self.levels.last() else {
            return Band::NONE;
        };
        let Some((line, best)) = self.high_water.calm() else {
            return top[0];
        };
        let (low, high) = if direction.0 >= 0 {
            (line, best)
        } else {
            (-best, -line)
        };
        top[0].meet(Band::TRAILING).meet(Band { low, high })
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
        if !Band::WHOLE.has(mark.0) {
            return self.len();
        }
        let fallen = self.high_water.sweep(as_good(mark, direction));
        let mark = Lanes::all(self.base.offset(mark.0));
        let mut left = Lanes::all(0);
        for pack in &self.packs {
            let (low, high) = (Lanes::of(&pack.low), Lanes::of(&pack.high));
            left = left.minus(low.above(mark).or(mark.above(high)));
        }
        fallen + left.sum()
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
            let is_out = !Band::WHOLE.has(mark);
            let mark = self.base.offset(mark.clamp(-EDGE, EDGE));
            // The ends that bands share are those of the reach, so that offsets meet as marks do.
            let mut near = Near::WHOLE;
            for (pack, holdings) in packs.zip(self.holdings[start..end].chunks(LANES)) {
                for ((&low, &high), &holding) in pack.low.iter().zip(&pack.high).zip(holdings) {
                    near.low = near.low.max(low);
                    near.high = near.high.min(high);
                    if is_out || mark < low || high < mark {
                        leave(holding);
                    }
                }
            }
            common = near.band(self.base);
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
        bands.set(row, Ticks(0), Band::NONE);
        assert_eq!(leaving(&mut bands, 0), [7]);
        bands.set(row, Ticks(0), Band { low: -5, high: 5 });
        assert_eq!(leaving(&mut bands, 5), []);
        assert_eq!(leaving(&mut bands, 6), [7]);
        assert_eq!(leaving(&mut bands, -6), [7]);
    }

    #[test]
    fn a_mark_at_the_end_of_its_range_is_in_no_band() {
        for (band, is_left) in [(Band::WHOLE, false), (Band::NONE, true)] {
            let mut bands = Bands::default();
            let row = bands.push(7);
            bands.set(row, Ticks(0), band);
            for (mark, is_left) in [(i64::MIN, true), (0, is_left), (i64::MAX, true)] {
                assert_eq!(bands.sweep(Ticks(mark), Lots(1)), usize::from(is_left));
                assert_eq!(bands.is_left(row, Ticks(mark), Lots(1)), is_left);
                assert_eq!(leaving(&mut bands, mark).len(), usize::from(is_left));
            }
        }
    }

    /// A band may be lost by a move of the base, but is never wider than it was given.
    #[test]
    fn bands_out_of_reach_are_looked_at_too_early() {
        let far = 4 * i64::from(REACH);
        let mut bands = Bands::default();
        for (row, band) in [(far - 5, far + 5), (-far, far + 9), (far - 9, EDGE)]
            .into_iter()
            .enumerate()
        {
            let (low, high) = band;
            bands.push(row as u32);
            bands.set(row as u32, Ticks(far), Band { low, high });
        }
        assert_eq!(leaving(&mut bands, far), []);
        assert_eq!(leaving(&mut bands, far + 6), [0]);
        assert_eq!(leaving(&mut bands, far - 10), [0, 2]);
        // Within the second's band, and beyond what is kept of it.
        assert_eq!(leaving(&mut bands, 0), [0, 1, 2]);
        bands.set(
            1,
            Ticks(0),
            Band {
                low: -far,
                high: far + 9,
            },
        );
        assert_eq!(leaving(&mut bands, 0), [0, 2]);
        // Nothing is left of the others' bands but that they are looked at.
        assert_eq!(leaving(&mut bands, far), [0, 1, 2]);
        for mark in [-far, -1, 0, 1, far - 9, far, far + 6, 2 * far, EDGE] {
            assert_eq!(
                bands.sweep(Ticks(mark), Lots(1)),
                leaving(&mut bands, mark).len()
            );
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
                bands.set(next, Ticks(0), Band { low: -100, high: 100 });
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
                        bands.set(pick as u32, Ticks(low), band);
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
