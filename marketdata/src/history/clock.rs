//! Times as files write them, and the zones that they are in.

use std::cell::Cell;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use types::TimestampNs;

use super::decode::Fault;
use crate::feed;

const SECOND_NS: u64 = 1_000_000_000;
pub(super) const DAY_NS: u64 = 86_400 * SECOND_NS;

/// The zone that local times are in.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(TimeZone);

impl Zone {
    /// UTC.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// A zone by its IANA name (`America/New_York`), from the database in the program, or a fixed offset
    /// (`-05:00`). `None` when it is neither.
    pub fn named(name: &str) -> Option<Self> {
        if name.starts_with(['+', '-']) {
            let (seconds, rest) = offset(name.as_bytes())?;
            let offset = Offset::from_seconds(seconds).ok()?;
            return rest.is_empty().then(|| Self(TimeZone::fixed(offset)));
        }
        TimeZoneDatabase::bundled().get(name).ok().map(Self)
    }

    /// A whole number of hours from UTC.
    pub(super) const fn hours(hours: i8) -> Self {
        Self(TimeZone::fixed(jiff::tz::offset(hours)))
    }

    /// The instant of a local time. In the hour that clocks skip it is as far after the skip as it would have
    /// been; in the hour that they repeat it is the first. `None` before 1970 and after 2554.
    pub(super) fn instant(&self, local: DateTime) -> Option<TimestampNs> {
        let ambiguous = self.0.to_ambiguous_timestamp(local);
        let instant = ambiguous.compatible().ok()?;
        u64::try_from(instant.as_nanosecond()).ok().map(TimestampNs)
    }

    /// The instant at which a day begins.
    pub(super) fn midnight(&self, date: Date) -> Option<TimestampNs> {
        self.instant(date.to_datetime(Time::midnight()))
    }

    /// The midnight of a day that has 24 hours of one offset; `None` of any other.
    fn even(&self, date: Date) -> Option<TimestampNs> {
        let midnight = self.midnight(date)?;
        let last = TimestampNs(midnight.0.checked_add(DAY_NS - 1)?);
        let is_whole = self.local(midnight)? == date.to_datetime(Time::midnight())
            && self.local(last)? == date.to_datetime(Time::MAX);
        let instant = jiff::Timestamp::from_nanosecond(midnight.0.into()).ok()?;
        let next = self.0.following(instant).next();
        let is_even = next.is_none_or(|next| next.timestamp().as_nanosecond() > i128::from(last.0));
        (is_whole && is_even).then_some(midnight)
    }

    /// The local time of an instant.
    pub(super) fn local(&self, ts: TimestampNs) -> Option<DateTime> {
        let instant = jiff::Timestamp::from_nanosecond(ts.0.into()).ok()?;
        Some(self.0.to_datetime(instant))
    }
}

/// A date: `2024-01-31`, `20240131`, `2024.01.31` or `2024/01/31`.
pub fn parse_date(text: &str) -> Option<Date> {
    let (date, rest) = date(text.as_bytes())?;
    rest.is_empty().then_some(date)
}

/// An instant: a date or a date with a time (`2024-01-31T14:30:00.5`), with `Z`, an offset, or else in `zone`.
pub fn parse_time(text: &str, zone: &Zone) -> Option<TimestampNs> {
    civil(text.as_bytes(), &Days::new(zone.clone())).map(|(ts, _)| ts)
}

/// A zone, and the day that was asked about last: rows of a file are mostly of the same one.
#[derive(Debug, Clone)]
pub(super) struct Days {
    zone: Zone,
    /// A day that has 24 hours of one offset, and its midnight: every local time of it is as far behind that.
    even: Cell<Option<(Date, TimestampNs)>>,
}

impl Days {
    pub(super) const fn new(zone: Zone) -> Self {
        Self {
            zone,
            even: Cell::new(None),
        }
    }

    pub(super) const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// [`Zone::midnight`].
    pub(super) fn midnight(&self, date: Date) -> Option<TimestampNs> {
        self.instant(date, 0)
    }

    /// The instant of so many ns since the beginning of 1970 by the clock.
    pub(super) fn by_clock(&self, ns: u64) -> Option<TimestampNs> {
        if self.zone == Zone::UTC {
            return Some(TimestampNs(ns));
        }
        let days = jiff::Span::new()
            .try_days(i64::try_from(ns / DAY_NS).ok()?)
            .ok()?;
        let date = Date::constant(1970, 1, 1).checked_add(days).ok()?;
        self.instant(date, ns % DAY_NS)
    }

