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

/// Rows of one block, and blocks of one group.
const FAN: usize = 64;
/// No mark further from zero is anybody's best, so that no sum or difference passes the range: the bands of
/// rows in here end there.
pub(crate) const MARK_MAX: i64 = 1 << 60;
/// No mark at all: worse than every one.
const NO_MARK: i64 = -MARK_MAX;
/// The distance of a row that is not in here: no mark falls back so far.
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
    /// The best mark, without what the blocks above have not handed down.
    mark: i64,
    /// Ticks that the mark may fall back from the best one.
    retrace: i64,
}

impl Row {
    const NONE: Self = Self {
        mark: NO_MARK,
        retrace: NO_RETRACE,
    };

    const fn is_in(&self) -> bool {
        self.retrace != NO_RETRACE
    }

    /// No mark at or above this needs a look at it.
    const fn line(&self) -> i64 {
        self.mark - self.retrace
    }
}

/// The input that brought a mark.
type Brought = (Seq, TimestampNs);

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
}

/// High-water marks by row; a row is in here or not.
#[derive(Debug, Default)]
pub(crate) struct HighWater {
    /// The marks of the rows and, in a column of their own, what they may fall back: a look at all rows goes
    /// through both, several rows with one instruction.
    marks: Vec<i64>,
    retraces: Vec<i64>,
    /// What brought the best mark of each row; apart, for a look at all rows does not need it.
    brought: Vec<Brought>,
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
        self.marks.push(Row::NONE.mark);
        self.retraces.push(Row::NONE.retrace);
        self.brought.push((Seq(0), TimestampNs(0)));
        let mut blocks = self.marks.len();
        let mut level = 0;
        while blocks > 1 || level == 0 {
            blocks = blocks.div_ceil(FAN);
            if self.levels.len() == level {
                let below = self.summary(level);
                self.levels.push(vec![below]);
            }
            if self.levels[level].len() < blocks {
                self.levels[level].push(Block::NONE);
            }
            level += 1;
        }
    }

    fn row(&self, row: usize) -> Row {
        Row {
            mark: self.marks[row],
            retrace: self.retraces[row],
        }
    }

    fn set(&mut self, row: usize, known: Row) {
        self.marks[row] = known.mark;
        self.retraces[row] = known.retrace;
    }

    /// What all of the level below have in common; nothing is handed down by it.
    fn summary(&self, level: usize) -> Block {
        let mut all = Block::NONE;
        if level > 0 {
            for below in &self.levels[level - 1] {
                all.meet(below.retrace, below.line());
            }
        }
        all
    }

    /// Drops a row that is not in here; the last row moves to its place.
    pub(crate) fn remove(&mut self, row: u32) {
        let last = self.marks.len() as u32 - 1;
        let retrace = self.retraces[last as usize];
        if row != last
            && let Some(best) = self.stop(last)
        {
            self.start(row, retrace, best);
        }
        self.marks.pop();
        self.retraces.pop();
        self.brought.pop();
        let mut blocks = self.marks.len();
        for level in &mut self.levels {
            blocks = blocks.div_ceil(FAN);
            level.truncate(blocks.max(1));
        }
    }

    /// Puts a row in: this is its best mark so far, and so many ticks may the mark fall back from it or a
    /// better one.
    pub(crate) fn start(&mut self, row: u32, retrace: i64, best: Best) {
        let row = row as usize;
        // What was better before is not this row's.
        for level in (0..self.levels.len()).rev() {
            let block = row / FAN.pow(level as u32 + 1);
            if self.levels[level][block].best.mark > best.mark {
                self.hand_down(level, block);
            }
        }
        let retrace = retrace.min(MARK_MAX);
        self.risen = if self.len == 0 {
            best.mark
        } else {
            self.risen.min(best.mark)
        };
        self.len += usize::from(!self.row(row).is_in());
        let mark = best.mark;
        self.set(row, Row { mark, retrace });
        self.brought[row] = (best.seq, best.ts);
        let mut block = row;
        for level in &mut self.levels {
            block /= FAN;
            level[block].meet(retrace, best.mark - retrace);
        }
    }

    /// The best mark of a row since it was put in; `None` where it is not in here.
    pub(crate) fn best(&self, row: u32) -> Option<Best> {
        let &(seq, ts) = self.brought.get(row as usize)?;
        let known = self.row(row as usize);
        if !known.is_in() {
            return None;
        }
        let mark = known.mark;
        Some(self.above(row as usize, Best { mark, seq, ts }))
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
            self.descend(self.levels.len() - 1, 0, mark, leave);
        }
    }

    /// Whether a row's best mark is further above this one than it may be.
    pub(crate) fn is_left(&self, row: u32, mark: i64) -> bool {
        self.best(row)
            .is_some_and(|best| mark < best.mark - self.retraces[row as usize])
    }

    /// How many rows [`HighWater::falling`] would find, by looking at every one.
    pub(crate) fn sweep(&self, mark: i64) -> usize {
        if self.len == 0 {
            return 0;
        }
        let mut left = 0;
        let columns = self.marks.chunks(FAN).zip(self.retraces.chunks(FAN));
        for (start, (marks, retraces)) in (0..).step_by(FAN).zip(columns) {
            let above = self.above(start, Best::NONE).mark;
            for (best, retrace) in marks.iter().zip(retraces) {
                // The sign of either distance, without a branch.
                let reach = mark + retrace;
                left += ((reach - best) | (reach - above)) as u64 >> 63;
            }
        }
        left as usize
    }

    fn hand_down(&mut self, level: usize, block: usize) {
        let known = &mut self.levels[level][block];
        let best = std::mem::replace(&mut known.best, Best::NONE);
        known.line = known.line.max(best.mark - known.retrace);
        let start = block * FAN;
        if level == 0 {
            let end = self.marks.len().min(start + FAN);
            let brought = &mut self.brought[start..end];
            for (mark, brought) in self.marks[start..end].iter_mut().zip(brought) {
                if best.mark > *mark {
                    *mark = best.mark;
                    *brought = (best.seq, best.ts);
                }
            }
        } else {
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
            let end = self.marks.len().min(start + FAN);
            for place in start..end {
                let row = self.row(place);
                if !row.is_in() {
                    continue;
                }
                if mark < row.line() {
                    leave(place as u32);
                } else {
                    common.meet(row.retrace, row.line());
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn best(mark: i64, seq: u64) -> Best {
        Best {
            mark,
            seq: Seq(seq),
            ts: TimestampNs(seq),
        }
    }

    /// An input of one mark.
    fn rise(high: &mut HighWater, best: Best) {
        high.note(best);
        high.rise();
    }

    fn falling(high: &mut HighWater, mark: i64) -> Vec<u32> {
        let mut found = Vec::new();
        high.falling(mark, &mut |row| found.push(row));
        found.sort_unstable();
        found
    }

    #[test]
    fn a_row_is_left_when_the_mark_falls_back_too_far() {
        let mut high = HighWater::default();
        high.push();
        assert_eq!(falling(&mut high, -1_000), []);
        high.start(0, 5, best(100, 1));
        assert_eq!(falling(&mut high, 95), []);
        rise(&mut high, best(110, 2));
        assert_eq!(falling(&mut high, 105), []);
        assert_eq!(falling(&mut high, 104), [0]);
        assert_eq!(high.stop(0), Some(best(110, 2)));
        assert_eq!(falling(&mut high, -1_000), []);
    }

    #[test]
    fn a_mark_from_before_is_nobodys_best_and_the_first_of_equals_counts() {
        let mut high = HighWater::default();
        high.push();
        high.push();
        high.start(0, 5, best(100, 1));
        rise(&mut high, best(120, 2));
        high.start(1, 5, best(110, 3));
        rise(&mut high, best(120, 4));
        assert_eq!(high.best(0), Some(best(120, 2)));
        assert_eq!(high.best(1), Some(best(120, 4)));
    }

    #[test]
    fn the_marks_of_an_input_are_nobodys_best_before_it_is_over() {
        let mut high = HighWater::default();
        assert!(!high.note(best(90, 1)));
        high.push();
        high.start(0, 5, best(100, 1));
        assert!(high.note(best(120, 2)) && high.note(best(110, 2)));
        assert_eq!(
            (high.seen(), high.best(0)),
            (Some(best(120, 2)), Some(best(100, 1)))
        );
        assert_eq!(falling(&mut high, 95), []);
        high.rise();
        assert_eq!((high.seen(), high.best(0)), (None, Some(best(120, 2))));
        assert_eq!(falling(&mut high, 115), []);
        assert_eq!(falling(&mut high, 114), [0]);
    }

    #[test]
    fn marks_of_short_positions_are_better_the_lower_they_are() {
        let short = Best::new(Ticks(-7), Lots(-3), Seq(1), TimestampNs(1));
        assert_eq!((short.mark, short.ticks(Lots(-3))), (7, Ticks(-7)));
        assert_eq!(as_good(Ticks(i64::MIN), Lots(-1)), MARK_MAX);
        assert_eq!(as_good(Ticks(i64::MIN), Lots(1)), -MARK_MAX);
    }

    /// As the definition says it: every row by itself.
    #[derive(Default)]
    struct Model(Vec<Option<(i64, Best)>>);

    impl Model {
        fn falling(&self, mark: i64) -> Vec<u32> {
            let rows = (0..).zip(&self.0);
            rows.filter(|(_, row)| row.is_some_and(|(retrace, best)| mark < best.mark - retrace))
                .map(|(row, _)| row)
                .collect()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn finds_what_a_list_finds(
            steps in prop::collection::vec((0_u8..12, 0_usize..6_000, -60_i64..60, 0_i64..50), 1..400),
            many in 0_usize..5_000,
        ) {
            let (mut high, mut model) = (HighWater::default(), Model::default());
            for row in 0..many {
                high.push();
                model.0.push(None);
                if row % 3 == 0 {
                    high.start(row as u32, (row % 90) as i64, best(0, 0));
                    model.0[row] = Some(((row % 90) as i64, best(0, 0)));
                }
            }
            let mut now = 0;
            for (seq, (step, pick, mark, retrace)) in (1..).zip(steps) {
                let row = if model.0.is_empty() { 0 } else { pick % model.0.len() };
                match step {
                    0 => {
                        high.push();
                        model.0.push(None);
                    }
                    1 if !model.0.is_empty() => {
                        prop_assert_eq!(high.stop(row as u32), model.0[row].map(|(_, best)| best));
                        high.remove(row as u32);
                        model.0.swap_remove(row);
                    }
                    2..6 if !model.0.is_empty() => {
                        high.stop(row as u32);
                        high.start(row as u32, retrace, best(now, seq));
                        model.0[row] = Some((retrace, best(now, seq)));
                    }
                    _ => {
                        now = mark;
                        let left = model.falling(now);
                        prop_assert_eq!(high.sweep(now), left.len());
                        prop_assert_eq!(falling(&mut high, now), left.clone());
                        for row in left {
                            let known = model.0[row as usize].take();
                            prop_assert_eq!(high.stop(row), known.map(|(_, best)| best));
                        }
                        rise(&mut high, best(now, seq));
                        for (_, known) in model.0.iter_mut().flatten() {
                            *known = known.or(best(now, seq));
                        }
                    }
                }
                prop_assert_eq!(high.len(), model.0.iter().flatten().count());
                if !model.0.is_empty() {
                    let row = (pick / 2) % model.0.len();
                    prop_assert_eq!(high.best(row as u32), model.0[row].map(|(_, best)| best));
                }
            }
        }
    }
}
