//! When trading days open, and when the hours of a plan's windows are. The engine knows no time zones: it
//! is told by inputs.
//!
//! Trading day `D` opens at the local time `minute` of the calendar date `D` when that is before noon,
//! else of the date `D - 1`: a roll at 17:00 opens the next date's trading day, so that the session which
//! opens on Sunday at 17:00 is Monday's. On a date that is no trading day nothing opens, and the day before
//! is open until the next trading day opens: Friday's until Sunday 17:00 where Mondays to Fridays are.
//!
//! Hours of every day start at `from` of each calendar date and end at `to` of the same one, or of the
//! next where `to` is below `from`; hours of every week the same with the week from Monday 00:00.
//!
//! A local time that does not exist (clocks go forward over it) is the first instant after the gap; one
//! that exists twice is the first of the two. So on a day on which the clocks change the hours may be
//! longer or shorter, or not be at all where both of their ends are in the gap.
//!
//! The time zones are the ones built into the program, so that every machine agrees.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use rules::TradingDays;
use types::{Interval, Label, RollSchedule, TimestampNs, TradingDay};

const MINUTES_PER_DAY: u16 = 24 * 60;
const NOON: u16 = 12 * 60;
const EPOCH: Date = Date::constant(1970, 1, 1);

/// Why a schedule or a time cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The time zone database has no such zone.
    #[error("{0:?} is not a time zone; names look like America/New_York")]
    Zone(String),
    /// A day, or a week, has no such minute.
    #[error("minute {0} is not within 0 to 1439 of a day or 0 to 10079 of a week")]
    Minute(u16),
    /// There is no such calendar of sessions.
    #[error("{0:?} is no calendar of sessions that this program has")]
    Session(String),
    /// The time is outside what the calendar covers.
    #[error("{0} is outside the calendar")]
    Time(TimestampNs),
    /// The calendar ends with this day.
    #[error("no trading day opens after {0}")]
    Day(TradingDay),
}

/// The trading day that is open at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenDay {
    /// The day.
    pub day: TradingDay,
    /// When it opened.
    pub opened: TimestampNs,
    /// When the next one opens.
    pub until: TimestampNs,
}

/// Computes trading days; keeps the zones it was asked for.
#[derive(Debug)]
pub struct Calendar {
    database: TimeZoneDatabase,
    zones: BTreeMap<Label, TimeZone>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self {
            database: TimeZoneDatabase::bundled(),
            zones: BTreeMap::new(),
        }
    }
}

impl Calendar {
    /// Whether days can be computed for the schedule; to be asked before a plan with it is defined.
    ///
    /// # Errors
    /// [`CalendarError::Zone`] and [`CalendarError::Minute`].
    pub fn validate(&mut self, schedule: &RollSchedule) -> Result<(), CalendarError> {
        if schedule.minute >= MINUTES_PER_DAY {
            return Err(CalendarError::Minute(schedule.minute));
        }
        self.zone(schedule.zone).map(|_| ())
    }

    /// The trading day that is open at `ts`, of those that `days` has.
    ///
    /// # Errors
    /// See [`CalendarError`].
    pub fn open_day(
        &mut self,
        schedule: &RollSchedule,
        days: &TradingDays,
        ts: TimestampNs,
    ) -> Result<OpenDay, CalendarError> {
        self.validate(schedule)?;
        let zone = self.zone(schedule.zone)?;
        open_day(&zone, schedule.minute, days, ts).ok_or(CalendarError::Time(ts))
    }

    /// The first trading day that opens after another one has, of those that `days` has.
    ///
    /// # Errors
    /// See [`CalendarError`].
    pub(crate) fn next_day(
        &mut self,
        schedule: &RollSchedule,
        days: &TradingDays,
        open: TradingDay,
    ) -> Result<OpenDay, CalendarError> {
        self.validate(schedule)?;
        let zone = self.zone(schedule.zone)?;
        next_day(&zone, schedule.minute, days, open).ok_or(CalendarError::Day(open))
    }

