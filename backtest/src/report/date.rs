//! Dates of the proleptic Gregorian calendar in UTC, as far as axes and tables need them.

use types::TimestampNs;

use crate::metric::within;

/// Nanoseconds of a day.
pub(super) const DAY_NS: u64 = 86_400_000_000_000;

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Month {
    /// Of the common era.
    pub year: i64,
    /// 1 is January.
    pub month: u32,
}

/// Names of months as a table shows them.
pub(super) const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

impl Month {
    /// The month of a time, and the day in it.
    pub(super) const fn of(ts: u64) -> (Self, u32) {
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
        let shifted = (ts / DAY_NS) as i64 + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let years = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * years + years / 4 - years / 100);
        let turned = (5 * of_year + 2) / 153;
        let day = (of_year - (153 * turned + 2) / 5 + 1) as u32;
        let month = if turned < 10 { turned + 3 } else { turned - 9 } as u32;
        let year = years + era * 400 + (month <= 2) as i64;
        (Self { year, month }, day)
    }

    /// The next month but `count - 1`.
    pub(super) const fn after(self, count: u32) -> Self {
        let months = self.month - 1 + count;
        Self {
            year: self.year + (months / 12) as i64,
            month: months % 12 + 1,
        }
    }

    /// Its first nanosecond; the epoch for what is before it.
    pub(super) const fn start(self) -> u64 {
        // days_from_civil of the same source.
        let year = self.year - (self.month <= 2) as i64;
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let turned = if self.month > 2 {
            self.month - 3
        } else {
            self.month + 9
        } as i64;
        let of_year = (153 * turned + 2) / 5;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        if days < 0 { 0 } else { days as u64 * DAY_NS }
    }

    /// Its name of three letters.
    pub(super) const fn name(self) -> &'static str {
        MONTHS[(self.month - 1) as usize % 12]
    }
}

/// "2008-11-20", and "2008-11-20 14:30" where times within days matter.
pub(super) fn date(ts: u64, with_time: bool) -> String {
    let text = TimestampNs(ts).to_string();
    let end = if with_time { 16 } else { 10 };
    text.get(..end).unwrap_or(&text).replace('T', " ")
}

/// The same of what ends a stretch of time: at midnight the day that ends there.
pub(super) fn date_of_end(ts: u64, with_time: bool) -> String {
    if with_time {
        date(ts, true)
    } else {
        date(within(TimestampNs(ts)), false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_begin_where_the_calendar_has_them() {
        let leap_day = 1_709_208_000_000_000_000;
        let (month, day) = Month::of(leap_day);
        let february = Month {
            year: 2024,
            month: 2,
        };
        assert_eq!((month, day), (february, 29));
        assert_eq!(date(february.start(), true), "2024-02-01 00:00");
        assert_eq!(date(february.after(1).start(), false), "2024-03-01");
        assert_eq!(date(february.after(11).start(), false), "2025-01-01");
        assert_eq!(Month::of(0).0.start(), 0);
    }
}
