//! Exact decimal text to scaled integers and back. No float is involved and nothing is rounded: text
//! with more digits than the unit holds is an error.

use std::fmt;

/// Why a decimal text was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// The text is not `[+-]digits[.digits]`.
    #[error("not a decimal number")]
    Malformed,
    /// The text has more decimals than the unit can hold.
    #[error("more than {max} decimals")]
    TooFine {
        /// Decimals that the unit holds.
        max: u32,
    },
    /// The number does not fit the unit.
    #[error("out of range")]
    OutOfRange,
}

/// Parses decimal text into an integer of `10^-decimals` units.
///
/// # Errors
/// See [`DecimalError`]; trailing zeros beyond `decimals` are accepted, other digits are not.
pub fn parse(text: &str, decimals: u32) -> Result<i64, DecimalError> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    let mut value: i128 = 0;
    let mut seen_digit = false;
    let mut fraction: Option<u32> = None;
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                seen_digit = true;
                let digit = i128::from(byte - b'0');
                match fraction.as_mut() {
                    Some(places) if *places == decimals => {
                        if digit != 0 {
                            return Err(DecimalError::TooFine { max: decimals });
                        }
                        continue;
                    }
                    Some(places) => *places += 1,
                    None => {}
                }
                value = value * 10 + digit;
                if value > i128::from(i64::MAX) {
                    return Err(DecimalError::OutOfRange);
                }
            }
            b'.' if fraction.is_none() && seen_digit => fraction = Some(0),
            _ => return Err(DecimalError::Malformed),
        }
    }
    if !seen_digit || text.ends_with('.') {
        return Err(DecimalError::Malformed);
    }
    let missing = decimals - fraction.unwrap_or(0);
    let scaled = value
        .checked_mul(10_i128.pow(missing))
        .ok_or(DecimalError::OutOfRange)?;
    i64::try_from(if negative { -scaled } else { scaled }).map_err(|_| DecimalError::OutOfRange)
}

/// Writes `value` in units of `10^-decimals` as the shortest exact decimal text.
///
/// # Errors
/// Only those of the formatter.
pub fn write(f: &mut impl fmt::Write, value: i128, decimals: u32) -> fmt::Result {
    let scale = 10_u128.pow(decimals);
    let magnitude = value.unsigned_abs();
    let (whole, mut fraction) = (magnitude / scale, magnitude % scale);
    if value < 0 {
        f.write_char('-')?;
    }
    write!(f, "{whole}")?;
    if fraction == 0 {
        return Ok(());
    }
    let mut width = decimals as usize;
    while fraction.is_multiple_of(10) {
        fraction /= 10;
        width -= 1;
    }
    write!(f, ".{fraction:0width$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(value: i64, decimals: u32) -> String {
        let mut out = String::new();
        write(&mut out, value.into(), decimals).unwrap();
        out
    }

    #[test]
    fn parses_what_people_write() {
        assert_eq!(parse("65012.35", 9), Ok(65_012_350_000_000));
        assert_eq!(parse("-0.5", 6), Ok(-500_000));
        assert_eq!(parse("+3", 2), Ok(300));
        assert_eq!(parse("1.2300", 2), Ok(123));
        assert_eq!(parse("0", 0), Ok(0));
    }

    #[test]
    fn refuses_the_rest() {
        for bad in [
            "", ".", "-", "1.", ".5", "1e3", "1,000", " 1", "1 ", "0x1", "--1", "1.2.3",
        ] {
            assert_eq!(parse(bad, 6), Err(DecimalError::Malformed), "{bad:?}");
        }
        assert_eq!(parse("1.234", 2), Err(DecimalError::TooFine { max: 2 }));
        assert_eq!(parse("9223372036855", 6), Err(DecimalError::OutOfRange));
        assert_eq!(
            parse("99999999999999999999999999999999999999999", 0),
            Err(DecimalError::OutOfRange)
        );
    }

    #[test]
    fn writes_the_shortest_exact_text() {
        assert_eq!(text(65_012_350_000_000, 9), "65012.35");
        assert_eq!(text(-1, 6), "-0.000001");
        assert_eq!(text(0, 6), "0");
        assert_eq!(text(i64::MIN, 6), "-9223372036854.775808");
    }

    proptest! {
        #[test]
        fn text_round_trips(value in (i64::MIN + 1)..=i64::MAX, decimals in 0_u32..=18) {
            prop_assert_eq!(parse(&text(value, decimals), decimals), Ok(value));
        }
    }
}
