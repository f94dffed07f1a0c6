//! Products of many ratios, exact until a number is rounded.

/// A product of ratios, as long as it takes: its numerator is a whole number of any length, its denominators stay
/// apart.
///
/// Of whole numbers above zero `floor(floor(x / a) / b)` is `floor(x / (a b))`, so dividing by one after the other
/// loses nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    /// Least significant first.
    numerator: Vec<u64>,
    denominators: Vec<u64>,
}

impl Factor {
    /// Changes nothing.
    pub const ONE: Self = Self {
        numerator: Vec::new(),
        denominators: Vec::new(),
    };

    /// Multiplies by `numerator / denominator`, both above zero; a zero counts as one.
    pub fn multiply(&mut self, numerator: u64, denominator: u64) {
        if numerator == denominator {
            return;
        }
        if self.numerator.is_empty() {
            self.numerator.push(1);
        }
        scale(&mut self.numerator, numerator.max(1));
        self.denominators.push(denominator.max(1));
    }

    /// The product of a number with it, rounded to a multiple of `step` (above zero): to the nearest, halves away
    /// from zero. `None` when that does not fit.
    pub fn apply(&self, value: i64, step: i64) -> Option<i64> {
        let step = u64::try_from(step).ok().filter(|step| *step > 0)?;
        if self.denominators.is_empty() && value.unsigned_abs().is_multiple_of(step) {
            return Some(value);
        }
        // The nearest whole of q is floor((floor(2 q) + 1) / 2).
        let mut twice = self.numerator.clone();
        if twice.is_empty() {
            twice.push(1);
        }
        scale(&mut twice, value.unsigned_abs());
        scale(&mut twice, 2);
        for denominator in self.denominators.iter().chain([&step]) {
            divide(&mut twice, *denominator);
        }
        let (low, rest) = twice.split_first()?;
        let high = rest.first().copied().unwrap_or(0);
        if rest.iter().skip(1).any(|limb| *limb != 0) {
            return None;
        }
        let twice = u128::from(high) << 64 | u128::from(*low);
        let rounded = (twice.checked_add(1)? / 2).checked_mul(step.into())?;
        let magnitude = i64::try_from(rounded).ok()?;
        Some(if value < 0 { -magnitude } else { magnitude })
    }
}

fn scale(limbs: &mut Vec<u64>, by: u64) {
    let mut carry = 0_u128;
    for limb in limbs.iter_mut() {
        let product = u128::from(*limb) * u128::from(by) + carry;
        *limb = product as u64;
        carry = product >> 64;
    }
    if carry > 0 {
        limbs.push(carry as u64);
    }
}

fn divide(limbs: &mut [u64], by: u64) {
    let mut rest = 0_u128;
    for limb in limbs.iter_mut().rev() {
        let part = rest << 64 | u128::from(*limb);
        *limb = (part / u128::from(by)) as u64;
        rest = part % u128::from(by);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn thirds_cancel_and_halves_go_away_from_zero() {
        let mut factor = Factor::ONE;
        factor.multiply(1, 3);
        assert_eq!(factor.apply(10, 1), Some(3));
        factor.multiply(3, 2);
        assert_eq!(factor.apply(5, 1), Some(3));
        assert_eq!(factor.apply(-5, 1), Some(-3));
        // 2.5 to multiples of 25 and of 2.
        assert_eq!(factor.apply(5, 2), Some(2));
        assert_eq!(factor.apply(50, 25), Some(25));
        assert_eq!(Factor::ONE.apply(7, 5), Some(5));
        assert_eq!(Factor::ONE.apply(i64::MAX, 1), Some(i64::MAX));
    }

    #[test]
    fn many_ratios_that_cancel_leave_the_number() {
        let mut factor = Factor::ONE;
        for prime in [6_700_417, 2_147_483_647, 999_999_937, 4_294_967_291] {
            factor.multiply(prime, prime + 2);
        }
        for prime in [6_700_417, 2_147_483_647, 999_999_937, 4_294_967_291] {
            factor.multiply(prime + 2, prime);
        }
        assert_eq!(
            factor.apply(1_234_567_890_123_456_789, 1),
            Some(1_234_567_890_123_456_789)
        );
        factor.multiply(u64::MAX, 1);
        assert_eq!(factor.apply(2, 1), None);
    }

    proptest! {
        #[test]
        fn it_is_the_nearest_whole(
            value in -1_000_000_i64..1_000_000,
            ratios in prop::collection::vec((1_u64..1_000, 1_u64..1_000), 0..4),
            step in 1_i64..50,
        ) {
            let mut factor = Factor::ONE;
            let (mut numerator, mut denominator) = (i128::from(value), i128::from(step));
            for (n, d) in ratios {
                factor.multiply(n, d);
                numerator *= i128::from(n);
                denominator *= i128::from(d);
            }
            let found = i128::from(factor.apply(value, step).unwrap());
            // Within half a step of the exact product.
            prop_assert_eq!(found % i128::from(step), 0);
            let off = (found / i128::from(step) * denominator - numerator).abs() * 2;
            prop_assert!(off <= denominator);
        }
    }
}