    /// [`Zone::instant`] of a date and ns since midnight by the clock, below those of 24 hours.
    fn instant(&self, date: Date, of_day: u64) -> Option<TimestampNs> {
        if let Some((known, midnight)) = self.even.get()
            && known == date
        {
            return midnight.0.checked_add(of_day).map(TimestampNs);
        }
        self.even
            .set(self.zone.even(date).map(|midnight| (date, midnight)));
        let elapsed = SignedDuration::from_nanos(i64::try_from(of_day).ok()?);
        let midnight = date.to_datetime(Time::midnight());
        self.zone.instant(midnight.checked_add(elapsed).ok()?)
    }
}

/// How a column writes times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeForm {
    /// Since 1970 (or since midnight), in units of so many ns; may have decimals.
    Units(u64),
    /// A date and time, or a count since 1970 in s, ms, us or ns, told apart by its digits before the point: 9 or 10, 13, 16,
    /// 19.
    Auto,
}

impl TimeForm {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "ns" => Self::Units(1),
            "us" => Self::Units(1_000),
            "ms" => Self::Units(1_000_000),
            "s" => Self::Units(SECOND_NS),
            "auto" => Self::Auto,
            _ => return None,
        })
    }

    /// An instant, and whether the text is a date without a time. `unit` is what the text counts, of a count.
    pub(super) fn instant(
        self,
        field: &'static str,
        text: &[u8],
        days: &Days,
    ) -> Result<Moment, Fault> {
        match self {
            Self::Units(unit) => counted(field, text, unit),
            Self::Auto => {
                if let Some(unit) = unit_of_count(text) {
                    return counted(field, text, unit);
                }
                let (ts, is_date) = civil(text, days).ok_or_else(|| {
                    let accepted =
                        "a date, a date and time, or a count of s, ms, us or ns since 1970";
                    Fault::bytes(field, text, accepted)
                })?;
                Ok(Moment {
                    ts,
                    unit: if is_date { DAY_NS } else { 1 },
                    is_date,
                })
            }
        }
    }

    /// The instant of a count, if this form has one with so many digits, and no other.
    #[inline]
    pub(super) fn of_count(self, count: u64, digits: usize) -> Option<Moment> {
        let unit = match self {
            Self::Units(unit) => unit,
            Self::Auto => unit_of(digits)?,
        };
        count.checked_mul(unit).map(|ns| Moment::of(ns, unit))
    }

    /// Nanoseconds since midnight.
    pub(super) fn of_day(self, field: &'static str, text: &[u8]) -> Result<u64, Fault> {
        let ns = match self {
            Self::Units(unit) => count(text, unit).map(|(ns, _)| ns),
            Self::Auto => time(text).and_then(|(ns, rest)| rest.is_empty().then_some(ns)),
        };
        ns.filter(|&ns| ns <= DAY_NS)
            .ok_or_else(|| Fault::bytes(field, text, "a time of day"))
    }
}

/// A time as a file states it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) ts: TimestampNs,
    /// The smallest step of the text, ns.
    pub(super) unit: u64,
    /// It is a date without a time.
    pub(super) is_date: bool,
}

impl Moment {
    pub(super) const fn of(ns: u64, unit: u64) -> Self {
        Self {
            ts: TimestampNs(ns),
            unit,
            is_date: false,
        }
    }
}

/// What a count of so many digits since 1970 counts, in ns.
const fn unit_of(digits: usize) -> Option<u64> {
    match digits {
        // Nine until September 2001.
        9 | 10 => Some(SECOND_NS),
        13 => Some(1_000_000),
        16 => Some(1_000),
        19 => Some(1),
        _ => None,
    }
}

/// What a text counts, in ns, if it is a count since 1970 with or without decimals.
fn unit_of_count(text: &[u8]) -> Option<u64> {
    let (whole, part) = split(text)?;
    let are_digits = whole.iter().chain(part).all(u8::is_ascii_digit);
    unit_of(whole.len()).filter(|_| are_digits)
}

/// The instant of a count of `unit` ns since 1970.
pub(super) fn counted(field: &'static str, text: &[u8], unit: u64) -> Result<Moment, Fault> {
    match count(text, unit) {
        Some((ns, step)) => Ok(Moment::of(ns, step)),
        None if split(text).is_some_and(|(_, part)| !part.is_empty()) => Err(Fault::bytes(
            field,
            text,
            "a number since 1970, before the year 2554, with no more decimals than make whole nanoseconds",
        )),
        None => {
            let accepted = "a number since 1970, before the year 2554";
            Err(Fault::bytes(field, text, accepted))
        }
    }
}

