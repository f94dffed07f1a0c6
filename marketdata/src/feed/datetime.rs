//! Points in time as venues write them.

use types::TimestampNs;

use super::number::NumberError;

/// A time of RFC 3339 such as `2023-02-09T20:32:50.714964855Z`: up to nanoseconds, in UTC or with an offset.
///
/// # Errors
/// [`NumberError::Syntax`] where it is none, [`NumberError::Decimals`] where it is finer than a nanosecond,
/// [`NumberError::Range`] before 1970 or after what 64 bits of nanoseconds hold.
#[inline]
pub fn timestamp_rfc3339(text: &[u8]) -> Result<TimestampNs, NumberError> {
    let Some((
        &[
            y3,
            y2,
            y1,
            y0,
            b'-',
            m1,
            m0,
            b'-',
            d1,
            d0,
            b'T' | b't' | b' ',
            h1,
            h0,
            b':',
            n1,
            n0,
            b':',
            s1,
            s0,
        ],
        rest,
    )) = text.split_first_chunk::<19>()
    else {
        return Err(NumberError::Syntax);
    };
    let (year, month, day) = (
        number(&[y3, y2, y1, y0])?,
        number(&[m1, m0])?,
        number(&[d1, d0])?,
    );
    let (hour, minute, second) = (number(&[h1, h0])?, number(&[n1, n0])?, number(&[s1, s0])?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return Err(NumberError::Syntax),
    };
    // Second 60 is a leap second: the one after it, as on a clock of Unix.
    if !(1..=days_in_month).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return Err(NumberError::Syntax);
    }
    let (nanos, zone) = fraction(rest)?;
    let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
        - offset(zone)?;
    let ns = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    u64::try_from(ns)
        .map(TimestampNs)
        .map_err(|_| NumberError::Range)
}

/// Days since 1970-01-01 in the calendar of Gregory: years begin in March, so that a leap day ends one.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let from_march = (month + 9) % 12;
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    // 719,468 days from 0000-03-01 to 1970-01-01.
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
        - 719_468
}

#[inline]
fn number(digits: &[u8]) -> Result<i64, NumberError> {
    digits.iter().try_fold(0, |sum, &byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(NumberError::Syntax);
        }
        Ok(sum * 10 + i64::from(digit))
    })
}

/// Nanoseconds of a fraction, if there is one, and what follows it.
#[inline]
fn fraction(text: &[u8]) -> Result<(u32, &[u8]), NumberError> {
    let [b'.', digits @ ..] = text else {
        return Ok((0, text));
    };
    let (mut nanos, mut unit) = (0, 100_000_000);
    let mut len = 0;
    while let Some(digit) = digits.get(len).map(|byte| byte.wrapping_sub(b'0'))
        && digit <= 9
    {
        if unit == 0 && digit != 0 {
            return Err(NumberError::Decimals);
        }
        nanos += u32::from(digit) * unit;
        unit /= 10;
        len += 1;
    }
    if len == 0 {
        return Err(NumberError::Syntax);
    }
    Ok((nanos, &digits[len..]))
}

/// Seconds by which a zone is ahead.
#[inline]
fn offset(zone: &[u8]) -> Result<i64, NumberError> {
    match *zone {
        [b'Z' | b'z'] => Ok(0),
        [sign @ (b'+' | b'-'), h1, h0, b':', m1, m0] => {
            let (hours, minutes) = (number(&[h1, h0])?, number(&[m1, m0])?);
            if hours > 23 || minutes > 59 {
                return Err(NumberError::Syntax);
            }
            let seconds = hours * 3_600 + minutes * 60;
            Ok(if sign == b'-' { -seconds } else { seconds })
        }
        _ => Err(NumberError::Syntax),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact() {
        for (text, ns) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-02T00:00:01.5Z", 86_401_500_000_000),
            // 11,017 days up to 2000-03-01: 30 years, 7 leap days before 2000, and 31 + 29 days of it.
            ("2000-03-01T00:00:00Z", 951_868_800_000_000_000),
            ("2023-11-14T22:13:20Z", 1_700_000_000_000_000_000),
            ("2023-11-14T22:13:20.123456789Z", 1_700_000_000_123_456_789),
            (
                "2023-11-15T00:13:20.1000000000+02:00",
                1_700_000_000_100_000_000,
            ),
            ("2023-11-14T16:43:20-05:30", 1_700_000_000_000_000_000),
        ] {
            assert_eq!(
                timestamp_rfc3339(text.as_bytes()),
                Ok(TimestampNs(ns)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        use NumberError::{Decimals, Range, Syntax};
        for (text, error) in [
            ("", Syntax),
            ("2023-11-14", Syntax),
            ("2023-11-14T22:13:20", Syntax),
            ("2023-11-14T22:13:20.Z", Syntax),
            ("2023-13-14T22:13:20Z", Syntax),
            ("2023-02-29T00:00:00Z", Syntax),
            ("2023-11-14T24:00:00Z", Syntax),
            ("2023-11-14T22:13:2xZ", Syntax),
            ("2023-11-14T22:13:20+2:00", Syntax),
            ("2023-11-14T22:13:20.1234567891Z", Decimals),
            ("1969-12-31T23:59:59Z", Range),
            ("9999-12-31T23:59:59Z", Range),
        ] {
            assert_eq!(timestamp_rfc3339(text.as_bytes()), Err(error), "{text}");
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut expected = 0;
        for year in 1970..2200 {
            for month in 1..=12 {
                for day in 1..=31 {
                    let text = format!("{year}-{month:02}-{day:02}T00:00:00Z");
                    if let Ok(found) = timestamp_rfc3339(text.as_bytes()) {
                        assert_eq!(found.0, expected * 86_400_000_000_000, "{text}");
                        expected += 1;
                    }
                }
            }
        }
        // 230 years, a leap day in each fourth but 2100.
        assert_eq!(expected, 230 * 365 + 56);
    }
}
