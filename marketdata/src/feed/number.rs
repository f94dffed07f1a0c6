//! Numbers from the text of a message, exactly: no float in between.

#![expect(
    clippy::inline_always,
    reason = "a call for each of a hundred numbers of a message costs as much as to read them"
)]

use types::{Price, Qty, TimestampNs};

/// Why text is not a number that we hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// It is not a decimal number.
    #[error("not a decimal number")]
    Syntax,
    /// It has more decimals than we hold, and they are not zeros.
    #[error("more decimals than we hold")]
    Decimals,
    /// It is too large.
    #[error("out of range")]
    Range,
}

const POWERS: [u64; 19] = {
    let mut powers = [1; 19];
    let mut place = 1;
    while place < powers.len() {
        powers[place] = powers[place - 1] * 10;
        place += 1;
    }
    powers
};

/// A price, `-?digits[.digits][e[+-]digits]`.
///
/// # Errors
/// See [`NumberError`].
#[inline]
pub fn price(text: &[u8]) -> Result<Price, NumberError> {
    fixed(text, Price::DECIMALS).map(Price)
}

/// A quantity, zero or above.
///
/// # Errors
/// See [`NumberError`]; one below zero is [`NumberError::Range`].
#[inline]
pub fn qty(text: &[u8]) -> Result<Qty, NumberError> {
    match fixed(text, Qty::DECIMALS)? {
        qty if qty < 0 => Err(NumberError::Range),
        qty => Ok(Qty(qty)),
    }
}

/// A whole number, zero or above.
///
/// # Errors
/// See [`NumberError`].
#[inline]
pub fn unsigned(text: &[u8]) -> Result<u64, NumberError> {
    if text.is_empty() {
        return Err(NumberError::Syntax);
    }
    let mut value = 0_u64;
    if text.len() <= DIGITS_MAX {
        for &byte in text {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return Err(NumberError::Syntax);
            }
            value = value * 10 + u64::from(digit);
        }
        return Ok(value);
    }
    for &byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(NumberError::Syntax);
        }
        let next = value.checked_mul(10);
        let next = next.and_then(|value| value.checked_add(digit.into()));
        value = next.ok_or(NumberError::Range)?;
    }
    Ok(value)
}

/// A whole number with or without a sign.
///
/// # Errors
/// See [`NumberError`].
pub fn signed(text: &[u8]) -> Result<i64, NumberError> {
    match text {
        [b'-', rest @ ..] => 0_i64
            .checked_sub_unsigned(unsigned(rest)?)
            .ok_or(NumberError::Range),
        _ => i64::try_from(unsigned(text)?).map_err(|_| NumberError::Range),
    }
}

/// Milliseconds since the Unix epoch.
///
/// # Errors
/// See [`NumberError`].
#[inline]
pub fn timestamp_ms(text: &[u8]) -> Result<TimestampNs, NumberError> {
    let ns = unsigned(text)?.checked_mul(1_000_000);
    ns.map(TimestampNs).ok_or(NumberError::Range)
}

/// A number at the beginning of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leading {
    /// Its digits, without the point.
    value: u64,
    /// How many of them are behind the point.
    places: usize,
    /// Bytes that it has.
    pub(super) len: usize,
}

impl Leading {
    /// In units of `10^-decimals`, where it is that.
    #[inline(always)]
    pub(super) fn scaled(self, decimals: u32) -> Option<i64> {
        let missing = (decimals as usize).checked_sub(self.places)?;
        scaled(self.value, missing).ok()
    }
}

/// The digits that a text begins with, and a point with digits behind it. `None` where there are none, or where the
/// first byte behind them is not among the first sixteen.
#[inline(always)]
pub(super) fn leading(text: &[u8]) -> Option<Leading> {
    let figures = sixteen_bytes(text) ^ each(b'0');
    let others = others(figures);
    let point = (others.trailing_zeros() / 8) as usize;
    if point == 0 || point == 16 {
        return None;
    }
    if (figures >> (8 * point)) as u8 != b'.' ^ b'0' {
        return Some(Leading {
            value: value(figures, point),
            places: 0,
            len: point,
        });
    }
    let behind = others & (others - 1);
    let end = (behind.trailing_zeros() / 8) as usize;
    if end == 16 || end == point + 1 {
        return None;
    }
    let before = (1 << (8 * point)) - 1;
    let joined = (figures & before) | ((figures >> 8) & !before);
    Some(Leading {
        value: value(joined, end - 1),
        places: end - point - 1,
        len: end,
    })
}

