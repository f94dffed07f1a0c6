//! Exact rationals of any size, by the methods of school.

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Sub};

use types::{Money, Notional, Ratio};

/// An exact fraction.
#[derive(Debug, Clone)]
pub struct Rational {
    negative: bool,
    /// Digits in base 2^32, the lowest first, without leading zeros.
    numerator: Vec<u32>,
    /// As the numerator; never empty.
    denominator: Vec<u32>,
}

impl Rational {
    /// `numerator / denominator`.
    ///
    /// # Panics
    /// When the denominator is zero.
    pub fn new(numerator: i128, denominator: i128) -> Self {
        assert!(denominator != 0, "a fraction needs a denominator");
        Self {
            negative: (numerator < 0) != (denominator < 0),
            numerator: digits(numerator.unsigned_abs()),
            denominator: digits(denominator.unsigned_abs()),
        }
    }

    /// A whole number.
    pub fn whole(value: i128) -> Self {
        Self::new(value, 1)
    }

    /// Zero.
    pub fn zero() -> Self {
        Self::whole(0)
    }

    /// Whether the value is above zero.
    pub fn is_positive(&self) -> bool {
        !self.negative && !self.numerator.is_empty()
    }

    /// The value without its sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        Self {
            negative: false,
            ..self.clone()
        }
    }

    /// The largest whole number that is not above the value.
    #[must_use]
    pub fn floor(&self) -> Self {
        let (whole, rest) = divide(&self.numerator, &self.denominator);
        let magnitude = if self.negative && !rest.is_empty() {
            plus(&whole, &[1])
        } else {
            whole
        };
        Self {
            negative: self.negative,
            numerator: magnitude,
            denominator: vec![1],
        }
    }

    /// The smallest whole number that is not below the value.
    #[must_use]
    pub fn ceil(&self) -> Self {
        let negated = &Self::zero() - self;
        &Self::zero() - &negated.floor()
    }

    /// The largest multiple of a unit of [`Money`] that is not above the value.
    #[must_use]
    pub fn floor_to_money(&self) -> Self {
        let unit = Self::new(1, 1_000_000);
        &(self / &unit).floor() * &unit
    }

    /// The smallest multiple of a unit of [`Money`] that is not below the value.
    #[must_use]
    pub fn ceil_to_money(&self) -> Self {
        let unit = Self::new(1, 1_000_000);
        &(self / &unit).ceil() * &unit
    }
}

impl From<Money> for Rational {
    fn from(amount: Money) -> Self {
        Self::new(amount.0.into(), 1_000_000)
    }
}

impl From<Notional> for Rational {
    fn from(amount: Notional) -> Self {
        Self::new(amount.0, 100_000_000_000_000_000)
    }
}

impl From<Ratio> for Rational {
    fn from(share: Ratio) -> Self {
        Self::new(share.0.into(), 1_000_000_000)
    }
}

impl Add for &Rational {
    type Output = Rational;

    fn add(self, other: Self) -> Rational {
        let (left, right, denominator) = if self.denominator == other.denominator {
            (
                self.numerator.clone(),
                other.numerator.clone(),
                self.denominator.clone(),
            )
        } else {
            (
                times(&self.numerator, &other.denominator),
                times(&other.numerator, &self.denominator),
                times(&self.denominator, &other.denominator),
            )
        };
        let (negative, numerator) = if self.negative == other.negative {
            (self.negative, plus(&left, &right))
        } else if compare(&left, &right) == Ordering::Less {
            (other.negative, minus(&right, &left))
        } else {
            (self.negative, minus(&left, &right))
        };
        Rational {
            negative,
            numerator,
            denominator,
        }
    }
}

impl Sub for &Rational {
    type Output = Rational;

    fn sub(self, other: Self) -> Rational {
        let negated = Rational {
            negative: !other.negative,
            ..other.clone()
        };
        self + &negated
    }
}

impl Mul for &Rational {
    type Output = Rational;

    fn mul(self, other: Self) -> Rational {
        Rational {
            negative: self.negative != other.negative,
            numerator: times(&self.numerator, &other.numerator),
            denominator: times(&self.denominator, &other.denominator),
        }
    }
}

impl Div for &Rational {
    type Output = Rational;

    fn div(self, other: Self) -> Rational {
        assert!(!other.numerator.is_empty(), "division by zero");
        Rational {
            negative: self.negative != other.negative,
            numerator: times(&self.numerator, &other.denominator),
            denominator: times(&self.denominator, &other.numerator),
        }
    }
}