/// What is before and behind the point, where there is one.
fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    match text.iter().position(|&byte| byte == b'.') {
        Some(point) if point + 1 == text.len() => None,
        Some(point) => Some((&text[..point], &text[point + 1..])),
        None => Some((text, &[])),
    }
}

/// A count of `unit` ns, with decimals that are whole ns, and the step in which it is written, ns. Zeros at the end of the
/// decimals say nothing: software that has floats writes them behind whole numbers.
fn count(text: &[u8], unit: u64) -> Option<(u64, u64)> {
    let (whole, part) = split(text)?;
    let ns = feed::unsigned(whole).ok()?.checked_mul(unit)?;
    if part.is_empty() {
        return Some((ns, unit));
    }
    let places = part.iter().rposition(|&byte| byte != b'0');
    let Some(part) = places.map(|last| &part[..=last]) else {
        return Some((ns, unit));
    };
    let power = 10_u64.checked_pow(u32::try_from(part.len()).ok()?)?;
    if !unit.is_multiple_of(power) {
        return None;
    }
    let step = unit / power;
    let below = feed::unsigned(part).ok()?.checked_mul(step)?;
    Some((ns.checked_add(below)?, step))
}

/// Whether a text is an instant: a count since 1970, or a date with or without a time.
pub(super) fn is_instant(text: &[u8]) -> bool {
    unit_of_count(text).is_some() || civil(text, &Days::new(Zone::UTC)).is_some()
}

/// Whether a text is a time of day without a date, and no count since 1970 of today's digits.
pub(super) fn is_time_of_day(text: &[u8]) -> bool {
    let is_count = matches!(text.len(), 10 | 13 | 16 | 19) && text.iter().all(u8::is_ascii_digit);
    let is_date = date(text).is_some_and(|(_, rest)| rest.is_empty());
    !is_count && !is_date && time(text).is_some_and(|(_, rest)| rest.is_empty())
}

/// Whether a text is a date without a time, and no count since 1970 of today's digits.
pub(super) fn is_date(text: &[u8]) -> bool {
    unit_of_count(text).is_none() && date(text).is_some_and(|(_, rest)| rest.is_empty())
}

/// Nanoseconds since 1970 by the clock that a time is of, whatever its zone; of a count, by that of UTC. `None` of what is
/// no time.
pub(super) fn by_own_clock(text: &[u8]) -> Option<i128> {
    if let Some(unit) = unit_of_count(text) {
        return count(text, unit).map(|(ns, _)| ns.into());
    }
    let (date, rest) = date(text)?;
    let of_day = match rest {
        [] => 0,
        [b'T' | b' ', rest @ ..] | rest => time(rest)?.0,
    };
    let since_1970 = date.duration_since(Date::constant(1970, 1, 1));
    Some(since_1970.as_nanos() + i128::from(of_day))
}

/// An instant from a date with or without a time and a zone, and whether it had no time.
fn civil(text: &[u8], days: &Days) -> Option<(TimestampNs, bool)> {
    let (date, rest) = date(text)?;
    let rest = match rest {
        [] => return days.midnight(date).map(|ts| (ts, true)),
        [b'T' | b' ', rest @ ..] | rest => rest,
    };
    let (of_day, rest) = time(rest)?;
    let ts = match rest {
        [] => days.instant(date, of_day)?,
        b"Z" => ahead_of_utc(date, of_day, 0)?,
        rest => {
            let (seconds, rest) = offset(rest)?;
            rest.is_empty()
                .then(|| ahead_of_utc(date, of_day, seconds))??
        }
    };
    Some((ts, false))
}

/// The instant of a time of day, in ns, that is so many seconds ahead of UTC.
fn ahead_of_utc(date: Date, of_day: u64, seconds: i32) -> Option<TimestampNs> {
    let days = date.duration_since(Date::constant(1970, 1, 1)).as_secs();
    let ns = i128::from(days - i64::from(seconds)) * i128::from(SECOND_NS) + i128::from(of_day);
    u64::try_from(ns).ok().map(TimestampNs)
}

fn digits(text: &[u8], count: usize) -> Option<(u64, &[u8])> {
    let (head, rest) = text.split_at_checked(count)?;
    Some((feed::unsigned(head).ok()?, rest))
}

fn date(text: &[u8]) -> Option<(Date, &[u8])> {
    let (year, rest) = digits(text, 4)?;
    let (month, day, rest) = match rest {
        [separator @ (b'-' | b'.' | b'/'), rest @ ..] => {
            let (month, rest) = digits(rest, 2)?;
            let (day, rest) = digits(rest.strip_prefix(&[*separator])?, 2)?;
            (month, day, rest)
        }
        rest => {
            let (month, rest) = digits(rest, 2)?;
            let (day, rest) = digits(rest, 2)?;
            (month, day, rest)
        }
    };
    let date = Date::new(year as i16, month as i8, day as i8).ok()?;
    Some((date, rest))
}

