//! The high-water marks of positions whose accounts' peaks rise with the mark.
//!
//! A position in here has the best mark since it was put in, and says how many ticks the mark may fall
//! back from it before somebody must look at its account. A better mark is noted once for all of them, at
//! the top of a tree of 64-way blocks, and handed down only where one of them is asked about; a mark that
//! falls back is compared with the highest line below which any of them needs a look. So a mark costs the
//! same for one position as for a million, until it crosses a line.
//!
//! The marks of one input are nobody's best before it is over, as floors stand still within it: they are
//! [`HighWater::note`]d until it [`HighWater::rise`]s.
//!
//! Marks are counted so that more is better: those of short positions with the sign turned.

use types::{Lots, Seq, Ticks, TimestampNs};

use crate::lanes::{LANES, Lanes};
use crate::near::{Base, REACH};

/// Rows of one block, and blocks of one group.
const FAN: usize = 64;
/// No mark further from zero is anybody's best, so that no sum or difference passes the range: the bands of
/// rows in here end there.
pub(crate) const MARK_MAX: i64 = 1 << 60;
/// No mark at all: worse than every one.
const NO_MARK: i64 = -MARK_MAX;
/// The retrace of a block without a row that is in here: no mark falls back so far.
const NO_RETRACE: i64 = 1 << 62;

/// The best mark that there was, and the input that brought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Best {
    /// More is better.
    pub(crate) mark: i64,
    pub(crate) seq: Seq,
    pub(crate) ts: TimestampNs,
}

impl Best {
    const NONE: Self = Self {
        mark: NO_MARK,
        seq: Seq(0),
        ts: TimestampNs(0),
    };

    /// The mark of a position of this direction, brought by this input.
    pub(crate) const fn new(mark: Ticks, position: Lots, seq: Seq, ts: TimestampNs) -> Self {
        Self {
            mark: as_good(mark, position),
            seq,
            ts,
        }
    }

    /// The mark again.
    pub(crate) const fn ticks(&self, position: Lots) -> Ticks {
        Ticks(if position.0 >= 0 {
            self.mark
        } else {
            -self.mark
        })
    }

    /// The better of two, the earlier of equals.
    #[inline]
    const fn or(self, later: Self) -> Self {
        if later.mark > self.mark { later } else { self }
    }
}

/// A mark so that more is better for a position of this direction, held within the range.
#[inline]
pub(crate) const fn as_good(mark: Ticks, position: Lots) -> i64 {
    let mark = if mark.0 > MARK_MAX {
        MARK_MAX
    } else if mark.0 < -MARK_MAX {
        -MARK_MAX
    } else {
        mark.0
    };
    if position.0 >= 0 { mark } else { -mark }
}

/// A position.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// No mark at or above this, counted from the base, needs a look at it by what was handed down.
    line: i32,
    /// Ticks that the mark may fall back from the best one, or fewer: at most the reach.
    retrace: i32,
}

impl Row {
    /// Not in here: below it is no mark's offset, and no mark falls back so far.
    const NONE: Self = Self {
        line: -REACH,
        retrace: i32::MAX,
    };
    /// The line of a row that is above all marks within reach: every one needs a look.
    const ALWAYS: i32 = REACH + 1;

    /// A row in here with this best mark.
    #[inline]
    fn new(best: i64, retrace: i32, base: Base) -> Self {
        let line = base.distance(best - i64::from(retrace));
        let (least, most) = (i64::from(1 - REACH), i64::from(Self::ALWAYS));
        Self {
            line: line.clamp(least, most) as i32,
            retrace,
        }
    }

    const fn is_in(self) -> bool {
        self.retrace != Self::NONE.retrace
    }

    /// The line as a mark.
    #[inline]
    const fn line(self, base: Base) -> i64 {
        if self.line == Self::ALWAYS {
            MARK_MAX + 1
        } else {
            base.mark(self.line)
        }
    }
}

/// A few rows.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Pack {
    lines: [i32; LANES],
    retraces: [i32; LANES],
}

const _: () = assert!(size_of::<Pack>() == 64);

