//! Percentages as decimal text.
//!
//! A configured percentage is exact: `"0.5"` is half a percent. A computed one has two decimals,
//! rounded half away from zero, and comes from integers.

use std::fmt::Write as _;

use types::{Ratio, decimal};

/// Decimals of a percentage that a [`Ratio`] of 1e-9 holds.
const DECIMALS: u32 = 7;

/// A configured percentage from text; `None` when it is no decimal or too fine.
pub fn parse(text: &str) -> Option<Ratio> {
    decimal::parse(text, DECIMALS).ok().map(Ratio)
}

/// A configured percentage, exactly, in the shortest form.
pub fn exact(ratio: Ratio) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = decimal::write(&mut text, ratio.0.into(), DECIMALS);
    text
}

/// `part / whole` in percent with two decimals, rounded half away from zero; `None` where the whole is
/// not above zero.
pub fn share(part: i128, whole: i128) -> Option<String> {
    if whole <= 0 {
        return None;
    }
    let hundredths = part.checked_mul(10_000)?;
    Some(two_decimals(round(hundredths, whole)))
}

/// A computed ratio in percent with two decimals, rounded half away from zero.
pub fn rounded(ratio: Ratio) -> String {
    two_decimals(round(ratio.0.into(), 100_000))
}

fn round(dividend: i128, divisor: i128) -> i128 {
    let (quotient, remainder) = (dividend / divisor, dividend % divisor);
    let is_half_or_more =
        remainder.unsigned_abs() >= divisor.unsigned_abs() - remainder.unsigned_abs();
    if is_half_or_more {
        quotient + dividend.signum()
    } else {
        quotient
    }
}

fn two_decimals(hundredths: i128) -> String {
    let magnitude = hundredths.unsigned_abs();
    let mut text = String::new();
    let sign = if hundredths < 0 { "-" } else { "" };
    let _ = write!(text, "{sign}{}.{:02}", magnitude / 100, magnitude % 100);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configured_percentages_are_exact() {
        assert_eq!(parse("0.5"), Some(Ratio(5_000_000)));
        assert_eq!(parse("100"), Some(Ratio::ONE));
        assert_eq!(parse("0.00000001"), None);
        assert_eq!(exact(Ratio::percent(5)), "5");
        assert_eq!(exact(Ratio(5_000_000)), "0.5");
    }

    #[test]
    fn computed_percentages_round_half_away_from_zero() {
        // 1500 / 3100 = 48.387%, 1500 / 3500 = 42.857%.
        assert_eq!(share(1_500, 3_100).as_deref(), Some("48.39"));
        assert_eq!(share(1_500, 3_500).as_deref(), Some("42.86"));
        assert_eq!(share(1, 20_000).as_deref(), Some("0.01"));
        assert_eq!(share(-1, 20_000).as_deref(), Some("-0.01"));
        assert_eq!(share(-1, 20_001).as_deref(), Some("0.00"));
        assert_eq!(share(1, 0), None);
        assert_eq!(rounded(Ratio(12_345_000)), "1.23");
        assert_eq!(rounded(Ratio(12_350_000)), "1.24");
        assert_eq!(rounded(Ratio(999_949_999)), "99.99");
        assert_eq!(rounded(Ratio(-1)), "0.00");
    }
}
