//! Money, price and quantity as integers with the unit in the type.
//!
//! | type | unit | sign |
//! |---|---|---|
//! | [`Price`] | 1e-9 of the quote currency | any |
//! | [`Qty`] | 1e-8 of a base unit, contract or share | >= 0 by convention of its users |
//! | [`SignedQty`] | as `Qty` | long > 0, short < 0 |
//! | [`Money`] | 1e-6 of the account currency | any |
//! | [`Notional`] | 1e-17 of the quote currency (`Price` x `Qty`) | any |
//! | [`Ratio`] | 1e-9 of one; 1% is 10,000,000 | any |
//! | [`Ticks`] | one tick of an instrument | any |
//! | [`Lots`] | one lot of an instrument | long > 0, short < 0 |

use std::fmt;
use std::str::FromStr;

use crate::decimal::{self, DecimalError};

/// Sums that stay at the ends of the range. A branch that nobody takes costs less than the selects of
/// the integer's own methods.
macro_rules! saturating_sums {
    ($name:ident, $int:ty) => {
        impl $name {
            /// Sum that stays at the end of the range.
            #[must_use]
            #[inline]
            pub const fn saturating_add(self, other: Self) -> Self {
                match self.0.checked_add(other.0) {
                    Some(raw) => Self(raw),
                    None => Self::end_of_range(other.0 < 0),
                }
            }

            /// Difference that stays at the end of the range.
            #[must_use]
            #[inline]
            pub const fn saturating_sub(self, other: Self) -> Self {
                match self.0.checked_sub(other.0) {
                    Some(raw) => Self(raw),
                    None => Self::end_of_range(other.0 > 0),
                }
            }

            #[cold]
            #[inline(never)]
            const fn end_of_range(is_low: bool) -> Self {
                Self(if is_low { <$int>::MIN } else { <$int>::MAX })
            }
        }
    };
}

macro_rules! scaled_i64 {
    ($(#[$doc:meta])* $name:ident, $decimals:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub i64);

        impl $name {
            /// Decimals that one unit holds.
            pub const DECIMALS: u32 = $decimals;
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// One whole: one currency unit, contract, share or 100%.
            pub const ONE: Self = Self(10_i64.pow($decimals));

            /// `whole` wholes; for constants and tests.
            ///
            /// # Panics
            /// At compile time or in tests when it does not fit.
            pub const fn whole(whole: i64) -> Self {
                match whole.checked_mul(Self::ONE.0) {
                    Some(raw) => Self(raw),
                    None => panic!("out of range"),
                }
            }

            /// Exact sum, `None` past the range.
            #[must_use]
            pub const fn checked_add(self, other: Self) -> Option<Self> {
                match self.0.checked_add(other.0) {
                    Some(raw) => Some(Self(raw)),
                    None => None,
                }
            }

            /// Exact difference, `None` past the range.
            #[must_use]
            pub const fn checked_sub(self, other: Self) -> Option<Self> {
                match self.0.checked_sub(other.0) {
                    Some(raw) => Some(Self(raw)),
                    None => None,
                }
            }

            /// Whether the value is below zero.
            pub const fn is_negative(self) -> bool {
                self.0 < 0
            }
        }

        saturating_sums!($name, i64);

        impl FromStr for $name {
            type Err = DecimalError;

            fn from_str(text: &str) -> Result<Self, DecimalError> {
                decimal::parse(text, Self::DECIMALS).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                decimal::write(f, self.0.into(), Self::DECIMALS)
            }
        }
    };
}

scaled_i64!(
    /// A price, 1e-9 of the quote currency; may be negative (spreads, energy).
    Price,
    9
);
scaled_i64!(
    /// A quantity, 1e-8 of a base unit, contract or share; never negative in a valid order.
    Qty,
    8
);
scaled_i64!(
    /// A position, 1e-8 of a base unit, contract or share; long is positive.
    SignedQty,
    8
);
scaled_i64!(
    /// An amount of the account currency, 1e-6.
    Money,
    6
);
scaled_i64!(
    /// A share of one, 1e-9; 1% is `Ratio(10_000_000)`.
    Ratio,
    9
);

/// An exact product of price, quantity and contract size: 1e-17 of the quote currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Notional(pub i128);

/// A price in ticks of its instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ticks(pub i64);

/// A quantity in lots of its instrument; signed where it is a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Lots(pub i64);

saturating_sums!(Lots, i64);
saturating_sums!(Notional, i128);

impl Lots {
    /// Without the sign; the least number of all becomes the largest.
    #[must_use]
    #[inline]
    pub const fn saturating_abs(self) -> Self {
        // Which side of zero is a coin toss, so no branch; the branch behind it is never taken.
        let size = self.0.wrapping_abs();
        if size < 0 {
            return Self::end_of_range(false);
        }
        Self(size)
    }
}

impl Notional {
    /// Decimals that one unit holds.
    pub const DECIMALS: u32 = 17;
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// Units of `Notional` in one unit of [`Money`].
    pub const PER_MONEY: i128 = 10_i128.pow(Self::DECIMALS - Money::DECIMALS);

    /// Exact sum, `None` past the range.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(raw) => Some(Self(raw)),
            None => None,
        }
    }

    /// Exact difference, `None` past the range.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(raw) => Some(Self(raw)),
            None => None,
        }
    }

    /// Money, rounded down (toward minus infinity); held at the ends of the range of [`Money`].
    #[must_use]
    #[inline]
    pub const fn to_money_floor(self) -> Money {
        // 1e11 is 2^11 x 5^11: what fits a machine word after the shift needs no wide division, and
        // rounding down twice is rounding down once.
        let shifted = self.0 >> 11;
        if shifted == shifted as i64 as i128 {
            return Money((shifted as i64).div_euclid((Self::PER_MONEY >> 11) as i64));
        }
        Money(clamp(self.0.div_euclid(Self::PER_MONEY)))
    }

    /// Money, rounded up (toward plus infinity); held at the ends of the range of [`Money`].
    #[must_use]
    #[inline]
    pub const fn to_money_ceil(self) -> Money {
        let floor = Notional(self.0.saturating_neg()).to_money_floor();
        Money(floor.0.saturating_neg())
    }
}