    /// The intervals of recurring hours that are not over at `from` and start before `until`, in order.
    /// A named calendar has none: somebody announces its. Nor has the time between sessions, of which the
    /// runtime is told by [`crate::Config::closures`].
    ///
    /// # Errors
    /// See [`CalendarError`].
    pub fn intervals(
        &mut self,
        calendar: &types::Calendar,
        from: TimestampNs,
        until: TimestampNs,
    ) -> Result<Vec<Interval>, CalendarError> {
        let Some((zone, hours)) = self.hours(calendar)? else {
            return Ok(Vec::new());
        };
        let mut intervals = Vec::new();
        let mut next = hours.next_interval(&zone, from);
        while let Some((period, interval)) = next {
            if interval.start >= until {
                return Ok(intervals);
            }
            intervals.push(interval);
            next = hours.first_from(&zone, period + 1, from);
        }
        Err(CalendarError::Time(until))
    }

    /// The first interval of recurring hours that is not over at `ts`; `None` for a calendar that has none.
    ///
    /// # Errors
    /// See [`CalendarError`].
    pub fn next_interval(
        &mut self,
        calendar: &types::Calendar,
        ts: TimestampNs,
    ) -> Result<Option<Interval>, CalendarError> {
        let Some((zone, hours)) = self.hours(calendar)? else {
            return Ok(None);
        };
        let next = hours.next_interval(&zone, ts);
        next.map(|(_, interval)| Some(interval))
            .ok_or(CalendarError::Time(ts))
    }

    fn hours(
        &mut self,
        calendar: &types::Calendar,
    ) -> Result<Option<(TimeZone, Hours)>, CalendarError> {
        let (zone, from, to, days) = match *calendar {
            types::Calendar::Named(_) | types::Calendar::Closed { .. } => return Ok(None),
            types::Calendar::Daily { zone, from, to } => (zone, from, to, 1),
            types::Calendar::Weekly { zone, from, to } => (zone, from, to, 7),
        };
        if let Some(minute) = [from, to]
            .into_iter()
            .find(|m| *m >= days * MINUTES_PER_DAY)
        {
            return Err(CalendarError::Minute(minute));
        }
        let days = i32::from(days);
        Ok(Some((self.zone(zone)?, Hours { days, from, to })))
    }

    fn zone(&mut self, name: Label) -> Result<TimeZone, CalendarError> {
        if let Some(zone) = self.zones.get(&name) {
            return Ok(zone.clone());
        }
        let zone = self
            .database
            .get(name.as_str())
            .map_err(|_| CalendarError::Zone(name.to_string()))?;
        self.zones.insert(name, zone.clone());
        Ok(zone)
    }
}

/// Minutes of a period of so many local days, of which the first one has a Monday where there are seven.
#[derive(Debug, Clone, Copy)]
struct Hours {
    days: i32,
    from: u16,
    to: u16,
}

/// The Monday of the week of 1970-01-01, a Thursday.
const MONDAY: i32 = -3;

impl Hours {
    /// The first local day of a period.
    const fn first_day(self, period: i32) -> i32 {
        let offset = if self.days == 1 { 0 } else { MONDAY };
        period * self.days + offset
    }

    /// The first hours that are not over at a moment, and their period.
    fn next_interval(self, zone: &TimeZone, ts: TimestampNs) -> Option<(i32, Interval)> {
        let instant = Timestamp::from_nanosecond(ts.0.into()).ok()?;
        let day = day_of(zone.to_datetime(instant).date());
        let period = (day - self.first_day(0)).div_euclid(self.days);
        // Those of the period before may still be on.
        self.first_from(zone, period - 1, ts)
    }

    /// The first hours from a period on that are not over at a moment, and their period.
    fn first_from(self, zone: &TimeZone, period: i32, ts: TimestampNs) -> Option<(i32, Interval)> {
        let mut periods = (period..).map_while(|at| Some((at, self.interval(zone, at)?)));
        periods.find(|(_, hours)| !hours.is_empty() && hours.end > ts)
    }

    /// The hours of a period; empty where a change of clocks leaves nothing of them.
    fn interval(self, zone: &TimeZone, period: i32) -> Option<Interval> {
        let at = |period, minute: u16| {
            let day = self.first_day(period) + i32::from(minute / MINUTES_PER_DAY);
            local_time(zone, day, minute % MINUTES_PER_DAY)
        };
        let ends = if self.to > self.from {
            period
        } else {
            period + 1
        };
        Some(Interval {
            start: to_ns(at(period, self.from)?),
            end: to_ns(at(ends, self.to)?),
        })
    }
}