/// `HH:MM`, `HH:MM:SS`, `HHMM` or `HHMMSS`, with decimals after a point, or right after `HHMMSS`; as ns.
fn time(text: &[u8]) -> Option<(u64, &[u8])> {
    let (hour, rest) = digits(text, 2)?;
    let has_colons = rest.first() == Some(&b':');
    let (minute, rest) = digits(if has_colons { &rest[1..] } else { rest }, 2)?;
    let seconds = match rest {
        [b':', rest @ ..] if has_colons => Some(digits(rest, 2)?),
        [b'0'..=b'9', ..] if !has_colons => Some(digits(rest, 2)?),
        _ => None,
    };
    let Some((second, rest)) = seconds else {
        return time_ns(hour, minute, 0, 0).map(|ns| (ns, rest));
    };
    let rest = match rest {
        [b'.', rest @ ..] => {
            rest.first().filter(|byte| byte.is_ascii_digit())?;
            rest
        }
        [b'0'..=b'9', ..] if has_colons => return None,
        rest => rest,
    };
    let places = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if places > 9 {
        return None;
    }
    let (below, rest) = if places == 0 {
        (0, rest)
    } else {
        let (below, rest) = digits(rest, places)?;
        (below * 10_u64.pow(9 - places as u32), rest)
    };
    time_ns(hour, minute, second, below).map(|ns| (ns, rest))
}

fn time_ns(hour: u64, minute: u64, second: u64, below: u64) -> Option<u64> {
    (hour < 24 && minute < 60 && second < 60)
        .then_some((hour * 3_600 + minute * 60 + second) * SECOND_NS + below)
}

