//! Times as RFC 3339 writes them, in UTC: `2023-10-06T17:35:55.440295Z`.

use types::TimestampNs;

use super::number::{NumberError, POWERS, leading_whole};

const DAY_NS: u64 = 86_400_000_000_000;

/// A time in UTC with up to nine decimals of a second.
///
/// # Errors
/// [`NumberError::Syntax`] where it is no such time, [`NumberError::Decimals`] where it has more decimals,
/// [`NumberError::Range`] before 1970 or after 2553.
#[inline]
pub fn timestamp_rfc3339(text: &[u8]) -> Result<TimestampNs, NumberError> {
    let (head, rest) = text.split_first_chunk().ok_or(NumberError::Syntax)?;
    let seconds = whole_seconds(head)?;
    Ok(TimestampNs(seconds * 1_000_000_000 + fraction(rest)?))
}

/// The time that a text begins with, and its bytes; `None` for any other text.
#[inline]
pub(super) fn leading_rfc3339(text: &[u8]) -> Option<(TimestampNs, usize)> {
    let (head, rest) = text.split_first_chunk()?;
    let seconds = whole_seconds(head).ok()?;
    let (nanos, len) = match rest {
        [b'Z', ..] => (0, 1),
        [b'.', digits @ ..] => {
            let (value, len) = leading_whole(digits)?;
            if len > 9 || digits.get(len) != Some(&b'Z') {
                return None;
            }
            (value * POWERS[9 - len], len + 2)
        }
        _ => return None,
    };
    let time = TimestampNs(seconds * 1_000_000_000 + nanos);
    Some((time, head.len() + len))
}

/// `2023-10-06T17:35:55` as seconds since 1970.
#[inline]
fn whole_seconds(head: &[u8; 19]) -> Result<u64, NumberError> {
    let date = pairs(&head[..8], *b"0000-00-")?;
    // The day is behind what the word before has of the month.
    let day = pairs(&head[3..11], *b"0-00-00T")?;
    let time = pairs(&head[11..], *b"00:00:00")?;
    let two = |pairs: u64, at: u32| pairs >> (8 * at) & 0xff;
    let year = two(date, 0) * 100 + two(date, 2);
    let (month, day) = (two(date, 5), two(day, 5));
    let (hour, minute, second) = (two(time, 0), two(time, 3), two(time, 6));
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_max = match month {
        2 => 28 + u64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return Err(NumberError::Syntax),
    };
    if day == 0 || day > days_max || hour > 23 || minute > 59 || second > 59 {
        return Err(NumberError::Syntax);
    }
    if !(1970..2554).contains(&year) {
        return Err(NumberError::Range);
    }
    Ok((days(year, month, day) * 24 + hour) * 3_600 + minute * 60 + second)
}

/// The number that each byte is together with the next, of eight bytes that have figures where the form has zeros, and
/// where it has others those.
#[inline]
fn pairs(bytes: &[u8], form: [u8; 8]) -> Result<u64, NumberError> {
    const LOW: u64 = u64::from_le_bytes([0x7f; 8]);
    let bytes = bytes.first_chunk().ok_or(NumberError::Syntax)?;
    let figures = u64::from_le_bytes(*bytes) ^ u64::from_le_bytes(form);
    // Added to a byte it reaches the highest bit above 9, or above 0.
    let most = u64::from_le_bytes(form.map(|byte| if byte == b'0' { 0x7f - 9 } else { 0x7f }));
    if (((figures & LOW) + most) | figures) & !LOW != 0 {
        return Err(NumberError::Syntax);
    }
    // At most 99 each: nothing is carried.
    Ok(figures * 10 + (figures >> 8))
}

/// `.digitsZ` or `Z`, as nanoseconds.
fn fraction(text: &[u8]) -> Result<u64, NumberError> {
    match text {
        b"Z" => Ok(0),
        [b'.', rest @ ..] => match leading_whole(rest) {
            Some((value, len)) if len <= 9 && rest[len..] == *b"Z" => Ok(value * POWERS[9 - len]),
            _ if rest.len() > 10 && rest.ends_with(b"Z") => Err(NumberError::Decimals),
            _ => Err(NumberError::Syntax),
        },
        _ => Err(NumberError::Syntax),
    }
}

/// Days from 1970-01-01 to a date after it, in years that begin in March.
const fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

/// A time with six decimals.
pub fn rfc3339(time: TimestampNs) -> String {
    // A day of the four-hundred-year cycle that began on 0000-03-01.
    let day = time.0 / DAY_NS + 719_468;
    let (cycle, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = (month + 2) % 12 + 1;
    let year = cycle * 400 + year + u64::from(month <= 2);
    let micros = time.0 % DAY_NS / 1_000;
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact() {
        for (text, ns) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.000000001Z", 1),
            // `date -u -d @1696613755`.
            ("2023-10-06T17:35:55.440295Z", 1_696_613_755_440_295_000),
            // `date -u -d @1709208000`.
            ("2024-02-29T12:00:00.5Z", 1_709_208_000_500_000_000),
            // `date -u -d @4107542399`.
            ("2100-02-28T23:59:59Z", 4_107_542_399_000_000_000),
        ] {
            assert_eq!(
                timestamp_rfc3339(text.as_bytes()),
                Ok(TimestampNs(ns)),
                "{text}"
            );
            let leading = leading_rfc3339(text.as_bytes());
            assert_eq!(leading, Some((TimestampNs(ns), text.len())), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for day in 0..200_000_u64 {
            let time = TimestampNs(day * DAY_NS + 86_399_999_999_000);
            let text = rfc3339(time);
            assert_eq!(timestamp_rfc3339(text.as_bytes()), Ok(time), "{text}");
            let longer = format!("{text}\",");
            let leading = leading_rfc3339(longer.as_bytes());
            assert_eq!(leading, Some((time, text.len())), "{text}");
        }
        assert_eq!(
            rfc3339(TimestampNs(1_696_613_755_440_295_000)),
            "2023-10-06T17:35:55.440295Z"
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        use NumberError::{Decimals, Range, Syntax};
        for (text, error) in [
            ("", Syntax),
            ("2023-10-06", Syntax),
            ("2023-10-06 17:35:55Z", Syntax),
            ("2023-10-06T17:35:55", Syntax),
            ("2023-10-06T17:35:55.Z", Syntax),
            ("2023-10-06T17:35:55+01:00", Syntax),
            ("2023-02-29T00:00:00Z", Syntax),
            ("2100-02-29T00:00:00Z", Syntax),
            ("2023-13-01T00:00:00Z", Syntax),
            ("2023-00-01T00:00:00Z", Syntax),
            ("2023-01-00T00:00:00Z", Syntax),
            ("2023-01-01T24:00:00Z", Syntax),
            ("2023-01-01T00:60:00Z", Syntax),
            ("2023-01-01T00:00:60Z", Syntax),
            ("2023-01-01T00:00:00.0000000000Z", Decimals),
            ("1969-12-31T23:59:59Z", Range),
            ("2554-01-01T00:00:00Z", Range),
        ] {
            assert_eq!(timestamp_rfc3339(text.as_bytes()), Err(error), "{text}");
            assert_eq!(leading_rfc3339(text.as_bytes()), None, "{text}");
        }
    }
}