impl Pack {
    const NONE: Self = Self {
        lines: [Row::NONE.line; LANES],
        retraces: [Row::NONE.retrace; LANES],
    };
}

/// What 64 rows, or 64 blocks, have in common.
#[derive(Debug, Clone, Copy)]
struct Block {
    /// The best mark that has not been handed down.
    best: Best,
    /// The least that one of them has, or less.
    retrace: i64,
    /// The highest line of one of them by what was handed down, or higher.
    line: i64,
}

impl Block {
    const NONE: Self = Self {
        best: Best::NONE,
        retrace: NO_RETRACE,
        line: NO_MARK,
    };

    /// No mark at or above this needs a look at any of them.
    #[inline]
    fn line(&self) -> i64 {
        self.line.max(self.best.mark - self.retrace)
    }

    /// A better mark for all of them.
    const fn rise(&mut self, best: Best) {
        self.best = self.best.or(best);
    }

    fn meet(&mut self, retrace: i64, line: i64) {
        self.retrace = self.retrace.min(retrace);
        self.line = self.line.max(line);
    }

    /// As [`Block::meet`], with a row; nothing where it is not in here.
    fn meet_row(&mut self, row: Row, base: Base) {
        if row.is_in() {
            self.meet(row.retrace.into(), row.line(base));
        }
    }
}

/// High-water marks by row; a row is in here or not.
#[derive(Debug, Default)]
pub(crate) struct HighWater {
    /// The rows; what is left of the last pack is not in here.
    packs: Vec<Pack>,
    /// The mark from which lines are counted.
    base: Base,
    /// The best mark of each row, without what the blocks above have not handed down; apart, for a look at all
    /// rows does not need it.
    bests: Vec<Best>,
    /// Of every 64 rows; of every 64 blocks; and so on to a single one.
    levels: Vec<Vec<Block>>,
    /// Rows that are in here.
    len: usize,
    /// The best mark of this input so far, which is above `risen`; all rows were put in before it.
    seen: Option<Best>,
    /// No row that is in here has a best mark below this: a mark that is no better changes nothing.
    risen: i64,
}

impl HighWater {
    /// Positions in here.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Adds a row that is not in here.
    pub(crate) fn push(&mut self) {
        if self.bests.len().is_multiple_of(LANES) {
            self.packs.push(Pack::NONE);
        }
        self.bests.push(Best::NONE);
        let mut blocks = self.bests.len();
        let mut level = 0;
        while blocks > 1 || level == 0 {
            blocks = blocks.div_ceil(FAN);
            if self.levels.len() == level {
                let below = self.summary(level, 0);
                self.levels.push(vec![below]);
            }
            if self.levels[level].len() < blocks {
                self.levels[level].push(Block::NONE);
            }
            level += 1;
        }
    }

    fn row(&self, row: usize) -> Row {
        let pack = &self.packs[row / LANES];
        Row {
            line: pack.lines[row % LANES],
            retrace: pack.retraces[row % LANES],
        }
    }

    fn set(&mut self, row: usize, known: Row) {
        let pack = &mut self.packs[row / LANES];
        pack.lines[row % LANES] = known.line;
        pack.retraces[row % LANES] = known.retrace;
    }

    /// What all of the level below that belong to a block have in common; nothing is handed down by it.
    fn summary(&self, level: usize, block: usize) -> Block {
        let start = block * FAN;
        let mut all = Block::NONE;
        if level == 0 {
            for row in start..self.bests.len().min(start + FAN) {
                all.meet_row(self.row(row), self.base);
            }
        } else {
            let below = &self.levels[level - 1];
            for below in &below[start..below.len().min(start + FAN)] {
                all.meet(below.retrace, below.line());
            }
        }
        all
    }

    /// Counts lines from this mark on.
    #[cold]
    #[inline(never)]
    fn move_base(&mut self, mark: i64) {
        self.base = Base::at(mark);
        for row in 0..self.bests.len() {
            let known = self.row(row);
            if known.is_in() {
                let best = self.bests[row].mark;
                self.set(row, Row::new(best, known.retrace, self.base));
            }
        }
        for level in 0..self.levels.len() {
            for block in 0..self.levels[level].len() {
                let best = self.levels[level][block].best;
                let common = self.summary(level, block);
                self.levels[level][block] = Block { best, ..common };
            }
        }
    }