fn open_day(zone: &TimeZone, minute: u16, days: &TradingDays, ts: TimestampNs) -> Option<OpenDay> {
    let instant = Timestamp::from_nanosecond(ts.0.into()).ok()?;
    // No trading day opens more than a day and a zone change before its date begins, so the day after
    // tomorrow's date is not open yet and the search ends soon.
    let mut date = day_of(zone.to_datetime(instant).date()) + 1;
    for _ in 0..5 {
        if opening(zone, minute, date)? <= instant {
            let mut open = lasting(zone, minute, days, days.open_on(TradingDay(date)))?;
            while open.until <= ts {
                open = next_day(zone, minute, days, open.day)?;
            }
            return Some(open);
        }
        date -= 1;
    }
    None
}

fn next_day(zone: &TimeZone, minute: u16, days: &TradingDays, open: TradingDay) -> Option<OpenDay> {
    lasting(zone, minute, days, days.after(open)?)
}

/// The first from a trading day on that lasts: a date that the zone skipped opens together with the next one.
fn lasting(
    zone: &TimeZone,
    minute: u16,
    days: &TradingDays,
    mut day: TradingDay,
) -> Option<OpenDay> {
    loop {
        let next = days.after(day)?;
        let opened = opening(zone, minute, day.0)?;
        let until = opening(zone, minute, next.0)?;
        if opened < until {
            return Some(OpenDay {
                day,
                opened: to_ns(opened),
                until: to_ns(until),
            });
        }
        day = next;
    }
}

/// When a trading day opens.
fn opening(zone: &TimeZone, minute: u16, day: i32) -> Option<Timestamp> {
    let date = if minute < NOON { day } else { day - 1 };
    local_time(zone, date, minute)
}

/// The instant of a local time of day.
fn local_time(zone: &TimeZone, date: i32, minute: u16) -> Option<Timestamp> {
    let (hour, minute) = (minute / 60, minute % 60);
    let local = EPOCH
        .checked_add(jiff::Span::new().try_days(date).ok()?)
        .ok()?
        .at(hour as i8, minute as i8, 0, 0);
    let ambiguous = zone.to_ambiguous_timestamp(local);
    match ambiguous.offset() {
        // Read with the offset after the gap, the local time lies before the change of clocks.
        AmbiguousOffset::Gap { after, .. } => {
            let before = after.to_timestamp(local).ok()?;
            zone.following(before).next().map(|next| next.timestamp())
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
            ambiguous.earlier().ok()
        }
    }
}

fn day_of(date: Date) -> i32 {
    EPOCH.until(date).map_or(0, |span| span.get_days())
}

