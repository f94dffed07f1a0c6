//! Days and sessions by the UTC clock.

use types::TimestampNs;

const MINUTE_NS: u64 = 60_000_000_000;

/// Minutes of a day.
pub(super) const DAY_MINUTES: u64 = 1_440;

/// Days that begin at a minute of the UTC clock.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// Minute of the UTC day.
    begin: u64,
    /// The session of the newest bar, counted since 1970.
    day: Option<u64>,
}

impl Session {
    pub(super) const fn new(begin: u64) -> Self {
        Self { begin, day: None }
    }

    /// Whether a bar that starts then is the first of its session.
    pub(super) fn begins(&mut self, start: TimestampNs) -> bool {
        let day = self.shifted(start) / DAY_MINUTES;
        self.day.replace(day) != Some(day)
    }

    /// Whole minutes from the begin of the newest bar's session to a moment of it.
    pub(super) fn minutes(&self, at: TimestampNs) -> u64 {
        let begin = self.day.unwrap_or(0) * DAY_MINUTES;
        self.shifted(at).saturating_sub(begin)
    }

    /// Minutes since a session began in 1970.
    const fn shifted(&self, at: TimestampNs) -> u64 {
        (at.0 / MINUTE_NS + DAY_MINUTES).saturating_sub(self.begin)
    }
}

/// A date of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) days: i64,
    pub(super) date: jiff::civil::Date,
}

impl Date {
    /// The UTC date of a moment.
    pub(super) fn of(at: TimestampNs) -> Self {
        Self::after_days((at.0 / (DAY_MINUTES * MINUTE_NS)) as i64)
    }

    fn after_days(days: i64) -> Self {
        let date = jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(days));
        Self { days, date }
    }

    /// The first day at or after this one on which a market trades that rests at weekends.
    pub(super) fn weekday(self) -> Self {
        let past_saturday = match self.date.weekday() {
            jiff::civil::Weekday::Saturday => 2,
            jiff::civil::Weekday::Sunday => 1,
            _ => 0,
        };
        Self::after_days(self.days + past_saturday)
    }

    /// The day after.
    pub(super) fn tomorrow(self) -> Self {
        Self::after_days(self.days + 1)
    }

    /// Whether both are in one month.
    pub(super) fn is_month_of(self, other: Self) -> bool {
        self.date.first_of_month() == other.date.first_of_month()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_begin_at_their_minute() {
        let at = |minute: u64| TimestampNs(minute * MINUTE_NS);
        // Sessions from 22:00 to 22:00.
        let mut session = Session::new(1_320);
        assert!(session.begins(at(1_300)));
        assert!(session.begins(at(1_320)));
        assert!(!session.begins(at(1_440 + 1_319)));
        assert_eq!(session.minutes(at(1_440)), 120);
        assert!(session.begins(at(1_440 + 1_320)));
    }

    #[test]
    fn weekends_are_passed_over() {
        // 2013-03-01 was a Friday.
        let friday = Date::of(TimestampNs(1_362_148_200_000_000_000));
        assert_eq!(friday.date, jiff::civil::date(2013, 3, 1));
        assert_eq!(friday.weekday(), friday);
        let monday = friday.tomorrow().weekday();
        assert_eq!(monday.date, jiff::civil::date(2013, 3, 4));
        assert!(monday.is_month_of(friday));
    }
}