    /// Drops a row that is not in here; the last row moves to its place.
    pub(crate) fn remove(&mut self, row: u32) {
        let last = self.bests.len() as u32 - 1;
        let retrace = self.row(last as usize).retrace;
        if row != last
            && let Some(best) = self.stop(last)
        {
            self.put_in(row, retrace, best);
        }
        self.bests.pop();
        let mut blocks = self.bests.len();
        self.packs.truncate(blocks.div_ceil(LANES));
        for level in &mut self.levels {
            blocks = blocks.div_ceil(FAN);
            level.truncate(blocks.max(1));
        }
    }

    /// Puts a row in: this is its best mark so far, which is that of now, and so many ticks may the mark fall
    /// back from it or a better one.
    pub(crate) fn start(&mut self, row: u32, retrace: i64, best: Best) {
        if self.base.is_far(best.mark) {
            self.move_base(best.mark);
        }
        self.put_in(row, retrace.min(REACH.into()) as i32, best);
    }

    fn put_in(&mut self, row: u32, retrace: i32, best: Best) {
        let row = row as usize;
        // What was better before is not this row's.
        for level in (0..self.levels.len()).rev() {
            let block = row / FAN.pow(level as u32 + 1);
            if self.levels[level][block].best.mark > best.mark {
                self.hand_down(level, block);
            }
        }
        self.risen = if self.len == 0 {
            best.mark
        } else {
            self.risen.min(best.mark)
        };
        self.len += usize::from(!self.row(row).is_in());
        let known = Row::new(best.mark, retrace, self.base);
        self.set(row, known);
        self.bests[row] = best;
        let (mut block, mut line) = (row, known.line(self.base));
        for level in &mut self.levels {
            block /= FAN;
            level[block].meet(retrace.into(), line);
            // Lines that were handed down may have been held at the end of the reach.
            line = level[block].line;
        }
    }

    /// The best mark of a row since it was put in; `None` where it is not in here.
    pub(crate) fn best(&self, row: u32) -> Option<Best> {
        let best = *self.bests.get(row as usize)?;
        let is_in = self.row(row as usize).is_in();
        is_in.then(|| self.above(row as usize, best))
    }

    /// The best mark that the blocks above a row have not handed down.
    #[inline]
    fn mark_above(&self, row: usize) -> i64 {
        let mut block = row;
        self.levels.iter().fold(NO_MARK, |best, level| {
            block /= FAN;
            best.max(level[block].best.mark)
        })
    }

    /// With what the blocks above a row have not handed down.
    fn above(&self, row: usize, own: Best) -> Best {
        let mut block = row;
        self.levels.iter().fold(own, |best, level| {
            block /= FAN;
            best.or(level[block].best)
        })
    }

    /// Takes a row out and says its best mark.
    pub(crate) fn stop(&mut self, row: u32) -> Option<Best> {
        let best = self.best(row)?;
        self.set(row as usize, Row::NONE);
        self.len -= 1;
        Some(best)
    }

    /// The mark is here. Says whether it may be better than somebody's best, so that [`HighWater::rise`] has
    /// something to do.
    #[inline]
    pub(crate) fn note(&mut self, best: Best) -> bool {
        if self.len == 0 || best.mark <= self.risen {
            return false;
        }
        self.seen = Some(match self.seen {
            Some(seen) => seen.or(best),
            None => best,
        });
        true
    }

    /// The best mark of this input so far.
    pub(crate) const fn seen(&self) -> Option<Best> {
        self.seen
    }

    /// The input is over: its best mark, where it is better than all, is everybody's best.
    #[inline]
    pub(crate) fn rise(&mut self) {
        if let Some(best) = self.seen.take()
            && let Some(top) = self.levels.last_mut()
        {
            top[0].rise(best);
            self.risen = best.mark;
        }
    }