/// Instants before 1970 are as good as 1970: no input has an earlier time.
fn to_ns(instant: Timestamp) -> TimestampNs {
    TimestampNs(u64::try_from(instant.as_nanosecond()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> TimestampNs {
        to_ns(text.parse().unwrap())
    }

    fn all() -> TradingDays {
        TradingDays::default()
    }

    #[track_caller]
    fn check(zone: &str, minute: u16, ts: &str, day: &str, opened: &str, until: &str) {
        let schedule = RollSchedule {
            zone: zone.parse().unwrap(),
            minute,
        };
        let open = Calendar::default()
            .open_day(&schedule, &all(), at(ts))
            .unwrap();
        assert_eq!(
            (open.day.to_string().as_str(), open.opened, open.until),
            (day, at(opened), at(until)),
            "opened {}, until {}",
            open.opened,
            open.until
        );
    }

    #[test]
    fn a_roll_at_17_00_opens_the_next_date() {
        // New York is at UTC-5 in January: 17:00 is 22:00 UTC.
        let day = |ts, day, opened, until| {
            check("America/New_York", 17 * 60, ts, day, opened, until);
        };
        day(
            "2024-01-03T21:59:59.999999999Z",
            "2024-01-03",
            "2024-01-02T22:00:00Z",
            "2024-01-03T22:00:00Z",
        );
        day(
            "2024-01-03T22:00:00Z",
            "2024-01-04",
            "2024-01-03T22:00:00Z",
            "2024-01-04T22:00:00Z",
        );
    }

    #[test]
    fn a_roll_at_midnight_opens_its_own_date() {
        // Prague is at UTC+1 in January.
        check(
            "Europe/Prague",
            0,
            "2024-01-03T22:59:59Z",
            "2024-01-03",
            "2024-01-02T23:00:00Z",
            "2024-01-03T23:00:00Z",
        );
        check(
            "Europe/Prague",
            0,
            "2024-01-03T23:00:00Z",
            "2024-01-04",
            "2024-01-03T23:00:00Z",
            "2024-01-04T23:00:00Z",
        );
    }

    #[test]
    fn noon_belongs_to_the_next_date_and_11_59_to_its_own() {
        check(
            "UTC",
            720,
            "2024-01-03T12:00:00Z",
            "2024-01-04",
            "2024-01-03T12:00:00Z",
            "2024-01-04T12:00:00Z",
        );
        check(
            "UTC",
            719,
            "2024-01-03T12:00:00Z",
            "2024-01-03",
            "2024-01-03T11:59:00Z",
            "2024-01-04T11:59:00Z",
        );
    }

    #[test]
    fn new_york_days_are_23_and_25_hours_at_the_changes() {
        // 2024-03-10: 02:00 EST becomes 03:00 EDT; 17:00 moves from 22:00 to 21:00 UTC.
        check(
            "America/New_York",
            17 * 60,
            "2024-03-10T12:00:00Z",
            "2024-03-10",
            "2024-03-09T22:00:00Z",
            "2024-03-10T21:00:00Z",
        );
        // 2024-11-03: 02:00 EDT becomes 01:00 EST; 17:00 moves back to 22:00 UTC.
        check(
            "America/New_York",
            17 * 60,
            "2024-11-03T12:00:00Z",
            "2024-11-03",
            "2024-11-02T21:00:00Z",
            "2024-11-03T22:00:00Z",
        );
    }

    #[test]
    fn a_local_time_in_the_gap_rolls_at_the_first_instant_after_it() {
        // New York, 02:30 on 2024-03-10 does not exist: 03:00 EDT, 07:00 UTC, is the first instant.
        check(
            "America/New_York",
            150,
            "2024-03-10T07:00:00Z",
            "2024-03-10",
            "2024-03-10T07:00:00Z",
            "2024-03-11T06:30:00Z",
        );
        check(
            "America/New_York",
            150,
            "2024-03-10T06:59:59Z",
            "2024-03-09",
            "2024-03-09T07:30:00Z",
            "2024-03-10T07:00:00Z",
        );
        // Prague, 02:15 on 2024-03-31 does not exist: 03:00 CEST, 01:00 UTC.
        check(
            "Europe/Prague",
            135,
            "2024-03-31T01:00:00Z",
            "2024-03-31",
            "2024-03-31T01:00:00Z",
            "2024-04-01T00:15:00Z",
        );
    }

    #[test]
    fn a_local_time_that_exists_twice_rolls_at_the_first() {
        // New York, 01:30 on 2024-11-03 is 05:30 UTC (EDT) and again 06:30 UTC (EST).
        check(
            "America/New_York",
            90,
            "2024-11-03T05:30:00Z",
            "2024-11-03",
            "2024-11-03T05:30:00Z",
            "2024-11-04T06:30:00Z",
        );
        // Prague, 02:30 on 2024-10-27 is 00:30 UTC (CEST) and again 01:30 UTC (CET).
        check(
            "Europe/Prague",
            150,
            "2024-10-27T01:29:59Z",
            "2024-10-27",
            "2024-10-27T00:30:00Z",
            "2024-10-28T01:30:00Z",
        );
        check(
            "Europe/Prague",
            150,
            "2024-10-27T00:29:59Z",
            "2024-10-26",
            "2024-10-26T00:30:00Z",
            "2024-10-27T00:30:00Z",
        );
    }

    #[test]
    fn a_date_that_a_zone_skipped_has_no_length() {
        // Apia went from 2011-12-29 straight to 2011-12-31, at 10:00 UTC (UTC-10 to UTC+14).
        check(
            "Pacific/Apia",
            0,
            "2011-12-30T10:00:00Z",
            "2011-12-31",
            "2011-12-30T10:00:00Z",
            "2011-12-31T10:00:00Z",
        );
        check(
            "Pacific/Apia",
            0,
            "2011-12-30T09:59:59Z",
            "2011-12-29",
            "2011-12-29T10:00:00Z",
            "2011-12-30T10:00:00Z",
        );
    }

    fn daily(zone: &str, from: u16, to: u16) -> types::Calendar {
        let zone = zone.parse().unwrap();
        types::Calendar::Daily { zone, from, to }
    }

    fn weekly(zone: &str, from: (u16, u16), to: (u16, u16)) -> types::Calendar {
        let minute = |(day, minute)| day * MINUTES_PER_DAY + minute;
        types::Calendar::Weekly {
            zone: zone.parse().unwrap(),
            from: minute(from),
            to: minute(to),
        }
    }

    #[track_caller]
    fn check_hours(hours: &types::Calendar, from: &str, until: &str, expected: &[(&str, &str)]) {
        let found = Calendar::default().intervals(hours, at(from), at(until));
        let found: Vec<_> = found
            .unwrap()
            .iter()
            .map(|found| (found.start.to_string(), found.end.to_string()))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(start, end)| ((*start).to_owned(), (*end).to_owned()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn daily_hours_follow_the_clocks_of_new_york() {
        let close = daily("America/New_York", 16 * 60 + 10, 18 * 60);
        // UTC-5 until 2024-03-10, 07:00 UTC, then UTC-4.
        check_hours(
            &close,
            "2024-03-09T00:00:00Z",
            "2024-03-11T00:00:00Z",
            &[
                ("2024-03-09T21:10:00Z", "2024-03-09T23:00:00Z"),
                ("2024-03-10T20:10:00Z", "2024-03-10T22:00:00Z"),
            ],
        );
        // UTC-4 until 2024-11-03, 06:00 UTC, then UTC-5.
        check_hours(
            &close,
            "2024-11-02T00:00:00Z",
            "2024-11-04T00:00:00Z",
            &[
                ("2024-11-02T20:10:00Z", "2024-11-02T22:00:00Z"),
                ("2024-11-03T21:10:00Z", "2024-11-03T23:00:00Z"),
            ],
        );
    }

    #[test]
    fn daily_hours_follow_the_clocks_of_prague_over_midnight() {
        let night = daily("Europe/Prague", 23 * 60, 60);
        // UTC+1 until 2024-03-31, 01:00 UTC, then UTC+2.
        check_hours(
            &night,
            "2024-03-30T12:00:00Z",
            "2024-04-01T00:00:00Z",
            &[
                ("2024-03-30T22:00:00Z", "2024-03-31T00:00:00Z"),
                ("2024-03-31T21:00:00Z", "2024-03-31T23:00:00Z"),
            ],
        );
        // UTC+2 until 2024-10-27, 01:00 UTC, then UTC+1.
        check_hours(
            &night,
            "2024-10-26T12:00:00Z",
            "2024-10-28T00:00:00Z",
            &[
                ("2024-10-26T21:00:00Z", "2024-10-26T23:00:00Z"),
                ("2024-10-27T22:00:00Z", "2024-10-28T00:00:00Z"),
            ],
        );
    }

    #[test]
    fn ends_of_hours_in_a_gap_are_the_first_instant_after_it() {
        let (from, until) = ("2024-03-10T00:00:00Z", "2024-03-11T00:00:00Z");
        // 03:00 in New York is 07:00 UTC on this day, and 02:30 is not.
        check_hours(
            &daily("America/New_York", 90, 150),
            from,
            until,
            &[("2024-03-10T06:30:00Z", "2024-03-10T07:00:00Z")],
        );
        // Nothing is left of 02:15 to 02:45.
        check_hours(&daily("America/New_York", 135, 165), from, until, &[]);
    }

    #[test]
    fn ends_of_hours_that_exist_twice_are_the_first_of_the_two() {
        let (from, until) = ("2024-11-03T00:00:00Z", "2024-11-04T00:00:00Z");
        // 01:30 is 05:30 UTC first, 02:30 is 07:30 UTC: two hours.
        check_hours(
            &daily("America/New_York", 90, 150),
            from,
            until,
            &[("2024-11-03T05:30:00Z", "2024-11-03T07:30:00Z")],
        );
        // From 00:30, which is 04:30 UTC, to 01:30: one hour.
        check_hours(
            &daily("America/New_York", 30, 90),
            from,
            until,
            &[("2024-11-03T04:30:00Z", "2024-11-03T05:30:00Z")],
        );
    }

    #[test]
    fn weekly_hours_span_the_weekend_and_the_end_of_the_week() {
        // Friday 16:10 to Monday 00:00 of the next week, over the change of 2024-03-10.
        check_hours(
            &weekly("America/New_York", (4, 970), (0, 0)),
            "2024-03-10T12:00:00Z",
            "2024-03-16T00:00:00Z",
            &[
                ("2024-03-08T21:10:00Z", "2024-03-11T04:00:00Z"),
                ("2024-03-15T20:10:00Z", "2024-03-18T04:00:00Z"),
            ],
        );
        // Friday 22:00 to Sunday 23:00, over the change of 2024-10-27: 50 hours.
        check_hours(
            &weekly("Europe/Prague", (4, 1_320), (6, 1_380)),
            "2024-10-25T20:00:00Z",
            "2024-11-01T00:00:00Z",
            &[("2024-10-25T20:00:00Z", "2024-10-27T22:00:00Z")],
        );
    }

    #[test]
    fn an_end_is_outside_and_named_calendars_have_no_hours() {
        let hours = daily("UTC", 60, 120);
        let (hour, two) = ("2024-01-03T01:00:00Z", "2024-01-03T02:00:00Z");
        check_hours(&hours, two, "2024-01-04T01:00:00Z", &[]);
        check_hours(&hours, hour, two, &[(hour, two)]);
        let news = types::Calendar::Named("news".parse().unwrap());
        check_hours(&news, hour, two, &[]);
        let nowhere = daily("Mars/Olympus", 60, 120);
        let found = Calendar::default().intervals(&nowhere, at(hour), at(two));
        assert_eq!(found, Err(CalendarError::Zone("Mars/Olympus".to_owned())));
    }

    #[test]
    fn hours_are_once_a_day_and_as_long_as_the_clocks_allow_for_thirty_years() {
        let (start, end) = (at("2000-01-01T12:00:00Z"), at("2030-01-01T12:00:00Z"));
        for zone in [
            "UTC",
            "America/New_York",
            "Europe/Prague",
            "Australia/Lord_Howe",
        ] {
            let hours = daily(zone, 60, 240);
            let mut calendar = Calendar::default();
            let all = calendar.intervals(&hours, start, end).unwrap();
            // 30 years of 365 days and eight leap days.
            assert_eq!(all.len(), 30 * 365 + 8, "{zone}");
            let mut longer = 0;
            for (interval, next) in all.iter().zip(&all[1..]) {
                assert!(interval.end <= next.start);
                let minutes = (interval.end.0 - interval.start.0) / 60_000_000_000;
                assert!((120..=240).contains(&minutes), "{zone} {}", interval.start);
                longer += u32::from(minutes > 180);
            }
            // Clocks go back once a year where they do.
            assert_eq!(longer, if zone == "UTC" { 0 } else { 30 }, "{zone}");
            // A look at any moment finds what a look at all does.
            for (days, expected) in all.chunks(9).enumerate() {
                let from = expected[0].start;
                let until = TimestampNs(expected[expected.len() - 1].start.0 + 1);
                assert_eq!(
                    calendar.intervals(&hours, from, until).unwrap(),
                    expected,
                    "{zone}, nine days number {days}"
                );
            }
        }
    }

    #[track_caller]
    fn check_interval(calendar: types::Calendar, ts: &str, start: &str, end: &str) {
        let next = Calendar::default().next_interval(&calendar, at(ts));
        let (start, end) = (at(start), at(end));
        assert_eq!(next, Ok(Some(Interval { start, end })));
    }

    #[test]
    fn hours_recur_by_the_clock_of_their_zone() {
        let (zone, from, to) = ("America/New_York".parse().unwrap(), 16 * 60 + 10, 18 * 60);
        let daily = types::Calendar::Daily { zone, from, to };
        // New York is at UTC-5 in January, at UTC-4 in July.
        let winter = ("2024-01-03T21:10:00Z", "2024-01-03T23:00:00Z");
        check_interval(daily, "2024-01-03T00:00:00Z", winter.0, winter.1);
        check_interval(daily, "2024-01-03T22:59:59Z", winter.0, winter.1);
        let next = ("2024-01-04T21:10:00Z", "2024-01-04T23:00:00Z");
        check_interval(daily, "2024-01-03T23:00:00Z", next.0, next.1);
        let summer = ("2024-07-03T20:10:00Z", "2024-07-03T22:00:00Z");
        check_interval(daily, "2024-07-03T00:00:00Z", summer.0, summer.1);
        // Over midnight: from 23:00 to 01:00.
        let (from, to) = (23 * 60, 60);
        let night = types::Calendar::Daily { zone, from, to };
        let (start, end) = ("2024-01-03T04:00:00Z", "2024-01-03T06:00:00Z");
        check_interval(night, "2024-01-03T05:30:00Z", start, end);
    }

    #[test]
    fn weeks_begin_on_mondays() {
        // From Friday 15:10 to Sunday 17:00 in Chicago, UTC-6; 2024-01-05 is a Friday.
        let (zone, from, to) = ("America/Chicago".parse().unwrap(), 6_670, 9_660);
        let weekend = types::Calendar::Weekly { zone, from, to };
        let (start, end) = ("2024-01-05T21:10:00Z", "2024-01-07T23:00:00Z");
        check_interval(weekend, "2024-01-01T12:00:00Z", start, end);
        check_interval(weekend, "2024-01-07T22:59:59Z", start, end);
        let (start, end) = ("2024-01-12T21:10:00Z", "2024-01-14T23:00:00Z");
        check_interval(weekend, "2024-01-07T23:00:00Z", start, end);
        // From Friday 15:10 into the next week, Monday 08:30.
        let to = 510;
        let weekend = types::Calendar::Weekly { zone, from, to };
        let (start, end) = ("2024-01-05T21:10:00Z", "2024-01-08T14:30:00Z");
        check_interval(weekend, "2024-01-08T14:00:00Z", start, end);
    }

    #[test]
    fn hours_that_a_change_of_clocks_skips_are_none() {
        // New York, 2024-03-10: 02:00 to 03:00 does not exist.
        let (zone, from, to) = ("America/New_York".parse().unwrap(), 120, 180);
        let skipped = types::Calendar::Daily { zone, from, to };
        let (start, end) = ("2024-03-11T06:00:00Z", "2024-03-11T07:00:00Z");
        check_interval(skipped, "2024-03-10T05:00:00Z", start, end);
        let named = types::Calendar::Named("news".parse().unwrap());
        let none = Calendar::default().next_interval(&named, at("2024-03-10T05:00:00Z"));
        assert_eq!(none, Ok(None));
        let from = 1_440;
        let bad = types::Calendar::Daily { zone, from, to };
        assert_eq!(
            Calendar::default().next_interval(&bad, at("2024-03-10T05:00:00Z")),
            Err(CalendarError::Minute(1_440))
        );
    }

    #[test]
    fn what_is_no_zone_or_minute_is_named() {
        let mut calendar = Calendar::default();
        let schedule = |zone: &str, minute| RollSchedule {
            zone: zone.parse().unwrap(),
            minute,
        };
        assert_eq!(
            calendar.validate(&schedule("America/New_Amsterdam", 0)),
            Err(CalendarError::Zone("America/New_Amsterdam".to_owned()))
        );
        assert_eq!(
            calendar.validate(&schedule("UTC", 1_440)),
            Err(CalendarError::Minute(1_440))
        );
        assert_eq!(calendar.validate(&schedule("UTC", 1_439)), Ok(()));
    }

    #[test]
    fn nothing_opens_on_weekends_and_holidays() {
        // 17:00 in Chicago is 23:00 UTC in winter and 22:00 in summer; Monday 2024-03-11 opens on Sunday
        // after the change of clocks at 02:00, Friday 2024-03-08 on Thursday before it.
        let schedule = RollSchedule {
            zone: "America/Chicago".parse().unwrap(),
            minute: 17 * 60,
        };
        let day = |text: &str| {
            let days = EPOCH.until(text.parse::<Date>().unwrap()).unwrap();
            TradingDay(days.get_days())
        };
        // Good Friday 2024 as well.
        let days = TradingDays {
            weekdays: 0b001_1111,
            holidays: vec![day("2024-03-29")],
        };
        let mut calendar = Calendar::default();
        let mut check = |ts: &str, name: &str, opened: &str, until: &str| {
            let open = calendar.open_day(&schedule, &days, at(ts)).unwrap();
            let expected = OpenDay {
                day: day(name),
                opened: at(opened),
                until: at(until),
            };
            assert_eq!(open, expected, "at {ts}");
        };
        let friday = ("2024-03-07T23:00:00Z", "2024-03-10T22:00:00Z");
        check("2024-03-08T12:00:00Z", "2024-03-08", friday.0, friday.1);
        // Friday 17:00 opens nothing: Saturday is no trading day.
        check("2024-03-08T23:00:00Z", "2024-03-08", friday.0, friday.1);
        check("2024-03-10T21:59:59Z", "2024-03-08", friday.0, friday.1);
        let monday = ("2024-03-10T22:00:00Z", "2024-03-11T22:00:00Z");
        check("2024-03-10T22:00:00Z", "2024-03-11", monday.0, monday.1);
        // Thursday's day is open over Good Friday until Monday's session.
        let thursday = ("2024-03-27T22:00:00Z", "2024-03-31T22:00:00Z");
        check("2024-03-28T22:00:00Z", "2024-03-28", thursday.0, thursday.1);
        check("2024-03-31T21:59:59Z", "2024-03-28", thursday.0, thursday.1);
    }

    #[test]
    fn the_next_day_is_the_one_that_opens_when_a_day_ends() {
        let apia = RollSchedule {
            zone: "Pacific/Apia".parse().unwrap(),
            minute: 0,
        };
        let day = |text: &str| {
            let days = EPOCH.until(text.parse::<Date>().unwrap()).unwrap();
            TradingDay(days.get_days())
        };
        let mut calendar = Calendar::default();
        // 2011-12-30 was no date there.
        let next = calendar.next_day(&apia, &all(), day("2011-12-29")).unwrap();
        let expected = OpenDay {
            day: day("2011-12-31"),
            opened: at("2011-12-30T10:00:00Z"),
            until: at("2011-12-31T10:00:00Z"),
        };
        assert_eq!(next, expected);
        // Friday's next is Monday, which opens on Sunday at 17:00 in Chicago, UTC-6.
        let chicago = RollSchedule {
            zone: "America/Chicago".parse().unwrap(),
            minute: 17 * 60,
        };
        let weekdays = TradingDays {
            weekdays: 0b001_1111,
            holidays: Vec::new(),
        };
        let next = calendar.next_day(&chicago, &weekdays, day("2024-01-05"));
        let expected = OpenDay {
            day: day("2024-01-08"),
            opened: at("2024-01-07T23:00:00Z"),
            until: at("2024-01-08T23:00:00Z"),
        };
        assert_eq!(next, Ok(expected));
        let last = TradingDay(i32::MAX);
        let none = calendar.next_day(&chicago, &all(), last);
        assert_eq!(none, Err(CalendarError::Day(last)));
    }

    #[test]
    fn days_follow_each_other_without_a_hole_for_thirty_years() {
        for (zone, minute) in [
            ("America/New_York", 1_020),
            ("America/New_York", 150),
            ("Europe/Prague", 150),
            ("Pacific/Apia", 0),
            ("Australia/Lord_Howe", 115),
        ] {
            let schedule = RollSchedule {
                zone: zone.parse().unwrap(),
                minute,
            };
            let mut calendar = Calendar::default();
            let mut open = calendar
                .open_day(&schedule, &all(), at("2000-01-01T00:00:00Z"))
                .unwrap();
            for _ in 0..30 * 365 {
                let last = TimestampNs(open.until.0 - 1);
                assert_eq!(calendar.open_day(&schedule, &all(), last), Ok(open));
                let next = calendar.open_day(&schedule, &all(), open.until).unwrap();
                assert_eq!(next.opened, open.until, "{zone} {}", open.day);
                assert_eq!(calendar.next_day(&schedule, &all(), open.day), Ok(next));
                assert!(next.day > open.day);
                open = next;
            }
        }
    }
}
