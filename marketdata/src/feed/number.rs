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

/// Powers of ten.
pub(super) const POWERS: [u64; 19] = {
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
        let mut rest = text;
        while let Some((digits, behind)) = rest.split_first_chunk() {
            value = value * 100_000_000 + eight(*digits).ok_or(NumberError::Syntax)?;
            rest = behind;
        }
        for &byte in rest {
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

/// Eight digits at once, in one word: pairs, then fours, then all of them (Lemire, "Quickly parsing eight digits",
/// 2018). `None` where one is no digit.
#[inline(always)]
const fn eight(digits: [u8; 8]) -> Option<u64> {
    let digits = values(digits);
    if others(digits) == 0 {
        Some(sum(digits))
    } else {
        None
    }
}

/// The values of digits, and what is above 9 of other bytes; the first one lowest.
#[inline(always)]
const fn values(digits: [u8; 8]) -> u64 {
    u64::from_le_bytes(digits) ^ each(b'0')
}

/// The highest bit of the first value that is above 9, none below it, and any above it.
#[inline(always)]
const fn others(values: u64) -> u64 {
    // A value that carries into the next has its highest bit.
    (values.wrapping_add(each(0x7f - 9)) | values) & each(0x80)
}

/// The number that eight values are, the first byte the highest.
#[inline(always)]
const fn sum(values: u64) -> u64 {
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let first = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let second = (pairs >> 16 & PAIRS).wrapping_mul(1 + (10_000 << 32));
    first.wrapping_add(second) >> 32
}

/// The digits that a text begins with, and how many there are. Of more than 19 the number is wrong.
#[inline(always)]
fn leading(text: &[u8]) -> (u64, usize) {
    let (mut value, mut count) = (0_u64, 0);
    while let Some(chunk) = text.get(count..).and_then(<[u8]>::first_chunk) {
        let digits = values(*chunk);
        let others = others(digits);
        let more = others.trailing_zeros() as usize / 8;
        if more < 8 {
            // Nothing is shifted out by 64 bits at once.
            let behind = 56 - 8 * more as u32;
            value = value
                .wrapping_mul(POWERS[more])
                .wrapping_add(sum(digits << behind << 8));
            return (value, count + more);
        }
        value = value.wrapping_mul(100_000_000).wrapping_add(sum(digits));
        count += 8;
    }
    for &byte in &text[count..] {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        count += 1;
    }
    (value, count)
}

/// The digits that a text begins with, up to a separator or its end, and how many there are; `None` for anything
/// else, also for more than 19.
#[inline(always)]
pub(crate) fn digits_to(text: &[u8], separator: u8) -> Option<(u64, usize)> {
    let (value, count) = leading(text);
    let is_over = text.get(count).is_none_or(|&byte| byte == separator);
    (is_over && (1..=DIGITS_MAX).contains(&count)).then_some((value, count))
}

/// The number that a text begins with, up to a separator or its end, in units of `10^-decimals`, and how many bytes
/// it has: `digits[.digits]` of at most 19 digits. `None` for anything else; [`price`] and [`qty`] say what it is.
#[inline(always)]
pub(crate) fn plain_to(text: &[u8], separator: u8, decimals: u32) -> Option<(i64, usize)> {
    let (mut value, whole) = leading(text);
    let (mut places, mut end) = (0, whole);
    if text.get(whole) == Some(&b'.') {
        let part;
        (part, places) = leading(&text[whole + 1..]);
        if places == 0 || places > decimals as usize {
            return None;
        }
        value = value.wrapping_mul(POWERS[places]).wrapping_add(part);
        end += 1 + places;
    }
    let is_over = text.get(end).is_none_or(|&byte| byte == separator);
    if !is_over || whole == 0 || whole + places > DIGITS_MAX {
        return None;
    }
    let value = scaled(value, decimals as usize - places).ok()?;
    Some((value, end))
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

/// The ordinary number that a text begins with, in units of `10^-decimals`, and its bytes: digits, of which less than
/// eight are before the point and at most eight behind it. `None` for any other text, be it a number.
#[inline(always)]
pub(super) fn leading_fixed(text: &[u8], decimals: u32) -> Option<(i64, usize)> {
    leading_written(text, decimals).map(|(value, len, _)| (value, len))
}

/// As [`leading_fixed`], and how many of the bytes are behind the point.
#[inline(always)]
pub(super) fn leading_written(text: &[u8], decimals: u32) -> Option<(i64, usize, usize)> {
    let first = figures(text);
    let whole_len = figures_in(first);
    if whole_len == 0 || whole_len == 8 {
        return None;
    }
    // Less than 10^7 times at most 10^9: nothing overflows.
    let whole = value(first, whole_len) * POWERS[decimals as usize];
    if (first >> (8 * whole_len)) as u8 != b'.' ^ b'0' {
        return Some((whole as i64, whole_len, 0));
    }
    let behind = text.get(whole_len + 1..)?;
    let second = figures(behind);
    let places = figures_in(second);
    if places == 0 || places > decimals as usize {
        return None;
    }
    // A ninth figure may follow the eighth.
    if places == 8 && behind.get(8).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let part = value(second, places) * POWERS[decimals as usize - places];
    Some(((whole + part) as i64, whole_len + 1 + places, places))
}

/// The whole number that a text begins with, of less than sixteen digits, and its bytes; `None` for any other text.
#[inline(always)]
pub(super) fn leading_whole(text: &[u8]) -> Option<(u64, usize)> {
    let first = figures(text);
    let len = figures_in(first);
    if len == 0 {
        return None;
    }
    if len < 8 {
        return Some((value(first, len), len));
    }
    let second = figures(text.get(8..)?);
    match figures_in(second) {
        0 => Some((sum(first), 8)),
        8 => None,
        more => Some((sum(first) * POWERS[more] + value(second, more), 8 + more)),
    }
}

/// As [`leading_whole`], of at most nineteen digits.
#[inline(never)]
pub(super) fn leading_long(text: &[u8]) -> Option<(u64, usize)> {
    let (value, len) = leading(text);
    (1..=DIGITS_MAX).contains(&len).then_some((value, len))
}

/// The whole number of [`MILLIS_LEN`] digits that a longer text begins with: milliseconds since the Unix epoch have as
/// many from 2001 to 2286. Where the number ends is known before it is read, so that what is behind need not wait for
/// it.
#[inline(always)]
pub(super) fn leading_millis(text: &[u8]) -> Option<u64> {
    let text = text.first_chunk::<{ MILLIS_LEN + 1 }>()?;
    let first = values(*text.first_chunk()?);
    // The last one is no digit. Those before it overlap with the first by two.
    let last = values(*text.last_chunk()?);
    let is_such = others(first) == 0 && figures_in(last) == 7;
    is_such.then(|| sum(first) * 100_000 + value(last >> 16, MILLIS_LEN - 8))
}

/// Digits of [`leading_millis`].
pub(super) const MILLIS_LEN: usize = 13;

/// Eight bytes, each the same.
const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The first eight bytes, each as the figure that it is, the first one lowest; where there are fewer, what follows is
/// none.
#[inline(always)]
fn figures(text: &[u8]) -> u64 {
    let bytes = match text.first_chunk() {
        Some(eight) => u64::from_le_bytes(*eight),
        None => few_bytes(text),
    };
    bytes ^ each(b'0')
}

/// Up to eight bytes, the first one lowest, and zeros.
#[inline(never)]
pub(super) fn few_bytes(text: &[u8]) -> u64 {
    let bytes = text.iter().take(8).rev();
    bytes.fold(0, |bytes, &byte| bytes << 8 | u64::from(byte))
}

/// How many of eight bytes are figures, up to the first that is none.
#[inline(always)]
const fn figures_in(figures: u64) -> usize {
    (others(figures).trailing_zeros() / 8) as usize
}

/// The value of the first `len` of eight figures, 1 to 8.
#[inline(always)]
const fn value(figures: u64, len: usize) -> u64 {
    // Zeros go before them, up to eight.
    sum(figures << (64 - 8 * len))
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
    fn a_number_ends_at_its_separator() {
        for (text, plain) in [
            ("20003.54,7", Some((20_003_540_000_000, 8))),
            ("7", Some((7_000_000_000, 1))),
            ("0.000000001,", Some((1, 11))),
            ("9223372036.854775807,1", Some((i64::MAX, 20))),
            ("9223372036.854775808,1", None),
            ("99999999999999999999,1", None),
            ("1.0000000000,1", None),
            ("1e3,", None),
            ("-1,", None),
            ("1.,", None),
            (".5,", None),
            ("1.2.3,", None),
            (",", None),
            ("", None),
            ("\"1\",", None),
        ] {
            assert_eq!(plain_to(text.as_bytes(), b',', 9), plain, "{text}");
        }
        assert_eq!(
            digits_to(b"1600000000000000000,2", b','),
            Some((1_600_000_000_000_000_000, 19))
        );
        assert_eq!(digits_to(b"18446744073709551616", b','), None);
        assert_eq!(digits_to(b"160000000000x", b','), None);
        assert_eq!(digits_to(b"12345678", b','), Some((12_345_678, 8)));
        assert_eq!(digits_to(b"12345678.5", b','), None);
        assert_eq!(digits_to(b"", b','), None);
    }

    proptest::proptest! {
        #[test]
        fn one_pass_reads_what_two_do(text in "[0-9]{0,12}(\\.[0-9]{0,12})?[,;e-]?[0-9,.]{0,30}") {
            let field = text.split(',').next().unwrap().as_bytes();
            if let Some((value, end)) = plain_to(text.as_bytes(), b',', 9) {
                proptest::prop_assert_eq!(price(field), Ok(Price(value)));
                proptest::prop_assert_eq!(end, field.len());
            }
            let known = unsigned(field);
            match digits_to(text.as_bytes(), b',') {
                Some((value, end)) => {
                    proptest::prop_assert_eq!(known, Ok(value));
                    proptest::prop_assert_eq!(end, field.len());
                }
                None => proptest::prop_assert!(known.is_err() || field.len() > DIGITS_MAX),
            }
            // Digit by digit.
            let exact = str::from_utf8(field).unwrap().parse::<u64>().ok();
            proptest::prop_assert_eq!(known.ok(), exact);
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
    fn eight_bytes_are_read_at_once() {
        for (text, expected) in [
            ("61685.99000000\",", Some((61_685_990_000_000, 14))),
            ("9999999.99999999,", Some((9_999_999_999_999_990, 16))),
            ("7", Some((7_000_000_000, 1))),
            ("0.05\"}", Some((50_000_000, 4))),
            ("1234567,", Some((1_234_567_000_000_000, 7))),
            ("12.5e3", Some((12_500_000_000, 4))),
            ("1.2.3", Some((1_200_000_000, 3))),
            // What is longer is read otherwise.
            ("12345678,", None),
            ("0.123456789,", None),
            ("", None),
            (".5,", None),
            ("5.,", None),
            ("5.", None),
            ("-5,", None),
            ("\u{e9}5", None),
        ] {
            assert_eq!(leading_fixed(text.as_bytes(), 9), expected, "{text}");
        }
        assert_eq!(leading_fixed(b"0.12345678,", 8), Some((12_345_678, 10)));
        assert_eq!(leading_fixed(b"0.12", 1), None);
        for (text, decimals) in [("45281.0,", 1), ("0.00100000}", 8), ("12,", 0)] {
            let (_, _, places) = leading_written(text.as_bytes(), 9).unwrap();
            assert_eq!(places, decimals, "{text}");
        }
        for (text, expected) in [
            ("1723161256313}]}", Some(1_723_161_256_313)),
            ("1723161256313,\"x\"", Some(1_723_161_256_313)),
            ("1723161256313}", Some(1_723_161_256_313)),
            ("1723161256313", None),
            ("172316125631,\"xy\"", None),
            ("17231612563131,\"x\"", None),
            ("172316125631x,\"x\"", None),
            ("1723161-56313,\"x\"", None),
            ("", None),
        ] {
            assert_eq!(leading_millis(text.as_bytes()), expected, "{text}");
        }
        for (text, expected) in [
            ("1723161256313}", Some((1_723_161_256_313, 13))),
            ("123456789012345,", Some((123_456_789_012_345, 15))),
            ("1234567890123456", None),
            ("12345678", Some((12_345_678, 8))),
            ("17.5", Some((17, 2))),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(leading_whole(text.as_bytes()), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn eight_bytes_at_once_are_as_one_by_one(bytes in prop::collection::vec(prop_oneof![6 => b'0'..=b'9', 1 => Just(b'.'), 1 => any::<u8>()], 0..24), decimals in 8_u32..=9) {
            let is_digit = |byte: &&u8| byte.is_ascii_digit();
            let whole = bytes.iter().take_while(is_digit).count();
            let places = match bytes.get(whole) {
                Some(b'.') => Some(bytes[whole + 1..].iter().take_while(is_digit).count()),
                _ => None,
            };
            let is_ordinary = (1..8).contains(&whole) && places.is_none_or(|places| (1..=8).contains(&places));
            let len = places.map_or(whole, |places| whole + 1 + places);
            let expected = is_ordinary.then(|| (fixed(&bytes[..len], decimals).unwrap(), len));
            prop_assert_eq!(leading_fixed(&bytes, decimals), expected);
            let expected = (1..16).contains(&whole).then(|| (unsigned(&bytes[..whole]).unwrap(), whole));
            prop_assert_eq!(leading_whole(&bytes), expected);
            let expected = (1..20).contains(&whole).then(|| (unsigned(&bytes[..whole]).unwrap(), whole));
            prop_assert_eq!(leading_long(&bytes), expected);
        }

        #[test]
        fn milliseconds_are_thirteen_digits_and_no_more(digits in "[0-9]{11,15}", rest in "[^0-9][ -~]{0,5}") {
            let text = format!("{digits}{rest}");
            let is_such = digits.len() == MILLIS_LEN;
            prop_assert_eq!(leading_millis(text.as_bytes()), is_such.then(|| digits.parse().unwrap()));
        }
    }
}
