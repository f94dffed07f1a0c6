//! Several rows at once, without a branch on any of them.
//!
//! The compiler finds these instructions by itself on one kind of machine and gathers single numbers on the
//! next, so they are asked for by name where there are such names. They are those that every machine of that
//! architecture has.

use std::array::from_fn;

#[cfg(target_arch = "x86_64")]
use safe_arch::{
    bitor_m128i as or, cmp_gt_mask_i32_m128i as above, m128i as Quad, sub_i32_m128i as minus,
};

#[cfg(not(target_arch = "x86_64"))]
use elsewhere::{Quad, above, minus, numbers, or, quad};

/// Rows that are looked at together: two columns of so many fill a cache line.
pub(crate) const LANES: usize = 8;

/// A number of each row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lanes([Quad; 2]);

impl Lanes {
    /// The same for every row.
    #[inline(always)]
    pub(crate) fn all(value: i32) -> Self {
        Self([quad([value; 4]); 2])
    }

    #[inline(always)]
    pub(crate) fn of(values: &[i32; LANES]) -> Self {
        let half = |from: usize| quad(from_fn(|lane| values[from + lane]));
        Self([half(0), half(LANES / 2)])
    }

    /// -1 where this is more than the other, else 0.
    #[inline(always)]
    pub(crate) fn above(self, other: Self) -> Self {
        self.with(other, above)
    }

    /// Every bit that either has.
    #[inline(always)]
    pub(crate) fn or(self, other: Self) -> Self {
        self.with(other, or)
    }

    /// The difference, which wraps at the ends of the range.
    #[inline(always)]
    pub(crate) fn minus(self, other: Self) -> Self {
        self.with(other, minus)
    }

    /// The sum of counts.
    pub(crate) fn sum(self) -> usize {
        let counts = self.0.into_iter().flat_map(numbers);
        counts.map(|count| count as u32 as usize).sum()
    }

    #[inline(always)]
    fn with(self, other: Self, both: impl Fn(Quad, Quad) -> Quad) -> Self {
        let ([low, high], [other_low, other_high]) = (self.0, other.0);
        Self([both(low, other_low), both(high, other_high)])
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn quad(values: [i32; 4]) -> Quad {
    values.into()
}

#[cfg(target_arch = "x86_64")]
fn numbers(quad: Quad) -> [i32; 4] {
    quad.into()
}

/// The same one by one.
#[cfg(any(test, not(target_arch = "x86_64")))]
mod elsewhere {
    use std::array::from_fn;

    pub(super) type Quad = [i32; 4];

    pub(super) const fn quad(values: [i32; 4]) -> Quad {
        values
    }

    pub(super) const fn numbers(quad: Quad) -> [i32; 4] {
        quad
    }

    pub(super) fn above(left: Quad, right: Quad) -> Quad {
        from_fn(|lane| -i32::from(left[lane] > right[lane]))
    }

    pub(super) fn or(left: Quad, right: Quad) -> Quad {
        from_fn(|lane| left[lane] | right[lane])
    }

    pub(super) fn minus(left: Quad, right: Quad) -> Quad {
        from_fn(|lane| left[lane].wrapping_sub(right[lane]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_what_is_out_of_a_range() {
        let values = Lanes::of(&[i32::MIN, -5, 0, 1, 2, 3, 4, i32::MAX]);
        let (low, high) = (Lanes::all(0), Lanes::all(3));
        let left = Lanes::all(0).minus(low.above(values).or(values.above(high)));
        assert_eq!(left.sum(), 4);
        assert_eq!(left.minus(low.above(values)).sum(), 6);
    }

    proptest! {
        #[test]
        fn every_machine_says_the_same(left: [i32; 4], right: [i32; 4], same: bool) {
            let right = if same { left } else { right };
            let of = |both: fn(Quad, Quad) -> Quad| numbers(both(quad(left), quad(right)));
            prop_assert_eq!(of(above), elsewhere::above(left, right));
            prop_assert_eq!(of(or), elsewhere::or(left, right));
            prop_assert_eq!(of(minus), elsewhere::minus(left, right));
            prop_assert_eq!(elsewhere::numbers(elsewhere::quad(left)), left);
        }
    }
}