    /// The least mark that no row needs a look at, and the most that is better than nobody's best.
    pub(crate) fn calm(&self) -> Option<(i64, i64)> {
        let top = self.levels.last().filter(|_| self.len > 0)?;
        Some((top[0].line(), self.risen))
    }

    /// Whether a row's best mark may be further above this one than it may be.
    #[inline(always)]
    pub(crate) fn may_fall(&self, mark: i64) -> bool {
        match self.levels.last() {
            Some(top) => self.len > 0 && mark < top[0].line(),
            None => false,
        }
    }

    /// Calls `leave` with every row whose best mark is further above this one than it may be. The caller
    /// takes them out.
    #[inline]
    pub(crate) fn falling(&mut self, mark: i64, leave: &mut impl FnMut(u32)) {
        if self.may_fall(mark) {
            // Near to the base a line that is handed down is held at the end of the reach only where that
            // makes no difference to this mark.
            if self.base.is_far(mark) {
                self.move_base(mark);
            }
            self.descend(self.levels.len() - 1, 0, mark, leave);
        }
    }

    /// Whether a row's best mark is further above this one than it may be.
    pub(crate) fn is_left(&self, row: u32, mark: i64) -> bool {
        let known = self.row(row as usize);
        let above = self.mark_above(row as usize);
        known.is_in() && (mark < known.line(self.base) || mark < above - i64::from(known.retrace))
    }

    /// How many rows [`HighWater::falling`] would find, by looking at every one.
    pub(crate) fn sweep(&self, mark: i64) -> usize {
        if self.len == 0 {
            return 0;
        }
        let at = Lanes::all(self.base.offset(mark));
        let mut left = Lanes::all(0);
        for (start, packs) in (0..).step_by(FAN).zip(self.packs.chunks(FAN / LANES)) {
            // Below what was not handed down; no row but one that is not in here has more than the reach.
            let back = (self.mark_above(start) - mark).clamp(0, i64::from(REACH) + 1) as i32;
            let back = Lanes::all(back);
            for pack in packs {
                let (line, retrace) = (Lanes::of(&pack.lines), Lanes::of(&pack.retraces));
                left = left.minus(line.above(at).or(back.above(retrace)));
            }
        }
        left.sum()
    }

    fn hand_down(&mut self, level: usize, block: usize) {
        let best = std::mem::replace(&mut self.levels[level][block].best, Best::NONE);
        let start = block * FAN;
        if level == 0 {
            let mut common = Block::NONE;
            for row in start..self.bests.len().min(start + FAN) {
                let mut known = self.row(row);
                if known.is_in() && best.mark > self.bests[row].mark {
                    self.bests[row] = best;
                    known = Row::new(best.mark, known.retrace, self.base);
                    self.set(row, known);
                }
                common.meet_row(known, self.base);
            }
            self.levels[0][block] = common;
        } else {
            let known = &mut self.levels[level][block];
            known.line = known.line.max(best.mark - known.retrace);
            let below = &mut self.levels[level - 1];
            let end = below.len().min(start + FAN);
            for block in &mut below[start..end] {
                block.rise(best);
            }
        }
    }

    /// Looks into a block that has a line above the mark, and finds again what its rows have in common.
    fn descend(
        &mut self,
        level: usize,
        block: usize,
        mark: i64,
        leave: &mut impl FnMut(u32),
    ) -> Block {
        self.hand_down(level, block);
        let start = block * FAN;
        let mut common = Block::NONE;
        if level == 0 {
            let end = self.bests.len().min(start + FAN);
            for place in start..end {
                let row = self.row(place);
                if row.is_in() && mark < row.line(self.base) {
                    leave(place as u32);
                } else {
                    common.meet_row(row, self.base);
                }
            }
        } else {
            let end = self.levels[level - 1].len().min(start + FAN);
            for below in start..end {
                let mut known = self.levels[level - 1][below];
                if mark < known.line() {
                    known = self.descend(level - 1, below, mark, leave);
                }
                common.meet(known.retrace, known.line());
            }
        }
        self.levels[level][block] = common;
        common
    }
}

#[cfg(test)]
mod tests;