/// `+HH:MM`, `+HHMM` or `+HH`, either sign; as seconds.
fn offset(text: &[u8]) -> Option<(i32, &[u8])> {
    let (sign, rest) = match text {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = digits(rest, 2)?;
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    let (minutes, rest) = if rest.is_empty() {
        (0, rest)
    } else {
        digits(rest, 2)?
    };
    (hours <= 25 && minutes < 60).then_some((sign * (hours * 3_600 + minutes * 60) as i32, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, zone: &str, expected: &str) {
        let zone = Zone::named(zone).unwrap();
        let days = Days::new(zone);
        let moment = TimeForm::Auto.instant("ts", text.as_bytes(), &days);
        assert_eq!(moment.unwrap().ts.to_string(), expected, "{text}");
    }

    #[test]
    fn times_are_read_as_files_write_them() {
        check("1704067200", "UTC", "2024-01-01T00:00:00Z");
        check("978307200", "UTC", "2001-01-01T00:00:00Z");
        check("1704067200001", "UTC", "2024-01-01T00:00:00.001Z");
        check("1704067200000001", "UTC", "2024-01-01T00:00:00.000001Z");
        check(
            "1704067200000000001",
            "UTC",
            "2024-01-01T00:00:00.000000001Z",
        );
        check("2024-01-31", "UTC", "2024-01-31T00:00:00Z");
        check("20120201 000000", "-05:00", "2012-02-01T05:00:00Z");
        check("20120201 000003660", "-05:00", "2012-02-01T05:00:03.660Z");
        check("2012.02.01 00:01", "-05:00", "2012-02-01T05:01:00Z");
        check(
            "2024-01-31T14:30:00.25Z",
            "Asia/Tokyo",
            "2024-01-31T14:30:00.250Z",
        );
        check("2024-01-31 14:30:00+05:30", "UTC", "2024-01-31T09:00:00Z");
        // Standard time, then summer time.
        check(
            "2024-01-31 09:30",
            "America/New_York",
            "2024-01-31T14:30:00Z",
        );
        check(
            "2024-07-31 09:30",
            "America/New_York",
            "2024-07-31T13:30:00Z",
        );
    }

    #[test]
    fn days_of_which_the_midnight_is_known_have_the_same_times() {
        // Clocks in Santiago skip the first hour of the 8th of September 2024, those in New York go back on the 3rd of
        // November; Lord Howe's go half an hour.
        for (zone, first) in [
            ("America/Santiago", "2024-09-06"),
            ("America/Santiago", "2024-04-05"),
            ("America/New_York", "2024-11-01"),
            ("America/New_York", "2024-03-08"),
            ("Australia/Lord_Howe", "2024-04-05"),
            ("Europe/London", "2024-03-29"),
            ("UTC", "2024-02-28"),
        ] {
            let zone = Zone::named(zone).unwrap();
            let days = Days::new(zone.clone());
            let midnight = parse_date(first).unwrap().to_datetime(Time::midnight());
            for quarter in 0..4 * 24 * 4 {
                let elapsed = SignedDuration::from_mins(15 * quarter);
                let local = midnight.checked_add(elapsed).unwrap();
                let text = local.strftime("%Y-%m-%d %H:%M").to_string();
                let (ts, _) = civil(text.as_bytes(), &days).unwrap();
                assert_eq!(Some(ts), zone.instant(local), "{text} {zone:?}");
            }
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "x",
            "2024",
            "2024-13-01",
            "2024-02-30",
            "2024-01-01T25:00",
            "2024-01-01T10:00x",
            "1969-12-31",
            "17040672000",
            "2024-01-01T10:00:00.",
            "2024-01-01T10:00:60",
        ] {
            let days = Days::new(Zone::UTC);
            let moment = TimeForm::Auto.instant("ts", text.as_bytes(), &days);
            assert!(moment.is_err(), "{text}");
        }
        assert!(Zone::named("Mars/Olympus").is_none());
    }

    #[test]
    fn counts_may_have_decimals_that_are_whole_nanoseconds() {
        let seconds = TimeForm::Units(SECOND_NS);
        assert_eq!(
            seconds.of_day("time", b"34200.004241176").unwrap(),
            34_200_004_241_176
        );
        assert!(seconds.of_day("time", b"34200.0042411765").is_err());
        assert!(seconds.of_day("time", b"86401").is_err());
        assert!(TimeForm::Units(1).of_day("time", b"5.5").is_err());
    }

    /// Exactly, from the text: a float of 1700000000.123456789 is 1700000000.1234567165. The step is that of the last
    /// digit which is not 0, as the end of a bar may be its last step.
    #[test]
    fn a_count_since_1970_may_have_decimals() {
        let days = Days::new(Zone::UTC);
        let (s, ms, us) = (SECOND_NS, 1_000_000, 1_000);
        for (text, unit, ts, step) in [
            ("1700000000.123456", s, 1_700_000_000_123_456_000, 1_000),
            ("1700000000.123456789", s, 1_700_000_000_123_456_789, 1),
            ("1700000000.0", s, 1_700_000_000_000_000_000, s),
            (
                "1700000000.50000000000",
                s,
                1_700_000_000_500_000_000,
                s / 10,
            ),
            ("999999999.5", s, 999_999_999_500_000_000, s / 10),
            ("1700000000123.4567", ms, 1_700_000_000_123_456_700, 100),
            ("1700000000123456.789", us, 1_700_000_000_123_456_789, 1),
            ("1700000000123456789.0", 1, 1_700_000_000_123_456_789, 1),
        ] {
            for form in [TimeForm::Auto, TimeForm::Units(unit)] {
                let moment = form.instant("ts", text.as_bytes(), &days).unwrap();
                assert_eq!((moment.ts.0, moment.unit), (ts, step), "{text} {form:?}");
                assert!(!moment.is_date);
            }
        }
        for (text, unit) in [
            ("1700000000.1234567891", s),
            ("1700000000123.1234567", ms),
            ("1700000000123456.7891", us),
            ("1700000000123456789.5", 1),
            ("99999999999.5", s),
        ] {
            for form in [TimeForm::Auto, TimeForm::Units(unit)] {
                let fault = form.instant("ts", text.as_bytes(), &days).unwrap_err();
                let fault = format!("{fault:?}");
                let is_told = fault.contains("no more decimals than make whole nanoseconds");
                // Eleven digits are no count that is known without a unit.
                assert_eq!(
                    is_told,
                    form != TimeForm::Auto || text.len() != 13,
                    "{fault}"
                );
            }
        }
        for text in [
            "1700000000.",
            ".5",
            "1700000000.5x",
            "1700000000.-5",
            "-1.5",
        ] {
            for form in [TimeForm::Auto, TimeForm::Units(s)] {
                assert!(
                    form.instant("ts", text.as_bytes(), &days).is_err(),
                    "{text}"
                );
            }
        }
        // 2023-11-14, at midnight and half a second later.
        let midnight = 1_699_920_000_000_000_000;
        for text in ["1699920000.0", "2023-11-14", "2023-11-14T00:00:00-05:00"] {
            assert_eq!(by_own_clock(text.as_bytes()), Some(midnight), "{text}");
        }
        assert_eq!(by_own_clock(b"1699920000.5"), Some(midnight + 500_000_000));
        assert_eq!(by_own_clock(b"closed"), None);
    }
}