/// The whole number that a text begins with, and its bytes; `None` as [`leading`], which takes a point, too.
#[inline(always)]
pub(super) fn leading_whole(text: &[u8]) -> Option<(u64, usize)> {
    let figures = sixteen_bytes(text) ^ each(b'0');
    let len = (others(figures).trailing_zeros() / 8) as usize;
    (1..16).contains(&len).then(|| (value(figures, len), len))
}

/// Sixteen bytes, each the same.
const fn each(byte: u8) -> u128 {
    u128::from_le_bytes([byte; 16])
}

/// The first sixteen bytes; zeros for those that there are not.
#[inline(always)]
fn sixteen_bytes(text: &[u8]) -> u128 {
    if let Some(sixteen) = text.first_chunk() {
        return u128::from_le_bytes(*sixteen);
    }
    let (Some(low), Some(high)) = (text.first_chunk(), text.last_chunk()) else {
        return few_bytes(text);
    };
    // The last eight reach back into the first eight by as many as are missing.
    let missing = 8 * (16 - text.len() as u32);
    let high = u64::from_le_bytes(*high).checked_shr(missing).unwrap_or(0);
    u128::from(high) << 64 | u128::from(u64::from_le_bytes(*low))
}

#[cold]
fn few_bytes(text: &[u8]) -> u128 {
    let mut bytes = [0; 16];
    for (place, byte) in bytes.iter_mut().zip(text) {
        *place = *byte;
    }
    u128::from_le_bytes(bytes)
}

/// The highest bit of every byte that is above 9.
#[inline(always)]
const fn others(figures: u128) -> u128 {
    ((figures & each(0x7f)) + each(0x7f - 9) | figures) & each(0x80)
}

/// The value of the first `len` of sixteen figures, 1 to 16, the first one in the lowest byte.
#[inline(always)]
const fn value(figures: u128, len: usize) -> u64 {
    // Zeros go before them, up to sixteen.
    let figures = figures << (8 * (16 - len));
    eight(figures as u64) * 100_000_000 + eight((figures >> 64) as u64)
}

/// The value of eight figures: pairs, then fours, then all of them (Lemire, "Quickly parsing eight digits", 2018).
#[inline(always)]
const fn eight(figures: u64) -> u64 {
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let pairs = figures.wrapping_mul(10).wrapping_add(figures >> 8);
    let first = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let second = (pairs >> 16 & PAIRS).wrapping_mul(1 + (10_000 << 32));
    first.wrapping_add(second) >> 32
}

/// The value in units of `10^-decimals`.
#[inline(always)]
fn fixed(text: &[u8], decimals: u32) -> Result<i64, NumberError> {
    let (is_negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    // So few digits cannot overflow, and nobody need look at each step.
    if digits.len() > DIGITS_MAX {
        return unusual(text, decimals);
    }
    let mut value = 0_u64;
    let mut point = digits.len();
    for (place, &byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            value = value * 10 + u64::from(digit);
        } else if byte == b'.' && point == digits.len() {
            point = place;
        } else {
            return unusual(text, decimals);
        }
    }
    let places = digits.len().saturating_sub(point + 1);
    let has_point = point < digits.len();
    if point == 0 || (has_point && places == 0) || places > decimals as usize {
        return unusual(text, decimals);
    }
    let value = scaled(value, decimals as usize - places)?;
    Ok(if is_negative { -value } else { value })
}

/// `value * 10^places`.
#[inline(always)]
pub(super) fn scaled(value: u64, places: usize) -> Result<i64, NumberError> {
    let value = value.checked_mul(POWERS[places]);
    let value = value.and_then(|value| i64::try_from(value).ok());
    value.ok_or(NumberError::Range)
}

/// A `u64` holds any number of so many digits.
pub(super) const DIGITS_MAX: usize = 19;

