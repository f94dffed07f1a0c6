//! Time as data. Calendars and time zones are the runtime's business.

use std::fmt;

/// Nanoseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TimestampNs(pub u64);

/// Days since the Unix epoch in a plan's session zone: the day that a roll opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TradingDay(pub i32);

/// Year, month, day of the proleptic Gregorian calendar for a count of days since 1970-01-01.
///
/// Howard Hinnant's `civil_from_days` (chrono-Compatible Low-Level Date Algorithms).
const fn civil(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    } as u32;
    (year_of_era + era * 400 + (month <= 2) as i64, month, day)
}

impl fmt::Display for TradingDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.0.into());
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for TimestampNs {
    /// RFC 3339 in UTC, with as many decimals as are needed in groups of three.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1_000_000_000;
        let nanos = self.0 % 1_000_000_000;
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        let (year, month, day) = civil((seconds / 86_400) as i64);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        if nanos != 0 {
            if nanos.is_multiple_of(1_000_000) {
                write!(f, ".{:03}", nanos / 1_000_000)?;
            } else if nanos.is_multiple_of(1_000) {
                write!(f, ".{:06}", nanos / 1_000)?;
            } else {
                write!(f, ".{nanos:09}")?;
            }
        }
        f.write_str("Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_as_the_calendar_has_them() {
        assert_eq!(TradingDay(0).to_string(), "1970-01-01");
        assert_eq!(TradingDay(-1).to_string(), "1969-12-31");
        assert_eq!(TradingDay(19_782).to_string(), "2024-02-29");
        assert_eq!(TradingDay(11_016).to_string(), "2000-02-29");
    }

    #[test]
    fn timestamps_read_as_rfc_3339() {
        assert_eq!(TimestampNs(0).to_string(), "1970-01-01T00:00:00Z");
        let noon = 1_709_208_000_000_000_000;
        assert_eq!(TimestampNs(noon).to_string(), "2024-02-29T12:00:00Z");
        assert_eq!(
            TimestampNs(noon + 5_000_000).to_string(),
            "2024-02-29T12:00:00.005Z"
        );
        assert_eq!(
            TimestampNs(noon + 1).to_string(),
            "2024-02-29T12:00:00.000000001Z"
        );
    }
}