impl fmt::Display for Notional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        decimal::write(f, self.0, Self::DECIMALS)
    }
}

const fn clamp(value: i128) -> i64 {
    if value > i64::MAX as i128 {
        i64::MAX
    } else if value < i64::MIN as i128 {
        i64::MIN
    } else {
        value as i64
    }
}

impl Money {
    /// The same amount, exactly.
    #[must_use]
    #[inline]
    pub const fn to_notional(self) -> Notional {
        Notional(self.0 as i128 * Notional::PER_MONEY)
    }

    /// `self * ratio`, rounded down (toward minus infinity); held at the ends of the range.
    #[must_use]
    pub const fn mul_ratio_floor(self, ratio: Ratio) -> Money {
        Money(clamp(
            (self.0 as i128 * ratio.0 as i128).div_euclid(Ratio::ONE.0 as i128),
        ))
    }

    /// `self * ratio`, rounded up (toward plus infinity); held at the ends of the range.
    #[must_use]
    pub const fn mul_ratio_ceil(self, ratio: Ratio) -> Money {
        Money(clamp(
            -(-(self.0 as i128 * ratio.0 as i128)).div_euclid(Ratio::ONE.0 as i128),
        ))
    }
}

impl Ratio {
    /// `percent` hundredths; for constants and tests.
    #[must_use]
    pub const fn percent(percent: i64) -> Self {
        Self(percent * 10_000_000)
    }
}

impl Qty {
    /// The quantity as a long position.
    #[must_use]
    pub const fn long(self) -> SignedQty {
        SignedQty(self.0)
    }
}

impl SignedQty {
    /// The size without its direction.
    #[must_use]
    pub const fn abs(self) -> Qty {
        Qty(self.0.saturating_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_exact() {
        assert_eq!("65012.35".parse(), Ok(Price(65_012_350_000_000)));
        assert_eq!(Money(-1_500_000).to_string(), "-1.5");
        assert_eq!(Ratio::percent(5).to_string(), "0.05");
        assert_eq!(Notional(150_000_000_000_000_000).to_string(), "1.5");
    }

    #[test]
    fn conversions_round_as_they_say() {
        let just_below = Notional(-1);
        assert_eq!(just_below.to_money_floor(), Money(-1));
        assert_eq!(just_below.to_money_ceil(), Money(0));
        assert_eq!(Notional(1).to_money_floor(), Money(0));
        assert_eq!(Notional(1).to_money_ceil(), Money(1));
        assert_eq!(Money(7).to_notional().to_money_floor(), Money(7));
        assert_eq!(Money(1).mul_ratio_floor(Ratio::percent(50)), Money(0));
        assert_eq!(Money(1).mul_ratio_ceil(Ratio::percent(50)), Money(1));
        assert_eq!(
            Money::whole(200_000).mul_ratio_floor(Ratio::percent(5)),
            Money::whole(10_000)
        );
    }

    #[test]
    fn arithmetic_past_the_range_is_none_not_a_wrap() {
        assert_eq!(Money(i64::MAX).checked_add(Money(1)), None);
        assert_eq!(Money(i64::MIN).checked_sub(Money(1)), None);
        assert_eq!(Notional(i128::MAX).checked_add(Notional(1)), None);
        assert_eq!(Notional(i128::MAX).to_money_floor(), Money(i64::MAX));
        assert_eq!(Money(i64::MAX).saturating_add(Money(1)), Money(i64::MAX));
        let (low, high) = (Lots(i64::MIN), Lots(i64::MAX));
        assert_eq!(high.saturating_add(Lots(1)), high);
        assert_eq!(low.saturating_add(Lots(-1)), low);
        assert_eq!(low.saturating_sub(Lots(1)), low);
        assert_eq!(high.saturating_sub(Lots(-1)), high);
        assert_eq!(low.saturating_abs(), high);
        let (low, high) = (Notional(i128::MIN), Notional(i128::MAX));
        assert_eq!(high.saturating_add(Notional(1)), high);
        assert_eq!(low.saturating_add(Notional(-1)), low);
        assert_eq!(low.saturating_sub(Notional(1)), low);
        assert_eq!(high.saturating_sub(Notional(-1)), high);
        assert_eq!(Notional(5).saturating_sub(Notional(7)), Notional(-2));
    }

    proptest! {
        #[test]
        fn floor_and_ceil_enclose(raw in any::<i64>()) {
            let exact = Notional(i128::from(raw) * 7);
            let (low, high) = (exact.to_money_floor(), exact.to_money_ceil());
            prop_assert!(low.to_notional() <= exact && exact <= high.to_notional());
            prop_assert!(high.0 - low.0 <= 1);
        }
    }
}
