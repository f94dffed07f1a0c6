//! Marks as ticks from a base, in half the memory.
//!
//! A look at all rows of an instrument takes as long as it takes to read their columns, so the columns are as
//! narrow as what they hold allows: marks of one instrument are near to each other. What is out of reach is
//! held at its end, on the side on which somebody looks too early and never too late.

/// The furthest offset.
pub(crate) const REACH: i32 = (1 << 30) - 1;

/// The mark that others are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Base(i64);

impl Base {
    /// Marks are counted from this one. It and they are within a quarter of the range.
    pub(crate) const fn at(mark: i64) -> Self {
        Self(mark)
    }

    /// Ticks from the base to a mark, exact.
    #[inline]
    pub(crate) const fn distance(self, mark: i64) -> i64 {
        mark - self.0
    }

    /// Ticks from the base to a mark, held at [`REACH`] either way.
    #[inline]
    pub(crate) fn offset(self, mark: i64) -> i32 {
        let reach = i64::from(REACH);
        self.distance(mark).clamp(-reach, reach) as i32
    }

    /// The mark that is so many ticks from the base.
    #[inline]
    pub(crate) const fn mark(self, offset: i32) -> i64 {
        self.0 + offset as i64
    }

    /// Whether a mark is so far away that the base should move to it: half of the reach.
    #[inline]
    pub(crate) const fn is_far(self, mark: i64) -> bool {
        self.distance(mark).unsigned_abs() > REACH as u64 / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_end_at_the_reach() {
        let base = Base::at(1_000);
        assert_eq!((base.offset(1_007), base.offset(990)), (7, -10));
        assert_eq!(base.mark(-10), 990);
        let far = 1_000 + i64::from(REACH);
        assert_eq!(
            [far - 1, far, far + 1].map(|mark| base.offset(mark)),
            [REACH - 1, REACH, REACH]
        );
        assert_eq!(base.offset(-1 << 61), -REACH);
        assert!(!base.is_far(1_000 + (1 << 29) - 1) && base.is_far(1_000 - (1 << 29)));
    }
}