impl PartialEq for Rational {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Rational {}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Self) -> Ordering {
        let difference = self - other;
        if difference.numerator.is_empty() {
            Ordering::Equal
        } else if difference.negative {
            Ordering::Less
        } else {
            Ordering::Greater
        }
    }
}

fn digits(mut value: u128) -> Vec<u32> {
    let mut out = Vec::new();
    while value > 0 {
        out.push(value as u32);
        value >>= 32;
    }
    out
}

fn trimmed(mut value: Vec<u32>) -> Vec<u32> {
    while value.last() == Some(&0) {
        value.pop();
    }
    value
}

fn compare(left: &[u32], right: &[u32]) -> Ordering {
    left.len()
        .cmp(&right.len())
        .then_with(|| left.iter().rev().cmp(right.iter().rev()))
}

fn plus(left: &[u32], right: &[u32]) -> Vec<u32> {
    let mut out = Vec::new();
    let mut carry = 0_u64;
    for place in 0..left.len().max(right.len()) {
        let digit = |number: &[u32]| u64::from(number.get(place).copied().unwrap_or(0));
        let sum = digit(left) + digit(right) + carry;
        out.push(sum as u32);
        carry = sum >> 32;
    }
    out.push(carry as u32);
    trimmed(out)
}

/// `left - right`, where `left` is not the smaller.
fn minus(left: &[u32], right: &[u32]) -> Vec<u32> {
    let mut out = Vec::new();
    let mut borrow = 0_i64;
    for place in 0..left.len() {
        let digit = |number: &[u32]| i64::from(number.get(place).copied().unwrap_or(0));
        let difference = digit(left) - digit(right) - borrow;
        out.push(difference as u32);
        borrow = i64::from(difference < 0);
    }
    trimmed(out)
}

fn times(left: &[u32], right: &[u32]) -> Vec<u32> {
    let mut out = vec![0_u32; left.len() + right.len()];
    for (low, &a) in left.iter().enumerate() {
        let mut carry = 0_u64;
        for (high, &b) in right.iter().enumerate() {
            let sum = u64::from(a) * u64::from(b) + u64::from(out[low + high]) + carry;
            out[low + high] = sum as u32;
            carry = sum >> 32;
        }
        out[low + right.len()] = carry as u32;
    }
    trimmed(out)
}

/// Quotient and rest, one bit at a time.
fn divide(numerator: &[u32], denominator: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut quotient = vec![0_u32; numerator.len()];
    let mut rest: Vec<u32> = Vec::new();
    for place in (0..numerator.len()).rev() {
        for bit in (0..32).rev() {
            rest = plus(&rest, &rest);
            if numerator[place] >> bit & 1 == 1 {
                rest = plus(&rest, &[1]);
            }
            if compare(&rest, denominator) != Ordering::Less {
                rest = minus(&rest, denominator);
                quotient[place] |= 1 << bit;
            }
        }
    }
    (trimmed(quotient), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fraction(numerator: i128, denominator: i128) -> Rational {
        Rational::new(numerator, denominator)
    }

    #[test]
    fn fractions_add_and_multiply_as_in_school() {
        assert_eq!(&fraction(1, 2) + &fraction(1, 3), fraction(5, 6));
        assert_eq!(&fraction(1, 2) - &fraction(2, 3), fraction(-1, 6));
        assert_eq!(&fraction(-2, 3) * &fraction(3, 4), fraction(-1, 2));
        assert_eq!(&fraction(-2, 3) / &fraction(-4, 3), fraction(1, 2));
        assert!(fraction(-1, 2) < fraction(-1, 3));
        assert_eq!(fraction(0, -5), Rational::zero());
    }

    #[test]
    fn whole_parts_go_down_and_up() {
        assert_eq!(fraction(7, 2).floor(), Rational::whole(3));
        assert_eq!(fraction(-7, 2).floor(), Rational::whole(-4));
        assert_eq!(fraction(-7, 2).ceil(), Rational::whole(-3));
        assert_eq!(fraction(6, 2).ceil(), Rational::whole(3));
        assert_eq!(
            fraction(-1, 3).floor_to_money(),
            fraction(-333_334, 1_000_000)
        );
        assert_eq!(fraction(1, 3).ceil_to_money(), fraction(333_334, 1_000_000));
    }

    #[test]
    fn numbers_past_any_machine_word_stay_exact() {
        // 10^38 squared, and back.
        let large = Rational::whole(10_i128.pow(38));
        let square = &large * &large;
        assert_eq!(&square / &large, large);
        assert_eq!((&square + &fraction(1, 2)).floor(), square);
        assert_eq!(
            &(&square + &Rational::whole(1)) - &square,
            Rational::whole(1)
        );
    }
}