/// The same with an exponent or many digits, or the error of what is no number that we hold.
#[cold]
fn unusual(text: &[u8], decimals: u32) -> Result<i64, NumberError> {
    let split = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let (mantissa, power) = match split {
        Some(place) => {
            let power = &text[place + 1..];
            let power = signed(power.strip_prefix(b"+").unwrap_or(power))?;
            (&text[..place], power)
        }
        None => (text, 0),
    };
    let (is_negative, digits) = match mantissa {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, mantissa),
    };
    let point = digits.iter().position(|&byte| byte == b'.');
    let (whole, part) = match point {
        Some(point) => (&digits[..point], &digits[point + 1..]),
        None => (digits, &[][..]),
    };
    if whole.is_empty() || (point.is_some() && part.is_empty()) {
        return Err(NumberError::Syntax);
    }
    // Value of the digits times ten to `shift` is what is asked for.
    let shift = power
        .checked_add(i64::from(decimals) - part.len() as i64)
        .ok_or(NumberError::Range)?;
    let mut value = 0_i128;
    for &byte in whole.iter().chain(part) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(NumberError::Syntax);
        }
        value = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(digit.into()))
            .ok_or(NumberError::Range)?;
    }
    if value == 0 {
        return Ok(0);
    }
    let mut left = shift;
    while left > 0 {
        value = value.checked_mul(10).ok_or(NumberError::Range)?;
        left -= 1;
    }
    while left < 0 {
        if value % 10 != 0 {
            return Err(NumberError::Decimals);
        }
        value /= 10;
        left += 1;
    }
    let value = if is_negative { -value } else { value };
    i64::try_from(value).map_err(|_| NumberError::Range)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prices_are_exact() {
        for (text, value) in [
            ("61685.99000000", 61_685_990_000_000),
            ("0.1", 100_000_000),
            ("-37.63", -37_630_000_000),
            ("0", 0),
            ("1e-9", 1),
            ("1.5E+3", 1_500_000_000_000),
            ("12e2", 1_200_000_000_000),
            ("0.0000000010000", 1),
            ("0.000000000000", 0),
            ("1.0000000000e-9", 1),
            ("9223372036.854775807", i64::MAX),
        ] {
            assert_eq!(price(text.as_bytes()), Ok(Price(value)), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        use NumberError::{Decimals, Range, Syntax};
        for (text, error) in [
            ("", Syntax),
            ("-", Syntax),
            (".5", Syntax),
            ("5.", Syntax),
            ("1.2.3", Syntax),
            ("1,5", Syntax),
            ("NaN", Syntax),
            ("1e", Syntax),
            ("+1", Syntax),
            ("0.0000000001", Decimals),
            ("1e-10", Decimals),
            ("9223372036.854775808", Range),
            ("1e300", Range),
            ("1e99999999999999999999", Range),
        ] {
            assert_eq!(price(text.as_bytes()), Err(error), "{text}");
        }
        assert_eq!(qty(b"-1"), Err(NumberError::Range));
        assert_eq!(qty(b"1.25869000"), Ok(Qty(125_869_000)));
        assert_eq!(unsigned(b"18446744073709551616"), Err(NumberError::Range));
        assert_eq!(signed(b"-9223372036854775808"), Ok(i64::MIN));
    }

    #[test]
    fn sixteen_bytes_are_read_at_once() {
        let number = |value, places, len| Some(Leading { value, places, len });
        for (text, expected) in [
            ("61685.99000000\",", number(6_168_599_000_000, 8, 14)),
            ("7", number(7, 0, 1)),
            ("0.05\"}", number(5, 2, 4)),
            ("123456789012345,", number(123_456_789_012_345, 0, 15)),
            ("9999999.9999999,", number(99_999_999_999_999, 7, 15)),
            ("12.5e3", number(125, 1, 4)),
            ("1.2.3", number(12, 1, 3)),
            // What may go on behind the sixteenth byte.
            ("1234567890123456", None),
            ("12345678.1234567", None),
            ("", None),
            (".5,", None),
            ("5.,", None),
            ("-5,", None),
            ("\u{e9}5", None),
        ] {
            assert_eq!(leading(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(
            leading_whole(b"1723161256313}"),
            Some((1_723_161_256_313, 13))
        );
        assert_eq!(leading_whole(b"17.5"), Some((17, 2)));
        assert_eq!(leading_whole(b"x"), None);
        let seven = Leading {
            value: 7,
            places: 2,
            len: 4,
        };
        assert_eq!(seven.scaled(9), Some(70_000_000));
        assert_eq!(seven.scaled(1), None);
    }

    proptest! {
        #[test]
        fn sixteen_bytes_at_once_are_as_one_by_one(bytes in prop::collection::vec(prop_oneof![6 => b'0'..=b'9', 1 => Just(b'.'), 1 => any::<u8>()], 0..24)) {
            let is_digit = |byte: &&u8| byte.is_ascii_digit();
            let whole = bytes.iter().take_while(is_digit).count();
            let behind = match bytes.get(whole) {
                Some(b'.') => Some(bytes[whole + 1..].iter().take_while(is_digit).count()),
                _ => None,
            };
            let len = behind.map_or(whole, |places| whole + 1 + places);
            let text: String = bytes[..len].iter().filter(|&&byte| byte != b'.').map(|&byte| char::from(byte)).collect();
            let expected = (whole > 0 && behind != Some(0) && len < 16).then(|| Leading {
                value: text.parse().unwrap(),
                places: behind.unwrap_or(0),
                len,
            });
            prop_assert_eq!(leading(&bytes), expected);
            let expected = (1..16).contains(&whole).then(|| (text[..whole].parse().unwrap(), whole));
            prop_assert_eq!(leading_whole(&bytes), expected);
        }
    }
}
