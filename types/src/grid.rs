//! A grid of steps: how many of them a figure is, when it is a whole number of them. A division would
//! take longer than all the other checks of an order's price together.

/// A step and the inverse of its odd part: a multiple of an odd number times the number's inverse
/// modulo 2^64 is the quotient, and nothing else comes out as small (Granlund and Montgomery, "Division
/// by invariant integers using multiplication", 1994, section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    inverse: u64,
    /// Zeros at the end of the step.
    zeros: u32,
    /// The largest quotient.
    steps_max: u64,
}

impl Grid {
    /// `step` is above zero.
    pub const fn new(step: i64) -> Self {
        let step = step.unsigned_abs();
        let zeros = step.trailing_zeros();
        let odd = step >> zeros;
        // Right in the lowest three bits; every round doubles them: 3, 6, 12, 24, 48, 96.
        let mut inverse = odd;
        let mut round = 0;
        while round < 5 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
            round += 1;
        }
        Self {
            inverse,
            zeros,
            steps_max: i64::MAX as u64 / step,
        }
    }

    /// Whether a figure is a whole number of steps, below zero or not.
    #[inline]
    pub const fn has(self, figure: i64) -> bool {
        // The size of the smallest number is one more than the largest, and a multiple of powers of two alone.
        let steps = figure
            .unsigned_abs()
            .wrapping_mul(self.inverse)
            .rotate_right(self.zeros);
        steps <= self.steps_max || (figure == i64::MIN && self.inverse == 1)
    }

    /// Steps in a figure; `None` when it is below zero or between two steps.
    #[inline]
    pub const fn steps(self, figure: i64) -> Option<i64> {
        let steps = (figure as u64)
            .wrapping_mul(self.inverse)
            .rotate_right(self.zeros);
        if figure >= 0 && steps <= self.steps_max {
            Some(steps as i64)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cents_in_billionths() {
        let cents = Grid::new(10_000_000);
        // 500.03 is 50,003 cents.
        assert_eq!(cents.steps(500_030_000_000), Some(50_003));
        assert_eq!(cents.steps(500_030_000_001), None);
        assert_eq!(cents.steps(-10_000_000), None);
        assert_eq!(cents.steps(0), Some(0));
        assert_eq!(Grid::new(i64::MAX).steps(i64::MAX), Some(1));
        assert_eq!(Grid::new(1 << 62).steps(i64::MAX), None);
        assert!(cents.has(-10_000_000) && !cents.has(-10_000_001));
        assert!(Grid::new(1 << 62).has(i64::MIN) && !Grid::new(3).has(i64::MIN));
    }

    proptest! {
        #[test]
        fn is_a_division(
            step in prop_oneof![1_i64..100, 1_i64..=i64::MAX, (0_u32..63).prop_map(|bit| 1 << bit)],
            steps in any::<u64>(),
            figure in any::<i64>(),
        ) {
            let grid = Grid::new(step);
            let exact = (figure >= 0 && figure % step == 0).then(|| figure / step);
            prop_assert_eq!(grid.steps(figure), exact);
            prop_assert_eq!(grid.has(figure), figure % step == 0);
            let whole = (steps % ((i64::MAX / step).cast_unsigned() + 1)).cast_signed();
            prop_assert_eq!(grid.steps(whole * step), Some(whole));
            if step > 1 && whole > 0 {
                prop_assert_eq!(grid.steps(whole * step - 1), None);
            }
        }
    }
}
